//! Who may do what, tried and not read off the grants: each role runs each command on each table, and calls each function,
//! in a savepoint that is rolled back. The result is `docs/permissions.md`, which reviewers read in every change.

use std::fmt::Write as _;

use romashka_tests::{
    Outcome, Role, Session, Table, TestDatabase, compare_page, explain, try_statement, value,
};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

const ABOUT: &str = "# Permissions

Written by `tests/tests/permissions.rs`, which carries out what it says; `make generate` writes it anew.

Columns: `anon` is not signed in; `stranger` is signed in and a member of nothing; `viewer`, `agent`, `admin` and `owner`
are members (role `authenticated`); `service_role` is the server itself; `sql agent` and `sql admin` log in to SQL as
members of `romashka_agent` and `romashka_admin`; `no role` is a login with no grant at all.

Letters: **s** reads a row of the workspace, **i** inserts one, **u** updates every column but those that never change,
**c** updates certain columns only, **d** deletes, **t** truncates. Row security stands behind each of them: nobody but
`service_role` reaches another workspace's rows (`tests/tests/isolation.rs`).
";

enum Actor {
    Request(Session),
    Login(Client),
}

impl Actor {
    fn client(&self) -> &Client {
        match self {
            Actor::Request(session) => session,
            Actor::Login(client) => client,
        }
    }
}

struct Stage {
    database: TestDatabase,
    workspace: Uuid,
    actors: Vec<(&'static str, Actor)>,
    logins: Vec<String>,
}

async fn stage() -> Stage {
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    let owner = database.create_person(workspace, Role::Owner).await;
    database.fill_workspace(workspace, owner).await;
    let stranger = database.create_account("stranger@example.test").await;
    let mut actors = vec![
        ("anon", Actor::Request(database.as_anonymous().await)),
        (
            "stranger",
            Actor::Request(database.as_user(stranger, workspace).await),
        ),
    ];
    for role in Role::ALL {
        let person = database.create_person(workspace, role).await;
        actors.push((
            role.name(),
            Actor::Request(database.as_user(person, workspace).await),
        ));
    }
    let service = json!({"role": "service_role", "app_metadata": {"workspace_id": workspace}});
    actors.push((
        "service_role",
        Actor::Request(database.as_role("service_role", &service).await),
    ));
    let mut logins = Vec::new();
    for (name, group, role) in [
        ("sql agent", Some("romashka_agent"), Role::Agent),
        ("sql admin", Some("romashka_admin"), Role::Admin),
        ("no role", None, Role::Viewer),
    ] {
        let login = format!("login_{}", Uuid::new_v4().simple());
        let made = format!(
            "create role {login} login {}",
            group.map_or(String::new(), |group| format!("in role {group}"))
        );
        database.owner().batch_execute(&made).await.unwrap();
        if group.is_some() {
            let person = database.create_person(workspace, role).await;
            database
                .owner()
                .execute(
                    "insert into romashka.sql_logins (login, user_id, workspace_id) values ($1::text::name, $2, $3)",
                    &[&login, &person, &workspace],
                )
                .await
                .unwrap();
        }
        let client = database.connect().await;
        client
            .batch_execute(&format!("set session authorization {login}; begin"))
            .await
            .unwrap();
        actors.push((name, Actor::Login(client)));
        logins.push(login);
    }
    Stage {
        database,
        workspace,
        actors,
        logins,
    }
}

impl Stage {
    async fn end(self) {
        drop(self.actors);
        for login in &self.logins {
            self.database
                .owner()
                .batch_execute(&format!("drop role {login}"))
                .await
                .unwrap();
        }
    }

    fn rows_of(&self, table: &Table) -> String {
        match table.name.as_str() {
            _ if table.is_tenant => format!("workspace_id = '{}'", self.workspace),
            "workspaces" => format!("id = '{}'", self.workspace),
            _ => "true".to_owned(),
        }
    }

