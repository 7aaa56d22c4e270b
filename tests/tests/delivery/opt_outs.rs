//! Text messages: who wants none from which number, what they are for the carrier, and what an agent is told before he sends.

use reqwest::Method;
use romashka_tests::{Api, Role, TestDatabase, value};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::inbound::twilio_signature;
use crate::provider::{ACCOUNT, AUTH_TOKEN, Channel, Provider, Reply, channel, until};

const CUSTOMER: &str = "+4915100000001";
const FIRST: &str = "+15005550006";
const SECOND: &str = "+15005550007";

struct Shop {
    provider: Provider,
    api: Api,
    workspace: Uuid,
    first: Channel,
    second: Channel,
}

/// A workspace with two numbers.
async fn shop() -> Shop {
    let provider = Provider::start().await;
    let api = Api::over(TestDatabase::new().await, provider.settings()).await;
    let workspace = api.database.create_workspace("acme").await;
    let mut numbers = Vec::new();
    for number in [FIRST, SECOND] {
        let settings = json!({"account_sid": ACCOUNT, "number": number, "segment_price": "0.0083"});
        let secrets = json!({"auth_token": AUTH_TOKEN});
        numbers.push(channel(&api, workspace, "sms", &settings, &secrets).await);
    }
    let second = numbers.pop().expect("the second");
    let first = numbers.pop().expect("the first");
    Shop {
        provider,
        api,
        workspace,
        first,
        second,
    }
}

