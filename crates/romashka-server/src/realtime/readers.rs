//! Who has a stream of events or a live connection open in this process.
//!
//! Invariants: a reader is counted from when it is let in until it is dropped, whatever happens in between; nothing here
//! waits for a reader; what a reader may have is looked up again by [`super::follow`], not concluded from what is kept here.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::ws::Utf8Bytes;
use jiff::Timestamp;
use romashka_db::scope::{Actor, Claims};
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

use super::connection::Connection;
use super::ledger::Page;
use super::queue::{End, Queue};
use crate::authentication::Principal;
use crate::problem::{Answer, Code, Problem};
use crate::settings::ServerSettings;
use crate::state::Server;

/// The role of a site's visitors, who are no members.
pub const VISITOR: &str = "visitor";

/// Readers who may read the same: what is read once is sent to all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Audience {
    /// The workspace.
    pub workspace: Uuid,
    /// The role in it.
    pub role: &'static str,
}

impl Audience {
    /// What the database is told when it is read for them: row security decides as for a member of this role.
    pub fn claims(&self) -> Claims {
        if self.role == VISITOR {
            // The verbs that render what he is sent know what is his.
            return Claims::service(self.workspace, Actor::System);
        }
        Claims {
            actor: Some(Actor::System),
            actor_id: None,
            ..Claims::api_key(Uuid::nil(), self.workspace, self.role)
        }
    }
}

/// By what a reader was let in; while it holds the stream goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entitlement {
    /// The session.
    pub session: Option<Uuid>,
    /// The key.
    pub key: Option<Uuid>,
    /// The person.
    pub person: Option<Uuid>,
    /// The session of a site's visitor.
    pub visitor: Option<Uuid>,
    /// The last second of Unix time at which the person's token is accepted.
    pub accepted_until: Option<i64>,
    /// Where, and as what.
    pub audience: Audience,
}

impl Entitlement {
    /// That of one who was let in.
    pub fn of(principal: &Principal, audience: Audience) -> Entitlement {
        let (key, person) = match principal {
            Principal::Person { id, .. } => (None, Some(*id)),
            Principal::Key { id, .. } => (Some(*id), None),
            Principal::Service => (None, None),
        };
        Entitlement {
            session: principal.session(),
            key,
            person,
            visitor: None,
            accepted_until: principal.accepted_until(),
            audience,
        }
    }

    fn caller(&self) -> Uuid {
        self.visitor
            .or(self.key)
            .or(self.person)
            .unwrap_or_default()
    }
}

/// What is sent to a reader.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Events.
    Events(Arc<Page>),
    /// Every transaction before this one is over, and its events were sent.
    Settled(u64),
    /// A message of a live connection.
    Text(Utf8Bytes),
}

/// What kind of reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A stream of events.
    Events,
    /// A live connection.
    Live,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Events => "events",
            Kind::Live => "live",
        }
    }
}

/// Not placed yet: no event is meant for the reader.
const NOWHERE: u64 = u64::MAX;

/// What concerns a site's visitor.
#[derive(Debug)]
pub struct Interest {
    visitor: String,
    /// His talks; none while they are not known, when everything may concern him.
    talks: Mutex<Option<Vec<Uuid>>>,
}

impl Interest {
    /// That of a visitor whose talks are not known yet.
    pub fn new(visitor: String) -> Interest {
        Interest {
            visitor,
            talks: Mutex::new(None),
        }
    }

    /// His talks, as the database has them now. What was heard of meanwhile stays.
    pub fn learn(&self, found: Vec<Uuid>) {
        let mut talks = self.talks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = talks.take().unwrap_or_default();
        all.extend(found);
        all.sort_unstable();
        all.dedup();
        *talks = Some(all);
    }

    /// His talks.
    pub fn talks(&self) -> Vec<Uuid> {
        let talks = self.talks.lock().unwrap_or_else(PoisonError::into_inner);
        talks.clone().unwrap_or_default()
    }

