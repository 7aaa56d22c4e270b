//! Mails of an mbox file (mboxo, mboxrd, mboxcl, mboxcl2) or of a single `.eml`, one after the other.
//!
//! Invariant: memory is bounded by the size limit of one mail, whatever the file holds; each entry carries the byte
//! offsets where it starts and ends, and reading may resume at any entry's end. A mail above the limit is not lost
//! silently: it is reported with its size and the start of its headers.

use std::io::{self, BufRead};

use jiff::Timestamp;

use super::{date, header};

/// Bytes of an oversized mail that are kept, to tell which mail it was.
const OVERSIZED_HEAD: usize = 64 * 1024;
/// A separator line is never longer.
const SEPARATOR_LIMIT: usize = 1024;

/// One mail of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Offset of its separator line, or of the mail in a file without one.
    pub start: u64,
    /// Offset behind it; the next entry starts here.
    pub end: u64,
    /// Envelope sender of the separator line.
    pub envelope_sender: Option<String>,
    /// Date of the separator line, taken as UTC.
    pub envelope_date: Option<Timestamp>,
    /// The mail.
    pub content: Content,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The whole mail, unescaped.
    Mail(Vec<u8>),
    /// The mail is larger than the limit.
    TooLarge {
        /// Bytes of the mail in the file.
        size: u64,
        /// Its first bytes.
        head: Vec<u8>,
    },
}

/// Streaming reader; see the module's invariant.
pub struct MboxReader<R> {
    input: Source<R>,
    limit: usize,
    started: bool,
    /// The separator line of the next mail, already read.
    separator: Option<(u64, Vec<u8>)>,
}

impl<R: BufRead> MboxReader<R> {
    /// Reads from the current position of `input`, which is `offset` bytes into the file: zero, or an entry's end.
    /// `limit` is the size in bytes above which a mail is only reported.
    pub fn new(input: R, offset: u64, limit: usize) -> Self {
        let input = Source {
            inner: input,
            pushed_back: Vec::new(),
            position: offset,
        };
        Self {
            input,
            limit,
            started: false,
            separator: None,
        }
    }

    /// The next mail, or nothing at the end of the file.
    pub fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        if !self.started {
            self.started = true;
            self.find_start()?;
        }
        let (start, envelope) = match self.separator.take() {
            Some((start, line)) => (start, Some(line)),
            None if self.input.at_end()? => return Ok(None),
            // A single mail without a separator.
            None => (self.input.position, None),
        };
        let (envelope_sender, envelope_date) =
            envelope.as_deref().map_or((None, None), read_separator);
        let content = self.read_mail(envelope.is_some())?;
        let end = self
            .separator
            .as_ref()
            .map_or(self.input.position, |(offset, _)| *offset);
        Ok(Some(Entry {
            start,
            end,
            envelope_sender,
            envelope_date,
            content,
        }))
    }

    /// Skips blank lines and a byte order mark, and takes the first separator if there is one.
    fn find_start(&mut self) -> io::Result<()> {
        loop {
            let offset = self.input.position;
            let line = self.input.read_piece(SEPARATOR_LIMIT)?;
            if line.is_empty() {
                return Ok(());
            }
            let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
            if text.trim_ascii().is_empty() {
                continue;
            }
            if text.starts_with(b"From ") && line.ends_with(b"\n") {
                self.separator = Some((offset, text.to_vec()));
            } else {
                let skipped = line.len() - text.len();
                self.input.push_back(text.to_vec());
                debug_assert_eq!(self.input.position, offset + skipped as u64);
            }
            return Ok(());
        }
    }

    fn read_mail(&mut self, in_mbox: bool) -> io::Result<Content> {
        let mut mail = Collected {
            bytes: Vec::new(),
            size: 0,
            limit: self.limit,
        };
        let mut previous_blank = false;
        let mut line_start = true;
        let mut in_headers = true;
        let mut content_length = None;
        let mut unescape = in_mbox;
        loop {
            let offset = self.input.position;
            let piece = self.input.read_piece(SEPARATOR_LIMIT)?;
            if piece.is_empty() {
                break;
            }
            let whole_line = line_start && piece.ends_with(b"\n");
            let blank = whole_line && piece.trim_ascii().is_empty();
            if in_mbox
                && whole_line
                && piece.starts_with(b"From ")
                && self.is_separator(&piece, previous_blank)?
            {
                self.separator = Some((offset, piece));
                break;
            }
            if in_headers && whole_line {
                content_length = content_length.or_else(|| read_content_length(&piece));
            }
            let escaped = unescape && line_start && !in_headers && is_escaped_separator(&piece);
            mail.push(if escaped { &piece[1..] } else { &piece });
            if in_headers && blank {
                in_headers = false;
                if let Some(length) = content_length
                    .take()
                    .filter(|length| in_mbox && *length <= self.limit)
                {
                    unescape = self.read_counted_body(length, &mut mail)?;
                    previous_blank = true;
                    line_start = true;
                    continue;
                }
            }
            line_start = piece.ends_with(b"\n");
            previous_blank = blank;
        }
        Ok(mail.finish(in_mbox))
    }

    /// Takes `length` bytes as the body if a separator or the end of the file follows (mboxcl); otherwise the header
    /// lied and the bytes are read again line by line. Returns whether escaped separators remain to be unescaped.
    fn read_counted_body(&mut self, length: usize, mail: &mut Collected) -> io::Result<bool> {
        let body = self.input.read_up_to(length)?;
        if body.len() < length || !self.input.followed_by_separator()? {
            self.input.push_back(body);
            return Ok(true);
        }
        // mboxcl2 escapes nothing: an unescaped separator inside of the body tells.
        let unescaped_variant =
            body.starts_with(b"From ") || memchr::memmem::find(&body, b"\nFrom ").is_some();
        if unescaped_variant {
            mail.push(&body);
        } else {
            for line in body.split_inclusive(|byte| *byte == b'\n') {
                mail.push(if is_escaped_separator(line) {
                    &line[1..]
                } else {
                    line
                });
            }
        }
        Ok(true)
    }

    /// A line that starts with `From ` separates mails if what follows is a header and if it looks like the work of a
    /// mail program: a date, or an address behind a blank line. Prose that starts with "From" has neither.
    fn is_separator(&mut self, line: &[u8], previous_blank: bool) -> io::Result<bool> {
        let text = String::from_utf8_lossy(line);
        let dated = has_clock_and_year(&text);
        let sender = text.split_whitespace().nth(1).unwrap_or_default();
        let addressed =
            previous_blank && (sender.contains('@') || sender == "-" || sender == "MAILER-DAEMON");
        if !(dated || addressed) {
            return Ok(false);
        }
        let next = self.input.read_piece(SEPARATOR_LIMIT)?;
        let next_line = next.trim_ascii_end();
        let header = next.is_empty()
            || header::field_name(next_line).is_some()
            || next_line.starts_with(b">From ")
            || (dated && previous_blank && next_line.is_empty());
        self.input.push_back(next);
        Ok(header)
    }
}

