//! The assistant's turns in the database: a message is answered once, by whom ever, and never after a person.

use romashka_tests::{TestDatabase, explain, value};
use tokio_postgres::Client;
use uuid::Uuid;

async fn run(client: &Client, sql: &str) {
    client
        .batch_execute(sql)
        .await
        .unwrap_or_else(|error| panic!("{}\n{sql}", explain(&error)));
}

/// The text of the only row, if there is one.
async fn text(client: &Client, sql: &str) -> Option<String> {
    let row = client
        .query_opt(sql, &[])
        .await
        .unwrap_or_else(|error| panic!("{}\n{sql}", explain(&error)));
    row.and_then(|row| row.get(0))
}

/// A channel with an assistant, and a conversation in which something was asked; returns the latter.
async fn asked(client: &Client) -> Uuid {
    run(
        client,
        "insert into public.communication_channels (id, name, type) values ('00000000-0000-4000-8000-0000000000c1', 'SMS', 'sms');
         insert into public.channel_assistants (channel_id) values ('00000000-0000-4000-8000-0000000000c1')",
    )
    .await;
    say(client, "m1", "How long does a refund take?").await;
    value(client, "select id from public.conversations").await
}

async fn say(client: &Client, id: &str, content: &str) {
    run(
        client,
        &format!(
            "select public.ingest_message('sms', '+491701234567', '{content}', external_message_id => '{id}', channel_id => '00000000-0000-4000-8000-0000000000c1')"
        ),
    )
    .await;
}

const CLAIM: &str = "select t.lease_id || ' ' || t.message_id || ' ' || t.workspace_id from romashka.claim_turns(10, 'test') as t";

/// A turn that was claimed.
struct Turn {
    lease: String,
    message: String,
    workspace: String,
}

async fn claim(client: &Client) -> Option<Turn> {
    let claimed = text(client, CLAIM).await?;
    let mut parts = claimed.split(' ').map(str::to_owned);
    let mut next = || parts.next().expect("a part");
    Some(Turn {
        lease: next(),
        message: next(),
        workspace: next(),
    })
}

fn finish(conversation: Uuid, turn: &Turn) -> String {
    format!(
        "select romashka.finish_turn('{conversation}', '{}', '{}', '{}', '{{\"verdict\": \"answered\", \"reply\": \"Five days.\", \"question\": \"How long?\", \"language\": \"en\", \"audience\": \"public\", \"method\": \"test\", \"probability\": 0.9}}')",
        turn.workspace, turn.lease, turn.message
    )
}

#[tokio::test]
async fn many_workers_answer_a_message_once() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    let conversation = asked(owner).await;
    // The same message again is no other turn.
    say(owner, "m1", "How long does a refund take?").await;
    let mut workers = Vec::new();
    for _ in 0..8 {
        let client = database.connect().await;
        workers.push(tokio::spawn(async move {
            let Some(turn) = claim(&client).await else {
                return 0;
            };
            let verdict = text(&client, &finish(conversation, &turn)).await;
            // What was told twice is done once.
            assert_eq!(text(&client, &finish(conversation, &turn)).await, None);
            i32::from(verdict.as_deref() == Some("answered"))
        }));
    }
    let mut answered = 0;
    for worker in workers {
        answered += worker.await.expect("a worker");
    }
    assert_eq!(answered, 1);
    let state: String = value(
        owner,
        "select (select count(*) from public.messages where sender_type = 'ai' and content = 'Five days.') || ' '
           || (select count(*) from public.message_delivery_tracking) || ' ' || (select count(*) from public.ai_answers) || ' ' || (select count(*) from romashka.assistant_turns)",
    )
    .await;
    assert_eq!(state, "1 1 1 0");
}

#[tokio::test]
async fn a_newer_message_takes_the_turn_away() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    let conversation = asked(owner).await;
    let turn = claim(owner).await.expect("a turn");
    say(owner, "m2", "To Norway.").await;
    assert_eq!(text(owner, &finish(conversation, &turn)).await, None);
    let question: String = value(
        owner,
        "select t.question from romashka.claim_turns(10, 'test') as t",
    )
    .await;
    assert_eq!(question, "How long does a refund take?\nTo Norway.");
}

#[tokio::test]
async fn nothing_is_said_once_a_person_is_there() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    let conversation = asked(owner).await;
    let turn = claim(owner).await.expect("a turn");
    run(
        owner,
        &format!("select public.send_message('{conversation}', 'I am here.')"),
    )
    .await;
    assert_eq!(
        text(owner, &finish(conversation, &turn)).await.as_deref(),
        Some("overtaken")
    );
    let state: String = value(
        owner,
        "select (select count(*) from public.messages where sender_type = 'ai') || ' ' || (select verdict from public.ai_answers)",
    )
    .await;
    assert_eq!(state, "0 overtaken");
    say(owner, "m2", "And to Norway?").await;
    assert_eq!(
        value::<i64>(owner, "select count(*) from romashka.assistant_turns").await,
        0
    );
}

