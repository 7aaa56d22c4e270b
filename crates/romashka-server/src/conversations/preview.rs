//! What an answer would be for its channel, before it is sent.
//!
//! Invariant: nothing is stored and nothing leaves; what is refused here is refused when it is sent too.

use axum::Json;
use romashka_channels::sms::encoding::Encoding;
use romashka_channels::sms::outbound::MEDIA_LIMIT;
use romashka_channels::sms::{price, segment};
use romashka_channels::whatsapp::split::{TEXT_LIMIT, split};
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Row;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::messages::{MessageKind, NewMessage};
use crate::input::{self, Path};
use crate::problem::{Answer, Problem};
use crate::providers::account::TextSender;
use crate::scoped::{Agent, Scoped};
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(preview_message))
}

/// What an answer would be.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessagePreview {
    /// The kind of channel.
    channel_type: String,
    /// How many messages the customer would get.
    messages: usize,
    /// What the carrier counts, for text messages without files.
    sms: Option<SegmentCount>,
    /// Why it would not be sent as things stand; none where nothing is known against it.
    refusal: Option<Refusal>,
}

/// What a text is for the carrier.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentCount {
    /// gsm7, or ucs2 when a character outside of GSM's alphabet makes the text more expensive.
    encoding: String,
    /// Septets or UTF-16 units.
    units: usize,
    /// Segments that the carrier charges for.
    segments: usize,
    /// Units that still fit into the last segment.
    free: usize,
    /// Characters that make it more expensive, at most ten.
    expensive_characters: Vec<String>,
    /// Segments with plain quotes and dashes in place of those, when that is fewer.
    segments_simplified: Option<usize>,
    /// What it costs by the channel's `segment_price`, as a decimal number; none where that is not set.
    price: Option<String>,
    /// The currency of the price.
    currency: Option<String>,
}

/// Why it would not be sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Refusal {
    /// no_channel, or the reason that the conversation's reply channels give: channel_inactive, no_address, opted_out, do_not_contact,
    /// window_closed or not_supported.
    code: String,
    /// In words for the agent.
    message: String,
}

struct Target {
    channel_type: String,
    configuration: Option<Value>,
    refusal: Option<(String, String)>,
}

impl FromRow for Target {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Target {
            channel_type: row.try_get("channel_type")?,
            configuration: row.try_get("configuration")?,
            refusal: row
                .try_get::<_, Option<String>>("refusal")?
                .zip(row.try_get("words_of_refusal")?),
        })
    }
}

impl Target {
    fn sender(&self) -> Option<TextSender> {
        self.configuration.as_ref().and_then(TextSender::of)
    }

    /// Why it would not be sent. A template goes when nothing else does.
    fn refusal(self, is_template: bool) -> Option<Refusal> {
        self.refusal
            .filter(|(code, _)| !(is_template && code == "window_closed"))
            .map(|(code, message)| Refusal { code, message })
    }
}

fn count(text: &str, sender: Option<&TextSender>) -> (usize, SegmentCount) {
    let is_toll_free = sender.is_some_and(|sender| sender.is_toll_free);
    let segment_price = sender.and_then(|sender| sender.segment_price);
    let estimate = segment::estimate(text, is_toll_free, segment_price);
    let counted = SegmentCount {
        encoding: match estimate.encoding {
            Encoding::Gsm7 => "gsm7".to_owned(),
            Encoding::Ucs2 => "ucs2".to_owned(),
        },
        units: estimate.units,
        segments: estimate.segments,
        free: estimate.free,
        expensive_characters: estimate
            .expensive_characters
            .iter()
            .map(char::to_string)
            .collect(),
        segments_simplified: estimate.segments_simplified,
        price: estimate.price_millionths.map(price::decimal),
        currency: estimate
            .price_millionths
            .and(sender.map(|sender| sender.currency.clone())),
    };
    (estimate.messages, counted)
}

/// Preview a message
///
/// Takes what sending takes and says what it would be: into how many messages it is split, how many segments a text message has
/// and what they cost, and why it would be refused. Nothing is stored or sent.
#[utoipa::path(post, path = "/conversations/{id}/messages/preview", tag = "Messages", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation.")), request_body = NewMessage,
    responses((status = OK, description = "What it would be.", body = MessagePreview)))]
async fn preview_message(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(new): input::Json<NewMessage>,
) -> Answer<Json<MessagePreview>> {
    new.require_length()?;
    let workspace = scope.workspace().ok_or_else(Problem::not_found)?;
    let target: Target = Statement::new(include_str!("preview.sql"))
        .bind("conversation", &id)
        .bind("workspace", &workspace)
        .bind("channel_type", &new.channel_type)
        .bind("channel_id", &new.channel_id)
        .one(&scope)
        .await?;
    let files = new.files();
    let (messages, sms) = match target.channel_type.as_str() {
        "sms" => {
            let (texts, counted) = count(&new.content, target.sender().as_ref());
            let messages = texts.max(files.div_ceil(MEDIA_LIMIT));
            (messages, (files == 0).then_some(counted))
        }
        "whatsapp" if new.kind == MessageKind::Text => {
            let texts = split(&new.content, TEXT_LIMIT).len();
            (texts.max(files).max(1), None)
        }
        _ => (1, None),
    };
    Ok(Json(MessagePreview {
        channel_type: target.channel_type.clone(),
        messages,
        sms,
        refusal: target.refusal(new.kind == MessageKind::Template),
    }))
}
