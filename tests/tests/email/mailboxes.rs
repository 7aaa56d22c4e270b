//! Mailboxes through outages: real processes, killed at any moment, lose and double nothing.

use romashka_db::envelope::{Key, Keyring};
use romashka_tests::{TestDatabase, value};
use secrecy::ExposeSecret as _;
use serde_json::json;
use uuid::Uuid;

use crate::inbound::mail;
use crate::mail_server::{MailServer, PASSWORD};
use crate::process::Process;
use crate::workplace::{fresh, store_channel, until};

struct Scene {
    database: TestDatabase,
    key: String,
    support: String,
    server: &'static MailServer,
}

impl Scene {
    async fn new() -> Option<Scene> {
        let server = MailServer::shared()?;
        let database = TestDatabase::new().await;
        let key = Key::generate().to_base64().expose_secret().to_owned();
        let keys = Keyring::new(Key::parse(&key).expect("a key"), Vec::new());
        let workspace: Uuid = database.create_workspace("acme").await;
        let support = fresh("support");
        let configuration =
            json!({"address": support, "imap_host": "localhost", "imap_port": server.imaps});
        store_channel(
            database.owner(),
            &keys,
            workspace,
            &configuration,
            &json!({"password": PASSWORD}),
        )
        .await;
        Some(Scene {
            database,
            key,
            support,
            server,
        })
    }

    fn start(&self) -> Process {
        Process::start(&self.database, &self.key, self.server)
    }

    async fn until<T>(&self, sql: &str, expected: T)
    where
        T: for<'row> tokio_postgres::types::FromSql<'row> + PartialEq + std::fmt::Debug,
    {
        until(self.database.owner(), sql, expected).await;
    }

    async fn opened(&self) {
        self.until(
            "select count(*) from romashka.mailboxes where read_at is not null",
            1_i64,
        )
        .await;
    }

    async fn deliver(&self, round: usize, count: usize) {
        for number in 0..count {
            let from = format!("customer{}@example.com", number % 7);
            let text = mail(
                &from,
                &self.support,
                &format!("{round}.{number}@customer.example"),
                "Order",
                "",
                &format!("{round} {number}"),
            );
            self.server
                .deliver(&from, &self.support, text.as_bytes())
                .await;
        }
    }

