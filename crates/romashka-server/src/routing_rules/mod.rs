//! Routing rules: what becomes of a new conversation. The database takes the rule when the conversation begins; here rules
//! are kept and tried out.

pub mod trial;

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
use crate::sla_policies::SlaPriority;
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
        .routes(routes!(trial::test_routing_rules))
}

record! {
    /// What becomes of a new conversation. Of the active rules whose every condition holds, the one with the highest priority is taken.
    pub struct RoutingRule {
        /// Its identity.
        pub id: Uuid,
        /// What members call it.
        pub name: String,
        /// The rule with the highest number that applies is taken.
        pub priority: i32,
        /// What must hold, all of it; empty for always. Fields: `channel_type`, `channel_id`, `language`, `business_hours` (`open` or `closed`),
        /// `keywords` (words of the first message), `customer_tags`, `customer_status`, `customer_attributes`, `is_new_customer`, `email_domain`,
        /// `attributes`. Where a value is a text it may be a list of texts, one of which must fit.
        #[schema(value_type = Object)]
        pub conditions: StoredJson,
        /// The kind of channel to answer by where the customer can be reached there; null for the one he wrote by.
        pub target_channel_type: Option<ChannelKind>,
        /// The kind to write by when a message cannot be delivered; null for none.
        pub fallback_channel_type: Option<ChannelKind>,
        /// The team that gets the conversation.
        pub team_id: Option<Uuid>,
        /// The agent who gets it: always, or, beside a team, while he is free.
        pub agent_id: Option<Uuid>,
        /// The priority it gets where it has the usual one.
        pub set_priority: Option<SlaPriority>,
        /// Tags it gets.
        pub add_tags: Vec<String>,
        /// The service level it is under; null for the one that fits.
        pub sla_policy_id: Option<Uuid>,
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
#[schema(example = json!({"name": "Orders of Germans", "priority": 10, "conditions": {"language": "de", "keywords": ["Bestellung", "Lieferung"]}, "set_priority": "high", "add_tags": ["order"], "fallback_channel_type": "email"}))]
pub struct NewRoutingRule {
    /// What members call it.
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    /// The rule with the highest number that applies is taken.
    priority: Option<i32>,
    /// What must hold, all of it; empty for always. Fields: `channel_type`, `channel_id`, `language`, `business_hours` (`open` or `closed`),
    /// `keywords` (words of the first message), `customer_tags`, `customer_status`, `customer_attributes`, `is_new_customer`, `email_domain`,
    /// `attributes`. Where a value is a text it may be a list of texts, one of which must fit.
    #[schema(value_type = Option<Object>)]
    conditions: Option<Map<String, Value>>,
    /// The kind of channel to answer by where the customer can be reached there; null for the one he wrote by.
    target_channel_type: Option<ChannelKind>,
    /// The kind to write by when a message cannot be delivered; null for none.
    fallback_channel_type: Option<ChannelKind>,
    /// The team that gets the conversation.
    team_id: Option<Uuid>,
    /// The agent who gets it: always, or, beside a team, while he is free.
    agent_id: Option<Uuid>,
    /// The priority it gets where it has the usual one.
    set_priority: Option<SlaPriority>,
    /// Tags it gets.
    #[schema(max_items = 50)]
    add_tags: Option<Vec<String>>,
    /// The service level it is under; null for the one that fits.
    sla_policy_id: Option<Uuid>,
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
        .bind("team_id", &new.team_id)
        .bind("agent_id", &new.agent_id)
        .bind("set_priority", &new.set_priority)
        .bind("add_tags", &new.add_tags)
        .bind("sla_policy_id", &new.sla_policy_id)
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
    /// What must hold, all of it; empty for always. Fields: `channel_type`, `channel_id`, `language`, `business_hours` (`open` or `closed`),
    /// `keywords` (words of the first message), `customer_tags`, `customer_status`, `customer_attributes`, `is_new_customer`, `email_domain`,
    /// `attributes`. Where a value is a text it may be a list of texts, one of which must fit.
    #[schema(value_type = Option<Object>)]
    conditions: Option<Map<String, Value>>,
    /// The kind of channel to answer by where the customer can be reached there; null for the one he wrote by.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<ChannelKind>)]
    target_channel_type: Option<Option<ChannelKind>>,
    /// The kind to write by when a message cannot be delivered; null for none.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<ChannelKind>)]
    fallback_channel_type: Option<Option<ChannelKind>>,
    /// The team that gets the conversation.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<Uuid>)]
    team_id: Option<Option<Uuid>>,
    /// The agent who gets it: always, or, beside a team, while he is free.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<Uuid>)]
    agent_id: Option<Option<Uuid>>,
    /// The priority it gets where it has the usual one.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<SlaPriority>)]
    set_priority: Option<Option<SlaPriority>>,
    /// Tags it gets, all of them.
    #[schema(max_items = 50)]
    add_tags: Option<Vec<String>>,
    /// The service level it is under; null for the one that fits.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<Uuid>)]
    sla_policy_id: Option<Option<Uuid>>,
    /// Whether it is obeyed.
    is_active: Option<bool>,
}

/// Whether a value is to be changed, and into what.
fn split<T>(value: Option<Option<T>>) -> (bool, Option<T>) {
    (value.is_some(), value.flatten())
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
    let (changes_target, target) = split(change.target_channel_type);
    let (changes_fallback, fallback) = split(change.fallback_channel_type);
    let (changes_team, team) = split(change.team_id);
    let (changes_agent, agent) = split(change.agent_id);
    let (changes_priority, set_priority) = split(change.set_priority);
    let (changes_policy, policy) = split(change.sla_policy_id);
    let changed: Option<RoutingRule> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("name", &change.name)
        .bind("priority", &change.priority)
        .bind("conditions", &conditions)
        .bind("changes_target_channel_type", &changes_target)
        .bind("target_channel_type", &target)
        .bind("changes_fallback_channel_type", &changes_fallback)
        .bind("fallback_channel_type", &fallback)
        .bind("changes_team_id", &changes_team)
        .bind("team_id", &team)
        .bind("changes_agent_id", &changes_agent)
        .bind("agent_id", &agent)
        .bind("changes_set_priority", &changes_priority)
        .bind("set_priority", &set_priority)
        .bind("add_tags", &change.add_tags)
        .bind("changes_sla_policy_id", &changes_policy)
        .bind("sla_policy_id", &policy)
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
