//! Sessions that speak for a person, or for nobody.
//!
//! Two ways to send a statement, and both sides of a comparison use the same one, so that the number of round trips is
//! the same:
//! - in a session of its own that took role and claims once: one round trip, a transaction by itself;
//! - in a scoped transaction as the product's server does: begin, role and claims, the statement, commit: four.

use tokio_postgres::types::{Json, ToSql};

use super::BenchError;
use super::databases::Loaded;
use crate::connect::{Connection, connect};
use crate::scope::Claims;

/// A parameter of a statement.
pub(super) type Value = Box<dyn ToSql + Sync + Send>;

/// The parameters of a statement, borrowed as the driver wants them.
pub(super) fn borrowed(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values
        .iter()
        .map(|value| value.as_ref() as &(dyn ToSql + Sync))
        .collect()
}

/// A connection that has taken role and claims for good, or none; and the process of its backend.
///
/// # Errors
/// When the server refuses it.
pub async fn session(
    loaded: &Loaded,
    claims: Option<&Claims>,
) -> Result<(Connection, i32), BenchError> {
    let client = connect(&loaded.settings).await?;
    let backend: i32 = client
        .query_one("select pg_backend_pid()", &[])
        .await
        .map_err(BenchError::at("asking for the backend"))?
        .get(0);
    if let Some(claims) = claims {
        client
            .execute(
                "select set_config('request.jwt.claims', $1::jsonb::text, false), set_config('role', $2, false)",
                &[&Json(claims.document()), &claims.role.name()],
            )
            .await
            .map_err(BenchError::at("taking a role"))?;
    }
    Ok((client, backend))
}
