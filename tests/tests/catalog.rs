//! What holds for every table, policy, index and function, read from the catalog: rules that a new table meets by being
//! written as the others are, and the names that existing users' statements rely on.
//!
//! A rule is a query in `catalog/` that gives one line for each breach. What is accepted stands here with its reason, and
//! an acceptance that nothing needs any more fails as a breach does.

use std::collections::BTreeSet;

use romashka_tests::{TestDatabase, explain, value};
use serde_json::Value;
use tokio_postgres::Client;

/// The beginning of a finding, and why it may stand.
type Accepted = (&'static str, &'static str);

async fn prepare(client: &Client) {
    // With an empty path every name is printed with its schema.
    for batch in [
        include_str!("catalog/own.sql"),
        "set search_path = pg_catalog",
    ] {
        if let Err(error) = client.batch_execute(batch).await {
            panic!("catalog/own.sql: {}", explain(&error));
        }
    }
}

async fn findings(client: &Client, sql: &str) -> Vec<String> {
    match client.query(sql, &[]).await {
        Ok(rows) => rows.iter().map(|row| row.get(0)).collect(),
        Err(error) => panic!("{sql}\n{}", explain(&error)),
    }
}

fn judge(rule: &str, found: &[String], accepted: &[Accepted]) {
    let breaches: Vec<&String> = found
        .iter()
        .filter(|finding| !accepted.iter().any(|(start, _)| finding.starts_with(start)))
        .collect();
    let listed = breaches
        .iter()
        .map(|finding| format!("  {finding}\n"))
        .collect::<String>();
    assert!(
        breaches.is_empty(),
        "{rule}: {} breaches\n{listed}",
        breaches.len()
    );
    for (start, reason) in accepted {
        assert!(
            found.iter().any(|finding| finding.starts_with(start)),
            "{rule}: nothing begins with {start:?} any more, so it need not be accepted ({reason})"
        );
    }
}

macro_rules! rules {
    ($($name:ident: $accepted:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            let accepted: &[Accepted] = $accepted;
            let database = TestDatabase::new().await;
            prepare(database.owner()).await;
            let found = findings(database.owner(), include_str!(concat!("catalog/", stringify!($name), ".sql"))).await;
            judge(stringify!($name), &found, accepted);
        })*

        /// A query in the folder that no test runs would be a rule that nobody keeps.
        #[test]
        fn every_rule_has_its_test() {
            let known: BTreeSet<&str> = [$(stringify!($name)),*, "own", "plpgsql_check"].into_iter().collect();
            let folder = romashka_tests::repository_root().join("tests/tests/catalog");
            for entry in std::fs::read_dir(folder).expect("the folder of the rules") {
                let name = entry.expect("an entry").file_name().into_string().expect("a name of ASCII");
                let name = name.strip_suffix(".sql").expect("only .sql files here");
                assert!(known.contains(name), "catalog/{name}.sql is run by no test");
            }
        }
    };
}

