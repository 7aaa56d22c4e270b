//! Drift: a sound database shows no difference, and every sabotage is found, with its definition.

use std::borrow::Cow;
use std::time::Duration;

use romashka_db::connect::{Connection, connect};
use romashka_db::fingerprint::{Change, Difference, Fingerprint, Shadow, drift, expected};
use romashka_db::migrations::{MigrationSet, Migrator};
use romashka_db::settings::{Origin, Settings};
use romashka_tests::{TestDatabase, value};

fn settings(database: &TestDatabase) -> Settings {
    Settings::parse(&database.url(), Origin::Option, &|_| None).expect("a URL")
}

async fn open(database: &TestDatabase) -> Connection {
    connect(&settings(database)).await.expect("a connection")
}

fn told(differences: &[Difference]) -> String {
    differences
        .iter()
        .map(|difference| format!("{difference}\n"))
        .collect()
}

#[tokio::test]
async fn migrated_and_installed_by_psql_are_the_same_and_without_drift() {
    let set = MigrationSet::embedded();
    let migrated = TestDatabase::empty().await;
    let client = open(&migrated).await;
    Migrator::new(&client, &set).up(None).await.expect("up");
    let shadow = Shadow::beside(&settings(&migrated));
    let differences = drift(&client, &shadow, &set).await.expect("a comparison");
    assert!(differences.is_empty(), "{}", told(&differences));
    let read = Fingerprint::read(&client).await.expect("a fingerprint");
    assert!(read.len() > 100, "{} objects", read.len());

    let assembled = TestDatabase::empty().await;
    assembled.run_file("master-schema.sql").await;
    let client = open(&assembled).await;
    let differences = drift(&client, &shadow, &set).await.expect("a comparison");
    assert!(differences.is_empty(), "{}", told(&differences));
    // Running any file again changes nothing.
    for file in [
        "migrations/001_complete_schema.sql",
        "db-functions.sql",
        "master-schema.sql",
    ] {
        assembled.run_file(file).await;
    }
    let differences = drift(&client, &shadow, &set).await.expect("a comparison");
    assert!(differences.is_empty(), "{}", told(&differences));
}

/// Other tests make shadows too, and one that kills a comparison leaves its shadow for an hour: counted are those of a login
/// that makes none but these.
#[tokio::test]
async fn a_comparison_leaves_no_shadow_behind() {
    let database = TestDatabase::new().await;
    let login = format!("shadow_maker_{}", uuid::Uuid::new_v4().simple());
    let owner = database.owner();
    owner
        .batch_execute(&format!("create role {login} login superuser"))
        .await
        .expect("a login");
    let own = Settings::parse(
        &database.server().url_as(&login, database.name()),
        Origin::Option,
        &|_| None,
    )
    .expect("a URL");
    let client = connect(&own).await.expect("a connection");
    let shadow = Shadow::beside(&own);
    let count = format!(
        "select count(*) from pg_database where datname ~ '^romashka_shadow_' and datdba = '{login}'::regrole"
    );

    let set = MigrationSet::embedded();
    let compared = {
        let comparison = drift(&client, &shadow, &set);
        tokio::pin!(comparison);
        let mut seen = 0;
        loop {
            tokio::select! {
                result = &mut comparison => {
                    result.expect("a comparison");
                    break seen;
                }
                () = tokio::time::sleep(Duration::from_millis(20)) => {
                    seen = seen.max(value::<i64>(owner, &count).await);
                }
            }
        }
    };
    assert_eq!(compared, 1, "the comparison makes a shadow of this login");
    assert_eq!(value::<i64>(owner, &count).await, 0, "it is dropped");

    // A migration that fails leaves none either.
    let broken = MigrationSet::new(
        [("001_broken.sql".to_owned(), Cow::Borrowed("select 1 / 0;"))],
        None,
    )
    .expect("a set");
    drift(&client, &shadow, &broken)
        .await
        .expect_err("a division by zero");
    assert_eq!(value::<i64>(owner, &count).await, 0, "it is dropped");
    drop(client);
    owner
        .batch_execute(&format!("drop role {login}"))
        .await
        .expect("nothing is left of the login");
}

