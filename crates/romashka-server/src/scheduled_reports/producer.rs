//! Makes the reports that are due, and puts their mails on the queue.
//!
//! Invariants: the file, the end of the run and its mails are one commit, for whoever still holds the lease: a process that is
//! lost before it has sent nothing, and one that comes back late changes nothing; a report has bounds (rows, bytes), and one
//! beyond them fails in words that its owner understands.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use romashka_db::scope::OwnedScope;
use serde_json::Value;
use tokio::sync::Notify;
use tokio_postgres::Row;
use uuid::Uuid;

use super::columns::{self, Language};
use super::period::ReportPeriod;
use super::render::render;
use super::schedule::zone;
use super::table::{Cell, Summary, Table};
use super::{MOST_RECIPIENTS, ReportFilters, ReportFormat, ReportType, is_address};
use crate::accounts::Mail;
use crate::problem::{Answer, Problem};
use crate::providers::intake::worker_name;
use crate::reports::{Cut, PERCENTILES, Percentiles, days};
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::workers::Queue;

/// Most rows of a report: ninety days of a hundred agents.
pub const MOST_ROWS: usize = 10_000;
/// Most bytes of a report's file; a mail server refuses much more.
pub const MOST_BYTES: usize = 5 << 20;
/// How long a worker holds a run.
const LEASE: Duration = Duration::from_secs(300);
/// How often a run is begun.
const MOST_ATTEMPTS: i32 = 5;

/// A run that was claimed.
pub struct Claimed {
    run: Uuid,
    workspace: Uuid,
    report: Uuid,
    lease: Uuid,
    attempt: i32,
    scheduled_for: Timestamp,
    name: String,
    kind: ReportType,
    filters: Value,
    format: ReportFormat,
    recipients: Vec<String>,
    workspace_name: String,
    zone: String,
}

impl FromRow for Claimed {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Claimed {
            run: row.try_get("id")?,
            workspace: row.try_get("workspace_id")?,
            report: row.try_get("report_id")?,
            lease: row.try_get("lease_id")?,
            attempt: row.try_get("attempt_count")?,
            scheduled_for: row.try_get("scheduled_for")?,
            name: row.try_get("name")?,
            kind: row.try_get("report_type")?,
            filters: row.try_get("filters")?,
            format: row.try_get("format")?,
            recipients: row.try_get("recipients")?,
            workspace_name: row.try_get("workspace_name")?,
            zone: row.try_get("time_zone")?,
        })
    }
}

/// Why a run has no file.
#[derive(Debug)]
enum Failure {
    /// Another attempt would end as this one.
    Permanent(&'static str),
    /// Not now.
    Passing(Problem),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::Passing(problem)
    }
}

/// The file of a run.
struct Made {
    days: (Date, Date),
    language: Language,
    rows: usize,
    filename: String,
    content: Vec<u8>,
}

/// The queue of runs.
pub struct Producer {
    server: Server,
}

impl Producer {
    /// The queue of this server.
    pub fn new(server: Server) -> Producer {
        Producer { server }
    }

    async fn make(&self, claimed: &Claimed) -> Result<Made, Failure> {
        if claimed.attempt > MOST_ATTEMPTS {
            return Err(Failure::Permanent(
                "It was begun five times and never came to its end",
            ));
        }
        let addresses = &claimed.recipients;
        if !(1..=MOST_RECIPIENTS).contains(&addresses.len())
            || !addresses.iter().all(|text| is_address(text))
        {
            return Err(Failure::Permanent(
                "Its recipients are not 1 to 20 mail addresses",
            ));
        }
        let filters: ReportFilters = serde_json::from_value(claimed.filters.clone())
            .map_err(|_| Failure::Permanent("Its filters cannot be read"))?;
        let zone = zone(&claimed.zone)
            .map_err(|_| Failure::Permanent("The workspace's time zone is not known"))?;
        let today = claimed.scheduled_for.to_zoned(zone).date();
        let days = filters
            .period
            .unwrap_or(ReportPeriod::LastWeek)
            .days(today)
            .ok_or(Failure::Permanent("Its days are outside of the calendar"))?;
        let table = self.table(claimed, &filters, days).await?;
        let (rows, language, format) = (table.rows.len(), table.language, claimed.format);
        let filename = file_name(&claimed.name, days, format);
        let content = tokio::task::spawn_blocking(move || render(&table, format))
            .await
            .map_err(Problem::internal)?
            .map_err(Problem::internal)?;
        if content.len() > MOST_BYTES {
            return Err(Failure::Permanent(
                "Its file would be larger than 5 MiB: choose fewer days or columns, or another cut",
            ));
        }
        Ok(Made {
            days,
            language,
            rows,
            filename,
            content,
        })
    }

