-- Changes what is given.
update public.customer_profiles as p
   set name = case when $changes_name then $name else p.name end,
       email = case when $changes_email then $email else p.email end,
       phone = case when $changes_phone then $phone else p.phone end,
       company = case when $changes_company then $company else p.company end,
       location = case when $changes_location then $location else p.location end,
       notes = case when $changes_notes then $notes else p.notes end,
       timezone = coalesce($time_zone, p.timezone),
       language = coalesce($language, p.language),
       tags = coalesce($tags, p.tags),
       status = coalesce($status, p.status),
       do_not_contact_since = case when $do_not_contact::boolean then coalesce(p.do_not_contact_since, now()) when not $do_not_contact::boolean then null else p.do_not_contact_since end,
       do_not_contact_reason = case when not $do_not_contact::boolean then null else coalesce($do_not_contact_reason::text, p.do_not_contact_reason) end,
       custom_fields = coalesce($custom_fields, p.custom_fields)
 where p.id = $id and p.workspace_id = $workspace and p.merged_into_id is null
   and p.updated_at = $version --? version
returning p.id
