//! Templates: what the account has, and a message made from one.
//!
//! Invariant: a message made by [`Template::fill`] has a value for each placeholder, in the order and under the names the
//! template has them, and [`Template::text`] is what the customer reads.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;
use serde_json::{Value, json};

use super::fields;
use super::media::MediaKind;
use super::notice::{template_category, template_status};
use super::outbound::{MediaSource, Refusal, fits, set};

/// Value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterValue {
    /// A text.
    Text(String),
    /// An amount of money, written as the customer's country does.
    Currency {
        /// What is shown where it cannot be written so.
        fallback: String,
        /// Three letters.
        code: String,
        /// A thousand times the amount.
        amount_1000: i64,
    },
    /// A moment in words.
    DateTime {
        /// The words.
        fallback: String,
    },
    /// A picture, a film or a document in the header.
    Media {
        /// As what.
        kind: MediaKind,
        /// Where it is.
        source: MediaSource,
        /// Name that is shown: documents.
        file_name: Option<String>,
    },
    /// A place in the header.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// Name of the place.
        name: String,
        /// Address of the place.
        address: String,
    },
    /// What comes back when a quick reply is pressed.
    Payload(String),
    /// A code that is copied.
    CouponCode(String),
    /// What a flow or a catalogue is opened with.
    Action(Value),
}

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Name, in templates with named parameters.
    pub name: Option<String>,
    /// Value.
    pub value: ParameterValue,
}

/// Kind of a button in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateButtonKind {
    /// Answers with a payload.
    QuickReply,
    /// Opens a link that ends with the parameter.
    Url,
    /// Copies a code.
    CopyCode,
    /// Opens a form.
    Flow,
    /// Opens the catalogue.
    Catalog,
}

/// A part of a template that takes parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Component {
    /// Above the body.
    Header(Vec<Parameter>),
    /// The body.
    Body(Vec<Parameter>),
    /// A button.
    Button {
        /// Number of the button, from 0.
        index: u8,
        /// Kind of the button.
        kind: TemplateButtonKind,
        /// Its parameters.
        parameters: Vec<Parameter>,
    },
}

/// A message made from a template.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateMessage {
    /// Name of the template.
    pub name: String,
    /// Language of the template: `en_US`.
    pub language: String,
    /// Parts with parameters.
    pub components: Vec<Component>,
}

impl TemplateMessage {
    /// The object `template`.
    pub(super) fn json(&self) -> Result<Value, Refusal> {
        fits("the name of the template", &self.name, 512)?;
        if !self
            .name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        {
            return Err(Refusal::Form {
                field: "the name of the template",
                expected: "small letters, digits and underscores",
            });
        }
        fits("the language of the template", &self.language, 35)?;
        let mut components = Vec::new();
        for component in &self.components {
            components.push(component.json()?);
        }
        let mut object = json!({ "name": self.name, "language": { "code": self.language } });
        if !components.is_empty() {
            object["components"] = json!(components);
        }
        Ok(object)
    }
}

impl Component {
    fn json(&self) -> Result<Value, Refusal> {
        let (mut object, parameters) = match self {
            Self::Header(parameters) => (json!({ "type": "header" }), parameters),
            Self::Body(parameters) => (json!({ "type": "body" }), parameters),
            Self::Button {
                index,
                kind,
                parameters,
            } => (
                // The index is a text here and nowhere else.
                json!({ "type": "button", "sub_type": kind, "index": index.to_string() }),
                parameters,
            ),
        };
        let named = parameters.iter().filter(|one| one.name.is_some()).count();
        if named != 0 && named != parameters.len() {
            return Err(Refusal::Form {
                field: "the parameters of a template",
                expected: "either all named or none",
            });
        }
        let written: Result<Vec<Value>, Refusal> = parameters.iter().map(Parameter::json).collect();
        object["parameters"] = json!(written?);
        Ok(object)
    }
}

impl Parameter {
    /// A parameter without name.
    pub fn of(value: ParameterValue) -> Self {
        Self { name: None, value }
    }

