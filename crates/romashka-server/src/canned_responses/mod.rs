//! Canned responses: texts that agents insert by a shortcut, with what is known of the customer put in.

mod rendering;

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
use crate::scoped::{Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_canned_responses, create_canned_response))
        .routes(routes!(
            read_canned_response,
            change_canned_response,
            delete_canned_response
        ))
        .routes(routes!(rendering::render_canned_response))
}

record! {
    /// A text that agents insert.
    pub struct CannedResponse {
        /// Its identity.
        pub id: Uuid,
        /// What agents see in the list.
        pub title: String,
        /// The text; `{{name}}` stands for what is known of the customer.
        pub content: String,
        /// What is typed to insert it: a slash and a word.
        pub shortcut: Option<String>,
        /// The heading it is listed under.
        pub category: String,
        /// Its language, a BCP 47 tag.
        pub language: String,
        /// Words to find it by.
        pub tags: Vec<String>,
        /// Whether all members see it; else its author alone.
        pub is_public: bool,
        /// Whether it is offered.
        pub is_active: bool,
        /// How often it was inserted.
        pub usage_count: i32,
        /// When it was last inserted.
        pub last_used_at: Option<Timestamp>,
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
pub enum CannedResponseOrder {
    /// By title.
    #[default]
    Title,
    /// Most used first.
    UsageCount,
    /// Newest first.
    CreatedAt,
}

/// Which canned responses are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCannedResponses {
    /// What its title, shortcut or text holds.
    search: Option<String>,
    /// How its shortcut begins.
    shortcut: Option<String>,
    /// Its language.
    language: Option<String>,
    /// Its category.
    category: Option<String>,
    /// Whether it is offered.
    is_active: Option<bool>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: CannedResponseOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List canned responses
///
/// Others' private ones are never among them.
#[utoipa::path(get, path = "/canned_responses", tag = "Canned responses", security(("session" = ["viewer"])), params(ListCannedResponses),
    responses((status = OK, description = "A page.", body = Page<CannedResponse>)))]
async fn list_canned_responses(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListCannedResponses>,
) -> Answer<Json<Page<CannedResponse>>> {
    let place = Place::of(wanted.cursor.as_deref(), &wanted.sort)?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_text = place.as_ref().and_then(|place| place.text.as_deref());
    let after_number = place.as_ref().and_then(|place| place.number);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let by = |order| wanted.sort == order;
    let rows: Vec<CannedResponse> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("search", &wanted.search)
        .filter("shortcut", &wanted.shortcut)
        .filter("language", &wanted.language)
        .filter("category", &wanted.category)
        .filter("is_active", &wanted.is_active)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .bind("after_text", &after_text)
        .bind("after_number", &after_number)
        .with("by_title", by(CannedResponseOrder::Title))
        .with(
            "after_title",
            place.is_some() && by(CannedResponseOrder::Title),
        )
        .with("by_usage_count", by(CannedResponseOrder::UsageCount))
        .with(
            "after_usage_count",
            place.is_some() && by(CannedResponseOrder::UsageCount),
        )
        .with("by_created_at", by(CannedResponseOrder::CreatedAt))
        .with(
            "after_created_at",
            place.is_some() && by(CannedResponseOrder::CreatedAt),
        )
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        match wanted.sort {
            CannedResponseOrder::Title => Place::at_text(wanted.sort, last.title.clone(), last.id),
            CannedResponseOrder::UsageCount => {
                Place::at_number(wanted.sort, last.usage_count.into(), last.id)
            }
            CannedResponseOrder::CreatedAt => Place::at_time(wanted.sort, last.created_at, last.id),
        }
    })))
}

