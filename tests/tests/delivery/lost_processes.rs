//! Three processes of the real program on one database, killed in between: what was acknowledged is in a conversation once,
//! and a message leaves at most once; one that may have left is reported, and none is lost.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use romashka_db::envelope::{Key, Keyring};
use romashka_tests::{TestDatabase, romashka_binary, value};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::provider::{
    APP_SECRET, Provider, Reply, delivery_of, meta_signature, now, store_channel, value_of,
    whatsapp_account,
};

/// The real program at work.
pub struct Process {
    child: Child,
    address: String,
}

impl Process {
    fn start(database: &TestDatabase, key: &str, provider: &Provider) -> Process {
        Process::start_with(
            database,
            key,
            &[("ROMASHKA_WHATSAPP_URL", &provider.address)],
        )
    }

    /// One with these variables in its environment.
    pub fn start_with(database: &TestDatabase, key: &str, variables: &[(&str, &str)]) -> Process {
        let mut child = Command::new(romashka_binary())
            .args(["serve", "--listen", "127.0.0.1:0", "--json"])
            .env("DATABASE_URL", database.url())
            .env("ROMASHKA_ENCRYPTION_KEY", key)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut text = String::new();
        let document: Value = loop {
            let mut line = String::new();
            assert!(
                output.read_line(&mut line).expect("a line") > 0,
                "it ended: {text}"
            );
            text.push_str(&line);
            if let Ok(document) = serde_json::from_str(&text) {
                break document;
            }
        };
        let address = document["url"].as_str().expect("an address").to_owned();
        Process { address, child }
    }

