//! What takes the time, from pg_stat_statements.

use serde::Serialize;
use tokio_postgres::{Error, Row};

use super::statement_text::shorten;
use super::survey::Survey;
use super::{Finding, Mend, Platform, Severity, figures};

/// How many statements each list has.
const LISTED: i64 = 10;

/// A statement that is run at least so often and takes at least so long each time is a finding.
const OFTEN: i64 = 3;
const SLOW: f64 = 500.0;

/// One statement, over all its runs.
#[derive(Clone, Debug, Serialize)]
pub struct SlowStatement {
    /// Its number in pg_stat_statements.
    pub query_id: i64,
    /// Its text, shortened, without literals.
    pub text: String,
    /// How often it was run.
    pub calls: i64,
    /// Milliseconds in all.
    pub total_ms: f64,
    /// Milliseconds each time, on average.
    pub mean_ms: f64,
    /// Rows in all.
    pub rows: i64,
    /// Pages of 8 KiB that were not in shared buffers, in all.
    pub pages_read: i64,
    /// Its share of the time of all statements of this database, from 0 to 1.
    pub share: f64,
}

/// The statements of this database that cost the most.
#[derive(Clone, Debug, Serialize)]
pub struct Statements {
    /// Since when they are counted, in UTC; none where the server does not tell.
    pub since: Option<String>,
    /// By the time of all runs.
    pub by_total: Vec<SlowStatement>,
    /// By the time of one run.
    pub by_mean: Vec<SlowStatement>,
}

/// The schema of the extension, where it can be asked.
async fn schema(survey: &Survey<'_>) -> Result<Option<String>, Error> {
    let row = survey
        .client
        .query_opt(
            "select pg_catalog.quote_ident(n.nspname) from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'",
            &[],
        )
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// Whether statements are counted, and can be asked for.
pub(super) async fn statistics(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let installed = schema(survey).await?.is_some();
    let loaded = survey.counts_statements();
    if installed && loaded {
        return Ok(Vec::new());
    }
    let available: bool = survey
        .client
        .query_one(
            "select exists (select from pg_catalog.pg_available_extensions where name = 'pg_stat_statements')",
            &[],
        )
        .await?
        .get(0);
    let (found, mend) = if !available && !loaded {
        (
            "pg_stat_statements is not on the server",
            Mend::advice(
                "install the server's additional modules (Debian has them in postgresql, Red Hat in postgresql-contrib)",
            ),
        )
    } else if !loaded {
        let mend = match survey.platform {
            Platform::Own => {
                "see settings.shared_preload_libraries: it must be loaded when the server starts"
            }
            _ => "turn it on in the service's console: it must be loaded when the server starts",
        };
        (
            "pg_stat_statements is not loaded: statements are not counted",
            Mend::advice(mend),
        )
    } else {
        (
            "pg_stat_statements counts, and this database has not got the extension to read it",
            // Unlike others, this one is for superusers; services allow it to their owner.
            match survey.who().filter(|_| survey.platform == Platform::Own) {
                Some(who) => {
                    Mend::statement(survey.create_extension("pg_stat_statements")).but(who)
                }
                None => Mend::statement(survey.create_extension("pg_stat_statements")),
            },
        )
    };
    Ok(vec![Finding {
        id: "statements.statistics",
        severity: Severity::Advice,
        subject: "pg_stat_statements".to_owned(),
        found: found.to_owned(),
        why: "without it, nobody knows which statement takes the time",
        mend,
    }])
}

/// The lists; none where they cannot be asked for.
pub(super) async fn lists(survey: &Survey<'_>) -> Result<Option<Statements>, Error> {
    let (Some(schema), true) = (schema(survey).await?, survey.counts_statements()) else {
        return Ok(None);
    };
    let list = async |order: &str| {
        let sql = format!(
            "with own as (
               select s.queryid, min(s.query) as query, sum(s.calls)::int8 as calls, sum(s.total_exec_time)::float8 as total, sum(s.rows)::int8 as rows, sum(s.shared_blks_read)::int8 as read
                 from {schema}.pg_stat_statements s
                where s.dbid = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()) and s.queryid is not null
                group by s.queryid)
             select queryid, query, calls, total, total / greatest(calls, 1), rows, read, total / nullif((select sum(own.total) from own), 0)
               from own order by {order} desc, queryid limit $1"
        );
        survey
            .client
            .query(&sql, &[&LISTED])
            .await
            .map(|rows| rows.iter().map(statement).collect::<Vec<_>>())
    };
    let by_total = list("total").await?;
    let by_mean = list("total / greatest(calls, 1)").await?;
    let since = survey
        .client
        .query_one(
            &format!("select pg_catalog.to_char(stats_reset at time zone 'UTC', 'YYYY-MM-DD HH24:MI') from {schema}.pg_stat_statements_info"),
            &[],
        )
        .await?
        .get(0);
    Ok(Some(Statements {
        since,
        by_total,
        by_mean,
    }))
}

fn statement(row: &Row) -> SlowStatement {
    SlowStatement {
        query_id: row.get(0),
        text: shorten(&row.get::<_, Option<String>>(1).unwrap_or_default()),
        calls: row.get(2),
        total_ms: row.get(3),
        mean_ms: row.get(4),
        rows: row.get(5),
        pages_read: row.get(6),
        share: row.get::<_, Option<f64>>(7).unwrap_or(0.0),
    }
}

/// Those that are slow each time.
pub(super) fn slow(statements: &Statements) -> Vec<Finding> {
    statements
        .by_mean
        .iter()
        .filter(|statement| statement.calls >= OFTEN && statement.mean_ms >= SLOW)
        .map(|statement| Finding {
            id: "statements.slow",
            severity: Severity::Advice,
            subject: statement.query_id.to_string(),
            found: format!(
                "{} each time on average, {} times, {:.0} % of all time: {}",
                figures::duration(statement.mean_ms / 1000.0),
                figures::count(statement.calls),
                statement.share * 100.0,
                statement.text
            ),
            why: "somebody waits for it each time, and it takes the time from all others",
            mend: Mend::advice(
                "put its whole text with values of yours behind explain (analyze, buffers), and look for a Seq Scan over many rows or a Sort on disk",
            ),
        })
        .collect()
}
