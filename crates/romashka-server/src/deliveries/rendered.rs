//! A message as the requests that send it.
//!
//! Invariant: what its channel or its provider would refuse in any case is refused here, in words for the agent, before
//! anything leaves.

use std::time::Duration;

use jiff::Timestamp;
use romashka_channels::email::outgoing::RenderedMail;
use romashka_channels::email::smtp_reply::{Fate, after_lost_connection};
use romashka_channels::request::OutboundRequest;
use romashka_channels::sms::number::E164;
use romashka_channels::sms::outbound::Message as TextMessage;
use romashka_channels::sms::segment;
use romashka_channels::whatsapp::outbound::{
    CallbackData, OutboundContent, OutboundMessage, Recipient,
};
use romashka_channels::whatsapp::template::{
    Component, Parameter, ParameterValue, TemplateMessage,
};
use romashka_channels::whatsapp::window::Window;
use romashka_db::scope::OwnedScope;
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::outcome::{self, Failure, Outcome};
use super::{Claimed, Loaded};
use crate::mail::account::{Endpoint, MailAccount};
use crate::mail::post::Surroundings;
use crate::mail::smtp::{self, SendError};
use crate::problem::Answer;
use crate::providers::account::{Stored, Twilio, WhatsApp};
use crate::providers::provider::Client;
use crate::state::Server;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provider {
    WhatsApp,
    Twilio,
}

/// The requests of a message, one a part.
pub(super) struct Requests {
    provider: Provider,
    base: Url,
    requests: Vec<OutboundRequest>,
}

/// A mail, and where it is handed over.
pub(super) struct Post {
    mail: RenderedMail,
    endpoint: Endpoint,
    channel: Uuid,
}

/// A message as it leaves.
pub(super) enum Rendered {
    /// By a provider's API.
    Requests(Requests),
    /// By a mail server.
    Mail(Box<Post>),
}

impl Rendered {
    /// How many messages the provider is given.
    pub(super) fn parts(&self) -> i32 {
        match self {
            Rendered::Requests(requests) => {
                i32::try_from(requests.requests.len()).unwrap_or(i32::MAX)
            }
            Rendered::Mail(_) => 1,
        }
    }

    /// How long one part may take.
    pub(super) fn longest(&self) -> Duration {
        match self {
            Rendered::Requests(_) => Duration::from_secs(120),
            Rendered::Mail(_) => smtp::LONGEST,
        }
    }

    /// Whether it may go once more when it may have been sent already: a mail is the same mail by its Message-ID.
    pub(super) fn may_repeat(&self, uncertain_attempts: u32) -> bool {
        match self {
            Rendered::Requests(_) => false,
            Rendered::Mail(_) => after_lost_connection(true, uncertain_attempts) == Fate::Retry,
        }
    }

    /// Sends one part.
    pub(super) async fn send(
        &self,
        server: &Server,
        client: &Client,
        part: i32,
        claimed: &Claimed,
    ) -> Outcome {
        match self {
            Rendered::Requests(requests) => requests.send(client, part, claimed.attempt).await,
            Rendered::Mail(post) => post.send(server, claimed).await,
        }
    }
}

impl Post {
    async fn send(&self, server: &Server, claimed: &Claimed) -> Outcome {
        let attempt = u32::try_from(claimed.attempt).unwrap_or(1);
        let rules = &server.settings.mail;
        let login = self
            .endpoint
            .login(self.channel, &server.mail_tokens, rules);
        let login = match login.await {
            Ok(login) => login,
            Err(error) => return outcome::of_token(&error, attempt),
        };
        match smtp::send(&self.endpoint.server, rules, login.as_ref(), &self.mail).await {
            Ok(()) => Outcome::Sent(self.mail.message_id.clone()),
            Err(error) => {
                if matches!(&error, SendError::Refused(said) if said.fate == Fate::FixChannel) {
                    server.mail_tokens.forget(self.channel).await;
                }
                outcome::of_smtp(&error, attempt, claimed.uncertain_attempts)
            }
        }
    }
}