    async fn cell(&self, client: &Client, table: &Table, row: &str) -> String {
        let (name, rows) = (&table.name, self.rows_of(table));
        let mut cell = String::new();
        let selected =
            try_statement(client, &format!("select from public.{name} where {rows}")).await;
        if !selected.is_nothing() {
            cell.push('s');
        }
        // Past row security and grants: what a key or a check says then is not about permission.
        let passed = |outcome: &Outcome| {
            !outcome.is_nothing() || outcome.code().starts_with("23") && outcome.code() != "23514"
        };
        if passed(&try_statement(client, &table.insert_like(row)).await) {
            cell.push('i');
        }
        let mut updated = 0;
        let mut tried = 0;
        for column in table
            .columns
            .iter()
            .filter(|column| !NEVER_UPDATED.contains(&column.name.as_str()))
        {
            tried += 1;
            let sql = format!(
                "update public.{name} set {0} = {0} where {rows}",
                column.name
            );
            updated += usize::from(passed(&try_statement(client, &sql).await));
        }
        if updated > 0 {
            cell.push(if updated == tried { 'u' } else { 'c' });
        }
        if passed(&try_statement(client, &format!("delete from public.{name} where {rows}")).await)
        {
            cell.push('d');
        }
        if try_statement(client, &format!("truncate public.{name} cascade"))
            .await
            .code()
            .is_empty()
        {
            cell.push('t');
        }
        if cell.is_empty() {
            cell.push('–');
        }
        cell
    }
}

/// Where a row is and what it is.
const NEVER_UPDATED: &[&str] = &["id", "workspace_id", "created_at"];

fn heading(first: &str, actors: &[(&'static str, Actor)]) -> String {
    let names: Vec<&str> = actors.iter().map(|(name, _)| *name).collect();
    format!(
        "| {first} | {} |\n|---|{}\n",
        names.join(" | "),
        "---|".repeat(names.len())
    )
}

#[tokio::test]
async fn the_committed_permissions_are_what_each_role_can_do() {
    let stage = stage().await;
    let mut page = format!("{ABOUT}\n## Tables\n\n{}", heading("table", &stage.actors));
    for table in stage.database.tables().await.values() {
        let sql = format!(
            "select to_jsonb(t)::text from public.{} as t where {} limit 1",
            table.name,
            stage.rows_of(table)
        );
        let row: String = value(stage.database.owner(), &sql).await;
        write!(page, "| `{}` |", table.name).unwrap();
        for (_, actor) in &stage.actors {
            let cell = stage.cell(actor.client(), table, &row).await;
            write!(page, " {cell} |").unwrap();
        }
        page.push('\n');
    }

    page.push_str("\n## Functions\n\n**x**: may call it; what it then does is for its own checks to say. Triggers and helpers that nobody may call are left out.\n\n");
    page.push_str(&heading("function", &stage.actors));
    let functions = stage
        .database
        .owner()
        .query(FUNCTIONS, &[])
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    for function in functions {
        let (name, call): (&str, &str) = (function.get(0), function.get(1));
        let mut line = format!("| `{name}` |");
        for (_, actor) in &stage.actors {
            let outcome = try_statement(actor.client(), call).await;
            let is_closed = matches!(&outcome, Outcome::Refused(code, said)
                if code == "42501" && (said.contains("permission denied for function") || said.contains("permission denied for schema")));
            line.push_str(if is_closed { " – |" } else { " x |" });
        }
        // service_role and the owner of the database alone are not worth a line for a helper of triggers.
        if line.contains(" x |") {
            page.push_str(&line);
            page.push('\n');
        }
    }
    stage.end().await;
    compare_page("docs/permissions.md", &page);
}

/// A call with nulls: what is refused for want of permission is refused before the function runs.
const FUNCTIONS: &str = r"
select p.oid::regprocedure::text,
       format('select from %I.%I(%s)', n.nspname, p.proname,
              (select string_agg(case when p.provariadic <> 0 and u.o = p.pronargs then 'variadic ' else '' end || 'null::' || format_type(u.t, null), ', ' order by u.o)
                 from unnest(p.proargtypes) with ordinality as u (t, o)))
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
 where n.nspname in ('public', 'romashka') and p.prokind = 'f' and p.prorettype <> 'trigger'::regtype
   and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
 order by n.nspname, 1";
