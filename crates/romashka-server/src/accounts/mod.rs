//! Accounts: signing in and out, passwords, second factors, sessions, invitations, and the first owner of an installation.
//!
//! Invariants: whether there is an account is never told to who cannot sign in to it; every secret is checked under a limit
//! that all processes share; a new session begins with each sign-in, and what changes how one signs in ends the others.

mod invitations;
mod login;
mod mail;
pub mod oidc;
mod passwords;
mod second_factor;
mod sessions;
mod setup;
mod setup_page;

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use jiff::Timestamp;
use romashka_db::scope::OwnedScope;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use login::second_step;
pub use mail::Mail;
pub(crate) use mail::link;
pub use setup::setup_address;
pub(crate) use setup_page::router as setup_page;

use crate::authentication::secret::Token;
use crate::observe::Caller;
use crate::problem::{Answer, Code, Problem};
use crate::record;
use crate::scoped::session_cookie;
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .merge(login::router())
        .merge(passwords::router())
        .merge(second_factor::router())
        .merge(sessions::router())
        .merge(invitations::router())
        .merge(setup::router())
        .merge(oidc::router())
}

/// A person who has just signed in. The session itself is in the cookie.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedIn {
    /// The person.
    pub person_id: Uuid,
    /// When the session ends in any case.
    pub expires_at: Timestamp,
}

record! {
    /// An account, as far as signing in needs it.
    pub struct Account {
        /// The person.
        pub person: Option<Uuid>,
        /// The address.
        pub email: Option<String>,
        /// The name.
        pub full_name: Option<String>,
        /// The language of mails.
        pub language: Option<String>,
        /// The password's hash.
        #[serde(skip)]
        pub password_hash: Option<String>,
        /// Whether a second factor is in force.
        pub has_second_factor: Option<bool>,
    }
}

impl Account {
    async fn of_address(service: &OwnedScope, email: &str) -> Answer<Account> {
        Statement::new(include_str!("find_account.sql"))
            .bind("email", &email)
            .one(service)
            .await
    }

    async fn of_person(service: &OwnedScope, person: Uuid) -> Answer<Account> {
        Statement::new(include_str!("read_account.sql"))
            .bind("person", &person)
            .one(service)
            .await
    }
}

/// What failures are counted under: of the address, so that one that has no account is counted alike.
fn account_hash(email: &str) -> Vec<u8> {
    Sha256::digest(email.trim().to_lowercase().as_bytes()).to_vec()
}

/// The key of a shared limit: the kind of attempt, and a hash of who makes it.
fn limit_key(kind: &str, who: &str) -> String {
    let hash = Sha256::digest(who.as_bytes());
    format!("{kind}:{}", hex::encode(&hash[..16]))
}

const QUARTER_HOUR: Duration = Duration::from_secs(900);

/// Refuses an account that still waits after wrong attempts.
async fn require_no_pause(service: &OwnedScope, account_hash: &[u8]) -> Answer<()> {
    let seconds: Option<f64> = Statement::new(include_str!("login_pause.sql"))
        .bind("account_hash", &account_hash)
        .value(service)
        .await?;
    match seconds {
        Some(seconds) => {
            Err(Problem::new(Code::TooManyAttempts).retry_after(seconds.ceil() as u64))
        }
        None => Ok(()),
    }
}

/// Counts a wrong attempt, or forgets those before a right one.
async fn record_attempt(
    service: &OwnedScope,
    account_hash: &[u8],
    succeeded: bool,
) -> Answer<Option<u64>> {
    let seconds: Option<f64> = Statement::new(include_str!("record_login.sql"))
        .bind("account_hash", &account_hash)
        .bind("succeeded", &succeeded)
        .value(service)
        .await?;
    Ok(seconds.map(|seconds| seconds.ceil() as u64))
}

/// The refusal of a wrong password or code, with the time the account now waits.
fn wrong(code: Code, pause: Option<u64>) -> Problem {
    match pause {
        Some(seconds) => Problem::new(code).retry_after(seconds),
        None => Problem::new(code),
    }
}

/// Begins a session; the header that gives its token to the browser.
async fn start_session(
    server: &Server,
    service: &OwnedScope,
    caller: &Caller,
    person: Uuid,
    second_factor: bool,
) -> Answer<((HeaderName, HeaderValue), SignedIn)> {
    let token = Token::generate();
    let token_hash = token.digest().to_vec();
    let (idle, lifetime) = (
        server.settings.session_idle.as_secs() as f64,
        server.settings.session_lifetime.as_secs() as f64,
    );
    let address = caller.address.map(|address| address.to_string());
    Statement::new(include_str!("start_session.sql"))
        .bind("person", &person)
        .bind("token_hash", &token_hash)
        .bind("idle", &idle)
        .bind("lifetime", &lifetime)
        .bind("second_factor", &second_factor)
        .bind("user_agent", &caller.user_agent)
        .bind("address", &address)
        .execute(service)
        .await?;
    let expires_at = Timestamp::now()
        .checked_add(jiff::SignedDuration::from_secs(lifetime as i64))
        .map_err(Problem::internal)?;
    let cookie = cookie(server, token.expose(), lifetime as u64)?;
    let signed_in = SignedIn {
        person_id: person,
        expires_at,
    };
    Ok((cookie, signed_in))
}

/// The header that puts the session's cookie, or with no seconds takes it away.
fn cookie(server: &Server, value: &str, seconds: u64) -> Answer<(HeaderName, HeaderValue)> {
    let secure = if server.is_secure() { "; Secure" } else { "" };
    let text = format!(
        "{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}",
        session_cookie(server)
    );
    let mut value = HeaderValue::from_str(&text).map_err(Problem::internal)?;
    value.set_sensitive(true);
    Ok((header::SET_COOKIE, value))
}

/// Whether a text has the form of an address.
pub(crate) fn address(field: &str, text: &str) -> Answer<String> {
    let text = text.trim().to_lowercase();
    let is_address = text.len() <= 320
        && text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@')
        })
        && !text
            .chars()
            .any(|character| character.is_whitespace() || character.is_control());
    if is_address {
        Ok(text)
    } else {
        Err(Problem::field(field, "is an address, as ann@example.com"))
    }
}
