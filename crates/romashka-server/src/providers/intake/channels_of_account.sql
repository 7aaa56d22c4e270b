-- Channels of a WhatsApp Business account: the one that was called, and those that name the account.
select c.id from public.communication_channels as c
 where c.workspace_id = $workspace::uuid and c.type = 'whatsapp' and (c.id = $channel::uuid or c.configuration ->> 'account_id' = $account::text)
 order by c.id
