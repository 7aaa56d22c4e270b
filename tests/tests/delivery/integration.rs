//! Channels that a program of the workspace's own serves: the program of the documentation bridges a messenger, and answers
//! are told apart.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::Method;
use romashka_tests::api::Visitor;
use romashka_tests::{Api, Role, value};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::provider::{Provider, Reply, until};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../docs/channels/examples/bridge.py"
);

struct Scene<'a> {
    api: &'a Api,
    program: Visitor<'a>,
    channel: Uuid,
    secret: String,
}

impl<'a> Scene<'a> {
    /// A channel set up by the API, whose messages are posted there.
    async fn new(api: &'a Api, workspace: Uuid, url: &str) -> Scene<'a> {
        let admin = api.member(workspace, Role::Admin).await;
        let wanted = json!({"name": "Telegram", "kind": "api", "configuration": {"url": url}});
        let made = admin.post("/channels", &wanted).await.expect(201);
        let secret = made.body["secret"].as_str().expect("a secret").to_owned();
        assert!(secret.starts_with("whsec_"));
        let read = admin
            .get(&format!("/channels/{}", made.id()))
            .await
            .expect(200);
        assert!(!read.body.to_string().contains(&secret[6..]), "shown once");
        Scene {
            api,
            program: api
                .key(workspace, "agent", &["channels:write", "attachments:write"])
                .await,
            channel: made.id(),
            secret,
        }
    }

    async fn hand_in(&self, customer: &str, id: &str, more: Value) -> romashka_tests::api::Answer {
        let mut body = json!({"customer": {"external_id": customer, "name": "Ann"}, "external_message_id": id, "content": "Hello"});
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let path = format!("/channels/{}/messages", self.channel);
        self.program.post(&path, &body).await
    }

    async fn report(&self, body: Value) -> u16 {
        let path = format!("/channels/{}/reports", self.channel);
        self.program.post(&path, &body).await.status.as_u16()
    }

    async fn answer(&self, conversation: &Value, text: &str) {
        let conversation: Uuid = conversation
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("a conversation");
        let owner = self.api.database.owner();
        owner
            .query_one(
                "select public.send_message(c.id, $2, workspace => c.workspace_id) from public.conversations as c where c.id = $1",
                &[&conversation, &text],
            )
            .await
            .expect("a message");
        self.api.serving().server().bells.ring_deliveries();
    }
}

/// Of the newest delivery.
const STATE: &str = "select delivery_status || ' ' || coalesce(error_details ->> 'class', '-') from public.message_delivery_tracking order by created_at desc, id desc limit 1";

struct Script(Child, u16);

impl Script {
    fn start(scene: &Scene<'_>, messenger: &str, data: &std::path::Path) -> Script {
        let (_, authorization) = scene
            .program
            .headers()
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
            .expect("a key");
        let mut child = Command::new("python3")
            .arg(SCRIPT)
            .env("ROMASHKA_URL", scene.api.address())
            .env("ROMASHKA_KEY", authorization.trim_start_matches("Bearer "))
            .env("ROMASHKA_CHANNEL", scene.channel.to_string())
            .env("ROMASHKA_SECRET", &scene.secret)
            .env("MESSENGER_URL", messenger)
            .env("BRIDGE_PORT", "0")
            .env("BRIDGE_DATA", data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let mut port = String::new();
        BufReader::new(child.stdout.take().expect("its output"))
            .read_line(&mut port)
            .expect("its port");
        let port = port.trim().parse().expect("a port");
        Script(child, port)
    }

    async fn tell(&self, event: Value) -> u16 {
        reqwest::Client::new()
            .post(format!("http://127.0.0.1:{}/messenger", self.1))
            .json(&event)
            .send()
            .await
            .expect("an answer")
            .status()
            .as_u16()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_of_the_documentation_bridges_a_messenger() {
    let messenger = Provider::start().await;
    let mut settings = messenger.settings();
    // The script listens on a port that is known when it runs.
    settings.webhook_policy.ports = (1024..=u16::MAX).collect();
    let api = Api::with(settings).await;
    let workspace = api.database.create_workspace("acme").await;
    let scene = Scene::new(&api, workspace, &messenger.address).await;
    let folder = tempfile::tempdir().expect("a folder");
    let script = Script::start(&scene, &messenger.address, &folder.path().join("sent"));
    api.database
        .owner()
        .execute(
            "update public.communication_channels set configuration = jsonb_build_object('url', $1::text)",
            &[&format!("http://127.0.0.1:{}/romashka", script.1)],
        )
        .await
        .expect("its address");

    let hello = json!({"id": "1", "from": "77", "name": "Ann", "text": "Hello"});
    assert_eq!(script.tell(hello.clone()).await, 200);
    assert_eq!(
        script.tell(hello).await,
        200,
        "again, for its answer was lost"
    );
    let messages: i64 = value(api.database.owner(), "select count(*) from public.messages").await;
    assert_eq!(messages, 1);
    let conversation: Uuid =
        value(api.database.owner(), "select id from public.conversations").await;

    messenger.reply(Reply::Status(200, vec![], json!({"id": "m-1"}).to_string()));
    scene.answer(&json!(conversation), "Good morning").await;
    until(&api, STATE, "sent -".to_owned()).await;
    let posted: Value =
        serde_json::from_slice(&messenger.received()[0].body).expect("what the messenger got");
    assert_eq!(posted, json!({"to": "77", "text": "Good morning"}));
    for status in ["read", "delivered", "sent"] {
        assert_eq!(
            script
                .tell(json!({"receipt": "m-1", "status": status}))
                .await,
            200
        );
    }
    until(
        &api,
        "select count(*) from public.webhook_events where source = 'integration' and status = 'processed'",
        3_i64,
    )
    .await;
    until(&api, STATE, "read -".to_owned()).await;

    messenger.reply(Reply::Status(404, vec![], String::new()));
    scene.answer(&json!(conversation), "Are you there?").await;
    until(&api, STATE, "failed recipient".to_owned()).await;
    let forged = reqwest::Client::new()
        .post(format!("http://127.0.0.1:{}/romashka", script.1))
        .header("webhook-id", "msg_1")
        .header("webhook-timestamp", jiff::Timestamp::now().as_second().to_string())
        .header("webhook-signature", "v1,AAAA")
        .body(r#"{"type": "channel.message", "data": {"customer": {"external_id": "1"}, "content": "x"}}"#)
        .send()
        .await
        .expect("an answer");
    assert_eq!(forged.status().as_u16(), 401);
    assert_eq!(messenger.received().len(), 2);
}

#[tokio::test]
async fn answers_of_the_program_are_told_apart() {
    let program = Provider::start().await;
    let api = Api::with(program.settings()).await;
    let workspace = api.database.create_workspace("acme").await;
    let scene = Scene::new(&api, workspace, &program.address).await;
    let said = scene.hand_in("77", "1", json!({})).await.expect(201);
    let conversation = said.body["conversation_id"].clone();

    // What passes is tried again under the same id.
    program.reply(Reply::Status(500, vec![], String::new()));
    scene.answer(&conversation, "one").await;
    until(&api, STATE, "queued passing".to_owned()).await;
    api.database
        .owner()
        .batch_execute("update public.message_delivery_tracking set next_attempt_at = now()")
        .await
        .expect("its time");
    until(&api, STATE, "sent -".to_owned()).await;
    let posts = program.received();
    assert_eq!(posts.len(), 2);
    assert_eq!(
        posts[0].headers["webhook-id"],
        posts[1].headers["webhook-id"]
    );
    assert_eq!(posts[0].body, posts[1].body);
    // Without an id of its own the message is known by ours.
    let message: Uuid = value(
        api.database.owner(),
        "select id from public.messages where sender_type = 'agent'",
    )
    .await;
    assert_eq!(
        scene
            .report(json!({"message_id": message, "status": "delivered"}))
            .await,
        202
    );
    until(&api, STATE, "delivered -".to_owned()).await;
    assert_eq!(
        scene
            .report(json!({"message_id": Uuid::new_v4(), "status": "read"}))
            .await,
        404
    );
    assert_eq!(scene.report(json!({"status": "read"})).await, 422);

    for (status, body, expected) in [
        (422, "", "failed permanent"),
        (410, "", "failed configuration"),
        (
            400,
            r#"{"error": {"class": "window_closed", "message": "later"}}"#,
            "failed window_closed",
        ),
    ] {
        program.reply(Reply::Status(status, vec![], body.to_owned()));
        scene.answer(&conversation, expected).await;
        until(&api, STATE, expected.to_owned()).await;
    }
}

#[tokio::test]
async fn messages_are_taken_once_with_their_files_and_each_channel_has_its_own_people() {
    let elsewhere = Provider::start().await;
    let api = Api::with(elsewhere.settings()).await;
    let workspace = api.database.create_workspace("acme").await;
    let one = Scene::new(&api, workspace, &elsewhere.address).await;
    let two = Scene::new(&api, workspace, &elsewhere.address).await;

    let request = one
        .program
        .request(Method::POST, "/api/v1/attachments?filename=note.txt")
        .header("content-type", "text/plain")
        .body("A note");
    let file = one.program.send(request).await.expect(201).id();
    elsewhere.reply(Reply::Status(
        200,
        vec![("content-type", "text/plain".to_owned())],
        "Fetched".to_owned(),
    ));
    let files = json!({"content": "", "attachments": [{"id": file}, {"url": format!("{}/far.txt", elsewhere.address)}]});
    let first = one.hand_in("77", "1", files.clone()).await.expect(201);
    let again = one.hand_in("77", "1", files).await.expect(200);
    assert_eq!(first.body["message_id"], again.body["message_id"]);
    assert_eq!(again.body["is_duplicate"], true);
    let names: String = value(
        api.database.owner(),
        "select string_agg(filename || ' ' || file_size, ',' order by filename) from public.file_attachments where message_id is not null",
    )
    .await;
    assert_eq!(names, "far.txt 7,note.txt 6");
    let second = two.hand_in("77", "1", json!({})).await.expect(201);
    assert_ne!(first.body["customer_id"], second.body["customer_id"]);

    for (more, status) in [
        (json!({"content": " "}), 422),
        (json!({"external_message_id": "a\u{0}"}), 422),
        (
            json!({"attachments": [{"url": "http://169.254.169.254/latest"}]}),
            422,
        ),
        (json!({"attachments": [{}]}), 422),
        (json!({"attachments": [{"id": file}]}), 422),
        (json!({"unknown": 1}), 400),
    ] {
        let answer = one.hand_in("77", "9", more.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{more}: {answer:?}");
    }
    let messages: i64 = value(api.database.owner(), "select count(*) from public.messages").await;
    assert_eq!(messages, 2);
}
