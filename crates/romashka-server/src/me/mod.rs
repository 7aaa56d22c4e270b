//! The person who asks: the profile, and the workspace the session works in.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio_postgres::types::Json as Jsonb;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::input;
use crate::problem::{Answer, Code, Problem};
use crate::record;
use crate::scoped::{Person, Scoped};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(read_me, change_me))
        .routes(routes!(choose_workspace))
}

record! {
    /// A person's profile.
    pub struct Profile {
        /// The person.
        pub id: Uuid,
        /// The address to sign in with.
        pub email: String,
        /// The name.
        pub full_name: Option<String>,
        /// The picture.
        pub avatar_url: Option<String>,
        /// The time zone, an IANA name.
        pub time_zone: String,
        /// The language, a BCP 47 tag.
        pub language: String,
        /// Preferences.
        #[schema(value_type = Object)]
        pub settings: StoredJson,
        /// When the account was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

async fn shown(scope: &Scoped<Person>) -> Answer<Versioned<Json<Profile>>> {
    let profile: Profile = Statement::new(include_str!("read.sql")).one(scope).await?;
    Ok(Versioned(profile.updated_at, Json(profile)))
}

/// Read the own profile
#[utoipa::path(get, path = "/me", tag = "Me", security(("session" = ["person"])),
    responses((status = OK, description = "The profile.", body = Profile, headers(("ETag" = String)))))]
async fn read_me(scope: Scoped<Person>) -> Answer<Versioned<Json<Profile>>> {
    shown(&scope).await
}

/// What to change of the profile. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    /// The name; null for none.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    full_name: Option<Option<String>>,
    /// The picture's address; null for none.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    avatar_url: Option<Option<String>>,
    /// The time zone, an IANA name.
    time_zone: Option<String>,
    /// The language, a BCP 47 tag.
    language: Option<String>,
    /// Preferences, all of them.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
}

/// Change the own profile
#[utoipa::path(patch, path = "/me", tag = "Me", security(("session" = ["person"])),
    params(("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = ProfileChange,
    responses((status = OK, description = "It was changed.", body = Profile, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn change_me(
    scope: Scoped<Person>,
    version: IfMatch,
    input::Json(change): input::Json<ProfileChange>,
) -> Answer<Versioned<Json<Profile>>> {
    let (changes_full_name, full_name) = (change.full_name.is_some(), change.full_name.flatten());
    let (changes_avatar_url, avatar_url) =
        (change.avatar_url.is_some(), change.avatar_url.flatten());
    let settings = change.settings.map(Jsonb);
    let changed = Statement::new(include_str!("change.sql"))
        .bind("changes_full_name", &changes_full_name)
        .bind("full_name", &full_name)
        .bind("changes_avatar_url", &changes_avatar_url)
        .bind("avatar_url", &avatar_url)
        .bind("time_zone", &change.time_zone)
        .bind("language", &change.language)
        .bind("settings", &settings)
        .filter("version", &version.0)
        .execute(&scope)
        .await?;
    if changed == 0 {
        return Err(version.explain(true));
    }
    shown(&scope).await
}

/// The workspace to work in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceChoice {
    /// The workspace.
    workspace_id: Uuid,
}

/// Work in another workspace
///
/// From now on requests of this session that name no workspace are meant for this one.
#[utoipa::path(put, path = "/me/workspace", tag = "Me", security(("session" = ["person"])), request_body = WorkspaceChoice,
    responses((status = NO_CONTENT, description = "It is chosen."),
        (status = CONFLICT, description = "The person came with a token, not with a session.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn choose_workspace(
    mut scope: Scoped<Person>,
    input::Json(choice): input::Json<WorkspaceChoice>,
) -> Answer<StatusCode> {
    let session = scope.principal().session().ok_or_else(|| {
        Problem::new(Code::Conflict).detail("The workspace of a token is in the token")
    })?;
    scope.as_service().await?;
    Statement::new(include_str!("choose_workspace.sql"))
        .bind("session", &session)
        .bind("workspace", &choice.workspace_id)
        .execute(&scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
