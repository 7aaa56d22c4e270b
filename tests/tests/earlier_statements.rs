//! Statements that people and programs ran on earlier versions of the schema: they work as they are, on every table.

use std::collections::BTreeMap;

use romashka_tests::{TestDatabase, explain, repository_root, value};
use serde_json::Value;

/// The tables in the order of their references, and what a program that knows nothing of this version gives them beside
/// the columns it had to fill. An expression is SQL; `{person}`, `{conversation}` … stand for rows made before.
const ROWS: &[(&str, &[(&str, &str)])] = &[
    (
        "profiles",
        &[("id", "'{person}'"), ("email", "'ann@example.test'")],
    ),
    ("customer_profiles", &[("email", "'{n}@example.org'")]),
    (
        "communication_channels",
        &[("name", "'Shop {n}'"), ("type", "'whatsapp'")],
    ),
    (
        "conversations",
        &[
            ("customer_id", "'{customer_profiles}'"),
            ("user_name", "'Anna'"),
            ("channel_id", "'{communication_channels}'"),
        ],
    ),
    (
        "messages",
        &[
            ("conversation_id", "'{conversations}'"),
            ("sender_type", "'user'"),
            ("content", "'Where is my parcel?'"),
        ],
    ),
    ("agent_availability", &[("agent_id", "'{agent{n}}'")]),
    (
        "canned_responses",
        &[("title", "'Hello {n}'"), ("content", "'Hello!'")],
    ),
    (
        "channel_routing_rules",
        &[("name", "'Rule {n}'"), ("target_channel_type", "'email'")],
    ),
    (
        "conversation_analytics",
        &[
            ("conversation_id", "'{conversations}'"),
            ("started_at", "now()"),
        ],
    ),
    (
        "conversation_context",
        &[
            ("conversation_id", "'{conversations}'"),
            ("context_data", "'{}'"),
        ],
    ),
    (
        "conversation_notes",
        &[
            ("conversation_id", "'{conversations}'"),
            ("agent_id", "'{person}'"),
            ("note", "'Asked the shop.'"),
        ],
    ),
    (
        "conversation_transfers",
        &[
            ("conversation_id", "'{conversations}'"),
            ("to_agent_id", "'{person}'"),
        ],
    ),
    (
        "customer_channel_preferences",
        &[
            ("customer_id", "'{customer_profiles}'"),
            ("channel_type", "'sms'"),
        ],
    ),
    ("daily_metrics", &[("date", "current_date - 400 - {n}")]),
    ("dashboard_configs", &[("name", "'Mine {n}'")]),
    (
        "website_scan_jobs",
        &[("urls", "array['https://example.org']")],
    ),
    (
        "extracted_content",
        &[
            ("scan_job_id", "'{website_scan_jobs}'"),
            ("url", "'https://example.org/{n}'"),
            ("content", "'Prices'"),
        ],
    ),
    (
        "file_attachments",
        &[
            ("conversation_id", "'{conversations}'"),
            ("filename", "'scan.png'"),
            ("file_path", "'a/scan{n}.png'"),
        ],
    ),
    (
        "integrations",
        &[
            ("name", "'Shop {n}'"),
            ("type", "'crm'"),
            ("provider", "'hubspot'"),
        ],
    ),
    (
        "integration_field_mappings",
        &[
            ("integration_id", "'{integrations}'"),
            ("source_entity", "'customer'"),
            ("target_entity", "'contact'"),
            ("source_field", "'email'"),
            ("target_field", "'mail{n}'"),
        ],
    ),
    (
        "intent_patterns",
        &[
            ("intent_name", "'greeting{n}'"),
            ("language", "'en'"),
            ("patterns", "array['hello']"),
        ],
    ),
    ("knowledge_categories", &[("name", "'Delivery {n}'")]),
    (
        "knowledge_items",
        &[
            ("title", "'Delivery'"),
            ("content", "'Three days.'"),
            ("source_type", "'manual'"),
            ("category_id", "'{knowledge_categories}'"),
        ],
    ),
    (
        "knowledge_analytics",
        &[("knowledge_item_id", "'{knowledge_items}'")],
    ),
    (
        "knowledge_versions",
        &[
            ("knowledge_item_id", "'{knowledge_items}'"),
            ("version", "70 + {n}"),
            ("content", "'Two days.'"),
        ],
    ),
    (
        "message_delivery_tracking",
        &[
            ("message_id", "'{messages}'"),
            ("channel_type", "'whatsapp'"),
        ],
    ),
    (
        "message_templates",
        &[
            ("name", "'order_{n}'"),
            ("language", "'en'"),
            ("category", "'utility'"),
            ("channel_type", "'whatsapp'"),
        ],
    ),
    ("playground_sessions", &[("user_id", "'{person}'")]),
    (
        "realtime_metrics",
        &[("metric_name", "'queue'"), ("metric_value", "3")],
    ),
    (
        "scheduled_reports",
        &[
            ("name", "'Weekly {n}'"),
            ("report_type", "'performance'"),
            ("schedule_cron", "'0 8 * * 1'"),
            ("recipients", "array['ann@example.test']"),
        ],
    ),
    (
        "sla_tracking",
        &[
            ("conversation_id", "'{conversations}'"),
            ("sla_type", "'handoff'"),
            ("target_time_seconds", "60"),
        ],
    ),
    (
        "sync_jobs",
        &[
            ("integration_id", "'{integrations}'"),
            ("job_type", "'full_sync'"),
            ("direction", "'inbound'"),
        ],
    ),
    (
        "system_settings",
        &[("setting_key", "'my_key_{n}'"), ("setting_value", "'1'")],
    ),
    (
        "webhook_events",
        &[
            ("event_type", "'message'"),
            ("source", "'whatsapp'"),
            ("payload", "'{}'"),
        ],
    ),
    (
        "webhook_subscriptions",
        &[
            ("integration_id", "'{integrations}'"),
            ("event_type", "'message.created'"),
            ("webhook_url", "'https://example.org/hook{n}'"),
        ],
    ),
    (
        "webhook_logs",
        &[
            ("webhook_subscription_id", "'{webhook_subscriptions}'"),
            ("event_type", "'message.created'"),
        ],
    ),
    ("widget_configurations", &[("widget_name", "'Shop {n}'")]),
    (
        "workflows",
        &[("name", "'Greet {n}'"), ("trigger_type", "'manual'")],
    ),
    (
        "workflow_executions",
        &[
            ("workflow_id", "'{workflows}'"),
            ("conversation_id", "'{conversations}'"),
        ],
    ),
    (
        "audit_logs",
        &[("action", "'LOGIN'"), ("entity_type", "'session'")],
    ),
];

