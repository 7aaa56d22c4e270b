//! The receiving side of SMTP (RFC 5321) and LMTP (RFC 2033): what a client says, and what it is answered. No connection,
//! no clock, no database.
//!
//! Written here and not taken from a library for the strictness: a line ends with CR LF and with nothing else, and a mail with
//! CR LF . CR LF and with nothing else, so that no two servers on a mail's way can mean different mails by the same bytes
//! (SMTP smuggling). A mail with a bare LF in it is refused as a whole. Nothing is relayed: a recipient that its asker does
//! not find is refused.

use super::header::normalise_address;

/// Longest command, in bytes with its line end.
pub const COMMAND_LIMIT: usize = 2_048;
/// Longest line of a mail, in bytes. RFC 5321 has 1,000; real mails have more.
pub const LINE_LIMIT: usize = 128 * 1024;
/// Most recipients of a mail.
pub const RECIPIENT_LIMIT: usize = 100;
/// Most mails of a connection.
const MAIL_LIMIT: u32 = 1_000;
/// After so many commands that were refused the connection is closed.
const ERROR_LIMIT: u32 = 20;
/// Longest address.
const ADDRESS_LIMIT: usize = 320;

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

/// Lines of a client, taken out of what arrives.
#[derive(Debug, Default)]
pub struct Lines(Vec<u8>);

/// Why something is no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineError {
    /// Longer than [`COMMAND_LIMIT`]; what follows cannot be told apart.
    TooLong,
    /// A bare CR or LF, or a NUL.
    Bytes,
}

impl Lines {
    /// What arrived. The caller takes the lines out before it reads on, so that little is held.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next whole line without its end.
    pub fn next_line(&mut self) -> Option<Result<Vec<u8>, LineError>> {
        let Some(end) = self.0.iter().position(|byte| *byte == b'\n') else {
            return (self.0.len() > COMMAND_LIMIT).then_some(Err(LineError::TooLong));
        };
        let mut line: Vec<u8> = self.0.drain(..=end).collect();
        if line.len() > COMMAND_LIMIT {
            return Some(Err(LineError::TooLong));
        }
        if !line.ends_with(b"\r\n") {
            return Some(Err(LineError::Bytes));
        }
        line.truncate(line.len() - 2);
        if line.iter().any(|byte| matches!(byte, b'\r' | 0)) {
            return Some(Err(LineError::Bytes));
        }
        Some(Ok(line))
    }

    /// What arrived behind the lines.
    pub fn take_rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

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

/// What is wrong with a mail that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentError {
    /// An LF without its CR.
    BareLineFeed,
    /// A line beyond [`LINE_LIMIT`].
    LineTooLong,
    /// More bytes than are taken.
    TooLarge,
}

impl ContentError {
    /// As it is said.
    pub fn answer(self) -> &'static str {
        match self {
            ContentError::BareLineFeed => "550 5.6.0 Lines end with CR LF",
            ContentError::LineTooLong => "550 5.6.0 A line is too long",
            ContentError::TooLarge => "552 5.3.4 The mail is too large",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    LineStart,
    Text,
    Return,
    Dot,
    DotReturn,
    End,
}

/// Takes a mail out of the bytes that follow `DATA`: finds its end and takes the dots away that were put before lines.
#[derive(Debug)]
pub struct Content {
    place: Place,
    line: usize,
    size: usize,
    size_limit: usize,
    read: usize,
    error: Option<ContentError>,
}

impl Content {
    /// Of a mail of at most so many bytes.
    pub fn new(size_limit: usize) -> Content {
        Content {
            place: Place::LineStart,
            line: 0,
            size: 0,
            size_limit,
            read: 0,
            error: None,
        }
    }

    /// Reads on. The mail's bytes are put behind `mail`, and none once something is wrong with it. How many bytes were read:
    /// fewer than there are when the mail ended before.
    pub fn read(&mut self, bytes: &[u8], mail: &mut Vec<u8>) -> usize {
        for (count, byte) in bytes.iter().enumerate() {
            if self.place == Place::End {
                self.read += count;
                return count;
            }
            self.take(*byte, mail);
        }
        self.read += bytes.len();
        bytes.len()
    }

    fn take(&mut self, byte: u8, mail: &mut Vec<u8>) {
        self.place = match (self.place, byte) {
            (Place::LineStart, b'.') => Place::Dot,
            (Place::Dot, b'\r') => Place::DotReturn,
            (Place::DotReturn, b'\n') => Place::End,
            (Place::Return, b'\n') => {
                self.put(b"\r\n", mail);
                self.line = 0;
                Place::LineStart
            }
            (before, byte) => {
                if matches!(before, Place::Return | Place::DotReturn) {
                    self.put(b"\r", mail);
                }
                match byte {
                    b'\r' => Place::Return,
                    b'\n' => {
                        self.error.get_or_insert(ContentError::BareLineFeed);
                        Place::Text
                    }
                    byte => {
                        self.put(&[byte], mail);
                        Place::Text
                    }
                }
            }
        };
    }

