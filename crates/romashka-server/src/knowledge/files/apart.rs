//! Reading other people's formats in a process of its own.
//!
//! Invariant: whatever a file makes its reader do, this process is as it was: time, memory and processor time of the other one are limited by the
//! system, it has no environment and no database, and its answer is bounded.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use romashka_knowledge::document::{self, Kind, Reading, Refusal};
use romashka_knowledge::pages::{self, Page, Source};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

/// How long a file is read.
const LONGEST: Duration = Duration::from_secs(120);
/// How long a page is read.
const LONGEST_PAGE: Duration = Duration::from_secs(30);
/// Bytes of an answer.
const LARGEST_ANSWER: u64 = 256 * 1024 * 1024;
/// Memory of the process that reads: three times the largest archive, unpacked.
const MEMORY: u64 = 2 * 1024 * 1024 * 1024;
/// For readers that go down by themselves.
const STACK: usize = 64 * 1024 * 1024;

/// What reads files.
#[derive(Clone, Debug)]
pub struct Reader {
    program: PathBuf,
}

impl Reader {
    /// A reader whose other process is `program knowledge read-file NAME`.
    pub fn new(program: PathBuf) -> Reader {
        Reader { program }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When nothing of it can be taken.
    pub async fn read(&self, name: &str, bytes: Vec<u8>) -> Result<Reading, Refusal> {
        let kind = Kind::of(name).ok_or(Refusal::UnknownKind)?;
        let name = name.rsplit('/').next().unwrap_or(name).to_owned();
        if !kind.is_foreign() {
            return tokio::task::spawn_blocking(move || document::read(&name, &bytes))
                .await
                .unwrap_or_else(|_| Err(stopped("it fell over the file")));
        }
        within(LONGEST, self.ask(&["read-file", "--", &name], &bytes)).await
    }

    /// Reads a page of a website.
    ///
    /// # Errors
    /// When nothing of it can be taken.
    pub async fn read_page(&self, source: &Source, bytes: &[u8]) -> Result<Page, Refusal> {
        let mut input = serde_json::to_vec(source).map_err(stopped)?;
        input.push(b'\n');
        input.extend_from_slice(bytes);
        within(LONGEST_PAGE, self.ask(&["read-page"], &input)).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        action: &[&str],
        bytes: &[u8],
    ) -> std::io::Result<Result<T, Refusal>> {
        let mut child = Command::new(&self.program)
            .arg("knowledge")
            .args(action)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let give = async {
            if let Some(mut input) = input {
                // One that fell says so by its end.
                let _ = input.write_all(bytes).await;
            }
        };
        let take = async {
            let mut answer = Vec::new();
            if let Some(output) = output {
                output
                    .take(LARGEST_ANSWER + 1)
                    .read_to_end(&mut answer)
                    .await?;
            }
            std::io::Result::Ok(answer)
        };
        let ((), answer) = tokio::join!(give, take);
        let answer = answer?;
        if answer.len() as u64 > LARGEST_ANSWER {
            return Ok(Err(stopped("the file holds too much text")));
        }
        let ended = child.wait().await?;
        if !ended.success() {
            return Ok(Err(stopped(
                "it needed too much memory or time, or fell over the file",
            )));
        }
        Ok(serde_json::from_slice(&answer).unwrap_or_else(|error| Err(stopped(error))))
    }
}

async fn within<T>(
    longest: Duration,
    reading: impl Future<Output = std::io::Result<Result<T, Refusal>>>,
) -> Result<T, Refusal> {
    match tokio::time::timeout(longest, reading).await {
        Ok(answer) => answer.unwrap_or_else(|error| Err(stopped(error))),
        Err(_) => Err(stopped(format!(
            "it took more than {} seconds",
            longest.as_secs()
        ))),
    }
}

fn stopped(message: impl ToString) -> Refusal {
    Refusal::Stopped {
        message: message.to_string(),
    }
}

/// What the other process does: reads a file from standard input, and writes what it holds as JSON. Its own limits come first.
///
/// # Errors
/// When the limits, the input or the output fail.
pub fn read_for_parent(
    name: String,
    input: impl std::io::Read,
    output: impl std::io::Write,
) -> std::io::Result<()> {
    answer_parent(LONGEST, input, output, move |bytes| {
        document::read(&name, bytes)
    })
}

/// The same for a page: the first line says what is known of it ([`Source`] as JSON), what follows are its bytes.
///
/// # Errors
/// When the limits, the input or the output fail.
pub fn read_page_for_parent(
    input: impl std::io::Read,
    output: impl std::io::Write,
) -> std::io::Result<()> {
    answer_parent(LONGEST_PAGE, input, output, |bytes| {
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
        let source: Source =
            serde_json::from_slice(&bytes[..end]).map_err(|error| Refusal::Damaged {
                message: error.to_string(),
            })?;
        pages::read(&source, &bytes[end + 1..])
    })
}

fn answer_parent<T: Serialize + Send + 'static>(
    longest: Duration,
    mut input: impl std::io::Read,
    output: impl std::io::Write,
    read: impl FnOnce(&[u8]) -> Result<T, Refusal> + Send + 'static,
) -> std::io::Result<()> {
    let limit = |most: u64| Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    setrlimit(Resource::As, limit(MEMORY))?;
    setrlimit(Resource::Cpu, limit(longest.as_secs()))?;
    setrlimit(Resource::Core, limit(0))?;
    let mut bytes = Vec::new();
    input.by_ref().read_to_end(&mut bytes)?;
    let reading = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || read(&bytes))?
        .join()
        .unwrap_or_else(|_| {
            Err(Refusal::Damaged {
                message: "its reader fell over it".to_owned(),
            })
        });
    serde_json::to_writer(output, &reading)?;
    Ok(())
}
