//! What a workspace sets up: teams, texts, views, channels, policies and the rest, over the API.

use std::collections::BTreeSet;

use reqwest::Method;
use romashka_tests::{Api, Role};
use serde_json::{Value, json};
use uuid::Uuid;

struct Stage {
    api: Api,
    workspace: Uuid,
}

async fn stage() -> Stage {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    Stage { api, workspace }
}

/// Every resource of one shape: where it is, what makes one, what changes it and how that shows.
fn resources() -> Vec<(&'static str, Value, Value)> {
    vec![
        (
            "/teams",
            json!({"name": "Billing", "department": "billing", "business_hours": {"monday": {"start": "09:00", "end": "17:00"}}}),
            json!({"description": "Invoices", "department": null}),
        ),
        (
            "/canned_responses",
            json!({"title": "Parcel", "content": "Hello {{name}}", "shortcut": "/parcel"}),
            json!({"shortcut": null, "tags": ["shipping"]}),
        ),
        (
            "/saved_views",
            json!({"name": "Urgent", "filters": {"priority": "urgent"}, "is_shared": true}),
            json!({"sort": "waiting_since"}),
        ),
        (
            "/templates",
            json!({"name": "shipped", "language": "en", "category": "utility", "channel_type": "whatsapp"}),
            json!({"status": "approved", "external_template_id": "1"}),
        ),
        (
            "/channels",
            json!({"name": "Mail", "kind": "email", "configuration": {"address": "a@example.test"}}),
            json!({"status": "inactive"}),
        ),
        (
            "/routing_rules",
            json!({"name": "Mail first", "priority": 3, "target_channel_type": "email", "fallback_channel_type": "sms"}),
            json!({"fallback_channel_type": null, "is_active": false}),
        ),
        (
            "/routing_rules",
            json!({"name": "Orders", "conditions": {"keywords": ["order"], "business_hours": "open"}, "target_channel_type": null, "set_priority": "high", "add_tags": ["order"]}),
            json!({"set_priority": null, "add_tags": [], "target_channel_type": "email"}),
        ),
        (
            "/sla_policies",
            json!({"name": "Urgent", "priorities": ["urgent"], "channel_types": ["email"], "first_response_seconds": 60}),
            json!({"first_response_seconds": null, "resolution_seconds": 3600}),
        ),
        (
            "/custom_attributes",
            json!({"applies_to": "customer", "attribute_key": "plan", "label": "Plan", "value_type": "list", "allowed_values": ["a"]}),
            json!({"allowed_values": ["a", "b"]}),
        ),
        (
            "/intent_patterns",
            json!({"intent_name": "refund", "language": "en", "patterns": ["refund"], "examples": ["money back"], "confidence_threshold": 0.75}),
            json!({"confidence_threshold": 0.5, "examples": null}),
        ),
        (
            "/knowledge/categories",
            json!({"name": "Shipping", "color": "#123456"}),
            json!({"order_index": 2, "color": null}),
        ),
        (
            "/knowledge/items",
            json!({"title": "Returns", "content": "Print the label", "audience": "internal"}),
            json!({"title": "Returning", "review_due_at": "2030-01-01T00:00:00Z"}),
        ),
        (
            "/workflows",
            json!({"name": "Greet", "trigger_type": "event", "steps": [{"action": "wait"}]}),
            json!({"is_active": true, "nodes": [{"id": 1}]}),
        ),
    ]
}

