//! Settings of a workspace, by key. What shape a value must have is the database's to say, and which of them this version obeys.

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

use crate::cursor;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Code, Document, Problem};
use crate::record;
use crate::scoped::{Admin, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_settings))
        .routes(routes!(read_setting, change_setting, delete_setting))
}

record! {
    /// A setting.
    pub struct Setting {
        /// Its key.
        pub setting_key: String,
        /// Its value, of the shape that the key needs.
        #[schema(value_type = Value)]
        pub setting_value: StoredJson,
        /// What it is for.
        pub description: Option<String>,
        /// Whether visitors who are not signed in may read it.
        pub is_public: bool,
        /// Whether this version obeys it; the others are kept for who reads them.
        pub is_effective: bool,
        /// Who changed it last.
        pub updated_by: Option<Uuid>,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// Which settings are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSettings {
    /// Whether this version obeys them.
    is_effective: Option<bool>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// A place in the list: the key of the last row.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AfterKey {
    key: String,
}

/// List settings
#[utoipa::path(get, path = "/settings", tag = "Settings", security(("session" = ["viewer"])), params(ListSettings),
    responses((status = OK, description = "A page.", body = Page<Setting>)))]
async fn list_settings(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListSettings>,
) -> Answer<Json<Page<Setting>>> {
    let place: Option<AfterKey> = wanted.cursor.as_deref().map(cursor::decode).transpose()?;
    let after_key = place.as_ref().map(|place| place.key.as_str());
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<Setting> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("is_effective", &wanted.is_effective)
        .bind("after_key", &after_key)
        .with("after", after_key.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| AfterKey {
        key: last.setting_key.clone(),
    })))
}

async fn setting<N>(scope: &Scoped<N>, key: &str) -> Answer<Setting> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("workspace", &workspace)
        .bind("key", &key)
        .one(scope)
        .await
}

/// Read a setting
#[utoipa::path(get, path = "/settings/{key}", tag = "Settings", security(("session" = ["viewer"])),
    params(("key" = String, Path, description = "The key.", example = "conversation_auto_close_time")),
    responses((status = OK, description = "The setting.", body = Setting, headers(("ETag" = String)))))]
async fn read_setting(
    scope: Scoped<Viewer>,
    Path(key): Path<String>,
) -> Answer<Versioned<Json<Setting>>> {
    let found = setting(&scope, &key).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// A setting's value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"setting_value": 7200}))]
pub struct SettingChange {
    /// The value, of the shape that the key needs.
    #[schema(value_type = Value)]
    setting_value: Value,
    /// What it is for; stays when nothing is said.
    description: Option<String>,
    /// Whether visitors who are not signed in may read it; stays when nothing is said.
    is_public: Option<bool>,
}

/// Change a setting
///
/// A key that is not there yet is made: one's own, which this version does not obey.
#[utoipa::path(put, path = "/settings/{key}", tag = "Settings", security(("session" = ["admin"])),
    params(("key" = String, Path, description = "The key.", example = "conversation_auto_close_time"),
        ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    request_body = SettingChange,
    responses((status = OK, description = "It was changed.", body = Setting, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_setting(
    scope: Scoped<Admin>,
    Path(key): Path<String>,
    version: IfMatch,
    input::Json(change): input::Json<SettingChange>,
) -> Answer<Versioned<Json<Setting>>> {
    let workspace = scope.workspace();
    let changed: Option<Setting> = Statement::new(include_str!("change.sql"))
        .bind("workspace", &workspace)
        .bind("key", &key)
        .bind("setting_value", &Jsonb(&change.setting_value))
        .bind("description", &change.description)
        .bind("is_public", &change.is_public)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    let changed = changed.ok_or_else(|| Problem::new(Code::VersionMismatch))?;
    Ok(Versioned(changed.updated_at, Json(changed)))
}

/// Take a setting away
///
/// Where the key has a default, it applies again.
#[utoipa::path(delete, path = "/settings/{key}", tag = "Settings", security(("session" = ["admin"])),
    params(("key" = String, Path, description = "The key."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_setting(
    scope: Scoped<Admin>,
    Path(key): Path<String>,
    version: IfMatch,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("delete.sql"))
        .bind("workspace", &workspace)
        .bind("key", &key)
        .filter("version", &version.0)
        .execute(&scope)
        .await?;
    if removed == 0 {
        return Err(version.explain(setting(&scope, &key).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}
