//! Figures: a day's roll-up is made again as often as one likes and equals a count of the rows by somebody else; days begin
//! in the workspace's time zone; counters equal a recount, and one that does not is found and put right.

mod upkeep;

use std::collections::BTreeMap;

use romashka_tests::{Role, TestDatabase, explain, value};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}\n{}", explain(&error));
    }
}

async fn talk(client: &Client, columns: &str, values: &str) -> Uuid {
    value(
        client,
        &format!("insert into public.conversations ({columns}) values ({values}) returning id"),
    )
    .await
}

async fn say(client: &Client, conversation: Uuid, sender: &str, at: &str) {
    run(client, &format!("insert into public.messages (conversation_id, sender_type, content, created_at) values ('{conversation}', '{sender}', 'words', '{at}')")).await;
}

/// A day with each kind of conversation that earlier versions counted wrongly.
async fn mixed_day(database: &TestDatabase) -> Uuid {
    let client = database.owner();
    let agent = database
        .create_person(database.default_workspace().await, Role::Agent)
        .await;
    let day = "2026-01-05";
    let at = |minutes: u32| format!("{day} {:02}:{:02}:00+00", 10 + minutes / 60, minutes % 60);
    let begun = format!("'{}'", at(0));

    // Resolved by the assistant.
    let ai = talk(
        client,
        "created_at, channel_type, department",
        &format!("{begun}, 'website', 'sales'"),
    )
    .await;
    say(client, ai, "user", &at(0)).await;
    say(client, ai, "ai", &at(1)).await;
    run(client, &format!("update public.conversations set status = 'resolved', resolved_at = '{}', satisfaction_score = 4.6, ai_confidence = 0.9 where id = '{ai}'", at(5))).await;
    // Handed to a person, who resolved it; rated, and the rating corrected.
    let human = talk(
        client,
        "created_at, channel_type, department, assigned_agent_id",
        &format!("{begun}, 'email', 'support', '{agent}'"),
    )
    .await;
    say(client, human, "user", &at(0)).await;
    say(client, human, "ai", &at(2)).await;
    run(
        client,
        &format!("update public.conversations set status = 'escalated' where id = '{human}'"),
    )
    .await;
    say(client, human, "agent", &at(10)).await;
    run(client, &format!("update public.conversations set status = 'resolved', resolved_at = '{}', satisfaction_score = 5 where id = '{human}'", at(60))).await;
    run(
        client,
        &format!("update public.conversations set satisfaction_score = 2 where id = '{human}'"),
    )
    .await;
    // Open, open and escalated: resolved by nobody.
    let open = talk(
        client,
        "created_at, assigned_agent_id",
        &format!("{begun}, '{agent}'"),
    )
    .await;
    say(client, open, "user", &at(0)).await;
    say(client, open, "agent", &at(30)).await;
    let escalated = talk(client, "created_at", &begun).await;
    say(client, escalated, "user", &at(0)).await;
    say(client, escalated, "ai", &at(3)).await;
    run(
        client,
        &format!("update public.conversations set status = 'escalated' where id = '{escalated}'"),
    )
    .await;
    // Nobody ever answered.
    let abandoned = talk(client, "created_at", &begun).await;
    say(client, abandoned, "user", &at(0)).await;
    run(client, &format!("update public.conversations set status = 'closed', resolved_at = '{}' where id = '{abandoned}'", at(90))).await;
    // Another day's.
    talk(client, "created_at", "'2026-01-06 10:00:00+00'").await;
    agent
}

/// Dimensions and the figures that can be counted from raw rows without the functions under test.
type Counted = BTreeMap<Dimensions, Value>;

/// Channel, department, agent.
type Dimensions = (Option<String>, Option<String>, Option<Uuid>);

