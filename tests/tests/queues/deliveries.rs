//! The way out: deliveries to channels, and webhooks to subscribers.

use super::*;

/// Messages of a conversation go out one after the other; a second conversation does not wait for the first.
#[tokio::test]
async fn deliveries_keep_the_order_of_their_conversation() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    queue_messages(client, 1, 3).await;
    queue_messages(client, 2, 1).await;
    let contents = |rows: Vec<tokio_postgres::Row>| -> BTreeSet<String> {
        rows.iter().map(|row| row.get(0)).collect()
    };
    let claim = "select m.conversation_id::text || ' ' || m.content from public.claim_deliveries(10) as d join public.messages as m on m.id = d.message_id";
    let first = contents(client.query(claim, &[]).await.unwrap());
    assert_eq!(
        first,
        BTreeSet::from([
            "00000000-0000-7000-8000-000000000001 1".to_owned(),
            "00000000-0000-7000-8000-000000000002 1".to_owned()
        ])
    );
    assert!(client.query(claim, &[]).await.unwrap().is_empty());
    // A failed attempt keeps its place: the second message does not overtake the first.
    run(client, "select public.fail_delivery(id, lease_id, '{\"code\": 130429}') from public.message_delivery_tracking where delivery_status = 'sending'").await;
    assert!(client.query(claim, &[]).await.unwrap().is_empty());
    run(
        client,
        "update public.message_delivery_tracking set next_attempt_at = now()",
    )
    .await;
    assert_eq!(contents(client.query(claim, &[]).await.unwrap()), first);
    run(client, "select public.complete_delivery(id, lease_id, 'wamid.' || id) from public.message_delivery_tracking where delivery_status = 'sending'").await;
    assert_eq!(
        contents(client.query(claim, &[]).await.unwrap()),
        BTreeSet::from(["00000000-0000-7000-8000-000000000001 2".to_owned()])
    );
}

/// Providers report late, twice and in any order. What is known only grows.
#[tokio::test]
async fn a_delivery_never_goes_backwards() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    queue_messages(client, 1, 2).await;
    run(
        client,
        "select public.complete_delivery(id, lease_id, 'wamid.1') from public.claim_deliveries()",
    )
    .await;
    let report = |status: &'static str| async move {
        run(
            client,
            &format!("select public.record_delivery_status('whatsapp', 'wamid.1', '{status}')"),
        )
        .await;
        let row = client
            .query_one(
                "select d.delivery_status, m.delivery_status, d.delivery_timestamp is not null from public.message_delivery_tracking as d join public.messages as m on m.id = d.message_id
                  where d.external_message_id = 'wamid.1'",
                &[],
            )
            .await
            .unwrap();
        (
            row.get::<_, String>(0),
            row.get::<_, String>(1),
            row.get::<_, bool>(2),
        )
    };
    let expect = |status: &str| (status.to_owned(), status.to_owned(), true);
    assert_eq!(report("delivered").await, expect("delivered"));
    assert_eq!(report("sent").await, expect("delivered"));
    assert_eq!(report("failed").await, expect("delivered"));
    assert_eq!(report("read").await, expect("read"));
    assert_eq!(report("delivered").await, expect("read"));
    run(client, "update public.message_delivery_tracking set delivery_status = 'queued' where external_message_id = 'wamid.1'").await;
    assert_eq!(report("read").await, expect("read"));
    let events: Vec<String> = client
        .query("select kind from public.events where kind in ('message.sent', 'message.delivered', 'message.read', 'message.failed') order by id", &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(
        events,
        ["message.sent", "message.delivered", "message.read"]
    );
    // One row a message and channel, and one message an id of the provider.
    assert_eq!(
        refusal(client, "insert into public.message_delivery_tracking (message_id, channel_type) select message_id, channel_type from public.message_delivery_tracking limit 1").await,
        "23505"
    );
    assert_eq!(
        refusal(client, "update public.message_delivery_tracking set external_message_id = 'wamid.1' where external_message_id is null").await,
        "23505"
    );
}

/// What a worker may have sent before it was lost is marked, so that nobody sends it again blindly.
#[tokio::test]
async fn a_delivery_that_may_have_been_sent_is_marked() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    queue_messages(client, 1, 1).await;
    let fresh: bool = value(
        client,
        "select is_uncertain from public.claim_deliveries(lease => '0 seconds')",
    )
    .await;
    assert!(!fresh);
    let again: bool = value(client, "select is_uncertain from public.claim_deliveries()").await;
    assert!(again);
    let refused: String = value(client, "select public.fail_delivery(id, lease_id, '{\"code\": 131026}', permanent => true) from public.message_delivery_tracking").await;
    assert_eq!(refused, "failed");
    let shown: String = value(client, "select delivery_status from public.messages").await;
    assert_eq!(shown, "failed");
    let replayed: i32 = value(
        client,
        "select public.replay_deliveries(since => '-infinity')",
    )
    .await;
    assert_eq!(replayed, 1);
    let again: i64 = value(client, "select count(*) from public.claim_deliveries()").await;
    assert_eq!(again, 1);
}

