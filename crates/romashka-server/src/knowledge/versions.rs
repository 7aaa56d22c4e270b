//! The texts an article has had.

use axum::Json;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::items::{KnowledgeItem, knowledge_item};
use crate::cursor::Place;
use crate::input::{Limit, Path, Query};
use crate::page::Page;
use crate::problem::Answer;
use crate::record;
use crate::scoped::{Agent, Scoped, Viewer};
use crate::statement::Statement;
use crate::version::Versioned;

record! {
    /// A text that an article has had.
    pub struct KnowledgeVersion {
        /// Its identity.
        pub id: Uuid,
        /// Its number, from 1 without gaps.
        pub version: i32,
        /// The heading it had.
        pub title: Option<String>,
        /// The text it had.
        pub content: String,
        /// What the editor said of the change.
        pub changes_description: Option<String>,
        /// Who wrote it.
        pub created_by: Option<Uuid>,
        /// Since when it was the text.
        pub created_at: Timestamp,
    }
}

/// Which page of an article's versions is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListKnowledgeVersions {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List an article's versions
///
/// The present text first.
#[utoipa::path(get, path = "/knowledge/items/{id}/versions", tag = "Knowledge", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The article."), ListKnowledgeVersions),
    responses((status = OK, description = "A page.", body = Page<KnowledgeVersion>)))]
pub(super) async fn list_knowledge_versions(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<ListKnowledgeVersions>,
) -> Answer<Json<Page<KnowledgeVersion>>> {
    knowledge_item(&scope, id).await?;
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_number = place.as_ref().and_then(|place| place.number);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<KnowledgeVersion> = Statement::new(include_str!("list_versions.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .bind("after_number", &after_number)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_number((), last.version.into(), last.id)
    })))
}

/// Make an old text the present one
///
/// As a new version; none is lost.
#[utoipa::path(post, path = "/knowledge/items/{id}/versions/{version}/restore", tag = "Knowledge", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The article."), ("version" = i32, Path, description = "The version's number.")),
    responses((status = OK, description = "The article with the old text.", body = KnowledgeItem, headers(("ETag" = String)))))]
pub(super) async fn restore_knowledge_version(
    scope: Scoped<Agent>,
    Path((id, version)): Path<(Uuid, i32)>,
) -> Answer<Versioned<Json<KnowledgeItem>>> {
    let workspace = scope.workspace();
    Statement::new(include_str!("restore_version.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("version", &version)
        .execute(&scope)
        .await?;
    let found = knowledge_item(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}
