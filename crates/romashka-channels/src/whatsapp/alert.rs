//! What an admin has to know of an account, a number and a template, and when it is over.
//!
//! Invariants: an alert and its end have the same kind and subject; of an event that is not known nothing is said to have
//! stopped, because Meta adds words.

use serde::Serialize;
use serde_json::Value;

use super::fields;
use super::notice::{AccountNotice, Notice, TemplateName, TemplateStatus};

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The WhatsApp Business account. While it is critical nothing can be sent.
    Account,
    /// One number.
    Number,
    /// One template.
    Template,
}

impl Kind {
    /// Value of `channel_alerts.kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Account => "account",
            Kind::Number => "number",
            Kind::Template => "template",
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To be known.
    Notice,
    /// Something may stop.
    Warning,
    /// Something has stopped.
    Critical,
}

impl Severity {
    /// Value of `channel_alerts.severity`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// What a notice means for the channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct News {
    /// What it is about.
    pub kind: Kind,
    /// Which one.
    pub subject: String,
    /// How bad, and in which words; none when it is over.
    pub trouble: Option<(Severity, String)>,
}

impl News {
    fn of(kind: Kind, subject: impl Into<String>, severity: Severity, words: String) -> News {
        News {
            kind,
            subject: subject.into(),
            trouble: Some((severity, words)),
        }
    }

    fn over(kind: Kind, subject: impl Into<String>) -> News {
        News {
            kind,
            subject: subject.into(),
            trouble: None,
        }
    }
}

/// What a notice means for the channel it came by; nothing for what only concerns customers.
pub fn news(notice: &Notice) -> Vec<News> {
    match notice {
        Notice::TemplateStatus(status) => template_status(status),
        Notice::TemplateQuality { template, now, .. } => vec![template_quality(template, now)],
        Notice::TemplateCategory {
            template,
            now,
            correct,
            ..
        } => template_category(template, now.as_deref(), correct.as_deref()),
        Notice::Account(account) => account_news(account),
        _ => Vec::new(),
    }
}

/// How a template is called in an alert.
fn name_of(template: &TemplateName) -> String {
    let name = template
        .name
        .clone()
        .or_else(|| template.id.clone())
        .unwrap_or_default();
    match &template.language {
        Some(language) => format!("{name} ({language})"),
        None => name,
    }
}

/// By the state of a template, in Meta's word: also for one that was read from the account's list.
pub fn template_status(status: &TemplateStatus) -> Vec<News> {
    let name = name_of(&status.template);
    let subject = format!("{name} status");
    let why = status
        .reason
        .iter()
        .map(|reason| plain(reason))
        .chain(status.explanations.iter().cloned())
        .collect::<Vec<_>>()
        .join("; ");
    let because = match why.as_str() {
        "" => String::new(),
        why => format!(" Reason: {why}."),
    };
    let (severity, what) = match status.event.as_str() {
        "APPROVED" | "REINSTATED" => return vec![News::over(Kind::Template, subject)],
        "FLAGGED" => (
            Severity::Warning,
            "is disliked by customers, and will be paused if that goes on",
        ),
        "PAUSED" => (
            Severity::Warning,
            "was paused by WhatsApp: it is not sent until WhatsApp resumes it. Change it or send it less often",
        ),
        "DISABLED" => (
            Severity::Warning,
            "was disabled by WhatsApp: it is not sent any more. Make another one",
        ),
        "REJECTED" => (
            Severity::Warning,
            "was rejected by WhatsApp: change it and hand it in again",
        ),
        "LOCKED" => (Severity::Warning, "was locked by WhatsApp: it is not sent"),
        "LIMIT_EXCEEDED" => (
            Severity::Warning,
            "is over the account's limit of templates: delete others",
        ),
        "PENDING_DELETION" | "DELETED" | "ARCHIVED" => (
            Severity::Notice,
            "is deleted or archived at WhatsApp: it is not sent any more",
        ),
        _ => return Vec::new(),
    };
    vec![News::of(
        Kind::Template,
        subject,
        severity,
        format!("The template {name} {what}.{because}"),
    )]
}

