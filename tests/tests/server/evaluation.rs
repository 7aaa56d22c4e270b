//! Question sets, with the real model: a set is asked as a customer would ask, graded, compared with the run before, and run by itself when what
//! answers depend on has changed.

use std::process::Command;
use std::time::{Duration, Instant};

use romashka_tests::api::{Visitor, settings};
use romashka_tests::{Role, model_folder, romashka_binary, value};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answers::indexed;
use super::assistant::shop_with;

async fn article(visitor: &Visitor<'_>, title: &str) -> Value {
    let page = visitor.get("/knowledge/items").await.expect(200).body;
    let articles = page["data"].as_array().expect("articles");
    let found = articles.iter().find(|article| article["title"] == title);
    found.expect("the article").clone()
}

/// Runs a set, and gives its newest run and the results by their questions' beginnings.
async fn run(visitor: &Visitor<'_>, set: Uuid) -> (Value, Vec<Value>) {
    let path = format!("/question_sets/{set}");
    let before = runs(visitor, set).await.len();
    visitor
        .post(&format!("{path}/runs"), &Value::Null)
        .await
        .expect(202);
    let begun = Instant::now();
    let run = loop {
        let runs = runs(visitor, set).await;
        if runs.len() > before {
            break runs[0].clone();
        }
        let state = visitor.get(&format!("{path}/state")).await.expect(200).body;
        assert!(begun.elapsed() < Duration::from_secs(120), "{state}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let id = run["id"].as_str().expect("an id");
    let results = visitor
        .get(&format!("{path}/runs/{id}/results?limit=100"))
        .await
        .expect(200);
    (
        run,
        results.body["data"].as_array().expect("results").clone(),
    )
}

async fn runs(visitor: &Visitor<'_>, set: Uuid) -> Vec<Value> {
    let page = visitor
        .get(&format!("/question_sets/{set}/runs"))
        .await
        .expect(200);
    page.body["data"].as_array().expect("runs").clone()
}

fn of<'a>(results: &'a [Value], start: &str) -> &'a Value {
    let found = results.iter().find(|result| {
        result["question"]
            .as_str()
            .is_some_and(|question| question.starts_with(start))
    });
    found.expect("a result")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_is_graded_and_compared_with_the_run_before() {
    let shop = shop_with(settings(), true).await;
    let agent = shop.api.member(shop.workspace, Role::Agent).await;
    let admin = shop.api.member(shop.workspace, Role::Admin).await;
    let viewer = shop.api.member(shop.workspace, Role::Viewer).await;
    let refunds = article(&agent, "Refunds").await["id"].clone();
    let hours = article(&agent, "Opening hours").await["id"].clone();
    viewer
        .post("/question_sets", &json!({"name": "Everyday"}))
        .await
        .expect(403);
    let set = agent
        .post("/question_sets", &json!({"name": "Everyday"}))
        .await
        .expect(201)
        .id();
    agent
        .post("/question_sets", &json!({"name": "Everyday"}))
        .await
        .expect(409);
    let items = format!("/question_sets/{set}/items");
    for item in [
        json!({"question": "How long does a refund take?", "expected_article_id": refunds, "expected_facts": ["five working days"]}),
        json!({"question": "How many days does a parcel to Norway take?", "expected_facts": ["eight days"]}),
        json!({"question": "What is the weather like in Lisbon tomorrow?", "must_refuse": true}),
        json!({"question": "When will my refund be paid?", "expected_article_id": hours}),
    ] {
        agent.post(&items, &item).await.expect(201);
    }
    // Nothing is expected, or two things that exclude each other.
    for wrong in [
        json!({"question": "And now?"}),
        json!({"question": "And now?", "must_refuse": true, "expected_facts": ["now"]}),
        json!({"question": "", "must_refuse": true}),
    ] {
        agent.post(&items, &wrong).await.expect(422);
    }
    let (first, results) = run(&agent, set).await;
    assert_eq!(
        (
            &first["question_count"],
            &first["passed_count"],
            &first["regressed_count"],
            &first["cause"]
        ),
        (&json!(4), &json!(3), &json!(0), &json!("asked_for")),
        "{first:#} {results:#?}"
    );
    let wrong = of(&results, "When will");
    assert_eq!(
        (&wrong["has_passed"], &wrong["change"]),
        (&json!(false), &json!("new"))
    );
    assert!(
        ["wrong_article", "not_answered"].contains(&wrong["failure"].as_str().unwrap_or_default()),
        "{wrong:#}"
    );
    // Two questions have an article; it is first for one of them, and lower for the other.
    assert_eq!(first["hit_at_one"], 0.5, "{first:#}");
    let answered = of(&results, "How long");
    assert_eq!(
        (&answered["verdict"], &answered["expected_rank"]),
        (&json!("answered"), &json!(1))
    );
    // What is graded is said to nobody and counted nowhere.
    let traces: i64 = value(
        shop.api.database.owner(),
        "select (select count(*) from public.ai_answers) + (select count(*) from public.messages) + (select count(*) from public.knowledge_analytics)",
    )
    .await;
    assert_eq!(traces, 0);

    // A change of an article leads to a run by itself, once its passages are made.
    let changed = article(&admin, "Refunds").await;
    let text = "We pay back as soon as your parcel is here. A refund takes six working days. It goes to the card that you paid with.";
    admin
        .patch(
            &format!(
                "/knowledge/items/{}",
                changed["id"].as_str().expect("an id")
            ),
            &json!({"content": text}),
        )
        .await
        .expect(200);
    indexed(&admin, 4).await;
    let waiting = agent
        .get(&format!("/question_sets/{set}/state"))
        .await
        .expect(200)
        .body;
    assert_eq!(waiting["waiting"]["status"], "pending", "{waiting}");
    let cause: String = value(
        shop.api.database.owner(),
        "select cause from romashka.question_set_queue",
    )
    .await;
    assert_eq!(cause, "knowledge");
    let (second, results) = run(&agent, set).await;
    let regressed = of(&results, "How long");
    assert_eq!(
        (
            &regressed["failure"],
            &regressed["change"],
            &regressed["missing_facts"]
        ),
        (
            &json!("missing_facts"),
            &json!("regressed"),
            &json!(["five working days"])
        ),
        "{regressed:#}"
    );
    assert_eq!(
        (
            &second["regressed_count"],
            &second["fixed_count"],
            &second["compared_with_id"]
        ),
        (&json!(1), &json!(0), &first["id"])
    );
    // Of another workspace there is nothing to see or to run.
    let rival = shop.api.database.create_workspace("rival").await;
    let other = shop.api.member(rival, Role::Admin).await;
    other.get(&items).await.expect(404);
    other
        .post(&format!("/question_sets/{set}/runs"), &Value::Null)
        .await
        .expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_grades_a_table_and_tells_a_build_server() {
    let shop = shop_with(settings(), true).await;
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("questions.csv");
    let report = folder.path().join("report.xml");
    let run = |arguments: &[&str]| {
        let done = Command::new(romashka_binary())
            .args(["ai", "eval", "Billing", "--workspace", "acme"])
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("DATABASE_URL", shop.api.database.url())
            .env("ROMASHKA_DATA_DIR", folder.path())
            .env("ROMASHKA_MODEL_DIR", model_folder())
            .current_dir(folder.path())
            .output()
            .expect("the command");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (done.status.code(), text(&done.stdout), text(&done.stderr))
    };
    let (code, _, errors) = run(&[]);
    assert_eq!(code, Some(1), "{errors}");
    assert!(errors.contains("there is no question set"), "{errors}");
    let file = table.to_str().expect("a path").to_owned();
    let write = |text: &str| std::fs::write(&table, text).expect("a file");
    write("question,expected_article\nHow long?,Nothing of that name\n");
    let (code, _, errors) = run(&["--file", &file]);
    assert_eq!(code, Some(1), "{errors}");
    assert!(
        errors.contains("line 2: no article “Nothing of that name”"),
        "{errors}"
    );
    write(
        "question,expected_article,expected_facts,must_refuse\n\
         How long does a refund take?,Refunds,five working days,\n\
         What is the weather like in Lisbon tomorrow?,,,yes\n",
    );
    let xml = report.to_str().expect("a path").to_owned();
    let (code, out, errors) = run(&["--file", &file, "--junit", &xml]);
    assert_eq!(code, Some(0), "{out}\n{errors}");
    assert!(out.contains("2 of 2 as expected"), "{out}");
    write("question,expected_facts\nHow long does a refund take?,three <hours>\n");
    let (code, out, errors) = run(&["--file", &file, "--junit", &xml, "--json"]);
    assert_eq!(code, Some(1), "{errors}");
    let found: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        (
            &found["added"],
            &found["run"]["passed_count"],
            &found["run"]["regressed_count"],
            &found["run"]["cause"]
        ),
        (&json!(1), &json!(1), &json!(1), &json!("command")),
        "{found:#}"
    );
    let said = std::fs::read_to_string(&report).expect("the report");
    assert!(
        said.contains("tests=\"2\" failures=\"1\"") && said.contains("three &lt;hours&gt;"),
        "{said}"
    );
    // What was asked and answered in conversations becomes questions.
    let visitor = shop.visitor().await;
    shop.say(&visitor, "How long does a refund take, please?")
        .await;
    shop.said(&visitor, 1).await;
    shop.api
        .database
        .owner()
        .batch_execute("update public.conversations set status = 'resolved'")
        .await
        .expect("a resolved conversation");
    let (_, out, errors) = run(&["--from-conversations", "--json"]);
    let found: Value =
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {errors}"));
    assert_eq!(
        (&found["added"], &found["run"]["question_count"]),
        (&json!(1), &json!(3)),
        "{found:#}"
    );
}
