//! A mail that came in, whichever way.
//!
//! Invariants: the files of a mail are durable before its row; a mail that is stored already, or that we sent ourselves,
//! changes nothing; a delivery report marks the delivery it is about and is never something a customer said.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use romashka_channels::email::bounce::{Bounce, Severity};
use romashka_channels::email::threading::own_conversation;
use romashka_channels::email::{Mail, ParseOptions};
use romashka_db::import::AttachmentStore;
use romashka_db::import::mail::{Author, PreparedMail, prepare};
use romashka_db::scope::OwnedScope;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::{Event, Handled, Tally};
use crate::attachments::storage::{IN_BUCKET, Storage};
use crate::mail::account::MailAccount;
use crate::problem::{Answer, Problem};
use crate::savepoint::apart;
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// Mails above this size are taken in one at a time.
const LARGE: i32 = 2 * 1024 * 1024;
static LARGE_ONES: Semaphore = Semaphore::const_new(1);

/// Waits until it is an event's turn. Before a connection is taken, which others need.
pub(super) async fn turn(event: &Event) -> Answer<Option<SemaphorePermit<'static>>> {
    if event.source != "email" || event.size <= LARGE {
        return Ok(None);
    }
    Ok(Some(LARGE_ONES.acquire().await.map_err(Problem::internal)?))
}

pub(super) async fn take_in(
    scope: &OwnedScope,
    event: &mut Event,
    server: &Server,
) -> Answer<Tally> {
    let mut tally = Tally::default();
    let raw: Option<Vec<u8>> = match event.raw_body.take() {
        Some(raw) => Some(raw),
        None => {
            Statement::new(include_str!("raw_body.sql"))
                .bind("id", &event.id)
                .bind("workspace", &event.workspace)
                .bind("created_at", &event.created_at)
                .value(scope)
                .await?
        }
    };
    let (Some(raw), Some(stored)) = (raw, event.stored()) else {
        let reason = "of no channel, or without its bytes";
        tally.count("mail", Ok(Handled::NotUnderstood(reason.to_owned())));
        return Ok(tally);
    };
    let account = Arc::new(MailAccount::open(stored, &server.keys).map_err(Problem::internal)?);
    let folder = server
        .settings
        .file_folder
        .clone()
        .ok_or_else(|| Problem::new(crate::problem::Code::Unavailable))?;
    let storage = Storage::of(server)?;
    // Files for the bucket pass through a folder of their own.
    let staging = storage.is_away().then(|| {
        folder
            .join("incoming")
            .join(Uuid::new_v4().simple().to_string())
    });
    let folder = staging.clone().unwrap_or(folder);
    let envelope = Envelope::of(&event.headers);
    // Parsing takes a while, and files are synchronised.
    let (mine, received) = (account.clone(), event.created_at);
    let read = tokio::task::spawn_blocking(move || read(raw, &envelope, &mine, folder, received))
        .await
        .map_err(Problem::internal)?;
    let mut read = read;
    if let Some(staging) = staging {
        let moved = match &mut read {
            Ok(Read::Mail(mail, _)) => put_away(&storage, &staging, &mut mail.attachments).await,
            _ => Ok(()),
        };
        // Empty where the mail had no files.
        tokio::fs::remove_dir_all(&staging).await.ok();
        moved?;
    }
    let handled = match read? {
        Read::Ours => Ok(Handled::Done),
        Read::NotUnderstood(reason) => Ok(Handled::NotUnderstood(reason)),
        Read::Mail(mail, bounce) => {
            apart(scope, ingest(scope, event, &account, *mail, bounce)).await
        }
    };
    tally.count("mail", handled);
    Ok(tally)
}

/// Moves the files of a mail into the bucket, and says so of them.
async fn put_away(storage: &Storage, staging: &Path, attachments: &mut [Value]) -> Answer<()> {
    for file in attachments {
        let text = |name: &str| file.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(path) = text("file_path") else {
            continue;
        };
        let media_type = text("mime_type");
        let media_type = media_type.as_deref().unwrap_or("application/octet-stream");
        storage.put_away(staging, &path, media_type).await?;
        file["storage_provider"] = json!(IN_BUCKET);
    }
    Ok(())
}

