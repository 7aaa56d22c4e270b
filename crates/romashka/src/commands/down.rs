//! `romashka down`: stops the private server of a data folder.

use romashka_db::private;
use serde::Serialize;

use super::private_server::{failed, folder};
use crate::context::Context;
use crate::exit::Exit;

/// Stop the private server, and the `romashka up` that watches over it
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  romashka down                            stop the server of the user's own data folder
  romashka down --data-dir '/srv/my data'  of another one

It waits until the data is safely on disk. A server that does not run is no error.")]
pub struct Args {}

#[derive(Serialize)]
struct Outcome {
    data_folder: String,
    was_running: bool,
}

/// Stops it and waits.
pub async fn run(_: Args, context: &Context) -> anyhow::Result<Exit> {
    let folder = folder(context)?;
    let spinner = context.console.spinner("stopping");
    let stopped = private::stop(&folder).await;
    spinner.finish_and_clear();
    let was_running = stopped.map_err(failed)?;
    context.console.json(&Outcome {
        data_folder: folder.path().display().to_string(),
        was_running,
    })?;
    if was_running {
        context.console.passed("stopped");
    } else {
        context
            .console
            .line(format_args!("nothing runs on {}", folder.path().display()));
    }
    Ok(Exit::Ok)
}
