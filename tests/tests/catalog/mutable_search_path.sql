-- A function that resolves names by its caller's search_path can be made to call the caller's functions. A function with a
-- standard SQL body (BEGIN ATOMIC, RETURN) is exempt: its names were resolved when it was made, and a SET would forbid
-- that the planner inlines it.
select signature as finding
  from own_functions
 where language not in ('c', 'internal') and not has_standard_body
   and not exists (select from unnest(coalesce(proconfig, '{}')) as setting where setting in ('search_path=""', 'search_path='))
 order by 1
