//! Conversations by the API.

use std::collections::BTreeSet;

use romashka_tests::{Api, Role};
use serde_json::{Value, json};
use uuid::Uuid;

async fn customer(api: &Api, workspace: Uuid) -> Uuid {
    api.database
        .owner()
        .query_one(
            "insert into public.customer_profiles (workspace_id, name) values ($1, 'Ann') returning id",
            &[&workspace],
        )
        .await
        .expect("a customer")
        .get(0)
}

#[tokio::test]
async fn a_conversation_is_begun_changed_resolved_and_opened_again() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let customer = customer(&api, workspace).await;
    let made = agent
        .post(
            "/conversations",
            &json!({"customer_id": customer, "channel_type": "email", "subject": "Invoice", "tags": ["billing"]}),
        )
        .await
        .expect(201);
    let path = format!("/conversations/{}", made.id());
    assert_eq!(made.header("location"), format!("/api/v1{path}"));
    assert_eq!(made.body["status"], "active");
    let read = agent.get(&path).await.expect(200);
    assert_eq!(
        (&read.body, read.header("etag")),
        (&made.body, made.header("etag"))
    );

    let changed = agent
        .patch(&path, &json!({"priority": "urgent", "subject": null}))
        .await
        .expect(200);
    assert_eq!(changed.body["priority"], "urgent");
    assert_eq!(changed.body["subject"], Value::Null);
    assert_eq!(
        changed.body["tags"],
        json!(["billing"]),
        "what is absent stays"
    );

    let late = agent
        .request(reqwest::Method::PATCH, &format!("/api/v1{path}"))
        .header("if-match", made.header("etag"))
        .json(&json!({"priority": "low"}));
    assert_eq!(
        agent.send(late).await.expect(412).code(),
        "version_mismatch"
    );
    let in_time = agent
        .request(reqwest::Method::PATCH, &format!("/api/v1{path}"))
        .header("if-match", changed.header("etag"))
        .json(&json!({"priority": "low"}));
    agent.send(in_time).await.expect(200);

    let resolved = agent
        .post(
            &format!("{path}/resolve"),
            &json!({"resolution_type": "solved"}),
        )
        .await
        .expect(200);
    assert_eq!(resolved.body["status"], "resolved");
    assert!(resolved.body["resolved_at"].is_string());
    let opened = agent
        .post(&format!("{path}/reopen"), &Value::Null)
        .await
        .expect(200);
    assert_eq!(opened.body["status"], "active");
}

