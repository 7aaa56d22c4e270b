//! Proof of a visitor's identity by the owner of the site: a hash of the user's id, or a signed token.
//!
//! Invariant: only what a secret covers is proven. A hash covers the id alone, so that a name or an address sent beside
//! it stays a claim; a token covers all its claims. Both are compared in constant time, byte for byte as they were sent.

use aws_lc_rs::{constant_time, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use super::input::{self, InputError};

/// Longest id of a user in the owner's system, in characters.
pub const USER_ID_LIMIT: usize = 128;
/// Longest lifetime of a token, in seconds: it is used once, to open a session.
pub const TOKEN_LIFETIME_LIMIT: i64 = 24 * 3600;
/// How far (seconds) the owner's clock may be behind or before ours.
pub const CLOCK_TOLERANCE: i64 = 60;
/// Longest token in bytes.
pub const TOKEN_LIMIT: usize = 8 * 1024;
/// Most attributes of a user.
const ATTRIBUTE_LIMIT: usize = 100;

/// How sure we are who somebody is. Agents see it beside the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Nobody said anything.
    Anonymous,
    /// The visitor typed it, or the page said it without proof: never joined with an existing customer.
    Claimed,
    /// Proven by the owner's secret.
    Verified,
}

/// Why an identity is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// No id, or one that is too long.
    #[error("the user's id must have 1 to 128 characters")]
    UserId,
    /// The hash is not that of the id.
    #[error("the identity hash does not match the user's id")]
    Hash,
    /// Not a token, another algorithm than HS256, or not signed by a secret of this widget.
    #[error("the token is not signed by a secret of this widget with HS256")]
    Token,
    /// Without an end, a token that leaks once would be valid for ever.
    #[error("the token has no time at which it ends (exp)")]
    NoEnd,
    /// Over.
    #[error("the token ended {0} seconds ago")]
    Expired(i64),
    /// Not yet valid.
    #[error("the token is not valid yet")]
    NotYet,
    /// Longer than [`TOKEN_LIFETIME_LIMIT`].
    #[error("the token is valid for more than 24 hours")]
    TooLong,
    /// A claim has a form that it must not have.
    #[error("the claim {field} is not valid")]
    Claim {
        /// Name of the claim.
        field: &'static str,
        /// What is wrong.
        #[source]
        source: InputError,
    },
}

/// A secret for the owner's server, from 32 random bytes. Shown once; two may be valid while one replaces the other.
pub fn new_secret(random: [u8; 32]) -> SecretString {
    URL_SAFE_NO_PAD.encode(random).into()
}

/// The hash that the owner's server puts into the page: hexadecimal HMAC-SHA256 of the user's id.
pub fn identity_hash(secret: &SecretString, user_id: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    hex::encode(hmac::sign(&key, user_id.as_bytes()))
}

/// Whether the owner's server made the hash for this id.
pub fn verify_hash(
    secrets: &[SecretString],
    user_id: &str,
    hash: &str,
) -> Result<(), IdentityError> {
    check_user_id(user_id)?;
    let hash = hash.to_ascii_lowercase();
    let mut matches = false;
    for secret in secrets {
        let expected = identity_hash(secret, user_id);
        matches |=
            constant_time::verify_slices_are_equal(expected.as_bytes(), hash.as_bytes()).is_ok();
    }
    matches.then_some(()).ok_or(IdentityError::Hash)
}

fn check_user_id(user_id: &str) -> Result<(), IdentityError> {
    let fits = (1..=USER_ID_LIMIT).contains(&user_id.chars().count());
    let clean = !user_id.chars().any(char::is_control);
    (fits && clean).then_some(()).ok_or(IdentityError::UserId)
}

/// A proven visitor.
#[derive(Clone, PartialEq, Serialize)]
pub struct VerifiedVisitor {
    /// Id in the owner's system.
    pub user_id: String,
    /// Address, in lower case.
    pub email: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Phone number as the owner wrote it.
    pub phone: Option<String>,
    /// Whatever else the owner tells, values only, no lists or objects.
    pub attributes: Map<String, Value>,
}

