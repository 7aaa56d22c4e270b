//! One row in every table of a workspace, made from the catalog, so that a table added tomorrow is covered by the tests
//! that walk over all tables.
//!
//! Invariant: every table of `public` has a row of the workspace afterwards, or the test that asked for it fails.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Client;
use uuid::Uuid;

use crate::{TestDatabase, explain};

/// What a column needs beyond its type: the form that a CHECK or a trigger asks for. `{unique}` is new for each row.
const FORMS: &[(&str, &str, &str)] = &[
    ("*", "email", "'{unique}@example.test'"),
    ("*", "slug", "'w-{unique}'"),
    ("*", "token_hash", "sha256('{unique}'::bytea)"),
    ("*", "key_hash", "sha256('{unique}'::bytea)"),
    ("*", "credentials", "'{}'"),
    ("*", "url", "'https://example.test/{unique}'"),
    ("*", "webhook_url", "'https://example.test/{unique}'"),
    ("*", "base_url", "'https://example.test/v1'"),
    ("*", "file_hash", "repeat('a', 64)"),
    ("*", "currency", "'EUR'"),
    ("*", "attribute_key", "'k_{unique}'"),
    ("api_keys", "display_prefix", "'rmk_live_abc'"),
    ("api_keys", "last_four", "'abcd'"),
    ("api_keys", "scopes", "array['*:read']"),
    (
        "widget_identity_secrets",
        "secret_key",
        "'rmk1.00000000.' || repeat('a', 32) || '.' || repeat('a', 22)",
    ),
    ("events", "kind", "'test.made'"),
    ("conversations", "number", "null"),
    (
        "website_scan_jobs",
        "urls",
        "array['https://example.test/']",
    ),
    // One that is not worked on any more.
    ("website_scan_jobs", "status", "'completed'"),
    ("webhook_subscriptions", "event_type", "'message.created'"),
    ("*", "language", "'en'"),
    ("scheduled_reports", "schedule_cron", "'0 8 * * 1'"),
    (
        "scheduled_reports",
        "recipients",
        "array['boss@example.test']",
    ),
    ("report_runs", "filename", "'figures.csv'"),
    // One that is not made any more: a worker at work would put its own file in place.
    ("report_runs", "status", "'sent'"),
    ("adopted_tables", "rows_quarantined", "0"),
    // One of which nothing else is expected.
    ("question_set_items", "must_refuse", "true"),
    ("question_set_results", "has_passed", "true"),
    ("report_runs", "content", "'\\x646174650a'"),
];

/// References that a row gets although they may be null: to what holds a tenant's words.
const REFERENCES: &[&str] = &[
    "conversation_id",
    "customer_id",
    "message_id",
    "knowledge_item_id",
    "integration_id",
    "webhook_subscription_id",
    "workflow_id",
];

/// A table of `public`, as far as a row of it needs.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name without the schema.
    pub name: String,
    /// Whether it has the column `workspace_id`.
    pub is_tenant: bool,
    /// Its columns in order, generated ones left out.
    pub columns: Vec<Column>,
    foreign_keys: Vec<ForeignKey>,
}

/// A column that a statement may set.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    kind: String,
    is_required: bool,
    first_allowed: Option<String>,
}

#[derive(Clone, Debug)]
struct ForeignKey {
    columns: Vec<String>,
    target: String,
    target_columns: Vec<String>,
}

impl TestDatabase {
    /// Every table of `public`, partitions left out, by name.
    ///
    /// # Panics
    /// When the catalog cannot be read.
    pub async fn tables(&self) -> BTreeMap<String, Table> {
        let client = self.owner();
        let mut tables = BTreeMap::new();
        for row in query(client, COLUMNS).await {
            let name: String = row.get(0);
            let table = tables.entry(name.clone()).or_insert_with(|| Table {
                name,
                is_tenant: false,
                columns: Vec::new(),
                foreign_keys: Vec::new(),
            });
            let column: String = row.get(1);
            table.is_tenant |= column == "workspace_id";
            table.columns.push(Column {
                name: column,
                kind: row.get(2),
                is_required: row.get(3),
                first_allowed: row.get(4),
            });
        }
        for row in query(client, FOREIGN_KEYS).await {
            if let Some(table) = tables.get_mut(row.get::<_, &str>(0)) {
                table.foreign_keys.push(ForeignKey {
                    columns: row.get(1),
                    target: row.get(2),
                    target_columns: row.get(3),
                });
            }
        }
        tables
    }