#[tokio::test]
async fn pages_hold_every_row_once_in_every_order() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let customer = customer(&api, workspace).await;
    // Of one moment, so that only the id tells them apart.
    api.database
        .owner()
        .execute(
            "insert into public.conversations (workspace_id, customer_id, channel_type, waiting_since, created_at, last_message_at)
             select $1, $2, 'email', '2026-01-01', '2026-01-01', '2026-01-01' from generate_series(1, 25)",
            &[&workspace, &customer],
        )
        .await
        .expect("rows");
    for sort in ["created_at", "last_message_at", "waiting_since"] {
        let mut seen = BTreeSet::new();
        let mut path = format!("/conversations?limit=10&sort={sort}");
        for expected in [10, 10, 5] {
            let page = agent.get(&path).await.expect(200);
            let rows = page.body["data"].as_array().expect("rows");
            assert_eq!(rows.len(), expected, "{sort}");
            for row in rows {
                assert!(seen.insert(row["id"].to_string()), "twice in {sort}");
            }
            let cursor = page.body["next_cursor"].as_str().unwrap_or_default();
            assert_eq!(cursor.is_empty(), expected == 5);
            path = format!("/conversations?limit=10&sort={sort}&cursor={cursor}");
        }
    }
    let first = agent.get("/conversations?limit=1").await.expect(200);
    let cursor = first.body["next_cursor"].as_str().expect("a cursor");
    let mixed = format!("/conversations?sort=waiting_since&cursor={cursor}");
    assert_eq!(agent.get(&mixed).await.expect(400).code(), "invalid_cursor");
    for wrong in [
        "limit=101",
        "status=open",
        "unknown=1",
        "cursor=x",
        "assigned_agent_id=x",
    ] {
        let answer = agent
            .get(&format!("/conversations?{wrong}"))
            .await
            .expect(400);
        let field = wrong.split('=').next().expect("a name");
        assert!(
            answer.body["field"] == field || field == "unknown",
            "{wrong}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn filters_choose() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let customer = customer(&api, workspace).await;
    for (channel, priority, tag) in [
        ("email", "high", "a"),
        ("sms", "low", "b"),
        ("email", "low", "a"),
    ] {
        agent
            .post(
                "/conversations",
                &json!({"customer_id": customer, "channel_type": channel, "priority": priority, "tags": [tag]}),
            )
            .await
            .expect(201);
    }
    for (filter, expected) in [
        ("channel_type=email", 2),
        ("channel_type=email,sms", 3),
        ("priority=low&channel_type=email", 1),
        ("tag=a", 2),
        ("is_unassigned=true", 3),
        ("is_snoozed=true", 0),
        ("is_snoozed=false", 3),
        ("status=resolved,closed", 0),
    ] {
        let page = agent
            .get(&format!("/conversations?{filter}"))
            .await
            .expect(200);
        assert_eq!(
            page.body["data"].as_array().map(Vec::len),
            Some(expected),
            "{filter}"
        );
    }
}

#[tokio::test]
async fn many_are_changed_each_by_itself() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let rival = api.database.create_workspace("rival").await;
    let agent = api.member(workspace, Role::Agent).await;
    let ann = api.database.create_person(workspace, Role::Agent).await;
    let customer = customer(&api, workspace).await;
    let ids: Vec<Uuid> = api
        .database
        .owner()
        .query_one(
            "with made as (insert into public.conversations (workspace_id, customer_id, channel_type, tags)
               select $1, $2, 'email', array['old'] from generate_series(1, 3) returning id)
             select array(select id from made order by id)",
            &[&workspace, &customer],
        )
        .await
        .expect("conversations")
        .get(0);
    let foreign: Uuid = api
        .database
        .owner()
        .query_one(
            "insert into public.conversations (workspace_id) values ($1) returning id",
            &[&rival],
        )
        .await
        .expect("a conversation of another workspace")
        .get(0);
    let wanted = json!({
        "ids": [ids[0], ids[1], ids[0], foreign, Uuid::nil()],
        "change": {"action": "tag", "add": ["refund"], "remove": ["old"]},
    });
    let tagged = agent.post("/conversations/bulk", &wanted).await.expect(200);
    assert_eq!(tagged.body["changed"], 2);
    let codes: Vec<(&Value, &Value)> = tagged.body["data"]
        .as_array()
        .expect("results")
        .iter()
        .map(|result| (&result["id"], &result["code"]))
        .collect();
    assert_eq!(codes.len(), 4, "each once");
    for id in &ids[..2] {
        assert!(codes.contains(&(&json!(id), &Value::Null)), "{codes:?}");
        let now = agent.get(&format!("/conversations/{id}")).await.expect(200);
        assert_eq!(now.body["tags"], json!(["refund"]));
    }
    for id in [foreign, Uuid::nil()] {
        assert!(
            codes.contains(&(&json!(id), &json!("not_found"))),
            "{codes:?}"
        );
    }
    let untouched: Vec<String> = api
        .database
        .owner()
        .query_one(
            "select tags from public.conversations where id = $1",
            &[&foreign],
        )
        .await
        .expect("its tags")
        .get(0);
    assert_eq!(untouched, Vec::<String>::new());

    // One that is resolved cannot be put aside, the others are.
    agent
        .post(&format!("/conversations/{}/resolve", ids[2]), &json!({}))
        .await
        .expect(200);
    let until = "2099-01-01T00:00:00Z";
    let aside = agent
        .post(
            "/conversations/bulk",
            &json!({"ids": ids, "change": {"action": "snooze", "until": until}}),
        )
        .await
        .expect(200);
    assert_eq!(aside.body["changed"], 2);
    let refused = aside.body["data"]
        .as_array()
        .expect("results")
        .iter()
        .find(|result| result["id"] == json!(ids[2]))
        .expect("the resolved one");
    assert_eq!(
        (&refused["code"], &refused["detail"]),
        (
            &json!("conflict"),
            &json!("Only an open conversation is put aside")
        )
    );

    let all = |change: Value| json!({"ids": ids, "change": change});
    for (change, field, expected) in [
        (json!({"action": "wake"}), "snoozed_until", Value::Null),
        (
            json!({"action": "prioritize", "priority": "urgent"}),
            "priority",
            json!("urgent"),
        ),
        (
            json!({"action": "resolve", "resolution_type": "spam", "is_final": true}),
            "status",
            json!("closed"),
        ),
        (json!({"action": "reopen"}), "status", json!("active")),
        (
            json!({"action": "assign", "agent_id": ann}),
            "assigned_agent_id",
            json!(ann),
        ),
        (
            json!({"action": "unassign"}),
            "assigned_agent_id",
            Value::Null,
        ),
    ] {
        agent
            .post("/conversations/bulk", &all(change.clone()))
            .await
            .expect(200);
        for id in &ids[..2] {
            let now = agent.get(&format!("/conversations/{id}")).await.expect(200);
            assert_eq!(now.body[field], expected, "{change}");
        }
    }

    for wrong in [
        json!({"ids": [], "change": {"action": "reopen"}}),
        json!({"ids": (0..101).map(Uuid::from_u128).collect::<Vec<_>>(), "change": {"action": "reopen"}}),
        json!({"ids": ids, "change": {"action": "tag", "add": [""]}}),
    ] {
        agent.post("/conversations/bulk", &wrong).await.expect(422);
    }
    for wrong in [
        json!({"ids": ids, "change": {"action": "delete"}}),
        json!({"ids": ids, "change": {"action": "reopen", "unknown": 1}}),
    ] {
        let answer = agent.post("/conversations/bulk", &wrong).await;
        assert!(
            [400, 422].contains(&answer.status.as_u16()),
            "{}",
            answer.status
        );
    }
    let viewer = api.member(workspace, Role::Viewer).await;
    viewer
        .post("/conversations/bulk", &all(json!({"action": "reopen"})))
        .await
        .expect(403);
}
