//! Workspaces and the people in them, made the way a product makes them: an account, then a membership.

use std::fmt;

use uuid::Uuid;

use crate::{database::TestDatabase, explain};

/// What a person may do in a workspace, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Answers customers.
    Agent,
    /// Runs the workspace.
    Admin,
    /// Owns the workspace.
    Owner,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Agent, Role::Admin, Role::Owner];

    /// Its name in `workspace_members.role`.
    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Agent => "agent",
            Role::Admin => "admin",
            Role::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl TestDatabase {
    /// The workspace that the schema brings.
    ///
    /// # Panics
    /// When it is not there.
    pub async fn default_workspace(&self) -> Uuid {
        crate::value(self.owner(), "select public.current_workspace_id()").await
    }

    /// A further workspace with this slug.
    ///
    /// # Panics
    /// When the database refuses it.
    pub async fn create_workspace(&self, slug: &str) -> Uuid {
        let made = self
            .owner()
            .query_one(
                "insert into public.workspaces (slug, name) values ($1, $1) returning id",
                &[&slug],
            )
            .await;
        made.unwrap_or_else(|error| panic!("workspace {slug}: {}", explain(&error)))
            .get(0)
    }

    /// A person with an account, who is a member of the workspace.
    ///
    /// # Panics
    /// When the database refuses one of the two.
    pub async fn create_person(&self, workspace: Uuid, role: Role) -> Uuid {
        let person = self
            .create_account(&format!("{role}-{}@example.test", Uuid::new_v4().simple()))
            .await;
        self.join_workspace(person, workspace, role).await;
        person
    }

    /// An account; the schema makes the profile. A member of no workspace.
    ///
    /// # Panics
    /// When the database refuses it.
    pub async fn create_account(&self, email: &str) -> Uuid {
        let made = self.owner().query_one("insert into auth.users (id, email) values (gen_random_uuid(), $1::text) returning id", &[&email]).await;
        made.unwrap_or_else(|error| panic!("account {email}: {}", explain(&error)))
            .get(0)
    }

    /// Makes somebody a member.
    ///
    /// # Panics
    /// When the database refuses it.
    pub async fn join_workspace(&self, person: Uuid, workspace: Uuid, role: Role) {
        let sql = "insert into public.workspace_members (workspace_id, user_id, role) values ($1, $2, $3)";
        if let Err(error) = self
            .owner()
            .execute(sql, &[&workspace, &person, &role.name()])
            .await
        {
            panic!("{role} in {workspace}: {}", explain(&error));
        }
    }
}
