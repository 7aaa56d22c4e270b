//! The audit: every change is on record with who made it, without secrets; nobody forges or deletes it; and what was
//! edited, removed or inserted behind its back shows.

use romashka_tests::{Role, TestDatabase, explain, value};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}\n{}", explain(&error));
    }
}

async fn refusal(client: &Client, sql: &str) -> String {
    match client.batch_execute(sql).await {
        Ok(()) => panic!("accepted: {sql}"),
        Err(error) => error
            .code()
            .map(|code| code.code().to_owned())
            .unwrap_or_else(|| error.to_string()),
    }
}

struct Entry {
    action: String,
    entity_id: Option<Uuid>,
    changes: Option<Value>,
    user_id: Option<Uuid>,
    actor_kind: String,
    actor_id: Option<Uuid>,
    address: Option<String>,
    program: Option<String>,
}

/// What is on record of a table, oldest first.
async fn entries(client: &Client, table: &str) -> Vec<Entry> {
    client
        .query(
            "select action, entity_id, changes, user_id, actor_kind, actor_id, host(ip_address), user_agent from public.audit_logs where entity_type = $1 order by sequence",
            &[&table],
        )
        .await
        .unwrap()
        .iter()
        .map(|row| Entry {
            action: row.get(0),
            entity_id: row.get(1),
            changes: row.get(2),
            user_id: row.get(3),
            actor_kind: row.get(4),
            actor_id: row.get(5),
            address: row.get(6),
            program: row.get(7),
        })
        .collect()
}

#[tokio::test]
async fn a_change_is_recorded_with_what_changed_and_no_more() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(client, "insert into public.sla_policies (name, first_response_seconds) values ('one', 60), ('two', 120)").await;
    run(client, "update public.sla_policies set first_response_seconds = 90, description = null where name = 'one'").await;
    // Nothing but the time, and nothing at all.
    run(
        client,
        "update public.sla_policies set updated_at = now() + interval '1 hour' where name = 'one'",
    )
    .await;
    run(client, "update public.sla_policies set name = name").await;
    run(client, "update public.sla_policies set position = 7").await;
    run(client, "delete from public.sla_policies where name = 'two'").await;
    let seen = entries(client, "sla_policies").await;
    let actions: Vec<&str> = seen.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(
        actions,
        ["INSERT", "INSERT", "UPDATE", "UPDATE", "UPDATE", "DELETE"]
    );
    let image = seen[0].changes.as_ref().unwrap();
    assert_eq!(
        (&image["name"], &image["first_response_seconds"]),
        (&json!("one"), &json!(60))
    );
    assert_eq!(
        seen[0].entity_id.map(|id| id.to_string()),
        image["id"].as_str().map(str::to_owned)
    );
    assert_eq!(
        seen[2].changes,
        Some(json!({"first_response_seconds": {"from": 60, "to": 90}}))
    );
    assert_eq!(
        seen[3].changes,
        Some(json!({"position": {"from": 100, "to": 7}}))
    );
    assert_eq!(seen[5].changes.as_ref().unwrap()["name"], "two");
    assert_eq!(
        (seen[2].user_id, seen[2].actor_kind.as_str()),
        (None, "system")
    );

    run(client, "truncate public.saved_views").await;
    let seen = entries(client, "saved_views").await;
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (seen[0].action.as_str(), seen[0].entity_id),
        ("TRUNCATE", None)
    );
}

