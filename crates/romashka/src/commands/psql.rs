//! `romashka psql`: opens psql on the configured database or the private server.
//!
//! Invariant: no part of the connection is on psql's command line, where other users of the machine could read it.

use std::os::unix::process::CommandExt;
use std::process::Command;

use romashka_db::client_program;
use romashka_db::private::{self, DataFolder, Missing, PackageAdvice};

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
    for variable in client_program::MISLEADING {
        command.env_remove(variable);
    }
    command
        .envs(client_program::environment(&settings))
        .args(arguments.arguments);
    // Returns only when psql could not be started.
    let error = command.exec();
    Err(
        failure(Exit::Failure, format!("{} does not run", program.display()))
            .because(error)
            .into(),
    )
}
