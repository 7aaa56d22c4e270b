-- What triggers would have written for one batch of generated conversations ($1: their ids, $2: the workspace), set by set.
-- Statements are separated by lines of dashes; each takes both parameters.
insert into public.conversation_analytics (workspace_id, conversation_id, started_at, first_response_at, first_response_seconds, resolved_at, total_duration_seconds, resolution_business_seconds,
  total_messages, customer_messages, ai_messages, agent_messages, resolved_by, resolved_by_id, resolution_type, handoff_count, customer_satisfaction)
select c.workspace_id, c.id, c.created_at, c.first_response_at, extract(epoch from c.first_response_at - c.created_at)::integer, c.resolved_at, extract(epoch from c.resolved_at - c.created_at)::integer,
  case when c.resolved_at is not null then romashka.business_seconds(w.business_hours, w.time_zone, w.holidays, c.created_at, c.resolved_at)::integer end,
  m.total, m.customer, m.ai, m.agent,
  case when c.resolved_at is not null then case when m.agent > 0 then 'agent' when m.ai > 0 then 'ai' else 'abandoned' end end,
  case when c.resolved_at is not null then c.assigned_agent_id end,
  case when c.resolved_at is not null then case when m.agent + m.ai = 0 then 'abandoned' when c.handoff_reason is not null then 'escalated' else 'solved' end end,
  case when c.handoff_reason is not null then 1 else 0 end, c.satisfaction_score
  from public.conversations as c
  join public.workspaces as w on w.id = c.workspace_id
  cross join lateral (select count(*)::integer as total, (count(*) filter (where x.sender_type = 'user'))::integer as customer, (count(*) filter (where x.sender_type = 'ai'))::integer as ai,
      (count(*) filter (where x.sender_type = 'agent'))::integer as agent
    from public.messages as x where x.conversation_id = c.id and x.workspace_id = c.workspace_id) as m
 where c.id = any ($1::uuid[]) and c.workspace_id = $2::uuid
--------
insert into public.sla_tracking (workspace_id, conversation_id, sla_type, target_time_seconds, started_at, due_at, completed_at, status, actual_time_seconds, remaining_seconds, breached_at, breach_reason, created_at)
select k.workspace_id, k.id, k.kind, k.target, k.created_at, k.due, k.completed,
  case when k.completed is null then 'pending' when k.completed > k.due then 'breached' else 'met' end,
  extract(epoch from k.completed - k.created_at)::integer,
  case when k.completed <= k.due then trunc(extract(epoch from k.due - k.completed))::bigint when k.completed > k.due then - greatest(1, trunc(extract(epoch from k.completed - k.due)))::bigint end,
  case when k.completed > k.due then k.due end, case when k.completed > k.due then 'late' end, k.created_at
  from (select c.workspace_id, c.id, c.created_at, kind.name as kind, kind.target, c.created_at + make_interval(secs => kind.target) as due,
               case kind.name when 'resolution' then c.resolved_at else coalesce(c.first_response_at, c.resolved_at) end as completed
          from public.conversations as c
         cross join lateral (values ('first_response', (romashka.setting($2::uuid, 'sla_first_response_seconds') #>> '{}')::integer),
                                    ('resolution', (romashka.setting($2::uuid, 'sla_resolution_seconds') #>> '{}')::integer)) as kind (name, target)
         where c.id = any ($1::uuid[]) and c.workspace_id = $2::uuid) as k
--------
update public.customer_profiles as p set total_conversations = p.total_conversations + d.conversations, rating_sum = p.rating_sum + d.rating, rating_count = p.rating_count + d.ratings,
  avg_satisfaction = case when p.rating_count + d.ratings > 0 then round((p.rating_sum + d.rating) / (p.rating_count + d.ratings), 2) else 0 end,
  last_interaction = greatest(p.last_interaction, d.latest)
  from (select c.customer_id, count(*)::integer as conversations, coalesce(sum(c.satisfaction_score), 0) as rating, count(c.satisfaction_score)::integer as ratings, max(c.created_at) as latest
          from public.conversations as c where c.id = any ($1::uuid[]) and c.workspace_id = $2::uuid group by c.customer_id) as d
 where p.id = d.customer_id and p.workspace_id = $2::uuid
--------
update public.agent_availability as a set current_chat_count = a.current_chat_count + d.open
  from (select c.assigned_agent_id, count(*)::integer as open from public.conversations as c
         where c.id = any ($1::uuid[]) and c.workspace_id = $2::uuid and c.status in ('active', 'escalated') and c.assigned_agent_id is not null group by 1) as d
 where a.agent_id = d.assigned_agent_id and a.workspace_id = $2::uuid
--------
insert into public.stale_metric_days (workspace_id, date)
select distinct w.id, (c.created_at at time zone w.time_zone)::date from public.conversations as c join public.workspaces as w on w.id = c.workspace_id
 where c.id = any ($1::uuid[]) and c.workspace_id = $2::uuid and (c.created_at at time zone w.time_zone)::date < (now() at time zone w.time_zone)::date
   and not exists (select from public.stale_metric_days as s where s.workspace_id = w.id and s.date = (c.created_at at time zone w.time_zone)::date)
--------
insert into public.tag_changes (workspace_id, applies_to, tag, delta)
select c.workspace_id, 'conversation', t.tag, count(distinct c.id)::integer from public.conversations as c, unnest(c.tags) as t (tag)
 where c.id = any ($1::uuid[]) and c.workspace_id = $2::uuid group by c.workspace_id, t.tag
