//! Re-encrypts every stored secret with the current key.
//!
//! Invariants: the columns are those whose CHECK calls `romashka.is_envelope`, found in the catalog, so that none is
//! forgotten; each batch is one transaction, and what is done is not done again: a stopped rotation continues.

use serde::Serialize;
use tokio_postgres::Client;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::envelope::{EnvelopeError, KeyId, Keyring, Place};
use secrecy::ExposeSecret;

const BATCH: i64 = 200;

/// A column that holds envelopes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretColumn {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// Whether it is `jsonb`; else `text`.
    pub is_json: bool,
    /// Whether the rows belong to workspaces; else the secrets are bound to the nil id.
    pub is_tenant: bool,
}

impl SecretColumn {
    /// The expression for the key id of a value that is an envelope.
    fn key_id(&self) -> String {
        if self.is_json {
            format!("{} ->> 'kid'", quoted(&self.column))
        } else {
            format!("split_part({}, '.', 2)", quoted(&self.column))
        }
    }

    /// The expression for the workspace that a secret is bound to.
    fn workspace(&self) -> &'static str {
        if self.is_tenant {
            "workspace_id"
        } else {
            "'00000000-0000-0000-0000-000000000000'::uuid"
        }
    }

    fn relation(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.table))
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// How many envelopes of one column one key has encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyUse {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The key.
    pub key: String,
    /// How many.
    pub envelopes: i64,
}

/// What a rotation did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rotated {
    /// How many secrets were encrypted anew.
    pub secrets: u64,
    /// Those that do not open, and why.
    pub left: Vec<Left>,
}

/// A secret that could not be encrypted anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The row.
    pub row: Uuid,
    /// Why.
    pub reason: String,
}

/// The columns that hold envelopes.
pub async fn secret_columns(client: &Client) -> Result<Vec<SecretColumn>, tokio_postgres::Error> {
    let rows = client
        .query(
            "select n.nspname::text, c.relname::text, a.attname::text, a.atttypid = 'pg_catalog.jsonb'::regtype,
                    exists (select from pg_catalog.pg_attribute w where w.attrelid = c.oid and w.attname = 'workspace_id' and not w.attisdropped)
               from pg_catalog.pg_constraint k
               join pg_catalog.pg_class c on c.oid = k.conrelid
               join pg_catalog.pg_namespace n on n.oid = c.relnamespace
               join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = any (k.conkey)
              where k.contype = 'c' and not c.relispartition and n.nspname in ('public', 'romashka')
                and exists (select from pg_catalog.pg_depend d
                              join pg_catalog.pg_proc p on p.oid = d.refobjid and d.refclassid = 'pg_catalog.pg_proc'::regclass
                              join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace
                             where d.classid = 'pg_catalog.pg_constraint'::regclass and d.objid = k.oid
                               and pn.nspname = 'romashka' and p.proname = 'is_envelope')
                and pg_catalog.pg_get_constraintdef(k.oid) ~ ('is_envelope\\(\"?' || a.attname || '\"?\\)')
              order by 1, 2, 3",
            &[],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| SecretColumn {
            schema: row.get(0),
            table: row.get(1),
            column: row.get(2),
            is_json: row.get(3),
            is_tenant: row.get(4),
        })
        .collect())
}

/// Which keys the stored secrets need.
pub async fn keys_in_use(client: &Client) -> Result<Vec<KeyUse>, tokio_postgres::Error> {
    let mut uses = Vec::new();
    for column in secret_columns(client).await? {
        let key_id = column.key_id();
        let query = format!(
            "select {key_id}, count(*) from {} where nullif({key_id}, '') is not null group by 1 order by 1",
            column.relation()
        );
        for row in client.query(&query, &[]).await? {
            let (table, column) = (column.table.clone(), column.column.clone());
            uses.push(KeyUse {
                table,
                column,
                key: row.get(0),
                envelopes: row.get(1),
            });
        }
    }
    Ok(uses)
}

/// How many secrets are not encrypted with `current`.
pub async fn remaining(client: &Client, current: &KeyId) -> Result<u64, tokio_postgres::Error> {
    let uses = keys_in_use(client).await?;
    Ok(uses
        .iter()
        .filter(|one| one.key != current.to_string())
        .map(|one| one.envelopes as u64)
        .sum())
}

/// Encrypts everything with the ring's current key. `progress` is told how many secrets were looked at.
pub async fn rotate(
    client: &mut Client,
    ring: &Keyring,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Rotated, tokio_postgres::Error> {
    let mut rotated = Rotated::default();
    let mut looked_at = 0;
    for column in secret_columns(client).await? {
        let mut after: Option<(Uuid, Uuid)> = None;
        while let Some(last) =
            rotate_batch(client, ring, &column, after, &mut rotated, &mut looked_at).await?
        {
            progress(looked_at);
            after = Some(last);
        }
    }
    Ok(rotated)
}

/// One transaction; the key of the last row that was looked at, none when there was no more.
async fn rotate_batch(
    client: &mut Client,
    ring: &Keyring,
    column: &SecretColumn,
    after: Option<(Uuid, Uuid)>,
    rotated: &mut Rotated,
    looked_at: &mut u64,
) -> Result<Option<(Uuid, Uuid)>, tokio_postgres::Error> {
    let (relation, name, key_id) = (column.relation(), quoted(&column.column), column.key_id());
    let owner = column.workspace();
    let (workspace, row) = after.unwrap_or_default();
    let transaction = client.transaction().await?;
    let rows = transaction
        .query(
            &format!(
                "select {owner}, id, {name} from {relation}
                  where nullif({key_id}, '') is distinct from $1 and nullif({key_id}, '') is not null
                    and ({owner}, id) > ($2, $3)
                  order by 1, id limit {BATCH} for update"
            ),
            &[&ring.current().id().to_string(), &workspace, &row],
        )
        .await?;
    let update = transaction
        .prepare(&format!(
            "update {relation} set {name} = $1 where id = $2 and {owner} = $3"
        ))
        .await?;
    let mut last = None;
    for found in rows {
        let (workspace, row): (Uuid, Uuid) = (found.get(0), found.get(1));
        let place = Place {
            table: &column.table,
            column: &column.column,
            workspace,
            row,
        };
        let outcome = if column.is_json {
            let Json(envelope): Json<serde_json::Value> = found.get(2);
            match ring.open_json(place, &envelope) {
                Ok(secret) => {
                    let envelope = Json(ring.seal_json(place, secret.expose_secret()));
                    transaction
                        .execute(&update, &[&envelope, &row, &workspace])
                        .await
                        .map(|_| Ok(()))?
                }
                Err(error) => Err(error),
            }
        } else {
            match ring.open_text(place, found.get(2)) {
                Ok(secret) => {
                    let envelope = ring.seal_text(place, secret.expose_secret());
                    transaction
                        .execute(&update, &[&envelope, &row, &workspace])
                        .await
                        .map(|_| Ok(()))?
                }
                Err(error) => Err(error),
            }
        };
        record(rotated, column, row, outcome);
        *looked_at += 1;
        last = Some((workspace, row));
    }
    transaction.commit().await?;
    Ok(last)
}

fn record(
    rotated: &mut Rotated,
    column: &SecretColumn,
    row: Uuid,
    outcome: Result<(), EnvelopeError>,
) {
    match outcome {
        Ok(()) => rotated.secrets += 1,
        Err(error) => rotated.left.push(Left {
            table: column.table.clone(),
            column: column.column.clone(),
            row,
            reason: error.to_string(),
        }),
    }
}
