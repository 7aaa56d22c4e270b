//! The harness of the end-to-end tests: a PostgreSQL for the run, a database for each test.
//!
//! Invariants: a test never meets another test's rows (each has a database of its own, cloned from a template that was
//! migrated once), nothing is left behind when the run ends in whatever way, and no test needs a server, a role or an
//! environment variable that somebody prepared by hand.
//!
//! ```no_run
//! # async fn example() {
//! use romashka_tests::{Role, TestDatabase};
//!
//! let database = TestDatabase::new().await;
//! let workspace = database.create_workspace("acme").await;
//! let ann = database.create_person(workspace, Role::Agent).await;
//! let session = database.as_user(ann, workspace).await;
//! session.query("select id from public.conversations", &[]).await.unwrap();
//! # }
//! ```

pub mod api;
mod cluster;
mod database;
pub mod mail_archive;
pub mod object_storage;
mod older;
mod outcome;
mod page;
mod people;
mod programs;
mod rows;
mod server;
mod session;
mod supabase;
pub mod workload;

pub use api::Api;
pub use cluster::Cluster;
pub use database::TestDatabase;
pub use object_storage::ObjectStorage;
pub use older::{older_defects, older_rows, older_schema};
pub use outcome::{Outcome, code_of, try_statement};
pub use page::compare_page;
pub use people::Role;
pub use programs::{
    client_program, model_folder, psql, psql_script, repository_root, romashka_binary,
};
pub use rows::{Table, quoted};
pub use server::{StartOptions, TestServer};
pub use session::Session;
pub use supabase::{GrantMode, MIGRATOR};
pub use workload::{Workload, Workplace};

/// A value of a query, for the tests that read one field of one row.
///
/// # Panics
/// When the query fails or does not give exactly one row.
pub async fn value<T>(client: &tokio_postgres::Client, sql: &str) -> T
where
    T: for<'a> tokio_postgres::types::FromSql<'a>,
{
    match client.query_one(sql, &[]).await {
        Ok(row) => row.get(0),
        Err(error) => panic!("{sql}\n{}", explain(&error)),
    }
}

/// Waits until a statement's one value is what is expected. No row, or nothing in it, is an answer too: before anything is there.
///
/// # Panics
/// When the query fails, or when it is not after two minutes.
pub async fn until<T>(client: &tokio_postgres::Client, sql: &str, expected: T)
where
    T: for<'a> tokio_postgres::types::FromSql<'a> + PartialEq + std::fmt::Debug,
{
    let begun = std::time::Instant::now();
    loop {
        let row = match client.query_opt(sql, &[]).await {
            Ok(row) => row,
            Err(error) => panic!("{sql}\n{}", explain(&error)),
        };
        let found: Option<T> = row.and_then(|row| row.get(0));
        if found.as_ref() == Some(&expected) {
            return;
        }
        assert!(
            begun.elapsed() < std::time::Duration::from_secs(120),
            "{sql}: {found:?} and not {expected:?}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// What the server said, with its hint, detail and SQLSTATE: the short form of a driver error hides all three.
pub fn explain(error: &tokio_postgres::Error) -> String {
    let Some(said) = error.as_db_error() else {
        return error.to_string();
    };
    let mut text = format!("{} {}", said.code().code(), said.message());
    for (name, part) in [
        ("detail", said.detail()),
        ("hint", said.hint()),
        ("where", said.where_()),
    ] {
        if let Some(part) = part {
            text.push_str(&format!("\n  {name}: {part}"));
        }
    }
    text
}
