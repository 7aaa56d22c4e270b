//! The built-in SMTP and LMTP server: dialogues byte by byte, a real Postfix that hands over, and a process that is killed.

use std::process::Stdio;
use std::time::Duration;

use romashka_channels::email::intake::Protocol;
use romashka_db::envelope::{Key, Keyring};
use romashka_server::mail::intake::{Certificate, Patience};
use romashka_tests::{Api, TestDatabase, value};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::inbound::mail;
use crate::mail_server::{MailServer, free_port};
use crate::process::Process;
use crate::workplace::{store_channel, until};

pub const LIMIT: usize = 2 * 1024 * 1024;

/// A client that says what it is told.
pub struct Client(pub TcpStream, pub Vec<u8>);

impl Client {
    pub async fn connect(port: u16) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", port))
            .await
            .expect("a connection");
        let mut client = Client(stream, Vec::new());
        assert!(client.answer().await.starts_with("220 "));
        client
    }

    pub async fn say(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.expect("written");
    }

    /// The next whole answer; empty when the other side has closed.
    pub async fn answer(&mut self) -> String {
        let mut text = String::new();
        loop {
            while let Some(end) = self.1.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.1.drain(..end + 2).collect();
                let line = String::from_utf8(line).expect("an answer");
                let is_last = line.as_bytes().get(3) == Some(&b' ');
                text.push_str(&line);
                if is_last {
                    return text;
                }
            }
            let mut chunk = [0; 1024];
            let read = tokio::time::timeout(Duration::from_secs(30), self.0.read(&mut chunk));
            match read.await.expect("an answer in time") {
                Ok(0) | Err(_) => return text,
                Ok(count) => self.1.extend_from_slice(&chunk[..count]),
            }
        }
    }

    /// Says a line and looks how the answer begins.
    pub async fn ask(&mut self, line: &str, expected: &str) {
        self.say(format!("{line}\r\n").as_bytes()).await;
        let answer = self.answer().await;
        assert!(answer.starts_with(expected), "{line}: {answer}");
    }
}

pub struct Scene {
    pub api: Api,
    pub smtp: u16,
    pub lmtp: u16,
}

async fn channel(api: &Api, workspace: Uuid, configuration: serde_json::Value) {
    let keys = &api.serving().server().keys;
    store_channel(
        api.database.owner(),
        keys,
        workspace,
        &configuration,
        &json!({}),
    )
    .await;
}

/// Two workspaces: `support@` and its alias of one, `help@` of the other.
async fn scene(certificate: Option<Certificate>, ports: [u16; 2]) -> Scene {
    scene_with(certificate, ports, Patience::default()).await
}

/// The same, with a server of this patience.
pub async fn scene_with(
    certificate: Option<Certificate>,
    [lmtp, smtp]: [u16; 2],
    patience: Patience,
) -> Scene {
    let mut settings = romashka_tests::api::settings();
    settings.intake.smtp = Some(([127, 0, 0, 1], smtp).into());
    settings.intake.lmtp = Some(([127, 0, 0, 1], lmtp).into());
    settings.intake.size_limit = LIMIT;
    settings.intake.patience = patience;
    settings.intake.certificate = certificate;
    let api = Api::over(TestDatabase::new().await, settings).await;
    let acme = api.database.create_workspace("acme").await;
    let rival = api.database.create_workspace("rival").await;
    channel(&api, acme, json!({"address": "support@smtp.example", "aliases": "sales@smtp.example, support@lmtp.example"})).await;
    channel(
        &api,
        rival,
        json!({"address": "help@smtp.example", "aliases": ["help@lmtp.example"]}),
    )
    .await;
    let port = |wanted: Protocol| {
        let addresses = api.serving().mail_addresses();
        addresses
            .iter()
            .find(|(protocol, _)| *protocol == wanted)
            .expect("an address")
            .1
            .port()
    };
    Scene {
        smtp: port(Protocol::Smtp),
        lmtp: port(Protocol::Lmtp),
        api,
    }
}

impl Scene {
    pub async fn messages(&self, expected: i64) {
        until(
            self.api.database.owner(),
            "select count(*) from public.messages",
            expected,
        )
        .await;
        let events: i64 = value(
            self.api.database.owner(),
            "select count(*) from public.webhook_events",
        )
        .await;
        assert_eq!(events, expected);
    }
}