/// By what customers think of a template.
pub fn template_quality(template: &TemplateName, quality: &str) -> News {
    let name = name_of(template);
    let subject = format!("{name} quality");
    let (severity, words) = match quality {
        "RED" => (
            Severity::Warning,
            "low: customers block or report it, and WhatsApp will pause it",
        ),
        "YELLOW" => (
            Severity::Notice,
            "medium: some customers block or report it",
        ),
        _ => return News::over(Kind::Template, subject),
    };
    News::of(
        Kind::Template,
        subject,
        severity,
        format!("The quality of the template {name} is {words}."),
    )
}

fn template_category(
    template: &TemplateName,
    now: Option<&str>,
    correct: Option<&str>,
) -> Vec<News> {
    let name = name_of(template);
    let subject = format!("{name} category");
    let words = match (correct, now) {
        (Some(correct), _) if Some(correct) != now => {
            format!(
                "WhatsApp will put the template {name} into the category {}.",
                plain(correct)
            )
        }
        (_, Some(now)) => {
            format!(
                "WhatsApp has put the template {name} into the category {}, and charges it so.",
                plain(now)
            )
        }
        _ => return Vec::new(),
    };
    vec![News::of(Kind::Template, subject, Severity::Notice, words)]
}

/// By the quality of a number as the API shows it: `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
pub fn number_quality(rating: &str) -> News {
    let (severity, words) = match rating {
        "RED" => (
            Severity::Warning,
            "low: customers block or report its messages, and WhatsApp may restrict it",
        ),
        "YELLOW" => (
            Severity::Notice,
            "medium: some customers block or report its messages",
        ),
        _ => return News::over(Kind::Number, "quality"),
    };
    News::of(
        Kind::Number,
        "quality",
        severity,
        format!("The quality of the number is {words}."),
    )
}

fn account_news(notice: &AccountNotice) -> Vec<News> {
    let event = notice.event.as_deref().unwrap_or_default();
    let details = &notice.details;
    match notice.field.as_str() {
        "phone_number_quality_update" => {
            let limit = fields::line(details, "current_limit").map_or_else(String::new, |limit| {
                format!(" Its limit is now {}.", plain(&limit))
            });
            match event {
                "FLAGGED" => vec![News::of(
                    Kind::Number,
                    "quality",
                    Severity::Warning,
                    format!(
                        "The number's quality is low: customers block or report its messages, and WhatsApp may lower its limit.{limit}"
                    ),
                )],
                "UNFLAGGED" => vec![News::over(Kind::Number, "quality")],
                "DOWNGRADE" => vec![News::of(
                    Kind::Number,
                    "limit",
                    Severity::Warning,
                    format!("WhatsApp has lowered the number's limit of new conversations.{limit}"),
                )],
                "UPGRADE" | "ONBOARDING" | "THROUGHPUT_UPGRADE" => {
                    vec![News::over(Kind::Number, "limit")]
                }
                _ => vec![unknown(notice, Kind::Number)],
            }
        }
        "phone_number_name_update" => match event {
            "APPROVED" => vec![News::over(Kind::Number, "name")],
            "REJECTED" => vec![News::of(
                Kind::Number,
                "name",
                Severity::Warning,
                format!(
                    "WhatsApp has rejected the number's display name{}.",
                    fields::line(details, "rejection_reason")
                        .map_or_else(String::new, |why| format!(" ({})", plain(&why)))
                ),
            )],
            _ => Vec::new(),
        },
        "account_update" => account_update(notice, event),
        "account_review_update" => match event {
            "APPROVED" => vec![News::over(Kind::Account, "review")],
            "REJECTED" => vec![News::of(
                Kind::Account,
                "review",
                Severity::Warning,
                "WhatsApp has rejected the account in its review: appeal in Meta's Business Manager."
                    .to_owned(),
            )],
            _ => Vec::new(),
        },
        "account_alerts" => vec![account_alert(notice)],
        "security" => vec![News::of(
            Kind::Number,
            "security",
            Severity::Notice,
            notice.summary(),
        )],
        _ => Vec::new(),
    }
}