    /// Kills it as the system does, and lets the leases it held end, as time does. How many it held.
    pub async fn lose(&mut self, database: &TestDatabase) -> i64 {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
        let worker = format!("%process {}", self.child.id());
        let mut held = 0;
        for sql in [
            "update public.report_runs set next_attempt_at = now() where status = 'running' and locked_by like $1",
            "update romashka.outgoing_mails set next_attempt_at = now() where status = 'sending' and locked_by like $1",
            "update public.webhook_events set next_attempt_at = now() where status = 'processing' and locked_by like $1",
            "update romashka.media_fetches set next_attempt_at = now() where status = 'fetching' and locked_by like $1",
            "update public.message_delivery_tracking set next_attempt_at = now() where delivery_status = 'sending' and locked_by like $1",
        ] {
            held += database
                .owner()
                .execute(sql, &[&worker])
                .await
                .expect("leases") as i64;
        }
        held
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn post(client: &reqwest::Client, address: &str, token: &str, body: &Value) -> bool {
    let bytes = body.to_string().into_bytes();
    let answer = client
        .post(format!("{address}/hooks/whatsapp/{token}"))
        .header("x-hub-signature-256", meta_signature(&bytes, APP_SECRET))
        .body(bytes)
        .send()
        .await;
    answer.is_ok_and(|answer| answer.status() == 200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_processes_lose_nothing_and_double_nothing() {
    const ROUNDS: usize = 4;
    const EACH: usize = 15;
    let database = TestDatabase::new().await;
    let provider = Provider::start().await;
    provider.take_time(Duration::from_millis(40));
    let key = Key::generate().to_base64();
    let keys = Keyring::new(Key::parse(key.expose_secret()).expect("a key"), Vec::new());
    let workspace = database.create_workspace("acme").await;
    let (configuration, credentials) = whatsapp_account();
    let channel = store_channel(
        database.owner(),
        &keys,
        workspace,
        "whatsapp",
        &configuration,
        &credentials,
    )
    .await;
    let start = || Process::start(&database, key.expose_secret(), &provider);
    let mut processes = [start(), start(), start()];
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let mut acknowledged = Vec::new();
    let mut asked = 0_i64;
    for round in 0..ROUNDS {
        for number in 0..EACH {
            let id = format!("wamid.{round}.{number}");
            let from = format!("491510000{:03}", number % 12);
            let body = delivery_of(&[(id.clone(), from, format!("{round} {number}"))], now());
            let process = &processes[number % processes.len()];
            if post(&client, &process.address, &channel.token, &body).await {
                acknowledged.push(id);
            }
        }
        // An answer in every conversation there is by now; their senders are killed while they are at it.
        asked += value::<i64>(
            database.owner(),
            "select count(public.send_message(c.id, 'answer', workspace => c.workspace_id)) from public.conversations as c",
        )
        .await;
        tokio::time::sleep(Duration::from_millis(60)).await;
        let lost = round % processes.len();
        processes[lost].lose(&database).await;
        processes[lost] = start();
    }
    let begun = std::time::Instant::now();
    loop {
        let open: i64 = value(
            database.owner(),
            "select (select count(*) from public.webhook_events where status in ('pending', 'processing'))
                  + (select count(*) from public.message_delivery_tracking where delivery_status in ('queued', 'sending'))",
        )
        .await;
        if open == 0 {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{open} are still open"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(
        acknowledged.len() >= ROUNDS * EACH / 2,
        "{}",
        acknowledged.len()
    );
    for id in &acknowledged {
        let stored: i64 = database
            .owner()
            .query_one(
                "select count(*) from public.messages where external_message_id = $1",
                &[id],
            )
            .await
            .expect("a count")
            .get(0);
        assert_eq!(stored, 1, "{id}");
    }
    let mut sent: BTreeMap<Uuid, usize> = BTreeMap::new();
    for received in provider.received() {
        let body: Value = serde_json::from_slice(&received.body).expect("JSON");
        let data = body["biz_opaque_callback_data"].as_str().expect("our id");
        let id = data.split('.').next().expect("an id");
        *sent.entry(id.parse().expect("an id")).or_default() += 1;
    }
    assert!(
        sent.values().all(|count| *count == 1),
        "sent twice: {sent:?}"
    );
    let rows = database
        .owner()
        .query(
            "select id, delivery_status, is_uncertain from public.message_delivery_tracking",
            &[],
        )
        .await
        .expect("deliveries");
    assert_eq!(rows.len() as i64, asked, "none is lost");
    for row in rows {
        let (id, status, is_uncertain): (Uuid, String, bool) = (row.get(0), row.get(1), row.get(2));
        match status.as_str() {
            "sent" => assert!(sent.contains_key(&id), "{id} is sent, and was not received"),
            "failed" => assert!(is_uncertain, "{id} failed for another reason"),
            other => panic!("{id} is {other}"),
        }
    }
}

/// Visitors who repeat what was not answered, at whichever process is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_visitors_write_is_stored_once_while_processes_are_killed() {
    const VISITORS: usize = 4;
    const EACH: usize = 12;
    let database = TestDatabase::new().await;
    let provider = Provider::start().await;
    let key = Key::generate().to_base64();
    let workspace = database.create_workspace("acme").await;
    let widget: String = value(
        database.owner(),
        &format!(
            "with made as (insert into public.widget_configurations (workspace_id, widget_name) values ('{workspace}', 'Site') returning id)
             select id::text from made"
        ),
    )
    .await;
    let token: String = value(
        database.owner(),
        &format!("select public.widget_token('{widget}', '{workspace}')"),
    )
    .await;
    let start = || Process::start(&database, key.expose_secret(), &provider);
    let mut processes = [start(), start()];
    let addresses = Arc::new(Mutex::new(
        processes
            .iter()
            .map(|process| process.address.clone())
            .collect::<Vec<_>>(),
    ));
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let mut writing = Vec::new();
    for _ in 0..VISITORS {
        let (client, addresses, token) = (client.clone(), addresses.clone(), token.clone());
        writing.push(tokio::spawn(async move {
            let address = |turn: usize| {
                let known = addresses.lock().expect("addresses");
                format!("{}/api/v1/website/{token}", known[turn % known.len()])
            };
            let mut turn = 0;
            let visitor: Value = loop {
                turn += 1;
                let asked = client.post(format!("{}/visitors", address(turn))).send();
                if let Ok(answer) = asked.await
                    && let Ok(body) = answer.json::<Value>().await
                    && body["visitor_token"].is_string()
                {
                    break body["visitor_token"].clone();
                }
            };
            for number in 0..EACH {
                let body = serde_json::json!({"content": number.to_string(), "client_message_id": Uuid::new_v4()});
                loop {
                    turn += 1;
                    let sent = client
                        .post(format!("{}/messages", address(turn)))
                        .bearer_auth(visitor.as_str().expect("a token"))
                        .json(&body)
                        .send();
                    if sent.await.is_ok_and(|answer| answer.status() == 201) {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }));
    }
    for round in 0..4 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let lost = round % processes.len();
        processes[lost].lose(&database).await;
        processes[lost] = start();
        addresses.lock().expect("addresses")[lost].clone_from(&processes[lost].address);
    }
    for visitor in writing {
        tokio::time::timeout(Duration::from_secs(60), visitor)
            .await
            .expect("in time")
            .expect("written");
    }
    let stored: Vec<i64> = database
        .owner()
        .query(
            "select count(*) from public.messages where channel_type = 'website' group by conversation_id",
            &[],
        )
        .await
        .expect("counts")
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(
        stored,
        vec![EACH as i64; VISITORS],
        "one talk each, each message once"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_stored_once_whichever_process_is_killed_meanwhile() {
    const FILES: usize = 24;
    const PICTURE: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF a picture";
    let database = TestDatabase::new().await;
    let provider = Provider::start().await;
    provider.take_time(Duration::from_millis(60));
    let address = json!({"url": format!("{}/bytes", provider.address), "id": "9"});
    provider.page("/v24.0/9", Reply::Status(200, vec![], address.to_string()));
    provider.page("/bytes", Reply::Bytes(200, vec![], PICTURE.to_vec()));
    let key = Key::generate().to_base64();
    let keys = Keyring::new(Key::parse(key.expose_secret()).expect("a key"), Vec::new());
    let workspace = database.create_workspace("acme").await;
    let (configuration, credentials) = whatsapp_account();
    let channel = store_channel(
        database.owner(),
        &keys,
        workspace,
        "whatsapp",
        &configuration,
        &credentials,
    )
    .await;
    let data = tempfile::TempDir::new().expect("a folder");
    let folder = data.path().to_str().expect("a path");
    let start = || {
        Process::start_with(
            &database,
            key.expose_secret(),
            &[
                ("ROMASHKA_WHATSAPP_URL", &provider.address),
                ("ROMASHKA_DATA_DIR", folder),
            ],
        )
    };
    let mut processes = [start(), start()];
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(PICTURE));
    let mut acknowledged = 0_i64;
    for number in 0..FILES {
        let body = value_of(
            &json!({"messages": [{"from": format!("4915100000{:02}", number % 12), "id": format!("wamid.f{number}"),
            "timestamp": now().to_string(), "type": "image", "image": {"id": format!("9{number}"), "mime_type": "image/jpeg", "sha256": hash}}]}),
        );
        let process = &processes[number % processes.len()];
        if post(&client, &process.address, &channel.token, &body).await {
            acknowledged += 1;
        }
        if number % 8 == 7 {
            // Somewhere between asking, reading, storing and committing.
            tokio::time::sleep(Duration::from_millis(70 + 40 * (number as u64 / 8))).await;
            let lost = number / 8 % processes.len();
            processes[lost].lose(&database).await;
            processes[lost] = start();
        }
    }
    let begun = std::time::Instant::now();
    loop {
        let open: i64 = value(
            database.owner(),
            "select (select count(*) from public.webhook_events where status in ('pending', 'processing')) + (select count(*) from romashka.media_fetches)",
        )
        .await;
        if open == 0 {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(90),
            "{open} are still open"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(acknowledged >= FILES as i64 / 2, "{acknowledged}");
    let rows = database
        .owner()
        .query(
            "select m.id, f.file_path, m.metadata #>> '{files,0,state}' from public.messages as m
               left join public.file_attachments as f on f.message_id = m.id and f.workspace_id = m.workspace_id",
            &[],
        )
        .await
        .expect("files");
    assert!(
        rows.len() as i64 >= acknowledged,
        "{} of {acknowledged}",
        rows.len()
    );
    let mut messages = std::collections::BTreeSet::new();
    for row in rows {
        let (message, path): (Uuid, Option<String>) = (row.get(0), row.get(1));
        assert!(messages.insert(message), "{message} has two files");
        let path = data.path().join("files").join(path.expect("a file"));
        assert_eq!(std::fs::read(path).expect("its bytes"), PICTURE);
        assert_eq!(row.get::<_, Option<String>>(2).as_deref(), Some("stored"));
    }
}
