//! Nothing of one workspace is visible to another, read from the catalog: every table, partition, view, sequence and
//! function, so that what is added tomorrow is tried too.
//!
//! Two workspaces are filled with a row in every table; then a member of the second, an owner there, tries everything on
//! the first.

use std::collections::BTreeMap;

use romashka_tests::{Outcome, Role, Session, Table, TestDatabase, code_of, try_statement, value};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

/// Tables without `workspace_id`, and why nothing of a tenant leaks through them.
const WITHOUT_WORKSPACE: &[(&str, &str)] = &[
    (
        "workspaces",
        "the tenant itself: its id is the key, tried below",
    ),
    (
        "profiles",
        "people, global: seen by themselves and by members of a common workspace, tried below",
    ),
    (
        "schema_migrations",
        "a control table of the installation; holds nothing of a tenant",
    ),
];

/// What a visitor who is not signed in may read.
const OPEN_TO_ANON: &[&str] = &["system_settings"];

struct Tenants {
    database: TestDatabase,
    /// The workspace whose rows must stay unseen, and its owner.
    acme: (Uuid, Uuid),
    /// The workspace of the intruder, who owns it.
    rival: (Uuid, Uuid),
    tables: BTreeMap<String, Table>,
}

async fn tenants() -> Tenants {
    let database = TestDatabase::new().await;
    let acme = database.create_workspace("acme").await;
    let rival = database.create_workspace("rival").await;
    let ann = database.create_person(acme, Role::Owner).await;
    let eve = database.create_person(rival, Role::Owner).await;
    database.fill_workspace(acme, ann).await;
    database.fill_workspace(rival, eve).await;
    let tables = database.tables().await;
    Tenants {
        database,
        acme: (acme, ann),
        rival: (rival, eve),
        tables,
    }
}

impl Tenants {
    /// A transaction of somebody who is not of acme, whatever he claims.
    async fn intruders(&self) -> Vec<(&'static str, Session)> {
        let (acme, _) = self.acme;
        let (rival, eve) = self.rival;
        let stranger = self.database.create_account("stranger@example.test").await;
        vec![
            (
                "the owner of the other workspace",
                self.database.as_user(eve, rival).await,
            ),
            (
                "the same, who names the foreign workspace",
                self.database.as_user(eve, acme).await,
            ),
            (
                "a member of nothing",
                self.database.as_user(stranger, acme).await,
            ),
            (
                "a key of the other workspace",
                self.database
                    .as_role(
                        "authenticated",
                        &json!({"role": "authenticated", "app_metadata": {"workspace_id": rival, "actor": "api", "workspace_role": "owner"}}),
                    )
                    .await,
            ),
            (
                "no context",
                self.database.as_role("authenticated", &json!({})).await,
            ),
            ("a role without claims", self.bare("authenticated").await),
            (
                "anon that claims to be the owner",
                self.database
                    .as_role(
                        "anon",
                        &json!({"role": "anon", "sub": self.acme.1, "app_metadata": {"workspace_id": acme}}),
                    )
                    .await,
            ),
        ]
    }

    /// A transaction that took a request's role and nothing else.
    async fn bare(&self, role: &str) -> Session {
        let session = self.database.as_role(role, &json!({})).await;
        session
            .batch_execute("rollback; begin")
            .await
            .expect("a new transaction");
        session
            .batch_execute(&format!("set local role {role}"))
            .await
            .expect("the role");
        session
    }

    /// The SQL condition that names acme's rows of a table.
    fn of_acme(&self, table: &Table) -> String {
        let column = if table.is_tenant {
            "workspace_id"
        } else {
            "id"
        };
        let id = if table.name == "profiles" {
            self.acme.1
        } else {
            self.acme.0
        };
        format!("{column} = '{id}'")
    }

    fn walked(&self) -> impl Iterator<Item = &Table> {
        self.tables
            .values()
            .filter(|table| table.name != "schema_migrations")
    }