fn account_update(notice: &AccountNotice, event: &str) -> Vec<News> {
    let critical = |subject: &str, words: &str| {
        vec![News::of(
            Kind::Account,
            subject,
            Severity::Critical,
            words.to_owned(),
        )]
    };
    match event {
        "DISABLED_UPDATE" => match ban_state(&notice.details).as_deref() {
            Some("REINSTATE") => vec![News::over(Kind::Account, "ban")],
            Some("SCHEDULE_FOR_DISABLE") => vec![News::of(
                Kind::Account,
                "ban",
                Severity::Warning,
                "WhatsApp will disable the account: appeal in Meta's Business Manager.".to_owned(),
            )],
            _ => critical(
                "ban",
                "WhatsApp has disabled the account: nothing is sent by this channel. Appeal in Meta's Business Manager.",
            ),
        },
        "ACCOUNT_VIOLATION" => {
            let which = fields::object(&notice.details, "violation_info")
                .and_then(|info| fields::line(info, "violation_type"));
            let which = which.map_or_else(String::new, |which| format!(" ({})", plain(&which)));
            vec![News::of(
                Kind::Account,
                "violation",
                Severity::Warning,
                format!("WhatsApp says that the account violates its policy{which}."),
            )]
        }
        "ACCOUNT_RESTRICTION" => {
            let which: Vec<String> = fields::list(&notice.details, "restriction_info")
                .iter()
                .filter_map(|part| fields::line(part, "restriction_type"))
                .map(|word| plain(&word))
                .collect();
            if which.is_empty() {
                return vec![News::over(Kind::Account, "restriction")];
            }
            vec![News::of(
                Kind::Account,
                "restriction",
                Severity::Warning,
                format!("WhatsApp has restricted the account: {}.", which.join(", ")),
            )]
        }
        "ACCOUNT_DELETED" => critical(
            "access",
            "The account was deleted at WhatsApp: nothing is sent by this channel. Connect another one.",
        ),
        "PARTNER_REMOVED" | "PARTNER_APP_UNINSTALLED" => critical(
            "access",
            "This app may not use the account any more: nothing is sent by this channel. Give it access in Meta's Business Manager.",
        ),
        "PARTNER_ADDED" | "PARTNER_APP_INSTALLED" => vec![News::over(Kind::Account, "access")],
        "VERIFIED_ACCOUNT" => Vec::new(),
        _ => vec![unknown(notice, Kind::Account)],
    }
}

/// The state of a ban: a word, or the last of a list.
fn ban_state(details: &Value) -> Option<String> {
    let info = fields::object(details, "ban_info")?;
    match info.get("waba_ban_state") {
        Some(Value::Array(states)) => states.last().and_then(Value::as_str).map(str::to_owned),
        _ => fields::line(info, "waba_ban_state"),
    }
}

fn account_alert(notice: &AccountNotice) -> News {
    let details = fields::object(&notice.details, "alert_info").unwrap_or(&notice.details);
    let word = |key: &str| fields::line(details, key);
    let which = word("alert_type").unwrap_or_else(|| "alert".to_owned());
    let subject = format!("alert {which}");
    let is_over = matches!(
        word("alert_status").as_deref(),
        Some("RESOLVED" | "INACTIVE" | "DISMISSED")
    );
    if is_over {
        return News::over(Kind::Number, subject);
    }
    let severity = match word("alert_severity").as_deref() {
        Some("CRITICAL" | "WARNING") => Severity::Warning,
        _ => Severity::Notice,
    };
    let said = word("alert_description").unwrap_or_default();
    News::of(
        Kind::Number,
        subject,
        severity,
        format!("WhatsApp warns: {}. {said}", plain(&which))
            .trim_end()
            .to_owned(),
    )
}

fn unknown(notice: &AccountNotice, kind: Kind) -> News {
    let event = notice.event.as_deref().unwrap_or("news");
    News::of(
        kind,
        format!("{} {event}", notice.field),
        Severity::Notice,
        format!("{}.", notice.summary()),
    )
}

