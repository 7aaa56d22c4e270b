//! The queues: what came in, what goes out to customers and subscribers, and the exchange with other systems. Each item
//! is done once, in the order of its key; a lost worker's items come back; what cannot be done ends where people see it.

mod deliveries;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use romashka_tests::{Role, TestDatabase, explain, value};
use serde_json::json;
use tokio::sync::Mutex;
use tokio_postgres::Client;
use uuid::Uuid;

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}\n{}", explain(&error));
    }
}

async fn refusal(client: &Client, sql: &str) -> String {
    match client.batch_execute(sql).await {
        Ok(()) => panic!("this was not refused: {sql}"),
        Err(error) => error
            .code()
            .map(|code| code.code().to_owned())
            .unwrap_or_default(),
    }
}

/// A conversation on WhatsApp with queued messages, in the order of their numbers.
async fn queue_messages(client: &Client, conversation: u32, messages: u32) {
    run(
        client,
        &format!(
            "insert into public.conversations (id, user_name, channel_type) values ('00000000-0000-7000-8000-{conversation:012}', 'Ann', 'whatsapp');
             do $$ begin for n in 1..{messages} loop
               perform public.send_message('00000000-0000-7000-8000-{conversation:012}', n::text);
             end loop; end $$"
        ),
    )
    .await;
}

