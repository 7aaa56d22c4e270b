//! The address of a subscriber as he gave it.
//!
//! Invariant: an [`Endpoint`] is an absolute URL that names a public host in the form a connection will use: what a
//! reader, this check and the HTTP client understand by it is the same. Numbers in odd notations (`0x7f.1`,
//! `2130706433`) are addresses after parsing and are judged as such. A name still has to be resolved and each of its
//! addresses checked by [`AddressGuard`] before every connection.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use thiserror::Error;
use url::{Host, Url};

use super::address::{AddressGuard, Refusal};

/// Longest URL in characters, as the schema has it.
pub const URL_LIMIT: usize = 2048;
/// Most headers that a subscriber may add.
const HEADER_LIMIT: usize = 20;

/// Why an address is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// Longer than [`URL_LIMIT`].
    #[error("the address is longer than 2048 characters")]
    TooLong,
    /// Not an absolute URL.
    #[error("the address is not a URL: {0}")]
    Unreadable(#[from] url::ParseError),
    /// Blanks or control characters, which some readers drop and others do not.
    #[error("the address contains blanks or control characters")]
    Blanks,
    /// Something else than https (or http, where the operator allows it).
    #[error("the address must begin with https://")]
    Scheme,
    /// `user:password@host`.
    #[error("the address must not contain a user name or password")]
    UserInfo,
    /// `#fragment`.
    #[error("the address must not contain a fragment")]
    Fragment,
    /// A port that the operator did not allow.
    #[error("port {0} is not allowed")]
    Port(u16),
    /// No host.
    #[error("the address names no host")]
    NoHost,
    /// A name that only has a meaning inside of a network.
    #[error("the host {0} is not a public name")]
    LocalName(String),
    /// An address that is not allowed. The reason is not part of the message: see [`Refusal`].
    #[error("the address is not allowed")]
    Refused(#[source] Refusal),
}

/// Why a subscriber's own header is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// Not a token (RFC 9110, 5.6.2).
    #[error("{0:?} is not the name of a header")]
    Name(String),
    /// Belongs to the connection or to us.
    #[error("the header {0} is set by the sender")]
    Reserved(String),
    /// Line breaks, other control characters or characters outside of ASCII.
    #[error("the value of the header {0} contains characters that are not allowed")]
    Value(String),
    /// Too many or too long.
    #[error("at most 20 headers of 1024 characters are allowed")]
    TooMany,
}

/// What the operator allows.
#[derive(Debug, Clone)]
pub struct UrlPolicy {
    /// Whether `http://` is taken, for development only.
    pub allow_http: bool,
    /// Allowed ports.
    pub ports: Vec<u16>,
    /// Exceptions for networks. A local name is taken when at least one network is allowed.
    pub guard: AddressGuard,
}

impl Default for UrlPolicy {
    fn default() -> Self {
        Self {
            allow_http: false,
            ports: vec![443, 8443],
            guard: AddressGuard::default(),
        }
    }
}

