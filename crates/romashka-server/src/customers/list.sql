-- Customers of the workspace, newest first; those that were merged into another are not shown.
select p.id, p.name, p.email, p.phone, p.company, p.location, p.timezone as time_zone, p.language, p.tags, p.custom_fields, p.status, p.notes,
       p.total_conversations, p.avg_satisfaction::float8 as average_satisfaction, p.last_interaction, p.do_not_contact_since,
       p.do_not_contact_reason, p.merged_into_id, p.created_at, p.updated_at
  from public.customer_profiles as p
 where p.workspace_id = $workspace
   and p.merged_into_id is null
   and p.status = any ($status) --? status
   and lower(p.email) = lower($email) --? email
   and p.phone = $phone --? phone
   and p.tags @> array[$tag] --? tag
   and concat_ws(' ', p.name, p.email, p.phone, p.company) ilike $pattern --? pattern
   and (p.created_at, p.id) < ($after_time, $after_id) --? after
 order by p.created_at desc, p.id desc
 limit $row_limit
