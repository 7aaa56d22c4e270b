//! One attempt to deliver as a request.
//!
//! Invariant: the body is sent byte for byte as it was signed, and our headers cannot be replaced by a subscriber's.

use std::collections::BTreeMap;

use jiff::Timestamp;
use thiserror::Error;

use super::endpoint::{Endpoint, HeaderError, custom_headers};
use super::signature::{
    ID_HEADER, SIGNATURE_HEADER, SignError, SigningKey, TIMESTAMP_HEADER, sign,
};
use crate::request::{self, Body, Method, OutboundRequest};

/// How we name ourselves to receivers.
pub const USER_AGENT: &str = concat!("ROMASHKA-Webhooks/", env!("CARGO_PKG_VERSION"));

/// Why there is no request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DeliveryError {
    /// Not signed.
    #[error("the delivery could not be signed")]
    Sign(#[from] SignError),
    /// A subscriber's header is not allowed.
    #[error("a header of the subscription is not allowed")]
    CustomHeader(#[from] HeaderError),
    /// A header could not be written.
    #[error("a header could not be written")]
    Header(#[from] request::HeaderError),
}

/// What is delivered where.
#[derive(Debug)]
pub struct Delivery<'a> {
    /// Address of the subscriber. Its name has to be resolved and checked before the request is sent.
    pub endpoint: &'a Endpoint,
    /// Id of the message, the same in all attempts.
    pub id: &'a str,
    /// Body, see [`super::event::Event::render`].
    pub body: &'a [u8],
    /// Keys, the newest first; two while a secret is exchanged.
    pub keys: &'a [SigningKey],
    /// Headers that the subscriber wants to get.
    pub headers: &'a BTreeMap<String, String>,
}

impl Delivery<'_> {
    /// The request of an attempt at `at`. The sender has to follow no redirect, use no proxy of the environment, keep
    /// no cookies, and connect to the checked address.
    pub fn render(&self, at: Timestamp) -> Result<OutboundRequest, DeliveryError> {
        let signature = sign(self.id, at.as_second(), self.body, self.keys)?;
        let body = Body::Bytes {
            content_type: "application/json".to_owned(),
            bytes: self.body.to_vec(),
        };
        let mut request = OutboundRequest::to_url(Method::Post, self.endpoint.to_string(), body)
            .with_header("User-Agent", USER_AGENT)?
            .with_header(ID_HEADER, self.id)?
            .with_header(TIMESTAMP_HEADER, &at.as_second().to_string())?
            .with_header(SIGNATURE_HEADER, &signature)?;
        for (name, value) in custom_headers(self.headers)? {
            // Often a credential of the receiver.
            request = request.with_secret_header(&name, &value.into())?;
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::UrlPolicy;
    use super::super::event::Event;
    use super::super::secret::Secret;
    use super::super::signature::{ReceivedHeaders, VerifyingKey, verify};
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn a_receiver_believes_what_is_sent() {
        let endpoint =
            Endpoint::parse("https://hooks.example.com/in?team=1", &UrlPolicy::default()).unwrap();
        let at: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let body = Event::test(at).render();
        let headers = BTreeMap::from([(
            "Authorization".to_owned(),
            "Bearer receiver-token".to_owned(),
        )]);
        let delivery = Delivery {
            endpoint: &endpoint,
            id: "msg_018f2c1a7e2b7c3d9e4f0123456789ab",
            body: &body,
            keys: &[SigningKey::Secret(Secret::parse(SECRET).unwrap())],
            headers: &headers,
        };
        let request = delivery.render(at).unwrap();
        let Body::Bytes { bytes, .. } = &request.body else {
            panic!("a body of bytes");
        };
        let received = ReceivedHeaders {
            id: request.header("Webhook-Id"),
            timestamp: request.header("Webhook-Timestamp"),
            signature: request.header("Webhook-Signature"),
        };
        let keys = [VerifyingKey::Secret(Secret::parse(SECRET).unwrap())];
        assert_eq!(verify(received, bytes, &keys, at), Ok(()));
        assert_eq!(
            request.header("authorization"),
            Some("Bearer receiver-token")
        );
        let debug = format!("{request:#?}");
        assert!(!debug.contains("receiver-token") && !debug.contains("team=1"));
        insta::assert_snapshot!(debug);
    }

    #[test]
    fn a_subscriber_replaces_no_header_of_ours() {
        let endpoint =
            Endpoint::parse("https://hooks.example.com/", &UrlPolicy::default()).unwrap();
        let headers = BTreeMap::from([("Webhook-Signature".to_owned(), "v1,x".to_owned())]);
        let delivery = Delivery {
            endpoint: &endpoint,
            id: "msg_1",
            body: b"{}",
            keys: &[SigningKey::Secret(Secret::parse(SECRET).unwrap())],
            headers: &headers,
        };
        assert!(matches!(
            delivery.render(Timestamp::UNIX_EPOCH),
            Err(DeliveryError::CustomHeader(HeaderError::Reserved(_)))
        ));
    }
}
