//! Presence and typing over live connections: told to everybody of the workspace at every process, and to nobody else.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use romashka_tests::api::{Visitor, settings};
use romashka_tests::{Api, Role};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

/// Longer than anything here takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Live(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Live {
    async fn try_open(
        visitor: &Visitor<'_>,
        address: &str,
        origin: Option<&str>,
    ) -> Result<Live, Box<Error>> {
        let url = format!("{}/api/v1/live", address.replace("http://", "ws://"));
        let mut request = url.into_client_request().expect("a request");
        for (name, value) in visitor.headers() {
            let value = HeaderValue::from_str(&value).expect("a value");
            request
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert("origin", HeaderValue::from_str(origin).expect("an origin"));
        }
        let (socket, _) = connect_async(request).await.map_err(Box::new)?;
        Ok(Live(socket))
    }

    /// As a page of the server's own site opens it.
    async fn open(visitor: &Visitor<'_>, address: &str) -> Live {
        Live::try_open(visitor, address, Some(address))
            .await
            .expect("a connection")
    }

    async fn say(&mut self, message: &Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .expect("sent");
    }

    /// The next message that matches.
    async fn hear(&mut self, matches: impl Fn(&Value) -> bool) -> Value {
        timeout(PATIENCE, async {
            loop {
                if let Message::Text(text) = self.0.next().await.expect("a message").expect("read")
                {
                    let message: Value = serde_json::from_str(&text).expect("JSON");
                    if matches(&message) {
                        return message;
                    }
                }
            }
        })
        .await
        .expect("in time")
    }

    /// The code with which the connection is closed.
    async fn closed(&mut self) -> u16 {
        timeout(PATIENCE, async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return 0,
                }
            }
        })
        .await
        .expect("in time")
    }
}

fn is_of(person: Uuid) -> impl Fn(&Value) -> bool {
    move |message| message["type"] == "person" && message["user_id"] == person.to_string()
}

async fn conversation(api: &Api, workspace: Uuid) -> Uuid {
    api.database
        .owner()
        .query_one(
            "insert into public.conversations (workspace_id, channel_type) values ($1, 'email') returning id",
            &[&workspace],
        )
        .await
        .expect("a conversation")
        .get(0)
}