async fn rolled_up(client: &Client, day: &str) -> Counted {
    client
        .query(
            "select channel_type, department, agent_id, jsonb_build_object('total', total_conversations, 'ai', ai_resolved_conversations, 'people', human_resolved_conversations,
                    'abandoned', abandoned_conversations, 'ratings', total_ratings, 'rating', trim_scale(avg_satisfaction_score), 'handoffs', trim_scale(handoff_rate),
                    'response', avg_first_response_time_seconds, 'response_p90', p90_first_response_time_seconds, 'resolution', avg_resolution_time_seconds,
                    'resolution_p50', p50_resolution_time_seconds)
               from public.daily_metrics where workspace_id = romashka.default_workspace_id() and date = $1::text::date",
            &[&day],
        )
        .await
        .unwrap()
        .iter()
        .map(|row| ((row.get(0), row.get(1), row.get(2)), row.get(3)))
        .collect()
}

fn mean(values: &[f64]) -> i64 {
    if values.is_empty() {
        0
    } else {
        (values.iter().sum::<f64>() / values.len() as f64).round() as i64
    }
}

fn percentile(values: &[f64], share: f64) -> Value {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => Value::Null,
        length => json!(sorted[((length as f64 * share).ceil() as usize).max(1) - 1] as i64),
    }
}

/// Counts a day in the test, from messages and conversations alone.
async fn counted(client: &Client, from: &str, to: &str) -> Counted {
    let rows = client
        .query(
            "select c.channel_type, c.department, c.assigned_agent_id, c.status, c.satisfaction_score::float8,
                    extract(epoch from c.resolved_at - c.created_at)::float8,
                    (select extract(epoch from min(m.created_at) - c.created_at)::float8 from public.messages m where m.conversation_id = c.id and m.sender_type <> 'user'),
                    (select count(*) from public.messages m where m.conversation_id = c.id and m.sender_type = 'agent'),
                    (select count(*) from public.messages m where m.conversation_id = c.id and m.sender_type = 'ai'),
                    exists (select from public.events e where e.conversation_id = c.id and e.kind = 'conversation.escalated')
               from public.conversations c
              where c.workspace_id = romashka.default_workspace_id() and c.created_at >= $1::text::timestamptz and c.created_at < $2::text::timestamptz",
            &[&from, &to],
        )
        .await
        .unwrap();
    let mut groups: BTreeMap<Dimensions, Vec<&tokio_postgres::Row>> = BTreeMap::new();
    groups.entry((None, None, None)).or_default();
    for row in &rows {
        let agent: Option<Uuid> = row.get(2);
        let mut keys = vec![
            (None, None, None),
            (Some(row.get(0)), None, None),
            (None, Some(row.get(1)), None),
        ];
        keys.extend(agent.map(|agent| (None, None, Some(agent))));
        for key in keys {
            groups.entry(key).or_default().push(row);
        }
    }
    groups
        .into_iter()
        .map(|(key, rows)| {
            let done = |row: &&&tokio_postgres::Row| ["resolved", "closed"].contains(&row.get::<_, &str>(3));
            let column = |index: usize| -> Vec<f64> { rows.iter().filter_map(|row| row.get::<_, Option<f64>>(index)).collect() };
            let (ratings, responses) = (column(4), column(6));
            let resolutions: Vec<f64> = rows.iter().filter(done).filter_map(|row| row.get::<_, Option<f64>>(5)).collect();
            let by = |people: bool, machine: bool| {
                rows.iter().filter(done).filter(|row| (row.get::<_, i64>(7) > 0) == people && (people || (row.get::<_, i64>(8) > 0) == machine)).count()
            };
            let handoffs = rows.iter().filter(|row| row.get::<_, bool>(9)).count() as f64;
            let rounded = |number: f64, places: i32| json!((number * 10f64.powi(places)).round() / 10f64.powi(places));
            let figures = json!({
                "total": rows.len(), "ai": by(false, true), "people": by(true, false), "abandoned": by(false, false), "ratings": ratings.len(),
                "rating": rounded(if ratings.is_empty() { 0.0 } else { ratings.iter().sum::<f64>() / ratings.len() as f64 }, 2),
                "handoffs": rounded(if rows.is_empty() { 0.0 } else { handoffs / rows.len() as f64 }, 4),
                "response": mean(&responses), "response_p90": percentile(&responses, 0.9),
                "resolution": mean(&resolutions), "resolution_p50": percentile(&resolutions, 0.5),
            });
            (key, figures)
        })
        .collect()
}

