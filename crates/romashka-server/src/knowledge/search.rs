//! The search in active articles, best first.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::items::KnowledgeAudience;
use crate::input::{Limit, Query};
use crate::problem::{Answer, Problem};
use crate::record;
use crate::scoped::{Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(search_knowledge))
}

record! {
    /// An article that was found.
    pub struct FoundArticle {
        /// The article.
        pub id: Uuid,
        /// Its heading.
        pub title: String,
        /// Where the words stand.
        pub excerpt: String,
        /// Where it is filed.
        pub category_id: Option<Uuid>,
        /// Its language.
        pub language: String,
        /// Who may be shown it.
        pub audience: String,
        /// Share of those it helped, 0 to 1.
        pub effectiveness_score: f64,
        /// How well it fits; comparable within one answer.
        pub score: f64,
        /// By what it was found: words, or a part of one.
        pub matched_by: String,
    }
}

/// The articles that were found.
#[derive(Serialize, ToSchema)]
pub struct FoundArticles {
    /// Best first.
    data: Vec<FoundArticle>,
}

/// What is sought.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchKnowledge {
    /// Words, as a search engine reads them: `"a phrase"`, `or`, `-without`.
    #[param(min_length = 1, max_length = 500, example = "return parcel")]
    query: String,
    /// The language of the words; the workspace's when nothing is said.
    language: Option<String>,
    /// Only articles of this category.
    category_id: Option<Uuid>,
    /// For whom the answer is; all for members.
    audience: Option<KnowledgeAudience>,
    /// Most articles.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// Search the knowledge
#[utoipa::path(get, path = "/knowledge/search", tag = "Knowledge", security(("session" = ["viewer"])), params(SearchKnowledge),
    responses((status = OK, description = "What was found.", body = FoundArticles)))]
async fn search_knowledge(
    scope: Scoped<Viewer>,
    Query(wanted): Query<SearchKnowledge>,
) -> Answer<Json<FoundArticles>> {
    if !(1..=500).contains(&wanted.query.trim().chars().count()) {
        return Err(Problem::field("query", "has 1 to 500 characters"));
    }
    let workspace = scope.workspace();
    let row_limit = i32::try_from(wanted.limit.rows()).map_err(Problem::internal)?;
    let data = Statement::new(include_str!("search.sql"))
        .bind("query", &wanted.query)
        .bind("language", &wanted.language)
        .bind("row_limit", &row_limit)
        .bind("category_id", &wanted.category_id)
        .bind("workspace", &workspace)
        .bind("audience", &wanted.audience)
        .all(&scope)
        .await?;
    Ok(Json(FoundArticles { data }))
}
