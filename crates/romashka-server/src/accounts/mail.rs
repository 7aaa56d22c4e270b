//! Mails of the installation: what they say is put on a queue, encrypted, in the transaction of what they tell of. Who sends
//! them takes them with `romashka.claim_mails`, opens the content with [`Mail::open`], and says what became of it with
//! `romashka.complete_mail` or `romashka.fail_mail`.

use jiff::Timestamp;
use jiff::civil::Date;
use romashka_db::envelope::{EnvelopeError, Keyring, Place};
use romashka_db::scope::OwnedScope;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::problem::{Answer, Problem};
use crate::state::Server;
use crate::statement::Statement;

/// What a mail tells of. `link` leads to a page of this installation and holds a token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mail {
    /// Somebody is invited to a workspace.
    Invitation {
        /// The workspace.
        workspace: String,
        /// Who invites, where that is a person.
        invited_by: Option<String>,
        /// Where the invitation is accepted.
        link: String,
    },
    /// Somebody asked for a new password.
    PasswordReset {
        /// Where it is set.
        link: String,
    },
    /// The password is another one now.
    PasswordChanged {
        /// Where a new one is asked for by whom this surprises.
        link: String,
    },
    /// The second factor came into force, or was taken away.
    SecondFactorChanged {
        /// Whether it is in force now.
        is_on: bool,
    },
    /// A report that was due. Its file is kept with its run.
    Report {
        /// The workspace.
        workspace: String,
        /// The report's name.
        report: String,
        /// The first day it tells of.
        first_day: Date,
        /// The last one.
        last_day: Date,
        /// The workspace's identity.
        workspace_id: Uuid,
        /// The run's.
        run: Uuid,
    },
    /// Nothing but failures comes back from a subscriber, and he will be switched off.
    WebhookFailing {
        /// The workspace.
        workspace: String,
        /// Where events are posted.
        address: String,
        /// Since when nothing was taken.
        since: Timestamp,
        /// When he will be switched off.
        until: Timestamp,
    },
    /// A subscriber was switched off.
    WebhookDisabled {
        /// The workspace.
        workspace: String,
        /// Where events were posted.
        address: String,
        /// Whether he said himself that he is gone.
        is_gone: bool,
    },
    /// A channel is not let in by its provider.
    ChannelFailing {
        /// The workspace.
        workspace: String,
        /// The channel.
        channel: String,
        /// What is wrong.
        problem: String,
    },
    /// Something is wrong with a channel, or may soon be.
    ChannelAlert {
        /// The workspace.
        workspace: String,
        /// The channel.
        channel: String,
        /// What is wrong and what to do.
        message: String,
    },
}

impl Mail {
    /// Its kind, as the queue knows it.
    pub fn kind(&self) -> &'static str {
        match self {
            Mail::Invitation { .. } => "invitation",
            Mail::PasswordReset { .. } => "password_reset",
            Mail::PasswordChanged { .. } => "password_changed",
            Mail::SecondFactorChanged { .. } => "second_factor_changed",
            Mail::Report { .. } => "report",
            Mail::WebhookFailing { .. } => "webhook_failing",
            Mail::WebhookDisabled { .. } => "webhook_disabled",
            Mail::ChannelFailing { .. } => "channel_failing",
            Mail::ChannelAlert { .. } => "channel_alert",
        }
    }

    fn place(id: Uuid) -> Place<'static> {
        Place {
            table: "outgoing_mails",
            column: "content",
            workspace: Uuid::nil(),
            row: id,
        }
    }

    /// Puts it on the queue. The scope speaks for the installation.
    pub async fn queue(
        &self,
        server: &Server,
        service: &OwnedScope,
        recipient: &str,
        language: Option<&str>,
    ) -> Answer<()> {
        let id = Uuid::now_v7();
        let content = serde_json::to_vec(self).map_err(Problem::internal)?;
        let content = server.keys.seal_text(Mail::place(id), &content);
        Statement::new(include_str!("queue_mail.sql"))
            .bind("mail", &id)
            .bind("kind", &self.kind())
            .bind("recipient", &recipient)
            .bind("language", &language)
            .bind("content", &content)
            .execute(service)
            .await?;
        Ok(())
    }

    /// The mail of a row of the queue.
    pub fn open(keys: &Keyring, id: Uuid, content: &str) -> Result<Mail, EnvelopeError> {
        let content = keys.open_text(Mail::place(id), content)?;
        serde_json::from_slice(content.expose_secret()).map_err(|_| EnvelopeError::NotAnEnvelope)
    }
}

/// An address of this installation with a token behind `#`, where neither a server's log nor a `Referer` sees it.
pub(crate) fn link(server: &Server, path: &str, token: &str) -> Answer<String> {
    let mut url = server.public_url.join(path).map_err(Problem::internal)?;
    url.set_fragment(Some(&format!("token={token}")));
    Ok(url.to_string())
}
