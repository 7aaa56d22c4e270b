//! Signing in by a provider of OpenID Connect: authorization code with PKCE, state and nonce.
//!
//! Invariants: a login is good once, for ten minutes, and in the browser that began it; who a person is, is the provider's
//! issuer and subject, never an address; an address joins an account only when the provider has verified it and is believed
//! about its domain; a second factor that is in force here is asked for here as well; where a person goes afterwards is a
//! page of this site. Tokens of the provider are not kept.

mod id_token;
mod provider;
pub mod settings;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use romashka_db::envelope::Place;
use romashka_db::scope::OwnedScope;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::id_token::Expected;
pub use self::provider::Provider;
use self::provider::ProviderError;
use super::{Account, QUARTER_HOUR, limit_key, second_step, start_session};
use crate::authentication::secret::{self, Token};
use crate::input::Query;
use crate::observe::Caller;
use crate::problem::{Answer, Code, Problem};
use crate::rate_limit::take_shared;
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(read_oidc))
        .routes(routes!(begin_oidc_login))
        .routes(routes!(finish_oidc_login))
}

/// How long a person may be at the provider.
const VALID_SECONDS: u64 = 600;
/// Where people come back.
const CALLBACK: &str = "/api/v1/auth/oidc/callback";

/// Whether people can sign in by a provider.
#[derive(Debug, Serialize, ToSchema)]
pub struct OidcOffer {
    /// Whether there is one.
    is_enabled: bool,
    /// What it is called.
    name: Option<String>,
}

/// Read whether a provider signs people in
#[utoipa::path(get, path = "/auth/oidc", tag = "Signing in", security(()),
    responses((status = OK, description = "Whether there is a provider.", body = OidcOffer)))]
async fn read_oidc(State(server): State<Server>) -> Json<OidcOffer> {
    let provider = server.oidc.as_ref();
    Json(OidcOffer {
        is_enabled: provider.is_some(),
        name: provider.map(|provider| provider.settings.name.clone()),
    })
}

fn provider(server: &Server) -> Answer<&Provider> {
    server
        .oidc
        .as_ref()
        .ok_or_else(|| Problem::not_found().detail("No provider signs people in here"))
}

/// What is kept of a login until its person comes back.
#[derive(Serialize, Deserialize)]
struct Begun {
    issuer: String,
    nonce: String,
    verifier: String,
    return_to: String,
}

fn place(login: Uuid) -> Place<'static> {
    Place {
        table: "oidc_logins",
        column: "content",
        workspace: Uuid::nil(),
        row: login,
    }
}

fn redirect_uri(server: &Server) -> Answer<String> {
    let url = server
        .public_url
        .join(CALLBACK)
        .map_err(Problem::internal)?;
    Ok(url.to_string())
}

/// A path of this site: one slash, and nothing that a browser would take for another host.
fn is_own_path(path: &str) -> bool {
    path.len() <= 1000
        && path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.bytes().all(|byte| byte.is_ascii_graphic())
}

fn cookie_name(server: &Server) -> &'static str {
    if server.is_secure() {
        "__Host-romashka_oidc"
    } else {
        "romashka_oidc"
    }
}

/// The cookie that binds a login to its browser. Lax: the provider sends the browser back by a link.
fn browser_cookie(server: &Server, value: &str, seconds: u64) -> Answer<(HeaderName, HeaderValue)> {
    let secure = if server.is_secure() { "; Secure" } else { "" };
    let text = format!(
        "{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}",
        cookie_name(server)
    );
    let mut value = HeaderValue::from_str(&text).map_err(Problem::internal)?;
    value.set_sensitive(true);
    Ok((header::SET_COOKIE, value))
}

fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}

fn go_to(address: &str) -> Answer<[(HeaderName, HeaderValue); 3]> {
    let mut location = HeaderValue::from_str(address).map_err(Problem::internal)?;
    location.set_sensitive(true);
    Ok([
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
    ])
}

fn failed(error: ProviderError) -> Problem {
    match error {
        ProviderError::Refused(words) => {
            tracing::warn!(error = words, "the provider refused a code");
            Problem::new(Code::ProviderRefused)
        }
        other => Problem::new(Code::Unavailable)
            .detail("The provider of the sign-in cannot be reached, or its answer cannot be used")
            .because(other),
    }
}

/// Where to go afterwards.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BeginOidcLogin {
    /// The page of this site to go to when the person is signed in: a path, as `/conversations`.
    #[param(max_length = 1000)]
    return_to: Option<String>,
}