/// The same numbers, whether written 2 or 2.0.
fn assert_same(found: &Counted, wanted: &Counted) {
    let plain = |figures: &Counted| -> Vec<(String, BTreeMap<String, Option<String>>)> {
        figures
            .iter()
            .map(|(key, figures)| {
                let figures = figures.as_object().unwrap();
                (
                    format!("{key:?}"),
                    figures
                        .iter()
                        .map(|(name, figure)| {
                            (
                                name.clone(),
                                figure.as_f64().map(|figure| format!("{figure:.4}")),
                            )
                        })
                        .collect(),
                )
            })
            .collect()
    };
    assert_eq!(plain(found), plain(wanted));
}

#[tokio::test]
async fn a_day_equals_a_count_of_its_rows_however_often_it_is_made() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let agent = mixed_day(&database).await;
    let wanted = counted(client, "2026-01-05 00:00:00+00", "2026-01-06 00:00:00+00").await;
    // Known answers for the total, so that two equal mistakes do not agree with each other.
    assert_eq!(
        wanted[&(None, None, None)],
        json!({"total": 5, "ai": 1, "people": 1, "abandoned": 1, "ratings": 2, "rating": 3.3, "handoffs": 0.4, "response": 540, "response_p90": 1800,
               "resolution": 3100, "resolution_p50": 3600})
    );
    assert_eq!(wanted[&(None, None, Some(agent))]["total"], 2);
    let mut sizes = Vec::new();
    for _ in 0..3 {
        sizes.push(value::<i32>(client, "select aggregate_daily_metrics('2026-01-05')").await);
        assert_same(&rolled_up(client, "2026-01-05").await, &wanted);
    }
    assert_eq!(sizes, [wanted.len() as i32; 3]);
    let rows: i64 = value(client, "select count(*) from public.daily_metrics").await;
    assert_eq!(rows, wanted.len() as i64, "three runs wrote one day once");
}

#[tokio::test]
async fn two_runs_at_once_write_a_day_once() {
    let database = TestDatabase::new().await;
    mixed_day(&database).await;
    let (first, second, third) = (
        database.connect().await,
        database.connect().await,
        database.connect().await,
    );
    let sql = "select aggregate_daily_metrics('2026-01-05')";
    let (a, b, c) = tokio::join!(
        first.query_one(sql, &[]),
        second.query_one(sql, &[]),
        third.query_one(sql, &[])
    );
    for ran in [a, b, c] {
        ran.unwrap_or_else(|error| panic!("{}", explain(&error)));
    }
    let doubled: i64 = value(database.owner(), "select count(*) - count(distinct (date, channel_type, department, agent_id)) from public.daily_metrics").await;
    assert_eq!(doubled, 0);
}

#[tokio::test]
async fn a_day_begins_in_the_time_zone_of_the_workspace() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(
        client,
        "update public.workspaces set time_zone = 'Europe/Berlin'",
    )
    .await;
    // 25 October 2026 has 25 hours in Berlin: from 22:00 UTC the day before to 23:00 UTC.
    for at in [
        "2026-10-24 21:59:59+00",
        "2026-10-24 22:00:00+00",
        "2026-10-25 22:59:59+00",
        "2026-10-25 23:00:00+00",
    ] {
        talk(client, "created_at", &format!("'{at}'")).await;
    }
    for session_zone in ["UTC", "Asia/Tokyo", "America/Los_Angeles"] {
        run(client, &format!("set timezone = '{session_zone}'")).await;
        for (day, total) in [("2026-10-24", 1), ("2026-10-25", 2), ("2026-10-26", 1)] {
            value::<i32>(client, &format!("select aggregate_daily_metrics('{day}')")).await;
            let found: i32 = value(client, &format!("select total_conversations from public.daily_metrics where date = '{day}' and channel_type is null and department is null and agent_id is null")).await;
            assert_eq!(found, total, "{day} as seen from {session_zone}");
        }
    }
    // Yesterday is the workspace's.
    run(client, "set timezone = 'UTC'; update public.workspaces set time_zone = 'Pacific/Kiritimati'; delete from public.daily_metrics").await;
    value::<i32>(client, "select aggregate_daily_metrics()").await;
    let right: bool = value(client, "select bool_and(date = (now() at time zone 'Pacific/Kiritimati')::date - 1) from public.daily_metrics").await;
    assert!(right);
}

