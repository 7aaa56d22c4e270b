//! Asks WhatsApp now and then for what its webhooks may have failed to tell: how templates stand, and what customers think of
//! the number.
//!
//! Invariants: a channel is asked by one process at a time and far below what Meta allows; only the whole list of an account
//! says that a template is gone; a list that could not be read to its end changes nothing; what is found out is told as a
//! webhook would have told it.

use std::time::Duration;

use jiff::Timestamp;
use romashka_channels::request::OutboundRequest;
use romashka_channels::whatsapp::alert::{self, News};
use romashka_channels::whatsapp::errors::{Class, GraphError};
use romashka_channels::whatsapp::notice::{TemplateName, TemplateStatus, template_quality};
use romashka_channels::whatsapp::template::{Template, TemplatePage};
use romashka_db::scope::{Actor, Claims, OwnedScope};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::account::{AccountError, Stored, WhatsApp};
use super::intake::worker_name;
use super::provider::{Client, ExchangeError};
use crate::channels::alerts::{Alert, end};
use crate::problem::Answer;
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::workers::Queue;

/// How often a channel is asked. Meta allows 200 requests an hour.
const EVERY: Duration = Duration::from_secs(1_800);
/// Waits after failures.
const WAITS: [u64; 4] = [60, 300, 900, 1_800];
/// Most pages of a list, of a hundred templates each: an account has at most 6,000.
const PAGES: usize = 80;

/// A channel that was claimed.
#[derive(Debug)]
pub struct Claimed {
    workspace: Uuid,
    channel: Uuid,
    configuration: Value,
    credentials: Option<Value>,
    quality: Option<String>,
    failures: i32,
    lease: Uuid,
}

impl FromRow for Claimed {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Claimed {
            workspace: row.try_get("workspace_id")?,
            channel: row.try_get("channel_id")?,
            configuration: row.try_get("configuration")?,
            credentials: row.try_get("api_credentials")?,
            quality: row.try_get("quality")?,
            failures: row.try_get("failures")?,
            lease: row.try_get("lease_id")?,
        })
    }
}

/// Why a channel could not be asked. An admin reads it.
#[derive(Debug, thiserror::Error)]
enum SyncError {
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error("{}", .0.sentence())]
    Refused(GraphError),
    #[error("WhatsApp answered {0}")]
    Status(u16),
    #[error("WhatsApp's list of templates has no end")]
    Endless,
    #[error("WhatsApp's answer cannot be read")]
    Unreadable(#[from] serde_json::Error),
}

/// What was found out.
struct Found {
    digits: Option<String>,
    quality: Option<String>,
    templates: Vec<Template>,
}

/// The queue of channels that are to be asked.
pub struct ChannelSyncs {
    server: Server,
    client: Client,
}

impl ChannelSyncs {
    /// The queue of this server.
    pub fn new(server: Server) -> Result<ChannelSyncs, reqwest::Error> {
        Ok(ChannelSyncs {
            server,
            client: Client::new()?,
        })
    }

    async fn ask(
        &self,
        token: &SecretString,
        request: OutboundRequest,
    ) -> Result<Vec<u8>, SyncError> {
        let request = request
            .with_bearer(token)
            .map_err(|_| AccountError::Value("access_token"))?;
        let base = &self.server.settings.providers.whatsapp;
        let answer = self.client.exchange(base, &request).await?;
        if answer.status == 200 {
            return Ok(answer.body);
        }
        Err(match GraphError::from_body(&answer.body) {
            Some(error) => SyncError::Refused(error),
            None => SyncError::Status(answer.status),
        })
    }

    async fn find(&self, account: &WhatsApp) -> Result<Found, SyncError> {
        let token = account
            .access_token
            .as_ref()
            .ok_or(AccountError::Value("access_token"))?;
        let of_templates = account
            .account
            .as_ref()
            .ok_or(AccountError::Value("account_id"))?;
        let number: Value =
            serde_json::from_slice(&self.ask(token, account.number.check()).await?)?;
        let text = |name: &str| number.get(name).and_then(Value::as_str);
        let digits: String = text("display_phone_number")
            .unwrap_or_default()
            .chars()
            .filter(char::is_ascii_digit)
            .take(20)
            .collect();
        let mut templates = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..PAGES {
            let request = of_templates.templates(after.as_deref());
            let page = TemplatePage::read(&self.ask(token, request).await?)?;
            templates.extend(page.templates);
            after = page.next;
            if after.is_none() {
                return Ok(Found {
                    digits: Some(digits).filter(|digits| !digits.is_empty()),
                    quality: text("quality_rating").map(str::to_owned),
                    templates,
                });
            }
        }
        Err(SyncError::Endless)
    }

    async fn keep(
        &self,
        scope: &OwnedScope,
        claimed: &Claimed,
        account: &str,
        found: &Found,
    ) -> Answer<()> {
        let place = (claimed.workspace, claimed.channel);
        let now = Timestamp::now();
        let listed: Vec<Value> = found.templates.iter().map(row_of).collect();
        let changed: Vec<Changed> = Statement::new(include_str!("sync_templates.sql"))
            .bind("account", &account)
            .bind("templates", &Json(&listed))
            .bind("workspace", &claimed.workspace)
            .all(scope)
            .await?;
        for template in changed.iter().filter(|template| !template.is_new) {
            for news in template.news() {
                told(&self.server, scope, place, &news, &json!({}), now).await?;
            }
        }
        if let Some(quality) = &found.quality
            && claimed.quality.as_ref() != Some(quality)
        {
            let news = alert::number_quality(quality);
            told(&self.server, scope, place, &news, &json!({}), now).await?;
        }
        end(scope, place, TOKEN, now).await?;
        Ok(())
    }
}

