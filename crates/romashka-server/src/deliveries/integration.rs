//! A message as the post to a program of the workspace's own.
//!
//! Invariant: a message is posted under one `webhook-id` in every attempt, so that a lost answer may be followed by another.

use std::collections::BTreeMap;

use jiff::Timestamp;
use romashka_channels::integration::{OutgoingFile, OutgoingMessage};
use romashka_channels::webhooks::delivery::Delivery;
use romashka_channels::webhooks::endpoint::Endpoint;
use romashka_channels::webhooks::event::message_id;
use romashka_channels::webhooks::signature::SigningKey;
use romashka_db::scope::OwnedScope;
use tokio_postgres::Row;
use uuid::Uuid;

use super::outcome::{self, Failure, Outcome};
use super::rendered::{Ready, Rendered, capital, configuration, ready};
use super::{Claimed, Loaded};
use crate::problem::Answer;
use crate::providers::account::Integration;
use crate::providers::provider::Client;
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// A message for a program of the workspace's own.
pub(super) struct Handover {
    url: String,
    keys: Vec<SigningKey>,
    message: Uuid,
    body: Vec<u8>,
}

impl Handover {
    pub(super) async fn send(
        &self,
        server: &Server,
        client: &Client,
        claimed: &Claimed,
    ) -> Outcome {
        // Judged before each attempt: the rules may have changed.
        let endpoint = match Endpoint::parse(&self.url, &server.settings.webhook_policy) {
            Ok(endpoint) => endpoint,
            Err(_) => {
                return Outcome::Refused(configuration("The channel's address is not allowed."));
            }
        };
        let now = Timestamp::now();
        let request = Delivery {
            endpoint: &endpoint,
            id: &message_id(claimed.id),
            body: &self.body,
            keys: &self.keys,
            headers: &BTreeMap::new(),
        }
        .render(now);
        let request = match request {
            Ok(request) => request,
            Err(error) => {
                return Outcome::Refused(configuration(capital(&error.to_string())));
            }
        };
        let result = client.exchange(endpoint.url(), &request).await;
        outcome::of_integration(&result, &self.message.to_string(), now)
    }
}

/// The post, and the channel it goes by.
pub(super) async fn render_integration(
    server: &Server,
    scope: &OwnedScope,
    claimed: &Claimed,
    loaded: &Loaded,
) -> Answer<Result<(Rendered, Uuid), Failure>> {
    let Ready {
        stored,
        channel,
        recipient,
    } = match ready(claimed, loaded) {
        Ok(ready) => ready,
        Err(failure) => return Ok(Err(failure)),
    };
    let account = match Integration::open(stored, &server.keys) {
        Ok(account) => account,
        Err(error) => return Ok(Err(configuration(capital(&error.to_string())))),
    };
    let Some(url) = account.url else {
        return Ok(Err(configuration(
            "The channel has no address to post messages to (url).",
        )));
    };
    let files: Vec<NamedFile> = Statement::new(include_str!("integration_files.sql"))
        .bind("delivery", &claimed.id)
        .bind("workspace", &claimed.workspace)
        .all(scope)
        .await?;
    let base = server.public_url.as_str().trim_end_matches('/');
    let message = OutgoingMessage {
        channel,
        conversation: loaded.conversation,
        message: loaded.message,
        customer_id: recipient.to_owned(),
        customer_name: loaded.customer_name.clone(),
        sender_type: loaded.sender_type.clone(),
        sender_name: loaded.agent.clone(),
        message_type: loaded.message_type.clone(),
        content: loaded.content.clone(),
        metadata: loaded.metadata.clone(),
        reply_to: loaded.reply_to.clone(),
        attachments: files
            .into_iter()
            .map(|NamedFile(file)| OutgoingFile {
                url: format!("{base}/api/v1/attachments/{}/content", file.id),
                ..file
            })
            .collect(),
        created_at: loaded.created_at,
    };
    let handover = Handover {
        url,
        keys: account.keys,
        message: loaded.message,
        body: message.render(),
    };
    Ok(Ok((Rendered::Integration(Box::new(handover)), channel)))
}

struct NamedFile(OutgoingFile);

impl FromRow for NamedFile {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(NamedFile(OutgoingFile {
            id: row.try_get("id")?,
            filename: row.try_get("filename")?,
            mime_type: row.try_get("mime_type")?,
            file_size: row.try_get("file_size")?,
            url: String::new(),
        }))
    }
}
