//! Watching: the figures are there for people, scripts and Prometheus under one name; the dashboard and the alarms that come
//! along name no figure that does not exist; a terminal of 80 by 24 is enough, and is left as it was.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use romashka_db::monitor::METRICS;
use romashka_tests::{Api, TestDatabase, explain, repository_root, romashka_binary, value};
use serde_json::Value;

fn romashka(database: &TestDatabase, arguments: &[&str]) -> Output {
    Command::new(romashka_binary())
        .env_clear()
        .env("DATABASE_URL", database.url())
        .arg("monitor")
        .args(arguments)
        .output()
        .expect("romashka runs")
}

fn figure(report: &Value, name: &str, label: &str) -> f64 {
    report["samples"]
        .as_array()
        .expect("samples")
        .iter()
        .find(|sample| {
            sample["name"] == name
                && (label.is_empty()
                    || sample["labels"]
                        .to_string()
                        .contains(&format!("\"{label}\"")))
        })
        .unwrap_or_else(|| panic!("no {name} {label} in {report}"))["value"]
        .as_f64()
        .expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_look_tells_what_is_the_case() {
    let database = TestDatabase::new().await;
    database
        .owner()
        .batch_execute(
            "select public.receive_webhook_event('email', 'mail', '{}') from generate_series(1, 3);
             update public.webhook_events set next_attempt_at = now() - interval '1 hour';
             insert into public.customer_profiles (id, name) values ('00000000-0000-4000-8000-00000000000a', 'Vera');
             insert into public.conversations (customer_id) values ('00000000-0000-4000-8000-00000000000a');
             select public.refresh_realtime_metrics()",
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let output = romashka(&database, &["--once", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a document");
    assert_eq!(
        figure(&report, "romashka_queue_waiting", "incoming_events"),
        3.0
    );
    let overdue = figure(&report, "romashka_queue_overdue_seconds", "incoming_events");
    assert!((3600.0..3700.0).contains(&overdue), "{overdue}");
    assert_eq!(figure(&report, "romashka_conversations", "open"), 1.0);
    assert!(figure(&report, "romashka_database_bytes", "") > 1e6);
    let text = romashka(&database, &["--once"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        text.contains("incoming events") && text.contains("conversations  open 1"),
        "{text}"
    );
}

/// A lock that is waited for, and a transaction that stays open.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_lock_is_counted() {
    let database = TestDatabase::new().await;
    let (holder, waiter) = (database.connect().await, database.connect().await);
    holder
        .batch_execute("begin; lock table public.teams in access exclusive mode")
        .await
        .expect("a lock");
    let waiting =
        tokio::spawn(async move { waiter.batch_execute("select from public.teams").await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let waiters: f64 = value(
        database.owner(),
        "select (f ->> 'value')::float8 from jsonb_array_elements(public.monitor()) as f where f ->> 'name' = 'romashka_lock_waiters'",
    )
    .await;
    assert!(waiters >= 1.0);
    holder.batch_execute("rollback").await.expect("the end");
    waiting.await.expect("a task").expect("an answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_that_is_named_is_told() {
    let api = Api::new().await;
    let client = api.database.owner();
    // What only exists on some servers is made: a slot, a job that has run, a reader of the ledger.
    client
        .batch_execute(
            "insert into public.event_cursors (reader) values ('of a test') on conflict do nothing;
             insert into romashka.scheduled_jobs (name) values ('of_a_test')",
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    // The figures of requests begin with the first one.
    reqwest::get(format!("{}/health", api.address()))
        .await
        .expect("an answer");
    let told = reqwest::get(format!("{}/metrics", api.address()))
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a text");
    let names: BTreeSet<&str> = told
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    // Servers without standbys and slots have no figure of them.
    let absent = ["romashka_replica_lag_bytes", "romashka_slot_retained_bytes"];
    for metric in METRICS
        .iter()
        .filter(|metric| !absent.contains(&metric.name))
    {
        assert!(
            names.contains(metric.name),
            "{} is not told: {told}",
            metric.name
        );
    }
    let listed: BTreeSet<&str> = METRICS
        .iter()
        .map(|metric| metric.name)
        .chain(["romashka_database_up"])
        .collect();
    for name in names.iter().filter(|name| name.starts_with("romashka_")) {
        assert!(listed.contains(name), "{name} is told and not listed");
    }
    let documented =
        std::fs::read_to_string(repository_root().join("docs/monitoring.md")).expect("the page");
    for name in &listed {
        assert!(
            documented.contains(&format!("`{name}`")),
            "docs/monitoring.md lacks {name}"
        );
    }
    for file in [
        "deploy/prometheus/romashka.rules.yml",
        "deploy/grafana/romashka.json",
    ] {
        let text = std::fs::read_to_string(repository_root().join(file)).expect(file);
        let used: BTreeSet<&str> = text
            .split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
            .filter(|word| word.starts_with("romashka_") || word.starts_with("http_"))
            .collect();
        assert!(used.len() > 8, "{file}: {used:?}");
        for name in used {
            assert!(
                listed.contains(name) || names.contains(name),
                "{file} names {name}, which nobody tells"
            );
        }
    }
}

/// Where promtool is installed (Debian's package prometheus), it reads what comes along, and the endpoint's text.
#[tokio::test(flavor = "multi_thread")]
async fn promtool_finds_no_fault() {
    let folder = repository_root().join("deploy/prometheus");
    let check = Command::new("promtool")
        .args(["check", "config"])
        .arg(folder.join("prometheus.yml"))
        .output();
    let Ok(check) = check else {
        eprintln!(
            "promtool is not installed: the alarms are not checked (scripts/bootstrap installs it)"
        );
        return;
    };
    assert!(check.status.success(), "{check:?}");
    let api = Api::new().await;
    let told = reqwest::get(format!("{}/metrics", api.address()))
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a text");
    let of_database = told
        .find("# HELP romashka_database_up")
        .expect("the database's figures");
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool");
    promtool
        .stdin
        .take()
        .expect("an input")
        .write_all(&told.as_bytes()[of_database..])
        .expect("written");
    let output = promtool.wait_with_output().expect("promtool ends");
    assert!(output.status.success(), "{output:?}");
}

/// The figures are for a scrape every few seconds: their cost does not grow with the messages.
#[tokio::test(flavor = "multi_thread")]
async fn no_table_that_grows_is_read_from_end_to_end() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    client
        .batch_execute(
            "insert into public.customer_profiles (id, name) values ('00000000-0000-4000-8000-00000000000a', 'Vera');
             insert into public.conversations (customer_id, status) select '00000000-0000-4000-8000-00000000000a', 'closed' from generate_series(1, 300);
             insert into public.messages (conversation_id, sender_type, content) select c.id, 'user', 'm' from public.conversations as c, generate_series(1, 10);
             insert into public.webhook_events (source, event_type, payload, status, processed, processed_at) select 'email', 'mail', '{}', 'processed', true, now() from generate_series(1, 5000);
             analyze",
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let read = "select coalesce(sum(pg_stat_get_xact_tuples_returned(c.oid)), 0)::int8 from pg_class as c
                 where c.relkind = 'r' and (c.relname in ('messages', 'conversations') or c.relname ~ '^(events|webhook_events)_')";
    client.batch_execute("begin").await.expect("a transaction");
    let before: i64 = value(client, read).await;
    let _: Value = value(client, "select public.monitor()").await;
    let after: i64 = value(client, read).await;
    client.batch_execute("rollback").await.expect("the end");
    assert!(after - before < 100, "{} rows were read", after - before);
}

/// Runs it on a terminal of 80 columns and 24 lines, presses each key when what stands before it has been drawn, and returns
/// all that was written to the terminal.
fn on_a_terminal(database: &TestDatabase, pressed: &[(&str, &[u8])]) -> (Option<i32>, String) {
    let program = format!(
        // A shell that has no trap would end of the Ctrl-C that is meant for the program.
        "trap : INT; stty cols 80 rows 24; {} monitor --every 300ms; code=$?; stty -a; exit $code",
        romashka_binary().display()
    );
    let mut script = Command::new("script")
        .args(["-q", "-e", "-c", &program, "/dev/null"])
        .env("DATABASE_URL", database.url())
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script of util-linux");
    let mut input = script.stdin.take().expect("an input");
    let mut output = script.stdout.take().expect("an output");
    let drawn = Arc::new(Mutex::new(Vec::new()));
    let reader = std::thread::spawn({
        let drawn = drawn.clone();
        move || {
            let mut part = [0; 4096];
            loop {
                let read = output.read(&mut part).expect("what was drawn");
                if read == 0 {
                    break;
                }
                drawn.lock().expect("a text").extend(&part[..read]);
            }
        }
    });
    let shown = || String::from_utf8_lossy(&drawn.lock().expect("a text")).into_owned();
    for (awaited, bytes) in pressed {
        let begun = Instant::now();
        while !shown().contains(awaited) && begun.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(20));
        }
        input.write_all(bytes).expect("a key");
        input.flush().expect("a key");
    }
    let status = script.wait().expect("it ends");
    drop(input);
    reader.join().expect("all that was drawn");
    (status.code(), shown())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_of_80_by_24_is_enough_and_is_left_as_it_was() {
    let database = TestDatabase::new().await;
    // A key, and Ctrl-C, which the terminal turns into a signal.
    for end in [&b"q"[..], &b"\x03"[..]] {
        let keys = [
            ("conversations  open", &b"t"[..]),
            ("largest tables", b"s"),
            ("slowest statements", end),
        ];
        let (code, text) = on_a_terminal(&database, &keys);
        assert_eq!(code, Some(0), "{text}");
        let begun = text.find("\x1b[?1049h").expect("a page of its own");
        let ended = text.find("\x1b[?1049l").expect("the page before");
        assert!(text[..ended].ends_with("\x1b[?25h"), "the cursor is back");
        let drawn = &text[begun..ended];
        assert!(
            drawn.contains("conversations  open")
                && drawn.contains("largest tables")
                && drawn.contains("slowest statements"),
            "{drawn}"
        );
        for page in drawn.split("\x1b[H").skip(1) {
            let lines: Vec<&str> = page.split("\r\n").collect();
            assert!(lines.len() <= 24, "{} lines: {page}", lines.len());
            for line in lines {
                let shown = line.split("\x1b[").next().expect("a text");
                assert!(shown.chars().count() <= 80, "{shown}");
            }
        }
        let settings = &text[ended..];
        assert!(
            settings.contains(" icanon") && settings.contains(" echo "),
            "{settings}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_it_says_what_to_do() {
    let database = TestDatabase::new().await;
    let output = romashka(&database, &[]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("--once"),
        "{output:?}"
    );
}
