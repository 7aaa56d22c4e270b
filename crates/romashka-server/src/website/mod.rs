//! What the visitor of a site may do: see the widget, write, and read what was said with him.
//!
//! Invariants: a visitor has no rights but what the database's verbs give to the two tokens, the widget's from the page and
//! his own; a page that the widget must not be on is refused to a browser whatever it asks; a message that is sent again is
//! stored once; his token is answered once and kept as a hash alone.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use romashka_channels::website::input as rules;
use romashka_channels::website::limits::{Action, LIMITS, Scope};
use romashka_channels::website::origin::AllowedPages;
use romashka_channels::website::session::{VisitorToken, is_widget_token};
use romashka_db::scope::OwnedScope;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::cursor;
use crate::input::{self, Path, Query};
use crate::observe::Caller;
use crate::page::Page;
use crate::problem::{Answer, Code, Document, Problem};
use crate::rate_limit::take_shared;
use crate::record;
use crate::scoped::{Anonymous, Service};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(read_widget))
        .routes(routes!(create_visitor))
        .routes(routes!(send_visitor_message, list_visitor_messages))
}

/// Rows of a page, as the database's verb gives them.
const PAGE_ROWS: usize = 200;

record! {
    /// A widget as visitors see it.
    pub struct Widget {
        /// What it is called.
        pub name: String,
        /// The workspace's language.
        pub language: Option<String>,
        /// Colours, texts, position, form before the chat.
        #[schema(value_type = Object)]
        pub configuration: StoredJson,
        /// The hosts it may be on: checked here, of no use to the page.
        #[serde(skip)]
        pub allowed_domains: Vec<String>,
    }
}

record! {
    /// Something that was said.
    pub struct VisitorMessage {
        /// Its id.
        pub id: Uuid,
        /// Who said it: `user` (the visitor), `agent` or `ai`.
        pub sender_type: String,
        /// What.
        pub content: String,
        /// When.
        pub created_at: Timestamp,
    }
}

record! {
    /// Where a visitor's message was stored.
    pub struct StoredMessage {
        /// The conversation.
        pub conversation_id: Uuid,
        /// The message.
        pub message_id: Uuid,
    }
}

/// A visitor who begins.
#[derive(Serialize, ToSchema)]
pub struct NewVisitor {
    /// The visitor's token: it is shown here alone. Send it as `Authorization: Bearer`.
    #[schema(example = "rmv_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    pub visitor_token: String,
}

/// A message of a visitor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"content": "Where is my parcel?", "client_message_id": "01890a5d-ac96-774b-bcce-b302099a8057"}))]
pub struct SendVisitorMessage {
    /// The text.
    #[schema(min_length = 1, max_length = 10000)]
    content: String,
    /// An id that the page makes for the message. The same one is stored once.
    client_message_id: Uuid,
    /// The name the visitor gives himself.
    #[schema(max_length = 128)]
    name: Option<String>,
    /// The address he gives: a claim, which joins him to nobody.
    #[schema(max_length = 254)]
    email: Option<String>,
}