    fn put(&mut self, bytes: &[u8], mail: &mut Vec<u8>) {
        self.size += bytes.len();
        self.line += bytes.len();
        if self.size > self.size_limit {
            self.error.get_or_insert(ContentError::TooLarge);
        } else if self.line > LINE_LIMIT {
            self.error.get_or_insert(ContentError::LineTooLong);
        }
        if self.error.is_none() {
            mail.extend_from_slice(bytes);
        }
    }

    /// Whether the end was there.
    pub fn is_complete(&self) -> bool {
        self.place == Place::End
    }

    /// What is wrong with it.
    pub fn error(&self) -> Option<ContentError> {
        self.error
    }

    /// Whether a client sends far more than it was told is taken: it is not read to its end.
    pub fn is_hopeless(&self) -> bool {
        self.read
            > self
                .size_limit
                .saturating_mul(2)
                .saturating_add(COMMAND_LIMIT)
    }
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

    #[test]
    fn lines_end_with_both_and_are_short() {
        let mut lines = Lines::default();
        lines.push(b"EHLO a\r\nMAIL");
        assert_eq!(lines.next_line(), Some(Ok(b"EHLO a".to_vec())));
        assert_eq!(lines.next_line(), None);
        lines.push(b" FROM:<>\r\nNOOP\nNOOP a\rb\r\nNOOP\0\r\nrest");
        assert_eq!(lines.next_line(), Some(Ok(b"MAIL FROM:<>".to_vec())));
        for _ in 0..3 {
            assert_eq!(lines.next_line(), Some(Err(LineError::Bytes)));
        }
        assert_eq!(lines.take_rest(), b"rest");
        lines.push(&vec![b'x'; COMMAND_LIMIT + 1]);
        assert_eq!(lines.next_line(), Some(Err(LineError::TooLong)));
    }

    /// The mail, what is wrong with it, and what follows; the same however the bytes are cut.
    fn read(bytes: &[u8]) -> (Vec<u8>, Option<ContentError>, Option<Vec<u8>>) {
        let mut results = Vec::new();
        for length in [1, 2, 3, bytes.len().max(1)] {
            let mut content = Content::new(1_000_000);
            let mut mail = Vec::new();
            let mut rest = Vec::new();
            for chunk in bytes.chunks(length) {
                let used = content.read(chunk, &mut mail);
                rest.extend_from_slice(&chunk[used..]);
            }
            let rest = content.is_complete().then_some(rest);
            results.push((mail, content.error(), rest));
        }
        for result in &results {
            assert_eq!(result, &results[0]);
        }
        results.remove(0)
    }

    #[test]
    fn a_mail_ends_with_a_dot_between_both_line_ends_alone() {
        let (mail, error, rest) = read(b"A: b\r\n\r\n..x\r\n.y\r\n.\r\nQUIT\r\n");
        assert_eq!(mail, b"A: b\r\n\r\n.x\r\ny\r\n");
        assert_eq!((error, rest), (None, Some(b"QUIT\r\n".to_vec())));
        assert_eq!(read(b".\r\n"), (Vec::new(), None, Some(Vec::new())));
        // Whatever another server may take for an end is none, and the mail is refused where it holds a bare LF.
        for smuggled in [
            &b"a\n.\nMAIL FROM:<x@y>\r\n.\r\n"[..],
            b"a\n.\r\nMAIL FROM:<x@y>\r\n.\r\n",
            b"a\r\n.\nMAIL FROM:<x@y>\r\n.\r\n",
            b"a\r.\r\n\n.\r\nMAIL\r\n.\r\n",
        ] {
            let (_, error, rest) = read(smuggled);
            assert_eq!(error, Some(ContentError::BareLineFeed), "{smuggled:?}");
            assert_eq!(rest, Some(Vec::new()), "it is one mail: {smuggled:?}");
        }
        let (mail, error, rest) = read(b"a\r.\r\r\n.\rb\r\n.\r\n");
        assert_eq!(mail, b"a\r.\r\r\n\rb\r\n");
        assert_eq!((error, rest), (None, Some(Vec::new())));
        // A NUL is a byte of the mail; its parser deals with it.
        assert_eq!(read(b"a\0b\r\n.\r\n").0, b"a\0b\r\n");
        assert_eq!(read(b"never ending\r\n.").2, None);
    }

    #[test]
    fn too_much_is_read_to_its_end_and_not_kept() {
        let mut content = Content::new(10);
        let mut mail = Vec::new();
        content.read(b"123456789012345\r\n.\r\n", &mut mail);
        assert_eq!(content.error(), Some(ContentError::TooLarge));
        assert!(content.is_complete() && mail.len() <= 10);
        let mut content = Content::new(10_000_000);
        content.read(&vec![b'x'; LINE_LIMIT + 1], &mut mail);
        assert_eq!(content.error(), Some(ContentError::LineTooLong));
        let mut content = Content::new(10);
        content.read(&vec![b'x'; 5_000], &mut mail);
        assert!(content.is_hopeless());
    }

    #[test]
    fn a_circle_is_seen() {
        let hop = "Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\r\n";
        assert!(!is_in_circle(format!("{}\r\nx", hop.repeat(30)).as_bytes()));
        assert!(is_in_circle(format!("{}\r\nx", hop.repeat(101)).as_bytes()));
    }
}
