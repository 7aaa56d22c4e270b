//! Articles: every text is kept, use and effect are counted right, categories form trees, and the search finds what a
//! reader may see, in each language, in his workspace alone.

use std::collections::HashMap;

use romashka_knowledge::{
    Calibration, Evidence, Key, Lexical, Matrix, Model, Ranked, passages, rank,
};
use romashka_tests::{Role, Session, TestDatabase, explain, value};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

async fn add_article(
    client: &Client,
    workspace: Uuid,
    title: &str,
    content: &str,
    language: &str,
) -> Uuid {
    let sql =
        "insert into public.knowledge_items (workspace_id, title, content, source_type, language)
               values ($1, $2, $3, 'manual', $4) returning id";
    match client
        .query_one(sql, &[&workspace, &title, &content, &language])
        .await
    {
        Ok(row) => row.get(0),
        Err(error) => panic!("{title}: {}", explain(&error)),
    }
}

async fn search(session: &Session, query: &str) -> Vec<(String, String)> {
    match session
        .query(
            "select title, matched_by from public.search_knowledge($1)",
            &[&query],
        )
        .await
    {
        Ok(rows) => rows.iter().map(|row| (row.get(0), row.get(1))).collect(),
        Err(error) => panic!("search for {query:?}: {}", explain(&error)),
    }
}

async fn refusal(client: &Client, sql: &str) -> String {
    match client.batch_execute(sql).await {
        Ok(()) => panic!("this was not refused: {sql}"),
        Err(error) => error
            .code()
            .map(|code| code.code().to_owned())
            .unwrap_or_default(),
    }
}

/// Version 1 was never saved, two versions had the same number, and `version` stayed 1.
#[tokio::test]
async fn every_text_of_an_article_is_kept_under_a_number_of_its_own() {
    let database = TestDatabase::new().await;
    let workspace = database.default_workspace().await;
    let agent = database.create_person(workspace, Role::Agent).await;
    let session = database.as_user(agent, workspace).await;
    let article = add_article(&session, workspace, "Returns", "Within 30 days.", "en").await;
    for (sql, note) in [
        (
            "update public.knowledge_items set content = 'Within 14 days.', version = 77 where id = $1",
            "the number is not the statement's to say",
        ),
        (
            "update public.knowledge_items set title = 'Refunds', change_note = 'clearer' where id = $1",
            "a title is text too",
        ),
        (
            "update public.knowledge_items set tags = '{money}', version = 9 where id = $1",
            "a tag makes no version",
        ),
    ] {
        if let Err(error) = session.execute(sql, &[&article]).await {
            panic!("{note}: {}", explain(&error));
        }
    }
    let restored: i32 = session
        .query_one(
            "select public.restore_knowledge_version($1, 1)",
            &[&article],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(restored, 4);
    let versions: Vec<(i32, String, String, Option<String>)> = session
        .query("select version, title, content, changes_description from public.knowledge_versions where knowledge_item_id = $1 order by version", &[&article])
        .await
        .unwrap()
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3)))
        .collect();
    let expected = [
        (1, "Returns", "Within 30 days.", None),
        (2, "Returns", "Within 14 days.", None),
        (3, "Refunds", "Within 14 days.", Some("clearer")),
        (4, "Returns", "Within 30 days.", Some("version 1 restored")),
    ]
    .map(|(number, title, content, note)| {
        (
            number,
            title.to_owned(),
            content.to_owned(),
            note.map(str::to_owned),
        )
    });
    assert_eq!(versions, expected);
    let row = session
        .query_one(
            "select version, updated_by from public.knowledge_items where id = $1",
            &[&article],
        )
        .await
        .unwrap();
    assert_eq!(
        (row.get::<_, i32>(0), row.get::<_, Option<Uuid>>(1)),
        (4, Some(agent))
    );
    assert_eq!(
        refusal(&session, "insert into public.knowledge_versions (knowledge_item_id, version, content) values (public.generate_uuid(), 1, '')").await,
        "42501",
        "nobody writes versions himself"
    );
}

