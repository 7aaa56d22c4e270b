//! Whether a channel really works: asks its provider.
//!
//! Invariants: nothing is sent to anybody; a finding names what an admin has to do, and never a secret.

use std::collections::BTreeMap;

use jiff::Timestamp;
use romashka_channels::integration::test_event;
use romashka_channels::request::OutboundRequest;
use romashka_channels::sms::reply;
use romashka_channels::webhooks::delivery::Delivery;
use romashka_channels::webhooks::endpoint::{Endpoint, UrlPolicy};
use romashka_channels::webhooks::event::message_id;
use romashka_channels::whatsapp::errors::GraphError;
use romashka_db::envelope::Keyring;
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::account::{AccountError, Integration, Stored, Twilio, WhatsApp, filled};
use super::provider::{Client, Exchange, ExchangeError};
use crate::mail::account::MailAccount;
use crate::mail::mailboxes::{self, MailboxError};
use crate::mail::settings::MailRules;
use crate::mail::smtp::{self, SendError};
use crate::mail::tokens::{Keeper, Tokens};
use crate::settings::ServerSettings;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether it is as it should be.
    pub is_good: bool,
    /// What was found, and what to do.
    pub text: String,
}

impl Finding {
    fn good(text: impl Into<String>) -> Finding {
        Finding {
            is_good: true,
            text: text.into(),
        }
    }

    fn bad(text: impl Into<String>) -> Finding {
        Finding {
            is_good: false,
            text: text.into(),
        }
    }
}

/// Why a channel could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// What is set up is not enough.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The provider gave no answer.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// No client could be made.
    #[error("no connection can be made from here")]
    Client(#[from] reqwest::Error),
    /// There is no check for this kind.
    #[error("channels of the kind {0} cannot be checked here")]
    Kind(String),
}

/// Asks the provider, or the mail servers. `hook` is the address that the provider has to call.
pub async fn check(
    kind: &str,
    stored: Stored<'_>,
    keys: &Keyring,
    settings: &ServerSettings,
    hook: &str,
    keeper: Keeper<'_>,
) -> Result<Vec<Finding>, CheckError> {
    if kind == "email" {
        return mail(stored, keys, &settings.mail, hook, keeper).await;
    }
    if kind == "api" {
        return integration(stored, keys, &settings.webhook_policy).await;
    }
    let addresses = &settings.providers;
    let client = Client::new()?;
    let mut findings = match kind {
        "whatsapp" => {
            whatsapp(&client, &addresses.whatsapp, &WhatsApp::open(stored, keys)?).await?
        }
        "sms" => {
            twilio(
                &client,
                &addresses.twilio,
                &Twilio::open(stored, keys)?,
                hook,
            )
            .await?
        }
        other => return Err(CheckError::Kind(other.to_owned())),
    };
    if !hook.starts_with("https://") {
        findings.push(Finding::bad(
            "providers call https addresses only: set ROMASHKA_PUBLIC_URL to the public one",
        ));
    }
    Ok(findings)
}

/// Signs in at both servers, and opens the mailbox.
async fn mail(
    stored: Stored<'_>,
    keys: &Keyring,
    rules: &MailRules,
    hook: &str,
    keeper: Keeper<'_>,
) -> Result<Vec<Finding>, CheckError> {
    let account = MailAccount::open(stored, keys)?;
    let (channel, tokens) = (stored.channel, Tokens::default());
    let mut findings = Vec::new();
    match &account.smtp {
        None => findings.push(Finding::bad("there is no smtp_host: nothing can be sent")),
        Some(endpoint) => findings.push(
            match endpoint.login(channel, &tokens, rules, keeper).await {
                Err(error) => Finding::bad(format!("SMTP: {error}")),
                Ok(login) => {
                    let domain = account.address.domain();
                    match smtp::check(&endpoint.server, rules, login.as_ref(), domain).await {
                        Ok(()) if login.is_some() => {
                            Finding::good("the SMTP server accepts the sign-in")
                        }
                        Ok(()) => Finding::good("the SMTP server answers; nobody signs in there"),
                        Err(SendError::Refused(said)) => {
                            Finding::bad(format!("SMTP: {} {}", said.words, said.server_words))
                        }
                        Err(error) => Finding::bad(format!("SMTP: {error}")),
                    }
                }
            },
        ),
    }
    let opened = match stored.credentials {
        Some(_) => stored.open(keys)?,
        None => Value::Null,
    };
    let posted = [
        ("postmark_password", "Postmark", "postmark"),
        ("mailgun_signing_key", "Mailgun", "mailgun/mime"),
        ("sendgrid_public_key", "SendGrid", "sendgrid"),
    ];
    for (_, name, path) in posted
        .iter()
        .filter(|(key, ..)| filled(&opened, key).is_some())
    {
        findings.push(if hook.starts_with("https://") {
            Finding::good(format!("{name} may post mails to {hook}/{path}"))
        } else {
            Finding::bad(format!(
                "{name} posts to https addresses only: set ROMASHKA_PUBLIC_URL to the public one"
            ))
        });
    }
    if stored.configuration.get("sns_topics").is_some() {
        findings.push(if hook.starts_with("https://") {
            Finding::good(format!("Amazon SNS may post mails to {hook}/ses"))
        } else {
            Finding::bad("Amazon SNS posts to https addresses only: set ROMASHKA_PUBLIC_URL to the public one")
        });
    }
    match &account.imap {
        None if findings.len() > 1 => {}
        None => findings.push(Finding::bad(
            "there is no imap_host: no mail is fetched",
        )),
        Some(endpoint) => findings.push(match endpoint.login(channel, &tokens, rules, keeper).await {
            Err(error) => Finding::bad(format!("IMAP: {error}")),
            Ok(None) => Finding::bad(format!("IMAP: {}", MailboxError::NoSecret)),
            Ok(Some(login)) => {
                match mailboxes::check(&endpoint.server, rules, &login, &account.mailbox).await {
                    Ok(count) => Finding::good(format!(
                        "the IMAP server opens {} with {count} mails; what arrives from now on is taken in",
                        account.mailbox
                    )),
                    Err(error) => Finding::bad(format!("IMAP: {error}")),
                }
            }
        }),
    }
    Ok(findings)
}

