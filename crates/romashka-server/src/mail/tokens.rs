//! Tokens of OAuth 2 for mail servers.
//!
//! Invariants: a token is asked for again before it ends; a provider's token address is reached by https and under the same
//! rules as any address that a workspace entered; access tokens are in this process's memory only. A refresh token that the
//! provider replaces is committed, sealed in the channel's credentials, before the access token that came with it is used,
//! and one process at a time asks for a channel: the old refresh token may be worth nothing any more.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use romashka_channels::webhooks::address::AddressGuard;
use romashka_db::envelope::{Keyring, Place};
use romashka_db::scope::{Actor, Claims};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;
use uuid::Uuid;

use super::settings::MailRules;
use super::tls::{self, TlsError};
use crate::problem::Problem;
use crate::state::Server;
use crate::statement::Statement;
use crate::subscribers::guard::GuardedResolver;

/// A token is not used in the last minutes of its life.
const MARGIN: Duration = Duration::from_secs(300);
/// Lifetime of a token whose provider names none.
const USUAL_LIFETIME: u64 = 3_600;
/// For the whole request.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What a token is asked for with.
#[derive(Clone, Debug)]
pub struct Refresh {
    /// Where.
    pub url: Url,
    /// Who we are to the provider.
    pub client_id: String,
    /// And prove it with, where the provider wants that.
    pub client_secret: Option<SecretString>,
    /// What the owner of the mailbox allowed.
    pub refresh_token: SecretString,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The owner has to allow it anew.
    #[error(
        "the mailbox has to be connected anew: the provider does not accept the refresh token any more"
    )]
    Withdrawn,
    /// Not now.
    #[error("the provider of the sign-in cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The provider's answer.
    #[error("the provider of the sign-in answered {0}")]
    Refused(u16),
    /// TLS cannot be set up here.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// What the provider gave cannot be kept, so it is not used.
    #[error("the mailbox's token cannot be stored at the moment")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<Problem> for TokenError {
    fn from(problem: Problem) -> Self {
        TokenError::Store(problem.chain().into())
    }
}

impl From<tokio_postgres::Error> for TokenError {
    fn from(error: tokio_postgres::Error) -> Self {
        TokenError::Store(error.into())
    }
}

/// Where a refresh token that was replaced is kept.
#[derive(Clone, Copy)]
pub enum Keeper<'a> {
    /// By the server.
    Server(&'a Server, Uuid),
    /// By a command that has the database to itself.
    Command(&'a tokio_postgres::Client, &'a Keyring, Uuid),
}

/// Held by whoever asks for a channel's token.
const LOCK: &str =
    "select pg_advisory_xact_lock(hashtextextended('romashka mail token ' || $1::uuid::text, 0))";

impl Keeper<'_> {
    /// Asks for a token, and keeps the refresh token that comes with it.
    async fn exchange(
        self,
        channel: Uuid,
        refresh: &Refresh,
        rules: &MailRules,
    ) -> Result<Granted, TokenError> {
        match self {
            Keeper::Server(server, workspace) => {
                let claims = Claims::service(workspace, Actor::System);
                let scope = server
                    .database
                    .begin(&claims, &server.surroundings())
                    .await
                    .map_err(Problem::from)?;
                Statement::new(include_str!("lock_token.sql"))
                    .bind("channel", &channel)
                    .execute(&scope)
                    .await?;
                let sealed: Option<Value> = Statement::new(include_str!("sealed_token.sql"))
                    .bind("channel", &channel)
                    .bind("workspace", &workspace)
                    .value(&scope)
                    .await?;
                let place = place(workspace, channel);
                let (granted, renewed) = renew(&server.keys, place, sealed, refresh, rules).await?;
                if let Some(renewed) = &renewed {
                    Statement::new(include_str!("seal_token.sql"))
                        .bind("credentials", renewed)
                        .bind("channel", &channel)
                        .bind("workspace", &workspace)
                        .execute(&scope)
                        .await?;
                }
                scope.commit().await.map_err(Problem::from)?;
                Ok(granted)
            }
            Keeper::Command(client, keys, workspace) => {
                client.batch_execute("begin").await?;
                let result = Keeper::by_command(client, keys, (workspace, channel), refresh, rules);
                let result = result.await;
                let end = if result.is_ok() { "commit" } else { "rollback" };
                client.batch_execute(end).await?;
                result
            }
        }
    }

    async fn by_command(
        client: &tokio_postgres::Client,
        keys: &Keyring,
        (workspace, channel): (Uuid, Uuid),
        refresh: &Refresh,
        rules: &MailRules,
    ) -> Result<Granted, TokenError> {
        client.execute(LOCK, &[&channel]).await?;
        let row = client
            .query_one(
                "select api_credentials from public.communication_channels where id = $1 and workspace_id = $2",
                &[&channel, &workspace],
            )
            .await?;
        let place = place(workspace, channel);
        let (granted, renewed) = renew(keys, place, row.get(0), refresh, rules).await?;
        if let Some(renewed) = &renewed {
            client
                .execute(
                    "update public.communication_channels set api_credentials = $1 where id = $2 and workspace_id = $3",
                    &[renewed, &channel, &workspace],
                )
                .await?;
        }
        Ok(granted)
    }
}