pub fn letter(id: &str, text: &str) -> String {
    mail(
        "ann@customer.example",
        "support@smtp.example",
        &format!("{id}@customer.example"),
        "Order",
        "",
        text,
    )
}

#[tokio::test]
async fn dialogues_end_as_they_should() {
    let scene = scene(None, [0, 0]).await;
    let mut client = Client::connect(scene.smtp).await;
    client.ask("EHLO client.example", "250-").await;
    client.ask("STARTTLS", "502").await;
    client.ask("MAIL FROM:<ann@customer.example>", "250").await;
    client
        .ask("RCPT TO:<victim@elsewhere.example>", "550")
        .await;
    client.ask("RCPT TO:<nobody@smtp.example>", "550").await;
    client.ask("DATA", "503").await;
    client
        .ask("RCPT TO:<Support+order@SMTP.example>", "250")
        .await;
    client.ask("RCPT TO:<sales@smtp.example>", "250").await;
    client.ask("DATA", "354").await;
    client
        .say(format!("{}\r\n.\r\n", letter("one", "Hello\r\n..dots")).as_bytes())
        .await;
    assert!(client.answer().await.starts_with("250 "));
    scene.messages(1).await;
    let known: String = value(
        scene.api.database.owner(),
        "select w.slug || ' ' || m.content from public.messages as m join public.workspaces as w on w.id = m.workspace_id",
    )
    .await;
    assert!(
        known.starts_with("acme Hello") && known.contains("\n.dots"),
        "{known}"
    );

    // All at once, and a mail that would hold another one for a careless server.
    let whole = format!(
        "MAIL FROM:<>\r\nRCPT TO:<help@smtp.example>\r\nDATA\r\n{}\r\n.\r\nMAIL FROM:<x@y.example>\r\nRCPT TO:<help@smtp.example>\r\nDATA\r\na\n.\nMAIL FROM:<smuggled@y.example>\nRCPT TO:<help@smtp.example>\r\n.\r\nQUIT\r\n",
        letter("two", "Pipelined")
    );
    client.say(whole.as_bytes()).await;
    for expected in [
        "250", "250", "354", "250", "250", "250", "354", "550", "221", "",
    ] {
        let answer = client.answer().await;
        assert!(answer.starts_with(expected), "{expected}: {answer}");
    }
    scene.messages(2).await;

    let mut client = Client::connect(scene.smtp).await;
    client.ask("HELO x", "250 ").await;
    client
        .ask(
            &format!("MAIL FROM:<a@b.example> SIZE={}", LIMIT + 1),
            "552",
        )
        .await;
    client.ask("MAIL FROM:<a@b.example>", "250").await;
    client.ask("RCPT TO:<help@smtp.example>", "250").await;
    client.ask("DATA", "354").await;
    let line = format!("{}\r\n", "x".repeat(998));
    client.say(line.repeat(LIMIT / 1000 + 10).as_bytes()).await;
    client.say(b".\r\n").await;
    assert!(client.answer().await.starts_with("552"));
    client.ask("NOOP", "250").await;
    // A bare LF in a command ends the talk; so does a line without end.
    client.say(b"NOOP\nNOOP\r\n").await;
    assert!(client.answer().await.starts_with("521"));
    assert_eq!(client.answer().await, "");
    let mut client = Client::connect(scene.smtp).await;
    client.say(&vec![b'x'; 5_000]).await;
    assert!(client.answer().await.starts_with("500"));
    scene.messages(2).await;
    let left = std::fs::read_dir(scene.api.files().join("incoming")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "no file of a refused mail stays behind");
}