#[tokio::test]
async fn each_is_made_read_changed_and_removed() {
    let stage = stage().await;
    let admin = stage.api.member(stage.workspace, Role::Admin).await;
    for (path, new, change) in resources() {
        let made = admin.post(path, &new).await.expect(201);
        let own = format!("{path}/{}", made.id());
        assert_eq!(made.header("location"), format!("/api/v1{own}"));
        for (field, value) in new.as_object().expect("an object") {
            assert_eq!(&made.body[field], value, "{path}: {field}");
        }
        let read = admin.get(&own).await.expect(200);
        assert_eq!(read.body, made.body, "{path}");
        assert_eq!(read.header("etag"), made.header("etag"), "{path}");

        let changed = admin.patch(&own, &change).await.expect(200);
        for (field, value) in change.as_object().expect("an object") {
            if field == "review_due_at" {
                assert!(changed.body[field].is_string());
            } else {
                assert_eq!(&changed.body[field], value, "{path}: {field}");
            }
        }
        for (field, value) in made.body.as_object().expect("an object") {
            let follows = ["updated_at", "version", "updated_by"].contains(&field.as_str());
            if !follows && change.get(field).is_none() {
                assert_eq!(&changed.body[field], value, "{path}: {field} stays");
            }
        }
        let with_version = |method: Method, version: &str| {
            admin
                .request(method, &format!("/api/v1{own}"))
                .header("if-match", version.to_owned())
        };
        let late = with_version(Method::PATCH, made.header("etag")).json(&change);
        assert_eq!(
            admin.send(late).await.expect(412).code(),
            "version_mismatch"
        );
        let late = with_version(Method::DELETE, made.header("etag"));
        assert_eq!(
            admin.send(late).await.expect(412).code(),
            "version_mismatch"
        );
        let listed = admin.get(path).await.expect(200);
        assert_eq!(listed.body["data"], json!([changed.body]), "{path}");
        let in_time = with_version(Method::DELETE, changed.header("etag"));
        admin.send(in_time).await.expect(204);
        admin.get(&own).await.expect(404);
        admin.delete(&own).await.expect(404);
        admin.patch(&own, &change).await.expect(404);
    }
}

#[tokio::test]
async fn pages_hold_every_row_once_in_every_order() {
    let stage = stage().await;
    let admin = stage.api.member(stage.workspace, Role::Admin).await;
    let orders: &[(&str, &str, &[&str])] = &[
        ("/teams", "teams", &["name", "created_at"]),
        (
            "/canned_responses",
            "canned_responses",
            &["title", "usage_count", "created_at"],
        ),
        ("/saved_views", "saved_views", &["name", "created_at"]),
        ("/templates", "message_templates", &["name", "created_at"]),
        (
            "/channels",
            "communication_channels",
            &["name", "created_at"],
        ),
        (
            "/routing_rules",
            "channel_routing_rules",
            &["priority", "created_at"],
        ),
        ("/sla_policies", "sla_policies", &["position", "name"]),
        (
            "/custom_attributes",
            "custom_attribute_definitions",
            &["attribute_key", "created_at"],
        ),
        (
            "/intent_patterns",
            "intent_patterns",
            &["intent_name", "created_at"],
        ),
        (
            "/knowledge/categories",
            "knowledge_categories",
            &["order_index", "name"],
        ),
        (
            "/knowledge/items",
            "knowledge_items",
            &["created_at", "updated_at", "title"],
        ),
        ("/workflows", "workflows", &["name", "created_at"]),
        ("/webhooks", "webhook_subscriptions", &[""]),
    ];
    for (path, table, sorts) in orders {
        let mut bodies = resources();
        bodies.push((
            "/webhooks",
            json!({"event_type": "*", "webhook_url": "https://example.com/"}),
            Value::Null,
        ));
        let (_, new, _) = bodies
            .into_iter()
            .find(|(known, _, _)| known == path)
            .expect("a body");
        for number in 0..7 {
            let mut new = new.clone();
            for field in ["name", "title", "attribute_key", "intent_name"] {
                if new[field].is_string() {
                    new[field] = format!("row_{}", number).into();
                }
            }
            for field in ["department", "shortcut"] {
                if new[field].is_string() {
                    new[field] = Value::Null;
                }
            }
            admin.post(path, &new).await.expect(201);
        }
        // Of one moment, so that only the id tells them apart.
        let sql = format!("update public.{table} set created_at = '2026-01-01'");
        stage
            .api
            .database
            .owner()
            .execute(&sql, &[])
            .await
            .expect("rows");
        for sort in *sorts {
            let order = if sort.is_empty() {
                String::new()
            } else {
                format!("&sort={sort}")
            };
            let (mut seen, mut cursor) = (BTreeSet::new(), String::new());
            for expected in [3, 3, 1] {
                let page = admin
                    .get(&format!("{path}?limit=3{order}{cursor}"))
                    .await
                    .expect(200);
                let rows = page.body["data"].as_array().expect("rows");
                assert_eq!(rows.len(), expected, "{path} {sort}");
                for row in rows {
                    assert!(seen.insert(row["id"].to_string()), "{path} {sort}");
                }
                cursor = match page.body["next_cursor"].as_str() {
                    Some(next) => format!("&cursor={next}"),
                    None => String::new(),
                };
                assert_eq!(cursor.is_empty(), expected == 1, "{path} {sort}");
            }
        }
        admin
            .get(&format!("{path}?cursor=nonsense"))
            .await
            .expect(400);
    }
}

