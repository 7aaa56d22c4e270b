//! What Twilio answers to our requests.
//!
//! Invariant: every answer becomes "taken, with this identifier" or a failure with words and advice, whatever its body
//! is.

use serde::{Deserialize, Serialize};

use super::error_code::{self, Explanation};
use super::status::Status;

/// A message that Twilio took, or its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// `SM…` or `MM…`.
    pub sid: String,
    /// State; a taken message without a readable one counts as queued.
    pub status: Status,
    /// Segments that Twilio counts; 0 while a messaging service has not chosen the number.
    pub segments: Option<u32>,
    /// Reason of a message that failed later.
    pub failure: Option<Explanation>,
}

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// HTTP status.
    pub http_status: u16,
    /// What it means and what to do.
    pub explanation: Explanation,
    /// Twilio's own words, at most 500 characters.
    pub message: Option<String>,
}

#[derive(Deserialize)]
struct Resource {
    sid: Option<String>,
    status: Option<serde_json::Value>,
    num_segments: Option<String>,
    error_code: Option<u32>,
    code: Option<u32>,
    message: Option<String>,
}

/// Reads the answer to sending, fetching or cancelling a message.
pub fn read_message(http_status: u16, body: &[u8]) -> Result<Taken, Refused> {
    let resource: Option<Resource> = serde_json::from_slice(body).ok();
    let refused = |code, message: Option<&String>| Refused {
        http_status,
        explanation: error_code::explain(code, Some(http_status)),
        message: message.map(|text| {
            text.chars()
                .filter(|found| !found.is_control())
                .take(500)
                .collect()
        }),
    };
    let Some(resource) = resource else {
        return Err(refused(None, None));
    };
    match resource.sid {
        Some(sid) if (200..300).contains(&http_status) => Ok(Taken {
            sid,
            status: resource
                .status
                .as_ref()
                .and_then(|word| Status::parse(word.as_str()?))
                .unwrap_or(Status::Queued),
            segments: resource.num_segments.and_then(|count| count.parse().ok()),
            failure: resource
                .error_code
                .map(|code| error_code::explain(Some(code), None)),
        }),
        _ => Err(refused(resource.code, resource.message.as_ref())),
    }
}

/// What the check of a channel found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NumberCheck {
    /// Whether the number sends and receives texts.
    pub can_sms: bool,
    /// Whether it sends and receives files.
    pub can_mms: bool,
    /// Webhook that is set for it.
    pub sms_url: Option<String>,
}

/// Reads the answer to [`super::outbound::Account::check_number`]; nothing when the account does not have the number.
pub fn read_number(http_status: u16, body: &[u8]) -> Result<Option<NumberCheck>, Refused> {
    #[derive(Deserialize)]
    struct List {
        incoming_phone_numbers: Vec<Number>,
    }
    #[derive(Deserialize)]
    struct Number {
        #[serde(default)]
        capabilities: Capabilities,
        sms_url: Option<String>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Capabilities {
        #[serde(alias = "SMS")]
        sms: bool,
        #[serde(alias = "MMS")]
        mms: bool,
    }
    if let (200, Ok(list)) = (http_status, serde_json::from_slice::<List>(body)) {
        return Ok(list
            .incoming_phone_numbers
            .into_iter()
            .next()
            .map(|number| NumberCheck {
                can_sms: number.capabilities.sms,
                can_mms: number.capabilities.mms,
                sms_url: number.sms_url.filter(|url| !url.is_empty()),
            }));
    }
    Err(read_message(http_status, body)
        .err()
        .unwrap_or_else(|| Refused {
            http_status,
            explanation: error_code::explain(None, Some(http_status)),
            message: None,
        }))
}

#[cfg(test)]
mod tests {
    use super::super::error_code::Advice;
    use super::*;

    #[test]
    fn taken_messages() {
        let taken = read_message(201, br#"{"sid":"SM1","status":"accepted","num_segments":"0","error_code":null,"price":null}"#).unwrap();
        assert_eq!(
            (taken.sid.as_str(), taken.status, taken.segments),
            ("SM1", Status::Accepted, Some(0))
        );
        let failed = read_message(
            200,
            br#"{"sid":"SM1","status":"undelivered","error_code":30003}"#,
        )
        .unwrap();
        assert_eq!(failed.failure.unwrap().advice, Advice::Retry);
        assert_eq!(
            read_message(201, br#"{"sid":"SM1","status":"new"}"#)
                .unwrap()
                .status,
            Status::Queued
        );
    }

    #[test]
    fn refused_messages() {
        let refused = read_message(400, br#"{"code":21610,"message":"Attempt to send to\nunsubscribed recipient","more_info":"x","status":400}"#).unwrap_err();
        assert_eq!(refused.explanation.advice, Advice::OptedOut);
        assert_eq!(
            refused.message.as_deref(),
            Some("Attempt to send tounsubscribed recipient")
        );
        assert_eq!(
            read_message(429, br#"{"code":20429}"#)
                .unwrap_err()
                .explanation
                .advice,
            Advice::SlowDown
        );
        assert_eq!(
            read_message(503, b"<html>").unwrap_err().explanation.advice,
            Advice::Retry
        );
        assert_eq!(
            read_message(201, b"{}").unwrap_err().explanation.advice,
            Advice::RetryOnce
        );
        assert_eq!(
            read_message(401, b"").unwrap_err().explanation.advice,
            Advice::FixChannel
        );
    }

    #[test]
    fn numbers_of_the_account() {
        let found = read_number(200, br#"{"incoming_phone_numbers":[{"phone_number":"+1","capabilities":{"sms":true,"mms":false,"voice":true},"sms_url":""}]}"#).unwrap().unwrap();
        assert_eq!(
            found,
            NumberCheck {
                can_sms: true,
                can_mms: false,
                sms_url: None
            }
        );
        assert_eq!(
            read_number(200, br#"{"incoming_phone_numbers":[]}"#).unwrap(),
            None
        );
        assert_eq!(
            read_number(401, br#"{"code":20003}"#)
                .unwrap_err()
                .explanation
                .advice,
            Advice::FixChannel
        );
        assert!(read_number(200, b"[]").is_err());
    }
}
