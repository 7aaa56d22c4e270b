//! The assistant, with the real model, as a visitor and an agent see it: it answers with its source, hands over with a reason, and is silent
//! once a person is there.

use std::time::{Duration, Instant};

use reqwest::Method;
use romashka_server::settings::ServerSettings;
use romashka_tests::api::{Visitor, settings};
use romashka_tests::{Api, Role, explain, model_folder, value};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answers::{indexed, publish};

pub(super) const REFUNDS: &str = "We pay back as soon as your parcel is here. A refund takes five working days. It goes to the card that you paid with.";

/// What only colleagues may know.
const PIRANHAS: &str = "Aquariums with live piranhas";

/// A workspace with a website whose assistant is on, and some knowledge.
pub(super) struct Shop {
    pub(super) api: Api,
    pub(super) workspace: Uuid,
    channel: Uuid,
    widget: String,
}

async fn shop(has_model: bool) -> Shop {
    shop_with(settings(), has_model).await
}

/// A shop whose server has these settings.
pub(super) async fn shop_with(mut settings: ServerSettings, has_model: bool) -> Shop {
    settings.model_folder = has_model.then(model_folder);
    let api = Api::with(settings).await;
    let workspace = api.database.create_workspace("acme").await;
    let admin = api.member(workspace, Role::Admin).await;
    let channel = admin
        .post("/channels", &json!({"name": "Shop", "kind": "website"}))
        .await
        .expect(201)
        .id();
    let owner = api.database.owner();
    let made = owner
        .query_one(
            "insert into public.widget_configurations (workspace_id, channel_id, widget_name) values ($1, $2, 'Shop') returning id",
            &[&workspace, &channel],
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let widget: Uuid = made.get(0);
    let token: String = value(
        owner,
        &format!("select public.widget_token('{widget}', '{workspace}')"),
    )
    .await;
    admin
        .put(
            &format!("/channels/{channel}/assistant"),
            &json!({"name": "Romy", "forbidden_topics": ["lawsuit"], "texts": {"en": {"greeting": "Hello, I am Romy."}}}),
        )
        .await
        .expect(200);
    for (title, content) in [
        ("Refunds", REFUNDS),
        (
            "Opening hours",
            "Our shop is open from nine to six, on Saturdays until two.",
        ),
        (
            "Shipping abroad",
            "We ship to every country in Europe. A parcel to Norway takes eight days.",
        ),
        (PIRANHAS, "We sell aquariums with live piranhas to dealers."),
    ] {
        let audience = if title == PIRANHAS {
            "internal"
        } else {
            "public"
        };
        publish(
            &admin,
            &json!({"title": title, "content": content, "audience": audience}),
        )
        .await;
    }
    if has_model {
        indexed(&admin, 4).await;
    }
    Shop {
        api,
        workspace,
        channel,
        widget: format!("/website/{token}"),
    }
}

impl Shop {
    pub(super) async fn visitor(&self) -> Visitor<'_> {
        let begun = self
            .api
            .nobody()
            .post(&format!("{}/visitors", self.widget), &Value::Null)
            .await
            .expect(201);
        let token = begun.body["visitor_token"].as_str().expect("a token");
        self.api.nobody().with_token(token)
    }

    pub(super) async fn say(&self, visitor: &Visitor<'_>, text: &str) -> Uuid {
        let sent = visitor
            .post(
                &format!("{}/messages", self.widget),
                &json!({"content": text, "client_message_id": Uuid::new_v4()}),
            )
            .await
            .expect(201);
        sent.body["conversation_id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an id")
    }

    /// What the assistant said, oldest first, as soon as it is so much and no turn is open.
    pub(super) async fn said(&self, visitor: &Visitor<'_>, count: usize) -> Vec<Value> {
        let begun = Instant::now();
        loop {
            let open: i64 = value(
                self.api.database.owner(),
                "select count(*) from romashka.assistant_turns",
            )
            .await;
            let read = visitor
                .get(&format!("{}/messages", self.widget))
                .await
                .expect(200);
            let mut said: Vec<Value> = read.body["data"]
                .as_array()
                .expect("messages")
                .iter()
                .filter(|message| message["sender_type"] == "ai")
                .cloned()
                .collect();
            said.sort_by_key(|message| message["created_at"].to_string());
            if open == 0 && said.len() >= count {
                assert_eq!(said.len(), count, "{said:#?}");
                return said;
            }
            if begun.elapsed() > Duration::from_secs(60) {
                let turns: Option<String> = value(
                    self.api.database.owner(),
                    "select string_agg(t::text, E'\\n') from romashka.assistant_turns as t",
                )
                .await;
                let notes: Option<String> = value(
                    self.api.database.owner(),
                    "select string_agg(n.note, E'\\n') from public.conversation_notes as n",
                )
                .await;
                panic!("{said:#?} {turns:?} {notes:?}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) async fn answers(&self, conversation: Uuid) -> Vec<Value> {
        let agent = self.api.member(self.workspace, Role::Agent).await;
        let page = agent
            .get(&format!("/ai_answers?conversation_id={conversation}"))
            .await
            .expect(200);
        let mut answers = page.body["data"].as_array().expect("answers").clone();
        answers.reverse();
        answers
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_is_answered_with_a_source_and_handed_over_when_he_asks() {
    let shop = shop(true).await;
    let agent = shop.api.member(shop.workspace, Role::Agent).await;
    let ann = shop.visitor().await;
    let conversation = shop.say(&ann, "Hello!").await;
    assert_eq!(shop.said(&ann, 1).await[0]["content"], "Hello, I am Romy.");
    shop.say(&ann, "How long does a refund take?").await;
    let said = shop.said(&ann, 2).await;
    let answer = said[1]["content"].as_str().expect("a text");
    assert!(
        answer.contains("A refund takes five working days.") && REFUNDS.contains(answer),
        "{answer}"
    );
    assert_eq!(said[1]["sources"][0]["title"], "Refunds");
    // To what ends a talk nothing is said, however often it ends.
    for farewell in ["ok, thanks", "Bye!"] {
        shop.say(&ann, farewell).await;
        shop.said(&ann, 2).await;
    }

    let path = format!("/conversations/{conversation}");
    assert_eq!(agent.get(&path).await.expect(200).body["status"], "active");
    shop.say(&ann, "I want to talk to a human").await;
    shop.said(&ann, 3).await;
    let talk: String = value(
        shop.api.database.owner(),
        "select status || ' ' || handoff_reason from public.conversations",
    )
    .await;
    assert_eq!(talk, "escalated asked_for_person");
    let notes = agent.get(&format!("{path}/notes")).await.expect(200).body;
    let note = notes["data"][0]["content"].as_str().expect("a note");
    assert!(note.contains("I want to talk to a human"), "{note}");
    // It is a person's now.
    shop.say(&ann, "How long does a refund take?").await;
    shop.said(&ann, 3).await;

    let answers = shop.answers(conversation).await;
    let verdicts: Vec<&str> = answers
        .iter()
        .filter_map(|answer| answer["verdict"].as_str())
        .collect();
    assert_eq!(
        verdicts,
        ["greeted", "answered", "silent", "silent", "handed_off"]
    );
    let id = answers[1]["id"].as_str().expect("an id");
    let why = agent
        .get(&format!("/ai_answers/{id}"))
        .await
        .expect(200)
        .body;
    assert_eq!(why["passages"][0]["title"], "Refunds", "{why:#}");
    assert_eq!(why["citations"][0]["version"], 1);
    assert_eq!(why["configuration"]["ai_confidence_threshold"], 0.8);
    assert!(why["probability"].as_f64() >= Some(0.8), "{why:#}");
    assert!(why["durations"]["total"].is_i64());
    // What is thought of it counts for the article, once.
    for was_helpful in [false, true, true] {
        agent
            .post(
                &format!("/ai_answers/{id}/rate"),
                &json!({"was_helpful": was_helpful, "feedback": "It was so."}),
            )
            .await
            .expect(204);
    }
    let votes: String = value(
        shop.api.database.owner(),
        "select usage_count || ' ' || helpful_count || ' ' || unhelpful_count from public.knowledge_items where title = 'Refunds'",
    )
    .await;
    assert_eq!(votes, "1 1 0");
    explained(&agent, &why).await;
    // What was said without looking anything up, and why a person took over, is explained as well.
    let handed_over = answers[4]["id"].as_str().expect("an id");
    let page = markdown(&agent, handed_over).await;
    assert!(page.contains("the customer asked for a person"), "{page}");
    assert!(page.contains("## What the person was told"), "{page}");
}

async fn markdown(visitor: &Visitor<'_>, id: &str) -> String {
    let path = format!("/api/v1/ai_answers/{id}/explanation");
    let request = visitor
        .request(Method::GET, &path)
        .header("accept", "text/markdown");
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].to_str().expect("a type");
    assert!(kind.starts_with("text/markdown"), "{kind}");
    answer.text().await.expect("a page")
}

/// An answer is explained by its id, by the message that said it, and by the customer's message; as JSON and as a page.
async fn explained(agent: &Visitor<'_>, why: &Value) {
    for id in ["id", "answer_message_id", "message_id"] {
        let id = why[id].as_str().expect("an id");
        let explained = agent
            .get(&format!("/ai_answers/{id}/explanation"))
            .await
            .expect(200)
            .body;
        assert_eq!(explained["answer"]["id"], why["id"]);
        let first = &explained["found"][0];
        assert_eq!(first["title"], "Refunds", "{explained:#}");
        assert_eq!(first["is_cited"], true);
        assert_eq!(
            (&first["version"], &first["current_version"]),
            (&json!(1), &json!(1))
        );
        assert_eq!(explained["sent"]["content"], why["answer"]);
        // The probability can be computed again from what is kept.
        let (gate, evidence) = (
            &why["configuration"]["gate"],
            &why["configuration"]["evidence"],
        );
        let number = |value: &Value| value.as_f64().expect("a number");
        let sum = number(&gate["cosine"]) * number(&evidence["cosine"])
            + number(&gate["gap"]) * number(&evidence["gap"])
            + number(&gate["bias"]);
        let again = 1.0 / (1.0 + (-sum).exp());
        assert!(
            (again - number(&why["probability"])).abs() < 1e-4,
            "{again} {why:#}"
        );
        for step in ["model", "words", "ranking", "passages", "deciding"] {
            assert!(
                why["durations"][format!("retrieval_{step}")].is_number(),
                "{step} {why:#}"
            );
        }
    }
    let page = markdown(agent, why["id"].as_str().expect("an id")).await;
    for part in [
        "# Answered from an article",
        "> How long does a refund take?",
        "| 1 ✓ | Refunds | 1 |",
        "## How sure it was",
        "five working days",
        "It helped",
        "## Time",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    agent
        .get(&format!("/ai_answers/{}/explanation", Uuid::new_v4()))
        .await
        .expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_does_not_know_goes_to_a_person_with_a_reason() {
    let shop = shop(true).await;
    for (questions, reason, said) in [
        (
            &["Do you sell aquariums with live piranhas?"][..],
            "no_article",
            1,
        ),
        (&["This ends in a LAWSUIT about my refund"], "policy", 1),
        (
            &["How long does a refund take? This is unacceptable!"],
            "sentiment",
            1,
        ),
    ] {
        let visitor = shop.visitor().await;
        let mut conversation = Uuid::nil();
        for question in questions {
            conversation = shop.say(&visitor, question).await;
        }
        shop.said(&visitor, said).await;
        let answers = shop.answers(conversation).await;
        let last = answers.last().expect("an answer");
        assert_eq!(
            (&last["verdict"], &last["handoff_reason"]),
            (&json!("handed_off"), &json!(reason)),
            "{last:#}"
        );
        let agent = shop.api.member(shop.workspace, Role::Agent).await;
        let why = agent
            .get(&format!(
                "/ai_answers/{}",
                last["id"].as_str().expect("an id")
            ))
            .await
            .expect(200)
            .body;
        assert!(
            !why["passages"].to_string().contains("piranhas"),
            "what is for colleagues is not even looked at: {why:#}"
        );
        // Who takes over may ask what it would have said.
        agent
            .post(
                &format!("/conversations/{conversation}/suggestions"),
                &Value::Null,
            )
            .await
            .expect(200);
    }
    // A follow-up is looked up with what it follows on.
    let ann = shop.visitor().await;
    let conversation = shop
        .say(&ann, "How many days does a parcel to Norway take?")
        .await;
    shop.said(&ann, 1).await;
    shop.say(&ann, "And how long does it take there exactly?")
        .await;
    shop.said(&ann, 2).await;
    let answers = shop.answers(conversation).await;
    assert_eq!(answers[0]["verdict"], "answered", "{:#}", answers[0]);
    assert!(
        answers[1]["rewritten_question"]
            .as_str()
            .is_some_and(|question| question.contains("Norway")),
        "{:#}",
        answers[1]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn once_a_person_is_there_it_only_suggests() {
    let shop = shop(true).await;
    let agent = shop.api.member(shop.workspace, Role::Agent).await;
    let ann = shop.visitor().await;
    let conversation = shop.say(&ann, "Hi").await;
    shop.said(&ann, 1).await;
    let path = format!("/conversations/{conversation}");
    agent
        .post(
            &format!("{path}/messages"),
            &json!({"content": "I am here."}),
        )
        .await
        .expect(201);
    let refused = agent
        .post(&format!("{path}/suggestions"), &Value::Null)
        .await
        .expect(422);
    assert_eq!(refused.code(), "invalid_value");
    shop.say(&ann, "How long does a refund take?").await;
    shop.said(&ann, 1).await;
    let suggested = agent
        .post(&format!("{path}/suggestions"), &Value::Null)
        .await
        .expect(200)
        .body;
    assert_eq!(suggested["verdict"], "answered", "{suggested:#}");
    assert_eq!(suggested["articles"][0]["title"], "Refunds");
    assert!(
        suggested["answer"]
            .as_str()
            .is_some_and(|answer| answer.contains("five working days"))
    );
    shop.said(&ann, 1).await;
    let answers = shop.answers(conversation).await;
    assert_eq!(answers.last().expect("a suggestion")["mode"], "suggestion");

    // Where it is switched off it is silent, and a text under an unknown name is refused.
    let admin = shop.api.member(shop.workspace, Role::Admin).await;
    let setup = format!("/channels/{}/assistant", shop.channel);
    admin
        .put(&setup, &json!({"texts": {"en": {"greting": "Hi"}}}))
        .await
        .expect(422);
    admin
        .put(&setup, &json!({"traffic_share": 0}))
        .await
        .expect(200);
    let bob = shop.visitor().await;
    shop.say(&bob, "Hello").await;
    shop.said(&bob, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_model_it_answers_nothing() {
    let shop = shop(false).await;
    let ann = shop.visitor().await;
    let conversation = shop.say(&ann, "How long does a refund take?").await;
    shop.said(&ann, 1).await;
    let answers = shop.answers(conversation).await;
    assert_eq!(answers[0]["handoff_reason"], "no_model");
    assert_eq!(answers[0]["probability"], Value::Null);
}
