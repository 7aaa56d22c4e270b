//! Puts a mail together that a provider took apart.
//!
//! Invariant: the header fields are the sender's, in their order, apart from those that describe how the body was
//! encoded; no field can break out of its line. The result is meant for our own parser.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A file of the mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Piece {
    /// Name.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Content-ID without brackets.
    pub content_id: Option<String>,
    /// The bytes.
    pub data: Vec<u8>,
}

/// The pieces of a mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces {
    /// Header fields in their order.
    pub headers: Vec<(String, String)>,
    /// Text.
    pub text: Option<String>,
    /// HTML.
    pub html: Option<String>,
    /// Files.
    pub files: Vec<Piece>,
}

const OUTER: &str = "=_romashka_outer";
const INNER: &str = "=_romashka_inner";

impl Pieces {
    /// The mail as bytes.
    pub fn assemble(&self) -> Vec<u8> {
        let mut mail = String::new();
        for (name, value) in &self.headers {
            let plain_name = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && byte != b':');
            let lower = name.to_ascii_lowercase();
            if plain_name && !lower.starts_with("content-") && lower != "mime-version" {
                mail.push_str(&format!("{name}: {}\r\n", one_line(value)));
            }
        }
        mail.push_str(&format!(
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{OUTER}\"\r\n\r\n"
        ));
        mail.push_str(&format!(
            "--{OUTER}\r\nContent-Type: multipart/alternative; boundary=\"{INNER}\"\r\n\r\n"
        ));
        for (content_type, body) in [("text/plain", &self.text), ("text/html", &self.html)] {
            if let Some(body) = body {
                mail.push_str(&format!("--{INNER}\r\nContent-Type: {content_type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
                push_base64(&mut mail, body.as_bytes());
            }
        }
        mail.push_str(&format!("--{INNER}--\r\n"));
        for file in &self.files {
            let name = percent_encoding::utf8_percent_encode(
                &file.name,
                percent_encoding::NON_ALPHANUMERIC,
            );
            let content_type = one_line(&file.content_type);
            let content_type = content_type.split(';').next().unwrap_or_default();
            mail.push_str(&format!("--{OUTER}\r\nContent-Type: {content_type}\r\nContent-Disposition: attachment; filename*=UTF-8''{name}\r\nContent-Transfer-Encoding: base64\r\n"));
            if let Some(id) = &file.content_id {
                mail.push_str(&format!(
                    "Content-ID: <{}>\r\n",
                    one_line(id.trim_matches(['<', '>']))
                ));
            }
            mail.push_str("\r\n");
            push_base64(&mut mail, &file.data);
        }
        mail.push_str(&format!("--{OUTER}--\r\n"));
        mail.into_bytes()
    }
}

fn push_base64(mail: &mut String, data: &[u8]) {
    // 57 bytes make a line of 76 characters.
    for line in data.chunks(57) {
        mail.push_str(&STANDARD.encode(line));
        mail.push_str("\r\n");
    }
}

/// A folded value in one line; line breaks that are no folds cannot start a field of their own.
fn one_line(value: &str) -> String {
    value
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

/// The fields of a raw header block.
pub fn header_block(block: &str) -> Vec<(String, String)> {
    let (headers, _) = super::super::header::Headers::parse(block.as_bytes());
    headers
        .fields()
        .iter()
        .map(|field| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
            (text(field.name), text(field.value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::{Mail, ParseOptions};
    use super::*;

    #[test]
    fn a_mail_is_whole_again() {
        let pieces = Pieces {
            headers: vec![
                ("From".to_owned(), "Anna <anna@example.com>".to_owned()),
                ("Message-ID".to_owned(), "<1@example.com>".to_owned()),
                (
                    "Subject".to_owned(),
                    "Заказ\r\n 5\r\nBcc: x@y.example".to_owned(),
                ),
                ("Content-Type".to_owned(), "text/plain".to_owned()),
                ("X\r\nEvil".to_owned(), "1".to_owned()),
            ],
            text: Some("Привет\n--=_romashka_inner--\n".to_owned()),
            html: Some("<p>Привет <img src=cid:a@b></p>".to_owned()),
            files: vec![Piece {
                name: "Счёт.pdf".to_owned(),
                content_type: "application/pdf\r\nX: 1".to_owned(),
                content_id: Some("<a@b>".to_owned()),
                data: vec![0, 1, 2, 255],
            }],
        };
        let mail = Mail::parse(&pieces.assemble(), &ParseOptions::default());
        assert_eq!(mail.message_id.as_deref(), Some("1@example.com"));
        assert!(mail.subject.starts_with("Заказ"));
        assert!(mail.text.contains("Привет"));
        assert_eq!(mail.attachments.len(), 1);
        assert_eq!(
            (
                mail.attachments[0].name.as_str(),
                mail.attachments[0].data.as_slice()
            ),
            ("Счёт.pdf", &[0, 1, 2, 255][..])
        );
        assert!(mail.attachments[0].inline);
        assert!(mail.cc.is_empty());
    }

    #[test]
    fn header_blocks() {
        let fields = header_block("From: a@b\r\nSubject: one\r\n two\r\n");
        assert_eq!(fields[1].0, "Subject");
        assert!(fields[1].1.contains("two"));
    }
}
