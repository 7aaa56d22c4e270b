-- Takes what came in and is due, with the channel it came by.
select e.id, e.workspace_id, e.lease_id, e.source, e.event_type, e.payload, e.headers, e.raw_body, e.created_at, e.channel_id, c.configuration, c.api_credentials
  from public.claim_webhook_events($most::integer, $worker::text, sources => '{whatsapp,sms}') as e
  left join public.communication_channels as c on c.id = e.channel_id and c.workspace_id = e.workspace_id
