//! A database of the older schema becomes one of this version: whole, in part, drifted, with every defect; by psql and by
//! the command, which do the same; killed at any moment; and nothing is lost.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use romashka_db::fingerprint::{Change, Fingerprint};
use romashka_tests::{
    GrantMode, TestDatabase, client_program, explain, older_defects, older_rows, older_schema,
    psql, romashka_binary, value,
};
use tempfile::TempDir;

const SCHEMA: &str = "migrations/001_complete_schema.sql";

/// An owner's own additions, and what he took away.
const PARTIAL: &str = "
drop table public.sla_tracking, public.message_delivery_tracking, public.realtime_metrics, public.message_templates;
alter table public.messages drop column tokens_used, drop column media_caption;
alter table public.conversations drop column sentiment;
alter table public.customer_profiles add column loyalty integer not null default 3 check (loyalty >= 0), add column subject text, add column \"Mixed Case\" text default 'x';
update public.customer_profiles set subject = 'of the owner ' || name, loyalty = 7;
alter table public.conversations add column number text default 'own', add column serial_no serial;
create index customers_by_loyalty on public.customer_profiles (loyalty);
create table public.orders (id bigint generated always as identity primary key, customer_id uuid references public.customer_profiles (id) on delete set null, total numeric);
insert into public.orders (customer_id, total) select id, 10 from public.customer_profiles;
create view public.loyal_customers as select id, name, loyalty from public.customer_profiles where loyalty > 5;
create view public.loyal_names as select name from public.loyal_customers;
create materialized view public.talks_by_status as select status, count(*) as talks from public.conversations group by status;
create function public.note_loyalty() returns trigger language plpgsql as 'begin new.subject = coalesce(new.subject, ''noted''); return new; end';
create trigger owner_loyalty before insert on public.customer_profiles for each row execute function public.note_loyalty();
";

/// What years of changes by hand leave behind.
const DRIFTED: &str = "
drop view if exists public.loyal_names, public.loyal_customers;
alter table public.conversations disable row level security;
alter table public.conversations alter column status drop default, alter column status type text, alter column message_count type bigint,
  alter column created_at type timestamp without time zone, alter column ai_confidence type double precision;
alter table public.messages alter column metadata drop default;
alter table public.messages alter column metadata type text using metadata::text, alter column processing_time_ms type text using processing_time_ms::text;
alter table public.messages alter column content drop not null, alter column created_at set default clock_timestamp();
update public.messages set processing_time_ms = 'soon', metadata = 'no json' where id = md5('message3')::uuid;
alter table public.customer_profiles drop constraint customer_profiles_email_key;
alter table public.customer_profiles alter column tags drop default;
alter table public.customer_profiles alter column tags type varchar(20)[] using tags::varchar(20)[];
alter table public.webhook_events drop constraint webhook_events_channel_id_fkey;
alter table public.conversation_notes drop constraint conversation_notes_pkey;
alter table public.conversations disable trigger all;
alter index public.idx_conversations_status rename to conversations_by_status;
alter table public.messages add constraint owner_check check (length(content) > 0);
";

async fn run(database: &TestDatabase, sql: &str) {
    if let Err(error) = database.owner().batch_execute(sql).await {
        let start: String = sql.chars().take(200).collect();
        panic!("{start}\n{}", explain(&error));
    }
}

async fn fill(database: &TestDatabase, messages: u32, more: &[&str]) {
    run(database, &older_schema()).await;
    run(database, &older_rows(messages)).await;
    for sql in more {
        run(database, sql).await;
    }
}

async fn older(messages: u32, more: &[&str]) -> TestDatabase {
    let database = TestDatabase::empty().await;
    fill(&database, messages, more).await;
    database
}

/// The same rows with the same ids in a database of their own.
async fn copy(database: &TestDatabase) -> TestDatabase {
    let copy = TestDatabase::empty().await;
    let folder = tempfile::tempdir().expect("a folder");
    let dump = folder.path().join("dump.sql");
    let dumped = client_program("pg_dump")
        .arg("--dbname")
        .arg(database.url())
        .arg("--file")
        .arg(&dump)
        .output()
        .expect("pg_dump runs");
    assert!(
        dumped.status.success(),
        "{}",
        String::from_utf8_lossy(&dumped.stderr)
    );
    let dump = dump.to_string_lossy();
    let run = psql(
        &copy.url(),
        &["-q", "-v", "ON_ERROR_STOP=1", "-f", dump.as_ref()],
    );
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    copy
}

fn by_psql(database: &TestDatabase) {
    let run = psql(
        &database.url(),
        &["-q", "-v", "ON_ERROR_STOP=1", "-f", SCHEMA],
    );
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
}