rules! {
    always_true_policies: &[];
    column_types: &[];
    constraint_names: &[];
    decisions_on_user_metadata: &[];
    definer_functions_open_to_anon: &[
        ("public.read_widget_conversation(", "a visitor of the widget reads the conversation that the token in hand began"),
        ("public.start_widget_conversation(", "a visitor of the widget writes, into the workspace the widget's token stands for"),
        ("public.widget_settings(", "what the widget looks like, shown to everybody on the site"),
        ("public.current_workspace_id()", "a default of every table; without a context it is null"),
        ("romashka.current_user_id()", "reads who asks, and gives nobody for anon"),
        ("romashka.my_workspaces(", "the condition of policies; empty without a context"),
        ("romashka.workspaces_by_role(", "as my_workspaces, for all roles at once"),
    ];
    duplicate_indexes: &[];
    extensions_in_public: &[];
    functions_open_to_everybody: &[];
    grants_on_partitions: &[];
    json_without_shape: &[
        ("public.events.payload", "written by record_event alone, with each message"),
        ("public.messages.knowledge_sources", "existing writers store an object or an array; a check would cost every message"),
    ];
    missing_comments: &[];
    mutable_search_path: &[];
    per_row_calls_in_policies: &[];
    policies_to_everybody: &[];
    scale_out: &[
        ("P2 ", "sub-selects in policies run a helper once per statement; Citus gets a second form of the policies"),
        ("T1 ", "the audit works on the rows of a whole statement, which costs a fraction of a row trigger"),
        ("N1 a table without workspace | public.profiles", "people are global: one row a person, whatever the number of their workspaces"),
        ("N1 a table without workspace | romashka.postponed_indexes", "indexes are the database's, not a workspace's"),
        ("N1 a table without workspace | public.schema_migrations", "a control table of the database"),
        ("N1 a table without workspace | romashka.oidc_logins", "people sign in before a workspace is chosen"),
        ("N1 a table without workspace | romashka.oidc_identities", "people sign in before a workspace is chosen"),
        ("N1 a table without workspace | romashka.account_tokens", "people sign in before a workspace is chosen: passwords, sessions and tokens are global as they are"),
        ("N1 a table without workspace | romashka.login_failures", "the same: counted also where there is no account"),
        ("N1 a table without workspace | romashka.outgoing_mails", "the same: the installation's own mails to people"),
        ("N1 a table without workspace | romashka.passwords", "the same"),
        ("N1 a table without workspace | romashka.rate_limits", "the same: counted before anybody is known"),
        ("N1 a table without workspace | romashka.recovery_codes", "the same"),
        ("N1 a table without workspace | romashka.ledger_origin", "transactions are the server's, not a workspace's"),
        ("N1 a table without workspace | romashka.scheduled_jobs", "the installation's own, over all workspaces"),
        ("N1 a table without workspace | romashka.second_factors", "the same"),
        ("N1 a table without workspace | romashka.sessions", "the same"),
        ("N1 a table without workspace | romashka.website_hosts", "a host is asked with pauses, whichever workspaces read it"),
        ("K3 a unique, primary or exclusion index without the workspace | romashka.channel_tokens", "the token is what says which workspace is meant"),
        ("K3 a unique, primary or exclusion index without the workspace | romashka.mail_addresses", "the address is what says which workspace is meant"),
        ("K3 a unique, primary or exclusion index without the workspace | romashka.sql_logins", "a login role is the cluster's, so it is unique beyond workspaces"),
        ("K3 a unique, primary or exclusion index without the workspace | romashka.widget_tokens", "the token is what says which workspace is meant"),
        ("T2 ", "workspaces would be distributed by id beside its tenants, not copied to every node"),
    ];
    several_policies_for_one_command: &[];
    tables_without_policy: &[
        ("romashka.adopted_credentials", "nobody but the owner of the database reads plaintext that waits for a key"),
        ("romashka.postponed_indexes", "nobody but the owner, who loads and verifies, reads it"),
        ("romashka.knowledge_indexing", "the server's alone, through the functions of the queue"),
        ("romashka.assistant_turns", "the server's alone, through the functions of the queue"),
        ("romashka.question_set_queue", "the server's alone, through the functions of the queue"),
        ("romashka.ai_usage", "read through ai_usage_today, which looks who asks"),
        ("romashka.ai_reservations", "the server's alone, through the functions of the budget"),
        ("romashka.knowledge_passages", "read through show_passages, which looks who asks"),
        ("romashka.knowledge_revisions", "read through rank_knowledge, which looks who asks"),
        ("romashka.ledger_origin", "nobody but the owner reads it, through in_ledger"),
        ("romashka.oidc_logins", "nobody but the owner reads it, through the functions that the service may call"),
        ("romashka.oidc_identities", "nobody but the owner reads it, through the functions that the service may call"),
        ("romashka.account_tokens", "nobody but the owner reads it, through the functions that the service may call"),
        ("romashka.channel_tokens", "the same"),
        ("romashka.login_failures", "the same"),
        ("romashka.channel_syncs", "the same"),
        ("romashka.mail_addresses", "the same: written by the trigger of the channels"),
        ("romashka.mailboxes", "the same"),
        ("romashka.media_fetches", "the same"),
        ("romashka.outgoing_mails", "the same"),
        ("romashka.passwords", "the same"),
        ("romashka.rate_limits", "the same"),
        ("romashka.read_marks", "the same"),
        ("romashka.removed_files", "the same: written by the trigger of the files"),
        ("romashka.recovery_codes", "the same"),
        ("romashka.scheduled_jobs", "the same"),
        ("romashka.second_factors", "the same"),
        ("romashka.sessions", "the same"),
        ("romashka.sql_logins", "nobody but the owner reads it, through the helpers that run as him"),
        ("romashka.visitor_sessions", "the same: read by the functions for the widget's visitors"),
        ("romashka.webhook_event_keys", "the same: read where an event is taken in"),
        ("romashka.website_hosts", "the server's alone, through the functions of the queue"),
        ("romashka.website_pages", "the same; members read website_scan_pages"),
        ("romashka.website_scans", "the same; members read website_scan_jobs"),
        ("romashka.widget_tokens", "the same: read by the functions for the widget's visitors"),
    ];
    tables_without_primary_key: &[];
    tables_without_row_security: &[];
    tenant_columns: &[
        ("public.events: ", "the ledger is written by record_event alone, which is told the workspace"),
        ("romashka.channel_tokens: ", "says which workspace a token stands for, so it cannot follow the context"),
        ("romashka.mail_addresses: ", "says which workspace an address stands for, so it cannot follow the context"),
        ("romashka.widget_tokens: ", "says which workspace a token stands for, so it cannot follow the context"),
        ("romashka.adopted_credentials: ", "says which workspace a credential goes back to, so it cannot follow the context"),
        ("romashka.sql_logins: ", "says which workspace a login stands for, so it cannot follow the context"),
    ];
    unindexed_foreign_keys: &[];
    update_policies_without_check: &[];
    updated_at_without_trigger: &[];
    views_with_owners_rights: &[];
}

