//! Header fields: the block, encoded words, address lists and message ids.
//!
//! Invariant: every function takes what stands in the mail and never fails; what cannot be read is left out. Values
//! that leave it hold no line breaks, so that a header cannot inject another one.

use mail_parser::parsers::MessageStream;
use sha2::{Digest, Sha256};

use super::charset;

/// Fields of one header block beyond this number are ignored.
const FIELD_LIMIT: usize = 2_000;
/// Addresses of one field beyond this number are ignored.
const ADDRESS_LIMIT: usize = 10_000;
/// Message ids of one field beyond this number are ignored: the newest stand last in References and are kept.
const ID_LIMIT: usize = 200;
/// A longer message id (bytes) is replaced by its hash: it has to fit an index entry.
const ID_LENGTH_LIMIT: usize = 900;

/// One header field as it stands in the mail.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// Name as written.
    pub name: &'a [u8],
    /// Value with its line folds.
    pub value: &'a [u8],
}

/// The header block of a mail or of a part.
#[derive(Debug, Clone, Default)]
pub struct Headers<'a> {
    fields: Vec<Field<'a>>,
}

/// An address with its display name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Mailbox {
    /// Display name without quotes, empty when there is none.
    pub name: String,
    /// Address in lower case.
    pub address: String,
}

impl Mailbox {
    /// Part before the last `@`.
    pub fn local(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// Part after the last `@`.
    pub fn domain(&self) -> &str {
        self.address
            .rsplit_once('@')
            .map_or("", |(_, domain)| domain)
    }
}

impl<'a> Headers<'a> {
    /// Splits a header block from its body; the second value is the offset of the body.
    pub fn parse(raw: &'a [u8]) -> (Self, usize) {
        let mut fields: Vec<Field<'a>> = Vec::new();
        let mut position = 0;
        // Where the value of the last field starts, to extend it by continuation lines.
        let mut value_start = 0;
        while position < raw.len() {
            let end = line_end(raw, position);
            let line = trim_line_break(&raw[position..end]);
            if line.is_empty() {
                return (Self { fields }, end);
            }
            let folded = matches!(line[0], b' ' | b'\t');
            match field_name(line) {
                Some(length) if !folded => {
                    value_start = position + length + 1;
                    if fields.len() < FIELD_LIMIT {
                        fields.push(Field {
                            name: line[..length].trim_ascii(),
                            value: &raw[value_start..end],
                        });
                    }
                }
                _ if folded => extend(&mut fields, raw, value_start, end),
                // An mbox separator that stayed in the mail.
                _ if line.starts_with(b"From ") || line.starts_with(b">From ") => {}
                // A fold that lost its blank: the next line tells whether the block goes on.
                _ if end < raw.len()
                    && field_name(trim_line_break(&raw[end..line_end(raw, end)])).is_some() =>
                {
                    extend(&mut fields, raw, value_start, end);
                }
                _ => return (Self { fields }, position),
            }
            position = end;
        }
        (Self { fields }, raw.len())
    }

    /// All fields in order.
    pub fn fields(&self) -> &[Field<'a>] {
        &self.fields
    }

    /// Raw value of the first field of this name.
    pub fn raw(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// Raw values of all fields of this name.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a [u8]> + 's {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value)
    }

    /// Decoded text of the first field of this name, without line breaks.
    pub fn text(&self, name: &str) -> Option<String> {
        self.raw(name).map(|raw| decode_text(raw, None))
    }

    /// Whether a field of this name exists.
    pub fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// Addresses of all fields of this name.
    pub fn addresses(&self, name: &str) -> Vec<Mailbox> {
        let mut found = Vec::new();
        for raw in self.all(name) {
            found.extend(parse_addresses(raw));
            if found.len() >= ADDRESS_LIMIT {
                found.truncate(ADDRESS_LIMIT);
                break;
            }
        }
        found
    }

    /// Message ids of all fields of this name, in order, without doubles.
    pub fn ids(&self, name: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for raw in self.all(name) {
            for id in parse_ids(raw) {
                if !found.contains(&id) {
                    found.push(id);
                }
            }
        }
        let surplus = found.len().saturating_sub(ID_LIMIT);
        found.drain(..surplus);
        found
    }
}

fn extend<'a>(fields: &mut [Field<'a>], raw: &'a [u8], start: usize, end: usize) {
    if let Some(last) = fields.last_mut()
        && std::ptr::eq(last.value.as_ptr(), raw[start..].as_ptr())
    {
        last.value = &raw[start..end];
    }
}

fn line_end(raw: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', &raw[from..]).map_or(raw.len(), |length| from + length + 1)
}

fn trim_line_break(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Length of the field name when `line` looks like a header field.
pub(super) fn field_name(line: &[u8]) -> Option<usize> {
    let length = memchr::memchr(b':', &line[..line.len().min(256)])?;
    let name = line[..length].trim_ascii_end();
    let valid = !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic());
    valid.then_some(length)
}