impl Requests {
    async fn send(&self, client: &Client, part: i32, attempt: i32) -> Outcome {
        let request = usize::try_from(part)
            .ok()
            .and_then(|part| self.requests.get(part));
        let Some(request) = request else {
            return Outcome::Lost;
        };
        let exchange = match client.exchange(&self.base, request).await {
            Ok(exchange) => exchange,
            Err(error) => return Outcome::without_answer(&error),
        };
        let now = Timestamp::now();
        match self.provider {
            Provider::WhatsApp => {
                Outcome::of_whatsapp(&exchange, u32::try_from(attempt).unwrap_or(1), now)
            }
            Provider::Twilio => Outcome::of_twilio(&exchange, now),
        }
    }
}

/// The template that a message's metadata names under `template`.
#[derive(Deserialize)]
struct WantedTemplate {
    name: String,
    language: String,
    #[serde(default)]
    body: Vec<String>,
}

fn configuration(message: impl Into<String>) -> Failure {
    Failure::new("channel", "configuration", message)
}

/// What has to be there for every channel.
struct Ready<'a> {
    stored: Stored<'a>,
    channel: Uuid,
    recipient: &'a str,
}

fn ready<'a>(claimed: &Claimed, loaded: &'a Loaded) -> Result<Ready<'a>, Failure> {
    let (Some(channel), Some(settings)) = (loaded.channel, loaded.configuration.as_ref()) else {
        return Err(configuration(
            "There is no active channel of this kind to send the message by.",
        ));
    };
    if loaded.channel_status.as_deref() == Some("inactive") {
        return Err(configuration("The channel is switched off."));
    }
    let Some(recipient) = loaded.recipient.as_deref() else {
        return Err(Failure::new(
            "recipient",
            "recipient",
            "The customer has no number or address on this channel.",
        ));
    };
    if loaded.has_opted_out {
        return Err(Failure::new(
            "opted_out",
            "recipient",
            "The customer does not want messages on this channel.",
        ));
    }
    let stored = Stored {
        workspace: claimed.workspace,
        channel,
        configuration: settings,
        credentials: loaded.credentials.as_ref(),
        webhook_secret: None,
    };
    Ok(Ready {
        stored,
        channel,
        recipient,
    })
}

/// The requests, and the channel they go by.
pub(super) fn render(
    server: &Server,
    claimed: &Claimed,
    loaded: &Loaded,
    token: Option<&str>,
) -> Result<(Rendered, Uuid), Failure> {
    let Ready {
        stored,
        channel,
        recipient,
    } = ready(claimed, loaded)?;
    let rendered = if claimed.channel_type == "whatsapp" {
        let account = WhatsApp::open(stored, &server.keys)
            .map_err(|error| configuration(capital(&error.to_string())))?;
        whatsapp(server, claimed, loaded, &account, recipient)?
    } else {
        let account = Twilio::open(stored, &server.keys)
            .map_err(|error| configuration(capital(&error.to_string())))?;
        sms(server, claimed, loaded, &account, recipient, token)?
    };
    Ok((Rendered::Requests(rendered), channel))
}

/// The mail, and the channel it goes by. By which ids an answer will refer to it is stored with this.
pub(super) async fn render_mail(
    server: &Server,
    scope: &OwnedScope,
    claimed: &Claimed,
    loaded: &Loaded,
) -> Answer<Result<(Rendered, Uuid), Failure>> {
    let Ready {
        stored,
        channel,
        recipient,
    } = match ready(claimed, loaded) {
        Ok(ready) => ready,
        Err(failure) => return Ok(Err(failure)),
    };
    let account = match MailAccount::open(stored, &server.keys) {
        Ok(account) => account,
        Err(error) => return Ok(Err(configuration(capital(&error.to_string())))),
    };
    let Some(endpoint) = account.smtp.clone() else {
        return Ok(Err(configuration(
            "The channel has no mail server to send by (smtp_host).",
        )));
    };
    let mut surroundings = Surroundings::load(scope, claimed.id, claimed.workspace).await?;
    surroundings.fetch(server).await?;
    let folder = server.settings.file_folder.as_deref();
    let mail = match surroundings.render(&account, &loaded.content, recipient, folder) {
        Ok(mail) => mail,
        Err(error) => return Ok(Err(refused(&error.to_string()))),
    };
    surroundings
        .remember(scope, channel, claimed.workspace, &mail)
        .await?;
    let post = Post {
        mail,
        endpoint,
        channel,
    };
    Ok(Ok((Rendered::Mail(Box::new(post)), channel)))
}

