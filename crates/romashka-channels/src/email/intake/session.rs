//! What a client says, and what it is answered.

use super::{LineError, Offer, Protocol, RECIPIENT_LIMIT};
use crate::email::header::normalise_address;

/// Most mails of a connection.
const MAIL_LIMIT: u32 = 1_000;
/// After so many commands that were refused the connection is closed.
const ERROR_LIMIT: u32 = 20;
/// Longest address.
const ADDRESS_LIMIT: usize = 320;

/// What to do after a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Answer.
    Say(String),
    /// Look whether mail for this address is taken, and tell [`Session::found`].
    LookUp(String),
    /// Answer, and read a mail with [`Content`]; then call [`Session::taken`].
    Read(String),
    /// Answer, encrypt, and go on with [`Session::encrypted`]. What arrived before is not to be read.
    Encrypt(String),
    /// Answer, and close.
    Close(String),
}

/// What was found out about a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A channel of ours.
    Ours,
    /// Nobody.
    Nobody,
    /// It cannot be found out now.
    Unavailable,
}

/// A mail's sender and recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Who is told of failures; empty for nobody.
    pub from: String,
    /// The recipients in the order they were named, as they were written.
    pub recipients: Vec<String>,
}

/// A connection's state.
#[derive(Debug)]
pub struct Session {
    offer: Offer,
    is_greeted: bool,
    is_encrypted: bool,
    envelope: Option<Envelope>,
    waiting: Option<String>,
    errors: u32,
    mails: u32,
}

impl Session {
    /// A new connection.
    pub fn new(offer: Offer) -> Session {
        Session {
            offer,
            is_greeted: false,
            is_encrypted: false,
            envelope: None,
            waiting: None,
            errors: 0,
            mails: 0,
        }
    }

    /// What is said first.
    pub fn greeting(&self) -> String {
        let kind = match self.offer.protocol {
            Protocol::Smtp => "ESMTP",
            Protocol::Lmtp => "LMTP",
        };
        format!("220 {} {kind} ROMASHKA\r\n", self.offer.name)
    }

