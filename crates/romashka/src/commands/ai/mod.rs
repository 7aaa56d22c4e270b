//! `romashka ai`: why the assistant said something, and whether it says what it should.

mod eval;
mod explain;

use clap::{Args as ClapArgs, Subcommand};

use crate::context::Context;
use crate::exit::Exit;

/// Explain an answer of the assistant, and grade it by question sets
#[derive(ClapArgs)]
#[command(
    after_help = "Examples:\n  romashka ai explain 0190a6c2-7d1e-7c3a-9b1f-2f6f0c7e1a55\n  romashka ai eval \"Everyday questions\""
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What to do with the assistant.
#[derive(Subcommand)]
enum Action {
    Explain(explain::Args),
    Eval(eval::Args),
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    match arguments.action {
        Action::Explain(arguments) => explain::run(arguments, context).await,
        Action::Eval(arguments) => eval::run(arguments, context).await,
    }
}
