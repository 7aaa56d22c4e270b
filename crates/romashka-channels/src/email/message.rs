//! A mail as the rest of the platform sees it.
//!
//! Invariant: [`Mail::parse`] gives a mail for any bytes. Every text is clean (see [`super::charset`]), every file name
//! harmless (see [`super::attachment`]), and nothing that was cut off or could not be read goes unmentioned: it is in
//! [`Mail::notices`] and, where there are bytes, among the attachments.

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::attachment::{Attachment, clean_name};
use super::automatic::{self, Automatic};
use super::bounce::{self, Bounce};
use super::calendar::Invitation;
use super::content::{self, Content};
use super::date::{self, DateSource};
use super::header::{self, Mailbox};
use super::html_quotes;
use super::mime::Part;
use super::quotes::{self, Parts};
use super::sender::{self, Sender};
use super::threading::{BaseSubject, base_subject};

/// What the reader knows besides the bytes.
#[derive(Debug, Clone)]
pub struct ParseOptions {
    /// The reader's clock: no mail is newer.
    pub now: Timestamp,
    /// Date of the envelope, used when the mail has none.
    pub envelope_date: Option<Timestamp>,
    /// Names (authserv-id) of our own mail servers, whose Authentication-Results count.
    pub our_servers: Vec<String>,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self {
            now: Timestamp::now(),
            envelope_date: None,
            our_servers: Vec::new(),
        }
    }
}

/// Something a reader of the mail should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// S/MIME or PGP signature present; it was not checked.
    Signed,
    /// Encrypted: only the attachment can be kept.
    Encrypted,
    /// The text was longer than the limit; all of it is among the attachments.
    TextShortened,
    /// The HTML was longer than the limit; all of it is among the attachments.
    HtmlShortened,
    /// Too many or too deeply nested parts: some were not read.
    PartsLeftOut,
    /// The charset was missing or wrong and was guessed.
    CharsetGuessed,
    /// The mail is one piece of a larger one.
    Fragment,
    /// Files came out of a `winmail.dat`.
    Tnef,
}

/// A parsed mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Message-ID without brackets.
    pub message_id: Option<String>,
    /// SHA-256 over From, Date, Subject and body: equal for two copies of a mail, different for two mails that share a
    /// Message-ID.
    pub content_hash: String,
    /// Ids of In-Reply-To.
    pub in_reply_to: Vec<String>,
    /// Ids of References, the oldest first.
    pub references: Vec<String>,
    /// Authors.
    pub from: Vec<Mailbox>,
    /// Where answers shall go.
    pub reply_to: Vec<Mailbox>,
    /// Recipients.
    pub to: Vec<Mailbox>,
    /// Recipients of copies.
    pub cc: Vec<Mailbox>,
    /// Addresses the mail was delivered to, from the fields that servers add.
    pub delivered_to: Vec<Mailbox>,
    /// When it was sent.
    pub date: Timestamp,
    /// Where the date comes from.
    pub date_source: DateSource,
    /// Subject as written.
    pub subject: String,
    /// Subject without marks.
    pub base_subject: BaseSubject,
    /// Whole text.
    pub text: String,
    /// Whole HTML as sent: not safe to show before it is sanitised.
    pub html: Option<String>,
    /// The text taken apart.
    pub parts: Parts,
    /// HTML without quotes and signature; not sanitised either.
    pub visible_html: Option<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Invitation to a meeting.
    pub invitation: Option<Invitation>,
    /// Whether a program wrote it.
    pub automatic: Automatic,
    /// Delivery report.
    pub bounce: Option<Bounce>,
    /// Whether the sender is believed.
    pub sender: Sender,
    /// Address the mail was first sent from, when a group or a forwarding server put its own into From.
    pub original_sender: Option<Mailbox>,
    /// What a reader should know.
    pub notices: Vec<Notice>,
    /// Bytes of the mail.
    pub size: usize,
}

