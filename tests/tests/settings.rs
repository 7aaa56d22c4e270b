//! Settings: every key of earlier versions with its default and a checked shape, seen by whom it is meant for; the
//! self-test and the health check of an installation.

use romashka_tests::{Role, TestDatabase, explain, value};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

fn contract() -> Vec<Value> {
    serde_json::from_str(include_str!("../fixtures/settings.json"))
        .expect("the settings of earlier versions")
}

/// The SQLSTATE that a statement is refused with.
async fn refusal(client: &Client, sql: &str) -> String {
    match client.batch_execute(sql).await {
        Ok(()) => panic!("accepted: {sql}"),
        Err(error) => error
            .code()
            .map(|code| code.code().to_owned())
            .unwrap_or_else(|| error.to_string()),
    }
}

async fn set(client: &Client, key: &str, setting: &Value) -> Result<u64, tokio_postgres::Error> {
    client
        .execute(
            "update public.system_settings set setting_value = $2 where setting_key = $1 and workspace_id = romashka.default_workspace_id()",
            &[&key, setting],
        )
        .await
}

#[tokio::test]
async fn every_workspace_has_the_settings_of_earlier_versions() {
    let database = TestDatabase::new().await;
    let acme = database.create_workspace("acme").await;
    for workspace in [database.default_workspace().await, acme] {
        let rows = database
            .owner()
            .query(
                "select setting_key, setting_value, is_public, description from public.system_settings where workspace_id = $1",
                &[&workspace],
            )
            .await
            .unwrap();
        assert_eq!(rows.len(), contract().len());
        for wanted in contract() {
            let row = rows
                .iter()
                .find(|row| row.get::<_, &str>(0) == wanted["key"])
                .unwrap_or_else(|| panic!("{} is not there", wanted["key"]));
            assert_eq!(row.get::<_, Value>(1), wanted["default"], "{wanted}");
            assert_eq!(json!(row.get::<_, bool>(2)), wanted["public"], "{wanted}");
            assert_eq!(row.get::<_, &str>(3), wanted["description"], "{wanted}");
        }
    }
}

#[tokio::test]
async fn a_setting_without_a_row_has_its_default() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    owner
        .batch_execute(
            "delete from public.system_settings where setting_key = 'sla_resolution_seconds'",
        )
        .await
        .unwrap();
    let sql = "select romashka.setting(romashka.default_workspace_id(), 'sla_resolution_seconds')";
    assert_eq!(value::<Value>(owner, sql).await, json!(1800));
    owner
        .batch_execute("insert into public.system_settings (setting_key, setting_value) values ('sla_resolution_seconds', '7200')")
        .await
        .unwrap();
    assert_eq!(value::<Value>(owner, sql).await, json!(7200));
    let unknown: Option<Value> = value(
        owner,
        "select romashka.setting(romashka.default_workspace_id(), 'nobody_knows')",
    )
    .await;
    assert_eq!(unknown, None);
}

