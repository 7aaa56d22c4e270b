//! What WhatsApp says of templates, numbers and the account: kept, told to the admins once, and what must stop stops.

use romashka_tests::{Api, Role, TestDatabase, value};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::provider::{
    Channel, Provider, Reply, channel, delivery_of, now, post_whatsapp, until, whatsapp_account,
};

const MAILS: &str = "select count(*) from romashka.outgoing_mails where kind = 'channel_alert'";

struct Shop {
    provider: Provider,
    api: Api,
    workspace: Uuid,
    channel: Channel,
    talk: Uuid,
}

async fn shop(settings: Value, before: impl FnOnce(&Provider)) -> Shop {
    let provider = Provider::start().await;
    before(&provider);
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let workspace = api.database.create_workspace("acme").await;
    api.database.create_person(workspace, Role::Owner).await;
    let (mut configuration, credentials) = whatsapp_account();
    for (name, value) in settings.as_object().expect("an object") {
        configuration[name] = value.clone();
    }
    let channel = channel(&api, workspace, "whatsapp", &configuration, &credentials).await;
    let hello = delivery_of(
        &[("wamid.hello".into(), "49151000001".into(), "hello".into())],
        now(),
    );
    assert_eq!(post_whatsapp(&api, &channel.token, &hello).await, 200);
    until(&api, "select count(*) from public.messages", 1_i64).await;
    let talk = value(api.database.owner(), "select id from public.conversations").await;
    Shop {
        provider,
        api,
        workspace,
        channel,
        talk,
    }
}

impl Shop {
    /// Meta's notice of a field, `age` seconds old.
    async fn notice(&self, field: &str, value: Value, age: i64) {
        let before: i64 = self.taken().await;
        let body = json!({"object": "whatsapp_business_account", "entry": [
            {"id": "2222", "time": now() - age, "changes": [{"field": field, "value": value}]}]});
        assert_eq!(
            post_whatsapp(&self.api, &self.channel.token, &body).await,
            200
        );
        until(
            &self.api,
            "select count(*) from public.webhook_events where status = 'processed'",
            before + 1,
        )
        .await;
    }

    async fn taken(&self) -> i64 {
        value(
            self.api.database.owner(),
            "select count(*) from public.webhook_events where status = 'processed'",
        )
        .await
    }

    async fn template(&self, event: &str, age: i64) {
        let value = json!({"event": event, "message_template_id": 77, "message_template_name": "order",
            "message_template_language": "en_US", "message_template_category": "UTILITY", "reason": "NONE",
            "other_info": {"title": "FIRST_PAUSE", "description": "People blocked it"}});
        self.notice("message_template_status_update", value, age)
            .await;
    }

    /// What becomes of a message: its state, and why.
    async fn send(&self, text: &str, metadata: Value) -> (String, Value) {
        let owner = self.api.database.owner();
        let id: Uuid = owner
            .query_one(
                "select public.send_message($1, $2, metadata => $3, workspace => $4)",
                &[&self.talk, &text, &metadata, &self.workspace],
            )
            .await
            .expect("a message")
            .get(0);
        let ended = format!(
            "select delivery_status in ('sent', 'failed') from public.message_delivery_tracking where message_id = '{id}'"
        );
        until(&self.api, &ended, true).await;
        let row = owner
            .query_one(
                "select delivery_status, coalesce(error_details, '{}') from public.message_delivery_tracking where message_id = $1",
                &[&id],
            )
            .await
            .expect("a delivery");
        (row.get(0), row.get(1))
    }

    async fn order(&self) -> (String, Value) {
        let template = json!({"template": {"name": "order", "language": "en_US", "body": ["Ann"]}});
        self.send("Ann, your order", template).await
    }
}

