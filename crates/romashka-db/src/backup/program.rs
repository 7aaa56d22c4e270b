//! pg_dump and pg_restore.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::BackupError;
use crate::client_program;
use crate::private::find_client_program;
use crate::settings::Settings;

/// A program that reads or writes dumps.
pub(super) struct Program {
    name: &'static str,
    path: PathBuf,
}

impl Program {
    /// Finds it, of the server's version at least.
    pub(super) async fn find(
        name: &'static str,
        preferred: Option<&Path>,
        server_major: u32,
    ) -> Result<Program, BackupError> {
        let path = find_client_program(name, preferred).ok_or(BackupError::NoProgram(name))?;
        let output = Command::new(&path)
            .arg("--version")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(BackupError::file("cannot run", &path))?;
        let text = String::from_utf8_lossy(&output.stdout);
        // As `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
        let found = text
            .split_whitespace()
            .filter_map(|word| word.split('.').next()?.parse::<u32>().ok())
            .next()
            .unwrap_or(0);
        if found < server_major {
            return Err(BackupError::OldProgram {
                program: name,
                found,
                needed: server_major,
            });
        }
        Ok(Program { name, path })
    }

    /// Runs it on a database. When this is dropped, it is ended.
    pub(super) async fn run(
        &self,
        settings: &Settings,
        arguments: Vec<OsString>,
    ) -> Result<(), BackupError> {
        let mut command = Command::new(&self.path);
        for variable in client_program::MISLEADING {
            command.env_remove(variable);
        }
        let output = command
            .envs(client_program::environment(settings))
            .env("LC_ALL", "C")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(BackupError::file("cannot run", &self.path))?;
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.lines().collect();
        Err(BackupError::Program {
            program: self.name,
            said: lines[lines.len().saturating_sub(4)..].join("; "),
        })
    }
}
