//! PostgreSQL's own client programs (psql, pg_dump, pg_restore) on the database that the settings name.
//!
//! Invariant: no part of the connection is on a program's command line, where other users of the machine could read it.

use std::ffi::OsString;
use std::path::Path;

use secrecy::ExposeSecret;

use crate::settings::{Host, Settings, SslMode};

/// Variables of the surroundings that would lead a program elsewhere, and must be removed.
pub const MISLEADING: [&str; 5] = [
    "PGSERVICE",
    "PGHOSTADDR",
    "PGPASSFILE",
    "PGSSLCERT",
    "PGSSLKEY",
];

/// The variables that make libpq connect as these settings say.
pub fn environment(settings: &Settings) -> Vec<(&'static str, OsString)> {
    let mut variables: Vec<(&'static str, OsString)> = vec![
        (
            "PGHOST",
            match &settings.host {
                Host::Tcp(name) => name.trim_matches(['[', ']']).into(),
                Host::Socket(folder) => folder.into(),
            },
        ),
        ("PGPORT", settings.port.to_string().into()),
        ("PGDATABASE", (&settings.database).into()),
        ("PGUSER", (&settings.user).into()),
        (
            "PGSSLMODE",
            match settings.ssl_mode {
                SslMode::Disable => "disable",
                SslMode::Prefer => "prefer",
                SslMode::Require => "require",
                SslMode::VerifyCa => "verify-ca",
                SslMode::VerifyFull => "verify-full",
            }
            .into(),
        ),
        (
            "PGOPTIONS",
            settings.options.clone().unwrap_or_default().into(),
        ),
    ];
    if let Some(password) = &settings.password {
        variables.push(("PGPASSWORD", password.expose_secret().into()));
    }
    // libpq knows the system's authorities under one name only since version 16; the files are there in every version.
    let system = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ]
    .iter()
    .map(Path::new)
    .find(|file| file.exists());
    let verifies = matches!(settings.ssl_mode, SslMode::VerifyCa | SslMode::VerifyFull);
    match (&settings.ssl_root_certificate, system) {
        (Some(file), _) => variables.push(("PGSSLROOTCERT", file.into())),
        (None, Some(file)) if verifies => variables.push(("PGSSLROOTCERT", file.into())),
        _ => {}
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Origin;

    #[test]
    fn libpq_is_told_the_same_connection() {
        let settings = Settings::for_socket(
            Origin::PrivateServer,
            Path::new("/my data/run"),
            5433,
            "postgres",
            "romashka",
        );
        let variables = environment(&settings);
        let value = |name: &str| {
            variables
                .iter()
                .find(|(variable, _)| *variable == name)
                .and_then(|(_, value)| value.to_str())
        };
        assert_eq!(value("PGHOST"), Some("/my data/run"));
        assert_eq!(value("PGPORT"), Some("5433"));
        assert_eq!(value("PGUSER"), Some("postgres"));
        assert_eq!(value("PGDATABASE"), Some("romashka"));
        assert_eq!(value("PGSSLMODE"), Some("disable"));
        assert_eq!(value("PGPASSWORD"), None);
    }
}
