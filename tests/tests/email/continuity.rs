//! A chat on the website that goes on by mail: what the visitor has not read is mailed once, and his answer comes into the same
//! conversation.

use romashka_channels::email::{Mail, ParseOptions};
use romashka_tests::explain;
use serde_json::json;
use uuid::Uuid;

use crate::inbound::mail;
use crate::mail_server::MailServer;
use crate::workplace::Workplace;

const VISITOR: &str = "7d0c6f6a5a4b4e6f8c9d0e1f2a3b4c5d";
const DUE: &str = "update public.message_delivery_tracking set send_after = now(), next_attempt_at = now() where purpose = 'unread' and delivery_status = 'queued'";
const GONE: &str = "update romashka.visitor_sessions set last_seen_at = now() - interval '1 hour'";

/// A site of the workplace, and a visitor who has left an address and gone.
async fn chat(place: &Workplace) -> Uuid {
    let owner = place.api.database.owner();
    let widget: Uuid = owner
        .query_one(
            "with site as (insert into public.communication_channels (workspace_id, name, type, configuration)
                           values ($1, 'Site', 'website', '{\"unread_mail_minutes\": 5, \"unread_mail_page\": \"https://shop.example/\"}') returning id)
             insert into public.widget_configurations (workspace_id, widget_name, channel_id) select $1, 'Site', site.id from site returning id",
            &[&place.workspace],
        )
        .await
        .unwrap_or_else(|error| panic!("a site: {}", explain(&error)))
        .get(0);
    let talk = owner
        .query_one(
            "select t.conversation_id from public.start_widget_conversation(public.widget_token($1, $2), $3, 'Do you deliver on Sundays?', 'Ann', $4) as t",
            &[&widget, &place.workspace, &VISITOR, &place.customer],
        )
        .await
        .unwrap_or_else(|error| panic!("a talk: {}", explain(&error)))
        .get(0);
    owner.batch_execute(GONE).await.expect("gone");
    talk
}

async fn run(place: &Workplace, sql: &str) {
    if let Err(error) = place.api.database.owner().batch_execute(sql).await {
        panic!("{sql}: {}", explain(&error));
    }
}

#[tokio::test]
async fn unread_answers_are_mailed_once_and_the_reply_comes_into_the_chat() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let place = Workplace::with(
        server,
        json!({"imap_host": "localhost", "imap_port": server.imaps}),
    )
    .await;
    place
        .until(
            "select count(*) from romashka.mailboxes where read_at is not null",
            1_i64,
        )
        .await;
    let conversation = chat(&place).await;
    place.send(conversation, "Yes, we do.", json!({})).await;
    place.send(conversation, "Until noon.", json!({})).await;
    // Two answers, one mail, and not before its time.
    place
        .until(
            "select count(*) from public.message_delivery_tracking where purpose = 'unread' and delivery_status = 'queued' and next_attempt_at > now() + interval '4 minutes'",
            1_i64,
        )
        .await;
    run(&place, DUE).await;
    let mails = server.wait_for_mails(&place.customer, 1).await;
    let first = Mail::parse(mails[0].as_bytes(), &ParseOptions::default());
    assert_eq!(first.subject, "Your chat with acme");
    assert!(
        first.text.contains("Yes, we do.\n\nUntil noon."),
        "{}",
        first.text
    );
    assert!(
        first.text.contains("https://shop.example/"),
        "{}",
        first.text
    );
    assert!(first.text.contains("/no-more-mail/"), "{}", first.text);
    assert!(!first.text.contains("Sundays"), "{}", first.text);
    place
        .until(
            "select count(*) from public.events where kind = 'message.mailed'",
            1_i64,
        )
        .await;
    // In the chat nothing has changed: the answers are sent and not read.
    place
        .until(
            "select string_agg(distinct delivery_status, ',') from public.messages where sender_type = 'agent'",
            "sent".to_owned(),
        )
        .await;

    let id = first.message_id.expect("an id");
    let reply = mail(
        &place.customer,
        &place.support,
        "reply@customer.example",
        "Re: Your chat with acme",
        &format!("In-Reply-To: <{id}>\r\n"),
        "Thank you",
    );
    server
        .deliver(&place.customer, &place.support, reply.as_bytes())
        .await;
    place
        .until(
            &format!("select count(*) from public.messages where content = 'Thank you' and channel_type = 'email' and conversation_id = '{conversation}'"),
            1_i64,
        )
        .await;

    // What was mailed is not mailed again; the next mail is in the thread of the customer's.
    place
        .send(conversation, "You are welcome.", json!({}))
        .await;
    run(&place, DUE).await;
    let mails = server.wait_for_mails(&place.customer, 2).await;
    let second = mails
        .iter()
        .map(|mail| Mail::parse(mail.as_bytes(), &ParseOptions::default()))
        .find(|mail| mail.text.contains("You are welcome."))
        .expect("the second mail");
    assert!(!second.text.contains("Until noon."), "{}", second.text);
    assert_eq!(second.in_reply_to, ["reply@customer.example"]);
}

