//! What a provider says about a person, and whether it is the provider who says so (OpenID Connect Core 1.0, section 3.1.3.7).
//!
//! Invariants: the algorithm is one of ours, asymmetric, and fits the published key; a token is for this client, for this
//! login (its nonce), and from this hour; of a token that fails nothing is used.

use jiff::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Seconds by which clocks may differ.
const SKEW: u64 = 60;
/// Seconds within which a token must have been made.
const LONGEST_AGE: i64 = 600;
/// Longest token that is looked at.
const LONGEST: usize = 16 * 1024;

const ALGORITHMS: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Why a token is not believed. For the log: the caller is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No token, or one of another form.
    #[error("it is no token")]
    Form,
    /// An algorithm that is not ours, or that does not fit the key.
    #[error("its algorithm is not accepted")]
    Algorithm,
    /// Published by nobody.
    #[error("its key is not published")]
    Key,
    /// Signature, issuer, audience or times.
    #[error("signature, issuer, audience or times do not fit")]
    Refused,
    /// For another party.
    #[error("it was made for another client")]
    Party,
    /// Of another login.
    #[error("its nonce belongs to another login")]
    Nonce,
    /// Too old, or from the future.
    #[error("it was not made just now")]
    Age,
    /// Of another access token.
    #[error("it belongs to another access token")]
    AccessToken,
}

/// The claims that are used.
#[derive(Debug, Deserialize)]
pub struct Claims {
    /// The person.
    pub sub: String,
    aud: Value,
    azp: Option<String>,
    iat: f64,
    nonce: Option<String>,
    at_hash: Option<String>,
    /// The person's address.
    pub email: Option<String>,
    email_verified: Option<Value>,
    /// The person's name.
    pub name: Option<String>,
}

/// Some providers write the flag as a text.
pub fn is_true(flag: Option<&Value>) -> bool {
    matches!(flag, Some(Value::Bool(true))) || flag.and_then(Value::as_str) == Some("true")
}

impl Claims {
    /// Whether the provider has verified the address.
    pub fn is_email_verified(&self) -> bool {
        is_true(self.email_verified.as_ref())
    }
}

/// What a token must fit.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// Us.
    pub client_id: &'a str,
    /// Of this login.
    pub nonce: &'a str,
    /// What came with it.
    pub access_token: Option<&'a str>,
    /// Now.
    pub now: Timestamp,
}

/// The id of the key that signed a token, the empty one when it names none; its algorithm is one of ours.
pub fn key_id(token: &str) -> Result<String, TokenError> {
    if token.len() > LONGEST {
        return Err(TokenError::Form);
    }
    // `none` and what else the library does not know does not come through here.
    let header = decode_header(token).map_err(|_| TokenError::Form)?;
    if header.crit.is_some() {
        return Err(TokenError::Form);
    }
    if !ALGORITHMS.contains(&header.alg) {
        return Err(TokenError::Algorithm);
    }
    Ok(header.kid.unwrap_or_default())
}

fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    matches!(
        (&key.algorithm, algorithm),
        (
            AlgorithmParameters::RSA(_),
            RS256 | RS384 | RS512 | PS256 | PS384 | PS512
        ) | (AlgorithmParameters::EllipticCurve(_), ES256 | ES384)
            | (AlgorithmParameters::OctetKeyPair(_), EdDSA)
    )
}

/// The left half of a hash: what binds a token to what came with it.
fn half_hash(algorithm: Algorithm, text: &str) -> String {
    let hash = match algorithm {
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => {
            Sha384::digest(text.as_bytes()).to_vec()
        }
        Algorithm::RS512 | Algorithm::PS512 | Algorithm::EdDSA => {
            Sha512::digest(text.as_bytes()).to_vec()
        }
        _ => Sha256::digest(text.as_bytes()).to_vec(),
    };
    URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2])
}

fn is_same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// The claims of a token that fits.
pub fn verify(token: &str, key: &Jwk, expected: Expected<'_>) -> Result<Claims, TokenError> {
    key_id(token)?;
    let algorithm = decode_header(token).map_err(|_| TokenError::Form)?.alg;
    if !fits(key, algorithm) {
        return Err(TokenError::Algorithm);
    }
    let decoding = DecodingKey::from_jwk(key).map_err(|_| TokenError::Key)?;
    let mut validation = Validation::new(algorithm);
    validation.leeway = SKEW;
    validation.validate_nbf = true;
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let claims = decode::<Claims>(token, &decoding, &validation)
        .map_err(|_| TokenError::Refused)?
        .claims;
    let has_several = claims
        .aud
        .as_array()
        .is_some_and(|several| several.len() > 1);
    match &claims.azp {
        Some(party) if party != expected.client_id => return Err(TokenError::Party),
        None if has_several => return Err(TokenError::Party),
        _ => {}
    }
    let nonce = claims.nonce.as_deref().ok_or(TokenError::Nonce)?;
    if !is_same(nonce, expected.nonce) {
        return Err(TokenError::Nonce);
    }
    let age = expected.now.as_second() - claims.iat as i64;
    if !(-(SKEW as i64)..=LONGEST_AGE + SKEW as i64).contains(&age) {
        return Err(TokenError::Age);
    }
    if let (Some(hash), Some(access_token)) = (&claims.at_hash, expected.access_token)
        && !is_same(hash, &half_hash(algorithm, access_token))
    {
        return Err(TokenError::AccessToken);
    }
    if claims.sub.is_empty() || claims.sub.len() > 255 {
        return Err(TokenError::Form);
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_token_is_bound_by_half_of_its_hash() {
        // A vector of OpenID Connect Core 1.0.
        assert_eq!(
            half_hash(
                Algorithm::RS256,
                "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
            ),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
    }

    #[test]
    fn tokens_without_a_signature_or_with_a_shared_key_are_not_looked_at() {
        let token = |header: &str| format!("{}.e30.", URL_SAFE_NO_PAD.encode(header));
        for none in ["none", "None", "nOnE"] {
            let header = format!("{{\"alg\":\"{none}\"}}");
            assert_eq!(key_id(&token(&header)), Err(TokenError::Form), "{none}");
        }
        assert_eq!(
            key_id(&token("{\"alg\":\"HS256\"}")),
            Err(TokenError::Algorithm)
        );
        assert_eq!(
            key_id(&token("{\"alg\":\"RS256\",\"crit\":[\"exp\"]}")),
            Err(TokenError::Form)
        );
        assert_eq!(key_id(&token("{\"alg\":\"RS256\"}")), Ok(String::new()));
        assert_eq!(key_id(&"a".repeat(LONGEST + 1)), Err(TokenError::Form));
    }

    #[test]
    fn an_address_is_verified_when_the_provider_says_so() {
        for (flag, expected) in [
            (serde_json::json!(true), true),
            (serde_json::json!("true"), true),
            (serde_json::json!(false), false),
            (serde_json::json!("yes"), false),
            (serde_json::json!(1), false),
        ] {
            assert_eq!(is_true(Some(&flag)), expected, "{flag}");
        }
        assert!(!is_true(None));
    }
}
