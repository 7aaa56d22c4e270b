//! On which pages a widget is, and what is taken from them.

use reqwest::Method;
use romashka_tests::{Api, explain, value};
use serde_json::json;
use uuid::Uuid;

use super::{MESSAGE, from_page, new_visitor, site};

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
