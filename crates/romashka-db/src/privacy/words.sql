-- By what a customer ($2) of a workspace ($1) is found: addresses, numbers, names.
with recursive people as (
  select $2::uuid as id
  union select p.id from public.customer_profiles as p join people as m on p.merged_into_id = m.id where p.workspace_id = $1),
known as (
  select pg_catalog.unnest(romashka.addresses_of($1, pg_catalog.array_agg(p.id),
           array(select c.id from public.conversations as c where c.workspace_id = $1 and c.customer_id in (select m.id from people as m)))) as word
    from people as p
  union select pg_catalog.lower(p.name) from public.customer_profiles as p where p.workspace_id = $1 and p.id in (select m.id from people as m)
  union select pg_catalog.lower(i.display_name) from public.customer_identities as i where i.workspace_id = $1 and i.customer_id in (select m.id from people as m)
  union select pg_catalog.lower(c.user_name) from public.conversations as c where c.workspace_id = $1 and c.customer_id in (select m.id from people as m))
select coalesce(pg_catalog.array_agg(k.word order by k.word), '{}') from known as k where pg_catalog.length(k.word) >= 5
