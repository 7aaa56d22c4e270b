-- Purpose: members see what the assistant did and why; admins say where it speaks. Answers are written by functions alone.
do $$ begin
  perform romashka.protect_table('channel_assistants', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('ai_answers', readers => 'viewer', inserters => null, updaters => null, removers => null);
end $$;