/// What is known of a mail beside its bytes.
struct Envelope {
    sender: Option<String>,
    received_at: Option<Timestamp>,
    whole_size: Option<i64>,
}

impl Envelope {
    fn of(headers: &Value) -> Envelope {
        let text = |name: &str| headers.get(name).and_then(Value::as_str);
        Envelope {
            sender: text("envelope_from")
                .filter(|sender| !sender.is_empty())
                .map(str::to_owned),
            received_at: text("received_at").and_then(|text| text.parse().ok()),
            whole_size: headers.get("whole_size").and_then(Value::as_i64),
        }
    }
}

enum Read {
    /// We sent it.
    Ours,
    NotUnderstood(String),
    Mail(Box<PreparedMail>, Option<Bounce>),
}

fn read(
    raw: Vec<u8>,
    envelope: &Envelope,
    account: &MailAccount,
    folder: PathBuf,
    received: Timestamp,
) -> Answer<Read> {
    let options = ParseOptions {
        now: received,
        envelope_date: envelope.received_at,
        our_servers: account.trusted_servers.clone(),
    };
    let mut mail = Mail::parse(&raw, &options);
    drop(raw);
    let hosts = account.our_side().message_id_hosts;
    let is_ours = mail
        .message_id
        .as_deref()
        .is_some_and(|id| own_conversation(id, &hosts).is_some());
    if is_ours {
        return Ok(Read::Ours);
    }
    // A form of our own site sends in our name, and says to whom the answer goes.
    let by_us = |address: &str| account.addresses.iter().any(|own| own == address);
    if mail.author().is_some_and(|author| by_us(&author.address))
        && let Some(asking) = mail.reply_to.iter().find(|asking| !by_us(&asking.address))
    {
        mail.from = vec![asking.clone()];
    }
    let bounce = mail.bounce.clone();
    let store = AttachmentStore::new(folder);
    let prepared = prepare(
        mail,
        PathBuf::new(),
        0,
        envelope.sender.as_deref(),
        &account.addresses,
        Some(&store),
    )
    .map_err(Problem::internal)?;
    let mut prepared = match prepared {
        Ok(prepared) => prepared,
        Err(reason) => return Ok(Read::NotUnderstood(reason.word().to_owned())),
    };
    if let Author::Us(_) = prepared.author {
        return Ok(Read::NotUnderstood(
            "sent from the channel's own address".to_owned(),
        ));
    }
    if let Some(metadata) = prepared.metadata.as_object_mut() {
        metadata.remove("imported");
    }
    if let Some(size) = envelope.whole_size {
        prepared.metadata["mail"]["cut_from"] = json!(size);
    }
    Ok(Read::Mail(Box::new(prepared), bounce))
}

struct Known {
    id: String,
    content_hash: Option<String>,
    essence: Option<String>,
}

impl FromRow for Known {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Known {
            id: row.try_get("external_message_id")?,
            content_hash: row.try_get("content_hash")?,
            essence: row.try_get("essence")?,
        })
    }
}

