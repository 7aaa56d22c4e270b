//! One request, one transaction: nothing stays of a request that failed or was given up, and nothing happens twice.

use std::time::Duration;

use romashka_tests::api::{Visitor, settings};
use romashka_tests::{Api, Role, value};
use serde_json::{Value, json};
use uuid::Uuid;

struct Stage {
    api: Api,
    workspace: Uuid,
    customer: Uuid,
}

async fn stage() -> Stage {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let customer = api
        .database
        .owner()
        .query_one(
            "insert into public.customer_profiles (workspace_id, name) values ($1, 'Ann') returning id",
            &[&workspace],
        )
        .await
        .expect("a customer")
        .get(0);
    Stage {
        api,
        workspace,
        customer,
    }
}

impl Stage {
    fn new_conversation(&self) -> Value {
        json!({"customer_id": self.customer, "channel_type": "email", "subject": "Invoice"})
    }

    async fn conversations(&self) -> i64 {
        value(
            self.api.database.owner(),
            "select count(*) from public.conversations",
        )
        .await
    }
}

async fn repeat(visitor: &Visitor<'_>, key: &str, body: &Value) -> romashka_tests::api::Answer {
    let request = visitor
        .request(reqwest::Method::POST, "/api/v1/conversations")
        .header("idempotency-key", key)
        .json(body);
    visitor.send(request).await
}

#[tokio::test]
async fn a_repeated_request_is_answered_again_and_done_once() {
    let stage = stage().await;
    let agent = stage.api.member(stage.workspace, Role::Agent).await;
    let body = stage.new_conversation();
    let first = repeat(&agent, "k-1", &body).await.expect(201);
    let second = repeat(&agent, "k-1", &body).await.expect(201);
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(first.header("etag"), second.header("etag"));
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(stage.conversations().await, 1);

    let other = json!({"customer_id": stage.customer, "channel_type": "sms"});
    let reused = repeat(&agent, "k-1", &other).await.expect(422);
    assert_eq!(reused.code(), "idempotency_key_reused");
    // The key is the caller's own: another one's request under it is another request.
    let colleague = stage.api.member(stage.workspace, Role::Agent).await;
    let own = repeat(&colleague, "k-1", &body).await.expect(201);
    assert_ne!(own.body["id"], first.body["id"]);
    // A failure is not kept: the next try is a first one.
    let wrong = json!({"customer_id": Uuid::new_v4(), "channel_type": "email"});
    repeat(&agent, "k-2", &wrong).await.expect(422);
    repeat(&agent, "k-2", &body).await.expect(201);
    for key in ["", &"x".repeat(256)] {
        assert_eq!(
            repeat(&agent, key, &body).await.expect(400).code(),
            "invalid_header"
        );
    }
}

/// Some answers hold a secret that is shown once, and some operations go on as the installation itself.
#[tokio::test]
async fn a_kept_answer_is_encrypted() {
    let stage = stage().await;
    let admin = stage.api.member(stage.workspace, Role::Admin).await;
    let twice = async |path: &str, body: Value| {
        let mut answers = Vec::new();
        for _ in 0..2 {
            let request = admin
                .request(reqwest::Method::POST, &format!("/api/v1{path}"))
                .header("idempotency-key", "once")
                .json(&body);
            answers.push(admin.send(request).await.expect(201));
        }
        assert_eq!(answers[0].body, answers[1].body, "{path}");
        answers.remove(0)
    };
    let made = twice("/api-keys", json!({"name": "bridge", "scopes": ["*:read"]})).await;
    let key = made.body["key"].as_str().expect("a key").to_owned();
    let kept: String = value(
        stage.api.database.owner(),
        "select string_agg(response_body, ' ') from public.idempotency_keys",
    )
    .await;
    assert!(kept.starts_with("rmk1.") && !kept.contains(&key));
    for round in 0..2 {
        let request = admin
            .request(reqwest::Method::POST, "/api/v1/invitations")
            .header("idempotency-key", "another")
            .json(&json!({"email": "bob@example.test"}));
        let answer = admin.send(request).await.expect(201);
        assert_eq!(answer.header("idempotency-replayed") == "true", round == 1);
    }
    let invited: i64 = value(
        stage.api.database.owner(),
        "select count(*) from public.workspace_invitations",
    )
    .await;
    assert_eq!(invited, 1);
}

#[tokio::test]
async fn of_many_at_once_one_is_done() {
    let stage = stage().await;
    let agent = stage.api.member(stage.workspace, Role::Agent).await;
    let body = stage.new_conversation();
    let tries = (0..8).map(|_| repeat(&agent, "at-once", &body));
    let answers = futures_util::future::join_all(tries).await;
    let ids: std::collections::BTreeSet<String> = answers
        .iter()
        .map(|answer| {
            assert_eq!(answer.status, 201, "{}", answer.body);
            answer.body["id"].to_string()
        })
        .collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let replayed = answers
        .iter()
        .filter(|answer| answer.header("idempotency-replayed") == "true")
        .count();
    assert_eq!(replayed, 7);
    assert_eq!(stage.conversations().await, 1);
}

#[tokio::test]
async fn a_request_that_is_given_up_leaves_nothing() {
    let mut settings = settings();
    settings.request_timeout = Duration::from_secs(20);
    let stage = stage().await;
    let agent = stage.api.member(stage.workspace, Role::Agent).await;
    let body = stage.new_conversation();
    for round in 0..40_u64 {
        let patience = Duration::from_micros(200 + round * 150);
        let request = agent
            .request(reqwest::Method::POST, "/api/v1/conversations")
            .json(&body)
            .timeout(patience);
        // Given up somewhere between the connection and the answer.
        let _ = request.send().await;
    }
    // Whatever was not committed is gone, and no transaction is left open. Those of the server's own work are open for moments.
    let begun = std::time::Instant::now();
    loop {
        let left: i64 = value(
            stage.api.database.owner(),
            "select count(*) from pg_stat_activity
              where datname = current_database() and state like 'idle in transaction%' and state_change < clock_timestamp() - interval '1 second'",
        )
        .await;
        if left == 0 && begun.elapsed() > Duration::from_secs(2) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{left} are left");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let before = stage.conversations().await;
    agent.post("/conversations", &body).await.expect(201);
    assert_eq!(stage.conversations().await, before + 1);
}

#[tokio::test]
async fn a_stop_lets_requests_finish() {
    let mut stage = stage().await;
    let agent = stage.api.member(stage.workspace, Role::Agent).await;
    let body = stage.new_conversation();
    let address = stage.api.address().to_owned();
    // Held back by a lock, so that it is at work when the server stops.
    let blocker = stage.api.database.connect().await;
    blocker
        .batch_execute("begin; lock table public.conversations in exclusive mode")
        .await
        .expect("a lock");
    let slow = tokio::spawn(
        agent
            .request(reqwest::Method::POST, "/api/v1/conversations")
            .json(&body)
            .send(),
    );
    tokio::time::sleep(Duration::from_millis(300)).await;
    let release = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        blocker.batch_execute("commit").await.expect("commit");
    });
    drop(agent);
    stage.api.stop().await;
    release.await.expect("the lock is gone");
    let answer = slow.await.expect("a task").expect("an answer");
    assert_eq!(answer.status(), 201);
    assert!(reqwest::get(format!("{address}/health")).await.is_err());
}
