//! What the API answers to a message that was sent.
//!
//! Invariant: "sent", "not sent" and "we do not know" are three answers. Only the second may lead to another attempt.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::customer::Customer;
use super::errors::{Class, GraphError, Throttle, retry_after};
use super::fields;

/// WhatsApp has taken the message. Whether it arrives, the statuses tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Id of the message, by which its statuses find it.
    pub message_id: String,
    /// The customer's ids, as far as WhatsApp tells them.
    pub customer: Option<Customer>,
    /// Whether WhatsApp holds a template back until it has seen how customers take it.
    pub is_held: bool,
}

/// WhatsApp has not taken the message, or we do not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendFailure {
    /// The API answered with an error: the message was not sent.
    #[error("WhatsApp refused the message")]
    Refused {
        /// The error.
        #[source]
        error: Box<GraphError>,
        /// What kind of error it is.
        class: Class,
        /// What the header Retry-After asks for, else what the code does.
        retry_after: Option<Duration>,
    },
    /// Something before the API refused the request: it was not sent.
    #[error("WhatsApp answered {http_status} without an error of its own")]
    Status {
        /// HTTP status.
        http_status: u16,
        /// What kind of error it is.
        class: Class,
        /// What the header Retry-After asks for.
        retry_after: Option<Duration>,
    },
    /// The message may have been sent: wait for its status before anything is repeated.
    #[error("WhatsApp answered {http_status} and not whether it has taken the message")]
    Uncertain {
        /// HTTP status.
        http_status: u16,
    },
}

/// Reads the answer to a message that was sent. `attempt` is the number of this attempt, from 1.
pub fn read_answer(
    http_status: u16,
    retry_after_header: Option<&str>,
    body: &[u8],
    attempt: u32,
    now: Timestamp,
) -> Result<Accepted, SendFailure> {
    if (200..300).contains(&http_status) {
        return accepted(body).ok_or(SendFailure::Uncertain { http_status });
    }
    let asked = retry_after_header.and_then(|header| retry_after(header, now));
    if let Some(error) = GraphError::from_body(body) {
        let class = error.class(Some(http_status));
        return Err(SendFailure::Refused {
            error: Box::new(error),
            class,
            retry_after: asked.or_else(|| class.retry_after(attempt)),
        });
    }
    match http_status {
        // A gateway that lost the answer says nothing of what happened behind it.
        500.. => Err(SendFailure::Uncertain { http_status }),
        _ => Err(SendFailure::Status {
            http_status,
            class: match http_status {
                401 => Class::Authorisation,
                403 => Class::Configuration,
                408 | 425 => Class::Passing(Throttle::None),
                429 => Class::Passing(Throttle::Number),
                _ => Class::Permanent,
            },
            retry_after: asked,
        }),
    }
}

fn accepted(body: &[u8]) -> Option<Accepted> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let message = fields::list(&value, "messages").first()?;
    Some(Accepted {
        message_id: fields::id(message, "id")?,
        customer: fields::list(&value, "contacts")
            .first()
            .and_then(|contact| Customer::read(contact, ["wa_id", "user_id", "parent_user_id"])),
        is_held: message.get("message_status").and_then(Value::as_str)
            == Some("held_for_quality_assessment"),
    })
}

/// Id of a file in the answer to [`super::api::Number::upload_media`]; nothing when the answer holds none.
pub fn read_upload(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    fields::id(&value, "id")
}