/// A canned response to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Where the parcel is", "content": "Hello {{name}}, your parcel is on its way.", "shortcut": "/parcel", "category": "shipping", "language": "en"}))]
pub struct NewCannedResponse {
    /// What agents see in the list.
    #[schema(min_length = 1, max_length = 255)]
    title: String,
    /// The text; `{{name}}` stands for what is known of the customer.
    #[schema(min_length = 1, max_length = 100000)]
    content: String,
    /// What is typed to insert it: a slash and a word.
    #[schema(pattern = "^/[^\\s/]{1,49}$")]
    shortcut: Option<String>,
    /// The heading it is listed under.
    category: Option<String>,
    /// Its language, a BCP 47 tag.
    #[schema(min_length = 2, max_length = 35)]
    language: Option<String>,
    /// Words to find it by.
    tags: Option<Vec<String>>,
    /// Whether all members see it; else its author alone.
    is_public: Option<bool>,
    /// Whether it is offered.
    is_active: Option<bool>,
}

/// Make a canned response
#[utoipa::path(post, path = "/canned_responses", tag = "Canned responses", security(("session" = ["agent"])), request_body = NewCannedResponse,
    responses((status = CREATED, description = "It was made.", body = CannedResponse, headers(("ETag" = String), ("Location" = String)))))]
async fn create_canned_response(
    scope: Scoped<Agent>,
    input::Json(new): input::Json<NewCannedResponse>,
) -> Answer<Created<CannedResponse>> {
    let workspace = scope.workspace();
    let made: CannedResponse = Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("title", &new.title)
        .bind("content", &new.content)
        .bind("shortcut", &new.shortcut)
        .bind("category", &new.category)
        .bind("language", &new.language)
        .bind("tags", &new.tags)
        .bind("is_public", &new.is_public)
        .bind("is_active", &new.is_active)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/canned_responses/{}", made.id),
        version: Some(made.updated_at),
        body: made,
    })
}

async fn canned_response<N>(scope: &Scoped<N>, id: Uuid) -> Answer<CannedResponse> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a canned response
#[utoipa::path(get, path = "/canned_responses/{id}", tag = "Canned responses", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The canned response.")),
    responses((status = OK, description = "The canned response.", body = CannedResponse, headers(("ETag" = String)))))]
async fn read_canned_response(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<CannedResponse>>> {
    let found = canned_response(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a canned response. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_active": false}))]
pub struct CannedResponseChange {
    /// What agents see in the list.
    #[schema(min_length = 1, max_length = 255)]
    title: Option<String>,
    /// The text; `{{name}}` stands for what is known of the customer.
    #[schema(min_length = 1, max_length = 100000)]
    content: Option<String>,
    /// What is typed to insert it: a slash and a word.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>, pattern = "^/[^\\s/]{1,49}$")]
    shortcut: Option<Option<String>>,
    /// The heading it is listed under.
    category: Option<String>,
    /// Its language, a BCP 47 tag.
    #[schema(min_length = 2, max_length = 35)]
    language: Option<String>,
    /// Words to find it by.
    tags: Option<Vec<String>>,
    /// Whether all members see it; else its author alone.
    is_public: Option<bool>,
    /// Whether it is offered.
    is_active: Option<bool>,
}

/// Change a canned response
#[utoipa::path(patch, path = "/canned_responses/{id}", tag = "Canned responses", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The canned response."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = CannedResponseChange,
    responses((status = OK, description = "It was changed.", body = CannedResponse, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_canned_response(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<CannedResponseChange>,
) -> Answer<Versioned<Json<CannedResponse>>> {
    let workspace = scope.workspace();
    let (changes_shortcut, shortcut) = (change.shortcut.is_some(), change.shortcut.flatten());
    let changed: Option<CannedResponse> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("title", &change.title)
        .bind("content", &change.content)
        .bind("changes_shortcut", &changes_shortcut)
        .bind("shortcut", &shortcut)
        .bind("category", &change.category)
        .bind("language", &change.language)
        .bind("tags", &change.tags)
        .bind("is_public", &change.is_public)
        .bind("is_active", &change.is_active)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(canned_response(&scope, id).await.is_ok())),
    }
}

/// Remove a canned response
#[utoipa::path(delete, path = "/canned_responses/{id}", tag = "Canned responses", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The canned response."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = CONFLICT, description = "Something else refers to it.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_canned_response(
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
        return Err(version.explain(canned_response(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}
