//! What earlier versions of the schema got wrong in the life of a conversation, one test for each: resolving, counters,
//! transfers, late and edited messages, ratings, values that nobody meant.

use romashka_tests::{Role, TestDatabase, code_of, explain, value};
use tokio_postgres::Client;
use uuid::Uuid;

struct Desk {
    database: TestDatabase,
    workspace: Uuid,
    /// Two agents, who are members; none takes conversations by himself.
    agents: [Uuid; 2],
}

async fn desk() -> Desk {
    let database = TestDatabase::new().await;
    let workspace = database.default_workspace().await;
    let agents = [
        database.create_person(workspace, Role::Agent).await,
        database.create_person(workspace, Role::Agent).await,
    ];
    for agent in agents {
        let sql = format!(
            "insert into public.agent_availability (agent_id, is_online) values ('{agent}', false)"
        );
        run(database.owner(), &sql).await;
    }
    run(
        database.owner(),
        "insert into public.customer_profiles (name) values ('Cleo')",
    )
    .await;
    Desk {
        database,
        workspace,
        agents,
    }
}

impl Desk {
    fn owner(&self) -> &Client {
        self.database.owner()
    }

    /// A conversation of the customer's, with these further columns.
    async fn conversation(&self, columns: &str, values: &str) -> Uuid {
        let sql = format!(
            "insert into public.conversations (customer_id{columns}) select id{values} from public.customer_profiles returning id"
        );
        value(self.owner(), &sql).await
    }

    async fn say(&self, conversation: Uuid, sender: &str, content: &str, at: &str) {
        let sql = format!(
            "insert into public.messages (conversation_id, sender_type, content, created_at) values ('{conversation}', '{sender}', '{content}', {at})"
        );
        run(self.owner(), &sql).await;
    }

    /// The open conversations that each agent's counter says he has.
    async fn loads(&self) -> [i32; 2] {
        let mut loads = [0; 2];
        for (load, agent) in loads.iter_mut().zip(self.agents) {
            let sql = format!(
                "select current_chat_count from public.agent_availability where agent_id = '{agent}'"
            );
            *load = value(self.owner(), &sql).await;
        }
        loads
    }

    async fn is(&self, condition: &str) {
        let holds: Option<bool> = value(self.owner(), &format!("select {condition}")).await;
        assert_eq!(holds, Some(true), "{condition}");
    }
}

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}\n{}", explain(&error));
    }
}

#[tokio::test]
async fn a_conversation_is_resolved_in_each_way_and_again_after_reopening() {
    let desk = desk().await;
    let [agent, _] = desk.agents;
    for (status, way) in [
        (
            "resolved",
            "update public.conversations set status = 'resolved' where id = '{}'",
        ),
        (
            "closed",
            "update public.conversations set status = 'closed' where id = '{}'",
        ),
        ("resolved", "select public.resolve_conversation('{}')"),
        (
            "resolved",
            "select public.resolve_conversation('{}'); select public.resolve_conversation('{}')",
        ),
    ] {
        let id = desk.conversation("", "").await;
        for round in 0..2 {
            run(desk.owner(), &way.replace("{}", &id.to_string())).await;
            desk.is(&format!(
                "(select status = '{status}' and resolved_at is not null and resolution_time_seconds is not null and reopen_count = {round} from public.conversations where id = '{id}')"
            ))
            .await;
            desk.is(&format!(
                "(select resolved_at is not null and resolved_by = 'abandoned' from public.conversation_analytics where conversation_id = '{id}')"
            ))
            .await;
            run(
                desk.owner(),
                &format!("select public.reopen_conversation('{id}')"),
            )
            .await;
            desk.is(&format!(
                "(select resolved_at is null and closed_at is null and resolution_time_seconds is null from public.conversations where id = '{id}')
                 and (select resolved_at is null and resolved_by is null and total_duration_seconds is null from public.conversation_analytics where conversation_id = '{id}')"
            ))
            .await;
        }
    }
    // Who resolved it: the agent, the assistant, or nobody.
    for (sender, expected) in [("agent", "agent"), ("ai", "ai"), ("user", "abandoned")] {
        let id = desk.conversation("", "").await;
        desk.say(id, sender, "hello", "clock_timestamp()").await;
        run(
            desk.owner(),
            &format!("update public.conversations set status = 'resolved' where id = '{id}'"),
        )
        .await;
        desk.is(&format!(
            "(select resolved_by = '{expected}' from public.conversation_analytics where conversation_id = '{id}')"
        ))
        .await;
    }
    let id = desk.conversation("", "").await;
    let session = desk.database.as_user(agent, desk.workspace).await;
    run(
        &session,
        &format!("select public.resolve_conversation('{id}')"),
    )
    .await;
    session.commit().await;
    desk.is(&format!(
        "(select resolved_by = 'agent' and resolved_by_id = '{agent}' from public.conversation_analytics where conversation_id = '{id}')"
    ))
    .await;
    desk.is(&format!("(select array_agg(kind::text order by id) = array['conversation.created', 'conversation.resolved'] from public.events where conversation_id = '{id}')")).await;
}

