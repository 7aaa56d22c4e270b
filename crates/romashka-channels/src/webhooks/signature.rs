//! Signatures of Standard Webhooks 1.0.
//!
//! Invariant: what is signed is `id.timestamp.body` over the raw bytes of the body; a signature is compared in constant
//! time, and one that matches is enough, so that a secret can be exchanged without losing a delivery.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use aws_lc_rs::{constant_time, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use thiserror::Error;

use super::secret::{PrivateKey, PublicKey, Secret};

/// Name of the header with the id of the message: the receiver's idempotency key.
pub const ID_HEADER: &str = "webhook-id";
/// Name of the header with the time of the attempt, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// Name of the header with the signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";
/// How far (seconds) a timestamp may be from the receiver's clock, in both directions.
pub const TOLERANCE_SECONDS: i64 = 300;

/// A key to sign with.
#[derive(Debug)]
pub enum SigningKey {
    /// `v1`: HMAC-SHA256.
    Secret(Secret),
    /// `v1a`: Ed25519.
    Private(PrivateKey),
}

/// A key to verify with.
#[derive(Debug)]
pub enum VerifyingKey {
    /// `v1`: HMAC-SHA256.
    Secret(Secret),
    /// `v1a`: Ed25519.
    Public(PublicKey),
}

/// Why a delivery could not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignError {
    /// A dot, a blank or a character outside of ASCII would make the signed content ambiguous.
    #[error("the id of a webhook is one to 256 letters, digits, `_` or `-`")]
    Id,
    /// Without a key there is nothing to verify.
    #[error("a webhook is signed by at least one key")]
    NoKey,
}

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// One of the three headers is missing or empty.
    #[error("the header {0} is missing")]
    MissingHeader(&'static str),
    /// The timestamp is not an integer.
    #[error("the timestamp is not a number of seconds")]
    Timestamp,
    /// Too old or from the future: perhaps a replay.
    #[error("the timestamp is {0} seconds away from now")]
    OutOfTolerance(i64),
    /// No signature fits any key.
    #[error("no signature matches")]
    NoMatch,
}

/// The three headers as they arrived.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReceivedHeaders<'a> {
    /// `webhook-id`.
    pub id: Option<&'a str>,
    /// `webhook-timestamp`.
    pub timestamp: Option<&'a str>,
    /// `webhook-signature`.
    pub signature: Option<&'a str>,
}

/// Value of `webhook-signature` for one attempt: one signature for each key, the newest key first. The timestamp is
/// that of the attempt, in seconds since 1970; the id stays the same through all attempts.
pub fn sign(
    id: &str,
    timestamp: i64,
    body: &[u8],
    keys: &[SigningKey],
) -> Result<String, SignError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if id.is_empty() || id.len() > 256 || !id.bytes().all(plain) {
        return Err(SignError::Id);
    }
    if keys.is_empty() {
        return Err(SignError::NoKey);
    }
    let content = signed_content(id, &timestamp.to_string(), body);
    let signatures: Vec<String> = keys
        .iter()
        .map(|key| match key {
            SigningKey::Secret(secret) => {
                format!(
                    "v1,{}",
                    STANDARD.encode(authentication_code(secret, &content))
                )
            }
            SigningKey::Private(private) => {
                format!("v1a,{}", STANDARD.encode(private.sign(&content)))
            }
        })
        .collect();
    Ok(signatures.join(" "))
}

/// Whether a delivery was sent by the owner of one of the keys, and now.
pub fn verify(
    headers: ReceivedHeaders<'_>,
    body: &[u8],
    keys: &[VerifyingKey],
    now: Timestamp,
) -> Result<(), VerifyError> {
    let present = |value: Option<&'_ str>, name| match value {
        Some(value) if !value.is_empty() => Ok(()),
        _ => Err(VerifyError::MissingHeader(name)),
    };
    present(headers.id, ID_HEADER)?;
    present(headers.timestamp, TIMESTAMP_HEADER)?;
    present(headers.signature, SIGNATURE_HEADER)?;
    let timestamp = headers.timestamp.unwrap_or_default();
    let seconds: i64 = timestamp.parse().map_err(|_| VerifyError::Timestamp)?;
    let distance = now.as_second().saturating_sub(seconds);
    if distance.unsigned_abs() > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(VerifyError::OutOfTolerance(distance));
    }
    let content = signed_content(headers.id.unwrap_or_default(), timestamp, body);
    let matches = headers
        .signature
        .unwrap_or_default()
        .split(' ')
        .filter_map(|entry| entry.split_once(','))
        .filter_map(|(version, encoded)| Some((version, STANDARD.decode(encoded).ok()?)))
        .any(|(version, signature)| {
            keys.iter().any(|key| match (version, key) {
                ("v1", VerifyingKey::Secret(secret)) => constant_time::verify_slices_are_equal(
                    authentication_code(secret, &content).as_ref(),
                    &signature,
                )
                .is_ok(),
                ("v1a", VerifyingKey::Public(public)) => {
                    UnparsedPublicKey::new(&ED25519, public.bytes())
                        .verify(&content, &signature)
                        .is_ok()
                }
                _ => false,
            })
        });
    matches.then_some(()).ok_or(VerifyError::NoMatch)
}

fn signed_content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(id.len() + timestamp.len() + body.len() + 2);
    content.extend_from_slice(id.as_bytes());
    content.push(b'.');
    content.extend_from_slice(timestamp.as_bytes());
    content.push(b'.');
    content.extend_from_slice(body);
    content
}

