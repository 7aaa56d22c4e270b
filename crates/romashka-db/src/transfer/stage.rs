//! Rows on their way in: kept in a schema of its own, where no application looks, until all of them are there.
//!
//! Invariants: a batch of rows and how far it goes are one commit, so that an import that was killed goes on behind its last
//! batch; a server that crashes empties all of it, so that an import begins anew and never goes on with a part.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::TransferError;

const SCHEMA: &str = "create schema if not exists romashka_import;
    create unlogged table if not exists romashka_import.imports (
      key text not null, salt bytea not null, people jsonb not null, lines bigint not null default 0, begun_at timestamptz not null default now(),
      constraint imports_pkey primary key (key));
    create unlogged table if not exists romashka_import.rows (
      key text not null, position bigint not null, line jsonb not null, constraint rows_pkey primary key (key, position));
    comment on schema romashka_import is 'Rows that romashka import is reading in. Without an import at work it can be dropped.'";

/// Rows of a batch, and bytes of one.
const ROWS: usize = 2_000;
const BYTES: usize = 4 << 20;

/// A person of an export.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Person {
    pub id: Uuid,
    pub email: String,
    #[serde(default)]
    pub full_name: Option<String>,
    #[serde(default)]
    pub avatar_url: Option<String>,
    #[serde(default)]
    pub timezone: Option<String>,
    #[serde(default)]
    pub language: Option<String>,
}

/// An import that has begun.
pub(super) struct Stage<'a> {
    client: &'a Client,
    pub key: String,
    pub salt: [u8; 32],
    /// Who becomes whom.
    pub people: HashMap<Uuid, Uuid>,
    /// How many rows are there from an earlier run.
    pub there: u64,
    position: u64,
    positions: Vec<i64>,
    lines: Vec<String>,
    bytes: usize,
}

impl<'a> Stage<'a> {
    /// Begins an import, or goes on with it.
    pub(super) async fn begin(
        client: &'a Client,
        key: String,
        people: &[Person],
    ) -> Result<Stage<'a>, TransferError> {
        let is_free: bool = client
            .query_one(
                "select pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended('romashka import ' || $1, 0))",
                &[&key],
            )
            .await?
            .get(0);
        if !is_free {
            return Err(TransferError::Busy);
        }
        let salt: [u8; 32] = rand::random();
        let matched = matched(client, people, &salt).await?;
        // Two imports that make or remove the schema at once would meet.
        client
            .batch_execute(&format!(
                "begin; select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('romashka import schema', 0)); {SCHEMA}"
            ))
            .await?;
        client
            .execute(
                "insert into romashka_import.imports (key, salt, people) values ($1, $2, $3) on conflict (key) do nothing",
                &[&key, &salt.as_slice(), &Json(&matched)],
            )
            .await?;
        client.batch_execute("commit").await?;
        let row = client
            .query_one(
                "select salt, people, lines from romashka_import.imports where key = $1",
                &[&key],
            )
            .await?;
        let kept: Vec<u8> = row.get(0);
        let Json(people): Json<HashMap<Uuid, Uuid>> = row.get(1);
        let there: i64 = row.get(2);
        Ok(Stage {
            client,
            key,
            salt: kept.try_into().unwrap_or(salt),
            people,
            there: there.unsigned_abs(),
            position: 0,
            positions: Vec::with_capacity(ROWS),
            lines: Vec::with_capacity(ROWS),
            bytes: 0,
        })
    }

    /// Whether the next row is there already; then it counts as put.
    pub(super) fn skips(&mut self) -> bool {
        let skips = self.position < self.there;
        if skips {
            self.position += 1;
        }
        skips
    }

    /// Puts the next row.
    pub(super) async fn put(&mut self, line: String) -> Result<(), TransferError> {
        self.position += 1;
        self.positions.push(self.position.cast_signed());
        self.bytes += line.len();
        self.lines.push(line);
        if self.lines.len() >= ROWS || self.bytes >= BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    /// Commits what was put.
    pub(super) async fn flush(&mut self) -> Result<(), TransferError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        self.client.batch_execute("begin").await?;
        self.client
            .execute(
                "insert into romashka_import.rows (key, position, line)
                 select $1, x.position, x.line::jsonb from unnest($2::bigint[], $3::text[]) as x (position, line)",
                &[&self.key, &self.positions, &self.lines],
            )
            .await?;
        self.client
            .execute(
                "update romashka_import.imports set lines = $2 where key = $1",
                &[&self.key, &self.position.cast_signed()],
            )
            .await?;
        self.client.batch_execute("commit").await?;
        self.positions.clear();
        self.lines.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// Who is here already, by address; whose id is another's here gets a new one.
async fn matched(
    client: &Client,
    people: &[Person],
    salt: &[u8; 32],
) -> Result<HashMap<Uuid, Uuid>, TransferError> {
    let emails: Vec<String> = people.iter().map(|one| one.email.to_lowercase()).collect();
    let ids: Vec<Uuid> = people.iter().map(|one| one.id).collect();
    let mut by_email = HashMap::new();
    for row in client
        .query(
            "select lower(email), id from public.profiles where lower(email) = any ($1)",
            &[&emails],
        )
        .await?
    {
        by_email.insert(row.get::<_, String>(0), row.get::<_, Uuid>(1));
    }
    let mut taken = Vec::new();
    for row in client
        .query("select id from auth.users where id = any ($1)", &[&ids])
        .await?
    {
        taken.push(row.get::<_, Uuid>(0));
    }
    let others: Vec<Uuid> = people
        .iter()
        .zip(&emails)
        .filter(|(person, email)| !by_email.contains_key(*email) && taken.contains(&person.id))
        .map(|(person, _)| person.id)
        .collect();
    let fresh = super::ids::Ids::new(HashMap::new(), others, *salt);
    Ok(people
        .iter()
        .zip(&emails)
        .map(|(person, email)| {
            let here = by_email.get(email).copied();
            (person.id, here.unwrap_or_else(|| fresh.of(person.id)))
        })
        .collect())
}
