//! Service levels: business time that is right on days on which the clocks change, and clocks that start, stand, run on
//! and run out with what happens in a conversation.

use romashka_tests::{TestDatabase, value};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

/// A generator of its own, so that a failing case is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
/// With changes of the clocks in both hemispheres, one of them by half an hour; without; and off the full hour.
const ZONES: [&str; 6] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "UTC",
    "Pacific/Auckland",
];
const BEGINNINGS: [&str; 7] = [
    "2026-03-06",
    "2026-03-26",
    "2026-04-03",
    "2026-09-25",
    "2026-10-02",
    "2026-10-23",
    "2026-10-30",
];

fn hours(dice: &mut Dice) -> Value {
    let mut hours = serde_json::Map::new();
    for day in DAYS {
        // No boundary between midnight and half past four, where clocks change: there "open until 02:30" has no one meaning.
        let (start, end) = match dice.roll(6) {
            0 => continue,
            1 => (0, 24 * 60),
            2 => (18 * 60 + 30 * dice.roll(10), 270 + 30 * dice.roll(12)),
            3 => (0, 0),
            _ => (300 + 30 * dice.roll(15), 13 * 60 + 30 * dice.roll(23)),
        };
        let clock = |minutes: u64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        hours.insert(
            day.to_owned(),
            json!({"start": clock(start), "end": clock(end)}),
        );
    }
    Value::Object(hours)
}

/// Counts every minute by what the clock on the wall says, knowing nothing of how the function does it.
const MINUTE_BY_MINUTE: &str = "
    with shift as (
      select d.number, (h.span ->> 'start')::time as opens, (h.span ->> 'end')::time as closes, (h.span ->> 'end')::time <= (h.span ->> 'start')::time as past_midnight
        from jsonb_each($1::jsonb) as h (day, span)
        join unnest(array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']) with ordinality as d (day, number) on d.day = h.day)
    select 60 * count(*)::bigint
      from generate_series($4::text::timestamptz, $4::text::timestamptz + make_interval(mins => $5::int - 1), interval '1 minute') as minute
     cross join lateral (select minute at time zone $2::text as wall) as here
     where exists (select from shift where number = extract(isodow from here.wall) and not here.wall::date = any ($3::text[]::date[])
                      and here.wall::time >= opens and (here.wall::time < closes or past_midnight))
        or exists (select from shift where number = extract(isodow from here.wall - interval '1 day') and not here.wall::date - 1 = any ($3::text[]::date[])
                      and past_midnight and here.wall::time < closes)";

#[tokio::test]
async fn business_time_equals_a_count_minute_by_minute() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let mut dice = Dice(20_261_025);
    let mut open_cases = 0;
    for case in 0..120 {
        let hours = hours(&mut dice);
        let zone = ZONES[dice.roll(6) as usize];
        let beginning = BEGINNINGS[dice.roll(7) as usize];
        let start = format!(
            "{beginning} {:02}:{:02}:00+00",
            dice.roll(24),
            dice.roll(60)
        );
        let minutes = 1 + dice.roll(8 * 24 * 60) as i32;
        let holiday: String = client
            .query_one(
                "select ($1::text::date + $2::int)::text",
                &[&beginning, &(dice.roll(6) as i32)],
            )
            .await
            .unwrap()
            .get(0);
        let holidays = if dice.roll(3) == 0 {
            vec![holiday]
        } else {
            vec![]
        };
        let what = format!(
            "case {case}: {hours} in {zone}, without {holidays:?}, {minutes} minutes from {start}"
        );

        let counted: i64 = client
            .query_one(
                MINUTE_BY_MINUTE,
                &[&hours, &zone, &holidays, &start, &minutes],
            )
            .await
            .unwrap()
            .get(0);
        let row = client
            .query_one(
                "select romashka.business_seconds($1, $2, $3::text[]::date[], $4::text::timestamptz, $4::text::timestamptz + make_interval(mins => $5::int))",
                &[&hours, &zone, &holidays, &start, &minutes],
            )
            .await
            .unwrap();
        assert_eq!(row.get::<_, i64>(0), counted, "{what}");

        // The way back: the moment at which that much has passed, and not a second earlier.
        if counted > 0 {
            open_cases += 1;
            let seconds = 1 + dice.roll(counted as u64) as i64;
            let row = client
                .query_one(
                    "select romashka.business_seconds($1, $2, $3::text[]::date[], f.start, f.due), romashka.business_seconds($1, $2, $3::text[]::date[], f.start, f.due - interval '1 second'),
                            f.due <= f.start + make_interval(mins => $5::int)
                       from (select $4::text::timestamptz as start, romashka.add_business_seconds($1, $2, $3::text[]::date[], $4::text::timestamptz, $6::bigint) as due) as f",
                    &[&hours, &zone, &holidays, &start, &minutes, &seconds],
                )
                .await
                .unwrap();
            assert_eq!(row.get::<_, i64>(0), seconds, "{what}");
            assert_eq!(row.get::<_, i64>(1), seconds - 1, "{what}");
            assert!(row.get::<_, bool>(2), "{what}");
        }
    }
    assert!(open_cases > 80, "only {open_cases} cases had anything open");
}

#[tokio::test]
async fn a_day_has_the_hours_it_has() {
    let database = TestDatabase::new().await;
    let all_day = r#"'{"sunday": {"start": "00:00", "end": "24:00"}}', 'Europe/Berlin', '{}'"#;
    for (from, to, hours) in [
        ("2026-03-28", "2026-03-31", 23),
        ("2026-10-24", "2026-10-27", 25),
        ("2026-06-06", "2026-06-09", 24),
    ] {
        let sql = format!("select romashka.business_seconds({all_day}, '{from}', '{to}')");
        assert_eq!(
            value::<i64>(database.owner(), &sql).await,
            hours * 3600,
            "{from}"
        );
    }
    // Hours that never open never end a count; a moment after another is no negative time.
    let never: Option<String> = value(
        database.owner(),
        "select romashka.add_business_seconds('{}', 'UTC', '{}', now(), 60)::text",
    )
    .await;
    assert_eq!(never, None);
    let backwards: i64 = value(
        database.owner(),
        &format!("select romashka.business_seconds({all_day}, '2026-06-09', '2026-06-06')"),
    )
    .await;
    assert_eq!(backwards, 0);
}

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}\n{}", romashka_tests::explain(&error));
    }
}

