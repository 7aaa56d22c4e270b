//! Did Twilio send this request? (`X-Twilio-Signature`)
//!
//! Invariant: a request is believed when its signature fits one of the spellings of its URL that Twilio is known to
//! sign, with one of our keys. The URL is the public one, as it is configured at Twilio: what a proxy in front of us
//! makes of host, scheme and port plays no role. Signatures are compared in constant time.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::form::Form;

/// Header with the signature.
pub const SIGNATURE_HEADER: &str = "X-Twilio-Signature";
/// Header that names another key and algorithm.
pub const SETTINGS_HEADER: &str = "X-Twilio-Webhooks-Signature-Settings";
const BODY_HASH: &str = "bodySHA256=";

/// Why a request is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// No header.
    #[error("the header X-Twilio-Signature is missing")]
    Missing,
    /// An algorithm that we do not know.
    #[error("the request is signed by an unknown algorithm")]
    UnknownAlgorithm,
    /// The body is not the one whose hash is in the URL.
    #[error("the body does not have the hash that the URL promises")]
    BodyHash,
    /// Not signed by a key of ours, or for another URL.
    #[error("the signature does not match")]
    NoMatch,
}

/// Keys of the account.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Auth tokens of the account that owns the number (of the subaccount for its numbers): the primary one, and the
    /// next one while it is being exchanged.
    pub auth_tokens: Vec<SecretString>,
    /// Shared keys by their id, for `HMAC_SHA256`.
    pub shared_keys: BTreeMap<String, SecretString>,
}

/// What was signed.
#[derive(Debug, Clone, Copy)]
pub enum Signed<'a> {
    /// A GET: the URL alone.
    Query,
    /// A POST of a form. A hash in the URL plays no role then.
    Form(&'a Form),
    /// Any other body, usually JSON, whose SHA-256 stands in the URL.
    Bytes(&'a [u8]),
}

/// A request to judge.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    /// Whole public URL with its query, verbatim.
    pub url: &'a str,
    /// What was signed besides.
    pub signed: Signed<'a>,
    /// Value of `X-Twilio-Signature`.
    pub signature: Option<&'a str>,
    /// Value of `X-Twilio-Webhooks-Signature-Settings`.
    pub settings: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha1,
    Sha256,
}

/// Whether Twilio sent a request.
pub fn verify(request: SignedRequest<'_>, keys: &Keys) -> Result<(), SignatureError> {
    let given = request
        .signature
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .ok_or(SignatureError::Missing)?;
    let (algorithm, candidates) = choose_keys(request.settings, keys)?;
    let mut parameters = String::new();
    match request.signed {
        Signed::Query => {}
        Signed::Form(form) => parameters = joined(form),
        Signed::Bytes(body) => {
            let promised = body_hash(request.url).ok_or(SignatureError::BodyHash)?;
            let found = hex::encode(digest::digest(&digest::SHA256, body));
            constant_time::verify_slices_are_equal(found.as_bytes(), promised.as_bytes())
                .map_err(|_| SignatureError::BodyHash)?;
        }
    }
    let given = STANDARD
        .decode(given)
        .map_err(|_| SignatureError::NoMatch)?;
    let mut matches = false;
    // Every candidate is tried, so that the time tells nothing about which one fits.
    for url in spellings(request.url) {
        for key in &candidates {
            let expected = authentication_code(algorithm, key, &url, &parameters);
            matches |= constant_time::verify_slices_are_equal(expected.as_ref(), &given).is_ok();
        }
    }
    matches.then_some(()).ok_or(SignatureError::NoMatch)
}