    /// Everything acme has, as text.
    async fn picture(&self) -> BTreeMap<String, String> {
        let mut picture = BTreeMap::new();
        for table in self.walked() {
            let sql = format!(
                "select coalesce(string_agg(to_jsonb(t)::text, E'\\n' order by to_jsonb(t)::text), '') from public.{} as t where {}",
                table.name,
                self.of_acme(table)
            );
            picture.insert(
                table.name.clone(),
                value::<String>(self.database.owner(), &sql).await,
            );
        }
        picture
    }
}

#[tokio::test]
async fn every_table_has_a_workspace_or_a_reason() {
    let database = TestDatabase::new().await;
    for table in database
        .tables()
        .await
        .values()
        .filter(|table| !table.is_tenant)
    {
        assert!(
            WITHOUT_WORKSPACE
                .iter()
                .any(|(name, _)| *name == table.name),
            "public.{} has no workspace_id",
            table.name
        );
    }
    for (name, reason) in WITHOUT_WORKSPACE {
        let gone: bool = value(
            database.owner(),
            &format!("select to_regclass('public.{name}') is null"),
        )
        .await;
        assert!(!gone, "public.{name} is no table any more ({reason})");
    }
}

#[tokio::test]
async fn no_row_of_another_workspace_is_seen_or_changed() {
    let tenants = tenants().await;
    let before = tenants.picture().await;
    let mut wrong = Vec::new();
    for table in tenants.walked() {
        assert!(
            !before[&table.name].is_empty(),
            "public.{} has no row that could be seen",
            table.name
        );
    }
    for (who, session) in tenants.intruders().await {
        for table in tenants.walked() {
            let (name, mine) = (&table.name, tenants.of_acme(table));
            let row = before[name].lines().next().unwrap_or_default();
            let column = if table.is_tenant {
                "workspace_id"
            } else {
                "id"
            };
            let attempts = [
                format!("select from public.{name} where {mine}"),
                format!("update public.{name} set {column} = {column} where {mine}"),
                format!("delete from public.{name} where {mine}"),
                table.insert_like(row),
                format!("update public.{name} set {column} = '{}'", tenants.acme.0),
                format!("truncate public.{name} cascade"),
            ];
            for sql in attempts {
                let outcome = try_statement(&session, &sql).await;
                // Refused by row security, a grant or a rule; never stopped by chance, as a duplicate key would be.
                let is_refusal = match &outcome {
                    Outcome::Rows(rows) => *rows == 0,
                    Outcome::Refused(code, _) => code == "42501" || code.starts_with("RM4"),
                };
                let is_public_setting =
                    OPEN_TO_ANON.contains(&name.as_str()) && sql.starts_with("select");
                if !is_refusal && !is_public_setting {
                    wrong.push(format!("{who}: {sql}: {outcome:?}"));
                }
            }
        }
        session.commit().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(before, tenants.picture().await);
}

/// The owner of the database is not bound by row security; the keys bind him too.
#[tokio::test]
async fn no_row_refers_to_a_row_of_another_workspace() {
    let tenants = tenants().await;
    let client = tenants.database.owner();
    let mut wrong = Vec::new();
    let mut tried = 0;
    client.batch_execute("begin").await.unwrap();
    for table in tenants.walked().filter(|table| table.is_tenant) {
        for (column, target) in table.references() {
            if target == "workspaces" {
                continue;
            }
            let id = if target == "workspace_members" {
                "user_id"
            } else {
                "id"
            };
            let sql = format!(
                "update public.{} set {column} = (select {id} from public.{target} where workspace_id = '{}' limit 1) where workspace_id = '{}'",
                table.name, tenants.acme.0, tenants.rival.0
            );
            // Deferred checks are made now.
            let outcome =
                try_statement(client, &format!("{sql}; set constraints all immediate")).await;
            tried += 1;
            if !matches!(outcome.code(), "23503" | "RM422" | "RM404" | "RM409") {
                wrong.push(format!("{sql}: {outcome:?}"));
            }
        }
    }
    client.batch_execute("rollback").await.unwrap();
    assert!(tried > 0, "there is no foreign key between tenant tables");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn anon_reads_public_settings_and_nothing_else() {
    let tenants = tenants().await;
    let session = tenants.database.as_anonymous().await;
    for name in tenants.tables.keys() {
        for command in ["select from", "delete from", "truncate"] {
            let outcome = try_statement(&session, &format!("{command} public.{name}")).await;
            if command == "select from" && OPEN_TO_ANON.contains(&name.as_str()) {
                assert_eq!(outcome.code(), "", "{name}: {outcome:?}");
            } else {
                assert_eq!(outcome.code(), "42501", "{command} {name}: {outcome:?}");
            }
        }
    }
    for name in OPEN_TO_ANON {
        let hidden: i64 = value(
            &session,
            &format!("select count(*) from public.{name} where not is_public"),
        )
        .await;
        assert_eq!(hidden, 0, "{name}");
    }
}

/// A login role for one test, gone with it: roles are the cluster's.
struct Login {
    name: String,
    client: Client,
}

impl Login {
    async fn member_of(database: &TestDatabase, group: &str) -> Login {
        let name = format!("login_{}", Uuid::new_v4().simple());
        database
            .owner()
            .batch_execute(&format!("create role {name} login in role {group}"))
            .await
            .unwrap();
        let client = database.connect().await;
        client
            .batch_execute(&format!("set session authorization {name}"))
            .await
            .unwrap();
        Login { name, client }
    }

    async fn end(self, database: &TestDatabase) {
        drop(self.client);
        database
            .owner()
            .batch_execute(&format!("drop role {}", self.name))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn forged_claims_of_a_sql_login_change_nothing() {
    let tenants = tenants().await;
    let login = Login::member_of(&tenants.database, "romashka_agent").await;
    let claims = json!({"sub": tenants.acme.1, "role": "service_role", "app_metadata": {"workspace_id": tenants.acme.0, "actor": "system", "workspace_role": "owner"}});
    // Also what begin_request would have looked up for them.
    let acme = tenants.acme.0;
    let forged = format!(
        "begin; set local request.jwt.claims = '{claims}'; set local romashka.context = '{claims}';
         set local romashka.workspaces = '{{{acme}}}|{{{acme}}}|{{{acme}}}|{{{acme}}}'"
    );
    for mapped in [false, true] {
        if mapped {
            let agent = tenants
                .database
                .create_person(tenants.rival.0, Role::Agent)
                .await;
            tenants
                .database
                .owner()
                .execute(
                    "insert into romashka.sql_logins (login, user_id, workspace_id) values ($1::text::name, $2, $3)",
                    &[&login.name, &agent, &tenants.rival.0],
                )
                .await
                .unwrap();
        }
        for context in ["begin", forged.as_str()] {
            login.client.batch_execute(context).await.unwrap();
            for table in tenants.walked() {
                let sql = format!(
                    "select from public.{} where {}",
                    table.name,
                    tenants.of_acme(table)
                );
                let outcome = try_statement(&login.client, &sql).await;
                assert!(outcome.is_nothing(), "{context}: {sql}: {outcome:?}");
            }
            let own = try_statement(&login.client, "select from public.conversations").await;
            assert_eq!(
                own,
                Outcome::Rows(u64::from(mapped)),
                "{context}: a login sees the rows of the person it stands for, once it stands for one"
            );
            for sql in [
                "set local role authenticated",
                "set local role service_role",
                "select * from romashka.sql_logins",
                "insert into romashka.sql_logins select current_user, id, gen_random_uuid() from public.profiles",
            ] {
                let outcome = try_statement(&login.client, sql).await;
                assert_eq!(outcome.code(), "42501", "{context}: {sql}: {outcome:?}");
            }
            login.client.batch_execute("rollback").await.unwrap();
        }
    }
    login.end(&tenants.database).await;
}

#[tokio::test]
async fn nobody_makes_himself_more_than_he_is() {
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    let other = database.create_workspace("rival").await;
    database.create_person(workspace, Role::Owner).await;
    for role in [Role::Viewer, Role::Agent, Role::Admin] {
        let person = database.create_person(workspace, role).await;
        let session = database.as_user(person, workspace).await;
        let mut attempts = vec![
            format!("update public.profiles set role = 'admin' where id = '{person}'"),
            format!(
                "update public.profiles set email = 'owner@example.test' where id = '{person}'"
            ),
            format!(
                "insert into public.workspace_members (workspace_id, user_id, role) values ('{other}', '{person}', 'owner')"
            ),
            format!(
                "update public.workspace_members set role = 'owner' where user_id = '{person}'"
            ),
            "update public.workspace_members set role = 'agent' where role = 'owner'".to_owned(),
            "delete from public.workspace_members where role = 'owner'".to_owned(),
            "select public.invite_member('friend@example.test', 'owner')".to_owned(),
            format!("select public.invite_member('friend@example.test', 'agent', '{other}')"),
        ];
        if role < Role::Admin {
            attempts.push(format!(
                "update public.workspace_members set role = 'admin' where user_id = '{person}'"
            ));
            attempts.push("select public.invite_member('friend@example.test', 'admin')".to_owned());
        }
        for sql in attempts {
            let outcome = try_statement(&session, &sql).await;
            assert!(
                outcome == Outcome::Rows(0)
                    || outcome.code() == "42501"
                    || outcome.code().starts_with("RM40"),
                "{role}: {sql}: {outcome:?}"
            );
        }
    }
    // The role in the profile is a word about a person, not a right.
    let viewer = database.create_person(workspace, Role::Viewer).await;
    database
        .owner()
        .execute(
            "update public.profiles set role = 'admin' where id = $1",
            &[&viewer],
        )
        .await
        .unwrap();
    let session = database.as_user(viewer, workspace).await;
    let outcome = try_statement(&session, "insert into public.teams (name) values ('night')").await;
    assert_eq!(outcome.code(), "42501", "{outcome:?}");
}

#[tokio::test]
async fn the_last_owner_stays() {
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    let owner = database.create_person(workspace, Role::Owner).await;
    let client = database.owner();
    for sql in [
        format!("delete from public.workspace_members where user_id = '{owner}'"),
        format!("update public.workspace_members set role = 'admin' where user_id = '{owner}'"),
        format!("update public.workspace_members set status = 'removed' where user_id = '{owner}'"),
    ] {
        assert_eq!(code_of(client, &sql).await, "RM422", "{sql}");
    }
    database.create_person(workspace, Role::Owner).await;
    let sql = format!("delete from public.workspace_members where user_id = '{owner}'");
    assert_eq!(code_of(client, &sql).await, "");
}

#[tokio::test]
async fn partitions_sequences_and_views_are_no_way_around() {
    let tenants = tenants().await;
    let client = tenants.database.owner();
    let names = "select format('%I.%I', n.nspname, c.relname), c.relkind::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'romashka', 'romashka_numbers', 'romashka_partitions')
          and (c.relispartition and c.relkind = 'r' or c.relkind in ('S', 'v', 'm') or n.nspname = 'romashka' and c.relkind = 'r')
          and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') order by 1";
    let found = client.query(names, &[]).await.unwrap();
    assert!(
        found.iter().any(|row| row.get::<_, &str>(1) == "r")
            && found.iter().any(|row| row.get::<_, &str>(1) == "S"),
        "there are partitions and sequences"
    );
    for (who, session) in tenants.intruders().await {
        for row in &found {
            let (name, kind): (&str, &str) = (row.get(0), row.get(1));
            let attempts = match kind {
                "S" => vec![
                    format!("select nextval('{name}')"),
                    format!("select setval('{name}', 1)"),
                    format!("select from {name}"),
                ],
                "r" => vec![format!("select from {name}"), format!("delete from {name}")],
                _ => vec![format!(
                    "select from {name} where workspace_id = '{}'",
                    tenants.acme.0
                )],
            };
            for sql in attempts {
                let outcome = try_statement(&session, &sql).await;
                let expected = if matches!(kind, "v" | "m") {
                    outcome.is_nothing()
                } else {
                    outcome.code() == "42501"
                };
                assert!(expected, "{who}: {sql}: {outcome:?}");
            }
        }
    }
}

/// A helper that ran for each row would cost a thousand times as much, and nobody would see it in a small test.
#[tokio::test]
async fn helpers_of_policies_run_once_per_statement() {
    let tenants = tenants().await;
    let session = tenants
        .database
        .as_user(tenants.rival.1, tenants.rival.0)
        .await;
    for name in tenants.tables.keys() {
        let sql = format!("explain (costs off, verbose) select 1 from public.{name}");
        if try_statement(&session, &sql).await.code() == "42501" {
            assert!(
                ["idempotency_keys", "schema_migrations"].contains(&name.as_str()),
                "members may not read {name}"
            );
            continue;
        }
        let plan = session.query(&sql, &[]).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        for line in plan
            .lines()
            .filter(|line| line.contains("Filter:") || line.contains("Cond:"))
        {
            assert!(
                !["romashka.", "current_setting(", "current_user_id("]
                    .iter()
                    .any(|helper| line.contains(helper)),
                "public.{name} calls a helper for each row:\n{plan}"
            );
        }
    }
}

/// What `begin_request` looked up holds for the claims it was looked up for, and as long as nobody's membership changes.
#[tokio::test]
async fn memberships_are_remembered_for_one_request_alone() {
    let tenants = tenants().await;
    let (acme, rival) = (tenants.acme, tenants.rival);
    let database = &tenants.database;
    let seen = "select coalesce(array_agg(distinct workspace_id), '{}') from public.conversations";
    let session = database.as_user(rival.1, rival.0).await;
    let remembered: bool = value(
        &session,
        "select current_setting('romashka.context') = current_setting('request.jwt.claims')",
    )
    .await;
    assert!(remembered);
    assert_eq!(value::<Vec<Uuid>>(&session, seen).await, [rival.0]);
    // Other claims within the transaction, with and without begin_request.
    let other = json!({"sub": acme.1, "role": "authenticated"});
    session
        .batch_execute(&format!("set local request.jwt.claims = '{other}'"))
        .await
        .expect("other claims");
    assert_eq!(value::<Vec<Uuid>>(&session, seen).await, [acme.0]);
    session
        .batch_execute(&format!(
            "set local role none; select romashka.begin_request('authenticated', '{}')",
            json!({"sub": rival.1, "role": "authenticated"})
        ))
        .await
        .expect("another request");
    assert_eq!(value::<Vec<Uuid>>(&session, seen).await, [rival.0]);
    session
        .batch_execute("set local request.jwt.claims = ''")
        .await
        .expect("no claims");
    assert_eq!(value::<Vec<Uuid>>(&session, seen).await, Vec::<Uuid>::new());
    session.rollback().await;

    // Whoever is put out, or made less, is so in the same transaction, and a savepoint that is rolled back brings him back.
    let person = database.create_person(rival.0, Role::Admin).await;
    let client = database.connect().await;
    let begin = format!(
        "set local role none; select romashka.begin_request('authenticated', '{}')",
        json!({"sub": person, "role": "authenticated"})
    );
    client
        .batch_execute(&format!("begin; {begin}; savepoint a; set local role none; update public.workspace_members set role = 'viewer' where user_id = '{person}'; set local role authenticated"))
        .await
        .expect("made less");
    let may: bool = value(
        &client,
        &format!(
            "select '{}' = any (romashka.workspaces_of_request('admin'))",
            rival.0
        ),
    )
    .await;
    assert!(!may);
    client
        .batch_execute(&format!("set local role none; delete from public.workspace_members where user_id = '{person}'; set local role authenticated"))
        .await
        .expect("put out");
    assert_eq!(value::<Vec<Uuid>>(&client, seen).await, Vec::<Uuid>::new());
    client
        .batch_execute("rollback to savepoint a")
        .await
        .expect("undone");
    assert_eq!(value::<Vec<Uuid>>(&client, seen).await, [rival.0]);
    client.batch_execute("commit").await.expect("commit");
    let left: Option<String> = value(
        &client,
        "select nullif(current_setting('romashka.context', true), '')",
    )
    .await;
    assert_eq!(left, None, "it ends with the transaction");
}
