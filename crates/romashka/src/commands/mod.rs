//! One file a command: its `Args`, and `run`, which does the work and returns the exit code.

use clap::Subcommand;

use crate::context::Context;
use crate::exit::Exit;

mod adopt;
mod ai;
mod audit;
mod backup;
mod bench;
mod channel;
mod completions;
mod docs;
mod doctor;
mod down;
mod environment;
mod export;
mod gdpr;
mod import;
mod keys;
mod knowledge;
mod maintain;
mod migrate;
mod monitor;
mod private_server;
mod psql;
mod restore;
mod seed;
mod serve;
mod status;
mod tune;
mod up;
mod verify;

/// What `romashka` can do.
#[derive(Subcommand)]
pub enum Command {
    Up(up::Args),
    Down(down::Args),
    Serve(serve::Args),
    Status(status::Args),
    Psql(psql::Args),
    Migrate(migrate::Args),
    Adopt(adopt::Args),
    Verify(verify::Args),
    Doctor(doctor::Args),
    Monitor(monitor::Args),
    Maintain(maintain::Args),
    Tune(tune::Args),
    Audit(audit::Args),
    Gdpr(gdpr::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Export(export::Args),
    Import(import::Args),
    Seed(seed::Args),
    Bench(bench::Args),
    Channel(channel::Args),
    Knowledge(knowledge::Args),
    Ai(ai::Args),
    Keys(keys::Args),
    Completions(completions::Args),
    Environment(environment::Args),
    Docs(docs::Args),
}

impl Command {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Command::Up(arguments) => up::run(arguments, context).await,
            Command::Down(arguments) => down::run(arguments, context).await,
            Command::Serve(arguments) => serve::run(arguments, context).await,
            Command::Status(arguments) => status::run(arguments, context).await,
            Command::Psql(arguments) => psql::run(arguments, context).await,
            Command::Migrate(arguments) => migrate::run(arguments, context).await,
            Command::Adopt(arguments) => adopt::run(arguments, context).await,
            Command::Verify(arguments) => verify::run(arguments, context).await,
            Command::Doctor(arguments) => doctor::run(arguments, context).await,
            Command::Monitor(arguments) => monitor::run(arguments, context).await,
            Command::Maintain(arguments) => maintain::run(arguments, context).await,
            Command::Tune(arguments) => tune::run(arguments, context).await,
            Command::Audit(arguments) => audit::run(arguments, context).await,
            Command::Gdpr(arguments) => gdpr::run(arguments, context).await,
            Command::Backup(arguments) => backup::run(arguments, context).await,
            Command::Restore(arguments) => restore::run(arguments, context).await,
            Command::Export(arguments) => export::run(arguments, context).await,
            Command::Import(arguments) => import::run(arguments, context).await,
            Command::Seed(arguments) => seed::run(arguments, context).await,
            Command::Bench(arguments) => bench::run(arguments, context).await,
            Command::Channel(arguments) => channel::run(arguments, context).await,
            Command::Knowledge(arguments) => knowledge::run(arguments, context).await,
            Command::Ai(arguments) => ai::run(arguments, context).await,
            Command::Keys(arguments) => keys::run(arguments, context).await,
            Command::Completions(arguments) => completions::run(arguments).await,
            Command::Environment(arguments) => environment::run(arguments, context).await,
            Command::Docs(arguments) => docs::run(arguments, context).await,
        }
    }
}
