//! Webhooks of providers: believed by their signature alone, durable before they are acknowledged, each item once.

use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use romashka_channels::whatsapp::webhook::BODY_LIMIT;
use romashka_tests::Api;
use serde_json::json;
use sha1::Sha1;

use crate::provider::{
    ACCOUNT, AUTH_TOKEN, delivery_of, meta_signature, now, post_whatsapp, sms, until, value_of,
    whatsapp,
};

#[tokio::test]
async fn every_message_of_a_batch_is_in_a_conversation_once() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let channel = whatsapp(&api, workspace).await;
    let messages: Vec<_> = (0..40)
        .map(|number| {
            (
                format!("wamid.in{number}"),
                format!("4915100000{}", number % 4),
                format!("message {number}"),
            )
        })
        .collect();
    let whole = delivery_of(&messages, now());
    // Again as it was, and once more cut into other batches in another order.
    for body in [&whole, &whole] {
        assert_eq!(post_whatsapp(&api, &channel.token, body).await, 200);
    }
    for part in messages.chunks(7).rev() {
        assert_eq!(
            post_whatsapp(&api, &channel.token, &delivery_of(part, now())).await,
            200
        );
    }
    until(&api, "select count(*) from public.messages", 40_i64).await;
    until(
        &api,
        "select count(*) from public.webhook_events where status <> 'processed'",
        0_i64,
    )
    .await;
    until(&api, "select count(*) from public.messages", 40_i64).await;
    until(&api, "select count(*) from public.conversations", 4_i64).await;
    until(
        &api,
        "select count(distinct external_message_id) from public.messages where channel_type = 'whatsapp' and sender_type = 'user'",
        40_i64,
    )
    .await;
}

#[tokio::test]
async fn what_is_not_signed_for_this_channel_is_not_taken() {
    let api = Api::new().await;
    let (ours, theirs) = (
        api.database.create_workspace("acme").await,
        api.database.create_workspace("other").await,
    );
    let channel = whatsapp(&api, ours).await;
    let body = delivery_of(
        &[("wamid.x".into(), "49151000001".into(), "hello".into())],
        now(),
    )
    .to_string();
    let path = format!("/hooks/whatsapp/{}", channel.token);
    for (path, signature, expected) in [
        (path.as_str(), None, 401),
        (path.as_str(), Some("sha256=00".to_owned()), 401),
        (
            path.as_str(),
            Some(meta_signature(body.as_bytes(), "another secret")),
            401,
        ),
        (
            path.as_str(),
            Some(meta_signature(b"other bytes", crate::provider::APP_SECRET)),
            401,
        ),
        (
            "/hooks/whatsapp/AAAAAAAAAAAAAAAAAAAAAA",
            Some(meta_signature(body.as_bytes(), crate::provider::APP_SECRET)),
            404,
        ),
        // The token of a channel of another kind.
        (
            &format!("/hooks/sms/{}", channel.token),
            Some(meta_signature(body.as_bytes(), crate::provider::APP_SECRET)),
            404,
        ),
    ] {
        let mut request = api.request(Method::POST, path).body(body.clone());
        if let Some(signature) = signature {
            request = request.header("x-hub-signature-256", signature);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), expected, "{path}");
    }
    until(&api, "select count(*) from public.webhook_events", 0_i64).await;
    // A channel of theirs whose envelope was copied from ours opens nothing: 503, nothing stored.
    let copied = crate::provider::whatsapp(&api, theirs).await;
    api.database
        .owner()
        .execute(
            "update public.communication_channels as t set api_credentials = o.api_credentials from public.communication_channels as o where t.id = $1 and o.id = $2",
            &[&copied.id, &channel.id],
        )
        .await
        .expect("copied");
    let taken = post_whatsapp(
        &api,
        &copied.token,
        &delivery_of(
            &[("wamid.y".into(), "49151000002".into(), "hi".into())],
            now(),
        ),
    )
    .await;
    assert_eq!(taken, 503);
    // What is signed and sent to ours is in ours alone.
    let own = delivery_of(
        &[("wamid.z".into(), "49151000003".into(), "hi".into())],
        now(),
    );
    assert_eq!(post_whatsapp(&api, &channel.token, &own).await, 200);
    until(&api, "select count(*) from public.messages", 1_i64).await;
    let found: uuid::Uuid = romashka_tests::value(
        api.database.owner(),
        "select workspace_id from public.messages",
    )
    .await;
    assert_eq!(found, ours);
}

#[tokio::test]
async fn meta_sets_the_webhook_up_with_the_channels_own_token() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let channel = whatsapp(&api, workspace).await;
    for (token, expected) in [("verify%20me", 200), ("guess", 403)] {
        let path = format!(
            "/hooks/whatsapp/{}?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444",
            channel.token
        );
        let answer = api
            .request(Method::GET, &path)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status().as_u16(), expected);
        let text = answer.text().await.expect("a text");
        assert_eq!(text == "1158201444", expected == 200);
    }
}

