//! Settings, availability, tags, reports, search, audit and exports over the API.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use romashka_tests::{Api, Role};
use serde_json::{Value, json};
use uuid::Uuid;

async fn id(api: &Api, sql: &str, workspace: Uuid) -> Uuid {
    match api.database.owner().query_one(sql, &[&workspace]).await {
        Ok(row) => row.get(0),
        Err(error) => panic!("{sql}: {error:?}"),
    }
}

#[tokio::test]
async fn settings_are_read_changed_and_set_back_by_key() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let rival = api.database.create_workspace("rival").await;
    let admin = api.member(workspace, Role::Admin).await;
    let agent = api.member(workspace, Role::Agent).await;
    let other = api.member(rival, Role::Admin).await;
    let key = "/settings/conversation_auto_close_time";
    let before = agent.get(key).await.expect(200);
    assert_eq!(before.body["is_effective"], true);
    agent
        .json(Method::PUT, key, &json!({"setting_value": 7200}))
        .await
        .expect(403);
    let after = admin
        .json(Method::PUT, key, &json!({"setting_value": 7200}))
        .await
        .expect(200);
    assert_eq!(after.body["setting_value"], 7200);
    assert_eq!(
        other.get(key).await.expect(200).body["setting_value"],
        before.body["setting_value"]
    );
    let late = admin
        .request(Method::PUT, &format!("/api/v1{key}"))
        .header("if-match", before.header("etag"))
        .json(&json!({"setting_value": 1}));
    assert_eq!(
        admin.send(late).await.expect(412).code(),
        "version_mismatch"
    );
    for wrong in [json!("soon"), json!(-1), Value::Null] {
        let refused = admin
            .json(Method::PUT, key, &json!({"setting_value": wrong}))
            .await
            .expect(422);
        assert_eq!(refused.body["field"], "setting_value");
    }
    admin
        .json(
            Method::PUT,
            "/settings/no%20key",
            &json!({"setting_value": 1}),
        )
        .await
        .expect(422);
    let own = admin
        .json(
            Method::PUT,
            "/settings/shop.colour",
            &json!({"setting_value": "red"}),
        )
        .await
        .expect(200);
    assert_eq!(own.body["is_effective"], false);
    let (mut seen, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = agent
            .get(&format!("/settings?limit=30{cursor}"))
            .await
            .expect(200);
        for row in page.body["data"].as_array().expect("rows") {
            assert!(seen.insert(row["setting_key"].as_str().expect("a key").to_owned()));
        }
        let Some(next) = page.body["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert!(
        seen.len() > 50 && seen.contains("shop.colour"),
        "{}",
        seen.len()
    );
    admin.delete("/settings/shop.colour").await.expect(204);
    admin.get("/settings/shop.colour").await.expect(404);
}

#[tokio::test]
async fn agents_say_whether_they_are_there_and_admins_say_it_of_others() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let ann = api.database.create_person(workspace, Role::Agent).await;
    let own = api.session(ann, Some(workspace)).await;
    let other = api.member(workspace, Role::Agent).await;
    let admin = api.member(workspace, Role::Admin).await;
    let path = format!("/availability/{ann}");
    admin
        .patch(&path, &json!({"max_concurrent_chats": 3}))
        .await
        .expect(200);
    let here = own
        .patch(
            "/availability/me",
            &json!({"is_online": true, "status": "available"}),
        )
        .await
        .expect(200);
    assert_eq!(
        (&here.body["max_concurrent_chats"], &here.body["is_online"]),
        (&json!(3), &json!(true))
    );
    let refused = other
        .patch(&path, &json!({"status": "away"}))
        .await
        .expect(403);
    assert_eq!(refused.code(), "forbidden");
    assert_eq!(own.get(&path).await.expect(200).body["status"], "available");
    let listed = other
        .get("/availability?status=available&is_online=true")
        .await
        .expect(200);
    assert_eq!(listed.body["data"][0]["agent_id"], json!(ann));
    let refused = own
        .patch(&path, &json!({"max_concurrent_chats": 5000}))
        .await
        .expect(422);
    assert_eq!(refused.body["field"], "max_concurrent_chats");
    own.get("/availability/nobody").await.expect(404);
    let key = api.key(workspace, "agent", &["availability:read"]).await;
    assert_eq!(
        key.get("/availability/me").await.expect(403).code(),
        "person_required"
    );
}

