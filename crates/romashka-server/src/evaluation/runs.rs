//! Runs of question sets over the API.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use romashka_db::scope::{Actor, Claims, OwnedScope};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::items::exists;
use super::judge::Failure;
use crate::assistant::{HandoffReason, Verdict};
use crate::choice;
use crate::cursor::Place;
use crate::input::{Limit, Path, Query};
use crate::page::Page;
use crate::problem::Answer;
use crate::record;
use crate::scoped::{Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_question_set_runs, run_question_set))
        .routes(routes!(read_question_set_run))
        .routes(routes!(list_question_set_results))
}

choice! {
    /// Why a set was run.
    pub enum RunCause {
        /// A member asked for it.
        AskedFor = "asked_for",
        /// Articles or the model changed.
        Knowledge = "knowledge",
        /// Thresholds or forbidden topics changed.
        Settings = "settings",
        /// The questions changed.
        Questions = "questions",
        /// On the command line.
        Command = "command",
    }
}

record! {
    /// A run of a set with its figures.
    pub struct QuestionSetRun {
        /// Its identity.
        pub id: Uuid,
        /// The set.
        pub question_set_id: Uuid,
        /// Why it was run.
        pub cause: RunCause,
        /// The member who asked for it.
        pub requested_by: Option<Uuid>,
        /// The model that compared meanings.
        pub model: String,
        /// How answers were made, with its version.
        pub method: String,
        /// The settings it went by.
        #[schema(value_type = Object)]
        pub configuration: StoredJson,
        /// The run before, with which it is compared.
        pub compared_with_id: Option<Uuid>,
        /// Questions that were asked.
        pub question_count: i32,
        /// Of these, as expected.
        pub passed_count: i32,
        /// Of these, answered.
        pub answered_count: i32,
        /// Of those that were answered, as expected.
        pub right_count: i32,
        /// Passed in the run before, and not in this one.
        pub regressed_count: i32,
        /// Passed in this run, and not in the one before.
        pub fixed_count: i32,
        /// Answered, as a share of the questions that may be answered.
        pub answered_share: Option<f64>,
        /// As expected, as a share of those that were answered.
        pub precision_share: Option<f64>,
        /// Where the expected article came first, as a share of the questions that have one.
        pub hit_at_one: Option<f64>,
        /// Where it was among the first five.
        pub recall_at_five: Option<f64>,
        /// The mean of 1 / log2(rank + 1), over the first ten.
        pub ndcg_at_ten: Option<f64>,
        /// When it began.
        pub started_at: Timestamp,
        /// When it was recorded.
        pub finished_at: Timestamp,
    }
}

/// Which runs are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuestionSetRuns {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List the runs of a question set
///
/// Newest first; the last hundred are kept.
#[utoipa::path(get, path = "/question_sets/{id}/runs", tag = "Question sets", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The set."), ListQuestionSetRuns),
    responses((status = OK, description = "A page.", body = Page<QuestionSetRun>)))]
async fn list_question_set_runs(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<ListQuestionSetRuns>,
) -> Answer<Json<Page<QuestionSetRun>>> {
    exists(&scope, id).await?;
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<QuestionSetRun> = Statement::new(include_str!("run_list.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_time((), last.finished_at, last.id)
    })))
}

/// Run a question set
///
/// By the next free worker that has the model; `GET /question_sets/{id}/state` says how far it is, and its runs have the figures. Nothing is sent
/// to anybody, and nothing lands in reports.
#[utoipa::path(post, path = "/question_sets/{id}/runs", tag = "Question sets", security(("session" = ["agent"])), params(("id" = Uuid, Path, description = "The set.")),
    responses((status = ACCEPTED, description = "It is queued.")))]
async fn run_question_set(scope: Scoped<Agent>, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    exists(&scope, id).await?;
    let workspace = scope.workspace();
    Statement::new(include_str!("set_run.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    Ok(StatusCode::ACCEPTED)
}

/// Read a run of a question set
#[utoipa::path(get, path = "/question_sets/{id}/runs/{run_id}", tag = "Question sets", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The set."), ("run_id" = Uuid, Path, description = "The run.")),
    responses((status = OK, description = "The run.", body = QuestionSetRun)))]
