-- Purpose: members read what is known, agents write articles, admins arrange categories and intents. Versions are written by trigger alone.
do $$ begin
  perform romashka.protect_table('knowledge_categories', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('knowledge_items', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('knowledge_versions', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('intent_patterns', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('website_scan_jobs', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('website_scan_pages', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('extracted_content', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('playground_sessions', readers => 'agent', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('knowledge_analytics', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
end $$;
