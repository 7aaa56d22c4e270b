//! The stream of a site's visitor: of the ledger what concerns his talk, rendered as he may see it.
//!
//! Invariants: it is placed and resumed like a member's stream ([`super::events`]); what is sent is read by the verbs that
//! know what is the visitor's, at the time it is sent; an event of the ledger is rendered into one piece that carries its
//! place, so that a cut between two pieces loses nothing.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use romashka_channels::website::limits::{STREAMS_PER_ADDRESS, STREAMS_PER_SESSION};
use romashka_db::scope::OwnedScope;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tokio_postgres::Row;
use uuid::Uuid;

use super::connection::Connection;
use super::ledger::{Entry, Filter, Page, Place, reaches, read_page};
use super::queue::Found;
use super::readers::{Audience, Entitlement, Interest, Kind, Piece, Seat, VISITOR};
use super::stream::{LAST_EVENT_ID, Phase, Source, answer, begin, end_of_life, named, retry};
use crate::problem::{Answer, Problem};
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::website::messages::read_messages;

/// Between two looks at who types.
const TYPING: Duration = Duration::from_secs(1);
/// How often it is noted that a visitor with a stream is there.
const TOUCH: Duration = Duration::from_secs(60);

/// Whose stream it is.
pub struct VisitorStream {
    /// The session.
    pub session: Uuid,
    /// The workspace.
    pub workspace: Uuid,
    /// Who it is, as conversations name him.
    pub visitor: String,
    /// What stands for the network, for the limit.
    pub network: Uuid,
    /// The connection under it, where it has one for itself.
    pub connection: Option<Connection>,
}

/// Opens the stream.
pub fn open_visitor_stream(
    server: &Server,
    wanted: VisitorStream,
    headers: &HeaderMap,
) -> Answer<Response> {
    let seen = headers
        .get(LAST_EVENT_ID)
        .map(|value| value.to_str().unwrap_or("?"))
        .filter(|text| !text.is_empty())
        .map(Place::of)
        .transpose()?;
    let entitlement = Entitlement {
        session: None,
        key: None,
        person: None,
        visitor: Some(wanted.session),
        accepted_until: None,
        audience: Audience {
            workspace: wanted.workspace,
            role: VISITOR,
        },
    };
    let counted = vec![
        (wanted.session, STREAMS_PER_SESSION as usize),
        (wanted.network, STREAMS_PER_ADDRESS as usize),
    ];
    let stream = Stream {
        seat: Seat::take_counted(
            server,
            Kind::Events,
            entitlement,
            wanted.connection,
            counted,
            Some(Interest::new(wanted.visitor)),
        )?,
        session: wanted.session,
        phase: Phase::Opening,
        seen,
        is_ready: false,
        ends_at: end_of_life(),
    };
    Ok(answer(stream))
}

struct Stream {
    seat: Seat,
    session: Uuid,
    phase: Phase,
    seen: Option<Place>,
    is_ready: bool,
    ends_at: Instant,
}

impl Source for Stream {
    fn seat(&self) -> &Seat {
        &self.seat
    }

