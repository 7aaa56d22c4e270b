//! Saved views: filters of the inbox that a person keeps, or shares with the workspace.

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
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Document, Problem};
use crate::record;
use crate::scoped::{Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_saved_views, create_saved_view))
        .routes(routes!(
            read_saved_view,
            change_saved_view,
            delete_saved_view
        ))
}

choice! {
    /// By what a view orders conversations.
    pub enum ViewSort {
        /// When they began.
        CreatedAt = "created_at",
        /// When something was last said.
        LastMessageAt = "last_message_at",
        /// How long the customer waits.
        WaitingSince = "waiting_since",
        /// How urgent they are.
        Priority = "priority",
    }
}

record! {
    /// A filter of the inbox that is kept.
    pub struct SavedView {
        /// Its identity.
        pub id: Uuid,
        /// Whose it is; none of a program's.
        pub user_id: Option<Uuid>,
        /// What it is called.
        pub name: String,
        /// Which conversations it shows: parameters of the list of conversations.
        #[schema(value_type = Object)]
        pub filters: StoredJson,
        /// By what they are ordered.
        pub sort: ViewSort,
        /// Whether the whole workspace sees it.
        pub is_shared: bool,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SavedViewOrder {
    /// By name.
    #[default]
    Name,
    /// Newest first.
    CreatedAt,
}

/// Which saved views are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSavedViews {
    /// Whether the whole workspace sees it.
    is_shared: Option<bool>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: SavedViewOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List saved views
///
/// One's own, and those that are shared.
#[utoipa::path(get, path = "/saved_views", tag = "Saved views", security(("session" = ["viewer"])), params(ListSavedViews),
    responses((status = OK, description = "A page.", body = Page<SavedView>)))]
async fn list_saved_views(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListSavedViews>,
) -> Answer<Json<Page<SavedView>>> {
    let place = Place::of(wanted.cursor.as_deref(), &wanted.sort)?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_text = place.as_ref().and_then(|place| place.text.as_deref());
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let by = |order| wanted.sort == order;
    let rows: Vec<SavedView> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("is_shared", &wanted.is_shared)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .bind("after_text", &after_text)
        .with("by_name", by(SavedViewOrder::Name))
        .with("after_name", place.is_some() && by(SavedViewOrder::Name))
        .with("by_created_at", by(SavedViewOrder::CreatedAt))
        .with(
            "after_created_at",
            place.is_some() && by(SavedViewOrder::CreatedAt),
        )
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        match wanted.sort {
            SavedViewOrder::Name => Place::at_text(wanted.sort, last.name.clone(), last.id),
            SavedViewOrder::CreatedAt => Place::at_time(wanted.sort, last.created_at, last.id),
        }
    })))
}

/// A saved view to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Urgent mail", "filters": {"priority": "urgent", "channel_type": "email"}, "sort": "waiting_since", "is_shared": true}))]
pub struct NewSavedView {
    /// What it is called.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Which conversations it shows: parameters of the list of conversations.
    #[schema(value_type = Option<Object>)]
    filters: Option<Map<String, Value>>,
    /// By what they are ordered.
    sort: Option<ViewSort>,
    /// Whether the whole workspace sees it.
    is_shared: Option<bool>,
}

/// Make a saved view
#[utoipa::path(post, path = "/saved_views", tag = "Saved views", security(("session" = ["agent"])), request_body = NewSavedView,
    responses((status = CREATED, description = "It was made.", body = SavedView, headers(("ETag" = String), ("Location" = String)))))]
async fn create_saved_view(
    scope: Scoped<Agent>,
    input::Json(new): input::Json<NewSavedView>,
) -> Answer<Created<SavedView>> {
    let workspace = scope.workspace();
    let filters = new.filters.map(Jsonb);
    let made: SavedView = Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("name", &new.name)
        .bind("filters", &filters)
        .bind("sort", &new.sort)
        .bind("is_shared", &new.is_shared)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/saved_views/{}", made.id),
        version: Some(made.updated_at),
        body: made,
    })
}

async fn saved_view<N>(scope: &Scoped<N>, id: Uuid) -> Answer<SavedView> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a saved view
#[utoipa::path(get, path = "/saved_views/{id}", tag = "Saved views", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The saved view.")),
    responses((status = OK, description = "The saved view.", body = SavedView, headers(("ETag" = String)))))]
async fn read_saved_view(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<SavedView>>> {
    let found = saved_view(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a saved view. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_shared": false}))]
pub struct SavedViewChange {
    /// What it is called.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Which conversations it shows: parameters of the list of conversations.
    #[schema(value_type = Option<Object>)]
    filters: Option<Map<String, Value>>,
    /// By what they are ordered.
    sort: Option<ViewSort>,
    /// Whether the whole workspace sees it.
    is_shared: Option<bool>,
}

/// Change a saved view
#[utoipa::path(patch, path = "/saved_views/{id}", tag = "Saved views", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The saved view."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = SavedViewChange,
    responses((status = OK, description = "It was changed.", body = SavedView, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_saved_view(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<SavedViewChange>,
) -> Answer<Versioned<Json<SavedView>>> {
    let workspace = scope.workspace();
    let filters = change.filters.map(Jsonb);
    let changed: Option<SavedView> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("name", &change.name)
        .bind("filters", &filters)
        .bind("sort", &change.sort)
        .bind("is_shared", &change.is_shared)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(saved_view(&scope, id).await.is_ok())),
    }
}

/// Remove a saved view
#[utoipa::path(delete, path = "/saved_views/{id}", tag = "Saved views", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The saved view."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = CONFLICT, description = "Something else refers to it.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_saved_view(
    scope: Scoped<Agent>,
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
        return Err(version.explain(saved_view(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}