    /// Whether something of a page may concern him. A talk of his that begins in it is his from then on.
    pub fn wants(&self, page: &Page) -> bool {
        let mut talks = self.talks.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(talks) = talks.as_mut() else {
            return true;
        };
        for entry in page.entries() {
            if entry.visitor.as_ref() == Some(&self.visitor)
                && let Some(talk) = entry.conversation()
                && !talks.contains(&talk)
            {
                talks.push(talk);
            }
        }
        page.entries()
            .iter()
            .filter_map(super::ledger::Entry::conversation)
            .any(|talk| talks.contains(&talk))
    }
}

/// A reader.
#[derive(Debug)]
pub struct Reader {
    /// The connection, as presence knows it.
    pub id: Uuid,
    kind: Kind,
    entitlement: Entitlement,
    connection: Option<Connection>,
    /// What concerns him, of a visitor.
    pub interest: Option<Interest>,
    /// What waits for it.
    pub queue: Queue<Piece>,
    /// Events of this transaction and later ones are meant for it.
    since: AtomicU64,
    /// Milliseconds since the process began, at which it was given something it has not come back from; 0 while it waits.
    given_at: AtomicU64,
}

impl Reader {
    /// The reader is ready for more.
    pub fn comes(&self) {
        self.given_at.store(0, Ordering::Relaxed);
    }

    /// The reader was given something.
    pub fn goes(&self) {
        self.given_at.store(now().max(1), Ordering::Relaxed);
    }

    fn is_stuck(&self, patience: Duration) -> bool {
        match self.given_at.load(Ordering::Relaxed) {
            0 => false,
            given_at => now().saturating_sub(given_at) > patience.as_millis() as u64,
        }
    }

    /// Whether events of this transaction are meant for it.
    pub fn is_placed_by(&self, transaction: u64) -> bool {
        self.since.load(Ordering::Acquire) <= transaction
    }

    /// From now on events of this transaction and later ones are meant for it.
    pub fn place(&self, transaction: u64) {
        self.queue.restart();
        self.since.store(transaction, Ordering::Release);
    }

    /// Takes its place away, until it is given one again.
    pub fn displace(&self) {
        self.since.store(NOWHERE, Ordering::Release);
        self.queue.restart();
    }

    /// Whether it has no place.
    pub fn is_nowhere(&self) -> bool {
        self.since.load(Ordering::Acquire) == NOWHERE
    }

    fn end(&self, end: End) {
        if self.queue.ended().is_none() {
            metrics::counter!("streams_ended_total", "kind" => self.kind.name(), "reason" => end.name())
                .increment(1);
        }
        self.queue.end(end);
        if end == End::TooSlow
            && let Some(connection) = &self.connection
        {
            connection.cut();
        }
    }
}

/// Milliseconds since the first call.
fn now() -> u64 {
    static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    BEGUN.get_or_init(Instant::now).elapsed().as_millis() as u64
}

/// Who waits to be given a place, to be told from which transaction on it will be sent events.
type Waiting = (Arc<Reader>, oneshot::Sender<u64>);

#[derive(Debug, Default)]
struct Registry {
    last_number: u64,
    count: usize,
    of_callers: HashMap<Uuid, usize>,
    events: HashMap<Audience, HashMap<u64, Arc<Reader>>>,
    live: HashMap<Audience, HashMap<u64, Arc<Reader>>>,
    waiting: Vec<Waiting>,
    is_stopping: bool,
}

impl Registry {
    fn of(&self, kind: Kind) -> &HashMap<Audience, HashMap<u64, Arc<Reader>>> {
        match kind {
            Kind::Events => &self.events,
            Kind::Live => &self.live,
        }
    }

