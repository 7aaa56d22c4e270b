//! Fields of a posted form, of either media type.
//!
//! Invariant: the bytes of a field are unchanged, since a text may be in any charset; the number of fields is bounded
//! like that of a mail's parts.

use super::super::mime::{PART_LIMIT, Part};

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Name.
    pub name: String,
    /// Name of the file, for a file.
    pub file_name: Option<String>,
    /// Media type, for a file.
    pub content_type: String,
    /// The bytes.
    pub data: Vec<u8>,
}

/// Fields in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormData {
    fields: Vec<Field>,
}

impl FormData {
    /// Reads `multipart/form-data` or `application/x-www-form-urlencoded`; another media type has no fields.
    pub fn parse(content_type: &str, body: &[u8]) -> Self {
        let kind = content_type.trim_start().to_ascii_lowercase();
        if kind.starts_with("application/x-www-form-urlencoded") {
            let fields = form_urlencoded::parse(body)
                .take(PART_LIMIT)
                .map(|(name, value)| Field {
                    name: name.into_owned(),
                    file_name: None,
                    content_type: "text/plain".to_owned(),
                    data: value.into_owned().into_bytes(),
                })
                .collect();
            return Self { fields };
        }
        let plain = !content_type.contains(['\r', '\n']);
        if !kind.starts_with("multipart/form-data") || !plain {
            return Self::default();
        }
        let mut message = format!("Content-Type: {content_type}\r\n\r\n").into_bytes();
        message.extend_from_slice(body);
        let (root, _) = Part::parse(&message);
        let fields = root
            .children
            .iter()
            .filter_map(|part| {
                let disposition = part.disposition.as_ref()?;
                Some(Field {
                    name: disposition.parameter("name")?.to_owned(),
                    file_name: part.file_name().map(str::to_owned),
                    content_type: part.content_type.value.clone(),
                    data: part.decoded().into_owned(),
                })
            })
            .collect();
        Self { fields }
    }

    /// First field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// First value of this name as text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.field(name)
            .map(|field| String::from_utf8_lossy(&field.data).into_owned())
    }

    /// Files whose field begins with this, in order.
    pub fn files(&self, prefix: &str) -> impl Iterator<Item = &Field> {
        self.fields
            .iter()
            .filter(move |field| field.file_name.is_some() && field.name.starts_with(prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_media_types() {
        let encoded = FormData::parse(
            "application/x-www-form-urlencoded; charset=utf-8",
            b"a=1+2&b=%D0%B9",
        );
        assert_eq!(encoded.text("a").as_deref(), Some("1 2"));
        assert_eq!(encoded.text("b").as_deref(), Some("й"));
        let body = b"--xYz\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n\xe9t\xe9\r\n--xYz\r\nContent-Disposition: form-data; name=\"attachment1\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n\r\n--xYz--\r\n";
        let form = FormData::parse("multipart/form-data; boundary=xYz", body);
        assert_eq!(
            form.field("text").map(|field| field.data.as_slice()),
            Some(&b"\xe9t\xe9"[..])
        );
        let files: Vec<&Field> = form.files("attachment").collect();
        assert_eq!(
            (files.len(), files[0].data.as_slice()),
            (1, &b"%PDF\r\n"[..])
        );
        assert_eq!(
            FormData::parse("application/json", b"{}"),
            FormData::default()
        );
        assert_eq!(
            FormData::parse("multipart/form-data\r\nX: y", b"{}"),
            FormData::default()
        );
    }
}