#[tokio::test]
async fn a_paused_template_is_refused_until_it_is_resumed() {
    let shop = shop(json!({}), |_| ()).await;
    shop.api
        .database
        .owner()
        .execute(
            "insert into public.message_templates (workspace_id, name, language, category, status, channel_type) values ($1, 'order', 'en_US', 'utility', 'approved', 'whatsapp')",
            &[&shop.workspace],
        )
        .await
        .expect("a template");
    assert_eq!(shop.order().await.0, "sent");
    shop.template("PAUSED", 60).await;
    let sent = shop.provider.received().len();
    let (state, error) = shop.order().await;
    assert_eq!(
        (state.as_str(), &error["code"]),
        ("failed", &json!("template_paused"))
    );
    assert!(
        error["details"].as_str().expect("why").contains("blocked"),
        "{error}"
    );
    assert_eq!(shop.provider.received().len(), sent, "nothing left");
    until(&shop.api, MAILS, 1_i64).await;
    let owner = shop.api.member(shop.workspace, Role::Owner).await;
    let path = format!("/channels/{}", shop.channel.id);
    let found = owner.get(&path).await.expect(200);
    assert_eq!(found.body["health"], "warning");
    let alerts = owner.get(&format!("{path}/alerts")).await.expect(200);
    assert_eq!(alerts.body["data"][0]["subject"], "order (en_US) status");
    // The same news once more is not told again, and older news change nothing.
    shop.template("PAUSED", 50).await;
    shop.template("APPROVED", 55).await;
    let still: i64 = value(
        shop.api.database.owner(),
        "select count(*) from public.channel_alerts where resolved_at is null",
    )
    .await;
    assert_eq!(still, 1);
    assert_eq!(shop.order().await.1["code"], "template_paused");
    shop.template("REINSTATED", 10).await;
    assert_eq!(shop.order().await.0, "sent");
    let found = owner.get(&path).await.expect(200);
    assert_eq!(found.body["health"], "good");
    until(&shop.api, MAILS, 1_i64).await;
    shop.template("DISABLED", 5).await;
    assert_eq!(shop.order().await.1["code"], "template_disabled");
    // There are two owners by now.
    until(&shop.api, MAILS, 3_i64).await;
    until(
        &shop.api,
        "select string_agg(kind, ',' order by id) from public.events where kind like 'channel.%'",
        "channel.alert,channel.recovered,channel.alert".to_owned(),
    )
    .await;
}

#[tokio::test]
async fn a_disabled_account_sends_nothing_until_it_is_back() {
    let shop = shop(json!({}), |_| ()).await;
    let ban = |state: &str| {
        json!({"phone_number": "15550001111", "event": "DISABLED_UPDATE",
        "ban_info": {"waba_ban_state": state, "waba_ban_date": "November 28, 2026"}})
    };
    shop.notice("account_update", ban("DISABLE"), 60).await;
    let (state, error) = shop.send("hello", json!({})).await;
    assert_eq!(
        (state.as_str(), &error["code"]),
        ("failed", &json!("stopped"))
    );
    assert_eq!(error["class"], "configuration");
    assert_eq!(shop.provider.received().len(), 0);
    until(&shop.api, MAILS, 1_i64).await;
    shop.notice("account_update", ban("REINSTATE"), 10).await;
    assert_eq!(shop.send("hello", json!({})).await.0, "sent");
    // An admin can say so himself where WhatsApp does not.
    shop.notice("account_update", ban("DISABLE"), 5).await;
    let alert: Uuid = value(
        shop.api.database.owner(),
        "select id from public.channel_alerts where resolved_at is null",
    )
    .await;
    let path = format!("/channels/alerts/{alert}/resolve");
    let agent = shop.api.member(shop.workspace, Role::Agent).await;
    agent.post(&path, &Value::Null).await.expect(403);
    let admin = shop.api.member(shop.workspace, Role::Admin).await;
    admin.post(&path, &Value::Null).await.expect(204);
    admin.post(&path, &Value::Null).await.expect(204);
    assert_eq!(shop.send("hello", json!({})).await.0, "sent");
}

#[tokio::test]
async fn a_number_that_customers_dislike_is_an_alert() {
    let shop = shop(json!({}), |_| ()).await;
    let quality = |event: &str| json!({"display_phone_number": "15550001111", "event": event, "current_limit": "TIER_1K"});
    shop.notice("phone_number_quality_update", quality("FLAGGED"), 60)
        .await;
    until(
        &shop.api,
        "select kind || ' ' || subject || ' ' || severity from public.channel_alerts where resolved_at is null",
        "number quality warning".to_owned(),
    )
    .await;
    until(&shop.api, MAILS, 1_i64).await;
    assert_eq!(
        shop.send("hello", json!({})).await.0,
        "sent",
        "it may still send"
    );
    shop.notice("phone_number_quality_update", quality("UNFLAGGED"), 10)
        .await;
    until(
        &shop.api,
        "select count(*) from public.channel_alerts where resolved_at is null",
        0_i64,
    )
    .await;
}

fn page(templates: &Value, next: Option<&str>) -> Reply {
    let mut body =
        json!({"data": templates, "paging": {"cursors": {"after": next.unwrap_or("end")}}});
    if next.is_some() {
        body["paging"]["next"] = json!("https://graph.facebook.com/next");
    }
    Reply::Status(200, vec![], body.to_string())
}

