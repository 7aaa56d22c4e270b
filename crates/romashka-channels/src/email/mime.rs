//! The tree of MIME parts.
//!
//! Invariant: parts are slices of the raw mail and splitting is bounded: at most [`DEPTH_LIMIT`] levels and
//! [`PART_LIMIT`] parts, so that a mail made to exhaust the reader is read as a flat one. An attached mail
//! (`message/rfc822`) is a leaf: what it contains is not content of the mail around it.

use std::borrow::Cow;

use super::header::Headers;
use super::parameter::Parameterised;

/// Levels of nested multiparts that are followed.
pub const DEPTH_LIMIT: usize = 20;
/// Parts of one mail that are read.
pub const PART_LIMIT: usize = 500;

/// A part with its headers; a multipart has children, a leaf has none.
#[derive(Debug)]
pub struct Part<'a> {
    /// Header block of the part.
    pub headers: Headers<'a>,
    /// Content-Type; `text/plain` when missing, as RFC 2045 says.
    pub content_type: Parameterised,
    /// Content-Disposition.
    pub disposition: Option<Parameterised>,
    /// Body in its transfer encoding.
    pub body: &'a [u8],
    /// Parts of a multipart.
    pub children: Vec<Part<'a>>,
}

impl<'a> Part<'a> {
    /// Reads a whole mail. The flag is true when a limit cut something off.
    pub fn parse(raw: &'a [u8]) -> (Self, bool) {
        let mut budget = Budget {
            parts: PART_LIMIT,
            exhausted: false,
        };
        let part = Self::parse_at(raw, 0, "text/plain", &mut budget);
        (part, budget.exhausted)
    }

    fn parse_at(raw: &'a [u8], depth: usize, default_type: &str, budget: &mut Budget) -> Self {
        let (headers, offset) = Headers::parse(raw);
        let mut content_type = headers
            .raw("Content-Type")
            .map(Parameterised::parse)
            .unwrap_or_default();
        if !content_type.value.contains('/') {
            content_type.value = if content_type.value == "text" {
                "text/plain"
            } else {
                default_type
            }
            .to_owned();
        }
        let disposition = headers.raw("Content-Disposition").map(Parameterised::parse);
        let body = &raw[offset..];
        let mut part = Self {
            headers,
            content_type,
            disposition,
            body,
            children: Vec::new(),
        };
        if part.is_multipart() {
            part.children = split(&part, depth, budget);
            if part.children.is_empty() {
                // Without a boundary that occurs, all there is to show is the text itself.
                part.content_type.value = "text/plain".to_owned();
            }
        }
        part
    }

    /// Whether the part is declared as a multipart.
    pub fn is_multipart(&self) -> bool {
        self.content_type.value.starts_with("multipart/")
    }

    /// Whether the content type is exactly this one.
    pub fn is(&self, content_type: &str) -> bool {
        self.content_type.value == content_type
    }

    /// `attachment`, `inline` or another disposition in lower case.
    pub fn disposition_kind(&self) -> &str {
        self.disposition
            .as_ref()
            .map_or("", |disposition| disposition.value.as_str())
    }

    /// File name of the part as the sender gave it.
    pub fn file_name(&self) -> Option<&str> {
        self.disposition
            .as_ref()
            .and_then(|disposition| disposition.parameter("filename"))
            .or_else(|| self.content_type.parameter("name"))
            .filter(|name| !name.trim().is_empty())
    }

