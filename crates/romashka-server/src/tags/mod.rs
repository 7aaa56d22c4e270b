//! Tags in use: what is on conversations, customers and articles. A tag is there as long as something has it.
//!
//! Invariant: how long the list takes depends on how many different tags there are, not on how much has them.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::choice;
use crate::input::{Limit, Query};
use crate::problem::Answer;
use crate::record;
use crate::scoped::{Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list_tags))
}

choice! {
    /// What has tags.
    pub enum TagOwner {
        /// Conversations.
        Conversation = "conversation",
        /// Customers.
        Customer = "customer",
        /// Articles.
        Article = "article",
    }
}

record! {
    /// A tag in use.
    pub struct Tag {
        /// The tag.
        pub tag: String,
        /// How many have it.
        pub use_count: i64,
    }
}

/// The tags.
#[derive(Serialize, ToSchema)]
pub struct Tags {
    /// Most used first.
    data: Vec<Tag>,
}

/// Which tags are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListTags {
    /// Of what; of conversations when nothing is said.
    #[param(inline)]
    applies_to: Option<TagOwner>,
    /// How they begin.
    search: Option<String>,
    /// Most tags.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List tags in use
#[utoipa::path(get, path = "/tags", tag = "Tags", security(("session" = ["viewer"])), params(ListTags),
    responses((status = OK, description = "The tags.", body = Tags)))]
async fn list_tags(scope: Scoped<Viewer>, Query(wanted): Query<ListTags>) -> Answer<Json<Tags>> {
    let applies_to = wanted.applies_to.unwrap_or(TagOwner::Conversation);
    let workspace = scope.workspace();
    let row_limit = wanted.limit.rows_to_read() - 1;
    let data = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("applies_to", &applies_to)
        .bind("row_limit", &row_limit)
        .filter("search", &wanted.search)
        .all(&scope)
        .await?;
    Ok(Json(Tags { data }))
}
