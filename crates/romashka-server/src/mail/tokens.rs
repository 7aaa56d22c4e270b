//! Tokens of OAuth 2 for mail servers.
//!
//! Invariants: a token is asked for again before it ends; a provider's token address is reached by https and under the same
//! rules as any address that a workspace entered; tokens are in this process's memory only.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use romashka_channels::webhooks::address::AddressGuard;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;
use uuid::Uuid;

use super::settings::MailRules;
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
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
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
    ) -> Result<SecretString, TokenError> {
        // Held while it is asked for: two workers must not use one refresh token at a time.
        let mut tokens = self.0.lock().await;
        if let Some(held) = tokens.get(&channel)
            && held.until > Instant::now()
        {
            return Ok(held.token.clone());
        }
        let granted = ask(refresh, rules).await?;
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
    let client = reqwest::Client::builder()
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
