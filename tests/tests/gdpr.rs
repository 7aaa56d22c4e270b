//! A person is exported and erased: afterwards no column of any table or partition, no dump and no stored file has a word of
//! hers, and what belongs to others is as it was.

use std::process::{Command, Output};

use romashka_db::privacy;
use romashka_tests::{TestDatabase, client_program, explain, romashka_binary, value};
use serde_json::Value;
use tokio_postgres::Client;

/// In everything that is hers; in nothing else.
const MARKS: [&str; 4] = [
    "quillfeather",
    "493012345678",
    "vera@old.example",
    "7788990011",
];
const VERA: &str = "00000000-0000-4000-8000-00000000000a";
const TALK: &str = "00000000-0000-4000-8000-0000000000b1";
const FILE: &str = "0198c1f2-7c1e-7a52-9d0e-3f6a1c2b4d5e";

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}\n{}", explain(&error));
    }
}

fn marks() -> Vec<String> {
    MARKS.map(str::to_owned).to_vec()
}

struct Place {
    database: TestDatabase,
    folder: tempfile::TempDir,
}

impl Place {
    /// Vera in every table that can know her, with a file, and Otto beside her.
    async fn new() -> Place {
        let database = TestDatabase::new().await;
        let folder = tempfile::tempdir().expect("a folder");
        let client = database.owner();
        run(
            client,
            &format!(
                "insert into public.customer_profiles (id, name, email, phone, company, location, notes, tags, custom_fields)
                 values ('{VERA}', 'Vera Quillfeather', 'vera@old.example', '+49 30 12345678', 'Quillfeather & Co', 'Quillfeather Lane 1', 'knows quillfeather', '{{quillfeather}}', '{{\"pet\": \"quillfeather\"}}'),
                        ('00000000-0000-4000-8000-00000000000c', 'Vera Q. Quillfeather', 'second@quillfeather.example', null, null, null, null, '{{}}', '{{}}'),
                        ('00000000-0000-4000-8000-00000000000d', 'Otto', 'otto@example.org', '+49 30 999999', null, null, null, '{{}}', '{{}}');
                 update public.customer_profiles set email = 'vera@quillfeather.example' where id = '{VERA}';
                 update public.customer_profiles set merged_into_id = '{VERA}' where id = '00000000-0000-4000-8000-00000000000c';
                 insert into public.customer_identities (customer_id, channel_type, external_id, display_name) values
                   ('{VERA}', 'whatsapp', '493012345678', 'vera quillfeather'), ('{VERA}', 'email', 'vera@quillfeather.example', null),
                   ('{VERA}', 'messenger', '7788990011', null), ('00000000-0000-4000-8000-00000000000d', 'email', 'otto@example.org', 'Otto');
                 insert into public.conversations (id, customer_id, user_name, user_email, customer_phone, subject, custom_attributes, handoff_reason) values
                   ('{TALK}', '{VERA}', 'Vera Quillfeather', 'vera@quillfeather.example', '+493012345678', 'quillfeather is ill', '{{\"who\": \"quillfeather\"}}', 'Ms Quillfeather asked'),
                   ('00000000-0000-4000-8000-0000000000b2', '{VERA}', null, null, null, 'an old quillfeather matter', '{{}}', null),
                   ('00000000-0000-4000-8000-0000000000b3', '00000000-0000-4000-8000-00000000000d', 'Otto', null, null, 'of Otto', '{{}}', null);
                 insert into public.messages (id, conversation_id, sender_type, content, metadata, media_caption, external_message_id) values
                   ('00000000-0000-4000-8000-0000000000e1', '{TALK}', 'user', 'I am Vera Quillfeather', '{{\"from\": \"quillfeather\"}}', 'quillfeather at sea', 'wamid.quillfeather'),
                   ('00000000-0000-4000-8000-0000000000e2', '{TALK}', 'agent', 'Hello Ms Quillfeather', '{{}}', null, null),
                   ('00000000-0000-4000-8000-0000000000e3', '00000000-0000-4000-8000-0000000000b2', 'user', 'quillfeather long ago', '{{}}', null, null),
                   ('00000000-0000-4000-8000-0000000000e4', '00000000-0000-4000-8000-0000000000b3', 'user', 'I am Otto', '{{}}', null, null);
                 update public.messages set content = 'I am Vera Quillfeather, of Berlin' where id = '00000000-0000-4000-8000-0000000000e1';
                 update public.conversations set status = 'escalated', handoff_reason = 'angry quillfeather' where id = '{TALK}';
                 delete from public.conversations where id = '00000000-0000-4000-8000-0000000000b2';
                 insert into public.conversation_notes (conversation_id, note) values ('{TALK}', 'Quillfeather is a friend of the house');
                 insert into public.conversation_context (conversation_id, context_data, conversation_summary) values ('{TALK}', '{{\"a\": \"quillfeather\"}}', 'of quillfeather');
                 insert into public.scheduled_messages (conversation_id, content, send_at) values ('{TALK}', 'later, Ms Quillfeather', now() + interval '1 day');
                 insert into public.teams (id, name) values ('00000000-0000-4000-8000-0000000000f4', 'second');
                 insert into public.conversation_transfers (conversation_id, transfer_reason, to_team_id)
                   values ('{TALK}', 'quillfeather wants it', '00000000-0000-4000-8000-0000000000f4');
                 insert into public.workflows (id, name, trigger_type) values ('00000000-0000-4000-8000-0000000000f1', 'w', 'manual');
                 insert into public.workflow_executions (workflow_id, conversation_id, context, error_message, execution_log)
                   values ('00000000-0000-4000-8000-0000000000f1', '{TALK}', '{{\"n\": \"quillfeather\"}}', 'no quillfeather', '[\"quillfeather\"]');
                 insert into public.knowledge_items (id, title, content, source_type) values ('00000000-0000-4000-8000-0000000000f2', 'k', 'k', 'manual');
                 insert into public.knowledge_analytics (knowledge_item_id, conversation_id, feedback_text) values ('00000000-0000-4000-8000-0000000000f2', '{TALK}', 'quillfeather liked it');
                 update public.sla_tracking set breach_reason = 'quillfeather was away' where conversation_id = '{TALK}';
                 insert into public.message_delivery_tracking (message_id, channel_type, delivery_status, error_details, external_message_id)
                   values ('00000000-0000-4000-8000-0000000000e2', 'whatsapp', 'failed', '{{\"to\": \"493012345678\"}}', 'wamid.quillfeather.2');
                 insert into public.file_attachments (id, conversation_id, message_id, filename, file_path, storage_provider)
                   values ('{FILE}', '{TALK}', '00000000-0000-4000-8000-0000000000e1', 'quillfeather.pdf', '{path}', 'local');
                 select public.receive_webhook_event('whatsapp', 'message', '{{\"from\": \"493012345678\", \"text\": \"quillfeather\"}}', 'wamid.493012345678.1', '493012345678', null, '{{\"x-from\": \"quillfeather\"}}', 'raw 493012345678 quillfeather');
                 select public.receive_webhook_event('email', 'mail', '{{\"from\": \"vera@old.example\", \"text\": \"quillfeather\"}}');
                 select public.receive_webhook_event('messenger', 'message', '{{\"sender\": \"7788990011\"}}');
                 update public.webhook_events set status = 'processed', processed = true, processed_at = now() where source = 'whatsapp';
                 update public.webhook_events set status = 'dead', error_message = 'vera@old.example again' where source <> 'whatsapp';
                 select public.receive_webhook_event('email', 'mail', '{{\"from\": \"otto@example.org\"}}');
                 insert into public.webhook_subscriptions (id, event_type, webhook_url) values ('00000000-0000-4000-8000-0000000000f3', '*', 'https://a.example.test/');
                 insert into public.webhook_logs (webhook_subscription_id, event_type, payload, status, response_body, error_message, attempts)
                   values ('00000000-0000-4000-8000-0000000000f3', 'message.created', '{{\"data\": {{\"conversation_id\": \"{TALK}\", \"text\": \"quillfeather\"}}}}', 'dead', 'thanks, quillfeather', 'quillfeather', '[{{\"body\": \"quillfeather\"}}]'),
                          ('00000000-0000-4000-8000-0000000000f3', 'conversation.created', '{{\"data\": {{\"conversation_id\": \"{TALK}\", \"subject\": \"quillfeather\"}}}}', 'pending', null, null, '[]');
                 select public.refresh_daily_metrics(); select public.seal_audit_logs()",
                path = path(&database.default_workspace().await)
            ),
        )
        .await;
        let file = folder
            .path()
            .join("files")
            .join(path(&database.default_workspace().await));
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, "quillfeather").expect("a file");
        Place { database, folder }
    }

    fn romashka(&self, arguments: &[&str]) -> Output {
        Command::new(romashka_binary())
            .env_clear()
            .env("DATABASE_URL", self.database.url())
            .arg("--data-dir")
            .arg(self.folder.path())
            .arg("gdpr")
            .args(arguments)
            .output()
            .expect("romashka runs")
    }

    fn dump(&self) -> String {
        let output = client_program("pg_dump")
            .args(["--dbname", &self.database.url(), "--data-only"])
            .output()
            .expect("pg_dump runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).to_lowercase()
    }
}

