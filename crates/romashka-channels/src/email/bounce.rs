//! Reports that a mail of ours was not delivered (RFC 3464), also from servers that only write prose.
//!
//! Invariant: a bounce never counts as something a customer wrote. A passing failure (4.x.x, delayed) is told apart
//! from a lasting one.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::header::{self, Headers, normalise_address};
use super::mime::Part;

/// Recipients of one report that are read.
const RECIPIENT_LIMIT: usize = 1_000;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Delivered, relayed or expanded: no failure.
    None,
    /// The server still tries.
    Delayed,
    /// Refused, but not because of the address: mailbox full, policy, reputation.
    Failed,
    /// The address does not exist.
    InvalidAddress,
}

/// One recipient of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedRecipient {
    /// Address in lower case.
    pub address: String,
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    pub action: String,
    /// Enhanced status code, for example `5.1.1`.
    pub status: Option<String>,
    /// What the other server said.
    pub diagnostic: Option<String>,
    /// What it means.
    pub severity: Severity,
}

/// A delivery report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bounce {
    /// Recipients, in the order of the report.
    pub recipients: Vec<FailedRecipient>,
    /// Message ids of ours that the report may be about, the likeliest first.
    pub original_message_ids: Vec<String>,
    /// Server that reports.
    pub reporting_server: Option<String>,
    /// Envelope id that we gave.
    pub envelope_id: Option<String>,
}

impl Bounce {
    /// The worst that happened to a recipient.
    pub fn severity(&self) -> Severity {
        self.recipients
            .iter()
            .map(|recipient| recipient.severity)
            .max()
            .unwrap_or(Severity::Failed)
    }
}

/// Reads a delivery report; nothing when the mail is none. `text` is its plain text.
pub fn read(root: &Part<'_>, from: &str, text: &str) -> Option<Bounce> {
    let headers = &root.headers;
    let parts = root.walk();
    let report = parts.iter().find(|part| {
        part.is("message/delivery-status") || part.is("message/global-delivery-status")
    });
    let declared = root.is("multipart/report")
        && root
            .content_type
            .parameter("report-type")
            .is_none_or(|kind| kind.eq_ignore_ascii_case("delivery-status"));
    let failed_header: Vec<String> = headers
        .addresses("X-Failed-Recipients")
        .into_iter()
        .map(|found| found.address)
        .collect();
    let from_daemon = is_daemon(from);
    let prose = from_daemon && looks_like_failure(headers, text);
    if report.is_none() && !(declared && from_daemon) && failed_header.is_empty() && !prose {
        return None;
    }
    let mut bounce = Bounce {
        recipients: Vec::new(),
        original_message_ids: Vec::new(),
        reporting_server: None,
        envelope_id: None,
    };
    if let Some(report) = report {
        read_status(&report.decoded(), &mut bounce);
    }
    for address in failed_header {
        if bounce.recipients.len() < RECIPIENT_LIMIT
            && !bounce
                .recipients
                .iter()
                .any(|known| known.address == address)
        {
            bounce
                .recipients
                .push(recipient(address, "failed", find_status(text), None));
        }
    }
    if bounce.recipients.is_empty() {
        recipients_from_prose(text, from, &mut bounce);
    }
    collect_original_ids(headers, &parts, text, &mut bounce);
    Some(bounce)
}

/// Whether an address is that of a mail server.
pub fn is_daemon(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    matches!(
        local,
        "mailer-daemon" | "postmaster" | "mail-daemon" | "maildaemon" | "mailer_daemon"
    )
}

fn looks_like_failure(headers: &Headers<'_>, text: &str) -> bool {
    static FAILURE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)undeliver|delivery (?:status notification|failure|has failed|to the following)|returned mail|mail delivery (?:failed|system)|could not be delivered|failure notice|unzustellbar|nicht zugestellt|не доставлено|недоставлен|не удалось доставить|non remis|n'a pas pu être|no se pudo entregar|no se ha podido entregar|não foi possível entregar|impossibile recapitare",
        )
    });
    let subject = headers.text("Subject").unwrap_or_default();
    FAILURE.is_match(&subject) || FAILURE.is_match(&start_of(text, 4_000))
}

fn read_status(body: &[u8], bounce: &mut Bounce) {
    let mut rest = body;
    let mut first = true;
    while !rest.trim_ascii().is_empty() && bounce.recipients.len() < RECIPIENT_LIMIT {
        // Groups are parted by blank lines, of which some servers write several.
        let skipped = rest
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        rest = &rest[skipped..];
        let (group, length) = Headers::parse(rest);
        if length == 0 {
            return;
        }
        rest = &rest[length..];
        let value = |name: &str| group.text(name).map(|text| after_type(&text).to_owned());
        if first || group.has("Reporting-MTA") {
            bounce.reporting_server = bounce
                .reporting_server
                .take()
                .or_else(|| value("Reporting-MTA"));
            bounce.envelope_id = bounce
                .envelope_id
                .take()
                .or_else(|| group.text("Original-Envelope-Id"));
            first = false;
        }
        let address = value("Original-Recipient")
            .or_else(|| value("Final-Recipient"))
            .and_then(|text| normalise_address(&text));
        let Some(address) =
            address.or_else(|| value("Final-Recipient").and_then(|text| normalise_address(&text)))
        else {
            continue;
        };
        let action = group
            .text("Action")
            .unwrap_or_else(|| "failed".to_owned())
            .to_ascii_lowercase();
        let status = group.text("Status").and_then(|text| find_status(&text));
        let diagnostic = value("Diagnostic-Code").map(|text| text.chars().take(1_000).collect());
        bounce.recipients.push(recipient(
            address,
            action.split_whitespace().next().unwrap_or("failed"),
            status,
            diagnostic,
        ));
    }
}

