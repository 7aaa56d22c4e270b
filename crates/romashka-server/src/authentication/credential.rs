//! What a request shows of who sent it.

use axum::http::{HeaderMap, header};
use secrecy::{ExposeSecret, SecretString};

use super::api_key::ApiKey;
use crate::problem::{Answer, Code, Problem};

/// Longest credential that is looked at.
const LONGEST: usize = 8 * 1024;

/// The credential of a request. What is sent in a header counts before a cookie, and the cookie is then not looked at.
#[derive(Debug)]
pub enum Credential {
    /// Nothing.
    None,
    /// The token of a session, in the cookie.
    Session(SecretString),
    /// An API key.
    ApiKey(ApiKey),
    /// A JSON web token, not verified yet.
    Token(SecretString),
}

impl Credential {
    /// The credential of these headers; `cookie` is the name of the session's cookie.
    pub fn of(headers: &HeaderMap, cookie: &str) -> Answer<Credential> {
        let refused = || Problem::new(Code::InvalidToken);
        let bearer = match headers.get(header::AUTHORIZATION) {
            Some(value) => {
                let value = value.to_str().map_err(|_| refused())?;
                let (scheme, rest) = value.split_once(' ').ok_or_else(refused)?;
                if !scheme.eq_ignore_ascii_case("bearer") {
                    return Err(refused());
                }
                Some(rest.trim())
            }
            None => match headers.get("x-api-key") {
                Some(value) => Some(value.to_str().map_err(|_| refused())?.trim()),
                None => None,
            },
        };
        match bearer {
            Some(text) if text.len() > LONGEST || text.is_empty() => Err(refused()),
            Some(text) if ApiKey::is_meant(text) => ApiKey::parse(text)
                .map(Credential::ApiKey)
                .ok_or_else(refused),
            Some(text) => Ok(Credential::Token(SecretString::from(text))),
            None => Ok(match cookie_value(headers, cookie) {
                Some(token) if token.expose_secret().len() <= LONGEST => Credential::Session(token),
                _ => Credential::None,
            }),
        }
    }
}

/// The value of a cookie.
pub fn cookie_value(headers: &HeaderMap, name: &str) -> Option<SecretString> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, value)| *found == name && !value.is_empty())
        .map(|(_, value)| SecretString::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn of(pairs: &[(&'static str, &'static str)]) -> Answer<Credential> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        Credential::of(&headers, "sid")
    }

    #[test]
    fn a_header_counts_before_a_cookie() {
        assert!(matches!(of(&[]), Ok(Credential::None)));
        assert!(matches!(
            of(&[("cookie", "a=b; sid=x")]),
            Ok(Credential::Session(_))
        ));
        assert!(matches!(
            of(&[("cookie", "sid=x"), ("authorization", "Bearer eyJ.a.b")]),
            Ok(Credential::Token(_))
        ));
        assert!(matches!(
            of(&[("x-api-key", "rmk_live_AbCdEfGhIjKlMnOpQrStUvWxYz01232piBxe")]),
            Ok(Credential::ApiKey(_))
        ));
        for wrong in ["Basic x", "Bearer", "Bearer ", "Bearer rmk_live_wrong"] {
            assert!(
                of(&[("authorization", wrong), ("cookie", "sid=x")]).is_err(),
                "{wrong}"
            );
        }
    }
}
