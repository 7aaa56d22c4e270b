//! One file a command: its `Args`, and `run`, which does the work and returns the exit code.

use clap::Subcommand;

use crate::context::Context;
use crate::exit::Exit;

mod completions;
mod docs;
mod environment;
mod keys;
mod migrate;

/// What `romashka` can do.
#[derive(Subcommand)]
pub enum Command {
    Migrate(migrate::Args),
    Keys(keys::Args),
    Completions(completions::Args),
    Environment(environment::Args),
    Docs(docs::Args),
}

impl Command {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Command::Migrate(arguments) => migrate::run(arguments, context).await,
            Command::Keys(arguments) => keys::run(arguments, context).await,
            Command::Completions(arguments) => completions::run(arguments).await,
            Command::Environment(arguments) => environment::run(arguments, context).await,
            Command::Docs(arguments) => docs::run(arguments, context).await,
        }
    }
}
