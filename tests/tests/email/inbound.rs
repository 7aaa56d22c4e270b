//! Mails from customers: read by IMAP while they arrive, in the right conversation, with their files; reports mark what they
//! are about.

use serde_json::json;
use uuid::Uuid;

use crate::mail_server::MailServer;
use crate::workplace::{Workplace, until};

/// A customer's mail.
pub fn mail(from: &str, to: &str, id: &str, subject: &str, further: &str, text: &str) -> String {
    format!(
        "From: Ann <{from}>\r\nTo: {to}\r\nMessage-ID: <{id}>\r\nDate: {}\r\nSubject: {subject}\r\n{further}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n",
        jiff::fmt::rfc2822::to_string(&jiff::Zoned::now()).expect("a date"),
    )
}

async fn reading(server: &MailServer) -> Workplace {
    let place = Workplace::with(
        server,
        json!({"imap_host": "localhost", "imap_port": server.imaps}),
    )
    .await;
    // What is there before the channel is not taken in.
    until(
        place.api.database.owner(),
        "select count(*) from romashka.mailboxes where read_at is not null",
        1_i64,
    )
    .await;
    place
}

#[tokio::test]
async fn a_talk_goes_back_and_forth_in_one_conversation() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    for (port, security) in [(server.imaps, "tls"), (server.imap, "starttls")] {
        let place = Workplace::with(
            server,
            json!({"imap_host": "localhost", "imap_port": port.to_string(), "imap_security": security}),
        )
        .await;
        let old = mail(
            &place.customer,
            &place.support,
            "old@customer.example",
            "Old",
            "",
            "Before",
        );
        server
            .deliver(&place.customer, &place.support, old.as_bytes())
            .await;
        server.wait_for_mails(&place.support, 1).await;
        until(
            place.api.database.owner(),
            "select count(*) from romashka.mailboxes where read_at is not null",
            1_i64,
        )
        .await;
        let first = mail(
            &place.customer,
            &place.support,
            "first@customer.example",
            "My order",
            "",
            "Where is it?",
        );
        server
            .deliver(&place.customer, &place.support, first.as_bytes())
            .await;
        place
            .until(
                "select count(*) from public.messages where content = 'Where is it?'",
                1_i64,
            )
            .await;
        let conversation: Uuid = romashka_tests::value(
            place.api.database.owner(),
            "select conversation_id from public.messages where content = 'Where is it?'",
        )
        .await;
        place.send(conversation, "On its way", json!({})).await;
        let answers = server.wait_for_mails(&place.customer, 1).await;
        let id = answers[0]
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "))
            .expect("an id")
            .trim()
            .to_owned();
        assert!(answers[0].contains("In-Reply-To: <first@customer.example>"));
        let further = format!("In-Reply-To: {id}\r\n");
        let second = mail(
            &place.customer,
            &place.support,
            "second@customer.example",
            "Re: My order",
            &further,
            "Thank you",
        );
        server
            .deliver(&place.customer, &place.support, second.as_bytes())
            .await;
        place
            .until(
                &format!("select count(*) from public.messages where content = 'Thank you' and conversation_id = '{conversation}'"),
                1_i64,
            )
            .await;
        place
            .until(
                // The first one may have come before the mailbox was opened, or after.
                "select count(*) from public.messages where content <> 'Before'",
                3_i64,
            )
            .await;
        let seen = std::fs::read_dir(server.maildir(&place.support).join("cur"))
            .into_iter()
            .flatten()
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().contains('S'));
        assert!(!seen, "no mail was marked as seen");
    }
}

#[tokio::test]
async fn a_report_marks_the_delivery_and_opens_nothing() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let place = reading(server).await;
    let gone = format!("gone-{}@gone.example", Uuid::new_v4().simple());
    let conversation: Uuid = place
        .api
        .database
        .owner()
        .query_one(
            "select conversation_id from public.ingest_message('email', $1, 'hello', external_message_id => 'hello@gone.example', channel_id => $2, workspace => $3)",
            &[&gone, &place.channel, &place.workspace],
        )
        .await
        .expect("a conversation")
        .get(0);
    place.send(conversation, "An answer", json!({})).await;
    place
        .until(
            "select concat_ws(' ', delivery_status, error_details ->> 'class', error_details ->> 'code') from public.message_delivery_tracking",
            "failed recipient 5.1.1".to_owned(),
        )
        .await;
    place
        .until(
            &format!("select count(*) from public.messages where conversation_id = '{conversation}' and is_quiet and sender_type = 'user'"),
            1_i64,
        )
        .await;
    place
        .until("select count(*) from public.conversations", 1_i64)
        .await;
    place
        .until("select count(*) from public.customer_profiles", 1_i64)
        .await;
}

#[tokio::test]
async fn an_automatic_reply_is_quiet_and_our_own_mail_is_no_message() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let place = reading(server).await;
    let away = mail(
        &place.customer,
        &place.support,
        "away@customer.example",
        "Out of office",
        "Auto-Submitted: auto-replied\r\n",
        "I am away",
    );
    server
        .deliver(&place.customer, &place.support, away.as_bytes())
        .await;
    place
        .until(
            "select bool_and(is_quiet) from public.messages where content = 'I am away'",
            Some(true),
        )
        .await;
    let conversation: Uuid = romashka_tests::value(
        place.api.database.owner(),
        "select id from public.conversations",
    )
    .await;
    // The copy to ourselves comes back into the mailbox.
    place
        .send(
            conversation,
            "With a copy",
            json!({"mail": {"cc": [place.support.clone()]}}),
        )
        .await;
    server.wait_for_mails(&place.support, 2).await;
    place
        .until(
            "select count(*) from public.webhook_events where status = 'processed'",
            2_i64,
        )
        .await;
    place
        .until("select count(*) from public.messages", 2_i64)
        .await;
}
