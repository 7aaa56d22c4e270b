//! `romashka bench`: every job reports, the pages are written, and no server is loaded or changed without consent.
//! Nothing here judges how fast anything is.

use std::process::Command;

use romashka_tests::{TestDatabase, romashka_binary, value};

/// One benchmark at a time: each looks whether its databases are gone from the server that all tests share.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

const JOBS: [&str; 11] = [
    "inbox",
    "history",
    "timeline",
    "message-search",
    "knowledge-search",
    "figures",
    "recount",
    "insert",
    "conversation",
    "resolve",
    "parts",
];

#[tokio::test]
async fn every_job_reports_and_the_page_is_written() {
    let _turn = TURN.lock().await;
    let database = TestDatabase::empty().await;
    let folder = tempfile::tempdir().expect("a folder");
    let databases = "select count(*) from pg_database where datname like 'romashka_bench_%'";
    let output = Command::new(romashka_binary())
        .current_dir(folder.path())
        .env_clear()
        .args(["--data-dir", "data", "--json", "--database-url"])
        .arg(database.url())
        .args(["bench", "--quick", "--yes", "--conversations", "2000"])
        .args(["--only", &JOBS.join(",")])
        .args(["--out", "docs", "--json-file", "report.json"])
        .output()
        .expect("romashka runs");
    assert!(output.status.success(), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let written = std::fs::read(folder.path().join("report.json")).expect("the file");
    assert_eq!(
        report,
        serde_json::from_slice::<serde_json::Value>(&written).expect("JSON")
    );

    let measured: Vec<&str> = report["measurements"]
        .as_array()
        .expect("measurements")
        .iter()
        .map(|one| {
            let sides = one["sides"].as_array().expect("sides");
            assert!(!sides.is_empty(), "{one}");
            for side in sides {
                let figure = &side["figure"];
                assert!(figure["p50_ms"]["median"].as_f64() > Some(0.0), "{one}");
                assert!(figure["p99_ms"]["median"].as_f64() > Some(0.0), "{one}");
            }
            assert!(
                one["growth"]["median"].as_f64() > Some(0.0) || one["id"] == "inbox-offset",
                "{one}"
            );
            one["job"].as_str().expect("a job")
        })
        .collect();
    for job in JOBS.iter().filter(|job| **job != "parts") {
        assert!(measured.contains(job), "{job} is not among {measured:?}");
    }
    let rows = report["insert"]["rows"].as_array().expect("inserts");
    assert_eq!(
        rows.len(),
        12,
        "two ways, durable or not, three numbers of clients"
    );
    assert!(
        rows.iter()
            .all(|row| row["ratio"]["median"].as_f64() > Some(0.0))
    );
    assert!(report["insert"]["hot"][0]["updates"].as_i64() > Some(0));
    #[cfg(target_os = "linux")]
    {
        let parts = report["parts"]["parts"].as_array().expect("parts");
        for part in [
            "messages_pkey",
            "messages_search_idx",
            "messages_conversation_id_fkey",
            "trigger_update_conversation_message_count",
            "row security",
        ] {
            assert!(
                parts.iter().any(|one| one["name"] == part),
                "{part} is not in {parts:?}"
            );
        }
    }

    let page = std::fs::read_to_string(folder.path().join("docs/benchmarks.md")).expect("the page");
    for heading in ["Conditions", "Goals", "Beside earlier schemas", "Latency"] {
        assert!(page.contains(&format!("## {heading}")), "{heading}: {page}");
    }
    for plot in ["insert", "latency"] {
        let file = format!("benchmarks-{plot}.svg");
        assert!(page.contains(&format!("({file})")), "{page}");
        let svg = std::fs::read_to_string(folder.path().join("docs").join(file)).expect("a plot");
        roxmltree::Document::parse(&svg).expect("a well-formed plot");
    }
    let left = value::<i64>(database.owner(), databases).await;
    assert_eq!(left, 0, "its databases are dropped");
}

#[tokio::test]
async fn the_server_is_measured_and_loses_nothing() {
    let _turn = TURN.lock().await;
    let database = TestDatabase::empty().await;
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(romashka_binary())
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .args(["--data-dir", "data", "--json", "--database-url"])
        .arg(database.url())
        .args(["bench", "--quick", "--yes", "--conversations", "1000"])
        .args([
            "--only",
            "server-idle,api,webhooks,webhooks-killed,streams,mailbox",
        ])
        .args(["--streams", "60", "--mails", "60", "--out", "docs"])
        .output()
        .expect("romashka runs");
    assert!(output.status.success(), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let server = &report["server"];
    let rows = server["api"]["rows"].as_array().expect("requests");
    assert_eq!(rows.len(), 9, "three requests, three numbers of clients");
    let inbound = server["inbound"]["rows"].as_array().expect("webhooks");
    assert_eq!(inbound.len(), 2, "two numbers of clients");
    for median in rows
        .iter()
        .map(|row| &row["figure"]["per_second"]["median"])
        .chain(inbound.iter().map(|row| &row["visible_share"]["median"]))
    {
        assert!(median.as_f64() > Some(0.0), "{server}");
    }
    let streams = &server["streams"];
    assert!(
        streams["events_per_second"].as_f64() > Some(0.0),
        "{streams}"
    );
    let killed = &server["killed"];
    assert!(killed["acknowledged"].as_u64() > Some(0), "{killed}");
    let mut counted = vec![
        &killed["lost"],
        &killed["doubled"],
        &streams["missed"],
        &streams["doubled"],
    ];
    // Without a Dovecot, or somebody who may start it, the mailbox is left out and said to be.
    let mail = &server["mail"];
    if mail.is_null() {
        assert_eq!(server["left_out"].as_array().map(Vec::len), Some(1));
    } else {
        assert!(mail["largest_bytes"].as_u64() > Some(3_000_000), "{mail}");
        counted.extend([&mail["lost"], &mail["doubled"]]);
    }
    assert!(counted.iter().all(|count| **count == 0), "{server}");
    #[cfg(target_os = "linux")]
    {
        assert!(
            server["idle"]["bytes"].as_u64() > Some(1_000_000),
            "{server}"
        );
        assert!(
            rows[0]["server_us"]["median"].as_f64() > Some(0.0),
            "{server}"
        );
    }

    let page = std::fs::read_to_string(folder.path().join("docs/benchmarks.md")).expect("the page");
    for heading in [
        "## Conditions",
        "## The server",
        "### Requests",
        "### Webhooks",
    ] {
        assert!(page.contains(heading), "{heading}: {page}");
    }
    for plot in ["api", "webhooks"] {
        let file = format!("benchmarks-{plot}.svg");
        assert!(page.contains(&format!("({file})")), "{page}");
        let svg = std::fs::read_to_string(folder.path().join("docs").join(file)).expect("a plot");
        roxmltree::Document::parse(&svg).expect("a well-formed plot");
    }
    let databases = "select count(*) from pg_database where datname like 'romashka_bench_%'";
    let left = value::<i64>(database.owner(), databases).await;
    assert_eq!(left, 0, "its databases are dropped");
}

#[tokio::test]
async fn a_server_is_not_loaded_without_consent() {
    let database = TestDatabase::empty().await;
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(romashka_binary())
        .current_dir(folder.path())
        .env_clear()
        .args(["--data-dir", "data", "--database-url"])
        .arg(database.url())
        .args(["bench", "--quick"])
        .output()
        .expect("romashka runs");
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--yes"), "{said}");
}
