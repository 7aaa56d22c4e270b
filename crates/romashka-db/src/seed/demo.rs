//! The demo content: `seed-data.sql`, carried in the program.
//!
//! Invariant: one transaction; a second run adds nothing that is there.

use serde::Serialize;
use tokio_postgres::Client;

use super::{SeedError, indexes, require_schema};

/// The file that psql users run.
const SEED_DATA: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../seed-data.sql"));

/// The tables that the demo fills, in the order in which a reader wants to hear of them.
const TABLES: [&str; 22] = [
    "conversations",
    "messages",
    "customer_profiles",
    "customer_identities",
    "knowledge_categories",
    "knowledge_items",
    "knowledge_analytics",
    "canned_responses",
    "message_templates",
    "intent_patterns",
    "communication_channels",
    "workspace_members",
    "teams",
    "agent_availability",
    "conversation_notes",
    "conversation_transfers",
    "sla_policies",
    "sla_tracking",
    "daily_metrics",
    "saved_views",
    "custom_attribute_definitions",
    "dashboard_configs",
];

/// Rows that a table got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Added {
    /// The table.
    pub table: String,
    /// How many rows more than before.
    pub rows: i64,
}

async fn counts(client: &Client) -> Result<Vec<i64>, SeedError> {
    let query = TABLES
        .map(|table| format!("(select count(*) from public.{table})"))
        .join(", ");
    let row = client
        .query_one(&format!("select {query}"), &[])
        .await
        .map_err(SeedError::at("counting rows"))?;
    Ok((0..TABLES.len()).map(|column| row.get(column)).collect())
}

/// Adds the demo content; returns which tables got rows, none when all of it was there.
pub async fn demo(client: &mut Client) -> Result<Vec<Added>, SeedError> {
    require_schema(client).await?;
    indexes::make_again(client, |_| ()).await?;
    let before = counts(client).await?;
    if let Err(source) = client.batch_execute(SEED_DATA).await {
        // The file's own transaction is still open, as failed.
        let _ = client.batch_execute("rollback").await;
        return Err(SeedError::Database {
            step: "the demo content",
            source,
        });
    }
    let after = counts(client).await?;
    Ok(TABLES
        .iter()
        .zip(before.iter().zip(&after))
        .filter(|(_, (before, after))| after > before)
        .map(|(table, (before, after))| Added {
            table: (*table).to_owned(),
            rows: after - before,
        })
        .collect())
}
