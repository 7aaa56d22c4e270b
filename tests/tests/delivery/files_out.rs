//! Files, buttons, places and reactions on their way to customers.

use reqwest::Method;
use romashka_tests::api::Visitor;
use romashka_tests::{Api, Role, TestDatabase};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::provider::{Channel, Provider, delivery_of, now, post_whatsapp, sms, until, whatsapp};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR and so on";

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

async fn upload(agent: &Visitor<'_>, conversation: Uuid, name: &str, bytes: &[u8]) -> Uuid {
    let path = format!("/api/v1/attachments?filename={name}&conversation_id={conversation}");
    let request = agent.request(Method::POST, &path).body(bytes.to_vec());
    agent.send(request).await.expect(201).id()
}

async fn say(agent: &Visitor<'_>, conversation: Uuid, body: &Value) -> Uuid {
    let path = format!("/conversations/{conversation}/messages");
    agent.post(&path, body).await.expect(201).id()
}

fn sent(provider: &Provider) -> Vec<Value> {
    provider
        .received_at("/v24.0/1111/messages")
        .iter()
        .map(|received| serde_json::from_slice(&received.body).expect("JSON"))
        .collect()
}

const STATES: &str = "select string_agg(delivery_status, ',' order by created_at, id) from public.message_delivery_tracking";

