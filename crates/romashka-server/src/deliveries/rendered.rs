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
use romashka_channels::sms::outbound::{MEDIA_LIMIT, Message as TextMessage};
use romashka_channels::sms::price;
use romashka_channels::sms::segment;
use romashka_channels::whatsapp::api::Number;
use romashka_channels::whatsapp::media::MediaKind;
use romashka_channels::whatsapp::outbound::{
    CAPTION_LIMIT, CallbackData, MediaSource, OutboundContent, OutboundMessage, Recipient,
};
use romashka_channels::whatsapp::split::{TEXT_LIMIT, length, split};
use romashka_channels::whatsapp::window::Window;
use romashka_db::scope::OwnedScope;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::files::{self, File};
use super::integration::Handover;
use super::outcome::{self, Failure, Outcome};
use super::wanted::{self, Reaction, Template};
use super::{Claimed, Loaded};
use crate::attachments::address::address;
use crate::mail::account::{Endpoint, MailAccount};
use crate::mail::post::Surroundings;
use crate::mail::smtp::{self, SendError};
use crate::mail::tokens::Keeper;
use crate::problem::Answer;
use crate::providers::account::{Stored, TextSender, Twilio, WhatsApp};
use crate::providers::opt_outs::Pair;
use crate::providers::provider::Client;
use crate::state::Server;
use crate::statement::{FromRow, Statement};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provider {
    WhatsApp,
    Twilio,
}

/// The requests of a message, one a part.
pub(super) struct Requests {
    provider: Provider,
    base: Url,
    requests: Vec<Part>,
    /// The message that is reacted to, and the sign.
    reaction: Option<(Uuid, Option<String>)>,
    /// Of a text message: from whom to whom, and what it is for the carrier.
    text: Option<(Pair, Value)>,
}

/// A part of a message.
enum Part {
    /// As it leaves.
    Ready(OutboundRequest),
    /// A file that goes to the provider first; its message names the id that it is given there.
    File(Box<FileToSend>),
}

struct FileToSend {
    upload: OutboundRequest,
    server: Server,
    file: File,
    message: OutboundMessage,
    number: Number,
    token: SecretString,
}

impl FileToSend {
    async fn request(&self, client: &Client, base: &Url) -> Result<OutboundRequest, Outcome> {
        let id = files::upload(client, base, &self.upload, &self.server, &self.file).await?;
        let mut message = self.message.clone();
        if let OutboundContent::Media { source, .. } = &mut message.content {
            *source = MediaSource::Id(id);
        }
        message_request(&self.number, &message, &self.token).map_err(Outcome::Refused)
    }
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
    Requests(Box<Requests>),
    /// By a mail server.
    Mail(Box<Post>),
    /// By a program of the workspace's own.
    Integration(Box<Handover>),
}

impl Rendered {
    /// How many messages the provider is given.
    pub(super) fn parts(&self) -> i32 {
        match self {
            Rendered::Requests(requests) => {
                i32::try_from(requests.requests.len()).unwrap_or(i32::MAX)
            }
            Rendered::Mail(_) | Rendered::Integration(_) => 1,
        }
    }

    /// How long one part may take.
    pub(super) fn longest(&self) -> Duration {
        match self {
            Rendered::Requests(_) | Rendered::Integration(_) => Duration::from_secs(120),
            Rendered::Mail(_) => smtp::LONGEST,
        }
    }

    /// How it goes once more when it may have been sent already, where it may: a mail is the same mail by its Message-ID, and a
    /// program knows a message by its `webhook-id`.
    pub(super) fn repetition(&self, uncertain_attempts: u32) -> Option<Outcome> {
        match self {
            Rendered::Requests(_) => None,
            Rendered::Mail(_) => (after_lost_connection(true, uncertain_attempts) == Fate::Retry)
                .then(outcome::repeat),
            Rendered::Integration(_) => Some(outcome::repeat_integration()),
        }
    }

    /// The message that it reacts to, and the sign.
    pub(super) fn reaction(&self) -> Option<&(Uuid, Option<String>)> {
        match self {
            Rendered::Requests(requests) => requests.reaction.as_ref(),
            Rendered::Mail(_) | Rendered::Integration(_) => None,
        }
    }

    /// Between which numbers a text message goes.
    pub(super) fn numbers(&self) -> Option<&Pair> {
        match self {
            Rendered::Requests(requests) => requests.text.as_ref().map(|(pair, _)| pair),
            Rendered::Mail(_) | Rendered::Integration(_) => None,
        }
    }