#[tokio::test]
async fn every_table_that_people_change_is_audited() {
    let database = TestDatabase::new().await;
    // What is not: figures, queues, the ledger and the audit itself; messages and conversations row by row.
    let sql = "select c.relname::text from pg_class c
                where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                  and has_table_privilege('authenticated', c.oid, 'UPDATE')
                  and not exists (select from pg_trigger g where g.tgrelid = c.oid and g.tgname like '%\\_90\\_audit\\_%') order by 1";
    let missing: Vec<String> = database
        .owner()
        .query(sql, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    let meant = [
        "agent_availability",
        "conversation_analytics",
        "conversation_context",
        "conversation_reads",
        "extracted_content",
        "knowledge_analytics",
        "workflow_executions",
        "event_cursors",
        "playground_sessions",
        "realtime_metrics",
    ];
    let unmeant: Vec<&String> = missing
        .iter()
        .filter(|table| !meant.contains(&table.as_str()))
        .collect();
    assert!(
        unmeant.is_empty(),
        "people change these and nobody records it: {unmeant:?}"
    );
}

#[tokio::test]
async fn secrets_appear_as_changed() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let token: String = value(client, "select public.invite_member('new@example.test')").await;
    run(
        client,
        "update public.workspace_invitations set token_hash = sha256('other'), role = 'viewer'",
    )
    .await;
    let seen = entries(client, "workspace_invitations").await;
    assert_eq!(seen[0].changes.as_ref().unwrap()["token_hash"], "changed");
    assert_eq!(
        seen[1].changes,
        Some(json!({"token_hash": "changed", "role": {"from": "agent", "to": "viewer"}}))
    );
    let leaked: i64 = client
        .query_one(
            "select count(*) from public.audit_logs where changes::text like '%' || encode(sha256(convert_to($1, 'UTF8')), 'hex') || '%' or changes::text like '%' || $1 || '%'",
            &[&token],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(leaked, 0);
}

#[tokio::test]
async fn an_actor_is_named_also_one_without_a_profile() {
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    let ann = database.create_person(workspace, Role::Admin).await;
    let session = database.as_user(ann, workspace).await;
    run(&session, r#"set local request.headers = '{"x-forwarded-for": "203.0.113.7, 10.0.0.1", "user-agent": "a browser"}'"#).await;
    run(
        &session,
        "insert into public.sla_policies (name) values ('by a person')",
    )
    .await;
    session.commit().await;

    let ghost = Uuid::new_v4();
    let claims =
        json!({"sub": ghost, "role": "service_role", "app_metadata": {"workspace_id": workspace}});
    let session = database.as_role("service_role", &claims).await;
    run(
        &session,
        r#"set local request.headers = '{"x-forwarded-for": "no address"}'"#,
    )
    .await;
    run(
        &session,
        "insert into public.sla_policies (name) values ('by nobody known')",
    )
    .await;
    run(&session, "insert into public.conversations (status) values ('active'); update public.conversations set priority = 'high'").await;
    session.commit().await;

    let key = Uuid::new_v4();
    let claims = json!({"role": "service_role", "app_metadata": {"workspace_id": workspace, "actor": "api", "actor_id": key}});
    let session = database.as_role("service_role", &claims).await;
    run(
        &session,
        "insert into public.sla_policies (name) values ('by a key')",
    )
    .await;
    session.commit().await;

    let seen = entries(database.owner(), "sla_policies").await;
    assert_eq!(
        (
            seen[0].user_id,
            seen[0].actor_id,
            seen[0].actor_kind.as_str()
        ),
        (Some(ann), Some(ann), "agent")
    );
    assert_eq!(
        (seen[0].address.as_deref(), seen[0].program.as_deref()),
        (Some("203.0.113.7"), Some("a browser"))
    );
    assert_eq!(
        (
            seen[1].user_id,
            seen[1].actor_id,
            seen[1].address.as_deref()
        ),
        (None, Some(ghost), None)
    );
    assert_eq!(
        (
            seen[2].user_id,
            seen[2].actor_id,
            seen[2].actor_kind.as_str()
        ),
        (None, Some(key), "api")
    );
    let by_key: Uuid = value(
        database.owner(),
        "select api_key_id from public.audit_logs where api_key_id is not null",
    )
    .await;
    assert_eq!(by_key, key);
    let talk = entries(database.owner(), "conversations").await;
    assert_eq!((talk[0].user_id, talk[0].actor_id), (None, Some(ghost)));
    assert_eq!(
        talk[0].changes.as_ref().unwrap()["priority"],
        json!({"from": "normal", "to": "high"})
    );
}

#[tokio::test]
async fn nobody_forges_edits_or_deletes_it() {
    let database = TestDatabase::new().await;
    let workspace = database.default_workspace().await;
    let admin = database.create_person(workspace, Role::Owner).await;
    let forge =
        "insert into public.audit_logs (action, entity_type) values ('INSERT', 'conversations')";
    for change in [
        forge,
        "update public.audit_logs set action = 'nothing'",
        "delete from public.audit_logs",
        "truncate public.audit_logs",
        "delete from public.audit_seals",
        "update public.audit_seals set chain_position = 1",
    ] {
        for role in ["authenticated", "service_role"] {
            let session = database
                .as_role(role, &json!({"sub": admin, "role": role, "app_metadata": {"workspace_id": workspace}}))
                .await;
            assert_eq!(refusal(&session, change).await, "42501", "{role}: {change}");
        }
        let session = database.as_anonymous().await;
        assert_eq!(refusal(&session, change).await, "42501", "anon: {change}");
        if change.contains("audit_logs") {
            assert_eq!(
                refusal(database.owner(), change).await,
                "RM422",
                "the owner: {change}"
            );
        }
    }
    // A setting that the audit's own functions use opens nothing to those who have no right.
    let session = database.as_user(admin, workspace).await;
    assert_eq!(
        refusal(
            &session,
            "set local romashka.audit_work = 'retention'; delete from public.audit_logs"
        )
        .await,
        "42501"
    );
    drop(session);

    let session = database.as_user(admin, workspace).await;
    let made: Uuid = value(
        &session,
        "select record_audit('LOGIN', 'session', null, '{\"by\": \"password\"}')",
    )
    .await;
    session.commit().await;
    let row = database
        .owner()
        .query_one(
            "select user_id, actor_kind, changes from public.audit_logs where id = $1",
            &[&made],
        )
        .await
        .unwrap();
    assert_eq!(
        (
            row.get::<_, Uuid>(0),
            row.get::<_, &str>(1),
            row.get::<_, Value>(2)
        ),
        (admin, "agent", json!({"by": "password"}))
    );
    assert_eq!(
        refusal(
            database.owner(),
            "select record_audit('DELETE', 'conversations')"
        )
        .await,
        "RM400"
    );

    let agent = database.create_person(workspace, Role::Agent).await;
    let session = database.as_user(agent, workspace).await;
    assert_eq!(
        value::<i64>(&session, "select count(*) from public.audit_logs").await,
        0,
        "admins alone read it"
    );
}

async fn problems(client: &Client) -> Vec<(String, Option<i64>)> {
    client
        .query("select problem, chain_position from public.verify_audit_chain(romashka.default_workspace_id()) order by chain_position, problem", &[])
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)))
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect()
}

