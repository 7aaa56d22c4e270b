-- Tags in use, most used first: the counts, and what has changed since. A tag among the first has changed, or is among the first
-- of the counts with room for those that have: nothing here is read of what has tags.
with changed as materialized (
  select c.tag, sum(c.delta) as delta from public.tag_changes as c
   where c.workspace_id = $workspace and c.applies_to = $applies_to
     and starts_with(lower(c.tag), lower($search::text)) --? search
   group by c.tag),
counted as materialized (
  select k.tag, k.use_count from public.tag_counts as k
   where k.workspace_id = $workspace and k.applies_to = $applies_to
     and starts_with(lower(k.tag), lower($search::text)) --? search
   order by k.use_count desc, k.tag limit $row_limit + (select count(*) from changed))
select used.tag, sum(used.n)::bigint as use_count
  from (select k.tag, k.use_count as n from counted as k
        union all
        select k.tag, k.use_count from changed as c join public.tag_counts as k on k.workspace_id = $workspace and k.applies_to = $applies_to and k.tag = c.tag
         where not exists (select from counted as o where o.tag = k.tag)
        union all
        select c.tag, c.delta from changed as c) as used
 group by used.tag having sum(used.n) > 0
 order by sum(used.n) desc, used.tag
 limit $row_limit
