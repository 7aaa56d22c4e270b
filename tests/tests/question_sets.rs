//! Question sets in the database: runs end while their questions change, and nobody waits for somebody who waits for him.

use std::time::Duration;

use romashka_tests::{TestDatabase, explain, value};
use tokio_postgres::Client;
use uuid::Uuid;

async fn run(client: &Client, sql: &str) {
    client
        .batch_execute(sql)
        .await
        .unwrap_or_else(|error| panic!("{}\n{sql}", explain(&error)));
}

/// Two automatic sets with some questions each.
async fn sets(client: &Client) -> Vec<Uuid> {
    let mut made = Vec::new();
    for name in ["one", "two"] {
        let set: Uuid = value(
            client,
            &format!("insert into public.question_sets (name) values ('{name}') returning id"),
        )
        .await;
        run(client, &add(set, name)).await;
        made.push(set);
    }
    made
}

fn add(set: Uuid, word: &str) -> String {
    format!(
        "insert into public.question_set_items (question_set_id, question, must_refuse)
         select '{set}', '{word} ' || n, true from generate_series(1, 5) as n on conflict do nothing"
    )
}

const DUE: &str = "update romashka.question_set_queue as q set next_attempt_at = now()
     where q.status = 'pending' and q.question_set_id in (select p.question_set_id from romashka.question_set_queue as p order by p.question_set_id for update skip locked)";

/// Claims a set and finishes it with a result for each question, each in a commit of its own, as a worker does.
async fn work(client: &Client) {
    run(client, DUE).await;
    let claimed = client
        .query_opt(
            "select question_set_id, workspace_id, lease_id from romashka.claim_question_sets(1, 'test')",
            &[],
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let Some(claimed) = claimed else {
        return;
    };
    let (set, workspace, lease): (Uuid, Uuid, Uuid) =
        (claimed.get(0), claimed.get(1), claimed.get(2));
    run(
        client,
        &format!(
            "select romashka.finish_question_set('{set}', '{workspace}', '{lease}', jsonb_build_object('model', 'test', 'method', 'test', 'started_at', now(), 'results',
               (select coalesce(jsonb_agg(jsonb_build_object('item_id', i.id, 'question', i.question, 'verdict', 'handed_off', 'has_passed', true, 'has_article', false,
                  'must_refuse', true)), '[]') from public.question_set_items as i where i.question_set_id = '{set}')))"
        ),
    )
    .await;
}

/// Deletes the questions of some sets in the order of their ids, as an erasure does.
fn remove(sets: &[Uuid]) -> String {
    let sets: Vec<String> = sets.iter().map(|set| format!("'{set}'")).collect();
    let sets = sets.join(", ");
    format!(
        "begin;
         do $$ begin perform from public.question_set_items where question_set_id in ({sets}) order by id for update; end $$;
         delete from public.question_set_items where question_set_id in ({sets});
         commit"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_end_while_questions_come_and_go() {
    let database = TestDatabase::new().await;
    let sets = sets(database.owner()).await;
    let mut at_work = Vec::new();
    for number in 0..4 {
        let client = database.connect().await;
        let sets = sets.clone();
        at_work.push(tokio::spawn(async move {
            for round in 0..100 {
                match number {
                    0 => work(&client).await,
                    1 => run(&client, &remove(&sets[round % 2..=round % 2])).await,
                    2 => run(&client, &add(sets[round % 2], "again")).await,
                    _ => run(&client, &remove(&sets)).await,
                }
            }
        }));
    }
    for one in at_work {
        tokio::time::timeout(Duration::from_secs(120), one)
            .await
            .expect("an end")
            .expect("no deadlock");
    }
    // The figures of each run are those of its results.
    let wrong: i64 = value(
        database.owner(),
        "select count(*) from public.question_set_runs as r
          where r.question_count <> (select count(*) from public.question_set_results as f where f.run_id = r.id) and r.finished_at =
            (select max(o.finished_at) from public.question_set_runs as o where o.question_set_id = r.question_set_id)
            and not exists (select from romashka.question_set_queue as q where q.question_set_id = r.question_set_id)",
    )
    .await;
    assert_eq!(wrong, 0);
}

#[tokio::test]
async fn the_command_compares_with_its_own_run_and_a_lost_set_is_given_up() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    let sets = sets(owner).await;
    let record = |cause: &str, passed: bool| {
        format!(
            "select romashka.record_question_set_run('{set}', romashka.default_workspace_id(), '{cause}', null, jsonb_build_object('model', 'test', 'method', 'test',
               'started_at', now(), 'results', (select jsonb_agg(jsonb_build_object('item_id', i.id, 'question', i.question, 'verdict', 'silent', 'has_passed', {passed},
                 'failure', case when not {passed} then 'must_refuse' end, 'has_article', false, 'must_refuse', true)) from public.question_set_items as i where i.question_set_id = '{set}')))",
            set = sets[0]
        )
    };
    for (cause, passed) in [("command", true), ("knowledge", false), ("command", false)] {
        run(owner, &record(cause, passed)).await;
    }
    let regressed: String = value(
        owner,
        "select string_agg(regressed_count::text, ' ' order by finished_at) from public.question_set_runs",
    )
    .await;
    assert_eq!(regressed, "0 5 5");
    for _ in 0..6 {
        run(
            owner,
            "update romashka.question_set_queue set next_attempt_at = now() where status <> 'failed';
             select * from romashka.claim_question_sets(10, 'test')",
        )
        .await;
    }
    let state: String = value(
        owner,
        "select string_agg(distinct status || ' ' || attempt_count, ',') from romashka.question_set_queue",
    )
    .await;
    assert_eq!(state, "failed 5");
}