#[tokio::test]
async fn tags_in_use_are_counted() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let viewer = api.member(workspace, Role::Viewer).await;
    api.database
        .owner()
        .execute(
            "insert into public.customer_profiles (workspace_id, name, tags) values ($1, 'a', '{vip,Berlin}'), ($1, 'b', '{vip}')",
            &[&workspace],
        )
        .await
        .expect("rows");
    let found = viewer.get("/tags?applies_to=customer").await.expect(200);
    assert_eq!(
        found.body["data"],
        json!([{"tag": "vip", "use_count": 2}, {"tag": "Berlin", "use_count": 1}])
    );
    let found = viewer
        .get("/tags?applies_to=customer&search=ber")
        .await
        .expect(200);
    assert_eq!(
        found.body["data"],
        json!([{"tag": "Berlin", "use_count": 1}])
    );
    assert_eq!(
        viewer.get("/tags").await.expect(200).body["data"],
        json!([])
    );
    // Given, taken, and removed with what had them; whether they are counted together yet or not.
    for sql in [
        "update public.customer_profiles set tags = '{vip,new,new}' where name = 'a'",
        "select romashka.count_tags()",
        "insert into public.customer_profiles (workspace_id, name, tags) select workspace_id, n::text, '{many}' from public.customer_profiles, generate_series(1, 3) as n where name = 'a'",
        "delete from public.customer_profiles where name = 'b'",
    ] {
        api.database.owner().batch_execute(sql).await.expect(sql);
    }
    let expected = json!([{"tag": "many", "use_count": 3}, {"tag": "new", "use_count": 1}, {"tag": "vip", "use_count": 1}]);
    let all = async || {
        viewer
            .get("/tags?applies_to=customer")
            .await
            .expect(200)
            .body["data"]
            .clone()
    };
    assert_eq!(all().await, expected);
    let first = viewer
        .get("/tags?applies_to=customer&limit=1")
        .await
        .expect(200);
    assert_eq!(first.body["data"], json!([{"tag": "many", "use_count": 3}]));
    for sql in [
        "select romashka.count_tags()",
        "select romashka.recount_tags()",
    ] {
        api.database.owner().batch_execute(sql).await.expect(sql);
        assert_eq!(all().await, expected, "{sql}");
    }
    // A workspace goes with its counts.
    api.database
        .owner()
        .execute("delete from public.workspaces where id = $1", &[&workspace])
        .await
        .expect("gone");
    let left: i64 = romashka_tests::value(
        api.database.owner(),
        "select (select count(*) from public.tag_counts) + (select count(*) from public.tag_changes)",
    )
    .await;
    assert_eq!(left, 0);
}

/// Three conversations of one day, answered after 10, 20 and 100 seconds.
async fn answered(api: &Api, workspace: Uuid) {
    let sql = "with customer as (insert into public.customer_profiles (workspace_id, name) values ($1, 'Ann') returning id),
          talk as (insert into public.conversations (workspace_id, customer_id, channel_type, department, created_at)
            select $1, c.id, case n when 3 then 'sms' else 'email' end, '=cmd', timestamptz '2026-03-02 10:00Z' from customer as c, generate_series(1, 3) as n returning id, channel_type)
        select count(*) from talk";
    api.database
        .owner()
        .query_one(sql, &[&workspace])
        .await
        .expect("conversations");
    let sql = "update public.conversation_analytics as a set first_response_seconds = s.seconds
          from (select id, (array[10, 20, 100])[row_number() over (order by id)] as seconds from public.conversations where workspace_id = $1) as s
         where a.conversation_id = s.id and a.workspace_id = $1";
    assert_eq!(
        api.database
            .owner()
            .execute(sql, &[&workspace])
            .await
            .expect("figures"),
        3
    );
    api.database
        .owner()
        .execute(
            "select public.aggregate_daily_metrics('2026-03-02', $1)",
            &[&workspace],
        )
        .await
        .expect("a roll-up");
}

