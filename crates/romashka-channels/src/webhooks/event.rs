//! What a receiver reads: the envelope, the names of events, and who gets which.
//!
//! Invariant: the envelope is that of Standard Webhooks, `type`, `timestamp` and `data`, with our `sequence`, by which a
//! receiver puts in order what arrives in any order. A long text is cut and says so; it never makes a delivery fail.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use thiserror::Error;
use uuid::Uuid;

/// Longest text of one field in bytes; what is longer is cut and marked by `truncated`.
pub const TEXT_LIMIT: usize = 16 * 1024;
/// Levels of a payload; what lies deeper is left out.
const DEPTH_LIMIT: usize = 32;

/// Event of the test button.
pub const TEST_EVENT: &str = "webhook.test";

/// Events that the ledger records today, for choosing from. More may come at any time, and receivers are told to answer
/// an unknown one with 2xx.
pub const KNOWN_EVENTS: [&str; 36] = [
    "channel.alert",
    "channel.failed",
    "channel.recovered",
    "conversation.assigned",
    "conversation.closed",
    "conversation.created",
    "conversation.deescalated",
    "conversation.deleted",
    "conversation.escalated",
    "conversation.merged",
    "conversation.priority_changed",
    "conversation.rated",
    "conversation.reopened",
    "conversation.resolved",
    "conversation.routed",
    "conversation.snoozed",
    "conversation.tagged",
    "conversation.team_changed",
    "conversation.transferred",
    "conversation.unassigned",
    "conversation.unmerged",
    "conversation.woken",
    "message.created",
    "message.deleted",
    "message.delivered",
    "message.failed",
    "message.mailed",
    "message.read",
    "message.redirected",
    "message.retried",
    "message.sent",
    "message.updated",
    "sla.breached",
    "webhook.disabled",
    "webhook.failing",
    TEST_EVENT,
];

/// Why a name of an event or a subscription is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not an event such as message.created, message.* or *")]
pub struct NameError(String);

/// Which events a subscriber gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscription {
    /// `*`
    Everything,
    /// `message.*`
    Subject(String),
    /// `message.created`
    Kind(String),
}

impl Subscription {
    /// Reads `*`, `message.*` or `message.created`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text == "*" {
            return Ok(Self::Everything);
        }
        match text.split_once('.') {
            Some((subject, "*")) if is_word(subject) => Ok(Self::Subject(subject.to_owned())),
            Some((subject, verb)) if is_word(subject) && is_word(verb) => {
                Ok(Self::Kind(text.to_owned()))
            }
            _ => Err(NameError(text.to_owned())),
        }
    }

    /// Whether an event of this kind is for the subscriber.
    pub fn matches(&self, kind: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Subject(wanted) => kind
                .split_once('.')
                .is_some_and(|(subject, _)| subject == wanted),
            Self::Kind(wanted) => kind == wanted,
        }
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// An event on its way to subscribers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Name, such as `message.created`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened; not when it is sent.
    #[serde(serialize_with = "milliseconds")]
    pub timestamp: Timestamp,
    /// Place in the ledger: grows from event to event of a workspace, with gaps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    /// What happened.
    pub data: Value,
}

impl Event {
    /// The event of the test button.
    pub fn test(now: Timestamp) -> Self {
        Self {
            kind: TEST_EVENT.to_owned(),
            timestamp: now,
            sequence: None,
            data: json!({ "text": "If you can read this, the webhook works." }),
        }
    }

    /// The bytes that are signed and sent. Texts above [`TEXT_LIMIT`] are cut.
    pub fn render(mut self) -> Vec<u8> {
        shorten(&mut self.data, 0);
        // Values of JSON and plain fields always become JSON.
        serde_json::to_vec(&self).unwrap_or_default()
    }
}

fn milliseconds<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

