-- Notes of a conversation, newest first.
select n.id, n.conversation_id, n.agent_id as author_id, n.note as content, n.note_type as kind, n.mentions, n.created_at, n.updated_at
  from public.conversation_notes as n
 where n.conversation_id = $conversation and n.workspace_id = $workspace
   and n.id = $id --? id
   and (n.created_at, n.id) < ($after_time, $after_id) --? after
 order by n.created_at desc, n.id desc
 limit $row_limit
