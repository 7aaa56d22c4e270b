//! Events to subscribers: each once, signed, tried again, put out again, and never to an address that is not allowed.

use romashka_channels::webhooks::secret::{PublicKey, Secret};
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
    assert!(
        is_signed_by(received, secret(SECRET)),
        "a signature that holds"
    );
    serde_json::from_slice(&received.body).expect("JSON")
}

fn secret(text: &str) -> VerifyingKey {
    VerifyingKey::Secret(Secret::parse(text).expect("a secret"))
}

fn public(text: &str) -> VerifyingKey {
    VerifyingKey::Public(PublicKey::parse(text).expect("a public key"))
}

fn is_signed_by(received: &Received, key: VerifyingKey) -> bool {
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
    verify(headers, &received.body, &[key], jiff::Timestamp::now()).is_ok()
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

/// Tests the webhook; what came of it.
async fn tested(api: &Api, admin: &Visitor<'_>, provider: &Provider, id: Uuid) -> Received {
    let before = provider.received().len();
    admin
        .post(&format!("/webhooks/{id}/test"), &Value::Null)
        .await
        .expect(202);
    until(
        api,
        "select count(*) from public.webhook_logs where status = 'succeeded'",
        before as i64 + 1,
    )
    .await;
    provider.received()[before].clone()
}

#[tokio::test]
async fn keys_are_exchanged_without_a_post_that_a_receiver_cannot_verify() {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let (admin, id) = subscribed(&api, &provider, "message.created").await;
    let rotate = async |body: Value| {
        let path = format!("/webhooks/{id}/rotate");
        admin.post(&path, &body).await.expect(200).body
    };
    let made = rotate(json!({"kind": "secret", "overlap_hours": 1})).await;
    let new = made["secret"].as_str().expect("a secret").to_owned();
    assert!(made["previous_key_until"].is_string());
    let received = tested(&api, &admin, &provider, id).await;
    assert!(is_signed_by(&received, secret(&new)) && is_signed_by(&received, secret(SECRET)));
    let header = received.headers["webhook-signature"]
        .to_str()
        .expect("text");
    assert_eq!(
        header
            .split(' ')
            .filter(|entry| entry.starts_with("v1,"))
            .count(),
        2
    );
    // Time goes by.
    api.database
        .owner()
        .batch_execute("update public.webhook_subscriptions set previous_secret_until = now()")
        .await
        .expect("later");
    let received = tested(&api, &admin, &provider, id).await;
    assert!(is_signed_by(&received, secret(&new)) && !is_signed_by(&received, secret(SECRET)));
    // An asymmetric key beside it, exchanged as well.
    let first = rotate(json!({"kind": "key_pair"})).await;
    assert_eq!(first["previous_key_until"], Value::Null);
    let first = first["public_key"].as_str().expect("a key").to_owned();
    let second = rotate(json!({"kind": "key_pair"})).await;
    let second = second["public_key"].as_str().expect("a key").to_owned();
    let received = tested(&api, &admin, &provider, id).await;
    for key in [secret(&new), public(&first), public(&second)] {
        assert!(is_signed_by(&received, key));
    }
    // One that others have seen ends at once.
    let third = rotate(json!({"kind": "key_pair", "overlap_hours": 0})).await;
    let third = third["public_key"].as_str().expect("a key").to_owned();
    let received = tested(&api, &admin, &provider, id).await;
    assert!(is_signed_by(&received, public(&third)) && !is_signed_by(&received, public(&second)));
    let shown = admin.get(&format!("/webhooks/{id}")).await.expect(200);
    assert_eq!(shown.body["public_key"], third);
    assert!(
        !shown.body.to_string().contains("whsec_") && !shown.body.to_string().contains("whsk_")
    );
    admin
        .delete(&format!("/webhooks/{id}/key_pair"))
        .await
        .expect(204);
    let received = tested(&api, &admin, &provider, id).await;
    let header = received.headers["webhook-signature"]
        .to_str()
        .expect("text");
    assert!(
        header.starts_with("v1,") && !header.contains("v1a,"),
        "{header}"
    );
}

#[tokio::test]
async fn admins_are_warned_after_a_day_of_failures_and_told_when_it_is_switched_off() {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let (admin, id) = subscribed(&api, &provider, "message.created").await;
    let other = api.database.create_workspace("other").await;
    api.database.create_person(other, Role::Admin).await;
    // A failure after so many hours, as time would bring them.
    let fail_after = async |hours: i32| {
        api.database
            .owner()
            .execute(
                "update public.webhook_subscriptions set first_failed_at = first_failed_at - make_interval(hours => $1), last_failed_at = last_failed_at - make_interval(hours => $1),
                        failing_since = failing_since - make_interval(hours => $1), warned_at = warned_at - make_interval(hours => $1)",
                &[&hours],
            )
            .await
            .expect("hours");
        provider.reply(Reply::Status(500, vec![], String::new()));
        let failures: i32 = romashka_tests::value(
            api.database.owner(),
            "select max(failure_count) from public.webhook_subscriptions",
        )
        .await;
        api.database
            .owner()
            .batch_execute("delete from public.webhook_logs")
            .await
            .expect("nothing waits");
        admin
            .post(&format!("/webhooks/{id}/test"), &Value::Null)
            .await
            .expect(202);
        until(
            &api,
            "select max(failure_count) from public.webhook_subscriptions",
            failures + 1,
        )
        .await;
        romashka_tests::value::<Option<String>>(
            api.database.owner(),
            "select string_agg(kind, ',' order by created_at) from romashka.outgoing_mails",
        )
        .await
    };
    // Failures here and there start nothing.
    for hours in [0, 30, 30] {
        assert_eq!(fail_after(hours).await, None);
    }
    for hours in [1, 1, 20] {
        assert_eq!(fail_after(hours).await, None);
    }
    assert_eq!(fail_after(4).await.as_deref(), Some("webhook_failing"));
    assert_eq!(
        fail_after(48).await.as_deref(),
        Some("webhook_failing"),
        "once"
    );
    let shown = admin.get(&format!("/webhooks/{id}")).await.expect(200);
    assert_eq!(shown.body["is_active"], true);
    assert!(shown.body["warned_at"].is_string());
    assert_eq!(
        fail_after(47).await.as_deref(),
        Some("webhook_failing,webhook_disabled")
    );
    let shown = admin.get(&format!("/webhooks/{id}")).await.expect(200);
    assert_eq!(shown.body["is_active"], false);
    let kinds: String = romashka_tests::value(
        api.database.owner(),
        "select string_agg(kind, ',' order by id) from public.events where kind like 'webhook.%'",
    )
    .await;
    assert_eq!(kinds, "webhook.failing,webhook.disabled");
    // Those of this workspace alone are told.
    let told: i64 = romashka_tests::value(
        api.database.owner(),
        "select count(distinct recipient) from romashka.outgoing_mails",
    )
    .await;
    assert_eq!(told, 1);
    let on = admin
        .patch(&format!("/webhooks/{id}"), &json!({"is_active": true}))
        .await
        .expect(200);
    assert_eq!(
        (&on.body["failing_since"], &on.body["warned_at"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn what_was_put_out_in_a_range_of_time_is_put_out_again() {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let (admin, id) = subscribed(&api, &provider, "webhook.none").await;
    // Of each of ten hours one that was taken and one that was refused for good.
    api.database
        .owner()
        .execute(
            "insert into public.webhook_logs (workspace_id, webhook_subscription_id, event_type, payload, status, completed_at, created_at)
             select w.id, $1, 'message.created', jsonb_build_object('type', 'message.created', 'data', jsonb_build_object('hour', h)), s, now(), now() - make_interval(hours => h)
               from public.workspaces as w, generate_series(1, 10) as h, unnest(array['succeeded', 'failed']) as s where w.slug = 'acme'",
            &[&id],
        )
        .await
        .expect("a history");
    let hours_ago = |hours: f64| {
        let ago = jiff::SignedDuration::from_secs_f64(hours * 3600.0);
        (jiff::Timestamp::now() - ago).to_string()
    };
    let replay = async |body: Value| {
        let path = format!("/webhooks/{id}/replay");
        admin.post(&path, &body).await
    };
    let wrong = replay(json!({"since": hours_ago(1.0), "until": hours_ago(2.0)})).await;
    assert_eq!(wrong.expect(422).body["field"], "until");
    let failed = replay(json!({"since": hours_ago(6.5), "until": hours_ago(3.5)})).await;
    assert_eq!(failed.expect(200).body["replayed"], 3);
    let all = replay(
        json!({"since": hours_ago(2.5), "until": hours_ago(0.5), "include_succeeded": true}),
    )
    .await;
    assert_eq!(all.expect(200).body["replayed"], 4);
    until(&api, "select count(*) from public.webhook_logs where status = 'succeeded' and jsonb_array_length(attempts) = 1", 7_i64).await;
    let mut hours: Vec<i64> = provider
        .received()
        .iter()
        .map(|received| {
            verified(received)["data"]["hour"]
                .as_i64()
                .expect("an hour")
        })
        .collect();
    hours.sort_unstable();
    assert_eq!(hours, [1, 1, 2, 2, 4, 5, 6]);
}
