//! How a migrator's statements reach the server: in one transaction or outside one, in batches, under the lock.
//!
//! Invariant: each transaction proves that this session holds the migrators' lock; behind a transaction pooler it
//! would not.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use tokio_postgres::SimpleQueryMessage;

use super::apply::{Event, Migrator};
use super::error::{MigrateError, failed_statement, name_of, statement_error};
use super::history::CREATE_TABLE;
use super::{FUNCTIONS, Migration, MigrationSet, Statement, Version};

/// The advisory lock of migrations, per database: `ROMASHKA` as a number.
const LOCK_KEY: i64 = i64::from_be_bytes(*b"ROMASHKA");

impl Migrator<'_> {
    /// Runs the statements and the record in one transaction, again and again while others hold locks.
    pub(super) async fn in_transaction(
        &mut self,
        version: Option<Version>,
        statements: &[Statement],
        instead_of_record: Option<&str>,
    ) -> Result<(), MigrateError> {
        let mut attempt = 1;
        loop {
            self.begin().await?;
            let result = self.attempt(version, statements, instead_of_record).await;
            let Err(error) = result else { return Ok(()) };
            // A lost connection is rolled back by the server itself.
            let _ = self.client.batch_execute("rollback").await;
            if !error.is_lock_conflict() {
                return Err(error);
            }
            self.pause_before_attempt(version, &mut attempt).await?;
        }
    }

    /// Waits before the next attempt; an error when there is none left.
    pub(super) async fn pause_before_attempt(
        &mut self,
        version: Option<Version>,
        attempt: &mut u32,
    ) -> Result<(), MigrateError> {
        if *attempt >= self.pace.attempts {
            return Err(MigrateError::LockTimeout {
                what: name_of(version),
                lock_timeout: self.pace.lock_timeout,
                attempts: *attempt,
            });
        }
        // Growing, and different in each process, so that two who block each other do not meet again.
        let jitter = Duration::from_millis(rand::random_range(0..250));
        let pause = Duration::from_millis(250) * (*attempt).min(20) + jitter;
        (self.observer)(Event::Retrying {
            attempt: *attempt,
            pause,
        });
        tokio::time::sleep(pause).await;
        *attempt += 1;
        Ok(())
    }

    async fn attempt(
        &mut self,
        version: Option<Version>,
        statements: &[Statement],
        instead_of_record: Option<&str>,
    ) -> Result<(), MigrateError> {
        let started = Instant::now();
        let before = self.transaction_id().await?;
        self.make_way(statements).await?;
        self.run(version, statements).await?;
        if self.transaction_id().await? != before {
            return Err(MigrateError::EndedTransaction(name_of(version)));
        }
        let record = match version.and_then(|version| self.set.get(version)) {
            _ if instead_of_record.is_some() => instead_of_record.unwrap_or_default().to_owned(),
            Some(migration) => record(migration, Some(started.elapsed())),
            None => record_functions(self.set, started.elapsed()),
        };
        self.client.batch_execute(&record).await?;
        self.client.batch_execute("commit").await?;
        Ok(())
    }

    pub(super) async fn begin(&self) -> Result<(), MigrateError> {
        let lock_timeout = self.pace.lock_timeout.as_millis();
        let begin = format!(
            "begin; set local lock_timeout = {lock_timeout}; set local statement_timeout = 0"
        );
        Ok(self.client.batch_execute(&begin).await?)
    }

    /// The id of the running transaction; an error when the session does not hold the migrators' lock.
    async fn transaction_id(&self) -> Result<String, MigrateError> {
        let row = self
            .client
            .query_one(
                "select pg_catalog.pg_current_xact_id()::text,
                        exists (select from pg_catalog.pg_locks
                                 where locktype = 'advisory' and pid = pg_catalog.pg_backend_pid() and granted
                                   and (classid::int8 << 32) | objid::int8 = $1)",
                &[&LOCK_KEY],
            )
            .await?;
        if row.get(1) {
            Ok(row.get(0))
        } else {
            Err(MigrateError::Pooled)
        }
    }

    /// Sends the statements in batches, so that a distant server costs few round trips and progress is still seen.
    pub(super) async fn run(
        &mut self,
        version: Option<Version>,
        statements: &[Statement],
    ) -> Result<(), MigrateError> {
        const BATCH_BYTES: usize = 48 * 1024;
        let mut done = 0;
        while done < statements.len() {
            let mut batch = String::new();
            let mut starts = Vec::new();
            for statement in &statements[done..] {
                if !starts.is_empty() && batch.len() + statement.text.len() > BATCH_BYTES {
                    break;
                }
                starts.push(batch.chars().count());
                batch.push_str(&statement.text);
                // On a line of its own, since a statement may end in a comment.
                batch.push_str("\n;\n");
            }
            let mut completed = 0;
            let result = async {
                let stream = self.client.simple_query_raw(&batch).await?;
                let mut stream = std::pin::pin!(stream);
                while let Some(message) = stream.try_next().await? {
                    if matches!(message, SimpleQueryMessage::CommandComplete(_)) {
                        completed += 1;
                        (self.observer)(Event::Progress(done + completed));
                    }
                }
                Ok(())
            };
            let result: Result<(), tokio_postgres::Error> = result.await;
            if let Err(source) = result {
                let failed = failed_statement(&source, &starts, completed);
                return Err(statement_error(version, &statements[done + failed], source));
            }
            done += starts.len();
        }
        Ok(())
    }

    /// Statement by statement, each in its own transaction.
    pub(super) async fn outside_transaction(
        &mut self,
        version: Option<Version>,
        statements: &[Statement],
    ) -> Result<(), MigrateError> {
        for (at, statement) in statements.iter().enumerate() {
            self.remove_half_built_index(statement).await?;
            self.alone(version, statement).await?;
            (self.observer)(Event::Progress(at + 1));
        }
        Ok(self.client.batch_execute("reset lock_timeout").await?)
    }

    /// One statement, again and again while others hold locks. Who waits for a lock makes everybody wait who comes after him;
    /// what works concurrently waits without that, and must not be cut off: half an index would be left.
    async fn alone(
        &mut self,
        version: Option<Version>,
        statement: &Statement,
    ) -> Result<(), MigrateError> {
        let concurrently = statement.words.iter().any(|word| word == "concurrently");
        let limit = match concurrently {
            true => 0,
            false => self.pace.lock_timeout.as_millis(),
        };
        self.client
            .batch_execute(&format!("set lock_timeout = {limit}"))
            .await?;
        let mut attempt = 1;
        loop {
            let result = self.client.batch_execute(&statement.text).await;
            let Err(source) = result else { return Ok(()) };
            let error = statement_error(version, statement, source);
            if concurrently || !error.is_lock_conflict() {
                return Err(error);
            }
            self.pause_before_attempt(version, &mut attempt).await?;
        }
    }

    /// `create index concurrently` that was killed leaves an invalid index, which `if not exists` would take for done.
    async fn remove_half_built_index(&self, statement: &Statement) -> Result<(), MigrateError> {
        let words: Vec<&str> = statement.words.iter().map(String::as_str).collect();
        let Some(on) = words.iter().position(|word| *word == "on") else {
            return Ok(());
        };
        let (true, true, Some(name)) = (
            words[0] == "create",
            words.contains(&"concurrently"),
            on.checked_sub(1).map(|at| words[at]),
        ) else {
            return Ok(());
        };
        let table = match words.get(on + 1..on + 4) {
            Some([schema, ".", table]) => format!("{schema}.{table}"),
            _ => words.get(on + 1).copied().unwrap_or_default().to_owned(),
        };
        let half_built = self
            .client
            .query_opt(
                "select i.indexrelid::regclass::text from pg_catalog.pg_index i
                   join pg_catalog.pg_class c on c.oid = i.indexrelid
                  where i.indrelid = to_regclass($1) and c.relname = $2 and not i.indisvalid",
                &[&table, &name.trim_matches('"')],
            )
            .await?;
        if let Some(row) = half_built {
            let index: String = row.get(0);
            self.client
                .batch_execute(&format!("drop index concurrently {index}"))
                .await?;
        }
        Ok(())
    }

    /// Waits until no other migrator works here, and prepares the session.
    pub(super) async fn lock(&mut self) -> Result<(), MigrateError> {
        self.client
            .batch_execute("set statement_timeout = 0; set idle_in_transaction_session_timeout = 0")
            .await?;
        // When this process is killed the server notices within two seconds, also in the middle of a long statement.
        // Refused by servers whose system cannot tell; they notice at the statement's end.
        let _ = self
            .client
            .batch_execute("set client_connection_check_interval = 2000")
            .await;
        let mut told = false;
        loop {
            // Not the waiting form: its open snapshot would stop the other one's concurrent index build.
            if self
                .client
                .query_one("select pg_catalog.pg_try_advisory_lock($1)", &[&LOCK_KEY])
                .await?
                .get(0)
            {
                return Ok(());
            }
            if !told {
                (self.observer)(Event::Waiting);
                told = true;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Lets the next migrator work, whatever became of this one's work.
    pub(super) async fn unlock<T>(
        &self,
        result: Result<T, MigrateError>,
    ) -> Result<T, MigrateError> {
        let unlocked = self
            .client
            .execute("select pg_catalog.pg_advisory_unlock($1)", &[&LOCK_KEY])
            .await;
        let value = result?;
        unlocked?;
        Ok(value)
    }

    pub(super) async fn prepare_table(&self) -> Result<(), MigrateError> {
        let columns: i64 = self
            .client
            .query_one(
                "select count(*) from pg_catalog.pg_attribute
                  where attrelid = to_regclass('public.schema_migrations')
                    and attname in ('checksum', 'duration_ms', 'applied_by') and not attisdropped",
                &[],
            )
            .await?
            .get(0);
        if columns < 3 {
            self.client.batch_execute(CREATE_TABLE).await?;
            self.client
                .batch_execute(
                    "alter table public.schema_migrations
                       add column if not exists checksum text,
                       add column if not exists duration_ms bigint,
                       add column if not exists applied_by text not null default session_user",
                )
                .await?;
        }
        Ok(())
    }
}

/// The statement that records a migration. The file may have written its row already, for psql's users.
pub(super) fn record(migration: &Migration, duration: Option<Duration>) -> String {
    let description = migration.description().replace('\'', "''");
    record_row(
        &migration.version().to_string(),
        &description,
        &migration.checksum(),
        duration,
    )
}

fn record_functions(set: &MigrationSet, duration: Duration) -> String {
    let checksum = set.functions_checksum().unwrap_or_default();
    record_row(
        FUNCTIONS,
        "functions, triggers and policies",
        &checksum,
        Some(duration),
    )
}

fn record_row(key: &str, description: &str, checksum: &str, duration: Option<Duration>) -> String {
    // Without a duration nothing ran here: what an existing row says about when and who stays.
    let when_and_who = match duration {
        Some(_) => {
            "applied_at = excluded.applied_at, duration_ms = excluded.duration_ms, applied_by = excluded.applied_by"
        }
        None => "duration_ms = schema_migrations.duration_ms",
    };
    let duration = duration.map_or_else(
        || "null".to_owned(),
        |duration| duration.as_millis().to_string(),
    );
    format!(
        "insert into public.schema_migrations (version, applied_at, description, checksum, duration_ms, applied_by)
         values ('{key}', clock_timestamp(), '{description}', '{checksum}', {duration}, session_user)
         on conflict (version) do update
            set description = excluded.description, checksum = excluded.checksum, {when_and_who}"
    )
}