fn choose_keys<'k>(
    settings: Option<&str>,
    keys: &'k Keys,
) -> Result<(Algorithm, Vec<&'k SecretString>), SignatureError> {
    let mut algorithm = Algorithm::Sha1;
    let mut key_id = None;
    for setting in settings.unwrap_or_default().split(',') {
        match setting.trim().split_once('=') {
            Some(("algorithm", "HMAC_SHA1")) => algorithm = Algorithm::Sha1,
            Some(("algorithm", "HMAC_SHA256")) => algorithm = Algorithm::Sha256,
            Some(("algorithm", _)) => return Err(SignatureError::UnknownAlgorithm),
            Some(("key", id)) => key_id = Some(id),
            _ => {}
        }
    }
    let candidates = match algorithm {
        Algorithm::Sha1 => keys.auth_tokens.iter().collect(),
        Algorithm::Sha256 => key_id
            .and_then(|id| keys.shared_keys.get(id))
            .into_iter()
            .collect(),
    };
    Ok((algorithm, candidates))
}

fn authentication_code(
    algorithm: Algorithm,
    key: &SecretString,
    url: &str,
    parameters: &str,
) -> hmac::Tag {
    let algorithm = match algorithm {
        Algorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => hmac::HMAC_SHA256,
    };
    let mut context =
        hmac::Context::with_key(&hmac::Key::new(algorithm, key.expose_secret().as_bytes()));
    context.update(url.as_bytes());
    context.update(parameters.as_bytes());
    context.sign()
}

/// Names in byte order, each value of a name once and in order, without separators.
fn joined(form: &Form) -> String {
    let ordered: BTreeSet<(&str, &str)> = form
        .parameters()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    ordered
        .into_iter()
        .flat_map(|(name, value)| [name, value])
        .collect()
}

/// The hash in the query of a URL.
fn body_hash(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix(BODY_HASH))
}