    fn of_mut(&mut self, kind: Kind) -> &mut HashMap<Audience, HashMap<u64, Arc<Reader>>> {
        match kind {
            Kind::Events => &mut self.events,
            Kind::Live => &mut self.live,
        }
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Reader>> {
        self.events
            .values()
            .chain(self.live.values())
            .flat_map(HashMap::values)
    }
}

/// All readers of this process.
#[derive(Debug)]
pub struct Readers {
    registry: Mutex<Registry>,
    /// Something was committed here, or somebody waits for a place.
    pub(super) ledger_moved: Notify,
    /// Somebody's presence changed here, or somebody came.
    pub(super) presence_moved: Notify,
    most: usize,
    most_of_caller: usize,
    patience: Duration,
}

impl Readers {
    /// No readers yet.
    pub fn new(settings: &ServerSettings) -> Readers {
        Readers {
            registry: Mutex::default(),
            ledger_moved: Notify::new(),
            presence_moved: Notify::new(),
            most: settings.most_streams,
            most_of_caller: settings.streams_per_caller,
            patience: settings.stream_patience,
        }
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        // Nothing panics while it is held.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was committed by this process: who listens need not wait for the next look.
    pub fn wake(&self) {
        self.ledger_moved.notify_one();
    }

    /// Somebody began or ended to type.
    pub fn presence_changed(&self) {
        self.presence_moved.notify_one();
    }

    /// How many readers there are.
    pub fn count(&self) -> usize {
        self.registry().count
    }

    /// The audiences with readers of a kind.
    pub(super) fn audiences(&self, kind: Kind) -> Vec<Audience> {
        self.registry().of(kind).keys().copied().collect()
    }

    /// Does something with each reader of an audience. It must not wait.
    pub(super) fn each(&self, kind: Kind, audience: &Audience, mut act: impl FnMut(&Reader)) {
        let registry = self.registry();
        for reader in registry
            .of(kind)
            .get(audience)
            .into_iter()
            .flat_map(HashMap::values)
        {
            act(reader);
        }
    }

    /// The live connections.
    pub(super) fn live_connections(&self) -> Vec<Uuid> {
        let registry = self.registry();
        let readers = registry.live.values().flat_map(HashMap::values);
        readers.map(|reader| reader.id).collect()
    }

    /// The visitors with a stream open, with their sessions.
    pub(super) fn visitors(&self) -> Vec<(Uuid, Arc<Reader>)> {
        let registry = self.registry();
        registry
            .all()
            .filter_map(|reader| Some((reader.entitlement.visitor?, reader.clone())))
            .collect()
    }

    /// Those who wait for a place.
    pub(super) fn take_waiting(&self) -> Vec<Waiting> {
        std::mem::take(&mut self.registry().waiting)
    }

    /// Puts them back, where no place could be found.
    pub(super) fn put_back(&self, mut waiting: Vec<Waiting>) {
        self.registry().waiting.append(&mut waiting);
    }

    /// By what the readers were let in, each once.
    pub(super) fn entitlements(&self) -> Vec<Entitlement> {
        let found: HashSet<Entitlement> = self
            .registry()
            .all()
            .map(|reader| reader.entitlement)
            .collect();
        found.into_iter().collect()
    }

    /// Ends those who were let in by what does not hold any more.
    pub(super) fn end_unentitled(&self, over: &HashSet<Entitlement>) {
        for reader in self.registry().all() {
            if over.contains(&reader.entitlement) {
                reader.end(End::NotEntitled);
            }
        }
    }

    /// Ends those whose token is over.
    pub(super) fn end_expired(&self, now: Timestamp) {
        for reader in self.registry().all() {
            if let Some(until) = reader.entitlement.accepted_until
                && now.as_second() > until
            {
                reader.end(End::Expired);
            }
        }
    }

    /// Cuts off those who take nothing of what they were given.
    pub(super) fn end_stuck(&self) {
        for reader in self.registry().all() {
            if reader.is_stuck(self.patience) {
                reader.end(End::TooSlow);
            }
        }
    }

    /// Ends all, and lets nobody in any more.
    pub(super) fn stop(&self) {
        let mut registry = self.registry();
        registry.is_stopping = true;
        registry.waiting.clear();
        for reader in registry.all() {
            reader.end(End::Stopping);
        }
    }
}

/// A reader's seat: it is free again when this is dropped.
pub struct Seat {
    server: Server,
    number: u64,
    reader: Arc<Reader>,
    counted: Vec<Uuid>,
}

impl Seat {
    /// Lets a reader in, where there is room.
    pub fn take(
        server: &Server,
        kind: Kind,
        entitlement: Entitlement,
        connection: Option<Connection>,
    ) -> Answer<Seat> {
        let counted = vec![(entitlement.caller(), server.readers.most_of_caller)];
        Seat::take_counted(server, kind, entitlement, connection, counted, None)
    }