/// An address that may be stored, and connected to once its name was resolved and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Reads and judges an address. Done when it is saved and again before each attempt: the rules may have changed.
    pub fn parse(text: &str, policy: &UrlPolicy) -> Result<Self, EndpointError> {
        if text.chars().count() > URL_LIMIT {
            return Err(EndpointError::TooLong);
        }
        if text
            .chars()
            .any(|character| character.is_control() || character.is_whitespace())
        {
            return Err(EndpointError::Blanks);
        }
        let url = Url::parse(text)?;
        match url.scheme() {
            "https" => {}
            "http" if policy.allow_http => {}
            _ => return Err(EndpointError::Scheme),
        }
        // An empty user name before the @ would not show in the parsed form; a backslash is read as a slash.
        let authority = text.split_once("//").map_or("", |(_, rest)| rest);
        let authority = authority
            .split(['/', '?', '#', '\\'])
            .next()
            .unwrap_or_default();
        if !url.username().is_empty() || url.password().is_some() || authority.contains('@') {
            return Err(EndpointError::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(EndpointError::Fragment);
        }
        let port = url.port_or_known_default().ok_or(EndpointError::Port(0))?;
        let plain_http = policy.allow_http && port == 80;
        if !policy.ports.contains(&port) && !plain_http {
            return Err(EndpointError::Port(port));
        }
        match url.host().ok_or(EndpointError::NoHost)? {
            Host::Ipv4(address) => policy.guard.check(IpAddr::V4(address)),
            Host::Ipv6(address) => policy.guard.check(IpAddr::V6(address)),
            Host::Domain(name) => {
                if policy.guard.allowed.is_empty() && is_local_name(name) {
                    return Err(EndpointError::LocalName(name.to_owned()));
                }
                Ok(())
            }
        }
        .map_err(EndpointError::Refused)?;
        Ok(Self(url))
    }

    /// The address as a URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The name to resolve, or nothing when the host is an address, which was checked.
    pub fn name_to_resolve(&self) -> Option<&str> {
        match self.0.host() {
            Some(Host::Domain(name)) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Names without a dot, and the domains that are reserved for local use (RFC 6761, 6762, 8375, 9476 and ICANN's
/// `internal`).
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or_default();
    !name.contains('.')
        || matches!(
            last,
            "localhost"
                | "local"
                | "internal"
                | "intranet"
                | "lan"
                | "home"
                | "corp"
                | "alt"
                | "onion"
                | "invalid"
                | "test"
        )
        || name.ends_with(".home.arpa")
}

/// Checks the headers that a subscriber wants to get, and brings their names into lower case.
pub fn custom_headers(
    headers: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, HeaderError> {
    let too_long = headers
        .iter()
        .any(|(name, value)| name.len() > 256 || value.len() > 1024);
    if headers.len() > HEADER_LIMIT || too_long {
        return Err(HeaderError::TooMany);
    }
    headers
        .iter()
        .map(|(name, value)| {
            let token =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            if name.is_empty() || !name.bytes().all(token) {
                return Err(HeaderError::Name(name.clone()));
            }
            let lower = name.to_ascii_lowercase();
            if is_reserved_header(&lower) {
                return Err(HeaderError::Reserved(lower));
            }
            if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                return Err(HeaderError::Value(lower));
            }
            Ok((lower, value.clone()))
        })
        .collect()
}

fn is_reserved_header(name: &str) -> bool {
    name.starts_with("webhook-")
        || name.starts_with("proxy-")
        || name.starts_with("sec-")
        || matches!(
            name,
            "host"
                | "content-length"
                | "content-type"
                | "content-encoding"
                | "transfer-encoding"
                | "connection"
                | "keep-alive"
                | "te"
                | "trailer"
                | "upgrade"
                | "expect"
                | "cookie"
                | "user-agent"
                | "accept-encoding"
                | "http2-settings"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::parse(text, &UrlPolicy::default())
    }

    #[test]
    fn public_addresses_are_taken() {
        for (given, url) in [
            ("https://example.com", "https://example.com/"),
            (
                "https://EXAMPLE.com:443/a?b=c%20d",
                "https://example.com/a?b=c%20d",
            ),
            (
                "https://example.com:8443/hook",
                "https://example.com:8443/hook",
            ),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
            (
                "https://example.com/user@host",
                "https://example.com/user@host",
            ),
            ("https://1.1.1.1/", "https://1.1.1.1/"),
        ] {
            assert_eq!(parse(given).unwrap().to_string(), url);
        }
    }

    #[test]
    fn addresses_inside_are_refused_in_any_notation() {
        for text in [
            "https://127.0.0.1",
            "https://127.1",
            "https://0x7f.1",
            "https://2130706433",
            "https://017700000001",
            "https://%31%32%37.0.0.1",
            "https://１２７.0.0.1",
            "https://[::1]",
            "https://[::ffff:10.0.0.1]",
            "https://[64:ff9b::7f00:1]",
            "https://169.254.169.254/latest/meta-data",
            "https://0/",
            "https://10.1.2.3:8443",
        ] {
            assert!(
                matches!(parse(text), Err(EndpointError::Refused(_))),
                "{text}: {:?}",
                parse(text)
            );
        }
        for text in [
            "https://localhost",
            "https://localhost.",
            "https://LOCALHOST:443/",
            "https://a.localhost",
            "https://printer.local",
            "https://metadata.google.internal",
            "https://db",
            "https://router.home.arpa",
        ] {
            assert!(
                matches!(parse(text), Err(EndpointError::LocalName(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn everything_else_that_is_wrong_with_an_address() {
        assert_eq!(parse("http://example.com"), Err(EndpointError::Scheme));
        assert_eq!(parse("ftp://example.com"), Err(EndpointError::Scheme));
        assert_eq!(parse("file:///etc/passwd"), Err(EndpointError::Scheme));
        assert_eq!(
            parse("https://user@evil.example"),
            Err(EndpointError::UserInfo)
        );
        assert_eq!(parse("https://@evil.example"), Err(EndpointError::UserInfo));
        assert_eq!(
            parse("https://a:b@example.com"),
            Err(EndpointError::UserInfo)
        );
        assert_eq!(parse("https://example.com#x"), Err(EndpointError::Fragment));
        assert_eq!(
            parse("https://example.com:22"),
            Err(EndpointError::Port(22))
        );
        assert_eq!(
            parse("https://example.com:80"),
            Err(EndpointError::Port(80))
        );
        assert_eq!(parse(" https://example.com"), Err(EndpointError::Blanks));
        assert_eq!(parse("https://exam\nple.com"), Err(EndpointError::Blanks));
        assert_eq!(
            parse(&format!("https://example.com/{}", "a".repeat(2048))),
            Err(EndpointError::TooLong)
        );
        for text in [
            "",
            "example.com",
            "https://",
            "https://[fe80::1%25eth0]",
            "https://a b",
            "//example.com",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_subscriber_does_not_learn_why_an_address_is_refused() {
        assert_eq!(
            parse("https://10.0.0.1").unwrap_err().to_string(),
            "the address is not allowed"
        );
    }

    #[test]
    fn the_operator_may_open_networks_and_http() {
        let policy = UrlPolicy {
            allow_http: true,
            ports: vec![443, 9000],
            guard: AddressGuard {
                allowed: vec!["10.0.0.0/8".parse().unwrap()],
                refused: Vec::new(),
            },
        };
        for text in [
            "http://10.0.0.5:9000/x",
            "http://intake.local/",
            "https://10.9.8.7",
        ] {
            assert!(Endpoint::parse(text, &policy).is_ok(), "{text}");
        }
        assert!(Endpoint::parse("http://192.168.0.1", &policy).is_err());
        assert_eq!(
            Endpoint::parse("https://hooks.example.com", &policy)
                .unwrap()
                .name_to_resolve(),
            Some("hooks.example.com")
        );
    }

    #[test]
    fn headers_of_a_subscriber() {
        let one = |name: &str, value: &str| {
            custom_headers(&BTreeMap::from([(name.to_owned(), value.to_owned())]))
        };
        assert_eq!(
            one("X-Api-Key", "abc 1").unwrap(),
            BTreeMap::from([("x-api-key".to_owned(), "abc 1".to_owned())])
        );
        assert!(one("Authorization", "Bearer x").is_ok());
        for name in [
            "Host",
            "content-length",
            "Webhook-Id",
            "Connection",
            "Cookie",
            "Proxy-Authorization",
        ] {
            assert!(
                matches!(one(name, "x"), Err(HeaderError::Reserved(_))),
                "{name}"
            );
        }
        for name in ["", "a b", "a:", "a\r\nb", "ü"] {
            assert!(
                matches!(one(name, "x"), Err(HeaderError::Name(_))),
                "{name}"
            );
        }
        for value in ["a\r\nb: c", "\0", "ü", "\u{7f}"] {
            assert!(
                matches!(one("x-a", value), Err(HeaderError::Value(_))),
                "{value}"
            );
        }
        let many = (0..21)
            .map(|number| (format!("x-{number}"), String::new()))
            .collect();
        assert_eq!(custom_headers(&many), Err(HeaderError::TooMany));
    }
}
