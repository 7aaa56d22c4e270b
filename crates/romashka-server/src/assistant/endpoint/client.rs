//! A client of chat completions, as OpenAI has defined them and many servers speak them.
//!
//! Invariants: what is returned as a completion is whole: its end was said; nothing is read without bounds of bytes and time; a call is made
//! again only while no word of an answer has come; what the server says beside the answer is never needed.

use std::time::Duration;

use romashka_channels::webhooks::answer::{CONNECT_TIMEOUT_SECONDS, ConnectionFailure};
use romashka_channels::webhooks::endpoint::UrlPolicy;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout, timeout_at};

use super::address::{Address, InHouseResolver};
use crate::subscribers::guard::{GuardedResolver, kind_of};

/// Most bytes that are read of an answer.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// Attempts for one answer.
const ATTEMPTS: u32 = 2;
/// Wait before the second.
const BEFORE_NEXT: Duration = Duration::from_millis(300);

/// Why there is no completion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No connection.
    #[error("unreachable: {}", words(*.0))]
    Unreachable(ConnectionFailure),
    /// It refused, with this status and these words.
    #[error("status: it answered {0}{1}")]
    Status(u16, String),
    /// Nothing came for too long.
    #[error("idle: nothing came in time")]
    Idle,
    /// The whole took too long.
    #[error("too_slow: the answer was not finished in time")]
    TooSlow,
    /// It says more than is read.
    #[error("too_large: the answer is larger than is read")]
    TooLarge,
    /// What it says cannot be read.
    #[error("unreadable: what it says is no completion")]
    Unreadable,
    /// It said that something went wrong.
    #[error("error: {0}")]
    Said(String),
    /// It stopped before the end.
    #[error("cut: the answer broke off")]
    Cut,
    /// It had more to say than it may.
    #[error("length: the answer is longer than max_tokens")]
    Length,
    /// It does not want to answer.
    #[error("content_filter: its filter held the answer back")]
    Filtered,
    /// It ended with a reason that is not known here, as a call of a tool.
    #[error("finish_reason: it ended with {0}")]
    Ended(String),
    /// It said nothing.
    #[error("empty: it said nothing")]
    Empty,
}

fn words(failure: ConnectionFailure) -> &'static str {
    match failure {
        ConnectionFailure::Dns => "the name cannot be resolved",
        ConnectionFailure::Connect => "no connection",
        ConnectionFailure::Tls => "the certificate or the protocol was refused",
        ConnectionFailure::Timeout => "no answer in time",
        ConnectionFailure::Blocked => {
            "the address is not allowed (ROMASHKA_WEBHOOK_NETWORKS names networks of your own)"
        }
    }
}

impl Failure {
    /// Whether it may be otherwise a moment later.
    fn may_pass(&self) -> bool {
        match self {
            Failure::Unreachable(failure) => *failure != ConnectionFailure::Blocked,
            Failure::Status(status, _) => *status == 429 || *status >= 500,
            Failure::Cut => true,
            _ => false,
        }
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// Where.
    pub address: &'a Address,
    /// With which key.
    pub key: Option<&'a SecretString>,
    /// Which model.
    pub model: &'a str,
    /// What it has to keep to.
    pub instructions: &'a str,
    /// What it is asked.
    pub question: &'a str,
    /// Tokens it may write.
    pub max_tokens: u32,
    /// Whether it answers word by word.
    pub is_streamed: bool,
    /// How long nothing may come, where it does.
    pub idle: Duration,
    /// How long all of it may take.
    pub total: Duration,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The whole text.
    pub text: String,
    /// Tokens it read, where it says so.
    pub tokens_in: Option<u32>,
    /// Tokens it wrote, where it says so.
    pub tokens_out: Option<u32>,
}

/// The client.
#[derive(Clone, Debug)]
pub struct Client {
    public: reqwest::Client,
    in_house: reqwest::Client,
}

impl Client {
    /// A client that keeps to the operator's rules.
    pub fn new(policy: &UrlPolicy) -> Result<Client, reqwest::Error> {
        let builder = || {
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .connect_timeout(Duration::from_secs(CONNECT_TIMEOUT_SECONDS))
                // A kept connection would go to an address that was checked long ago.
                .pool_max_idle_per_host(0)
        };
        Ok(Client {
            public: builder()
                .dns_resolver(GuardedResolver(policy.guard.clone()))
                .build()?,
            in_house: builder()
                .dns_resolver(InHouseResolver(policy.guard.allowed.clone()))
                .build()?,
        })
    }

    /// Asks, and waits for the whole answer.
    pub async fn complete(&self, call: &Call<'_>) -> Result<Completion, Failure> {
        let until = Instant::now() + call.total;
        let mut attempt = 1;
        loop {
            let mut reading = Reading::default();
            let result = timeout_at(until, self.attempt(call, &mut reading))
                .await
                .unwrap_or(Err(Failure::TooSlow));
            match result {
                Err(failure)
                    if failure.may_pass() && reading.text.is_empty() && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                    tokio::time::sleep(BEFORE_NEXT).await;
                }
                Err(failure) => return Err(failure),
                Ok(()) => return reading.completion(),
            }
        }
    }

