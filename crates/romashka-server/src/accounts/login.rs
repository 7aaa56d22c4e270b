//! Signing in, in one step or two, showing a password again, and signing out.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use romashka_db::scope::OwnedScope;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::second_factor::is_right_code;
use super::{
    Account, QUARTER_HOUR, SignedIn, account_hash, cookie, limit_key, record_attempt,
    require_no_pause, start_session, wrong,
};
use crate::authentication::csrf;
use crate::authentication::password::Password;
use crate::authentication::secret::{self, Token};
use crate::input;
use crate::observe::Caller;
use crate::problem::{Answer, Code, Problem};
use crate::rate_limit::take_shared;
use crate::scoped::{Person, Scoped};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(pass_second_factor))
        .routes(routes!(confirm_identity))
        .routes(routes!(sign_out))
}

/// How long the second step may take.
const SECOND_STEP_SECONDS: f64 = 300.0;

/// Address and password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The address of the account.
    #[schema(max_length = 320)]
    email: String,
    /// Its password.
    #[schema(value_type = String, max_length = 1024)]
    password: Password,
}

/// What signing in led to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum LoginResult {
    /// The person is signed in.
    SignedIn(SignedIn),
    /// A code of the second factor is asked for.
    SecondFactorRequired {
        /// To be sent with the code, within five minutes.
        token: String,
    },
}

/// Sign in
///
/// Sets the session's cookie, or asks for the second factor. The same answer, after the same work, whether the account exists
/// or not. After five wrong passwords in a row the account waits, longer each time.
#[utoipa::path(post, path = "/auth/login", tag = "Signing in", security(()), request_body = Login,
    responses((status = OK, description = "The password is right.", body = LoginResult),
        (status = UNAUTHORIZED, description = "Address or password is wrong.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The request comes from another site.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many attempts.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn sign_in(
    State(server): State<Server>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    input::Json(login): input::Json<Login>,
) -> Answer<Response> {
    csrf::refuse_foreign(&headers, &server.public_url)?;
    let hash = account_hash(&login.email);
    let service = server.service().await?;
    let account = permitted(&service, &caller, &login.email, &hash).await;
    // What was counted stays, whatever comes of it; and no connection is held while the password is checked.
    service.commit().await?;
    let account = account?;
    let is_right = server
        .passwords
        .verify(&login.password, account.password_hash.as_deref())
        .await?;
    let (Some(person), true) = (account.person, is_right) else {
        let service = server.service().await?;
        let pause = record_attempt(&service, &hash, false).await?;
        service.commit().await?;
        return Err(wrong(Code::WrongPassword, pause));
    };
    let better = match account.password_hash.as_deref() {
        Some(weak) if server.passwords.is_weak(weak) => {
            Some(server.passwords.hash(&login.password).await?)
        }
        _ => None,
    };
    let service = server.service().await?;
    if let Some(better) = better {
        set_password(&service, person, &better).await?;
    }
    if account.has_second_factor == Some(true) {
        let token = second_step(&service, person).await?;
        service.commit().await?;
        return Ok(Json(LoginResult::SecondFactorRequired {
            token: token.expose().to_owned(),
        })
        .into_response());
    }
    record_attempt(&service, &hash, true).await?;
    let (cookie, signed_in) = start_session(&server, &service, &caller, person, false).await?;
    service.commit().await?;
    Ok(([cookie], Json(LoginResult::SignedIn(signed_in))).into_response())
}

/// The token of the second step of signing in.
pub(super) async fn second_step(service: &OwnedScope, person: Uuid) -> Answer<Token> {
    let token = Token::generate();
    let token_hash = token.digest().to_vec();
    Statement::new(include_str!("keep_token.sql"))
        .bind("token_hash", &token_hash)
        .bind("purpose", &"second_factor")
        .bind("person", &person)
        .bind("seconds", &SECOND_STEP_SECONDS)
        .execute(service)
        .await?;
    Ok(token)
}

async fn permitted(
    service: &OwnedScope,
    caller: &Caller,
    email: &str,
    account_hash: &[u8],
) -> Answer<Account> {
    take_shared(
        service,
        &limit_key("login-from", &caller.network()),
        30,
        QUARTER_HOUR,
    )
    .await?;
    require_no_pause(service, account_hash).await?;
    // Stops those who try many passwords at the same moment, before the first is counted as wrong.
    take_shared(
        service,
        &limit_key("login-to", &email.trim().to_lowercase()),
        20,
        QUARTER_HOUR,
    )
    .await?;
    Account::of_address(service, email.trim()).await
}

pub(super) async fn set_password(service: &OwnedScope, person: Uuid, hash: &str) -> Answer<()> {
    Statement::new(include_str!("set_password.sql"))
        .bind("person", &person)
        .bind("password_hash", &hash)
        .execute(service)
        .await?;
    Ok(())
}

/// The second step of signing in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondStep {
    /// The token of the first step.
    token: String,
    /// The six digits of the app, or a recovery code.
    #[schema(max_length = 100)]
    code: String,
}

