//! What a visitor writes, and what was said with him.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Extension;
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use romashka_channels::email::display::clean_outgoing;
use romashka_channels::website::form::{check_answers, looks_automatic};
use romashka_channels::website::input as rules;
use romashka_channels::website::limits::Action;
use romashka_channels::website::upload::FILES_PER_MESSAGE;
use romashka_db::scope::OwnedScope;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_postgres::Row;
use tokio_postgres::types::Json as Jsonb;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::widget::{Found, form_of};
use super::{Session, take, wrong};
use crate::cursor;
use crate::input::{self, Path, Query};
use crate::observe::Caller;
use crate::problem::{Answer, Code, Document, Problem};
use crate::record;
use crate::scoped::Service;
use crate::statement::{FromRow, Statement};

/// Messages of a page.
const PAGE: i32 = 50;

/// Something that was said.
#[derive(Debug, Serialize, ToSchema)]
pub struct VisitorMessage {
    /// Its id.
    pub id: Uuid,
    /// Its place in the talk: texts that are in the order of the messages.
    seq: String,
    /// The conversation.
    conversation_id: Uuid,
    /// Who said it: `user` (the visitor), `agent` or `ai`.
    sender_type: String,
    /// The agent: `name`, `avatar_url`.
    #[schema(value_type = Option<Object>)]
    author: Option<Value>,
    /// What.
    content: String,
    /// The same as cleaned HTML, where there is one.
    content_html: Option<String>,
    /// When.
    created_at: Timestamp,
    /// The page's own id, of the visitor's messages.
    client_message_id: Option<String>,
    /// `sent`, `delivered` or `read`.
    status: String,
    /// Files: `id`, `filename`, `mime_type`, `file_size`, `is_image`.
    #[schema(value_type = Vec<Object>)]
    attachments: Value,
    /// Answers that are offered: `title`, `value`.
    #[schema(value_type = Vec<Object>)]
    quick_replies: Value,
    /// What an answer of the assistant rests on: `title`, `url`.
    #[schema(value_type = Vec<Object>)]
    sources: Value,
}

impl FromRow for VisitorMessage {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let (id, created_at): (Uuid, Timestamp) = (row.try_get("id")?, row.try_get("created_at")?);
        let html: Option<String> = row.try_get("html")?;
        // What an integration stored beside them is no visitor's.
        let only = |list: Value, keys: [&str; 2]| -> Value {
            list.as_array()
                .into_iter()
                .flatten()
                .filter(|entry| entry[keys[0]].is_string())
                .take(20)
                .map(|entry| json!({ keys[0]: entry[keys[0]], keys[1]: entry[keys[1]].as_str() }))
                .collect()
        };
        Ok(VisitorMessage {
            id,
            seq: format!("{:016x}{}", created_at.as_microsecond(), id.simple()),
            conversation_id: row.try_get("conversation_id")?,
            sender_type: row.try_get("sender_type")?,
            author: row.try_get("author")?,
            content: row.try_get("content")?,
            content_html: html.map(|html| clean_outgoing(&html)),
            created_at,
            client_message_id: row.try_get("client_message_id")?,
            status: row.try_get("status")?,
            attachments: row.try_get("attachments")?,
            quick_replies: only(row.try_get("quick_replies")?, ["title", "value"]),
            sources: only(row.try_get("sources")?, ["title", "url"]),
        })
    }
}

/// Messages of a session: some by their ids, those behind a place, or the newest before one.
pub async fn read_messages(
    scope: &OwnedScope,
    session: Uuid,
    ids: Option<&[Uuid]>,
    before: Option<(Timestamp, Uuid)>,
    after: Option<(Timestamp, Uuid)>,
    row_limit: i32,
) -> Answer<Vec<VisitorMessage>> {
    let (before_at, before_id) = (before.map(|place| place.0), before.map(|place| place.1));
    let (after_at, after_id) = (after.map(|place| place.0), after.map(|place| place.1));
    Statement::new(include_str!("messages.sql"))
        .bind("session", &session)
        .bind("before_at", &before_at)
        .bind("before_id", &before_id)
        .bind("after_at", &after_at)
        .bind("after_id", &after_id)
        .bind("ids", &ids)
        .bind("row_limit", &row_limit)
        .all(scope)
        .await
}

/// The answers to the form before a chat.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormAnswers {
    /// By the fields' keys.
    answers: BTreeMap<String, String>,
    /// How many seconds the form was shown.
    #[serde(default)]
    seconds: u64,
    /// A field that people do not see: empty.
    #[serde(default)]
    website: String,
}

