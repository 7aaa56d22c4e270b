-- The customers of a workspace ($1) whom an id, an address or a number ($2) names.
select p.id, p.name, p.email, p.phone, p.erased_at is not null,
       (select pg_catalog.count(*) from public.conversations as c where c.customer_id = p.id and c.workspace_id = p.workspace_id)
  from public.customer_profiles as p
 where p.workspace_id = $1
   and (p.id::text = pg_catalog.lower($2)
     or p.merged_into_id is null
    and (pg_catalog.lower(p.email) = pg_catalog.lower($2)
      or pg_catalog.length(pg_catalog.regexp_replace($2, '[^0-9]', '', 'g')) >= 6 and $2 !~ '[^-+() ./0-9]'
         and pg_catalog.regexp_replace(p.phone, '[^0-9]', '', 'g') = pg_catalog.regexp_replace($2, '[^0-9]', '', 'g')
      or exists (select from public.customer_identities as i where i.customer_id = p.id and i.workspace_id = p.workspace_id
                    and (pg_catalog.lower(i.external_id) = pg_catalog.lower($2)
                      or $2 !~ '[^-+() ./0-9]' and pg_catalog.length(pg_catalog.regexp_replace($2, '[^0-9]', '', 'g')) >= 6
                         and i.external_id = pg_catalog.regexp_replace($2, '[^0-9]', '', 'g')
                      or i.external_id = '+' || pg_catalog.regexp_replace($2, '[^0-9]', '', 'g')))))
 order by p.created_at, p.id
 limit 20
