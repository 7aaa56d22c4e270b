//! Files in a mail.
//!
//! Invariant: a name that leaves this module is one path component without control or reordering characters, not
//! empty, not made of dots, and at most 255 bytes long.

use sha2::{Digest, Sha256};

use super::header::is_bidi_control;

/// Longest file name (bytes) that common file systems take.
const NAME_LIMIT: usize = 255;

/// A file of a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Cleaned file name.
    pub name: String,
    /// Media type in lower case.
    pub content_type: String,
    /// Content-ID without brackets.
    pub content_id: Option<String>,
    /// Content-Location (MHTML).
    pub content_location: Option<String>,
    /// True when the HTML shows it, by `cid:` or by its location.
    pub inline: bool,
    /// The bytes.
    pub data: Vec<u8>,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Attachment")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("content_id", &self.content_id)
            .field("content_location", &self.content_location)
            .field("inline", &self.inline)
            .field("size", &self.data.len())
            .field("sha256", &&self.sha256()[..12])
            .finish()
    }
}

impl Attachment {
    /// SHA-256 of the bytes in lower-case hexadecimal.
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(&self.data))
    }
}

/// Cleans the name a sender gave; without one, `attachment` with an extension for the media type.
pub fn clean_name(name: Option<&str>, content_type: &str) -> String {
    let name = name.unwrap_or_default();
    // Windows paths and Unix paths alike: the last component counts.
    let component = name
        .rsplit(['/', '\\'])
        .find(|part| !part.trim().is_empty())
        .unwrap_or_default();
    let cleaned: String = component
        .chars()
        .filter(|character| {
            !character.is_control() && !is_bidi_control(*character) && *character != '\u{feff}'
        })
        .map(|character| {
            if matches!(character, ':' | '*' | '?' | '"' | '<' | '>' | '|') {
                '_'
            } else {
                character
            }
        })
        .collect();
    let cleaned = cleaned.trim().trim_end_matches(['.', ' ']);
    if cleaned.trim_matches('.').is_empty() {
        return format!("attachment.{}", extension(content_type));
    }
    shorten(cleaned)
}

fn shorten(name: &str) -> String {
    if name.len() <= NAME_LIMIT {
        return name.to_owned();
    }
    let (stem, suffix) = match name.rsplit_once('.') {
        Some((stem, suffix)) if suffix.len() <= 16 && !stem.is_empty() => {
            (stem, format!(".{suffix}"))
        }
        _ => (name, String::new()),
    };
    let mut end = (NAME_LIMIT - suffix.len()).min(stem.len());
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &stem[..end])
}

/// Extension for a media type, `bin` when unknown.
pub fn extension(content_type: &str) -> &'static str {
    match content_type {
        "text/plain" => "txt",
        "text/html" => "html",
        "text/csv" => "csv",
        "text/calendar" | "application/ics" => "ics",
        "text/vcard" | "text/x-vcard" | "text/directory" => "vcf",
        "text/rfc822-headers" => "txt",
        "message/rfc822" | "message/global" => "eml",
        "message/delivery-status" | "message/disposition-notification" => "txt",
        "image/jpeg" | "image/jpg" | "image/pjpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/heic" => "heic",
        "image/bmp" => "bmp",
        "image/tiff" => "tiff",
        "image/svg+xml" => "svg",
        "audio/mpeg" => "mp3",
        "audio/ogg" => "ogg",
        "audio/wav" | "audio/x-wav" => "wav",
        "audio/amr" => "amr",
        "audio/mp4" => "m4a",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        "video/webm" => "webm",
        "application/pdf" => "pdf",
        "application/zip" | "application/x-zip-compressed" => "zip",
        "application/json" => "json",
        "application/xml" | "text/xml" => "xml",
        "application/rtf" | "text/rtf" => "rtf",
        "application/msword" => "doc",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "application/pgp-signature" | "application/pgp-keys" => "asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "p7m",
        _ => "bin",
    }
}

/// Media type for a file name, for senders that declare `application/octet-stream`.
pub fn content_type_for(name: &str, declared: &str) -> String {
    if !matches!(
        declared,
        "" | "application/octet-stream" | "application/binary" | "application/unknown"
    ) {
        return declared.to_owned();
    }
    let suffix = name
        .rsplit_once('.')
        .map_or("", |(_, suffix)| suffix)
        .to_ascii_lowercase();
    match suffix.as_str() {
        "txt" | "log" => "text/plain",
        "csv" => "text/csv",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "doc" => "application/msword",
        "xls" => "application/vnd.ms-excel",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "eml" => "message/rfc822",
        "ics" => "text/calendar",
        _ => "application/octet-stream",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_harmless_component() {
        for (given, expected) in [
            (Some("../../etc/passwd"), "passwd"),
            (Some("C:\\Users\\me\\Счёт.pdf"), "Счёт.pdf"),
            (Some("invoice\u{202e}fdp.exe"), "invoicefdp.exe"),
            (Some("a\u{0}b\nc.txt"), "abc.txt"),
            (Some("report.pdf..."), "report.pdf"),
            (Some("..."), "attachment.pdf"),
            (Some("dir/"), "dir"),
            (Some("  "), "attachment.pdf"),
            (None, "attachment.pdf"),
            (Some("what?.txt"), "what_.txt"),
        ] {
            assert_eq!(clean_name(given, "application/pdf"), expected, "{given:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = clean_name(Some(&format!("{}.docx", "я".repeat(300))), "x/y");
        assert!(name.len() <= 255 && name.ends_with(".docx"));
    }
}
