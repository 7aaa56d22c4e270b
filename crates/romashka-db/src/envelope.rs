//! Encrypted secrets: the two envelope forms, and what a secret is bound to.
//!
//! Invariants: XChaCha20-Poly1305 with a fresh random nonce each time; the table, column, workspace and row are
//! authenticated with the secret, so that an envelope copied to another place does not open; keys and secrets never
//! appear in `Debug` or an error. The columns' CHECKs (`romashka.is_envelope`) accept exactly these forms.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretBox, SecretSlice, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const ALGORITHM: &str = "xchacha20poly1305";
const TEXT_PREFIX: &str = "rmk1";
const NONCE_BYTES: usize = 24;

/// Why an envelope does not open, or a key is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EnvelopeError {
    /// Not 32 bytes in base64.
    #[error("an encryption key is 32 bytes in base64")]
    NotAKey,
    /// No envelope in either form.
    #[error("the value is no encrypted envelope")]
    NotAnEnvelope,
    /// Encrypted with a key that is not at hand.
    #[error("the secret is encrypted with the key {0}, which is not at hand")]
    UnknownKey(KeyId),
    /// Altered, or moved from another row or column.
    #[error("the envelope does not open: it was altered, or belongs to another row or column")]
    Forged,
}

/// The name of a key: the first 8 hexadecimal digits of a hash of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
pub struct KeyId(String);

impl std::fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One key.
#[derive(Debug)]
pub struct Key {
    id: KeyId,
    bytes: SecretBox<[u8; 32]>,
}

impl Key {
    /// A new random key.
    pub fn generate() -> Key {
        Key::from_bytes(rand::random())
    }

    /// The key of its base64 form.
    pub fn parse(text: &str) -> Result<Key, EnvelopeError> {
        let bytes = STANDARD
            .decode(text.trim())
            .map_err(|_| EnvelopeError::NotAKey)?;
        Ok(Key::from_bytes(
            bytes.try_into().map_err(|_| EnvelopeError::NotAKey)?,
        ))
    }

    fn from_bytes(bytes: [u8; 32]) -> Key {
        let hash = Sha256::new()
            .chain_update("romashka key id:")
            .chain_update(bytes)
            .finalize();
        Key {
            id: KeyId(hex::encode(&hash[..4])),
            bytes: SecretBox::new(Box::new(bytes)),
        }
    }

    /// Its name.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// Its base64 form, for a key file or a secret store.
    pub fn to_base64(&self) -> SecretString {
        SecretString::from(STANDARD.encode(self.bytes.expose_secret()))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.bytes.expose_secret().into())
    }
}

/// Where a secret is kept. It opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table, without its schema.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The workspace of the row.
    pub workspace: Uuid,
    /// The row's id.
    pub row: Uuid,
}

impl Place<'_> {
    fn associated_data(&self) -> Vec<u8> {
        // Names of tables and columns hold no slash, and ids have one length: no two places read alike.
        format!(
            "{}/{}/{}/{}",
            self.table, self.column, self.workspace, self.row
        )
        .into_bytes()
    }
}

/// The keys at hand: the one that encrypts, and older ones that still open.
#[derive(Debug)]
pub struct Keyring {
    current: Key,
    older: Vec<Key>,
}

struct Sealed {
    key: KeyId,
    nonce: [u8; NONCE_BYTES],
    data: Vec<u8>,
}

impl Keyring {
    /// A ring that encrypts with `current`.
    pub fn new(current: Key, older: Vec<Key>) -> Keyring {
        let older = older
            .into_iter()
            .filter(|key| key.id != current.id)
            .collect();
        Keyring { current, older }
    }

    /// The ring of `CURRENT,OLDER,…`, the form of `ROMASHKA_ENCRYPTION_KEY`.
    pub fn parse(text: &str) -> Result<Keyring, EnvelopeError> {
        let mut keys = text
            .split([',', '\n'])
            .map(str::trim)
            .filter(|key| !key.is_empty())
            .map(Key::parse);
        let current = keys.next().ok_or(EnvelopeError::NotAKey)??;
        Ok(Keyring::new(current, keys.collect::<Result<_, _>>()?))
    }

    /// The key that encrypts.
    pub fn current(&self) -> &Key {
        &self.current
    }

    /// The keys that open older envelopes.
    pub fn older(&self) -> &[Key] {
        &self.older
    }

