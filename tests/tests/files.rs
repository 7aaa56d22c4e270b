//! The SQL files as people run them who have psql alone: on plain PostgreSQL, in order, again, and with something in the way.

use romashka_tests::{TestDatabase, psql, value};

const INSTALL: [&str; 4] = [
    "master-schema.sql",
    "migrations/001_complete_schema.sql",
    "db-functions.sql",
    "seed-data.sql",
];

/// As in the instructions: no option that would stop psql at an error.
fn run(database: &TestDatabase, file: &str) -> String {
    let output = psql(&database.url(), &["-q", "-f", file]);
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn psql_alone_installs_and_installs_again() {
    let database = TestDatabase::empty().await;
    let client = database.owner();
    let picture = "select (select count(*) from pg_tables where schemaname = 'public') || ' tables, ' || (select count(*) from pg_policies) || ' policies, '
        || (select count(*) from public.conversations) || ' conversations, ' || (select count(*) from public.knowledge_categories) || ' categories, '
        || (select count(*) from public.canned_responses) || ' replies, ' || (select count(*) from public.communication_channels) || ' channels'";
    let mut first = None;
    for _ in 0..2 {
        for file in INSTALL {
            let said = run(&database, file);
            assert!(!said.contains("ERROR"), "{file}: {said}");
        }
        let found: String = value(client, picture).await;
        assert_eq!(*first.get_or_insert_with(|| found.clone()), found);
    }
    // Nobody in the demo is made up: each person who is named has an account.
    let strangers: i64 = value(
        client,
        "select count(*) from public.profiles as p where not exists (select from auth.users as u where u.id = p.id)",
    )
    .await;
    assert_eq!(strangers, 0);
    let tested: serde_json::Value = value(client, "select test_function()").await;
    assert_eq!(tested["ok"], true, "{tested:#}");
}

#[tokio::test]
async fn an_error_leaves_the_database_as_it_was() {
    for file in ["master-schema.sql", "migrations/001_complete_schema.sql"] {
        let database = TestDatabase::empty().await;
        let client = database.owner();
        // A view has the name of a table that comes late.
        client
            .batch_execute("create view public.workflows as select 1 as id")
            .await
            .expect("a view");
        let said = run(&database, file);
        assert!(said.contains("ERROR"), "{file}: {said}");
        let left: i64 = value(
            client,
            "select (select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p'))
                  + (select count(*) from pg_namespace where nspname in ('auth', 'extensions', 'romashka'))
                  + (select count(*) from pg_extension where extname <> 'plpgsql')",
        )
        .await;
        assert_eq!(left, 0, "{file} left something behind");
    }
    // The same for the functions and the demo, where there is no schema at all.
    for file in ["db-functions.sql", "seed-data.sql"] {
        let database = TestDatabase::empty().await;
        let said = run(&database, file);
        assert!(said.contains("ERROR"), "{file}: {said}");
        let left: i64 = value(
            database.owner(),
            "select count(*) from pg_proc where pronamespace = 'public'::regnamespace",
        )
        .await;
        assert_eq!(left, 0, "{file} left something behind");
    }
}
