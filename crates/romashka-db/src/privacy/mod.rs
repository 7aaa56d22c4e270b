//! What is kept about one person: found, taken out as a document, erased, and looked for afterwards.
//!
//! Invariants: the database's own functions export and erase, for everybody alike; who is looked for is found in every
//! column of every table that can hold words, as the catalog names them, not as a list here does.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

/// A customer, as far as it is needed to be sure who it is.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// The customer's id.
    pub id: Uuid,
    /// The name.
    pub name: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// The number.
    pub phone: Option<String>,
    /// Whether the person was erased already.
    pub is_erased: bool,
    /// How many conversations there are.
    pub conversations: i64,
}

/// A file whose bytes are to be removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ErasedFile {
    /// The id it had.
    pub id: Uuid,
    /// Where its bytes are.
    pub storage_provider: String,
    /// Under which path.
    pub file_path: String,
    /// Whether another file has the same bytes.
    pub is_shared: bool,
}

/// What was erased: rows by area.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Erased {
    /// Profiles, with those that were merged into it.
    pub profiles: i64,
    /// Conversations whose words were taken out.
    pub conversations: i64,
    /// Messages whose words were taken out.
    pub messages: i64,
    /// Incoming events as the channels sent them.
    pub incoming_events: i64,
    /// Those that wait to be taken in and mention the person.
    pub incoming_events_waiting: i64,
    /// What receivers were told.
    pub outgoing_webhooks: i64,
    /// Rows of the ledger whose words were taken out.
    pub ledger_rows: i64,
    /// Rows of the audit whose words were taken out.
    pub audit_rows: i64,
    /// The files of the conversations.
    pub files: Vec<ErasedFile>,
}

/// A column in which a word still stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mention {
    /// Schema and table; of a partitioned table, the partition.
    pub table: String,
    /// The column.
    pub column: String,
    /// In how many rows.
    pub rows: i64,
}

/// The customers whom an id, an address or a number names.
///
/// # Errors
/// When the database does not answer.
pub async fn find(client: &Client, workspace: Uuid, who: &str) -> Result<Vec<Person>, Error> {
    let rows = client
        .query(include_str!("find.sql"), &[&workspace, &who.trim()])
        .await?;
    Ok(rows
        .iter()
        .map(|row| Person {
            id: row.get(0),
            name: row.get(1),
            email: row.get(2),
            phone: row.get(3),
            is_erased: row.get(4),
            conversations: row.get(5),
        })
        .collect())
}

/// Everything kept about a customer, in one document; that it was taken out is recorded in the audit.
///
/// # Errors
/// When the database refuses it.
pub async fn export(client: &Client, workspace: Uuid, customer: Uuid) -> Result<Value, Error> {
    let row = client
        .query_one(
            "select public.export_customer($1, $2), public.record_audit('export', 'customer_profiles', $1, '{}', $2)",
            &[&customer, &workspace],
        )
        .await?;
    Ok(row.get(0))
}

/// Words by which a customer is found: addresses, numbers and names, in small letters. To be asked for before erasing.
///
/// # Errors
/// When the database does not answer.
pub async fn words(client: &Client, workspace: Uuid, customer: Uuid) -> Result<Vec<String>, Error> {
    let row = client
        .query_one(include_str!("words.sql"), &[&workspace, &customer])
        .await?;
    Ok(row.get(0))
}

/// Why a customer was not erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The database refused it.
    #[error("the customer was not erased")]
    Database(#[from] Error),
    /// The database is of another version.
    #[error("the database answered what this version does not know")]
    Answer(#[from] serde_json::Error),
}

/// Takes a customer out of the database. The bytes of the files are in the queue of those to be removed ([`claim_files`]).
///
/// # Errors
/// When the database refuses it; then nothing was erased.
pub async fn erase(
    client: &Client,
    workspace: Uuid,
    customer: Uuid,
    reason: Option<&str>,
) -> Result<Erased, EraseError> {
    let row = client
        .query_one(
            "select public.erase_customer($1, $2, $3)",
            &[&customer, &reason, &workspace],
        )
        .await?;
    Ok(serde_json::from_value(row.get::<_, Value>(0))?)
}

/// Takes these files' bytes out of every other process's hands; the leases by file. Whose is not there is held by a server, or is
/// in a storage that is not ours.
///
/// # Errors
/// When the database does not answer.
pub async fn claim_files(client: &Client, files: &[Uuid]) -> Result<HashMap<Uuid, Uuid>, Error> {
    let mut leases = HashMap::new();
    loop {
        let rows = client
            .query(
                "select q.id, q.lease_id from romashka.claim_removed_files(1000, 'romashka gdpr', chosen_files => $1) as q",
                &[&files],
            )
            .await?;
        if rows.is_empty() {
            return Ok(leases);
        }
        for row in rows {
            leases.insert(row.get(0), row.get(1));
        }
    }
}

/// Says that a file's bytes are gone, or why not: then a server tries again.
///
/// # Errors
/// When the database does not answer.
pub async fn finish_file(
    client: &Client,
    workspace: Uuid,
    (file, lease): (Uuid, Uuid),
    failure: Option<&str>,
) -> Result<(), Error> {
    client
        .execute(
            "select romashka.finish_file_removal($1, $2, $3, $4)",
            &[&file, &lease, &failure, &workspace],
        )
        .await?;
    Ok(())
}

/// Where any of the words stands, in every column of every table and partition that the role may read.
///
/// # Errors
/// When the database does not answer.
pub async fn mentions(client: &Client, words: &[String]) -> Result<Vec<Mention>, Error> {
    let mut found = Vec::new();
    if words.is_empty() {
        return Ok(found);
    }
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    for table in client.query(include_str!("columns.sql"), &[]).await? {
        let (name, columns, texts): (String, Vec<String>, Vec<String>) =
            (table.get(0), table.get(1), table.get(2));
        let counts: Vec<String> = texts
            .iter()
            .map(|text| {
                format!(
                    "pg_catalog.count(*) filter (where exists (select from pg_catalog.unnest($1::text[]) as w (word) where pg_catalog.strpos(pg_catalog.lower({text}), w.word) > 0))"
                )
            })
            .collect();
        let row = client
            .query_one(
                &format!("select array[{}] from only {name} as t", counts.join(", ")),
                &[&words],
            )
            .await;
        let row = match row {
            Ok(row) => row,
            // Another's table; and one that was dropped meanwhile.
            Err(error) if error.as_db_error().is_some() => continue,
            Err(error) => return Err(error),
        };
        let rows: Vec<i64> = row.get(0);
        found.extend(
            columns
                .into_iter()
                .zip(rows)
                .filter(|(_, rows)| *rows > 0)
                .map(|(column, rows)| Mention {
                    table: name.clone(),
                    column,
                    rows,
                }),
        );
    }
    Ok(found)
}