/// Every event of the ledger reaches every subscriber once, also those of transactions that commit late, whoever reads.
#[tokio::test]
async fn subscribers_get_each_event_once() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(
        client,
        "insert into public.webhook_subscriptions (event_type, webhook_url) values ('*', 'https://a.example.test/'), ('message.*', 'https://b.example.test/'), ('message.created', 'https://c.example.test/'),
           ('message.read', 'https://d.example.test/');
         insert into public.webhook_subscriptions (event_type, webhook_url, is_active) values ('*', 'https://e.example.test/', false)",
    )
    .await;
    let late = database.connect().await;
    run(&late, "begin").await;
    queue_messages(&late, 1, 1).await;
    queue_messages(client, 2, 20).await;
    let mut readers = Vec::new();
    for reader in 0..4 {
        let reading = database.connect().await;
        readers.push(tokio::spawn(async move {
            for _ in 0..30 {
                run(
                    &reading,
                    "select public.enqueue_webhook_deliveries(batch_size => 7)",
                )
                .await;
                tokio::time::sleep(Duration::from_millis(5 + reader)).await;
            }
        }));
    }
    tokio::time::sleep(Duration::from_millis(60)).await;
    run(&late, "commit").await;
    for reader in readers {
        reader.await.unwrap();
    }
    let all: i64 = value(
        client,
        "select count(*) from public.events where kind not like 'webhook.%'",
    )
    .await;
    enqueue(client, all + 21 + 21).await;
    let rows = client
        .query(
            "select substr(s.webhook_url, 9, 1), count(*), count(distinct l.event_id) from public.webhook_logs as l join public.webhook_subscriptions as s on s.id = l.webhook_subscription_id
              group by 1 order by 1",
            &[],
        )
        .await
        .unwrap();
    let put_out: Vec<(String, i64, i64)> = rows
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect();
    assert_eq!(
        put_out,
        [
            ("a".to_owned(), all, all),
            ("b".to_owned(), 21, 21),
            ("c".to_owned(), 21, 21)
        ]
    );
}

/// A subscriber that is gone is switched off; what it missed can be put out again under the same id.
#[tokio::test]
async fn a_subscriber_that_is_gone_is_switched_off() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(client, "insert into public.webhook_subscriptions (event_type, webhook_url) values ('message.created', 'https://a.example.test/')").await;
    queue_messages(client, 1, 2).await;
    enqueue(client, 2).await;
    let taken: bool = value(client, "select public.complete_webhook_delivery(id, lease_id, 204, 12) from public.claim_webhook_deliveries()").await;
    assert!(taken);
    let status: String = value(client, "select public.fail_webhook_delivery(id, lease_id, 'gone', 410, gone => true) from public.claim_webhook_deliveries()").await;
    assert_eq!(status, "failed");
    let row = client.query_one("select is_active, disabled_reason, success_count, failure_count from public.webhook_subscriptions", &[]).await.unwrap();
    assert!(!row.get::<_, bool>(0) && row.get::<_, &str>(1).contains("410"));
    assert_eq!((row.get::<_, i32>(2), row.get::<_, i32>(3)), (1, 1));
    let replayed: i32 = value(
        client,
        "select public.replay_webhook_deliveries(since => '-infinity')",
    )
    .await;
    assert_eq!(replayed, 1);
    let claim = "select count(*) from public.claim_webhook_deliveries()";
    assert_eq!(value::<i64>(client, claim).await, 0, "it is off");
    run(
        client,
        "update public.webhook_subscriptions set is_active = true",
    )
    .await;
    assert_eq!(value::<i64>(client, claim).await, 1);
    for address in [
        "ftp://a.example.test/",
        "https://user@a.example.test/",
        "https://",
        "javascript:1",
    ] {
        assert_eq!(
            refusal(client, &format!("insert into public.webhook_subscriptions (event_type, webhook_url) values ('*', '{address}')")).await,
            "23514",
            "{address}"
        );
    }
}

/// One job an integration at a time; the counters of runs are right after their end and after their deletion.
#[tokio::test]
async fn jobs_and_runs_are_counted() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(
        client,
        "insert into public.integrations (name, type, provider) values ('a', 'crm', 'hubspot'), ('b', 'crm', 'hubspot');
         insert into public.sync_jobs (integration_id, job_type, direction) select id, 'incremental', 'inbound' from public.integrations, generate_series(1, 3)",
    )
    .await;
    let claim = "select count(*) from public.claim_sync_jobs(10)";
    assert_eq!(value::<i64>(client, claim).await, 2);
    assert_eq!(value::<i64>(client, claim).await, 0);
    run(client, "select public.complete_sync_job(id, lease_id, 17) from public.sync_jobs where status = 'running'").await;
    assert_eq!(value::<i64>(client, claim).await, 2);
    run(client, "select public.fail_sync_job(id, lease_id, '{\"message\": \"no\"}', true) from public.sync_jobs where status = 'running'").await;
    let row = client.query_one("select min(error_count), max(last_error), bool_and(last_sync_at is not null) from public.integrations", &[]).await.unwrap();
    assert_eq!(
        (
            row.get::<_, i32>(0),
            row.get::<_, &str>(1),
            row.get::<_, bool>(2)
        ),
        (1, "no", true)
    );

    run(
        client,
        "insert into public.workflows (name, trigger_type) values ('w', 'manual');
         insert into public.workflow_executions (workflow_id) select id from public.workflows, generate_series(1, 4);
         update public.workflow_executions set status = 'completed' where id in (select id from public.workflow_executions order by id limit 2);
         update public.workflow_executions set status = 'failed' where id in (select id from public.workflow_executions where status = 'running' order by id limit 1);
         delete from public.workflow_executions where id in (select id from public.workflow_executions where status = 'completed' limit 1)",
    )
    .await;
    let row = client
        .query_one(
            "select execution_count, success_count, failure_count from public.workflows",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(
        (
            row.get::<_, i32>(0),
            row.get::<_, i32>(1),
            row.get::<_, i32>(2)
        ),
        (3, 1, 1)
    );
    assert_eq!(
        refusal(
            client,
            "update public.workflow_executions set status = 'running' where status = 'failed'"
        )
        .await,
        "RM409"
    );
}
