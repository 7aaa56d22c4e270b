//! What a mail server's answer means: sent, later, or never.
//!
//! Invariant: every answer has a meaning and words for the agent; the enhanced code (RFC 3463) decides where the server
//! gives one, because the first digit alone does not tell a full mailbox from one that does not exist.

use serde::Serialize;

/// What follows for the delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The server has it.
    Sent,
    /// Try again by [`wait_after`].
    Retry,
    /// Never, for this mail.
    Failed,
    /// Never, for this address: it does not exist.
    BadAddress,
    /// Nothing can be sent until somebody changes the set-up of the channel.
    FixChannel,
}

/// A server's answer, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Three digits.
    pub code: u16,
    /// Enhanced code such as `5.1.1`.
    pub enhanced: Option<(u8, u16, u16)>,
    /// What follows.
    pub fate: Fate,
    /// Whether it is about the user name or the password, and so about every mail of the channel.
    pub is_sign_in: bool,
    /// For the agent.
    pub words: &'static str,
    /// The server's own words, cleaned, at most 500 characters.
    pub server_words: String,
}

/// Command that was answered: a refused login is not a refused recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Greeting, EHLO, STARTTLS.
    Connection,
    /// AUTH.
    Login,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA and the end of the mail.
    Content,
}

/// Explains an answer such as `550 5.1.1 No such user`.
pub fn explain(stage: Stage, code: u16, text: &str) -> Explanation {
    let enhanced = enhanced_code(text, code);
    let (fate, words) = judge(stage, code, enhanced);
    let server_words: String = text
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .take(500)
        .collect();
    Explanation {
        code,
        enhanced,
        fate,
        is_sign_in: fate == Fate::FixChannel
            && (stage == Stage::Login || matches!(code, 530 | 534 | 535 | 538)),
        words,
        server_words: server_words.trim().to_owned(),
    }
}

fn judge(stage: Stage, code: u16, enhanced: Option<(u8, u16, u16)>) -> (Fate, &'static str) {
    let permanent = (500..600).contains(&code);
    if (200..400).contains(&code) {
        return (Fate::Sent, "The mail server took the mail.");
    }
    if stage == Stage::Login && permanent {
        return (
            Fate::FixChannel,
            "The mail server did not accept the user name or the password.",
        );
    }
    if matches!(code, 530 | 534 | 535 | 538) {
        return (
            Fate::FixChannel,
            "The mail server wants another way of signing in.",
        );
    }
    let subject = enhanced.map(|(_, subject, detail)| (subject, detail));
    match (permanent, subject) {
        (true, Some((1, 1 | 10 | 2 | 3))) => (Fate::BadAddress, "The address does not exist."),
        (true, Some((2, 1))) => (Fate::Failed, "The mailbox does not take mail."),
        // A full mailbox may be emptied, but whoever says so for good has tried long enough.
        (true, Some((2, 2))) => (Fate::Failed, "The mailbox is full."),
        (false, Some((2, 2))) => (Fate::Retry, "The mailbox is full."),
        (true, Some((2, 3) | (3, 4))) => (Fate::Failed, "The mail is too large for the receiver."),
        (true, Some((1, 7 | 8))) => (
            Fate::FixChannel,
            "The mail server does not accept the sender's address.",
        ),
        (true, Some((7, 0 | 1))) if stage == Stage::Sender => (
            Fate::FixChannel,
            "The mail server does not allow this sender.",
        ),
        (true, Some((7, 20..=26))) => (
            Fate::FixChannel,
            "The sender's domain is not set up well (SPF, DKIM or DMARC).",
        ),
        (true, Some((7, _))) => (
            Fate::Failed,
            "The mail was refused as unwanted or against the rules.",
        ),
        (false, Some((7, _))) => (Fate::Retry, "The mail server asks to try again later."),
        (false, Some((4, _))) => (Fate::Retry, "The receiver's mail server cannot be reached."),
        (true, Some((4, _))) => (
            Fate::Failed,
            "The receiver's mail server could not be reached for a long time.",
        ),
        _ => by_code(stage, code),
    }
}

fn by_code(stage: Stage, code: u16) -> (Fate, &'static str) {
    match (stage, code) {
        (_, 421) => (Fate::Retry, "The mail server closed the connection."),
        (_, 450 | 451) => (Fate::Retry, "The mail server asks to try again later."),
        (_, 452) => (Fate::Retry, "The mail server has no room at the moment."),
        (Stage::Recipient, 550 | 551 | 553) => (Fate::Failed, "The recipient was refused."),
        (_, 552) => (Fate::Failed, "The mail is too large for the receiver."),
        (_, 554) => (
            Fate::Failed,
            "The mail was refused as unwanted or against the rules.",
        ),
        (Stage::Connection, 500..=599) => (Fate::Retry, "The mail server refused the connection."),
        (Stage::Sender, 500..=599) => (
            Fate::FixChannel,
            "The mail server does not accept the sender's address.",
        ),
        (_, 500..=599) => (Fate::Failed, "The mail server refused the mail."),
        (_, 400..=499) => (Fate::Retry, "The mail server asks to try again later."),
        _ => (
            Fate::Retry,
            "The mail server gave an answer that is not known.",
        ),
    }
}

