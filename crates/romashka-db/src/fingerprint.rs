//! Drift: how a database differs from what its migrations make.
//!
//! Invariant: definitions are compared, not names. The expectation is never a list that somebody keeps by hand: a
//! shadow database is built from the very same migrations, read by the same query on the same server, and dropped.
//! (A list kept in the program would have to know how each PostgreSQL version prints an expression.)

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};
use similar::TextDiff;
use tokio_postgres::Client;

use crate::connect::{ConnectError, Connection, connect};
use crate::migrations::{MigrateError, MigrationSet, Migrator, Server};
use crate::settings::Settings;

const QUERY: &str = include_str!("fingerprint.sql");

/// One schema object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Object {
    /// The table, function or schema that it belongs to; itself for those.
    part_of: String,
    definition: String,
}

/// A database's schema: every object's definition by kind and identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    objects: BTreeMap<(String, String), Object>,
}

impl Fingerprint {
    /// Reads it from the catalog, in a transaction of its own.
    pub async fn read(client: &Client) -> Result<Fingerprint, tokio_postgres::Error> {
        client
            .batch_execute("begin isolation level repeatable read read only")
            .await?;
        let fingerprint = Fingerprint::read_within(client).await;
        client.batch_execute("rollback").await?;
        fingerprint
    }

    /// Reads it in the transaction that is open, whose search path it empties.
    pub async fn read_within(client: &Client) -> Result<Fingerprint, tokio_postgres::Error> {
        client
            .batch_execute("set local search_path = ''; set local statement_timeout = 0")
            .await?;
        let objects = client
            .query(QUERY, &[])
            .await?
            .iter()
            .map(|row| {
                (
                    (row.get(0), row.get(1)),
                    Object {
                        part_of: row.get(2),
                        definition: row.get(3),
                    },
                )
            })
            .collect();
        Ok(Fingerprint { objects })
    }

    /// One figure of all of it: SHA-256 in hexadecimal digits. Two servers of one major version give the same for the same schema.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for ((kind, identity), object) in &self.objects {
            for part in [kind, identity, &object.definition] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        }
        hex::encode(hash.finalize())
    }

    /// How many objects it holds.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// What is different in `found`, ordered by kind and identity.
    pub fn differences(&self, found: &Fingerprint) -> Vec<Difference> {
        let keys: BTreeSet<_> = self.objects.keys().chain(found.objects.keys()).collect();
        let ours: BTreeSet<&str> = self
            .objects
            .values()
            .map(|object| object.part_of.as_str())
            .collect();
        let mut differences = Vec::new();
        for key in keys {
            let (expected, found) = (self.objects.get(key), found.objects.get(key));
            let change = match (expected, found) {
                (Some(expected), Some(found)) if expected.definition == found.definition => {
                    continue;
                }
                (Some(_), Some(_)) => Change::Changed,
                (Some(_), None) => Change::Missing,
                (None, _) => Change::Unexpected,
            };
            let part_of = expected
                .or(found)
                .map_or("", |object| object.part_of.as_str());
            differences.push(Difference {
                kind: key.0.clone(),
                identity: key.1.clone(),
                change,
                on_foreign_object: !ours.contains(part_of),
                expected: expected.map(|object| object.definition.clone()),
                found: found.map(|object| object.definition.clone()),
            });
        }
        differences
    }
}

/// In which way an object differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The migrations make it, the database has it not.
    Missing,
    /// The database has it, the migrations do not make it.
    Unexpected,
    /// Both have it, with other definitions.
    Changed,
}

/// One object that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its kind: table, column, policy, function, grant …
    pub kind: String,
    /// Its qualified name; for a grant the whole of it.
    pub identity: String,
    /// In which way.
    pub change: Change,
    /// Whether it belongs to a table, function or schema that the migrations do not know: somebody's own.
    pub on_foreign_object: bool,
    /// What the migrations make.
    pub expected: Option<String>,
    /// What is there.
    pub found: Option<String>,
}

