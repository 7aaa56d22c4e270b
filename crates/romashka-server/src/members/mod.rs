//! Who belongs to a workspace, and who is invited to it.

mod invitations;

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::cursor::AtTime;
use crate::input::{self, Limit, List, Path, Query};
use crate::page::Page;
use crate::problem::Answer;
use crate::record;
use crate::scoped::{Admin, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_members))
        .routes(routes!(read_member, change_member, remove_member))
        .merge(invitations::router())
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Reads.
    Viewer,
    /// Works on conversations.
    Agent,
    /// Manages the workspace.
    Admin,
    /// Owns it.
    Owner,
}

impl MemberRole {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            MemberRole::Viewer => "viewer",
            MemberRole::Agent => "agent",
            MemberRole::Admin => "admin",
            MemberRole::Owner => "owner",
        }
    }
}

record! {
    /// A member of a workspace.
    pub struct Member {
        /// The membership.
        pub id: Uuid,
        /// The person.
        pub person_id: Uuid,
        /// The person's address.
        pub email: Option<String>,
        /// The person's name.
        pub full_name: Option<String>,
        /// The person's picture.
        pub avatar_url: Option<String>,
        /// viewer, agent, admin or owner.
        pub role: String,
        /// active or removed.
        pub status: String,
        /// Whether the agent is at work.
        pub is_online: Option<bool>,
        /// available, busy, away or offline, as the agent says.
        pub availability: Option<String>,
        /// How many open conversations the agent has.
        pub current_chat_count: Option<i32>,
        /// How many the agent takes at once.
        pub max_concurrent_chats: Option<i32>,
        /// Since when.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// Which members are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMembers {
    /// Roles, with commas between them.
    #[param(value_type = Option<String>, example = "agent,admin")]
    role: Option<List<MemberRole>>,
    /// Whether removed members are wanted too.
    #[serde(default)]
    with_removed: bool,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List members
#[utoipa::path(get, path = "/members", tag = "Members", security(("session" = ["viewer"])), params(ListMembers),
    responses((status = OK, description = "A page.", body = Page<Member>)))]
async fn list_members(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListMembers>,
) -> Answer<Json<Page<Member>>> {
    let place = AtTime::of(wanted.cursor.as_deref(), &())?;
    let (after_time, after_id) = (
        place.and_then(|place| place.time),
        place.map(|place| place.id),
    );
    let role: Option<Vec<&str>> = wanted
        .role
        .map(|List(roles)| roles.into_iter().map(MemberRole::name).collect());
    let status = (!wanted.with_removed).then_some("active");
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<Member> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .filter("role", &role)
        .filter("status", &status)
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

async fn member<N>(scope: &Scoped<N>, id: Uuid) -> Answer<Member> {
    let workspace = scope.workspace();
    Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .with("id", true)
        .bind("id", &id)
        .bind("row_limit", &1_i64)
        .one(scope)
        .await
}

/// Read a member
#[utoipa::path(get, path = "/members/{id}", tag = "Members", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The membership.")),
    responses((status = OK, description = "The member.", body = Member, headers(("ETag" = String)))))]
async fn read_member(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<Member>>> {
    let found = member(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    /// What the member may do from now on.
    role: MemberRole,
}

async fn set(
    scope: &Scoped<Admin>,
    id: Uuid,
    version: IfMatch,
    role: Option<&str>,
    status: Option<&str>,
) -> Answer<()> {
    // A key never changes who may do what, and a person shows first who he is.
    scope.principal().require_fresh_proof()?;
    let workspace = scope.workspace();
    let changed = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("role", &role)
        .bind("status", &status)
        .filter("version", &version.0)
        .execute(scope)
        .await?;
    if changed == 0 {
        return Err(version.explain(member(scope, id).await.is_ok()));
    }
    Ok(())
}

/// Change a member's role
///
/// Only owners change owners, and the last owner stays one. It asks for a recent proof of who you are.
#[utoipa::path(patch, path = "/members/{id}", tag = "Members", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The membership."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    request_body = MemberChange,
    responses((status = OK, description = "It was changed.", body = Member, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn change_member(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<MemberChange>,
) -> Answer<Versioned<Json<Member>>> {
    set(&scope, id, version, Some(change.role.name()), None).await?;
    let found = member(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// Remove a member
///
/// Open conversations go back to the queue; what the member did stays. It asks for a recent proof of who you are.
#[utoipa::path(delete, path = "/members/{id}", tag = "Members", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The membership.")),
    responses((status = NO_CONTENT, description = "The person is no member any more."),
        (status = UNPROCESSABLE_ENTITY, description = "A workspace keeps at least one owner.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn remove_member(scope: Scoped<Admin>, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    set(&scope, id, IfMatch(None), None, Some("removed")).await?;
    Ok(StatusCode::NO_CONTENT)
}