fn plain(word: &str) -> String {
    word.replace('_', " ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(field: &str, value: Value) -> Vec<News> {
        let notices = super::super::notice::read(field, &value).expect("a known field");
        notices
            .into_iter()
            .flat_map(|notice| news(&notice.expect("a notice")))
            .collect()
    }

    fn one(field: &str, value: Value) -> (Kind, String, Option<Severity>) {
        let found = of(field, value);
        assert_eq!(found.len(), 1, "{found:?}");
        let news = found.into_iter().next().expect("one");
        let severity = news.trouble.map(|(severity, _)| severity);
        (news.kind, news.subject, severity)
    }

    #[test]
    fn a_trouble_and_its_end_are_of_one_subject() {
        let status = |event: &str| {
            one(
                "message_template_status_update",
                json!({"event": event, "message_template_id": 7, "message_template_name": "order", "message_template_language": "en_US", "reason": "NONE"}),
            )
        };
        let subject = "order (en_US) status".to_owned();
        for (event, severity) in [
            ("PAUSED", Some(Severity::Warning)),
            ("DISABLED", Some(Severity::Warning)),
            ("REJECTED", Some(Severity::Warning)),
            ("FLAGGED", Some(Severity::Warning)),
            ("ARCHIVED", Some(Severity::Notice)),
            ("APPROVED", None),
            ("REINSTATED", None),
        ] {
            assert_eq!(
                status(event),
                (Kind::Template, subject.clone(), severity),
                "{event}"
            );
        }
        let quality = |score: &str| {
            one(
                "message_template_quality_update",
                json!({"message_template_name": "order", "message_template_language": "en_US", "previous_quality_score": "GREEN", "new_quality_score": score}),
            )
            .2
        };
        assert_eq!(quality("RED"), Some(Severity::Warning));
        assert_eq!(quality("YELLOW"), Some(Severity::Notice));
        assert_eq!(quality("GREEN"), None);
        let number = |event: &str| {
            one(
                "phone_number_quality_update",
                json!({"display_phone_number": "15550783881", "event": event, "current_limit": "TIER_1K"}),
            )
        };
        let expected = |subject: &str, severity| (Kind::Number, subject.to_owned(), severity);
        assert_eq!(
            number("FLAGGED"),
            expected("quality", Some(Severity::Warning))
        );
        assert_eq!(number("UNFLAGGED"), expected("quality", None));
        assert_eq!(
            number("DOWNGRADE"),
            expected("limit", Some(Severity::Warning))
        );
        assert_eq!(number("UPGRADE"), expected("limit", None));
    }

    #[test]
    fn only_what_is_surely_over_is_critical() {
        let update = |value: Value| one("account_update", value);
        let ban = |state: Value| {
            update(
                json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": state, "waba_ban_date": "today"}}),
            )
        };
        let account = |subject: &str, severity| (Kind::Account, subject.to_owned(), severity);
        assert_eq!(
            ban(json!("DISABLE")),
            account("ban", Some(Severity::Critical))
        );
        assert_eq!(
            ban(json!(["DISABLE"])),
            account("ban", Some(Severity::Critical))
        );
        assert_eq!(
            ban(json!("SCHEDULE_FOR_DISABLE")),
            account("ban", Some(Severity::Warning))
        );
        assert_eq!(ban(json!("REINSTATE")), account("ban", None));
        assert_eq!(
            update(json!({"event": "ACCOUNT_DELETED"})),
            account("access", Some(Severity::Critical))
        );
        assert_eq!(
            update(json!({"event": "PARTNER_ADDED"})),
            account("access", None)
        );
        assert_eq!(
            update(
                json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}]})
            ),
            account("restriction", Some(Severity::Warning))
        );
        assert_eq!(
            update(json!({"event": "SOMETHING_NEW"})),
            account("account_update SOMETHING_NEW", Some(Severity::Notice))
        );
    }

    #[test]
    fn alerts_are_read_flat_and_nested() {
        for value in [
            json!({"entity_type": "BUSINESS", "entity_id": "1", "alert_severity": "CRITICAL", "alert_status": "ACTIVE", "alert_type": "OBA_APPROVED", "alert_description": "Sample"}),
            json!({"entity_type": "BUSINESS", "entity_id": 1, "alert_info": {"alert_severity": "CRITICAL", "alert_status": "ACTIVE", "alert_type": "OBA_APPROVED", "alert_description": "Sample"}}),
        ] {
            let found = of("account_alerts", value);
            assert_eq!(found[0].subject, "alert OBA_APPROVED");
            let (severity, words) = found[0].trouble.clone().expect("a trouble");
            assert_eq!(severity, Severity::Warning);
            assert_eq!(words, "WhatsApp warns: oba approved. Sample");
        }
    }

    #[test]
    fn a_reason_is_told() {
        let found = of(
            "message_template_status_update",
            json!({"event": "PAUSED", "message_template_id": 7, "message_template_name": "order", "message_template_language": "en_US", "reason": "NONE", "other_info": {"title": "FIRST_PAUSE", "description": "Your template received negative feedback"}}),
        );
        let (_, words) = found[0].trouble.clone().expect("a trouble");
        assert!(
            words.contains("paused") && words.contains("negative feedback"),
            "{words}"
        );
    }
}
