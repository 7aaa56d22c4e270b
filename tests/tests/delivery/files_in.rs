//! Files of customers: fetched from the provider once, judged by their bytes, and what cannot be fetched is said.

use base64::Engine as _;
use reqwest::Method;
use romashka_tests::{Api, Role, TestDatabase};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::inbound::twilio_signature;
use crate::provider::{
    ACCOUNT, Provider, Reply, now, post_whatsapp, sms, until, value_of, whatsapp,
};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF and what a picture is made of";

fn picture(id: &str, media: &str, bytes: &[u8]) -> Value {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(bytes));
    value_of(&json!({
        "contacts": [{"wa_id": "49151000001", "profile": {"name": "Ann"}}],
        "messages": [{"from": "49151000001", "id": id, "timestamp": now().to_string(), "type": "image",
            "image": {"id": media, "mime_type": "image/jpeg", "sha256": hash, "caption": "Look"}}],
    }))
}

fn place(provider: &Provider, media: &str, url: &str) {
    let answer = json!({"url": url, "mime_type": "image/jpeg", "id": media, "messaging_product": "whatsapp"});
    provider.page(
        &format!("/v24.0/{media}?"),
        Reply::Status(200, vec![], answer.to_string()),
    );
}

const STATE: &str =
    "select metadata #>> '{files,0,state}' from public.messages where metadata ? 'files'";

#[tokio::test]
async fn a_picture_by_whatsapp_becomes_an_attachment() {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let workspace = api.database.create_workspace("acme").await;
    let channel = whatsapp(&api, workspace).await;
    // The first address has ended by the time it is asked for; a new one is asked for then.
    place(&provider, "555", &format!("{}/bytes/old", provider.address));
    provider.page("/bytes/old", Reply::Status(404, vec![], String::new()));
    provider.page("/bytes/new", Reply::Bytes(200, vec![], JPEG.to_vec()));
    let body = picture("wamid.p1", "555", JPEG);
    for _ in 0..2 {
        assert_eq!(post_whatsapp(&api, &channel.token, &body).await, 200);
    }
    until(
        &api,
        "select max(attempt_count) from romashka.media_fetches where status = 'pending' and error_message is not null",
        Some(1_i32),
    )
    .await;
    until(&api, STATE, "pending".to_owned()).await;
    place(&provider, "555", &format!("{}/bytes/new", provider.address));
    api.database
        .owner()
        .batch_execute("update romashka.media_fetches set next_attempt_at = now()")
        .await
        .expect("due");
    until(&api, STATE, "stored".to_owned()).await;
    until(
        &api,
        "select concat_ws(' ', filename, mime_type, file_size) from public.file_attachments",
        format!("image.jpg image/jpeg {}", JPEG.len()),
    )
    .await;
    until(&api, "select count(*) from romashka.media_fetches", 0_i64).await;
    for asked in provider.received() {
        assert_eq!(asked.headers["authorization"], "Bearer token of a test");
    }
    // An agent sees the caption, and downloads the very bytes from the address the message names.
    let agent = api.member(workspace, Role::Agent).await;
    let url: String = romashka_tests::value(
        api.database.owner(),
        "select media_url from public.messages",
    )
    .await;
    let got = agent
        .request(Method::GET, &url)
        .send()
        .await
        .expect("bytes");
    assert_eq!(got.status(), 200);
    assert_eq!(got.bytes().await.expect("bytes"), JPEG);
    until(
        &api,
        "select count(*) from public.events where kind = 'message.updated' and payload #>> '{file,state}' = 'stored'",
        1_i64,
    )
    .await;
}

