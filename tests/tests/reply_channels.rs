//! By which channels a customer can be reached, what he wants, and one conversation over several channels.

use romashka_tests::{Role, TestDatabase, code_of, explain, value};
use serde_json::Value;
use uuid::Uuid;

struct Shop {
    database: TestDatabase,
    workspace: Uuid,
    whatsapp: Uuid,
    sms: Uuid,
    email: Uuid,
}

impl Shop {
    async fn new() -> Shop {
        let database = TestDatabase::new().await;
        let workspace = database.create_workspace("shop").await;
        let mut channels = Vec::new();
        for kind in ["whatsapp", "sms", "email"] {
            let sql = format!(
                "insert into public.communication_channels (workspace_id, name, type) values ('{workspace}', '{kind}', '{kind}') returning id"
            );
            channels.push(value(database.owner(), &sql).await);
        }
        Shop {
            database,
            workspace,
            whatsapp: channels[0],
            sms: channels[1],
            email: channels[2],
        }
    }

    async fn run(&self, sql: &str) {
        if let Err(error) = self.database.owner().batch_execute(sql).await {
            panic!("{sql}\n{}", explain(&error));
        }
    }

    async fn of<T>(&self, sql: &str) -> T
    where
        T: for<'a> tokio_postgres::types::FromSql<'a>,
    {
        value(self.database.owner(), sql).await
    }

    /// A customer's message; the conversation it comes into.
    async fn message(&self, kind: &str, channel: Uuid, from: &str, id: &str) -> Uuid {
        self.of(&format!(
            "select conversation_id from public.ingest_message('{kind}', '{from}', 'text of {id}', external_message_id => '{id}', channel_id => '{channel}', workspace => '{}')",
            self.workspace
        ))
        .await
    }

    /// A customer who has written by SMS, with a number on WhatsApp (where he was last at this time) and an address.
    async fn everywhere(&self, whatsapp_since: &str) -> (Uuid, Uuid) {
        let talk = self.message("sms", self.sms, "+4915", "s1").await;
        let customer: Uuid = self
            .of(&format!(
                "select customer_id from public.conversations where id = '{talk}'"
            ))
            .await;
        self.run(&format!(
            "insert into public.customer_identities (workspace_id, customer_id, channel_type, external_id) values ('{0}', '{customer}', 'whatsapp', '4915');
             insert into public.conversations (workspace_id, customer_id, channel_type, channel_id, status) values ('{0}', '{customer}', 'whatsapp', '{1}', 'closed');
             insert into public.messages (workspace_id, conversation_id, sender_type, content, channel_type, channel_id, created_at)
             select '{0}', c.id, 'user', 'hello', 'whatsapp', '{1}', now() - interval '{whatsapp_since}' from public.conversations as c where c.channel_type = 'whatsapp';
             update public.conversations set status = 'closed' where channel_type = 'whatsapp';
             update public.customer_profiles set email = 'ann@example.test' where id = '{customer}'",
            self.workspace, self.whatsapp
        ))
        .await;
        (talk, customer)
    }

    async fn send(&self, conversation: Uuid, text: &str, further: &str) -> Uuid {
        self.of(&format!(
            "select public.send_message('{conversation}', '{text}', workspace => '{}'{further})",
            self.workspace
        ))
        .await
    }

    async fn refusal(&self, conversation: Uuid, further: &str) -> String {
        code_of(
            self.database.owner(),
            &format!(
                "select public.send_message('{conversation}', 'x', workspace => '{}'{further})",
                self.workspace
            ),
        )
        .await
    }

    /// Each channel with whether it can be used, the usual one with a star.
    async fn reach(&self, conversation: Uuid) -> String {
        self.of(&format!(
            "select string_agg(r.channel_type || case when r.is_usual then '*' else '' end || ':' || coalesce(r.reason, 'ok'), ' ' order by r.channel_type)
               from public.reply_channels('{conversation}', '{}') as r",
            self.workspace
        ))
        .await
    }
}