#[tokio::test]
async fn resolved_to_closed_is_recorded() {
    let desk = desk().await;
    let id = desk.conversation(", status", ", 'resolved'").await;
    run(
        desk.owner(),
        &format!("update public.conversations set status = 'closed' where id = '{id}'"),
    )
    .await;
    desk.is(&format!(
        "(select closed_at is not null and resolved_at is not null from public.conversations where id = '{id}')
         and exists (select from public.events where conversation_id = '{id}' and kind = 'conversation.closed')"
    ))
    .await;
}

#[tokio::test]
async fn the_first_response_is_known() {
    let desk = desk().await;
    let id = desk
        .conversation(", created_at", ", '2026-03-01 10:00+00'")
        .await;
    desk.say(id, "user", "help", "'2026-03-01 10:00+00'").await;
    desk.is(&format!(
        "(select first_response_at is null and waiting_since = '2026-03-01 10:00+00' from public.conversations where id = '{id}')"
    ))
    .await;
    desk.say(id, "agent", "here", "'2026-03-01 10:05+00'").await;
    desk.say(id, "agent", "more", "'2026-03-01 10:09+00'").await;
    desk.is(&format!(
        "(select first_response_at = '2026-03-01 10:05+00' and waiting_since is null from public.conversations where id = '{id}')
         and (select first_response_seconds = 300 from public.conversation_analytics where conversation_id = '{id}')"
    ))
    .await;
}

#[tokio::test]
async fn a_rating_keeps_its_fraction_and_a_corrected_one_replaces_the_first() {
    let desk = desk().await;
    let id = desk.conversation("", "").await;
    for (score, average) in [("4.6", "4.6"), ("2", "2")] {
        run(
            desk.owner(),
            &format!("select public.rate_conversation('{id}', {score})"),
        )
        .await;
        desk.is(&format!(
            "(select satisfaction_score = {score} from public.conversations where id = '{id}')
             and (select customer_satisfaction = {score} from public.conversation_analytics where conversation_id = '{id}')
             and (select avg_satisfaction = {average} and rating_count = 1 from public.customer_profiles)"
        ))
        .await;
    }
    run(
        desk.owner(),
        &format!("delete from public.conversations where id = '{id}'"),
    )
    .await;
    desk.is(
        "(select total_conversations = 0 and rating_count = 0 and avg_satisfaction = 0 from public.customer_profiles)",
    )
    .await;
}

#[tokio::test]
async fn an_agents_count_follows_every_way_a_conversation_comes_and_goes() {
    let desk = desk().await;
    let [one, two] = desk.agents;
    let id = desk
        .conversation(", assigned_agent_id", &format!(", '{one}'::uuid"))
        .await;
    assert_eq!(desk.loads().await, [1, 0], "inserted with an assignee");
    for (set, loads, what) in [
        ("assigned_agent_id = null".to_owned(), [0, 0], "unassigned"),
        (
            format!("assigned_agent_id = '{two}'"),
            [0, 1],
            "assigned by hand",
        ),
        (
            format!("assigned_agent_id = '{one}'"),
            [1, 0],
            "transferred",
        ),
        (
            format!("status = 'resolved', assigned_agent_id = '{two}'"),
            [0, 0],
            "resolved and transferred at once",
        ),
        (
            format!("assigned_agent_id = '{one}'"),
            [0, 0],
            "transferred when resolved",
        ),
        ("status = 'active'".to_owned(), [1, 0], "reopened"),
        ("status = 'escalated'".to_owned(), [1, 0], "escalated"),
    ] {
        run(
            desk.owner(),
            &format!("update public.conversations set {set} where id = '{id}'"),
        )
        .await;
        assert_eq!(desk.loads().await, loads, "{what}");
    }
    run(
        desk.owner(),
        &format!(
            "insert into public.conversations (id, number, assigned_agent_id) values ('{id}', 777, '{one}') on conflict do nothing"
        ),
    )
    .await;
    assert_eq!(desk.loads().await, [1, 0], "an insert that did nothing");
    run(
        desk.owner(),
        &format!("delete from public.conversations where id = '{id}'"),
    )
    .await;
    assert_eq!(desk.loads().await, [0, 0], "deleted");
    let twice = format!("insert into public.agent_availability (agent_id) values ('{one}')");
    assert_eq!(code_of(desk.owner(), &twice).await, "23505");
}

