//! Tells WhatsApp that a customer's messages were read, and that somebody types.
//!
//! Invariants: of a talk only the newest is told; what a customer sees late and wrong is not told at all: typing is told at
//! once or not; it is a courtesy, so it is given up after a few attempts and never holds up a message.

use std::time::Duration;

use romashka_db::scope::{Actor, Claims};
use serde_json::Value;
use tokio::sync::Notify;
use tokio_postgres::Row;
use uuid::Uuid;

use super::account::{Stored, WhatsApp};
use super::provider::Client;
use crate::problem::Answer;
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::workers::Queue;

/// Most attempts.
const ATTEMPTS: i32 = 4;
/// The wait after the first failure; it doubles.
const WAIT: Duration = Duration::from_secs(5);

/// A talk that was claimed.
#[derive(Debug)]
pub struct Claimed {
    conversation: Uuid,
    workspace: Uuid,
    channel: Uuid,
    external_message_id: String,
    wants_typing: bool,
    attempt: i32,
    lease: Uuid,
    configuration: Value,
    credentials: Option<Value>,
}

impl FromRow for Claimed {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Claimed {
            conversation: row.try_get("conversation_id")?,
            workspace: row.try_get("workspace_id")?,
            channel: row.try_get("channel_id")?,
            external_message_id: row.try_get("external_message_id")?,
            wants_typing: row.try_get("wants_typing")?,
            attempt: row.try_get("attempt_count")?,
            lease: row.try_get("lease_id")?,
            configuration: row.try_get("configuration")?,
            credentials: row.try_get("api_credentials")?,
        })
    }
}

/// How telling ended.
enum Told {
    Yes,
    Later,
    Never,
}

/// The queue of what is to be told.
pub struct ReadMarks {
    server: Server,
    client: Client,
}

impl ReadMarks {
    /// The queue of this server.
    pub fn new(server: Server) -> Result<ReadMarks, reqwest::Error> {
        Ok(ReadMarks {
            server,
            client: Client::new()?,
        })
    }

    async fn tell(&self, claimed: &Claimed) -> Told {
        let stored = Stored {
            workspace: claimed.workspace,
            channel: claimed.channel,
            configuration: &claimed.configuration,
            credentials: claimed.credentials.as_ref(),
            webhook_secret: None,
        };
        let Ok(account) = WhatsApp::open(stored, &self.server.keys) else {
            return Told::Never;
        };
        let Some(token) = &account.access_token else {
            return Told::Never;
        };
        let request = account
            .number
            .mark_read(&claimed.external_message_id, claimed.wants_typing);
        let Ok(request) = request.with_bearer(token) else {
            return Told::Never;
        };
        let base = &self.server.settings.providers.whatsapp;
        match self.client.exchange(base, &request).await {
            Ok(answer) if answer.status == 200 => Told::Yes,
            Ok(answer) if answer.status == 429 || answer.status >= 500 => Told::Later,
            Ok(answer) => {
                tracing::debug!(channel = %claimed.channel, status = answer.status, "WhatsApp does not take a read mark");
                Told::Never
            }
            Err(_) => Told::Later,
        }
    }
}

impl Queue for ReadMarks {
    type Item = Claimed;
    const NAME: &'static str = "read_marks";
    const SLOTS: usize = 8;

    async fn claim(&self, most: usize) -> Answer<Vec<Claimed>> {
        let scope = self.server.service().await?;
        let claimed = Statement::new(include_str!("claim_read_marks.sql"))
            .bind("most", &i32::try_from(most).unwrap_or(i32::MAX))
            .all(&scope)
            .await?;
        scope.commit().await?;
        Ok(claimed)
    }

    async fn work(&self, claimed: Claimed) -> Answer<()> {
        let told = self.tell(&claimed).await;
        let wait = match told {
            Told::Later if claimed.attempt < ATTEMPTS => {
                let doublings = u32::try_from(claimed.attempt - 1).unwrap_or(0);
                Some((WAIT * 2_u32.saturating_pow(doublings)).as_secs_f64())
            }
            _ => None,
        };
        let claims = Claims::service(claimed.workspace, Actor::System);
        let surroundings = self.server.surroundings();
        let scope = self.server.database.begin(&claims, &surroundings).await?;
        let _: bool = Statement::new(include_str!("finish_read_mark.sql"))
            .bind("conversation", &claimed.conversation)
            .bind("lease", &claimed.lease)
            .bind("told", &matches!(told, Told::Yes))
            .bind("wait", &wait)
            .bind("workspace", &claimed.workspace)
            .value(&scope)
            .await?;
        scope.commit().await?;
        Ok(())
    }

    fn bell(&self) -> &Notify {
        &self.server.bells.read_marks
    }
}
