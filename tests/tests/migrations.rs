//! The migrator on a real server: in order, once, one at a time, killed at any moment, rehearsed, planned, reversed.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use romashka_db::connect::{Connection, connect};
use romashka_db::migrations::{
    Effect, Event, LockMode, MigrateError, MigrationSet, Migrator, Pace, State, Version,
};
use romashka_db::settings::{Origin, Settings};
use romashka_tests::{TestDatabase, romashka_binary, value};

fn set(files: &[(&str, &'static str)], functions: Option<&'static str>) -> MigrationSet {
    let files = files
        .iter()
        .map(|(name, sql)| ((*name).to_owned(), Cow::Borrowed(*sql)));
    MigrationSet::new(files, functions.map(Cow::Borrowed)).expect("a sound set")
}

const TWO: &[(&str, &str)] = &[
    (
        "001_make_notes.sql",
        "-- for psql too\nbegin;\ncreate table public.notes (id int primary key, body text);\ninsert into public.notes select n, 'x' from generate_series(1, 1000) n;\ncommit;\n",
    ),
    (
        "002_rate_notes.sql",
        "begin;\nalter table public.notes add column rating int;\nupdate public.notes set rating = 1 where id <= 10;\ncommit;\n",
    ),
    (
        "002_rate_notes.down.sql",
        "begin;\nalter table public.notes drop column rating;\ncommit;\n",
    ),
];
const FUNCTIONS: &str =
    "begin;\ncreate or replace function public.one() returns int language sql return 1;\ncommit;\n";

fn version(number: &str) -> Version {
    Version::parse(number).expect("a number")
}

fn settings(database: &TestDatabase) -> Settings {
    Settings::parse(&database.url(), Origin::Option, &|_| None).expect("the URL of a test database")
}

async fn open(database: &TestDatabase) -> Connection {
    connect(&settings(database)).await.expect("a connection")
}

async fn recorded(database: &TestDatabase) -> Vec<(String, bool)> {
    let rows = database
        .owner()
        .query(
            "select version, checksum is not null from public.schema_migrations order by version",
            &[],
        )
        .await
        .expect("the table of migrations");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn fresh_then_again() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let set = set(TWO, Some(FUNCTIONS));
    let mut migrator = Migrator::new(&client, &set);
    let outcome = migrator.up(None).await.expect("up");
    assert_eq!(outcome.migrations.len(), 2);
    assert!(outcome.functions);
    assert_eq!(
        recorded(&database).await,
        [
            ("001".to_owned(), true),
            ("002".to_owned(), true),
            ("functions".to_owned(), true)
        ]
    );
    let again = migrator.up(None).await.expect("up again");
    assert!(again.migrations.is_empty() && !again.functions);
    assert!(migrator.status().await.expect("status").is_current());
    let ten: i64 = value(
        database.owner(),
        "select count(*) from public.notes where rating = 1",
    )
    .await;
    assert_eq!(ten, 10, "applied exactly once");
}

#[tokio::test]
async fn it_stops_where_it_is_told_to() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let set = set(TWO, Some(FUNCTIONS));
    let mut migrator = Migrator::new(&client, &set);
    let outcome = migrator.up(Some(version("1"))).await.expect("up to 1");
    assert_eq!(outcome.migrations.len(), 1);
    assert!(
        !outcome.functions,
        "the functions are written for the newest version"
    );
    let status = migrator.status().await.expect("status");
    assert_eq!(
        status.versions(State::Pending).collect::<Vec<_>>(),
        [version("2")]
    );
    assert!(matches!(
        migrator.up(Some(version("9"))).await,
        Err(MigrateError::NoSuchVersion(_))
    ));
}

#[tokio::test]
async fn changed_functions_are_applied_again() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let first = set(TWO, Some(FUNCTIONS));
    Migrator::new(&client, &first).up(None).await.expect("up");
    let second = set(
        TWO,
        Some("create or replace function public.one() returns int language sql return 2;"),
    );
    assert_eq!(
        Migrator::new(&client, &second)
            .status()
            .await
            .expect("status")
            .functions,
        State::Changed
    );
    let outcome = Migrator::new(&client, &second).up(None).await.expect("up");
    assert!(outcome.functions && outcome.migrations.is_empty());
    assert_eq!(
        value::<i32>(database.owner(), "select public.one()").await,
        2
    );
}

