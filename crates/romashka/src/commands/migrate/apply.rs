//! `migrate up`, `down` and `baseline`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::ProgressBar;
use romashka_db::fingerprint::{self, Difference};
use romashka_db::migrations::{Event, MigrationSet, Migrator, Outcome, Pace, State, Version};
use romashka_db::settings::Settings;
use tokio_postgres::Client;

use super::{BaselineArgs, DownArgs, Patience, UpArgs, connect, failed};
use crate::console::{Console, Tone};
use crate::context::Context;
use crate::exit::{Exit, failure};

fn pace(patience: &Patience) -> Pace {
    Pace {
        lock_timeout: Duration::from_secs(patience.lock_timeout),
        attempts: patience.lock_attempts,
    }
}

/// Turns a migrator's events into a progress bar and notes.
pub(crate) fn observer(console: &Console) -> impl FnMut(Event) + Send + Sync + 'static {
    let console = console.clone();
    let bar: Arc<Mutex<Option<ProgressBar>>> = Arc::default();
    move |event| {
        let mut bar = bar
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match event {
            Event::Waiting => console.note("another migration is at work on this database; waiting for it"),
            Event::Started { version, description, statements } => {
                let name = version.map(|version| format!("{version} ")).unwrap_or_default();
                *bar = Some(console.bar(statements as u64, format!("{name}{description}")));
            }
            Event::Progress(done) => {
                if let Some(bar) = bar.as_ref() {
                    bar.set_position(done as u64);
                }
            }
            Event::Retrying { attempt, pause } => console.note(format_args!(
                "a lock was not free (attempt {attempt}); nothing was changed, trying again in {:.1} s",
                pause.as_secs_f64()
            )),
            Event::Finished(_) => {
                if let Some(bar) = bar.take() {
                    bar.finish_and_clear();
                }
            }
        }
    }
}

pub(super) async fn up(arguments: UpArgs, context: &Context) -> anyhow::Result<Exit> {
    let (settings, client) = connect(context).await?;
    let console = &context.console;
    let set = MigrationSet::embedded();
    let mut migrator = Migrator::new(&client, &set)
        .pace(pace(&arguments.patience))
        .observer(observer(console));
    let outcome = if arguments.dry_run {
        migrator.dry_run(arguments.to).await
    } else {
        migrator.up(arguments.to).await
    };
    let outcome = outcome.map_err(failed)?;
    drop(migrator);
    show(console, &outcome)?;
    if !arguments.dry_run {
        adopt(&settings, &client, &set, context).await?;
    }
    Ok(Exit::Ok)
}

fn show(console: &Console, outcome: &Outcome) -> anyhow::Result<()> {
    console.json(outcome)?;
    for concern in &outcome.concerns {
        console.warn(&concern.finding, &concern.next);
    }
    let rolled_back = if outcome.dry_run { ", rolled back" } else { "" };
    for done in &outcome.migrations {
        console.passed(format_args!(
            "{} {} ({} ms{rolled_back})",
            done.version, done.description, done.duration_ms
        ));
    }
    if outcome.functions {
        console.passed(format_args!(
            "functions, triggers and policies{}",
            if outcome.dry_run {
                " (rolled back)"
            } else {
                ""
            }
        ));
    }
    for version in &outcome.left_out {
        console.doubtful(format_args!(
            "{version} was left out: it cannot run in a transaction"
        ));
    }
    if outcome.migrations.is_empty() && !outcome.functions && outcome.left_out.is_empty() {
        console.passed("nothing to do");
    }
    if !outcome.held_locks.is_empty() {
        console.heading("Locks on tables that exist now");
        console.table(
            ["  table", "lock", "others", "rows"],
            outcome.held_locks.iter().map(|held| {
                [
                    format!("  {}", held.relation),
                    held.lock.name().to_owned(),
                    held.lock.consequence().to_owned(),
                    held.estimated_rows
                        .map(|rows| format!("~{rows}"))
                        .unwrap_or_default(),
                ]
            }),
        );
    }
    Ok(())
}

