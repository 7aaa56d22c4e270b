//! Teams: who takes the conversations of a department, and in which hours.

mod members;

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_postgres::types::Json as Jsonb;
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
use crate::scoped::{Admin, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_teams, create_team))
        .routes(routes!(read_team, change_team, delete_team))
        .merge(members::router())
}

record! {
    /// A group of agents.
    pub struct Team {
        /// Its identity.
        pub id: Uuid,
        /// Its name.
        pub name: String,
        /// What it is for.
        pub description: Option<String>,
        /// The department whose conversations it takes; of one team at most.
        pub department: Option<String>,
        /// Its own hours, of the form of the workspace's; null for the workspace's.
        #[schema(value_type = Option<Object>)]
        pub business_hours: Option<StoredJson>,
        /// How many members it has.
        pub member_count: i64,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeamOrder {
    /// By name.
    #[default]
    Name,
    /// Newest first.
    CreatedAt,
}

/// Which teams are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListTeams {
    /// What its name holds.
    search: Option<String>,
    /// The department.
    department: Option<String>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: TeamOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List teams
#[utoipa::path(get, path = "/teams", tag = "Teams", security(("session" = ["viewer"])), params(ListTeams),
    responses((status = OK, description = "A page.", body = Page<Team>)))]
async fn list_teams(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListTeams>,
) -> Answer<Json<Page<Team>>> {
    let place = Place::of(wanted.cursor.as_deref(), &wanted.sort)?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_text = place.as_ref().and_then(|place| place.text.as_deref());
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let by = |order| wanted.sort == order;
    let rows: Vec<Team> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("search", &wanted.search)
        .filter("department", &wanted.department)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .bind("after_text", &after_text)
        .with("by_name", by(TeamOrder::Name))
        .with("after_name", place.is_some() && by(TeamOrder::Name))
        .with("by_created_at", by(TeamOrder::CreatedAt))
        .with(
            "after_created_at",
            place.is_some() && by(TeamOrder::CreatedAt),
        )
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        match wanted.sort {
            TeamOrder::Name => Place::at_text(wanted.sort, last.name.clone(), last.id),
            TeamOrder::CreatedAt => Place::at_time(wanted.sort, last.created_at, last.id),
        }
    })))
}

/// A team to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Billing", "description": "Invoices and refunds", "department": "billing", "business_hours": {"monday": {"start": "09:00", "end": "17:00"}}}))]
pub struct NewTeam {
    /// Its name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What it is for.
    description: Option<String>,
    /// The department whose conversations it takes; of one team at most.
    department: Option<String>,
    /// Its own hours, of the form of the workspace's; null for the workspace's.
    #[schema(value_type = Option<Object>)]
    business_hours: Option<Map<String, Value>>,
}

/// Make a team
#[utoipa::path(post, path = "/teams", tag = "Teams", security(("session" = ["admin"])), request_body = NewTeam,
    responses((status = CREATED, description = "It was made.", body = Team, headers(("ETag" = String), ("Location" = String)))))]
async fn create_team(
    scope: Scoped<Admin>,
    input::Json(new): input::Json<NewTeam>,
) -> Answer<Created<Team>> {
    let workspace = scope.workspace();
    let business_hours = new.business_hours.map(Jsonb);
    let made: Team = Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("name", &new.name)
        .bind("description", &new.description)
        .bind("department", &new.department)
        .bind("business_hours", &business_hours)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/teams/{}", made.id),
        version: Some(made.updated_at),
        body: made,
    })
}

async fn team<N>(scope: &Scoped<N>, id: Uuid) -> Answer<Team> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a team
#[utoipa::path(get, path = "/teams/{id}", tag = "Teams", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The team.")),
    responses((status = OK, description = "The team.", body = Team, headers(("ETag" = String)))))]
async fn read_team(scope: Scoped<Viewer>, Path(id): Path<Uuid>) -> Answer<Versioned<Json<Team>>> {
    let found = team(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a team. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"description": "Invoices, refunds and contracts"}))]
pub struct TeamChange {
    /// Its name.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What it is for.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// The department whose conversations it takes; of one team at most.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    department: Option<Option<String>>,
    /// Its own hours, of the form of the workspace's; null for the workspace's.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<Object>)]
    business_hours: Option<Option<Map<String, Value>>>,
}

/// Change a team
#[utoipa::path(patch, path = "/teams/{id}", tag = "Teams", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The team."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = TeamChange,
    responses((status = OK, description = "It was changed.", body = Team, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_team(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<TeamChange>,
) -> Answer<Versioned<Json<Team>>> {
    let workspace = scope.workspace();
    let (changes_description, description) =
        (change.description.is_some(), change.description.flatten());
    let (changes_department, department) =
        (change.department.is_some(), change.department.flatten());
    let (changes_business_hours, business_hours) = (
        change.business_hours.is_some(),
        change.business_hours.flatten().map(Jsonb),
    );
    let changed: Option<Team> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("name", &change.name)
        .bind("changes_description", &changes_description)
        .bind("description", &description)
        .bind("changes_department", &changes_department)
        .bind("department", &department)
        .bind("changes_business_hours", &changes_business_hours)
        .bind("business_hours", &business_hours)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(team(&scope, id).await.is_ok())),
    }
}

/// Remove a team
///
/// Its conversations go on without a team only after they were given to another: while one has it, it stays.
#[utoipa::path(delete, path = "/teams/{id}", tag = "Teams", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The team."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = CONFLICT, description = "Something else refers to it.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_team(
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
        .await
        .map_err(Problem::of_removal)?;
    if removed == 0 {
        return Err(version.explain(team(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}
