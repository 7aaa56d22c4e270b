-- Once for each conversation: what people do with it here afterwards stays.
update public.conversations as c set
  status = case when (r ->> 'status')::integer = 1 then 'resolved' else c.status end,
  resolved_at = case when (r ->> 'status')::integer = 1 then greatest(pg_temp.at(r ->> 'last_activity_at'), c.last_message_at, c.created_at) else c.resolved_at end,
  snoozed_until = case when (r ->> 'status')::integer = 3 then pg_temp.at(r ->> 'snoozed_until') else c.snoozed_until end,
  business_context = jsonb_set(c.business_context, '{chatwoot,status}', r -> 'status')
 from jsonb_array_elements($1::jsonb) as r
where c.id = pg_temp.id_of('conversation', (r ->> 'id')::bigint) and c.workspace_id = pg_temp.place() and not c.business_context -> 'chatwoot' ? 'status'
