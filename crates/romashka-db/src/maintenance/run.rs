//! Takes the steps one after the other on one connection.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::{Outcome, Report, Step, StepReport, Work, retention, tables};
use crate::fingerprint::{self, DriftError, Shadow};

/// Why a run did not come about.
#[derive(Debug, thiserror::Error)]
pub enum MaintenanceError {
    /// Somebody else is at it.
    #[error("another romashka maintain works on this database")]
    Busy,
    /// The server follows another one.
    #[error("the server is a standby, which cannot be changed")]
    Standby,
    /// The connection broke off.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// Anything else between here and the server.
    #[error("the database does not answer")]
    Database(#[from] tokio_postgres::Error),
}

impl MaintenanceError {
    /// What the user does next.
    pub fn next_step(&self) -> &'static str {
        match self {
            MaintenanceError::Busy => "wait for it to end; nothing was done here",
            MaintenanceError::Standby => {
                "connect to the primary; what is done there comes here by itself"
            }
            MaintenanceError::Lost(_) | MaintenanceError::Database(_) => {
                "run it again: it goes on where it stopped"
            }
        }
    }
}

/// Called before each step.
type Observer<'a> = Box<dyn FnMut(Step) + Send + 'a>;

/// Why a step did not come to its end.
pub(super) enum StepError {
    Database(tokio_postgres::Error),
    Shadow(DriftError),
    #[cfg(unix)]
    Backup(crate::backup::BackupError),
}

impl From<tokio_postgres::Error> for StepError {
    fn from(error: tokio_postgres::Error) -> StepError {
        StepError::Database(error)
    }
}

/// Looks after one database.
pub struct Maintenance<'a> {
    client: &'a Client,
    target: String,
    shadow: Shadow,
    steps: Vec<Step>,
    backups: Option<PathBuf>,
    dead_share: f64,
    dry_run: bool,
    observer: Observer<'a>,
}

impl<'a> Maintenance<'a> {
    /// All steps. `target` names the database in the report, without secrets; `shadow` is where comparisons are made.
    pub fn new(client: &'a Client, target: String, shadow: Shadow) -> Self {
        Maintenance {
            client,
            target,
            shadow,
            steps: Step::ALL.to_vec(),
            backups: None,
            dead_share: tables::DEAD_SHARE,
            dry_run: false,
            observer: Box::new(|_| {}),
        }
    }

    /// Only these steps.
    pub fn steps(mut self, steps: &[Step]) -> Self {
        self.steps = Step::ALL
            .into_iter()
            .filter(|step| steps.contains(step))
            .collect();
        self
    }

    /// The folder of backups, where the old ones are to be removed.
    pub fn backups(mut self, folder: Option<PathBuf>) -> Self {
        self.backups = folder;
        self
    }

    /// From which share of dead rows on a table is vacuumed, from 0 to 1; a fifth if nothing is said.
    pub fn dead_share(mut self, share: f64) -> Self {
        self.dead_share = share;
        self
    }