/// `rfc822; a@example.com` without its type.
fn after_type(text: &str) -> &str {
    text.split_once(';').map_or(text, |(_, value)| value).trim()
}

fn recipient(
    address: String,
    action: &str,
    status: Option<String>,
    diagnostic: Option<String>,
) -> FailedRecipient {
    let status = status.or_else(|| diagnostic.as_deref().and_then(find_status));
    let severity = match (action, status.as_deref()) {
        ("delivered" | "relayed" | "expanded", _) => Severity::None,
        ("delayed", _) => Severity::Delayed,
        (_, Some("5.1.1" | "5.1.10" | "5.1.2" | "5.1.3" | "5.1.6")) => Severity::InvalidAddress,
        (_, Some(status)) if status.starts_with('4') => Severity::Delayed,
        (_, Some(status)) if status.starts_with('2') => Severity::None,
        _ => Severity::Failed,
    };
    FailedRecipient {
        address,
        action: action.to_owned(),
        status,
        diagnostic,
        severity,
    }
}

fn find_status(text: &str) -> Option<String> {
    static STATUS: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.?$|\.\s)"));
    STATUS.captures(text).map(|found| found[1].to_owned())
}

fn recipients_from_prose(text: &str, from: &str, bounce: &mut Bounce) {
    static ADDRESS: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"[A-Za-z0-9._%+=/-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}"));
    let start = start_of(text, 8_000);
    // What follows is a copy of our own mail, with all the addresses in it.
    static COPY: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?im)^\s*(?:-{3,}.*(?:copy|original|below).*|received: .*|return-path: .*)$")
    });
    let end = COPY.find(&start).map_or(start.len(), |found| found.start());
    for found in ADDRESS.find_iter(&start[..end]).take(20) {
        let Some(address) = normalise_address(found.as_str()) else {
            continue;
        };
        if address == from
            || is_daemon(&address)
            || bounce
                .recipients
                .iter()
                .any(|known| known.address == address)
        {
            continue;
        }
        bounce
            .recipients
            .push(recipient(address, "failed", find_status(&start), None));
    }
}

fn collect_original_ids(
    headers: &Headers<'_>,
    parts: &[&Part<'_>],
    text: &str,
    bounce: &mut Bounce,
) {
    let mut ids: Vec<String> = Vec::new();
    let mut add = |found: Option<String>| {
        if let Some(id) = found
            && !ids.contains(&id)
        {
            ids.push(id);
        }
    };
    for part in parts {
        if matches!(
            part.content_type.value.as_str(),
            "message/rfc822" | "text/rfc822-headers" | "message/global" | "message/global-headers"
        ) {
            let body = part.decoded();
            let (original, _) = Headers::parse(&body);
            add(original
                .raw("Message-ID")
                .and_then(header::parse_message_id));
        }
        if part.is("message/delivery-status") {
            let body = part.decoded();
            let (group, _) = Headers::parse(&body);
            add(group
                .raw("X-Original-Message-ID")
                .and_then(header::parse_message_id));
        }
    }
    // Servers that write prose copy our headers below it.
    static COPIED: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?im)^[>\s]*message-id:\s*(<[^>\s]{3,300}>)"));
    for found in COPIED.captures_iter(&start_of(text, 200_000)).take(5) {
        add(header::parse_message_id(found[1].as_bytes()));
    }
    for name in ["In-Reply-To", "References"] {
        for id in headers.ids(name).into_iter().rev() {
            add(Some(id));
        }
    }
    bounce.original_message_ids = ids;
}

fn start_of(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a literal of this module and its tests use it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_follow_the_status() {
        for (action, status, expected) in [
            ("failed", Some("5.1.1"), Severity::InvalidAddress),
            ("failed", Some("5.2.2"), Severity::Failed),
            ("failed", Some("5.7.1"), Severity::Failed),
            ("failed", Some("4.4.7"), Severity::Delayed),
            ("delayed", Some("4.4.1"), Severity::Delayed),
            ("delivered", Some("2.0.0"), Severity::None),
            ("failed", None, Severity::Failed),
        ] {
            let found = recipient(
                "a@example.com".into(),
                action,
                status.map(str::to_owned),
                None,
            );
            assert_eq!(found.severity, expected, "{action} {status:?}");
        }
    }

    #[test]
    fn status_codes_are_found_in_text() {
        assert_eq!(
            find_status("smtp; 550 5.1.1 <x@y> unknown").as_deref(),
            Some("5.1.1")
        );
        assert_eq!(find_status("5.4.300").as_deref(), Some("5.4.300"));
        assert_eq!(find_status("host 15.1.1.9 said no"), None);
    }
}
