//! An account of Chatwoot: all of it arrives, at its time, once; what does not is in the report.

use std::fs;
use std::process::{Command, Output};

use romashka_tests::{TestDatabase, client_program, repository_root, romashka_binary, value};
use serde_json::Value;

struct Place {
    chatwoot: TestDatabase,
    database: TestDatabase,
    folder: tempfile::TempDir,
}

impl Place {
    async fn new() -> Place {
        let (chatwoot, database) = tokio::join!(TestDatabase::empty(), TestDatabase::new());
        let fixture = repository_root().join("tests/fixtures/chatwoot.sql");
        let sql = fs::read_to_string(fixture).expect("the fixture");
        let made = chatwoot.owner().batch_execute(&sql).await;
        made.unwrap_or_else(|error| panic!("{}", romashka_tests::explain(&error)));
        database.create_workspace("acme").await;
        Place {
            chatwoot,
            database,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn run(&self, source: &str, workspace: &str, more: &[&str]) -> Output {
        let mut command = Command::new(romashka_binary());
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATABASE_URL", self.database.url())
            .args(["--data-dir", "data", "--json"])
            .args(["import", "chatwoot", source, "--workspace", workspace])
            .args(more);
        command.output().expect("romashka runs")
    }

    fn import(&self, more: &[&str]) -> Value {
        let output = self.run(&self.chatwoot.url(), "acme", more);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    async fn json(&self, sql: &str) -> Value {
        value(self.database.owner(), sql).await
    }

    async fn count(&self, sql: &str) -> i64 {
        value(self.database.owner(), sql).await
    }
}

fn added(report: &Value, to: &str) -> u64 {
    let brought = report["brought"].as_array().expect("a list");
    let one = brought.iter().find(|one| one["to"] == to);
    one.and_then(|one| one["added"].as_u64())
        .unwrap_or_else(|| panic!("{to}: {report:#}"))
}

fn left(report: &Value, what: &str) -> u64 {
    let left = report["left"].as_array().expect("a list");
    let one = left.iter().find(|one| one["what"] == what);
    one.and_then(|one| one["count"].as_u64())
        .unwrap_or_else(|| panic!("{what}: {report:#}"))
}

const OF_ACME: &str = "workspace_id = (select id from public.workspaces where slug = 'acme')";

#[tokio::test(flavor = "multi_thread")]
async fn an_account_arrives_as_it_was() {
    let place = Place::new().await;
    let storage = place.folder.path().join("storage/ab/cd");
    fs::create_dir_all(&storage).expect("a folder");
    fs::write(storage.join("abcdefghijklmnopqrstuvwxyz12"), "a lamp!").expect("a file");
    let report = place.import(&["--storage", "storage"]);
    for (to, count) in [
        ("accounts", 2),
        ("members", 2),
        ("teams", 1),
        ("members of teams", 1),
        ("channels, inactive", 5),
        ("customers", 2),
        ("identities of customers", 2),
        ("canned responses", 2),
        ("conversations", 3),
        ("messages", 7),
        ("notes", 1),
        ("files (all are noted on their messages)", 1),
    ] {
        assert_eq!(added(&report, to), count, "{to}: {report:#}");
    }
    for (what, count) in [
        ("messages about what was done", 1),
        ("conversations without an inbox", 1),
        ("inboxes of kinds that do not exist here", 1),
        ("descriptions and colours of labels", 2),
        ("macros", 1),
    ] {
        assert_eq!(left(&report, what), count, "{what}");
    }

    let members = place
        .json(&format!(
            "select jsonb_object_agg(p.email, m.role) from public.workspace_members m join public.profiles p on p.id = m.user_id where {OF_ACME}"
        ))
        .await;
    assert_eq!(
        members,
        serde_json::json!({"ann@acme.test": "admin", "bob@acme.test": "agent"})
    );
    let conversation = place
        .json(&format!(
            "select jsonb_build_object('status', c.status, 'priority', c.priority, 'tags', c.tags, 'subject', c.subject, 'rating', c.satisfaction_score, 'comment', c.satisfaction_comment,
               'agent', p.email, 'team', t.name, 'channel', c.channel_type, 'messages', c.message_count, 'created', c.created_at at time zone 'UTC', 'resolved', c.resolved_at at time zone 'UTC',
               'answered', c.first_response_at at time zone 'UTC', 'order', c.custom_attributes ->> 'order', 'customer', k.name, 'plan', k.custom_fields ->> 'plan', 'notes', k.notes, 'company', k.company)
               from public.conversations c join public.profiles p on p.id = c.assigned_agent_id join public.teams t on t.id = c.team_id join public.customer_profiles k on k.id = c.customer_id
              where c.{OF_ACME} and c.number = 7"
        ))
        .await;
    assert_eq!(
        conversation,
        serde_json::json!({
            "status": "resolved", "priority": "urgent", "tags": ["lamps", "urgent"], "subject": "Broken lamp", "rating": 4, "comment": "Quick",
            "agent": "bob@acme.test", "team": "sales", "channel": "email", "messages": 4, "created": "2025-02-01T10:00:00", "resolved": "2025-02-01T12:00:00",
            "answered": "2025-02-01T11:00:00", "order": "A1", "customer": "Carl Customer", "plan": "gold", "notes": "Pays late\n\nIs nice", "company": "Carl & Co",
        })
    );
    let messages = place
        .json(&format!(
            "select jsonb_agg(jsonb_build_array(m.sender_type, m.content, m.is_quiet, m.delivery_status, m.message_type, m.external_message_id) order by m.created_at, m.id)
               from public.messages m where m.{OF_ACME}"
        ))
        .await;
    assert_eq!(
        messages,
        serde_json::json!([
            [
                "user",
                "My lamp is broken",
                false,
                "sent",
                "text",
                "one@example.test"
            ],
            ["ai", "Thanks, we look into it", true, "sent", "text", null],
            [
                "agent",
                "A new one is on its way",
                false,
                "read",
                "text",
                "two@acme.test"
            ],
            ["ai", "How was it?", true, "sent", "text", null],
            ["user", "", false, "sent", "image", "dup"],
            ["ai", "I am a bot", false, "sent", "text", null],
            ["user", "Call me", false, "sent", "image", "SM1"],
        ])
    );
    let waiting = place
        .json(&format!(
            "select jsonb_object_agg(number, jsonb_build_array(status, snoozed_until is not null, channel_type)) from public.conversations where {OF_ACME} and number > 7"
        ))
        .await;
    assert_eq!(
        waiting,
        serde_json::json!({"8": ["active", false, "website"], "9": ["active", true, "sms"]})
    );
    let channels = place
        .json(&format!(
            "select jsonb_object_agg(name, jsonb_build_array(type, status, api_credentials)) from public.communication_channels where {OF_ACME}"
        ))
        .await;
    assert_eq!(
        channels["Chat"],
        serde_json::json!(["whatsapp", "inactive", null])
    );
    assert_eq!(
        channels["Telegram"],
        serde_json::json!(["api", "inactive", null])
    );
    let file: String = value(
        place.database.owner(),
        &format!("select file_path from public.file_attachments where {OF_ACME} and filename = 'lamp-one.png'"),
    )
    .await;
    let stored = fs::read_to_string(place.folder.path().join("data/files").join(file));
    assert_eq!(stored.expect("the file"), "a lamp!");

    // Of the other account there is nothing; nothing waits to be sent; the ledger has each at its time.
    assert_eq!(
        place
            .count("select count(*) from public.messages where content = 'Theirs'")
            .await,
        0
    );
    assert_eq!(
        place
            .count("select count(*) from public.message_delivery_tracking")
            .await,
        0
    );
    assert_eq!(
        place
            .count(&format!(
                "select count(*) from public.events where {OF_ACME} and kind = 'message.created' and time_basis = 'source' and occurred_at < '2025-03-01'"
            ))
            .await,
        7
    );
    // The next one comes after all of Chatwoot's.
    let next = "insert into public.conversations (workspace_id, user_name) select id, 'next' from public.workspaces where slug = 'acme' returning number";
    assert_eq!(place.count(next).await, 11);
    let verify = Command::new(romashka_binary())
        .env("DATABASE_URL", place.database.url())
        .args(["verify", "--json"])
        .output()
        .expect("romashka runs");
    let found = String::from_utf8_lossy(&verify.stdout);
    assert_eq!(verify.status.code(), Some(0), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_doubles_nothing_and_brings_what_came_since() {
    let place = Place::new().await;
    place.import(&[]);
    let everything = "select jsonb_build_array((select count(*) from public.messages), (select count(*) from public.conversations), (select count(*) from public.customer_profiles),
       (select count(*) from public.customer_identities), (select count(*) from public.events), (select count(*) from public.conversation_notes), (select count(*) from public.conversation_thread_keys),
       (select count(*) from public.canned_responses), (select count(*) from public.communication_channels), (select count(*) from auth.users))";
    let before = place.json(everything).await;
    // What is done here in between stays.
    place
        .database
        .owner()
        .batch_execute(&format!(
            "update public.conversations set priority = 'low' where {OF_ACME} and number = 7"
        ))
        .await
        .expect("a change");
    let changed = place
        .json("select to_jsonb(count(*)) from public.events")
        .await;
    let report = place.import(&[]);
    for one in report["brought"].as_array().expect("a list") {
        assert_eq!(one["added"], 0, "{one}");
    }
    let after = place.json(everything).await;
    assert_eq!(after[0], before[0]);
    assert_eq!(after[4], changed, "the second run wrote into the ledger");
    for at in [1, 2, 3, 5, 6, 7, 8, 9] {
        assert_eq!(after[at], before[at], "{at}");
    }
    let priority: String = value(
        place.database.owner(),
        &format!("select priority::text from public.conversations where {OF_ACME} and number = 7"),
    )
    .await;
    assert_eq!(priority, "low");

    place
        .chatwoot
        .owner()
        .batch_execute("select setval('messages_id_seq', (select max(id) from messages)); insert into messages (content, account_id, inbox_id, conversation_id, message_type, sender_type, sender_id, created_at) values ('Still there?', 1, 2, 2, 0, 'Contact', 1, '2025-02-04 10:00')")
        .await
        .expect("a message");
    let report = place.import(&[]);
    assert_eq!(added(&report, "messages"), 1);
    assert_eq!(added(&report, "conversations"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_chatwoot_is_refused() {
    let place = Place::new().await;
    let refuse = |source: &str, workspace: &str, more: &[&str], code: i32, words: &str| {
        let output = place.run(source, workspace, more);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(words), "{said}");
    };
    refuse(
        &place.database.url(),
        "acme",
        &[],
        2,
        "there is no Chatwoot",
    );
    refuse(
        &place.chatwoot.url(),
        "acme",
        &["--account", "9"],
        2,
        "1 (Acme)",
    );
    refuse(
        &place.chatwoot.url(),
        "nobody",
        &[],
        2,
        "there is no workspace nobody",
    );
    assert_eq!(
        place
            .count("select count(*) from public.communication_channels")
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_will_do() {
    let place = Place::new().await;
    for (form, name) in [("custom", "chatwoot.dump"), ("plain", "chatwoot.sql")] {
        let dumped = client_program("pg_dump")
            .args(["--format", form, "--file"])
            .arg(place.folder.path().join(name))
            .arg(place.chatwoot.url())
            .output()
            .expect("pg_dump runs");
        let said = String::from_utf8_lossy(&dumped.stderr);
        if said.contains("version mismatch") {
            eprintln!("not run: pg_dump is older than the server");
            return;
        }
        assert!(dumped.status.success(), "{said}");
    }
    let import = |name: &str| -> Value {
        let output = Command::new(romashka_binary())
            .current_dir(place.folder.path())
            .env("DATABASE_URL", place.database.url())
            .args(["--data-dir", "data", "--json", "import", "chatwoot"])
            .args(["--workspace", "acme", "--dump", name])
            .output()
            .expect("romashka runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let report = import("chatwoot.dump");
    assert_eq!(added(&report, "messages"), 7);
    assert_eq!(added(&report, "conversations"), 3);
    // The same account: nothing of it is new.
    let report = import("chatwoot.sql");
    assert_eq!(added(&report, "messages"), 0);
}