/// Puts events out until so many deliveries are there. The ledger's readers wait for every older transaction of the
/// server, so also for those of tests that run beside this one.
async fn enqueue(client: &Client, deliveries: i64) {
    for _ in 0..200 {
        run(client, "select public.enqueue_webhook_deliveries()").await;
        if value::<i64>(client, "select count(*) from public.webhook_logs").await >= deliveries {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the events were not put out within 20 seconds");
}

/// What arrives twice, even at the same moment, is stored once; what has no key is never taken for a double.
#[tokio::test]
async fn an_event_that_arrives_twice_is_stored_once() {
    let database = TestDatabase::new().await;
    let mut senders = Vec::new();
    for _ in 0..8 {
        let client = database.connect().await;
        senders.push(tokio::spawn(async move {
            let mut ids = BTreeSet::new();
            for number in 0..10 {
                let id: Uuid = client
                    .query_one(
                        "select public.receive_webhook_event('whatsapp', 'messages', '{}', $1)",
                        &[&format!("wamid.{number}")],
                    )
                    .await
                    .expect("an event")
                    .get(0);
                ids.insert(id);
            }
            ids
        }));
    }
    let mut ids = BTreeSet::new();
    for sender in senders {
        ids.extend(sender.await.unwrap());
    }
    assert_eq!(ids.len(), 10, "the double is told the id of the first");
    let client = database.owner();
    let stored: i64 = value(client, "select count(*) from public.webhook_events").await;
    assert_eq!(stored, 10);
    run(client, "insert into public.webhook_events (event_type, source, payload) values ('x', 'api', '1'), ('x', 'api', '1')").await;
    // The same key in another workspace, or of another sender, is another event.
    let there = database.create_workspace("there").await;
    client.query("select public.receive_webhook_event('whatsapp', 'messages', '{}', 'wamid.1', workspace => $1)", &[&there]).await.unwrap();
    run(
        client,
        "select public.receive_webhook_event('sms', 'messages', '{}', 'wamid.1')",
    )
    .await;
    let stored: i64 = value(client, "select count(*) from public.webhook_events").await;
    assert_eq!(stored, 14);
}

/// A batch of three of which two were handled is not processed, and comes again.
#[tokio::test]
async fn processed_is_only_what_was_processed() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(client, "insert into public.webhook_events (event_type, source, payload) values ('messages', 'whatsapp', '{}')").await;
    let status: String = value(
        client,
        "select public.process_webhook_event(id, lease_id, 3, 2) from public.claim_webhook_events()",
    )
    .await;
    assert_eq!(status, "pending");
    let row = client.query_one("select processed, processed_at is null, items_found, items_handled, error_message, next_attempt_at > now() + interval '1 second' from public.webhook_events", &[]).await.unwrap();
    assert!(!row.get::<_, bool>(0) && row.get::<_, bool>(1));
    assert_eq!(
        (
            row.get::<_, i32>(2),
            row.get::<_, i32>(3),
            row.get::<_, &str>(4)
        ),
        (3, 2, "2 of 3 items were handled")
    );
    assert!(row.get::<_, bool>(5), "it waits before the next attempt");
    run(
        client,
        "update public.webhook_events set next_attempt_at = now()",
    )
    .await;
    let status: String = value(
        client,
        "select public.process_webhook_event(id, lease_id, 3, 3) from public.claim_webhook_events()",
    )
    .await;
    assert_eq!(status, "processed");
    let row = client.query_one("select processed, processed_at is not null, error_message is null, lease_id is null from public.webhook_events", &[]).await.unwrap();
    assert!((0..4).all(|column| row.get::<_, bool>(column)));
    // As earlier versions wrote it.
    run(client, "update public.webhook_events set processed = false").await;
    let status: String = value(client, "select status from public.webhook_events").await;
    assert_eq!(status, "pending");
    run(client, "update public.webhook_events set processed = true").await;
    let claimed: i64 = value(client, "select count(*) from public.claim_webhook_events()").await;
    assert_eq!(claimed, 0);
}

/// Eight workers share 240 events of 12 keys: each is done once, and those of a key in their order.
#[tokio::test]
async fn eight_workers_do_each_event_once_and_in_order() {
    let database = TestDatabase::new().await;
    run(
        database.owner(),
        "insert into public.webhook_events (event_type, source, payload, ordering_key, created_at)
         select 'messages', 'whatsapp', to_jsonb(n), 'customer ' || n % 12, now() - interval '1 minute' + n * interval '1 millisecond' from generate_series(1, 240) as n",
    )
    .await;
    let done: Arc<Mutex<Vec<(String, i64)>>> = Arc::default();
    let mut workers = Vec::new();
    for worker in 0..8 {
        let client = database.connect().await;
        let done = Arc::clone(&done);
        workers.push(tokio::spawn(async move {
            let mut idle = 0;
            while idle < 40 {
                let claimed = client
                    .query("select id, lease_id, ordering_key, payload::text::bigint from public.claim_webhook_events(5, $1)", &[&format!("worker {worker}")])
                    .await
                    .expect("a claim");
                if claimed.is_empty() {
                    idle += 1;
                    tokio::time::sleep(Duration::from_millis(25)).await;
                    continue;
                }
                idle = 0;
                for row in claimed {
                    // Written down before the completion: whoever has the next of the key claims it only afterwards.
                    done.lock().await.push((row.get(2), row.get(3)));
                    let own: bool = client
                        .query_one("select public.complete_webhook_event($1, $2)", &[&row.get::<_, Uuid>(0), &row.get::<_, Uuid>(1)])
                        .await
                        .expect("a completion")
                        .get(0);
                    assert!(own, "nobody else has had it");
                }
            }
        }));
    }
    for worker in workers {
        worker.await.unwrap();
    }
    let done = done.lock().await;
    assert_eq!(done.len(), 240);
    let mut keys: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (key, number) in done.iter() {
        keys.entry(key).or_default().push(*number);
    }
    assert_eq!(keys.len(), 12);
    for (key, numbers) in keys {
        assert!(
            numbers.windows(2).all(|pair| pair[0] < pair[1]),
            "{key}: {numbers:?}"
        );
    }
}

/// A worker that is lost loses its items to others, and an item that loses every worker is buried.
#[tokio::test]
async fn a_lost_lease_comes_back_until_the_item_is_dead() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(client, "insert into public.webhook_events (event_type, source, payload, max_attempts) values ('messages', 'whatsapp', '{}', 2)").await;
    let first = client
        .query_one(
            "select id, lease_id from public.claim_webhook_events(1, 'lost', '0 seconds')",
            &[],
        )
        .await
        .unwrap();
    let second = client
        .query_one(
            "select id, lease_id from public.claim_webhook_events(1, 'lost too', '1 hour')",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(first.get::<_, Uuid>(0), second.get::<_, Uuid>(0));
    let late: bool = client
        .query_one(
            "select public.complete_webhook_event($1, $2)",
            &[&first.get::<_, Uuid>(0), &first.get::<_, Uuid>(1)],
        )
        .await
        .unwrap()
        .get(0);
    assert!(!late, "the first worker has no say any more");
    let held: i64 = value(client, "select count(*) from public.claim_webhook_events()").await;
    assert_eq!(held, 0, "the second one's lease holds");
    run(
        client,
        "update public.webhook_events set next_attempt_at = now()",
    )
    .await;
    let claimed: i64 = value(client, "select count(*) from public.claim_webhook_events()").await;
    assert_eq!(claimed, 0);
    let row = client
        .query_one(
            "select status, error_message from public.webhook_events",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(
        (row.get::<_, &str>(0), row.get::<_, &str>(1)),
        ("dead", "the worker did not come back")
    );
}

/// Each attempt waits longer, the last one buries; an admin puts it back, an agent does not.
#[tokio::test]
async fn failures_wait_longer_die_and_are_replayed() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let workspace = database.default_workspace().await;
    run(client, "insert into public.webhook_events (event_type, source, payload, max_attempts) values ('messages', 'whatsapp', '{}', 4)").await;
    let mut waits = Vec::new();
    for _ in 0..3 {
        let status: String = value(client, "select public.fail_webhook_event(id, lease_id, 'no') from public.claim_webhook_events()").await;
        assert_eq!(status, "pending");
        let wait: i64 = value(client, "select (extract(epoch from next_attempt_at - clock_timestamp()) * 1000)::bigint from public.webhook_events").await;
        waits.push(wait);
        run(
            client,
            "update public.webhook_events set next_attempt_at = now()",
        )
        .await;
    }
    // 2, 4 and 8 seconds, each 20 % more or less; a slow machine may have taken something off.
    for (wait, (least, most)) in waits.iter().zip([(600, 2400), (2200, 4800), (5400, 9600)]) {
        assert!((least..=most).contains(wait), "{waits:?}");
    }
    let status: String = value(
        client,
        "select public.fail_webhook_event(id, lease_id, 'no') from public.claim_webhook_events()",
    )
    .await;
    assert_eq!(status, "dead");
    let agent = database.create_person(workspace, Role::Agent).await;
    let admin = database.create_person(workspace, Role::Admin).await;
    let session = database.as_user(agent, workspace).await;
    assert_eq!(
        refusal(
            &session,
            "select public.replay_webhook_events(since => '-infinity')"
        )
        .await,
        "RM403"
    );
    let session = database.as_user(admin, workspace).await;
    let replayed: i32 = value(
        &session,
        "select public.replay_webhook_events(since => '-infinity')",
    )
    .await;
    assert_eq!(replayed, 1);
    session.commit().await;
    let claimed: i32 = value(
        client,
        "select processing_attempts from public.claim_webhook_events()",
    )
    .await;
    assert_eq!(claimed, 1, "it begins anew");
}

/// The queues are the server's: people neither claim nor complete, and a worker of one workspace gets nothing of another.
#[tokio::test]
async fn only_the_server_works_the_queues() {
    let database = TestDatabase::new().await;
    let (here, there) = (
        database.default_workspace().await,
        database.create_workspace("there").await,
    );
    run(database.owner(), "insert into public.webhook_events (event_type, source, payload) values ('messages', 'whatsapp', '{}')").await;
    let owner = database.create_person(here, Role::Owner).await;
    for call in [
        "claim_webhook_events()",
        "claim_deliveries()",
        "claim_webhook_deliveries()",
        "claim_sync_jobs()",
        "enqueue_webhook_deliveries()",
        "receive_webhook_event('api', 'x', '{}')",
    ] {
        let session = database.as_user(owner, here).await;
        assert_eq!(
            refusal(&session, &format!("select public.{call}")).await,
            "42501",
            "{call}"
        );
        let session = database.as_anonymous().await;
        assert_eq!(
            refusal(&session, &format!("select public.{call}")).await,
            "42501",
            "{call}"
        );
    }
    let session = database
        .as_role("service_role", &json!({"role": "service_role"}))
        .await;
    let foreign = session
        .query(
            "select id from public.claim_webhook_events(workspace => $1)",
            &[&there],
        )
        .await
        .unwrap();
    assert_eq!(foreign.len(), 0);
    let own = session
        .query(
            "select id from public.claim_webhook_events(workspace => $1)",
            &[&here],
        )
        .await
        .unwrap();
    assert_eq!(own.len(), 1);
    let stranger = database.create_person(there, Role::Owner).await;
    let session = database.as_user(stranger, there).await;
    for table in [
        "webhook_events",
        "webhook_logs",
        "message_delivery_tracking",
        "sync_jobs",
        "communication_channels",
    ] {
        let seen: i64 = value(&session, &format!("select count(*) from public.{table}")).await;
        assert_eq!(seen, 0, "{table}");
    }
}
