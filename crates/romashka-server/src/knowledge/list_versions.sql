-- The texts an article has had, the present one first.
select v.id, v.version, v.title, v.content, v.changes_description, v.created_by, v.created_at
  from public.knowledge_versions as v
 where v.knowledge_item_id = $id and v.workspace_id = $workspace
   and v.version < $after_number::bigint --? after
 order by v.version desc
 limit $row_limit
