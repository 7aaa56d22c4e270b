//! Routing rules: which one a new conversation comes under, and what becomes of it.

use romashka_tests::{Role, TestDatabase, explain, try_statement, value};
use serde_json::{Value, json};
use uuid::Uuid;

const ALWAYS: &str = r#"(select jsonb_object_agg(d, '{"start": "00:00", "end": "24:00"}'::jsonb) from unnest(array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']) as d)"#;

struct Office {
    database: TestDatabase,
    workspace: Uuid,
    agent: Uuid,
    other: Uuid,
    team: Uuid,
}

impl Office {
    /// Two agents who are free at any hour; the second alone is in the team.
    async fn new() -> Office {
        let database = TestDatabase::new().await;
        let workspace = database.create_workspace("office").await;
        let agent = database.create_person(workspace, Role::Agent).await;
        let other = database.create_person(workspace, Role::Agent).await;
        let office = Office {
            team: value(
                database.owner(),
                &format!("insert into public.teams (workspace_id, name) values ('{workspace}', 'Orders') returning id"),
            )
            .await,
            database,
            workspace,
            agent,
            other,
        };
        office
            .run(&format!(
                "insert into public.team_members (workspace_id, team_id, user_id) values ('{workspace}', '{}', '{other}')",
                office.team
            ))
            .await;
        for person in [agent, other] {
            office
                .run(&format!(
                    "insert into public.agent_availability (workspace_id, agent_id, is_online, max_concurrent_chats, working_hours) values ('{workspace}', '{person}', true, 100, {ALWAYS})"
                ))
                .await;
        }
        office
    }

    async fn run(&self, sql: &str) {
        if let Err(error) = self.database.owner().batch_execute(sql).await {
            panic!("{sql}\n{}", explain(&error));
        }
    }

    /// A rule with these conditions; `columns` and `values` are what it does.
    async fn rule(&self, priority: i32, conditions: &Value, columns: &str, values: &str) -> Uuid {
        let sql = format!(
            "insert into public.channel_routing_rules (workspace_id, name, priority, conditions{columns}) values ('{}', 'rule {priority}', {priority}, '{conditions}'{values}) returning id",
            self.workspace
        );
        value(self.database.owner(), &sql).await
    }

    /// Takes a message in; the conversation.
    async fn message(&self, arguments: &str) -> Uuid {
        let sql = format!(
            "select conversation_id from public.ingest_message({arguments}, workspace => '{}')",
            self.workspace
        );
        value(self.database.owner(), &sql).await
    }

    async fn of<T>(&self, conversation: Uuid, column: &str) -> T
    where
        T: for<'a> tokio_postgres::types::FromSql<'a>,
    {
        value(
            self.database.owner(),
            &format!("select {column} from public.conversations where id = '{conversation}'"),
        )
        .await
    }

    async fn trial(&self, message: &Value) -> Value {
        let sql = format!(
            "select public.test_routing('{}', '{}')",
            message.to_string().replace('\'', "''"),
            self.workspace
        );
        value(self.database.owner(), &sql).await
    }
}

