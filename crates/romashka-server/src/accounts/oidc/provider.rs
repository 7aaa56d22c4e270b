//! The provider: what it publishes about itself, and the exchange of a code for tokens.
//!
//! Invariants: the document is that of the issuer that was named, to the letter (mix-up attacks); every address in it is
//! encrypted or on this machine; no redirect is followed, and no answer is read beyond its bound; codes, tokens and the
//! client's secret are in no log.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::id_token::is_true;
use super::settings::{OidcSettings, is_safe};
use crate::authentication::key_set::{FetchError, KeySet, read_bounded};

const TIMEOUT: Duration = Duration::from_secs(10);
/// How long what a provider publishes about itself is believed.
const FRESH: Duration = Duration::from_secs(3_600);
/// Longest answer.
const LONGEST: usize = 64 * 1024;

/// Why a provider is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// No answer.
    #[error("the provider cannot be reached")]
    Unreachable(#[source] FetchError),
    /// Not what the standard says.
    #[error("the provider's answer cannot be used: {0}")]
    Answer(&'static str),
    /// It does not accept the code, or us.
    #[error("the provider refused the code: {0}")]
    Refused(String),
}

impl From<reqwest::Error> for ProviderError {
    fn from(error: reqwest::Error) -> ProviderError {
        // An address with a query could hold a code.
        ProviderError::Unreachable(FetchError::Request(error.without_url()))
    }
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What is known of a provider.
pub struct Metadata {
    /// Where people sign in.
    pub authorization_endpoint: Url,
    token_endpoint: Url,
    userinfo_endpoint: Option<Url>,
    sends_secret_in_form: bool,
    /// Whether it names itself when it sends people back (RFC 9207).
    pub names_itself: bool,
    /// Its keys.
    pub keys: KeySet,
}

/// The provider of this installation.
pub struct Provider {
    /// How it is used.
    pub settings: OidcSettings,
    client: reqwest::Client,
    known: Mutex<Option<(Instant, Arc<Metadata>)>>,
}

/// What a code was exchanged for.
pub struct Tokens {
    /// Who signed in.
    pub id_token: SecretString,
    /// For questions about him.
    pub access_token: Option<SecretString>,
}

#[derive(Deserialize)]
struct Granted {
    id_token: String,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct Denied {
    error: String,
}

/// What the provider answers about a person.
#[derive(Deserialize)]
pub struct UserInfo {
    sub: String,
    /// The address.
    pub email: Option<String>,
    email_verified: Option<Value>,
    /// The name.
    pub name: Option<String>,
}

impl UserInfo {
    /// Whether the provider has verified the address.
    pub fn is_email_verified(&self) -> bool {
        is_true(self.email_verified.as_ref())
    }
}

impl Provider {
    /// The provider of these settings.
    pub fn new(settings: OidcSettings) -> Option<Provider> {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .ok()?;
        Some(Provider {
            settings,
            client,
            known: Mutex::default(),
        })
    }

    /// What it publishes about itself, asked for at most once an hour while it answers.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, ProviderError> {
        let known = || {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.clone()
        };
        if let Some((at, metadata)) = known()
            && at.elapsed() < FRESH
        {
            return Ok(metadata);
        }
        match self.discover().await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                *known = Some((Instant::now(), metadata.clone()));
                Ok(metadata)
            }
            // What was known is better than nobody signing in.
            Err(error) => known().map(|(_, metadata)| metadata).ok_or(error),
        }
    }

    async fn discover(&self) -> Result<Metadata, ProviderError> {
        let address = format!(
            "{}/.well-known/openid-configuration",
            self.settings.issuer.trim_end_matches('/')
        );
        let document: Document = self.read(self.client.get(address)).await?;
        if document.issuer != self.settings.issuer {
            return Err(ProviderError::Answer("it names another issuer"));
        }
        let address = |text: &str| {
            let url = Url::parse(text).ok().filter(is_safe);
            url.ok_or(ProviderError::Answer("an address of it is not encrypted"))
        };
        let authorization_endpoint = address(&document.authorization_endpoint)?;
        let token_endpoint = address(&document.token_endpoint)?;
        let userinfo_endpoint = document
            .userinfo_endpoint
            .as_deref()
            .map(address)
            .transpose()?;
        let keys = KeySet::at(address(&document.jwks_uri)?)
            .ok_or(ProviderError::Answer("its keys cannot be asked for"))?;
        let methods = document.token_endpoint_auth_methods_supported;
        // Without a list the standard means client_secret_basic.
        let sends_secret_in_form = methods.is_some_and(|methods| {
            let has = |name: &str| methods.iter().any(|method| method == name);
            !has("client_secret_basic") && has("client_secret_post")
        });
        Ok(Metadata {
            authorization_endpoint,
            token_endpoint,
            userinfo_endpoint,
            sends_secret_in_form,
            names_itself: document.authorization_response_iss_parameter_supported,
            keys,
        })
    }

    async fn read<T: serde::de::DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<T, ProviderError> {
        let response = request
            .header("accept", "application/json")
            .send()
            .await?
            .error_for_status()?;
        let bytes = read_bounded(response, LONGEST)
            .await
            .map_err(ProviderError::Unreachable)?;
        serde_json::from_slice(&bytes).map_err(|_| ProviderError::Answer("it has another form"))
    }

    /// The tokens of a code.
    pub async fn exchange(
        &self,
        metadata: &Metadata,
        code: &str,
        verifier: &str,
        redirect_uri: &str,
    ) -> Result<Tokens, ProviderError> {
        let settings = &self.settings;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
            ("client_id", settings.client_id.as_str()),
        ];
        let mut request = self.client.post(metadata.token_endpoint.clone());
        if let Some(secret) = &settings.client_secret {
            if metadata.sends_secret_in_form {
                form.push(("client_secret", secret.expose_secret()));
            } else {
                // Both parts as in a form, before they are joined (RFC 6749, section 2.3.1).
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair = format!(
                    "{}:{}",
                    encoded(&settings.client_id),
                    encoded(secret.expose_secret())
                );
                request =
                    request.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
            }
        }
        let body = serde_urlencoded::to_string(form)
            .map_err(|_| ProviderError::Answer("the code cannot be sent"))?;
        let response = request
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await?;
        let status = response.status();
        let bytes = read_bounded(response, LONGEST)
            .await
            .map_err(ProviderError::Unreachable)?;
        if status.is_success() {
            let granted: Granted = serde_json::from_slice(&bytes)
                .map_err(|_| ProviderError::Answer("it gave no ID token"))?;
            return Ok(Tokens {
                id_token: granted.id_token.into(),
                access_token: granted.access_token.map(SecretString::from),
            });
        }
        let words = match serde_json::from_slice::<Denied>(&bytes) {
            Ok(denied) => denied.error.chars().take(100).collect(),
            Err(_) => status.as_u16().to_string(),
        };
        Err(ProviderError::Refused(words))
    }

    /// What it answers about the person whose token it is; nothing where it is not asked such things.
    pub async fn user_info(
        &self,
        metadata: &Metadata,
        access_token: &SecretString,
        subject: &str,
    ) -> Result<Option<UserInfo>, ProviderError> {
        let Some(address) = metadata.userinfo_endpoint.clone() else {
            return Ok(None);
        };
        let request = self
            .client
            .get(address)
            .bearer_auth(access_token.expose_secret());
        let found: UserInfo = self.read(request).await?;
        if found.sub != subject {
            return Err(ProviderError::Answer("it told of another person"));
        }
        Ok(Some(found))
    }
}
