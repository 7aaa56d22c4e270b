//! The only way from the application to the database: a transaction that has a role and claims.
//!
//! Invariants: no statement runs outside a transaction; the first statement of each is
//! `romashka.begin_request`; when a scope is dropped at any point, its beginning included, the
//! rollback is queued on the connection before anybody else can use it, so that no open
//! transaction and no other tenant's context ever returns to the pool.

use std::ops::Deref;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Transaction};
use futures_util::FutureExt as _;
use futures_util::future::join3;
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
    /// The id of the key, workflow or bot that acts, where no person does.
    pub actor_id: Option<Uuid>,
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
            actor_id: None,
            workspace_role: None,
        }
    }

    /// Nobody: a visitor who has not signed in.
    pub fn anonymous() -> Claims {
        Claims {
            role: Role::Anonymous,
            subject: None,
            workspace: None,
            actor: None,
            actor_id: None,
            workspace_role: None,
        }
    }

    /// A person who has not said in which workspace: it is the first that he is a member of.
    pub fn anywhere(subject: Uuid) -> Claims {
        Claims {
            subject: Some(subject),
            role: Role::Authenticated,
            ..Claims::anonymous()
        }
    }

    /// A program with an API key of a workspace.
    pub fn api_key(key: Uuid, workspace: Uuid, workspace_role: &'static str) -> Claims {
        Claims {
            role: Role::Authenticated,
            subject: None,
            workspace: Some(workspace),
            actor: Some(Actor::Api),
            actor_id: Some(key),
            workspace_role: Some(workspace_role),
        }
    }

    /// The product's own work over every workspace: signing in, queues, schedulers.
    pub fn installation() -> Claims {
        Claims {
            role: Role::Service,
            actor: Some(Actor::System),
            ..Claims::anonymous()
        }
    }

    /// The product's own work in a workspace.
    pub fn service(workspace: Uuid, actor: Actor) -> Claims {
        Claims {
            role: Role::Service,
            subject: None,
            workspace: Some(workspace),
            actor: Some(actor),
            actor_id: None,
            workspace_role: None,
        }
    }

    /// The claims in the form that PostgREST and Supabase use.
    pub(crate) fn document(&self) -> serde_json::Value {
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
        if let Some(actor) = self.actor_id {
            metadata.insert("actor_id".to_owned(), actor.to_string().into());
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

    /// Begins a transaction that speaks for `claims` and holds its connection itself. Rolled back unless
    /// [`OwnedScope::commit`] is called.
    #[expect(
        clippy::disallowed_methods,
        reason = "as lease: the scope is begun before anybody is given it"
    )]
    pub async fn begin(
        &self,
        claims: &Claims,
        surroundings: &Surroundings,
    ) -> Result<OwnedScope, ScopeError> {
        let mut scope = OwnedScope {
            client: self.pool.get().await.map_err(ScopeError::Unavailable)?,
            membership: Membership::default(),
            is_open: true,
        };
        scope.open("begin", claims, surroundings).await?;
        Ok(scope)
    }

    /// How many connections there are, how many of them are idle, and how many callers wait for one.
    pub fn load(&self) -> PoolLoad {
        let status = self.pool.status();
        PoolLoad {
            connections: status.size,
            idle: status.available,
            waiting: status.waiting,
        }
    }

    /// Closes the pool: nobody gets a connection any more, idle ones are closed.
    pub fn close(&self) {
        self.pool.close();
    }
}

/// How busy the pool is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLoad {
    /// Open connections.
    pub connections: usize,
    /// Those that nobody uses.
    pub idle: usize,
    /// Callers that wait for one.
    pub waiting: usize,
}

/// What the database is told of a request beside the claims.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Headers that the audit records, lower-case names: `x-forwarded-for` (the caller's address alone), `user-agent`.
    pub headers: serde_json::Map<String, serde_json::Value>,
    /// How long a statement may run; without it the server's own limit applies.
    pub statement_timeout: Option<Duration>,
    /// How long a statement may wait for a lock; without it the server's own limit applies.
    pub lock_timeout: Option<Duration>,
}

/// Where a signed-in caller works, and as what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    /// The workspace that the claims name, else the person's first.
    pub workspace: Option<Uuid>,
    /// viewer, agent, admin or owner; none for who is not a member.
    pub role: Option<String>,
}

