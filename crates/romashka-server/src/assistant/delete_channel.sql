-- Takes the assistant of a channel away.
delete from public.channel_assistants as a
 where a.channel_id = $id and a.workspace_id = $workspace
   and a.updated_at = $version --? version
