//! The chain over the audit: what was touched behind its back shows.

use super::*;

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
