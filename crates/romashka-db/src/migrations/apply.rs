//! Applies, reverses and records migrations.
//!
//! Invariant: everything that changes the database happens while this session holds the migrators' advisory lock.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio_postgres::Client;

use super::error::MigrateError;
use super::history::{CREATE_TABLE, History};
use super::plan::{self, HeldLock, Plan};
use super::preflight::Server;
use super::transaction::record;
use super::{Concern, FUNCTIONS, Migration, MigrationSet, State, Statement, Status, Version};

/// How long to wait for others' locks on tables, and how often to try again.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long one statement waits for a lock before the transaction gives way.
    pub lock_timeout: Duration,
    /// How many times a transaction is tried.
    pub attempts: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            lock_timeout: Duration::from_secs(4),
            attempts: 10,
        }
    }
}

/// What a migrator tells while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Another migrator works on this database; this one waits.
    Waiting,
    /// A migration begins; none means the functions.
    Started {
        /// Its number.
        version: Option<Version>,
        /// Its name.
        description: String,
        /// How many statements it has.
        statements: usize,
    },
    /// So many statements of it are done.
    Progress(usize),
    /// A lock did not come in time; the transaction was rolled back and will be tried again.
    Retrying {
        /// Which attempt failed, from 1.
        attempt: u32,
        /// How long the pause is.
        pause: Duration,
    },
    /// It is done and recorded.
    Finished(Duration),
}

/// One migration that was applied or reversed.
#[derive(Clone, Debug, Serialize)]
pub struct Done {
    /// Its number.
    pub version: Version,
    /// Its name.
    pub description: String,
    /// How long it took, milliseconds.
    pub duration_ms: u64,
}

/// What was done.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    /// The migrations, in the order in which they ran.
    pub migrations: Vec<Done>,
    /// Whether functions, triggers and policies were applied.
    pub functions: bool,
    /// Whether all of it was rolled back.
    pub dry_run: bool,
    /// What a dry run left out, because it cannot run in a transaction.
    pub left_out: Vec<Version>,
    /// The strongest lock on each table that existed before, in a dry run.
    pub held_locks: Vec<HeldLock>,
    /// What should be known about the server.
    pub concerns: Vec<Concern>,
}

/// Migrates one database over one connection.
pub struct Migrator<'a> {
    pub(super) client: &'a Client,
    pub(super) set: &'a MigrationSet,
    pub(super) pace: Pace,
    pub(super) observer: Box<dyn FnMut(Event) + Send + Sync + 'a>,
}

impl<'a> Migrator<'a> {
    /// A migrator that says nothing and has the usual patience.
    pub fn new(client: &'a Client, set: &'a MigrationSet) -> Self {
        Migrator {
            client,
            set,
            pace: Pace::default(),
            observer: Box::new(|_| {}),
        }
    }

