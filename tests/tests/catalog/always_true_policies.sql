-- A policy that is always true protects nothing.
select format('%s: %s', qualified, name) as finding
  from own_policies
 where regexp_replace(coalesce(visible, ''), '[()\s]', '', 'g') in ('true', '1=1')
    or regexp_replace(coalesce(checked, ''), '[()\s]', '', 'g') in ('true', '1=1')
 order by 1
