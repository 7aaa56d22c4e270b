//! Articles that resolved conversations suggest: what is taken, what belongs together, and what people make of it.

use std::time::Duration;

use romashka_tests::{TestDatabase, code_of, explain, value};
use tokio::time::sleep;
use tokio_postgres::Client;
use uuid::Uuid;

const COLLECT: &str = "select public.collect_article_suggestions(romashka.default_workspace_id())";
const GROUPS: &str = "select coalesce(string_agg(question || ' ' || occurrences || ' ' || status, ', ' order by question), 'none')
    from public.article_suggestions where group_id is null";
const DRIFT: &str = "select count(*) from romashka.find_drift(romashka.default_workspace_id())";

/// Collects until so many are there: what happened is looked at when no transaction of the server is older.
async fn collect(client: &Client, expected: i64) -> i32 {
    let mut made = 0;
    for _ in 0..200 {
        made += value::<i32>(client, COLLECT).await;
        let there: i64 = value(client, "select count(*) from public.article_suggestions").await;
        if there == expected {
            return made;
        }
        sleep(Duration::from_millis(50)).await;
    }
    let there: String = value(
        client,
        "select coalesce(string_agg(question, ', '), 'none') from public.article_suggestions",
    )
    .await;
    panic!("there are {there}");
}

async fn run(database: &TestDatabase, sql: &str) {
    if let Err(error) = database.owner().batch_execute(sql).await {
        panic!("{sql}\n{}", explain(&error));
    }
}

/// A conversation in which somebody asks, an agent answers, and which is resolved.
async fn talk(database: &TestDatabase, from: &str, question: &str, answer: &str) -> Uuid {
    let client = database.owner();
    let row = client
        .query_one(
            "select conversation_id from public.ingest_message('sms', $1, $2)",
            &[&from, &question],
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let id: Uuid = row.get(0);
    for sql in [
        "select public.send_message($1, $2)::text",
        "select coalesce(public.resolve_conversation($1)::text, $2)",
    ] {
        if let Err(error) = client.query_one(sql, &[&id, &answer]).await {
            panic!("{sql}: {}", explain(&error));
        }
    }
    id
}

const REFUND: &str = "Hi Vera,\n\nA refund takes five working days after we have the parcel back.\n\nKind regards\nAnn";

const NORWAY: (&str, &str) = (
    "Do you ship to Norway as well?",
    "Yes, we ship to Norway, and it takes about a week from Hamburg.",
);

#[tokio::test]
async fn what_was_asked_and_answered_is_suggested_once() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let first = talk(&database, "+491", "How long does a refund take?", REFUND).await;
    talk(
        &database,
        "+492",
        "How long does a refund take please?",
        "It takes five working days once the parcel is here with us.",
    )
    .await;
    talk(&database, "+493", NORWAY.0, NORWAY.1).await;
    // Too little to be learnt from.
    talk(
        &database,
        "+494",
        "Hello?",
        "Hello, how can I help you today? Please tell me your order.",
    )
    .await;
    talk(
        &database,
        "+495",
        "Where can I find my invoice?",
        "In your account.",
    )
    .await;
    let unhappy = talk(
        &database,
        "+496",
        "Why is my lamp broken again?",
        "Please send it back to us, we shall have a look at it then.",
    )
    .await;
    run(
        &database,
        &format!("select public.rate_conversation('{unhappy}', 1)"),
    )
    .await;

    assert_eq!(collect(client, 3).await, 3);
    assert_eq!(
        value::<String>(client, GROUPS).await,
        "Do you ship to Norway as well? 1 pending, How long does a refund take? 2 pending"
    );
    let answer: String = value(
        client,
        &format!("select answer from public.article_suggestions where conversation_id = '{first}'"),
    )
    .await;
    assert_eq!(
        answer,
        "A refund takes five working days after we have the parcel back."
    );
    // Neither a second look nor a second end makes it anew.
    run(
        &database,
        &format!("select public.reopen_conversation('{first}'); select public.resolve_conversation('{first}')"),
    )
    .await;
    talk(
        &database,
        "+497",
        "Which colours does the lamp come in?",
        "The lamp comes in white and in black; the white one is sold out.",
    )
    .await;
    assert_eq!(collect(client, 4).await, 1);
    assert_eq!(value::<i64>(client, DRIFT).await, 0);
}

#[tokio::test]
async fn an_accepted_one_is_an_article_and_settles_its_like() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let first = talk(&database, "+491", "How long does a refund take?", REFUND).await;
    talk(
        &database,
        "+492",
        "How long does a refund take please?",
        REFUND,
    )
    .await;
    talk(&database, "+493", NORWAY.0, NORWAY.1).await;
    assert_eq!(collect(client, 3).await, 3);
    let of = |start: &str| {
        format!(
            "(select id from public.article_suggestions where question like '{start}%' and group_id is null)"
        )
    };
    let made: Uuid = value(
        client,
        &format!(
            "select public.accept_article_suggestion({}, content => 'Five working days.', publish => true)",
            of("How")
        ),
    )
    .await;
    let article: String = value(
        client,
        &format!("select title || '|' || content || '|' || status from public.knowledge_items where id = '{made}'"),
    )
    .await;
    assert_eq!(
        article,
        "How long does a refund take?|Five working days.|active"
    );
    run(
        &database,
        &format!("select public.reject_article_suggestion({})", of("Do")),
    )
    .await;
    // Decided is decided, by whichever row of the group it is named.
    for call in [
        format!("reject_article_suggestion({})", of("How")),
        format!("accept_article_suggestion({})", of("Do")),
        "accept_article_suggestion((select id from public.article_suggestions where group_id is not null))".to_owned(),
    ] {
        let code = code_of(client, &format!("select public.{call}")).await;
        assert_eq!(code, "RM409", "{call}");
    }
    // What is asked again comes to what was decided.
    talk(
        &database,
        "+494",
        "How long does a refund take then?",
        REFUND,
    )
    .await;
    talk(&database, "+495", "Do you ship to Norway as well??", REFUND).await;
    assert_eq!(collect(client, 5).await, 2);
    assert_eq!(
        value::<String>(client, GROUPS).await,
        "Do you ship to Norway as well? 2 rejected, How long does a refund take? 3 accepted"
    );

    // The first conversation goes, and the group goes on without its words.
    run(
        &database,
        &format!("delete from public.conversations where id = '{first}'"),
    )
    .await;
    let left: String = value(client, GROUPS).await;
    assert!(
        left.contains("2 rejected") && left.contains("2 accepted"),
        "{left}"
    );
    run(
        &database,
        "select public.erase_customer(customer_id) from public.conversations",
    )
    .await;
    assert_eq!(value::<String>(client, GROUPS).await, "none");
    assert_eq!(value::<i64>(client, DRIFT).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_take_each_conversation_once() {
    let database = TestDatabase::new().await;
    for number in 0..30 {
        talk(
            &database,
            &format!("+49{number}"),
            "How long does a refund take?",
            REFUND,
        )
        .await;
    }
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let client = database.connect().await;
        tasks.push(tokio::spawn(async move { collect(&client, 30).await }));
    }
    let mut made = 0;
    for task in tasks {
        made += task.await.expect("a process");
    }
    assert_eq!(made, 30);
    assert_eq!(
        value::<String>(database.owner(), GROUPS).await,
        "How long does a refund take? 30 pending"
    );
    assert_eq!(value::<i64>(database.owner(), DRIFT).await, 0);
}
