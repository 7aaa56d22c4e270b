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

#[tokio::test]
async fn a_note_is_its_authors_and_an_admins() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let (ann, ben) = (
        api.member(workspace, Role::Agent).await,
        api.member(workspace, Role::Agent).await,
    );
    let admin = api.member(workspace, Role::Admin).await;
    let customer = customer(&api, workspace).await;
    let talk = ann
        .post(
            "/conversations",
            &json!({"customer_id": customer, "channel_type": "email"}),
        )
        .await
        .expect(201);
    let notes = format!("/conversations/{}/notes", talk.id());
    let made = ann
        .post(&notes, &json!({"content": "He is angry"}))
        .await
        .expect(201);
    let note = format!("{notes}/{}", made.id());

    ben.patch(&note, &json!({"content": "He is not"}))
        .await
        .expect(403);
    ben.delete(&note).await.expect(403);
    ann.patch(&note, &json!({"content": " "})).await.expect(422);
    // What nobody wrote is not everybody's.
    let nobodys: Uuid = api
        .database
        .owner()
        .query_one(
            "insert into public.conversation_notes (workspace_id, conversation_id, note) values ($1, $2, 'by a program') returning id",
            &[&workspace, &talk.id()],
        )
        .await
        .expect("a note")
        .get(0);
    let key = api.key(workspace, "agent", &["*:write"]).await;
    for visitor in [&key, &ben] {
        visitor
            .delete(&format!("{notes}/{nobodys}"))
            .await
            .expect(403);
    }
    admin
        .delete(&format!("{notes}/{nobodys}"))
        .await
        .expect(204);
    let changed = ann
        .patch(&note, &json!({"kind": "escalation"}))
        .await
        .expect(200);
    assert_eq!(changed.body["kind"], "escalation");
    assert_eq!(
        changed.body["content"], "He is angry",
        "what is absent stays"
    );
    let changed = admin
        .patch(&note, &json!({"content": "He is upset"}))
        .await
        .expect(200);
    assert_eq!(changed.body["content"], "He is upset");
    assert_eq!(changed.body["author_id"], made.body["author_id"]);

    // A note is of one conversation.
    let other = ann
        .post(
            "/conversations",
            &json!({"customer_id": customer, "channel_type": "email"}),
        )
        .await
        .expect(201);
    ann.delete(&format!(
        "/conversations/{}/notes/{}",
        other.id(),
        made.id()
    ))
    .await
    .expect(404);
    ann.delete(&note).await.expect(204);
    ann.delete(&note).await.expect(404);
    let left = ann.get(&notes).await.expect(200);
    assert_eq!(left.body["data"], json!([]));
}

#[tokio::test]
async fn what_has_failed_is_sent_again_and_nothing_else() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let owner = api.database.owner();
    let row = owner
        .query_one(
            // A channel that no worker of the server sends by.
            "select conversation_id from public.ingest_message('messenger', 'vera', 'Hello', workspace => $1)",
            &[&workspace],
        )
        .await
        .expect("a message");
    let talk: Uuid = row.get(0);
    let said = agent
        .post(
            &format!("/conversations/{talk}/messages"),
            &json!({"content": "Good day"}),
        )
        .await
        .expect(201);
    let path = format!("/conversations/{talk}/messages/{}/retry", said.id());
    let waiting = agent.post(&path, &json!({})).await.expect(409);
    assert_eq!(waiting.code(), "conflict");

    let fail = "update public.message_delivery_tracking set delivery_status = 'failed', attempt_count = 3, parts_sent = 1, is_uncertain = $2,
                  error_details = '{\"message\": \"no\"}' where message_id = $1";
    let message = said.id();
    owner
        .execute(fail, &[&message, &true])
        .await
        .expect("a failure");
    agent.post(&path, &json!({})).await.expect(409);
    let again = agent
        .post(&path, &json!({"even_if_uncertain": true}))
        .await
        .expect(200);
    assert_eq!(again.body["delivery_status"], "queued");

    owner
        .execute(fail, &[&message, &false])
        .await
        .expect("a failure");
    agent.post(&path, &json!({})).await.expect(200);
    let row = owner
        .query_one(
            "select attempt_count, parts_sent from public.message_delivery_tracking where message_id = $1",
            &[&message],
        )
        .await
        .expect("a delivery");
    let (attempts, parts): (i32, i32) = (row.get(0), row.get(1));
    assert_eq!((attempts, parts), (0, 1), "what was sent is not sent again");

    // All parts were sent, and then the provider said that it could not bring them: all of it goes again.
    owner
        .batch_execute(&format!(
            "update public.message_delivery_tracking set delivery_status = 'sending', lease_id = gen_random_uuid(), attempt_count = 1 where message_id = '{message}';
             update public.message_delivery_tracking set delivery_status = 'sent', external_message_id = 'm1', parts_sent = 2 where message_id = '{message}';
             select public.record_delivery_status('messenger', 'm1', 'failed', workspace => '{workspace}')"
        ))
        .await
        .expect("a report");
    agent.post(&path, &json!({})).await.expect(200);
    let row = owner
        .query_one(
            "select parts_sent, external_message_id from public.message_delivery_tracking where message_id = $1",
            &[&message],
        )
        .await
        .expect("a delivery");
    assert_eq!(row.get::<_, i32>(0), 0);
    assert_eq!(
        row.get::<_, Option<String>>(1),
        None,
        "late news of it is not of the new attempt"
    );

    // By another channel it is on its way: not by both.
    owner
        .batch_execute(&format!(
            "update public.message_delivery_tracking set delivery_status = 'failed', attempt_count = 1 where message_id = '{message}';
             insert into public.message_delivery_tracking (workspace_id, message_id, channel_type, purpose, delivery_status, created_at)
             values ('{workspace}', '{message}', 'instagram', 'fallback', 'queued', now() - interval '1 hour')"
        ))
        .await
        .expect("a way round");
    agent.post(&path, &json!({})).await.expect(409);
    owner
        .execute(
            "delete from public.message_delivery_tracking where message_id = $1 and purpose = 'fallback'",
            &[&message],
        )
        .await
        .expect("one way");

    // Who does not want messages gets none.
    owner
        .execute(fail, &[&message, &false])
        .await
        .expect("a failure");
    owner
        .execute(
            "update public.customer_profiles set do_not_contact_since = now() where workspace_id = $1",
            &[&workspace],
        )
        .await
        .expect("a wish");
    agent.post(&path, &json!({})).await.expect(422);
}