impl Shop {
    async fn post(&self, path: &str, form: &[(&str, &str)]) {
        let url = format!("{}{path}", self.api.address());
        let body = form
            .iter()
            .map(|(name, value)| format!("{name}={}", value.replace('+', "%2B").replace(' ', "+")))
            .collect::<Vec<_>>()
            .join("&");
        let answer = self
            .api
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-twilio-signature", twilio_signature(&url, form))
            .body(body)
            .send()
            .await
            .expect("an answer");
        // 204 for a report, 200 with an empty document for a message.
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// The customer writes to one of the numbers; the conversation it is in.
    async fn writes(&self, channel: &Channel, sid: u32, to: &str, text: &str) -> Uuid {
        let sid = format!("SM{sid:032x}");
        let form = [
            ("AccountSid", ACCOUNT),
            ("MessageSid", sid.as_str()),
            ("From", CUSTOMER),
            ("To", to),
            ("Body", text),
            ("NumMedia", "0"),
        ];
        self.post(&format!("/hooks/sms/{}", channel.token), &form)
            .await;
        let stored =
            format!("select count(*) from public.messages where external_message_id = '{sid}'");
        until(&self.api, &stored, 1_i64).await;
        let talk = format!(
            "select conversation_id from public.messages where external_message_id = '{sid}'"
        );
        value(self.api.database.owner(), &talk).await
    }

    /// What becomes of an answer: its state and the reason.
    async fn answer(&self, conversation: Uuid, text: &str) -> (String, Value) {
        let written = self
            .api
            .database
            .owner()
            .query_one(
                "select public.send_message($1, $2, workspace => $3)",
                &[&conversation, &text, &self.workspace],
            )
            .await;
        let id: Uuid = match written {
            Ok(row) => row.get(0),
            Err(error) => {
                let refusal = error.as_db_error().expect("an answer of the database");
                let words = json!({"code": refusal.code().code(), "message": refusal.message()});
                return ("refused".to_owned(), words);
            }
        };
        let ended = format!(
            "select delivery_status in ('sent', 'failed') from public.message_delivery_tracking where message_id = '{id}'"
        );
        until(&self.api, &ended, true).await;
        let row = self
            .api
            .database
            .owner()
            .query_one(
                "select delivery_status, coalesce(error_details, '{}') from public.message_delivery_tracking where message_id = $1",
                &[&id],
            )
            .await
            .expect("a delivery");
        (row.get(0), row.get(1))
    }
}

#[tokio::test]
async fn stop_holds_for_the_number_it_was_sent_to_until_start() {
    let shop = shop().await;
    let by_first = shop.writes(&shop.first, 1, FIRST, "Hello").await;
    let by_second = shop.writes(&shop.second, 2, SECOND, "Hello").await;
    shop.writes(&shop.first, 3, FIRST, "Stop").await;
    until(
        &shop.api,
        "select string_agg(our_number || ' ' || source, ',') from public.sms_opt_outs where is_opted_out",
        format!("{FIRST} word"),
    )
    .await;
    let (state, error) = shop.answer(by_first, "Good morning").await;
    assert_eq!(
        (state.as_str(), &error["code"]),
        ("refused", &json!("RM422"))
    );
    let words = error["message"].as_str().expect("words");
    assert!(words.contains("STOP") && words.contains(FIRST), "{words}");
    assert_eq!(shop.provider.received().len(), 0, "nothing left");
    // The other number is not meant.
    assert_eq!(shop.answer(by_second, "Good morning").await.0, "sent");
    let sent = shop.provider.received();
    let body = String::from_utf8(sent[0].body.clone()).expect("a form");
    assert!(body.contains("From=%2B15005550007"), "{body}");
    shop.writes(&shop.first, 4, FIRST, "START").await;
    until(
        &shop.api,
        "select count(*) from public.sms_opt_outs where is_opted_out",
        0_i64,
    )
    .await;
    assert_eq!(shop.answer(by_first, "Good morning").await.0, "sent");
    // A word that was said before and is taken in later changes nothing.
    let changed: i32 = shop
        .api
        .database
        .owner()
        .query_one(
            "select romashka.note_sms_opt_out(array[$1], $2, true, 'word', now() - interval '1 hour', $3)",
            &[&FIRST, &CUSTOMER, &shop.workspace],
        )
        .await
        .expect("noted")
        .get(0);
    assert_eq!(changed, 0);
    assert_eq!(shop.answer(by_first, "And again").await.0, "sent");
}

#[tokio::test]
async fn stop_holds_for_what_waits_already_and_the_agent_sees_why() {
    let shop = shop().await;
    let talk = shop.writes(&shop.first, 1, FIRST, "Hello").await;
    // Both in one commit: no worker can be faster than the customer.
    let written = format!(
        "begin;
         select public.send_message('{talk}', 'Good morning', workspace => '{0}');
         select romashka.note_sms_opt_out(array['{FIRST}'], '{CUSTOMER}', true, 'word', now(), '{0}');
         commit",
        shop.workspace
    );
    shop.api
        .database
        .owner()
        .batch_execute(&written)
        .await
        .expect("written");
    let ended = "select coalesce(string_agg(concat_ws(' ', delivery_status, error_details ->> 'code', error_details ->> 'class'), ','), '') from public.message_delivery_tracking";
    until(&shop.api, ended, "failed opted_out recipient".to_owned()).await;
    let words: String = value(
        shop.api.database.owner(),
        "select error_details ->> 'message' from public.message_delivery_tracking",
    )
    .await;
    assert!(words.contains("STOP") && words.contains(FIRST), "{words}");
    assert_eq!(shop.provider.received().len(), 0, "nothing left");
    // The other number is offered, this one is not.
    let agent = shop.api.member(shop.workspace, Role::Agent).await;
    let reach = agent
        .get(&format!("/conversations/{talk}/reply-channels"))
        .await
        .expect(200);
    let places: Vec<(bool, &Value, bool)> = reach
        .body
        .as_array()
        .expect("channels")
        .iter()
        .map(|place| {
            (
                place["is_own"] == true,
                &place["reason"],
                place["detail"]
                    .as_str()
                    .is_some_and(|words| words.contains(FIRST)),
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            (true, &json!("opted_out"), true),
            (false, &Value::Null, false)
        ]
    );
}

#[tokio::test]
async fn a_refusal_of_twilio_is_kept_as_an_opt_out() {
    let shop = shop().await;
    let by_first = shop.writes(&shop.first, 1, FIRST, "Hello").await;
    let by_second = shop.writes(&shop.second, 2, SECOND, "Hello").await;
    let refused = r#"{"code":21610,"message":"Attempt to send to unsubscribed recipient","more_info":"","status":400}"#;
    shop.provider
        .reply(Reply::Status(400, vec![], refused.to_owned()));
    let (state, error) = shop.answer(by_first, "Good morning").await;
    assert_eq!((state.as_str(), &error["code"]), ("failed", &json!(21610)));
    assert_eq!(shop.provider.received().len(), 1);
    let (state, error) = shop.answer(by_first, "Once more").await;
    assert_eq!(
        (state.as_str(), &error["code"]),
        ("refused", &json!("RM422"))
    );
    assert_eq!(shop.provider.received().len(), 1, "it is not asked again");
    // By a report: the message was taken and refused later.
    assert_eq!(shop.answer(by_second, "Good morning").await.0, "sent");
    let sid: String = value(
        shop.api.database.owner(),
        "select external_message_id from public.message_delivery_tracking where delivery_status = 'sent'",
    )
    .await;
    let form = [
        ("AccountSid", ACCOUNT),
        ("MessageSid", sid.as_str()),
        ("MessageStatus", "failed"),
        ("ErrorCode", "21610"),
        ("From", SECOND),
        ("To", CUSTOMER),
    ];
    let path = format!("/hooks/sms/{}/status", shop.second.token);
    shop.post(&path, &form).await;
    until(
        &shop.api,
        "select string_agg(our_number || ' ' || source, ',' order by our_number) from public.sms_opt_outs where is_opted_out",
        format!("{FIRST} refusal,{SECOND} refusal"),
    )
    .await;
}

#[tokio::test]
async fn a_messaging_service_is_stopped_as_a_whole() {
    let shop = shop().await;
    let service = "MG00000000000000000000000000000001";
    let settings = json!({"account_sid": ACCOUNT, "messaging_service_sid": service});
    let secrets = json!({"auth_token": AUTH_TOKEN});
    let whole = channel(&shop.api, shop.workspace, "sms", &settings, &secrets).await;
    let talk = shop.writes(&whole, 1, "+15005550008", "Hello").await;
    assert_eq!(shop.answer(talk, "Good morning").await.0, "sent");
    // Twilio may choose another number of the service: none of them is used.
    shop.writes(&whole, 2, "+15005550009", "UNSUBSCRIBE").await;
    until(
        &shop.api,
        "select string_agg(our_number, ',' order by our_number) from public.sms_opt_outs where is_opted_out",
        format!("+15005550009,{service}"),
    )
    .await;
    let (state, error) = shop.answer(talk, "Good morning").await;
    assert_eq!(
        (state.as_str(), &error["code"]),
        ("refused", &json!("RM422"))
    );
}

#[tokio::test]
async fn what_a_text_costs_is_said_before_and_kept_with_it() {
    let shop = shop().await;
    let talk = shop.writes(&shop.first, 1, FIRST, "Hello").await;
    let agent = shop.api.member(shop.workspace, Role::Agent).await;
    let path = format!("/conversations/{talk}/messages/preview");
    let text = format!("“{}”", "a".repeat(100));
    let preview = agent
        .post(&path, &json!({"content": text}))
        .await
        .expect(200);
    assert_eq!(
        preview.body,
        json!({
            "channel_type": "sms",
            "messages": 1,
            "sms": {
                "encoding": "ucs2", "units": 102, "segments": 2, "free": 32,
                "expensive_characters": ["“", "”"], "segments_simplified": 1,
                "price": "0.0166", "currency": "USD",
            },
            "refusal": null,
        })
    );
    let stored: i64 = value(
        shop.api.database.owner(),
        "select count(*) from public.messages where sender_type <> 'user'",
    )
    .await;
    assert_eq!(stored, 0, "a preview stores nothing");
    assert_eq!(shop.answer(talk, &text).await.0, "sent");
    let kept: Value = value(
        shop.api.database.owner(),
        "select metadata -> 'sms' from public.messages where sender_type = 'agent'",
    )
    .await;
    assert_eq!(
        kept,
        json!({"encoding": "ucs2", "segments": 2, "messages": 1, "price": "0.0166", "currency": "USD"})
    );
    let long = agent
        .post(&path, &json!({"content": "word ".repeat(400)}))
        .await
        .expect(200);
    assert_eq!(long.body["messages"], 2);
    assert_eq!(long.body["sms"]["segments"], 14);
    shop.writes(&shop.first, 2, FIRST, "STOP").await;
    until(
        &shop.api,
        "select count(*) from public.sms_opt_outs where is_opted_out",
        1_i64,
    )
    .await;
    let refused = agent
        .post(&path, &json!({"content": "Hello"}))
        .await
        .expect(200);
    assert_eq!(refused.body["refusal"]["code"], "opted_out");
}
