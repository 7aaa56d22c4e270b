//! What one process does for all its readers: it follows the ledger, tells who is there, and looks whether each reader may
//! still have what he is sent.
//!
//! Invariants: however many readers there are, each new row is read once for those who may read the same; the place up to
//! which the ledger was read moves only forward, by transactions that are over, so that a stalled writer delays and is never
//! skipped; a failed read makes the readers it was for read by themselves from their own places.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use uuid::Uuid;

use super::ledger::{Filter, Horizon, Place, read_horizon, read_page};
use super::presence;
use super::readers::{Audience, Entitlement, Kind, Piece};
use super::visitors;
use crate::problem::Answer;
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// Between two looks while something happens.
const BUSY: Duration = Duration::from_millis(50);
/// Between two looks while nothing does.
const QUIET: Duration = Duration::from_millis(250);
/// How long something counts as happening.
const RECENT: Duration = Duration::from_secs(5);
/// Between two looks at least, however often this process commits.
const PAUSE: Duration = Duration::from_millis(10);
/// After a look that failed.
const AFTER_FAILURE: Duration = Duration::from_millis(500);
/// How often a reader of whom nothing is known hears something.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often it is looked at whether readers may still read.
const RECHECK: Duration = Duration::from_secs(2);
/// How long readers go on when that cannot be looked at.
const UNCHECKED: Duration = Duration::from_secs(30);