/// Sign in by a provider
///
/// For a browser, by a link: sends it to the provider.
#[utoipa::path(get, path = "/auth/oidc/login", tag = "Signing in", security(()), params(BeginOidcLogin),
    responses((status = SEE_OTHER, description = "To the provider.", headers(("Location" = String))),
        (status = NOT_FOUND, description = "No provider signs people in here.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = UNPROCESSABLE_ENTITY, description = "A value is not valid.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many attempts.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = SERVICE_UNAVAILABLE, description = "The provider cannot be reached.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn begin_oidc_login(
    State(server): State<Server>,
    Extension(caller): Extension<Caller>,
    Query(wanted): Query<BeginOidcLogin>,
) -> Answer<Response> {
    let provider = provider(&server)?;
    let return_to = wanted.return_to.unwrap_or_else(|| "/".to_owned());
    if !is_own_path(&return_to) {
        return Err(Problem::field(
            "return_to",
            "is a path of this site, as /conversations",
        ));
    }
    let service = server.service().await?;
    let key = limit_key("oidc-from", &caller.network());
    let allowed = take_shared(&service, &key, 60, QUARTER_HOUR).await;
    service.commit().await?;
    allowed?;
    let metadata = provider.metadata().await.map_err(failed)?;
    let (state, browser, nonce, verifier) = (
        Token::generate(),
        Token::generate(),
        Token::generate(),
        Token::generate(),
    );
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose().as_bytes()));
    let login = Uuid::now_v7();
    let begun = Begun {
        issuer: provider.settings.issuer.clone(),
        nonce: nonce.expose().to_owned(),
        verifier: verifier.expose().to_owned(),
        return_to,
    };
    let content = serde_json::to_vec(&begun).map_err(Problem::internal)?;
    let content = server.keys.seal_text(place(login), &content);
    let service = server.service().await?;
    Statement::new(include_str!("begin.sql"))
        .bind("login", &login)
        .bind("state_hash", &state.digest().to_vec())
        .bind("browser_hash", &browser.digest().to_vec())
        .bind("content", &content)
        .bind("seconds", &(VALID_SECONDS as f64))
        .execute(&service)
        .await?;
    service.commit().await?;
    let mut address = metadata.authorization_endpoint.clone();
    address
        .query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &provider.settings.client_id)
        .append_pair("redirect_uri", &redirect_uri(&server)?)
        .append_pair("scope", "openid email profile")
        .append_pair("state", state.expose())
        .append_pair("nonce", nonce.expose())
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    let cookie = browser_cookie(&server, browser.expose(), VALID_SECONDS)?;
    Ok((StatusCode::SEE_OTHER, [cookie], go_to(address.as_str())?).into_response())
}

/// What the provider sends people back with.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FinishOidcLogin {
    /// Which login it is.
    state: Option<String>,
    /// What is exchanged for the person's identity.
    code: Option<String>,
    /// Who sends the person back, where the provider says it (RFC 9207).
    iss: Option<String>,
    /// Why there is no code.
    error: Option<String>,
}

struct Taken {
    login: Option<Uuid>,
    content: Option<String>,
}

impl FromRow for Taken {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Taken {
            login: row.try_get("login")?,
            content: row.try_get("content")?,
        })
    }
}

fn over() -> Problem {
    Problem::new(Code::ProviderRefused)
        .detail("This attempt to sign in is over, or was begun in another browser: begin again")
}

/// The login of a state, in the browser that began it; it is used up.
async fn take(server: &Server, state: &str, browser: &str) -> Answer<Begun> {
    let service = server.service().await?;
    let taken: Taken = Statement::new(include_str!("take.sql"))
        .bind("state_hash", &secret::digest(state).to_vec())
        .bind("browser_hash", &secret::digest(browser).to_vec())
        .one(&service)
        .await?;
    service.commit().await?;
    let (Some(login), Some(content)) = (taken.login, taken.content) else {
        return Err(over());
    };
    let opened = server
        .keys
        .open_text(place(login), &content)
        .map_err(Problem::internal)?;
    serde_json::from_slice(opened.expose_secret()).map_err(Problem::internal)
}

/// A person, as the provider knows him.
struct Identity {
    subject: String,
    /// An address that the provider has verified and is believed about.
    email: Option<String>,
    name: Option<String>,
}

