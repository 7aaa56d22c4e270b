//! Looking after a database: each step does what it says, does nothing the second time, leaves what is in use or on hold,
//! and a dry run changes nothing.

use std::process::{Command, Output};

use romashka_tests::{GrantMode, TestDatabase, explain, romashka_binary, value};
use serde_json::Value;
use tokio_postgres::Client;

fn romashka(database: &TestDatabase, arguments: &[&str]) -> Output {
    Command::new(romashka_binary())
        .env_clear()
        .env("DATABASE_URL", database.url())
        .arg("maintain")
        .args(arguments)
        .output()
        .expect("romashka runs")
}

#[track_caller]
fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{error}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

fn step<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .find(|step| step["step"] == name)
        .unwrap_or_else(|| panic!("no step {name} in {report}"))
}

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}\n{}", explain(&error));
    }
}

/// What a run has to do: old conversations, partitions that are missing or over, figures that expired, dead rows.
async fn neglected() -> TestDatabase {
    let database = TestDatabase::new().await;
    run(
        database.owner(),
        "insert into public.customer_profiles (id, name) values ('00000000-0000-4000-8000-000000000001', 'Vera');
         insert into public.conversations (customer_id, created_at, last_message_at)
         select '00000000-0000-4000-8000-000000000001', now() - interval '500 days', now() - interval '500 days' from generate_series(1, 3);
         insert into public.messages (conversation_id, sender_type, content, created_at)
         select id, 'user', 'long ago', now() - interval '499 days' from public.conversations;
         update public.conversations set status = 'closed';
         select romashka.ensure_partitions('events', current_date - 800, current_date - 800);
         insert into public.realtime_metrics (metric_name, metric_value, expires_at) values ('forgotten', '1', now() - interval '1 day');
         create table public.own_rows (id bigint primary key, word text) with (autovacuum_enabled = false);
         insert into public.own_rows select i, 'word' from generate_series(1, 5000) as i;
         delete from public.own_rows where id > 1000;",
    )
    .await;
    let last: String = value(
        database.owner(),
        "select 'romashka_partitions.events_' || to_char(current_date + 62, 'YYYY_MM')",
    )
    .await;
    run(database.owner(), &format!("drop table {last}")).await;
    // The server's statistics come a moment after the work.
    for _ in 0..100 {
        let dead: i64 = value(
            database.owner(),
            "select coalesce(max(n_dead_tup), 0)::bigint from pg_stat_user_tables where relname = 'own_rows'",
        )
        .await;
        if dead >= 4000 {
            return database;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the statistics do not show the dead rows");
}

async fn state(database: &TestDatabase) -> String {
    value(
        database.owner(),
        "select (select count(*) from public.conversations) || ' conversations, ' || (select count(*) from public.realtime_metrics) || ' figures, '
             || (select count(*) from pg_inherits where inhparent = 'public.events'::regclass) || ' partitions, '
             || (select count(*) from public.audit_logs where chain_position is null) || ' unsealed'",
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_does_its_work_once() {
    let database = neglected().await;
    let before = state(&database).await;
    let planned = romashka(&database, &["--dry-run", "--json"]);
    assert_eq!(planned.status.code(), Some(0));
    let planned = report(&planned);
    assert_eq!(state(&database).await, before, "a dry run changes nothing");
    assert_eq!(planned["dry_run"], true);

    let done = romashka(&database, &["--json"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let done = report(&done);
    for (name, word) in [
        ("partitions", "partition events_"),
        ("retention", "3 conversations"),
        ("vacuum", "public.own_rows: 4,000 dead rows"),
        ("statistics", "public.events with its partitions"),
    ] {
        for report in [&planned, &done] {
            let step = step(report, name);
            assert!(
                step["done"]
                    .as_array()
                    .expect("lines")
                    .iter()
                    .any(|line| line.as_str().expect("a line").contains(word)),
                "{name}: {step}"
            );
            assert_eq!(step["outcome"], "done", "{step}");
        }
    }
    let client = database.owner();
    let left: i64 = value(client, "select count(*) from public.conversations").await;
    assert_eq!(left, 0);
    let expired: i64 = value(
        client,
        "select count(*) from public.realtime_metrics where metric_name = 'forgotten'",
    )
    .await;
    assert_eq!(expired, 0);
    let old: bool = value(client, "select to_regclass('romashka_partitions.events_' || to_char(current_date - 800, 'YYYY_MM')) is null").await;
    assert!(old, "a partition that nobody keeps any longer is dropped");
    let coming: bool = value(client, "select to_regclass('romashka_partitions.events_' || to_char(current_date + 62, 'YYYY_MM')) is not null").await;
    assert!(coming, "the partition of the coming month is there again");
    // Removing wrote to the audit and the ledger; after it there is nothing left to do.
    // What is younger than a transaction that runs anywhere on the server is sealed when that one has ended.
    romashka(&database, &[]);
    let unsealed = "select count(*) from public.audit_logs where chain_position is null";
    for _ in 0..60 {
        if value::<i64>(client, unsealed).await == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        romashka(&database, &["--step", "seal"]);
    }
    assert_eq!(value::<i64>(client, unsealed).await, 0);
    let again = report(&romashka(
        &database,
        &[
            "--json",
            "--step",
            "partitions",
            "--step",
            "seal",
            "--step",
            "retention",
            "--step",
            "expired",
        ],
    ));
    for step in again["steps"].as_array().expect("steps") {
        assert_eq!(step["outcome"], "nothing", "{step}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_hold_or_in_use_is_left_and_said() {
    let database = neglected().await;
    run(
        database.owner(),
        "update public.workspaces set legal_hold = true",
    )
    .await;
    // Somebody reads the ledger and works on a table for long.
    let other = database.connect().await;
    run(&other, "begin; select count(*) from public.events; lock table public.own_rows in share update exclusive mode").await;

    let begun = std::time::Instant::now();
    let output = romashka(&database, &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(30),
        "nothing waits for long"
    );
    let told = report(&output);
    let left: i64 = value(
        database.owner(),
        "select count(*) from public.conversations",
    )
    .await;
    assert_eq!(left, 3, "legal hold keeps everything");
    let holds = |name: &str, what: &str, why: &str| {
        let step = step(&told, name);
        assert!(
            step["left"].as_array().expect("a list").iter().any(|left| {
                left["what"].as_str().expect("a name").contains(what)
                    && left["why"].as_str().expect("a reason").contains(why)
            }),
            "{name}: {step}"
        );
    };
    holds("retention", "1 workspace", "legal hold");
    holds("partitions", "partition events_", "in use");
    holds("vacuum", "public.own_rows", "in use");

    // The next run finds the way clear.
    run(&other, "rollback").await;
    run(
        database.owner(),
        "update public.workspaces set legal_hold = false",
    )
    .await;
    let told = report(&romashka(&database, &["--json"]));
    assert_eq!(step(&told, "vacuum")["outcome"], "done", "{told}");
    assert_eq!(step(&told, "retention")["outcome"], "done", "{told}");
    assert_eq!(step(&told, "partitions")["outcome"], "done", "{told}");
}

/// What a visitor chose and did not send goes after a day; what anybody sent, and what waits since an hour, stays.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_were_never_sent_go() {
    let database = TestDatabase::new().await;
    let session = "00000000-0000-4000-8000-0000000000f1";
    run(
        database.owner(),
        &format!(
            "with talk as (insert into public.conversations (user_name) values ('Vera') returning id),
                  said as (insert into public.messages (conversation_id, sender_type, content) select id, 'user', 'Look' from talk returning id, conversation_id)
             insert into public.file_attachments (id, filename, storage_provider, file_path, visitor_session_id, message_id, conversation_id, created_at)
             select f.id, f.filename, 'local', replace(romashka.default_workspace_id()::text, '-', '') || '/' || right(f.id::text, 2) || '/' || replace(f.id::text, '-', ''),
                    f.session, f.message, f.conversation, now() - f.age
               from (select '00000000-0000-4000-8000-000000000001'::uuid as id, 'sent.png' as filename, '{session}'::uuid as session, said.id as message, conversation_id as conversation, interval '2 days' as age from said
                     union all select '00000000-0000-4000-8000-000000000002', 'old.png', '{session}', null, null, '25 hours'
                     union all select '00000000-0000-4000-8000-000000000003', 'new.png', '{session}', null, null, '1 hour'
                     union all select '00000000-0000-4000-8000-000000000004', 'agents.png', null, null, null, '2 days') as f"
        ),
    )
    .await;
    let removed: Value = value(database.owner(), "select public.apply_retention()").await;
    assert_eq!(removed["unsent_files"], 1, "{removed}");
    let left: String = value(
        database.owner(),
        "select string_agg(filename, ' ' order by filename) from public.file_attachments",
    )
    .await;
    assert_eq!(left, "agents.png new.png sent.png");
    let queued: i64 = value(
        database.owner(),
        "select count(*) from romashka.removed_files where id = '00000000-0000-4000-8000-000000000002'",
    )
    .await;
    assert_eq!(queued, 1, "its bytes are to go");
}

/// A partition that is in use does not undo what else retention did in its transaction.
#[tokio::test(flavor = "multi_thread")]
async fn a_partition_in_use_stops_no_retention() {
    let database = neglected().await;
    let other = database.connect().await;
    run(&other, "begin; select count(*) from public.events").await;
    let removed: Value = value(database.owner(), "select public.apply_retention()").await;
    assert_eq!(removed["conversations"], 3, "{removed}");
    assert_eq!(removed["partitions"], 0, "{removed}");
    run(&other, "rollback").await;
    let removed: Value = value(database.owner(), "select public.apply_retention()").await;
    assert_eq!(removed["partitions"], 1, "{removed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_never_work_at_once() {
    let database = TestDatabase::new().await;
    run(
        database.owner(),
        "select pg_advisory_lock(hashtextextended('romashka maintain', 0))",
    )
    .await;
    let output = romashka(&database, &[]);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    run(
        database.owner(),
        "select pg_advisory_unlock(hashtextextended('romashka maintain', 0))",
    )
    .await;
    assert_eq!(romashka(&database, &[]).status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn left_over_shadows_are_removed_and_young_ones_stay() {
    let database = TestDatabase::new().await;
    let now: i64 = value(database.owner(), "select extract(epoch from now())::bigint").await;
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let old = format!("romashka_shadow_{}_{}", now - 7200, &unique[..8]);
    let young = format!("romashka_shadow_{now}_{}", &unique[..8]);
    for name in [&old, &young] {
        run(database.owner(), &format!("create database {name}")).await;
    }
    let output = romashka(&database, &["--json", "--step", "shadows", "--dry-run"]);
    let told = report(&output);
    assert!(
        step(&told, "shadows")["done"].to_string().contains(&old),
        "{told}"
    );
    let told = report(&romashka(&database, &["--json", "--step", "shadows"]));
    let there = |name: &str| format!("select count(*) from pg_database where datname = '{name}'");
    assert_eq!(
        value::<i64>(database.owner(), &there(&old)).await,
        0,
        "{told}"
    );
    assert_eq!(
        value::<i64>(database.owner(), &there(&young)).await,
        1,
        "somebody may be at work in it"
    );
    run(database.owner(), &format!("drop database {young}")).await;
}

/// The owner of a project, who is no superuser, can do all of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_a_project_needs_no_superuser() {
    let database = TestDatabase::supabase_like(GrantMode::Explicit).await;
    database.run_file("master-schema.sql").await;
    let output = romashka(&database, &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = report(&output);
    for step in told["steps"].as_array().expect("steps") {
        assert_ne!(step["outcome"], "failed", "{step}");
        if step["step"] != "shadows" {
            assert_eq!(step["left"].as_array().expect("a list").len(), 0, "{step}");
        }
    }
}
