//! Mailboxes by OAuth 2 (XOAUTH2) at a real Dovecot, which asks the provider whose a token is, and at Postfix through it.

use romashka_db::envelope::{Keyring, Place};
use romashka_tests::{Role, value};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::inbound::mail;
use crate::mail_server::{MailServer, PASSWORD};
use crate::token_server::{TokenServer, grant, withdraw};
use crate::workplace::Workplace;

const ALERTS: &str = "select count(*) from public.channel_alerts where resolved_at is null";
const MAILS: &str = "select count(*) from romashka.outgoing_mails where kind = 'channel_alert'";

fn place(workplace: &Workplace) -> Place<'static> {
    Place {
        table: "communication_channels",
        column: "api_credentials",
        workspace: workplace.workspace,
        row: workplace.channel,
    }
}

fn keys(workplace: &Workplace) -> &Keyring {
    &workplace.api.serving().server().keys
}

/// Sets the channel's secrets anew, as an admin does.
async fn enter(workplace: &Workplace, credentials: Value) {
    let sealed = keys(workplace).seal_json(place(workplace), credentials.to_string().as_bytes());
    workplace
        .api
        .database
        .owner()
        .execute(
            "update public.communication_channels set api_credentials = $1",
            &[&sealed],
        )
        .await
        .expect("credentials");
}

/// The secrets that are stored, opened.
async fn stored(workplace: &Workplace) -> Value {
    let sealed: Value = value(
        workplace.api.database.owner(),
        "select api_credentials from public.communication_channels",
    )
    .await;
    let opened = keys(workplace)
        .open_json(place(workplace), &sealed)
        .expect("it opens");
    serde_json::from_slice(opened.expose_secret()).expect("JSON")
}

async fn received(server: &MailServer, workplace: &Workplace, number: u32) {
    let text = mail(
        &workplace.customer,
        &workplace.support,
        &format!("{number}@customer.example"),
        "Order",
        "",
        &format!("mail {number}"),
    );
    server
        .deliver(&workplace.customer, &workplace.support, text.as_bytes())
        .await;
    let arrived = format!("select count(*) from public.messages where content = 'mail {number}'");
    workplace.until(&arrived, 1_i64).await;
}

const READ: &str = "select count(*) from romashka.mailboxes where read_at is not null";

#[tokio::test]
async fn refresh_tokens_that_the_provider_replaces_are_kept_before_they_are_needed() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let workplace = Workplace::with(
        server,
        json!({"imap_host": "localhost", "imap_port": server.imaps}),
    )
    .await;
    let provider = TokenServer::start(&server.folder, &workplace.support).await;
    enter(
        &workplace,
        json!({"refresh_token": "refresh-0", "token_url": provider.url, "client_id": "romashka", "client_secret": "secret of a test"}),
    )
    .await;
    let begun = std::time::Instant::now();
    while provider.used().is_empty() {
        assert!(begun.elapsed().as_secs() < 60, "nobody asks for a token");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    received(server, &workplace, 1).await;
    assert_eq!(provider.used(), ["refresh-0"]);
    assert_eq!(stored(&workplace).await["refresh_token"], "refresh-1");
    // The answer is sent with the same token: nobody asks again.
    let conversation: Uuid = value(
        workplace.api.database.owner(),
        "select id from public.conversations",
    )
    .await;
    workplace.send(conversation, "answer", json!({})).await;
    workplace
        .until(
            "select delivery_status from public.message_delivery_tracking",
            "sent".to_owned(),
        )
        .await;
    assert_eq!(server.wait_for_mails(&workplace.customer, 1).await.len(), 1);
    assert_eq!(provider.used().len(), 1);
    // A check has no token of its own in memory, as another process: it begins with what is stored, and what it is given
    // is stored before it signs in.
    let checked = workplace.api.member(workplace.workspace, Role::Admin).await;
    let path = format!("/channels/{}/check", workplace.channel);
    let found = checked.post(&path, &Value::Null).await.expect(200);
    let findings = found.body["findings"].to_string();
    assert!(
        findings.contains("the SMTP server accepts the sign-in"),
        "{findings}"
    );
    assert!(
        findings.contains("the IMAP server opens INBOX"),
        "{findings}"
    );
    let used = provider.used();
    assert_eq!(
        used.last().map(String::as_str),
        Some("refresh-1"),
        "{used:?}"
    );
    let kept = stored(&workplace).await["refresh_token"].clone();
    assert_eq!(kept, format!("refresh-{}", used.len()));
    received(server, &workplace, 2).await;
}

