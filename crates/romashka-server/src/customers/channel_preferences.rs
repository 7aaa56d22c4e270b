//! What a customer wants of each kind of channel: which is liked best, and where he wants no messages.

use axum::Json;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::customer;
use crate::channels::ChannelKind;
use crate::input::{self, Path};
use crate::problem::Answer;
use crate::record;
use crate::scoped::{Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_channel_preferences))
        .routes(routes!(set_channel_preference))
}

record! {
    /// What a customer wants of a kind of channel.
    pub struct ChannelPreference {
        /// The kind of channel.
        pub channel_type: ChannelKind,
        /// Whether it is liked best; one at most is.
        pub is_preferred: bool,
        /// Whether messages are wanted there. Where not, none are sent.
        pub opt_in: bool,
        /// When the customer said so.
        pub opt_in_at: Option<Timestamp>,
        /// Where that comes from: link, agent, api, or the words of who noted it.
        pub opt_in_source: Option<String>,
        /// When the customer last used the channel.
        pub last_interaction: Option<Timestamp>,
        /// When it was first noted.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
    }
}

/// List channel preferences
///
/// Of one customer. A kind of channel that is not listed may be used, and is not liked best.
#[utoipa::path(get, path = "/customers/{id}/channel-preferences", tag = "Customers", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The customer.")),
    responses((status = OK, description = "The preferences.", body = Vec<ChannelPreference>)))]
async fn list_channel_preferences(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Json<Vec<ChannelPreference>>> {
    customer(&scope, id).await?;
    let workspace = scope.workspace();
    let rows = Statement::new(include_str!("channel_preferences.sql"))
        .bind("customer", &id)
        .bind("workspace", &workspace)
        .with("channel_type", false)
        .bind("channel_type", &"")
        .all(&scope)
        .await?;
    Ok(Json(rows))
}

/// What to keep of a customer's wishes. What is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"opt_in": false, "opt_in_source": "on the telephone"}))]
pub struct NewChannelPreference {
    /// Whether it is liked best. Another that was is then no longer.
    is_preferred: Option<bool>,
    /// Whether messages are wanted there.
    opt_in: Option<bool>,
    /// When the customer said so; now when left out.
    opt_in_at: Option<Timestamp>,
    /// Where that comes from; who calls when left out.
    #[schema(min_length = 1, max_length = 200)]
    opt_in_source: Option<String>,
}

/// Set a channel preference
///
/// Keeps what a customer wants of a kind of channel, with the time and the source.
#[utoipa::path(put, path = "/customers/{id}/channel-preferences/{channel_type}", tag = "Customers", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The customer."), ("channel_type" = ChannelKind, Path, description = "The kind of channel.")),
    request_body = NewChannelPreference,
    responses((status = OK, description = "What is kept now.", body = ChannelPreference)))]
async fn set_channel_preference(
    scope: Scoped<Agent>,
    Path((id, channel_type)): Path<(Uuid, ChannelKind)>,
    input::Json(wanted): input::Json<NewChannelPreference>,
) -> Answer<Json<ChannelPreference>> {
    customer(&scope, id).await?;
    let workspace = scope.workspace();
    Statement::new(include_str!("set_channel_preference.sql"))
        .bind("customer", &id)
        .bind("workspace", &workspace)
        .bind("channel_type", &channel_type)
        .bind("is_preferred", &wanted.is_preferred)
        .bind("opt_in", &wanted.opt_in)
        .bind("opt_in_at", &wanted.opt_in_at)
        .bind("opt_in_source", &wanted.opt_in_source)
        .execute(&scope)
        .await?;
    let kept = Statement::new(include_str!("channel_preferences.sql"))
        .bind("customer", &id)
        .bind("workspace", &workspace)
        .with("channel_type", true)
        .bind("channel_type", &channel_type)
        .one(&scope)
        .await?;
    Ok(Json(kept))
}
