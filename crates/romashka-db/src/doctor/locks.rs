//! Who waits for whom.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Error;

use super::activity::{session, terminate};
use super::survey::Survey;
use super::{Finding, Mend, Severity, figures};

/// Waiting for less than this is everyday life.
const PATIENCE: f64 = 1.0;

/// Those at the head of the queue that a session waits in: who blocks and does not wait. In a circle, which the server itself
/// dissolves after `deadlock_timeout`, there is none.
fn heads(waiting: &BTreeMap<i32, Vec<i32>>, process: i32) -> BTreeSet<i32> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut look = vec![process];
    while let Some(next) = look.pop() {
        if !seen.insert(next) {
            continue;
        }
        match waiting.get(&next) {
            Some(blockers) => look.extend(blockers),
            None => {
                found.insert(next);
            }
        }
    }
    found
}

/// Sessions that wait for a lock, and who is in their way.
pub(super) async fn blocked(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            "select w.pid, extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.min(w.waitstart))::float8, pg_catalog.pg_blocking_pids(w.pid),
                    pg_catalog.min(coalesce(case when w.locktype = 'relation' and w.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()) then w.relation::regclass::text end, w.locktype))
               from pg_catalog.pg_locks w where not w.granted group by w.pid",
            &[],
        )
        .await?;
    let waiting: BTreeMap<i32, Vec<i32>> = rows
        .iter()
        .map(|row| (row.get(0), row.get::<_, Vec<i32>>(2)))
        .filter(|(_, blockers)| !blockers.is_empty())
        .collect();
    let sessions: BTreeMap<i32, String> = survey
        .client
        .query(
            "select pid, usename::text, application_name, query from pg_catalog.pg_stat_activity",
            &[],
        )
        .await?
        .iter()
        .map(|row| {
            let process: i32 = row.get(0);
            (
                process,
                session(process, row.get(1), row.get(2), row.get(3)),
            )
        })
        .collect();
    let named = |process: i32| match process {
        // So the server names the owner of a lock that is no process.
        0 => "a prepared transaction".to_owned(),
        _ => sessions
            .get(&process)
            .cloned()
            .unwrap_or_else(|| format!("process {process}")),
    };
    let mut findings = Vec::new();
    for row in &rows {
        let (process, seconds, lock): (i32, Option<f64>, String) =
            (row.get(0), row.get(1), row.get(3));
        let Some(seconds) = seconds.filter(|seconds| *seconds >= PATIENCE) else {
            continue;
        };
        let heads = heads(&waiting, process);
        let Some(head) = heads.iter().next().copied() else {
            continue;
        };
        if !waiting.contains_key(&process) {
            continue;
        }
        let blockers: Vec<String> = waiting[&process]
            .iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|blocker| named(*blocker))
            .collect();
        findings.push(Finding {
            id: "activity.blocked",
            severity: Severity::Warning,
            subject: format!("process {process}"),
            found: format!(
                "{} has waited {} for a lock ({lock}) behind {}",
                named(process),
                figures::duration(seconds),
                blockers.join("; ")
            ),
            why: "it holds its own locks while it waits, and those behind it wait too",
            mend: match head {
                0 => Mend::advice(
                    "see activity.prepared: commit or roll back the prepared transaction",
                ),
                _ => terminate(head).but(if waiting[&process].contains(&head) {
                    "if the work of the one that blocks may be lost".to_owned()
                } else {
                    format!("process {head} is at the head of the queue; if its work may be lost")
                }),
            },
        });
    }
    findings.sort_by(|one, other| one.subject.cmp(&other.subject));
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_queue_is_who_does_not_wait() {
        let waiting = BTreeMap::from([(3, vec![2]), (2, vec![1]), (5, vec![2, 4])]);
        assert_eq!(heads(&waiting, 3), BTreeSet::from([1]));
        assert_eq!(heads(&waiting, 5), BTreeSet::from([1, 4]));
        let circle = BTreeMap::from([(1, vec![2]), (2, vec![1])]);
        assert!(heads(&circle, 1).is_empty());
    }
}