#[tokio::test]
async fn reports_are_cut_and_given_as_tables() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let viewer = api.member(workspace, Role::Viewer).await;
    answered(&api, workspace).await;
    let days = "from=2026-03-01&to=2026-03-31";
    let total = viewer
        .get(&format!("/reports/daily?{days}"))
        .await
        .expect(200);
    assert_eq!(total.body["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(total.body["data"][0]["total_conversations"], 3);
    let cut = viewer
        .get(&format!("/reports/daily?{days}&cut=channel"))
        .await
        .expect(200);
    let counts: Vec<(&Value, &Value)> = cut.body["data"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (&row["channel_type"], &row["total_conversations"]))
        .collect();
    assert_eq!(
        counts,
        [(&json!("email"), &json!(2)), (&json!("sms"), &json!(1))]
    );

    let request = viewer
        .request(
            Method::GET,
            &format!("/api/v1/reports/daily?{days}&cut=department"),
        )
        .header("accept", "text/csv");
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let table = answer.text().await.expect("a text");
    let lines: Vec<&str> = table.split("\r\n").collect();
    assert!(
        lines[0].starts_with("date,channel_type,department,agent_id,total_conversations"),
        "{table}"
    );
    assert!(lines[1].starts_with("2026-03-02,,'=cmd,,3"), "{table}");

    let all = viewer
        .get(&format!("/reports/percentiles?{days}"))
        .await
        .expect(200);
    assert_eq!(all.body["conversation_count"], 3);
    assert_eq!(all.body["first_response_seconds"], json!([20, 100, 100]));
    let none = viewer
        .get("/reports/percentiles?from=2026-03-03&to=2026-03-04")
        .await
        .expect(200);
    assert_eq!(
        (
            &none.body["conversation_count"],
            &none.body["first_response_seconds"]
        ),
        (&json!(0), &Value::Null)
    );
    let some = viewer
        .get(&format!("/reports/percentiles?{days}&channel_type=sms"))
        .await
        .expect(200);
    assert_eq!(some.body["conversation_count"], 1);
    for wrong in [
        "from=2026-03-02&to=2026-03-01",
        "from=2024-01-01&to=2026-03-01",
    ] {
        viewer
            .get(&format!("/reports/daily?{wrong}"))
            .await
            .expect(422);
    }
    viewer
        .get("/reports/daily?from=2026-02-30&to=2026-03-01")
        .await
        .expect(400);
    // A regular job may have taken figures before there was a conversation; they count for 15 seconds.
    api.database
        .owner()
        .execute(
            "delete from public.realtime_metrics where workspace_id = $1",
            &[&workspace],
        )
        .await
        .expect("no figures");
    let live = viewer.get("/reports/live").await.expect(200);
    let open = live.body["data"]
        .as_array()
        .expect("figures")
        .iter()
        .find(|figure| {
            figure["metric_name"] == "open_conversations" && figure["dimensions"] == json!({})
        })
        .expect("a figure");
    assert_eq!(open["metric_value"], 3.0);
    assert_eq!(
        viewer.get("/reports/live").await.expect(200).body,
        live.body,
        "not taken anew"
    );
}

#[tokio::test]
async fn a_report_with_too_many_rows_is_refused_and_never_cut_off() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let viewer = api.member(workspace, Role::Viewer).await;
    // 201 days with 250 departments: 50,250 rows.
    api.database
        .owner()
        .execute(
            "insert into public.daily_metrics (workspace_id, date, department)
             select $1, date '2025-01-01' + day, 'department ' || department
               from generate_series(0, 200) as day, generate_series(1, 250) as department",
            &[&workspace],
        )
        .await
        .expect("figures");
    let all = "/reports/daily?from=2025-01-01&to=2025-07-20&cut=department";
    let refused = viewer.get(all).await.expect(422);
    assert_eq!(refused.code(), "invalid_value");
    assert_eq!(refused.body["field"], "to");
    let request = viewer
        .request(Method::GET, &format!("/api/v1{all}"))
        .header("accept", "text/csv");
    viewer.send(request).await.expect(422);
    let whole = viewer
        .get("/reports/daily?from=2025-01-01&to=2025-07-19&cut=department")
        .await
        .expect(200);
    assert_eq!(whole.body["data"].as_array().map(Vec::len), Some(50_000));
}

