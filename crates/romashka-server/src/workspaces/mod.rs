//! Workspaces: those of a person, and what their admins set.

use axum::Json;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio_postgres::types::Json as Jsonb;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::created::Created;
use crate::cursor::AtTime;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::scoped::{Admin, Person, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_workspaces, create_workspace))
        .routes(routes!(read_workspace, change_workspace))
}

record! {
    /// A workspace.
    pub struct Workspace {
        /// Its identity.
        pub id: Uuid,
        /// Its short name in addresses.
        pub slug: String,
        /// Its name.
        pub name: String,
        /// The time zone in which its days begin.
        pub time_zone: String,
        /// The language where nothing else is known.
        pub default_language: String,
        /// Opening hours: for each weekday an object with start and end.
        #[schema(value_type = Object)]
        pub business_hours: StoredJson,
        /// Further settings.
        #[schema(value_type = Object)]
        pub settings: StoredJson,
        /// active or suspended.
        pub status: String,
        /// What the person is in it.
        pub role: String,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// Which page is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListWorkspaces {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List workspaces
///
/// Those that the person is a member of.
#[utoipa::path(get, path = "/workspaces", tag = "Workspaces", security(("session" = ["person"])), params(ListWorkspaces),
    responses((status = OK, description = "A page.", body = Page<Workspace>)))]
async fn list_workspaces(
    scope: Scoped<Person>,
    Query(wanted): Query<ListWorkspaces>,
) -> Answer<Json<Page<Workspace>>> {
    let place = AtTime::of(wanted.cursor.as_deref(), &())?;
    let (after_time, after_id) = (
        place.and_then(|place| place.time),
        place.map(|place| place.id),
    );
    let row_limit = wanted.limit.rows_to_read();
    let rows: Vec<Workspace> = Statement::new(include_str!("list.sql"))
        .with("after", place.is_some())
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .bind("row_limit", &row_limit)
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| AtTime {
        order: (),
        time: Some(last.created_at),
        id: last.id,
    })))
}

/// A workspace to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWorkspace {
    /// Its short name in addresses: small letters, digits and hyphens.
    #[schema(pattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    slug: String,
    /// Its name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

async fn workspace<N>(scope: &Scoped<N>, id: Uuid) -> Answer<Workspace> {
    Statement::new(include_str!("list.sql"))
        .with("id", true)
        .bind("id", &id)
        .bind("row_limit", &1_i64)
        .one(scope)
        .await
}

/// Make a workspace
///
/// Its owner is the one who asks.
#[utoipa::path(post, path = "/workspaces", tag = "Workspaces", security(("session" = ["person"])), request_body = NewWorkspace,
    responses((status = CREATED, description = "It was made.", body = Workspace, headers(("ETag" = String), ("Location" = String))),
        (status = CONFLICT, description = "The short name is taken.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn create_workspace(
    mut scope: Scoped<Person>,
    input::Json(new): input::Json<NewWorkspace>,
) -> Answer<Created<Workspace>> {
    let person = scope.principal().person()?;
    let id: Uuid = Statement::new(include_str!("create.sql"))
        .bind("slug", &new.slug)
        .bind("name", &new.name)
        .value(&scope)
        .await?;
    scope.act_in(person, id).await?;
    let made = workspace(&scope, id).await?;
    Ok(Created {
        path: format!("/workspaces/{id}"),
        version: Some(made.updated_at),
        body: made,
    })
}

/// The workspace of the path, when it is the one the request works in.
fn own<N>(scope: &Scoped<N>, id: Uuid) -> Answer<()> {
    if scope.workspace() == Some(id) {
        Ok(())
    } else {
        Err(Problem::not_found().detail("Name the workspace in the header Romashka-Workspace too"))
    }
}

/// Read a workspace
///
/// The one that the request works in.
#[utoipa::path(get, path = "/workspaces/{id}", tag = "Workspaces", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The workspace.")),
    responses((status = OK, description = "The workspace.", body = Workspace, headers(("ETag" = String)))))]
async fn read_workspace(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<Workspace>>> {
    own(&scope, id)?;
    let found = read_for_member(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

async fn read_for_member<N>(scope: &Scoped<N>, id: Uuid) -> Answer<Workspace> {
    let role = scope.role().unwrap_or_default();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("role", &role)
        .one(scope)
        .await
}

/// What to change of a workspace. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceChange {
    /// Its name.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// The time zone in which its days begin.
    time_zone: Option<String>,
    /// The language where nothing else is known.
    default_language: Option<String>,
    /// Opening hours, all of them.
    #[schema(value_type = Option<Object>)]
    business_hours: Option<Map<String, Value>>,
    /// Further settings, all of them.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
}

/// Change a workspace
#[utoipa::path(patch, path = "/workspaces/{id}", tag = "Workspaces", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The workspace."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    request_body = WorkspaceChange,
    responses((status = OK, description = "It was changed.", body = Workspace, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn change_workspace(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<WorkspaceChange>,
) -> Answer<Versioned<Json<Workspace>>> {
    own(&scope, id)?;
    let (business_hours, settings) = (change.business_hours.map(Jsonb), change.settings.map(Jsonb));
    let changed = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("name", &change.name)
        .bind("time_zone", &change.time_zone)
        .bind("default_language", &change.default_language)
        .bind("business_hours", &business_hours)
        .bind("settings", &settings)
        .filter("version", &version.0)
        .execute(&scope)
        .await?;
    if changed == 0 {
        return Err(version.explain(true));
    }
    let found = read_for_member(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}
