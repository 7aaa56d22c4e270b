//! Which files of a visitor are taken, and how a file is given out.
//!
//! Invariant: what the bytes are decides, and the name's extension and the declared type have to agree with it; what a
//! browser could run (HTML, SVG, scripts, programs, macros) is never taken. A file is given out so that a browser does
//! not run it in any case.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use thiserror::Error;

/// Largest file in bytes.
pub const SIZE_LIMIT: u64 = 20 * 1024 * 1024;
/// Most files of a message.
pub const FILES_PER_MESSAGE: usize = 5;
/// Bytes of the beginning that are needed to see what a file is.
pub const SNIFF_LENGTH: usize = 4 * 1024;

const OUTSIDE_OF_NAMES: AsciiSet = NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UploadError {
    /// Over [`SIZE_LIMIT`].
    #[error("the file is larger than 20 MB")]
    TooLarge,
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Not one of the kinds that are taken.
    #[error("files of this kind are not accepted")]
    Kind,
    /// The content is something else than the name or the declared type say.
    #[error("the file is not what its name says")]
    Mismatch,
}

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FileKind {
    /// Media type under which it is given out.
    pub content_type: &'static str,
    /// Extensions of its names, the usual one first.
    pub extensions: &'static [&'static str],
    /// Further types that browsers declare.
    #[serde(skip)]
    pub declared: &'static [&'static str],
    /// Whether a browser may show it in the page: pictures that were encoded anew, sound and video.
    pub inline: bool,
}

const fn kind(
    content_type: &'static str,
    extensions: &'static [&'static str],
    declared: &'static [&'static str],
    inline: bool,
) -> FileKind {
    FileKind {
        content_type,
        extensions,
        declared,
        inline,
    }
}

const JPEG: FileKind = kind(
    "image/jpeg",
    &["jpg", "jpeg", "jpe"],
    &["image/jpg", "image/pjpeg"],
    true,
);
const PNG: FileKind = kind("image/png", &["png"], &["image/x-png"], true);
const GIF: FileKind = kind("image/gif", &["gif"], &[], true);
const WEBP: FileKind = kind("image/webp", &["webp"], &[], true);
const HEIC: FileKind = kind("image/heic", &["heic", "heif"], &["image/heif"], false);
const PDF: FileKind = kind("application/pdf", &["pdf"], &["application/x-pdf"], false);
const MP4: FileKind = kind("video/mp4", &["mp4", "m4v"], &["video/x-m4v"], true);
const M4A: FileKind = kind(
    "audio/mp4",
    &["m4a"],
    &["audio/x-m4a", "audio/m4a", "audio/aac"],
    true,
);
const MP3: FileKind = kind("audio/mpeg", &["mp3"], &["audio/mp3"], true);
const OGG: FileKind = kind(
    "audio/ogg",
    &["ogg", "oga", "opus"],
    &["application/ogg", "audio/opus"],
    true,
);
const AMR: FileKind = kind("audio/amr", &["amr"], &[], true);
const AAC: FileKind = kind("audio/aac", &["aac"], &[], true);
const THREE_GP: FileKind = kind("video/3gpp", &["3gp"], &[], true);
const DOCX: FileKind = kind(
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    &["docx"],
    &[],
    false,
);
const XLSX: FileKind = kind(
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    &["xlsx"],
    &[],
    false,
);
const CSV: FileKind = kind(
    "text/csv",
    &["csv"],
    &["text/plain", "application/vnd.ms-excel", "application/csv"],
    false,
);
const TXT: FileKind = kind("text/plain", &["txt", "log"], &[], false);

/// The kind of a file that was taken, by the media type that was found then.
pub fn kind_of(content_type: &str) -> Option<FileKind> {
    [
        JPEG, PNG, GIF, WEBP, HEIC, PDF, MP4, M4A, MP3, OGG, DOCX, XLSX, CSV, TXT,
    ]
    .into_iter()
    .find(|kind| kind.content_type == content_type)
}

/// Judges a file by its name, its declared type, its size and its first [`SNIFF_LENGTH`] bytes.
pub fn check(
    name: &str,
    declared: &str,
    size: u64,
    beginning: &[u8],
) -> Result<FileKind, UploadError> {
    if size > SIZE_LIMIT {
        return Err(UploadError::TooLarge);
    }
    if size == 0 || beginning.is_empty() {
        return Err(UploadError::Empty);
    }
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase())
        .unwrap_or_default();
    let found = detect(beginning, &extension).ok_or(UploadError::Kind)?;
    let declared = declared
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let fits = found.extensions.contains(&extension.as_str())
        && (matches!(declared.as_str(), "" | "application/octet-stream")
            || declared == found.content_type
            || found.declared.contains(&declared.as_str()));
    fits.then_some(found).ok_or(UploadError::Mismatch)
}