    async fn table(
        &self,
        claimed: &Claimed,
        filters: &ReportFilters,
        span: (Date, Date),
    ) -> Result<Table, Failure> {
        let scope = self.server.service().await?;
        let workspace = Some(claimed.workspace);
        let cut = filters.cut.unwrap_or(Cut::Total);
        let found = days(&scope, workspace, span, cut, MOST_ROWS).await?;
        let found = found.ok_or(Failure::Permanent(
            "It would have more than 10,000 rows: choose fewer days or another cut",
        ))?;
        let language = Language::of(filters.language.as_deref().unwrap_or_default());
        let columns = columns::of(claimed.kind, cut, &filters.columns);
        let people = names(&scope, found.iter().filter_map(|day| day.agent_id)).await?;
        let mut rows = Vec::with_capacity(found.len());
        for day in &found {
            let value = serde_json::to_value(day).map_err(Problem::internal)?;
            let agent = day.agent_id.and_then(|id| people.get(&id));
            let row = columns.iter().map(|column| match (column.key, agent) {
                ("agent_id", Some(name)) => Cell::Text(name.clone()),
                (key, _) => Cell::of(&value[key], column.form),
            });
            rows.push(row.collect());
        }
        let nothing: Option<String> = None;
        let percentiles: Percentiles = Statement::new(PERCENTILES)
            .bind("workspace", &workspace)
            .bind("from_day", &span.0)
            .bind("to_day", &span.1)
            .filter("channel_type", &nothing)
            .filter("department", &nothing)
            .filter("agent_id", &nothing)
            .filter("team_id", &nothing)
            .filter("tag", &nothing)
            .one(&scope)
            .await?;
        scope.commit().await.map_err(Problem::from)?;
        Ok(Table {
            workspace: claimed.workspace_name.clone(),
            name: claimed.name.clone(),
            days: span,
            zone: claimed.zone.clone(),
            language,
            columns,
            rows,
            conversations: percentiles.conversation_count,
            first_answers: summary(
                percentiles.first_response_count,
                percentiles.first_response_seconds,
            ),
            solutions: summary(percentiles.resolution_count, percentiles.resolution_seconds),
        })
    }

    /// Ends the run, with its mails. False when somebody else has it by now.
    async fn send(&self, claimed: &Claimed, made: Made) -> Answer<bool> {
        let scope = self.server.service().await?;
        let row_count = i32::try_from(made.rows).map_err(Problem::internal)?;
        let ended = Statement::new(include_str!("complete.sql"))
            .bind("run", &claimed.run)
            .bind("workspace", &claimed.workspace)
            .bind("lease", &claimed.lease)
            .bind("first_day", &made.days.0)
            .bind("last_day", &made.days.1)
            .bind("row_count", &row_count)
            .bind("filename", &made.filename)
            .bind("content", &made.content)
            .bind("recipients", &claimed.recipients)
            .execute(&scope)
            .await?;
        if ended == 0 {
            return Ok(false);
        }
        for recipient in &claimed.recipients {
            let mail = Mail::Report {
                workspace: claimed.workspace_name.clone(),
                report: claimed.name.clone(),
                first_day: made.days.0,
                last_day: made.days.1,
                workspace_id: claimed.workspace,
                run: claimed.run,
            };
            mail.queue(&self.server, &scope, recipient, Some(made.language.tag()))
                .await?;
        }
        Statement::new(include_str!("mark_sent.sql"))
            .bind("report", &claimed.report)
            .bind("workspace", &claimed.workspace)
            .execute(&scope)
            .await?;
        scope.commit().await?;
        self.server.bells.mails.notify_one();
        Ok(true)
    }