    /// How long what goes ahead of a part may take; none where nothing does.
    pub(super) fn ahead(&self, part: i32) -> Option<Duration> {
        match self {
            Rendered::Requests(requests) => match requests.part(part) {
                Some(Part::File(_)) => Some(Duration::from_secs(420)),
                _ => None,
            },
            Rendered::Mail(_) | Rendered::Integration(_) => None,
        }
    }

    /// Does what has to go ahead of a part, of which the customer sees nothing.
    pub(super) async fn prepare(
        &self,
        client: &Client,
        part: i32,
    ) -> Result<Option<OutboundRequest>, Outcome> {
        let Rendered::Requests(requests) = self else {
            return Ok(None);
        };
        match requests.part(part) {
            Some(Part::Ready(request)) => Ok(Some(request.clone())),
            Some(Part::File(file)) => file.request(client, &requests.base).await.map(Some),
            None => Err(Outcome::Lost),
        }
    }

    /// Sends one part.
    pub(super) async fn send(
        &self,
        server: &Server,
        client: &Client,
        request: Option<&OutboundRequest>,
        claimed: &Claimed,
    ) -> Outcome {
        match (self, request) {
            (Rendered::Requests(requests), Some(request)) => {
                requests.send(client, request, claimed.attempt).await
            }
            (Rendered::Requests(_), None) => Outcome::Lost,
            (Rendered::Mail(post), _) => post.send(server, claimed).await,
            (Rendered::Integration(handover), _) => handover.send(server, client, claimed).await,
        }
    }
}

impl Post {
    async fn send(&self, server: &Server, claimed: &Claimed) -> Outcome {
        let attempt = u32::try_from(claimed.attempt).unwrap_or(1);
        let rules = &server.settings.mail;
        let login = self.endpoint.login(
            self.channel,
            &server.mail_tokens,
            rules,
            Keeper::Server(server, claimed.workspace),
        );
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
    fn part(&self, part: i32) -> Option<&Part> {
        usize::try_from(part)
            .ok()
            .and_then(|part| self.requests.get(part))
    }

    async fn send(&self, client: &Client, request: &OutboundRequest, attempt: i32) -> Outcome {
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

pub(super) fn configuration(message: impl Into<String>) -> Failure {
    Failure::new("channel", "configuration", message)
}

/// What has to be there for every channel.
pub(super) struct Ready<'a> {
    pub(super) stored: Stored<'a>,
    pub(super) channel: Uuid,
    pub(super) recipient: &'a str,
}

pub(super) fn ready<'a>(claimed: &Claimed, loaded: &'a Loaded) -> Result<Ready<'a>, Failure> {
    let (Some(channel), Some(settings)) = (loaded.channel, loaded.configuration.as_ref()) else {
        return Err(configuration(
            "There is no active channel of this kind to send the message by.",
        ));
    };
    if loaded.channel_status.as_deref() == Some("inactive") {
        return Err(configuration("The channel is switched off."));
    }
    if let Some(words) = &loaded.stopped_by {
        return Err(Failure::new("stopped", "configuration", words.as_str()));
    }
    let Some(recipient) = loaded.recipient.as_deref() else {
        return Err(Failure::new(
            "recipient",
            "recipient",
            "The customer has no number or address on this channel.",
        ));
    };
    if let Some((code, words)) = &loaded.refusal {
        return Err(Failure::new(code.as_str(), "recipient", words.as_str()));
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
pub(super) async fn render(
    server: &Server,
    scope: &OwnedScope,
    claimed: &Claimed,
    loaded: &Loaded,
    token: Option<&str>,
) -> Answer<Result<(Rendered, Uuid), Failure>> {
    let files = File::of(scope, claimed.id, claimed.workspace).await?;
    let reacted_to = match Reaction::of(&loaded.metadata) {
        Ok(Some(reaction)) => {
            Statement::new(include_str!("external_id.sql"))
                .bind("message", &reaction.message_id)
                .bind("workspace", &claimed.workspace)
                .optional::<ExternalId>(scope)
                .await?
        }
        _ => None,
    };
    let rendered = requests(server, claimed, loaded, token, &files, reacted_to);
    match rendered {
        Err(failure) if failure.is_window_closed() => {
            let templates: Value = Statement::new(include_str!("templates.sql"))
                .bind("workspace", &claimed.workspace)
                .value(scope)
                .await?;
            Ok(Err(failure.with_templates(templates)))
        }
        Ok(rendered) => {
            if let Ok(Some(template)) = Template::of(&loaded.metadata)
                && claimed.channel_type == "whatsapp"
            {
                let known: Option<KnownTemplate> = Statement::new(include_str!("use_template.sql"))
                    .bind("workspace", &claimed.workspace)
                    .bind("name", &template.name)
                    .bind("language", &template.language)
                    .optional(scope)
                    .await?;
                if let Some(refusal) = known.as_ref().and_then(KnownTemplate::refusal) {
                    return Ok(Err(refusal));
                }
            }
            if let Rendered::Requests(requests) = &rendered.0
                && let Some((_, segments)) = &requests.text
            {
                Statement::new(include_str!("note_segments.sql"))
                    .bind("message", &loaded.message)
                    .bind("workspace", &claimed.workspace)
                    .bind("segments", segments)
                    .execute(scope)
                    .await?;
            }
            Ok(Ok(rendered))
        }
        other => Ok(other),
    }
}

/// How a template stands at its provider.
struct KnownTemplate {
    status: String,
    provider_status: Option<String>,
    reason: Option<String>,
}

impl FromRow for KnownTemplate {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(KnownTemplate {
            status: row.try_get("status")?,
            provider_status: row.try_get("provider_status")?,
            reason: row.try_get("status_reason")?,
        })
    }
}

impl KnownTemplate {
    /// Why it is not sent. One that an admin entered and the provider has said nothing of is tried.
    fn refusal(&self) -> Option<Failure> {
        let (code, words) = match (self.status.as_str(), self.provider_status.as_deref()) {
            ("approved", _) | ("pending", None) => return None,
            (_, Some("PAUSED")) => (
                "template_paused",
                "WhatsApp has paused this template, because customers block or report it. Choose another one until it is resumed.",
            ),
            (_, Some("DISABLED")) => (
                "template_disabled",
                "WhatsApp has disabled this template. Choose another one.",
            ),
            (_, Some("LOCKED")) => (
                "template_locked",
                "WhatsApp has locked this template. Choose another one.",
            ),
            ("pending", _) => (
                "template_pending",
                "WhatsApp has not approved this template yet. Choose another one.",
            ),
            _ => (
                "template_rejected",
                "WhatsApp has rejected or withdrawn this template. Choose another one.",
            ),
        };
        Some(Failure::new(code, "permanent", words).with_details(self.reason.clone()))
    }
}

/// The first column, a text.
struct ExternalId(Option<String>);

impl FromRow for ExternalId {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(ExternalId(row.try_get(0)?))
    }
}

