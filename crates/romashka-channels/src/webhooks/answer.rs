//! What a receiver's answer means.
//!
//! Invariant: only 2xx is success, a redirect is never followed, and what is kept of an answer is short, readable text.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Serialize;

/// Bytes of an answer that are read before the connection is closed.
pub const READ_LIMIT: usize = 16 * 1024;
/// Bytes of an answer that its subscriber is shown.
pub const EXCERPT_LIMIT: usize = 1024;
/// Longest time (seconds) for connecting, and as long for TLS.
pub const CONNECT_TIMEOUT_SECONDS: u64 = 5;
/// Longest time (seconds) for a whole attempt.
pub const TOTAL_TIMEOUT_SECONDS: u64 = 15;

/// Kind of failure without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionFailure {
    /// The name could not be resolved.
    Dns,
    /// No connection.
    Connect,
    /// The certificate or the protocol was refused.
    Tls,
    /// No whole answer in time.
    Timeout,
    /// The address is not allowed.
    Blocked,
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// An HTTP answer.
    Status {
        /// Status code.
        code: u16,
        /// Header Retry-After.
        retry_after: Option<&'a str>,
        /// Header webhook-delivery.
        webhook_delivery: Option<&'a str>,
    },
    /// None.
    Failure(ConnectionFailure),
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Delivered.
    Delivered,
    /// Try again by the schedule.
    Retry {
        /// The receiver is overloaded: send less to this address for a while.
        throttle: bool,
        /// How long the receiver asked us to wait.
        retry_after: Option<Duration>,
    },
    /// The receiver wants no further attempt of this delivery (`webhook-delivery: abort-message`).
    Abort,
    /// The receiver is gone for good: switch the subscription off and tell its owner.
    Disable,
}

/// Judges an answer. `now` is needed for a Retry-After that is a date.
pub fn judge(answer: Answer<'_>, now: Timestamp) -> Outcome {
    let (code, retry_after, webhook_delivery) = match answer {
        Answer::Failure(_) => {
            return Outcome::Retry {
                throttle: false,
                retry_after: None,
            };
        }
        Answer::Status {
            code,
            retry_after,
            webhook_delivery,
        } => (code, retry_after, webhook_delivery),
    };
    match code {
        200..=299 => Outcome::Delivered,
        410 => Outcome::Disable,
        _ if webhook_delivery
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("abort-message")) =>
        {
            Outcome::Abort
        }
        _ => Outcome::Retry {
            throttle: matches!(code, 429 | 502 | 503 | 504),
            retry_after: retry_after.and_then(|value| parse_retry_after(value, now)),
        },
    }
}

/// Reads Retry-After (RFC 9110, 10.2.3): seconds or a date, which counts from `now`.
pub fn parse_retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit mean "very long", and the schedule limits that.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    let seconds = date.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// The beginning of an answer as one that people can look at: UTF-8, no control characters but line breaks and tabs.
pub fn excerpt(body: &[u8]) -> String {
    let end = body.len().min(EXCERPT_LIMIT);
    let mut text: String = String::from_utf8_lossy(&body[..end])
        .chars()
        .filter(|character| !character.is_control() || matches!(character, '\n' | '\t'))
        .collect();
    while text.len() > EXCERPT_LIMIT {
        text.pop();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    fn status(code: u16, retry_after: Option<&str>, webhook_delivery: Option<&str>) -> Outcome {
        judge(
            Answer::Status {
                code,
                retry_after,
                webhook_delivery,
            },
            now(),
        )
    }

    const AGAIN: Outcome = Outcome::Retry {
        throttle: false,
        retry_after: None,
    };

    #[test]
    fn each_kind_of_answer() {
        for code in [200, 201, 202, 204, 299] {
            assert_eq!(
                status(code, None, Some("abort-message")),
                Outcome::Delivered
            );
        }
        assert_eq!(status(410, Some("60"), None), Outcome::Disable);
        for code in [
            100, 199, 300, 301, 302, 307, 308, 400, 401, 403, 404, 500, 501, 999, 0,
        ] {
            assert_eq!(status(code, None, None), AGAIN, "{code}");
        }
        for code in [429, 502, 503, 504] {
            let asked = Outcome::Retry {
                throttle: true,
                retry_after: Some(Duration::from_secs(120)),
            };
            assert_eq!(status(code, Some("120"), None), asked);
        }
        assert_eq!(status(500, None, Some(" Abort-Message ")), Outcome::Abort);
        for failure in [
            ConnectionFailure::Dns,
            ConnectionFailure::Connect,
            ConnectionFailure::Tls,
            ConnectionFailure::Timeout,
            ConnectionFailure::Blocked,
        ] {
            assert_eq!(judge(Answer::Failure(failure), now()), AGAIN);
        }
    }

    #[test]
    fn retry_after_as_seconds_and_as_a_date() {
        let read = |value: &str| parse_retry_after(value, now()).map(|wait| wait.as_secs());
        assert_eq!(read(" 0 "), Some(0));
        assert_eq!(read("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(read("Fri, 02 Jan 2026 03:05:05 GMT"), Some(60));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:00 GMT"), Some(0));
        for nonsense in ["", "-1", "soon", "1.5", "2026-01-02"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn excerpts_are_short_and_clean() {
        assert_eq!(excerpt(b"ok\0\x1b[31m\r\n"), "ok[31m\n");
        assert!(excerpt(&[0xff; 5_000]).len() <= EXCERPT_LIMIT);
        assert!(excerpt("я".repeat(2_000).as_bytes()).len() <= EXCERPT_LIMIT);
    }
}
