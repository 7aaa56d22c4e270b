//! What is said in a conversation, now and later.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_postgres::types::Json as Jsonb;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::conversation;
use crate::channels::ChannelKind;
use crate::created::Created;
use crate::cursor::AtTime;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::Answer;
use crate::record;
use crate::scoped::{Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_messages, send_message))
        .routes(routes!(retry_message))
        .routes(routes!(list_scheduled_messages, schedule_message))
        .routes(routes!(cancel_scheduled_message))
}

record! {
    /// A message.
    pub struct Message {
        /// Its identity.
        pub id: Uuid,
        /// The conversation.
        pub conversation_id: Uuid,
        /// user (the customer), ai or agent.
        pub sender_type: String,
        /// The agent.
        pub sender_id: Option<Uuid>,
        /// What was said.
        pub content: String,
        /// text, image, audio, video, document, location, contact, sticker, reaction, template, interactive or system.
        pub kind: String,
        /// The kind of channel.
        pub channel_type: String,
        /// Its id on the channel, or `client:` and the id the sender gave.
        pub external_message_id: Option<String>,
        /// The medium's address.
        pub media_url: Option<String>,
        /// How far it has come: scheduled, queued, sending, sent, delivered, read, failed or cancelled.
        pub delivery_status: String,
        /// What it carries along.
        #[schema(value_type = Object)]
        pub metadata: StoredJson,
        /// How sure the assistant was.
        pub confidence_score: Option<f64>,
        /// Its language, a BCP 47 tag.
        pub language: Option<String>,
        /// Whether it is automatic mail that wakes nobody.
        pub is_quiet: bool,
        /// When it was said.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
    }
}

/// The order of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageOrder {
    /// The last first.
    #[default]
    NewestFirst,
    /// The first first.
    OldestFirst,
}

/// Which messages are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMessages {
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: MessageOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List messages
///
/// Of one conversation, the last first.
#[utoipa::path(get, path = "/conversations/{id}/messages", tag = "Messages", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The conversation."), ListMessages),
    responses((status = OK, description = "A page.", body = Page<Message>)))]
async fn list_messages(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<ListMessages>,
) -> Answer<Json<Page<Message>>> {
    let place = AtTime::of(wanted.cursor.as_deref(), &wanted.sort)?;
    conversation(&scope, id).await?;
    let (after_time, after_id) = (
        place.and_then(|place| place.time),
        place.map(|place| place.id),
    );
    let is_newest_first = wanted.sort == MessageOrder::NewestFirst;
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<Message> = Statement::new(include_str!("list_messages.sql"))
        .bind("conversation", &id)
        .bind("workspace", &workspace)
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .with("before", place.is_some() && is_newest_first)
        .with("after", place.is_some() && !is_newest_first)
        .with("newest_first", is_newest_first)
        .with("oldest_first", !is_newest_first)
        .bind("row_limit", &row_limit)
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| AtTime {
        order: wanted.sort,
        time: Some(last.created_at),
        id: last.id,
    })))
}

/// A kind of message that an agent sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Words.
    #[default]
    Text,
    /// A template of the channel, named in the metadata.
    Template,
    /// Buttons or a list, described in the metadata.
    Interactive,
    /// A place, described in the metadata.
    Location,
    /// Cards of people, in the metadata.
    Contact,
    /// A reaction to a message of the customer's, described in the metadata.
    Reaction,
}

impl MessageKind {
    fn name(self) -> &'static str {
        match self {
            MessageKind::Text => "text",
            MessageKind::Template => "template",
            MessageKind::Interactive => "interactive",
            MessageKind::Location => "location",
            MessageKind::Contact => "contact",
            MessageKind::Reaction => "reaction",
        }
    }
}

/// A message to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// What to say. It may be left out where the metadata names `attachments`: then the names of the files stand there.
    #[serde(default)]
    #[schema(max_length = 100_000)]
    pub(super) content: String,
    /// The kind of message.
    #[serde(default)]
    pub(super) kind: MessageKind,
    /// What it carries along: `attachments` (ids of files of the conversation), `reply_to` (id of a message), `template`,
    /// `interactive`, `location`, `contacts`, `reaction`.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    /// The sender's own id of it: the same id is sent once.
    #[schema(min_length = 1, max_length = 200)]
    client_message_id: Option<String>,
    /// The channel to send it by, another than the conversation's own; see its reply channels.
    pub(super) channel_id: Option<Uuid>,
    /// The kind of channel to send it by, where the channel itself is not named.
    pub(super) channel_type: Option<ChannelKind>,
}

