//! The address that a provider calls, and the check of a channel, by the API.

use reqwest::Method;
use romashka_tests::{Api, TestDatabase};
use serde_json::json;

use crate::provider::{Provider, Reply};

#[tokio::test]
async fn an_admin_connects_a_number_by_the_api_alone() {
    let provider = Provider::start().await;
    let mut settings = provider.settings();
    settings.public_url = Some("https://support.example.com".parse().expect("an address"));
    let api = Api::over(TestDatabase::new().await, settings).await;
    let workspace = api.database.create_workspace("acme").await;
    let admin = api.key(workspace, "admin", &["*:write"]).await;
    let made = admin
        .post("/channels", &json!({"name": "Shop", "kind": "whatsapp", "status": "pending_setup", "configuration": {"phone_number_id": "1111"},
            "credentials": {"access_token": "token of a test", "app_secret": "secret of a test"}}))
        .await
        .expect(201);
    let path = format!("/channels/{}", made.id());
    let hook = admin.get(&format!("{path}/hook")).await.expect(200).body;
    assert_eq!(
        hook,
        admin.get(&format!("{path}/hook")).await.expect(200).body,
        "it stays"
    );
    let url = hook["url"].as_str().expect("an address");
    assert!(
        url.starts_with("https://support.example.com/hooks/whatsapp/") && hook["is_public"] == true
    );
    let handshake = async |url: &str, token: &str| {
        let path = url
            .strip_prefix("https://support.example.com")
            .expect("our address");
        let path = format!("{path}?hub.mode=subscribe&hub.challenge=42&hub.verify_token={token}");
        api.request(Method::GET, &path)
            .send()
            .await
            .expect("an answer")
            .status()
            .as_u16()
    };
    let token = hook["verify_token"].as_str().expect("a token");
    assert_eq!(handshake(url, token).await, 200);

    let number = json!({"id": "1111", "display_phone_number": "+1 555", "verified_name": "Shop", "quality_rating": "GREEN"});
    provider.page(
        "/v24.0/1111?fields",
        Reply::Status(
            401,
            vec![],
            json!({"error": {"code": 190, "message": "expired"}}).to_string(),
        ),
    );
    let check = format!("{path}/check");
    let found = admin.post(&check, &json!(null)).await.expect(200).body;
    assert_eq!(found["is_good"], false, "{found}");
    assert_eq!(admin.get(&path).await.body["status"], "pending_setup");
    provider.page(
        "/v24.0/1111?fields",
        Reply::Status(200, vec![], number.to_string()),
    );
    let found = admin.post(&check, &json!(null)).await.expect(200).body;
    assert_eq!(found["is_good"], true, "{found}");
    assert_eq!(admin.get(&path).await.body["status"], "active");
    assert!(!found.to_string().contains("of a test"));

    let renewed = admin
        .post(&format!("{path}/hook/renew"), &json!(null))
        .await
        .expect(200)
        .body;
    assert_eq!(
        handshake(url, token).await,
        404,
        "the old address is nothing"
    );
    let (new_url, new_token) = (
        renewed["url"].as_str().expect("an address"),
        renewed["verify_token"].as_str().expect("a token"),
    );
    assert_eq!(handshake(new_url, token).await, 403);
    assert_eq!(handshake(new_url, new_token).await, 200);
    // The other secrets are still there.
    assert_eq!(
        admin.post(&check, &json!(null)).await.expect(200).body["is_good"],
        true
    );
    let agent = api.key(workspace, "agent", &["*:write"]).await;
    agent.get(&format!("{path}/hook")).await.expect(403);
}
