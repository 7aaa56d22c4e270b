//! What holds things back without being a session: replication slots and prepared transactions.

use tokio_postgres::Error;

use super::settings::quote_literal;
use super::survey::Survey;
use super::{Finding, Mend, Severity, figures};

/// A slot in use may fall behind this far before it is worth a word.
const FAR_BEHIND: i64 = 1 << 30;

/// How bad a slot is: lost ones serve nobody; one that nobody reads holds the log until the disk is full.
fn slot_severity(active: bool, wal_status: Option<&str>, behind: i64) -> Option<Severity> {
    match (active, wal_status) {
        (_, Some("lost" | "unreserved")) => Some(Severity::Error),
        (false, _) if behind >= FAR_BEHIND => Some(Severity::Error),
        (false, _) => Some(Severity::Warning),
        (true, _) if behind >= FAR_BEHIND => Some(Severity::Warning),
        (true, _) => None,
    }
}

/// Replication slots that nobody reads, or that are far behind.
pub(super) async fn slots(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            "select slot_name::text, slot_type, active, wal_status,
                    coalesce(pg_catalog.pg_wal_lsn_diff(case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_lsn() end, restart_lsn), 0)::int8
               from pg_catalog.pg_replication_slots where not temporary order by 1",
            &[],
        )
        .await?;
    let mut findings = Vec::new();
    for row in &rows {
        let (name, kind, active): (String, String, bool) = (row.get(0), row.get(1), row.get(2));
        let (status, behind): (Option<String>, i64) = (row.get(3), row.get(4));
        let Some(severity) = slot_severity(active, status.as_deref(), behind) else {
            continue;
        };
        let mend = if active {
            Mend::advice(
                "see why its reader is slow; max_slot_wal_keep_size limits what a slot may hold",
            )
        } else {
            Mend::statement(format!(
                "select pg_drop_replication_slot({});",
                quote_literal(&name)
            ))
            .but("if no standby and no subscriber will come back for it")
        };
        findings.push(Finding {
            id: "activity.slots",
            severity,
            found: format!(
                "the {kind} slot {name} is {}, holds {} of the log{}",
                if active { "in use" } else { "read by nobody" },
                figures::size(behind.unsigned_abs()),
                status.map_or_else(String::new, |status| format!(", its log is {status}"))
            ),
            subject: name,
            why: "the log that a slot has not read is kept until the disk is full, and its rows are kept from vacuum",
            mend,
        });
    }
    Ok(findings)
}

/// Prepared transactions that nobody has ended.
pub(super) async fn prepared(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            "select gid, owner::text, database::text, extract(epoch from pg_catalog.clock_timestamp() - prepared)::float8
               from pg_catalog.pg_prepared_xacts where prepared < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $1) order by prepared",
            &[&survey.long.as_secs_f64()],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let (gid, owner, database): (String, String, String) =
                (row.get(0), row.get(1), row.get(2));
            Finding {
                id: "activity.prepared",
                severity: Severity::Warning,
                found: format!(
                    "the transaction {gid} of {owner} in {database} was prepared {} ago and not ended",
                    figures::duration(row.get(3))
                ),
                why: "it keeps its locks and holds back vacuum, through every restart",
                mend: Mend::statement(format!("rollback prepared {};", quote_literal(&gid)))
                    .but(format!("in the database {database}, or commit prepared, as its coordinator decided")),
                subject: gid,
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_judged_by_their_reader_and_their_distance() {
        assert_eq!(slot_severity(true, Some("reserved"), 0), None);
        assert_eq!(
            slot_severity(true, Some("extended"), 2 << 30),
            Some(Severity::Warning)
        );
        assert_eq!(
            slot_severity(false, Some("reserved"), 0),
            Some(Severity::Warning)
        );
        assert_eq!(
            slot_severity(false, Some("extended"), 2 << 30),
            Some(Severity::Error)
        );
        assert_eq!(slot_severity(true, Some("lost"), 0), Some(Severity::Error));
    }
}
