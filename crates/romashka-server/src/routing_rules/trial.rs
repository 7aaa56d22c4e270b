//! Which rule a made-up message would come under, and why. The same functions answer that route a real one.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_postgres::types::Json as Jsonb;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::channels::ChannelKind;
use crate::input;
use crate::problem::Answer;
use crate::record;
use crate::scoped::{Scoped, Viewer};
use crate::statement::Statement;
use crate::stored_json::StoredJson;

/// A message to try rules on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"channel_type": "email", "language": "de", "customer_email": "anna@kunde.example", "subject": "Bestellung 17", "content": "Wo bleibt sie?"}))]
pub struct RoutingTrial {
    /// The kind of channel it comes by; the website when left out.
    channel_type: Option<ChannelKind>,
    /// The channel it comes by.
    channel_id: Option<Uuid>,
    /// Who writes; nobody who is known when left out.
    customer_id: Option<Uuid>,
    /// From which address, where no customer is named.
    #[schema(max_length = 320)]
    customer_email: Option<String>,
    /// In which language; English when left out.
    #[schema(min_length = 2, max_length = 35)]
    language: Option<String>,
    /// The subject.
    #[schema(max_length = 1000)]
    subject: Option<String>,
    /// The words. Left out, rules that ask for words do not apply.
    #[schema(max_length = 10_000)]
    content: Option<String>,
    /// Attributes of the conversation, such as the answers to a form.
    #[serde(default)]
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
    /// When; now when left out.
    at: Option<Timestamp>,
}

/// One condition of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriedCondition {
    /// What it asks.
    pub field: String,
    /// What the rule wants.
    pub wanted: Value,
    /// What was found; null where nothing is known, and for words.
    pub found: Value,
    /// Whether it holds.
    pub holds: bool,
}

/// A rule that was tried.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriedRule {
    /// Its identity.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its priority.
    pub priority: i32,
    /// Whether it is obeyed.
    pub is_active: bool,
    /// Whether every condition holds.
    pub applies: bool,
    /// Whether it is the one that is taken.
    pub is_chosen: bool,
    /// Its conditions, one by one.
    pub conditions: Vec<TriedCondition>,
}

record! {
    /// What came of it.
    pub struct RoutingVerdict {
        /// The rule that would be taken; null for none.
        pub rule_id: Option<Uuid>,
        /// What was known of the message, the customer and the hour, as conditions ask for it.
        #[schema(value_type = Object)]
        pub facts: StoredJson,
        /// Every rule, in the order in which they are tried.
        #[schema(value_type = Vec<TriedRule>)]
        pub rules: StoredJson,
    }
}

/// Try the routing rules
///
/// Which rule a made-up message would come under, and which conditions of each rule hold. Nothing is changed.
#[utoipa::path(post, path = "/routing_rules/test", tag = "Routing rules", security(("session" = ["viewer"])), request_body = RoutingTrial,
    responses((status = OK, description = "What would become of it.", body = RoutingVerdict)))]
pub(super) async fn test_routing_rules(
    scope: Scoped<Viewer>,
    input::Json(trial): input::Json<RoutingTrial>,
) -> Answer<Json<RoutingVerdict>> {
    let workspace = scope.workspace();
    let verdict = Statement::new(include_str!("test.sql"))
        .bind("message", &Jsonb(&trial))
        .bind("workspace", &workspace)
        .one(&scope)
        .await?;
    Ok(Json(verdict))
}
