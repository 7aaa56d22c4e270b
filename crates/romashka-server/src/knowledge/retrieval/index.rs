//! How far the passages are made, and making them anew.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use romashka_db::scope::{Actor, Claims, OwnedScope};
use romashka_knowledge::Model;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Indexing;
use crate::problem::Answer;
use crate::record;
use crate::scoped::{Admin, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::workers::Queue as _;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(read_knowledge_index, rebuild_knowledge_index))
}

record! {
    /// Articles in a state.
    pub struct IndexedArticles {
        /// `pending`, `indexing`, `indexed` or `failed`.
        pub status: String,
        /// How many there are.
        pub articles: i64,
    }
}

/// How far the passages of the workspace's articles are made.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnowledgeIndex {
    /// The model that is used; nothing where there is none: then articles are found by their words alone.
    pub model: Option<&'static str>,
    /// Articles whose passages are those of their present text.
    pub indexed: i64,
    /// Articles whose passages are still to be made.
    pub pending: i64,
    /// Articles whose passages could not be made.
    pub failed: i64,
}

async fn state(
    server: &Server,
    scope: &OwnedScope,
    workspace: Option<Uuid>,
) -> Answer<KnowledgeIndex> {
    let rows: Vec<IndexedArticles> = Statement::new(include_str!("state.sql"))
        .bind("workspace", &workspace)
        .all(scope)
        .await?;
    let count = |wanted: &[&str]| -> i64 {
        rows.iter()
            .filter(|row| wanted.contains(&row.status.as_str()))
            .map(|row| row.articles)
            .sum()
    };
    Ok(KnowledgeIndex {
        model: server.models.is_there().then_some(Model::ID),
        indexed: count(&["indexed"]),
        pending: count(&["pending", "indexing"]),
        failed: count(&["failed"]),
    })
}

/// See how far the knowledge is indexed
#[utoipa::path(get, path = "/knowledge/index", tag = "Knowledge", security(("session" = ["viewer"])),
    responses((status = OK, description = "How many articles are found by their meaning.", body = KnowledgeIndex)))]
async fn read_knowledge_index(
    State(server): State<Server>,
    scope: Scoped<Viewer>,
) -> Answer<Json<KnowledgeIndex>> {
    Ok(Json(state(&server, &scope, scope.workspace()).await?))
}

/// Index the knowledge anew
///
/// The passages of every article are made again in the background; until then the present ones are found. Needed after a defect alone: changes of
/// articles and of the model are noticed.
#[utoipa::path(post, path = "/knowledge/index", tag = "Knowledge", security(("session" = ["admin"])),
    responses((status = ACCEPTED, description = "They are queued.", body = KnowledgeIndex)))]
async fn rebuild_knowledge_index(
    State(server): State<Server>,
    scope: Scoped<Admin>,
) -> Answer<(StatusCode, Json<KnowledgeIndex>)> {
    queue_all(&scope, scope.workspace()).await?;
    Ok((
        StatusCode::ACCEPTED,
        Json(state(&server, &scope, scope.workspace()).await?),
    ))
}

async fn queue_all(scope: &OwnedScope, workspace: Option<Uuid>) -> Answer<i64> {
    Statement::new(include_str!("reindex.sql"))
        .bind("workspace", &workspace)
        .value(scope)
        .await
}

async fn service(server: &Server, workspace: Uuid) -> Answer<OwnedScope> {
    let claims = Claims::service(workspace, Actor::System);
    Ok(server
        .database
        .begin(&claims, &server.surroundings())
        .await?)
}

/// How far the passages of a workspace are made, for the installation itself.
///
/// # Errors
/// As the database.
pub async fn read_index(server: &Server, workspace: Uuid) -> Answer<KnowledgeIndex> {
    let scope = service(server, workspace).await?;
    let found = state(server, &scope, Some(workspace)).await?;
    scope.commit().await?;
    Ok(found)
}

/// Queues all articles of a workspace, for the installation itself; how many.
///
/// # Errors
/// As the database.
pub async fn rebuild_index(server: &Server, workspace: Uuid) -> Answer<i64> {
    let scope = service(server, workspace).await?;
    let queued = queue_all(&scope, Some(workspace)).await?;
    scope.commit().await?;
    Ok(queued)
}

/// Makes the passages of up to so many articles of the queue in this process; how many there were. Nothing without a model.
///
/// # Errors
/// As the database.
pub async fn index_some(server: &Server, most: usize) -> Answer<usize> {
    let Some(queue) = Indexing::new(server.clone()) else {
        return Ok(0);
    };
    let claimed = queue.claim(most).await?;
    let count = claimed.len();
    for one in claimed {
        queue.work(one).await?;
    }
    Ok(count)
}
