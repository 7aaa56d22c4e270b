//! The live connection (WebSocket, RFC 6455): a person says what he has in view and that he types, and hears it of others.
//!
//! Invariants: a page of another site gets no connection by a cookie; a message is small, and there are few of them; what a
//! connection says is checked and written in a scope of the one who says it; a connection that is silent, slow or not
//! entitled any more is closed.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use romashka_db::scope::Claims;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::events::audience_of;
use super::presence;
use super::queue::{End, Found};
use super::readers::{Entitlement, Kind, Piece, Seat};
use crate::authentication::csrf;
use crate::input::Query;
use crate::problem::{Answer, Code, Problem};
use crate::scoped::{Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;

/// Most bytes in a message of a client.
const LONGEST: usize = 4 * 1024;
/// Messages of a client: so many at once …
const AT_ONCE: f64 = 20.0;
/// … and so many a second.
const A_SECOND: f64 = 5.0;
/// How often a client is asked whether it is there.
const PING: Duration = Duration::from_secs(20);
/// How long one is waited for that does not answer.
const SILENCE: Duration = Duration::from_secs(65);
/// How long a connection lasts. The next one is let in by credentials that hold then.
const LIFETIME: Duration = Duration::from_secs(3600);

/// What a client says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Said {
    /// What is in view from now on.
    View {
        /// The conversation; null for none.
        conversation_id: Option<Uuid>,
    },
    /// Whether the person types in the conversation in view. To be said again every 5 seconds while it is true.
    Typing {
        /// Whether.
        is_typing: bool,
    },
}

/// Where a live connection belongs.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// The workspace, where the header cannot be sent.
    #[serde(rename = "workspace_id")]
    #[param(rename = "workspace_id")]
    _workspace_id: Option<Uuid>,
}

/// Opens a WebSocket for presence and typing. The client says `{"type": "view", "conversation_id": …}` and
/// `{"type": "typing", "is_typing": true}`; the server says `present` (everybody who is there, once), `person` (one of whom
/// something changed) and `problem`.
#[utoipa::path(
    get, path = "/live", tag = "realtime", params(LiveQuery),
    responses(
        (status = 101, description = "The connection is a WebSocket from here on."),
        (status = 426, description = "The request is no WebSocket handshake.", content_type = "application/problem+json", body = crate::problem::Document),
    ),
    security(("session" = ["viewer"]))
)]
pub async fn open_live(
    scope: Scoped<Viewer>,
    State(server): State<Server>,
    Query(_): Query<LiveQuery>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    if scope.principal().session().is_some() {
        // A browser sends cookies with the handshake of any site's page, and no rule of cross-origin requests stops it.
        csrf::check(&Method::POST, &headers, &server.public_url)?;
    }
    let upgrade = upgrade
        .map_err(|error| Problem::new(Code::UpgradeRequired).because(error))?
        .max_message_size(LONGEST)
        .max_frame_size(LONGEST)
        .write_buffer_size(0)
        .max_write_buffer_size(256 * 1024)
        .read_buffer_size(LONGEST);
    let audience = audience_of(&scope)?;
    let entitlement = Entitlement::of(scope.principal(), audience);
    let live = Live {
        claims: scope.principal().claims(Some(audience.workspace)),
        is_person: scope.principal().person().is_ok(),
        seat: Seat::take(&server, Kind::Live, entitlement, None)?,
        in_view: None,
        is_shown: false,
        allowance: Allowance::new(),
    };
    Ok(upgrade.on_upgrade(|socket| live.run(socket)))
}

#[derive(Serialize)]
struct Refusal {
    r#type: &'static str,
    code: &'static str,
    title: &'static str,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        Refusal {
            r#type: "problem",
            code: problem.code().name(),
            title: problem.title(),
        }
    }
}

/// How much a client may still say.
struct Allowance {
    left: f64,
    counted_at: Instant,
}

impl Allowance {
    fn new() -> Allowance {
        Allowance {
            left: AT_ONCE,
            counted_at: Instant::now(),
        }
    }

