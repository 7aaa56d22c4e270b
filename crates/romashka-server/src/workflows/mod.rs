//! Workflows: what starts an automation, and which steps it takes.

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

use crate::choice;
use crate::created::Created;
use crate::cursor::Place;
use crate::input::{self, Limit, List, Path, Query};
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
        .routes(routes!(list_workflows, create_workflow))
        .routes(routes!(read_workflow, change_workflow, delete_workflow))
}

choice! {
    /// What starts a workflow.
    pub enum WorkflowTrigger {
        /// Somebody.
        Manual = "manual",
        /// A customer's wish.
        Intent = "intent",
        /// A word.
        Keyword = "keyword",
        /// A time.
        Schedule = "schedule",
        /// An event of the ledger.
        Event = "event",
    }
}

record! {
    /// An automation.
    pub struct Workflow {
        /// Its identity.
        pub id: Uuid,
        /// What members call it.
        pub name: String,
        /// What it is for.
        pub description: Option<String>,
        /// What starts it.
        pub trigger_type: WorkflowTrigger,
        /// Which intent, keyword, time or event.
        #[schema(value_type = Object)]
        pub trigger_conditions: StoredJson,
        /// The steps in order.
        #[schema(value_type = Vec<Value>)]
        pub steps: StoredJson,
        /// The steps as the editor draws them.
        #[schema(value_type = Vec<Value>)]
        pub nodes: StoredJson,
        /// Which node leads to which.
        #[schema(value_type = Vec<Value>)]
        pub connections: StoredJson,
        /// Whether it is started.
        pub is_active: bool,
        /// How many runs were started.
        pub execution_count: i32,
        /// How many were completed.
        pub success_count: i32,
        /// How many failed.
        pub failure_count: i32,
        /// Who made it.
        pub user_id: Option<Uuid>,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkflowOrder {
    /// By name.
    #[default]
    Name,
    /// Newest first.
    CreatedAt,
}

/// Which workflows are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListWorkflows {
    /// What its name holds.
    search: Option<String>,
    /// Whether they are started.
    is_active: Option<bool>,
    /// What starts them, with commas between them.
    #[param(value_type = Option<String>)]
    trigger_type: Option<List<WorkflowTrigger>>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: WorkflowOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List workflows
#[utoipa::path(get, path = "/workflows", tag = "Workflows", security(("session" = ["viewer"])), params(ListWorkflows),
    responses((status = OK, description = "A page.", body = Page<Workflow>)))]
async fn list_workflows(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListWorkflows>,
) -> Answer<Json<Page<Workflow>>> {
    let place = Place::of(wanted.cursor.as_deref(), &wanted.sort)?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_text = place.as_ref().and_then(|place| place.text.as_deref());
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let trigger_type = wanted.trigger_type.map(|List(values)| values);
    let by = |order| wanted.sort == order;
    let rows: Vec<Workflow> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("search", &wanted.search)
        .filter("is_active", &wanted.is_active)
        .filter("trigger_type", &trigger_type)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .bind("after_text", &after_text)
        .with("by_name", by(WorkflowOrder::Name))
        .with("after_name", place.is_some() && by(WorkflowOrder::Name))
        .with("by_created_at", by(WorkflowOrder::CreatedAt))
        .with(
            "after_created_at",
            place.is_some() && by(WorkflowOrder::CreatedAt),
        )
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        match wanted.sort {
            WorkflowOrder::Name => Place::at_text(wanted.sort, last.name.clone(), last.id),
            WorkflowOrder::CreatedAt => Place::at_time(wanted.sort, last.created_at, last.id),
        }
    })))
}

/// A workflow to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Greet at night", "trigger_type": "event", "trigger_conditions": {"event": "conversation.created"}, "steps": [{"action": "send_message", "text": "We answer from nine."}]}))]
pub struct NewWorkflow {
    /// What members call it.
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    /// What it is for.
    description: Option<String>,
    /// What starts it.
    trigger_type: WorkflowTrigger,
    /// Which intent, keyword, time or event.
    #[schema(value_type = Option<Object>)]
    trigger_conditions: Option<Map<String, Value>>,
    /// The steps in order.
    #[schema(value_type = Option<Vec<Value>>)]
    steps: Option<Vec<Value>>,
    /// The steps as the editor draws them.
    #[schema(value_type = Option<Vec<Value>>)]
    nodes: Option<Vec<Value>>,
    /// Which node leads to which.
    #[schema(value_type = Option<Vec<Value>>)]
    connections: Option<Vec<Value>>,
    /// Whether it is started.
    is_active: Option<bool>,
}

