//! Why a message was not sent, in words, and whether trying again can help.
//!
//! Invariant: every code has an answer. Codes that are not in the table are judged by the HTTP status, and the code and
//! Twilio's own words are kept, because meanings change.

use serde::Serialize;

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Passing: try again by the schedule.
    Retry,
    /// Passing, but slow down.
    SlowDown,
    /// Perhaps passing: try once more.
    RetryOnce,
    /// Passing: the daily quota is used up.
    NextDay,
    /// Permanent for this message.
    GiveUp,
    /// Permanent for this number: do not write to it again.
    BadNumber,
    /// The person does not want messages: nothing until he starts again.
    OptedOut,
    /// Permanent until somebody changes the set-up of the channel.
    FixChannel,
    /// Permanent as it is: send a template instead.
    UseTemplate,
}

impl Advice {
    /// Whether trying again without any change can help.
    pub fn is_passing(self) -> bool {
        matches!(
            self,
            Self::Retry | Self::SlowDown | Self::RetryOnce | Self::NextDay
        )
    }
}

/// An explained failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Twilio's code.
    pub code: Option<u32>,
    /// For the agent.
    pub words: &'static str,
    /// What to do.
    pub advice: Advice,
}

const TABLE: [(u32, &str, Advice); 46] = [
    (
        20003,
        "Twilio did not accept the account's credentials.",
        Advice::FixChannel,
    ),
    (
        20404,
        "Twilio does not know the account or the message.",
        Advice::FixChannel,
    ),
    (
        20429,
        "Too many requests to Twilio at once.",
        Advice::SlowDown,
    ),
    (
        21211,
        "The recipient's number is not valid.",
        Advice::BadNumber,
    ),
    (
        21212,
        "The sender's number is not valid.",
        Advice::FixChannel,
    ),
    (
        21408,
        "Messages to this country are not switched on in the Twilio account.",
        Advice::FixChannel,
    ),
    (
        21602,
        "The message has neither a text nor a file.",
        Advice::GiveUp,
    ),
    (
        21606,
        "The sender's number does not belong to the Twilio account or cannot send this.",
        Advice::FixChannel,
    ),
    (
        21608,
        "A trial account may only write to verified numbers.",
        Advice::FixChannel,
    ),
    (
        21610,
        "The recipient has opted out by STOP.",
        Advice::OptedOut,
    ),
    (
        21611,
        "Too many messages wait at this sender.",
        Advice::SlowDown,
    ),
    (
        21612,
        "There is no route from this sender to this recipient.",
        Advice::GiveUp,
    ),
    (
        21614,
        "The recipient's number is not a mobile phone.",
        Advice::BadNumber,
    ),
    (
        21617,
        "The text is longer than 1600 characters.",
        Advice::GiveUp,
    ),
    (
        21620,
        "A file could not be fetched from its address.",
        Advice::GiveUp,
    ),
    (
        21635,
        "The recipient's number is a landline.",
        Advice::BadNumber,
    ),
    (
        21658,
        "The text is longer than 1600 characters.",
        Advice::GiveUp,
    ),
    (
        21659,
        "The sender's number does not belong to the account, or is a short code of another country.",
        Advice::FixChannel,
    ),
    (
        21660,
        "The sender's number does not belong to the account.",
        Advice::FixChannel,
    ),
    (
        11200,
        "Twilio could not fetch a file or an address of ours.",
        Advice::Retry,
    ),
    (
        12100,
        "Twilio could not read our answer.",
        Advice::FixChannel,
    ),
    (
        12300,
        "Twilio could not use the type of a file or of our answer.",
        Advice::GiveUp,
    ),
    (30001, "Twilio's queue is full.", Advice::SlowDown),
    (
        30002,
        "The Twilio account is suspended.",
        Advice::FixChannel,
    ),
    (
        30003,
        "The phone could not be reached: switched off, without signal, or abroad.",
        Advice::Retry,
    ),
    (
        30004,
        "The carrier or the recipient blocks messages.",
        Advice::GiveUp,
    ),
    (
        30005,
        "The number does not exist or is no longer in use.",
        Advice::BadNumber,
    ),
    (
        30006,
        "The number is a landline or its carrier cannot be reached.",
        Advice::BadNumber,
    ),
    (30007, "The message was filtered as spam.", Advice::GiveUp),
    (
        30008,
        "The carrier reported an unknown error.",
        Advice::RetryOnce,
    ),
    (30009, "A part of the message was lost.", Advice::RetryOnce),
    (
        30010,
        "The message costs more than the allowed price.",
        Advice::GiveUp,
    ),
    (
        30011,
        "The carrier does not take pictures and files.",
        Advice::GiveUp,
    ),
    (
        30012,
        "The message may not wait as long as the carrier needs.",
        Advice::GiveUp,
    ),
    (
        30022,
        "The campaign's rate limit is reached.",
        Advice::SlowDown,
    ),
    (
        30023,
        "The campaign's daily limit is reached; it ends at midnight Pacific time.",
        Advice::NextDay,
    ),
    (
        30024,
        "The sender is not yet registered for this campaign.",
        Advice::Retry,
    ),
    (
        30032,
        "The toll-free number is not verified.",
        Advice::FixChannel,
    ),
    (
        30034,
        "The number is not registered for messages in the United States (A2P 10DLC).",
        Advice::FixChannel,
    ),
    (30410, "The carrier did not answer in time.", Advice::Retry),
    (
        35114,
        "The time of sending is too near or too far away.",
        Advice::GiveUp,
    ),
    (
        35115,
        "The time of sending is not readable.",
        Advice::GiveUp,
    ),
    (
        35117,
        "Sending later needs a messaging service.",
        Advice::FixChannel,
    ),
    (
        63016,
        "The customer last wrote more than 24 hours ago: only a template may be sent.",
        Advice::UseTemplate,
    ),
    (63018, "WhatsApp's rate limit is reached.", Advice::SlowDown),
    (
        63024,
        "The recipient cannot be reached by WhatsApp.",
        Advice::BadNumber,
    ),
];

