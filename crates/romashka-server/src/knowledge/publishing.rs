//! Putting articles out and away. Doing it twice changes nothing.

use axum::Json;
use uuid::Uuid;

use super::items::{KnowledgeItem, KnowledgeStatus, knowledge_item};
use crate::input::Path;
use crate::problem::Answer;
use crate::scoped::{Agent, Scoped};
use crate::statement::Statement;
use crate::version::Versioned;

async fn set_status(
    scope: &Scoped<Agent>,
    id: Uuid,
    status: KnowledgeStatus,
) -> Answer<Versioned<Json<KnowledgeItem>>> {
    let workspace = scope.workspace();
    Statement::new(include_str!("item_status.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("status", &status)
        .execute(scope)
        .await?;
    let found = knowledge_item(scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// Publish an article
///
/// It is found from now on by those it is for.
#[utoipa::path(post, path = "/knowledge/items/{id}/publish", tag = "Knowledge", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The article.")),
    responses((status = OK, description = "It is published.", body = KnowledgeItem, headers(("ETag" = String)))))]
pub(super) async fn publish_knowledge_item(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<KnowledgeItem>>> {
    set_status(&scope, id, KnowledgeStatus::Active).await
}

/// Archive an article
///
/// It is not found any more, and stays with its versions.
#[utoipa::path(post, path = "/knowledge/items/{id}/archive", tag = "Knowledge", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The article.")),
    responses((status = OK, description = "It is archived.", body = KnowledgeItem, headers(("ETag" = String)))))]
pub(super) async fn archive_knowledge_item(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<KnowledgeItem>>> {
    set_status(&scope, id, KnowledgeStatus::Archived).await
}
