//! Accepting an invitation: by somebody who has an account and is signed in, or by making one.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use romashka_db::scope::{Claims, OwnedScope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{QUARTER_HOUR, limit_key, start_session};
use crate::authentication::csrf;
use crate::authentication::password::Password;
use crate::authentication::secret;
use crate::input;
use crate::observe::Caller;
use crate::problem::{Answer, Code, Problem};
use crate::rate_limit::take_shared;
use crate::record;
use crate::scoped::{Person, Scoped};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(read_invitation))
        .routes(routes!(accept_invitation))
        .routes(routes!(sign_up))
}

/// The token of an invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationToken {
    /// The token of the link.
    #[schema(max_length = 200)]
    token: String,
}

record! {
    /// What an invitation invites to.
    pub struct OpenInvitation {
        /// The workspace.
        pub workspace: Uuid,
        /// Its name.
        pub workspace_name: String,
        /// The address that is invited.
        pub email: String,
        /// Whether there is an account with it, to sign in to; else one is made.
        pub has_account: bool,
    }
}

/// The workspace that was joined.
#[derive(Debug, Serialize, ToSchema)]
pub struct Joined {
    /// The workspace.
    workspace_id: Uuid,
}

async fn open_invitation(service: &OwnedScope, token: &str) -> Answer<OpenInvitation> {
    let token_hash = secret::digest(token).to_vec();
    let found: Option<OpenInvitation> = Statement::new(include_str!("read_invitation.sql"))
        .bind("token_hash", &token_hash)
        .optional(service)
        .await?;
    found.ok_or_else(|| Problem::not_found().detail("The invitation is not valid (any more)"))
}

async fn counted(server: &Server, caller: &Caller) -> Answer<()> {
    let service = server.service().await?;
    let counted = take_shared(
        &service,
        &limit_key("invitation-from", &caller.network()),
        60,
        QUARTER_HOUR,
    )
    .await;
    service.commit().await?;
    counted
}

async fn accept(scope: &OwnedScope, token: &str) -> Answer<Uuid> {
    Statement::new(include_str!("accept_invitation.sql"))
        .bind("token", &token)
        .value(scope)
        .await
}

/// Look at an invitation
///
/// Who has the token of the link sees what it invites to. A POST, so that the token stands in no log.
#[utoipa::path(post, path = "/auth/invitations/read", tag = "Signing in", security(()), request_body = InvitationToken,
    responses((status = OK, description = "What it invites to.", body = OpenInvitation),
        (status = NOT_FOUND, description = "It is not valid (any more).", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many attempts.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn read_invitation(
    State(server): State<Server>,
    Extension(caller): Extension<Caller>,
    input::Json(shown): input::Json<InvitationToken>,
) -> Answer<Json<OpenInvitation>> {
    counted(&server, &caller).await?;
    let service = server.service().await?;
    Ok(Json(open_invitation(&service, &shown.token).await?))
}

/// Accept an invitation
///
/// By the person whose address is invited.
#[utoipa::path(post, path = "/me/invitations/accept", tag = "Me", security(("session" = ["person"])), request_body = InvitationToken,
    responses((status = OK, description = "The workspace is joined.", body = Joined)))]
async fn accept_invitation(
    scope: Scoped<Person>,
    input::Json(shown): input::Json<InvitationToken>,
) -> Answer<Json<Joined>> {
    let workspace_id = accept(&scope, &shown.token).await?;
    Ok(Json(Joined { workspace_id }))
}

/// An account for who is invited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// The token of the link.
    #[schema(max_length = 200)]
    token: String,
    /// The person's name.
    #[schema(min_length = 1, max_length = 200)]
    full_name: String,
    /// The new account's password: 15 characters or more.
    #[schema(value_type = String, min_length = 15, max_length = 1024)]
    password: Password,
}

/// Sign up by an invitation
///
/// Makes the account of the invited address, joins the workspace, and signs in.
#[utoipa::path(post, path = "/auth/invitations/sign-up", tag = "Signing in", security(()), request_body = SignUp,
    responses((status = OK, description = "The account is made, and signed in.", body = Joined),
        (status = NOT_FOUND, description = "The invitation is not valid (any more).", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = CONFLICT, description = "There is an account: sign in and accept.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The request comes from another site.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many attempts.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn sign_up(
    State(server): State<Server>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    input::Json(new): input::Json<SignUp>,
) -> Answer<Response> {
    csrf::refuse_foreign(&headers, &server.public_url)?;
    counted(&server, &caller).await?;
    let full_name = name("full_name", &new.full_name)?;
    let service = server.service().await?;
    let invitation = open_invitation(&service, &new.token).await?;
    drop(service);
    if invitation.has_account {
        return Err(Problem::new(Code::Conflict)
            .detail("There is an account with this address: sign in and accept"));
    }
    new.password
        .require_strength("password", &invitation.email)?;
    let hash = server.passwords.hash(&new.password).await?;
    let mut service = server.service().await?;
    let person: Uuid = Statement::new(include_str!("create_account.sql"))
        .bind("email", &invitation.email)
        .bind("full_name", &full_name)
        .bind("password_hash", &hash)
        .value(&service)
        .await?;
    let (cookie, _) = start_session(&server, &service, &caller, person, false).await?;
    service.act_as(&Claims::anywhere(person)).await?;
    let workspace_id = accept(&service, &new.token).await?;
    service.commit().await?;
    Ok(([cookie], Json(Joined { workspace_id })).into_response())
}

/// A person's name, without what does not belong in one.
pub(super) fn name(field: &str, text: &str) -> Answer<String> {
    let text = text.trim();
    let is_name = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if is_name {
        Ok(text.to_owned())
    } else {
        Err(Problem::field(
            field,
            "has 1 to 200 characters, and no control characters",
        ))
    }
}