#[tokio::test]
async fn what_is_not_understood_is_set_aside_and_its_siblings_are_taken() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let channel = whatsapp(&api, workspace).await;
    let mut body = delivery_of(
        &[("wamid.good".into(), "49151000001".into(), "hello".into())],
        now(),
    );
    body["entry"][0]["changes"]
        .as_array_mut()
        .expect("changes")
        .push(json!({"field": "messages", "value": {"metadata": {"phone_number_id": "1111"}, "messages": [{"no": "id"}]}}));
    assert_eq!(post_whatsapp(&api, &channel.token, &body).await, 200);
    until(
        &api,
        "select count(*) from public.webhook_events where status = 'quarantined'",
        1_i64,
    )
    .await;
    until(&api, "select count(*) from public.messages", 1_i64).await;
    api.database
        .owner()
        .execute(
            "select public.replay_webhook_events(since => now() - interval '1 hour', workspace => $1)",
            &[&workspace],
        )
        .await
        .expect("replayed");
    until(
        &api,
        "select count(*) from public.webhook_events where status = 'quarantined' and processing_attempts = 1",
        1_i64,
    )
    .await;
    until(&api, "select count(*) from public.messages", 1_i64).await;
}

#[tokio::test]
async fn reports_in_any_order_never_go_backwards() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let channel = whatsapp(&api, workspace).await;
    let hello = delivery_of(
        &[("wamid.hello".into(), "49151000001".into(), "hello".into())],
        now(),
    );
    assert_eq!(post_whatsapp(&api, &channel.token, &hello).await, 200);
    until(&api, "select count(*) from public.messages", 1_i64).await;
    api.database
        .owner()
        .batch_execute(
            "insert into public.message_delivery_tracking (workspace_id, message_id, channel_type, external_message_id, delivery_status)
             select workspace_id, id, 'whatsapp', 'wamid.out', 'sent' from public.messages",
        )
        .await
        .expect("a delivery");
    for status in ["read", "sent", "delivered", "read"] {
        let report = value_of(
            &json!({"statuses": [{"id": "wamid.out", "status": status, "timestamp": now().to_string(), "recipient_id": "49151000001"}]}),
        );
        assert_eq!(post_whatsapp(&api, &channel.token, &report).await, 200);
    }
    until(
        &api,
        "select count(*) from public.webhook_events where status = 'processed'",
        4_i64,
    )
    .await;
    until(
        &api,
        "select delivery_status from public.message_delivery_tracking",
        "read".to_owned(),
    )
    .await;
}

pub fn twilio_signature(url: &str, parameters: &[(&str, &str)]) -> String {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let mut mac = Hmac::<Sha1>::new_from_slice(AUTH_TOKEN.as_bytes()).expect("any key");
    mac.update(url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn a_text_message_comes_in_and_stop_is_kept() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let channel = sms(&api, workspace).await;
    let path = format!("/hooks/sms/{}", channel.token);
    let url = format!("{}{path}", api.address());
    for (sid, text) in [
        ("SM00000000000000000000000000000001", "Hello"),
        ("SM00000000000000000000000000000001", "Hello"),
        ("SM00000000000000000000000000000002", " stop "),
    ] {
        let form = [
            ("AccountSid", ACCOUNT),
            ("MessageSid", sid),
            ("From", "+4915100000001"),
            ("To", "+15005550006"),
            ("Body", text),
            ("NumMedia", "0"),
        ];
        let body = form
            .iter()
            .map(|(name, value)| format!("{name}={}", value.replace('+', "%2B").replace(' ', "+")))
            .collect::<Vec<_>>()
            .join("&");
        let post = |signature: String| {
            api.request(Method::POST, &path)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("x-twilio-signature", signature)
                .body(body.clone())
                .send()
        };
        let refused = post("bm8=".to_owned()).await.expect("an answer");
        assert_eq!(refused.status().as_u16(), 401);
        let taken = post(twilio_signature(&url, &form))
            .await
            .expect("an answer");
        assert_eq!(taken.status().as_u16(), 200);
        assert!(taken.text().await.expect("a text").contains("<Response>"));
    }
    until(&api, "select count(*) from public.messages", 2_i64).await;
    until(
        &api,
        "select count(*) from public.sms_opt_outs where our_number = '+15005550006' and customer_number = '+4915100000001' and is_opted_out and source = 'word'",
        1_i64,
    )
    .await;
}

#[tokio::test]
async fn a_delivery_that_is_too_large_is_refused_as_a_problem_and_not_kept() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let channel = whatsapp(&api, workspace).await;
    for path in [
        format!("/hooks/whatsapp/{}", channel.token),
        format!("/hooks/sms/{}", channel.token),
        format!("/hooks/sms/{}/status", channel.token),
    ] {
        let answer = api
            .request(Method::POST, &path)
            .header("content-type", "application/json")
            .body(vec![b' '; BODY_LIMIT + 1])
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 413, "{path}");
        assert_eq!(
            answer.headers()["content-type"],
            "application/problem+json",
            "{path}"
        );
        let problem: serde_json::Value = answer.json().await.expect("a problem");
        assert_eq!(problem["code"], "body_too_large", "{path}");
    }
    let answer = api
        .request(Method::POST, "/hooks/whatsapp/%ff")
        .body("{}")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    until(&api, "select count(*) from public.webhook_events", 0_i64).await;
}