impl std::fmt::Debug for VerifiedVisitor {
    /// Who it is does not belong into logs.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("VerifiedVisitor")
    }
}

#[derive(Deserialize)]
struct Claims {
    #[serde(alias = "user_id", alias = "sub")]
    external_user_id: Option<Value>,
    email: Option<String>,
    name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    #[serde(alias = "phone")]
    phone_number: Option<String>,
    #[serde(default, alias = "custom_attributes")]
    contact_custom_attributes: Map<String, Value>,
    exp: Option<f64>,
    iat: Option<f64>,
    nbf: Option<f64>,
}

/// Reads the token (JWT, HS256) that the owner's server made for a user who is signed in there.
pub fn verify_token(
    secrets: &[SecretString],
    token: &str,
    now: Timestamp,
) -> Result<VerifiedVisitor, IdentityError> {
    if token.len() > TOKEN_LIMIT {
        return Err(IdentityError::Token);
    }
    // The times are checked below against the given clock; the algorithm is fixed, whatever the token says.
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let claims = secrets
        .iter()
        .find_map(|secret| {
            let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
            decode::<Claims>(token, &key, &validation).ok()
        })
        .ok_or(IdentityError::Token)?
        .claims;
    check_times(&claims, now.as_second())?;
    let user_id = match claims.external_user_id {
        Some(Value::String(text)) => text,
        Some(Value::Number(number)) => number.to_string(),
        _ => return Err(IdentityError::UserId),
    };
    check_user_id(&user_id)?;
    let field = |field, source| IdentityError::Claim { field, source };
    let name = claims.name.or_else(|| {
        let parts = [claims.first_name, claims.last_name];
        let joined = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (!joined.trim().is_empty()).then_some(joined)
    });
    let mut attributes = claims.contact_custom_attributes;
    attributes.retain(|key, value| {
        key.len() <= 64
            && match value {
                Value::String(text) => text.len() <= 1_000,
                Value::Number(_) | Value::Bool(_) => true,
                _ => false,
            }
    });
    let attributes = attributes.into_iter().take(ATTRIBUTE_LIMIT).collect();
    Ok(VerifiedVisitor {
        email: claims
            .email
            .filter(|email| !email.is_empty())
            .map(|email| input::email(&email))
            .transpose()
            .map_err(|source| field("email", source))?,
        name: name
            .map(|name| input::line(&name, input::NAME_LIMIT))
            .transpose()
            .map_err(|source| field("name", source))?,
        phone: claims
            .phone_number
            .filter(|phone| !phone.is_empty())
            .map(|phone| input::line(&phone, input::PHONE_LIMIT))
            .transpose()
            .map_err(|source| field("phone_number", source))?,
        user_id,
        attributes,
    })
}

fn check_times(claims: &Claims, now: i64) -> Result<(), IdentityError> {
    // Seconds may have a fraction; a cast of a float stays within the integers' range.
    let seconds = |time: Option<f64>| time.filter(|time| time.is_finite()).map(|time| time as i64);
    let end = seconds(claims.exp).ok_or(IdentityError::NoEnd)?;
    if end.saturating_add(CLOCK_TOLERANCE) <= now {
        return Err(IdentityError::Expired(now.saturating_sub(end)));
    }
    let starts = [seconds(claims.nbf), seconds(claims.iat)];
    if starts
        .into_iter()
        .flatten()
        .any(|start| start > now.saturating_add(CLOCK_TOLERANCE))
    {
        return Err(IdentityError::NotYet);
    }
    let start = seconds(claims.iat).unwrap_or(now);
    if end.saturating_sub(start) > TOKEN_LIFETIME_LIMIT + CLOCK_TOLERANCE {
        return Err(IdentityError::TooLong);
    }
    Ok(())
}

/// What happens to a session when its visitor proves an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Upgrade {
    /// The same person: go on.
    Keep,
    /// Was nobody until now: his conversations become the customer's, and the session gets a new token.
    Merge,
    /// Was somebody else: a fresh session, or two customers of a shared computer would read each other.
    StartFresh,
}

