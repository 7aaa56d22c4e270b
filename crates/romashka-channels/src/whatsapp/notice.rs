//! What became of a template, a number, the account, a customer's wish.
//!
//! Invariant: a notice that names no template (customer, account) it could be about is not a notice; words that Meta may
//! add to are kept as they came.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::customer::{Customer, is_user_id};
use super::fields;

/// A notice that concerns no single message.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// A template was approved, rejected, paused …
    TemplateStatus(TemplateStatus),
    /// Customers like a template more or less than before.
    TemplateQuality {
        /// Which.
        template: TemplateName,
        /// Before: `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
        #[serde(skip_serializing_if = "Option::is_none")]
        previous: Option<String>,
        /// Now.
        now: String,
    },
    /// A template was put into another category, or will be.
    TemplateCategory {
        /// Which.
        template: TemplateName,
        /// Before.
        #[serde(skip_serializing_if = "Option::is_none")]
        previous: Option<String>,
        /// Now.
        #[serde(skip_serializing_if = "Option::is_none")]
        now: Option<String>,
        /// In which it belongs and will be put.
        #[serde(skip_serializing_if = "Option::is_none")]
        correct: Option<String>,
    },
    /// The wording of a template changed: it must be read again.
    TemplateChanged {
        /// Which.
        template: TemplateName,
    },
    /// A customer stops or resumes marketing messages.
    Preference(Preference),
    /// A customer's business-scoped user id changed.
    UserIdChanged {
        /// Before.
        previous: String,
        /// Now.
        now: String,
        /// The number, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        wa_id: Option<String>,
    },
    /// Something about the account or a number.
    Account(AccountNotice),
    /// Something known that is not for a support desk (calls, flows, payments, the telephone's history): kept, not used.
    Aside {
        /// Field of the webhook.
        field: String,
        /// As it came.
        value: Value,
    },
}

/// Which template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TemplateName {
    /// Id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name; with the language it is unique in the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Language: `en_US`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// What became of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateStatus {
    /// Which.
    pub template: TemplateName,
    /// `APPROVED`, `REJECTED`, `PAUSED` …
    pub event: String,
    /// Category as Meta writes it: `UTILITY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Reason in one word; `NONE` counts as none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is said in sentences: title, description, why it was rejected, what to change, when it was disabled.
    pub explanations: Vec<String>,
}

impl TemplateStatus {
    /// Value of `message_templates.status`; nothing for an event that is not known.
    pub fn platform_status(&self) -> Option<&'static str> {
        template_status(&self.event)
    }
}

/// Value of `message_templates.status` for the state of a template. Only what can be sent is `approved`; what may come
/// back by itself is `pending`.
pub fn template_status(event: &str) -> Option<&'static str> {
    Some(match event {
        "APPROVED" | "REINSTATED" | "FLAGGED" => "approved",
        "PENDING" | "IN_APPEAL" | "PAUSED" | "LOCKED" => "pending",
        "REJECTED" | "DISABLED" | "ARCHIVED" | "DELETED" | "PENDING_DELETION"
        | "LIMIT_EXCEEDED" => "rejected",
        _ => return None,
    })
}

/// Value of `message_templates.quality` for a score of Meta's.
pub fn template_quality(score: &str) -> Option<&'static str> {
    Some(match score {
        "GREEN" => "green",
        "YELLOW" => "yellow",
        "RED" => "red",
        "UNKNOWN" => "unknown",
        _ => return None,
    })
}

/// Value of `message_templates.category`.
pub fn template_category(category: &str) -> Option<&'static str> {
    Some(match category {
        "UTILITY" => "utility",
        "MARKETING" => "marketing",
        "AUTHENTICATION" => "authentication",
        _ => return None,
    })
}

/// What a customer wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preference {
    /// Who.
    pub customer: Customer,
    /// Of what: `marketing_messages`.
    pub category: String,
    /// Whether such messages may be sent: false after `stop`, true after `resume` and `signup`.
    pub wanted: bool,
    /// When it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Something about the account or a number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccountNotice {
    /// Field of the webhook: `account_update`, `phone_number_quality_update` …
    pub field: String,
    /// What happened, in Meta's word: `FLAGGED`, `DISABLED_UPDATE`, `APPROVED` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Number that it is about, in digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Everything that came.
    pub details: Value,
}

impl AccountNotice {
    /// A line for people: which thing, what happened, to which number.
    pub fn summary(&self) -> String {
        let plain = |word: &str| word.replace('_', " ").to_lowercase();
        let mut text = format!("WhatsApp reports: {}", plain(&self.field));
        if let Some(event) = &self.event {
            text.push_str(": ");
            text.push_str(&plain(event));
        }
        if let Some(phone) = &self.phone {
            text.push_str(&format!(" (+{phone})"));
        }
        text
    }
}