#[tokio::test]
async fn what_changes_later_is_brought_in_by_the_next_refresh() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    mixed_day(&database).await;
    assert!(value::<i32>(client, "select refresh_daily_metrics()").await > 4);
    assert_eq!(
        value::<i32>(client, "select refresh_daily_metrics()").await,
        0,
        "nothing changed"
    );
    assert_eq!(
        value::<i64>(client, "select count(*) from recount()").await,
        0
    );
    for change in [
        "update public.conversations set satisfaction_score = 1 where satisfaction_score = 2",
        "update public.conversations set status = 'active' where status = 'closed'",
        "update public.conversations set department = 'other' where department = 'sales'",
        "delete from public.messages where conversation_id in (select id from public.conversations where assigned_agent_id is not null and status = 'active')",
        "delete from public.conversations where department = 'support'",
        "update public.conversation_analytics set lead_qualified = true, revenue_generated = 99.5",
    ] {
        run(client, change).await;
        assert!(
            value::<i64>(client, "select count(*) from public.stale_metric_days").await > 0,
            "{change}"
        );
        run(client, "select refresh_daily_metrics()").await;
        let wanted = counted(client, "2026-01-05 00:00:00+00", "2026-01-06 00:00:00+00").await;
        assert_same(&rolled_up(client, "2026-01-05").await, &wanted);
        let drift: Vec<Value> = client
            .query("select to_jsonb(r) from recount() as r", &[])
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        assert!(drift.is_empty(), "{change}: {drift:#?}");
    }
}

#[tokio::test]
async fn a_person_with_figures_can_leave() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let agent = mixed_day(&database).await;
    run(client, "select aggregate_daily_metrics('2026-01-05')").await;
    run(
        client,
        &format!("delete from auth.users where id = '{agent}'"),
    )
    .await;
    let total: i32 = value(client, "select total_conversations from public.daily_metrics where channel_type is null and department is null and agent_id is null").await;
    assert_eq!(total, 5, "the figures of all stay, those of the person go");
}

#[tokio::test]
async fn a_day_is_found_by_an_index() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(
        client,
        "set session_replication_role = replica;
         insert into public.conversations (number, created_at) select n, timestamptz '2025-01-01 00:00:00+00' + n * interval '1 hour' from generate_series(1, 8000) as n;
         reset session_replication_role; analyze public.conversations",
    )
    .await;
    let body: String = value(
        client,
        "select prosrc from pg_proc where proname = 'day_figures'",
    )
    .await;
    let condition = body
        .split("where ")
        .nth(2)
        .and_then(|rest| rest.split("),").next())
        .expect("the condition of the day");
    let condition = condition
        .replace("= workspace ", "= romashka.default_workspace_id() ")
        .replace("day_begins", "'2025-06-05 00:00:00+00'")
        .replace("day_ends", "'2025-06-06 00:00:00+00'");
    let plan: String = client
        .query(
            &format!("explain select * from public.conversations as c where {condition}"),
            &[],
        )
        .await
        .unwrap_or_else(|error| panic!("{condition}: {}", explain(&error)))
        .iter()
        .map(|row| row.get::<_, String>(0) + "\n")
        .collect();
    assert!(
        plan.contains("idx_conversations_created_at") && plan.contains("Index Cond"),
        "{plan}"
    );
}
