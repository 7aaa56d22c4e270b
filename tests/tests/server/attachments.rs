//! Files by the API: what is taken, how it is given out, and where it lies.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Method;
use romashka_tests::api::{Answer, Visitor};
use romashka_tests::{Api, Role, value};
use sha2::Digest as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

const PDF: &[u8] = b"%PDF-1.7\nhello";
/// As the reference page of the widget has it.
const SIZE_LIMIT: usize = 20 * 1024 * 1024;
/// The default of the setting `max_file_size_mb`.
const DEFAULT_LIMIT: usize = 10 * 1024 * 1024;

async fn upload(
    visitor: &Visitor<'_>,
    query: &str,
    kind: &str,
    body: impl Into<reqwest::Body>,
) -> Answer {
    let request = visitor
        .request(Method::POST, &format!("/api/v1/attachments?{query}"))
        .header("content-type", kind)
        .body(body);
    visitor.send(request).await
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn kept(api: &Api) -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(api.files(), &mut found);
    found
}

#[tokio::test]
async fn a_file_is_kept_given_out_to_be_saved_and_removed() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let admin = api.member(workspace, Role::Admin).await;
    let name = "filename=..%2F..%2Fetc%2F%D1%81%D1%87%D1%91%D1%82%20%22a%22.pdf";
    let made = upload(&agent, name, "application/pdf", PDF)
        .await
        .expect(201);
    assert_eq!(
        made.body["filename"], "счёт _a_.pdf",
        "no path and no quote is left"
    );
    assert_eq!(made.body["file_size"], PDF.len());
    assert_eq!(made.body["mime_type"], "application/pdf");
    let lying = kept(&api);
    assert_eq!(lying.len(), 1, "{lying:?}");
    assert!(
        lying[0].ends_with(
            Path::new(&workspace.simple().to_string())
                .join(&made.id().simple().to_string()[30..])
                .join(made.id().simple().to_string())
        )
    );

    let path = format!("/attachments/{}", made.id());
    assert_eq!(agent.get(&path).await.expect(200).body, made.body);
    let request = agent.request(Method::GET, &format!("/api/v1{path}/content"));
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    for (header, value) in [
        ("content-type", "application/octet-stream"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, no-store"),
    ] {
        assert_eq!(answer.headers()[header], value);
    }
    let disposition = answer.headers()["content-disposition"]
        .to_str()
        .expect("a text");
    assert!(
        disposition.starts_with("attachment; filename*=UTF-8''"),
        "{disposition}"
    );
    assert_eq!(answer.bytes().await.expect("the bytes"), PDF);

    let listed = agent.get("/attachments").await.expect(200);
    assert_eq!(listed.body["data"][0]["id"], made.body["id"]);
    agent.delete(&path).await.expect(403);
    admin.delete(&path).await.expect(204);
    agent.get(&format!("{path}/content")).await.expect(404);
    until_kept(&api, 0).await;
}

