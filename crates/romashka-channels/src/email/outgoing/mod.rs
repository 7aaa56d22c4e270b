//! A mail to a customer.
//!
//! Invariant: a mail that leaves this module is correct by RFC 5322 and 2045 ff., answers into the right thread of every
//! mail program, and holds no header that somebody else put in: a value with a line break is refused, never repaired.
//! Rendering the same mail again gives the same bytes, so that a second attempt after a lost answer is recognised as
//! the same mail by its receiver.

pub mod html;
pub mod reply_address;

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::Message;
use lettre::message::header::{
    ContentDisposition, ContentId, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Mailbox as BuilderMailbox, MessageBuilder, MultiPart, SinglePart};
use thiserror::Error;
use url::Url;
use uuid::Uuid;

use super::attachment::clean_name;
use super::header::Mailbox;
use super::threading::base_subject;

/// Ids in References: the first, and the last ones.
pub const REFERENCE_LIMIT: usize = 20;
/// Largest mail in bytes, after encoding. Many receivers take no more.
pub const SIZE_LIMIT: usize = 25 * 1024 * 1024;
/// Recipients of one mail.
pub const RECIPIENT_LIMIT: usize = 100;
/// Longest value of a header in bytes.
const HEADER_LIMIT: usize = 900;

/// Why there is no mail.
#[derive(Debug, Error)]
pub enum OutgoingError {
    /// Line breaks and other control characters in a header. The value is not repeated.
    #[error("the {0} contains characters that a header must not have")]
    Injection(&'static str),
    /// Too long for a header.
    #[error("the {0} is too long")]
    TooLong(&'static str),
    /// Not an address that can be written to.
    #[error("an address cannot be written to")]
    Address(#[source] lettre::address::AddressError),
    /// Nobody to send to.
    #[error("the mail has no recipient")]
    NoRecipient,
    /// More than [`RECIPIENT_LIMIT`].
    #[error("a mail has at most 100 recipients")]
    TooManyRecipients,
    /// Nothing in it.
    #[error("the mail has neither a text nor a file")]
    Empty,
    /// A media type that is none.
    #[error("a file has no valid media type")]
    MediaType,
    /// Over [`SIZE_LIMIT`].
    #[error("the mail has {0} bytes; 25 MB are allowed")]
    TooLarge(usize),
    /// The mail could not be put together.
    #[error("the mail could not be put together")]
    Build(#[from] lettre::error::Error),
}

/// Why a mail is sent, which decides about its marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A person answers. No mark.
    Human,
    /// A program answers a mail (RFC 3834): sent without a return address, lest two programs answer each other for ever.
    AutomaticReply,
    /// A program writes by itself, such as a question how satisfied somebody was.
    AutomaticNotice,
    /// To many: with a way out for each (RFC 2369, RFC 8058).
    Bulk {
        /// Identifies the list, such as `news.example.com`.
        list_id: String,
        /// Where a POST of `List-Unsubscribe=One-Click` unsubscribes. Must be https; a GET must not unsubscribe.
        unsubscribe_url: Url,
        /// Address to which a mail unsubscribes.
        unsubscribe_mail: Option<String>,
    },
}

/// A file.
#[derive(Clone)]
pub struct OutgoingFile {
    /// Name; cleaned when it is written.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Id by which the HTML shows it (`cid:`).
    pub content_id: Option<String>,
    /// The bytes.
    pub data: Vec<u8>,
}

/// A mail that is to be sent.
#[derive(Clone)]
pub struct OutgoingMail {
    /// Conversation, part of the Message-ID.
    pub conversation: Uuid,
    /// Message, part of the Message-ID.
    pub message: Uuid,
    /// Our domain in the Message-ID.
    pub message_id_host: String,
    /// When it was written.
    pub date: Timestamp,
    /// `Agent via Company <support@…>`; its domain is the one that signs.
    pub from: Mailbox,
    /// Address with the token of the conversation, see [`reply_address`].
    pub reply_to: Option<Mailbox>,
    /// Recipients.
    pub to: Vec<Mailbox>,
    /// Recipients of copies.
    pub cc: Vec<Mailbox>,
    /// Recipients that the others do not see: in the envelope alone.
    pub bcc: Vec<Mailbox>,
    /// Subject, see [`reply_subject`].
    pub subject: String,
    /// The last mail of the customer, without brackets.
    pub in_reply_to: Option<String>,
    /// The mails before, the oldest first, without brackets.
    pub references: Vec<String>,
    /// What the agent wrote, as text.
    pub text: String,
    /// The same as HTML; made from the text when there is none.
    pub html: Option<String>,
    /// Signature of the agent or the channel, as text.
    pub signature: Option<String>,
    /// Files.
    pub files: Vec<OutgoingFile>,
    /// Why it is sent.
    pub purpose: Purpose,
}

/// A mail as it goes to a server.
#[derive(Clone)]
pub struct RenderedMail {
    /// Message-ID without brackets, to be stored before the mail is sent.
    pub message_id: String,
    /// Sender of the envelope; nothing for `<>`.
    pub envelope_from: Option<String>,
    /// Recipients of the envelope.
    pub recipients: Vec<String>,
    /// The mail.
    pub bytes: Vec<u8>,
}

/// Subject of an answer: `Re:` once, before the base subject, and the number of the conversation when it is shown.
pub fn reply_subject(subject: &str, number: Option<i64>) -> String {
    let base = base_subject(subject).text;
    let tag = number.map(|number| format!("[#{number}]"));
    let parts: Vec<&str> = [Some("Re:"), tag.as_deref(), Some(base.as_str())]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" ")
}

/// Message-ID of a message, which names its conversation (see [`super::threading::own_conversation`]).
pub fn message_id(conversation: Uuid, message: Uuid, host: &str) -> String {
    format!("{conversation}.{message}@{host}")
}

/// The ids for References: those of the mail that is answered and its own, the first and the last ones when there are
/// more than [`REFERENCE_LIMIT`].
pub fn shorten_references(references: &[String]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for id in references {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    if ids.len() > REFERENCE_LIMIT {
        ids.drain(1..=ids.len() - REFERENCE_LIMIT);
    }
    ids
}

impl OutgoingMail {
    /// Renders the mail.
    pub fn render(&self) -> Result<RenderedMail, OutgoingError> {
        let message_id = message_id(self.conversation, self.message, &self.message_id_host);
        check_id(&message_id, "Message-ID host")?;
        if self.text.trim().is_empty() && self.files.is_empty() {
            return Err(OutgoingError::Empty);
        }
        let everybody: Vec<&Mailbox> = self.to.iter().chain(&self.cc).chain(&self.bcc).collect();
        if self.to.is_empty() && self.cc.is_empty() {
            return Err(OutgoingError::NoRecipient);
        }
        if everybody.len() > RECIPIENT_LIMIT {
            return Err(OutgoingError::TooManyRecipients);
        }
        let mut recipients: Vec<String> = Vec::new();
        for recipient in everybody {
            builder_mailbox(recipient, "recipient")?;
            if !recipients.contains(&recipient.address) {
                recipients.push(recipient.address.clone());
            }
        }
        let bytes = self
            .headers(&message_id)?
            .multipart(self.body()?)?
            .formatted();
        if bytes.len() > SIZE_LIMIT {
            return Err(OutgoingError::TooLarge(bytes.len()));
        }
        Ok(RenderedMail {
            message_id,
            envelope_from: match self.purpose {
                Purpose::AutomaticReply => None,
                _ => Some(self.from.address.clone()),
            },
            recipients,
            bytes,
        })
    }

    fn headers(&self, message_id: &str) -> Result<MessageBuilder, OutgoingError> {
        check_text(&self.subject, "subject")?;
        let from = builder_mailbox(&self.from, "sender")?;
        // The builder wants an envelope; the one that is used is in the rendered mail.
        let envelope = lettre::address::Envelope::new(None, vec![from.email.clone()])?;
        let seconds = u64::try_from(self.date.as_second()).unwrap_or(0);
        let mut builder = Message::builder()
            .envelope(envelope)
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .from(from);
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(builder_mailbox(reply_to, "reply address")?);
        }
        for recipient in &self.to {
            builder = builder.to(builder_mailbox(recipient, "recipient")?);
        }
        for recipient in &self.cc {
            builder = builder.cc(builder_mailbox(recipient, "recipient")?);
        }
        builder = builder
            .subject(&self.subject)
            .message_id(Some(format!("<{message_id}>")));
        if let Some(id) = &self.in_reply_to {
            check_id(id, "In-Reply-To")?;
            builder = builder.in_reply_to(format!("<{id}>"));
        }
        let mut references = self.references.clone();
        references.extend(self.in_reply_to.clone());
        let references = shorten_references(&references);
        for id in &references {
            check_id(id, "References")?;
        }
        if !references.is_empty() {
            let joined: Vec<String> = references.iter().map(|id| format!("<{id}>")).collect();
            builder = builder.references(joined.join(" "));
        }
        for (name, value) in self.marks()? {
            builder = builder.raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str(name),
                value,
            ));
        }
        Ok(builder)
    }

