//! SLA policies: what is promised to which conversations.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::channels::ChannelKind;
use crate::choice;
use crate::created::Created;
use crate::cursor::Place;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Document, Problem};
use crate::record;
use crate::scoped::{Admin, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_sla_policies, create_sla_policy))
        .routes(routes!(
            read_sla_policy,
            change_sla_policy,
            delete_sla_policy
        ))
}

choice! {
    /// A priority that a policy is for.
    pub enum SlaPriority {
        /// Can wait.
        Low = "low",
        /// As most.
        Normal = "normal",
        /// Before others.
        High = "high",
        /// At once.
        Urgent = "urgent",
    }
}

record! {
    /// What is promised to conversations of a kind. The first active one by position that fits applies.
    pub struct SlaPolicy {
        /// Its identity.
        pub id: Uuid,
        /// Its name.
        pub name: String,
        /// What it promises.
        pub description: Option<String>,
        /// Policies are tried by ascending position.
        pub position: i32,
        /// Whether new conversations get it.
        pub is_active: bool,
        /// Priorities it is for; empty for all.
        pub priorities: Vec<SlaPriority>,
        /// Kinds of channel it is for; empty for all.
        pub channel_types: Vec<ChannelKind>,
        /// Teams it is for; empty for all.
        pub team_ids: Vec<Uuid>,
        /// Within how many seconds the first answer is due. Null for no promise.
        pub first_response_seconds: Option<i32>,
        /// Within how many seconds each later answer is due. Null for no promise.
        pub next_response_seconds: Option<i32>,
        /// Within how many seconds the resolution is due. Null for no promise.
        pub resolution_seconds: Option<i32>,
        /// Whether the seconds are those of the workspace's business hours.
        pub business_hours_only: bool,
        /// Whether the resolution's clock stands while the customer has to answer.
        pub pause_while_waiting: bool,
        /// Who made it.
        pub created_by: Option<Uuid>,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlaPolicyOrder {
    /// As they are tried.
    #[default]
    Position,
    /// By name.
    Name,
}

/// Which policies are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSlaPolicies {
    /// Whether new conversations get it.
    is_active: Option<bool>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: SlaPolicyOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List policies
#[utoipa::path(get, path = "/sla_policies", tag = "SLA policies", security(("session" = ["viewer"])), params(ListSlaPolicies),
    responses((status = OK, description = "A page.", body = Page<SlaPolicy>)))]
async fn list_sla_policies(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListSlaPolicies>,
) -> Answer<Json<Page<SlaPolicy>>> {
    let place = Place::of(wanted.cursor.as_deref(), &wanted.sort)?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_text = place.as_ref().and_then(|place| place.text.as_deref());
    let after_number = place.as_ref().and_then(|place| place.number);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let by = |order| wanted.sort == order;
    let rows: Vec<SlaPolicy> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("is_active", &wanted.is_active)
        .bind("after_id", &after_id)
        .bind("after_text", &after_text)
        .bind("after_number", &after_number)
        .with("by_position", by(SlaPolicyOrder::Position))
        .with(
            "after_position",
            place.is_some() && by(SlaPolicyOrder::Position),
        )
        .with("by_name", by(SlaPolicyOrder::Name))
        .with("after_name", place.is_some() && by(SlaPolicyOrder::Name))
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        match wanted.sort {
            SlaPolicyOrder::Position => {
                Place::at_number(wanted.sort, last.position.into(), last.id)
            }
            SlaPolicyOrder::Name => Place::at_text(wanted.sort, last.name.clone(), last.id),
        }
    })))
}

/// A policy to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Urgent within the hour", "position": 10, "priorities": ["urgent"], "first_response_seconds": 3600, "resolution_seconds": 28800, "business_hours_only": true}))]
pub struct NewSlaPolicy {
    /// Its name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// What it promises.
    description: Option<String>,
    /// Policies are tried by ascending position.
    position: Option<i32>,
    /// Whether new conversations get it.
    is_active: Option<bool>,
    /// Priorities it is for; empty for all.
    priorities: Option<Vec<SlaPriority>>,
    /// Kinds of channel it is for; empty for all.
    channel_types: Option<Vec<ChannelKind>>,
    /// Teams it is for; empty for all.
    team_ids: Option<Vec<Uuid>>,
    /// Within how many seconds the first answer is due. Null for no promise.
    #[schema(minimum = 1)]
    first_response_seconds: Option<i32>,
    /// Within how many seconds each later answer is due. Null for no promise.
    #[schema(minimum = 1)]
    next_response_seconds: Option<i32>,
    /// Within how many seconds the resolution is due. Null for no promise.
    #[schema(minimum = 1)]
    resolution_seconds: Option<i32>,
    /// Whether the seconds are those of the workspace's business hours.
    business_hours_only: Option<bool>,
    /// Whether the resolution's clock stands while the customer has to answer.
    pause_while_waiting: Option<bool>,
}

