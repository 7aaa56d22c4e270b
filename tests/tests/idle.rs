//! What a scheduler does about silence: answered conversations are closed, agents who do nothing are away.

use romashka_tests::{Role, TestDatabase, explain, try_statement, value};

async fn run(database: &TestDatabase, sql: &str) {
    if let Err(error) = database.owner().batch_execute(sql).await {
        panic!("{sql}\n{}", explain(&error));
    }
}

async fn open_subjects(database: &TestDatabase) -> Vec<String> {
    value(
        database.owner(),
        "select coalesce(array_agg(subject order by subject), '{}') from public.conversations where status <> 'closed'",
    )
    .await
}

const CLOSE: &str = "select public.close_inactive_conversations()";
const AWAY: &str = "select public.mark_idle_agents_away()";

#[tokio::test]
async fn what_was_answered_and_is_silent_is_closed() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    run(
        &database,
        "insert into public.conversations (subject, created_at, last_message_at)
         select subject, now() - interval '3 hours', now() - interval '3 hours'
           from unnest(array['answered', 'answered just now', 'escalated', 'snoozed', 'unanswered', 'waiting again']) as subject;
         insert into public.messages (conversation_id, sender_type, content, created_at) select id, 'user', 'Hello?', now() - interval '3 hours' from public.conversations;
         insert into public.messages (conversation_id, sender_type, content, created_at)
         select id, 'ai', 'Hello!', case subject when 'answered just now' then now() - interval '10 minutes' else now() - interval '2 hours' end
           from public.conversations where subject <> 'unanswered';
         insert into public.messages (conversation_id, sender_type, content, created_at)
         select id, 'user', 'And?', now() - interval '90 minutes' from public.conversations where subject = 'waiting again';
         update public.conversations set status = 'escalated' where subject = 'escalated';
         update public.conversations set snoozed_until = now() + interval '1 day' where subject = 'snoozed'",
    )
    .await;
    // 0 is never.
    run(&database, "update public.system_settings set setting_value = '0' where setting_key = 'conversation_auto_close_time'").await;
    assert_eq!(value::<i32>(owner, CLOSE).await, 0);
    run(&database, "update public.system_settings set setting_value = '3600' where setting_key = 'conversation_auto_close_time'").await;
    assert_eq!(value::<i32>(owner, CLOSE).await, 1);
    assert_eq!(value::<i32>(owner, CLOSE).await, 0, "once");
    assert_eq!(
        open_subjects(&database).await,
        [
            "answered just now",
            "escalated",
            "snoozed",
            "unanswered",
            "waiting again"
        ]
    );
    let (actor, resolved_by): (String, String) = {
        let row = owner
            .query_one(
                "select e.actor_kind, a.resolved_by from public.events e join public.conversation_analytics a on a.conversation_id = e.conversation_id
                  where e.kind = 'conversation.closed'",
                &[],
            )
            .await
            .unwrap();
        (row.get(0), row.get(1))
    };
    assert_eq!((actor.as_str(), resolved_by.as_str()), ("system", "ai"));
    // The customer has the last word.
    run(&database, "insert into public.messages (conversation_id, sender_type, content) select id, 'user', 'One more thing' from public.conversations where subject = 'answered'").await;
    assert!(
        open_subjects(&database)
            .await
            .contains(&"answered".to_owned())
    );
    assert_eq!(
        value::<i64>(owner, "select count(*) from public.recount(null, false)").await,
        0
    );
}

#[tokio::test]
async fn silence_is_closed_in_batches_past_what_others_work_on() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    run(
        &database,
        "insert into public.conversations (subject, created_at, last_message_at) select lpad(n::text, 2, '0'), now() - n * interval '1 day', now() - n * interval '1 day' from generate_series(1, 10) as n;
         insert into public.messages (conversation_id, sender_type, content, created_at) select id, 'ai', 'Hello!', created_at from public.conversations",
    )
    .await;
    let other = database.connect().await;
    other
        .batch_execute("begin; select from public.conversations where subject = '10' for update")
        .await
        .unwrap();
    assert_eq!(
        value::<i32>(owner, "select public.close_inactive_conversations(4)").await,
        4
    );
    assert_eq!(
        open_subjects(&database).await,
        ["01", "02", "03", "04", "05", "10"]
    );
    assert_eq!(value::<i32>(owner, CLOSE).await, 5);
    other.batch_execute("rollback").await.unwrap();
    assert_eq!(value::<i32>(owner, CLOSE).await, 1);
}

#[tokio::test]
async fn who_does_nothing_is_away_until_he_comes_back() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    let workspace = database.default_workspace().await;
    let mut agents = Vec::new();
    for _ in 0..6 {
        agents.push(database.create_person(workspace, Role::Agent).await);
    }
    let [idle, writes, reads, reports, patient, offline] = agents[..] else {
        panic!("six agents")
    };
    run(
        &database,
        &format!(
            "insert into public.agent_availability (agent_id, is_online, last_activity, working_hours)
             select p, true, now() - interval '10 minutes', '{{}}' from unnest(array['{idle}', '{writes}', '{reads}', '{reports}', '{patient}', '{offline}']::uuid[]) as p;
             update public.agent_availability set last_activity = now() where agent_id = '{reports}';
             update public.agent_availability set auto_away_time = 3600 where agent_id = '{patient}';
             update public.agent_availability set is_online = false, status = 'offline' where agent_id = '{offline}';
             insert into public.conversations (subject) values ('talk');
             insert into public.messages (conversation_id, sender_type, sender_id, content) select id, 'agent', '{writes}', 'Hello' from public.conversations"
        ),
    )
    .await;
    let session = database.as_user(reads, workspace).await;
    session
        .batch_execute("select public.mark_read(id) from public.conversations")
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    session.commit().await;

    let away = "select coalesce(array_agg(agent_id order by agent_id), '{}') from public.agent_availability where status = 'away'";
    run(&database, "update public.system_settings set setting_value = '0' where setting_key = 'agent_auto_away_time'").await;
    assert_eq!(value::<i32>(owner, AWAY).await, 0);
    run(&database, "update public.system_settings set setting_value = '300' where setting_key = 'agent_auto_away_time'").await;
    assert_eq!(value::<i32>(owner, AWAY).await, 1);
    assert_eq!(value::<Vec<uuid::Uuid>>(owner, away).await, [idle]);
    assert_eq!(value::<i32>(owner, AWAY).await, 0);

    // Who comes back is here, although he has said nothing yet.
    let session = database.as_user(idle, workspace).await;
    session
        .batch_execute(&format!(
            "update public.agent_availability set status = 'available' where agent_id = '{idle}'"
        ))
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    session.commit().await;
    assert_eq!(value::<i32>(owner, AWAY).await, 0);
}

#[tokio::test]
async fn only_the_service_looks_for_silence() {
    let database = TestDatabase::new().await;
    let workspace = database.default_workspace().await;
    let admin = database.create_person(workspace, Role::Owner).await;
    let session = database.as_user(admin, workspace).await;
    for sql in [CLOSE, AWAY] {
        assert_eq!(try_statement(&session, sql).await.code(), "42501", "{sql}");
    }
    let service = database
        .as_role("service_role", &serde_json::json!({"role": "service_role"}))
        .await;
    for sql in [CLOSE, AWAY] {
        let outcome = try_statement(&service, sql).await;
        assert_eq!(outcome.code(), "", "{sql}: {outcome:?}");
    }
}