#[tokio::test]
async fn who_views_and_who_types_is_told_at_every_process() {
    let api = Api::new().await;
    let other = api.one_more(settings()).await;
    let elsewhere = format!("http://{}", other.address());
    let workspace = api.database.create_workspace("acme").await;
    let talk = conversation(&api, workspace).await;
    let ann_id = api.database.create_person(workspace, Role::Agent).await;
    let ann = api.session(ann_id, Some(workspace)).await;
    let bob = api.member(workspace, Role::Viewer).await;
    let path = format!("/conversations/{talk}/presence");
    assert_eq!(bob.get(&path).await.expect(200).body, json!({"data": []}));

    let mut at_bob = Live::open(&bob, &elsewhere).await;
    at_bob.hear(|message| message["type"] == "present").await;
    let mut at_ann = Live::open(&ann, api.address()).await;
    let told = at_bob.hear(is_of(ann_id)).await;
    assert_eq!(
        (&told["is_online"], &told["conversations"]),
        (&json!(true), &json!([]))
    );

    at_ann
        .say(&json!({"type": "view", "conversation_id": talk}))
        .await;
    let told = at_bob.hear(is_of(ann_id)).await;
    assert_eq!(
        told["conversations"],
        json!([{"conversation_id": talk, "is_typing": false}])
    );
    at_ann
        .say(&json!({"type": "typing", "is_typing": true}))
        .await;
    let told = at_bob.hear(is_of(ann_id)).await;
    assert_eq!(told["conversations"][0]["is_typing"], true);
    let present = bob.get(&path).await.expect(200);
    assert_eq!(present.body["data"][0]["user_id"], ann_id.to_string());
    assert_eq!(present.body["data"][0]["is_typing"], true);
    // Who comes now is told at once what is so.
    let mut late = Live::open(&bob, api.address()).await;
    let everybody = late.hear(|message| message["type"] == "present").await;
    let people = everybody["people"].as_array().expect("people");
    assert!(
        people
            .iter()
            .any(|person| person["user_id"] == ann_id.to_string()
                && person["conversations"][0]["is_typing"] == true)
    );

    // Nothing more is said of typing, so it is over by itself.
    let told = at_bob.hear(is_of(ann_id)).await;
    assert_eq!(told["conversations"][0]["is_typing"], false);
    drop(at_ann);
    let told = at_bob.hear(is_of(ann_id)).await;
    assert_eq!(
        (&told["is_online"], &told["conversations"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(bob.get(&path).await.expect(200).body, json!({"data": []}));

    other.stop().await;
    assert_eq!(at_bob.closed().await, 1001);
}

#[tokio::test]
async fn another_workspace_hears_nothing_and_sees_nothing() {
    let api = Api::new().await;
    let acme = api.database.create_workspace("acme").await;
    let rival = api.database.create_workspace("rival").await;
    let (talk, foreign) = (
        conversation(&api, acme).await,
        conversation(&api, rival).await,
    );
    let ann = api.member(acme, Role::Agent).await;
    let eve_id = api.database.create_person(rival, Role::Owner).await;
    let eve = api.session(eve_id, Some(rival)).await;
    let mut at_eve = Live::open(&eve, api.address()).await;
    let present = at_eve.hear(|message| message["type"] == "present").await;
    assert_eq!(
        present["people"].as_array().expect("people").len(),
        1,
        "{present}"
    );
    let mut at_ann = Live::open(&ann, api.address()).await;
    at_ann
        .say(&json!({"type": "view", "conversation_id": foreign}))
        .await;
    let refused = at_ann.hear(|message| message["type"] == "problem").await;
    assert_eq!(refused["code"], "not_found");
    at_ann
        .say(&json!({"type": "view", "conversation_id": talk}))
        .await;
    at_ann.say(&json!({"type": "nonsense"})).await;
    let refused = at_ann.hear(|message| message["type"] == "problem").await;
    assert_eq!(refused["code"], "invalid_request");
    // Eve hears of herself next, so of Ann nothing came before.
    at_eve
        .say(&json!({"type": "view", "conversation_id": foreign}))
        .await;
    let next = at_eve.hear(|_| true).await;
    assert!(is_of(eve_id)(&next), "{next}");
    eve.get(&format!("/conversations/{talk}/presence"))
        .await
        .expect(404);
}

#[tokio::test]
async fn a_page_of_another_site_gets_no_connection_by_a_cookie() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let ann = api.member(workspace, Role::Agent).await;
    for origin in [Some("https://evil.example.com"), Some("null"), None] {
        let refused = Live::try_open(&ann, api.address(), origin).await.err();
        match refused.as_deref() {
            Some(Error::Http(answer)) => assert_eq!(answer.status(), 403, "{origin:?}"),
            other => panic!("{origin:?}: {other:?}"),
        }
    }
    match Live::try_open(&api.nobody(), api.address(), None)
        .await
        .err()
        .as_deref()
    {
        Some(Error::Http(answer)) => assert_eq!(answer.status(), 401),
        other => panic!("{other:?}"),
    }
    let no_handshake = ann.get("/live").await.expect(426);
    assert_eq!(no_handshake.code(), "upgrade_required");
    // A program with a key may listen, and is nobody who is there.
    let key = api.key(workspace, "viewer", &["live:read"]).await;
    assert_eq!(
        key.get("/live").await.expect(426).code(),
        "upgrade_required"
    );
    let mut program = Live::try_open(&key, api.address(), None)
        .await
        .expect("a connection");
    let present = program.hear(|message| message["type"] == "present").await;
    assert_eq!(present["people"], json!([]));
    program
        .say(&json!({"type": "view", "conversation_id": null}))
        .await;
    let refused = program.hear(|message| message["type"] == "problem").await;
    assert_eq!(refused["code"], "person_required");
}

#[tokio::test]
async fn who_says_too_much_or_may_listen_no_more_is_closed() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let person = api.database.create_person(workspace, Role::Agent).await;
    let visitor = api.session(person, Some(workspace)).await;
    let mut fast = Live::open(&visitor, api.address()).await;
    let mut large = Live::open(&visitor, api.address()).await;
    let mut binary = Live::open(&visitor, api.address()).await;
    let mut listener = Live::open(&visitor, api.address()).await;
    for _ in 0..40 {
        // It may be closed before the last ones are sent.
        let _ = fast
            .0
            .send(Message::text(r#"{"type": "typing", "is_typing": false}"#))
            .await;
    }
    assert_eq!(fast.closed().await, 1008);
    large.say(&json!({"type": "x".repeat(5000)})).await;
    assert_eq!(large.closed().await, 1009);
    binary
        .0
        .send(Message::binary(vec![0_u8; 8]))
        .await
        .expect("sent");
    assert_eq!(binary.closed().await, 1003);
    api.database
        .owner()
        .execute(
            "delete from public.workspace_members where user_id = $1",
            &[&person],
        )
        .await
        .expect("removed");
    assert_eq!(listener.closed().await, 1008);
}
