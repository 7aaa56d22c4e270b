//! `romashka status`: whether the private server runs. Looks only, and needs no connection.

use romashka_db::private::{self, State};
use serde::Serialize;

use super::private_server::{Reachable, failed, folder, show, size};
use crate::console::Tone;
use crate::context::Context;
use crate::exit::Exit;

/// Tell whether the private server runs, and how it is reached
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  romashka status                          of the user's own data folder
  romashka status --json                   the same for a script
  until romashka status --quiet; do sleep 1; done

Exit codes: 0 running, 1 a server runs that no ROMASHKA watches over, 3 stopped, still starting or never made.")]
pub struct Args {}

#[derive(Serialize)]
struct Report {
    state: State,
    data_folder: String,
    size_bytes: u64,
    supervisor_process: Option<u32>,
    server_process: Option<u32>,
    version: Option<String>,
    data_major: Option<u32>,
    server_log: String,
    connection: Option<Reachable>,
}

/// Prints the state.
pub async fn run(_: Args, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let folder = folder(context)?;
    let status = private::inspect(&folder).map_err(failed)?;
    let size_bytes = folder.size();
    let version = status.version.map(|version| version.to_string());
    console.json(&Report {
        state: status.state,
        data_folder: folder.path().display().to_string(),
        size_bytes,
        supervisor_process: status.supervisor,
        server_process: status.server,
        version: version.clone(),
        data_major: status.data_major,
        server_log: folder.server_log().display().to_string(),
        connection: status
            .running
            .as_ref()
            .map(|running| Reachable::new(running, &folder)),
    })?;
    let (tone, word, exit) = match status.state {
        State::Running => (Tone::Good, "running", Exit::Ok),
        State::Starting => (Tone::Doubtful, "starting", Exit::Unreachable),
        State::Abandoned => (
            Tone::Bad,
            "running, but no ROMASHKA watches over it",
            Exit::Failure,
        ),
        State::Stopped => (Tone::Doubtful, "stopped", Exit::Unreachable),
        State::Absent => (Tone::Doubtful, "not made yet", Exit::Unreachable),
    };
    console.line(console.paint(tone, word));
    if let Some(version) = version {
        let process = status
            .server
            .map(|process| format!(", process {process}"))
            .unwrap_or_default();
        console.line(format_args!("  PostgreSQL   {version}{process}"));
    }
    if let Some(supervisor) = status.supervisor {
        console.line(format_args!("  romashka     process {supervisor}"));
    }
    match &status.running {
        Some(running) => show(console, running, &folder),
        None => console.line(format_args!("  data folder  {}", folder.path().display())),
    }
    if status.data_major.is_some() {
        console.line(format_args!("  size         {}", size(size_bytes)));
    }
    Ok(exit)
}
