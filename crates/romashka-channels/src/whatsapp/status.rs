//! How far a message of ours has come.
//!
//! Invariant: deliveries are reported in any order and more than once; [`may_replace`] lets a state replace only what it
//! is further than. Arrival proves more than a failure that was reported before it, as in the database.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::customer::Customer;
use super::errors::GraphError;
use super::fields;

/// State of a message, in the order in which states follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Not with WhatsApp yet.
    Pending,
    /// WhatsApp has taken it.
    Sent,
    /// It will not arrive.
    Failed,
    /// On the customer's telephone.
    Delivered,
    /// Opened. Only reported when the customer allows it; may come without `Delivered`.
    Read,
    /// A voice message was played.
    Played,
}

impl DeliveryState {
    /// Value of `message_delivery_tracking.delivery_status`.
    pub fn platform_status(self) -> &'static str {
        match self {
            Self::Pending => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Read | Self::Played => "read",
        }
    }

    fn from_api(word: &str) -> Option<Self> {
        Some(match word {
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "read" => Self::Read,
            "played" => Self::Played,
            "failed" => Self::Failed,
            _ => return None,
        })
    }
}

/// Whether a report may replace what is known. The same state again changes nothing.
pub fn may_replace(known: DeliveryState, reported: DeliveryState) -> bool {
    reported > known
}

/// What a status reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// The message has come this far.
    State(DeliveryState),
    /// The customer deleted it. Says nothing of how far it came.
    Deleted,
    /// Something in it is missing, such as a product of the catalogue. Says nothing of how far it came.
    Warning,
}

/// A report on a message of ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Id of the message, as sending answered it. The report may be here before that answer.
    pub message_id: String,
    /// What is reported.
    pub report: Report,
    /// When it happened, to the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// To whom it went; may be withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Customer>,
    /// Group it went to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// Member of the group that the report is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participant_id: Option<String>,
    /// What we gave the message when it was sent: by it the report finds its message before the id is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_data: Option<String>,
    /// Conversation as WhatsApp bills it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<BilledConversation>,
    /// What it costs by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pricing: Option<Pricing>,
    /// Why it failed.
    pub errors: Vec<GraphError>,
}

/// A conversation as WhatsApp bills it; not sent any more since version 24 except for free entry points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BilledConversation {
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// `service`, `utility`, `marketing`, `referral_conversion` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// What a message costs by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pricing {
    /// Whether it costs anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billable: Option<bool>,
    /// `PMP` (by message) or `CBP` (by conversation, until July 2025).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `regular`, `free_customer_service`, `free_entry_point` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `service`, `utility`, `marketing` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

impl Status {
    /// Reads a status; nothing without an id or with a word that is not known.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let word = value.get("status")?.as_str()?;
        let report = match word {
            "deleted" => Report::Deleted,
            "warning" => Report::Warning,
            _ => Report::State(DeliveryState::from_api(word)?),
        };
        let to_group = value.get("recipient_type").and_then(Value::as_str) == Some("group");
        Some(Self {
            message_id: fields::id(value, "id")?,
            report,
            at: fields::moment(value, "timestamp"),
            recipient: (!to_group)
                .then(|| {
                    Customer::read(
                        value,
                        [
                            "recipient_id",
                            "recipient_user_id",
                            "recipient_parent_user_id",
                        ],
                    )
                })
                .flatten()
                .map(|recipient| Customer {
                    identity_key_hash: fields::id(value, "recipient_identity_key_hash"),
                    ..recipient
                }),
            group_id: to_group
                .then(|| fields::id(value, "recipient_id"))
                .flatten(),
            participant_id: fields::id(value, "recipient_participant_id"),
            callback_data: fields::line(value, "biz_opaque_callback_data"),
            conversation: fields::object(value, "conversation").map(|found| BilledConversation {
                id: fields::id(found, "id"),
                expires_at: fields::moment(found, "expiration_timestamp"),
                origin: found
                    .get("origin")
                    .and_then(|origin| fields::line(origin, "type")),
            }),
            pricing: fields::object(value, "pricing").map(|found| Pricing {
                billable: found.get("billable").and_then(Value::as_bool),
                model: fields::line(found, "pricing_model"),
                kind: fields::line(found, "type"),
                category: fields::line(found, "category"),
            }),
            errors: fields::list(value, "errors")
                .iter()
                .filter_map(GraphError::read)
                .collect(),
        })
    }

    /// The state, when one is reported.
    pub fn state(&self) -> Option<DeliveryState> {
        match self.report {
            Report::State(state) => Some(state),
            Report::Deleted | Report::Warning => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryState::{Delivered, Failed, Pending, Played, Read, Sent};

    #[test]
    fn a_message_never_goes_backwards() {
        for (known, reported, expected) in [
            (Pending, Sent, true),
            (Pending, Read, true),
            (Sent, Delivered, true),
            (Sent, Failed, true),
            (Sent, Sent, false),
            (Failed, Sent, false),
            (Failed, Delivered, true),
            (Delivered, Failed, false),
            (Delivered, Sent, false),
            (Read, Delivered, false),
            (Read, Played, true),
            (Played, Read, false),
        ] {
            assert_eq!(
                may_replace(known, reported),
                expected,
                "{known:?} {reported:?}"
            );
        }
    }

    #[test]
    fn any_order_of_reports_ends_the_same() {
        let all = [Sent, Delivered, Read, Failed];
        let mut orders = vec![Vec::new()];
        for _ in 0..all.len() {
            orders = orders
                .iter()
                .flat_map(|order: &Vec<DeliveryState>| {
                    all.iter()
                        .filter(|state| !order.contains(state))
                        .map(|state| [order.as_slice(), &[*state]].concat())
                        .collect::<Vec<_>>()
                })
                .collect();
        }
        assert_eq!(orders.len(), 24);
        for order in orders {
            let end = order.iter().fold(Pending, |known, reported| {
                if may_replace(known, *reported) {
                    *reported
                } else {
                    known
                }
            });
            assert_eq!(end, Read, "{order:?}");
        }
    }
}
