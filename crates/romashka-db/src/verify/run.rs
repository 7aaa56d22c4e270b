//! Runs checks on one connection, one after the other, and repairs.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;
use tokio_postgres::Client;

use super::orphans;
use super::{Check, CheckResult, Group, Outcome, Report, Severity, Summary, Work};
use crate::fingerprint::{Difference, Shadow, drift};
use crate::migrations::{MigrateError, MigrationSet, Migrator, Server, State};

/// How many findings of a check are kept in words; all are counted.
const KEPT: usize = 20;

/// Why a verification did not come about.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Row security would hide rows from the checks, so that they would pass without having seen them.
    #[error(
        "the role {0} is neither a superuser nor BYPASSRLS: the checks would not see the rows they are about"
    )]
    SeesTooLittle(String),
    /// A repair failed; nothing was changed.
    #[error("the repair of {check} failed, nothing was changed")]
    Repair {
        /// The check's id.
        check: &'static str,
        /// What the server said.
        source: tokio_postgres::Error,
    },
    /// The connection broke off.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// Anything else between here and the server.
    #[error("the database does not answer")]
    Database(#[from] tokio_postgres::Error),
}

impl VerifyError {
    /// What the user does next.
    pub fn next_step(&self) -> String {
        match self {
            VerifyError::SeesTooLittle(role) => {
                format!(
                    "connect as the role that migrates, or as a superuser: alter role \"{role}\" bypassrls"
                )
            }
            VerifyError::Repair { .. } => {
                "mend by hand what the message names, then verify again".to_owned()
            }
            VerifyError::Lost(_) | VerifyError::Database(_) => {
                "try again; romashka doctor looks at the server".to_owned()
            }
        }
    }
}

/// A check whose findings were recomputed.
#[derive(Clone, Debug, Serialize)]
pub struct Repaired {
    /// The check's id.
    pub id: &'static str,
    /// How many faults it had found.
    pub finding_count: u64,
}

/// Called before each check with its number from 0, the number of checks, and the check.
type Observer<'a> = Box<dyn FnMut(usize, usize, &Check) + Send + 'a>;

/// Verifies one database.
pub struct Verifier<'a> {
    client: &'a Client,
    target: String,
    shadow: Shadow,
    set: &'a MigrationSet,
    groups: Vec<Group>,
    observer: Observer<'a>,
}

/// Schemas and objects that this database has.
struct Present {
    needs: BTreeSet<String>,
    trigram_schema: String,
}

impl<'a> Verifier<'a> {
    /// A verifier of all groups. `target` names the database in the report, without secrets.
    pub fn new(client: &'a Client, target: String, shadow: Shadow, set: &'a MigrationSet) -> Self {
        Verifier {
            client,
            target,
            shadow,
            set,
            groups: Group::ALL.to_vec(),
            observer: Box::new(|_, _, _| {}),
        }
    }

    /// Only these groups.
    pub fn groups(mut self, groups: &[Group]) -> Self {
        self.groups = Group::ALL
            .into_iter()
            .filter(|group| groups.contains(group))
            .collect();
        self
    }

