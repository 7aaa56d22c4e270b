//! `romashka psql`: opens psql on the configured database or the private server.
//!
//! Invariant: no part of the connection is on psql's command line, where other users of the machine could read it.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use romashka_db::private::{self, DataFolder, Missing, PackageAdvice};
use romashka_db::settings::{Host, Settings, SslMode};
use secrecy::ExposeSecret;

use crate::context::Context;
use crate::exit::{Exit, failure};

/// Open psql on the database
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  romashka psql                                    a prompt
  romashka psql -- -c 'select count(*) from conversations'
  romashka psql -- -f report.sql -o report.txt     whatever psql understands")]
pub struct Args {
    /// What is handed to psql as it is
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<std::ffi::OsString>,
}

/// Becomes psql.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let settings = context.settings()?;
    let beside_server = DataFolder::at(context.data_folder()?)
        .and_then(|folder| private::inspect(&folder))
        .ok()
        .and_then(|status| status.running)
        .map(|running| running.programs);
    let Some(program) = private::find_client_program("psql", beside_server.as_deref()) else {
        let advice = PackageAdvice::here(Missing::Client);
        return Err(failure(Exit::Failure, "psql is not on this machine")
            .next(advice.command(rustix::process::geteuid().is_root()))
            .into());
    };
    let mut command = Command::new(&program);
    for variable in [
        "PGSERVICE",
        "PGHOSTADDR",
        "PGPASSFILE",
        "PGSSLCERT",
        "PGSSLKEY",
    ] {
        command.env_remove(variable);
    }
    command
        .envs(environment(&settings))
        .args(arguments.arguments);
    // Returns only when psql could not be started.
    let error = command.exec();
    Err(
        failure(Exit::Failure, format!("{} does not run", program.display()))
            .because(error)
            .into(),
    )
}

/// The variables that make libpq connect as these settings say.
fn environment(settings: &Settings) -> Vec<(&'static str, std::ffi::OsString)> {
    let mut variables: Vec<(&'static str, std::ffi::OsString)> = vec![
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
    use romashka_db::settings::Origin;

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
