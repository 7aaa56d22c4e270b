//! A message of a customer, as Twilio posts it.
//!
//! Invariant: parameters that are not known change nothing; those that are needed and missing are named. The message is
//! for us only if its account is the configured one. What a file claims to be is not believed: its bytes decide later.

use serde::Serialize;
use thiserror::Error;

use super::form::Form;
use super::number::{Carrier, Party};
use super::opt_out::{self, OptOutWord, OptOutWords};

/// Most files of a message. Twilio allows ten.
const MEDIA_LIMIT: usize = 10;

/// Why a request is no message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InboundError {
    /// A parameter without which there is no message.
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    /// Meant for somebody else.
    #[error("the message belongs to another account")]
    OtherAccount,
}

/// A file that waits at Twilio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Media {
    /// Where it is. Credentials are sent to `api.twilio.com` only, never to where this redirects.
    pub url: String,
    /// Media type that the sender claims.
    pub claimed_type: String,
}

impl Media {
    /// Whether the account's credentials may be sent to the file's address.
    pub fn may_get_credentials(&self) -> bool {
        url::Url::parse(&self.url).is_ok_and(|url| {
            url.scheme() == "https"
                && url.host_str() == Some("api.twilio.com")
                && url.port().is_none()
        })
    }
}

/// A place that a customer shared by WhatsApp.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Its address.
    pub address: Option<String>,
    /// Its name.
    pub label: Option<String>,
}

/// A button that a customer pressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Button {
    /// What it says.
    pub text: String,
    /// What we put behind it.
    pub payload: Option<String>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InboundMessage {
    /// `SM…` or `MM…`: a message that arrives again has the same.
    pub sid: String,
    /// Network.
    pub carrier: Carrier,
    /// Who wrote.
    pub from: Party,
    /// Our number.
    pub to: Party,
    /// Messaging service that our number belongs to.
    pub messaging_service: Option<String>,
    /// Text as sent, blanks included.
    pub text: String,
    /// Files.
    pub media: Vec<Media>,
    /// How many messages the text was for the carrier.
    pub segments: Option<u32>,
    /// Whether the whole text is a word that stops, starts or explains.
    pub opt_out: Option<OptOutWord>,
    /// Whether Twilio itself has answered that word (Advanced Opt-Out).
    pub opt_out_answered: bool,
    /// Name that the sender gave himself.
    pub profile_name: Option<String>,
    /// Country by the number, two letters.
    pub country: Option<String>,
    /// Shared place.
    pub place: Option<Place>,
    /// Pressed button.
    pub button: Option<Button>,
    /// The message that this one answers.
    pub replied_to: Option<String>,
}

impl InboundMessage {
    /// Reads a message for `account`.
    pub fn parse(form: &Form, account: &str, words: &OptOutWords) -> Result<Self, InboundError> {
        if form
            .filled("AccountSid")
            .ok_or(InboundError::Missing("AccountSid"))?
            != account
        {
            return Err(InboundError::OtherAccount);
        }
        let sid = ["MessageSid", "SmsMessageSid", "SmsSid"]
            .iter()
            .find_map(|name| form.text(name))
            .ok_or(InboundError::Missing("MessageSid"))?;
        let from = form.filled("From").ok_or(InboundError::Missing("From"))?;
        let to = form.filled("To").ok_or(InboundError::Missing("To"))?;
        let (carrier, from) = Party::parse(from);
        let (_, to) = Party::parse(to);
        let text = form.text("Body").unwrap_or_default();
        let declared = form.filled("OptOutType").and_then(OptOutWord::parse);
        Ok(Self {
            opt_out: declared.or_else(|| opt_out::read(&text, &to, words)),
            opt_out_answered: declared.is_some(),
            media: media(form),
            place: place(form),
            button: form.text("ButtonText").map(|text| Button {
                text,
                payload: form.text("ButtonPayload"),
            }),
            messaging_service: form.text("MessagingServiceSid"),
            segments: form.get("NumSegments").and_then(|count| count.parse().ok()),
            profile_name: form.text("ProfileName"),
            country: form.text("FromCountry"),
            replied_to: form.text("OriginalRepliedMessageSid"),
            sid,
            carrier,
            from,
            to,
            text,
        })
    }
}

fn media(form: &Form) -> Vec<Media> {
    let count = form
        .get("NumMedia")
        .and_then(|count| count.parse::<usize>().ok())
        .unwrap_or(0);
    (0..count.min(MEDIA_LIMIT))
        .filter_map(|index| {
            Some(Media {
                url: form.text(&format!("MediaUrl{index}"))?,
                claimed_type: form
                    .text(&format!("MediaContentType{index}"))
                    .unwrap_or_else(|| "application/octet-stream".to_owned()),
            })
        })
        .collect()
}

