//! What is taken out as a whole. Each export is recorded in the audit.

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::input::Path;
use crate::problem::{Answer, Problem};
use crate::scoped::{Admin, Scoped};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(export_customer))
}

/// Export a customer
///
/// Everything that is kept about the person, in one document: profile, identities, conversations, messages and notes.
#[utoipa::path(get, path = "/exports/customers/{id}", tag = "Exports", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The customer.")),
    responses((status = OK, description = "The document.", body = Object, headers(("Content-Disposition" = String)))))]
async fn export_customer(scope: Scoped<Admin>, Path(id): Path<Uuid>) -> Answer<Response> {
    let workspace = scope.workspace();
    let document: StoredJson = Statement::new(include_str!("customer.sql"))
        .bind("customer_id", &id)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    Statement::new(include_str!("record.sql"))
        .bind("customer_id", &id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    let disposition =
        HeaderValue::from_str(&format!("attachment; filename=\"customer-{id}.json\""))
            .map_err(Problem::internal)?;
    Ok((
        [
            (header::CONTENT_DISPOSITION, disposition),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ],
        Json(document),
    )
        .into_response())
}
