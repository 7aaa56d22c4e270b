-- Adds tags and takes tags away.
update public.conversations as c
   set tags = array(select tag from unnest(c.tags || $added::text[]) with ordinality as u (tag, place) where tag <> all ($removed::text[]) group by tag order by min(place))
 where c.id = $id and c.workspace_id = $workspace returning c.id
