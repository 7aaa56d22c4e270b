insert into public.customer_identities (id, workspace_id, customer_id, channel_type, external_id, is_verified, created_at)
select pg_temp.id_of('contact_inbox', (r ->> 'id')::bigint), pg_temp.place(), c.customer, i.type,
       left(case when i.type = 'email' then lower(r ->> 'source_id') else r ->> 'source_id' end, 512), coalesce((r ->> 'hmac_verified')::boolean, false), pg_temp.at(r ->> 'created_at')
  from jsonb_array_elements($1::jsonb) as r join contacts as c on c.id = (r ->> 'contact_id')::bigint join inboxes as i on i.id = (r ->> 'inbox_id')::bigint
 where coalesce(r ->> 'source_id', '') <> ''
on conflict do nothing
