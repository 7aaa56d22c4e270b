//! By which channels the customer of a conversation can be answered.

use axum::Json;
use jiff::Timestamp;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::channels::ChannelKind;
use crate::input::Path;
use crate::problem::Answer;
use crate::record;
use crate::scoped::{Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list_reply_channels))
}

record! {
    /// A channel by which an answer could go.
    pub struct ReplyChannel {
        /// The channel; null for a website chat without one.
        pub channel_id: Option<Uuid>,
        /// Its kind.
        pub channel_type: ChannelKind,
        /// What members call it.
        pub name: String,
        /// The number or address to which it would go; null on the website, and where there is none.
        pub recipient: Option<String>,
        /// Whether it is the conversation's own.
        pub is_own: bool,
        /// Whether answers go by it when none is named.
        pub is_usual: bool,
        /// Whether the customer likes it best.
        pub is_preferred: bool,
        /// Whether an answer of words can go by it now.
        pub can_send: bool,
        /// Why not: channel_inactive, no_address, opted_out, do_not_contact, window_closed (only a template may be sent) or not_supported.
        pub reason: Option<String>,
        /// The reason in words.
        pub detail: Option<String>,
        /// Until when WhatsApp lets words through; later only templates.
        pub window_closes_at: Option<Timestamp>,
    }
}

/// List reply channels
///
/// Every channel by which an answer could go, the conversation's own first, with the reason where it cannot now.
#[utoipa::path(get, path = "/conversations/{id}/reply-channels", tag = "Messages", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The conversation.")),
    responses((status = OK, description = "The channels.", body = Vec<ReplyChannel>)))]
async fn list_reply_channels(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Json<Vec<ReplyChannel>>> {
    let workspace = scope.workspace();
    let channels = Statement::new(include_str!("reply_channels.sql"))
        .bind("conversation", &id)
        .bind("workspace", &workspace)
        .all(&scope)
        .await?;
    Ok(Json(channels))
}
