-- One line for each counter that differs from a recount.
select format('conversation %s: %s messages, counted %s', c.number, c.message_count, m.n)
  from public.conversations as c cross join lateral (select count(*) as n from public.messages as m where m.conversation_id = c.id) as m
 where c.message_count <> m.n
union all
select format('conversation %s: the preview is %s, not %s', c.number, c.last_message_id, m.id)
  from public.conversations as c
  left join lateral (select m.id from public.messages as m where m.conversation_id = c.id order by m.created_at desc, m.id desc limit 1) as m on true
 where c.last_message_id is distinct from m.id
union all
select format('figures of conversation %s: %s messages, counted %s', c.number, a.total_messages, m.n)
  from public.conversations as c
  join public.conversation_analytics as a on a.conversation_id = c.id
 cross join lateral (select count(*) as n, count(*) filter (where sender_type = 'user') as customer, count(*) filter (where sender_type = 'agent') as agent
                       from public.messages as m where m.conversation_id = c.id) as m
 where (a.total_messages, a.customer_messages, a.agent_messages) is distinct from (m.n, m.customer, m.agent)
union all
select format('conversation %s has no figures', c.number)
  from public.conversations as c where not exists (select from public.conversation_analytics as a where a.conversation_id = c.id)
union all
select format('agent %s: %s open, counted %s', a.agent_id, a.current_chat_count, c.n)
  from public.agent_availability as a
 cross join lateral (select count(*) as n from public.conversations as c
                      where c.workspace_id = a.workspace_id and c.assigned_agent_id = a.agent_id and c.status in ('active', 'escalated')) as c
 where a.current_chat_count <> c.n
union all
select format('customer %s: %s conversations, %s ratings; counted %s and %s', p.name, p.total_conversations, p.rating_count, c.n, c.ratings)
  from public.customer_profiles as p
 cross join lateral (select count(*) as n, count(satisfaction_score) as ratings, coalesce(round(avg(satisfaction_score), 2), 0) as average
                       from public.conversations as c where c.workspace_id = p.workspace_id and c.customer_id = p.id) as c
 where (p.total_conversations, p.rating_count, round(p.avg_satisfaction, 2)) is distinct from (c.n, c.ratings, c.average)
union all
select format('tag %s of %s: %s, counted %s', coalesce(k.tag, u.tag), coalesce(k.applies_to, u.applies_to), k.n, u.n)
  from (select x.workspace_id, x.applies_to, x.tag, sum(x.n) as n
          from (select workspace_id, applies_to, tag, use_count as n from public.tag_counts union all select workspace_id, applies_to, tag, delta from public.tag_changes) as x
         group by 1, 2, 3 having sum(x.n) <> 0) as k
  full join (select c.workspace_id, 'conversation' as applies_to, t.tag, count(distinct c.id) as n from public.conversations as c, unnest(c.tags) as t (tag) group by 1, 3
             union all select c.workspace_id, 'customer', t.tag, count(distinct c.id) from public.customer_profiles as c, unnest(c.tags) as t (tag) group by 1, 3
             union all select c.workspace_id, 'article', t.tag, count(distinct c.id) from public.knowledge_items as c, unnest(c.tags) as t (tag) group by 1, 3) as u
    on (u.workspace_id, u.applies_to, u.tag) = (k.workspace_id, k.applies_to, k.tag)
 where k.n is distinct from u.n
