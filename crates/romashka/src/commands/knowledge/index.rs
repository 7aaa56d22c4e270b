//! `romashka knowledge reindex` and `status`: the passages by which articles are found.

use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use romashka_server::knowledge::retrieval::{
    KnowledgeIndex, index_some, read_index, rebuild_index,
};

use super::{explain, open};
use crate::context::Context;
use crate::exit::{Exit, failure};
use crate::stop::Stop;

/// Between two looks at the queue.
const LOOK: Duration = Duration::from_millis(300);
/// After so long without any progress it is said that nobody works.
const SILENCE: Duration = Duration::from_secs(20);

/// Show how many articles are found by their meaning, and how many wait
#[derive(ClapArgs)]
#[command(
    after_help = "Examples:\n  romashka knowledge status\n  romashka knowledge status --json\n\nExit code 1: the passages of some articles could not be made."
)]
pub struct StatusArgs {
    /// Workspace to look at, by its short name
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
}

/// Make the passages of every article anew, and wait until they are made
///
/// Needed after a defect alone: changes of articles and of the model are noticed by the servers. What is found stays
/// found meanwhile.
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka knowledge reindex               the workers of the running servers do it
  romashka knowledge reindex --here        this process does it, beside them or alone
  romashka knowledge reindex --no-wait     only puts the articles into the queue

Ctrl-C ends the waiting; the servers go on. Exit code 1: the passages of some articles could not be made.")]
pub struct ReindexArgs {
    /// Make them in this process; needs the model
    #[arg(long, conflicts_with = "no_wait")]
    here: bool,
    /// Do not wait until they are made
    #[arg(long)]
    no_wait: bool,
    /// Workspace to index, by its short name
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
}

/// Shows how far it is.
pub async fn status(arguments: StatusArgs, context: &Context) -> anyhow::Result<Exit> {
    let (server, workspace) = open(arguments.workspace.as_deref(), context).await?;
    let state = read_index(&server, workspace).await.map_err(explain)?;
    show(context, &state)
}

fn show(context: &Context, state: &KnowledgeIndex) -> anyhow::Result<Exit> {
    let console = &context.console;
    console.json(state)?;
    console.passed(format_args!("{} articles are indexed", state.indexed));
    if state.pending > 0 {
        console.doubtful(format_args!("{} wait for a worker", state.pending));
    }
    if state.failed > 0 {
        console.failed(format_args!(
            "{} could not be indexed: romashka knowledge reindex tries again",
            state.failed
        ));
    }
    match state.model {
        Some(model) => console.line(format_args!("  by the model {model}")),
        None => console.line(
            "  there is no model on this machine: articles are found by their words alone (make model)",
        ),
    }
    Ok(if state.failed > 0 {
        Exit::Failure
    } else {
        Exit::Ok
    })
}

/// Queues all, and waits.
pub async fn reindex(arguments: ReindexArgs, context: &Context) -> anyhow::Result<Exit> {
    let (server, workspace) = open(arguments.workspace.as_deref(), context).await?;
    if arguments.here && !server.models.is_there() {
        return Err(failure(Exit::Usage, "there is no model on this machine")
            .next("get it by `make model`, or name its folder: ROMASHKA_MODEL_DIR=FOLDER")
            .into());
    }
    let mut stop = Stop::new()?;
    let queued = rebuild_index(&server, workspace).await.map_err(explain)?;
    let mut state = read_index(&server, workspace).await.map_err(explain)?;
    if arguments.no_wait {
        return show(context, &state);
    }
    let bar = context.console.bar(queued.unsigned_abs(), "indexing");
    let (mut least, mut moved) = (state.pending, Instant::now());
    let mut has_warned = false;
    let mut is_stopped = false;
    while state.pending > 0 && !is_stopped {
        let work = async {
            let made = if arguments.here {
                index_some(&server, 1).await?
            } else {
                0
            };
            if made == 0 {
                tokio::time::sleep(LOOK).await;
            }
            read_index(&server, workspace).await
        };
        tokio::select! {
            () = stop.asked() => is_stopped = true,
            found = work => state = found.map_err(explain)?,
        }
        bar.set_position((queued - state.pending).max(0).unsigned_abs());
        if state.pending < least {
            (least, moved) = (state.pending, Instant::now());
        }
        if !has_warned && !arguments.here && moved.elapsed() > SILENCE {
            has_warned = true;
            context.console.warn(
                "no server has made a passage for a while",
                "start one that has the model (romashka serve), or run this command with --here",
            );
        }
    }
    bar.finish_and_clear();
    let exit = show(context, &state)?;
    Ok(if is_stopped { Exit::Interrupted } else { exit })
}
