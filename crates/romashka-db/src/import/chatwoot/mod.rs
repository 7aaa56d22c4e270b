//! An account of Chatwoot becomes conversations here. docs/import-chatwoot.md has the mapping.
//!
//! Invariants: Chatwoot's database is only read, at one moment; each of its rows has one id here, made of its own, so that a
//! second run finds what is there and adds what is missing; a page of rows is one transaction; rows go through the database's
//! own triggers, with the times at which things happened, so that ledger, counters and figures are right; nothing is sent.

mod files;
mod source;

use serde::Serialize;
use serde_json::Value;
use tokio_postgres::types::Json;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

use crate::connect::{ConnectError, connect};
use crate::settings::Settings;

pub use files::Folders;
pub use source::TABLES;
use source::{ENTITIES, LEFT_BEHIND, Source};

/// How an account is imported.
#[derive(Clone, Debug)]
pub struct ChatwootOptions {
    /// Its number.
    pub account: i64,
    /// The workspace that receives it, by its short name.
    pub workspace: String,
    /// Where the files of its messages are; without, they are noted on their messages only.
    pub folders: Option<Folders>,
}

/// What came of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChatwootReport {
    /// The account's name.
    pub account: String,
    /// What was brought over.
    pub brought: Vec<Brought>,
    /// What was not, and why.
    pub left: Vec<Left>,
}

/// Rows of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct Brought {
    /// Chatwoot's table.
    pub from: &'static str,
    /// What they are here.
    pub to: &'static str,
    /// How many there are.
    pub read: u64,
    /// How many of them were not here yet.
    pub added: u64,
}

/// What stays behind.
#[derive(Clone, Debug, Serialize)]
pub struct Left {
    /// What it is.
    pub what: String,
    /// How many.
    pub count: u64,
    /// Why.
    pub why: &'static str,
}

/// Why an import did not come about, or stopped. What is here already is found by the next run.
#[derive(Debug, thiserror::Error)]
pub enum ChatwootError {
    /// It is another database.
    #[error("there is no Chatwoot in that database: {0} is missing")]
    NoChatwoot(String),
    /// There is no such account.
    #[error("Chatwoot has no account {wanted}; it has {}", .there.join(", "))]
    NoAccount {
        /// What was asked for.
        wanted: i64,
        /// Those it has.
        there: Vec<String>,
    },
    /// There is no such workspace.
    #[error("there is no workspace {0}")]
    NoWorkspace(String),
    /// A file cannot be read or written.
    #[error("cannot copy {path}")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A database is out of reach.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Chatwoot's database refused.
    #[error("Chatwoot's database refused")]
    Theirs(#[source] tokio_postgres::Error),
    /// Ours refused.
    #[error("the database refused {what}")]
    Ours {
        /// What.
        what: &'static str,
        /// Why.
        #[source]
        source: tokio_postgres::Error,
    },
}

impl ChatwootError {
    /// What the user does next.
    pub fn next_step(&self) -> String {
        match self {
            ChatwootError::NoChatwoot(_) => {
                "name the database of Chatwoot, version 3 or 4: postgresql://…/chatwoot_production"
                    .to_owned()
            }
            ChatwootError::NoAccount { .. } => "name one of them: --account NUMBER".to_owned(),
            ChatwootError::NoWorkspace(_) => {
                "make it first: select public.create_workspace('NAME', 'Name') in romashka psql"
                    .to_owned()
            }
            ChatwootError::File { .. } => {
                "see that it may be read and that there is room".to_owned()
            }
            ChatwootError::Connect(error) => error.next_step().to_owned(),
            ChatwootError::Theirs(_) | ChatwootError::Ours { .. } => {
                "see what it said, and run the command again: it goes on where it stopped"
                    .to_owned()
            }
        }
    }
}

/// Imports an account. The observer is told the table, how many rows were handled, and how many there are.
///
/// # Errors
/// See [`ChatwootError`].
pub async fn import_chatwoot(
    ours: &Settings,
    theirs: &Settings,
    options: &ChatwootOptions,
    observe: &(dyn Fn(&str, u64, u64) + Send + Sync),
) -> Result<ChatwootReport, ChatwootError> {
    let source = Source::open(theirs, options.account).await?;
    let mut client = connect(ours).await?;
    let workspace = prepare(&client, &options.workspace, options.account).await?;
    keep_numbers_free(&client, workspace, source.highest_number().await?).await?;
    let mut report = ChatwootReport {
        account: source.name.clone(),
        ..ChatwootReport::default()
    };
    for entity in ENTITIES {
        let total = source.count(entity).await?;
        let (mut read, mut after) = (0, 0);
        let mut added = vec![0_u64; entity.statements.len()];
        loop {
            observe(entity.table, read, total);
            let (rows, last) = source.page(entity, after).await?;
            if rows.is_empty() {
                break;
            }
            after = last;
            read += rows.len() as u64;
            let files = match (&options.folders, entity.table) {
                (Some(folders), "messages") => folders.take(workspace, &rows)?,
                _ => Vec::new(),
            };
            let transaction = client.transaction().await.map_err(ours_refused("a page"))?;
            for (statement, added) in entity.statements.iter().zip(&mut added) {
                *added += put(&transaction, statement.sql, statement.to, &rows).await?;
            }
            if entity.table == "messages" {
                let sql = include_str!("files.sql");
                report.count_files(put(&transaction, sql, "files", &files).await?, &rows);
            }
            transaction.commit().await.map_err(ours_refused("a page"))?;
        }
        for (statement, added) in entity.statements.iter().zip(added) {
            if !statement.to.is_empty() {
                report.brought.push(Brought {
                    from: entity.table,
                    to: statement.to,
                    read,
                    added,
                });
            }
        }
    }
    for (table, what, why) in LEFT_BEHIND {
        let count = source.left_behind(table).await?;
        report.leave((*what).to_owned(), count, why);
    }
    Ok(report)
}

impl ChatwootReport {
    fn leave(&mut self, what: String, count: u64, why: &'static str) {
        if count > 0 {
            self.left.push(Left { what, count, why });
        }
    }