/// A conversation that began at a time, with the customer's first message.
async fn conversation(client: &Client, began: &str, priority: &str) -> Uuid {
    let id: Uuid = value(
        client,
        &format!("insert into public.conversations (created_at, priority) values ('{began}', '{priority}') returning id"),
    )
    .await;
    say(client, id, "user", began).await;
    id
}

async fn say(client: &Client, conversation: Uuid, sender: &str, at: &str) {
    run(client, &format!("insert into public.messages (conversation_id, sender_type, content, created_at) values ('{conversation}', '{sender}', 'words', '{at}')")).await;
}

/// The newest clock of a kind: status, due time in UTC, seconds it took, whether it stands.
async fn clock(
    client: &Client,
    conversation: Uuid,
    kind: &str,
) -> (String, Option<String>, Option<i32>, bool) {
    let row = client
        .query_one(
            "select status, to_char(due_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), actual_time_seconds, paused_at is not null
               from public.sla_tracking where conversation_id = $1 and sla_type = $2 order by id desc limit 1",
            &[&conversation, &kind],
        )
        .await
        .unwrap_or_else(|error| panic!("no clock {kind}: {error}"));
    (row.get(0), row.get(1), row.get(2), row.get(3))
}

#[tokio::test]
async fn without_a_policy_the_settings_are_promised() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let talk = conversation(client, "2026-01-05 10:00:00+00", "normal").await;
    assert_eq!(
        clock(client, talk, "first_response").await,
        (
            "pending".into(),
            Some("2026-01-05 10:01:00".into()),
            None,
            false
        )
    );
    assert_eq!(
        clock(client, talk, "resolution").await,
        (
            "pending".into(),
            Some("2026-01-05 10:30:00".into()),
            None,
            false
        )
    );
    say(client, talk, "agent", "2026-01-05 10:00:45+00").await;
    assert_eq!(
        clock(client, talk, "first_response").await,
        (
            "met".into(),
            Some("2026-01-05 10:01:00".into()),
            Some(45),
            false
        )
    );
    let late = conversation(client, "2026-01-05 10:00:00+00", "normal").await;
    say(client, late, "ai", "2026-01-05 10:02:00+00").await;
    assert_eq!(
        clock(client, late, "first_response").await,
        (
            "breached".into(),
            Some("2026-01-05 10:01:00".into()),
            Some(120),
            false
        )
    );
    // Who is imported as done was promised nothing.
    let done: Uuid = value(client, "insert into public.conversations (status, created_at) values ('resolved', '2026-01-05') returning id").await;
    assert_eq!(
        value::<i64>(
            client,
            &format!("select count(*) from public.sla_tracking where conversation_id = '{done}'")
        )
        .await,
        0
    );
}

