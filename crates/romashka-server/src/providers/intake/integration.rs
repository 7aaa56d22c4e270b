//! What an integration says became of a message of ours.

use jiff::Timestamp;
use romashka_db::scope::OwnedScope;
use serde::Deserialize;
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Event, Handled, Report, Tally};
use crate::problem::Answer;
use crate::statement::{FromRow, Statement};

#[derive(Deserialize)]
struct Reported {
    delivery: Uuid,
    status: String,
    at: Timestamp,
    reason: Option<String>,
}

struct Known(Option<String>);

impl FromRow for Known {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Known(row.try_get(0)?))
    }
}

pub(super) async fn take_in(scope: &OwnedScope, event: &Event) -> Answer<Tally> {
    let mut tally = Tally::default();
    tally.count("report", record(scope, event).await);
    Ok(tally)
}

async fn record(scope: &OwnedScope, event: &Event) -> Answer<Handled> {
    let Ok(reported) = serde_json::from_value::<Reported>(event.payload.clone()) else {
        return Ok(Handled::NotUnderstood("not a report".to_owned()));
    };
    let status = match reported.status.as_str() {
        "sent" => "sent",
        "delivered" => "delivered",
        "read" => "read",
        "failed" => "failed",
        _ => return Ok(Handled::NotUnderstood("an unknown status".to_owned())),
    };
    let known: Option<Known> = Statement::new(include_str!("external_id.sql"))
        .bind("delivery", &reported.delivery)
        .bind("workspace", &event.workspace)
        .optional(scope)
        .await?;
    let Some(Known(external_id)) = known else {
        return Ok(Handled::Done);
    };
    let error = (status == "failed").then(|| {
        json!({
            "code": "reported",
            "class": "permanent",
            "message": "The messenger did not deliver the message.",
            "details": reported.reason,
        })
    });
    let own_name = reported.delivery.to_string();
    Report {
        channel_type: "api",
        workspace: event.workspace,
        own: Some((reported.delivery, 0)),
        external_id: external_id.as_deref().unwrap_or(&own_name),
        status,
        at: Some(reported.at),
        error,
    }
    .record(scope, event)
    .await
}
