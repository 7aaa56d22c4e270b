//! The second factor: a secret in the person's app, and recovery codes for when the app is lost.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use romashka_db::envelope::Place;
use romashka_db::scope::OwnedScope;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Account, Mail, QUARTER_HOUR, limit_key};
use crate::authentication::secret;
use crate::authentication::totp::{Totp, digits, normalized_recovery_code, recovery_code};
use crate::input;
use crate::problem::{Answer, Code, Problem};
use crate::rate_limit::take_shared;
use crate::record;
use crate::scoped::{Person, Scoped};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(offer_second_factor, remove_second_factor))
        .routes(routes!(confirm_second_factor))
        .routes(routes!(renew_recovery_codes))
}

const RECOVERY_CODES: usize = 10;

fn place(factor: Uuid) -> Place<'static> {
    Place {
        table: "second_factors",
        column: "secret",
        workspace: Uuid::nil(),
        row: factor,
    }
}

record! {
    /// The secret of a person.
    pub struct Factor {
        /// Its identity.
        pub factor: Option<Uuid>,
        /// The secret, encrypted.
        #[serde(skip)]
        pub secret: Option<String>,
        /// Whether it is in force.
        pub is_confirmed: Option<bool>,
    }
}

async fn factor_of(service: &OwnedScope, person: Uuid) -> Answer<Factor> {
    Statement::new(include_str!("read_second_factor.sql"))
        .bind("person", &person)
        .one(service)
        .await
}

fn open(server: &Server, factor: &Factor) -> Answer<Option<(Uuid, Totp)>> {
    let (Some(id), Some(secret)) = (factor.factor, &factor.secret) else {
        return Ok(None);
    };
    let secret = server
        .keys
        .open_text(place(id), secret)
        .map_err(Problem::internal)?;
    Ok(Some((id, Totp::new(secret))))
}

/// Takes the code's time step; false when the code is wrong or was used.
async fn use_code(
    service: &OwnedScope,
    person: Uuid,
    (factor, totp): (Uuid, Totp),
    code: &str,
) -> Answer<bool> {
    let Some(step) =
        digits(code).and_then(|code| totp.step_of(&code, Timestamp::now().as_second()))
    else {
        return Ok(false);
    };
    Statement::new(include_str!("use_second_factor.sql"))
        .bind("person", &person)
        .bind("factor", &factor)
        .bind("step", &step)
        .value(service)
        .await
}

/// Whether a text is the present code, or an unused recovery code, of a second factor that is in force. It is used up then.
pub(super) async fn is_right_code(
    server: &Server,
    service: &OwnedScope,
    person: Uuid,
    code: &str,
) -> Answer<bool> {
    let factor = factor_of(service, person).await?;
    if factor.is_confirmed != Some(true) {
        return Ok(false);
    }
    if let (Some(_), Some(opened)) = (digits(code), open(server, &factor)?) {
        return use_code(service, person, opened, code).await;
    }
    let code_hash = secret::digest(&normalized_recovery_code(code)).to_vec();
    Statement::new(include_str!("use_recovery_code.sql"))
        .bind("person", &person)
        .bind("code_hash", &code_hash)
        .value(service)
        .await
}

/// A secret to be put into an app. It is in force once a first code was right.
#[derive(Serialize, ToSchema)]
pub struct SecondFactorOffer {
    /// The secret, to be typed.
    secret: String,
    /// The same as an address, to be shown as a QR code.
    address: String,
}

/// Begin a second factor
///
/// Gives a new secret for an app of one-time passwords (TOTP). It asks for a recent proof of who you are.
#[utoipa::path(post, path = "/me/second-factor", tag = "Me", security(("session" = ["person"])),
    responses((status = OK, description = "The secret.", body = SecondFactorOffer),
        (status = CONFLICT, description = "There is a second factor already.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn offer_second_factor(
    mut scope: Scoped<Person>,
    State(server): State<Server>,
) -> Answer<Json<SecondFactorOffer>> {
    let person = scope.principal().person()?;
    scope.principal().require_fresh_proof()?;
    scope.as_service().await?;
    let account = Account::of_person(&scope, person).await?;
    let (factor, totp) = (Uuid::now_v7(), Totp::generate());
    let sealed = server.keys.seal_text(place(factor), totp.expose());
    Statement::new(include_str!("offer_second_factor.sql"))
        .bind("person", &person)
        .bind("factor", &factor)
        .bind("secret", &sealed)
        .execute(&scope)
        .await?;
    Ok(Json(SecondFactorOffer {
        secret: totp.text(),
        address: totp.address(account.email.as_deref().unwrap_or_default()),
    }))
}

/// A code of the app.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppCode {
    /// Six digits.
    #[schema(max_length = 20)]
    code: String,
}

