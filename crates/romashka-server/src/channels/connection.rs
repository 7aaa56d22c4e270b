//! The address that a channel's provider calls, and whether the channel works.
//!
//! Invariants: the verify token is the one secret that is shown, to admins, because they have to enter it at the provider;
//! a check really connects, sends nothing to anybody, and holds no connection of the database meanwhile.

use axum::Json;
use axum::extract::State;
use romashka_db::envelope::Place as Kept;
use romashka_db::scope::{Actor, Claims};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_postgres::Row;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::input::Path;
use crate::mail::tokens::Keeper;
use crate::problem::{Answer, Code, Document, Problem};
use crate::providers::account::{Stored, filled};
use crate::providers::check;
use crate::scoped::{Admin, Scoped};
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(read_channel_hook))
        .routes(routes!(renew_channel_hook))
        .routes(routes!(check_channel))
}

/// The name of the secret by which a provider's console is answered.
pub(super) const VERIFY_TOKEN: &str = "verify_token";

/// A new verify token.
pub(super) fn verify_token() -> String {
    Uuid::new_v4().simple().to_string()
}

struct Connection {
    kind: String,
    configuration: Value,
    credentials: Option<Value>,
    webhook_secret: Option<String>,
}

impl FromRow for Connection {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Connection {
            kind: row.try_get("kind")?,
            configuration: row.try_get("configuration")?,
            credentials: row.try_get("api_credentials")?,
            webhook_secret: row.try_get("webhook_secret")?,
        })
    }
}

impl Connection {
    async fn of(scope: &Scoped<Admin>, id: Uuid) -> Answer<(Connection, Uuid)> {
        let workspace = scope.workspace().ok_or_else(Problem::not_found)?;
        let found: Connection = Statement::new(include_str!("connection.sql"))
            .bind("id", &id)
            .bind("workspace", &workspace)
            .one(scope)
            .await?;
        Ok((found, workspace))
    }

    fn stored(&self, workspace: Uuid, channel: Uuid) -> Stored<'_> {
        Stored {
            workspace,
            channel,
            configuration: &self.configuration,
            credentials: self.credentials.as_ref(),
            webhook_secret: self.webhook_secret.as_deref(),
        }
    }

    fn url(&self, server: &Server, token: &str) -> String {
        let base = server.public_url.as_str().trim_end_matches('/');
        format!("{base}/hooks/{}/{token}", self.kind)
    }
}

/// What has to be entered at the provider.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ChannelHook {
    /// The address that the provider calls. A provider of mail calls one below it.
    url: String,
    /// What WhatsApp asks for when the address is entered; null for other kinds, and where there is none.
    verify_token: Option<String>,
    /// Whether providers can reach the address: they call https alone.
    is_public: bool,
}

impl ChannelHook {
    fn of(url: String, verify_token: Option<String>) -> ChannelHook {
        ChannelHook {
            is_public: url.starts_with("https://"),
            url,
            verify_token,
        }
    }
}

/// Read the address of a channel's hook
///
/// What an admin enters at the provider, so that it delivers here. It stays the same until it is renewed.
#[utoipa::path(get, path = "/channels/{id}/hook", tag = "Channels", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The channel.")),
    responses((status = OK, description = "The address.", body = ChannelHook)))]
async fn read_channel_hook(
    scope: Scoped<Admin>,
    State(server): State<Server>,
    Path(id): Path<Uuid>,
) -> Answer<Json<ChannelHook>> {
    let (found, workspace) = Connection::of(&scope, id).await?;
    let token: String = Statement::new(include_str!("token.sql"))
        .bind("channel", &id)
        .bind("renew", &false)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    let verify_token = match (&found.credentials, found.kind.as_str()) {
        (Some(_), "whatsapp") => {
            let opened = found.stored(workspace, id).open(&server.keys).ok();
            opened.and_then(|opened| filled(&opened, VERIFY_TOKEN).map(str::to_owned))
        }
        _ => None,
    };
    Ok(Json(ChannelHook::of(
        found.url(&server, &token),
        verify_token,
    )))
}