fn requests(
    server: &Server,
    claimed: &Claimed,
    loaded: &Loaded,
    token: Option<&str>,
    files: &[File],
    reacted_to: Option<ExternalId>,
) -> Result<(Rendered, Uuid), Failure> {
    let Ready {
        stored,
        channel,
        recipient,
    } = ready(claimed, loaded)?;
    let rendered = if claimed.channel_type == "whatsapp" {
        let account = WhatsApp::open(stored, &server.keys)
            .map_err(|error| configuration(capital(&error.to_string())))?;
        let message = Outgoing {
            claimed,
            loaded,
            files,
            reacted_to: reacted_to.and_then(|id| id.0),
        };
        message.by_whatsapp(server, &account, recipient)?
    } else {
        let account = Twilio::open(stored, &server.keys)
            .map_err(|error| configuration(capital(&error.to_string())))?;
        sms(server, claimed, loaded, &account, recipient, token, files)?
    };
    Ok((Rendered::Requests(Box::new(rendered)), channel))
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
    if let Some(subject) = &loaded.subject {
        surroundings.name(subject);
    }
    let files = match surroundings.files(server).await? {
        Ok(files) => files,
        Err(error) => return Ok(Err(refused(&error.to_string()))),
    };
    let mail = match surroundings.render(&account, &loaded.content, recipient, files) {
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

pub(super) fn refused(words: &str) -> Failure {
    Failure::new("not_sendable", "permanent", capital(words))
}

fn message_request(
    number: &Number,
    message: &OutboundMessage,
    token: &SecretString,
) -> Result<OutboundRequest, Failure> {
    number
        .send(message)
        .map_err(|error| refused(&error.to_string()))?
        .with_bearer(token)
        .map_err(|_| configuration("The access token is no text that can be sent."))
}

/// A message on its way to WhatsApp.
struct Outgoing<'a> {
    claimed: &'a Claimed,
    loaded: &'a Loaded,
    files: &'a [File],
    reacted_to: Option<String>,
}

impl Outgoing<'_> {
    /// The text; none where it only names the files.
    fn text(&self) -> Option<&str> {
        text_of(self.loaded)
    }

    fn contents(&self) -> Result<Vec<OutboundContent>, Failure> {
        let metadata = &self.loaded.metadata;
        if let Some(template) = Template::of(metadata)? {
            return Ok(vec![OutboundContent::Template(template.message())]);
        }
        if !Window::at(self.loaded.last_inbound, Timestamp::now()).is_open() {
            return Err(Failure::new(
                131_047,
                "window_closed",
                "The customer's last message is more than 24 hours old. WhatsApp allows a template now, and free text as soon as the customer answers.",
            ));
        }
        if let Some(reaction) = Reaction::of(metadata)? {
            let message_id = self
                .reacted_to
                .clone()
                .ok_or_else(|| refused("a reaction is to a message of the customer's"))?;
            return Ok(vec![OutboundContent::Reaction {
                message_id,
                emoji: reaction.emoji,
            }]);
        }
        if let Some(content) = wanted::content(metadata, &self.loaded.content)? {
            return Ok(vec![content]);
        }
        let text = self.text();
        let kinds: Vec<MediaKind> = self
            .files
            .iter()
            .map(|file| MediaKind::for_file(file.content_type(), file.size))
            .collect();
        // The words stand below the first file where they fit there, else before it.
        let caption = text.filter(|text| {
            kinds.first().is_some_and(|kind| {
                matches!(
                    kind,
                    MediaKind::Image | MediaKind::Video | MediaKind::Document
                )
            }) && length(text) <= CAPTION_LIMIT
        });
        let mut contents = Vec::new();
        if let Some(text) = text.filter(|_| caption.is_none()) {
            contents.extend(split(text, TEXT_LIMIT).into_iter().map(|body| {
                OutboundContent::Text {
                    preview_url: body.contains("https://") || body.contains("http://"),
                    body,
                }
            }));
        }
        for (index, (file, kind)) in self.files.iter().zip(kinds).enumerate() {
            contents.push(OutboundContent::Media {
                kind,
                // Known when the file was handed over.
                source: MediaSource::Id(String::new()),
                caption: caption.filter(|_| index == 0).map(str::to_owned),
                file_name: (kind == MediaKind::Document).then(|| file.name.clone()),
            });
        }
        Ok(contents)
    }

    fn by_whatsapp(
        &self,
        server: &Server,
        account: &WhatsApp,
        recipient: &str,
    ) -> Result<Requests, Failure> {
        let token = account
            .access_token
            .as_ref()
            .ok_or_else(|| configuration("The channel has no access token."))?;
        let recipient = Recipient::parse(recipient).map_err(|error| refused(&error.to_string()))?;
        let mut files = self.files.iter();
        let mut parts = Vec::new();
        for (part, content) in (0_u16..).zip(self.contents()?) {
            let takes_context = !matches!(
                content,
                OutboundContent::Reaction { .. } | OutboundContent::Template(_)
            );
            let kind = match &content {
                OutboundContent::Media { kind, .. } => Some(*kind),
                _ => None,
            };
            let message = OutboundMessage {
                recipient: recipient.clone(),
                content,
                reply_to: self
                    .loaded
                    .reply_to
                    .clone()
                    .filter(|_| part == 0 && takes_context),
                callback_data: Some(CallbackData {
                    delivery: self.claimed.id,
                    part,
                }),
            };
            let Some(kind) = kind else {
                parts.push(Part::Ready(message_request(
                    &account.number,
                    &message,
                    token,
                )?));
                continue;
            };
            let file = files.next().ok_or_else(|| refused("a file is missing"))?;
            file.find(server)?;
            let upload = account
                .number
                .upload_media(kind, &file.name, file.content_type(), file.size)
                .map_err(|error| refused(&error.to_string()))?
                .with_bearer(token)
                .map_err(|_| configuration("The access token is no text that can be sent."))?;
            parts.push(Part::File(Box::new(FileToSend {
                upload,
                server: server.clone(),
                file: file.clone(),
                message,
                number: account.number.clone(),
                token: token.clone(),
            })));
        }
        not_empty(Requests {
            provider: Provider::WhatsApp,
            base: server.settings.providers.whatsapp.clone(),
            requests: parts,
            reaction: Reaction::of(&self.loaded.metadata)?
                .map(|reaction| (reaction.message_id, reaction.emoji)),
            text: None,
        })
    }
}

