//! A bucket of an S3-compatible storage.
//!
//! Invariants: every request is signed (AWS Signature Version 4) and good for a minute; no redirect is followed; bytes pass
//! through and are never held as a whole, but where a mail is made of them; no address with a signature is in a log.

mod objects;

pub use objects::{Object, Passed};

use std::io;
use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use romashka_db::environment::{self, Variable};
use rusty_s3::{Credentials, S3Action, UrlStyle};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::fs::File;
use tokio_util::io::ReaderStream;
use url::Url;

use crate::settings::SettingError;

/// How long a signed request is good.
const VALID: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest silence of the storage.
const SILENCE: Duration = Duration::from_secs(30);

/// Which bucket, and how it is reached.
#[derive(Clone, Debug)]
pub struct BucketSettings {
    /// Where the storage answers.
    pub endpoint: Url,
    /// The bucket.
    pub name: String,
    /// Its region.
    pub region: String,
    /// Whether the bucket is in the path, not in the host's name.
    pub path_style: bool,
    /// Before each key: `files/` or nothing.
    pub prefix: String,
    /// The id of the key.
    pub access_key: String,
    /// The key.
    pub secret_key: SecretString,
}

impl BucketSettings {
    /// The settings of the environment; none without a bucket.
    pub fn resolve(
        read: &dyn Fn(&Variable) -> Option<String>,
    ) -> Result<Option<BucketSettings>, SettingError> {
        let wrong = |variable: &'static Variable, expected: &'static str| SettingError {
            variable: variable.name,
            expected,
        };
        let Some(name) = read(&environment::S3_BUCKET) else {
            return Ok(None);
        };
        let region = read(&environment::S3_REGION).unwrap_or_else(|| "us-east-1".to_owned());
        let endpoint = match read(&environment::S3_ENDPOINT) {
            Some(text) => address(&text, &environment::S3_ENDPOINT)?,
            None => amazon(&region)?,
        };
        let path_style = match read(&environment::S3_PATH_STYLE) {
            Some(text) => truth(&text, &environment::S3_PATH_STYLE)?,
            None => true,
        };
        let prefix = plain_prefix(&read(&environment::S3_PREFIX).unwrap_or_default())
            .ok_or_else(|| wrong(&environment::S3_PREFIX, "of letters, digits, -, _, . and /"))?;
        let needed = |variable: &'static Variable| {
            read(variable).ok_or_else(|| wrong(variable, "set when ROMASHKA_S3_BUCKET is"))
        };
        Ok(Some(BucketSettings {
            endpoint,
            region,
            path_style,
            prefix,
            access_key: needed(&environment::S3_ACCESS_KEY_ID)?,
            secret_key: needed(&environment::S3_SECRET_ACCESS_KEY)?.into(),
            name,
        }))
    }

    /// The settings of a bucket for backups: its own variables, else those of the files' bucket.
    pub fn for_backups(
        read: &dyn Fn(&Variable) -> Option<String>,
        name: &str,
        prefix: &str,
    ) -> Result<BucketSettings, SettingError> {
        let either = |own: &'static Variable, other: &'static Variable| {
            read(own)
                .map(|text| (own, text))
                .or_else(|| read(other).map(|text| (other, text)))
        };
        let region = either(&environment::BACKUP_S3_REGION, &environment::S3_REGION)
            .map_or_else(|| "us-east-1".to_owned(), |(_, text)| text);
        let endpoint = either(&environment::BACKUP_S3_ENDPOINT, &environment::S3_ENDPOINT);
        let endpoint = match endpoint {
            Some((variable, text)) => address(&text, variable)?,
            None => amazon(&region)?,
        };
        let style = either(
            &environment::BACKUP_S3_PATH_STYLE,
            &environment::S3_PATH_STYLE,
        );
        let needed = |own: &'static Variable, other: &'static Variable| {
            either(own, other)
                .map(|(_, text)| text)
                .ok_or(SettingError {
                    variable: own.name,
                    expected: "set for a backup in a bucket",
                })
        };
        Ok(BucketSettings {
            endpoint,
            region,
            path_style: match style {
                Some((variable, text)) => truth(&text, variable)?,
                None => true,
            },
            prefix: prefix.to_owned(),
            access_key: needed(
                &environment::BACKUP_S3_ACCESS_KEY_ID,
                &environment::S3_ACCESS_KEY_ID,
            )?,
            secret_key: needed(
                &environment::BACKUP_S3_SECRET_ACCESS_KEY,
                &environment::S3_SECRET_ACCESS_KEY,
            )?
            .into(),
            name: name.to_owned(),
        })
    }
}

