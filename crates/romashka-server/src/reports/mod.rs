//! Reports: days, percentiles and this moment. Figures are the database's; none is made here.

pub mod csv;

use axum::Json;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use romashka_db::scope::OwnedScope;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::csv::Table;
use crate::channels::ChannelKind;
use crate::choice;
use crate::input::Query;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::scoped::{Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;

/// Most days of a report.
const MOST_DAYS: i32 = 366;
/// Most rows of a report of days.
const MOST_ROWS: usize = 50_000;
/// The statement of percentiles.
pub const PERCENTILES: &str = include_str!("percentiles.sql");
/// How old figures of this moment may be, in seconds, before they are taken anew.
const FRESH_SECONDS: i64 = 15;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(read_daily_report))
        .routes(routes!(read_percentiles))
        .routes(routes!(read_live_figures))
}

choice! {
    /// By what a report is cut.
    pub enum Cut {
        /// By nothing: the whole workspace.
        Total = "total",
        /// By kind of channel.
        Channel = "channel",
        /// By department.
        Department = "department",
        /// By agent.
        Agent = "agent",
    }
}

record! {
    /// Figures of the conversations that began on a day.
    pub struct Day {
        /// The day, in the workspace's time zone.
        pub date: Date,
        /// The kind of channel, in that cut.
        pub channel_type: Option<String>,
        /// The department, in that cut.
        pub department: Option<String>,
        /// The agent, in that cut.
        pub agent_id: Option<Uuid>,
        /// How many began; those merged into another are not counted.
        pub total_conversations: i32,
        /// How many of them are resolved or closed.
        pub resolved_conversations: i32,
        /// How many of them the assistant resolved.
        pub ai_resolved_conversations: i32,
        /// How many of them a person resolved.
        pub human_resolved_conversations: i32,
        /// How many of them ended without an answer.
        pub abandoned_conversations: i32,
        /// How many of them were reopened at least once.
        pub reopened_conversations: i32,
        /// Mean seconds to the first answer.
        pub avg_first_response_time_seconds: i32,
        /// Half of the first answers came within this many seconds.
        pub p50_first_response_time_seconds: Option<i32>,
        /// 90 % of the first answers came within this many seconds.
        pub p90_first_response_time_seconds: Option<i32>,
        /// 95 % of the first answers came within this many seconds.
        pub p95_first_response_time_seconds: Option<i32>,
        /// Mean seconds to the resolution.
        pub avg_resolution_time_seconds: i32,
        /// Half of the resolutions came within this many seconds.
        pub p50_resolution_time_seconds: Option<i32>,
        /// 90 % of the resolutions came within this many seconds.
        pub p90_resolution_time_seconds: Option<i32>,
        /// 95 % of the resolutions came within this many seconds.
        pub p95_resolution_time_seconds: Option<i32>,
        /// How many are rated.
        pub total_ratings: i32,
        /// Mean rating.
        pub avg_satisfaction_score: f64,
        /// Share that was handed to people, 0 to 1.
        pub handoff_rate: f64,
        /// How many became a lead.
        pub leads_generated: i32,
        /// The revenue attributed to them.
        pub revenue_attributed: f64,
    }
}

/// The days of a report.
#[derive(Serialize, ToSchema)]
pub struct Days {
    /// In order.
    data: Vec<Day>,
}

/// Which days are wanted, in which cut.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DailyReport {
    /// The first day.
    #[param(example = "2026-05-01")]
    from: Date,
    /// The last day, at most 366 days from the first.
    #[param(example = "2026-05-31")]
    to: Date,
    /// By what the figures are cut; by nothing when nothing is said.
    #[param(inline)]
    cut: Option<Cut>,
}

fn require_days(from: Date, to: Date) -> Answer<()> {
    let days = from
        .until(to)
        .map_err(|_| Problem::field("to", "is no day"))?
        .get_days();
    if (0..MOST_DAYS).contains(&days) {
        return Ok(());
    }
    Err(Problem::field(
        "to",
        "is not before `from`, and within 366 days",
    ))
}

