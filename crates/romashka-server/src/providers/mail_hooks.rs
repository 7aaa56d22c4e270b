//! The addresses that providers of mail call with what arrived.
//!
//! Invariants: those of the other hooks; whatever the provider, what is stored is the bytes of the mail and its envelope, so
//! that the same mail by two ways is the same mail. Mailgun's signature covers a time and a token alone: a token is taken
//! once. SendGrid drops a mail that is answered with 4xx, so that only a wrong signature is answered so.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use jiff::Timestamp;
use romashka_channels::email::webhook::form_data::FormData;
use romashka_channels::email::webhook::{
    AuthenticityError, DeliveredMail, WebhookError, mailgun, postmark, sendgrid,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::account::{AccountError, filled, secret};
use super::hooks::{Found, not_believed, not_set_up};
use super::ses_hook;
use crate::mail::arrival::Arrival;
use crate::problem::{Answer, Code, Problem};
use crate::state::Server;

/// Postmark allows 35 MB of files, and base64 makes four bytes of three.
const BODY_LIMIT: usize = 52 * 1024 * 1024;

/// The routes.
pub fn router() -> Router<Server> {
    Router::new()
        .route("/hooks/email/{token}/postmark", post(receive_postmark))
        .route("/hooks/email/{token}/mailgun", post(receive_mailgun))
        .route("/hooks/email/{token}/mailgun/mime", post(receive_mailgun))
        .route("/hooks/email/{token}/sendgrid", post(receive_sendgrid))
        .route("/hooks/email/{token}/ses", post(ses_hook::receive))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// Looks the channel up and opens its credentials, judges and reads the request, and stores the mail.
async fn receive(
    server: &Server,
    token: &str,
    read: impl FnOnce(&Value) -> Result<Read, Refusal>,
) -> Answer<StatusCode> {
    let scope = server.service().await?;
    let found = Found::by_token(&scope, "email", token).await?;
    let opened = found.stored().open(&server.keys).map_err(not_set_up)?;
    let Read { mail, once, by } = read(&opened).map_err(|refusal| match refusal {
        Refusal::SetUp(name) => not_set_up(AccountError::Value(name)),
        Refusal::Proof(error) => not_believed("email", &error),
        Refusal::Format(error) => Problem::new(Code::InvalidRequest).because(error),
    })?;
    let arrival = Arrival {
        workspace: found.workspace,
        channel: found.channel,
        headers: json!({
            "by": by,
            "provider_id": mail.provider_id,
            "envelope_from": mail.envelope_from,
            "recipients": mail.recipients,
            "is_suspicious": mail.is_suspicious,
            "received_at": Timestamp::now(),
        }),
        once: once.as_deref(),
        raw: &mail.raw,
    };
    arrival.store(&scope).await?;
    scope.commit().await?;
    metrics::counter!("hooks_received_total", "channel" => "email").increment(1);
    server.bells.intake.notify_one();
    Ok(StatusCode::OK)
}

struct Read {
    mail: DeliveredMail,
    /// What must not come a second time.
    once: Option<String>,
    by: &'static str,
}

enum Refusal {
    SetUp(&'static str),
    Proof(AuthenticityError),
    Format(WebhookError),
}

fn key(opened: &Value, name: &'static str) -> Result<SecretString, Refusal> {
    secret(opened, name).ok_or(Refusal::SetUp(name))
}

async fn receive_postmark(
    State(server): State<Server>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<StatusCode> {
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    receive(&server, &token, |opened| {
        let user = filled(opened, "postmark_user").ok_or(Refusal::SetUp("postmark_user"))?;
        let password = key(opened, "postmark_password")?;
        postmark::verify(authorization, user, &password).map_err(Refusal::Proof)?;
        let mail = postmark::read(&body).map_err(Refusal::Format)?;
        Ok(Read {
            mail,
            once: None,
            by: "postmark",
        })
    })
    .await
}

fn form(headers: &HeaderMap, body: &[u8]) -> FormData {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    FormData::parse(content_type, body)
}

async fn receive_mailgun(
    State(server): State<Server>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<StatusCode> {
    receive(&server, &token, |opened| {
        let signing_key = key(opened, "mailgun_signing_key")?;
        let form = form(&headers, &body);
        let once =
            mailgun::verify(&form, &signing_key, Timestamp::now()).map_err(Refusal::Proof)?;
        let mail = mailgun::read(&form).map_err(Refusal::Format)?;
        Ok(Read {
            mail,
            once: Some(format!("mailgun:{once}")),
            by: "mailgun",
        })
    })
    .await
}

async fn receive_sendgrid(
    State(server): State<Server>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<StatusCode> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    receive(&server, &token, |opened| {
        let public_key =
            filled(opened, "sendgrid_public_key").ok_or(Refusal::SetUp("sendgrid_public_key"))?;
        sendgrid::verify(
            public_key,
            text(sendgrid::TIMESTAMP_HEADER),
            text(sendgrid::SIGNATURE_HEADER),
            &body,
            Timestamp::now(),
        )
        .map_err(Refusal::Proof)?;
        let mail = sendgrid::read(&form(&headers, &body)).map_err(Refusal::Format)?;
        Ok(Read {
            mail,
            once: None,
            by: "sendgrid",
        })
    })
    .await
}
