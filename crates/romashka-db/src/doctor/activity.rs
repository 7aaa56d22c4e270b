//! Sessions: how many there are, what they hold, and what the server had to do for them.

use std::collections::BTreeMap;

use serde::Serialize;
use tokio_postgres::Error;

use super::statement_text::shorten;
use super::survey::{Setting, Survey};
use super::{Finding, Mend, Severity, figures};

/// The sessions of the server.
#[derive(Clone, Debug, Serialize)]
pub struct Connections {
    /// All clients' sessions.
    pub total: i64,
    /// Those that run a statement.
    pub active: i64,
    /// Those that wait for their client outside of a transaction.
    pub idle: i64,
    /// Those that wait for their client within a transaction.
    pub idle_in_transaction: i64,
    /// Those whose state this role may not see.
    pub hidden: i64,
    /// `max_connections`, those reserved for superusers included.
    pub most: i64,
    /// How many are kept for superusers.
    pub reserved: i64,
    /// By database, the most first.
    pub databases: Vec<(String, i64)>,
}

/// Counts the sessions.
pub(super) async fn connections(survey: &Survey<'_>) -> Result<Connections, Error> {
    let rows = survey
        .client
        .query(
            "select coalesce(datname, '')::text, state, pg_catalog.count(*) from pg_catalog.pg_stat_activity
              where backend_type = 'client backend' or backend_type is null and datname is not null group by 1, 2",
            &[],
        )
        .await?;
    let number = |name: &str| {
        survey
            .setting(name)
            .and_then(Setting::amount)
            .map_or(0, |amount| amount as i64)
    };
    let mut found = Connections {
        total: 0,
        active: 0,
        idle: 0,
        idle_in_transaction: 0,
        hidden: 0,
        most: number("max_connections"),
        reserved: number("superuser_reserved_connections") + number("reserved_connections"),
        databases: Vec::new(),
    };
    let mut databases: BTreeMap<String, i64> = BTreeMap::new();
    for row in &rows {
        let (database, state, count): (String, Option<String>, i64) =
            (row.get(0), row.get(1), row.get(2));
        found.total += count;
        *databases.entry(database).or_default() += count;
        *match state.as_deref() {
            Some("active" | "fastpath function call") => &mut found.active,
            Some("idle") => &mut found.idle,
            Some(state) if state.starts_with("idle in transaction") => {
                &mut found.idle_in_transaction
            }
            _ => &mut found.hidden,
        } += count;
    }
    found.databases = databases.into_iter().collect();
    found
        .databases
        .sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(found)
}

/// How full the server is: from four fifths of what is there for everybody it is time, from 95 % on people are turned away soon.
fn fullness(total: i64, most: i64, reserved: i64) -> Option<Severity> {
    let free_for_all = (most - reserved).max(1);
    if total * 100 >= free_for_all * 95 {
        Some(Severity::Error)
    } else if total * 100 >= free_for_all * 80 {
        Some(Severity::Warning)
    } else {
        None
    }
}

/// The finding about too many sessions.
pub(super) fn crowded(found: &Connections) -> Vec<Finding> {
    fullness(found.total, found.most, found.reserved)
        .map(|severity| Finding {
            id: "activity.connections",
            severity,
            subject: "max_connections".to_owned(),
            found: format!(
                "{} of {} connections are taken, {} more are kept for superusers; {} are idle",
                found.total,
                found.most - found.reserved,
                found.reserved,
                found.idle
            ),
            why: "when none is left, nobody gets in: no server, no person, no job",
            mend: Mend::statement(
                "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle' and state_change < now() - interval '1 hour' and pid <> pg_backend_pid();",
            )
            .but("then make the pools of the clients smaller, or put a pooler in front"),
        })
        .into_iter()
        .collect()
}

/// What a session is, in words: `process 42 (ann, psql): update t set …`.
pub(super) fn session(
    process: i32,
    user: Option<&str>,
    program: Option<&str>,
    query: Option<&str>,
) -> String {
    let who: Vec<&str> = [user, program]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .collect();
    let who = if who.is_empty() {
        String::new()
    } else {
        format!(" ({})", who.join(", "))
    };
    match query.map(shorten).filter(|text| !text.is_empty()) {
        Some(text) if !query.is_some_and(|query| query.starts_with("<insufficient")) => {
            format!("process {process}{who}: {text}")
        }
        _ => format!("process {process}{who}"),
    }
}