/// Editors at the same moment take numbers one after the other.
#[tokio::test]
async fn editors_at_the_same_moment_take_no_number_twice() {
    let database = TestDatabase::new().await;
    let workspace = database.default_workspace().await;
    let article = add_article(database.owner(), workspace, "Returns", "text 0", "en").await;
    let mut editors = Vec::new();
    for editor in 0..6 {
        let client = database.connect().await;
        editors.push(tokio::spawn(async move {
            for edit in 0..5 {
                client
                    .execute(
                        "update public.knowledge_items set content = $2 where id = $1",
                        &[&article, &format!("text {editor} {edit}")],
                    )
                    .await
                    .expect("an edit");
            }
        }));
    }
    for editor in editors {
        editor.await.unwrap();
    }
    let gaps: bool = value(
        database.owner(),
        "select array_agg(version order by version) = array(select generate_series(1, 31)) from public.knowledge_versions",
    )
    .await;
    assert!(gaps, "31 versions, from 1 without gaps");
}

/// An unanswered "was it helpful" is no no, one yes is not 100 %, and a corrected or deleted answer is taken back.
#[tokio::test]
async fn silence_is_no_answer_and_one_vote_is_not_all() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let workspace = database.default_workspace().await;
    let article = add_article(client, workspace, "Returns", "text", "en").await;
    let figures = || async {
        let row = client
            .query_one("select usage_count, helpful_count, unhelpful_count, effectiveness_score::text from public.knowledge_items where id = $1", &[&article])
            .await
            .unwrap();
        (
            row.get::<_, i32>(0),
            row.get::<_, i32>(1),
            row.get::<_, i32>(2),
            row.get::<_, String>(3),
        )
    };
    let touched: bool = value(
        client,
        "select updated_at = created_at from public.knowledge_items",
    )
    .await;
    assert!(touched);
    let expect = |uses, yes, no, score: &str| (uses, yes, no, score.to_owned());
    for sql in ["select public.record_knowledge_use($1)"; 3] {
        client.query(sql, &[&article]).await.unwrap();
    }
    assert_eq!(figures().await, expect(3, 0, 0, "0.5"));
    client
        .query(
            "select public.record_knowledge_use($1, 'chat', null, true)",
            &[&article],
        )
        .await
        .unwrap();
    assert_eq!(figures().await, expect(4, 1, 0, "0.6000"));
    client
        .execute(
            "update public.knowledge_analytics set was_helpful = false where was_helpful",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(figures().await, expect(4, 0, 1, "0.4000"));
    client
        .execute(
            "update public.knowledge_analytics set was_helpful = null where was_helpful is not null",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(figures().await, expect(4, 0, 0, "0.5000"));
    client
        .execute("delete from public.knowledge_analytics", &[])
        .await
        .unwrap();
    assert_eq!(figures().await, expect(0, 0, 0, "0.5000"));
    let untouched: bool = value(
        client,
        "select updated_at = created_at from public.knowledge_items",
    )
    .await;
    assert!(untouched, "a use is not an edit");
    let audited: i64 = value(
        client,
        "select count(*) from public.audit_logs where entity_type = 'knowledge_items' and action = 'UPDATE'",
    )
    .await;
    assert_eq!(audited, 0, "nor is it in the audit");
}

#[tokio::test]
async fn a_category_is_never_below_itself() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    client
        .batch_execute(
            "insert into public.knowledge_categories (id, name) select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'category ' || n from generate_series(1, 4) as n;
             update public.knowledge_categories set parent_id = '00000000-0000-7000-8000-000000000001' where name = 'category 2';
             update public.knowledge_categories set parent_id = '00000000-0000-7000-8000-000000000002' where name = 'category 3'",
        )
        .await
        .unwrap();
    let under = |child, parent| {
        format!(
            "update public.knowledge_categories set parent_id = '00000000-0000-7000-8000-00000000000{parent}' where name = 'category {child}'"
        )
    };
    assert_eq!(refusal(client, &under(1, 3)).await, "RM422");
    assert_eq!(refusal(client, &under(2, 2)).await, "RM422");
    // Two moves at once, of which each alone is right.
    let (first, second) = (database.connect().await, database.connect().await);
    first.batch_execute("begin").await.unwrap();
    first.batch_execute(&under(3, 4)).await.unwrap();
    let later = tokio::spawn(async move {
        second
            .batch_execute("update public.knowledge_categories set parent_id = '00000000-0000-7000-8000-000000000003' where name = 'category 4'")
            .await
            .map_err(|error| error.code().map(|code| code.code().to_owned()))
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    first.batch_execute("commit").await.unwrap();
    assert_eq!(later.await.unwrap(), Err(Some("RM422".to_owned())));
}

#[tokio::test]
async fn the_search_knows_languages_parts_of_words_and_readers() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let (here, there) = (
        database.default_workspace().await,
        database.create_workspace("there").await,
    );
    add_article(
        client,
        here,
        "Refunds",
        "You may be returning shoes within 30 days. See RX-4411.",
        "en",
    )
    .await;
    add_article(
        client,
        here,
        "Delivery",
        "We refund nothing of the price of express delivery.",
        "en",
    )
    .await;
    add_article(
        client,
        here,
        "Возврат товара",
        "Заявления рассматриваются за три дня.",
        "ru",
    )
    .await;
    add_article(client, here, "退货政策", "三十天内可以退货。", "zh").await;
    add_article(
        client,
        there,
        "Refunds elsewhere",
        "Not yours: zebra.",
        "en",
    )
    .await;
    client
        .batch_execute(
            "update public.knowledge_items set audience = 'internal' where title = 'Delivery'",
        )
        .await
        .unwrap();
    let viewer = database.create_person(here, Role::Viewer).await;
    let session = database.as_user(viewer, here).await;
    let titles = |found: Vec<(String, String)>| -> Vec<String> {
        found.into_iter().map(|(title, _)| title).collect()
    };

    assert_eq!(
        titles(search(&session, "refunding").await),
        ["Refunds", "Delivery"],
        "stemmed, the title first"
    );
    assert_eq!(
        titles(search(&session, "возвраты").await),
        ["Возврат товара"]
    );
    assert_eq!(
        titles(search(&session, "заявление").await),
        ["Возврат товара"]
    );
    assert_eq!(
        search(&session, "X-44").await,
        [("Refunds".to_owned(), "substring".to_owned())]
    );
    assert_eq!(titles(search(&session, "三十天").await), ["退货政策"]);
    assert_eq!(
        titles(search(&session, "refund -express").await),
        ["Refunds"]
    );
    assert_eq!(search(&session, "zebra").await, [], "another workspace's");
    assert_eq!(search(&session, "%").await, []);
    assert_eq!(search(&session, "'); drop").await, []);
    let public: i64 = value(
        &session,
        "select count(*) from public.search_knowledge('refund', audience => 'public')",
    )
    .await;
    assert_eq!(public, 1, "what is internal is not for the public");
    let denied = session
        .query(
            "select * from public.search_knowledge('refund', workspace => $1)",
            &[&there],
        )
        .await
        .expect_err("a foreign workspace");
    assert_eq!(denied.code().expect("a code").code(), "RM404");

    let anonymous = database.as_anonymous().await;
    assert_eq!(
        refusal(
            &anonymous,
            "select * from public.search_knowledge('refund')"
        )
        .await,
        "42501"
    );
}

#[tokio::test]
async fn canned_responses_are_counted_and_private_ones_are_ones_own() {
    let database = TestDatabase::new().await;
    let workspace = database.default_workspace().await;
    let (ann, bob) = (
        database.create_person(workspace, Role::Agent).await,
        database.create_person(workspace, Role::Agent).await,
    );
    let session = database.as_user(ann, workspace).await;
    session
        .batch_execute(
            "insert into public.canned_responses (title, content, shortcut, is_public) values ('Mine', 'Hello', '/mine', false), ('Ours', 'Hello', '/ours', true)",
        )
        .await
        .unwrap();
    session.commit().await;
    let session = database.as_user(bob, workspace).await;
    let seen: i64 = value(&session, "select count(*) from public.canned_responses").await;
    assert_eq!(seen, 1);
    session
        .batch_execute("select public.track_canned_response_usage(id) from public.canned_responses")
        .await
        .unwrap();
    let used: i32 = value(&session, "select usage_count from public.canned_responses").await;
    assert_eq!(used, 1);
    session.commit().await;
    let private: Uuid = value(
        database.owner(),
        "select id from public.canned_responses where not is_public",
    )
    .await;
    let session = database.as_user(bob, workspace).await;
    let denied = session
        .query("select public.track_canned_response_usage($1)", &[&private])
        .await
        .expect_err("another's");
    assert_eq!(denied.code().expect("a code").code(), "RM404");
}

/// The columns for secrets refuse whatever is not encrypted, from whoever it comes.
#[tokio::test]
async fn secrets_are_envelopes_or_nothing() {
    let database = TestDatabase::new().await;
    let text = format!("rmk1.0123abcd.{}.{}", "a".repeat(32), "b".repeat(40));
    let object = json!({"v": 1, "alg": "xchacha20poly1305", "kid": "0123abcd", "nonce": "a".repeat(32), "data": "b".repeat(40)});
    for (insert, good, bad) in [
        (
            "insert into public.communication_channels (name, type, webhook_secret) values ('x', 'sms', $secret$)",
            text.clone(),
            "hunter2".to_owned(),
        ),
        (
            "insert into public.communication_channels (name, type, api_credentials) values ('y', 'sms', $secret$)",
            object.to_string(),
            r#"{"token": "hunter2"}"#.to_owned(),
        ),
        (
            "insert into public.integrations (name, type, provider, credentials) values ('x', 'crm', 'hubspot', $secret$)",
            object.to_string(),
            r#"{"token": "hunter2"}"#.to_owned(),
        ),
        (
            "insert into public.webhook_subscriptions (event_type, webhook_url, secret_key) values ('*', 'https://example.test/', $secret$)",
            text,
            "whsec_hunter2".to_owned(),
        ),
    ] {
        let statement = |secret: &str| insert.replace("$secret$", &format!("'{secret}'"));
        assert_eq!(
            refusal(database.owner(), &statement(&bad)).await,
            "23514",
            "{insert}"
        );
        if let Err(error) = database.owner().batch_execute(&statement(&good)).await {
            panic!("{insert}: {}", explain(&error));
        }
    }
    let leaked: i64 = value(
        database.owner(),
        "select count(*) from public.audit_logs where changes::text like '%' || repeat('b', 40) || '%'",
    )
    .await;
    assert_eq!(leaked, 0, "not even the envelope is in the audit");
}

/// Articles and questions of `data/banking77`.
fn banking() -> (Vec<[String; 3]>, Vec<(String, String)>) {
    let folder = romashka_tests::repository_root().join("tests/data/banking77");
    let articles = std::fs::read_to_string(folder.join("knowledge.tsv")).expect("articles");
    let articles = articles
        .lines()
        .map(|line| {
            let mut fields = line.split('\t').map(str::to_owned);
            std::array::from_fn(|_| fields.next().expect("three fields"))
        })
        .collect();
    let questions = csv::Reader::from_path(folder.join("queries.csv"))
        .expect("questions")
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("questions");
    (articles, questions)
}

/// The articles of `banking`, in a workspace of an agent's; each article's label by its id.
async fn bank(database: &TestDatabase) -> (Session, HashMap<Uuid, [String; 3]>) {
    let workspace = database.default_workspace().await;
    let agent = database.create_person(workspace, Role::Agent).await;
    let mut articles = HashMap::new();
    for article in banking().0 {
        let [_, title, content] = &article;
        let id = add_article(database.owner(), workspace, title, content, "en").await;
        articles.insert(id, article);
    }
    (database.as_user(agent, workspace).await, articles)
}

/// In which place, from 0, the right article was found for each question.
fn figures(places: &[Option<usize>]) -> (f64, f64, f64) {
    let share = |most: usize| {
        let found = places.iter().flatten().filter(|place| **place < most);
        found.count() as f64 / places.len() as f64
    };
    let gain: f64 = places
        .iter()
        .flatten()
        .filter(|place| **place < 10)
        .map(|place| 1.0 / (*place as f64 + 2.0).log2())
        .sum();
    (share(1), share(5), gain / places.len() as f64)
}

/// Nobody asks in the words of an article: a search for all of a question's words finds one in ten.
#[tokio::test]
async fn a_question_finds_its_article_by_some_of_its_words() {
    let database = TestDatabase::new().await;
    let (session, articles) = bank(&database).await;
    let questions = banking().1;
    let texts: Vec<&str> = questions.iter().map(|(text, _)| text.as_str()).collect();
    let rows = session
        .query(
            "select q.turn::integer, f.id from unnest($1::text[]) with ordinality as q (question, turn)
              cross join lateral (select s.id, s.place from public.search_knowledge(q.question, limit_count => 10) with ordinality
                as s (id, title, excerpt, category_id, item_language, item_audience, effectiveness_score, score, matched_by, place)) as f
              order by q.turn, f.place",
            &[&texts],
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let mut found: Vec<Vec<Uuid>> = vec![Vec::new(); questions.len()];
    for row in &rows {
        found[row.get::<_, i32>(0) as usize - 1].push(row.get(1));
    }
    let places: Vec<Option<usize>> = questions
        .iter()
        .zip(&found)
        .map(|((_, label), found)| found.iter().position(|id| articles[id][0] == *label))
        .collect();
    let (first, five, gain) = figures(&places);
    let told = format!("hit@1 {first:.3}, recall@5 {five:.3}, nDCG@10 {gain:.3}");
    println!("by words: {told}");
    assert!(five >= 0.81 && first >= 0.5, "{told}");
}

/// With the real model and the words of the database, as the server ranks.
#[tokio::test]
async fn a_question_finds_its_article_by_meaning() {
    let database = TestDatabase::new().await;
    let (session, articles) = bank(&database).await;
    let questions = banking().1;
    let texts: Vec<&str> = questions.iter().map(|(text, _)| text.as_str()).collect();
    let rows = session
        .query(
            "select q.turn::integer, f.article_id, f.points from unnest($1::text[]) with ordinality as q (question, turn)
              cross join lateral public.rank_knowledge(q.question) as f where f.article_id is not null",
            &[&texts],
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let mut words: Vec<Vec<Lexical>> = vec![Vec::new(); questions.len()];
    for row in &rows {
        words[row.get::<_, i32>(0) as usize - 1].push(Lexical {
            article: row.get::<_, Uuid>(1).as_u128(),
            score: row.get(2),
            identifiers: 0,
        });
    }

    let folder = romashka_tests::model_folder();
    let model = Model::open(&folder).expect("the model");
    let mut matrix = Matrix::new(Model::DIMENSIONS);
    for (id, [_, title, content]) in &articles {
        let parts = passages(title, content);
        let texts: Vec<String> = parts
            .iter()
            .map(|passage| passage.with_context(title))
            .collect();
        for (passage, vector) in parts.iter().zip(model.embed(&texts).expect("vectors")) {
            let key = Key {
                article: id.as_u128(),
                position: passage.position,
            };
            matrix.push(key, &vector.pack());
        }
    }
    let vectors = model.embed(&texts).expect("vectors");
    let mut told = Vec::new();
    for by_words in [false, true] {
        let mut places = Vec::new();
        let (mut answered, mut right) = (0, 0);
        for (((question, label), vector), words) in questions.iter().zip(&vectors).zip(&words) {
            let words = if by_words { words.as_slice() } else { &[] };
            let found = rank(question, &vector.pack(), &matrix, words, 10, |_| true);
            let is_right = |one: &Ranked| articles[&Uuid::from_u128(one.article)][0] == *label;
            let place = found.iter().position(is_right);
            let next = found[1..].iter().map(|one| one.cosine).fold(0.0, f32::max);
            let evidence = Evidence {
                cosine: found[0].cosine,
                gap: found[0].cosine - next,
            };
            if Calibration::MINILM.probability(evidence) >= 0.6 {
                answered += 1;
                right += usize::from(place == Some(0));
            }
            places.push(place);
        }
        let (first, five, gain) = figures(&places);
        let sure = right as f64 / answered as f64;
        let share = answered as f64 / questions.len() as f64;
        told.push(format!(
            "words {by_words}: hit@1 {first:.3}, recall@5 {five:.3}, nDCG@10 {gain:.3}; answered {share:.3}, rightly {sure:.3}"
        ));
        println!("{}", told[usize::from(by_words)]);
        if by_words {
            assert!(five >= 0.925 && gain >= 0.84 && sure >= 0.9, "{told:?}");
        }
    }
}

/// What is made of a text that is not the article's any more is not put in place, whatever the queue says.
#[tokio::test]
async fn passages_of_an_older_text_are_not_put_in_place() {
    let database = TestDatabase::new().await;
    let workspace = database.default_workspace().await;
    let owner = database.owner();
    let article = add_article(owner, workspace, "Refunds", "Five days.", "en").await;
    let lease = Uuid::new_v4();
    let claim = "update romashka.knowledge_indexing set status = 'indexing', lease_id = $2 where knowledge_item_id = $1";
    let finish = "select romashka.finish_indexing($1, $2, $3, $4, 'model', '[[]]', array['text'], array['\\x00'::bytea], '[[]]', '[[]]')";
    let state = format!(
        "select q.status || ' ' || (select count(*) from romashka.knowledge_passages) from romashka.knowledge_indexing as q where q.knowledge_item_id = '{article}'"
    );
    owner
        .execute(
            "update public.knowledge_items set content = 'Ten days.' where id = $1",
            &[&article],
        )
        .await
        .expect("a newer text");
    for (version, expected, left) in [(1, false, "pending 0"), (2, true, "indexed 1")] {
        owner
            .execute(claim, &[&article, &lease])
            .await
            .expect("a claim");
        let row = owner
            .query_one(finish, &[&article, &workspace, &lease, &version])
            .await
            .unwrap_or_else(|error| panic!("{}", explain(&error)));
        assert_eq!(row.get::<_, bool>(0), expected, "version {version}");
        assert_eq!(value::<String>(owner, &state).await, left);
    }
}