#[tokio::test]
async fn messages_are_found_page_by_page_also_of_one_moment() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let viewer = api.member(workspace, Role::Viewer).await;
    answered(&api, workspace).await;
    let conversation = id(
        &api,
        "select id from public.conversations where workspace_id = $1 limit 1",
        workspace,
    )
    .await;
    api.database
        .owner()
        .execute(
            "insert into public.messages (workspace_id, conversation_id, sender_type, content, created_at)
             select $1, $2, 'user', 'The invoice INV-' || n || ' is wrong', '2026-03-02 11:00Z' from generate_series(1, 25) as n",
            &[&workspace, &conversation],
        )
        .await
        .expect("messages");
    for query in ["query=invoices", "query=INV-&mode=fragment"] {
        let (mut seen, mut cursor) = (BTreeSet::new(), String::new());
        for expected in [10, 10, 5] {
            let page = viewer
                .get(&format!("/search/messages?limit=10&{query}{cursor}"))
                .await
                .expect(200);
            let rows = page.body["data"].as_array().expect("rows");
            assert_eq!(rows.len(), expected, "{query}");
            for row in rows {
                assert!(seen.insert(row["message_id"].to_string()), "{query}");
            }
            cursor = format!(
                "&cursor={}",
                page.body["next_cursor"].as_str().unwrap_or_default()
            );
        }
    }
    viewer.get("/search/messages?query=%20").await.expect(422);
    viewer
        .get("/search/messages?query=IN&mode=fragment")
        .await
        .expect(400);
}

#[tokio::test]
async fn the_audit_is_listed_and_verified() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let admin = api.member(workspace, Role::Admin).await;
    api.member(workspace, Role::Agent)
        .await
        .get("/audit")
        .await
        .expect(403);
    let team = admin
        .post("/teams", &json!({"name": "Billing"}))
        .await
        .expect(201);
    admin
        .patch(
            &format!("/teams/{}", team.id()),
            &json!({"name": "Invoices"}),
        )
        .await
        .expect(200);
    let found = admin
        .get(&format!(
            "/audit?entity_type=teams&entity_id={}&action=UPDATE",
            team.id()
        ))
        .await
        .expect(200);
    assert_eq!(found.body["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        found.body["data"][0]["changes"]["name"],
        json!({"from": "Billing", "to": "Invoices"})
    );
    let first = admin.get("/audit?limit=1").await.expect(200);
    let cursor = first.body["next_cursor"].as_str().expect("a cursor");
    let second = admin
        .get(&format!("/audit?limit=1&cursor={cursor}"))
        .await
        .expect(200);
    assert_ne!(first.body["data"], second.body["data"]);

    // Rows are sealed once every transaction that was running with theirs is over, those of other tests too.
    let whole = loop {
        let owner = api.database.owner();
        owner
            .execute("select public.seal_audit_logs()", &[])
            .await
            .expect("a seal");
        let whole = admin.get("/audit/verification").await.expect(200);
        assert_eq!(whole.body["is_whole"], true, "{}", whole.body);
        if whole.body["head"].is_object() {
            break whole;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let (position, hash) = (
        &whole.body["head"]["chain_position"],
        whole.body["head"]["chain_hash"].as_str().expect("a hash"),
    );
    let known = format!("/audit/verification?known_position={position}&known_hash={hash}");
    assert_eq!(admin.get(&known).await.expect(200).body["is_whole"], true);
    let other = format!(
        "/audit/verification?known_position={position}&known_hash={}",
        "0".repeat(64)
    );
    assert_eq!(admin.get(&other).await.expect(200).body["is_whole"], false);
    for wrong in ["known_position=1", "known_position=1&known_hash=zz"] {
        admin
            .get(&format!("/audit/verification?{wrong}"))
            .await
            .expect(422);
    }
}

#[tokio::test]
async fn an_export_holds_the_person_and_is_recorded() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let admin = api.member(workspace, Role::Admin).await;
    answered(&api, workspace).await;
    let customer = id(
        &api,
        "select id from public.customer_profiles where workspace_id = $1",
        workspace,
    )
    .await;
    let path = format!("/exports/customers/{customer}");
    let document = admin.get(&path).await.expect(200);
    assert_eq!(document.body["profile"]["name"], "Ann");
    assert_eq!(
        document.body["conversations"].as_array().map(Vec::len),
        Some(3)
    );
    assert!(
        document
            .header("content-disposition")
            .starts_with("attachment")
    );
    let recorded = admin
        .get(&format!("/audit?action=export&entity_id={customer}"))
        .await
        .expect(200);
    assert_eq!(recorded.body["data"].as_array().map(Vec::len), Some(1));
    api.member(workspace, Role::Agent)
        .await
        .get(&path)
        .await
        .expect(403);
}