#[tokio::test]
async fn an_admin_erases_a_customer() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let admin = api.member(workspace, Role::Admin).await;
    let row = api
        .database
        .owner()
        .query_one(
            "select customer_id, conversation_id from public.ingest_message('whatsapp', '491701234567', 'My name is Quillfeather', workspace => $1)",
            &[&workspace],
        )
        .await
        .expect("a message");
    let (customer, talk): (Uuid, Uuid) = (row.get(0), row.get(1));
    let path = format!("/customers/{customer}/erase");
    agent.post(&path, &json!({"reason": "x"})).await.expect(403);
    let gone = admin
        .post(&path, &json!({"reason": "request 17"}))
        .await
        .expect(200);
    assert_eq!(gone.body["messages"], 1);
    assert_eq!(gone.body["profiles"], 1);
    let said = agent
        .get(&format!("/conversations/{talk}/messages"))
        .await
        .expect(200);
    assert_eq!(said.body["data"][0]["content"], "[erased]");
}

#[tokio::test]
async fn a_suggested_article_is_listed_and_accepted() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let viewer = api.member(workspace, Role::Viewer).await;
    let owner = api.database.owner();
    for (number, question) in [
        "Do you ship to Norway?",
        "How long does a refund take?",
        "How long does a refund take now?",
    ]
    .iter()
    .enumerate()
    {
        let row = owner
            .query_one(
                "select conversation_id from public.ingest_message('sms', $1, $2, workspace => $3)",
                &[&format!("+49{number}"), question, &workspace],
            )
            .await
            .expect("a message");
        let talk: Uuid = row.get(0);
        let path = format!("/conversations/{talk}");
        agent
            .post(
                &format!("{path}/messages"),
                &json!({"content": "It takes five working days. Write to ann@example.test in doubt."}),
            )
            .await
            .expect(201);
        agent
            .post(&format!("{path}/resolve"), &json!({}))
            .await
            .expect(200);
    }
    // What happened is looked at when no transaction of the database server is older.
    for _ in 0..200 {
        let row = owner
            .query_one(
                "select public.collect_article_suggestions($1), (select count(*) from public.article_suggestions)",
                &[&workspace],
            )
            .await
            .expect("suggestions");
        if row.get::<_, i64>(1) == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let page = viewer
        .get("/knowledge/suggestions?limit=1")
        .await
        .expect(200);
    let first = &page.body["data"][0];
    assert_eq!(first["question"], "How long does a refund take?");
    assert_eq!(first["occurrences"], 2);
    assert_eq!(first["may_name_somebody"], true);
    let next = page.body["next_cursor"].as_str().expect("a second page");
    let second = viewer
        .get(&format!("/knowledge/suggestions?limit=1&cursor={next}"))
        .await
        .expect(200);
    assert_eq!(second.body["data"][0]["question"], "Do you ship to Norway?");
    assert_eq!(second.body["next_cursor"], Value::Null);

    let path = format!(
        "/knowledge/suggestions/{}",
        first["id"].as_str().expect("an id")
    );
    let read = viewer.get(&path).await.expect(200);
    assert_eq!(
        read.body["conversation_ids"].as_array().map(Vec::len),
        Some(2)
    );
    viewer
        .post(&format!("{path}/accept"), &json!({}))
        .await
        .expect(403);
    let made = agent
        .post(
            &format!("{path}/accept"),
            &json!({"content": "Five working days.", "publish": true}),
        )
        .await
        .expect(201);
    assert_eq!(made.body["status"], "active");
    assert_eq!(
        made.header("location"),
        format!("/api/v1/knowledge/items/{}", made.id())
    );
    agent
        .post(&format!("{path}/reject"), &Value::Null)
        .await
        .expect(409);
    let left = viewer.get("/knowledge/suggestions").await.expect(200);
    assert_eq!(left.body["data"].as_array().map(Vec::len), Some(1));
    let done = viewer
        .get("/knowledge/suggestions?status=accepted")
        .await
        .expect(200);
    assert_eq!(done.body["data"][0]["knowledge_item_id"], made.body["id"]);
}
