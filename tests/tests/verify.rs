//! Verification: a sound database passes, each fault is found by the check that is about it and by no other, repairs
//! repair, and the reports can be read by programs.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use romashka_db::connect::{Connection, connect};
use romashka_db::fingerprint::Shadow;
use romashka_db::migrations::MigrationSet;
use romashka_db::settings::{Origin, Settings};
use romashka_db::verify::{Group, Outcome, Report, Verifier, VerifyError};
use romashka_tests::{GrantMode, Role, TestDatabase, explain, romashka_binary, value};

fn settings(database: &TestDatabase) -> Settings {
    Settings::parse(&database.url(), Origin::Option, &|_| None).expect("a URL")
}

async fn open(database: &TestDatabase) -> Connection {
    connect(&settings(database)).await.expect("a connection")
}

/// Runs the groups and repairs when asked to.
async fn verify(database: &TestDatabase, groups: &[Group], fix: bool) -> Report {
    let client = open(database).await;
    let settings = settings(database);
    let set = MigrationSet::embedded();
    let mut verifier =
        Verifier::new(&client, settings.target(), Shadow::beside(&settings), &set).groups(groups);
    let report = verifier.run().await.expect("a report");
    if !fix {
        return report;
    }
    verifier.repair(&report).await.expect("a repair");
    verifier.run().await.expect("a second report")
}

fn told(report: &Report) -> String {
    report
        .checks
        .iter()
        .filter(|check| check.outcome != Outcome::Passed)
        .map(|check| format!("{}: {:?}\n", check.id, check.findings))
        .collect()
}

async fn run(database: &TestDatabase, sql: &str) {
    if let Err(error) = database.owner().batch_execute(sql).await {
        panic!("{sql}\n{}", explain(&error));
    }
}

/// Two agents, three customers, eight conversations with messages of everybody, one rated, one resolved, one deleted.
async fn populated() -> TestDatabase {
    let database = TestDatabase::new().await;
    populate(&database).await;
    database
}

async fn populate(database: &TestDatabase) {
    let workspace = database.default_workspace().await;
    let ann = database.create_person(workspace, Role::Agent).await;
    let ben = database.create_person(workspace, Role::Admin).await;
    run(
        database,
        &format!(
            "insert into public.agent_availability (agent_id, is_online, max_concurrent_chats) values ('{ann}', false, 5), ('{ben}', false, 5);
             insert into public.customer_profiles (name, email) select 'Customer ' || n, 'customer' || n || '@example.test' from generate_series(1, 3) as n;
             insert into public.conversations (customer_id, assigned_agent_id, subject)
             select p.id, case n % 3 when 0 then '{ann}'::uuid when 1 then '{ben}'::uuid end, 'Question ' || n
               from generate_series(1, 8) as n
               join (select c.id, row_number() over (order by c.name) as place from public.customer_profiles as c) as p on p.place = n % 3 + 1;
             insert into public.messages (conversation_id, sender_type, content)
             select c.id, s.sender, 'Hello' from public.conversations as c cross join (values ('user'), ('agent'), ('user')) as s (sender) order by c.number;
             update public.conversations set satisfaction_score = 4 where subject = 'Question 1';
             update public.conversations set status = 'resolved' where subject = 'Question 2';
             delete from public.conversations where subject = 'Question 3';
             insert into public.teams (name) values ('Support')"
        ),
    )
    .await;
}

#[tokio::test]
async fn a_sound_database_passes() {
    let database = populated().await;
    let report = verify(&database, &Group::ALL, false).await;
    assert!(report.passed, "{}", told(&report));
    let skipped: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Skipped)
        .map(|check| check.id)
        .collect();
    assert_eq!(skipped, [""; 0], "every check finds its tables");
    assert!(report.checks.len() > 25, "{} checks", report.checks.len());
}

/// What is done, what undoes it, and the checks that fail in between: all that fail, and no other.
struct Fault {
    inject: &'static str,
    undo: &'static str,
    found_by: &'static [&'static str],
}

