-- Open first, so that its messages are counted as they came; finished.sql ends it at its time.
insert into public.conversations (id, workspace_id, number, customer_id, user_name, user_email, customer_phone, assigned_agent_id, team_id, status, priority, channel_type, channel_id,
  subject, tags, satisfaction_score, satisfaction_comment, rated_at, language, custom_attributes, business_context, created_at, last_message_at)
select pg_temp.id_of('conversation', (r ->> 'id')::bigint), pg_temp.place(),
       case when not exists (select from public.conversations as n where n.workspace_id = pg_temp.place() and n.number = (r ->> 'display_id')::bigint) then (r ->> 'display_id')::bigint end,
       p.id, p.name, p.email, p.phone, w.person, g.team, 'active',
       case (r ->> 'priority')::integer when 0 then 'low' when 2 then 'high' when 3 then 'urgent' else 'normal' end, i.type, i.channel,
       nullif(r #>> '{additional_attributes,mail_subject}', ''),
       coalesce((select array_agg(tag order by tag) from jsonb_array_elements_text(nullif(r -> 'labels', 'null')) as tag), '{}'),
       (r #>> '{csat,rating}')::numeric, r #>> '{csat,feedback_message}', pg_temp.at(r #>> '{csat,created_at}'),
       coalesce(nullif(r #>> '{additional_attributes,conversation_language}', ''), 'en'),
       case when jsonb_typeof(r -> 'custom_attributes') = 'object' then r -> 'custom_attributes' else '{}' end,
       jsonb_build_object('chatwoot', jsonb_build_object('id', r -> 'id', 'display_id', r -> 'display_id')), pg_temp.at(r ->> 'created_at'), pg_temp.at(r ->> 'created_at')
  from jsonb_array_elements($1::jsonb) as r
  join inboxes as i on i.id = (r ->> 'inbox_id')::bigint
  left join contacts as c on c.id = (r ->> 'contact_id')::bigint
  left join public.customer_profiles as p on p.id = c.customer and p.workspace_id = pg_temp.place()
  left join people as w on w.id = (r ->> 'assignee_id')::bigint
  left join groups as g on g.id = (r ->> 'team_id')::bigint
 order by (r ->> 'id')::bigint
on conflict (id, workspace_id) do nothing
