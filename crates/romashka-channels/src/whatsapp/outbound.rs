//! A message to a customer, from what an agent wrote to the body of the request.
//!
//! Invariant: what the API would refuse for a limit that is documented is refused here, before anything is sent, with the
//! field and the limit. Sending is not idempotent: an answer that was lost is [`super::answer::SendFailure::Uncertain`] and is never
//! repeated blindly; the status that carries our [`CallbackData`] tells what became of it.

use std::fmt;

use serde_json::{Value, json};
use uuid::Uuid;

use super::customer::{Customer, is_user_id};
use super::fields;
use super::interactive::Interactive;
use super::media::MediaKind;
use super::split::{TEXT_LIMIT, length, split};
use super::template::TemplateMessage;

/// Most characters below a picture, a film or a document.
pub const CAPTION_LIMIT: usize = 1_024;
/// Most characters of the text that comes back with each status.
pub const CALLBACK_LIMIT: usize = 512;

/// Why a message is not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing stands where something must.
    #[error("{field} is empty")]
    Empty {
        /// What.
        field: &'static str,
    },
    /// Longer than allowed.
    #[error("{field} has {length} characters, {limit} are allowed")]
    TooLong {
        /// What.
        field: &'static str,
        /// Its length.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// Too few or too many.
    #[error("there are {count} {field}, {least} to {most} are allowed")]
    Count {
        /// Of what.
        field: &'static str,
        /// How many.
        count: usize,
        /// At least.
        least: usize,
        /// At most.
        most: usize,
    },
    /// Two of what must differ are the same.
    #[error("two of the {field} are the same")]
    Repeated {
        /// Of what.
        field: &'static str,
    },
    /// Not of the form it must have.
    #[error("{field} must be {expected}")]
    Form {
        /// What.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A template asks for a value that was not given.
    #[error("the template asks for a value of {name}")]
    ValueMissing {
        /// Name or number of the placeholder.
        name: String,
    },
}

/// Checks that a text is there and not too long.
pub(super) fn fits(field: &'static str, text: &str, limit: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::Empty { field });
    }
    fits_if_any(field, Some(text), limit)
}

/// Checks that a text, if there is one, is not too long.
pub(super) fn fits_if_any(
    field: &'static str,
    text: Option<&str>,
    limit: usize,
) -> Result<(), Refusal> {
    let length = text.map_or(0, length);
    if length > limit {
        return Err(Refusal::TooLong {
            field,
            length,
            limit,
        });
    }
    Ok(())
}

/// Checks a count.
pub(super) fn counts(
    field: &'static str,
    count: usize,
    least: usize,
    most: usize,
) -> Result<(), Refusal> {
    if (least..=most).contains(&count) {
        return Ok(());
    }
    Err(Refusal::Count {
        field,
        count,
        least,
        most,
    })
}

/// Checks that a link is one that WhatsApp can open.
pub(super) fn is_link(field: &'static str, link: &str) -> Result<(), Refusal> {
    url::Url::parse(link)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .map(|_| ())
        .ok_or(Refusal::Form {
            field,
            expected: "a link that begins with https:// or http://",
        })
}

/// To whom a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A number in E.164. Always with its `+`: without it WhatsApp puts the business's own country before it.
    Phone(String),
    /// A business-scoped user id.
    UserId(String),
    /// A group.
    Group(String),
}

impl Recipient {
    /// The number of a customer, or the user id where the number is withheld.
    pub fn of(customer: &Customer) -> Option<Self> {
        customer
            .phone()
            .map(Self::Phone)
            .or_else(|| customer.user_id.clone().map(Self::UserId))
    }

    /// A recipient from the id under which the customer is stored: digits of a number or a user id.
    pub fn parse(external_id: &str) -> Result<Self, Refusal> {
        let digits: String = external_id
            .strip_prefix('+')
            .unwrap_or(external_id)
            .chars()
            .filter(|found| !matches!(found, ' ' | '-' | '(' | ')'))
            .collect();
        if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self::Phone(format!("+{digits}")))
        } else if is_user_id(external_id) {
            Ok(Self::UserId(external_id.to_owned()))
        } else {
            Err(Refusal::Form {
                field: "the recipient",
                expected: "a number with its country code, or a WhatsApp user id",
            })
        }
    }

    fn write(&self, body: &mut Value) {
        match self {
            Self::Phone(number) => {
                body["recipient_type"] = json!("individual");
                body["to"] = json!(number);
            }
            Self::UserId(id) => {
                body["recipient_type"] = json!("individual");
                body["recipient"] = json!(id);
            }
            Self::Group(id) => {
                body["recipient_type"] = json!("group");
                body["to"] = json!(id);
            }
        }
    }
}

