//! What a backup says about itself, and whether that is true.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{BackupError, Observer, Step};

/// The form of a backup that this version writes and reads.
pub(super) const FORM: &str = "romashka.backup/1";
/// The file that says what a backup is.
pub const MANIFEST: &str = "manifest.json";
pub(super) const CONTENTS: &str = "contents.json";
pub(super) const DUMP: &str = "dump";
pub(super) const FILES: &str = "files.tar";
/// Largest manifest that is read, in bytes: a dump has two files for each table.
const MANIFEST_LIMIT: u64 = 16 << 20;

/// What a backup is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The form, `romashka.backup/1`.
    pub form: String,
    /// When the snapshot was taken.
    pub created_at: Timestamp,
    /// The version of ROMASHKA that made it.
    pub romashka: String,
    /// The newest migration in it.
    pub schema_version: String,
    /// The server's version, such as `15.18`.
    pub server_version: String,
    /// The server's major version.
    pub server_major: u32,
    /// The database's name.
    pub database: String,
    /// Which PostgreSQL it was on: the identifier that initdb gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// How its files are encrypted: `age`, or not.
    pub encryption: Option<String>,
    /// Its files.
    pub files: Vec<File>,
}

/// Why a text is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Its form is of a later version.
    #[error("the backup has the form {0}, which this version does not read")]
    LaterForm(String),
    /// It is of something else.
    #[error("{0}")]
    Foreign(String),
}

impl Manifest {
    /// Reads one.
    ///
    /// # Errors
    /// When it is none, or one of a later form.
    pub fn parse(text: &[u8]) -> Result<Manifest, ManifestError> {
        let foreign = |error| ManifestError::Foreign(format!("{MANIFEST}: {error}"));
        #[derive(Deserialize)]
        struct Form {
            form: String,
        }
        let Form { form } = serde_json::from_slice(text).map_err(foreign)?;
        if form != FORM {
            return Err(match form.strip_prefix("romashka.backup/") {
                Some(_) => ManifestError::LaterForm(form),
                None => ManifestError::Foreign(format!("its form is {form:?}")),
            });
        }
        let manifest: Manifest = serde_json::from_slice(text).map_err(foreign)?;
        for file in &manifest.files {
            let plain = Path::new(&file.name)
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
            if !plain || file.name.is_empty() {
                return Err(ManifestError::Foreign(
                    "a file of it lies elsewhere".to_owned(),
                ));
            }
        }
        Ok(manifest)
    }
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its path within the backup.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// A backup whose manifest was read.
#[derive(Clone, Debug)]
pub struct Backup {
    /// Its folder.
    pub folder: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
}

impl Backup {
    /// Reads the manifest; the files are looked at by [`Backup::check`].
    ///
    /// # Errors
    /// When it is no backup, or one of a later form.
    pub fn open(folder: &Path) -> Result<Backup, BackupError> {
        let foreign = |why: String| BackupError::NoBackup {
            path: folder.to_owned(),
            why,
        };
        let path = folder.join(MANIFEST);
        let mut text = Vec::new();
        fs::File::open(&path)
            .and_then(|file| file.take(MANIFEST_LIMIT + 1).read_to_end(&mut text))
            .map_err(|error| foreign(format!("{MANIFEST}: {error}")))?;
        if text.len() as u64 > MANIFEST_LIMIT {
            return Err(foreign(format!("{MANIFEST} is too large")));
        }
        let manifest = Manifest::parse(&text).map_err(|error| match error {
            ManifestError::LaterForm(form) => BackupError::LaterForm(form),
            ManifestError::Foreign(why) => foreign(why),
        })?;
        Ok(Backup {
            folder: folder.to_owned(),
            manifest,
        })
    }

    /// How many bytes its files have.
    pub fn bytes(&self) -> u64 {
        self.manifest.files.iter().map(|file| file.bytes).sum()
    }

    /// Whether every file is there in its size: a look that costs little, and proves less than [`Backup::check`].
    pub fn is_whole(&self) -> bool {
        self.manifest.files.iter().all(|file| {
            fs::symlink_metadata(self.folder.join(&file.name))
                .is_ok_and(|found| found.is_file() && found.len() == file.bytes)
        })
    }

    /// Compares every file with its size and hash; a file more or less is an error as well.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] for the first that differs.
    pub fn check(&self, observer: Observer<'_>) -> Result<(), BackupError> {
        let damaged = |name: &str, why| BackupError::Damaged {
            file: name.to_owned(),
            why,
        };
        let total = self.bytes();
        let mut done = 0;
        let mut named = BTreeSet::new();
        for file in &self.manifest.files {
            if !named.insert(file.name.as_str()) {
                return Err(damaged(&file.name, "is named twice"));
            }
            let path = self.folder.join(&file.name);
            let found =
                fs::symlink_metadata(&path).map_err(|_| damaged(&file.name, "is missing"))?;
            if !found.is_file() {
                return Err(damaged(&file.name, "is no file"));
            }
            if found.len() != file.bytes {
                return Err(damaged(&file.name, "has another size"));
            }
            observer(Step::Hash, done, total);
            if hash_of(&path)? != file.sha256 {
                return Err(damaged(&file.name, "has another content"));
            }
            done += file.bytes;
        }
        observer(Step::Hash, done, total);
        for name in names(&self.folder)? {
            if name != MANIFEST && !named.contains(name.as_str()) {
                return Err(damaged(&name, "does not belong to it"));
            }
        }
        for needed in [CONTENTS, &format!("{DUMP}/toc.dat")] {
            let sealed = format!("{needed}{}", super::seal::SUFFIX);
            if !named.contains(needed) && !named.contains(sealed.as_str()) {
                return Err(damaged(needed, "is missing"));
            }
        }
        Ok(())
    }
}

/// SHA-256 of a file in hexadecimal digits.
pub(super) fn hash_of(path: &Path) -> Result<String, BackupError> {
    let failed = "cannot read";
    let mut file = fs::File::open(path).map_err(BackupError::file(failed, path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file
            .read(&mut buffer)
            .map_err(BackupError::file(failed, path))?;
        if count == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&buffer[..count]);
    }
}

/// The files below a folder, by their paths within it, in order.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, BackupError> {
    let mut found = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(below) = waiting.pop() {
        let here = folder.join(&below);
        let failed = BackupError::file("cannot read", &here);
        let entries = fs::read_dir(&here)
            .and_then(|entries| entries.collect::<Result<Vec<_>, _>>())
            .map_err(failed)?;
        for entry in entries {
            let path = below.join(entry.file_name());
            let kind = entry
                .file_type()
                .map_err(BackupError::file("cannot read", &entry.path()))?;
            if kind.is_dir() {
                waiting.push(path);
            } else {
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Writes a file so that it is on disk.
pub(super) fn write(path: &Path, text: &[u8]) -> Result<(), BackupError> {
    use std::io::Write as _;
    fs::File::create_new(path)
        .and_then(|mut file| {
            file.write_all(text)?;
            file.sync_all()
        })
        .map_err(BackupError::file("cannot write", path))
}