impl<R: BufRead> Iterator for MboxReader<R> {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_entry().transpose()
    }
}

/// Input with a position and the possibility to give bytes back.
struct Source<R> {
    inner: R,
    /// Bytes given back, in reverse order so that taking from the front is cheap.
    pushed_back: Vec<u8>,
    position: u64,
}

impl<R: BufRead> Source<R> {
    /// A line with its line break, or a part of it of `limit` bytes; empty at the end.
    fn read_piece(&mut self, limit: usize) -> io::Result<Vec<u8>> {
        let mut piece = Vec::new();
        while piece.len() < limit && !piece.ends_with(b"\n") {
            let taken = self.take(limit - piece.len(), true, &mut piece)?;
            if taken == 0 {
                break;
            }
        }
        Ok(piece)
    }

    fn read_up_to(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            if self.take(length - bytes.len(), false, &mut bytes)? == 0 {
                break;
            }
        }
        Ok(bytes)
    }

    /// Moves up to `limit` bytes into `target`, at most one line when `by_line`.
    fn take(&mut self, limit: usize, by_line: bool, target: &mut Vec<u8>) -> io::Result<usize> {
        let count = if self.pushed_back.is_empty() {
            let available = self.inner.fill_buf()?;
            let mut count = available.len().min(limit);
            if by_line && let Some(line_break) = memchr::memchr(b'\n', &available[..count]) {
                count = line_break + 1;
            }
            target.extend_from_slice(&available[..count]);
            self.inner.consume(count);
            count
        } else {
            let mut count = 0;
            while count < limit {
                let Some(byte) = self.pushed_back.pop() else {
                    break;
                };
                target.push(byte);
                count += 1;
                if by_line && byte == b'\n' {
                    break;
                }
            }
            count
        };
        self.position += count as u64;
        Ok(count)
    }

    fn push_back(&mut self, bytes: Vec<u8>) {
        self.position -= bytes.len() as u64;
        self.pushed_back.extend(bytes.into_iter().rev());
    }

    fn at_end(&mut self) -> io::Result<bool> {
        Ok(self.pushed_back.is_empty() && self.inner.fill_buf()?.is_empty())
    }

    fn followed_by_separator(&mut self) -> io::Result<bool> {
        let mut seen = Vec::new();
        let mut found = false;
        for _ in 0..3 {
            let line = self.read_piece(SEPARATOR_LIMIT)?;
            let at_end = line.is_empty();
            let separator = line.starts_with(b"From ");
            let blank = line.trim_ascii().is_empty();
            seen.extend(line);
            if at_end || separator {
                found = true;
                break;
            }
            if !blank {
                break;
            }
        }
        self.push_back(seen);
        Ok(found)
    }
}

