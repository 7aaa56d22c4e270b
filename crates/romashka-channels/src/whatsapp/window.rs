//! Whether we may write freely.
//!
//! Invariant: pure functions of two moments. Inside of 24 hours after the customer's last message or call any message is
//! allowed; outside of them only templates are. The provider may still refuse in rare cases: see
//! [`super::errors::Class::WindowClosed`].

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::message::{Message, MessageContent};

/// Length of the customer service window.
pub const SERVICE_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// Length of the free entry point after an answer to a click on an advertisement. It makes messages free of charge; it
/// does not open the service window.
pub const FREE_ENTRY_POINT: SignedDuration = SignedDuration::from_hours(72);

/// State of the customer service window between one customer and one of our numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Window {
    /// Any message may be sent until this moment, which is no longer inside.
    Open {
        /// End of the window.
        until: Timestamp,
    },
    /// Only templates may be sent.
    Closed {
        /// Since when; nothing when the customer never wrote.
        since: Option<Timestamp>,
    },
}

impl Window {
    /// The window at a moment, by the customer's last message.
    pub fn at(last_inbound: Option<Timestamp>, now: Timestamp) -> Self {
        let Some(last) = last_inbound else {
            return Self::Closed { since: None };
        };
        // A clock that runs ahead of ours must not keep the window open for longer than it can be.
        let until = last
            .min(now)
            .checked_add(SERVICE_WINDOW)
            .unwrap_or(Timestamp::MAX);
        if now < until {
            Self::Open { until }
        } else {
            Self::Closed { since: Some(until) }
        }
    }

    /// Whether any message may be sent.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

/// Whether a message of a customer (no echo of our own) opens the window anew: what the customer wrote does, what the network reports of him
/// (a changed number) does not. Whether a reaction or an edit counts is not documented: they are not relied on.
pub fn opens(message: &Message) -> bool {
    message.group_id.is_none()
        && !matches!(
            message.content,
            MessageContent::System(_)
                | MessageContent::Reaction { .. }
                | MessageContent::Edit { .. }
                | MessageContent::Revoke { .. }
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn the_window_is_open_for_a_day() {
        let last = at("2026-03-29T00:30:00Z");
        let until = at("2026-03-30T00:30:00Z");
        assert_eq!(Window::at(Some(last), last), Window::Open { until });
        assert_eq!(
            Window::at(Some(last), at("2026-03-30T00:29:59Z")),
            Window::Open { until }
        );
        assert_eq!(
            Window::at(Some(last), until),
            Window::Closed { since: Some(until) }
        );
        assert_eq!(Window::at(None, until), Window::Closed { since: None });
    }

    #[test]
    fn a_clock_ahead_does_not_lengthen_it() {
        let now = at("2026-03-29T00:00:00Z");
        assert_eq!(
            Window::at(Some(at("2027-01-01T00:00:00Z")), now),
            Window::Open {
                until: at("2026-03-30T00:00:00Z")
            }
        );
        // The end of time is the end of every window.
        assert!(!Window::at(Some(Timestamp::MAX), Timestamp::MAX).is_open());
    }
}
