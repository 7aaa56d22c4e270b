//! Articles that resolved conversations suggest, and what people make of them.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::items::{KnowledgeItem, knowledge_item};
use crate::choice;
use crate::created::Created;
use crate::cursor::Place;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Document};
use crate::record;
use crate::scoped::{Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_article_suggestions))
        .routes(routes!(read_article_suggestion))
        .routes(routes!(accept_article_suggestion))
        .routes(routes!(reject_article_suggestion))
}

choice! {
    /// What became of a suggestion.
    pub enum SuggestionStatus {
        /// Nobody has looked at it.
        Pending = "pending",
        /// It is an article.
        Accepted = "accepted",
        /// It is not wanted.
        Rejected = "rejected",
    }
}

record! {
    /// An article that conversations suggest.
    pub struct ArticleSuggestion {
        /// Its identity.
        pub id: Uuid,
        /// What a customer asked.
        pub question: String,
        /// What an agent answered, without salutation and closing.
        pub answer: String,
        /// The language, a BCP 47 tag.
        pub language: String,
        /// How many conversations ask alike.
        pub occurrences: i32,
        /// What became of it.
        pub status: SuggestionStatus,
        /// The conversation that the words are taken from.
        pub conversation_id: Uuid,
        /// The article it became.
        pub knowledge_item_id: Option<Uuid>,
        /// Who accepted or rejected it.
        pub decided_by: Option<Uuid>,
        /// When.
        pub decided_at: Option<Timestamp>,
        /// When it was suggested first.
        pub created_at: Timestamp,
        /// Whether an address or a number stands in it, which an article should not have.
        pub may_name_somebody: bool,
    }
}

/// Which suggestions are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListArticleSuggestions {
    /// What became of them; without it those that wait.
    #[param(inline)]
    status: Option<SuggestionStatus>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List suggested articles
///
/// What customers asked in resolved conversations and agents answered, those that ask alike as one, the most frequent first. Made
/// by a regular job within minutes after a conversation is resolved.
#[utoipa::path(get, path = "/knowledge/suggestions", tag = "Knowledge", security(("session" = ["viewer"])), params(ListArticleSuggestions),
    responses((status = OK, description = "A page.", body = Page<ArticleSuggestion>)))]
async fn list_article_suggestions(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListArticleSuggestions>,
) -> Answer<Json<Page<ArticleSuggestion>>> {
    let status = wanted.status.unwrap_or(SuggestionStatus::Pending);
    let place = Place::of(wanted.cursor.as_deref(), &status)?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_number = place.as_ref().and_then(|place| place.number);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<ArticleSuggestion> = Statement::new(include_str!("suggestion_list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .with("status", true)
        .bind("status", &status)
        .bind("after_id", &after_id)
        .bind("after_number", &after_number)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_number(status, i64::from(last.occurrences), last.id)
    })))
}

/// A suggestion with the conversations behind it.
#[derive(Serialize, ToSchema)]
pub struct ArticleSuggestionDetails {
    /// The suggestion.
    #[serde(flatten)]
    suggestion: ArticleSuggestion,
    /// Conversations that ask alike, the newest twenty.
    conversation_ids: Vec<Uuid>,
}

/// Read a suggested article
#[utoipa::path(get, path = "/knowledge/suggestions/{id}", tag = "Knowledge", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The suggestion.")),
    responses((status = OK, description = "The suggestion.", body = ArticleSuggestionDetails)))]
async fn read_article_suggestion(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Json<ArticleSuggestionDetails>> {
    let workspace = scope.workspace();
    let suggestion = Statement::new(include_str!("suggestion_list.sql"))
        .bind("workspace", &workspace)
        .with("id", true)
        .bind("id", &id)
        .bind("row_limit", &1_i64)
        .one(&scope)
        .await?;
    let conversation_ids = Statement::new(include_str!("suggestion_conversations.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    Ok(Json(ArticleSuggestionDetails {
        suggestion,
        conversation_ids,
    }))
}

/// How a suggestion becomes an article.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedSuggestion {
    /// Its title; the question without.
    #[schema(min_length = 1, max_length = 500)]
    title: Option<String>,
    /// Its text; the answer without.
    content: Option<String>,
    /// The topic it is filed under.
    category_id: Option<Uuid>,
    /// Whether it is found at once; a draft without.
    #[serde(default)]
    publish: bool,
}

/// Accept a suggested article
///
/// An article is made of it, with words of one's own where given: a draft, unless it is published at once. All that ask alike are
/// settled with it, those to come as well.
#[utoipa::path(post, path = "/knowledge/suggestions/{id}/accept", tag = "Knowledge", security(("session" = ["agent"])), params(("id" = Uuid, Path, description = "The suggestion.")),
    request_body = AcceptedSuggestion,
    responses((status = CREATED, description = "The article.", body = KnowledgeItem, headers(("Location" = String), ("ETag" = String))),
        (status = CONFLICT, description = "It was decided already.", body = Document, content_type = "application/problem+json")))]
async fn accept_article_suggestion(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(accepted): input::Json<AcceptedSuggestion>,
) -> Answer<Created<KnowledgeItem>> {
    let workspace = scope.workspace();
    let made: Uuid = Statement::new(include_str!("suggestion_accept.sql"))
        .bind("id", &id)
        .bind("title", &accepted.title)
        .bind("content", &accepted.content)
        .bind("category_id", &accepted.category_id)
        .bind("publish", &accepted.publish)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    let item = knowledge_item(&scope, made).await?;
    Ok(Created {
        path: format!("/knowledge/items/{made}"),
        version: Some(item.updated_at),
        body: item,
    })
}

/// Reject a suggested article
///
/// It does not come again, also when it is asked anew.
#[utoipa::path(post, path = "/knowledge/suggestions/{id}/reject", tag = "Knowledge", security(("session" = ["agent"])), params(("id" = Uuid, Path, description = "The suggestion.")),
    responses((status = NO_CONTENT, description = "It is put away."),
        (status = CONFLICT, description = "It was decided already.", body = Document, content_type = "application/problem+json")))]
async fn reject_article_suggestion(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    Statement::new(include_str!("suggestion_reject.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