#[tokio::test]
async fn a_team_has_members_of_the_workspace() {
    let stage = stage().await;
    let admin = stage.api.member(stage.workspace, Role::Admin).await;
    let ann = stage
        .api
        .database
        .create_person(stage.workspace, Role::Agent)
        .await;
    let stranger_home = stage.api.database.create_workspace("other").await;
    let stranger = stage
        .api
        .database
        .create_person(stranger_home, Role::Agent)
        .await;
    let team = admin
        .post("/teams", &json!({"name": "Billing"}))
        .await
        .expect(201);
    let members = format!("/teams/{}/members", team.id());
    admin
        .post(&members, &json!({"user_id": ann}))
        .await
        .expect(201);
    let twice = admin
        .post(&members, &json!({"user_id": ann}))
        .await
        .expect(409);
    assert_eq!(twice.code(), "already_exists");
    let foreign = admin
        .post(&members, &json!({"user_id": stranger}))
        .await
        .expect(422);
    assert_eq!(foreign.code(), "unknown_reference");
    let listed = admin.get(&members).await.expect(200);
    assert_eq!(listed.body["data"][0]["user_id"], json!(ann));
    let own = format!("/teams/{}", team.id());
    assert_eq!(admin.get(&own).await.expect(200).body["member_count"], 1);
    admin.delete(&format!("{members}/{ann}")).await.expect(204);
    admin.delete(&format!("{members}/{ann}")).await.expect(404);
    assert_eq!(admin.get(&own).await.expect(200).body["member_count"], 0);
}

