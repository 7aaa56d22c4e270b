//! Tokens of Supabase's users (and of whatever signs in the same way for PostgREST): verified, never made.
//!
//! Invariants: the algorithm is one of ours and fits the kind of the key (a public key never serves for HMAC, `none` never
//! counts); headers that point to keys are not looked at; a token is refused without saying which check it failed; an
//! unknown key is asked for at most once a minute in all.

use jiff::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use url::Url;
use uuid::Uuid;

use super::key_set::KeySet;
use super::{Principal, Proof};
use crate::problem::{Answer, Code, Problem};
use crate::settings::Supabase;

/// Seconds by which clocks may differ.
const SKEW: u64 = 30;
const AUDIENCE: &str = "authenticated";

/// Verifies tokens.
pub struct TokenVerifier {
    supabase: Supabase,
    issuer: Option<String>,
    published: Option<KeySet>,
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    role: Option<String>,
    iat: Option<i64>,
    /// A number of seconds, which may have a fraction.
    exp: f64,
    #[serde(default)]
    is_anonymous: bool,
    #[serde(default)]
    app_metadata: AppMetadata,
}

#[derive(Default, Deserialize)]
struct AppMetadata {
    workspace_id: Option<Uuid>,
}

fn refused() -> Problem {
    Problem::new(Code::InvalidToken)
}

impl TokenVerifier {
    /// For these settings; without any of them no token is accepted.
    pub fn new(supabase: Supabase) -> TokenVerifier {
        let issuer = supabase
            .url
            .as_ref()
            .and_then(|url| url.join("/auth/v1").ok())
            .map(|url| url.to_string());
        let published = issuer
            .as_ref()
            .and_then(|issuer| Url::parse(&format!("{issuer}/.well-known/jwks.json")).ok())
            .and_then(KeySet::at);
        TokenVerifier {
            supabase,
            issuer,
            published,
        }
    }

    /// Whose token it is.
    pub async fn verify(&self, token: &SecretString) -> Answer<Principal> {
        let token = token.expose_secret();
        if self.is_service_key(token) {
            return Ok(Principal::Service);
        }
        let header = decode_header(token).map_err(|_| refused())?;
        if header.crit.is_some() || !matches!(header.typ.as_deref(), None | Some("JWT" | "at+jwt"))
        {
            return Err(refused());
        }
        let (key, must_have_issuer) = match header.alg {
            Algorithm::HS256 => {
                let secret = self.supabase.jwt_secret.as_ref().ok_or_else(refused)?;
                (
                    DecodingKey::from_secret(secret.expose_secret().as_bytes()),
                    false,
                )
            }
            Algorithm::ES256 | Algorithm::RS256 => {
                let published = self.published.as_ref().ok_or_else(refused)?;
                let id = header.kid.as_deref().ok_or_else(refused)?;
                let jwk = published.key(id).await.ok_or_else(refused)?;
                if !fits(&jwk, header.alg) {
                    return Err(refused());
                }
                (DecodingKey::from_jwk(&jwk).map_err(|_| refused())?, true)
            }
            _ => return Err(refused()),
        };
        let claims = decode::<Claims>(token, &key, &self.validation(header.alg, must_have_issuer))
            .map_err(|_| refused())?
            .claims;
        principal(claims)
    }

    fn validation(&self, algorithm: Algorithm, must_have_issuer: bool) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = SKEW;
        validation.validate_nbf = true;
        validation.set_audience(&[AUDIENCE]);
        let mut required = vec!["exp", "aud", "sub"];
        // A secret shared with a PostgREST of one's own signs for whatever issuer; a project's published keys for itself alone.
        if let (Some(issuer), true) = (&self.issuer, must_have_issuer || self.issuer.is_some()) {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        validation.set_required_spec_claims(&required);
        validation
    }

    fn is_service_key(&self, token: &str) -> bool {
        self.supabase
            .service_role_key
            .as_ref()
            .is_some_and(|key| bool::from(key.expose_secret().as_bytes().ct_eq(token.as_bytes())))
    }
}

