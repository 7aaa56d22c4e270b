//! Conversations: the inbox, one conversation, and what people do with it. Every change is a verb of the database.

mod bulk;
mod display;
mod messages;
mod notes;
mod preview;
mod reply_channels;
mod work;

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_postgres::types::Json as Jsonb;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::created::Created;
use crate::cursor::AtTime;
use crate::input::{self, Limit, List, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Code, Problem};
use crate::record;
use crate::scoped::{Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_conversations, create_conversation))
        .routes(routes!(read_conversation, change_conversation))
        .routes(routes!(resolve_conversation))
        .routes(routes!(reopen_conversation))
        .merge(bulk::router())
        .merge(messages::router())
        .merge(reply_channels::router())
        .merge(display::router())
        .merge(notes::router())
        .merge(preview::router())
        .merge(work::router())
}

/// How a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Somebody has to do something.
    Active,
    /// A person was asked for.
    Escalated,
    /// Done; a message of the customer opens it again.
    Resolved,
    /// Done for good.
    Closed,
}

impl Status {
    /// How one stands that was ended, for good or not.
    fn of_end(is_final: bool) -> Status {
        if is_final {
            Status::Closed
        } else {
            Status::Resolved
        }
    }

    fn name(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Escalated => "escalated",
            Status::Resolved => "resolved",
            Status::Closed => "closed",
        }
    }
}

/// How urgent a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Can wait.
    Low,
    /// As most.
    Normal,
    /// Before others.
    High,
    /// At once.
    Urgent,
}

impl Priority {
    fn name(self) -> &'static str {
        match self {
            Priority::Low => "low",
            Priority::Normal => "normal",
            Priority::High => "high",
            Priority::Urgent => "urgent",
        }
    }
}

/// A kind of channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelType {
    /// WhatsApp.
    Whatsapp,
    /// Facebook Messenger.
    Messenger,
    /// Instagram.
    Instagram,
    /// Email.
    Email,
    /// Text messages.
    Sms,
    /// The chat on a website.
    Website,
    /// A messenger of any kind, by an integration of the workspace's own.
    Api,
}

impl ChannelType {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            ChannelType::Whatsapp => "whatsapp",
            ChannelType::Messenger => "messenger",
            ChannelType::Instagram => "instagram",
            ChannelType::Email => "email",
            ChannelType::Sms => "sms",
            ChannelType::Website => "website",
            ChannelType::Api => "api",
        }
    }
}

record! {
    /// A talk with one customer on one channel.
    pub struct Conversation {
        /// Its identity.
        pub id: Uuid,
        /// Its short number in the workspace.
        pub number: i64,
        /// The customer.
        pub customer_id: Option<Uuid>,
        /// What the customer calls himself.
        pub customer_name: Option<String>,
        /// The agent who has it; none while it is in the queue.
        pub assigned_agent_id: Option<Uuid>,
        /// The team whose queue it is in.
        pub team_id: Option<Uuid>,
        /// active, escalated, resolved or closed.
        pub status: String,
        /// low, normal, high or urgent.
        pub priority: String,
        /// The kind of channel.
        pub channel_type: String,
        /// The channel.
        pub channel_id: Option<Uuid>,
        /// What it is about.
        pub subject: Option<String>,
        /// Its tags.
        pub tags: Vec<String>,
        /// Its language, a BCP 47 tag.
        pub language: String,
        /// The department it belongs to.
        pub department: String,
        /// Why the assistant handed it over: asked_for_person, low_confidence, no_article, sentiment, policy, tool_failed,
        /// limit_reached or no_model, or what another program wrote.
        pub handoff_reason: Option<String>,
        /// The beginning of the last message.
        pub last_message: Option<String>,
        /// When something was last said.
        pub last_message_at: Timestamp,
        /// How many messages it has.
        pub message_count: i32,
        /// Since when the customer waits for an answer; none when he does not.
        pub waiting_since: Option<Timestamp>,
        /// Until when it is put aside.
        pub snoozed_until: Option<Timestamp>,
        /// The customer's rating.
        pub satisfaction_score: Option<f64>,
        /// The conversation it was merged into.
        pub merged_into_id: Option<Uuid>,
        /// The workspace's own attributes.
        #[schema(value_type = Object)]
        pub custom_attributes: StoredJson,
        /// The routing rule it came under.
        pub routing_rule_id: Option<Uuid>,
        /// When it was resolved.
        pub resolved_at: Option<Timestamp>,
        /// When it began.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// The order of the inbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Newest first.
    #[default]
    CreatedAt,
    /// Where something was said last, first.
    LastMessageAt,
    /// Who has waited longest for an answer, first; only those who wait.
    WaitingSince,
}

/// Which conversations are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListConversations {
    /// Statuses, with commas between them.
    #[param(value_type = Option<String>, example = "active,escalated")]
    status: Option<List<Status>>,
    /// Priorities, with commas between them.
    #[param(value_type = Option<String>, example = "high,urgent")]
    priority: Option<List<Priority>>,
    /// Kinds of channel, with commas between them.
    #[param(value_type = Option<String>, example = "email,website")]
    channel_type: Option<List<ChannelType>>,
    /// The agent who has them.
    assigned_agent_id: Option<Uuid>,
    /// Only those in the queue, that no agent has.
    #[serde(default)]
    is_unassigned: bool,
    /// The team.
    team_id: Option<Uuid>,
    /// The customer.
    customer_id: Option<Uuid>,
    /// A tag they have.
    tag: Option<String>,
    /// Whether they are put aside: true only those, false only the others.
    is_snoozed: Option<bool>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: Order,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List conversations
///
/// A page of the inbox. Open conversations of one agent: `status=active,escalated&assigned_agent_id=…`.
#[utoipa::path(get, path = "/conversations", tag = "Conversations", security(("session" = ["viewer"])),
    params(ListConversations), responses((status = OK, description = "A page.", body = Page<Conversation>)))]
