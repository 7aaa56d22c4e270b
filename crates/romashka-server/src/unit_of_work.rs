//! One request, one transaction: the layer around the handlers that ends what an extractor began.
//!
//! Invariants: a success is sent only after its transaction is committed; every other answer, a panic and a caller that goes
//! away roll it back; an `Idempotency-Key` and the answer kept under it are written in the transaction they are about; a
//! request that another transaction was in the way of is tried once more, because its first try has left nothing behind.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use romashka_db::envelope::Place;
use romashka_db::scope::OwnedScope;
use secrecy::ExposeSecret as _;
use sha2::{Digest, Sha256};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::input::is_json;
use crate::problem::{Answer, Code, Problem, Transient};
use crate::rate_limit::Allowance;
use crate::scoped::Rejection;
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// The header of a request that may be repeated.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The header of an answer that was given before.
pub const REPLAYED: &str = "idempotency-replayed";
/// Longest answer that is kept.
const LONGEST_ANSWER: usize = 1 << 20;
/// The headers of an answer that are given again with it.
const KEPT_HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// What a request has begun. Shared by the layer, the extractor and the handler's scope.
#[derive(Clone)]
pub struct Work(Arc<Mutex<State_>>);

struct State_ {
    scope: Option<OwnedScope>,
    key: Option<RequestKey>,
    claimed: Option<ClaimedRow>,
    allowance: Option<Allowance>,
}

/// The row under which the answer is kept.
#[derive(Clone, Copy)]
struct ClaimedRow {
    id: Uuid,
    workspace: Uuid,
}

