//! Reading an export, line by line, and comparing all that it says of itself.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::TransferError;
use super::format::{CHUNK, Control, FORMAT, Manifest, NamedBy, ROW};

/// No line is longer: PostgreSQL holds no larger value either.
const LINE_LIMIT: u64 = 1 << 30;

/// What a line says.
pub(super) enum Line<'a> {
    /// Encrypted credentials.
    Credentials(Vec<u8>),
    /// A row of a table: its JSON object.
    Row { table: usize, row: &'a [u8] },
    /// A file begins.
    File { id: Uuid, named_by: NamedBy },
    /// Some of its bytes.
    Bytes(Vec<u8>),
    /// It ends.
    FileEnd,
    /// A file whose bytes are not here.
    FileMissing { id: Uuid, why: String },
}

enum Place {
    Start,
    /// Before the table of this number.
    Before(usize),
    Within {
        table: usize,
        rows: u64,
    },
    Files(u64),
    File {
        number: u64,
        left: u64,
    },
    Over,
}

struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// An export that is being read.
pub(super) struct Reader {
    pub manifest: Manifest,
    /// Its size in bytes.
    pub bytes: u64,
    /// The hash of all lines but the last, once it is over.
    pub digest: String,
    read: Arc<AtomicU64>,
    input: BufReader<zstd::Decoder<'static, BufReader<Counted>>>,
    buffer: Vec<u8>,
    place: Place,
    lines: u64,
    whole: Sha256,
    part: Sha256,
}

