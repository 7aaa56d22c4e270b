//! Errors of the API: whether another attempt can help, and what the agent is told.
//!
//! Invariant: the code decides; titles and subcodes are unreliable and are never compared. A code that is not known is
//! judged by the HTTP status. What an agent reads names no code of a program and says what to do.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use serde::Serialize;
use serde_json::Value;

use super::fields;

/// An error as the API answers it, or as a webhook reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("WhatsApp error {code}: {title}")]
pub struct GraphError {
    /// Code.
    pub code: i64,
    /// Title or message.
    pub title: String,
    /// What is said in detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// Subcode; only to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subcode: Option<i64>,
    /// Id by which Meta finds the request in its logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Whether Meta says that it will pass.
    pub is_transient: bool,
}

impl GraphError {
    /// Reads an error object: `error` of an answer, or an item of `errors` of a webhook.
    pub(super) fn read(value: &Value) -> Option<Self> {
        Some(Self {
            code: fields::integer(value, "code")?,
            title: fields::line(value, "title")
                .or_else(|| fields::line(value, "message"))
                .unwrap_or_else(|| "no title".to_owned()),
            details: fields::object(value, "error_data")
                .and_then(|data| fields::text(data, "details"))
                .or_else(|| fields::text(value, "error_user_msg")),
            subcode: fields::integer(value, "error_subcode"),
            trace_id: fields::line(value, "fbtrace_id"),
            is_transient: fields::flag(value, "is_transient"),
        })
    }

    /// Reads the body of an answer that is no success; nothing when it is not the API's.
    pub fn from_body(body: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(body).ok()?;
        Self::read(fields::object(&value, "error")?)
    }

    /// What kind of error it is. `http_status` is that of the answer, if there was one.
    pub fn class(&self, http_status: Option<u16>) -> Class {
        if let Some((class, _)) = known(self.code) {
            return class;
        }
        match http_status {
            _ if self.is_transient => Class::Passing(Throttle::None),
            Some(401) => Class::Authorisation,
            Some(403) => Class::Configuration,
            Some(429) => Class::Passing(Throttle::Number),
            Some(500..) => Class::Passing(Throttle::None),
            _ => Class::Permanent,
        }
    }

    /// What the agent is told.
    pub fn sentence(&self) -> String {
        match known(self.code) {
            Some((_, sentence)) => sentence.to_owned(),
            None => format!(
                "WhatsApp refused the message: {}.",
                self.title.trim_end_matches('.')
            ),
        }
    }

    /// Whether the customer does not want marketing messages any more.
    pub fn ends_marketing(&self) -> bool {
        self.code == 131_050
    }

    /// How long nothing of the kind may be sent to this customer: 24 hours when WhatsApp limits how many marketing
    /// messages a person gets.
    pub fn rest(&self) -> Option<Duration> {
        (self.code == 131_049).then_some(Duration::from_secs(24 * 3_600))
    }
}

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The same request may succeed later.
    Passing(Throttle),
    /// The customer wrote too long ago: a template may be sent.
    WindowClosed,
    /// This customer cannot be written to, or not so.
    Recipient,
    /// The access token is not accepted, or may not do this.
    Authorisation,
    /// The number, the account or the app must be put in order by an admin.
    Configuration,
    /// The same request will always be refused.
    Permanent,
}

impl Class {
    /// The word for the database: `error_details.class`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passing(_) => "passing",
            Self::WindowClosed => "window_closed",
            Self::Recipient => "recipient",
            Self::Authorisation => "authorisation",
            Self::Configuration => "configuration",
            Self::Permanent => "permanent",
        }
    }

    /// Whether no further attempt can help until somebody does something.
    pub fn is_permanent(self) -> bool {
        !matches!(self, Self::Passing(_))
    }

    /// Whether the channel is broken for every customer.
    pub fn concerns_channel(self) -> bool {
        matches!(self, Self::Authorisation | Self::Configuration)
    }

    /// How long to wait before attempt number `attempt` (the first repetition is 1), as far as WhatsApp says; otherwise
    /// the queue's own waiting holds. To one customer it is 4ⁿ seconds.
    pub fn retry_after(self, attempt: u32) -> Option<Duration> {
        match self {
            // No wait is longer than a day.
            Self::Passing(Throttle::Pair) => {
                Some(Duration::from_secs(4_u64.pow(attempt.min(8)).min(86_400)))
            }
            Self::Passing(Throttle::Maintenance) => Some(Duration::from_secs(60)),
            _ => None,
        }
    }
}