    /// Encrypts for a `jsonb` column.
    pub fn seal_json(&self, place: Place<'_>, secret: &[u8]) -> Value {
        let sealed = self.seal(place, secret);
        json!({
            "v": 1,
            "alg": ALGORITHM,
            "kid": sealed.key.0,
            "nonce": STANDARD.encode(sealed.nonce),
            "data": STANDARD.encode(sealed.data),
        })
    }

    /// Encrypts for a `text` column.
    pub fn seal_text(&self, place: Place<'_>, secret: &[u8]) -> String {
        let sealed = self.seal(place, secret);
        let (nonce, data) = (
            URL_SAFE_NO_PAD.encode(sealed.nonce),
            URL_SAFE_NO_PAD.encode(sealed.data),
        );
        format!("{TEXT_PREFIX}.{}.{nonce}.{data}", sealed.key)
    }

    /// Decrypts the value of a `jsonb` column.
    pub fn open_json(
        &self,
        place: Place<'_>,
        envelope: &Value,
    ) -> Result<SecretSlice<u8>, EnvelopeError> {
        self.open(place, parse_json(envelope)?)
    }

    /// Decrypts the value of a `text` column.
    pub fn open_text(
        &self,
        place: Place<'_>,
        envelope: &str,
    ) -> Result<SecretSlice<u8>, EnvelopeError> {
        self.open(place, parse_text(envelope)?)
    }

    fn seal(&self, place: Place<'_>, secret: &[u8]) -> Sealed {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let associated = place.associated_data();
        let payload = Payload {
            msg: secret,
            aad: &associated,
        };
        let data = match self.current.cipher().encrypt(&XNonce::from(nonce), payload) {
            Ok(data) => data,
            // The cipher's only refusal is a message beyond 256 GB, which no memory holds here.
            Err(_) => unreachable!("a secret in memory is shorter than the cipher's limit"),
        };
        Sealed {
            key: self.current.id.clone(),
            nonce,
            data,
        }
    }

    fn open(&self, place: Place<'_>, sealed: Sealed) -> Result<SecretSlice<u8>, EnvelopeError> {
        let key = std::iter::once(&self.current)
            .chain(&self.older)
            .find(|key| key.id == sealed.key);
        let Some(key) = key else {
            return Err(EnvelopeError::UnknownKey(sealed.key));
        };
        let associated = place.associated_data();
        let payload = Payload {
            msg: &sealed.data,
            aad: &associated,
        };
        let secret = key
            .cipher()
            .decrypt(&XNonce::from(sealed.nonce), payload)
            .map_err(|_| EnvelopeError::Forged)?;
        Ok(SecretSlice::from(secret))
    }
}

fn key_id(text: &str) -> Result<KeyId, EnvelopeError> {
    let valid = text.len() == 8
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if valid {
        Ok(KeyId(text.to_owned()))
    } else {
        Err(EnvelopeError::NotAnEnvelope)
    }
}

fn sealed(
    key: &str,
    nonce: Option<Vec<u8>>,
    data: Option<Vec<u8>>,
) -> Result<Sealed, EnvelopeError> {
    let nonce = nonce
        .and_then(|nonce| nonce.try_into().ok())
        .ok_or(EnvelopeError::NotAnEnvelope)?;
    Ok(Sealed {
        key: key_id(key)?,
        nonce,
        data: data.ok_or(EnvelopeError::NotAnEnvelope)?,
    })
}

fn parse_json(envelope: &Value) -> Result<Sealed, EnvelopeError> {
    let text = |name: &str| envelope.get(name).and_then(Value::as_str);
    if envelope.get("v") != Some(&json!(1)) || text("alg") != Some(ALGORITHM) {
        return Err(EnvelopeError::NotAnEnvelope);
    }
    let bytes = |name| text(name).and_then(|text| STANDARD.decode(text).ok());
    sealed(
        text("kid").unwrap_or_default(),
        bytes("nonce"),
        bytes("data"),
    )
}

