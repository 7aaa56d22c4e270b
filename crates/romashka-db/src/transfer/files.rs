//! The bytes of attachments: found by the paths that the server makes, and by no others.
//!
//! Invariant: a path is made of ids or of the hash of the bytes; what a row says else leads nowhere, so that no row leads to
//! another workspace's file. A file appears under its name whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::TransferError;
use super::format::{CHUNK, NamedBy};

/// The path of a file's bytes, named by ids.
fn by_ids(workspace: Uuid, file: Uuid) -> String {
    let name = file.simple().to_string();
    format!("{}/{}/{name}", workspace.simple(), &name[30..])
}

fn by_hash(hash: &str) -> Option<String> {
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| format!("{}/{}/{hash}", &hash[..2], &hash[2..4]))
}

/// How a row's path is made; none where it is not one of ours.
pub(super) fn named_by(
    workspace: Uuid,
    file: Uuid,
    path: &str,
    hash: Option<&str>,
) -> Option<NamedBy> {
    if path == by_ids(workspace, file) {
        return Some(NamedBy::Ids);
    }
    let is_of_hash = hash.and_then(by_hash).is_some_and(|made| made == path);
    is_of_hash.then_some(NamedBy::Hash)
}

/// Opens a file of the folder, where it is there; with its size.
pub(super) fn open(folder: &Path, path: &str) -> Result<Option<(File, u64)>, TransferError> {
    let place = folder.join(path);
    let failed = || TransferError::file("cannot read", &place);
    match File::open(&place) {
        Ok(file) => {
            let size = file.metadata().map_err(failed())?.len();
            Ok(Some((file, size)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed()(error)),
    }
}

/// A file that is coming in.
pub(super) struct Incoming {
    file: File,
    part: PathBuf,
    hash: Sha256,
}

impl Incoming {
    pub(super) fn begin(folder: &Path) -> Result<Incoming, TransferError> {
        let incoming = folder.join("incoming");
        make_folder(&incoming)?;
        let part = incoming.join(Uuid::new_v4().simple().to_string());
        let file = File::create_new(&part).map_err(TransferError::file("cannot write", &part))?;
        Ok(Incoming {
            file,
            part,
            hash: Sha256::new(),
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), TransferError> {
        self.hash.update(bytes);
        self.file
            .write_all(bytes)
            .map_err(TransferError::file("cannot write", &self.part))
    }

    /// Gives it its name. What has it already stays, unless it may be replaced.
    pub(super) fn keep(
        self,
        folder: &Path,
        workspace: Uuid,
        file: Uuid,
        named_by: NamedBy,
        replaces: bool,
    ) -> Result<(), TransferError> {
        let hash = self.hash.clone().finalize();
        let path = match named_by {
            NamedBy::Ids => by_ids(workspace, file),
            NamedBy::Hash => by_hash(&hex::encode(hash)).expect("a hash"),
        };
        let to = folder.join(path);
        let is_there = to
            .try_exists()
            .map_err(TransferError::file("cannot read", &to))?;
        if is_there && !replaces {
            // An earlier run of the same import brought it.
            let there = hash_of(&to).map_err(TransferError::file("cannot read", &to))?;
            if there[..] == hash[..] {
                return Ok(());
            }
            let taken = io::Error::from(io::ErrorKind::AlreadyExists);
            return Err(TransferError::file("will not replace", &to)(taken));
        }
        let parent = to.parent().unwrap_or(folder);
        make_folder(parent)?;
        self.file
            .sync_all()
            .and_then(|()| fs::rename(&self.part, &to))
            .and_then(|()| File::open(parent)?.sync_all())
            .map_err(TransferError::file("cannot write", &to))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // After it has its name there is nothing here any more.
        let _ = fs::remove_file(&self.part);
    }
}

fn hash_of(place: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(place)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; CHUNK]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().to_vec()),
            read => hash.update(&buffer[..read]),
        }
    }
}

fn make_folder(folder: &Path) -> Result<(), TransferError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(TransferError::file("cannot make", folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_only_where_its_workspace_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let (workspace, file) = (Uuid::from_u128(1), Uuid::from_u128(0xab));
        let keep = |bytes: &[u8], replaces: bool| {
            let mut incoming = Incoming::begin(folder.path())?;
            incoming.write(bytes)?;
            incoming.keep(folder.path(), workspace, file, NamedBy::Ids, replaces)
        };
        let stored = || fs::read(folder.path().join(by_ids(workspace, file))).expect("a file");
        keep(b"first", false).expect("there is room");
        keep(b"first", false).expect("it is the same");
        assert!(keep(b"other", false).is_err());
        assert_eq!(stored(), b"first");
        keep(b"other", true).expect("it makes room");
        assert_eq!(stored(), b"other");
    }

    #[test]
    fn only_paths_that_the_server_makes_lead_anywhere() {
        let (workspace, file) = (Uuid::from_u128(1), Uuid::from_u128(0xab));
        let own = by_ids(workspace, file);
        let hash = "c0".repeat(32);
        assert_eq!(named_by(workspace, file, &own, None), Some(NamedBy::Ids));
        assert_eq!(
            named_by(workspace, file, &format!("c0/c0/{hash}"), Some(&hash)),
            Some(NamedBy::Hash)
        );
        for path in [by_ids(Uuid::from_u128(2), file), "../key".to_owned()] {
            assert_eq!(named_by(workspace, file, &path, Some(&hash)), None);
        }
        let sneaky = "../../etc/passwd";
        assert_eq!(named_by(workspace, file, sneaky, Some(sneaky)), None);
    }
}
