//! What happened with a customer, from the ledger.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::customer;
use crate::cursor;
use crate::input::{Limit, Path, Query};
use crate::page::Page;
use crate::problem::Answer;
use crate::record;
use crate::scoped::{Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(read_customer_timeline))
}

record! {
    /// One row of the ledger.
    pub struct Event {
        /// Its number.
        pub id: i64,
        /// What happened: `conversation.created`, `message.sent`, …
        pub kind: String,
        /// Who did it: customer, agent, ai, workflow, system or api.
        pub actor_kind: String,
        /// The person, key or bot who did it.
        pub actor_id: Option<Uuid>,
        /// What it happened to.
        pub subject_type: String,
        /// To which one.
        pub subject_id: Uuid,
        /// The conversation it belongs to.
        pub conversation_id: Option<Uuid>,
        /// When it happened.
        pub occurred_at: Timestamp,
        /// What else is known of it.
        #[schema(value_type = Object)]
        pub payload: StoredJson,
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    #[serde(rename = "t")]
    time: Timestamp,
    #[serde(rename = "e")]
    event: i64,
}

/// Which page is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadTimeline {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// Read a customer's timeline
///
/// What happened to the customer and in the newest two hundred conversations, newest first.
#[utoipa::path(get, path = "/customers/{id}/timeline", tag = "Customers", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The customer."), ReadTimeline),
    responses((status = OK, description = "A page.", body = Page<Event>)))]
async fn read_customer_timeline(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<ReadTimeline>,
) -> Answer<Json<Page<Event>>> {
    let place: Option<Place> = wanted.cursor.as_deref().map(cursor::decode).transpose()?;
    let (after_time, after_event) = (
        place.map(|place| place.time),
        place.map(|place| place.event),
    );
    customer(&scope, id).await?;
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<Event> = Statement::new(include_str!("timeline.sql"))
        .bind("workspace", &workspace)
        .bind("customer", &id)
        .with("after", place.is_some())
        .bind("after_time", &after_time)
        .bind("after_event", &after_event)
        .bind("row_limit", &row_limit)
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| Place {
        time: last.occurred_at,
        event: last.id,
    })))
}
