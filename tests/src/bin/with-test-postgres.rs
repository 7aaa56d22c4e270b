//! Starts one throw-away PostgreSQL, runs a command with `ROMASHKA_TEST_DATABASE_URL` set to it, stops it, and ends with
//! the command's exit code. An own server in the variable is used as it is.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use romashka_tests::{StartOptions, TestServer};

const URL_VARIABLE: &str = "ROMASHKA_TEST_DATABASE_URL";

fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("with-test-postgres: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<u8> {
    let mut words = std::env::args_os().skip(1);
    let program = words
        .next()
        .context("usage: with-test-postgres COMMAND [ARGUMENT…]")?;
    let mut command = Command::new(&program);
    command.args(words);
    let server = if std::env::var_os(URL_VARIABLE).is_some_and(|url| !url.is_empty()) {
        None
    } else {
        let server = TestServer::start(StartOptions::default())?;
        command.env(URL_VARIABLE, server.url("postgres"));
        Some(server)
    };
    let status = command
        .status()
        .with_context(|| format!("{} does not run", program.display()));
    if let Some(server) = server {
        server.stop();
    }
    // A command that a signal ended has no code of its own.
    Ok(status?
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1))
}