const DATA_FAULTS: &[Fault] = &[
    Fault {
        inject: "update public.conversations set message_count = message_count + 1 where subject = 'Question 4'",
        undo: "update public.conversations set message_count = message_count - 1 where subject = 'Question 4'",
        found_by: &["counters.messages"],
    },
    Fault {
        inject: "update public.conversation_analytics set agent_messages = agent_messages + 1",
        undo: "update public.conversation_analytics set agent_messages = agent_messages - 1",
        found_by: &["counters.messages"],
    },
    Fault {
        inject: "update public.customer_profiles set total_conversations = total_conversations + 5 where name = 'Customer 1'",
        undo: "update public.customer_profiles set total_conversations = total_conversations - 5 where name = 'Customer 1'",
        found_by: &["counters.customers"],
    },
    Fault {
        inject: "update public.agent_availability set current_chat_count = current_chat_count + 1",
        undo: "update public.agent_availability set current_chat_count = current_chat_count - 1",
        found_by: &["counters.agents"],
    },
    Fault {
        inject: "do $$ begin perform setval(format('romashka_numbers.%I', sequencename)::regclass, 1) from pg_sequences where schemaname = 'romashka_numbers'; end $$",
        undo: "do $$ begin perform setval(format('romashka_numbers.%I', sequencename)::regclass, 100) from pg_sequences where schemaname = 'romashka_numbers'; end $$",
        found_by: &["counters.numbers"],
    },
    Fault {
        inject: "set session_replication_role = replica;
                 insert into public.conversation_notes (conversation_id, note) values (gen_random_uuid(), 'of nothing');
                 reset session_replication_role",
        undo: "delete from public.conversation_notes where note = 'of nothing'",
        found_by: &["orphans.references"],
    },
    Fault {
        inject: "set session_replication_role = replica;
                 create temporary table kept as select * from public.events where kind = 'message.created' limit 1;
                 delete from public.events where id in (select id from kept);
                 reset session_replication_role",
        undo: "insert into public.events select * from kept; drop table kept",
        found_by: &["ledger.messages"],
    },
    Fault {
        inject: "set session_replication_role = replica;
                 create temporary table kept as select * from public.events where kind = 'conversation.created' and subject_id in (select id from public.conversations) limit 1;
                 delete from public.events where id in (select id from kept);
                 reset session_replication_role",
        undo: "insert into public.events select * from kept; drop table kept",
        found_by: &["ledger.conversations"],
    },
    Fault {
        inject: "insert into public.event_cursors (reader, transaction_id) values ('hasty', ((pg_current_xact_id()::text::bigint + 1000000)::text)::xid8)",
        undo: "delete from public.event_cursors where reader = 'hasty'",
        found_by: &["ledger.cursors"],
    },
    Fault {
        inject: "insert into public.events (workspace_id, transaction_id, kind, actor_kind, subject_type, subject_id)
                 select id, ((pg_current_xact_id()::text::bigint + 1000000)::text)::xid8, 'test.restored', 'system', 'test', id from public.workspaces",
        undo: "set session_replication_role = replica; delete from public.events where kind = 'test.restored'; reset session_replication_role",
        found_by: &["ledger.transactions"],
    },
];

const SEALED_FAULTS: &[Fault] = &[
    Fault {
        inject: "set session_replication_role = replica;
                 update public.audit_logs set actor_kind = 'ai' where chain_position = 1;
                 reset session_replication_role",
        undo: "set session_replication_role = replica;
               update public.audit_logs set actor_kind = 'system' where chain_position = 1;
               reset session_replication_role",
        found_by: &["audit.chain"],
    },
    Fault {
        inject: "set session_replication_role = replica;
                 create temporary table kept as select * from public.audit_logs where chain_position = 2;
                 delete from public.audit_logs where chain_position = 2;
                 reset session_replication_role",
        undo: "set session_replication_role = replica; insert into public.audit_logs select * from kept; drop table kept; reset session_replication_role",
        found_by: &["audit.chain"],
    },
    Fault {
        inject: "update public.daily_metrics set avg_satisfaction_score = 9 where channel_type is null and department is null and agent_id is null",
        undo: "select public.recount(fix => true)",
        found_by: &["rollups.days"],
    },
    Fault {
        inject: "update public.daily_metrics set total_conversations = total_conversations + 1 where channel_type is not null",
        undo: "select public.recount(fix => true)",
        found_by: &["rollups.days", "rollups.dimensions"],
    },
];

