//! `romashka channel`, over a provider on loopback.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use romashka_db::envelope::Key;
use romashka_tests::{TestDatabase, romashka_binary, value};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::provider::{ACCOUNT, Provider, Reply};

fn run(
    database: &TestDatabase,
    key: &str,
    provider: &Provider,
    arguments: &[&str],
    input: &Value,
) -> Output {
    let mut child = Command::new(romashka_binary())
        .arg("channel")
        .args(arguments)
        .env("DATABASE_URL", database.url())
        .env("ROMASHKA_ENCRYPTION_KEY", key)
        .env("ROMASHKA_PUBLIC_URL", "https://support.example.com")
        .env("ROMASHKA_WHATSAPP_URL", &provider.address)
        .env("ROMASHKA_TWILIO_URL", &provider.address)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut stdin = child.stdin.take().expect("its input");
    stdin
        .write_all(input.to_string().as_bytes())
        .expect("written");
    drop(stdin);
    child.wait_with_output().expect("its output")
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_added_asked_for_and_listed() {
    let database = TestDatabase::new().await;
    let provider = Provider::start().await;
    let key = Key::generate().to_base64();
    let key = key.expose_secret();
    let secrets = json!({"access_token": "token of a test", "app_secret": "secret of a test"});
    let add = [
        "add",
        "whatsapp",
        "--name",
        "Shop",
        "--set",
        "phone_number_id=1111",
        "--credentials",
        "-",
        "--json",
    ];
    let number = json!({"id": "1111", "display_phone_number": "+1 555", "verified_name": "Shop", "quality_rating": "GREEN"});
    provider.reply(Reply::Status(200, vec![], number.to_string()));
    let added = run(&database, key, &provider, &add, &secrets);
    assert_eq!(added.status.code(), Some(0), "{added:?}");
    let shown = document(&added);
    let hook = shown["hook"].as_str().expect("an address");
    assert!(hook.starts_with("https://support.example.com/hooks/whatsapp/"));
    assert!(
        shown["verify_token"]
            .as_str()
            .is_some_and(|token| token.len() == 32)
    );
    assert!(
        provider.received()[0]
            .path
            .starts_with("/v24.0/1111?fields=")
    );
    let status: String = value(
        database.owner(),
        "select status from public.communication_channels",
    )
    .await;
    assert_eq!(status, "active");
    let printed = String::from_utf8_lossy(&added.stdout);
    assert!(!printed.contains("token of a test") && !printed.contains("secret of a test"));

    let refused = json!({"error": {"code": 190, "message": "Invalid OAuth access token"}});
    provider.reply(Reply::Status(401, vec![], refused.to_string()));
    let id = shown["id"].as_str().expect("an id");
    let tested = run(
        &database,
        key,
        &provider,
        &["test", id, "--json"],
        &Value::Null,
    );
    assert_eq!(tested.status.code(), Some(1), "{tested:?}");
    assert_eq!(
        document(&tested)["hook"],
        shown["hook"],
        "the address stays"
    );

    let account = format!("account_sid={ACCOUNT}");
    let texts = [
        "add",
        "sms",
        "--name",
        "Texts",
        "--set",
        &account,
        "--set",
        "number=+15005550006",
        "--credentials",
        "-",
        "--json",
    ];
    provider.reply(Reply::Status(
        200,
        vec![],
        json!({"status": "active"}).to_string(),
    ));
    let numbers = json!({"incoming_phone_numbers": [{"capabilities": {"sms": true}, "sms_url": "https://other.example.com/"}]});
    provider.reply(Reply::Status(200, vec![], numbers.to_string()));
    let added = run(
        &database,
        key,
        &provider,
        &texts,
        &json!({"auth_token": "0123456789abcdef0123456789abcdef"}),
    );
    assert_eq!(
        added.status.code(),
        Some(1),
        "the webhook is set elsewhere: {added:?}"
    );
    assert_eq!(
        document(&added)["findings"].as_array().map(Vec::len),
        Some(3)
    );

    let listed = run(&database, key, &provider, &["list", "--json"], &Value::Null);
    assert_eq!(document(&listed).as_array().map(Vec::len), Some(2));
}