    /// With another patience.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// With somebody to listen.
    pub fn observer(mut self, observer: impl FnMut(Event) + Send + Sync + 'a) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// How the database stands to the set. Changes nothing, takes no lock.
    pub async fn status(&self) -> Result<Status, MigrateError> {
        Ok(History::read(self.client).await?.compare(self.set))
    }

    /// What [`Migrator::up`] would run, statement by statement. Changes nothing.
    pub async fn plan(&self, to: Option<Version>) -> Result<Plan, MigrateError> {
        let status = self.status().await?;
        let pending = self.pending(&status, to)?;
        let functions = self.wants_functions(&status, &pending, to);
        Ok(plan::plan(self.client, self.set, &pending, functions).await?)
    }

    /// Applies what is missing, up to and with `to`, and the functions when nothing is missing after that.
    pub async fn up(&mut self, to: Option<Version>) -> Result<Outcome, MigrateError> {
        let concerns = Server::inspect(self.client).await?.check()?;
        self.lock().await?;
        let result = self.up_locked(to, concerns).await;
        self.unlock(result).await
    }

    pub(super) async fn up_locked(
        &mut self,
        to: Option<Version>,
        concerns: Vec<Concern>,
    ) -> Result<Outcome, MigrateError> {
        let status = self.status().await?;
        let pending = self.pending(&status, to)?;
        let functions = self.wants_functions(&status, &pending, to);
        let mut outcome = Outcome {
            concerns,
            ..Outcome::default()
        };
        if !pending.is_empty() || functions {
            self.prepare_table().await?;
        }
        for migration in pending {
            let duration = self.apply(migration).await?;
            outcome.migrations.push(done(migration, duration));
        }
        if functions {
            self.apply_functions().await?;
            outcome.functions = true;
        }
        Ok(outcome)
    }

    /// Does what [`Migrator::up`] does in one transaction, looks at the locks, and rolls back.
    pub async fn dry_run(&mut self, to: Option<Version>) -> Result<Outcome, MigrateError> {
        let concerns = Server::inspect(self.client).await?.check()?;
        self.lock().await?;
        let result = self.dry_run_locked(to, concerns).await;
        self.unlock(result).await
    }

    async fn dry_run_locked(
        &mut self,
        to: Option<Version>,
        concerns: Vec<Concern>,
    ) -> Result<Outcome, MigrateError> {
        let status = self.status().await?;
        let pending = self.pending(&status, to)?;
        let functions = self.wants_functions(&status, &pending, to);
        let mut outcome = Outcome {
            dry_run: true,
            concerns,
            ..Outcome::default()
        };
        let existing = plan::existing_relations(self.client).await?;
        self.begin().await?;
        let result = self
            .rehearse(&pending, functions, &existing, &mut outcome)
            .await;
        self.client.batch_execute("rollback").await?;
        result.map(|()| outcome)
    }

    async fn rehearse(
        &mut self,
        pending: &[&Migration],
        functions: bool,
        existing: &[u32],
        outcome: &mut Outcome,
    ) -> Result<(), MigrateError> {
        self.client.batch_execute(CREATE_TABLE).await?;
        for migration in pending {
            if !migration.is_transactional() {
                outcome.left_out.push(migration.version());
                continue;
            }
            let started = self.start(
                Some(migration.version()),
                migration.description(),
                &migration.statements(),
            );
            self.run(Some(migration.version()), &migration.statements())
                .await
                .map_err(|error| self.in_dry_run(error))?;
            (self.observer)(Event::Finished(started.elapsed()));
            outcome.migrations.push(done(migration, started.elapsed()));
        }
        if functions && outcome.left_out.is_empty() {
            let statements = self.set.function_statements();
            let started = self.start(None, "functions, triggers and policies", &statements);
            self.run(None, &statements)
                .await
                .map_err(|error| self.in_dry_run(error))?;
            (self.observer)(Event::Finished(started.elapsed()));
            outcome.functions = true;
        }
        outcome.held_locks = plan::held_locks(self.client, existing).await?;
        Ok(())
    }

    /// A rehearsal does not try again: the answer is that somebody holds a lock.
    fn in_dry_run(&self, error: MigrateError) -> MigrateError {
        match error {
            MigrateError::Statement { what, .. } if error.is_lock_conflict() => {
                MigrateError::LockTimeout {
                    what,
                    lock_timeout: self.pace.lock_timeout,
                    attempts: 1,
                }
            }
            error => error,
        }
    }

    /// Reverses the newest migrations, down to but without `to`; without `to` the newest one.
    pub async fn down(&mut self, to: Option<Version>) -> Result<Outcome, MigrateError> {
        let concerns = Server::inspect(self.client).await?.check()?;
        self.lock().await?;
        let result = self.down_locked(to, concerns).await;
        self.unlock(result).await
    }

    async fn down_locked(
        &mut self,
        to: Option<Version>,
        concerns: Vec<Concern>,
    ) -> Result<Outcome, MigrateError> {
        let status = self.status().await?;
        refuse_strangers(&status)?;
        let applied: Vec<Version> = status
            .entries
            .iter()
            .rev()
            .filter(|entry| matches!(entry.state, State::Applied | State::Unverified))
            .map(|entry| entry.version)
            .collect();
        let chosen: Vec<Version> = match to {
            Some(to) if self.set.get(to).is_none() => return Err(MigrateError::NoSuchVersion(to)),
            Some(to) => applied
                .into_iter()
                .filter(|version| *version > to)
                .collect(),
            None => applied.into_iter().take(1).collect(),
        };
        // Nothing is reversed unless all of it can be.
        if let Some(version) = chosen.iter().find(|version| {
            self.set
                .get(**version)
                .is_none_or(|migration| !migration.is_reversible())
        }) {
            return Err(MigrateError::Irreversible(*version));
        }
        let mut outcome = Outcome {
            concerns,
            ..Outcome::default()
        };
        for version in chosen {
            let Some(migration) = self.set.get(version) else {
                continue;
            };
            let statements = migration.reversal_statements().unwrap_or_default();
            let started = self.start(Some(version), migration.description(), &statements);
            // The functions of the newest version do not fit any more: the next `up` applies them again.
            let record = format!(
                "delete from public.schema_migrations where version in ('{version}', '{FUNCTIONS}')"
            );
            self.in_transaction(Some(version), &statements, Some(&record))
                .await?;
            (self.observer)(Event::Finished(started.elapsed()));
            outcome.migrations.push(done(migration, started.elapsed()));
        }
        Ok(outcome)
    }

    /// Records versions up to and with `to` as applied without running them. Whether their content is there is the
    /// caller's to find out, by a fingerprint.
    pub async fn baseline(&mut self, to: Option<Version>) -> Result<Vec<Version>, MigrateError> {
        Server::inspect(self.client).await?.check()?;
        self.lock().await?;
        let result = self.baseline_locked(to).await;
        self.unlock(result).await
    }

    async fn baseline_locked(&mut self, to: Option<Version>) -> Result<Vec<Version>, MigrateError> {
        let status = self.status().await?;
        if let Some(to) = to.filter(|to| self.set.get(*to).is_none()) {
            return Err(MigrateError::NoSuchVersion(to));
        }
        self.prepare_table().await?;
        let mut recorded = Vec::new();
        for entry in status
            .entries
            .iter()
            .filter(|entry| to.is_none_or(|to| entry.version <= to))
        {
            let (State::Pending | State::Unverified, Some(migration)) =
                (entry.state, self.set.get(entry.version))
            else {
                continue;
            };
            self.client.batch_execute(&record(migration, None)).await?;
            recorded.push(entry.version);
        }
        Ok(recorded)
    }

    fn pending(
        &self,
        status: &Status,
        to: Option<Version>,
    ) -> Result<Vec<&'a Migration>, MigrateError> {
        refuse_strangers(status)?;
        if let Some(to) = to.filter(|to| self.set.get(*to).is_none()) {
            return Err(MigrateError::NoSuchVersion(to));
        }
        if let (Some(missing), Some(newest)) = (
            status.versions(State::Pending).next(),
            status.newest_applied(),
        ) && missing < newest
        {
            return Err(MigrateError::Gap { missing, newest });
        }
        let set: &'a MigrationSet = self.set;
        Ok(status
            .versions(State::Pending)
            .filter(|version| to.is_none_or(|to| *version <= to))
            .filter_map(|version| set.get(version))
            .collect())
    }

