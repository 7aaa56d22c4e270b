//! What a visitor and an agent say, and whose it is.

use reqwest::Method;
use romashka_channels::website::identity::identity_hash;
use romashka_server::openapi::operations;
use romashka_tests::api::{Answer, Visitor};
use romashka_tests::{Api, Role, explain, value};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{MESSAGE, new_visitor, one_more_widget, site, texts};

#[tokio::test]
async fn a_visitor_writes_and_an_agent_answers() {
    let api = Api::new().await;
    let (workspace, _, widget) = site(&api, "acme").await;
    let messages = format!("{widget}/messages");
    let ann = api.nobody().with_token(&new_visitor(&api, &widget).await);
    assert_eq!(
        texts(&ann.get(&messages).await.expect(200)),
        [],
        "nothing yet"
    );
    let body = json!({"content": " Is <b>anybody</b> there? ", "client_message_id": MESSAGE, "name": "Ann", "email": "Ann@Example.org"});
    let sent = ann.post(&messages, &body).await.expect(201);
    let again = ann.post(&messages, &body).await.expect(201);
    assert_eq!(sent.body, again.body, "stored once");

    // Who answers sees a customer's message, and the answer reaches the visitor, the note does not.
    let agent = api.member(workspace, Role::Agent).await;
    let conversation = sent.body["conversation_id"].as_str().expect("an id");
    let path = format!("/conversations/{conversation}");
    let actor: String = value(
        api.database.owner(),
        &format!("select string_agg(actor_kind::text, ',') from public.events where conversation_id = '{conversation}' and kind = 'message.created'"),
    )
    .await;
    assert_eq!(actor, "customer");
    agent
        .post(&format!("{path}/notes"), &json!({"content": "Look it up"}))
        .await
        .expect(201);
    agent
        .post(
            &format!("{path}/messages"),
            &json!({"content": "Here I am."}),
        )
        .await
        .expect(201);
    let read = ann.get(&messages).await.expect(200);
    assert_eq!(
        texts(&read),
        [
            ("user", "Is <b>anybody</b> there?"),
            ("agent", "Here I am.")
        ]
    );
    assert!(read.body["next_cursor"].is_null());

    // Another visitor has neither the talk nor the id of a message.
    let bob = api.nobody().with_token(&new_visitor(&api, &widget).await);
    assert_eq!(texts(&bob.get(&messages).await.expect(200)), []);
    let own = bob.post(&messages, &body).await.expect(201);
    assert_ne!(own.body["conversation_id"], sent.body["conversation_id"]);
    // Nor is the token one at another company, or at another widget of the same.
    let (_, _, rival) = site(&api, "rival").await;
    let elsewhere = ann.get(&format!("{rival}/messages")).await.expect(401);
    assert_eq!(elsewhere.code(), "invalid_token");
    let second = one_more_widget(&api, workspace).await;
    ann.get(&format!("{second}/messages")).await.expect(401);
    ann.post(&format!("{second}/messages"), &body)
        .await
        .expect(401);
    // And it opens nothing but the visitor's door.
    let refused = ann.get(&path).await.expect(401);
    assert_eq!(refused.code(), "invalid_token");
}

