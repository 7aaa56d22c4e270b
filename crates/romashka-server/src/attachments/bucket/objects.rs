//! Large files in a bucket, and what is in it.
//!
//! Invariants: a file of any size passes through in pieces, and what fails for a moment is tried again; an object appears
//! whole or not at all (a file in parts becomes one when its last request is answered).

use std::io::SeekFrom;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt as _;
use http_body_util::StreamBody;
use hyper::body::Frame;
use percent_encoding::percent_decode_str;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use reqwest::StatusCode;
use rusty_s3::S3Action;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use tokio_util::io::ReaderStream;

use super::{Bucket, BucketError, VALID, accepted};

/// The size of a part, in bytes.
const PART: u64 = 16 << 20;
/// Most parts of a file; the protocol allows 10,000.
const MOST_PARTS: u64 = 9_000;
/// How often a request is tried.
const ATTEMPTS: u32 = 4;
/// Largest answer in XML: a page of a list has 1,000 keys.
const LARGEST_ANSWER: usize = 8 << 20;

/// Told how many bytes more went through.
pub type Passed<'a> = &'a (dyn Fn(u64) + Send + Sync);

/// An object of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its path: its key without what all keys begin with.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

impl BucketError {
    /// Whether it may go well the next time.
    fn may_pass(&self) -> bool {
        match self {
            BucketError::Unreachable(_) => true,
            BucketError::Refused(status) => matches!(status, 408 | 429 | 500..=599),
            _ => false,
        }
    }
}

/// Tries again what fails for a moment.
async fn patiently<T, F>(mut work: impl FnMut() -> F) -> Result<T, BucketError>
where
    F: Future<Output = Result<T, BucketError>>,
{
    let mut attempt = 1;
    loop {
        match work().await {
            Err(error) if attempt < ATTEMPTS && error.may_pass() => {
                tracing::debug!(attempt, %error, "a request to the storage is tried again");
                wait(attempt).await;
                attempt += 1;
            }
            other => return other,
        }
    }
}

async fn wait(attempt: u32) {
    let pause = Duration::from_millis(250) * 2_u32.pow(attempt.min(6));
    tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
}

impl Bucket {
    /// Puts a file of any size under a path.
    pub async fn put_large(
        &self,
        path: &str,
        file: &Path,
        passed: Passed<'_>,
    ) -> Result<(), BucketError> {
        let size = tokio::fs::metadata(file).await?.len();
        if size <= PART {
            patiently(|| self.put(path, file, "application/octet-stream")).await?;
            passed(size);
            return Ok(());
        }
        let key = self.key(path);
        let upload = patiently(|| self.begin_upload(&key)).await?;
        let sent = self.send_parts(&key, &upload, file, size, passed).await;
        if sent.is_err() {
            // The storage would keep the parts, and ask money for them.
            let action = self
                .bucket
                .abort_multipart_upload(Some(&self.credentials), &key, &upload);
            let _ = self.client.delete(action.sign(VALID)).send().await;
        }
        sent
    }

    async fn begin_upload(&self, key: &str) -> Result<String, BucketError> {
        let action = self
            .bucket
            .create_multipart_upload(Some(&self.credentials), key);
        let response = accepted(self.client.post(action.sign(VALID)).send().await?)?;
        let answer = text_of(response).await?;
        texts(&answer, "UploadId")
            .into_iter()
            .next()
            .ok_or(BucketError::Unreadable)
    }

    async fn send_parts(
        &self,
        key: &str,
        upload: &str,
        file: &Path,
        size: u64,
        passed: Passed<'_>,
    ) -> Result<(), BucketError> {
        let part = PART.max(size.div_ceil(MOST_PARTS));
        let mut tags = Vec::new();
        let mut start = 0;
        while start < size {
            let length = part.min(size - start);
            let number = u16::try_from(tags.len() + 1).map_err(|_| BucketError::TooLarge)?;
            let tag =
                patiently(|| self.send_part(key, upload, number, file, start, length)).await?;
            tags.push(tag);
            start += length;
            passed(length);
        }
        patiently(|| self.complete(key, upload, &tags)).await
    }

    async fn send_part(
        &self,
        key: &str,
        upload: &str,
        number: u16,
        file: &Path,
        start: u64,
        length: u64,
    ) -> Result<String, BucketError> {
        let mut file = File::open(file).await?;
        file.seek(SeekFrom::Start(start)).await?;
        let frames = ReaderStream::new(file.take(length)).map(|chunk| chunk.map(Frame::data));
        let action = self
            .bucket
            .upload_part(Some(&self.credentials), key, number, upload);
        let response = self
            .client
            .put(action.sign(VALID))
            .header("content-length", length)
            .body(reqwest::Body::wrap(StreamBody::new(frames)))
            .send()
            .await?;
        accepted(response)?
            .headers()
            .get("etag")
            .and_then(|tag| tag.to_str().ok())
            .map(str::to_owned)
            .ok_or(BucketError::Unreadable)
    }

