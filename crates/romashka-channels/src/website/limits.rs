//! How often a visitor may do what.
//!
//! Invariant: the figures stand here once; the server counts. A limit by address never stands alone, because a whole
//! office or a mobile network may share one; and an IPv6 address counts as its network, because a visitor has 2^64.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use serde::Serialize;

/// Whom a limit concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A visitor's session.
    Session,
    /// A network address, see [`address_key`].
    Address,
}

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Beginning as a visitor.
    NewVisitor,
    /// Proving an identity.
    Exchange,
    /// Opening a conversation.
    NewConversation,
    /// Sending a message.
    Message,
    /// Uploading a file.
    Upload,
    /// Telling that one types.
    Typing,
    /// Telling which page one looks at.
    PageVisit,
}

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// What.
    pub action: Action,
    /// Whom.
    pub scope: Scope,
    /// How many in the period.
    pub count: u32,
    /// How many of them at once.
    pub burst: u32,
    /// Period.
    pub period: Duration,
}

const fn limit(action: Action, scope: Scope, count: u32, burst: u32, seconds: u64) -> Limit {
    Limit {
        action,
        scope,
        count,
        burst,
        period: Duration::from_secs(seconds),
    }
}

/// All limits. An action is allowed when each limit of it allows it.
pub const LIMITS: [Limit; 9] = [
    limit(Action::NewVisitor, Scope::Address, 200, 50, 3600),
    limit(Action::Exchange, Scope::Address, 20, 20, 60),
    limit(Action::NewConversation, Scope::Session, 5, 5, 3600),
    limit(Action::NewConversation, Scope::Address, 20, 20, 3600),
    limit(Action::Message, Scope::Session, 20, 5, 60),
    limit(Action::Message, Scope::Address, 200, 50, 60),
    limit(Action::Upload, Scope::Session, 10, 5, 3600),
    limit(Action::Typing, Scope::Session, 20, 2, 60),
    limit(Action::PageVisit, Scope::Session, 60, 5, 60),
];

/// Open streams of one session.
pub const STREAMS_PER_SESSION: u32 = 10;
/// Open streams of one address.
pub const STREAMS_PER_ADDRESS: u32 = 50;
/// Bytes that one session may upload a day.
pub const UPLOAD_BYTES_PER_DAY: u64 = 50 * 1024 * 1024;

/// Under which address a visitor is counted: an IPv4 address as it is, also inside of an IPv6 one; an IPv6 address by
/// its first 64 bits.
pub fn address_key(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from(u128::from(v6) >> 64 << 64)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_counted_together() {
        for (address, key) in [
            ("203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ] {
            assert_eq!(address_key(address.parse().unwrap()).to_string(), key);
        }
    }

    #[test]
    fn limits_can_be_kept() {
        for (index, limit) in LIMITS.iter().enumerate() {
            assert!(limit.burst >= 1 && limit.burst <= limit.count && !limit.period.is_zero());
            let same = |other: &Limit| other.action == limit.action && other.scope == limit.scope;
            assert!(!LIMITS[..index].iter().any(same));
        }
    }
}