/// Explains a failure by Twilio's code and, for a refused request, its HTTP status.
pub fn explain(code: Option<u32>, http_status: Option<u16>) -> Explanation {
    if let Some(code) = code
        && let Some((_, words, advice)) = TABLE.iter().find(|(known, _, _)| *known == code)
    {
        return Explanation {
            code: Some(code),
            words,
            advice: *advice,
        };
    }
    let (words, advice) = match http_status {
        Some(401 | 403) => (
            "Twilio did not accept the account's credentials.",
            Advice::FixChannel,
        ),
        Some(404) => (
            "Twilio does not know the account or the message.",
            Advice::FixChannel,
        ),
        Some(429) => ("Too many requests to Twilio at once.", Advice::SlowDown),
        Some(408 | 500..=599) => ("Twilio is not available at the moment.", Advice::Retry),
        Some(400..=499) => ("Twilio refused the message.", Advice::GiveUp),
        _ => (
            "The message was not delivered, for a reason that is not known.",
            Advice::RetryOnce,
        ),
    };
    Explanation {
        code,
        words,
        advice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_explained_once() {
        for (index, (code, words, _)) in TABLE.iter().enumerate() {
            assert!(words.ends_with('.'), "{code}");
            assert!(
                TABLE[..index].iter().all(|(other, _, _)| other != code),
                "{code}"
            );
            assert_eq!(explain(Some(*code), Some(400)).words, *words);
        }
    }

    #[test]
    fn permanent_and_passing() {
        for code in [
            30001, 30003, 30008, 30022, 30023, 30410, 20429, 21611, 63018,
        ] {
            assert!(explain(Some(code), None).advice.is_passing(), "{code}");
        }
        for code in [
            30002, 30004, 30005, 30006, 30007, 30010, 30011, 30012, 21610, 21211, 21614, 21408,
            21612, 21617, 20003, 63016, 63024,
        ] {
            assert!(!explain(Some(code), None).advice.is_passing(), "{code}");
        }
        assert_eq!(explain(Some(21610), Some(400)).advice, Advice::OptedOut);
    }

    #[test]
    fn unknown_codes_are_judged_by_the_status() {
        assert_eq!(explain(Some(99999), Some(400)).advice, Advice::GiveUp);
        assert_eq!(explain(None, Some(503)).advice, Advice::Retry);
        assert_eq!(explain(None, Some(429)).advice, Advice::SlowDown);
        assert_eq!(explain(None, Some(401)).advice, Advice::FixChannel);
        assert_eq!(explain(Some(99999), None).code, Some(99999));
        assert_eq!(explain(None, None).advice, Advice::RetryOnce);
    }
}
