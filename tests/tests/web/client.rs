//! The official client: its own tests, and its examples against a real server.

use romashka_tests::{Api, repository_root, value};
use tokio::process::Command;
use uuid::Uuid;

use crate::node::{key_of, packages, run};

/// A workspace where two customers wait; their conversations.
async fn waiting(api: &Api) -> (Uuid, Vec<Uuid>) {
    let workspace = api.database.create_workspace("acme").await;
    let mut conversations = Vec::new();
    for address in ["ann@example.org", "bob@example.org"] {
        let sql = format!(
            "select conversation_id from public.ingest_message('email', '{address}', 'Where is it?', workspace => '{workspace}')"
        );
        conversations.push(value(api.database.owner(), &sql).await);
    }
    (workspace, conversations)
}

#[tokio::test]
async fn the_client_holds_what_it_promises() {
    let Some(web) = packages() else { return };
    run(Command::new("npm")
        .args(["test", "--silent", "--workspace", "client"])
        .current_dir(web))
    .await
    .expect_success();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_example_answers_and_sees_it_live() {
    let Some(web) = packages() else { return };
    run(Command::new("npm")
        .args(["run", "--silent", "build", "--workspace", "client"])
        .current_dir(&web))
    .await
    .expect_success();
    let api = Api::new().await;
    let (workspace, _) = waiting(&api).await;
    let scopes = ["conversations:read", "conversations:write", "stream:read"];
    let key = api.key(workspace, "agent", &scopes).await;
    let example = |key: String| {
        let mut command = Command::new("node");
        command
            .args(["client/examples/answer.mjs", "It arrives tomorrow."])
            .current_dir(&web)
            .env("ROMASHKA_URL", api.address())
            .env("ROMASHKA_KEY", key);
        command
    };
    let said = run(&mut example(key_of(&key))).await.expect_success();
    let lines: Vec<&str> = said.lines().collect();
    let sent = lines[0].strip_prefix("sent ").expect("what was sent");
    assert_eq!(lines[1..], [format!("seen {sent}")]);
    let stored: String = value(
        api.database.owner(),
        &format!("select content from public.messages where id = '{sent}'"),
    )
    .await;
    assert_eq!(stored, "It arrives tomorrow.");

    // A key without the scope is told so in the server's words.
    let reader = api.key(workspace, "agent", &["customers:read"]).await;
    let refused = run(&mut example(key_of(&reader))).await;
    assert!(!refused.success);
    assert!(
        refused.errors.starts_with("scope_required: "),
        "{}",
        refused.errors
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_example_exports_everything_once() {
    if std::process::Command::new("python3")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("skipped: there is no python3");
        return;
    }
    let api = Api::new().await;
    let (workspace, conversations) = waiting(&api).await;
    let scopes = ["conversations:read", "conversations:write"];
    let key = api.key(workspace, "agent", &scopes).await;
    let script = repository_root().join("web/client/examples/conversations.py");
    let said = run(Command::new("python3")
        .arg(&script)
        .env("ROMASHKA_URL", api.address())
        .env("ROMASHKA_KEY", key_of(&key)))
    .await
    .expect_success();
    for conversation in &conversations {
        assert_eq!(said.matches(&conversation.to_string()).count(), 1, "{said}");
    }
    let notes: i64 = value(
        api.database.owner(),
        "select count(distinct conversation_id) from public.conversation_notes where note = 'Exported.'",
    )
    .await;
    assert_eq!(notes, 2);
    let wrong = run(Command::new("python3")
        .arg(&script)
        .env("ROMASHKA_URL", api.address())
        .env("ROMASHKA_KEY", "rmk_live_wrong"))
    .await;
    assert!(
        !wrong.success && wrong.errors.starts_with("invalid_token"),
        "{}",
        wrong.errors
    );
}
