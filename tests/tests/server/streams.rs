//! The stream of events: nothing is skipped and nothing comes twice, whatever happens to writers, readers and servers; and
//! nobody is sent what he may not read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::StatusCode;
use romashka_server::Serving;
use romashka_tests::api::{Visitor, settings};
use romashka_tests::{Api, Role, value};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// Longer than anything here takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a stream sent: a block up to an empty line.
#[derive(Debug, Default)]
struct Block {
    id: Option<String>,
    name: String,
    data: Value,
    comment: String,
}

impl Block {
    fn read(text: &str) -> Block {
        let mut block = Block::default();
        for line in text.lines() {
            match line.split_once(": ").or_else(|| line.split_once(':')) {
                Some(("id", value)) => block.id = Some(value.to_owned()),
                Some(("event", value)) => value.clone_into(&mut block.name),
                Some(("data", value)) => block.data = serde_json::from_str(value).expect("JSON"),
                Some(("", value)) => value.clone_into(&mut block.comment),
                Some(("retry", value)) => assert!(value.parse::<u64>().is_ok()),
                _ => panic!("{line:?} is no line of a stream"),
            }
        }
        block
    }

    fn subject(&self) -> String {
        self.data["subject_id"]
            .as_str()
            .expect("a subject")
            .to_owned()
    }
}

/// An open stream.
struct Stream {
    response: reqwest::Response,
    text: String,
    last_id: Option<String>,
}

impl Stream {
    /// Opens a stream at a server.
    async fn open(
        visitor: &Visitor<'_>,
        address: &str,
        query: &str,
        last_id: Option<&str>,
    ) -> Stream {
        let response = Stream::answer(visitor, address, query, last_id).await;
        assert_eq!(response.status(), StatusCode::OK);
        Stream {
            response,
            text: String::new(),
            last_id: last_id.map(str::to_owned),
        }
    }

    async fn answer(
        visitor: &Visitor<'_>,
        address: &str,
        query: &str,
        last_id: Option<&str>,
    ) -> reqwest::Response {
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let mut request = client.get(format!("{address}/api/v1/stream{query}"));
        for (name, value) in visitor.headers() {
            request = request.header(name, value);
        }
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        request.send().await.expect("an answer")
    }

    /// The next block; none at the end of the stream.
    async fn next_block(&mut self) -> Option<Block> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block = Block::read(&self.text[..end]);
                self.text.drain(..end + 2);
                if block.id.is_some() {
                    self.last_id.clone_from(&block.id);
                }
                return Some(block);
            }
            let bytes = self.response.chunk().await.ok()??;
            self.text
                .push_str(std::str::from_utf8(&bytes).expect("UTF-8"));
        }
    }

    /// The next event of the ledger within the time; none at the end of the stream or of the time.
    async fn next_within(&mut self, time: Duration) -> Option<Block> {
        timeout(time, async {
            loop {
                let block = self.next_block().await?;
                if block.data["kind"].is_string() {
                    return Some(block);
                }
            }
        })
        .await
        .ok()?
    }

    async fn next(&mut self) -> Block {
        self.next_within(PATIENCE).await.expect("an event")
    }

    async fn named(&mut self, name: &str) {
        let found = timeout(PATIENCE, async {
            while let Some(block) = self.next_block().await {
                if !block.name.is_empty() {
                    return block.name;
                }
            }
            "the end".to_owned()
        });
        assert_eq!(found.await.expect("in time"), name);
    }

    /// Opens one that is placed at the present.
    async fn ready(visitor: &Visitor<'_>, address: &str, query: &str) -> Stream {
        let mut stream = Stream::open(visitor, address, query, None).await;
        stream.named("ready").await;
        stream
    }

    /// Reads until the stream ends.
    async fn end(mut self) -> Option<Duration> {
        let begun = Instant::now();
        timeout(PATIENCE, async {
            while self.next_block().await.is_some() {}
        })
        .await
        .ok()?;
        Some(begun.elapsed())
    }
}

fn address(serving: &Serving) -> String {
    format!("http://{}", serving.address())
}

async fn record(api: &Api, workspace: Uuid, kind: &str, payload: &Value) -> String {
    let subject = Uuid::new_v4();
    api.database
        .owner()
        .execute(
            "select romashka.record_event($1, $2, 'test', $3, null, $4)",
            &[&workspace, &kind, &subject, payload],
        )
        .await
        .expect("an event");
    subject.to_string()
}

