//! A visitor of a site's widget: what he can do with the two tokens he has, and that it is no more than that.

use romashka_tests::{Role, Session, TestDatabase, explain, try_statement, value};
use uuid::Uuid;

const VISITOR: &str = "7d0c6f6a5a4b4e6f8c9d0e1f2a3b4c5d";
const OTHER: &str = "00112233445566778899aabbccddeeff";

/// A workspace with a widget; returns both and the widget's public token.
async fn site(database: &TestDatabase, slug: &str) -> (Uuid, Uuid, String) {
    let workspace = database.create_workspace(slug).await;
    let made = database
        .owner()
        .query_one(
            "insert into public.widget_configurations (workspace_id, widget_name) values ($1, 'Site') returning id",
            &[&workspace],
        )
        .await;
    let widget: Uuid = match made {
        Ok(row) => row.get(0),
        Err(error) => panic!("{}", explain(&error)),
    };
    let token = value(
        database.owner(),
        &format!("select public.widget_token('{widget}', '{workspace}')"),
    )
    .await;
    (workspace, widget, token)
}

async fn write(visitor: &Session, widget: &str, token: &str, text: &str) -> (Uuid, Uuid) {
    let row = visitor
        .query_one(
            "select conversation_id, message_id from public.start_widget_conversation($1, $2, $3)",
            &[&widget, &token, &text],
        )
        .await
        .unwrap_or_else(|error| panic!("{text}: {}", explain(&error)));
    (row.get(0), row.get(1))
}

async fn read(visitor: &Session, widget: &str, token: &str) -> Vec<String> {
    visitor
        .query(
            "select content from public.read_widget_conversation($1, $2)",
            &[&token, &widget],
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)))
        .iter()
        .map(|row| row.get(0))
        .collect()
}

