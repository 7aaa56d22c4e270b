//! What is in a database, so that it can be said whether it is in another one as well.
//!
//! A table's checksum is the sum of the 64-bit hashes of its rows as text: it needs no order, and costs one reading.

use serde::{Deserialize, Serialize};
use tokio_postgres::Client;

use super::{BackupError, Observer, Step};
use crate::fingerprint::Fingerprint;

/// What is in a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The digest of the schema's fingerprint: comparable between servers of one major version.
    pub fingerprint: String,
    /// Every table, by name. A partitioned one counts as one.
    pub tables: Vec<Table>,
    /// The last event of the ledger.
    pub ledger_head: Option<i64>,
    /// The newest seals of the audit, one a workspace: what a chain kept elsewhere is compared with.
    pub audit_heads: Vec<String>,
    /// The roles that the database's objects name.
    pub roles: Vec<Role>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name with its schema.
    pub name: String,
    /// How many rows it has.
    pub rows: i64,
    /// The sum of its rows' hashes.
    pub checksum: String,
}

/// A role, without its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Whether it could sign in.
    pub login: bool,
    /// Whether it has the rights of its groups by itself.
    pub inherit: bool,
    /// Whether row security does not bind it.
    pub bypass_rls: bool,
    /// The roles of this list that it is a member of.
    pub member_of: Vec<String>,
}

impl Contents {
    /// Reads it in the transaction that is open.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn read(client: &Client, observer: Observer<'_>) -> Result<Contents, BackupError> {
        // How a row looks as text must not depend on who asks.
        client
            .batch_execute(
                "set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';
                 set local extra_float_digits = 1; set local bytea_output = 'hex'; set local xmloption = 'content';
                 set local row_security = off; set local statement_timeout = 0; set local jit = off",
            )
            .await?;
        let fingerprint = Fingerprint::read_within(client).await?.digest();
        let names = client.query(include_str!("tables.sql"), &[]).await?;
        let mut tables = Vec::with_capacity(names.len());
        for (number, row) in names.iter().enumerate() {
            observer(Step::Compare, number as u64, names.len() as u64);
            let name: String = row.get("name");
            let counted = client
                .query_one(
                    &format!(
                        "select pg_catalog.count(*) as rows, coalesce(pg_catalog.sum(pg_catalog.hashtextextended(t::text, 0)::numeric), 0)::text as checksum from {name} as t"
                    ),
                    &[],
                )
                .await?;
            tables.push(Table {
                name,
                rows: counted.get("rows"),
                checksum: counted.get("checksum"),
            });
        }
        observer(Step::Compare, names.len() as u64, names.len() as u64);
        let ledger_head = client
            .query_one("select max(id) from public.events", &[])
            .await?
            .get(0);
        let audit_heads = client
            .query(include_str!("audit_heads.sql"), &[])
            .await?
            .iter()
            .map(|row| row.get(0))
            .collect();
        let roles = client
            .query(include_str!("roles.sql"), &[])
            .await?
            .iter()
            .map(|row| Role {
                name: row.get("name"),
                login: row.get("login"),
                inherit: row.get("inherit"),
                bypass_rls: row.get("bypass_rls"),
                member_of: row.get("member_of"),
            })
            .collect();
        Ok(Contents {
            fingerprint,
            tables,
            ledger_head,
            audit_heads,
            roles,
        })
    }

    /// How another database differs from this one, a line a table.
    pub fn differences(&self, found: &Contents, same_major: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for table in &self.tables {
            match found.tables.iter().find(|other| other.name == table.name) {
                None => lines.push(format!("{} is missing", table.name)),
                Some(other) if other.rows != table.rows => lines.push(format!(
                    "{} has {} rows instead of {}",
                    table.name, other.rows, table.rows
                )),
                Some(other) if other.checksum != table.checksum => {
                    lines.push(format!("{} has other contents", table.name));
                }
                Some(_) => {}
            }
        }
        for other in &found.tables {
            if !self.tables.iter().any(|table| table.name == other.name) {
                lines.push(format!("{} is one too many", other.name));
            }
        }
        if self.ledger_head != found.ledger_head {
            lines.push("the ledger ends elsewhere".to_owned());
        }
        if self.audit_heads != found.audit_heads {
            lines.push("the audit ends elsewhere".to_owned());
        }
        if same_major && self.fingerprint != found.fingerprint {
            lines.push("the schema is another one".to_owned());
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(rows: i64, checksum: &str) -> Contents {
        Contents {
            fingerprint: "f".to_owned(),
            tables: vec![Table {
                name: "public.t".to_owned(),
                rows,
                checksum: checksum.to_owned(),
            }],
            ledger_head: Some(7),
            audit_heads: Vec::new(),
            roles: Vec::new(),
        }
    }

    #[test]
    fn whatever_differs_is_named() {
        let kept = contents(2, "10");
        assert!(kept.differences(&kept.clone(), true).is_empty());
        let mut found = contents(3, "10");
        found.tables.push(Table {
            name: "public.u".to_owned(),
            rows: 0,
            checksum: "0".to_owned(),
        });
        assert_eq!(
            kept.differences(&found, true),
            [
                "public.t has 3 rows instead of 2",
                "public.u is one too many"
            ]
        );
        let mut found = contents(2, "11");
        found.ledger_head = Some(6);
        found.fingerprint = "g".to_owned();
        assert_eq!(
            kept.differences(&found, true),
            [
                "public.t has other contents",
                "the ledger ends elsewhere",
                "the schema is another one"
            ]
        );
        assert_eq!(kept.differences(&found, false).len(), 2);
        found.tables.clear();
        assert_eq!(kept.differences(&found, false)[0], "public.t is missing");
    }
}