/// Unfolds a value and decodes its encoded words. Adjacent words of one charset are joined as bytes first, because
/// senders cut words in the middle of a character. Bytes above ASCII are read as UTF-8 or detected.
pub fn decode_text(raw: &[u8], tld: Option<&str>) -> String {
    let pieces = split_words(raw);
    let mut text = String::with_capacity(raw.len());
    for piece in &pieces {
        match piece {
            Piece::Plain(bytes) => text.push_str(&charset::decode(bytes, None, tld).text),
            Piece::Word { label, bytes } => {
                text.push_str(&charset::decode(bytes, Some(label), tld).text);
            }
        }
    }
    single_line(&text)
}

/// Collapses line breaks and tabs into blanks and trims.
pub(super) fn single_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.trim().chars() {
        match character {
            '\r' => {}
            '\n' | '\t' => {
                if !line.ends_with(' ') {
                    line.push(' ');
                }
            }
            character if character.is_whitespace() && line.ends_with(' ') && character != ' ' => {}
            character => line.push(character),
        }
    }
    line
}

enum Piece {
    Plain(Vec<u8>),
    Word { label: String, bytes: Vec<u8> },
}

/// Cuts an unfolded value into plain bytes and encoded words; blanks between two words vanish.
fn split_words(raw: &[u8]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let unfolded = unfold(raw);
    let mut plain_start = 0;
    let mut position = 0;
    while let Some(found) = memchr::memmem::find(&unfolded[position..], b"=?") {
        let start = position + found;
        let Some((label, bytes, length)) = encoded_word(&unfolded[start..]) else {
            position = start + 2;
            continue;
        };
        let between = &unfolded[plain_start..start];
        let after_word = matches!(pieces.last(), Some(Piece::Word { .. }));
        let joined = after_word && between.iter().all(u8::is_ascii_whitespace);
        if !joined && !between.is_empty() {
            pieces.push(Piece::Plain(between.to_vec()));
        }
        match pieces.last_mut() {
            Some(Piece::Word {
                label: last,
                bytes: collected,
            }) if joined && last.eq_ignore_ascii_case(&label) => {
                collected.extend_from_slice(&bytes);
            }
            _ => pieces.push(Piece::Word { label, bytes }),
        }
        position = start + length;
        plain_start = position;
    }
    if plain_start < unfolded.len() {
        pieces.push(Piece::Plain(unfolded[plain_start..].to_vec()));
    }
    pieces
}

pub(super) fn unfold(raw: &[u8]) -> Vec<u8> {
    raw.trim_ascii()
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect()
}

/// Reads `=?charset?encoding?text?=` at the start: charset, bytes and the length of the word.
fn encoded_word(input: &[u8]) -> Option<(String, Vec<u8>, usize)> {
    let rest = input.strip_prefix(b"=?")?;
    let charset_length = memchr::memchr(b'?', &rest[..rest.len().min(80)])?;
    let label = std::str::from_utf8(&rest[..charset_length]).ok()?;
    if label.is_empty() || !label.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    // RFC 2231 adds a language: `=?utf-8*en?Q?…?=`.
    let label = label.split('*').next()?.to_owned();
    let rest = &rest[charset_length + 1..];
    let encoding = *rest.first()?;
    if rest.get(1) != Some(&b'?') {
        return None;
    }
    let rest = &rest[2..];
    let length = match encoding {
        // In Q the sequence `?=` cannot occur, but `=3D?=`-like text starts right after the mark.
        b'q' | b'Q' | b'b' | b'B' => memchr::memmem::find(rest, b"?=")?,
        _ => return None,
    };
    let content = &rest[..length];
    let bytes = match encoding {
        b'q' | b'Q' => decode_q(content),
        _ => super::mime::decode_base64(content),
    };
    Some((label, bytes, 2 + charset_length + 1 + 2 + length + 2))
}

fn decode_q(content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(content.len());
    let mut position = 0;
    while position < content.len() {
        match content[position] {
            b'_' => bytes.push(b' '),
            b'=' => match super::mime::hex_pair(&content[position + 1..]) {
                Some(byte) => {
                    bytes.push(byte);
                    position += 2;
                }
                None => bytes.push(b'='),
            },
            byte => bytes.push(byte),
        }
        position += 1;
    }
    bytes
}

/// Reads an address list: names in encoded words, quotes and comments, groups, missing brackets.
pub fn parse_addresses(raw: &[u8]) -> Vec<Mailbox> {
    let mut prepared = quote_words(raw);
    prepared.push('\n');
    let parsed = MessageStream::new(prepared.as_bytes()).parse_address();
    let Some(list) = parsed.as_address() else {
        return Vec::new();
    };
    list.iter()
        .filter_map(|entry| {
            let name = entry.name.as_deref().map(clean_name).unwrap_or_default();
            let address = entry.address.as_deref().and_then(normalise_address);
            match address {
                Some(address) => Some(Mailbox { name, address }),
                // The whole entry, address included, was one encoded word or one quoted string.
                None => find_address(&name).map(|address| Mailbox {
                    name: String::new(),
                    address,
                }),
            }
        })
        .take(ADDRESS_LIMIT)
        .collect()
}

