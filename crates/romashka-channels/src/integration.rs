//! A channel that somebody's own program serves: what is posted to the program, and what its answer means.
//!
//! Invariants: the same message is posted under the same `webhook-id` in every attempt, so that a program that remembers
//! ids sends it once and a lost answer may be followed by another attempt; what the program says is shown to agents and
//! is never anything but a text.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::webhooks::answer::parse_retry_after;

/// The event of a message that is to be sent.
pub const MESSAGE_EVENT: &str = "channel.message";
/// The event that only looks whether the program answers.
pub const TEST_EVENT: &str = "channel.test";
/// Longest id of a customer or message, in characters.
pub const ID_LIMIT: usize = 400;
/// Longest reason of the program that is kept, in characters.
const REASON_LIMIT: usize = 500;
/// The longest wait that a program may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 3600);

/// A file of a message. The program fetches it from the API with its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutgoingFile {
    /// Its identity.
    pub id: Uuid,
    /// Its name.
    pub filename: String,
    /// Its media type.
    pub mime_type: Option<String>,
    /// Its size in bytes.
    pub file_size: i64,
    /// Where it is.
    pub url: String,
}

/// A message for a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct OutgoingMessage {
    /// The channel.
    pub channel: Uuid,
    /// The conversation.
    pub conversation: Uuid,
    /// The message; reports name it.
    pub message: Uuid,
    /// The customer's id in the messenger.
    pub customer_id: String,
    /// What the customer calls himself.
    pub customer_name: Option<String>,
    /// agent or ai.
    pub sender_type: String,
    /// The agent's name.
    pub sender_name: Option<String>,
    /// The kind of message.
    pub message_type: String,
    /// What is said.
    pub content: String,
    /// What it carries along.
    pub metadata: Value,
    /// The customer's message that it answers, by the messenger's id.
    pub reply_to: Option<String>,
    /// Files.
    pub attachments: Vec<OutgoingFile>,
    /// When it was written.
    pub created_at: Timestamp,
}

impl OutgoingMessage {
    /// The bytes that are signed and posted, the same in every attempt.
    pub fn render(&self) -> Vec<u8> {
        json!({
            "type": MESSAGE_EVENT,
            "timestamp": self.created_at,
            "data": {
                "channel_id": self.channel,
                "conversation_id": self.conversation,
                "message_id": self.message,
                "customer": { "external_id": self.customer_id, "name": self.customer_name },
                "sender": { "type": self.sender_type, "name": self.sender_name },
                "kind": self.message_type,
                "content": self.content,
                "metadata": self.metadata,
                "reply_to": self.reply_to,
                "attachments": self.attachments,
            },
        })
        .to_string()
        .into_bytes()
    }
}

/// The bytes of a test.
pub fn test_event(channel: Uuid, at: Timestamp) -> Vec<u8> {
    json!({ "type": TEST_EVENT, "timestamp": at, "data": { "channel_id": channel } })
        .to_string()
        .into_bytes()
}

/// What the program's answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// The message is with the messenger, under this id when the program named one.
    Sent(Option<String>),
    /// Not now; another attempt may succeed.
    Later {
        /// The program's reason.
        reason: Option<String>,
        /// How long it asks to wait.
        wait: Option<Duration>,
        /// Whether all of the channel has to wait.
        slows_channel: bool,
    },
    /// Never: this message or its recipient.
    Refused {
        /// recipient, window_closed, configuration or permanent.
        class: &'static str,
        /// The program's reason.
        reason: Option<String>,
    },
}