impl Difference {
    /// Whether something that the migrations promise does not hold. Not so for people's own objects, for further
    /// indexes, for tuned storage settings and for comments.
    pub fn breaks_promise(&self) -> bool {
        match self.kind.as_str() {
            "comment" | "storage" => false,
            "index" if self.change == Change::Unexpected => false,
            _ => !(self.change == Change::Unexpected && self.on_foreign_object),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = match self.change {
            Change::Missing => "missing",
            Change::Unexpected => "unexpected",
            Change::Changed => "changed",
        };
        write!(formatter, "{change} {} {}", self.kind, self.identity)?;
        match (&self.expected, &self.found) {
            (Some(expected), Some(found)) => {
                let diff = TextDiff::from_lines(expected.as_str(), found.as_str());
                for group in diff.grouped_ops(1) {
                    for change in group
                        .iter()
                        .flat_map(|operation| diff.iter_changes(operation))
                    {
                        write!(
                            formatter,
                            "\n    {} {}",
                            change.tag(),
                            change.value().trim_end()
                        )?;
                    }
                }
                Ok(())
            }
            (Some(_), None) | (None, None) => Ok(()),
            (None, Some(found)) => {
                // A grant's identity says it all; a whole function's text would not help.
                let first: Vec<&str> = found.lines().take(3).collect();
                if self.kind == "grant" {
                    Ok(())
                } else {
                    write!(formatter, "\n    + {}", first.join("\n    + "))
                }
            }
        }
    }
}

/// Where the database to compare with is built.
#[derive(Clone, Debug)]
pub struct Shadow {
    settings: Settings,
    beside: bool,
}

impl Shadow {
    /// On the server of the database itself, as a second database. Its role must be allowed to create one.
    pub fn beside(settings: &Settings) -> Shadow {
        Shadow {
            settings: settings.clone(),
            beside: true,
        }
    }