/// Posts a test to the program that serves the channel.
async fn integration(
    stored: Stored<'_>,
    keys: &Keyring,
    policy: &UrlPolicy,
) -> Result<Vec<Finding>, CheckError> {
    let account = Integration::open(stored, keys)?;
    let Some(url) = account.url else {
        return Ok(vec![Finding::good(
            "messages are taken in; there is no url, so none are sent",
        )]);
    };
    let endpoint = match Endpoint::parse(&url, policy) {
        Ok(endpoint) => endpoint,
        Err(error) => return Ok(vec![Finding::bad(format!("url: {error}"))]),
    };
    let now = Timestamp::now();
    let request = Delivery {
        endpoint: &endpoint,
        id: &message_id(uuid::Uuid::now_v7()),
        body: &test_event(stored.channel, now),
        keys: &account.keys,
        headers: &BTreeMap::new(),
    }
    .render(now)
    .map_err(|_| AccountError::Value("secret"))?;
    let client = Client::guarded(policy.guard.clone())?;
    let finding = match client.exchange(endpoint.url(), &request).await {
        Ok(answer) if (200..300).contains(&answer.status) => {
            Finding::good("the program at the url takes signed posts")
        }
        Ok(answer) => Finding::bad(format!(
            "the program at the url answered {} to a signed test",
            answer.status
        )),
        Err(_) => {
            Finding::bad("the program at the url does not answer, or its address is not allowed")
        }
    };
    Ok(vec![finding])
}

async fn whatsapp(
    client: &Client,
    base: &Url,
    account: &WhatsApp,
) -> Result<Vec<Finding>, CheckError> {
    let mut findings = Vec::new();
    if account.app_secrets.is_empty() {
        findings.push(Finding::bad(
            "there is no app_secret: no webhook will be believed",
        ));
    }
    if account.verify_token.is_none() {
        findings.push(Finding::bad(
            "there is no verify_token: the webhook cannot be set up in Meta's console",
        ));
    }
    let token = account
        .access_token
        .as_ref()
        .ok_or(AccountError::Value("access_token"))?;
    let request = account
        .number
        .check()
        .with_bearer(token)
        .map_err(|_| AccountError::Value("access_token"))?;
    let answer = client.exchange(base, &request).await?;
    let number: Option<Value> = (answer.status == 200)
        .then(|| serde_json::from_slice(&answer.body).ok())
        .flatten();
    findings.push(match number {
        Some(number) => {
            let text = |name: &str| {
                number
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or("unknown")
            };
            Finding::good(format!(
                "WhatsApp knows the number {} of {}, quality {}",
                text("display_phone_number"),
                text("verified_name"),
                text("quality_rating")
            ))
        }
        None => Finding::bad(match GraphError::from_body(&answer.body) {
            Some(error) => error.sentence(),
            None => format!("WhatsApp answered {}", answer.status),
        }),
    });
    Ok(findings)
}

async fn twilio(
    client: &Client,
    base: &Url,
    twilio: &Twilio,
    hook: &str,
) -> Result<Vec<Finding>, CheckError> {
    let mut findings = Vec::new();
    if twilio.keys.auth_tokens.is_empty() {
        findings.push(Finding::bad(
            "there is no auth_token: no webhook will be believed",
        ));
    }
    let unusable = |_| AccountError::Value("auth_token");
    let request = twilio.account.check_account().map_err(unusable)?;
    let answer = ask(client, base, &request).await?;
    let account: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let status = account
        .as_ref()
        .and_then(|account| account.get("status")?.as_str());
    findings.push(match (answer.status, status) {
        (200, Some("active")) => Finding::good("Twilio knows the account, and it is active"),
        (200, status) => Finding::bad(format!(
            "the account at Twilio is {}",
            status.unwrap_or("in no known state")
        )),
        (status, _) => Finding::bad(match reply::read_message(status, &answer.body) {
            Err(refused) => refused.explanation.words.to_owned(),
            Ok(_) => format!("Twilio answered {status}"),
        }),
    });
    let Some(number) = &twilio.number else {
        return Ok(findings);
    };
    let request = twilio.account.check_number(number).map_err(unusable)?;
    let answer = ask(client, base, &request).await?;
    match reply::read_number(answer.status, &answer.body) {
        Ok(Some(found)) => {
            findings.push(if found.can_sms {
                Finding::good("the number can send and receive texts")
            } else {
                Finding::bad("the number cannot send texts: choose another one at Twilio")
            });
            let set = found.sms_url.unwrap_or_default();
            // What stands behind the # is for Twilio alone.
            findings.push(if set.split('#').next() == Some(hook) {
                Finding::good("the number's webhook is this channel's address")
            } else {
                Finding::bad(format!(
                    "set the number's webhook at Twilio to {hook}#rc=3&rp=all"
                ))
            });
        }
        Ok(None) => findings.push(Finding::bad("the account does not have this number")),
        Err(refused) => findings.push(Finding::bad(refused.explanation.words)),
    }
    Ok(findings)
}

async fn ask(
    client: &Client,
    base: &Url,
    request: &OutboundRequest,
) -> Result<Exchange, CheckError> {
    Ok(client.exchange(base, request).await?)
}
