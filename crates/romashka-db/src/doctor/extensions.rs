//! Extensions: those that the schema needs, and whether those that are there are of the server's version.

use tokio_postgres::Error;

use super::settings::quote_name;
use super::survey::Survey;
use super::{Finding, Mend, Severity};

/// Extensions by name, how much they are missed, and what for.
const WANTED: &[(&str, Severity, &str)] = &[(
    "pg_trgm",
    Severity::Error,
    "the migrations need it: search within words stands on it",
)];

/// What is missing.
pub(super) async fn needed(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let names: Vec<&str> = WANTED.iter().map(|(name, _, _)| *name).collect();
    let rows = survey
        .client
        .query(
            "select w.name, e.oid is not null, a.name is not null
               from pg_catalog.unnest($1::text[]) as w (name)
               left join pg_catalog.pg_extension e on e.extname = w.name
               left join pg_catalog.pg_available_extensions a on a.name = w.name",
            &[&names],
        )
        .await?;
    let mut findings = Vec::new();
    for row in &rows {
        let (name, installed, available): (String, bool, bool) =
            (row.get(0), row.get(1), row.get(2));
        let Some((_, severity, why)) = WANTED.iter().find(|(wanted, _, _)| *wanted == name) else {
            continue;
        };
        if installed {
            continue;
        }
        findings.push(Finding {
            id: "extensions.available",
            severity: *severity,
            found: if available {
                format!("{name} is on the server and not in this database")
            } else {
                format!("{name} is not on the server")
            },
            why,
            mend: if available {
                Mend::statement(survey.create_extension(&name))
            } else {
                Mend::advice(
                    "install the server's additional modules (Debian has them in postgresql, Red Hat in postgresql-contrib)",
                )
            },
            subject: name,
        });
    }
    Ok(findings)
}

/// Extensions whose objects in this database are of an older version than the files on the server.
pub(super) async fn outdated(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            "select e.extname::text, e.extversion, a.default_version
               from pg_catalog.pg_extension e join pg_catalog.pg_available_extensions a on a.name = e.extname
              where e.extversion is distinct from a.default_version
                and exists (select from pg_catalog.pg_extension_update_paths(e.extname) as p
                             where p.source = e.extversion and p.target = a.default_version and p.path is not null)
              order by 1",
            &[],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let (name, here, there): (String, String, String) =
                (row.get(0), row.get(1), row.get(2));
            Finding {
                id: "extensions.outdated",
                severity: Severity::Advice,
                found: format!("{name} is {here}, the server has {there}"),
                why: "corrections of an extension reach a database by an update of their own",
                mend: Mend::statement(format!("alter extension {} update;", quote_name(&name))),
                subject: name,
            }
        })
        .collect())
}