/// Serves the readers of this process until it is told to stop, and ends them then.
pub async fn follow(server: Server, mut stopped: watch::Receiver<bool>) {
    let at_work = async {
        tokio::join!(
            follow_ledger(&server),
            presence::follow(&server),
            recheck(&server),
            visitors::follow(&server),
        )
    };
    tokio::select! {
        _ = at_work => {}
        // An error means that the sender is gone, which is a stop too.
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    server.readers.stop();
    let begun = Instant::now();
    while server.readers.count() > 0 && begun.elapsed() < Duration::from_secs(2) {
        sleep(Duration::from_millis(10)).await;
    }
}

async fn follow_ledger(server: &Server) {
    let readers = &server.readers;
    // Up to which transaction the ledger was read; none while nobody listens.
    let mut horizon: Option<u64> = None;
    let mut last_event = Instant::now();
    let mut last_heartbeat = Instant::now();
    loop {
        let audiences = readers.audiences(Kind::Events);
        if audiences.is_empty() {
            horizon = None;
            readers.ledger_moved.notified().await;
            continue;
        }
        let waiting = readers.take_waiting();
        let looked = Instant::now();
        match look(server, horizon, &audiences).await {
            Ok(found) => {
                for (reader, answer) in waiting {
                    reader.place(found.transaction);
                    // Who does not wait any more is gone.
                    let _ = answer.send(found.transaction);
                }
                if let Some(since) = horizon {
                    if !found.touched.is_empty() {
                        last_event = Instant::now();
                    }
                    for audience in &audiences {
                        if found.touched.contains(&audience.workspace) {
                            send(server, audience, since, found.transaction).await;
                        }
                    }
                }
                horizon = Some(found.transaction);
            }
            Err(problem) => {
                readers.put_back(waiting);
                tracing::warn!(
                    code = problem.code().name(),
                    "the ledger could not be looked at"
                );
                sleep(AFTER_FAILURE).await;
            }
        }
        if last_heartbeat.elapsed() >= HEARTBEAT {
            last_heartbeat = Instant::now();
            for audience in readers.audiences(Kind::Events) {
                readers.each(Kind::Events, &audience, |reader| {
                    if let Some(horizon) = horizon
                        && reader.is_placed_by(horizon)
                    {
                        reader.queue.push(Piece::Settled(horizon));
                    }
                });
            }
        }
        metrics::histogram!("stream_look_duration_seconds").record(looked.elapsed().as_secs_f64());
        sleep(PAUSE).await;
        let pace = if last_event.elapsed() < RECENT {
            BUSY
        } else {
            QUIET
        };
        // Either way it is time for the next look.
        let _ = timeout(pace, readers.ledger_moved.notified()).await;
    }
}

async fn look(server: &Server, horizon: Option<u64>, audiences: &[Audience]) -> Answer<Horizon> {
    let workspaces: HashSet<Uuid> = match horizon {
        Some(_) => audiences
            .iter()
            .map(|audience| audience.workspace)
            .collect(),
        None => HashSet::new(),
    };
    let workspaces: Vec<Uuid> = workspaces.into_iter().collect();
    let service = server.service().await?;
    let found = read_horizon(&service, horizon.unwrap_or_default(), &workspaces).await?;
    service.commit().await?;
    Ok(found)
}

/// Sends an audience what two looks have between them.
async fn send(server: &Server, audience: &Audience, since: u64, before: u64) {
    if let Err(problem) = send_pages(server, audience, since, before).await {
        tracing::warn!(code = problem.code().name(), "the ledger could not be read");
        server.readers.each(Kind::Events, audience, |reader| {
            if reader.is_placed_by(since) {
                reader.queue.miss();
            }
        });
    }
}

async fn send_pages(server: &Server, audience: &Audience, since: u64, before: u64) -> Answer<()> {
    let scope = server
        .database
        .begin(&audience.claims(), &server.surroundings())
        .await?;
    let mut after = Place::before(since);
    loop {
        let page = read_page(
            &scope,
            audience.workspace,
            after,
            before,
            &Filter::default(),
        )
        .await?;
        let Some(end) = page.end() else { break };
        after = end;
        let is_last = !page.is_full();
        for entry in page.entries() {
            let lag = Timestamp::now().duration_since(entry.recorded_at());
            metrics::histogram!("stream_lag_seconds").record(lag.as_secs_f64().max(0.0));
        }
        let page = Arc::new(page);
        server.readers.each(Kind::Events, audience, |reader| {
            let concerns = reader
                .interest
                .as_ref()
                .is_none_or(|interest| interest.wants(&page));
            if concerns && reader.is_placed_by(since) {
                reader.queue.push(Piece::Events(page.clone()));
            }
        });
        if is_last {
            break;
        }
    }
    Ok(scope.commit().await?)
}

/// Ends readers who are not entitled any more, those whose token is over, and those who are stuck.
async fn recheck(server: &Server) {
    let mut ticks = interval(RECHECK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last_checked = Instant::now();
    loop {
        ticks.tick().await;
        server.readers.end_stuck();
        server.readers.end_expired(Timestamp::now());
        let entitlements = server.readers.entitlements();
        if entitlements.is_empty() {
            last_checked = Instant::now();
            continue;
        }
        match unentitled(server, &entitlements).await {
            Ok(over) => {
                last_checked = Instant::now();
                server.readers.end_unentitled(&over);
            }
            Err(problem) => {
                tracing::warn!(
                    code = problem.code().name(),
                    "readers could not be looked at again"
                );
                if last_checked.elapsed() > UNCHECKED {
                    server
                        .readers
                        .end_unentitled(&entitlements.into_iter().collect());
                }
            }
        }
    }
}

struct Entitled {
    place: i64,
    role: Option<String>,
}

impl FromRow for Entitled {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Entitled {
            place: row.try_get("place")?,
            role: row.try_get("member_role")?,
        })
    }
}

async fn unentitled(server: &Server, asked: &[Entitlement]) -> Answer<HashSet<Entitlement>> {
    let list = |of: fn(&Entitlement) -> Option<Uuid>| asked.iter().map(of).collect::<Vec<_>>();
    let sessions = list(|reader| reader.session);
    let keys = list(|reader| reader.key);
    let persons = list(|reader| reader.person);
    let visitors = list(|reader| reader.visitor);
    let workspaces = list(|reader| Some(reader.audience.workspace));
    let service = server.service().await?;
    let found: Vec<Entitled> = Statement::new(include_str!("entitled_readers.sql"))
        .bind("sessions", &sessions)
        .bind("keys", &keys)
        .bind("persons", &persons)
        .bind("visitors", &visitors)
        .bind("workspaces", &workspaces)
        .all(&service)
        .await?;
    service.commit().await?;
    let mut over: HashSet<Entitlement> = asked.iter().copied().collect();
    for entitled in found {
        let reader = usize::try_from(entitled.place - 1)
            .ok()
            .and_then(|place| asked.get(place));
        if let Some(reader) = reader
            && entitled.role.as_deref() == Some(reader.audience.role)
        {
            over.remove(reader);
        }
    }
    Ok(over)
}
