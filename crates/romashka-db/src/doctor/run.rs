//! Makes the checks one after the other on one connection.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio_postgres::Client;

use super::survey::Survey;
use super::{
    CHECKS, Check, CheckResult, Finding, Group, Outcome, Report, Severity, Summary, Work, activity,
    bloat, extensions, indexes, locks, server, settings, slots, statements, storage,
};

/// Why an examination did not come about.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// The connection broke off.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// Anything else between here and the server.
    #[error("the database does not answer")]
    Database(#[from] tokio_postgres::Error),
}

impl DoctorError {
    /// What the user does next.
    pub fn next_step(&self) -> &'static str {
        "try again; if the server was restarted, its log says why"
    }
}

/// Called before each check with its number from 0, the number of checks, and the check.
type Observer<'a> = Box<dyn FnMut(usize, usize, &Check) + Send + 'a>;

/// Examines one database and the server around it.
pub struct Doctor<'a> {
    client: &'a Client,
    target: String,
    is_local: bool,
    memory: Option<u64>,
    cores: Option<u32>,
    long: Duration,
    groups: Vec<Group>,
    observer: Observer<'a>,
}

/// What the checks list besides findings.
#[derive(Default)]
struct Lists {
    tables: Vec<storage::TableSize>,
    indexes: Vec<indexes::IndexSize>,
    connections: Option<activity::Connections>,
    statements: Option<statements::Statements>,
}

/// How a check went, and why it could not be made.
enum Examined {
    Findings(Vec<Finding>),
    Skipped(String),
}

impl From<Vec<Finding>> for Examined {
    fn from(findings: Vec<Finding>) -> Examined {
        Examined::Findings(findings)
    }
}