#[tokio::test]
async fn two_at_once_work_one_after_the_other() {
    let database = TestDatabase::empty().await;
    let slow = set(
        &[(
            "001_slow.sql",
            "create table public.notes (id int);\nselect pg_sleep(0.7);",
        )],
        None,
    );
    let mut tasks = Vec::new();
    for _ in 0..2 {
        let (settings, slow) = (settings(&database), slow.clone());
        tasks.push(tokio::spawn(async move {
            let client = connect(&settings).await.expect("a connection");
            let waited = Arc::new(Mutex::new(false));
            let seen = waited.clone();
            let outcome = Migrator::new(&client, &slow)
                .observer(move |event| {
                    if event == Event::Waiting {
                        *seen.lock().expect("no panic") = true;
                    }
                })
                .up(None)
                .await
                .expect("up");
            let waited = *waited.lock().expect("no panic");
            (outcome.migrations.len(), waited)
        }));
    }
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.expect("no panic"));
    }
    results.sort_unstable();
    assert_eq!(
        results,
        [(0, true), (1, false)],
        "one works, the other waits and finds nothing to do"
    );
}

#[tokio::test]
async fn a_failing_statement_leaves_the_state_before_and_is_named() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let broken = set(
        &[
            ("001_a.sql", "create table public.a (id int);"),
            (
                "002_b.sql",
                "create table public.b (id int);\n\ninsert into public.b values (1);\nselect 1 / 0;\ncreate table public.c (id int);",
            ),
        ],
        None,
    );
    let error = Migrator::new(&client, &broken)
        .up(None)
        .await
        .expect_err("it divides by zero");
    let MigrateError::Statement {
        line, statement, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((*line, statement.as_str()), (4, "select 1 / 0"));
    assert!(!error.next_step().is_empty());
    assert!(
        value::<bool>(
            database.owner(),
            "select to_regclass('public.a') is not null and to_regclass('public.b') is null"
        )
        .await
    );
    assert_eq!(recorded(&database).await, [("001".to_owned(), true)]);
    // A syntax error in the middle of a batch is named by its own line as well.
    let syntax = set(
        &[
            ("001_a.sql", "create table public.a (id int);"),
            (
                "002_b.sql",
                "select 'é';\n\nselect nonsense from;\nselect 2;",
            ),
        ],
        None,
    );
    let error = Migrator::new(&client, &syntax)
        .up(None)
        .await
        .expect_err("no SQL");
    let MigrateError::Statement { line, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(*line, 3);
}

#[tokio::test]
async fn killed_midway_is_the_old_state_or_the_new() {
    let database = TestDatabase::empty().await;
    let killable = set(
        &[
            ("001_a.sql", "create table public.a (id int);"),
            (
                "002_b.sql",
                "create table public.b (id int);\nselect pg_sleep(0.3);\ninsert into public.b values (1);\nselect pg_sleep(0.3);",
            ),
        ],
        None,
    );
    for after in [20, 150, 350, 550, 640, 700] {
        let (settings, set) = (settings(&database), killable.clone());
        let task = tokio::spawn(async move {
            let client = connect(&settings).await.expect("a connection");
            Migrator::new(&client, &set).up(None).await.map(|_| ())
        });
        tokio::time::sleep(Duration::from_millis(after)).await;
        // The client is gone in the middle of whatever it was doing, as after kill -9.
        task.abort();
        let _ = task.await;
        // What the server still does for it ends on its own, because it notices that nobody is there.
        let deadline = Instant::now() + Duration::from_secs(10);
        while value::<i64>(
            database.owner(),
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
        )
        .await
            > 0
        {
            assert!(
                Instant::now() < deadline,
                "the server still works for a client that is gone"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let table: bool = value(
            database.owner(),
            "select to_regclass('public.b') is not null",
        )
        .await;
        let row = database
            .owner()
            .query(
                "select from public.schema_migrations where version = '002'",
                &[],
            )
            .await;
        let row = row.is_ok_and(|rows| !rows.is_empty());
        assert_eq!(table, row, "killed after {after} ms: half a migration");
    }
    let client = open(&database).await;
    Migrator::new(&client, &killable)
        .up(None)
        .await
        .expect("what is missing is applied afterwards");
    assert_eq!(
        value::<i64>(database.owner(), "select count(*) from public.b").await,
        1
    );
}

#[tokio::test]
async fn a_dry_run_leaves_nothing_and_tells_the_locks() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let set = set(TWO, Some(FUNCTIONS));
    let mut migrator = Migrator::new(&client, &set);
    let outcome = migrator.dry_run(None).await.expect("dry run");
    assert_eq!((outcome.migrations.len(), outcome.functions), (2, true));
    assert!(
        outcome.held_locks.is_empty(),
        "no table existed that others could wait for"
    );
    assert!(
        value::<bool>(
            database.owner(),
            "select to_regclass('public.notes') is null and to_regclass('public.schema_migrations') is null and to_regprocedure('public.one()') is null"
        )
        .await
    );
    migrator.up(Some(version("1"))).await.expect("up to 1");
    let outcome = migrator.dry_run(None).await.expect("dry run");
    let notes = outcome
        .held_locks
        .iter()
        .find(|held| held.relation == "notes");
    assert_eq!(notes.map(|held| held.lock), Some(LockMode::AccessExclusive));
    assert_eq!(recorded(&database).await.len(), 1);
}

#[tokio::test]
async fn the_plan_says_what_others_will_feel() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let set = set(TWO, None);
    let mut migrator = Migrator::new(&client, &set);
    migrator.up(Some(version("1"))).await.expect("up to 1");
    database
        .owner()
        .batch_execute("analyze public.notes")
        .await
        .expect("analyze");
    let plan = migrator.plan(None).await.expect("plan");
    assert_eq!(plan.migrations.len(), 1);
    assert!(plan.migrations[0].reversible);
    let told: Vec<_> = plan.migrations[0]
        .statements
        .iter()
        .map(|statement| {
            (
                statement.doing.lock,
                statement.doing.effect,
                statement.target_exists,
                statement.estimated_rows,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                Some(LockMode::AccessExclusive),
                Effect::Catalog,
                true,
                Some(1000)
            ),
            (Some(LockMode::RowExclusive), Effect::Rows, true, Some(1000))
        ]
    );
}

#[tokio::test]
async fn down_goes_back_where_a_reversal_is_written_and_nowhere_else() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let set = set(TWO, Some(FUNCTIONS));
    let mut migrator = Migrator::new(&client, &set);
    migrator.up(None).await.expect("up");
    let outcome = migrator.down(None).await.expect("down");
    assert_eq!(outcome.migrations[0].version, version("2"));
    assert_eq!(recorded(&database).await, [("001".to_owned(), true)]);
    assert!(
        value::<bool>(
            database.owner(),
            "select not exists (select from information_schema.columns where table_name = 'notes' and column_name = 'rating')"
        )
        .await
    );
    assert!(
        matches!(migrator.down(None).await, Err(MigrateError::Irreversible(refused)) if refused == version("1"))
    );
    let again = migrator.up(None).await.expect("up again");
    assert!(again.functions && again.migrations.len() == 1);
}

