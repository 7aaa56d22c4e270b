//! What the server and the role must be, found out before anything is touched.

use serde::Serialize;
use tokio_postgres::Client;

use super::MigrateError;

/// The server, the database and the role of a connection.
#[derive(Clone, Debug, Serialize)]
pub struct Server {
    /// As `server_version_num`: 150020 for 15.20.
    pub version_number: i32,
    /// As the server writes it.
    pub version: String,
    /// The database.
    pub database: String,
    /// Its encoding.
    pub encoding: String,
    /// Its character classification, `LC_CTYPE`.
    pub character_type: String,
    /// The current role.
    pub role: String,
    /// Whether row security does not bind the role: superuser or BYPASSRLS.
    pub sees_all_rows: bool,
    /// Whether the role may create a database, for a shadow to compare with.
    pub may_create_databases: bool,
    /// Whether the server is a standby.
    pub is_standby: bool,
    /// Whether non-Latin letters have lower case and are found.
    pub knows_letters: bool,
}

/// Something that does not stop the work but should be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Concern {
    /// What it is.
    pub finding: String,
    /// What to do about it.
    pub next: String,
}

impl Server {
    /// Asks the server.
    pub async fn inspect(client: &Client) -> Result<Server, tokio_postgres::Error> {
        let row = client
            .query_one(
                "select current_setting('server_version_num')::int4, current_setting('server_version'),
                        d.datname::text, pg_catalog.pg_encoding_to_char(d.encoding)::text, d.datctype::text,
                        r.rolname::text, r.rolsuper or r.rolbypassrls, r.rolsuper or r.rolcreatedb,
                        pg_catalog.pg_is_in_recovery(),
                        d.datctype not in ('C', 'POSIX')
                   from pg_catalog.pg_database d, pg_catalog.pg_roles r
                  where d.datname = pg_catalog.current_database() and r.rolname = current_user",
                &[],
            )
            .await?;
        let encoding: String = row.get(3);
        // Other encodings cannot even be asked.
        let knows_letters = row.get(9)
            && encoding == "UTF8"
            && client
                .query_one("select pg_catalog.lower('Ё') = 'ё'", &[])
                .await?
                .get(0);
        Ok(Server {
            version_number: row.get(0),
            version: row.get(1),
            database: row.get(2),
            encoding,
            character_type: row.get(4),
            role: row.get(5),
            sees_all_rows: row.get(6),
            may_create_databases: row.get(7),
            is_standby: row.get(8),
            knows_letters,
        })
    }

    /// Refuses a server on which the schema cannot work.
    pub fn check(&self) -> Result<Vec<Concern>, MigrateError> {
        if self.version_number < 140_000 {
            return Err(MigrateError::Server {
                finding: format!(
                    "the server is PostgreSQL {}; 14 or newer is needed",
                    self.version
                ),
                next: "upgrade the server, or use another one".to_owned(),
            });
        }
        if self.is_standby {
            return Err(MigrateError::Server {
                finding: "the server is a standby, which cannot be changed".to_owned(),
                next: "connect to the primary".to_owned(),
            });
        }
        if self.encoding != "UTF8" {
            return Err(MigrateError::Server {
                finding: format!(
                    "the database {} is encoded in {}; UTF8 is needed",
                    self.database, self.encoding
                ),
                next: format!(
                    "create another one: createdb -T template0 -E UTF8 --locale=C.UTF-8 {}_utf8",
                    self.database
                ),
            });
        }
        if !self.sees_all_rows {
            return Err(MigrateError::Server {
                finding: format!(
                    "the role {} is neither a superuser nor BYPASSRLS, so that row security would bind the migrations",
                    self.role
                ),
                next: format!(
                    "as a superuser: alter role \"{}\" bypassrls; or connect as the owner of the server",
                    self.role
                ),
            });
        }
        let mut concerns = Vec::new();
        if !self.knows_letters {
            concerns.push(Concern {
                finding: format!(
                    "the database's LC_CTYPE is {}: search does not find words in Cyrillic and other non-Latin letters",
                    self.character_type
                ),
                next: format!(
                    "move to a database with a locale: createdb -T template0 -E UTF8 --locale=C.UTF-8 {0}_new, then pg_dump {0} | psql {0}_new",
                    self.database
                ),
            });
        }
        Ok(concerns)
    }
}
