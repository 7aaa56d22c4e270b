//! Who wants no text messages from which of our numbers.
//!
//! Invariant: of two words of a person the later one counts, in whichever order they come in; while he has stopped, nothing
//! is sent to him from that number or messaging service: `romashka.refusal_of` says so to whatever sends.

use jiff::Timestamp;
use romashka_channels::sms::number::E164;
use romashka_channels::sms::opt_out::OptOutWord;
use romashka_db::scope::OwnedScope;
use uuid::Uuid;

use crate::problem::Answer;
use crate::statement::Statement;

/// Twilio's error that the recipient has opted out.
pub const OPTED_OUT: u32 = 21_610;

/// One of our numbers or messaging services, and the number of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Ours.
    pub ours: String,
    /// His.
    pub customer: E164,
}

/// How we know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// His word, read by us.
    Word,
    /// His word, read by Twilio.
    Provider,
    /// Twilio refused a message.
    Refusal,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Source::Word => "word",
            Source::Provider => "provider",
            Source::Refusal => "refusal",
        }
    }
}

/// Keeps what a person has said to numbers of ours.
pub async fn note(
    scope: &OwnedScope,
    workspace: Uuid,
    (ours, customer): (&[String], &str),
    (word, source): (OptOutWord, Source),
    at: Timestamp,
) -> Answer<()> {
    let has_stopped = match word {
        OptOutWord::Stop => true,
        OptOutWord::Start => false,
        OptOutWord::Help => return Ok(()),
    };
    let _: i32 = Statement::new(include_str!("note_opt_out.sql"))
        .bind("workspace", &workspace)
        .bind("ours", &ours)
        .bind("customer", &customer)
        .bind("opted_out", &has_stopped)
        .bind("source", &source.name())
        .bind("at", &at)
        .value(scope)
        .await?;
    Ok(())
}
