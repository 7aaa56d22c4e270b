//! ZIP archives: bounded in entries, sizes and ratio, whatever their directory says.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

use super::{Kind, MOST_ARTICLES, Reading, Refusal, Refused, read_single, table};

/// Entries of an archive.
const MOST_ENTRIES: usize = 10_000;
/// Bytes of all entries, unpacked.
const LARGEST: u64 = 512 * 1024 * 1024;
/// Bytes of one entry, unpacked.
const LARGEST_ENTRY: u64 = 64 * 1024 * 1024;
/// How much larger an entry becomes; text is packed by twenty at most, but repeated rows.
const RATIO: u64 = 200;
/// Below this no ratio is looked at.
const SMALL: u64 = 1024 * 1024;

/// An archive that was opened.
pub(super) fn open(bytes: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, Refusal> {
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(refusal)?;
    if archive.len() > MOST_ENTRIES {
        return Err(Refusal::too_large(format!(
            "an archive has {MOST_ENTRIES} entries at most"
        )));
    }
    Ok(archive)
}

fn refusal(error: ZipError) -> Refusal {
    match error {
        ZipError::UnsupportedArchive(message) if message.contains("assword") => Refusal::Encrypted,
        error => Refusal::damaged(error),
    }
}

/// The bytes of an entry; what its directory says of its size is not believed.
pub(super) fn unpack(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    place: usize,
) -> Result<Vec<u8>, Refusal> {
    let entry = archive.by_index(place).map_err(refusal)?;
    let packed = entry.compressed_size();
    let limit = LARGEST_ENTRY.min(packed.saturating_mul(RATIO).max(SMALL));
    let mut bytes = Vec::new();
    entry
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(Refusal::damaged)?;
    if bytes.len() as u64 > limit {
        return Err(Refusal::too_large(format!(
            "unpacked it is more than {} MB",
            limit / 1024 / 1024
        )));
    }
    Ok(bytes)
}

pub(super) fn read(bytes: &[u8]) -> Result<Reading, Refusal> {
    let mut archive = open(bytes)?;
    let mut reading = Reading::default();
    let mut total = 0_u64;
    for place in 0..archive.len() {
        let entry = archive.by_index_raw(place).map_err(refusal)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let (is_folder, is_encrypted) = (name.ends_with(['/', '\\']), entry.encrypted());
        let inner = entry.enclosed_name();
        drop(entry);
        if is_folder || is_hidden(&name) {
            continue;
        }
        let shown: String = name.chars().take(300).collect();
        let mut refuse = |reason| {
            reading.refused.push(Refused {
                part: format!("/{shown}"),
                reason,
            });
        };
        let Some(inner) = inner else {
            refuse(Refusal::Outside);
            continue;
        };
        let path = inner.to_string_lossy().replace('\\', "/");
        // By the name under which its article is known.
        let mut refuse = |reason| {
            reading.refused.push(Refused {
                part: format!("/{path}"),
                reason,
            });
        };
        let Some(kind) = Kind::of(&path) else {
            refuse(Refusal::UnknownKind);
            continue;
        };
        if kind == Kind::Archive {
            refuse(Refusal::Nested);
            continue;
        }
        if is_encrypted {
            refuse(Refusal::Encrypted);
            continue;
        }
        let found = unpack(&mut archive, place).and_then(|bytes| {
            total += bytes.len() as u64;
            if total > LARGEST {
                return Err(Refusal::too_large(format!(
                    "unpacked, an archive is {} MB at most",
                    LARGEST / 1024 / 1024
                )));
            }
            if kind == Kind::Table {
                table::read(&path, &bytes)
            } else {
                read_single(&path, &bytes).map(|article| Reading {
                    articles: vec![article],
                    refused: Vec::new(),
                })
            }
        });
        match found {
            Ok(found) => {
                let above = path.rsplit_once('/').map_or("", |(above, _)| above);
                for mut article in found.articles {
                    article.part = format!("/{path}{}", article.part);
                    if article.category.is_empty() {
                        article.category = folders(above);
                    }
                    reading.articles.push(article);
                }
                for mut refused in found.refused {
                    refused.part = format!("/{path}{}", refused.part);
                    reading.refused.push(refused);
                }
            }
            Err(reason) => refuse(reason),
        }
        if total > LARGEST || reading.articles.len() > MOST_ARTICLES {
            // Of the whole archive: what follows is not gone.
            reading.refused.push(Refused {
                part: String::new(),
                reason: Refusal::too_large("the rest of the archive is not read"),
            });
            break;
        }
    }
    if reading.articles.is_empty() && reading.refused.is_empty() {
        return Err(Refusal::NoText);
    }
    Ok(reading)
}

/// What systems put into archives beside the files.
fn is_hidden(name: &str) -> bool {
    name.split(['/', '\\'])
        .any(|part| part == "__MACOSX" || (part.starts_with('.') && part != "." && part != ".."))
}

/// The names of a path, each short enough to be a category's; at most eight.
pub(super) fn folders(path: &str) -> Vec<String> {
    path.split('/')
        .map(|part| part.trim().chars().take(255).collect::<String>())
        .filter(|part| !part.is_empty() && part != ".")
        .take(8)
        .collect()
}