/// The command with a folder of its own for its key.
struct Installation(TempDir);

impl Installation {
    fn new() -> Self {
        Installation(tempfile::tempdir().expect("a folder"))
    }

    fn command(&self, database: &TestDatabase, arguments: &[&str]) -> Command {
        let mut command = Command::new(romashka_binary());
        command
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.0.path())
            .env("ROMASHKA_DATA_DIR", self.0.path().join("data"))
            .env("DATABASE_URL", database.url())
            .args(arguments);
        command
    }

    fn run(&self, database: &TestDatabase, arguments: &[&str]) -> String {
        let output = self
            .command(database, arguments)
            .output()
            .expect("romashka runs");
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {text}");
        text.into_owned()
    }

    /// `adopt`, then `verify`, which compares every definition and recounts every counter.
    fn adopt(&self, database: &TestDatabase) -> String {
        let text = self.run(database, &["adopt"]);
        self.run(database, &["verify"]);
        text
    }
}

async fn lines(database: &TestDatabase, sql: &str) -> Vec<String> {
    match database.owner().query(sql, &[]).await {
        Ok(rows) => rows.iter().map(|row| row.get(0)).collect(),
        Err(error) => panic!("{sql}\n{}", explain(&error)),
    }
}

/// Every row of every table of the older schema, as text, without what is new, made up or of the moment.
async fn content(database: &TestDatabase) -> Vec<String> {
    let tables = lines(
        database,
        "select table_name from public.adopted_tables order by 1",
    )
    .await;
    let mut all = Vec::new();
    for table in tables {
        all.extend(
            lines(
                database,
                &format!(
                    "select '{table} ' || regexp_replace((to_jsonb(x) - array['workspace_id', 'webhook_secret', 'api_credentials', 'credentials', 'secret_key', 'updated_at',
                       'search_document', 'transaction_id', 'sequence'] - case when '{table}' in ('daily_metrics', 'conversation_analytics', 'knowledge_versions', 'system_settings')
                       then array['id'] else '{{}}'::text[] end)::text, '\"' || current_date || 'T[^\"]*\"', '\"today\"', 'g') from public.{table} as x
                      where '{table}' <> 'audit_logs' or to_jsonb(x) ->> 'action' = 'LOGIN' order by 1"
                ),
            )
            .await,
        );
    }
    all
}

const NOTHING_LOST: &str = "
select format('%s: %s before, %s after, %s put aside, %s found', t.table_name, t.rows_before, t.rows_after, t.rows_quarantined, f.n)
  from public.adopted_tables as t
 cross join lateral (select count(distinct f.source_row) as n from public.adoption_findings as f
                      where f.source_table = t.table_name and f.action = 'quarantined') as f
 where t.rows_before <> t.rows_after + t.rows_quarantined or (t.rows_quarantined > 0) <> (f.n > 0)";

async fn assert_sound(database: &TestDatabase) {
    assert_eq!(lines(database, NOTHING_LOST).await, [""; 0]);
    let left: bool = value(
        database.owner(),
        "select exists (select from pg_namespace where nspname = 'romashka_legacy')
             or exists (select from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace where n.nspname = 'romashka' and p.proname like 'adoption%')",
    )
    .await;
    assert!(!left, "something of the move is left behind");
    let elsewhere: i64 = value(
        database.owner(),
        "select count(*) from public.conversations where workspace_id <> romashka.default_workspace_id()",
    )
    .await;
    assert_eq!(elsewhere, 0);
}