#[tokio::test]
async fn a_mailbox_that_lets_nobody_in_is_an_alert_until_it_does() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let workplace = Workplace::with(
        server,
        json!({"imap_host": "localhost", "imap_port": server.imaps}),
    )
    .await;
    workplace
        .api
        .database
        .create_person(workplace.workspace, Role::Owner)
        .await;
    workplace.until(READ, 1_i64).await;
    enter(&workplace, json!({"password": "another one"})).await;
    // The connection that is open is let go within half a minute; a restart is quicker.
    workplace
        .api
        .database
        .owner()
        .batch_execute("update romashka.mailboxes set lease_id = null, leased_until = now()")
        .await
        .expect("let go");
    workplace.until(ALERTS, 1_i64).await;
    workplace.until(MAILS, 1_i64).await;
    let member = workplace.api.member(workplace.workspace, Role::Agent).await;
    let path = format!("/channels/{}", workplace.channel);
    let shown = member.get(&path).await.expect(200);
    assert_eq!(shown.body["health"], "critical");
    let alerts = member.get(&format!("{path}/alerts")).await.expect(200);
    assert_eq!(alerts.body["data"][0]["kind"], "mailbox");
    let words = alerts.body["data"][0]["message"].as_str().expect("words");
    assert!(words.contains("did not accept"), "{words}");
    // It is tried again and again, and told once.
    workplace
        .until("select failures >= 3 from romashka.mailboxes", true)
        .await;
    workplace.until(MAILS, 1_i64).await;
    enter(&workplace, json!({"password": PASSWORD})).await;
    workplace
        .api
        .database
        .owner()
        .batch_execute("update romashka.mailboxes set leased_until = now()")
        .await
        .expect("tried at once");
    workplace.until(ALERTS, 0_i64).await;
    let shown = member.get(&path).await.expect(200);
    assert_eq!(shown.body["health"], "good");
    received(server, &workplace, 1).await;
}

#[tokio::test]
async fn a_token_that_was_withdrawn_is_told_and_another_one_mends_it() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let workplace = Workplace::with(
        server,
        json!({"imap_host": "localhost", "imap_port": server.imaps}),
    )
    .await;
    let provider = TokenServer::start(&server.folder, &workplace.support).await;
    provider.forbid();
    let credentials = |refresh: &str| json!({"refresh_token": refresh, "token_url": provider.url, "client_id": "romashka", "client_secret": "secret of a test"});
    enter(&workplace, credentials("refresh-0")).await;
    workplace
        .api
        .database
        .owner()
        .batch_execute("update romashka.mailboxes set lease_id = null, leased_until = now()")
        .await
        .expect("let go");
    workplace.until(ALERTS, 1_i64).await;
    let words: String = value(
        workplace.api.database.owner(),
        "select message from public.channel_alerts",
    )
    .await;
    assert!(words.contains("connected anew"), "{words}");
    provider.allow("refresh-new");
    enter(&workplace, credentials("refresh-new")).await;
    workplace
        .api
        .database
        .owner()
        .batch_execute("update romashka.mailboxes set leased_until = now()")
        .await
        .expect("tried at once");
    workplace.until(ALERTS, 0_i64).await;
    received(server, &workplace, 1).await;
    // An access token that something else renews in the channel.
    withdraw(&workplace.support);
    enter(
        &workplace,
        json!({"access_token": grant(&workplace.support)}),
    )
    .await;
    workplace
        .api
        .database
        .owner()
        .batch_execute("update romashka.mailboxes set lease_id = null, leased_until = now()")
        .await
        .expect("let go");
    received(server, &workplace, 2).await;
}
