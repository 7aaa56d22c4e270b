//! Mailgun's routes (`forward`).
//!
//! The signature covers a time and a token, not the mail: a token must be taken once only, which the caller sees to, and
//! the webhook's URL has to be https. An answer of 406 stops the retries, any other but 200 is tried again for eight
//! hours.

use aws_lc_rs::hmac;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::assemble::{Piece, Pieces};
use super::form_data::FormData;
use super::{AuthenticityError, DeliveredMail, WebhookError, check_time};

/// How old (seconds) a request may be.
pub const TOLERANCE_SECONDS: i64 = 15 * 60;

/// Whether Mailgun made the signature. Returns the token, which must not come again within [`TOLERANCE_SECONDS`].
pub fn verify(
    form: &FormData,
    key: &SecretString,
    now: Timestamp,
) -> Result<String, AuthenticityError> {
    let field = |name| {
        form.text(name)
            .filter(|text| !text.is_empty())
            .ok_or(AuthenticityError::Missing)
    };
    let (timestamp, token, signature) = (field("timestamp")?, field("token")?, field("signature")?);
    verify_signature(&timestamp, &token, &signature, key)?;
    check_time(&timestamp, now, TOLERANCE_SECONDS)?;
    Ok(token)
}

/// Whether a signature is that of a time and a token.
pub fn verify_signature(
    timestamp: &str,
    token: &str,
    signature: &str,
    key: &SecretString,
) -> Result<(), AuthenticityError> {
    let signature = hex::decode(signature.trim()).map_err(|_| AuthenticityError::NoMatch)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
    hmac::verify(&key, format!("{timestamp}{token}").as_bytes(), &signature)
        .map_err(|_| AuthenticityError::NoMatch)
}

/// Reads a request: the raw mail of a URL that ends in `mime`, or its pieces.
pub fn read(form: &FormData) -> Result<DeliveredMail, WebhookError> {
    let recipient = form
        .text("recipient")
        .filter(|address| !address.is_empty())
        .ok_or(WebhookError::Missing("recipient"))?;
    let (raw, headers) = match form.field("body-mime") {
        Some(field) => {
            let block = String::from_utf8_lossy(&field.data);
            (field.data.clone(), super::assemble::header_block(&block))
        }
        None => {
            let headers: Vec<(String, String)> = serde_json::from_str(
                &form
                    .text("message-headers")
                    .ok_or(WebhookError::Missing("message-headers"))?,
            )?;
            (pieces(form, headers.clone()).assemble(), headers)
        }
    };
    let is_suspicious = headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("X-Mailgun-Sflag") && value.eq_ignore_ascii_case("yes")
    });
    Ok(DeliveredMail {
        provider_id: None,
        envelope_from: form.text("sender"),
        // Several recipients of one route stand in one field.
        recipients: recipient
            .split(',')
            .map(|address| address.trim().to_owned())
            .collect(),
        raw,
        is_suspicious,
    })
}

fn pieces(form: &FormData, headers: Vec<(String, String)>) -> Pieces {
    // {"<cid>": "attachment-1"}
    let ids: std::collections::BTreeMap<String, String> = form
        .text("content-id-map")
        .and_then(|map| serde_json::from_str(&map).ok())
        .unwrap_or_default();
    let files = form
        .files("attachment-")
        .map(|file| Piece {
            name: file.file_name.clone().unwrap_or_default(),
            content_type: file.content_type.clone(),
            content_id: ids
                .iter()
                .find(|(_, field)| **field == file.name)
                .map(|(id, _)| id.clone()),
            data: file.data.clone(),
        })
        .collect();
    Pieces {
        headers,
        text: form.text("body-plain"),
        html: form.text("body-html").filter(|html| !html.is_empty()),
        files,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Mail, ParseOptions};
    use super::*;

    #[test]
    fn signatures() {
        let key: SecretString = "TEST_WEBHOOK_SIGNING_KEY".into();
        for (timestamp, token, signature) in [
            (
                "1461261330",
                "06c96bafc3f42a66b9edd546347a2fe18dc23461fe80dc52f0",
                "3e24f71c7e802be94c5abca2fd6ca6957cca2e1e2396d26716b87e1ca8c56634",
            ),
            (
                "1234567890",
                "1234567890abcdef1234567890abcdef",
                "3b754b7c269e4c08fb3f5f36b2b5f98e45245965522dc16ca4c9faa0b11b557d",
            ),
        ] {
            let form = |token: &str| {
                let encoded = format!("timestamp={timestamp}&token={token}&signature={signature}");
                FormData::parse("application/x-www-form-urlencoded", encoded.as_bytes())
            };
            let at = |second: i64| {
                Timestamp::from_second(timestamp.parse::<i64>().unwrap() + second).unwrap()
            };
            assert_eq!(verify(&form(token), &key, at(900)).as_deref(), Ok(token));
            assert_eq!(
                verify(&form(token), &key, at(901)),
                Err(AuthenticityError::OutOfTolerance(901))
            );
            assert_eq!(
                verify(&form(token), &key, at(-901)),
                Err(AuthenticityError::OutOfTolerance(-901))
            );
            assert_eq!(
                verify(&form("other"), &key, at(0)),
                Err(AuthenticityError::NoMatch)
            );
            assert_eq!(
                verify(&form(token), &"another key".into(), at(0)),
                Err(AuthenticityError::NoMatch)
            );
        }
        assert_eq!(
            verify(&FormData::default(), &key, Timestamp::UNIX_EPOCH),
            Err(AuthenticityError::Missing)
        );
    }

    #[test]
    fn a_mail_in_pieces() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"recipient\"\r\n\r\nsupport@in.example.com\r\n--b\r\nContent-Disposition: form-data; name=\"sender\"\r\n\r\nanna@example.com\r\n--b\r\nContent-Disposition: form-data; name=\"message-headers\"\r\n\r\n[[\"From\",\"Anna <anna@example.com>\"],[\"Message-Id\",\"<1@example.com>\"],[\"Subject\",\"Hi\"],[\"X-Mailgun-Sflag\",\"No\"]]\r\n--b\r\nContent-Disposition: form-data; name=\"body-html\"\r\n\r\n<img src=cid:pic>\r\n--b\r\nContent-Disposition: form-data; name=\"content-id-map\"\r\n\r\n{\"<pic>\": \"attachment-1\"}\r\n--b\r\nContent-Disposition: form-data; name=\"attachment-1\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nPNG\r\n--b--\r\n";
        let delivered = read(&FormData::parse(
            "multipart/form-data; boundary=b",
            body.as_bytes(),
        ))
        .unwrap();
        assert_eq!(delivered.recipients, ["support@in.example.com"]);
        let mail = Mail::parse(&delivered.raw, &ParseOptions::default());
        assert_eq!(
            (mail.subject.as_str(), mail.message_id.as_deref()),
            ("Hi", Some("1@example.com"))
        );
        assert!(mail.attachments[0].inline);
        assert!(!delivered.is_suspicious);
    }

    #[test]
    fn a_raw_mail() {
        let form = FormData::parse("application/x-www-form-urlencoded", b"recipient=a%40b.example,c%40b.example&body-mime=X-Mailgun-Sflag:+Yes%0AFrom:+x%40y.example%0A%0Ahi");
        let delivered = read(&form).unwrap();
        assert_eq!(delivered.recipients, ["a@b.example", "c@b.example"]);
        assert!(delivered.is_suspicious && delivered.raw.ends_with(b"hi"));
        assert!(read(&FormData::default()).is_err());
    }
}
