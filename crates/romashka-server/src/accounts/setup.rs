//! The first owner of an installation: made by who sees the address that the server prints at its start.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::invitations::name;
use super::{QUARTER_HOUR, SignedIn, address, limit_key, mail, start_session};
use crate::authentication::csrf;
use crate::authentication::password::Password;
use crate::authentication::secret::{self, Token};
use crate::input;
use crate::observe::Caller;
use crate::problem::Answer;
use crate::rate_limit::take_shared;
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(set_up))
}

/// How long an address of the set-up is good.
const SETUP_SECONDS: f64 = 86_400.0;

/// Where the first owner is made, while there is none; the address is new at each call.
pub async fn setup_address(server: &Server) -> Answer<Option<String>> {
    let service = server.service().await?;
    let is_needed: bool = Statement::new(include_str!("needs_setup.sql"))
        .value(&service)
        .await?;
    if !is_needed {
        return Ok(None);
    }
    let token = Token::generate();
    let token_hash = token.digest().to_vec();
    Statement::new(include_str!("keep_token.sql"))
        .bind("token_hash", &token_hash)
        .bind("purpose", &"setup")
        .bind("person", &None::<Uuid>)
        .bind("seconds", &SETUP_SECONDS)
        .execute(&service)
        .await?;
    service.commit().await?;
    mail::link(server, "/setup", token.expose()).map(Some)
}

/// The first owner.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The token of the address that the server printed.
    #[schema(max_length = 200)]
    token: String,
    /// The address to sign in with.
    #[schema(max_length = 320)]
    email: String,
    /// The person's name.
    #[schema(min_length = 1, max_length = 200)]
    full_name: String,
    /// The password: 15 characters or more.
    #[schema(value_type = String, min_length = 15, max_length = 1024)]
    password: Password,
}

/// Set the installation up
///
/// Makes the first owner and signs in. Possible once, with the token of the address that `romashka serve` or `romashka up` prints.
#[utoipa::path(post, path = "/setup", tag = "Signing in", security(()), request_body = Setup,
    responses((status = CREATED, description = "The owner is made, and signed in.", body = SignedIn),
        (status = FORBIDDEN, description = "The token is not valid (any more), or the request comes from another site.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = CONFLICT, description = "The installation is set up already.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many attempts.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn set_up(
    State(server): State<Server>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    input::Json(setup): input::Json<Setup>,
) -> Answer<Response> {
    csrf::refuse_foreign(&headers, &server.public_url)?;
    let service = server.service().await?;
    let counted = take_shared(
        &service,
        &limit_key("setup-from", &caller.network()),
        20,
        QUARTER_HOUR,
    )
    .await;
    service.commit().await?;
    counted?;
    let email = address("email", &setup.email)?;
    let full_name = name("full_name", &setup.full_name)?;
    setup.password.require_strength("password", &email)?;
    let hash = server.passwords.hash(&setup.password).await?;
    let token_hash = secret::digest(&setup.token).to_vec();
    let service = server.service().await?;
    let person: Uuid = Statement::new(include_str!("set_up.sql"))
        .bind("token_hash", &token_hash)
        .bind("email", &email)
        .bind("full_name", &full_name)
        .bind("password_hash", &hash)
        .value(&service)
        .await?;
    let (cookie, signed_in) = start_session(&server, &service, &caller, person, false).await?;
    service.commit().await?;
    Ok((StatusCode::CREATED, [cookie], Json(signed_in)).into_response())
}