    /// Headers by which programs recognise what a program wrote.
    fn marks(&self) -> Result<Vec<(&'static str, String)>, OutgoingError> {
        let automatic = |kind: &str| {
            vec![
                ("Auto-Submitted", kind.to_owned()),
                ("X-Auto-Response-Suppress", "All".to_owned()),
                ("Precedence", "bulk".to_owned()),
                ("X-Loop", self.from.address.clone()),
            ]
        };
        match &self.purpose {
            Purpose::Human => Ok(Vec::new()),
            Purpose::AutomaticReply => Ok(automatic("auto-replied")),
            Purpose::AutomaticNotice => Ok(automatic("auto-generated")),
            Purpose::Bulk {
                list_id,
                unsubscribe_url,
                unsubscribe_mail,
            } => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
                if list_id.is_empty() || !list_id.bytes().all(plain) {
                    return Err(OutgoingError::Injection("list's id"));
                }
                if unsubscribe_url.scheme() != "https" {
                    return Err(OutgoingError::Injection("address to unsubscribe"));
                }
                let mut unsubscribe = format!("<{unsubscribe_url}>");
                if let Some(mail) = unsubscribe_mail {
                    let mail: lettre::Address = mail.parse().map_err(OutgoingError::Address)?;
                    unsubscribe.push_str(&format!(", <mailto:{mail}>"));
                }
                let mut marks = automatic("auto-generated");
                marks.extend([
                    ("List-Id", format!("<{list_id}>")),
                    ("List-Unsubscribe", unsubscribe),
                    (
                        "List-Unsubscribe-Post",
                        "List-Unsubscribe=One-Click".to_owned(),
                    ),
                ]);
                Ok(marks)
            }
        }
    }

    /// `mixed(alternative(text, related(html, pictures)), files)`, as far as there is something for each level.
    fn body(&self) -> Result<MultiPart, OutgoingError> {
        let (shown, attached): (Vec<&OutgoingFile>, Vec<&OutgoingFile>) = self
            .files
            .iter()
            .partition(|file| file.content_id.is_some());
        let text = html::with_signature_text(&self.text, self.signature.as_deref());
        let html = html::document(&self.text, self.html.as_deref(), self.signature.as_deref());
        let html = SinglePart::html(html);
        let mut alternative = MultiPart::alternative()
            .boundary(self.boundary("a"))
            .singlepart(SinglePart::plain(text));
        alternative = if shown.is_empty() {
            alternative.singlepart(html)
        } else {
            let mut related = MultiPart::related()
                .boundary(self.boundary("r"))
                .singlepart(html);
            for file in shown {
                related = related.singlepart(part_of(file)?);
            }
            alternative.multipart(related)
        };
        if attached.is_empty() {
            return Ok(alternative);
        }
        let mut mixed = MultiPart::mixed()
            .boundary(self.boundary("m"))
            .multipart(alternative);
        for file in attached {
            mixed = mixed.singlepart(part_of(file)?);
        }
        Ok(mixed)
    }

    /// Made from the message's id, so that the bytes stay the same. `=_` never occurs in quoted-printable or base64.
    fn boundary(&self, level: &str) -> String {
        format!("=_{level}_{}", self.message.simple())
    }
}

