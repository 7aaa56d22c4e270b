//! The keys that posts are signed with: made here, exchanged without losing a post, and shown once.
//!
//! Invariant: while a key is exchanged, posts carry the signatures of both, the newest first, so that a receiver verifies
//! with whichever he has.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use romashka_channels::webhooks::secret::PrivateKey;
use romashka_db::envelope::Place as Kept;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::new_secret;
use crate::choice;
use crate::input::{self, Path};
use crate::problem::{Answer, Problem};
use crate::scoped::{Admin, Scoped};
use crate::state::Server;
use crate::statement::{FromRow, Statement};

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(rotate_webhook_key))
        .routes(routes!(drop_webhook_key_pair))
}

choice! {
    /// What posts are signed with.
    pub enum WebhookKeyKind {
        /// A secret that both sides have (`v1`, HMAC-SHA256).
        Secret = "secret",
        /// A key of which the receiver has the public half (`v1a`, Ed25519), beside the secret.
        KeyPair = "key_pair",
    }
}

/// The longest time, in hours, for which two keys are good.
const LONGEST_OVERLAP: i32 = 168;

/// Which key to make anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "secret", "overlap_hours": 24}))]
pub struct KeyRotation {
    /// Which.
    kind: WebhookKeyKind,
    /// For how many hours posts are signed by the one before as well; 24 when nothing is said. 0 ends it at once: it was
    /// seen by others.
    #[schema(minimum = 0, maximum = 168)]
    overlap_hours: Option<i32>,
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
pub struct MadeKey {
    /// The secret. It is shown now and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: Option<String>,
    /// The public half, for the receiver.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=")]
    public_key: Option<String>,
    /// Until when posts are signed by the one before as well; null when there was none.
    previous_key_until: Option<Timestamp>,
}

struct Sealed {
    secret: Option<String>,
    private: Option<String>,
}

impl FromRow for Sealed {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Sealed {
            secret: row.try_get("secret_key")?,
            private: row.try_get("private_key")?,
        })
    }
}

fn place(workspace: Uuid, row: Uuid, column: &'static str) -> Kept<'static> {
    Kept {
        table: "webhook_subscriptions",
        column,
        workspace,
        row,
    }
}

/// Make a webhook's key anew
///
/// A secret, or the Ed25519 key of a webhook that has none yet. For the overlap posts carry the signatures of both.
#[utoipa::path(post, path = "/webhooks/{id}/rotate", tag = "Webhooks", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The webhook.")), request_body = KeyRotation,
    responses((status = OK, description = "It was made.", body = MadeKey)))]
async fn rotate_webhook_key(
    scope: Scoped<Admin>,
    State(server): State<Server>,
    Path(id): Path<Uuid>,
    input::Json(rotation): input::Json<KeyRotation>,
) -> Answer<Json<MadeKey>> {
    let hours = rotation.overlap_hours.unwrap_or(24);
    if !(0..=LONGEST_OVERLAP).contains(&hours) {
        return Err(Problem::field("overlap_hours", "is 0 to 168"));
    }
    let workspace = scope.workspace().ok_or_else(Problem::not_found)?;
    let sealed: Sealed = Statement::new(include_str!("keys.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(&scope)
        .await?;
    let at = |column| place(workspace, id, column);
    // An envelope is bound to its column, so the key before is sealed anew.
    let moved = |old: Option<String>, from, to| -> Answer<Option<String>> {
        let Some(old) = old.filter(|_| hours > 0) else {
            return Ok(None);
        };
        let opened = server
            .keys
            .open_text(at(from), &old)
            .map_err(Problem::internal)?;
        Ok(Some(server.keys.seal_text(at(to), opened.expose_secret())))
    };
    let made = match rotation.kind {
        WebhookKeyKind::Secret => {
            let previous = moved(sealed.secret, "secret_key", "previous_secret_key")?;
            let secret = new_secret();
            let sealed = server.keys.seal_text(at("secret_key"), secret.as_bytes());
            let previous_key_until = Statement::new(include_str!("rotate_secret.sql"))
                .bind("id", &id)
                .bind("workspace", &workspace)
                .bind("sealed", &sealed)
                .bind("previous", &previous)
                .bind("hours", &hours)
                .value(&scope)
                .await?;
            MadeKey {
                secret: Some(secret),
                public_key: None,
                previous_key_until,
            }
        }
        WebhookKeyKind::KeyPair => {
            let previous = moved(sealed.private, "private_key", "previous_private_key")?;
            let key = PrivateKey::from_seed(rand::random()).map_err(Problem::internal)?;
            let public_key = key.public_key().to_text();
            let text = key.to_text().map_err(Problem::internal)?;
            let sealed = server
                .keys
                .seal_text(at("private_key"), text.expose_secret().as_bytes());
            let previous_key_until = Statement::new(include_str!("rotate_key_pair.sql"))
                .bind("id", &id)
                .bind("workspace", &workspace)
                .bind("sealed", &sealed)
                .bind("public_key", &public_key)
                .bind("previous", &previous)
                .bind("hours", &hours)
                .value(&scope)
                .await?;
            MadeKey {
                secret: None,
                public_key: Some(public_key),
                previous_key_until,
            }
        }
    };
    Ok(Json(made))
}

/// Remove a webhook's Ed25519 key
///
/// Posts are signed by the secret alone again.
#[utoipa::path(delete, path = "/webhooks/{id}/key_pair", tag = "Webhooks", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The webhook.")),
    responses((status = NO_CONTENT, description = "It is gone.")))]
async fn drop_webhook_key_pair(scope: Scoped<Admin>, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let changed = Statement::new(include_str!("drop_key_pair.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    if changed == 0 {
        return Err(Problem::not_found());
    }
    Ok(StatusCode::NO_CONTENT)
}
