//! Indexes and constraints do what their definitions say.

use super::{Check, Severity, Work};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "indexes.valid",
        title: "every index is complete and in use",
        severity: Severity::Error,
        proves: "an index that a failed concurrent build left behind costs writes and serves nobody; a unique one enforces nothing",
        next: "reindex index concurrently …",
        needs: &[],
        work: Work::Sql(
            "select pg_catalog.format('%I.%I on %I', n.nspname, c.relname, t.relname)
               from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
               join pg_catalog.pg_class t on t.oid = i.indrelid
              where n.nspname in ('public', 'romashka', 'romashka_partitions') and not (i.indisvalid and i.indisready and i.indislive)
              order by 1",
        ),
        repair: None,
    },
    Check {
        id: "indexes.postponed",
        title: "no index waits for being made again after a load",
        severity: Severity::Error,
        proves: "a load takes the indexes of the searches away and makes them again; one that was killed could not",
        next: "romashka verify --fix makes them, or the next romashka seed (while a load is running, wait for its end)",
        needs: &["romashka.postponed_indexes"],
        work: Work::Sql(
            "select pg_catalog.format('%s, taken away at %s', name, pg_catalog.date_trunc('second', created_at)) from romashka.postponed_indexes order by 1",
        ),
        repair: Some(
            "do $$
             declare
               owed record;
             begin
               for owed in select name, definition from romashka.postponed_indexes order by name loop
                 execute owed.definition;
                 delete from romashka.postponed_indexes as p where p.name = owed.name;
               end loop;
             end $$",
        ),
    },
    Check {
        id: "indexes.constraints",
        title: "every constraint has been checked against the rows that were there before it",
        severity: Severity::Error,
        proves: "a constraint that is NOT VALID says nothing about older rows",
        next: "alter table … validate constraint …",
        needs: &[],
        work: Work::Sql(
            "select pg_catalog.format('%I.%I: %I', n.nspname, c.relname, k.conname)
               from pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where n.nspname in ('public', 'romashka', 'romashka_partitions') and not k.convalidated
              order by 1",
        ),
        repair: None,
    },
    Check {
        id: "indexes.foreign_keys",
        title: "every foreign key has an index",
        severity: Severity::Error,
        proves: "without one, deleting a row reads the whole table that refers to it",
        next: "create index concurrently on the columns of the key; if the index was there, romashka migrate plan shows what is missing",
        needs: &[],
        // The workspace may be absent, because the other column alone finds the row; "where column is not null" serves too.
        work: Work::Sql(
            "with key as (
               select c.oid as table_oid, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, k.conname, k.conkey,
                      array(select a.attnum from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum = any (k.conkey) order by a.attnum) as every_column,
                      array(select a.attnum from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum = any (k.conkey) and a.attname <> 'workspace_id' order by a.attnum) as own_columns
                 from pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where n.nspname in ('public', 'romashka') and k.contype = 'f' and k.conparentid = 0)
             select key.name || ': ' || key.conname from key
              where not exists (
                select from pg_catalog.pg_index i
                 where i.indrelid = key.table_oid
                   and (array(select pg_catalog.unnest((i.indkey::int2[])[0:pg_catalog.cardinality(key.every_column) - 1]) order by 1) = key.every_column
                        or pg_catalog.cardinality(key.own_columns) > 0
                           and array(select pg_catalog.unnest((i.indkey::int2[])[0:pg_catalog.cardinality(key.own_columns) - 1]) order by 1) = key.own_columns)
                   and (i.indpred is null
                        or exists (select from pg_catalog.pg_attribute a where a.attrelid = key.table_oid and a.attnum = any (key.conkey)
                                      and pg_catalog.pg_get_expr(i.indpred, i.indrelid) = pg_catalog.format('(%I IS NOT NULL)', a.attname))))
              order by 1",
        ),
        repair: None,
    },
];
