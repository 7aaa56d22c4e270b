//! `romashka adopt`: an installation of the older schema without workspaces becomes one of this version.

use std::time::Duration;

use romashka_db::envelope::{Key, Keyring};
use romashka_db::key_file;
use romashka_db::migrations::{
    Adoption, AdoptionPlan, MigrationSet, Migrator, Pace, adoption_plan,
};

use super::migrate::apply::observer;
use super::migrate::{connect, failed};
use crate::console::Console;
use crate::context::Context;
use crate::exit::{Exit, failure};

/// Take over a database that holds the older schema without workspaces, without losing a row
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  romashka adopt --plan               what is there, and what will happen to it
  romashka adopt --dry-run            do it, show the report, and roll back
  romashka adopt                      do it: one transaction, all or nothing
  romashka adopt --json > report.json

Every table of the older schema is locked until the end, so stop what writes to it first, and make a
backup: pg_dump -Fd. Rows that break a rule of this version are repaired where that loses nothing, else
put aside in the table adoption_findings, as they were. Credentials in plaintext are encrypted with the
key of romashka keys. Run again, it finds nothing to do. docs/adopt.md tells all of it.")]
pub struct Args {
    /// Show what is there and what will happen, and change nothing
    #[arg(long, conflicts_with = "dry_run")]
    plan: bool,
    /// Do it in a transaction, show the report, and roll back
    #[arg(long)]
    dry_run: bool,
    /// How long a statement waits for a lock, in seconds, before the transaction gives way and tries again
    #[arg(long, value_name = "SECONDS", default_value_t = 4)]
    lock_timeout: u64,
    /// How many times the transaction is tried
    #[arg(long, value_name = "TIMES", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    lock_attempts: u32,
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let (_, client) = connect(context).await?;
    let console = &context.console;
    let set = MigrationSet::embedded();
    let plan = adoption_plan(&client, &set).await?;
    show_plan(console, &plan);
    if arguments.plan {
        console.json(&serde_json::json!({ "plan": plan }))?;
        return Ok(Exit::Ok);
    }
    if plan.is_empty() {
        console.json(&serde_json::json!({ "plan": plan, "adoption": null }))?;
        console.passed("nothing to adopt");
        return Ok(Exit::Ok);
    }
    // A rehearsal encrypts with a key that is thrown away: it must not make a key file.
    let ring = if arguments.dry_run {
        Keyring::new(Key::generate(), Vec::new())
    } else {
        let loaded = key_file::load(&context.data_folder()?);
        let (ring, _) = loaded.map_err(|error| {
            let next = error.next_step();
            failure(Exit::Usage, &error).next(next).because(error)
        })?;
        ring
    };
    let mut migrator = Migrator::new(&client, &set)
        .pace(Pace {
            lock_timeout: Duration::from_secs(arguments.lock_timeout),
            attempts: arguments.lock_attempts,
        })
        .observer(observer(console));
    let adoption = migrator
        .adopt(&ring, arguments.dry_run)
        .await
        .map_err(failed)?;
    drop(migrator);
    console.json(&serde_json::json!({ "plan": plan, "adoption": adoption }))?;
    match adoption {
        Some(adoption) => show(console, &adoption),
        None => console.passed("nothing to adopt"),
    }
    Ok(Exit::Ok)
}

fn show_plan(console: &Console, plan: &AdoptionPlan) {
    if plan.tables.is_empty() {
        return;
    }
    console.heading("Tables of the older schema: each is locked until the end");
    console.table(
        ["  table", "rows", "MB", "missing columns", "own columns"],
        plan.tables.iter().map(|table| {
            [
                format!("  {}", table.name),
                table.rows.to_string(),
                format!("{:.1}", table.bytes as f64 / 1_000_000.0),
                table.missing_columns.join(", "),
                table.own_columns.join(", "),
            ]
        }),
    );
    if !plan.missing_tables.is_empty() {
        console.line(format_args!(
            "not there, made empty: {}",
            plan.missing_tables.join(", ")
        ));
    }
    if !plan.own_relations.is_empty() {
        console.line(format_args!(
            "yours, left as they are: {}",
            plan.own_relations.join(", ")
        ));
    }
    console.line(format_args!(
        "{} rows in {} tables",
        plan.rows(),
        plan.tables.len()
    ));
}

fn show(console: &Console, adoption: &Adoption) {
    if !adoption.tables.is_empty() {
        console.heading("Rows");
        console.table(
            [
                "  table",
                "before",
                "after",
                "repaired",
                "put aside",
                "checksum of the rest",
                "ms",
            ],
            adoption.tables.iter().map(|table| {
                [
                    format!("  {}", table.name),
                    table.rows_before.to_string(),
                    table.rows_after.to_string(),
                    table.rows_repaired.to_string(),
                    table.rows_quarantined.to_string(),
                    table.checksum_unchanged.clone(),
                    table.duration_ms.to_string(),
                ]
            }),
        );
    }
    if !adoption.findings.is_empty() {
        console.heading("Findings, kept in adoption_findings with the rows as they were");
        console.table(
            ["  rows", "table", "what was done", "column", "why"],
            adoption.findings.iter().map(|finding| {
                [
                    format!("  {}", finding.rows),
                    finding.table.clone(),
                    finding.action.clone(),
                    finding.column.clone().unwrap_or_default(),
                    finding.reason.clone(),
                ]
            }),
        );
    }
    let rows: i64 = adoption.tables.iter().map(|table| table.rows_before).sum();
    console.passed(format_args!(
        "{rows} rows and {} credentials in {:.1} s{}",
        adoption.encrypted_credentials,
        adoption.duration_ms as f64 / 1000.0,
        if adoption.dry_run {
            ", rolled back"
        } else {
            "; romashka verify checks the whole"
        }
    ));
}
