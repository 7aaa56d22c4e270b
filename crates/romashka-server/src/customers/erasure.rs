//! Taking a person out of everything.

use axum::Json;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::input::{self, Path};
use crate::problem::{Answer, Document, Problem};
use crate::scoped::{Admin, Scoped};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(erase_customer))
}

/// Why a person is taken out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// For the ledger, such as the number of the request. It must not name the person.
    #[schema(max_length = 1000)]
    reason: Option<String>,
}

/// Erase a customer
///
/// Takes the person out of profile, conversations, messages, notes, files, queues, audit and search, for good: there is no way
/// back. The figures stay. The answer counts what was touched and names the files; a worker removes their bytes. 409 under legal
/// hold. Export the customer first where the law asks for it. In a workspace whose queues hold millions of events it may take
/// longer than a request may: `romashka gdpr erase` takes its time.
#[utoipa::path(post, path = "/customers/{id}/erase", tag = "Customers", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The customer.")), request_body = Erasure,
    responses((status = OK, description = "The person is gone.", body = Object),
        (status = CONFLICT, description = "The workspace is under legal hold.", body = Document, content_type = "application/problem+json")))]
async fn erase_customer(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    input::Json(erasure): input::Json<Erasure>,
) -> Answer<Json<StoredJson>> {
    let reason = erasure.reason;
    if reason
        .as_ref()
        .is_some_and(|reason| reason.chars().count() > 1000)
    {
        return Err(Problem::field("reason", "has at most 1000 characters"));
    }
    let workspace = scope.workspace();
    let touched: StoredJson = Statement::new(include_str!("erase.sql"))
        .bind("customer", &id)
        .bind("reason", &reason)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    Ok(Json(touched))
}