    async fn step(&mut self) -> Answer<Option<Bytes>> {
        match self.phase {
            Phase::Opening => {
                self.phase = Phase::Placing;
                Ok(Some(retry()))
            }
            Phase::Placing => {
                let Some(before) = self.seat.find_place().await else {
                    return Ok(None);
                };
                let place = Place::before(before);
                let (_permit, scope) = begin(&self.seat, &self.seat.audience().claims()).await?;
                // Looked up behind the place: a talk that begins later is heard of from the ledger.
                self.learn(&scope).await?;
                let is_kept = match self.seen {
                    Some(seen) if !self.is_ready => reaches(&scope, seen).await?,
                    _ => true,
                };
                scope.commit().await?;
                if !is_kept {
                    self.seen = Some(place);
                    self.is_ready = true;
                    self.phase = Phase::Following;
                    return Ok(Some(named("reset", place)));
                }
                if self.seen.is_some() {
                    self.phase = Phase::Reading { before };
                    return Ok(Some(Bytes::new()));
                }
                self.seen = Some(place);
                self.phase = Phase::Following;
                Ok(Some(self.ready(place)))
            }
            Phase::Reading { before } => {
                let seen = self.seen.unwrap_or_else(|| Place::before(before));
                if self.seat.reader().queue.ended().is_some() {
                    return Ok(None);
                }
                let (_permit, scope) = begin(&self.seat, &self.seat.audience().claims()).await?;
                let filter = Filter {
                    talks: Some(self.talks()),
                    ..Filter::default()
                };
                let workspace = self.seat.audience().workspace;
                let page = read_page(&scope, workspace, seen, before, &filter).await?;
                let text = self.render(&scope, &page, seen).await?;
                scope.commit().await?;
                if page.is_full() {
                    self.seen = page.end();
                    return Ok(Some(text));
                }
                let end = page.end().unwrap_or(seen).max(seen);
                let end = end.max(Place::before(before));
                self.seen = Some(end);
                self.phase = Phase::Following;
                if self.is_ready {
                    return Ok(Some(text));
                }
                let mut text = Vec::from(text);
                text.extend_from_slice(&self.ready(end));
                Ok(Some(text.into()))
            }
            Phase::Following => {
                let found = tokio::time::timeout_at(self.ends_at, self.seat.reader().queue.next());
                let Ok(found) = found.await else {
                    return Ok(None);
                };
                let seen = self.seen.unwrap_or_else(|| Place::before(0));
                match found {
                    Found::Piece(Piece::Events(page)) => {
                        let talks = self.talks();
                        let concerns = page.entries().iter().any(|entry| {
                            entry.is_after(seen)
                                && entry
                                    .conversation()
                                    .is_some_and(|talk| talks.contains(&talk))
                        });
                        let text = if concerns {
                            let (_permit, scope) =
                                begin(&self.seat, &self.seat.audience().claims()).await?;
                            let text = self.render(&scope, &page, seen).await?;
                            scope.commit().await?;
                            text
                        } else {
                            Bytes::new()
                        };
                        self.seen = page.end().map(|end| end.max(seen)).or(self.seen);
                        Ok(Some(text))
                    }
                    Found::Piece(Piece::Settled(before)) => {
                        let place = Place::before(before).max(seen);
                        self.seen = Some(place);
                        Ok(Some(format!("id: {}\n:\n\n", place.cursor()).into()))
                    }
                    Found::Piece(Piece::Text(text)) => Ok(Some(Bytes::from(text.to_string()))),
                    Found::Missed => {
                        self.phase = Phase::Placing;
                        Ok(Some(Bytes::new()))
                    }
                    Found::End(_) => Ok(None),
                }
            }
        }
    }
}

impl Stream {
    fn talks(&self) -> Vec<Uuid> {
        let interest = self.seat.reader().interest.as_ref();
        interest.map(Interest::talks).unwrap_or_default()
    }

    async fn learn(&self, scope: &OwnedScope) -> Answer<()> {
        let found: Vec<Uuid> = Statement::new(include_str!("../website/talks.sql"))
            .bind("session", &self.session)
            .value(scope)
            .await?;
        if let Some(interest) = &self.seat.reader().interest {
            interest.learn(found);
        }
        Ok(())
    }

    fn ready(&mut self, place: Place) -> Bytes {
        self.is_ready = true;
        named("ready", place)
    }

