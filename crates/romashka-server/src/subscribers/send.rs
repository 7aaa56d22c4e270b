//! Sends events to subscribers.
//!
//! Invariants: the address is judged again before each attempt, and connections go to checked addresses alone; no redirect
//! is followed; every attempt is written into the delivery's history; what the subscriber answers is kept as an excerpt and
//! never read as anything but a status.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use romashka_channels::webhooks::answer::{
    Answer as Reply, CONNECT_TIMEOUT_SECONDS, ConnectionFailure, Outcome, READ_LIMIT, excerpt,
    judge,
};
use romashka_channels::webhooks::delivery::Delivery;
use romashka_channels::webhooks::endpoint::Endpoint;
use romashka_channels::webhooks::event::{Event, message_id};
use romashka_channels::webhooks::schedule::wait_after;
use romashka_channels::webhooks::secret::{PrivateKey, Secret};
use romashka_channels::webhooks::signature::SigningKey;
use romashka_db::envelope::Place;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::sync::Notify;
use tokio_postgres::Row;
use uuid::Uuid;

use super::guard::{GuardedResolver, kind_of};
use super::notice;
use crate::problem::Answer;
use crate::providers::intake::worker_name;
use crate::providers::provider::build;
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::workers::Queue;

/// A delivery that was claimed.
#[derive(Debug)]
pub struct Claimed {
    id: Uuid,
    workspace: Uuid,
    lease: Uuid,
    attempt: i32,
    payload: Option<Value>,
    subscription: Uuid,
    url: String,
    /// Its keys, sealed, the newest of a kind first.
    keys: [(&'static str, Option<String>); 4],
    timeout_seconds: i32,
}

impl FromRow for Claimed {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Claimed {
            id: row.try_get("id")?,
            workspace: row.try_get("workspace_id")?,
            lease: row.try_get("lease_id")?,
            attempt: row.try_get("attempt_count")?,
            payload: row.try_get("payload")?,
            subscription: row.try_get("subscription")?,
            url: row.try_get("webhook_url")?,
            keys: [
                ("secret_key", row.try_get("secret_key")?),
                ("previous_secret_key", row.try_get("previous_secret_key")?),
                ("private_key", row.try_get("private_key")?),
                ("previous_private_key", row.try_get("previous_private_key")?),
            ],
            timeout_seconds: row.try_get("timeout_seconds")?,
        })
    }
}

/// What came of an attempt.
struct Attempt {
    outcome: Outcome,
    http_status: Option<i32>,
    message: String,
    answer: Option<String>,
}

impl Attempt {
    fn failure(outcome: Outcome, message: impl Into<String>) -> Attempt {
        Attempt {
            outcome,
            http_status: None,
            message: message.into(),
            answer: None,
        }
    }
}

/// The queue of deliveries to subscribers.
pub struct Sending {
    server: Server,
    client: reqwest::Client,
}

impl Sending {
    /// The queue of this server.
    pub fn new(server: Server) -> Result<Sending, reqwest::Error> {
        let guard = server.settings.webhook_policy.guard.clone();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(GuardedResolver(guard))
            .connect_timeout(Duration::from_secs(CONNECT_TIMEOUT_SECONDS))
            // A kept connection would go to an address that was checked long ago.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Sending { server, client })
    }