/// Does something that triggers would refuse, as somebody with the owner's rights would.
async fn behind_its_back(client: &Client, sql: &str) {
    run(
        client,
        &format!("set session_replication_role = replica; {sql}; reset session_replication_role"),
    )
    .await;
}

/// Seals until nothing waits. Transactions of other databases of the server count as running, too.
async fn seal(client: &Client) -> i64 {
    let mut sealed = 0;
    for _ in 0..400 {
        sealed += value::<i64>(client, "select seal_audit_logs()").await;
        let waiting: i64 = value(
            client,
            "select count(*) from public.audit_logs where chain_position is null",
        )
        .await;
        if waiting == 0 {
            return sealed;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("something has been waiting to be sealed for twenty seconds");
}

async fn sealed(client: &Client) {
    run(client, "insert into public.sla_policies (name) select 'policy ' || n from generate_series(1, 20) as n").await;
    assert!(seal(client).await >= 20);
    assert_eq!(problems(client).await, []);
}

#[tokio::test]
async fn an_edit_a_removal_and_an_insertion_show() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    sealed(client).await;
    let last: i64 = value(client, "select max(chain_position) from public.audit_logs").await;

    run(client, "begin").await;
    behind_its_back(
        client,
        "update public.audit_logs set changes = '{\"name\": \"other\"}' where chain_position = 7",
    )
    .await;
    assert_eq!(problems(client).await, [("edited".to_owned(), Some(7))]);
    run(client, "rollback; begin").await;
    behind_its_back(client, "update public.audit_logs set created_at = created_at - interval '1 second' where chain_position = 8").await;
    assert_eq!(problems(client).await, [("edited".to_owned(), Some(8))]);
    run(client, "rollback; begin").await;
    behind_its_back(
        client,
        "delete from public.audit_logs where chain_position in (3, 4)",
    )
    .await;
    assert_eq!(problems(client).await, [("removed".to_owned(), Some(3))]);
    run(client, "rollback; begin").await;
    behind_its_back(
        client,
        &format!(
            "delete from public.audit_logs where chain_position > {}",
            last - 2
        ),
    )
    .await;
    assert_eq!(
        problems(client).await,
        [("removed".to_owned(), Some(last - 1))]
    );
    run(client, "rollback; begin").await;
    behind_its_back(
        client,
        "insert into public.audit_logs (workspace_id, action, entity_type, content_digest, chain_position, chain_hash)
         values (romashka.default_workspace_id(), 'LOGIN', 'session', sha256('x'), 5, sha256('y'))",
    )
    .await;
    assert_eq!(problems(client).await, [("inserted".to_owned(), Some(5))]);
    run(client, "rollback; begin").await;
    behind_its_back(
        client,
        "insert into public.audit_logs (workspace_id, action, entity_type, content_digest, chain_position, chain_hash)
         select workspace_id, 'LOGIN', 'session', sha256('x'), chain_position + 1, romashka.chain_hash(chain_hash, sha256('x'), chain_position + 1)
           from public.audit_logs order by chain_position desc nulls last limit 1",
    )
    .await;
    let found = problems(client).await;
    assert!(
        found.contains(&("inserted".to_owned(), Some(last + 1))),
        "{found:?}"
    );
    run(client, "rollback").await;
    assert_eq!(problems(client).await, []);
}

/// Whoever can compute the chain anew, seals and all, is found by a head that was kept elsewhere.
#[tokio::test]
async fn a_head_kept_elsewhere_proves_what_the_database_cannot() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    sealed(client).await;
    let head = client.query_one("select chain_position, chain_hash from public.audit_seals order by chain_position desc limit 1", &[]).await.unwrap();
    let (position, hash): (i64, Vec<u8>) = (head.get(0), head.get(1));
    behind_its_back(
        client,
        "update public.audit_logs set changes = '{\"name\": \"forged\"}' where chain_position = 2;
         update public.audit_logs set chain_position = null, chain_hash = null, content_digest = null; delete from public.audit_seals",
    )
    .await;
    seal(client).await;
    assert_eq!(
        problems(client).await,
        [],
        "the forged chain is consistent in itself"
    );
    let found = client
        .query("select problem from public.verify_audit_chain(romashka.default_workspace_id(), $1, $2)", &[&position, &hash])
        .await
        .unwrap();
    assert_eq!(
        found
            .iter()
            .map(|row| row.get::<_, String>(0))
            .collect::<Vec<_>>(),
        ["edited"]
    );
}

