//! Routing rules: by which channel a customer is written to, and by which when that one fails.

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

use crate::channels::ChannelKind;
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
        .routes(routes!(list_routing_rules, create_routing_rule))
        .routes(routes!(
            read_routing_rule,
            change_routing_rule,
            delete_routing_rule
        ))
}

record! {
    /// By which channel a customer is written to. The rule with the highest priority that applies is taken.
    pub struct RoutingRule {
        /// Its identity.
        pub id: Uuid,
        /// What members call it.
        pub name: String,
        /// The rule with the highest number that applies is taken.
        pub priority: i32,
        /// What must hold of the customer and the message: values by field.
        #[schema(value_type = Object)]
        pub conditions: StoredJson,
        /// The kind of channel to write by.
        pub target_channel_type: ChannelKind,
        /// The kind to write by when that one fails; null for none.
        pub fallback_channel_type: Option<ChannelKind>,
        /// Whether it is obeyed.
        pub is_active: bool,
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
pub enum RoutingRuleOrder {
    /// Those that are tried first, first.
    #[default]
    Priority,
    /// Newest first.
    CreatedAt,
}

/// Which routing rules are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListRoutingRules {
    /// Whether it is obeyed.
    is_active: Option<bool>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: RoutingRuleOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List routing rules
#[utoipa::path(get, path = "/routing_rules", tag = "Routing rules", security(("session" = ["viewer"])), params(ListRoutingRules),
    responses((status = OK, description = "A page.", body = Page<RoutingRule>)))]
async fn list_routing_rules(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListRoutingRules>,
) -> Answer<Json<Page<RoutingRule>>> {
    let place = Place::of(wanted.cursor.as_deref(), &wanted.sort)?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_number = place.as_ref().and_then(|place| place.number);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let by = |order| wanted.sort == order;
    let rows: Vec<RoutingRule> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("is_active", &wanted.is_active)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .bind("after_number", &after_number)
        .with("by_priority", by(RoutingRuleOrder::Priority))
        .with(
            "after_priority",
            place.is_some() && by(RoutingRuleOrder::Priority),
        )
        .with("by_created_at", by(RoutingRuleOrder::CreatedAt))
        .with(
            "after_created_at",
            place.is_some() && by(RoutingRuleOrder::CreatedAt),
        )
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        match wanted.sort {
            RoutingRuleOrder::Priority => {
                Place::at_number(wanted.sort, last.priority.into(), last.id)
            }
            RoutingRuleOrder::CreatedAt => Place::at_time(wanted.sort, last.created_at, last.id),
        }
    })))
}

/// A routing rule to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Germans by mail", "priority": 10, "conditions": {"language": "de"}, "target_channel_type": "email", "fallback_channel_type": "sms"}))]
pub struct NewRoutingRule {
    /// What members call it.
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    /// The rule with the highest number that applies is taken.
    priority: Option<i32>,
    /// What must hold of the customer and the message: values by field.
    #[schema(value_type = Option<Object>)]
    conditions: Option<Map<String, Value>>,
    /// The kind of channel to write by.
    target_channel_type: ChannelKind,
    /// The kind to write by when that one fails; null for none.
    fallback_channel_type: Option<ChannelKind>,
    /// Whether it is obeyed.
    is_active: Option<bool>,
}

/// Make a routing rule
#[utoipa::path(post, path = "/routing_rules", tag = "Routing rules", security(("session" = ["admin"])), request_body = NewRoutingRule,
    responses((status = CREATED, description = "It was made.", body = RoutingRule, headers(("ETag" = String), ("Location" = String)))))]
async fn create_routing_rule(
    scope: Scoped<Admin>,
    input::Json(new): input::Json<NewRoutingRule>,
) -> Answer<Created<RoutingRule>> {
    let workspace = scope.workspace();
    let conditions = new.conditions.map(Jsonb);
    let made: RoutingRule = Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("name", &new.name)
        .bind("priority", &new.priority)
        .bind("conditions", &conditions)
        .bind("target_channel_type", &new.target_channel_type)
        .bind("fallback_channel_type", &new.fallback_channel_type)
        .bind("is_active", &new.is_active)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/routing_rules/{}", made.id),
        version: Some(made.updated_at),
        body: made,
    })
}

async fn routing_rule<N>(scope: &Scoped<N>, id: Uuid) -> Answer<RoutingRule> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a routing rule
#[utoipa::path(get, path = "/routing_rules/{id}", tag = "Routing rules", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The routing rule.")),
    responses((status = OK, description = "The routing rule.", body = RoutingRule, headers(("ETag" = String)))))]
async fn read_routing_rule(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<RoutingRule>>> {
    let found = routing_rule(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a routing rule. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_active": false}))]
pub struct RoutingRuleChange {
    /// What members call it.
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// The rule with the highest number that applies is taken.
    priority: Option<i32>,
    /// What must hold of the customer and the message: values by field.
    #[schema(value_type = Option<Object>)]
    conditions: Option<Map<String, Value>>,
    /// The kind of channel to write by.
    target_channel_type: Option<ChannelKind>,
    /// The kind to write by when that one fails; null for none.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<ChannelKind>)]
    fallback_channel_type: Option<Option<ChannelKind>>,
    /// Whether it is obeyed.
    is_active: Option<bool>,
}

/// Change a routing rule
#[utoipa::path(patch, path = "/routing_rules/{id}", tag = "Routing rules", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The routing rule."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = RoutingRuleChange,
    responses((status = OK, description = "It was changed.", body = RoutingRule, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_routing_rule(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<RoutingRuleChange>,
) -> Answer<Versioned<Json<RoutingRule>>> {
    let workspace = scope.workspace();
    let conditions = change.conditions.map(Jsonb);
    let (changes_fallback_channel_type, fallback_channel_type) = (
        change.fallback_channel_type.is_some(),
        change.fallback_channel_type.flatten(),
    );
    let changed: Option<RoutingRule> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("name", &change.name)
        .bind("priority", &change.priority)
        .bind("conditions", &conditions)
        .bind("target_channel_type", &change.target_channel_type)
        .bind(
            "changes_fallback_channel_type",
            &changes_fallback_channel_type,
        )
        .bind("fallback_channel_type", &fallback_channel_type)
        .bind("is_active", &change.is_active)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(routing_rule(&scope, id).await.is_ok())),
    }
}

/// Remove a routing rule
#[utoipa::path(delete, path = "/routing_rules/{id}", tag = "Routing rules", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The routing rule."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = CONFLICT, description = "Something else refers to it.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_routing_rule(
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
        return Err(version.explain(routing_rule(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}
