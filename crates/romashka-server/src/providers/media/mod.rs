//! Fetches the files that customers sent from their providers.
//!
//! Invariants: a file is taken in by a stream, up to a size and within a time, and judged by its bytes; it is stored once
//! (its row and the end of its fetch are one commit, and its bytes are in place before that); credentials and requests go to
//! the provider's hosts alone, and to public addresses alone unless the operator has put a gateway of his own there.

mod source;

use std::time::Duration;

use axum::body::Bytes;
use futures_util::stream;
use romashka_channels::request::OutboundRequest;
use romashka_channels::sms::inbound::Media as TwilioMedia;
use romashka_channels::website::upload::sniff;
use romashka_channels::whatsapp::api::GraphId;
use romashka_channels::whatsapp::errors::{Class, GraphError};
use romashka_channels::whatsapp::media::{LARGEST_FILE, MediaAddress};
use romashka_db::scope::{Actor, Claims, OwnedScope};
use serde_json::Value;
use tokio::sync::Notify;
use tokio_postgres::Row;
use url::Url;
use uuid::Uuid;

use super::account::{Stored, Twilio, WhatsApp};
use super::intake::worker_name;
use super::provider::{Client, build};
use crate::attachments::storage::{Received, Storage, WriteError};
use crate::problem::Answer;
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::subscribers::guard::GuardedResolver;
use crate::workers::Queue;

pub use source::{Source, entries};

/// Longest time for one file.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(300);
/// Longest time in which nothing comes.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Most redirects: Twilio leads to its storage by one or two.
const REDIRECTS: usize = 4;
/// How often bytes are fetched anew that are not those that were announced.
const ATTEMPTS_AT_DAMAGED: i32 = 4;
/// How often a file is asked for that the provider does not have: it may still be on its way there.
const ATTEMPTS_AT_MISSING: i32 = 5;
/// Shortest wait after a failure.
const WAIT: Duration = Duration::from_secs(10);

/// A file that was claimed.
#[derive(Debug)]
pub struct Claimed {
    id: Uuid,
    workspace: Uuid,
    channel: Uuid,
    lease: Uuid,
    attempt: i32,
    source: Value,
    channel_type: String,
    configuration: Value,
    credentials: Option<Value>,
}

impl FromRow for Claimed {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Claimed {
            id: row.try_get("id")?,
            workspace: row.try_get("workspace_id")?,
            channel: row.try_get("channel_id")?,
            lease: row.try_get("lease_id")?,
            attempt: row.try_get("attempt_count")?,
            source: row.try_get("source")?,
            channel_type: row.try_get("channel_type")?,
            configuration: row.try_get("configuration")?,
            credentials: row.try_get("api_credentials")?,
        })
    }
}

/// Why a file was not fetched, in words for the agent.
#[derive(Debug)]
struct Failure {
    words: String,
    is_permanent: bool,
}

impl Failure {
    fn passing(words: impl Into<String>) -> Failure {
        Failure {
            words: words.into(),
            is_permanent: false,
        }
    }

    fn permanent(words: impl Into<String>) -> Failure {
        Failure {
            words: words.into(),
            is_permanent: true,
        }
    }

    fn after(words: &str, is_permanent: bool) -> Failure {
        Failure {
            words: words.to_owned(),
            is_permanent,
        }
    }
}

const TOO_LARGE: &str = "The file is larger than 100 MB and was not taken.";
const ELSEWHERE: &str = "The provider names an address for the file that is not its own.";
const GONE: &str = "The provider does not have the file any more.";
const UNREACHABLE: &str = "The file could not be fetched from the provider yet.";

/// The queue of files that are to be fetched.
pub struct Media {
    server: Server,
    storage: Storage,
    provider: Client,
    /// For the operator's own address of a provider.
    own: reqwest::Client,
    /// For hosts that a provider names: public addresses alone.
    guarded: reqwest::Client,
}

fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
}

impl Media {
    /// The queue of this server; none where no files are kept.
    pub fn new(server: Server) -> Result<Option<Media>, reqwest::Error> {
        let Ok(storage) = Storage::of(&server) else {
            return Ok(None);
        };
        Ok(Some(Media {
            storage,
            provider: Client::new()?,
            own: client().build()?,
            guarded: client()
                .https_only(true)
                .dns_resolver(std::sync::Arc::new(GuardedResolver(
                    romashka_channels::webhooks::address::AddressGuard::default(),
                )))
                .build()?,
            server,
        }))
    }

    async fn begin(&self, workspace: Uuid) -> Answer<OwnedScope> {
        let claims = Claims::service(workspace, Actor::System);
        Ok(self
            .server
            .database
            .begin(&claims, &self.server.surroundings())
            .await?)
    }