    /// What a page has for the visitor behind a place.
    async fn render(&self, scope: &OwnedScope, page: &Page, seen: Place) -> Answer<Bytes> {
        let talks = self.talks();
        let entries: Vec<&Entry> = page
            .entries()
            .iter()
            .filter(|entry| {
                entry.is_after(seen)
                    && entry
                        .conversation()
                        .is_some_and(|talk| talks.contains(&talk))
            })
            .collect();
        if entries.iter().any(|entry| entry.kind().ends_with("merged")) {
            self.learn(scope).await?;
        }
        let said: Vec<Uuid> = entries
            .iter()
            .filter(|entry| is_said(entry.kind()))
            .map(|entry| entry.subject)
            .collect();
        let mut messages: HashMap<Uuid, Value> = HashMap::new();
        if !said.is_empty() {
            let most = said.len() as i32;
            for message in read_messages(scope, self.session, Some(&said), None, None, most).await?
            {
                let id = message.id;
                messages.insert(
                    id,
                    serde_json::to_value(message).map_err(Problem::internal)?,
                );
            }
        }
        // What is said changes what is unread: the count is given with it, so that nobody has to count along.
        let last_change = entries.iter().rposition(|entry| {
            let kind = entry.kind();
            kind.starts_with("conversation.") || is_said(kind) || is_step(kind)
        });
        let mut state = None;
        if last_change.is_some() {
            state = Some(crate::website::read_state(scope, self.session).await?);
        }
        let mut text = String::new();
        for (index, entry) in entries.iter().enumerate() {
            let mut blocks: Vec<(&str, String)> = Vec::new();
            let step = match entry.kind() {
                "message.read" | "conversation.read" => Some("read"),
                "message.delivered" => Some("delivered"),
                _ => None,
            };
            if let Some(status) = step {
                let data = json!({"message_id": entry.subject, "status": status});
                blocks.push(("status", data.to_string()));
            }
            if Some(index) == last_change
                && let Some(state) = &state
            {
                blocks.push(("conversation", state.to_string()));
            }
            // The message is last and has the place: after a cut before it, it comes once.
            if is_said(entry.kind())
                && let Some(message) = messages.get(&entry.subject)
            {
                blocks.push(("message", message.to_string()));
            }
            let last = blocks.len();
            for (number, (name, data)) in blocks.into_iter().enumerate() {
                // The place stands on the last block of an event alone.
                if number + 1 == last {
                    text.push_str(&format!("id: {}\n", entry.place().cursor()));
                }
                text.push_str(&format!("event: {name}\ndata: {data}\n\n"));
            }
        }
        Ok(text.into())
    }
}

fn is_said(kind: &str) -> bool {
    matches!(kind, "message.created" | "message.updated")
}

fn is_step(kind: &str) -> bool {
    matches!(kind, "message.read" | "message.deleted")
}

struct Typing {
    conversation: Uuid,
    name: Option<String>,
}

impl FromRow for Typing {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Typing {
            conversation: row.try_get("conversation_id")?,
            name: row.try_get("name")?,
        })
    }
}

/// Tells visitors that an agent types, and notes that they are there.
pub async fn follow(server: &Server) {
    let mut told: HashMap<Uuid, bool> = HashMap::new();
    let mut touched: Option<Instant> = None;
    loop {
        sleep(TYPING).await;
        let looked = look(server, &mut told, &mut touched).await;
        if let Err(problem) = looked {
            tracing::warn!(code = problem.code().name(), "who types could not be read");
        }
    }
}

async fn look(
    server: &Server,
    told: &mut HashMap<Uuid, bool>,
    touched: &mut Option<Instant>,
) -> Answer<()> {
    let visitors = server.readers.visitors();
    told.retain(|id, _| visitors.iter().any(|(_, reader)| reader.id == *id));
    if visitors.is_empty() {
        return Ok(());
    }
    let talks_of: Vec<Vec<Uuid>> = visitors
        .iter()
        .map(|(_, reader)| {
            reader
                .interest
                .as_ref()
                .map(Interest::talks)
                .unwrap_or_default()
        })
        .collect();
    let talks: Vec<Uuid> = talks_of.iter().flatten().copied().collect();
    let service = server.service().await?;
    if touched.is_none_or(|touched| touched.elapsed() >= TOUCH) {
        *touched = Some(Instant::now());
        let sessions: Vec<Uuid> = visitors.iter().map(|(session, _)| *session).collect();
        let _: i32 = Statement::new(include_str!("../website/touch.sql"))
            .bind("sessions", &sessions)
            .value(&service)
            .await?;
    }
    let typing: Vec<Typing> = Statement::new(include_str!("../website/typing_agents.sql"))
        .bind("talks", &talks)
        .all(&service)
        .await?;
    service.commit().await?;
    for ((_, reader), talks) in visitors.iter().zip(talks_of) {
        let who = typing
            .iter()
            .find(|typing| talks.contains(&typing.conversation));
        let was = told.insert(reader.id, who.is_some()).unwrap_or(false);
        if was != who.is_some() {
            let author = who.map(|who| json!({"name": who.name, "avatar_url": null}));
            let data = json!({"typing": who.is_some(), "author": author});
            let text = format!("event: typing\ndata: {data}\n\n");
            reader.queue.push(Piece::Text(text.into()));
        }
    }
    Ok(())
}