/// Replaces encoded words by quoted strings, so that a comma or bracket inside of a name cannot make an address.
fn quote_words(raw: &[u8]) -> String {
    let mut out = String::new();
    let mut in_quotes = false;
    for piece in split_words(raw) {
        match piece {
            Piece::Plain(bytes) => {
                let text = charset::decode(&bytes, None, None).text;
                let mut escaped = false;
                for character in text.chars() {
                    match character {
                        _ if escaped => escaped = false,
                        '\\' if in_quotes => escaped = true,
                        '"' => in_quotes = !in_quotes,
                        _ => {}
                    }
                    out.push(if matches!(character, '\n' | '\r' | '\t') {
                        ' '
                    } else {
                        character
                    });
                }
            }
            Piece::Word { label, bytes } => {
                let text = single_line(&charset::decode(&bytes, Some(&label), None).text);
                if !in_quotes {
                    out.push('"');
                }
                for character in text.chars() {
                    if matches!(character, '"' | '\\') {
                        out.push('\\');
                    }
                    out.push(character);
                }
                if !in_quotes {
                    out.push('"');
                }
            }
        }
    }
    out
}

fn clean_name(name: &str) -> String {
    let name = single_line(&charset::clean(name));
    let mut trimmed = name.trim();
    for quote in ['"', '\''] {
        let inner = trimmed
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        trimmed = inner.map_or(trimmed, str::trim);
    }
    // An invisible reordering in a display name serves only to deceive.
    trimmed
        .chars()
        .filter(|character| !is_bidi_control(*character))
        .take(256)
        .collect()
}

/// Characters that reorder text on the screen.
pub(super) fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Lower-case address without brackets and blanks, or nothing when it is not one.
pub fn normalise_address(address: &str) -> Option<String> {
    let address: String = address
        .chars()
        .filter(|character| {
            !character.is_whitespace() && !character.is_control() && !matches!(character, '<' | '>')
        })
        .collect();
    let address = address
        .strip_prefix("mailto:")
        .unwrap_or(&address)
        .trim_end_matches(['.', ',', ';']);
    let (local, domain) = address.rsplit_once('@')?;
    let plausible = !local.is_empty()
        && !domain.is_empty()
        && address.len() <= 320
        && !domain.contains(['(', ')', ',', ';', ':', '"', '\\', '/'])
        || domain.starts_with('[') && domain.ends_with(']');
    plausible.then(|| address.to_lowercase())
}

fn find_address(text: &str) -> Option<String> {
    text.split(|character: char| {
        character.is_whitespace() || matches!(character, '<' | '>' | '"' | '(' | ')' | ',' | ';')
    })
    .filter(|token| token.contains('@'))
    .find_map(normalise_address)
}

/// Message ids of a field: what stands between angle brackets (blanks and folds removed), else the words with `@`.
pub fn parse_ids(raw: &[u8]) -> Vec<String> {
    let text = charset::decode(&unfold(raw), None, None).text;
    let mut ids = Vec::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find('<') {
        let Some(length) = rest[start + 1..].find('>') else {
            break;
        };
        // `<<id@host>`: the last opening bracket counts.
        let inner = &rest[start + 1..start + 1 + length];
        let inner = inner.rsplit('<').next().unwrap_or(inner);
        ids.extend(normalise_id(inner));
        rest = &rest[start + 1 + length + 1..];
    }
    if ids.is_empty() {
        ids.extend(
            text.split([' ', '\t', ',', ';'])
                .filter(|word| word.contains('@'))
                .filter_map(normalise_id),
        );
    }
    ids
}

/// The Message-ID of a mail: in brackets, or whatever stands there when it has none.
pub fn parse_message_id(raw: &[u8]) -> Option<String> {
    parse_ids(raw).into_iter().next().or_else(|| {
        let text = charset::decode(&unfold(raw), None, None).text;
        normalise_id(&text)
    })
}

fn normalise_id(id: &str) -> Option<String> {
    let id: String = id
        .chars()
        .filter(|character| !character.is_whitespace() && !character.is_control())
        .collect();
    let id = id.trim_matches(['"', '\'', '<', '>']);
    if id.is_empty() {
        return None;
    }
    if id.len() > ID_LENGTH_LIMIT {
        return Some(format!(
            "long-id-{}",
            hex::encode(Sha256::digest(id.as_bytes()))
        ));
    }
    Some(id.to_owned())
}
