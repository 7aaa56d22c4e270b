//! Notes of agents for agents.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::conversation;
use crate::created::Created;
use crate::cursor::AtTime;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::scoped::{Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_notes, create_note))
        .routes(routes!(change_note, delete_note))
}

record! {
    /// A note, which the customer never sees.
    pub struct Note {
        /// Its identity.
        pub id: Uuid,
        /// The conversation.
        pub conversation_id: Uuid,
        /// Who wrote it; none for a program.
        pub author_id: Option<Uuid>,
        /// What it says.
        pub content: String,
        /// general, escalation or resolution.
        pub kind: String,
        /// Members whose attention it asks for.
        pub mentions: Vec<Uuid>,
        /// When it was written.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
    }
}

/// Which page is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListNotes {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List notes
///
/// Of one conversation, newest first.
#[utoipa::path(get, path = "/conversations/{id}/notes", tag = "Conversations", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The conversation."), ListNotes),
    responses((status = OK, description = "A page.", body = Page<Note>)))]
async fn list_notes(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<ListNotes>,
) -> Answer<Json<Page<Note>>> {
    let place = AtTime::of(wanted.cursor.as_deref(), &())?;
    conversation(&scope, id).await?;
    let (after_time, after_id) = (
        place.and_then(|place| place.time),
        place.map(|place| place.id),
    );
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<Note> = Statement::new(include_str!("list_notes.sql"))
        .bind("conversation", &id)
        .bind("workspace", &workspace)
        .with("after", place.is_some())
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .bind("row_limit", &row_limit)
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| AtTime {
        order: (),
        time: Some(last.created_at),
        id: last.id,
    })))
}

/// A kind of note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// Anything.
    #[default]
    General,
    /// Why it was passed on.
    Escalation,
    /// How it was solved.
    Resolution,
}

impl NoteKind {
    fn name(self) -> &'static str {
        match self {
            NoteKind::General => "general",
            NoteKind::Escalation => "escalation",
            NoteKind::Resolution => "resolution",
        }
    }
}

/// A note to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// What it says.
    #[schema(min_length = 1, max_length = 20_000)]
    content: String,
    /// The kind of note.
    #[serde(default)]
    kind: NoteKind,
    /// Members whose attention it asks for.
    #[serde(default)]
    #[schema(max_items = 50)]
    mentions: Vec<Uuid>,
}

/// Write a note
#[utoipa::path(post, path = "/conversations/{id}/notes", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation.")), request_body = NewNote,
    responses((status = CREATED, description = "It is written.", body = Note, headers(("Location" = String)))))]
async fn create_note(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(new): input::Json<NewNote>,
) -> Answer<Created<Note>> {
    require_note(Some(&new.content), Some(&new.mentions))?;
    let kind = new.kind.name();
    let workspace = scope.workspace();
    let made: Uuid = Statement::new(include_str!("create_note.sql"))
        .bind("conversation", &id)
        .bind("workspace", &workspace)
        .bind("content", &new.content)
        .bind("kind", &kind)
        .bind("mentions", &new.mentions)
        .value(&scope)
        .await?;
    Ok(Created {
        path: format!("/conversations/{id}/notes"),
        version: None,
        body: note(&scope, id, made).await?,
    })
}

async fn note(scope: &Scoped<Agent>, conversation: Uuid, id: Uuid) -> Answer<Note> {
    let workspace = scope.workspace();
    Statement::new(include_str!("list_notes.sql"))
        .bind("conversation", &conversation)
        .bind("workspace", &workspace)
        .with("id", true)
        .bind("id", &id)
        .bind("row_limit", &1_i64)
        .one(scope)
        .await
}

fn require_note(content: Option<&str>, mentions: Option<&Vec<Uuid>>) -> Answer<()> {
    let is_wrong = |content: &str| content.trim().is_empty() || content.chars().count() > 20_000;
    if content.is_some_and(is_wrong) {
        return Err(Problem::field("content", "has 1 to 20000 characters"));
    }
    if mentions.is_some_and(|mentions| mentions.len() > 50) {
        return Err(Problem::field("mentions", "names at most 50 members"));
    }
    Ok(())
}

/// What to change of a note. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteChange {
    /// What it says.
    #[schema(min_length = 1, max_length = 20_000)]
    content: Option<String>,
    /// The kind of note.
    kind: Option<NoteKind>,
    /// Members whose attention it asks for.
    #[schema(max_items = 50)]
    mentions: Option<Vec<Uuid>>,
}

/// Change a note
///
/// One's own; an admin changes any (else 403).
#[utoipa::path(patch, path = "/conversations/{id}/notes/{note_id}", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation."), ("note_id" = Uuid, Path, description = "The note.")), request_body = NoteChange,
    responses((status = OK, description = "It was changed.", body = Note)))]
async fn change_note(
    scope: Scoped<Agent>,
    Path((id, note_id)): Path<(Uuid, Uuid)>,
    input::Json(change): input::Json<NoteChange>,
) -> Answer<Json<Note>> {
    require_note(change.content.as_deref(), change.mentions.as_ref())?;
    note(&scope, id, note_id).await?;
    let (workspace, kind) = (scope.workspace(), change.kind.map(NoteKind::name));
    Statement::new(include_str!("change_note.sql"))
        .bind("id", &note_id)
        .bind("content", &change.content)
        .bind("kind", &kind)
        .bind("mentions", &change.mentions)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    Ok(Json(note(&scope, id, note_id).await?))
}

/// Remove a note
///
/// One's own; an admin removes any (else 403). The audit keeps what it said.
#[utoipa::path(delete, path = "/conversations/{id}/notes/{note_id}", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation."), ("note_id" = Uuid, Path, description = "The note.")),
    responses((status = NO_CONTENT, description = "It is gone.")))]
async fn delete_note(
    scope: Scoped<Agent>,
    Path((id, note_id)): Path<(Uuid, Uuid)>,
) -> Answer<StatusCode> {
    note(&scope, id, note_id).await?;
    let workspace = scope.workspace();
    Statement::new(include_str!("delete_note.sql"))
        .bind("id", &note_id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
