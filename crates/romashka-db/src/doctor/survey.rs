//! What every check needs to know about the server, asked for once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use tokio_postgres::{Client, Row};

use super::machine::{Resources, Source};
use super::platform::Platform;
use super::recommendations::ServerTraits;
use crate::migrations::{MigrationSet, Server};

/// A setting as this session sees it.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) value: String,
    /// `8kB`, `ms` …
    pub(super) unit: Option<String>,
    /// Who may change it, and when: `user`, `superuser`, `sighup`, `postmaster`, `internal` …
    pub(super) context: String,
    /// Where the value comes from: `default`, `configuration file`, `command line` …
    pub(super) source: String,
    /// The words of an enumeration.
    pub(super) choices: Vec<String>,
}

impl Setting {
    /// Bytes, milliseconds, or the number as it is.
    pub(super) fn amount(&self) -> Option<f64> {
        let number: f64 = self.value.parse().ok()?;
        Some(number * self.scale())
    }

    fn scale(&self) -> f64 {
        match self.unit.as_deref() {
            Some("kB") => 1024.0,
            Some("8kB") => 8192.0,
            Some("16kB") => 16_384.0,
            Some("MB") => 1_048_576.0,
            Some("16MB") => 16_777_216.0,
            Some("s") => 1000.0,
            Some("min") => 60_000.0,
            _ => 1.0,
        }
    }

    /// As people read it.
    pub(super) fn words(&self) -> String {
        match (self.amount(), self.unit.as_deref()) {
            // Negative numbers are special cases with a meaning of their own.
            (Some(amount), Some(unit)) if amount >= 0.0 => match unit {
                "ms" | "s" | "min" if amount == 0.0 => "0".to_owned(),
                "ms" | "s" | "min" => super::figures::duration(amount / 1000.0),
                _ => super::figures::size(amount as u64),
            },
            _ if self.value.is_empty() => "empty".to_owned(),
            _ => self.value.clone(),
        }
    }
}

/// The surroundings of an examination.
pub(super) struct Survey<'a> {
    pub(super) client: &'a Client,
    pub(super) server: Server,
    pub(super) is_superuser: bool,
    /// Whether the role may change the database's own settings.
    pub(super) owns_database: bool,
    /// Whether extensions are kept in a schema of that name.
    pub(super) has_extensions_schema: bool,
    /// Whether the role sees the statements and times of other roles' sessions.
    pub(super) sees_sessions: bool,
    pub(super) platform: Platform,
    pub(super) settings: BTreeMap<String, Setting>,
    pub(super) resources: Resources,
    /// How long a transaction may run before it is a finding.
    pub(super) long: Duration,
    /// The indexes that the migrations make by name.
    schema_indexes: BTreeSet<String>,
}

