//! Nobody sees another workspace's rows: row security is on for its owner too, policies are complete, and nothing is open
//! to visitors.

use super::{Check, Severity, Work};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "security.row_security",
        title: "row security is on and forced on every table of a workspace",
        severity: Severity::Error,
        proves: "without it every member sees every workspace",
        next: "alter table … enable row level security; alter table … force row level security",
        needs: &[],
        work: Work::Sql(
            "select pg_catalog.format('%I.%I: %s', n.nspname, c.relname,
                    case when not c.relrowsecurity then 'row security is off' else 'row security does not bind the owner' end)
               from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where n.nspname in ('public', 'romashka') and c.relkind in ('r', 'p') and not c.relispartition
                and not (c.relrowsecurity and c.relforcerowsecurity)
                and (exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped)
                     or n.nspname = 'public' and c.relname in ('workspaces', 'profiles', 'schema_migrations'))
              order by 1",
        ),
        repair: None,
    },
    Check {
        id: "security.policies",
        title: "every table of a workspace has one policy for each command, to named roles",
        severity: Severity::Error,
        proves: "a command without a policy is dead for everybody, one with two is as open as the wider of them",
        next: "psql -f db-functions.sql restores the policies",
        needs: &[],
        work: Work::Sql(
            "select pg_catalog.format('%I.%I: %s policies for %s', n.nspname, c.relname, found.number, command.name)
               from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              cross join (values ('r', 'select'), ('a', 'insert'), ('w', 'update'), ('d', 'delete')) as command (code, name)
              cross join lateral (select pg_catalog.count(*) as number from pg_catalog.pg_policy p
                                   where p.polrelid = c.oid and p.polcmd::text in (command.code, '*')) as found
              where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and found.number <> 1
                and exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped)
             union all
             select pg_catalog.format('%I.%I: the policy %I is for everybody', n.nspname, c.relname, p.polname)
               from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where n.nspname in ('public', 'romashka') and 0 = any (p.polroles)
             union all
             select pg_catalog.format('%I.%I: the policy %I lets every row through', n.nspname, c.relname, p.polname)
               from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where n.nspname in ('public', 'romashka')
                and (pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true' or pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) = 'true')
              order by 1",
        ),
        repair: None,
    },
    Check {
        id: "security.visitors",
        title: "visitors and the public role hold no table, column or sequence beyond the public settings",
        severity: Severity::Error,
        proves: "anon is who asks without having signed in",
        next: "revoke all on … from anon, public",
        needs: &[],
        work: Work::Sql(
            "select pg_catalog.format('%s on %I.%I to %s', pg_catalog.lower(entry.privilege_type), n.nspname, c.relname, case entry.grantee when 0 then 'public' else 'anon' end)
               from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              cross join lateral pg_catalog.aclexplode(c.relacl) as entry
              where n.nspname in ('public', 'romashka', 'romashka_numbers', 'romashka_partitions')
                and entry.grantee in (select 0 union all select r.oid from pg_catalog.pg_roles r where r.rolname = 'anon')
                -- Its policy shows visitors the settings that are public; the widget reads them.
                and not (n.nspname = 'public' and c.relname = 'system_settings' and entry.privilege_type = 'SELECT' and entry.grantee <> 0)
                and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
             union all
             select pg_catalog.format('%s (%I) on %I.%I to %s', pg_catalog.lower(entry.privilege_type), a.attname, n.nspname, c.relname, case entry.grantee when 0 then 'public' else 'anon' end)
               from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              cross join lateral pg_catalog.aclexplode(a.attacl) as entry
              where n.nspname in ('public', 'romashka', 'romashka_numbers', 'romashka_partitions') and a.attnum > 0 and not a.attisdropped
                and entry.grantee in (select 0 union all select r.oid from pg_catalog.pg_roles r where r.rolname = 'anon')
                and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
              order by 1",
        ),
        repair: None,
    },
    Check {
        id: "security.functions",
        title: "no function is open to everybody, and those with the owner's rights fix their search path",
        severity: Severity::Error,
        proves: "a definer function with an open search path runs what a caller puts into it",
        next: "psql -f db-functions.sql restores the functions and their grants",
        needs: &[],
        work: Work::Sql(
            "with own as (
               select p.oid, p.prosecdef, p.proconfig, p.proacl, p.proowner, pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) as name
                 from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                where n.nspname in ('public', 'romashka')
                  and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e'))
             select own.name || ': runs with its owner''s rights and has no search path of its own' from own
              where own.prosecdef and not exists (select from pg_catalog.unnest(own.proconfig) as setting where setting like 'search\\_path=%')
             union all
             select own.name || ': everybody may execute it' from own
              cross join lateral pg_catalog.aclexplode(coalesce(own.proacl, pg_catalog.acldefault('f', own.proowner))) as entry
              where entry.grantee = 0 and own.prosecdef
              order by 1",
        ),
        repair: None,
    },
    Check {
        id: "security.partitions",
        title: "partitions are reached through their tables alone",
        severity: Severity::Error,
        proves: "a partition that is queried by its own name is not guarded by its table's policies",
        next: "revoke all on … from the role; revoke all on schema romashka_partitions from the role",
        needs: &[],
        work: Work::Sql(
            "select pg_catalog.format('%s on %I.%I to %s', pg_catalog.lower(entry.privilege_type), n.nspname, c.relname, case entry.grantee when 0 then 'public' else entry.grantee::pg_catalog.regrole::text end)
               from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              cross join lateral pg_catalog.aclexplode(c.relacl) as entry
              where c.relispartition and n.nspname in ('public', 'romashka', 'romashka_partitions') and c.relkind in ('r', 'p') and entry.grantee <> c.relowner
             union all
             select pg_catalog.format('%s on schema romashka_partitions to %s', pg_catalog.lower(entry.privilege_type), case entry.grantee when 0 then 'public' else entry.grantee::pg_catalog.regrole::text end)
               from pg_catalog.pg_namespace n cross join lateral pg_catalog.aclexplode(n.nspacl) as entry
              where n.nspname = 'romashka_partitions' and entry.grantee <> n.nspowner
              order by 1",
        ),
        repair: None,
    },
];
