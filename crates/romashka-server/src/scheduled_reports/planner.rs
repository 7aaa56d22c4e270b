//! Finds the reports that are due, and says when they are due next.
//!
//! Invariants: one process plans at a time, because the job's row is locked while it does; a report's runs and when it is due
//! next are one commit, so that a process that is lost leaves the report as due as it was; of the times that were missed while
//! nobody planned the last one is made up for.

use std::time::Duration;

use jiff::Timestamp;
use romashka_db::scope::OwnedScope;
use tokio::sync::watch;
use tokio_postgres::Row;
use uuid::Uuid;

use super::schedule::{Schedule, ScheduleError, zone};
use crate::problem::Answer;
use crate::scheduler;
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::workers::failed;

/// The name of the job.
const JOB: &str = "plan_reports";
/// How often it is looked: a report is late by so much at most.
const EVERY: Duration = Duration::from_secs(5);
/// Most reports of one look.
const MOST: i64 = 200;

struct Due {
    report: Uuid,
    workspace: Uuid,
    expression: String,
    next_run_at: Option<Timestamp>,
    zone: String,
    now: Timestamp,
}

impl FromRow for Due {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Due {
            report: row.try_get("id")?,
            workspace: row.try_get("workspace_id")?,
            expression: row.try_get("schedule_cron")?,
            next_run_at: row.try_get("next_run_at")?,
            zone: row.try_get("time_zone")?,
            now: row.try_get("looked_at")?,
        })
    }
}

impl Due {
    /// The moment to make a report for, where one was due, and the next one.
    fn times(&self) -> Result<(Option<Timestamp>, Timestamp), ScheduleError> {
        let schedule = Schedule::parse(&self.expression)?;
        let zone = zone(&self.zone)?;
        let next = schedule.next_after(self.now, &zone)?;
        let missed = match self.next_run_at {
            Some(due) => Some(due.max(schedule.last_before(self.now, &zone)?)),
            None => None,
        };
        Ok((missed, next))
    }
}

/// Runs until the server stops.
pub async fn run(server: Server, mut stopped: watch::Receiver<bool>) {
    loop {
        match plan(&server).await {
            Ok(0) => {}
            Ok(made) => {
                metrics::counter!("reports_planned_total").increment(made);
                server.bells.reports.notify_one();
            }
            Err(problem) => failed(JOB, "reports cannot be planned", &problem),
        }
        let look = EVERY.mul_f64(rand::random_range(0.4..0.6));
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = tokio::time::sleep(look) => {}
        }
    }
}

async fn plan(server: &Server) -> Answer<u64> {
    let scope = server.service().await?;
    if !scheduler::claim(&scope, JOB, EVERY).await? {
        scope.commit().await?;
        return Ok(0);
    }
    let due: Vec<Due> = Statement::new(include_str!("due.sql"))
        .bind("row_limit", &MOST)
        .all(&scope)
        .await?;
    let mut made = 0;
    for report in &due {
        made += plan_one(&scope, report).await?;
    }
    let again = due.len() as i64 >= MOST;
    scheduler::finish(&scope, JOB, None, again).await?;
    scope.commit().await?;
    Ok(made)
}

async fn plan_one(scope: &OwnedScope, due: &Due) -> Answer<u64> {
    let (missed, next) = match due.times() {
        Ok(times) => times,
        // Whoever wrote it past the API sees why in the history.
        Err(error) => {
            Statement::new(include_str!("refuse.sql"))
                .bind("report", &due.report)
                .bind("workspace", &due.workspace)
                .execute(scope)
                .await?;
            return Statement::new(include_str!("enqueue_refused.sql"))
                .bind("report", &due.report)
                .bind("workspace", &due.workspace)
                .bind("message", &format!("The schedule {error}"))
                .execute(scope)
                .await;
        }
    };
    Statement::new(include_str!("plan.sql"))
        .bind("report", &due.report)
        .bind("workspace", &due.workspace)
        .bind("next_run_at", &next)
        .execute(scope)
        .await?;
    let Some(scheduled_for) = missed else {
        return Ok(0);
    };
    Statement::new(include_str!("enqueue.sql"))
        .bind("report", &due.report)
        .bind("workspace", &due.workspace)
        .bind("scheduled_for", &scheduled_for)
        .execute(scope)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(next_run_at: Option<&str>, now: &str) -> Due {
        Due {
            report: Uuid::nil(),
            workspace: Uuid::nil(),
            expression: "0 8 * * *".to_owned(),
            next_run_at: next_run_at.map(|text| text.parse().expect("a moment")),
            zone: "Europe/Berlin".to_owned(),
            now: now.parse().expect("a moment"),
        }
    }

    #[test]
    fn what_was_missed_is_made_up_for_once() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a moment");
        let soon = due(Some("2026-01-05T07:00:00Z"), "2026-01-05T07:00:03Z");
        assert_eq!(
            soon.times(),
            Ok((Some(at("2026-01-05T07:00:00Z")), at("2026-01-06T07:00:00Z")))
        );
        let late = due(Some("2026-01-05T07:00:00Z"), "2026-01-09T12:00:00Z");
        assert_eq!(
            late.times(),
            Ok((Some(at("2026-01-09T07:00:00Z")), at("2026-01-10T07:00:00Z")))
        );
        let new = due(None, "2026-01-09T12:00:00Z");
        assert_eq!(new.times(), Ok((None, at("2026-01-10T07:00:00Z"))));
    }
}