    /// Tells of each check before it runs.
    pub fn observer(mut self, observer: impl FnMut(usize, usize, &Check) + Send + 'a) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Runs every check of the groups.
    pub async fn run(&mut self) -> Result<Report, VerifyError> {
        let started_at = Timestamp::now();
        let start = Instant::now();
        let server = Server::inspect(self.client).await?;
        if !server.sees_all_rows {
            return Err(VerifyError::SeesTooLittle(server.role));
        }
        let checks: Vec<&'static Check> = self
            .groups
            .iter()
            .flat_map(|group| group.checks())
            .collect();
        let present = self.present(&checks).await?;
        let mut results = Vec::with_capacity(checks.len());
        for (number, check) in checks.iter().enumerate() {
            (self.observer)(number, checks.len(), check);
            results.push(self.check(check, &present).await?);
        }
        let mut summary = Summary::default();
        for result in &results {
            *match result.outcome {
                Outcome::Passed => &mut summary.passed,
                Outcome::Failed => &mut summary.failed,
                Outcome::Warned => &mut summary.warned,
                Outcome::Noted => &mut summary.noted,
                Outcome::Skipped => &mut summary.skipped,
            } += 1;
        }
        Ok(Report {
            target: self.target.clone(),
            server_version: server.version,
            role: server.role,
            started_at,
            duration: start.elapsed(),
            passed: summary.failed == 0,
            summary,
            checks: results,
        })
    }

    /// Recomputes what the failed checks of a report found, in one transaction. The caller runs again.
    pub async fn repair(&self, report: &Report) -> Result<Vec<Repaired>, VerifyError> {
        let wrong: Vec<(&'static Check, u64)> = self
            .groups
            .iter()
            .flat_map(|group| group.checks())
            .filter_map(|check| {
                let result = report.check(check.id)?;
                (result.repairable && result.outcome == Outcome::Failed)
                    .then_some((check, result.finding_count))
            })
            .collect();
        let mut repaired = Vec::new();
        if wrong.is_empty() {
            return Ok(repaired);
        }
        self.client
            .batch_execute("begin; set local search_path = ''; set local statement_timeout = 0")
            .await?;
        let mut done: Vec<&str> = Vec::new();
        for (check, finding_count) in wrong {
            if let Some(statements) = check.repair {
                // Several checks share one recount.
                if !done.contains(&statements)
                    && let Err(source) = self.client.batch_execute(statements).await
                {
                    self.client.batch_execute("rollback").await?;
                    return Err(VerifyError::Repair {
                        check: check.id,
                        source,
                    });
                }
                done.push(statements);
                repaired.push(Repaired {
                    id: check.id,
                    finding_count,
                });
            }
        }
        self.client.batch_execute("commit").await?;
        Ok(repaired)
    }

    async fn present(&self, checks: &[&'static Check]) -> Result<Present, tokio_postgres::Error> {
        let needs: BTreeSet<&str> = checks
            .iter()
            .flat_map(|check| check.needs)
            .copied()
            .collect();
        let needs: Vec<&str> = needs.into_iter().collect();
        let rows = self
            .client
            .query(
                "select need from pg_catalog.unnest($1::text[]) as need
                  where case when need like 'extension %' then exists (select from pg_catalog.pg_extension e where e.extname = pg_catalog.substr(need, 11))
                             when need like '%(%' then pg_catalog.to_regprocedure(need) is not null
                             else pg_catalog.to_regclass(need) is not null end",
                &[&needs],
            )
            .await?;
        let trigram_schema = self
            .client
            .query_opt(
                "select pg_catalog.quote_ident(n.nspname) from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm'",
                &[],
            )
            .await?;
        Ok(Present {
            needs: rows.iter().map(|row| row.get(0)).collect(),
            trigram_schema: trigram_schema.map_or_else(|| "public".to_owned(), |row| row.get(0)),
        })
    }

    async fn check(
        &self,
        check: &'static Check,
        present: &Present,
    ) -> Result<CheckResult, VerifyError> {
        let start = Instant::now();
        let group = check
            .id
            .split_once('.')
            .and_then(|(name, _)| Group::parse(name))
            .unwrap_or(Group::Environment);
        let result =
            |outcome, findings: Findings, next: Option<String>, duration: Duration| CheckResult {
                id: check.id,
                title: check.title,
                group,
                outcome,
                finding_count: findings.count,
                findings: findings.kept,
                proves: check.proves,
                next,
                repairable: check.repair.is_some(),
                duration,
            };
        let missing: Vec<&str> = check
            .needs
            .iter()
            .copied()
            .filter(|need| !present.needs.contains(*need))
            .collect();
        if !missing.is_empty() {
            let mut findings = Findings::default();
            findings.keep(format!("the database has no {}", missing.join(", ")));
            findings.count = 0;
            return Ok(result(Outcome::Skipped, findings, None, start.elapsed()));
        }
        let (findings, next) = match self.findings(check, present).await {
            Ok(findings) => (findings, check.next.to_owned()),
            Err(failure) => {
                // A lost connection is no finding: nothing that follows could be found out either.
                if self.client.is_closed() {
                    return Err(VerifyError::Lost(failure.message));
                }
                let mut findings = Findings::default();
                findings.keep(format!("could not be found out: {}", failure.message));
                return Ok(result(
                    Outcome::Failed,
                    findings,
                    Some(failure.next),
                    start.elapsed(),
                ));
            }
        };
        let outcome = match check.severity {
            _ if findings.count == 0 => Outcome::Passed,
            Severity::Error => Outcome::Failed,
            Severity::Warning => Outcome::Warned,
            Severity::Info => Outcome::Noted,
        };
        let next = (findings.count > 0).then_some(next);
        Ok(result(outcome, findings, next, start.elapsed()))
    }

    async fn findings(&self, check: &Check, present: &Present) -> Result<Findings, Failure> {
        match check.work {
            Work::Sql(sql) => {
                self.reading(sql.replace("{extensions}", &present.trigram_schema))
                    .await
            }
            Work::Migrations => self.migrations().await,
            Work::Drift => self.drift().await,
            Work::References => self.references().await,
        }
    }

    /// Runs a query in a transaction that may not write; its rows are the findings.
    async fn reading(&self, sql: String) -> Result<Findings, Failure> {
        self.begin().await?;
        let rows = self
            .client
            .query(
                &format!(
                    "select pg_catalog.count(*) over (), fault.words from ({sql}\n) as fault (words) limit {KEPT}"
                ),
                &[],
            )
            .await;
        self.client.batch_execute("rollback").await?;
        let rows = rows?;
        let mut findings = Findings::default();
        for row in &rows {
            findings.keep(row.get(1));
        }
        if let Some(row) = rows.first() {
            findings.count = row.get::<_, i64>(0).unsigned_abs();
        }
        Ok(findings)
    }

    async fn references(&self) -> Result<Findings, Failure> {
        self.begin().await?;
        let counted = self.count_orphans().await;
        self.client.batch_execute("rollback").await?;
        Ok(counted?)
    }

    async fn count_orphans(&self) -> Result<Findings, tokio_postgres::Error> {
        let mut findings = Findings::default();
        for key in self.client.query(orphans::KEYS, &[]).await? {
            let (words, sql): (String, String) = (key.get(0), key.get(1));
            let orphans: i64 = self.client.query_one(&sql, &[]).await?.get(0);
            if orphans > 0 {
                findings.keep(words.replacen("%s", &orphans.to_string(), 1));
            }
        }
        Ok(findings)
    }

    async fn begin(&self) -> Result<(), tokio_postgres::Error> {
        self.client
            .batch_execute(
                "begin isolation level repeatable read read only; set local search_path = ''; set local statement_timeout = 0",
            )
            .await
    }

    async fn migrations(&self) -> Result<Findings, Failure> {
        let status = Migrator::new(self.client, self.set).status().await?;
        let mut findings = Findings::default();
        for entry in &status.entries {
            let words = match entry.state {
                State::Applied | State::Unverified => continue,
                State::Pending => "is not applied",
                State::Changed => "was applied with another content",
                State::Unknown => "is not known to this version of the program",
            };
            findings.keep(format!("{} {} {words}", entry.version, entry.description));
        }
        // psql records no checksum of the functions; whether they are right is the drift check's to say.
        if status.functions == State::Changed {
            findings.keep("functions, triggers and policies are of another version".to_owned());
        }
        Ok(findings)
    }

    async fn drift(&self) -> Result<Findings, Failure> {
        let differences = drift(self.client, &self.shadow, self.set)
            .await
            .map_err(|error| Failure {
                message: error.to_string(),
                next: error.next_step(),
            })?;
        let mut findings = Findings::default();
        for difference in differences
            .iter()
            .filter(|found| Difference::breaks_promise(found))
        {
            findings.keep(difference.to_string());
        }
        Ok(findings)
    }
}

#[derive(Default)]
struct Findings {
    count: u64,
    kept: Vec<String>,
}

impl Findings {
    fn keep(&mut self, words: String) {
        self.count += 1;
        if self.kept.len() < KEPT {
            self.kept.push(words);
        }
    }
}

/// Why a check could not be made.
struct Failure {
    message: String,
    next: String,
}

impl From<tokio_postgres::Error> for Failure {
    fn from(source: tokio_postgres::Error) -> Failure {
        Failure {
            message: source
                .as_db_error()
                .map_or_else(|| source.to_string(), |said| said.message().to_owned()),
            next: "the drift check names what is different; repair that first".to_owned(),
        }
    }
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Failure {
        Failure {
            message: error.to_string(),
            next: error.next_step(),
        }
    }
}
