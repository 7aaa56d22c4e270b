//! The doctor: each kind of finding is provoked and found with the statement that mends it, the statement is carried out
//! where that is harmless, and who is no superuser gets an answer too.

use std::process::{Command, Output};
use std::time::Duration;

use romashka_db::connect::{Connection, connect};
use romashka_db::doctor::{Doctor, Finding, Group, Outcome, Platform, Report, Severity, Source};
use romashka_db::settings::{Origin, Settings};
use romashka_tests::{
    GrantMode, StartOptions, TestDatabase, TestServer, explain, romashka_binary, value,
};
use tokio::time::sleep;
use tokio_postgres::Client;

fn settings(url: &str) -> Settings {
    Settings::parse(url, Origin::Option, &|_| None).expect("a URL")
}

async fn open(url: &str) -> Connection {
    connect(&settings(url)).await.expect("a connection")
}

/// Looks with the eyes of whoever owns the connection; what is open for half a second is long.
async fn examine(client: &Client, groups: &[Group]) -> Report {
    Doctor::new(client, "the test".to_owned(), true)
        .groups(groups)
        .long(Duration::from_millis(500))
        .run()
        .await
        .expect("a report")
}

async fn look(database: &TestDatabase, group: Group) -> Report {
    let client = open(&database.url()).await;
    examine(&client, &[group]).await
}

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}\n{}", explain(&error));
    }
}

fn about<'a>(report: &'a Report, id: &str, subject: &str) -> Option<&'a Finding> {
    report
        .findings()
        .find(|finding| finding.id == id && finding.subject == subject)
}

#[track_caller]
fn expect<'a>(report: &'a Report, id: &str, subject: &str) -> &'a Finding {
    about(report, id, subject)
        .unwrap_or_else(|| panic!("{id} about {subject}: {:#?}", report.of(id)))
}

#[track_caller]
fn statement(finding: &Finding) -> &str {
    finding
        .mend
        .statement
        .as_deref()
        .unwrap_or_else(|| panic!("no statement: {finding:#?}"))
}

fn skipped(report: &Report) -> Vec<String> {
    report
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Skipped)
        .map(|check| format!("{}: {:?}", check.id, check.skipped))
        .collect()
}

