//! A parsed mail as the parameters of `ingest_message`.
//!
//! Invariant: what a customer said is `content`; what is quoted, the signature, the HTML and everything that led to a
//! decision are in `metadata`, under `mail`, so that a better reader can decide again.

use std::path::PathBuf;

use jiff::Timestamp;
use romashka_channels::email::header::Mailbox;
use romashka_channels::email::threading::{OurSide, ThreadKey, candidates};
use romashka_channels::email::{Mail, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::attachments::{AttachmentStore, StoreError};
use super::report::Reason;

/// Longer HTML (bytes) is stored as a file beside the message.
const HTML_IN_METADATA: usize = 128 * 1024;
/// Names of recipients kept in metadata.
const RECIPIENTS_KEPT: usize = 100;

/// Who wrote the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// A customer.
    Customer,
    /// One of us, with the address, which may be an agent's.
    Us(String),
    /// A mail server.
    Server,
}

/// A mail that waits for the database.
#[derive(Debug, Clone)]
pub struct PreparedMail {
    /// The file it was read from.
    pub file: PathBuf,
    /// Where it begins there.
    pub offset: u64,
    /// Who wrote it.
    pub author: Author,
    /// Address of the customer.
    pub customer: String,
    /// His name, where the mail has one.
    pub customer_name: Option<String>,
    /// What stands in the conversation.
    pub content: String,
    /// Its Message-ID, or an id made from its content.
    pub external_id: String,
    /// The id of a second, different mail with that Message-ID.
    pub disambiguated_id: String,
    /// Equal for copies of a mail alone.
    pub content_hash: String,
    /// Equal for copies of a mail that servers encoded differently.
    pub essence: String,
    /// Whether it has a Message-ID.
    pub has_message_id: bool,
    /// Ids it refers to, the most telling first.
    pub thread_keys: Vec<String>,
    /// Number in the subject; it counts only for a customer of that conversation.
    pub number: Option<i64>,
    /// Subject without marks.
    pub subject: Option<String>,
    /// Everything else about it, under `mail`.
    pub metadata: Value,
    /// When it was sent.
    pub date: Timestamp,
    /// Whether nobody has to answer it.
    pub quiet: bool,
    /// What kind of program wrote it.
    pub automatic: Option<&'static str>,
    /// For a delivery report: ids of the mail it is about, and what happened.
    pub bounce: Option<PreparedBounce>,
    /// Its files, as `ingest_message` takes them.
    pub attachments: Vec<Value>,
    /// Their size together.
    pub attachment_bytes: u64,
}

/// A delivery report.
#[derive(Debug, Clone)]
pub struct PreparedBounce {
    /// Message-IDs of the mail it is about.
    pub original_ids: Vec<String>,
    /// The mail did not arrive; otherwise it is only late.
    pub lasting: bool,
    /// The report.
    pub details: Value,
}

impl PreparedMail {
    /// Bytes it holds in memory, roughly.
    pub fn weight(&self) -> usize {
        self.content.len() * 3 + 4_096
    }
}

/// Lower-case addresses without what is none.
pub(crate) fn normalise_addresses(addresses: &[String]) -> Vec<String> {
    addresses
        .iter()
        .filter_map(|address| header::normalise_address(address))
        .collect()
}

