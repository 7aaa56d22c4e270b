//! `romashka ai explain`: one page that shows why an answer was given.

use clap::Args as ClapArgs;
use romashka_server::assistant;
use romashka_server::problem::Code;
use uuid::Uuid;

use crate::commands::knowledge::{explain, open};
use crate::context::Context;
use crate::exit::{Exit, failure};

/// Show why the assistant said something, or why it handed over
///
/// One page of Markdown: the question as it was looked up, each passage with its scores, the version that was read and what
/// has become of it, how sure the gate was and from what, the time of each step, what was sent or what the person who took
/// over was told, and what was thought of it.
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka ai explain 0190a6c2-7d1e-7c3a-9b1f-2f6f0c7e1a55            by the answer, or the message that said it
  romashka ai explain 0190a6c2-7d1e-7c3a-9b1f-2f6f0c7e1a55 --json     the same as GET /ai_answers/{id}/explanation

Ids of answers: GET /api/v1/ai_answers, or select id from ai_answers.")]
pub struct Args {
    /// The answer, the message that said it, or the customer's message that was answered
    #[arg(value_name = "MESSAGE|ANSWER")]
    id: Uuid,
    /// Workspace it is in, by its short name
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let (server, workspace) = open(arguments.workspace.as_deref(), context).await?;
    let found = assistant::explain(&server, workspace, arguments.id)
        .await
        .map_err(|problem| match problem.code() {
            Code::NotFound => failure(
                Exit::Failure,
                "the assistant has no record of that id in this workspace",
            )
            .next("take an id of ai_answers, or of a message that it answered; another workspace: --workspace NAME")
            .into(),
            _ => explain(problem),
        })?;
    context.console.json(&found)?;
    context.console.line(found.markdown());
    Ok(Exit::Ok)
}