#[tokio::test]
async fn files_go_by_whatsapp_with_the_words_below_the_first() {
    let provider = Provider::start().await;
    let (api, workspace, _, conversation) = with_customer(&provider).await;
    let agent = api.member(workspace, Role::Agent).await;
    provider.page(
        "/v24.0/1111/media",
        crate::provider::Reply::Status(200, vec![], r#"{"id":"777"}"#.to_owned()),
    );
    let picture = upload(&agent, conversation, "look.png", PNG).await;
    let list = upload(&agent, conversation, "list.csv", b"a;b\r\n1;2").await;
    say(
        &agent,
        conversation,
        &json!({"content": "As promised", "metadata": {"attachments": [picture, list]}}),
    )
    .await;
    until(&api, STATES, "sent".to_owned()).await;
    let uploads = provider.received_at("/v24.0/1111/media");
    assert_eq!(uploads.len(), 2);
    let form = String::from_utf8_lossy(&uploads[0].body);
    let kind = uploads[0].headers["content-type"].to_str().expect("text");
    let boundary = kind
        .strip_prefix("multipart/form-data; boundary=")
        .expect("a boundary");
    assert!(
        form.starts_with(&format!("--{boundary}\r\n"))
            && form.ends_with(&format!("--{boundary}--\r\n"))
    );
    assert!(form.contains("name=\"messaging_product\"\r\n\r\nwhatsapp\r\n"));
    assert!(form.contains("filename=\"look.png\"\r\nContent-Type: image/png"));
    assert!(uploads[0].body.windows(PNG.len()).any(|part| part == PNG));
    let messages = sent(&provider);
    assert_eq!(
        messages[0]["image"],
        json!({"id": "777", "caption": "As promised"})
    );
    assert_eq!(
        messages[1]["document"],
        json!({"id": "777", "filename": "list.csv"})
    );
    // Files alone are called by their names, and say nothing.
    let path = format!("/conversations/{conversation}/messages");
    let alone = agent
        .post(&path, &json!({"metadata": {"attachments": [picture]}}))
        .await
        .expect(201);
    assert_eq!(alone.body["content"], "look.png");
    until(&api, STATES, "sent,sent".to_owned()).await;
    assert_eq!(sent(&provider)[2]["image"], json!({"id": "777"}));
    agent
        .post(&path, &json!({"content": " "}))
        .await
        .expect(422);
    agent
        .post(
            &path,
            &json!({"metadata": {"attachments": [Uuid::new_v4()]}}),
        )
        .await
        .expect(422);
}

#[tokio::test]
async fn a_file_that_does_not_arrive_at_whatsapp_is_handed_over_again() {
    let provider = Provider::start().await;
    let (api, workspace, _, conversation) = with_customer(&provider).await;
    let agent = api.member(workspace, Role::Agent).await;
    let picture = upload(&agent, conversation, "look.png", PNG).await;
    provider.page(
        "/v24.0/1111/media",
        crate::provider::Reply::Status(502, vec![], "<html>".to_owned()),
    );
    say(
        &agent,
        conversation,
        &json!({"content": "Look", "metadata": {"attachments": [picture]}}),
    )
    .await;
    until(
        &api,
        "select concat_ws(' ', delivery_status, is_uncertain::text, error_details ->> 'class') from public.message_delivery_tracking",
        "queued false passing".to_owned(),
    )
    .await;
    provider.page(
        "/v24.0/1111/media",
        crate::provider::Reply::Status(200, vec![], r#"{"id":"778"}"#.to_owned()),
    );
    api.database
        .owner()
        .batch_execute("update public.message_delivery_tracking set next_attempt_at = now()")
        .await
        .expect("due");
    until(&api, STATES, "sent".to_owned()).await;
    assert_eq!(sent(&provider).len(), 1);
}

#[tokio::test]
async fn buttons_lists_places_cards_and_reactions() {
    let provider = Provider::start().await;
    let (api, workspace, _, conversation) = with_customer(&provider).await;
    let agent = api.member(workspace, Role::Agent).await;
    let hello: Uuid =
        romashka_tests::value(api.database.owner(), "select id from public.messages").await;
    for body in [
        json!({"content": "Which?", "kind": "interactive", "metadata": {"reply_to": hello, "interactive": {"footer": "Shop", "buttons": [{"id": "a", "title": "This"}, {"id": "b", "title": "That"}]}}}),
        json!({"content": "Choose", "kind": "interactive", "metadata": {"interactive": {"list_button": "Open", "sections": [{"rows": [{"id": "1", "title": "One", "description": "first"}]}]}}}),
        json!({"content": "Here we are", "kind": "location", "metadata": {"location": {"latitude": 52.5, "longitude": 13.4, "name": "Shop"}}}),
        json!({"content": "Ann", "kind": "contact", "metadata": {"contacts": [{"name": {"formatted_name": "Ann B", "first_name": "Ann"}}]}}),
        json!({"content": "👍", "kind": "reaction", "metadata": {"reaction": {"message_id": hello, "emoji": "👍"}}}),
        json!({"content": "Too many", "kind": "interactive", "metadata": {"interactive": {"buttons": [
            {"id": "1", "title": "1"}, {"id": "2", "title": "2"}, {"id": "3", "title": "3"}, {"id": "4", "title": "4"}]}}}),
        json!({"content": "No such thing", "kind": "interactive", "metadata": {"interactive": {"knobs": []}}}),
    ] {
        say(&agent, conversation, &body).await;
    }
    until(
        &api,
        STATES,
        "sent,sent,sent,sent,sent,failed,failed".to_owned(),
    )
    .await;
    let messages = sent(&provider);
    assert_eq!(messages.len(), 5);
    assert_eq!(messages[0]["context"]["message_id"], "wamid.hello");
    assert_eq!(
        messages[0]["interactive"]["action"]["buttons"][1]["reply"],
        json!({"id": "b", "title": "That"})
    );
    assert_eq!(
        messages[1]["interactive"]["action"]["sections"][0]["rows"][0]["id"],
        "1"
    );
    assert_eq!(messages[2]["location"]["name"], "Shop");
    assert_eq!(messages[3]["contacts"][0]["name"]["first_name"], "Ann");
    assert_eq!(
        messages[4]["reaction"],
        json!({"message_id": "wamid.hello", "emoji": "👍"})
    );
    until(
        &api,
        "select metadata #>> '{reactions,agent,emoji}' from public.messages where external_message_id = 'wamid.hello'",
        Some("👍".to_owned()),
    )
    .await;
}

#[tokio::test]
async fn a_template_is_filled_in_every_part_and_offered_when_the_window_is_closed() {
    let provider = Provider::start().await;
    let (api, workspace, _, conversation) = with_customer(&provider).await;
    api.database
        .owner()
        .batch_execute(
            "update public.messages set created_at = now() - interval '25 hours';
             insert into public.message_templates (workspace_id, name, language, category, status, channel_type)
             select id, t.name, 'en_US', 'utility', t.status, 'whatsapp' from public.workspaces, (values ('order_update', 'approved'), ('gone', 'rejected')) as t (name, status) where slug = 'acme'",
        )
        .await
        .expect("templates");
    let agent = api.member(workspace, Role::Agent).await;
    say(&agent, conversation, &json!({"content": "Hello?"})).await;
    until(
        &api,
        "select error_details #>> '{templates,0,name}' || ' of ' || jsonb_array_length(error_details -> 'templates') from public.message_delivery_tracking",
        Some("order_update of 1".to_owned()),
    )
    .await;
    let template = json!({"name": "order_update", "language": "en_US", "body": {"first_name": "Ann"},
        "header": {"media": {"kind": "image", "link": "https://example.com/a.png"}},
        "buttons": [{"index": 0, "kind": "url", "value": "42"}]});
    say(&agent, conversation, &json!({"content": "Ann, your order", "kind": "template", "metadata": {"template": template}})).await;
    say(&agent, conversation, &json!({"content": "Gone", "kind": "template", "metadata": {"template": {"name": "gone", "language": "en_US"}}})).await;
    until(&api, STATES, "failed,sent,failed".to_owned()).await;
    let messages = sent(&provider);
    assert_eq!(messages.len(), 1);
    let parts = &messages[0]["template"]["components"];
    assert_eq!(
        parts[0]["parameters"][0]["image"]["link"],
        "https://example.com/a.png"
    );
    assert_eq!(
        parts[1]["parameters"][0],
        json!({"type": "text", "text": "Ann", "parameter_name": "first_name"})
    );
    assert_eq!(
        (&parts[2]["sub_type"], &parts[2]["index"]),
        (&json!("url"), &json!("0"))
    );
    until(
        &api,
        "select usage_count from public.message_templates where name = 'order_update'",
        1_i32,
    )
    .await;
}

#[tokio::test]
async fn files_go_by_text_message_from_a_signed_address() {
    let provider = Provider::start().await;
    let mut settings = provider.settings();
    settings.public_url = Some("https://support.example.com".parse().expect("an address"));
    let api = Api::over(TestDatabase::new().await, settings).await;
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
    let agent = api.key(workspace, "agent", &["*:write"]).await;
    let picture = upload(&agent, conversation, "look.png", PNG).await;
    say(
        &agent,
        conversation,
        &json!({"content": "Look", "metadata": {"attachments": [picture]}}),
    )
    .await;
    until(&api, STATES, "sent".to_owned()).await;
    let form = String::from_utf8(provider.received()[0].body.clone()).expect("a form");
    let value = form
        .split("MediaUrl=")
        .nth(1)
        .expect("a file")
        .split('&')
        .next()
        .expect("an address");
    let address = value.replace("%3A", ":").replace("%2F", "/");
    let path = address
        .strip_prefix("https://support.example.com")
        .expect("our address");
    let get = async |path: &str| {
        api.request(Method::GET, path)
            .send()
            .await
            .expect("an answer")
    };
    let given = get(path).await;
    assert_eq!(given.status(), 200);
    assert_eq!(given.headers()["content-type"], "image/png");
    assert!(
        given.headers()["content-disposition"]
            .to_str()
            .expect("text")
            .starts_with("attachment")
    );
    assert_eq!(given.bytes().await.expect("bytes"), PNG);
    // Another file, another workspace, another seal: nothing.
    let parts: Vec<&str> = path.split('/').collect();
    for wrong in [
        format!("/files/{}/{}/{}", parts[2], Uuid::new_v4(), parts[4]),
        format!("/files/{}/{}/{}", Uuid::new_v4(), parts[3], parts[4]),
        format!("/files/{}/{}/{}x", parts[2], parts[3], parts[4]),
        format!("/files/{}/{}/x", parts[2], parts[3]),
    ] {
        assert_eq!(get(&wrong).await.status(), 404, "{wrong}");
    }
    api.database
        .owner()
        .batch_execute("delete from public.file_attachments")
        .await
        .expect("gone");
    assert_eq!(get(path).await.status(), 404);
}