/// Prepares a mail, storing its files. Without a store (a rehearsal) nothing is written.
pub fn prepare(
    mail: Mail,
    file: PathBuf,
    offset: u64,
    envelope_sender: Option<&str>,
    our_addresses: &[String],
    store: Option<&AttachmentStore>,
) -> Result<Result<PreparedMail, Reason>, StoreError> {
    if mail.from.is_empty()
        && mail.subject.is_empty()
        && mail.message_id.is_none()
        && mail.to.is_empty()
    {
        return Ok(Err(Reason::NotAMail));
    }
    let (author, customer) = match find_people(&mail, envelope_sender, our_addresses) {
        Ok(found) => found,
        Err(reason) => return Ok(Err(reason)),
    };
    let our_side = OurSide {
        addresses: our_addresses.to_vec(),
        message_id_hosts: Vec::new(),
    };
    let mut thread_keys = Vec::new();
    let mut number = None;
    for key in candidates(&mail, &our_side) {
        match key {
            ThreadKey::ReplyToken { token } => thread_keys.push(format!("token:{token}")),
            ThreadKey::MessageId { id } => thread_keys.push(id),
            ThreadKey::OwnMessageId { conversation } => {
                thread_keys.push(format!("conversation:{conversation}"))
            }
            ThreadKey::Number { number: found } => number = Some(found),
        }
    }
    let bounce = mail.bounce.as_ref().map(|bounce| PreparedBounce {
        original_ids: bounce.original_message_ids.clone(),
        lasting: bounce.severity() >= romashka_channels::email::bounce::Severity::Failed,
        details: json!(bounce),
    });
    if let Some(bounce) = &bounce {
        thread_keys.clone_from(&bounce.original_ids);
        number = None;
    }
    let quiet =
        bounce.is_some() || (author == Author::Customer && mail.automatic.is_quiet(our_addresses));
    let mut metadata = describe(&mail);
    metadata["imported"] = json!(true);
    let mut attachments = Vec::new();
    let mut attachment_bytes = 0;
    let mut html_file = None;
    if let Some(html) = &mail.html {
        if html.len() <= HTML_IN_METADATA {
            metadata["mail"]["html"] = json!(html);
        } else {
            html_file = Some(html.as_bytes());
        }
    }
    let html_entry = html_file.map(|bytes| ("message.html", "text/html", None, false, bytes));
    let files = mail.attachments.iter().map(|file| {
        (
            file.name.as_str(),
            file.content_type.as_str(),
            file.content_id.as_deref(),
            file.inline,
            file.data.as_slice(),
        )
    });
    for (name, content_type, content_id, inline, bytes) in files.chain(html_entry) {
        attachment_bytes += bytes.len() as u64;
        let Some(store) = store else {
            attachments.push(Value::Null);
            continue;
        };
        let stored = store.put(bytes)?;
        attachments.push(json!({
            "filename": name,
            "file_path": stored.path,
            "file_size": bytes.len(),
            "mime_type": content_type,
            "file_hash": stored.sha256,
            "content_id": content_id.filter(|_| inline),
            "storage_provider": "local",
        }));
    }
    let automatic = mail
        .automatic
        .kind
        .filter(|_| quiet)
        .map(romashka_channels::email::automatic::Kind::as_str);
    if let Some(kind) = automatic {
        metadata["automatic"] = json!(kind);
    }
    let essence = essence(&mail);
    metadata["mail"]["essence"] = json!(essence);
    Ok(Ok(PreparedMail {
        file,
        offset,
        customer_name: Some(customer.name).filter(|name| !name.is_empty()),
        customer: customer.address,
        author,
        content: content(&mail),
        external_id: mail.external_id(),
        disambiguated_id: mail.disambiguated_id(),
        content_hash: mail.content_hash.clone(),
        essence,
        has_message_id: mail.message_id.is_some(),
        thread_keys,
        number,
        subject: Some(mail.base_subject.text.clone()).filter(|subject| !subject.is_empty()),
        metadata,
        date: mail.date,
        quiet,
        automatic,
        bounce,
        attachments,
        attachment_bytes,
    }))
}

