//! Webhooks out: addresses that people type, and what receivers answer.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use romashka_channels::webhooks::address::AddressGuard;
use romashka_channels::webhooks::answer;
use romashka_channels::webhooks::endpoint::{Endpoint, UrlPolicy, custom_headers};
use romashka_channels::webhooks::event::Subscription;
use romashka_channels::webhooks::secret::{PrivateKey, PublicKey, Secret};
use romashka_channels::webhooks::signature::{ReceivedHeaders, VerifyingKey, verify};

use super::lines;

/// An address, and a header for the requests to it on the second line.
pub fn address(data: &[u8]) {
    let ([text, header], _) = lines::<2>(data);
    let guard = AddressGuard::default();
    if let Ok(endpoint) = Endpoint::parse(text, &UrlPolicy::default()) {
        let url = endpoint.url();
        assert!(url.username().is_empty() && url.password().is_none());
        assert_eq!(url.scheme(), "https");
        let again = Endpoint::parse(&endpoint.to_string(), &UrlPolicy::default());
        assert_eq!(
            again.as_ref(),
            Ok(&endpoint),
            "what was read is read again as the same"
        );
        let address = match url.host() {
            Some(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(url::Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        assert!(address.is_none_or(|address| guard.check(address).is_ok()));
    }
    if let Ok(address) = text.parse::<IpAddr>()
        && guard.check(address).is_ok()
    {
        let plain = address.to_canonical();
        assert!(!plain.is_loopback() && !plain.is_multicast() && !plain.is_unspecified());
    }
    let (name, value) = header.split_once(':').unwrap_or((header, ""));
    if let Ok(headers) = custom_headers(&BTreeMap::from([(name.to_owned(), value.to_owned())])) {
        let wrong = |text: &String| text.contains(['\r', '\n', '\0']);
        assert!(
            !headers
                .iter()
                .any(|(name, value)| wrong(name) || wrong(value))
        );
    }
    let _ = Subscription::parse(text);
}

/// Headers of a signed webhook on three lines, a key on the fourth, then the body.
pub fn signature(data: &[u8]) {
    let ([id, timestamp, signature, key], body) = lines::<4>(data);
    let _ = Secret::parse(key);
    let _ = PrivateKey::parse(key);
    let _ = PublicKey::parse(key);
    let secret = Secret::from_bytes(vec![7; 32]).expect("32 bytes are a secret");
    let headers = ReceivedHeaders {
        id: Some(id),
        timestamp: Some(timestamp),
        signature: Some(signature),
    };
    let keys = [VerifyingKey::Secret(secret)];
    assert!(verify(headers, body, &keys, Timestamp::UNIX_EPOCH).is_err());
    answer::parse_retry_after(signature, Timestamp::UNIX_EPOCH);
    let excerpt = answer::excerpt(body);
    super::assert_clean(&excerpt);
    assert!(excerpt.len() <= answer::EXCERPT_LIMIT);
}
