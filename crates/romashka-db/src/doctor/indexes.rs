//! Indexes that are broken, superfluous or missing.
//!
//! Invariant: an index that enforces something (primary key, unique, exclusion, replica identity), that serves a foreign key,
//! or that the migrations made is never proposed for removal.

use serde::Serialize;
use tokio_postgres::Error;

use super::survey::Survey;
use super::{Finding, Mend, Severity, figures};

/// How many of the largest are listed.
const LISTED: i64 = 20;

/// An index with its partitions.
#[derive(Clone, Debug, Serialize)]
pub struct IndexSize {
    /// Schema and name, as they stand in a statement.
    pub name: String,
    /// Its table.
    pub table: String,
    /// How many partitions it has.
    pub partitions: i64,
    /// How often it was read since the statistics began.
    pub scans: i64,
    /// Its size.
    pub bytes: i64,
}

/// The largest indexes.
pub(super) async fn sizes(survey: &Survey<'_>) -> Result<Vec<IndexSize>, Error> {
    let rows = survey
        .client
        .query(
            "select pg_catalog.format('%I.%I', n.nspname, root.relname),
                    pg_catalog.format('%I.%I', tn.nspname, t.relname),
                    pg_catalog.count(*) filter (where leaf.oid <> root.oid),
                    coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_numscans(leaf.oid)), 0)::int8,
                    pg_catalog.sum(pg_catalog.pg_relation_size(leaf.oid))::int8
               from pg_catalog.pg_class leaf
               join pg_catalog.pg_class root on root.oid = coalesce(pg_catalog.pg_partition_root(leaf.oid), leaf.oid)
               join pg_catalog.pg_namespace n on n.oid = root.relnamespace
               join pg_catalog.pg_index i on i.indexrelid = root.oid
               join pg_catalog.pg_class t on t.oid = i.indrelid
               join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
              where leaf.relkind = 'i' and n.nspname !~ '^pg_'
              group by 1, 2
              order by 5 desc, 1
              limit $1",
            &[&LISTED],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| IndexSize {
            name: row.get(0),
            table: row.get(1),
            partitions: row.get(2),
            scans: row.get(3),
            bytes: row.get(4),
        })
        .collect())
}

/// Indexes that a failed build left behind.
pub(super) async fn invalid(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            "select pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.format('%I.%I', tn.nspname, t.relname),
                    c.relname ~ '_cc(new|old)[0-9]*$', c.relkind = 'I'
               from pg_catalog.pg_index i
               join pg_catalog.pg_class c on c.oid = i.indexrelid
               join pg_catalog.pg_namespace n on n.oid = c.relnamespace
               join pg_catalog.pg_class t on t.oid = i.indrelid
               join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
              where not (i.indisvalid and i.indisready and i.indislive) and n.nspname <> all ($1::text[])
                and not exists (select from pg_catalog.pg_stat_progress_create_index p where p.index_relid = i.indexrelid)
              order by 1",
            &[&survey.foreign_schemas()],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let (name, table): (String, String) = (row.get(0), row.get(1));
            let (is_leftover, is_partitioned): (bool, bool) = (row.get(2), row.get(3));
            Finding {
                id: "indexes.invalid",
                severity: Severity::Warning,
                found: format!("{name} on {table} is not valid: its build did not end, or failed"),
                why: "it costs every write and serves no query; a unique one enforces nothing",
                mend: if is_leftover {
                    // What `reindex concurrently` was building, or could not drop.
                    Mend::statement(format!("drop index concurrently {name};"))
                } else if is_partitioned {
                    Mend::advice(format!(
                        "make the missing indexes on the partitions and attach each: alter index {name} attach partition …"
                    ))
                } else {
                    Mend::statement(format!("reindex index concurrently {name};"))
                },
                subject: name,
            }
        })
        .collect())
}

