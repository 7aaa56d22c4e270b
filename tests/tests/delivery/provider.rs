//! A provider on loopback: writes down what it is sent, and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit, Mac};
use romashka_db::envelope::{Keyring, Place};
use romashka_server::ServerSettings;
use romashka_tests::{Api, explain};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

/// What the provider was sent.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// How it answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// As a provider that takes the message.
    Taken,
    Status(u16, Vec<(&'static str, String)>, String),
    Bytes(u16, Vec<(&'static str, String)>, Vec<u8>),
}

#[derive(Default)]
struct Book {
    /// How long an answer takes.
    delay: Duration,
    received: Vec<Received>,
    replies: VecDeque<Reply>,
    /// What is answered whenever a path begins so; the last one that fits.
    pages: Vec<(String, Reply)>,
}

#[derive(Clone)]
pub struct Provider {
    pub address: String,
    book: Arc<Mutex<Book>>,
}

impl Provider {
    pub async fn start() -> Provider {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let book = Arc::new(Mutex::new(Book::default()));
        let app = Router::new().fallback(answer).with_state(book.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.expect("serving") });
        Provider { address, book }
    }

    pub fn reply(&self, reply: Reply) {
        self.book.lock().expect("the book").replies.push_back(reply);
    }

    /// Answers every request whose path begins so like this, until another answer is given for it.
    pub fn page(&self, path: &str, reply: Reply) {
        let mut book = self.book.lock().expect("the book");
        book.pages.push((path.to_owned(), reply));
    }

    /// What was asked of a path that begins so.
    pub fn received_at(&self, path: &str) -> Vec<Received> {
        let received = self.received().into_iter();
        received
            .filter(|received| received.path.starts_with(path))
            .collect()
    }

    pub fn take_time(&self, delay: Duration) {
        self.book.lock().expect("the book").delay = delay;
    }

    pub fn received(&self) -> Vec<Received> {
        self.book.lock().expect("the book").received.clone()
    }

    /// Settings of a server whose providers are this one.
    pub fn settings(&self) -> ServerSettings {
        let mut settings = romashka_tests::api::settings();
        let url: reqwest::Url = self.address.parse().expect("an address");
        settings.providers.whatsapp = url.clone();
        settings.providers.twilio = url.clone();
        settings.webhook_policy.allow_http = true;
        settings.webhook_policy.ports = vec![url.port().expect("a port")];
        settings.webhook_policy.guard.allowed = vec!["127.0.0.0/8".parse().expect("a network")];
        settings
    }
}

async fn answer(
    State(book): State<Arc<Mutex<Book>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (reply, number, delay) = {
        let mut book = book.lock().expect("the book");
        book.received.push(Received {
            path: uri.to_string(),
            headers,
            body: body.to_vec(),
        });
        let path = uri.to_string();
        let page = book
            .pages
            .iter()
            .rev()
            .find(|page| path.starts_with(&page.0));
        let page = page.map(|page| page.1.clone());
        (
            page.unwrap_or_else(|| book.replies.pop_front().unwrap_or(Reply::Taken)),
            book.received.len(),
            book.delay,
        )
    };
    tokio::time::sleep(delay).await;
    match reply {
        Reply::Taken if uri.path().contains("/2010-04-01/") => {
            let sid = format!("SM{number:032x}");
            (StatusCode::CREATED, axum::Json(json!({"sid": sid, "status": "queued"}))).into_response()
        }
        Reply::Taken => axum::Json(json!({
            "messaging_product": "whatsapp", "contacts": [], "messages": [{"id": format!("wamid.{number}")}]
        }))
        .into_response(),
        Reply::Status(status, headers, body) => answer_of(status, headers, body.into_bytes()),
        Reply::Bytes(status, headers, body) => answer_of(status, headers, body),
    }
}

fn answer_of(status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Response {
    let mut response = (StatusCode::from_u16(status).expect("a status"), body).into_response();
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, value.parse().expect("a header"));
    }
    response
}

/// A WhatsApp channel of a workspace.
pub struct Channel {
    pub id: Uuid,
    pub token: String,
}

pub const APP_SECRET: &str = "app secret of a test";
pub const AUTH_TOKEN: &str = "0123456789abcdef0123456789abcdef";
pub const ACCOUNT: &str = "AC00000000000000000000000000000001";

/// Sets a channel up as `romashka channel add` does: credentials sealed for its own place.
pub async fn channel(
    api: &Api,
    workspace: Uuid,
    kind: &str,
    configuration: &Value,
    credentials: &Value,
) -> Channel {
    let keys = &api.serving().server().keys;
    let owner = api.database.owner();
    store_channel(owner, keys, workspace, kind, configuration, credentials).await
}

pub async fn store_channel(
    owner: &tokio_postgres::Client,
    keys: &Keyring,
    workspace: Uuid,
    kind: &str,
    configuration: &Value,
    credentials: &Value,
) -> Channel {
    let id = Uuid::new_v4();
    let place = Place {
        table: "communication_channels",
        column: "api_credentials",
        workspace,
        row: id,
    };
    let sealed = keys.seal_json(place, credentials.to_string().as_bytes());
    owner
        .execute(
            "insert into public.communication_channels (id, workspace_id, name, type, configuration, api_credentials) values ($1, $2, 'of a test', $3, $4, $5)",
            &[&id, &workspace, &kind, configuration, &sealed],
        )
        .await
        .unwrap_or_else(|error| panic!("a channel: {}", explain(&error)));
    let token = owner
        .query_one(
            "select public.channel_token($1, false, $2)",
            &[&id, &workspace],
        )
        .await
        .expect("a token")
        .get(0);
    Channel { id, token }
}

pub async fn whatsapp(api: &Api, workspace: Uuid) -> Channel {
    let (configuration, credentials) = whatsapp_account();
    channel(api, workspace, "whatsapp", &configuration, &credentials).await
}

/// What a WhatsApp channel is set up with.
pub fn whatsapp_account() -> (Value, Value) {
    (
        json!({"phone_number_id": "1111"}),
        json!({"access_token": "token of a test", "app_secret": APP_SECRET, "verify_token": "verify me"}),
    )
}

pub async fn sms(api: &Api, workspace: Uuid) -> Channel {
    channel(
        api,
        workspace,
        "sms",
        &json!({"account_sid": ACCOUNT, "number": "+15005550006"}),
        &json!({"auth_token": AUTH_TOKEN}),
    )
    .await
}

/// Signs as Meta does.
pub fn meta_signature(body: &[u8], secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
    mac.update(body);
    let digits: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256={digits}")
}

/// A delivery of Meta with these messages, `(id, from, text)`.
pub fn delivery_of(messages: &[(String, String, String)], at: i64) -> Value {
    let items: Vec<Value> = messages
        .iter()
        .map(|(id, from, text)| {
            json!({"from": from, "id": id, "timestamp": at.to_string(), "type": "text", "text": {"body": text}})
        })
        .collect();
    let contacts: Vec<Value> = messages
        .iter()
        .map(|(_, from, _)| json!({"wa_id": from, "profile": {"name": "Ann"}}))
        .collect();
    value_of(&json!({"contacts": contacts, "messages": items}))
}

/// A delivery of Meta with a value of the field `messages`.
pub fn value_of(parts: &Value) -> Value {
    let mut value = json!({"messaging_product": "whatsapp", "metadata": {"display_phone_number": "15550001111", "phone_number_id": "1111"}});
    for (name, part) in parts.as_object().expect("an object") {
        value[name] = part.clone();
    }
    json!({"object": "whatsapp_business_account", "entry": [{"id": "2222", "changes": [{"field": "messages", "value": value}]}]})
}

/// Posts a delivery of Meta, signed.
pub async fn post_whatsapp(api: &Api, token: &str, body: &Value) -> u16 {
    let bytes = body.to_string().into_bytes();
    api.request(reqwest::Method::POST, &format!("/hooks/whatsapp/{token}"))
        .header("x-hub-signature-256", meta_signature(&bytes, APP_SECRET))
        .header("content-type", "application/json")
        .body(bytes)
        .send()
        .await
        .expect("an answer")
        .status()
        .as_u16()
}

/// Waits until a statement's one value is what is expected.
pub async fn until<T>(api: &Api, sql: &str, expected: T)
where
    T: for<'row> tokio_postgres::types::FromSql<'row> + PartialEq + std::fmt::Debug,
{
    romashka_tests::until(api.database.owner(), sql, expected).await;
}

pub fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs() as i64
}
