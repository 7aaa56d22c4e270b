//! A mailbox that is a channel, opened.
//!
//! Configuration: `address`, `name`, `aliases`, `signature`, `smtp_host`, `smtp_port`, `smtp_security`, `smtp_user`,
//! `imap_host`, `imap_port`, `imap_security`, `imap_user`, `imap_mailbox`, `trusted_servers` (whose
//! Authentication-Results count), `show_number`. Credentials: `password`, or `smtp_password` and `imap_password`; or
//! `access_token`, or `refresh_token` with `token_url`, `client_id` and `client_secret`.

use std::str::FromStr;

use romashka_channels::email::header::{Mailbox, normalise_address};
use romashka_channels::email::threading::OurSide;
use romashka_db::envelope::Keyring;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::settings::{MailRules, MailServer, Security, imap_port, smtp_port};
use super::smtp::{Login, Secret};
use super::tokens::{Keeper, Refresh, TokenError, Tokens};
use crate::providers::account::{AccountError, Stored, filled, secret};

/// What signs in somewhere.
#[derive(Clone, Debug)]
enum Key {
    Password(SecretString),
    Token(SecretString),
    Refresh(Box<Refresh>),
}

/// A server of the mailbox, and who signs in there.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The server.
    pub server: MailServer,
    user: String,
    key: Option<Key>,
}

impl Endpoint {
    /// The login, with a token that is fresh; none where nobody signs in.
    pub async fn login(
        &self,
        channel: Uuid,
        tokens: &Tokens,
        rules: &MailRules,
        keeper: Keeper<'_>,
    ) -> Result<Option<Login>, TokenError> {
        let secret = match &self.key {
            None => return Ok(None),
            Some(Key::Password(password)) => Secret::Password(password.clone()),
            Some(Key::Token(token)) => Secret::Token(token.clone()),
            Some(Key::Refresh(refresh)) => {
                Secret::Token(tokens.get(channel, refresh, rules, keeper).await?)
            }
        };
        Ok(Some(Login {
            user: self.user.clone(),
            secret,
        }))
    }
}

/// A mailbox.
#[derive(Debug)]
pub struct MailAccount {
    /// Whom mails come from.
    pub address: Mailbox,
    /// All addresses of it, in lower case.
    pub addresses: Vec<String>,
    /// Below what an agent writes.
    pub signature: Option<String>,
    /// Whether the subject shows the conversation's number.
    pub show_number: bool,
    /// Whose Authentication-Results count.
    pub trusted_servers: Vec<String>,
    /// Where mails are sent from.
    pub smtp: Option<Endpoint>,
    /// Where mails are fetched.
    pub imap: Option<Endpoint>,
    /// The folder there.
    pub mailbox: String,
}

impl MailAccount {
    /// Opens it. A channel that only receives needs no credentials.
    pub fn open(stored: Stored<'_>, keys: &Keyring) -> Result<MailAccount, AccountError> {
        let opened = match stored.credentials {
            Some(_) => stored.open(keys)?,
            None => Value::Null,
        };
        let address = stored
            .setting("address")
            .and_then(normalise_address)
            .filter(|address| address.contains('@'))
            .ok_or(AccountError::Value("address"))?;
        let name = stored.setting("name").unwrap_or_default().to_owned();
        let mut addresses = vec![address.clone()];
        addresses.extend(
            list(stored.configuration, "aliases")
                .iter()
                .filter_map(|alias| normalise_address(alias)),
        );
        let account = MailAccount {
            smtp: endpoint(&stored, &opened, &address, &SMTP)?,
            imap: endpoint(&stored, &opened, &address, &IMAP)?,
            address: Mailbox { name, address },
            addresses,
            signature: stored.setting("signature").map(str::to_owned),
            show_number: is_on(stored.configuration, "show_number"),
            trusted_servers: list(stored.configuration, "trusted_servers"),
            mailbox: stored.setting("imap_mailbox").unwrap_or("INBOX").to_owned(),
        };
        Ok(account)
    }

    /// What identifies us in mails.
    pub fn our_side(&self) -> OurSide {
        OurSide {
            addresses: self.addresses.clone(),
            message_id_hosts: vec![self.address.domain().to_owned()],
        }
    }
}

fn is_on(configuration: &Value, name: &str) -> bool {
    match configuration.get(name) {
        Some(Value::Bool(is_on)) => *is_on,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}

/// A list, or its items with commas between them.
fn list(configuration: &Value, name: &str) -> Vec<String> {
    let items: Vec<&str> = match configuration.get(name) {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => text.split(',').collect(),
        _ => Vec::new(),
    };
    items
        .into_iter()
        .map(|item| item.trim().to_ascii_lowercase())
        .filter(|item| !item.is_empty())
        .collect()
}

/// The names of a server's settings.
struct Names {
    host: &'static str,
    port: &'static str,
    security: &'static str,
    user: &'static str,
    password: &'static str,
    usual_port: fn(Security) -> u16,
}

const SMTP: Names = Names {
    host: "smtp_host",
    port: "smtp_port",
    security: "smtp_security",
    user: "smtp_user",
    password: "smtp_password",
    usual_port: smtp_port,
};

const IMAP: Names = Names {
    host: "imap_host",
    port: "imap_port",
    security: "imap_security",
    user: "imap_user",
    password: "imap_password",
    usual_port: imap_port,
};

fn endpoint(
    stored: &Stored<'_>,
    opened: &Value,
    address: &str,
    names: &Names,
) -> Result<Option<Endpoint>, AccountError> {
    let Some(host) = stored.setting(names.host) else {
        return Ok(None);
    };
    let security = match stored.setting(names.security) {
        Some(name) => Security::parse(name).ok_or(AccountError::Value(names.security))?,
        None => Security::Tls,
    };
    let port = match stored.configuration.get(names.port) {
        None | Some(Value::Null) => (names.usual_port)(security),
        Some(value) => number(value)
            .filter(|port: &u16| *port != 0)
            .ok_or(AccountError::Value(names.port))?,
    };
    Ok(Some(Endpoint {
        server: MailServer {
            host: host.to_owned(),
            port,
            security,
        },
        user: stored.setting(names.user).unwrap_or(address).to_owned(),
        key: key(opened, names)?,
    }))
}

fn number<T: FromStr>(value: &Value) -> Option<T> {
    match value {
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn key(opened: &Value, names: &Names) -> Result<Option<Key>, AccountError> {
    if let Some(refresh_token) = secret(opened, "refresh_token") {
        let url = filled(opened, "token_url")
            .and_then(|text| Url::parse(text).ok())
            .filter(|url| url.scheme() == "https")
            .ok_or(AccountError::Value("token_url"))?;
        let client_id = filled(opened, "client_id").ok_or(AccountError::Value("client_id"))?;
        return Ok(Some(Key::Refresh(Box::new(Refresh {
            url,
            client_id: client_id.to_owned(),
            client_secret: secret(opened, "client_secret"),
            refresh_token,
        }))));
    }
    if let Some(token) = secret(opened, "access_token") {
        return Ok(Some(Key::Token(token)));
    }
    Ok(secret(opened, names.password)
        .or_else(|| secret(opened, "password"))
        .map(Key::Password))
}
