//! Versions of a row against lost updates: `ETag` on what is read, `If-Match` on what is changed (RFC 9110, section 13.1.1).
//!
//! The version is the time of the last change to the microsecond, so that the statement that changes the row compares it and
//! no second look is needed.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use crate::problem::{Answer, Code, Problem};

/// The version of a row, as an entity tag.
pub fn entity_tag(updated_at: Timestamp) -> String {
    format!("\"{:x}\"", updated_at.as_microsecond())
}

/// The version that a change is meant for, when the caller says it; `*` and no header stand for any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<Timestamp>);

impl IfMatch {
    fn parse(text: &str) -> Option<IfMatch> {
        let text = text.trim();
        if text == "*" {
            return Some(IfMatch(None));
        }
        let digits = text.strip_prefix('"')?.strip_suffix('"')?;
        // As it is written, which for a time before 1970 is the complement; and in no other spelling, a sign before it for one.
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let microseconds = u64::from_str_radix(digits, 16).ok().filter(|_| is_plain)?;
        Timestamp::from_microsecond(microseconds.cast_signed())
            .ok()
            .map(|time| IfMatch(Some(time)))
    }

    /// What a change that met no row means: the row is gone or foreign, or it has another version.
    pub fn explain(self, exists: bool) -> Problem {
        if exists && self.0.is_some() {
            Problem::new(Code::VersionMismatch)
        } else {
            Problem::not_found()
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        match parts.headers.get(header::IF_MATCH) {
            None => Ok(IfMatch(None)),
            Some(value) => value
                .to_str()
                .ok()
                .and_then(IfMatch::parse)
                // A tag of another form is the tag of no version that ever was.
                .ok_or_else(|| Problem::new(Code::VersionMismatch)),
        }
    }
}

/// An answer with the version of what it shows.
#[derive(Debug)]
pub struct Versioned<T>(pub Timestamp, pub T);

impl<T: IntoResponse> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        if let Ok(tag) = HeaderValue::from_str(&entity_tag(self.0)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_back() {
        let time: Timestamp = "2026-01-02T03:04:05.678901Z".parse().expect("a time");
        assert_eq!(IfMatch::parse(&entity_tag(time)), Some(IfMatch(Some(time))));
        let early: Timestamp = "1969-12-31T23:59:59.5Z".parse().expect("a time");
        let tag = entity_tag(early);
        assert_eq!(IfMatch::parse(&tag), Some(IfMatch(Some(early))));
        assert_eq!(IfMatch::parse("*"), Some(IfMatch(None)));
        for wrong in ["W/\"1\"", "\"x\"", "1", "", "\"+1\"", "\"-1\""] {
            assert_eq!(IfMatch::parse(wrong), None, "{wrong}");
        }
    }
}
