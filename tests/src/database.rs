//! A database for a test: a clone of a template that holds the whole schema, dropped when the test is done.

use std::{fmt, fs, thread};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

use crate::{explain, programs::repository_root, server::TestServer};

/// The file that makes the schema in the template.
const SCHEMA: &str = "migrations/001_complete_schema.sql";

/// Held while a template is made, so that parallel test processes make it once. Any number that nothing else uses.
const TEMPLATE_LOCK: i64 = 0x726f_6d61_7465_7374;

/// A database of one test. Dropped with the value.
pub struct TestDatabase {
    server: &'static TestServer,
    name: String,
    /// The connection URL of the role that owns it.
    url: String,
    owner: Client,
}

impl fmt::Debug for TestDatabase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TestDatabase({})", self.name)
    }
}

impl TestDatabase {
    /// A database with the whole schema and no row but those that the schema brings.
    ///
    /// # Panics
    /// When there is no server, or the schema does not apply.
    pub async fn new() -> Self {
        let server = TestServer::shared();
        let template = template(server).await;
        Self::create(server, &format!("template {template}")).await
    }

    /// A database with nothing in it.
    ///
    /// # Panics
    /// When there is no server.
    pub async fn empty() -> Self {
        Self::create(TestServer::shared(), "template template0").await
    }

    pub(crate) async fn create(server: &'static TestServer, origin: &str) -> Self {
        let name = format!("romashka_test_{}", uuid::Uuid::new_v4().simple());
        let admin = connect(server, "postgres")
            .await
            .unwrap_or_else(|error| panic!("{error:#}"));
        if let Err(error) = admin
            .batch_execute(&format!("create database {name} {origin}"))
            .await
        {
            panic!("create database {name} {origin}: {}", explain(&error));
        }
        let url = server.url(&name);
        let owner = connect_to(&url)
            .await
            .unwrap_or_else(|error| panic!("{error:#}"));
        Self {
            server,
            name,
            url,
            owner,
        }
    }

    /// The same database, seen by another role.
    pub(crate) async fn owned_by(mut self, role: &str) -> Self {
        self.url = self.server.url_as(role, &self.name);
        self.owner = self.connect().await;
        self
    }

    /// The connection of the database's owner: row security does not bind it. A superuser, but for a database like
    /// Supabase's.
    pub fn owner(&self) -> &Client {
        &self.owner
    }

    /// One more connection of the owner.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn connect(&self) -> Client {
        connect_to(&self.url)
            .await
            .unwrap_or_else(|error| panic!("{error:#}"))
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its connection URL, for `psql`, `romashka` and drivers.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The server it is on.
    pub fn server(&self) -> &'static TestServer {
        self.server
    }

    /// Runs a file of the repository through the simple protocol, as one batch.
    ///
    /// # Panics
    /// When the file cannot be read or a statement fails.
    pub async fn run_file(&self, path: &str) {
        run_file(&self.owner, path)
            .await
            .unwrap_or_else(|error| panic!("{error:#}"));
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server, self.name.clone());
        // A thread with a runtime of its own: drop is not async, and the test's runtime may be on its way out.
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async move {
                let admin = connect(server, "postgres").await?;
                admin
                    .batch_execute(&format!("drop database if exists {name} with (force)"))
                    .await?;
                anyhow::Ok(())
            })
        });
        if let Ok(Err(error)) = dropped.join() {
            eprintln!("the test database {} stays behind: {error:#}", self.name);
        }
    }
}

async fn connect(server: &TestServer, database: &str) -> Result<Client> {
    connect_to(&server.url(database)).await
}

async fn connect_to(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .with_context(|| format!("no connection to {url}"))?;
    tokio::spawn(async move {
        // The client sees the error of its own statement; a connection that the server ends with the database has none.
        let _ = connection.await;
    });
    Ok(client)
}

async fn run_file(client: &Client, path: &str) -> Result<()> {
    let sql = fs::read_to_string(repository_root().join(path))
        .with_context(|| format!("{path} cannot be read"))?;
    client
        .batch_execute(&sql)
        .await
        .map_err(|error| anyhow::anyhow!("{path}: {}{}", position(&sql, &error), explain(&error)))
}

/// `line N: ` of the statement that failed, when the server names a place.
fn position(sql: &str, error: &tokio_postgres::Error) -> String {
    let Some(tokio_postgres::error::ErrorPosition::Original(at)) =
        error.as_db_error().and_then(|said| said.position())
    else {
        return String::new();
    };
    let line = sql
        .chars()
        .take(*at as usize)
        .filter(|character| *character == '\n')
        .count()
        + 1;
    format!("line {line}: ")
}

/// The name of the template, made by whoever comes first. What went wrong once is not tried again for each test.
async fn template(server: &'static TestServer) -> &'static str {
    static NAME: OnceCell<Result<String, String>> = OnceCell::const_new();
    let made = NAME
        .get_or_init(|| async {
            make_template(server)
                .await
                .map_err(|error| format!("{error:#}"))
        })
        .await;
    made.as_ref()
        .unwrap_or_else(|error| panic!("the template database: {error}"))
}

async fn make_template(server: &TestServer) -> Result<String> {
    let sql = fs::read(repository_root().join(SCHEMA))
        .with_context(|| format!("{SCHEMA} cannot be read"))?;
    let checksum: String = Sha256::digest(&sql)
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let name = format!("romashka_template_{checksum}");
    let admin = connect(server, "postgres").await?;
    admin
        .execute("select pg_advisory_lock($1)", &[&TEMPLATE_LOCK])
        .await?;
    let exists = admin
        .query_opt(
            "select from pg_database where datname = $1 and datistemplate",
            &[&name],
        )
        .await?
        .is_some();
    if !exists {
        // Whatever is there under the name was left half-made.
        admin
            .batch_execute(&format!("drop database if exists {name} with (force)"))
            .await?;
        admin
            .batch_execute(&format!("create database {name} template template0"))
            .await?;
        let client = connect(server, &name).await?;
        run_file(&client, SCHEMA).await?;
        client.batch_execute("vacuum analyze").await?;
        drop(client);
        admin
            .batch_execute(&format!(
                "alter database {name} with is_template true allow_connections false"
            ))
            .await?;
    }
    admin
        .execute("select pg_advisory_unlock($1)", &[&TEMPLATE_LOCK])
        .await?;
    Ok(name)
}