#[tokio::test]
async fn what_psql_applied_is_recognised() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let set = set(TWO, None);
    database
        .owner()
        .batch_execute(
            "create table public.schema_migrations (version text primary key, applied_at timestamptz not null default now(), description text);
             create table public.notes (id int primary key, body text);
             insert into public.schema_migrations values ('001', '2020-02-03', 'make notes')",
        )
        .await
        .expect("an installation by hand, with an older table");
    let mut migrator = Migrator::new(&client, &set);
    let status = migrator.status().await.expect("status");
    assert_eq!(
        status.versions(State::Unverified).collect::<Vec<_>>(),
        [version("1")]
    );
    let outcome = migrator.up(None).await.expect("up");
    assert_eq!(outcome.migrations.len(), 1, "001 is not run again");
    assert_eq!(
        migrator.baseline(None).await.expect("baseline"),
        [version("1")]
    );
    let status = migrator.status().await.expect("status");
    assert!(status.versions(State::Unverified).next().is_none() && status.is_current());
    let when: String = value(
        database.owner(),
        "select applied_at::date::text from public.schema_migrations where version = '001'",
    )
    .await;
    assert_eq!(when, "2020-02-03", "when it was applied stays");
}

#[tokio::test]
async fn edited_unknown_and_skipped_migrations_stop_everything() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let first = set(TWO, None);
    Migrator::new(&client, &first).up(None).await.expect("up");
    let edited = set(
        &[
            (
                "001_make_notes.sql",
                "create table public.notes (id bigint);",
            ),
            TWO[1],
        ],
        None,
    );
    assert!(
        matches!(Migrator::new(&client, &edited).up(None).await, Err(MigrateError::Changed(changed)) if changed == [version("1")])
    );
    let older = set(&TWO[..1], None);
    assert!(
        matches!(Migrator::new(&client, &older).up(None).await, Err(MigrateError::Unknown(unknown)) if unknown == [version("2")])
    );
    database
        .owner()
        .batch_execute("delete from public.schema_migrations where version = '001'")
        .await
        .expect("a row lost");
    assert!(matches!(
        Migrator::new(&client, &first).up(None).await,
        Err(MigrateError::Gap { .. })
    ));
}