#[tokio::test]
async fn a_complete_installation_is_taken_over_by_the_command() {
    let database = older(2000, &[]).await;
    let before: String = value(
        database.owner(),
        "select md5(string_agg(row(id, conversation_id, sender_type, sender_id, content, external_message_id, created_at)::text, '' order by id)) from public.messages",
    )
    .await;
    let installation = Installation::new();
    let plan = installation.run(&database, &["adopt", "--plan"]);
    assert!(
        plan.contains("messages") && plan.contains("locked until the end"),
        "{plan}"
    );
    let rehearsed = installation.run(&database, &["adopt", "--dry-run"]);
    assert!(rehearsed.contains("rolled back"), "{rehearsed}");
    let untouched: bool = value(
        database.owner(),
        "select to_regnamespace('romashka') is null and (select count(*) = 2000 from public.messages)",
    )
    .await;
    assert!(untouched, "a rehearsal changes nothing");

    installation.adopt(&database);
    assert_sound(&database).await;
    let after: String = value(
        database.owner(),
        "select md5(string_agg(row(id, conversation_id, sender_type, sender_id, content, external_message_id, created_at)::text, '' order by id)) from public.messages",
    )
    .await;
    assert_eq!(before, after, "messages are what they were");
    assert_eq!(
        lines(
            &database,
            "select source_table || ' ' || action || ' ' || reason from public.adoption_findings where action not in ('replaced', 'left out')"
        )
        .await,
        [""; 0],
        "nothing was wrong"
    );
    assert_eq!(
        lines(
            &database,
            "select role || ' ' || count(*) from public.workspace_members group by role order by 1"
        )
        .await,
        ["admin 1", "agent 10", "owner 1"]
    );
    assert_eq!(
        lines(
            &database,
            "select setting_value #>> '{}' from public.system_settings where setting_key in ('platform_name', 'my_own_key') order by setting_key"
        )
        .await,
        ["{\"a\": 1}", "Ромашка"]
    );
    let again = installation.run(&database, &["adopt"]);
    assert!(again.contains("nothing to adopt"), "{again}");
}

/// Credentials are encrypted on the way: the plaintext is nowhere afterwards, and the key opens it.
#[tokio::test]
async fn plaintext_credentials_are_encrypted() {
    let database = older(100, &[]).await;
    let installation = Installation::new();
    let text = installation.adopt(&database);
    assert!(text.contains("10 credentials"), "{text}");
    let open: i64 = value(
        database.owner(),
        "select (select count(*) from romashka.adopted_credentials)
              + (select count(*) from public.communication_channels where webhook_secret is null or api_credentials ->> 'alg' is null)
              + (select count(*) from public.integrations where credentials ->> 'alg' is null)
              + (select count(*) from public.webhook_subscriptions where secret_key is null)",
    )
    .await;
    assert_eq!(open, 0);
    let rotated = installation.run(&database, &["keys", "rotate"]);
    assert!(rotated.contains("10 secrets"), "{rotated}");
}

/// psql has no key: it does the rest, and the credentials wait where nobody but the owner reads them.
#[tokio::test]
async fn psql_does_the_same_as_the_command() {
    let defects = older_defects();
    let more = [defects.as_str()];
    let one = older(500, &more).await;
    let other = copy(&one).await;
    by_psql(&one);
    by_psql(&one);
    let waiting: i64 = value(
        one.owner(),
        "select count(*) from romashka.adopted_credentials",
    )
    .await;
    assert_eq!(waiting, 10);
    let installation = Installation::new();
    installation.adopt(&other);
    for database in [&one, &other] {
        assert_sound(database).await;
    }
    assert_eq!(content(&one).await, content(&other).await);
    const FINDINGS: &str = "select concat_ws(' ', source_table, source_id, action, column_name, reason) from public.adoption_findings order by 1";
    assert_eq!(lines(&one, FINDINGS).await, lines(&other, FINDINGS).await);

    // The key comes later.
    installation.run(&one, &["migrate"]);
    installation.adopt(&one);
    let waiting: i64 = value(
        one.owner(),
        "select count(*) from romashka.adopted_credentials",
    )
    .await;
    assert_eq!(waiting, 0);
    let differences = Fingerprint::read(one.owner())
        .await
        .expect("a fingerprint")
        .differences(
            &Fingerprint::read(other.owner())
                .await
                .expect("a fingerprint"),
        );
    assert!(differences.is_empty(), "{differences:?}");
}