    async fn complete(&self, key: &str, upload: &str, tags: &[String]) -> Result<(), BucketError> {
        let action = self.bucket.complete_multipart_upload(
            Some(&self.credentials),
            key,
            upload,
            tags.iter().map(String::as_str),
        );
        let address = action.sign(VALID);
        let response = self.client.post(address).body(action.body()).send().await?;
        let answer = text_of(accepted(response)?).await?;
        // The storage begins to answer before it knows: a failure comes with the status of a success.
        match has(&answer, "Error") {
            true => Err(BucketError::Refused(500)),
            false => Ok(()),
        }
    }

    /// What is below a path, in the order of the keys.
    pub async fn list(&self, below: &str) -> Result<Vec<Object>, BucketError> {
        let prefix = self.key(below);
        let mut found = Vec::new();
        let mut last: Option<String> = None;
        loop {
            let answer = patiently(|| self.list_page(&prefix, last.as_deref())).await?;
            let is_encoded =
                texts(&answer, "EncodingType").first().map(String::as_str) == Some("url");
            let keys = texts(&answer, "Key");
            let sizes = texts(&answer, "Size");
            if keys.len() != sizes.len() {
                return Err(BucketError::Unreadable);
            }
            let before = found.len();
            for (key, size) in keys.into_iter().zip(sizes) {
                let key = match is_encoded {
                    true => percent_decode_str(&key).decode_utf8_lossy().into_owned(),
                    false => key,
                };
                let bytes = size.parse().map_err(|_| BucketError::Unreadable)?;
                if let Some(path) = key.strip_prefix(&self.prefix) {
                    found.push(Object {
                        path: path.to_owned(),
                        bytes,
                    });
                }
                last = Some(key);
            }
            let goes_on = texts(&answer, "IsTruncated").first().map(String::as_str) == Some("true");
            if !goes_on || found.len() == before {
                return Ok(found);
            }
        }
    }

    async fn list_page(&self, prefix: &str, after: Option<&str>) -> Result<String, BucketError> {
        let mut action = self.bucket.list_objects_v2(Some(&self.credentials));
        action.with_prefix(prefix);
        if let Some(after) = after {
            action.with_start_after(after);
        }
        text_of(accepted(self.client.get(action.sign(VALID)).send().await?)?).await
    }

    /// Writes what is under a path to a file of so many bytes at most; goes on where it was cut.
    pub async fn fetch(
        &self,
        path: &str,
        to: &Path,
        most: u64,
        passed: Passed<'_>,
    ) -> Result<(), BucketError> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(to)
            .await?;
        let mut done = 0;
        let mut attempt = 1;
        loop {
            match self
                .fetch_from(path, &mut file, &mut done, most, passed)
                .await
            {
                Err(error) if attempt < ATTEMPTS && error.may_pass() => {
                    wait(attempt).await;
                    attempt += 1;
                }
                Err(error) => return Err(error),
                Ok(()) => {
                    file.flush().await?;
                    return Ok(());
                }
            }
        }
    }

    async fn fetch_from(
        &self,
        path: &str,
        file: &mut File,
        done: &mut u64,
        most: u64,
        passed: Passed<'_>,
    ) -> Result<(), BucketError> {
        let key = self.key(path);
        let action = self.bucket.get_object(Some(&self.credentials), &key);
        let mut request = self.client.get(action.sign(VALID));
        if *done > 0 {
            request = request.header("range", format!("bytes={done}-"));
        }
        let mut response = accepted(request.send().await?)?;
        if *done > 0 && response.status() != StatusCode::PARTIAL_CONTENT {
            file.set_len(0).await?;
            *done = 0;
        }
        file.seek(SeekFrom::Start(*done)).await?;
        while let Some(chunk) = response.chunk().await? {
            let length = chunk.len() as u64;
            if *done + length > most {
                return Err(BucketError::TooLarge);
            }
            file.write_all(&chunk).await?;
            *done += length;
            passed(length);
        }
        Ok(())
    }
}

/// An answer of at most so many bytes, as text.
async fn text_of(mut response: reqwest::Response) -> Result<String, BucketError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > LARGEST_ANSWER {
            return Err(BucketError::Unreadable);
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| BucketError::Unreadable)
}

/// The texts of the elements of this name, in their order.
fn texts(answer: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(answer);
    let mut found = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) if element.local_name().as_ref() == name.as_bytes() => {
                let text = reader.read_text(element.name()).unwrap_or_default();
                found.push(unescape(&text).unwrap_or_default().into_owned());
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

/// Whether there is an element of this name.
fn has(answer: &str, name: &str) -> bool {
    let mut reader = Reader::from_str(answer);
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element))
                if element.local_name().as_ref() == name.as_bytes() =>
            {
                return true;
            }
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_by_the_names_of_their_elements() {
        let answer = r#"<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <IsTruncated>true</IsTruncated><Contents><Key>a&amp;b</Key><Size>12</Size><Owner/></Contents>
            <Contents><Size>0</Size><Key>c/d</Key></Contents></ListBucketResult>"#;
        assert_eq!(texts(answer, "Key"), ["a&b", "c/d"]);
        assert_eq!(texts(answer, "Size"), ["12", "0"]);
        assert_eq!(texts(answer, "IsTruncated"), ["true"]);
        assert!(has(answer, "Owner") && !has(answer, "Error"));
        assert!(has("<Error><Code>InternalError</Code></Error>", "Error"));
        assert!(texts("no XML", "Key").is_empty() && texts("<Key>cut", "Key").len() <= 1);
    }
}
