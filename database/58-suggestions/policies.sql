-- Purpose: members see what is suggested. Rows are written by functions alone.
do $$ begin
  perform romashka.protect_table('article_suggestions', readers => 'viewer', inserters => null, updaters => null, removers => null);
end $$;