/// Codes that stand in for a lost app, once each. They are shown this once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// The codes.
    recovery_codes: Vec<String>,
}

async fn new_recovery_codes(service: &OwnedScope, person: Uuid) -> Answer<RecoveryCodes> {
    let recovery_codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let code_hashes: Vec<Vec<u8>> = recovery_codes
        .iter()
        .map(|code| secret::digest(&normalized_recovery_code(code)).to_vec())
        .collect();
    Statement::new(include_str!("keep_recovery_codes.sql"))
        .bind("person", &person)
        .bind("code_hashes", &code_hashes)
        .execute(service)
        .await?;
    Ok(RecoveryCodes { recovery_codes })
}

/// Put the second factor into force
///
/// With a first code of the app. The answer holds the recovery codes.
#[utoipa::path(post, path = "/me/second-factor/confirm", tag = "Me", security(("session" = ["person"])), request_body = AppCode,
    responses((status = OK, description = "It is in force.", body = RecoveryCodes),
        (status = CONFLICT, description = "There is nothing to confirm.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn confirm_second_factor(
    scope: Scoped<Person>,
    State(server): State<Server>,
    input::Json(shown): input::Json<AppCode>,
) -> Answer<Json<RecoveryCodes>> {
    let person = scope.release().person()?;
    let service = server.service().await?;
    let counted = take_shared(
        &service,
        &limit_key("enrol", &person.to_string()),
        10,
        QUARTER_HOUR,
    )
    .await;
    service.commit().await?;
    counted?;
    let service = server.service().await?;
    let factor = factor_of(&service, person).await?;
    let opened = match open(&server, &factor)? {
        Some(opened) if factor.is_confirmed == Some(false) => opened,
        _ => return Err(Problem::new(Code::Conflict).detail("There is nothing to confirm")),
    };
    if !use_code(&service, person, opened, &shown.code).await? {
        return Err(Problem::new(Code::WrongCode));
    }
    let codes = new_recovery_codes(&service, person).await?;
    tell_of_change(&server, &service, person, true).await?;
    service.commit().await?;
    Ok(Json(codes))
}

async fn tell_of_change(
    server: &Server,
    service: &OwnedScope,
    person: Uuid,
    is_on: bool,
) -> Answer<()> {
    let account = Account::of_person(service, person).await?;
    let Some(email) = account.email else {
        return Ok(());
    };
    Mail::SecondFactorChanged { is_on }
        .queue(server, service, &email, account.language.as_deref())
        .await
}

/// Make new recovery codes
///
/// The old ones are void. It asks for a recent proof of who you are.
#[utoipa::path(post, path = "/me/recovery-codes", tag = "Me", security(("session" = ["person"])),
    responses((status = OK, description = "The new codes.", body = RecoveryCodes),
        (status = CONFLICT, description = "There is no second factor.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn renew_recovery_codes(mut scope: Scoped<Person>) -> Answer<Json<RecoveryCodes>> {
    let person = scope.principal().person()?;
    scope.principal().require_fresh_proof()?;
    scope.as_service().await?;
    if factor_of(&scope, person).await?.is_confirmed != Some(true) {
        return Err(Problem::new(Code::Conflict).detail("There is no second factor"));
    }
    Ok(Json(new_recovery_codes(&scope, person).await?))
}

/// Take the second factor away
///
/// With its recovery codes. It asks for a recent proof of who you are.
#[utoipa::path(delete, path = "/me/second-factor", tag = "Me", security(("session" = ["person"])),
    responses((status = NO_CONTENT, description = "There is none any more.")))]
async fn remove_second_factor(
    mut scope: Scoped<Person>,
    State(server): State<Server>,
) -> Answer<StatusCode> {
    let person = scope.principal().person()?;
    scope.principal().require_fresh_proof()?;
    scope.as_service().await?;
    let removed: bool = Statement::new(include_str!("remove_second_factor.sql"))
        .bind("person", &person)
        .value(&scope)
        .await?;
    if removed {
        tell_of_change(&server, &scope, person, false).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