/// Where the bytes of a file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaSource {
    /// Uploaded before; such ids live for 30 days.
    Id(String),
    /// WhatsApp fetches it itself.
    Link(String),
}

impl MediaSource {
    pub(super) fn json(&self) -> Result<Value, Refusal> {
        match self {
            Self::Id(id) if id.is_empty() => Err(Refusal::Empty {
                field: "the file's id",
            }),
            Self::Id(id) => Ok(json!({ "id": id })),
            Self::Link(link) => {
                is_link("the file's link", link)?;
                Ok(json!({ "link": link }))
            }
        }
    }
}

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum OutboundContent {
    /// A text of at most [`TEXT_LIMIT`] characters; [`OutboundMessage::texts`] takes longer ones apart.
    Text {
        /// The text.
        body: String,
        /// Whether the first link is shown with a preview.
        preview_url: bool,
    },
    /// A file.
    Media {
        /// As what.
        kind: MediaKind,
        /// Where it is.
        source: MediaSource,
        /// What stands below it: pictures, films, documents.
        caption: Option<String>,
        /// Name that is shown: documents.
        file_name: Option<String>,
    },
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// Name of the place.
        name: Option<String>,
        /// Address of the place.
        address: Option<String>,
    },
    /// Cards of people, in the API's form.
    Contacts(Vec<Value>),
    /// A reaction to a message of the customer's.
    Reaction {
        /// Id of the message; it is at most 30 days old.
        message_id: String,
        /// The sign; nothing takes the reaction back.
        emoji: Option<String>,
    },
    /// Buttons, a list, a link, a request.
    Interactive(Interactive),
    /// A template: the only content that may be sent outside of the window.
    Template(TemplateMessage),
}

impl OutboundContent {
    /// Whether it may be sent only while the customer service window is open.
    pub fn needs_open_window(&self) -> bool {
        !matches!(self, Self::Template(_))
    }

    /// The word of the API and the object that belongs to it.
    fn json(&self) -> Result<(&'static str, Value), Refusal> {
        Ok(match self {
            Self::Text { body, preview_url } => {
                fits("the text", body, TEXT_LIMIT)?;
                ("text", json!({ "body": body, "preview_url": preview_url }))
            }
            Self::Media {
                kind,
                source,
                caption,
                file_name,
            } => (
                kind.api_name(),
                media_json(*kind, source, caption.as_deref(), file_name.as_deref())?,
            ),
            Self::Location {
                latitude,
                longitude,
                name,
                address,
            } => {
                let on_earth = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
                if !on_earth {
                    return Err(Refusal::Form {
                        field: "the place",
                        expected: "at most 90 degrees north or south and 180 east or west",
                    });
                }
                let mut place = json!({ "latitude": latitude, "longitude": longitude });
                set(&mut place, "name", name.as_deref());
                set(&mut place, "address", address.as_deref());
                ("location", place)
            }
            Self::Contacts(cards) => {
                if cards.is_empty() {
                    return Err(Refusal::Empty {
                        field: "the list of contacts",
                    });
                }
                for card in cards {
                    check_card(card)?;
                }
                ("contacts", json!(cards))
            }
            Self::Reaction { message_id, emoji } => {
                fits("the id of the message", message_id, 512)?;
                let emoji = emoji.as_deref().unwrap_or_default();
                fits_if_any("the reaction", Some(emoji), 40)?;
                (
                    "reaction",
                    json!({ "message_id": message_id, "emoji": emoji }),
                )
            }
            Self::Interactive(interactive) => ("interactive", interactive.json()?),
            Self::Template(template) => ("template", template.json()?),
        })
    }
}