#[derive(Deserialize)]
struct Taken {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Explained {
    error: Option<Reason>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Reason {
    Words(String),
    Object {
        class: Option<String>,
        message: Option<String>,
    },
}

/// Judges an answer. `abort` is the header `webhook-delivery`, `retry_after` the header of that name.
pub fn judge(
    status: u16,
    retry_after: Option<&str>,
    abort: Option<&str>,
    body: &[u8],
    now: Timestamp,
) -> Judgement {
    if (200..300).contains(&status) {
        let id = serde_json::from_slice::<Taken>(body)
            .ok()
            .and_then(|taken| taken.id)
            .filter(|id| is_id(id));
        return Judgement::Sent(id);
    }
    let (class, reason) = explained(body);
    let gives_up = abort.is_some_and(|value| value.trim() == "abort-message");
    let passes = matches!(status, 408 | 409 | 425 | 429) || status >= 500;
    if passes && !gives_up {
        return Judgement::Later {
            reason,
            wait: retry_after
                .and_then(|value| parse_retry_after(value, now))
                .map(|wait| wait.min(LONGEST_WAIT)),
            slows_channel: matches!(status, 429 | 503),
        };
    }
    let by_status = match status {
        // The address or the secret is not what the program expects: an admin has to look.
        300..=399 | 401 | 403 | 404 | 405 | 410 => "configuration",
        _ => "permanent",
    };
    Judgement::Refused {
        class: class.unwrap_or(by_status),
        reason,
    }
}

/// Whether something can be an id of the messenger.
pub fn is_id(id: &str) -> bool {
    let length = id.chars().count();
    (1..=ID_LIMIT).contains(&length) && !id.chars().any(char::is_control) && id.trim() == id
}

fn explained(body: &[u8]) -> (Option<&'static str>, Option<String>) {
    let error = serde_json::from_slice::<Explained>(body)
        .ok()
        .and_then(|explained| explained.error);
    let (class, words) = match error {
        Some(Reason::Words(words)) => (None, Some(words)),
        Some(Reason::Object { class, message }) => {
            let class = class.and_then(|class| {
                ["recipient", "window_closed", "configuration", "permanent"]
                    .into_iter()
                    .find(|known| *known == class)
            });
            (class, message)
        }
        None => (None, None),
    };
    let words = words.map(|words| {
        words
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .take(REASON_LIMIT)
            .collect::<String>()
    });
    (class, words.filter(|words| !words.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, headers: (Option<&str>, Option<&str>), body: &str) -> Judgement {
        judge(
            status,
            headers.0,
            headers.1,
            body.as_bytes(),
            Timestamp::UNIX_EPOCH,
        )
    }

    #[test]
    fn answers_are_told_apart() {
        let none = (None, None);
        assert_eq!(
            of(200, none, r#"{"id": "tg-7"}"#),
            Judgement::Sent(Some("tg-7".into()))
        );
        for body in ["", "ok", "{}", r#"{"id": 7}"#, "{\"id\": \"a\\u0000\"}"] {
            assert_eq!(of(204, none, body), Judgement::Sent(None), "{body}");
        }
        assert_eq!(
            of(
                429,
                (Some("9"), None),
                r#"{"error": {"message": "slow\ndown"}}"#
            ),
            Judgement::Later {
                reason: Some("slow down".into()),
                wait: Some(Duration::from_secs(9)),
                slows_channel: true
            }
        );
        for status in [408, 409, 425, 500, 502, 599] {
            assert!(
                matches!(
                    of(status, none, "<html>"),
                    Judgement::Later { reason: None, .. }
                ),
                "{status}"
            );
        }
        let class = |status, headers, body| match of(status, headers, body) {
            Judgement::Refused { class, .. } => class,
            other => panic!("{other:?}"),
        };
        assert_eq!(class(401, none, ""), "configuration");
        assert_eq!(class(302, none, ""), "configuration");
        assert_eq!(class(422, none, ""), "permanent");
        assert_eq!(
            class(422, none, r#"{"error": {"class": "recipient"}}"#),
            "recipient"
        );
        assert_eq!(
            class(422, none, r#"{"error": {"class": "made up"}}"#),
            "permanent"
        );
        assert_eq!(
            class(503, (None, Some("abort-message")), r#"{"error": "gone"}"#),
            "permanent"
        );
    }

    #[test]
    fn an_attempt_is_like_the_first() {
        let message = OutgoingMessage {
            channel: Uuid::nil(),
            conversation: Uuid::nil(),
            message: Uuid::nil(),
            customer_id: "77".into(),
            customer_name: None,
            sender_type: "agent".into(),
            sender_name: Some("Ann".into()),
            message_type: "text".into(),
            content: "x".repeat(100_000),
            metadata: json!({}),
            reply_to: None,
            attachments: Vec::new(),
            created_at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(message.render(), message.render());
        let read: Value = serde_json::from_slice(&message.render()).unwrap();
        assert_eq!(read["data"]["content"].as_str().unwrap().len(), 100_000);
        assert_eq!(read["data"]["customer"]["external_id"], "77");
    }
}
