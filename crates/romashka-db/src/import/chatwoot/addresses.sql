-- By its address a customer's next mail is known.
insert into public.customer_identities (workspace_id, customer_id, channel_type, external_id, display_name)
select pg_temp.place(), c.customer, 'email', lower(r ->> 'email'), nullif(r ->> 'name', '')
  from jsonb_array_elements($1::jsonb) as r join contacts as c on c.id = (r ->> 'id')::bigint
 where length(r ->> 'email') <= 320 and r ->> 'email' ~ '^[^@\s]+@[^@\s]+$'
on conflict do nothing
