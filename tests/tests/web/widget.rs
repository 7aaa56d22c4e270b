//! The widget in a real browser, on a page of another origin with a strict policy, against a real server.

use std::net::TcpListener;

use romashka_tests::{Api, Role, explain, value};
use serde_json::{Value, json};
use tokio::process::Command;
use uuid::Uuid;

use crate::node::{browser, key_of, packages, run};

/// A widget for the pages on this port; its id and its public token.
async fn widget(
    api: &Api,
    workspace: Uuid,
    name: &str,
    port: u16,
    configuration: &Value,
) -> (Uuid, String) {
    let owner = api.database.owner();
    let pages = vec![format!("localhost:{port}"), format!("127.0.0.1:{port}")];
    let made = owner
        .query_one(
            "insert into public.widget_configurations (workspace_id, widget_name, allowed_domains, configuration)
             values ($1, $2, $3, $4) returning id",
            &[&workspace, &name, &pages, configuration],
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let id: Uuid = made.get(0);
    let token = value(
        owner,
        &format!("select public.widget_token('{id}', '{workspace}')"),
    )
    .await;
    (id, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_widget_works_in_a_browser() {
    let (Some(web), Some(chromium)) = (packages(), browser()) else {
        return;
    };
    let api = Api::new().await;
    let workspace = api.database.create_workspace("shop").await;
    // Free a moment ago: the policies of the widgets and of the page have to name it before it is taken.
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let form = json!([
        {"key": "name", "type": "text", "label": "Your name", "required": true},
        {"key": "email", "type": "email", "label": "Email", "required": false},
        {"key": "consent", "type": "checkbox", "label": "I agree.", "required": true},
    ]);
    let (plain_id, plain) =
        widget(&api, workspace, "Shop", port, &json!({"color": "#2f7d4f"})).await;
    let (_, form) = widget(
        &api,
        workspace,
        "Form",
        port,
        &json!({"pre_chat_form": form}),
    )
    .await;
    let away = json!({"require_email_offline": true});
    let (_, away) = widget(&api, workspace, "Away", port, &away).await;
    let tokens = json!({"plain": plain, "form": form, "away": away});
    let admin = api.member(workspace, Role::Admin).await;
    let made = admin
        .post(&format!("/widgets/{plain_id}/secrets"), &Value::Null)
        .await
        .expect(201);
    let secret = made.body["secret"].as_str().expect("a secret");
    let scopes = [
        "conversations:read",
        "conversations:write",
        "customers:read",
        "attachments:read",
    ];
    let key = api.key(workspace, "agent", &scopes).await;
    run(Command::new("npm")
        .args(["run", "--silent", "test:browser", "--workspace", "widget"])
        .current_dir(web)
        .env("ROMASHKA_URL", api.address())
        .env("ROMASHKA_KEY", key_of(&key))
        .env("ROMASHKA_WIDGETS", tokens.to_string())
        .env("ROMASHKA_IDENTITY_SECRET", secret)
        .env("ROMASHKA_HOST_PORT", port.to_string())
        .env("ROMASHKA_CHROMIUM", chromium))
    .await
    .expect_success();
}
