//! Writing an export: lines, compressed, under another name until the last of them is there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::TransferError;
use super::format::Control;

/// How hard it is compressed: where more costs time and gains little.
const LEVEL: i32 = 3;

/// A file that is being written. It is removed unless it is finished.
pub(super) struct Writer {
    encoder: Option<zstd::Encoder<'static, BufWriter<File>>>,
    part: PathBuf,
    to: PathBuf,
    whole: Sha256,
    table: Sha256,
    lines: u64,
}

impl Writer {
    pub(super) fn create(to: &Path) -> Result<Writer, TransferError> {
        let failed = || TransferError::file("cannot write", to);
        if to.exists() {
            return Err(failed()(io::Error::from(io::ErrorKind::AlreadyExists)));
        }
        let name = to.file_name().unwrap_or_default().to_string_lossy();
        let part = to.with_file_name(format!(".{name}.{}.part", Uuid::new_v4().simple()));
        // What is in it is everybody's conversations.
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part)
            .map_err(failed())?;
        let mut writer = Writer {
            encoder: None,
            part,
            to: to.to_owned(),
            whole: Sha256::new(),
            table: Sha256::new(),
            lines: 0,
        };
        let mut encoder =
            zstd::Encoder::new(BufWriter::with_capacity(1 << 18, file), LEVEL).map_err(failed())?;
        encoder.include_checksum(true).map_err(failed())?;
        writer.encoder = Some(encoder);
        Ok(writer)
    }

    fn put(&mut self, line: &[u8]) -> Result<(), TransferError> {
        let encoder = self.encoder.as_mut().expect("it is not finished");
        encoder
            .write_all(line)
            .and_then(|()| encoder.write_all(b"\n"))
            .map_err(TransferError::file("cannot write", &self.to))?;
        self.whole.update(line);
        self.whole.update(b"\n");
        self.lines += 1;
        Ok(())
    }

    /// A line of its own kind.
    pub(super) fn line(&mut self, line: &impl Serialize) -> Result<(), TransferError> {
        self.put(&serde_json::to_vec(line).expect("a line is JSON"))
    }

    pub(super) fn begin_table(&mut self, name: &str) -> Result<(), TransferError> {
        self.table = Sha256::new();
        self.line(&Control::Table(name.to_owned()))
    }

    /// A row, as JSON.
    pub(super) fn row(&mut self, line: &[u8]) -> Result<(), TransferError> {
        self.table.update(line);
        self.table.update(b"\n");
        self.put(line)
    }

    pub(super) fn end_table(&mut self, name: &str) -> Result<(), TransferError> {
        let sha256 = hex::encode(std::mem::take(&mut self.table).finalize());
        self.line(&Control::TableEnd {
            name: name.to_owned(),
            sha256,
        })
    }

    /// Writes the last line, and gives the file its name; how many bytes it has.
    pub(super) fn finish(mut self) -> Result<u64, TransferError> {
        let end = Control::End {
            lines: self.lines,
            sha256: hex::encode(self.whole.clone().finalize()),
        };
        self.line(&end)?;
        let encoder = self.encoder.take().expect("it is not finished");
        let failed = || TransferError::file("cannot write", &self.to);
        let file = encoder
            .finish()
            .and_then(|writer| writer.into_inner().map_err(io::IntoInnerError::into_error))
            .map_err(failed())?;
        file.sync_all().map_err(failed())?;
        let bytes = file.metadata().map_err(failed())?.len();
        // A link, unlike a new name, never takes the place of a file that came meanwhile.
        fs::hard_link(&self.part, &self.to).map_err(failed())?;
        let folder = self.to.parent().filter(|path| !path.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))
            .and_then(|folder| folder.sync_all())
            .map_err(failed())?;
        Ok(bytes)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Nothing is lost with it: what is finished has its own name.
        let _ = fs::remove_file(&self.part);
    }
}