    /// Files of a page of messages: those that are here, and those that are not.
    fn count_files(&mut self, added: u64, rows: &[Value]) {
        let named: usize = rows
            .iter()
            .filter_map(|row| row["attachments"].as_array())
            .map(Vec::len)
            .sum();
        match self
            .brought
            .iter_mut()
            .find(|one| one.from == "attachments")
        {
            Some(files) => {
                files.read += named as u64;
                files.added += added;
            }
            None => self.brought.push(Brought {
                from: "attachments",
                to: "files (all are noted on their messages)",
                read: named as u64,
                added,
            }),
        }
    }
}

fn ours_refused(what: &'static str) -> impl FnOnce(tokio_postgres::Error) -> ChatwootError {
    move |source| ChatwootError::Ours { what, source }
}

/// What the statements of the session need; the workspace.
async fn prepare(client: &Client, slug: &str, account: i64) -> Result<Uuid, ChatwootError> {
    let workspace: Uuid = client
        .query_opt("select id from public.workspaces where slug = $1", &[&slug])
        .await
        .map_err(ours_refused("the workspace"))?
        .ok_or_else(|| ChatwootError::NoWorkspace(slug.to_owned()))?
        .get(0);
    let session = include_str!("session.sql")
        .replace("{workspace}", &workspace.to_string())
        .replace("{account}", &account.to_string());
    client
        .batch_execute(&session)
        .await
        .map_err(ours_refused("the session"))?;
    Ok(workspace)
}

/// Conversations keep their numbers where those are free: what gets another one is numbered after all of them.
async fn keep_numbers_free(
    client: &Client,
    workspace: Uuid,
    highest: i64,
) -> Result<(), ChatwootError> {
    if highest > 0 {
        client
            .execute(
                "select pg_catalog.setval(s.name::pg_catalog.regclass, $2::bigint)
                   from (select 'romashka_numbers.conversation_' || pg_catalog.replace($1::uuid::text, '-', '') as name) as s
                  where $2::bigint > coalesce((select q.last_value from pg_catalog.pg_sequences as q
                    where q.schemaname = 'romashka_numbers' and 'romashka_numbers.' || q.sequencename = s.name), 0)",
                &[&workspace, &highest],
            )
            .await
            .map_err(ours_refused("the numbers"))?;
    }
    Ok(())
}

async fn put(
    transaction: &Transaction<'_>,
    sql: &str,
    what: &'static str,
    rows: &[Value],
) -> Result<u64, ChatwootError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let what = if what.is_empty() { "rows" } else { what };
    transaction
        .execute(sql, &[&Json(rows)])
        .await
        .map_err(ours_refused(what))
}
