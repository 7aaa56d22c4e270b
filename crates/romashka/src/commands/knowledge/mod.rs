//! `romashka knowledge`: files and websites become articles, articles passages, and questions are answered from them.

mod ask;
mod import;
mod index;
mod read_file;
mod read_page;
mod scan;

use clap::{Args as ClapArgs, Subcommand};

use romashka_db::scope::Database;
use romashka_server::Server;
use romashka_server::knowledge::files::{self, ImportError};
use romashka_server::problem::Problem;
use uuid::Uuid;

use super::serve;
use crate::context::Context;
use crate::exit::{Exit, failure};

/// Bring files and websites into the knowledge, index it, and ask it
#[derive(ClapArgs)]
#[command(
    after_help = "Examples:\n  romashka knowledge import handbook/ --publish\n  romashka knowledge scan https://example.com/help\n  romashka knowledge status\n  romashka knowledge ask \"How long does a refund take?\"\n  romashka knowledge import --help"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What to do with the knowledge.
#[derive(Subcommand)]
enum Action {
    Import(import::Args),
    Scan(scan::Args),
    Reindex(index::ReindexArgs),
    Status(index::StatusArgs),
    Ask(ask::Args),
    ReadFile(read_file::Args),
    ReadPage(read_page::Args),
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    match arguments.action {
        Action::Import(arguments) => import::run(arguments, context).await,
        Action::Scan(arguments) => scan::run(arguments, context).await,
        Action::Reindex(arguments) => index::reindex(arguments, context).await,
        Action::Status(arguments) => index::status(arguments, context).await,
        Action::Ask(arguments) => ask::run(arguments, context).await,
        Action::ReadFile(arguments) => read_file::run(arguments),
        Action::ReadPage(read_page::Args {}) => read_page::run(),
    }
}

/// What the server has, on the command's database, and the workspace that is named.
pub(super) async fn open(
    workspace: Option<&str>,
    context: &Context,
) -> anyhow::Result<(Server, Uuid)> {
    let settings = context.settings()?;
    drop(context.connect_to(&settings).await?);
    let database = Database::new(&settings)?;
    let workspace = files::workspace(&database, workspace)
        .await
        .map_err(|error| match &error {
            ImportError::Workspace(_) => {
                failure(Exit::Usage, &error).next("give the short name of an existing workspace")
            }
            _ => failure(Exit::Failure, &error)
                .next("check the database: romashka migrate status")
                .because(error),
        })?;
    Ok((serve::apart(database, context)?, workspace))
}

/// What the command says to a problem of the server.
pub(super) fn explain(problem: Problem) -> anyhow::Error {
    failure(Exit::Failure, problem.title())
        .next("check the database: romashka migrate status")
        .into()
}