const CATALOG_FAULTS: &[Fault] = &[
    Fault {
        inject: "alter table public.teams disable row level security",
        undo: "alter table public.teams enable row level security",
        found_by: &["schema.drift", "security.row_security"],
    },
    Fault {
        inject: "alter table public.teams no force row level security",
        undo: "alter table public.teams force row level security",
        found_by: &["schema.drift", "security.row_security"],
    },
    Fault {
        inject: "create policy open on public.teams for select to authenticated using (true)",
        undo: "drop policy open on public.teams",
        found_by: &["schema.drift", "security.policies"],
    },
    Fault {
        inject: "grant select on public.teams to anon",
        undo: "revoke select on public.teams from anon",
        found_by: &["schema.drift", "security.visitors"],
    },
    Fault {
        inject: "alter function public.current_workspace_id() reset search_path",
        undo: "alter function public.current_workspace_id() set search_path = ''",
        found_by: &["schema.drift", "security.functions"],
    },
    Fault {
        inject: "grant select on romashka_partitions.events_default to authenticated",
        undo: "revoke select on romashka_partitions.events_default from authenticated",
        found_by: &["schema.drift", "security.partitions"],
    },
    Fault {
        inject: "update pg_index set indisvalid = false where indexrelid = 'public.idx_conversations_channel_type'::regclass",
        undo: "update pg_index set indisvalid = true where indexrelid = 'public.idx_conversations_channel_type'::regclass",
        found_by: &["indexes.valid", "schema.drift"],
    },
    Fault {
        inject: "alter table public.conversation_notes drop constraint conversation_notes_conversation_id_fkey;
                 insert into public.conversation_notes (conversation_id, note) values (gen_random_uuid(), 'of nothing');
                 alter table public.conversation_notes add constraint conversation_notes_conversation_id_fkey
                   foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade not valid",
        undo: "delete from public.conversation_notes where note = 'of nothing';
               alter table public.conversation_notes validate constraint conversation_notes_conversation_id_fkey",
        found_by: &["indexes.constraints", "orphans.references", "schema.drift"],
    },
    Fault {
        inject: "drop index public.conversation_notes_agent_id_idx",
        undo: "create index conversation_notes_agent_id_idx on public.conversation_notes (agent_id) where agent_id is not null",
        found_by: &["indexes.foreign_keys", "schema.drift"],
    },
    Fault {
        inject: "update public.schema_migrations set version = '901' where version = '001'",
        undo: "update public.schema_migrations set version = '001' where version = '901'",
        found_by: &["schema.migrations"],
    },
];

async fn each_is_found(database: TestDatabase, faults: &[Fault], groups: &[Group]) {
    for fault in faults {
        run(&database, fault.inject).await;
        let report = verify(&database, groups, false).await;
        let failed: BTreeSet<&str> = report.failed().into_iter().collect();
        let wanted: BTreeSet<&str> = fault.found_by.iter().copied().collect();
        assert_eq!(failed, wanted, "{}\n{}", fault.inject, told(&report));
        assert!(!report.passed);
        for id in fault.found_by {
            let check = report.check(id).expect("the check ran");
            assert!(check.finding_count > 0 && check.next.is_some(), "{id}");
        }
        run(&database, fault.undo).await;
    }
    let report = verify(&database, groups, false).await;
    assert!(report.passed, "{}", told(&report));
}

fn without_schema() -> Vec<Group> {
    Group::ALL
        .into_iter()
        .filter(|group| *group != Group::Schema)
        .collect()
}

#[tokio::test]
async fn each_fault_in_the_data_is_found_by_its_check() {
    each_is_found(populated().await, DATA_FAULTS, &without_schema()).await;
}

#[tokio::test]
async fn each_fault_in_the_catalog_is_found_by_its_check() {
    each_is_found(populated().await, CATALOG_FAULTS, &Group::ALL).await;
}

/// Yesterday's figures and a sealed audit.
#[tokio::test]
async fn each_fault_in_the_audit_and_the_figures_is_found_by_its_check() {
    let database = populated().await;
    run(
        &database,
        "update public.system_settings set setting_value = '\"Support\"' where setting_key = 'platform_name';
         insert into public.conversations (subject, created_at) select 'Of yesterday ' || n, now() - interval '1 day' from generate_series(1, 3) as n",
    )
    .await;
    run(&database, "select public.seal_audit_logs()").await;
    run(&database, "select public.refresh_daily_metrics()").await;
    let sealed: i64 = value(
        database.owner(),
        "select count(*) from public.audit_logs where chain_position is not null",
    )
    .await;
    let days: i64 = value(
        database.owner(),
        "select count(*) from public.daily_metrics",
    )
    .await;
    assert!(
        sealed > 2 && days > 2,
        "{sealed} rows are sealed, {days} figures"
    );
    each_is_found(database, SEALED_FAULTS, &without_schema()).await;
}