/// Statistics of other sessions arrive with a delay: at the end of their transaction, or a second later.
async fn counted(client: &Client, sql: &str) {
    for _ in 0..100 {
        if value::<bool>(client, sql).await {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("the statistics never showed it: {sql}");
}

#[tokio::test]
async fn a_fresh_database_has_nothing_to_drop_and_nothing_to_index() {
    let database = TestDatabase::new().await;
    let report = look(&database, Group::Indexes).await;
    assert!(skipped(&report).is_empty(), "{:?}", skipped(&report));
    let statements: Vec<&str> = report
        .findings()
        .filter_map(|finding| finding.mend.statement.as_deref())
        .collect();
    assert!(statements.is_empty(), "{statements:?}");
    let unused = expect(&report, "indexes.unused", "schema");
    assert_eq!(unused.severity, Severity::Info);
    assert!(
        unused
            .mend
            .advice
            .as_deref()
            .is_some_and(|advice| advice.contains("belong to the schema")),
        "{unused:?}"
    );
    assert!(unused.found.contains("since"), "{}", unused.found);
    let events = report
        .indexes
        .iter()
        .find(|index| index.name == "public.events_pkey")
        .expect("the index");
    assert!(events.partitions >= 1, "{events:?}");
}

#[tokio::test]
async fn superfluous_and_broken_indexes_are_named() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    run(
        owner,
        "create table public.notes (id int primary key, parent int references public.notes, label text, kind int);
         insert into public.notes select n, null, 'note ' || n % 10, n from generate_series(1, 1000) as n;
         create index notes_parent_idx on public.notes (parent);
         create index notes_kind_idx on public.notes (kind);
         create index notes_kind_label_idx on public.notes (kind, label);
         create index \"Notes again\" on public.notes (kind, label)",
    )
    .await;
    let broken = owner
        .batch_execute("create unique index concurrently notes_label_key on public.notes (label)")
        .await;
    assert!(broken.is_err(), "labels are not unique");

    let report = look(&database, Group::Indexes).await;
    assert!(skipped(&report).is_empty(), "{:?}", skipped(&report));
    let unused = expect(&report, "indexes.unused", "public.notes_kind_idx");
    assert_eq!(
        statement(unused),
        "drop index concurrently public.notes_kind_idx;"
    );
    assert!(
        unused.found.contains("has not been read since"),
        "{unused:?}"
    );
    // It serves the foreign key, and the primary key enforces.
    for spared in ["public.notes_parent_idx", "public.notes_pkey"] {
        assert!(
            about(&report, "indexes.unused", spared).is_none(),
            "{spared}"
        );
    }
    let duplicates = report.of("indexes.duplicate");
    assert_eq!(duplicates.len(), 2, "{duplicates:#?}");
    let same = expect(&report, "indexes.duplicate", "public.\"Notes again\"");
    assert_eq!(
        statement(same),
        "drop index concurrently public.\"Notes again\";"
    );
    assert!(same.found.contains("is the same as"), "{}", same.found);
    let prefix = expect(&report, "indexes.duplicate", "public.notes_kind_idx");
    assert!(prefix.found.contains("begins"), "{}", prefix.found);
    let invalid = expect(&report, "indexes.invalid", "public.notes_label_key");
    assert_eq!(invalid.severity, Severity::Warning);
    assert!(!report.healthy);

    // What the findings propose is carried out, and then they are gone.
    for proposed in [statement(same), statement(prefix)] {
        run(owner, proposed).await;
    }
    run(owner, "update public.notes set label = 'note ' || id").await;
    run(owner, statement(invalid)).await;
    let report = look(&database, Group::Indexes).await;
    assert!(report.of("indexes.duplicate").is_empty());
    assert!(report.of("indexes.invalid").is_empty());
    assert!(report.healthy);
}

/// An index of one's own beside one of the schema's: one's own goes, whichever is older.
#[tokio::test]
async fn of_two_the_schemas_own_index_stays() {
    let database = TestDatabase::new().await;
    let definition: String = value(
        database.owner(),
        "select pg_get_indexdef('public.idx_conversations_status_created_at'::regclass)",
    )
    .await;
    run(
        database.owner(),
        &format!(
            "{}; drop index public.idx_conversations_status_created_at; {definition}",
            definition.replace("idx_conversations_status_created_at", "own_copy")
        ),
    )
    .await;
    let report = look(&database, Group::Indexes).await;
    let found = report.of("indexes.duplicate");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].subject, "public.own_copy");
    assert_eq!(
        statement(found[0]),
        "drop index concurrently public.own_copy;"
    );
}

#[tokio::test]
async fn missing_indexes_are_proposed() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    run(
        owner,
        "create table public.parcels (id int primary key);
         create table public.stops (parcel_id int references public.parcels, place int);
         create table public.partial_stops (parcel_id int references public.parcels);
         create index on public.partial_stops (parcel_id) where parcel_id is not null;
         insert into public.stops select null, n from generate_series(1, 20000) as n;
         analyze public.stops",
    )
    .await;
    for _ in 0..55 {
        run(owner, "select count(*) from public.stops where place = 5").await;
    }
    counted(
        owner,
        "select seq_scan >= 50 and n_live_tup >= 10000 from pg_stat_user_tables where relname = 'stops'",
    )
    .await;
    let report = look(&database, Group::Indexes).await;
    let keys = report.of("indexes.foreign_keys");
    assert_eq!(keys.len(), 1, "{keys:#?}");
    assert_eq!(keys[0].subject, "public.stops: stops_parcel_id_fkey");
    assert_eq!(
        statement(keys[0]),
        "create index concurrently on public.stops (parcel_id);"
    );
    let scans = expect(&report, "indexes.scans", "public.stops");
    assert!(scans.found.contains("20,000 rows"), "{}", scans.found);
    run(owner, statement(keys[0])).await;
    let report = look(&database, Group::Indexes).await;
    assert!(report.of("indexes.foreign_keys").is_empty());
}