#[tokio::test]
async fn each_channel_says_whether_and_why_not() {
    let shop = Shop::new().await;
    let lonely = shop.message("sms", shop.sms, "+4916", "l1").await;
    assert_eq!(
        shop.reach(lonely).await,
        "email:no_address sms*:ok whatsapp:window_closed",
        "the number of an SMS may be tried on WhatsApp, by a template"
    );
    let (talk, customer) = shop.everywhere("23 hours").await;
    assert_eq!(shop.reach(talk).await, "email:ok sms*:ok whatsapp:ok");
    shop.run("update public.messages set created_at = created_at - interval '2 hours' where channel_type = 'whatsapp'")
        .await;
    assert_eq!(
        shop.reach(talk).await,
        "email:ok sms*:ok whatsapp:window_closed"
    );
    shop.run(&format!(
        "update public.communication_channels set status = 'inactive' where id = '{}';
         insert into public.customer_channel_preferences (workspace_id, customer_id, channel_type, opt_in) values ('{}', '{customer}', 'sms', false)",
        shop.email, shop.workspace
    ))
    .await;
    assert_eq!(
        shop.reach(talk).await,
        "email:channel_inactive sms*:opted_out whatsapp:window_closed"
    );
    shop.run("update public.customer_profiles set do_not_contact_since = now()")
        .await;
    assert!(shop.reach(talk).await.contains("sms*:do_not_contact"));
}

#[tokio::test]
async fn an_answer_by_another_channel_stays_in_the_conversation_and_so_does_what_comes_back() {
    let shop = Shop::new().await;
    let (talk, customer) = shop.everywhere("1 hour").await;
    let sent = shop
        .send(talk, "By WhatsApp", ", by_channel_type => 'whatsapp'")
        .await;
    let place: (String, Uuid) = {
        let row = shop
            .database
            .owner()
            .query_one(
                "select m.channel_type::text, m.channel_id from public.messages as m join public.message_delivery_tracking as d on d.message_id = m.id and d.channel_type = 'whatsapp' where m.id = $1",
                &[&sent],
            )
            .await
            .expect("one delivery");
        (row.get(0), row.get(1))
    };
    assert_eq!(place, ("whatsapp".to_owned(), shop.whatsapp));
    let back = shop.message("whatsapp", shop.whatsapp, "4915", "w1").await;
    assert_eq!(back, talk, "his answer");
    let own: String = shop
        .of(&format!(
            "select channel_type::text from public.conversations where id = '{talk}'"
        ))
        .await;
    assert_eq!(own, "sms");
    let history: Vec<String> = shop
        .of(&format!("select array_agg(channel_type::text order by created_at) from public.messages where conversation_id = '{talk}'"))
        .await;
    assert_eq!(history, ["sms", "whatsapp", "whatsapp"]);
    // Another person's message on the same channel is another talk.
    let stranger = shop.message("whatsapp", shop.whatsapp, "4999", "w2").await;
    assert_ne!(stranger, talk);
    // After a week it is a new matter.
    shop.run(&format!("update public.conversation_thread_keys set created_at = now() - interval '8 days' where thread_key = 'customer:{customer}'"))
        .await;
    let later = shop.message("whatsapp", shop.whatsapp, "4915", "w3").await;
    assert_ne!(later, talk);
    // An answer in the channel's own talk is what he heard last, so the next is about that.
    shop.send(
        talk,
        "Again by WhatsApp",
        &format!(", by_channel => '{}'", shop.whatsapp),
    )
    .await;
    shop.send(later, "About the new matter", "").await;
    let about = shop.message("whatsapp", shop.whatsapp, "4915", "w4").await;
    assert_eq!(about, later);
}