/// A rule that finds nothing in a database full of breaches would find nothing anywhere.
#[tokio::test]
async fn the_rules_find_what_is_wrong() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    prepare(client).await;
    let mut rules: Vec<(String, String, Vec<String>)> = Vec::new();
    for entry in std::fs::read_dir(romashka_tests::repository_root().join("tests/tests/catalog"))
        .expect("the folder of the rules")
    {
        let path = entry.expect("an entry").path();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .expect("a name of ASCII")
            .to_owned();
        if name == "own" || name == "plpgsql_check" {
            continue;
        }
        let sql = std::fs::read_to_string(&path).expect("a rule");
        let before = findings(client, &sql).await;
        rules.push((name, sql, before));
    }
    if let Err(error) = client
        .batch_execute(include_str!("../fixtures/breaches.sql"))
        .await
    {
        panic!("fixtures/breaches.sql: {}", explain(&error));
    }
    let mut silent = Vec::new();
    for (name, sql, before) in &rules {
        if findings(client, sql)
            .await
            .iter()
            .all(|finding| before.contains(finding))
        {
            silent.push(name);
        }
    }
    assert!(
        silent.is_empty(),
        "these rules do not see fixtures/breaches.sql: {silent:?}"
    );
}

/// `plpgsql_check` finds what only running a line would: a column that is not there, a variable never read, a type that
/// does not fit. Debian has it as postgresql-15-plpgsql-check.
#[tokio::test]
async fn plpgsql_check() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let available: bool = value(
        client,
        "select exists (select from pg_available_extensions where name = 'plpgsql_check')",
    )
    .await;
    if !available {
        eprintln!("plpgsql_check is not installed on this server: its findings are not known");
        return;
    }
    client
        .batch_execute("create extension plpgsql_check with schema extensions")
        .await
        .expect("the extension");
    prepare(client).await;
    let sql = include_str!("catalog/plpgsql_check.sql").replace("%schema%", "extensions");
    let accepted: &[Accepted] = &[
        (
            "security: romashka.grant_function(",
            "run by the installing role alone, with literals of the sources",
        ),
        (
            "security: romashka.protect_table(",
            "run by the installing role alone, with literals of the sources",
        ),
    ];
    judge("plpgsql_check", &findings(client, &sql).await, accepted);

    client
        .batch_execute(include_str!("../fixtures/breaches.sql"))
        .await
        .expect("fixtures/breaches.sql");
    let found = findings(client, &sql).await;
    assert!(
        found
            .iter()
            .any(|finding| finding.contains("no_such_column")),
        "the broken function is not seen: {found:?}"
    );
}

