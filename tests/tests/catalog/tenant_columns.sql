-- Every tenant table takes its workspace from the context when a statement does not name it.
select format('%s: %s, default %s', qualified, case when attnotnull then 'not null' else 'nullable' end, coalesce(default_value, 'none')) as finding
  from own_columns
 where not is_partition and name = 'workspace_id' and not (attnotnull and default_value is not distinct from 'public.current_workspace_id()')
 order by 1