#[tokio::test]
async fn dead_rows_stale_statistics_and_empty_space_are_measured() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    run(
        owner,
        "create table public.heap (id int primary key, filling text) with (autovacuum_enabled = off);
         insert into public.heap select n, repeat('x', 300) from generate_series(1, 60000) as n;
         analyze public.heap;
         delete from public.heap where id <= 50000",
    )
    .await;
    counted(
        owner,
        "select n_dead_tup >= 50000 from pg_stat_user_tables where relname = 'heap'",
    )
    .await;
    let report = look(&database, Group::Storage).await;
    assert!(skipped(&report).is_empty(), "{:?}", skipped(&report));
    let dead = expect(&report, "storage.dead_rows", "public.heap");
    assert_eq!(dead.severity, Severity::Warning);
    assert!(dead.found.contains("50,000 dead rows"), "{}", dead.found);
    assert_eq!(statement(dead), "vacuum (analyze) public.heap;");
    let stale = expect(&report, "storage.statistics", "public.heap");
    assert!(stale.found.contains("last analyzed"), "{}", stale.found);
    let off = expect(&report, "storage.autovacuum_off", "public.heap");
    let table = report
        .tables
        .iter()
        .find(|table| table.name == "public.heap")
        .expect("the table");
    assert!(
        table.table_bytes > 16 << 20 && table.index_bytes > 1 << 20,
        "{table:?}"
    );
    assert!(
        report
            .tables
            .is_sorted_by(|one, other| one.total_bytes >= other.total_bytes)
    );

    run(owner, statement(off)).await;
    run(owner, statement(dead)).await;
    counted(
        owner,
        "select n_dead_tup = 0 and n_mod_since_analyze = 0 from pg_stat_user_tables where relname = 'heap'",
    )
    .await;
    let report = look(&database, Group::Storage).await;
    assert!(about(&report, "storage.dead_rows", "public.heap").is_none());
    assert!(about(&report, "storage.statistics", "public.heap").is_none());
    assert!(about(&report, "storage.autovacuum_off", "public.heap").is_none());
    let bloat = expect(&report, "storage.bloat", "public.heap");
    let text = &bloat.found;
    let percent: u32 = text
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(" %"))
        .and_then(|(number, _)| number.parse().ok())
        .unwrap_or_else(|| panic!("{text}"));
    // Five sixths of the rows are gone.
    assert!((78..=88).contains(&percent), "{text}");
    run(owner, statement(bloat)).await;
    let report = look(&database, Group::Storage).await;
    assert!(about(&report, "storage.bloat", "public.heap").is_none());
}

#[tokio::test]
async fn an_index_that_is_mostly_empty_is_measured() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    run(
        owner,
        "create table public.keys (id bigint, place int);
         insert into public.keys select n, n from generate_series(1, 700000) as n;
         create index keys_idx on public.keys (id);
         delete from public.keys where id % 5 <> 0",
    )
    .await;
    // Deleted rows leave entries behind that vacuum removes, and pages that stay.
    run(owner, "vacuum analyze public.keys").await;
    let report = look(&database, Group::Indexes).await;
    let bloat = expect(&report, "indexes.bloat", "public.keys_idx");
    assert_eq!(
        statement(bloat),
        "reindex index concurrently public.keys_idx;"
    );
    run(owner, statement(bloat)).await;
    let report = look(&database, Group::Indexes).await;
    assert!(report.of("indexes.bloat").is_empty());
}

