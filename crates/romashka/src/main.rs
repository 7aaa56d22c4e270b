//! The `romashka` command: runs, migrates and proves the database.
//!
//! Invariant: a command's result goes to standard output, everything else to standard error, and the
//! exit code alone tells a script what happened (see [`exit::Exit`]).

mod cli;
mod commands;
mod console;
mod context;
mod exit;
mod open_files;
mod stop;

use clap::Parser;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() -> std::process::ExitCode {
    // Before any thread exists, because it writes the process's environment.
    let env_file = load_env_file();
    let cli = cli::Cli::parse();
    let console = console::Console::new(&cli.global);
    start_log();
    let outcome = env_file.and_then(|()| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let context = context::Context::new(cli.global, console.clone());
        runtime.block_on(cli.command.run(&context))
    });
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => {
            console.report(&error);
            exit::Exit::of(&error).into()
        }
    }
}

/// Reads `.env` of the current folder; variables that are set already stay as they are.
fn load_env_file() -> anyhow::Result<()> {
    match dotenvy::from_path(".env") {
        Ok(()) => Ok(()),
        Err(error) if error.not_found() => Ok(()),
        Err(dotenvy::Error::LineParse(_, position)) => {
            // The line itself may hold a password and is not repeated.
            Err(exit::failure(
                exit::Exit::Usage,
                format!("the file .env is not readable near column {position} of a line"),
            )
            .next("quote values that hold spaces or #: NAME='value'")
            .into())
        }
        Err(error) => Err(exit::failure(
            exit::Exit::Usage,
            format!("the file .env cannot be read: {error}"),
        )
        .next("check its permissions, or remove it")
        .into()),
    }
}

fn start_log() {
    let filter = romashka_db::environment::LOG
        .read()
        .unwrap_or_else(|| "warn".to_owned());
    let filter = tracing_subscriber::EnvFilter::try_new(&filter)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    // What these libraries trace holds passwords, mails and the parameters of statements: no level and no directive brings
    // it up.
    let harmless = filter_fn(|metadata| {
        let target = metadata.target();
        !target.starts_with("async_imap") && !target.starts_with("tokio_postgres")
    });
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
        .with(filter)
        .with(harmless)
        .init();
}
