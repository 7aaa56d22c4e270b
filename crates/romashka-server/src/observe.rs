//! What is noted of a request, and what every answer carries: an id, a span, figures, security headers.
//!
//! Invariants: logs and figures hold the route's pattern and never a path's ids, a query, a body, a header or an address; a
//! panic of a handler is an answer like any failure, and the process goes on.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::problem::{Code, Problem};
use crate::state::Server;

/// The header with the id of a request, in the answer and, from a proxy of ours, in the request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where a request came from.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The address, seen through the proxies that are trusted.
    pub address: Option<IpAddr>,
    /// What the program calls itself.
    pub user_agent: Option<String>,
}

impl Caller {
    fn of(request: &Request, server: &Server) -> Caller {
        let peer = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|ConnectInfo(peer)| peer.ip().to_canonical());
        let is_trusted = |address: &IpAddr| {
            server
                .settings
                .trusted_proxies
                .iter()
                .any(|network| network.contains(address))
        };
        let address = match peer {
            Some(peer) if is_trusted(&peer) => Some(
                forwarded(request.headers())
                    .into_iter()
                    .rev()
                    .find(|address| !is_trusted(address))
                    .unwrap_or(peer),
            ),
            peer => peer,
        };
        let user_agent = request
            .headers()
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|text| text.chars().take(500).collect());
        Caller {
            address,
            user_agent,
        }
    }

    /// The form in which the database is told.
    pub fn headers(&self) -> serde_json::Map<String, serde_json::Value> {
        let mut headers = serde_json::Map::new();
        if let Some(address) = self.address {
            headers.insert("x-forwarded-for".to_owned(), address.to_string().into());
        }
        if let Some(user_agent) = &self.user_agent {
            headers.insert("user-agent".to_owned(), user_agent.clone().into());
        }
        headers
    }

    /// Whether the caller is on this machine or in a private network (RFC 1918, RFC 4193).
    pub fn is_private(&self) -> bool {
        match self.address {
            None => false,
            Some(IpAddr::V4(address)) => address.is_loopback() || address.is_private(),
            Some(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        }
    }

    /// What stands for the address where it is counted: of IPv6 the network of 64 bits that one household has.
    pub fn network(&self) -> String {
        match self.address {
            None => "unknown".to_owned(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

/// The addresses of `X-Forwarded-For`, nearest last. What is no address ends the trust in what stands before it.
fn forwarded(headers: &HeaderMap) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    for value in headers.get_all("x-forwarded-for") {
        for part in value.to_str().unwrap_or("?").split(',') {
            match part.trim().trim_matches(['[', ']']).parse::<IpAddr>() {
                Ok(address) => addresses.push(address.to_canonical()),
                Err(_) => addresses.clear(),
            }
        }
    }
    addresses
}

/// The outermost layer.
pub async fn observe(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let caller = Caller::of(&request, &server);
    let id = Uuid::now_v7();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(caller);
    let span = tracing::info_span!("request", %id, %method, route);
    let answer = tokio::time::timeout(
        server.settings.request_timeout,
        AssertUnwindSafe(next.run(request)).catch_unwind(),
    );
    let mut response = async {
        match answer.await {
            Ok(Ok(response)) => response,
            // What was said in the panic is in the log already, by the hook.
            Ok(Err(_)) => Problem::internal("a handler panicked").into_response(),
            Err(_) => Problem::new(Code::TimedOut).into_response(),
        }
    }
    .instrument(span.clone())
    .await;
    let status = response.status();
    let took = begun.elapsed();
    span.in_scope(|| {
        tracing::info!(
            status = status.as_u16(),
            milliseconds = took.as_millis() as u64,
            "answered"
        );
    });
    let labels = [
        ("method", method.as_str().to_owned()),
        ("route", route),
        ("status", status.as_str().to_owned()),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels[..2]).record(took.as_secs_f64());
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, value);
    }
    secure(headers, server.is_secure());
    response
}

/// What a browser must not do with an answer of ours, unless the handler says otherwise.
fn secure(headers: &mut HeaderMap, is_secure: bool) {
    let defaults = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        // What is not said to be public is nobody's to keep.
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in defaults {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if is_secure {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(HeaderValue::from_static("max-age=31536000"));
    }
}

/// Seconds: the bounds within which a request's time is counted.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];

/// The figures of this process, in the form Prometheus reads. One recorder a process.
pub fn figures() -> &'static PrometheusHandle {
    static FIGURES: OnceLock<PrometheusHandle> = OnceLock::new();
    FIGURES.get_or_init(|| {
        let built = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS);
        let recorder = match built {
            Ok(builder) => builder.build_recorder(),
            Err(_) => unreachable!("the list of bounds is not empty"),
        };
        let handle = recorder.handle();
        // Fails when another library of the process records already; then ours stays empty.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}

/// The figures, those of the pool taken at this moment.
pub fn render(server: &Server) -> String {
    let load = server.database.load();
    metrics::gauge!("database_connections").set(load.connections as f64);
    metrics::gauge!("database_connections_idle").set(load.idle as f64);
    metrics::gauge!("database_waiting").set(load.waiting as f64);
    figures().run_upkeep();
    figures().render()
}

/// How often what the figures gathered is put together, so that a scrape that never comes costs no memory.
pub const UPKEEP: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_puts_into_the_header_is_behind_what_a_proxy_added() {
        let mut headers = HeaderMap::new();
        headers.append(
            "x-forwarded-for",
            HeaderValue::from_static("6.6.6.6, 192.0.2.7"),
        );
        headers.append("x-forwarded-for", HeaderValue::from_static("10.0.0.1"));
        let addresses = forwarded(&headers);
        assert_eq!(addresses.len(), 3);
        assert_eq!(
            addresses[2],
            "10.0.0.1".parse::<IpAddr>().expect("an address")
        );
        headers.append(
            "x-forwarded-for",
            HeaderValue::from_static("nonsense, 10.0.0.2"),
        );
        assert_eq!(forwarded(&headers).len(), 1);
    }

    #[test]
    fn an_address_of_ipv6_is_counted_by_its_network() {
        let caller = |text: &str| Caller {
            address: text.parse().ok(),
            user_agent: None,
        };
        assert_eq!(caller("2001:db8:1:2:3::4").network(), "2001:db8:1:2::/64");
        assert_eq!(caller("192.0.2.7").network(), "192.0.2.7");
    }
}
