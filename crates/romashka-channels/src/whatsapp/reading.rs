//! A message as it is read from the JSON of a delivery.
//!
//! Invariant: a part that may be missing is left out when it has the wrong shape; a part that the message cannot be
//! without makes it [`NotRead`]. An edit is read one level deep.

use serde_json::Value;

use super::customer::{Contacts, Customer, is_user_id, parse_wa_id};
use super::errors::GraphError;
use super::fields;
use super::media::Media;
use super::message::{
    ContactCard, Context, Message, MessageContent, OrderItem, Referral, ReferredProduct,
    SystemChange, SystemKind,
};

/// Why JSON is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotRead {
    /// A kind that is not known.
    Kind,
    /// No id, no sender, or not what the kind needs.
    Shape,
}

/// Who stands on the customer's side of a message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    /// The sender.
    From,
    /// The recipient: the business wrote it on its telephone.
    To,
}

impl Message {
    /// Reads a message. `contacts` and `change_errors` are those of the delivery it came in.
    pub(super) fn read(
        value: &Value,
        side: Side,
        contacts: &Contacts<'_>,
        change_errors: &[Value],
    ) -> Result<Self, NotRead> {
        let keys = match side {
            Side::From => ["from", "from_user_id", "from_parent_user_id"],
            Side::To => ["to", "to_user_id", "to_parent_user_id"],
        };
        let mut customer = Customer::read(value, keys).ok_or(NotRead::Shape)?;
        contacts.complete(&mut customer);
        Ok(Self {
            id: fields::id(value, "id").ok_or(NotRead::Shape)?,
            customer,
            group_id: fields::id(value, "group_id"),
            sent_at: fields::moment(value, "timestamp"),
            content: content(value, change_errors, true)?,
            context: fields::object(value, "context").and_then(context),
            referral: fields::object(value, "referral").map(referral),
        })
    }
}

/// The content of a message. An edit holds a message whose content is no edit again.
fn content(
    value: &Value,
    change_errors: &[Value],
    may_edit: bool,
) -> Result<MessageContent, NotRead> {
    let kind = value
        .get("type")
        .and_then(Value::as_str)
        .ok_or(NotRead::Shape)?;
    let part = fields::object(value, kind);
    let found = match kind {
        "text" => part
            .and_then(|text| fields::text(text, "body"))
            .map(|body| MessageContent::Text { body }),
        "image" | "video" | "audio" | "voice" | "document" | "sticker" => {
            Media::read(value, kind).map(|media| MessageContent::Media { media })
        }
        "location" => part.and_then(location),
        "contacts" => Some(fields::list(value, "contacts"))
            .filter(|cards| !cards.is_empty())
            .map(|cards| MessageContent::Contacts {
                contacts: cards.iter().map(ContactCard::read).collect(),
            }),
        "interactive" => match part {
            Some(part) => return interactive(part),
            None => unsupported(value, change_errors, Some("interactive")),
        },
        "button" => part.and_then(|button| {
            let payload = fields::text(button, "payload");
            fields::text(button, "text")
                .or_else(|| payload.clone())
                .map(|text| MessageContent::TemplateButton { payload, text })
        }),
        "reaction" => part.and_then(|reaction| {
            fields::id(reaction, "message_id").map(|message_id| MessageContent::Reaction {
                message_id,
                emoji: fields::line(reaction, "emoji"),
            })
        }),
        "order" => part.map(order),
        "system" => part.map(|system| MessageContent::System(system_change(system, value))),
        "unsupported" => unsupported(value, &[], None).or_else(|| {
            Some(MessageContent::Unsupported {
                what: part.and_then(|part| fields::line(part, "type")),
                errors: Vec::new(),
            })
        }),
        "edit" if may_edit => {
            let part = part.ok_or(NotRead::Shape)?;
            let message_id = fields::id(part, "original_message_id").ok_or(NotRead::Shape)?;
            let inner = fields::object(part, "message").ok_or(NotRead::Shape)?;
            Some(MessageContent::Edit {
                message_id,
                content: Box::new(content(inner, &[], false)?),
            })
        }
        "revoke" => part
            .and_then(|revoke| fields::id(revoke, "original_message_id"))
            .map(|message_id| MessageContent::Revoke { message_id }),
        _ => return Err(NotRead::Kind),
    };
    found.ok_or(NotRead::Shape)
}

fn location(value: &Value) -> Option<MessageContent> {
    let within =
        |key: &str, limit: f64| fields::number(value, key).filter(|degrees| degrees.abs() <= limit);
    Some(MessageContent::Location {
        latitude: within("latitude", 90.0)?,
        longitude: within("longitude", 180.0)?,
        name: fields::line(value, "name"),
        address: fields::line(value, "address"),
        url: fields::line(value, "url"),
    })
}

impl ContactCard {
    fn read(card: &Value) -> Self {
        let all = |list: &str, key: &str| {
            fields::list(card, list)
                .iter()
                .filter_map(|entry| fields::line(entry, key))
                .collect()
        };
        let name = card.get("name").and_then(|name| {
            fields::line(name, "formatted_name").or_else(|| {
                let parts: Vec<String> =
                    ["prefix", "first_name", "middle_name", "last_name", "suffix"]
                        .iter()
                        .filter_map(|key| fields::line(name, key))
                        .collect();
                (!parts.is_empty()).then(|| parts.join(" "))
            })
        });
        Self {
            name,
            phones: all("phones", "phone"),
            emails: all("emails", "email"),
            company: card.get("org").and_then(|org| fields::line(org, "company")),
            origin: fields::line(card, "origin"),
            card: card.clone(),
        }
    }
}

