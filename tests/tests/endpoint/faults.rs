//! A workspace's language model over a real server that speaks the protocol, and breaks it in every way it can be broken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::stream::{self, StreamExt as _};
use romashka_server::assistant::endpoint::address::Address;
use romashka_server::assistant::endpoint::client::{Call, Client, Completion, Failure};
use romashka_tests::api::settings;
use romashka_tests::{Api, Role, value};
use serde_json::{Value, json};

/// A server that does what the model's name says.
struct Faults {
    url: String,
    asked: Arc<AtomicUsize>,
}

async fn faults() -> Faults {
    let asked = Arc::new(AtomicUsize::new(0));
    let app = Router::new()
        .route("/v1/chat/completions", post(complete))
        .with_state(asked.clone());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("a port");
    let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Faults { url, asked }
}

fn delta(text: &str) -> String {
    format!(
        "data: {}\n\n",
        json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
    )
}

fn finish(reason: &str) -> String {
    format!(
        "data: {}\n\n",
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    )
}

const USAGE: &str =
    "data: {\"choices\": [], \"usage\": {\"prompt_tokens\": 12, \"completion_tokens\": 3}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// A stream of these parts; it breaks off after them where `breaks`.
fn events(parts: Vec<String>, breaks: bool) -> Response {
    let parts = parts.into_iter().map(|part| Ok(Bytes::from(part)));
    let end = stream::iter(breaks.then_some(())).then(|()| async {
        // What was said before is on its way by then.
        tokio::time::sleep(Duration::from_millis(100)).await;
        Err(std::io::Error::other("cut"))
    });
    let body = Body::from_stream(stream::iter(parts).chain(end));
    ([("content-type", "text/event-stream")], body).into_response()
}