/// The bytes of one mail as long as they stay below the limit.
struct Collected {
    bytes: Vec<u8>,
    size: u64,
    limit: usize,
}

impl Collected {
    fn push(&mut self, piece: &[u8]) {
        self.size += piece.len() as u64;
        if self.size <= self.limit as u64 {
            self.bytes.extend_from_slice(piece);
        } else if self.bytes.len() > OVERSIZED_HEAD {
            self.bytes.truncate(OVERSIZED_HEAD);
            self.bytes.shrink_to_fit();
        } else if self.bytes.len() < OVERSIZED_HEAD {
            let room = OVERSIZED_HEAD - self.bytes.len();
            self.bytes
                .extend_from_slice(&piece[..piece.len().min(room)]);
        }
    }

    fn finish(mut self, in_mbox: bool) -> Content {
        if self.size > self.limit as u64 {
            return Content::TooLarge {
                size: self.size,
                head: self.bytes,
            };
        }
        // The blank line before the next separator belongs to the format, not to the mail.
        if in_mbox {
            if self.bytes.ends_with(b"\r\n\r\n") {
                self.bytes.truncate(self.bytes.len() - 2);
            } else if self.bytes.ends_with(b"\n\n") {
                self.bytes.truncate(self.bytes.len() - 1);
            }
        }
        Content::Mail(self.bytes)
    }
}

fn is_escaped_separator(line: &[u8]) -> bool {
    let depth = line.iter().take_while(|byte| **byte == b'>').count();
    depth > 0 && line[depth..].starts_with(b"From ")
}

fn read_content_length(line: &[u8]) -> Option<usize> {
    let (name, value) = line.split_at(header::field_name(line)?);
    if !name.trim_ascii().eq_ignore_ascii_case(b"content-length") {
        return None;
    }
    std::str::from_utf8(&value[1..]).ok()?.trim().parse().ok()
}