async fn list_conversations(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListConversations>,
) -> Answer<Json<Page<Conversation>>> {
    let place = AtTime::of(wanted.cursor.as_deref(), &wanted.sort)?;
    let (after_time, after_id) = (
        place.and_then(|place| place.time),
        place.map(|place| place.id),
    );
    let status = names(&wanted.status, Status::name);
    let priority = names(&wanted.priority, Priority::name);
    let channel_type = names(&wanted.channel_type, ChannelType::name);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let by = |order| wanted.sort == order;
    let rows: Vec<Conversation> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("status", &status)
        .filter("priority", &priority)
        .filter("channel_type", &channel_type)
        .filter("assigned_agent_id", &wanted.assigned_agent_id)
        .filter("team_id", &wanted.team_id)
        .filter("customer_id", &wanted.customer_id)
        .filter("tag", &wanted.tag)
        .with("is_unassigned", wanted.is_unassigned)
        .with("is_snoozed", wanted.is_snoozed == Some(true))
        .with("is_awake", wanted.is_snoozed == Some(false))
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .with("after_created", place.is_some() && by(Order::CreatedAt))
        .with("after_message", place.is_some() && by(Order::LastMessageAt))
        .with("after_waiting", place.is_some() && by(Order::WaitingSince))
        .with("by_created", by(Order::CreatedAt))
        .with("by_message", by(Order::LastMessageAt))
        .with("by_waiting", by(Order::WaitingSince))
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| AtTime {
        order: wanted.sort,
        time: match wanted.sort {
            Order::CreatedAt => Some(last.created_at),
            Order::LastMessageAt => Some(last.last_message_at),
            Order::WaitingSince => last.waiting_since,
        },
        id: last.id,
    })))
}

fn names<T: Copy>(
    list: &Option<List<T>>,
    name: fn(T) -> &'static str,
) -> Option<Vec<&'static str>> {
    list.as_ref()
        .map(|List(values)| values.iter().map(|value| name(*value)).collect())
}

/// A conversation to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConversation {
    /// The customer.
    customer_id: Uuid,
    /// The kind of channel.
    channel_type: ChannelType,
    /// The channel.
    channel_id: Option<Uuid>,
    /// What it is about.
    #[schema(max_length = 1000)]
    subject: Option<String>,
    /// How urgent it is; normal when nothing is said.
    priority: Option<Priority>,
    /// Its tags.
    #[serde(default)]
    tags: Vec<String>,
    /// Its language, a BCP 47 tag; else the customer's.
    language: Option<String>,
    /// The workspace's own attributes.
    #[serde(default)]
    #[schema(value_type = Object)]
    custom_attributes: Map<String, Value>,
}

/// Begin a conversation
///
/// Begins a conversation with a customer; a message is sent in it afterwards.
#[utoipa::path(post, path = "/conversations", tag = "Conversations", security(("session" = ["agent"])),
    request_body = NewConversation,
    responses((status = CREATED, description = "It was begun.", body = Conversation, headers(("ETag" = String), ("Location" = String)))))]
async fn create_conversation(
    scope: Scoped<Agent>,
    input::Json(new): input::Json<NewConversation>,
) -> Answer<Created<Conversation>> {
    let workspace = scope.workspace();
    let (channel_type, priority) = (
        new.channel_type.name(),
        new.priority.unwrap_or(Priority::Normal).name(),
    );
    let id: Option<Id> = Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("customer_id", &new.customer_id)
        .bind("channel_type", &channel_type)
        .bind("channel_id", &new.channel_id)
        .bind("subject", &new.subject)
        .bind("priority", &priority)
        .bind("tags", &new.tags)
        .bind("language", &new.language)
        .bind("custom_attributes", &Jsonb(&new.custom_attributes))
        .optional(&scope)
        .await?;
    let Some(Id { id }) = id else {
        return Err(Problem::new(Code::UnknownReference)
            .at("customer_id", "refers to no customer of this workspace"));
    };
    let made = conversation(&scope, id).await?;
    Ok(Created {
        path: format!("/conversations/{id}"),
        version: Some(made.updated_at),
        body: made,
    })
}