impl Reader {
    /// Opens it and reads what it says of itself.
    pub(super) fn open(path: &Path) -> Result<Reader, TransferError> {
        let failed = || TransferError::file("cannot read", path);
        let foreign = |why: &str| TransferError::NoExport {
            path: PathBuf::from(path),
            why: why.to_owned(),
        };
        let mut file = File::open(path).map_err(failed())?;
        let bytes = file.metadata().map_err(failed())?.len();
        let mut magic = [0; 4];
        let is_zstd = file.read_exact(&mut magic).is_ok() && magic == [0x28, 0xb5, 0x2f, 0xfd];
        if !is_zstd {
            return Err(foreign("it is not compressed with zstd"));
        }
        io::Seek::rewind(&mut file).map_err(failed())?;
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            file,
            read: Arc::clone(&read),
        };
        let decoder = zstd::Decoder::new(counted).map_err(failed())?;
        let mut input = BufReader::with_capacity(1 << 18, decoder);
        let mut buffer = Vec::new();
        read_line(&mut input, &mut buffer).map_err(|_| foreign("its first line cannot be read"))?;
        #[derive(Deserialize)]
        struct Version {
            romashka_export: u32,
        }
        let Version { romashka_export } = serde_json::from_slice(&buffer)
            .map_err(|_| foreign("its first line is no manifest of an export"))?;
        if romashka_export > FORMAT {
            return Err(TransferError::LaterFormat(romashka_export));
        }
        let manifest: Manifest =
            serde_json::from_slice(&buffer).map_err(|error| foreign(&error.to_string()))?;
        let mut whole = Sha256::new();
        whole.update(&buffer);
        whole.update(b"\n");
        Ok(Reader {
            manifest,
            bytes,
            digest: String::new(),
            read,
            input,
            buffer,
            place: Place::Start,
            lines: 1,
            whole,
            part: Sha256::new(),
        })
    }

    /// How many bytes of the file were read.
    pub(super) fn position(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    pub(super) fn damaged(&self, why: impl Into<String>) -> TransferError {
        TransferError::Damaged {
            line: self.lines,
            why: why.into(),
        }
    }

    /// The next thing it says; none after the end, when all that was compared was right.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, TransferError> {
        loop {
            if matches!(self.place, Place::Over) {
                return Ok(None);
            }
            read_line(&mut self.input, &mut self.buffer)
                .map_err(|error| self.damaged(error.to_string()))?;
            self.lines += 1;
            if self.buffer.starts_with(ROW) {
                let table = self.row()?;
                let end = self.buffer.len() - 1;
                return Ok(Some(Line::Row {
                    table,
                    row: &self.buffer[ROW.len()..end],
                }));
            }
            let control: Control = serde_json::from_slice(&self.buffer)
                .map_err(|error| self.damaged(error.to_string()))?;
            if let Control::End { lines, sha256 } = control {
                self.end(lines, sha256)?;
                continue;
            }
            self.whole.update(&self.buffer);
            self.whole.update(b"\n");
            if let Some(line) = self.control(control)? {
                return Ok(Some(line));
            }
        }
    }

    fn row(&mut self) -> Result<usize, TransferError> {
        let Place::Within { table, rows } = &mut self.place else {
            return Err(self.damaged("a row outside of a table"));
        };
        let table = *table;
        *rows += 1;
        for hash in [&mut self.whole, &mut self.part] {
            hash.update(&self.buffer);
            hash.update(b"\n");
        }
        if !self.buffer.ends_with(b"}}") {
            return Err(self.damaged("a row that does not end"));
        }
        Ok(table)
    }

    fn control(&mut self, control: Control) -> Result<Option<Line<'static>>, TransferError> {
        let tables = self.manifest.tables.len();
        // Credentials come first, where there are some.
        match (&self.place, self.manifest.credentials) {
            (Place::Start, true) => {
                let Control::Credentials(text) = control else {
                    return Err(self.damaged("the credentials are missing"));
                };
                let sealed = STANDARD
                    .decode(text)
                    .map_err(|_| self.damaged("the credentials are not in base64"))?;
                self.place = Place::Before(0);
                return Ok(Some(Line::Credentials(sealed)));
            }
            (Place::Start, false) => self.place = Place::Before(0),
            _ => {}
        }
        if let Place::Before(number) = self.place
            && number == tables
        {
            self.place = Place::Files(0);
        }
        match (control, &mut self.place) {
            (Control::Table(name), Place::Before(number))
                if self.manifest.tables[*number].name == name =>
            {
                self.part = Sha256::new();
                self.place = Place::Within {
                    table: *number,
                    rows: 0,
                };
                Ok(None)
            }
            (Control::TableEnd { name, sha256 }, Place::Within { table, rows })
                if self.manifest.tables[*table].name == name =>
            {
                let (table, rows) = (*table, *rows);
                let listed = self.manifest.tables[table].rows;
                if rows != listed {
                    return Err(self.damaged(format!("{name} has {rows} rows instead of {listed}")));
                }
                if hex::encode(std::mem::take(&mut self.part).finalize()) != sha256 {
                    return Err(
                        self.damaged(format!("the rows of {name} are not what was written"))
                    );
                }
                self.place = Place::Before(table + 1);
                Ok(None)
            }
            (
                Control::File {
                    id,
                    bytes,
                    named_by,
                },
                Place::Files(number),
            ) => {
                self.part = Sha256::new();
                self.place = Place::File {
                    number: *number,
                    left: bytes,
                };
                Ok(Some(Line::File { id, named_by }))
            }
            (Control::FileMissing { id, why }, Place::Files(number)) => {
                *number += 1;
                Ok(Some(Line::FileMissing { id, why }))
            }
            (Control::Bytes(text), Place::File { left, .. }) => {
                let part = STANDARD.decode(text).unwrap_or_default();
                if part.is_empty() || part.len() > CHUNK || part.len() as u64 > *left {
                    return Err(self.damaged("bytes that are none of the file"));
                }
                *left -= part.len() as u64;
                self.part.update(&part);
                Ok(Some(Line::Bytes(part)))
            }
            (Control::FileEnd { sha256 }, Place::File { number, left }) => {
                let (number, left) = (*number, *left);
                if left > 0 || hex::encode(std::mem::take(&mut self.part).finalize()) != sha256 {
                    return Err(self.damaged("a file is not what was written"));
                }
                self.place = Place::Files(number + 1);
                Ok(Some(Line::FileEnd))
            }
            _ => Err(self.damaged("a line that does not belong there")),
        }
    }

    fn end(&mut self, lines: u64, sha256: String) -> Result<(), TransferError> {
        let is_complete = match self.place {
            Place::Before(number) => {
                number == self.manifest.tables.len() && self.manifest.files == 0
            }
            Place::Files(number) => number == self.manifest.files,
            _ => false,
        };
        let digest = hex::encode(std::mem::take(&mut self.whole).finalize());
        if !is_complete || lines != self.lines - 1 || digest != sha256 {
            return Err(self.damaged("it does not end as it was written"));
        }
        let mut rest = [0];
        match self.input.read(&mut rest) {
            Ok(0) => {}
            _ => return Err(self.damaged("something follows its end")),
        }
        self.digest = digest;
        self.place = Place::Over;
        Ok(())
    }
}

/// A line without its end. One that ends with the file is cut.
fn read_line(input: &mut impl BufRead, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    input.take(LINE_LIMIT).read_until(b'\n', buffer)?;
    match buffer.pop() {
        Some(b'\n') => Ok(()),
        _ => Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "it ends in the middle",
        )),
    }
}
