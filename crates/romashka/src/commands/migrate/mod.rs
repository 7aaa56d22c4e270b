//! `romashka migrate`: shows, plans, applies and reverses migrations.

pub(crate) mod apply;
mod inspect;

use clap::{Args as ClapArgs, Subcommand};
use romashka_db::connect::Connection;
use romashka_db::migrations::{MigrateError, Version};
use romashka_db::settings::Settings;

use crate::context::Context;
use crate::exit::{Exit, Failure, failure};

/// Bring the database to this version, or look at what that would do
///
/// Without a further word: up. Safe to stop at any moment: what is in the database afterwards is the
/// state before a migration or the state after it. Two at once: one works, the other waits.
#[derive(ClapArgs)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  romashka migrate                      apply what is missing
  romashka migrate --dry-run            the same, rolled back, with the locks that were held
  romashka migrate plan                 the SQL, the lock of each statement, and the rows it meets
  romashka migrate status               what was applied; exit code 1 when something is missing
  DATABASE_URL=postgresql://… romashka migrate

A database that was installed with psql (migrations/*.sql or master-schema.sql) is recognised, compared
and continued. A transaction pooler (Supabase: port 6543) is refused: use port 5432."
)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    up: UpArgs,
}

/// What to do with the migrations.
#[derive(Subcommand)]
enum Action {
    Status(StatusArgs),
    Plan(PlanArgs),
    Up(UpArgs),
    Down(DownArgs),
    Baseline(BaselineArgs),
}

/// Show which migrations the database has had; exit code 1 when something is missing or changed
#[derive(ClapArgs)]
#[command(after_help = "Examples:\n  romashka migrate status\n  romashka migrate status --json")]
struct StatusArgs {}

/// Show what would be run: the SQL, the lock each statement takes, and the rows it meets
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka migrate plan                 statements on existing tables, and how many others there are
  romashka migrate plan --sql           all the SQL
  romashka migrate plan --json          for a script

What a block of code (do, select function()) locks cannot be read from its text: romashka migrate
--dry-run runs it, shows the locks that were held, and rolls back.")]
struct PlanArgs {
    /// Stop after this migration
    #[arg(long, value_name = "VERSION", value_parser = version)]
    to: Option<Version>,
    /// Print the whole SQL
    #[arg(long)]
    sql: bool,
}

/// Apply what is missing
#[derive(ClapArgs)]
#[command(
    after_help = "Examples:\n  romashka migrate up\n  romashka migrate up --to 2\n  romashka migrate up --dry-run --json"
)]
struct UpArgs {
    /// Stop after this migration
    #[arg(long, value_name = "VERSION", value_parser = version)]
    to: Option<Version>,
    /// Do it in one transaction, show the locks that were held, and roll back
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    patience: Patience,
}

/// Reverse the newest migration, or all newer than a version, where a reversal is written
#[derive(ClapArgs)]
#[command(after_help = "Examples:\n  romashka migrate down\n  romashka migrate down --to 1")]
struct DownArgs {
    /// Reverse everything newer than this migration
    #[arg(long, value_name = "VERSION", value_parser = version)]
    to: Option<Version>,
    #[command(flatten)]
    patience: Patience,
}

/// Record migrations as applied without running them, after comparing the database with them
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka migrate baseline             the database holds everything already
  romashka migrate baseline --to 1      it holds the content of migration 001
  romashka migrate baseline --force     record it although the comparison finds differences")]
struct BaselineArgs {
    /// The newest migration whose content is there
    #[arg(long, value_name = "VERSION", value_parser = version)]
    to: Option<Version>,
    /// Record it although the comparison finds differences, or cannot be made
    #[arg(long)]
    force: bool,
}

/// How long to wait for locks that others hold.
#[derive(ClapArgs)]
struct Patience {
    /// How long a statement waits for a lock, in seconds, before the transaction gives way and tries again
    #[arg(long, value_name = "SECONDS", default_value_t = 4)]
    lock_timeout: u64,
    /// How many times a transaction is tried
    #[arg(long, value_name = "TIMES", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    lock_attempts: u32,
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| "a version is a number, as 1 or 001".to_owned())
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    match arguments.action {
        None => apply::up(arguments.up, context).await,
        Some(Action::Up(arguments)) => apply::up(arguments, context).await,
        Some(Action::Down(arguments)) => apply::down(arguments, context).await,
        Some(Action::Baseline(arguments)) => apply::baseline(arguments, context).await,
        Some(Action::Status(StatusArgs {})) => inspect::status(context).await,
        Some(Action::Plan(arguments)) => inspect::plan(arguments, context).await,
    }
}

/// Connects for migrating: through no transaction pooler.
pub(crate) async fn connect(context: &Context) -> anyhow::Result<(Settings, Connection)> {
    let settings = context.settings()?;
    if let Some(pooler) = settings.transaction_pooler() {
        let next = match pooler.session_port {
            Some(port) => format!(
                "use port {port} instead of {}: the same host keeps sessions there",
                settings.port
            ),
            None => "connect to the server itself, or to a pooler in session mode".to_owned(),
        };
        return Err(failure(
            Exit::Refused,
            format!(
                "port {} is a transaction pooler: it hands each transaction to another session, so that the lock that \
                 keeps two migrations apart and the settings of the session would be lost",
                settings.port
            ),
        )
        .next(next)
        .into());
    }
    let connection = context.connect_to(&settings).await?;
    Ok((settings, connection))
}

pub(crate) fn failed(error: MigrateError) -> Failure {
    let exit = match &error {
        MigrateError::Server { .. }
        | MigrateError::Pooled
        | MigrateError::Changed(_)
        | MigrateError::Unknown(_)
        | MigrateError::Gap { .. }
        | MigrateError::Irreversible(_) => Exit::Refused,
        MigrateError::NoSuchVersion(_) => Exit::Usage,
        MigrateError::LockTimeout { .. }
        | MigrateError::Statement { .. }
        | MigrateError::EndedTransaction(_)
        | MigrateError::Database(_) => Exit::Failure,
    };
    let failure = failure(exit, &error).next(error.next_step());
    match error {
        MigrateError::Database(source) => failure.because(source),
        _ => failure,
    }
}
