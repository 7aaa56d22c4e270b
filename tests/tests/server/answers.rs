//! Questions to the knowledge over the API, with the real model: what is answered, what is not, and what a reader may see of it.

use std::time::{Duration, Instant};

use romashka_server::knowledge::retrieval::MODEL;
use romashka_tests::api::{Visitor, settings};
use romashka_tests::{Api, Role, model_folder};
use serde_json::{Value, json};
use uuid::Uuid;

async fn api() -> Api {
    let mut settings = settings();
    settings.model_folder = Some(model_folder());
    Api::with(settings).await
}

/// Writes an article, and publishes it.
pub(super) async fn publish(visitor: &Visitor<'_>, article: &Value) -> Uuid {
    let made = visitor.post("/knowledge/items", article).await.expect(201);
    visitor
        .post(
            &format!("/knowledge/items/{}/publish", made.id()),
            &Value::Null,
        )
        .await
        .expect(200);
    made.id()
}

/// Until every article's passages are made.
pub(super) async fn indexed(visitor: &Visitor<'_>, articles: i64) {
    let begun = Instant::now();
    loop {
        let state = visitor.get("/knowledge/index").await.expect(200).body;
        if state["pending"] == 0 && state["indexed"] == articles {
            assert_eq!(
                (&state["failed"], &state["model"]),
                (&json!(0), &json!(MODEL))
            );
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{state}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn ask(visitor: &Visitor<'_>, question: &str, audience: &str) -> Value {
    visitor
        .post(
            "/knowledge/answers",
            &json!({"question": question, "audience": audience}),
        )
        .await
        .expect(200)
        .body
}

const REFUNDS: &str = "We pay back as soon as your parcel is here. A refund takes five working days. It goes to the card that you paid with.";

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_in_the_words_of_an_article() {
    let api = api().await;
    let workspace = api.database.create_workspace("acme").await;
    let rival = api.database.create_workspace("rival").await;
    let agent = api.member(workspace, Role::Agent).await;
    let other = api.member(rival, Role::Agent).await;
    let refunds = publish(&agent, &json!({"title": "Refunds", "content": REFUNDS})).await;
    publish(
        &agent,
        &json!({"title": "Opening hours", "content": "Our shop is open from nine to six, on Saturdays until two."}),
    )
    .await;
    publish(
        &agent,
        &json!({"title": "Error E-4021", "content": "The printer shows E-4021 when the drum is worn. Order part D-77."}),
    )
    .await;
    publish(
        &agent,
        &json!({"title": "Refunds above 500 euros", "content": "A manager has to sign a refund above 500 euros.", "audience": "internal"}),
    )
    .await;
    indexed(&agent, 4).await;

    let answer = ask(&agent, "When do I get my money back?", "public").await;
    assert_eq!(
        answer["articles"][0]["article_id"],
        json!(refunds),
        "{answer:#}"
    );
    assert_eq!(answer["model"], MODEL);
    let answer = ask(&agent, "How long does a refund take?", "public").await;
    assert_eq!(answer["tier"], "answer", "{answer:#}");
    let said = answer["answer"]["text"].as_str().expect("an answer");
    assert!(said.contains("A refund takes five working days."), "{said}");
    assert!(REFUNDS.contains(said), "{said}");
    assert_eq!(answer["answer"]["article_id"], json!(refunds));
    assert_eq!(answer["answer"]["version"], 1);

    let answer = ask(&agent, "what does e-4021 mean", "public").await;
    assert_eq!(answer["articles"][0]["title"], "Error E-4021", "{answer:#}");
    let answer = ask(&agent, "Who is the president of France?", "public").await;
    assert_eq!(answer["tier"], "hand_off", "{answer:#}");
    assert_eq!(answer["answer"], Value::Null);

    // What is for colleagues is told to colleagues.
    let titles = |answer: &Value| -> Vec<String> {
        let articles = answer["articles"].as_array().expect("articles");
        articles
            .iter()
            .filter_map(|article| article["title"].as_str().map(str::to_owned))
            .collect()
    };
    let internal = "Refunds above 500 euros".to_owned();
    let question = "Who signs refunds above 500 euros?";
    assert!(titles(&ask(&agent, question, "internal").await).contains(&internal));
    assert!(!titles(&ask(&agent, question, "public").await).contains(&internal));
    // And another workspace knows nothing.
    let foreign = ask(&other, "How long does a refund take?", "internal").await;
    assert_eq!(
        (&foreign["tier"], &foreign["articles"]),
        (&json!("hand_off"), &json!([]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_or_withdrawn_is_answered_so_at_once() {
    let api = api().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    let admin = api.member(workspace, Role::Admin).await;
    let refunds = publish(&agent, &json!({"title": "Refunds", "content": REFUNDS})).await;
    let path = format!("/knowledge/items/{refunds}");
    indexed(&agent, 1).await;
    let question = "How long does a refund take?";
    assert_eq!(ask(&agent, question, "public").await["tier"], "answer");

    agent
        .patch(&path, &json!({"content": "A refund takes three weeks."}))
        .await
        .expect(200);
    indexed(&agent, 1).await;
    let answer = ask(&agent, question, "public").await;
    assert_eq!(
        answer["answer"]["text"], "A refund takes three weeks.",
        "{answer:#}"
    );
    assert_eq!(answer["answer"]["version"], 2);

    // Without a wait: the memory of the process is older, and only chooses.
    agent
        .patch(&path, &json!({"audience": "internal"}))
        .await
        .expect(200);
    assert_eq!(ask(&agent, question, "public").await["articles"], json!([]));
    assert_eq!(ask(&agent, question, "internal").await["tier"], "answer");
    agent
        .post(&format!("{path}/archive"), &Value::Null)
        .await
        .expect(200);
    assert_eq!(
        ask(&agent, question, "internal").await["articles"],
        json!([])
    );
    agent
        .post(&format!("{path}/publish"), &Value::Null)
        .await
        .expect(200);
    assert_eq!(ask(&agent, question, "internal").await["tier"], "answer");
    admin.delete(&path).await.expect(204);
    assert_eq!(
        ask(&agent, question, "internal").await["articles"],
        json!([])
    );

    // Made anew by order.
    publish(&agent, &json!({"title": "Refunds", "content": REFUNDS})).await;
    indexed(&agent, 1).await;
    agent
        .post("/knowledge/index", &Value::Null)
        .await
        .expect(403);
    let queued = admin
        .post("/knowledge/index", &Value::Null)
        .await
        .expect(202);
    assert_eq!(queued.body["pending"], 1);
    indexed(&agent, 1).await;
    assert_eq!(ask(&agent, question, "public").await["tier"], "answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_model_articles_are_found_by_words_and_nothing_is_answered() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let agent = api.member(workspace, Role::Agent).await;
    publish(&agent, &json!({"title": "Refunds", "content": REFUNDS})).await;
    let state = agent.get("/knowledge/index").await.expect(200).body;
    assert_eq!(
        (&state["model"], &state["pending"]),
        (&Value::Null, &json!(1))
    );
    let answer = ask(&agent, "How long does a refund take?", "public").await;
    assert_eq!(answer["tier"], "suggest", "{answer:#}");
    assert_eq!(answer["articles"][0]["title"], "Refunds");
    assert_eq!(
        (&answer["answer"], &answer["probability"]),
        (&Value::Null, &Value::Null)
    );
    let answer = ask(&agent, "Quantum physics", "public").await;
    assert_eq!(answer["tier"], "hand_off");
    agent
        .post("/knowledge/answers", &json!({"question": "  "}))
        .await
        .expect(422);
}