    fn json(&self) -> Result<Value, Refusal> {
        let filled = |text: &str| {
            if text.trim().is_empty() {
                Err(Refusal::Empty {
                    field: "a parameter of the template",
                })
            } else {
                Ok(())
            }
        };
        let mut object = match &self.value {
            ParameterValue::Text(text) => {
                filled(text)?;
                json!({ "type": "text", "text": text })
            }
            ParameterValue::Currency {
                fallback,
                code,
                amount_1000,
            } => {
                filled(fallback)?;
                json!({ "type": "currency", "currency":
                    { "fallback_value": fallback, "code": code, "amount_1000": amount_1000 } })
            }
            ParameterValue::DateTime { fallback } => {
                filled(fallback)?;
                json!({ "type": "date_time", "date_time": { "fallback_value": fallback } })
            }
            ParameterValue::Media {
                kind,
                source,
                file_name,
            } => {
                let name = kind.api_name();
                let mut file = source.json()?;
                if *kind == MediaKind::Document {
                    set(&mut file, "filename", file_name.as_deref());
                }
                json!({ "type": name, name: file })
            }
            ParameterValue::Location {
                latitude,
                longitude,
                name,
                address,
            } => json!({ "type": "location", "location":
                { "latitude": latitude, "longitude": longitude, "name": name, "address": address } }),
            ParameterValue::Payload(payload) => {
                filled(payload)?;
                json!({ "type": "payload", "payload": payload })
            }
            ParameterValue::CouponCode(code) => {
                filled(code)?;
                json!({ "type": "coupon_code", "coupon_code": code })
            }
            ParameterValue::Action(action) => json!({ "type": "action", "action": action }),
        };
        set(&mut object, "parameter_name", self.name.as_deref());
        Ok(object)
    }
}

/// A template as the account has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Template {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Language.
    pub language: String,
    /// Category in Meta's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// State in Meta's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What customers think of it, in Meta's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
    /// Why it was rejected, in Meta's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected_reason: Option<String>,
    /// Whether parameters have names.
    pub is_named: bool,
    /// Header, body, footer, buttons, in the API's form.
    pub components: Vec<Value>,
}

/// A page of the account's templates.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplatePage {
    /// Templates that could be read.
    pub templates: Vec<Template>,
    /// Those that could not, as they came.
    pub unreadable: Vec<Value>,
    /// Cursor of the next page, for [`super::api::Account::templates`]; nothing on the last one.
    pub next: Option<String>,
}

impl TemplatePage {
    /// Reads the body of an answer.
    pub fn read(body: &[u8]) -> Result<Self, serde_json::Error> {
        let value: Value = serde_json::from_slice(body)?;
        let mut page = Self {
            templates: Vec::new(),
            unreadable: Vec::new(),
            next: None,
        };
        for found in fields::list(&value, "data") {
            match Template::read(found) {
                Some(template) => page.templates.push(template),
                None => page.unreadable.push(found.clone()),
            }
        }
        // The address of the next page carries the access token; its cursor is all that is used.
        if let Some(paging) =
            fields::object(&value, "paging").filter(|paging| paging.get("next").is_some())
        {
            page.next = fields::object(paging, "cursors")
                .and_then(|cursors| fields::line(cursors, "after"));
        }
        Ok(page)
    }
}

/// What a template is filled with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TemplateValues {
    /// File or place in the header; a text there is filled from `texts` under `header.1`, or its name.
    pub header: Option<ParameterValue>,
    /// Texts by placeholder: `1`, `2` or the name.
    pub texts: BTreeMap<String, String>,
    /// What the buttons take, by their number from 0.
    pub buttons: BTreeMap<u8, ParameterValue>,
}