#[tokio::test]
async fn a_long_talk_is_read_in_pages_without_gap() {
    let api = Api::new().await;
    let (_, _, widget) = site(&api, "acme").await;
    let messages = format!("{widget}/messages");
    let ann = api.nobody().with_token(&new_visitor(&api, &widget).await);
    let first = json!({"content": "first", "client_message_id": MESSAGE});
    ann.post(&messages, &first).await.expect(201);
    // Three at each time, so that a page ends within one.
    api.database
        .owner()
        .batch_execute(
            "insert into public.messages (workspace_id, conversation_id, sender_type, content, channel_type, created_at)
             select c.workspace_id, c.id, 'user', n::text, 'website', c.created_at + interval '1 hour' + n / 3 * interval '1 second'
               from public.conversations as c, generate_series(1, 450) as n",
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let mut read: Vec<String> = Vec::new();
    let mut before: Option<String> = None;
    let first_page = loop {
        let path = match &before {
            Some(before) => format!("{messages}?before={before}"),
            None => messages.clone(),
        };
        let page = ann.get(&path).await.expect(200);
        let mut rows: Vec<String> = texts(&page)
            .iter()
            .map(|(_, text)| (*text).to_owned())
            .collect();
        rows.append(&mut read);
        read = rows;
        before = page.body["previous_cursor"].as_str().map(str::to_owned);
        if before.is_none() {
            break page;
        }
    };
    let seqs: Vec<&str> = first_page.body["data"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["seq"].as_str())
        .collect();
    assert!(seqs.is_sorted(), "{seqs:?}");
    assert_eq!(read.len(), 451);
    let mut numbers: Vec<u32> = read.iter().filter_map(|text| text.parse().ok()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=450).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_proof_joins_what_was_said_and_nobody_else() {
    let api = Api::new().await;
    let (workspace, id, widget) = site(&api, "acme").await;
    let admin = api.member(workspace, Role::Admin).await;
    let secrets = format!("/widgets/{id}/secrets");
    let made = admin.post(&secrets, &Value::Null).await.expect(201);
    let secret = SecretString::from(made.body["secret"].as_str().expect("a secret").to_owned());
    admin.post(&secrets, &Value::Null).await.expect(201);
    admin.post(&secrets, &Value::Null).await.expect(409);
    let listed = admin.get(&secrets).await.expect(200);
    assert!(!listed.body.to_string().contains(secret.expose_secret()));
    let stored: i64 = value(
        api.database.owner(),
        &format!(
            "select count(*) from public.widget_identity_secrets where secret_key like '%{}%'",
            secret.expose_secret()
        ),
    )
    .await;
    assert_eq!(stored, 0, "never in plain text");

    let (messages, identity) = (format!("{widget}/messages"), format!("{widget}/identity"));
    let token = new_visitor(&api, &widget).await;
    let ann = api.nobody().with_token(&token);
    let body = json!({"content": "Before I signed in", "client_message_id": MESSAGE});
    ann.post(&messages, &body).await.expect(201);
    let proof = |user: &str| json!({"external_user_id": user, "identifier_hash": identity_hash(&secret, user), "name": "Ann"});
    let mut forged = proof("42");
    forged["external_user_id"] = json!("43");
    let refused = ann.post(&identity, &forged).await.expect(401);
    assert_eq!(refused.code(), "invalid_token");
    assert_eq!(
        texts(&ann.get(&messages).await.expect(200)).len(),
        1,
        "nothing happened"
    );

    let proven = ann.post(&identity, &proof("42")).await.expect(200);
    assert_eq!(
        (&proven.body["verified"], &proven.body["name"]),
        (&json!(true), &json!("Ann"))
    );
    ann.get(&messages).await.expect(401);
    let own = |answer: &Answer| {
        answer.body["visitor_token"]
            .as_str()
            .expect("a token")
            .to_owned()
    };
    let known = api.nobody().with_token(&own(&proven));
    assert_eq!(
        texts(&known.get(&messages).await.expect(200)),
        [("user", "Before I signed in")]
    );
    // The same message again, because its answer was lost in between.
    known.post(&messages, &body).await.expect(201);
    assert_eq!(texts(&known.get(&messages).await.expect(200)).len(), 1);

    // Another person at the same computer begins afresh; from another browser the first finds his talk.
    let other = known.post(&identity, &proof("77")).await.expect(200);
    let bob = api.nobody().with_token(&own(&other));
    assert_eq!(texts(&bob.get(&messages).await.expect(200)), []);
    known.get(&messages).await.expect(401);
    let again = api.nobody().post(&identity, &proof("42")).await.expect(200);
    let phone = api.nobody().with_token(&own(&again));
    assert_eq!(texts(&phone.get(&messages).await.expect(200)).len(), 1);
    // A page's log-out ends the session, and a secret that was removed proves nothing.
    phone
        .delete(&format!("{widget}/visitors/me"))
        .await
        .expect(204);
    phone.get(&messages).await.expect(401);
    admin
        .delete(&format!("{secrets}/{}", made.id()))
        .await
        .expect(204);
    api.nobody().post(&identity, &proof("42")).await.expect(401);
    let verified: i64 = value(
        api.database.owner(),
        "select count(*) from public.customer_identities where is_verified and channel_type = 'website'",
    )
    .await;
    assert_eq!(verified, 2);
}

#[tokio::test]
async fn a_talk_is_read_rated_typed_in_and_has_files() {
    let api = Api::new().await;
    let (workspace, id, widget) = site(&api, "acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let ann = api.nobody().with_token(&new_visitor(&api, &widget).await);
    let bob = api.nobody().with_token(&new_visitor(&api, &widget).await);
    let at = |path: &str| format!("{widget}/{path}");
    assert!(ann.get(&at("conversation")).await.expect(200).body["conversation_id"].is_null());
    ann.json(Method::PUT, &at("rating"), &json!({"rating": 5}))
        .await
        .expect(409);
    let file = upload(
        &ann,
        &at("attachments"),
        "note.txt",
        "text/plain",
        b"a parcel",
    )
    .await
    .expect(201);
    upload(
        &ann,
        &at("attachments"),
        "x.html",
        "text/html",
        b"<script>alert(1)</script>",
    )
    .await
    .expect(415);
    upload(
        &api.nobody(),
        &at("attachments"),
        "note.txt",
        "text/plain",
        b"a parcel",
    )
    .await
    .expect(401);
    let content = at(&format!("attachments/{}", file.id()));
    bob.get(&content).await.expect(404);
    let theft = json!({"content": "mine", "client_message_id": Uuid::new_v4(), "attachment_ids": [file.id()]});
    bob.post(&at("messages"), &theft).await.expect(422);
    let sent = json!({"content": "", "client_message_id": MESSAGE, "attachment_ids": [file.id()], "page_url": "https://shop.example/cart"});
    let stored = ann.post(&at("messages"), &sent).await.expect(201);
    let said = ann.get(&at("messages")).await.expect(200);
    assert_eq!(
        said.body["data"][0]["attachments"][0]["filename"],
        "note.txt"
    );
    let given = ann.get(&content).await.expect(200);
    assert_eq!(
        given.header("content-security-policy"),
        "sandbox; default-src 'none'"
    );
    bob.get(&content).await.expect(404);

    let talk = format!(
        "/conversations/{}",
        stored.body["conversation_id"].as_str().expect("an id")
    );
    let answer = agent
        .post(&format!("{talk}/messages"), &json!({"content": "Here"}))
        .await
        .expect(201);
    agent.post(&format!("{talk}/read"), &json!({})).await;
    let state = ann.get(&at("conversation")).await.expect(200).body;
    assert_eq!(
        (&state["unread"], &state["can_rate"]),
        (&json!(1), &json!(true))
    );
    bob.post(&at("read"), &json!({"message_id": answer.id()}))
        .await
        .expect(404);
    ann.post(&at("read"), &json!({"message_id": answer.id()}))
        .await
        .expect(204);
    ann.post(
        &at("read"),
        &json!({"message_id": stored.body["message_id"]}),
    )
    .await
    .expect(204);
    assert_eq!(
        ann.get(&at("conversation")).await.expect(200).body["unread"],
        0,
        "read stays read"
    );
    ann.post(&at("typing"), &json!({"typing": true}))
        .await
        .expect(204);
    let typing: i64 = value(
        api.database.owner(),
        "select count(*) from public.presence where user_id is null and typing_until > now()",
    )
    .await;
    assert_eq!(typing, 1);
    ann.json(Method::PUT, &at("rating"), &json!({"rating": 6}))
        .await
        .expect(422);
    ann.json(
        Method::PUT,
        &at("rating"),
        &json!({"rating": 4, "comment": "fine"}),
    )
    .await
    .expect(200);
    let actor: String = value(
        api.database.owner(),
        "select actor_kind::text from public.events where kind = 'conversation.rated'",
    )
    .await;
    assert_eq!(actor, "customer");

    // Outside of hours, with the address that the owner asks for; and only for whom the site has proven.
    let admin = api.member(workspace, Role::Admin).await;
    let change = json!({"configuration": {"require_email_offline": true, "pre_chat_form": [{"key": "topic", "type": "select", "label": "Topic", "choices": ["A"], "required": true}]}});
    admin
        .patch(&format!("/widgets/{id}"), &change)
        .await
        .expect(200);
    let wrong = json!({"configuration": {"color": "url(x)"}});
    let refused = admin
        .patch(&format!("/widgets/{id}"), &wrong)
        .await
        .expect(422);
    assert_eq!(refused.body["field"], "configuration.color");
    let mut first = json!({"content": "Hello", "client_message_id": Uuid::new_v4()});
    let refused = bob.post(&at("messages"), &first).await.expect(422);
    assert_eq!(refused.body["field"], "form.answers.topic");
    first["form"] = json!({"answers": {"topic": "A", "unknown": "x"}, "seconds": 5, "website": ""});
    let refused = bob.post(&at("messages"), &first).await.expect(422);
    assert_eq!(refused.body["field"], "email");
    first["email"] = json!("bob@example.org");
    let begun = bob.post(&at("messages"), &first).await.expect(201);
    let kept: Value = value(
        api.database.owner(),
        &format!(
            "select custom_attributes from public.conversations where id = '{}'",
            begun.body["conversation_id"].as_str().expect("an id")
        ),
    )
    .await;
    assert_eq!(kept, json!({"topic": "A"}));
    admin
        .patch(
            &format!("/widgets/{id}"),
            &json!({"requires_identity": true}),
        )
        .await
        .expect(200);
    bob.get(&at("messages")).await.expect(401);
    api.nobody()
        .post(&at("visitors"), &Value::Null)
        .await
        .expect(403);
}

#[tokio::test]
async fn every_operation_of_a_visitor_needs_his_own_token() {
    let api = Api::new().await;
    let (_, _, widget) = site(&api, "acme").await;
    let (_, _, rival) = site(&api, "rival").await;
    let stranger = api.nobody().with_token(&new_visitor(&api, &rival).await);
    let open = ["read_widget", "create_visitor", "verify_visitor"];
    let mut tried = 0;
    for operation in operations(&romashka_server::openapi()) {
        if !operation.path.starts_with("/api/v1/website/") || open.contains(&operation.id.as_str())
        {
            continue;
        }
        let path = operation
            .path
            .replace("/website/{widget}", &widget)
            .replace("{id}", &Uuid::new_v4().to_string());
        let path = if operation.id == "upload_visitor_attachment" {
            format!("{path}?filename=a.txt")
        } else {
            path
        };
        let body = match operation.id.as_str() {
            "send_visitor_message" => json!({"content": "x", "client_message_id": MESSAGE}),
            "mark_visitor_read" => json!({"message_id": MESSAGE}),
            "show_visitor_typing" => json!({"typing": true}),
            "rate_visitor_conversation" => json!({"rating": 5}),
            _ => Value::Null,
        };
        for (visitor, code) in [
            (api.nobody(), "unauthenticated"),
            (stranger.clone(), "invalid_token"),
        ] {
            let request = visitor.request(operation.method.parse().expect("a method"), &path);
            let answer = visitor
                .send(if body.is_null() {
                    request
                } else {
                    request.json(&body)
                })
                .await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (401, code),
                "{}",
                operation.id
            );
        }
        tried += 1;
    }
    assert_eq!(tried, 10);
}

async fn upload(
    who: &Visitor<'_>,
    path: &str,
    name: &str,
    kind: &str,
    bytes: &'static [u8],
) -> Answer {
    let request = who
        .request(Method::POST, &format!("/api/v1{path}?filename={name}"))
        .header("content-type", kind)
        .body(bytes);
    who.send(request).await
}
