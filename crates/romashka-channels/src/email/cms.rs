//! S/MIME `signed-data`: the content inside of a CMS envelope (RFC 5652).
//!
//! Invariant: the signature is not checked here, and nobody may conclude that it was; the content is only made
//! readable. Lengths are never believed beyond the end of the input, nesting is bounded.

const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;
const CONSTRUCTED_OCTET_STRING: u8 = 0x24;
const CONTEXT_0: u8 = 0xa0;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const DEPTH_LIMIT: usize = 16;

/// The MIME entity inside of `signed-data`; nothing when the input is encrypted or something else.
pub fn signed_content(bytes: &[u8]) -> Option<Vec<u8>> {
    let content_info = element(bytes)?;
    expect(content_info.tag, SEQUENCE)?;
    let (kind, rest) = element(content_info.body)?.and_rest(content_info.body)?;
    expect(kind.tag, OBJECT_IDENTIFIER)?;
    if kind.body != SIGNED_DATA {
        return None;
    }
    let explicit = element(rest)?;
    expect(explicit.tag, CONTEXT_0)?;
    let signed_data = element(explicit.body)?;
    expect(signed_data.tag, SEQUENCE)?;
    let (version, rest) = element(signed_data.body)?.and_rest(signed_data.body)?;
    expect(version.tag, INTEGER)?;
    let (algorithms, rest) = element(rest)?.and_rest(rest)?;
    expect(algorithms.tag, SET)?;
    let encapsulated = element(rest)?;
    expect(encapsulated.tag, SEQUENCE)?;
    let (_, rest) = element(encapsulated.body)?.and_rest(encapsulated.body)?;
    let explicit = element(rest)?;
    expect(explicit.tag, CONTEXT_0)?;
    let mut content = Vec::new();
    collect(element(explicit.body)?, &mut content, 0)?;
    Some(content)
}

fn expect(tag: u8, wanted: u8) -> Option<()> {
    (tag == wanted).then_some(())
}

/// An octet string, in one piece or in many.
fn collect(element: Element<'_>, content: &mut Vec<u8>, depth: usize) -> Option<()> {
    match element.tag {
        OCTET_STRING => content.extend_from_slice(element.body),
        CONSTRUCTED_OCTET_STRING if depth < DEPTH_LIMIT => {
            let mut rest = element.body;
            while !rest.is_empty() && rest[..rest.len().min(2)] != [0, 0] {
                let (piece, after) = self::element(rest)?.and_rest(rest)?;
                collect(piece, content, depth + 1)?;
                rest = after;
            }
        }
        _ => return None,
    }
    Some(())
}

#[derive(Clone, Copy)]
struct Element<'a> {
    tag: u8,
    body: &'a [u8],
    /// Bytes of header, body and end mark.
    total: usize,
}

impl<'a> Element<'a> {
    fn and_rest(self, input: &'a [u8]) -> Option<(Self, &'a [u8])> {
        Some((self, input.get(self.total..)?))
    }
}

fn element(input: &[u8]) -> Option<Element<'_>> {
    element_at(input, 0)
}

fn element_at(input: &[u8], depth: usize) -> Option<Element<'_>> {
    if depth > DEPTH_LIMIT {
        return None;
    }
    let tag = *input.first()?;
    let first = *input.get(1)?;
    let (start, length) = match first {
        0..=0x7f => (2, usize::from(first)),
        0x80 => {
            // Indefinite length: elements until two zero bytes.
            let mut position = 2;
            loop {
                if input.get(position..position + 2)? == [0, 0] {
                    return Some(Element {
                        tag,
                        body: &input[2..position],
                        total: position + 2,
                    });
                }
                position += element_at(&input[position..], depth + 1)?.total;
            }
        }
        _ => {
            let count = usize::from(first & 0x7f);
            if count > 4 {
                return None;
            }
            let length = input
                .get(2..2 + count)?
                .iter()
                .fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
            (2 + count, length)
        }
    };
    let end = start.checked_add(length)?;
    Some(Element {
        tag,
        body: input.get(start..end)?,
        total: end,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn wrap(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag];
        if body.len() < 0x80 {
            bytes.push(body.len() as u8);
        } else {
            bytes.push(0x82);
            bytes.extend((body.len() as u16).to_be_bytes());
        }
        bytes.extend(body);
        bytes
    }

    pub fn sample(content: &[u8], indefinite: bool) -> Vec<u8> {
        let octets = if indefinite {
            let (left, right) = content.split_at(content.len() / 2);
            let mut bytes = vec![CONSTRUCTED_OCTET_STRING, 0x80];
            bytes.extend(wrap(OCTET_STRING, left));
            bytes.extend(wrap(OCTET_STRING, right));
            bytes.extend([0, 0]);
            bytes
        } else {
            wrap(OCTET_STRING, content)
        };
        let data = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
        let encapsulated = wrap(
            SEQUENCE,
            &[wrap(OBJECT_IDENTIFIER, &data), wrap(CONTEXT_0, &octets)].concat(),
        );
        let signed = wrap(
            SEQUENCE,
            &[
                wrap(INTEGER, &[1]),
                wrap(SET, &[]),
                encapsulated,
                wrap(SET, &[]),
            ]
            .concat(),
        );
        wrap(
            SEQUENCE,
            &[
                wrap(OBJECT_IDENTIFIER, SIGNED_DATA),
                wrap(CONTEXT_0, &signed),
            ]
            .concat(),
        )
    }

    #[test]
    fn the_content_is_found_in_either_form() {
        let content = b"Content-Type: text/plain\r\n\r\nHello".repeat(8);
        assert_eq!(
            signed_content(&sample(&content, false)),
            Some(content.clone())
        );
        assert_eq!(signed_content(&sample(&content, true)), Some(content));
    }

    #[test]
    fn cut_or_foreign_input_gives_nothing() {
        let bytes = sample(b"text", false);
        for length in 0..bytes.len() - 2 {
            assert_eq!(signed_content(&bytes[..length]), None);
        }
        assert_eq!(signed_content(&[0x24, 0x80].repeat(5_000)), None);
    }
}
