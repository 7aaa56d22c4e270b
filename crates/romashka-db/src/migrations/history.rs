//! What a database has had: the rows of `public.schema_migrations`, compared with a set of migrations.
//!
//! Invariant: reading needs nothing but the table, and no table means that nothing was applied.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use tokio_postgres::Client;

use super::{FUNCTIONS, MigrationSet, Version};

/// The table, for a database that has none yet. The schema's prelude creates the same.
pub(super) const CREATE_TABLE: &str = "create table if not exists public.schema_migrations (
  version text not null,
  applied_at timestamptz not null default now(),
  description text,
  checksum text,
  duration_ms bigint,
  applied_by text not null default session_user,
  constraint schema_migrations_pkey primary key (version)
)";

/// One row of the table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub applied_at: Timestamp,
    pub description: Option<String>,
    pub checksum: Option<String>,
    pub duration_ms: Option<i64>,
    pub applied_by: Option<String>,
}

/// What was recorded.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    pub versions: BTreeMap<Version, Row>,
    pub functions: Option<Row>,
}

impl History {
    pub async fn read(client: &Client) -> Result<History, tokio_postgres::Error> {
        let mut history = History::default();
        let exists: bool = client
            .query_one(
                "select to_regclass('public.schema_migrations') is not null",
                &[],
            )
            .await?
            .get(0);
        if !exists {
            return Ok(history);
        }
        // Through jsonb, because an older table may lack the columns that were added later.
        let rows = client
            .query(
                "select version::text, applied_at::timestamptz, description::text, to_jsonb(m) ->> 'checksum',
                        (to_jsonb(m) ->> 'duration_ms')::bigint, to_jsonb(m) ->> 'applied_by'
                   from public.schema_migrations m",
                &[],
            )
            .await?;
        for row in rows {
            let key: String = row.get(0);
            let entry = Row {
                applied_at: row.get(1),
                description: row.get(2),
                checksum: row.get(3),
                duration_ms: row.get(4),
                applied_by: row.get(5),
            };
            if key == FUNCTIONS {
                history.functions = Some(entry);
            } else if let Some(version) = Version::parse(&key) {
                history.versions.insert(version, entry);
            }
        }
        Ok(history)
    }

    /// The recorded versions against the set, oldest first.
    pub fn compare(&self, set: &MigrationSet) -> Status {
        let mut entries: Vec<Entry> = Vec::new();
        for migration in set.migrations() {
            let row = self.versions.get(&migration.version());
            let state = match row {
                None => State::Pending,
                Some(Row { checksum: None, .. }) => State::Unverified,
                Some(Row {
                    checksum: Some(checksum),
                    ..
                }) if *checksum == migration.checksum() => State::Applied,
                Some(_) => State::Changed,
            };
            entries.push(Entry::new(
                migration.version(),
                Some(migration.description()),
                state,
                row,
            ));
        }
        for (version, row) in self
            .versions
            .iter()
            .filter(|(version, _)| set.get(**version).is_none())
        {
            entries.push(Entry::new(*version, None, State::Unknown, Some(row)));
        }
        entries.sort_by_key(|entry| entry.version);
        let functions = match (set.functions_checksum(), &self.functions) {
            (None, _) => State::Applied,
            (Some(_), None) => State::Pending,
            (Some(wanted), Some(row)) if row.checksum.as_deref() == Some(wanted.as_str()) => {
                State::Applied
            }
            (Some(_), Some(_)) => State::Changed,
        };
        Status { entries, functions }
    }
}

/// How a migration and the database stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was applied as it is.
    Applied,
    /// It was applied with psql: nobody knows whether all of it.
    Unverified,
    /// It waits.
    Pending,
    /// It was applied, and its file is another one now.
    Changed,
    /// The database had it, and this program does not know it.
    Unknown,
}

/// One migration's standing.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its number.
    pub version: Version,
    /// Its name.
    pub description: String,
    /// How it stands.
    pub state: State,
    /// When it was applied.
    pub applied_at: Option<Timestamp>,
    /// How long that took, milliseconds.
    pub duration_ms: Option<i64>,
    /// The role that did it.
    pub applied_by: Option<String>,
}

impl Entry {
    fn new(version: Version, description: Option<&str>, state: State, row: Option<&Row>) -> Entry {
        let recorded = row.and_then(|row| row.description.as_deref());
        Entry {
            version,
            description: description.or(recorded).unwrap_or_default().to_owned(),
            state,
            applied_at: row.map(|row| row.applied_at),
            duration_ms: row.and_then(|row| row.duration_ms),
            applied_by: row.and_then(|row| row.applied_by.clone()),
        }
    }
}

/// How a database stands to a set of migrations.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// All versions that the set or the database knows, oldest first.
    pub entries: Vec<Entry>,
    /// Whether functions, triggers and policies are those of the set; `changed` when an older file was applied.
    pub functions: State,
}

impl Status {
    /// The versions in this state.
    pub fn versions(&self, state: State) -> impl Iterator<Item = Version> + '_ {
        self.entries
            .iter()
            .filter(move |entry| entry.state == state)
            .map(|entry| entry.version)
    }

    /// Whether nothing is to be done.
    pub fn is_current(&self) -> bool {
        self.functions == State::Applied
            && self
                .entries
                .iter()
                .all(|entry| matches!(entry.state, State::Applied | State::Unverified))
    }

    /// The newest version that the database has had.
    pub fn newest_applied(&self) -> Option<Version> {
        self.entries
            .iter()
            .rev()
            .find(|entry| entry.state != State::Pending)
            .map(|entry| entry.version)
    }
}
