//! The history of a report: what was made of it, and its files.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use tokio_postgres::Row;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{ReportFormat, scheduled_report};
use crate::cursor::Place;
use crate::input::{Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Code, Document, Problem};
use crate::record;
use crate::scoped::{Admin, Scoped};
use crate::state::Server;
use crate::statement::{FromRow, Statement};

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(run_scheduled_report))
        .routes(routes!(list_report_runs))
        .routes(routes!(download_report))
}

record! {
    /// A time that a report was due or asked for.
    pub struct ReportRun {
        /// Its identity.
        pub id: Uuid,
        /// When it was due, or asked for.
        pub scheduled_for: Timestamp,
        /// Whether somebody asked for it.
        pub is_manual: bool,
        /// pending, running, sent (its mails are on their queue) or failed.
        pub status: String,
        /// How often it was begun.
        pub attempt_count: i32,
        /// The first day it tells of.
        pub first_day: Option<Date>,
        /// The last day it tells of.
        pub last_day: Option<Date>,
        /// How many rows it has.
        pub row_count: Option<i32>,
        /// The name of its file.
        pub filename: Option<String>,
        /// The size of its file in bytes.
        pub file_size: Option<i32>,
        /// The addresses it went to.
        pub recipients: Vec<String>,
        /// Why the last attempt failed.
        pub error_message: Option<String>,
        /// When it was sent or given up.
        pub completed_at: Option<Timestamp>,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

/// Send a report now
///
/// Beside its schedule, to the same addresses. How it went is in its history.
#[utoipa::path(post, path = "/scheduled_reports/{id}/run", tag = "Reports", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The report.")),
    responses((status = ACCEPTED, description = "It will be made.", body = ReportRun),
        (status = CONFLICT, description = "Five that were asked for wait already.", body = Document, content_type = "application/problem+json")))]
async fn run_scheduled_report(
    mut scope: Scoped<Admin>,
    State(server): State<Server>,
    Path(id): Path<Uuid>,
) -> Answer<(StatusCode, Json<ReportRun>)> {
    let workspace = scope.workspace();
    scheduled_report(&scope, id).await?;
    // Runs are the server's to write.
    scope.as_service().await?;
    let run: Option<ReportRun> = Statement::new(include_str!("run_now.sql"))
        .bind("workspace", &workspace)
        .bind("report", &id)
        .optional(&scope)
        .await?;
    let run = run.ok_or_else(|| {
        Problem::new(Code::Conflict).detail("Five runs that were asked for wait already")
    })?;
    server.bells.reports.notify_one();
    Ok((StatusCode::ACCEPTED, Json(run)))
}

/// Which runs are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListReportRuns {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List the runs of a report
///
/// Newest first. They are kept for 90 days.
#[utoipa::path(get, path = "/scheduled_reports/{id}/runs", tag = "Reports", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The report."), ListReportRuns),
    responses((status = OK, description = "A page.", body = Page<ReportRun>)))]
async fn list_report_runs(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<ListReportRuns>,
) -> Answer<Json<Page<ReportRun>>> {
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    scheduled_report(&scope, id).await?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<ReportRun> = Statement::new(include_str!("list_runs.sql"))
        .bind("workspace", &workspace)
        .bind("report", &id)
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

/// The file of a run.
pub struct ReportFile {
    /// Its name.
    pub filename: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl FromRow for ReportFile {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(ReportFile {
            filename: row.try_get("filename")?,
            content: row.try_get("content")?,
        })
    }
}

/// The statement that reads the file of a run.
pub const FILE: &str = include_str!("file.sql");

/// Download a report
///
/// The file that was sent.
#[utoipa::path(get, path = "/scheduled_reports/{id}/runs/{run_id}/file", tag = "Reports", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The report."), ("run_id" = Uuid, Path, description = "The run.")),
    responses((status = OK, description = "The bytes.", content((String = "text/csv"), (String = "application/pdf"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")), headers(("Content-Disposition" = String)))))]
async fn download_report(
    scope: Scoped<Admin>,
    Path((id, run)): Path<(Uuid, Uuid)>,
) -> Answer<Response> {
    let workspace = scope.workspace();
    let report = Some(id);
    let found: ReportFile = Statement::new(FILE)
        .bind("run", &run)
        .bind("workspace", &workspace)
        .filter("report", &report)
        .one(&scope)
        .await?;
    let disposition = format!("attachment; filename=\"{}\"", found.filename);
    let kind = ReportFormat::media_type(&found.filename);
    let headers = [
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::try_from(disposition).map_err(Problem::internal)?,
        ),
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    Ok((headers, found.content).into_response())
}
