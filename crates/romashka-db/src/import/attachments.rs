//! Files of messages on disk, named by their content.
//!
//! Invariant: a file that has its name has all its bytes, on the disk and not only in memory: it is written under
//! another name, synchronised, renamed, and its folder synchronised. Rows are written after that, so no row ever
//! points to a file that a crash lost. The same bytes are stored once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A folder of files named by their SHA-256: `ab/cd/abcd…`.
#[derive(Debug, Clone)]
pub struct AttachmentStore {
    folder: PathBuf,
}

/// A file cannot be stored.
#[derive(Debug, thiserror::Error)]
#[error("the attachment cannot be stored at {path}")]
pub struct StoreError {
    /// Where it should have gone.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// Path below the folder, the same on every machine.
    pub path: String,
}

impl AttachmentStore {
    /// A store in this folder, which is made when the first file comes.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Stores these bytes and returns where they are.
    pub fn put(&self, bytes: &[u8]) -> Result<StoredFile, StoreError> {
        let sha256 = hex::encode(Sha256::digest(bytes));
        let path = format!("{}/{}/{sha256}", &sha256[..2], &sha256[2..4]);
        let target = self.folder.join(&path);
        self.write(&target, bytes).map_err(|source| StoreError {
            path: target.clone(),
            source,
        })?;
        Ok(StoredFile { sha256, path })
    }

    /// The path of a stored file.
    pub fn locate(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn write(&self, target: &Path, bytes: &[u8]) -> io::Result<()> {
        if fs::metadata(target).is_ok_and(|found| found.len() == bytes.len() as u64) {
            return Ok(());
        }
        let folder = target.parent().unwrap_or(&self.folder);
        make_folder(folder)?;
        let unfinished = folder.join(format!(".{}.part", uuid::Uuid::new_v4().simple()));
        let written =
            write_synchronised(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, target));
        if written.is_err() {
            // Best effort: the error that matters is the one that is returned.
            let _ = fs::remove_file(&unfinished);
        }
        written?;
        File::open(folder)?.sync_all()
    }
}

/// Makes a folder that only its owner may enter: customers' files are in it.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn write_synchronised(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_are_stored_once_and_a_torn_file_is_replaced() {
        let folder = std::env::temp_dir().join(format!("romashka-{}", uuid::Uuid::new_v4()));
        let store = AttachmentStore::new(folder.clone());
        let first = store.put(b"hello").unwrap();
        assert_eq!(first.path, format!("2c/f2/{}", first.sha256));
        assert_eq!(fs::read(store.locate(&first.path)).unwrap(), b"hello");
        fs::write(store.locate(&first.path), b"he").unwrap();
        assert_eq!(store.put(b"hello").unwrap(), first);
        assert_eq!(fs::read(store.locate(&first.path)).unwrap(), b"hello");
        let files = fs::read_dir(store.locate(&first.path).parent().unwrap())
            .unwrap()
            .count();
        assert_eq!(files, 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
