//! Requests to Twilio's REST API (2010-04-01).
//!
//! Invariant: a request that leaves this module is complete and within Twilio's limits; what would be refused for sure
//! is refused here, with a reason. An identifier goes into a path only after it was checked.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::Url;

use super::number::E164;
use super::segment::TEXT_LIMIT;
use super::status::OWN_ID_PARAMETER;
use crate::request::{Body, HeaderError, Method, OutboundRequest};

/// Base URL of the API.
pub const BASE_URL: &str = "https://api.twilio.com";
/// Most files of a message.
pub const MEDIA_LIMIT: usize = 10;
/// Longest time (seconds) that Twilio keeps a message in its queue.
pub const VALIDITY_LIMIT_SECONDS: u32 = 36_000;
/// A message to be sent later must be at least so far away; Twilio's older documents say 15 minutes.
pub const SCHEDULE_MINIMUM: SignedDuration = SignedDuration::from_secs(300);
/// And at most so far.
pub const SCHEDULE_MAXIMUM: SignedDuration = SignedDuration::from_hours(35 * 24);

/// Why there is no request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OutboundError {
    /// Two letters and 32 hexadecimal digits.
    #[error("{0:?} is not an identifier of Twilio")]
    Sid(String),
    /// Nothing to send.
    #[error("a message needs a text or a file")]
    Empty,
    /// See [`super::segment::split`].
    #[error("the text has {0} characters; {TEXT_LIMIT} are allowed in one message")]
    TooLong(usize),
    /// More than [`MEDIA_LIMIT`].
    #[error("a message has at most 10 files")]
    TooManyFiles,
    /// Twilio fetches files, so their address has to be public.
    #[error("the address of a file must be a public https address")]
    MediaUrl,
    /// Underscores in the host are refused by Twilio.
    #[error("the address for reports must be an https address without underscores in its host")]
    StatusCallback,
    /// A single number cannot send later.
    #[error("sending later needs a messaging service")]
    ScheduleNeedsService,
    /// Outside of five minutes to 35 days.
    #[error("a message can be scheduled five minutes to 35 days ahead")]
    ScheduleTime,
    /// Outside of 1 to 36,000 seconds.
    #[error("a message can wait 1 to 36000 seconds")]
    Validity,
    /// The sender is neither a number, a short code nor a name of up to 11 letters and digits.
    #[error("{0:?} is not a sender")]
    Sender(String),
    /// A header could not be written.
    #[error("a credential contains characters that are not allowed")]
    Header(#[from] HeaderError),
}

/// Identifier of Twilio, such as `AC…` for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sid(String);

impl Sid {
    /// Reads an identifier of the kind that its two letters say: `AC`, `SK`, `SM`, `MM`, `MG`, `ME`.
    pub fn parse(text: &str, kinds: &[&str]) -> Result<Self, OutboundError> {
        let valid = text.len() == 34
            && kinds.iter().any(|kind| text.starts_with(kind))
            && text[2..].bytes().all(|byte| byte.is_ascii_hexdigit());
        valid
            .then(|| Self(text.to_owned()))
            .ok_or_else(|| OutboundError::Sid(text.to_owned()))
    }

    /// The identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An account and what opens it.
#[derive(Debug, Clone)]
pub struct Account {
    /// `AC…`
    pub sid: Sid,
    /// The account's own identifier, or that of an API key (`SK…`).
    pub user: Sid,
    /// Auth token, or the secret of the API key.
    pub secret: SecretString,
}

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// A number, a short code or a name.
    Number(String),
    /// A messaging service, which chooses the number and keeps its own list of opt-outs.
    Service {
        /// `MG…`
        sid: Sid,
        /// One number of it.
        from: Option<E164>,
    },
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// To whom.
    pub to: E164,
    /// Whether it goes by WhatsApp instead of SMS.
    pub by_whatsapp: bool,
    /// Who sends.
    pub sender: Sender,
    /// Text.
    pub text: String,
    /// Public addresses of files.
    pub media: Vec<String>,
    /// Where reports go. Our own id of the message is added to its query.
    pub status_callback: Option<Url>,
    /// Our own id of the message.
    pub own_id: uuid::Uuid,
    /// When Twilio shall send it; at once when nothing.
    pub send_at: Option<Timestamp>,
    /// How long (seconds) it may wait at Twilio.
    pub validity_seconds: Option<u32>,
}

