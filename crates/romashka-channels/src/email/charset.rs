//! Bytes to text, whatever the mail says about its charset.
//!
//! Invariant: the text that leaves this module is valid UTF-8 without NUL and without other control characters
//! than tab, line feed and carriage return, so PostgreSQL accepts it. Valid UTF-8 wins over a label for a one-byte
//! charset, because text in such a charset is practically never valid UTF-8 by accident.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes that the detector looks at; enough for a verdict and cheap for a mail of many megabytes.
const DETECTION_WINDOW: usize = 64 * 1024;

/// Text and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The cleaned text.
    pub text: String,
    /// WHATWG name of the charset that was used, for example `windows-1251`.
    pub charset: String,
    /// True when the label was missing, unknown or contradicted by the bytes.
    pub guessed: bool,
}

/// Decodes `bytes` that claim to be in `label`; `tld` (for example `ru`) helps the detector with short texts.
pub fn decode(bytes: &[u8], label: Option<&str>, tld: Option<&str>) -> Decoded {
    let label = label
        .map(|label| label.trim().trim_matches(['"', '\'']).to_ascii_lowercase())
        .filter(|label| !label.is_empty());
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let text = encoding.decode_without_bom_handling(&bytes[length..]).0;
        return decoded(&text, encoding.name(), false);
    }
    let label = label.as_deref();
    if matches!(label, Some("utf-7" | "unicode-1-1-utf-7" | "utf7"))
        && let Some(decoder) = other_decoder("utf-7")
    {
        return decoded(&decoder(bytes), "UTF-7", false);
    }
    let named = label
        .filter(|label| !is_placeholder(label))
        .and_then(encoding_for);
    match named {
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
            let encoding = utf_16_order(bytes, label, encoding);
            if looks_like_ascii(bytes) {
                return guess(bytes, tld);
            }
            decoded(
                &encoding.decode_without_bom_handling(bytes).0,
                encoding.name(),
                false,
            )
        }
        Some(encoding) => decode_named(bytes, encoding, tld),
        None => match label
            .filter(|label| !is_placeholder(label))
            .and_then(other_decoder)
        {
            Some(decoder) if std::str::from_utf8(bytes).is_err() => {
                decoded(&decoder(bytes), label.unwrap_or_default(), false)
            }
            _ => guess(bytes, tld),
        },
    }
}

/// Removes what a PostgreSQL `text` cannot hold or a reader should not see: NUL, other control characters, a byte
/// order mark.
pub fn clean(text: &str) -> String {
    text.chars()
        .filter(|&character| match character {
            '\t' | '\n' | '\r' => true,
            '\u{feff}' => false,
            character => !character.is_control(),
        })
        .collect()
}

fn decoded(text: &str, charset: &str, guessed: bool) -> Decoded {
    Decoded {
        text: clean(text),
        charset: charset.to_owned(),
        guessed,
    }
}

fn decode_named(bytes: &[u8], encoding: &'static Encoding, tld: Option<&str>) -> Decoded {
    if bytes.is_ascii() && !has_iso_2022_escape(bytes) {
        let text = encoding.decode_without_bom_handling(bytes).0;
        return decoded(&text, encoding.name(), false);
    }
    if encoding.is_single_byte()
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return decoded(text, UTF_8.name(), true);
    }
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if had_errors {
        let other = guess(bytes, tld);
        if replacements(&other.text) < replacements(&text) {
            return other;
        }
        return decoded(&text, encoding.name(), false);
    }
    // Senders that know no better label everything as Latin-1. Text in Latin script has few letters above ASCII.
    if encoding == WINDOWS_1252 && mostly_high(bytes) {
        let other = guess(bytes, tld);
        if other.charset != WINDOWS_1252.name() {
            return other;
        }
    }
    decoded(&text, encoding.name(), false)
}

fn guess(bytes: &[u8], tld: Option<&str>) -> Decoded {
    if !has_iso_2022_escape(bytes)
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return decoded(text, UTF_8.name(), true);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(DETECTION_WINDOW)], true);
    let tld =
        tld.filter(|tld| !tld.is_empty() && tld.bytes().all(|byte| byte.is_ascii_lowercase()));
    // A mostly valid UTF-8 text with a few broken bytes stays UTF-8: the detector refuses any error.
    let broken = String::from_utf8_lossy(bytes);
    let high = bytes.iter().filter(|byte| **byte >= 0x80).count();
    if replacements(&broken) * 8 < high {
        return decoded(&broken, UTF_8.name(), true);
    }
    let encoding = detector.guess(tld.map(str::as_bytes), Utf8Detection::Deny);
    decoded(
        &encoding.decode_without_bom_handling(bytes).0,
        encoding.name(),
        true,
    )
}

fn encoding_for(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label(label.as_bytes()).or_else(|| {
        let alias = match label {
            "cp-1251" | "win-1251" | "windows1251" | "cp1251-windows" => "windows-1251",
            "cp-1252" | "win-1252" | "windows1252" | "latin-1" | "iso8859_1" => "windows-1252",
            "koi8r" | "koi-8-r" => "koi8-r",
            "koi8u" | "koi-8-u" => "koi8-u",
            "utf-8-sig" | "utf8mb4" | "utf_8" => "utf-8",
            "cp932" | "windows-932" => "shift_jis",
            "cp936" | "gb_2312" => "gb18030",
            "cp949" | "ks_c_5601" => "euc-kr",
            "cp950" => "big5",
            _ => return None,
        };
        Encoding::for_label(alias.as_bytes())
    })
}

