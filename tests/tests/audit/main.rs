//! The audit: every change is on record with who made it, without secrets; nobody forges or deletes it; and what was
//! edited, removed or inserted behind its back shows.

mod chain;

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