#[tokio::test]
async fn the_first_policy_that_fits_applies() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(
        client,
        "insert into public.sla_policies (name, position, priorities, channel_types, first_response_seconds, is_active) values
           ('off', 1, '{}', '{}', 1, false), ('urgent mail', 2, '{urgent}', '{email}', 10, true), ('urgent', 3, '{urgent}', '{}', 20, true), ('all', 4, '{}', '{}', 30, true)",
    )
    .await;
    for (priority, channel, seconds) in [
        ("urgent", "email", 10),
        ("urgent", "website", 20),
        ("low", "email", 30),
    ] {
        let sql = format!(
            "with c as (insert into public.conversations (priority, channel_type) values ('{priority}', '{channel}') returning id) select id from c"
        );
        let talk: Uuid = value(client, &sql).await;
        let row = client
            .query_one(
                "select t.target_time_seconds, c.sla_policy_id = t.policy_id, count(*) over () from public.sla_tracking t
                   join public.conversations c on c.id = t.conversation_id where c.id = $1",
                &[&talk],
            )
            .await
            .unwrap();
        assert_eq!(
            (
                row.get::<_, i32>(0),
                row.get::<_, bool>(1),
                row.get::<_, i64>(2)
            ),
            (seconds, true, 1),
            "{priority} {channel}"
        );
    }
}

#[tokio::test]
async fn a_clock_stands_while_the_customer_has_to_answer() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(
        client,
        "insert into public.sla_policies (name, first_response_seconds, next_response_seconds, resolution_seconds) values ('p', 600, 300, 3600)",
    )
    .await;
    let talk = conversation(client, "2026-01-05 10:00:00+00", "normal").await;
    say(client, talk, "agent", "2026-01-05 10:10:00+00").await;
    assert_eq!(
        clock(client, talk, "first_response").await.0,
        "met",
        "at the last second is in time"
    );
    assert_eq!(
        clock(client, talk, "resolution").await,
        ("pending".into(), None, None, true)
    );
    // Two hours later the customer answers: fifty minutes were left, and the next answer is due within five.
    say(client, talk, "user", "2026-01-05 12:10:00+00").await;
    say(client, talk, "user", "2026-01-05 12:12:00+00").await;
    assert_eq!(
        clock(client, talk, "resolution").await,
        (
            "pending".into(),
            Some("2026-01-05 13:00:00".into()),
            None,
            false
        )
    );
    assert_eq!(
        clock(client, talk, "next_response").await,
        (
            "pending".into(),
            Some("2026-01-05 12:15:00".into()),
            None,
            false
        )
    );
    let next: i64 = value(
        client,
        "select count(*) from public.sla_tracking where sla_type = 'next_response'",
    )
    .await;
    assert_eq!(next, 1, "who writes twice waits since the first time");
    say(client, talk, "agent", "2026-01-05 12:20:00+00").await;
    assert_eq!(
        clock(client, talk, "next_response").await,
        (
            "breached".into(),
            Some("2026-01-05 12:15:00".into()),
            Some(600),
            false
        )
    );
    let stood: i64 = value(
        client,
        "select paused_seconds from public.sla_tracking where sla_type = 'resolution'",
    )
    .await;
    assert_eq!(stood, 7200);
    run(
        client,
        "update public.conversations set status = 'resolved'",
    )
    .await;
    let (status, _, took, stands) = clock(client, talk, "resolution").await;
    assert_eq!(
        (status.as_str(), took, stands),
        ("met", Some(20 * 60), false),
        "ten minutes before the first answer, ten before the second"
    );
}

