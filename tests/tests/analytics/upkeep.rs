//! Keeping figures right: recounts, live figures, retention.

use super::*;

#[tokio::test]
async fn a_counter_that_is_wrong_is_found_and_put_right() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let agent = mixed_day(&database).await;
    let customer: Uuid = value(
        client,
        "insert into public.customer_profiles (name) values ('Ann') returning id",
    )
    .await;
    run(client, &format!("update public.conversations set customer_id = '{customer}' where assigned_agent_id is not null")).await;
    run(
        client,
        &format!("insert into public.agent_availability (agent_id) values ('{agent}')"),
    )
    .await;
    run(client, "insert into public.knowledge_items (title, content, source_type) values ('title', 'content', 'manual')").await;
    run(client, "insert into public.knowledge_analytics (knowledge_item_id, was_helpful) select id, helpful from public.knowledge_items, unnest(array[true, null]) as helpful").await;
    run(client, "select refresh_daily_metrics()").await;
    assert_eq!(
        value::<i64>(client, "select count(*) from recount()").await,
        0
    );

    for (area, sabotage) in [
        (
            "conversations",
            "update public.conversations set message_count = message_count + 1",
        ),
        (
            "conversations",
            "update public.conversations set last_message = 'never said' where message_count > 0",
        ),
        (
            "conversations",
            "update public.conversations set first_response_at = null",
        ),
        (
            "conversation_analytics",
            "update public.conversation_analytics set ai_messages = ai_messages + 1",
        ),
        (
            "conversation_analytics",
            "delete from public.conversation_analytics",
        ),
        (
            "agent_availability",
            "update public.agent_availability set current_chat_count = 4",
        ),
        (
            "customer_profiles",
            "update public.customer_profiles set total_conversations = 9",
        ),
        (
            "customer_profiles",
            "update public.customer_profiles set avg_satisfaction = 5",
        ),
        (
            "knowledge_items",
            "update public.knowledge_items set usage_count = 0",
        ),
        (
            "knowledge_items",
            "update public.knowledge_items set effectiveness_score = 1",
        ),
        (
            "daily_metrics",
            "update public.daily_metrics set total_ratings = 77",
        ),
        (
            "daily_metrics",
            "delete from public.daily_metrics where channel_type = 'email'",
        ),
        (
            "daily_metrics",
            "insert into public.daily_metrics (date, channel_type) select min(date), 'sms' from public.daily_metrics",
        ),
    ] {
        run(
            client,
            &format!(
                "set session_replication_role = replica; {sabotage}; reset session_replication_role"
            ),
        )
        .await;
        let areas: Vec<String> = client.query("select distinct area from recount() where workspace_id = romashka.default_workspace_id()", &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
        assert!(
            areas.contains(&area.to_owned()),
            "{sabotage}: only {areas:?}"
        );
        run(client, "select * from recount(fix => true)").await;
        run(client, "select refresh_daily_metrics()").await;
        let left: Vec<Value> = client
            .query("select to_jsonb(r) from recount() as r", &[])
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        assert!(left.is_empty(), "{sabotage}: {left:#?}");
    }
}

#[tokio::test]
async fn recount_is_for_admins_of_the_workspace() {
    let database = TestDatabase::new().await;
    let acme = database.create_workspace("acme").await;
    let other = database.create_workspace("other").await;
    let client = database.owner();
    run(client, &format!("insert into public.conversations (workspace_id) values ('{acme}'), ('{other}'); update public.conversations set message_count = 5")).await;
    let admin = database.create_person(acme, Role::Admin).await;
    let session = database.as_user(admin, acme).await;
    let seen: Vec<Uuid> = session
        .query("select workspace_id from recount()", &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(seen, [acme]);
    for (sql, code) in [
        (format!("select * from recount('{other}', true)"), "RM404"),
        (
            format!("select aggregate_daily_metrics('2026-01-05', '{other}')"),
            "RM404",
        ),
    ] {
        let session = database.as_user(admin, acme).await;
        let refused = session.query(&sql, &[]).await.expect_err(&sql);
        assert_eq!(refused.code().map(|code| code.code()), Some(code), "{sql}");
    }
    let agent = database.create_person(acme, Role::Agent).await;
    let session = database.as_user(agent, acme).await;
    let refused = session
        .query("select * from recount()", &[])
        .await
        .expect_err("an agent recounts");
    assert_eq!(refused.code().map(|code| code.code()), Some("RM403"));
}

#[tokio::test]
async fn live_figures_are_taken_and_expire() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    mixed_day(&database).await;
    assert!(value::<i32>(client, "select refresh_realtime_metrics()").await >= 8);
    for (name, wanted) in [
        ("open_conversations", 4),
        ("escalated_conversations", 1),
        ("sla_overdue", 4),
    ] {
        let found: i64 = value(client, &format!("select metric_value::bigint from public.realtime_metrics where metric_name = '{name}' and dimensions = '{{}}'")).await;
        let counted: i64 = value(
            client,
            match name {
                "open_conversations" => "select count(*) from public.conversations where status in ('active', 'escalated')",
                "escalated_conversations" => "select count(*) from public.conversations where status = 'escalated'",
                _ => "select count(*) from public.sla_tracking where status = 'pending' and due_at < now()",
            },
        )
        .await;
        assert_eq!(found, counted, "{name}");
        assert!(found >= 1 && found <= wanted + 4, "{name}: {found}");
    }
    assert_eq!(
        value::<i32>(client, "select cleanup_expired_metrics()").await,
        0
    );
    run(client, "update public.realtime_metrics set expires_at = now() - interval '1 second' where metric_name = 'agents_free'").await;
    assert_eq!(
        value::<i32>(client, "SELECT cleanup_expired_metrics()").await,
        1
    );
}

#[tokio::test]
async fn retention_keeps_the_figures_of_what_it_removes() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    run(client, "update public.system_settings set setting_value = '3650' where setting_key = 'analytics_retention_days'").await;
    let old = talk(client, "created_at", "now() - interval '500 days'").await;
    say(client, old, "user", "2025-01-01").await;
    run(client, "update public.messages set created_at = now() - interval '499 days'; update public.conversations set status = 'closed'").await;
    let open = talk(client, "created_at", "now() - interval '500 days'").await;
    run(client, &format!("update public.conversations set last_message_at = created_at where id = '{open}'; select refresh_daily_metrics(most_days => 1000)")).await;
    let before: Value = value(client, "select jsonb_agg(to_jsonb(m) - 'updated_at' order by m.id) from public.daily_metrics as m where total_conversations > 0").await;

    run(
        client,
        "update public.workspaces set legal_hold = true; select apply_retention()",
    )
    .await;
    assert_eq!(
        value::<i64>(client, "select count(*) from public.conversations").await,
        2
    );
    run(client, "update public.workspaces set legal_hold = false").await;
    let removed: Value = value(client, "select apply_retention()").await;
    assert_eq!(removed["conversations"], 1, "{removed}");
    assert_eq!(
        value::<Uuid>(client, "select id from public.conversations").await,
        open,
        "what is open stays"
    );
    run(client, "select refresh_daily_metrics(most_days => 1000)").await;
    let after: Value = value(client, "select jsonb_agg(to_jsonb(m) - 'updated_at' order by m.id) from public.daily_metrics as m where total_conversations > 0").await;
    assert_eq!(before, after);
    assert_eq!(
        value::<i64>(
            client,
            "select count(*) from recount() where area = 'daily_metrics'"
        )
        .await,
        0
    );
}