fn part_of(file: &OutgoingFile) -> Result<SinglePart, OutgoingError> {
    let content_type =
        ContentType::parse(&file.content_type).map_err(|_| OutgoingError::MediaType)?;
    let name = clean_name(Some(&file.name), &file.content_type);
    let disposition = match &file.content_id {
        Some(_) => ContentDisposition::inline_with_name(&name),
        None => ContentDisposition::attachment(&name),
    };
    let mut part = SinglePart::builder()
        .header(content_type)
        .header(disposition);
    if let Some(id) = &file.content_id {
        check_id(id, "Content-ID")?;
        part = part.header(ContentId::from(format!("<{id}>")));
    }
    Ok(part.body(file.data.clone()))
}

fn builder_mailbox(mailbox: &Mailbox, what: &'static str) -> Result<BuilderMailbox, OutgoingError> {
    check_text(&mailbox.name, what)?;
    check_text(&mailbox.address, what)?;
    let address = mailbox.address.parse().map_err(OutgoingError::Address)?;
    let name = mailbox.name.trim();
    Ok(BuilderMailbox::new(
        (!name.is_empty()).then(|| name.to_owned()),
        address,
    ))
}

fn check_text(value: &str, what: &'static str) -> Result<(), OutgoingError> {
    if value.chars().any(char::is_control) {
        return Err(OutgoingError::Injection(what));
    }
    if value.len() > HEADER_LIMIT {
        return Err(OutgoingError::TooLong(what));
    }
    Ok(())
}

/// An id has no blanks and brackets, which would end it.
fn check_id(id: &str, what: &'static str) -> Result<(), OutgoingError> {
    check_text(id, what)?;
    let plain = !id.is_empty()
        && id
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>'));
    plain.then_some(()).ok_or(OutgoingError::Injection(what))
}
