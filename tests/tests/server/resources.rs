//! Customers, members, messages and what agents do with conversations, as programs and people use them.

use romashka_tests::api::{Answer, Visitor};
use romashka_tests::{Api, Role, value};
use serde_json::{Value, json};
use uuid::Uuid;

struct Stage {
    api: Api,
    workspace: Uuid,
}

impl Stage {
    async fn new() -> Stage {
        let api = Api::new().await;
        let workspace = api.database.create_workspace("acme").await;
        Stage { api, workspace }
    }

    async fn conversation(&self, agent: &Visitor<'_>, channel: &str) -> String {
        let customer = agent
            .post("/customers", &json!({"name": "Ann"}))
            .await
            .expect(201)
            .id();
        let body = json!({"customer_id": customer, "channel_type": channel});
        let made = agent.post("/conversations", &body).await.expect(201);
        format!("/conversations/{}", made.id())
    }
}

fn rows(page: &Answer) -> &Vec<Value> {
    page.body["data"].as_array().expect("rows")
}

#[tokio::test]
async fn customers_are_found_changed_and_merged() {
    let stage = Stage::new().await;
    let agent = stage.api.member(stage.workspace, Role::Agent).await;
    let ann = agent
        .post(
            "/customers",
            &json!({"name": "Ann Example", "email": "ann@example.test", "tags": ["a"]}),
        )
        .await
        .expect(201);
    let twin = agent
        .post("/customers", &json!({"name": "Ann", "phone": "+49123"}))
        .await
        .expect(201);
    let taken = agent
        .post("/customers", &json!({"email": "ANN@example.test"}))
        .await
        .expect(409);
    assert_eq!(
        (taken.code(), &taken.body["field"]),
        ("already_exists", &"email".into())
    );
    let wrong = agent
        .post("/customers", &json!({"email": "no address"}))
        .await
        .expect(422);
    assert_eq!(wrong.body["field"], "email");
    for (query, count) in [
        ("search=exam", 1),
        ("search=ANN", 2),
        ("search=50%25", 0),
        ("email=Ann@Example.test", 1),
        ("phone=%2B49123", 1),
        ("tag=a", 1),
        ("status=vip", 0),
    ] {
        let page = agent.get(&format!("/customers?{query}")).await.expect(200);
        assert_eq!(rows(&page).len(), count, "{query}");
    }
    assert_eq!(
        agent.get("/customers?search=an").await.expect(400).body["field"],
        "search"
    );
    let path = format!("/customers/{}", ann.id());
    let changed = agent
        .patch(&path, &json!({"company": "Acme", "status": "vip"}))
        .await
        .expect(200);
    assert_eq!(
        (&changed.body["company"], &changed.body["name"]),
        (&"Acme".into(), &"Ann Example".into())
    );
    let merged = agent
        .post(
            &format!("/customers/{}/merge", twin.id()),
            &json!({"into_id": ann.id()}),
        )
        .await
        .expect(200);
    assert_eq!(merged.body["phone"], "+49123");
    let gone = agent
        .get(&format!("/customers/{}", twin.id()))
        .await
        .expect(200);
    assert_eq!(gone.body["merged_into_id"], ann.id().to_string());
    let timeline = agent
        .get(&format!("/customers/{}/timeline?limit=1", twin.id()))
        .await
        .expect(200);
    assert_eq!(rows(&timeline)[0]["kind"], "customer.merged");
}