    /// Every mail that was delivered is a message once.
    async fn all_once(&self, count: i64) {
        self.until(
            "select count(*) from public.messages where sender_type = 'user'",
            count,
        )
        .await;
        self.until(
            "select count(*) from public.webhook_events where status in ('pending', 'processing')",
            0_i64,
        )
        .await;
        let texts: i64 = value(
            self.database.owner(),
            "select count(distinct content) from public.messages",
        )
        .await;
        let messages: i64 = value(
            self.database.owner(),
            "select count(*) from public.messages",
        )
        .await;
        assert_eq!((texts, messages), (count, count));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_and_kills_lose_nothing_and_double_nothing() {
    let Some(scene) = Scene::new().await else {
        return;
    };
    let mut process = scene.start();
    scene.opened().await;
    process.lose(&scene.database).await;
    scene.deliver(0, 60).await;
    scene.server.wait_for_mails(&scene.support, 60).await;
    // Nobody was there; now two are, and one of them is killed again and again while mails go on arriving.
    let mut processes = [scene.start(), scene.start()];
    for round in 1..=3 {
        scene.deliver(round, 15).await;
        let readers: i64 = value(
            scene.database.owner(),
            "select count(*) from romashka.mailboxes where lease_id is not null",
        )
        .await;
        assert!(readers <= 1);
        let lost = round % 2;
        processes[lost].lose(&scene.database).await;
        processes[lost] = scene.start();
    }
    scene.all_once(105).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_numbers_of_a_mailbox_bring_nothing_twice_and_lose_nothing() {
    let Some(scene) = Scene::new().await else {
        return;
    };
    let mut process = scene.start();
    scene.opened().await;
    scene.deliver(0, 5).await;
    scene.all_once(5).await;
    process.lose(&scene.database).await;
    let before: i64 = value(
        scene.database.owner(),
        "select uid_validity from romashka.mailboxes",
    )
    .await;
    scene.deliver(1, 3).await;
    scene.server.wait_for_mails(&scene.support, 8).await;
    for entry in std::fs::read_dir(scene.server.maildir(&scene.support))
        .expect("the mailbox")
        .flatten()
    {
        if entry.file_name().to_string_lossy().starts_with("dovecot") {
            std::fs::remove_file(entry.path()).expect("removed");
        }
    }
    let _next = scene.start();
    scene.all_once(8).await;
    let after: i64 = value(
        scene.database.owner(),
        "select uid_validity from romashka.mailboxes",
    )
    .await;
    assert_ne!(before, after, "the server gave new numbers");
    scene.deliver(2, 2).await;
    scene.all_once(10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_outage_what_was_passed_lately_is_found() {
    let Some(scene) = Scene::new().await else {
        return;
    };
    let mut process = scene.start();
    scene.opened().await;
    scene.deliver(0, 2).await;
    scene.all_once(2).await;
    process.lose(&scene.database).await;
    scene.deliver(1, 3).await;
    scene.server.wait_for_mails(&scene.support, 5).await;
    // As if the server had given these numbers, and shown the mails only now.
    scene
        .database
        .owner()
        .batch_execute("update romashka.mailboxes set last_uid = last_uid + 3, read_at = now() - interval '1 hour'")
        .await
        .expect("passed");
    let _next = scene.start();
    scene.all_once(5).await;
    scene.deliver(2, 1).await;
    scene.all_once(6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_most_talkative_log_holds_no_password_and_no_text() {
    let Some(scene) = Scene::new().await else {
        return;
    };
    let path = scene.server.folder.join(format!("log-{}", scene.support));
    let log = std::fs::File::create(&path).expect("a log");
    let _process = Process::with_log(&scene.database, &scene.key, scene.server, log.into());
    scene.opened().await;
    scene.deliver(7, 1).await;
    scene.all_once(1).await;
    let log = std::fs::read_to_string(&path).expect("a log");
    assert!(log.contains("TRACE"), "it is talkative");
    for secret in [
        PASSWORD,
        "7.0@customer.example",
        "customer0@example.com",
        "Subject: Order",
    ] {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret} is in the log: {line:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_of_thirty_megabytes_is_taken_in_with_bounded_memory() {
    let Some(scene) = Scene::new().await else {
        return;
    };
    let process = scene.start();
    scene.opened().await;
    let line = format!("{}\r\n", "QUJD".repeat(19));
    let file = line.repeat(30 * 1024 * 1024 / line.len());
    let head = mail(
        "ann@example.com",
        &scene.support,
        "large@customer.example",
        "Large",
        "",
        "",
    );
    let head = head
        .split("MIME-Version")
        .next()
        .expect("the head")
        .to_owned();
    let text = format!(
        "{head}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nA large one\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=large.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}--b--\r\n"
    );
    scene
        .server
        .deliver("ann@example.com", &scene.support, text.as_bytes())
        .await;
    let expected = (file.len() / line.len() * 57) as i64;
    scene
        .until(
            "select coalesce(max(file_size), 0) from public.file_attachments",
            expected,
        )
        .await;
    scene
        .until(
            "select count(*) from public.messages where content = 'A large one'",
            1_i64,
        )
        .await;
    let path: String = value(
        scene.database.owner(),
        "select file_path from public.file_attachments",
    )
    .await;
    let stored = scene
        .server
        .folder
        .join("data-of-romashka/files")
        .join(path);
    assert_eq!(
        std::fs::metadata(stored).expect("the file").len() as i64,
        expected
    );
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", process.id())).expect("its status");
    let peak: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|text| text.trim().trim_end_matches("kB").trim().parse().ok())
        .expect("its peak");
    assert!(peak < 320 * 1024, "{peak} kB");
}
