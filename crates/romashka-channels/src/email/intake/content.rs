//! A mail among the bytes that follow `DATA`.

use super::{COMMAND_LIMIT, LINE_LIMIT};

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
