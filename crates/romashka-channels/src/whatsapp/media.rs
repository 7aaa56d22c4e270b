//! Files that customers send: what the webhook tells of them, and whether the bytes that were fetched are those.
//!
//! Invariant: a file's name is one harmless component, its hash is hexadecimal as the database keeps it, and the access
//! token is sent to hosts of Meta only.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::fields;
use crate::email::attachment::clean_name;

/// Largest file that the API delivers or takes, in bytes: a document of 100 MB.
pub const LARGEST_FILE: u64 = 100 * 1024 * 1024;

/// Kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// Photograph or picture.
    Image,
    /// Film.
    Video,
    /// Sound that is not a voice message.
    Audio,
    /// Voice message.
    Voice,
    /// Any other file.
    Document,
    /// Sticker.
    Sticker,
}

impl MediaKind {
    /// The word of the API.
    pub fn api_name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio | Self::Voice => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }

    /// Largest file of this kind that can be sent, in bytes. An animated sticker may have 500 KB, a still one 100 KB.
    pub fn size_limit(self) -> u64 {
        match self {
            Self::Image => 5 * 1024 * 1024,
            Self::Video | Self::Audio | Self::Voice => 16 * 1024 * 1024,
            Self::Document => LARGEST_FILE,
            Self::Sticker => 500 * 1024,
        }
    }

    /// Whether a file of this media type can be sent as this kind.
    pub fn takes(self, content_type: &str) -> bool {
        let bare = bare_type(content_type);
        match self {
            Self::Image => matches!(bare.as_str(), "image/jpeg" | "image/png"),
            Self::Video => matches!(bare.as_str(), "video/mp4" | "video/3gpp"),
            Self::Audio => matches!(
                bare.as_str(),
                "audio/aac" | "audio/amr" | "audio/mpeg" | "audio/mp4" | "audio/ogg"
            ),
            Self::Voice => bare == "audio/ogg",
            Self::Sticker => bare == "image/webp",
            Self::Document => true,
        }
    }

    /// As what a file is best sent: a picture that is too large for one is a document.
    pub fn for_file(content_type: &str, size: u64) -> Self {
        [Self::Image, Self::Video, Self::Audio]
            .into_iter()
            .find(|kind| kind.takes(content_type) && size <= kind.size_limit())
            .unwrap_or(Self::Document)
    }
}

/// Media type without parameters, in lower case.
fn bare_type(content_type: &str) -> String {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// A file that a customer sent. Its id lives for 7 days, its URL for 5 minutes: it is fetched at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Media {
    /// Kind.
    pub kind: MediaKind,
    /// Id by which the file is asked for.
    pub id: String,
    /// Media type as declared, without parameters.
    pub mime_type: String,
    /// SHA-256 in lower-case hexadecimal, as the webhook declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Name for the attachment: the customer's for a document, otherwise one made from kind and type.
    pub file_name: String,
    /// What the customer wrote below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Address of the bytes, where the webhook carries it and it is a host of Meta. It needs the access token.
    #[serde(skip)]
    pub url: Option<String>,
    /// Whether a sticker moves.
    pub animated: bool,
}

impl Media {
    /// Reads the object `key` of a message.
    pub(super) fn read(message: &Value, key: &str) -> Option<Self> {
        let value = fields::object(message, key)?;
        let kind = match key {
            "image" => MediaKind::Image,
            "video" => MediaKind::Video,
            "audio" | "voice" if key == "voice" || fields::flag(value, "voice") => MediaKind::Voice,
            "audio" => MediaKind::Audio,
            "document" => MediaKind::Document,
            "sticker" => MediaKind::Sticker,
            _ => return None,
        };
        let declared = fields::line(value, "mime_type").unwrap_or_default();
        let mime_type = match bare_type(&declared) {
            plain if is_media_type(&plain) => plain,
            _ => "application/octet-stream".to_owned(),
        };
        let given = value.get("filename").and_then(Value::as_str);
        let file_name = match given {
            Some(_) => clean_name(given, &mime_type),
            None => clean_name(None, &mime_type).replacen("attachment", kind_word(kind), 1),
        };
        Some(Self {
            kind,
            id: fields::id(value, "id")?,
            sha256: value
                .get("sha256")
                .and_then(Value::as_str)
                .and_then(parse_sha256),
            caption: fields::text(value, "caption"),
            url: fields::line(value, "url").filter(|url| takes_token(url)),
            animated: fields::flag(value, "animated"),
            mime_type,
            file_name,
        })
    }

