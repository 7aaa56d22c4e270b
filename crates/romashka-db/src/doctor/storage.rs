//! Tables: their sizes, dead rows, statistics, and the age of their oldest transaction.

use serde::Serialize;
use tokio_postgres::Error;

use super::survey::{Setting, Survey};
use super::{Finding, Mend, Severity, figures};

/// How many of the largest are listed.
const LISTED: i64 = 20;

/// A table with its partitions.
#[derive(Clone, Debug, Serialize)]
pub struct TableSize {
    /// Schema and name, as they stand in a statement.
    pub name: String,
    /// How many partitions it has; none for a table that has none.
    pub partitions: i64,
    /// Rows, as the last vacuum or analyze counted them, else as the statistics do.
    pub rows: i64,
    /// Bytes of rows, with those stored out of line.
    pub table_bytes: i64,
    /// Bytes of its indexes.
    pub index_bytes: i64,
    /// Both.
    pub total_bytes: i64,
}

/// The largest tables.
pub(super) async fn tables(survey: &Survey<'_>) -> Result<Vec<TableSize>, Error> {
    let rows = survey
        .client
        .query(
            "select pg_catalog.format('%I.%I', n.nspname, root.relname),
                    pg_catalog.count(*) filter (where leaf.oid <> root.oid),
                    pg_catalog.sum(case when leaf.reltuples >= 0 then leaf.reltuples else pg_catalog.pg_stat_get_live_tuples(leaf.oid) end)::int8,
                    pg_catalog.sum(pg_catalog.pg_table_size(leaf.oid))::int8, pg_catalog.sum(pg_catalog.pg_indexes_size(leaf.oid))::int8
               from pg_catalog.pg_class leaf
               join pg_catalog.pg_class root on root.oid = coalesce(pg_catalog.pg_partition_root(leaf.oid), leaf.oid)
               join pg_catalog.pg_namespace n on n.oid = root.relnamespace
              where leaf.relkind in ('r', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
              group by 1
              order by pg_catalog.sum(pg_catalog.pg_total_relation_size(leaf.oid)) desc, 1
              limit $1",
            &[&LISTED],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| TableSize {
            name: row.get(0),
            partitions: row.get(1),
            rows: row.get(2),
            table_bytes: row.get(3),
            index_bytes: row.get(4),
            total_bytes: row.get::<_, i64>(3) + row.get::<_, i64>(4),
        })
        .collect())
}

/// Fewer dead or changed rows than this are not worth a word, whatever their share.
const WORTH_A_WORD: f64 = 1000.0;

/// The threshold at which autovacuum comes to a table, with the table's own settings where it has them.
/// Source: "The Autovacuum Daemon" in the manual: threshold + scale factor × rows.
const THRESHOLDS: &str = "
  select c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, s.n_live_tup, s.n_dead_tup, s.n_mod_since_analyze,
         coalesce(o.vacuum_threshold, pg_catalog.current_setting('autovacuum_vacuum_threshold')::float8)
           + coalesce(o.vacuum_scale, pg_catalog.current_setting('autovacuum_vacuum_scale_factor')::float8) * greatest(c.reltuples, 0) as vacuum_at,
         coalesce(o.analyze_threshold, pg_catalog.current_setting('autovacuum_analyze_threshold')::float8)
           + coalesce(o.analyze_scale, pg_catalog.current_setting('autovacuum_analyze_scale_factor')::float8) * greatest(c.reltuples, 0) as analyze_at,
         extract(epoch from pg_catalog.clock_timestamp() - greatest(s.last_vacuum, s.last_autovacuum))::float8 as vacuumed,
         extract(epoch from pg_catalog.clock_timestamp() - greatest(s.last_analyze, s.last_autoanalyze))::float8 as analyzed
    from pg_catalog.pg_stat_all_tables s
    join pg_catalog.pg_class c on c.oid = s.relid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral (
      select pg_catalog.max(option_value::float8) filter (where option_name = 'autovacuum_vacuum_threshold') as vacuum_threshold,
             pg_catalog.max(option_value::float8) filter (where option_name = 'autovacuum_vacuum_scale_factor') as vacuum_scale,
             pg_catalog.max(option_value::float8) filter (where option_name = 'autovacuum_analyze_threshold') as analyze_threshold,
             pg_catalog.max(option_value::float8) filter (where option_name = 'autovacuum_analyze_scale_factor') as analyze_scale
        from pg_catalog.pg_options_to_table(c.reloptions)
       where option_name in ('autovacuum_vacuum_threshold', 'autovacuum_vacuum_scale_factor', 'autovacuum_analyze_threshold', 'autovacuum_analyze_scale_factor')) o
   where c.relkind in ('r', 'm') and n.nspname !~ '^pg_' and n.nspname <> all ($1::text[])";

fn ago(seconds: Option<f64>, what: &str) -> String {
    seconds.map_or_else(
        || format!("never {what} as far as the statistics reach"),
        |seconds| format!("last {what} {} ago", figures::duration(seconds)),
    )
}

/// Tables with twice as many dead rows as bring autovacuum to them.
pub(super) async fn dead_rows(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            &format!(
                "select name, n_live_tup, n_dead_tup, vacuum_at, vacuumed from ({THRESHOLDS}) as t
                  where n_dead_tup >= $2::float8 and n_dead_tup > 2 * vacuum_at order by n_dead_tup desc limit 20"
            ),
            &[&survey.foreign_schemas(), &WORTH_A_WORD],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let (name, live, dead): (String, i64, i64) = (row.get(0), row.get(1), row.get(2));
            let (limit, vacuumed): (f64, Option<f64>) = (row.get(3), row.get(4));
            Finding {
                id: "storage.dead_rows",
                severity: Severity::Warning,
                found: format!(
                    "{name} has {} dead rows beside {} live ones; autovacuum comes at {}; {}",
                    figures::count(dead),
                    figures::count(live),
                    figures::count(limit as i64),
                    ago(vacuumed, "vacuumed")
                ),
                why: "scans read dead rows too, and their space is not used again; a long transaction or a standby may hold vacuum back",
                mend: Mend::statement(format!("vacuum (analyze) {name};")),
                subject: name,
            }
        })
        .collect())
}