#[tokio::test]
async fn messages_are_sent_once_paged_and_sent_later() {
    let stage = Stage::new().await;
    let agent = stage.api.member(stage.workspace, Role::Agent).await;
    let path = stage.conversation(&agent, "email").await;
    let messages = format!("{path}/messages");
    let first = agent
        .post(
            &messages,
            &json!({"content": "Hello", "client_message_id": "c-1"}),
        )
        .await
        .expect(201);
    let again = agent
        .post(
            &messages,
            &json!({"content": "Hello", "client_message_id": "c-1"}),
        )
        .await
        .expect(201);
    assert_eq!(first.id(), again.id());
    assert_eq!(
        (&first.body["delivery_status"], &first.body["sender_type"]),
        (&"queued".into(), &"agent".into())
    );
    for number in 2..=5 {
        agent
            .post(&messages, &json!({"content": format!("Number {number}")}))
            .await
            .expect(201);
    }
    for wrong in [json!({"content": " "}), json!({"content": "a\u{0}b"})] {
        assert_eq!(agent.post(&messages, &wrong).await.status, 422, "{wrong}");
    }
    for (sort, expected) in [("newest_first", "Number 5"), ("oldest_first", "Hello")] {
        let page = agent
            .get(&format!("{messages}?sort={sort}&limit=2"))
            .await
            .expect(200);
        assert_eq!(rows(&page)[0]["content"], expected);
        let cursor = page.body["next_cursor"].as_str().expect("a cursor");
        let next = agent
            .get(&format!("{messages}?sort={sort}&limit=10&cursor={cursor}"))
            .await
            .expect(200);
        assert_eq!(rows(&next).len(), 3);
        assert!(next.body.get("next_cursor").is_none());
    }

    let later = format!("{path}/scheduled-messages");
    let past = agent
        .post(
            &later,
            &json!({"content": "x", "send_at": "2020-01-01T00:00:00Z"}),
        )
        .await
        .expect(422);
    assert_eq!(past.code(), "unprocessable");
    let body = json!({"content": "Good morning", "send_at": "2099-01-01T00:00:00Z"});
    let (kept, dropped) = (
        agent.post(&later, &body).await.expect(201),
        agent.post(&later, &body).await.expect(201),
    );
    assert_eq!(
        rows(&agent.get(&messages).await.expect(200)).len(),
        5,
        "nothing is said yet"
    );
    let cancel = format!("/conversations/scheduled-messages/{}", dropped.id());
    agent.delete(&cancel).await.expect(204);
    agent.delete(&cancel).await.expect(204);
    stage
        .api
        .database
        .owner()
        .batch_execute("update public.scheduled_messages set send_at = now()")
        .await
        .expect("time passes");
    let sent: i32 = value(
        stage.api.database.owner(),
        "select public.send_due_messages()",
    )
    .await;
    assert_eq!(sent, 1);
    let page = agent.get(&messages).await.expect(200);
    assert_eq!(
        (&rows(&page)[0]["content"], &rows(&page)[0]["sender_id"]),
        (&"Good morning".into(), &first.body["sender_id"])
    );
    let too_late = agent
        .delete(&format!("/conversations/scheduled-messages/{}", kept.id()))
        .await;
    assert_eq!(too_late.expect(409).code(), "conflict");
    let list = agent.get(&later).await.expect(200);
    let standings: Vec<&str> = rows(&list)
        .iter()
        .filter_map(|row| row["status"].as_str())
        .collect();
    assert!(standings.contains(&"sent") && standings.contains(&"cancelled"));
}

