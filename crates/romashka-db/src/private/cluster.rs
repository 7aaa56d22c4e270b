//! Making the cluster.
//!
//! Invariant: `data` either does not exist or is complete. initdb works in `data.new`, which is renamed when everything in it
//! is on disk; a `data.new` that is found was left by a kill and is removed.

use std::{io, path::Path, process::Stdio, time::Duration};

use super::{
    discovery::Installation,
    error::PrivateServerError,
    folder::{self, DataFolder},
    process::Keeper,
    user::ServerUser,
};

/// The bootstrap role. The name is Supabase's too, so dumps move between the two without renaming owners.
pub const SUPERUSER: &str = "postgres";

/// The locales that make non-Latin search work, best first. `C` and the built-in provider do not.
const LOCALES: &[&str] = if cfg!(target_os = "macos") {
    &["en_US.UTF-8"]
} else {
    &["C.UTF-8", "en_US.UTF-8", "C.utf8"]
};

/// Removes what a killed initdb left.
pub(crate) async fn remove_half_made(folder: &DataFolder) -> Result<bool, PrivateServerError> {
    let half_made = folder.new_cluster();
    let mut tries = 0;
    loop {
        match std::fs::remove_dir_all(&half_made) {
            Ok(()) => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(tries > 0),
            // initdb's own child may write for a moment after initdb is gone.
            Err(_) if tries < 20 => tries += 1,
            Err(error) => return Err(PrivateServerError::file("removing", half_made)(error)),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Makes the cluster. `durable` is false for throw-away servers only.
pub(crate) async fn create(
    folder: &DataFolder,
    user: &ServerUser,
    installation: &Installation,
    durable: bool,
) -> Result<(), PrivateServerError> {
    let mut output = String::new();
    for locale in LOCALES {
        remove_half_made(folder).await?;
        let half_made = folder.new_cluster();
        {
            use std::os::unix::fs::DirBuilderExt;
            std::fs::DirBuilder::new()
                .mode(0o700)
                .create(&half_made)
                .map_err(PrivateServerError::file("creating", &half_made))?;
        }
        user.give(&half_made)?;
        match initialise(&half_made, user, installation, locale, durable).await? {
            Ok(()) => {
                std::fs::rename(&half_made, folder.cluster())
                    .map_err(PrivateServerError::file("renaming", &half_made))?;
                return if durable {
                    folder::sync_folder(folder.path())
                } else {
                    Ok(())
                };
            }
            Err(said) => output = said,
        }
        if !output.contains("locale") {
            break;
        }
    }
    remove_half_made(folder).await?;
    Err(PrivateServerError::Initialisation { output })
}

async fn initialise(
    half_made: &Path,
    user: &ServerUser,
    installation: &Installation,
    locale: &str,
    durable: bool,
) -> Result<Result<(), String>, PrivateServerError> {
    let program = installation.program("initdb");
    let (mut reader, writer) = io::pipe().map_err(PrivateServerError::file("opening", "a pipe"))?;
    let mut command = user.command(&program);
    command
        .args([
            "--username",
            SUPERUSER,
            "--encoding=UTF8",
            "--lc-messages=C",
        ])
        .arg(format!("--locale={locale}"))
        .args(["--auth-local=peer", "--auth-host=scram-sha-256"])
        .arg(if durable {
            "--data-checksums"
        } else {
            "--no-sync"
        })
        .arg("--pgdata")
        .arg(half_made)
        .current_dir(half_made)
        .stdin(Stdio::null())
        .stdout(
            writer
                .try_clone()
                .map_err(PrivateServerError::file("opening", "a pipe"))?,
        )
        .stderr(writer);
    let reading = tokio::task::spawn_blocking(move || {
        let mut said = Vec::new();
        // Whatever was said before a failure to read is still worth showing.
        let _ = io::Read::read_to_end(&mut reader, &mut said);
        String::from_utf8_lossy(&said).into_owned()
    });
    // Dies with this process, and with this future: then nobody would rename what it makes.
    let keeper = Keeper::spawn(command, rustix::process::Signal::KILL)
        .await
        .map_err(|source| PrivateServerError::Program { program, source })?;
    let status = keeper.exited().await;
    let said = reading.await.unwrap_or_default();
    Ok(if status.success() {
        Ok(())
    } else {
        let complaint: Vec<&str> = said
            .lines()
            .filter(|line| {
                ["error", "hint", "detail", "FATAL", "invalid"]
                    .iter()
                    .any(|mark| line.contains(mark))
            })
            .collect();
        Err(if complaint.is_empty() {
            format!("initdb ended with {status}: {}", said.trim())
        } else {
            complaint.join("; ")
        })
    })
}