    /// The functions are written for the newest version; they are also put back after each migration.
    fn wants_functions(
        &self,
        status: &Status,
        pending: &[&Migration],
        to: Option<Version>,
    ) -> bool {
        let reaches_newest = to.is_none_or(|to| Some(to) == self.set.newest());
        self.set.functions_checksum().is_some()
            && reaches_newest
            && (status.functions != State::Applied || !pending.is_empty())
    }

    pub(super) fn start(
        &mut self,
        version: Option<Version>,
        description: &str,
        statements: &[Statement],
    ) -> Instant {
        let description = description.to_owned();
        (self.observer)(Event::Started {
            version,
            description,
            statements: statements.len(),
        });
        Instant::now()
    }

    pub(super) fn finish(&mut self, started: Instant) {
        (self.observer)(Event::Finished(started.elapsed()));
    }

    async fn apply(&mut self, migration: &Migration) -> Result<Duration, MigrateError> {
        let version = Some(migration.version());
        let statements = migration.statements();
        let started = self.start(version, migration.description(), &statements);
        if migration.is_transactional() {
            self.in_transaction(version, &statements, None).await?;
        } else {
            self.outside_transaction(version, &statements).await?;
            self.client
                .batch_execute(&record(migration, Some(started.elapsed())))
                .await?;
        }
        (self.observer)(Event::Finished(started.elapsed()));
        Ok(started.elapsed())
    }

    async fn apply_functions(&mut self) -> Result<(), MigrateError> {
        let statements = self.set.function_statements();
        let started = self.start(None, "functions, triggers and policies", &statements);
        self.in_transaction(None, &statements, None).await?;
        (self.observer)(Event::Finished(started.elapsed()));
        Ok(())
    }
}

fn done(migration: &Migration, duration: Duration) -> Done {
    Done {
        version: migration.version(),
        description: migration.description().to_owned(),
        duration_ms: duration.as_millis() as u64,
    }
}

fn refuse_strangers(status: &Status) -> Result<(), MigrateError> {
    let unknown: Vec<Version> = status.versions(State::Unknown).collect();
    if !unknown.is_empty() {
        return Err(MigrateError::Unknown(unknown));
    }
    let changed: Vec<Version> = status.versions(State::Changed).collect();
    if changed.is_empty() {
        Ok(())
    } else {
        Err(MigrateError::Changed(changed))
    }
}
