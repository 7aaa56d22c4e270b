//! Categories: trees of topics that articles are filed under.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
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
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(
            list_knowledge_categories,
            create_knowledge_category
        ))
        .routes(routes!(
            read_knowledge_category,
            change_knowledge_category,
            delete_knowledge_category
        ))
}

record! {
    /// A topic that articles are filed under.
    pub struct KnowledgeCategory {
        /// Its identity.
        pub id: Uuid,
        /// What readers see.
        pub name: String,
        /// What belongs here.
        pub description: Option<String>,
        /// The category above; null at the top.
        pub parent_id: Option<Uuid>,
        /// Its place among its neighbours, low first.
        pub order_index: i32,
        /// The name of its picture.
        pub icon: Option<String>,
        /// Its colour, as CSS writes it.
        pub color: Option<String>,
        /// Whether it is shown.
        pub is_active: bool,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KnowledgeCategoryOrder {
    /// By place.
    #[default]
    OrderIndex,
    /// By name.
    Name,
}

/// Which categories are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListKnowledgeCategories {
    /// The category above.
    parent_id: Option<Uuid>,
    /// Whether they are shown.
    is_active: Option<bool>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: KnowledgeCategoryOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List categories
#[utoipa::path(get, path = "/knowledge/categories", tag = "Knowledge", security(("session" = ["viewer"])), params(ListKnowledgeCategories),
    responses((status = OK, description = "A page.", body = Page<KnowledgeCategory>)))]
async fn list_knowledge_categories(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListKnowledgeCategories>,
) -> Answer<Json<Page<KnowledgeCategory>>> {
    let place = Place::of(wanted.cursor.as_deref(), &wanted.sort)?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_text = place.as_ref().and_then(|place| place.text.as_deref());
    let after_number = place.as_ref().and_then(|place| place.number);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let by = |order| wanted.sort == order;
    let rows: Vec<KnowledgeCategory> = Statement::new(include_str!("category_list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("parent_id", &wanted.parent_id)
        .filter("is_active", &wanted.is_active)
        .bind("after_id", &after_id)
        .bind("after_text", &after_text)
        .bind("after_number", &after_number)
        .with("by_order_index", by(KnowledgeCategoryOrder::OrderIndex))
        .with(
            "after_order_index",
            place.is_some() && by(KnowledgeCategoryOrder::OrderIndex),
        )
        .with("by_name", by(KnowledgeCategoryOrder::Name))
        .with(
            "after_name",
            place.is_some() && by(KnowledgeCategoryOrder::Name),
        )
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        match wanted.sort {
            KnowledgeCategoryOrder::OrderIndex => {
                Place::at_number(wanted.sort, last.order_index.into(), last.id)
            }
            KnowledgeCategoryOrder::Name => Place::at_text(wanted.sort, last.name.clone(), last.id),
        }
    })))
}

/// A category to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Shipping", "description": "Parcels and couriers", "order_index": 1}))]
pub struct NewKnowledgeCategory {
    /// What readers see.
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    /// What belongs here.
    description: Option<String>,
    /// The category above; null at the top.
    parent_id: Option<Uuid>,
    /// Its place among its neighbours, low first.
    order_index: Option<i32>,
    /// The name of its picture.
    icon: Option<String>,
    /// Its colour, as CSS writes it.
    color: Option<String>,
    /// Whether it is shown.
    is_active: Option<bool>,
}

/// Make a category
#[utoipa::path(post, path = "/knowledge/categories", tag = "Knowledge", security(("session" = ["admin"])), request_body = NewKnowledgeCategory,
    responses((status = CREATED, description = "It was made.", body = KnowledgeCategory, headers(("ETag" = String), ("Location" = String)))))]
async fn create_knowledge_category(
    scope: Scoped<Admin>,
    input::Json(new): input::Json<NewKnowledgeCategory>,
) -> Answer<Created<KnowledgeCategory>> {
    let workspace = scope.workspace();
    let made: KnowledgeCategory = Statement::new(include_str!("category_create.sql"))
        .bind("workspace", &workspace)
        .bind("name", &new.name)
        .bind("description", &new.description)
        .bind("parent_id", &new.parent_id)
        .bind("order_index", &new.order_index)
        .bind("icon", &new.icon)
        .bind("color", &new.color)
        .bind("is_active", &new.is_active)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/knowledge/categories/{}", made.id),
        version: Some(made.updated_at),
        body: made,
    })
}

async fn knowledge_category<N>(scope: &Scoped<N>, id: Uuid) -> Answer<KnowledgeCategory> {
    let workspace = scope.workspace();
    Statement::new(include_str!("category_read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a category
#[utoipa::path(get, path = "/knowledge/categories/{id}", tag = "Knowledge", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The category.")),
    responses((status = OK, description = "The category.", body = KnowledgeCategory, headers(("ETag" = String)))))]
async fn read_knowledge_category(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<KnowledgeCategory>>> {
    let found = knowledge_category(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a category. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"order_index": 2}))]
pub struct KnowledgeCategoryChange {
    /// What readers see.
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// What belongs here.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// The category above; null at the top.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<Uuid>)]
    parent_id: Option<Option<Uuid>>,
    /// Its place among its neighbours, low first.
    order_index: Option<i32>,
    /// The name of its picture.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    icon: Option<Option<String>>,
    /// Its colour, as CSS writes it.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    color: Option<Option<String>>,
    /// Whether it is shown.
    is_active: Option<bool>,
}

/// Change a category
#[utoipa::path(patch, path = "/knowledge/categories/{id}", tag = "Knowledge", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The category."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = KnowledgeCategoryChange,
    responses((status = OK, description = "It was changed.", body = KnowledgeCategory, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_knowledge_category(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<KnowledgeCategoryChange>,
) -> Answer<Versioned<Json<KnowledgeCategory>>> {
    let workspace = scope.workspace();
    let (changes_description, description) =
        (change.description.is_some(), change.description.flatten());
    let (changes_parent_id, parent_id) = (change.parent_id.is_some(), change.parent_id.flatten());
    let (changes_icon, icon) = (change.icon.is_some(), change.icon.flatten());
    let (changes_color, color) = (change.color.is_some(), change.color.flatten());
    let changed: Option<KnowledgeCategory> = Statement::new(include_str!("category_change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("name", &change.name)
        .bind("changes_description", &changes_description)
        .bind("description", &description)
        .bind("changes_parent_id", &changes_parent_id)
        .bind("parent_id", &parent_id)
        .bind("order_index", &change.order_index)
        .bind("changes_icon", &changes_icon)
        .bind("icon", &icon)
        .bind("changes_color", &changes_color)
        .bind("color", &color)
        .bind("is_active", &change.is_active)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(knowledge_category(&scope, id).await.is_ok())),
    }
}

/// Remove a category
#[utoipa::path(delete, path = "/knowledge/categories/{id}", tag = "Knowledge", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The category."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = CONFLICT, description = "Something else refers to it.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_knowledge_category(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("category_delete.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .filter("version", &version.0)
        .execute(&scope)
        .await
        .map_err(Problem::of_removal)?;
    if removed == 0 {
        return Err(version.explain(knowledge_category(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}
