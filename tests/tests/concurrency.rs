//! Many writers at once: no limit is exceeded, no count is lost, nothing that arrives twice is stored twice, and a reader
//! of the ledger sees every event once, in whatever order its writers commit.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use romashka_tests::{Role, TestDatabase, code_of, explain, value};
use tokio::task::JoinSet;
use tokio_postgres::Client;
use uuid::Uuid;

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}\n{}", explain(&error));
    }
}

/// Agents who are online around the clock.
async fn agents(
    database: &TestDatabase,
    workspace: Uuid,
    how_many: usize,
    limit: i32,
) -> Vec<Uuid> {
    let mut agents = Vec::new();
    for _ in 0..how_many {
        let agent = database.create_person(workspace, Role::Agent).await;
        run(
            database.owner(),
            &format!(
                "insert into public.agent_availability (workspace_id, agent_id, is_online, status, max_concurrent_chats, working_hours)
                 select '{workspace}', '{agent}', true, 'available', {limit},
                        jsonb_object_agg(day, '{{\"start\": \"00:00\", \"end\": \"00:00\"}}'::jsonb)
                   from unnest(array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']) as day"
            ),
        )
        .await;
        agents.push(agent);
    }
    agents
}

/// What a recount finds wrong, as one line each.
async fn differences(database: &TestDatabase) -> Vec<String> {
    let rows = database
        .owner()
        .query(include_str!("recount.sql"), &[])
        .await
        .unwrap_or_else(|error| panic!("recount.sql: {}", explain(&error)));
    rows.iter().map(|row| row.get(0)).collect()
}

/// The same work by many connections at once; `statement` gets the number of the client.
async fn in_parallel(
    database: &TestDatabase,
    clients: usize,
    statement: impl Fn(usize) -> String,
) -> Vec<String> {
    let mut connections = Vec::new();
    for number in 0..clients {
        connections.push((database.connect().await, statement(number)));
    }
    let mut running = JoinSet::new();
    for (client, sql) in connections {
        running.spawn(async move { code_of(&client, &sql).await });
    }
    running.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_parallel_conversations_fill_ten_agents_exactly() {
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    agents(&database, workspace, 10, 5).await;
    let codes = in_parallel(&database, 50, |_| {
        format!("insert into public.conversations (workspace_id) values ('{workspace}')")
    })
    .await;
    assert!(codes.iter().all(String::is_empty), "{codes:?}");
    let loads = database
        .owner()
        .query(
            "select a.current_chat_count, (select count(*) from public.conversations as c where c.assigned_agent_id = a.agent_id) from public.agent_availability as a",
            &[],
        )
        .await
        .unwrap();
    let loads: Vec<(i32, i64)> = loads.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(loads, vec![(5, 5); 10]);

    // All are full: the next ones wait, and nobody gets a sixth.
    let codes = in_parallel(&database, 10, |_| {
        format!("insert into public.conversations (workspace_id) values ('{workspace}')")
    })
    .await;
    assert!(codes.iter().all(String::is_empty), "{codes:?}");
    let waiting: i64 = value(
        database.owner(),
        "select count(*) from public.conversations where assigned_agent_id is null and queued_at is not null",
    )
    .await;
    assert_eq!(waiting, 10);
    assert_eq!(differences(&database).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_conversations_in_one_transaction_never_deadlock() {
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    agents(&database, workspace, 6, 1000).await;
    let codes = in_parallel(&database, 20, |_| {
        let twice = format!(
            "begin; insert into public.conversations (workspace_id) values ('{workspace}');
             insert into public.conversations (workspace_id) values ('{workspace}'); commit;"
        );
        twice.repeat(5)
    })
    .await;
    assert!(codes.iter().all(String::is_empty), "{codes:?}");
    let made: i64 = value(
        database.owner(),
        "select count(*) from public.conversations",
    )
    .await;
    assert_eq!(made, 200);
    assert_eq!(differences(&database).await, Vec::<String>::new());
}

/// Agents who are nearly full, and conversations that come, move, are given to whoever is free, and leave: whoever has
/// locked an agent that turned out to be full, or leaves one for another, must not wait for the next out of order.
#[tokio::test(flavor = "multi_thread")]
async fn conversations_that_move_between_full_agents_never_deadlock() {
    let database = TestDatabase::new().await;
    // The owner's verbs work in the default workspace.
    let workspace: Uuid = value(database.owner(), "select romashka.default_workspace_id()").await;
    let agents = Arc::new(agents(&database, workspace, 4, 4).await);
    let mut running = JoinSet::new();
    for client in 0..12 {
        let connection = database.connect().await;
        let agents = Arc::clone(&agents);
        running.spawn(async move {
            let mut codes = BTreeSet::new();
            for step in 0..60 {
                let number = client * 1000 + step;
                let agent = agents[number * 7 % agents.len()];
                let any = format!(
                    "(select id from public.conversations where workspace_id = '{workspace}' and status = 'active' order by md5(id::text || '{number}') limit 1)"
                );
                let sql = match number * 31 % 7 {
                    0 | 1 => format!("insert into public.conversations (workspace_id) values ('{workspace}')"),
                    2 => format!("update public.conversations set assigned_agent_id = '{agent}' where id = {any} and (select current_chat_count < 4 from public.agent_availability where agent_id = '{agent}')"),
                    3 => format!("update public.conversations set assigned_agent_id = null where id = {any}"),
                    4 | 5 => format!("select public.assign_conversation({any}) where {any} is not null"),
                    _ => format!("update public.conversations set status = 'resolved' where id = {any}"),
                };
                codes.insert(code_of(&connection, &sql).await);
            }
            codes
        });
    }
    let codes: BTreeSet<String> = running.join_all().await.into_iter().flatten().collect();
    // Two that move one conversation may find it gone from the status they saw; nothing else is refused.
    assert!(
        codes
            .iter()
            .all(|code| matches!(code.as_str(), "" | "RM404")),
        "{codes:?}"
    );
    assert_eq!(differences(&database).await, Vec::<String>::new());
}

/// A statement of the mix, by a number that looks like chance and is the same in each run.
fn mixed(workspace: Uuid, agents: &[Uuid], step: usize) -> String {
    let agent = agents[step * 7 % agents.len()];
    let one = |condition: &str| {
        format!(
            "(select id from public.conversations where workspace_id = '{workspace}' and {condition} order by md5(id::text || '{step}') limit 1)"
        )
    };
    let open = one("merged_into_id is null and status = 'active'");
    match step * 31 % 11 {
        0..=2 => format!(
            "insert into public.conversations (workspace_id, customer_id) select '{workspace}', id from public.customer_profiles where workspace_id = '{workspace}' order by md5(id::text || '{step}') limit 1"
        ),
        3 | 4 => format!(
            "insert into public.messages (workspace_id, conversation_id, sender_type, content) select '{workspace}', c, '{}', 'message {step}' from (select {open} as c) as x where c is not null",
            if step.is_multiple_of(2) {
                "user"
            } else {
                "agent"
            }
        ),
        5 => format!("update public.conversations set status = 'resolved' where id = {open}"),
        6 => format!(
            "update public.conversations set assigned_agent_id = '{agent}' where id = {open}"
        ),
        7 => format!("update public.conversations set assigned_agent_id = null where id = {open}"),
        8 => format!(
            "update public.conversations set status = 'active', satisfaction_score = {} where id = {}",
            step % 5 + 1,
            one("merged_into_id is null and status = 'resolved'")
        ),
        9 => format!(
            "delete from public.conversations where id = {}",
            one(
                "merged_into_id is null and not exists (select from public.conversations as m where m.merged_into_id = conversations.id)"
            )
        ),
        _ => format!(
            "select public.merge_conversations(a, b, '{workspace}') from (select {open} as a, {} as b) as pair where a is not null and b is not null and a <> b",
            one("merged_into_id is null")
        ),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_equal_a_recount_after_a_mix_of_everything() {
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    let agents = Arc::new(agents(&database, workspace, 5, 20).await);
    run(
        database.owner(),
        &format!(
            "insert into public.customer_profiles (workspace_id, name) select '{workspace}', 'customer ' || n from generate_series(1, 8) as n"
        ),
    )
    .await;
    let mut running = JoinSet::new();
    for client in 0..16 {
        let connection = database.connect().await;
        let agents = Arc::clone(&agents);
        running.spawn(async move {
            let mut refused = Vec::new();
            for step in 0..40 {
                let sql = mixed(workspace, &agents, client * 1000 + step);
                let code = code_of(&connection, &sql).await;
                if !code.is_empty() {
                    refused.push((code, sql));
                }
            }
            refused
        });
    }
    for (code, sql) in running.join_all().await.into_iter().flatten() {
        // What another client took away meanwhile is a conflict or gone; a deadlock is neither.
        assert!(
            matches!(code.as_str(), "RM404" | "RM409" | "23503"),
            "{code}: {sql}"
        );
    }
    assert_eq!(differences(&database).await, Vec::<String>::new());
    let made: i64 = value(
        database.owner(),
        "select count(*) from public.events where kind = 'conversation.created'",
    )
    .await;
    assert!(made > 100, "the mix made {made} conversations");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_first_messages_of_a_new_customer_meet_in_one_conversation() {
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    for round in 0..10 {
        let codes = in_parallel(&database, 2, |client| {
            format!(
                "select public.ingest_message('whatsapp', '+4930123{round}', 'hello', external_message_id => 'wa-{round}-{client}', workspace => '{workspace}')"
            )
        })
        .await;
        assert!(codes.iter().all(String::is_empty), "{codes:?}");
    }
    let row = database
        .owner()
        .query_one(
            "select (select count(*) from public.customer_profiles), (select count(*) from public.customer_identities),
                    (select count(*) from public.conversations), (select count(*) from public.messages)",
            &[],
        )
        .await
        .unwrap();
    let counts: Vec<i64> = (0..4).map(|column| row.get(column)).collect();
    assert_eq!(counts, [10, 10, 10, 20]);
    assert_eq!(differences(&database).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_arrives_twenty_times_at_once_is_stored_once() {
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    let codes = in_parallel(&database, 20, |_| {
        format!(
            "select public.ingest_message('sms', '+49301234567', 'hello', external_message_id => 'SM1', workspace => '{workspace}')"
        )
    })
    .await;
    assert!(codes.iter().all(String::is_empty), "{codes:?}");
    let row = database
        .owner()
        .query_one(
            "select (select count(*) from public.messages), (select count(*) from public.conversations),
                    (select message_count from public.conversations)::bigint, (select count(*) from public.events where kind = 'message.created')",
            &[],
        )
        .await
        .unwrap();
    let counts: Vec<i64> = (0..4).map(|column| row.get(column)).collect();
    assert_eq!(counts, [1, 1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_becomes_free_takes_from_the_queue() {
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    let agent = agents(&database, workspace, 1, 2).await[0];
    let client = database.owner();
    run(
        client,
        &format!(
            "insert into public.conversations (workspace_id, priority) select '{workspace}', priority from unnest(array['normal', 'normal', 'low', 'normal', 'urgent']) as priority"
        ),
    )
    .await;
    let assigned = "select coalesce(string_agg(number::text, ',' order by number), '') from public.conversations where assigned_agent_id is not null and status = 'active'";
    assert_eq!(value::<String>(client, assigned).await, "1,2");
    run(
        client,
        "update public.conversations set status = 'resolved' where number = 1",
    )
    .await;
    assert_eq!(
        value::<String>(client, assigned).await,
        "2,5",
        "the urgent one goes first"
    );
    run(
        client,
        &format!(
            "update public.agent_availability set max_concurrent_chats = 3 where agent_id = '{agent}'"
        ),
    )
    .await;
    assert_eq!(
        value::<String>(client, assigned).await,
        "2,4,5",
        "then the longest waiting"
    );
    run(
        client,
        "update public.agent_availability set is_online = false; delete from public.conversations where number = 5",
    )
    .await;
    assert_eq!(
        value::<String>(client, assigned).await,
        "2,4",
        "who is offline takes nothing"
    );
    run(
        client,
        "update public.agent_availability set is_online = true, status = 'available'",
    )
    .await;
    assert_eq!(value::<String>(client, assigned).await, "2,3,4");
    assert_eq!(differences(&database).await, Vec::<String>::new());
}

/// Reads a batch and moves the cursor, in one transaction, as a reader does.
async fn read(client: &Client, workspace: Uuid) -> Vec<i64> {
    let claims =
        format!(r#"{{"role": "service_role", "app_metadata": {{"workspace_id": "{workspace}"}}}}"#);
    run(client, "begin").await;
    client
        .execute(
            "select romashka.begin_request('service_role', $1::text::jsonb)",
            &[&claims],
        )
        .await
        .unwrap();
    let rows = client
        .query(
            "select id, transaction_id::text from public.read_events('test', 7)",
            &[],
        )
        .await
        .unwrap_or_else(|error| panic!("read_events: {}", explain(&error)));
    let ids: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    if let Some(last) = rows.last() {
        let moved = format!(
            "select public.advance_reader('test', '{}', {})",
            last.get::<_, &str>(1),
            last.get::<_, i64>(0)
        );
        run(client, &moved).await;
    }
    run(client, "commit").await;
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_the_ledger_skips_and_doubles_nothing() {
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    let write = format!("insert into public.conversations (workspace_id) values ('{workspace}')");

    // One writer has begun first and commits last; another never commits.
    let stalled = database.connect().await;
    run(&stalled, &format!("begin; {write}")).await;
    let aborted = database.connect().await;
    run(&aborted, &format!("begin; {write}")).await;

    let mut writers = JoinSet::new();
    for number in 0..8 {
        let client = database.connect().await;
        let write = write.clone();
        writers.spawn(async move {
            for step in 0..15 {
                let end = if (number + step) % 4 == 0 {
                    "rollback"
                } else {
                    "commit"
                };
                run(
                    &client,
                    &format!("begin; {write}; select pg_sleep(0.00{step}); {end}"),
                )
                .await;
            }
        });
    }
    let reader = database.connect().await;
    let mut seen = read(&reader, workspace).await;
    assert_eq!(
        seen,
        Vec::<i64>::new(),
        "nothing is final while an older transaction runs"
    );
    writers.join_all().await;
    seen.extend(read(&reader, workspace).await);
    assert_eq!(
        seen,
        Vec::<i64>::new(),
        "still nothing: the stalled writer is older than all"
    );
    run(&stalled, "commit").await;
    run(&aborted, "rollback").await;

    let late = database.connect().await;
    run(&late, &write).await;
    for _ in 0..200 {
        let batch = read(&reader, workspace).await;
        if batch.is_empty() {
            // Other tests' transactions on this server hold back what is final.
            let all: i64 = value(database.owner(), "select count(*) from public.events").await;
            if usize::try_from(all).unwrap() == seen.len() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        seen.extend(batch);
    }
    let unique: BTreeSet<i64> = seen.iter().copied().collect();
    assert_eq!(unique.len(), seen.len(), "an event was read twice");
    let all = database
        .owner()
        .query("select id from public.events", &[])
        .await
        .unwrap();
    let all: BTreeSet<i64> = all.iter().map(|row| row.get(0)).collect();
    assert_eq!(unique, all);
    assert!(all.len() > 90, "{} events were written", all.len());

    // A cursor never goes back.
    let claims =
        format!(r#"{{"role": "service_role", "app_metadata": {{"workspace_id": "{workspace}"}}}}"#);
    run(
        &reader,
        &format!(
            "begin; select romashka.begin_request('service_role', '{claims}'); select public.advance_reader('test', '1', 1); commit"
        ),
    )
    .await;
    assert_eq!(read(&reader, workspace).await, Vec::<i64>::new());
}

/// As after a dump was restored on a server that has counted less transactions.
#[tokio::test]
async fn a_ledger_from_another_server_goes_on_where_it_ended() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(client, "insert into public.conversations default values").await;
    run(
        client,
        "set session_replication_role = replica;
         update public.events set transaction_id = ((transaction_id::text::bigint + 1000000)::text)::xid8;
         insert into public.event_cursors (reader, transaction_id, event_id)
         select 'test', transaction_id, id from public.events order by transaction_id desc, id desc limit 1;
         reset session_replication_role",
    )
    .await;
    let news = "select count(*) from public.read_events('test')";
    run(client, "insert into public.conversations default values").await;
    assert_eq!(
        value::<i64>(client, news).await,
        0,
        "what happens now comes before what was read"
    );

    let raised: i64 = value(client, "select romashka.continue_ledger()").await;
    assert!(raised > 900_000, "{raised}");
    // What was written in between keeps its place before the cursor; from now on everything comes after it.
    run(client, "insert into public.conversations default values").await;
    // Other databases of the server have transactions, too: what is settled is told when they are over.
    let mut found: i64 = 0;
    for _ in 0..600 {
        found = value(client, news).await;
        if found > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(found > 0);
    let made: i64 = value(
        client,
        "select count(*) from public.read_events('test') where kind = 'conversation.created'",
    )
    .await;
    assert_eq!(made, 1);
    let again: i64 = value(client, "select romashka.continue_ledger()").await;
    assert_eq!(again, raised, "once is enough");
    // A server that is still behind, once more: the numbers only rise.
    let ahead: bool = value(
        client,
        "select bool_and(transaction_id < romashka.in_ledger(pg_snapshot_xmax(pg_current_snapshot()))) from public.events",
    )
    .await;
    assert!(ahead);
    let drift: String = value(
        client,
        "select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'public.events'::regclass and pg_get_expr(adbin, adrelid) like '%xact%'",
    )
    .await;
    assert!(drift.contains(&raised.to_string()), "{drift}");
}