impl NewMessage {
    /// How many files of the conversation it names.
    pub(super) fn files(&self) -> usize {
        self.metadata
            .get("attachments")
            .and_then(Value::as_array)
            .map_or(0, Vec::len)
    }

    /// Refuses one that is longer than any message.
    pub(super) fn require_length(&self) -> Answer<()> {
        if self.content.chars().count() > LONGEST {
            return Err(crate::problem::Problem::field(
                "content",
                "has at most 100000 characters",
            ));
        }
        Ok(())
    }
}

const LONGEST: usize = 100_000;

fn require_content(content: &str) -> Answer<()> {
    let length = content.chars().count();
    if content.trim().is_empty() || length > LONGEST {
        return Err(crate::problem::Problem::field(
            "content",
            "has 1 to 100000 characters, and not only blanks",
        ));
    }
    Ok(())
}

/// A message of files alone is called by their names.
async fn name_files(scope: &Scoped<Agent>, conversation: Uuid, new: &mut NewMessage) -> Answer<()> {
    let files: Vec<Uuid> = new
        .metadata
        .get("attachments")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|id| id.as_str()?.parse().ok())
        .collect();
    if files.is_empty() {
        return Ok(());
    }
    let workspace = scope.workspace();
    let names: Option<String> = Statement::new(include_str!("file_names.sql"))
        .bind("files", &files)
        .bind("conversation", &conversation)
        .bind("workspace", &workspace)
        .value(scope)
        .await?;
    new.content = names.ok_or_else(|| {
        crate::problem::Problem::field("metadata.attachments", "names files of this conversation")
    })?;
    new.metadata.insert("is_file_only".to_owned(), true.into());
    Ok(())
}

/// Send a message
///
/// An agent's answer. It is stored and put on the queue of its channel in one commit; what becomes of it is its delivery status.
/// It goes by the conversation's own channel, unless another is named or the conversation's routing rule wants another by which
/// the customer can be reached; what the customer answers there comes into the same conversation. A customer who does not want
/// messages is not written to (422).
#[utoipa::path(post, path = "/conversations/{id}/messages", tag = "Messages", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation.")), request_body = NewMessage,
    responses((status = CREATED, description = "It is on its way.", body = Message, headers(("Location" = String))),
        (status = CONFLICT, description = "The conversation was merged into another.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn send_message(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(mut new): input::Json<NewMessage>,
) -> Answer<Created<Message>> {
    if new.content.trim().is_empty() {
        name_files(&scope, id, &mut new).await?;
    }
    require_content(&new.content)?;
    let (workspace, kind) = (scope.workspace(), new.kind.name());
    let made: Uuid = Statement::new(include_str!("send_message.sql"))
        .bind("conversation", &id)
        .bind("content", &new.content)
        .bind("kind", &kind)
        .bind("metadata", &Jsonb(&new.metadata))
        .bind("client_message_id", &new.client_message_id)
        .bind("channel_type", &new.channel_type)
        .bind("channel_id", &new.channel_id)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    Ok(Created {
        path: format!("/conversations/{id}/messages"),
        version: None,
        body: message(&scope, id, made).await?,
    })
}

async fn message(scope: &Scoped<Agent>, conversation: Uuid, id: Uuid) -> Answer<Message> {
    let workspace = scope.workspace();
    Statement::new(include_str!("list_messages.sql"))
        .bind("conversation", &conversation)
        .bind("workspace", &workspace)
        .with("id", true)
        .bind("id", &id)
        .bind("row_limit", &1_i64)
        .one(scope)
        .await
}

/// How a message is sent again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageRetry {
    /// Also when nobody knows whether the first attempt arrived, so that it may come twice.
    #[serde(default)]
    even_if_uncertain: bool,
}

