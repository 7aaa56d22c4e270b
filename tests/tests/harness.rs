//! The harness itself: what it starts it stops, and what one test does another does not see.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use romashka_tests::{Role, TestDatabase, psql, psql_script, value};

#[tokio::test]
async fn databases_are_separate_and_dropped() {
    let first = TestDatabase::empty().await;
    let second = TestDatabase::empty().await;
    first
        .owner()
        .batch_execute("create table left_behind (n int)")
        .await
        .unwrap();
    let seen: bool = value(
        second.owner(),
        "select to_regclass('left_behind') is not null",
    )
    .await;
    assert!(!seen, "a table of one database is visible in another");

    let name = first.name().to_owned();
    drop(first);
    let still_there: bool = second
        .owner()
        .query_one(
            "select exists (select from pg_database where datname = $1)",
            &[&name],
        )
        .await
        .unwrap()
        .get(0);
    assert!(!still_there, "{name} was not dropped");
}

/// What a test of tenants stands on: people made by the harness are who they say they are, where they say.
#[tokio::test]
async fn a_session_acts_as_its_person_and_forgets_what_was_not_committed() {
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    for role in Role::ALL {
        let person = database.create_person(workspace, role).await;
        let session = database.as_user(person, workspace).await;
        let row = session
            .query_one(
                "select current_user::text, auth.uid(), public.current_workspace_id(),
                        $1 = any (romashka.my_workspaces($2)), $1 = any (romashka.my_workspaces('owner'))",
                &[&workspace, &role.name()],
            )
            .await
            .unwrap();
        assert_eq!(row.get::<_, &str>(0), "authenticated");
        assert_eq!(row.get::<_, uuid::Uuid>(1), person);
        assert_eq!(row.get::<_, uuid::Uuid>(2), workspace);
        assert!(row.get::<_, bool>(3), "{role} has the rights of {role}");
        assert_eq!(
            row.get::<_, bool>(4),
            role == Role::Owner,
            "{role} has the rights of an owner"
        );
    }

    let owner = database.create_person(workspace, Role::Owner).await;
    let rename = "update public.workspaces set name = $1 where id = $2";
    let name = format!("select name from public.workspaces where id = '{workspace}'");
    for (wanted, keep) in [("forgotten", false), ("kept", true)] {
        let session = database.as_user(owner, workspace).await;
        assert_eq!(
            session
                .execute(rename, &[&wanted, &workspace])
                .await
                .unwrap(),
            1
        );
        if keep {
            session.commit().await
        } else {
            session.rollback().await
        }
        let now: String = value(database.owner(), &name).await;
        assert_eq!(now == wanted, keep, "{wanted}: {now}");
    }
}

/// The locale decides whether search in other scripts than Latin works at all.
#[tokio::test]
async fn the_server_knows_letters_beyond_ascii() {
    let database = TestDatabase::empty().await;
    let lower: String = value(database.owner(), "select lower('Ё')").await;
    assert_eq!(lower, "ё");
}

#[tokio::test]
async fn psql_reports_what_failed() {
    let database = TestDatabase::empty().await;
    let good = psql(&database.url(), &["-Atc", "select current_database()"]);
    assert_eq!(
        String::from_utf8_lossy(&good.stdout).trim(),
        database.name()
    );

    let bad = psql_script(
        &database.url(),
        "\\set ON_ERROR_STOP on\nselect 1/0;\ncreate table reached (n int);\n",
    );
    assert_eq!(bad.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("division by zero"));
    let reached: bool = value(
        database.owner(),
        "select to_regclass('reached') is not null",
    )
    .await;
    assert!(!reached, "psql went on after the error");
}

fn with_test_postgres() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_with-test-postgres"));
    command.env_remove("ROMASHKA_TEST_DATABASE_URL");
    command
}

/// The folder of the server's socket, which is in its URL.
fn server_folder(url: &str) -> PathBuf {
    let (_, host) = url.trim().split_once('@').expect("a user in the URL");
    PathBuf::from(
        host.split('/')
            .next()
            .unwrap_or_default()
            .replace("%2F", "/"),
    )
}

fn gone_within(folder: &Path, limit: Duration) -> bool {
    let begun = Instant::now();
    while folder.exists() && begun.elapsed() < limit {
        std::thread::sleep(Duration::from_millis(50));
    }
    !folder.exists()
}

/// A process that ended has no command line, also while nobody has collected its exit code.
fn ended_within(process: &Path, limit: Duration) -> bool {
    let begun = Instant::now();
    let runs = || std::fs::read(process.join("cmdline")).is_ok_and(|line| !line.is_empty());
    while runs() && begun.elapsed() < limit {
        std::thread::sleep(Duration::from_millis(50));
    }
    !runs()
}

#[test]
fn a_run_ends_with_the_code_of_its_command() {
    let script = "echo \"$ROMASHKA_TEST_DATABASE_URL\"; exit 7";
    let run = with_test_postgres()
        .args(["sh", "-c", script])
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(7));
    let folder = server_folder(&String::from_utf8_lossy(&run.stdout));
    assert!(folder.starts_with("/tmp"), "{}", folder.display());
    assert!(!folder.exists(), "{} is left behind", folder.display());
}

#[test]
fn a_killed_run_leaves_no_server_behind() {
    let mut run = with_test_postgres()
        .args([
            "sh",
            "-c",
            "echo \"$ROMASHKA_TEST_DATABASE_URL\"; exec sleep 20",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(run.stdout.take().unwrap())
        .read_line(&mut url)
        .unwrap();
    let folder = server_folder(&url);
    let server = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    let server = PathBuf::from("/proc").join(server.lines().next().unwrap());

    run.kill().unwrap();
    run.wait().unwrap();
    assert!(
        gone_within(&folder, Duration::from_secs(15)),
        "{} is left behind",
        folder.display()
    );
    assert!(
        ended_within(&server, Duration::from_secs(5)),
        "the server still runs"
    );
}
