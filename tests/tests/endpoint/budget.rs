//! What a language model may use, in the database: its key is an envelope, and its day's budget holds however many ask at once.

use romashka_tests::{TestDatabase, explain, value};
use tokio_postgres::Client;
use uuid::Uuid;

async fn run(client: &Client, sql: &str) {
    client
        .batch_execute(sql)
        .await
        .unwrap_or_else(|error| panic!("{}\n{sql}", explain(&error)));
}

/// A workspace whose endpoint may use so many tokens a day.
async fn workspace(database: &TestDatabase, daily_tokens: i64) -> Uuid {
    let workspace = database.create_workspace("acme").await;
    run(
        database.owner(),
        &format!(
            "insert into public.ai_endpoints (workspace_id, base_url, model, daily_tokens) values ('{workspace}', 'https://llm.example.test/v1', 'small', {daily_tokens})"
        ),
    )
    .await;
    workspace
}

async fn reserve(client: &Client, workspace: Uuid, tokens: i64, cost: &str) -> Option<Uuid> {
    client
        .query_one(
            &format!("select romashka.reserve_tokens('{workspace}', {tokens}, {cost})"),
            &[],
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)))
        .get(0)
}

async fn settle(client: &Client, workspace: Uuid, call: Uuid, tokens: i64, cost: &str) -> bool {
    value(
        client,
        &format!("select romashka.settle_tokens('{call}', '{workspace}', {tokens}, {cost})"),
    )
    .await
}

/// Calls, tokens used and reserved, cost used and reserved.
async fn usage(client: &Client) -> String {
    value(
        client,
        "select concat_ws(' ', calls, tokens_used, tokens_reserved, cost_used, cost_reserved) from romashka.ai_usage",
    )
    .await
}

#[tokio::test]
async fn the_budget_of_a_day_holds_however_many_ask_at_once() {
    let database = TestDatabase::new().await;
    let workspace = workspace(&database, 1000).await;
    let mut callers = Vec::new();
    for _ in 0..20 {
        let client = database.connect().await;
        callers.push(tokio::spawn(async move {
            let call = reserve(&client, workspace, 100, "0").await?;
            // Every second one uses less than it reserved.
            let used = if call.as_u128() % 2 == 0 { 100 } else { 40 };
            assert!(settle(&client, workspace, call, used, "0").await);
            assert!(
                !settle(&client, workspace, call, used, "0").await,
                "a call is settled once"
            );
            Some(used)
        }));
    }
    let (mut calls, mut used) = (0, 0);
    for caller in callers {
        if let Some(tokens) = caller.await.expect("a caller") {
            calls += 1;
            used += tokens;
        }
    }
    assert!(calls >= 10, "{calls}");
    assert!(used <= 1000, "{used}");
    assert_eq!(
        usage(database.owner()).await,
        format!("{calls} {used} 0 0 0")
    );
    // What is left is given out to its last token, and no further.
    let left = 1000 - used;
    let owner = database.owner();
    assert_eq!(reserve(owner, workspace, left + 1, "0").await, None);
    if left > 0 {
        assert!(reserve(owner, workspace, left, "0").await.is_some());
        assert_eq!(reserve(owner, workspace, 1, "0").await, None);
    }
}

#[tokio::test]
async fn a_call_that_never_came_back_counts_in_full() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    let workspace = workspace(&database, 1000).await;
    let lost = reserve(owner, workspace, 700, "0.5").await.expect("a call");
    assert_eq!(usage(owner).await, "0 0 700 0 0.5");
    assert_eq!(reserve(owner, workspace, 400, "0").await, None);
    run(
        owner,
        "update romashka.ai_reservations set expires_at = now() - interval '1 second'",
    )
    .await;
    assert_eq!(reserve(owner, workspace, 400, "0").await, None);
    assert_eq!(usage(owner).await, "0 700 0 0.5 0.0");
    assert!(
        !settle(owner, workspace, lost, 10, "0").await,
        "it was counted already"
    );
    assert!(reserve(owner, workspace, 300, "0").await.is_some());
}

#[tokio::test]
async fn the_cost_of_a_day_is_a_limit_of_its_own() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    let workspace = workspace(&database, 1_000_000).await;
    run(owner, "update public.ai_endpoints set daily_cost = 1").await;
    let call = reserve(owner, workspace, 10, "0.75").await.expect("a call");
    assert_eq!(reserve(owner, workspace, 10, "0.5").await, None);
    assert!(settle(owner, workspace, call, 10, "0.25").await);
    assert!(reserve(owner, workspace, 10, "0.75").await.is_some());
    // One that is off, or is not there, is asked nothing.
    run(
        owner,
        "update public.ai_endpoints set daily_cost = null, is_enabled = false",
    )
    .await;
    assert_eq!(reserve(owner, workspace, 10, "0").await, None);
    run(owner, "delete from public.ai_endpoints").await;
    assert_eq!(reserve(owner, workspace, 10, "0").await, None);
}

#[tokio::test]
async fn its_key_is_an_envelope_and_its_address_one_of_the_web() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    workspace(&database, 1000).await;
    for (change, constraint) in [
        ("api_key = 'sk-plain'", "ai_endpoints_api_key_check"),
        (
            "base_url = 'file:///etc/passwd'",
            "ai_endpoints_base_url_check",
        ),
        (
            "base_url = 'https://name:word@llm.example.test/v1'",
            "ai_endpoints_base_url_check",
        ),
        ("daily_tokens = -1", "ai_endpoints_daily_tokens_check"),
        (
            "total_timeout_seconds = 60",
            "ai_endpoints_total_timeout_seconds_check",
        ),
    ] {
        let refused = owner
            .batch_execute(&format!("update public.ai_endpoints set {change}"))
            .await
            .expect_err(change);
        assert_eq!(
            refused.as_db_error().and_then(|error| error.constraint()),
            Some(constraint)
        );
    }
}

#[tokio::test]
async fn what_may_use_a_share_leaves_the_rest() {
    let database = TestDatabase::new().await;
    let workspace = workspace(&database, 1000).await;
    let owner = database.owner();
    let of_half = format!("select romashka.reserve_tokens('{workspace}', 300, 0, 0.5)");
    assert!(value::<Option<Uuid>>(owner, &of_half).await.is_some());
    assert!(value::<Option<Uuid>>(owner, &of_half).await.is_none());
    assert!(reserve(owner, workspace, 700, "0").await.is_some());
}
