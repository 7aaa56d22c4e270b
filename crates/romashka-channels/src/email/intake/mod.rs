//! The receiving side of SMTP (RFC 5321) and LMTP (RFC 2033): what a client says, and what it is answered. No connection,
//! no clock, no database.
//!
//! Written here and not taken from a library for the strictness: a line ends with CR LF and with nothing else, and a mail with
//! CR LF . CR LF and with nothing else, so that no two servers on a mail's way can mean different mails by the same bytes
//! (SMTP smuggling). A mail with a bare LF in it is refused as a whole. Nothing is relayed: a recipient that its asker does
//! not find is refused.

mod content;
mod lines;
mod session;

pub use content::{Content, ContentError};
pub use lines::{LineError, Lines};
pub use session::{Envelope, Found, Session, Step};

/// Longest command, in bytes with its line end.
pub const COMMAND_LIMIT: usize = 2_048;
/// Longest line of a mail, in bytes. RFC 5321 has 1,000; real mails have more.
pub const LINE_LIMIT: usize = 128 * 1024;
/// Most recipients of a mail.
pub const RECIPIENT_LIMIT: usize = 100;

/// Which of the two is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Between mail servers: one answer for a mail.
    Smtp,
    /// From a mail server of one's own: one answer for each recipient.
    Lmtp,
}

/// What is said of ourselves.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Which of the two.
    pub protocol: Protocol,
    /// Our name.
    pub name: String,
    /// Largest mail in bytes.
    pub size_limit: usize,
    /// Whether there is a certificate.
    pub has_certificate: bool,
}

/// Whether a mail has been passed on so often that it goes in a circle.
pub fn is_in_circle(raw: &[u8]) -> bool {
    const MOST_HOPS: usize = 100;
    let (headers, _) = super::header::Headers::parse(raw);
    headers.all("Received").count() > MOST_HOPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_seen() {
        let hop = "Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\r\n";
        assert!(!is_in_circle(format!("{}\r\nx", hop.repeat(30)).as_bytes()));
        assert!(is_in_circle(format!("{}\r\nx", hop.repeat(101)).as_bytes()));
    }
}