    async fn fetch(&self, claimed: &Claimed) -> Result<(Received, String), Failure> {
        let source: Source = serde_json::from_value(claimed.source.clone()).map_err(|_| {
            Failure::permanent("What the provider told of the file is not understood.")
        })?;
        let stored = Stored {
            workspace: claimed.workspace,
            channel: claimed.channel,
            configuration: &claimed.configuration,
            credentials: claimed.credentials.as_ref(),
            webhook_secret: None,
        };
        let (mut received, declared_hash) = match &source {
            Source::Whatsapp { id, sha256, .. } => {
                self.fetch_by_whatsapp(stored, id, sha256.clone(), claimed.attempt)
                    .await?
            }
            Source::Twilio { url, .. } => (
                self.fetch_by_twilio(stored, url, claimed.attempt).await?,
                None,
            ),
        };
        if received.size == 0 {
            return Err(Failure::after(
                "The provider gave an empty file.",
                claimed.attempt >= ATTEMPTS_AT_DAMAGED,
            ));
        }
        if declared_hash.is_some_and(|declared| declared != received.hash) {
            return Err(Failure::after(
                "The file is not the one that was announced: its bytes are damaged.",
                claimed.attempt >= ATTEMPTS_AT_DAMAGED,
            ));
        }
        let kind = sniff(source.name().unwrap_or_default(), &received.beginning);
        if let Some(kind) = kind {
            received.kind = kind;
        }
        let name = source.file_name(kind);
        Ok((received, name))
    }

    async fn fetch_by_whatsapp(
        &self,
        stored: Stored<'_>,
        id: &str,
        announced: Option<String>,
        attempt: i32,
    ) -> Result<(Received, Option<String>), Failure> {
        let unusable = |error: &dyn std::error::Error| {
            Failure::passing(format!("The channel cannot fetch the file: {error}."))
        };
        let account =
            WhatsApp::open(stored, &self.server.keys).map_err(|error| unusable(&error))?;
        let token = account
            .access_token
            .as_ref()
            .ok_or_else(|| Failure::passing("The channel has no access token."))?;
        let id = GraphId::parse(id).map_err(|error| Failure::permanent(error.to_string()))?;
        let base = &self.server.settings.providers.whatsapp;
        let with_token = |request: OutboundRequest| {
            request
                .with_bearer(token)
                .map_err(|_| Failure::passing("The access token is no text that can be sent."))
        };
        let request = with_token(account.number.media_address(&id))?;
        let answer = self
            .provider
            .exchange(base, &request)
            .await
            .map_err(|_| Failure::passing(UNREACHABLE))?;
        if answer.status != 200 {
            return Err(match GraphError::from_body(&answer.body) {
                Some(error) => Failure::after(
                    &error.sentence(),
                    matches!(error.class(Some(answer.status)), Class::Permanent)
                        && attempt >= ATTEMPTS_AT_MISSING,
                ),
                None => of_status(answer.status, attempt),
            });
        }
        let address = MediaAddress::read(&answer.body, base).map_err(|error| {
            Failure::after(
                ELSEWHERE,
                matches!(
                    error,
                    romashka_channels::whatsapp::media::MediaAddressError::Address
                ),
            )
        })?;
        if address.size.is_some_and(|size| size > LARGEST_FILE) {
            return Err(Failure::permanent(TOO_LARGE));
        }
        let request = with_token(OutboundRequest::to_url(
            romashka_channels::request::Method::Get,
            address.url,
            romashka_channels::request::Body::Empty,
        ))?;
        let response = self.get(&request, base).await?;
        if response.status() != 200 {
            // The address lives for five minutes: the next attempt asks for a new one.
            return Err(of_status(response.status().as_u16(), attempt));
        }
        let received = self.keep_stream(response).await?;
        Ok((received, announced.or(address.sha256)))
    }