/// The alert that the token is not accepted.
const TOKEN: (&str, &str) = ("number", "access token");

/// A template as the database takes it.
fn row_of(template: &Template) -> Value {
    json!({
        "id": template.id,
        "name": template.name,
        "language": template.language,
        "category": template.platform_category(),
        "status": template.platform_status(),
        "provider_status": template.status,
        "status_reason": template.rejected_reason,
        "quality": template.quality.as_deref().and_then(template_quality),
        "content": {
            "components": template.components,
            "parameter_format": if template.is_named { "named" } else { "positional" },
        },
    })
}

/// A template that is not as it was.
struct Changed {
    name: String,
    language: String,
    provider_status: Option<String>,
    quality: Option<String>,
    reason: Option<String>,
    is_new: bool,
}

impl FromRow for Changed {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Changed {
            name: row.try_get("name")?,
            language: row.try_get("language")?,
            provider_status: row.try_get("provider_status")?,
            quality: row.try_get("quality")?,
            reason: row.try_get("status_reason")?,
            is_new: row.try_get("is_new")?,
        })
    }
}

impl Changed {
    fn news(&self) -> Vec<News> {
        let template = TemplateName {
            id: None,
            name: Some(self.name.clone()),
            language: Some(self.language.clone()),
        };
        let quality =
            self.quality
                .as_deref()
                .map(|quality| match self.provider_status.as_deref() {
                    // What is gone is disliked no more.
                    Some("DELETED") => alert::template_quality(&template, "UNKNOWN"),
                    _ => alert::template_quality(&template, &quality.to_uppercase()),
                });
        let status = self.provider_status.clone().map(|event| TemplateStatus {
            template,
            event,
            category: None,
            reason: self.reason.clone(),
            explanations: Vec::new(),
        });
        status
            .iter()
            .flat_map(alert::template_status)
            .chain(quality)
            .collect()
    }
}

/// Raises an alert, or ends it.
pub(super) async fn told(
    server: &Server,
    scope: &OwnedScope,
    place: (Uuid, Uuid),
    news: &News,
    details: &Value,
    at: Timestamp,
) -> Answer<()> {
    let kind = news.kind.as_str();
    match &news.trouble {
        Some((severity, words)) => {
            let alert = Alert {
                kind,
                subject: news.subject.clone(),
                severity: severity.as_str(),
                message: words.clone(),
                details: details.clone(),
            };
            alert.raise(server, scope, place, at).await
        }
        None => end(scope, place, (kind, &news.subject), at).await.map(drop),
    }
}

impl Queue for ChannelSyncs {
    type Item = Claimed;
    const NAME: &'static str = "channel_syncs";
    const SLOTS: usize = 2;

    async fn claim(&self, most: usize) -> Answer<Vec<Claimed>> {
        let scope = self.server.service().await?;
        let claimed = Statement::new(include_str!("claim_channel_syncs.sql"))
            .bind("most", &i32::try_from(most).unwrap_or(i32::MAX))
            .bind("worker", &worker_name("channel_syncs"))
            .all(&scope)
            .await?;
        scope.commit().await?;
        Ok(claimed)
    }

    async fn work(&self, claimed: Claimed) -> Answer<()> {
        let stored = Stored {
            workspace: claimed.workspace,
            channel: claimed.channel,
            configuration: &claimed.configuration,
            credentials: claimed.credentials.as_ref(),
            webhook_secret: None,
        };
        let result = match WhatsApp::open(stored, &self.server.keys) {
            Ok(account) => self.find(&account).await,
            Err(error) => Err(error.into()),
        };
        let claims = Claims::service(claimed.workspace, Actor::System);
        let scope = self
            .server
            .database
            .begin(&claims, &self.server.surroundings())
            .await?;
        let place = (claimed.workspace, claimed.channel);
        let (found, failure) = match result {
            Ok(found) => {
                let account = stored.setting("account_id").unwrap_or_default();
                self.keep(&scope, &claimed, account, &found).await?;
                (Some(found), None)
            }
            Err(error) => {
                tracing::warn!(channel = %claimed.channel, %error, "WhatsApp could not be asked for its templates");
                let is_token = matches!(&error, SyncError::Refused(refused) if refused.class(None) == Class::Authorisation);
                if is_token {
                    let alert = Alert {
                        kind: TOKEN.0,
                        subject: TOKEN.1.to_owned(),
                        severity: "warning",
                        message: format!(
                            "WhatsApp does not accept the channel's access token: {error}"
                        ),
                        details: json!({}),
                    };
                    alert
                        .raise(&self.server, &scope, place, Timestamp::now())
                        .await?;
                }
                (None, Some(error.to_string()))
            }
        };
        let wait = match &failure {
            None => EVERY,
            Some(_) => {
                let failures = usize::try_from(claimed.failures).unwrap_or(0);
                Duration::from_secs(WAITS[failures.min(WAITS.len() - 1)])
            }
        };
        let _: bool = Statement::new(include_str!("finish_channel_sync.sql"))
            .bind("channel", &claimed.channel)
            .bind("lease", &claimed.lease)
            .bind(
                "digits",
                &found.as_ref().and_then(|found| found.digits.clone()),
            )
            .bind(
                "quality",
                &found.as_ref().and_then(|found| found.quality.clone()),
            )
            .bind("message", &failure)
            .bind("wait", &wait.as_secs_f64())
            .bind("workspace", &claimed.workspace)
            .value(&scope)
            .await?;
        scope.commit().await?;
        self.server.bells.ledger.notify_one();
        Ok(())
    }

    fn bell(&self) -> &Notify {
        &self.server.bells.channel_syncs
    }
}