/// Make a workflow
#[utoipa::path(post, path = "/workflows", tag = "Workflows", security(("session" = ["admin"])), request_body = NewWorkflow,
    responses((status = CREATED, description = "It was made.", body = Workflow, headers(("ETag" = String), ("Location" = String)))))]
async fn create_workflow(
    scope: Scoped<Admin>,
    input::Json(new): input::Json<NewWorkflow>,
) -> Answer<Created<Workflow>> {
    let workspace = scope.workspace();
    let trigger_conditions = new.trigger_conditions.map(Jsonb);
    let steps = new.steps.map(Jsonb);
    let nodes = new.nodes.map(Jsonb);
    let connections = new.connections.map(Jsonb);
    let made: Workflow = Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("name", &new.name)
        .bind("description", &new.description)
        .bind("trigger_type", &new.trigger_type)
        .bind("trigger_conditions", &trigger_conditions)
        .bind("steps", &steps)
        .bind("nodes", &nodes)
        .bind("connections", &connections)
        .bind("is_active", &new.is_active)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/workflows/{}", made.id),
        version: Some(made.updated_at),
        body: made,
    })
}

async fn workflow<N>(scope: &Scoped<N>, id: Uuid) -> Answer<Workflow> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a workflow
#[utoipa::path(get, path = "/workflows/{id}", tag = "Workflows", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The workflow.")),
    responses((status = OK, description = "The workflow.", body = Workflow, headers(("ETag" = String)))))]
async fn read_workflow(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<Workflow>>> {
    let found = workflow(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a workflow. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_active": true}))]
pub struct WorkflowChange {
    /// What members call it.
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// What it is for.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// What starts it.
    trigger_type: Option<WorkflowTrigger>,
    /// Which intent, keyword, time or event.
    #[schema(value_type = Option<Object>)]
    trigger_conditions: Option<Map<String, Value>>,
    /// The steps in order.
    #[schema(value_type = Option<Vec<Value>>)]
    steps: Option<Vec<Value>>,
    /// The steps as the editor draws them.
    #[schema(value_type = Option<Vec<Value>>)]
    nodes: Option<Vec<Value>>,
    /// Which node leads to which.
    #[schema(value_type = Option<Vec<Value>>)]
    connections: Option<Vec<Value>>,
    /// Whether it is started.
    is_active: Option<bool>,
}

/// Change a workflow
#[utoipa::path(patch, path = "/workflows/{id}", tag = "Workflows", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The workflow."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = WorkflowChange,
    responses((status = OK, description = "It was changed.", body = Workflow, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_workflow(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<WorkflowChange>,
) -> Answer<Versioned<Json<Workflow>>> {
    let workspace = scope.workspace();
    let (changes_description, description) =
        (change.description.is_some(), change.description.flatten());
    let trigger_conditions = change.trigger_conditions.map(Jsonb);
    let steps = change.steps.map(Jsonb);
    let nodes = change.nodes.map(Jsonb);
    let connections = change.connections.map(Jsonb);
    let changed: Option<Workflow> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("name", &change.name)
        .bind("changes_description", &changes_description)
        .bind("description", &description)
        .bind("trigger_type", &change.trigger_type)
        .bind("trigger_conditions", &trigger_conditions)
        .bind("steps", &steps)
        .bind("nodes", &nodes)
        .bind("connections", &connections)
        .bind("is_active", &change.is_active)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(workflow(&scope, id).await.is_ok())),
    }
}

/// Remove a workflow
#[utoipa::path(delete, path = "/workflows/{id}", tag = "Workflows", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The workflow."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = CONFLICT, description = "Something else refers to it.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_workflow(
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
        return Err(version.explain(workflow(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}