/// What is slowed down until a passing error has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Throttle {
    /// This message only.
    None,
    /// Messages to this customer.
    Pair,
    /// Messages of this number.
    Number,
    /// Every request of the app or the account.
    Account,
    /// The number, for about a minute.
    Maintenance,
}

/// Class and sentence of each code that is known.
fn known(code: i64) -> Option<(Class, &'static str)> {
    use Class::{Authorisation, Configuration, Passing, Permanent, Recipient, WindowClosed};
    Some(match code {
        0 | 190 => (
            Authorisation,
            "WhatsApp no longer accepts the access token of this channel. An admin must connect the channel anew.",
        ),
        3 | 10 | 200..=299 => (
            Authorisation,
            "The access token of this channel lacks a permission. An admin must grant it in Meta's console.",
        ),
        131_005 => (
            Authorisation,
            "The access token of this channel may not send for this number. An admin must grant it access.",
        ),
        1 | 2 | 131_000 | 131_016 | 133_004 => (
            Passing(Throttle::None),
            "WhatsApp has a fault at the moment. The message is sent again by itself.",
        ),
        4 | 80_007 => (
            Passing(Throttle::Account),
            "The account has reached WhatsApp's limit of requests. The message is sent again by itself.",
        ),
        130_429 => (
            Passing(Throttle::Number),
            "More messages were sent at once than WhatsApp allows this number. The message is sent again by itself.",
        ),
        131_056 => (
            Passing(Throttle::Pair),
            "This customer got many messages in a short time. The message is sent again by itself.",
        ),
        131_057 => (
            Passing(Throttle::Maintenance),
            "WhatsApp is working on this number. The message is sent again by itself in a minute.",
        ),
        132_069 => (
            Passing(Throttle::None),
            "The form in this template is limited at the moment. The message is sent again by itself.",
        ),
        131_047 => (
            WindowClosed,
            "The customer's last message is more than 24 hours old. WhatsApp allows a template now, and free text as soon as the customer answers.",
        ),
        131_021 => (
            Recipient,
            "The number of the customer is the number of this channel: nobody can write to himself.",
        ),
        131_026 => (
            Recipient,
            "The message cannot be delivered: the number is not on WhatsApp, uses an old version, or has not accepted its terms. Try another channel.",
        ),
        131_049 => (
            Recipient,
            "WhatsApp held the message back because this customer got many marketing messages. Try again after 24 hours at the earliest.",
        ),
        131_050 => (
            Recipient,
            "The customer does not want marketing messages from this business.",
        ),
        130_472 => (
            Recipient,
            "WhatsApp held the message back because this customer takes part in an experiment. Sending it again does not help.",
        ),
        131_062 => (
            Recipient,
            "A template with a code cannot be sent to a customer whose number is not known.",
        ),
        137_000 => (
            Recipient,
            "The customer has changed the telephone since the last message. Make sure who it is before you write on.",
        ),
        131_030 => (
            Configuration,
            "The channel uses a test number, and this customer is not on its list of recipients.",
        ),
        33 => (
            Configuration,
            "WhatsApp no longer knows the number of this channel. An admin must check the channel.",
        ),
        133_010 => (
            Configuration,
            "The number of this channel is not registered with WhatsApp. An admin must register it.",
        ),
        133_000..=133_016 => (
            Configuration,
            "The registration of this channel's number failed. An admin must check its PIN and state in Meta's console.",
        ),
        131_031 => (
            Configuration,
            "WhatsApp has locked the account. An admin finds the reason in Meta's console.",
        ),
        368 => (
            Configuration,
            "WhatsApp has blocked the account for a breach of its policies. An admin finds the reason in Meta's console.",
        ),
        130_497 => (
            Configuration,
            "This business may not write to customers in this country.",
        ),
        131_037 => (
            Configuration,
            "The display name of the number is not approved yet. An admin must see to it in Meta's console.",
        ),
        131_042 => (
            Configuration,
            "The payment method of the WhatsApp account does not work. An admin must see to it in Meta's console.",
        ),
        131_045 => (
            Configuration,
            "The number of this channel has no valid certificate. An admin must register it anew.",
        ),
        131_048 => (
            Configuration,
            "Too many messages of this number were reported as spam; WhatsApp limits it. Write to people who wait for an answer, and to nobody else for now.",
        ),
        131_055 | 134_100..=134_102 => (
            Configuration,
            "This number may send marketing messages through the marketing interface only.",
        ),
        131_063 => (
            Configuration,
            "Marketing templates are switched off for this number.",
        ),
        131_064 => (
            Configuration,
            "Templates of this account were put into wrong categories too often; WhatsApp limits them.",
        ),
        131_008 => (
            Permanent,
            "WhatsApp misses something in the message. This is a fault of the program: please report it.",
        ),
        100 | 131_009 | 135_000 => (
            Permanent,
            "WhatsApp does not accept a value in the message. Check numbers, links and parameters.",
        ),
        131_051 => (Permanent, "WhatsApp does not know this kind of message."),
        131_052 => (
            Permanent,
            "The file could not be fetched. It may be larger than 100 MB or gone.",
        ),
        131_053 => (
            Permanent,
            "WhatsApp did not accept the file: its content is not of the kind it is declared as, or it is too large.",
        ),
        131_060 => (
            Permanent,
            "The message is not available: the customer's first message came before this number was connected.",
        ),
        132_000 => (
            Permanent,
            "The number of parameters is not that of the template.",
        ),
        132_001 => (
            Permanent,
            "There is no approved template of this name in this language.",
        ),
        132_005 => (Permanent, "The template with its parameters is too long."),
        132_007 => (
            Permanent,
            "A parameter of the template is against WhatsApp's policies.",
        ),
        132_008 | 132_012 => (
            Permanent,
            "A parameter has not the form that the template asks for.",
        ),
        132_015 => (
            Permanent,
            "WhatsApp has paused the template because customers disliked it. Choose another one.",
        ),
        132_016 => (
            Permanent,
            "WhatsApp has disabled the template because customers disliked it. Choose another one.",
        ),
        132_068 => (Permanent, "The form in this template is blocked."),
        139_100..=139_103 => (
            Permanent,
            "WhatsApp could not block or unblock the customer. Customers can be blocked within 24 hours after they wrote.",
        ),
        _ => return None,
    })
}