    /// The same, counted under other names and bounds than the caller's own.
    pub fn take_counted(
        server: &Server,
        kind: Kind,
        entitlement: Entitlement,
        connection: Option<Connection>,
        counted: Vec<(Uuid, usize)>,
        interest: Option<Interest>,
    ) -> Answer<Seat> {
        let readers = &server.readers;
        let mut registry = readers.registry();
        if registry.is_stopping || registry.count >= readers.most {
            return Err(Problem::new(Code::Unavailable)
                .detail("No more streams here")
                .retry_after(rand::random_range(1..5)));
        }
        for (caller, most) in &counted {
            if registry.of_callers.get(caller).copied().unwrap_or(0) >= *most {
                return Err(Problem::new(Code::TooManyRequests)
                    .detail(format!("One caller has at most {most} streams open"))
                    .retry_after(5));
            }
        }
        registry.last_number += 1;
        registry.count += 1;
        for (caller, _) in &counted {
            *registry.of_callers.entry(*caller).or_default() += 1;
        }
        let number = registry.last_number;
        let reader = Arc::new(Reader {
            id: Uuid::now_v7(),
            kind,
            entitlement,
            connection,
            interest,
            queue: Queue::new(),
            since: AtomicU64::new(NOWHERE),
            given_at: AtomicU64::new(0),
        });
        registry
            .of_mut(kind)
            .entry(entitlement.audience)
            .or_default()
            .insert(number, reader.clone());
        drop(registry);
        metrics::gauge!("streams_open", "kind" => kind.name()).increment(1.0);
        Ok(Seat {
            server: server.clone(),
            number,
            reader,
            counted: counted.into_iter().map(|(caller, _)| caller).collect(),
        })
    }

    /// The server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The reader.
    pub fn reader(&self) -> &Arc<Reader> {
        &self.reader
    }

    /// Its workspace and role.
    pub fn audience(&self) -> Audience {
        self.reader.entitlement.audience
    }

    /// Waits for a place: the transaction from which on events come by the queue. None when the server stops first.
    pub async fn find_place(&self) -> Option<u64> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut registry = self.server.readers.registry();
            if registry.is_stopping {
                return None;
            }
            registry.waiting.push((self.reader.clone(), sender));
        }
        self.server.readers.wake();
        receiver.await.ok()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let entitlement = self.reader.entitlement;
        let mut registry = self.server.readers.registry();
        let kind = self.reader.kind;
        if let Some(readers) = registry.of_mut(kind).get_mut(&entitlement.audience) {
            readers.remove(&self.number);
            if readers.is_empty() {
                registry.of_mut(kind).remove(&entitlement.audience);
            }
        }
        registry.count -= 1;
        for caller in &self.counted {
            if let Some(count) = registry.of_callers.get_mut(caller) {
                *count -= 1;
                if *count == 0 {
                    registry.of_callers.remove(caller);
                }
            }
        }
        drop(registry);
        metrics::gauge!("streams_open", "kind" => kind.name()).decrement(1.0);
    }
}