#[tokio::test]
async fn a_transfer_is_on_record_however_it_is_made() {
    let desk = desk().await;
    let [one, two] = desk.agents;
    let id = desk
        .conversation(", assigned_agent_id", &format!(", '{one}'::uuid"))
        .await;
    run(
        desk.owner(),
        &format!("update public.conversations set assigned_agent_id = '{two}' where id = '{id}'"),
    )
    .await;
    desk.is(&format!(
        "(select agent_switches = 1 from public.conversation_analytics where conversation_id = '{id}')
         and (select count(*) = 1 from public.conversation_transfers where conversation_id = '{id}' and from_agent_id = '{one}' and to_agent_id = '{two}' and status = 'accepted')"
    ))
    .await;
    // Asked for: it stays until it is accepted, then it is one record, not two.
    let transfer: Uuid = value(
        desk.owner(),
        &format!("select public.transfer_conversation('{id}', '{one}', 'knows the case')"),
    )
    .await;
    assert_eq!(desk.loads().await, [0, 1]);
    let session = desk.database.as_user(one, desk.workspace).await;
    run(
        &session,
        &format!("select public.accept_transfer('{transfer}')"),
    )
    .await;
    session.commit().await;
    assert_eq!(desk.loads().await, [1, 0]);
    desk.is(&format!(
        "(select agent_switches = 2 from public.conversation_analytics where conversation_id = '{id}')
         and (select count(*) = 2 from public.conversation_transfers where conversation_id = '{id}')"
    ))
    .await;
    let again = format!("select public.accept_transfer('{transfer}')");
    assert_eq!(code_of(desk.owner(), &again).await, "RM409");
    // Nobody answers: it ends by itself, once.
    run(
        desk.owner(),
        &format!(
            "select public.transfer_conversation('{id}', '{two}', valid_for => interval '-1 second')"
        ),
    )
    .await;
    desk.is("public.expire_transfers() = 1").await;
    desk.is("public.expire_transfers() = 0").await;
    assert_eq!(desk.loads().await, [1, 0]);
}

#[tokio::test]
async fn a_late_edited_or_deleted_message_leaves_preview_and_counts_right() {
    let desk = desk().await;
    let id = desk
        .conversation(", created_at", ", '2026-03-01 10:00+00'")
        .await;
    desk.say(id, "user", "second", "'2026-03-01 10:10+00'")
        .await;
    desk.say(id, "user", "first, but late", "'2026-03-01 10:05+00'")
        .await;
    desk.is(&format!(
        "(select last_message = 'second' and last_message_at = '2026-03-01 10:10+00' and message_count = 2 from public.conversations where id = '{id}')"
    ))
    .await;
    run(
        desk.owner(),
        "update public.messages set content = 'second, edited' where content = 'second'",
    )
    .await;
    desk.is(&format!(
        "(select last_message = 'second, edited' from public.conversations where id = '{id}')"
    ))
    .await;
    let other = desk.conversation("", "").await;
    run(
        desk.owner(),
        &format!(
            "update public.messages set conversation_id = '{other}' where content = 'second, edited'"
        ),
    )
    .await;
    desk.is(&format!(
        "(select last_message = 'first, but late' and message_count = 1 from public.conversations where id = '{id}')
         and (select last_message = 'second, edited' and message_count = 1 from public.conversations where id = '{other}')"
    ))
    .await;
    run(desk.owner(), "delete from public.messages").await;
    desk.is(
        "(select bool_and(message_count = 0 and last_message is null) from public.conversations)",
    )
    .await;
    desk.is("(select bool_and(total_messages = 0) from public.conversation_analytics)")
        .await;
}

