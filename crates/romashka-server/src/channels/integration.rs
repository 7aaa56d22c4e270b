//! Channels that a program of the workspace's own serves: what customers wrote is handed in here, and what became of our
//! messages.
//!
//! Invariants: a message is taken in once by its id in the messenger; ids of customers belong to their channel, so that two
//! integrations never mean one person by chance; a file is fetched from checked addresses alone, before a connection to the
//! database is taken; a report is stored before it is acknowledged and never turns a delivery back.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use romashka_channels::email::attachment::clean_name;
use romashka_channels::integration::is_id;
use romashka_channels::webhooks::endpoint::Endpoint;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio_postgres::Row;
use tokio_postgres::types::Json as Jsonb;
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::attachments::{self, storage::Received, storage::Storage};
use crate::choice;
use crate::input::{self, Path};
use crate::problem::{Answer, Code, Document, Problem};
use crate::scoped::{Admitted, Agent, Rejection, Scoped};
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::subscribers::guard::GuardedResolver;

/// Most files of a message.
const MOST_FILES: usize = 10;
/// For fetching one file.
const FETCH_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest text in characters.
const LONGEST: usize = 100_000;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(receive_channel_message))
        .routes(routes!(report_channel_message))
}

choice! {
    /// The kind of a message that a customer wrote.
    pub enum InboundKind {
        /// Words.
        Text = "text",
        /// A picture.
        Image = "image",
        /// Sound.
        Audio = "audio",
        /// A film.
        Video = "video",
        /// Another file.
        Document = "document",
        /// A place.
        Location = "location",
        /// A card with somebody's numbers.
        Contact = "contact",
        /// A sticker.
        Sticker = "sticker",
    }
}

/// Who wrote.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InboundCustomer {
    /// The customer's id in the messenger; it belongs to this channel.
    #[schema(min_length = 1, max_length = 400)]
    external_id: String,
    /// What the customer calls himself.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// An address he gave. It is a claim and joins no histories.
    #[schema(max_length = 320)]
    email: Option<String>,
    /// A number he gave.
    #[schema(max_length = 50)]
    phone: Option<String>,
}

/// A file of the message: uploaded before, or fetched now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InboundFile {
    /// A file that was uploaded and belongs to no message yet.
    id: Option<Uuid>,
    /// Where the file is fetched, under the rules for addresses of webhooks.
    #[schema(max_length = 2048)]
    url: Option<String>,
    /// Its name; else the end of the address.
    #[schema(max_length = 255)]
    filename: Option<String>,
}

/// A message that a customer wrote.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"customer": {"external_id": "77", "name": "Ann"}, "external_message_id": "1001", "content": "Hello"}))]
pub struct InboundMessage {
    /// Who wrote.
    customer: InboundCustomer,
    /// The message's id in the messenger: the same one is taken in once.
    #[schema(min_length = 1, max_length = 400)]
    external_message_id: String,
    /// What was written; may be empty when there is a file.
    #[serde(default)]
    #[schema(max_length = 100_000)]
    content: String,
    /// The kind of message.
    kind: Option<InboundKind>,
    /// Files, ten at most.
    #[serde(default)]
    #[schema(max_items = 10)]
    attachments: Vec<InboundFile>,
    /// When it was written; now, when it is not said.
    occurred_at: Option<Timestamp>,
    /// Its language, a BCP 47 tag.
    #[schema(min_length = 2, max_length = 35)]
    language: Option<String>,
    /// What it carries along.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

/// Where a message is.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenIn {
    /// The customer.
    customer_id: Uuid,
    /// The conversation.
    conversation_id: Uuid,
    /// The message.
    message_id: Uuid,
    /// Whether it opened the conversation.
    is_new_conversation: bool,
    /// Whether it was here before.
    is_duplicate: bool,
}

impl FromRow for TakenIn {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(TakenIn {
            customer_id: row.try_get("customer_id")?,
            conversation_id: row.try_get("conversation_id")?,
            message_id: row.try_get("message_id")?,
            is_new_conversation: row.try_get("is_new_conversation")?,
            is_duplicate: row.try_get("is_duplicate")?,
        })
    }
}

impl InboundMessage {
    fn check(&self) -> Answer<()> {
        for (field, id) in [
            ("customer.external_id", &self.customer.external_id),
            ("external_message_id", &self.external_message_id),
        ] {
            if !is_id(id) {
                return Err(Problem::field(
                    field,
                    "has 1 to 400 characters, none of control, and no blanks around it",
                ));
            }
        }
        if self.content.trim().is_empty() && self.attachments.is_empty()
            || self.content.chars().count() > LONGEST
        {
            return Err(Problem::field(
                "content",
                "has 1 to 100000 characters, or comes with a file",
            ));
        }
        let longest = |text: &Option<String>, limit: usize| {
            text.as_ref()
                .is_some_and(|text| text.chars().count() > limit)
        };
        if longest(&self.customer.name, 200)
            || longest(&self.customer.email, 320)
            || longest(&self.customer.phone, 50)
        {
            return Err(Problem::field("customer", "a value is too long"));
        }
        if self
            .language
            .as_ref()
            .is_some_and(|tag| !(2..=35).contains(&tag.chars().count()))
        {
            return Err(Problem::field("language", "has 2 to 35 characters"));
        }
        if self.attachments.len() > MOST_FILES {
            return Err(Problem::field("attachments", "ten files at most"));
        }
        if self
            .attachments
            .iter()
            .any(|file| file.id.is_some() == file.url.is_some())
        {
            return Err(Problem::field("attachments", "each has either id or url"));
        }
        Ok(())
    }
}

