//! Passwords: Argon2id, in a pool of its own size, and the same work whether there is an account or not.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use crate::problem::{Answer, Code, Problem};

/// OWASP's least parameters for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes at a time: 19 MiB each, and no more than a few cores are busy with them.
const AT_A_TIME: usize = 2;
/// How long one waits for his turn.
const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST_BYTES: usize = 1024;
/// NIST SP 800-63B-4, section 3.1.1.2, asks for 15 characters where there is no second factor.
const SHORTEST_CHARACTERS: usize = 15;

/// A password as it was typed.
#[derive(Clone)]
pub struct Password(SecretString);

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password")
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Password, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() > LONGEST_BYTES {
            return Err(D::Error::custom("at most 1024 bytes"));
        }
        // One person types é as one character, another as two.
        Ok(Password(SecretString::from(
            text.nfkc().collect::<String>(),
        )))
    }
}

impl Password {
    /// Refuses a password that is too short, or that everybody would guess.
    pub fn require_strength(&self, field: &str, address: &str) -> Answer<()> {
        let text = self.0.expose_secret();
        if text.chars().count() < SHORTEST_CHARACTERS {
            return Err(Problem::field(field, "has at least 15 characters"));
        }
        let lower = text.to_lowercase();
        let name = address.split('@').next().unwrap_or_default().to_lowercase();
        let kinds = lower
            .chars()
            .collect::<std::collections::BTreeSet<_>>()
            .len();
        let is_common = COMMON
            .iter()
            .any(|word| lower.replace(word, "").chars().count() < SHORTEST_CHARACTERS / 2);
        if kinds < 5 || is_common || (name.len() > 3 && lower.replace(&name, "").len() < 8) {
            return Err(Problem::field(
                field,
                "is easy to guess: take a sentence or several words",
            ));
        }
        Ok(())
    }
}

/// What long passwords that are none are made of.
const COMMON: &[&str] = &[
    "password",
    "passwort",
    "qwertyuiop",
    "qwerty",
    "1234567890",
    "123456",
    "abcdefghij",
    "letmein",
    "welcome",
    "iloveyou",
    "administrator",
    "admin",
    "romashka",
    "changeme",
    "пароль",
    "йцукен",
];

/// Makes and checks hashes.
pub struct Passwords {
    argon2: Argon2<'static>,
    permits: Arc<Semaphore>,
    dummy: String,
}

impl Passwords {
    /// With the parameters above.
    pub fn new() -> Passwords {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
            .unwrap_or_else(|_| unreachable!("the parameters are within Argon2's limits"));
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let dummy = hash_with(&argon2, b"nobody's password")
            .unwrap_or_else(|_| unreachable!("the system gives a salt"));
        Passwords {
            argon2,
            permits: Arc::new(Semaphore::new(AT_A_TIME)),
            dummy,
        }
    }

    /// The hash to keep of a new password.
    pub async fn hash(&self, password: &Password) -> Answer<String> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.work(move || hash_with(&argon2, password.0.expose_secret().as_bytes()))
            .await?
            .map_err(|error| Problem::internal(error.to_string()))
    }

    /// Whether a password is that of a hash. Without a hash nothing fits, after the same work.
    pub async fn verify(&self, password: &Password, hash: Option<&str>) -> Answer<bool> {
        let is_known = hash.is_some();
        let (argon2, password) = (self.argon2.clone(), password.clone());
        let hash = hash.unwrap_or(&self.dummy).to_owned();
        let fits = self
            .work(move || {
                PasswordHash::new(&hash).is_ok_and(|hash| {
                    argon2
                        .verify_password(password.0.expose_secret().as_bytes(), &hash)
                        .is_ok()
                })
            })
            .await?;
        Ok(fits && is_known)
    }

    /// Whether a hash was made with lower parameters than today's.
    pub fn is_weak(&self, hash: &str) -> bool {
        !hash.contains(&format!("$m={MEMORY_KIB},t={PASSES},p={LANES}$"))
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Answer<T> {
        let waiting = tokio::time::timeout(PATIENCE, self.permits.clone().acquire_owned());
        let permit = match waiting.await {
            Ok(Ok(permit)) => permit,
            _ => {
                return Err(Problem::new(Code::Unavailable)
                    .retry_after(5)
                    .because("too many passwords to check"));
            }
        };
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        })
        .await
        .map_err(Problem::internal)
    }
}

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords::new()
    }
}

fn hash_with(argon2: &Argon2<'_>, password: &[u8]) -> argon2::password_hash::Result<String> {
    let hash: PasswordHash = argon2.hash_password(password)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        serde_json::from_value(text.into()).expect("a password")
    }

    /// RFC 9106, section 5.3.
    #[test]
    fn argon2id_is_that_of_the_standard() {
        let mut builder = argon2::ParamsBuilder::new();
        builder.m_cost(32).t_cost(3).p_cost(4).output_len(32);
        builder.data(argon2::AssociatedData::new(&[4; 12]).expect("data"));
        let argon2 = Argon2::new_with_secret(
            &[3; 8],
            Algorithm::Argon2id,
            Version::V0x13,
            builder.build().expect("parameters"),
        )
        .expect("a secret");
        let mut tag = [0; 32];
        argon2
            .hash_password_into(&[1; 32], &[2; 16], &mut tag)
            .expect("a tag");
        assert_eq!(
            hex::encode(tag),
            "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
        );
    }

    #[tokio::test]
    async fn a_hash_of_another_program_is_checked() {
        let passwords = Passwords::new();
        let hash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY3OA$iqbHhgtqJMWWf23kIatRWniYNRyhFWif/l6I+m/2Exw";
        let right = password("correct horse battery staple");
        assert!(passwords.verify(&right, Some(hash)).await.expect("a check"));
        let wrong = password("correct horse battery stapl");
        assert!(!passwords.verify(&wrong, Some(hash)).await.expect("a check"));
        assert!(!passwords.verify(&right, None).await.expect("a check"));
        assert!(!passwords.is_weak(hash));
        assert!(passwords.is_weak(&hash.replace("m=19456", "m=4096")));
        let own = passwords.hash(&right).await.expect("a hash");
        assert!(passwords.verify(&right, Some(&own)).await.expect("a check"));
    }

    #[test]
    fn what_everybody_would_guess_is_refused() {
        for wrong in [
            "short",
            "passwordpassword",
            "aaaaaaaaaaaaaaaa",
            "1234567890123456",
            "annabelle.smithh",
        ] {
            assert!(
                password(wrong)
                    .require_strength("password", "annabelle.smith@example.test")
                    .is_err(),
                "{wrong}"
            );
        }
        assert!(
            password("correct horse battery staple")
                .require_strength("password", "ann@example.test")
                .is_ok()
        );
        assert!(serde_json::from_value::<Password>("x".repeat(1025).into()).is_err());
    }
}