/// An error's words as a sentence.
pub(super) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), letters.as_str())
    })
}

fn refused(words: &str) -> Failure {
    Failure::new("not_sendable", "permanent", capital(words))
}

fn whatsapp(
    server: &Server,
    claimed: &Claimed,
    loaded: &Loaded,
    account: &WhatsApp,
    recipient: &str,
) -> Result<Requests, Failure> {
    let token = account
        .access_token
        .as_ref()
        .ok_or_else(|| configuration("The channel has no access token."))?;
    let recipient = Recipient::parse(recipient).map_err(|error| refused(&error.to_string()))?;
    let template = loaded
        .metadata
        .get("template")
        .filter(|value| !value.is_null())
        .map(|value| serde_json::from_value::<WantedTemplate>(value.clone()))
        .transpose()
        .map_err(|_| refused("the template needs a name, a language and a list of texts"))?;
    let messages = match template {
        Some(template) => vec![OutboundMessage {
            recipient,
            content: OutboundContent::Template(template_message(template)),
            reply_to: None,
            callback_data: Some(CallbackData {
                delivery: claimed.id,
                part: 0,
            }),
        }],
        None => {
            if !Window::at(loaded.last_inbound, Timestamp::now()).is_open() {
                return Err(Failure::new(
                    131_047,
                    "window_closed",
                    "The customer's last message is more than 24 hours old. WhatsApp allows a template now, and free text as soon as the customer answers.",
                ));
            }
            let reply_to = loaded.reply_to.as_deref();
            OutboundMessage::texts(&recipient, &loaded.content, reply_to, Some(claimed.id))
        }
    };
    let requests = messages
        .iter()
        .map(|message| {
            account
                .number
                .send(message)
                .map_err(|error| refused(&error.to_string()))?
                .with_bearer(token)
                .map_err(|_| configuration("The access token is no text that can be sent."))
        })
        .collect::<Result<Vec<_>, _>>()?;
    not_empty(Requests {
        provider: Provider::WhatsApp,
        base: server.settings.providers.whatsapp.clone(),
        requests,
    })
}

fn template_message(template: WantedTemplate) -> TemplateMessage {
    let parameters: Vec<Parameter> = template
        .body
        .into_iter()
        .map(|text| Parameter {
            name: None,
            value: ParameterValue::Text(text),
        })
        .collect();
    TemplateMessage {
        name: template.name,
        language: template.language,
        components: if parameters.is_empty() {
            Vec::new()
        } else {
            vec![Component::Body(parameters)]
        },
    }
}

fn sms(
    server: &Server,
    claimed: &Claimed,
    loaded: &Loaded,
    account: &Twilio,
    recipient: &str,
    token: Option<&str>,
) -> Result<Requests, Failure> {
    let to =
        E164::parse(recipient).map_err(|_| refused("the customer's number has no country code"))?;
    // Twilio reports to https only; without it messages stay at "sent".
    let status_callback = token.filter(|_| server.is_secure()).and_then(|token| {
        let base = server.public_url.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/hooks/sms/{token}/status")).ok()
    });
    let requests = segment::split(&loaded.content, segment::TEXT_LIMIT)
        .into_iter()
        .map(|text| {
            let message = TextMessage {
                to: to.clone(),
                by_whatsapp: false,
                sender: account.sender.clone(),
                text,
                media: Vec::new(),
                status_callback: status_callback.clone(),
                own_id: claimed.id,
                send_at: None,
                validity_seconds: None,
            };
            account
                .account
                .send(&message, Timestamp::now())
                .map_err(|error| refused(&error.to_string()))
        })
        .collect::<Result<Vec<_>, _>>()?;
    not_empty(Requests {
        provider: Provider::Twilio,
        base: server.settings.providers.twilio.clone(),
        requests,
    })
}

fn not_empty(rendered: Requests) -> Result<Requests, Failure> {
    if rendered.requests.is_empty() {
        return Err(refused("the message is empty"));
    }
    Ok(rendered)
}