/// The header Retry-After: seconds, or a date (RFC 9110, 10.2.3). At most a day.
pub fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    const LONGEST: u64 = 86_400;
    let header = header.trim();
    let seconds = match header.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) if header.bytes().all(|byte| byte.is_ascii_digit()) && !header.is_empty() => LONGEST,
        Err(_) => {
            let date = rfc2822::DateTimeParser::new()
                .parse_timestamp(header)
                .ok()?;
            u64::try_from(date.as_second().saturating_sub(now.as_second())).unwrap_or(0)
        }
    };
    Some(Duration::from_secs(seconds.min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: i64) -> GraphError {
        GraphError {
            code,
            title: "Title".to_owned(),
            details: None,
            subcode: None,
            trace_id: None,
            is_transient: false,
        }
    }

    #[test]
    fn the_answer_of_the_api_is_read() {
        let body = br##"{"error":{"message":"(#130429) Rate limit hit","type":"OAuthException","code":130429,"error_subcode":2494055,"error_data":{"messaging_product":"whatsapp","details":"Message failed to send because there were too many messages sent from this phone number in a short period of time"},"fbtrace_id":"Az8or2yhqkZfEZ"}}"##;
        let error = GraphError::from_body(body).expect("an error");
        assert_eq!(error.class(Some(400)), Class::Passing(Throttle::Number));
        assert_eq!(error.trace_id.as_deref(), Some("Az8or2yhqkZfEZ"));
        assert_eq!(error.subcode, Some(2_494_055));
        assert!(error.details.is_some());
        for other in [
            &b"<html>Bad gateway"[..],
            b"{}",
            br#"{"error":"x"}"#,
            br#"{"error":{}}"#,
        ] {
            assert_eq!(GraphError::from_body(other), None);
        }
    }

    /// Each code of the reference and its class.
    #[test]
    fn every_documented_code_has_a_class_and_a_sentence() {
        let passing = |throttle| Class::Passing(throttle);
        let expected: Vec<(&[i64], Class)> = vec![
            (&[0, 190, 3, 10, 200, 299, 131_005], Class::Authorisation),
            (
                &[1, 2, 131_000, 131_016, 133_004, 132_069],
                passing(Throttle::None),
            ),
            (&[4, 80_007], passing(Throttle::Account)),
            (&[130_429], passing(Throttle::Number)),
            (&[131_056], passing(Throttle::Pair)),
            (&[131_057], passing(Throttle::Maintenance)),
            (&[131_047], Class::WindowClosed),
            (
                &[
                    131_021, 131_026, 131_049, 131_050, 130_472, 131_062, 137_000,
                ],
                Class::Recipient,
            ),
            (
                &[
                    33, 368, 130_497, 131_030, 131_031, 131_037, 131_042, 131_045, 131_048,
                    131_055, 131_063, 131_064, 133_000, 133_010, 133_016, 134_100, 134_102,
                ],
                Class::Configuration,
            ),
            (
                &[
                    100, 131_008, 131_009, 131_051, 131_052, 131_053, 131_060, 132_000, 132_001,
                    132_005, 132_007, 132_008, 132_012, 132_015, 132_016, 132_068, 135_000,
                    139_100, 139_103,
                ],
                Class::Permanent,
            ),
        ];
        for (codes, class) in expected {
            for code in codes {
                let found = error(*code);
                assert_eq!(found.class(None), class, "{code}");
                // A known code is not overruled by the status.
                assert_eq!(found.class(Some(500)), class, "{code}");
                let sentence = found.sentence();
                assert!(
                    sentence.ends_with('.') && sentence.len() > 30,
                    "{code}: {sentence}"
                );
                assert!(!sentence.contains("refused the message: Title"), "{code}");
            }
        }
    }

    #[test]
    fn an_unknown_code_is_judged_by_the_status() {
        let unknown = error(999_999);
        for (status, class) in [
            (None, Class::Permanent),
            (Some(400), Class::Permanent),
            (Some(401), Class::Authorisation),
            (Some(403), Class::Configuration),
            (Some(429), Class::Passing(Throttle::Number)),
            (Some(503), Class::Passing(Throttle::None)),
        ] {
            assert_eq!(unknown.class(status), class, "{status:?}");
        }
        let transient = GraphError {
            is_transient: true,
            ..unknown.clone()
        };
        assert!(!transient.class(Some(400)).is_permanent());
        assert_eq!(unknown.sentence(), "WhatsApp refused the message: Title.");
    }

    #[test]
    fn waiting_grows_for_one_customer() {
        let pair = Class::Passing(Throttle::Pair);
        let waits: Vec<u64> = (0..5)
            .filter_map(|attempt| pair.retry_after(attempt))
            .map(|wait| wait.as_secs())
            .collect();
        assert_eq!(waits, [1, 4, 16, 64, 256]);
        assert_eq!(
            pair.retry_after(u32::MAX).map(|wait| wait.as_secs()),
            Some(65_536)
        );
        assert_eq!(Class::Passing(Throttle::Number).retry_after(1), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "1994-11-06T08:49:00Z".parse().expect("a time");
        for (header, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("999999999999999999999999", Some(86_400)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sun, 06 Nov 1994 08:40:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
            ("", None),
        ] {
            assert_eq!(
                retry_after(header, now).map(|wait| wait.as_secs()),
                expected,
                "{header}"
            );
        }
    }

    #[test]
    fn what_follows_for_marketing() {
        assert!(error(131_050).ends_marketing() && !error(131_049).ends_marketing());
        assert_eq!(
            error(131_049).rest().map(|rest| rest.as_secs()),
            Some(86_400)
        );
        assert!(error(190).class(None).concerns_channel());
    }
}