#[tokio::test]
async fn a_rule_gives_team_agent_priority_tags_and_service_level() {
    let office = Office::new().await;
    let policy: Uuid = value(
        office.database.owner(),
        &format!(
            "insert into public.sla_policies (workspace_id, name, first_response_seconds) values ('{}', 'Fast', 60) returning id",
            office.workspace
        ),
    )
    .await;
    // Taken only when the rule says so.
    office
        .run("update public.sla_policies set is_active = false")
        .await;
    let rule = office
        .rule(
            5,
            &json!({"keywords": ["order", "C++"]}),
            ", team_id, set_priority, add_tags, sla_policy_id, fallback_channel_type",
            &format!(
                ", '{}', 'high', '{{order,money}}', '{policy}', 'email'",
                office.team
            ),
        )
        .await;
    let routed = office.message("'sms', '+491', 'Where is my ORDER?'").await;
    assert_eq!(
        office.of::<Option<Uuid>>(routed, "routing_rule_id").await,
        Some(rule)
    );
    assert_eq!(
        office.of::<Option<Uuid>>(routed, "team_id").await,
        Some(office.team)
    );
    assert_eq!(
        office.of::<Option<Uuid>>(routed, "assigned_agent_id").await,
        Some(office.other),
        "the one who is in the team"
    );
    assert_eq!(office.of::<String>(routed, "priority::text").await, "high");
    assert_eq!(
        office.of::<Vec<String>>(routed, "tags").await,
        ["order", "money"]
    );
    assert_eq!(
        office.of::<Option<Uuid>>(routed, "sla_policy_id").await,
        Some(policy)
    );
    assert_eq!(
        office
            .of::<Option<String>>(routed, "fallback_channel_type::text")
            .await
            .as_deref(),
        Some("email")
    );
    let event: Value = value(
        office.database.owner(),
        &format!("select payload from public.events where kind = 'conversation.routed' and conversation_id = '{routed}'"),
    )
    .await;
    assert_eq!(event["rule_id"], rule.to_string());
    assert_eq!(event["rule"], "rule 5");

    // A part of a word is no word; a sign of a pattern is only a sign.
    for words in ["The border is closed", "reorder", "C and more"] {
        let other = office
            .message(&format!("'sms', '+{}', '{words}'", words.len() * 7))
            .await;
        assert_eq!(
            office.of::<Option<Uuid>>(other, "routing_rule_id").await,
            None,
            "{words}"
        );
    }
    let signs = office.message("'sms', '+499', 'I write C++.'").await;
    assert_eq!(
        office.of::<Option<Uuid>>(signs, "routing_rule_id").await,
        Some(rule)
    );
}

#[tokio::test]
async fn the_first_rule_by_priority_whose_every_condition_holds_is_taken() {
    let office = Office::new().await;
    let any = office.rule(0, &json!({}), ", add_tags", ", '{any}'").await;
    let mail = office
        .rule(10, &json!({"channel_type": ["email", "api"]}), "", "")
        .await;
    let german = office
        .rule(
            20,
            &json!({"channel_type": "email", "language": "de"}),
            "",
            "",
        )
        .await;
    let off = office.rule(99, &json!({}), ", is_active", ", false").await;
    for (arguments, expected) in [
        ("'sms', '+1', 'x'", any),
        ("'email', 'a@example.test', 'x', language => 'en'", mail),
        (
            "'email', 'b@example.test', 'x', language => 'de-AT'",
            german,
        ),
        ("'email', 'c@example.test', 'x', language => 'den'", mail),
    ] {
        let talk = office.message(arguments).await;
        assert_eq!(
            office.of::<Option<Uuid>>(talk, "routing_rule_id").await,
            Some(expected),
            "{arguments}"
        );
    }
    assert_ne!(any, off);
    // What goes on is not routed anew.
    office
        .run("update public.channel_routing_rules set is_active = false where priority = 0")
        .await;
    let goes_on = office.message("'sms', '+1', 'and this'").await;
    assert_eq!(
        office.of::<Option<Uuid>>(goes_on, "routing_rule_id").await,
        Some(any)
    );
}