async fn ingest(
    scope: &OwnedScope,
    event: &Event,
    account: &MailAccount,
    mut mail: PreparedMail,
    bounce: Option<Bounce>,
) -> Answer<Handled> {
    let channel = event.channel;
    let ids = vec![mail.external_id.clone(), mail.disambiguated_id.clone()];
    let known: Vec<Known> = Statement::new(include_str!("known_mails.sql"))
        .bind("workspace", &event.workspace)
        .bind("channel", &channel)
        .bind("ids", &ids)
        .all(scope)
        .await?;
    let is_this = |known: &Known| {
        known.content_hash.is_none()
            || known.content_hash.as_deref() == Some(&mail.content_hash)
            || known.essence.as_deref() == Some(&mail.essence)
    };
    let mut id = mail.external_id.clone();
    if let Some(first) = known.iter().find(|known| known.id == mail.external_id) {
        if is_this(first) || known.iter().any(|known| known.id == mail.disambiguated_id) {
            return Ok(Handled::Done);
        }
        id.clone_from(&mail.disambiguated_id);
    }
    if let Some(bounce) = &bounce {
        match report(scope, event, account, bounce).await? {
            Reported::Early => return Ok(Handled::Early),
            // A report about somebody else's mail, or one that was made up.
            Reported::Unknown => {
                metrics::counter!("mail_reports_unknown_total").increment(1);
                return Ok(Handled::Done);
            }
            Reported::Done(found) => {
                mail.thread_keys = vec![found.thread_key];
                if let Some(customer) = found.customer {
                    mail.customer = customer;
                }
            }
        }
    }
    if let Some(number) = mail.number {
        let key: Option<Key> = Statement::new(include_str!("key_of_number.sql"))
            .bind("workspace", &event.workspace)
            .bind("channel", &channel)
            .bind("number", &number)
            .bind("customer", &mail.customer)
            .optional(scope)
            .await?;
        mail.thread_keys.extend(key.map(|Key(key)| key));
    }
    let attachments = Json(Value::Array(mail.attachments));
    let metadata = Json(&mail.metadata);
    let is_verified = mail.metadata["mail"]["sender"]["trust"] == "verified";
    let _: Stored = Statement::new(include_str!("ingest_mail.sql"))
        .bind("customer", &mail.customer)
        .bind("content", &mail.content)
        .bind("external_message_id", &id)
        .bind("channel", &channel)
        .bind("customer_name", &mail.customer_name)
        .bind("thread_keys", &mail.thread_keys)
        .bind("subject", &mail.subject)
        .bind("metadata", &metadata)
        .bind("occurred_at", &mail.date)
        .bind("is_quiet", &mail.quiet)
        .bind("is_verified", &is_verified)
        .bind("attachments", &attachments)
        .bind("workspace", &event.workspace)
        .one(scope)
        .await?;
    Ok(Handled::Done)
}

struct Stored;

impl FromRow for Stored {
    fn from_row(_: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Stored)
    }
}

struct Key(String);

impl FromRow for Key {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Key(row.try_get(0)?))
    }
}

/// The mail that a report is about.
struct Original {
    delivery: Uuid,
    external_id: Option<String>,
    thread_key: String,
    customer: Option<String>,
}

impl FromRow for Original {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Original {
            delivery: row.try_get("delivery")?,
            external_id: row.try_get("external_message_id")?,
            thread_key: row.try_get("thread_key")?,
            customer: row.try_get("customer")?,
        })
    }
}

enum Reported {
    Done(Original),
    /// Our own commit is still to come.
    Early,
    Unknown,
}

/// Marks the delivery that a report is about.
async fn report(
    scope: &OwnedScope,
    event: &Event,
    account: &MailAccount,
    bounce: &Bounce,
) -> Answer<Reported> {
    let hosts = account.our_side().message_id_hosts;
    let is_own = |id: &&String| own_conversation(id, &hosts).is_some();
    let Some(id) = bounce.original_message_ids.iter().find(is_own) else {
        return Ok(Reported::Unknown);
    };
    let original: Option<Original> = Statement::new(include_str!("original_mail.sql"))
        .bind("workspace", &event.workspace)
        .bind("channel", &event.channel)
        .bind("id", id)
        .optional(scope)
        .await?;
    let Some(original) = original else {
        return Ok(Reported::Unknown);
    };
    let (status, class, words) = match bounce.severity() {
        Severity::InvalidAddress => ("failed", "recipient", "The address does not exist."),
        Severity::Failed => ("failed", "permanent", "The mail was not delivered."),
        Severity::None => ("delivered", "", ""),
        // The server still tries: the note in the conversation says so.
        Severity::Delayed => return Ok(Reported::Done(original)),
    };
    let worst = bounce
        .recipients
        .iter()
        .max_by_key(|recipient| recipient.severity);
    let error = (status == "failed").then(|| {
        json!({
            "code": worst.and_then(|recipient| recipient.status.clone()),
            "class": class,
            "message": words,
            "details": worst.and_then(|recipient| recipient.diagnostic.clone()),
        })
    });
    let report = super::Report {
        channel_type: "email",
        workspace: event.workspace,
        own: Some((original.delivery, 0)),
        external_id: original.external_id.as_deref().unwrap_or(id),
        status,
        at: None,
        error,
    };
    match report.record(scope, event).await? {
        Handled::Early => Ok(Reported::Early),
        _ => Ok(Reported::Done(original)),
    }
}
