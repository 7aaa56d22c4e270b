//! Messages to customers: sent at most once, in the order of their conversation, failures told apart.

use romashka_tests::{Api, TestDatabase};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::provider::{
    Channel, Provider, Reply, delivery_of, now, post_whatsapp, sms, until, value_of, whatsapp,
};

/// A workspace with a WhatsApp customer who has just written.
async fn with_customer(provider: &Provider) -> (Api, Uuid, Channel, Uuid) {
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let workspace = api.database.create_workspace("acme").await;
    let channel = whatsapp(&api, workspace).await;
    let hello = delivery_of(
        &[("wamid.hello".into(), "49151000001".into(), "hello".into())],
        now(),
    );
    assert_eq!(post_whatsapp(&api, &channel.token, &hello).await, 200);
    until(&api, "select count(*) from public.messages", 1_i64).await;
    let conversation =
        romashka_tests::value(api.database.owner(), "select id from public.conversations").await;
    (api, workspace, channel, conversation)
}

async fn send(api: &Api, workspace: Uuid, conversation: Uuid, text: &str, metadata: Value) -> Uuid {
    api.database
        .owner()
        .query_one(
            "select public.send_message($1, $2, metadata => $3, workspace => $4)",
            &[&conversation, &text, &metadata, &workspace],
        )
        .await
        .expect("a message")
        .get(0)
}

fn texts(provider: &Provider) -> Vec<String> {
    provider
        .received()
        .iter()
        .map(|received| {
            let body: Value = serde_json::from_slice(&received.body).expect("JSON");
            body["text"]["body"].as_str().unwrap_or_default().to_owned()
        })
        .collect()
}

const STATES: &str = "select string_agg(delivery_status, ',' order by created_at, id) from public.message_delivery_tracking";

#[tokio::test]
async fn messages_go_out_in_order_once_and_passing_failures_are_tried_again() {
    let provider = Provider::start().await;
    let (api, workspace, _, conversation) = with_customer(&provider).await;
    let limited = r#"{"error":{"code":131000,"message":"Something went wrong"}}"#.to_owned();
    provider.reply(Reply::Taken);
    provider.reply(Reply::Status(
        500,
        vec![("retry-after", "1".to_owned())],
        limited,
    ));
    for text in ["one", "two", "three"] {
        send(&api, workspace, conversation, text, json!({})).await;
    }
    until(&api, STATES, "sent,sent,sent".to_owned()).await;
    assert_eq!(texts(&provider), ["one", "two", "two", "three"]);
    let first = &provider.received()[0];
    assert_eq!(first.path, "/v24.0/1111/messages");
    assert_eq!(
        first
            .headers
            .get("authorization")
            .map(|value| value.as_bytes()),
        Some(b"Bearer token of a test".as_slice())
    );
    until(
        &api,
        "select string_agg(external_message_id, ',' order by created_at, id) from public.message_delivery_tracking",
        "wamid.1,wamid.3,wamid.4".to_owned(),
    )
    .await;
}

#[tokio::test]
async fn a_refusal_ends_it_in_words_and_the_next_one_goes() {
    let provider = Provider::start().await;
    let (api, workspace, _, conversation) = with_customer(&provider).await;
    let refused = r#"{"error":{"code":131026,"message":"Message undeliverable"}}"#.to_owned();
    provider.reply(Reply::Status(400, vec![], refused));
    send(&api, workspace, conversation, "one", json!({})).await;
    send(&api, workspace, conversation, "two", json!({})).await;
    until(&api, STATES, "failed,sent".to_owned()).await;
    until(
        &api,
        "select error_details ->> 'class' from public.message_delivery_tracking where delivery_status = 'failed'",
        "recipient".to_owned(),
    )
    .await;
    assert_eq!(provider.received().len(), 2);
}

#[tokio::test]
async fn a_lost_answer_is_not_repeated_and_the_report_tells() {
    let provider = Provider::start().await;
    let (api, workspace, channel, conversation) = with_customer(&provider).await;
    provider.reply(Reply::Status(502, vec![], "<html>".to_owned()));
    send(&api, workspace, conversation, "one", json!({})).await;
    until(
        &api,
        "select delivery_status || ' ' || is_uncertain from public.message_delivery_tracking",
        "failed true".to_owned(),
    )
    .await;
    let sent: Value = serde_json::from_slice(&provider.received()[0].body).expect("JSON");
    let report = value_of(
        &json!({"statuses": [{"id": "wamid.lost", "status": "delivered", "timestamp": now().to_string(),
        "recipient_id": "49151000001", "biz_opaque_callback_data": sent["biz_opaque_callback_data"]}]}),
    );
    assert_eq!(post_whatsapp(&api, &channel.token, &report).await, 200);
    until(
        &api,
        "select concat_ws(' ', delivery_status, is_uncertain::text, external_message_id) from public.message_delivery_tracking",
        "delivered false wamid.lost".to_owned(),
    )
    .await;
    assert_eq!(provider.received().len(), 1, "nothing was sent again");
}