struct Fetched {
    name: String,
    received: Received,
}

/// Fetches a file from an address that the caller named.
async fn fetch(server: &Server, storage: &Storage, file: &InboundFile) -> Answer<Option<Fetched>> {
    let Some(url) = &file.url else {
        return Ok(None);
    };
    let policy = &server.settings.webhook_policy;
    let refused = |words: &'static str| Problem::field("attachments.url", words);
    let endpoint =
        Endpoint::parse(url, policy).map_err(|_| refused("the address is not allowed"))?;
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .dns_resolver(std::sync::Arc::new(GuardedResolver(policy.guard.clone())))
        .timeout(FETCH_TIMEOUT)
        .build()
        .map_err(Problem::internal)?;
    let answer = client
        .get(endpoint.url().clone())
        .send()
        .await
        .map_err(|_| refused("the file cannot be fetched"))?;
    if !answer.status().is_success() {
        return Err(refused("the file cannot be fetched"));
    }
    let declared = answer
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let wanted = file
        .filename
        .clone()
        .or_else(|| last_segment(endpoint.url()));
    let name = clean_name(wanted.as_deref(), &declared);
    let body = Body::new(reqwest::Body::from(answer));
    let received = storage.receive(body, &name, &declared).await?;
    Ok(Some(Fetched { name, received }))
}

fn last_segment(url: &Url) -> Option<String> {
    let segment = url.path_segments()?.next_back()?;
    (!segment.is_empty()).then(|| segment.to_owned())
}

async fn is_known(
    server: &Server,
    workspace: Option<Uuid>,
    channel: Uuid,
    new: &InboundMessage,
) -> Answer<bool> {
    let scope = server.service().await?;
    let is_known = Statement::new(include_str!("integration_known.sql"))
        .bind("workspace", &workspace)
        .bind("channel", &channel)
        .bind("external_message_id", &new.external_message_id)
        .value(&scope)
        .await?;
    scope.commit().await?;
    Ok(is_known)
}

async fn require_channel<N>(scope: &Scoped<N>, channel: Uuid) -> Answer<Uuid> {
    let workspace = scope.workspace().ok_or_else(Problem::not_found)?;
    let status: Option<String> = Statement::new(include_str!("integration_status.sql"))
        .bind("channel", &channel)
        .bind("workspace", &workspace)
        .optional::<Status>(scope)
        .await?
        .map(|Status(status)| status);
    match status.as_deref() {
        None => Err(Problem::not_found()),
        Some("of another kind") => {
            Err(Problem::new(Code::Conflict).detail("The channel is not of the kind api"))
        }
        Some("inactive") => Err(Problem::new(Code::Conflict).detail("The channel is switched off")),
        Some(_) => Ok(workspace),
    }
}

struct Status(String);

impl FromRow for Status {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Status(row.try_get(0)?))
    }
}

/// Hand a customer's message in
///
/// For channels of the kind `api`. The same `external_message_id` is taken in once: again it is answered with 200 and what is
/// here already. Files are uploaded before (`id`) or fetched from an address (`url`).
#[utoipa::path(post, path = "/channels/{id}/messages", tag = "Channels", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The channel.")), request_body = InboundMessage,
    responses((status = CREATED, description = "It is in its conversation.", body = TakenIn),
        (status = OK, description = "It was there before.", body = TakenIn),
        (status = CONFLICT, description = "The channel is switched off, or of another kind.", body = Document, content_type = "application/problem+json"),
        (status = UNSUPPORTED_MEDIA_TYPE, description = "Files of this kind are not taken.", body = Document, content_type = "application/problem+json")))]
