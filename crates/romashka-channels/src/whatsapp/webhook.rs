//! A delivery of the webhook, taken apart into its items.
//!
//! Invariant: **every** item of every entry and change is here, in the order in which it came, each on its own: one that
//! cannot be read is an [`Unknown`] with its JSON, and its siblings are as they would be without it. The same item has
//! the same [`Item::key`] in every copy of the delivery, whatever it was batched with.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::customer::Contacts;
use super::errors::GraphError;
use super::fields;
use super::message::Message;
use super::notice::{self, Notice};
use super::reading::{NotRead, Side};
use super::status::Status;

/// Largest body that Meta sends, 3 MB, with room to spare. Whoever reads a request stops there.
pub const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// A delivery.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Webhook {
    /// Its items.
    pub items: Vec<Item>,
}

/// One thing that was delivered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// Where it stood: `entry[0].changes[1].value.messages[2]`.
    pub place: String,
    /// Idempotency key, at most 256 characters.
    pub key: String,
    /// WhatsApp Business account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Our number, by which the channel is found; missing in notices about the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_id: Option<String>,
    /// When it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// What it is.
    pub content: Content,
}

/// What an item is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "item", content = "value", rename_all = "snake_case")]
pub enum Content {
    /// A customer wrote.
    Message(Box<Message>),
    /// The business wrote on its telephone: kept as sent by us.
    Echo(Box<Message>),
    /// A message of ours has come further.
    Status(Box<Status>),
    /// WhatsApp reports an error that belongs to no message.
    Error(GraphError),
    /// Something about a template, the account, a customer's wish.
    Notice(Box<Notice>),
    /// Not understood: for quarantine.
    Unknown(Unknown),
}

/// Something that was not understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unknown {
    /// Why.
    pub reason: UnknownReason,
    /// As it came.
    pub json: Value,
}

/// Why something was not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownReason {
    /// Not a delivery of a WhatsApp Business account.
    NotWhatsApp,
    /// A field that is not known.
    Field,
    /// A kind of message that is not known.
    Kind,
    /// Something that its kind needs is missing or has another shape.
    Shape,
}

/// Why a body is no delivery. It is kept as it is.
#[derive(Debug, thiserror::Error)]
#[error("the body of the webhook is not JSON")]
pub struct ReadError(#[from] serde_json::Error);

/// Reads the body of a webhook whose signature was checked.
pub fn read_webhook(body: &[u8]) -> Result<Webhook, ReadError> {
    let document: Value = serde_json::from_slice(&mend(body))?;
    let mut items = Vec::new();
    let is_ours =
        document.get("object").and_then(Value::as_str) == Some("whatsapp_business_account");
    match document.get("entry").and_then(Value::as_array) {
        Some(entries) if is_ours => {
            for (number, entry) in entries.iter().enumerate() {
                read_entry(entry, &format!("entry[{number}]"), &mut items);
            }
        }
        _ => items.push(Frame::default().unknown(
            String::new(),
            if is_ours {
                UnknownReason::Shape
            } else {
                UnknownReason::NotWhatsApp
            },
            &document,
        )),
    }
    Ok(Webhook { items })
}

/// What the items of a change have in common.
#[derive(Default)]
struct Frame {
    account_id: Option<String>,
    phone_number_id: Option<String>,
    occurred_at: Option<Timestamp>,
}

impl Frame {
    fn item(&self, place: String, key: String, at: Option<Timestamp>, content: Content) -> Item {
        Item {
            place,
            key,
            account_id: self.account_id.clone(),
            phone_number_id: self.phone_number_id.clone(),
            occurred_at: at.or(self.occurred_at),
            content,
        }
    }

    fn number(&self) -> &str {
        self.phone_number_id.as_deref().unwrap_or_default()
    }

    fn unknown(&self, place: String, reason: UnknownReason, json: &Value) -> Item {
        let key = self.content_key("unknown", json);
        self.item(
            place,
            key,
            fields::moment(json, "timestamp"),
            Content::Unknown(Unknown {
                reason,
                json: json.clone(),
            }),
        )
    }

    /// Key of an item that has no id: what it says, when, and of which account.
    fn content_key(&self, kind: &str, json: &Value) -> String {
        let mut hash = Sha256::new();
        for part in [
            self.account_id.as_deref().unwrap_or_default(),
            self.number(),
            &self
                .occurred_at
                .map(|at| at.to_string())
                .unwrap_or_default(),
            &json.to_string(),
        ] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        format!("{}:{}", short(kind), hex::encode(hash.finalize()))
    }
}

/// An id as part of a key. Those of Meta are short; a long one is known by its hash.
fn short(id: &str) -> Cow<'_, str> {
    if id.len() <= 100 {
        Cow::Borrowed(id)
    } else {
        Cow::Owned(hex::encode(Sha256::digest(id)))
    }
}

