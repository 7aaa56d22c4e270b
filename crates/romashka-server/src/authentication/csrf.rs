//! Requests that another site makes a browser send.
//!
//! A cookie comes along with whatever a page of another site submits, so an unsafe method with a cookie counts only when the
//! browser says that a page of this site sent it: by `Sec-Fetch-Site`, else by an `Origin` that is ours, else by a `Referer`
//! that is. A request that says nothing is refused. Keys and tokens are put in by a program and need no such proof.

use axum::http::{HeaderMap, Method, header};
use url::{Origin, Url};

use crate::problem::{Answer, Code, Problem};

/// Refuses an unsafe request that does not come from a page of this site.
pub fn check(method: &Method, headers: &HeaderMap, own: &Url) -> Answer<()> {
    if method.is_safe() || is_own(headers, &own.origin()) {
        Ok(())
    } else {
        Err(Problem::new(Code::CrossSite))
    }
}

/// Refuses what a page of another site sent where no cookie counts yet (signing in): a browser says so, a program says nothing.
pub fn refuse_foreign(headers: &HeaderMap, own: &Url) -> Answer<()> {
    let is_of_browser =
        headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN);
    if !is_of_browser || is_own(headers, &own.origin()) {
        Ok(())
    } else {
        Err(Problem::new(Code::CrossSite))
    }
}

fn is_own(headers: &HeaderMap, own: &Origin) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    // An origin of "null" (a sandboxed page, a redirect) is no URL.
    text(header::ORIGIN)
        .or_else(|| text(header::REFERER))
        .is_some_and(|origin| Url::parse(origin).is_ok_and(|url| url.origin() == *own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn check_with(method: Method, pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let own = Url::parse("https://support.example.com/").expect("a URL");
        check(&method, &headers, &own).is_ok()
    }

    #[test]
    fn only_a_page_of_this_site_changes_anything() {
        assert!(check_with(Method::GET, &[("sec-fetch-site", "cross-site")]));
        for right in [
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://support.example.com"),
            ("referer", "https://support.example.com/inbox?x=1"),
        ] {
            assert!(check_with(Method::POST, &[right]), "{right:?}");
        }
        for wrong in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            ("origin", "https://evil.example.com"),
            ("origin", "https://support.example.com.evil.test"),
            ("origin", "http://support.example.com"),
            ("origin", "null"),
            ("x-nothing", "1"),
        ] {
            assert!(!check_with(Method::POST, &[wrong]), "{wrong:?}");
        }
        assert!(!check_with(
            Method::POST,
            &[
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://support.example.com")
            ]
        ));
    }
}
