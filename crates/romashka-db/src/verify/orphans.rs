//! No row refers to a row that is not there.
//!
//! Invariant: keys are taken from the catalog at run time, those that are NOT VALID included, so that a table that is
//! added later is looked at without anybody thinking of it.

use super::{Check, Severity, Work};

pub(super) const CHECKS: &[Check] = &[Check {
    id: "orphans.references",
    title: "every reference leads to a row of the same workspace",
    severity: Severity::Error,
    proves: "a foreign key does not see rows that were written while triggers were off: pg_restore --disable-triggers, \
             session_replication_role = replica",
    next: "look at the rows named; restore what they refer to, or delete them",
    needs: &[],
    work: Work::References,
    repair: None,
}];

/// For each foreign key: its name in words, and a query that counts the rows that refer to nothing.
pub(super) const KEYS: &str = "
select pg_catalog.format('%I.%I: %%s rows refer to no row of %I.%I (%I)', n.nspname, c.relname, rn.nspname, r.relname, k.conname),
       pg_catalog.format('select pg_catalog.count(*) from %I.%I as child where %s and not exists (select from %I.%I as parent where %s)',
         n.nspname, c.relname,
         (select pg_catalog.string_agg(pg_catalog.format('child.%I is not null', a.attname), ' and ')
            from pg_catalog.unnest(k.conkey) as col join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = col),
         rn.nspname, r.relname,
         (select pg_catalog.string_agg(pg_catalog.format('parent.%I = child.%I', b.attname, a.attname), ' and ')
            from unnest(k.conkey, k.confkey) as pair (col, ref)
            join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = pair.col
            join pg_catalog.pg_attribute b on b.attrelid = k.confrelid and b.attnum = pair.ref))
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_class r on r.oid = k.confrelid join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
 where k.contype = 'f' and k.conparentid = 0 and n.nspname in ('public', 'romashka')
 order by 1";