/// Send a failed message again
///
/// By the channel it failed on last; of one in parts, only what was not sent. 409 when it has not failed, or when it may have
/// arrived after all and `even_if_uncertain` is not said; 422 when the customer does not want messages.
#[utoipa::path(post, path = "/conversations/{id}/messages/{message_id}/retry", tag = "Messages", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation."), ("message_id" = Uuid, Path, description = "The message.")), request_body = MessageRetry,
    responses((status = OK, description = "It is on its way.", body = Message),
        (status = CONFLICT, description = "It has not failed, or may have arrived.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn retry_message(
    scope: Scoped<Agent>,
    Path((id, message_id)): Path<(Uuid, Uuid)>,
    input::Json(retry): input::Json<MessageRetry>,
) -> Answer<Json<Message>> {
    message(&scope, id, message_id).await?;
    let workspace = scope.workspace();
    Statement::new(include_str!("retry_message.sql"))
        .bind("id", &message_id)
        .bind("even_if_uncertain", &retry.even_if_uncertain)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    Ok(Json(message(&scope, id, message_id).await?))
}

record! {
    /// An answer that is to be sent later.
    pub struct ScheduledMessage {
        /// Its identity.
        pub id: Uuid,
        /// The conversation.
        pub conversation_id: Uuid,
        /// Who sends it.
        pub sender_id: Option<Uuid>,
        /// What will be said.
        pub content: String,
        /// The kind of message.
        pub kind: String,
        /// What it will carry along.
        #[schema(value_type = Object)]
        pub metadata: StoredJson,
        /// When it is due.
        pub send_at: Timestamp,
        /// scheduled, sent, cancelled or failed.
        pub status: String,
        /// The message it became.
        pub message_id: Option<Uuid>,
        /// Why it could not be sent.
        pub error_message: Option<String>,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

/// Which page is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListScheduledMessages {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List scheduled messages
///
/// Of one conversation, the next first; with those that were sent or taken back.
#[utoipa::path(get, path = "/conversations/{id}/scheduled-messages", tag = "Messages", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The conversation."), ListScheduledMessages),
    responses((status = OK, description = "A page.", body = Page<ScheduledMessage>)))]
async fn list_scheduled_messages(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<ListScheduledMessages>,
) -> Answer<Json<Page<ScheduledMessage>>> {
    let place = AtTime::of(wanted.cursor.as_deref(), &())?;
    conversation(&scope, id).await?;
    let (after_time, after_id) = (
        place.and_then(|place| place.time),
        place.map(|place| place.id),
    );
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<ScheduledMessage> = Statement::new(include_str!("list_scheduled_messages.sql"))
        .bind("workspace", &workspace)
        .with("conversation", true)
        .bind("conversation", &id)
        .with("after", place.is_some())
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .bind("row_limit", &row_limit)
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| AtTime {
        order: (),
        time: Some(last.send_at),
        id: last.id,
    })))
}

/// A message to send later.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScheduledMessage {
    /// What to say.
    #[schema(min_length = 1, max_length = 100_000)]
    content: String,
    /// The kind of message.
    #[serde(default)]
    kind: MessageKind,
    /// What it carries along.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    /// When.
    send_at: Timestamp,
}

async fn scheduled<N>(scope: &Scoped<N>, id: Uuid) -> Answer<ScheduledMessage> {
    let workspace = scope.workspace();
    Statement::new(include_str!("list_scheduled_messages.sql"))
        .bind("workspace", &workspace)
        .with("id", true)
        .bind("id", &id)
        .bind("row_limit", &1_i64)
        .one(scope)
        .await
}

/// Send a message later
///
/// It is said when its time comes, and can be taken back before.
#[utoipa::path(post, path = "/conversations/{id}/scheduled-messages", tag = "Messages", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation.")), request_body = NewScheduledMessage,
    responses((status = CREATED, description = "It waits for its time.", body = ScheduledMessage, headers(("Location" = String)))))]
async fn schedule_message(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(new): input::Json<NewScheduledMessage>,
) -> Answer<Created<ScheduledMessage>> {
    require_content(&new.content)?;
    let (workspace, kind) = (scope.workspace(), new.kind.name());
    let made: Uuid = Statement::new(include_str!("schedule_message.sql"))
        .bind("conversation", &id)
        .bind("content", &new.content)
        .bind("send_at", &new.send_at)
        .bind("kind", &kind)
        .bind("metadata", &Jsonb(&new.metadata))
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    Ok(Created {
        path: format!("/conversations/{id}/scheduled-messages"),
        version: None,
        body: scheduled(&scope, made).await?,
    })
}

/// Take a scheduled message back
///
/// Twice changes nothing; one that was sent stays sent.
#[utoipa::path(delete, path = "/conversations/scheduled-messages/{id}", tag = "Messages", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The scheduled message.")),
    responses((status = NO_CONTENT, description = "It will not be sent."),
        (status = CONFLICT, description = "It was sent already.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn cancel_scheduled_message(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    Statement::new(include_str!("cancel_scheduled_message.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