fn authentication_code(secret: &Secret, content: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.bytes()), content)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID_A: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY_A: &[u8] = br#"{"test": 2432232314}"#;
    const TIME_A: i64 = 1_614_265_330;
    const FIRST: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SECOND: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const PRIVATE: &str = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
    const OFFICIAL: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secret(text: &str) -> SigningKey {
        SigningKey::Secret(Secret::parse(text).unwrap())
    }

    fn check(
        signature: &str,
        id: &str,
        timestamp: &str,
        body: &[u8],
        now: i64,
    ) -> Result<(), VerifyError> {
        verify(
            ReceivedHeaders {
                id: Some(id),
                timestamp: Some(timestamp),
                signature: Some(signature),
            },
            body,
            &[
                VerifyingKey::Secret(Secret::parse(FIRST).unwrap()),
                VerifyingKey::Public(PrivateKey::parse(PRIVATE).unwrap().public_key()),
            ],
            Timestamp::from_second(now).unwrap(),
        )
    }

    #[test]
    fn vectors_of_the_standard() {
        let id_b = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
        let body_b = br#"{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z","data":{"id":"1f81eb52-5198-4599-803e-771906343485"}}"#;
        let private = SigningKey::Private(PrivateKey::parse(PRIVATE).unwrap());
        for (id, time, body, key, expected) in [
            (ID_A, TIME_A, BODY_A, secret(FIRST), OFFICIAL),
            (
                ID_A,
                TIME_A,
                BODY_A,
                secret(SECOND),
                "v1,78nXHjpFP0tVJQW5D0SBwmVyyW87BV/rL6MgfM/Bw44=",
            ),
            (
                ID_A,
                TIME_A,
                BODY_A,
                private,
                "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
            ),
            (
                id_b,
                1_674_087_231,
                body_b,
                secret(FIRST),
                "v1,ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bQ=",
            ),
            (
                id_b,
                1_674_087_231,
                body_b,
                secret(SECOND),
                "v1,Inw/unYkpAh6Njpdz4O+hnN82xYMXQ6NjnZIQN/mzIQ=",
            ),
        ] {
            assert_eq!(sign(id, time, body, &[key]).unwrap(), expected);
        }
    }

    #[test]
    fn both_secrets_sign_while_one_replaces_the_other() {
        let signature = sign(ID_A, TIME_A, BODY_A, &[secret(SECOND), secret(FIRST)]).unwrap();
        assert_eq!(
            signature,
            format!("v1,78nXHjpFP0tVJQW5D0SBwmVyyW87BV/rL6MgfM/Bw44= {OFFICIAL}")
        );
        assert_eq!(
            check(&signature, ID_A, "1614265330", BODY_A, TIME_A),
            Ok(())
        );
    }

    #[test]
    fn what_is_believed_and_what_is_not() {
        let own = |now| check(OFFICIAL, ID_A, "1614265330", BODY_A, now);
        assert_eq!(own(TIME_A), Ok(()));
        assert_eq!(own(TIME_A + 300), Ok(()));
        assert_eq!(own(TIME_A - 300), Ok(()));
        assert_eq!(own(TIME_A + 301), Err(VerifyError::OutOfTolerance(301)));
        assert_eq!(own(TIME_A - 301), Err(VerifyError::OutOfTolerance(-301)));
        let other = |signature: &str, id: &str, body: &[u8]| {
            check(signature, id, "1614265330", body, TIME_A)
        };
        assert_eq!(
            other(OFFICIAL, ID_A, br#"{"test": 2432232315}"#),
            Err(VerifyError::NoMatch)
        );
        assert_eq!(
            other(OFFICIAL, "msg_other", BODY_A),
            Err(VerifyError::NoMatch)
        );
        assert_eq!(
            other(&OFFICIAL[3..], ID_A, BODY_A),
            Err(VerifyError::NoMatch)
        );
        assert_eq!(
            other(&OFFICIAL.replace("v1,", "v2,"), ID_A, BODY_A),
            Err(VerifyError::NoMatch)
        );
        assert_eq!(
            other(&OFFICIAL.replace("v1,", "v1a,"), ID_A, BODY_A),
            Err(VerifyError::NoMatch)
        );
        let foreign = "v1,78nXHjpFP0tVJQW5D0SBwmVyyW87BV/rL6MgfM/Bw44=";
        assert_eq!(other(foreign, ID_A, BODY_A), Err(VerifyError::NoMatch));
        let asymmetric = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
        assert_eq!(other(asymmetric, ID_A, BODY_A), Ok(()));
        let listed =
            format!("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v9,x,y v1, {OFFICIAL}");
        assert_eq!(other(&listed, ID_A, BODY_A), Ok(()));
        assert_eq!(
            check(OFFICIAL, ID_A, "soon", BODY_A, TIME_A),
            Err(VerifyError::Timestamp)
        );
        assert_eq!(
            check(OFFICIAL, ID_A, "-9223372036854775808", BODY_A, TIME_A),
            Err(VerifyError::OutOfTolerance(i64::MAX))
        );
        for missing in [ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER] {
            let unless = |name, value| (name != missing).then_some(value);
            let headers = ReceivedHeaders {
                id: unless(ID_HEADER, ID_A),
                timestamp: unless(TIMESTAMP_HEADER, "1614265330"),
                signature: unless(SIGNATURE_HEADER, OFFICIAL),
            };
            let answer = verify(
                headers,
                BODY_A,
                &[],
                Timestamp::from_second(TIME_A).unwrap(),
            );
            assert_eq!(answer, Err(VerifyError::MissingHeader(missing)));
        }
    }

    #[test]
    fn ambiguous_ids_and_no_keys_are_refused() {
        for id in ["", "msg.1", "msg 1", "msg_é", &"a".repeat(257)] {
            assert_eq!(
                sign(id, 0, b"", &[secret(FIRST)]),
                Err(SignError::Id),
                "{id}"
            );
        }
        assert_eq!(sign(ID_A, 0, b"", &[]), Err(SignError::NoKey));
    }
}
