//! Mails that a provider posts to us: Postmark, Mailgun, SendGrid, Amazon SES.
//!
//! Invariant: whatever the provider, the result is the bytes of a mail for [`super::Mail::parse`], and the envelope,
//! which decides where it belongs. Where the provider sends the mail in pieces, it is put together again from them. A
//! request is judged by its provider's means before it is stored; what those do not cover is said at each.

pub mod assemble;
pub mod form_data;
pub mod mailgun;
pub mod postmark;
pub mod sendgrid;
pub mod ses;

use thiserror::Error;

/// A mail as it came from a provider.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DeliveredMail {
    /// Id of the delivery at the provider; nothing when it has none, and the Message-ID has to do.
    pub provider_id: Option<String>,
    /// MAIL FROM; empty for `<>`, nothing when it is not known.
    pub envelope_from: Option<String>,
    /// RCPT TO: where the mail really went.
    pub recipients: Vec<String>,
    /// The mail.
    pub raw: Vec<u8>,
    /// Whether the provider takes it for spam or a virus.
    pub is_suspicious: bool,
}

impl std::fmt::Debug for DeliveredMail {
    /// Addresses and texts do not belong into logs.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DeliveredMail")
            .field("provider_id", &self.provider_id)
            .field("size", &self.raw.len())
            .field("is_suspicious", &self.is_suspicious)
            .finish_non_exhaustive()
    }
}

/// Why a request is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AuthenticityError {
    /// A header or field of the signature is missing.
    #[error("the signature is missing")]
    Missing,
    /// Too old, perhaps a replay.
    #[error("the signature is {0} seconds away from now")]
    OutOfTolerance(i64),
    /// Wrong.
    #[error("the signature or the password does not match")]
    NoMatch,
    /// A key or certificate that cannot be used.
    #[error("the key of the provider cannot be read")]
    Key,
    /// Signed, but for somebody else's topic.
    #[error("the request belongs to another topic")]
    OtherTopic,
}

/// Why a request holds no mail.
#[derive(Debug, Error)]
pub enum WebhookError {
    /// Not the format of the provider.
    #[error("the request is not in the format of the provider")]
    Json(#[from] serde_json::Error),
    /// Something without which there is no mail.
    #[error("the field {0} is missing")]
    Missing(&'static str),
}

fn check_time(
    seconds: &str,
    now: jiff::Timestamp,
    tolerance: i64,
) -> Result<(), AuthenticityError> {
    let sent: i64 = seconds
        .trim()
        .parse()
        .map_err(|_| AuthenticityError::Missing)?;
    let distance = now.as_second().saturating_sub(sent);
    if distance.unsigned_abs() > tolerance.unsigned_abs() {
        return Err(AuthenticityError::OutOfTolerance(distance));
    }
    Ok(())
}
