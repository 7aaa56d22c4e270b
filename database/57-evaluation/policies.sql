-- Purpose: members see how the assistant is graded, agents write questions, admins remove sets. Runs and results are written by functions alone.
do $$ begin
  perform romashka.protect_table('question_sets', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('question_set_items', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('question_set_runs', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('question_set_results', readers => 'viewer', inserters => null, updaters => null, removers => null);
end $$;
