//! The migrator on a real server: in order, once, one at a time, killed at any moment, rehearsed, planned, reversed.

mod command;
mod refusals;

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
