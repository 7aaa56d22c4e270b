//! Whether a running server keeps data safe and finds text in every script.
//!
//! Invariant: nothing here changes the database; what has to be tried is rolled back.

use tokio_postgres::Client;

use super::{
    error::PrivateServerError,
    packages::{Missing, PackageAdvice},
};

/// Refuses a server that would lose committed data in a power failure.
///
/// # Errors
/// [`PrivateServerError::NotDurable`] with the first setting that is off.
pub async fn check_durability(client: &Client) -> Result<(), PrivateServerError> {
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let value: String = client
            .query_one("select current_setting($1)", &[&setting])
            .await
            .map_err(PrivateServerError::database(
                "reading the server's settings",
            ))?
            .get(0);
        if value == "off" {
            return Err(PrivateServerError::NotDurable {
                setting: setting.to_owned(),
                value,
            });
        }
    }
    Ok(())
}

/// Checks that lower case, and so case-insensitive and full-text search, and trigrams know Cyrillic in this database.
/// Where the extension pg_trgm is not there yet, it is created and rolled back.
///
/// # Errors
/// [`PrivateServerError::LocaleUnfit`] where they do not; [`PrivateServerError::ExtensionMissing`] without pg_trgm.
pub async fn check_locale(client: &mut Client) -> Result<(), PrivateServerError> {
    let failed = || PrivateServerError::database("checking the locale");
    let row = client
        .query_one(
            "select lower('Ё') = 'ё', \
                    coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', d.datctype), \
                    pg_catalog.pg_encoding_to_char(d.encoding), \
                    (select pg_catalog.quote_ident(n.nspname) from pg_catalog.pg_extension e \
                       join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm'), \
                    exists (select from pg_catalog.pg_available_extensions where name = 'pg_trgm') \
               from pg_catalog.pg_database d where d.datname = current_database()",
            &[],
        )
        .await
        .map_err(failed())?;
    let (lowers, locale, encoding): (bool, String, String) = (row.get(0), row.get(1), row.get(2));
    let (schema, available): (Option<String>, bool) = (row.get(3), row.get(4));
    let unfit = |finding: &str| PrivateServerError::LocaleUnfit {
        finding: finding.to_owned(),
        locale: locale.clone(),
        encoding: encoding.clone(),
    };
    if !lowers {
        return Err(unfit("lower('Ё') is not 'ё'"));
    }
    if schema.is_none() && !available {
        return Err(PrivateServerError::ExtensionMissing {
            name: "pg_trgm",
            advice: PackageAdvice::here(Missing::Extensions),
        });
    }
    let transaction = client.transaction().await.map_err(failed())?;
    let schema = match schema {
        Some(schema) => schema,
        None => {
            transaction
                .batch_execute(
                    "create schema romashka_locale_probe; create extension pg_trgm schema romashka_locale_probe",
                )
                .await
                .map_err(failed())?;
            "romashka_locale_probe".to_owned()
        }
    };
    let trigrams: i32 = transaction
        .query_one(
            &format!("select cardinality({schema}.show_trgm('Кошка'))"),
            &[],
        )
        .await
        .map_err(failed())?
        .get(0);
    transaction.rollback().await.map_err(failed())?;
    if trigrams == 0 {
        Err(unfit("show_trgm('Кошка') is empty"))
    } else {
        Ok(())
    }
}