fn address(text: &str, variable: &'static Variable) -> Result<Url, SettingError> {
    Url::parse(text.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
        .ok_or(SettingError {
            variable: variable.name,
            expected: "an http:// or https:// address",
        })
}

/// Where Amazon's storage of a region answers.
fn amazon(region: &str) -> Result<Url, SettingError> {
    Url::parse(&format!("https://s3.{region}.amazonaws.com")).map_err(|_| SettingError {
        variable: environment::S3_REGION.name,
        expected: "the name of a region",
    })
}

/// What a variable says that is `true` or `false`.
pub(crate) fn truth(text: &str, variable: &'static Variable) -> Result<bool, SettingError> {
    match text.trim() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(SettingError {
            variable: variable.name,
            expected: "true or false",
        }),
    }
}

/// What keys begin with, as `files/` or nothing; none where a key would have to be escaped.
pub fn plain_prefix(text: &str) -> Option<String> {
    let prefix = text.trim().trim_matches('/');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let leads_elsewhere = |part: &str| matches!(part, "." | "..") || part.is_empty();
    if prefix.is_empty() {
        return Some(String::new());
    }
    (prefix.bytes().all(is_plain) && !prefix.split('/').any(leads_elsewhere))
        .then(|| format!("{prefix}/"))
}

/// Why the storage did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// The settings make no address.
    #[error("the bucket's address cannot be made of its settings")]
    Address,
    /// No answer.
    #[error("the storage cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// A refusal.
    #[error("the storage answered {0}")]
    Refused(u16),
    /// There is no such object.
    #[error("the storage does not have the file")]
    NotFound,
    /// More bytes than there are said to be.
    #[error("the file is larger than it is said to be")]
    TooLarge,
    /// A file on this machine.
    #[error("a file of this machine cannot be read or written")]
    File(#[from] io::Error),
    /// An answer that is none of this protocol.
    #[error("what the storage answered cannot be read")]
    Unreadable,
}

impl From<reqwest::Error> for BucketError {
    fn from(error: reqwest::Error) -> BucketError {
        BucketError::Unreachable(error.without_url())
    }
}

/// The bucket of this installation.
pub struct Bucket {
    bucket: rusty_s3::Bucket,
    credentials: Credentials,
    prefix: String,
    client: reqwest::Client,
}