/// Each defect is repaired where nothing is lost by it, and put aside with its row where it is.
#[tokio::test]
async fn every_defect_is_repaired_or_put_aside() {
    let database = older(500, &[&older_defects()]).await;
    Installation::new().adopt(&database);
    assert_sound(&database).await;
    let found = lines(
        &database,
        "select distinct concat_ws(' ', source_table, action, column_name) from public.adoption_findings order by 1",
    )
    .await;
    for expected in [
        "agent_availability quarantined",
        "agent_availability repaired current_chat_count",
        "audit_logs repaired changes",
        "canned_responses repaired shortcut",
        "canned_responses repaired usage_count",
        "communication_channels quarantined type",
        "conversation_notes quarantined conversation_id",
        "conversation_transfers repaired status",
        "conversations repaired ai_confidence",
        "conversations repaired channel_id",
        "conversations repaired channel_type",
        "conversations repaired customer_id",
        "conversations repaired priority",
        "conversations repaired satisfaction_score",
        "conversations repaired status",
        "customer_profiles repaired email",
        "customer_profiles repaired total_conversations",
        "daily_metrics quarantined",
        "file_attachments repaired file_hash",
        "file_attachments repaired filename",
        "integrations quarantined provider",
        "knowledge_analytics quarantined knowledge_item_id",
        "knowledge_categories repaired name",
        "knowledge_categories repaired parent_id",
        "knowledge_versions repaired version",
        "messages quarantined conversation_id",
        "messages quarantined sender_type",
        "messages repaired delivery_status",
        "messages repaired external_message_id",
        "messages repaired message_type",
        "messages repaired metadata",
        "messages repaired sender_id",
        "messages repaired sender_type",
        "profiles repaired email",
        "sync_jobs repaired status",
        "system_settings quarantined setting_key",
        "system_settings repaired setting_value",
        "webhook_events repaired source",
        "webhook_subscriptions quarantined webhook_url",
        "webhook_subscriptions repaired event_type",
        "workflow_executions repaired completed_at",
        "workflow_executions repaired status",
    ] {
        assert!(
            found
                .iter()
                .any(|line| line == expected || line.starts_with(&format!("{expected} "))),
            "{expected} is not in {found:#?}"
        );
    }
    assert_eq!(
        lines(
            &database,
            "select concat_ws(' ', status, priority, channel_type, satisfaction_score, ai_confidence) from public.conversations where id = md5('conversationB')::uuid"
        )
        .await,
        ["active high website"]
    );
    assert_eq!(
        lines(
            &database,
            "select source_row ->> 'content' from public.adoption_findings where source_table = 'messages' and action = 'quarantined' order by 1"
        )
        .await,
        ["from Mars", "orphan", "without a conversation"]
    );
    let leaked: i64 = value(
        database.owner(),
        "select count(*) from public.adoption_findings where source_row::text like '%plain-%'",
    )
    .await;
    assert_eq!(leaked, 0, "findings hold no credentials");
}

#[tokio::test]
async fn what_is_missing_is_made_and_what_is_the_owners_stays() {
    let database = older(500, &[PARTIAL]).await;
    Installation::new().adopt(&database);
    assert_sound(&database).await;
    assert_eq!(
        lines(
            &database,
            "select concat_ws(' ', loyalty, subject, \"Mixed Case\") from public.customer_profiles where id = md5('customer1')::uuid"
        )
        .await,
        ["7 of the owner Анна 1 x"]
    );
    assert_eq!(
        lines(
            &database,
            "select number_of_owner || ' ' || count(distinct number) || ' ' || count(distinct serial_no) from public.conversations group by number_of_owner"
        )
        .await,
        ["own 50 50"]
    );
    let still: bool = value(
        database.owner(),
        "select (select count(*) from public.orders as o join public.customer_profiles as p on p.id = o.customer_id) = (select count(*) from public.orders)
            and (select count(*) from public.loyal_names) = (select count(*) from public.customer_profiles)
            and exists (select from public.talks_by_status)
            and exists (select from pg_trigger where tgname = 'owner_loyalty') and to_regclass('public.customers_by_loyalty') is not null
            and exists (select from pg_constraint where conrelid = 'public.orders'::regclass and confrelid = 'public.customer_profiles'::regclass)
            and exists (select from pg_constraint where conrelid = 'public.customer_profiles'::regclass and conname = 'customer_profiles_loyalty_check')",
    )
    .await;
    assert!(still, "tables, views, triggers and references of the owner");
    run(
        &database,
        "insert into public.customer_profiles (email, loyalty) values ('new@example.org', 1);
         insert into public.conversations (customer_id) select id from public.customer_profiles where email = 'new@example.org'",
    )
    .await;
    assert_eq!(
        lines(
            &database,
            "select subject from public.customer_profiles where email = 'new@example.org'"
        )
        .await,
        ["noted"]
    );
}

#[tokio::test]
async fn drifted_definitions_are_read_for_what_they_hold() {
    let database = older(500, &[DRIFTED]).await;
    Installation::new().adopt(&database);
    assert_sound(&database).await;
    assert_eq!(
        lines(
            &database,
            "select concat_ws(' ', source_table, column_name, source_row ->> column_name) from public.adoption_findings where action = 'repaired' order by 1"
        )
        .await,
        [
            "messages metadata no json",
            "messages processing_time_ms soon"
        ]
    );
}

#[tokio::test]
async fn the_owner_of_a_supabase_project_adopts_too() {
    for mode in GrantMode::ALL {
        let database = TestDatabase::supabase_like(mode).await;
        fill_supabase(&database).await;
        by_psql(&database);
        let installation = Installation::new();
        installation.run(&database, &["migrate"]);
        installation.adopt(&database);
        assert_sound(&database).await;
    }
}

