//! Files brought into the knowledge by the API.

use reqwest::Method;
use romashka_tests::api::{Answer, Visitor};
use romashka_tests::{Api, Role};
use serde_json::json;

async fn import(visitor: &Visitor<'_>, query: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = visitor
        .request(Method::POST, &format!("/api/v1/knowledge/imports?{query}"))
        .header("content-type", "application/octet-stream")
        .body(body);
    visitor.send(request).await
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/knowledge/");
    std::fs::read(format!("{folder}{name}")).expect("a fixture")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_becomes_articles_of_its_workspace() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let rival = api.database.create_workspace("rival").await;
    let admin = api.member(workspace, Role::Admin).await;
    let other = api.member(rival, Role::Admin).await;

    let made = import(
        &admin,
        "filename=delivery.pdf&audience=internal&language=de&status=active",
        fixture("delivery.pdf"),
    )
    .await
    .expect(200);
    assert_eq!(made.body["created"], 1, "{:?}", made.body);
    let article = made.body["articles"][0].clone();
    assert_eq!(article["title"], "Delivery by bicycle");
    let path = format!(
        "/knowledge/items/{}",
        article["article_id"].as_str().expect("an id")
    );
    let read = admin.get(&path).await.expect(200).body;
    assert_eq!(
        [
            &read["status"],
            &read["audience"],
            &read["language"],
            &read["source_type"]
        ],
        [
            &json!("active"),
            &json!("internal"),
            &json!("de"),
            &json!("file")
        ]
    );
    other.get(&path).await.expect(404);

    // The same file, again: nothing; of another workspace: an article of its own.
    let again = import(&admin, "filename=delivery.pdf", fixture("delivery.pdf")).await;
    assert_eq!(again.expect(200).body["unchanged"], 1);
    let theirs = import(&other, "filename=delivery.pdf", fixture("delivery.pdf")).await;
    assert_eq!(theirs.expect(200).body["created"], 1);

    // Another text under the same name is a new version.
    let table = "question,answer,category\nWhy?,Because of it.,Reasons\nHow?,,\n";
    let rows = import(&admin, "filename=faq.csv", table).await.expect(200);
    assert_eq!(rows.body["created"], 1);
    assert_eq!(rows.body["refused"][0]["file"], "faq.csv#How?");
    assert_eq!(rows.body["refused"][0]["code"], "no_text");
    let changed = import(
        &admin,
        "filename=faq.csv",
        table.replace("of it", "of that"),
    )
    .await
    .expect(200);
    assert_eq!(changed.body["changed"], 1);
    let id = changed.body["articles"][0]["article_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let versions = admin
        .get(&format!("/knowledge/items/{id}/versions"))
        .await
        .expect(200);
    assert_eq!(versions.body["data"][0]["content"], "Because of that.");
    assert_eq!(versions.body["data"][1]["content"], "Because of it.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_or_is_not_allowed_says_so() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let admin = api.member(workspace, Role::Admin).await;
    let agent = api.member(workspace, Role::Agent).await;
    import(&agent, "filename=a.md", "# A\n\nText here")
        .await
        .expect(403);
    import(&admin, "filename=a.exe", "MZ").await.expect(415);
    for (name, said) in [("locked.pdf", "encrypted"), ("scanned.pdf", "no text")] {
        let refused = import(&admin, &format!("filename={name}"), fixture(name))
            .await
            .expect(422);
        let text = refused.body.to_string();
        assert!(text.contains(said), "{text}");
    }
    assert_eq!(
        admin.get("/knowledge/items").await.expect(200).body["data"],
        json!([])
    );
    // The answer arrives although most of the body was not read.
    let large = vec![b'a'; 40 * 1024 * 1024];
    import(&admin, "filename=a.txt", large).await.expect(413);
}
