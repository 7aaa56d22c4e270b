-- Whether a message of an integration is here already.
select exists (select from public.messages as m
                where m.workspace_id = $workspace::uuid and m.channel_type = 'api'
                  and coalesce(m.channel_id, '00000000-0000-0000-0000-000000000000'::uuid) = $channel::uuid and m.external_message_id = $external_message_id::text)
