//! Encryption of a backup's files with age (age-encryption.org/v1): whoever makes backups needs no key that opens them.

use std::fs;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use age::{Decryptor, Encryptor, Identity, Recipient};

use super::BackupError;

/// What an encrypted file's name ends with.
pub(super) const SUFFIX: &str = ".age";

/// Who can open a backup.
#[derive(Clone, Debug, Default)]
pub struct Recipients(Vec<age::x25519::Recipient>);

impl Recipients {
    /// Reads `age1…`.
    ///
    /// # Errors
    /// When one is none.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, BackupError> {
        texts
            .into_iter()
            .map(|text| {
                text.trim().parse().map_err(|why: &str| {
                    BackupError::Key(format!("{text:?} is no recipient of age: {why}"))
                })
            })
            .collect::<Result<_, _>>()
            .map(Recipients)
    }

    /// Whether there are none, so that nothing is encrypted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The keys that open a backup.
#[derive(Clone, Default)]
pub struct Identities(Vec<age::x25519::Identity>);

impl std::fmt::Debug for Identities {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} keys", self.0.len())
    }
}

impl Identities {
    /// Reads files as `age-keygen` writes them.
    ///
    /// # Errors
    /// When one cannot be read, or holds no key.
    pub fn read<'a>(files: impl IntoIterator<Item = &'a Path>) -> Result<Self, BackupError> {
        let mut found = Vec::new();
        for path in files {
            let failed =
                |why: String| BackupError::Key(format!("the key file {}: {why}", path.display()));
            let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
            let before = found.len();
            for line in text.lines().map(str::trim) {
                if !line.is_empty() && !line.starts_with('#') {
                    found.push(line.parse().map_err(|why: &str| failed(why.to_owned()))?);
                }
            }
            if found.len() == before {
                return Err(failed("holds no key".to_owned()));
            }
        }
        Ok(Identities(found))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What encrypted bytes hold.
    ///
    /// # Errors
    /// When no key opens them, or they were changed.
    pub fn open_bytes(&self, sealed: &[u8]) -> Result<Vec<u8>, BackupError> {
        let decryptor = Decryptor::new(sealed).map_err(|_| BackupError::WrongKey)?;
        let mut reader = decryptor
            .decrypt(self.0.iter().map(|one| one as &dyn Identity))
            .map_err(|_| BackupError::WrongKey)?;
        let mut bytes = Vec::new();
        reader
            .read_to_end(&mut bytes)
            .map_err(|_| BackupError::WrongKey)?;
        Ok(bytes)
    }

    /// Writes what an encrypted file holds. A file that was cut or changed is an error, whatever was written of it.
    pub(super) fn open(&self, sealed: &Path, to: &Path) -> Result<(), BackupError> {
        let file = fs::File::open(sealed).map_err(BackupError::file("cannot read", sealed))?;
        let decryptor =
            Decryptor::new_buffered(BufReader::new(file)).map_err(|_| damaged(sealed))?;
        let mut reader = decryptor
            .decrypt(self.0.iter().map(|one| one as &dyn Identity))
            .map_err(|error| match error {
                age::DecryptError::NoMatchingKeys => BackupError::WrongKey,
                _ => damaged(sealed),
            })?;
        let mut writer = create(to)?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = reader.read(&mut buffer).map_err(|_| damaged(sealed))?;
            if count == 0 {
                break;
            }
            writer
                .write_all(&buffer[..count])
                .map_err(BackupError::file("cannot write", to))?;
        }
        finish(writer, to)
    }
}

impl Recipients {
    /// Encrypts bytes.
    ///
    /// # Errors
    /// When there is no recipient.
    pub fn seal_bytes(&self, clear: &[u8]) -> Result<Vec<u8>, BackupError> {
        let failed = |error: &dyn std::fmt::Display| BackupError::Key(error.to_string());
        let encryptor = Encryptor::with_recipients(self.0.iter().map(|one| one as &dyn Recipient))
            .map_err(|error| failed(&error))?;
        let mut sealed = Vec::new();
        let mut writer = encryptor
            .wrap_output(&mut sealed)
            .map_err(|error| failed(&error))?;
        writer.write_all(clear).map_err(|error| failed(&error))?;
        writer.finish().map_err(|error| failed(&error))?;
        Ok(sealed)
    }

    /// Puts an encrypted file in the place of a plain one.
    pub(super) fn seal(&self, plain: &Path, to: &Path) -> Result<(), BackupError> {
        let encryptor = Encryptor::with_recipients(self.0.iter().map(|one| one as &dyn Recipient))
            .map_err(|error| BackupError::Key(error.to_string()))?;
        let mut reader = fs::File::open(plain).map_err(BackupError::file("cannot read", plain))?;
        let mut writer = encryptor
            .wrap_output(create(to)?)
            .map_err(BackupError::file("cannot write", to))?;
        io::copy(&mut reader, &mut writer).map_err(BackupError::file("cannot write", to))?;
        let writer = writer
            .finish()
            .map_err(BackupError::file("cannot write", to))?;
        finish(writer, to)?;
        fs::remove_file(plain).map_err(BackupError::file("cannot remove", plain))
    }
}

fn create(to: &Path) -> Result<BufWriter<fs::File>, BackupError> {
    fs::File::create_new(to)
        .map(BufWriter::new)
        .map_err(BackupError::file("cannot write", to))
}

fn finish(writer: BufWriter<fs::File>, to: &Path) -> Result<(), BackupError> {
    writer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .map_err(BackupError::file("cannot write", to))
}

fn damaged(path: &Path) -> BackupError {
    BackupError::Damaged {
        file: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        why: "is no age file, or was cut or changed",
    }
}
