-- Purpose: where a workspace's words are sent, and by which key, is the admins' business.
do $$ begin
  perform romashka.protect_table('ai_endpoints', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
end $$;