fn principal(claims: Claims) -> Answer<Principal> {
    let issued = claims.iat.unwrap_or_default();
    let now = Timestamp::now().as_second();
    // Anonymous users of Supabase have the role of those who signed in: the flag tells them apart.
    if claims.role.as_deref() != Some(AUDIENCE) || claims.is_anonymous || issued > now + SKEW as i64
    {
        return Err(refused());
    }
    let id = claims
        .sub
        .and_then(|text| text.parse().ok())
        .ok_or_else(refused)?;
    Ok(Principal::Person {
        id,
        workspace: claims.app_metadata.workspace_id,
        proof: Proof::Token {
            issued_at: Timestamp::from_second(issued).map_err(|_| refused())?,
            accepted_until: (claims.exp as i64).saturating_add(SKEW as i64),
        },
    })
}

fn fits(jwk: &Jwk, algorithm: Algorithm) -> bool {
    matches!(
        (&jwk.algorithm, algorithm),
        (AlgorithmParameters::EllipticCurve(_), Algorithm::ES256)
            | (AlgorithmParameters::RSA(_), Algorithm::RS256)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "super-secret-jwt-token-with-at-least-32-characters-long";
    /// Signed with [`SECRET`] by another program; good until 2030.
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL3JvbWFzaGthLnRlc3QvYXV0aC92MSIsInN1YiI6IjEyM2U0NTY3LWU4OWItMTJkMy1hNDU2LTQyNjYxNDE3NDAwMCIsImF1ZCI6ImF1dGhlbnRpY2F0ZWQiLCJleHAiOjE4OTM0NTYwMDAsImlhdCI6MTczNTY4OTYwMCwicm9sZSI6ImF1dGhlbnRpY2F0ZWQiLCJhcHBfbWV0YWRhdGEiOnsib3JnX2lkIjoib3JnXzEifX0.FvMEoJJQ8nwqcXaFZySqA__imKFlsx55vTsRRw6wgG4";
    /// The same person, signed with the key below.
    const ES256: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6IjNhMThjZmUyLTcyMjYtNDNiMC1iYmI0LTdjNTI0MmYyNDA2ZSIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL3JvbWFzaGthLnRlc3QvYXV0aC92MSIsInN1YiI6IjEyM2U0NTY3LWU4OWItMTJkMy1hNDU2LTQyNjYxNDE3NDAwMCIsImF1ZCI6ImF1dGhlbnRpY2F0ZWQiLCJleHAiOjE4OTM0NTYwMDAsImlhdCI6MTczNTY4OTYwMCwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.OpXEDa2OFeWb35AQTo72k0O9tfRkXZ5QdbK8rqwIi-dypDeWHy4qV8xtZxO0tdbtrAo6Hd8U2B2SPGvNq9i5TQ";
    const JWK: &str = r#"{"kty":"EC","kid":"3a18cfe2-7226-43b0-bbb4-7c5242f2406e","crv":"P-256","x":"gyLVvp9dyEgylYH7nR2E2qdQ_-9Pv5i1tk7c2qZD4Nk","y":"CD9RfYOTyjR5U-PC9UDlsthRpc7vAQQQ2FTt8UsX0fY"}"#;

    fn verifier(url: Option<&str>) -> TokenVerifier {
        TokenVerifier::new(Supabase {
            url: url.map(|url| Url::parse(url).expect("a URL")),
            anon_key: None,
            service_role_key: Some(SecretString::from("service-key")),
            jwt_secret: Some(SecretString::from(SECRET)),
        })
    }

    async fn verify(verifier: &TokenVerifier, token: &str) -> Answer<Principal> {
        verifier.verify(&SecretString::from(token)).await
    }

    fn with_keys(verifier: &TokenVerifier) {
        let jwk: Jwk = serde_json::from_str(JWK).expect("a key");
        let published = verifier.published.as_ref().expect("a project");
        published.put(vec![jwk]);
    }

    #[tokio::test]
    async fn tokens_of_other_programs_are_verified() {
        let person: Uuid = "123e4567-e89b-12d3-a456-426614174000"
            .parse()
            .expect("an id");
        let postgrest = verifier(None);
        assert!(
            matches!(verify(&postgrest, TOKEN).await, Ok(Principal::Person { id, .. }) if id == person)
        );
        let supabase = verifier(Some("https://romashka.test"));
        with_keys(&supabase);
        for token in [TOKEN, ES256] {
            assert!(
                matches!(verify(&supabase, token).await, Ok(Principal::Person { id, .. }) if id == person)
            );
        }
        assert_eq!(
            verify(&postgrest, "service-key")
                .await
                .expect("the service"),
            Principal::Service
        );
        // Another project's tokens.
        let other = verifier(Some("https://other.test"));
        with_keys(&other);
        for token in [TOKEN, ES256] {
            assert!(verify(&other, token).await.is_err());
        }
    }

    #[tokio::test]
    async fn what_is_forged_is_refused() {
        let supabase = verifier(Some("https://romashka.test"));
        with_keys(&supabase);
        let (head, rest) = TOKEN.split_once('.').expect("a token");
        let (claims, signature) = rest.split_once('.').expect("claims");
        let swap = |header: &str| {
            use base64::Engine as _;
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header)
        };
        let es_claims = ES256.split('.').nth(1).expect("claims");
        let public_key_as_secret = {
            let secret = DecodingKey::from_jwk(&serde_json::from_str(JWK).expect("a key"));
            assert!(secret.is_ok());
            // Signed by whoever knows the public key, as if it were the secret of HS256.
            jsonwebtoken::encode(
                &jsonwebtoken::Header::new(Algorithm::HS256),
                &serde_json::json!({"sub": Uuid::nil(), "aud": AUDIENCE, "role": AUDIENCE, "exp": 1_893_456_000, "iss": "https://romashka.test/auth/v1"}),
                &jsonwebtoken::EncodingKey::from_secret(JWK.as_bytes()),
            )
            .expect("a token")
        };
        for (what, token) in [
            ("no signature", format!("{head}.{claims}.")),
            ("none", format!("{}.{claims}.", swap(r#"{"alg":"none"}"#))),
            ("nOnE", format!("{}.{claims}.{signature}", swap(r#"{"alg":"nOnE"}"#))),
            ("HS512", format!("{}.{claims}.{signature}", swap(r#"{"alg":"HS512"}"#))),
            ("an EC key for RS256", format!("{}.{es_claims}.{signature}", swap(r#"{"alg":"RS256","kid":"3a18cfe2-7226-43b0-bbb4-7c5242f2406e"}"#))),
            ("a critical header", format!("{}.{claims}.{signature}", swap(r#"{"alg":"HS256","crit":["x"]}"#))),
            ("an unknown key", format!("{}.{es_claims}.{signature}", swap(r#"{"alg":"ES256","kid":"unknown"}"#))),
            ("the public key as a secret", public_key_as_secret),
            // PostgREST's documentation: expired in 2016, and another secret.
            ("expired", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoiamRvZSIsImV4cCI6MTQ3NTUxNjI1MH0.GYDZV3yM0gqvuEtJmfpplLBXSGYnke_Pvnl0tbKAjB4".to_owned()),
            ("padding", format!("{TOKEN}=")),
            ("four parts", format!("{TOKEN}.x")),
            ("nothing", String::new()),
        ] {
            assert!(verify(&supabase, &token).await.is_err(), "{what}");
        }
    }

    #[tokio::test]
    async fn claims_decide() {
        let postgrest = verifier(None);
        let now = Timestamp::now().as_second();
        let token = |claims: serde_json::Value| {
            jsonwebtoken::encode(
                &jsonwebtoken::Header::default(),
                &claims,
                &jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes()),
            )
            .expect("a token")
        };
        let claims = |change: serde_json::Value| {
            let mut claims = serde_json::json!({"sub": Uuid::nil(), "aud": ["x", AUDIENCE], "role": AUDIENCE, "exp": now + 60, "iat": now});
            for (name, value) in change.as_object().into_iter().flatten() {
                claims[name] = value.clone();
            }
            token(claims)
        };
        assert!(
            verify(&postgrest, &claims(serde_json::json!({})))
                .await
                .is_ok()
        );
        assert!(
            verify(&postgrest, &claims(serde_json::json!({"exp": now - 10})))
                .await
                .is_ok(),
            "within the skew"
        );
        for wrong in [
            serde_json::json!({"exp": now - 100}),
            serde_json::json!({"exp": null}),
            serde_json::json!({"nbf": now + 100}),
            serde_json::json!({"iat": now + 100}),
            serde_json::json!({"aud": "anon"}),
            serde_json::json!({"role": "service_role"}),
            serde_json::json!({"role": "anon"}),
            serde_json::json!({"role": null}),
            serde_json::json!({"sub": "ann"}),
            serde_json::json!({"sub": null}),
            serde_json::json!({"is_anonymous": true}),
        ] {
            assert!(
                verify(&postgrest, &claims(wrong.clone())).await.is_err(),
                "{wrong}"
            );
        }
    }
}
