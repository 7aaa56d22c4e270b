//! How far a message of ours has come.
//!
//! Invariant: reports may come in any order and any number of times; a delivery never goes backwards, and what is final
//! stays, except that a delivered message may still be read.

use serde::Serialize;
use thiserror::Error;

use super::form::Form;

/// Query parameter of the callback's URL that carries our own id of the message, so that a message whose answer was
/// lost is found again.
pub const OWN_ID_PARAMETER: &str = "mid";

/// State at Twilio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Taken; the sender is not chosen yet.
    Accepted,
    /// Will be sent later.
    Scheduled,
    /// Waits for its turn.
    Queued,
    /// On its way to the carrier.
    Sending,
    /// Handed to the carrier. May be the last report: many carriers send no receipt.
    Sent,
    /// Some of several recipients or parts have it.
    PartiallyDelivered,
    /// The handset has it.
    Delivered,
    /// The carrier could not deliver it.
    Undelivered,
    /// Not sent.
    Failed,
    /// Taken back before it was sent.
    Canceled,
    /// Read.
    Read,
    /// A message to us, on its way.
    Receiving,
    /// A message to us.
    Received,
}

impl Status {
    /// Reads Twilio's word.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "accepted" => Self::Accepted,
            "scheduled" => Self::Scheduled,
            "queued" => Self::Queued,
            "sending" => Self::Sending,
            "sent" => Self::Sent,
            "partially_delivered" => Self::PartiallyDelivered,
            "delivered" => Self::Delivered,
            "undelivered" => Self::Undelivered,
            "failed" => Self::Failed,
            "canceled" => Self::Canceled,
            "read" => Self::Read,
            "receiving" => Self::Receiving,
            "received" => Self::Received,
            _ => return None,
        })
    }

    fn rank(self) -> u8 {
        match self {
            Self::Accepted | Self::Scheduled | Self::Receiving => 0,
            Self::Queued => 1,
            Self::Sending => 2,
            Self::Sent => 3,
            Self::PartiallyDelivered => 4,
            Self::Delivered
            | Self::Undelivered
            | Self::Failed
            | Self::Canceled
            | Self::Received => 5,
            Self::Read => 6,
        }
    }

    /// Whether no further report changes it, a reading of a delivered message excepted.
    pub fn is_final(self) -> bool {
        self.rank() >= 5
    }

    /// Our word for it, as in `message_delivery_tracking.delivery_status`; none for messages to us.
    pub fn delivery_status(self) -> Option<&'static str> {
        match self {
            Self::Accepted | Self::Scheduled | Self::Queued | Self::Sending => Some("sending"),
            Self::Sent | Self::PartiallyDelivered => Some("sent"),
            Self::Delivered => Some("delivered"),
            Self::Undelivered | Self::Failed => Some("failed"),
            Self::Canceled => Some("cancelled"),
            Self::Read => Some("read"),
            Self::Receiving | Self::Received => None,
        }
    }

    /// The state after a report: the further one of the two.
    pub fn advance(self, reported: Self) -> Self {
        let forward = match self {
            Self::Delivered => reported == Self::Read,
            _ if self.is_final() => false,
            _ => reported.rank() > self.rank(),
        };
        if forward { reported } else { self }
    }
}

/// Why a request is no report.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StatusError {
    /// A parameter without which there is no report.
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    /// A state that is not known: kept for people to look at.
    #[error("the state {0:?} is not known")]
    Unknown(String),
    /// Meant for somebody else.
    #[error("the report belongs to another account")]
    OtherAccount,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusCallback {
    /// The message.
    pub sid: String,
    /// Its state.
    pub status: Status,
    /// Why it came no further, see [`super::error_code`].
    pub error_code: Option<u32>,
    /// The reason in Twilio's words.
    pub error_message: Option<String>,
}

