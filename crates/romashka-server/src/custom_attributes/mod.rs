//! Custom attributes: what a workspace keeps of its conversations and customers beside what everybody does.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

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
        .routes(routes!(list_custom_attributes, create_custom_attribute))
        .routes(routes!(
            read_custom_attribute,
            change_custom_attribute,
            delete_custom_attribute
        ))
}

choice! {
    /// What has an attribute.
    pub enum AttributeOwner {
        /// A conversation.
        Conversation = "conversation",
        /// A customer.
        Customer = "customer",
    }
}

choice! {
    /// What values an attribute has.
    pub enum AttributeType {
        /// Words.
        Text = "text",
        /// A number.
        Number = "number",
        /// Yes or no.
        Boolean = "boolean",
        /// A day.
        Date = "date",
        /// One of the allowed values.
        List = "list",
        /// A web address.
        Link = "link",
    }
}

record! {
    /// An attribute of the workspace's own.
    pub struct CustomAttribute {
        /// Its identity.
        pub id: Uuid,
        /// What has it.
        pub applies_to: AttributeOwner,
        /// Its key in `custom_attributes` or `custom_fields`.
        pub attribute_key: String,
        /// What people read.
        pub label: String,
        /// What values it has.
        pub value_type: AttributeType,
        /// The choices of a list.
        pub allowed_values: Vec<String>,
        /// Whether forms insist on a value.
        pub is_required: bool,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomAttributeOrder {
    /// By key.
    #[default]
    AttributeKey,
    /// Newest first.
    CreatedAt,
}

/// Which custom attributes are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCustomAttributes {
    /// What has them.
    applies_to: Option<AttributeOwner>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: CustomAttributeOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List custom attributes
#[utoipa::path(get, path = "/custom_attributes", tag = "Custom attributes", security(("session" = ["viewer"])), params(ListCustomAttributes),
    responses((status = OK, description = "A page.", body = Page<CustomAttribute>)))]
async fn list_custom_attributes(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListCustomAttributes>,
) -> Answer<Json<Page<CustomAttribute>>> {
    let place = Place::of(wanted.cursor.as_deref(), &wanted.sort)?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_text = place.as_ref().and_then(|place| place.text.as_deref());
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let by = |order| wanted.sort == order;
    let rows: Vec<CustomAttribute> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("applies_to", &wanted.applies_to)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .bind("after_text", &after_text)
        .with("by_attribute_key", by(CustomAttributeOrder::AttributeKey))
        .with(
            "after_attribute_key",
            place.is_some() && by(CustomAttributeOrder::AttributeKey),
        )
        .with("by_created_at", by(CustomAttributeOrder::CreatedAt))
        .with(
            "after_created_at",
            place.is_some() && by(CustomAttributeOrder::CreatedAt),
        )
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        match wanted.sort {
            CustomAttributeOrder::AttributeKey => {
                Place::at_text(wanted.sort, last.attribute_key.clone(), last.id)
            }
            CustomAttributeOrder::CreatedAt => {
                Place::at_time(wanted.sort, last.created_at, last.id)
            }
        }
    })))
}

/// A custom attribute to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"applies_to": "customer", "attribute_key": "plan", "label": "Plan", "value_type": "list", "allowed_values": ["free", "pro"]}))]
pub struct NewCustomAttribute {
    /// What has it.
    applies_to: AttributeOwner,
    /// Its key in `custom_attributes` or `custom_fields`.
    #[schema(pattern = "^[a-z][a-z0-9_]{0,62}$")]
    attribute_key: String,
    /// What people read.
    #[schema(min_length = 1)]
    label: String,
    /// What values it has.
    value_type: Option<AttributeType>,
    /// The choices of a list.
    allowed_values: Option<Vec<String>>,
    /// Whether forms insist on a value.
    is_required: Option<bool>,
}

/// Make a custom attribute
#[utoipa::path(post, path = "/custom_attributes", tag = "Custom attributes", security(("session" = ["admin"])), request_body = NewCustomAttribute,
    responses((status = CREATED, description = "It was made.", body = CustomAttribute, headers(("ETag" = String), ("Location" = String)))))]
async fn create_custom_attribute(
    scope: Scoped<Admin>,
    input::Json(new): input::Json<NewCustomAttribute>,
) -> Answer<Created<CustomAttribute>> {
    let workspace = scope.workspace();
    let made: CustomAttribute = Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("applies_to", &new.applies_to)
        .bind("attribute_key", &new.attribute_key)
        .bind("label", &new.label)
        .bind("value_type", &new.value_type)
        .bind("allowed_values", &new.allowed_values)
        .bind("is_required", &new.is_required)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/custom_attributes/{}", made.id),
        version: Some(made.updated_at),
        body: made,
    })
}

async fn custom_attribute<N>(scope: &Scoped<N>, id: Uuid) -> Answer<CustomAttribute> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a custom attribute
#[utoipa::path(get, path = "/custom_attributes/{id}", tag = "Custom attributes", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The custom attribute.")),
    responses((status = OK, description = "The custom attribute.", body = CustomAttribute, headers(("ETag" = String)))))]
async fn read_custom_attribute(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<CustomAttribute>>> {
    let found = custom_attribute(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a custom attribute. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"allowed_values": ["free", "pro", "team"]}))]
pub struct CustomAttributeChange {
    /// What people read.
    #[schema(min_length = 1)]
    label: Option<String>,
    /// What values it has.
    value_type: Option<AttributeType>,
    /// The choices of a list.
    allowed_values: Option<Vec<String>>,
    /// Whether forms insist on a value.
    is_required: Option<bool>,
}

/// Change a custom attribute
#[utoipa::path(patch, path = "/custom_attributes/{id}", tag = "Custom attributes", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The custom attribute."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = CustomAttributeChange,
    responses((status = OK, description = "It was changed.", body = CustomAttribute, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_custom_attribute(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<CustomAttributeChange>,
) -> Answer<Versioned<Json<CustomAttribute>>> {
    let workspace = scope.workspace();
    let changed: Option<CustomAttribute> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("label", &change.label)
        .bind("value_type", &change.value_type)
        .bind("allowed_values", &change.allowed_values)
        .bind("is_required", &change.is_required)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(custom_attribute(&scope, id).await.is_ok())),
    }
}

/// Remove a custom attribute
///
/// The values that were given stay where they are.
#[utoipa::path(delete, path = "/custom_attributes/{id}", tag = "Custom attributes", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The custom attribute."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = CONFLICT, description = "Something else refers to it.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_custom_attribute(
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
        return Err(version.explain(custom_attribute(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}