impl Account {
    /// The request that sends a message. Twilio has no idempotency key: when its answer is lost, look the message up by
    /// [`Account::find_messages`] before sending again.
    pub fn send(
        &self,
        message: &Message,
        now: Timestamp,
    ) -> Result<OutboundRequest, OutboundError> {
        let length = message.text.encode_utf16().count();
        if length > TEXT_LIMIT {
            return Err(OutboundError::TooLong(length));
        }
        if message.text.trim().is_empty() && message.media.is_empty() {
            return Err(OutboundError::Empty);
        }
        if message.media.len() > MEDIA_LIMIT {
            return Err(OutboundError::TooManyFiles);
        }
        let prefix = if message.by_whatsapp { "whatsapp:" } else { "" };
        let mut fields = vec![("To", format!("{prefix}{}", message.to))];
        match &message.sender {
            Sender::Number(number) => {
                if !is_sender(number) {
                    return Err(OutboundError::Sender(number.clone()));
                }
                fields.push(("From", format!("{prefix}{number}")));
            }
            Sender::Service { sid, from } => {
                fields.push(("MessagingServiceSid", sid.to_string()));
                if let Some(number) = from {
                    fields.push(("From", format!("{prefix}{number}")));
                }
            }
        }
        if !message.text.is_empty() {
            fields.push(("Body", message.text.clone()));
        }
        for file in &message.media {
            let public =
                Url::parse(file).is_ok_and(|url| url.scheme() == "https" && url.has_host());
            if !public {
                return Err(OutboundError::MediaUrl);
            }
            fields.push(("MediaUrl", file.clone()));
        }
        if let Some(url) = &message.status_callback {
            fields.push(("StatusCallback", status_callback(url, message.own_id)?));
        }
        if let Some(seconds) = message.validity_seconds {
            if !(1..=VALIDITY_LIMIT_SECONDS).contains(&seconds) {
                return Err(OutboundError::Validity);
            }
            fields.push(("ValidityPeriod", seconds.to_string()));
        }
        if let Some(at) = message.send_at {
            if !matches!(message.sender, Sender::Service { .. }) {
                return Err(OutboundError::ScheduleNeedsService);
            }
            let ahead = at.duration_since(now);
            if ahead <= SCHEDULE_MINIMUM || ahead > SCHEDULE_MAXIMUM {
                return Err(OutboundError::ScheduleTime);
            }
            fields.push(("ScheduleType", "fixed".to_owned()));
            fields.push(("SendAt", at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()));
        }
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        self.request(Method::Post, "/Messages.json", Body::Form(fields))
    }

    /// Takes back a message that is scheduled.
    pub fn cancel(&self, message: &Sid) -> Result<OutboundRequest, OutboundError> {
        let fields = vec![("Status".to_owned(), "canceled".to_owned())];
        self.request(
            Method::Post,
            &format!("/Messages/{message}.json"),
            Body::Form(fields),
        )
    }

    /// Asks for the state of a message, when reports stay away.
    pub fn fetch(&self, message: &Sid) -> Result<OutboundRequest, OutboundError> {
        self.request(
            Method::Get,
            &format!("/Messages/{message}.json"),
            Body::Empty,
        )
    }