#[tokio::test]
async fn business_hours_hold_a_policys_clock() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(
        client,
        "update public.workspaces set time_zone = 'Europe/Berlin', holidays = '{2026-01-06}';
         insert into public.sla_policies (name, first_response_seconds, business_hours_only) values ('p', 7200, true)",
    )
    .await;
    // Monday, an hour before closing; Tuesday is a holiday: an hour of Wednesday is left, nine to ten in Berlin.
    let talk = conversation(client, "2026-01-05 15:00:00+00", "normal").await;
    assert_eq!(
        clock(client, talk, "first_response").await.1,
        Some("2026-01-07 09:00:00".into())
    );
    say(client, talk, "agent", "2026-01-07 08:30:00+00").await;
    assert_eq!(
        clock(client, talk, "first_response").await,
        (
            "met".into(),
            Some("2026-01-07 09:00:00".into()),
            Some(5400),
            false
        )
    );
}

#[tokio::test]
async fn reopening_lets_the_clock_run_on() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(client, "insert into public.sla_policies (name, resolution_seconds, pause_while_waiting) values ('p', 3600, false)").await;
    let talk: Uuid = value(client, "insert into public.conversations (created_at) values (now() - interval '30 minutes') returning id").await;
    run(
        client,
        "update public.conversations set status = 'resolved'",
    )
    .await;
    assert_eq!(clock(client, talk, "resolution").await.0, "met");
    run(client, "update public.conversations set status = 'active'").await;
    let left: f64 = value(client, "select extract(epoch from due_at - now())::float8 from public.sla_tracking where status = 'pending' and completed_at is null").await;
    assert!(
        (1790.0..=1801.0).contains(&left),
        "{left} seconds are left of the half hour"
    );
    run(client, "update public.conversations set status = 'closed'").await;
    assert_eq!(clock(client, talk, "resolution").await.0, "met");
}

#[tokio::test]
async fn what_runs_out_is_marked_once_and_in_order() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    for _ in 0..3 {
        conversation(client, "2026-01-05 10:00:00+00", "normal").await;
    }
    let standing: Uuid = value(
        client,
        "insert into public.conversations default values returning id",
    )
    .await;
    assert_eq!(value::<i32>(client, "select mark_sla_breaches(4)").await, 4);
    assert_eq!(value::<i32>(client, "select mark_sla_breaches()").await, 2);
    assert_eq!(value::<i32>(client, "select mark_sla_breaches()").await, 0);
    assert_eq!(clock(client, standing, "resolution").await.0, "pending");
    let recorded: i64 = value(
        client,
        "select count(*) from public.events where kind = 'sla.breached' and actor_kind = 'system'",
    )
    .await;
    assert_eq!(recorded, 6);
    // The one query that finds them reads what has run out, in order, and nothing else.
    run(client, "set enable_seqscan = off; set enable_sort = off").await;
    let plan: String = client
        .query(
            "explain select id from public.sla_tracking where workspace_id = romashka.default_workspace_id() and status = 'pending' and due_at <= now() order by due_at limit 500",
            &[],
        )
        .await
        .unwrap()
        .iter()
        .map(|row| row.get::<_, String>(0))
        .collect();
    assert!(
        plan.contains("sla_tracking_due_at_idx") && !plan.contains("Sort"),
        "{plan}"
    );
}
