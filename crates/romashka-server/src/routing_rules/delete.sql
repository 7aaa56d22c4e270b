-- Removes one routing rule.
delete from public.channel_routing_rules as r
 where r.id = $id and r.workspace_id = $workspace
   and r.updated_at = $version --? version
