//! A folder for a backup on its way, or for what of one is decrypted.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::BackupError;

/// A folder below `TMPDIR` that only its owner can enter, removed with this.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one.
    pub fn new() -> Result<Scratch, BackupError> {
        let folder = std::env::temp_dir().join(format!("romashka-{:016x}", rand::random::<u64>()));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(BackupError::file("cannot make", &folder))?;
        Ok(Scratch(folder))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
