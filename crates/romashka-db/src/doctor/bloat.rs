//! Empty space in tables and indexes, estimated from the statistics of the last analyze; nothing is read but the catalog.
//!
//! The estimate: a row takes its header (23 bytes and a null bitmap, to a multiple of 8), the average width of its columns (to
//! a multiple of 8) and an item pointer (4); a page holds 8,168 bytes of them, filled to `fillfactor`. An entry of a B-tree
//! takes its header (8), its columns (to a multiple of 8) and an item pointer; a page holds 8,152 bytes, filled to 90 %
//! unless set otherwise. What the file has beyond the pages so needed counts as empty. Alignment between columns is not
//! counted, so that a table of many narrow columns seems emptier than it is; equal keys that a B-tree stores once make an
//! index seem fuller than it is. Tables whose statistics this role may not see, and indexes on expressions, are left out.

use tokio_postgres::Error;

use super::survey::Survey;
use super::{Finding, Mend, Severity, figures};

/// Empty space is worth a word from 10 MiB and half of the file on.
const WORTH_A_WORD: i64 = 10 << 20;

const TABLES: &str = "
  with width as (
    select c.oid, c.reltuples, c.relpages,
           coalesce((select o.option_value::float8 from pg_catalog.pg_options_to_table(c.reloptions) o where o.option_name = 'fillfactor'), 100) / 100 as fill,
           pg_catalog.sum((1 - s.null_frac) * s.avg_width) as data,
           pg_catalog.ceil((23 + pg_catalog.ceil(pg_catalog.count(*) / 8.0)) / 8.0) * 8 as header
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and not s.inherited
     where c.relkind in ('r', 'm') and c.reltuples > 0 and n.nspname <> all ($1::text[]) and n.nspname !~ '^pg_'
     group by c.oid, c.reltuples, c.relpages, c.reloptions
    having pg_catalog.count(*) = (select pg_catalog.count(*) from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)),
  pages as (
    select oid, pg_catalog.ceil(reltuples / greatest(pg_catalog.floor(8168 * fill / (header + pg_catalog.ceil(data / 8) * 8 + 4)), 1)) as needed,
           pg_catalog.pg_relation_size(oid) as bytes
      from width)
  select pg_catalog.format('%I.%I', n.nspname, c.relname), bytes, (bytes - needed * 8192)::int8
    from pages join pg_catalog.pg_class c on c.oid = pages.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where bytes - needed * 8192 >= $2::float8 and bytes - needed * 8192 >= bytes * 0.5
   order by 3 desc limit 20";

const INDEXES: &str = "
  with entry as (
    select i.indexrelid as oid, x.reltuples,
           coalesce((select o.option_value::float8 from pg_catalog.pg_options_to_table(x.reloptions) o where o.option_name = 'fillfactor'), 90) / 100 as fill,
           pg_catalog.sum((1 - s.null_frac) * s.avg_width) as data
      from pg_catalog.pg_index i
      join pg_catalog.pg_class x on x.oid = i.indexrelid
      join pg_catalog.pg_class c on c.oid = i.indrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_am m on m.oid = x.relam and m.amname = 'btree'
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
      join pg_catalog.pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname and not s.inherited
     where x.relkind = 'i' and x.reltuples > 0 and i.indisvalid and not 0 = any (i.indkey) and n.nspname <> all ($1::text[]) and n.nspname !~ '^pg_'
     group by i.indexrelid, i.indnatts, x.reltuples, x.reloptions
    having pg_catalog.count(*) = i.indnatts),
  pages as (
    select oid, pg_catalog.ceil(reltuples / greatest(pg_catalog.floor(8152 * fill / (8 + pg_catalog.ceil(data / 8) * 8 + 4)), 1)) + 1 as needed,
           pg_catalog.pg_relation_size(oid) as bytes
      from entry)
  select pg_catalog.format('%I.%I', n.nspname, c.relname), bytes, (bytes - needed * 8192)::int8
    from pages join pg_catalog.pg_class c on c.oid = pages.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where bytes - needed * 8192 >= $2::float8 and bytes - needed * 8192 >= bytes * 0.5
   order by 3 desc limit 20";

/// Tables that are half empty.
pub(super) async fn tables(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(TABLES, &[&survey.foreign_schemas(), &(WORTH_A_WORD as f64)])
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let name: String = row.get(0);
            Finding {
                id: "storage.bloat",
                severity: Severity::Advice,
                found: found(&name, row.get(1), row.get(2)),
                why: "scans and backups read the empty pages too; new rows will fill them, a smaller file needs a rewrite",
                mend: Mend::statement(format!("vacuum (full, analyze) {name};")).but(
                    "nobody can read or write the table meanwhile; where rows will come again, leave it",
                ),
                subject: name,
            }
        })
        .collect())
}

/// B-trees that are half empty.
pub(super) async fn indexes(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            INDEXES,
            &[&survey.foreign_schemas(), &(WORTH_A_WORD as f64)],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let name: String = row.get(0);
            Finding {
                id: "indexes.bloat",
                severity: Severity::Advice,
                found: found(&name, row.get(1), row.get(2)),
                why: "an index that is half empty takes twice the memory for the same use",
                mend: Mend::statement(format!("reindex index concurrently {name};")),
                subject: name,
            }
        })
        .collect())
}

fn found(name: &str, bytes: i64, empty: i64) -> String {
    format!(
        "{name} takes {}, of which about {} ({} %) is empty, by the statistics",
        figures::size(bytes.unsigned_abs()),
        figures::size(empty.unsigned_abs()),
        empty * 100 / bytes.max(1)
    )
}
