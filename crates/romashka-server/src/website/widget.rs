//! The widget itself, as its visitors see it.

use axum::Json;
use axum::extract::State;
use romashka_channels::website::form::Field;
use romashka_channels::website::session::is_widget_token;
use romashka_channels::website::upload::{FILES_PER_MESSAGE, SIZE_LIMIT};
use romashka_db::scope::OwnedScope;
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::input::Path;
use crate::problem::{Answer, Document, Problem};
use crate::scoped::Anonymous;
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// A widget as the database has it.
pub struct Found {
    id: Uuid,
    name: String,
    language: Option<String>,
    /// Whether only proven visitors may write.
    pub requires_identity: bool,
    custom_css: Option<String>,
    /// Whether somebody is there.
    pub availability: Value,
    /// Colours, texts, form.
    pub configuration: Value,
    /// The pages it may be on.
    pub allowed_domains: Vec<String>,
}

impl FromRow for Found {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Found {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            language: row.try_get("language")?,
            requires_identity: row.try_get("requires_identity")?,
            custom_css: row.try_get("custom_css")?,
            availability: row.try_get("availability")?,
            configuration: row.try_get("configuration")?,
            allowed_domains: row.try_get("allowed_domains")?,
        })
    }
}

impl Found {
    /// The widget that a public token names.
    pub async fn of(scope: &OwnedScope, token: &str) -> Answer<Found> {
        if !is_widget_token(token) {
            return Err(Problem::not_found());
        }
        Statement::new(include_str!("settings.sql"))
            .bind("widget", &token)
            .one(scope)
            .await
    }

    /// The language of its workspace.
    pub fn language(&self) -> &str {
        self.language.as_deref().unwrap_or("en")
    }
}

/// The fields that are asked before a chat. A form that cannot be read asks nothing.
pub fn form_of(configuration: &Value) -> Vec<Field> {
    let fields: Vec<Field> =
        serde_json::from_value(configuration["pre_chat_form"].clone()).unwrap_or_default();
    fields.into_iter().filter(|field| field.enabled).collect()
}

/// A widget as visitors see it.
#[derive(Serialize, ToSchema)]
pub struct Widget {
    /// Its id.
    widget_id: Uuid,
    /// What it is called.
    name: String,
    /// The workspace's language.
    language: Option<String>,
    /// Colours, texts, position.
    #[schema(value_type = Object)]
    configuration: Value,
    /// Styles of the owner's own.
    custom_css: Option<String>,
    /// Whether only visitors may write whom the site has proven.
    identity_required: bool,
    /// `open` (business hours), `agents_online`, `opens_at`, `reply_hint_seconds` (the median of the last answers).
    #[schema(value_type = Object)]
    availability: Value,
    /// What is asked before a chat.
    #[schema(value_type = Vec<Object>)]
    form: Vec<Field>,
    /// Largest file in bytes.
    max_file_bytes: u64,
    /// Most files of a message.
    files_per_message: usize,
    /// Whether files are taken.
    uploads: bool,
}

/// Read a widget
///
/// By the public token that stands in the page.
#[utoipa::path(get, path = "/website/{widget}", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token.")),
    responses((status = OK, description = "The widget.", body = Widget),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json")))]
pub async fn read_widget(
    scope: Anonymous,
    State(server): State<Server>,
    Path(token): Path<String>,
) -> Answer<Json<Widget>> {
    let found = Found::of(&scope, &token).await?;
    let form = form_of(&found.configuration);
    let uploads = found.configuration["uploads"].as_bool().unwrap_or(true)
        && server.settings.file_folder.is_some();
    let mut configuration = found.configuration;
    if let Some(configuration) = configuration.as_object_mut() {
        configuration.remove("pre_chat_form");
    }
    Ok(Json(Widget {
        widget_id: found.id,
        name: found.name,
        language: found.language,
        configuration,
        custom_css: found.custom_css,
        identity_required: found.requires_identity,
        availability: found.availability,
        form,
        max_file_bytes: SIZE_LIMIT,
        files_per_message: FILES_PER_MESSAGE,
        uploads,
    }))
}
