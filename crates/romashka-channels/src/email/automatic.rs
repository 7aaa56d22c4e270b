//! Whether a program wrote the mail.
//!
//! Invariant: a person's mail is never taken for a machine's only because a server marked it. `X-Auto-Response-Suppress`,
//! which Exchange sets on mail of people, asks us not to answer automatically and nothing more; a mail through a
//! mailing list has an author.

use serde::Serialize;

use super::bounce;
use super::mime::Part;

/// Kind of an automatic mail, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A delivery report.
    Bounce,
    /// A read receipt.
    ReadReceipt,
    /// An absence note.
    OutOfOffice,
    /// An automatic answer of another kind: "we got your mail".
    Reply,
    /// Sent by a program on its own.
    Notification,
    /// Advertising and newsletters.
    Bulk,
    /// Through a mailing list.
    List,
}

impl Kind {
    /// The word for metadata and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::ReadReceipt => "read_receipt",
            Self::OutOfOffice => "out_of_office",
            Self::Reply => "reply",
            Self::Notification => "notification",
            Self::Bulk => "bulk",
            Self::List => "list",
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Automatic {
    /// Kind; nothing for a person's mail.
    pub kind: Option<Kind>,
    /// Which signs led to it, for people who wonder.
    pub signs: Vec<String>,
    /// True when we must not send an automatic answer, whoever wrote it.
    pub suppress_replies: bool,
    /// Identifier of the mailing list, without brackets.
    pub list_id: Option<String>,
}

impl Automatic {
    /// Whether the mail is kept as a quiet note: no reopening, no response time, no automation.
    ///
    /// A list whose address is one of ours (a group that collects support mail) carries mail of people.
    pub fn is_quiet(&self, our_addresses: &[String]) -> bool {
        match self.kind {
            None => false,
            Some(Kind::List) => {
                let id = self
                    .list_id
                    .as_deref()
                    .unwrap_or_default()
                    .to_ascii_lowercase();
                !our_addresses.iter().any(|address| {
                    let dotted = address.replace('@', ".").to_ascii_lowercase();
                    !dotted.is_empty() && id == dotted
                })
            }
            Some(_) => true,
        }
    }
}

/// Looks for the signs. `is_bounce` is what [`bounce::read`] found, `from` the sender's address.
pub fn read(root: &Part<'_>, from: &str, is_bounce: bool) -> Automatic {
    let headers = &root.headers;
    let mut found = Automatic::default();
    let mut kinds: Vec<Kind> = Vec::new();
    let lower = |name: &str| {
        headers
            .text(name)
            .map(|text| text.trim().to_ascii_lowercase())
    };

    if is_bounce {
        sign(
            &mut found,
            &mut kinds,
            Kind::Bounce,
            "delivery report".to_owned(),
        );
    }
    let report_type = root
        .content_type
        .parameter("report-type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    if report_type == "disposition-notification" {
        sign(
            &mut found,
            &mut kinds,
            Kind::ReadReceipt,
            "read receipt".to_owned(),
        );
    }
    let absent = is_absence_subject(&headers.text("Subject").unwrap_or_default());
    if let Some(value) = lower("Auto-Submitted").filter(|value| value != "no" && !value.is_empty())
    {
        let kind = if value.starts_with("auto-replied") {
            if absent || value.contains("vacation") || value.contains("owner-email") {
                Kind::OutOfOffice
            } else {
                Kind::Reply
            }
        } else {
            Kind::Notification
        };
        sign(
            &mut found,
            &mut kinds,
            kind,
            format!("Auto-Submitted: {value}"),
        );
    }
    if let Some(value) = lower("Precedence") {
        match value.as_str() {
            "bulk" | "junk" => sign(
                &mut found,
                &mut kinds,
                Kind::Bulk,
                format!("Precedence: {value}"),
            ),
            "auto_reply" | "auto-reply" => {
                let kind = if absent {
                    Kind::OutOfOffice
                } else {
                    Kind::Reply
                };
                sign(&mut found, &mut kinds, kind, format!("Precedence: {value}"));
            }
            "list" => sign(
                &mut found,
                &mut kinds,
                Kind::List,
                format!("Precedence: {value}"),
            ),
            _ => {}
        }
    }
    for name in [
        "X-Autoreply",
        "X-Autorespond",
        "X-Auto-Reply-From",
        "X-Autogenerated",
        "X-Mail-Autoreply",
    ] {
        if lower(name).is_some_and(|value| value != "no" && value != "false") {
            let kind = if absent {
                Kind::OutOfOffice
            } else {
                Kind::Reply
            };
            sign(&mut found, &mut kinds, kind, name.to_owned());
        }
    }
    found.list_id = headers
        .text("List-Id")
        .map(|text| list_identifier(&text))
        .filter(|id| !id.is_empty());
    for name in ["List-Id", "List-Post"] {
        if headers.has(name) {
            sign(&mut found, &mut kinds, Kind::List, name.to_owned());
        }
    }
    let has_list = headers.has("List-Id") && headers.has("List-Post");
    if headers.has("List-Unsubscribe") && !has_list {
        sign(
            &mut found,
            &mut kinds,
            Kind::Bulk,
            "List-Unsubscribe".to_owned(),
        );
    }
    if headers.has("Feedback-ID") {
        sign(&mut found, &mut kinds, Kind::Bulk, "Feedback-ID".to_owned());
    }
    for name in ["X-Loop", "X-MS-Exchange-Inbox-Rules-Loop"] {
        if headers.has(name) {
            sign(&mut found, &mut kinds, Kind::Notification, name.to_owned());
        }
    }
    if headers
        .raw("Return-Path")
        .is_some_and(|raw| raw.trim_ascii() == b"<>")
    {
        let kind = if absent {
            Kind::OutOfOffice
        } else {
            Kind::Notification
        };
        sign(&mut found, &mut kinds, kind, "Return-Path: <>".to_owned());
    }
    if bounce::is_daemon(from) || is_no_reply(from) {
        sign(
            &mut found,
            &mut kinds,
            Kind::Notification,
            "sender does not read answers".to_owned(),
        );
    }
    if absent && !kinds.contains(&Kind::OutOfOffice) {
        // The subject alone is a hint: with a sign beside it, or with a reply's headers, it decides.
        let decided = !kinds.is_empty()
            || headers.has("X-Auto-Response-Suppress")
            || headers.has("In-Reply-To");
        if decided {
            sign(
                &mut found,
                &mut kinds,
                Kind::OutOfOffice,
                "subject of an absence note".to_owned(),
            );
        }
    }
    found.suppress_replies = !kinds.is_empty();
    if let Some(value) = lower("X-Auto-Response-Suppress") {
        let asked = ["all", "autoreply", "oof"]
            .iter()
            .any(|word| value.split([',', ' ', ';']).any(|part| part == *word));
        if asked {
            found.suppress_replies = true;
            found.signs.push(
                format!("X-Auto-Response-Suppress: {value}")
                    .chars()
                    .take(120)
                    .collect(),
            );
        }
    }
    found.kind = kinds.into_iter().min();
    found
}

fn sign(found: &mut Automatic, kinds: &mut Vec<Kind>, kind: Kind, text: String) {
    kinds.push(kind);
    found.signs.push(text.chars().take(120).collect());
}

fn is_no_reply(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    let plain: String = local
        .chars()
        .filter(|character| !matches!(character, '-' | '_' | '.'))
        .collect();
    plain == "noreply"
        || plain == "donotreply"
        || plain == "nereply"
        || plain.starts_with("noreply+")
        || matches!(local, "bounce" | "bounces")
        || local.starts_with("bounce+")
        || local.starts_with("bounces+")
}

fn is_absence_subject(subject: &str) -> bool {
    const STARTS: [&str; 26] = [
        "automatic reply",
        "auto reply",
        "auto-reply",
        "autoreply",
        "out of office",
        "out of the office",
        "ooo:",
        "автоответ",
        "автоматический ответ",
        "вне офиса",
        "нет на месте",
        "автовідповідь",
        "automatische antwort",
        "abwesenheit",
        "abwesend",
        "réponse automatique",
        "absence du bureau",
        "respuesta automática",
        "fuera de la oficina",
        "resposta automática",
        "risposta automatica",
        "fuori sede",
        "automatisch antwoord",
        "odpowiedź automatyczna",
        "autosvar",
        "自動応答",
    ];
    let subject = subject.trim().to_lowercase();
    let subject = subject
        .strip_prefix("re:")
        .map_or(subject.as_str(), str::trim);
    STARTS.iter().any(|start| subject.starts_with(start))
}

/// `Name <id.example.com>` without name and brackets.
fn list_identifier(text: &str) -> String {
    let inner = text
        .rsplit_once('<')
        .map_or(text, |(_, rest)| rest.split('>').next().unwrap_or(rest));
    inner.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_headers(headers: &str, from: &str) -> Automatic {
        let raw = format!("{headers}\n\nbody");
        read(&Part::parse(raw.as_bytes()).0, from, false)
    }

    #[test]
    fn kinds_by_their_signs() {
        for (headers, expected) in [
            (
                "Auto-Submitted: auto-replied (vacation)",
                Some(Kind::OutOfOffice),
            ),
            ("Auto-Submitted: auto-replied", Some(Kind::Reply)),
            ("Auto-Submitted: auto-generated", Some(Kind::Notification)),
            ("Auto-Submitted: no", None),
            ("Precedence: bulk", Some(Kind::Bulk)),
            ("List-Unsubscribe: <https://x>", Some(Kind::Bulk)),
            (
                "List-Id: <a.example.com>\nList-Post: <mailto:a@example.com>\nList-Unsubscribe: <mailto:x>",
                Some(Kind::List),
            ),
            (
                "X-Autoreply: yes\nSubject: Automatic reply: hi",
                Some(Kind::OutOfOffice),
            ),
            (
                "Subject: Автоответ: отпуск\nIn-Reply-To: <a@b>",
                Some(Kind::OutOfOffice),
            ),
            ("Subject: Out of office chairs, do you sell them?", None),
            ("X-Auto-Response-Suppress: All", None),
            (
                "Content-Type: multipart/report; report-type=disposition-notification; boundary=x",
                Some(Kind::ReadReceipt),
            ),
            ("Return-Path: <>", Some(Kind::Notification)),
            ("Subject: Hello", None),
        ] {
            assert_eq!(
                read_headers(headers, "a@example.com").kind,
                expected,
                "{headers}"
            );
        }
        assert_eq!(
            read_headers("Subject: x", "no-reply@example.com").kind,
            Some(Kind::Notification)
        );
        assert_eq!(
            read_headers("Subject: x", "norepublic@example.com").kind,
            None
        );
    }

    #[test]
    fn a_wish_not_to_be_answered_is_not_automation() {
        let found = read_headers("X-Auto-Response-Suppress: OOF, AutoReply", "a@example.com");
        assert!(found.kind.is_none() && found.suppress_replies && !found.is_quiet(&[]));
    }

    #[test]
    fn our_own_group_carries_mail_of_people() {
        let found = read_headers(
            "Precedence: list\nList-Id: Support <support.example.com>",
            "a@example.org",
        );
        assert!(!found.is_quiet(&["support@example.com".to_owned()]));
        assert!(found.is_quiet(&["other@example.com".to_owned()]));
    }
}
