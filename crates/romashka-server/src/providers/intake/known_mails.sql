-- Which of these ids are messages already, and of what content.
select m.external_message_id, m.metadata #>> '{mail,content_hash}' as content_hash, m.metadata #>> '{mail,essence}' as essence
  from public.messages as m
 where m.workspace_id = $workspace::uuid and m.channel_type = 'email'
   and coalesce(m.channel_id, '00000000-0000-0000-0000-000000000000'::uuid) = coalesce($channel::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
   and m.external_message_id = any ($ids::text[])
