//! The visitor of a site, through the API: what he may, from which pages, and that nothing else reaches him.

use reqwest::Method;
use romashka_channels::website::identity::identity_hash;
use romashka_server::openapi::operations;
use romashka_tests::api::{Answer, Visitor};
use romashka_tests::{Api, Role, explain, value};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

const MESSAGE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A workspace with a widget for `shop.example`; returns both and the path of the widget.
async fn site(api: &Api, slug: &str) -> (Uuid, Uuid, String) {
    let workspace = api.database.create_workspace(slug).await;
    let owner = api.database.owner();
    let made = owner
        .query_one(
            "insert into public.widget_configurations (workspace_id, widget_name, allowed_domains, configuration, custom_js)
             values ($1, 'Shop', '{shop.example}', '{\"color\": \"#0a7\"}', 'alert(1)') returning id",
            &[&workspace],
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let widget: Uuid = made.get(0);
    let token: String = value(
        owner,
        &format!("select public.widget_token('{widget}', '{workspace}')"),
    )
    .await;
    (workspace, widget, format!("/website/{token}"))
}

/// One more widget in a workspace, without a channel either.
async fn one_more_widget(api: &Api, workspace: Uuid) -> String {
    let sql = format!(
        "with made as (insert into public.widget_configurations (workspace_id, widget_name) values ('{workspace}', 'Help') returning id)
         select id from made"
    );
    let id: Uuid = value(api.database.owner(), &sql).await;
    let token: String = value(
        api.database.owner(),
        &format!("select public.widget_token('{id}', '{workspace}')"),
    )
    .await;
    format!("/website/{token}")
}

async fn from_page(api: &Api, method: Method, path: &str, origin: &str) -> Answer {
    let nobody = api.nobody();
    let request = nobody
        .request(method, &format!("/api/v1{path}"))
        .header("origin", origin);
    nobody.send(request).await
}

async fn new_visitor(api: &Api, widget: &str) -> String {
    let begun = api
        .nobody()
        .post(&format!("{widget}/visitors"), &Value::Null)
        .await
        .expect(201);
    begun.body["visitor_token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

fn texts(answer: &Answer) -> Vec<(&str, &str)> {
    let rows = answer.body["data"].as_array().expect("rows");
    assert!(rows.iter().all(|row| row["created_at"].is_string()));
    rows.iter()
        .map(|row| {
            (
                row["sender_type"].as_str().unwrap_or_default(),
                row["content"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

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
async fn a_widget_is_shown_on_its_own_pages() {
    let api = Api::new().await;
    let (_, id, widget) = site(&api, "acme").await;
    let shown = from_page(&api, Method::GET, &widget, "https://shop.example")
        .await
        .expect(200);
    assert_eq!(
        shown.header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert!(
        shown
            .headers
            .get_all("vary")
            .iter()
            .any(|value| value == "origin")
    );
    assert_eq!(
        shown.body,
        json!({"widget_id": id, "name": "Shop", "language": "en", "configuration": {"color": "#0a7"}, "custom_css": null,
            "identity_required": false, "availability": shown.body["availability"], "form": [], "max_file_bytes": 20_971_520,
            "files_per_message": 5, "uploads": true}),
        "neither the list of pages nor the owner's script"
    );
    assert_eq!(shown.body["availability"]["agents_online"], false);
    let own = api
        .serving()
        .server()
        .public_url
        .origin()
        .ascii_serialization();
    let to_program = api.nobody().get(&widget).await.expect(200);
    assert_eq!(to_program.header("access-control-allow-origin"), "");
    from_page(&api, Method::GET, &widget, &own)
        .await
        .expect(200);
    for origin in [
        "https://evil.example",
        "https://shop.example.evil.example",
        "https://a.shop.example",
        "https://shop.example:8443",
        "null",
        "",
    ] {
        for (method, path) in [
            (Method::GET, widget.clone()),
            (Method::POST, format!("{widget}/visitors")),
            (Method::GET, format!("{widget}/messages")),
        ] {
            let refused = from_page(&api, method, &path, origin).await.expect(403);
            assert_eq!(refused.code(), "cross_site", "{origin} {path}");
            assert_eq!(refused.header("access-control-allow-origin"), "");
        }
    }
    // A list that cannot be read keeps pages out; a widget that is off is nowhere.
    let owner = api.database.owner();
    for (change, status) in [
        ("allowed_domains = '{not a host}'", 403),
        ("allowed_domains = '{}'", 200),
        ("status = 'inactive'", 404),
    ] {
        let sql = format!("update public.widget_configurations set {change} where id = '{id}'");
        owner
            .batch_execute(&sql)
            .await
            .unwrap_or_else(|error| panic!("{}", explain(&error)));
        from_page(&api, Method::GET, &widget, "https://shop.example")
            .await
            .expect(status);
    }
    for unknown in ["/website/x", "/website/0123456789abcdef0123456789abcdef"] {
        api.nobody().get(unknown).await.expect(404);
    }
}

#[tokio::test]
async fn what_a_visitor_sends_is_judged() {
    let api = Api::new().await;
    let (workspace, _, widget) = site(&api, "acme").await;
    let messages = format!("{widget}/messages");
    let body = json!({"content": "Hello", "client_message_id": MESSAGE});
    assert_eq!(
        api.nobody().post(&messages, &body).await.expect(401).code(),
        "unauthenticated"
    );
    for token in ["nonsense", "rmv_short", "rmk_live_AbCdEfGhIjKlMnOpQrSt"] {
        let visitor = api.nobody().with_token(token);
        assert_eq!(
            visitor.get(&messages).await.expect(401).code(),
            "invalid_token"
        );
        assert_eq!(
            visitor.post(&messages, &body).await.expect(401).code(),
            "invalid_token"
        );
    }
    let ann = api.nobody().with_token(&new_visitor(&api, &widget).await);
    for (field, wrong) in [
        ("content", json!(" ")),
        ("content", json!("x".repeat(10_001))),
        ("name", json!("x".repeat(129))),
        ("email", json!("no address")),
    ] {
        let mut body = body.clone();
        body[field] = wrong;
        let refused = ann.post(&messages, &body).await.expect(422);
        assert_eq!(refused.body["field"], field);
    }
    let forged = ann.get(&format!("{messages}?cursor=x")).await.expect(400);
    assert_eq!(forged.code(), "invalid_cursor");
    let stored: i64 = value(
        api.database.owner(),
        "select count(*) from public.messages where channel_type = 'website'",
    )
    .await;
    assert_eq!(stored, 0);

    // The limit of the workspace's setting is told as one.
    let sql = format!(
        "update public.system_settings set setting_value = '1' where setting_key = 'rate_limit_requests_per_minute' and workspace_id = '{workspace}'"
    );
    api.database
        .owner()
        .batch_execute(&sql)
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    ann.post(&messages, &body).await.expect(201);
    let mut second = body.clone();
    second["client_message_id"] = json!(Uuid::new_v4());
    let refused = ann.post(&messages, &second).await.expect(429);
    assert_eq!(refused.code(), "too_many_requests");
    assert_eq!(refused.header("retry-after"), "60");
    ann.post(&messages, &body).await.expect(201);
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

/// Reads a stream until so many events of a name came; their data, and the last id.
async fn events(
    api: &Api,
    address: &str,
    token: &str,
    widget: &str,
    last: Option<&str>,
    wanted: &[&str],
) -> (Vec<(String, Value)>, String) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let mut request = client
        .get(format!("{address}/api/v1{widget}/stream"))
        .bearer_auth(token);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let _ = api;
    let mut response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let (mut text, mut found, mut last) = (String::new(), Vec::new(), String::new());
    let read = async {
        while let Some(bytes) = response.chunk().await.expect("bytes") {
            text.push_str(std::str::from_utf8(&bytes).expect("UTF-8"));
            while let Some(end) = text.find("\n\n") {
                let block: String = text.drain(..end + 2).collect();
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(&format!("{name}: ")))
                };
                if let Some(id) = field("id") {
                    id.clone_into(&mut last);
                }
                if let (Some(name), Some(data)) = (field("event"), field("data")) {
                    found.push((name.to_owned(), serde_json::from_str(data).expect("JSON")));
                }
                if wanted
                    .iter()
                    .all(|name| found.iter().any(|(event, _)| event == name))
                {
                    return;
                }
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), read)
        .await
        .expect("the events in time");
    (found, last)
}

#[tokio::test]
async fn a_visitors_stream_resumes_at_another_process_without_gap_or_double() {
    let mut api = Api::new().await;
    let (workspace, _, widget) = site(&api, "acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let token = new_visitor(&api, &widget).await;
    let other = new_visitor(&api, &widget).await;
    let address = api.address().to_owned();
    // Before the first message: the talk that begins later is heard of.
    let reading = events(&api, &address, &token, &widget, None, &["ready", "message"]);
    let writing = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let ann = api.nobody().with_token(&token);
        let body = json!({"content": "first", "client_message_id": MESSAGE});
        let sent = ann
            .post(&format!("{widget}/messages"), &body)
            .await
            .expect(201);
        let bob = api.nobody().with_token(&other);
        let body = json!({"content": "another's", "client_message_id": MESSAGE});
        bob.post(&format!("{widget}/messages"), &body)
            .await
            .expect(201);
        sent
    };
    let ((found, last), sent) = tokio::join!(reading, writing);
    let said = |found: &[(String, Value)]| -> Vec<String> {
        found
            .iter()
            .filter(|(name, _)| name == "message")
            .map(|(_, data)| data["content"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(said(&found), ["first"]);
    let talk = sent.body["conversation_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    for text in ["second", "third"] {
        agent
            .post(
                &format!("/conversations/{talk}/messages"),
                &json!({"content": text}),
            )
            .await
            .expect(201);
    }
    let settings = romashka_tests::api::settings();
    let second = api.one_more(settings).await;
    let elsewhere = format!("http://{}", second.address());
    api.stop().await;
    let (found, last) = events(
        &api,
        &elsewhere,
        &token,
        &widget,
        Some(&last),
        &["message", "ready"],
    )
    .await;
    assert_eq!(said(&found), ["second", "third"], "{found:?}");
    let (found, _) = events(&api, &elsewhere, &token, &widget, Some(&last), &["ready"]).await;
    assert_eq!(said(&found), Vec::<String>::new());
    second.stop().await;
}

#[tokio::test]
async fn pages_of_other_origins_ask_first_and_the_frame_stands_where_it_may() {
    let api = Api::new().await;
    let (_, _, widget) = site(&api, "acme").await;
    let path = format!("/api/v1{widget}/messages");
    let ask = |origin: &str| {
        let nobody = api.nobody();
        let request = nobody
            .request(Method::OPTIONS, &path)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization");
        async move { nobody.send(request).await }
    };
    let allowed = ask("https://shop.example").await.expect(204);
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert!(
        allowed
            .header("access-control-allow-headers")
            .contains("authorization")
    );
    assert_eq!(allowed.header("access-control-allow-credentials"), "");
    ask("https://evil.example").await.expect(403);
    // A problem is told to the page too.
    let refused = from_page(
        &api,
        Method::GET,
        &format!("{widget}/messages"),
        "https://shop.example",
    )
    .await
    .expect(401);
    assert_eq!(
        refused.header("access-control-allow-origin"),
        "https://shop.example"
    );
    let token = widget.trim_start_matches("/website/");
    let nobody = api.nobody();
    let page = nobody
        .send(nobody.request(Method::GET, &format!("/widget/{token}")))
        .await;
    // Without the built files there is nothing to show, and it says so.
    if page.status == 200 {
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'self' https://shop.example http://shop.example;"),
            "{policy}"
        );
        assert!(policy.contains("script-src 'self';"));
    } else {
        assert_eq!(page.code(), "unavailable");
    }
    nobody
        .send(nobody.request(Method::GET, "/widget/assets/..%2f..%2fCargo.toml"))
        .await
        .expect(404);
    nobody
        .send(nobody.request(Method::GET, "/demo"))
        .await
        .expect(404);
}