    /// Body with the transfer encoding removed.
    pub fn decoded(&self) -> Cow<'a, [u8]> {
        let encoding = self
            .headers
            .text("Content-Transfer-Encoding")
            .unwrap_or_default()
            .to_ascii_lowercase();
        match encoding.trim() {
            "base64" | "b" => Cow::Owned(decode_base64(self.body)),
            "quoted-printable" | "quotedprintable" => {
                Cow::Owned(decode_quoted_printable(self.body))
            }
            "x-uuencode" | "uuencode" | "x-uue" | "uue" => Cow::Owned(
                decode_uuencode(self.body).map_or_else(|| self.body.to_vec(), |found| found.data),
            ),
            _ => Cow::Borrowed(self.body),
        }
    }

    /// All parts in document order, the part itself first.
    pub fn walk(&self) -> Vec<&Part<'a>> {
        let mut parts = vec![self];
        let mut next = 0;
        let mut ordered = Vec::new();
        // Depth first with a stack of its own; the depth is bounded but the order matters.
        while let Some(part) = parts.pop() {
            ordered.push(part);
            parts.extend(part.children.iter().rev());
            next += 1;
            debug_assert!(next <= PART_LIMIT + 2);
        }
        ordered
    }
}

struct Budget {
    parts: usize,
    exhausted: bool,
}

fn split<'a>(part: &Part<'a>, depth: usize, budget: &mut Budget) -> Vec<Part<'a>> {
    if depth >= DEPTH_LIMIT {
        budget.exhausted = true;
        return Vec::new();
    }
    let boundary = match part.content_type.parameter("boundary") {
        Some(boundary) if !boundary.is_empty() => boundary.trim_end().as_bytes().to_vec(),
        _ => match guess_boundary(part.body) {
            Some(boundary) => boundary,
            None => return Vec::new(),
        },
    };
    let default_type = if part.is("multipart/digest") {
        "message/rfc822"
    } else {
        "text/plain"
    };
    let mut children = Vec::new();
    for section in sections(part.body, &boundary) {
        if budget.parts == 0 {
            budget.exhausted = true;
            break;
        }
        budget.parts -= 1;
        children.push(Part::parse_at(section, depth + 1, default_type, budget));
    }
    children
}

/// The slices between boundary lines; the last one reaches to the end when the closing boundary is missing.
fn sections<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut delimiter = b"--".to_vec();
    delimiter.extend_from_slice(boundary);
    let finder = memchr::memmem::Finder::new(&delimiter);
    let mut found = Vec::new();
    let mut content_start = None;
    let mut position = 0;
    while let Some(offset) = finder.find(&body[position..]) {
        let start = position + offset;
        let after = start + delimiter.len();
        let at_line_start = start == 0 || body[start - 1] == b'\n';
        let line_end =
            memchr::memchr(b'\n', &body[after..]).map_or(body.len(), |length| after + length + 1);
        let rest = body[after..line_end].trim_ascii();
        if !at_line_start || !(rest.is_empty() || rest == b"--") {
            position = after;
            continue;
        }
        if let Some(content) = content_start.take() {
            found.push(strip_final_break(&body[content..start.max(content)]));
        }
        if rest == b"--" {
            return found;
        }
        content_start = Some(line_end);
        position = line_end;
        if found.len() > PART_LIMIT {
            return found;
        }
    }
    if let Some(content) = content_start {
        found.push(&body[content..]);
    }
    found
}

/// The line break before a boundary belongs to the boundary.
fn strip_final_break(section: &[u8]) -> &[u8] {
    let section = section.strip_suffix(b"\n").unwrap_or(section);
    section.strip_suffix(b"\r").unwrap_or(section)
}

/// A multipart without the parameter: the first line that starts with `--` and occurs again.
fn guess_boundary(body: &[u8]) -> Option<Vec<u8>> {
    let line = body
        .split(|byte| *byte == b'\n')
        .take(50)
        .map(<[u8]>::trim_ascii_end)
        .find(|line| line.len() > 4 && line.len() < 200 && line.starts_with(b"--"))?;
    let repeated = memchr::memmem::find_iter(body, line).nth(1).is_some();
    repeated.then(|| line[2..].to_vec())
}

/// Value of two hexadecimal digits at the start.
pub(super) fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|value| value as u8);
    Some(digit(*bytes.first()?)? << 4 | digit(*bytes.get(1)?)?)
}

