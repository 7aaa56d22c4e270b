//! Starting `postgres` itself, and waiting until it serves.
//!
//! Invariants: every setting that the data's safety or the way in depends on is given on the command line, where no file can
//! undo it; ready is what line 8 of `postmaster.pid` calls ready; a killed server's leftovers are waited for, and nothing else
//! is tried twice.

use std::{
    ffi::OsString,
    fs::OpenOptions,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::{
    discovery::Installation,
    error::PrivateServerError,
    network,
    postmaster::{self, PostmasterFile},
    process::Keeper,
    server::{PrivateServerEvent, PrivateServerOptions},
    user::ServerUser,
};

/// How long crash recovery may take.
pub const RECOVERY: Duration = Duration::from_secs(600);
/// How long the leftovers of a killed server may keep a new one from starting.
const LEFTOVERS: Duration = Duration::from_secs(20);
/// The log is put aside when it is larger, in bytes.
const LOG_LIMIT: u64 = 10 * 1024 * 1024;

/// Starts the server and waits until it is ready, trying the ports, and again while leftovers of a killed one are in the way.
pub(super) async fn launch(
    options: &PrivateServerOptions,
    user: &ServerUser,
    installation: &Installation,
    remembered_port: Option<u16>,
) -> Result<(Keeper, PathBuf, u16), PrivateServerError> {
    let folder = &options.folder;
    let socket_folder = network::prepare_socket_folder(folder, user)?;
    let preload = Some("pg_stat_statements").filter(|library| installation.has_library(library));
    network::write_configuration(folder, user, options.tcp.is_some(), preload)?;
    let ports = match options.tcp {
        Some(tcp) => network::candidate_ports(tcp.port, remembered_port),
        None => vec![network::DEFAULT_PORT],
    };
    let begun = Instant::now();
    let mut last_error = None;
    'ports: for candidate in ports {
        loop {
            let port = if options.tcp.is_some() {
                match network::free_port(candidate) {
                    Some(port) => port,
                    None => {
                        // Also the server's own old connections may hold the port for a moment.
                        last_error = Some(PrivateServerError::PortInUse { port: candidate });
                        continue 'ports;
                    }
                }
            } else {
                candidate
            };
            let command = server_command(options, user, installation, &socket_folder, port)?;
            let log = folder.server_log();
            let log_start = log.metadata().map_or(0, |metadata| metadata.len());
            let keeper = Keeper::spawn(command, Signal::INT)
                .await
                .map_err(|source| PrivateServerError::Program {
                    program: installation.program("postgres"),
                    source,
                })?;
            let Some(status) = wait_until_ready(options, &keeper).await? else {
                return Ok((keeper, socket_folder, port));
            };
            let said = log_since(&log, log_start);
            if said.contains("could not create any TCP/IP sockets")
                || said.contains("could not bind IPv4 address")
            {
                // Somebody was faster between the look and the start.
                last_error = Some(PrivateServerError::PortInUse { port });
                continue 'ports;
            }
            let leftovers = [
                "pre-existing shared memory block",
                "lock file \"",
                "is still in use",
            ]
            .iter()
            .any(|mark| said.contains(mark));
            if leftovers && begun.elapsed() < LEFTOVERS {
                sleep(Duration::from_millis(250)).await;
                postmaster::clear(folder).await?;
                continue;
            }
            return Err(PrivateServerError::EndedWhileStarting {
                status: status.to_string(),
                log: complaints(&said),
            });
        }
    }
    Err(last_error.unwrap_or(PrivateServerError::PortInUse {
        port: network::DEFAULT_PORT,
    }))
}

fn server_command(
    options: &PrivateServerOptions,
    user: &ServerUser,
    installation: &Installation,
    socket_folder: &Path,
    port: u16,
) -> Result<std::process::Command, PrivateServerError> {
    let folder = &options.folder;
    let log_path = folder.server_log();
    if log_path
        .metadata()
        .is_ok_and(|metadata| metadata.len() > LOG_LIMIT)
    {
        std::fs::rename(&log_path, log_path.with_extension("log.1"))
            .map_err(PrivateServerError::file("renaming", &log_path))?;
    }
    let log = folder.open(
        &log_path,
        0o600,
        OpenOptions::new().append(true).create(true),
    )?;
    let second = log
        .try_clone()
        .map_err(PrivateServerError::file("opening", &log_path))?;
    let safe = if options.durable { "on" } else { "off" };
    let file = |name: &str, at: &str| {
        let mut setting = OsString::from(format!("{name}="));
        setting.push(folder.path().join(at));
        setting
    };
    let mut settings = vec![
        file("config_file", "postgresql.conf"),
        file("hba_file", "pg_hba.conf"),
        file("ident_file", "pg_ident.conf"),
        network::socket_setting(socket_folder),
        "unix_socket_permissions=0700".into(),
        format!(
            "listen_addresses={}",
            if options.tcp.is_some() {
                "127.0.0.1"
            } else {
                ""
            }
        )
        .into(),
        format!("port={port}").into(),
        // The log goes where this module reads it.
        "logging_collector=off".into(),
        "log_destination=stderr".into(),
        "password_encryption=scram-sha-256".into(),
        "cluster_name=romashka".into(),
    ];
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        settings.push(format!("{name}={safe}").into());
    }
    settings.extend(
        options
            .settings
            .iter()
            .map(|(name, value)| format!("{name}={value}").into()),
    );
    let mut command = user.command(&installation.program("postgres"));
    command.arg("-D").arg(folder.cluster());
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    command
        .current_dir(folder.cluster())
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(second);
    Ok(command)
}

/// How the server ended, if it did; nothing once it is ready.
async fn wait_until_ready(
    options: &PrivateServerOptions,
    keeper: &Keeper,
) -> Result<Option<ExitStatus>, PrivateServerError> {
    let begun = Instant::now();
    let mut told = false;
    loop {
        if let Some(status) = keeper.status() {
            return Ok(Some(status));
        }
        let file = PostmasterFile::read(&options.folder.cluster());
        if file.is_some_and(|file| file.process == keeper.process() && file.ready) {
            return Ok(None);
        }
        if !told && begun.elapsed() > Duration::from_secs(5) {
            told = true;
            options.tell(PrivateServerEvent::Recovering);
        }
        if begun.elapsed() > RECOVERY {
            return Err(PrivateServerError::NotReady { waited: RECOVERY });
        }
        sleep(Duration::from_millis(25)).await;
    }
}

fn log_since(log: &Path, start: u64) -> String {
    let mut said = Vec::new();
    // A log that cannot be read tells nothing; how the server ended is reported anyway.
    let _ = std::fs::File::open(log).and_then(|mut file| {
        file.seek(SeekFrom::Start(start))?;
        file.take(64 * 1024).read_to_end(&mut said)
    });
    String::from_utf8_lossy(&said).into_owned()
}

/// The lines of a log that tell what went wrong, else its end.
fn complaints(said: &str) -> String {
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| {
            ["FATAL", "PANIC", "HINT", "DETAIL"]
                .iter()
                .any(|mark| line.contains(mark))
        })
        .collect();
    if lines.is_empty() {
        let all: Vec<&str> = said.lines().collect();
        return all[all.len().saturating_sub(5)..].join("; ");
    }
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_is_picked_from_the_log() {
        let log =
            "LOG:  starting\nFATAL:  could not load library\nHINT:  install it\nLOG:  shut down";
        assert_eq!(
            complaints(log),
            "FATAL:  could not load library; HINT:  install it"
        );
        assert_eq!(complaints("one\ntwo"), "one; two");
    }
}
