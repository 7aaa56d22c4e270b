-- A bare auth.uid(), current_setting() or helper call in a policy runs once per row; in a sub-select it runs once per statement.
select format('%s: %s: %s', qualified, name, expression) as finding
  from own_policies
 cross join lateral (values (visible), (checked)) as expressions (expression)
 cross join lateral regexp_replace(expression, '\(\s*?SELECT\s+CASE\s.*?\sEND(\s+AS\s+\w+)?\s*\)', '', 'gi') as without_cases
 cross join lateral regexp_replace(without_cases, '\(\s*SELECT\s+[a-z_.]+\([^()]*\)\s*(AS\s+\w+)?\s*\)', '', 'gi') as bare
 where bare ~ '\m((auth|romashka|public)\.\w+|current_setting|current_workspace_id|session_user|current_role)\s*\('
 order by 1
