//! Brings a database from any released version to this one.
//!
//! Invariants: a migration and its row in `public.schema_migrations` are one transaction, so that a kill at any point
//! leaves the old state or the new one; one migrator works on a database at a time (a session's advisory lock); a
//! migration that was applied is never applied again, and one that was changed afterwards stops everything.
//! What to migrate is a value, [`MigrationSet`]; the released one is embedded in the program.

mod adopt;
mod apply;
mod error;
mod history;
mod lock_mode;
mod locks;
mod online;
mod plan;
mod preflight;
mod statements;
mod transaction;
mod way;

use std::borrow::Cow;
use std::fmt;

use sha2::{Digest, Sha256};

pub use adopt::{AdoptedTable, Adoption, AdoptionPlan, FindingCount, OlderTable, adoption_plan};
pub use apply::{Done, Event, Migrator, Outcome, Pace};
pub use error::MigrateError;
pub use history::{Entry, State, Status};
pub use lock_mode::LockMode;
pub use locks::{Doing, Effect};
pub use online::{Breach, Rule, breaches};
pub use plan::{HeldLock, Plan, PlannedMigration, PlannedStatement};
pub use preflight::{Concern, Server};
pub use statements::{Statement, split};

/// The key under which the checksum of `db-functions.sql` is recorded, among the versions but none of them.
pub const FUNCTIONS: &str = "functions";

/// The number that a migration's file name begins with. Ordered by value, written with three digits or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u32);

impl Version {
    /// Reads a version as the user or the database writes it.
    pub fn parse(text: &str) -> Option<Version> {
        let digits = text.split_once('_').map_or(text, |(digits, _)| digits);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok().map(Version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:03}", self.0)
    }
}

impl serde::Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One step from a version of the schema to the next.
#[derive(Clone, Debug)]
pub struct Migration {
    version: Version,
    description: String,
    sql: Cow<'static, str>,
    reversal: Option<Cow<'static, str>>,
    transactional: bool,
    breaking: bool,
}

impl Migration {
    /// Its number.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The rest of its file name, in words.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// SHA-256 of the file, in hexadecimal. Line ends do not count: a checkout may change them.
    pub fn checksum(&self) -> String {
        checksum(&self.sql)
    }

    /// Whether it runs in one transaction. Not so behind the header `-- romashka: non-transactional`.
    pub fn is_transactional(&self) -> bool {
        self.transactional
    }

    /// Whether programs of the version before stop working with it: header `-- romashka: breaking`.
    pub fn is_breaking(&self) -> bool {
        self.breaking
    }

    /// Whether there is a written way back.
    pub fn is_reversible(&self) -> bool {
        self.reversal.is_some()
    }

    /// Its statements without the lines `begin;` and `commit;`, which are there for psql.
    pub fn statements(&self) -> Vec<Statement> {
        split(&without_transaction(&self.sql))
    }

    /// The statements of the way back.
    pub(crate) fn reversal_statements(&self) -> Option<Vec<Statement>> {
        self.reversal
            .as_ref()
            .map(|sql| split(&without_transaction(sql)))
    }
}

fn checksum(sql: &str) -> String {
    hex::encode(Sha256::digest(sql.replace("\r\n", "\n")))
}

