//! An installation of the older schema, which knew no workspaces: every table, column, type, default, key, index and
//! trigger that `tests/fixtures/legacy-catalog.json` names, with rows.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::repository_root;

/// Accounts in the shape of the provider that the older schema was made for, where nobody provides them.
const ACCOUNTS: &str = "
create extension if not exists pg_trgm;
do $$ begin
  if to_regclass('auth.users') is null then
    create schema if not exists auth;
    create table auth.users (id uuid primary key default gen_random_uuid(), email text unique, created_at timestamptz default now());
  end if;
end $$;
do $$ begin
  create role anon nologin;
  create role authenticated nologin;
exception when duplicate_object or unique_violation or insufficient_privilege then null; end $$;
";

fn fixture(name: &str) -> String {
    let path = repository_root().join("tests/fixtures").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().expect("a text in the catalog")
}

/// What an index of the older schema was on, from its name.
fn indexed(table: &str, name: &str, columns: &[&str]) -> Option<String> {
    let rest = name.strip_prefix(&format!("idx_{table}_"))?;
    let column = match rest {
        "agent_id" if table == "conversations" => "assigned_agent_id",
        "agent_status" => "assigned_agent_id, status",
        "status_created_at" => "status, created_at",
        "conversation_created" => "conversation_id, created_at",
        "title_trgm" => return Some("using gin (title gin_trgm_ops)".to_owned()),
        "content_trgm" => return Some("using gin (content gin_trgm_ops)".to_owned()),
        column if columns.contains(&column) => column,
        _ => return None,
    };
    Some(format!("({column})"))
}

/// The statements that make the older schema, without a row.
pub fn older_schema() -> String {
    let catalog: Value = serde_json::from_str(&fixture("legacy-catalog.json")).expect("JSON");
    let mut sql = ACCOUNTS.to_owned();
    for function in catalog["functions"].as_array().expect("functions") {
        let name = function.as_str().expect("a name");
        let _ = match name {
            "generate_uuid" => writeln!(
                sql,
                "create function public.generate_uuid() returns uuid language sql as 'select gen_random_uuid()';"
            ),
            "aggregate_daily_metrics" => writeln!(
                sql,
                "create function public.aggregate_daily_metrics(target_date date) returns void language sql as 'select null::void';"
            ),
            "cleanup_expired_metrics" => writeln!(
                sql,
                "create function public.cleanup_expired_metrics() returns void language sql as 'select null::void';"
            ),
            "update_updated_at_column" => writeln!(
                sql,
                "create function public.update_updated_at_column() returns trigger language plpgsql as 'begin new.updated_at = now(); return new; end';"
            ),
            _ => writeln!(
                sql,
                "create function public.{name}() returns trigger language plpgsql as 'begin return new; end';"
            ),
        };
    }
    let tables = catalog["tables"].as_object().expect("tables");
    for (table, columns) in tables {
        let _ = writeln!(sql, "create table public.{table} (");
        for column in columns.as_array().expect("columns") {
            let name = text(column, "column");
            let default = column["default"]
                .as_str()
                .map(|default| format!(" default {default}"))
                .unwrap_or_default();
            let null = if column["nullable"] == false {
                " not null"
            } else {
                ""
            };
            let _ = writeln!(sql, "  \"{name}\" {}{default}{null},", text(column, "type"));
        }
        let _ = writeln!(
            sql,
            "  primary key (id));\nalter table public.{table} enable row level security;\n\
             create policy \"by claim\" on public.{table} using (current_setting('request.jwt.claims', true) is not null);"
        );
    }
    for (kind, list) in [
        ("unique", &catalog["unique"]),
        ("reference", &catalog["foreign_keys"]),
    ] {
        for one in list.as_array().expect(kind) {
            let definition = text(one, "definition")
                .replace("REFERENCES auth.users", "\u{1}")
                .replace("REFERENCES ", "REFERENCES public.")
                .replace('\u{1}', "REFERENCES auth.users");
            let _ = writeln!(
                sql,
                "alter table public.{} add {definition};",
                text(one, "table")
            );
        }
    }
    for index in catalog["indexes"].as_array().expect("indexes") {
        let name = index.as_str().expect("a name");
        for (table, columns) in tables {
            let columns: Vec<&str> = columns
                .as_array()
                .expect("columns")
                .iter()
                .map(|column| text(column, "column"))
                .collect();
            if let Some(on) = indexed(table, name, &columns) {
                let _ = writeln!(sql, "create index {name} on public.{table} {on};");
            }
        }
    }
    for trigger in catalog["triggers"].as_array().expect("triggers") {
        let name = text(trigger, "trigger");
        let function = if name.ends_with("_updated_at") {
            "update_updated_at_column"
        } else {
            name.strip_prefix("trigger_").expect("a trigger's name")
        };
        let _ = writeln!(
            sql,
            "create trigger {name} before update on public.{} for each row execute function public.{function}();",
            text(trigger, "table")
        );
    }
    sql
}

/// The statements that fill it: sound rows, with so many messages.
pub fn older_rows(messages: u32) -> String {
    fixture("older-rows.sql").replace("{messages}", &messages.to_string())
}

/// The statements that put every kind of defect into it.
pub fn older_defects() -> String {
    fixture("older-defects.sql")
}
