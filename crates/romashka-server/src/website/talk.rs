//! How a visitor's talk stands, and what he does with it beside writing.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use romashka_channels::website::input as rules;
use romashka_channels::website::limits::Action;
use romashka_db::scope::OwnedScope;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Session, take, wrong};
use crate::input::{self, Path};
use crate::observe::Caller;
use crate::problem::{Answer, Document, Problem};
use crate::scoped::Service;
use crate::state::Server;
use crate::statement::Statement;

/// How a session's talk stands.
pub async fn read_state(scope: &OwnedScope, session: Uuid) -> Answer<Value> {
    Statement::new(include_str!("state.sql"))
        .bind("session", &session)
        .value(scope)
        .await
}

/// See how the talk stands
///
/// `conversation_id` (null before the first message), `status`, `unread`, `read_by_agent_at`, `agent`, `can_rate`, `rating`,
/// `started_at`.
#[utoipa::path(get, path = "/website/{widget}/conversation", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token.")),
    responses((status = OK, description = "How it stands.", body = Object),
        (status = UNAUTHORIZED, description = "The visitor's token is missing or not valid.", body = Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json")))]
pub async fn read_visitor_conversation(
    scope: Service,
    headers: HeaderMap,
    Path(widget): Path<String>,
) -> Answer<Json<Value>> {
    let session = Session::of(&scope, &headers, &widget).await?;
    Ok(Json(read_state(&scope, session.id).await?))
}

/// How far a visitor has read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitorMark {
    /// The last message that he has read.
    message_id: Uuid,
}

/// Say what was read
///
/// Everything up to a message. What was read stays read.
#[utoipa::path(post, path = "/website/{widget}/read", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token.")),
    request_body = VisitorMark,
    responses((status = NO_CONTENT, description = "It is noted."),
        (status = UNAUTHORIZED, description = "The visitor's token is missing or not valid.", body = Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget or message.", body = Document, content_type = "application/problem+json")))]
pub async fn mark_visitor_read(
    scope: Service,
    headers: HeaderMap,
    Path(widget): Path<String>,
    input::Json(mark): input::Json<VisitorMark>,
) -> Answer<StatusCode> {
    let session = Session::of(&scope, &headers, &widget).await?;
    Statement::new(include_str!("read.sql"))
        .bind("session", &session.id)
        .bind("message", &mark.message_id)
        .execute(&scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a visitor types.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitorTyping {
    /// Whether. To be said again every five seconds while it is true.
    typing: bool,
}

/// Say that one types
///
/// Shown to agents for eight seconds. What is typed is not sent.
#[utoipa::path(post, path = "/website/{widget}/typing", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token.")),
    request_body = VisitorTyping,
    responses((status = NO_CONTENT, description = "It is shown."),
        (status = UNAUTHORIZED, description = "The visitor's token is missing or not valid.", body = Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too often.", body = Document, content_type = "application/problem+json")))]
pub async fn show_visitor_typing(
    State(server): State<Server>,
    scope: Service,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(widget): Path<String>,
    input::Json(said): input::Json<VisitorTyping>,
) -> Answer<StatusCode> {
    let session = Session::of(&scope, &headers, &widget).await?;
    if said.typing {
        take(&scope, Action::Typing, Some(session.id), &caller).await?;
    }
    Statement::new(include_str!("typing.sql"))
        .bind("session", &session.id)
        .bind("typing", &said.typing)
        .execute(&scope)
        .await?;
    server.readers.presence_changed();
    Ok(StatusCode::NO_CONTENT)
}

/// What a visitor thinks of the talk.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitorRating {
    /// One to five stars.
    #[schema(minimum = 1, maximum = 5)]
    rating: i32,
    /// In words.
    #[schema(max_length = 2000)]
    comment: Option<String>,
}

/// Rate the talk
///
/// Once somebody has answered. A second rating corrects the first.
#[utoipa::path(put, path = "/website/{widget}/rating", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token.")),
    request_body = VisitorRating,
    responses((status = OK, description = "It is noted.", body = VisitorRating),
        (status = UNAUTHORIZED, description = "The visitor's token is missing or not valid.", body = Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json"),
        (status = CONFLICT, description = "There is nothing to rate.", body = Document, content_type = "application/problem+json")))]
pub async fn rate_visitor_conversation(
    scope: Service,
    headers: HeaderMap,
    Path(widget): Path<String>,
    input::Json(mut given): input::Json<VisitorRating>,
) -> Answer<Json<VisitorRating>> {
    let session = Session::of(&scope, &headers, &widget).await?;
    if !(1..=5).contains(&given.rating) {
        return Err(Problem::field("rating", "is a whole number from 1 to 5"));
    }
    given.comment = match given.comment.as_deref().map(rules::message) {
        None | Some(Err(rules::InputError::Empty)) => None,
        Some(Ok(comment)) if comment.chars().count() > 2000 => {
            return Err(Problem::field("comment", "has at most 2000 characters"));
        }
        Some(comment) => Some(comment.map_err(|error| wrong("comment", error))?),
    };
    Statement::new(include_str!("rate.sql"))
        .bind("session", &session.id)
        .bind("stars", &given.rating)
        .bind("comment", &given.comment)
        .execute(&scope)
        .await?;
    Ok(Json(given))
}
