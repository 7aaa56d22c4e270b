//! The only way from the application to the database: a transaction that has a role and claims.
//!
//! Invariants: no statement runs outside a transaction; the first statement of each is
//! `romashka.begin_request`; when a scope is dropped at any point, its beginning included, the
//! rollback is queued on the connection before anybody else can use it, so that no open
//! transaction and no other tenant's context ever returns to the pool.

use std::ops::Deref;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Transaction};
use serde::Serialize;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::connect::{ConnectError, driver_config};
use crate::settings::Settings;
use crate::tls;

/// The database role of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Nobody has signed in.
    Anonymous,
    /// A person who has signed in.
    Authenticated,
    /// The product itself; the row security of tenants does not bind it where the role says so.
    Service,
}

impl Role {
    /// The role's name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Role::Anonymous => "anon",
            Role::Authenticated => "authenticated",
            Role::Service => "service_role",
        }
    }
}

/// Who acts, where it is not the signed-in person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// A scheduler or a worker.
    System,
    /// A program with an API key.
    Api,
    /// The answering machine.
    Ai,
    /// A workflow's step.
    Workflow,
}

/// Whom a transaction speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The database role.
    pub role: Role,
    /// The person.
    pub subject: Option<Uuid>,
    /// The workspace.
    pub workspace: Option<Uuid>,
    /// The kind of actor, where no person acts.
    pub actor: Option<Actor>,
    /// The role in the workspace that an API key carries (viewer, agent, admin, owner).
    pub workspace_role: Option<&'static str>,
}

impl Claims {
    /// A person at work in a workspace.
    pub fn person(subject: Uuid, workspace: Uuid) -> Claims {
        Claims {
            role: Role::Authenticated,
            subject: Some(subject),
            workspace: Some(workspace),
            actor: None,
            workspace_role: None,
        }
    }

    /// The product's own work in a workspace.
    pub fn service(workspace: Uuid, actor: Actor) -> Claims {
        Claims {
            role: Role::Service,
            subject: None,
            workspace: Some(workspace),
            actor: Some(actor),
            workspace_role: None,
        }
    }

    /// The claims in the form that PostgREST and Supabase use.
    fn document(&self) -> serde_json::Value {
        let mut metadata = serde_json::Map::new();
        let mut document =
            serde_json::Map::from_iter([("role".to_owned(), self.role.name().into())]);
        if let Some(subject) = self.subject {
            document.insert("sub".to_owned(), subject.to_string().into());
        }
        if let Some(workspace) = self.workspace {
            metadata.insert("workspace_id".to_owned(), workspace.to_string().into());
        }
        if let Some(actor) = self.actor {
            metadata.insert("actor".to_owned(), serde_json::json!(actor));
        }
        if let Some(role) = self.workspace_role {
            metadata.insert("workspace_role".to_owned(), role.into());
        }
        document.insert("app_metadata".to_owned(), metadata.into());
        document.into()
    }
}

/// Why a scope did not come about or could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum ScopeError {
    /// The connection could not be set up.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The pool could not be built.
    #[error("the connection pool cannot be built")]
    Pool(#[source] deadpool_postgres::BuildError),
    /// No connection was free, or none could be opened.
    #[error("no database connection is available")]
    Unavailable(#[source] deadpool_postgres::PoolError),
    /// The server refused a statement.
    #[error("the database refused the transaction")]
    Database(#[from] tokio_postgres::Error),
}

/// The application's database: a pool that hands out scopes and nothing else. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
}

impl Database {
    /// A pool for these settings. No connection is opened yet.
    pub fn new(settings: &Settings) -> Result<Database, ScopeError> {
        let tls = tls::connector(settings).map_err(ConnectError::from)?;
        let manager = Manager::from_config(
            driver_config(settings),
            tls,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(settings.pool_size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(settings.connect_timeout))
            .create_timeout(Some(settings.connect_timeout))
            .build()
            .map_err(ScopeError::Pool)?;
        Ok(Database { pool })
    }

    /// Borrows a connection. It can do nothing but begin scopes.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that takes connections out of the pool"
    )]
    pub async fn lease(&self) -> Result<Lease, ScopeError> {
        Ok(Lease {
            client: self.pool.get().await.map_err(ScopeError::Unavailable)?,
        })
    }

    /// Closes the pool: nobody gets a connection any more, idle ones are closed.
    pub fn close(&self) {
        self.pool.close();
    }
}

/// A borrowed connection.
pub struct Lease {
    client: deadpool_postgres::Client,
}

impl Lease {
    /// Begins a transaction that speaks for `claims`. Rolled back unless [`Scope::commit`] is called.
    pub async fn begin(&mut self, claims: &Claims) -> Result<Scope<'_>, ScopeError> {
        let transaction = self.client.transaction().await?;
        let begin_request = transaction
            .prepare_cached("select romashka.begin_request($1::text, $2::jsonb)")
            .await?;
        transaction
            .query(
                &begin_request,
                &[&claims.role.name(), &Json(claims.document())],
            )
            .await?;
        Ok(Scope { transaction })
    }
}

/// A transaction with a role and claims.
pub struct Scope<'lease> {
    transaction: Transaction<'lease>,
}

impl Scope<'_> {
    /// Makes what was done permanent.
    pub async fn commit(self) -> Result<(), ScopeError> {
        Ok(self.transaction.commit().await?)
    }
}

impl<'lease> Deref for Scope<'lease> {
    type Target = Transaction<'lease>;

    fn deref(&self) -> &Transaction<'lease> {
        &self.transaction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_have_the_form_of_the_contract() {
        let (person, workspace) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(
            Claims::person(person, workspace).document(),
            serde_json::json!({"role": "authenticated", "sub": person, "app_metadata": {"workspace_id": workspace}})
        );
        assert_eq!(
            Claims::service(workspace, Actor::Ai).document(),
            serde_json::json!({"role": "service_role", "app_metadata": {"workspace_id": workspace, "actor": "ai"}})
        );
    }
}
