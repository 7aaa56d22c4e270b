//! API keys: `rmk_live_` or `rmk_test_`, 30 random characters of base62, and a checksum of them (CRC-32 in base62, 6
//! characters), so that a mistyped key is refused before the database is asked and scanners recognise a leaked one.

use std::fmt;

use rand::RngExt as _;
use secrecy::{ExposeSecret, SecretString};

use super::secret;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LIVE: &str = "rmk_live_";
const TEST: &str = "rmk_test_";
const BODY: usize = 30;
const CHECKSUM: usize = 6;
const SHOWN_PREFIX: usize = 12;

/// A key that has the form of one.
pub struct ApiKey(SecretString);

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey")
    }
}

impl ApiKey {
    /// A new key.
    pub fn generate() -> ApiKey {
        let mut random = rand::rng();
        let body: String = (0..BODY)
            .map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())]))
            .collect();
        ApiKey(SecretString::from(format!(
            "{LIVE}{body}{}",
            checksum(&body)
        )))
    }

    /// Whether a text wants to be a key, right or wrong.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("rmk_")
    }

    /// The key of a text, when form and checksum are right.
    pub fn parse(text: &str) -> Option<ApiKey> {
        let rest = text
            .strip_prefix(LIVE)
            .or_else(|| text.strip_prefix(TEST))?;
        if rest.len() != BODY + CHECKSUM || !rest.bytes().all(|byte| ALPHABET.contains(&byte)) {
            return None;
        }
        let (body, sum) = rest.split_at(BODY);
        (checksum(body) == sum).then(|| ApiKey(SecretString::from(text)))
    }

    /// The whole key, to be shown once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it.
    pub fn digest(&self) -> [u8; 32] {
        secret::digest(self.expose())
    }

    /// The first characters, to recognise it by.
    pub fn display_prefix(&self) -> &str {
        &self.expose()[..SHOWN_PREFIX]
    }

    /// The last four characters, to recognise it by.
    pub fn last_four(&self) -> &str {
        &self.expose()[self.expose().len() - 4..]
    }
}

fn checksum(body: &str) -> String {
    let mut sum = crc32fast::hash(body.as_bytes()) as usize;
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[sum % ALPHABET.len()];
        sum /= ALPHABET.len();
    }
    digits.iter().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GitHub's published scheme and an expired token of theirs; the rest computed by it.
    #[test]
    fn the_checksum_is_that_of_the_scheme() {
        assert_eq!(checksum("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"), "0mLq17");
        assert_eq!(checksum("123456789"), "3jZRME");
        assert_eq!(checksum("AbCdEfGhIjKlMnOpQrStUvWxYz0123"), "2piBxe");
        let key = ApiKey::parse("rmk_live_AbCdEfGhIjKlMnOpQrStUvWxYz01232piBxe").expect("a key");
        assert_eq!(
            hex::encode(key.digest()),
            "3482e1db650f900367cf1f712f85ad5ce3add17063eec4e81e92d10ee4d511a4"
        );
        assert_eq!(
            (key.display_prefix(), key.last_four()),
            ("rmk_live_AbC", "iBxe")
        );
    }

    #[test]
    fn a_new_key_is_one_and_a_changed_one_is_none() {
        let key = ApiKey::generate();
        assert!(ApiKey::parse(key.expose()).is_some());
        let mut wrong = key.expose().to_owned();
        let last = wrong.pop().expect("a character");
        wrong.push(if last == '0' { '1' } else { '0' });
        assert!(ApiKey::parse(&wrong).is_none());
        for text in [
            "",
            "rmk_live_",
            "rmk_prod_AbCdEfGhIjKlMnOpQrStUvWxYz01232piBxe",
            "rmk_live_é",
        ] {
            assert!(ApiKey::parse(text).is_none(), "{text}");
        }
    }
}
