//! A visitor's stream of events.

use romashka_tests::{Api, Role};
use serde_json::{Value, json};

use super::{MESSAGE, new_visitor, site};

/// Reads a stream until so many events of a name came; their data, and the last id.
async fn events(
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
    let reading = events(&address, &token, &widget, None, &["ready", "message"]);
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
        &elsewhere,
        &token,
        &widget,
        Some(&last),
        &["message", "ready"],
    )
    .await;
    assert_eq!(said(&found), ["second", "third"], "{found:?}");
    let (found, _) = events(&elsewhere, &token, &widget, Some(&last), &["ready"]).await;
    assert_eq!(said(&found), Vec::<String>::new());
    second.stop().await;
}