/// What a file is that a customer sent by another channel: by its bytes alone, and with the sounds and films of telephones.
/// Nothing for what is not known, which is kept as bytes to be saved.
pub fn sniff(name: &str, beginning: &[u8]) -> Option<FileKind> {
    if beginning.is_empty() {
        return None;
    }
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase())
        .unwrap_or_default();
    let of_telephones = if beginning.starts_with(b"#!AMR") {
        Some(AMR)
    } else if matches!(beginning, [0xff, second, ..] if second & 0xf6 == 0xf0) {
        Some(AAC)
    } else if matches!(
        beginning.get(4..11),
        Some([b'f', b't', b'y', b'p', b'3', b'g', _])
    ) {
        Some(THREE_GP)
    } else {
        None
    };
    of_telephones.or_else(|| detect(beginning, &extension))
}

fn detect(bytes: &[u8], extension: &str) -> Option<FileKind> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| {
        bytes
            .get(offset..)
            .is_some_and(|rest| rest.starts_with(magic))
    };
    if starts(b"\xff\xd8\xff") {
        Some(JPEG)
    } else if starts(b"\x89PNG\r\n\x1a\n") {
        Some(PNG)
    } else if starts(b"GIF87a") || starts(b"GIF89a") {
        Some(GIF)
    } else if starts(b"RIFF") && at(8, b"WEBP") {
        Some(WEBP)
    } else if starts(b"%PDF-") {
        Some(PDF)
    } else if at(4, b"ftyp") {
        match bytes.get(8..12)? {
            b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" => Some(HEIC),
            b"M4A " | b"M4B " => Some(M4A),
            b"isom" | b"iso2" | b"iso4" | b"iso5" | b"iso6" | b"mp41" | b"mp42" | b"avc1"
            | b"M4V " | b"dash" => Some(MP4),
            _ => None,
        }
    } else if starts(b"ID3")
        || (bytes[0] == 0xff && bytes.get(1).is_some_and(|second| second & 0xe6 == 0xe2))
    {
        Some(MP3)
    } else if starts(b"OggS") {
        Some(OGG)
    } else if starts(b"PK\x03\x04") {
        office(bytes)
    } else {
        text(bytes, extension)
    }
}

/// Office files are archives whose first entries are these; a macro makes a file executable.
fn office(bytes: &[u8]) -> Option<FileKind> {
    let holds = |name: &[u8]| memchr::memmem::find(bytes, name).is_some();
    let declares = holds(b"[Content_Types].xml") || holds(b"_rels/.rels");
    if !declares || holds(b"vbaProject.bin") {
        None
    } else if holds(b"word/") {
        Some(DOCX)
    } else if holds(b"xl/") {
        Some(XLSX)
    } else {
        None
    }
}

/// Plain text has nothing that could be taken for markup or a script.
fn text(bytes: &[u8], extension: &str) -> Option<FileKind> {
    let beginning = &bytes[..bytes.len().min(SNIFF_LENGTH)];
    let readable = match std::str::from_utf8(beginning) {
        Ok(_) => true,
        // A character may be cut off at the end of what was read.
        Err(error) => error.error_len().is_none(),
    };
    let plain = beginning
        .iter()
        .all(|byte| *byte >= b' ' || matches!(byte, b'\n' | b'\r' | b'\t'));
    let trimmed = beginning
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(beginning)
        .trim_ascii_start();
    if !readable || !plain || trimmed.starts_with(b"<") || trimmed.starts_with(b"#!") {
        return None;
    }
    [CSV, TXT]
        .into_iter()
        .find(|kind| kind.extensions.contains(&extension))
}

