-- One customer; one that was merged says into whom.
select p.id, p.name, p.email, p.phone, p.company, p.location, p.timezone as time_zone, p.language, p.tags, p.custom_fields, p.status, p.notes,
       p.total_conversations, p.avg_satisfaction::float8 as average_satisfaction, p.last_interaction, p.do_not_contact_since,
       p.do_not_contact_reason, p.merged_into_id, p.created_at, p.updated_at
  from public.customer_profiles as p
 where p.id = $id and p.workspace_id = $workspace
