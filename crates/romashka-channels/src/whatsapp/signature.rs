//! Whether Meta sent a webhook, and whether it is Meta that sets one up.
//!
//! Invariant: comparisons take the same time whatever is wrong. The signature covers the bytes as they came; it is checked
//! before anything reads them. A channel without a secret believes nobody.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Name of the header with the signature. The older `X-Hub-Signature` is SHA-1 and is not read.
pub const SIGNATURE_HEADER: &str = "X-Hub-Signature-256";

/// Why a webhook is refused. The answer is 401 for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No header.
    #[error("the request carries no X-Hub-Signature-256")]
    Missing,
    /// The header came more than once.
    #[error("the request carries more than one X-Hub-Signature-256")]
    Repeated,
    /// Not `sha256=` and 64 hexadecimal digits.
    #[error("X-Hub-Signature-256 is not sha256= and 64 hexadecimal digits")]
    Malformed,
    /// The channel has no app secret.
    #[error("the channel has no app secret to check the signature with")]
    NoSecret,
    /// Made with another secret, or over other bytes.
    #[error("the signature does not belong to this body and app secret")]
    Mismatch,
}

/// Checks the signature of a webhook: HMAC-SHA256 over the raw body, keyed with the app secret.
///
/// `headers` are all values of [`SIGNATURE_HEADER`]. More than one secret is given while one is being replaced.
pub fn verify<'header>(
    headers: impl IntoIterator<Item = &'header [u8]>,
    body: &[u8],
    app_secrets: &[SecretString],
) -> Result<(), SignatureError> {
    let mut headers = headers.into_iter();
    let header = headers.next().ok_or(SignatureError::Missing)?;
    if headers.next().is_some() {
        return Err(SignatureError::Repeated);
    }
    let mut given = [0_u8; 32];
    header
        .strip_prefix(b"sha256=")
        .and_then(|digits| hex::decode_to_slice(digits, &mut given).ok())
        .ok_or(SignatureError::Malformed)?;
    // Anybody can sign with the empty secret.
    let mut usable = app_secrets
        .iter()
        .map(ExposeSecret::expose_secret)
        .filter(|secret| !secret.trim().is_empty())
        .peekable();
    if usable.peek().is_none() {
        return Err(SignatureError::NoSecret);
    }
    for secret in usable {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
            continue;
        };
        mac.update(body);
        if mac.verify_slice(&given).is_ok() {
            return Ok(());
        }
    }
    Err(SignatureError::Mismatch)
}

/// Why the set-up of a webhook is refused. The answer is 403 for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// `hub.mode` is not `subscribe`.
    #[error("hub.mode is not subscribe")]
    Mode,
    /// The verify token is not ours.
    #[error("hub.verify_token is not the token of this channel")]
    Token,
    /// There is nothing to answer with, or something that is no challenge.
    #[error("hub.challenge is missing, too long or not plain text")]
    Challenge,
    /// A parameter came more than once.
    #[error("a parameter came more than once")]
    Repeated,
}

/// Longest challenge that is sent back; those of Meta have about ten digits.
const CHALLENGE_LIMIT: usize = 256;