    /// Whether these are the bytes that the webhook announced. Without a declared hash there is nothing to compare.
    pub fn is_content(&self, digest: &[u8; 32]) -> bool {
        self.sha256
            .as_ref()
            .is_none_or(|declared| *declared == hex::encode(digest))
    }
}

fn kind_word(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Voice => "voice",
        other => other.api_name(),
    }
}

fn is_media_type(text: &str) -> bool {
    text.len() <= 127
        && text.split_once('/').is_some_and(|(kind, subtype)| {
            [kind, subtype].iter().all(|part| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
            })
        })
}

/// A SHA-256 as Meta writes it, base64 in webhooks and base64 or hexadecimal elsewhere, in lower-case hexadecimal.
pub fn parse_sha256(written: &str) -> Option<String> {
    let written = written.trim();
    if written.len() == 64 && written.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(written.to_ascii_lowercase());
    }
    STANDARD
        .decode(written)
        .or_else(|_| STANDARD_NO_PAD.decode(written))
        .ok()
        .filter(|digest| digest.len() == 32)
        .map(hex::encode)
}

/// Whether the access token may be sent to this address: HTTPS, the usual port, a host of Meta.
pub fn takes_token(url: &str) -> bool {
    const META: [&str; 5] = [
        "fbsbx.com",
        "facebook.com",
        "fbcdn.net",
        "whatsapp.net",
        "whatsapp.com",
    ];
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    let Some(host) = url.domain() else {
        return false;
    };
    url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && META.iter().any(|known| {
            host == *known
                || host
                    .strip_suffix(known)
                    .is_some_and(|rest| rest.ends_with('.'))
        })
}

