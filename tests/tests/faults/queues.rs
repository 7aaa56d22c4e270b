//! Queues: two workers on one, an item that brings every worker down, and a workspace that is deleted while its jobs run.

use std::collections::BTreeMap;

use super::*;

/// A queue, as its functions have it.
struct Queue {
    name: &'static str,
    table: &'static str,
    state: &'static str,
    claim: &'static str,
    complete: &'static str,
}

/// The queues whose items are claimed by key.
const QUEUES: [Queue; 2] = [
    Queue {
        name: "webhook_events",
        table: "public.webhook_events",
        state: "status",
        claim: "select id, lease_id from public.claim_webhook_events(3, $1, $2::text::interval)",
        complete: "select coalesce(public.complete_webhook_event($1, $2), false)",
    },
    Queue {
        name: "message_delivery_tracking",
        table: "public.message_delivery_tracking",
        state: "delivery_status",
        claim: "select id, lease_id from public.claim_deliveries(3, $1, $2::text::interval)",
        complete: "select coalesce(public.complete_delivery($1, $2, 'id-' || $1::uuid), false)",
    },
];

/// So many items of each queue, of so many keys.
async fn fill(client: &Client, keys: u32, each: u32) {
    client
        .batch_execute(&format!(
            "do $$ begin
               for key in 1..{keys} loop
                 insert into public.conversations (id, user_name, channel_type) values (('00000000-0000-7000-8000-' || lpad(key::text, 12, '0'))::uuid, 'Ann', 'whatsapp');
                 for n in 1..{each} loop
                   perform public.send_message(('00000000-0000-7000-8000-' || lpad(key::text, 12, '0'))::uuid, n::text);
                   insert into public.webhook_events (event_type, source, payload, ordering_key) values ('messages', 'whatsapp', to_jsonb(n), 'key' || key);
                 end loop;
               end loop;
             end $$"
        ))
        .await
        .expect("items");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-faults"]
async fn two_workers_share_a_queue_and_one_is_lost() {
    let mut tally = Tally::default();
    for _ in 0..rounds() {
        let place = Place::empty().await;
        place.succeed(&["migrate"]);
        let owner = place.client().await;
        fill(&owner, 8, 6).await;
        for queue in &QUEUES {
            tally.runs += 1;
            // Claims, and is lost with what it holds.
            let lost = place.client().await;
            let held = lost
                .query(queue.claim, &[&"lost", &"1 second"])
                .await
                .expect("a claim");
            assert!(!held.is_empty());
            drop(lost);
            tally.faults += 1;
            let mut workers = Vec::new();
            for number in 0..2 {
                let client = place.client().await;
                let (claim, complete) = (queue.claim, queue.complete);
                workers.push(tokio::spawn(async move {
                    let mut done: Vec<Uuid> = Vec::new();
                    let mut idle = 0;
                    while idle < 30 {
                        let name = format!("worker {number}");
                        let items = client
                            .query(claim, &[&name, &"30 seconds"])
                            .await
                            .expect("a claim");
                        if items.is_empty() {
                            idle += 1;
                            tokio::time::sleep(Duration::from_millis(100)).await;
                        }
                        for item in items {
                            idle = 0;
                            let (id, lease): (Uuid, Uuid) = (item.get(0), item.get(1));
                            let is_done: bool = client
                                .query_one(complete, &[&id, &lease])
                                .await
                                .expect("an end")
                                .get(0);
                            assert!(is_done, "the lease was ours");
                            done.push(id);
                        }
                    }
                    done
                }));
            }
            let mut times: BTreeMap<Uuid, usize> = BTreeMap::new();
            for worker in workers {
                for id in worker.await.expect("a worker") {
                    *times.entry(id).or_default() += 1;
                }
            }
            assert_eq!(times.len(), 48, "{}: every item is done", queue.name);
            assert!(
                times.values().all(|count| *count == 1),
                "{}: once",
                queue.name
            );
            tally.acknowledged += times.len();
        }
        place.is_sound(None).await;
    }
    tally.note("Two workers on one queue, a third lost with its items");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-faults"]
async fn an_item_that_brings_every_worker_down_is_buried_and_the_others_go_on() {
    let mut tally = Tally::default();
    let place = Place::empty().await;
    place.succeed(&["migrate"]);
    let owner = place.client().await;
    fill(&owner, 2, 2).await;
    for queue in &QUEUES {
        tally.runs += 1;
        let first: Uuid = value(
            &owner,
            &format!(
                "select id from {} order by created_at, id limit 1",
                queue.table
            ),
        )
        .await;
        let state = format!(
            "select {} from {} where id = '{first}'",
            queue.state, queue.table
        );
        let mut lost = 0;
        let mut others = 0;
        while value::<String>(&owner, &state).await != "dead" {
            assert!(lost < 200, "{}: it is never buried", queue.name);
            // Whoever claims the first item is lost with it; what others hold is done.
            let items = owner
                .query(queue.claim, &[&"worker", &"0 seconds"])
                .await
                .expect("a claim");
            for item in items {
                let (id, lease): (Uuid, Uuid) = (item.get(0), item.get(1));
                if id == first {
                    lost += 1;
                } else {
                    owner
                        .query_one(queue.complete, &[&id, &lease])
                        .await
                        .expect("an end");
                    others += 1;
                }
            }
            owner
                .batch_execute(&format!("update {} set next_attempt_at = now() - interval '1 second' where id = '{first}' and next_attempt_at > now()", queue.table))
                .await
                .expect("its next attempt");
        }
        tally.faults += lost;
        assert!(others >= 2, "{}: the other key went on", queue.name);
        // What waited behind it is due now.
        let items = owner
            .query(queue.claim, &[&"worker", &"1 minute"])
            .await
            .expect("a claim");
        assert!(
            others + items.len() >= 3,
            "{}: what is behind it goes on",
            queue.name
        );
    }
    tally.note("An item that brings every worker down");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-faults"]
async fn a_workspace_is_deleted_while_its_jobs_run() {
    let place = Place::filled().await;
    let workplace = place.workplace().await;
    let owner = place.client().await;
    let mut servers: Vec<Child> = (0..2)
        .map(|_| {
            place
                .command(&["serve"])
                .env("ROMASHKA_LISTEN", "127.0.0.1:0")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("romashka runs")
        })
        .collect();
    let here = Workload::start(&workplace, "here", 3);
    let mut tally = Tally::default();
    for round in 0..rounds() {
        let workspace: Uuid = value(
            &owner,
            &format!("insert into public.workspaces (slug, name) values ('gone-{round}', 'Gone') returning id"),
        )
        .await;
        owner
            .batch_execute(&format!(
                "insert into public.workspace_members (workspace_id, user_id, role) values ('{workspace}', '{}', 'agent')",
                workplace.person
            ))
            .await
            .expect("a member");
        let there = Workplace {
            workspace,
            ..workplace.clone()
        };
        let work = Workload::start(&there, &format!("there{round}"), 3);
        tokio::time::sleep(moment(500, 1500)).await;
        // Whoever writes there holds it up for a moment.
        let statement = format!("delete from public.workspaces where id = '{workspace}'");
        let mut attempts = 0;
        while let Err(error) = owner.batch_execute(&statement).await {
            attempts += 1;
            assert!(attempts < 20, "{error:?}");
        }
        tally.runs += 1;
        tally.faults += 1;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let seen = work.stop().await;
        assert!(!seen.errors.is_empty(), "nobody can work there any more");
        let left: i64 = value(
            &owner,
            &format!("select (select count(*) from public.messages where workspace_id = '{workspace}') + (select count(*) from public.conversations where workspace_id = '{workspace}')"),
        )
        .await;
        assert_eq!(left, 0, "rows of a workspace that is gone");
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let account = here.stop().await;
    for server in &mut servers {
        assert!(
            server.try_wait().expect("a child").is_none(),
            "the server ended"
        );
        let _ = server.kill();
        let _ = server.wait();
    }
    assert!(account.errors.is_empty(), "{:?}", account.errors);
    place.is_sound(Some(&account)).await;
    tally.acknowledged = account.acknowledged.len();
    tally.note("A workspace deleted while its jobs run");
}