impl Bucket {
    /// The bucket of these settings.
    pub fn new(settings: &BucketSettings) -> Result<Bucket, BucketError> {
        let style = if settings.path_style {
            UrlStyle::Path
        } else {
            UrlStyle::VirtualHost
        };
        let bucket = rusty_s3::Bucket::new(
            settings.endpoint.clone(),
            style,
            settings.name.clone(),
            settings.region.clone(),
        )
        .map_err(|_| BucketError::Address)?;
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Bucket {
            bucket,
            credentials: Credentials::new(
                settings.access_key.clone(),
                settings.secret_key.expose_secret(),
            ),
            prefix: settings.prefix.clone(),
            client,
        })
    }

    fn key(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Puts a file of this machine under a path.
    pub async fn put(&self, path: &str, file: &Path, media_type: &str) -> Result<(), BucketError> {
        let file = File::open(file).await?;
        let size = file.metadata().await?.len();
        let frames = ReaderStream::new(file).map(|chunk| chunk.map(Frame::data));
        let key = self.key(path);
        let action = self.bucket.put_object(Some(&self.credentials), &key);
        let response = self
            .client
            .put(action.sign(VALID))
            .header("content-length", size)
            .header("content-type", media_type)
            .body(reqwest::Body::wrap(StreamBody::new(frames)))
            .send()
            .await?;
        accepted(response).map(drop)
    }

    async fn ask(&self, path: &str) -> Result<reqwest::Response, BucketError> {
        let key = self.key(path);
        let action = self.bucket.get_object(Some(&self.credentials), &key);
        accepted(self.client.get(action.sign(VALID)).send().await?)
    }

    /// The bytes under a path, as a stream, and how many they are where the storage says so.
    pub async fn open(&self, path: &str) -> Result<(Body, Option<u64>), BucketError> {
        let response = self.ask(path).await?;
        let size = response.content_length();
        let chunks = stream::try_unfold(response, async |mut response| {
            let chunk = response
                .chunk()
                .await
                .map_err(reqwest::Error::without_url)?;
            Ok::<_, reqwest::Error>(chunk.map(|chunk: Bytes| (chunk, response)))
        });
        Ok((Body::from_stream(chunks), size))
    }

    /// The bytes under a path, at most so many.
    pub async fn read(&self, path: &str, most: usize) -> Result<Vec<u8>, BucketError> {
        let mut response = self.ask(path).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if bytes.len() + chunk.len() > most {
                return Err(BucketError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Removes what is under a path; what is not there is removed already.
    pub async fn remove(&self, path: &str) -> Result<(), BucketError> {
        let key = self.key(path);
        let action = self.bucket.delete_object(Some(&self.credentials), &key);
        match accepted(self.client.delete(action.sign(VALID)).send().await?) {
            Err(BucketError::NotFound) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Whether the bucket is there, for us.
    pub async fn check(&self) -> Result<(), BucketError> {
        let action = self.bucket.head_bucket(Some(&self.credentials));
        accepted(self.client.head(action.sign(VALID)).send().await?).map(drop)
    }
}

fn accepted(response: reqwest::Response) -> Result<reqwest::Response, BucketError> {
    match response.status() {
        status if status.is_success() => Ok(response),
        reqwest::StatusCode::NOT_FOUND => Err(BucketError::NotFound),
        status => Err(BucketError::Refused(status.as_u16())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        values: &'static [(&'static str, &'static str)],
    ) -> Result<Option<BucketSettings>, SettingError> {
        BucketSettings::resolve(&move |variable| {
            let found = values.iter().find(|(name, _)| *name == variable.name)?;
            Some(found.1.to_owned())
        })
    }

    #[test]
    fn the_environment_names_the_bucket() {
        assert!(read(&[]).expect("nothing").is_none());
        let found = read(&[
            ("ROMASHKA_S3_BUCKET", "files"),
            ("ROMASHKA_S3_REGION", "eu-central-1"),
            ("ROMASHKA_S3_ACCESS_KEY_ID", "id"),
            ("ROMASHKA_S3_SECRET_ACCESS_KEY", "very secret"),
            ("ROMASHKA_S3_PREFIX", "/romashka/"),
        ])
        .expect("settings")
        .expect("a bucket");
        assert_eq!(
            found.endpoint.as_str(),
            "https://s3.eu-central-1.amazonaws.com/"
        );
        assert_eq!(found.prefix, "romashka/");
        assert!(!format!("{found:?}").contains("very secret"));
        for (values, variable) in [
            (
                &[("ROMASHKA_S3_BUCKET", "files")][..],
                "ROMASHKA_S3_ACCESS_KEY_ID",
            ),
            (
                &[
                    ("ROMASHKA_S3_BUCKET", "files"),
                    ("ROMASHKA_S3_ENDPOINT", "ftp://x"),
                ],
                "ROMASHKA_S3_ENDPOINT",
            ),
            (
                &[
                    ("ROMASHKA_S3_BUCKET", "files"),
                    ("ROMASHKA_S3_PREFIX", "../x"),
                ],
                "ROMASHKA_S3_PREFIX",
            ),
        ] {
            assert_eq!(read(values).expect_err(variable).variable, variable);
        }
    }
}
