//! Question sets over the API.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::choice;
use crate::created::Created;
use crate::cursor::Place;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Document, Problem};
use crate::record;
use crate::scoped::{Admin, Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_question_sets, create_question_set))
        .routes(routes!(
            read_question_set,
            change_question_set,
            delete_question_set
        ))
        .routes(routes!(read_question_set_state))
}

choice! {
    /// For whom answers are looked for.
    pub enum QuestionSetAudience {
        /// Everybody.
        Public = "public",
        /// Customers who have proved who they are.
        SignedIn = "signed_in",
    }
}

record! {
    /// Questions by which the assistant is graded.
    pub struct QuestionSet {
        /// Its identity.
        pub id: Uuid,
        /// By what name it is called.
        pub name: String,
        /// What it is for.
        pub description: Option<String>,
        /// The language its questions are asked in.
        pub language: String,
        /// For whom answers are looked for.
        pub audience: QuestionSetAudience,
        /// Whether it is run after every change of knowledge, settings or questions.
        pub is_automatic: bool,
        /// Who made it.
        pub created_by: Option<Uuid>,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// Which sets are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuestionSets {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List question sets
///
/// By name.
#[utoipa::path(get, path = "/question_sets", tag = "Question sets", security(("session" = ["viewer"])), params(ListQuestionSets),
    responses((status = OK, description = "A page.", body = Page<QuestionSet>)))]
async fn list_question_sets(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListQuestionSets>,
) -> Answer<Json<Page<QuestionSet>>> {
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_text = place.as_ref().and_then(|place| place.text.as_deref());
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<QuestionSet> = Statement::new(include_str!("set_list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .bind("after_id", &after_id)
        .bind("after_text", &after_text)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_text((), last.name.clone(), last.id)
    })))
}

/// A question set to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "What customers ask most", "language": "en"}))]
pub struct NewQuestionSet {
    /// By what name it is called.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What it is for.
    #[schema(max_length = 2000)]
    description: Option<String>,
    /// The language its questions are asked in; English when nothing is said.
    #[schema(min_length = 2, max_length = 35)]
    language: Option<String>,
    /// For whom answers are looked for; everybody when nothing is said.
    audience: Option<QuestionSetAudience>,
    /// Whether it is run after every change; it is when nothing is said.
    is_automatic: Option<bool>,
}

/// Make a question set
#[utoipa::path(post, path = "/question_sets", tag = "Question sets", security(("session" = ["agent"])), request_body = NewQuestionSet,
    responses((status = CREATED, description = "It was made.", body = QuestionSet, headers(("ETag" = String), ("Location" = String))),
        (status = CONFLICT, description = "There is one of that name.", body = Document, content_type = "application/problem+json")))]
async fn create_question_set(
    scope: Scoped<Agent>,
    input::Json(new): input::Json<NewQuestionSet>,
) -> Answer<Created<QuestionSet>> {
    let workspace = scope.workspace();
    let member = scope.principal().person().ok();
    let made: QuestionSet = Statement::new(include_str!("set_create.sql"))
        .bind("workspace", &workspace)
        .bind("name", &new.name)
        .bind("description", &new.description)
        .bind("language", &new.language)
        .bind("audience", &new.audience)
        .bind("is_automatic", &new.is_automatic)
        .bind("created_by", &member)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/question_sets/{}", made.id),
        version: Some(made.updated_at),
        body: made,
    })
}

async fn question_set<N>(scope: &Scoped<N>, id: Uuid) -> Answer<QuestionSet> {
    let workspace = scope.workspace();
    Statement::new(include_str!("set_read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a question set
#[utoipa::path(get, path = "/question_sets/{id}", tag = "Question sets", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The set.")),
    responses((status = OK, description = "The set.", body = QuestionSet, headers(("ETag" = String)))))]
async fn read_question_set(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<QuestionSet>>> {
    let found = question_set(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a question set. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_automatic": false}))]
pub struct QuestionSetChange {
    /// By what name it is called.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What it is for.
    #[schema(max_length = 2000)]
    description: Option<String>,
    /// The language its questions are asked in.
    #[schema(min_length = 2, max_length = 35)]
    language: Option<String>,
    /// For whom answers are looked for.
    audience: Option<QuestionSetAudience>,
    /// Whether it is run after every change.
    is_automatic: Option<bool>,
}

/// Change a question set
#[utoipa::path(patch, path = "/question_sets/{id}", tag = "Question sets", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The set."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = QuestionSetChange,
    responses((status = OK, description = "It was changed.", body = QuestionSet, headers(("ETag" = String))),
        (status = CONFLICT, description = "There is one of that name.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_question_set(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<QuestionSetChange>,
) -> Answer<Versioned<Json<QuestionSet>>> {
    let workspace = scope.workspace();
    let changed: Option<QuestionSet> = Statement::new(include_str!("set_change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("name", &change.name)
        .bind("description", &change.description)
        .bind("language", &change.language)
        .bind("audience", &change.audience)
        .bind("is_automatic", &change.is_automatic)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(question_set(&scope, id).await.is_ok())),
    }
}

/// Remove a question set
///
/// With its questions and runs.
#[utoipa::path(delete, path = "/question_sets/{id}", tag = "Question sets", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The set."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_question_set(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("set_delete.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .filter("version", &version.0)
        .execute(&scope)
        .await
        .map_err(Problem::of_removal)?;
    if removed == 0 {
        return Err(version.explain(question_set(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}

record! {
    /// Whether a set waits to be run.
    pub struct WaitingRun {
        /// `pending`, `running`, or `failed` after five attempts.
        pub status: String,
        /// When it is due.
        pub due_at: Timestamp,
        /// Why it last failed.
        pub error_message: Option<String>,
    }
}

/// Whether a set waits to be run.
#[derive(Serialize, ToSchema)]
pub struct QuestionSetState {
    /// The run that waits or is at work; nothing where none does.
    waiting: Option<WaitingRun>,
}

/// See whether a question set waits to be run
#[utoipa::path(get, path = "/question_sets/{id}/state", tag = "Question sets", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The set.")),
    responses((status = OK, description = "Whether it waits.", body = QuestionSetState)))]
async fn read_question_set_state(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Json<QuestionSetState>> {
    question_set(&scope, id).await?;
    let workspace = scope.workspace();
    let waiting = Statement::new(include_str!("set_state.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .optional(&scope)
        .await?;
    Ok(Json(QuestionSetState { waiting }))
}