impl Template {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: fields::id(value, "id")?,
            name: fields::line(value, "name")?,
            language: fields::line(value, "language")?,
            category: fields::line(value, "category"),
            status: fields::line(value, "status"),
            quality: fields::object(value, "quality_score")
                .and_then(|score| fields::line(score, "score")),
            rejected_reason: fields::line(value, "rejected_reason")
                .filter(|reason| reason != "NONE"),
            is_named: fields::line(value, "parameter_format")
                .is_some_and(|format| format.eq_ignore_ascii_case("named")),
            components: fields::list(value, "components").to_vec(),
        })
    }

    /// Value of `message_templates.status`; nothing for a state that is not known.
    pub fn platform_status(&self) -> Option<&'static str> {
        template_status(self.status.as_deref()?)
    }

    /// Value of `message_templates.category`.
    pub fn platform_category(&self) -> Option<&'static str> {
        template_category(self.category.as_deref()?)
    }

    fn component(&self, kind: &str) -> Option<&Value> {
        self.components.iter().find(|component| {
            component
                .get("type")
                .and_then(Value::as_str)
                .is_some_and(|found| found.eq_ignore_ascii_case(kind))
        })
    }

    fn text_of(&self, kind: &str) -> Option<String> {
        fields::text(self.component(kind)?, "text")
    }

    /// A message from this template.
    pub fn fill(&self, values: &TemplateValues) -> Result<TemplateMessage, Refusal> {
        let mut components = Vec::new();
        if let Some(header) = self.header(values)? {
            components.push(header);
        }
        let body = self.parameters("", &self.text_of("BODY").unwrap_or_default(), values)?;
        if !body.is_empty() {
            components.push(Component::Body(body));
        }
        components.extend(self.buttons(values)?);
        Ok(TemplateMessage {
            name: self.name.clone(),
            language: self.language.clone(),
            components,
        })
    }

    fn header(&self, values: &TemplateValues) -> Result<Option<Component>, Refusal> {
        let Some(header) = self.component("HEADER") else {
            return Ok(None);
        };
        let format = fields::line(header, "format").unwrap_or_else(|| "TEXT".to_owned());
        let parameters = if format == "TEXT" {
            self.parameters(
                "header.",
                &self.text_of("HEADER").unwrap_or_default(),
                values,
            )?
        } else {
            let fitting = values.header.clone().filter(|value| match value {
                ParameterValue::Media { kind, .. } => kind.api_name().eq_ignore_ascii_case(&format),
                ParameterValue::Location { .. } => format == "LOCATION",
                _ => false,
            });
            let value = fitting.ok_or_else(|| Refusal::ValueMissing {
                name: format!("the header ({})", format.to_lowercase()),
            })?;
            vec![Parameter::of(value)]
        };
        Ok((!parameters.is_empty()).then_some(Component::Header(parameters)))
    }

    fn parameters(
        &self,
        prefix: &str,
        text: &str,
        values: &TemplateValues,
    ) -> Result<Vec<Parameter>, Refusal> {
        placeholders(text)
            .into_iter()
            .map(|name| {
                let value = value_of(values, prefix, &name)
                    .filter(|text| !text.trim().is_empty())
                    .ok_or_else(|| Refusal::ValueMissing {
                        name: format!("{prefix}{name}"),
                    })?;
                Ok(Parameter {
                    value: ParameterValue::Text(value.to_owned()),
                    name: self.is_named.then_some(name),
                })
            })
            .collect()
    }

    fn buttons(&self, values: &TemplateValues) -> Result<Vec<Component>, Refusal> {
        let mut components = Vec::new();
        let buttons = self
            .component("BUTTONS")
            .map_or(&[][..], |part| fields::list(part, "buttons"));
        for (button, index) in buttons.iter().zip(0_u8..) {
            let word = fields::line(button, "type").unwrap_or_default();
            let given = values.buttons.get(&index).cloned();
            let (kind, needed) = match word.as_str() {
                "QUICK_REPLY" => (TemplateButtonKind::QuickReply, false),
                "URL" => (
                    TemplateButtonKind::Url,
                    fields::line(button, "url").is_some_and(|url| !placeholders(&url).is_empty()),
                ),
                "COPY_CODE" => (TemplateButtonKind::CopyCode, true),
                "FLOW" => (TemplateButtonKind::Flow, false),
                "CATALOG" => (TemplateButtonKind::Catalog, false),
                _ => continue,
            };
            match given {
                Some(value) => components.push(Component::Button {
                    index,
                    kind,
                    parameters: vec![Parameter::of(value)],
                }),
                None if needed => {
                    return Err(Refusal::ValueMissing {
                        name: format!("button {}", index + 1),
                    });
                }
                None => {}
            }
        }
        Ok(components)
    }

    /// What the customer reads, for the conversation: header, body, footer. A placeholder without value stays as it is.
    pub fn text(&self, values: &TemplateValues) -> String {
        let filled = |prefix: &str, kind: &str| {
            self.text_of(kind).map(|text| {
                PLACEHOLDER
                    .replace_all(&text, |found: &regex::Captures<'_>| {
                        value_of(values, prefix, &found[1])
                            .unwrap_or(&found[0])
                            .to_owned()
                    })
                    .into_owned()
            })
        };
        [
            filled("header.", "HEADER"),
            filled("", "BODY"),
            filled("", "FOOTER"),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n\n")
    }
}

fn value_of<'values>(
    values: &'values TemplateValues,
    prefix: &str,
    name: &str,
) -> Option<&'values str> {
    values
        .texts
        .get(&format!("{prefix}{name}"))
        .or_else(|| {
            // A name is the template's own; a number counts anew in the header.
            let is_name = !name.bytes().all(|byte| byte.is_ascii_digit());
            values.texts.get(name).filter(|_| is_name)
        })
        .map(String::as_str)
}

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\{\{\s*([A-Za-z0-9_]{1,64})\s*\}\}").expect("a pattern that is tested")
});

/// Placeholders of a text: numbers in their order, names in the order of the text, each once.
pub fn placeholders(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for capture in PLACEHOLDER.captures_iter(text) {
        if !found.contains(&capture[1].to_owned()) {
            found.push(capture[1].to_owned());
        }
    }
    if found.iter().all(|name| name.parse::<u32>().is_ok()) {
        found.sort_by_key(|name| name.parse::<u32>().unwrap_or(u32::MAX));
    }
    found
}