/// Read the figures of days
///
/// As JSON, or with `Accept: text/csv` as a table. At most 50,000 rows; days that have more of them in this cut are refused,
/// never cut off.
#[utoipa::path(get, path = "/reports/daily", tag = "Reports", security(("session" = ["viewer"])), params(DailyReport),
    responses((status = OK, description = "The figures.", content((Days = "application/json"), (String = "text/csv"))),
        (status = UNPROCESSABLE_ENTITY, description = "A value is not valid.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn read_daily_report(
    scope: Scoped<Viewer>,
    Query(wanted): Query<DailyReport>,
    headers: HeaderMap,
) -> Answer<Response> {
    require_days(wanted.from, wanted.to)?;
    let cut = wanted.cut.unwrap_or(Cut::Total);
    let workspace = scope.workspace();
    let data = days(&scope, workspace, (wanted.from, wanted.to), cut, MOST_ROWS).await?;
    let data = data.ok_or_else(|| {
        Problem::field(
            "to",
            "leads to more than 50,000 rows in this cut: ask for fewer days at a time",
        )
    })?;
    if csv::is_wanted(&headers) {
        return table(&data);
    }
    Ok(Json(Days { data }).into_response())
}

/// The figures of days in a cut, of one workspace; none when there are more than `most`.
pub async fn days(
    scope: &OwnedScope,
    workspace: Option<Uuid>,
    (from, to): (Date, Date),
    cut: Cut,
    most: usize,
) -> Answer<Option<Vec<Day>>> {
    let found: Vec<Day> = Statement::new(include_str!("daily.sql"))
        .bind("workspace", &workspace)
        .bind("from_day", &from)
        .bind("to_day", &to)
        // One more tells that there are too many.
        .bind("row_limit", &(most as i64 + 1))
        .with(cut.name(), true)
        .all(scope)
        .await?;
    Ok((found.len() <= most).then_some(found))
}

/// The columns of a table of days, in order: the fields of [`Day`].
pub const COLUMNS: &[&str] = &[
    "date",
    "channel_type",
    "department",
    "agent_id",
    "total_conversations",
    "resolved_conversations",
    "ai_resolved_conversations",
    "human_resolved_conversations",
    "abandoned_conversations",
    "reopened_conversations",
    "avg_first_response_time_seconds",
    "p50_first_response_time_seconds",
    "p90_first_response_time_seconds",
    "p95_first_response_time_seconds",
    "avg_resolution_time_seconds",
    "p50_resolution_time_seconds",
    "p90_resolution_time_seconds",
    "p95_resolution_time_seconds",
    "total_ratings",
    "avg_satisfaction_score",
    "handoff_rate",
    "leads_generated",
    "revenue_attributed",
];

/// The same rows and names as in JSON.
fn table(days: &[Day]) -> Answer<Response> {
    let mut table = Table::new(COLUMNS);
    for day in days {
        let day = serde_json::to_value(day).map_err(Problem::internal)?;
        let cells: Vec<String> = COLUMNS
            .iter()
            .map(|column| match &day[*column] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
            .collect();
        table.row(&cells);
    }
    Ok(table.into_response())
}

record! {
    /// How long customers waited.
    pub struct Percentiles {
        /// How many conversations began.
        pub conversation_count: i64,
        /// How many of them were answered.
        pub first_response_count: i64,
        /// Seconds to the first answer: within them came 50, 90 and 95 % of them.
        pub first_response_seconds: Option<Vec<Option<i32>>>,
        /// The same in business hours.
        pub first_response_business_seconds: Option<Vec<Option<i32>>>,
        /// How many of them were resolved.
        pub resolution_count: i64,
        /// Seconds to the resolution: within them came 50, 90 and 95 % of them.
        pub resolution_seconds: Option<Vec<Option<i32>>>,
        /// The same in business hours.
        pub resolution_business_seconds: Option<Vec<Option<i32>>>,
    }
}

/// Of which conversations percentiles are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PercentileReport {
    /// The first day on which they began, in the workspace's time zone.
    #[param(example = "2026-05-01")]
    from: Date,
    /// The last day, at most 366 days from the first.
    #[param(example = "2026-05-31")]
    to: Date,
    /// The kind of channel.
    channel_type: Option<ChannelKind>,
    /// The department.
    department: Option<String>,
    /// The agent.
    agent_id: Option<Uuid>,
    /// The team.
    team_id: Option<Uuid>,
    /// A tag they have.
    tag: Option<String>,
}

/// Read percentiles
///
/// Over all conversations of the time at once: percentiles of days cannot be added up.
#[utoipa::path(get, path = "/reports/percentiles", tag = "Reports", security(("session" = ["viewer"])), params(PercentileReport),
    responses((status = OK, description = "The percentiles.", body = Percentiles),
        (status = UNPROCESSABLE_ENTITY, description = "A value is not valid.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn read_percentiles(
    scope: Scoped<Viewer>,
    Query(wanted): Query<PercentileReport>,
) -> Answer<Json<Percentiles>> {
    require_days(wanted.from, wanted.to)?;
    let workspace = scope.workspace();
    let found = Statement::new(PERCENTILES)
        .bind("workspace", &workspace)
        .bind("from_day", &wanted.from)
        .bind("to_day", &wanted.to)
        .filter("channel_type", &wanted.channel_type)
        .filter("department", &wanted.department)
        .filter("agent_id", &wanted.agent_id)
        .filter("team_id", &wanted.team_id)
        .filter("tag", &wanted.tag)
        .one(&scope)
        .await?;
    Ok(Json(found))
}

record! {
    /// A figure of this moment.
    pub struct LiveFigure {
        /// Which figure.
        pub metric_name: String,
        /// Its value.
        pub metric_value: f64,
        /// Of what part; empty for the whole workspace.
        #[schema(value_type = Object)]
        pub dimensions: StoredJson,
        /// When it was taken.
        pub taken_at: Timestamp,
    }
}

/// The figures of this moment.
#[derive(Serialize, ToSchema)]
pub struct LiveFigures {
    /// By name.
    data: Vec<LiveFigure>,
}

/// Read the figures of this moment
///
/// At most 15 seconds old.
#[utoipa::path(get, path = "/reports/live", tag = "Reports", security(("session" = ["viewer"])),
    responses((status = OK, description = "The figures.", body = LiveFigures)))]
async fn read_live_figures(scope: Scoped<Viewer>) -> Answer<Json<LiveFigures>> {
    let workspace = scope.workspace();
    let newest = async || -> Answer<Vec<LiveFigure>> {
        Statement::new(include_str!("newest.sql"))
            .bind("workspace", &workspace)
            .all(&scope)
            .await
    };
    let mut data = newest().await?;
    let oldest_allowed = Timestamp::now().as_second() - FRESH_SECONDS;
    let is_stale = data
        .first()
        .is_none_or(|figure| figure.taken_at.as_second() < oldest_allowed);
    if is_stale {
        Statement::new(include_str!("refresh.sql"))
            .bind("workspace", &workspace)
            .execute(&scope)
            .await?;
        data = newest().await?;
    }
    Ok(Json(LiveFigures { data }))
}