/// Sets a field if there is a value.
pub(super) fn set(object: &mut Value, key: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|text| !text.is_empty()) {
        object[key] = json!(value);
    }
}

fn media_json(
    kind: MediaKind,
    source: &MediaSource,
    caption: Option<&str>,
    file_name: Option<&str>,
) -> Result<Value, Refusal> {
    let mut file = source.json()?;
    let takes_caption = matches!(
        kind,
        MediaKind::Image | MediaKind::Video | MediaKind::Document
    );
    match caption {
        Some(_) if !takes_caption => {
            return Err(Refusal::Form {
                field: "the caption",
                expected: "left out for sound and stickers",
            });
        }
        _ => fits_if_any("the caption", caption, CAPTION_LIMIT)?,
    }
    set(&mut file, "caption", caption);
    if kind == MediaKind::Document {
        set(&mut file, "filename", file_name);
    }
    if kind == MediaKind::Voice {
        file["voice"] = json!(true);
    }
    Ok(file)
}

/// A card needs a name, and besides it one part of the name.
fn check_card(card: &Value) -> Result<(), Refusal> {
    let refused = Refusal::Form {
        field: "a contact",
        expected: "given with formatted_name and one more part of the name",
    };
    let name = fields::object(card, "name").ok_or_else(|| refused.clone())?;
    let has = |key: &str| fields::line(name, key).is_some();
    let parts = ["first_name", "last_name", "middle_name", "prefix", "suffix"];
    if has("formatted_name") && parts.iter().any(|key| has(key)) {
        Ok(())
    } else {
        Err(refused)
    }
}

/// What comes back with each status of a message: the delivery, and which of its parts when a text was taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallbackData {
    /// Our id of the delivery.
    pub delivery: Uuid,
    /// Number of the part, from 0.
    pub part: u16,
}

impl fmt::Display for CallbackData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.delivery, self.part)
    }
}

impl CallbackData {
    /// Reads what [`CallbackData`] wrote; nothing for another program's text.
    pub fn parse(text: &str) -> Option<Self> {
        let (delivery, part) = text.split_once('.')?;
        Some(Self {
            delivery: delivery.parse().ok()?,
            part: part.parse().ok()?,
        })
    }
}

/// A message to a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboundMessage {
    /// To whom.
    pub recipient: Recipient,
    /// What.
    pub content: OutboundContent,
    /// Id of the message that it answers.
    pub reply_to: Option<String>,
    /// What comes back with each status.
    pub callback_data: Option<CallbackData>,
}

impl OutboundMessage {
    /// A text as one message, or as several when it is too long for one. Only the first one answers `reply_to`. The next
    /// one is sent when the one before it was delivered: WhatsApp keeps no order.
    pub fn texts(
        recipient: &Recipient,
        body: &str,
        reply_to: Option<&str>,
        delivery: Option<Uuid>,
    ) -> Vec<Self> {
        split(body, TEXT_LIMIT)
            .into_iter()
            .zip(0_u16..)
            .map(|(body, part)| Self {
                recipient: recipient.clone(),
                content: OutboundContent::Text {
                    preview_url: body.contains("https://") || body.contains("http://"),
                    body,
                },
                reply_to: reply_to.filter(|_| part == 0).map(str::to_owned),
                callback_data: delivery.map(|delivery| CallbackData { delivery, part }),
            })
            .collect()
    }

    /// Body of the request; sent by [`super::api::Number::send`].
    pub fn json(&self) -> Result<Value, Refusal> {
        let (kind, content) = self.content.json()?;
        let mut body = json!({ "messaging_product": "whatsapp", "type": kind, kind: content });
        self.recipient.write(&mut body);
        if let Some(message_id) = &self.reply_to {
            if kind == "reaction" {
                return Err(Refusal::Form {
                    field: "a reaction",
                    expected: "sent without a message that it answers",
                });
            }
            body["context"] = json!({ "message_id": message_id });
        }
        if let Some(data) = &self.callback_data {
            let text = data.to_string();
            fits_if_any("the callback data", Some(&text), CALLBACK_LIMIT)?;
            body["biz_opaque_callback_data"] = json!(text);
        }
        Ok(body)
    }
}
