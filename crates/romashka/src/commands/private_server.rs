//! What the commands around the private server share: errors with their exit codes, and how a server is shown.

use romashka_db::private::{DataFolder, PrivateServerError, Running};
use serde::Serialize;

use crate::console::{Console, Tone};
use crate::context::Context;
use crate::exit::{Exit, Failure, failure};

/// The folder of `--data-dir`, or the user's own.
pub(super) fn folder(context: &Context) -> anyhow::Result<DataFolder> {
    Ok(DataFolder::at(context.data_folder()?).map_err(failed)?)
}

/// An error of the private server with its exit code and next step.
pub(super) fn failed(error: PrivateServerError) -> Failure {
    let exit = match &error {
        PrivateServerError::AlreadyRunning { .. } => Exit::AlreadyRunning,
        PrivateServerError::FolderUnusable { .. }
        | PrivateServerError::ChosenProgramsUnusable { .. }
        | PrivateServerError::PortInUse { .. } => Exit::Usage,
        PrivateServerError::OlderMinorVersion { .. }
        | PrivateServerError::NotDurable { .. }
        | PrivateServerError::NoServerUser { .. } => Exit::Refused,
        _ => Exit::Failure,
    };
    let failure = match error.next_step() {
        Some(next) => failure(exit, &error).next(next),
        None => failure(exit, &error),
    };
    match error {
        PrivateServerError::Database { source, .. } => failure.because(source),
        PrivateServerError::File { source, .. } | PrivateServerError::Program { source, .. } => {
            failure.because(source)
        }
        _ => failure,
    }
}

/// How a running server is reached, for `--json`.
#[derive(Serialize)]
pub(super) struct Reachable {
    url: String,
    tcp_url: Option<String>,
    password_file: Option<String>,
    socket_folder: String,
    port: u16,
    database: String,
    user: String,
}

impl Reachable {
    pub(super) fn new(running: &Running, folder: &DataFolder) -> Self {
        Reachable {
            url: running.url(),
            tcp_url: running.tcp_url(),
            password_file: running.tcp.then(|| folder.password().display().to_string()),
            socket_folder: running.socket_folder.display().to_string(),
            port: running.port,
            database: running.database.clone(),
            user: running.user.clone(),
        }
    }
}

/// Prints how a running server is reached.
pub(super) fn show(console: &Console, running: &Running, folder: &DataFolder) {
    let entry = |name: &str, value: &dyn std::fmt::Display| {
        console.line(format_args!(
            "  {} {value}",
            console.paint(Tone::Faint, format_args!("{name:<12}"))
        ));
    };
    entry("connection", &running.url());
    entry("psql", &format_args!("psql {}", quote(&running.url())));
    if let Some(url) = running.tcp_url() {
        entry("TCP", &url);
        entry(
            "password",
            &format_args!("in {}", folder.password().display()),
        );
    }
    entry("data folder", &folder.path().display());
    entry("server log", &folder.server_log().display());
}

/// A word for a POSIX shell.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A size in the unit that people read.
pub(super) fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_survive_a_shell() {
        assert_eq!(super::quote("it's a b"), r"'it'\''s a b'");
    }
}
