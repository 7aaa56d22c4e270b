//! One-time passwords (TOTP, RFC 6238): SHA-1, six digits, steps of 30 seconds, which is what the apps understand.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret, SecretSlice};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;
const SECRET_BYTES: usize = 20;
const ISSUER: &str = "ROMASHKA";

/// The secret that a person's app and this server share.
pub struct Totp(SecretSlice<u8>);

impl fmt::Debug for Totp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Totp")
    }
}

impl Totp {
    /// A new secret.
    pub fn generate() -> Totp {
        Totp(SecretSlice::from(
            rand::random::<[u8; SECRET_BYTES]>().to_vec(),
        ))
    }

    /// The secret of its bytes.
    pub fn new(secret: SecretSlice<u8>) -> Totp {
        Totp(secret)
    }

    /// Its bytes, to be encrypted.
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// Its text, to be typed into an app.
    pub fn text(&self) -> String {
        BASE32_NOPAD.encode(self.expose())
    }

    /// Its address, to be shown as a QR code (Key URI format).
    pub fn address(&self, account: &str) -> String {
        let account: String = url::form_urlencoded::byte_serialize(account.as_bytes())
            .collect::<String>()
            .replace('+', "%20");
        format!(
            "otpauth://totp/{ISSUER}:{account}?secret={}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
            self.text()
        )
    }

    /// The code of a time step.
    fn code(&self, step: i64) -> String {
        let mut mac = match Hmac::<Sha1>::new_from_slice(self.expose()) {
            Ok(mac) => mac,
            Err(_) => unreachable!("HMAC takes a key of any length"),
        };
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let offset = usize::from(hash[hash.len() - 1] & 0x0f);
        let number = u32::from_be_bytes([
            hash[offset] & 0x7f,
            hash[offset + 1],
            hash[offset + 2],
            hash[offset + 3],
        ]);
        format!(
            "{:0width$}",
            number % 10_u32.pow(DIGITS as u32),
            width = DIGITS
        )
    }

    /// The step a code belongs to, of this moment's and its two neighbours. Whether the step was used before is the
    /// database's to say.
    pub fn step_of(&self, code: &str, unix_seconds: i64) -> Option<i64> {
        let now = unix_seconds.div_euclid(STEP_SECONDS);
        [now - 1, now, now + 1]
            .into_iter()
            .rfind(|step| bool::from(self.code(*step).as_bytes().ct_eq(code.as_bytes())))
    }

    /// The code of a moment, for programs that stand in for an app.
    pub fn code_at(&self, unix_seconds: i64) -> String {
        self.code(unix_seconds.div_euclid(STEP_SECONDS))
    }
}

/// What a person typed, as a code of six digits.
pub fn digits(text: &str) -> Option<String> {
    let code: String = text
        .chars()
        .filter(|character| !character.is_whitespace())
        .collect();
    (code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit())).then_some(code)
}

/// A new recovery code: 80 random bits, in groups that can be read out.
pub fn recovery_code() -> String {
    let text = BASE32_NOPAD.encode(&rand::random::<[u8; 10]>());
    let groups: Vec<&str> = (0..4)
        .map(|group| &text[group * 4..group * 4 + 4])
        .collect();
    groups.join("-")
}

/// What a person typed, in the one form that is hashed.
pub fn normalized_recovery_code(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_uppercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Totp {
        Totp::new(SecretSlice::from(b"12345678901234567890".to_vec()))
    }

    /// RFC 4226, appendix D, and RFC 6238, appendix B, in six digits.
    #[test]
    fn codes_are_those_of_the_standards() {
        let totp = example();
        let hotp = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (counter, code) in hotp.iter().enumerate() {
            assert_eq!(totp.code(counter as i64), *code);
        }
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp.code_at(time), code);
        }
        assert_eq!(totp.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            totp.address("anna@example.test"),
            "otpauth://totp/ROMASHKA:anna%40example.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ROMASHKA&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn a_code_holds_for_its_step_and_the_neighbours() {
        let totp = example();
        let code = totp.code_at(1_234_567_890);
        assert!(totp.step_of(&code, 1_234_567_890).is_some());
        assert_eq!(
            totp.step_of(&code, 1_234_567_890 + 30),
            totp.step_of(&code, 1_234_567_890)
        );
        assert_eq!(totp.step_of(&code, 1_234_567_890 + 90), None);
        assert_eq!(totp.step_of("000000", 1_234_567_890), None);
        assert_eq!(digits(" 123 456 ").as_deref(), Some("123456"));
        assert_eq!(digits("12345a"), None);
    }

    #[test]
    fn recovery_codes_are_read_as_people_type_them() {
        let code = recovery_code();
        assert_eq!(code.len(), 19);
        assert_eq!(
            normalized_recovery_code(&code.to_lowercase().replace('-', " ")),
            code.replace('-', "")
        );
    }
}
