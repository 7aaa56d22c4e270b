//! `winmail.dat`: what Outlook packs into TNEF (MS-OXTNEF).
//!
//! Invariant: lengths in the file are never believed beyond its end; reading stops at the first that does not fit.

use super::charset;

const SIGNATURE: u32 = 0x223e_9f78;
const ATTACH_TITLE: u32 = 0x0001_8010;
const ATTACH_DATA: u32 = 0x0006_800f;
const ATTACH_PROPERTIES: u32 = 0x0006_9005;
const ATTACH_START: u32 = 0x0006_9002;
const MESSAGE_PROPERTIES: u32 = 0x0006_9003;
const LONG_FILE_NAME: u16 = 0x3707;
const CONTENT_ID: u16 = 0x3712;
const MIME_TAG: u16 = 0x370e;
const BODY_HTML: u16 = 0x1013;
const ATTACH_DATA_PROPERTY: u16 = 0x3701;

/// Contents of a TNEF file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// HTML body, in the bytes it came in.
    pub html: Option<Vec<u8>>,
    /// Files.
    pub files: Vec<File>,
}

/// A file inside.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Name; the long one wins.
    pub name: String,
    /// Content-ID without brackets.
    pub content_id: Option<String>,
    /// Media type when it names one.
    pub content_type: Option<String>,
    /// The bytes.
    pub data: Vec<u8>,
}

/// Reads a TNEF file; nothing when it is none.
pub fn read(bytes: &[u8]) -> Option<Contents> {
    let mut reader = Reader { bytes, position: 0 };
    if reader.u32()? != SIGNATURE {
        return None;
    }
    reader.u16()?;
    let mut contents = Contents::default();
    while let Some((id, data)) = reader.attribute() {
        match id {
            ATTACH_START => contents.files.push(File::default()),
            ATTACH_TITLE => {
                if let Some(file) = contents
                    .files
                    .last_mut()
                    .filter(|file| file.name.is_empty())
                {
                    file.name = text(data);
                }
            }
            ATTACH_DATA => {
                if let Some(file) = contents.files.last_mut() {
                    file.data = data.to_vec();
                }
            }
            ATTACH_PROPERTIES => {
                if let Some(file) = contents.files.last_mut() {
                    read_properties(data, |id, value| match id {
                        LONG_FILE_NAME => file.name = property_text(value),
                        CONTENT_ID => {
                            file.content_id =
                                Some(property_text(value).trim_matches(['<', '>']).to_owned())
                        }
                        MIME_TAG => {
                            file.content_type = Some(property_text(value).to_ascii_lowercase())
                        }
                        ATTACH_DATA_PROPERTY if file.data.is_empty() => {
                            file.data = value.bytes.to_vec()
                        }
                        _ => {}
                    });
                }
            }
            MESSAGE_PROPERTIES => read_properties(data, |id, value| {
                if id == BODY_HTML {
                    contents.html = Some(value.bytes.to_vec());
                }
            }),
            _ => {}
        }
        if contents.files.len() > 500 {
            break;
        }
    }
    contents
        .files
        .retain(|file| !file.data.is_empty() || !file.name.is_empty());
    Some(contents)
}

struct Value<'a> {
    unicode: bool,
    bytes: &'a [u8],
}

fn property_text(value: &Value<'_>) -> String {
    if value.unicode {
        let units: Vec<u16> = value
            .bytes
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        return charset::clean(String::from_utf16_lossy(&units).trim_end_matches('\0'));
    }
    text(value.bytes)
}

fn text(bytes: &[u8]) -> String {
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(bytes.len());
    charset::decode(&bytes[..end], None, None).text
}