    /// Gives every table that lacks one a row of the workspace; people are this person.
    ///
    /// # Panics
    /// When a table refuses its row: then [`FORMS`] lacks what its columns need.
    pub async fn fill_workspace(&self, workspace: Uuid, person: Uuid) {
        let tables = self.tables().await;
        let filling = Filling {
            client: self.owner(),
            tables: &tables,
            workspace,
            person,
        };
        for table in tables.values().filter(|table| table.is_tenant) {
            Box::pin(filling.row_of(&table.name, &mut BTreeSet::new())).await;
        }
    }
}

impl Table {
    /// `(a, b)`: its columns, for an INSERT.
    pub fn column_list(&self) -> String {
        let names: Vec<&str> = self
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        names.join(", ")
    }

    /// Its foreign keys to tables of the same workspace: the column that names the row, and the table.
    pub fn references(&self) -> Vec<(String, String)> {
        self.foreign_keys
            .iter()
            .filter(|key| key.columns.iter().any(|column| column == "workspace_id"))
            .filter_map(|key| {
                let column = key
                    .columns
                    .iter()
                    .find(|column| *column != "workspace_id")?;
                Some((column.clone(), key.target.clone()))
            })
            .collect()
    }

    /// The INSERT of a row like the given one (JSON), under a new id.
    pub fn insert_like(&self, row: &str) -> String {
        let list = self.column_list();
        let fresh = if self.columns.iter().any(|column| column.name == "id") {
            let kind = self
                .columns
                .iter()
                .find(|column| column.name == "id")
                .map(|column| column.kind.as_str());
            match kind {
                Some("uuid") => format!(" || '{{\"id\": \"{}\"}}'", Uuid::new_v4()),
                _ => " || '{\"id\": 987654321}'".to_owned(),
            }
        } else {
            String::new()
        };
        format!(
            "insert into public.{0} ({list}) select {list} from jsonb_populate_record(null::public.{0}, ({1}::jsonb{fresh}))",
            self.name,
            quoted(row)
        )
    }
}

/// Whether a column of one table has a form of its own, which it needs in spite of its default.
fn has_own_form(table: &str, column: &str) -> bool {
    FORMS
        .iter()
        .any(|(of, name, _)| *of == table && *name == column)
}

struct Filling<'a> {
    client: &'a Client,
    tables: &'a BTreeMap<String, Table>,
    workspace: Uuid,
    person: Uuid,
}

