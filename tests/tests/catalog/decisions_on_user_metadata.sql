-- The person writes their user_metadata: nothing may be decided on it.
select format('policy %s on %s', name, qualified) as finding from own_policies where coalesce(visible, '') || coalesce(checked, '') ~* '\muser_metadata\M'
union all
select 'function ' || signature from own_functions where body ~* '\muser_metadata\M'
 order by 1
