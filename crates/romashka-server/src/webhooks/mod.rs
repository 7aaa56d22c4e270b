//! Webhooks: who is told of which events, at which address.
//!
//! Invariant: the key that the posts are signed with is made here, kept sealed, and shown once: when it is made.

mod rotation;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use romashka_channels::webhooks::endpoint::Endpoint;
use romashka_db::envelope::Place as Kept;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::created::Created;
use crate::cursor::Place;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Document, Problem};
use crate::record;
use crate::scoped::{Admin, Scoped};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_webhooks, create_webhook))
        .routes(routes!(read_webhook, change_webhook, delete_webhook))
        .merge(rotation::router())
}

record! {
    /// Who is told of which events. Its secret is shown once, when it is made.
    pub struct Webhook {
        /// Its identity.
        pub id: Uuid,
        /// Which events: a kind (`message.created`), all of a subject (`message.*`) or all (`*`).
        pub event_type: String,
        /// Where they are posted.
        pub webhook_url: String,
        /// The integration it belongs to.
        pub integration_id: Option<Uuid>,
        /// Whether events are put out.
        pub is_active: bool,
        /// How often a failed post is repeated.
        pub retry_count: i32,
        /// How long an answer is waited for.
        pub timeout_seconds: i32,
        /// Whether its posts are signed.
        pub has_secret: bool,
        /// The public half of its Ed25519 key, where posts are signed by one as well (`v1a`).
        pub public_key: Option<String>,
        /// Until when posts are signed by the key before as well.
        pub previous_key_until: Option<Timestamp>,
        /// When something was last posted.
        pub last_triggered: Option<Timestamp>,
        /// How many posts were taken.
        pub success_count: i32,
        /// How many were not.
        pub failure_count: i32,
        /// Since when nothing has succeeded.
        pub failing_since: Option<Timestamp>,
        /// When its admins were warned that it will be switched off.
        pub warned_at: Option<Timestamp>,
        /// When it was switched off for its failures.
        pub disabled_at: Option<Timestamp>,
        /// Why.
        pub disabled_reason: Option<String>,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

/// Which webhooks are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListWebhooks {
    /// Which events.
    event_type: Option<String>,
    /// Whether events are put out.
    is_active: Option<bool>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List webhooks
#[utoipa::path(get, path = "/webhooks", tag = "Webhooks", security(("session" = ["admin"])), params(ListWebhooks),
    responses((status = OK, description = "A page.", body = Page<Webhook>)))]
async fn list_webhooks(
    scope: Scoped<Admin>,
    Query(wanted): Query<ListWebhooks>,
) -> Answer<Json<Page<Webhook>>> {
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<Webhook> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("event_type", &wanted.event_type)
        .filter("is_active", &wanted.is_active)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .with("after_created_at", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_time((), last.created_at, last.id)
    })))
}

/// A webhook to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"event_type": "message.created", "webhook_url": "https://example.com/hooks/romashka"}))]
pub struct NewWebhook {
    /// Which events: a kind (`message.created`), all of a subject (`message.*`) or all (`*`).
    #[schema(pattern = "^(\\*|[a-z_]+\\.(\\*|[a-z_]+))$")]
    event_type: String,
    /// Where they are posted.
    #[schema(max_length = 2048, pattern = "^https?://[^\\s@/#]+([/?][^\\s#]*)?$")]
    webhook_url: String,
    /// The integration it belongs to.
    integration_id: Option<Uuid>,
    /// Whether events are put out.
    is_active: Option<bool>,
    /// How often a failed post is repeated; 9, over three days, when it is not said.
    #[schema(minimum = 0, maximum = 50)]
    retry_count: Option<i32>,
    /// How long an answer is waited for.
    #[schema(minimum = 1, maximum = 120)]
    timeout_seconds: Option<i32>,
}

/// Refuses an address that the sender would refuse: said when it is written, not when the first event is lost.
fn check_address(address: &str, server: &Server) -> Answer<()> {
    Endpoint::parse(address, &server.settings.webhook_policy)
        .map(drop)
        .map_err(|error| Problem::field("webhook_url", error.to_string()))
}

async fn webhook<N>(scope: &Scoped<N>, id: Uuid) -> Answer<Webhook> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a webhook
#[utoipa::path(get, path = "/webhooks/{id}", tag = "Webhooks", security(("session" = ["admin"])), params(("id" = Uuid, Path, description = "The webhook.")),
    responses((status = OK, description = "The webhook.", body = Webhook)))]
async fn read_webhook(scope: Scoped<Admin>, Path(id): Path<Uuid>) -> Answer<Json<Webhook>> {
    let found = webhook(&scope, id).await?;
    Ok(Json(found))
}

