//! Events to subscribers: each once, signed, tried again, put out again, and never to an address that is not allowed.

use romashka_channels::webhooks::secret::Secret;
use romashka_channels::webhooks::signature::{ReceivedHeaders, VerifyingKey, verify};
use romashka_db::envelope::Place;
use romashka_tests::api::Visitor;
use romashka_tests::{Api, Role, TestDatabase};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::provider::{Provider, Received, Reply, until};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A subscription of a workspace, its secret sealed for its own place.
async fn subscribe(api: &Api, workspace: Uuid, url: &str, kinds: &str) -> Uuid {
    let id = Uuid::new_v4();
    let place = Place {
        table: "webhook_subscriptions",
        column: "secret_key",
        workspace,
        row: id,
    };
    let keys = &api.serving().server().keys;
    api.database
        .owner()
        .execute(
            "insert into public.webhook_subscriptions (id, workspace_id, event_type, webhook_url, secret_key, retry_count) values ($1, $2, $3, $4, $5, 9)",
            &[&id, &workspace, &kinds, &url, &keys.seal_text(place, SECRET.as_bytes())],
        )
        .await
        .expect("a subscription");
    id
}

async fn subscribed<'api>(
    api: &'api Api,
    provider: &Provider,
    kinds: &str,
) -> (Visitor<'api>, Uuid) {
    let workspace = api.database.create_workspace("acme").await;
    let admin = api.member(workspace, Role::Admin).await;
    let url = format!("{}/hook", provider.address);
    let id = subscribe(api, workspace, &url, kinds).await;
    (admin, id)
}

async fn customer(api: &Api, name: &str) {
    api.database
        .owner()
        .execute(
            "insert into public.conversations (workspace_id, channel_type, user_name) select id, 'sms', $1 from public.workspaces where slug = 'acme'",
            &[&name],
        )
        .await
        .expect("a conversation");
}

fn verified(received: &Received) -> Value {
    let header = |name: &str| {
        received
            .headers
            .get(name)
            .map(|value| value.to_str().expect("a text"))
    };
    let headers = ReceivedHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let keys = [VerifyingKey::Secret(
        Secret::parse(SECRET).expect("a secret"),
    )];
    let now = jiff::Timestamp::now();
    verify(headers, &received.body, &keys, now).expect("a signature that holds");
    serde_json::from_slice(&received.body).expect("JSON")
}

#[tokio::test]
async fn an_event_arrives_signed_once_after_a_failure_and_again_when_asked() {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let (admin, id) = subscribed(&api, &provider, "conversation.*").await;
    provider.reply(Reply::Status(
        503,
        vec![("retry-after", "1".to_owned())],
        "busy".to_owned(),
    ));
    customer(&api, "Ann").await;
    until(
        &api,
        "select count(*) from public.webhook_logs where attempt_count = 1 and status = 'pending'",
        1_i64,
    )
    .await;
    // The schedule's wait is 5 s; it has been shortened here as time does.
    api.database
        .owner()
        .batch_execute("update public.webhook_logs set next_attempt_at = now()")
        .await
        .expect("due");
    until(
        &api,
        "select count(*) from public.webhook_logs where status = 'succeeded'",
        1_i64,
    )
    .await;
    let received = provider.received();
    assert_eq!(received.len(), 2);
    assert_eq!(
        received[0].headers.get("webhook-id"),
        received[1].headers.get("webhook-id")
    );
    assert_eq!(verified(&received[1])["type"], "conversation.created");
    let history = admin
        .get(&format!("/webhooks/{id}/deliveries"))
        .await
        .expect(200);
    let delivery = &history.body["data"][0];
    assert_eq!(delivery["attempts"].as_array().map(Vec::len), Some(2));
    assert_eq!(delivery["attempts"][0]["status"], 503);
    let again = json!({"delivery_ids": [delivery["id"]]});
    let replayed = admin
        .post(&format!("/webhooks/{id}/replay"), &again)
        .await
        .expect(200);
    assert_eq!(replayed.body["replayed"], 1);
    until(
        &api,
        "select jsonb_array_length(attempts)::bigint from public.webhook_logs where status = 'succeeded' union all select 0 limit 1",
        3_i64,
    )
    .await;
    assert_eq!(
        provider.received()[2].headers.get("webhook-id"),
        received[0].headers.get("webhook-id")
    );
}

#[tokio::test]
async fn the_test_button_sends_and_a_receiver_that_is_gone_is_switched_off() {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let (admin, id) = subscribed(&api, &provider, "message.created").await;
    admin
        .post(&format!("/webhooks/{id}/test"), &Value::Null)
        .await
        .expect(202);
    until(
        &api,
        "select count(*) from public.webhook_logs where status = 'succeeded'",
        1_i64,
    )
    .await;
    assert_eq!(verified(&provider.received()[0])["type"], "webhook.test");
    provider.reply(Reply::Status(410, vec![], String::new()));
    admin
        .post(&format!("/webhooks/{id}/test"), &Value::Null)
        .await
        .expect(202);
    until(
        &api,
        "select count(*) from public.webhook_subscriptions where not is_active and disabled_at is not null",
        1_i64,
    )
    .await;
    admin
        .post(&format!("/webhooks/{id}/test"), &Value::Null)
        .await
        .expect(409);
}

#[tokio::test]
async fn an_address_that_is_not_allowed_is_never_connected_to() {
    let provider = Provider::start().await;
    let mut settings = provider.settings();
    // By name the loopback is reached, were it not for the guard.
    settings.webhook_policy.guard.allowed = vec!["192.0.2.0/24".parse().expect("a network")];
    let api = Api::over(TestDatabase::new().await, settings).await;
    let workspace = api.database.create_workspace("acme").await;
    let admin = api.member(workspace, Role::Admin).await;
    let port = provider.address.rsplit(':').next().expect("a port");
    let addresses = [
        format!("http://127.0.0.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://localhost:{port}/"),
    ];
    for url in &addresses {
        let id = subscribe(&api, workspace, url, "webhook.none").await;
        admin
            .post(&format!("/webhooks/{id}/test"), &Value::Null)
            .await
            .expect(202);
    }
    until(
        &api,
        "select count(*) from public.webhook_logs where error_message = 'The address is not allowed' and attempt_count = 1",
        addresses.len() as i64,
    )
    .await;
    assert!(provider.received().is_empty());
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_not_followed() {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let (_, _) = subscribed(&api, &provider, "conversation.created").await;
    let elsewhere = format!("{}/elsewhere", provider.address);
    provider.reply(Reply::Status(
        302,
        vec![("location", elsewhere)],
        String::new(),
    ));
    customer(&api, "Ann").await;
    until(
        &api,
        "select count(*) from public.webhook_logs where response_status = 302 and status = 'pending'",
        1_i64,
    )
    .await;
    assert_eq!(provider.received().len(), 1);
}
