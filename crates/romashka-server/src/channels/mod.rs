//! Channels: the accounts by which customers reach the workspace.
//!
//! Invariant: credentials go in and never come out, but for the token that an admin has to enter at the provider. They are sealed for the row and column they are kept in before the
//! database sees them, and an answer says only whether there are any.

pub mod alerts;
mod connection;
mod integration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use romashka_channels::webhooks::endpoint::Endpoint;
use romashka_db::envelope::Place as Kept;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_postgres::types::Json as Jsonb;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::choice;
use crate::created::Created;
use crate::cursor::Place;
use crate::input::{self, Limit, List, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Document, Problem};
use crate::providers::account::new_secret;
use crate::record;
use crate::scoped::{Admin, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_channels, create_channel))
        .routes(routes!(read_channel, change_channel, delete_channel))
        .merge(alerts::router())
        .merge(connection::router())
        .merge(integration::router())
}

choice! {
    /// A kind of channel.
    pub enum ChannelKind {
        /// WhatsApp.
        Whatsapp = "whatsapp",
        /// Facebook Messenger.
        Messenger = "messenger",
        /// Instagram.
        Instagram = "instagram",
        /// Email.
        Email = "email",
        /// Text messages.
        Sms = "sms",
        /// The chat on a website.
        Website = "website",
        /// A messenger of any kind, by an integration of your own.
        Api = "api",
    }
}

choice! {
    /// How a channel stands.
    pub enum ChannelStatus {
        /// It receives and sends.
        Active = "active",
        /// Nothing is received or sent.
        Inactive = "inactive",
        /// Something is still missing.
        PendingSetup = "pending_setup",
    }
}

record! {
    /// An account by which customers reach the workspace. Its credentials are never shown.
    pub struct Channel {
        /// Its identity.
        pub id: Uuid,
        /// What members call it.
        pub name: String,
        /// The kind of channel.
        pub kind: ChannelKind,
        /// How it stands.
        pub status: ChannelStatus,
        /// Settings that are no secrets: numbers, addresses, hosts.
        #[schema(value_type = Object)]
        pub configuration: StoredJson,
        /// Where the provider was told to send its webhooks.
        pub webhook_url: Option<String>,
        /// How many messages may be sent a day; 0 for none.
        pub message_limit_per_day: i32,
        /// How many were sent on the day that was last counted.
        pub messages_sent_today: i32,
        /// Whether there are keys for the provider's API.
        pub has_credentials: bool,
        /// Whether there is a key for the provider's webhooks.
        pub has_webhook_secret: bool,
        /// Why its provider does not let it in; null when it does. Everything it is to send waits.
        pub last_error: Option<String>,
        /// Since when.
        pub last_error_at: Option<Timestamp>,
        /// good, warning or critical: by its open alerts and by whether its provider lets it in.
        pub health: String,
        /// Who made it.
        pub created_by: Option<Uuid>,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelOrder {
    /// By name.
    #[default]
    Name,
    /// Newest first.
    CreatedAt,
}

/// Which channels are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListChannels {
    /// Kinds, with commas between them.
    #[param(value_type = Option<String>)]
    kind: Option<List<ChannelKind>>,
    /// How they stand, with commas between them.
    #[param(value_type = Option<String>)]
    status: Option<List<ChannelStatus>>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: ChannelOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List channels
#[utoipa::path(get, path = "/channels", tag = "Channels", security(("session" = ["viewer"])), params(ListChannels),
    responses((status = OK, description = "A page.", body = Page<Channel>)))]
async fn list_channels(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListChannels>,
) -> Answer<Json<Page<Channel>>> {
    let place = Place::of(wanted.cursor.as_deref(), &wanted.sort)?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_text = place.as_ref().and_then(|place| place.text.as_deref());
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let kind = wanted.kind.map(|List(values)| values);
    let status = wanted.status.map(|List(values)| values);
    let by = |order| wanted.sort == order;
    let rows: Vec<Channel> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("kind", &kind)
        .filter("status", &status)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .bind("after_text", &after_text)
        .with("by_name", by(ChannelOrder::Name))
        .with("after_name", place.is_some() && by(ChannelOrder::Name))
        .with("by_created_at", by(ChannelOrder::CreatedAt))
        .with(
            "after_created_at",
            place.is_some() && by(ChannelOrder::CreatedAt),
        )
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        match wanted.sort {
            ChannelOrder::Name => Place::at_text(wanted.sort, last.name.clone(), last.id),
            ChannelOrder::CreatedAt => Place::at_time(wanted.sort, last.created_at, last.id),
        }
    })))
}