/// Id of a message to subscribers, the same through all attempts and replays. It holds no dot, because the signed
/// content is joined by dots.
pub fn message_id(id: Uuid) -> String {
    format!("msg_{}", id.simple())
}

fn shorten(value: &mut Value, depth: usize) {
    match value {
        Value::Object(fields) if depth < DEPTH_LIMIT => shorten_fields(fields, depth),
        Value::Array(items) if depth < DEPTH_LIMIT => {
            for item in items {
                shorten(item, depth + 1);
            }
        }
        Value::Object(_) | Value::Array(_) => *value = Value::Null,
        Value::String(text) if text.len() > TEXT_LIMIT => {
            text.truncate(whole_characters(text, TEXT_LIMIT));
        }
        _ => {}
    }
}

/// The mark stands beside the field that was cut.
fn shorten_fields(fields: &mut Map<String, Value>, depth: usize) {
    let mut cut = false;
    for value in fields.values_mut() {
        cut |= value.as_str().is_some_and(|text| text.len() > TEXT_LIMIT);
        shorten(value, depth + 1);
    }
    if cut {
        fields.insert("truncated".to_owned(), Value::Bool(true));
    }
}

/// The end of the last whole character at or before `limit`.
fn whole_characters(text: &str, limit: usize) -> usize {
    (0..=limit.min(text.len()))
        .rev()
        .find(|index| text.is_char_boundary(*index))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_is_what_the_database_writes() {
        let event = Event {
            kind: "conversation.created".to_owned(),
            timestamp: "2026-01-02T03:04:05.678901Z".parse().unwrap(),
            sequence: Some(42),
            data: json!({ "conversation_id": "c" }),
        };
        assert_eq!(
            String::from_utf8(event.render()).unwrap(),
            r#"{"type":"conversation.created","timestamp":"2026-01-02T03:04:05.678Z","sequence":42,"data":{"conversation_id":"c"}}"#
        );
        let test = Event::test("2026-01-02T03:04:05Z".parse().unwrap());
        assert_eq!(
            String::from_utf8(test.render()).unwrap(),
            r#"{"type":"webhook.test","timestamp":"2026-01-02T03:04:05.000Z","data":{"text":"If you can read this, the webhook works."}}"#
        );
    }

    #[test]
    fn long_texts_are_cut_where_they_stand() {
        let mut deep = json!("x");
        for _ in 0..100 {
            deep = json!([deep]);
        }
        let event = Event {
            kind: "message.created".to_owned(),
            timestamp: Timestamp::UNIX_EPOCH,
            sequence: None,
            data: json!({ "message": { "text": "я".repeat(20_000), "id": 1 }, "deep": deep }),
        };
        let read: Value = serde_json::from_slice(&event.render()).unwrap();
        let message = &read["data"]["message"];
        assert_eq!(message["text"].as_str().unwrap().len(), TEXT_LIMIT);
        assert_eq!(message["truncated"], true);
        assert_eq!(read["data"].get("truncated"), None);
    }

    #[test]
    fn who_gets_what() {
        for (subscription, kind, expected) in [
            ("*", "message.created", true),
            ("message.*", "message.created", true),
            ("message.*", "messages.created", false),
            ("message.created", "message.created", true),
            ("message.created", "message.updated", false),
        ] {
            let subscription = Subscription::parse(subscription).unwrap();
            assert_eq!(
                subscription.matches(kind),
                expected,
                "{subscription:?} {kind}"
            );
        }
        for text in [
            "",
            "message",
            "*.created",
            "message.",
            "Message.created",
            "a.b.c",
            "**",
            ".*",
        ] {
            assert!(Subscription::parse(text).is_err(), "{text}");
        }
        for known in KNOWN_EVENTS {
            assert!(Subscription::parse(known).is_ok());
        }
    }

    #[test]
    fn ids_can_be_signed() {
        let id = message_id(Uuid::from_u128(7));
        assert_eq!(id, "msg_00000000000000000000000000000007");
    }
}
