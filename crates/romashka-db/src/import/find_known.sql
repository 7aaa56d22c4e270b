-- Which of these ids are messages already, and of what content.
select m.external_message_id, m.metadata #>> '{mail,content_hash}', m.metadata #>> '{mail,essence}'
  from public.messages as m
 where m.workspace_id = $1
   and m.channel_type = 'email'
   and coalesce(m.channel_id, '00000000-0000-0000-0000-000000000000'::uuid) = coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
   and m.external_message_id = any ($3::text[])
