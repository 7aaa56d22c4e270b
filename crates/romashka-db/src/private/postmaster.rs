//! `postmaster.pid`: what the running server says about itself.
//!
//! Invariant: a process is taken for this cluster's server only when its working folder is the cluster; a number alone may be
//! anybody's by now.

use std::{path::Path, time::Duration};

use rustix::process::Signal;

use super::{error::PrivateServerError, folder::DataFolder, process};

/// How long a fast shutdown may take before the immediate one.
pub(crate) const FAST_STOP: Duration = Duration::from_secs(60);
/// How long an immediate shutdown may take.
pub(crate) const IMMEDIATE_STOP: Duration = Duration::from_secs(15);

/// The file's content, as far as it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PostmasterFile {
    pub(crate) process: u32,
    pub(crate) ready: bool,
}

impl PostmasterFile {
    /// None when the file is not there or not written to its end yet.
    pub(crate) fn read(cluster: &Path) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        // A server in single-user mode writes a negative number.
        let process = lines.next()?.trim().parse::<i64>().ok()?.unsigned_abs();
        Some(PostmasterFile {
            process: u32::try_from(process).ok()?,
            ready: lines.nth(6).is_some_and(|state| state.trim() == "ready"),
        })
    }
}

/// The process that serves this cluster now, if there is one.
pub(crate) fn serving(cluster: &Path) -> Option<PostmasterFile> {
    PostmasterFile::read(cluster)
        .filter(|file| process::is_alive(file.process) && works_on(file.process, cluster))
}

#[cfg(target_os = "linux")]
fn works_on(process: u32, cluster: &Path) -> bool {
    std::fs::read_link(format!("/proc/{process}/cwd")).is_ok_and(|folder| folder == cluster)
}

#[cfg(not(target_os = "linux"))]
fn works_on(process: u32, cluster: &Path) -> bool {
    // There is no /proc: the command line names the cluster, because ROMASHKA starts it with -D.
    std::process::Command::new("/bin/ps")
        .args(["-o", "command=", "-p", &process.to_string()])
        .output()
        .is_ok_and(|output| {
            let command = String::from_utf8_lossy(&output.stdout).into_owned();
            command.contains("postgres") && command.contains(&*cluster.to_string_lossy())
        })
}

/// Clears the way for a start: ends a server that outlived its ROMASHKA, and removes the file of one that is gone.
/// Whether there was a server to end.
///
/// PostgreSQL itself refuses to start when the file names any live process of the same user, which after a reboot may be
/// anything.
pub(crate) async fn clear(folder: &DataFolder) -> Result<bool, PrivateServerError> {
    let cluster = folder.cluster();
    if let Some(file) = serving(&cluster) {
        stop_stranger(&cluster, file.process).await?;
        return Ok(true);
    }
    let path = cluster.join("postmaster.pid");
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(PrivateServerError::file("removing", path)(error))
        }
        _ => Ok(false),
    }
}

/// Ends a server that is no child of this process.
pub(crate) async fn stop_stranger(cluster: &Path, server: u32) -> Result<(), PrivateServerError> {
    for (signal, patience) in [(Signal::INT, FAST_STOP), (Signal::QUIT, IMMEDIATE_STOP)] {
        if process::send(server, signal).is_err() && !process::is_alive(server) {
            return Ok(());
        }
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < patience {
            if !process::is_alive(server) || !works_on(server, cluster) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Err(PrivateServerError::NotStopped { process: server })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_eight_tells_whether_it_is_ready() {
        let file =
            |state: &str| format!("1234\n/data\n1700000000\n5432\n/run\n\n  123 4\n{state}\n");
        assert_eq!(
            PostmasterFile::parse(&file("ready   ")),
            Some(PostmasterFile {
                process: 1234,
                ready: true
            })
        );
        assert_eq!(
            PostmasterFile::parse(&file("starting")),
            Some(PostmasterFile {
                process: 1234,
                ready: false
            })
        );
        assert_eq!(
            PostmasterFile::parse("1234\n/data\n"),
            Some(PostmasterFile {
                process: 1234,
                ready: false
            })
        );
        assert_eq!(PostmasterFile::parse(""), None);
    }

    #[test]
    fn a_live_process_elsewhere_is_not_this_server() {
        let folder =
            std::env::temp_dir().join(format!("romashka-postmaster-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::write(
            folder.join("postmaster.pid"),
            format!("{}\n{}\n", std::process::id(), folder.display()),
        )
        .expect("a file");
        assert_eq!(serving(&folder), None);
        std::fs::remove_dir_all(&folder).expect("removing it");
    }
}
