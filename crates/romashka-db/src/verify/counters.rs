//! Each counter equals a recount, and nobody's load is wrong.
//!
//! The checks count with queries of their own, so that they also judge the database's `recount`; it does the repairs.

use super::{Check, Severity, Work};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "counters.messages",
        title: "a conversation's counters are those of its messages",
        severity: Severity::Error,
        proves: "message_count, last_message_id, first_response_at and the figures by sender follow every insert, move and delete",
        next: "romashka verify --fix",
        needs: &["public.conversations", "public.messages", "public.conversation_analytics", "public.recount(uuid, boolean)"],
        work: Work::Sql(CONVERSATIONS),
        repair: Some(RECOUNT),
    },
    Check {
        id: "counters.customers",
        title: "a customer's conversations and ratings are counted right",
        severity: Severity::Error,
        proves: "total_conversations and the average rating follow every insert, move, correction and delete",
        next: "romashka verify --fix",
        needs: &["public.customer_profiles", "public.conversations", "public.recount(uuid, boolean)"],
        work: Work::Sql(
            "with counted as (
               select c.workspace_id, c.customer_id, pg_catalog.count(*) as total, coalesce(pg_catalog.sum(c.satisfaction_score), 0) as rating_sum, pg_catalog.count(c.satisfaction_score) as rating_count
                 from public.conversations as c where c.customer_id is not null group by c.workspace_id, c.customer_id)
             select pg_catalog.format('customer %s: total_conversations %s, counted %s; ratings %s/%s, counted %s/%s', p.id,
                    p.total_conversations, coalesce(counted.total, 0), p.rating_sum, p.rating_count, coalesce(counted.rating_sum, 0), coalesce(counted.rating_count, 0))
               from public.customer_profiles as p
               left join counted on counted.customer_id = p.id and counted.workspace_id = p.workspace_id
              where p.total_conversations <> coalesce(counted.total, 0) or p.rating_sum <> coalesce(counted.rating_sum, 0) or p.rating_count <> coalesce(counted.rating_count, 0)
                 or p.avg_satisfaction <> coalesce(pg_catalog.round(counted.rating_sum / nullif(counted.rating_count, 0), 2), 0)",
        ),
        repair: Some(RECOUNT),
    },
    Check {
        id: "counters.agents",
        title: "an agent's load is the number of open conversations assigned to the agent",
        severity: Severity::Error,
        proves: "who counts as busier than he is gets no work; who counts as freer gets too much",
        next: "romashka verify --fix",
        needs: &["public.agent_availability", "public.conversations", "public.recount(uuid, boolean)"],
        work: Work::Sql(
            "select pg_catalog.format('agent %s: current_chat_count %s, counted %s', a.agent_id, a.current_chat_count, counted.total)
               from public.agent_availability as a
              cross join lateral (select pg_catalog.count(*) as total from public.conversations as c
                 where c.workspace_id = a.workspace_id and c.assigned_agent_id = a.agent_id and c.status in ('active', 'escalated')) as counted
              where a.current_chat_count <> counted.total",
        ),
        repair: Some(RECOUNT),
    },
    Check {
        id: "counters.knowledge",
        title: "an article's uses and votes are counted right",
        severity: Severity::Error,
        proves: "the assistant prefers what has helped",
        next: "romashka verify --fix",
        needs: &["public.knowledge_items", "public.recount(uuid, boolean)"],
        work: Work::Sql(
            "select pg_catalog.format('article %s: %s, counted %s', r.subject_id, r.found, r.expected) from public.recount() as r where r.area = 'knowledge_items'",
        ),
        repair: Some(RECOUNT),
    },
    Check {
        id: "counters.limits",
        title: "no agent has more open conversations than allowed",
        severity: Severity::Info,
        proves: "automatic assignment never exceeds a limit; people who assign by hand, and a limit that was lowered, do",
        next: "transfer some of them, or raise max_concurrent_chats",
        needs: &["public.agent_availability"],
        work: Work::Sql(
            "select pg_catalog.format('agent %s: %s of %s', a.agent_id, a.current_chat_count, a.max_concurrent_chats)
               from public.agent_availability as a where a.current_chat_count > a.max_concurrent_chats",
        ),
        repair: None,
    },
    Check {
        id: "counters.numbers",
        title: "a conversation's number is its own, and the next one is free",
        severity: Severity::Error,
        proves: "#1042 names one conversation of a workspace; a sequence that is behind (after a partial restore) makes every new one fail",
        next: "romashka verify --fix moves the sequence; for a number that appears twice, restore the constraint conversations_number_key",
        needs: &["public.conversations"],
        work: Work::Sql(
            "select pg_catalog.format('workspace %s: #%s is the number of %s conversations', c.workspace_id, c.number, pg_catalog.count(*))
               from public.conversations as c group by c.workspace_id, c.number having pg_catalog.count(*) > 1
             union all
             select pg_catalog.format('workspace %s: the highest number is #%s, the sequence is at %s', highest.workspace_id, highest.number, coalesce(s.last_value::text, 'its start'))
               from (select c.workspace_id, pg_catalog.max(c.number) as number from public.conversations as c group by c.workspace_id) as highest
               left join pg_catalog.pg_sequences as s on s.schemaname = 'romashka_numbers' and s.sequencename = 'conversation_' || pg_catalog.replace(highest.workspace_id::text, '-', '')
              where s.sequencename is null or coalesce(s.last_value, s.start_value - s.increment_by) < highest.number",
        ),
        repair: Some(
            "select pg_catalog.setval(pg_catalog.format('romashka_numbers.%I', s.sequencename)::pg_catalog.regclass, highest.number)
               from (select c.workspace_id, pg_catalog.max(c.number) as number from public.conversations as c group by c.workspace_id) as highest
               join pg_catalog.pg_sequences as s on s.schemaname = 'romashka_numbers' and s.sequencename = 'conversation_' || pg_catalog.replace(highest.workspace_id::text, '-', '')
              where coalesce(s.last_value, s.start_value - s.increment_by) < highest.number",
        ),
    },
];