#[tokio::test]
async fn a_forgotten_transaction_and_who_waits_behind_it_are_found() {
    let database = TestDatabase::new().await;
    run(
        database.owner(),
        "create table public.shelf (id int primary key, content text); insert into public.shelf values (1, 'empty')",
    )
    .await;
    let holder = database.connect().await;
    run(
        &holder,
        "begin; update public.shelf set content = 'a secret' where id = 1",
    )
    .await;
    let pid: i32 = value(&holder, "select pg_backend_pid()").await;
    let waiter = database.connect().await;
    let waiter_pid: i32 = value(&waiter, "select pg_backend_pid()").await;
    let waiting = tokio::spawn(async move {
        waiter
            .batch_execute("update public.shelf set content = 'another secret' where id = 1")
            .await
    });
    sleep(Duration::from_millis(1500)).await;

    let report = look(&database, Group::Activity).await;
    assert!(skipped(&report).is_empty(), "{:?}", skipped(&report));
    let subject = format!("process {pid}");
    let end = format!("select pg_terminate_backend({pid});");
    let open = expect(&report, "activity.long_transactions", &subject);
    assert_eq!(open.severity, Severity::Warning);
    assert_eq!(statement(open), end);
    let idle = expect(&report, "activity.idle_in_transaction", &subject);
    assert_eq!(statement(idle), end);
    let blocked = expect(
        &report,
        "activity.blocked",
        &format!("process {waiter_pid}"),
    );
    assert_eq!(statement(blocked), end);
    assert!(
        blocked.found.contains(&subject) && blocked.found.contains("has waited"),
        "{}",
        blocked.found
    );
    let document = serde_json::to_string(&report).expect("JSON");
    assert!(
        !document.contains("secret") && document.contains("update public.shelf set content = ?"),
        "{document}"
    );
    let connections = report.connections.as_ref().expect("the sessions");
    assert!(connections.idle_in_transaction >= 1 && connections.total >= 3);
    assert!(!report.healthy);

    run(database.owner(), statement(blocked)).await;
    waiting.await.expect("the waiter").expect("its update");
    let report = look(&database, Group::Activity).await;
    for id in ["activity.long_transactions", "activity.idle_in_transaction"] {
        assert!(about(&report, id, &subject).is_none(), "{id}");
    }
}

#[tokio::test]
async fn slow_statements_are_listed_without_what_people_wrote() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    if !value::<bool>(
        owner,
        "select exists (select from pg_settings where name = 'pg_stat_statements.max')",
    )
    .await
    {
        // Some servers come without the library: then that is the finding.
        let report = look(&database, Group::Statements).await;
        assert_eq!(report.of("statements.statistics").len(), 1);
        assert!(report.statements.is_none());
        return;
    }
    for _ in 0..3 {
        run(owner, "select pg_sleep(0.55), 'a secret'").await;
    }
    let report = look(&database, Group::Statements).await;
    assert!(report.of("statements.statistics").is_empty());
    let slow = report
        .of("statements.slow")
        .into_iter()
        .find(|finding| finding.found.contains("pg_sleep"))
        .expect("the statement");
    assert!(slow.found.contains("3 times"), "{}", slow.found);
    let lists = report.statements.as_ref().expect("the lists");
    assert!(
        lists.by_total.len() <= 10
            && lists
                .by_total
                .is_sorted_by(|one, other| one.total_ms >= other.total_ms)
    );
    assert!(
        lists
            .by_mean
            .is_sorted_by(|one, other| one.mean_ms >= other.mean_ms)
    );
    let document = serde_json::to_string(&report).expect("JSON");
    assert!(!document.contains("secret"), "{document}");

    // Without the extension in this database, the counts cannot be read: a finding, no failure.
    run(owner, "drop extension pg_stat_statements").await;
    let report = look(&database, Group::Statements).await;
    let missing = expect(&report, "statements.statistics", "pg_stat_statements");
    assert_eq!(
        statement(missing),
        "create extension if not exists pg_stat_statements schema extensions;"
    );
    assert!(report.healthy && report.statements.is_none());
}

#[tokio::test]
async fn an_extension_of_an_older_version_is_updated() {
    let database = TestDatabase::empty().await;
    let owner = database.owner();
    run(owner, "create extension pg_trgm version '1.3'").await;
    let report = look(&database, Group::Extensions).await;
    let old = expect(&report, "extensions.outdated", "pg_trgm");
    assert!(old.found.contains("pg_trgm is 1.3"), "{}", old.found);
    run(owner, statement(old)).await;
    let report = look(&database, Group::Extensions).await;
    assert!(report.of("extensions.outdated").is_empty());
}