impl StatusCallback {
    /// Reads a report for `account`.
    pub fn parse(form: &Form, account: &str) -> Result<Self, StatusError> {
        if form
            .filled("AccountSid")
            .ok_or(StatusError::Missing("AccountSid"))?
            != account
        {
            return Err(StatusError::OtherAccount);
        }
        let one_of = |names: [&'static str; 2]| {
            names
                .iter()
                .find_map(|name| form.text(name))
                .ok_or(StatusError::Missing(names[0]))
        };
        let sid = one_of(["MessageSid", "SmsSid"])?;
        let word = one_of(["MessageStatus", "SmsStatus"])?;
        let status = match form.get("EventType") {
            Some("READ") => Status::Read,
            _ => Status::parse(&word).ok_or(StatusError::Unknown(word))?,
        };
        Ok(Self {
            sid,
            status,
            error_code: form
                .get("ErrorCode")
                .and_then(|code| code.parse().ok())
                .filter(|code| *code != 0),
            error_message: form
                .text("ErrorMessage")
                .or_else(|| form.text("ChannelStatusMessage")),
        })
    }

    /// Equal for two copies of one report.
    pub fn dedupe_key(&self) -> String {
        let code = self.error_code.unwrap_or(0);
        format!("{}:{:?}:{code}", self.sid, self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Status; 13] = [
        Status::Accepted,
        Status::Scheduled,
        Status::Queued,
        Status::Sending,
        Status::Sent,
        Status::PartiallyDelivered,
        Status::Delivered,
        Status::Undelivered,
        Status::Failed,
        Status::Canceled,
        Status::Read,
        Status::Receiving,
        Status::Received,
    ];

    #[test]
    fn nothing_goes_backwards_in_any_order() {
        for first in ALL {
            for second in ALL {
                let reached = first.advance(second);
                assert!(reached.rank() >= first.rank(), "{first:?} {second:?}");
                assert_eq!(reached.advance(first), reached, "{first:?} {second:?}");
                assert_eq!(reached.advance(second), reached, "{first:?} {second:?}");
                if first.is_final() && first != Status::Delivered {
                    assert_eq!(reached, first);
                }
            }
        }
        assert_eq!(Status::Delivered.advance(Status::Read), Status::Read);
        assert_eq!(Status::Delivered.advance(Status::Failed), Status::Delivered);
        assert_eq!(Status::Failed.advance(Status::Read), Status::Failed);
        assert_eq!(
            Status::Queued
                .advance(Status::Delivered)
                .advance(Status::Sent),
            Status::Delivered
        );
    }

    #[test]
    fn every_word_is_read() {
        for status in ALL {
            let word = serde_json::to_value(status).unwrap();
            assert_eq!(Status::parse(word.as_str().unwrap()), Some(status));
        }
        assert_eq!(Status::parse("Delivered"), None);
    }

    #[test]
    fn reports() {
        let parse = |encoded: &str| StatusCallback::parse(&Form::parse(encoded.as_bytes()), "AC1");
        let report = parse("AccountSid=AC1&MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003&RawDlrDoneDate=2401021504").unwrap();
        assert_eq!(
            (report.status, report.error_code),
            (Status::Undelivered, Some(30003))
        );
        assert_eq!(report.dedupe_key(), "SM1:Undelivered:30003");
        let read = parse("AccountSid=AC1&SmsSid=SM1&SmsStatus=delivered&EventType=READ&ErrorCode=")
            .unwrap();
        assert_eq!((read.status, read.error_code), (Status::Read, None));
        assert_eq!(
            parse("AccountSid=AC1&MessageSid=SM1"),
            Err(StatusError::Missing("MessageStatus"))
        );
        assert_eq!(
            parse("AccountSid=AC1&MessageSid=SM1&MessageStatus=lost"),
            Err(StatusError::Unknown("lost".to_owned()))
        );
        assert_eq!(
            parse("AccountSid=AC2&MessageSid=SM1&MessageStatus=sent"),
            Err(StatusError::OtherAccount)
        );
        assert_eq!(parse(""), Err(StatusError::Missing("AccountSid")));
    }
}