/// The text of a message; none where it only names the message's files.
fn text_of(loaded: &Loaded) -> Option<&str> {
    let only_names = loaded.metadata.get("is_file_only").and_then(Value::as_bool) == Some(true);
    Some(loaded.content.as_str()).filter(|text| !only_names && !text.trim().is_empty())
}

/// Most bytes of a picture that Twilio takes, and of any other file.
const MMS_LIMITS: (u64, u64) = (5 * 1024 * 1024, 500 * 1024);

/// Addresses by which Twilio fetches the files of a message.
fn mms_addresses(server: &Server, workspace: Uuid, files: &[File]) -> Result<Vec<String>, Failure> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    if !server.is_secure() {
        return Err(configuration(
            "Files go by text message only from a public https address: an admin has to set ROMASHKA_PUBLIC_URL.",
        ));
    }
    let now = Timestamp::now();
    files
        .iter()
        .map(|file| {
            let is_picture = matches!(
                file.content_type(),
                "image/jpeg" | "image/png" | "image/gif"
            );
            let (limit, words) = match is_picture {
                true => (MMS_LIMITS.0, "a picture by text message has at most 5 MB"),
                false => (
                    MMS_LIMITS.1,
                    "a file by text message has at most 500 KB, and a picture 5 MB",
                ),
            };
            if file.size > limit {
                return Err(refused(words));
            }
            // What is not there cannot be fetched: said now, and not by Twilio later.
            file.find(server)?;
            address(server, workspace, file.id, now)
                .map(String::from)
                .ok_or_else(|| configuration("The server's public address is no address."))
        })
        .collect()
}

