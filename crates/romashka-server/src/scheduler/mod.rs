//! Regular jobs: what has to be done now and then, by whichever process.
//!
//! Invariants: a job is run by one process at a time and once an interval, because the row that says when it is due is
//! locked for the length of the run; a process that is lost leaves the job as due as it was; a job that fails is noted and
//! due again later, and the others go on. What is done for each workspace by itself is committed for each by itself: a long
//! transaction would hold up everybody who reads the ledger, and one workspace's failure would undo the others' figures.

use std::time::{Duration, Instant};

use romashka_db::scope::{Claims, OwnedScope};
use tokio::sync::watch;
use uuid::Uuid;

use crate::problem::Answer;
use crate::state::Server;
use crate::statement::Statement;
use crate::workers::failed;

/// How often a process looks whether something is due.
const LOOK: Duration = Duration::from_secs(1);
/// How long a job may take; the rest is done in its next run.
const LONGEST_RUN: Duration = Duration::from_secs(300);

/// A regular job.
struct Job {
    name: &'static str,
    statement: &'static str,
    every: Duration,
    /// How much one run does at most; one that did as much is run again at once.
    batch: &'static [i64],
    /// Whether it is done for each workspace by itself.
    in_each_workspace: bool,
}

macro_rules! jobs {
    ($($name:ident: every $seconds:literal s $(, $batch:literal at a time)? $(in each $workspace:ident)?;)+) => {
        /// All of them, the most urgent first.
        const JOBS: &[Job] = &[$(Job {
            name: stringify!($name),
            statement: include_str!(concat!(stringify!($name), ".sql")),
            every: Duration::from_secs($seconds),
            batch: &[$($batch)?],
            in_each_workspace: !concat!($(stringify!($workspace))?).is_empty(),
        }),+];
    };
}

jobs! {
    send_due_messages: every 2 s, 200 at a time;
    wake_conversations: every 5 s, 500 at a time;
    mark_sla_breaches: every 5 s, 500 at a time;
    count_tags: every 5 s, 5000 at a time;
    expire_transfers: every 10 s, 500 at a time;
    refresh_realtime_metrics: every 30 s in each workspace;
    mark_idle_agents_away: every 60 s, 500 at a time;
    seal_audit_logs: every 60 s, 10000 at a time;
    close_inactive_conversations: every 300 s, 500 at a time;
    collect_article_suggestions: every 300 s in each workspace;
    refresh_daily_metrics: every 900 s in each workspace;
    forget_expired: every 600 s;
    cleanup_expired_metrics: every 3600 s;
    apply_retention: every 3600 s, 1000 at a time;
}

/// Runs until the server stops.
pub async fn run(server: Server, mut stopped: watch::Receiver<bool>) {
    loop {
        for job in JOBS {
            if *stopped.borrow() {
                return;
            }
            let run = match job.in_each_workspace {
                true => run_in_each_workspace(&server, job, &stopped).await,
                false => run_if_due(&server, job).await,
            };
            match run {
                Ok(None) => {}
                Ok(Some(took)) => {
                    metrics::counter!("job_runs_total", "job" => job.name).increment(1);
                    metrics::histogram!("job_seconds", "job" => job.name)
                        .record(took.as_secs_f64());
                    server.bells.ledger.notify_one();
                    server.bells.ring_deliveries();
                }
                Err(problem) => {
                    metrics::counter!("job_failures_total", "job" => job.name).increment(1);
                    failed(job.name, "a regular job failed", &problem);
                }
            }
        }
        // Processes that were started together must not look together.
        let look = LOOK.mul_f64(rand::random_range(0.8..1.2));
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = tokio::time::sleep(look) => {}
        }
    }
}

/// Runs a job when it is due here; how long it took.
async fn run_if_due(server: &Server, job: &Job) -> Answer<Option<Duration>> {
    let begun = Instant::now();
    let scope = begin(server).await?;
    if !claim(&scope, job.name, job.every).await? {
        scope.commit().await?;
        return Ok(None);
    }
    scope.batch_execute("savepoint job").await?;
    let result: Answer<i64> = Statement::new(job.statement).value(&scope).await;
    let failure = match &result {
        Ok(_) => None,
        Err(problem) => {
            scope.batch_execute("rollback to savepoint job").await?;
            Some(problem.code().name())
        }
    };
    let again = matches!((&result, job.batch.first()), (Ok(done), Some(batch)) if done >= batch);
    finish(&scope, job.name, failure, again).await?;
    scope.commit().await?;
    result.map(|_| Some(begun.elapsed()))
}

/// Runs a job that is due here for one workspace after the other, a transaction each; how long it took. The claim is committed
/// first: when the process is lost, what it left is done in the next interval.
async fn run_in_each_workspace(
    server: &Server,
    job: &Job,
    stopped: &watch::Receiver<bool>,
) -> Answer<Option<Duration>> {
    let begun = Instant::now();
    let scope = begin(server).await?;
    if !claim(&scope, job.name, job.every).await? {
        scope.commit().await?;
        return Ok(None);
    }
    let workspaces: Vec<Uuid> = Statement::new(include_str!("active_workspaces.sql"))
        .value(&scope)
        .await?;
    scope.commit().await?;
    let mut first_failure = None;
    let mut is_cut_short = false;
    for workspace in workspaces {
        if *stopped.borrow() {
            is_cut_short = true;
            break;
        }
        if let Err(problem) = run_in(server, job, workspace).await {
            first_failure.get_or_insert(problem);
        }
    }
    let scope = begin(server).await?;
    let failure = first_failure.as_ref().map(|problem| problem.code().name());
    finish(&scope, job.name, failure, is_cut_short).await?;
    scope.commit().await?;
    match first_failure {
        Some(problem) => Err(problem),
        None => Ok(Some(begun.elapsed())),
    }
}

/// Runs a job for a workspace, unless another process that began an interval earlier is still at it.
async fn run_in(server: &Server, job: &Job, workspace: Uuid) -> Answer<()> {
    let scope = begin(server).await?;
    let is_ours: bool = Statement::new(include_str!("lock_workspace.sql"))
        .bind("job", &job.name)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    if is_ours {
        let _: i64 = Statement::new(job.statement)
            .bind("workspace", &workspace)
            .value(&scope)
            .await?;
    }
    Ok(scope.commit().await?)
}

async fn begin(server: &Server) -> Answer<OwnedScope> {
    let mut surroundings = server.surroundings();
    surroundings.statement_timeout = Some(LONGEST_RUN);
    Ok(server
        .database
        .begin(&Claims::installation(), &surroundings)
        .await?)
}

/// Whether a job is due here; then it is the scope's until it ends.
pub async fn claim(scope: &OwnedScope, job: &str, every: Duration) -> Answer<bool> {
    Statement::new(include_str!("claim.sql"))
        .bind("job", &job)
        .bind("every", &every.as_secs_f64())
        .value(scope)
        .await
}

/// Notes how it ended.
pub async fn finish(
    scope: &OwnedScope,
    job: &str,
    failure: Option<&'static str>,
    again: bool,
) -> Answer<()> {
    Statement::new(include_str!("finish.sql"))
        .bind("job", &job)
        .bind("failure", &failure)
        .bind("again", &again)
        .execute(scope)
        .await?;
    Ok(())
}