/// The URL as Twilio may have signed it: with or without the port and the user, and with an apostrophe in the query
/// written either way.
fn spellings(url: &str) -> Vec<String> {
    // The fragment holds settings of the connection and is not sent.
    let url = url.split('#').next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else {
        return vec![url.to_owned()];
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, host_and_port) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    // A colon inside of brackets belongs to an IPv6 address.
    let (host, port) = match host_and_port.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (host_and_port, None),
    };
    let default_port = if scheme.eq_ignore_ascii_case("http") {
        "80"
    } else {
        "443"
    };
    let hosts = [
        host.to_owned(),
        format!("{host}:{}", port.unwrap_or(default_port)),
    ];
    let mut paths = vec![path.to_owned()];
    if let Some((before, query)) = path.split_once('?') {
        for other in [query.replace('\'', "%27"), query.replace("%27", "'")] {
            if other != query {
                paths.push(format!("{before}?{other}"));
            }
        }
    }
    let mut found = Vec::new();
    for path in &paths {
        for host in &hosts {
            found.push(format!("{scheme}://{host}{path}"));
            if let Some(user) = user {
                found.push(format!("{scheme}://{user}@{host}{path}"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const HASH: &str = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    const BODY: &[u8] = br#"{"property": "value", "boolean": true}"#;
    const CALL: [(&str, &str); 5] = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ];

    fn form(parameters: &[(&str, &str)]) -> Form {
        parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn keys() -> Keys {
        Keys {
            auth_tokens: vec!["the next one".into(), "12345".into()],
            shared_keys: BTreeMap::from([("SK1".to_owned(), "12345".into())]),
        }
    }

    fn check(url: &str, signed: Signed<'_>, signature: &str) -> Result<(), SignatureError> {
        let request = SignedRequest {
            url,
            signed,
            signature: Some(signature),
            settings: None,
        };
        verify(request, &keys())
    }

    #[track_caller]
    fn accepts(url: &str, parameters: &[(&str, &str)], signature: &str) {
        let form = form(parameters);
        assert_eq!(check(url, Signed::Form(&form), signature), Ok(()));
        let mut changed = form.parameters().to_vec();
        changed.push(("Extra".to_owned(), String::new()));
        let changed: Form = changed.into_iter().collect();
        assert_eq!(
            check(url, Signed::Form(&changed), signature),
            Err(SignatureError::NoMatch)
        );
    }

    #[test]
    fn ports() {
        accepts(URL, &CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        accepts(
            &URL.replace(".com/", ".com:1234/"),
            &CALL,
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        );
        accepts(
            &URL.replace(".com/", ".com:443/"),
            &CALL,
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        );
        accepts(URL, &CALL, "kvajT1Ptam85bY51eRf/AJRuM3w=");
        accepts(
            &URL.replace(".com/", ".com:443/"),
            &CALL,
            "kvajT1Ptam85bY51eRf/AJRuM3w=",
        );
        let plain = URL.replace("https", "http");
        accepts(
            &plain.replace(".com/", ".com:1234/"),
            &CALL,
            "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
        );
        accepts(&plain, &CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4=");
        let form = form(&CALL);
        assert_eq!(
            check(&plain, Signed::Form(&form), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            Err(SignatureError::NoMatch)
        );
    }

    #[test]
    fn user_names() {
        let both = URL.replace("https://", "https://user:pass@");
        for signature in [
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            "CukzLTc1tT5dXEDIHm/tKBanW10=",
            "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI=",
        ] {
            accepts(&both, &CALL, signature);
        }
        let name = URL.replace("https://", "https://user@");
        for signature in [
            "2YRLlVAflCqxaNicjMpJcSTgzSs=",
            "aZfj4hyX1MLZhSS6QIL18Vn2/RA=",
        ] {
            accepts(&name, &CALL, signature);
        }
    }

    #[test]
    fn bodies_with_a_hash_in_the_url() {
        let with_hash = format!("{URL}&bodySHA256={HASH}");
        assert_eq!(
            check(
                &with_hash,
                Signed::Bytes(BODY),
                "a9nBmqA0ju/hNViExpshrM61xv4="
            ),
            Ok(())
        );
        let only_hash = format!("https://mycompany.com/myapp.php?bodySHA256={HASH}");
        assert_eq!(
            check(
                &only_hash,
                Signed::Bytes(BODY),
                "y77kIzt2vzLz71DgmJGsen2scGs="
            ),
            Ok(())
        );
        assert_eq!(
            check(
                &with_hash,
                Signed::Bytes(b"{}"),
                "a9nBmqA0ju/hNViExpshrM61xv4="
            ),
            Err(SignatureError::BodyHash)
        );
        assert_eq!(
            check(URL, Signed::Bytes(BODY), "a9nBmqA0ju/hNViExpshrM61xv4="),
            Err(SignatureError::BodyHash)
        );
        let empty = format!(
            "{URL}&bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
        for signature in [
            "Ldidvp12m26NI7eqEvxnEpkd9Hc=",
            "rw/jVviOgicj2+kHZULvebnA4ag=",
        ] {
            assert_eq!(check(&empty, Signed::Bytes(b"{}"), signature), Ok(()));
        }
        // A form is judged by its parameters, whatever hash the URL holds.
        let hashed = "https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=0";
        let form = form(&CALL);
        assert_eq!(
            check(hashed, Signed::Form(&form), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            Err(SignatureError::NoMatch)
        );
    }

    #[test]
    fn parameters_that_repeat_or_share_a_beginning() {
        let digits = [
            ("Sid", "CA123"),
            ("SidAccount", "AC123"),
            ("Digits", "5678"),
            ("Digits", "1234"),
            ("Digits", "1234"),
        ];
        accepts(URL, &digits, "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
        let bindings = [
            ("MessagingBinding.Address", "+1325xxxxxxx"),
            ("MessagingBinding.Address", "+1415xxxxxxx"),
        ];
        accepts(URL, &bindings, "83O6e2vORAoJHUNzJjDWN1jz+BA=");
        accepts(
            URL,
            &[bindings[1], bindings[0]],
            "83O6e2vORAoJHUNzJjDWN1jz+BA=",
        );
        let mut ended = CALL.to_vec();
        ended.extend([("ReasonConferenceEnded", "test"), ("Reason", "Participant")]);
        accepts(URL, &ended, "vOEb5UThFn24KEfnOFLQY2AE5FY=");
        let read = Form::parse(b"property=value&boolean=true");
        assert_eq!(
            check(URL, Signed::Form(&read), "NBdBDr/T/lgjI+tlgpXjKZQZs/k="),
            Ok(())
        );
    }

    #[test]
    fn apostrophes_in_the_query() {
        for query in ["It's+amazing", "It%27s+amazing"] {
            let url = format!("{URL}&Body={query}");
            accepts(&url, &CALL, "TfZzewPq8wqrGlMfyAud8+/IvJ0=");
            accepts(&url, &CALL, "dsq4Ehbj6cs+KdTkpF5sSSplOWw=");
        }
    }

    #[test]
    fn vectors_of_the_documentation_and_of_a_real_message() {
        let documented = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675310"),
            ("From", "+14158675310"),
            ("Digits", "1234"),
            ("To", "+18005551212"),
        ];
        accepts(
            "https://example.com/myapp.php?foo=1&bar=2",
            &documented,
            "L/OH5YylLD5NRKLltdqwSvS0BnU=",
        );
        let message = [
            ("AccountSid", "AC00000000000000000000000000000001"),
            ("Body", " Привет 😀 "),
            ("From", "+14155550100"),
            ("FromCity", ""),
            ("MessageSid", "SM00000000000000000000000000000001"),
            ("SmsSid", "SM00000000000000000000000000000001"),
            ("NumMedia", "0"),
            ("NumSegments", "1"),
            ("To", "+14155550199"),
            ("ToCountry", "US"),
        ];
        let url = "https://support.example.test/webhooks/twilio/sms?inbox=7";
        accepts(url, &message, "uXNOPFNOBBZLkT36X/gAp68aq4w=");
        accepts(
            &format!("{url}#rc=3&rp=all"),
            &message,
            "uXNOPFNOBBZLkT36X/gAp68aq4w=",
        );
    }

    #[test]
    fn shared_keys() {
        let form = form(&CALL);
        let with = |settings, signature| {
            verify(
                SignedRequest {
                    url: URL,
                    signed: Signed::Form(&form),
                    signature: Some(signature),
                    settings: Some(settings),
                },
                &keys(),
            )
        };
        let sha256 = "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=";
        let sha1 = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        assert_eq!(with("key=SK1,algorithm=HMAC_SHA256", sha256), Ok(()));
        assert_eq!(
            with("key=SK2,algorithm=HMAC_SHA256", sha256),
            Err(SignatureError::NoMatch)
        );
        assert_eq!(
            with("algorithm=HMAC_SHA256", sha256),
            Err(SignatureError::NoMatch)
        );
        assert_eq!(with("key=SK1", sha1), Ok(()));
        assert_eq!(with("", sha1), Ok(()));
        assert_eq!(
            with("key=SK1,algorithm=HMAC_SHA256", sha1),
            Err(SignatureError::NoMatch)
        );
        assert_eq!(
            with("algorithm=none", sha1),
            Err(SignatureError::UnknownAlgorithm)
        );
    }

    #[test]
    fn what_is_not_signed_is_not_believed() {
        let form = form(&CALL);
        for (signature, expected) in [
            (None, SignatureError::Missing),
            (Some(" "), SignatureError::Missing),
            (Some("%%%"), SignatureError::NoMatch),
            (Some("AAAA"), SignatureError::NoMatch),
        ] {
            let request = SignedRequest {
                url: URL,
                signed: Signed::Form(&form),
                signature,
                settings: None,
            };
            assert_eq!(verify(request, &keys()), Err(expected));
        }
        assert!(check("no url", Signed::Query, "RSOYDt4T1cUTdK1PDd93/VVr8B8=").is_err());
        assert!(
            check(
                "https://[::1]:5/x",
                Signed::Query,
                "RSOYDt4T1cUTdK1PDd93/VVr8B8="
            )
            .is_err()
        );
    }

    #[test]
    fn a_get_is_signed_by_its_url() {
        let url = "https://mycompany.com/in?Body=Hi&From=%2B1";
        let expected = authentication_code(Algorithm::Sha1, &"12345".into(), url, "");
        assert_eq!(
            check(url, Signed::Query, &STANDARD.encode(expected)),
            Ok(())
        );
    }
}
