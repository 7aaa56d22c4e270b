//! A message of a customer, of every kind the API delivers.
//!
//! Invariant: a message that is read has an id and a sender; what its kind needs is there. Anything else is not a
//! [`Message`] but stays JSON (see [`super::webhook::Unknown`]).

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::customer::Customer;
use super::errors::GraphError;
use super::media::{Media, MediaKind};

/// A message that came in, or one that the business wrote on its telephone ([`super::webhook::Content::Echo`]).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// Id, `wamid.…`: unique for the number, the same in every copy of the delivery.
    pub id: String,
    /// The customer. In a change of number it is the customer under the old number.
    pub customer: Customer,
    /// Group the message was written in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// When it was sent, to the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// What was sent.
    pub content: MessageContent,
    /// What it answers or where it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// Advertisement the customer came by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MessageContent {
    /// A text.
    Text {
        /// What the customer wrote.
        body: String,
    },
    /// A file.
    Media {
        /// The file.
        media: Media,
    },
    /// A place; without name and address it is where the customer is.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// Name of the place.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Address of the place.
        #[serde(skip_serializing_if = "Option::is_none")]
        address: Option<String>,
        /// Page about the place.
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
    /// Cards of people.
    Contacts {
        /// The cards.
        contacts: Vec<ContactCard>,
    },
    /// A press on a button of an interactive message of ours.
    ButtonReply {
        /// Id that we gave the button.
        id: String,
        /// What stands on it.
        title: String,
    },
    /// A choice from a list of ours.
    ListReply {
        /// Id that we gave the row.
        id: String,
        /// What stands in it.
        title: String,
        /// What stands below it.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    },
    /// A form that the customer filled in (a flow, an address).
    FormReply {
        /// `flow`, `address_message` and the like.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What WhatsApp shows the customer in its place: mostly "Sent".
        #[serde(skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// What was filled in; text when it is not the JSON it should be.
        answers: Value,
    },
    /// An answer to our wish to call.
    CallPermission {
        /// The answer as it came.
        answer: Value,
    },
    /// A press on a quick reply of a template.
    TemplateButton {
        /// What we gave the button.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<String>,
        /// What stands on it.
        text: String,
    },
    /// A reaction to a message, or its removal.
    Reaction {
        /// Id of the message.
        message_id: String,
        /// The sign; nothing when it was taken back.
        emoji: Option<String>,
    },
    /// A basket from the catalogue.
    Order {
        /// The catalogue.
        #[serde(skip_serializing_if = "Option::is_none")]
        catalog_id: Option<String>,
        /// What the customer wrote with it.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// What is in the basket.
        items: Vec<OrderItem>,
    },
    /// Something that WhatsApp reports of the customer.
    System(SystemChange),
    /// Something that WhatsApp does not hand on to businesses.
    Unsupported {
        /// What it is, as far as WhatsApp says: `poll_creation`, `gif`, `edit` …
        #[serde(skip_serializing_if = "Option::is_none")]
        what: Option<String>,
        /// Why.
        errors: Vec<GraphError>,
    },
    /// A new wording of an earlier message (numbers that are also used on a telephone).
    Edit {
        /// Id of the message that changes.
        message_id: String,
        /// What it says now.
        content: Box<MessageContent>,
    },
    /// An earlier message was deleted for all (numbers that are also used on a telephone).
    Revoke {
        /// Id of the message that is gone.
        message_id: String,
    },
}

/// What a message answers, or where it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Context {
    /// Id of the message that is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Who wrote that message: digits of a number, ours or the customer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Whether it was forwarded.
    pub forwarded: bool,
    /// Whether it was forwarded more than five times.
    pub frequently_forwarded: bool,
    /// Product of the catalogue that the customer asks about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<ReferredProduct>,
}

/// A product that a message refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReferredProduct {
    /// The catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog_id: Option<String>,
    /// Our number of the product.
    pub product_retailer_id: String,
}

/// Advertisement or post by which the customer came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Referral {
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// `ad` or `post`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    /// Its headline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// `image` or `video`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Its picture or film.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_url: Option<String>,
    /// A small picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail_url: Option<String>,
    /// Id of the click; missing for advertisements in the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_id: Option<String>,
    /// Greeting that the customer saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome_message: Option<String>,
}

/// Card of a person. The API's own form is kept, so that a card can be sent on as it came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContactCard {
    /// Name as it is shown; missing in some cards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Numbers as they are written.
    pub phones: Vec<String>,
    /// Addresses of mail.
    pub emails: Vec<String>,
    /// Company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// `contact_request` when the customer answers our request for a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The whole card.
    pub card: Value,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderItem {
    /// Our number of the product.
    pub product_retailer_id: String,
    /// How many.
    pub quantity: i64,
    /// Price of one, in digits as they came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// Currency, three letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// What WhatsApp reports of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SystemChange {
    /// What happened.
    pub change: SystemKind,
    /// The sentence that came with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The customer's ids from now on; the message's customer carries the old ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Customer>,
    /// Hash of the new identity key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_hash: Option<String>,
}

/// What happened to a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemKind {
    /// A new number: the customer's identities move.
    NumberChanged,
    /// A new business-scoped user id.
    UserIdChanged,
    /// Another telephone, or WhatsApp installed anew: whoever writes may be somebody else.
    IdentityChanged,
    /// Something not known here.
    Other(String),
}

impl Message {
    /// The file that must be fetched.
    pub fn media(&self) -> Option<&Media> {
        match &self.content {
            MessageContent::Media { media } => Some(media),
            MessageContent::Edit { content, .. } => match content.as_ref() {
                MessageContent::Media { media } => Some(media),
                _ => None,
            },
            _ => None,
        }
    }

    /// Id of the message that this one is about: the answered one, the one reacted to, the changed or deleted one.
    pub fn refers_to(&self) -> Option<&str> {
        match &self.content {
            MessageContent::Reaction { message_id, .. }
            | MessageContent::Edit { message_id, .. }
            | MessageContent::Revoke { message_id } => Some(message_id),
            _ => self.context.as_ref()?.message_id.as_deref(),
        }
    }

    /// Value of `messages.message_type`.
    pub fn message_type(&self) -> &'static str {
        self.content.message_type()
    }

    /// Whether nobody has to answer it: it reports, reacts or corrects.
    pub fn is_quiet(&self) -> bool {
        matches!(
            self.content,
            MessageContent::System(_)
                | MessageContent::Reaction { .. }
                | MessageContent::Edit { .. }
                | MessageContent::Revoke { .. }
        )
    }
}

impl MessageContent {
    /// Value of `messages.message_type`.
    pub fn message_type(&self) -> &'static str {
        match self {
            Self::Text { .. }
            | Self::Order { .. }
            | Self::FormReply { .. }
            | Self::Unsupported { .. } => "text",
            Self::Media { media } => match media.kind {
                MediaKind::Image => "image",
                MediaKind::Video => "video",
                MediaKind::Audio | MediaKind::Voice => "audio",
                MediaKind::Document => "document",
                MediaKind::Sticker => "sticker",
            },
            Self::Location { .. } => "location",
            Self::Contacts { .. } => "contact",
            Self::ButtonReply { .. }
            | Self::ListReply { .. }
            | Self::TemplateButton { .. }
            | Self::CallPermission { .. } => "interactive",
            Self::Reaction { .. } => "reaction",
            Self::System(_) | Self::Revoke { .. } => "system",
            Self::Edit { content, .. } => content.message_type(),
        }
    }
}
