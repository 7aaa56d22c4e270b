//! SendGrid's Inbound Parse.
//!
//! SendGrid drops a mail for good when it is answered with 4xx: answer 5xx for whatever may be our own mistake. The
//! signature is optional at SendGrid (a security policy of the webhook) and covers the whole body.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use x509_cert::der::Decode;
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::super::charset;
use super::assemble::{Piece, Pieces, header_block};
use super::form_data::FormData;
use super::{AuthenticityError, DeliveredMail, WebhookError, check_time};

/// Header with the signature.
pub const SIGNATURE_HEADER: &str = "X-Twilio-Email-Event-Webhook-Signature";
/// Header with the time.
pub const TIMESTAMP_HEADER: &str = "X-Twilio-Email-Event-Webhook-Timestamp";
/// How old (seconds) a request may be: retries keep their signature for up to three days.
pub const TOLERANCE_SECONDS: i64 = 4 * 24 * 3600;

/// Whether SendGrid signed a request: ECDSA P-256 over the time and the raw body. `public_key` is the one that SendGrid
/// shows, base64 of SubjectPublicKeyInfo.
pub fn verify(
    public_key: &str,
    timestamp: Option<&str>,
    signature: Option<&str>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), AuthenticityError> {
    let (Some(timestamp), Some(signature)) = (timestamp, signature) else {
        return Err(AuthenticityError::Missing);
    };
    let der = STANDARD
        .decode(public_key.trim())
        .map_err(|_| AuthenticityError::Key)?;
    let info = SubjectPublicKeyInfoRef::from_der(&der).map_err(|_| AuthenticityError::Key)?;
    let point = info.subject_public_key.raw_bytes();
    let signature = STANDARD
        .decode(signature.trim())
        .map_err(|_| AuthenticityError::NoMatch)?;
    let mut signed = timestamp.as_bytes().to_vec();
    signed.extend_from_slice(body);
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
        .verify(&signed, &signature)
        .map_err(|_| AuthenticityError::NoMatch)?;
    check_time(timestamp, now, TOLERANCE_SECONDS)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    to: Vec<String>,
    from: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FileInfo {
    filename: Option<String>,
    name: Option<String>,
    #[serde(rename = "type")]
    content_type: Option<String>,
    #[serde(rename = "content-id")]
    content_id: Option<String>,
}

/// Reads a request: the raw mail when "Send raw" is on, which is recommended, or its pieces.
pub fn read(form: &FormData) -> Result<DeliveredMail, WebhookError> {
    let envelope: Envelope = serde_json::from_str(
        &form
            .text("envelope")
            .ok_or(WebhookError::Missing("envelope"))?,
    )?;
    if envelope.to.is_empty() {
        return Err(WebhookError::Missing("envelope"));
    }
    let raw = match form.field("email") {
        Some(field) => field.data.clone(),
        None => pieces(form)?.assemble(),
    };
    let score = form
        .text("spam_score")
        .and_then(|score| score.trim().parse::<f64>().ok());
    Ok(DeliveredMail {
        provider_id: None,
        envelope_from: envelope.from,
        recipients: envelope.to,
        raw,
        is_suspicious: score.is_some_and(|score| score >= 5.0),
    })
}

fn pieces(form: &FormData) -> Result<Pieces, WebhookError> {
    let charsets: BTreeMap<String, String> = form
        .text("charsets")
        .and_then(|charsets| serde_json::from_str(&charsets).ok())
        .unwrap_or_default();
    let decoded = |name: &str| {
        let field = form.field(name)?;
        let charset = charsets.get(name).map(String::as_str);
        Some(charset::decode(&field.data, charset, None).text)
    };
    let infos: BTreeMap<String, FileInfo> = form
        .text("attachment-info")
        .and_then(|infos| serde_json::from_str(&infos).ok())
        .unwrap_or_default();
    let files = form
        .files("attachment")
        .map(|file| {
            let info = infos.get(&file.name);
            let name = info.and_then(|info| info.filename.clone().or_else(|| info.name.clone()));
            Piece {
                name: name.or_else(|| file.file_name.clone()).unwrap_or_default(),
                content_type: info
                    .and_then(|info| info.content_type.clone())
                    .unwrap_or_else(|| file.content_type.clone()),
                content_id: info.and_then(|info| info.content_id.clone()),
                data: file.data.clone(),
            }
        })
        .collect();
    Ok(Pieces {
        headers: header_block(
            &form
                .text("headers")
                .ok_or(WebhookError::Missing("headers"))?,
        ),
        text: decoded("text"),
        html: decoded("html").filter(|html| !html.is_empty()),
        files,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::{Mail, ParseOptions};
    use super::*;

    const KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
    const SIGNATURE: &str = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=";
    const BODY: &str = "[{\"email\":\"hello@world.com\",\"event\":\"dropped\",\"reason\":\"Bounced Address\",\"sg_event_id\":\"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA\",\"sg_message_id\":\"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0\",\"smtp-id\":\"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>\",\"timestamp\":1600112492}]\r\n";

    #[test]
    fn the_signature_of_the_reference() {
        let now = Timestamp::from_second(1_600_112_600).unwrap();
        assert_eq!(BODY.len(), 327);
        let check = |key, timestamp, signature, body: &str| {
            verify(key, timestamp, signature, body.as_bytes(), now)
        };
        assert_eq!(
            check(KEY, Some("1600112502"), Some(SIGNATURE), BODY),
            Ok(())
        );
        assert_eq!(
            check(KEY, Some("1600112503"), Some(SIGNATURE), BODY),
            Err(AuthenticityError::NoMatch)
        );
        assert_eq!(
            check(KEY, Some("1600112502"), Some(SIGNATURE), BODY.trim_end()),
            Err(AuthenticityError::NoMatch)
        );
        assert_eq!(
            check(KEY, Some("1600112502"), Some("AAAA"), BODY),
            Err(AuthenticityError::NoMatch)
        );
        assert_eq!(
            check(KEY, None, Some(SIGNATURE), BODY),
            Err(AuthenticityError::Missing)
        );
        assert_eq!(
            check("AAAA", Some("1600112502"), Some(SIGNATURE), BODY),
            Err(AuthenticityError::Key)
        );
        let later = Timestamp::from_second(1_600_112_502 + TOLERANCE_SECONDS + 1).unwrap();
        assert!(matches!(
            verify(
                KEY,
                Some("1600112502"),
                Some(SIGNATURE),
                BODY.as_bytes(),
                later
            ),
            Err(AuthenticityError::OutOfTolerance(_))
        ));
    }

    #[test]
    fn a_mail_in_pieces_and_another_charset() {
        let mut body = b"--b\r\nContent-Disposition: form-data; name=\"headers\"\r\n\r\nFrom: anna@example.com\r\nMessage-ID: <1@example.com>\r\nSubject: Hi\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"envelope\"\r\n\r\n{\"to\":[\"support@in.example.com\"],\"from\":\"anna@example.com\"}\r\n--b\r\nContent-Disposition: form-data; name=\"charsets\"\r\n\r\n{\"text\":\"windows-1251\"}\r\n--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n".to_vec();
        body.extend_from_slice(&[0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]);
        body.extend_from_slice(b"\r\n--b\r\nContent-Disposition: form-data; name=\"spam_score\"\r\n\r\n5.1\r\n--b\r\nContent-Disposition: form-data; name=\"attachment-info\"\r\n\r\n{\"attachment1\":{\"filename\":\"real.txt\",\"type\":\"text/plain\"}}\r\n--b\r\nContent-Disposition: form-data; name=\"attachment1\"; filename=\"x.txt\"\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b--\r\n");
        let delivered = read(&FormData::parse("multipart/form-data; boundary=b", &body)).unwrap();
        assert_eq!(delivered.recipients, ["support@in.example.com"]);
        assert!(delivered.is_suspicious);
        let mail = Mail::parse(&delivered.raw, &ParseOptions::default());
        assert_eq!((mail.subject.as_str(), mail.text.trim()), ("Hi", "Привет"));
        assert_eq!(mail.attachments[0].name, "real.txt");
    }

    #[test]
    fn a_raw_mail() {
        let form = FormData::parse("application/x-www-form-urlencoded", b"envelope=%7B%22to%22%3A%5B%22a%40b.example%22%5D%7D&email=From%3A+x%40y.example%0A%0Ahi");
        assert_eq!(read(&form).unwrap().raw, b"From: x@y.example\n\nhi");
        assert!(read(&FormData::default()).is_err());
        let nobody = FormData::parse(
            "application/x-www-form-urlencoded",
            b"envelope=%7B%22to%22%3A%5B%5D%7D&email=x",
        );
        assert!(read(&nobody).is_err());
    }
}
