//! Where the encryption keys come from: `ROMASHKA_ENCRYPTION_KEY`, else a file in the data folder.
//!
//! Invariants: the file belongs to its user alone (0600, refused otherwise); it appears complete or not at all, also
//! when two processes need it first at the same moment; a rotation adds a key before anything is encrypted with it, and
//! removes the old one only on the caller's word.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::envelope::{EnvelopeError, Key, Keyring};
use crate::environment;

const FILE_NAME: &str = "encryption.key";
const HEADER: &str = "# Keys of ROMASHKA's stored credentials, the current one first. Keep a copy: without it they are lost.";

/// Where a ring came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// `ROMASHKA_ENCRYPTION_KEY`.
    Environment,
    /// This file.
    File(PathBuf),
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The variable holds no key.
    #[error("ROMASHKA_ENCRYPTION_KEY holds no key")]
    Variable(#[source] EnvelopeError),
    /// The file holds no key.
    #[error("{} holds no key", .0.display())]
    Content(PathBuf, #[source] EnvelopeError),
    /// Others may read the file.
    #[error("{} can be read by others (mode {:o})", .0.display(), .1)]
    Exposed(PathBuf, u32),
    /// The file cannot be read or written.
    #[error("{} cannot be used", .0.display())]
    File(PathBuf, #[source] io::Error),
}

impl KeyFileError {
    /// What the user does next.
    pub fn next_step(&self) -> String {
        match self {
            KeyFileError::Variable(_) => "make one: romashka keys generate".to_owned(),
            KeyFileError::Content(path, _) => format!(
                "put back the copy of {}; its keys are the only way to the credentials",
                path.display()
            ),
            KeyFileError::Exposed(path, _) => format!(
                "chmod 600 '{}', and rotate if others may have read it: romashka keys rotate",
                path.display()
            ),
            KeyFileError::File(path, _) => {
                format!("check who owns {} and its folder", path.display())
            }
        }
    }
}

/// The keys of the environment, else of the file in `folder`, which is made with a new key when there is none.
pub fn load(folder: &Path) -> Result<(Keyring, KeySource), KeyFileError> {
    if let Some(text) = environment::ENCRYPTION_KEY.read().map(SecretString::from) {
        let ring = Keyring::parse(text.expose_secret()).map_err(KeyFileError::Variable)?;
        return Ok((ring, KeySource::Environment));
    }
    let path = folder.join(FILE_NAME);
    let ring = match read(&path)? {
        Some(ring) => ring,
        None => create(folder, &path)?,
    };
    Ok((ring, KeySource::File(path)))
}

/// Makes a new key the current one of the file; the one before stays as an older one.
pub fn add_key(path: &Path, ring: Keyring) -> Result<Keyring, KeyFileError> {
    let mut text = file_text(
        &Key::generate(),
        std::iter::once(ring.current()).chain(ring.older()),
    );
    replace(path, &mut text)?;
    read(path)?.ok_or_else(|| gone(path))
}

/// Removes all keys but the current one from the file.
pub fn remove_older_keys(path: &Path, ring: &Keyring) -> Result<(), KeyFileError> {
    replace(path, &mut file_text(ring.current(), std::iter::empty()))
}

fn gone(path: &Path) -> KeyFileError {
    KeyFileError::File(path.to_owned(), io::ErrorKind::NotFound.into())
}

fn file_text<'a>(current: &Key, older: impl Iterator<Item = &'a Key>) -> SecretString {
    let mut text = format!("{HEADER}\n{}\n", current.to_base64().expose_secret());
    for key in older {
        text.push_str(key.to_base64().expose_secret());
        text.push('\n');
    }
    SecretString::from(text)
}

fn read(path: &Path) -> Result<Option<Keyring>, KeyFileError> {
    let wrong = |error| KeyFileError::File(path.to_owned(), error);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(error)),
    };
    let mode = file.metadata().map_err(wrong)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed(path.to_owned(), mode));
    }
    let mut text = String::new();
    io::Read::read_to_string(&mut file, &mut text).map_err(wrong)?;
    let text = SecretString::from(text);
    let keys: String = text
        .expose_secret()
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| [line, "\n"])
        .collect();
    let keys = SecretString::from(keys);
    Keyring::parse(keys.expose_secret())
        .map(Some)
        .map_err(|error| KeyFileError::Content(path.to_owned(), error))
}

fn create(folder: &Path, path: &Path) -> Result<Keyring, KeyFileError> {
    let wrong = |error| KeyFileError::File(path.to_owned(), error);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(wrong)?;
    let draft = write_draft(path, &file_text(&Key::generate(), std::iter::empty()))?;
    // A link fails where a file is: of two processes one makes the key, and both read that one.
    let linked = fs::hard_link(&draft, path);
    let _ = fs::remove_file(&draft);
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(wrong(error)),
        _ => {}
    }
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(wrong)?;
    read(path)?.ok_or_else(|| gone(path))
}

fn replace(path: &Path, text: &mut SecretString) -> Result<(), KeyFileError> {
    let wrong = |error| KeyFileError::File(path.to_owned(), error);
    let draft = write_draft(path, text)?;
    fs::rename(&draft, path).map_err(wrong)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(wrong)
}

fn write_draft(path: &Path, text: &SecretString) -> Result<PathBuf, KeyFileError> {
    let draft = path.with_extension(format!(
        "key.{}-{:08x}",
        std::process::id(),
        rand::random::<u32>()
    ));
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(text.expose_secret().as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| KeyFileError::File(draft.clone(), error))?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::KeyId;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    fn file_ring(folder: &Path) -> Keyring {
        let path = folder.join(FILE_NAME);
        read(&path)
            .unwrap()
            .unwrap_or_else(|| create(folder, &path).unwrap())
    }

    #[test]
    fn the_file_is_made_once_and_for_its_user_alone() {
        let folder = folder();
        let below = folder.path().join("new folder");
        let first: Vec<KeyId> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| file_ring(&below).current().id().clone()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(
            first.iter().all(|id| *id == first[0]),
            "all processes got one key"
        );
        let mode = fs::metadata(below.join(FILE_NAME))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(&below).unwrap().count(),
            1,
            "no draft stays behind"
        );
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = folder();
        file_ring(folder.path());
        let path = folder.path().join(FILE_NAME);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(read(&path), Err(KeyFileError::Exposed(_, 0o644))));
    }

    #[test]
    fn rotation_adds_before_it_removes() {
        let folder = folder();
        let old = file_ring(folder.path());
        let old_id = old.current().id().clone();
        let path = folder.path().join(FILE_NAME);
        let ring = add_key(&path, old).unwrap();
        assert_ne!(*ring.current().id(), old_id);
        assert_eq!(*ring.older()[0].id(), old_id);
        remove_older_keys(&path, &ring).unwrap();
        let left = file_ring(folder.path());
        assert_eq!(
            (left.current().id(), left.older().len()),
            (ring.current().id(), 0)
        );
    }

    #[test]
    fn a_damaged_file_is_no_reason_to_make_a_new_key() {
        let folder = folder();
        let path = folder.path().join(FILE_NAME);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .unwrap();
        assert!(matches!(read(&path), Err(KeyFileError::Content(..))));
    }
}
