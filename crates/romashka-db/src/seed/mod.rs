//! Content for a database that has none: the demo of a fictional shop, and loads of any size for measuring.
//!
//! Invariant: whatever ends here early, what is committed is consistent: counters, figures and the ledger agree with the rows.

mod chance;
mod copy;
mod demo;
mod indexes;
mod load;
mod traffic;
mod vocabulary;

pub use demo::{Added, demo};
pub use load::{LoadEvent, LoadReport, load};
pub use traffic::LoadOptions;

/// Why nothing, or not all, was added.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The schema is not there.
    #[error("the database does not hold ROMASHKA's schema")]
    NotInstalled,
    /// The role may not do it.
    #[error("the role {role} does not own the tables")]
    NotOwner {
        /// The current role.
        role: String,
    },
    /// The database refused a statement.
    #[error("the database refused {step}")]
    Database {
        /// What was being done.
        step: &'static str,
        /// What it said.
        source: tokio_postgres::Error,
    },
}

impl SeedError {
    /// What the user does next.
    pub fn next_step(&self) -> &'static str {
        match self {
            SeedError::NotInstalled => "run romashka migrate first",
            SeedError::NotOwner { .. } => "connect as the role that ran the migrations",
            SeedError::Database { .. } => {
                "what was committed is consistent; mend the cause and run the command again"
            }
        }
    }

    fn at(step: &'static str) -> impl FnOnce(tokio_postgres::Error) -> SeedError {
        move |source| SeedError::Database { step, source }
    }
}

/// Refuses a database without the schema, and a role that does not own it.
async fn require_schema(client: &tokio_postgres::Client) -> Result<(), SeedError> {
    let row = client
        .query_one(
            "select to_regclass('public.conversations') is not null and to_regclass('public.daily_metrics') is not null, current_user::text,
                    coalesce((select pg_has_role(c.relowner, 'usage') from pg_class c where c.oid = to_regclass('public.conversations')), false)",
            &[],
        )
        .await
        .map_err(SeedError::at("looking for the schema"))?;
    if !row.get::<_, bool>(0) {
        return Err(SeedError::NotInstalled);
    }
    if !row.get::<_, bool>(2) {
        return Err(SeedError::NotOwner { role: row.get(1) });
    }
    Ok(())
}
