//! The installation's own mails, sent from their queue.
//!
//! Invariants: a mail has one Message-ID for ever, made from its row, so that one that is sent again after a worker was lost
//! between the server's answer and the commit is the same mail to its receiver; what it says is opened for the length of an
//! attempt and is in no log.

use jiff::Timestamp;
use romashka_channels::email::header::Mailbox;
use romashka_channels::email::outgoing::{OutgoingFile, OutgoingMail, Purpose};
use romashka_channels::email::smtp_reply::Fate;
use tokio::sync::Notify;
use tokio_postgres::Row;
use uuid::Uuid;

use super::settings::{PlaceError, SystemMail};
use super::smtp::{self, Login, Secret, SendError};
use crate::accounts::Mail;
use crate::problem::{Answer, Problem};
use crate::providers::intake::worker_name;
use crate::scheduled_reports::ReportFormat;
use crate::scheduled_reports::runs::{FILE, ReportFile};
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::workers::Queue;

mod words;

/// A mail that was claimed.
#[derive(Debug)]
pub struct Claimed {
    id: Uuid,
    lease: Uuid,
    recipient: String,
    language: String,
    content: String,
    created_at: Timestamp,
}

impl FromRow for Claimed {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Claimed {
            id: row.try_get("id")?,
            lease: row.try_get("lease_id")?,
            recipient: row.try_get("recipient")?,
            language: row.try_get("language")?,
            content: row.try_get("content")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

/// The queue of the installation's mails. Without a mail server they wait.
pub struct SystemMails {
    server: Server,
    settings: SystemMail,
}

impl SystemMails {
    /// The queue of this server; none without a mail server.
    pub fn new(server: Server) -> Option<SystemMails> {
        let settings = server.settings.system_mail.clone()?;
        Some(SystemMails { server, settings })
    }

    /// What goes with a mail.
    async fn files(&self, mail: &Mail) -> Result<Vec<OutgoingFile>, (String, bool)> {
        let Mail::Report {
            workspace_id, run, ..
        } = mail
        else {
            return Ok(Vec::new());
        };
        let nothing: Option<Uuid> = None;
        let read = async || -> Answer<Option<ReportFile>> {
            let scope = self.server.service().await?;
            let found = Statement::new(FILE)
                .bind("run", run)
                .bind("workspace", workspace_id)
                .filter("report", &nothing)
                .optional(&scope)
                .await?;
            scope.commit().await?;
            Ok(found)
        };
        match read().await {
            Ok(Some(file)) => Ok(vec![OutgoingFile {
                content_type: ReportFormat::media_type(&file.filename).to_owned(),
                name: file.filename,
                content_id: None,
                data: file.content,
            }]),
            Ok(None) => Err(("the report was removed meanwhile".to_owned(), true)),
            Err(problem) => Err((problem.code().name().to_owned(), false)),
        }
    }

    /// Sends one; an error says whether another attempt may help.
    async fn send(&self, claimed: &Claimed) -> Result<(), (String, bool)> {
        let mail = Mail::open(&self.server.keys, claimed.id, &claimed.content)
            .map_err(|error| (error.to_string(), true))?;
        let (subject, text) = words::of(&mail, &claimed.language);
        let files = self.files(&mail).await?;
        let from = &self.settings.from;
        let rendered = OutgoingMail {
            conversation: claimed.id,
            message: claimed.id,
            message_id_host: from.domain().to_owned(),
            date: claimed.created_at,
            from: from.clone(),
            reply_to: None,
            to: vec![Mailbox {
                name: String::new(),
                address: claimed.recipient.clone(),
            }],
            cc: Vec::new(),
            bcc: Vec::new(),
            subject,
            in_reply_to: None,
            references: Vec::new(),
            text,
            html: None,
            signature: None,
            files,
            purpose: Purpose::AutomaticNotice,
        }
        .render()
        .map_err(|error| (error.to_string(), true))?;
        let login = self.settings.login.as_ref().map(|(user, password)| Login {
            user: user.clone(),
            secret: Secret::Password(password.clone()),
        });
        let rules = &self.server.settings.mail;
        smtp::send_own(&self.settings.server, rules, login.as_ref(), &rendered)
            .await
            .map_err(|error| {
                let is_permanent = match &error {
                    SendError::Refused(explanation) => {
                        matches!(explanation.fate, Fate::Failed | Fate::BadAddress)
                    }
                    SendError::Address => true,
                    // The operator changes his settings, and the mails are still there.
                    SendError::Place(PlaceError::Network | PlaceError::Plain) => false,
                    _ => false,
                };
                let words = match &error {
                    SendError::Refused(explanation) => {
                        format!("{} {}", explanation.code, explanation.words)
                    }
                    other => other.to_string(),
                };
                (words, is_permanent)
            })
    }
}

impl Queue for SystemMails {
    type Item = Claimed;
    const NAME: &'static str = "system_mails";
    const SLOTS: usize = 4;

    async fn claim(&self, most: usize) -> Answer<Vec<Claimed>> {
        let scope = self.server.service().await?;
        let worker = worker_name("mails");
        let claimed = Statement::new(include_str!("claim_mails.sql"))
            .bind("most", &(most as i32))
            .bind("worker", &worker)
            .bind("lease", &smtp::LONGEST.as_secs_f64())
            .all(&scope)
            .await?;
        scope.commit().await?;
        Ok(claimed)
    }

    async fn work(&self, claimed: Claimed) -> Answer<()> {
        let result = self.send(&claimed).await;
        let outcome = if result.is_ok() { "sent" } else { "failed" };
        metrics::counter!("system_mails_total", "outcome" => outcome).increment(1);
        let scope = self.server.service().await?;
        match result {
            Ok(()) => {
                let _: bool = Statement::new(include_str!("complete_mail.sql"))
                    .bind("mail", &claimed.id)
                    .bind("lease", &claimed.lease)
                    .value(&scope)
                    .await?;
            }
            Err((message, permanent)) => {
                tracing::warn!(mail = %claimed.id, permanent, "a mail of the installation was not sent");
                let _: Option<String> = Statement::new(include_str!("fail_mail.sql"))
                    .bind("mail", &claimed.id)
                    .bind("lease", &claimed.lease)
                    .bind("message", &message)
                    .bind("permanent", &permanent)
                    .value(&scope)
                    .await?;
            }
        }
        scope.commit().await?;
        Ok::<(), Problem>(())
    }

    fn bell(&self) -> &Notify {
        &self.server.bells.mails
    }
}
