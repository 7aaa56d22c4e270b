//! What is wrong with a channel: by its provider's word, or by our own trying.
//!
//! Invariants: one trouble is one alert, told once and again when it gets worse; what came to an end is shown as ended; older
//! news never replace newer ones.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use romashka_db::scope::OwnedScope;
use serde::Deserialize;
use serde_json::Value;
use tokio_postgres::types::Json as Jsonb;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::accounts::Mail;
use crate::cursor::AtTime;
use crate::input::{Limit, Path, Query};
use crate::page::Page;
use crate::problem::Answer;
use crate::record;
use crate::scoped::{Admin, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_channel_alerts))
        .routes(routes!(resolve_channel_alert))
}

/// Something that is wrong with a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// account, number, template or mailbox.
    pub kind: &'static str,
    /// Which one.
    pub subject: String,
    /// notice, warning or critical.
    pub severity: &'static str,
    /// In words for an admin.
    pub message: String,
    /// What the provider said.
    pub details: Value,
}

impl Alert {
    /// Keeps it, and tells the admins when it is new or worse than before.
    pub async fn raise(
        &self,
        server: &Server,
        scope: &OwnedScope,
        (workspace, channel): (Uuid, Uuid),
        at: Timestamp,
    ) -> Answer<()> {
        let message: String = self.message.chars().take(2_000).collect();
        let admins: Vec<Told> = Statement::new(include_str!("raise_alert.sql"))
            .bind("channel", &channel)
            .bind("kind", &self.kind)
            .bind("subject", &self.subject)
            .bind("severity", &self.severity)
            .bind("message", &message)
            .bind("details", &Jsonb(&self.details))
            .bind("at", &at)
            .bind("workspace", &workspace)
            .all(scope)
            .await?;
        if admins.is_empty() {
            return Ok(());
        }
        tracing::warn!(%channel, kind = self.kind, severity = self.severity, "a channel is in trouble");
        let service = server.service().await?;
        for admin in &admins {
            Mail::ChannelAlert {
                workspace: admin.workspace_name.clone(),
                channel: admin.channel_name.clone(),
                message: message.clone(),
            }
            .queue(server, &service, &admin.email, None)
            .await?;
        }
        service.commit().await?;
        server.bells.mails.notify_one();
        Ok(())
    }
}

/// Says that a trouble is over.
pub async fn end(
    scope: &OwnedScope,
    (workspace, channel): (Uuid, Uuid),
    (kind, subject): (&str, &str),
    at: Timestamp,
) -> Answer<bool> {
    Statement::new(include_str!("end_alert.sql"))
        .bind("channel", &channel)
        .bind("kind", &kind)
        .bind("subject", &subject)
        .bind("at", &at)
        .bind("workspace", &workspace)
        .value(scope)
        .await
}

/// Who is told.
struct Told {
    email: String,
    channel_name: String,
    workspace_name: String,
}

impl crate::statement::FromRow for Told {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Told {
            email: row.try_get("email")?,
            channel_name: row.try_get("channel_name")?,
            workspace_name: row.try_get("workspace_name")?,
        })
    }
}

record! {
    /// Something that is or was wrong with a channel.
    pub struct ChannelAlert {
        /// Its identity.
        pub id: Uuid,
        /// account (of the provider), number, template or mailbox.
        pub kind: String,
        /// Which one: the template, the number, the trouble.
        pub subject: String,
        /// notice, warning, or critical: something has stopped.
        pub severity: String,
        /// What is wrong and what to do.
        pub message: String,
        /// What the provider said.
        #[schema(value_type = Object)]
        pub details: StoredJson,
        /// Since when.
        pub raised_at: Timestamp,
        /// When it was over; null while it is not.
        pub resolved_at: Option<Timestamp>,
    }
}

/// Which alerts are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAlerts {
    /// Those that are over as well.
    #[serde(default)]
    include_resolved: bool,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List a channel's alerts
///
/// What is wrong with it, or may soon be: a paused template, a number that customers dislike, an account that was restricted, a
/// mailbox that cannot be opened. The newest first.
#[utoipa::path(get, path = "/channels/{id}/alerts", tag = "Channels", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The channel."), ListAlerts),
    responses((status = OK, description = "A page.", body = Page<ChannelAlert>)))]
async fn list_channel_alerts(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<ListAlerts>,
) -> Answer<Json<Page<ChannelAlert>>> {
    let place = AtTime::of(wanted.cursor.as_deref(), &wanted.include_resolved)?;
    super::channel(&scope, id).await?;
    let (after_time, after_id) = (
        place.and_then(|place| place.time),
        place.map(|place| place.id),
    );
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<ChannelAlert> = Statement::new(include_str!("list_alerts.sql"))
        .bind("channel", &id)
        .bind("workspace", &workspace)
        .with("open", !wanted.include_resolved)
        .with("after", place.is_some())
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .bind("row_limit", &row_limit)
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| AtTime {
        order: wanted.include_resolved,
        time: Some(last.raised_at),
        id: last.id,
    })))
}

/// End an alert
///
/// Says that a trouble is over where its provider does not; what it has stopped goes on. Twice changes nothing.
#[utoipa::path(post, path = "/channels/alerts/{id}/resolve", tag = "Channels", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The alert.")),
    responses((status = NO_CONTENT, description = "It is over.")))]
async fn resolve_channel_alert(scope: Scoped<Admin>, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    Statement::new(include_str!("resolve_alert.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