fn read_entry(entry: &Value, place: &str, items: &mut Vec<Item>) {
    let mut frame = Frame {
        account_id: fields::id(entry, "id"),
        phone_number_id: None,
        occurred_at: fields::moment(entry, "time"),
    };
    let Some(changes) = entry.get("changes").and_then(Value::as_array) else {
        items.push(frame.unknown(place.to_owned(), UnknownReason::Shape, entry));
        return;
    };
    for (number, change) in changes.iter().enumerate() {
        let place = format!("{place}.changes[{number}]");
        let field = change.get("field").and_then(Value::as_str);
        let (Some(field), Some(value)) = (field, fields::object(change, "value")) else {
            items.push(frame.unknown(place, UnknownReason::Shape, change));
            continue;
        };
        frame.phone_number_id = fields::object(value, "metadata")
            .and_then(|metadata| fields::id(metadata, "phone_number_id"));
        let place = format!("{place}.value");
        let before = items.len();
        match field {
            "messages" => read_messages(&frame, value, &place, items),
            "smb_message_echoes" => {
                read_list(&frame, value, "message_echoes", &place, items, |echo| {
                    read_message(&frame, echo, Side::To, value, &Contacts::default())
                });
            }
            _ => match notice::read(field, value) {
                Some(notices) => {
                    for notice in notices {
                        let found = match notice {
                            Ok(notice) => {
                                let at = match &notice {
                                    Notice::Preference(preference) => preference.at,
                                    _ => None,
                                };
                                let json = serde_json::to_value(&notice).unwrap_or(Value::Null);
                                let key = frame.content_key(field, &json);
                                frame.item(
                                    place.clone(),
                                    key,
                                    at,
                                    Content::Notice(Box::new(notice)),
                                )
                            }
                            Err(json) => frame.unknown(place.clone(), UnknownReason::Shape, json),
                        };
                        items.push(found);
                    }
                }
                None => items.push(frame.unknown(place.clone(), UnknownReason::Field, change)),
            },
        }
        if items.len() == before {
            items.push(frame.unknown(place, UnknownReason::Shape, change));
        }
    }
}

fn read_messages(frame: &Frame, value: &Value, place: &str, items: &mut Vec<Item>) {
    let contacts = Contacts::read(fields::list(value, "contacts"));
    read_list(frame, value, "messages", place, items, |message| {
        read_message(frame, message, Side::From, value, &contacts)
    });
    read_list(frame, value, "statuses", place, items, |status| {
        let found = Status::read(status).ok_or(UnknownReason::Shape)?;
        let key = format!(
            "status:{}:{}:{}",
            short(&found.message_id),
            status
                .get("status")
                .and_then(Value::as_str)
                .unwrap_or_default(),
            short(found.participant_id.as_deref().unwrap_or_default()),
        );
        Ok((key, found.at, Content::Status(Box::new(found))))
    });
    read_list(frame, value, "errors", place, items, |error| {
        let found = GraphError::read(error).ok_or(UnknownReason::Shape)?;
        Ok((
            frame.content_key("error", error),
            None,
            Content::Error(found),
        ))
    });
}