#[tokio::test]
async fn nothing_is_mailed_that_was_read_or_is_not_wanted_or_while_the_visitor_is_there() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let place = Workplace::with(server, json!({})).await;
    let conversation = chat(&place).await;
    let states = "select string_agg(concat_ws(' ', delivery_status, error_details ->> 'code'), ',' order by created_at, id) from public.message_delivery_tracking";

    // Read in the chat meanwhile.
    let message = place.send(conversation, "One", json!({})).await;
    let session: Uuid = romashka_tests::value(
        place.api.database.owner(),
        "select id from romashka.visitor_sessions",
    )
    .await;
    run(
        &place,
        &format!("select romashka.visitor_read('{session}', '{message}'); {DUE}"),
    )
    .await;
    place.until(states, "cancelled read".to_owned()).await;

    // He is there: it waits until he has gone.
    place.send(conversation, "Two", json!({})).await;
    run(
        &place,
        &format!("update romashka.visitor_sessions set last_seen_at = now(); {DUE}"),
    )
    .await;
    place
        .until(
            "select count(*) from public.message_delivery_tracking where delivery_status = 'queued' and next_attempt_at > now() + interval '30 seconds' and attempt_count = 0",
            1_i64,
        )
        .await;
    assert!(server.mails(&place.customer).is_empty());
    run(&place, &format!("{GONE}; {DUE}")).await;
    let mails = server.wait_for_mails(&place.customer, 1).await;
    place.until(states, "cancelled read,sent".to_owned()).await;

    // By the link in the mail. A look at the page changes nothing.
    let text = Mail::parse(mails[0].as_bytes(), &ParseOptions::default()).text;
    let path = text
        .split_whitespace()
        .find_map(|word| word.find("/no-more-mail/").map(|at| word[at..].to_owned()))
        .expect("a link");
    let nobody = reqwest::Client::new();
    let link = format!("{}{path}", place.api.address().trim_end_matches('/'));
    let opted_out = "select count(*) from public.customer_channel_preferences where channel_type = 'email' and not opt_in and opt_in_source = 'link'";
    assert_eq!(nobody.get(&link).send().await.unwrap().status(), 200);
    place.until(opted_out, 0_i64).await;
    assert_eq!(nobody.post(&link).send().await.unwrap().status(), 200);
    place.until(opted_out, 1_i64).await;
    let other = link.replace(&path[path.len() - 12..], "000000000000");
    assert_eq!(
        nobody.post(&other).send().await.unwrap().status(),
        200,
        "nothing is said of whom a link is about"
    );
    place.send(conversation, "Three", json!({})).await;
    run(&place, DUE).await;
    place
        .until(states, "cancelled read,sent,cancelled opted_out".to_owned())
        .await;
    assert_eq!(server.mails(&place.customer).len(), 1);
}
