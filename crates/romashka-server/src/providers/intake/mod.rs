//! Works on what came in: reads the raw bytes, and takes every item into conversations and deliveries.
//!
//! Invariants: all items of an event and the report on it are one transaction, so that a worker that is lost leaves nothing
//! half done; an item that fails does not touch its siblings (a savepoint each); an item that is not understood sends the
//! event into quarantine after its siblings were handled, and replaying handles them no second time.

mod email;
mod integration;
mod sms;
mod whatsapp;

use std::time::Duration;

use jiff::Timestamp;
use romashka_db::scope::{Actor, Claims, OwnedScope};
use serde_json::Value;
use tokio::sync::Notify;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::account::Stored;
use crate::problem::{Answer, Problem};
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::workers::{Queue, failed};

/// How long a report on a message that nobody knows is kept coming again. Afterwards it is about a message that was not
/// sent from here.
const UNKNOWN_MESSAGES: Duration = Duration::from_secs(120);

/// An event that was claimed.
#[derive(Debug)]
pub struct Event {
    id: Uuid,
    workspace: Uuid,
    lease: Uuid,
    source: String,
    event_type: String,
    headers: Value,
    raw_body: Option<Vec<u8>>,
    size: i32,
    payload: Value,
    created_at: Timestamp,
    channel: Option<Uuid>,
    configuration: Option<Value>,
    credentials: Option<Value>,
}

impl FromRow for Event {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Event {
            id: row.try_get("id")?,
            workspace: row.try_get("workspace_id")?,
            lease: row.try_get("lease_id")?,
            source: row.try_get("source")?,
            event_type: row.try_get("event_type")?,
            headers: row.try_get("headers")?,
            raw_body: row.try_get("raw_body")?,
            size: row.try_get("size")?,
            payload: row.try_get("payload")?,
            created_at: row.try_get("created_at")?,
            channel: row.try_get("channel_id")?,
            configuration: row.try_get("configuration")?,
            credentials: row.try_get("api_credentials")?,
        })
    }
}

impl Event {
    /// The bytes as they came; of an event that another writer stored, its value.
    fn body(&self) -> Vec<u8> {
        match &self.raw_body {
            Some(bytes) => bytes.clone(),
            None => self.payload.to_string().into_bytes(),
        }
    }

    fn stored(&self) -> Option<Stored<'_>> {
        Some(Stored {
            workspace: self.workspace,
            channel: self.channel?,
            configuration: self.configuration.as_ref()?,
            credentials: self.credentials.as_ref(),
            webhook_secret: None,
        })
    }

    fn may_be_early(&self) -> bool {
        let age = Timestamp::now().duration_since(self.created_at);
        age.unsigned_abs() < UNKNOWN_MESSAGES
    }
}

/// What became of an item.
enum Handled {
    /// It is done.
    Done,
    /// It has to come again: what it is about is not there yet.
    Early,
    /// It is not understood.
    NotUnderstood(String),
}

/// What became of an event's items.
#[derive(Default)]
struct Tally {
    found: i32,
    handled: i32,
    /// Whose failure may pass.
    again: Option<String>,
    not_understood: Vec<String>,
}

impl Tally {
    /// Counts an item. `place` says where it stands in the event.
    fn count(&mut self, place: &str, result: Answer<Handled>) {
        self.found += 1;
        match result {
            Ok(Handled::Done) => self.handled += 1,
            Ok(Handled::Early) => {
                self.again = Some(format!("{place}: the message it is about is not known yet"));
            }
            Ok(Handled::NotUnderstood(reason)) => {
                self.not_understood.push(format!("{place}: {reason}"));
            }
            Err(problem) => {
                failed("intake", "an item was not taken in", &problem);
                self.again = Some(format!("{place}: {}", problem.code().name()));
            }
        }
    }
}

/// One message on its way into a conversation.
struct Incoming<'a> {
    channel_type: &'static str,
    channel: Option<Uuid>,
    workspace: Uuid,
    external_customer_id: &'a str,
    content: &'a str,
    external_message_id: &'a str,
    customer_name: Option<&'a str>,
    customer_phone: Option<&'a str>,
    message_type: &'a str,
    metadata: &'a Value,
    occurred_at: Option<Timestamp>,
    is_quiet: bool,
    sender_type: &'static str,
}

struct Ingested {
    is_duplicate: bool,
    message: Uuid,
    customer: Uuid,
}

impl FromRow for Ingested {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Ingested {
            is_duplicate: row.try_get("is_duplicate")?,
            message: row.try_get("message_id")?,
            customer: row.try_get("customer_id")?,
        })
    }
}

impl Incoming<'_> {
    async fn take_in(&self, scope: &OwnedScope) -> Answer<Ingested> {
        let metadata = Json(self.metadata);
        Statement::new(include_str!("ingest.sql"))
            .bind("channel_type", &self.channel_type)
            .bind("external_customer_id", &self.external_customer_id)
            .bind("content", &self.content)
            .bind("external_message_id", &self.external_message_id)
            .bind("channel", &self.channel)
            .bind("customer_name", &self.customer_name)
            .bind("customer_phone", &self.customer_phone)
            .bind("message_type", &self.message_type)
            .bind("metadata", &metadata)
            .bind("occurred_at", &self.occurred_at)
            .bind("is_quiet", &self.is_quiet)
            .bind("sender_type", &self.sender_type)
            .bind("workspace", &self.workspace)
            .one(scope)
            .await
    }
}

