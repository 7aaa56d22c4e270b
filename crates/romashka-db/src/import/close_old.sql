-- History is not work: what an archive opened and in which nothing was said lately is closed, at the time of its last mail.
with old as (
  select c.id
    from public.conversations as c
    join public.messages as m on m.id = c.last_message_id and m.workspace_id = c.workspace_id
   where c.workspace_id = $1::uuid and c.channel_type = 'email' and c.channel_id is not distinct from $2::uuid
     and c.status = 'active' and c.assigned_agent_id is null and c.merged_into_id is null
     and c.last_message_at < pg_catalog.now() - pg_catalog.make_interval(days => $3::integer)
     and m.metadata -> 'imported' = 'true'::jsonb
   order by c.created_at, c.id
   limit 1000
   for update of c skip locked)
update public.conversations as c
   set status = 'closed', resolved_at = c.last_message_at, closed_at = c.last_message_at, updated_at = pg_catalog.now()
  from old
 where c.id = old.id and c.workspace_id = $1::uuid