#[tokio::test]
async fn who_does_not_want_to_be_written_to_is_not() {
    let shop = Shop::new().await;
    let (talk, customer) = shop.everywhere("1 hour").await;
    let agent = shop
        .database
        .create_person(shop.workspace, Role::Agent)
        .await;
    let session = shop.database.as_user(agent, shop.workspace).await;
    session
        .execute(
            "insert into public.customer_channel_preferences (customer_id, channel_type, opt_in) values ($1, 'sms', false)",
            &[&customer],
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    session.commit().await;
    let source: String = shop
        .of("select opt_in_source from public.customer_channel_preferences where opt_in_at is not null")
        .await;
    assert_eq!(source, "agent");
    assert_eq!(shop.refusal(talk, "").await, "RM422");
    assert_eq!(shop.refusal(talk, ", by_channel_type => 'email'").await, "");
    shop.run("update public.customer_profiles set do_not_contact_since = now(), do_not_contact_reason = 'asked for it'").await;
    assert_eq!(
        shop.refusal(talk, ", by_channel_type => 'email'").await,
        "RM422"
    );
    for further in [
        ", by_channel_type => 'website'",
        ", by_channel_type => 'api'",
        ", by_channel => '00000000-0000-4000-8000-000000000000'",
    ] {
        assert_eq!(shop.refusal(talk, further).await, "RM422", "{further}");
    }
    // He changes his mind; when and how is kept.
    shop.run("update public.customer_profiles set do_not_contact_since = null, do_not_contact_reason = null;
              update public.customer_channel_preferences set opt_in = true, opt_in_at = '2026-11-01', opt_in_source = 'on the telephone'").await;
    let kept: String = shop
        .of("select opt_in_source || ' ' || opt_in_at::date from public.customer_channel_preferences where channel_type = 'sms'")
        .await;
    assert_eq!(kept, "on the telephone 2026-11-01");
    assert_eq!(shop.refusal(talk, "").await, "");
    // One channel is liked best.
    shop.run(&format!(
        "update public.customer_channel_preferences set is_preferred = true;
         insert into public.customer_channel_preferences (workspace_id, customer_id, channel_type, is_preferred) values ('{}', '{customer}', 'email', true)",
        shop.workspace
    ))
    .await;
    let liked: String = shop
        .of("select string_agg(channel_type, ',') from public.customer_channel_preferences where is_preferred")
        .await;
    assert_eq!(liked, "email");
}

#[tokio::test]
async fn a_rule_chooses_the_channel_of_answers_where_the_customer_can_be_reached() {
    let shop = Shop::new().await;
    shop.run(&format!(
        "insert into public.channel_routing_rules (workspace_id, name, target_channel_type) values ('{}', 'Mail first', 'email')",
        shop.workspace
    ))
    .await;
    let lonely = shop.message("sms", shop.sms, "+4916", "l1").await;
    let own = shop.send(lonely, "x", "").await;
    let (talk, _) = shop.everywhere("1 hour").await;
    let mail = shop.send(talk, "x", "").await;
    let chosen = shop.send(talk, "x", ", by_channel_type => 'sms'").await;
    for (message, expected) in [(own, "sms"), (mail, "email"), (chosen, "sms")] {
        let kind: String = shop
            .of(&format!(
                "select channel_type::text from public.messages where id = '{message}'"
            ))
            .await;
        assert_eq!(kind, expected);
    }
    assert_eq!(shop.reach(talk).await, "email*:ok sms:ok whatsapp:ok");
}

#[tokio::test]
async fn the_assistant_and_what_was_written_for_later_go_by_the_same_channel() {
    let shop = Shop::new().await;
    shop.run(&format!(
        "insert into public.channel_routing_rules (workspace_id, name, target_channel_type) values ('{0}', 'Mail first', 'email');
         insert into public.channel_assistants (channel_id, workspace_id) values ('{1}', '{0}')",
        shop.workspace, shop.sms
    ))
    .await;
    let (talk, _) = shop.everywhere("1 hour").await;
    let asked = shop.message("sms", shop.sms, "+4915", "a1").await;
    assert_eq!(asked, talk);
    shop.run("select romashka.finish_turn(t.conversation_id, t.workspace_id, t.lease_id, t.message_id, '{\"verdict\": \"answered\", \"reply\": \"by itself\", \"question\": \"?\", \"language\": \"en\", \"audience\": \"public\", \"method\": \"test\"}') from romashka.claim_turns(1, 'test') as t")
        .await;
    shop.run(&format!(
        "select public.schedule_message('{talk}', 'later', now() + interval '1 hour', workspace => '{}');
         update public.scheduled_messages set send_at = now();
         select public.send_due_messages()",
        shop.workspace
    ))
    .await;
    for text in ["later", "by itself"] {
        let kind: String = shop
            .of(&format!(
                "select channel_type::text from public.messages where content = '{text}'"
            ))
            .await;
        assert_eq!(kind, "email", "{text}");
    }

    // To one who is not to be written to, nothing of it goes out.
    shop.run(&format!(
        "select public.schedule_message('{talk}', 'too late', now() + interval '1 hour', workspace => '{}');
         update public.customer_profiles set do_not_contact_since = now();
         update public.scheduled_messages set send_at = now() where content = 'too late';
         select public.send_due_messages()",
        shop.workspace
    ))
    .await;
    let fate: String = shop
        .of("select status || ': ' || error_message from public.scheduled_messages where content = 'too late'")
        .await;
    assert_eq!(fate, "failed: The customer does not want to be contacted.");
}

#[tokio::test]
async fn what_cannot_be_delivered_goes_by_another_channel_once() {
    let shop = Shop::new().await;
    shop.run(&format!(
        "insert into public.channel_routing_rules (workspace_id, name, fallback_channel_type) values ('{}', 'Else by mail', 'email')",
        shop.workspace
    ))
    .await;
    let (talk, _) = shop.everywhere("1 hour").await;
    let states = "select string_agg(channel_type || ':' || purpose || ':' || delivery_status, ' ' order by created_at, id) from public.message_delivery_tracking";
    let fail = |channel: &str, further: &str| {
        format!(
            "select public.fail_delivery(d.id, d.lease_id, '{{\"code\": \"x\"}}', permanent => true{further}) from public.claim_deliveries(channel => '{channel}') as d"
        )
    };
    let message = shop.send(talk, "one", "").await;
    shop.run(&fail("sms", "")).await;
    assert_eq!(
        shop.of::<String>(states).await,
        "sms:answer:failed email:fallback:queued"
    );
    let shown = format!("select delivery_status::text from public.messages where id = '{message}'");
    assert_eq!(shop.of::<String>(&shown).await, "queued");
    let event: Value = shop
        .of("select payload from public.events where kind = 'message.redirected'")
        .await;
    assert_eq!(
        (&event["from"], &event["to"]),
        (&"sms".into(), &"email".into())
    );
    // An admin who replays what failed does not send it twice.
    let replayed: i32 = shop
        .of(&format!(
            "select public.replay_deliveries(since => '-infinity', workspace => '{}')",
            shop.workspace
        ))
        .await;
    assert_eq!(replayed, 0);
    // The other channel fails too: that is the end.
    shop.run(&fail("email", "")).await;
    assert_eq!(
        shop.of::<String>(states).await,
        "sms:answer:failed email:fallback:failed"
    );
    assert_eq!(shop.of::<String>(&shown).await, "failed");
    shop.run("delete from public.message_delivery_tracking")
        .await;

    // It may have arrived: nothing is said twice.
    shop.send(talk, "two", "").await;
    shop.run(&fail("sms", ", uncertain => true")).await;
    assert_eq!(shop.of::<String>(states).await, "sms:answer:failed");
    shop.run("delete from public.message_delivery_tracking")
        .await;

    // It had arrived after all, before it went by the other channel.
    shop.send(talk, "three", "").await;
    shop.run("select public.complete_delivery(d.id, d.lease_id, 'SM3') from public.claim_deliveries(channel => 'sms') as d").await;
    let report = |status: &str| {
        format!(
            "select public.record_delivery_status('sms', 'SM3', '{status}', workspace => '{}')",
            shop.workspace
        )
    };
    shop.run(&report("failed")).await;
    assert_eq!(
        shop.of::<String>(states).await,
        "sms:answer:failed email:fallback:queued"
    );
    shop.run(&report("delivered")).await;
    assert_eq!(
        shop.of::<String>(states).await,
        "sms:answer:delivered email:fallback:cancelled"
    );
    let shown = "select delivery_status::text from public.messages where content = 'three'";
    assert_eq!(shop.of::<String>(shown).await, "delivered");
    shop.run("delete from public.message_delivery_tracking")
        .await;

    // Nor where the customer does not want it.
    shop.send(talk, "four", "").await;
    shop.run("update public.customer_profiles set do_not_contact_since = now()")
        .await;
    shop.run(&fail("sms", "")).await;
    assert_eq!(shop.of::<String>(states).await, "sms:answer:failed");
}

#[tokio::test]
async fn another_workspace_is_never_reached() {
    let shop = Shop::new().await;
    let (talk, customer) = shop.everywhere("1 hour").await;
    let rival = shop.database.create_workspace("rival").await;
    let eve = shop.database.create_person(rival, Role::Owner).await;
    let theirs: Uuid = shop
        .of(&format!("insert into public.communication_channels (workspace_id, name, type) values ('{rival}', 'sms', 'sms') returning id"))
        .await;
    // Nobody answers by another workspace's channel.
    assert_eq!(
        shop.refusal(talk, &format!(", by_channel => '{theirs}'"))
            .await,
        "RM422"
    );
    let session = shop.database.as_user(eve, rival).await;
    for sql in [
        format!("select * from public.reply_channels('{talk}')"),
        format!("select public.send_message('{talk}', 'x', by_channel => '{theirs}')"),
    ] {
        let outcome = romashka_tests::try_statement(&session, &sql).await;
        assert_eq!(outcome.code(), "RM404", "{sql}");
    }
    // The same number at their channel is their own customer's talk.
    shop.send(talk, "x", ", by_channel_type => 'whatsapp'")
        .await;
    let other: Uuid = shop
        .of(&format!("select conversation_id from public.ingest_message('whatsapp', '4915', 'x', external_message_id => 'w9', workspace => '{rival}')"))
        .await;
    assert_ne!(other, talk);
    assert_eq!(
        shop.of::<i64>(&format!("select count(*) from public.messages where workspace_id = '{rival}' and conversation_id in (select id from public.conversations where customer_id = '{customer}')")).await,
        0
    );
}
