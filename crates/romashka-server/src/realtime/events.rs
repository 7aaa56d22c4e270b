//! The stream of events (server-sent events, WHATWG HTML, section 9.2).
//!
//! Invariants: a stream is placed by its reader's last event, never by what this process remembers; it reads the ledger by
//! itself until it meets what the process follows, and does so again whenever it fell behind; each event carries the place
//! from which its reader can go on, here or at another process.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, Version};
use axum::response::Response;
use bytes::Bytes;
use romashka_db::scope::Claims;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::connection::Connection;
use super::ledger::{Event, Filter, Page, Place, reaches, read_page};
use super::queue::Found;
use super::readers::{Audience, Entitlement, Kind, Piece, Seat};
use super::stream::{LAST_EVENT_ID, Phase, Source, answer, begin, end_of_life, named, retry};
use crate::authentication::principal::role_name;
use crate::input::Query;
use crate::problem::{Answer, Code, Problem};
use crate::scoped::{Scoped, Viewer};
use crate::state::Server;

/// Most kinds in a filter.
const MOST_KINDS: usize = 50;

/// What a stream is to have.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventFilter {
    /// Only what belongs to this conversation.
    conversation_id: Option<Uuid>,
    /// Only these kinds, with commas: `message.created`, or `message` for every kind about messages.
    kinds: Option<String>,
    /// The workspace, where the header cannot be sent.
    #[serde(rename = "workspace_id")]
    #[param(rename = "workspace_id")]
    _workspace_id: Option<Uuid>,
    /// The place to go on from, where the header `Last-Event-ID` cannot be sent.
    last_event_id: Option<String>,
}

impl EventFilter {
    fn filter(&self) -> Answer<Filter> {
        let kinds = match &self.kinds {
            None => None,
            Some(text) => {
                let kinds: Box<[String]> =
                    text.split(',').map(|kind| kind.trim().to_owned()).collect();
                let is_kind = |kind: &String| {
                    (1..=100).contains(&kind.len())
                        && kind
                            .bytes()
                            .all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.')
                };
                if kinds.len() > MOST_KINDS || !kinds.iter().all(is_kind) {
                    return Err(Problem::new(Code::InvalidRequest).at(
                        "kinds",
                        "up to 50 kinds or subjects with commas, as message.created,conversation",
                    ));
                }
                Some(kinds)
            }
        };
        Ok(Filter {
            conversation: self.conversation_id,
            kinds,
            talks: None,
        })
    }

    fn last_seen(&self, headers: &HeaderMap) -> Answer<Option<Place>> {
        let text = match headers.get(LAST_EVENT_ID) {
            Some(value) => Some(value.to_str().unwrap_or("?")),
            None => self.last_event_id.as_deref(),
        };
        text.filter(|text| !text.is_empty())
            .map(Place::of)
            .transpose()
    }
}

/// Where a caller is let in, and as what.
pub fn audience_of(scope: &Scoped<Viewer>) -> Answer<Audience> {
    match (scope.workspace(), scope.role().and_then(role_name)) {
        (Some(workspace), Some(role)) => Ok(Audience { workspace, role }),
        _ => Err(Problem::internal("a member without workspace or role")),
    }
}

/// Sends what happens in the workspace as server-sent events, from the event that `Last-Event-ID` names on, else from now
/// on. An event without a name is one of the ledger; `ready` says that the stream has its place, `reset` that what follows
/// the last event is not kept any more, so that everything has to be loaded anew.
#[utoipa::path(
    get, path = "/stream", tag = "realtime", params(EventFilter, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen.")),
    responses((status = 200, description = "The stream. The data of an event is an object of the schema Event.", content_type = "text/event-stream", body = Event)),
    security(("session" = ["viewer"]))
)]
pub async fn stream_events(
    scope: Scoped<Viewer>,
    State(server): State<Server>,
    Query(wanted): Query<EventFilter>,
    connection: Option<Extension<Connection>>,
    version: Version,
    headers: HeaderMap,
) -> Answer<Response> {
    let filter = wanted.filter()?;
    let seen = wanted.last_seen(&headers)?;
    let audience = audience_of(&scope)?;
    let entitlement = Entitlement::of(scope.principal(), audience);
    // Over HTTP/2 the connection is other streams' too.
    let connection = connection
        .filter(|_| version <= Version::HTTP_11)
        .map(|Extension(connection)| connection);
    let claims = scope.principal().claims(Some(audience.workspace));
    let stream = EventStream {
        seat: Seat::take(&server, Kind::Events, entitlement, connection)?,
        claims,
        filter,
        phase: Phase::Opening,
        seen,
        is_ready: false,
        ends_at: end_of_life(),
    };
    Ok(answer(stream))
}

struct EventStream {
    seat: Seat,
    claims: Claims,
    filter: Filter,
    phase: Phase,
    seen: Option<Place>,
    is_ready: bool,
    ends_at: tokio::time::Instant,
}

impl Source for EventStream {
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
                match self.seen {
                    Some(seen) if !self.is_ready && !Box::pin(self.is_reached(seen)).await? => {
                        self.seen = Some(place);
                        self.is_ready = true;
                        self.phase = Phase::Following;
                        Ok(Some(named("reset", place)))
                    }
                    Some(_) => {
                        self.phase = Phase::Reading { before };
                        Ok(Some(Bytes::new()))
                    }
                    None => {
                        self.seen = Some(place);
                        self.phase = Phase::Following;
                        Ok(Some(self.ready(place)))
                    }
                }
            }
            Phase::Reading { before } => {
                let seen = self.seen.unwrap_or_else(|| Place::before(before));
                if let Some(end) = self.seat.reader().queue.ended() {
                    tracing::debug!(reason = end.name(), "a stream ended");
                    return Ok(None);
                }
                // In a box, because a stream reads seldom and would hold the room for it always.
                let page = Box::pin(self.read(seen, before)).await?;
                let text = page.text(seen, &Filter::default());
                if page.is_full() {
                    self.seen = page.end();
                    return Ok(Some(text));
                }
                let settled = Place::before(before);
                let end = page.end().unwrap_or(seen).max(seen);
                self.seen = Some(end.max(settled));
                self.phase = Phase::Following;
                if self.is_ready {
                    return Ok(Some(text));
                }
                let mut text = Vec::from(text);
                text.extend_from_slice(&self.ready(end.max(settled)));
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
                        let text = page.text(seen, &self.filter);
                        self.seen = page.end().map(|end| end.max(seen)).or(self.seen);
                        Ok(Some(text))
                    }
                    Found::Piece(Piece::Settled(before)) => {
                        // Also for the reader whose filter lets little through: his place moves on.
                        let place = Place::before(before).max(seen);
                        self.seen = Some(place);
                        Ok(Some(format!("id: {}\n:\n\n", place.cursor()).into()))
                    }
                    Found::Piece(Piece::Text(_)) => Ok(Some(Bytes::new())),
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

impl EventStream {
    fn ready(&mut self, place: Place) -> Bytes {
        self.is_ready = true;
        named("ready", place)
    }

    async fn is_reached(&self, seen: Place) -> Answer<bool> {
        let (_permit, scope) = begin(&self.seat, &self.claims).await?;
        let is_reached = reaches(&scope, seen).await?;
        scope.commit().await?;
        Ok(is_reached)
    }

    async fn read(&self, seen: Place, before: u64) -> Answer<Page> {
        let (_permit, scope) = begin(&self.seat, &self.claims).await?;
        let workspace = self.seat.audience().workspace;
        let page = read_page(&scope, workspace, seen, before, &self.filter).await?;
        scope.commit().await?;
        Ok(page)
    }
}
