//! The SQL files on a database like Supabase's: the role that installs is not a superuser, the API's roles and the schema
//! `auth` belong to somebody else, and new objects in `public` may be open to everybody by default.

use std::collections::BTreeSet;

use romashka_tests::{GrantMode, MIGRATOR, Role, TestDatabase, psql, value};
use serde_json::json;
use uuid::Uuid;

const SCHEMA: &[&str] = &["master-schema.sql", "db-functions.sql"];
const ALL: &[&str] = &["master-schema.sql", "db-functions.sql", "seed-data.sql"];

/// As an owner does it: psql, file by file, as the migrator.
fn install(database: &TestDatabase, files: &[&str]) {
    for file in files {
        let run = psql(
            &database.url(),
            &["-q", "-v", "ON_ERROR_STOP=1", "-f", file],
        );
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(
            run.status.success() && !said.contains("ERROR"),
            "{file} as {MIGRATOR}: {said}"
        );
    }
}

async fn installed(mode: GrantMode) -> TestDatabase {
    let database = TestDatabase::supabase_like(mode).await;
    install(&database, SCHEMA);
    database
}

/// What the imitation is worth: were the migrator a superuser, or new tables closed, these tests would say nothing.
#[tokio::test]
async fn the_imitation_binds_the_migrator() {
    for mode in GrantMode::ALL {
        let database = TestDatabase::supabase_like(mode).await;
        let owner = database.owner();
        let who: String = value(owner, "select current_user::text").await;
        assert_eq!(who, MIGRATOR);
        for refused in [
            "alter system set work_mem = '8MB'",
            "create table auth.mine (id int)",
            "create role rival superuser",
        ] {
            let error = owner.batch_execute(refused).await.expect_err(refused);
            assert_eq!(
                error.code().map(|code| code.code()),
                Some("42501"),
                "{refused}: {error}"
            );
        }
        owner
            .batch_execute("create table public.made_by_default (id int)")
            .await
            .unwrap();
        let readable: bool = value(
            owner,
            "select has_table_privilege('anon', 'public.made_by_default', 'SELECT')",
        )
        .await;
        assert_eq!(readable, mode == GrantMode::Legacy, "{mode:?} grants");
        let truncatable: bool = value(
            owner,
            "select has_table_privilege('anon', 'public.made_by_default', 'TRUNCATE')",
        )
        .await;
        assert!(truncatable, "{mode:?} grants leave TRUNCATE behind");
    }
}

#[tokio::test]
async fn the_files_apply_twice_with_explicit_grants() {
    let database = TestDatabase::supabase_like(GrantMode::Explicit).await;
    install(&database, ALL);
    install(&database, ALL);
}

#[tokio::test]
async fn the_files_apply_twice_with_legacy_grants() {
    let database = TestDatabase::supabase_like(GrantMode::Legacy).await;
    install(&database, ALL);
    install(&database, ALL);
}

async fn names(database: &TestDatabase, sql: &str) -> BTreeSet<String> {
    database
        .owner()
        .query(sql, &[])
        .await
        .unwrap_or_else(|error| panic!("{sql}\n{error:?}"))
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// Every privilege a table can have, not only those that read and write rows.
const TABLE_PRIVILEGES: &str = "
    select format('%s on %I.%I', privilege, n.nspname, c.relname)
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
     cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) as privilege
     where c.relkind in ('r', 'p', 'v', 'm', 'f')
       and n.nspname in ('public', 'romashka', 'romashka_numbers', 'romashka_partitions')
       and has_table_privilege('anon', c.oid, privilege)
    union
    select format('%s (%I) on %I.%I', privilege, a.attname, n.nspname, c.relname)
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) as privilege
     where c.relkind in ('r', 'p', 'v', 'm', 'f')
       and n.nspname in ('public', 'romashka', 'romashka_numbers', 'romashka_partitions')
       and has_column_privilege('anon', c.oid, a.attnum, privilege)
       and not has_table_privilege('anon', c.oid, privilege)
     order by 1";

const FUNCTIONS: &str = "
    select format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
      from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
     where n.nspname in ('public', 'romashka', 'romashka_numbers', 'romashka_partitions')
       and has_schema_privilege('anon', n.oid, 'USAGE')
       and has_function_privilege('anon', p.oid, 'EXECUTE')
       and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
     order by 1";

/// The committed lists: one line each, `#` begins a comment that says why it is meant.
fn allowed(list: &str) -> BTreeSet<String> {
    list.lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

/// The lists are exact both ways: a privilege that is gone must leave its list too.
#[tokio::test]
async fn anonymous_visitors_hold_what_is_meant_and_no_more() {
    for mode in GrantMode::ALL {
        let database = installed(mode).await;
        let tables = names(&database, TABLE_PRIVILEGES).await;
        assert_eq!(
            tables,
            allowed(include_str!("../fixtures/anon-tables.txt")),
            "privileges of anon on tables, {mode:?} grants"
        );
        let functions = names(&database, FUNCTIONS).await;
        assert_eq!(
            functions,
            allowed(include_str!("../fixtures/anon-functions.txt")),
            "functions that anon may call, {mode:?} grants"
        );
    }
}

/// Sequences hand out numbers that count a workspace's conversations.
#[tokio::test]
async fn anonymous_visitors_reach_no_sequence() {
    for mode in GrantMode::ALL {
        let database = installed(mode).await;
        let reached = names(
            &database,
            "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where c.relkind = 'S' and n.nspname in ('public', 'romashka', 'romashka_numbers', 'romashka_partitions')
                and case when c.relkind = 'S' then has_sequence_privilege('anon', c.oid, 'USAGE, SELECT, UPDATE') end",
        )
        .await;
        assert!(reached.is_empty(), "{mode:?} grants: {reached:?}");
    }
}

/// Claims decide, as PostgREST sets them: the same query by two people gives each their own workspace's rows.
#[tokio::test]
async fn claims_decide_which_rows_a_person_sees() {
    for mode in GrantMode::ALL {
        let database = installed(mode).await;
        let mut people: Vec<(Uuid, Uuid)> = Vec::new();
        for slug in ["first", "second"] {
            let workspace = database.create_workspace(slug).await;
            let person = database.create_person(workspace, Role::Agent).await;
            database
                .owner()
                .execute(
                    "insert into public.customer_profiles (workspace_id, name) values ($1, $2)",
                    &[&workspace, &slug],
                )
                .await
                .unwrap();
            people.push((person, workspace));
        }
        for (number, (person, workspace)) in people.iter().enumerate() {
            let session = database.as_user(*person, *workspace).await;
            let seen: Vec<Uuid> = session
                .query(
                    "select distinct workspace_id from public.customer_profiles",
                    &[],
                )
                .await
                .unwrap()
                .iter()
                .map(|row| row.get(0))
                .collect();
            assert_eq!(seen, [*workspace], "person {number} with {mode:?} grants");
        }

        // A forged workspace in the claims of somebody who is no member of it opens nothing.
        let forged = json!({"sub": people[0].0, "role": "authenticated", "app_metadata": {"workspace_id": people[1].1}});
        let session = database.as_role("authenticated", &forged).await;
        let seen: i64 = value(
            &session,
            &format!(
                "select count(*) from public.customer_profiles where workspace_id = '{}'",
                people[1].1
            ),
        )
        .await;
        assert_eq!(seen, 0, "a forged claim with {mode:?} grants");
    }
}
