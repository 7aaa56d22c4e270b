//! Takes an installation of the older schema, which knew no workspaces, over.
//!
//! Invariants: the rows are moved by the first migration itself, so that psql does the same; here are the plan before,
//! the encryption of plaintext credentials, and the report, all in that migration's one transaction: a kill at any
//! point leaves the older installation or the new one.

use std::time::Instant;

use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Client;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::apply::{Migrator, Outcome};
use super::error::MigrateError;
use super::preflight::Server;
use super::transaction::record;
use super::{Migration, MigrationSet};
use crate::envelope::{Keyring, Place};

/// A table of the older schema, as it is before anything happens.
#[derive(Clone, Debug, Serialize)]
pub struct OlderTable {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub rows: i64,
    /// How much room they and their indexes take, in bytes.
    pub bytes: i64,
    /// Columns of the older schema that are not there: they begin with their defaults.
    pub missing_columns: Vec<String>,
    /// Columns of the owner's own: they come along.
    pub own_columns: Vec<String>,
}

/// What stands in the database before it is adopted.
#[derive(Clone, Debug, Serialize)]
pub struct AdoptionPlan {
    /// The tables that are taken over. Each is locked against everybody until the end.
    pub tables: Vec<OlderTable>,
    /// Tables of the older schema that are not there.
    pub missing_tables: Vec<String>,
    /// Tables and views of the owner's own, which stay.
    pub own_relations: Vec<String>,
    /// Credentials that wait for their encryption, from an adoption by psql.
    pub waiting_credentials: i64,
}

impl AdoptionPlan {
    /// All rows together.
    pub fn rows(&self) -> i64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.waiting_credentials == 0
    }
}

/// A table after it was taken over.
#[derive(Clone, Debug, Serialize)]
pub struct AdoptedTable {
    /// Its name.
    pub name: String,
    /// How many rows there were.
    pub rows_before: i64,
    /// How many were taken over.
    pub rows_after: i64,
    /// In how many something was repaired.
    pub rows_repaired: i64,
    /// How many were put aside.
    pub rows_quarantined: i64,
    /// The checksum of all rows as they were.
    pub checksum_before: String,
    /// The checksum of the rows in which nothing was repaired, the same before and after.
    pub checksum_unchanged: String,
    /// How long it took, milliseconds.
    pub duration_ms: i64,
}

/// One kind of finding, and how often there was one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingCount {
    /// The table.
    pub table: String,
    /// What was done.
    pub action: String,
    /// The column, where one was the cause.
    pub column: Option<String>,
    /// Why.
    pub reason: String,
    /// How many rows.
    pub rows: i64,
}

/// What was done.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Adoption {
    /// The tables.
    pub tables: Vec<AdoptedTable>,
    /// What broke a rule.
    pub findings: Vec<FindingCount>,
    /// How many credentials were encrypted.
    pub encrypted_credentials: u64,
    /// How long all of it took, milliseconds.
    pub duration_ms: u64,
    /// Whether it was rolled back.
    pub dry_run: bool,
    /// The migrations and functions that were applied after it.
    pub outcome: Option<Outcome>,
}

/// The tables and columns of the older schema, which the first migration names.
fn contract(migration: &Migration) -> Vec<(String, Vec<String>)> {
    migration
        .sql
        .lines()
        .filter_map(|line| {
            let (name, columns) = line.trim().strip_prefix("('")?.split_once("', 'id ")?;
            let columns = columns.trim_end_matches(',').strip_suffix("')")?;
            let columns = std::iter::once("id").chain(columns.split(' '));
            Some((name.to_owned(), columns.map(str::to_owned).collect()))
        })
        .collect()
}