#[tokio::test]
async fn a_value_has_the_shape_its_key_needs() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    for (key, wrong) in [
        ("platform_name", json!(7)),
        ("platform_name", json!("")),
        ("platform_name", Value::Null),
        ("cors_enabled", json!("true")),
        ("ai_confidence_threshold", json!(1.1)),
        ("ai_confidence_threshold", json!("0.5")),
        ("audit_log_retention_days", json!(0)),
        ("audit_log_retention_days", json!(1.5)),
        ("sla_first_response_seconds", json!("60")),
        ("customer_satisfaction_scale", json!(7)),
        ("auto_assignment_algorithm", json!("random")),
        ("system_status", json!("fine")),
        ("default_language", json!("English")),
        ("default_timezone", json!("Mars/Olympus")),
        (
            "default_working_hours",
            json!({"moonday": {"start": "09:00", "end": "17:00"}}),
        ),
        (
            "default_working_hours",
            json!({"monday": {"start": "9", "end": "17:00"}}),
        ),
        (
            "maintenance_window",
            json!({"start": "02:00", "end": "04:00"}),
        ),
        ("allowed_origins", json!(["ftp://example.test"])),
        ("allowed_origins", json!("https://example.test")),
        ("supported_languages", json!(["en", 7])),
        ("supported_file_types", json!(["everything"])),
        ("feature_flags", json!({"aiAssistant": "yes"})),
        ("feature_flags", json!([])),
        ("password_policy", json!({"requireNumbers": true})),
        ("widget_colors", json!({"primary": "blue"})),
        ("widget_position", json!("middle")),
        ("last_maintenance_date", json!("yesterday")),
        ("last_maintenance_date", json!(20260101)),
        ("webhook_timeout_seconds", json!(-1)),
    ] {
        let refused = set(owner, key, &wrong)
            .await
            .expect_err(&format!("{key} = {wrong} was accepted"));
        assert_eq!(
            refused.code().map(|code| code.code()),
            Some("23514"),
            "{key} = {wrong}: {}",
            explain(&refused)
        );
    }
    for (key, right) in [
        ("last_maintenance_date", json!("2026-02-28")),
        ("default_timezone", json!("Asia/Kolkata")),
        (
            "default_working_hours",
            json!({"saturday": {"start": "22:00", "end": "06:00"}, "sunday": null}),
        ),
        ("allowed_origins", json!(["*"])),
        ("customer_satisfaction_scale", json!(10)),
        ("default_language", json!("pt-BR")),
    ] {
        assert_eq!(set(owner, key, &right).await.unwrap(), 1, "{key} = {right}");
    }
    // The owner's own keys hold what the owner likes.
    owner
        .batch_execute("insert into public.system_settings (setting_key, setting_value) values ('my.own-key', '[1, {\"a\": null}]')")
        .await
        .unwrap();
    assert_eq!(
        refusal(owner, "insert into public.system_settings (setting_key, setting_value) values ('my.own-key', '1')").await,
        "23505"
    );
}

#[tokio::test]
async fn visitors_read_the_public_settings_of_the_workspace_they_visit() {
    let database = TestDatabase::new().await;
    let acme = database.create_workspace("acme").await;
    let rename = "update public.system_settings set setting_value = '\"Acme\"' where setting_key = 'platform_name' and workspace_id = $1";
    database.owner().execute(rename, &[&acme]).await.unwrap();
    let asked = "SELECT * FROM system_settings WHERE setting_key = 'platform_name'";

    let visitor = database.as_anonymous().await;
    let rows = visitor.query(asked, &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].get::<_, Value>("setting_value"), json!("ROMASHKA"));
    let public: i64 = contract()
        .iter()
        .filter(|known| known["public"] == true)
        .count() as i64;
    assert_eq!(
        value::<i64>(&visitor, "select count(*) from public.system_settings").await,
        public
    );
    assert_eq!(
        refusal(
            &visitor,
            "update public.system_settings set setting_value = '1'"
        )
        .await,
        "42501"
    );

    let claims = json!({"role": "anon", "app_metadata": {"workspace_id": acme}});
    let visitor = database.as_role("anon", &claims).await;
    let rows = visitor.query(asked, &[]).await.unwrap();
    assert_eq!(rows.len(), 1, "a visitor of one workspace sees one");
    assert_eq!(rows[0].get::<_, Value>("setting_value"), json!("Acme"));

    let rows = database.owner().query(asked, &[]).await.unwrap();
    assert_eq!(
        rows.len(),
        2,
        "the owner of the database sees both workspaces"
    );
}

#[tokio::test]
async fn admins_change_settings_of_their_workspace_alone() {
    let database = TestDatabase::new().await;
    let acme = database.create_workspace("acme").await;
    let other = database.create_workspace("other").await;
    let change = "update public.system_settings set setting_value = '\"maintenance\"' where setting_key = 'system_status'";
    for (role, changed) in [
        (Role::Viewer, 0),
        (Role::Agent, 0),
        (Role::Admin, 1),
        (Role::Owner, 1),
    ] {
        let person = database.create_person(acme, role).await;
        let session = database.as_user(person, acme).await;
        assert_eq!(
            session.execute(change, &[]).await.unwrap(),
            changed,
            "{role}"
        );
        let mine: i64 = value(
            &session,
            "select count(distinct workspace_id) from public.system_settings",
        )
        .await;
        assert_eq!(mine, 1, "{role}");
        if changed == 1 {
            let by: Uuid = value(
                &session,
                "select updated_by from public.system_settings where setting_key = 'system_status'",
            )
            .await;
            assert_eq!(by, person);
        }
        session.rollback().await;
    }
    let stranger = database.create_person(other, Role::Owner).await;
    let session = database.as_user(stranger, acme).await;
    assert_eq!(session.execute(change, &[]).await.unwrap(), 0);
}

