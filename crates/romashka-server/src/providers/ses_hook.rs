//! The address that Amazon SNS calls with what Amazon SES received.
//!
//! Invariants: only the channel's own topics count, and a stranger's makes this server fetch nothing; the certificate and the
//! confirmation of a subscription are asked for at Amazon's hosts alone, over connections to checked addresses, without
//! redirects; a subscription is confirmed only when its request is signed.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use romashka_channels::email::webhook::ses::{Receipt, SnsMessage};
use romashka_channels::webhooks::address::AddressGuard;
use serde_json::{Value, json};
use url::Url;

use super::account::AccountError;
use super::hooks::{Found, not_believed, not_set_up};
use crate::mail::arrival::Arrival;
use crate::problem::{Answer, Code, Problem};
use crate::state::Server;
use crate::subscribers::guard::GuardedResolver;

/// Amazon gives up after 15 seconds.
const TIMEOUT: Duration = Duration::from_secs(8);
/// Most bytes of a certificate or a confirmation.
const ANSWER_LIMIT: usize = 64 * 1024;
/// Most certificates that are kept: there is one a region.
const KEPT: usize = 64;

static CERTIFICATES: LazyLock<Mutex<HashMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);

/// The topics of a channel, a list or with commas between them.
fn topics(configuration: &Value) -> Vec<&str> {
    let items: Vec<&str> = match configuration.get("sns_topics") {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => text.split(',').collect(),
        _ => Vec::new(),
    };
    let items = items.into_iter().map(str::trim);
    items.filter(|topic| !topic.is_empty()).collect()
}

pub(super) async fn receive(
    State(server): State<Server>,
    Path(token): Path<String>,
    body: Bytes,
) -> Answer<StatusCode> {
    let scope = server.service().await?;
    let found = Found::by_token(&scope, "email", &token).await?;
    scope.commit().await?;
    let stored = found.stored();
    let topics = topics(stored.configuration);
    if topics.is_empty() {
        return Err(not_set_up(AccountError::Value("sns_topics")));
    }
    let invalid = |error| Problem::new(Code::InvalidRequest).because(error);
    let message = SnsMessage::parse(&body).map_err(invalid)?;
    let refused = |words: &'static str| {
        metrics::counter!("hooks_refused_total", "channel" => "email").increment(1);
        Problem::new(Code::InvalidToken).detail(words)
    };
    if !topics.contains(&message.topic_arn.as_str()) {
        return Err(refused("The topic is not this channel's"));
    }
    let url = message
        .certificate_url()
        .ok_or_else(|| refused("The certificate is not Amazon's"))?;
    let certificate = certificate(&server, &url).await?;
    message
        .verify(&certificate, &topics)
        .map_err(|error| not_believed("email", &error))?;
    match message.kind.as_str() {
        "SubscriptionConfirmation" => {
            let url = message
                .confirmation_url()
                .ok_or_else(|| refused("The confirmation is not Amazon's"))?;
            ask(&server, &url).await?;
            tracing::info!(channel = %found.channel, "a subscription at Amazon SNS was confirmed");
        }
        "Notification" => match message.receipt().map_err(invalid)? {
            Receipt::Whole(mail) => {
                let arrival = Arrival {
                    workspace: found.workspace,
                    channel: found.channel,
                    headers: json!({
                        "by": "ses",
                        "provider_id": mail.provider_id,
                        "envelope_from": mail.envelope_from,
                        "recipients": mail.recipients,
                        "is_suspicious": mail.is_suspicious,
                        "received_at": Timestamp::now(),
                    }),
                    once: None,
                    raw: &mail.raw,
                };
                let scope = server.service().await?;
                arrival.store(&scope).await?;
                scope.commit().await?;
                metrics::counter!("hooks_received_total", "channel" => "email").increment(1);
                server.bells.intake.notify_one();
            }
            // Not acknowledged, so that it is not lost in silence.
            Receipt::InBucket { .. } => {
                return Err(Problem::new(Code::Unavailable)
                    .detail("Mails in a bucket are not fetched: use the SNS action"));
            }
        },
        _ => {}
    }
    Ok(StatusCode::OK)
}

async fn certificate(server: &Server, url: &Url) -> Answer<Vec<u8>> {
    let kept = || CERTIFICATES.lock().unwrap_or_else(PoisonError::into_inner);
    let known = kept().get(url.as_str()).cloned();
    if let Some(known) = known {
        return Ok(known);
    }
    let fetched = ask(server, url).await?;
    if fetched.starts_with(b"-----BEGIN CERTIFICATE-----") {
        let mut kept = kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(url.as_str().to_owned(), fetched.clone());
    }
    Ok(fetched)
}

/// GET of an address of Amazon, which the caller has judged.
async fn ask(server: &Server, url: &Url) -> Answer<Vec<u8>> {
    let away = || Problem::new(Code::Unavailable).detail("Amazon cannot be reached");
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT);
    let (builder, url) = match &server.settings.providers.sns {
        None => (
            builder.dns_resolver(std::sync::Arc::new(
                GuardedResolver(AddressGuard::default()),
            )),
            url.clone(),
        ),
        // The operator's own way to Amazon.
        Some(base) => {
            let mut other = base.clone();
            other.set_path(url.path());
            other.set_query(url.query());
            (builder, other)
        }
    };
    let client = builder.build().map_err(Problem::internal)?;
    let mut answer = client
        .get(url)
        .send()
        .await
        .map_err(|error| away().because(error.without_url()))?;
    if !answer.status().is_success() {
        return Err(away());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| away().because(error.without_url()))?
    {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_LIMIT {
            return Err(away());
        }
    }
    Ok(bytes)
}
