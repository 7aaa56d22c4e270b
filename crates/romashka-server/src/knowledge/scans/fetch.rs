//! One request to a website.
//!
//! Invariants: the address is judged before each request, and the connection goes to addresses that were judged; no redirect is followed by itself;
//! what is received is bounded while it is received, also what it becomes when it is unpacked; an answer takes its time, and no more.

use std::io::{self, Write};
use std::time::Duration;

use flate2::write::MultiGzDecoder;
use jiff::Timestamp;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName,
    HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use romashka_channels::webhooks::answer::{ConnectionFailure, parse_retry_after};
use romashka_channels::webhooks::endpoint::UrlPolicy;
use url::Url;

use super::settings::check;
use crate::subscribers::guard::{GuardedResolver, kind_of};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(15);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest wait that a site may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// What is asked for.
pub(super) struct Wanted<'a> {
    pub url: &'a Url,
    /// What kinds are taken.
    pub accept: &'static str,
    /// The tag of what is known.
    pub etag: Option<&'a str>,
    /// The date of what is known.
    pub last_modified: Option<&'a str>,
    /// Bytes that are taken, unpacked.
    pub limit: usize,
    /// Whether what is beyond the limit is left out; else it is a failure.
    pub is_cut: bool,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Fetched {
    pub status: u16,
    pub content_type: Option<String>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub robots: Option<String>,
    pub location: Option<String>,
    pub retry_after: Option<Duration>,
    /// The body of a success, unpacked.
    pub body: Vec<u8>,
    /// Bytes that were received.
    pub bytes: usize,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Failure {
    /// A word that stays.
    pub code: &'static str,
    /// The same for people.
    pub detail: String,
    /// Whether another attempt may help.
    pub is_passing: bool,
    /// Bytes that were received.
    pub bytes: usize,
}

impl Failure {
    fn lasting(code: &'static str, detail: impl Into<String>, bytes: usize) -> Failure {
        Failure {
            code,
            detail: detail.into(),
            is_passing: false,
            bytes,
        }
    }

    fn of(error: &reqwest::Error, bytes: usize) -> Failure {
        let (code, detail, is_passing) = match kind_of(error) {
            ConnectionFailure::Blocked => ("blocked", "its address may not be asked", false),
            ConnectionFailure::Dns => ("dns", "its name cannot be resolved", true),
            ConnectionFailure::Tls => ("tls", "its certificate or protocol was refused", false),
            ConnectionFailure::Timeout => ("timeout", "no whole answer came in time", true),
            ConnectionFailure::Connect if error.is_body() || error.is_decode() => {
                ("connection", "the answer broke off", true)
            }
            ConnectionFailure::Connect => ("connection", "no connection", true),
        };
        Failure {
            code,
            detail: detail.to_owned(),
            is_passing,
            bytes,
        }
    }
}

/// What makes requests.
#[derive(Clone, Debug)]
pub(super) struct Fetcher {
    client: reqwest::Client,
    policy: UrlPolicy,
}

impl Fetcher {
    /// By this policy, under a name that says who asks and where he is found.
    pub fn new(policy: UrlPolicy, public_url: &Url) -> Result<Fetcher, reqwest::Error> {
        let client = reqwest::Client::builder()
            .user_agent(format!(
                "Romashka/{} (scan of a knowledge base; +{public_url})",
                env!("CARGO_PKG_VERSION")
            ))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(GuardedResolver(policy.guard.clone()))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            // A kept connection would go to an address that was checked long ago.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Fetcher { client, policy })
    }

    /// What addresses may be asked.
    pub fn policy(&self) -> &UrlPolicy {
        &self.policy
    }

    /// Makes one request.
    pub async fn fetch(&self, wanted: Wanted<'_>) -> Result<Fetched, Failure> {
        check(wanted.url, &self.policy)
            .map_err(|(code, _)| Failure::lasting(code, "its address may not be asked", 0))?;
        let mut request = self
            .client
            .get(wanted.url.clone())
            .header(ACCEPT, wanted.accept)
            .header(ACCEPT_ENCODING, "gzip");
        let known = [
            (IF_NONE_MATCH, wanted.etag),
            (IF_MODIFIED_SINCE, wanted.last_modified),
        ];
        for (name, value) in known {
            // What a site has sent is sent back only where it is what a header may be.
            if let Some(value) = value.and_then(|text| HeaderValue::from_str(text).ok()) {
                request = request.header(name, value);
            }
        }
        let mut answer = request
            .send()
            .await
            .map_err(|error| Failure::of(&error, 0))?;
        let headers = answer.headers().clone();
        let mut fetched = Fetched {
            status: answer.status().as_u16(),
            content_type: text(&headers, &CONTENT_TYPE),
            etag: text(&headers, &ETAG),
            last_modified: text(&headers, &LAST_MODIFIED),
            robots: text(&headers, &HeaderName::from_static("x-robots-tag")),
            location: text(&headers, &LOCATION),
            retry_after: text(&headers, &RETRY_AFTER)
                .and_then(|value| parse_retry_after(&value, Timestamp::now()))
                .map(|wait| wait.min(LONGEST_WAIT)),
            body: Vec::new(),
            bytes: 0,
        };
        if !answer.status().is_success() {
            return Ok(fetched);
        }
        let mut sink = match text(&headers, &CONTENT_ENCODING)
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
            .as_str()
        {
            "" | "identity" => Sink::Plain(Capped::new(wanted.limit)),
            "gzip" | "x-gzip" => {
                Sink::Packed(Box::new(MultiGzDecoder::new(Capped::new(wanted.limit))))
            }
            other => {
                let detail = format!("it is packed by {}", excerpt(other));
                return Err(Failure::lasting("encoding", detail, 0));
            }
        };
        let mut is_full = false;
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| Failure::of(&error, fetched.bytes))?
        {
            fetched.bytes += chunk.len();
            match sink.write_all(&chunk) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    is_full = true;
                    break;
                }
                Err(_) => return Err(Failure::lasting("encoding", DAMAGED, fetched.bytes)),
            }
        }
        if is_full && !wanted.is_cut {
            let detail = format!("it has more than {} KB", wanted.limit / 1024);
            return Err(Failure::lasting("too_large", detail, fetched.bytes));
        }
        fetched.body = sink
            .finish(is_full)
            .map_err(|_| Failure::lasting("encoding", DAMAGED, fetched.bytes))?;
        Ok(fetched)
    }
}