#[tokio::test]
async fn a_lock_that_others_hold_is_waited_for_in_turns() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let set = set(TWO, None);
    let pace = Pace {
        lock_timeout: Duration::from_millis(150),
        attempts: 20,
    };
    Migrator::new(&client, &set)
        .up(Some(version("1")))
        .await
        .expect("up to 1");
    let holder = database.connect().await;
    holder
        .batch_execute("begin; select count(*) from public.notes")
        .await
        .expect("a reader in a transaction");
    let gives_up = Pace {
        attempts: 2,
        ..pace
    };
    let error = Migrator::new(&client, &set)
        .pace(gives_up)
        .up(None)
        .await
        .expect_err("held");
    assert!(
        matches!(error, MigrateError::LockTimeout { attempts: 2, .. }),
        "{error}"
    );
    // Between the attempts others get their turn: this reader is not stuck behind the waiting migration for good.
    let release = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(600)).await;
        holder.batch_execute("commit").await
    });
    let retries = Arc::new(Mutex::new(0));
    let seen = retries.clone();
    let outcome = Migrator::new(&client, &set)
        .pace(pace)
        .observer(move |event| {
            if matches!(event, Event::Retrying { .. }) {
                *seen.lock().expect("no panic") += 1;
            }
        })
        .up(None)
        .await
        .expect("up");
    assert_eq!(outcome.migrations.len(), 1);
    assert!(*retries.lock().expect("no panic") >= 1);
    release.await.expect("no panic").expect("commit");
}

#[tokio::test]
async fn a_half_built_index_is_built_again() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let set = set(
        &[
            TWO[0],
            (
                "002_index.sql",
                "-- romashka: non-transactional\ncreate unique index concurrently if not exists notes_body on public.notes (body);",
            ),
        ],
        None,
    );
    let mut migrator = Migrator::new(&client, &set);
    assert!(matches!(
        migrator.up(None).await,
        Err(MigrateError::Statement { .. })
    ));
    let left: bool = value(
        database.owner(),
        "select not indisvalid from pg_index where indexrelid = 'public.notes_body'::regclass",
    )
    .await;
    assert!(
        left,
        "the duplicates left an invalid index, as a kill would"
    );
    database
        .owner()
        .batch_execute("update public.notes set body = id::text")
        .await
        .expect("distinct");
    migrator.up(None).await.expect("up");
    let valid: bool = value(
        database.owner(),
        "select indisvalid from pg_index where indexrelid = 'public.notes_body'::regclass",
    )
    .await;
    assert!(valid);
}

#[tokio::test]
async fn a_role_that_row_security_binds_is_refused() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let role = format!("ordinary_{}", database.name());
    client
        .batch_execute(&format!("create role {role}; set role {role}"))
        .await
        .expect("an ordinary role");
    let set = set(TWO, None);
    let error = Migrator::new(&client, &set)
        .up(None)
        .await
        .expect_err("refused");
    assert!(matches!(error, MigrateError::Server { .. }), "{error}");
    assert!(
        error.to_string().contains("BYPASSRLS") && error.next_step().contains("alter role"),
        "{error}"
    );
    client
        .batch_execute(&format!("reset role; drop role {role}"))
        .await
        .expect("clean up");
}

#[tokio::test]
async fn other_encodings_and_locales_are_told() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let name = database.name();
    client
        .batch_execute(&format!(
            "create database {name}_latin template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'"
        ))
        .await
        .expect("a LATIN1 database");
    client
        .batch_execute(&format!(
            "create database {name}_c template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'"
        ))
        .await
        .expect("a C database");
    let set = set(TWO, None);
    let latin = connect(&settings(&database).with_database(&format!("{name}_latin")))
        .await
        .expect("a connection");
    let error = Migrator::new(&latin, &set)
        .up(None)
        .await
        .expect_err("LATIN1");
    assert!(error.to_string().contains("LATIN1"), "{error}");
    let c = connect(&settings(&database).with_database(&format!("{name}_c")))
        .await
        .expect("a connection");
    let outcome = Migrator::new(&c, &set)
        .up(None)
        .await
        .expect("a warning is enough");
    assert!(
        outcome.concerns[0].next.contains("C.UTF-8"),
        "{:?}",
        outcome.concerns
    );
    drop((latin, c));
    for suffix in ["latin", "c"] {
        client
            .batch_execute(&format!("drop database {name}_{suffix} with (force)"))
            .await
            .expect("clean up");
    }
}

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