/// Come back from the provider
///
/// Signs the person in and sends the browser on. Where a second factor is in force, it is sent on with
/// `#second_factor=` and the token of the second step.
#[utoipa::path(get, path = "/auth/oidc/callback", tag = "Signing in", security(()), params(FinishOidcLogin),
    responses((status = SEE_OTHER, description = "To the page that was asked for.", headers(("Location" = String))),
        (status = NOT_FOUND, description = "No provider signs people in here.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = UNAUTHORIZED, description = "The provider did not sign the person in, or the attempt is over.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The person has no account here.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = SERVICE_UNAVAILABLE, description = "The provider cannot be reached.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn finish_oidc_login(
    State(server): State<Server>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Query(back): Query<FinishOidcLogin>,
) -> Answer<Response> {
    let provider = provider(&server)?;
    let browser = cookie_of(&headers, cookie_name(&server)).ok_or_else(over)?;
    let state = back.state.ok_or_else(over)?;
    let begun = take(&server, &state, &browser).await?;
    // The provider may have been changed while the person was away.
    if begun.issuer != provider.settings.issuer {
        return Err(over());
    }
    let metadata = provider.metadata().await.map_err(failed)?;
    let is_of_another = match &back.iss {
        Some(issuer) => *issuer != begun.issuer,
        None => metadata.names_itself,
    };
    if is_of_another {
        return Err(over());
    }
    if back.error.is_some() {
        return Err(Problem::new(Code::ProviderRefused)
            .detail("The provider did not sign you in; begin again to choose another account"));
    }
    let code = back.code.ok_or_else(over)?;
    let identity = identify(&server, provider, &metadata, &begun, &code).await?;
    let service = server.service().await?;
    let person = account(&service, provider, &identity).await?;
    let known = Account::of_person(&service, person).await?;
    let gone = browser_cookie(&server, "", 0)?;
    if known.has_second_factor == Some(true) {
        let token = second_step(&service, person).await?;
        service.commit().await?;
        let path = begun.return_to.split('#').next().unwrap_or("/");
        let address = format!("{path}#second_factor={}", token.expose());
        return Ok((StatusCode::SEE_OTHER, [gone], go_to(&address)?).into_response());
    }
    let (cookie, _) = start_session(&server, &service, &caller, person, false).await?;
    service.commit().await?;
    let mut response = (StatusCode::SEE_OTHER, [cookie], go_to(&begun.return_to)?).into_response();
    response.headers_mut().append(gone.0, gone.1);
    Ok(response)
}

/// Whom the provider says has signed in.
async fn identify(
    server: &Server,
    provider: &Provider,
    metadata: &provider::Metadata,
    begun: &Begun,
    code: &str,
) -> Answer<Identity> {
    let not_believed = |error: id_token::TokenError| {
        tracing::warn!(%error, "an ID token is not believed");
        Problem::new(Code::ProviderRefused)
            .detail("What the provider says of you is not valid; begin again")
    };
    let tokens = provider
        .exchange(metadata, code, &begun.verifier, &redirect_uri(server)?)
        .await
        .map_err(failed)?;
    let token = tokens.id_token.expose_secret();
    let key_id = id_token::key_id(token).map_err(not_believed)?;
    let key = metadata.keys.key(&key_id).await;
    let key = key.ok_or_else(|| not_believed(id_token::TokenError::Key))?;
    let expected = Expected {
        issuer: &provider.settings.issuer,
        client_id: &provider.settings.client_id,
        nonce: &begun.nonce,
        access_token: tokens
            .access_token
            .as_ref()
            .map(|token| token.expose_secret()),
        now: Timestamp::now(),
    };
    let claims = id_token::verify(token, &key, expected).map_err(not_believed)?;
    let mut is_verified = claims.is_email_verified();
    let (mut email, mut name) = (claims.email.clone(), claims.name.clone());
    // Some providers put the address only where it is asked for.
    if let (None, Some(access_token)) = (&email, &tokens.access_token)
        && let Some(found) = provider
            .user_info(metadata, access_token, &claims.sub)
            .await
            .map_err(failed)?
    {
        is_verified = found.is_email_verified();
        email = found.email;
        name = name.or(found.name);
    }
    let email = email
        .filter(|email| is_verified && provider.settings.believes(email))
        .and_then(|email| super::address("email", &email).ok());
    Ok(Identity {
        subject: claims.sub,
        email,
        name: name.map(|name| name.chars().take(200).collect()),
    })
}

/// The account of a person: the one that is joined to the subject, else the one of a verified address, else a new one where
/// that is allowed.
async fn account(service: &OwnedScope, provider: &Provider, identity: &Identity) -> Answer<Uuid> {
    if let Some(person) = join(service, provider, identity).await? {
        return Ok(person);
    }
    let email = identity.email.as_ref().ok_or_else(|| {
        Problem::new(Code::NoAccount)
            .detail("The provider gives no verified address by which an account could be found")
    })?;
    if !provider.settings.sign_up {
        return Err(Problem::new(Code::NoAccount)
            .detail("Nobody has invited this address; ask for an invitation"));
    }
    let nothing: Option<String> = None;
    let _: Uuid = Statement::new(include_str!("../create_account.sql"))
        .bind("email", email)
        .bind("full_name", &identity.name)
        .bind("password_hash", &nothing)
        .value(service)
        .await?;
    join(service, provider, identity)
        .await?
        .ok_or_else(|| Problem::internal("an account that was made cannot be joined"))
}

async fn join(
    service: &OwnedScope,
    provider: &Provider,
    identity: &Identity,
) -> Answer<Option<Uuid>> {
    Statement::new(include_str!("join.sql"))
        .bind("issuer", &provider.settings.issuer)
        .bind("subject", &identity.subject)
        .bind("email", &identity.email)
        .value(service)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_site_are_gone_to() {
        for own in ["/", "/conversations?view=1#last", "/a//b"] {
            assert!(is_own_path(own), "{own}");
        }
        for other in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/%0d\r\nx",
            "/\tx",
            "conversations",
            "/ü",
        ] {
            assert!(!is_own_path(other), "{other}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=1; romashka_oidc=abc; b=2"),
        );
        assert_eq!(cookie_of(&headers, "romashka_oidc").as_deref(), Some("abc"));
        assert_eq!(cookie_of(&headers, "oidc"), None);
    }
}