/// Renew the address of a channel's hook
///
/// The old address finds nothing from then on, so the new one has to be entered at the provider; for WhatsApp with a new
/// verify token.
#[utoipa::path(post, path = "/channels/{id}/hook/renew", tag = "Channels", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The channel.")),
    responses((status = OK, description = "The new address.", body = ChannelHook),
        (status = CONFLICT, description = "The channel's credentials cannot be opened.", body = Document, content_type = "application/problem+json")))]
async fn renew_channel_hook(
    scope: Scoped<Admin>,
    State(server): State<Server>,
    Path(id): Path<Uuid>,
) -> Answer<Json<ChannelHook>> {
    let (found, workspace) = Connection::of(&scope, id).await?;
    let token: String = Statement::new(include_str!("token.sql"))
        .bind("channel", &id)
        .bind("renew", &true)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    let made = (found.kind == "whatsapp").then(verify_token);
    if let Some(made) = &made {
        let mut secrets: Map<String, Value> = match &found.credentials {
            Some(_) => match found.stored(workspace, id).open(&server.keys) {
                Ok(Value::Object(opened)) => opened,
                _ => {
                    return Err(Problem::new(Code::Conflict).detail(
                        "The channel's credentials cannot be opened: enter them anew first",
                    ));
                }
            },
            None => Map::new(),
        };
        secrets.insert(VERIFY_TOKEN.to_owned(), made.clone().into());
        let place = Kept {
            table: "communication_channels",
            column: "api_credentials",
            workspace,
            row: id,
        };
        let text = serde_json::to_vec(&secrets).map_err(Problem::internal)?;
        let sealed = server.keys.seal_json(place, &text);
        Statement::new(include_str!("seal.sql"))
            .bind("api_credentials", &sealed)
            .bind("id", &id)
            .bind("workspace", &workspace)
            .execute(&scope)
            .await?;
    }
    Ok(Json(ChannelHook::of(found.url(&server, &token), made)))
}

/// One thing that was looked at.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ChannelFinding {
    /// Whether it is as it should be.
    is_good: bool,
    /// What was found, and what to do.
    text: String,
}

/// What a check found.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ChannelCheck {
    /// Whether everything is as it should be.
    is_good: bool,
    /// Everything that was looked at.
    findings: Vec<ChannelFinding>,
}

/// Check a channel
///
/// Really asks the provider with the channel's credentials, or signs in at its mail servers; nothing is sent to anybody. A
/// channel whose set-up was pending becomes active when its provider accepts it.
#[utoipa::path(post, path = "/channels/{id}/check", tag = "Channels", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The channel.")),
    responses((status = OK, description = "What was found.", body = ChannelCheck)))]
async fn check_channel(
    scope: Scoped<Admin>,
    State(server): State<Server>,
    Path(id): Path<Uuid>,
) -> Answer<Json<ChannelCheck>> {
    let (found, workspace) = Connection::of(&scope, id).await?;
    // The provider may take long: no connection waits for it.
    scope.release();
    let claims = Claims::service(workspace, Actor::System);
    let surroundings = server.surroundings();
    let scope = server.database.begin(&claims, &surroundings).await?;
    let token: String = Statement::new(include_str!("token.sql"))
        .bind("channel", &id)
        .bind("renew", &false)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    scope.commit().await?;
    let hook = found.url(&server, &token);
    let stored = found.stored(workspace, id);
    let findings = check::check(
        &found.kind,
        stored,
        &server.keys,
        &server.settings,
        &hook,
        Keeper::Server(&server, workspace),
    )
    .await;
    let findings: Vec<ChannelFinding> = match findings {
        Ok(findings) => findings
            .into_iter()
            .map(|finding| ChannelFinding {
                is_good: finding.is_good,
                text: finding.text,
            })
            .collect(),
        Err(error) => vec![ChannelFinding {
            is_good: false,
            text: error.to_string(),
        }],
    };
    if findings.iter().any(|finding| finding.is_good) {
        let scope = server.database.begin(&claims, &surroundings).await?;
        Statement::new(include_str!("activate.sql"))
            .bind("id", &id)
            .bind("workspace", &workspace)
            .execute(&scope)
            .await?;
        scope.commit().await?;
    }
    Ok(Json(ChannelCheck {
        is_good: findings.iter().all(|finding| finding.is_good),
        findings,
    }))
}