fn listed(name: &str, status: &str, quality: &str) -> Value {
    json!({"id": format!("9{}", name.len()), "name": name, "language": "en_US", "category": "UTILITY", "status": status,
        "quality_score": {"score": quality, "date": 1}, "parameter_format": "POSITIONAL",
        "components": [{"type": "BODY", "text": "Your order {{1}}"}]})
}

const LIST: &str = "/v24.0/2222/message_templates";

#[tokio::test]
async fn templates_are_brought_in_line_with_the_whole_list() {
    let number = json!({"id": "1111", "display_phone_number": "+1 555-000-1111", "verified_name": "Acme", "quality_rating": "GREEN"});
    let shop = shop(json!({"account_id": "2222"}), |provider| {
        provider.page(
            "/v24.0/1111?",
            Reply::Status(200, vec![], number.to_string()),
        );
        provider.page(LIST, page(&json!([listed("order", "APPROVED", "GREEN")]), Some("two")));
        provider.page(
            &format!("{LIST}?fields=id%2Cname%2Clanguage%2Ccategory%2Cstatus%2Cquality_score%2Crejected_reason%2Cparameter_format%2Ccomponents&limit=100&after=two"),
            page(&json!([listed("welcome", "PAUSED", "RED")]), None),
        );
    })
    .await;
    let templates = "select string_agg(concat_ws(' ', name, status, provider_status, quality), ', ' order by name) from public.message_templates";
    until(
        &shop.api,
        templates,
        "order approved APPROVED green, welcome pending PAUSED red".to_owned(),
    )
    .await;
    until(
        &shop.api,
        "select digits || ' ' || quality from romashka.channel_syncs where synced_at is not null",
        "15550001111 GREEN".to_owned(),
    )
    .await;
    assert_eq!(shop.order().await.0, "sent");
    let sync_now = async || {
        let _: bool = value(
            shop.api.database.owner(),
            "select bool_and(romashka.sync_channel_now(channel_id, workspace_id)) from romashka.channel_syncs",
        )
        .await;
    };
    // A list that breaks off in the middle changes nothing.
    shop.provider
        .page(LIST, Reply::Status(500, vec![], "<html>".to_owned()));
    sync_now().await;
    until(
        &shop.api,
        "select failures > 0 from romashka.channel_syncs",
        true,
    )
    .await;
    until(
        &shop.api,
        templates,
        "order approved APPROVED green, welcome pending PAUSED red".to_owned(),
    )
    .await;
    // One was disabled, the other one is gone; the webhooks of that were lost.
    shop.provider.page(
        LIST,
        page(&json!([listed("order", "DISABLED", "GREEN")]), None),
    );
    sync_now().await;
    until(
        &shop.api,
        templates,
        "order rejected DISABLED green, welcome rejected DELETED red".to_owned(),
    )
    .await;
    assert_eq!(shop.order().await.1["code"], "template_disabled");
    until(
        &shop.api,
        "select string_agg(subject || ' ' || severity, ', ' order by subject) from public.channel_alerts where resolved_at is null",
        "order (en_US) status warning, welcome (en_US) status notice".to_owned(),
    )
    .await;
    // What is as it was is not written again.
    let version = "select max(updated_at)::text from public.message_templates";
    let before: String = value(shop.api.database.owner(), version).await;
    let asked = shop.provider.received_at(LIST).len();
    sync_now().await;
    while shop.provider.received_at(LIST).len() == asked {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    until(
        &shop.api,
        "select lease_id is null from romashka.channel_syncs",
        true,
    )
    .await;
    let after: String = value(shop.api.database.owner(), version).await;
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_told_once() {
    let refused = r#"{"error":{"code":190,"message":"Error validating access token","type":"OAuthException"}}"#;
    let shop = shop(json!({"account_id": "2222"}), |provider| {
        provider.page(
            "/v24.0/1111?",
            Reply::Status(401, vec![], refused.to_owned()),
        );
    })
    .await;
    until(&shop.api, MAILS, 1_i64).await;
    until(
        &shop.api,
        "select subject from public.channel_alerts where resolved_at is null",
        "access token".to_owned(),
    )
    .await;
    let number =
        json!({"id": "1111", "display_phone_number": "+1 555-000-1111", "quality_rating": "GREEN"});
    shop.provider.page(
        "/v24.0/1111?",
        Reply::Status(200, vec![], number.to_string()),
    );
    shop.provider.page(LIST, page(&json!([]), None));
    let _: bool = value(
        shop.api.database.owner(),
        "select bool_and(romashka.sync_channel_now(channel_id, workspace_id)) from romashka.channel_syncs",
    )
    .await;
    until(
        &shop.api,
        "select count(*) from public.channel_alerts where resolved_at is null",
        0_i64,
    )
    .await;
}