#[tokio::test]
async fn a_row_that_commits_late_is_sealed_all_the_same() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let slow = database.connect().await;
    run(
        &slow,
        "begin; insert into public.sla_policies (name) values ('slow')",
    )
    .await;
    run(
        client,
        "insert into public.sla_policies (name) values ('fast')",
    )
    .await;
    run(client, "select public.seal_audit_logs()").await;
    let waiting: i64 = value(client, "select count(*) from public.audit_logs where chain_position is null and entity_type = 'sla_policies'").await;
    assert_eq!(
        waiting, 1,
        "what is younger than a running transaction waits for it"
    );
    run(&slow, "commit").await;
    seal(client).await;
    let order: Vec<String> = client
        .query("select changes ->> 'name' from public.audit_logs where entity_type = 'sla_policies' order by chain_position", &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(order, ["slow", "fast"], "in the order of the transactions");
    assert_eq!(
        value::<i64>(
            client,
            "select count(*) from public.audit_logs where chain_position is null"
        )
        .await,
        0
    );
    assert_eq!(problems(client).await, []);
}

#[tokio::test]
async fn chains_of_workspaces_are_their_own() {
    let database = TestDatabase::new().await;
    let acme = database.create_workspace("acme").await;
    let client = database.owner();
    sealed(client).await;
    run(
        client,
        &format!(
            "insert into public.sla_policies (workspace_id, name) values ('{acme}', 'theirs')"
        ),
    )
    .await;
    assert_eq!(seal(client).await, 1);
    let first: i64 = client
        .query_one(
            "select min(chain_position) from public.audit_logs where workspace_id = $1",
            &[&acme],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(first, 1);
    assert_eq!(problems(client).await, []);
    let stranger = database
        .create_person(database.default_workspace().await, Role::Owner)
        .await;
    let session = database
        .as_user(stranger, database.default_workspace().await)
        .await;
    assert_eq!(
        refusal(
            &session,
            &format!("select public.verify_audit_chain('{acme}')")
        )
        .await,
        "RM404"
    );
}

#[tokio::test]
async fn somebody_leaves_and_the_record_stays() {
    let database = TestDatabase::new().await;
    let workspace = database.default_workspace().await;
    let ann = database.create_person(workspace, Role::Admin).await;
    let session = database.as_user(ann, workspace).await;
    run(
        &session,
        "insert into public.sla_policies (name) values ('hers')",
    )
    .await;
    session.commit().await;
    let client = database.owner();
    seal(client).await;
    run(
        client,
        &format!("delete from auth.users where id = '{ann}'"),
    )
    .await;
    let seen = entries(client, "sla_policies").await;
    assert_eq!((seen[0].user_id, seen[0].actor_id), (None, Some(ann)));
    assert_eq!(problems(client).await, []);
}

#[tokio::test]
async fn personal_data_goes_and_the_chain_holds() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let customer: Uuid = value(client, "insert into public.customer_profiles (name, email) values ('Ann Example', 'ann@example.test') returning id").await;
    run(client, &format!("insert into public.customer_identities (customer_id, channel_type, external_id) values ('{customer}', 'email', 'ann@example.test')")).await;
    seal(client).await;
    run(
        client,
        "update public.customer_profiles set name = 'Ann Other'",
    )
    .await;
    let rows: i32 = value(client, &format!("select romashka.redact_audit(romashka.default_workspace_id(), array['{customer}'::uuid])")).await;
    assert_eq!(
        rows, 3,
        "sealed or not, the person's own rows and those that name the person"
    );
    let left: i64 = value(
        client,
        "select count(*) from public.audit_logs where changes::text like '%Ann %' or changes::text like '%ann@%'",
    )
    .await;
    assert_eq!(left, 0);
    assert_eq!(problems(client).await, []);
    seal(client).await;
    assert_eq!(problems(client).await, []);
    // Without a record of it, taking something out is an edit.
    behind_its_back(
        client,
        "update public.audit_logs set changes = null, redacted_at = now() where chain_position = 1",
    )
    .await;
    assert_eq!(problems(client).await, [("edited".to_owned(), Some(1))]);
}