#[tokio::test]
async fn lmtp_answers_for_each_recipient_and_a_large_mail_is_whole() {
    let scene = scene(None, [0, 0]).await;
    let mut client = Client::connect(scene.lmtp).await;
    client.ask("EHLO x", "500").await;
    client.ask("LHLO x", "250-").await;
    client.ask("MAIL FROM:<ann@customer.example>", "250").await;
    for to in [
        "support@lmtp.example",
        "help@lmtp.example",
        "sales@smtp.example",
    ] {
        client.ask(&format!("RCPT TO:<{to}>"), "250").await;
    }
    client.ask("DATA", "354").await;
    let text = "a line of a large mail\r\n".repeat(50_000);
    client
        .say(format!("{}\r\n.\r\n", letter("large", &text)).as_bytes())
        .await;
    for _ in 0..3 {
        assert!(client.answer().await.starts_with("250 2.6.0"));
    }
    client.ask("QUIT", "221").await;
    // One for each channel, and neither knows of the other's recipients.
    scene.messages(2).await;
    let known: String = value(
        scene.api.database.owner(),
        "select string_agg(w.slug || ' ' || (e.headers ->> 'recipients'), ',' order by w.slug) from public.webhook_events as e join public.workspaces as w on w.id = e.workspace_id",
    )
    .await;
    assert_eq!(
        known,
        r#"acme ["support@lmtp.example"],rival ["help@lmtp.example"]"#
    );
    let sizes: i64 = value(
        scene.api.database.owner(),
        "select min((payload ->> 'size')::bigint) from public.webhook_events",
    )
    .await;
    assert!(sizes > 1_100_000, "{sizes}");
}

