-- A policy names its roles; without one it is for PUBLIC, and anon is in it.
select format('%s: %s', qualified, name) as finding from own_policies where polroles = array[0]::oid[] order by 1
