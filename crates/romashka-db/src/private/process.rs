//! Processes that must not outlive ROMASHKA.
//!
//! Invariants: each child leads a process group of its own, so that Ctrl-C on a terminal reaches ROMASHKA alone; on Linux the
//! kernel signals it when ROMASHKA dies, which counts from the thread that forked it, so that thread waits for the child and
//! nothing else; a signal is never sent to a process that was already reaped, because its number may be another's by then.

use std::{
    io,
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Command, ExitStatus},
    sync::{Arc, Mutex, PoisonError},
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use tokio::sync::{oneshot, watch};

/// A child process and the thread that waits for it.
#[derive(Debug)]
pub(crate) struct Keeper {
    process: u32,
    reaped: Arc<Mutex<bool>>,
    exit: watch::Receiver<Option<ExitStatus>>,
    /// Sent to the process (KILL: to its group) when this process dies, and when the keeper is dropped.
    end: Signal,
}

impl Keeper {
    pub(crate) async fn spawn(mut command: Command, end: Signal) -> io::Result<Self> {
        command.process_group(0);
        #[cfg(target_os = "linux")]
        die_with_parent(&mut command, end);
        let (started, has_started) = oneshot::channel();
        let (ended, exit) = watch::channel(None);
        let reaped = Arc::new(Mutex::new(false));
        let reaped_by_thread = Arc::clone(&reaped);
        std::thread::Builder::new()
            .name("postgres-keeper".to_owned())
            .spawn(move || {
                let mut child = match command.spawn() {
                    Ok(child) => child,
                    Err(error) => {
                        let _ = started.send(Err(error));
                        return;
                    }
                };
                drop(command);
                let _ = started.send(Ok(child.id()));
                if let Some(process) = Pid::from_raw(child.id() as i32) {
                    // Without reaping, so that the number stays the child's until nobody can signal it any more.
                    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
                    while matches!(
                        rustix::process::waitid(WaitId::Pid(process), ended),
                        Err(rustix::io::Errno::INTR)
                    ) {}
                }
                let mut reaped = reaped_by_thread
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                let status = child.wait().unwrap_or_else(|_| ExitStatus::from_raw(0));
                *reaped = true;
                drop(reaped);
                let _ = ended.send(Some(status));
            })?;
        let process = has_started
            .await
            .unwrap_or_else(|_| Err(io::Error::other("the thread that starts it ended")))?;
        Ok(Keeper {
            process,
            reaped,
            exit,
            end,
        })
    }

    pub(crate) fn process(&self) -> u32 {
        self.process
    }

    /// Sends a signal, unless the process has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        let reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        if *reaped {
            return;
        }
        if let Some(process) = Pid::from_raw(self.process as i32) {
            // It may be ending this moment; then there is nothing to send.
            let _ = if signal == Signal::KILL {
                rustix::process::kill_process_group(process, signal)
            } else {
                rustix::process::kill_process(process, signal)
            };
        }
    }

    /// How it ended, if it has.
    pub(crate) fn status(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// Waits for its end.
    pub(crate) async fn exited(&self) -> ExitStatus {
        let mut exit = self.exit.clone();
        match exit.wait_for(Option::is_some).await {
            Ok(status) => status.unwrap_or_else(|| ExitStatus::from_raw(0)),
            // The thread sends before it ends; it can only be gone if it panicked.
            Err(_) => ExitStatus::from_raw(0),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.signal(self.end);
    }
}

#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command, signal: Signal) {
    let parent = std::process::id();
    // Runs after the user was changed, which would clear the request.
    // SAFETY: between fork and exec only async-signal-safe work is allowed; these are three plain system calls and no
    // allocation.
    unsafe {
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(Some(signal))?;
            // The parent may have died before the request was made.
            let still = rustix::process::getppid()
                .is_some_and(|now| now.as_raw_nonzero().get() as u32 == parent);
            if still {
                Ok(())
            } else {
                Err(io::Error::from_raw_os_error(
                    rustix::io::Errno::SRCH.raw_os_error(),
                ))
            }
        });
    }
}

/// Starts a program that goes on when this one and its terminal are gone: in a session of its own, without input, with its
/// output at the end of a log.
///
/// # Errors
/// When the program does not run.
pub fn spawn_detached(mut command: Command, log: std::fs::File) -> io::Result<std::process::Child> {
    let errors = log.try_clone()?;
    command
        .stdin(std::process::Stdio::null())
        .stdout(log)
        .stderr(errors)
        .current_dir("/");
    // SAFETY: between fork and exec only async-signal-safe work is allowed; this is one plain system call.
    unsafe {
        command.pre_exec(|| rustix::process::setsid().map(drop).map_err(Into::into));
    }
    command.spawn()
}

/// Whether a process exists, whoever it belongs to.
pub(crate) fn is_alive(process: u32) -> bool {
    let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) else {
        return false;
    };
    !matches!(
        rustix::process::test_kill_process(process),
        Err(rustix::io::Errno::SRCH)
    )
}

/// Sends a signal to a process that is not a child.
pub(crate) fn send(process: u32, signal: Signal) -> io::Result<()> {
    let process = i32::try_from(process)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    rustix::process::kill_process(process, signal).map_err(Into::into)
}
