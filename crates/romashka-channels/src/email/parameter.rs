//! Fields with parameters (`text/plain; charset=utf-8`), as of RFC 2045, with the continuations and charsets of RFC 2231.
//!
//! Invariant: as of [`super::header`]: every function takes what stands in the mail and never fails.

use super::charset;
use super::header::{decode_text, single_line, unfold};

/// A value with parameters, such as Content-Type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameterised {
    /// The value in lower case, for example `text/plain`.
    pub value: String,
    parameters: Vec<(String, String)>,
}

impl Parameterised {
    /// Reads `value; name=text; name*=utf-8''text; name*0=…`.
    pub fn parse(raw: &[u8]) -> Self {
        let bytes = unfold(raw);
        let mut sections = split_parameters(&bytes).into_iter();
        let value = sections
            .next()
            .map(|section| charset::decode(section, None, None).text)
            .unwrap_or_default();
        let value = value
            .split_whitespace()
            .collect::<String>()
            .to_ascii_lowercase();
        let mut plain: Vec<(String, Vec<u8>)> = Vec::new();
        for section in sections {
            let Some(equals) = memchr::memchr(b'=', section) else {
                continue;
            };
            let name = String::from_utf8_lossy(section[..equals].trim_ascii()).to_ascii_lowercase();
            plain.push((name, unquote(section[equals + 1..].trim_ascii())));
            if plain.len() > 100 {
                break;
            }
        }
        Self {
            value,
            parameters: join_continuations(&plain),
        }
    }

    /// A parameter by its name in lower case; the extended form (RFC 2231) wins over the plain one.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, text)| text.as_str())
    }
}

/// Splits at semicolons outside of quotes.
fn split_parameters(bytes: &[u8]) -> Vec<&[u8]> {
    let mut sections = Vec::new();
    let (mut start, mut in_quotes, mut escaped) = (0, false, false);
    for (position, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_quotes => escaped = true,
            b'"' => in_quotes = !in_quotes,
            b';' if !in_quotes => {
                sections.push(&bytes[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    sections.push(&bytes[start..]);
    sections
}

fn unquote(bytes: &[u8]) -> Vec<u8> {
    let Some(inner) = bytes.strip_prefix(b"\"") else {
        return bytes.to_vec();
    };
    let mut text = Vec::with_capacity(inner.len());
    let mut escaped = false;
    for &byte in inner {
        match byte {
            // A backslash that escapes neither a quote nor itself is a Windows path.
            b'"' | b'\\' if escaped => {
                text.push(byte);
                escaped = false;
            }
            _ if escaped => {
                text.extend_from_slice(&[b'\\', byte]);
                escaped = false;
            }
            b'\\' => escaped = true,
            b'"' => break,
            byte => text.push(byte),
        }
    }
    text
}

/// A piece of an extended parameter: its number, whether it is percent-encoded, its bytes.
type Section = (u32, bool, Vec<u8>);

fn join_continuations(plain: &[(String, Vec<u8>)]) -> Vec<(String, String)> {
    let mut extended: Vec<(String, Vec<Section>)> = Vec::new();
    let mut simple: Vec<(String, String)> = Vec::new();
    for (name, value) in plain {
        let Some((base, marks)) = name.split_once('*') else {
            simple.push((name.clone(), decode_text(value, None)));
            continue;
        };
        let encoded = marks.is_empty() || marks.ends_with('*');
        let number = marks.trim_end_matches('*').parse().unwrap_or(0);
        let entry = (number, encoded, value.clone());
        match extended.iter_mut().find(|(known, _)| known == base) {
            Some((_, sections)) => sections.push(entry),
            None => extended.push((base.to_owned(), vec![entry])),
        }
    }
    let mut joined: Vec<(String, String)> = Vec::new();
    for (name, mut sections) in extended {
        sections.sort_by_key(|(number, ..)| *number);
        let mut label = None;
        let mut bytes = Vec::new();
        for (position, (_, encoded, value)) in sections.iter().enumerate() {
            let mut value = value.as_slice();
            if position == 0 && *encoded {
                let mut quotes = memchr::memchr_iter(b'\'', value);
                if let (Some(first), Some(second)) = (quotes.next(), quotes.next()) {
                    label = Some(String::from_utf8_lossy(&value[..first]).into_owned());
                    value = &value[second + 1..];
                }
            }
            if *encoded {
                percent_decode(value, &mut bytes);
            } else {
                bytes.extend_from_slice(value);
            }
        }
        let text = match label {
            Some(label) => single_line(&charset::decode(&bytes, Some(&label), None).text),
            // Continuations without a charset may hold encoded words.
            None => decode_text(&bytes, None),
        };
        joined.push((name, text));
    }
    joined.extend(simple);
    joined
}

fn percent_decode(value: &[u8], bytes: &mut Vec<u8>) {
    let mut position = 0;
    while position < value.len() {
        if value[position] == b'%'
            && let Some(byte) = super::mime::hex_pair(&value[position + 1..])
        {
            bytes.push(byte);
            position += 3;
            continue;
        }
        bytes.push(value[position]);
        position += 1;
    }
}
