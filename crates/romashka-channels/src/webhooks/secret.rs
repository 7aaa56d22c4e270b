//! Keys by which webhooks are signed and verified.
//!
//! Invariant: a key is opaque bytes behind its prefix and base64, of a length that cannot be guessed; anything else is
//! refused when it is read, so that no delivery is ever signed by a weak or mistyped key. No key shows in Debug.

use aws_lc_rs::encoding::{AsBigEndian as _, Curve25519SeedBin};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::alphabet::STANDARD as STANDARD_ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use thiserror::Error;

/// Bytes of a secret that we make.
pub const SECRET_LENGTH: usize = 32;
const SECRET_PREFIX: &str = "whsec_";
const PRIVATE_KEY_PREFIX: &str = "whsk_";
const PUBLIC_KEY_PREFIX: &str = "whpk_";
const SHORTEST: usize = 24;
const LONGEST: usize = 64;

/// Other libraries write the padding or leave it out.
const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD_ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a key could not be read. The key itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Not base64 behind the prefix, or another prefix.
    #[error("the key is not base64 behind the prefix {0}")]
    Unreadable(&'static str),
    /// Fewer bytes than are safe, or more than the standard allows.
    #[error("the secret has {0} bytes; 24 to 64 are allowed")]
    Length(usize),
    /// The two halves of an asymmetric key do not belong together, or have another length.
    #[error("the key is not an Ed25519 key")]
    NotEd25519,
}

/// A secret that sender and receiver share (`whsec_…`).
#[derive(Debug, Clone)]
pub struct Secret(SecretSlice<u8>);

impl Secret {
    /// Reads `whsec_…`; the prefix may be missing, as in other implementations.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let encoded = text.strip_prefix(SECRET_PREFIX).unwrap_or(text);
        let bytes = TOLERANT
            .decode(encoded)
            .map_err(|_| KeyError::Unreadable(SECRET_PREFIX))?;
        Self::from_bytes(bytes)
    }

    /// Takes random bytes, [`SECRET_LENGTH`] for a new secret.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, KeyError> {
        if !(SHORTEST..=LONGEST).contains(&bytes.len()) {
            return Err(KeyError::Length(bytes.len()));
        }
        Ok(Self(bytes.into()))
    }

    /// The form in which it is shown to its owner once.
    pub fn to_text(&self) -> SecretString {
        format!("{SECRET_PREFIX}{}", STANDARD.encode(self.bytes())).into()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

/// A private key that only the sender has (`whsk_…`, Ed25519).
#[derive(Debug)]
pub struct PrivateKey(Ed25519KeyPair);

impl PrivateKey {
    /// The key of 32 random bytes.
    pub fn from_seed(seed: [u8; 32]) -> Result<Self, KeyError> {
        Ed25519KeyPair::from_seed_unchecked(&seed)
            .map(Self)
            .map_err(|_| KeyError::NotEd25519)
    }

    /// The form in which it is kept: `whsk_` and base64 of seed and public key.
    pub fn to_text(&self) -> Result<SecretString, KeyError> {
        let seed = self.0.seed().map_err(|_| KeyError::NotEd25519)?;
        let seed: Curve25519SeedBin<'_> = seed.as_be_bytes().map_err(|_| KeyError::NotEd25519)?;
        let mut bytes = seed.as_ref().to_vec();
        bytes.extend_from_slice(self.0.public_key().as_ref());
        let bytes: SecretSlice<u8> = bytes.into();
        let encoded = STANDARD.encode(bytes.expose_secret());
        Ok(format!("{PRIVATE_KEY_PREFIX}{encoded}").into())
    }
}

impl PrivateKey {
    /// Reads `whsk_` and base64 of 32 bytes seed and 32 bytes public key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = text
            .strip_prefix(PRIVATE_KEY_PREFIX)
            .and_then(|encoded| TOLERANT.decode(encoded).ok())
            .ok_or(KeyError::Unreadable(PRIVATE_KEY_PREFIX))?;
        let (seed, public) = bytes.split_at_checked(32).ok_or(KeyError::NotEd25519)?;
        Ed25519KeyPair::from_seed_and_public_key(seed, public)
            .map(Self)
            .map_err(|_| KeyError::NotEd25519)
    }

    /// The half that receivers get.
    pub fn public_key(&self) -> PublicKey {
        let mut bytes = [0; 32];
        // An Ed25519 public key has 32 bytes.
        bytes.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(bytes)
    }

    pub(super) fn sign(&self, content: &[u8]) -> Vec<u8> {
        self.0.sign(content).as_ref().to_vec()
    }
}

/// The public half of a [`PrivateKey`] (`whpk_…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads `whpk_` and base64 of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = text
            .strip_prefix(PUBLIC_KEY_PREFIX)
            .and_then(|encoded| TOLERANT.decode(encoded).ok())
            .ok_or(KeyError::Unreadable(PUBLIC_KEY_PREFIX))?;
        bytes.try_into().map(Self).map_err(|_| KeyError::NotEd25519)
    }

    /// The form that is shown to receivers.
    pub fn to_text(&self) -> String {
        format!("{PUBLIC_KEY_PREFIX}{}", STANDARD.encode(self.0))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: &str = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
    const PUBLIC: &str = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";

    #[test]
    fn mistyped_and_weak_secrets_are_refused() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        for text in [
            "",
            "w",
            "whsec_",
            "whsec_%",
            "whsec_wronglength",
            PUBLIC,
            PRIVATE,
            "hwsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            &short,
            &long,
        ] {
            assert!(Secret::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_is_shown_as_it_was_read() {
        let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let secret = Secret::parse(text).unwrap();
        assert_eq!(secret.to_text().expose_secret(), text);
        assert_eq!(Secret::parse(&text[6..]).unwrap().bytes(), secret.bytes());
        assert!(!format!("{secret:?}").contains("MfKQ"));
        for bytes in [24, 25, 26, 64] {
            let padded = format!("whsec_{}", STANDARD.encode(vec![9; bytes]));
            assert!(Secret::parse(&padded).is_ok());
            assert!(Secret::parse(padded.trim_end_matches('=')).is_ok());
        }
    }

    #[test]
    fn asymmetric_keys() {
        let private = PrivateKey::parse(PRIVATE).unwrap();
        assert_eq!(private.public_key().to_text(), PUBLIC);
        assert_eq!(PublicKey::parse(PUBLIC).unwrap(), private.public_key());
        assert_eq!(private.to_text().unwrap().expose_secret(), PRIVATE);
        let made = PrivateKey::from_seed([7; 32]).unwrap();
        let again = PrivateKey::parse(made.to_text().unwrap().expose_secret()).unwrap();
        assert_eq!(again.public_key(), made.public_key());
        let mut torn = PRIVATE.to_owned();
        torn.replace_range(80..81, "A");
        assert_eq!(PrivateKey::parse(&torn).unwrap_err(), KeyError::NotEd25519);
        assert!(PrivateKey::parse("whsk_AAAA").is_err());
        assert!(PrivateKey::parse(PUBLIC).is_err());
        assert!(PublicKey::parse("whpk_AAAA").is_err());
        assert!(PublicKey::parse(PRIVATE).is_err());
        assert!(!format!("{private:?}").contains("6Xb"));
    }
}
