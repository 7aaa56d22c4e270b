//! The addresses that providers call.
//!
//! Invariants: the token in the address finds the channel and nothing of another workspace; nothing is read before the
//! signature over the raw bytes was checked; a success is answered only when the bytes are committed, and a database that
//! is away is answered with 503, so that the provider comes again; whatever is refused is answered with a problem document.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, OriginalUri, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use romashka_channels::sms::answer as twiml;
use romashka_channels::sms::form::Form;
use romashka_channels::sms::signature::{
    SETTINGS_HEADER, SIGNATURE_HEADER as TWILIO_SIGNATURE, Signed, SignedRequest,
    verify as verify_twilio,
};
use romashka_channels::whatsapp::read_webhook;
use romashka_channels::whatsapp::signature::{
    SIGNATURE_HEADER as META_SIGNATURE, answer_handshake, verify as verify_meta,
};
use romashka_channels::whatsapp::webhook::{BODY_LIMIT, Content};
use romashka_db::scope::OwnedScope;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::account::{AccountError, Stored, Twilio, WhatsApp};
use crate::input::{Path, Raw};
use crate::problem::{Answer, Code, Problem};
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// Longest token that is looked up; ours have 22 characters.
const TOKEN_LIMIT: usize = 64;

/// The routes. They are no part of the API: providers say what they look like.
pub fn router() -> Router<Server> {
    Router::new()
        .route(
            "/hooks/whatsapp/{token}",
            get(verify_whatsapp).post(receive_whatsapp),
        )
        .route("/hooks/sms/{token}", post(receive_sms))
        .route("/hooks/sms/{token}/status", post(receive_sms_status))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// The channel of an address.
pub(super) struct Found {
    pub(super) workspace: Uuid,
    pub(super) channel: Uuid,
    configuration: Value,
    webhook_secret: Option<String>,
    credentials: Option<Value>,
}

impl FromRow for Found {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Found {
            workspace: row.try_get("workspace_id")?,
            channel: row.try_get("channel_id")?,
            configuration: row.try_get("configuration")?,
            webhook_secret: row.try_get("webhook_secret")?,
            credentials: row.try_get("api_credentials")?,
        })
    }
}

impl Found {
    pub(super) async fn by_token(
        scope: &OwnedScope,
        channel_type: &str,
        token: &str,
    ) -> Answer<Found> {
        if token.len() > TOKEN_LIMIT {
            return Err(Problem::new(Code::UnknownPath));
        }
        Statement::new(include_str!("find.sql"))
            .bind("token", &token)
            .bind("channel_type", &channel_type)
            .optional(scope)
            .await?
            .ok_or_else(|| Problem::new(Code::UnknownPath))
    }

    pub(super) fn stored(&self) -> Stored<'_> {
        Stored {
            workspace: self.workspace,
            channel: self.channel,
            configuration: &self.configuration,
            credentials: self.credentials.as_ref(),
            webhook_secret: self.webhook_secret.as_deref(),
        }
    }
}

pub(super) fn not_believed(channel_type: &'static str, error: &dyn std::error::Error) -> Problem {
    metrics::counter!("hooks_refused_total", "channel" => channel_type).increment(1);
    tracing::debug!(channel_type, %error, "a webhook was refused");
    Problem::new(Code::InvalidToken).detail("The signature is missing or wrong")
}

pub(super) fn not_set_up(error: AccountError) -> Problem {
    // The provider comes again, and may do so after the channel was put in order.
    Problem::new(Code::Unavailable)
        .detail("The channel is not set up")
        .because(error)
}

async fn verify_whatsapp(
    State(server): State<Server>,
    Path(token): Path<String>,
    uri: Uri,
) -> Answer<Response> {
    let scope = server.service().await?;
    let found = Found::by_token(&scope, "whatsapp", &token).await?;
    scope.commit().await?;
    let account = WhatsApp::open(found.stored(), &server.keys).map_err(not_set_up)?;
    let refused = || Problem::new(Code::Forbidden).detail("The verify token is not this channel's");
    let verify_token = account.verify_token.ok_or_else(refused)?;
    let challenge =
        answer_handshake(uri.query().unwrap_or_default(), &verify_token).map_err(|_| refused())?;
    let plain = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((plain, challenge).into_response())
}