fn place(form: &Form) -> Option<Place> {
    let degrees = |name: &str, limit: f64| {
        let value: f64 = form.get(name)?.parse().ok()?;
        (value.abs() <= limit).then_some(value)
    };
    Some(Place {
        latitude: degrees("Latitude", 90.0)?,
        longitude: degrees("Longitude", 180.0)?,
        address: form.text("Address"),
        label: form.text("Label"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "AC00000000000000000000000000000001";

    fn parse(encoded: &str) -> Result<InboundMessage, InboundError> {
        let form = Form::parse(encoded.as_bytes());
        InboundMessage::parse(&form, ACCOUNT, &OptOutWords::default())
    }

    const HEAD: &str = "AccountSid=AC00000000000000000000000000000001&MessageSid=SM00000000000000000000000000000001&From=%2B14155550100&To=%2B14155550199";

    #[test]
    fn a_message_with_files() {
        let message = parse(&format!(
            "{HEAD}&Body=+%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82+&NumMedia=3&NumSegments=1&FromCountry=US&FromCity=&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2Fa&MediaContentType0=image%2Fjpeg&MediaUrl1=https%3A%2F%2Fapi.twilio.com.evil.example%2Fb&MediaUrl9=x&SomethingNew=1"
        ))
        .unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&message).unwrap());
        assert!(message.media[0].may_get_credentials());
        assert!(!message.media[1].may_get_credentials());
    }

    #[test]
    fn credentials_go_to_one_host_only() {
        for url in [
            "http://api.twilio.com/a",
            "https://api.twilio.com:444/a",
            "https://api.twilio.com@evil.example/",
            "https://evil.example/api.twilio.com",
            "x",
        ] {
            let media = Media {
                url: url.to_owned(),
                claimed_type: String::new(),
            };
            assert!(!media.may_get_credentials(), "{url}");
        }
    }

    #[test]
    fn a_message_by_whatsapp() {
        let message = parse(
            "AccountSid=AC00000000000000000000000000000001&SmsMessageSid=SM1&From=whatsapp%3A%2B14155550100&To=whatsapp%3A%2B14155550199&ProfileName=Anna&Latitude=55.75&Longitude=37.6&Label=Office&ButtonText=Yes&ButtonPayload=yes-1&OriginalRepliedMessageSid=SM0",
        )
        .unwrap();
        assert_eq!(message.carrier, Carrier::Whatsapp);
        assert_eq!(message.from.as_str(), "+14155550100");
        assert_eq!(
            message.place.as_ref().map(|place| place.latitude),
            Some(55.75)
        );
        assert_eq!(
            message
                .button
                .as_ref()
                .and_then(|button| button.payload.as_deref()),
            Some("yes-1")
        );
        assert_eq!(message.replied_to.as_deref(), Some("SM0"));
        assert_eq!(
            parse(&format!("{HEAD}&Latitude=NaN&Longitude=1"))
                .unwrap()
                .place,
            None
        );
        assert_eq!(
            parse(&format!("{HEAD}&Latitude=91&Longitude=1"))
                .unwrap()
                .place,
            None
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(parse(""), Err(InboundError::Missing("AccountSid")));
        assert_eq!(
            parse("AccountSid=AC2&MessageSid=SM1"),
            Err(InboundError::OtherAccount)
        );
        let account = format!("AccountSid={ACCOUNT}");
        assert_eq!(parse(&account), Err(InboundError::Missing("MessageSid")));
        assert_eq!(
            parse(&format!("{account}&SmsSid=SM1")),
            Err(InboundError::Missing("From"))
        );
        assert_eq!(
            parse(&format!("{account}&SmsSid=SM1&From=%2B12")),
            Err(InboundError::Missing("To"))
        );
    }

    #[test]
    fn words_that_stop() {
        let message = parse(&format!("{HEAD}&Body=Stop%0A")).unwrap();
        assert_eq!(
            (message.opt_out, message.opt_out_answered),
            (Some(OptOutWord::Stop), false)
        );
        let message = parse(&format!("{HEAD}&Body=Genug&OptOutType=STOP")).unwrap();
        assert_eq!(
            (message.opt_out, message.opt_out_answered),
            (Some(OptOutWord::Stop), true)
        );
        assert_eq!(
            parse(&format!("{HEAD}&Body=do+not+stop")).unwrap().opt_out,
            None
        );
    }

    #[test]
    fn nul_is_dropped() {
        assert_eq!(parse(&format!("{HEAD}&Body=a%00b")).unwrap().text, "ab");
    }
}