async fn complete(
    State(asked): State<Arc<AtomicUsize>>,
    headers: HeaderMap,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let count = asked.fetch_add(1, Ordering::SeqCst);
    let status = |status: u16, text: &str| {
        let status = axum::http::StatusCode::from_u16(status).expect("a status");
        (status, axum::Json(json!({"error": {"message": text}}))).into_response()
    };
    let good = || {
        vec![
            // An event may come in pieces, and a letter too.
            ": a comment\n\n".to_owned(),
            delta("Five "),
            delta("días"),
            finish("stop"),
            USAGE.to_owned(),
            DONE.to_owned(),
        ]
    };
    match body["model"].as_str().unwrap_or_default() {
        "keyed" => match headers.get("authorization").map(|value| value.as_bytes()) {
            Some(b"Bearer sk-secret") => events(good(), false),
            _ => status(401, "Incorrect API key"),
        },
        "bytes" => {
            let all = good().concat().into_bytes();
            let parts = all
                .into_iter()
                .map(|byte| Ok::<_, std::io::Error>(Bytes::from(vec![byte])));
            let body = Body::from_stream(stream::iter(parts));
            ([("content-type", "text/event-stream")], body).into_response()
        }
        "whole" => axum::Json(json!({"choices": [{"message": {"content": "Five días"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 12, "completion_tokens": 3}})).into_response(),
        "no_done" => events(vec![delta("Five días"), finish("stop")], false),
        "no_finish" => events(vec![delta("Five días"), DONE.to_owned()], false),
        "ends" => events(vec![delta("Five")], false),
        "cut" => events(vec![delta("Five")], true),
        "cut_first" if count == 0 => events(Vec::new(), true),
        "busy_first" if count == 0 => status(503, "busy"),
        "cut_first" | "busy_first" => events(good(), false),
        "busy" => status(429, "slow down"),
        "refuses" => status(400, "no such model"),
        "error" => events(
            vec![delta("Five"), "data: {\"error\": {\"message\": \"out of memory\"}}\n\n".to_owned()],
            false,
        ),
        "nonsense" => events(vec![delta("Five"), "data: {no json\n\n".to_owned()], false),
        "no_completion" => axum::Json(json!({"hello": "world"})).into_response(),
        "html" => ([("content-type", "text/html")], "<html>").into_response(),
        "length" => events(vec![delta("Five"), finish("length"), DONE.to_owned()], false),
        "filter" => events(vec![delta("Five"), finish("content_filter"), DONE.to_owned()], false),
        "tool" => events(vec![finish("tool_calls"), DONE.to_owned()], false),
        "empty" => events(vec![finish("stop"), DONE.to_owned()], false),
        "large" => events(vec![delta(&"x".repeat(700_000)), delta(&"x".repeat(700_000))], false),
        "line" => events(vec!["data: ".to_owned() + &"x".repeat(2_000_000)], false),
        "redirect" => (axum::http::StatusCode::TEMPORARY_REDIRECT, [("location", "/v1/chat/completions")]).into_response(),
        "silent" => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            events(good(), false)
        }
        "drips" => {
            let parts = stream::unfold(0, |count| async move {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Some((Ok::<_, std::io::Error>(Bytes::from(delta("x"))), count + 1))
            });
            ([("content-type", "text/event-stream")], Body::from_stream(parts)).into_response()
        }
        other => status(404, other),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_returned_is_whole_whatever_the_server_does() {
    let whole = Completion {
        text: "Five días".to_owned(),
        tokens_in: Some(12),
        tokens_out: Some(3),
    };
    let uncounted = Completion {
        tokens_in: None,
        tokens_out: None,
        ..whole.clone()
    };
    let status = |status, text: &str| Err(Failure::Status(status, format!(": {text}")));
    let mut policy = settings().webhook_policy;
    policy.guard.allowed = vec!["127.0.0.0/8".parse().expect("a network")];
    let client = Client::new(&policy).expect("a client");
    for (model, is_streamed, attempts, expected) in [
        ("bytes", true, 1, Ok(whole.clone())),
        ("whole", false, 1, Ok(whole.clone())),
        // A server that does not stream although it is asked to.
        ("whole", true, 1, Ok(whole.clone())),
        ("no_done", true, 1, Ok(uncounted.clone())),
        ("no_finish", true, 1, Ok(uncounted)),
        ("ends", true, 1, Err(Failure::Cut)),
        ("cut", true, 1, Err(Failure::Cut)),
        ("cut_first", true, 2, Ok(whole.clone())),
        ("busy_first", true, 2, Ok(whole)),
        ("busy", true, 2, status(429, "slow down")),
        ("refuses", true, 1, status(400, "no such model")),
        (
            "error",
            true,
            1,
            Err(Failure::Said("out of memory".to_owned())),
        ),
        ("nonsense", true, 1, Err(Failure::Unreadable)),
        ("no_completion", false, 1, Err(Failure::Unreadable)),
        ("html", true, 1, Err(Failure::Unreadable)),
        ("length", true, 1, Err(Failure::Length)),
        ("filter", true, 1, Err(Failure::Filtered)),
        (
            "tool",
            true,
            1,
            Err(Failure::Ended("tool_calls".to_owned())),
        ),
        ("empty", true, 1, Err(Failure::Empty)),
        ("large", true, 1, Err(Failure::TooLarge)),
        ("line", true, 1, Err(Failure::TooLarge)),
        (
            "redirect",
            true,
            1,
            Err(Failure::Status(307, String::new())),
        ),
        ("silent", true, 1, Err(Failure::Idle)),
        ("silent", false, 1, Err(Failure::TooSlow)),
        ("drips", true, 1, Err(Failure::TooSlow)),
    ] {
        let faults = faults().await;
        let address = Address::parse(&faults.url, &policy).expect("an address");
        let call = Call {
            address: &address,
            key: None,
            model,
            instructions: "Be short.",
            question: "How long?",
            max_tokens: 50,
            is_streamed,
            idle: Duration::from_millis(500),
            total: Duration::from_millis(1500),
        };
        // Of one that does not stream either limit may be the first to be noticed.
        let got = match client.complete(&call).await {
            Err(Failure::Idle) if !is_streamed => Err(Failure::TooSlow),
            got => got,
        };
        assert_eq!(got, expected, "{model}, streamed: {is_streamed}");
        assert_eq!(faults.asked.load(Ordering::SeqCst), attempts, "{model}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_sets_a_model_up_and_checks_it() {
    let faults = faults().await;
    let mut settings = settings();
    settings.webhook_policy.guard.allowed = vec!["127.0.0.0/8".parse().expect("a network")];
    let api = Api::with(settings).await;
    let workspace = api.database.create_workspace("acme").await;
    let rival = api.database.create_workspace("rival").await;
    let admin = api.member(workspace, Role::Admin).await;
    let agent = api.member(workspace, Role::Agent).await;
    let other = api.member(rival, Role::Admin).await;
    let path = "/ai_endpoint";
    admin.get(path).await.expect(404);
    admin
        .post("/ai_endpoint/check", &Value::Null)
        .await
        .expect(404);
    let setup = json!({"base_url": faults.url, "model": "keyed", "api_key": "sk-secret", "daily_tokens": 5000});
    agent.put(path, &setup).await.expect(403);
    let set = admin.put(path, &setup).await.expect(200).body;
    assert_eq!(
        (&set["has_key"], &set["daily_tokens"], &set["is_streamed"]),
        (&json!(true), &json!(5000), &json!(true))
    );
    assert!(!set.to_string().contains("sk-secret"), "{set}");
    let stored: String = value(
        api.database.owner(),
        "select e::text || (select string_agg(a::text, '') from public.audit_logs as a) from public.ai_endpoints as e",
    )
    .await;
    assert!(!stored.contains("sk-secret"), "{stored}");
    let check = admin
        .post("/ai_endpoint/check", &Value::Null)
        .await
        .expect(200)
        .body;
    assert_eq!(check["is_good"], true, "{check}");
    // Nobody else sees it, and it is not there for another workspace.
    agent.get(path).await.expect(403);
    other.get(path).await.expect(404);
    other.delete(path).await.expect(404);

    // The key stays where the place is the same, and is not sent to another.
    let changed = json!({"base_url": faults.url, "model": "refuses"});
    assert_eq!(
        admin.put(path, &changed).await.expect(200).body["has_key"],
        true
    );
    let check = admin
        .post("/ai_endpoint/check", &Value::Null)
        .await
        .expect(200)
        .body;
    assert_eq!(
        (&check["is_good"], &check["text"]),
        (
            &json!(false),
            &json!("status: it answered 400: no such model")
        )
    );
    let elsewhere = json!({"base_url": "http://127.0.0.1:9/v1", "model": "keyed"});
    let refused = admin.put(path, &elsewhere).await.expect(422);
    assert_eq!(refused.body["field"], "api_key", "{}", refused.body);
    let without = json!({"base_url": "http://127.0.0.1:9/v1", "model": "keyed", "api_key": null});
    assert_eq!(
        admin.put(path, &without).await.expect(200).body["has_key"],
        false
    );
    let check = admin
        .post("/ai_endpoint/check", &Value::Null)
        .await
        .expect(200)
        .body;
    assert_eq!(check["is_good"], false, "{check}");
    for wrong in [
        json!({"base_url": "http://10.0.0.1:8080/v1", "model": "m", "api_key": null}),
        json!({"base_url": "no address", "model": "m", "api_key": null}),
        json!({"base_url": faults.url, "model": "", "api_key": null}),
        json!({"base_url": faults.url, "model": "m", "api_key": "with blank"}),
        json!({"base_url": faults.url, "model": "m", "api_key": null, "max_tokens": 1}),
    ] {
        admin.put(path, &wrong).await.expect(422);
    }
    admin.delete(path).await.expect(204);
    admin.get(path).await.expect(404);
}

#[tokio::test]
async fn a_model_of_ones_own_network_needs_the_operators_word() {
    let faults = faults().await;
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let admin = api.member(workspace, Role::Admin).await;
    let refused = admin
        .put(
            "/ai_endpoint",
            &json!({"base_url": faults.url, "model": "whole"}),
        )
        .await
        .expect(422);
    assert_eq!(refused.body["field"], "base_url");
    assert!(
        refused
            .body
            .to_string()
            .contains("ROMASHKA_WEBHOOK_NETWORKS"),
        "{}",
        refused.body
    );
    // Nor does a check go there, however the address came into the row.
    let sql = format!(
        "insert into public.ai_endpoints (workspace_id, base_url, model) values ('{workspace}', '{}', 'whole')",
        faults.url
    );
    api.database
        .owner()
        .batch_execute(&sql)
        .await
        .expect("a row");
    let check = admin
        .post("/ai_endpoint/check", &Value::Null)
        .await
        .expect(200)
        .body;
    assert_eq!(check["is_good"], false, "{check}");
    assert_eq!(faults.asked.load(Ordering::SeqCst), 0);
}
