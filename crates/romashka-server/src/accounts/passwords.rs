//! Changing a password, and a new one for who has forgotten it.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use romashka_db::scope::OwnedScope;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::login::{attempt_password, set_password};
use super::{
    Account, Mail, QUARTER_HOUR, account_hash, address, limit_key, mail, record_attempt, sessions,
    wrong,
};
use crate::authentication::csrf;
use crate::authentication::password::Password;
use crate::authentication::secret::{self, Token};
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
        .routes(routes!(change_password))
        .routes(routes!(request_password_reset))
        .routes(routes!(reset_password))
}

/// How long a reset may be used.
const RESET_SECONDS: f64 = 1800.0;

/// The present and the new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present password.
    #[schema(value_type = String, max_length = 1024)]
    current_password: Password,
    /// The new one: 15 characters or more.
    #[schema(value_type = String, min_length = 15, max_length = 1024)]
    new_password: Password,
}

/// Change the password
///
/// Ends all other sessions of the person, and tells the person by mail.
#[utoipa::path(put, path = "/me/password", tag = "Me", security(("session" = ["person"])), request_body = PasswordChange,
    responses((status = NO_CONTENT, description = "It was changed.")))]
async fn change_password(
    scope: Scoped<Person>,
    State(server): State<Server>,
    input::Json(change): input::Json<PasswordChange>,
) -> Answer<StatusCode> {
    let principal = scope.release();
    let (person, session) = (principal.person()?, principal.session());
    let service = server.service().await?;
    let account = Account::of_person(&service, person).await?;
    drop(service);
    let email = account.email.unwrap_or_default();
    change
        .new_password
        .require_strength("new_password", &email)?;
    let (is_right, pause) = attempt_password(&server, person, &change.current_password).await?;
    if !is_right {
        return Err(wrong(Code::WrongPassword, pause));
    }
    let new = server.passwords.hash(&change.new_password).await?;
    let service = server.service().await?;
    set_password(&service, person, &new).await?;
    sessions::end(&service, person, None, session).await?;
    tell_of_change(&server, &service, &email, account.language.as_deref()).await?;
    service.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn tell_of_change(
    server: &Server,
    service: &OwnedScope,
    email: &str,
    language: Option<&str>,
) -> Answer<()> {
    let link = server
        .public_url
        .join("/sign-in/forgotten")
        .map_err(Problem::internal)?
        .to_string();
    Mail::PasswordChanged { link }
        .queue(server, service, email, language)
        .await
}

/// The account whose password is forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetRequest {
    /// Its address.
    #[schema(max_length = 320)]
    email: String,
}

/// Ask for a new password
///
/// A link goes to the address, if there is an account; the answer is the same if there is none. It is good once, for half an
/// hour, and asking is possible also while the account waits after wrong passwords.
#[utoipa::path(post, path = "/auth/password-reset", tag = "Signing in", security(()), request_body = ResetRequest,
    responses((status = ACCEPTED, description = "If there is such an account, a mail is on its way."),
        (status = FORBIDDEN, description = "The request comes from another site.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many attempts.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn request_password_reset(
    State(server): State<Server>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    input::Json(request): input::Json<ResetRequest>,
) -> Answer<StatusCode> {
    csrf::refuse_foreign(&headers, &server.public_url)?;
    let email = address("email", &request.email)?;
    let service = server.service().await?;
    let permitted = async {
        take_shared(
            &service,
            &limit_key("reset-from", &caller.network()),
            20,
            QUARTER_HOUR,
        )
        .await?;
        take_shared(&service, &limit_key("reset-of", &email), 3, QUARTER_HOUR).await
    }
    .await;
    if let Err(problem) = permitted {
        service.commit().await?;
        return Err(problem);
    }
    let account = Account::of_address(&service, &email).await?;
    // Made in any case, so that the time it takes says nothing.
    let token = Token::generate();
    let link = mail::link(&server, "/sign-in/new-password", token.expose())?;
    if let Some(person) = account.person {
        let token_hash = token.digest().to_vec();
        Statement::new(include_str!("keep_token.sql"))
            .bind("token_hash", &token_hash)
            .bind("purpose", &"password_reset")
            .bind("person", &person)
            .bind("seconds", &RESET_SECONDS)
            .execute(&service)
            .await?;
        let known = Account::of_person(&service, person).await?;
        Mail::PasswordReset { link }
            .queue(&server, &service, &email, known.language.as_deref())
            .await?;
    }
    service.commit().await?;
    Ok(StatusCode::ACCEPTED)
}

/// The token of the mail, and the new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    /// The token of the link.
    #[schema(max_length = 200)]
    token: String,
    /// The new password: 15 characters or more.
    #[schema(value_type = String, min_length = 15, max_length = 1024)]
    new_password: Password,
}

/// Set a new password
///
/// With the token of the mail. Ends every session of the person; signing in comes after it.
#[utoipa::path(post, path = "/auth/password-reset/confirm", tag = "Signing in", security(()), request_body = PasswordReset,
    responses((status = NO_CONTENT, description = "It is set."),
        (status = UNAUTHORIZED, description = "The token is over, or was used.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The request comes from another site.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many attempts.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn reset_password(
    State(server): State<Server>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    input::Json(reset): input::Json<PasswordReset>,
) -> Answer<StatusCode> {
    csrf::refuse_foreign(&headers, &server.public_url)?;
    let token_hash = secret::digest(&reset.token).to_vec();
    let service = server.service().await?;
    take_shared(
        &service,
        &limit_key("reset-try-from", &caller.network()),
        30,
        QUARTER_HOUR,
    )
    .await?;
    let service = {
        service.commit().await?;
        server.service().await?
    };
    let person: Option<Uuid> = Statement::new(include_str!("find_token.sql"))
        .bind("token_hash", &token_hash)
        .bind("purpose", &"password_reset")
        .value(&service)
        .await?;
    let refused =
        || Problem::new(Code::WrongCode).detail("The link is over, or was used: ask for another");
    let person = person.ok_or_else(refused)?;
    let account = Account::of_person(&service, person).await?;
    let email = account.email.unwrap_or_default();
    reset
        .new_password
        .require_strength("new_password", &email)?;
    drop(service);
    let hash = server.passwords.hash(&reset.new_password).await?;
    let service = server.service().await?;
    if !use_token(&service, &token_hash, "password_reset").await?.1 {
        return Err(refused());
    }
    set_password(&service, person, &hash).await?;
    sessions::end(&service, person, None, None).await?;
    record_attempt(&service, &account_hash(&email), true).await?;
    tell_of_change(&server, &service, &email, account.language.as_deref()).await?;
    service.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

record! {
    /// What became of a token.
    pub struct UsedToken {
        /// Whose it was.
        pub person: Option<Uuid>,
        /// Whether it was good.
        pub is_valid: bool,
    }
}

/// Uses a token up: whose it was, and whether it was good.
pub(super) async fn use_token(
    service: &OwnedScope,
    token_hash: &[u8],
    purpose: &str,
) -> Answer<(Option<Uuid>, bool)> {
    let used: UsedToken = Statement::new(include_str!("use_token.sql"))
        .bind("token_hash", &token_hash)
        .bind("purpose", &purpose)
        .one(service)
        .await?;
    Ok((used.person, used.is_valid))
}
