//! How an attempt ended.
//!
//! Invariant: "not sent" and "not known" are different ends, and only the first may be followed by another attempt.

use std::time::Duration;

use jiff::Timestamp;
use romashka_channels::email::smtp_reply::{Fate, after_lost_connection, wait_after};
use romashka_channels::integration::{self, Judgement};
use romashka_channels::sms::error_code::Advice;
use romashka_channels::sms::reply;
use romashka_channels::whatsapp::answer::{SendFailure, read_answer};
use romashka_channels::whatsapp::errors::{Class, Throttle, retry_after};
use serde_json::{Value, json};

use crate::mail::settings::PlaceError;
use crate::mail::smtp::SendError;
use crate::mail::tokens::TokenError;
use crate::providers::opt_outs::OPTED_OUT;
use crate::providers::provider::{Exchange, ExchangeError};

const LOST: &str = "The provider's answer was lost, so it is not known whether this message was sent. A report of the provider will tell; until then do not send it again unasked.";

/// Why a message was not sent, for the agent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failure {
    code: Value,
    class: &'static str,
    message: String,
    details: Option<String>,
    /// What may be sent instead.
    templates: Option<Box<Value>>,
}

impl Failure {
    pub(super) fn new(
        code: impl Into<Value>,
        class: &'static str,
        message: impl Into<String>,
    ) -> Failure {
        Failure {
            code: code.into(),
            class,
            message: message.into(),
            details: None,
            templates: None,
        }
    }

    /// Whether only a template may be sent now.
    pub(super) fn is_window_closed(&self) -> bool {
        self.class == "window_closed"
    }

    /// Whether Twilio refused it because the recipient has opted out.
    pub(super) fn is_opted_out(&self) -> bool {
        self.code == json!(OPTED_OUT)
    }

    pub(super) fn with_templates(self, templates: Value) -> Failure {
        Failure {
            templates: Some(Box::new(templates)),
            ..self
        }
    }

    pub(super) fn with_details(self, details: Option<String>) -> Failure {
        Failure { details, ..self }
    }

    /// In words.
    pub(super) fn words(&self) -> &str {
        &self.message
    }

    /// As it is stored in `error_details`.
    pub(super) fn document(&self) -> Value {
        let mut document = json!({
            "code": self.code,
            "class": self.class,
            "message": self.message,
            "details": self.details,
        });
        if let Some(templates) = &self.templates {
            document["templates"] = Value::clone(templates);
        }
        document
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// The provider has taken the message, under this id.
    Sent(String),
    /// It was not tried, and waits.
    Postponed(Duration, Failure),
    /// It was not sent, and another attempt may succeed.
    Passing {
        failure: Failure,
        /// How long the provider asks us to wait.
        wait: Option<Duration>,
        /// Whether everything of the channel has to wait.
        slows_channel: bool,
    },
    /// It may have been sent, and is sent once more under the same id.
    Repeat(Duration, Failure),
    /// The channel is not let in: it was not sent, and everything of the channel waits until an admin has mended that.
    Unusable(Failure),
    /// It was not sent, and the same message never will be.
    Refused(Failure),
    /// It may have been sent.
    Uncertain(Failure),
    /// Somebody else has it by now.
    Lost,
}

impl Outcome {
    /// For figures.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Outcome::Sent(_) => "sent",
            Outcome::Postponed(..) => "postponed",
            Outcome::Passing { .. } => "passing",
            Outcome::Repeat(..) => "repeat",
            Outcome::Unusable(_) => "unusable",
            Outcome::Refused(_) => "refused",
            Outcome::Uncertain(_) => "uncertain",
            Outcome::Lost => "lost",
        }
    }

    /// Without an answer.
    pub(super) fn without_answer(error: &ExchangeError) -> Outcome {
        match error {
            ExchangeError::NotSent(_) => Outcome::Passing {
                failure: Failure::new(
                    "unreachable",
                    "passing",
                    "The provider cannot be reached. The message is tried again.",
                ),
                wait: None,
                slows_channel: false,
            },
            ExchangeError::Lost(_) => {
                Outcome::Uncertain(Failure::new("uncertain", "uncertain", LOST))
            }
        }
    }

    /// By an answer of WhatsApp. `attempt` counts from 1.
    pub(super) fn of_whatsapp(exchange: &Exchange, attempt: u32, now: Timestamp) -> Outcome {
        let header = exchange.retry_after.as_deref();
        match read_answer(exchange.status, header, &exchange.body, attempt, now) {
            Ok(accepted) => Outcome::Sent(accepted.message_id),
            Err(SendFailure::Refused {
                error,
                class,
                retry_after,
            }) => {
                let failure = Failure::new(error.code, class.as_str(), error.sentence())
                    .with_details(error.details.clone());
                by_class(class, failure, retry_after)
            }
            Err(SendFailure::Status {
                http_status,
                class,
                retry_after,
            }) => {
                let message = format!("WhatsApp's gateway refused the message ({http_status}).");
                let failure = Failure::new(format!("http_{http_status}"), class.as_str(), message);
                by_class(class, failure, retry_after)
            }
            Err(SendFailure::Uncertain { .. }) => {
                Outcome::Uncertain(Failure::new("uncertain", "uncertain", LOST))
            }
        }
    }

    /// By an answer of Twilio.
    pub(super) fn of_twilio(exchange: &Exchange, now: Timestamp) -> Outcome {
        let refused = match reply::read_message(exchange.status, &exchange.body) {
            Ok(taken) => return Outcome::Sent(taken.sid),
            Err(refused) => refused,
        };
        let explanation = refused.explanation;
        // A gateway that lost the answer, or a success that says nothing, tells nothing of what happened.
        let is_silent = explanation.code.is_none();
        if is_silent && (exchange.status >= 500 || exchange.status < 300) {
            return Outcome::Uncertain(Failure::new("uncertain", "uncertain", LOST));
        }
        let class = match explanation.advice {
            Advice::Retry | Advice::SlowDown | Advice::RetryOnce | Advice::NextDay => "passing",
            Advice::UseTemplate => "window_closed",
            Advice::BadNumber | Advice::OptedOut => "recipient",
            Advice::FixChannel => "configuration",
            Advice::GiveUp => "permanent",
        };
        let code = explanation.code.map_or_else(
            || json!(format!("http_{}", exchange.status)),
            |code| json!(code),
        );
        let failure = Failure::new(code, class, explanation.words).with_details(refused.message);
        if !explanation.advice.is_passing() {
            return Outcome::Refused(failure);
        }
        let asked = exchange
            .retry_after
            .as_deref()
            .and_then(|header| retry_after(header, now));
        Outcome::Passing {
            failure,
            wait: match explanation.advice {
                Advice::NextDay => Some(asked.unwrap_or(Duration::from_secs(6 * 3600))),
                _ => asked,
            },
            slows_channel: matches!(explanation.advice, Advice::SlowDown | Advice::NextDay),
        }
    }
}

