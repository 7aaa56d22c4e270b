//! Credentials on their way: opened with the installation's key, encrypted with age for whoever is to have them, and encrypted
//! anew for the place where they arrive. A secret in the clear exists in memory only.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use super::TransferError;
use super::catalog::{Plan, Table, quoted};
use super::format::Credential;
use crate::backup::{Identities, Recipients};
use crate::envelope::{Keyring, Place};
use crate::rotation::SecretColumn;

/// The expression that is true where a column holds a secret and not something empty.
pub(super) fn is_sealed(secret: &SecretColumn, value: &str) -> String {
    if secret.is_json {
        format!("nullif({value} ->> 'kid', '') is not null")
    } else {
        format!("nullif(pg_catalog.split_part({value}, '.', 2), '') is not null")
    }
}

/// Every credential of a workspace, encrypted for these.
pub(super) async fn gather(
    client: &Client,
    plan: &Plan,
    workspace: Uuid,
    ring: &Keyring,
    recipients: &Recipients,
) -> Result<Vec<u8>, TransferError> {
    let mut found = Vec::new();
    for table in &plan.tables {
        for column in &table.columns {
            let Some(secret) = &column.secret else {
                continue;
            };
            let name = quoted(&column.name);
            let rows = client
                .query(
                    &format!(
                        "select t.id, t.{name}::text from {} as t where t.{} = $1 and {} order by t.id",
                        table.name,
                        table.workspace(),
                        is_sealed(secret, &format!("t.{name}"))
                    ),
                    &[&workspace],
                )
                .await?;
            for row in rows {
                let (id, envelope): (Uuid, String) = (row.get(0), row.get(1));
                let place = Place {
                    table: &table.relation,
                    column: &column.name,
                    workspace,
                    row: id,
                };
                let opened = if secret.is_json {
                    let envelope: Value = serde_json::from_str(&envelope).unwrap_or_default();
                    ring.open_json(place, &envelope)
                } else {
                    ring.open_text(place, &envelope)
                };
                let opened = opened.map_err(|error| TransferError::Credential {
                    place: format!("{}.{} of {id}", table.name, column.name),
                    why: error.to_string(),
                })?;
                found.push(Credential {
                    table: table.name.clone(),
                    column: column.name.clone(),
                    row: id,
                    secret: STANDARD.encode(opened.expose_secret()),
                });
            }
        }
    }
    let clear = serde_json::to_vec(&found).expect("credentials are JSON");
    Ok(recipients.seal_bytes(&clear)?)
}

/// The opened secrets of a row, by column.
type Secrets = Vec<(String, Vec<u8>)>;

/// The credentials of an export, by the row that they are for.
#[derive(Default)]
pub(super) struct Credentials(HashMap<(String, Uuid), Secrets>);

impl Credentials {
    pub(super) fn open(sealed: &[u8], keys: &Identities) -> Result<Credentials, TransferError> {
        let clear = keys.open_bytes(sealed).map_err(|_| TransferError::Sealed)?;
        let list: Vec<Credential> =
            serde_json::from_slice(&clear).map_err(|error| TransferError::Credential {
                place: "list".to_owned(),
                why: error.to_string(),
            })?;
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for one in list {
            let secret = STANDARD.decode(one.secret).unwrap_or_default();
            found
                .entry((one.table, one.row))
                .or_default()
                .push((one.column, secret));
        }
        Ok(Credentials(found))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many rows have some.
    pub(super) fn rows(&self) -> u64 {
        self.0.len() as u64
    }

    /// The members that a row of JSON gets, encrypted for its place here. The row's own id, before and after.
    pub(super) fn members(
        &self,
        table: &Table,
        before: Uuid,
        workspace: Uuid,
        row: Uuid,
        ring: &Keyring,
    ) -> Vec<u8> {
        let mut members = Vec::new();
        let key = (table.name.clone(), before);
        for (column, secret) in self.0.get(&key).into_iter().flatten() {
            let Some(known) = table.column(column).and_then(|known| known.secret.as_ref()) else {
                continue;
            };
            let place = Place {
                table: &table.relation,
                column,
                workspace,
                row,
            };
            let sealed = if known.is_json {
                ring.seal_json(place, secret)
            } else {
                Value::String(ring.seal_text(place, secret))
            };
            members.extend_from_slice(
                format!(",{}:{sealed}", Value::String(column.clone())).as_bytes(),
            );
        }
        members
    }
}