/// Notices of a change: nothing when its field is not known, an error for each item that cannot be read.
pub(super) fn read<'value>(
    field: &str,
    value: &'value Value,
) -> Option<Vec<Result<Notice, &'value Value>>> {
    let one = |found: Option<Notice>| Some(vec![found.ok_or(value)]);
    match field {
        "message_template_status_update" => one(template_status_update(value)),
        "message_template_quality_update" => one(template_name(value).and_then(|template| {
            Some(Notice::TemplateQuality {
                template,
                previous: fields::line(value, "previous_quality_score"),
                now: fields::line(value, "new_quality_score")?,
            })
        })),
        "template_category_update" => {
            one(
                template_name(value).map(|template| Notice::TemplateCategory {
                    template,
                    previous: fields::line(value, "previous_category"),
                    now: fields::line(value, "new_category"),
                    correct: fields::line(value, "correct_category")
                        .or_else(|| fields::line(value, "correct_template_category")),
                }),
            )
        }
        "message_template_components_update" => {
            one(template_name(value).map(|template| Notice::TemplateChanged { template }))
        }
        "user_preferences" => Some(each(value, "user_preferences", preference)),
        "user_id_update" => Some(each(value, "user_id_update", user_id_update)),
        "phone_number_quality_update"
        | "phone_number_name_update"
        | "account_update"
        | "account_alerts"
        | "account_review_update"
        | "business_capability_update"
        | "business_username_update"
        | "security" => Some(vec![Ok(Notice::Account(AccountNotice {
            field: field.to_owned(),
            event: ["event", "decision", "alert_type", "status"]
                .iter()
                .find_map(|key| fields::line(value, key)),
            phone: ["display_phone_number", "phone_number"]
                .iter()
                .find_map(|key| fields::line(value, key))
                .map(|shown| {
                    shown
                        .chars()
                        .filter(char::is_ascii_digit)
                        .collect::<String>()
                })
                .filter(|digits| !digits.is_empty()),
            details: value.clone(),
        }))]),
        "history"
        | "smb_app_state_sync"
        | "flows"
        | "calls"
        | "automatic_events"
        | "payment_configuration_update"
        | "partner_solutions" => Some(vec![Ok(Notice::Aside {
            field: field.to_owned(),
            value: value.clone(),
        })]),
        _ => None,
    }
}

/// Each item of the list `key`, or the one item that stands in its place.
fn each<'value>(
    value: &'value Value,
    key: &str,
    read: fn(&Value) -> Option<Notice>,
) -> Vec<Result<Notice, &'value Value>> {
    match value.get(key) {
        Some(Value::Array(items)) if !items.is_empty() => {
            items.iter().map(|item| read(item).ok_or(item)).collect()
        }
        Some(item @ Value::Object(_)) => vec![read(item).ok_or(item)],
        _ => vec![read(value).ok_or(value)],
    }
}

fn template_name(value: &Value) -> Option<TemplateName> {
    let found = TemplateName {
        id: fields::id(value, "message_template_id"),
        name: fields::line(value, "message_template_name"),
        language: fields::line(value, "message_template_language"),
    };
    (found.id.is_some() || found.name.is_some()).then_some(found)
}

fn template_status_update(value: &Value) -> Option<Notice> {
    let within = |part: &str, key: &str| {
        fields::object(value, part).and_then(|part| fields::line(part, key))
    };
    let disabled = fields::object(value, "disable_info").and_then(|part| {
        fields::moment(part, "disable_date")
            .map(|at| at.to_string())
            .or_else(|| fields::line(part, "disable_date"))
    });
    Some(Notice::TemplateStatus(TemplateStatus {
        template: template_name(value)?,
        event: fields::line(value, "event")?,
        category: fields::line(value, "message_template_category"),
        reason: fields::line(value, "reason").filter(|reason| reason != "NONE"),
        explanations: [
            within("other_info", "title"),
            within("other_info", "description"),
            within("rejection_info", "reason"),
            within("rejection_info", "recommendation"),
            disabled.map(|date| format!("disabled on {date}")),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }))
}

fn preference(value: &Value) -> Option<Notice> {
    let wanted = match value.get("value")?.as_str()? {
        "stop" => false,
        "resume" | "signup" => true,
        _ => return None,
    };
    Some(Notice::Preference(Preference {
        customer: Customer::read(value, ["wa_id", "user_id", "parent_user_id"])?,
        category: fields::line(value, "category")?,
        wanted,
        at: fields::moment(value, "timestamp"),
    }))
}

fn user_id_update(value: &Value) -> Option<Notice> {
    let change = fields::object(value, "user_id")?;
    let id = |key: &str| fields::id(change, key).filter(|id| is_user_id(id));
    Some(Notice::UserIdChanged {
        previous: id("previous")?,
        now: id("current")?,
        wa_id: fields::id(value, "wa_id")
            .as_deref()
            .and_then(super::customer::parse_wa_id),
    })
}
