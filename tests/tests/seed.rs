//! Seeds: adding the demo twice adds it once, every report has something to show, and a load agrees with a recount.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use romashka_tests::{TestDatabase, romashka_binary, value};

/// Runs `romashka --json seed …` on the database and returns what it printed.
fn seed(database: &TestDatabase, arguments: &[&str]) -> serde_json::Value {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(romashka_binary())
        .current_dir(folder.path())
        .env_clear()
        .env("DATABASE_URL", database.url())
        .args(["--data-dir", "data", "--json", "seed"])
        .args(arguments)
        .output()
        .expect("romashka runs");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The number of rows of every table of the schema, by name.
async fn counts(database: &TestDatabase) -> Vec<(String, i64)> {
    let client = database.owner();
    let tables = client
        .query("select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1", &[])
        .await
        .expect("the tables");
    let mut counts = Vec::new();
    for table in tables {
        let name: String = table.get(0);
        let rows = value::<i64>(client, &format!("select count(*) from public.{name}")).await;
        counts.push((name, rows));
    }
    counts
}

#[tokio::test]
async fn the_demo_added_twice_is_there_once_and_fills_every_report() {
    let database = TestDatabase::new().await;
    let added = seed(&database, &["--demo"]);
    assert!(
        added.as_array().is_some_and(|tables| tables.len() > 15),
        "{added}"
    );
    let once = counts(&database).await;
    for report in [
        "conversations",
        "messages",
        "conversation_analytics",
        "daily_metrics",
        "realtime_metrics",
        "sla_tracking",
        "knowledge_analytics",
        "conversation_transfers",
        "conversation_notes",
        "agent_availability",
        "scheduled_reports",
    ] {
        let rows = once
            .iter()
            .find(|(table, _)| table == report)
            .map(|(_, rows)| *rows);
        assert!(
            rows.is_some_and(|rows| rows > 0),
            "{report} has {rows:?} rows"
        );
    }
    let client = database.owner();
    assert_eq!(
        value::<i64>(client, "select count(*) from conversations").await,
        300
    );
    assert_eq!(
        value::<i64>(
            client,
            "select count(*) from messages where created_at > now()"
        )
        .await,
        0
    );
    assert!(
        value::<i64>(client, "select count(distinct date) from daily_metrics where agent_id is null and channel_type is null and department is null").await > 30
    );
    assert_eq!(
        value::<i64>(client, "select count(*) from public.recount(null, false)").await,
        0
    );
    // A user's change stays, and nothing is doubled.
    client
        .batch_execute("update canned_responses set title = 'Mine' where shortcut = '/greeting' and language = 'en'")
        .await
        .expect("a change");
    let again = seed(&database, &["--demo"]);
    assert_eq!(again, serde_json::json!([]));
    let twice = counts(&database).await;
    let audited = |counts: Vec<(String, i64)>| -> Vec<_> {
        counts
            .into_iter()
            .filter(|(table, _)| table != "audit_logs")
            .collect()
    };
    assert_eq!(audited(once), audited(twice));
    assert_eq!(
        value::<i64>(
            client,
            "select count(*) from canned_responses where title = 'Mine'"
        )
        .await,
        1
    );
}

#[tokio::test]
async fn a_load_agrees_with_a_recount_and_with_its_ledger() {
    let database = TestDatabase::new().await;
    let report = seed(
        &database,
        &[
            "--load",
            "500",
            "--messages",
            "7",
            "--articles",
            "50",
            "--days",
            "30",
        ],
    );
    assert_eq!(report["conversations"], 500);
    assert_eq!(report["messages"], 3500);
    assert_eq!(report["articles"], 50);
    let client = database.owner();
    assert_eq!(
        value::<i64>(client, "select count(*) from messages").await,
        3500
    );
    assert_eq!(
        value::<i64>(client, "select count(*) from public.recount(null, false)").await,
        0
    );
    for (kind, table) in [
        ("conversation.created", "conversations"),
        ("message.created", "messages"),
    ] {
        let unmatched = value::<i64>(
            client,
            &format!(
                "select count(*) from {table} as t where (select count(*) from events as e where e.kind = '{kind}' and e.subject_id = t.id and e.workspace_id = t.workspace_id) <> 1"
            ),
        )
        .await;
        assert_eq!(unmatched, 0, "{kind}");
    }
    assert_eq!(
        value::<i64>(client, "select sum(total_conversations)::bigint from daily_metrics where agent_id is null and channel_type is null and department is null").await,
        500
    );
    assert_eq!(
        value::<i64>(
            client,
            "select count(*) from pg_trigger where tgenabled <> 'O'"
        )
        .await,
        0,
        "a trigger stayed off"
    );
    let open = value::<i64>(
        client,
        "select count(*) from conversations where status in ('active', 'escalated')",
    )
    .await;
    assert!((3..40).contains(&open), "{open} of 500 are open");
    // The next conversation gets the next number.
    assert_eq!(
        value::<i64>(
            client,
            "insert into conversations (subject) values ('x') returning number"
        )
        .await,
        501
    );
}

#[tokio::test]
async fn the_same_seed_says_the_same() {
    let texts = async |seed_number: &str| {
        let database = TestDatabase::new().await;
        seed(&database, &["--load", "20", "--seed", seed_number]);
        value::<String>(
            database.owner(),
            "select string_agg(c.number || ' ' || m.content, '|' order by c.number, m.id) from messages as m join conversations as c on c.id = m.conversation_id",
        )
        .await
    };
    let first = texts("7").await;
    assert_eq!(first, texts("7").await);
    assert_ne!(first, texts("8").await);
}

/// A load that dies in its middle leaves its searches slow, not wrong; what it owes is named, and made again by whoever comes next.
#[tokio::test]
async fn a_killed_load_owes_its_indexes_until_somebody_makes_them() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let definitions = "select string_agg(indexdef, chr(10) order by indexname) from pg_indexes where schemaname = 'public' and tablename = 'messages'";
    let whole = value::<String>(client, definitions).await;
    let folder = tempfile::tempdir().expect("a folder");
    let romashka = |arguments: &[&str]| {
        let mut command = Command::new(romashka_binary());
        command
            .current_dir(folder.path())
            .env_clear()
            .env("DATABASE_URL", database.url())
            .args(["--data-dir", "data"])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    };
    for mended_by in [
        &["verify", "--fix", "--group", "indexes"][..],
        &["seed", "--demo"],
    ] {
        let mut load = romashka(&["seed", "--load", "200000"])
            .spawn()
            .expect("romashka runs");
        let deadline = Instant::now() + Duration::from_secs(120);
        while value::<i64>(client, "select count(*) from romashka.postponed_indexes").await < 2 {
            assert!(Instant::now() < deadline, "the load did not begin");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // SIGKILL: nothing is tidied up.
        load.kill().expect("the load is killed");
        load.wait().expect("the load has ended");
        assert_ne!(value::<String>(client, definitions).await, whole);
        let found = romashka(&["verify", "--group", "indexes"])
            .status()
            .expect("romashka runs");
        assert_eq!(found.code(), Some(1), "verify sees what is owed");
        let mended = romashka(mended_by).status().expect("romashka runs");
        assert!(mended.success(), "{mended_by:?}: {mended:?}");
        assert_eq!(
            value::<String>(client, definitions).await,
            whole,
            "{mended_by:?}"
        );
        assert_eq!(
            value::<i64>(client, "select count(*) from romashka.postponed_indexes").await,
            0
        );
    }
    assert_eq!(
        value::<i64>(client, "select count(*) from public.recount(null, false)").await,
        0
    );
}

#[tokio::test]
async fn the_same_load_is_added_each_time() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    for times in 1..=2 {
        seed(&database, &["--load", "60", "--messages", "4"]);
        assert_eq!(
            value::<i64>(client, "select count(*) from public.conversations").await,
            60 * times
        );
    }
    assert_eq!(
        value::<i64>(client, "select count(*) from public.recount(null, false)").await,
        0
    );
}