const DAMAGED: &str = "what was packed is damaged";

/// What a header says, cut to what is worth keeping.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    let text = String::from_utf8_lossy(value.as_bytes());
    (text.len() <= 4096 && !text.contains('\0')).then(|| text.trim().to_owned())
}

fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Unpacks what a site packed by itself, as a sitemap `.gz`.
pub(super) fn unpacked(bytes: Vec<u8>, limit: usize) -> io::Result<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut decoder = MultiGzDecoder::new(Capped::new(limit));
    decoder.write_all(&bytes)?;
    Ok(decoder.finish()?.bytes)
}

enum Sink {
    Plain(Capped),
    Packed(Box<MultiGzDecoder<Capped>>),
}

impl Sink {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Sink::Plain(sink) => sink.write_all(bytes),
            Sink::Packed(sink) => sink.write_all(bytes),
        }
    }

    fn finish(self, is_full: bool) -> io::Result<Vec<u8>> {
        match self {
            Sink::Plain(sink) => Ok(sink.bytes),
            Sink::Packed(mut sink) if is_full => Ok(std::mem::take(&mut sink.get_mut().bytes)),
            Sink::Packed(sink) => Ok(sink.finish()?.bytes),
        }
    }
}

/// Takes so many bytes and no more.
struct Capped {
    bytes: Vec<u8>,
    limit: usize,
}

impl Capped {
    fn new(limit: usize) -> Capped {
        Capped {
            bytes: Vec::new(),
            limit,
        }
    }
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.limit - self.bytes.len();
        self.bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn what_is_unpacked_is_bounded() {
        let bomb = packed(&vec![0; 50 * 1024 * 1024]);
        assert!(bomb.len() < 100 * 1024);
        let error = unpacked(bomb, 1024 * 1024).expect_err("a bomb");
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(unpacked(packed(b"<x/>"), 10).expect("small"), b"<x/>");
        assert_eq!(unpacked(b"<x/>".to_vec(), 10).expect("plain"), b"<x/>");
        assert!(unpacked(packed(b"<x/>")[..8].to_vec(), 10).is_err());
    }
}
