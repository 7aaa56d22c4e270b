//! The HTML of a mail, for showing it.
//!
//! Invariant: what is given out is harmless and makes a browser load nothing from elsewhere; how much was held back is said.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use romashka_channels::email::display::{
    DisplayOptions, FRAME_POLICY, FRAME_SANDBOX, HTML_LIMIT, RemoteImages, clean_for_display,
};
use romashka_channels::email::html_quotes;
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Row;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::attachments::stored::StoredFile;
use crate::input::Path;
use crate::problem::{Answer, Problem};
use crate::router::PREFIX;
use crate::scoped::{Scoped, Viewer};
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(read_message_html))
}

/// A mail for a frame without rights.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageHtml {
    /// What was written now, without quotes and signature, harmless; null when only the text can be shown.
    visible_html: Option<String>,
    /// The whole mail, harmless; null when only the text can be shown.
    html: Option<String>,
    /// The text that was quoted.
    quoted: Option<String>,
    /// The text of the signature.
    signature: Option<String>,
    /// Pictures from elsewhere that are not loaded.
    blocked_images: usize,
    /// Pictures that only tell the sender that the mail was read; never shown.
    tracking_pixels: usize,
    /// Content-IDs of the pictures that are shown.
    shown_content_ids: Vec<String>,
    /// The attribute `sandbox` of the frame.
    frame_sandbox: &'static str,
    /// The Content-Security-Policy in the frame.
    frame_policy: &'static str,
}

struct Source {
    mail: Option<Value>,
    pictures: Option<Value>,
}

impl FromRow for Source {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Source {
            mail: row.try_get("mail")?,
            pictures: row.try_get("pictures")?,
        })
    }
}

/// Read a mail's HTML
///
/// Cleaned: no scripts, forms or styles that reach beyond it. Pictures from elsewhere are not loaded, and counted. 404 when the
/// message has no HTML.
#[utoipa::path(get, path = "/conversations/{id}/messages/{message_id}/html", tag = "Messages", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The conversation."), ("message_id" = Uuid, Path, description = "The message.")),
    responses((status = OK, description = "The mail.", body = MessageHtml)))]
async fn read_message_html(
    scope: Scoped<Viewer>,
    State(server): State<Server>,
    Path((id, message)): Path<(Uuid, Uuid)>,
) -> Answer<Json<MessageHtml>> {
    let workspace = scope.workspace();
    let source: Source = Statement::new(include_str!("message_html.sql"))
        .bind("conversation", &id)
        .bind("message", &message)
        .bind("workspace", &workspace)
        .one(&scope)
        .await?;
    let mail = source.mail.unwrap_or(Value::Null);
    let text = |name: &str| mail.get(name).and_then(Value::as_str).map(str::to_owned);
    let html = match text("html") {
        Some(html) => html,
        // It was too long for the message's row.
        None => {
            let file: Option<StoredFile> = Statement::new(include_str!("html_file.sql"))
                .bind("message", &message)
                .bind("workspace", &workspace)
                .optional(&scope)
                .await?;
            let file =
                file.ok_or_else(|| Problem::not_found().detail("The message has no HTML"))?;
            let bytes = file.read(&server, HTML_LIMIT).await?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    let inline_images: HashMap<String, String> = source
        .pictures
        .iter()
        .filter_map(Value::as_object)
        .flatten()
        .filter_map(|(content_id, file)| {
            let file = file.as_str()?;
            Some((
                content_id.clone(),
                format!("{PREFIX}/attachments/{file}/content"),
            ))
        })
        .collect();
    let (quoted, signature) = (text("quoted"), text("signature"));
    let shown = tokio::task::spawn_blocking(move || {
        let options = DisplayOptions {
            remote_images: RemoteImages::Blocked,
            inline_images,
            image_proxy: Arc::new(|_| String::new()),
        };
        let whole = clean_for_display(&html, &options)?;
        let visible = html_quotes::split(&html, false).visible_html;
        let visible = clean_for_display(&visible, &options)?;
        Some((visible.html, whole))
    })
    .await
    .map_err(Problem::internal)?;
    let (visible_html, whole) = shown.unzip();
    let (html, blocked_images, tracking_pixels, shown_content_ids) = match whole {
        Some(whole) => (
            Some(whole.html),
            whole.blocked_images,
            whole.tracking_pixels,
            whole.shown_content_ids,
        ),
        None => (None, 0, 0, Vec::new()),
    };
    Ok(Json(MessageHtml {
        visible_html,
        html,
        quoted,
        signature,
        blocked_images,
        tracking_pixels,
        shown_content_ids,
        frame_sandbox: FRAME_SANDBOX,
        frame_policy: FRAME_POLICY,
    }))
}