fn read_message(
    frame: &Frame,
    message: &Value,
    side: Side,
    change: &Value,
    contacts: &Contacts<'_>,
) -> Result<(String, Option<Timestamp>, Content), UnknownReason> {
    let read = Message::read(message, side, contacts, fields::list(change, "errors"));
    let found = read.map_err(|reason| match reason {
        NotRead::Kind => UnknownReason::Kind,
        NotRead::Shape => UnknownReason::Shape,
    })?;
    let key = format!("message:{}:{}", short(frame.number()), short(&found.id));
    let at = found.sent_at;
    let content = match side {
        Side::From => Content::Message(Box::new(found)),
        Side::To => Content::Echo(Box::new(found)),
    };
    Ok((key, at, content))
}

/// Reads each element of a list that may be missing.
fn read_list(
    frame: &Frame,
    value: &Value,
    key: &str,
    place: &str,
    items: &mut Vec<Item>,
    read: impl Fn(&Value) -> Result<(String, Option<Timestamp>, Content), UnknownReason>,
) {
    match value.get(key) {
        None | Some(Value::Null) => {}
        Some(Value::Array(list)) => {
            for (number, element) in list.iter().enumerate() {
                let place = format!("{place}.{key}[{number}]");
                items.push(match read(element) {
                    Ok((key, at, content)) => frame.item(place, key, at, content),
                    Err(reason) => frame.unknown(place, reason, element),
                });
            }
        }
        Some(other) => {
            items.push(frame.unknown(format!("{place}.{key}"), UnknownReason::Shape, other))
        }
    }
}

/// Half of a surrogate pair, a NUL, or bytes that are not UTF-8 in one customer's text would make the whole delivery
/// unreadable, or impossible to store. Each becomes U+FFFD.
fn mend(body: &[u8]) -> Cow<'_, [u8]> {
    let mut mended: Cow<'_, [u8]> = match String::from_utf8_lossy(body) {
        Cow::Borrowed(_) => Cow::Borrowed(body),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    };
    let mut at = 0;
    while let Some(offset) = memchr::memchr(b'\\', &mended[at..]) {
        at += offset;
        let Some(unit) = escaped_unit(&mended[at..]) else {
            // Another escape: its second character is no beginning of one.
            at = (at + 2).min(mended.len());
            continue;
        };
        let broken = match unit {
            0 | 0xDC00..=0xDFFF => true,
            0xD800..=0xDBFF => {
                let paired = escaped_unit(&mended[at + 6..])
                    .is_some_and(|next| (0xDC00..=0xDFFF).contains(&next));
                if paired {
                    at += 6;
                }
                !paired
            }
            _ => false,
        };
        if broken {
            mended.to_mut()[at + 2..at + 6].copy_from_slice(b"fffd");
        }
        at += 6;
    }
    mended
}

/// The UTF-16 unit that is written as `\uXXXX` at the beginning of these bytes.
fn escaped_unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.get(..6)?.strip_prefix(b"\\u")?;
    let text = std::str::from_utf8(digits).ok()?;
    digits
        .iter()
        .all(u8::is_ascii_hexdigit)
        .then(|| u16::from_str_radix(text, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_escapes_spoil_nothing() {
        for (given, expected) in [
            (
                &br#"{"a":"\ud83d\ude00 \u041f"}"#[..],
                &br#"{"a":"\ud83d\ude00 \u041f"}"#[..],
            ),
            (br#"{"a":"\ud83d x"}"#, br#"{"a":"\ufffd x"}"#),
            (
                br#"{"a":"\ud83d\ud83d\ude00"}"#,
                br#"{"a":"\ufffd\ud83d\ude00"}"#,
            ),
            (br#"{"a":"\ude00\u0000"}"#, br#"{"a":"\ufffd\ufffd"}"#),
            (
                br#"{"a":"\\ud83d \\\u0000"}"#,
                br#"{"a":"\\ud83d \\\ufffd"}"#,
            ),
            (b"{\"a\":\"\xff\"}", "{\"a\":\"\u{fffd}\"}".as_bytes()),
            (br#""\ud8"#, br#""\ud8"#),
            (br#""\"#, br#""\"#),
        ] {
            assert_eq!(
                String::from_utf8_lossy(&mend(given)),
                String::from_utf8_lossy(expected)
            );
        }
    }
}
