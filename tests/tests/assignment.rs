//! Who gets a new conversation, when the one who opens it is an ordinary member under row security.

use romashka_tests::{Role, Session, TestDatabase, explain, value};
use uuid::Uuid;

const ALWAYS: &str = r#"(select jsonb_object_agg(d, '{"start": "00:00", "end": "24:00"}'::jsonb) from unnest(array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']) as d)"#;

struct Desk {
    database: TestDatabase,
    workspace: Uuid,
    agents: Vec<Uuid>,
}

impl Desk {
    /// Three agents who are free at any hour, with room for three conversations each.
    async fn new() -> Desk {
        let database = TestDatabase::new().await;
        let workspace = database.create_workspace("desk").await;
        let mut agents = Vec::new();
        for _ in 0..3 {
            agents.push(database.create_person(workspace, Role::Agent).await);
        }
        let desk = Desk {
            database,
            workspace,
            agents,
        };
        for agent in &desk.agents {
            desk.run(&format!(
                "insert into public.agent_availability (workspace_id, agent_id, is_online, max_concurrent_chats, working_hours) values ('{workspace}', '{agent}', true, 3, {ALWAYS})"
            ))
            .await;
        }
        desk
    }

    async fn run(&self, sql: &str) {
        if let Err(error) = self.database.owner().batch_execute(sql).await {
            panic!("{sql}\n{}", explain(&error));
        }
    }

    /// What each agent has, in the order of the agents, and what waits.
    async fn load(&self) -> (Vec<i32>, i64) {
        let mut counts = Vec::new();
        for agent in &self.agents {
            let count = format!(
                "select current_chat_count from public.agent_availability where agent_id = '{agent}'"
            );
            counts.push(value(self.database.owner(), &count).await);
        }
        let waiting = format!(
            "select count(*) from public.conversations where workspace_id = '{}' and assigned_agent_id is null",
            self.workspace
        );
        (counts, value(self.database.owner(), &waiting).await)
    }
}

async fn open(session: &Session, columns: &str, values: &str) {
    let sql =
        format!("insert into public.conversations (subject{columns}) values ('talk'{values})");
    if let Err(error) = session.batch_execute(&sql).await {
        panic!("{sql}\n{}", explain(&error));
    }
}

#[tokio::test]
async fn the_least_loaded_is_next_and_nobody_has_too_much() {
    let desk = Desk::new().await;
    let member = desk.database.as_user(desk.agents[0], desk.workspace).await;
    for _ in 0..6 {
        open(&member, "", "").await;
    }
    member.commit().await;
    assert_eq!(desk.load().await, (vec![2, 2, 2], 0));
    let member = desk.database.as_user(desk.agents[0], desk.workspace).await;
    for _ in 0..5 {
        open(&member, "", "").await;
    }
    member.commit().await;
    assert_eq!(desk.load().await, (vec![3, 3, 3], 2));
    // Room again: what waits is given out at once.
    let member = desk.database.as_user(desk.agents[1], desk.workspace).await;
    member
        .batch_execute(&format!(
            "update public.conversations set status = 'resolved' where id = (select id from public.conversations where assigned_agent_id = '{}' limit 1)",
            desk.agents[1]
        ))
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    member.commit().await;
    assert_eq!(desk.load().await, (vec![3, 3, 3], 1));
}

#[tokio::test]
async fn in_turn_when_the_workspace_says_so() {
    let desk = Desk::new().await;
    desk.run(&format!("update public.system_settings set setting_value = '\"round_robin\"' where setting_key = 'auto_assignment_algorithm' and workspace_id = '{}'", desk.workspace)).await;
    // The first has two already: by load he would wait, in turn he does not.
    for _ in 0..2 {
        desk.run(&format!(
            "insert into public.conversations (workspace_id, assigned_agent_id) values ('{}', '{}')",
            desk.workspace, desk.agents[0]
        ))
        .await;
    }
    for _ in 0..3 {
        let member = desk.database.as_user(desk.agents[2], desk.workspace).await;
        open(&member, "", "").await;
        member.commit().await;
    }
    assert_eq!(desk.load().await, (vec![3, 1, 1], 0));
}