/// Indexes with their keys as text: column or expression, with operator class, collation and direction of each.
const KEYS: &str = "
  select i.indexrelid as oid, i.indrelid, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, n.nspname::text as schema, c.relname::text as short, m.amname::text as method,
         i.indisunique, i.indisexclusion or i.indisreplident or exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid) as is_bound,
         coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), '') as predicate,
         array(select pg_catalog.concat_ws(' ', pg_catalog.pg_get_indexdef(i.indexrelid, p, true), i.indclass[p - 1], i.indcollation[p - 1], i.indoption[p - 1]) from pg_catalog.generate_series(1, i.indnkeyatts) as p order by p) as keys,
         array(select pg_catalog.pg_get_indexdef(i.indexrelid, p, true) from pg_catalog.generate_series(1, i.indnkeyatts) as p order by p) as columns,
         array(select pg_catalog.pg_get_indexdef(i.indexrelid, p, true) from pg_catalog.generate_series(i.indnkeyatts + 1, i.indnatts) as p order by p) as included
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid and not c.relispartition
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_am m on m.oid = c.relam
   where n.nspname !~ '^pg_' and n.nspname <> all ($1::text[]) and i.indisvalid";

/// Indexes whose keys begin another one's.
pub(super) async fn duplicate(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            &format!(
                "with own as ({KEYS})
                 select a.name, a.schema, a.short, pg_catalog.array_to_string(a.columns, ', '), b.name, b.schema, b.short, pg_catalog.array_to_string(b.columns, ', '),
                        pg_catalog.pg_relation_size(a.oid), a.keys = b.keys and a.included = b.included, b.is_bound or b.indisunique
                   from own a join own b on b.indrelid = a.indrelid and b.oid <> a.oid and b.method = a.method and b.predicate = a.predicate
                  where not a.is_bound and not a.indisunique
                    and case when a.method = 'btree' then a.keys = b.keys[1:pg_catalog.cardinality(a.keys)] else a.keys = b.keys end
                    and a.included <@ (b.included || b.columns)
                  order by a.oid desc, b.oid"
            ),
            &[&survey.foreign_schemas()],
        )
        .await?;
    let mut findings: Vec<Finding> = Vec::new();
    let mut going: Vec<String> = Vec::new();
    for row in &rows {
        let text = |place: usize| row.get::<_, String>(place);
        let (name, other) = (text(0), text(4));
        let (size, same): (i64, bool) = (row.get(8), row.get(9));
        // Of two that are the same one stays; the later one comes first and goes.
        if going.contains(&other) || going.contains(&name) {
            continue;
        }
        let of_schema = survey.is_of_schema(&text(1), &text(2));
        // Of the same two, the schema's own stays, and the other way around comes in another row.
        if of_schema && same && !survey.is_of_schema(&text(5), &text(6)) && !row.get::<_, bool>(10)
        {
            continue;
        }
        let relation = if same { "is the same as" } else { "begins" };
        let found = format!(
            "{name} ({}) {relation} {other} ({}), {}",
            text(3),
            text(7),
            figures::size(size.unsigned_abs())
        );
        let mend = if of_schema {
            Mend::advice(
                "it belongs to the schema: keep it, and drop the other one if nothing else needs that",
            )
        } else {
            Mend::statement(drop_statement(&name))
        };
        going.push(name.clone());
        findings.push(Finding {
            id: "indexes.duplicate",
            severity: if of_schema {
                Severity::Info
            } else {
                Severity::Advice
            },
            subject: name,
            found,
            why: "each index is written with every row; the other one serves the same queries",
            mend,
        });
    }
    Ok(findings)
}

fn drop_statement(name: &str) -> String {
    format!("drop index concurrently {name};")
}

/// Shorter than this, counts say little: a monthly report has not run yet.
const LONG_ENOUGH: f64 = 7.0 * 86_400.0;

