//! Backups that the server makes when they are due.
//!
//! Invariants: of all processes one makes a backup, and once for each moment it was due: who may is told by a lease in the
//! database, and that nobody is still at it by a lock of the connection that the backup is made over, which ends with its
//! process; what was missed while no process ran is made up for once; one that failed is tried again, and one that is kept is
//! not, whatever becomes of the older ones.

use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use romashka_db::backup::{self, Backup, BackupError, Created, Options, Owner, Scratch};
use romashka_db::connect::{Connection, connect};
use romashka_db::environment::Variable;
use romashka_db::settings::Settings;
use tokio::sync::watch;

use super::{BackupSettings, Store, StoreError, is_address};
use crate::problem::{Answer, Problem};
use crate::state::Server;
use crate::statement::Statement;
use crate::workers::failed;

/// The name of the job.
const JOB: &str = "backup";
/// How often it is looked: a backup begins so much late at most.
const LOOK: Duration = Duration::from_secs(5);
/// After how long a backup that failed, or whose process was lost, is tried again.
const LEASE: SignedDuration = SignedDuration::from_mins(15);
/// How many tables are read at a time: people work meanwhile.
const JOBS: u32 = 2;

/// Runs until the server stops.
pub async fn run(
    server: Server,
    settings: BackupSettings,
    own: Settings,
    mut stopped: watch::Receiver<bool>,
) {
    let connection = settings.connection(&own);
    loop {
        let work = look(&server, &settings, &connection, stopped.clone());
        match work.await {
            Ok(None) => {}
            Ok(Some(took)) => {
                metrics::counter!("job_runs_total", "job" => JOB).increment(1);
                metrics::histogram!("job_seconds", "job" => JOB).record(took.as_secs_f64());
            }
            Err(problem) => {
                metrics::counter!("job_failures_total", "job" => JOB).increment(1);
                failed(JOB, "the database was not backed up", &problem);
            }
        }
        let look = LOOK.mul_f64(rand::random_range(0.8..1.2));
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = tokio::time::sleep(look) => {}
        }
    }
}

/// Makes a backup when one is due; how long it took.
async fn look(
    server: &Server,
    settings: &BackupSettings,
    connection: &Settings,
    stopped: watch::Receiver<bool>,
) -> Answer<Option<Duration>> {
    let begun = Timestamp::now();
    let next = settings
        .schedule
        .next_after(begun, &TimeZone::UTC)
        .map_err(Problem::internal)?;
    if !claim(server, next).await? {
        return Ok(None);
    }
    let result = apart(
        settings.clone(),
        connection.clone(),
        server.settings.file_folder.clone(),
        stopped,
    )
    .await?;
    let now = Timestamp::now();
    let soon = now.saturating_add(LEASE).unwrap_or(next);
    let (failure, due) = match &result {
        Ok(Made::Kept { address, cleaned }) => {
            tracing::info!(address, "the database was backed up");
            (cleaned.as_ref().err().map(not_cleaned), next)
        }
        // Whoever is at it says when the next one is due.
        Ok(Made::ByAnother) => return Ok(None),
        Ok(Made::NotNow) => (Some("the process was stopped".to_owned()), now),
        Err(error) => (Some(error.to_string()), soon.min(next)),
    };
    finish(server, begun, failure, due).await?;
    match result {
        Ok(Made::Kept { cleaned, .. }) => {
            if let Err(error) = cleaned {
                metrics::counter!("job_failures_total", "job" => JOB).increment(1);
                failed(
                    JOB,
                    "the database was backed up, and older backups were not removed",
                    &Problem::internal(error),
                );
            }
            Ok(Some(
                Duration::try_from(now.duration_since(begun)).unwrap_or_default(),
            ))
        }
        Ok(_) => Ok(None),
        Err(error) => Err(Problem::internal(error)),
    }
}

/// What is noted of a backup that is there when the clean-up after it failed.
fn not_cleaned(error: &StoreError) -> String {
    format!("backed up, but older ones were not removed: {error}")
}