/// Whether an address has the scheme, the host and the port of another.
pub fn is_of(url: &str, other: &Url) -> bool {
    Url::parse(url).is_ok_and(|url| {
        url.origin().is_tuple()
            && url.origin() == other.origin()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

/// What the API says of a file when it is asked by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaAddress {
    /// Address of the bytes; lives for 5 minutes and needs the access token.
    pub url: String,
    /// Media type without parameters.
    pub mime_type: Option<String>,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: Option<String>,
    /// Size in bytes.
    pub size: Option<u64>,
}

/// Why the answer about a file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum MediaAddressError {
    /// Not JSON.
    #[error("the answer about the file is not JSON")]
    Json(#[from] serde_json::Error),
    /// No address, or one the token must not be sent to.
    #[error("the answer about the file names no address of Meta")]
    Address,
}

impl MediaAddress {
    /// Reads the body of the answer to [`super::api::Number::media_address`]. `gateway` is where the operator has the API:
    /// it is given the token anyway, so an address of the same origin may have it too.
    pub fn read(body: &[u8], gateway: &Url) -> Result<Self, MediaAddressError> {
        let value: Value = serde_json::from_slice(body)?;
        let url = fields::line(&value, "url")
            .filter(|url| takes_token(url) || is_of(url, gateway))
            .ok_or(MediaAddressError::Address)?;
        Ok(Self {
            url,
            mime_type: fields::line(&value, "mime_type")
                .map(|text| bare_type(&text))
                .filter(|text| is_media_type(text)),
            sha256: fields::line(&value, "sha256").and_then(|text| parse_sha256(&text)),
            size: fields::integer(&value, "file_size").and_then(|size| u64::try_from(size).ok()),
        })
    }
}

/// SHA-256 of a whole file in memory, for [`Media::is_content`]. A file that is streamed is hashed as it passes.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn hashes_come_in_either_form() {
        // SHA-256 of the empty text.
        let hexadecimal = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for written in [
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        ] {
            assert_eq!(parse_sha256(written).as_deref(), Some(hexadecimal));
        }
        for written in ["", "abc", "47DEQpj8HBSa", &"z".repeat(64)] {
            assert_eq!(parse_sha256(written), None);
        }
        let message = json!({"image": {"id": "1", "mime_type": "image/jpeg",
            "sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}});
        let media = Media::read(&message, "image").expect("media");
        assert!(media.is_content(&digest(b"")));
        assert!(!media.is_content(&digest(b"other")));
    }

    #[test]
    fn the_token_goes_to_meta_only() {
        for url in [
            "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1",
            "https://graph.facebook.com/v24.0/1",
        ] {
            assert!(takes_token(url), "{url}");
        }
        for url in [
            "http://lookaside.fbsbx.com/a",
            "https://lookaside.fbsbx.com:8443/a",
            "https://fbsbx.com.example.org/a",
            "https://evilfbsbx.com/a",
            "https://u:p@lookaside.fbsbx.com/a",
            "https://example.org/?https://lookaside.fbsbx.com/a",
            "https://127.0.0.1/a",
            "lookaside.fbsbx.com",
            "",
        ] {
            assert!(!takes_token(url), "{url}");
        }
    }

    #[test]
    fn names_are_harmless_and_speak() {
        let read = |key: &str, value: Value| Media::read(&json!({key: value}), key).expect("media");
        let named = read(
            "document",
            json!({"id": "1", "filename": "../../счёт.pdf", "mime_type": "application/pdf"}),
        );
        assert_eq!(named.file_name, "счёт.pdf");
        let voice = read(
            "audio",
            json!({"id": "1", "voice": true, "mime_type": "audio/ogg; codecs=opus"}),
        );
        assert_eq!(
            (voice.kind, voice.file_name.as_str()),
            (MediaKind::Voice, "voice.ogg")
        );
        assert_eq!(voice.mime_type, "audio/ogg");
        let odd = read("image", json!({"id": "1", "mime_type": "image/\r\nX: y"}));
        assert_eq!(odd.mime_type, "application/octet-stream");
        assert_eq!(
            Media::read(&json!({"image": {"mime_type": "image/png"}}), "image"),
            None
        );
    }

    #[test]
    fn a_file_is_sent_as_what_it_fits() {
        assert_eq!(MediaKind::for_file("image/jpeg", 10), MediaKind::Image);
        assert_eq!(
            MediaKind::for_file("image/jpeg", 6 << 20),
            MediaKind::Document
        );
        assert_eq!(MediaKind::for_file("image/webp", 10), MediaKind::Document);
        assert_eq!(
            MediaKind::for_file("audio/ogg; codecs=opus", 10),
            MediaKind::Audio
        );
        assert_eq!(
            MediaKind::for_file("video/mp4", 17 << 20),
            MediaKind::Document
        );
    }

    #[test]
    fn the_address_of_a_file_is_read() {
        let body = br#"{"url":"https:\/\/lookaside.fbsbx.com\/x?mid=1","mime_type":"image\/jpeg","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","file_size":303833,"id":"1","messaging_product":"whatsapp"}"#;
        let api: Url = "https://graph.facebook.com".parse().expect("an address");
        let address = MediaAddress::read(body, &api).expect("an address");
        assert_eq!(address.size, Some(303_833));
        assert!(address.sha256.is_some());
        assert!(matches!(
            MediaAddress::read(br#"{"url":"https://example.org/x"}"#, &api),
            Err(MediaAddressError::Address)
        ));
        assert!(matches!(
            MediaAddress::read(b"<html>", &api),
            Err(MediaAddressError::Json(_))
        ));
        let gateway: Url = "http://127.0.0.1:8080/meta".parse().expect("an address");
        for (url, is_taken) in [
            ("http://127.0.0.1:8080/file", true),
            ("http://127.0.0.1:8081/file", false),
            ("https://127.0.0.1:8080/file", false),
            ("http://user@127.0.0.1:8080/file", false),
            ("http://169.254.169.254/latest", false),
        ] {
            let body = json!({ "url": url }).to_string();
            let read = MediaAddress::read(body.as_bytes(), &gateway);
            assert_eq!(read.is_ok(), is_taken, "{url}");
        }
    }
}
