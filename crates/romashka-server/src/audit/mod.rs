//! The audit: who changed what, and whether it is whole.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::cursor::Place;
use crate::input::{Limit, Query};
use crate::page::Page;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::scoped::{Admin, Scoped};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_audit))
        .routes(routes!(verify_audit))
}

record! {
    /// A change that was recorded.
    pub struct AuditEntry {
        /// Its identity.
        pub id: Uuid,
        /// The person who did it.
        pub user_id: Option<Uuid>,
        /// customer, agent, ai, workflow, system or api.
        pub actor_kind: String,
        /// Who did it, kept when the person is gone.
        pub actor_id: Option<Uuid>,
        /// The key it was done with.
        pub api_key_id: Option<Uuid>,
        /// INSERT, UPDATE, DELETE, TRUNCATE, REDACT, or what a program recorded.
        pub action: String,
        /// The table, or what a program recorded.
        pub entity_type: String,
        /// The row.
        pub entity_id: Option<Uuid>,
        /// Of an update the columns with before and after, else the row; of secrets only that they changed.
        #[schema(value_type = Option<Object>)]
        pub changes: Option<StoredJson>,
        /// From where.
        pub ip_address: Option<String>,
        /// With which program.
        pub user_agent: Option<String>,
        /// Its place in the chain; none until it is sealed.
        pub chain_position: Option<i64>,
        /// The chain's hash up to it, SHA-256 in hexadecimal digits.
        pub chain_hash: Option<String>,
        /// When personal data was taken out of it.
        pub redacted_at: Option<Timestamp>,
        /// When it happened.
        pub created_at: Timestamp,
    }
}

/// Which changes are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAudit {
    /// The table.
    #[param(example = "communication_channels")]
    entity_type: Option<String>,
    /// The row.
    entity_id: Option<Uuid>,
    /// What was done.
    #[param(example = "UPDATE")]
    action: Option<String>,
    /// The person who did it.
    user_id: Option<Uuid>,
    /// The key it was done with.
    api_key_id: Option<Uuid>,
    /// From when on.
    since: Option<Timestamp>,
    /// Before when.
    until: Option<Timestamp>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List the audit
///
/// Newest first.
#[utoipa::path(get, path = "/audit", tag = "Audit", security(("session" = ["admin"])), params(ListAudit),
    responses((status = OK, description = "A page.", body = Page<AuditEntry>)))]
async fn list_audit(
    scope: Scoped<Admin>,
    Query(wanted): Query<ListAudit>,
) -> Answer<Json<Page<AuditEntry>>> {
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_id = place.as_ref().map(|place| place.id);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<AuditEntry> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("entity_type", &wanted.entity_type)
        .filter("entity_id", &wanted.entity_id)
        .filter("action", &wanted.action)
        .filter("user_id", &wanted.user_id)
        .filter("api_key_id", &wanted.api_key_id)
        .filter("since", &wanted.since)
        .filter("until", &wanted.until)
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_time((), last.created_at, last.id)
    })))
}

record! {
    /// What is wrong with the audit.
    pub struct AuditFault {
        /// What kind of fault.
        pub problem: String,
        /// The place in the chain.
        pub chain_position: Option<i64>,
        /// The row.
        pub audit_id: Option<Uuid>,
        /// The fault in words.
        pub detail: Option<String>,
    }
}

record! {
    /// The last row of the chain. One that is kept elsewhere proves that nothing before it was changed.
    pub struct AuditHead {
        /// Its place.
        pub chain_position: Option<i64>,
        /// The chain's hash, SHA-256 in hexadecimal digits.
        pub chain_hash: Option<String>,
    }
}

/// Whether the audit is whole.
#[derive(Serialize, ToSchema)]
pub struct AuditVerdict {
    /// Whether nothing is wrong.
    is_whole: bool,
    /// What is wrong, the first hundred.
    faults: Vec<AuditFault>,
    /// The last sealed row; none before the first is sealed.
    head: Option<AuditHead>,
}

/// A head that was kept elsewhere.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KnownHead {
    /// Its place.
    #[param(minimum = 1)]
    known_position: Option<i64>,
    /// Its hash, 64 hexadecimal digits.
    #[param(pattern = "^[0-9a-fA-F]{64}$")]
    known_hash: Option<String>,
}

/// Verify the audit
///
/// Recounts the chain from its beginning; with a head that was kept elsewhere also whether that one is still in it.
#[utoipa::path(get, path = "/audit/verification", tag = "Audit", security(("session" = ["admin"])), params(KnownHead),
    responses((status = OK, description = "The verdict.", body = AuditVerdict)))]
async fn verify_audit(
    scope: Scoped<Admin>,
    Query(known): Query<KnownHead>,
) -> Answer<Json<AuditVerdict>> {
    let known_hash = known
        .known_hash
        .map(|text| match hex::decode(&text) {
            Ok(bytes) if bytes.len() == 32 => Ok(bytes),
            _ => Err(Problem::field("known_hash", "has 64 hexadecimal digits")),
        })
        .transpose()?;
    if known_hash.is_some() != known.known_position.is_some() {
        return Err(Problem::field(
            "known_position",
            "is given together with known_hash",
        ));
    }
    let workspace = scope.workspace();
    let faults: Vec<AuditFault> = Statement::new(include_str!("verify.sql"))
        .bind("workspace", &workspace)
        .bind("known_position", &known.known_position)
        .bind("known_hash", &known_hash)
        .all(&scope)
        .await?;
    let head = Statement::new(include_str!("head.sql"))
        .bind("workspace", &workspace)
        .optional(&scope)
        .await?;
    Ok(Json(AuditVerdict {
        is_whole: faults.is_empty(),
        faults,
        head,
    }))
}