/// Which messages are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListVisitorMessages {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Read a widget
///
/// By the public token that stands in the page. Pages that the widget may be on may ask from a browser.
#[utoipa::path(get, path = "/website/{widget}", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token.")),
    responses((status = OK, description = "The widget.", body = Widget),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json")))]
async fn read_widget(
    State(server): State<Server>,
    scope: Anonymous,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Answer<Response> {
    let (widget, origin) = open(&server, &scope, &headers, &token).await?;
    let mut response = Json(widget).into_response();
    let answered = response.headers_mut();
    answered.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin.and_then(|origin| HeaderValue::from_str(&origin).ok()) {
        answered.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    Ok(response)
}

/// Begin as a visitor
///
/// Gives a token by which the browser is known from then on. Nothing is stored before the first message.
#[utoipa::path(post, path = "/website/{widget}/visitors", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token.")),
    responses((status = CREATED, description = "The visitor.", body = NewVisitor),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json")))]
async fn create_visitor(
    State(server): State<Server>,
    scope: Anonymous,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Answer<(StatusCode, Json<NewVisitor>)> {
    open(&server, &scope, &headers, &token).await?;
    let visitor_token = VisitorToken::new(rand::random()).expose().to_owned();
    Ok((StatusCode::CREATED, Json(NewVisitor { visitor_token })))
}

/// Write as a visitor
///
/// Opens the visitor's conversation or goes on with it. The same `client_message_id` is stored once.
#[utoipa::path(post, path = "/website/{widget}/messages", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token.")),
    request_body = SendVisitorMessage,
    responses((status = CREATED, description = "It is stored.", body = StoredMessage),
        (status = UNAUTHORIZED, description = "The visitor's token is missing or none.", body = Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many messages.", body = Document, content_type = "application/problem+json")))]
async fn send_visitor_message(
    State(server): State<Server>,
    scope: Service,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(token): Path<String>,
    input::Json(message): input::Json<SendVisitorMessage>,
) -> Answer<(StatusCode, Json<StoredMessage>)> {
    open(&server, &scope, &headers, &token).await?;
    let visitor = visitor(&headers)?;
    let content = rules::message(&message.content).map_err(|error| wrong("content", error))?;
    let name = message
        .name
        .map(|name| rules::line(&name, rules::NAME_LIMIT))
        .transpose()
        .map_err(|error| wrong("name", error))?;
    let email = message
        .email
        .map(|email| rules::email(&email))
        .transpose()
        .map_err(|error| wrong("email", error))?;
    take_from_network(&scope, &caller).await?;
    let client_message_id = message.client_message_id.to_string();
    let stored = Statement::new(include_str!("send.sql"))
        .bind("widget", &token)
        .bind("visitor", &visitor.expose())
        .bind("content", &content)
        .bind("name", &name)
        .bind("email", &email)
        .bind("client_message_id", &client_message_id)
        .one(&scope)
        .await?;
    Ok((StatusCode::CREATED, Json(stored)))
}

/// Read what was said
///
/// With this visitor on this website, oldest first. Nothing from another channel, and no notes.
#[utoipa::path(get, path = "/website/{widget}/messages", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token."), ListVisitorMessages),
    responses((status = OK, description = "A page.", body = Page<VisitorMessage>),
        (status = UNAUTHORIZED, description = "The visitor's token is missing or none.", body = Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json")))]
async fn list_visitor_messages(
    State(server): State<Server>,
    scope: Anonymous,
    headers: HeaderMap,
    Path(token): Path<String>,
    Query(wanted): Query<ListVisitorMessages>,
) -> Answer<Json<Page<VisitorMessage>>> {
    open(&server, &scope, &headers, &token).await?;
    let visitor = visitor(&headers)?;
    let after: Option<Timestamp> = wanted.cursor.as_deref().map(cursor::decode).transpose()?;
    let rows: Vec<VisitorMessage> = Statement::new(include_str!("history.sql"))
        .bind("visitor", &visitor.expose())
        .bind("widget", &token)
        .bind("after", &after)
        .all(&scope)
        .await?;
    Ok(Json(page(rows)))
}

/// A page of what the verb gave. It goes on after a time, so messages of the time at which it was cut are left to the next.
fn page(mut rows: Vec<VisitorMessage>) -> Page<VisitorMessage> {
    let mut next_cursor = None;
    if rows.len() >= PAGE_ROWS
        && let Some(cut) = rows.last().map(|last| last.created_at)
    {
        let whole = rows.partition_point(|row| row.created_at < cut);
        if whole > 0 {
            rows.truncate(whole);
        }
        next_cursor = rows.last().map(|last| cursor::encode(&last.created_at));
    }
    Page {
        data: rows,
        next_cursor,
    }
}

/// The widget of a token, and the origin of the page that asks, when a browser told it and it may.
async fn open(
    server: &Server,
    scope: &OwnedScope,
    headers: &HeaderMap,
    token: &str,
) -> Answer<(Widget, Option<String>)> {
    if !is_widget_token(token) {
        return Err(Problem::not_found());
    }
    let widget: Widget = Statement::new(include_str!("settings.sql"))
        .bind("widget", &token)
        .one(scope)
        .await?;
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok((widget, None));
    };
    let allowed = origin
        .to_str()
        .ok()
        .and_then(|origin| allowed_origin(server, &widget, origin));
    match allowed {
        Some(origin) => Ok((widget, Some(origin))),
        None => Err(Problem::new(Code::CrossSite).detail("The widget is not for this page")),
    }
}

fn allowed_origin(server: &Server, widget: &Widget, origin: &str) -> Option<String> {
    let own = server.public_url.origin();
    if Url::parse(origin).is_ok_and(|url| url.origin() == own) {
        return Some(own.ascii_serialization());
    }
    // A list with an entry that is no host allows nothing: it was meant to keep pages out.
    AllowedPages::parse(widget.allowed_domains.iter().map(String::as_str))
        .ok()?
        .allowed_origin(origin)
}

fn visitor(headers: &HeaderMap) -> Answer<VisitorToken> {
    let sent = headers
        .get(header::AUTHORIZATION)
        .ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    sent.to_str()
        .ok()
        .and_then(|text| VisitorToken::from_authorization(text).ok())
        .ok_or_else(|| Problem::new(Code::InvalidToken))
}

fn wrong(field: &str, error: rules::InputError) -> Problem {
    Problem::field(field, error.to_string())
}

/// Counts what comes from one network; what one visitor writes is counted by the database's verb.
async fn take_from_network(scope: &OwnedScope, caller: &Caller) -> Answer<()> {
    for limit in LIMITS {
        if limit.action == Action::Message && limit.scope == Scope::Address {
            let hash = Sha256::digest(caller.network().as_bytes());
            let key = format!("visitors:{}", hex::encode(&hash[..16]));
            take_shared(scope, &key, limit.count, limit.period).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(second: i64) -> VisitorMessage {
        VisitorMessage {
            id: Uuid::nil(),
            sender_type: "user".to_owned(),
            content: String::new(),
            created_at: Timestamp::from_second(second).expect("a time"),
        }
    }

    #[test]
    fn messages_of_one_time_are_not_divided_between_pages() {
        let short = page((0..199).map(said).collect());
        assert_eq!((short.data.len(), short.next_cursor), (199, None));
        let cut = page((0..198).chain([198, 198]).map(said).collect());
        assert_eq!(cut.data.len(), 198);
        let place: Timestamp =
            cursor::decode(&cut.next_cursor.expect("another page")).expect("a place");
        assert_eq!(place, Timestamp::from_second(197).expect("a time"));
    }
}