    /// Answers a command.
    pub fn command(&mut self, line: &[u8]) -> Step {
        let Ok(line) = std::str::from_utf8(line) else {
            return self.refuse("500 5.5.2 Not a command");
        };
        if line
            .chars()
            .any(|letter| letter.is_control() && letter != '\t')
        {
            return self.refuse("500 5.5.2 Not a command");
        }
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" if self.offer.protocol == Protocol::Smtp => self.hello(rest, true),
            "HELO" if self.offer.protocol == Protocol::Smtp => self.hello(rest, false),
            "LHLO" if self.offer.protocol == Protocol::Lmtp => self.hello(rest, true),
            "MAIL" => self.mail(rest),
            "RCPT" => self.recipient(rest),
            "DATA" => self.data(rest),
            "RSET" => {
                self.envelope = None;
                say("250 2.0.0 Forgotten")
            }
            "NOOP" => say("250 2.0.0 Fine"),
            "QUIT" => Step::Close("221 2.0.0 Good bye\r\n".to_owned()),
            "STARTTLS" => self.start_tls(rest),
            "HELP" => say("214 2.0.0 RFC 5321"),
            "VRFY" => say("252 2.5.2 Send a mail and see"),
            "AUTH" | "BDAT" | "EXPN" | "ETRN" | "TURN" => self.refuse("502 5.5.1 Not offered"),
            _ => self.refuse("500 5.5.1 Not a command"),
        }
    }

    /// Answers what is no line.
    pub fn not_a_line(&mut self, error: LineError) -> Step {
        match error {
            LineError::TooLong => Step::Close("500 5.5.6 The line is too long\r\n".to_owned()),
            // What follows may be somebody else's words.
            LineError::Bytes => Step::Close(
                "521 5.5.2 Lines end with CR LF, and hold neither of them\r\n".to_owned(),
            ),
        }
    }

    fn refuse(&mut self, words: &str) -> Step {
        self.errors += 1;
        if self.errors > ERROR_LIMIT {
            return Step::Close("421 4.7.0 Too many errors\r\n".to_owned());
        }
        say(words)
    }

    fn hello(&mut self, name: &str, is_extended: bool) -> Step {
        if name.is_empty() {
            return self.refuse("501 5.5.4 Say your name");
        }
        self.is_greeted = true;
        self.envelope = None;
        let own = &self.offer.name;
        if !is_extended {
            return say(&format!("250 {own}"));
        }
        let mut lines = vec![
            own.clone(),
            "PIPELINING".to_owned(),
            format!("SIZE {}", self.offer.size_limit),
            "8BITMIME".to_owned(),
            "SMTPUTF8".to_owned(),
            "ENHANCEDSTATUSCODES".to_owned(),
        ];
        if self.offer.has_certificate && !self.is_encrypted {
            lines.push("STARTTLS".to_owned());
        }
        let last = lines.len() - 1;
        let text = lines
            .iter()
            .enumerate()
            .map(|(place, line)| format!("250{}{line}\r\n", if place == last { ' ' } else { '-' }))
            .collect();
        Step::Say(text)
    }

    fn start_tls(&mut self, rest: &str) -> Step {
        if !self.offer.has_certificate {
            return self.refuse("502 5.5.1 Not offered");
        }
        if self.is_encrypted || !self.is_greeted || !rest.is_empty() {
            return self.refuse("503 5.5.1 Not now");
        }
        Step::Encrypt("220 2.0.0 Go ahead\r\n".to_owned())
    }

    /// After the encryption everything begins anew (RFC 3207, 4.2).
    pub fn encrypted(&mut self) {
        self.is_encrypted = true;
        self.is_greeted = false;
        self.envelope = None;
    }

    fn mail(&mut self, rest: &str) -> Step {
        if !self.is_greeted {
            return self.refuse("503 5.5.1 Say hello first");
        }
        if self.envelope.is_some() {
            return self.refuse("503 5.5.1 There is a sender already");
        }
        if self.mails >= MAIL_LIMIT {
            return Step::Close("421 4.7.0 Enough mails for one connection\r\n".to_owned());
        }
        let Some((from, parameters)) = path(rest, "FROM:") else {
            return self.refuse("501 5.5.4 Write MAIL FROM:<address>");
        };
        for parameter in parameters.split_ascii_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.to_ascii_uppercase().as_str() {
                "SIZE" => match value.parse::<u64>() {
                    Ok(size) if size > self.offer.size_limit as u64 => {
                        return self.refuse("552 5.3.4 The mail is too large");
                    }
                    Ok(_) => {}
                    Err(_) => return self.refuse("501 5.5.4 SIZE is a number"),
                },
                "BODY" if value.eq_ignore_ascii_case("7BIT") => {}
                "BODY" if value.eq_ignore_ascii_case("8BITMIME") => {}
                "SMTPUTF8" if value.is_empty() => {}
                _ => return self.refuse("555 5.5.4 An unknown parameter"),
            }
        }
        if !from.is_empty() && normalise_address(&from).is_none() {
            return self.refuse("553 5.1.7 Not an address");
        }
        self.envelope = Some(Envelope {
            from,
            recipients: Vec::new(),
        });
        say("250 2.1.0 Go on")
    }

    fn recipient(&mut self, rest: &str) -> Step {
        let Some(envelope) = &self.envelope else {
            return self.refuse("503 5.5.1 Name the sender first");
        };
        if envelope.recipients.len() >= RECIPIENT_LIMIT {
            return say("452 4.5.3 Too many recipients");
        }
        let Some((to, parameters)) = path(rest, "TO:") else {
            return self.refuse("501 5.5.4 Write RCPT TO:<address>");
        };
        if !parameters.is_empty() {
            return self.refuse("555 5.5.4 An unknown parameter");
        }
        let Some(address) = normalise_address(&to).filter(|address| address.contains('@')) else {
            return self.refuse("550 5.1.1 There is nobody of this name");
        };
        self.waiting = Some(to);
        Step::LookUp(address)
    }

    /// What [`Step::LookUp`] found.
    pub fn found(&mut self, found: Found) -> Step {
        let (Some(to), Some(envelope)) = (self.waiting.take(), self.envelope.as_mut()) else {
            return self.refuse("503 5.5.1 Not now");
        };
        match found {
            Found::Ours => {
                envelope.recipients.push(to);
                say("250 2.1.5 Go on")
            }
            Found::Nobody => self.refuse("550 5.1.1 There is nobody of this name"),
            Found::Unavailable => say("451 4.3.0 Come again later"),
        }
    }

    fn data(&mut self, rest: &str) -> Step {
        let has_recipients = self
            .envelope
            .as_ref()
            .is_some_and(|envelope| !envelope.recipients.is_empty());
        if !has_recipients {
            return self.refuse("503 5.5.1 Name a recipient first");
        }
        if !rest.is_empty() {
            return self.refuse("501 5.5.4 DATA stands alone");
        }
        Step::Read("354 End with a dot on a line of its own\r\n".to_owned())
    }

    /// The envelope of the mail that was read; a new one may begin.
    pub fn taken(&mut self) -> Envelope {
        self.mails += 1;
        self.envelope.take().unwrap_or_default()
    }
}

fn say(words: &str) -> Step {
    Step::Say(format!("{words}\r\n"))
}

