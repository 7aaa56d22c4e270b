-- A conversation that an agent, or a program, begins.
insert into public.conversations (customer_id, user_name, user_email, customer_phone, channel_type, channel_id, subject, priority, tags, language, custom_attributes)
select p.id, p.name, p.email, p.phone, $channel_type, $channel_id, $subject, $priority, $tags, coalesce($language, p.language), $custom_attributes
  from public.customer_profiles as p
 where p.id = $customer_id and p.workspace_id = $workspace and p.merged_into_id is null
returning id