fn path(workspace: &uuid::Uuid) -> String {
    let name = FILE.replace('-', "");
    format!("{}/{}/{name}", workspace.simple(), &name[30..])
}

#[tokio::test(flavor = "multi_thread")]
async fn afterwards_the_person_is_nowhere_and_others_are_as_before() {
    let place = Place::new().await;
    let client = place.database.owner();
    let before = privacy::mentions(client, &marks()).await.expect("a search");
    for table in [
        "public.customer_profiles",
        "public.customer_identities",
        "public.conversations",
        "public.messages",
        "public.conversation_notes",
        "public.conversation_context",
        "public.scheduled_messages",
        "public.conversation_transfers",
        "public.workflow_executions",
        "public.knowledge_analytics",
        "public.sla_tracking",
        "public.message_delivery_tracking",
        "public.file_attachments",
        "romashka.webhook_event_keys",
        "romashka_partitions.webhook_events_",
        "romashka_partitions.webhook_logs_",
        "romashka_partitions.audit_logs_",
        "romashka_partitions.events_",
    ] {
        assert!(
            before.iter().any(|found| found.table.starts_with(table)),
            "the test has nothing of hers in {table}: {before:?}"
        );
    }
    let otto = "select to_jsonb(m)::text || to_jsonb(p)::text || (select payload::text from public.webhook_events where payload::text like '%otto%')
                  from public.messages as m, public.customer_profiles as p where m.content = 'I am Otto' and p.name = 'Otto'";
    let otto_before: String = value(client, otto).await;

    let output = place.romashka(&["erase", "+49 (30) 1234-5678", "--yes", "--json"]);
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(0), "{told}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["customer"], VERA);
    assert_eq!(report["files_removed"], 1, "{told}");
    assert_eq!(report["erased"]["profiles"], 2, "{told}");
    assert_eq!(report["erased"]["incoming_events"], 3, "{told}");
    assert_eq!(report["erased"]["outgoing_webhooks"], 2, "{told}");

    let left = privacy::mentions(client, &marks()).await.expect("a search");
    assert!(left.is_empty(), "{left:?}");
    let dump = place.dump();
    assert!(dump.contains("otto@example.org"), "a dump has words at all");
    for mark in MARKS {
        assert!(!dump.contains(mark), "{mark} is in the dump");
    }
    let files = place
        .folder
        .path()
        .join("files")
        .join(path(&place.database.default_workspace().await));
    assert!(!files.exists());
    let waiting: i64 = value(client, "select count(*) from romashka.removed_files").await;
    assert_eq!(
        waiting, 0,
        "the bytes are gone, and nobody has to remove them"
    );
    assert_eq!(
        value::<String>(client, otto).await,
        otto_before,
        "Otto's is his"
    );
    let found: i64 = value(
        client,
        "select count(*) from public.search_messages('quillfeather')",
    )
    .await;
    assert_eq!(found, 0);
    // What stays adds up, and the audit's chain holds.
    let drift: i64 = value(client, "select count(*) from public.recount()").await;
    assert_eq!(drift, 0);
    let broken: i64 = value(client, "select count(*) from public.verify_audit_chain((select id from public.workspaces limit 1))").await;
    assert_eq!(broken, 0);
    // Nobody is told of her any more.
    let waiting: i64 = value(
        client,
        "select count(*) from public.webhook_logs where status = 'pending'",
    )
    .await;
    assert_eq!(waiting, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_wrote_about_the_person_is_named() {
    let place = Place::new().await;
    let client = place.database.owner();
    run(client, "update public.messages set content = 'Ask vera@quillfeather.example' where content = 'I am Otto'").await;
    let output = place.romashka(&["erase", "vera@quillfeather.example", "--yes", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert!(
        report["still_mentioned"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|found| found["table"] == "public.messages"
                && found["column"] == "content"
                && found["rows"] == 1),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_erased_unasked_on_hold_or_elsewhere() {
    let place = Place::new().await;
    let client = place.database.owner();
    let unasked = place.romashka(&["erase", VERA]);
    assert_eq!(unasked.status.code(), Some(4), "{unasked:?}");
    let unknown = place.romashka(&["erase", "nobody@example.org", "--yes"]);
    assert_eq!(unknown.status.code(), Some(1), "{unknown:?}");
    let other = place.database.create_workspace("other").await;
    let elsewhere = place.romashka(&["erase", VERA, "--yes", "--workspace", "other"]);
    assert_eq!(elsewhere.status.code(), Some(1), "{elsewhere:?} {other}");
    run(client, "update public.workspaces set legal_hold = true").await;
    let held = place.romashka(&["erase", VERA, "--yes"]);
    assert_eq!(held.status.code(), Some(1), "{held:?}");
    assert!(
        String::from_utf8_lossy(&held.stderr).contains("legal hold"),
        "{held:?}"
    );
    let name: String = value(
        client,
        &format!("select name from public.customer_profiles where id = '{VERA}'"),
    )
    .await;
    assert_eq!(name, "Vera Quillfeather");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_everything_and_is_recorded() {
    let place = Place::new().await;
    let file = place.folder.path().join("vera.json");
    let name = file.to_str().expect("a name");
    let output = place.romashka(&["export", "VERA@quillfeather.example", "--out", name]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let document: Value =
        serde_json::from_slice(&std::fs::read(&file).expect("a file")).expect("JSON");
    assert_eq!(document["profile"]["name"], "Vera Quillfeather");
    assert_eq!(
        document["conversations"][0]["messages"][0]["content"],
        "I am Vera Quillfeather, of Berlin"
    );
    let recorded: i64 = value(
        place.database.owner(),
        &format!("select count(*) from public.audit_logs where action = 'export' and entity_id = '{VERA}'"),
    )
    .await;
    assert_eq!(recorded, 1);
    // A file that is there is never overwritten.
    let again = place.romashka(&["export", VERA, "--out", name]);
    assert_eq!(again.status.code(), Some(1), "{again:?}");
}