/// Charsets outside the WHATWG list, such as `cp850`, that the mail parser knows.
fn other_decoder(label: &str) -> Option<fn(&[u8]) -> String> {
    mail_parser::decoders::charsets::map::charset_decoder(label.as_bytes())
}

/// Labels that say nothing. `us-ascii` is one: 8-bit bytes contradict it, and without any it does not matter.
fn is_placeholder(label: &str) -> bool {
    matches!(
        label,
        "us-ascii"
            | "ascii"
            | "unknown"
            | "x-unknown"
            | "unknown-8bit"
            | "x-user-defined"
            | "default"
            | "default_charset"
            | "binary"
            | "8bit"
            | "none"
            | "text"
            | "plain"
            | "ansi_x3.4-1968"
    )
}

fn utf_16_order(bytes: &[u8], label: Option<&str>, named: &'static Encoding) -> &'static Encoding {
    if label != Some("utf-16") {
        return named;
    }
    // Without a byte order mark: the zero bytes of ASCII characters tell.
    let even = bytes.iter().step_by(2).filter(|byte| **byte == 0).count();
    let odd = bytes
        .iter()
        .skip(1)
        .step_by(2)
        .filter(|byte| **byte == 0)
        .count();
    if even > odd { UTF_16BE } else { UTF_16LE }
}

/// A text labelled UTF-16 by a sender that sent ASCII.
fn looks_like_ascii(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes
            .iter()
            .all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e))
}

fn has_iso_2022_escape(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"\x1b$").is_some()
        || memchr::memmem::find(bytes, b"\x1b(").is_some()
}

fn mostly_high(bytes: &[u8]) -> bool {
    let high = bytes.iter().filter(|byte| **byte >= 0xc0).count();
    let low = bytes
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .count();
    high > low
}

fn replacements(text: &str) -> usize {
    text.chars()
        .filter(|character| *character == '\u{fffd}')
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_without_a_label_is_read_as_utf_8() {
        let found = decode("Привет, мир".as_bytes(), None, None);
        assert_eq!(
            (found.text.as_str(), found.charset.as_str()),
            ("Привет, мир", "UTF-8")
        );
    }

    #[test]
    fn utf_8_labelled_as_latin_1_is_read_as_utf_8() {
        let found = decode("Grüße aus Köln".as_bytes(), Some("iso-8859-1"), None);
        assert_eq!(found.text, "Grüße aus Köln");
        assert!(found.guessed);
    }

    #[test]
    fn cyrillic_bytes_are_detected() {
        let text = "Здравствуйте! Мой заказ так и не пришёл, прошу проверить адрес доставки.";
        for charset in ["windows-1251", "koi8-r"] {
            let bytes = Encoding::for_label(charset.as_bytes())
                .unwrap()
                .encode(text)
                .0
                .into_owned();
            for label in [
                None,
                Some("us-ascii"),
                Some("iso-8859-1"),
                Some("x-unknown"),
                Some("utf-8"),
            ] {
                let found = decode(&bytes, label, Some("ru"));
                assert_eq!(found.text, text, "{charset} labelled {label:?}");
            }
            assert_eq!(decode(&bytes, Some(charset), None).text, text);
        }
    }

    #[test]
    fn latin_1_and_windows_1252_are_one() {
        assert_eq!(
            decode(b"\x80 5, caf\xe9 \x93ok\x94", Some("ISO-8859-1"), None).text,
            "€ 5, café “ok”"
        );
        assert_eq!(
            decode(b"caf\xe9 noir, d\xe9j\xe0 vu", None, None).text,
            "café noir, déjà vu"
        );
    }

    #[test]
    fn asian_charsets_and_their_aliases() {
        assert_eq!(
            decode(b"\xc4\xe3\xba\xc3", Some("gb2312"), None).text,
            "你好"
        );
        assert_eq!(
            decode(b"\xbe\xc8\xb3\xe7", Some("ks_c_5601-1987"), None).text,
            "안녕"
        );
        assert_eq!(
            decode(b"\x1b$B%O%m!<\x1b(B", Some("iso-2022-jp"), None).text,
            "ハロー"
        );
        assert_eq!(decode(b"\x1b$B%O%m!<\x1b(B", None, None).text, "ハロー");
        assert_eq!(
            decode(b"+ZYeB9FH6ckh5Pg-, 1980.", Some("utf-7"), None).text,
            "文致出版社, 1980."
        );
    }

    #[test]
    fn utf_16_with_and_without_a_mark() {
        assert_eq!(decode(b"\xff\xfeh\0i\0", Some("utf-16"), None).text, "hi");
        assert_eq!(decode(b"\0h\0i", Some("utf-16"), None).text, "hi");
        assert_eq!(decode(b"h\0i\0", Some("utf-16le"), None).text, "hi");
        assert_eq!(decode(b"plain", Some("utf-16"), None).text, "plain");
    }

    #[test]
    fn a_few_broken_bytes_do_not_spoil_the_rest() {
        let mut bytes = "Добрый день, коллеги, высылаю договор".as_bytes().to_vec();
        bytes[0] = 0xff;
        assert!(
            decode(&bytes, Some("utf-8"), None)
                .text
                .ends_with("высылаю договор")
        );
    }

    #[test]
    fn control_characters_and_nul_are_gone() {
        assert_eq!(decode(b"a\0b\x07c\td\r\ne", None, None).text, "abc\td\r\ne");
    }
}