#[tokio::test]
async fn canned_responses_are_found_filled_in_and_counted() {
    let stage = stage().await;
    let agent = stage.api.member(stage.workspace, Role::Agent).await;
    let other = stage.api.member(stage.workspace, Role::Agent).await;
    let customer: Uuid = stage
        .api
        .database
        .owner()
        .query_one(
            "insert into public.customer_profiles (workspace_id, name) values ($1, 'Ann') returning id",
            &[&stage.workspace],
        )
        .await
        .expect("a customer")
        .get(0);
    let made = agent
        .post(
            "/canned_responses",
            &json!({"title": "Parcel", "content": "Hello {{name}}, it comes on {{date}}.", "shortcut": "/Parcel", "language": "en"}),
        )
        .await
        .expect(201);
    agent
        .post(
            "/canned_responses",
            &json!({"title": "Paket", "content": "Guten Tag", "shortcut": "/paket", "language": "de", "is_public": false}),
        )
        .await
        .expect(201);
    for (query, who, expected) in [
        ("shortcut=/par", &agent, 1),
        ("shortcut=/pa", &agent, 2),
        ("search=TAG", &agent, 1),
        ("language=de", &agent, 1),
        ("language=de", &other, 0),
    ] {
        let listed = who
            .get(&format!("/canned_responses?{query}"))
            .await
            .expect(200);
        assert_eq!(
            listed.body["data"].as_array().map(Vec::len),
            Some(expected),
            "{query}"
        );
    }
    let path = format!("/canned_responses/{}", made.id());
    let filled = agent
        .post(
            &format!("{path}/render"),
            &json!({"customer_id": customer, "is_used": true}),
        )
        .await
        .expect(200);
    assert_eq!(filled.body["content"], "Hello Ann, it comes on {{date}}.");
    assert_eq!(filled.body["missing"], json!(["date"]));
    let filled = agent
        .post(
            &format!("{path}/render"),
            &json!({"customer_id": customer, "variables": {"date": "Monday"}}),
        )
        .await
        .expect(200);
    assert_eq!(filled.body["content"], "Hello Ann, it comes on Monday.");
    assert_eq!(agent.get(&path).await.expect(200).body["usage_count"], 1);
    let nobody = agent
        .post(
            &format!("{path}/render"),
            &json!({"customer_id": Uuid::nil()}),
        )
        .await
        .expect(422);
    assert_eq!(nobody.code(), "unknown_reference");
}

#[tokio::test]
async fn a_view_that_is_not_shared_is_its_owners_alone() {
    let stage = stage().await;
    let ann = stage.api.member(stage.workspace, Role::Agent).await;
    let boss = stage.api.member(stage.workspace, Role::Owner).await;
    let own = ann
        .post("/saved_views", &json!({"name": "Mine"}))
        .await
        .expect(201);
    let path = format!("/saved_views/{}", own.id());
    boss.get(&path).await.expect(404);
    boss.patch(&path, &json!({"name": "Stolen"}))
        .await
        .expect(404);
    boss.delete(&path).await.expect(404);
    assert_eq!(
        boss.get("/saved_views").await.expect(200).body["data"],
        json!([])
    );
    ann.patch(&path, &json!({"is_shared": true}))
        .await
        .expect(200);
    boss.get(&path).await.expect(200);
}

#[tokio::test]
async fn credentials_go_in_sealed_and_never_come_out() {
    let stage = stage().await;
    let admin = stage.api.member(stage.workspace, Role::Admin).await;
    let secret = "EAAG-do-not-show";
    let made = admin
        .post(
            "/channels",
            &json!({"name": "WhatsApp", "kind": "whatsapp", "credentials": {"access_token": secret}, "webhook_secret": secret}),
        )
        .await
        .expect(201);
    assert_eq!(made.body["has_credentials"], true);
    assert_eq!(made.body["has_webhook_secret"], true);
    let path = format!("/channels/{}", made.id());
    for answer in [
        &made,
        &admin.get(&path).await,
        &admin.get("/channels").await,
    ] {
        assert!(!answer.body.to_string().contains(secret));
    }
    let kept: String = stage
        .api
        .database
        .owner()
        .query_one(
            "select to_jsonb(c)::text || coalesce((select string_agg(to_jsonb(a)::text, '') from public.audit_logs as a), '') from public.communication_channels as c where c.id = $1",
            &[&made.id()],
        )
        .await
        .expect("a row")
        .get(0);
    assert!(!kept.contains(secret), "{kept}");
    let changed = admin
        .patch(
            &path,
            &json!({"credentials": null, "webhook_secret": "another"}),
        )
        .await
        .expect(200);
    assert_eq!(changed.body["has_credentials"], false);
    assert_eq!(changed.body["has_webhook_secret"], true);
    let renamed = admin.patch(&path, &json!({"name": "W"})).await.expect(200);
    assert_eq!(renamed.body["has_webhook_secret"], true);
}

