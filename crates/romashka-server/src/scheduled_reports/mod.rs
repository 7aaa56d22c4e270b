//! Reports that are sent by mail, regularly or when somebody asks.
//!
//! Invariants: a report is made once for each moment it was due, by whichever process: the moment is a unique key, the run is
//! held under a lease, and its mails are put on their queue in the transaction that ends it; what was missed while no process
//! ran is made up for once; the figures are those of `/reports`, none is made here.

pub mod columns;
pub mod period;
pub mod planner;
pub mod producer;
pub mod render;
pub mod runs;
pub mod schedule;
pub mod table;

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_postgres::types::Json as Jsonb;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::period::ReportPeriod;
use self::schedule::Schedule;
use crate::choice;
use crate::created::Created;
use crate::cursor::Place;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Document, Problem};
use crate::record;
use crate::reports::Cut;
use crate::scoped::{Admin, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;
use crate::version::{IfMatch, Versioned};

/// Most recipients of a report.
pub const MOST_RECIPIENTS: usize = 20;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_scheduled_reports, create_scheduled_report))
        .routes(routes!(
            read_scheduled_report,
            change_scheduled_report,
            delete_scheduled_report
        ))
        .merge(runs::router())
}

choice! {
    /// What a report tells of.
    pub enum ReportType {
        /// How many conversations, and how long customers waited.
        Performance = "performance",
        /// Ratings.
        Satisfaction = "satisfaction",
        /// What the assistant did, and what people did.
        AiAnalytics = "ai_analytics",
        /// The columns that are chosen.
        Custom = "custom",
    }
}

choice! {
    /// The form of the file.
    pub enum ReportFormat {
        /// Pages to read and to print.
        Pdf = "pdf",
        /// A workbook (XLSX).
        Excel = "excel",
        /// Comma-separated values.
        Csv = "csv",
    }
}

impl ReportFormat {
    /// The ending of the file's name.
    pub fn ending(self) -> &'static str {
        match self {
            ReportFormat::Pdf => "pdf",
            ReportFormat::Excel => "xlsx",
            ReportFormat::Csv => "csv",
        }
    }

    /// The media type of a file with this ending.
    pub fn media_type(filename: &str) -> &'static str {
        match filename.rsplit('.').next() {
            Some("pdf") => "application/pdf",
            Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            _ => "text/csv; charset=utf-8",
        }
    }
}

/// Which figures of which days. What is absent has its default.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportFilters {
    /// Which days; the last whole week when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    pub period: Option<ReportPeriod>,
    /// By what the rows are cut; by nothing when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    pub cut: Option<Cut>,
    /// The figures of a `custom` report, by the names of `/reports/daily`; all when none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The language of headings and of the mail: `en`, `de` or `ru`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

record! {
    /// A report that is sent regularly.
    pub struct ScheduledReport {
        /// Its identity.
        pub id: Uuid,
        /// Its name: the title of the file and of the mail.
        pub name: String,
        /// What it is for.
        pub description: Option<String>,
        /// What it tells of.
        pub report_type: ReportType,
        /// When, as a cron expression in the workspace's time zone.
        pub schedule_cron: String,
        /// The addresses it goes to.
        pub recipients: Vec<String>,
        /// Which figures of which days.
        #[schema(value_type = ReportFilters)]
        pub filters: StoredJson,
        /// The form of its file.
        pub format: ReportFormat,
        /// Whether it is sent.
        pub is_active: bool,
        /// When it was sent last.
        pub last_sent_at: Option<Timestamp>,
        /// When it is due; null for a moment after a change, and when it is not sent.
        pub next_run_at: Option<Timestamp>,
        /// Who made it.
        pub created_by: Option<Uuid>,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// Which reports are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListScheduledReports {
    /// Whether they are sent.
    is_active: Option<bool>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List scheduled reports
///
/// Newest first.
#[utoipa::path(get, path = "/scheduled_reports", tag = "Reports", security(("session" = ["viewer"])), params(ListScheduledReports),
    responses((status = OK, description = "A page.", body = Page<ScheduledReport>)))]
async fn list_scheduled_reports(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListScheduledReports>,
) -> Answer<Json<Page<ScheduledReport>>> {
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<ScheduledReport> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("is_active", &wanted.is_active)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_time((), last.created_at, last.id)
    })))
}

/// Whether a mail can be addressed so.
pub fn is_address(text: &str) -> bool {
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.chars().any(|letter| {
                letter.is_whitespace() || letter.is_control() || "@<>,;\"".contains(letter)
            })
    };
    text.len() <= 320
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| is_plain(local) && is_plain(domain))
}

fn check_recipients(recipients: &[String]) -> Answer<()> {
    if !(1..=MOST_RECIPIENTS).contains(&recipients.len()) {
        return Err(Problem::field("recipients", "are 1 to 20 addresses"));
    }
    match recipients.iter().position(|text| !is_address(text)) {
        Some(place) => Err(Problem::field(
            format!("recipients[{place}]"),
            "is no mail address",
        )),
        None => Ok(()),
    }
}

fn check_filters(filters: &ReportFilters) -> Answer<()> {
    if let Some(place) = filters
        .columns
        .iter()
        .position(|name| !columns::is_figure(name))
    {
        return Err(Problem::field(
            format!("filters.columns[{place}]"),
            "is no figure of /reports/daily",
        ));
    }
    let known = ["en", "de", "ru"];
    match &filters.language {
        Some(language) if !known.contains(&language.as_str()) => {
            Err(Problem::field("filters.language", "is en, de or ru"))
        }
        _ => Ok(()),
    }
}

