//! Whether agents take conversations now. Each says it of himself, an admin of everybody; how many conversations one has is
//! the database's to count.

use axum::Json;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio_postgres::types::Json as Jsonb;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::choice;
use crate::cursor::Place;
use crate::input::{self, Limit, List, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Code, Document, Problem};
use crate::record;
use crate::scoped::{Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_availability))
        .routes(routes!(read_availability, change_availability))
}

choice! {
    /// What an agent says of himself.
    pub enum AgentStatus {
        /// He takes conversations.
        Available = "available",
        /// He is at work on others.
        Busy = "busy",
        /// He is not at his desk.
        Away = "away",
        /// He is not at work.
        Offline = "offline",
    }
}

record! {
    /// Whether an agent takes conversations.
    pub struct Availability {
        /// The agent.
        pub agent_id: Uuid,
        /// The name colleagues and customers see.
        pub full_name: Option<String>,
        /// Whether the agent is at work.
        pub is_online: bool,
        /// What the agent says.
        pub status: AgentStatus,
        /// How many open conversations the agent takes at once.
        pub max_concurrent_chats: i32,
        /// How many open conversations the agent has.
        pub current_chat_count: i32,
        /// When the agent last did something.
        pub last_activity: Timestamp,
        /// After how many seconds without activity the agent is away; 0 for never.
        pub auto_away_time: i32,
        /// The agent's own hours.
        #[schema(value_type = Object)]
        pub working_hours: StoredJson,
        /// When the agent last got a conversation.
        pub last_assigned_at: Option<Timestamp>,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// Whose availability is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAvailability {
    /// What they say, with commas between.
    #[param(value_type = Option<String>, example = "available,busy")]
    status: Option<List<AgentStatus>>,
    /// Whether they are at work.
    is_online: Option<bool>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List who takes conversations
#[utoipa::path(get, path = "/availability", tag = "Availability", security(("session" = ["viewer"])), params(ListAvailability),
    responses((status = OK, description = "A page.", body = Page<Availability>)))]
async fn list_availability(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListAvailability>,
) -> Answer<Json<Page<Availability>>> {
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_id = place.as_ref().map(|place| place.id);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let status = wanted.status.map(|List(values)| values);
    let rows: Vec<Availability> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("status", &status)
        .filter("is_online", &wanted.is_online)
        .bind("after_id", &after_id)
        .with("after", after_id.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_number((), 0, last.agent_id)
    })))
}

/// The agent that a path names: `me` is who asks.
fn agent_of<N>(scope: &Scoped<N>, named: &str) -> Answer<Uuid> {
    if named == "me" {
        return scope.principal().person();
    }
    named.parse().map_err(|_| Problem::not_found())
}

async fn availability<N>(scope: &Scoped<N>, agent_id: Uuid) -> Answer<Availability> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("workspace", &workspace)
        .bind("agent_id", &agent_id)
        .one(scope)
        .await
}

/// Read whether an agent takes conversations
#[utoipa::path(get, path = "/availability/{user_id}", tag = "Availability", security(("session" = ["viewer"])),
    params(("user_id" = String, Path, description = "The agent's id, or `me`.", example = "me")),
    responses((status = OK, description = "The availability.", body = Availability, headers(("ETag" = String)))))]
async fn read_availability(
    scope: Scoped<Viewer>,
    Path(named): Path<String>,
) -> Answer<Versioned<Json<Availability>>> {
    let found = availability(&scope, agent_of(&scope, &named)?).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of an availability. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_online": true, "status": "available"}))]
pub struct AvailabilityChange {
    /// Whether the agent is at work.
    is_online: Option<bool>,
    /// What the agent says.
    status: Option<AgentStatus>,
    /// How many open conversations the agent takes at once.
    #[schema(minimum = 0, maximum = 1000)]
    max_concurrent_chats: Option<i32>,
    /// After how many seconds without activity the agent is away; 0 for never.
    #[schema(minimum = 0)]
    auto_away_time: Option<i32>,
    /// The agent's own hours, of the form of the workspace's.
    #[schema(value_type = Option<Object>)]
    working_hours: Option<Map<String, Value>>,
}

/// Change whether an agent takes conversations
///
/// Agents change their own, admins everybody's. Who comes online gets what waits in the queue.
#[utoipa::path(patch, path = "/availability/{user_id}", tag = "Availability", security(("session" = ["agent"])),
    params(("user_id" = String, Path, description = "The agent's id, or `me`.", example = "me"),
        ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    request_body = AvailabilityChange,
    responses((status = OK, description = "It was changed.", body = Availability, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_availability(
    scope: Scoped<Agent>,
    Path(named): Path<String>,
    version: IfMatch,
    input::Json(change): input::Json<AvailabilityChange>,
) -> Answer<Versioned<Json<Availability>>> {
    let agent_id = agent_of(&scope, &named)?;
    let is_own = scope
        .principal()
        .person()
        .is_ok_and(|person| person == agent_id);
    let is_admin = matches!(scope.role(), Some("admin" | "owner"));
    let workspace = scope.workspace();
    if is_admin {
        Statement::new(include_str!("create.sql"))
            .bind("workspace", &workspace)
            .bind("agent_id", &agent_id)
            .execute(&scope)
            .await?;
    }
    let before = availability(&scope, agent_id).await?;
    if !is_own && !is_admin {
        return Err(
            Problem::new(Code::Forbidden).detail("Only admins change the availability of others")
        );
    }
    let working_hours = change.working_hours.map(Jsonb);
    let changed = Statement::new(include_str!("change.sql"))
        .bind("workspace", &workspace)
        .bind("agent_id", &before.agent_id)
        .bind("is_online", &change.is_online)
        .bind("status", &change.status)
        .bind("max_concurrent_chats", &change.max_concurrent_chats)
        .bind("auto_away_time", &change.auto_away_time)
        .bind("working_hours", &working_hours)
        .filter("version", &version.0)
        .execute(&scope)
        .await?;
    if changed == 0 {
        return Err(version.explain(true));
    }
    // Coming online may have brought conversations.
    let found = availability(&scope, agent_id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}