/// `FROM:<a@b> X=1` as the address and what follows.
fn path(text: &str, keyword: &str) -> Option<(String, String)> {
    let head = text.get(..keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let text = text[keyword.len()..].trim_start().strip_prefix('<')?;
    let mut is_quoted = false;
    let mut is_escaped = false;
    let end = text.char_indices().find_map(|(place, letter)| {
        if is_escaped {
            is_escaped = false;
        } else {
            match letter {
                '\\' if is_quoted => is_escaped = true,
                '"' => is_quoted = !is_quoted,
                '>' if !is_quoted => return Some(place),
                _ => {}
            }
        }
        None
    })?;
    let (address, rest) = (&text[..end], &text[end + 1..]);
    if !(rest.is_empty() || rest.starts_with(' ')) || address.len() > ADDRESS_LIMIT {
        return None;
    }
    // A route (`@a,@b:c@d`) is to be left out (RFC 5321, appendix C).
    let address = match address.strip_prefix('@') {
        Some(route) => route.split_once(':')?.1,
        None => address,
    };
    Some((address.to_owned(), rest.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(protocol: Protocol) -> Session {
        Session::new(Offer {
            protocol,
            name: "mx.example.com".into(),
            size_limit: 1_000,
            has_certificate: true,
        })
    }

    /// A dialogue: commands, and the first digits of the answers. Recipients at example.com are ours.
    fn talk(session: &mut Session, lines: &[(&str, &str)]) {
        for (line, expected) in lines {
            let step = match session.command(line.as_bytes()) {
                Step::LookUp(address) => session.found(if address.ends_with("@example.com") {
                    Found::Ours
                } else {
                    Found::Nobody
                }),
                other => other,
            };
            let (Step::Say(said) | Step::Read(said) | Step::Encrypt(said) | Step::Close(said)) =
                step
            else {
                panic!("{line}");
            };
            assert!(said.starts_with(expected), "{line}: {said}");
            assert!(said.ends_with("\r\n"));
        }
    }

    #[test]
    fn a_mail_is_taken_for_us_and_none_for_others() {
        let mut session = session(Protocol::Smtp);
        talk(
            &mut session,
            &[
                ("MAIL FROM:<a@b.example>", "503"),
                ("LHLO x", "500"),
                ("EHLO client.example", "250-mx.example.com"),
                ("RCPT TO:<a@example.com>", "503"),
                ("mail from:<a@b.example> SIZE=999 BODY=8BITMIME", "250"),
                ("MAIL FROM:<a@b.example>", "503"),
                ("DATA", "503"),
                ("RCPT TO:<x@elsewhere.example>", "550"),
                ("RCPT TO:<x%elsewhere.example@relay.example>", "550"),
                ("RCPT TO:<postmaster>", "550"),
                ("RCPT TO:a@example.com", "501"),
                ("RCPT TO:<a@example.com> NOTIFY=NEVER", "555"),
                ("RCPT TO:<@relay.example:Support@Example.com>", "250"),
                ("RCPT TO:<\"a>b\"@example.com>", "250"),
                ("DATA now", "501"),
                ("DATA", "354"),
            ],
        );
        let envelope = session.taken();
        assert_eq!(envelope.from, "a@b.example");
        assert_eq!(
            envelope.recipients,
            ["Support@Example.com", "\"a>b\"@example.com"]
        );
        talk(
            &mut session,
            &[
                ("MAIL FROM:<>", "250"),
                ("RSET", "250"),
                ("RCPT TO:<a@example.com>", "503"),
                ("MAIL FROM:<a@b.example> SIZE=1001", "552"),
                ("MAIL FROM:<a@b.example> AUTH=<>", "555"),
                ("VRFY a", "252"),
                ("AUTH PLAIN AAAA", "502"),
                ("QUIT", "221"),
            ],
        );
    }

    #[test]
    fn after_the_encryption_everything_begins_anew() {
        let mut session = session(Protocol::Lmtp);
        talk(
            &mut session,
            &[
                ("STARTTLS", "503"),
                ("EHLO x", "500"),
                ("LHLO x", "250-"),
                ("MAIL FROM:<a@b.example>", "250"),
                ("STARTTLS", "220"),
            ],
        );
        session.encrypted();
        talk(
            &mut session,
            &[("MAIL FROM:<a@b.example>", "503"), ("LHLO x", "250-")],
        );
        let Step::Say(offer) = session.command(b"LHLO x") else {
            panic!("an offer");
        };
        assert!(!offer.contains("STARTTLS"));
        assert!(matches!(session.command(b"STARTTLS"), Step::Say(said) if said.starts_with("503")));
    }

    #[test]
    fn who_errs_too_often_is_sent_away() {
        let mut session = session(Protocol::Smtp);
        for _ in 0..ERROR_LIMIT {
            assert!(matches!(session.command(b"WHAT"), Step::Say(_)));
        }
        assert!(matches!(session.command(b"WHAT"), Step::Close(_)));
        assert!(matches!(
            super::tests::session(Protocol::Smtp).command(b"EHLO \xff"),
            Step::Say(said) if said.starts_with("500")
        ));
    }
}