fn interactive(value: &Value) -> Result<MessageContent, NotRead> {
    let kind = value
        .get("type")
        .and_then(Value::as_str)
        .ok_or(NotRead::Shape)?;
    let part = fields::object(value, kind).ok_or(NotRead::Shape);
    let title =
        |part: &Value, id: &str| fields::line(part, "title").unwrap_or_else(|| id.to_owned());
    Ok(match kind {
        "button_reply" => {
            let part = part?;
            let id = fields::line(part, "id").ok_or(NotRead::Shape)?;
            MessageContent::ButtonReply {
                title: title(part, &id),
                id,
            }
        }
        "list_reply" => {
            let part = part?;
            let id = fields::line(part, "id").ok_or(NotRead::Shape)?;
            MessageContent::ListReply {
                title: title(part, &id),
                id,
                description: fields::line(part, "description"),
            }
        }
        "nfm_reply" => {
            let part = part?;
            let written = part.get("response_json").cloned().unwrap_or(Value::Null);
            let answers = match written.as_str().map(serde_json::from_str) {
                Some(Ok(parsed)) => parsed,
                _ => written,
            };
            MessageContent::FormReply {
                name: fields::line(part, "name"),
                body: fields::text(part, "body"),
                answers,
            }
        }
        "call_permission_reply" => MessageContent::CallPermission {
            answer: part?.clone(),
        },
        _ => return Err(NotRead::Kind),
    })
}

fn order(value: &Value) -> MessageContent {
    let items = fields::list(value, "product_items")
        .iter()
        .filter_map(|item| {
            Some(OrderItem {
                product_retailer_id: fields::line(item, "product_retailer_id")?,
                quantity: fields::integer(item, "quantity").unwrap_or(1),
                price: match item.get("item_price") {
                    Some(Value::Number(price)) => Some(price.to_string()),
                    Some(Value::String(_)) => fields::line(item, "item_price"),
                    _ => None,
                },
                currency: fields::line(item, "currency"),
            })
        })
        .collect();
    MessageContent::Order {
        catalog_id: fields::id(value, "catalog_id"),
        text: fields::text(value, "text"),
        items,
    }
}

fn system_change(system: &Value, message: &Value) -> SystemChange {
    let kind = fields::line(system, "type").unwrap_or_default();
    let number = fields::id(system, "wa_id").or_else(|| fields::id(system, "new_wa_id"));
    let now = Customer {
        wa_id: number.as_deref().and_then(parse_wa_id),
        user_id: fields::id(system, "user_id").filter(|id| is_user_id(id)),
        parent_user_id: fields::id(system, "parent_user_id").filter(|id| is_user_id(id)),
        ..Customer::default()
    };
    SystemChange {
        change: match kind.as_str() {
            "user_changed_number" | "customer_changed_number" => SystemKind::NumberChanged,
            "user_changed_user_id" => SystemKind::UserIdChanged,
            "customer_identity_changed" => SystemKind::IdentityChanged,
            // The oldest payloads have no type and name the new number only.
            "" if system.get("new_wa_id").is_some() => SystemKind::NumberChanged,
            _ => SystemKind::Other(kind),
        },
        body: fields::text(system, "body"),
        now: now.external_id().is_some().then_some(now),
        identity_hash: message
            .get("identity")
            .and_then(|identity| fields::id(identity, "hash")),
    }
}

/// A message whose content was withheld, with the errors that say so.
fn unsupported(
    value: &Value,
    change_errors: &[Value],
    what: Option<&str>,
) -> Option<MessageContent> {
    let own = fields::list(value, "errors");
    let errors: Vec<GraphError> = own
        .iter()
        .chain(change_errors)
        .take(10)
        .filter_map(GraphError::read)
        .collect();
    (!errors.is_empty()).then(|| MessageContent::Unsupported {
        what: what.map(str::to_owned).or_else(|| {
            fields::object(value, "unsupported").and_then(|part| fields::line(part, "type"))
        }),
        errors,
    })
}

fn context(value: &Value) -> Option<Context> {
    let product = fields::object(value, "referred_product").and_then(|product| {
        Some(ReferredProduct {
            catalog_id: fields::id(product, "catalog_id"),
            product_retailer_id: fields::line(product, "product_retailer_id")?,
        })
    });
    let found = Context {
        message_id: fields::id(value, "id"),
        from: fields::id(value, "from"),
        forwarded: fields::flag(value, "forwarded"),
        frequently_forwarded: fields::flag(value, "frequently_forwarded"),
        product,
    };
    (found != Context::default()).then_some(found)
}

fn referral(value: &Value) -> Referral {
    Referral {
        source_url: fields::line(value, "source_url"),
        source_id: fields::id(value, "source_id"),
        source_type: fields::line(value, "source_type"),
        headline: fields::line(value, "headline"),
        body: fields::text(value, "body"),
        media_type: fields::line(value, "media_type"),
        media_url: fields::line(value, "image_url").or_else(|| fields::line(value, "video_url")),
        thumbnail_url: fields::line(value, "thumbnail_url"),
        click_id: fields::line(value, "ctwa_clid"),
        welcome_message: value
            .get("welcome_message")
            .and_then(|welcome| fields::text(welcome, "text")),
    }
}