/// Calls `found` for each MAPI property with its first value.
fn read_properties(bytes: &[u8], mut found: impl FnMut(u16, &Value<'_>)) {
    let mut reader = Reader { bytes, position: 0 };
    let Some(count) = reader.u32() else { return };
    for _ in 0..count.min(2_000) {
        if read_property(&mut reader, &mut found).is_none() {
            return;
        }
    }
}

fn read_property(reader: &mut Reader<'_>, found: &mut impl FnMut(u16, &Value<'_>)) -> Option<()> {
    let kind = reader.u16()?;
    let id = reader.u16()?;
    if id >= 0x8000 {
        // A named property: its GUID, then a number or a name.
        reader.take(16)?;
        if reader.u32()? == 0 {
            reader.u32()?;
        } else {
            let length = reader.u32()? as usize;
            reader.take_padded(length)?;
        }
    }
    let several = kind & 0x1000 != 0;
    let kind = kind & 0x0fff;
    let fixed = match kind {
        0x0002 | 0x0003 | 0x0004 | 0x000a | 0x000b => Some(4),
        0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => Some(8),
        0x0048 => Some(16),
        0x000d | 0x001e | 0x001f | 0x0102 => None,
        _ => return None,
    };
    let counted = several || fixed.is_none();
    let count = if counted { reader.u32()? } else { 1 };
    for index in 0..count {
        let bytes = match fixed {
            Some(length) => reader.take(length)?,
            None => {
                let length = reader.u32()? as usize;
                reader.take_padded(length)?
            }
        };
        // An object starts with the GUID of its interface.
        let bytes = if kind == 0x000d {
            bytes.get(16..).unwrap_or_default()
        } else {
            bytes
        };
        if index == 0 {
            found(
                id,
                &Value {
                    unicode: kind == 0x001f,
                    bytes,
                },
            );
        }
    }
    Some(())
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.position.checked_add(length)?;
        let taken = self.bytes.get(self.position..end)?;
        self.position = end;
        Some(taken)
    }

    /// Values are padded to four bytes; the last one may lack its padding.
    fn take_padded(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.take(length)?;
        self.position = (self.position + (4 - length % 4) % 4).min(self.bytes.len());
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)
            .map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)
            .map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// Level, id, length, data, checksum.
    fn attribute(&mut self) -> Option<(u32, &'a [u8])> {
        self.take(1)?;
        let id = self.u32()?;
        let length = self.u32()? as usize;
        let data = self.take(length)?;
        self.take(2)?;
        Some((id, data))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![level];
        bytes.extend(id.to_le_bytes());
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(data);
        let sum = data
            .iter()
            .fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        bytes.extend(sum.to_le_bytes());
        bytes
    }

    fn variable(kind: u16, id: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(kind.to_le_bytes());
        bytes.extend(id.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend((value.len() as u32).to_le_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    pub fn sample() -> Vec<u8> {
        let mut bytes = SIGNATURE.to_le_bytes().to_vec();
        bytes.extend(1_u16.to_le_bytes());
        let mut properties = 1_u32.to_le_bytes().to_vec();
        properties.extend(variable(0x0102, BODY_HTML, b"<p>Body inside</p>"));
        bytes.extend(attribute(1, MESSAGE_PROPERTIES, &properties));
        bytes.extend(attribute(2, ATTACH_START, &[0; 14]));
        bytes.extend(attribute(2, ATTACH_TITLE, b"PRICE~1.CSV\0"));
        bytes.extend(attribute(2, ATTACH_DATA, b"a;b\n1;2\n"));
        let name: Vec<u8> = "Цены 2025.csv\0"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let mut properties = 1_u32.to_le_bytes().to_vec();
        properties.extend(variable(0x001f, LONG_FILE_NAME, &name));
        bytes.extend(attribute(2, ATTACH_PROPERTIES, &properties));
        bytes
    }

    #[test]
    fn body_and_files_are_taken_out() {
        let contents = read(&sample()).unwrap();
        assert_eq!(
            contents.html.as_deref(),
            Some(b"<p>Body inside</p>".as_slice())
        );
        assert_eq!(contents.files.len(), 1);
        assert_eq!(
            (
                contents.files[0].name.as_str(),
                contents.files[0].data.as_slice()
            ),
            ("Цены 2025.csv", b"a;b\n1;2\n".as_slice())
        );
    }

    #[test]
    fn a_cut_file_gives_what_is_there() {
        let bytes = sample();
        for length in 0..bytes.len() {
            let _ = read(&bytes[..length]);
        }
        assert_eq!(read(b"not tnef"), None);
    }
}