/// A message of a visitor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"content": "Where is my parcel?", "client_message_id": "01890a5d-ac96-774b-bcce-b302099a8057"}))]
pub struct SendVisitorMessage {
    /// The text; it may be empty beside files.
    #[schema(max_length = 10000)]
    content: String,
    /// An id that the page makes for the message. The same one is stored once.
    client_message_id: Uuid,
    /// The name the visitor gives himself.
    #[schema(max_length = 128)]
    name: Option<String>,
    /// The address he gives: a claim, which joins him to nobody.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// The number he gives: a claim.
    #[schema(max_length = 20)]
    phone: Option<String>,
    /// The form before the chat.
    form: Option<FormAnswers>,
    /// Files that he uploaded before.
    #[serde(default)]
    #[schema(max_items = 5)]
    attachment_ids: Vec<Uuid>,
    /// The page he looks at.
    #[schema(max_length = 2048)]
    page_url: Option<String>,
    /// Its title.
    page_title: Option<String>,
}

record! {
    /// Where a visitor's message was stored.
    pub struct StoredMessage {
        /// The conversation.
        pub conversation_id: Uuid,
        /// The message.
        pub message_id: Uuid,
        /// When it was stored.
        pub created_at: Timestamp,
        /// Whether it began a talk.
        #[serde(skip)]
        pub is_new_conversation: bool,
        /// Whether it was there already.
        #[serde(skip)]
        pub is_duplicate: bool,
    }
}

record! {
    /// What is known of a visitor who writes.
    pub struct Known {
        /// Whether he has a talk that goes on.
        pub has_talk: bool,
        /// Whether an address of his is known.
        pub has_email: bool,
    }
}