    /// On another server of the same major version, for a role that may not create databases.
    pub fn at(settings: Settings) -> Shadow {
        Shadow {
            settings,
            beside: false,
        }
    }
}

/// Why a comparison did not come about.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// The role may not create a database.
    #[error("the role {0} may not create a database to compare with")]
    MayNotCreate(String),
    /// The shadow's server prints definitions in another way.
    #[error(
        "the shadow's server is PostgreSQL {shadow}, the database's is {database}: both must have one major version"
    )]
    OtherVersion {
        /// The shadow's.
        shadow: i32,
        /// The database's.
        database: i32,
    },
    /// The server of the shadow cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The migrations failed in the shadow.
    #[error("the migrations cannot be applied to an empty database")]
    Migrate(#[source] Box<MigrateError>),
    /// Anything else between here and the server.
    #[error("the database refused the comparison")]
    Database(#[from] tokio_postgres::Error),
}

impl DriftError {
    /// What the user does next.
    pub fn next_step(&self) -> String {
        match self {
            DriftError::MayNotCreate(role) => format!(
                "as a superuser: alter role \"{role}\" createdb; or name a server for it: ROMASHKA_SHADOW_URL=postgresql://…"
            ),
            DriftError::OtherVersion { .. } => {
                "point ROMASHKA_SHADOW_URL to a server of the same major version".to_owned()
            }
            DriftError::Connect(error) => error.next_step().to_owned(),
            DriftError::Migrate(error) => error.next_step(),
            DriftError::Database(_) => "try again; romashka doctor looks at the server".to_owned(),
        }
    }
}

/// How the database of `client` differs from what `set` makes of an empty one.
pub async fn drift(
    client: &Client,
    shadow: &Shadow,
    set: &MigrationSet,
) -> Result<Vec<Difference>, DriftError> {
    let found = Fingerprint::read(client).await?;
    let expected = expected(client, shadow, set).await?;
    let mut differences = expected.differences(&found);
    let adopted = adopted_objects(client).await?;
    for difference in &mut differences {
        let name = format!("{} {}", difference.kind, difference.identity);
        difference.on_foreign_object |= adopted.contains(&name);
    }
    Ok(differences)
}

/// What the owner had added to the tables of an installation that was adopted, as kind and identity.
async fn adopted_objects(client: &Client) -> Result<BTreeSet<String>, tokio_postgres::Error> {
    let exists: bool = client
        .query_one(
            "select pg_catalog.to_regclass('public.adopted_tables') is not null",
            &[],
        )
        .await?
        .get(0);
    if !exists {
        return Ok(BTreeSet::new());
    }
    let rows = client
        .query(
            "select pg_catalog.unnest(own_objects) from public.adopted_tables",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// What `set` makes of an empty database on the shadow's server, with the default privileges of `client`'s database.
pub async fn expected(
    client: &Client,
    shadow: &Shadow,
    set: &MigrationSet,
) -> Result<Fingerprint, DriftError> {
    let server = Server::inspect(client).await?;
    let admin = connect(&shadow.settings).await?;
    let shadow_server = Server::inspect(&admin).await?;
    if !shadow_server.may_create_databases {
        return Err(DriftError::MayNotCreate(shadow_server.role));
    }
    if shadow_server.version_number / 10_000 != server.version_number / 10_000 {
        return Err(DriftError::OtherVersion {
            shadow: shadow_server.version_number / 10_000,
            database: server.version_number / 10_000,
        });
    }
    remove_left_behind(&admin).await?;
    let name = format!("romashka_shadow_{}_{:08x}", now(), rand::random::<u32>());
    admin
        .batch_execute(&format!(
            "create database {name} template template0 encoding 'UTF8'{}",
            locale(&admin).await?
        ))
        .await?;
    let result = build(
        client,
        &shadow.settings.with_database(&name),
        set,
        shadow.beside,
    )
    .await;
    let dropped = admin
        .batch_execute(&format!("drop database if exists {name} with (force)"))
        .await;
    let fingerprint = result?;
    dropped?;
    Ok(fingerprint)
}

async fn build(
    client: &Client,
    settings: &Settings,
    set: &MigrationSet,
    same_roles: bool,
) -> Result<Fingerprint, DriftError> {
    let shadow: Connection = connect(settings).await?;
    if same_roles {
        for statement in default_privileges(client).await? {
            shadow.batch_execute(&statement).await?;
        }
    }
    Migrator::new(&shadow, set)
        .up(None)
        .await
        .map_err(|error| DriftError::Migrate(Box::new(error)))?;
    Ok(Fingerprint::read(&shadow).await?)
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// The shadows of comparisons that were killed more than an hour ago, on the server of `shadow`. They are dropped, unless
/// this is only to look.
///
/// # Errors
/// When the server cannot be reached, or refuses to drop one.
pub async fn clean_up(shadow: &Shadow, only_look: bool) -> Result<Vec<String>, DriftError> {
    let admin = connect(&shadow.settings).await?;
    if only_look {
        return Ok(left_behind(&admin).await?);
    }
    Ok(remove_left_behind(&admin).await?)
}

async fn left_behind(admin: &Client) -> Result<Vec<String>, tokio_postgres::Error> {
    let rows = admin
        .query(
            "select d.datname::text from pg_catalog.pg_database d
              where d.datname ~ '^romashka_shadow_[0-9]+_[0-9a-f]{8}$'
                and split_part(d.datname, '_', 3)::int8 < $1
                and pg_catalog.pg_has_role(d.datdba, 'usage')",
            &[&(now() - 3600)],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Drops the shadows of comparisons that were killed more than an hour ago.
async fn remove_left_behind(admin: &Client) -> Result<Vec<String>, tokio_postgres::Error> {
    let names = left_behind(admin).await?;
    for name in &names {
        admin
            .batch_execute(&format!("drop database if exists {name} with (force)"))
            .await?;
    }
    Ok(names)
}

/// The locale clause, for servers whose template is made for another one.
pub(crate) async fn locale(admin: &Client) -> Result<String, tokio_postgres::Error> {
    let row = admin
        .query_one(
            "select pg_catalog.quote_literal(datcollate), pg_catalog.quote_literal(datctype)
               from pg_catalog.pg_database where datname = pg_catalog.current_database()",
            &[],
        )
        .await?;
    Ok(format!(
        " lc_collate {} lc_ctype {}",
        row.get::<_, String>(0),
        row.get::<_, String>(1)
    ))
}

/// What a platform grants by default on new objects (Supabase does), as statements: objects that the migrations make
/// carry these grants unless they are revoked, in the shadow as in the database.
async fn default_privileges(client: &Client) -> Result<Vec<String>, tokio_postgres::Error> {
    let rows = client
        .query(
            "select format('alter default privileges for role %I%s grant %s on %s to %s',
                      pg_catalog.pg_get_userbyid(d.defaclrole),
                      case when d.defaclnamespace = 0 then '' else format(' in schema %I', n.nspname) end,
                      a.privilege_type,
                      case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' else 'functions' end,
                      case a.grantee when 0 then 'public' else format('%I', pg_catalog.pg_get_userbyid(a.grantee)) end)
               from pg_catalog.pg_default_acl d
               left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
              cross join lateral pg_catalog.aclexplode(d.defaclacl) a
              where (d.defaclnamespace = 0 or n.nspname = 'public') and d.defaclobjtype in ('r', 'S', 'f')
                and d.defaclrole = (select oid from pg_catalog.pg_roles where rolname = current_user)
                and a.grantee <> d.defaclrole",
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(objects: &[(&str, &str, &str, &str)]) -> Fingerprint {
        let objects = objects
            .iter()
            .map(|(kind, identity, part_of, definition)| {
                let object = Object {
                    part_of: (*part_of).to_owned(),
                    definition: (*definition).to_owned(),
                };
                (((*kind).to_owned(), (*identity).to_owned()), object)
            })
            .collect();
        Fingerprint { objects }
    }

    #[test]
    fn the_same_is_no_difference() {
        let one = fingerprint(&[("table", "public.t", "public.t", "table\nrow security on")]);
        assert_eq!(one.differences(&one.clone()), []);
    }

    #[test]
    fn a_change_is_shown_as_the_lines_that_differ() {
        let expected = fingerprint(&[(
            "table",
            "public.t",
            "public.t",
            "table\nrow security on\nforced",
        )]);
        let found = fingerprint(&[(
            "table",
            "public.t",
            "public.t",
            "table\nrow security off\nforced",
        )]);
        let differences = expected.differences(&found);
        let text = differences[0].to_string();
        assert!(text.starts_with("changed table public.t\n"), "{text}");
        assert!(
            text.contains("    - row security on\n    + row security off"),
            "{text}"
        );
        assert!(differences[0].breaks_promise());
    }

    #[test]
    fn what_belongs_to_others_breaks_no_promise() {
        let expected = fingerprint(&[("table", "public.t", "public.t", "table")]);
        let mine = ("table", "public.mine", "public.mine", "table");
        let index = ("index", "public.extra", "public.t", "create index");
        let grant = (
            "grant",
            "select on table public.t to anon",
            "public.t",
            "granted",
        );
        let found = fingerprint(&[
            ("table", "public.t", "public.t", "table"),
            mine,
            index,
            grant,
        ]);
        let told: Vec<_> = expected
            .differences(&found)
            .into_iter()
            .map(|difference| {
                (
                    difference.kind.clone(),
                    difference.on_foreign_object,
                    difference.breaks_promise(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("grant".to_owned(), false, true),
                ("index".to_owned(), false, false),
                ("table".to_owned(), true, false)
            ]
        );
    }
}