fn contract() -> Value {
    let path = repository_root().join("tests/fixtures/legacy-catalog.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the contract")).expect("JSON")
}

/// Each insert twice: with the columns that had to be given alone, and with every column that there was, as object mappers
/// write it, each with the default it had.
#[tokio::test]
async fn rows_are_inserted_as_before() {
    let contract = contract();
    let tables = contract["tables"].as_object().expect("tables");
    assert_eq!(ROWS.len(), tables.len(), "every table has its rows");
    let database = TestDatabase::new().await;
    let owner = database.owner();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for name in ["person", "agent1", "agent2"] {
        let id = database
            .create_account(&format!("{name}@example.test"))
            .await;
        ids.insert(name.to_owned(), id.to_string());
    }
    // A sign-up makes the profile by itself now; programs that made it find it there.
    owner
        .execute(
            &format!("delete from public.profiles where id = '{}'", ids["person"]),
            &[],
        )
        .await
        .expect("a person without a profile");
    let mut failures = Vec::new();
    for (table, given) in ROWS {
        let columns = tables[*table].as_array().expect("columns");
        let has_id = columns.iter().any(|column| column["column"] == "id");
        for whole in [false, true] {
            let mut names = Vec::new();
            let mut values = Vec::new();
            for column in columns {
                let name = column["column"].as_str().expect("a name");
                let required = column["nullable"] == false && column["default"].is_null();
                let expression = given
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, expression)| (*expression).to_owned());
                assert!(
                    !required || expression.is_some(),
                    "{table}.{name} had to be given"
                );
                let expression = match expression {
                    Some(expression) => expression,
                    None if whole => column["default"].as_str().unwrap_or("null").to_owned(),
                    None => continue,
                };
                names.push(name);
                values.push(expression);
            }
            let number = if whole { "2" } else { "1" };
            let mut sql = format!(
                "INSERT INTO {table} ({}) VALUES ({})",
                names.join(", "),
                values.join(", ")
            )
            .replace("{n}", number);
            for (name, id) in &ids {
                sql = sql.replace(&format!("{{{name}}}"), id);
            }
            // What the database itself writes now is there when a program comes to write it; unique keys of earlier
            // versions refused the same.
            sql.push_str(match (*table, whole) {
                ("profiles", true) => " ON CONFLICT (id) DO UPDATE SET email = EXCLUDED.email",
                (
                    "conversation_analytics"
                    | "conversation_context"
                    | "customer_channel_preferences"
                    | "message_delivery_tracking",
                    _,
                ) => " ON CONFLICT DO NOTHING",
                _ => "",
            });
            if has_id {
                sql.push_str(" RETURNING id");
            }
            let outcome = owner.query_opt(&sql, &[]).await;
            // The one that is meant to fail: who could write the record could forge it. record_audit takes its place.
            if *table == "audit_logs" {
                let code = outcome.err().and_then(|error| error.code().cloned());
                assert_eq!(
                    code.as_ref().map(|code| code.code()),
                    Some("RM422"),
                    "{sql}"
                );
                continue;
            }
            match outcome {
                Ok(Some(row)) if has_id => {
                    let id: uuid::Uuid = row.get(0);
                    ids.insert((*table).to_owned(), id.to_string());
                }
                Ok(_) => {}
                Err(error) => failures.push(format!("{sql}\n  {}", explain(&error))),
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let drift: i64 = value(owner, "select count(*) from public.recount(null, false)").await;
    assert_eq!(drift, 0, "a counter that a program gave was believed");
}

/// The queries of the instructions, as they are written there.
#[tokio::test]
async fn queries_answer_as_before() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    owner
        .batch_execute(
            "insert into conversations (user_name, status, created_at) select 'n' || n, case when n % 2 = 0 then 'active' else 'closed' end, now() - n * interval '1 minute' from generate_series(1, 60) as n;
             insert into messages (conversation_id, sender_type, content, created_at)
             select c.id, 'user', 'message ' || n, now() - n * interval '1 second' from conversations c, generate_series(1, 3) as n;
             insert into knowledge_items (title, content, source_type) values ('Delivery', 'A query about parcels', 'manual'), ('A QUERY', 'x', 'manual'), ('Other', 'y', 'manual');
             insert into knowledge_analytics (knowledge_item_id, was_helpful) select id, true from knowledge_items where title = 'A QUERY'",
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let rows = |sql: &'static str| async move {
        owner
            .query(sql, &[])
            .await
            .unwrap_or_else(|error| panic!("{sql}\n{}", explain(&error)))
    };

    let found = rows("SELECT * FROM system_settings WHERE setting_key = 'platform_name'").await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].get::<_, Value>("setting_value"), "ROMASHKA");

    let page = rows("SELECT * FROM conversations WHERE status = 'active' ORDER BY created_at DESC LIMIT 20 OFFSET 0").await;
    let names: Vec<String> = page.iter().map(|row| row.get("user_name")).collect();
    let expected: Vec<String> = (1..=20).map(|n| format!("n{}", n * 2)).collect();
    assert_eq!(names, expected);

    let conversation: uuid::Uuid = page[0].get("id");
    let sql = "SELECT * FROM messages WHERE conversation_id = $1 ORDER BY created_at ASC";
    let said: Vec<String> = owner
        .query(sql, &[&conversation])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get("content"))
        .collect();
    assert_eq!(said, ["message 3", "message 2", "message 1"]);

    let found = rows("SELECT * FROM knowledge_items WHERE content ILIKE '%query%' OR title ILIKE '%query%' ORDER BY effectiveness_score DESC").await;
    let titles: Vec<String> = found.iter().map(|row| row.get("title")).collect();
    assert_eq!(titles, ["A QUERY", "Delivery"]);

    rows("SELECT cleanup_expired_metrics()").await;
    let tested: Value = value(owner, "SELECT test_function()").await;
    assert_eq!(tested["ok"], true, "{tested:#}");
    rows("SELECT generate_uuid()").await;
    rows("SELECT aggregate_daily_metrics()").await;
    rows("SELECT aggregate_daily_metrics(current_date)").await;
    rows("SELECT health_check()").await;
    owner
        .batch_execute(
            "UPDATE conversations SET status = 'resolved', resolved_at = NOW() WHERE status = 'active';
             UPDATE agent_availability SET is_online = true, status = 'available', last_activity = NOW();
             UPDATE system_settings SET setting_value = '\"Acme\"' WHERE setting_key = 'platform_name';
             DELETE FROM conversations WHERE user_name = 'n1';
             DELETE FROM knowledge_items WHERE title = 'Other'",
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
}