#[tokio::test]
async fn what_is_damaged_too_large_or_elsewhere_is_not_taken() {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let workspace = api.database.create_workspace("acme").await;
    let channel = whatsapp(&api, workspace).await;
    // A host that is not the provider's is not asked, whatever it is.
    let other = Provider::start().await;
    place(&provider, "601", &format!("{}/bytes", other.address));
    place(&provider, "602", "http://169.254.169.254/latest/meta-data");
    let large = json!({"url": format!("{}/bytes/x", provider.address), "file_size": 200_000_000, "id": "603"});
    provider.page("/v24.0/603?", Reply::Status(200, vec![], large.to_string()));
    for (number, media) in ["601", "602", "603"].iter().enumerate() {
        let body = picture(&format!("wamid.e{number}"), media, JPEG);
        assert_eq!(post_whatsapp(&api, &channel.token, &body).await, 200);
    }
    until(
        &api,
        "select count(*) from public.messages where metadata #>> '{files,0,state}' = 'failed' and length(metadata #>> '{files,0,error}') > 20",
        3_i64,
    )
    .await;
    assert!(other.received().is_empty(), "the token stays at home");
    // Bytes other than those that were announced are fetched anew, and not kept.
    place(&provider, "604", &format!("{}/bytes/d", provider.address));
    provider.page(
        "/bytes/d",
        Reply::Bytes(200, vec![], b"\xff\xd8\xff other".to_vec()),
    );
    let body = picture("wamid.d", "604", JPEG);
    assert_eq!(post_whatsapp(&api, &channel.token, &body).await, 200);
    until(
        &api,
        "select count(*) from romashka.media_fetches where error_message like '%damaged%'",
        1_i64,
    )
    .await;
    until(&api, "select count(*) from public.file_attachments", 0_i64).await;
    let files = walk(&api.files().join("incoming"));
    assert_eq!(files, 0, "nothing half-fetched is left");
    // When the provider gives the right bytes after all, an agent may ask for them again.
    provider.page("/bytes/d", Reply::Bytes(200, vec![], JPEG.to_vec()));
    api.database
        .owner()
        .batch_execute(
            "update romashka.media_fetches set next_attempt_at = now() where status = 'pending'",
        )
        .await
        .expect("due");
    until(&api, "select count(*) from public.file_attachments", 1_i64).await;
}

fn walk(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

#[tokio::test]
async fn files_of_a_text_message_are_fetched_without_credentials_for_the_storage() {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let workspace = api.database.create_workspace("acme").await;
    let channel = sms(&api, workspace).await;
    let redirect = vec![("location", "/storage/1?signature=2".to_owned())];
    provider.page("/media/1", Reply::Status(307, redirect, String::new()));
    // What it claims to be is not believed.
    provider.page(
        "/storage/1",
        Reply::Bytes(200, vec![], b"<html><script>".to_vec()),
    );
    let away = vec![("location", "http://169.254.169.254/latest".to_owned())];
    provider.page("/media/2", Reply::Status(307, away, String::new()));
    let path = format!("/hooks/sms/{}", channel.token);
    let media = [
        format!("{}/media/1", provider.address),
        format!("{}/media/2", provider.address),
    ];
    let form = [
        ("AccountSid", ACCOUNT),
        ("MessageSid", "MM00000000000000000000000000000001"),
        ("From", "+4915100000001"),
        ("To", "+15005550006"),
        ("Body", ""),
        ("NumMedia", "2"),
        ("MediaUrl0", media[0].as_str()),
        ("MediaContentType0", "image/jpeg"),
        ("MediaUrl1", media[1].as_str()),
        ("MediaContentType1", "image/png"),
    ];
    let answer = api
        .request(Method::POST, &path)
        .header(
            "x-twilio-signature",
            twilio_signature(&format!("{}{path}", api.address()), &form),
        )
        .header("content-type", "application/x-www-form-urlencoded")
        .body(encoded(&form))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    until(
        &api,
        "select coalesce(max(concat_ws(' ', metadata #>> '{files,0,state}', metadata #>> '{files,1,state}')), '') from public.messages",
        "stored failed".to_owned(),
    )
    .await;
    until(
        &api,
        "select filename || ' ' || mime_type from public.file_attachments",
        "file.bin application/octet-stream".to_owned(),
    )
    .await;
    let first = &provider.received_at("/media/1")[0];
    assert!(
        first.headers["authorization"]
            .to_str()
            .expect("text")
            .starts_with("Basic ")
    );
    assert!(
        !provider.received_at("/storage/1")[0]
            .headers
            .contains_key("authorization")
    );
}

fn encoded(form: &[(&str, &str)]) -> String {
    form.iter()
        .map(|(name, value)| {
            let value: String = value
                .bytes()
                .map(|byte| match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                    other => format!("%{other:02X}"),
                })
                .collect();
            format!("{name}={value}")
        })
        .collect::<Vec<_>>()
        .join("&")
}