/// Indexes that nobody has read since the statistics began.
pub(super) async fn unused(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let window = survey
        .client
        .query_one(
            "select extract(epoch from pg_catalog.clock_timestamp() - coalesce(d.stats_reset, pg_catalog.pg_postmaster_start_time()))::float8,
                    pg_catalog.to_char(coalesce(d.stats_reset, pg_catalog.pg_postmaster_start_time()) at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
                    d.stats_reset is not null
               from pg_catalog.pg_stat_database d where d.datname = pg_catalog.current_database()",
            &[],
        )
        .await?;
    let (seconds, begin, was_reset): (f64, String, bool) =
        (window.get(0), window.get(1), window.get(2));
    let since = format!(
        "since {} {begin} UTC ({} ago)",
        if was_reset {
            "the statistics were reset at"
        } else {
            "the server's start at"
        },
        figures::duration(seconds)
    );
    let rows = survey
        .client
        .query(
            "select pg_catalog.format('%I.%I', n.nspname, root.relname), n.nspname::text, root.relname::text,
                    pg_catalog.sum(pg_catalog.pg_relation_size(leaf.oid))::int8, root.relkind = 'I'
               from pg_catalog.pg_class leaf
               join pg_catalog.pg_class root on root.oid = coalesce(pg_catalog.pg_partition_root(leaf.oid), leaf.oid)
               join pg_catalog.pg_namespace n on n.oid = root.relnamespace
               join pg_catalog.pg_index i on i.indexrelid = root.oid
              where leaf.relkind = 'i' and n.nspname !~ '^pg_' and n.nspname <> all ($1::text[])
                and i.indisvalid and not i.indisunique and not i.indisexclusion and not i.indisreplident
                and not exists (select from pg_catalog.pg_constraint k where k.conindid = root.oid)
                -- One that leads with the columns of a foreign key serves the rows that it refers to.
                and not exists (
                  select from pg_catalog.pg_constraint k
                   where k.contype = 'f' and k.conrelid = i.indrelid
                     and (k.conkey <@ (i.indkey::int2[])[0:pg_catalog.cardinality(k.conkey) - 1]
                          or i.indkey[0] = any (k.conkey)
                             and (select a.attname <> 'workspace_id' from pg_catalog.pg_attribute a where a.attrelid = i.indrelid and a.attnum = i.indkey[0])))
              group by 1, 2, 3, root.relkind
             having coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_numscans(leaf.oid)), 0) = 0
              order by 4 desc, 1",
            &[&survey.foreign_schemas()],
        )
        .await?;
    let mut findings = Vec::new();
    let (mut of_schema, mut of_schema_bytes) = (0_usize, 0_u64);
    for row in &rows {
        let (name, schema, short): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let (bytes, is_partitioned): (i64, bool) = (row.get(3), row.get(4));
        if survey.is_of_schema(&schema, &short) {
            of_schema += 1;
            of_schema_bytes += bytes.unsigned_abs();
            continue;
        }
        let statement = if is_partitioned {
            // Partitioned ones cannot be dropped concurrently.
            format!("drop index {name};")
        } else {
            drop_statement(&name)
        };
        let young = seconds < LONG_ENOUGH;
        let mend = Mend::statement(statement);
        findings.push(Finding {
            id: "indexes.unused",
            severity: if young {
                Severity::Info
            } else {
                Severity::Advice
            },
            found: format!(
                "{name} ({}) has not been read {since}",
                figures::size(bytes.unsigned_abs())
            ),
            why: "it is written with every row; standbys count their reading apart, and a rare report may need it",
            mend: if young {
                mend.but("too early to judge: look again after a week or more")
            } else {
                mend
            },
            subject: name,
        });
    }
    if of_schema > 0 {
        findings.push(Finding {
            id: "indexes.unused",
            severity: Severity::Info,
            subject: "schema".to_owned(),
            found: format!(
                "{} of the schema ({}) {} not been read {since}",
                figures::counted(of_schema, "index", "indexes"),
                figures::size(of_schema_bytes),
                if of_schema == 1 { "has" } else { "have" }
            ),
            why: "they serve screens, jobs and erasures that may be rare here",
            mend: Mend::advice(
                "keep them: they belong to the schema, and the next migration counts on them",
            ),
        });
    }
    Ok(findings)
}

