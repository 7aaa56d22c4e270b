//! Messages with buttons, lists and requests.
//!
//! Invariant: counts, lengths and what must differ are checked before anything is sent.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::media::MediaKind;
use super::outbound::{MediaSource, Refusal, counts, fits, fits_if_any, is_link, set};

/// Most characters of the body of a list; of other interactive messages see [`BODY_LIMIT`].
pub const LIST_BODY_LIMIT: usize = 4_096;
/// Most characters of the body.
pub const BODY_LIMIT: usize = 1_024;
/// Most characters of header and footer.
pub const MARGIN_LIMIT: usize = 60;
/// Most reply buttons.
pub const BUTTONS: usize = 3;
/// Most characters on a button.
pub const BUTTON_TITLE_LIMIT: usize = 20;
/// Most sections of a list, and most rows in all of them together.
pub const ROWS: usize = 10;

/// What stands above the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Header {
    /// A line.
    Text(String),
    /// A picture, a film or a document.
    Media(MediaKind, MediaSource),
}

/// A button that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyButton {
    /// Comes back when it is pressed; at most 256 characters.
    pub id: String,
    /// Stands on it; at most 20 characters.
    pub title: String,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Comes back when it is chosen; at most 200 characters.
    pub id: String,
    /// Stands in it; at most 24 characters.
    pub title: String,
    /// Stands below it; at most 72 characters.
    pub description: Option<String>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Stands above it; at most 24 characters. Needed when there is more than one section.
    pub title: Option<String>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// What the customer can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Press one of up to three buttons.
    Buttons(Vec<ReplyButton>),
    /// Choose from a list that a button opens.
    List {
        /// Stands on the button.
        button: String,
        /// Parts of the list.
        sections: Vec<Section>,
    },
    /// Open a page.
    Link {
        /// Stands on the button.
        label: String,
        /// The page.
        url: String,
    },
    /// Send where they are.
    ShareLocation,
    /// Share their number (customers with a user name).
    ShareContact,
}

/// An interactive message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interactive {
    /// Above the body; a list takes a text only, a request nothing.
    pub header: Option<Header>,
    /// What is said.
    pub body: String,
    /// Below the body.
    pub footer: Option<String>,
    /// What the customer can do.
    pub action: Action,
}

impl Interactive {
    /// The object `interactive`.
    pub(super) fn json(&self) -> Result<Value, Refusal> {
        let limit = match self.action {
            Action::List { .. } => LIST_BODY_LIMIT,
            _ => BODY_LIMIT,
        };
        fits("the body", &self.body, limit)?;
        fits_if_any("the footer", self.footer.as_deref(), MARGIN_LIMIT)?;
        let (kind, action) = self.action.json()?;
        let mut object = json!({ "type": kind, "body": { "text": self.body }, "action": action });
        let is_request = matches!(self.action, Action::ShareLocation | Action::ShareContact);
        if is_request && (self.header.is_some() || self.footer.is_some()) {
            return Err(Refusal::Form {
                field: "a request",
                expected: "sent without header and footer",
            });
        }
        if let Some(header) = &self.header {
            object["header"] = header.json(matches!(self.action, Action::List { .. }))?;
        }
        if let Some(footer) = self.footer.as_deref().filter(|text| !text.is_empty()) {
            object["footer"] = json!({ "text": footer });
        }
        Ok(object)
    }

    /// What an agent reads of it in the conversation.
    pub fn text(&self) -> String {
        let mut text = self.body.clone();
        let mut add = |line: &str| {
            text.push('\n');
            text.push_str(line);
        };
        match &self.action {
            Action::Buttons(buttons) => buttons
                .iter()
                .for_each(|button| add(&format!("[{}]", button.title))),
            Action::List { sections, .. } => sections
                .iter()
                .flat_map(|section| &section.rows)
                .for_each(|row| add(&format!("• {}", row.title))),
            Action::Link { label, url } => add(&format!("[{label}] {url}")),
            Action::ShareLocation | Action::ShareContact => {}
        }
        text
    }
}