/// What is done to the database, and the kind and change that must be among the findings.
const SABOTAGES: &[(&str, &str, Change)] = &[
    ("alter table public.teams disable row level security", "table", Change::Changed),
    ("alter table public.teams no force row level security", "table", Change::Changed),
    (
        "do $$ declare p name; begin
           select polname into strict p from pg_policy where polrelid = 'public.teams'::regclass and polcmd = 'r';
           execute format('alter policy %I on public.teams using (true)', p); end $$",
        "policy",
        Change::Changed,
    ),
    (
        "do $$ declare p name; begin
           select polname into strict p from pg_policy where polrelid = 'public.teams'::regclass and polcmd = 'd';
           execute format('drop policy %I on public.teams', p); end $$",
        "policy",
        Change::Missing,
    ),
    (
        "do $$ declare t name; begin
           select tgname into t from pg_trigger where tgrelid = 'public.teams'::regclass and not tgisinternal order by 1 limit 1;
           execute format('alter table public.teams disable trigger %I', t); end $$",
        "trigger",
        Change::Changed,
    ),
    (
        "create or replace function public.current_workspace_id() returns uuid language sql stable as 'select null::uuid'",
        "function",
        Change::Changed,
    ),
    (
        "do $$ declare c name; begin
           select conname into c from pg_constraint where conrelid = 'public.team_members'::regclass and contype = 'f' order by 1 limit 1;
           execute format('alter table public.team_members drop constraint %I', c); end $$",
        "constraint",
        Change::Missing,
    ),
    (
        "do $$ declare i regclass; n text; begin
           select x.indexrelid, c.relname into i, n from pg_index x join pg_class c on c.oid = x.indexrelid
            where x.indrelid = 'public.team_members'::regclass and not x.indisunique order by 2 limit 1;
           execute format('drop index %s', i);
           execute format('create index %I on public.team_members (created_at)', n); end $$",
        "index",
        Change::Changed,
    ),
    ("alter table public.teams alter column name type varchar(1000)", "column", Change::Changed),
    ("alter table public.teams alter column name drop not null", "column", Change::Changed),
    ("grant select on public.teams to anon", "grant", Change::Unexpected),
    ("grant execute on function public.create_workspace to public", "grant", Change::Unexpected),
    ("grant update (name) on public.teams to anon", "grant", Change::Unexpected),
    ("alter function public.current_workspace_id() reset search_path", "function", Change::Changed),
    (
        "do $$ begin execute format('grant select on %s to anon',
           (select inhrelid::regclass from pg_inherits where inhparent = 'public.events'::regclass limit 1)); end $$",
        "partitions",
        Change::Changed,
    ),
    ("create policy open on public.teams for select to anon using (true)", "policy", Change::Unexpected),
    ("alter table public.teams add column hidden text", "column", Change::Unexpected),
    ("comment on table public.teams is null", "comment", Change::Missing),
    (
        "do $$ begin execute format('alter table public.teams owner to %I', 'anon'); end $$",
        "owner",
        Change::Changed,
    ),
];

#[tokio::test]
async fn every_sabotage_is_found() {
    let database = TestDatabase::new().await;
    let client = open(&database).await;
    let set = MigrationSet::embedded();
    let shadow = Shadow::beside(&settings(&database));
    let expected = expected(&client, &shadow, &set).await.expect("a shadow");
    let sound = Fingerprint::read(&client).await.expect("a fingerprint");
    let differences = expected.differences(&sound);
    assert!(differences.is_empty(), "{}", told(&differences));
    for (sabotage, kind, change) in SABOTAGES {
        let client = open(&database).await;
        client.batch_execute("begin").await.expect("begin");
        client
            .batch_execute(sabotage)
            .await
            .unwrap_or_else(|error| panic!("{sabotage}: {error:?}"));
        let found = Fingerprint::read_within(&client)
            .await
            .expect("a fingerprint");
        let differences = expected.differences(&found);
        assert!(
            differences.iter().any(|difference| difference.kind == *kind
                && difference.change == *change
                && (difference.breaks_promise() || *kind == "comment")),
            "{sabotage} was not found:\n{}",
            told(&differences)
        );
        assert!(
            differences.len() < 12,
            "{sabotage} is drowned:\n{}",
            told(&differences)
        );
        client.batch_execute("rollback").await.expect("rollback");
    }
    // The difference shows the definition itself.
    client
        .batch_execute("create or replace function public.current_workspace_id() returns uuid language sql stable as 'select null::uuid'")
        .await
        .expect("sabotage");
    let found = Fingerprint::read(&client).await.expect("a fingerprint");
    let text = told(&expected.differences(&found));
    assert!(
        text.contains("+ AS $function$select null::uuid$function$"),
        "{text}"
    );
}

#[tokio::test]
async fn what_people_add_for_themselves_breaks_no_promise() {
    let database = TestDatabase::new().await;
    let client = open(&database).await;
    client
        .batch_execute(
            "create table public.my_own (id int primary key, note text); grant select on public.my_own to authenticated;
             create index my_own_index on public.teams (created_at, name);
             alter table public.teams set (fillfactor = 70)",
        )
        .await
        .expect("own objects");
    let shadow = Shadow::beside(&settings(&database));
    let differences = drift(&client, &shadow, &MigrationSet::embedded())
        .await
        .expect("a comparison");
    assert!(!differences.is_empty());
    assert!(
        !differences.iter().any(Difference::breaks_promise),
        "{}",
        told(&differences)
    );
}