/// Tables of at least 10,000 rows that were read from end to end at least 50 times, most of the rows each time.
pub(super) async fn scans(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            "select pg_catalog.format('%I.%I', s.schemaname, s.relname), s.n_live_tup, s.seq_scan, s.seq_tup_read, coalesce(s.idx_scan, 0)
               from pg_catalog.pg_stat_user_tables s
              where s.schemaname <> all ($1::text[]) and s.n_live_tup >= 10000 and s.seq_scan >= 50 and s.seq_tup_read / s.seq_scan >= s.n_live_tup / 2
              order by s.seq_tup_read desc limit 10",
            &[&survey.foreign_schemas()],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let name: String = row.get(0);
            let (live, scans, read, by_index): (i64, i64, i64, i64) =
                (row.get(1), row.get(2), row.get(3), row.get(4));
            Finding {
                id: "indexes.scans",
                severity: Severity::Advice,
                found: format!(
                    "{name} with {} rows was read from end to end {} times, {} rows in all; by an index {} times",
                    figures::count(live),
                    figures::count(scans),
                    figures::count(read),
                    figures::count(by_index)
                ),
                why: "a statement that wants few rows of a large table needs an index on what it asks for",
                mend: Mend::advice(format!(
                    "find the statement among the slow ones, see its plan (explain), and index the columns of its where clause: create index concurrently on {name} (…)"
                )),
                subject: name,
            }
        })
        .collect())
}

/// Foreign keys that no index serves. Leading columns of the index are the key's, in any order; the workspace may be absent,
/// because the other column finds the row; an index "where column is not null" serves too.
pub(super) async fn foreign_keys(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            "with key as (
               select c.oid as table_oid, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, c.relkind, k.conname::text, k.conkey, c.reltuples,
                      (select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by p.place)
                         from pg_catalog.unnest(k.conkey) with ordinality as p (attnum, place) join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = p.attnum) as columns,
                      array(select a.attnum from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum = any (k.conkey) order by a.attnum) as every_column,
                      array(select a.attnum from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum = any (k.conkey) and a.attname <> 'workspace_id' order by a.attnum) as own_columns
                 from pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and n.nspname <> all ($1::text[]) and k.contype = 'f' and k.conparentid = 0)
             select key.name, key.conname, key.columns, key.relkind = 'p', key.reltuples::int8 from key
              where not exists (
                select from pg_catalog.pg_index i
                 where i.indrelid = key.table_oid and i.indisvalid
                   and (array(select pg_catalog.unnest((i.indkey::int2[])[0:pg_catalog.cardinality(key.every_column) - 1]) order by 1) = key.every_column
                        or pg_catalog.cardinality(key.own_columns) > 0
                           and array(select pg_catalog.unnest((i.indkey::int2[])[0:pg_catalog.cardinality(key.own_columns) - 1]) order by 1) = key.own_columns)
                   and (i.indpred is null
                        or exists (select from pg_catalog.pg_attribute a where a.attrelid = key.table_oid and a.attnum = any (key.conkey)
                                      and pg_catalog.pg_get_expr(i.indpred, i.indrelid) = pg_catalog.format('(%I IS NOT NULL)', a.attname))))
              order by key.reltuples desc, 1, 2",
            &[&survey.foreign_schemas()],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let (table, key, columns): (String, String, String) =
                (row.get(0), row.get(1), row.get(2));
            let (is_partitioned, rows): (bool, i64) = (row.get(3), row.get(4));
            let concurrently = if is_partitioned { "" } else { " concurrently" };
            let size = if rows > 0 {
                format!(", {} rows", figures::count(rows))
            } else {
                String::new()
            };
            Finding {
                id: "indexes.foreign_keys",
                severity: Severity::Advice,
                subject: format!("{table}: {key}"),
                found: format!("no index serves the foreign key {key} of {table} ({columns}{size})"),
                why: "deleting a row that it refers to reads the whole table, and locks what it finds for as long",
                mend: Mend::statement(format!(
                    "create index{concurrently} on {table} ({columns});"
                )),
            }
        })
        .collect())
}