/// A sequence that is behind, and every counter there is, in one go.
#[tokio::test]
async fn a_repair_mends_every_counter() {
    let database = populated().await;
    run(
        &database,
        "update public.conversations set message_count = 77, first_response_at = null, last_message_id = null where subject in ('Question 4', 'Question 5');
         update public.conversation_analytics set total_messages = 0, customer_messages = 9;
         delete from public.conversation_analytics where conversation_id = (select id from public.conversations where subject = 'Question 6');
         update public.customer_profiles set total_conversations = 40, rating_sum = 1, rating_count = 9, avg_satisfaction = 1;
         update public.agent_availability set current_chat_count = 4;
         do $$ begin perform setval(format('romashka_numbers.%I', sequencename)::regclass, 1) from pg_sequences where schemaname = 'romashka_numbers'; end $$",
    )
    .await;
    let found = verify(&database, &[Group::Counters], false).await;
    assert_eq!(
        found.failed(),
        [
            "counters.messages",
            "counters.customers",
            "counters.agents",
            "counters.numbers"
        ]
    );
    let mended = verify(&database, &without_schema(), true).await;
    assert!(mended.passed, "{}", told(&mended));
    let count: i32 = value(
        database.owner(),
        "select message_count from public.conversations where subject = 'Question 4'",
    )
    .await;
    assert_eq!(count, 3);
    // The next conversation has a number again.
    run(&database, "insert into public.conversations default values").await;
}

/// What is only worth a look ends with success.
#[tokio::test]
async fn an_overdue_queue_is_a_warning() {
    let database = populated().await;
    run(
        &database,
        "insert into public.webhook_events (event_type, source, payload, next_attempt_at) values ('test', 'api', '{}', now() - interval '3 hours');
         insert into public.webhook_events (event_type, source, payload, status) values ('test', 'api', '{}', 'dead')",
    )
    .await;
    let report = verify(&database, &[Group::Queues], false).await;
    assert!(report.passed, "{}", told(&report));
    let outcome = |id| report.check(id).expect("the check").outcome;
    assert_eq!(outcome("queues.webhook_events"), Outcome::Warned);
    assert_eq!(outcome("queues.dead"), Outcome::Noted);
}

#[tokio::test]
async fn search_in_other_alphabets_is_not_taken_for_granted() {
    let database = TestDatabase::empty().await;
    let name = format!("{}_c", database.name());
    run(
        &database,
        &format!("create database {name} template template0 encoding 'UTF8' locale 'C'"),
    )
    .await;
    let settings = settings(&database).with_database(&name);
    let client = connect(&settings).await.expect("a connection");
    client
        .batch_execute("create schema extensions; create extension pg_trgm schema extensions")
        .await
        .expect("the extension");
    let set = MigrationSet::embedded();
    let report = Verifier::new(&client, settings.target(), Shadow::beside(&settings), &set)
        .groups(&[Group::Environment])
        .run()
        .await
        .expect("a report");
    assert!(
        report.failed().contains(&"environment.letter_case")
            && report.failed().contains(&"environment.trigrams"),
        "{}",
        told(&report)
    );
    drop(client);
    run(&database, &format!("drop database {name} with (force)")).await;
}

#[tokio::test]
async fn a_database_without_the_schema_fails_and_says_what_is_missing() {
    let database = TestDatabase::empty().await;
    let report = verify(&database, &Group::ALL, false).await;
    assert!(!report.passed);
    let failed = report.failed();
    for id in [
        "environment.extensions",
        "schema.migrations",
        "schema.drift",
    ] {
        assert!(failed.contains(&id), "{id}: {failed:?}");
    }
    assert!(report.summary.skipped > 10, "{:?}", report.summary);
}