/// Judges a proven identity against the one that the session has.
pub fn upgrade(proven_before: Option<&str>, proven_now: &str) -> Upgrade {
    match proven_before {
        None => Upgrade::Merge,
        Some(before) if before == proven_now => Upgrade::Keep,
        Some(_) => Upgrade::StartFresh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHRlcm5hbF91c2VyX2lkIjoidXNlci00MiIsImVtYWlsIjoiYW5uYUBleGFtcGxlLnRlc3QiLCJleHAiOjE4OTM0NTYwMDB9.SRnLBQgUE2Bq7jcjk3t6q1eqR5_FL9yR9Mx34ql4ejY";
    const KEY: &str = "test-widget-secret-0123456789abcdef";
    const END: i64 = 1_893_456_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn hashes() {
        for (key, id, hash) in [
            (
                "test-widget-secret",
                "user-42",
                "9837a551a8655185563445299b4f41094c42a05caf353703d92a83c406a9e855",
            ),
            (
                "test-widget-secret",
                "пользователь-42",
                "691b1da1d0292fd39b171755a495ef4271cd2af281597ffa2e40bc9df14031c6",
            ),
            (
                "intercom_secret",
                "12345",
                "d6f87a1daf0953249db8cc03a120e3dd04b308dec907466b1151a3bd4e01c08a",
            ),
        ] {
            let secrets = ["the old one".into(), key.into()];
            assert_eq!(verify_hash(&secrets, id, hash), Ok(()));
            assert_eq!(verify_hash(&secrets, id, &hash.to_uppercase()), Ok(()));
            for other in [format!("{id} "), id.to_uppercase() + "x"] {
                assert_eq!(
                    verify_hash(&secrets, &other, hash),
                    Err(IdentityError::Hash)
                );
            }
            assert_eq!(
                verify_hash(&secrets[..1], id, hash),
                Err(IdentityError::Hash)
            );
            assert_eq!(verify_hash(&secrets, id, ""), Err(IdentityError::Hash));
        }
        assert_eq!(verify_hash(&[], "", ""), Err(IdentityError::UserId));
        assert_eq!(
            verify_hash(&[], &"a".repeat(129), ""),
            Err(IdentityError::UserId)
        );
    }

    #[test]
    fn the_token_of_the_reference() {
        let secrets = ["the old one".into(), KEY.into()];
        let visitor = verify_token(&secrets, TOKEN, at(END - 3600)).unwrap();
        assert_eq!(visitor.user_id, "user-42");
        assert_eq!(visitor.email.as_deref(), Some("anna@example.test"));
        assert_eq!(
            verify_token(&secrets, TOKEN, at(END + 59)).map(|_| ()),
            Ok(())
        );
        assert_eq!(
            verify_token(&secrets, TOKEN, at(END + 60)).unwrap_err(),
            IdentityError::Expired(60)
        );
        assert_eq!(
            verify_token(&secrets, TOKEN, at(END - 90_000)).unwrap_err(),
            IdentityError::TooLong
        );
        assert_eq!(
            verify_token(&secrets[..1], TOKEN, at(END - 1)).unwrap_err(),
            IdentityError::Token
        );
        let mut changed = TOKEN.to_owned();
        changed.replace_range(60..61, "A");
        assert_eq!(
            verify_token(&secrets, &changed, at(END - 1)).unwrap_err(),
            IdentityError::Token
        );
    }

    /// A token with this header and these claims, signed by the key.
    fn token(header: &str, claims: &Value) -> String {
        let content = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, content.as_bytes()));
        format!("{content}.{signature}")
    }

    const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

    fn read(claims: Value) -> Result<VerifiedVisitor, IdentityError> {
        verify_token(&[KEY.into()], &token(HEADER, &claims), at(1_000_000))
    }

    #[test]
    fn algorithms_are_not_chosen_by_the_token() {
        let claims = serde_json::json!({ "user_id": "1", "exp": 1_000_100 });
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"None"}"#,
            r#"{"alg":"HS384"}"#,
            r#"{"alg":"RS256"}"#,
            r#"{"alg":"ES256"}"#,
            "{}",
        ] {
            let result = verify_token(&[KEY.into()], &token(header, &claims), at(1_000_000));
            assert_eq!(result.unwrap_err(), IdentityError::Token, "{header}");
        }
        let unsigned = token(HEADER, &claims)
            .rsplit_once('.')
            .unwrap()
            .0
            .to_owned();
        for text in [
            "",
            ".",
            "..",
            "a.b.c",
            &unsigned,
            &format!("{unsigned}."),
            &"a".repeat(9_000),
        ] {
            assert_eq!(
                verify_token(&[KEY.into()], text, at(1_000_000)).unwrap_err(),
                IdentityError::Token
            );
        }
    }

    #[test]
    fn times() {
        assert_eq!(
            read(serde_json::json!({ "user_id": "1" })).unwrap_err(),
            IdentityError::NoEnd
        );
        assert!(read(serde_json::json!({ "user_id": "1", "exp": 1_000_100.5 })).is_ok());
        assert!(read(serde_json::json!({ "user_id": "1", "exp": 1_086_400 })).is_ok());
        assert_eq!(
            read(serde_json::json!({ "user_id": "1", "exp": 1_086_500 })).unwrap_err(),
            IdentityError::TooLong
        );
        assert_eq!(
            read(serde_json::json!({ "user_id": "1", "exp": 1e300 })).unwrap_err(),
            IdentityError::TooLong
        );
        assert_eq!(
            read(serde_json::json!({ "user_id": "1", "exp": 1_000_100, "iat": 900_000 }))
                .unwrap_err(),
            IdentityError::TooLong
        );
        assert_eq!(
            read(serde_json::json!({ "user_id": "1", "exp": 1_000_100, "iat": 1_000_061 }))
                .unwrap_err(),
            IdentityError::NotYet
        );
        assert_eq!(
            read(serde_json::json!({ "user_id": "1", "exp": 1_000_100, "nbf": 1_000_061 }))
                .unwrap_err(),
            IdentityError::NotYet
        );
    }

    #[test]
    fn claims() {
        let visitor = read(serde_json::json!({
            "external_user_id": 42, "email": "Anna@Example.TEST", "first_name": "Anna", "last_name": "Petrova",
            "phone_number": "+7 900 000-00-00", "exp": 1_000_100, "aud": "anything",
            "contact_custom_attributes": { "plan": "pro", "seats": 3, "nested": { "a": 1 }, "long": "x".repeat(2_000) }
        }))
        .unwrap();
        assert_eq!(visitor.user_id, "42");
        assert_eq!(visitor.email.as_deref(), Some("anna@example.test"));
        assert_eq!(visitor.name.as_deref(), Some("Anna Petrova"));
        assert_eq!(
            Value::Object(visitor.attributes.clone()),
            serde_json::json!({ "plan": "pro", "seats": 3 })
        );
        assert_eq!(format!("{visitor:?}"), "VerifiedVisitor");
        assert_eq!(
            read(serde_json::json!({ "exp": 1_000_100 })).unwrap_err(),
            IdentityError::UserId
        );
        assert_eq!(
            read(serde_json::json!({ "user_id": "a\nb", "exp": 1_000_100 })).unwrap_err(),
            IdentityError::UserId
        );
        assert!(matches!(
            read(serde_json::json!({ "user_id": "1", "email": "no address", "exp": 1_000_100 })),
            Err(IdentityError::Claim { field: "email", .. })
        ));
    }

    #[test]
    fn a_session_changes_hands_never() {
        assert_eq!(upgrade(None, "42"), Upgrade::Merge);
        assert_eq!(upgrade(Some("42"), "42"), Upgrade::Keep);
        assert_eq!(upgrade(Some("41"), "42"), Upgrade::StartFresh);
    }

    #[test]
    fn secrets_are_long() {
        assert_eq!(new_secret([7; 32]).expose_secret().len(), 43);
    }
}
