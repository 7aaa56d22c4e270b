//! The lines of a client.

use super::COMMAND_LIMIT;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