#[tokio::test]
async fn what_happens_is_sent_with_its_place_and_filtered() {
    let api = Api::new().await;
    let acme = api.database.create_workspace("acme").await;
    let rival = api.database.create_workspace("rival").await;
    let agent = api.member(acme, Role::Agent).await;
    let stranger = api.member(rival, Role::Owner).await;
    let customer: Uuid = api
        .database
        .owner()
        .query_one("insert into public.customer_profiles (workspace_id, name) values ($1, 'Ann') returning id", &[&acme])
        .await
        .expect("a customer")
        .get(0);
    let body = json!({"customer_id": customer, "channel_type": "email", "subject": "Invoice"});
    let other = agent.post("/conversations", &body).await.expect(201).id();

    let answer = Stream::answer(&agent, api.address(), "", None).await;
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
    ] {
        assert_eq!(answer.headers()[name], value);
    }
    assert!(!answer.headers().contains_key("content-encoding"));
    drop(answer);

    let mut all = Stream::ready(&agent, api.address(), "").await;
    let mut foreign = Stream::ready(&stranger, api.address(), "").await;
    let mut resolved = Stream::ready(
        &agent,
        api.address(),
        "?kinds=conversation.resolved,message",
    )
    .await;
    let mut of_other = Stream::ready(
        &agent,
        api.address(),
        &format!("?conversation_id={other}&workspace_id={acme}"),
    )
    .await;

    let made = agent.post("/conversations", &body).await.expect(201).id();
    let created = all.next().await;
    assert_eq!(created.data["kind"], "conversation.created");
    assert_eq!(created.subject(), made.to_string());
    assert_eq!(created.data["payload"]["channel_type"], "email");
    agent
        .post(&format!("/conversations/{made}/resolve"), &json!({}))
        .await
        .expect(200);
    agent
        .post(&format!("/conversations/{other}/resolve"), &json!({}))
        .await
        .expect(200);

    assert_eq!(resolved.next().await.subject(), made.to_string());
    assert_eq!(resolved.next().await.subject(), other.to_string());
    assert_eq!(of_other.next().await.subject(), other.to_string());
    // From the first event on, the same again.
    let mut again = Stream::open(
        &agent,
        api.address(),
        "?kinds=conversation",
        created.id.as_deref(),
    )
    .await;
    assert_eq!(again.next().await.data["kind"], "conversation.resolved");
    let place = format!("?last_event_id={}", created.id.as_deref().expect("an id"));
    let mut again = Stream::open(&agent, api.address(), &place, None).await;
    assert_eq!(again.next().await.subject(), made.to_string());
    assert!(foreign.next_within(Duration::from_secs(1)).await.is_none());
    // A place of another workspace's stream opens nothing of it.
    let mut foreign = Stream::open(&stranger, api.address(), "", created.id.as_deref()).await;
    assert!(foreign.next_within(Duration::from_secs(1)).await.is_none());
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_what_is_gone_is_reset() {
    let mut few = settings();
    few.streams_per_caller = 2;
    let api = Api::with(few).await;
    let workspace = api.database.create_workspace("acme").await;
    let viewer = api.member(workspace, Role::Viewer).await;
    let refused = |query: &'static str, id: Option<&'static str>| {
        let viewer = viewer.clone();
        let address = api.address().to_owned();
        async move {
            let answer = Stream::answer(&viewer, &address, query, id).await;
            assert_eq!(answer.status(), 400, "{query} {id:?}");
            let problem: Value = answer.json().await.expect("a problem");
            problem["code"].as_str().expect("a code").to_owned()
        }
    };
    assert_eq!(refused("", Some("7")).await, "invalid_cursor");
    assert_eq!(refused("?last_event_id=e30", None).await, "invalid_cursor");
    assert_eq!(refused("?kinds=a%20b", None).await, "invalid_request");
    assert_eq!(refused("?conversation_id=7", None).await, "invalid_request");

    let of_1970 = URL_SAFE_NO_PAD.encode(r#"{"t":3,"i":1,"s":0}"#);
    let now = value::<i64>(
        api.database.owner(),
        "select extract(epoch from now())::bigint",
    )
    .await;
    let of_another_database =
        URL_SAFE_NO_PAD.encode(format!(r#"{{"t":9000000000,"i":1,"s":{now}}}"#));
    for place in [&of_1970, &of_another_database] {
        let mut stream = Stream::open(&viewer, api.address(), "", Some(place)).await;
        stream.named("reset").await;
        let made = record(&api, workspace, "test.made", &json!({})).await;
        assert_eq!(
            stream.next().await.subject(),
            made,
            "it goes on from the present"
        );
    }

    let first = Stream::ready(&viewer, api.address(), "").await;
    let _second = Stream::ready(&viewer, api.address(), "").await;
    let third = Stream::answer(&viewer, api.address(), "", None).await;
    assert_eq!(third.status(), 429);
    assert!(third.headers().contains_key("retry-after"));
    drop(first);
    let begun = Instant::now();
    while Stream::answer(&viewer, api.address(), "", None)
        .await
        .status()
        != 200
    {
        assert!(begun.elapsed() < PATIENCE, "the seat is not free again");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_token_that_opened_it() {
    const SECRET: &str = "super-secret-jwt-token-with-at-least-32-characters-long";
    let mut settings = settings();
    settings.supabase.jwt_secret = Some(SecretString::from(SECRET));
    let api = Api::with(settings).await;
    let workspace = api.database.create_workspace("acme").await;
    let person = api.database.create_person(workspace, Role::Agent).await;
    let with_token = |seconds: i64| {
        let now = jsonwebtoken::get_current_timestamp();
        let claims = json!({"sub": person, "aud": "authenticated", "role": "authenticated", "iat": now, "exp": now as i64 + seconds});
        let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
        let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key);
        api.nobody()
            .with_token(&token.expect("a token"))
            .in_workspace(workspace)
    };
    let mut lasting = Stream::ready(&with_token(3600), api.address(), "").await;
    // Clocks may differ by 30 seconds: this one is accepted for 12 more.
    let short = with_token(-18);
    let mut ending = Stream::ready(&short, api.address(), "").await;
    let mut last_words = String::new();
    timeout(3 * PATIENCE, async {
        while let Some(block) = ending.next_block().await {
            last_words = block.comment;
        }
    })
    .await
    .expect("the stream ends");
    assert_eq!(
        last_words,
        "the token is over, connect again with a new one"
    );
    let again = Stream::answer(&short, api.address(), "", ending.last_id.as_deref()).await;
    assert_eq!(again.status(), 401);
    let made = record(&api, workspace, "test.made", &json!({})).await;
    assert_eq!(lasting.next().await.subject(), made);
    // With a new token nothing is missed.
    let last_id = ending.last_id.as_deref();
    let mut renewed = Stream::open(&with_token(3600), api.address(), "", last_id).await;
    assert_eq!(renewed.next().await.subject(), made);
}

/// Commits, aborts and stalls, and says what was committed.
async fn write(database: tokio_postgres::Client, workspace: Uuid, writer: u64) -> Vec<String> {
    let mut committed = Vec::new();
    for turn in 0..60_u64 {
        let mut subjects = Vec::new();
        database.batch_execute("begin").await.expect("begin");
        for _ in 0..=(turn + writer) % 3 {
            let subject = Uuid::new_v4();
            database
                .execute(
                    "select romashka.record_event($1, 'test.made', 'test', $2)",
                    &[&workspace, &subject],
                )
                .await
                .expect("an event");
            subjects.push(subject.to_string());
        }
        // Each of them stalls once, while the others go on: three commit at last, one does not.
        let pause = if (turn + writer * 15) % 60 == 2 {
            500
        } else {
            10 + (turn * 7 + writer * 3) % 11
        };
        sleep(Duration::from_millis(pause)).await;
        if (turn + writer).is_multiple_of(5) {
            database.batch_execute("rollback").await.expect("rollback");
        } else {
            database.batch_execute("commit").await.expect("commit");
            committed.append(&mut subjects);
        }
    }
    committed
}

#[tokio::test]
async fn nothing_is_skipped_or_sent_twice_over_reconnects_restarts_and_other_processes() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let viewer = api.member(workspace, Role::Viewer).await;
    let mut writers = Vec::new();
    let mut here = Some(api.one_more(settings()).await);
    let there = api.address().to_owned();
    let mut stream = Stream::ready(&viewer, &there, "").await;
    for writer in 0..4 {
        let client = api.database.connect().await;
        writers.push(tokio::spawn(write(client, workspace, writer)));
    }
    let mut seen: Vec<String> = Vec::new();
    let (mut connections, mut is_restarted) = (1, false);
    let mut quiet_since: Option<Instant> = None;
    let begun = Instant::now();
    loop {
        // Few events a connection, so that there are many of them; how many depends on what was seen, which is random enough.
        let wanted = 1 + seen.len() * 7 % 13;
        let mut got = 0;
        while got < wanted {
            let Some(block) = stream.next_within(Duration::from_millis(700)).await else {
                break;
            };
            seen.push(block.subject());
            got += 1;
        }
        let are_done = writers.iter().all(tokio::task::JoinHandle::is_finished);
        quiet_since = if are_done && got == 0 {
            quiet_since.or(Some(Instant::now()))
        } else {
            None
        };
        if quiet_since.is_some_and(|since| since.elapsed() > Duration::from_secs(1)) {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(90),
            "{} seen",
            seen.len()
        );
        connections += 1;
        if connections == 12 && !is_restarted {
            is_restarted = true;
            if let Some(serving) = here.take() {
                serving.stop().await;
            }
            here = Some(api.one_more(settings()).await);
        }
        let next = match (&here, connections % 2) {
            (Some(serving), 0) => address(serving),
            _ => there.clone(),
        };
        let last_id = stream.last_id.clone();
        stream = Stream::open(&viewer, &next, "", last_id.as_deref()).await;
    }
    let mut committed = BTreeSet::new();
    for writer in writers {
        committed.extend(writer.await.expect("a writer"));
    }
    assert!(
        is_restarted && connections > 20,
        "{connections} connections"
    );
    let unique: BTreeSet<String> = seen.iter().cloned().collect();
    assert_eq!(unique.len(), seen.len(), "something came twice");
    assert_eq!(unique, committed);
    let order: Vec<String> = api
        .database
        .owner()
        .query("select subject_id::text from public.events where workspace_id = $1 and kind = 'test.made' order by transaction_id, id", &[&workspace])
        .await
        .expect("the ledger")
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(seen, order);
}

#[tokio::test]
async fn who_may_read_no_more_is_ended_within_seconds() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let mut people = Vec::new();
    for _ in 0..4 {
        people.push(api.database.create_person(workspace, Role::Agent).await);
    }
    let mut visitors = Vec::new();
    for person in &people {
        visitors.push(api.session(*person, Some(workspace)).await);
    }
    visitors.push(api.key(workspace, "viewer", &["stream:read"]).await);
    let mut streams = Vec::new();
    for visitor in &visitors {
        streams.push(Stream::ready(visitor, api.address(), "").await);
    }
    let client = api.database.owner();
    client
        .execute(
            "delete from public.workspace_members where user_id = $1",
            &[&people[0]],
        )
        .await
        .expect("removed");
    client
        .execute(
            "update public.workspace_members set role = 'viewer' where user_id = $1",
            &[&people[1]],
        )
        .await
        .expect("changed");
    client
        .execute(
            "delete from romashka.sessions where user_id = $1",
            &[&people[2]],
        )
        .await
        .expect("signed out");
    client
        .execute("update public.api_keys set revoked_at = now()", &[])
        .await
        .expect("revoked");
    let key = streams.pop().expect("five");
    let mut stays = streams.pop().expect("four");
    for stream in streams.into_iter().chain([key]) {
        let took = stream.end().await.expect("the stream ends");
        assert!(took < Duration::from_secs(6), "{took:?}");
    }
    let made = record(&api, workspace, "test.made", &json!({})).await;
    assert_eq!(stays.next().await.subject(), made, "the others go on");
    // And they do not come back.
    let last_id = stays.last_id.as_deref();
    for (visitor, status) in visitors.iter().zip([404, 200, 401, 200, 401]) {
        let answer = Stream::answer(visitor, api.address(), "", last_id).await;
        assert_eq!(answer.status().as_u16(), status);
    }
}

#[tokio::test]
async fn a_reader_who_takes_nothing_is_cut_off_and_resumes_while_others_get_theirs() {
    let mut impatient = settings();
    impatient.stream_patience = Duration::from_secs(1);
    let api = Api::with(impatient).await;
    let workspace = api.database.create_workspace("acme").await;
    let viewer = api.member(workspace, Role::Viewer).await;
    let mut healthy = Stream::ready(&viewer, api.address(), "").await;

    let host = api.address().trim_start_matches("http://").to_owned();
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut slow = socket
        .connect(host.parse().expect("an address"))
        .await
        .expect("connected");
    let mut request = format!("GET /api/v1/stream HTTP/1.1\r\nhost: {host}\r\n");
    for (name, value) in viewer.headers() {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    slow.write_all(format!("{request}\r\n").as_bytes())
        .await
        .expect("sent");
    let mut received = Vec::new();
    while !String::from_utf8_lossy(&received).contains("event: ready") {
        let mut some = [0; 256];
        let count = timeout(PATIENCE, slow.read(&mut some))
            .await
            .expect("in time")
            .expect("read");
        received.extend_from_slice(&some[..count]);
    }
    assert_eq!(api.serving().server().readers.count(), 2);

    // Far more than the buffers of both sides hold.
    let payload = json!({"text": "x".repeat(30_000)});
    let mut made = Vec::new();
    let begun = Instant::now();
    while api.serving().server().readers.count() == 2 {
        assert!(begun.elapsed() < PATIENCE, "the slow reader is not cut off");
        let subject = record(&api, workspace, "test.made", &payload).await;
        assert_eq!(healthy.next().await.subject(), subject);
        made.push(subject);
    }
    let after = record(&api, workspace, "test.made", &json!({})).await;
    assert_eq!(healthy.next().await.subject(), after);
    made.push(after);

    // The connection is gone; what had been sent is still in the buffers.
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, slow.read_to_end(&mut rest))
        .await
        .expect("the connection ends");
    received.extend(rest);
    let text = String::from_utf8_lossy(&received).into_owned();
    // Chunked: the lengths stand between; a block counts that is whole.
    let mut seen = BTreeMap::new();
    let mut last_id = String::new();
    for block in text.split("\n\n") {
        let id = block.lines().find_map(|line| line.strip_prefix("id: "));
        let data = block.lines().find_map(|line| line.strip_prefix("data: "));
        if let (Some(id), Some(Ok(data))) = (id, data.map(serde_json::from_str::<Value>)) {
            id.clone_into(&mut last_id);
            if let Some(subject) = data["subject_id"].as_str() {
                seen.insert(subject.to_owned(), ());
            }
        }
    }
    assert!(seen.len() < made.len());
    let mut resumed = Stream::open(&viewer, api.address(), "", Some(&last_id)).await;
    for subject in &made[seen.len()..] {
        assert_eq!(resumed.next().await.subject(), *subject);
    }
}

#[tokio::test]
async fn a_reader_who_fell_behind_reads_on_by_himself() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let viewer = api.member(workspace, Role::Viewer).await;
    let mut stream = Stream::ready(&viewer, api.address(), "").await;
    // One transaction of far more pages than a queue holds pieces.
    api.database
        .owner()
        .execute(
            "select romashka.record_event($1, 'test.made', 'test', public.generate_uuid(), null, jsonb_build_object('n', n)) from generate_series(1, 30000) as n",
            &[&workspace],
        )
        .await
        .expect("events");
    for n in 1..=30_000 {
        assert_eq!(stream.next().await.data["payload"]["n"], n);
    }
    let made = record(&api, workspace, "test.made", &json!({})).await;
    assert_eq!(stream.next().await.subject(), made);
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams() {
    let mut api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let key = api.key(workspace, "viewer", &["*:read"]).await;
    let stream = Stream::ready(&key, api.address(), "").await;
    let other = api.one_more(settings()).await;
    let elsewhere = address(&other);
    let mut resumed = Stream::open(&key, &elsewhere, "", stream.last_id.as_deref()).await;
    resumed.named("ready").await;
    let ends = tokio::spawn(stream.end());
    let begun = Instant::now();
    api.stop().await;
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
    assert!(ends.await.expect("a task").is_some());
    let made = record(&api, workspace, "test.made", &json!({})).await;
    assert_eq!(resumed.next().await.subject(), made);
    other.stop().await;
}
