//! `romashka channel` with mailboxes, over real mail servers.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use romashka_db::envelope::Key;
use romashka_tests::{TestDatabase, romashka_binary, value};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::mail_server::{MailServer, PASSWORD};
use crate::workplace::fresh;

fn run(
    database: &TestDatabase,
    key: &str,
    mail: &MailServer,
    arguments: &[&str],
    input: &Value,
) -> Output {
    let mut child = Command::new(romashka_binary())
        .arg("channel")
        .args(arguments)
        .arg("--json")
        .env("DATABASE_URL", database.url())
        .env("ROMASHKA_ENCRYPTION_KEY", key)
        .env("ROMASHKA_MAIL_NETWORKS", "127.0.0.0/8")
        .env("ROMASHKA_MAIL_AUTHORITIES", mail.authority())
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

fn findings(output: &Output) -> Vec<bool> {
    let shown: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    shown["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| finding["is_good"] == true)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailbox_is_added_when_both_servers_let_us_in() {
    let Some(mail) = MailServer::shared() else {
        return;
    };
    let database = TestDatabase::new().await;
    let key = Key::generate().to_base64();
    let key = key.expose_secret();
    let address = format!("address={}", fresh("support"));
    let (smtp, imap) = (
        format!("smtp_port={}", mail.smtps),
        format!("imap_port={}", mail.imap),
    );
    let add = [
        "add",
        "email",
        "--name",
        "Support",
        "--set",
        &address,
        "--set",
        "smtp_host=localhost",
        "--set",
        &smtp,
        "--set",
        "imap_host=localhost",
        "--set",
        &imap,
        "--set",
        "imap_security=starttls",
        "--credentials",
        "-",
    ];
    let added = run(&database, key, mail, &add, &json!({"password": PASSWORD}));
    assert_eq!(added.status.code(), Some(0), "{added:?}");
    assert_eq!(findings(&added), [true, true]);
    assert!(!String::from_utf8_lossy(&added.stdout).contains(PASSWORD));
    let stored: String = value(
        database.owner(),
        "select status || ' ' || (api_credentials ->> 'alg') from public.communication_channels",
    )
    .await;
    assert!(
        stored.starts_with("active ") && !stored.contains(PASSWORD),
        "{stored}"
    );
    let id: uuid::Uuid = value(
        database.owner(),
        "select id from public.communication_channels",
    )
    .await;
    let tested = run(
        &database,
        key,
        mail,
        &["test", &id.to_string()],
        &Value::Null,
    );
    assert_eq!(tested.status.code(), Some(0), "{tested:?}");

    let wrong = run(
        &database,
        key,
        mail,
        &add,
        &json!({"password": "another one"}),
    );
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    assert_eq!(findings(&wrong), [false, false]);
    let waiting: i64 = value(
        database.owner(),
        "select count(*) from public.communication_channels where status = 'pending_setup'",
    )
    .await;
    assert_eq!(waiting, 1, "it is not used");
}