/// A transaction with a role and claims that holds its connection itself, so that it can be kept beside what it serves.
///
/// Dropped at any point, also while it is begun or committed, it queues the rollback on the connection before the
/// connection goes back to the pool: the driver sends a statement when its future is first polled, and the server
/// carries statements out in the order they were sent.
pub struct OwnedScope {
    client: deadpool_postgres::Client,
    membership: Membership,
    is_open: bool,
}

impl OwnedScope {
    /// BEGIN, the context and the caller's membership in one round trip.
    async fn open(
        &mut self,
        begin: &str,
        claims: &Claims,
        surroundings: &Surroundings,
    ) -> Result<(), ScopeError> {
        let context = self
            .client
            .prepare_cached(
                "select romashka.begin_request($1::text, $2::jsonb),
                        pg_catalog.set_config('request.headers', $3::jsonb::text, true),
                        pg_catalog.set_config('statement_timeout', coalesce($4::text, pg_catalog.current_setting('statement_timeout')), true),
                        pg_catalog.set_config('lock_timeout', coalesce($5::text, pg_catalog.current_setting('lock_timeout')), true)",
            )
            .await?;
        let membership = match claims.role {
            Role::Authenticated => Some(
                self.client
                    .prepare_cached(
                        "select found.workspace, found.member_role from romashka.my_membership() as found",
                    )
                    .await?,
            ),
            Role::Anonymous | Role::Service => None,
        };
        let milliseconds =
            |limit: Option<Duration>| limit.map(|limit| limit.as_millis().to_string());
        let headers = Json(&surroundings.headers);
        let document = Json(claims.document());
        let (statement_timeout, lock_timeout) = (
            milliseconds(surroundings.statement_timeout),
            milliseconds(surroundings.lock_timeout),
        );
        let role = claims.role.name();
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] = [
            &role,
            &document,
            &headers,
            &statement_timeout,
            &lock_timeout,
        ];
        let (begun, placed, found) = join3(
            self.client.batch_execute(begin),
            self.client.query(&context, &parameters),
            async {
                match &membership {
                    Some(statement) => self.client.query_opt(statement, &[]).await,
                    None => Ok(None),
                }
            },
        )
        .await;
        begun?;
        placed?;
        self.membership = match found? {
            Some(row) => Membership {
                workspace: row.try_get(0)?,
                role: row.try_get(1)?,
            },
            None => Membership::default(),
        };
        Ok(())
    }

    /// Where the caller works, and as what; empty for who is not signed in.
    pub fn membership(&self) -> &Membership {
        &self.membership
    }

    /// Goes on in the same transaction as somebody else: what the one and the other do is one commit.
    pub async fn act_as(&mut self, claims: &Claims) -> Result<(), ScopeError> {
        let context = self
            .client
            .prepare_cached("select romashka.begin_request($1::text, $2::jsonb)")
            .await?;
        self.client
            .query(&context, &[&claims.role.name(), &Json(claims.document())])
            .await?;
        Ok(())
    }

    /// Makes what was done permanent.
    ///
    /// # Errors
    /// Also when an earlier statement failed and its error was not heeded: PostgreSQL would answer COMMIT with a
    /// silent rollback, so a statement that a failed transaction refuses goes before it.
    pub async fn commit(mut self) -> Result<(), ScopeError> {
        self.client.batch_execute("select; commit").await?;
        self.is_open = false;
        Ok(())
    }

    /// Commits, and begins another scope on the same connection in the same round trip.
    pub async fn commit_and_begin(
        mut self,
        claims: &Claims,
        surroundings: &Surroundings,
    ) -> Result<OwnedScope, ScopeError> {
        self.open("select; commit; begin", claims, surroundings)
            .await?;
        Ok(self)
    }
}

impl Drop for OwnedScope {
    fn drop(&mut self) {
        if self.is_open && !self.client.is_closed() {
            // Polled once, which sends it.
            let _ = self.client.batch_execute("rollback").now_or_never();
        }
    }
}

impl Deref for OwnedScope {
    type Target = deadpool_postgres::ClientWrapper;

    fn deref(&self) -> &deadpool_postgres::ClientWrapper {
        &self.client
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