impl<'a> Doctor<'a> {
    /// A doctor for all groups. `target` names the database in the report, without secrets; `is_local` says that the
    /// connection does not leave this machine, so that the server may be on it.
    pub fn new(client: &'a Client, target: String, is_local: bool) -> Self {
        Doctor {
            client,
            target,
            is_local,
            memory: None,
            cores: None,
            long: Duration::from_secs(300),
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

    /// The server's memory in bytes, instead of what can be seen.
    pub fn memory(mut self, bytes: Option<u64>) -> Self {
        self.memory = bytes;
        self
    }

    /// The server's processors, instead of what can be seen.
    pub fn cores(mut self, number: Option<u32>) -> Self {
        self.cores = number;
        self
    }

    /// How long a transaction may run before it is a finding; 5 minutes if nothing is said.
    pub fn long(mut self, long: Duration) -> Self {
        self.long = long;
        self
    }

    /// Tells of each check before it is made.
    pub fn observer(mut self, observer: impl FnMut(usize, usize, &Check) + Send + 'a) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Makes every check of the groups.
    pub async fn run(&mut self) -> Result<Report, DoctorError> {
        let started_at = Timestamp::now();
        let start = Instant::now();
        let survey = Survey::of(
            self.client,
            self.is_local,
            (self.memory, self.cores),
            self.long,
        )
        .await?;
        let checks: Vec<&Check> = CHECKS
            .iter()
            .filter(|check| self.groups.contains(&check.group))
            .collect();
        let mut lists = Lists::default();
        let mut results = Vec::with_capacity(checks.len());
        for (number, check) in checks.iter().enumerate() {
            (self.observer)(number, checks.len(), check);
            results.push(made(check, &survey, &mut lists).await?);
        }
        let summary = summary(&results);
        Ok(Report {
            target: self.target.clone(),
            server_version: survey.server.version,
            role: survey.server.role,
            platform: survey.platform,
            resources: survey.resources,
            started_at,
            duration: start.elapsed(),
            healthy: summary.errors == 0 && summary.warnings == 0,
            summary,
            checks: results,
            tables: lists.tables,
            indexes: lists.indexes,
            connections: lists.connections,
            statements: lists.statements,
        })
    }
}

fn summary(results: &[CheckResult]) -> Summary {
    let mut summary = Summary::default();
    for result in results {
        match result.outcome {
            Outcome::Sound => summary.sound += 1,
            Outcome::Skipped => summary.skipped += 1,
            Outcome::Found => {}
        }
        for finding in &result.findings {
            *match finding.severity {
                Severity::Error => &mut summary.errors,
                Severity::Warning => &mut summary.warnings,
                Severity::Advice => &mut summary.advice,
                Severity::Info => &mut summary.info,
            } += 1;
        }
    }
    summary
}

/// Makes a check in a transaction of its own, which may not write, and waits neither for locks nor for long.
async fn made(
    check: &Check,
    survey: &Survey<'_>,
    lists: &mut Lists,
) -> Result<CheckResult, DoctorError> {
    let start = Instant::now();
    survey
        .client
        .batch_execute(
            "begin read only; set local search_path = ''; set local lock_timeout = '2s'; set local statement_timeout = '60s'",
        )
        .await?;
    let examined = examine(check.work, survey, lists).await;
    let examined = match examined {
        Ok(examined) => examined,
        Err(error) if survey.client.is_closed() => {
            return Err(DoctorError::Lost(error.to_string()));
        }
        // What the server refuses is left out; anything else is a fault of this program or of the connection.
        Err(error) => match error.as_db_error() {
            Some(said) => Examined::Skipped(said.message().to_owned()),
            None => return Err(error.into()),
        },
    };
    survey.client.batch_execute("rollback").await?;
    let (mut findings, skipped) = match examined {
        Examined::Findings(findings) => (findings, None),
        Examined::Skipped(reason) => (Vec::new(), Some(reason)),
    };
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Ok(CheckResult {
        id: check.id,
        title: check.title,
        group: check.group,
        outcome: match (&skipped, findings.is_empty()) {
            (Some(_), _) => Outcome::Skipped,
            (None, true) => Outcome::Sound,
            (None, false) => Outcome::Found,
        },
        findings,
        skipped,
        duration: start.elapsed(),
    })
}

async fn examine(
    work: Work,
    survey: &Survey<'_>,
    lists: &mut Lists,
) -> Result<Examined, tokio_postgres::Error> {
    let findings = match work {
        Work::Version => server::version(survey),
        Work::Machine => server::machine(survey),
        Work::Sight => server::sight(survey),
        Work::Checksums => server::checksums(survey),
        Work::PendingRestart => settings::pending_restart(survey).await?,
        Work::ConfigurationFiles => settings::configuration_files(survey).await?,
        Work::HugePages => settings::huge_pages(survey),
        Work::Recommendations(topic) => settings::recommended(survey, topic),
        Work::NeededExtensions => extensions::needed(survey).await?,
        Work::OutdatedExtensions => extensions::outdated(survey).await?,
        Work::TableSizes => {
            lists.tables = storage::tables(survey).await?;
            Vec::new()
        }
        Work::DeadRows => storage::dead_rows(survey).await?,
        Work::StaleStatistics => storage::stale_statistics(survey).await?,
        Work::AutovacuumOff => storage::autovacuum_off(survey).await?,
        Work::Wraparound => storage::wraparound(survey).await?,
        Work::TableBloat => bloat::tables(survey).await?,
        Work::IndexSizes => {
            lists.indexes = indexes::sizes(survey).await?;
            Vec::new()
        }
        Work::InvalidIndexes => indexes::invalid(survey).await?,
        Work::DuplicateIndexes => indexes::duplicate(survey).await?,
        Work::UnusedIndexes => indexes::unused(survey).await?,
        Work::Scans => indexes::scans(survey).await?,
        Work::ForeignKeys => indexes::foreign_keys(survey).await?,
        Work::IndexBloat => bloat::indexes(survey).await?,
        Work::Connections => {
            let found = activity::connections(survey).await?;
            let findings = activity::crowded(&found);
            lists.connections = Some(found);
            findings
        }
        Work::LongTransactions => activity::long_transactions(survey).await?,
        Work::IdleInTransaction => activity::idle_in_transaction(survey).await?,
        Work::Blocked => locks::blocked(survey).await?,
        Work::Slots => slots::slots(survey).await?,
        Work::Prepared => slots::prepared(survey).await?,
        Work::Checkpoints => activity::checkpoints(survey).await?,
        Work::Cache => activity::cache(survey).await?,
        Work::TemporaryFiles => activity::temporary_files(survey).await?,
        Work::StatementStatistics => statements::statistics(survey).await?,
        Work::SlowStatements => match statements::lists(survey).await? {
            Some(found) => {
                let findings = statements::slow(&found);
                lists.statements = Some(found);
                findings
            }
            None => {
                return Ok(Examined::Skipped(
                    "statements are not counted, see statements.statistics".to_owned(),
                ));
            }
        },
    };
    Ok(findings.into())
}