impl<'a> Survey<'a> {
    /// Asks the server. `given` is what the user said about its machine.
    pub(super) async fn of(
        client: &'a Client,
        is_local: bool,
        given: (Option<u64>, Option<u32>),
        long: Duration,
    ) -> Result<Survey<'a>, tokio_postgres::Error> {
        let server = Server::inspect(client).await?;
        let role = client
            .query_one(
                "select r.rolsuper, pg_catalog.pg_has_role(r.oid, 'pg_read_all_stats', 'usage'), pg_catalog.pg_backend_pid(),
                        pg_catalog.pg_has_role(r.oid, d.datdba, 'usage'), pg_catalog.to_regnamespace('extensions') is not null
                   from pg_catalog.pg_roles r, pg_catalog.pg_database d where r.rolname = current_user and d.datname = pg_catalog.current_database()",
                &[],
            )
            .await?;
        let services: Vec<String> = client
            .query(
                "select rolname::text from pg_catalog.pg_roles where rolname in ('supabase_admin', 'rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin')",
                &[],
            )
            .await?
            .iter()
            .map(|row| row.get(0))
            .collect();
        let settings: BTreeMap<String, Setting> = client
            .query(
                "select name, setting, unit, context, source, enumvals from pg_catalog.pg_settings",
                &[],
            )
            .await?
            .iter()
            .map(|row| (row.get(0), setting(row)))
            .collect();
        let backend: i32 = role.get(2);
        let size = |name: &str| {
            settings
                .get(name)
                .and_then(Setting::amount)
                .map_or(0, |amount| amount as u64)
        };
        let mut resources = is_local
            .then(|| Resources::of_process(Path::new("/"), backend))
            .flatten()
            .unwrap_or_else(|| {
                Resources::assumed(size("shared_buffers"), size("effective_cache_size"))
            });
        if let Some(memory) = given.0 {
            resources.memory = Some(memory);
            resources.memory_source = Source::Given;
        }
        if let Some(cores) = given.1 {
            resources.cores = Some(cores);
            resources.cores_source = Source::Given;
        }
        Ok(Survey {
            client,
            server,
            is_superuser: role.get(0),
            owns_database: role.get(3),
            has_extensions_schema: role.get(4),
            sees_sessions: role.get(1),
            platform: Platform::of_roles(|name| services.iter().any(|found| found == name)),
            settings,
            resources,
            long,
            schema_indexes: schema_indexes(&MigrationSet::embedded()),
        })
    }

    pub(super) fn major(&self) -> u32 {
        u32::try_from(self.server.version_number / 10_000).unwrap_or(0)
    }

    pub(super) fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.get(name)
    }

    pub(super) fn traits(&self) -> ServerTraits {
        ServerTraits {
            major: self.major(),
            has_lz4: self
                .setting("wal_compression")
                .is_some_and(|found| found.choices.iter().any(|choice| choice == "lz4")),
            max_connections: self
                .setting("max_connections")
                .and_then(Setting::amount)
                .map_or(100, |number| number as u32),
        }
    }

    /// Whether pg_stat_statements was loaded when the server started. The list of libraries is for superusers; the library's
    /// own settings exist only when it was loaded then.
    pub(super) fn counts_statements(&self) -> bool {
        self.settings.contains_key("pg_stat_statements.max")
    }

    /// Whether the migrations made this index.
    pub(super) fn is_of_schema(&self, schema: &str, index: &str) -> bool {
        match schema {
            "romashka_partitions" | "romashka_numbers" => true,
            "public" | "romashka" => self.schema_indexes.contains(index),
            _ => false,
        }
    }

    /// Schemas that are not looked into, as a parameter of queries.
    pub(super) fn foreign_schemas(&self) -> Vec<&'static str> {
        self.platform.schemas().to_vec()
    }

    /// The statement that brings an extension into this database, where the other ones are.
    pub(super) fn create_extension(&self, name: &str) -> String {
        let place = if self.has_extensions_schema {
            " schema extensions"
        } else {
            ""
        };
        format!("create extension if not exists {name}{place};")
    }

    /// `as a superuser` for whoever is none.
    pub(super) fn who(&self) -> Option<&'static str> {
        (!self.is_superuser).then_some("as a superuser")
    }
}

fn setting(row: &Row) -> Setting {
    Setting {
        value: row.get::<_, Option<String>>(1).unwrap_or_default(),
        unit: row.get(2),
        context: row.get(3),
        source: row.get(4),
        choices: row.get::<_, Option<Vec<String>>>(5).unwrap_or_default(),
    }
}

/// The names in `create index` statements.
fn schema_indexes(set: &MigrationSet) -> BTreeSet<String> {
    set.migrations()
        .iter()
        .flat_map(|migration| migration.statements())
        .filter_map(|statement| {
            let words = statement.words.iter().map(String::as_str);
            let mut words = words.filter(|word| {
                !matches!(*word, "unique" | "concurrently" | "if" | "not" | "exists")
            });
            if (words.next(), words.next()) != (Some("create"), Some("index")) {
                return None;
            }
            words.next().map(|name| name.trim_matches('"').to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemas_own_indexes_are_known_by_name() {
        let names = schema_indexes(&MigrationSet::embedded());
        assert!(names.contains("idx_conversations_status_created_at"));
        assert!(names.contains("events_kind_idx"));
        assert!(!names.contains("on"));
        assert!(names.len() > 100, "{}", names.len());
    }

    #[test]
    fn settings_are_compared_in_bytes_and_milliseconds() {
        let setting = |value: &str, unit: &str| Setting {
            value: value.to_owned(),
            unit: Some(unit.to_owned()),
            context: String::new(),
            source: String::new(),
            choices: Vec::new(),
        };
        assert_eq!(
            setting("16384", "8kB").amount(),
            Some((128_u64 << 20) as f64)
        );
        assert_eq!(setting("16384", "8kB").words(), "128 MiB");
        assert_eq!(setting("5", "min").words(), "5 min");
        assert_eq!(setting("0", "ms").words(), "0");
        assert_eq!(setting("-1", "kB").words(), "-1");
    }
}
