//! The terminal while the dashboard is on it.
//!
//! Invariant: however the program leaves (a key, a signal, an error, a panic), the terminal is as it was: its lines, its
//! cursor, its echo.

use std::io::{self, IsTerminal, Read, Write};

use rustix::termios::{self, LocalModes, OptionalActions, Termios};
use tokio::sync::mpsc;

/// What was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// q, Escape, Ctrl-C.
    End,
    /// r.
    Now,
    /// s.
    Statements,
    /// t.
    Tables,
    /// p.
    Pause,
    /// Anything else.
    Other,
}

impl Key {
    fn of(byte: u8) -> Key {
        match byte {
            b'q' | b'Q' | 3 | 27 => Key::End,
            b'r' | b'R' | b' ' => Key::Now,
            b's' | b'S' => Key::Statements,
            b't' | b'T' => Key::Tables,
            b'p' | b'P' => Key::Pause,
            _ => Key::Other,
        }
    }
}

/// The terminal, taken over.
pub struct Terminal {
    before: Termios,
    keys: mpsc::Receiver<Key>,
}

impl Terminal {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// When there is none.
    pub fn open() -> io::Result<Terminal> {
        if !io::stdout().is_terminal() {
            return Err(io::Error::other("standard output is no terminal"));
        }
        let before = termios::tcgetattr(io::stdin())?;
        let mut now = before.clone();
        // Signals stay: Ctrl-C must end it whatever happens here.
        now.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        termios::tcsetattr(io::stdin(), OptionalActions::Flush, &now)?;
        let (sender, keys) = mpsc::channel(16);
        // A thread of its own: reading a terminal cannot be given up, and the process does not wait for it.
        std::thread::spawn(move || {
            let mut byte = [0_u8; 1];
            while io::stdin().read_exact(&mut byte).is_ok() {
                if sender.blocking_send(Key::of(byte[0])).is_err() {
                    break;
                }
            }
        });
        let terminal = Terminal { before, keys };
        // Another page of the terminal, without the cursor.
        write!(io::stdout(), "\x1b[?1049h\x1b[?25l\x1b[2J")?;
        Ok(terminal)
    }

    /// Columns and lines.
    pub fn size(&self) -> (usize, usize) {
        termios::tcgetwinsize(io::stdout())
            .ok()
            .filter(|size| size.ws_col > 0 && size.ws_row > 0)
            .map_or((80, 24), |size| {
                (usize::from(size.ws_col), usize::from(size.ws_row))
            })
    }

    /// Puts the lines on it, from the top.
    ///
    /// # Errors
    /// When it is gone.
    pub fn draw(&mut self, lines: &[String]) -> io::Result<()> {
        let mut text = String::from("\x1b[H");
        for (number, line) in lines.iter().enumerate() {
            if number > 0 {
                text.push_str("\r\n");
            }
            text.push_str(line);
            text.push_str("\x1b[K");
        }
        text.push_str("\x1b[J");
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// The next key; never ends where nobody can press one.
    pub async fn key(&mut self) -> Key {
        match self.keys.recv().await {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let mut out = io::stdout().lock();
        let _ = write!(out, "\x1b[?25h\x1b[?1049l");
        let _ = out.flush();
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
