//! `docs/schema.md`, made from the catalog of an installed database: every table with its columns, keys, indexes, policies
//! and triggers, every function, and a diagram for each area.

use std::{collections::BTreeMap, fmt::Write as _, fs};

use romashka_tests::{TestDatabase, compare_page, explain, repository_root};
use tokio_postgres::{Client, Row};

const ABOUT: &str = "# The schema

Written from the catalog of an installed database by `tests/tests/schema_page.rs`; `make generate` writes it anew. Who may
do what is in [permissions.md](permissions.md).
";

async fn rows(client: &Client, sql: &str) -> Vec<Row> {
    client
        .query(sql, &[])
        .await
        .unwrap_or_else(|error| panic!("{sql}\n{}", explain(&error)))
}

/// Text within a cell of a table, or a bullet.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("`{}`", cell(text).replace('`', "'"))
}

/// The folder of `database/` that makes each table.
fn areas() -> BTreeMap<String, Vec<String>> {
    let mut areas: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in fs::read_dir(repository_root().join("database")).expect("database/") {
        let folder = entry.expect("an entry").path();
        let area = folder
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name of ASCII")
            .to_owned();
        for file in ["prelude.sql", "tables.sql"] {
            let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
            for line in text.lines() {
                if let Some(rest) = line
                    .trim_start()
                    .replacen("create unlogged table", "create table", 1)
                    .strip_prefix("create table if not exists public.")
                    && let Some(name) = rest.split([' ', '(']).next()
                    && !rest.contains(" partition of ")
                {
                    areas.entry(area.clone()).or_default().push(name.to_owned());
                }
            }
        }
    }
    areas
}

/// Lines of one kind by table: `table → line`.
async fn by_table(client: &Client, sql: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows(client, sql).await {
        found.entry(row.get(0)).or_default().push(row.get(1));
    }
    found
}

fn diagram(tables: &[String], keys: &[Row], references: &[Row]) -> String {
    let mut text = String::from("```mermaid\nerDiagram\n");
    for row in references {
        let (child, parent, column): (&str, &str, &str) = (row.get(0), row.get(1), row.get(2));
        if tables.iter().any(|table| table == child) {
            writeln!(text, "  {parent} ||--o{{ {child} : {column}").unwrap();
        }
    }
    for table in tables {
        writeln!(text, "  {table} {{").unwrap();
        for row in keys.iter().filter(|row| row.get::<_, &str>(0) == table) {
            let (name, kind, mark): (&str, &str, &str) = (row.get(1), row.get(2), row.get(3));
            writeln!(text, "    {kind} {name} {mark}").unwrap();
        }
        text.push_str("  }\n");
    }
    text.push_str("```\n");
    text
}

#[tokio::test]
async fn the_committed_schema_page_is_current() {
    let database = TestDatabase::new().await;
    let client = database.owner();
    client
        .batch_execute("set search_path = pg_catalog; set time zone 'UTC'")
        .await
        .unwrap();
    let columns = rows(client, COLUMNS).await;
    let comments = by_table(client, TABLE_COMMENTS).await;
    let sections = [
        ("Constraints", by_table(client, CONSTRAINTS).await),
        ("Indexes", by_table(client, INDEXES).await),
        ("Policies", by_table(client, POLICIES).await),
        ("Triggers", by_table(client, TRIGGERS).await),
    ];
    let references = rows(client, REFERENCES).await;
    let keys = rows(client, KEYS).await;

    let areas = areas();
    let placed: Vec<&String> = areas.values().flatten().collect();
    for table in comments.keys() {
        assert!(
            placed.contains(&table),
            "no file of database/ makes public.{table}"
        );
    }
    let mut page = ABOUT.to_owned();
    for (area, tables) in &areas {
        let (_, title) = area.split_once('-').expect("NN-area");
        let mut capitals = title.chars();
        let title: String = capitals
            .next()
            .map(|first| first.to_uppercase().collect::<String>() + capitals.as_str())
            .unwrap_or_default();
        write!(
            page,
            "\n## {title}\n\n{}",
            diagram(tables, &keys, &references)
        )
        .unwrap();
        for table in tables {
            let comment = comments.get(table).map(|lines| lines.join(" "));
            write!(
                page,
                "\n### `{table}`\n\n{}\n\n| column | type | null | default | meaning |\n|---|---|---|---|---|\n",
                comment.unwrap_or_default()
            )
            .unwrap();
            for row in columns.iter().filter(|row| row.get::<_, &str>(0) == table) {
                let field = |at: usize| row.get::<_, &str>(at);
                writeln!(
                    page,
                    "| `{}` | {} | {} | {} | {} |",
                    field(1),
                    field(2),
                    field(3),
                    code(field(4)),
                    cell(field(5))
                )
                .unwrap();
            }
            for (name, lines) in &sections {
                if let Some(lines) = lines.get(table) {
                    write!(page, "\n{name}:\n\n").unwrap();
                    for line in lines {
                        writeln!(page, "- {}", code(line)).unwrap();
                    }
                }
            }
        }
    }
    page.push_str("\n## Domains\n\nThe values that a column of the hot tables may have.\n\n| domain | values | meaning |\n|---|---|---|\n");
    for row in rows(client, DOMAINS).await {
        let field = |at: usize| row.get::<_, &str>(at);
        writeln!(
            page,
            "| {} | {} | {} |",
            code(field(0)),
            code(field(1)),
            cell(field(2))
        )
        .unwrap();
    }
    page.push_str("\n## Functions\n\n`definer` runs with the rights of the role that installed, and checks the workspace itself; the others run with the caller's.\n\n| function | returns | rights | meaning |\n|---|---|---|---|\n");
    for row in rows(client, FUNCTIONS).await {
        let field = |at: usize| row.get::<_, &str>(at);
        writeln!(
            page,
            "| {} | {} | {} | {} |",
            code(field(0)),
            code(field(1)),
            field(2),
            cell(field(3))
        )
        .unwrap();
    }
    compare_page("docs/schema.md", &page);
}

