//! A mail while it arrives: its beginning in memory, all of a large one in a file.
//!
//! Invariant: the file is gone when this is, whatever happened; what a killed process left is in the folder `incoming`.

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

/// Most bytes of a mail that a connection holds.
pub const IN_MEMORY: usize = 256 * 1024;

/// A mail that arrives.
pub struct Spool {
    memory: Vec<u8>,
    file: Option<(File, PathBuf)>,
}

impl Spool {
    /// Nothing yet.
    pub fn new() -> Spool {
        Spool {
            memory: Vec::new(),
            file: None,
        }
    }

    /// Where the next bytes go.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.memory
    }

    /// Moves what is in memory into the file when it is much.
    pub async fn settle(&mut self, folder: &Path) -> io::Result<()> {
        if self.memory.len() < IN_MEMORY {
            return Ok(());
        }
        if self.file.is_none() {
            let incoming = folder.join("incoming");
            fs::create_dir_all(&incoming).await?;
            let path = incoming.join(format!("mail-{}", Uuid::new_v4().simple()));
            self.file = Some((File::create_new(&path).await?, path));
        }
        if let Some((file, _)) = &mut self.file {
            file.write_all(&self.memory).await?;
            self.memory.clear();
        }
        Ok(())
    }

    /// Whether it is in a file.
    pub fn is_large(&self) -> bool {
        self.file.is_some()
    }

    /// Drops what was kept.
    pub fn forget(&mut self) {
        self.memory = Vec::new();
        self.remove();
    }

    /// All of it. The caller sees to it that few are read at a time.
    pub async fn whole(&mut self) -> io::Result<Vec<u8>> {
        let Some((file, path)) = &mut self.file else {
            return Ok(std::mem::take(&mut self.memory));
        };
        file.write_all(&self.memory).await?;
        file.flush().await?;
        self.memory = Vec::new();
        fs::read(path).await
    }

    fn remove(&mut self) {
        if let Some((_, path)) = self.file.take() {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.remove();
    }
}