#[tokio::test]
async fn a_visitor_starts_a_chat_and_goes_on_with_it() {
    let database = TestDatabase::new().await;
    let (workspace, _, widget) = site(&database, "acme").await;
    let agent = database.create_person(workspace, Role::Agent).await;
    let visitor = database.as_anonymous().await;
    let (first, _) = write(&visitor, &widget, VISITOR, "Is anybody there?").await;
    let (second, _) = write(&visitor, &widget, VISITOR, "Hello?").await;
    assert_eq!(first, second, "one talk, not two");
    visitor.commit().await;

    let session = database.as_user(agent, workspace).await;
    session
        .query("select public.send_message($1, 'Here I am.')", &[&first])
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    session.commit().await;
    let kinds: Vec<String> = value(
        database.owner(),
        &format!("select array_agg(actor_kind::text order by id) from public.events where conversation_id = '{first}' and kind = 'message.created'"),
    )
    .await;
    assert_eq!(kinds, ["customer", "customer", "agent"]);

    let visitor = database.as_anonymous().await;
    assert_eq!(
        read(&visitor, &widget, VISITOR).await,
        ["Is anybody there?", "Hello?", "Here I am."]
    );
    // A message that is sent again because its answer was lost is stored once.
    let twice = "select message_id from public.start_widget_conversation($1, $2, 'Thanks', client_message_id => 'c1')";
    let sent: Uuid = visitor
        .query_one(twice, &[&widget, &VISITOR])
        .await
        .unwrap()
        .get(0);
    let again: Uuid = visitor
        .query_one(twice, &[&widget, &VISITOR])
        .await
        .unwrap()
        .get(0);
    assert_eq!(sent, again);
    // The token is kept as a hash alone.
    visitor.commit().await;
    let kept: i64 = value(
        database.owner(),
        &format!(
            "select count(*) from public.customer_identities where external_id like '%{VISITOR}%'"
        ),
    )
    .await;
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn the_tokens_open_one_visitors_talk_and_nothing_else() {
    let database = TestDatabase::new().await;
    let (acme, acme_widget, acme_token) = site(&database, "acme").await;
    let (_, _, rival_token) = site(&database, "rival").await;
    let visitor = database.as_anonymous().await;
    write(&visitor, &acme_token, VISITOR, "my order 4711").await;
    visitor.commit().await;

    let stranger = database.as_anonymous().await;
    assert!(read(&stranger, &acme_token, OTHER).await.is_empty());
    assert!(
        read(&stranger, &rival_token, VISITOR).await.is_empty(),
        "the same token at another company is another visitor"
    );
    assert!(
        read(&stranger, "unknown-token-of-a-widget", VISITOR)
            .await
            .is_empty()
    );
    // Without rights of his own: no table, no other verb, also with the workspace in claims he made up.
    for sql in [
        "select from public.conversations",
        "select from public.messages",
        "select from public.customer_profiles",
        "select from public.customer_identities",
        "select from public.widget_configurations",
        "select from romashka.widget_tokens",
        "insert into public.messages (conversation_id, sender_type, content) select gen_random_uuid(), 'agent', 'x'",
        "select public.ingest_message('website', 'x', 'y')",
        "select public.search_messages('order')",
        "select romashka.take_visitor_message(gen_random_uuid(), 'x', null, null, null, 'y')",
        "select romashka.find_widget('x')",
        "select from romashka.visitor_sessions",
        "select from public.widget_identity_secrets",
        "select romashka.begin_visitor('x', sha256('x'))",
        "select romashka.find_visitor('x', sha256('x'))",
        "select romashka.visitor_messages(gen_random_uuid(), null, null, null, null, null, 50)",
        "select romashka.verify_visitor('x', null, sha256('x'), 'x', null, null, null, '{}', true)",
        "select romashka.limit_visitors(gen_random_uuid(), gen_random_uuid(), true, now())",
    ] {
        let outcome = try_statement(&stranger, sql).await;
        assert_eq!(outcome.code(), "42501", "{sql}: {outcome:?}");
    }
    let start = |widget: &str, token: &str, text: &str| {
        format!("select public.start_widget_conversation('{widget}', '{token}', '{text}')")
    };
    for (sql, code) in [
        (start("unknown-token-of-a-widget", OTHER, "x"), "RM404"),
        (start(&acme_token, "short", "x"), "RM400"),
        (start(&acme_token, OTHER, " "), "RM400"),
        (start(&acme_token, OTHER, &"x".repeat(10_001)), "RM400"),
        (
            format!(
                "select public.start_widget_conversation('{acme_token}', '{OTHER}', 'x', visitor_name => repeat('x', 201))"
            ),
            "RM400",
        ),
    ] {
        let outcome = try_statement(&stranger, &sql).await;
        assert_eq!(outcome.code(), code, "{sql}: {outcome:?}");
    }
    stranger.rollback().await;

    // An address that a visitor types joins him to nobody.
    let owner = database.owner();
    owner
        .execute(
            "select public.ingest_message('email', 'anna@example.org', 'a private matter', workspace => $1)",
            &[&acme],
        )
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let liar = database.as_anonymous().await;
    let sql = format!(
        "select public.start_widget_conversation('{acme_token}', '{OTHER}', 'I am Anna', visitor_email => 'anna@example.org')"
    );
    liar.batch_execute(&sql)
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    assert_eq!(read(&liar, &acme_token, OTHER).await, ["I am Anna"]);
    liar.commit().await;

    // A widget that was switched off, and a token that was renewed, find nothing.
    let sql = format!("select public.renew_widget_token('{acme_widget}', '{acme}')");
    let renewed: String = value(owner, &sql).await;
    let visitor = database.as_anonymous().await;
    let outcome = try_statement(&visitor, &start(&acme_token, VISITOR, "x")).await;
    assert_eq!(outcome.code(), "RM404", "{outcome:?}");
    visitor.rollback().await;
    owner
        .batch_execute("update public.widget_configurations set status = 'inactive'")
        .await
        .unwrap();
    let visitor = database.as_anonymous().await;
    let outcome = try_statement(&visitor, &start(&renewed, VISITOR, "x")).await;
    assert_eq!(outcome.code(), "RM404", "{outcome:?}");
    assert!(read(&visitor, &renewed, VISITOR).await.is_empty());
}

#[tokio::test]
async fn visitors_write_as_often_as_the_setting_allows() {
    let database = TestDatabase::new().await;
    let (workspace, _, widget) = site(&database, "acme").await;
    let owner = database.owner();
    let set = |key: &str, to: &str| {
        format!(
            "update public.system_settings set setting_value = '{to}' where setting_key = '{key}' and workspace_id = '{workspace}'"
        )
    };
    owner
        .batch_execute(&set("rate_limit_requests_per_minute", "3"))
        .await
        .unwrap();
    let visitor = database.as_anonymous().await;
    for text in ["one", "two", "three"] {
        write(&visitor, &widget, VISITOR, text).await;
    }
    let again = format!("select public.start_widget_conversation('{widget}', '{VISITOR}', 'four')");
    assert_eq!(try_statement(&visitor, &again).await.code(), "RM429");
    // Tokens cost nothing: new talks are counted together, and who has one goes on.
    write(&visitor, &widget, OTHER, "a second visitor").await;
    write(&visitor, &widget, &"a".repeat(32), "a third").await;
    let fourth = format!(
        "select public.start_widget_conversation('{widget}', '{}', 'a fourth')",
        "b".repeat(32)
    );
    assert_eq!(try_statement(&visitor, &fourth).await.code(), "RM429");
    write(&visitor, &widget, OTHER, "the second goes on").await;
    visitor.commit().await;

    // A minute later, and without the limit.
    owner
        .batch_execute("update public.messages set created_at = created_at - interval '2 minutes'")
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let visitor = database.as_anonymous().await;
    assert_eq!(try_statement(&visitor, &again).await.code(), "");
    visitor.rollback().await;
    owner
        .batch_execute(&set("rate_limiting_enabled", "false"))
        .await
        .unwrap();
    let visitor = database.as_anonymous().await;
    for _ in 0..5 {
        write(&visitor, &widget, VISITOR, "quickly").await;
    }
    assert_eq!(try_statement(&visitor, &fourth).await.code(), "");
}
