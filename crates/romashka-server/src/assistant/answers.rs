//! What the assistant decided, and why, over the API.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::decision::{HandoffReason, Verdict};
use crate::choice;
use crate::cursor::Place;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Document, Problem};
use crate::record;
use crate::scoped::{Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_ai_answers))
        .routes(routes!(read_ai_answer))
        .routes(routes!(rate_ai_answer))
}

choice! {
    /// Whether it spoke by itself.
    pub enum AnswerMode {
        /// To the customer.
        Automatic = "automatic",
        /// To a member who asked what it would say.
        Suggestion = "suggestion",
    }
}

record! {
    /// What the assistant did with a question.
    pub struct AiAnswer {
        /// Its identity.
        pub id: Uuid,
        /// The conversation it was asked in.
        pub conversation_id: Uuid,
        /// The customer's message, the last of those that make up the question.
        pub message_id: Uuid,
        /// Whether it spoke to the customer by itself.
        pub mode: AnswerMode,
        /// What the customer wrote since he was last answered.
        pub question: String,
        /// The question with what it follows on, where the knowledge was asked that.
        pub rewritten_question: Option<String>,
        /// The language it answered in.
        pub language: String,
        /// The customer's wish, as patterns tell it.
        pub intent: Option<String>,
        /// For whom it looked: `public` or `signed_in`.
        pub audience: String,
        /// What it did.
        pub verdict: Verdict,
        /// Why a person took over.
        pub handoff_reason: Option<HandoffReason>,
        /// How probable it was that the first article answers, 0 to 1.
        pub probability: Option<f64>,
        /// What was said, or would be.
        pub answer: Option<String>,
        /// The passages it was taken from: `article_id`, `version`, `position`.
        #[schema(value_type = Vec<Object>)]
        pub citations: StoredJson,
        /// The message by which it was said.
        pub answer_message_id: Option<Uuid>,
        /// The model that compared meanings.
        pub model: Option<String>,
        /// How the answer was made, with its version.
        pub method: String,
        /// What people thought of it.
        pub was_helpful: Option<bool>,
        /// What they said of it.
        pub feedback_text: Option<String>,
        /// When they said so.
        pub feedback_at: Option<Timestamp>,
        /// When it was decided.
        pub created_at: Timestamp,
    }
}

record! {
    /// What the assistant did with a question, with all it went by.
    pub struct AiAnswerDetails {
        /// Its identity.
        pub id: Uuid,
        /// The conversation it was asked in.
        pub conversation_id: Uuid,
        /// The customer's message, the last of those that make up the question.
        pub message_id: Uuid,
        /// Whether it spoke to the customer by itself.
        pub mode: AnswerMode,
        /// What the customer wrote since he was last answered.
        pub question: String,
        /// The question with what it follows on, where the knowledge was asked that.
        pub rewritten_question: Option<String>,
        /// The language it answered in.
        pub language: String,
        /// The customer's wish, as patterns tell it.
        pub intent: Option<String>,
        /// For whom it looked: `public` or `signed_in`.
        pub audience: String,
        /// What it did.
        pub verdict: Verdict,
        /// Why a person took over.
        pub handoff_reason: Option<HandoffReason>,
        /// How probable it was that the first article answers, 0 to 1.
        pub probability: Option<f64>,
        /// What was found, best first, as it was then.
        #[schema(value_type = Vec<Object>)]
        pub passages: StoredJson,
        /// What was said, or would be.
        pub answer: Option<String>,
        /// The passages it was taken from: `article_id`, `version`, `position`.
        #[schema(value_type = Vec<Object>)]
        pub citations: StoredJson,
        /// The message by which it was said.
        pub answer_message_id: Option<Uuid>,
        /// The model that compared meanings.
        pub model: Option<String>,
        /// How the answer was made, with its version.
        pub method: String,
        /// The settings it went by.
        #[schema(value_type = Object)]
        pub configuration: StoredJson,
        /// Milliseconds of each step, and of all.
        #[schema(value_type = Object)]
        pub durations: StoredJson,
        /// Tokens of a language model.
        pub tokens_used: i32,
        /// What a language model was asked for and gave: `model`, `prompt`, `outcome` (`written`, `declined`, `refused`, `failed`, `paused`, `over_budget`), `reason`, `draft`,
        /// `tokens_read`, `tokens_written`, `cost`, `is_estimated`; nothing where none was asked.
        #[schema(value_type = Option<Object>)]
        pub generation: Option<StoredJson>,
        /// The member who asked for a suggestion.
        pub asked_by: Option<Uuid>,
        /// What people thought of it.
        pub was_helpful: Option<bool>,
        /// What they said of it.
        pub feedback_text: Option<String>,
        /// The member who said so.
        pub feedback_by: Option<Uuid>,
        /// When they said so.
        pub feedback_at: Option<Timestamp>,
        /// When it was decided.
        pub created_at: Timestamp,
    }
}

/// Which answers are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAiAnswers {
    /// Those of one conversation.
    conversation_id: Option<Uuid>,
    /// What it did.
    #[param(inline)]
    verdict: Option<Verdict>,
    /// Why a person took over.
    #[param(inline)]
    handoff_reason: Option<HandoffReason>,
    /// Whether it spoke by itself.
    #[param(inline)]
    mode: Option<AnswerMode>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List the assistant's answers
///
/// Newest first: each question it took up, what it did and why.
#[utoipa::path(get, path = "/ai_answers", tag = "Assistant", security(("session" = ["viewer"])), params(ListAiAnswers),
    responses((status = OK, description = "A page.", body = Page<AiAnswer>)))]
async fn list_ai_answers(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListAiAnswers>,
) -> Answer<Json<Page<AiAnswer>>> {
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<AiAnswer> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("conversation_id", &wanted.conversation_id)
        .filter("verdict", &wanted.verdict)
        .filter("handoff_reason", &wanted.handoff_reason)
        .filter("mode", &wanted.mode)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_time((), last.created_at, last.id)
    })))
}

/// Read an answer of the assistant
///
/// All it went by: the question as it was looked up, the passages with their scores and versions, how sure it was, the settings, and how long
/// each step took.
#[utoipa::path(get, path = "/ai_answers/{id}", tag = "Assistant", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The answer.")),
    responses((status = OK, description = "The answer.", body = AiAnswerDetails)))]
async fn read_ai_answer(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Json<AiAnswerDetails>> {
    let workspace = scope.workspace();
    let found = Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(&scope)
        .await?;
    Ok(Json(found))
}

/// What somebody thinks of an answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"was_helpful": false, "feedback": "The fee has changed in May."}))]
pub struct AnswerRating {
    /// Whether it helped.
    was_helpful: bool,
    /// Why, or why not.
    #[schema(max_length = 2000)]
    feedback: Option<String>,
}

/// Rate an answer of the assistant
///
/// Counts for the articles it was taken from as well. A later rating takes the place of the one before.
#[utoipa::path(post, path = "/ai_answers/{id}/rate", tag = "Assistant", security(("session" = ["agent"])), params(("id" = Uuid, Path, description = "The answer.")),
    request_body = AnswerRating,
    responses((status = NO_CONTENT, description = "It is noted."),
        (status = NOT_FOUND, description = "There is no such answer.", body = Document, content_type = "application/problem+json")))]
async fn rate_ai_answer(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(rating): input::Json<AnswerRating>,
) -> Answer<StatusCode> {
    let workspace = scope.workspace().ok_or_else(Problem::not_found)?;
    Statement::new(include_str!("rate.sql"))
        .bind("id", &id)
        .bind("was_helpful", &rating.was_helpful)
        .bind("feedback", &rating.feedback)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
