//! What belongs to a workspace: read from the catalog, so that a table that is added later cannot be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Client;

use super::TransferError;
use crate::rotation::{SecretColumn, secret_columns};

/// Tables of workspaces that an export does not hold, with the reason.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("public.api_keys", "they open this installation"),
    (
        "public.event_cursors",
        "how far this installation's readers are",
    ),
    (
        "public.idempotency_keys",
        "answers to requests to this installation",
    ),
    ("public.presence", "who is here now"),
    (
        "public.realtime_metrics",
        "figures of the moment, made anew",
    ),
    (
        "public.workspace_invitations",
        "they open this installation",
    ),
    (
        "romashka.adopted_credentials",
        "credentials in the clear that wait for this installation's key",
    ),
    (
        "romashka.ai_reservations",
        "what this installation's workers are about to ask a language model",
    ),
    (
        "romashka.ai_usage",
        "what this installation has asked a language model on a day",
    ),
    (
        "romashka.assistant_turns",
        "what this installation's assistant is about to answer",
    ),
    (
        "romashka.channel_syncs",
        "when this installation's workers ask providers next",
    ),
    (
        "romashka.channel_tokens",
        "addresses of this installation that providers call",
    ),
    ("romashka.knowledge_indexing", "passages are made anew"),
    (
        "romashka.knowledge_passages",
        "made from the articles, by the model of this installation",
    ),
    (
        "romashka.knowledge_revisions",
        "what this installation's processes hold in memory",
    ),
    (
        "romashka.mail_addresses",
        "which workspace of this installation takes the mail for an address",
    ),
    (
        "romashka.media_fetches",
        "what this installation's workers are about to fetch",
    ),
    (
        "romashka.question_set_queue",
        "what this installation's workers are about to run",
    ),
    (
        "romashka.read_marks",
        "what this installation's workers are about to tell a provider",
    ),
    (
        "romashka.removed_files",
        "what this installation's workers are about to remove",
    ),
    ("romashka.sql_logins", "roles of this server"),
    ("romashka.visitor_sessions", "they open this installation"),
    (
        "romashka.website_pages",
        "what this installation's scans know of pages; articles are found again by their address",
    ),
    (
        "romashka.website_scans",
        "what this installation's workers are about to read",
    ),
];

/// Columns that no row of an export has, with the reason.
pub const LEFT_OUT_COLUMNS: &[(&str, &str, &str)] = &[
    ("romashka.mailboxes", "lease_id", "which worker reads it"),
    ("romashka.mailboxes", "locked_by", "which worker reads it"),
    (
        "romashka.mailboxes",
        "leased_until",
        "which worker reads it",
    ),
    (
        "public.events",
        "transaction_id",
        "a number of this server; the order is that of the ids",
    ),
];

/// Tables without a workspace: people and the installation itself. An export holds of these the people whom its rows name.
pub const OF_THE_INSTALLATION: &[&str] = &[
    "public.profiles",
    "public.schema_migrations",
    "romashka.account_tokens",
    "romashka.ledger_origin",
    "romashka.login_failures",
    "romashka.oidc_identities",
    "romashka.oidc_logins",
    "romashka.outgoing_mails",
    "romashka.passwords",
    "romashka.postponed_indexes",
    "romashka.rate_limits",
    "romashka.recovery_codes",
    "romashka.scheduled_jobs",
    "romashka.second_factors",
    "romashka.sessions",
    "romashka.website_hosts",
];

/// How the schema makes texts of ids: what stands before and behind one. A quote is the end of the string; the first form is an id by itself.
pub(super) const IDS_IN_TEXTS: &[(&str, &str)] = &[
    ("\"", "\""),
    // A customer of an integration: the channel, and what it calls him.
    ("\"", ":"),
    // A proven visitor: the widget, and what the site calls him; a message of his.
    ("\"user:", ":"),
    // What an answer is expected from.
    ("\"customer:", "\""),
    ("/api/v1/attachments/", "/content"),
];

/// What was unfinished when it was exported, and what an import makes of it, so that nothing of the history is done again.
pub const UNFINISHED: &[(&str, &str)] = &[
    (
        "public.message_delivery_tracking",
        "lease_id = null, locked_by = null, delivery_status = 'cancelled', error_details = '{\"reason\": \"imported\"}' where delivery_status in ('queued', 'sending')",
    ),
    (
        "public.messages",
        "delivery_status = 'failed' where delivery_status in ('queued', 'sending')",
    ),
    (
        "public.report_runs",
        "lease_id = null, locked_by = null, status = 'failed', error_message = 'imported before it was made' where status in ('pending', 'running')",
    ),
    (
        "public.scheduled_messages",
        "status = 'cancelled', error_message = 'imported before it was sent' where status = 'scheduled'",
    ),
    (
        "public.sync_jobs",
        "lease_id = null, locked_by = null, status = 'dead' where status in ('pending', 'running')",
    ),
    (
        "public.webhook_events",
        "lease_id = null, locked_by = null, status = 'dead', error_message = 'imported before it was handled' where status in ('pending', 'processing', 'failed')",
    ),
    (
        "public.webhook_logs",
        "lease_id = null, locked_by = null, status = 'dead', error_message = 'imported before it was sent', completed_at = pg_catalog.now() where status in ('pending', 'sending', 'failed')",
    ),
    (
        "public.website_scan_jobs",
        "status = 'failed' where status in ('pending', 'scanning', 'processing')",
    ),
    (
        "public.website_scan_pages",
        "status = 'excluded', code = 'ended' where status = 'pending'",
    ),
    (
        "public.workflow_executions",
        "status = 'failed', error_message = 'imported before its end', completed_at = pg_catalog.now() where status in ('running', 'paused')",
    ),
];

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub name: String,
    pub is_json: bool,
    pub is_text: bool,
    pub is_required: bool,
    pub default: Option<String>,
    pub secret: Option<SecretColumn>,
}