#[tokio::test]
async fn outside_of_the_window_only_a_template_goes() {
    let provider = Provider::start().await;
    let (api, workspace, _, conversation) = with_customer(&provider).await;
    api.database
        .owner()
        .batch_execute("update public.messages set created_at = now() - interval '25 hours'")
        .await
        .expect("older");
    send(&api, workspace, conversation, "hello?", json!({})).await;
    let template =
        json!({"template": {"name": "order_update", "language": "en_US", "body": ["Ann"]}});
    send(&api, workspace, conversation, "Ann, your order", template).await;
    until(&api, STATES, "failed,sent".to_owned()).await;
    let received = provider.received();
    assert_eq!(received.len(), 1, "the free text did not leave");
    let body: Value = serde_json::from_slice(&received[0].body).expect("JSON");
    assert_eq!(
        body["template"]["components"][0]["parameters"][0]["text"],
        "Ann"
    );
    until(
        &api,
        "select error_details ->> 'class' from public.message_delivery_tracking where delivery_status = 'failed'",
        "window_closed".to_owned(),
    )
    .await;
}

#[tokio::test]
async fn a_long_text_goes_on_behind_the_part_that_was_taken() {
    let provider = Provider::start().await;
    let (api, workspace, _, conversation) = with_customer(&provider).await;
    let paragraph = format!("{}\n\n", "word ".repeat(700));
    let text = paragraph.repeat(3);
    provider.reply(Reply::Taken);
    let passing = r#"{"error":{"code":131000,"message":"Something went wrong"}}"#.to_owned();
    provider.reply(Reply::Status(
        500,
        vec![("retry-after", "1".to_owned())],
        passing,
    ));
    send(&api, workspace, conversation, &text, json!({})).await;
    until(&api, STATES, "sent".to_owned()).await;
    let sent: Vec<String> = provider
        .received()
        .iter()
        .map(|received| {
            let body: Value = serde_json::from_slice(&received.body).expect("JSON");
            let data = body["biz_opaque_callback_data"].as_str().expect("our id");
            data.rsplit('.').next().expect("a part").to_owned()
        })
        .collect();
    assert_eq!(sent, ["0", "1", "1", "2"]);
}

#[tokio::test]
async fn a_text_message_goes_by_twilio_and_not_to_who_has_said_stop() {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let workspace = api.database.create_workspace("acme").await;
    let channel = sms(&api, workspace).await;
    let conversation: Uuid = api
        .database
        .owner()
        .query_one(
            "select conversation_id from public.ingest_message('sms', '+4915100000001', 'hello', external_message_id => 'SM1', channel_id => $1, workspace => $2)",
            &[&channel.id, &workspace],
        )
        .await
        .expect("a conversation")
        .get(0);
    send(&api, workspace, conversation, "Good morning", json!({})).await;
    until(&api, STATES, "sent".to_owned()).await;
    let received = provider.received();
    assert!(received[0].path.ends_with("/Messages.json"));
    let body = String::from_utf8(received[0].body.clone()).expect("a form");
    assert!(body.contains("To=%2B4915100000001") && body.contains("Body=Good+morning"));
    // He stops while an answer is on its way: it does not leave.
    api.database
        .owner()
        .batch_execute(&format!(
            "begin;
             select public.send_message('{conversation}', 'Once more', workspace => '{workspace}');
             insert into public.customer_channel_preferences (workspace_id, customer_id, channel_type, opt_in)
             select workspace_id, customer_id, 'sms', false from public.conversations;
             commit"
        ))
        .await
        .expect("stopped");
    until(&api, STATES, "sent,failed".to_owned()).await;
    assert_eq!(provider.received().len(), 1);
    let refused = api
        .database
        .owner()
        .query_one(
            "select public.send_message($1, 'And again', workspace => $2)",
            &[&conversation, &workspace],
        )
        .await
        .expect_err("he does not want it");
    assert_eq!(refused.code().map(|code| code.code()), Some("RM422"));
}