/// The server of the tests has fsync off, on its command line.
#[tokio::test]
async fn a_server_that_may_lose_commits_is_an_error() {
    let server = TestServer::start(StartOptions {
        settings: vec!["shared_buffers=16MB".to_owned()],
        ..StartOptions::default()
    })
    .expect("a server");
    let client = open(&server.url("postgres")).await;
    let report = examine(&client, &[Group::Settings, Group::Extensions]).await;
    for setting in [
        "settings.fsync",
        "settings.full_page_writes",
        "settings.synchronous_commit",
        "settings.autovacuum",
    ] {
        let found = report.of(setting);
        assert_eq!(found.len(), 1, "{setting}");
        assert_eq!(found[0].severity, Severity::Error);
        let advice = found[0].mend.advice.as_deref().unwrap_or_default();
        assert!(advice.contains("command line"), "{advice}");
    }
    assert_eq!(report.of("settings.shared_buffers").len(), 1);
    let trigrams = expect(&report, "extensions.available", "pg_trgm");
    assert_eq!(trigrams.severity, Severity::Error);
    run(&client, statement(trigrams)).await;
    let report = examine(&client, &[Group::Extensions]).await;
    assert!(report.of("extensions.available").is_empty());
    drop(client);
    server.stop();
}

/// On a server that is set up as recommended there is nothing to say, and the exit code is 0.
#[tokio::test]
async fn a_sound_server_passes_and_its_troubles_do_not() {
    let options = [
        "fsync=on",
        "full_page_writes=on",
        "synchronous_commit=on",
        "autovacuum=on",
        "max_prepared_transactions=2",
        "max_connections=40",
        "checkpoint_timeout=15min",
    ]
    .map(str::to_owned)
    .to_vec();
    let server = TestServer::start(StartOptions {
        settings: options,
        ..StartOptions::default()
    })
    .expect("a server");
    let client = open(&server.url("postgres")).await;
    run(&client, "create extension pg_trgm").await;
    let groups: Vec<Group> = Group::ALL
        .into_iter()
        // An old major version is a warning of its own.
        .filter(|group| *group != Group::Server)
        .collect();
    let report = examine(&client, &groups).await;
    assert!(
        report.healthy,
        "{:#?}",
        report
            .findings()
            .filter(|finding| finding.severity > Severity::Advice)
            .collect::<Vec<_>>()
    );
    assert!(
        matches!(
            report.resources.memory_source,
            Source::Machine | Source::ControlGroup
        ) || cfg!(not(target_os = "linux")),
        "{:?}",
        report.resources
    );

    // The proposed settings are carried out, and are then no findings any more.
    let proposed: Vec<(&str, String)> = report
        .findings()
        .filter(|finding| finding.id.starts_with("settings."))
        .filter(|finding| !finding.mend.needs_restart)
        .filter_map(|finding| Some((finding.id, finding.mend.statement.clone()?)))
        .collect();
    assert!(proposed.len() >= 4, "{proposed:?}");
    for (id, statement) in &proposed {
        for one in statement.split(';').filter(|one| !one.trim().is_empty()) {
            if let Err(error) = client.batch_execute(one).await {
                panic!("{id}: {one}: {}", explain(&error));
            }
        }
    }
    sleep(Duration::from_millis(300)).await;
    let client = open(&server.url("postgres")).await;
    let after = examine(&client, &[Group::Settings]).await;
    for (id, _) in &proposed {
        assert!(after.of(id).is_empty(), "{id}: {:#?}", after.of(id));
    }

    // A change that waits for a restart.
    run(&client, "alter system set max_worker_processes = 9").await;
    run(&client, "select pg_reload_conf()").await;
    counted(
        &client,
        "select exists (select from pg_settings where pending_restart)",
    )
    .await;
    let after = examine(&client, &[Group::Settings]).await;
    expect(&after, "settings.pending_restart", "max_worker_processes");

    // A slip in the configuration file.
    let folder: String = value(&client, "show data_directory").await;
    let file = std::path::Path::new(&folder).join("postgresql.conf");
    let sound = std::fs::read_to_string(&file).expect("the file");
    std::fs::write(&file, format!("{sound}\nno_such_setting = 1\n")).expect("the file");
    let after = examine(&client, &[Group::Settings]).await;
    let slips = after.of("settings.files");
    assert!(
        slips.len() == 1 && slips[0].found.contains("no_such_setting"),
        "{slips:#?}"
    );
    std::fs::write(&file, sound).expect("the file");

    // A slot that nobody reads, and a transaction that was prepared and forgotten.
    run(
        &client,
        "select pg_create_physical_replication_slot('left_behind', true)",
    )
    .await;
    run(
        &client,
        "begin; create table public.prepared (id int); prepare transaction 'it''s forgotten'",
    )
    .await;
    sleep(Duration::from_millis(600)).await;
    let report = examine(&client, &[Group::Activity]).await;
    let slot = expect(&report, "activity.slots", "left_behind");
    assert_eq!(slot.severity, Severity::Warning);
    let prepared = expect(&report, "activity.prepared", "it's forgotten");
    for finding in [slot, prepared] {
        run(&client, statement(finding)).await;
    }
    let report = examine(&client, &[Group::Activity]).await;
    assert!(report.healthy, "{:#?}", report.checks);

    // Full: the sessions that are kept for superusers are not for everybody.
    let mut crowd = Vec::new();
    for _ in 0..35 {
        crowd.push(open(&server.url("postgres")).await);
    }
    let report = examine(&client, &[Group::Activity]).await;
    let crowded = expect(&report, "activity.connections", "max_connections");
    assert!(crowded.severity >= Severity::Warning, "{crowded:?}");
    drop(crowd);
    drop(client);
    server.stop();
}

