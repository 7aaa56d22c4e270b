//! The command itself: killed, on an installation that psql made, and as JSON.

use super::*;

fn romashka(database: &TestDatabase, arguments: &[&str]) -> std::process::Command {
    let mut command = std::process::Command::new(romashka_binary());
    command
        .current_dir(std::env::temp_dir())
        .env_clear()
        .env("DATABASE_URL", database.url())
        .args(arguments);
    command
}

fn exit_code(mut command: std::process::Command) -> (Option<i32>, String) {
    let output = command.output().expect("romashka runs");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text.into_owned())
}

#[tokio::test]
async fn the_command_killed_at_any_moment_leaves_a_whole_schema_or_none() {
    let database = TestDatabase::empty().await;
    for after in (0..160).step_by(10) {
        let mut child = romashka(&database, &["--quiet", "migrate"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("romashka runs");
        tokio::time::sleep(Duration::from_millis(after)).await;
        child.kill().expect("kill -9");
        child.wait().expect("it ended");
        let deadline = Instant::now() + Duration::from_secs(10);
        while value::<i64>(
            database.owner(),
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
        )
        .await
            > 0
        {
            assert!(Instant::now() < deadline, "the server still works for a client that is gone");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let there: bool = value(
            database.owner(),
            "select to_regclass('public.teams') is not null",
        )
        .await;
        let rows = database
            .owner()
            .query(
                "select from public.schema_migrations where version = '001'",
                &[],
            )
            .await;
        assert_eq!(
            there,
            rows.is_ok_and(|rows| !rows.is_empty()),
            "killed after {after} ms"
        );
    }
    let (code, text) = exit_code(romashka(&database, &["migrate"]));
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = exit_code(romashka(&database, &["migrate", "status"]));
    assert_eq!(code, Some(0), "{text}");
}

#[tokio::test]
async fn an_installation_by_psql_is_compared_before_it_is_taken_over() {
    let database = TestDatabase::empty().await;
    database.run_file("master-schema.sql").await;
    let (code, text) = exit_code(romashka(&database, &["migrate", "status"]));
    assert!(
        code == Some(1) && text.contains("applied by psql"),
        "{text}"
    );
    let (code, text) = exit_code(romashka(&database, &["migrate"]));
    assert!(
        code == Some(0) && text.contains("001 was applied with psql; it is complete"),
        "{text}"
    );
    assert_eq!(
        recorded(&database).await,
        [("001".to_owned(), true), ("functions".to_owned(), true)]
    );
    // A database whose history was lost, and which is not what it should be.
    database
        .owner()
        .batch_execute("delete from public.schema_migrations; alter table public.teams disable row level security")
        .await
        .expect("sabotage");
    let (code, text) = exit_code(romashka(&database, &["migrate", "baseline"]));
    assert!(
        code == Some(4) && text.contains("- row security on"),
        "{text}"
    );
    assert!(recorded(&database).await.is_empty());
    let (code, text) = exit_code(romashka(&database, &["migrate", "baseline", "--force"]));
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(recorded(&database).await, [("001".to_owned(), true)]);
}

#[tokio::test]
async fn plan_and_status_answer_in_json() {
    let database = TestDatabase::empty().await;
    for (arguments, code) in [
        (&["migrate", "status", "--json"][..], 1),
        (&["migrate", "plan", "--json"], 0),
        (&["migrate", "up", "--dry-run", "--json"], 0),
    ] {
        let output = romashka(&database, arguments)
            .output()
            .expect("romashka runs");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    }
}
