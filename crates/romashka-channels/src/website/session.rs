//! The token by which a browser is recognised.
//!
//! Invariant: a token is 32 random bytes that mean nothing by themselves; the server keeps their hash only, so that a
//! copy of the database opens no session. It travels in a header, never in a URL.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::identity::Trust;

/// Beginning of a visitor's token, so that one that leaks into a log or a repository is recognised.
pub const PREFIX: &str = "rmv_";
/// How long an unproven visitor is remembered after his last visit.
pub const ANONYMOUS_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a proven one is: his proof must be renewed.
pub const VERIFIED_LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// A session's time is moved forward at most so often, to spare the database.
pub const TOUCH_INTERVAL: SignedDuration = SignedDuration::from_mins(10);

/// A text that is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this is not the token of a visitor")]
pub struct TokenError;

/// Token of a visitor's browser.
#[derive(Debug, Clone)]
pub struct VisitorToken(SecretString);

impl VisitorToken {
    /// Makes a token of 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random)).into())
    }

    /// Reads what a browser sent; only the one spelling of a token is taken.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let bytes = text
            .strip_prefix(PREFIX)
            .and_then(|encoded| URL_SAFE_NO_PAD.decode(encoded).ok())
            .ok_or(TokenError)?;
        let random: [u8; 32] = bytes.try_into().map_err(|_| TokenError)?;
        Ok(Self::new(random))
    }

    /// Reads `Authorization: Bearer …`; the scheme is compared without case.
    pub fn from_authorization(header: &str) -> Result<Self, TokenError> {
        let (scheme, token) = header.trim().split_once(' ').ok_or(TokenError)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(TokenError);
        }
        Self::parse(token.trim())
    }

    /// The token, for the answer to the browser alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is stored: SHA-256, in hexadecimal. A slow hash is not needed for 256 random bits.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.expose()))
    }
}

/// When a session ends unless the visitor comes back.
pub fn expires_at(trust: Trust, last_seen: Timestamp) -> Timestamp {
    let lifetime = match trust {
        Trust::Anonymous | Trust::Claimed => ANONYMOUS_LIFETIME,
        Trust::Verified => VERIFIED_LIFETIME,
    };
    last_seen.saturating_add(lifetime).unwrap_or(Timestamp::MAX)
}

/// Whether the public token in a page's source has the form of one: 22 to 64 letters, digits, `_` or `-`.
pub fn is_widget_token(text: &str) -> bool {
    (22..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let token = VisitorToken::new([0xfb; 32]);
        assert_eq!(token.expose().len(), PREFIX.len() + 43);
        assert_eq!(
            VisitorToken::parse(token.expose()).unwrap().hash(),
            token.hash()
        );
        let header = format!("bearer  {}", token.expose());
        assert_eq!(
            VisitorToken::from_authorization(&header).unwrap().hash(),
            token.hash()
        );
        assert_ne!(VisitorToken::new([1; 32]).hash(), token.hash());
        assert!(!format!("{token:?}").contains(&token.expose()[4..]));
        let long = format!("{}A", token.expose());
        let padded = format!("{}=", token.expose());
        for text in ["", "rmv_", "rmv_AAAA", &token.expose()[4..], &long, &padded] {
            assert!(VisitorToken::parse(text).is_err(), "{text}");
        }
        // The last character carries two bits that mean nothing: only zeros are taken.
        let mut odd = token.expose().to_owned();
        odd.pop();
        odd.push('t');
        assert!(VisitorToken::parse(&odd).is_err());
        for header in ["", "Bearer", "Basic abc", token.expose()] {
            assert!(VisitorToken::from_authorization(header).is_err());
        }
    }

    #[test]
    fn lifetimes() {
        let seen: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(
            expires_at(Trust::Anonymous, seen).to_string(),
            "2026-01-31T00:00:00Z"
        );
        assert_eq!(
            expires_at(Trust::Claimed, seen).to_string(),
            "2026-01-31T00:00:00Z"
        );
        assert_eq!(
            expires_at(Trust::Verified, seen).to_string(),
            "2026-01-02T00:00:00Z"
        );
        assert_eq!(expires_at(Trust::Verified, Timestamp::MAX), Timestamp::MAX);
    }

    #[test]
    fn public_tokens() {
        assert!(is_widget_token("abcDEF0123456789_-abcd"));
        for text in ["", "short", "abcDEF0123456789_-abc!", &"a".repeat(65)] {
            assert!(!is_widget_token(text));
        }
    }
}