/// Looks at the database. Changes nothing.
pub async fn adoption_plan(
    client: &Client,
    set: &MigrationSet,
) -> Result<AdoptionPlan, tokio_postgres::Error> {
    let contract = set.migrations().first().map(contract).unwrap_or_default();
    let installed: bool = client
        .query_one(
            "select pg_catalog.to_regclass('romashka.sql_logins') is not null",
            &[],
        )
        .await?
        .get(0);
    let mut plan = AdoptionPlan {
        tables: Vec::new(),
        missing_tables: Vec::new(),
        own_relations: Vec::new(),
        waiting_credentials: waiting(client).await?,
    };
    if installed {
        return Ok(plan);
    }
    for (name, known) in &contract {
        let columns: Vec<String> = client
            .query(
                "select a.attname::text from pg_catalog.pg_attribute a
                   join pg_catalog.pg_class c on c.oid = a.attrelid
                  where c.relnamespace = 'public'::pg_catalog.regnamespace and c.relname = $1 and c.relkind = 'r'
                    and a.attnum > 0 and not a.attisdropped order by a.attnum",
                &[name],
            )
            .await?
            .iter()
            .map(|row| row.get(0))
            .collect();
        if columns.is_empty() {
            plan.missing_tables.push(name.clone());
            continue;
        }
        let counted = client
            .query_one(
                &format!("select count(*), pg_catalog.pg_total_relation_size('public.{name}') from public.{name}"),
                &[],
            )
            .await?;
        plan.tables.push(OlderTable {
            name: name.clone(),
            rows: counted.get(0),
            bytes: counted.get(1),
            missing_columns: known
                .iter()
                .filter(|column| !columns.contains(column))
                .cloned()
                .collect(),
            own_columns: columns
                .into_iter()
                .filter(|column| !known.contains(column))
                .collect(),
        });
    }
    if !plan.tables.is_empty() {
        let names: Vec<&str> = contract.iter().map(|(name, _)| name.as_str()).collect();
        plan.own_relations = client
            .query(
                "select c.relname::text from pg_catalog.pg_class c
                  where c.relnamespace = 'public'::pg_catalog.regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
                    and c.relname <> all ($1) and c.relname <> 'schema_migrations'
                    and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
                  order by 1",
                &[&names],
            )
            .await?
            .iter()
            .map(|row| row.get(0))
            .collect();
    }
    Ok(plan)
}

async fn waiting(client: &Client) -> Result<i64, tokio_postgres::Error> {
    let exists: bool = client
        .query_one(
            "select pg_catalog.to_regclass('romashka.adopted_credentials') is not null",
            &[],
        )
        .await?
        .get(0);
    if !exists {
        return Ok(0);
    }
    let row = client
        .query_one("select count(*) from romashka.adopted_credentials", &[])
        .await?;
    Ok(row.get(0))
}

/// Encrypts the credentials that wait, within the transaction that runs.
async fn encrypt_credentials(
    client: &Client,
    ring: &Keyring,
) -> Result<u64, tokio_postgres::Error> {
    let mut encrypted = 0;
    let rows = client
        .query(
            "select table_name, column_name, workspace_id, row_id, secret from romashka.adopted_credentials
              order by table_name, column_name, row_id for update",
            &[],
        )
        .await?;
    for row in rows {
        // Both names are from the list that the table's CHECK allows.
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let (workspace, id): (Uuid, Uuid) = (row.get(2), row.get(3));
        let secret: String = row.get(4);
        let place = Place {
            table: &table,
            column: &column,
            workspace,
            row: id,
        };
        let update =
            format!("update public.{table} set {column} = $1 where id = $2 and workspace_id = $3");
        let updated = if matches!(column.as_str(), "api_credentials" | "credentials") {
            let envelope: Value = ring.seal_json(place, secret.as_bytes());
            client
                .execute(&update, &[&Json(envelope), &id, &workspace])
                .await?
        } else {
            let envelope = ring.seal_text(place, secret.as_bytes());
            client
                .execute(&update, &[&envelope, &id, &workspace])
                .await?
        };
        encrypted += updated;
        client
            .execute(
                "delete from romashka.adopted_credentials
                  where table_name = $1 and column_name = $2 and row_id = $3 and workspace_id = $4",
                &[&table, &column, &id, &workspace],
            )
            .await?;
    }
    Ok(encrypted)
}