/// The texts of the statements in the server's folders.
fn statements_of_the_server() -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![romashka_tests::repository_root().join("crates/romashka-server/src")];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|ending| ending == "sql") {
                found.push(std::fs::read_to_string(path).expect("a statement"));
            }
        }
    }
    found
}

/// A key that claims an effect is named by code that is not the catalogue of keys; and one that the code names claims it.
#[tokio::test]
async fn effective_is_what_the_code_obeys() {
    let database = TestDatabase::new().await;
    let sql = "select s.setting_key, s.is_effective,
                      exists (select from pg_proc p where p.pronamespace in ('public'::regnamespace, 'romashka'::regnamespace)
                               and p.prosrc ~ ('romashka\\.setting\\([^)]*''' || s.setting_key || ''''))
                 from public.system_settings s where s.workspace_id = romashka.default_workspace_id()";
    // The server's statements are code as well.
    let statements = statements_of_the_server();
    let mut obeyed = 0;
    for row in database.owner().query(sql, &[]).await.unwrap() {
        let (key, claims, obeys): (&str, bool, bool) = (row.get(0), row.get(1), row.get(2));
        let obeys = obeys
            || statements.iter().any(|text| {
                text.contains("romashka.setting(") && text.contains(&format!("'{key}'"))
            });
        assert_eq!(claims, obeys, "{key}");
        obeyed += i32::from(obeys);
    }
    assert!(obeyed >= 7, "only {obeyed} settings are obeyed");
    // It is not for people to say.
    let owner = database.owner();
    owner
        .batch_execute("update public.system_settings set is_effective = true")
        .await
        .unwrap();
    let claimed: bool = value(owner, "select bool_or(is_effective) from public.system_settings where setting_key = 'cors_enabled'").await;
    assert!(!claimed);
}

/// Rows of every table, to see that nothing stays behind.
async fn rows_of_every_table(client: &Client) -> Vec<(String, i64)> {
    let sql = "select c.oid::regclass::text, (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %s', c.oid::regclass), false, true, '')))[1]::text::bigint
                 from pg_class c where c.relkind in ('r', 'p') and not c.relispartition
                  and c.relnamespace in ('public'::regnamespace, 'romashka'::regnamespace, 'auth'::regnamespace) order by 1";
    client
        .query(sql, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect()
}

#[tokio::test]
async fn the_self_test_passes_and_leaves_nothing() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    let before = rows_of_every_table(owner).await;
    let found: Value = value(owner, "select test_function()").await;
    assert_eq!(found["ok"], true, "{found:#}");
    assert!(found["checked"].as_i64().unwrap() >= 15, "{found:#}");
    assert_eq!(rows_of_every_table(owner).await, before);
    let sequences: i64 = value(owner, "select count(*) from pg_class where relkind = 'S' and relnamespace = 'romashka_numbers'::regnamespace").await;
    assert_eq!(sequences, 1, "the numbers of the default workspace alone");
}

#[tokio::test]
async fn the_self_test_finds_a_function_that_does_nothing() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    owner
        .batch_execute(
            "create or replace function public.finalize_conversation_analytics() returns trigger language plpgsql set search_path = '' as
             $$ begin return null; end $$",
        )
        .await
        .unwrap();
    let found: Value = value(owner, "select test_function()").await;
    assert_eq!(found["ok"], false, "{found:#}");
}

#[tokio::test]
async fn the_health_check_sees_a_disabled_trigger() {
    let database = TestDatabase::new().await;
    let owner = database.owner();
    let degraded = |health: &Value| -> Vec<String> {
        health["checks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|check| check["ok"] == false)
            .map(|check| check["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let health: Value = value(owner, "select health_check()").await;
    assert_eq!(degraded(&health), Vec::<String>::new());
    assert_eq!(health["status"], "ok");
    owner
        .batch_execute(
            "alter table public.messages disable trigger trigger_update_conversation_message_count",
        )
        .await
        .unwrap();
    let health: Value = value(owner, "select health_check()").await;
    assert_eq!(degraded(&health), ["disabled_triggers"]);
    assert_eq!(health["status"], "degraded");
}