/// Who wrote, and which customer the mail is about.
fn find_people(
    mail: &Mail,
    envelope_sender: Option<&str>,
    our_addresses: &[String],
) -> Result<(Author, Mailbox), Reason> {
    let is_ours = |mailbox: &&Mailbox| is_our_address(&mailbox.address, our_addresses);
    if let Some(bounce) = &mail.bounce {
        let customer = bounce
            .recipients
            .first()
            .map(|recipient| recipient.address.clone());
        return customer
            .map(|address| {
                (
                    Author::Server,
                    Mailbox {
                        name: String::new(),
                        address,
                    },
                )
            })
            .or_else(|| {
                mail.author()
                    .cloned()
                    .map(|author| (Author::Server, author))
            })
            .ok_or(Reason::NoSender);
    }
    let envelope = envelope_sender.map(|address| Mailbox {
        name: String::new(),
        address: address.to_owned(),
    });
    let author = mail
        .author()
        .cloned()
        .or(envelope)
        .ok_or(Reason::NoSender)?;
    if !is_ours(&&author) {
        return Ok((Author::Customer, author));
    }
    // A group of ours that rewrites From names the real sender beside it.
    if let Some(original) = mail
        .original_sender
        .iter()
        .find(|original| !is_ours(original))
    {
        return Ok((Author::Customer, original.clone()));
    }
    let customer = mail
        .to
        .iter()
        .chain(&mail.cc)
        .chain(&mail.delivered_to)
        .find(|recipient| !is_ours(recipient));
    customer
        .map(|customer| (Author::Us(author.address), customer.clone()))
        .ok_or(Reason::NoCustomer)
}

/// `support+tag@example.com` is `support@example.com`.
fn is_our_address(address: &str, our_addresses: &[String]) -> bool {
    if our_addresses.iter().any(|known| known == address) {
        return true;
    }
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let Some((base, _)) = local.split_once('+') else {
        return false;
    };
    our_addresses.iter().any(|known| {
        known
            .strip_prefix(base)
            .is_some_and(|rest| rest.strip_prefix('@') == Some(domain))
    })
}

/// What stands in the conversation.
fn content(mail: &Mail) -> String {
    let visible = mail.visible_text();
    if !visible.is_empty() {
        return visible.to_owned();
    }
    let names: Vec<String> = mail
        .attachments
        .iter()
        .take(10)
        .map(|file| format!("[{}]", file.name))
        .collect();
    if names.is_empty() {
        mail.subject.clone()
    } else {
        names.join(" ")
    }
}

fn describe(mail: &Mail) -> Value {
    let people = |list: &[Mailbox]| -> Vec<Value> {
        list.iter()
            .take(RECIPIENTS_KEPT)
            .map(|person| json!({"name": person.name, "address": person.address}))
            .collect()
    };
    let mut described = json!({
        "message_id": mail.message_id,
        "content_hash": mail.content_hash,
        "subject": mail.subject,
        "from": people(&mail.from),
        "to": people(&mail.to),
        "date_source": mail.date_source,
        "sender": mail.sender,
        "size": mail.size,
    });
    let mut add = |name: &str, value: Value| {
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !empty {
            described[name] = value;
        }
    };
    add("cc", json!(people(&mail.cc)));
    add("reply_to", json!(people(&mail.reply_to)));
    add("in_reply_to", json!(mail.in_reply_to));
    add("references", json!(mail.references));
    add("quoted", json!(mail.parts.quoted));
    add("signature", json!(mail.parts.signature));
    add("notices", json!(mail.notices));
    add("invitation", json!(mail.invitation));
    add("original_sender", json!(mail.original_sender));
    add("automatic_signs", json!(mail.automatic.signs));
    add(
        "suppress_replies",
        if mail.automatic.suppress_replies {
            json!(true)
        } else {
            Value::Null
        },
    );
    add("bounce", json!(mail.bounce));
    json!({ "mail": described })
}

/// Hash of what a reader sees, so that a copy which a server encoded anew is still known as the same mail.
fn essence(mail: &Mail) -> String {
    let mut hash = Sha256::new();
    hash.update(mail.author().map_or("", |author| &author.address));
    hash.update(format!("|{}|", mail.date.as_second()));
    hash.update(&mail.subject);
    hash.update("|");
    let mut taken = 0;
    for word in mail.text.split_whitespace() {
        hash.update(word);
        taken += word.len();
        if taken > 2_000 {
            break;
        }
    }
    hex::encode(hash.finalize())
}
