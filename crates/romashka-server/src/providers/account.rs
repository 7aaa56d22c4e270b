//! What a channel is set up with, opened: the numbers it is known by, and the secrets of its provider.
//!
//! Invariant: secrets are opened with the channel's own place, so that an envelope of another channel or workspace does not
//! open; they never appear in `Debug`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use romashka_channels::sms::number::E164;
use romashka_channels::sms::opt_out::OptOutWords;
use romashka_channels::sms::outbound::{Account as TwilioAccount, Sender, Sid};
use romashka_channels::sms::price;
use romashka_channels::sms::signature::Keys;
use romashka_channels::webhooks::secret::{SECRET_LENGTH, Secret};
use romashka_channels::webhooks::signature::SigningKey;
use romashka_channels::whatsapp::api::{Account as WhatsAppAccount, ApiVersion, GraphId, Number};
use romashka_db::envelope::{EnvelopeError, Keyring, Place};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use uuid::Uuid;

/// The table whose rows hold the secrets.
const TABLE: &str = "communication_channels";

/// Why a channel cannot be used. An admin reads it.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Nothing was entered yet.
    #[error("the channel has no credentials")]
    NoCredentials,
    /// The envelope does not open.
    #[error("the channel's credentials cannot be opened")]
    Sealed(#[from] EnvelopeError),
    /// What is in the envelope is no object.
    #[error("the channel's credentials are not readable")]
    Unreadable,
    /// A value is missing, or has not the form it must have.
    #[error("the channel's {0} is missing or not valid")]
    Value(&'static str),
}

/// The rows of a channel that matter here.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// Its workspace.
    pub workspace: Uuid,
    /// The channel.
    pub channel: Uuid,
    /// What is no secret.
    pub configuration: &'a Value,
    /// The sealed credentials.
    pub credentials: Option<&'a Value>,
    /// The sealed secret of webhooks, where it is kept apart.
    pub webhook_secret: Option<&'a str>,
}

impl Stored<'_> {
    fn place(&self, column: &'static str) -> Place<'static> {
        Place {
            table: TABLE,
            column,
            workspace: self.workspace,
            row: self.channel,
        }
    }

    /// The opened credentials, an object.
    pub(crate) fn open(&self, keys: &Keyring) -> Result<Value, AccountError> {
        let sealed = self.credentials.ok_or(AccountError::NoCredentials)?;
        let opened = keys.open_json(self.place("api_credentials"), sealed)?;
        serde_json::from_slice(opened.expose_secret())
            .ok()
            .filter(Value::is_object)
            .ok_or(AccountError::Unreadable)
    }

    fn open_webhook_secret(&self, keys: &Keyring) -> Result<Option<SecretString>, AccountError> {
        self.webhook_secret
            .map(|sealed| {
                let opened = keys.open_text(self.place("webhook_secret"), sealed)?;
                String::from_utf8(opened.expose_secret().to_vec())
                    .map(SecretString::from)
                    .map_err(|_| AccountError::Unreadable)
            })
            .transpose()
    }

    /// A setting that is no secret, where it is filled in.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        filled(self.configuration, name)
    }
}

pub(crate) fn filled<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object
        .get(name)
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

pub(crate) fn secret(opened: &Value, name: &str) -> Option<SecretString> {
    filled(opened, name).map(SecretString::from)
}

/// A number at WhatsApp. Configuration: `phone_number_id`, `account_id`, `api_version`. Credentials: `access_token`,
/// `app_secret`, `next_app_secret` while one is replaced, `verify_token`.
#[derive(Debug)]
pub struct WhatsApp {
    /// The number's place in the API.
    pub number: Number,
    /// The account's place, where it is known: whose templates they are.
    pub account: Option<WhatsAppAccount>,
    /// Opens the API.
    pub access_token: Option<SecretString>,
    /// What webhooks are signed with.
    pub app_secrets: Vec<SecretString>,
    /// What the webhook is set up with.
    pub verify_token: Option<SecretString>,
}

impl WhatsApp {
    /// Opens it.
    pub fn open(stored: Stored<'_>, keys: &Keyring) -> Result<WhatsApp, AccountError> {
        let opened = stored.open(keys)?;
        let id = stored
            .setting("phone_number_id")
            .and_then(|text| GraphId::parse(text).ok())
            .ok_or(AccountError::Value("phone_number_id"))?;
        let version = match stored.setting("api_version") {
            Some(text) => {
                ApiVersion::parse(text).map_err(|_| AccountError::Value("api_version"))?
            }
            None => ApiVersion::default(),
        };
        let account = match stored.setting("account_id") {
            Some(text) => Some(WhatsAppAccount {
                version: version.clone(),
                id: GraphId::parse(text).map_err(|_| AccountError::Value("account_id"))?,
            }),
            None => None,
        };
        let app_secrets = ["app_secret", "next_app_secret"]
            .into_iter()
            .filter_map(|name| secret(&opened, name))
            .chain(stored.open_webhook_secret(keys)?)
            .collect();
        Ok(WhatsApp {
            number: Number { version, id },
            account,
            access_token: secret(&opened, "access_token"),
            app_secrets,
            verify_token: secret(&opened, "verify_token"),
        })
    }
}

/// Whose name a channel of text messages sends in, and what one costs: known without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSender {
    /// The messaging service, the number, the short code or the name: what an opt-out is from.
    pub scope: String,
    /// Whether long texts hold a little less.
    pub is_toll_free: bool,
    /// What a segment costs, in millionths of the currency.
    pub segment_price: Option<u64>,
    /// The currency.
    pub currency: String,
}