/// Accounts are the provider's: they are there before.
async fn fill_supabase(database: &TestDatabase) {
    run(database, &older_schema()).await;
    run(database, &older_rows(300)).await;
    run(database, &older_defects()).await;
}

/// A table that only has the name of one is somebody else's.
#[tokio::test]
async fn foreign_tables_are_refused() {
    for (table, code) in [
        (
            "create table public.messages (id bigint primary key, body text)",
            "messages",
        ),
        ("create table public.teams (id bigint)", "teams"),
    ] {
        let database = older(100, &[]).await;
        run(
            &database,
            &format!("drop table if exists public.{code} cascade; {table}"),
        )
        .await;
        let output = Installation::new()
            .command(&database, &["adopt"])
            .output()
            .expect("romashka runs");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && text.contains(code) && text.contains("Rename"),
            "{text}"
        );
        let untouched: bool = value(
            database.owner(),
            "select to_regnamespace('romashka') is null and exists (select from public.conversations)",
        )
        .await;
        assert!(untouched);
    }
}

/// Statements of programs that know nothing of workspaces, on what was adopted.
#[tokio::test]
async fn statements_of_before_keep_working() {
    let database = older(300, &[]).await;
    Installation::new().adopt(&database);
    run(
        &database,
        "INSERT INTO conversations (customer_id, user_name, channel_type) VALUES (md5('customer1')::uuid, 'Anna', 'website');
         INSERT INTO messages (conversation_id, sender_type, content) VALUES (md5('conversation1')::uuid, 'user', 'Hello again');
         UPDATE conversations SET status = 'resolved', resolved_at = now() WHERE id = md5('conversation2')::uuid;
         INSERT INTO knowledge_analytics (knowledge_item_id, was_helpful) VALUES (md5('article1')::uuid, true);
         UPDATE knowledge_items SET content = 'Four days' WHERE id = md5('article1')::uuid;
         DELETE FROM conversations WHERE id = md5('conversation3')::uuid;",
    )
    .await;
    let drift: i64 = value(
        database.owner(),
        "select count(*) from public.recount() where area <> 'daily_metrics'",
    )
    .await;
    assert_eq!(drift, 0);
    let texts: i64 = value(database.owner(), "select count(*) from public.knowledge_versions where knowledge_item_id = md5('article1')::uuid").await;
    assert_eq!(texts, 3);
}

async fn wait_until_alone(database: &TestDatabase) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while value::<i64>(
        database.owner(),
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
    )
    .await
        > 0
    {
        assert!(Instant::now() < deadline, "the server still works for a client that is gone");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Killed at any moment, the process or its session: the older installation as it was, or the whole of the new one.
#[tokio::test]
async fn killed_at_any_moment_the_old_or_the_new_is_there() {
    let database = older(2000, &[&older_defects()]).await;
    const OLD: &str = "select md5(string_agg(m::text, '' order by m.id)) from public.messages as m";
    let before: String = value(database.owner(), OLD).await;
    let installation = Installation::new();
    let mut killed = 0;
    for turn in 0_u64..40 {
        let mut child = installation
            .command(&database, &["--quiet", "adopt"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("romashka runs");
        tokio::time::sleep(Duration::from_millis(40 + turn * turn * 3)).await;
        if turn % 2 == 0 {
            child.kill().expect("kill -9");
        } else {
            run(
                &database,
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
            )
            .await;
        }
        child.wait().expect("it ended");
        wait_until_alone(&database).await;
        let is_new: bool = value(
            database.owner(),
            "select to_regclass('public.workspaces') is not null",
        )
        .await;
        if is_new {
            break;
        }
        killed += 1;
        let now: String = value(database.owner(), OLD).await;
        assert_eq!(now, before, "turn {turn}");
    }
    assert!(
        killed >= 5,
        "only {killed} runs were killed before they were done"
    );
    installation.run(&database, &["migrate"]);
    installation.adopt(&database);
    assert_sound(&database).await;
}

#[tokio::test]
async fn an_adopted_database_differs_from_a_new_one_in_nothing() {
    let (adopted, new) = (
        older(200, &[&older_defects()]).await,
        TestDatabase::new().await,
    );
    by_psql(&adopted);
    let differences: Vec<_> = Fingerprint::read(new.owner())
        .await
        .expect("a fingerprint")
        .differences(
            &Fingerprint::read(adopted.owner())
                .await
                .expect("a fingerprint"),
        )
        .into_iter()
        .filter(|difference| !matches!(difference.change, Change::Unexpected))
        .collect();
    assert!(differences.is_empty(), "{differences:?}");
}
