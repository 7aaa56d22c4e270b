//! What a migration will do, before it is done: each statement with its lock, its effect and the rows it meets.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio_postgres::Client;

use super::lock_mode::LockMode;
use super::locks::{Doing, doing_of};
use super::{Migration, MigrationSet, Statement, Version};

/// One statement of a plan.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedStatement {
    /// Its line in the file.
    pub line: usize,
    /// Its text.
    pub sql: String,
    /// What it does to others.
    #[serde(flatten)]
    pub doing: Doing,
    /// Whether the target exists now; what a migration creates itself disturbs nobody.
    pub target_exists: bool,
    /// The planner's estimate of the target's rows; none where it has no statistics.
    pub estimated_rows: Option<u64>,
}

/// One migration of a plan.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedMigration {
    /// Its number; none for the functions.
    pub version: Option<Version>,
    /// Its name.
    pub description: String,
    /// Whether it is one transaction.
    pub transactional: bool,
    /// Whether older programs stop working with it.
    pub breaking: bool,
    /// Whether there is a written way back.
    pub reversible: bool,
    /// What it runs.
    pub statements: Vec<PlannedStatement>,
}

/// Everything that would be run, in order.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The pending migrations, and the functions behind them.
    pub migrations: Vec<PlannedMigration>,
}

/// The strongest lock that was held on a table in a dry run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldLock {
    /// The table, index or sequence.
    pub relation: String,
    /// The lock.
    pub lock: LockMode,
    /// The planner's estimate of its rows.
    pub estimated_rows: Option<u64>,
}

pub(super) async fn plan(
    client: &Client,
    set: &MigrationSet,
    pending: &[&Migration],
    functions: bool,
) -> Result<Plan, tokio_postgres::Error> {
    let estimates = estimates(client).await?;
    let statements = |statements: Vec<Statement>| -> Vec<PlannedStatement> {
        statements
            .into_iter()
            .map(|statement| planned(statement, &estimates))
            .collect()
    };
    let mut migrations: Vec<PlannedMigration> = pending
        .iter()
        .map(|migration| PlannedMigration {
            version: Some(migration.version()),
            description: migration.description().to_owned(),
            transactional: migration.is_transactional(),
            breaking: migration.is_breaking(),
            reversible: migration.is_reversible(),
            statements: statements(migration.statements()),
        })
        .collect();
    if functions {
        migrations.push(PlannedMigration {
            version: None,
            description: "functions, triggers and policies".to_owned(),
            transactional: true,
            breaking: false,
            reversible: false,
            statements: statements(set.function_statements()),
        });
    }
    Ok(Plan { migrations })
}

fn planned(statement: Statement, estimates: &BTreeMap<String, Option<u64>>) -> PlannedStatement {
    let doing = doing_of(&statement);
    let known = doing.target.as_ref().and_then(|target| {
        let plain = target.replace('"', "");
        estimates
            .get(&plain)
            .or_else(|| estimates.get(&format!("public.{plain}")))
    });
    PlannedStatement {
        line: statement.line,
        sql: statement.text,
        target_exists: known.is_some(),
        estimated_rows: known.copied().flatten(),
        doing,
    }
}

/// The relations that exist, by qualified name, with the rows that the planner expects.
async fn estimates(
    client: &Client,
) -> Result<BTreeMap<String, Option<u64>>, tokio_postgres::Error> {
    let rows = client
        .query(
            "select n.nspname || '.' || c.relname,
                    case when c.relkind = 'p'
                         then (select sum(greatest(child.reltuples, 0)) from pg_catalog.pg_partition_tree(c.oid) t
                                 join pg_catalog.pg_class child on child.oid = t.relid where t.isleaf)
                         else c.reltuples end::float8
               from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where c.relkind in ('r', 'p', 'm', 'i', 'v', 'S') and n.nspname !~ '^pg_'",
            &[],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| (row.get::<_, String>(0), rows_of(row.get(1))))
        .collect())
}

/// `reltuples` is −1 for a table that was never analysed.
fn rows_of(estimate: Option<f64>) -> Option<u64> {
    estimate
        .filter(|estimate| *estimate >= 0.0)
        .map(|estimate| estimate as u64)
}

/// The object identifiers of everything that exists before a dry run begins.
pub(super) async fn existing_relations(client: &Client) -> Result<Vec<u32>, tokio_postgres::Error> {
    let rows = client
        .query(
            "select oid from pg_catalog.pg_class where relnamespace <> 'pg_catalog'::regnamespace",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The strongest lock of this session on each of these relations, when it is felt by others.
pub(super) async fn held_locks(
    client: &Client,
    existing: &[u32],
) -> Result<Vec<HeldLock>, tokio_postgres::Error> {
    let rows = client
        .query(
            "select l.relation::regclass::text, l.mode, c.reltuples::float8
               from pg_catalog.pg_locks l join pg_catalog.pg_class c on c.oid = l.relation
              where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation' and l.granted
                and l.relation = any ($1) and c.relkind in ('r', 'p', 'm')",
            &[&existing],
        )
        .await?;
    let mut strongest: BTreeMap<String, HeldLock> = BTreeMap::new();
    for row in rows {
        let relation: String = row.get(0);
        let Some(lock) = LockMode::from_catalog(row.get(1)) else {
            continue;
        };
        let held = HeldLock {
            relation: relation.clone(),
            lock,
            estimated_rows: rows_of(row.get(2)),
        };
        strongest
            .entry(relation)
            .and_modify(|known| {
                if lock > known.lock {
                    *known = held.clone();
                }
            })
            .or_insert(held);
    }
    Ok(strongest
        .into_values()
        .filter(|held| held.lock > LockMode::RowExclusive)
        .collect())
}
