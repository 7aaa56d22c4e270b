//! What a hostile caller sends to the server itself: bodies that trickle or nest without end, and words that would become
//! lines of the log or headers.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use romashka_server::authentication::api_key::ApiKey;
use romashka_tests::{Api, Role, TestDatabase};
use serde_json::{Value, json};
use uuid::Uuid;

use super::command::Served;

#[tokio::test]
async fn who_is_slow_with_his_body_is_cut_off() {
    let database = TestDatabase::new().await;
    let data = tempfile::tempdir().expect("a folder");
    let settings = [("ROMASHKA_REQUEST_TIMEOUT", "2")];
    let served = Served::logging(&database, data.path(), &settings, Stdio::null());
    let address = served.address();
    let (waited, answer) = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("a limit");
        let begun = Instant::now();
        let head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";
        stream.write_all(head.as_bytes()).expect("the headers");
        let mut writer = stream.try_clone().expect("a second hand");
        // A byte now and then, as long as it is taken.
        let trickle = std::thread::spawn(move || {
            while begun.elapsed() < Duration::from_secs(25) && writer.write_all(b" ").is_ok() {
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        let mut answer = vec![0; 4096];
        let read = stream.read(&mut answer).expect("an answer or the end");
        let waited = begun.elapsed();
        drop(stream);
        trickle.join().expect("the slow one");
        (waited, String::from_utf8_lossy(&answer[..read]).into_owned())
    })
    .await
    .expect("the slow one");
    assert!(waited < Duration::from_secs(20), "{waited:?}");
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
    assert_eq!(served.stop(), Some(0));
}

#[tokio::test]
async fn json_that_nests_without_end_is_refused() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let deep = format!(
        "{{\"name\": \"Ann\", \"custom_fields\": {{\"a\": {}",
        "[".repeat(400_000)
    );
    let nested = format!(
        "{{\"name\": \"Ann\", \"custom_fields\": {}1{}}}",
        "{\"a\":".repeat(2_000),
        "}".repeat(2_000)
    );
    let beyond = "{\"name\": \"Ann\", \"custom_fields\": {\"a\": 1e400}}".to_owned();
    for body in [deep, nested, beyond] {
        let request = agent
            .request(reqwest::Method::POST, "/api/v1/customers")
            .header("content-type", "application/json")
            .body(body);
        let answer = agent.send(request).await;
        assert!(answer.status == 400 || answer.status == 422, "{answer:?}");
        assert_eq!(answer.code(), "invalid_request", "{answer:?}");
    }
    let left = agent.get("/customers").await.expect(200);
    assert_eq!(left.body["data"], json!([]), "nothing was stored of it");
}

/// Passwords, keys, what people write and where they come from stay out of the log, and nobody writes a line into it.
#[tokio::test]
async fn the_log_tells_no_secret_no_words_and_nothing_made_up() {
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    let key = ApiKey::generate();
    let scopes = ["*:write"].as_slice();
    let owner = database.owner();
    owner
        .query_one(
            "select public.create_api_key('of a test', $1, $2, $3, $4, 'admin', null, $5)",
            &[
                &key.digest().to_vec(),
                &key.display_prefix(),
                &key.last_four(),
                &scopes,
                &workspace,
            ],
        )
        .await
        .expect("a key");
    let row = owner
        .query_one(
            "select conversation_id from public.ingest_message('api', 'vera', 'Quillfeather was here', workspace => $1)",
            &[&workspace],
        )
        .await
        .expect("a message");
    let talk: Uuid = row.get(0);
    // A fault of the database that tells the row, in two lines.
    owner
        .batch_execute(
            "create function public.break_down() returns trigger language plpgsql as $$ begin
               raise exception E'the disk is broken\nFORGED it is all well' using detail = new.content;
             end $$;
             create trigger break_down before insert on public.messages for each row execute function public.break_down()",
        )
        .await
        .expect("a fault");

    let data = tempfile::tempdir().expect("a folder");
    let log = data.path().join("log");
    let settings = [("ROMASHKA_LOG", "info")];
    let place = Stdio::from(File::create(&log).expect("a log"));
    let served = Served::logging(&database, data.path(), &settings, place);
    let http = reqwest::Client::new();
    let send = |path: String, token: &str, body: Value| {
        let request = http
            .post(format!("{}{path}", served.url()))
            .header("user-agent", "Nosegay/1.0")
            .bearer_auth(token)
            .json(&body);
        async move { request.send().await.expect("an answer").status().as_u16() }
    };
    let messages = format!("/api/v1/conversations/{talk}/messages");
    let answers = [
        send(
            "/api/v1/auth/login?hint=Marmalade".to_owned(),
            "",
            json!({"email": "vera@periwinkle.example", "password": "correct-horse-battery"}),
        )
        .await,
        send(
            messages.clone(),
            key.expose(),
            json!({"content": "Hollyhock is my mother's name"}),
        )
        .await,
        send(
            "/api/v1/customers/%0AFORGED%20line".to_owned(),
            key.expose(),
            json!({}),
        )
        .await,
        send(messages, "rmk_live_Snapdragon", json!({"content": "x"})).await,
    ];
    assert_eq!(answers[1], 500, "{answers:?}");
    assert_eq!(served.stop(), Some(0));
    let log = std::fs::read_to_string(log).expect("a log");
    assert!(
        log.contains("the disk is broken"),
        "the cause is told: {log}"
    );
    for kept_back in [
        "Hollyhock",
        "Quillfeather",
        "Marmalade",
        "periwinkle",
        "correct-horse",
        "Snapdragon",
        "Nosegay",
        key.expose(),
        &talk.to_string(),
    ] {
        let at = log.lines().find(|line| line.contains(kept_back));
        assert!(at.is_none(), "{kept_back} is in the log: {at:?}\n{log}");
    }
    for line in log.lines() {
        assert!(!line.trim_start().starts_with("FORGED"), "{log}");
    }
}

/// A name becomes a header of a download: no quote and no line of it gets there, and what is asked for is told back in none.
#[tokio::test]
async fn no_header_is_made_of_what_somebody_writes() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let request = agent
        .request(
            reqwest::Method::POST,
            "/api/v1/attachments?filename=a%0D%0ASet-Cookie%3A%20x%3D1%22%3B%20filename%3D%22b.txt",
        )
        .header("content-type", "text/plain")
        .body("words");
    let made = agent.send(request).await.expect(201);
    let path = format!("/api/v1/attachments/{}/content", made.id());
    let answer = agent
        .request(reqwest::Method::GET, &path)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key("set-cookie"));
    let disposition = answer.headers()["content-disposition"]
        .to_str()
        .expect("a text");
    let name = disposition
        .strip_prefix("attachment; filename*=UTF-8''")
        .unwrap_or_else(|| panic!("{disposition}"));
    assert!(
        name.ends_with("b.txt") && !name.contains(['"', ';', '=', ' ']),
        "{disposition}"
    );
    let request = agent.request(
        reqwest::Method::GET,
        "/api/v1/customers?cursor=%0D%0ASet-Cookie:%20x=1",
    );
    let answer = agent.send(request).await.expect(400);
    assert_eq!(answer.code(), "invalid_cursor");
    assert_eq!(answer.header("set-cookie"), "");
}