#[tokio::test]
async fn a_webhooks_secret_is_shown_once() {
    let stage = stage().await;
    let admin = stage.api.member(stage.workspace, Role::Admin).await;
    let made = admin
        .post(
            "/webhooks",
            &json!({"event_type": "message.*", "webhook_url": "https://example.com/hook"}),
        )
        .await
        .expect(201);
    let secret = made.body["secret"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with("whsec_"));
    let path = format!("/webhooks/{}", made.id());
    let read = admin.get(&path).await.expect(200);
    assert!(!read.body.to_string().contains(&secret));
    assert_eq!(read.body["has_secret"], true);
    stage
        .api
        .database
        .owner()
        .execute(
            "update public.webhook_subscriptions set is_active = false, disabled_at = now(), disabled_reason = 'failing', failing_since = now()",
            &[],
        )
        .await
        .expect("a row");
    let on = admin
        .patch(&path, &json!({"is_active": true}))
        .await
        .expect(200);
    assert_eq!(
        (&on.body["disabled_at"], &on.body["failing_since"]),
        (&Value::Null, &Value::Null)
    );
    for url in [
        "ftp://example.com/",
        "https://user@example.com/",
        "nonsense",
    ] {
        let refused = admin
            .post("/webhooks", &json!({"event_type": "*", "webhook_url": url}))
            .await
            .expect(422);
        assert_eq!(refused.body["field"], "webhook_url");
    }
    admin.delete(&path).await.expect(204);
    admin.get(&path).await.expect(404);
}

#[tokio::test]
async fn articles_have_versions_and_are_found_when_published() {
    let stage = stage().await;
    let agent = stage.api.member(stage.workspace, Role::Agent).await;
    let made = agent
        .post(
            "/knowledge/items",
            &json!({"title": "Returning a parcel", "content": "Print the old label."}),
        )
        .await
        .expect(201);
    assert_eq!(made.body["status"], "draft");
    let path = format!("/knowledge/items/{}", made.id());
    let found = async || {
        let answer = agent.get("/knowledge/search?query=label").await.expect(200);
        answer.body["data"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(found().await, 0);
    let published = agent
        .post(&format!("{path}/publish"), &Value::Null)
        .await
        .expect(200);
    assert_eq!(published.body["status"], "active");
    assert!(published.body["published_at"].is_string());
    assert_eq!(found().await, 1);
    agent
        .patch(
            &path,
            &json!({"content": "Print the new label.", "change_note": "new label"}),
        )
        .await
        .expect(200);
    let versions = agent
        .get(&format!("{path}/versions?limit=1"))
        .await
        .expect(200);
    assert_eq!(versions.body["data"][0]["version"], 2);
    let cursor = versions.body["next_cursor"].as_str().expect("a cursor");
    let older = agent
        .get(&format!("{path}/versions?cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(older.body["data"][0]["content"], "Print the old label.");
    let restored = agent
        .post(&format!("{path}/versions/1/restore"), &Value::Null)
        .await
        .expect(200);
    assert_eq!(restored.body["content"], "Print the old label.");
    assert_eq!(restored.body["version"], 3);
    agent
        .post(&format!("{path}/versions/9/restore"), &Value::Null)
        .await
        .expect(404);
    agent
        .post(&format!("{path}/archive"), &Value::Null)
        .await
        .expect(200);
    assert_eq!(found().await, 0);
}

#[tokio::test]
async fn numbers_beyond_the_machine_are_given_back_as_they_are() {
    let stage = stage().await;
    let admin = stage.api.member(stage.workspace, Role::Admin).await;
    let number = "9".repeat(400);
    stage
        .api
        .database
        .owner()
        .execute(
            "insert into public.saved_views (workspace_id, name, filters, is_shared) values ($1, 'a', ('{\"n\": ' || $2 || '}')::jsonb, true)",
            &[&stage.workspace, &number],
        )
        .await
        .expect("a row");
    let request = admin.request(Method::GET, "/api/v1/saved_views");
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.expect("a text").contains(&number));
}
