//! A data folder seen from another process: whether its server runs, and how to stop it.

use std::time::Duration;

use rustix::process::Signal;

use super::{
    error::PrivateServerError,
    folder::DataFolder,
    lock, postmaster, process,
    record::{Memory, Running},
    version::ServerVersion,
};

/// Whether the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// There is no cluster in the folder.
    Absent,
    /// There is one, and nothing serves it.
    Stopped,
    /// A `romashka up` is at work and has not finished starting.
    Starting,
    /// It can be used.
    Running,
    /// The server runs, but no ROMASHKA watches over it.
    Abandoned,
}

/// What is known about a data folder.
#[derive(Clone, Debug)]
pub struct ServerStatus {
    /// Whether it runs.
    pub state: State,
    /// The `romashka` that watches over it.
    pub supervisor: Option<u32>,
    /// The server's process.
    pub server: Option<u32>,
    /// The version that runs, or that ran last.
    pub version: Option<ServerVersion>,
    /// The data's major version.
    pub data_major: Option<u32>,
    /// How to reach it, when it runs.
    pub running: Option<Running>,
}

/// Looks at a folder.
///
/// # Errors
/// When this user may not look into it.
pub fn inspect(folder: &DataFolder) -> Result<ServerStatus, PrivateServerError> {
    let data_major = folder.data_major()?;
    let held = lock::is_held(folder)?;
    let supervisor = if held { lock::holder(folder)? } else { None };
    let server = postmaster::serving(&folder.cluster());
    let running =
        Running::read(folder)?.filter(|running| held && Some(running.supervisor) == supervisor);
    let ready = running.as_ref().is_some_and(|running| running.ready);
    let state = match (held, &server, data_major) {
        (true, Some(server), _) if server.ready && ready => State::Running,
        (true, _, _) => State::Starting,
        (false, Some(_), _) => State::Abandoned,
        (false, None, Some(_)) => State::Stopped,
        (false, None, None) => State::Absent,
    };
    let remembered = Memory::read(folder)?.server_version;
    Ok(ServerStatus {
        state,
        supervisor,
        server: server.map(|server| server.process),
        version: running
            .as_ref()
            .map(|running| running.version)
            .or(remembered),
        data_major,
        running,
    })
}

/// Stops what runs on a folder, and waits for its end. Whether anything ran.
///
/// # Errors
/// [`PrivateServerError::NotStopped`] when it does not end.
pub async fn stop(folder: &DataFolder) -> Result<bool, PrivateServerError> {
    let status = inspect(folder)?;
    let Some(supervisor) = status.supervisor else {
        return match status.server {
            Some(server) => postmaster::stop_stranger(&folder.cluster(), server)
                .await
                .map(|()| true),
            None => Ok(false),
        };
    };
    process::send(supervisor, Signal::TERM).map_err(PrivateServerError::file(
        "stopping the process of",
        folder.path(),
    ))?;
    let patience = postmaster::FAST_STOP + postmaster::IMMEDIATE_STOP + Duration::from_secs(10);
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < patience {
        if !process::is_alive(supervisor) || lock::holder(folder)? != Some(supervisor) {
            // The kernel stops the server of a ROMASHKA that was killed in between; wait for that too.
            if postmaster::serving(&folder.cluster()).is_none() {
                return Ok(true);
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(PrivateServerError::NotStopped {
        process: supervisor,
    })
}