async fn receive_channel_message(
    caller: Admitted<Agent>,
    State(server): State<Server>,
    Path(channel): Path<Uuid>,
    input::Json(new): input::Json<InboundMessage>,
) -> Result<Response, Rejection> {
    new.check()?;
    let workspace = caller.workspace().ok_or_else(Problem::not_found)?;
    let most = attachments::most_bytes(&server, workspace).await?;
    let storage = Storage::of(&server)?.up_to(most);
    let mut fetched = Vec::new();
    let has_addresses = new.attachments.iter().any(|file| file.url.is_some());
    // What is here already is not fetched again: its address may be over by now.
    if has_addresses && !is_known(&server, caller.workspace(), channel, &new).await? {
        for file in &new.attachments {
            fetched.extend(fetch(&server, &storage, file).await?);
        }
    }
    let scope = caller.begin(&server).await?;
    let workspace = require_channel(&scope, channel).await?;
    let customer = format!("{channel}:{}", new.customer.external_id);
    let uploaded: Vec<Uuid> = new.attachments.iter().filter_map(|file| file.id).collect();
    let kind = new.kind.unwrap_or(if new.attachments.is_empty() {
        InboundKind::Text
    } else {
        InboundKind::Document
    });
    let metadata = Jsonb(&new.metadata);
    let taken: TakenIn = Statement::new(include_str!("integration_ingest.sql"))
        .bind("customer", &customer)
        .bind("content", &new.content)
        .bind("external_message_id", &new.external_message_id)
        .bind("channel", &channel)
        .bind("name", &new.customer.name)
        .bind("email", &new.customer.email)
        .bind("phone", &new.customer.phone)
        .bind("kind", &kind.name())
        .bind("metadata", &metadata)
        .bind("occurred_at", &new.occurred_at)
        .bind("language", &new.language)
        .bind("workspace", &workspace)
        .one(&scope)
        .await?;
    if taken.is_duplicate {
        return Ok((StatusCode::OK, Json(taken)).into_response());
    }
    if !uploaded.is_empty() {
        let linked = Statement::new(include_str!("integration_link.sql"))
            .bind("files", &uploaded)
            .bind("conversation", &taken.conversation_id)
            .bind("message", &taken.message_id)
            .bind("workspace", &workspace)
            .execute(&scope)
            .await?;
        if linked != uploaded.len() as u64 {
            return Err(Problem::field(
                "attachments",
                "a file is not here, or belongs to a message",
            )
            .into());
        }
    }
    for Fetched { name, received } in fetched {
        attachments::store(
            &scope,
            &storage,
            received,
            &name,
            (workspace, taken.conversation_id, taken.message_id),
        )
        .await?;
    }
    Ok((StatusCode::CREATED, Json(taken)).into_response())
}

choice! {
    /// How far a message has come.
    pub enum ReportedStatus {
        /// The messenger has it.
        Sent = "sent",
        /// The customer's device has it.
        Delivered = "delivered",
        /// The customer has seen it.
        Read = "read",
        /// It will not arrive.
        Failed = "failed",
    }
}

/// What became of a message of ours.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"message_id": "0198c0de-0000-7000-8000-000000000001", "status": "read"}))]
pub struct StatusReport {
    /// The message, by the id it was posted with.
    message_id: Option<Uuid>,
    /// Or by the id that the program answered with.
    #[schema(min_length = 1, max_length = 400)]
    external_id: Option<String>,
    /// How far it has come.
    status: ReportedStatus,
    /// When; now, when it is not said.
    at: Option<Timestamp>,
    /// Of a failure: why, for the agent.
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// Report what became of a message
///
/// For channels of the kind `api`. Reports may come in any order and any number of times: a message never goes backwards.
#[utoipa::path(post, path = "/channels/{id}/reports", tag = "Channels", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The channel.")), request_body = StatusReport,
    responses((status = ACCEPTED, description = "It is stored and will be taken into account."),
        (status = CONFLICT, description = "The channel is switched off, or of another kind.", body = Document, content_type = "application/problem+json")))]
async fn report_channel_message(
    mut scope: Scoped<Agent>,
    State(server): State<Server>,
    Path(channel): Path<Uuid>,
    input::Json(report): input::Json<StatusReport>,
) -> Answer<StatusCode> {
    let workspace = require_channel(&scope, channel).await?;
    if report.message_id.is_some() == report.external_id.is_some() {
        return Err(Problem::field(
            "message_id",
            "name the message by message_id or by external_id",
        ));
    }
    if report.external_id.as_ref().is_some_and(|id| !is_id(id)) {
        return Err(Problem::field("external_id", "has 1 to 400 characters"));
    }
    let delivery: Uuid = Statement::new(include_str!("integration_delivery.sql"))
        .bind("channel", &channel)
        .bind("message", &report.message_id)
        .bind("external_id", &report.external_id)
        .bind("workspace", &workspace)
        .optional::<Found>(&scope)
        .await?
        .map(|Found(id)| id)
        .ok_or_else(Problem::not_found)?;
    let reason: Option<String> = report.reason.map(|reason| {
        reason
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .take(500)
            .collect()
    });
    let payload = json!({
        "delivery": delivery, "status": report.status.name(),
        "at": report.at.unwrap_or_else(Timestamp::now), "reason": reason,
    });
    scope.as_service().await?;
    let ordering_key = format!("{channel}:{delivery}");
    let _: Uuid = Statement::new(include_str!("../providers/receive.sql"))
        .bind("source", &"integration")
        .bind("event_type", &"status")
        .bind("payload", &Jsonb(&payload))
        .bind("dedupe_key", &None::<String>)
        .bind("ordering_key", &Some(ordering_key))
        .bind("channel", &Some(channel))
        .bind("headers", &Jsonb(&json!({})))
        .bind("raw_body", &None::<Vec<u8>>)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    server.bells.intake.notify_one();
    Ok(StatusCode::ACCEPTED)
}

struct Found(Uuid);

impl FromRow for Found {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Found(row.try_get(0)?))
    }
}
