//! Keys of programs.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::authentication::api_key::ApiKey as Key;
use crate::created::Created;
use crate::cursor::AtTime;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::Answer;
use crate::record;
use crate::scoped::{Admin, Scoped};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_api_keys, create_api_key))
        .routes(routes!(read_api_key, revoke_api_key))
}

record! {
    /// A key, without the key itself.
    pub struct ApiKey {
        /// Its identity.
        pub id: Uuid,
        /// What it is for.
        pub name: String,
        /// Its first characters.
        pub display_prefix: String,
        /// Its last characters.
        pub last_four: String,
        /// What it may do, as a member of this role could.
        pub role: String,
        /// Which resources it may read or write.
        pub scopes: Vec<String>,
        /// Who made it.
        pub created_by: Option<Uuid>,
        /// When it ends; absent for never.
        pub expires_at: Option<Timestamp>,
        /// When it was last used, to the minute.
        pub last_used_at: Option<Timestamp>,
        /// When it was revoked.
        pub revoked_at: Option<Timestamp>,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

/// Which page is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListApiKeys {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List keys
///
/// Revoked ones too.
#[utoipa::path(get, path = "/api-keys", tag = "API keys", security(("session" = ["admin"])), params(ListApiKeys),
    responses((status = OK, description = "A page.", body = Page<ApiKey>)))]
async fn list_api_keys(
    scope: Scoped<Admin>,
    Query(wanted): Query<ListApiKeys>,
) -> Answer<Json<Page<ApiKey>>> {
    let place = AtTime::of(wanted.cursor.as_deref(), &())?;
    let (after_time, after_id) = (
        place.and_then(|place| place.time),
        place.map(|place| place.id),
    );
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<ApiKey> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .with("after", place.is_some())
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .bind("row_limit", &row_limit)
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| AtTime {
        order: (),
        time: Some(last.created_at),
        id: last.id,
    })))
}

/// What a key may do, as a member of this role could.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyRole {
    /// Reads.
    Viewer,
    /// Works on conversations.
    Agent,
    /// Manages the workspace.
    Admin,
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What it is for.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Which resources it may read or write: `conversations:read`, `customers:write`, `*:read`.
    #[schema(min_items = 1, max_items = 100)]
    scopes: Vec<String>,
    /// What it may do; as an agent when nothing is said.
    role: Option<KeyRole>,
    /// When it ends; never when nothing is said.
    expires_at: Option<Timestamp>,
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
pub struct MadeApiKey {
    /// The key. It is shown this once.
    key: String,
    /// What is kept of it.
    api_key: ApiKey,
}

async fn api_key(scope: &Scoped<Admin>, id: Uuid) -> Answer<ApiKey> {
    let workspace = scope.workspace();
    Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .with("id", true)
        .bind("id", &id)
        .bind("row_limit", &1_i64)
        .one(scope)
        .await
}

/// Make a key
///
/// No key makes keys. It asks for a recent proof of who you are.
#[utoipa::path(post, path = "/api-keys", tag = "API keys", security(("session" = ["admin"])), request_body = NewApiKey,
    responses((status = CREATED, description = "The key, shown this once.", body = MadeApiKey)))]
async fn create_api_key(
    scope: Scoped<Admin>,
    input::Json(new): input::Json<NewApiKey>,
) -> Answer<Created<MadeApiKey>> {
    scope.principal().require_fresh_proof()?;
    let key = Key::generate();
    let key_hash = key.digest().to_vec();
    let role = match new.role {
        Some(KeyRole::Viewer) => "viewer",
        Some(KeyRole::Admin) => "admin",
        Some(KeyRole::Agent) | None => "agent",
    };
    let workspace = scope.workspace();
    let id: Uuid = Statement::new(include_str!("create.sql"))
        .bind("name", &new.name)
        .bind("key_hash", &key_hash)
        .bind("display_prefix", &key.display_prefix())
        .bind("last_four", &key.last_four())
        .bind("scopes", &new.scopes)
        .bind("role", &role)
        .bind("expires_at", &new.expires_at)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    Ok(Created {
        path: format!("/api-keys/{id}"),
        version: None,
        body: MadeApiKey {
            key: key.expose().to_owned(),
            api_key: api_key(&scope, id).await?,
        },
    })
}

/// Read a key
///
/// What is kept of it.
#[utoipa::path(get, path = "/api-keys/{id}", tag = "API keys", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The key.")),
    responses((status = OK, description = "The key.", body = ApiKey)))]
async fn read_api_key(scope: Scoped<Admin>, Path(id): Path<Uuid>) -> Answer<Json<ApiKey>> {
    Ok(Json(api_key(&scope, id).await?))
}

/// Revoke a key
///
/// It ends at once, and stays in the list.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "API keys", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The key.")),
    responses((status = NO_CONTENT, description = "It is revoked.")))]
async fn revoke_api_key(scope: Scoped<Admin>, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    Statement::new(include_str!("revoke.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