/// Make a policy
#[utoipa::path(post, path = "/sla_policies", tag = "SLA policies", security(("session" = ["admin"])), request_body = NewSlaPolicy,
    responses((status = CREATED, description = "It was made.", body = SlaPolicy, headers(("ETag" = String), ("Location" = String)))))]
async fn create_sla_policy(
    scope: Scoped<Admin>,
    input::Json(new): input::Json<NewSlaPolicy>,
) -> Answer<Created<SlaPolicy>> {
    let workspace = scope.workspace();
    let made: SlaPolicy = Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("name", &new.name)
        .bind("description", &new.description)
        .bind("position", &new.position)
        .bind("is_active", &new.is_active)
        .bind("priorities", &new.priorities)
        .bind("channel_types", &new.channel_types)
        .bind("team_ids", &new.team_ids)
        .bind("first_response_seconds", &new.first_response_seconds)
        .bind("next_response_seconds", &new.next_response_seconds)
        .bind("resolution_seconds", &new.resolution_seconds)
        .bind("business_hours_only", &new.business_hours_only)
        .bind("pause_while_waiting", &new.pause_while_waiting)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/sla_policies/{}", made.id),
        version: Some(made.updated_at),
        body: made,
    })
}

async fn sla_policy<N>(scope: &Scoped<N>, id: Uuid) -> Answer<SlaPolicy> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a policy
#[utoipa::path(get, path = "/sla_policies/{id}", tag = "SLA policies", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The policy.")),
    responses((status = OK, description = "The policy.", body = SlaPolicy, headers(("ETag" = String)))))]
async fn read_sla_policy(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<SlaPolicy>>> {
    let found = sla_policy(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a policy. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"first_response_seconds": 1800}))]
pub struct SlaPolicyChange {
    /// Its name.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What it promises.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// Policies are tried by ascending position.
    position: Option<i32>,
    /// Whether new conversations get it.
    is_active: Option<bool>,
    /// Priorities it is for; empty for all.
    priorities: Option<Vec<SlaPriority>>,
    /// Kinds of channel it is for; empty for all.
    channel_types: Option<Vec<ChannelKind>>,
    /// Teams it is for; empty for all.
    team_ids: Option<Vec<Uuid>>,
    /// Within how many seconds the first answer is due. Null for no promise.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<i32>, minimum = 1)]
    first_response_seconds: Option<Option<i32>>,
    /// Within how many seconds each later answer is due. Null for no promise.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<i32>, minimum = 1)]
    next_response_seconds: Option<Option<i32>>,
    /// Within how many seconds the resolution is due. Null for no promise.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<i32>, minimum = 1)]
    resolution_seconds: Option<Option<i32>>,
    /// Whether the seconds are those of the workspace's business hours.
    business_hours_only: Option<bool>,
    /// Whether the resolution's clock stands while the customer has to answer.
    pause_while_waiting: Option<bool>,
}

/// Change a policy
#[utoipa::path(patch, path = "/sla_policies/{id}", tag = "SLA policies", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The policy."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = SlaPolicyChange,
    responses((status = OK, description = "It was changed.", body = SlaPolicy, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_sla_policy(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<SlaPolicyChange>,
) -> Answer<Versioned<Json<SlaPolicy>>> {
    let workspace = scope.workspace();
    let (changes_description, description) =
        (change.description.is_some(), change.description.flatten());
    let (changes_first_response_seconds, first_response_seconds) = (
        change.first_response_seconds.is_some(),
        change.first_response_seconds.flatten(),
    );
    let (changes_next_response_seconds, next_response_seconds) = (
        change.next_response_seconds.is_some(),
        change.next_response_seconds.flatten(),
    );
    let (changes_resolution_seconds, resolution_seconds) = (
        change.resolution_seconds.is_some(),
        change.resolution_seconds.flatten(),
    );
    let changed: Option<SlaPolicy> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("name", &change.name)
        .bind("changes_description", &changes_description)
        .bind("description", &description)
        .bind("position", &change.position)
        .bind("is_active", &change.is_active)
        .bind("priorities", &change.priorities)
        .bind("channel_types", &change.channel_types)
        .bind("team_ids", &change.team_ids)
        .bind(
            "changes_first_response_seconds",
            &changes_first_response_seconds,
        )
        .bind("first_response_seconds", &first_response_seconds)
        .bind(
            "changes_next_response_seconds",
            &changes_next_response_seconds,
        )
        .bind("next_response_seconds", &next_response_seconds)
        .bind("changes_resolution_seconds", &changes_resolution_seconds)
        .bind("resolution_seconds", &resolution_seconds)
        .bind("business_hours_only", &change.business_hours_only)
        .bind("pause_while_waiting", &change.pause_while_waiting)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(sla_policy(&scope, id).await.is_ok())),
    }
}

/// Remove a policy
#[utoipa::path(delete, path = "/sla_policies/{id}", tag = "SLA policies", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The policy."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = CONFLICT, description = "Something else refers to it.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_sla_policy(
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
        return Err(version.explain(sla_policy(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}