fn parse_text(envelope: &str) -> Result<Sealed, EnvelopeError> {
    let mut parts = envelope.split('.');
    let (Some(TEXT_PREFIX), Some(key), Some(nonce), Some(data), None) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        return Err(EnvelopeError::NotAnEnvelope);
    };
    sealed(
        key,
        URL_SAFE_NO_PAD.decode(nonce).ok(),
        URL_SAFE_NO_PAD.decode(data).ok(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HERE: Place<'static> = Place {
        table: "channels",
        column: "api_credentials",
        workspace: Uuid::from_u128(1),
        row: Uuid::from_u128(2),
    };

    fn ring() -> Keyring {
        Keyring::new(Key::from_bytes([7; 32]), vec![])
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_again(secret in proptest::collection::vec(any::<u8>(), 0..300)) {
            let ring = ring();
            let json = ring.seal_json(HERE, &secret);
            let text = ring.seal_text(HERE, &secret);
            let (json, text) = (ring.open_json(HERE, &json).unwrap(), ring.open_text(HERE, &text).unwrap());
            prop_assert_eq!(json.expose_secret(), secret.as_slice());
            prop_assert_eq!(text.expose_secret(), secret.as_slice());
        }

        #[test]
        fn any_altered_character_is_noticed(at in 0_usize..200, to in "[A-Za-z0-9_.-]") {
            let ring = ring();
            let mut text = ring.seal_text(HERE, b"a secret of some length, long enough to hit").into_bytes();
            let at = at % text.len();
            let to = to.as_bytes()[0];
            prop_assume!(text[at] != to);
            text[at] = to;
            prop_assert!(ring.open_text(HERE, std::str::from_utf8(&text).unwrap()).is_err());
        }

        #[test]
        fn it_opens_in_its_own_place_alone(
            table in "channels|system_settings", column in "api_credentials|credentials", workspace in 0_u128..3, row in 1_u128..4,
        ) {
            let ring = ring();
            let sealed = ring.seal_json(HERE, b"x");
            let place = Place {
                table: &table, column: &column, workspace: Uuid::from_u128(workspace), row: Uuid::from_u128(row),
            };
            let opened = ring.open_json(place, &sealed);
            if place == HERE {
                prop_assert!(opened.is_ok());
            } else {
                prop_assert_eq!(opened.err(), Some(EnvelopeError::Forged));
            }
        }
    }

    #[test]
    fn another_key_is_named_and_an_older_one_opens() {
        let old = ring();
        let sealed = old.seal_text(HERE, b"x");
        let without = Keyring::new(Key::generate(), vec![]);
        assert_eq!(
            without.open_text(HERE, &sealed).err(),
            Some(EnvelopeError::UnknownKey(old.current().id().clone()))
        );
        let with = Keyring::new(Key::generate(), vec![Key::from_bytes([7; 32])]);
        assert_eq!(with.open_text(HERE, &sealed).unwrap().expose_secret(), b"x");
    }

    #[test]
    fn a_nonce_is_never_used_twice() {
        let ring = ring();
        let nonces: std::collections::BTreeSet<String> = (0..1000)
            .map(|_| {
                ring.seal_text(HERE, b"x")
                    .split('.')
                    .nth(2)
                    .unwrap()
                    .to_owned()
            })
            .collect();
        assert_eq!(nonces.len(), 1000);
    }

    #[test]
    fn what_is_no_envelope_is_refused() {
        for text in [
            "",
            "plaintext",
            "rmk1.zzzzzzzz.AAAA.AAAA",
            "rmk2.00000000.AAAA.AAAA",
            "rmk1.00000000.AAAA.AAAA.AAAA",
        ] {
            assert_eq!(
                ring().open_text(HERE, text).err(),
                Some(EnvelopeError::NotAnEnvelope),
                "{text}"
            );
        }
        for value in [
            json!({}),
            json!(null),
            json!({"v": 2}),
            json!({"v": 1, "alg": "none"}),
        ] {
            assert_eq!(
                ring().open_json(HERE, &value).err(),
                Some(EnvelopeError::NotAnEnvelope),
                "{value}"
            );
        }
    }

    #[test]
    fn keys_are_32_bytes_and_hidden() {
        let key = Key::generate();
        let text = key.to_base64();
        assert_eq!(Key::parse(text.expose_secret()).unwrap().id(), key.id());
        assert!(!format!("{key:?}").contains(text.expose_secret()));
        for text in ["", "c2hvcnQ=", "not base64!"] {
            assert!(Key::parse(text).is_err(), "{text}");
        }
        let ring = Keyring::parse(&format!(
            "{}, {}",
            text.expose_secret(),
            Key::generate().to_base64().expose_secret()
        ));
        assert_eq!(ring.unwrap().older().len(), 1);
    }
}