/// Records the checksums of migrations that psql applied, when the catalog shows that all of it is there.
async fn adopt(
    settings: &Settings,
    client: &Client,
    set: &MigrationSet,
    context: &Context,
) -> anyhow::Result<()> {
    let console = &context.console;
    let mut migrator = Migrator::new(client, set);
    let status = migrator.status().await.map_err(failed)?;
    if status.versions(State::Unverified).next().is_none() || !status.is_current() {
        return Ok(());
    }
    match compare(settings, client, set, context).await {
        Ok(differences) if harmless(&differences) => {
            let adopted = migrator.baseline(None).await.map_err(failed)?;
            for version in adopted {
                console.passed(format_args!(
                    "{version} was applied with psql; it is complete, and recorded as such"
                ));
            }
        }
        Ok(differences) => console.warn(
            format_args!(
                "what psql applied is not what the migrations say ({} differences)",
                differences
                    .iter()
                    .filter(|difference| difference.breaks_promise())
                    .count()
            ),
            "romashka verify shows them",
        ),
        Err(error) => console.warn(
            format_args!("what psql applied could not be compared with the migrations: {error:#}"),
            "romashka migrate baseline --force records it without comparing",
        ),
    }
    Ok(())
}

async fn compare(
    settings: &Settings,
    client: &Client,
    set: &MigrationSet,
    context: &Context,
) -> anyhow::Result<Vec<Difference>> {
    let shadow = context.shadow(settings)?;
    let spinner = context
        .console
        .spinner("comparing the database with the migrations");
    let differences = fingerprint::drift(client, &shadow, set).await;
    spinner.finish_and_clear();
    differences.map_err(|error| {
        let next = error.next_step();
        failure(Exit::Failure, &error)
            .next(next)
            .because(error)
            .into()
    })
}

/// What others added is theirs; what is missing or different is not.
fn harmless(differences: &[Difference]) -> bool {
    !differences.iter().any(Difference::breaks_promise)
}

pub(super) async fn down(arguments: DownArgs, context: &Context) -> anyhow::Result<Exit> {
    let (_, client) = connect(context).await?;
    let console = &context.console;
    let set = MigrationSet::embedded();
    let mut migrator = Migrator::new(&client, &set)
        .pace(pace(&arguments.patience))
        .observer(observer(console));
    let outcome = migrator.down(arguments.to).await.map_err(failed)?;
    console.json(&outcome)?;
    for done in &outcome.migrations {
        console.passed(format_args!(
            "{} {} was reversed ({} ms)",
            done.version, done.description, done.duration_ms
        ));
    }
    if outcome.migrations.is_empty() {
        console.passed("nothing to do");
    }
    Ok(Exit::Ok)
}

pub(super) async fn baseline(arguments: BaselineArgs, context: &Context) -> anyhow::Result<Exit> {
    let (settings, client) = connect(context).await?;
    let console = &context.console;
    let set = MigrationSet::embedded();
    let to = arguments.to.or(set.newest());
    let content = to.map_or_else(|| set.clone(), |to| set.up_to(to));
    match compare(&settings, &client, &content, context).await {
        Ok(differences) if harmless(&differences) => {}
        Ok(differences) => {
            for difference in differences
                .iter()
                .filter(|difference| difference.breaks_promise())
            {
                console.line(console.paint(Tone::Bad, difference));
            }
            if !arguments.force {
                return Err(failure(
                    Exit::Refused,
                    "the database does not hold what these migrations make",
                )
                .next("romashka migrate applies what is missing; --force records it nevertheless")
                .into());
            }
        }
        Err(error) if arguments.force => {
            console.warn(format_args!("not compared: {error}"), "romashka verify")
        }
        Err(error) => return Err(error),
    }
    let recorded: Vec<Version> = Migrator::new(&client, &set)
        .baseline(to)
        .await
        .map_err(failed)?;
    console.json(&recorded)?;
    for version in &recorded {
        console.passed(format_args!("{version} is recorded as applied"));
    }
    if recorded.is_empty() {
        console.passed("nothing to do");
    }
    Ok(Exit::Ok)
}
