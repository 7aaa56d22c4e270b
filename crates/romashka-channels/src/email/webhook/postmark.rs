//! Postmark's inbound webhook (JSON).
//!
//! Postmark signs nothing: the webhook's URL holds a user name and a password. An answer of 403 stops its retries, any
//! other but 200 is tried again for ten hours.

use aws_lc_rs::constant_time;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::assemble::{Piece, Pieces};
use super::{AuthenticityError, DeliveredMail, WebhookError};

/// Whether `Authorization` holds the user name and the password of the webhook's URL.
pub fn verify(
    authorization: Option<&str>,
    user: &str,
    password: &SecretString,
) -> Result<(), AuthenticityError> {
    let given = authorization.ok_or(AuthenticityError::Missing)?;
    let (scheme, encoded) = given
        .trim()
        .split_once(' ')
        .ok_or(AuthenticityError::NoMatch)?;
    let decoded = STANDARD
        .decode(encoded.trim())
        .map_err(|_| AuthenticityError::NoMatch)?;
    let expected = format!("{user}:{}", password.expose_secret());
    let matches = scheme.eq_ignore_ascii_case("basic")
        && !password.expose_secret().is_empty()
        && constant_time::verify_slices_are_equal(expected.as_bytes(), &decoded).is_ok();
    matches.then_some(()).ok_or(AuthenticityError::NoMatch)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inbound {
    #[serde(rename = "MessageID")]
    message_id: Option<String>,
    original_recipient: Option<String>,
    from: Option<String>,
    to: Option<String>,
    cc: Option<String>,
    subject: Option<String>,
    date: Option<String>,
    text_body: Option<String>,
    html_body: Option<String>,
    #[serde(default)]
    headers: Vec<Header>,
    #[serde(default)]
    attachments: Vec<Attachment>,
    raw_email: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attachment {
    name: Option<String>,
    /// `Data` in Postmark's own test.
    #[serde(alias = "Data")]
    content: Option<String>,
    content_type: Option<String>,
    #[serde(rename = "ContentID")]
    content_id: Option<String>,
}

/// Reads a request. The raw mail is used when the server is set to send it.
pub fn read(body: &[u8]) -> Result<DeliveredMail, WebhookError> {
    let inbound: Inbound = serde_json::from_slice(body)?;
    let value_of = |name: &str| {
        inbound
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.clone())
    };
    let recipient = inbound
        .original_recipient
        .clone()
        .filter(|address| !address.is_empty());
    let envelope_from =
        value_of("Return-Path").map(|path| path.trim().trim_matches(['<', '>']).to_owned());
    let is_suspicious =
        value_of("X-Spam-Status").is_some_and(|status| status.trim_start().starts_with("Yes"));
    let raw = match &inbound.raw_email {
        Some(raw) if !raw.is_empty() => raw.clone().into_bytes(),
        _ => pieces(&inbound).assemble(),
    };
    Ok(DeliveredMail {
        provider_id: inbound.message_id.clone(),
        envelope_from,
        recipients: vec![recipient.ok_or(WebhookError::Missing("OriginalRecipient"))?],
        raw,
        is_suspicious,
    })
}

/// The addresses and the subject are not among the headers.
fn pieces(inbound: &Inbound) -> Pieces {
    let mut headers: Vec<(String, String)> = inbound
        .headers
        .iter()
        .map(|header| (header.name.clone(), header.value.clone()))
        .collect();
    for (name, value) in [
        ("From", &inbound.from),
        ("To", &inbound.to),
        ("Cc", &inbound.cc),
        ("Subject", &inbound.subject),
        ("Date", &inbound.date),
    ] {
        let present = headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name));
        if let (false, Some(value)) = (present, value)
            && !value.is_empty()
        {
            headers.push((name.to_owned(), value.clone()));
        }
    }
    let files = inbound
        .attachments
        .iter()
        .map(|file| Piece {
            name: file.name.clone().unwrap_or_default(),
            content_type: file.content_type.clone().unwrap_or_default(),
            content_id: file.content_id.clone().filter(|id| !id.is_empty()),
            data: super::super::mime::decode_base64(
                file.content.clone().unwrap_or_default().as_bytes(),
            ),
        })
        .collect();
    Pieces {
        headers,
        text: inbound.text_body.clone(),
        html: inbound.html_body.clone().filter(|html| !html.is_empty()),
        files,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Mail, ParseOptions};
    use super::*;

    #[test]
    fn a_mail_in_pieces() {
        let body = r#"{"From":"anna@example.com","FromName":"Anna","To":"\"Support\" <support+token@in.example.com>","OriginalRecipient":"support+token@in.example.com","Subject":"Hi","MessageID":"22c74902","Date":"Thu, 5 Apr 2012 16:59:01 +0200","TextBody":"Hello","HtmlBody":"","MailboxHash":"token","Headers":[{"Name":"Return-Path","Value":"<anna@example.com>"},{"Name":"Message-ID","Value":"<1@example.com>"},{"Name":"X-Spam-Status","Value":"Yes, score=9"}],"Attachments":[{"Name":"a.txt","Content":"aGk=","ContentType":"text/plain","ContentLength":2}],"Unknown":{}}"#;
        let delivered = read(body.as_bytes()).unwrap();
        assert_eq!(delivered.provider_id.as_deref(), Some("22c74902"));
        assert_eq!(delivered.envelope_from.as_deref(), Some("anna@example.com"));
        assert_eq!(delivered.recipients, ["support+token@in.example.com"]);
        assert!(delivered.is_suspicious);
        let mail = Mail::parse(&delivered.raw, &ParseOptions::default());
        assert_eq!(mail.message_id.as_deref(), Some("1@example.com"));
        assert_eq!((mail.subject.as_str(), mail.text.trim()), ("Hi", "Hello"));
        assert_eq!(mail.attachments[0].data, b"hi");
        assert_eq!(mail.from[0].address, "anna@example.com");
    }

    #[test]
    fn a_raw_mail() {
        let delivered =
            read(br#"{"OriginalRecipient":"a@b.example","RawEmail":"From: x@y.example\n\nhi"}"#)
                .unwrap();
        assert_eq!(delivered.raw, b"From: x@y.example\n\nhi");
        assert!(read(b"{}").is_err());
        assert!(read(b"[").is_err());
    }

    #[test]
    fn passwords() {
        let password = "secret".into();
        let header = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert_eq!(
            verify(Some(&header("hook:secret")), "hook", &password),
            Ok(())
        );
        for given in [
            header("hook:wrong"),
            header("hook:"),
            header("x:secret"),
            "Bearer x".to_owned(),
            String::new(),
        ] {
            assert_eq!(
                verify(Some(&given), "hook", &password),
                Err(AuthenticityError::NoMatch)
            );
        }
        assert_eq!(
            verify(None, "hook", &password),
            Err(AuthenticityError::Missing)
        );
        assert_eq!(
            verify(Some(&header("hook:")), "hook", &"".into()),
            Err(AuthenticityError::NoMatch)
        );
    }
}