pub(super) fn terminate(process: i32) -> Mend {
    Mend::statement(format!("select pg_terminate_backend({process});"))
}

/// Transactions that run for longer than was asked for.
pub(super) async fn long_transactions(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            "select pid, usename::text, application_name, query, extract(epoch from pg_catalog.clock_timestamp() - xact_start)::float8, state,
                    greatest(pg_catalog.age(backend_xmin), pg_catalog.age(backend_xid))::int8
               from pg_catalog.pg_stat_activity
              where pid <> pg_catalog.pg_backend_pid() and backend_type in ('client backend', 'parallel worker') and xact_start < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $1)
              order by xact_start limit 20",
            &[&survey.long.as_secs_f64()],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let process: i32 = row.get(0);
            let state: Option<String> = row.get(5);
            let held: Option<i64> = row.get(6);
            Finding {
                id: "activity.long_transactions",
                severity: Severity::Warning,
                subject: format!("process {process}"),
                found: format!(
                    "a transaction is open for {} ({}){}: {}",
                    figures::duration(row.get(4)),
                    state.as_deref().unwrap_or("unknown state"),
                    held.map_or_else(String::new, |held| format!(
                        ", holding back {} transactions",
                        figures::count(held)
                    )),
                    session(process, row.get(1), row.get(2), row.get(3))
                ),
                why: "vacuum removes nothing that a transaction could still see, in any table; its locks stay until it ends",
                mend: terminate(process).but("if it is not a backup or a migration that should end by itself"),
            }
        })
        .collect())
}

/// A session that sleeps within a transaction is a finding after a minute, or after what was asked for if that is less.
pub(super) async fn idle_in_transaction(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let limit = survey.long.as_secs_f64().min(60.0);
    let rows = survey
        .client
        .query(
            "select pid, usename::text, application_name, query, extract(epoch from pg_catalog.clock_timestamp() - state_change)::float8,
                    (select pg_catalog.count(*) from pg_catalog.pg_locks l where l.pid = a.pid and l.granted and l.locktype = 'relation')
               from pg_catalog.pg_stat_activity a
              where state like 'idle in transaction%' and state_change < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $1)
              order by state_change limit 20",
            &[&limit],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let process: i32 = row.get(0);
            let locks: i64 = row.get(5);
            Finding {
                id: "activity.idle_in_transaction",
                severity: Severity::Warning,
                subject: format!("process {process}"),
                found: format!(
                    "asleep for {} within a transaction, with locks on {}; the last statement of {}",
                    figures::duration(row.get(4)),
                    figures::counted(
                        usize::try_from(locks).unwrap_or(0),
                        "table or index",
                        "tables and indexes"
                    ),
                    session(process, row.get(1), row.get(2), row.get(3))
                ),
                why: "its client has forgotten it or hangs; what it locked stays locked",
                mend: terminate(process)
                    .but("and set idle_in_transaction_session_timeout, so that it does not come to this"),
            }
        })
        .collect())
}

/// How checkpoints were begun. Until 16 the view is `pg_stat_bgwriter`.
pub(super) async fn checkpoints(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let sql = if survey.major() >= 17 {
        "select num_timed, num_requested from pg_catalog.pg_stat_checkpointer"
    } else {
        "select checkpoints_timed, checkpoints_req from pg_catalog.pg_stat_bgwriter"
    };
    let row = survey.client.query_one(sql, &[]).await?;
    let (timed, requested): (i64, i64) = (row.get(0), row.get(1));
    if !are_forced(timed, requested) {
        return Ok(Vec::new());
    }
    let present = survey
        .setting("max_wal_size")
        .and_then(Setting::amount)
        .map_or(1 << 30, |amount| amount as u64);
    let wanted = super::recommendations::Value::Size(present * 2).setting();
    Ok(vec![Finding {
        id: "activity.checkpoints",
        severity: Severity::Advice,
        subject: "max_wal_size".to_owned(),
        found: format!(
            "{} of {} checkpoints were asked for, most likely because the log was full ({})",
            figures::count(requested),
            figures::count(timed + requested),
            figures::size(present)
        ),
        why: "after each checkpoint pages are logged whole: the more often, the more log",
        mend: super::settings::changed(survey, "max_wal_size", &wanted),
    }])
}

