//! Reads and parses the files on a thread of its own.
//!
//! Invariant: at most [`WAITING`] prepared mails wait for the database; when the database stops listening the thread
//! ends.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use romashka_channels::email::header::{Headers, parse_message_id};
use romashka_channels::email::mbox::{Content, Entry, MboxReader};
use romashka_channels::email::{Mail, ParseOptions};
use tokio::sync::mpsc;

use super::attachments::AttachmentStore;
use super::mail::{self, PreparedMail};
use super::report::{Reason, Skipped};
use super::{ImportError, Options};

/// Prepared mails that may wait.
const WAITING: usize = 64;

/// What the thread says.
pub(super) enum Read {
    FileStarted(PathBuf),
    Mail(Box<PreparedMail>),
    Skipped(Skipped),
    /// Bytes of all files that are read.
    Position(u64),
}

/// The other end of the thread.
pub(super) struct Reader {
    receiver: mpsc::Receiver<Result<Read, ImportError>>,
}

impl Reader {
    pub async fn receive(&mut self) -> Option<Result<Read, ImportError>> {
        self.receiver.recv().await
    }

    /// Whether nothing waits: then the database may as well work on what it has.
    pub fn is_idle(&self) -> bool {
        self.receiver.is_empty()
    }
}

pub(super) fn start(
    options: Options,
    our_addresses: Vec<String>,
    store: Option<AttachmentStore>,
    stop: Arc<AtomicBool>,
) -> Reader {
    let (sender, receiver) = mpsc::channel(WAITING);
    let work = Work {
        options,
        our_addresses,
        store,
        stop,
        sender,
        done: 0,
    };
    // The thread ends with the channel; nobody waits for it otherwise.
    tokio::task::spawn_blocking(move || work.run());
    Reader { receiver }
}

struct Work {
    options: Options,
    our_addresses: Vec<String>,
    store: Option<AttachmentStore>,
    stop: Arc<AtomicBool>,
    sender: mpsc::Sender<Result<Read, ImportError>>,
    /// Bytes of the files that are done.
    done: u64,
}

impl Work {
    fn run(mut self) {
        for path in self.options.files.clone() {
            match self.read_file(&path) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    // A listener that is gone has its own error.
                    let _ = self.sender.blocking_send(Err(error));
                    return;
                }
            }
        }
    }

    fn say(&self, read: Read) -> bool {
        self.sender.blocking_send(Ok(read)).is_ok()
    }

    /// Returns false when nobody listens any more or the work shall stop.
    fn read_file(&mut self, path: &Path) -> Result<bool, ImportError> {
        let failed = |source| ImportError::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        if !self.say(Read::FileStarted(path.to_owned())) {
            return Ok(false);
        }
        let mut position = 0;
        let reader = MboxReader::new(
            BufReader::with_capacity(256 * 1024, file),
            0,
            self.options.size_limit,
        );
        for entry in reader {
            let entry = entry.map_err(failed)?;
            if self.stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            position = entry.end;
            let read = self.prepare(path, entry)?;
            if !self.say(read) || !self.say(Read::Position(self.done + position)) {
                return Ok(false);
            }
        }
        self.done += position;
        Ok(true)
    }

    fn prepare(&self, path: &Path, entry: Entry) -> Result<Read, ImportError> {
        let skipped = |message_id, reason| {
            Read::Skipped(Skipped {
                file: path.to_owned(),
                offset: entry.start,
                message_id,
                reason,
            })
        };
        let raw = match &entry.content {
            Content::Mail(raw) => raw,
            Content::TooLarge { size, head } => {
                let (headers, _) = Headers::parse(head);
                let message_id = headers.raw("Message-ID").and_then(parse_message_id);
                return Ok(skipped(message_id, Reason::TooLarge { size: *size }));
            }
        };
        let options = ParseOptions {
            now: Timestamp::now(),
            envelope_date: entry.envelope_date,
            our_servers: Vec::new(),
        };
        let mail = Mail::parse(raw, &options);
        let message_id = mail.message_id.clone();
        let prepared = mail::prepare(
            mail,
            path.to_owned(),
            entry.start,
            entry.envelope_sender.as_deref(),
            &self.our_addresses,
            self.store.as_ref(),
        )?;
        Ok(match prepared {
            Ok(mail) => Read::Mail(Box::new(mail)),
            Err(reason) => skipped(message_id, reason),
        })
    }
}