fn place(workspace: Uuid, channel: Uuid) -> Place<'static> {
    Place {
        table: "communication_channels",
        column: "api_credentials",
        workspace,
        row: channel,
    }
}

/// Asks with the refresh token that is stored, which another process may have renewed meanwhile; the credentials to store
/// when the provider has given another one.
async fn renew(
    keys: &Keyring,
    place: Place<'_>,
    sealed: Option<Value>,
    refresh: &Refresh,
    rules: &MailRules,
) -> Result<(Granted, Option<Value>), TokenError> {
    let store = |error: Box<dyn std::error::Error + Send + Sync>| TokenError::Store(error);
    let sealed = sealed.ok_or_else(|| store("the channel has no credentials".into()))?;
    let opened = keys
        .open_json(place, &sealed)
        .map_err(|error| store(error.into()))?;
    let mut credentials: Value =
        serde_json::from_slice(opened.expose_secret()).map_err(|error| store(error.into()))?;
    let mut refresh = refresh.clone();
    if let Some(known) = credentials.get("refresh_token").and_then(Value::as_str) {
        refresh.refresh_token = SecretString::from(known);
    }
    let granted = ask(&refresh, rules).await?;
    let renewed = granted
        .refresh_token
        .as_deref()
        .filter(|token| !token.is_empty() && *token != refresh.refresh_token.expose_secret())
        .map(str::to_owned);
    let sealed = renewed.map(|token| {
        credentials["refresh_token"] = token.into();
        keys.seal_json(place, credentials.to_string().as_bytes())
    });
    Ok((granted, sealed))
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    refresh_token: Option<String>,
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct Denied {
    error: String,
}

struct Held {
    token: SecretString,
    until: Instant,
}

/// The tokens of this process, by channel.
#[derive(Default)]
pub struct Tokens(Mutex<HashMap<Uuid, Held>>);

impl Tokens {
    /// A token for a channel.
    pub async fn get(
        &self,
        channel: Uuid,
        refresh: &Refresh,
        rules: &MailRules,
        keeper: Keeper<'_>,
    ) -> Result<SecretString, TokenError> {
        // Held while it is asked for: two workers must not use one refresh token at a time.
        let mut tokens = self.0.lock().await;
        if let Some(held) = tokens.get(&channel)
            && held.until > Instant::now()
        {
            return Ok(held.token.clone());
        }
        let granted = keeper.exchange(channel, refresh, rules).await?;
        let lifetime = Duration::from_secs(granted.expires_in.unwrap_or(USUAL_LIFETIME));
        let held = Held {
            token: SecretString::from(granted.access_token),
            until: Instant::now() + lifetime.saturating_sub(MARGIN),
        };
        let token = held.token.clone();
        tokens.insert(channel, held);
        Ok(token)
    }

    /// Forgets a token that a mail server did not accept.
    pub async fn forget(&self, channel: Uuid) {
        self.0.lock().await.remove(&channel);
    }
}

async fn ask(refresh: &Refresh, rules: &MailRules) -> Result<Granted, TokenError> {
    let unreachable = |error: reqwest::Error| TokenError::Unreachable(error.without_url().into());
    let guard = AddressGuard {
        allowed: rules.networks.clone(),
        refused: Vec::new(),
    };
    // An address in place of a name is not resolved, so it is judged here.
    let literal = match refresh.url.host() {
        Some(url::Host::Ipv4(address)) => Some(address.into()),
        Some(url::Host::Ipv6(address)) => Some(address.into()),
        _ => None,
    };
    if let Some(address) = literal
        && guard.check(address).is_err()
    {
        return Err(TokenError::Unreachable("the address is not allowed".into()));
    }
    let trust = tls::for_connection(rules)?;
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(rustls::ClientConfig::clone(&trust))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .dns_resolver(std::sync::Arc::new(GuardedResolver(guard)))
        .build()
        .map_err(unreachable)?;
    let mut form = vec![
        ("grant_type", "refresh_token"),
        ("client_id", refresh.client_id.as_str()),
        ("refresh_token", refresh.refresh_token.expose_secret()),
    ];
    if let Some(secret) = &refresh.client_secret {
        form.push(("client_secret", secret.expose_secret()));
    }
    let body =
        serde_urlencoded::to_string(form).map_err(|error| TokenError::Unreachable(error.into()))?;
    let answer = client
        .post(refresh.url.clone())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await
        .map_err(unreachable)?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(unreachable)?;
    if status.is_success() {
        return serde_json::from_slice(&body).map_err(|_| TokenError::Refused(status.as_u16()));
    }
    match serde_json::from_slice::<Denied>(&body) {
        Ok(denied) if denied.error == "invalid_grant" => Err(TokenError::Withdrawn),
        _ => Err(TokenError::Refused(status.as_u16())),
    }
}
