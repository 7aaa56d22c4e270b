//! `romashka knowledge`: files become articles.

mod import;
mod read_file;

use clap::{Args as ClapArgs, Subcommand};

use crate::context::Context;
use crate::exit::Exit;

/// Bring files into the knowledge
#[derive(ClapArgs)]
#[command(
    after_help = "Examples:\n  romashka knowledge import handbook/ --publish\n  romashka knowledge import --help"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What to do with the knowledge.
#[derive(Subcommand)]
enum Action {
    Import(import::Args),
    ReadFile(read_file::Args),
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    match arguments.action {
        Action::Import(arguments) => import::run(arguments, context).await,
        Action::ReadFile(arguments) => read_file::run(arguments),
    }
}
