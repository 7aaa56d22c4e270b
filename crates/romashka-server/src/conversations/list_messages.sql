-- What was said, oldest or newest first.
select m.id, m.conversation_id, m.sender_type, m.sender_id, m.content, m.message_type as kind, m.channel_type, m.external_message_id, m.media_url, m.delivery_status,
       m.metadata, m.confidence_score::float8 as confidence_score, m.language, m.is_quiet, m.created_at, m.updated_at
  from public.messages as m
 where m.conversation_id = $conversation and m.workspace_id = $workspace
   and m.id = $id --? id
   and (m.created_at, m.id) < ($after_time, $after_id) --? before
   and (m.created_at, m.id) > ($after_time, $after_id) --? after
 order by m.created_at desc, m.id desc --? newest_first
 order by m.created_at, m.id --? oldest_first
 limit $row_limit