/// By the answer of a program that serves a channel, or by there being none: its `webhook-id` makes a second attempt harmless.
pub(super) fn of_integration(
    result: &Result<Exchange, ExchangeError>,
    own_id: &str,
    now: Timestamp,
) -> Outcome {
    let exchange = match result {
        Ok(exchange) => exchange,
        Err(error) => {
            let words = match error {
                ExchangeError::NotSent(_) => {
                    "The program that serves this channel cannot be reached. The message is tried again."
                }
                ExchangeError::Lost(_) => {
                    "The program that serves this channel did not answer. The message is tried again under the same id."
                }
            };
            return Outcome::Passing {
                failure: Failure::new("unreachable", "passing", words),
                wait: None,
                slows_channel: false,
            };
        }
    };
    let judgement = integration::judge(
        exchange.status,
        exchange.retry_after.as_deref(),
        exchange.webhook_delivery.as_deref(),
        &exchange.body,
        now,
    );
    let code = format!("http_{}", exchange.status);
    match judgement {
        Judgement::Sent(id) => Outcome::Sent(id.unwrap_or_else(|| own_id.to_owned())),
        Judgement::Later {
            reason,
            wait,
            slows_channel,
        } => Outcome::Passing {
            failure: Failure::new(
                code,
                "passing",
                "The program that serves this channel asks to try again later.",
            )
            .with_details(reason),
            wait,
            slows_channel,
        },
        Judgement::Refused { class, reason } => {
            let words = match class {
                "recipient" => "The messenger does not take messages for this customer.",
                "window_closed" => "The messenger does not allow a free text at this time.",
                "configuration" => {
                    "The program that serves this channel does not take messages: an admin has to look at its address and secret."
                }
                _ => "The program that serves this channel refused the message.",
            };
            Outcome::Refused(Failure::new(code, class, words).with_details(reason))
        }
    }
}

/// After a worker was lost while a program had the message: it goes again under the same id.
pub(super) fn repeat_integration() -> Outcome {
    Outcome::Repeat(
        Duration::from_secs(5),
        Failure::new(
            "uncertain",
            "uncertain",
            "It is not known whether this message was sent. It is sent once more under the same id.",
        ),
    )
}

/// After a mail that may have arrived: it goes once more under its Message-ID, by which receivers know the second one.
pub(super) fn repeat() -> Outcome {
    Outcome::Repeat(
        Duration::from_secs(wait_after(1).unwrap_or(60)),
        Failure::new(
            "uncertain",
            "uncertain",
            "It is not known whether this mail was sent. It is sent once more as the same mail.",
        ),
    )
}

