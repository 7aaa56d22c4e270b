//! Who runs the server, and so how its settings are changed.

use serde::Serialize;

/// Who runs the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Whoever runs ROMASHKA, or somebody with a superuser.
    Own,
    /// A project on Supabase.
    Supabase,
    /// Amazon RDS or Aurora.
    AmazonRds,
    /// Google Cloud SQL.
    GoogleCloudSql,
    /// Azure Database for PostgreSQL.
    Azure,
}

impl Platform {
    /// From the roles that only such a service makes.
    pub(super) fn of_roles(has: impl Fn(&str) -> bool) -> Platform {
        if has("supabase_admin") {
            Platform::Supabase
        } else if has("rds_superuser") {
            Platform::AmazonRds
        } else if has("cloudsqlsuperuser") {
            Platform::GoogleCloudSql
        } else if has("azure_pg_admin") {
            Platform::Azure
        } else {
            Platform::Own
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Platform::Own => "own server",
            Platform::Supabase => "Supabase",
            Platform::AmazonRds => "Amazon RDS",
            Platform::GoogleCloudSql => "Google Cloud SQL",
            Platform::Azure => "Azure Database for PostgreSQL",
        }
    }

    /// Schemas that belong to the service, whose tables and indexes are its own business.
    pub(super) fn schemas(self) -> &'static [&'static str] {
        match self {
            Platform::Supabase => &[
                "auth",
                "cron",
                "extensions",
                "graphql",
                "graphql_public",
                "net",
                "pgbouncer",
                "pgsodium",
                "realtime",
                "storage",
                "supabase_functions",
                "supabase_migrations",
                "vault",
            ],
            _ => &[],
        }
    }

    /// Where a setting is changed that `alter database` cannot change.
    pub(super) fn where_to_set(self, name: &str, value: &str) -> String {
        match self {
            Platform::Own => format!("set {name} = {value} in postgresql.conf"),
            Platform::Supabase => format!(
                "with Supabase's command line, which tells if this setting can be changed: supabase --experimental --project-ref PROJECT postgres-config update --config {name}={value}"
            ),
            Platform::AmazonRds => {
                format!("set {name} to {value} in the parameter group of the instance")
            }
            Platform::GoogleCloudSql => {
                format!("set the database flag {name} of the instance to {value}")
            }
            Platform::Azure => {
                format!("set {name} to {value} under Server parameters of the instance")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_known_by_its_roles() {
        assert_eq!(Platform::of_roles(|_| false), Platform::Own);
        assert_eq!(
            Platform::of_roles(|name| name == "supabase_admin"),
            Platform::Supabase
        );
        assert_eq!(
            Platform::of_roles(|name| name == "rds_superuser"),
            Platform::AmazonRds
        );
    }
}