/// A channel that was made, with its secret where the server made one.
#[derive(Serialize, ToSchema)]
pub struct MadeChannel {
    /// The channel.
    #[serde(flatten)]
    channel: Channel,
    /// Of a channel of the kind `api` without credentials of its own: the key that its posts are signed with (Standard
    /// Webhooks). It is shown now and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: Option<String>,
}

/// Refuses an address that messages would not be posted to: said when it is written, not when the first message waits.
fn check_integration(server: &Server, configuration: Option<&Map<String, Value>>) -> Answer<()> {
    let Some(url) = configuration.and_then(|configuration| configuration.get("url")) else {
        return Ok(());
    };
    let url = url.as_str().unwrap_or_default();
    Endpoint::parse(url, &server.settings.webhook_policy)
        .map(drop)
        .map_err(|error| Problem::field("configuration.url", error.to_string()))
}

/// A channel to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Shop's WhatsApp", "kind": "whatsapp", "configuration": {"phone_number_id": "106540352242922"}, "credentials": {"access_token": "EAAG…"}, "webhook_secret": "the app's secret"}))]
pub struct NewChannel {
    /// What members call it.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// How it stands.
    status: Option<ChannelStatus>,
    /// Settings that are no secrets: numbers, addresses, hosts.
    #[schema(value_type = Option<Object>)]
    configuration: Option<Map<String, Value>>,
    /// Where the provider was told to send its webhooks.
    #[schema(pattern = "^https?://[^\\s]+$")]
    webhook_url: Option<String>,
    /// How many messages may be sent a day; 0 for none.
    #[schema(minimum = 0)]
    message_limit_per_day: Option<i32>,
    /// The kind of channel.
    kind: ChannelKind,
    /// The keys for the provider's API. Kept encrypted, never shown.
    #[schema(value_type = Option<Object>, write_only)]
    credentials: Option<Map<String, Value>>,
    /// The key that the provider's webhooks are signed with. Kept encrypted, never shown.
    #[schema(write_only, min_length = 1, max_length = 4096)]
    webhook_secret: Option<String>,
}

async fn channel<N>(scope: &Scoped<N>, id: Uuid) -> Answer<Channel> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a channel
#[utoipa::path(get, path = "/channels/{id}", tag = "Channels", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The channel.")),
    responses((status = OK, description = "The channel.", body = Channel, headers(("ETag" = String)))))]
async fn read_channel(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<Channel>>> {
    let found = channel(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a channel. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "inactive"}))]
pub struct ChannelChange {
    /// What members call it.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// How it stands.
    status: Option<ChannelStatus>,
    /// Settings that are no secrets: numbers, addresses, hosts.
    #[schema(value_type = Option<Object>)]
    configuration: Option<Map<String, Value>>,
    /// Where the provider was told to send its webhooks.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>, pattern = "^https?://[^\\s]+$")]
    webhook_url: Option<Option<String>>,
    /// How many messages may be sent a day; 0 for none.
    #[schema(minimum = 0)]
    message_limit_per_day: Option<i32>,
    /// The keys for the provider's API, all of them; null takes them away.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<Object>, write_only)]
    credentials: Option<Option<Map<String, Value>>>,
    /// The key that the provider's webhooks are signed with; null takes it away.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>, write_only, min_length = 1, max_length = 4096)]
    webhook_secret: Option<Option<String>>,
}

