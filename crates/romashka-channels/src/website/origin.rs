//! Pages that may show a widget, and the headers that tell browsers so.
//!
//! Invariant: hosts are compared as parsed hosts, never as pieces of text, and a header is made of parsed hosts only, so
//! that no setting can add a directive. The list keeps other people's pages from showing the widget; it does not
//! authenticate, because programs that are no browsers send any Origin they like.

use std::fmt;

use serde::Serialize;
use thiserror::Error;
use url::{Host, Url};

/// Most entries of a list.
pub const ENTRY_LIMIT: usize = 100;

/// An entry that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a host such as example.com, example.com:8080 or *.example.com")]
pub struct OriginError(String);

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllowedHost {
    /// Name in lower case and in ASCII, or an address.
    host: String,
    /// Only this port; the usual one of the scheme when nothing.
    port: Option<u16>,
    /// `*.`: hosts below this one, but not this one.
    below: bool,
}

impl AllowedHost {
    /// Reads `example.com`, `example.com:8080`, `*.example.com`, or an address with its scheme, which plays no role.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let refuse = || OriginError(text.to_owned());
        let bare = text.trim();
        let bare = bare
            .strip_prefix("https://")
            .or_else(|| bare.strip_prefix("http://"))
            .unwrap_or(bare);
        let bare = bare.strip_suffix('/').unwrap_or(bare);
        let (below, bare) = match bare.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, bare),
        };
        if bare.is_empty()
            || bare.chars().any(char::is_control)
            || bare.contains(['/', '?', '#', '@', '\\', '*', ';', ',', ' ', '\''])
        {
            return Err(refuse());
        }
        let url = Url::parse(&format!("https://{bare}")).map_err(|_| refuse())?;
        let host = url.host().ok_or_else(refuse)?;
        // Judged again once it is in ASCII: a look-alike, such as the Greek question mark, has become a separator there.
        let is_name = |name: &str| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        };
        match host {
            Host::Domain(name) if !is_name(name) => return Err(refuse()),
            Host::Ipv4(_) | Host::Ipv6(_) if below => return Err(refuse()),
            _ => {}
        }
        let port = match bare.rsplit_once(':') {
            Some((_, digits)) if !digits.contains(']') => {
                Some(digits.parse().map_err(|_| refuse())?)
            }
            _ => None,
        };
        Ok(Self {
            host: host.to_string().trim_end_matches('.').to_owned(),
            port,
            below,
        })
    }

    fn allows(&self, origin: &Url) -> bool {
        let Some(host) = origin.host_str() else {
            return false;
        };
        let host = host.trim_end_matches('.');
        let fits = if self.below {
            host.strip_suffix(&self.host)
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.host
        };
        fits && match self.port {
            Some(port) => origin.port_or_known_default() == Some(port),
            None => origin.port().is_none(),
        }
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.below {
            formatter.write_str("*.")?;
        }
        formatter.write_str(&self.host)?;
        match self.port {
            Some(port) => write!(formatter, ":{port}"),
            None => Ok(()),
        }
    }
}

/// The pages of a widget. An empty list allows every page; the console warns about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AllowedPages {
    hosts: Vec<AllowedHost>,
}

impl AllowedPages {
    /// Reads a list.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, OriginError> {
        let hosts = entries
            .into_iter()
            .take(ENTRY_LIMIT)
            .map(AllowedHost::parse)
            .collect::<Result<_, _>>()?;
        Ok(Self { hosts })
    }

    /// Whether any page may show the widget.
    pub fn allows_all(&self) -> bool {
        self.hosts.is_empty()
    }

    /// The origin to answer in `Access-Control-Allow-Origin` for the value of `Origin`, or nothing when it is not
    /// allowed. `null` (a file or a sandbox) is never allowed. Answer `Vary: Origin` in both cases.
    pub fn allowed_origin(&self, origin: &str) -> Option<String> {
        let url = Url::parse(origin).ok()?;
        let plain = matches!(url.scheme(), "https" | "http")
            && url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        let allowed =
            plain && (self.allows_all() || self.hosts.iter().any(|host| host.allows(&url)));
        allowed.then(|| url.origin().ascii_serialization())
    }

    /// Value of `frame-ancestors` for the widget's page.
    pub fn frame_ancestors(&self) -> String {
        if self.allows_all() {
            return "https: http:".to_owned();
        }
        let sources: Vec<String> = self
            .hosts
            .iter()
            .flat_map(|host| [format!("https://{host}"), format!("http://{host}")])
            .collect();
        sources.join(" ")
    }
}

