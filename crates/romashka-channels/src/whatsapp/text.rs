//! What an agent reads of a message.
//!
//! Invariant: a message has a text that is not empty, and the customer's own words stand in it unchanged. Words of ours
//! are plain English and stand where the customer wrote none; everything else is in the metadata.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::media::MediaKind;
use super::message::{ContactCard, Message, MessageContent, OrderItem, SystemChange, SystemKind};

impl Message {
    /// Text of the message for the conversation, its search and its previews.
    pub fn text(&self) -> String {
        self.content.text()
    }

    /// What is kept beside the text, for `messages.metadata`.
    pub fn metadata(&self) -> Value {
        json!({ "whatsapp": self })
    }
}

impl MessageContent {
    /// Text of the content.
    pub fn text(&self) -> String {
        match self {
            Self::Text { body } => body.clone(),
            Self::Media { media } => match (&media.caption, media.kind) {
                (Some(caption), _) => caption.clone(),
                (None, MediaKind::Image) => "Image".to_owned(),
                (None, MediaKind::Video) => "Video".to_owned(),
                (None, MediaKind::Audio) => "Audio".to_owned(),
                (None, MediaKind::Voice) => "Voice message".to_owned(),
                (None, MediaKind::Sticker) => "Sticker".to_owned(),
                (None, MediaKind::Document) => media.file_name.clone(),
            },
            Self::Location {
                latitude,
                longitude,
                name,
                address,
                ..
            } => {
                let place: Vec<&str> = [name, address]
                    .into_iter()
                    .flatten()
                    .map(String::as_str)
                    .collect();
                if place.is_empty() {
                    format!("Location: {latitude}, {longitude}")
                } else {
                    format!("{}\n{latitude}, {longitude}", place.join(", "))
                }
            }
            Self::Contacts { contacts } => contacts.iter().map(card).collect::<Vec<_>>().join("\n"),
            Self::ButtonReply { title, .. } => title.clone(),
            Self::ListReply {
                title, description, ..
            } => match description {
                Some(description) => format!("{title}\n{description}"),
                None => title.clone(),
            },
            Self::FormReply { name, answers, .. } => form(name.as_deref(), answers),
            Self::CallPermission { answer } => match answer.get("response").and_then(Value::as_str)
            {
                Some("accept") => "Calls are welcome".to_owned(),
                Some("reject") => "Does not want to be called".to_owned(),
                _ => "Answered the request for a call".to_owned(),
            },
            Self::TemplateButton { text, .. } => text.clone(),
            Self::Reaction { emoji, .. } => match emoji {
                Some(emoji) => emoji.clone(),
                None => "Took the reaction back".to_owned(),
            },
            Self::Order { text, items, .. } => order(text.as_deref(), items),
            Self::System(change) => system(change),
            Self::Unsupported { what, .. } => match what {
                Some(what) => format!(
                    "A message that WhatsApp does not hand on ({})",
                    what.replace('_', " ")
                ),
                None => "A message that WhatsApp does not hand on".to_owned(),
            },
            Self::Edit { content, .. } => content.text(),
            Self::Revoke { .. } => "Deleted a message".to_owned(),
        }
    }
}

fn card(card: &ContactCard) -> String {
    let mut parts: Vec<&str> = Vec::new();
    parts.extend(card.name.as_deref());
    parts.extend(card.company.as_deref());
    parts.extend(card.phones.iter().map(String::as_str));
    parts.extend(card.emails.iter().map(String::as_str));
    if parts.is_empty() {
        "Contact".to_owned()
    } else {
        format!("Contact: {}", parts.join(", "))
    }
}

/// Answers of a form, one a line. A form's own bookkeeping is left out.
fn form(name: Option<&str>, answers: &Value) -> String {
    let mut text = match name {
        Some("address_message") => "Address".to_owned(),
        _ => "Form filled in".to_owned(),
    };
    let Some(fields) = answers.as_object() else {
        return text;
    };
    // An address arrives one level down.
    let fields = match (fields.len(), fields.values().next()) {
        (1, Some(Value::Object(inner))) => inner,
        _ => fields,
    };
    for (key, value) in fields
        .iter()
        .filter(|(key, _)| *key != "flow_token")
        .take(100)
    {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Null => continue,
            Value::Array(list) => list
                .iter()
                .map(|entry| {
                    entry
                        .as_str()
                        .map_or_else(|| entry.to_string(), str::to_owned)
                })
                .collect::<Vec<_>>()
                .join(", "),
            other => other.to_string(),
        };
        let clean = |text: &str| -> String {
            text.chars()
                .map(|found| if found.is_control() { ' ' } else { found })
                .take(1_000)
                .collect()
        };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n{}: {}",
            clean(&key.replace('_', " ")),
            clean(&value)
        );
    }
    text
}

fn order(words: Option<&str>, items: &[OrderItem]) -> String {
    let mut text = words.map_or_else(|| "Order".to_owned(), str::to_owned);
    for item in items {
        let _ = write!(text, "\n{} × {}", item.quantity, item.product_retailer_id);
        if let Some(price) = &item.price {
            let _ = write!(text, " at {price}");
            if let Some(currency) = &item.currency {
                let _ = write!(text, " {currency}");
            }
        }
    }
    text
}

fn system(change: &SystemChange) -> String {
    let number = change.now.as_ref().and_then(|now| now.phone());
    match (&change.change, number, &change.body) {
        (SystemKind::NumberChanged, Some(number), _) => format!("Has a new number: {number}"),
        (SystemKind::NumberChanged, None, _) => "Has a new number".to_owned(),
        (SystemKind::UserIdChanged, _, _) => "Has a new WhatsApp account id".to_owned(),
        (SystemKind::IdentityChanged, _, _) => {
            "Uses another telephone or has installed WhatsApp anew".to_owned()
        }
        (SystemKind::Other(_), _, Some(body)) => body.clone(),
        (SystemKind::Other(kind), _, None) if !kind.is_empty() => {
            format!("WhatsApp reports: {}", kind.replace('_', " "))
        }
        (SystemKind::Other(_), _, None) => "WhatsApp reports a change".to_owned(),
    }
}