/// Write as a visitor
///
/// Opens the visitor's conversation or goes on with it. The same `client_message_id` is stored once.
#[utoipa::path(post, path = "/website/{widget}/messages", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token.")),
    request_body = SendVisitorMessage,
    responses((status = CREATED, description = "It is stored.", body = StoredMessage),
        (status = UNAUTHORIZED, description = "The visitor's token is missing or not valid.", body = Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many messages.", body = Document, content_type = "application/problem+json")))]
pub async fn send_visitor_message(
    scope: Service,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(widget): Path<String>,
    input::Json(message): input::Json<SendVisitorMessage>,
) -> Answer<(StatusCode, Json<StoredMessage>)> {
    let session = Session::of(&scope, &headers, &widget).await?;
    let files = message.attachment_ids;
    if files.len() > FILES_PER_MESSAGE {
        return Err(Problem::field(
            "attachment_ids",
            "a message has at most 5 files",
        ));
    }
    let content = match rules::message(&message.content) {
        Err(rules::InputError::Empty) if !files.is_empty() => String::new(),
        other => other.map_err(|error| wrong("content", error))?,
    };
    let known: Known = Statement::new(include_str!("known.sql"))
        .bind("session", &session.id)
        .bind("workspace", &session.workspace)
        .bind("visitor", &session.visitor)
        .one(&scope)
        .await?;
    let answers = answers(&session, message.form, &known)?;
    let of_form = |key: &str| answers.get(key).cloned();
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let name = given(message.name)
        .or_else(|| of_form("name"))
        .map(|name| rules::line(&name, rules::NAME_LIMIT))
        .transpose()
        .map_err(|error| wrong("name", error))?;
    let email = given(message.email)
        .or_else(|| of_form("email"))
        .map(|email| rules::email(&email))
        .transpose()
        .map_err(|error| wrong("email", error))?;
    let phone = given(message.phone)
        .or_else(|| of_form("phone"))
        .map(|phone| rules::phone(&phone))
        .transpose()
        .map_err(|error| wrong("phone", error))?;
    let has_email = email.is_some() || session.email.is_some() || known.has_email;
    if session.is_on("require_email_offline", false) && !has_email {
        let available = Found::of(&scope, &widget).await?.availability;
        if available["open"] != true || available["agents_online"] != true {
            return Err(Problem::field("email", "is needed while nobody is there"));
        }
    }
    take(&scope, Action::Message, Some(session.id), &caller).await?;
    let mut details = serde_json::Map::new();
    // An address that is none is left out: the page is the browser's, not the visitor's.
    if let Some(page) = message.page_url.and_then(|page| rules::page(&page).ok()) {
        details.insert("page_url".to_owned(), page.into());
    }
    if let Some(title) = message
        .page_title
        .and_then(|title| rules::line(&title, 500).ok())
    {
        details.insert("page_title".to_owned(), title.into());
    }
    if !answers.is_empty() {
        // With the text that was agreed to; the time is the message's.
        let form: Vec<Value> = form_of(&session.configuration)
            .into_iter()
            .filter_map(|field| {
                let value = answers.get(&field.key)?;
                Some(json!({"key": field.key, "label": field.label, "value": value}))
            })
            .collect();
        details.insert("form".to_owned(), form.into());
    }
    let client_message_id = message.client_message_id.to_string();
    let stored: StoredMessage = Statement::new(include_str!("send.sql"))
        .bind("session", &session.id)
        .bind("content", &content)
        .bind("name", &name)
        .bind("email", &email)
        .bind("phone", &phone)
        .bind("client_message_id", &client_message_id)
        .bind("details", &Jsonb(&details))
        .bind("answers", &Jsonb(&answers))
        .bind("files", &files)
        .one(&scope)
        .await
        .map_err(|problem| match problem.code() {
            Code::Unauthenticated => Problem::new(Code::InvalidToken),
            _ => problem,
        })?;
    if stored.is_new_conversation {
        take(&scope, Action::NewConversation, Some(session.id), &caller).await?;
    }
    Ok((StatusCode::CREATED, Json(stored)))
}

/// The answers that are kept. A talk does not begin without those that are required.
fn answers(
    session: &Session,
    form: Option<FormAnswers>,
    known: &Known,
) -> Answer<BTreeMap<String, String>> {
    let fields = form_of(&session.configuration);
    if form.is_none() && (known.has_talk || fields.is_empty()) {
        return Ok(BTreeMap::new());
    }
    if let Some(form) = &form
        && looks_automatic(&form.website, form.seconds)
    {
        return Err(Problem::field(
            "form",
            "was filled in too fast: try again in a moment",
        ));
    }
    let mut proven = Vec::new();
    if session.user_id.is_some() {
        proven.push("name");
        if session.email.is_some() {
            proven.push("email");
        }
    }
    check_answers(&fields, &form.unwrap_or_default().answers, &proven).map_err(|mistakes| {
        mistakes
            .into_iter()
            .fold(Problem::new(Code::InvalidValue), |problem, mistake| {
                problem.at(
                    format!("form.answers.{}", mistake.key),
                    mistake.source.to_string(),
                )
            })
    })
}

/// Which messages are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListVisitorMessages {
    /// `next_cursor` of a page: what follows it.
    cursor: Option<String>,
    /// `previous_cursor` of a page: what stands before it.
    before: Option<String>,
}

/// Messages, oldest first.
#[derive(Serialize, ToSchema)]
pub struct VisitorMessages {
    /// The messages.
    data: Vec<VisitorMessage>,
    /// For what follows them, where there is more.
    next_cursor: Option<String>,
    /// For what stands before them, where there is more.
    previous_cursor: Option<String>,
}

/// Read what was said
///
/// With this visitor at this widget: the newest 50, oldest first. Nothing from another channel, and no notes.
#[utoipa::path(get, path = "/website/{widget}/messages", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token."), ListVisitorMessages),
    responses((status = OK, description = "A page.", body = VisitorMessages),
        (status = UNAUTHORIZED, description = "The visitor's token is missing or not valid.", body = Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json")))]
pub async fn list_visitor_messages(
    scope: Service,
    headers: HeaderMap,
    Path(widget): Path<String>,
    Query(wanted): Query<ListVisitorMessages>,
) -> Answer<Json<VisitorMessages>> {
    let session = Session::of(&scope, &headers, &widget).await?;
    if wanted.cursor.is_some() && wanted.before.is_some() {
        return Err(Problem::new(Code::InvalidRequest).at("before", "is not given with cursor"));
    }
    let after: Option<(Timestamp, Uuid)> =
        wanted.cursor.as_deref().map(cursor::decode).transpose()?;
    let before: Option<(Timestamp, Uuid)> =
        wanted.before.as_deref().map(cursor::decode).transpose()?;
    let mut data = read_messages(&scope, session.id, None, before, after, PAGE + 1).await?;
    let has_more = data.len() > PAGE as usize;
    data.truncate(PAGE as usize);
    let place = |message: &VisitorMessage| cursor::encode(&(message.created_at, message.id));
    let (mut next_cursor, mut previous_cursor) = (None, None);
    if after.is_some() {
        next_cursor = data.last().filter(|_| has_more).map(place);
    } else {
        previous_cursor = data.last().filter(|_| has_more).map(place);
        data.reverse();
    }
    Ok(Json(VisitorMessages {
        data,
        next_cursor,
        previous_cursor,
    }))
}