#[tokio::test]
async fn what_was_said_before_the_encryption_counts_for_nothing() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let certificate = Certificate {
        chain: server.authority(),
        key: server.folder.join("key.pem"),
    };
    let scene = scene(Some(certificate), [0, 0]).await;
    let mut client = Client::connect(scene.smtp).await;
    client.ask("EHLO x", "250-").await;
    client
        .say(b"STARTTLS\r\nMAIL FROM:<injected@y.example>\r\n")
        .await;
    assert!(client.answer().await.starts_with("501"));
    assert_eq!(client.answer().await, "", "it is closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postfix_hands_over_by_lmtp_and_by_smtp_with_encryption() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let certificate = Certificate {
        chain: server.authority(),
        key: server.folder.join("key.pem"),
    };
    let scene = scene(Some(certificate), server.intake).await;
    for (number, to) in [
        "support@lmtp.example",
        "help@smtp.example",
        "support@smtp.example",
        "help@lmtp.example",
    ]
    .iter()
    .enumerate()
    {
        let text = mail(
            "ann@example.com",
            to,
            &format!("postfix.{number}@customer.example"),
            "Order",
            "",
            &format!("number {number}"),
        );
        server.deliver("ann@example.com", to, text.as_bytes()).await;
    }
    scene.messages(4).await;
    let ways: String = value(
        scene.api.database.owner(),
        "select string_agg(headers ->> 'by', ',' order by headers ->> 'by') from public.webhook_events",
    )
    .await;
    assert_eq!(ways, "lmtp,lmtp,smtp,smtp");
    let by: Vec<u8> = value(
        scene.api.database.owner(),
        "select raw_body from public.webhook_events where headers ->> 'by' = 'smtp' limit 1",
    )
    .await;
    assert!(String::from_utf8_lossy(&by).contains("number"));
    assert!(
        server
            .log()
            .contains("TLS connection established to 127.0.0.1"),
        "{}",
        server.log()
    );
    // Nobody of that name: the sender's server is told, and it is not taken for later.
    server
        .deliver(
            "ann@example.com",
            "nobody@lmtp.example",
            b"From: ann@example.com\r\nSubject: x\r\n\r\nx\r\n",
        )
        .await;
    let begun = std::time::Instant::now();
    while !server.log().contains("to=<nobody@lmtp.example>") {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{}",
            server.log()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let log = server.log();
    let line = log
        .lines()
        .find(|line| line.contains("to=<nobody@lmtp.example>"))
        .expect("a line");
    assert!(
        line.contains("status=bounced") && line.contains("5.1.1"),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_has_lost_nothing_that_it_promised() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let database = TestDatabase::new().await;
    let key = Key::generate().to_base64().expose_secret().to_owned();
    let keys = Keyring::new(Key::parse(&key).expect("a key"), Vec::new());
    let workspace: Uuid = database.create_workspace("acme").await;
    store_channel(
        database.owner(),
        &keys,
        workspace,
        &json!({"address": "support@smtp.example"}),
        &json!({}),
    )
    .await;
    let port = free_port();
    let start = || {
        let place = ("ROMASHKA_INTAKE_SMTP", format!("127.0.0.1:{port}"));
        Process::with(&database, &key, server, Stdio::null(), &[place])
    };
    let rounds = [0_u64, 2, 5, 10, 30];
    for (number, delay) in rounds.into_iter().enumerate() {
        // Whoever sends it again sends the same mail, with the date it had.
        let text = letter(&format!("killed.{number}"), &format!("number {number}"));
        let mut is_promised = false;
        let mut attempts = 0;
        while !is_promised {
            attempts += 1;
            assert!(attempts < 5, "it is never taken");
            let mut process = start();
            let mut client = Client::connect(port).await;
            client.ask("EHLO x", "250-").await;
            client.ask("MAIL FROM:<ann@customer.example>", "250").await;
            client.ask("RCPT TO:<support@smtp.example>", "250").await;
            client.ask("DATA", "354").await;
            client.say(format!("{text}\r\n.\r\n").as_bytes()).await;
            if attempts == 1 {
                tokio::time::sleep(Duration::from_millis(delay)).await;
                process.lose(&database).await;
            }
            is_promised = client.answer().await.starts_with("250");
        }
    }
    let _last = start();
    until(
        database.owner(),
        "select count(*) from public.messages",
        rounds.len() as i64,
    )
    .await;
    until(
        database.owner(),
        "select count(*) from public.webhook_events where status <> 'processed'",
        0_i64,
    )
    .await;
    let texts: i64 = value(
        database.owner(),
        "select count(distinct content) from public.messages",
    )
    .await;
    assert_eq!(texts, rounds.len() as i64);
}

#[tokio::test]
async fn a_mail_is_shown_without_what_it_would_load_and_its_files_are_there() {
    let scene = scene(None, [0, 0]).await;
    let mut client = Client::connect(scene.smtp).await;
    client.ask("EHLO x", "250-").await;
    client.ask("MAIL FROM:<ann@customer.example>", "250").await;
    client.ask("RCPT TO:<support@smtp.example>", "250").await;
    client.ask("DATA", "354").await;
    let text = concat!(
        "From: Ann <ann@customer.example>\r\nTo: support@smtp.example\r\nMessage-ID: <html@customer.example>\r\nSubject: Order\r\n",
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n",
        "<p onclick=\"x()\">Hello<script>x()</script></p><img src=\"https://far.example/a.png\" width=\"300\" height=\"200\">",
        "<img src=\"https://far.example/pixel.gif\" width=\"1\" height=\"1\"><blockquote type=\"cite\">What you wrote</blockquote>\r\n",
        "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=note.txt\r\n\r\nA note\r\n--b--\r\n.\r\n"
    );
    client.say(text.as_bytes()).await;
    assert!(client.answer().await.starts_with("250 2.6.0"));
    let owner = scene.api.database.owner();
    until(owner, "select count(*) from public.file_attachments", 1_i64).await;
    let workspace: Uuid = value(owner, "select workspace_id from public.messages").await;
    let viewer = scene
        .api
        .member(workspace, romashka_tests::Role::Viewer)
        .await;
    let path: String = value(
        owner,
        "select '/conversations/' || conversation_id || '/messages/' || id || '/html' from public.messages",
    )
    .await;
    let shown = viewer.get(&path).await.expect(200).body;
    assert_eq!(
        (&shown["blocked_images"], &shown["tracking_pixels"]),
        (&json!(1), &json!(1)),
        "{shown}"
    );
    let html = shown["html"].as_str().expect("HTML");
    for held_back in ["script", "onclick", "far.example"] {
        assert!(!html.contains(held_back), "{html}");
    }
    assert!(html.contains("Hello") && html.contains("What you wrote"));
    let visible = shown["visible_html"].as_str().expect("HTML");
    assert!(
        visible.contains("Hello") && !visible.contains("What you wrote"),
        "{visible}"
    );
    assert!(
        shown["quoted"]
            .as_str()
            .is_some_and(|text| text.contains("What you wrote")),
        "{shown}"
    );
    let file: Uuid = value(owner, "select id from public.file_attachments").await;
    let request = viewer.request(
        reqwest::Method::GET,
        &format!("/api/v1/attachments/{file}/content"),
    );
    let bytes = request
        .send()
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a text");
    assert_eq!(bytes.trim_end(), "A note");
}