    async fn fetch_by_twilio(
        &self,
        stored: Stored<'_>,
        url: &str,
        attempt: i32,
    ) -> Result<Received, Failure> {
        let account = Twilio::open(stored, &self.server.keys).map_err(|error| {
            Failure::passing(format!("The channel cannot fetch the file: {error}."))
        })?;
        let base = &self.server.settings.providers.twilio;
        let media = TwilioMedia {
            url: url.to_owned(),
            claimed_type: String::new(),
        };
        let is_own = |url: &str| romashka_channels::whatsapp::media::is_of(url, base);
        if !media.may_get_credentials() && !is_own(url) {
            return Err(Failure::permanent(ELSEWHERE));
        }
        let mut request = account.account.fetch_media(url).map_err(|_| {
            Failure::passing("The channel's credentials are no text that can be sent.")
        })?;
        for _ in 0..REDIRECTS {
            let response = self.get(&request, base).await?;
            let status = response.status().as_u16();
            if status == 200 {
                return self.keep_stream(response).await;
            }
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return Err(of_status(status, attempt));
            }
            let next = response
                .headers()
                .get("location")
                .and_then(|value| value.to_str().ok())
                .and_then(|place| response.url().join(place).ok())
                .ok_or_else(|| Failure::passing(UNREACHABLE))?;
            if !source::is_storage_of_twilio(&next) && !is_own(next.as_str()) {
                return Err(Failure::permanent(ELSEWHERE));
            }
            // The storage's address is signed: it needs no credentials and gets none.
            request = OutboundRequest::to_url(
                romashka_channels::request::Method::Get,
                next.as_str(),
                romashka_channels::request::Body::Empty,
            );
        }
        Err(Failure::passing(UNREACHABLE))
    }

    async fn get(
        &self,
        request: &OutboundRequest,
        base: &Url,
    ) -> Result<reqwest::Response, Failure> {
        let url = request.target.as_str();
        let client = if romashka_channels::whatsapp::media::is_of(url, base) {
            &self.own
        } else {
            &self.guarded
        };
        let built = build(client, url, request).map_err(|_| Failure::passing(UNREACHABLE))?;
        let response = client.execute(built).await.map_err(|error| {
            tracing::debug!(error = %error.without_url(), "a file could not be fetched");
            Failure::passing(UNREACHABLE)
        })?;
        if response
            .content_length()
            .is_some_and(|size| size > LARGEST_FILE)
        {
            return Err(Failure::permanent(TOO_LARGE));
        }
        Ok(response)
    }

    async fn keep_stream(&self, response: reqwest::Response) -> Result<Received, Failure> {
        let chunks = stream::try_unfold(response, |mut response| async {
            let chunk: Option<Bytes> = response.chunk().await?;
            Ok::<_, reqwest::Error>(chunk.map(|chunk| (chunk, response)))
        });
        self.storage
            .write(chunks, LARGEST_FILE)
            .await
            .map_err(|error| match error {
                WriteError::TooLarge => Failure::permanent(TOO_LARGE),
                WriteError::Source(_) => Failure::passing(UNREACHABLE),
                WriteError::Disk(error) => {
                    tracing::error!(%error, "a customer's file cannot be written");
                    Failure::passing("The file cannot be stored on this server yet.")
                }
            })
    }

    async fn finish(&self, claimed: &Claimed, received: Received, name: &str) -> Answer<()> {
        let scope = self.begin(claimed.workspace).await?;
        let (path, size) = (
            Storage::key(claimed.workspace, claimed.id),
            received.size.cast_signed(),
        );
        let is_ours: bool = Statement::new(include_str!("finish.sql"))
            .bind("id", &claimed.id)
            .bind("lease", &claimed.lease)
            .bind("filename", &name)
            .bind("file_path", &path)
            .bind("file_size", &size)
            .bind("mime_type", &received.kind.content_type)
            .bind("file_hash", &received.hash)
            .bind("provider", &self.storage.provider())
            .value(&scope)
            .await?;
        if is_ours {
            self.storage
                .keep(&received, claimed.workspace, claimed.id)
                .await?;
        }
        scope.commit().await?;
        Ok(())
    }

    async fn fail(&self, claimed: &Claimed, failure: &Failure) -> Answer<()> {
        let scope = self.begin(claimed.workspace).await?;
        let _: Option<String> = Statement::new(include_str!("fail.sql"))
            .bind("id", &claimed.id)
            .bind("lease", &claimed.lease)
            .bind("message", &failure.words)
            .bind("permanent", &failure.is_permanent)
            .bind("wait", &WAIT.as_secs_f64())
            .value(&scope)
            .await?;
        scope.commit().await?;
        Ok(())
    }
}

/// What an answer without bytes means. Credentials can be repaired while the provider still has the file.
fn of_status(status: u16, attempt: i32) -> Failure {
    match status {
        401 | 403 => Failure::passing("The provider does not accept the channel's credentials."),
        404 | 410 => Failure::after(GONE, attempt >= ATTEMPTS_AT_MISSING),
        400..=499 if !matches!(status, 408 | 425 | 429) => Failure::after(
            "The provider does not give the file out.",
            attempt >= ATTEMPTS_AT_MISSING,
        ),
        _ => Failure::passing(UNREACHABLE),
    }
}

impl Queue for Media {
    type Item = Claimed;
    const NAME: &'static str = "media";
    const SLOTS: usize = 4;

    async fn claim(&self, most: usize) -> Answer<Vec<Claimed>> {
        let scope = self.server.service().await?;
        let worker = worker_name("media");
        let claimed = Statement::new(include_str!("claim.sql"))
            .bind("most", &(most as i32))
            .bind("worker", &worker)
            .all(&scope)
            .await?;
        scope.commit().await?;
        Ok(claimed)
    }

    async fn work(&self, claimed: Claimed) -> Answer<()> {
        let outcome = match self.fetch(&claimed).await {
            Ok((received, name)) => {
                self.finish(&claimed, received, &name).await?;
                "stored"
            }
            Err(failure) => {
                self.fail(&claimed, &failure).await?;
                if failure.is_permanent {
                    "failed"
                } else {
                    "passing"
                }
            }
        };
        metrics::counter!("media_fetches_total", "channel" => claimed.channel_type.clone(), "outcome" => outcome).increment(1);
        self.server.bells.ledger.notify_one();
        Ok(())
    }

    fn bell(&self) -> &Notify {
        &self.server.bells.media
    }
}