/// Rows that row security hides would make every check pass.
#[tokio::test]
async fn a_role_that_does_not_see_all_rows_is_refused() {
    let database = populated().await;
    let client = open(&database).await;
    let role = format!("limited_{}", database.name());
    run(&database, &format!("create role {role}")).await;
    client
        .batch_execute(&format!("set role {role}"))
        .await
        .expect("the role");
    let settings = settings(&database);
    let set = MigrationSet::embedded();
    let refused = Verifier::new(&client, settings.target(), Shadow::beside(&settings), &set)
        .run()
        .await;
    assert!(
        matches!(refused, Err(VerifyError::SeesTooLittle(_))),
        "{refused:?}"
    );
    drop(client);
    run(&database, &format!("drop role {role}")).await;
}

/// The owner on Supabase is no superuser.
#[tokio::test]
async fn the_owner_of_a_supabase_project_can_verify_it() {
    for mode in GrantMode::ALL {
        let database = TestDatabase::supabase_like(mode).await;
        database
            .run_file("migrations/001_complete_schema.sql")
            .await;
        populate(&database).await;
        let report = verify(&database, &Group::ALL, false).await;
        assert!(report.passed, "{mode:?} grants\n{}", told(&report));
        run(
            &database,
            "update public.agent_availability set current_chat_count = 4",
        )
        .await;
        let mended = verify(&database, &[Group::Counters], true).await;
        assert!(mended.passed, "{mode:?} grants\n{}", told(&mended));
    }
}

fn romashka(database: &TestDatabase, arguments: &[&str]) -> Output {
    Command::new(romashka_binary())
        .current_dir(std::env::temp_dir())
        .env_clear()
        .env("DATABASE_URL", database.url())
        .arg("verify")
        .args(arguments)
        .output()
        .expect("romashka runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// The output without what differs from run to run.
fn redacted(database: &TestDatabase, output: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in output.lines() {
        let line = if line.contains(database.name()) {
            "[database]".to_owned()
        } else {
            match line
                .strip_suffix(" ms")
                .and_then(|rest| rest.rsplit_once(' '))
            {
                Some((rest, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                    format!("{rest} [time]")
                }
                _ => line.to_owned(),
            }
        };
        lines.push(line);
    }
    lines.join("\n")
}

#[tokio::test]
async fn the_output_is_for_people() {
    let database = populated().await;
    let output = romashka(&database, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    insta::assert_snapshot!("verify_sound", redacted(&database, &text(&output.stdout)));
    run(
        &database,
        "update public.conversations set message_count = 9 where subject = 'Question 4'",
    )
    .await;
    let output = romashka(&database, &["--group", "counters"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(
        said.contains("message_count 9, counted 3") && said.contains("--fix recomputes it"),
        "{said}"
    );
    let output = romashka(&database, &["--group", "counters", "--fix"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(
        text(&output.stdout).contains("repaired counters.messages: 1 found before"),
        "{}",
        text(&output.stdout)
    );
    let wrong = romashka(&database, &["--group", "colours"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("environment"));
}

#[tokio::test]
async fn the_reports_are_for_programs() {
    let database = populated().await;
    run(
        &database,
        "update public.conversations set message_count = 9 where subject = 'Question 4'",
    )
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("verify <1>.xml");
    let output = romashka(
        &database,
        &[
            "--json",
            "--junit",
            file.to_str().expect("UTF-8"),
            "--group",
            "counters",
            "--group",
            "ledger",
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let document: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(document["passed"], false);
    assert_eq!(document["summary"]["failed"], 1);
    let checks = document["checks"].as_array().expect("checks");
    let found = checks
        .iter()
        .find(|check| check["id"] == "counters.messages")
        .expect("the check");
    assert_eq!(found["outcome"], "failed");
    assert_eq!(found["finding_count"], 1);
    assert!(found["duration_ms"].is_u64());

    let xml = std::fs::read_to_string(&file).expect("the file");
    let tree = roxmltree::Document::parse(&xml).expect("well-formed XML");
    let named = |name: &str| {
        tree.descendants()
            .filter(|node| node.has_tag_name(name))
            .count()
    };
    assert_eq!(named("testsuite"), 2);
    assert_eq!(named("testcase"), checks.len());
    assert_eq!(named("failure"), 1);
    assert_eq!(
        tree.root_element().attribute("tests"),
        Some(checks.len().to_string().as_str())
    );
}