impl ClaimedRow {
    /// Some answers hold a secret that is shown once, so all of them are kept encrypted.
    fn place(self) -> Place<'static> {
        Place {
            table: "idempotency_keys",
            column: "response_body",
            workspace: self.workspace,
            row: self.id,
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
struct RequestKey {
    key: String,
    hash: [u8; 32],
}

impl Work {
    fn new(key: Option<RequestKey>) -> Work {
        Work(Arc::new(Mutex::new(State_ {
            scope: None,
            key,
            claimed: None,
            allowance: None,
        })))
    }

    /// The work of a request. A route outside of the layer has none: that is a mistake of ours.
    pub fn of(parts: &Parts) -> Answer<Work> {
        parts
            .extensions
            .get::<Work>()
            .cloned()
            .ok_or_else(|| Problem::internal("the route lies outside of unit_of_work"))
    }

    fn state(&self) -> MutexGuard<'_, State_> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the answer will say of the caller's allowance.
    pub fn show(&self, allowance: Allowance) {
        self.state().allowance = Some(allowance);
    }

    /// Takes a scope over, to be ended with the request.
    pub fn keep(&self, scope: OwnedScope) -> WorkScope {
        WorkScope {
            scope: Some(scope),
            work: self.clone(),
        }
    }

    /// As [`Work::keep`], after a look at whether this request was answered before.
    pub async fn open(&self, server: &Server, scope: OwnedScope) -> Result<WorkScope, Rejection> {
        let key = self.state().key.clone();
        let Some(RequestKey { key, hash }) = key else {
            return Ok(self.keep(scope));
        };
        let hash = hash.to_vec();
        let claimed: Claimed = Statement::new(include_str!("claim_request.sql"))
            .bind("idempotency_key", &key)
            .bind("request_hash", &hash)
            .one(&scope)
            .await
            .map_err(|problem| match problem.code() {
                Code::TryAgain => Problem::new(Code::RequestInProgress).retry_after(1),
                _ => problem,
            })?;
        if claimed.is_new {
            self.state().claimed = Some(claimed.row);
            return Ok(self.keep(scope));
        }
        if !claimed.is_same {
            return Err(Problem::new(Code::IdempotencyKeyReused).into());
        }
        claimed
            .into_response(server)
            .map(|response| Err(Rejection::Replay(Box::new(response))))?
    }

    /// Ends what was begun, according to the answer.
    async fn finish(&self, server: &Server, response: Response) -> Response {
        let (scope, claimed, allowance) = {
            let mut state = self.state();
            (state.scope.take(), state.claimed, state.allowance)
        };
        let mut response = match scope {
            Some(scope) if is_success(response.status()) => {
                match keep_and_commit(server, scope, claimed, response).await {
                    Ok(response) => response,
                    Err(problem) => problem.into_response(),
                }
            }
            // Dropping the scope rolls back.
            _ => response,
        };
        if let Some(allowance) = allowance
            && !response.headers().contains_key("ratelimit-limit")
        {
            allowance.show(&mut response);
        }
        response
    }
}

fn is_success(status: StatusCode) -> bool {
    status.is_success() || status.is_redirection()
}

async fn keep_and_commit(
    server: &Server,
    scope: OwnedScope,
    claimed: Option<ClaimedRow>,
    response: Response,
) -> Answer<Response> {
    let Some(row) = claimed else {
        scope.commit().await?;
        return Ok(response);
    };
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, LONGEST_ANSWER)
        .await
        .map_err(Problem::internal)?;
    let headers: serde_json::Map<String, serde_json::Value> = KEPT_HEADERS
        .iter()
        .filter_map(|name| Some((name, parts.headers.get(name)?.to_str().ok()?)))
        .map(|(name, value)| (name.as_str().to_owned(), value.into()))
        .collect();
    let status = i32::from(parts.status.as_u16());
    let content = server.keys.seal_text(row.place(), &body);
    Statement::new(include_str!("keep_response.sql"))
        .bind("id", &row.id)
        .bind("workspace", &row.workspace)
        .bind("response_status", &status)
        .bind("response_headers", &Json(headers))
        .bind("response_body", &content)
        .execute(&scope)
        .await?;
    scope.commit().await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// A scope that goes back to the request's work when the handler is done with it.
pub struct WorkScope {
    scope: Option<OwnedScope>,
    work: Work,
}

impl WorkScope {
    /// The scope.
    pub fn scope(&self) -> &OwnedScope {
        match &self.scope {
            Some(scope) => scope,
            None => unreachable!("the scope leaves only when this is dropped"),
        }
    }

    /// Gives the connection back now, undone. What the handler does from here on is its own to commit.
    pub fn release(mut self) {
        let scope = self.scope.take();
        self.work.state().claimed = None;
        drop(scope);
    }

    /// The scope, to be changed.
    pub fn scope_mut(&mut self) -> &mut OwnedScope {
        match &mut self.scope {
            Some(scope) => scope,
            None => unreachable!("the scope leaves only when this is dropped"),
        }
    }
}

impl Drop for WorkScope {
    fn drop(&mut self) {
        self.work.state().scope = self.scope.take();
    }
}

struct Claimed {
    row: ClaimedRow,
    is_new: bool,
    is_same: bool,
    status: Option<i32>,
    headers: Option<Json<serde_json::Map<String, serde_json::Value>>>,
    body: Option<String>,
}

impl FromRow for Claimed {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Claimed {
            row: ClaimedRow {
                id: row.try_get("id")?,
                workspace: row.try_get("workspace")?,
            },
            is_new: row.try_get("is_new")?,
            is_same: row.try_get("is_same")?,
            status: row.try_get("response_status")?,
            headers: row.try_get("response_headers")?,
            body: row.try_get("response_body")?,
        })
    }
}

impl Claimed {
    fn into_response(self, server: &Server) -> Answer<Response> {
        let status = self
            .status
            .and_then(|status| u16::try_from(status).ok())
            .and_then(|status| StatusCode::from_u16(status).ok())
            .ok_or_else(|| Problem::new(Code::RequestInProgress).retry_after(1))?;
        let body = match &self.body {
            Some(envelope) => server
                .keys
                .open_text(self.row.place(), envelope)
                .map_err(Problem::internal)?
                .expose_secret()
                .to_vec(),
            None => Vec::new(),
        };
        let mut response = (status, body).into_response();
        response.headers_mut().remove(header::CONTENT_TYPE);
        for (name, value) in self
            .headers
            .map(|Json(headers)| headers)
            .unwrap_or_default()
        {
            if let (Ok(name), Some(Ok(value))) = (
                name.parse::<HeaderName>(),
                value.as_str().map(HeaderValue::from_str),
            ) {
                response.headers_mut().insert(name, value);
            }
        }
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(response)
    }
}