/// Waits until so many files lie there: bytes are removed after the commit that removed the row.
async fn until_kept(api: &Api, count: usize) {
    for _ in 0..200 {
        if kept(api).len() == count {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(kept(api).len(), count, "{:?}", kept(api));
}

const WAITING: &str = "select count(*) from romashka.removed_files";

#[tokio::test]
async fn with_its_conversation_a_file_loses_its_bytes_also_when_the_process_was_lost() {
    let mut api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let client = api.database.connect().await;
    let mut paths = Vec::new();
    for age in ["3 years", "1 hour"] {
        let talk: Uuid = value(
            &client,
            &format!("insert into public.conversations (workspace_id, user_name) values ('{workspace}', 'Vera') returning id"),
        )
        .await;
        let query = format!("filename=a.pdf&conversation_id={talk}");
        let made = upload(&agent, &query, "application/pdf", PDF).await;
        paths.push(made.expect(201).id().simple().to_string());
        client
            .batch_execute(&format!(
                "update public.conversations set status = 'closed' where id = '{talk}';
                 set session_replication_role = replica;
                 update public.conversations set created_at = now() - interval '{age}', last_message_at = now() - interval '{age}' where id = '{talk}';
                 set session_replication_role = origin"
            ))
            .await
            .expect("a finished talk");
    }
    assert_eq!(kept(&api).len(), 2);
    // No server is there when retention runs, as from cron, and a worker takes the file and is lost.
    api.stop().await;
    let removed: serde_json::Value = value(&client, "select public.apply_retention()").await;
    assert_eq!(removed["conversations"], 1, "{removed}");
    assert_eq!(value::<i64>(&client, WAITING).await, 1);
    assert_eq!(kept(&api).len(), 2);
    let lost = "select count(*) from romashka.claim_removed_files(10, 'lost', '1 second')";
    assert_eq!(value::<i64>(&client, lost).await, 1);
    assert_eq!(value::<i64>(&client, lost).await, 0, "one worker at a time");

    let mut settings = romashka_tests::api::settings();
    settings.file_folder = Some(api.files().to_owned());
    let next = api.one_more(settings).await;
    until_kept(&api, 1).await;
    assert!(
        kept(&api)[0].ends_with(&paths[1]),
        "what is kept is the younger one's: {:?}",
        kept(&api)
    );
    for _ in 0..100 {
        if value::<i64>(&client, WAITING).await == 0 {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(value::<i64>(&client, WAITING).await, 0);
    next.stop().await;
}

#[tokio::test]
async fn bytes_that_another_file_has_stay_and_a_strangers_are_never_removed() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let other = api.database.create_workspace("other").await;
    let hash = hex::encode(sha2::Sha256::digest(PDF));
    let path = format!("{}/{}/{hash}", &hash[..2], &hash[2..4]);
    let theirs = format!("{}/ab/{}ab", other.simple(), "0".repeat(30));
    for path in [&path, &theirs] {
        let place = api.files().join(path);
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        std::fs::write(place, PDF).expect("a file");
    }
    let client = api.database.connect().await;
    let attach = |workspace: Uuid, path: &str, hash: &str| {
        format!(
            "insert into public.file_attachments (workspace_id, filename, file_path, file_hash, storage_provider) values ('{workspace}', 'a', '{path}', {hash}, 'local')"
        )
    };
    let hash = format!("'{hash}'");
    for statement in [
        attach(workspace, &path, &hash),
        attach(other, &path, &hash),
        attach(workspace, &theirs, "null"),
    ] {
        client.batch_execute(&statement).await.expect("a row");
    }
    let delete = |workspace: Uuid| {
        format!("delete from public.file_attachments where workspace_id = '{workspace}'")
    };
    client
        .batch_execute(&delete(workspace))
        .await
        .expect("gone");
    for _ in 0..200 {
        if value::<i64>(&client, WAITING).await == 0 {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(value::<i64>(&client, WAITING).await, 0);
    assert_eq!(kept(&api).len(), 2, "{:?}", kept(&api));
    client.batch_execute(&delete(other)).await.expect("gone");
    until_kept(&api, 1).await;
    assert!(kept(&api)[0].ends_with(&theirs));
}

#[tokio::test]
async fn what_could_be_run_or_is_not_what_it_says_is_refused_and_leaves_nothing() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let admin = api.member(workspace, Role::Admin).await;
    let agent = api.member(workspace, Role::Agent).await;
    for (query, kind, body, status) in [
        ("filename=a.html", "text/html", &b"<!doctype html>"[..], 415),
        ("filename=a.svg", "image/svg+xml", b"<svg xmlns=\"\">", 415),
        (
            "filename=a.txt",
            "text/plain",
            b"<script>alert(1)</script>",
            415,
        ),
        ("filename=a.sh", "text/plain", b"#!/bin/sh\n", 415),
        ("filename=a.png", "image/png", PDF, 422),
        ("filename=a.pdf", "text/html", PDF, 422),
        ("filename=a.pdf", "application/pdf", b"", 422),
        ("", "application/pdf", PDF, 400),
        ("filename=a.pdf&path=/etc", "application/pdf", PDF, 400),
    ] {
        let answer = upload(&agent, query, kind, body.to_vec()).await;
        assert_eq!(answer.status, status, "{query} {kind}: {}", answer.body);
    }
    let foreign = format!("filename=a.pdf&conversation_id={}", Uuid::new_v4());
    let answer = upload(&agent, &foreign, "application/pdf", PDF)
        .await
        .expect(422);
    assert_eq!(answer.code(), "unknown_reference");
    let mut large = PDF.to_vec();
    large.resize(DEFAULT_LIMIT + 1, b'x');
    let answer = upload(&agent, "filename=a.pdf", "application/pdf", large.clone())
        .await
        .expect(413);
    assert!(
        answer.body["detail"]
            .as_str()
            .expect("words")
            .contains("10 MB"),
        "{}",
        answer.body
    );
    // As much as a workspace allows, and never more than all may have.
    admin
        .json(
            Method::PUT,
            "/settings/max_file_size_mb",
            &serde_json::json!({"setting_value": 1000}),
        )
        .await
        .expect(200);
    large.resize(SIZE_LIMIT + 1, b'x');
    let answer = upload(&agent, "filename=a.pdf", "application/pdf", large.clone())
        .await
        .expect(413);
    assert_eq!(answer.code(), "body_too_large");
    assert_eq!(kept(&api), Vec::<PathBuf>::new());
    large.truncate(SIZE_LIMIT);
    upload(&agent, "filename=a.pdf", "application/pdf", large)
        .await
        .expect(201);
}

#[tokio::test]
async fn a_path_in_the_database_leads_nowhere() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let id: Uuid = api
        .database
        .owner()
        .query_one(
            "insert into public.file_attachments (workspace_id, filename, file_path, storage_provider) values ($1, 'passwd', '../../../../../../etc/passwd', 'local') returning id",
            &[&workspace],
        )
        .await
        .expect("a row")
        .get(0);
    agent
        .get(&format!("/attachments/{id}/content"))
        .await
        .expect(404);
}

/// Begins to send a file, and stops halfway.
async fn half_upload(api: &Api, visitor: &Visitor<'_>) -> TcpStream {
    let host = api.address().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.expect("a connection");
    let mut head = format!(
        "POST /api/v1/attachments?filename=a.pdf HTTP/1.1\r\nhost: {host}\r\nsec-fetch-site: same-origin\r\nconnection: close\r\ncontent-type: application/pdf\r\ncontent-length: {}\r\n",
        PDF.len()
    );
    for (name, value) in visitor.headers() {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await.expect("the head");
    stream.write_all(&PDF[..5]).await.expect("a part");
    stream
}

#[tokio::test]
async fn files_that_come_slowly_hold_no_connection_of_the_database() {
    // More than the pool has connections.
    const SLOW: usize = 14;
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let viewer = api.member(workspace, Role::Viewer).await;
    let mut uploads = Vec::new();
    for _ in 0..SLOW {
        uploads.push(half_upload(&api, &agent).await);
    }
    // All of them were let in and are being received.
    timeout(Duration::from_secs(60), async {
        while kept(&api).len() < SLOW {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("every file has begun to arrive");
    agent.get("/attachments").await.expect(200);
    // Who may not is told so before his file has come.
    let mut refused = half_upload(&api, &viewer).await;
    let mut answer = String::new();
    refused
        .read_to_string(&mut answer)
        .await
        .expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");

    for mut upload in uploads {
        upload.write_all(&PDF[5..]).await.expect("the rest");
        let mut answer = String::new();
        upload.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    }
    assert_eq!(kept(&api).len(), SLOW);
    let listed = agent.get("/attachments").await.expect(200);
    assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(SLOW));
}

#[tokio::test]
async fn a_file_that_is_sent_again_under_its_key_is_kept_once() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let mut answers = Vec::new();
    for _ in 0..2 {
        let request = agent
            .request(Method::POST, "/api/v1/attachments?filename=a.pdf")
            .header("content-type", "application/pdf")
            .header("idempotency-key", "the same file")
            .body(PDF);
        answers.push(agent.send(request).await.expect(201));
    }
    assert_eq!(answers[0].body, answers[1].body);
    assert_eq!(answers[1].header("idempotency-replayed"), "true");
    assert_eq!(kept(&api).len(), 1);
}