/// `5.1.1` at the start of a text, when its class is that of the code.
fn enhanced_code(text: &str, code: u16) -> Option<(u8, u16, u16)> {
    let word = text.split_whitespace().next()?;
    let mut numbers = word.trim_start_matches('#').split('.');
    let class: u8 = numbers.next()?.parse().ok()?;
    let subject: u16 = numbers.next()?.parse().ok()?;
    let detail: u16 = numbers.next()?.parse().ok()?;
    (numbers.next().is_none() && u16::from(class) == code / 100).then_some((class, subject, detail))
}

/// Waits (minutes) between the attempts, about three days in total.
const WAITS: [u64; 12] = [1, 5, 15, 60, 120, 240, 240, 480, 480, 720, 960, 960];

/// Wait in seconds before the next attempt after `attempts`, or nothing when it is time to give up.
pub fn wait_after(attempts: u32) -> Option<u64> {
    let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
    WAITS.get(index).map(|minutes| minutes * 60)
}

/// What to do when the connection broke.
pub fn after_lost_connection(was_content_complete: bool, attempts_since: u32) -> Fate {
    // The server may have the mail: once more with the same Message-ID, by which many receivers drop the second.
    if was_content_complete && attempts_since > 0 {
        Fate::Failed
    } else {
        Fate::Retry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_servers() {
        for (stage, code, text, fate) in [
            (Stage::Content, 250, "2.0.0 Ok: queued as 4F", Fate::Sent),
            (
                Stage::Recipient,
                550,
                "5.1.1 <a@b>: Recipient address rejected: User unknown",
                Fate::BadAddress,
            ),
            (
                Stage::Recipient,
                550,
                "#5.1.0 Address rejected.",
                Fate::Failed,
            ),
            (Stage::Recipient, 550, "No such user", Fate::Failed),
            (
                Stage::Recipient,
                550,
                "5.1.10 RESOLVER.ADR.RecipientNotFound",
                Fate::BadAddress,
            ),
            (
                Stage::Recipient,
                452,
                "4.2.2 The email account is over quota",
                Fate::Retry,
            ),
            (Stage::Recipient, 552, "5.2.2 mailbox full", Fate::Failed),
            (Stage::Recipient, 450, "4.2.0 Greylisted", Fate::Retry),
            (Stage::Content, 552, "5.3.4 Message too big", Fate::Failed),
            (
                Stage::Content,
                550,
                "5.7.26 This mail is unauthenticated",
                Fate::FixChannel,
            ),
            (Stage::Content, 554, "5.7.1 Spam", Fate::Failed),
            (Stage::Content, 421, "4.7.0 Try again later", Fate::Retry),
            (
                Stage::Login,
                535,
                "5.7.8 Username and Password not accepted",
                Fate::FixChannel,
            ),
            (
                Stage::Login,
                454,
                "4.7.0 Temporary authentication failure",
                Fate::Retry,
            ),
            (
                Stage::Sender,
                530,
                "5.7.0 Must issue a STARTTLS command first",
                Fate::FixChannel,
            ),
            (
                Stage::Sender,
                553,
                "5.7.1 Sender address rejected: not owned by user",
                Fate::FixChannel,
            ),
            (Stage::Connection, 554, "5.7.1 No", Fate::Failed),
            (Stage::Connection, 500, "", Fate::Retry),
            (Stage::Content, 0, "", Fate::Retry),
            (Stage::Content, 999, "9.9.9", Fate::Retry),
        ] {
            assert_eq!(
                explain(stage, code, text).fate,
                fate,
                "{stage:?} {code} {text}"
            );
        }
        assert_eq!(
            explain(Stage::Recipient, 550, "4.1.1 contradicts").enhanced,
            None
        );
        assert_eq!(
            explain(Stage::Recipient, 550, "5.1.1\r\nx\0").server_words,
            "5.1.1  x"
        );
    }

    #[test]
    fn attempts_end_after_days() {
        let waits: Vec<u64> = (1..).map_while(wait_after).collect();
        assert_eq!(waits[..4], [60, 300, 900, 3600]);
        let days = waits.iter().sum::<u64>() / 86_400;
        assert!((2..=5).contains(&days), "{days}");
        assert_eq!(wait_after(0), None);
        assert_eq!(wait_after(u32::MAX), None);
    }

    #[test]
    fn a_mail_that_may_have_arrived_is_sent_once_more() {
        assert_eq!(after_lost_connection(false, 3), Fate::Retry);
        assert_eq!(after_lost_connection(true, 0), Fate::Retry);
        assert_eq!(after_lost_connection(true, 1), Fate::Failed);
    }
}