    fn take(&mut self, now: Instant) -> bool {
        let passed = now.duration_since(self.counted_at).as_secs_f64();
        self.counted_at = now;
        self.left = (self.left + passed * A_SECOND).min(AT_ONCE);
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

struct Live {
    seat: Seat,
    claims: Claims,
    is_person: bool,
    in_view: Option<Uuid>,
    is_shown: bool,
    allowance: Allowance,
}

impl Live {
    async fn run(mut self, mut socket: WebSocket) {
        let server = self.seat.server().clone();
        if self.is_person
            && let Err(problem) = self.show(false).await
        {
            tracing::warn!(
                code = problem.code().name(),
                "a presence could not be shown"
            );
        }
        server.readers.presence_moved.notify_one();
        let close = self.talk(&mut socket).await;
        if let Some((code, reason)) = close {
            let frame = CloseFrame {
                code,
                reason: reason.into(),
            };
            // Who does not take it is gone anyway.
            let _ = timeout(
                Duration::from_secs(1),
                socket.send(Message::Close(Some(frame))),
            )
            .await;
        }
        drop(socket);
        let (connection, is_shown) = (self.seat.reader().id, self.is_shown);
        drop(self);
        if is_shown {
            presence::end(&server, connection).await;
        }
    }

    /// Until the connection is to be closed; with what it is told then, where it still listens.
    async fn talk(&mut self, socket: &mut WebSocket) -> Option<(u16, &'static str)> {
        let patience = self.seat.server().settings.stream_patience;
        let reader = self.seat.reader().clone();
        let mut pings = interval(PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pings.reset();
        let (begun, mut heard) = (Instant::now(), Instant::now());
        loop {
            let message = tokio::select! {
                found = reader.queue.next() => match found {
                    Found::Piece(Piece::Text(text)) => Some(Message::Text(text)),
                    Found::Piece(_) => None,
                    Found::Missed => {
                        reader.displace();
                        self.seat.server().readers.presence_moved.notify_one();
                        None
                    }
                    Found::End(end @ End::Stopping) => return Some((close_code::AWAY, end.words())),
                    Found::End(end) => return Some((close_code::POLICY, end.words())),
                },
                received = socket.recv() => {
                    heard = Instant::now();
                    match received {
                        Some(Ok(Message::Text(text))) => {
                            if !self.allowance.take(heard) {
                                return Some((close_code::POLICY, "too many messages"));
                            }
                            let answer = self.hear(&text).await;
                            answer.err().map(|problem| {
                                let refusal = Refusal::from(problem);
                                Message::Text(serde_json::to_string(&refusal).unwrap_or_default().into())
                            })
                        }
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                            if !self.allowance.take(heard) {
                                return Some((close_code::POLICY, "too many messages"));
                            }
                            None
                        }
                        Some(Ok(Message::Binary(_))) => return Some((close_code::UNSUPPORTED, "messages are text")),
                        Some(Ok(Message::Close(_))) | None => return None,
                        Some(Err(_)) => return Some((close_code::SIZE, "no message of this protocol")),
                    }
                },
                _ = pings.tick() => {
                    if heard.elapsed() > SILENCE {
                        return None;
                    }
                    if begun.elapsed() > LIFETIME {
                        return Some((close_code::AWAY, "connect again"));
                    }
                    Some(Message::Ping(Default::default()))
                }
            };
            if let Some(message) = message {
                match timeout(patience, socket.send(message)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => return None,
                }
            }
        }
    }

    async fn hear(&mut self, text: &str) -> Answer<()> {
        let said: Said = serde_json::from_str(text)
            .map_err(|error| Problem::new(Code::InvalidRequest).because(error))?;
        if !self.is_person {
            return Err(Problem::new(Code::PersonRequired));
        }
        match said {
            Said::View { conversation_id } => {
                let before = std::mem::replace(&mut self.in_view, conversation_id);
                let shown = self.show(false).await;
                if shown.is_err() {
                    self.in_view = before;
                }
                shown
            }
            Said::Typing { is_typing } => self.show(is_typing).await,
        }
    }

    async fn show(&mut self, is_typing: bool) -> Answer<()> {
        let server = self.seat.server();
        let connection = self.seat.reader().id;
        let workspace = self.seat.audience().workspace;
        let scope = server
            .database
            .begin(&self.claims, &server.surroundings())
            .await?;
        Statement::new(include_str!("show_presence.sql"))
            .bind("connection", &connection)
            .bind("conversation", &self.in_view)
            .bind("is_typing", &is_typing)
            .bind("workspace", &workspace)
            .execute(&scope)
            .await?;
        scope.commit().await?;
        self.is_shown = true;
        server.readers.presence_moved.notify_one();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_fast_is_too_much_and_time_makes_up_for_it() {
        let mut allowance = Allowance::new();
        let begun = allowance.counted_at;
        for _ in 0..20 {
            assert!(allowance.take(begun));
        }
        assert!(!allowance.take(begun));
        assert!(allowance.take(begun + Duration::from_secs(1)));
    }
}