    async fn attempt(&self, call: &Call<'_>, reading: &mut Reading) -> Result<(), Failure> {
        let mut body = json!({
            "model": call.model,
            "messages": [
                {"role": "system", "content": call.instructions},
                {"role": "user", "content": call.question},
            ],
            "max_tokens": call.max_tokens,
            "temperature": 0,
            "stream": call.is_streamed,
        });
        if call.is_streamed {
            body["stream_options"] = json!({"include_usage": true});
        }
        let client = if call.address.is_in_house() {
            &self.in_house
        } else {
            &self.public
        };
        let mut request = client.post(call.address.url().clone()).json(&body);
        if let Some(key) = call.key {
            request = request.bearer_auth(key.expose_secret());
        }
        // One that does not stream is silent while it thinks.
        let idle = if call.is_streamed {
            call.idle
        } else {
            call.total
        };
        let mut response = timeout(idle, request.send())
            .await
            .map_err(|_| Failure::Idle)?
            .map_err(|error| Failure::Unreachable(kind_of(&error)))?;
        let status = response.status();
        let is_stream = response
            .headers()
            .get("content-type")
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("text/event-stream"));
        let (mut bytes, mut read) = (Vec::new(), 0);
        loop {
            let chunk = timeout(idle, response.chunk())
                .await
                .map_err(|_| Failure::Idle)?;
            let Ok(Some(chunk)) = &chunk else {
                if chunk.is_err() {
                    return Err(Failure::Cut);
                }
                break;
            };
            read += chunk.len();
            if read > ANSWER_LIMIT {
                return Err(Failure::TooLarge);
            }
            bytes.extend_from_slice(chunk);
            if status.is_success() && is_stream {
                let mut begin = 0;
                while let Some(end) = bytes[begin..].iter().position(|byte| *byte == b'\n') {
                    if reading.take_line(&bytes[begin..=begin + end])? {
                        return Ok(());
                    }
                    begin += end + 1;
                }
                bytes.drain(..begin);
            }
        }
        if !status.is_success() {
            let said: Option<Value> = serde_json::from_slice(&bytes).ok();
            let said = said.as_ref().and_then(said_error).unwrap_or_default();
            let said = if said.is_empty() {
                said
            } else {
                format!(": {said}")
            };
            return Err(Failure::Status(status.as_u16(), said));
        }
        if is_stream {
            // The last line may have no end; a stream that says neither why it ended nor that it is done was cut.
            return match reading.take_line(&bytes)? || reading.finish.is_some() {
                true => Ok(()),
                false => Err(Failure::Cut),
            };
        }
        let whole: Value = serde_json::from_slice(&bytes).map_err(|_| Failure::Unreadable)?;
        reading.take(&whole, "message")?;
        if reading.finish.is_none() {
            return Err(Failure::Cut);
        }
        Ok(())
    }
}

/// What was read of an answer so far.
#[derive(Debug, Default)]
struct Reading {
    text: String,
    finish: Option<String>,
    tokens_in: Option<u32>,
    tokens_out: Option<u32>,
}

impl Reading {
    /// Reads a line of a stream; true for the last one.
    fn take_line(&mut self, line: &[u8]) -> Result<bool, Failure> {
        let line = std::str::from_utf8(line)
            .map_err(|_| Failure::Unreadable)?
            .trim();
        let Some(data) = line.strip_prefix("data:").map(str::trim) else {
            return Ok(false);
        };
        if data == "[DONE]" {
            return Ok(true);
        }
        let event: Value = serde_json::from_str(data).map_err(|_| Failure::Unreadable)?;
        self.take(&event, "delta")?;
        Ok(false)
    }

    fn take(&mut self, event: &Value, part: &str) -> Result<(), Failure> {
        if let Some(said) = said_error(event) {
            return Err(Failure::Said(said));
        }
        let tokens = |name: &str| {
            event["usage"][name]
                .as_u64()
                .and_then(|tokens| u32::try_from(tokens).ok())
        };
        self.tokens_in = tokens("prompt_tokens").or(self.tokens_in);
        self.tokens_out = tokens("completion_tokens").or(self.tokens_out);
        let Some(choices) = event["choices"].as_array() else {
            return match event["usage"].is_object() {
                true => Ok(()),
                false => Err(Failure::Unreadable),
            };
        };
        let Some(choice) = choices.first() else {
            return Ok(());
        };
        if let Some(text) = choice[part]["content"].as_str() {
            self.text.push_str(text);
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.finish = Some(reason.to_owned());
        }
        Ok(())
    }

    fn completion(self) -> Result<Completion, Failure> {
        match self.finish.as_deref() {
            Some("length") => return Err(Failure::Length),
            Some("content_filter") => return Err(Failure::Filtered),
            Some("stop") | None => {}
            Some(other) => return Err(Failure::Ended(shortened(other))),
        }
        if self.text.trim().is_empty() {
            return Err(Failure::Empty);
        }
        Ok(Completion {
            text: self.text,
            tokens_in: self.tokens_in,
            tokens_out: self.tokens_out,
        })
    }
}

/// What a server says that went wrong.
fn said_error(event: &Value) -> Option<String> {
    let error = event.get("error").filter(|error| !error.is_null())?;
    let said = error["message"]
        .as_str()
        .or(error.as_str())
        .unwrap_or("it gives no reason");
    Some(shortened(said))
}

fn shortened(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(200)
        .collect()
}
