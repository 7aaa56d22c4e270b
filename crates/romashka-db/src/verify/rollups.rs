//! The daily figures equal what the rows say. A day that waits for its new roll-up is not compared.

use super::{Check, Severity, Work};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "rollups.days",
        title: "a day's figures equal a recount of its conversations",
        severity: Severity::Error,
        proves: "reports show what happened",
        next: "romashka verify --fix, which makes the days anew",
        needs: &["public.daily_metrics", "public.recount(uuid, boolean)"],
        work: Work::Sql(
            "select pg_catalog.format('%s in workspace %s: %s, counted %s', coalesce(r.found, r.expected) ->> 'date', r.workspace_id, difference.found, difference.expected)
               from public.recount() as r
              cross join lateral (
                select coalesce(pg_catalog.jsonb_object_agg(f.key, f.value), '{}') as found, coalesce(pg_catalog.jsonb_object_agg(f.key, r.expected -> f.key), '{}') as expected
                  from pg_catalog.jsonb_each(r.found) as f where f.value is distinct from r.expected -> f.key) as difference
              where r.area = 'daily_metrics'",
        ),
        repair: Some(super::counters::RECOUNT),
    },
    Check {
        id: "rollups.dimensions",
        title: "a day's figures by channel add up to the day",
        severity: Severity::Error,
        proves: "card, chart and export show one number",
        next: "select public.aggregate_daily_metrics(DAY) makes the day anew",
        needs: &["public.daily_metrics"],
        work: Work::Sql(
            "select pg_catalog.format('%s in workspace %s: %s conversations in total, %s over the channels', d.date, d.workspace_id, d.total_conversations, parts.total)
               from public.daily_metrics as d
              cross join lateral (select coalesce(pg_catalog.sum(p.total_conversations), 0) as total from public.daily_metrics as p
                 where p.workspace_id = d.workspace_id and p.date = d.date and p.channel_type is not null and p.department is null and p.agent_id is null) as parts
              where d.channel_type is null and d.department is null and d.agent_id is null and d.total_conversations <> parts.total",
        ),
        repair: None,
    },
];