async fn receive_whatsapp(
    State(server): State<Server>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Answer<StatusCode> {
    let scope = server.service().await?;
    let found = Found::by_token(&scope, "whatsapp", &token).await?;
    let account = WhatsApp::open(found.stored(), &server.keys).map_err(not_set_up)?;
    let signatures = headers
        .get_all(META_SIGNATURE)
        .iter()
        .map(|value| value.as_bytes());
    verify_meta(signatures, &body, &account.app_secrets)
        .map_err(|error| not_believed("whatsapp", &error))?;
    let event = Received {
        source: "whatsapp",
        event_type: "webhook",
        payload: readable(&body),
        // Meta repeats a delivery as it was; its items are also told apart by themselves.
        dedupe_key: hex::encode(Sha256::digest(&body)),
        ordering_key: first_customer(&body).map(|customer| format!("{}:{customer}", found.channel)),
        headers: json!({}),
        body: &body,
    };
    event.store(&scope, &found).await?;
    scope.commit().await?;
    server.bells.intake.notify_one();
    Ok(StatusCode::OK)
}

/// The customer of the first message: what one person writes is taken in one after the other.
fn first_customer(body: &[u8]) -> Option<String> {
    let webhook = read_webhook(body).ok()?;
    webhook.items.iter().find_map(|item| match &item.content {
        Content::Message(message) => message.customer.external_id().map(str::to_owned),
        _ => None,
    })
}

/// The body as a value for people to look at. The raw one is what is worked on; a NUL has no place in the column.
fn readable(body: &[u8]) -> Value {
    serde_json::from_slice(body)
        .ok()
        .filter(|value: &Value| !value.to_string().contains("\\u0000"))
        .unwrap_or_else(|| json!({}))
}

async fn receive_sms(
    State(server): State<Server>,
    Path(token): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Answer<Response> {
    receive_twilio(&server, &token, &uri, &headers, &body, "message").await?;
    let answer = [(header::CONTENT_TYPE, twiml::CONTENT_TYPE)];
    Ok((answer, twiml::EMPTY).into_response())
}

async fn receive_sms_status(
    State(server): State<Server>,
    Path(token): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Answer<StatusCode> {
    receive_twilio(&server, &token, &uri, &headers, &body, "status").await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn receive_twilio(
    server: &Server,
    token: &str,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
    event_type: &'static str,
) -> Answer<()> {
    let scope = server.service().await?;
    let found = Found::by_token(&scope, "sms", token).await?;
    let account = Twilio::open(found.stored(), &server.keys).map_err(not_set_up)?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_form = text("content-type")
        .is_none_or(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let form = Form::parse(if is_form { body } else { b"" });
    let url = public_url(server, uri);
    let request = SignedRequest {
        url: &url,
        signed: if is_form {
            Signed::Form(&form)
        } else {
            Signed::Bytes(body)
        },
        signature: text(TWILIO_SIGNATURE),
        settings: text(SETTINGS_HEADER),
    };
    verify_twilio(request, &account.keys).map_err(|error| not_believed("sms", &error))?;
    let sid = form.get("MessageSid").or_else(|| form.get("SmsSid"));
    let event = Received {
        source: "sms",
        event_type,
        payload: form
            .parameters()
            .iter()
            .map(|(name, value)| (name.replace('\0', ""), json!(value.replace('\0', ""))))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        dedupe_key: match (event_type, sid) {
            ("message", Some(sid)) if sid.len() < 100 => format!("message:{sid}"),
            _ => hex::encode(Sha256::digest(body)),
        },
        ordering_key: form
            .get(if event_type == "message" {
                "From"
            } else {
                "MessageSid"
            })
            .filter(|key| key.len() < 200)
            .map(|key| format!("{}:{}", found.channel, key.replace('\0', ""))),
        headers: json!({ "query": uri.query().unwrap_or_default() }),
        body,
    };
    event.store(&scope, &found).await?;
    scope.commit().await?;
    server.bells.intake.notify_one();
    Ok(())
}

/// The address as the provider called it: what a proxy made of host and scheme plays no role.
fn public_url(server: &Server, uri: &Uri) -> String {
    let path = uri
        .path_and_query()
        .map_or_else(|| uri.path(), |whole| whole.as_str());
    format!("{}{path}", server.public_url.as_str().trim_end_matches('/'))
}

struct Received<'a> {
    source: &'static str,
    event_type: &'static str,
    payload: Value,
    dedupe_key: String,
    ordering_key: Option<String>,
    headers: Value,
    body: &'a [u8],
}

impl Received<'_> {
    async fn store(&self, scope: &OwnedScope, found: &Found) -> Answer<()> {
        let (payload, headers) = (Json(&self.payload), Json(&self.headers));
        // The address belongs to one channel, and so does what was received there.
        let dedupe_key = format!("{}:{}", found.channel, self.dedupe_key);
        let _: Uuid = Statement::new(include_str!("receive.sql"))
            .bind("source", &self.source)
            .bind("event_type", &self.event_type)
            .bind("payload", &payload)
            .bind("dedupe_key", &dedupe_key)
            .bind("ordering_key", &self.ordering_key)
            .bind("channel", &found.channel)
            .bind("headers", &headers)
            .bind("raw_body", &self.body)
            .bind("workspace", &found.workspace)
            .value(scope)
            .await?;
        metrics::counter!("hooks_received_total", "channel" => self.source).increment(1);
        Ok(())
    }
}
