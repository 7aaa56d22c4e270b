//! Why an answer was given: all that the record has, what became of the articles since, what was sent, and what people thought of it.

mod markdown;

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use romashka_db::scope::{Actor, Claims, OwnedScope};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::answers::AiAnswerDetails;
use super::decision::{Verdict, because};
use crate::input::Path;
use crate::problem::{Answer, Document};
use crate::record;
use crate::scoped::{Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(explain_ai_answer))
}

record! {
    /// A passage that was found, as it was then.
    pub struct ExplainedPassage {
        /// Its place in the order, from 1.
        pub place: i32,
        /// The article.
        pub article_id: Uuid,
        /// Its heading then.
        pub title: Option<String>,
        /// The version that was read.
        pub version: Option<i32>,
        /// The passage in it, from 1; 0 where the title is.
        pub position: Option<i32>,
        /// Its text then.
        pub passage: Option<String>,
        /// By which the articles were ordered.
        pub score: Option<f64>,
        /// How like the passage was to the question, −1 to 1.
        pub cosine: Option<f64>,
        /// What the words found, as a share of the best, 0 to 1.
        pub words: Option<f64>,
        /// Whether the answer was taken from this article.
        pub is_cited: bool,
        /// The article's version now; nothing where it is gone.
        pub current_version: Option<i32>,
        /// The article's status now; nothing where it is gone.
        pub current_status: Option<String>,
    }
}

record! {
    /// The message by which it was said.
    pub struct SentAnswer {
        /// The message.
        pub message_id: Uuid,
        /// What it says.
        pub content: String,
        /// When it was written.
        pub created_at: Timestamp,
        /// The conversation's channel.
        pub channel_type: Option<String>,
        /// How far it came.
        pub delivery_status: Option<String>,
    }
}

/// Why an answer was given, or why a person took over.
#[derive(Serialize, ToSchema)]
pub struct AnswerExplanation {
    /// The record.
    pub answer: AiAnswerDetails,
    /// What was found, best first, beside what has become of each article.
    pub found: Vec<ExplainedPassage>,
    /// What was sent; nothing where nothing was.
    pub sent: Option<SentAnswer>,
    /// Why a person took over, in words.
    pub handed_over_because: Option<&'static str>,
    /// What the person who took over was told.
    pub note: Option<String>,
}

/// Explain an answer of the assistant
///
/// The record beside what it refers to: the question as it was looked up, each passage with its scores, the version that was read and what has
/// become of it, the gate with its evidence, the time of each step, what was sent or why a person took over, and what was thought of it. The id is
/// the answer's, or that of the message that said it or asked for it. With `Accept: text/markdown` as one page to read.
#[utoipa::path(get, path = "/ai_answers/{id}/explanation", tag = "Assistant", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The answer, the message that said it, or the customer's message.")),
    responses((status = OK, description = "The explanation.", content((AnswerExplanation = "application/json"), (String = "text/markdown"))),
        (status = NOT_FOUND, description = "There is no such answer.", body = Document, content_type = "application/problem+json")))]
async fn explain_ai_answer(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Answer<Response> {
    let workspace = scope.workspace();
    let explanation = explanation(&scope, workspace, id).await?;
    let mut response = if wants_markdown(&headers) {
        (
            [(
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/markdown; charset=utf-8"),
            )],
            markdown::page(&explanation),
        )
            .into_response()
    } else {
        Json(explanation).into_response()
    };
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

fn wants_markdown(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| {
            accepted.split(',').any(|part| {
                let kind = part.split(';').next().unwrap_or_default().trim();
                kind.eq_ignore_ascii_case("text/markdown")
            })
        })
}

async fn explanation(
    scope: &OwnedScope,
    workspace: Option<Uuid>,
    id: Uuid,
) -> Answer<AnswerExplanation> {
    let answer: AiAnswerDetails = Statement::new(include_str!("find.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await?;
    let found = Statement::new(include_str!("passages.sql"))
        .bind("id", &answer.id)
        .bind("workspace", &workspace)
        .all(scope)
        .await?;
    let sent = match &answer.answer_message_id {
        None => None,
        Some(message) => {
            Statement::new(include_str!("sent.sql"))
                .bind("message", message)
                .bind("workspace", &workspace)
                .optional(scope)
                .await?
        }
    };
    let note = match answer.verdict {
        Verdict::HandedOff => {
            let notes: Option<Note> = Statement::new(include_str!("note.sql"))
                .bind("conversation", &answer.conversation_id)
                .bind("at", &answer.created_at)
                .bind("workspace", &workspace)
                .optional(scope)
                .await?;
            notes.map(|found| found.note)
        }
        _ => None,
    };
    Ok(AnswerExplanation {
        handed_over_because: answer.handoff_reason.map(because),
        answer,
        found,
        sent,
        note,
    })
}

record! {
    /// A note.
    pub struct Note {
        /// What it says.
        pub note: String,
    }
}

/// Explains an answer of a workspace to the installation itself.
///
/// # Errors
/// Not found, and as the database.
pub async fn explain(server: &Server, workspace: Uuid, id: Uuid) -> Answer<AnswerExplanation> {
    let claims = Claims::service(workspace, Actor::System);
    let scope = server
        .database
        .begin(&claims, &server.surroundings())
        .await?;
    let found = explanation(&scope, Some(workspace), id).await?;
    scope.commit().await?;
    Ok(found)
}

impl AnswerExplanation {
    /// The same as one page of Markdown.
    pub fn markdown(&self) -> String {
        markdown::page(self)
    }
}