impl TextSender {
    /// Reads the settings of a channel; none where it has nobody to send as.
    pub fn of(configuration: &Value) -> Option<TextSender> {
        let number = filled(configuration, "number").and_then(|text| E164::parse(text).ok());
        let scope = filled(configuration, "messaging_service_sid")
            .map(str::to_owned)
            .or_else(|| number.as_ref().map(E164::to_string))
            .or_else(|| filled(configuration, "sender").map(str::to_owned))?;
        Some(TextSender {
            scope,
            is_toll_free: number.is_some_and(|number| number.is_toll_free()),
            segment_price: filled(configuration, "segment_price").and_then(price::parse),
            currency: filled(configuration, "segment_currency")
                .unwrap_or("USD")
                .to_owned(),
        })
    }
}

/// A number at Twilio. Configuration: `account_sid`, `number` or `messaging_service_sid`, `opt_out_words`, `segment_price`
/// and `segment_currency`. Credentials:
/// `auth_token`, `next_auth_token` while one is replaced, and `api_key_sid` with `api_key_secret` to send without the token.
#[derive(Debug)]
pub struct Twilio {
    /// The account.
    pub account: TwilioAccount,
    /// Who sends.
    pub sender: Sender,
    /// Our number.
    pub number: Option<E164>,
    /// What webhooks are signed with.
    pub keys: Keys,
    /// Further words that stop, start and ask.
    pub opt_out_words: OptOutWords,
    /// In whose name, and what a segment costs.
    pub text_sender: TextSender,
}

impl Twilio {
    /// Opens it.
    pub fn open(stored: Stored<'_>, keys: &Keyring) -> Result<Twilio, AccountError> {
        let opened = stored.open(keys)?;
        let sid = |text: &str, kind: &'static str, name| {
            Sid::parse(text, &[kind]).map_err(|_| AccountError::Value(name))
        };
        let account_sid = stored
            .setting("account_sid")
            .ok_or(AccountError::Value("account_sid"))?;
        let account_sid = sid(account_sid, "AC", "account_sid")?;
        let auth_tokens: Vec<SecretString> = ["auth_token", "next_auth_token"]
            .into_iter()
            .filter_map(|name| secret(&opened, name))
            .chain(stored.open_webhook_secret(keys)?)
            .collect();
        let (user, token) = match (
            filled(&opened, "api_key_sid"),
            secret(&opened, "api_key_secret"),
        ) {
            (Some(user), Some(token)) => (sid(user, "SK", "api_key_sid")?, token),
            _ => (
                account_sid.clone(),
                secret(&opened, "auth_token").ok_or(AccountError::Value("auth_token"))?,
            ),
        };
        let number = match stored.setting("number") {
            Some(text) => Some(E164::parse(text).map_err(|_| AccountError::Value("number"))?),
            None => None,
        };
        let sender = match (stored.setting("messaging_service_sid"), &number) {
            (Some(service), from) => Sender::Service {
                sid: sid(service, "MG", "messaging_service_sid")?,
                from: from.clone(),
            },
            (None, Some(number)) => Sender::Number(number.to_string()),
            (None, None) => match stored.setting("sender") {
                Some(name) => Sender::Number(name.to_owned()),
                None => return Err(AccountError::Value("number")),
            },
        };
        let opt_out_words = match stored.configuration.get("opt_out_words") {
            Some(words) => serde_json::from_value(words.clone())
                .map_err(|_| AccountError::Value("opt_out_words"))?,
            None => OptOutWords::default(),
        };
        let text_sender =
            TextSender::of(stored.configuration).ok_or(AccountError::Value("number"))?;
        if text_sender.segment_price.is_none() && stored.setting("segment_price").is_some() {
            return Err(AccountError::Value("segment_price"));
        }
        Ok(Twilio {
            text_sender,
            account: TwilioAccount {
                sid: account_sid,
                user,
                secret: token,
            },
            sender,
            number,
            keys: Keys {
                auth_tokens,
                shared_keys: std::collections::BTreeMap::new(),
            },
            opt_out_words,
        })
    }
}

/// A channel that somebody's own program serves. Configuration: `url`, where messages are posted. Credentials: `secret`, what
/// posts are signed with (`whsec_…`), and `next_secret` while one is replaced.
#[derive(Debug)]
pub struct Integration {
    /// Where messages are posted; without one nothing is sent.
    pub url: Option<String>,
    /// What posts are signed with.
    pub keys: Vec<SigningKey>,
}

impl Integration {
    /// Opens it.
    pub fn open(stored: Stored<'_>, keys: &Keyring) -> Result<Integration, AccountError> {
        let opened = stored.open(keys)?;
        let keys = ["next_secret", "secret"]
            .into_iter()
            .filter_map(|name| Some((name, filled(&opened, name)?)))
            .map(|(name, text)| {
                Secret::parse(text)
                    .map(SigningKey::Secret)
                    .map_err(|_| AccountError::Value(name))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err(AccountError::Value("secret"));
        }
        Ok(Integration {
            url: stored.setting("url").map(str::to_owned),
            keys,
        })
    }
}

/// A new secret that posts are signed with.
pub fn new_secret() -> String {
    format!(
        "whsec_{}",
        STANDARD.encode(rand::random::<[u8; SECRET_LENGTH]>())
    )
}