    /// The keys of a subscription: while one is exchanged, posts are signed by the one before as well.
    fn signing_keys(&self, claimed: &Claimed) -> Result<Vec<SigningKey>, &'static str> {
        let mut keys = Vec::new();
        for (column, sealed) in &claimed.keys {
            let Some(sealed) = sealed else { continue };
            let place = Place {
                table: "webhook_subscriptions",
                column,
                workspace: claimed.workspace,
                row: claimed.subscription,
            };
            let opened = self
                .server
                .keys
                .open_text(place, sealed)
                .map_err(|_| "A key of the subscription cannot be opened")?;
            let text = std::str::from_utf8(opened.expose_secret()).unwrap_or_default();
            let key = if column.ends_with("private_key") {
                PrivateKey::parse(text).map(SigningKey::Private)
            } else {
                Secret::parse(text).map(SigningKey::Secret)
            };
            keys.push(key.map_err(|_| "A key of the subscription is not readable")?);
        }
        if keys.is_empty() {
            return Err("The subscription has no key to sign with");
        }
        Ok(keys)
    }

    async fn attempt(&self, claimed: &Claimed) -> Attempt {
        let endpoint = match Endpoint::parse(&claimed.url, &self.server.settings.webhook_policy) {
            Ok(endpoint) => endpoint,
            // Whoever entered it learns only that it is not allowed.
            Err(_) => return not_answered(ConnectionFailure::Blocked),
        };
        let keys = match self.signing_keys(claimed) {
            Ok(keys) => keys,
            Err(words) => return Attempt::failure(Outcome::Abort, words),
        };
        let now = Timestamp::now();
        let id = message_id(claimed.id);
        let body = body(claimed.payload.as_ref(), now);
        let delivery = Delivery {
            endpoint: &endpoint,
            id: &id,
            body: &body,
            keys: &keys,
            headers: &BTreeMap::new(),
        };
        let request = match delivery.render(now) {
            Ok(request) => request,
            Err(error) => return Attempt::failure(Outcome::Abort, error.to_string()),
        };
        let mut built = match build(&self.client, request.target.as_str(), &request) {
            Ok(built) => built,
            Err(error) => return Attempt::failure(Outcome::Abort, error.to_string()),
        };
        let seconds = u64::try_from(claimed.timeout_seconds).unwrap_or(15);
        *built.timeout_mut() = Some(Duration::from_secs(seconds.clamp(1, 60)));
        match self.client.execute(built).await {
            Ok(answer) => read(answer, now).await,
            Err(error) => not_answered(kind_of(&error)),
        }
    }

    async fn write(&self, claimed: &Claimed, attempt: &Attempt, took: Duration) -> Answer<()> {
        let scope = self.server.service().await?;
        let duration = i32::try_from(took.as_millis()).unwrap_or(i32::MAX);
        if attempt.outcome == Outcome::Delivered {
            let _: bool = Statement::new(include_str!("complete.sql"))
                .bind("delivery", &claimed.id)
                .bind("lease", &claimed.lease)
                .bind("http_status", &attempt.http_status)
                .bind("duration", &duration)
                .bind("answer", &attempt.answer)
                .value(&scope)
                .await?;
        } else {
            let asked = match attempt.outcome {
                Outcome::Retry { retry_after, .. } => retry_after,
                _ => None,
            };
            let attempts = u32::try_from(claimed.attempt).unwrap_or(u32::MAX);
            let wait = wait_after(attempts, asked, rand::random()).unwrap_or_default();
            let _: Option<String> = Statement::new(include_str!("fail.sql"))
                .bind("delivery", &claimed.id)
                .bind("lease", &claimed.lease)
                .bind("message", &attempt.message)
                .bind("http_status", &attempt.http_status)
                .bind("duration", &duration)
                .bind("answer", &attempt.answer)
                .bind("permanent", &(attempt.outcome == Outcome::Abort))
                .bind("gone", &(attempt.outcome == Outcome::Disable))
                .bind("wait", &wait.as_secs_f64())
                .value(&scope)
                .await?;
            notice::tell(
                &self.server,
                &scope,
                claimed.workspace,
                claimed.subscription,
            )
            .await?;
        }
        scope.commit().await?;
        self.server.bells.mails.notify_one();
        Ok(())
    }
}

/// The bytes that are signed: the payload that was put out with the event, its long texts cut.
fn body(payload: Option<&Value>, now: Timestamp) -> Vec<u8> {
    let payload = payload.unwrap_or(&Value::Null);
    let timestamp = payload
        .get("timestamp")
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok());
    Event {
        kind: payload
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or("unknown")
            .to_owned(),
        timestamp: timestamp.unwrap_or(now),
        sequence: payload.get("sequence").and_then(Value::as_i64),
        data: payload.get("data").cloned().unwrap_or(Value::Null),
    }
    .render()
}

fn not_answered(failure: ConnectionFailure) -> Attempt {
    let words = match failure {
        ConnectionFailure::Dns => "The name of the address cannot be resolved",
        ConnectionFailure::Connect => "No connection",
        ConnectionFailure::Tls => "The certificate or the protocol was refused",
        ConnectionFailure::Timeout => "No answer in time",
        ConnectionFailure::Blocked => "The address is not allowed",
    };
    Attempt::failure(judge(Reply::Failure(failure), Timestamp::now()), words)
}

async fn read(mut answer: reqwest::Response, now: Timestamp) -> Attempt {
    let code = answer.status().as_u16();
    let header = |name: &str| {
        answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let outcome = judge(
        Reply::Status {
            code,
            retry_after: header("retry-after"),
            webhook_delivery: header("webhook-delivery"),
        },
        now,
    );
    let mut body = Vec::new();
    // The status is the answer; what follows is only to be shown, and may break off.
    while body.len() < READ_LIMIT {
        match answer.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    body.truncate(READ_LIMIT);
    Attempt {
        outcome,
        http_status: Some(i32::from(code)),
        message: format!("The receiver answered {code}"),
        answer: Some(excerpt(&body)),
    }
}

impl Queue for Sending {
    type Item = Claimed;
    const NAME: &'static str = "webhooks";
    const SLOTS: usize = 16;

    async fn claim(&self, most: usize) -> Answer<Vec<Claimed>> {
        let scope = self.server.service().await?;
        let worker = worker_name("webhooks");
        let claimed = Statement::new(include_str!("claim.sql"))
            .bind("most", &(most as i32))
            .bind("worker", &worker)
            .all(&scope)
            .await?;
        scope.commit().await?;
        Ok(claimed)
    }

    async fn work(&self, claimed: Claimed) -> Answer<()> {
        let begun = Instant::now();
        let attempt = self.attempt(&claimed).await;
        let outcome = match attempt.outcome {
            Outcome::Delivered => "delivered",
            Outcome::Retry { .. } => "retry",
            Outcome::Abort => "abort",
            Outcome::Disable => "disable",
        };
        metrics::counter!("webhooks_sent_total", "outcome" => outcome).increment(1);
        self.write(&claimed, &attempt, begun.elapsed()).await
    }

    fn bell(&self) -> &Notify {
        &self.server.bells.webhooks
    }
}