impl Header {
    fn json(&self, only_text: bool) -> Result<Value, Refusal> {
        match self {
            Self::Text(text) => {
                fits("the header", text, MARGIN_LIMIT)?;
                Ok(json!({ "type": "text", "text": text }))
            }
            Self::Media(kind, source)
                if !only_text
                    && matches!(
                        kind,
                        MediaKind::Image | MediaKind::Video | MediaKind::Document
                    ) =>
            {
                let name = kind.api_name();
                Ok(json!({ "type": name, name: source.json()? }))
            }
            Self::Media(..) => Err(Refusal::Form {
                field: "the header",
                expected: if only_text {
                    "a text"
                } else {
                    "a text, a picture, a film or a document"
                },
            }),
        }
    }
}

impl Action {
    fn json(&self) -> Result<(&'static str, Value), Refusal> {
        Ok(match self {
            Self::Buttons(buttons) => {
                counts("buttons", buttons.len(), 1, BUTTONS)?;
                differ(
                    "titles of the buttons",
                    buttons.iter().map(|button| &button.title),
                )?;
                differ(
                    "ids of the buttons",
                    buttons.iter().map(|button| &button.id),
                )?;
                let mut list = Vec::new();
                for ReplyButton { id, title } in buttons {
                    fits("the id of a button", id, 256)?;
                    fits("the title of a button", title, BUTTON_TITLE_LIMIT)?;
                    list.push(json!({ "type": "reply", "reply": { "id": id, "title": title } }));
                }
                ("button", json!({ "buttons": list }))
            }
            Self::List { button, sections } => ("list", list(button, sections)?),
            Self::Link { label, url } => {
                fits("the label of the link", label, BUTTON_TITLE_LIMIT)?;
                is_link("the link", url)?;
                (
                    "cta_url",
                    json!({ "name": "cta_url", "parameters": { "display_text": label, "url": url } }),
                )
            }
            Self::ShareLocation => (
                "location_request_message",
                json!({ "name": "send_location" }),
            ),
            Self::ShareContact => ("contact_request", json!({ "name": "request_contact_info" })),
        })
    }
}

fn list(button: &str, sections: &[Section]) -> Result<Value, Refusal> {
    fits("the button of the list", button, BUTTON_TITLE_LIMIT)?;
    counts("sections", sections.len(), 1, ROWS)?;
    let rows = || sections.iter().flat_map(|section| &section.rows);
    counts("rows", rows().count(), 1, ROWS)?;
    differ("ids of the rows", rows().map(|row| &row.id))?;
    let mut written = Vec::new();
    for section in sections {
        if section.rows.is_empty() {
            return Err(Refusal::Empty {
                field: "a section of the list",
            });
        }
        let title = section.title.as_deref();
        if sections.len() > 1 {
            fits("the title of a section", title.unwrap_or_default(), 24)?;
        } else {
            fits_if_any("the title of a section", title, 24)?;
        }
        let mut rows = Vec::new();
        for row in &section.rows {
            fits("the id of a row", &row.id, 200)?;
            fits("the title of a row", &row.title, 24)?;
            fits_if_any("the description of a row", row.description.as_deref(), 72)?;
            let mut object = json!({ "id": row.id, "title": row.title });
            set(&mut object, "description", row.description.as_deref());
            rows.push(object);
        }
        let mut object = json!({ "rows": rows });
        set(&mut object, "title", title);
        written.push(object);
    }
    Ok(json!({ "button": button, "sections": written }))
}

fn differ<'text>(
    field: &'static str,
    mut texts: impl Iterator<Item = &'text String>,
) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    if texts.all(|text| seen.insert(text.trim())) {
        Ok(())
    } else {
        Err(Refusal::Repeated { field })
    }
}
