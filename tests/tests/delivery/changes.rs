//! What customers do besides writing: react, answer, choose, correct, delete, change their number.

use romashka_tests::{Api, TestDatabase};
use serde_json::{Value, json};

use crate::provider::{Provider, delivery_of, now, post_whatsapp, until, value_of, whatsapp};

fn with(id: &str, at: i64, kind: &str, parts: Value) -> Value {
    let mut message =
        json!({"from": "49151000001", "id": id, "timestamp": at.to_string(), "type": kind});
    for (name, part) in parts.as_object().expect("an object") {
        message[name] = part.clone();
    }
    value_of(
        &json!({"contacts": [{"wa_id": "49151000001", "profile": {"name": "Ann"}}], "messages": [message]}),
    )
}

#[tokio::test]
async fn reactions_answers_and_corrections_are_shown_where_they_belong() {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let workspace = api.database.create_workspace("acme").await;
    let channel = whatsapp(&api, workspace).await;
    let at = now() - 60;
    let post =
        async |body: &Value| assert_eq!(post_whatsapp(&api, &channel.token, body).await, 200);
    post(&delivery_of(
        &[("wamid.1".into(), "49151000001".into(), "one pair".into())],
        at,
    ))
    .await;
    post(&with("wamid.e2", at + 20, "edit", json!({"edit": {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "two pairs"}}}}))).await;
    until(
        &api,
        "select count(*) from public.messages where content = 'two pairs'",
        1_i64,
    )
    .await;
    // An older correction that arrives later changes nothing that is read; neither does the same one again.
    post(&with("wamid.e1", at + 10, "edit", json!({"edit": {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "a pair"}}}}))).await;
    until(
        &api,
        "select coalesce(max(jsonb_array_length(metadata -> 'edits')), 0) from public.messages where external_message_id = 'wamid.1'",
        2_i32,
    )
    .await;
    until(
        &api,
        "select content from public.messages where external_message_id = 'wamid.1'",
        "two pairs".to_owned(),
    )
    .await;
    // The customer reacts to our answer, which WhatsApp knows by the delivery's id, and takes it back.
    api.database
        .owner()
        .batch_execute(
            "insert into public.messages (workspace_id, conversation_id, sender_type, content, channel_type, channel_id)
             select workspace_id, id, 'agent', 'Which colour?', channel_type, channel_id from public.conversations;
             insert into public.message_delivery_tracking (workspace_id, message_id, channel_type, external_message_id, delivery_status)
             select workspace_id, id, 'whatsapp', 'wamid.ours', 'sent' from public.messages where sender_type = 'agent'",
        )
        .await
        .expect("an answer");
    post(&with(
        "wamid.r2",
        at + 40,
        "reaction",
        json!({"reaction": {"message_id": "wamid.ours", "emoji": ""}}),
    ))
    .await;
    post(&with(
        "wamid.r1",
        at + 30,
        "reaction",
        json!({"reaction": {"message_id": "wamid.ours", "emoji": "👍"}}),
    ))
    .await;
    until(
        &api,
        "select count(*) from public.messages where message_type = 'reaction'",
        2_i64,
    )
    .await;
    until(
        &api,
        "select (metadata #> '{reactions,customer,emoji}')::text from public.messages where sender_type = 'agent'",
        Some("null".to_owned()),
    )
    .await;
    post(&with("wamid.b", at + 50, "interactive", json!({"context": {"id": "wamid.ours", "from": "15550001111"}, "interactive": {"type": "button_reply", "button_reply": {"id": "red", "title": "Red"}}}))).await;
    until(
        &api,
        "select concat_ws(' ', m.content, m.message_type, m.metadata #>> '{answer,id}', o.content) from public.messages as m
           left join public.messages as o on o.id::text = m.metadata ->> 'reply_to' where m.external_message_id = 'wamid.b'
         union all select ''  limit 1",
        "Red interactive red Which colour?".to_owned(),
    )
    .await;
    post(&with(
        "wamid.d",
        at + 55,
        "revoke",
        json!({"revoke": {"original_message_id": "wamid.b"}}),
    ))
    .await;
    until(
        &api,
        "select (metadata ? 'deleted_at')::text || ' ' || content from public.messages where external_message_id = 'wamid.b'",
        "true Red".to_owned(),
    )
    .await;
    // A reaction to what is not known here is kept, and holds nothing up.
    post(&with(
        "wamid.r3",
        at + 56,
        "reaction",
        json!({"reaction": {"message_id": "wamid.before", "emoji": "👋"}}),
    ))
    .await;
    post(&delivery_of(
        &[("wamid.9".into(), "49151000001".into(), "bye".into())],
        at + 57,
    ))
    .await;
    // Corrections and withdrawals are no messages of their own.
    until(&api, "select count(*) from public.messages", 7_i64).await;
}

#[tokio::test]
async fn a_customer_with_a_new_number_stays_the_same_one() {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let workspace = api.database.create_workspace("acme").await;
    let channel = whatsapp(&api, workspace).await;
    let hello = delivery_of(
        &[("wamid.1".into(), "49151000001".into(), "hello".into())],
        now() - 9,
    );
    let moved = with(
        "wamid.2",
        now() - 5,
        "system",
        json!({"system": {"type": "user_changed_number", "body": "Ann changed", "wa_id": "49151000009"}}),
    );
    let again = delivery_of(
        &[("wamid.3".into(), "49151000009".into(), "me again".into())],
        now(),
    );
    for (number, body) in [hello, moved, again].iter().enumerate() {
        assert_eq!(post_whatsapp(&api, &channel.token, body).await, 200);
        until(
            &api,
            "select count(*) from public.messages",
            number as i64 + 1,
        )
        .await;
    }
    until(&api, "select count(*) from public.conversations", 1_i64).await;
    until(&api, "select count(*) from public.customer_profiles", 1_i64).await;
    until(
        &api,
        "select customer_phone from public.conversations",
        Some("+49151000009".to_owned()),
    )
    .await;
}
