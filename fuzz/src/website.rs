//! What a browser sends: who a visitor is, texts, pages, forms and files.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use romashka_channels::website::form::{Field, check_answers, check_definition};
use romashka_channels::website::origin::{AllowedPages, content_security_policy};
use romashka_channels::website::{identity, input, session, upload};
use secrecy::SecretString;
use sha2::Sha256;
use url::Url;

use super::{assert_clean, lines};

/// A token with these claims that the owner's server signed, and the bytes as a token that nobody signed.
pub fn identity(data: &[u8]) {
    let secrets = [SecretString::from("a secret of the owner")];
    let now = Timestamp::from_second(1_767_225_600).expect("a time");
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#),
        URL_SAFE_NO_PAD.encode(data)
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(b"a secret of the owner").expect("any length");
    mac.update(signed.as_bytes());
    let token = format!(
        "{signed}.{}",
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    );
    if let Ok(visitor) = identity::verify_token(&secrets, &token, now) {
        assert!(!visitor.user_id.is_empty() && visitor.user_id.chars().count() <= 128);
        for text in [
            Some(&visitor.user_id),
            visitor.name.as_ref(),
            visitor.email.as_ref(),
        ] {
            assert_clean(text.map_or("", String::as_str));
        }
        for value in visitor.attributes.values() {
            assert!(!value.is_array() && !value.is_object());
        }
    }
    let ([token, hash], _) = lines::<2>(data);
    assert!(identity::verify_token(&secrets, token, now).is_err());
    assert!(identity::verify_hash(&secrets, token, hash).is_err());
}

/// A text as it is typed into each kind of field; a form's definition on the first line and answers on the second.
pub fn input(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for taken in [
        input::message(&text),
        input::line(&text, 100),
        input::email(&text),
        input::phone(&text),
        input::page(&text),
    ]
    .into_iter()
    .flatten()
    {
        assert_clean(&taken);
        assert!(!taken.is_empty() && taken.chars().count() <= input::MESSAGE_LIMIT);
    }
    let ([definition, answers], _) = lines::<2>(data);
    if let (Ok(fields), Ok(answers)) = (
        serde_json::from_str::<Vec<Field>>(definition),
        serde_json::from_str::<BTreeMap<String, String>>(answers),
    ) && check_definition(&fields).is_ok()
        && let Ok(taken) = check_answers(&fields, &answers, &[])
    {
        assert!(
            taken
                .keys()
                .all(|key| fields.iter().any(|field| field.key == *key))
        );
        taken.values().for_each(|answer| assert_clean(answer));
    }
    if let Ok(pages) = AllowedPages::parse([definition, answers]) {
        let own = Url::parse("https://support.example.com").expect("an address");
        for policy in [
            pages.frame_ancestors(),
            content_security_policy(&pages, &own, None),
        ] {
            assert!(!policy.contains(['\r', '\n', ',']), "{policy:?}");
        }
        assert!(!pages.frame_ancestors().contains(';'));
    }
    let pages = AllowedPages::parse(["example.com"]).expect("a host");
    if let Some(allowed) = pages.allowed_origin(definition) {
        assert!(
            matches!(
                allowed.as_str(),
                "https://example.com" | "http://example.com"
            ) || allowed.starts_with("https://example.com:")
                || allowed.starts_with("http://example.com:")
        );
    }
    if let Ok(token) = session::VisitorToken::from_authorization(definition) {
        assert!(
            definition.contains(token.expose()),
            "there is one spelling of a token"
        );
    }
}

/// A file: its name and its declared type on two lines, then its first bytes.
pub fn upload(data: &[u8]) {
    let ([name, declared], beginning) = lines::<2>(data);
    let kind = upload::check(name, declared, beginning.len() as u64, beginning);
    let headers = upload::serving_headers(kind.clone().ok(), name);
    for (_, value) in &headers {
        assert!(
            value.bytes().all(|byte| (b' '..0x7f).contains(&byte)),
            "{value:?}"
        );
    }
    if let Ok(kind) = kind {
        assert!(!matches!(kind.content_type, "text/html" | "image/svg+xml"));
        let is_markup = beginning.trim_ascii_start().get(..5).is_some_and(|start| {
            start.eq_ignore_ascii_case(b"<html") || start.eq_ignore_ascii_case(b"<?xml")
        });
        assert!(!is_markup, "{kind:?}");
    }
}