record! {
    /// The id of a row.
    pub struct Id {
        /// The id.
        pub id: Uuid,
    }
}

async fn conversation<N>(scope: &Scoped<N>, id: Uuid) -> Answer<Conversation> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

async fn shown<N>(scope: &Scoped<N>, id: Uuid) -> Answer<Versioned<Json<Conversation>>> {
    let found = conversation(scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// Read a conversation
#[utoipa::path(get, path = "/conversations/{id}", tag = "Conversations", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The conversation.")),
    responses((status = OK, description = "The conversation.", body = Conversation, headers(("ETag" = String)))))]
async fn read_conversation(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<Conversation>>> {
    shown(&scope, id).await
}

/// What to change of a conversation. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConversationChange {
    /// What it is about; null for nothing.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>, max_length = 1000)]
    subject: Option<Option<String>>,
    /// How urgent it is.
    priority: Option<Priority>,
    /// Its tags, all of them.
    tags: Option<Vec<String>>,
    /// Its language, a BCP 47 tag.
    language: Option<String>,
    /// The department it belongs to.
    department: Option<String>,
    /// The workspace's own attributes, all of them.
    #[schema(value_type = Option<Object>)]
    custom_attributes: Option<Map<String, Value>>,
}

/// Change a conversation
///
/// Its subject, priority, tags, language, department and attributes. Status and agent are changed by the operations for them.
#[utoipa::path(patch, path = "/conversations/{id}", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    request_body = ConversationChange,
    responses((status = OK, description = "It was changed.", body = Conversation, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn change_conversation(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<ConversationChange>,
) -> Answer<Versioned<Json<Conversation>>> {
    let workspace = scope.workspace();
    let priority = change.priority.map(Priority::name);
    let (changes_subject, subject) = (change.subject.is_some(), change.subject.flatten());
    let custom_attributes = change.custom_attributes.map(Jsonb);
    let changed = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("changes_subject", &changes_subject)
        .bind("subject", &subject)
        .bind("priority", &priority)
        .bind("tags", &change.tags)
        .bind("language", &change.language)
        .bind("department", &change.department)
        .bind("custom_attributes", &custom_attributes)
        .filter("version", &version.0)
        .execute(&scope)
        .await?;
    if changed == 0 {
        return Err(version.explain(conversation(&scope, id).await.is_ok()));
    }
    shown(&scope, id).await
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The customer has what he needs.
    Solved,
    /// It went elsewhere.
    Escalated,
    /// The customer went away.
    Abandoned,
    /// Nobody needed an answer.
    Spam,
}

impl Resolution {
    fn name(self) -> &'static str {
        match self {
            Resolution::Solved => "solved",
            Resolution::Escalated => "escalated",
            Resolution::Abandoned => "abandoned",
            Resolution::Spam => "spam",
        }
    }
}

/// How to end a conversation.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Resolve {
    /// How it ended.
    resolution_type: Option<Resolution>,
    /// Whether it is closed for good; a message of the customer then begins another.
    is_final: bool,
}

/// Resolve a conversation
///
/// Resolving twice changes nothing.
#[utoipa::path(post, path = "/conversations/{id}/resolve", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation.")), request_body = Resolve,
    responses((status = OK, description = "It is resolved.", body = Conversation, headers(("ETag" = String)))))]
async fn resolve_conversation(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(how): input::Json<Resolve>,
) -> Answer<Versioned<Json<Conversation>>> {
    let resolution_type = how.resolution_type.map(Resolution::name);
    let status = Status::of_end(how.is_final).name();
    Statement::new(include_str!("resolve.sql"))
        .bind("id", &id)
        .bind("resolution_type", &resolution_type)
        .bind("status", &status)
        .execute(&scope)
        .await?;
    shown(&scope, id).await
}

/// Reopen a conversation
///
/// With the agent it had.
#[utoipa::path(post, path = "/conversations/{id}/reopen", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation.")),
    responses((status = OK, description = "It is open.", body = Conversation, headers(("ETag" = String)))))]
async fn reopen_conversation(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<Conversation>>> {
    Statement::new(include_str!("reopen.sql"))
        .bind("id", &id)
        .execute(&scope)
        .await?;
    shown(&scope, id).await
}
