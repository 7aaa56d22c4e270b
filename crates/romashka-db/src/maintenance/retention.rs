//! Partitions, the audit's seal, retention and what expires: the steps that the database's own functions take. The
//! server's regular jobs call the same.

use std::time::Instant;

use serde_json::Value;
use tokio_postgres::{Client, Error};

use super::Work;
use super::run::{LONGEST, reason};

/// How much one transaction does.
const BATCH: i64 = 10_000;

/// Makes the partitions of the next two months.
pub(super) async fn partitions(
    client: &Client,
    dry_run: bool,
    work: &mut Work,
) -> Result<(), Error> {
    let missing = missing_partitions(client).await?;
    if dry_run || missing.is_empty() {
        for name in missing {
            work.did(format!("partition {name}"));
        }
        return Ok(());
    }
    client
        .execute("select romashka.make_coming_partitions()", &[])
        .await?;
    let still = missing_partitions(client).await?;
    for name in missing {
        if still.contains(&name) {
            work.leave(
                format!("partition {name}"),
                "its table is in use, or the default partition holds rows of that month; the next run tries again",
            );
        } else {
            work.did(format!("partition {name}"));
        }
    }
    Ok(())
}

async fn missing_partitions(client: &Client) -> Result<Vec<String>, Error> {
    let rows = client
        .query(
            "select t.name || '_' || pg_catalog.to_char(m, 'YYYY_MM')
               from pg_catalog.unnest(array['events', 'audit_logs', 'webhook_events', 'webhook_logs']) as t (name)
              cross join pg_catalog.generate_series(pg_catalog.date_trunc('month', current_date::timestamp), (current_date + 62)::timestamp, interval '1 month') as m
              where pg_catalog.to_regclass('romashka_partitions.' || t.name || '_' || pg_catalog.to_char(m, 'YYYY_MM')) is null
              order by 1",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Chains what the audit recorded since it was last sealed.
pub(super) async fn seal(client: &Client, dry_run: bool, work: &mut Work) -> Result<(), Error> {
    let mut sealed = 0;
    if dry_run {
        sealed = client
            .query_one(
                "select pg_catalog.count(*) from public.audit_logs as a where a.chain_position is null",
                &[],
            )
            .await?
            .get(0);
    } else {
        loop {
            let batch: i64 = client
                .query_one("select public.seal_audit_logs($1)", &[&(BATCH as i32)])
                .await?
                .get(0);
            sealed += batch;
            if batch < BATCH {
                break;
            }
        }
    }
    work.count(sealed, "row of the audit", "rows of the audit");
    Ok(())
}

/// Removes what is older than the workspaces keep it.
pub(super) async fn apply(client: &Client, dry_run: bool, work: &mut Work) -> Result<(), Error> {
    let held: i64 = client
        .query_one(
            "select pg_catalog.count(*) from public.workspaces as w where w.legal_hold",
            &[],
        )
        .await?
        .get(0);
    if held > 0 {
        work.leave(
            match held {
                1 => "1 workspace".to_owned(),
                many => format!("{many} workspaces"),
            },
            "on legal hold; partitions that all workspaces share stay as well",
        );
    }
    if dry_run {
        for row in client.query(include_str!("retention_due.sql"), &[]).await? {
            work.count(row.get(2), row.get(0), row.get(1));
        }
        return Ok(());
    }
    let start = Instant::now();
    let mut total = [0_i64; 6];
    const AREAS: [(&str, &str, &str); 6] = [
        ("conversations", "conversation", "conversations"),
        (
            "daily_metrics",
            "row of daily figures",
            "rows of daily figures",
        ),
        ("audit_logs", "row of the audit", "rows of the audit"),
        (
            "unsent_files",
            "file that no visitor sent",
            "files that no visitor sent",
        ),
        ("partitions", "old partition", "old partitions"),
        (
            "realtime_metrics",
            "figure of a moment",
            "figures of a moment",
        ),
    ];
    let ended = loop {
        let removed = client
            .query_one("select public.apply_retention(1000)", &[])
            .await;
        let removed: Value = match removed {
            Ok(row) => row.get(0),
            Err(error) => break Err(error),
        };
        let mut now = 0;
        for (sum, (key, _, _)) in total.iter_mut().zip(AREAS) {
            let amount = removed[key].as_i64().unwrap_or(0);
            *sum += amount;
            now += amount;
        }
        if now == 0 {
            break Ok(());
        }
        if start.elapsed() > LONGEST {
            work.leave("the rest", "half an hour is enough; the next run goes on");
            break Ok(());
        }
    };
    for (sum, (_, one, many)) in total.into_iter().zip(AREAS) {
        work.count(sum, one, many);
    }
    match ended {
        Ok(()) => Ok(()),
        // What was removed so far is committed and stays in the report.
        Err(error) => match reason(&error) {
            Some(why) => {
                work.leave("the rest", why);
                Ok(())
            }
            None => Err(error),
        },
    }
}

/// Removes sessions, tokens, kept answers and figures that are over.
pub(super) async fn expired(client: &Client, dry_run: bool, work: &mut Work) -> Result<(), Error> {
    if dry_run {
        let figures: i64 = client
            .query_one(
                "select pg_catalog.count(*) from public.realtime_metrics as m where m.expires_at <= pg_catalog.now()",
                &[],
            )
            .await?
            .get(0);
        work.count(figures, "figure of a moment", "figures of a moment");
        return Ok(());
    }
    let figures: i32 = client
        .query_one("select public.cleanup_expired_metrics()", &[])
        .await?
        .get(0);
    work.count(
        i64::from(figures),
        "figure of a moment",
        "figures of a moment",
    );
    let mut forgotten = 0;
    loop {
        let batch: i64 = client
            .query_one("select romashka.forget_expired(1000)::bigint", &[])
            .await?
            .get(0);
        forgotten += batch;
        if batch < 1000 {
            break;
        }
    }
    work.count(
        forgotten,
        "session, token or kept answer",
        "sessions, tokens and kept answers",
    );
    Ok(())
}

/// For how many days backups of the database are kept.
pub(super) async fn backup_days(client: &Client) -> Result<u32, Error> {
    let row = client
        .query_one(
            "select (romashka.setting(romashka.default_workspace_id(), 'backup_retention_days') #>> '{}')::int8",
            &[],
        )
        .await?;
    Ok(u32::try_from(row.get::<_, i64>(0)).unwrap_or(u32::MAX))
}
