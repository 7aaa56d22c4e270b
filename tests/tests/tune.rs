//! Tuning: what is recommended is accepted by a server, by statement and by file, and then there is nothing left to do.

use std::process::{Command, Output};

use romashka_tests::{GrantMode, StartOptions, TestDatabase, TestServer, romashka_binary};
use serde_json::Value;

const MACHINE: [&str; 4] = ["--memory", "4GiB", "--cores", "2"];

fn romashka(url: &str, arguments: &[&str]) -> Output {
    Command::new(romashka_binary())
        .env_clear()
        .env("DATABASE_URL", url)
        .arg("tune")
        .args(MACHINE)
        .args(arguments)
        .output()
        .expect("romashka runs")
}

#[track_caller]
fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn names(report: &Value, keep: impl Fn(&Value) -> bool) -> Vec<String> {
    report["suggestions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|suggestion| keep(suggestion))
        .map(|suggestion| suggestion["setting"].as_str().expect("a name").to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_applied_is_not_suggested_again() {
    let server = TestServer::start(StartOptions::default()).expect("a server");
    let url = server.url("postgres");
    let first = report(&romashka(&url, &["--json"]));
    for suggestion in first["suggestions"].as_array().expect("a list") {
        assert!(
            suggestion["reason"]
                .as_str()
                .is_some_and(|reason| reason.len() > 20),
            "{suggestion}"
        );
        assert!(
            suggestion["statement"].is_string() || suggestion["advice"].is_string(),
            "{suggestion}"
        );
    }
    assert!(
        names(&first, |_| true).contains(&"random_page_cost".to_owned()),
        "{first}"
    );

    let output = romashka(&url, &["--apply", "--json"]);
    let applied = report(&output);
    let done: Vec<&Value> = applied["applied"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|change| change["done"] == true)
        .collect();
    assert!(done.len() >= 5, "{applied}");
    // What the server was started with on its command line stays, and is said.
    let left = applied["applied"]
        .as_array()
        .expect("a list")
        .iter()
        .any(|change| change["done"] == false);
    assert_eq!(output.status.code(), Some(i32::from(left)), "{applied}");

    // A reload needs a moment until sessions that begin see it.
    let mut again = Vec::new();
    for _ in 0..50 {
        let report = report(&romashka(&url, &["--json"]));
        again = names(&report, |suggestion| suggestion["needs_restart"] == false);
        if again.is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("still suggested: {again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_one_that_a_server_reads() {
    let server = TestServer::start(StartOptions::default()).expect("a server");
    let url = server.url("postgres");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("romashka.conf");
    let name = file.to_str().expect("a name");
    let output = romashka(&url, &["--file", name]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = std::fs::read_to_string(&file).expect("a file");
    let suggested = names(&report(&romashka(&url, &["--json"])), |_| true);
    for setting in &suggested {
        assert!(
            text.contains(&format!("\n{setting} = '")),
            "{setting} is not in {text}"
        );
    }
    // The server reads the settings from the file, and finds no fault with them.
    let client = {
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
            .await
            .expect("a connection");
        tokio::spawn(connection);
        client
    };
    let main: String = client
        .query_one("select current_setting('config_file')", &[])
        .await
        .expect("a path")
        .get(0);
    let mut configuration = std::fs::read_to_string(&main).expect("postgresql.conf");
    configuration.push_str(&format!("\ninclude '{name}'\n"));
    std::fs::write(&main, configuration).expect("postgresql.conf");
    let rows = client
        .query(
            "select name, error from pg_file_settings where sourcefile = $1",
            &[&name],
        )
        .await
        .expect("what the server reads");
    assert_eq!(rows.len(), suggested.len(), "{text}");
    for row in rows {
        let (setting, error): (String, Option<String>) = (row.get(0), row.get(1));
        // That it waits for a restart is no fault.
        assert!(
            error
                .as_deref()
                .is_none_or(|error| error == "setting could not be applied"),
            "{setting}: {error:?}"
        );
    }
    // One of ours is replaced, another's never.
    assert_eq!(romashka(&url, &["--file", name]).status.code(), Some(0));
    std::fs::write(&file, "# mine\n").expect("a file");
    assert_eq!(romashka(&url, &["--file", name]).status.code(), Some(4));
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), "# mine\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_superuser_sets_the_databases_own_and_is_told_the_rest() {
    let database = TestDatabase::supabase_like(GrantMode::Explicit).await;
    let output = romashka(&database.url(), &["--apply", "--json"]);
    let report = report(&output);
    assert_eq!(report["platform"], "supabase", "{report}");
    let statements: Vec<&str> = report["suggestions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|suggestion| suggestion["statement"].as_str())
        .collect();
    assert!(!statements.is_empty(), "{report}");
    assert!(
        statements
            .iter()
            .all(|statement| statement.starts_with("alter database")
                || statement.starts_with("alter role")),
        "{statements:?}"
    );
    for change in report["applied"].as_array().expect("a list") {
        assert!(
            change["done"] == true || change["remark"].is_string(),
            "{change}"
        );
    }
    assert_eq!(
        output.status.code(),
        Some(1),
        "some can only be set where the service is managed"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("romashka.conf");
    let refused = romashka(&database.url(), &["--file", file.to_str().expect("a name")]);
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
}