    /// Messages to a number on a day (UTC): whether one was taken whose answer was lost.
    pub fn find_messages(
        &self,
        to: &E164,
        from: Option<&E164>,
        day: jiff::civil::Date,
    ) -> Result<OutboundRequest, OutboundError> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("To", to.as_str());
        if let Some(from) = from {
            query.append_pair("From", from.as_str());
        }
        query.append_pair("DateSent", &day.to_string());
        let path = format!("/Messages.json?{}", query.finish());
        self.request(Method::Get, &path, Body::Empty)
    }

    /// Fetches a file of a message from its address. Only for an address that may have the credentials, see
    /// [`super::inbound::Media::may_get_credentials`]; where it redirects to gets none.
    pub fn fetch_media(&self, url: &str) -> Result<OutboundRequest, OutboundError> {
        Ok(OutboundRequest::to_url(Method::Get, url, Body::Empty)
            .with_secret_header("Authorization", &self.authorization())?)
    }

    /// Deletes a file of a message after it was copied.
    pub fn delete_media(
        &self,
        message: &Sid,
        media: &Sid,
    ) -> Result<OutboundRequest, OutboundError> {
        let path = format!("/Messages/{message}/Media/{media}.json");
        self.request(Method::Delete, &path, Body::Empty)
    }

    /// The account itself: whether the credentials are right. The answer's `status` must be `active`.
    pub fn check_account(&self) -> Result<OutboundRequest, OutboundError> {
        self.request(Method::Get, ".json", Body::Empty)
    }

    /// Our number in the account: whether it is there and can send, and which webhook it has.
    pub fn check_number(&self, number: &E164) -> Result<OutboundRequest, OutboundError> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("PhoneNumber", number.as_str())
            .finish();
        self.request(
            Method::Get,
            &format!("/IncomingPhoneNumbers.json?{query}"),
            Body::Empty,
        )
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<OutboundRequest, OutboundError> {
        let path = format!("/2010-04-01/Accounts/{}{path}", self.sid);
        Ok(OutboundRequest::to_path(method, path, body)
            .with_header("Accept", "application/json")?
            .with_secret_header("Authorization", &self.authorization())?)
    }

    fn authorization(&self) -> SecretString {
        let credentials = format!("{}:{}", self.user, self.secret.expose_secret());
        SecretString::from(format!("Basic {}", STANDARD.encode(credentials)))
    }
}

/// Our own id becomes part of the URL that Twilio signs.
fn status_callback(url: &Url, own_id: uuid::Uuid) -> Result<String, OutboundError> {
    let host = url.host_str().unwrap_or_default();
    if url.scheme() != "https" || host.is_empty() || host.contains('_') {
        return Err(OutboundError::StatusCallback);
    }
    let mut url = url.clone();
    url.query_pairs_mut()
        .append_pair(OWN_ID_PARAMETER, &own_id.to_string());
    Ok(url.into())
}