#[tokio::test]
async fn retention_takes_the_beginning_of_the_chain_and_obeys_legal_hold() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    sealed(client).await;
    let all: i64 = value(client, "select count(*) from public.audit_logs").await;
    // As if all but the last five had been written long ago.
    behind_its_back(
        client,
        "update public.audit_logs set chain_position = null, chain_hash = null, content_digest = null, created_at = created_at - interval '100 days'
           where chain_position <= (select max(chain_position) - 5 from public.audit_logs);
         update public.audit_logs set chain_position = null, chain_hash = null, content_digest = null; delete from public.audit_seals",
    )
    .await;
    seal(client).await;
    assert_eq!(problems(client).await, []);

    run(client, "update public.workspaces set legal_hold = true").await;
    let removed: Value = value(client, "select apply_retention()").await;
    assert_eq!(removed["audit_logs"], 0, "{removed}");
    run(client, "update public.workspaces set legal_hold = false").await;
    let removed: Value = value(client, "select apply_retention(10)").await;
    assert_eq!(removed["audit_logs"], 10, "{removed}");
    assert_eq!(problems(client).await, []);
    let removed: Value = value(client, "select apply_retention()").await;
    assert_eq!(removed["audit_logs"], all - 5 - 10, "{removed}");
    assert_eq!(problems(client).await, []);
    behind_its_back(
        client,
        &format!(
            "delete from public.audit_logs where chain_position = {}",
            all - 3
        ),
    )
    .await;
    assert_eq!(
        problems(client).await,
        [("removed".to_owned(), Some(all - 3))]
    );
}