impl Filling<'_> {
    /// Makes a row where there is none. `path` are the tables being filled, for those that refer to themselves.
    async fn row_of(&self, name: &str, path: &mut BTreeSet<String>) {
        let table = &self.tables[name];
        if !path.insert(name.to_owned()) || !table.is_tenant {
            return;
        }
        let present = format!(
            "select from public.{name} where workspace_id = '{}' limit 1",
            self.workspace
        );
        if !query(self.client, &present).await.is_empty() {
            return;
        }
        let mut columns = vec!["workspace_id".to_owned()];
        let mut values = vec![format!("'{}'", self.workspace)];
        for column in table
            .columns
            .iter()
            .filter(|column| column.is_required || has_own_form(name, &column.name))
            .filter(|column| column.name != "workspace_id")
        {
            columns.push(column.name.clone());
            values.push(Box::pin(self.value(table, column, path)).await);
        }
        for key in &table.foreign_keys {
            for (own, foreign) in key.columns.iter().zip(&key.target_columns) {
                if REFERENCES.contains(&own.as_str()) && !columns.contains(own) {
                    Box::pin(self.row_of(&key.target, path)).await;
                    columns.push(own.clone());
                    values.push(self.pick(&key.target, foreign));
                }
            }
        }
        // A trigger on a table it refers to may have made its row by now.
        let sql = format!(
            "insert into public.{name} ({}) values ({}) on conflict do nothing",
            columns.join(", "),
            values.join(", ")
        );
        if let Err(error) = self.client.batch_execute(&sql).await {
            panic!("{sql}\n{}", explain(&error));
        }
    }

    fn pick(&self, target: &str, column: &str) -> String {
        match target {
            "workspaces" => format!("'{}'", self.workspace),
            "profiles" => format!("'{}'", self.person),
            "workspace_members" if column == "user_id" => format!("'{}'", self.person),
            _ => format!(
                "(select {column} from public.{target} where workspace_id = '{}' limit 1)",
                self.workspace
            ),
        }
    }

    async fn value(&self, table: &Table, column: &Column, path: &mut BTreeSet<String>) -> String {
        let unique = Uuid::new_v4().simple().to_string();
        let form = FORMS
            .iter()
            .find(|(of, name, _)| (*of == "*" || *of == table.name) && *name == column.name);
        if let Some((_, _, form)) = form
            && column.first_allowed.is_none()
        {
            return form.replace("{unique}", &unique);
        }
        for key in &table.foreign_keys {
            if let Some(at) = key.columns.iter().position(|name| *name == column.name) {
                if self.tables.contains_key(&key.target) {
                    Box::pin(self.row_of(&key.target, path)).await;
                }
                return self.pick(&key.target, &key.target_columns[at]);
            }
        }
        if let Some(allowed) = &column.first_allowed {
            return quoted(allowed);
        }
        match column.kind.as_str() {
            "text" => format!("'x{}'", &unique[..12]),
            "uuid" if column.name.ends_with("_id") && column.name != "subject_id" => {
                format!("'{}'", self.person)
            }
            "uuid" => "gen_random_uuid()".to_owned(),
            "jsonb" => "'{}'".to_owned(),
            "boolean" => "false".to_owned(),
            "timestamp with time zone" => "now()".to_owned(),
            "date" => "current_date".to_owned(),
            "time without time zone" => "'12:00'".to_owned(),
            "bytea" => format!("sha256('{unique}'::bytea)"),
            "inet" => "'192.0.2.1'".to_owned(),
            "interval" => "'1 hour'".to_owned(),
            kind if kind.ends_with("[]") => "'{}'".to_owned(),
            _ => "1".to_owned(),
        }
    }
}

/// A literal of SQL.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

async fn query(client: &Client, sql: &str) -> Vec<tokio_postgres::Row> {
    client
        .query(sql, &[])
        .await
        .unwrap_or_else(|error| panic!("{sql}\n{}", explain(&error)))
}

// The values allowed stand in a CHECK of the table, or in one of the column's domain.
const COLUMNS: &str = r"
select c.relname::text, a.attname::text, format_type(case t.typtype when 'd' then t.typbasetype else t.oid end, null), a.attnotnull and not a.atthasdef and a.attidentity = '',
       (select (regexp_match(pg_get_constraintdef(k.oid), '(?:ARRAY\[''|''\^\()([a-z_0-9]+)[|'')]'))[1] from pg_constraint k
         where k.contype = 'c' and (k.conrelid = c.oid and k.conkey = array[a.attnum] or k.contypid = t.oid and t.typtype = 'd')
           and pg_get_constraintdef(k.oid) ~ '= ANY \(+ARRAY|~ ''\^\([a-z_0-9|]+\)\$' limit 1)
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  join pg_type t on t.oid = a.atttypid
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
   and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
 order by c.relname, a.attnum";

const FOREIGN_KEYS: &str = r"
select c.relname::text,
       array(select a.attname::text from unnest(k.conkey) with ordinality as u (n, o) join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by u.o),
       f.relname::text,
       array(select a.attname::text from unnest(k.confkey) with ordinality as u (n, o) join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n order by u.o)
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid
 where k.contype = 'f' and c.relnamespace = 'public'::regnamespace and not c.relispartition and k.conparentid = 0
 order by c.relname, k.conname";