async fn read_question_set_run(
    scope: Scoped<Viewer>,
    Path((id, run_id)): Path<(Uuid, Uuid)>,
) -> Answer<Json<QuestionSetRun>> {
    Ok(Json(
        run(&scope, scope.workspace(), Some(id), run_id).await?,
    ))
}

async fn run(
    scope: &OwnedScope,
    workspace: Option<Uuid>,
    set: Option<Uuid>,
    run_id: Uuid,
) -> Answer<QuestionSetRun> {
    Statement::new(include_str!("run_read.sql"))
        .filter("id", &set)
        .bind("run_id", &run_id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

choice! {
    /// How a question went against the run before.
    pub enum ResultChange {
        /// It was not asked before.
        New = "new",
        /// As before.
        Same = "same",
        /// It passes now.
        Fixed = "fixed",
        /// It does not pass any more.
        Regressed = "regressed",
    }
}

record! {
    /// How a question went.
    pub struct QuestionSetResult {
        /// Its identity.
        pub id: Uuid,
        /// The question's row.
        pub item_id: Uuid,
        /// The question as it was then.
        pub question: String,
        /// What the assistant would have done.
        pub verdict: Verdict,
        /// Why a person would have taken over.
        pub handoff_reason: Option<HandoffReason>,
        /// How probable it was that the first article answers, 0 to 1.
        pub probability: Option<f64>,
        /// The place of the expected article among those found, from 1; nothing where it was not among the first ten.
        pub expected_rank: Option<i32>,
        /// What would have been said.
        pub answer: Option<String>,
        /// What was found, best first.
        #[schema(value_type = Vec<Object>)]
        pub passages: StoredJson,
        /// The passages the answer was taken from.
        #[schema(value_type = Vec<Object>)]
        pub citations: StoredJson,
        /// Expected words that the answer did not hold.
        pub missing_facts: Vec<String>,
        /// Whether it went as expected.
        pub has_passed: bool,
        /// Why not.
        pub failure: Option<Failure>,
        /// Against the run before.
        pub change: ResultChange,
        /// Milliseconds it took.
        pub duration_ms: i32,
    }
}

/// Which results are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuestionSetResults {
    /// Whether they went as expected.
    has_passed: Option<bool>,
    /// How they went against the run before.
    #[param(inline)]
    change: Option<ResultChange>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List how the questions of a run went
#[utoipa::path(get, path = "/question_sets/{id}/runs/{run_id}/results", tag = "Question sets", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The set."), ("run_id" = Uuid, Path, description = "The run."), ListQuestionSetResults),
    responses((status = OK, description = "A page.", body = Page<QuestionSetResult>)))]
async fn list_question_set_results(
    scope: Scoped<Viewer>,
    Path((id, run_id)): Path<(Uuid, Uuid)>,
    Query(wanted): Query<ListQuestionSetResults>,
) -> Answer<Json<Page<QuestionSetResult>>> {
    run(&scope, scope.workspace(), Some(id), run_id).await?;
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_id = place.as_ref().map(|place| place.id);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let id = Some(id);
    let rows: Vec<QuestionSetResult> = Statement::new(include_str!("result_list.sql"))
        .filter("id", &id)
        .bind("run_id", &run_id)
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("has_passed", &wanted.has_passed)
        .filter("change", &wanted.change)
        .bind("after_id", &after_id)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| Place {
        order: (),
        time: None,
        text: None,
        number: None,
        id: last.id,
    })))
}

/// A run with all its results, for the installation itself.
///
/// # Errors
/// Not found, and as the database.
pub(super) async fn whole(
    server: &Server,
    workspace: Uuid,
    run_id: Uuid,
) -> Answer<(QuestionSetRun, Vec<QuestionSetResult>)> {
    let claims = Claims::service(workspace, Actor::System);
    let scope = server
        .database
        .begin(&claims, &server.surroundings())
        .await?;
    let found = run(&scope, Some(workspace), None, run_id).await?;
    let results = Statement::new(include_str!("result_list.sql"))
        .bind("id", &None::<Uuid>)
        .bind("run_id", &run_id)
        .bind("workspace", &workspace)
        .bind("row_limit", &i64::MAX)
        .bind("has_passed", &None::<bool>)
        .bind("change", &None::<ResultChange>)
        .bind("after_id", &None::<Uuid>)
        .all(&scope)
        .await?;
    scope.commit().await?;
    Ok((found, results))
}