/// Base64 that skips everything outside of its alphabet; padding ends a group, so that joined blocks work.
pub fn decode_base64(input: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(input.len() / 4 * 3 + 3);
    let mut group: u32 = 0;
    let mut count = 0;
    for &byte in input {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                flush_group(&mut bytes, group, count);
                (group, count) = (0, 0);
                continue;
            }
            _ => continue,
        };
        group = group << 6 | u32::from(value);
        count += 1;
        if count == 4 {
            bytes.extend_from_slice(&group.to_be_bytes()[1..]);
            (group, count) = (0, 0);
        }
    }
    flush_group(&mut bytes, group, count);
    bytes
}

fn flush_group(bytes: &mut Vec<u8>, group: u32, count: u32) {
    match count {
        2 => bytes.push((group >> 4) as u8),
        3 => bytes.extend_from_slice(&[(group >> 10) as u8, (group >> 2) as u8]),
        _ => {}
    }
}

/// Quoted-printable; an escape that is none stays as it stands, blanks before a line break vanish.
pub fn decode_quoted_printable(input: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(input.len());
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        let (content, line_break): (&[u8], &[u8]) = match line {
            [content @ .., b'\r', b'\n'] => (content, b"\r\n"),
            [content @ .., b'\n'] => (content, b"\n"),
            content => (content, b""),
        };
        let content = if line_break.is_empty() {
            content
        } else {
            content.trim_ascii_end()
        };
        let (content, soft) = match content {
            [content @ .., b'='] => (content, true),
            content => (content, false),
        };
        let mut position = 0;
        while position < content.len() {
            if content[position] == b'='
                && let Some(byte) = hex_pair(&content[position + 1..])
            {
                bytes.push(byte);
                position += 3;
                continue;
            }
            bytes.push(content[position]);
            position += 1;
        }
        if !soft {
            bytes.extend_from_slice(line_break);
        }
    }
    bytes
}

/// A file in a uuencoded block and where the block stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Uuencoded {
    /// Name from the `begin` line.
    pub name: String,
    /// The file.
    pub data: Vec<u8>,
    /// Offsets of the block in the input.
    pub range: std::ops::Range<usize>,
}

/// The first uuencoded block (`begin 644 name` … `end`).
pub fn decode_uuencode(input: &[u8]) -> Option<Uuencoded> {
    let mut search = 0;
    loop {
        let start = search + memchr::memmem::find(&input[search..], b"begin ")?;
        search = start + 6;
        if start != 0 && input[start - 1] != b'\n' {
            continue;
        }
        let end = memchr::memchr(b'\n', &input[start..]).map(|length| start + length + 1)?;
        let line = input[start..end].trim_ascii_end();
        let mut words = line.splitn(3, |byte| *byte == b' ').skip(1);
        let (Some(mode), Some(name)) = (words.next(), words.next()) else {
            continue;
        };
        if !(3..=4).contains(&mode.len()) || !mode.iter().all(u8::is_ascii_digit) {
            continue;
        }
        if let Some((data, length)) = uuencoded_lines(&input[end..]) {
            let name = String::from_utf8_lossy(name).into_owned();
            return Some(Uuencoded {
                name,
                data,
                range: start..end + length,
            });
        }
    }
}

fn uuencoded_lines(input: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut data = Vec::new();
    let mut position = 0;
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        position += line.len();
        let line = line.trim_ascii_end();
        if line == b"end" {
            return Some((data, position));
        }
        let Some((&count, content)) = line.split_first() else {
            continue;
        };
        let count = usize::from(count.wrapping_sub(0x20) & 0x3f);
        if content.len() + 4 < count.div_ceil(3) * 4 {
            return None;
        }
        let mut decoded = Vec::with_capacity(count + 3);
        for group in content.chunks(4) {
            let value = |index: usize| {
                u32::from(
                    group
                        .get(index)
                        .map_or(0, |byte| byte.wrapping_sub(0x20) & 0x3f),
                )
            };
            let joined = value(0) << 18 | value(1) << 12 | value(2) << 6 | value(3);
            decoded.extend_from_slice(&joined.to_be_bytes()[1..]);
        }
        decoded.resize(count, 0);
        data.extend_from_slice(&decoded);
    }
    None
}