const COLUMNS: &str = "select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'no' else 'yes' end,
    coalesce(pg_get_expr(d.adbin, d.adrelid), ''), coalesce(col_description(c.oid, a.attnum), '')
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by c.relname, a.attnum";
const TABLE_COMMENTS: &str =
    "select relname::text, coalesce(obj_description(oid, 'pg_class'), '') from pg_class
 where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname";
const CONSTRAINTS: &str = "select c.relname::text, k.conname || ': ' || pg_get_constraintdef(k.oid) from pg_constraint k join pg_class c on c.oid = k.conrelid
 where c.relnamespace = 'public'::regnamespace and k.contype in ('p', 'u', 'f', 'c', 'x') and k.conparentid = 0 order by c.relname, array_position(array['p', 'u', 'x', 'f', 'c'], k.contype::text), k.conname";
const INDEXES: &str = "select t.relname::text, pg_get_indexdef(i.indexrelid) from pg_index i join pg_class t on t.oid = i.indrelid join pg_class c on c.oid = i.indexrelid
 where t.relnamespace = 'public'::regnamespace and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')) order by t.relname, c.relname";
// Policies for reading have the body of `workspaces_of_request` written out; the page shows the call.
const POLICIES: &str = r#"select tablename::text, format('%s: %s to %s%s%s', policyname, lower(cmd), array_to_string(array(select unnest(roles::text[]) order by 1), ', '), ' using (' || regexp_replace(qual, '\s+CASE\s.*?\sELSE romashka\.my_workspaces\((.*?)\)\s+END AS my_workspaces', ' romashka.workspaces_of_request(\1) AS workspaces_of_request') || ')', ' with check (' || with_check || ')')
  from pg_policies where schemaname = 'public' order by tablename, array_position(array['SELECT', 'INSERT', 'UPDATE', 'DELETE'], cmd), policyname"#;
const TRIGGERS: &str = "select c.relname::text, pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
 where c.relnamespace = 'public'::regnamespace and not t.tgisinternal and t.tgparentid = 0 order by c.relname, t.tgname";
const REFERENCES: &str = "select distinct c.relname::text, f.relname::text, (select a.attname::text from unnest(k.conkey) as n join pg_attribute a on a.attrelid = k.conrelid and a.attnum = n where a.attname <> 'workspace_id' or cardinality(k.conkey) = 1 limit 1)
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid
 where k.contype = 'f' and k.conparentid = 0 and c.relnamespace = 'public'::regnamespace and f.relnamespace = 'public'::regnamespace order by 1, 3, 2";
const KEYS: &str = r"select c.relname::text, a.attname::text, regexp_replace(replace(format_type(a.atttypid, null), '[]', '_array'), '\W', '_', 'g'),
    case when exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p' and a.attnum = any (k.conkey)) then 'PK' else 'FK' end
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
   and exists (select from pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'f') and a.attnum = any (k.conkey)) order by c.relname, a.attnum";
const DOMAINS: &str = "select format('%s.%s', n.nspname, t.typname), format_type(t.typbasetype, t.typtypmod) || ' ' || coalesce((select string_agg(pg_get_constraintdef(k.oid), ' ' order by k.conname) from pg_constraint k where k.contypid = t.oid and k.contype = 'c'), ''),
    coalesce(obj_description(t.oid, 'pg_type'), '')
  from pg_type t join pg_namespace n on n.oid = t.typnamespace where n.nspname in ('public', 'romashka') and t.typtype = 'd' order by 1";
const FUNCTIONS: &str = "select format('%s.%s(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), pg_get_function_result(p.oid), case when p.prosecdef then 'definer' else 'caller' end, coalesce(obj_description(p.oid, 'pg_proc'), '')
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
 where n.nspname in ('public', 'romashka') and p.prokind = 'f' and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e') order by n.nspname, 1";