/// The layer.
pub async fn unit_of_work(State(server): State<Server>, request: Request, next: Next) -> Response {
    let may_change = !request.method().is_safe();
    let response = run(&server, request, next).await;
    if may_change && is_success(response.status()) {
        // What was committed here is on the screens before the next poll.
        server.readers.wake();
    }
    response
}

async fn run(server: &Server, request: Request, next: Next) -> Response {
    match Repeatable::of(request, server).await {
        Ok(Sent::Whole(request)) => {
            let response = request.run(server, next.clone()).await;
            if response.extensions().get::<Transient>().is_none() {
                return response;
            }
            // Whoever was in the way has to end first.
            tokio::time::sleep(Duration::from_millis(rand::random_range(5..50))).await;
            request.run(server, next).await
        }
        Ok(Sent::Streamed(request, key)) => {
            let work = Work::new(key);
            let mut request = *request;
            request.extensions_mut().insert(work.clone());
            let response = next.run(request).await;
            work.finish(server, response).await
        }
        Err(problem) => problem.into_response(),
    }
}

#[expect(
    clippy::large_enum_variant,
    reason = "one a request, on the stack of its own future; a box would cost each request an allocation"
)]
enum Sent {
    /// The body is in memory.
    Whole(Repeatable),
    /// The body is read by the handler.
    Streamed(Box<Request>, Option<RequestKey>),
}

struct Repeatable {
    parts: Parts,
    body: Bytes,
    key: Option<RequestKey>,
}

impl Repeatable {
    async fn of(request: Request, server: &Server) -> Answer<Sent> {
        let (parts, body) = request.into_parts();
        let key = idempotency_key(&parts)?;
        let is_empty = http_body_is_empty(&body);
        if !is_empty && !is_json(&parts.headers) {
            let key = key.map(|key| RequestKey {
                hash: hash(&parts, b""),
                key,
            });
            return Ok(Sent::Streamed(
                Box::new(Request::from_parts(parts, body)),
                key,
            ));
        }
        let body = to_bytes(body, server.settings.body_limit)
            .await
            .map_err(|error| Problem::new(Code::BodyTooLarge).because(error))?;
        let key = key.map(|key| RequestKey {
            hash: hash(&parts, &body),
            key,
        });
        Ok(Sent::Whole(Repeatable { parts, body, key }))
    }

    async fn run(&self, server: &Server, next: Next) -> Response {
        let work = Work::new(self.key.clone());
        let mut request = Request::from_parts(self.parts.clone(), Body::from(self.body.clone()));
        request.extensions_mut().insert(work.clone());
        let response = next.run(request).await;
        work.finish(server, response).await
    }
}

fn http_body_is_empty(body: &Body) -> bool {
    use axum::body::HttpBody as _;
    body.is_end_stream()
}

fn idempotency_key(parts: &Parts) -> Answer<Option<String>> {
    if parts.method != Method::POST {
        return Ok(None);
    }
    let refused = || {
        Problem::new(Code::InvalidHeader)
            .at(IDEMPOTENCY_KEY, "is 1 to 255 visible ASCII characters")
    };
    match parts.headers.get(IDEMPOTENCY_KEY) {
        None => Ok(None),
        Some(value) => {
            let text = value.to_str().map_err(|_| refused())?.trim();
            if (1..=255).contains(&text.len()) {
                Ok(Some(text.to_owned()))
            } else {
                Err(refused())
            }
        }
    }
}

/// What makes two requests the same. Of a streamed body its declared type and length stand for it.
fn hash(parts: &Parts, body: &[u8]) -> [u8; 32] {
    let header = |headers: &HeaderMap, name| {
        headers
            .get(name)
            .map(|value: &HeaderValue| value.as_bytes().to_vec())
            .unwrap_or_default()
    };
    let mut hash = Sha256::new();
    for part in [
        parts.uri.path().as_bytes(),
        parts.uri.query().unwrap_or_default().as_bytes(),
        &header(&parts.headers, header::CONTENT_TYPE),
        &header(&parts.headers, header::CONTENT_LENGTH),
        body,
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