/// Locks each counter's row before it counts.
pub(super) const RECOUNT: &str = "select pg_catalog.count(*) from public.recount(fix => true)";

const CONVERSATIONS: &str = "
with counted as (
  select m.workspace_id, m.conversation_id, pg_catalog.count(*) as total,
         pg_catalog.count(*) filter (where m.sender_type = 'user') as customer, pg_catalog.count(*) filter (where m.sender_type = 'ai') as ai,
         pg_catalog.count(*) filter (where m.sender_type = 'agent') as agent,
         pg_catalog.min(m.created_at) filter (where m.sender_type <> 'user' and not m.is_quiet) as first_response,
         pg_catalog.max(m.created_at) as latest
    from public.messages as m group by m.workspace_id, m.conversation_id),
compared as (
  select c.id, c.number, pg_catalog.concat_ws('; ',
           case when c.message_count <> coalesce(counted.total, 0) then pg_catalog.format('message_count %s, counted %s', c.message_count, coalesce(counted.total, 0)) end,
           case when c.first_response_at is distinct from counted.first_response then pg_catalog.format('first_response_at %s, found %s', coalesce(c.first_response_at::text, 'none'), coalesce(counted.first_response::text, 'none')) end,
           case when (l.conversation_id, l.created_at) is distinct from (case when counted.total is not null then c.id end, counted.latest) then 'last_message_id is not the last message' end,
           case when a.id is null then 'no row in conversation_analytics'
                when (a.total_messages, a.customer_messages, a.ai_messages, a.agent_messages) is distinct from
                     (coalesce(counted.total, 0), coalesce(counted.customer, 0), coalesce(counted.ai, 0), coalesce(counted.agent, 0))
                then pg_catalog.format('figures %s/%s/%s/%s, counted %s/%s/%s/%s', a.total_messages, a.customer_messages, a.ai_messages, a.agent_messages,
                       coalesce(counted.total, 0), coalesce(counted.customer, 0), coalesce(counted.ai, 0), coalesce(counted.agent, 0))
                when a.first_response_at is distinct from counted.first_response then 'first response of the figures' end) as fault
    from public.conversations as c
    left join counted on counted.conversation_id = c.id and counted.workspace_id = c.workspace_id
    left join public.conversation_analytics as a on a.conversation_id = c.id and a.workspace_id = c.workspace_id
    left join public.messages as l on l.id = c.last_message_id and l.workspace_id = c.workspace_id)
select pg_catalog.format('conversation #%s (%s): %s', compared.number, compared.id, compared.fault) from compared where compared.fault <> ''";