/// Whoever is no superuser gets every check that the server allows, and is told what he does not see.
#[tokio::test]
async fn a_role_without_rights_gets_an_answer() {
    let database = TestDatabase::new().await;
    let role = format!("guest_{}", database.name());
    run(
        database.owner(),
        &format!("create role {role} login in role romashka_agent"),
    )
    .await;
    let guest = open(&database.server().url_as(&role, database.name())).await;
    let report = examine(&guest, &Group::ALL).await;
    let left_out: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Skipped)
        .map(|check| check.id)
        .collect();
    // The view of the configuration files is for superusers; the lists of statements may be.
    assert!(
        left_out
            .iter()
            .all(|id| ["settings.files", "statements.slow"].contains(id)),
        "{:?}",
        skipped(&report)
    );
    let sight = expect(&report, "server.sight", &role);
    assert_eq!(
        statement(sight),
        format!("grant pg_read_all_stats to \"{role}\";")
    );
    assert!(!report.tables.is_empty());
    let random = expect(&report, "settings.random_page_cost", "random_page_cost");
    assert!(statement(random).starts_with("alter system set random_page_cost"));
    assert_eq!(random.mend.advice.as_deref(), Some("as a superuser"));
    run(database.owner(), statement(sight)).await;
    let report = examine(&guest, &[Group::Server]).await;
    assert!(report.of("server.sight").is_empty());
    drop(guest);
    run(
        database.owner(),
        &format!("revoke pg_read_all_stats from {role}; drop role {role}"),
    )
    .await;
}