/// What became of a backup that was due.
enum Made {
    /// It is there.
    Kept {
        /// Where.
        address: String,
        /// Whether the clean-up after it went well: that it did not is no reason to make another one.
        cleaned: Result<(), StoreError>,
    },
    /// Another process is still at one.
    ByAnother,
    /// The process stops.
    NotNow,
}

/// Makes one on a thread of its own: files are read and hashed, which would hold up requests.
async fn apart(
    settings: BackupSettings,
    connection: Settings,
    files: Option<PathBuf>,
    mut stopped: watch::Receiver<bool>,
) -> Answer<Result<Made, StoreError>> {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => Ok(Made::NotNow),
                result = make(&settings, &connection, files) => result,
            }
        })
    })
    .await
    .map_err(Problem::internal)
}

async fn make(
    settings: &BackupSettings,
    connection: &Settings,
    files: Option<PathBuf>,
) -> Result<Made, StoreError> {
    // Its lock lasts as long as the work, and ends with the process.
    let client = connect(connection).await.map_err(BackupError::from)?;
    let is_ours: bool = client
        .query_one(
            "select pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended('romashka.backup', 0))",
            &[],
        )
        .await
        .map_err(BackupError::from)?
        .get(0);
    if !is_ours {
        return Ok(Made::ByAnother);
    }
    let owner = Owner::of(&client).await?;
    let days = retention_days(&client).await.map_err(BackupError::from)?;
    let options = |folder: PathBuf| Options {
        folder,
        jobs: JOBS,
        recipients: settings.recipients.clone(),
        files,
        programs: None,
    };
    if is_address(&settings.to) {
        let store = Store::open(&settings.to, &Variable::read)?;
        let scratch = Scratch::new()?;
        let made = backup(connection, &options(scratch.path().to_owned())).await?;
        let address = store.keep(&made, &|_, _, _| {}).await?;
        let cleaned = match settings.prune {
            true => store.prune(&owner, days, Timestamp::now()).await.map(drop),
            false => Ok(()),
        };
        Ok(Made::Kept { address, cleaned })
    } else {
        let folder = PathBuf::from(&settings.to);
        let made = backup(connection, &options(folder.clone())).await?;
        let cleaned = match settings.prune {
            true => backup::prune(&folder, &owner, days, Timestamp::now())
                .map(drop)
                .map_err(StoreError::from),
            false => Ok(()),
        };
        Ok(Made::Kept {
            address: made.folder.display().to_string(),
            cleaned,
        })
    }
}

async fn backup(connection: &Settings, options: &Options) -> Result<Backup, BackupError> {
    let Created { backup, .. } = backup::create(connection, options, &|_, _, _| {}).await?;
    Ok(backup)
}

/// For how many days backups are kept.
pub async fn retention_days(client: &Connection) -> Result<u32, tokio_postgres::Error> {
    let days: i64 = client
        .query_one(
            "select (romashka.setting(romashka.default_workspace_id(), 'backup_retention_days') #>> '{}')::bigint",
            &[],
        )
        .await?
        .get(0);
    Ok(u32::try_from(days).unwrap_or(u32::MAX))
}

async fn claim(server: &Server, next: Timestamp) -> Answer<bool> {
    let scope = server.service().await?;
    let lease = LEASE.as_secs_f64();
    let is_due = Statement::new(include_str!("claim.sql"))
        .bind("next_run", &next)
        .bind("lease", &lease)
        .value(&scope)
        .await?;
    scope.commit().await?;
    Ok(is_due)
}

async fn finish(
    server: &Server,
    begun: Timestamp,
    failure: Option<String>,
    due: Timestamp,
) -> Answer<()> {
    let scope = server.service().await?;
    Statement::new(include_str!("finish.sql"))
        .bind("begun", &begun)
        .bind("failure", &failure)
        .bind("next_run", &due)
        .execute(&scope)
        .await?;
    scope.commit().await?;
    Ok(())
}
