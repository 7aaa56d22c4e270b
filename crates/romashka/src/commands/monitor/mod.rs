//! `romashka monitor`: the figures of this moment, live on a terminal or once for a script.

mod screen;
mod terminal;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use jiff::Timestamp;
use romashka_db::backup;
use romashka_db::doctor::{Doctor, Group, SlowStatement};
use romashka_db::monitor::Figures;
use serde::Serialize;

use self::screen::Moment;
use self::terminal::{Key, Terminal};
use crate::context::Context;
use crate::exit::{Exit, failure};
use crate::stop::Stop;

/// Watch the database: queues, ledger, conversations, locks, slow statements, replication, sizes, backups
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka monitor                         live, anew every 2 seconds; q or Ctrl-C ends it
  romashka monitor --every 10s             more rarely
  romashka monitor --once                  one look, as text
  romashka monitor --once --json           one look, for a script
  romashka monitor --backups /srv/backups  where the backups are

Keys: q end, r now, s slow statements, t tables, p pause. 80 columns and 24 lines are enough.
The figures have the names that /metrics tells to Prometheus: docs/monitoring.md.")]
pub struct Args {
    /// One look, and the end
    #[arg(long)]
    once: bool,
    /// How often (2s, 1min)
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = every)]
    every: Duration,
    /// Folder of the backups; the one of the data folder if nothing is said
    #[arg(long, value_name = "FOLDER")]
    backups: Option<PathBuf>,
}

fn every(text: &str) -> Result<Duration, String> {
    text.parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| *duration >= Duration::from_millis(200))
        .ok_or_else(|| "write a duration of 200ms or more, with its unit: 2s, 1min".to_owned())
}

/// A backup, as far as it matters here.
#[derive(Clone, Debug, Serialize)]
pub struct LastBackup {
    /// Its folder.
    pub folder: PathBuf,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its size.
    pub bytes: u64,
}

#[derive(Serialize)]
struct Report<'a> {
    target: String,
    #[serde(flatten)]
    figures: &'a Figures,
    slow_statements: &'a [SlowStatement],
    #[serde(skip_serializing_if = "Option::is_none")]
    last_backup: Option<&'a LastBackup>,
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let settings = context.settings()?;
    let client = context.connect_to(&settings).await?;
    // A look that waits is worse than none.
    client
        .batch_execute("set statement_timeout = '10s'; set lock_timeout = '2s'; set application_name = 'romashka monitor'")
        .await?;
    let folder = match arguments.backups {
        Some(folder) => folder,
        None => context.data_folder()?.join("backups"),
    };
    let mut moment = Moment {
        target: settings.target(),
        figures: read(&client).await?,
        rates: None,
        slow: slow_statements(&client, settings.target()).await,
        backup: last_backup(&folder),
        note: None,
    };
    if arguments.once || context.global.json {
        console.json(&Report {
            target: settings.target(),
            figures: &moment.figures,
            slow_statements: &moment.slow,
            last_backup: moment.backup.as_ref(),
        })?;
        for line in moment.lines(screen::View::Overview, 100, usize::MAX) {
            console.line(line);
        }
        return Ok(Exit::Ok);
    }
    let mut stop = Stop::new()?;
    let mut terminal = Terminal::open().map_err(|error| {
        failure(Exit::Usage, "there is no terminal to draw on")
            .next("one look as text: romashka monitor --once")
            .because(error)
    })?;
    let mut view = screen::View::Overview;
    let mut is_paused = false;
    let mut looked_at_statements = Instant::now();
    loop {
        let (columns, rows) = terminal.size();
        terminal.draw(&moment.lines(view, columns, rows))?;
        let key = tokio::select! {
            () = stop.asked() => return Ok(Exit::Ok),
            key = terminal.key() => Some(key),
            () = tokio::time::sleep(arguments.every) => None,
        };
        match key {
            Some(Key::End) => return Ok(Exit::Ok),
            Some(Key::Statements) => view = view.or_overview(screen::View::Statements),
            Some(Key::Tables) => view = view.or_overview(screen::View::Tables),
            Some(Key::Pause) => is_paused = !is_paused,
            Some(Key::Other) => {}
            Some(Key::Now) | None => {
                if is_paused && key.is_none() {
                    continue;
                }
                match Figures::read(&client).await {
                    Ok(figures) => moment.go_on(figures),
                    Err(_) if client.is_closed() => {
                        drop(terminal);
                        return Err(failure(Exit::Unreachable, "the connection was lost")
                            .next("start it again when the server is back")
                            .into());
                    }
                    Err(error) => moment.note = Some(error.to_string()),
                }
                if looked_at_statements.elapsed() > Duration::from_secs(15) {
                    looked_at_statements = Instant::now();
                    moment.slow = slow_statements(&client, settings.target()).await;
                    moment.backup = last_backup(&folder);
                }
            }
        }
        if is_paused {
            moment.note = Some("paused: p goes on".to_owned());
        }
    }
}

async fn read(client: &tokio_postgres::Client) -> anyhow::Result<Figures> {
    Ok(Figures::read(client).await.map_err(|error| {
        let message = error
            .as_db_error()
            .map_or_else(|| error.to_string(), |said| said.message().to_owned());
        failure(
            Exit::Failure,
            format!("the database tells no figures: {message}"),
        )
        .next("connect as its owner, and bring it to this version: romashka migrate")
    })?)
}

/// The statements that are slowest each time; none where nobody counts them.
async fn slow_statements(client: &tokio_postgres::Client, target: String) -> Vec<SlowStatement> {
    Doctor::new(client, target, false)
        .groups(&[Group::Statements])
        .run()
        .await
        .ok()
        .and_then(|report| report.statements)
        .map(|statements| statements.by_mean)
        .unwrap_or_default()
}

fn last_backup(folder: &Path) -> Option<LastBackup> {
    let newest = backup::list(folder).ok()?.into_iter().next()?;
    Some(LastBackup {
        created_at: newest.manifest.created_at,
        bytes: newest.bytes(),
        folder: newest.folder,
    })
}
