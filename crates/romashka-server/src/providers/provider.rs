//! Requests to providers over the network.
//!
//! Invariants: no redirect is followed and no proxy of the environment is used, so that a credential goes only where the
//! operator said; "not sent" is said only when nothing can have arrived, and everything else without an answer is lost,
//! which is a third thing.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use romashka_channels::request::{OutboundRequest, Target};
use romashka_channels::webhooks::address::AddressGuard;
use url::Url;

use crate::subscribers::guard::GuardedResolver;

/// Longest time for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time for a whole request.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(20);
/// Most bytes that are read of an answer.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// Bytes a second that an upload must at least come to.
const SLOWEST_UPLOAD: u64 = 512 * 1024;

fn address(base: &Url, request: &OutboundRequest) -> String {
    match &request.target {
        Target::Path(path) => format!("{}{path}", base.as_str().trim_end_matches('/')),
        Target::Url(url) => url.clone(),
    }
}

/// What came back.
#[derive(Debug)]
pub struct Exchange {
    /// HTTP status.
    pub status: u16,
    /// Header Retry-After.
    pub retry_after: Option<String>,
    /// Header Webhook-Delivery: `abort-message` wants no further attempt.
    pub webhook_delivery: Option<String>,
    /// Body.
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The request did not leave.
    #[error("the provider cannot be reached")]
    NotSent(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The request left, and its answer was lost.
    #[error("the provider's answer was lost")]
    Lost(#[source] reqwest::Error),
}

/// A client for providers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client(reqwest::Client);

impl Client {
    /// A client.
    pub fn new() -> Result<Client, reqwest::Error> {
        Ok(Client(
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(TOTAL_TIMEOUT)
                .build()?,
        ))
    }

    /// A client for addresses that people of a workspace entered: every connection goes to a checked address.
    pub fn guarded(guard: AddressGuard) -> Result<Client, reqwest::Error> {
        Ok(Client(
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .dns_resolver(std::sync::Arc::new(GuardedResolver(guard)))
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(TOTAL_TIMEOUT)
                .pool_max_idle_per_host(0)
                .build()?,
        ))
    }

    /// Sends a request; one that names a path goes below `base`.
    pub async fn exchange(
        &self,
        base: &Url,
        request: &OutboundRequest,
    ) -> Result<Exchange, ExchangeError> {
        let built = build(&self.0, &address(base, request), request)?;
        self.execute(built).await
    }

    /// Sends a request with a body of its own, of this media type and so many bytes; its time grows with the body.
    pub async fn stream(
        &self,
        base: &Url,
        request: &OutboundRequest,
        (kind, length): (&str, u64),
        body: reqwest::Body,
    ) -> Result<Exchange, ExchangeError> {
        let mut built = build(&self.0, &address(base, request), request)?;
        let not_sent =
            |error: axum::http::header::InvalidHeaderValue| ExchangeError::NotSent(error.into());
        let kind = HeaderValue::from_str(kind).map_err(not_sent)?;
        built.headers_mut().insert("content-type", kind);
        built
            .headers_mut()
            .insert("content-length", HeaderValue::from(length));
        *built.body_mut() = Some(body);
        *built.timeout_mut() = Some(TOTAL_TIMEOUT + Duration::from_secs(length / SLOWEST_UPLOAD));
        self.execute(built).await
    }

    async fn execute(&self, built: reqwest::Request) -> Result<Exchange, ExchangeError> {
        let mut answer = self.0.execute(built).await.map_err(|error| {
            if error.is_connect() || error.is_builder() {
                ExchangeError::NotSent(error.without_url().into())
            } else {
                ExchangeError::Lost(error.without_url())
            }
        })?;
        let status = answer.status().as_u16();
        let header = |name: &str| {
            answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let retry_after = header("retry-after");
        let webhook_delivery = header("webhook-delivery");
        let mut body = Vec::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| ExchangeError::Lost(error.without_url()))?
        {
            if body.len() + chunk.len() > ANSWER_LIMIT {
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Exchange {
            status,
            retry_after,
            webhook_delivery,
            body,
        })
    }
}

/// A request of the channels' library as one of the client.
pub fn build(
    client: &reqwest::Client,
    url: &str,
    request: &OutboundRequest,
) -> Result<reqwest::Request, ExchangeError> {
    let not_sent = |error: Box<dyn std::error::Error + Send + Sync>| ExchangeError::NotSent(error);
    let method = reqwest::Method::from_bytes(request.method.as_str().as_bytes())
        .map_err(|error| not_sent(error.into()))?;
    let mut builder = client.request(method, url);
    if let Some((content_type, bytes)) = request.body.encode() {
        builder = builder.header("content-type", content_type).body(bytes);
    }
    for (name, value) in &request.headers {
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|error| not_sent(error.into()))?;
        let mut value =
            HeaderValue::from_str(value.expose()).map_err(|error| not_sent(error.into()))?;
        value.set_sensitive(true);
        builder = builder.header(name, value);
    }
    builder
        .build()
        .map_err(|error| not_sent(error.without_url().into()))
}
