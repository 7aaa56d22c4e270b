//! The questions of a set over the API.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::created::Created;
use crate::cursor::Place;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Document, Problem};
use crate::record;
use crate::scoped::{Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_question_set_items, create_question_set_item))
        .routes(routes!(delete_question_set_item))
}

record! {
    /// A question, and what is expected of its answer.
    pub struct QuestionSetItem {
        /// Its identity.
        pub id: Uuid,
        /// As a customer asks it.
        pub question: String,
        /// The article that answers.
        pub expected_article_id: Option<Uuid>,
        /// Its heading.
        pub expected_article_title: Option<String>,
        /// What the answer has to hold.
        pub expected_facts: Vec<String>,
        /// Whether it must not be answered.
        pub must_refuse: bool,
        /// Why it is asked.
        pub note: Option<String>,
        /// The conversation it was taken from.
        pub conversation_id: Option<Uuid>,
        /// When it was added.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
    }
}

/// Which questions are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuestionSetItems {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List the questions of a set
///
/// In the order in which they were added.
#[utoipa::path(get, path = "/question_sets/{id}/items", tag = "Question sets", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The set."), ListQuestionSetItems),
    responses((status = OK, description = "A page.", body = Page<QuestionSetItem>)))]
async fn list_question_set_items(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<ListQuestionSetItems>,
) -> Answer<Json<Page<QuestionSetItem>>> {
    exists(&scope, id).await?;
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<QuestionSetItem> = Statement::new(include_str!("item_list.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_time((), last.created_at, last.id)
    })))
}

/// Refuses a set that is not there.
pub(super) async fn exists<N>(scope: &Scoped<N>, id: Uuid) -> Answer<()> {
    let workspace = scope.workspace();
    let found = Statement::new(include_str!("set_read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .execute(scope)
        .await?;
    match found {
        0 => Err(Problem::not_found()),
        _ => Ok(()),
    }
}

/// A question to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"question": "How long does a refund take?", "expected_facts": ["five working days"]}))]
pub struct NewQuestionSetItem {
    /// As a customer asks it.
    #[schema(min_length = 1, max_length = 1000)]
    pub question: String,
    /// The article that answers.
    pub expected_article_id: Option<Uuid>,
    /// What the answer has to hold, whatever its case; at most 20.
    pub expected_facts: Option<Vec<String>>,
    /// Whether it must not be answered; then nothing else is expected.
    pub must_refuse: Option<bool>,
    /// Why it is asked.
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// Add a question to a set
#[utoipa::path(post, path = "/question_sets/{id}/items", tag = "Question sets", security(("session" = ["agent"])), params(("id" = Uuid, Path, description = "The set.")),
    request_body = NewQuestionSetItem,
    responses((status = CREATED, description = "It was added.", body = QuestionSetItem, headers(("Location" = String))),
        (status = CONFLICT, description = "The set has this question.", body = Document, content_type = "application/problem+json")))]
async fn create_question_set_item(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(new): input::Json<NewQuestionSetItem>,
) -> Answer<Created<QuestionSetItem>> {
    let made = add(&scope, id, &new).await?;
    Ok(Created {
        path: format!("/question_sets/{id}/items/{}", made.id),
        version: None,
        body: made,
    })
}

/// Adds a question to a set.
pub(crate) async fn add<N>(
    scope: &Scoped<N>,
    set: Uuid,
    new: &NewQuestionSetItem,
) -> Answer<QuestionSetItem> {
    let workspace = scope.workspace();
    let expects = new.expected_article_id.is_some()
        || new
            .expected_facts
            .as_ref()
            .is_some_and(|facts| !facts.is_empty());
    if new.must_refuse.unwrap_or(false) == expects {
        return Err(Problem::field(
            "must_refuse",
            "is true for a question of which nothing else is expected, and for no other",
        ));
    }
    Statement::new(include_str!("item_create.sql"))
        .bind("id", &set)
        .bind("workspace", &workspace)
        .bind("question", &new.question)
        .bind("expected_article_id", &new.expected_article_id)
        .bind("expected_facts", &new.expected_facts)
        .bind("must_refuse", &new.must_refuse)
        .bind("note", &new.note)
        .one(scope)
        .await
}

/// Remove a question from a set
///
/// With its results.
#[utoipa::path(delete, path = "/question_sets/{id}/items/{item_id}", tag = "Question sets", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The set."), ("item_id" = Uuid, Path, description = "The question.")),
    responses((status = NO_CONTENT, description = "It is gone.")))]
async fn delete_question_set_item(
    scope: Scoped<Agent>,
    Path((id, item_id)): Path<(Uuid, Uuid)>,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("item_delete.sql"))
        .bind("id", &id)
        .bind("item_id", &item_id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    match removed {
        0 => Err(Problem::not_found()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
