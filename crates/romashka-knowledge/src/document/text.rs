//! Characters out of bytes, and what of them is stored.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

use super::Refusal;

/// Characters of a title.
const LONGEST_TITLE: usize = 500;

/// Text in whatever encoding it is: as its mark says, UTF-8 where it is that, else what its bytes look like.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Refusal> {
    decode_as(bytes, None)
}

/// The same where the document names an encoding.
pub(crate) fn decode_as(bytes: &[u8], named: Option<&'static Encoding>) -> Result<String, Refusal> {
    let (encoding, marked) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, &bytes[length..]),
        None if std::str::from_utf8(bytes).is_ok() => (UTF_8, bytes),
        None => (named.unwrap_or_else(|| guess(bytes)), bytes),
    };
    let (text, is_broken) = encoding.decode_without_bom_handling(marked);
    // No text holds zeros, whatever the encoding.
    if is_broken || text.contains('\0') {
        return Err(Refusal::Charset);
    }
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Text that is no Markdown, so that Markdown shows it as it is.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            escaped.push('\n');
        }
        let line = line.trim_end();
        let bare = line.trim_start();
        // A deep indent would be code, a leading # a heading.
        if bare.starts_with(['#', '>']) {
            escaped.push('\\');
        }
        for letter in bare.chars() {
            if matches!(letter, '<' | '`') {
                escaped.push('\\');
            }
            escaped.push(letter);
        }
    }
    escaped
}

/// Without what the database does not store: zeros, and controls that no text needs.
pub(crate) fn storable(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'))
        .collect()
}

/// A heading as a title: one line, without marks, within its length.
pub(crate) fn title(text: Option<&str>) -> Option<String> {
    let line = text?.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept: String = storable(&line).chars().take(LONGEST_TITLE).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// A title out of a file's name: `how-to_return.md` is "how to return".
pub(super) fn title_of_file(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    title(Some(&stem.replace(['-', '_'], " "))).unwrap_or_else(|| "Untitled".to_owned())
}