/// Answers the set-up of a webhook: the text that is sent back as `text/plain` with status 200.
///
/// `query` is the raw query string. The dots belong to the names of the parameters.
pub fn answer_handshake(
    query: &str,
    verify_token: &SecretString,
) -> Result<String, HandshakeError> {
    let mut mode = None;
    let mut token = None;
    let mut challenge = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let place = match name.as_ref() {
            "hub.mode" => &mut mode,
            "hub.verify_token" => &mut token,
            "hub.challenge" => &mut challenge,
            _ => continue,
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(HandshakeError::Repeated);
        }
    }
    if mode.as_deref() != Some("subscribe") {
        return Err(HandshakeError::Mode);
    }
    let expected = verify_token.expose_secret();
    // Digests, so that the length of the token does not show either.
    let same = Sha256::digest(token.as_deref().unwrap_or_default())
        .as_slice()
        .ct_eq(Sha256::digest(expected).as_slice());
    if expected.is_empty() || !bool::from(same) {
        return Err(HandshakeError::Token);
    }
    challenge
        .filter(|text| {
            (1..=CHALLENGE_LIMIT).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_graphic())
                && !text.contains(['<', '>', '&', '"', '\''])
        })
        .ok_or(HandshakeError::Challenge)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELIVERED: &[u8] = br#"{"object":"whatsapp_business_account","entry":[{"id":"264937493375603","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550953877","phone_number_id":"277321005464405"},"contacts":[{"profile":{"name":"PyWa Tests"},"wa_id":"972544401243"}],"messages":[{"from":"972544401243","id":"wamid.HBgMOTcyNTQ0NDAxMjQzFQIAEhggM0RFQTNCMEEwRTY3QzUwODYzMDc4NjQ4QzM4ODAxM0YA","timestamp":"1730231903","text":{"body":"Hey there! I am using PyWa."},"type":"text"}]},"field":"messages"}]}]}"#;
    const DELIVERED_SECRET: &str = "1222e786b144d0e85b9f365372d93676";
    const DELIVERED_HEADER: &str =
        "sha256=54edfa1d7259e0eb13c677cc7d73d1b5c86cfa12433d19156e058ab9251bc441";
    const ESCAPED: &[u8] = br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messages":[{"id":"wamid.A","type":"text","text":{"body":"\u041f\u0440\u0438\u0432\u0435\u0442 \ud83d\ude00 a\/b"}}]}}]}]}"#;
    const ESCAPED_HEADER: &str =
        "sha256=7066a08e249de625b0369f32d6b04ab0dc9b1ed5025c046e8a4094095d0dfe5b";
    const RESERIALISED_HEADER: &str =
        "sha256=6bb2fdb393f9c27c144a57159e4f2aedf7ff4c8641246c7a5f44107758ad4199";

    fn secrets(list: &[&str]) -> Vec<SecretString> {
        list.iter().map(|text| SecretString::from(*text)).collect()
    }

    fn check(header: &str, body: &[u8], list: &[&str]) -> Result<(), SignatureError> {
        verify([header.as_bytes()], body, &secrets(list))
    }

    #[test]
    fn vectors_hold() {
        assert_eq!(DELIVERED.len(), 511);
        assert_eq!(
            check(DELIVERED_HEADER, DELIVERED, &[DELIVERED_SECRET]),
            Ok(())
        );
        assert_eq!(ESCAPED.len(), 219);
        assert_eq!(check(ESCAPED_HEADER, ESCAPED, &["app-secret-test"]), Ok(()));
        let value: serde_json::Value = serde_json::from_slice(ESCAPED).expect("JSON");
        assert_eq!(
            check(RESERIALISED_HEADER, ESCAPED, &["app-secret-test"]),
            Err(SignatureError::Mismatch)
        );
        assert_eq!(
            check(
                ESCAPED_HEADER,
                value.to_string().as_bytes(),
                &["app-secret-test"]
            ),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn two_secrets_hold_while_one_is_replaced() {
        for list in [["new", "app-secret-test"], ["app-secret-test", "new"]] {
            assert_eq!(check(ESCAPED_HEADER, ESCAPED, &list), Ok(()));
        }
        assert_eq!(
            check(ESCAPED_HEADER, ESCAPED, &["new", "newer"]),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn nothing_else_is_believed() {
        let list = ["app-secret-test"];
        let none: [&[u8]; 0] = [];
        assert_eq!(
            verify(none, ESCAPED, &secrets(&list)),
            Err(SignatureError::Missing)
        );
        assert_eq!(
            verify(
                [ESCAPED_HEADER.as_bytes(), ESCAPED_HEADER.as_bytes()],
                ESCAPED,
                &secrets(&list)
            ),
            Err(SignatureError::Repeated)
        );
        let digits = &ESCAPED_HEADER["sha256=".len()..];
        for header in [
            "",
            "sha256=",
            digits,
            &format!("sha1={digits}"),
            &format!("SHA256={digits}"),
            &format!("sha256={digits}00"),
            &format!("sha256={}", &digits[2..]),
            &format!("sha256= {digits}"),
            &format!("sha256={}zz", &digits[2..]),
            &format!("{ESCAPED_HEADER},{ESCAPED_HEADER}"),
        ] {
            assert_eq!(
                check(header, ESCAPED, &list),
                Err(SignatureError::Malformed),
                "{header}"
            );
        }
        let mut changed = ESCAPED.to_vec();
        changed.push(b'\n');
        assert_eq!(
            check(ESCAPED_HEADER, &changed, &list),
            Err(SignatureError::Mismatch)
        );
        assert_eq!(
            check(ESCAPED_HEADER, b"", &list),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn a_channel_without_secret_believes_nobody() {
        // HMAC-SHA256 of the empty text with the empty key, which anybody can make.
        let header = "sha256=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
        for list in [&[][..], &[""], &["  "]] {
            assert_eq!(check(header, b"", list), Err(SignatureError::NoSecret));
        }
    }

    #[test]
    fn the_handshake_is_answered_with_the_challenge() {
        let token = SecretString::from("tök en");
        let answer = |query: &str| answer_handshake(query, &token);
        assert_eq!(
            answer("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=t%C3%B6k+en"),
            Ok("1158201444".to_owned())
        );
        for (query, expected) in [
            ("", HandshakeError::Mode),
            (
                "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=t%C3%B6k%20en",
                HandshakeError::Mode,
            ),
            (
                "hub[mode]=subscribe&hub.challenge=1&hub.verify_token=t%C3%B6k%20en",
                HandshakeError::Mode,
            ),
            (
                "hub.mode=subscribe&hub.challenge=1&hub.verify_token=tok",
                HandshakeError::Token,
            ),
            ("hub.mode=subscribe&hub.challenge=1", HandshakeError::Token),
            (
                "hub.mode=subscribe&hub.verify_token=t%C3%B6k%20en",
                HandshakeError::Challenge,
            ),
            (
                "hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=t%C3%B6k%20en",
                HandshakeError::Challenge,
            ),
            (
                "hub.mode=subscribe&hub.challenge=1&hub.challenge=2&hub.verify_token=t%C3%B6k%20en",
                HandshakeError::Repeated,
            ),
        ] {
            assert_eq!(answer(query), Err(expected), "{query}");
        }
        assert_eq!(
            answer_handshake(
                "hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
                &SecretString::from("")
            ),
            Err(HandshakeError::Token)
        );
    }
}