/// A table of a workspace.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name with its schema.
    pub name: String,
    pub(super) relation: String,
    pub(super) key: Vec<String>,
    pub(super) columns: Vec<Column>,
}

impl Table {
    /// The column that names the workspace.
    pub(super) fn workspace(&self) -> &'static str {
        if self.name == "public.workspaces" {
            "id"
        } else {
            "workspace_id"
        }
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether no row of it can be kept without its secret.
    pub(super) fn is_of_secrets(&self) -> bool {
        self.columns
            .iter()
            .any(|column| column.secret.is_some() && column.is_required && column.default.is_none())
    }
}

/// A foreign key.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub table: String,
    pub target: String,
    pub name: String,
    pub columns: Vec<String>,
    pub target_columns: Vec<String>,
}

/// The tables of a workspace, each after those that it refers to.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The tables.
    pub tables: Vec<Table>,
    /// Those of [`LEFT_OUT`] that are there.
    pub left_out: Vec<String>,
    pub(super) references: Vec<Reference>,
}

/// A name as SQL has it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL has it.
pub(super) fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') {
        format!(" E'{}'", doubled.replace('\\', "\\\\"))
    } else {
        format!("'{doubled}'")
    }
}

impl Plan {
    /// Reads it from the catalog.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn read(client: &Client) -> Result<Plan, TransferError> {
        let secrets = secret_columns(client).await?;
        let mut tables = BTreeMap::new();
        let mut left_out = Vec::new();
        for row in client.query(include_str!("tables.sql"), &[]).await? {
            let name: String = row.get("name");
            if LEFT_OUT.iter().any(|(left, _)| *left == name) {
                left_out.push(name);
                continue;
            }
            let (schema, relation): (String, String) = (row.get("schema"), row.get("relation"));
            let names: Vec<String> = row.get("columns");
            let (json, text): (Vec<bool>, Vec<bool>) = (row.get("is_json"), row.get("is_text"));
            let (required, defaults): (Vec<bool>, Vec<Option<String>>) =
                (row.get("is_required"), row.get("defaults"));
            let mut columns = Vec::with_capacity(names.len());
            for (at, column) in names.into_iter().enumerate() {
                let is_left_out = LEFT_OUT_COLUMNS
                    .iter()
                    .any(|(of, left, _)| *of == name && *left == column);
                if is_left_out {
                    continue;
                }
                let secret = secrets.iter().find(|secret| {
                    secret.schema == schema && secret.table == relation && secret.column == column
                });
                columns.push(Column {
                    is_json: json[at],
                    is_text: text[at],
                    is_required: required[at],
                    default: defaults[at].clone(),
                    secret: secret.cloned(),
                    name: column,
                });
            }
            let key: Option<Vec<String>> = row.get("key");
            let table = Table {
                key: key.unwrap_or_default(),
                columns,
                relation,
                name: name.clone(),
            };
            tables.insert(name, table);
        }
        let mut references = Vec::new();
        for row in client.query(include_str!("references.sql"), &[]).await? {
            let table: String = row.get("name");
            if tables.contains_key(&table) {
                references.push(Reference {
                    table,
                    target: row.get("target"),
                    name: row.get("key"),
                    columns: row.get("columns"),
                    target_columns: row.get("target_columns"),
                });
            }
        }
        Ok(Plan {
            tables: in_order(tables, &references),
            left_out,
            references,
        })
    }

    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The columns that name people: table and column.
    pub(super) fn people(&self) -> impl Iterator<Item = (&str, &str)> {
        self.references
            .iter()
            .filter(|reference| reference.target == "public.profiles")
            .map(|reference| (reference.table.as_str(), reference.columns[0].as_str()))
    }
}

/// Each table after those that it refers to; by name where that leaves a choice. A circle is begun by name as well.
fn in_order(mut tables: BTreeMap<String, Table>, references: &[Reference]) -> Vec<Table> {
    let mut waits: BTreeMap<String, BTreeSet<String>> = tables
        .keys()
        .map(|name| (name.clone(), BTreeSet::new()))
        .collect();
    for reference in references {
        if reference.table != reference.target && tables.contains_key(&reference.target) {
            waits
                .entry(reference.table.clone())
                .or_default()
                .insert(reference.target.clone());
        }
    }
    let mut ordered = Vec::with_capacity(tables.len());
    while !waits.is_empty() {
        let next = waits
            .iter()
            .find(|(_, targets)| targets.is_empty())
            .or_else(|| waits.iter().next())
            .map(|(name, _)| name.clone())
            .expect("there is one");
        waits.remove(&next);
        for targets in waits.values_mut() {
            targets.remove(&next);
        }
        ordered.extend(tables.remove(&next));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> (String, Table) {
        let table = Table {
            name: name.to_owned(),
            relation: name.to_owned(),
            key: Vec::new(),
            columns: Vec::new(),
        };
        (name.to_owned(), table)
    }

    fn reference(table: &str, target: &str) -> Reference {
        Reference {
            table: table.to_owned(),
            target: target.to_owned(),
            name: String::new(),
            columns: Vec::new(),
            target_columns: Vec::new(),
        }
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        let tables = [table("a"), table("b"), table("c"), table("d")].into();
        let references = [
            reference("a", "c"),
            reference("c", "d"),
            reference("b", "b"),
            reference("b", "elsewhere"),
        ];
        let ordered = in_order(tables, &references);
        let names: Vec<&str> = ordered.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["b", "d", "c", "a"]);
    }

    #[test]
    fn a_text_stays_one() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\'b"), " E'a\\\\''b'");
    }
}