#[tokio::test]
async fn a_customers_message_reopens_a_closed_conversation() {
    let desk = desk().await;
    let id = desk.conversation("", "").await;
    run(
        desk.owner(),
        &format!("select public.resolve_conversation('{id}', null, 'closed')"),
    )
    .await;
    desk.say(id, "agent", "a last word", "clock_timestamp()")
        .await;
    desk.is(&format!(
        "(select status = 'closed' from public.conversations where id = '{id}')"
    ))
    .await;
    desk.say(id, "user", "one more thing", "clock_timestamp()")
        .await;
    desk.is(&format!(
        "(select status = 'active' and reopen_count = 1 and resolved_at is null from public.conversations where id = '{id}')"
    ))
    .await;
}

#[tokio::test]
async fn messages_of_one_transaction_have_an_order() {
    let desk = desk().await;
    let id = desk.conversation("", "").await;
    let values: Vec<String> = (0..50)
        .map(|n| format!("('{id}', 'user', '{n}')"))
        .collect();
    run(
        desk.owner(),
        &format!(
            "begin; {} commit",
            values
                .iter()
                .map(|row| format!(
                    "insert into public.messages (conversation_id, sender_type, content) values {row};"
                ))
                .collect::<String>()
        ),
    )
    .await;
    desk.is("(select array_agg(content::int order by created_at, id) = array(select generate_series(0, 49)) from public.messages)").await;
}

#[tokio::test]
async fn values_that_nobody_meant_are_refused() {
    let desk = desk().await;
    let id = desk.conversation("", "").await;
    for (sql, code) in [
        (
            format!("update public.conversations set status = 'banana' where id = '{id}'"),
            "23514",
        ),
        (
            format!(
                "insert into public.messages (conversation_id, sender_type, content) values ('{id}', 'martian', 'x')"
            ),
            "23514",
        ),
        (
            "insert into public.messages (sender_type, content) values ('user', 'x')".to_owned(),
            "23502",
        ),
        (
            format!("update public.conversations set ai_confidence = 9.99 where id = '{id}'"),
            "23514",
        ),
        (
            format!("update public.conversations set satisfaction_score = 11 where id = '{id}'"),
            "23514",
        ),
        (
            format!("update public.conversations set number = 7 where id = '{id}'"),
            "RM422",
        ),
        (
            format!("update public.conversations set custom_attributes = '[]' where id = '{id}'"),
            "23514",
        ),
    ] {
        assert_eq!(code_of(desk.owner(), &sql).await, code, "{sql}");
    }
}

#[tokio::test]
async fn an_agent_with_conversations_can_leave() {
    let desk = desk().await;
    let [one, _] = desk.agents;
    let id = desk
        .conversation(", assigned_agent_id", &format!(", '{one}'::uuid"))
        .await;
    run(
        desk.owner(),
        &format!("delete from auth.users where id = '{one}'"),
    )
    .await;
    desk.is(&format!(
        "(select assigned_agent_id is null and status = 'active' from public.conversations where id = '{id}')"
    ))
    .await;
}

/// Deletes were superlinear: 4,000 messages took 2.7 seconds. Time is compared with time on the same machine.
#[tokio::test]
async fn a_long_conversation_is_deleted_in_linear_time() {
    let desk = desk().await;
    let mut took = Vec::new();
    for size in [1_000, 8_000] {
        let id = desk.conversation("", "").await;
        run(
            desk.owner(),
            &format!(
                "insert into public.messages (conversation_id, sender_type, content) select '{id}', 'user', 'message ' || n from generate_series(1, {size}) as n; analyze public.messages"
            ),
        )
        .await;
        let begun = std::time::Instant::now();
        run(
            desk.owner(),
            &format!("delete from public.conversations where id = '{id}'"),
        )
        .await;
        took.push(begun.elapsed().as_secs_f64());
    }
    // Eight times the rows: a quadratic delete takes 64 times as long.
    assert!(
        took[1] < took[0].max(0.02) * 32.0,
        "1,000 messages took {} s, 8,000 took {} s",
        took[0],
        took[1]
    );
}
