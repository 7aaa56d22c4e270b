//! One address is one workspace's.

use romashka_tests::{Api, Role};
use serde_json::{Value, json};

fn new(address: &str, aliases: Value) -> Value {
    json!({"name": "Support", "kind": "email", "configuration": {"address": address, "aliases": aliases}})
}

#[tokio::test]
async fn a_second_workspace_cannot_claim_an_address() {
    let api = Api::new().await;
    let (acme, rival) = (
        api.database.create_workspace("acme").await,
        api.database.create_workspace("rival").await,
    );
    let ann = api.member(acme, Role::Admin).await;
    let eve = api.member(rival, Role::Admin).await;
    let first = ann
        .post(
            "/channels",
            &new("Support@Example.com", json!(["help@example.com"])),
        )
        .await
        .expect(201);
    for (address, aliases) in [
        ("support@example.com", json!([])),
        ("HELP@example.com", json!([])),
        (
            "other@example.com",
            json!("info@example.com, help@example.com"),
        ),
        ("other@example.com", json!(["support@EXAMPLE.com"])),
    ] {
        let refused = eve
            .post("/channels", &new(address, aliases))
            .await
            .expect(409);
        let words = refused.body["detail"].as_str().expect("words");
        assert!(
            words.contains("belongs to a channel of another workspace") && !words.contains("acme"),
            "{words}"
        );
    }
    let none: i64 = romashka_tests::value(
        api.database.owner(),
        "select count(*) from public.communication_channels where type = 'email'",
    )
    .await;
    assert_eq!(none, 1);
    // Nor by a change, nor by switching one on again.
    let other = eve
        .post("/channels", &new("other@example.com", json!([])))
        .await
        .expect(201);
    let path = format!("/channels/{}", other.id());
    let claim = json!({"configuration": {"address": "support@example.com"}});
    eve.patch(&path, &claim).await.expect(409);
    eve.patch(&path, &json!({"status": "inactive"}))
        .await
        .expect(200);
    eve.patch(&path, &claim).await.expect(200);
    eve.patch(&path, &json!({"status": "active"}))
        .await
        .expect(409);
    // Its own workspace may have two channels of one address, and who gives it up leaves it to others.
    let second = ann
        .post("/channels", &new("support@example.com", json!([])))
        .await
        .expect(201);
    ann.delete(&format!("/channels/{}", first.id()))
        .await
        .expect(204);
    eve.patch(&path, &json!({"status": "active"}))
        .await
        .expect(409);
    ann.delete(&format!("/channels/{}", second.id()))
        .await
        .expect(204);
    eve.patch(&path, &json!({"status": "active"}))
        .await
        .expect(200);
}

/// Two that claim it in one moment: one of them has it.
#[tokio::test]
async fn of_two_claims_at_once_one_is_refused() {
    let api = Api::new().await;
    let mut admins = Vec::new();
    for name in ["acme", "rival"] {
        let workspace = api.database.create_workspace(name).await;
        admins.push(api.member(workspace, Role::Admin).await);
    }
    for round in 0..10 {
        let body = new(
            &format!("support{round}@example.com"),
            json!([format!("a{round}@example.com")]),
        );
        let (one, two) = tokio::join!(
            admins[0].post("/channels", &body),
            admins[1].post("/channels", &body)
        );
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
    }
}
