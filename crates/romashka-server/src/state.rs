//! What every handler is given: the database, the settings, and what is made once from them.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use romashka_db::envelope::Keyring;
use romashka_db::scope::{Claims, Database, OwnedScope, Surroundings};
use url::Url;

use crate::accounts::oidc::Provider;
use crate::assistant::writing::Writers;
use crate::attachments::bucket::{Bucket, BucketSettings};
use crate::authentication::jwt::TokenVerifier;
use crate::authentication::password::Passwords;
use crate::knowledge::retrieval::{Memory, Models};
use crate::mail::tokens::Tokens;
use crate::problem::Answer;
use crate::rate_limit::CallerLimit;
use crate::realtime::Readers;
use crate::settings::ServerSettings;
use crate::workers::Bells;

/// The server's state. Cheap to clone.
#[derive(Clone)]
pub struct Server(Arc<Parts>);

/// What [`Server`] is made of.
pub struct Parts {
    /// The database.
    pub database: Database,
    /// The settings.
    pub settings: ServerSettings,
    /// The keys of stored secrets.
    pub keys: Keyring,
    /// The address people use.
    pub public_url: Url,
    /// What makes and checks the hashes of passwords.
    pub passwords: Passwords,
    /// What verifies the tokens of other issuers.
    pub tokens: TokenVerifier,
    /// The bucket where files are kept.
    pub bucket: Option<Arc<Bucket>>,
    /// The provider by which people can sign in.
    pub oidc: Option<Provider>,
    /// How often one caller may ask.
    pub caller_limit: Option<CallerLimit>,
    /// Who has a stream or a live connection open.
    pub readers: Readers,
    /// Tokens of mail servers.
    pub mail_tokens: Tokens,
    /// What compares meanings.
    pub models: Arc<Models>,
    /// Passages of the workspaces that are asked.
    pub memory: Memory,
    /// What asks the workspaces' language models.
    pub writers: Writers,
    /// Tells this process's workers of its own commits.
    pub bells: Bells,
}

impl Deref for Server {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

fn open_bucket(settings: &BucketSettings) -> Option<Arc<Bucket>> {
    match Bucket::new(settings) {
        Ok(bucket) => Some(Arc::new(bucket)),
        Err(error) => {
            tracing::error!(%error, "the bucket of files cannot be used: no file is taken or given out");
            None
        }
    }
}

impl Server {
    /// The state for a server that listens there.
    pub fn new(
        database: Database,
        settings: ServerSettings,
        keys: Keyring,
        listening: SocketAddr,
    ) -> Server {
        let public_url = settings.public_address(listening);
        let caller_limit = settings.rate_limit.and_then(CallerLimit::per_minute);
        Server(Arc::new(Parts {
            database,
            keys,
            public_url,
            passwords: Passwords::new(),
            tokens: TokenVerifier::new(settings.supabase.clone()),
            bucket: settings.bucket.as_ref().and_then(open_bucket),
            oidc: settings.oidc.clone().and_then(Provider::new),
            caller_limit,
            readers: Readers::new(&settings),
            mail_tokens: Tokens::default(),
            models: Arc::new(Models::new(settings.model_folder.clone())),
            memory: Memory::default(),
            writers: Writers::new(&settings.webhook_policy),
            bells: Bells::default(),
            settings,
        }))
    }

    /// Whether people reach the server by https.
    pub fn is_secure(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// The limits that every scope of a request has.
    pub fn surroundings(&self) -> Surroundings {
        // Ended before the request's own time is over, so that the answer says what took long.
        let statement = self.settings.request_timeout.mul_f64(0.9);
        Surroundings {
            headers: serde_json::Map::new(),
            statement_timeout: Some(statement),
            lock_timeout: Some(statement.min(Duration::from_secs(10))),
        }
    }

    /// A scope of the installation itself, apart from the request's: what it commits stays when the request fails.
    pub async fn service(&self) -> Answer<OwnedScope> {
        Ok(self
            .database
            .begin(&Claims::installation(), &self.surroundings())
            .await?)
    }
}