#[tokio::test]
async fn a_conversation_is_passed_on_put_aside_merged_and_rated() {
    let stage = Stage::new().await;
    let agent = stage.api.member(stage.workspace, Role::Agent).await;
    let colleague = stage.api.member(stage.workspace, Role::Agent).await;
    let colleague_id = colleague.get("/me").await.expect(200).body["id"].clone();
    let me = agent.get("/me").await.expect(200).body["id"].clone();
    let path = stage.conversation(&agent, "website").await;
    let put =
        async |path: String, body: Value| agent.json(reqwest::Method::PUT, &path, &body).await;
    let assigned = put(format!("{path}/assignment"), json!({"agent_id": me}))
        .await
        .expect(200);
    assert_eq!(assigned.body["assigned_agent_id"], me);
    let asked = agent
        .post(
            &format!("{path}/transfers"),
            &json!({"to_agent_id": colleague_id}),
        )
        .await
        .expect(201);
    let accept = format!("/conversations/transfers/{}/accept", asked.id());
    assert_eq!(
        agent.post(&accept, &Value::Null).await.expect(403).code(),
        "forbidden"
    );
    assert_eq!(
        colleague.post(&accept, &Value::Null).await.expect(200).body["status"],
        "accepted"
    );
    assert_eq!(
        agent.get(&path).await.expect(200).body["assigned_agent_id"],
        colleague_id
    );
    agent
        .delete(&format!("{path}/assignment"))
        .await
        .expect(200);
    let stranger = json!({"to_agent_id": Uuid::new_v4()});
    agent
        .post(&format!("{path}/transfers"), &stranger)
        .await
        .expect(422);

    put(
        format!("{path}/snooze"),
        json!({"until": "2099-01-01T00:00:00Z"}),
    )
    .await
    .expect(200);
    assert_eq!(
        rows(
            &agent
                .get("/conversations?is_snoozed=true")
                .await
                .expect(200)
        )
        .len(),
        1
    );
    agent.delete(&format!("{path}/snooze")).await.expect(200);
    let tagged = agent
        .post(&format!("{path}/tags"), &json!({"add": ["b", "a", "b"]}))
        .await
        .expect(200);
    assert_eq!(tagged.body["tags"], json!(["b", "a"]));
    let tagged = agent
        .post(
            &format!("{path}/tags"),
            &json!({"add": ["c"], "remove": ["b"]}),
        )
        .await
        .expect(200);
    assert_eq!(tagged.body["tags"], json!(["a", "c"]));
    let note = agent
        .post(
            &format!("{path}/notes"),
            &json!({"content": "Look", "mentions": [colleague_id]}),
        )
        .await
        .expect(201);
    assert_eq!(note.body["author_id"], me);
    assert_eq!(
        rows(&agent.get(&format!("{path}/notes")).await.expect(200)).len(),
        1
    );
    let follower = format!("{path}/participants/{}", me.as_str().expect("an id"));
    put(follower.clone(), Value::Null).await.expect(204);
    let people = agent.get(&format!("{path}/participants")).await.expect(200);
    assert!(rows(&people).iter().any(|row| row["person_id"] == me));
    agent.delete(&follower).await.expect(204);
    put(
        format!("{path}/participants/{}", Uuid::new_v4()),
        Value::Null,
    )
    .await
    .expect(422);
    put(format!("{path}/read-mark"), json!({}))
        .await
        .expect(204);
    assert_eq!(
        put(format!("{path}/rating"), json!({"score": 5}))
            .await
            .expect(200)
            .body["satisfaction_score"],
        5.0
    );
    put(format!("{path}/rating"), json!({"score": 99}))
        .await
        .expect(400);

    let other = stage.conversation(&agent, "website").await;
    let other_id = other.rsplit('/').next().expect("an id");
    let merged = agent
        .post(&format!("{path}/merge"), &json!({"into_id": other_id}))
        .await
        .expect(200);
    assert_eq!(merged.body["id"], other_id);
    let refused = agent
        .post(&format!("{path}/messages"), &json!({"content": "x"}))
        .await
        .expect(409);
    assert_eq!(refused.code(), "conflict");
    agent
        .post(&format!("{path}/unmerge"), &Value::Null)
        .await
        .expect(200);
    agent
        .post(&format!("{path}/unmerge"), &Value::Null)
        .await
        .expect(409);
    agent
        .post(&format!("{path}/resolve"), &json!({}))
        .await
        .expect(200);
    assert_eq!(
        put(
            format!("{path}/snooze"),
            json!({"until": "2099-01-01T00:00:00Z"})
        )
        .await
        .expect(409)
        .code(),
        "conflict"
    );
}

#[tokio::test]
async fn members_and_workspaces_are_managed() {
    let stage = Stage::new().await;
    let owner = stage.api.member(stage.workspace, Role::Owner).await;
    let agent = stage.api.member(stage.workspace, Role::Agent).await;
    let list = owner.get("/members").await.expect(200);
    assert_eq!(rows(&list).len(), 2);
    let of = |role: &str| {
        let found = rows(&list)
            .iter()
            .find(|row| row["role"] == role)
            .expect("a member");
        format!("/members/{}", found["id"].as_str().expect("an id"))
    };
    let last_owner = owner.delete(&of("owner")).await.expect(422);
    assert_eq!(last_owner.code(), "unprocessable");
    let raised = owner
        .patch(&of("agent"), &json!({"role": "admin"}))
        .await
        .expect(200);
    assert_eq!(raised.body["role"], "admin");
    assert_eq!(
        agent
            .patch(&of("owner"), &json!({"role": "agent"}))
            .await
            .expect(403)
            .code(),
        "forbidden"
    );
    owner.delete(&of("agent")).await.expect(204);
    agent.get("/members").await.expect(404);

    let made = owner
        .post("/workspaces", &json!({"slug": "second", "name": "Second"}))
        .await
        .expect(201);
    assert_eq!(made.body["role"], "owner");
    let taken = owner
        .post("/workspaces", &json!({"slug": "second", "name": "x"}))
        .await
        .expect(409);
    assert_eq!(taken.body["field"], "slug");
    let second = owner.in_workspace(made.id());
    let path = format!("/workspaces/{}", made.id());
    let changed = second
        .patch(&path, &json!({"time_zone": "Europe/Berlin"}))
        .await
        .expect(200);
    assert_eq!(changed.body["time_zone"], "Europe/Berlin");
    assert_eq!(
        second
            .patch(&path, &json!({"time_zone": "Nowhere"}))
            .await
            .expect(422)
            .body["field"],
        "time_zone"
    );
    assert_eq!(rows(&second.get("/members").await.expect(200)).len(), 1);
}
