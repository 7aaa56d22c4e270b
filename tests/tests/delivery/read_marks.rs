//! WhatsApp shows a customer that an agent has read and types, where the channel wants that.

use reqwest::Method;
use romashka_tests::{Api, Role, TestDatabase, value};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::provider::{
    Provider, Reply, channel, delivery_of, now, post_whatsapp, until, whatsapp_account,
};

struct Talk {
    provider: Provider,
    api: Api,
    workspace: Uuid,
    token: String,
    id: Uuid,
}

async fn talk(settings: Value) -> Talk {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let workspace = api.database.create_workspace("acme").await;
    let (mut configuration, credentials) = whatsapp_account();
    for (name, value) in settings.as_object().expect("an object") {
        configuration[name] = value.clone();
    }
    let channel = channel(&api, workspace, "whatsapp", &configuration, &credentials).await;
    let body = delivery_of(
        &[("wamid.one".into(), "49151000001".into(), "hello".into())],
        now() - 5,
    );
    assert_eq!(post_whatsapp(&api, &channel.token, &body).await, 200);
    until(&api, "select count(*) from public.messages", 1_i64).await;
    let id = value(api.database.owner(), "select id from public.conversations").await;
    Talk {
        provider,
        api,
        workspace,
        token: channel.token,
        id,
    }
}

impl Talk {
    async fn writes(&self, id: &str, at: i64) {
        let body = delivery_of(&[(id.into(), "49151000001".into(), "more".into())], at);
        assert_eq!(post_whatsapp(&self.api, &self.token, &body).await, 200);
        let sql =
            format!("select count(*) from public.messages where external_message_id = '{id}'");
        until(&self.api, &sql, 1_i64).await;
    }

    /// What WhatsApp was told, in order: the message, and whether somebody types.
    fn told(&self) -> Vec<(String, bool)> {
        let received = self.provider.received_at("/v24.0/1111/messages");
        received
            .iter()
            .map(|request| {
                let body: Value = serde_json::from_slice(&request.body).expect("JSON");
                assert_eq!(body["status"], "read");
                assert_eq!(body["messaging_product"], "whatsapp");
                let id = body["message_id"].as_str().expect("an id").to_owned();
                (id, body["typing_indicator"]["type"] == "text")
            })
            .collect()
    }

    async fn settled(&self) {
        until(
            &self.api,
            "select count(*) from romashka.read_marks where is_pending",
            0_i64,
        )
        .await;
    }

    async fn types(&self, person: Uuid) {
        let claims = json!({"sub": person, "role": "authenticated"});
        let owner = self.api.database.owner();
        owner
            .execute(
                "select set_config('request.jwt.claims', $1, false)",
                &[&claims.to_string()],
            )
            .await
            .expect("claims");
        owner
            .execute(
                "select public.show_presence(gen_random_uuid(), $1, true, $2)",
                &[&self.id, &self.workspace],
            )
            .await
            .expect("presence");
        owner
            .execute("select set_config('request.jwt.claims', '', false)", &[])
            .await
            .expect("no claims");
    }
}

#[tokio::test]
async fn what_an_agent_has_read_is_shown_once_and_the_newest_counts() {
    let talk = talk(json!({})).await;
    let agent = talk.api.member(talk.workspace, Role::Agent).await;
    let path = format!("/conversations/{}/read-mark", talk.id);
    agent.json(Method::PUT, &path, &json!({})).await.expect(204);
    talk.settled().await;
    until(
        &talk.api,
        "select told_message_id from romashka.read_marks",
        "wamid.one".to_owned(),
    )
    .await;
    agent.json(Method::PUT, &path, &json!({})).await.expect(204);
    talk.settled().await;
    assert_eq!(talk.told(), [("wamid.one".to_owned(), false)]);
    // Meta is away for a moment: it is told later.
    talk.provider
        .reply(Reply::Status(503, vec![], "<html>".to_owned()));
    talk.writes("wamid.two", now()).await;
    agent.json(Method::PUT, &path, &json!({})).await.expect(204);
    until(
        &talk.api,
        "select told_message_id from romashka.read_marks",
        "wamid.two".to_owned(),
    )
    .await;
    let told = talk.told();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[1..].iter().all(|(id, _)| id == "wamid.two"));
}

#[tokio::test]
async fn typing_is_shown_at_most_once_in_a_while() {
    let talk = talk(json!({})).await;
    let person = talk
        .api
        .database
        .create_person(talk.workspace, Role::Agent)
        .await;
    for _ in 0..3 {
        talk.types(person).await;
        talk.settled().await;
    }
    assert_eq!(talk.told(), [("wamid.one".to_owned(), true)]);
}

#[tokio::test]
async fn a_channel_can_keep_it_to_itself() {
    let silent = talk(json!({"read_receipts": false})).await;
    let agent = silent.api.member(silent.workspace, Role::Agent).await;
    let path = format!("/conversations/{}/read-mark", silent.id);
    agent.json(Method::PUT, &path, &json!({})).await.expect(204);
    let person = silent
        .api
        .database
        .create_person(silent.workspace, Role::Agent)
        .await;
    silent.types(person).await;
    let marks: i64 = value(
        silent.api.database.owner(),
        "select count(*) from romashka.read_marks",
    )
    .await;
    assert_eq!(marks, 0);
    let untyped = talk(json!({"typing_indicator": false})).await;
    let person = untyped
        .api
        .database
        .create_person(untyped.workspace, Role::Agent)
        .await;
    untyped.types(person).await;
    let marks: i64 = value(
        untyped.api.database.owner(),
        "select count(*) from romashka.read_marks",
    )
    .await;
    assert_eq!(marks, 0);
}