/// Sign in: the second step
///
/// With a code of the person's app, or a recovery code, each of which counts once.
#[utoipa::path(post, path = "/auth/login/second-factor", tag = "Signing in", security(()), request_body = SecondStep,
    responses((status = OK, description = "The person is signed in.", body = LoginResult),
        (status = UNAUTHORIZED, description = "The token is over, or the code is wrong.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The request comes from another site.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many attempts.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn pass_second_factor(
    State(server): State<Server>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    input::Json(step): input::Json<SecondStep>,
) -> Answer<Response> {
    csrf::refuse_foreign(&headers, &server.public_url)?;
    let token_hash = secret::digest(&step.token).to_vec();
    let service = server.service().await?;
    let person: Option<Uuid> = Statement::new(include_str!("find_token.sql"))
        .bind("token_hash", &token_hash)
        .bind("purpose", &"second_factor")
        .value(&service)
        .await?;
    let Some(person) = person else {
        return Err(Problem::new(Code::WrongCode).detail("Sign in again"));
    };
    let is_right = attempt_code(&server, &service, person, &step.code).await;
    let is_right = match is_right {
        Ok(is_right) => is_right,
        Err(problem) => {
            service.commit().await?;
            return Err(problem);
        }
    };
    if !is_right.0 {
        service.commit().await?;
        return Err(wrong(Code::WrongCode, is_right.1));
    }
    if !super::passwords::use_token(&service, &token_hash, "second_factor")
        .await?
        .1
    {
        return Err(Problem::new(Code::WrongCode).detail("Sign in again"));
    }
    let (cookie, signed_in) = start_session(&server, &service, &caller, person, true).await?;
    service.commit().await?;
    Ok(([cookie], Json(LoginResult::SignedIn(signed_in))).into_response())
}

/// Whether the code is right, and how long the account now waits. What is counted is for the caller to commit.
async fn attempt_code(
    server: &Server,
    service: &OwnedScope,
    person: Uuid,
    code: &str,
) -> Answer<(bool, Option<u64>)> {
    let account = Account::of_person(service, person).await?;
    let email = account.email.unwrap_or_default();
    let hash = account_hash(&email);
    require_no_pause(service, &hash).await?;
    take_shared(service, &limit_key("code-of", &email), 10, QUARTER_HOUR).await?;
    let is_right = is_right_code(server, service, person, code).await?;
    let pause = record_attempt(service, &hash, is_right).await?;
    Ok((is_right, pause))
}

/// A password or code, shown again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The password.
    #[schema(value_type = Option<String>, max_length = 1024)]
    password: Option<Password>,
    /// The six digits of the app, or a recovery code, where a second factor is in force.
    #[schema(max_length = 100)]
    code: Option<String>,
}

/// Show again who you are
///
/// For ten minutes after it, what needs a recent proof (members, keys, second factors) is open to this session.
#[utoipa::path(post, path = "/auth/confirm", tag = "Signing in", security(("session" = ["person"])), request_body = Confirmation,
    responses((status = NO_CONTENT, description = "It is confirmed.")))]
async fn confirm_identity(
    scope: Scoped<Person>,
    State(server): State<Server>,
    input::Json(shown): input::Json<Confirmation>,
) -> Answer<axum::http::StatusCode> {
    let principal = scope.release();
    let person = principal.person()?;
    let session = principal
        .session()
        .ok_or_else(|| Problem::new(Code::Conflict).detail("Sign in where the token comes from"))?;
    let (is_right, pause) = match (&shown.password, &shown.code) {
        (_, Some(code)) => {
            let service = server.service().await?;
            let checked = attempt_code(&server, &service, person, code).await;
            service.commit().await?;
            checked?
        }
        (Some(password), None) => attempt_password(&server, person, password).await?,
        (None, None) => return Err(Problem::field("password", "or code is required")),
    };
    if !is_right {
        let code = if shown.code.is_some() {
            Code::WrongCode
        } else {
            Code::WrongPassword
        };
        return Err(wrong(code, pause));
    }
    let service = server.service().await?;
    Statement::new(include_str!("confirm_session.sql"))
        .bind("session", &session)
        .execute(&service)
        .await?;
    service.commit().await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// Whether the password of a person who is signed in is right, and how long the account now waits. No connection is held
/// while it is checked.
pub(super) async fn attempt_password(
    server: &Server,
    person: Uuid,
    password: &Password,
) -> Answer<(bool, Option<u64>)> {
    let service = server.service().await?;
    let account = Account::of_person(&service, person).await?;
    let email = account.email.unwrap_or_default();
    let hash = account_hash(&email);
    let permitted = async {
        require_no_pause(&service, &hash).await?;
        take_shared(&service, &limit_key("login-to", &email), 20, QUARTER_HOUR).await
    }
    .await;
    service.commit().await?;
    permitted?;
    let is_right = server
        .passwords
        .verify(password, account.password_hash.as_deref())
        .await?;
    let service = server.service().await?;
    let pause = record_attempt(&service, &hash, is_right).await?;
    service.commit().await?;
    Ok((is_right, pause))
}

/// Sign out
///
/// Ends the session and takes its cookie away.
#[utoipa::path(post, path = "/auth/logout", tag = "Signing in", security(("session" = ["person"])),
    responses((status = NO_CONTENT, description = "The session is over.")))]
async fn sign_out(mut scope: Scoped<Person>, State(server): State<Server>) -> Answer<Response> {
    let (person, session) = (scope.principal().person()?, scope.principal().session());
    if session.is_some() {
        scope.as_service().await?;
        super::sessions::end(&scope, person, session, None).await?;
    }
    let cookie = cookie(&server, "", 0)?;
    Ok((axum::http::StatusCode::NO_CONTENT, [cookie]).into_response())
}