async fn read_report(
    client: &Client,
    adoption: &mut Adoption,
) -> Result<(), tokio_postgres::Error> {
    let tables = client
        .query(
            "select table_name, rows_before, rows_after, rows_repaired, rows_quarantined, checksum_before, checksum_unchanged, duration_ms
               from public.adopted_tables order by id",
            &[],
        )
        .await?;
    adoption.tables = tables
        .iter()
        .map(|row| AdoptedTable {
            name: row.get(0),
            rows_before: row.get(1),
            rows_after: row.get(2),
            rows_repaired: row.get(3),
            rows_quarantined: row.get(4),
            checksum_before: row.get(5),
            checksum_unchanged: row.get(6),
            duration_ms: row.get(7),
        })
        .collect();
    let findings = client
        .query(
            "select source_table, action, column_name, reason, count(*) from public.adoption_findings group by 1, 2, 3, 4 order by 1, 2, 3, 4",
            &[],
        )
        .await?;
    adoption.findings = findings
        .iter()
        .map(|row| FindingCount {
            table: row.get(0),
            action: row.get(1),
            column: row.get(2),
            reason: row.get(3),
            rows: row.get(4),
        })
        .collect();
    Ok(())
}

impl Migrator<'_> {
    /// Takes the older installation over, encrypts its credentials, and brings the database to this version. Nothing
    /// when there is none; credentials that wait are encrypted all the same.
    pub async fn adopt(
        &mut self,
        ring: &Keyring,
        dry_run: bool,
    ) -> Result<Option<Adoption>, MigrateError> {
        Server::inspect(self.client).await?.check()?;
        self.lock().await?;
        let result = self.adopt_locked(ring, dry_run).await;
        self.unlock(result).await
    }

    async fn adopt_locked(
        &mut self,
        ring: &Keyring,
        dry_run: bool,
    ) -> Result<Option<Adoption>, MigrateError> {
        let plan = adoption_plan(self.client, self.set).await?;
        if plan.is_empty() {
            return Ok(None);
        }
        let set = self.set;
        let Some(migration) = set.migrations().first() else {
            return Ok(None);
        };
        let started = Instant::now();
        let mut adoption = Adoption {
            dry_run,
            ..Adoption::default()
        };
        let mut attempt = 1;
        loop {
            self.begin().await?;
            let result = self
                .adopt_in_transaction(&plan, migration, ring, &mut adoption)
                .await;
            match result {
                Ok(()) if dry_run => {
                    self.client.batch_execute("rollback").await?;
                    break;
                }
                Ok(()) => {
                    self.client.batch_execute("commit").await?;
                    break;
                }
                Err(error) => {
                    // A lost connection is rolled back by the server itself.
                    let _ = self.client.batch_execute("rollback").await;
                    if !error.is_lock_conflict() {
                        return Err(error);
                    }
                    self.pause_before_attempt(Some(migration.version()), &mut attempt)
                        .await?;
                }
            }
        }
        adoption.duration_ms = started.elapsed().as_millis() as u64;
        if !dry_run {
            adoption.outcome = Some(self.up_locked(None, Vec::new()).await?);
        }
        Ok(Some(adoption))
    }

    async fn adopt_in_transaction(
        &mut self,
        plan: &AdoptionPlan,
        migration: &Migration,
        ring: &Keyring,
        adoption: &mut Adoption,
    ) -> Result<(), MigrateError> {
        if !plan.tables.is_empty() {
            let statements = migration.statements();
            let started = self.start(
                Some(migration.version()),
                "the older installation",
                &statements,
            );
            self.run(Some(migration.version()), &statements).await?;
            self.client
                .batch_execute(&record(migration, Some(started.elapsed())))
                .await?;
            self.finish(started);
        }
        adoption.encrypted_credentials = encrypt_credentials(self.client, ring).await?;
        read_report(self.client, adoption).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migration_names_the_tables_of_the_older_schema() {
        let set = MigrationSet::embedded();
        let contract = contract(&set.migrations()[0]);
        assert_eq!(contract.len(), 40);
        let (name, columns) = &contract[0];
        assert_eq!(name, "profiles");
        assert_eq!(columns[..2], ["id", "email"]);
        assert!(
            contract
                .iter()
                .all(|(_, columns)| columns.iter().all(|column| !column.is_empty()))
        );
    }
}
