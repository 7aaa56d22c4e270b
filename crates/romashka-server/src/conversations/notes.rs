//! Notes of agents for agents.

use axum::Json;
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
    OpenApiRouter::new().routes(routes!(list_notes, create_note))
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
    let length = new.content.chars().count();
    if new.content.trim().is_empty() || length > 20_000 || new.mentions.len() > 50 {
        return Err(Problem::field(
            "content",
            "has 1 to 20000 characters, and at most 50 mentions",
        ));
    }
    let kind = match new.kind {
        NoteKind::General => "general",
        NoteKind::Escalation => "escalation",
        NoteKind::Resolution => "resolution",
    };
    let workspace = scope.workspace();
    let made: Uuid = Statement::new(include_str!("create_note.sql"))
        .bind("conversation", &id)
        .bind("workspace", &workspace)
        .bind("content", &new.content)
        .bind("kind", &kind)
        .bind("mentions", &new.mentions)
        .value(&scope)
        .await?;
    let note = Statement::new(include_str!("list_notes.sql"))
        .bind("conversation", &id)
        .bind("workspace", &workspace)
        .with("id", true)
        .bind("id", &made)
        .bind("row_limit", &1_i64)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/conversations/{id}/notes"),
        version: None,
        body: note,
    })
}
