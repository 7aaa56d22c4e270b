-- Takes what came in and is due, with the channel it came by. Large mails are read when it is their turn.
select e.id, e.workspace_id, e.lease_id, e.source, e.event_type, e.payload, e.headers, case when e.source <> 'email' or octet_length(e.raw_body) <= 262144 then e.raw_body end as raw_body, coalesce(octet_length(e.raw_body), 0) as size, e.created_at, e.channel_id, c.configuration, c.api_credentials
  from public.claim_webhook_events($most::integer, $worker::text, sources => '{whatsapp,sms,email,integration}') as e
  left join public.communication_channels as c on c.id = e.channel_id and c.workspace_id = e.workspace_id