/// Remove a channel
#[utoipa::path(delete, path = "/channels/{id}", tag = "Channels", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The channel."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = CONFLICT, description = "Something else refers to it.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_channel(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("delete.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .filter("version", &version.0)
        .execute(&scope)
        .await
        .map_err(Problem::of_removal)?;
    if removed == 0 {
        return Err(version.explain(channel(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Make a channel
///
/// What is given as credentials is kept encrypted and never shown again. A channel of the kind `api` gets a secret to sign
/// with when none is given; it is in the answer.
#[utoipa::path(post, path = "/channels", tag = "Channels", security(("session" = ["admin"])), request_body = NewChannel,
    responses((status = CREATED, description = "It was made.", body = MadeChannel, headers(("ETag" = String), ("Location" = String)))))]
async fn create_channel(
    scope: Scoped<Admin>,
    State(server): State<Server>,
    input::Json(mut new): input::Json<NewChannel>,
) -> Answer<Created<MadeChannel>> {
    let workspace = scope.workspace();
    let id = Uuid::now_v7();
    let mut secret = None;
    if new.kind == ChannelKind::Whatsapp
        && let Some(credentials) = &mut new.credentials
    {
        credentials
            .entry(connection::VERIFY_TOKEN)
            .or_insert_with(|| connection::verify_token().into());
    }
    if new.kind == ChannelKind::Api {
        check_integration(&server, new.configuration.as_ref())?;
        let credentials = new.credentials.get_or_insert_default();
        if !credentials.contains_key("secret") {
            let made = new_secret();
            credentials.insert("secret".to_owned(), made.clone().into());
            secret = Some(made);
        }
    }
    let sealed = Sealed::of(&server, &scope, id, new.credentials, new.webhook_secret)?;
    let configuration = new.configuration.map(Jsonb);
    let made: Channel = Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("id", &id)
        .bind("kind", &new.kind)
        .bind("api_credentials", &sealed.credentials)
        .bind("webhook_secret", &sealed.webhook_secret)
        .bind("name", &new.name)
        .bind("status", &new.status)
        .bind("configuration", &configuration)
        .bind("webhook_url", &new.webhook_url)
        .bind("message_limit_per_day", &new.message_limit_per_day)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/channels/{}", made.id),
        version: Some(made.updated_at),
        body: MadeChannel {
            channel: made,
            secret,
        },
    })
}

/// Change a channel
///
/// Credentials are replaced as a whole.
#[utoipa::path(patch, path = "/channels/{id}", tag = "Channels", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The channel."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    request_body = ChannelChange,
    responses((status = OK, description = "It was changed.", body = Channel, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_channel(
    scope: Scoped<Admin>,
    State(server): State<Server>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<ChannelChange>,
) -> Answer<Versioned<Json<Channel>>> {
    let workspace = scope.workspace();
    let (changes_credentials, changes_secret) = (
        change.credentials.is_some(),
        change.webhook_secret.is_some(),
    );
    let sealed = Sealed::of(
        &server,
        &scope,
        id,
        change.credentials.flatten(),
        change.webhook_secret.flatten(),
    )?;
    let new_configuration = change.configuration.clone();
    let configuration = change.configuration.map(Jsonb);
    let (changes_webhook_url, webhook_url) =
        (change.webhook_url.is_some(), change.webhook_url.flatten());
    let changed: Option<Channel> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("name", &change.name)
        .bind("status", &change.status)
        .bind("configuration", &configuration)
        .bind("changes_webhook_url", &changes_webhook_url)
        .bind("webhook_url", &webhook_url)
        .bind("message_limit_per_day", &change.message_limit_per_day)
        .bind("changes_api_credentials", &changes_credentials)
        .bind("api_credentials", &sealed.credentials)
        .bind("changes_webhook_secret", &changes_secret)
        .bind("webhook_secret", &sealed.webhook_secret)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => {
            // Rolled back with the refusal.
            if changed.kind == ChannelKind::Api {
                check_integration(&server, new_configuration.as_ref())?;
            }
            Ok(Versioned(changed.updated_at, Json(changed)))
        }
        None => Err(version.explain(channel(&scope, id).await.is_ok())),
    }
}

/// The secrets of a channel as the database keeps them.
struct Sealed {
    credentials: Option<Value>,
    webhook_secret: Option<String>,
}

impl Sealed {
    fn of<N>(
        server: &Server,
        scope: &Scoped<N>,
        row: Uuid,
        credentials: Option<Map<String, Value>>,
        webhook_secret: Option<String>,
    ) -> Answer<Sealed> {
        let workspace = scope.workspace().ok_or_else(Problem::not_found)?;
        let place = |column| Kept {
            table: "communication_channels",
            column,
            workspace,
            row,
        };
        let credentials = credentials
            .map(|credentials| {
                let text = serde_json::to_vec(&credentials).map_err(Problem::internal)?;
                Ok::<_, Problem>(server.keys.seal_json(place("api_credentials"), &text))
            })
            .transpose()?;
        let webhook_secret = match webhook_secret {
            Some(secret) if secret.is_empty() || secret.len() > 4096 => {
                return Err(Problem::field("webhook_secret", "has 1 to 4096 bytes"));
            }
            Some(secret) => Some(
                server
                    .keys
                    .seal_text(place("webhook_secret"), secret.as_bytes()),
            ),
            None => None,
        };
        Ok(Sealed {
            credentials,
            webhook_secret,
        })
    }
}
