//! Who wants no text messages from which of our numbers.
//!
//! Invariant: of two words of a person the later one counts, in whichever order they come in; while he has stopped, nothing
//! is sent to him from that number or messaging service.

use jiff::Timestamp;
use romashka_channels::sms::number::E164;
use romashka_channels::sms::opt_out::OptOutWord;
use romashka_db::scope::OwnedScope;
use uuid::Uuid;

use crate::problem::Answer;
use crate::record;
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

record! {
    /// That a person has stopped the messages of one of our numbers.
    pub struct OptOut {
        /// Our number, or the messaging service it is in.
        pub our_number: String,
        /// word (he wrote STOP), provider (Twilio said so) or refusal (Twilio refused a message).
        pub source: String,
        /// Since when.
        pub changed_at: Timestamp,
    }
}

impl OptOut {
    /// For the agent.
    pub fn words(&self) -> String {
        let day = self.changed_at.strftime("%Y-%m-%d");
        let ours = match self.our_number.starts_with("MG") {
            true => "the numbers of this messaging service",
            false => self.our_number.as_str(),
        };
        let how = match self.source.as_str() {
            "refusal" => "Twilio refuses messages to this customer as he has opted out",
            _ => "The customer has asked for no more text messages by STOP",
        };
        format!(
            "{how} (since {day}, from {ours}). Nothing is sent to him until he writes START there."
        )
    }
}

/// Whether a person has stopped the messages of a number.
pub async fn find(scope: &OwnedScope, workspace: Uuid, pair: &Pair) -> Answer<Option<OptOut>> {
    let customer = pair.customer.as_str();
    Statement::new(include_str!("opted_out.sql"))
        .bind("workspace", &workspace)
        .bind("ours", &pair.ours)
        .bind("customer", &customer)
        .optional(scope)
        .await
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