/// What to change of a webhook. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_active": true}))]
pub struct WebhookChange {
    /// Which events: a kind (`message.created`), all of a subject (`message.*`) or all (`*`).
    #[schema(pattern = "^(\\*|[a-z_]+\\.(\\*|[a-z_]+))$")]
    event_type: Option<String>,
    /// Where they are posted.
    #[schema(max_length = 2048, pattern = "^https?://[^\\s@/#]+([/?][^\\s#]*)?$")]
    webhook_url: Option<String>,
    /// The integration it belongs to.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<Uuid>)]
    integration_id: Option<Option<Uuid>>,
    /// Whether events are put out.
    is_active: Option<bool>,
    /// How often a failed post is repeated.
    #[schema(minimum = 0, maximum = 50)]
    retry_count: Option<i32>,
    /// How long an answer is waited for.
    #[schema(minimum = 1, maximum = 120)]
    timeout_seconds: Option<i32>,
}

/// Change a webhook
///
/// Switching it on again forgets its failures.
#[utoipa::path(patch, path = "/webhooks/{id}", tag = "Webhooks", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The webhook.")), request_body = WebhookChange,
    responses((status = OK, description = "It was changed.", body = Webhook)))]
async fn change_webhook(
    scope: Scoped<Admin>,
    State(server): State<Server>,
    Path(id): Path<Uuid>,
    input::Json(change): input::Json<WebhookChange>,
) -> Answer<Json<Webhook>> {
    let workspace = scope.workspace();
    if let Some(address) = &change.webhook_url {
        check_address(address, &server)?;
    }
    let (changes_integration_id, integration_id) = (
        change.integration_id.is_some(),
        change.integration_id.flatten(),
    );
    let changed: Option<Webhook> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("event_type", &change.event_type)
        .bind("webhook_url", &change.webhook_url)
        .bind("changes_integration_id", &changes_integration_id)
        .bind("integration_id", &integration_id)
        .bind("is_active", &change.is_active)
        .bind("retry_count", &change.retry_count)
        .bind("timeout_seconds", &change.timeout_seconds)
        .optional(&scope)
        .await?;
    changed.map(Json).ok_or_else(Problem::not_found)
}

/// Remove a webhook
#[utoipa::path(delete, path = "/webhooks/{id}", tag = "Webhooks", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The webhook.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = CONFLICT, description = "Something else refers to it.", body = Document, content_type = "application/problem+json")))]
async fn delete_webhook(scope: Scoped<Admin>, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("delete.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await
        .map_err(Problem::of_removal)?;
    if removed == 0 {
        return Err(Problem::not_found());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A subscription that was made, with its secret.
#[derive(Serialize, ToSchema)]
pub struct MadeWebhook {
    /// The subscription.
    #[serde(flatten)]
    webhook: Webhook,
    /// The key its posts are signed with (Standard Webhooks). It is shown now and never again.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: String,
}

/// Bytes of a secret: Standard Webhooks asks for 24 to 64.
const SECRET_BYTES: usize = 32;

/// A new secret, as receivers are given it.
fn new_secret() -> String {
    format!(
        "whsec_{}",
        STANDARD.encode(rand::random::<[u8; SECRET_BYTES]>())
    )
}

/// Make a webhook
///
/// The answer holds the key that its posts are signed with. It is not shown again.
#[utoipa::path(post, path = "/webhooks", tag = "Webhooks", security(("session" = ["admin"])), request_body = NewWebhook,
    responses((status = CREATED, description = "It was made.", body = MadeWebhook, headers(("Location" = String)))))]
async fn create_webhook(
    scope: Scoped<Admin>,
    State(server): State<Server>,
    input::Json(new): input::Json<NewWebhook>,
) -> Answer<Created<MadeWebhook>> {
    let workspace = scope.workspace().ok_or_else(Problem::not_found)?;
    check_address(&new.webhook_url, &server)?;
    let id = Uuid::now_v7();
    let secret = new_secret();
    let place = Kept {
        table: "webhook_subscriptions",
        column: "secret_key",
        workspace,
        row: id,
    };
    let secret_key = server.keys.seal_text(place, secret.as_bytes());
    let made: Webhook = Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("id", &id)
        .bind("secret_key", &secret_key)
        .bind("event_type", &new.event_type)
        .bind("webhook_url", &new.webhook_url)
        .bind("integration_id", &new.integration_id)
        .bind("is_active", &new.is_active)
        .bind("retry_count", &new.retry_count)
        .bind("timeout_seconds", &new.timeout_seconds)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/webhooks/{id}"),
        version: None,
        body: MadeWebhook {
            webhook: made,
            secret,
        },
    })
}