fn are_forced(timed: i64, requested: i64) -> bool {
    requested >= 10 && requested > timed
}

/// Reads of this database that were not in shared buffers.
pub(super) async fn cache(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let row = survey
        .client
        .query_one(
            "select blks_hit, blks_read from pg_catalog.pg_stat_database where datname = pg_catalog.current_database()",
            &[],
        )
        .await?;
    let (hit, read): (i64, i64) = (row.get(0), row.get(1));
    if !misses_often(hit, read) {
        return Ok(Vec::new());
    }
    Ok(vec![Finding {
        id: "activity.cache",
        severity: Severity::Advice,
        subject: "shared_buffers".to_owned(),
        found: format!(
            "{:.1} % of {} page reads were in shared buffers",
            hit as f64 * 100.0 / (hit + read) as f64,
            figures::count(hit + read)
        ),
        why: "the working set of a support desk is small; what misses is asked of the operating system, or of the disk",
        mend: Mend::advice(
            "see settings.shared_buffers, and the statements with the most reads from disk",
        ),
    }])
}

/// Fewer than 95 % found, of a million reads at least.
fn misses_often(hit: i64, read: i64) -> bool {
    hit + read >= 1_000_000 && hit * 100 < (hit + read) * 95
}

/// Sorts and hashes that went to disk: at least 1 GiB a day since the statistics began.
pub(super) async fn temporary_files(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let row = survey
        .client
        .query_one(
            "select temp_files, temp_bytes, extract(epoch from pg_catalog.clock_timestamp() - coalesce(stats_reset, pg_catalog.pg_postmaster_start_time()))::float8
               from pg_catalog.pg_stat_database where datname = pg_catalog.current_database()",
            &[],
        )
        .await?;
    let (files, bytes, seconds): (i64, i64, f64) = (row.get(0), row.get(1), row.get(2));
    if !spills(bytes, seconds) {
        return Ok(Vec::new());
    }
    Ok(vec![Finding {
        id: "activity.temporary_files",
        severity: Severity::Advice,
        subject: "work_mem".to_owned(),
        found: format!(
            "{} went through {} temporary files within {}",
            figures::size(bytes.unsigned_abs()),
            figures::count(files),
            figures::duration(seconds)
        ),
        why: "a sort that does not fit into work_mem is done on disk",
        mend: Mend::advice(
            "see settings.work_mem; for one report, raise it in its transaction: set local work_mem = '256MB'",
        ),
    }])
}

/// A gigabyte at least, and a gigabyte a day at least.
fn spills(bytes: i64, seconds: f64) -> bool {
    let days = (seconds / 86_400.0).max(1.0);
    bytes as f64 / days >= 1_073_741_824.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_server_is_told_before_it_is_full() {
        assert_eq!(fullness(50, 100, 3), None);
        assert_eq!(fullness(80, 100, 3), Some(Severity::Warning));
        assert_eq!(fullness(96, 100, 3), Some(Severity::Error));
    }

    #[test]
    fn checkpoints_reads_and_files_are_judged_by_their_share() {
        assert!(!are_forced(100, 5));
        assert!(!are_forced(3, 9));
        assert!(are_forced(5, 40));
        assert!(!misses_often(10, 900));
        assert!(misses_often(900_000, 200_000));
        assert!(!misses_often(9_900_000, 100_000));
        assert!(!spills(1 << 29, 3600.0));
        assert!(spills(1 << 31, 3600.0));
        assert!(!spills(1 << 31, 30.0 * 86_400.0));
    }

    #[test]
    fn a_session_is_named_without_what_its_client_wrote() {
        assert_eq!(
            session(
                7,
                Some("ann"),
                Some(""),
                Some("update t set mail = 'ann@example.com' where id = 5")
            ),
            "process 7 (ann): update t set mail = ? where id = ?"
        );
        assert_eq!(
            session(7, Some("ann"), None, Some("<insufficient privilege>")),
            "process 7 (ann)"
        );
    }
}