/// There is no ALTER SYSTEM there: a setting is changed for the database, or elsewhere.
#[tokio::test]
async fn on_supabase_nothing_is_proposed_that_its_owner_cannot_do() {
    for mode in GrantMode::ALL {
        let database = TestDatabase::supabase_like(mode).await;
        database
            .run_file("migrations/001_complete_schema.sql")
            .await;
        let client = open(&database.url()).await;
        let report = examine(&client, &Group::ALL).await;
        assert_eq!(report.platform, Platform::Supabase);
        let left_out = skipped(&report);
        // The imitation has no pg_stat_statements of its own.
        assert!(
            left_out
                .iter()
                .all(|line| line.starts_with("settings.files")
                    || line.starts_with("statements.slow")),
            "{left_out:?}"
        );
        for finding in report.findings() {
            let statement = finding.mend.statement.as_deref().unwrap_or_default();
            assert!(!statement.contains("alter system"), "{finding:?}");
            for foreign in ["auth.", "storage.", "realtime."] {
                assert!(!finding.subject.starts_with(foreign), "{finding:?}");
            }
        }
        let random = expect(&report, "settings.random_page_cost", "random_page_cost");
        assert_eq!(
            statement(random),
            format!(
                "alter database \"{}\" set random_page_cost = '1.1';",
                database.name()
            )
        );
        run(&client, statement(random)).await;
        let again = open(&database.url()).await;
        let after = examine(&again, &[Group::Settings]).await;
        assert!(after.of("settings.random_page_cost").is_empty());
        let locks = expect(&report, "settings.log_lock_waits", "log_lock_waits");
        assert!(
            locks.mend.advice.as_deref().is_some_and(
                |advice| advice.contains("postgres-config update --config log_lock_waits=on")
            ),
            "{locks:?}"
        );
    }
}

fn romashka(database: &TestDatabase, arguments: &[&str]) -> Output {
    Command::new(romashka_binary())
        .current_dir(std::env::temp_dir())
        .env_clear()
        .env("DATABASE_URL", database.url())
        .arg("doctor")
        .args(arguments)
        .output()
        .expect("romashka runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[tokio::test]
async fn the_report_is_for_people_and_for_programs() {
    let database = TestDatabase::new().await;
    run(
        database.owner(),
        "create table public.own (id int, other int); create index own_idx on public.own (other)",
    )
    .await;
    let output = romashka(&database, &["--group", "extensions", "--group", "indexes"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    for part in [
        "✓ every index is complete and in use",
        "        drop index concurrently public.own_idx;\n",
        "[indexes.unused]",
        "largest indexes",
        "nothing, in",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert!(!said.contains('\u{1b}'), "colours without a terminal");

    let output = romashka(&database, &["--json"]);
    let document: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("one JSON document");
    let healthy = document["healthy"].as_bool().expect("a word");
    assert_eq!(
        output.status.code(),
        Some(i32::from(!healthy)),
        "{}",
        text(&output.stderr)
    );
    let findings: Vec<&serde_json::Value> = document["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .flat_map(|check| check["findings"].as_array().expect("findings"))
        .collect();
    let own = findings
        .iter()
        .find(|finding| finding["subject"] == "public.own_idx")
        .expect("the finding");
    assert_eq!(own["id"], "indexes.unused");
    assert_eq!(own["severity"], "info");
    assert_eq!(own["needs_restart"], false);
    assert_eq!(own["statement"], "drop index concurrently public.own_idx;");
    for finding in &findings {
        assert!(
            finding["statement"].is_string() || finding["advice"].is_string(),
            "nothing mends it: {finding}"
        );
        assert!(finding["why"].as_str().is_some_and(|why| !why.is_empty()));
    }

    let assumed = romashka(
        &database,
        &[
            "--json", "--group", "settings", "--memory", "256GiB", "--cores", "64",
        ],
    );
    let document: serde_json::Value =
        serde_json::from_slice(&assumed.stdout).expect("one JSON document");
    assert_eq!(document["resources"]["memory_source"], "given");
    assert!(
        text(&assumed.stdout).contains("recommended: 64 GiB"),
        "{}",
        text(&assumed.stdout)
    );

    let list = romashka(&database, &["--list"]);
    assert!(text(&list.stdout).contains("activity.blocked: nobody waits for a lock"));
    for wrong in [
        ["--group", "colours"],
        ["--memory", "much"],
        ["--cores", "0"],
        ["--long", "5"],
    ] {
        assert_eq!(
            romashka(&database, &wrong).status.code(),
            Some(2),
            "{wrong:?}"
        );
    }
}