/// Content-Security-Policy of the widget's page. `media_origin` is where attachments are served, when that is another
/// host.
pub fn content_security_policy(
    pages: &AllowedPages,
    own: &Url,
    media_origin: Option<&Url>,
) -> String {
    let own_origin = own.origin().ascii_serialization();
    let socket = own_origin.replacen("http", "ws", 1);
    let media = media_origin
        .map(|url| format!(" {}", url.origin().ascii_serialization()))
        .unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{media}; media-src 'self' blob:{media}; connect-src 'self' {socket}; font-src 'self'; frame-ancestors {}; base-uri 'none'; form-action 'self'",
        pages.frame_ancestors()
    )
}

/// The other headers of the widget's page. There is no X-Frame-Options: it cannot list hosts.
pub const PAGE_HEADERS: [(&str, &str); 4] = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    (
        "Permissions-Policy",
        "camera=(), microphone=(), geolocation=()",
    ),
    ("Cache-Control", "no-store"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(entries: &[&str]) -> AllowedPages {
        AllowedPages::parse(entries.iter().copied()).unwrap()
    }

    #[test]
    fn who_may_show_the_widget() {
        let list = pages(&[
            "Example.com",
            "*.shop.example",
            "dev.example:8080",
            "bücher.example",
            "[::1]:3000",
            "https://site.example/",
        ]);
        for (origin, allowed) in [
            ("https://example.com", true),
            ("http://example.com", true),
            ("https://EXAMPLE.com", true),
            ("https://example.com:443", true),
            ("https://example.com:444", false),
            ("https://www.example.com", false),
            ("https://notexample.com", false),
            ("https://example.com.evil.example", false),
            ("https://a.shop.example", true),
            ("https://a.b.shop.example", true),
            ("https://shop.example", false),
            ("https://evilshop.example", false),
            ("http://dev.example:8080", true),
            ("https://dev.example", false),
            ("https://xn--bcher-kva.example", true),
            ("http://[::1]:3000", true),
            ("https://site.example", true),
            ("null", false),
            ("", false),
            ("file:///x", false),
            ("https://user@example.com", false),
            ("https://example.com/path", false),
            ("https://example.com?x", false),
            ("javascript:alert(1)", false),
        ] {
            assert_eq!(list.allowed_origin(origin).is_some(), allowed, "{origin}");
        }
        assert_eq!(
            list.allowed_origin("https://EXAMPLE.com:443").as_deref(),
            Some("https://example.com")
        );
    }

    #[test]
    fn an_empty_list_allows_all_pages_but_no_files() {
        let all = pages(&[]);
        assert_eq!(
            all.allowed_origin("https://anything.example").as_deref(),
            Some("https://anything.example")
        );
        assert_eq!(all.allowed_origin("null"), None);
        assert_eq!(all.frame_ancestors(), "https: http:");
    }

    #[test]
    fn an_entry_cannot_add_a_directive() {
        for text in [
            "",
            "*",
            "*.",
            "a b",
            "a;script-src *",
            "a,b",
            "a/b",
            "user@a",
            "*.*.a",
            "a*",
            "*.127.0.0.1",
            "a:port",
            "a:99999",
            "'self'",
            "a\\b",
            "a\nb",
            "\u{37e}",
            "a\u{37e}b",
            "a\u{ff0c}b",
        ] {
            assert!(AllowedHost::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_policy_of_the_page() {
        let own = Url::parse("https://chat.example.com/widget").unwrap();
        let media = Url::parse("https://files.example.net").unwrap();
        insta::assert_snapshot!(content_security_policy(
            &pages(&["example.com", "*.example.org:8443"]),
            &own,
            Some(&media)
        ));
    }
}