/// Tables whose contents changed much since the planner looked at them.
pub(super) async fn stale_statistics(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            &format!(
                "select name, n_live_tup, n_mod_since_analyze, analyzed from ({THRESHOLDS}) as t
                  where n_mod_since_analyze >= $2::float8 and n_mod_since_analyze > 2 * analyze_at
                  order by n_mod_since_analyze desc limit 20"
            ),
            &[&survey.foreign_schemas(), &WORTH_A_WORD],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let (name, live, changed): (String, i64, i64) = (row.get(0), row.get(1), row.get(2));
            Finding {
                id: "storage.statistics",
                severity: Severity::Advice,
                found: format!(
                    "{} rows of {name} changed since its statistics were made, of {} now; {}",
                    figures::count(changed),
                    figures::count(live),
                    ago(row.get(3), "analyzed")
                ),
                why: "the planner chooses by them: old ones make slow plans",
                mend: Mend::statement(format!("analyze {name};")),
                subject: name,
            }
        })
        .collect())
}

/// Tables for which autovacuum was turned off.
pub(super) async fn autovacuum_off(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            "select pg_catalog.format('%I.%I', n.nspname, c.relname)
               from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where c.relkind in ('r', 'm') and n.nspname <> all ($1::text[])
                and exists (select from pg_catalog.pg_options_to_table(c.reloptions) where option_name = 'autovacuum_enabled' and option_value in ('false', 'off', 'no', '0'))
              order by 1",
            &[&survey.foreign_schemas()],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let name: String = row.get(0);
            Finding {
                id: "storage.autovacuum_off",
                severity: Severity::Warning,
                found: format!("autovacuum is turned off for {name}"),
                why: "its dead rows stay, its statistics grow old, and it is cleaned only when wraparound is near",
                mend: Mend::statement(format!("alter table {name} reset (autovacuum_enabled);")),
                subject: name,
            }
        })
        .collect())
}

/// How bad an age is. At `freeze_max_age` autovacuum begins to freeze whatever else is set; a fifth beyond it, it does not keep
/// up. At 1.6 billion, the default of `vacuum_failsafe_age`, vacuum drops everything else; at 2.1 billion writing stops.
fn wraparound_severity(age: i64, freeze_max_age: i64) -> Option<Severity> {
    if age >= 1_600_000_000 {
        Some(Severity::Error)
    } else if age > freeze_max_age + freeze_max_age / 5 {
        Some(Severity::Warning)
    } else {
        None
    }
}

/// The age of the oldest transaction that is not frozen, of each database and of this database's tables.
pub(super) async fn wraparound(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let limit = |name: &str| {
        survey
            .setting(name)
            .and_then(Setting::amount)
            .map_or(200_000_000, |amount| amount as i64)
    };
    let limits = [
        limit("autovacuum_freeze_max_age"),
        limit("autovacuum_multixact_freeze_max_age"),
    ];
    let rows = survey
        .client
        .query(
            "select true, pg_catalog.quote_ident(datname), pg_catalog.age(datfrozenxid)::int8, pg_catalog.mxid_age(datminmxid)::int8, datname = pg_catalog.current_database()
               from pg_catalog.pg_database
             union all
             (select false, pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.age(c.relfrozenxid)::int8, pg_catalog.mxid_age(c.relminmxid)::int8, true
                from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
               where c.relkind in ('r', 'm', 't') and c.relfrozenxid <> '0'
               order by greatest(pg_catalog.age(c.relfrozenxid), pg_catalog.mxid_age(c.relminmxid)) desc limit 5)",
            &[],
        )
        .await?;
    let mut findings = Vec::new();
    for row in &rows {
        let (is_database, name, here): (bool, String, bool) = (row.get(0), row.get(1), row.get(4));
        for (age, limit, what) in [
            (row.get::<_, i64>(2), limits[0], "transaction"),
            (row.get::<_, i64>(3), limits[1], "multixact"),
        ] {
            let Some(severity) = wraparound_severity(age, limit) else {
                continue;
            };
            let kind = if is_database { "database" } else { "table" };
            findings.push(Finding {
                id: "storage.wraparound",
                severity,
                found: format!(
                    "the oldest {what} of the {kind} {name} is {} back; autovacuum freezes from {} on",
                    figures::count(age),
                    figures::count(limit)
                ),
                why: "2.1 billion back, the server stops taking writes; long transactions, slots and prepared transactions hold it back",
                mend: if is_database {
                    Mend::statement("vacuum (freeze, verbose);").but(if here {
                        "as the owner of the tables".to_owned()
                    } else {
                        format!("connected to the database {name}")
                    })
                } else {
                    Mend::statement(format!("vacuum (freeze, verbose) {name};"))
                },
                subject: name.clone(),
            });
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraparound_is_told_before_it_hurts() {
        let limit = 200_000_000;
        assert_eq!(wraparound_severity(190_000_000, limit), None);
        assert_eq!(wraparound_severity(230_000_000, limit), None);
        assert_eq!(
            wraparound_severity(250_000_000, limit),
            Some(Severity::Warning)
        );
        assert_eq!(
            wraparound_severity(1_600_000_000, limit),
            Some(Severity::Error)
        );
    }
}
