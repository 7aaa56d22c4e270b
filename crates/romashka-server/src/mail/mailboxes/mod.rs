//! Mailboxes that are read by IMAP, one task each, in whichever process holds the lease.
//!
//! Invariants: one process at a time has a mailbox open, by a lease in the database; the mail and the place up to which the
//! mailbox is stored are one transaction, under that lease, so that nothing is skipped and nobody else's place is moved; a
//! mailbox is opened for reading only, and no mark in it is changed; a failure is noted and tried again later, and the other
//! mailboxes go on. What the server says is not logged: it may quote a mail.

mod connection;
mod reading;

use std::time::Duration;

use romashka_db::scope::{Actor, Claims, OwnedScope};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::channels::alerts::{Alert, end};
use crate::problem::Answer;
use crate::providers::intake::worker_name;
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::workers::failed;

pub use connection::{MailboxError, check};

/// Most mailboxes of a process.
const MOST: usize = 500;
/// How often a process looks for mailboxes that nobody reads.
const LOOK: Duration = Duration::from_secs(2);
/// How long a process keeps a mailbox without saying so again.
const LEASE: Duration = Duration::from_secs(120);
/// How often it says so.
const KEEP: Duration = Duration::from_secs(30);

/// The alert that a mailbox is not read.
const MAILBOX: (&str, &str) = ("mailbox", "imap");

/// A mailbox that was claimed.
#[derive(Clone, Debug)]
struct Claimed {
    workspace: Uuid,
    channel: Uuid,
    configuration: Value,
    credentials: Option<Value>,
    uid_validity: Option<i64>,
    last_uid: i64,
    lease: Uuid,
    since: jiff::Timestamp,
    /// When everything in it was stored the last time.
    read_at: Option<jiff::Timestamp>,
}

impl FromRow for Claimed {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Claimed {
            workspace: row.try_get("workspace_id")?,
            channel: row.try_get("channel_id")?,
            configuration: row.try_get("configuration")?,
            credentials: row.try_get("api_credentials")?,
            uid_validity: row.try_get("uid_validity")?,
            last_uid: row.try_get("last_uid")?,
            lease: row.try_get("lease_id")?,
            since: row.try_get("created_at")?,
            read_at: row.try_get("read_at")?,
        })
    }
}

impl Claimed {
    /// Prolongs the lease; false when the mailbox has to be let go.
    async fn keep(&self, server: &Server, is_read: bool) -> Answer<bool> {
        let settings = tokio_postgres::types::Json(json!([self.configuration, self.credentials]));
        let scope = server.service().await?;
        let is_ours: bool = Statement::new(include_str!("keep.sql"))
            .bind("channel", &self.channel)
            .bind("lease", &self.lease)
            .bind("settings", &settings)
            .bind("length", &LEASE.as_secs_f64())
            .bind("is_read", &is_read)
            .value(&scope)
            .await?;
        scope.commit().await?;
        Ok(is_ours)
    }

    /// Tells the admins that the mailbox is not read, once until it is.
    async fn alert(&self, server: &Server, error: &MailboxError) -> Answer<()> {
        let alert = Alert {
            kind: MAILBOX.0,
            subject: MAILBOX.1.to_owned(),
            severity: "critical",
            message: format!(
                "No mail is fetched: {error}. Mails are kept in the mailbox, and fetched when the channel is mended."
            ),
            details: json!({}),
        };
        let scope = self.begin(server).await?;
        let place = (self.workspace, self.channel);
        alert
            .raise(server, &scope, place, jiff::Timestamp::now())
            .await?;
        Ok(scope.commit().await?)
    }

    /// Says that it is read again.
    async fn mended(&self, server: &Server) -> Answer<()> {
        let scope = self.begin(server).await?;
        let place = (self.workspace, self.channel);
        end(&scope, place, MAILBOX, jiff::Timestamp::now()).await?;
        Ok(scope.commit().await?)
    }

    async fn begin(&self, server: &Server) -> Answer<OwnedScope> {
        let claims = Claims::service(self.workspace, Actor::System);
        let surroundings = server.surroundings();
        Ok(server.database.begin(&claims, &surroundings).await?)
    }

    async fn release(&self, server: &Server, message: Option<&str>) -> Answer<()> {
        let scope = server.service().await?;
        Statement::new(include_str!("release.sql"))
            .bind("channel", &self.channel)
            .bind("lease", &self.lease)
            .bind("message", &message)
            .execute(&scope)
            .await?;
        scope.commit().await?;
        Ok(())
    }
}

/// Runs until the server stops.
pub async fn run(server: Server, mut stopped: watch::Receiver<bool>) {
    let mut at_work = JoinSet::new();
    while !*stopped.borrow() {
        while at_work.try_join_next().is_some() {}
        if at_work.len() < MOST {
            match claim(&server).await {
                Ok(claimed) => {
                    for mailbox in claimed {
                        at_work.spawn(read(server.clone(), mailbox, stopped.clone()));
                    }
                }
                Err(problem) => failed("mailboxes", "the mailboxes cannot be claimed", &problem),
            }
        }
        metrics::gauge!("mailboxes_open").set(at_work.len() as f64);
        let look = LOOK.mul_f64(rand::random_range(0.8..1.2));
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => {}
            () = tokio::time::sleep(look) => {}
        }
    }
    while at_work.join_next().await.is_some() {}
}

async fn claim(server: &Server) -> Answer<Vec<Claimed>> {
    let scope = server.service().await?;
    let claimed = Statement::new(include_str!("claim.sql"))
        .bind("worker", &worker_name("mailboxes"))
        .bind("lease", &LEASE.as_secs_f64())
        .all(&scope)
        .await?;
    scope.commit().await?;
    Ok(claimed)
}

/// Reads a mailbox until it is lost, and gives it back.
async fn read(server: Server, claimed: Claimed, stopped: watch::Receiver<bool>) {
    let result = reading::follow(&server, claimed.clone(), stopped).await;
    let message = match &result {
        Ok(()) => None,
        Err(error) => {
            metrics::counter!("mailbox_failures_total").increment(1);
            tracing::warn!(channel = %claimed.channel, %error, "a mailbox cannot be read");
            Some(error.to_string())
        }
    };
    if let Err(problem) = claimed.release(&server, message.as_deref()).await {
        failed("mailboxes", "a mailbox could not be given back", &problem);
    }
    if let Err(error) = &result
        && error.needs_an_admin()
        && let Err(problem) = claimed.alert(&server, error).await
    {
        failed(
            "mailboxes",
            "the admins of a mailbox could not be told",
            &problem,
        );
    }
}