fn sms(
    server: &Server,
    claimed: &Claimed,
    loaded: &Loaded,
    account: &Twilio,
    recipient: &str,
    token: Option<&str>,
    files: &[File],
) -> Result<Requests, Failure> {
    let to =
        E164::parse(recipient).map_err(|_| refused("the customer's number has no country code"))?;
    // Twilio reports to https only; without it messages stay at "sent".
    let status_callback = token.filter(|_| server.is_secure()).and_then(|token| {
        let base = server.public_url.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/hooks/sms/{token}/status")).ok()
    });
    let media = mms_addresses(server, claimed.workspace, files)?;
    let text = text_of(loaded).unwrap_or_default();
    let pair = Pair {
        ours: account.text_sender.scope.clone(),
        customer: to.clone(),
    };
    let segments = segments(text, &account.text_sender, !media.is_empty());
    let mut texts = segment::split(text, segment::TEXT_LIMIT);
    // Ten files a message; the first ones go with the first text.
    let batches: Vec<Vec<String>> = media.chunks(MEDIA_LIMIT).map(<[String]>::to_vec).collect();
    texts.resize(texts.len().max(batches.len()), String::new());
    let mut batches = batches.into_iter();
    let requests = texts
        .into_iter()
        .map(|text| {
            let message = TextMessage {
                to: to.clone(),
                by_whatsapp: false,
                sender: account.sender.clone(),
                text,
                media: batches.next().unwrap_or_default(),
                status_callback: status_callback.clone(),
                own_id: claimed.id,
                send_at: None,
                validity_seconds: None,
            };
            account
                .account
                .send(&message, Timestamp::now())
                .map(Part::Ready)
                .map_err(|error| refused(&error.to_string()))
        })
        .collect::<Result<Vec<_>, _>>()?;
    not_empty(Requests {
        provider: Provider::Twilio,
        base: server.settings.providers.twilio.clone(),
        requests,
        reaction: None,
        text: Some((pair, segments)),
    })
}

/// What a text message is for the carrier, for the message's metadata. One with files is not counted in segments.
fn segments(text: &str, sender: &TextSender, has_files: bool) -> Value {
    if has_files {
        return json!({ "is_mms": true });
    }
    let estimate = segment::estimate(text, sender.is_toll_free, sender.segment_price);
    let mut counted = json!({
        "encoding": estimate.encoding,
        "segments": estimate.segments,
        "messages": estimate.messages,
    });
    if let Some(millionths) = estimate.price_millionths {
        counted["price"] = json!(price::decimal(millionths));
        counted["currency"] = json!(sender.currency);
    }
    counted
}

fn not_empty(rendered: Requests) -> Result<Requests, Failure> {
    if rendered.requests.is_empty() {
        return Err(refused("the message is empty"));
    }
    Ok(rendered)
}
