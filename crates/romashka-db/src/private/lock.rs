//! One ROMASHKA a data folder.
//!
//! Invariant: the lock is the kernel's (flock), so it ends with the process that holds it, however it ends; the file's
//! content only tells who that is, and is believed only for a process that has the file open.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};

use super::{error::PrivateServerError, folder::DataFolder};

/// Held as long as the server may run.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

/// How long another holder may be a passing look (`romashka status`) and not a running server.
const PATIENCE: Duration = Duration::from_millis(600);

impl FolderLock {
    pub(crate) async fn acquire(folder: &DataFolder) -> Result<Self, PrivateServerError> {
        let path = folder.lock();
        let mut file = folder.open(
            &path,
            0o600,
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false),
        )?;
        let begun = tokio::time::Instant::now();
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => break,
                Err(error) if error != rustix::io::Errno::WOULDBLOCK => {
                    return Err(PrivateServerError::file("locking", &path)(error.into()));
                }
                Err(_) if begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(50)).await
                }
                Err(_) => {
                    return Err(PrivateServerError::AlreadyRunning {
                        folder: folder.path().to_owned(),
                        process: holder(folder)?,
                    });
                }
            }
        }
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(PrivateServerError::file("writing", &path))?;
        Ok(FolderLock { _file: file })
    }
}

/// Whether somebody holds the lock.
pub(crate) fn is_held(folder: &DataFolder) -> Result<bool, PrivateServerError> {
    let path = folder.lock();
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other.map_err(PrivateServerError::file("opening", &path))?,
    };
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(false),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(PrivateServerError::file("locking", path)(error.into())),
    }
}

/// The process that wrote itself into the lock file, if it has the file open.
pub(crate) fn holder(folder: &DataFolder) -> Result<Option<u32>, PrivateServerError> {
    let text = folder.read(&folder.lock())?.unwrap_or_default();
    Ok(text
        .trim()
        .parse()
        .ok()
        .filter(|process| has_open(*process, &folder.lock())))
}

#[cfg(target_os = "linux")]
fn has_open(process: u32, path: &Path) -> bool {
    std::fs::read_dir(format!("/proc/{process}/fd"))
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| std::fs::read_link(entry.path()).is_ok_and(|target| target == path))
}

#[cfg(not(target_os = "linux"))]
fn has_open(process: u32, path: &Path) -> bool {
    // -t prints the processes alone; lsof is part of macOS.
    std::process::Command::new("/usr/sbin/lsof")
        .args(["-t", "--"])
        .arg(path)
        .output()
        .is_ok_and(|output| {
            String::from_utf8_lossy(&output.stdout)
                .lines()
                .any(|line| line.trim() == process.to_string())
        })
}