/// By an error of the mail server. `attempt` and `uncertain` count what was before.
pub(super) fn of_smtp(error: &SendError, attempt: u32, uncertain: u32) -> Outcome {
    let passing = |code: Value, words: &str, details: Option<String>| Outcome::Passing {
        failure: Failure::new(code, "passing", words).with_details(details),
        wait: wait_after(attempt).map(Duration::from_secs),
        slows_channel: false,
    };
    let refused = |class: &'static str, words: String| {
        Outcome::Refused(Failure::new("mail_server", class, words))
    };
    match error {
        SendError::Refused(explanation) => {
            let code = match explanation.enhanced {
                Some((class, subject, detail)) => json!(format!("{class}.{subject}.{detail}")),
                None => json!(explanation.code),
            };
            let details = Some(explanation.server_words.clone()).filter(|said| !said.is_empty());
            let class = match explanation.fate {
                Fate::Retry | Fate::Sent => return passing(code, explanation.words, details),
                Fate::Failed => "permanent",
                Fate::BadAddress => "recipient",
                Fate::FixChannel if explanation.is_sign_in => {
                    let words = format!(
                        "{} The message waits until an admin has mended the channel.",
                        explanation.words
                    );
                    return Outcome::Unusable(
                        Failure::new(code, "configuration", words).with_details(details),
                    );
                }
                Fate::FixChannel => "configuration",
            };
            Outcome::Refused(Failure::new(code, class, explanation.words).with_details(details))
        }
        SendError::AnswerLost(_) => match after_lost_connection(true, uncertain) {
            Fate::Retry => repeat(),
            _ => Outcome::Uncertain(Failure::new(
                "uncertain",
                "uncertain",
                "It is not known whether this mail was sent: the mail server's answer was lost twice. Ask the customer, or send it again.",
            )),
        },
        SendError::Unreachable(_) | SendError::Place(PlaceError::Name(_)) => passing(
            json!("unreachable"),
            "The mail server cannot be reached. The mail is tried again.",
            None,
        ),
        SendError::Address => Outcome::Refused(Failure::new(
            "recipient",
            "recipient",
            "An address of the mail cannot be sent to.",
        )),
        other => refused(
            "configuration",
            super::rendered::capital(&other.to_string()),
        ),
    }
}

/// Without a token there is no login.
pub(super) fn of_token(error: &TokenError, attempt: u32) -> Outcome {
    let words = super::rendered::capital(&error.to_string());
    match error {
        TokenError::Withdrawn => Outcome::Unusable(Failure::new("sign_in", "configuration", words)),
        _ => Outcome::Passing {
            failure: Failure::new("sign_in", "passing", words),
            wait: wait_after(attempt).map(Duration::from_secs),
            slows_channel: false,
        },
    }
}

fn by_class(class: Class, failure: Failure, wait: Option<Duration>) -> Outcome {
    match class {
        Class::Passing(throttle) => Outcome::Passing {
            failure,
            wait,
            slows_channel: matches!(throttle, Throttle::Number | Throttle::Account),
        },
        _ => Outcome::Refused(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<&str>, body: &str) -> Exchange {
        Exchange {
            status,
            retry_after: retry_after.map(str::to_owned),
            webhook_delivery: None,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn only_what_was_surely_not_sent_is_tried_again() {
        let now = Timestamp::UNIX_EPOCH;
        let limited = r#"{"error":{"code":130429,"message":"Rate limit hit"}}"#;
        let Outcome::Passing {
            wait,
            slows_channel,
            ..
        } = Outcome::of_whatsapp(&answer(429, Some("7"), limited), 1, now)
        else {
            panic!("a limit passes");
        };
        assert_eq!((wait, slows_channel), (Some(Duration::from_secs(7)), true));
        for (outcome, expected) in [
            (
                Outcome::of_whatsapp(&answer(502, None, "<html>"), 1, now),
                "uncertain",
            ),
            (
                Outcome::of_whatsapp(&answer(200, None, "{}"), 1, now),
                "uncertain",
            ),
            (
                Outcome::of_whatsapp(
                    &answer(
                        400,
                        None,
                        r#"{"error":{"code":131047,"message":"Re-engagement"}}"#,
                    ),
                    1,
                    now,
                ),
                "refused",
            ),
            (Outcome::of_twilio(&answer(503, None, ""), now), "uncertain"),
            (
                Outcome::of_twilio(&answer(201, None, "{}"), now),
                "uncertain",
            ),
            (
                Outcome::of_twilio(
                    &answer(400, None, r#"{"code":21211,"message":"invalid"}"#),
                    now,
                ),
                "refused",
            ),
            (
                Outcome::of_twilio(
                    &answer(429, None, r#"{"code":20429,"message":"slow"}"#),
                    now,
                ),
                "passing",
            ),
        ] {
            assert_eq!(outcome.name(), expected, "{outcome:?}");
        }
    }
}