    /// Changes nothing, and reports what would be done.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Tells of each step before it is taken.
    pub fn observer(mut self, observer: impl FnMut(Step) + Send + 'a) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Takes the steps.
    ///
    /// # Errors
    /// When somebody else is at it, or the connection is lost. What one step meets stands in the report.
    pub async fn run(&mut self) -> Result<Report, MaintenanceError> {
        let started_at = Timestamp::now();
        let start = Instant::now();
        let row = self
            .client
            .query_one(
                "select pg_catalog.pg_is_in_recovery(), pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended('romashka maintain', 0))",
                &[],
            )
            .await?;
        if row.get(0) {
            return Err(MaintenanceError::Standby);
        }
        if !row.get::<_, bool>(1) {
            return Err(MaintenanceError::Busy);
        }
        // As gentle as autovacuum: a vacuum by hand would take all that the disk gives.
        self.client
            .batch_execute(
                "set search_path = ''; set lock_timeout = '1s'; set statement_timeout = 0; set vacuum_cost_delay = '2ms'; set vacuum_cost_limit = 1000",
            )
            .await?;
        let mut steps = Vec::with_capacity(self.steps.len());
        for step in self.steps.clone() {
            // Without a folder there is nothing to look at.
            if step == Step::Backups && self.backups.is_none() {
                continue;
            }
            (self.observer)(step);
            steps.push(self.take(step).await?);
        }
        self.client
            .batch_execute(
                "select pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended('romashka maintain', 0)); reset all",
            )
            .await?;
        Ok(Report {
            target: self.target.clone(),
            started_at,
            dry_run: self.dry_run,
            succeeded: steps.iter().all(|step| step.outcome != Outcome::Failed),
            steps,
            duration: start.elapsed(),
        })
    }

    async fn take(&self, step: Step) -> Result<StepReport, MaintenanceError> {
        let start = Instant::now();
        let mut work = Work::default();
        let result = self.carry_out(step, &mut work).await;
        let failure = match result {
            Ok(()) => None,
            Err(StepError::Database(error)) if self.client.is_closed() => {
                return Err(MaintenanceError::Lost(error.to_string()));
            }
            Err(StepError::Database(error)) => match reason(&error) {
                Some(why) => {
                    work.leave(step.title(), why);
                    None
                }
                None => Some(message(&error)),
            },
            Err(StepError::Shadow(error)) => {
                work.leave(step.title(), format!("{error}: {}", error.next_step()));
                None
            }
            #[cfg(unix)]
            Err(StepError::Backup(error)) => Some(error.to_string()),
        };
        Ok(StepReport {
            step,
            outcome: match (&failure, work.left.is_empty(), work.done.is_empty()) {
                (Some(_), _, _) => Outcome::Failed,
                (None, _, false) => Outcome::Done,
                (None, false, true) => Outcome::Left,
                (None, true, true) => Outcome::Nothing,
            },
            work,
            failure,
            duration: start.elapsed(),
        })
    }

    async fn carry_out(&self, step: Step, work: &mut Work) -> Result<(), StepError> {
        let (client, dry_run) = (self.client, self.dry_run);
        match step {
            Step::Shadows => {
                for name in fingerprint::clean_up(&self.shadow, dry_run)
                    .await
                    .map_err(StepError::Shadow)?
                {
                    work.did(format!("database {name}"));
                }
            }
            Step::Partitions => retention::partitions(client, dry_run, work).await?,
            Step::Seal => retention::seal(client, dry_run, work).await?,
            Step::Retention => retention::apply(client, dry_run, work).await?,
            Step::Expired => retention::expired(client, dry_run, work).await?,
            Step::Backups => self.prune_backups(work).await?,
            Step::Vacuum => tables::vacuum(client, self.dead_share, dry_run, work).await?,
            Step::Statistics => tables::analyze(client, dry_run, work).await?,
        }
        Ok(())
    }

    #[cfg(unix)]
    async fn prune_backups(&self, work: &mut Work) -> Result<(), StepError> {
        let Some(folder) = &self.backups else {
            return Ok(());
        };
        let days = retention::backup_days(self.client).await?;
        let owner = crate::backup::Owner::of(self.client)
            .await
            .map_err(StepError::Backup)?;
        let now = Timestamp::now();
        let removed = if self.dry_run {
            crate::backup::outdated(folder, &owner, days, now)
        } else {
            crate::backup::prune(folder, &owner, days, now).map(|kept| kept.removed)
        };
        for backup in removed.map_err(StepError::Backup)? {
            work.did(format!("backup {}", backup.display()));
        }
        Ok(())
    }

    #[cfg(not(unix))]
    async fn prune_backups(&self, _: &mut Work) -> Result<(), StepError> {
        Ok(())
    }
}

/// Why something is left to the next run, where that is no failure: it is in use, or another's.
pub(super) fn reason(error: &tokio_postgres::Error) -> Option<String> {
    let code = error.code()?;
    if *code == SqlState::LOCK_NOT_AVAILABLE {
        Some("it is in use; the next run takes it".to_owned())
    } else if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        Some(format!(
            "the role may not ({}): connect as the owner of the database",
            message(error)
        ))
    } else if *code == SqlState::UNDEFINED_TABLE
        || *code == SqlState::UNDEFINED_FUNCTION
        || *code == SqlState::INVALID_SCHEMA_NAME
    {
        Some(format!(
            "the database lacks what this version has ({}): romashka migrate",
            message(error)
        ))
    } else {
        None
    }
}

fn message(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), |said| said.message().to_owned())
}

/// How long retention works at most; the next run goes on.
pub(super) const LONGEST: Duration = Duration::from_secs(1800);