/// Headers with which a file is given out. `name` must be clean, see [`crate::email::attachment::clean_name`].
pub fn serving_headers(kind: Option<FileKind>, name: &str) -> Vec<(&'static str, String)> {
    let content_type = kind.map_or("application/octet-stream", |kind| kind.content_type);
    let disposition = if kind.is_some_and(|kind| kind.inline) {
        "inline"
    } else {
        "attachment"
    };
    let encoded = utf8_percent_encode(name, &OUTSIDE_OF_NAMES);
    vec![
        ("Content-Type", content_type.to_owned()),
        (
            "Content-Disposition",
            format!("{disposition}; filename*=UTF-8''{encoded}"),
        ),
        ("X-Content-Type-Options", "nosniff".to_owned()),
        (
            "Content-Security-Policy",
            "sandbox; default-src 'none'".to_owned(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_taken() {
        for (name, declared, beginning, content_type) in [
            (
                "a.JPG",
                "image/jpeg",
                &b"\xff\xd8\xff\xe0\0\x10JFIF"[..],
                "image/jpeg",
            ),
            ("a.png", "", b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
            ("a.gif", "image/gif", b"GIF89a..", "image/gif"),
            (
                "a.webp",
                "image/webp",
                b"RIFF\x10\0\0\0WEBPVP8 ",
                "image/webp",
            ),
            (
                "a.heic",
                "image/heif",
                b"\0\0\0\x18ftypheic\0",
                "image/heic",
            ),
            (
                "a.pdf",
                "application/octet-stream",
                b"%PDF-1.7",
                "application/pdf",
            ),
            ("a.mp4", "video/mp4", b"\0\0\0\x18ftypisom\0", "video/mp4"),
            ("a.m4a", "audio/x-m4a", b"\0\0\0\x18ftypM4A \0", "audio/mp4"),
            ("a.mp3", "audio/mpeg", b"ID3\x04\0", "audio/mpeg"),
            ("a.mp3", "audio/mpeg", b"\xff\xfb\x90\x64", "audio/mpeg"),
            ("a.ogg", "audio/ogg", b"OggS\0", "audio/ogg"),
            (
                "a.docx",
                "",
                b"PK\x03\x04..[Content_Types].xml..word/document.xml",
                DOCX.content_type,
            ),
            (
                "a.xlsx",
                "",
                b"PK\x03\x04.._rels/.rels..xl/workbook.xml",
                XLSX.content_type,
            ),
            (
                "a.txt",
                "text/plain; charset=utf-8",
                "Привет\n".as_bytes(),
                "text/plain",
            ),
            (
                "a.csv",
                "application/vnd.ms-excel",
                b"a;b\r\n1;2",
                "text/csv",
            ),
        ] {
            assert_eq!(
                check(name, declared, 100, beginning).map(|kind| kind.content_type),
                Ok(content_type),
                "{name}"
            );
        }
    }

    #[test]
    fn what_telephones_send_is_known_by_its_bytes() {
        for (name, beginning, content_type) in [
            (
                "a.jpg",
                &b"\xff\xd8\xff\xe0\0\x10JFIF"[..],
                Some("image/jpeg"),
            ),
            ("a.amr", b"#!AMR\n\x3c", Some("audio/amr")),
            ("a.aac", b"\xff\xf1\x50\x80", Some("audio/aac")),
            ("a.mp3", b"\xff\xfb\x90\x64", Some("audio/mpeg")),
            ("a.3gp", b"\0\0\0\x14ftyp3gp4", Some("video/3gpp")),
            ("a.jpg", b"<!doctype html>", None),
            ("a.txt", b"<script>", None),
            ("a.txt", b"hello", Some("text/plain")),
            ("a", b"", None),
        ] {
            let found = sniff(name, beginning).map(|kind| kind.content_type);
            assert_eq!(found, content_type, "{name}");
        }
    }

    #[test]
    fn files_that_are_not_taken() {
        for (name, declared, beginning, error) in [
            (
                "a.html",
                "text/html",
                &b"<!doctype html>"[..],
                UploadError::Kind,
            ),
            (
                "a.txt",
                "text/plain",
                b"\xef\xbb\xbf <script>alert(1)</script>",
                UploadError::Kind,
            ),
            ("a.svg", "image/svg+xml", b"<svg xmlns=", UploadError::Kind),
            ("a.js", "text/javascript", b"alert(1)", UploadError::Kind),
            ("a.txt", "text/plain", b"#!/bin/sh\n", UploadError::Kind),
            (
                "a.exe",
                "application/octet-stream",
                b"MZ\x90\0",
                UploadError::Kind,
            ),
            (
                "a.zip",
                "application/zip",
                b"PK\x03\x04..a.txt",
                UploadError::Kind,
            ),
            (
                "a.apk",
                "",
                b"PK\x03\x04..AndroidManifest.xml",
                UploadError::Kind,
            ),
            (
                "a.docm",
                "",
                b"PK\x03\x04[Content_Types].xml word/vbaProject.bin",
                UploadError::Kind,
            ),
            (
                "a.jpg",
                "image/jpeg",
                b"\x89PNG\r\n\x1a\n\0",
                UploadError::Mismatch,
            ),
            ("a.png", "image/png", b"<svg xmlns=", UploadError::Kind),
            (
                "a.png.html",
                "",
                b"\x89PNG\r\n\x1a\n\0",
                UploadError::Mismatch,
            ),
            ("a", "", b"\x89PNG\r\n\x1a\n\0", UploadError::Mismatch),
            (
                "a.png",
                "text/html",
                b"\x89PNG\r\n\x1a\n\0",
                UploadError::Mismatch,
            ),
            ("a.txt", "text/plain", b"\0\x01\x02", UploadError::Kind),
            ("a.txt", "text/plain", b"", UploadError::Empty),
        ] {
            assert_eq!(
                check(name, declared, 100, beginning),
                Err(error),
                "{name} {declared}"
            );
        }
        assert_eq!(
            check("a.png", "", SIZE_LIMIT + 1, b"\x89PNG"),
            Err(UploadError::TooLarge)
        );
    }

    #[test]
    fn a_browser_runs_nothing() {
        let headers = serving_headers(None, "a\"b;ü.html");
        assert_eq!(headers[0].1, "application/octet-stream");
        assert_eq!(
            headers[1].1,
            "attachment; filename*=UTF-8''a%22b%3B%C3%BC.html"
        );
        assert!(
            serving_headers(Some(PNG), "a.png")[1]
                .1
                .starts_with("inline")
        );
        assert!(
            serving_headers(Some(PDF), "a.pdf")[1]
                .1
                .starts_with("attachment")
        );
    }
}
