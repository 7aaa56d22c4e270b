//! What a message's metadata asks for besides its text: a template, buttons or a list, a place, cards, a reaction.
//!
//! Invariant: what is not understood is refused in words, and never sent as something else.

use std::collections::BTreeMap;

use romashka_channels::whatsapp::interactive::{
    Action, Header, Interactive, ReplyButton, Row, Section,
};
use romashka_channels::whatsapp::media::MediaKind;
use romashka_channels::whatsapp::outbound::{MediaSource, OutboundContent};
use romashka_channels::whatsapp::template::{
    Component, Parameter, ParameterValue, TemplateButtonKind, TemplateMessage,
};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::outcome::Failure;
use super::rendered::refused;

/// The value of one name, where there is one.
fn of<T: for<'value> Deserialize<'value>>(
    metadata: &Value,
    name: &str,
    form: &str,
) -> Result<Option<T>, Failure> {
    metadata
        .get(name)
        .filter(|value| !value.is_null())
        .map(|value| serde_json::from_value(value.clone()))
        .transpose()
        .map_err(|_| refused(form))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    InOrder(Vec<String>),
    Named(BTreeMap<String, String>),
}

impl Default for Texts {
    fn default() -> Texts {
        Texts::InOrder(Vec::new())
    }
}

impl Texts {
    fn parameters(self) -> Vec<Parameter> {
        match self {
            Texts::InOrder(texts) => texts
                .into_iter()
                .map(|text| Parameter::of(ParameterValue::Text(text)))
                .collect(),
            Texts::Named(texts) => texts
                .into_iter()
                .map(|(name, text)| Parameter {
                    name: Some(name),
                    value: ParameterValue::Text(text),
                })
                .collect(),
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Image,
    Video,
    Document,
}

impl Kind {
    fn media(self) -> MediaKind {
        match self {
            Kind::Image => MediaKind::Image,
            Kind::Video => MediaKind::Video,
            Kind::Document => MediaKind::Document,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum TemplateHeader {
    Text(Texts),
    Media {
        kind: Kind,
        link: String,
        #[serde(default)]
        file_name: Option<String>,
    },
    Location(Place),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ButtonKind {
    QuickReply,
    Url,
    CopyCode,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateButton {
    index: u8,
    kind: ButtonKind,
    value: String,
}

/// `{"template": {"name", "language", "body": [texts] or {name: text}, "header", "buttons"}}`.
#[derive(Deserialize)]
pub(super) struct Template {
    pub(super) name: String,
    pub(super) language: String,
    #[serde(default)]
    body: Texts,
    #[serde(default)]
    header: Option<TemplateHeader>,
    #[serde(default)]
    buttons: Vec<TemplateButton>,
}

impl Template {
    pub(super) fn of(metadata: &Value) -> Result<Option<Template>, Failure> {
        of(
            metadata,
            "template",
            "the template needs a name, a language and its parameters",
        )
    }

    pub(super) fn message(self) -> TemplateMessage {
        let mut components = Vec::new();
        if let Some(header) = self.header {
            components.push(Component::Header(match header {
                TemplateHeader::Text(texts) => texts.parameters(),
                TemplateHeader::Media {
                    kind,
                    link,
                    file_name,
                } => vec![Parameter::of(ParameterValue::Media {
                    kind: kind.media(),
                    source: MediaSource::Link(link),
                    file_name,
                })],
                TemplateHeader::Location(place) => {
                    vec![Parameter::of(ParameterValue::Location {
                        latitude: place.latitude,
                        longitude: place.longitude,
                        name: place.name.unwrap_or_default(),
                        address: place.address.unwrap_or_default(),
                    })]
                }
            }));
        }
        let body = self.body.parameters();
        if !body.is_empty() {
            components.push(Component::Body(body));
        }
        for button in self.buttons {
            let (kind, value) = match button.kind {
                ButtonKind::QuickReply => (
                    TemplateButtonKind::QuickReply,
                    ParameterValue::Payload(button.value),
                ),
                ButtonKind::Url => (TemplateButtonKind::Url, ParameterValue::Text(button.value)),
                ButtonKind::CopyCode => (
                    TemplateButtonKind::CopyCode,
                    ParameterValue::CouponCode(button.value),
                ),
            };
            components.push(Component::Button {
                index: button.index,
                kind,
                parameters: vec![Parameter::of(value)],
            });
        }
        TemplateMessage {
            name: self.name,
            language: self.language,
            components,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    latitude: f64,
    longitude: f64,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    address: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    id: String,
    title: String,
    #[serde(default)]
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    #[serde(default)]
    title: Option<String>,
    rows: Vec<Choice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    label: String,
    url: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Location,
    Contact,
}

/// `{"interactive": {"buttons": […]}}`, or `list_button` with `sections`, or `link`, or `request`; `header` and `footer`
/// besides. The message's text is the body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedInteractive {
    #[serde(default)]
    header: Option<String>,
    #[serde(default)]
    footer: Option<String>,
    #[serde(default)]
    buttons: Vec<Choice>,
    #[serde(default)]
    list_button: Option<String>,
    #[serde(default)]
    sections: Vec<Part>,
    #[serde(default)]
    link: Option<Link>,
    #[serde(default)]
    request: Option<Request>,
}

impl WantedInteractive {
    fn content(self, body: &str) -> Result<Interactive, Failure> {
        let action = match (self.buttons, self.list_button, self.link, self.request) {
            (buttons, None, None, None) if !buttons.is_empty() && self.sections.is_empty() => {
                Action::Buttons(
                    buttons
                        .into_iter()
                        .map(|button| ReplyButton {
                            id: button.id,
                            title: button.title,
                        })
                        .collect(),
                )
            }
            (buttons, Some(button), None, None) if buttons.is_empty() => Action::List {
                button,
                sections: self
                    .sections
                    .into_iter()
                    .map(|section| Section {
                        title: section.title,
                        rows: section
                            .rows
                            .into_iter()
                            .map(|row| Row {
                                id: row.id,
                                title: row.title,
                                description: row.description,
                            })
                            .collect(),
                    })
                    .collect(),
            },
            (buttons, None, Some(link), None) if buttons.is_empty() => Action::Link {
                label: link.label,
                url: link.url,
            },
            (buttons, None, None, Some(request)) if buttons.is_empty() => match request {
                Request::Location => Action::ShareLocation,
                Request::Contact => Action::ShareContact,
            },
            _ => {
                return Err(refused(
                    "the message has buttons, or a list with its button, or a link, or a request, and one of these alone",
                ));
            }
        };
        Ok(Interactive {
            header: self.header.map(Header::Text),
            body: body.to_owned(),
            footer: self.footer,
            action,
        })
    }
}

/// `{"reaction": {"message_id": ours, "emoji": sign or null}}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reaction {
    pub(super) message_id: Uuid,
    #[serde(default)]
    pub(super) emoji: Option<String>,
}

impl Reaction {
    pub(super) fn of(metadata: &Value) -> Result<Option<Reaction>, Failure> {
        of(
            metadata,
            "reaction",
            "the reaction needs the message it is to, and a sign",
        )
    }
}

/// What is sent in place of the text, other than a template or a reaction.
pub(super) fn content(metadata: &Value, text: &str) -> Result<Option<OutboundContent>, Failure> {
    let interactive: Option<WantedInteractive> = of(
        metadata,
        "interactive",
        "the buttons or the list are not of the form they must have",
    )?;
    if let Some(interactive) = interactive {
        return Ok(Some(OutboundContent::Interactive(
            interactive.content(text)?,
        )));
    }
    let place: Option<Place> = of(
        metadata,
        "location",
        "the place needs latitude and longitude",
    )?;
    if let Some(place) = place {
        return Ok(Some(OutboundContent::Location {
            latitude: place.latitude,
            longitude: place.longitude,
            name: place.name,
            address: place.address,
        }));
    }
    let cards: Option<Vec<Value>> = of(metadata, "contacts", "the contacts are a list of cards")?;
    Ok(cards.map(OutboundContent::Contacts))
}
