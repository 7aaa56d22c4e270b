//! Databases that look, to a migration, like a project on Supabase: the installing role is not a superuser.
//!
//! Invariant: they live in a cluster of their own, because the roles of a cluster are shared by its databases and the
//! other tests install as a superuser.

use std::{fs, sync::OnceLock};

use tokio::sync::Mutex;

use crate::{
    TestDatabase, explain,
    programs::repository_root,
    server::{StartOptions, TestServer},
};

/// The role that installs, as `postgres` does on Supabase.
pub const MIGRATOR: &str = "supabase_postgres";

/// What a new object in `public` grants by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantMode {
    /// Next to nothing: projects made since May 2026.
    Explicit,
    /// Everything, to the API's roles: projects made before.
    Legacy,
}

impl GrantMode {
    /// Both.
    pub const ALL: [GrantMode; 2] = [GrantMode::Explicit, GrantMode::Legacy];

    fn name(self) -> &'static str {
        match self {
            GrantMode::Explicit => "explicit",
            GrantMode::Legacy => "legacy",
        }
    }
}

impl TestDatabase {
    /// An empty database like a new project's. Its owner and its URL are the migrator's.
    ///
    /// # Panics
    /// When there is no server to be found, or it refuses the imitation.
    pub async fn supabase_like(mode: GrantMode) -> Self {
        static SERVER: OnceLock<TestServer> = OnceLock::new();
        // Roles are altered each time, and PostgreSQL refuses two who alter one role at the same moment.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

        let server = SERVER.get_or_init(|| {
            TestServer::start(StartOptions::default())
                .unwrap_or_else(|error| panic!("no PostgreSQL for the tests: {error:#}"))
        });
        let database = Self::create(server, "template template0").await;
        let fixture =
            fs::read_to_string(repository_root().join("tests/fixtures/supabase_like.sql"))
                .expect("the fixture");
        {
            let _turn = ONE_AT_A_TIME.lock().await;
            let settings = format!(
                "set romashka_test.migrator = '{MIGRATOR}'; set romashka_test.api_grants = '{}'",
                mode.name()
            );
            for batch in [settings.as_str(), fixture.as_str()] {
                if let Err(error) = database.owner().batch_execute(batch).await {
                    panic!("tests/fixtures/supabase_like.sql: {}", explain(&error));
                }
            }
        }
        database.owned_by(MIGRATOR).await
    }
}