fn is_sender(text: &str) -> bool {
    let short_code = matches!(text.len(), 5 | 6) && text.bytes().all(|byte| byte.is_ascii_digit());
    let name = (1..=11).contains(&text.len())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'_' | b'&' | b'+')
        });
    short_code || name || E164::parse(text).is_ok_and(|number| number.as_str() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AC: &str = "AC00000000000000000000000000000001";
    const MG: &str = "MG00000000000000000000000000000002";
    const SM: &str = "SM00000000000000000000000000000003";
    const ME: &str = "ME00000000000000000000000000000004";

    fn account() -> Account {
        Account {
            sid: Sid::parse(AC, &["AC"]).unwrap(),
            user: Sid::parse(AC, &["AC", "SK"]).unwrap(),
            secret: "auth-token".into(),
        }
    }

    fn message() -> Message {
        Message {
            to: E164::parse("+14155550100").unwrap(),
            by_whatsapp: false,
            sender: Sender::Number("+14155550199".to_owned()),
            text: "Привет & ok".to_owned(),
            media: Vec::new(),
            status_callback: None,
            own_id: uuid::Uuid::from_u128(7),
            send_at: None,
            validity_seconds: None,
        }
    }

    fn now() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    /// A request as it goes over the wire.
    fn wire(request: &OutboundRequest) -> String {
        let body = request.body.encode().map(|(kind, bytes)| {
            format!(
                "{kind}\n{}",
                String::from_utf8_lossy(&bytes).replace('&', "\n&")
            )
        });
        format!(
            "{} {BASE_URL}{}\nAuthorization: {}\n{}",
            request.method.as_str(),
            request.target.as_str(),
            request.header("authorization").unwrap_or_default(),
            body.unwrap_or_default()
        )
    }

    #[test]
    fn a_plain_message() {
        insta::assert_snapshot!(wire(&account().send(&message(), now()).unwrap()));
    }

    #[test]
    fn a_message_with_everything() {
        let full = Message {
            sender: Sender::Service {
                sid: Sid::parse(MG, &["MG"]).unwrap(),
                from: Some(E164::parse("+14155550199").unwrap()),
            },
            media: vec![
                "https://files.example.com/1?sig=a%2Fb".to_owned(),
                "https://files.example.com/2".to_owned(),
            ],
            status_callback: Some(
                Url::parse("https://support.example.com/webhooks/twilio/status?inbox=7").unwrap(),
            ),
            send_at: Some("2026-01-03T00:00:00.5Z".parse().unwrap()),
            validity_seconds: Some(3600),
            ..message()
        };
        insta::assert_snapshot!(wire(&account().send(&full, now()).unwrap()));
    }

    #[test]
    fn what_twilio_would_refuse() {
        let refused = |change: &dyn Fn(&mut Message)| {
            let mut changed = message();
            change(&mut changed);
            account().send(&changed, now()).unwrap_err()
        };
        assert_eq!(
            refused(&|message| message.text = " ".to_owned()),
            OutboundError::Empty
        );
        assert_eq!(
            refused(&|message| message.text = "a".repeat(1601)),
            OutboundError::TooLong(1601)
        );
        assert_eq!(
            refused(&|message| message.media = vec!["https://e.com/1".to_owned(); 11]),
            OutboundError::TooManyFiles
        );
        for url in ["http://e.com/1", "file:///etc/passwd", "x", ""] {
            assert_eq!(
                refused(&|message| message.media = vec![url.to_owned()]),
                OutboundError::MediaUrl
            );
        }
        for url in ["http://e.com/", "https://my_host.example.com/"] {
            assert_eq!(
                refused(&|message| message.status_callback = Url::parse(url).ok()),
                OutboundError::StatusCallback
            );
        }
        let later = "2026-01-03T00:00:00Z".parse().ok();
        assert_eq!(
            refused(&|message| message.send_at = later),
            OutboundError::ScheduleNeedsService
        );
        for at in [
            "2026-01-02T03:09:05Z",
            "2026-02-07T03:04:05Z",
            "2025-01-01T00:00:00Z",
        ] {
            let error = refused(&|message| {
                message.sender = Sender::Service {
                    sid: Sid::parse(MG, &["MG"]).unwrap(),
                    from: None,
                };
                message.send_at = at.parse().ok();
            });
            let expected = if at.starts_with("2026-02-07") {
                at > "2026-02-06T03:04:05Z"
            } else {
                true
            };
            assert!(expected && error == OutboundError::ScheduleTime, "{at}");
        }
        for seconds in [0, 36_001] {
            assert_eq!(
                refused(&|message| message.validity_seconds = Some(seconds)),
                OutboundError::Validity
            );
        }
        for sender in [
            "",
            "1234",
            "a name that is long",
            "+0123",
            "+1 415 555 0199",
            "Ümlaut",
        ] {
            assert_eq!(
                refused(&|message| message.sender = Sender::Number(sender.to_owned())),
                OutboundError::Sender(sender.to_owned())
            );
        }
        for sender in ["12345", "MyBank", "+14155550199"] {
            let message = Message {
                sender: Sender::Number(sender.to_owned()),
                ..message()
            };
            assert!(account().send(&message, now()).is_ok());
        }
    }

    #[test]
    fn the_other_requests() {
        let account = account();
        let sid = Sid::parse(SM, &["SM", "MM"]).unwrap();
        let to = E164::parse("+14155550100").unwrap();
        let requests = [
            account.cancel(&sid),
            account.fetch(&sid),
            account.find_messages(
                &to,
                Some(&E164::parse("+14155550199").unwrap()),
                jiff::civil::date(2026, 1, 2),
            ),
            account.delete_media(&sid, &Sid::parse(ME, &["ME"]).unwrap()),
            account.check_account(),
            account.check_number(&to),
        ];
        let all: Vec<String> = requests
            .into_iter()
            .map(|request| wire(&request.unwrap()))
            .collect();
        insta::assert_snapshot!(all.join("\n\n"));
    }

    #[test]
    fn identifiers_and_secrets() {
        for text in [
            "",
            AC,
            "SM0000000000000000000000000000000/",
            "SM../../../../../../../../../../..",
            "SMя000000000000000000000000000000",
        ] {
            assert!(Sid::parse(text, &["SM"]).is_err(), "{text}");
        }
        let debug = format!("{:?} {:?}", account(), account().check_account().unwrap());
        assert!(
            !debug.contains("auth-token") && !debug.contains("Basic"),
            "{debug}"
        );
    }
}
