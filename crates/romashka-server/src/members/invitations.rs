//! Invitations, as the admins of a workspace see them. Accepting one is in [`crate::accounts`].

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::MemberRole;
use crate::accounts::{self, Mail};
use crate::authentication::secret;
use crate::created::Created;
use crate::cursor::AtTime;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::scoped::{Admin, Scoped};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_invitations, create_invitation))
        .routes(routes!(revoke_invitation))
}

record! {
    /// An invitation.
    pub struct Invitation {
        /// Its identity.
        pub id: Uuid,
        /// The address that is invited.
        pub email: String,
        /// What the member will be.
        pub role: String,
        /// Who invites.
        pub invited_by: Option<Uuid>,
        /// Until when it can be accepted.
        pub expires_at: Timestamp,
        /// When it was accepted.
        pub accepted_at: Option<Timestamp>,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

/// Which invitations are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListInvitations {
    /// Only those that can still be accepted.
    #[serde(default)]
    is_open: bool,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List invitations
#[utoipa::path(get, path = "/invitations", tag = "Members", security(("session" = ["admin"])), params(ListInvitations),
    responses((status = OK, description = "A page.", body = Page<Invitation>)))]
async fn list_invitations(
    scope: Scoped<Admin>,
    Query(wanted): Query<ListInvitations>,
) -> Answer<Json<Page<Invitation>>> {
    let place = AtTime::of(wanted.cursor.as_deref(), &())?;
    let (after_time, after_id) = (
        place.and_then(|place| place.time),
        place.map(|place| place.id),
    );
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<Invitation> = Statement::new(include_str!("list_invitations.sql"))
        .bind("workspace", &workspace)
        .with("is_open", wanted.is_open)
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

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// The address.
    #[schema(max_length = 320)]
    email: String,
    /// What the member will be; an agent when nothing is said.
    role: Option<MemberRole>,
}

/// An invitation that was just made.
#[derive(Serialize, ToSchema)]
pub struct MadeInvitation {
    /// Its identity.
    id: Uuid,
    /// Where it is accepted. It is sent by mail, and shown this once for who hands it over otherwise.
    link: String,
}

record! {
    /// What the mail of an invitation says.
    pub struct InvitationMail {
        /// The invitation.
        pub id: Uuid,
        /// The workspace.
        pub workspace_name: String,
        /// Who invites.
        pub invited_by: Option<String>,
        /// The language of the mail.
        pub language: Option<String>,
    }
}

/// Invite somebody
///
/// A mail goes to the address. Only owners invite owners. It asks for a recent proof of who you are.
#[utoipa::path(post, path = "/invitations", tag = "Members", security(("session" = ["admin"])), request_body = NewInvitation,
    responses((status = CREATED, description = "The invitation is on its way.", body = MadeInvitation)))]
async fn create_invitation(
    mut scope: Scoped<Admin>,
    State(server): State<Server>,
    input::Json(new): input::Json<NewInvitation>,
) -> Answer<Created<MadeInvitation>> {
    scope.principal().require_fresh_proof()?;
    let workspace = scope.workspace();
    let email = accounts::address("email", &new.email)?;
    let role = new.role.unwrap_or(MemberRole::Agent).name();
    let token: String = Statement::new(include_str!("invite.sql"))
        .bind("email", &email)
        .bind("role", &role)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    let token_hash = secret::digest(&token).to_vec();
    let made: InvitationMail = Statement::new(include_str!("find_invitation.sql"))
        .bind("token_hash", &token_hash)
        .bind("workspace", &workspace)
        .one(&scope)
        .await?;
    let link = accounts::link(&server, "/invitation", &token)?;
    scope.as_service().await?;
    Mail::Invitation {
        workspace: made.workspace_name,
        invited_by: made.invited_by,
        link: link.clone(),
    }
    .queue(&server, &scope, &email, made.language.as_deref())
    .await?;
    Ok(Created {
        path: format!("/invitations/{}", made.id),
        version: None,
        body: MadeInvitation { id: made.id, link },
    })
}

/// Take an invitation back
#[utoipa::path(delete, path = "/invitations/{id}", tag = "Members", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The invitation.")),
    responses((status = NO_CONTENT, description = "It cannot be accepted any more.")))]
async fn revoke_invitation(scope: Scoped<Admin>, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("revoke_invitation.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    if removed == 0 {
        return Err(Problem::not_found());
    }
    Ok(StatusCode::NO_CONTENT)
}
