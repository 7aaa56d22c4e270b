//! Webhooks to subscribers: put out from the ledger, sent, and looked after by the API.
//!
//! Invariants: what was put out is there with all of its attempts; what is put out again keeps its id.

pub mod guard;
mod notice;
pub mod publish;
pub mod send;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use romashka_channels::webhooks::event::{Event, TEST_EVENT};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::types::Json as Jsonb;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::cursor::AtTime;
use crate::input::{self, Limit, List, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::scoped::{Admin, Scoped};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(test_webhook))
        .routes(routes!(list_webhook_deliveries))
        .routes(routes!(replay_webhook))
}

record! {
    /// An event on its way to a subscriber.
    pub struct WebhookDelivery {
        /// Its identity. Without its dashes and with `msg_` before it, the header `webhook-id`.
        pub id: Uuid,
        /// The event's place in the ledger; none of a test.
        pub event_id: Option<i64>,
        /// The event.
        pub event_type: String,
        /// pending, sending, succeeded, failed (no further attempt helps) or dead (the attempts are used up).
        pub status: String,
        /// Attempts since it was made or replayed.
        pub attempt_count: i32,
        /// All attempts: when, with which answer, how long it took, why it failed.
        #[schema(value_type = Vec<Object>)]
        pub attempts: Value,
        /// The last answer's status.
        pub response_status: Option<i32>,
        /// The beginning of the last answer.
        pub response_body: Option<String>,
        /// Why the last attempt failed.
        pub error_message: Option<String>,
        /// How long the last attempt took, milliseconds.
        pub processing_time_ms: Option<i32>,
        /// When the next attempt is made; null when there is none.
        pub next_attempt_at: Option<Timestamp>,
        /// When it was over.
        pub completed_at: Option<Timestamp>,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

/// The one order of these lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Order {
    /// The newest first.
    #[serde(rename = "created_at")]
    CreatedAt,
}

record! {
    /// What matters of a subscription here.
    pub struct Subscriber {
        /// Whether events are sent to it.
        pub is_active: bool,
    }
}

async fn found(scope: &Scoped<Admin>, id: Uuid) -> Answer<Subscriber> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// What was put out.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Tested {
    /// The delivery: how it went is in the list of deliveries.
    delivery_id: Uuid,
}

/// Test a webhook
///
/// Puts out an event `webhook.test` to this subscription alone.
#[utoipa::path(post, path = "/webhooks/{id}/test", tag = "Webhooks", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The subscription.")),
    responses((status = ACCEPTED, description = "It is on its way.", body = Tested)))]
async fn test_webhook(
    mut scope: Scoped<Admin>,
    axum::extract::State(server): axum::extract::State<Server>,
    Path(id): Path<Uuid>,
) -> Answer<Response> {
    let workspace = scope.workspace();
    let subscriber = found(&scope, id).await?;
    if !subscriber.is_active {
        return Err(Problem::new(crate::problem::Code::Conflict)
            .detail("The webhook is switched off; switch it on first"));
    }
    scope.as_service().await?;
    let payload: Value = serde_json::from_slice(&Event::test(Timestamp::now()).render())
        .map_err(Problem::internal)?;
    let delivery_id: Uuid = Statement::new(include_str!("test.sql"))
        .bind("workspace", &workspace)
        .bind("subscription", &id)
        .bind("event_type", &TEST_EVENT)
        .bind("payload", &Jsonb(&payload))
        .value(&scope)
        .await?;
    server.bells.webhooks.notify_one();
    Ok((StatusCode::ACCEPTED, Json(Tested { delivery_id })).into_response())
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Waits for its next attempt.
    Pending,
    /// Is being sent.
    Sending,
    /// Was taken.
    Succeeded,
    /// Was refused for good.
    Failed,
    /// Its attempts are used up.
    Dead,
}

impl DeliveryStatus {
    fn name(self) -> &'static str {
        match self {
            DeliveryStatus::Pending => "pending",
            DeliveryStatus::Sending => "sending",
            DeliveryStatus::Succeeded => "succeeded",
            DeliveryStatus::Failed => "failed",
            DeliveryStatus::Dead => "dead",
        }
    }
}

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryList {
    /// How many a page holds.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Limit,
    /// Where the page begins: `next_cursor` of the page before.
    cursor: Option<String>,
    /// How they stand, with commas.
    #[param(value_type = Option<Vec<DeliveryStatus>>, inline, style = Form, explode = false)]
    status: Option<List<DeliveryStatus>>,
}

/// List a webhook's deliveries
///
/// The newest first, with every attempt.
#[utoipa::path(get, path = "/webhooks/{id}/deliveries", tag = "Webhooks", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The subscription."), DeliveryList),
    responses((status = OK, description = "A page of deliveries.", body = Page<WebhookDelivery>)))]
async fn list_webhook_deliveries(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<DeliveryList>,
) -> Answer<Json<Page<WebhookDelivery>>> {
    let place = AtTime::of(wanted.cursor.as_deref(), &Order::CreatedAt)?;
    found(&scope, id).await?;
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let (after_time, after_id) = (
        place.and_then(|place| place.time),
        place.map(|place| place.id),
    );
    let status: Option<Vec<&str>> = wanted
        .status
        .as_ref()
        .map(|List(values)| values.iter().map(|value| value.name()).collect());
    let rows: Vec<WebhookDelivery> = Statement::new(include_str!("deliveries.sql"))
        .bind("subscription", &id)
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("status", &status)
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| AtTime {
        order: Order::CreatedAt,
        time: Some(last.created_at),
        id: last.id,
    })))
}

/// What to put out again: some by id, also those that were taken, or what was put out in a range of time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// These.
    delivery_ids: Option<Vec<Uuid>>,
    /// All that failed since then.
    since: Option<Timestamp>,
    /// And before then; until now when nothing is said.
    until: Option<Timestamp>,
    /// Also what was taken, for a receiver who has lost it.
    #[serde(default)]
    include_succeeded: bool,
}

/// How much is put out again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Replayed {
    /// How many deliveries.
    replayed: i32,
}

/// Put events out again
///
/// Under the ids they had, so that a receiver who has them already drops them.
#[utoipa::path(post, path = "/webhooks/{id}/replay", tag = "Webhooks", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The subscription.")), request_body = Replay,
    responses((status = OK, description = "They are on their way.", body = Replayed)))]
async fn replay_webhook(
    scope: Scoped<Admin>,
    axum::extract::State(server): axum::extract::State<Server>,
    Path(id): Path<Uuid>,
    input::Json(what): input::Json<Replay>,
) -> Answer<Json<Replayed>> {
    if what.delivery_ids.is_none() && what.since.is_none() {
        return Err(Problem::field(
            "since",
            "say which: by delivery_ids or since when",
        ));
    }
    if let (Some(since), Some(until)) = (what.since, what.until)
        && until < since
    {
        return Err(Problem::field("until", "is not before since"));
    }
    found(&scope, id).await?;
    let workspace = scope.workspace();
    let replayed: i32 = Statement::new(include_str!("replay.sql"))
        .bind("deliveries", &what.delivery_ids)
        .bind("since", &what.since)
        .bind("until", &what.until)
        .bind("include_succeeded", &what.include_succeeded)
        .bind("subscription", &id)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    server.bells.webhooks.notify_one();
    Ok(Json(Replayed { replayed }))
}