/// Joins the lines of `format=flowed` text (RFC 3676) and removes its space-stuffing.
pub fn unflow(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // Quote depth of the paragraph that is still open.
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let depth = line.bytes().take_while(|byte| *byte == b'>').count();
        let content = &line[depth..];
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_signature = content == "-- ";
        if open == Some(depth) && !is_signature {
            // Continues the open paragraph.
        } else {
            if open.is_some() {
                out.push('\n');
            }
            if depth > 0 {
                out.push_str(&">".repeat(depth));
                out.push(' ');
            }
        }
        let flowed = content.ends_with(' ') && !is_signature;
        if flowed {
            let kept = if delete_space {
                &content[..content.len() - 1]
            } else {
                content
            };
            out.push_str(kept);
            open = Some(depth);
        } else {
            out.push_str(content);
            out.push('\n');
            open = None;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_survives_noise_and_joined_blocks() {
        assert_eq!(decode_base64(b"SGVs\r\nbG8*!="), b"Hello");
        assert_eq!(decode_base64(b"SGk=SGk="), b"HiHi");
        assert_eq!(decode_base64(b"SGVsbG8"), b"Hello");
    }

    #[test]
    fn quoted_printable_survives_wrong_escapes() {
        assert_eq!(
            decode_quoted_printable(b"caf=C3=A9 =\r\nau lait=ZZ 50=%  \r\n"),
            "café au lait=ZZ 50=%\r\n".as_bytes()
        );
        assert_eq!(decode_quoted_printable(b"a=\nb=3d"), b"ab=");
    }

    #[test]
    fn a_boundary_that_is_the_start_of_another_is_not_confused() {
        let raw = b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=a-1\n\n--a-1\n\none\n--a-1\nContent-Type: text/html\n\n<b>two</b>\n--a-1--\n--a\n\nthree\n--a--\n";
        let (part, exhausted) = Part::parse(raw);
        assert!(!exhausted);
        assert_eq!(part.children.len(), 2);
        assert_eq!(part.children[0].children.len(), 2);
        assert_eq!(part.children[1].body, b"three");
    }

    #[test]
    fn depth_and_number_of_parts_are_bounded() {
        let mut raw = Vec::new();
        for level in 0..3_000 {
            raw.extend_from_slice(
                format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n")
                    .as_bytes(),
            );
        }
        let (_, exhausted) = Part::parse(&raw);
        assert!(exhausted);
        let mut raw = b"Content-Type: multipart/mixed; boundary=b\n\n".to_vec();
        for _ in 0..5_000 {
            raw.extend_from_slice(b"--b\n\nx\n");
        }
        let (part, exhausted) = Part::parse(&raw);
        assert!(exhausted && part.children.len() <= PART_LIMIT);
    }

    #[test]
    fn uuencoded_blocks_are_found() {
        let text = b"see\nbegin 644 cat.txt\n#0V%T\n`\nend\nbye\n";
        let found = decode_uuencode(text).unwrap();
        assert_eq!(
            (found.name.as_str(), found.data.as_slice()),
            ("cat.txt", b"Cat".as_slice())
        );
        assert_eq!(&text[found.range.end..], b"bye\n");
    }

    #[test]
    fn flowed_text_is_joined() {
        assert_eq!(
            unflow("Hello \nworld\n> quoted \n> text\n-- \nMe", false),
            "Hello world\n> quoted text\n-- \nMe\n"
        );
        assert_eq!(unflow("こんに \nちは\n", true), "こんにちは\n");
        assert_eq!(
            unflow(" From here\n >no quote", false),
            "From here\n>no quote\n"
        );
    }
}
