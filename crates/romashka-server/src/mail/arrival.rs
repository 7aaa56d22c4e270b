//! A mail as it arrived, by whichever way, on its way into the queue of what came in.

use romashka_channels::email::header::Headers;
use romashka_db::scope::OwnedScope;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::problem::Answer;
use crate::statement::Statement;

/// Longest address that orders mails.
const ADDRESS_LIMIT: usize = 300;

/// A mail that arrived.
pub struct Arrival<'a> {
    /// The workspace of the channel.
    pub workspace: Uuid,
    /// The channel.
    pub channel: Uuid,
    /// What is known beside the bytes: `by`, `envelope_from`, `recipients`, `received_at`, `whole_size`.
    pub headers: Value,
    /// By what it is known to have come before; else by its bytes.
    pub once: Option<&'a str>,
    /// The mail.
    pub raw: &'a [u8],
}

impl Arrival<'_> {
    /// Stores it once, however often it comes.
    pub async fn store(&self, scope: &OwnedScope) -> Answer<()> {
        let (headers, _) = Headers::parse(self.raw);
        // What one person writes is taken in one after the other.
        let author = headers
            .addresses("From")
            .into_iter()
            .next()
            .filter(|author| author.address.len() < ADDRESS_LIMIT);
        let ordering_key = author.map(|author| format!("{}:{}", self.channel, author.address));
        let known = match self.once {
            Some(once) => once.to_owned(),
            None => hex::encode(Sha256::digest(self.raw)),
        };
        let dedupe_key = format!("{}:{known}", self.channel);
        let payload = Json(json!({ "size": self.raw.len() }));
        let headers = Json(&self.headers);
        let _: Uuid = Statement::new(include_str!("../providers/receive.sql"))
            .bind("source", &"email")
            .bind("event_type", &"mail")
            .bind("payload", &payload)
            .bind("dedupe_key", &dedupe_key)
            .bind("ordering_key", &ordering_key)
            .bind("channel", &Some(self.channel))
            .bind("headers", &headers)
            .bind("raw_body", &self.raw)
            .bind("workspace", &self.workspace)
            .value(scope)
            .await?;
        Ok(())
    }
}