#[tokio::test]
async fn only_who_is_there_at_this_hour_and_in_the_team() {
    let desk = Desk::new().await;
    let [away, closed, right] = desk.agents[..] else {
        panic!("three agents")
    };
    let workspace = desk.workspace;
    desk.run(&format!(
        "update public.agent_availability set status = 'away' where agent_id = '{away}';
         update public.agent_availability set working_hours = '{{}}' where agent_id = '{closed}'"
    ))
    .await;
    let member = desk.database.as_user(right, workspace).await;
    for _ in 0..2 {
        open(&member, "", "").await;
    }
    member.commit().await;
    assert_eq!(desk.load().await, (vec![0, 0, 2], 0));

    // A department that a team answers for: nobody of it is here, so it waits although somebody else is free.
    desk.run(&format!(
        "insert into public.teams (workspace_id, name, department) values ('{workspace}', 'Billing', 'billing');
         insert into public.team_members (workspace_id, team_id, user_id) select '{workspace}', id, '{away}' from public.teams where workspace_id = '{workspace}'"
    ))
    .await;
    let member = desk.database.as_user(right, workspace).await;
    open(&member, ", department", ", 'billing'").await;
    member.commit().await;
    assert_eq!(desk.load().await, (vec![0, 0, 2], 1));
    // The one of the team comes back and has it.
    let member = desk.database.as_user(away, workspace).await;
    member
        .batch_execute(&format!(
            "update public.agent_availability set status = 'available' where agent_id = '{away}'"
        ))
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    member.commit().await;
    assert_eq!(desk.load().await, (vec![1, 0, 2], 0));
}

#[tokio::test]
async fn an_insert_shows_its_agent_and_its_row_is_written_once() {
    let desk = Desk::new().await;
    let member = desk.database.as_user(desk.agents[0], desk.workspace).await;
    // Four of one statement, and one that is not inserted after all: it takes nobody's place, and who comes after it is given an agent all the same.
    let shown: Option<Uuid> = value(
        &member,
        "insert into public.conversations (subject) values ('one') returning assigned_agent_id",
    )
    .await;
    assert!(shown.is_some_and(|agent| desk.agents.contains(&agent)));
    let rewritten: i64 = value(
        &member,
        "select pg_stat_get_xact_tuples_updated('public.conversations'::regclass)",
    )
    .await;
    assert_eq!(rewritten, 0);
    member
        .batch_execute(
            "insert into public.conversations (subject) values ('two'), ('three'), ('four'), ('five');
             insert into public.conversations (id, subject) select id, 'twice' from public.conversations where subject = 'one' on conflict do nothing;
             insert into public.conversations (subject) values ('six'), ('seven');
             savepoint a;
             insert into public.conversations (subject) values ('undone');
             rollback to savepoint a;
             insert into public.conversations (subject) values ('eight')",
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    member.commit().await;
    let (counts, waiting) = desk.load().await;
    assert_eq!((counts.iter().sum::<i32>(), waiting), (8, 0), "{counts:?}");
    assert!(
        counts.iter().all(|count| (2..=3).contains(count)),
        "{counts:?}"
    );
    let once: bool = value(
        desk.database.owner(),
        "select exists (select from public.events e where e.kind = 'conversation.assigned' and e.conversation_id = c.id)
           and not exists (select from public.audit_logs a where a.entity_id = c.id and a.action = 'UPDATE') from public.conversations as c where subject = 'one'",
    )
    .await;
    assert!(once, "assigned in the same write, and in the ledger");
    let unlike: i64 = value(
        desk.database.owner(),
        "select count(*) from public.recount(null, false)",
    )
    .await;
    assert_eq!(unlike, 0);
}

#[tokio::test]
async fn a_statement_that_frees_in_two_ways_gives_no_more_than_there_is_room_for() {
    let desk = Desk::new().await;
    desk.run("update public.agent_availability set is_online = false")
        .await;
    let member = desk.database.as_user(desk.agents[0], desk.workspace).await;
    for _ in 0..9 {
        open(&member, "", "").await;
    }
    member.commit().await;
    assert_eq!(desk.load().await, (vec![0, 0, 0], 9));
    // As a repair by hand does: the state and the counter at once.
    desk.run(&format!(
        "update public.agent_availability set is_online = false, current_chat_count = 2 where agent_id = '{0}';
         update public.agent_availability set is_online = true, status = 'available', current_chat_count = 0 where agent_id = '{0}'",
        desk.agents[0]
    ))
    .await;
    assert_eq!(desk.load().await, (vec![3, 0, 0], 6));
}
