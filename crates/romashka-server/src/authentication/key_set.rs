//! The keys that an issuer of tokens publishes (RFC 7517), fetched when one is needed.
//!
//! Invariants: an unknown key is asked for at most once a minute in all; what is longer than any key set is not read; keys
//! that cannot be fetched again are believed for a day.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{Jwk, JwkSet};
use url::Url;

/// How long published keys are believed.
const FRESH: Duration = Duration::from_secs(600);
/// How long they are believed when they cannot be fetched again.
const STALE: Duration = Duration::from_secs(86_400);
/// The least time between two fetches.
const PAUSE: Duration = Duration::from_secs(60);
const LONGEST_KEY_SET: usize = 256 * 1024;

/// The published keys of an issuer.
pub struct KeySet {
    url: Url,
    client: reqwest::Client,
    keys: Mutex<Keys>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Keys {
    by_id: HashMap<String, Jwk>,
    fetched_at: Option<Instant>,
    tried_at: Option<Instant>,
}

impl KeySet {
    /// The keys that are published there.
    pub fn at(url: Url) -> Option<KeySet> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .ok()?;
        Some(KeySet {
            url,
            client,
            keys: Mutex::default(),
            fetching: tokio::sync::Mutex::new(()),
        })
    }

    fn known(&self, id: &str) -> (Option<Jwk>, bool) {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let age = keys.fetched_at.map(|at| at.elapsed());
        let may_ask = keys.tried_at.is_none_or(|at| at.elapsed() >= PAUSE);
        let key = keys.by_id.get(id).cloned();
        match age {
            Some(age) if age < FRESH && key.is_some() => (key, false),
            Some(age) if age < STALE => (key, may_ask),
            _ => (None, may_ask),
        }
    }

    /// The key of this id; an unknown one is asked for, not too often.
    pub async fn key(&self, id: &str) -> Option<Jwk> {
        let (known, should_ask) = self.known(id);
        if !should_ask {
            return known;
        }
        // One asks for all.
        let asking = self.fetching.lock().await;
        if self.known(id).1 {
            self.keys
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .tried_at = Some(Instant::now());
            match self.fetch().await {
                Ok(by_id) => {
                    let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
                    keys.by_id = by_id;
                    keys.fetched_at = Some(Instant::now());
                }
                Err(error) => tracing::warn!(%error, "the published keys could not be fetched"),
            }
        }
        drop(asking);
        self.known(id).0
    }

    async fn fetch(&self) -> Result<HashMap<String, Jwk>, FetchError> {
        let response = self
            .client
            .get(self.url.clone())
            .send()
            .await?
            .error_for_status()?;
        let bytes = read_bounded(response, LONGEST_KEY_SET).await?;
        let set: JwkSet = serde_json::from_slice(&bytes)?;
        Ok(by_id(set.keys))
    }

    /// Takes these for the published ones.
    #[cfg(test)]
    pub fn put(&self, published: Vec<Jwk>) {
        let mut keys = self.keys.lock().expect("the keys");
        keys.by_id.extend(by_id(published));
        keys.fetched_at = Some(Instant::now());
        keys.tried_at = Some(Instant::now());
    }
}

/// The keys by their ids; what has no id has the empty one, which is its own where it is alone.
fn by_id(keys: Vec<Jwk>) -> HashMap<String, Jwk> {
    let is_alone = keys.len() == 1;
    keys.into_iter()
        .filter_map(|key| match key.common.key_id.clone() {
            Some(id) => Some((id, key)),
            None if is_alone => Some((String::new(), key)),
            None => None,
        })
        .collect()
}

/// The bytes of an answer, of which no more than `most` are ever held.
pub async fn read_bounded(
    mut response: reqwest::Response,
    most: usize,
) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > most {
            return Err(FetchError::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Why an issuer's document is not there.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No answer, or a refusal.
    #[error("it did not come")]
    Request(#[from] reqwest::Error),
    /// Another document.
    #[error("it has another form")]
    Form(#[from] serde_json::Error),
    /// More than is read.
    #[error("it is longer than any of its kind")]
    TooLong,
}