impl Mail {
    /// Parses a mail.
    pub fn parse(raw: &[u8], options: &ParseOptions) -> Self {
        let (root, cut) = Part::parse(raw);
        let headers = &root.headers;
        let from = headers.addresses("From");
        let tld = from
            .first()
            .and_then(|author| author.domain().rsplit('.').next())
            .map(str::to_owned);
        let text_of = |name: &str| {
            headers
                .raw(name)
                .map(|raw| header::decode_text(raw, tld.as_deref()))
        };
        let subject = text_of("Subject").unwrap_or_default();
        let base_subject = base_subject(&subject);
        let in_reply_to = headers.ids("In-Reply-To");
        let references = headers.ids("References");
        let Content {
            text,
            html,
            attachments,
            invitation,
            mut notices,
        } = content::read(&root, tld.as_deref());
        if cut {
            notices.push(Notice::PartsLeftOut);
        }
        notices.sort_unstable();
        notices.dedup();
        let (date, date_source) = date::find(headers, options.envelope_date, options.now);
        let author = from.first().map_or("", |author| author.address.as_str());
        let bounce = bounce::read(&root, author, &text);
        let automatic = automatic::read(&root, author, bounce.is_some());
        let forwarded = base_subject.is_forward && in_reply_to.is_empty();
        let (parts, visible_html) = take_apart(&text, html.as_deref(), forwarded);
        let delivered_to = [
            "Delivered-To",
            "X-Original-To",
            "Envelope-To",
            "X-Forwarded-To",
            "X-Forwarded-For",
        ]
        .iter()
        .flat_map(|name| headers.addresses(name))
        .take(50)
        .collect();
        let original_sender = ["X-Original-From", "X-Original-Sender"]
            .iter()
            .find_map(|name| headers.addresses(name).into_iter().next())
            .filter(|original| original.address != author);
        Self {
            message_id: headers.raw("Message-ID").and_then(header::parse_message_id),
            content_hash: content_hash(&root),
            sender: sender::judge(headers, &from, &options.our_servers),
            reply_to: headers.addresses("Reply-To"),
            to: headers.addresses("To"),
            cc: headers.addresses("Cc"),
            in_reply_to,
            references,
            from,
            delivered_to,
            date,
            date_source,
            subject,
            base_subject,
            text,
            html,
            parts,
            visible_html,
            attachments,
            invitation,
            automatic,
            bounce,
            original_sender,
            notices,
            size: raw.len(),
        }
    }

    /// Id under which the mail is stored: its Message-ID, or one made from its content, stable for every copy.
    pub fn external_id(&self) -> String {
        self.message_id
            .clone()
            .unwrap_or_else(|| format!("sha256:{}", self.content_hash))
    }

    /// Id for a second, different mail with a Message-ID that is taken.
    pub fn disambiguated_id(&self) -> String {
        format!("{}#sha256:{}", self.external_id(), self.content_hash)
    }

    /// The author, or nothing when From is unreadable.
    pub fn author(&self) -> Option<&Mailbox> {
        self.from.first()
    }

    /// Everybody the mail went to, the addresses that servers recorded first.
    pub fn recipients(&self) -> impl Iterator<Item = &Mailbox> {
        self.delivered_to.iter().chain(&self.to).chain(&self.cc)
    }

    /// What the sender wrote, as far as the text tells.
    pub fn visible_text(&self) -> &str {
        &self.parts.visible
    }
}

/// Over the fields as they stand in the mail, not as decoded: a better decoder must not make a new mail of an old one.
fn content_hash(root: &Part<'_>) -> String {
    let mut hash = Sha256::new();
    for name in ["From", "Date", "Subject"] {
        let value = root.headers.raw(name).unwrap_or_default();
        for word in value
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
        {
            hash.update(word);
            hash.update(b" ");
        }
        hash.update(b"|");
    }
    // Line breaks change on the way, and so do the blank lines at the end.
    let body = root.body.trim_ascii_end();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\r', body) {
        hash.update(&body[start..end]);
        start = end + 1;
    }
    hash.update(&body[start..]);
    hex::encode(hash.finalize())
}

/// The text decides unless only the HTML shows what is quoted.
fn take_apart(text: &str, html: Option<&str>, forwarded: bool) -> (Parts, Option<String>) {
    let from_text = quotes::split(text, forwarded);
    let Some(html) = html else {
        return (from_text, None);
    };
    let from_html = html_quotes::split(html, forwarded);
    let parts = if from_text.quoted.is_some() || !from_html.by_element {
        from_text
    } else {
        from_html.text
    };
    (parts, Some(from_html.visible_html))
}

/// Makes an attachment of a part.
pub(super) fn attachment_of(part: &Part<'_>) -> Attachment {
    let name = clean_name(part.file_name(), &part.content_type.value);
    let content_id = part
        .headers
        .text("Content-ID")
        .map(|id| id.trim().trim_matches(['<', '>']).to_owned())
        .filter(|id| !id.is_empty());
    Attachment {
        content_type: super::attachment::content_type_for(&name, &part.content_type.value),
        name,
        content_id,
        content_location: part
            .headers
            .text("Content-Location")
            .filter(|location| !location.is_empty()),
        inline: false,
        data: part.decoded().into_owned(),
    }
}