    async fn fail(&self, claimed: &Claimed, message: &str, permanent: bool) -> Answer<()> {
        let scope = self.server.service().await?;
        Statement::new(include_str!("fail.sql"))
            .bind("run", &claimed.run)
            .bind("workspace", &claimed.workspace)
            .bind("lease", &claimed.lease)
            .bind("message", &message)
            .bind("permanent", &permanent)
            .execute(&scope)
            .await?;
        Ok(scope.commit().await?)
    }
}

struct Named {
    id: Uuid,
    name: String,
}

impl FromRow for Named {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Named {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
        })
    }
}

async fn names(
    scope: &OwnedScope,
    people: impl Iterator<Item = Uuid>,
) -> Answer<HashMap<Uuid, String>> {
    let mut people: Vec<Uuid> = people.collect();
    people.sort_unstable();
    people.dedup();
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<Named> = Statement::new(include_str!("agents.sql"))
        .bind("people", &people)
        .all(scope)
        .await?;
    Ok(found.into_iter().map(|one| (one.id, one.name)).collect())
}

fn summary(count: i64, seconds: Option<Vec<Option<i32>>>) -> Summary {
    let seconds = seconds.unwrap_or_default();
    let at = |place: usize| seconds.get(place).copied().flatten();
    Summary {
        count,
        seconds: [at(0), at(1), at(2)],
    }
}

/// `weekly-performance-2026-01-05-2026-01-11.pdf`: letters and digits alone, whatever the report is called.
fn file_name(name: &str, (first, last): (Date, Date), format: ReportFormat) -> String {
    let words: Vec<String> = name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let mut stem = words.join("-");
    stem.truncate(60);
    let stem = if stem.is_empty() { "report" } else { &stem };
    format!("{stem}-{first}-{last}.{}", format.ending())
}

impl Queue for Producer {
    type Item = Claimed;
    const NAME: &'static str = "reports";
    // A large report takes memory while it is made.
    const SLOTS: usize = 1;

    async fn claim(&self, most: usize) -> Answer<Vec<Claimed>> {
        let scope = self.server.service().await?;
        let claimed = Statement::new(include_str!("claim.sql"))
            .bind("most", &(most as i64))
            .bind("worker", &worker_name("reports"))
            .bind("lease", &LEASE.as_secs_f64())
            .all(&scope)
            .await?;
        scope.commit().await?;
        Ok(claimed)
    }

    async fn work(&self, claimed: Claimed) -> Answer<()> {
        let made = match self.make(&claimed).await {
            Ok(made) => self.send(&claimed, made).await.map_err(Failure::Passing),
            Err(failure) => Err(failure),
        };
        let outcome = match &made {
            Ok(true) => "sent",
            Ok(false) => "lost",
            Err(_) => "failed",
        };
        metrics::counter!("reports_total", "outcome" => outcome).increment(1);
        match made {
            Ok(_) => Ok(()),
            Err(Failure::Permanent(words)) => self.fail(&claimed, words, true).await,
            Err(Failure::Passing(problem)) => {
                let is_last = claimed.attempt >= MOST_ATTEMPTS;
                let words = "It could not be made for a reason that may pass";
                self.fail(&claimed, words, is_last).await?;
                Err(problem)
            }
        }
    }

    fn bell(&self) -> &Notify {
        &self.server.bells.reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_report_in_plain_letters() {
        let days = (
            "2026-01-05".parse().expect("a day"),
            "2026-01-11".parse().expect("a day"),
        );
        for (name, expected) in [
            (
                "Weekly performance",
                "weekly-performance-2026-01-05-2026-01-11.pdf",
            ),
            (
                "../../etc/passwd\"\r\n",
                "etc-passwd-2026-01-05-2026-01-11.pdf",
            ),
            ("Отчёт", "report-2026-01-05-2026-01-11.pdf"),
        ] {
            assert_eq!(file_name(name, days, ReportFormat::Pdf), expected);
        }
    }
}
