//! Intent patterns: by what words a customer's wish is recognised.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
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
        .routes(routes!(list_intent_patterns, create_intent_pattern))
        .routes(routes!(
            read_intent_pattern,
            change_intent_pattern,
            delete_intent_pattern
        ))
}

record! {
    /// By what words a wish is recognised, in one language.
    pub struct IntentPattern {
        /// Its identity.
        pub id: Uuid,
        /// The wish, by a short name.
        pub intent_name: String,
        /// The language of the patterns, a BCP 47 tag.
        pub language: String,
        /// Words and phrases that tell it.
        pub patterns: Vec<String>,
        /// Sentences of customers that mean it.
        #[schema(value_type = Option<Value>)]
        pub examples: Option<StoredJson>,
        /// From which likeness on it counts, 0 to 1.
        pub confidence_threshold: f64,
        /// Whether it is looked for.
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
pub enum IntentPatternOrder {
    /// By name.
    #[default]
    IntentName,
    /// Newest first.
    CreatedAt,
}

/// Which intent patterns are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListIntentPatterns {
    /// Their language.
    language: Option<String>,
    /// Whether they are looked for.
    is_active: Option<bool>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: IntentPatternOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List intent patterns
#[utoipa::path(get, path = "/intent_patterns", tag = "Intent patterns", security(("session" = ["viewer"])), params(ListIntentPatterns),
    responses((status = OK, description = "A page.", body = Page<IntentPattern>)))]
async fn list_intent_patterns(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListIntentPatterns>,
) -> Answer<Json<Page<IntentPattern>>> {
    let place = Place::of(wanted.cursor.as_deref(), &wanted.sort)?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_text = place.as_ref().and_then(|place| place.text.as_deref());
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let by = |order| wanted.sort == order;
    let rows: Vec<IntentPattern> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("language", &wanted.language)
        .filter("is_active", &wanted.is_active)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .bind("after_text", &after_text)
        .with("by_intent_name", by(IntentPatternOrder::IntentName))
        .with(
            "after_intent_name",
            place.is_some() && by(IntentPatternOrder::IntentName),
        )
        .with("by_created_at", by(IntentPatternOrder::CreatedAt))
        .with(
            "after_created_at",
            place.is_some() && by(IntentPatternOrder::CreatedAt),
        )
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        match wanted.sort {
            IntentPatternOrder::IntentName => {
                Place::at_text(wanted.sort, last.intent_name.clone(), last.id)
            }
            IntentPatternOrder::CreatedAt => Place::at_time(wanted.sort, last.created_at, last.id),
        }
    })))
}

/// An intent pattern to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"intent_name": "refund", "language": "en", "patterns": ["refund", "money back"], "examples": ["I want my money back"]}))]
pub struct NewIntentPattern {
    /// The wish, by a short name.
    #[schema(min_length = 1, max_length = 100)]
    intent_name: String,
    /// The language of the patterns, a BCP 47 tag.
    #[schema(min_length = 2, max_length = 35)]
    language: String,
    /// Words and phrases that tell it.
    patterns: Vec<String>,
    /// Sentences of customers that mean it.
    #[schema(value_type = Option<Vec<Value>>)]
    examples: Option<Vec<Value>>,
    /// From which likeness on it counts, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    confidence_threshold: Option<f64>,
    /// Whether it is looked for.
    is_active: Option<bool>,
}

/// Make an intent pattern
#[utoipa::path(post, path = "/intent_patterns", tag = "Intent patterns", security(("session" = ["admin"])), request_body = NewIntentPattern,
    responses((status = CREATED, description = "It was made.", body = IntentPattern, headers(("ETag" = String), ("Location" = String)))))]
async fn create_intent_pattern(
    scope: Scoped<Admin>,
    input::Json(new): input::Json<NewIntentPattern>,
) -> Answer<Created<IntentPattern>> {
    let workspace = scope.workspace();
    let examples = new.examples.map(Jsonb);
    let made: IntentPattern = Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("intent_name", &new.intent_name)
        .bind("language", &new.language)
        .bind("patterns", &new.patterns)
        .bind("examples", &examples)
        .bind("confidence_threshold", &new.confidence_threshold)
        .bind("is_active", &new.is_active)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/intent_patterns/{}", made.id),
        version: Some(made.updated_at),
        body: made,
    })
}

async fn intent_pattern<N>(scope: &Scoped<N>, id: Uuid) -> Answer<IntentPattern> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read an intent pattern
#[utoipa::path(get, path = "/intent_patterns/{id}", tag = "Intent patterns", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The intent pattern.")),
    responses((status = OK, description = "The intent pattern.", body = IntentPattern, headers(("ETag" = String)))))]
async fn read_intent_pattern(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<IntentPattern>>> {
    let found = intent_pattern(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of an intent pattern. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"patterns": ["refund", "money back", "chargeback"]}))]
pub struct IntentPatternChange {
    /// The wish, by a short name.
    #[schema(min_length = 1, max_length = 100)]
    intent_name: Option<String>,
    /// The language of the patterns, a BCP 47 tag.
    #[schema(min_length = 2, max_length = 35)]
    language: Option<String>,
    /// Words and phrases that tell it.
    patterns: Option<Vec<String>>,
    /// Sentences of customers that mean it.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<Vec<Value>>)]
    examples: Option<Option<Vec<Value>>>,
    /// From which likeness on it counts, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    confidence_threshold: Option<f64>,
    /// Whether it is looked for.
    is_active: Option<bool>,
}

/// Change an intent pattern
#[utoipa::path(patch, path = "/intent_patterns/{id}", tag = "Intent patterns", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The intent pattern."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = IntentPatternChange,
    responses((status = OK, description = "It was changed.", body = IntentPattern, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_intent_pattern(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<IntentPatternChange>,
) -> Answer<Versioned<Json<IntentPattern>>> {
    let workspace = scope.workspace();
    let (changes_examples, examples) = (
        change.examples.is_some(),
        change.examples.flatten().map(Jsonb),
    );
    let changed: Option<IntentPattern> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("intent_name", &change.intent_name)
        .bind("language", &change.language)
        .bind("patterns", &change.patterns)
        .bind("changes_examples", &changes_examples)
        .bind("examples", &examples)
        .bind("confidence_threshold", &change.confidence_threshold)
        .bind("is_active", &change.is_active)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(intent_pattern(&scope, id).await.is_ok())),
    }
}

/// Remove an intent pattern
#[utoipa::path(delete, path = "/intent_patterns/{id}", tag = "Intent patterns", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The intent pattern."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = CONFLICT, description = "Something else refers to it.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_intent_pattern(
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
        return Err(version.explain(intent_pattern(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}
