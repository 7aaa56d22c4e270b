//! A connection that acts as somebody: one transaction with the role and the claims of a request.

use std::ops::Deref;

use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::{database::TestDatabase, explain};

/// One transaction in the name of a person, a service or a visitor. Dropping it rolls back.
pub struct Session {
    client: Client,
}

impl Session {
    /// Keeps what was done.
    ///
    /// # Panics
    /// When a deferred check refuses it.
    pub async fn commit(self) {
        if let Err(error) = self.client.batch_execute("commit").await {
            panic!("commit: {}", explain(&error));
        }
    }

    /// Forgets what was done.
    ///
    /// # Panics
    /// When the connection is gone.
    pub async fn rollback(self) {
        self.client
            .batch_execute("rollback")
            .await
            .expect("rollback");
    }
}

impl Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl TestDatabase {
    /// A transaction as a signed-in person in a workspace.
    ///
    /// # Panics
    /// When the context is refused.
    pub async fn as_user(&self, person: Uuid, workspace: Uuid) -> Session {
        let claims = json!({"sub": person, "role": "authenticated", "app_metadata": {"workspace_id": workspace}});
        self.as_role("authenticated", &claims).await
    }

    /// A transaction as somebody who is not signed in.
    ///
    /// # Panics
    /// When the context is refused.
    pub async fn as_anonymous(&self) -> Session {
        self.as_role("anon", &json!({"role": "anon"})).await
    }

    /// A transaction with any role and claims.
    ///
    /// # Panics
    /// When the context is refused.
    pub async fn as_role(&self, role: &str, claims: &Value) -> Session {
        let client = self.connect().await;
        client.batch_execute("begin").await.expect("begin");
        if let Err(error) = client
            .execute("select romashka.begin_request($1, $2)", &[&role, claims])
            .await
        {
            panic!("begin_request('{role}', '{claims}'): {}", explain(&error));
        }
        Session { client }
    }
}