/// When a report with this expression is due next.
async fn due_next<N>(scope: &Scoped<N>, expression: &str) -> Answer<Timestamp> {
    let refused =
        |error: schedule::ScheduleError| Problem::field("schedule_cron", error.to_string());
    let schedule = Schedule::parse(expression).map_err(refused)?;
    let workspace = scope.workspace();
    let zone: String = Statement::new(include_str!("time_zone.sql"))
        .bind("workspace", &workspace)
        .value(scope)
        .await?;
    let zone = schedule::zone(&zone).map_err(refused)?;
    schedule
        .next_after(Timestamp::now(), &zone)
        .map_err(refused)
}

/// A report to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Weekly performance", "report_type": "performance", "schedule_cron": "0 8 * * 1", "recipients": ["head@example.com"], "format": "pdf", "filters": {"period": "last_week", "cut": "agent"}}))]
pub struct NewScheduledReport {
    /// Its name.
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    /// What it is for.
    description: Option<String>,
    /// What it tells of.
    report_type: ReportType,
    /// When, as a cron expression of five fields or `@daily`, `@weekly`, `@monthly`, in the workspace's time zone; every 15
    /// minutes at most.
    #[schema(max_length = 100)]
    schedule_cron: String,
    /// The addresses it goes to.
    #[schema(min_items = 1, max_items = 20)]
    recipients: Vec<String>,
    /// Which figures of which days.
    filters: Option<ReportFilters>,
    /// The form of its file; PDF when nothing is said.
    format: Option<ReportFormat>,
    /// Whether it is sent.
    is_active: Option<bool>,
}

/// Make a scheduled report
#[utoipa::path(post, path = "/scheduled_reports", tag = "Reports", security(("session" = ["admin"])), request_body = NewScheduledReport,
    responses((status = CREATED, description = "It was made.", body = ScheduledReport, headers(("ETag" = String), ("Location" = String)))))]
async fn create_scheduled_report(
    scope: Scoped<Admin>,
    input::Json(new): input::Json<NewScheduledReport>,
) -> Answer<Created<ScheduledReport>> {
    check_recipients(&new.recipients)?;
    let filters = new.filters.unwrap_or_default();
    check_filters(&filters)?;
    let next_run_at = due_next(&scope, &new.schedule_cron).await?;
    let workspace = scope.workspace();
    let made: ScheduledReport = Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("name", &new.name)
        .bind("description", &new.description)
        .bind("report_type", &new.report_type)
        .bind("schedule_cron", &new.schedule_cron)
        .bind("recipients", &new.recipients)
        .bind("filters", &Jsonb(&filters))
        .bind("format", &new.format)
        .bind("is_active", &new.is_active)
        .bind("next_run_at", &next_run_at)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/scheduled_reports/{}", made.id),
        version: Some(made.updated_at),
        body: made,
    })
}

async fn scheduled_report<N>(scope: &Scoped<N>, id: Uuid) -> Answer<ScheduledReport> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a scheduled report
#[utoipa::path(get, path = "/scheduled_reports/{id}", tag = "Reports", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The report.")),
    responses((status = OK, description = "The report.", body = ScheduledReport, headers(("ETag" = String)))))]
async fn read_scheduled_report(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<ScheduledReport>>> {
    let found = scheduled_report(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a scheduled report. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"schedule_cron": "0 8 1 * *", "filters": {"period": "last_month"}}))]
pub struct ScheduledReportChange {
    /// Its name.
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// What it is for.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// What it tells of.
    report_type: Option<ReportType>,
    /// When.
    #[schema(max_length = 100)]
    schedule_cron: Option<String>,
    /// The addresses it goes to.
    #[schema(min_items = 1, max_items = 20)]
    recipients: Option<Vec<String>>,
    /// Which figures of which days, as a whole.
    filters: Option<ReportFilters>,
    /// The form of its file.
    format: Option<ReportFormat>,
    /// Whether it is sent.
    is_active: Option<bool>,
}

/// Change a scheduled report
#[utoipa::path(patch, path = "/scheduled_reports/{id}", tag = "Reports", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The report."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = ScheduledReportChange,
    responses((status = OK, description = "It was changed.", body = ScheduledReport, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_scheduled_report(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<ScheduledReportChange>,
) -> Answer<Versioned<Json<ScheduledReport>>> {
    if let Some(recipients) = &change.recipients {
        check_recipients(recipients)?;
    }
    if let Some(filters) = &change.filters {
        check_filters(filters)?;
    }
    let replans = change.schedule_cron.is_some() || change.is_active.is_some();
    let next_run_at = if replans {
        let known = scheduled_report(&scope, id).await?;
        let expression = change
            .schedule_cron
            .as_ref()
            .unwrap_or(&known.schedule_cron);
        Some(due_next(&scope, expression).await?)
    } else {
        None
    };
    let workspace = scope.workspace();
    let (changes_description, description) =
        (change.description.is_some(), change.description.flatten());
    let filters = change.filters.as_ref().map(Jsonb);
    let changed: Option<ScheduledReport> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("name", &change.name)
        .bind("changes_description", &changes_description)
        .bind("description", &description)
        .bind("report_type", &change.report_type)
        .bind("schedule_cron", &change.schedule_cron)
        .bind("recipients", &change.recipients)
        .bind("filters", &filters)
        .bind("format", &change.format)
        .bind("is_active", &change.is_active)
        .bind("next_run_at", &next_run_at)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(scheduled_report(&scope, id).await.is_ok())),
    }
}

/// Remove a scheduled report
///
/// Its history goes with it.
#[utoipa::path(delete, path = "/scheduled_reports/{id}", tag = "Reports", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The report."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_scheduled_report(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("delete.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .filter("version", &version.0)
        .execute(&scope)
        .await?;
    if removed == 0 {
        return Err(version.explain(scheduled_report(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}
