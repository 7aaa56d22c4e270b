//! Routing rules, the channels of an answer and what a customer wants, by the API.

use reqwest::Method;
use romashka_tests::{Api, Role};
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn a_rule_is_tried_and_then_routes() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let admin = api.member(workspace, Role::Admin).await;
    let team = admin
        .post("/teams", &json!({"name": "Orders"}))
        .await
        .expect(201)
        .id();
    let rule = json!({"name": "Orders", "priority": 7, "conditions": {"channel_type": "sms", "keywords": ["order"]}, "team_id": team, "set_priority": "high", "add_tags": ["order"]});
    let rule = admin.post("/routing_rules", &rule).await.expect(201).id();
    let wrong = admin
        .post(
            "/routing_rules",
            &json!({"name": "x", "conditions": {"word": "order"}}),
        )
        .await
        .expect(422);
    assert!(
        wrong.body["detail"].as_str().unwrap().contains("keywords"),
        "{}",
        wrong.body
    );

    let viewer = api.member(workspace, Role::Viewer).await;
    let trial = json!({"channel_type": "sms", "content": "My order, please"});
    let verdict = viewer.post("/routing_rules/test", &trial).await.expect(200);
    assert_eq!(verdict.body["rule_id"], rule.to_string());
    assert_eq!(verdict.body["rules"][0]["is_chosen"], true);
    let verdict = viewer
        .post(
            "/routing_rules/test",
            &json!({"channel_type": "email", "content": "My order, please"}),
        )
        .await
        .expect(200);
    assert_eq!(verdict.body["rule_id"], Value::Null);
    assert_eq!(
        verdict.body["rules"][0]["conditions"][0],
        json!({"field": "channel_type", "wanted": "sms", "found": "email", "holds": false})
    );
    let rival = api.database.create_workspace("rival").await;
    let theirs: Uuid = api
        .database
        .owner()
        .query_one(
            "insert into public.customer_profiles (workspace_id) values ($1) returning id",
            &[&rival],
        )
        .await
        .unwrap()
        .get(0);
    viewer
        .post("/routing_rules/test", &json!({"customer_id": theirs}))
        .await
        .expect(404);

    let talk: Uuid = api
        .database
        .owner()
        .query_one(
            "select conversation_id from public.ingest_message('sms', '+491', 'An ORDER', workspace => $1)",
            &[&workspace],
        )
        .await
        .unwrap()
        .get(0);
    let read = admin
        .get(&format!("/conversations/{talk}"))
        .await
        .expect(200);
    assert_eq!(read.body["routing_rule_id"], rule.to_string());
    assert_eq!(read.body["team_id"], team.to_string());
    assert_eq!(
        (&read.body["priority"], &read.body["tags"]),
        (&"high".into(), &json!(["order"]))
    );
    // The rule goes, the history stays.
    admin
        .delete(&format!("/routing_rules/{rule}"))
        .await
        .expect(204);
    let read = admin
        .get(&format!("/conversations/{talk}"))
        .await
        .expect(200);
    assert_eq!(read.body["routing_rule_id"], rule.to_string());
}

#[tokio::test]
async fn an_agent_chooses_the_channel_and_hears_why_one_cannot_be_used() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let owner = api.database.owner();
    owner
        .execute(
            "insert into public.communication_channels (workspace_id, name, type) select $1, k, k from unnest(array['sms', 'email', 'whatsapp']) as k",
            &[&workspace],
        )
        .await
        .unwrap();
    let row = owner
        .query_one(
            "select i.conversation_id, i.customer_id from public.communication_channels as x
              cross join lateral public.ingest_message('sms', '+491', 'Hello', external_message_id => 'a', channel_id => x.id, workspace => x.workspace_id) as i where x.type = 'sms'",
            &[],
        )
        .await
        .unwrap();
    let (talk, customer): (Uuid, Uuid) = (row.get(0), row.get(1));
    let places = format!("/conversations/{talk}/reply-channels");
    let send = format!("/conversations/{talk}/messages");
    let listed = agent.get(&places).await.expect(200);
    let reasons: Vec<(&str, &str, bool)> = listed
        .body
        .as_array()
        .unwrap()
        .iter()
        .map(|place| {
            (
                place["channel_type"].as_str().unwrap(),
                place["reason"].as_str().unwrap_or("ok"),
                place["is_usual"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(reasons[0], ("sms", "ok", true), "its own first");
    assert!(reasons.contains(&("email", "no_address", false)));
    assert!(reasons.contains(&("whatsapp", "window_closed", false)));
    let refused = agent
        .post(&send, &json!({"content": "x", "channel_type": "email"}))
        .await
        .expect(422);
    assert!(
        refused.body["detail"]
            .as_str()
            .unwrap()
            .contains("no number or address"),
        "{}",
        refused.body
    );
    agent
        .patch(
            &format!("/customers/{customer}"),
            &json!({"email": "ann@example.test"}),
        )
        .await
        .expect(200);
    let sent = agent
        .post(
            &send,
            &json!({"content": "By mail", "channel_type": "email", "client_message_id": "c1"}),
        )
        .await
        .expect(201);
    assert_eq!(sent.body["channel_type"], "email");
    let again = agent
        .post(
            &send,
            &json!({"content": "By mail", "channel_type": "email", "client_message_id": "c1"}),
        )
        .await
        .expect(201);
    assert_eq!(again.id(), sent.id(), "once");

    // What he wants is kept with its time and source, and obeyed.
    let preference = format!("/customers/{customer}/channel-preferences/sms");
    let kept = agent
        .json(Method::PUT, &preference, &json!({"opt_in": false, "opt_in_source": "on the telephone", "opt_in_at": "2026-11-01T10:00:00Z"}))
        .await
        .expect(200);
    assert_eq!(
        (
            &kept.body["opt_in"],
            &kept.body["opt_in_source"],
            &kept.body["opt_in_at"]
        ),
        (
            &false.into(),
            &"on the telephone".into(),
            &"2026-11-01T10:00:00Z".into()
        )
    );
    let refused = agent
        .post(&send, &json!({"content": "x"}))
        .await
        .expect(422);
    assert_eq!(
        refused.body["detail"],
        "The customer does not want messages on this channel."
    );
    let liked = agent
        .json(
            Method::PUT,
            &format!("/customers/{customer}/channel-preferences/email"),
            &json!({"is_preferred": true}),
        )
        .await
        .expect(200);
    assert_eq!(
        (&liked.body["opt_in"], &liked.body["opt_in_source"]),
        (&true.into(), &Value::Null)
    );
    let all = agent
        .get(&format!("/customers/{customer}/channel-preferences"))
        .await
        .expect(200);
    assert_eq!(all.body.as_array().unwrap().len(), 2);

    let blocked = agent
        .patch(
            &format!("/customers/{customer}"),
            &json!({"do_not_contact": true, "do_not_contact_reason": "asked for it"}),
        )
        .await
        .expect(200);
    assert!(blocked.body["do_not_contact_since"].is_string());
    agent
        .post(&send, &json!({"content": "x", "channel_type": "email"}))
        .await
        .expect(422);
    let free = agent
        .patch(
            &format!("/customers/{customer}"),
            &json!({"do_not_contact": false}),
        )
        .await
        .expect(200);
    assert_eq!(free.body["do_not_contact_reason"], Value::Null);
    agent
        .post(&send, &json!({"content": "y", "channel_type": "email"}))
        .await
        .expect(201);
    let viewer = api.member(workspace, Role::Viewer).await;
    viewer
        .json(Method::PUT, &preference, &json!({"opt_in": true}))
        .await
        .expect(403);
}