#[tokio::test]
async fn customers_hours_and_attributes_are_asked() {
    let office = Office::new().await;
    office
        .run(&format!(
            r#"update public.workspaces set time_zone = 'Europe/Berlin', holidays = '{{2026-12-25}}',
               business_hours = '{{"friday": {{"start": "09:00", "end": "17:00"}}, "monday": {{"start": "22:00", "end": "02:00"}}}}' where id = '{}'"#,
            office.workspace
        ))
        .await;
    let hours = office
        .rule(50, &json!({"business_hours": "open"}), "", "")
        .await;
    for (at, open) in [
        ("2026-12-18T08:30:00Z", true),
        ("2026-12-18T07:59:00Z", false),
        ("2026-12-18T16:00:00Z", false),
        // A holiday.
        ("2026-12-25T10:00:00Z", false),
        // The shift that began on Monday evening.
        ("2026-12-15T00:59:00Z", true),
        ("2026-12-15T01:01:00Z", false),
    ] {
        let verdict = office.trial(&json!({"at": at})).await;
        let expected = open.then(|| hours.to_string());
        assert_eq!(
            verdict["rule_id"].as_str(),
            expected.as_deref(),
            "{at}: {verdict}"
        );
    }
    office.run("delete from public.channel_routing_rules").await;

    let vip = office
        .rule(40, &json!({"customer_status": "vip"}), "", "")
        .await;
    let tagged = office
        .rule(30, &json!({"customer_tags": ["Gold", "Silver"]}), "", "")
        .await;
    let plan = office
        .rule(20, &json!({"customer_attributes": {"plan": "pro"}}), "", "")
        .await;
    let firm = office
        .rule(10, &json!({"email_domain": "firm.test"}), "", "")
        .await;
    let form = office
        .rule(5, &json!({"attributes": {"topic": "billing"}}), "", "")
        .await;
    let first = office
        .rule(1, &json!({"is_new_customer": true}), "", "")
        .await;
    let customer = async |columns: &str, values: &str| -> Uuid {
        let sql = format!(
            "insert into public.customer_profiles (workspace_id{columns}) values ('{}'{values}) returning id",
            office.workspace
        );
        value(office.database.owner(), &sql).await
    };
    for (id, expected) in [
        (customer(", status", ", 'vip'").await, vip),
        (customer(", tags", ", '{other,gold}'").await, tagged),
        (
            customer(", custom_fields", r#", '{"plan": "pro", "seats": 5}'"#).await,
            plan,
        ),
        (customer(", email", ", 'ann@mail.firm.test'").await, firm),
        (customer(", email", ", 'ann@notfirm.test'").await, first),
    ] {
        let verdict = office.trial(&json!({"customer_id": id})).await;
        assert_eq!(verdict["rule_id"], expected.to_string(), "{verdict}");
        // A real one comes under the same.
        let talk: Uuid = value(
            office.database.owner(),
            &format!("insert into public.conversations (workspace_id, customer_id) values ('{}', '{id}') returning id", office.workspace),
        )
        .await;
        assert_eq!(
            office.of::<Option<Uuid>>(talk, "routing_rule_id").await,
            Some(expected)
        );
    }
    let verdict = office
        .trial(&json!({"attributes": {"topic": "billing"}}))
        .await;
    assert_eq!(verdict["rule_id"], form.to_string(), "{verdict}");
}

#[tokio::test]
async fn a_trial_says_why_and_changes_nothing() {
    let office = Office::new().await;
    let picture = "select (select count(*) from public.events) + (select count(*) from public.conversations) + (select count(*) from public.customer_profiles)";
    let rule = office
        .rule(
            5,
            &json!({"channel_type": "email", "keywords": "refund"}),
            "",
            "",
        )
        .await;
    let before: i64 = value(office.database.owner(), picture).await;
    let verdict = office
        .trial(&json!({"channel_type": "email", "content": "No money"}))
        .await;
    assert_eq!(verdict["rule_id"], Value::Null);
    assert_eq!(verdict["rules"][0]["id"], rule.to_string());
    assert_eq!(verdict["rules"][0]["applies"], false);
    assert_eq!(
        verdict["rules"][0]["conditions"],
        json!([{"field": "channel_type", "wanted": "email", "found": "email", "holds": true},
               {"field": "keywords", "wanted": "refund", "found": null, "holds": false}])
    );
    let verdict = office
        .trial(&json!({"channel_type": "email", "content": "A refund, please"}))
        .await;
    assert_eq!(verdict["rule_id"], rule.to_string());
    assert_eq!(value::<i64>(office.database.owner(), picture).await, before);
}

#[tokio::test]
async fn what_the_writer_says_himself_stands() {
    let office = Office::new().await;
    office
        .rule(
            5,
            &json!({}),
            ", team_id, agent_id, set_priority, add_tags",
            &format!(", '{}', '{}', 'high', '{{a}}'", office.team, office.other),
        )
        .await;
    let talk: Uuid = value(
        office.database.owner(),
        &format!(
            "insert into public.conversations (workspace_id, assigned_agent_id, priority, tags) values ('{}', '{}', 'low', '{{a,b}}') returning id",
            office.workspace, office.agent
        ),
    )
    .await;
    assert_eq!(
        office.of::<Option<Uuid>>(talk, "assigned_agent_id").await,
        Some(office.agent)
    );
    assert_eq!(office.of::<String>(talk, "priority::text").await, "low");
    assert_eq!(office.of::<Vec<String>>(talk, "tags").await, ["a", "b"]);
}

#[tokio::test]
async fn an_agent_gets_it_always_or_beside_a_team_while_he_is_free() {
    let office = Office::new().await;
    let away = |person: Uuid| {
        format!(
            "update public.agent_availability set is_online = false where agent_id = '{person}'"
        )
    };
    office.run(&away(office.agent)).await;
    let rule = office
        .rule(
            5,
            &json!({}),
            ", agent_id",
            &format!(", '{}'", office.agent),
        )
        .await;
    let own = office.message("'sms', '+1', 'x'").await;
    assert_eq!(
        office.of::<Option<Uuid>>(own, "assigned_agent_id").await,
        Some(office.agent),
        "it waits for its agent"
    );
    office
        .run(&format!(
            "update public.channel_routing_rules set team_id = '{}' where id = '{rule}'",
            office.team
        ))
        .await;
    let team = office.message("'sms', '+2', 'x'").await;
    assert_eq!(
        office.of::<Option<Uuid>>(team, "assigned_agent_id").await,
        Some(office.other)
    );
    office
        .run(&format!(
            "update public.agent_availability set is_online = true where agent_id = '{}'",
            office.agent
        ))
        .await;
    let free = office.message("'sms', '+3', 'x'").await;
    assert_eq!(
        office.of::<Option<Uuid>>(free, "assigned_agent_id").await,
        Some(office.agent)
    );
    // One who has left is no reason to refuse a message.
    office
        .run(&format!(
            "update public.workspace_members set status = 'removed' where user_id = '{}'",
            office.agent
        ))
        .await;
    let left = office.message("'sms', '+4', 'x'").await;
    assert_eq!(
        office.of::<Option<Uuid>>(left, "assigned_agent_id").await,
        Some(office.other)
    );
}

#[tokio::test]
async fn a_conversation_made_without_words_is_routed_by_its_first_message() {
    let office = Office::new().await;
    let first: Uuid = value(
        office.database.owner(),
        &format!(
            "insert into public.teams (workspace_id, name) values ('{}', 'Everybody else') returning id",
            office.workspace
        ),
    )
    .await;
    let usual = office
        .rule(
            0,
            &json!({}),
            ", team_id, set_priority, add_tags",
            &format!(", '{first}', 'low', '{{usual}}'"),
        )
        .await;
    let words = office
        .rule(
            9,
            &json!({"keywords": "refund", "is_new_customer": true}),
            ", team_id, set_priority",
            &format!(", '{}', 'urgent'", office.team),
        )
        .await;
    let talk: Uuid = value(
        office.database.owner(),
        &format!(
            "with c as (insert into public.customer_profiles (workspace_id, name) values ('{0}', 'Ann') returning id)
             insert into public.conversations (workspace_id, customer_id) select '{0}', c.id from c returning id",
            office.workspace
        ),
    )
    .await;
    assert_eq!(
        office.of::<Option<Uuid>>(talk, "routing_rule_id").await,
        Some(usual)
    );
    for text in ["I want a refund", "Another refund"] {
        office
            .run(&format!(
                "insert into public.messages (workspace_id, conversation_id, sender_type, content) values ('{}', '{talk}', 'user', '{text}')",
                office.workspace
            ))
            .await;
        assert_eq!(
            office.of::<Option<Uuid>>(talk, "routing_rule_id").await,
            Some(words)
        );
    }
    assert_eq!(
        office.of::<Option<Uuid>>(talk, "assigned_agent_id").await,
        Some(office.other)
    );
    // What the rule before gave it has gone with that rule.
    assert_eq!(office.of::<String>(talk, "priority::text").await, "urgent");
    assert_eq!(
        office.of::<Option<Uuid>>(talk, "team_id").await,
        Some(office.team)
    );
    assert_eq!(office.of::<Vec<String>>(talk, "tags").await, [""; 0]);
    let events: i64 = value(
        office.database.owner(),
        "select count(*) from public.events where kind = 'conversation.routed'",
    )
    .await;
    assert_eq!(events, 2);
}

#[tokio::test]
async fn conditions_that_rules_do_not_know_are_refused() {
    let office = Office::new().await;
    office.run("begin").await;
    for conditions in [
        json!({"keyword": "x"}),
        json!({"keywords": []}),
        json!({"keywords": [1]}),
        json!({"keywords": {"a": 1}}),
        json!({"business_hours": "sometimes"}),
        json!({"is_new_customer": "yes"}),
        json!({"customer_attributes": "plan"}),
        json!({"language": ""}),
    ] {
        let sql = format!(
            "insert into public.channel_routing_rules (workspace_id, name, conditions) values ('{}', 'x', '{conditions}')",
            office.workspace
        );
        let outcome = try_statement(office.database.owner(), &sql).await;
        assert_eq!(outcome.code(), "RM422", "{conditions}: {outcome:?}");
    }
    let list = format!(
        "insert into public.channel_routing_rules (workspace_id, name, conditions) values ('{}', 'x', '[]')",
        office.workspace
    );
    assert_eq!(
        try_statement(office.database.owner(), &list).await.code(),
        "23514"
    );
    office.run("rollback").await;
}

#[tokio::test]
async fn rules_of_another_workspace_touch_nothing() {
    let office = Office::new().await;
    let rival = office.database.create_workspace("rival").await;
    office
        .run(&format!("insert into public.channel_routing_rules (workspace_id, name, priority, add_tags) values ('{rival}', 'theirs', 1000, '{{theirs}}')"))
        .await;
    let talk = office.message("'sms', '+1', 'x'").await;
    assert_eq!(
        office.of::<Option<Uuid>>(talk, "routing_rule_id").await,
        None
    );
    // Nor can a rule refer to another's team.
    let sql = format!(
        "begin; insert into public.channel_routing_rules (workspace_id, name, team_id) values ('{rival}', 'x', '{}')",
        office.team
    );
    let refused = office
        .database
        .owner()
        .batch_execute(&sql)
        .await
        .unwrap_err();
    assert_eq!(refused.code().map(|code| code.code()), Some("23503"));
    office.run("rollback").await;
    let session = office
        .database
        .as_user(office.agent, office.workspace)
        .await;
    let verdict: Value = value(&session, "select public.test_routing('{}')").await;
    assert_eq!(verdict["rules"], json!([]));
}

/// Sixteen writers at once: each conversation is routed once, nobody gets more than fits, and no circle of waiting forms.
#[tokio::test]
async fn conversations_that_begin_at_once_are_each_routed_right() {
    let office = Office::new().await;
    office
        .run("update public.agent_availability set max_concurrent_chats = 20")
        .await;
    let named = office
        .rule(
            5,
            &json!({"keywords": "odd"}),
            ", team_id, agent_id",
            &format!(", '{}', '{}'", office.team, office.agent),
        )
        .await;
    let usual = office.rule(1, &json!({}), "", "").await;
    let mut writers = Vec::new();
    for writer in 0..16 {
        let client = office.database.connect().await;
        let workspace = office.workspace;
        writers.push(tokio::spawn(async move {
            for number in 0..4 {
                let words = if number % 2 == 1 { "odd" } else { "even" };
                let sql = format!(
                    "select public.ingest_message('sms', '+{writer}00{number}', '{words}', workspace => '{workspace}')"
                );
                if let Err(error) = client.batch_execute(&sql).await {
                    panic!("{}", explain(&error));
                }
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let wrong: i64 = value(
        office.database.owner(),
        &format!(
            "select count(*) from public.conversations where routing_rule_id is distinct from case last_message when 'odd' then '{named}'::uuid else '{usual}' end"
        ),
    )
    .await;
    assert_eq!(wrong, 0);
    let most: i32 = value(
        office.database.owner(),
        "select max(current_chat_count) from public.agent_availability",
    )
    .await;
    assert!(most <= 20, "{most}");
    let drift: i64 = value(
        office.database.owner(),
        "select count(*) from public.agent_availability as a where a.current_chat_count <> (select count(*) from public.conversations as c where c.assigned_agent_id = a.agent_id and c.status = 'active')",
    )
    .await;
    assert_eq!(drift, 0);
}
