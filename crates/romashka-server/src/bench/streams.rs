//! Open streams of events: what one costs, how soon an event is on every screen, and how soon all are back after the server
//! was killed, with nothing missed and nothing twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

use super::place::{self, Place};
use super::process::{Process, anywhere};
use super::report::StreamsReport;
use super::{Failure, Options};

/// Streams of one workspace: as many screens see one message.
const OF_WORKSPACE: u32 = 10;
/// How many streams are being opened at a time.
const OPENING: usize = 200;
const PATIENCE: Duration = Duration::from_secs(120);

/// A workspace with a conversation.
#[derive(Clone)]
struct Team {
    workspace: Uuid,
    key: String,
    conversation: Uuid,
}

#[derive(Deserialize)]
struct Event {
    id: i64,
    recorded_at: Timestamp,
}

/// What a stream has seen.
#[derive(Default)]
struct Seen {
    /// The events in the order they came, with the milliseconds they took.
    events: Vec<(i64, f64)>,
    last: String,
}

/// Where a stream stands; told to whoever waits for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Closed,
    Ready,
}

/// One reader that comes back whenever the connection is lost, until `over`.
async fn read(
    address: std::net::SocketAddr,
    key: String,
    opening: Arc<Semaphore>,
    stage: watch::Sender<Stage>,
    mut over: watch::Receiver<bool>,
) -> Seen {
    let mut seen = Seen::default();
    while !*over.borrow() {
        tokio::select! {
            _ = over.changed() => break,
            _ = connection(address, &key, &opening, &stage, &mut seen) => {}
        }
        stage.send_replace(Stage::Closed);
        // A browser waits as long as the stream said; this is its least.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    seen
}

/// One connection, to its end. The pieces of a chunked answer end with the events in them, so that lines stay whole.
async fn connection(
    address: std::net::SocketAddr,
    key: &str,
    opening: &Semaphore,
    stage: &watch::Sender<Stage>,
    seen: &mut Seen,
) -> std::io::Result<()> {
    let mut permit = opening.acquire().await.ok();
    let mut socket = TcpStream::connect(address).await?;
    let resume = match seen.last.as_str() {
        "" => String::new(),
        last => format!("Last-Event-ID: {last}\r\n"),
    };
    let request = format!(
        "GET /api/v1/stream?kinds=message.created HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nAccept: text/event-stream\r\n{resume}\r\n"
    );
    socket.write_all(request.as_bytes()).await?;
    // Small, because ten thousand of them are open.
    let mut lines = BufReader::with_capacity(512, socket).lines();
    while let Some(line) = lines.next_line().await? {
        if line.starts_with("HTTP/1.1 ") && !line.starts_with("HTTP/1.1 200") {
            return Ok(());
        } else if let Some(id) = line.strip_prefix("id: ") {
            id.clone_into(&mut seen.last);
        } else if line == "event: ready" {
            permit = None;
            stage.send_replace(Stage::Ready);
        } else if let Some(data) = line.strip_prefix("data: ")
            && let Ok(event) = serde_json::from_str::<Event>(data)
        {
            let took = Timestamp::now().duration_since(event.recorded_at);
            seen.events.push((event.id, took.as_secs_f64() * 1e3));
        }
    }
    drop(permit);
    Ok(())
}

async fn all_ready(stages: &mut [watch::Receiver<Stage>]) -> Result<Duration, Failure> {
    let begun = Instant::now();
    for stage in stages {
        let ready = stage.wait_for(|stage| *stage == Stage::Ready);
        tokio::time::timeout(PATIENCE, ready)
            .await
            .map_err(|_| Failure::Slow("the opening of the streams"))?
            .map_err(|_| Failure::Slow("the opening of a stream"))?;
    }
    Ok(begun.elapsed())
}

async fn teams(place: &Place, count: u32) -> Result<Vec<Team>, Failure> {
    let owner = place.loaded.owner().await?;
    let mut teams = Vec::new();
    for number in 0..count {
        let row = owner
            .query_one(
                "insert into public.workspaces (slug, name) values ($1, $1) returning id",
                &[&format!(
                    "bench-{}-{number}",
                    &Uuid::new_v4().simple().to_string()[..8]
                )],
            )
            .await
            .map_err(Failure::at("making a workspace"))?;
        let workspace: Uuid = row.get(0);
        let row = owner
            .query_one(
                "select conversation_id from public.ingest_message('website', 'visitor', 'Hello', workspace => $1)",
                &[&workspace],
            )
            .await
            .map_err(Failure::at("making a conversation"))?;
        teams.push(Team {
            workspace,
            key: place.key(&owner, workspace).await?,
            conversation: row.get(0),
        });
    }
    Ok(teams)
}

/// Opens the streams, sends messages, kills the server, and counts.
pub async fn measure(place: &Place, options: &Options) -> Result<StreamsReport, Failure> {
    let workspaces = options.streams.div_ceil(OF_WORKSPACE);
    let teams = teams(place, workspaces).await?;
    let further = [("ROMASHKA_MAX_STREAMS", (options.streams + 100).to_string())];
    let process = Process::start(place, anywhere(), &further).await?;
    let address = process.address;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = process.memory();
    let (over, is_over) = watch::channel(false);
    let opening = Arc::new(Semaphore::new(OPENING));
    let (mut stages, mut readers) = (Vec::new(), Vec::new());
    for number in 0..options.streams {
        let team = &teams[(number / OF_WORKSPACE) as usize];
        let (stage, watched) = watch::channel(Stage::Closed);
        stages.push(watched);
        let reading = read(
            address,
            team.key.clone(),
            opening.clone(),
            stage,
            is_over.clone(),
        );
        readers.push(tokio::spawn(reading));
    }
    all_ready(&mut stages).await?;
    let bytes_per_stream = process.memory().zip(before).map(|(after, before)| {
        after.saturating_sub(before) as f64 / f64::from(options.streams.max(1))
    });

    let duration = options.duration.max(Duration::from_secs(2));
    let sent = send(&process, &teams, options.messages_per_second, duration).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let peak_bytes = process.peak();

    // One message for every workspace while nobody serves.
    process.kill().await?;
    let owner = place.loaded.owner().await?;
    for team in &teams {
        owner
            .execute(
                "select public.ingest_message('website', 'visitor', 'Still there?', workspace => $1)",
                &[&team.workspace],
            )
            .await
            .map_err(Failure::at("writing a message"))?;
    }
    for stage in &mut stages {
        let closed = stage.wait_for(|stage| *stage == Stage::Closed);
        let _ = tokio::time::timeout(PATIENCE, closed).await;
    }
    let process = Process::start(place, address, &further).await?;
    let resumed = all_ready(&mut stages).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    over.send_replace(true);

    let (mut latencies, mut missed, mut doubled, mut events) = (Vec::new(), 0_u64, 0_u64, 0_usize);
    for (number, reader) in readers.into_iter().enumerate() {
        let seen = reader.await?;
        let team = number / OF_WORKSPACE as usize;
        let mut ids: Vec<i64> = seen.events.iter().map(|(id, _)| *id).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        doubled += (all - ids.len()) as u64;
        missed += (sent.of_team[team] + 1).saturating_sub(ids.len() as u64);
        let live = seen.events.iter().take(sent.of_team[team] as usize);
        latencies.extend(live.map(|(_, milliseconds)| *milliseconds));
        events += sent.of_team[team] as usize;
    }
    process.kill().await?;
    latencies.sort_by(f64::total_cmp);
    let percentile = |share: f64| {
        let rank = (share * latencies.len() as f64).ceil() as usize;
        latencies
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or(0.0)
    };
    let messages: u64 = sent.of_team.iter().sum();
    Ok(StreamsReport {
        streams: options.streams,
        workspaces,
        bytes_per_stream,
        peak_bytes,
        messages_per_second: messages as f64 / sent.seconds,
        events_per_second: events as f64 / sent.seconds,
        p50_ms: percentile(0.50),
        p99_ms: percentile(0.99),
        resumed_seconds: resumed.as_secs_f64(),
        missed,
        doubled,
    })
}

struct Sent {
    of_team: Vec<u64>,
    seconds: f64,
}

/// Answers through the API at an even pace, each to another workspace.
async fn send(
    process: &Process,
    teams: &[Team],
    per_second: u32,
    duration: Duration,
) -> Result<Sent, Failure> {
    let client = place::client()?;
    let pause = Duration::from_secs(1) / per_second.max(1);
    let begun = Instant::now();
    let mut clock = tokio::time::interval(pause);
    // What was late is not sent in a burst.
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut sending = tokio::task::JoinSet::new();
    let mut next = 0;
    while begun.elapsed() < duration {
        clock.tick().await;
        let number = next % teams.len();
        next += 1;
        let team = &teams[number];
        let request = client
            .post(process.url(&format!(
                "/api/v1/conversations/{}/messages",
                team.conversation
            )))
            .bearer_auth(&team.key)
            .json(&json!({"content": "It arrives tomorrow."}));
        sending.spawn(async move { (number, request.send().await) });
    }
    let mut of_team = vec![0; teams.len()];
    while let Some(sent) = sending.join_next().await {
        let (number, answer) = sent?;
        let status = answer?.status().as_u16();
        if status != 201 {
            return Err(Failure::Answer {
                what: "a message",
                status,
            });
        }
        of_team[number] += 1;
    }
    Ok(Sent {
        of_team,
        seconds: begun.elapsed().as_secs_f64(),
    })
}