/// `hh:mm` and a year, as every mail program writes into the separator.
fn has_clock_and_year(text: &str) -> bool {
    let mut clock = false;
    let mut year = false;
    for word in text.split_whitespace().skip(1) {
        let mut digits = word.split(':');
        clock |= word.contains(':')
            && (2..=3).contains(&word.split(':').count())
            && digits.all(|part| {
                (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
            });
        year |= word.len() == 4
            && (word.starts_with("19") || word.starts_with("20"))
            && word.parse::<u16>().is_ok();
    }
    clock && year
}

fn read_separator(line: &[u8]) -> (Option<String>, Option<Timestamp>) {
    let text = String::from_utf8_lossy(line);
    let rest = text.trim_end().strip_prefix("From ").unwrap_or_default();
    let (sender, rest) = rest.trim_start().split_once(' ').unwrap_or((rest, ""));
    (
        header::normalise_address(sender),
        date::parse_separator_date(rest),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], limit: usize) -> Vec<Entry> {
        MboxReader::new(text, 0, limit)
            .map(|entry| entry.expect("reading from memory"))
            .collect()
    }

    fn bodies(text: &[u8]) -> Vec<String> {
        read(text, 1 << 20)
            .into_iter()
            .map(|entry| match entry.content {
                Content::Mail(bytes) => String::from_utf8(bytes).unwrap(),
                Content::TooLarge { .. } => panic!("no mail is too large here"),
            })
            .collect()
    }

    const SEPARATOR: &str = "From a@example.com Thu Jan  4 10:00:00 2024\n";

    #[test]
    fn mails_are_split_at_separators_with_either_line_break() {
        let text =
            format!("{SEPARATOR}Subject: one\n\nfirst\n\n{SEPARATOR}Subject: two\n\nsecond\n");
        assert_eq!(
            bodies(text.as_bytes()),
            ["Subject: one\n\nfirst\n", "Subject: two\n\nsecond\n"]
        );
        let text = text.replace('\n', "\r\n");
        assert_eq!(
            bodies(text.as_bytes()),
            [
                "Subject: one\r\n\r\nfirst\r\n",
                "Subject: two\r\n\r\nsecond\r\n"
            ]
        );
    }

    #[test]
    fn prose_that_starts_with_from_does_not_split() {
        let text = format!(
            "{SEPARATOR}Subject: one\n\nHello\n\nFrom Monday 10:30 in 2024 we are closed\nSee you\n\nFrom here on: nothing\nRe: x\n"
        );
        assert_eq!(bodies(text.as_bytes()).len(), 1);
    }

    #[test]
    fn escaped_separators_are_unescaped_once() {
        let text =
            format!("{SEPARATOR}Subject: x\n\n>From the start\n>>From quoted\n> From kept\n");
        assert_eq!(
            bodies(text.as_bytes()),
            ["Subject: x\n\nFrom the start\n>From quoted\n> From kept\n"]
        );
    }

    #[test]
    fn content_length_protects_an_unescaped_separator() {
        let body = format!("text\n\n{SEPARATOR}Subject: inner\n\nquoted mail\n");
        let text = format!(
            "{SEPARATOR}Subject: outer\nContent-Length: {}\n\n{body}\n{SEPARATOR}Subject: next\n\nx\n",
            body.len()
        );
        let found = bodies(text.as_bytes());
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("Subject: inner") && found[1].starts_with("Subject: next"));
    }

    #[test]
    fn a_wrong_content_length_is_ignored() {
        for length in [3, 5_000] {
            let text = format!(
                "{SEPARATOR}Subject: a\nContent-Length: {length}\n\nbody of a\n\n{SEPARATOR}Subject: b\n\nbody of b\n"
            );
            let found = bodies(text.as_bytes());
            assert_eq!(found.len(), 2, "length {length}");
            assert!(found[0].ends_with("body of a\n") && found[1].ends_with("body of b\n"));
        }
    }

    #[test]
    fn separators_of_well_known_programs() {
        for line in [
            "From - Sat Feb 10 08:12:01 2024",
            "From 1789012345678901234@xxx Mon Jan 01 00:00:00 +0000 2024",
            "From MAILER-DAEMON Fri Jul  8 12:08:34 2011",
            "From ???@??? Fri Jul 08 12:08:34 2011",
            "From person@example.com",
        ] {
            let text = format!("{SEPARATOR}Subject: a\n\nx\n\n{line}\nSubject: b\n\ny\n");
            assert_eq!(bodies(text.as_bytes()).len(), 2, "{line}");
        }
    }

    #[test]
    fn offsets_allow_to_resume() {
        let text = format!(
            "{SEPARATOR}Subject: 1\n\n>From x\n\n{SEPARATOR}Subject: 2\n\ny\n\n{SEPARATOR}Subject: 3\n\nz\n"
        );
        let all = read(text.as_bytes(), 1 << 20);
        assert_eq!(all.last().unwrap().end, text.len() as u64);
        for (position, entry) in all.iter().enumerate() {
            let rest = &text.as_bytes()[entry.end as usize..];
            let resumed: Vec<Entry> = MboxReader::new(rest, entry.end, 1 << 20)
                .map(Result::unwrap)
                .collect();
            assert_eq!(resumed, all[position + 1..]);
        }
    }

    #[test]
    fn a_single_mail_needs_no_separator() {
        let found = read(
            b"\xef\xbb\xbfSubject: only\r\n\r\n>From kept as it is\r\n",
            1 << 20,
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].content,
            Content::Mail(b"Subject: only\r\n\r\n>From kept as it is\r\n".to_vec())
        );
    }

    #[test]
    fn a_mail_above_the_limit_is_reported_and_the_next_one_read() {
        let large = "y".repeat(300_000);
        let text =
            format!("{SEPARATOR}Subject: large\n\n{large}\n\n{SEPARATOR}Subject: small\n\nz\n");
        let found = read(text.as_bytes(), 100_000);
        assert_eq!(found.len(), 2);
        match &found[0].content {
            Content::TooLarge { size, head } => {
                assert!(
                    *size > 300_000
                        && head.starts_with(b"Subject: large")
                        && head.len() <= OVERSIZED_HEAD
                );
            }
            Content::Mail(_) => panic!("the limit was not applied"),
        }
        assert_eq!(
            found[1].content,
            Content::Mail(b"Subject: small\n\nz\n".to_vec())
        );
    }

    #[test]
    fn the_separator_tells_sender_and_date() {
        let text = format!("{SEPARATOR}Subject: x\n\ny\n");
        let found = read(text.as_bytes(), 1 << 20);
        assert_eq!(found[0].envelope_sender.as_deref(), Some("a@example.com"));
        assert_eq!(
            found[0].envelope_date.unwrap().to_string(),
            "2024-01-04T10:00:00Z"
        );
    }

    #[test]
    fn an_empty_file_has_no_mail() {
        assert!(read(b"", 1 << 20).is_empty());
        assert!(read(b"\n\n", 1 << 20).is_empty());
    }
}