/// Says which files of a message are to be fetched, when it is a new one.
async fn queue_files(
    scope: &OwnedScope,
    event: &Event,
    channel: Option<Uuid>,
    ingested: &Ingested,
    files: &Value,
) -> Answer<()> {
    let is_empty = files.as_array().is_none_or(Vec::is_empty);
    if is_empty || ingested.is_duplicate || channel.is_none() {
        return Ok(());
    }
    Statement::new(include_str!("queue_media.sql"))
        .bind("channel", &channel)
        .bind("message", &ingested.message)
        .bind("files", &Json(files))
        .bind("workspace", &event.workspace)
        .execute(scope)
        .await?;
    Ok(())
}

/// The message that a provider knows by an id.
async fn message_of(
    scope: &OwnedScope,
    event: &Event,
    channel_type: &'static str,
    channel: Option<Uuid>,
    external_id: &str,
) -> Answer<Option<Uuid>> {
    Statement::new(include_str!("message_of.sql"))
        .bind("workspace", &event.workspace)
        .bind("channel_type", &channel_type)
        .bind("channel", &channel)
        .bind("external_id", &external_id)
        .value(scope)
        .await
}

/// What a provider says of a message of ours.
struct Report<'a> {
    channel_type: &'static str,
    workspace: Uuid,
    /// Our own id of it and the part, where the report brings them back.
    own: Option<(Uuid, i32)>,
    external_id: &'a str,
    status: &'static str,
    at: Option<Timestamp>,
    error: Option<Value>,
}

impl Report<'_> {
    async fn record(&self, scope: &OwnedScope, event: &Event) -> Answer<Handled> {
        let error = self.error.as_ref().map(Json);
        let is_known = match &self.own {
            Some((delivery, part)) => {
                let outcome: String = Statement::new(include_str!("report.sql"))
                    .bind("delivery", delivery)
                    .bind("part", part)
                    .bind("channel_type", &self.channel_type)
                    .bind("external_id", &self.external_id)
                    .bind("status", &self.status)
                    .bind("at", &self.at)
                    .bind("error", &error)
                    .bind("workspace", &self.workspace)
                    .value(scope)
                    .await?;
                outcome != "early"
            }
            None => {
                Statement::new(include_str!("report_by_id.sql"))
                    .bind("channel_type", &self.channel_type)
                    .bind("external_id", &self.external_id)
                    .bind("status", &self.status)
                    .bind("at", &self.at)
                    .bind("error", &error)
                    .bind("workspace", &self.workspace)
                    .value(scope)
                    .await?
            }
        };
        Ok(if !is_known && event.may_be_early() {
            Handled::Early
        } else {
            Handled::Done
        })
    }
}

/// The queue of what came in.
pub struct Intake {
    server: Server,
}

impl Intake {
    /// The queue of this server.
    pub fn new(server: Server) -> Intake {
        Intake { server }
    }

    async fn begin(&self, workspace: Uuid) -> Answer<OwnedScope> {
        let claims = Claims::service(workspace, Actor::System);
        Ok(self
            .server
            .database
            .begin(&claims, &self.server.surroundings())
            .await?)
    }

    async fn take_in(&self, event: &mut Event) -> Answer<()> {
        let _turn = email::turn(event).await?;
        let scope = self.begin(event.workspace).await?;
        let tally = match event.source.as_str() {
            "whatsapp" => whatsapp::take_in(&scope, event, &self.server).await?,
            "email" => email::take_in(&scope, event, &self.server).await?,
            "integration" => integration::take_in(&scope, event).await?,
            _ => sms::take_in(&scope, event, &self.server.keys).await?,
        };
        if !tally.not_understood.is_empty() && tally.again.is_none() {
            let message = tally.not_understood.join("\n");
            let _: bool = Statement::new(include_str!("quarantine.sql"))
                .bind("id", &event.id)
                .bind("lease", &event.lease)
                .bind("message", &message)
                .value(&scope)
                .await?;
            metrics::counter!("intake_quarantined_total").increment(1);
        } else {
            let _: Option<String> = Statement::new(include_str!("process.sql"))
                .bind("id", &event.id)
                .bind("lease", &event.lease)
                .bind("found", &tally.found)
                .bind("handled", &tally.handled)
                .bind("message", &tally.again)
                .value(&scope)
                .await?;
        }
        scope.commit().await?;
        metrics::counter!("intake_items_total").increment(tally.handled.unsigned_abs().into());
        self.server.bells.media.notify_one();
        self.server.bells.assistant.notify_one();
        self.server.bells.ledger.notify_one();
        Ok(())
    }
}

impl Queue for Intake {
    type Item = Event;
    const NAME: &'static str = "intake";
    const SLOTS: usize = 8;

    async fn claim(&self, most: usize) -> Answer<Vec<Event>> {
        let scope = self.server.service().await?;
        let worker = worker_name("intake");
        let events = Statement::new(include_str!("claim.sql"))
            .bind("most", &(most as i32))
            .bind("worker", &worker)
            .all(&scope)
            .await?;
        scope.commit().await?;
        Ok(events)
    }

    async fn work(&self, mut event: Event) -> Answer<()> {
        let Err(problem) = self.take_in(&mut event).await else {
            return Ok(());
        };
        let scope = self.begin(event.workspace).await?;
        let message = problem.code().name();
        let _: Option<String> = Statement::new(include_str!("fail.sql"))
            .bind("id", &event.id)
            .bind("lease", &event.lease)
            .bind("message", &message)
            .value(&scope)
            .await?;
        scope.commit().await?;
        Err::<(), Problem>(problem)
    }

    fn bell(&self) -> &Notify {
        &self.server.bells.intake
    }
}

/// What a worker calls itself: for people who look at a queue.
pub fn worker_name(queue: &str) -> String {
    format!("{queue} of process {}", std::process::id())
}
