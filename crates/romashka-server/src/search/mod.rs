//! The search in messages of any age. Who may see what is the database's to say: the functions check the workspace.

use axum::Json;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::choice;
use crate::cursor::Place;
use crate::input::{Limit, Query};
use crate::page::Page;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::scoped::{Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(search_messages))
}

choice! {
    /// How a query is read.
    pub enum SearchMode {
        /// As words, in the forms the language gives them.
        Words = "words",
        /// As a fragment that stands anywhere.
        Fragment = "fragment",
    }
}

record! {
    /// A message that was found.
    pub struct FoundMessage {
        /// The message.
        pub message_id: Uuid,
        /// The conversation it is in.
        pub conversation_id: Uuid,
        /// Who wrote it: user (the customer), ai or agent.
        pub sender_type: String,
        /// The beginning of its text.
        pub content: Option<String>,
        /// When it was written.
        pub created_at: Timestamp,
    }
}

/// What is sought.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchMessages {
    /// Words as a search engine reads them (`"a phrase"`, `or`, `-without`), or a fragment of three characters and more.
    #[param(min_length = 1, max_length = 500, example = "invoice -reminder")]
    query: String,
    /// How the query is read; as words when nothing is said.
    #[param(inline)]
    mode: Option<SearchMode>,
    /// The language of the words; the workspace's when nothing is said.
    language: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// Search messages
///
/// Newest first.
#[utoipa::path(get, path = "/search/messages", tag = "Search", security(("session" = ["viewer"])), params(SearchMessages),
    responses((status = OK, description = "A page.", body = Page<FoundMessage>)))]
async fn search_messages(
    scope: Scoped<Viewer>,
    Query(wanted): Query<SearchMessages>,
) -> Answer<Json<Page<FoundMessage>>> {
    if !(1..=500).contains(&wanted.query.trim().chars().count()) {
        return Err(Problem::field("query", "has 1 to 500 characters"));
    }
    let mode = wanted.mode.unwrap_or(SearchMode::Words);
    let place = Place::of(wanted.cursor.as_deref(), &mode)?;
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_id = place.as_ref().map(|place| place.id);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let statement = match mode {
        SearchMode::Words => include_str!("words.sql"),
        SearchMode::Fragment => include_str!("fragment.sql"),
    };
    let rows: Vec<FoundMessage> = Statement::new(statement)
        .bind("query", &wanted.query)
        .bind("language", &wanted.language)
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_time(mode, last.created_at, last.message_id)
    })))
}