#[tokio::test]
async fn a_turn_that_always_fails_goes_to_a_person() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    let conversation = asked(owner).await;
    let mut last = None;
    for _ in 0..5 {
        let turn = claim(owner).await.expect("a turn");
        last = text(
            owner,
            &format!(
                "select romashka.fail_turn('{conversation}', '{}', '{}', 'no room')",
                turn.workspace, turn.lease
            ),
        )
        .await;
        run(
            owner,
            "update romashka.assistant_turns set next_attempt_at = now() - interval '1 second'",
        )
        .await;
    }
    assert_eq!(last.as_deref(), Some("handed_off"));
    let state: String = value(
        owner,
        "select c.status || ' ' || c.handoff_reason || ' ' || n.note || ' ' || a.question from public.conversations as c
           join public.conversation_notes as n on n.conversation_id = c.id join public.ai_answers as a on a.conversation_id = c.id",
    )
    .await;
    assert_eq!(
        state,
        "escalated tool_failed The assistant could not answer: no room How long does a refund take?"
    );
}

#[tokio::test]
async fn automatic_mails_and_channels_without_an_assistant_are_not_answered() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    asked(owner).await;
    run(
        owner,
        "delete from romashka.assistant_turns;
         insert into public.communication_channels (id, name, type) values ('00000000-0000-4000-8000-0000000000c2', 'Other', 'sms');
         select public.ingest_message('sms', '+491701234567', 'I am away', channel_id => '00000000-0000-4000-8000-0000000000c1', is_quiet => true);
         select public.ingest_message('sms', '+491701234567', 'A picture', channel_id => '00000000-0000-4000-8000-0000000000c1', message_type => 'image');
         select public.ingest_message('sms', '+491707654321', 'Hello', channel_id => '00000000-0000-4000-8000-0000000000c2');
         select public.ingest_message('sms', '+491701234567', 'Of last year', channel_id => '00000000-0000-4000-8000-0000000000c1', occurred_at => now() - interval '1 year');
         update public.channel_assistants set is_enabled = false;
         select public.ingest_message('sms', '+491701234567', 'Hello', channel_id => '00000000-0000-4000-8000-0000000000c1')",
    )
    .await;
    assert_eq!(
        value::<i64>(owner, "select count(*) from romashka.assistant_turns").await,
        0
    );
}

#[tokio::test]
async fn who_is_not_to_be_written_to_is_not_answered() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    let conversation = asked(owner).await;
    let turn = claim(owner).await.expect("a turn");
    run(
        owner,
        "update public.customer_profiles set do_not_contact_since = now()",
    )
    .await;
    assert_eq!(
        text(owner, &finish(conversation, &turn)).await.as_deref(),
        Some("handed_off")
    );
    let state: String = value(
        owner,
        "select (select count(*) from public.messages where sender_type = 'ai') || ' ' || c.status || ' ' || c.handoff_reason from public.conversations as c",
    )
    .await;
    assert_eq!(state, "0 escalated policy");
}

#[tokio::test]
async fn what_is_erased_while_it_is_answered_is_not_written_down_again() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    let conversation = asked(owner).await;
    let first = claim(owner).await.expect("a turn");
    assert!(text(owner, &finish(conversation, &first)).await.is_some());
    say(owner, "m2", "My name is Vera Ivanova").await;
    let turn = claim(owner).await.expect("a turn");
    let exported: String = value(
        owner,
        "select public.export_customer(id)::text from public.customer_profiles",
    )
    .await;
    assert!(exported.contains("How long?"), "{exported}");
    run(
        owner,
        "select public.erase_customer(id, 'asked for') from public.customer_profiles",
    )
    .await;
    assert_eq!(text(owner, &finish(conversation, &turn)).await, None);
    let state: String = value(
        owner,
        "select string_agg(question || coalesce(answer, ''), ' ') from public.ai_answers",
    )
    .await;
    assert_eq!(state, "[erased]");
}

#[tokio::test]
async fn where_it_is_switched_off_it_does_not_begin() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    asked(owner).await;
    run(
        owner,
        "update public.channel_assistants set is_enabled = false",
    )
    .await;
    assert!(claim(owner).await.is_none());
    assert_eq!(
        value::<i64>(owner, "select count(*) from romashka.assistant_turns").await,
        0
    );
}

#[tokio::test]
async fn a_turn_whose_workers_never_come_back_goes_to_a_person() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    asked(owner).await;
    for _ in 0..5 {
        claim(owner).await.expect("a turn");
        run(
            owner,
            "update romashka.assistant_turns set next_attempt_at = now() - interval '1 second'",
        )
        .await;
    }
    assert!(claim(owner).await.is_none());
    let state: String = value(
        owner,
        "select status || ' ' || handoff_reason from public.conversations",
    )
    .await;
    assert_eq!(state, "escalated tool_failed");
}