/// Blanks the lines that are exactly `begin;` or `commit;`; line numbers stay.
fn without_transaction(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    for line in sql.lines() {
        if !matches!(line.trim_end(), "begin;" | "commit;") {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

/// What is wrong with a set of migrations.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MigrationSetError {
    /// A file whose name is not `NNN_name.sql` or `NNN_name.down.sql`.
    #[error("{0} is no name of a migration: NNN_name.sql or NNN_name.down.sql")]
    Name(String),
    /// Two files with one number.
    #[error("two migrations have the version {0}")]
    Duplicate(Version),
    /// A reversal of nothing.
    #[error("{0} reverses a migration that does not exist")]
    ReversalAlone(String),
    /// A statement that would end the migrator's transaction, or cannot run in one.
    #[error("{file}, line {line}: {statement} cannot be part of a transaction")]
    Transaction {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The first words.
        statement: String,
    },
}

/// All migrations of a program, in order, and the functions that are re-applied whenever they change.
#[derive(Clone, Debug, Default)]
pub struct MigrationSet {
    migrations: Vec<Migration>,
    functions: Option<Cow<'static, str>>,
}

impl MigrationSet {
    /// The migrations that this program was built with.
    ///
    /// # Panics
    /// When the repository's files are wrong, which its tests rule out.
    pub fn embedded() -> MigrationSet {
        const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));
        const FUNCTIONS_SQL: &str = include!(concat!(env!("OUT_DIR"), "/functions.rs"));
        let files = FILES
            .iter()
            .map(|(name, sql)| ((*name).to_owned(), Cow::Borrowed(*sql)));
        match MigrationSet::new(files, Some(Cow::Borrowed(FUNCTIONS_SQL))) {
            Ok(set) => set,
            Err(error) => panic!("the embedded migrations: {error}"),
        }
    }

    /// A set from file names and contents.
    pub fn new(
        files: impl IntoIterator<Item = (String, Cow<'static, str>)>,
        functions: Option<Cow<'static, str>>,
    ) -> Result<MigrationSet, MigrationSetError> {
        let mut migrations: Vec<Migration> = Vec::new();
        let mut reversals = Vec::new();
        for (name, sql) in files {
            let wrong_name = || MigrationSetError::Name(name.clone());
            let stem = name.strip_suffix(".sql").ok_or_else(wrong_name)?;
            let (stem, is_reversal) = stem
                .strip_suffix(".down")
                .map_or((stem, false), |stem| (stem, true));
            let (number, words) = stem.split_once('_').ok_or_else(wrong_name)?;
            let version = Version::parse(number).ok_or_else(wrong_name)?;
            let transactional = !has_flag(&sql, "non-transactional");
            if transactional {
                check_transactional(&name, &sql)?;
            }
            if is_reversal {
                reversals.push((version, name, sql));
                continue;
            }
            let breaking = has_flag(&sql, "breaking");
            let description = words.replace('_', " ");
            migrations.push(Migration {
                version,
                description,
                sql,
                reversal: None,
                transactional,
                breaking,
            });
        }
        migrations.sort_by_key(|migration| migration.version);
        if let Some(pair) = migrations
            .windows(2)
            .find(|pair| pair[0].version == pair[1].version)
        {
            return Err(MigrationSetError::Duplicate(pair[0].version));
        }
        for (version, name, sql) in reversals {
            let migration = migrations
                .iter_mut()
                .find(|migration| migration.version == version);
            migration
                .ok_or(MigrationSetError::ReversalAlone(name))?
                .reversal = Some(sql);
        }
        Ok(MigrationSet {
            migrations,
            functions,
        })
    }

    /// The migrations, oldest first.
    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// The newest version; none in an empty set.
    pub fn newest(&self) -> Option<Version> {
        self.migrations.last().map(Migration::version)
    }

    /// The migration of this version.
    pub fn get(&self, version: Version) -> Option<&Migration> {
        self.migrations
            .iter()
            .find(|migration| migration.version == version)
    }

    /// SHA-256 of the functions' file, in hexadecimal.
    pub fn functions_checksum(&self) -> Option<String> {
        self.functions.as_deref().map(checksum)
    }

    /// The statements of the functions' file, without the lines `begin;` and `commit;`.
    pub fn function_statements(&self) -> Vec<Statement> {
        self.functions
            .as_deref()
            .map(|sql| split(&without_transaction(sql)))
            .unwrap_or_default()
    }

    /// The migrations up to and with `version`, for a look at an older state. The functions belong to the newest one.
    pub fn up_to(&self, version: Version) -> MigrationSet {
        let migrations: Vec<Migration> = self
            .migrations
            .iter()
            .filter(|migration| migration.version <= version)
            .cloned()
            .collect();
        let functions = if migrations.len() == self.migrations.len() {
            self.functions.clone()
        } else {
            None
        };
        MigrationSet {
            migrations,
            functions,
        }
    }
}

/// Whether a line of the file's head says `-- romashka: FLAG`.
fn has_flag(sql: &str, flag: &str) -> bool {
    sql.lines()
        .take_while(|line| line.trim().is_empty() || line.starts_with("--"))
        .filter_map(|line| line.strip_prefix("-- romashka:"))
        .any(|flags| flags.split([',', ' ']).any(|word| word == flag))
}

fn check_transactional(file: &str, sql: &str) -> Result<(), MigrationSetError> {
    for statement in split(&without_transaction(sql)) {
        let first = statement.words.first().map_or("", String::as_str);
        let second = statement.words.get(1).map_or("", String::as_str);
        let alone = matches!(
            first,
            "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "vacuum"
        ) || matches!(
            (first, second),
            ("create" | "drop", "database" | "tablespace") | ("prepare", "transaction")
        ) || (matches!(first, "create" | "drop" | "reindex" | "alter")
            && statement.words.iter().any(|word| word == "concurrently"));
        if alone {
            return Err(MigrationSetError::Transaction {
                file: file.to_owned(),
                line: statement.line,
                statement: format!("{first} {second}").trim().to_owned(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(files: &[(&str, &'static str)]) -> Result<MigrationSet, MigrationSetError> {
        MigrationSet::new(
            files
                .iter()
                .map(|(name, sql)| ((*name).to_owned(), Cow::Borrowed(*sql))),
            None,
        )
    }

    #[test]
    fn versions_are_numbers() {
        assert_eq!(Version::parse("1"), Version::parse("001_complete_schema"));
        assert!(Version::parse("010") > Version::parse("9"));
        assert_eq!(Version::parse("010").unwrap().to_string(), "010");
        for text in ["", "x", "functions", "-1", "_1"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn files_become_migrations_in_order() {
        let set = set(&[
            (
                "002_add_b.sql",
                "-- romashka: breaking\nbegin;\nselect 2;\ncommit;\n",
            ),
            ("001_add_a.sql", "select 1;"),
            ("002_add_b.down.sql", "select -2;"),
            (
                "003_index.sql",
                "-- romashka: non-transactional\ncreate index concurrently i on t (a);",
            ),
        ])
        .unwrap();
        let told: Vec<_> = set
            .migrations()
            .iter()
            .map(|m| (m.version().to_string(), m.description().to_owned()))
            .collect();
        assert_eq!(told[1], ("002".to_owned(), "add b".to_owned()));
        assert!(set.migrations()[1].is_breaking() && set.migrations()[1].is_reversible());
        assert!(!set.migrations()[2].is_transactional());
        let statements = set.migrations()[1].statements();
        assert_eq!((statements.len(), statements[0].line), (1, 3));
        assert_eq!(set.up_to(Version(1)).newest(), Some(Version(1)));
    }

    #[test]
    fn mistakes_in_files_are_found() {
        assert!(matches!(
            set(&[("one.sql", "")]),
            Err(MigrationSetError::Name(_))
        ));
        assert!(matches!(
            set(&[("001_a.sql", ""), ("1_b.sql", "")]),
            Err(MigrationSetError::Duplicate(_))
        ));
        assert!(matches!(
            set(&[("001_a.down.sql", "")]),
            Err(MigrationSetError::ReversalAlone(_))
        ));
        for sql in [
            "select 1;\ncommit; select 2;",
            "create index concurrently i on t (a)",
            "begin transaction;",
            "vacuum t",
        ] {
            assert!(
                matches!(
                    set(&[("001_a.sql", sql)]),
                    Err(MigrationSetError::Transaction { .. })
                ),
                "{sql}"
            );
        }
    }

    #[test]
    fn line_ends_do_not_change_the_checksum() {
        let unix = set(&[("001_a.sql", "select 1;\n")]).unwrap();
        let windows = set(&[("001_a.sql", "select 1;\r\n")]).unwrap();
        assert_eq!(
            unix.migrations()[0].checksum(),
            windows.migrations()[0].checksum()
        );
        let other = set(&[("001_a.sql", "select 2;\n")]).unwrap();
        assert_ne!(
            unix.migrations()[0].checksum(),
            other.migrations()[0].checksum()
        );
    }
}
