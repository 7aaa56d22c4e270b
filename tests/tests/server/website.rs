//! The visitor of a site, through the API: what he may, from which pages, and that nothing else reaches him.

use reqwest::Method;
use romashka_tests::api::Answer;
use romashka_tests::{Api, Role, explain, value};
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
    // Nor has the same token at another company.
    let (_, _, rival) = site(&api, "rival").await;
    let elsewhere = ann.get(&format!("{rival}/messages")).await.expect(200);
    assert_eq!(texts(&elsewhere), []);
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
        json!({"name": "Shop", "language": "en", "configuration": {"color": "#0a7"}}),
        "neither the list of pages nor the owner's script"
    );
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
    let mut read = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let path = match &cursor {
            Some(cursor) => format!("{messages}?cursor={cursor}"),
            None => messages.clone(),
        };
        let page = ann.get(&path).await.expect(200);
        read.extend(texts(&page).iter().map(|(_, text)| (*text).to_owned()));
        cursor = page.body["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(read.len(), 451);
    let mut numbers: Vec<u32> = read.iter().filter_map(|text| text.parse().ok()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=450).collect::<Vec<_>>());
}
