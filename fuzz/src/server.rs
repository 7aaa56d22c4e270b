//! What the server itself reads of a request: headers, cursors, places in the ledger.

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use futures_util::FutureExt as _;
use romashka_server::authentication::api_key::ApiKey;
use romashka_server::authentication::credential::{Credential, cookie_value};
use romashka_server::authentication::{csrf, totp};
use romashka_server::cursor::{AtTime, Place};
use romashka_server::realtime;
use romashka_server::version::{IfMatch, entity_tag};
use secrecy::ExposeSecret as _;
use url::Url;

/// Headers of a request, one a line; each line is also read as a cursor, a key and a code.
pub fn request(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(100) {
        let colon = line.iter().position(|byte| *byte == b':');
        if let Some(at) = colon
            && let Ok(name) = HeaderName::from_bytes(&line[..at])
            && let Ok(value) = HeaderValue::from_bytes(line[at + 1..].trim_ascii())
        {
            headers.append(name, value);
        }
        if let Ok(text) = std::str::from_utf8(line) {
            texts(text);
        }
    }
    if let Ok(Credential::ApiKey(key)) = Credential::of(&headers, "romashka_session") {
        assert!(ApiKey::is_meant(key.expose()));
    }
    if let Some(value) = cookie_value(&headers, "romashka_session") {
        assert!(!value.expose_secret().contains(';'));
    }
    let own = Url::parse("https://support.example.com").expect("an address");
    if csrf::check(&Method::POST, &headers, &own).is_ok() {
        let names = ["sec-fetch-site", "origin", "referer"];
        assert!(names.iter().any(|name| headers.contains_key(*name)));
    }
    let _ = csrf::refuse_foreign(&headers, &own);
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers = headers;
    let version = IfMatch::from_request_parts(&mut parts, &()).now_or_never();
    if let Some(Ok(IfMatch(Some(time)))) = version {
        let again = entity_tag(time);
        parts.headers.clear();
        let tag = HeaderValue::from_str(&again).expect("a tag is a header");
        parts.headers.insert("if-match", tag);
        let read = IfMatch::from_request_parts(&mut parts, &()).now_or_never();
        assert!(matches!(read, Some(Ok(IfMatch(Some(same)))) if same == time));
    }
}

fn texts(text: &str) {
    let order = "created_at".to_owned();
    if let Ok(Some(place)) = AtTime::of(Some(text), &order) {
        let again = romashka_server::cursor::encode(&place);
        assert!(matches!(AtTime::of(Some(&again), &order), Ok(Some(same)) if same == place));
    }
    if let Ok(Some(place)) = Place::of(Some(text), &order) {
        let again = romashka_server::cursor::encode(&place);
        assert!(matches!(Place::of(Some(&again), &order), Ok(Some(same)) if same == place));
    }
    if let Ok(place) = realtime::Place::of(text) {
        assert!(place.id >= 0 && i64::try_from(place.transaction).is_ok());
    }
    if let Some(key) = ApiKey::parse(text) {
        assert_eq!(key.expose(), text);
        assert!(text.contains(key.display_prefix()) && text.ends_with(key.last_four()));
    }
    if let Some(digits) = totp::digits(text) {
        assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
    }
    totp::normalized_recovery_code(text);
}