fn contract() -> Value {
    serde_json::from_str(include_str!("../fixtures/legacy-catalog.json"))
        .expect("the catalog of earlier versions")
}

/// Table, column and type of everything that earlier versions had. Types may have widened to text. What need not be given
/// still need not, but for references: a message without a conversation was a defect.
#[tokio::test]
async fn the_tables_and_columns_of_earlier_versions_are_there() {
    let database = TestDatabase::new().await;
    let rows = database
        .owner()
        .query(
            "select c.relname::text, a.attname::text,
                    (select case t.typtype when 'd' then format_type(t.typbasetype, t.typtypmod) else format_type(a.atttypid, a.atttypmod) end from pg_type t where t.oid = a.atttypid),
                    a.attnotnull and not a.atthasdef and a.attidentity = ''
                    and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and a.attnum = any (k.conkey))
               from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
              where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')",
            &[],
        )
        .await
        .unwrap();
    let mut wrong = Vec::new();
    let contract = contract();
    let tables = contract["tables"].as_object().expect("tables");
    assert_eq!(tables.len(), 40);
    for (table, columns) in tables {
        for column in columns.as_array().expect("columns") {
            let (name, old) = (
                column["column"].as_str().expect("a name"),
                column["type"].as_str().expect("a type"),
            );
            let Some(row) = rows
                .iter()
                .find(|row| row.get::<_, &str>(0) == table && row.get::<_, &str>(1) == name)
            else {
                wrong.push(format!("{table}.{name} is not there"));
                continue;
            };
            let new: &str = row.get(2);
            if !widened(old, new) {
                wrong.push(format!("{table}.{name} was {old} and is {new}"));
            }
            let was_optional =
                column["nullable"].as_bool().expect("nullable") || !column["default"].is_null();
            if was_optional && row.get::<_, bool>(3) {
                wrong.push(format!(
                    "{table}.{name} must be given now, and had not to be"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether every value of the old type is one of the new type, as the same literal.
fn widened(old: &str, new: &str) -> bool {
    let base = |name: &str| name.split('(').next().unwrap_or_default().trim().to_owned();
    let (old, new) = (base(old), base(new));
    old == new
        || new == "text" && ["character varying", "character", "inet"].contains(&old.as_str())
        || new == "bigint" && old == "integer"
        || new == "numeric"
            && ["integer", "bigint", "double precision", "real"].contains(&old.as_str())
        || new == "jsonb" && old == "json"
        || new == "timestamp with time zone" && old == "timestamp without time zone"
}

async fn missing(database: &TestDatabase, wanted: &[String], sql: &str) -> Vec<String> {
    let there: BTreeSet<String> = findings(database.owner(), sql).await.into_iter().collect();
    wanted
        .iter()
        .filter(|name| !there.contains(*name))
        .cloned()
        .collect()
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array()
        .expect("a list")
        .iter()
        .map(|name| name.as_str().expect("a name").to_owned())
        .collect()
}

#[tokio::test]
async fn the_indexes_functions_and_triggers_of_earlier_versions_are_there() {
    let database = TestDatabase::new().await;
    let contract = contract();

    let indexes = strings(&contract["indexes"]);
    assert_eq!(indexes.len(), 32);
    let gone = missing(&database, &indexes, "select relname::text from pg_class where relkind in ('i', 'I') and relnamespace = 'public'::regnamespace").await;
    assert!(gone.is_empty(), "indexes that are not there: {gone:?}");

    let functions = strings(&contract["functions"]);
    assert_eq!(functions.len(), 17);
    let gone = missing(
        &database,
        &functions,
        "select proname::text from pg_proc where pronamespace = 'public'::regnamespace",
    )
    .await;
    assert!(gone.is_empty(), "functions that are not there: {gone:?}");

    let triggers: Vec<String> = contract["triggers"]
        .as_array()
        .expect("triggers")
        .iter()
        .map(|entry| {
            format!(
                "{}.{}",
                entry["table"].as_str().expect("a table"),
                entry["trigger"].as_str().expect("a name")
            )
        })
        .collect();
    assert_eq!(triggers.len(), 17);
    let sql = "select format('%s.%s', c.relname, g.tgname) from pg_trigger g join pg_class c on c.oid = g.tgrelid
                where c.relnamespace = 'public'::regnamespace and not g.tgisinternal and g.tgenabled = 'O'";
    let gone = missing(&database, &triggers, sql).await;
    assert!(gone.is_empty(), "triggers that are not there: {gone:?}");
}

/// Each reference of earlier versions still is one: from the same column to the same table, or to a person's membership
/// where it was to the person.
#[tokio::test]
async fn the_references_of_earlier_versions_are_there() {
    let database = TestDatabase::new().await;
    let wanted: Vec<String> = contract()["foreign_keys"]
        .as_array()
        .expect("foreign keys")
        .iter()
        .map(|entry| {
            let definition = entry["definition"].as_str().expect("a definition");
            let column = definition.split(['(', ')']).nth(1).expect("a column");
            let target = definition
                .split("REFERENCES ")
                .nth(1)
                .and_then(|rest| rest.split('(').next())
                .expect("a table");
            format!(
                "{}.{column} -> {target}",
                entry["table"].as_str().expect("a table")
            )
        })
        .collect();
    assert_eq!(wanted.len(), 51);
    let sql = "select format('%s.%s -> %s', c.relname, a.attname, case when r.relname = 'workspace_members' then 'profiles' when r.relnamespace = 'public'::regnamespace then r.relname::text else r.oid::regclass::text end)
                 from pg_constraint k
                 join pg_class c on c.oid = k.conrelid
                 join pg_class r on r.oid = k.confrelid
                 join pg_attribute a on a.attrelid = c.oid and a.attnum = any (k.conkey)
                where k.contype = 'f' and c.relnamespace = 'public'::regnamespace";
    let gone = missing(&database, &wanted, sql).await;
    assert!(gone.is_empty(), "references that are not there: {gone:#?}");
}

/// What was unique still is, within a workspace.
#[tokio::test]
async fn what_was_unique_is_unique_within_a_workspace() {
    let database = TestDatabase::new().await;
    // lower(x) and coalesce(x, …) are unique where x was; the workspace comes in addition.
    let unique: BTreeSet<String> = findings(
        database.owner(),
        r"select format('%s (%s)', c.relname, string_agg(key, ', ' order by key))
            from pg_index i
            join pg_class c on c.oid = i.indrelid
           cross join lateral generate_series(1, i.indnkeyatts) as position
           cross join lateral regexp_replace(pg_get_indexdef(i.indexrelid, position, true), '^(lower|COALESCE)\(([a-z_]+).*$', '\2', 'i') as key
           where i.indisunique and i.indisvalid and c.relnamespace = 'public'::regnamespace and key <> 'workspace_id'
           group by c.relname, i.indexrelid",
    )
    .await
    .into_iter()
    .collect();
    let contract = contract();
    for entry in contract["unique"].as_array().expect("unique") {
        let definition = entry["definition"].as_str().expect("a definition");
        let mut columns: Vec<&str> = definition
            .split(['(', ')'])
            .nth(1)
            .expect("columns")
            .split(", ")
            .collect();
        columns.sort_unstable();
        let wanted = format!(
            "{} ({})",
            entry["table"].as_str().expect("a table"),
            columns.join(", ")
        );
        assert!(unique.contains(&wanted), "{wanted} is not unique any more");
    }
}

/// A table of the owner's that has the name of a new one of ours stops an adoption before anything is changed.
#[tokio::test]
async fn an_adoption_knows_every_name_it_needs() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    let opening = std::fs::read_to_string(
        romashka_tests::repository_root().join("database/05-adoption/opening.sql"),
    )
    .expect("the beginning of an adoption");
    let unknown: Vec<String> = findings(
        client,
        "select c.relname::text from pg_catalog.pg_class as c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and c.relname <> 'schema_migrations' order by 1",
    )
    .await
    .into_iter()
    .filter(|name| !opening.contains(&format!("'{name}'")))
    .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
