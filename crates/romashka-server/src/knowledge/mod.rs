//! Knowledge: articles, the topics they are filed under, the texts they have had, the search in them, what is found in them by meaning, and the websites they are read from.

mod categories;
pub mod files;
pub(crate) mod items;
mod publishing;
pub mod retrieval;
pub mod scans;
mod search;
mod suggestions;
mod versions;

use utoipa_axum::router::OpenApiRouter;

use crate::state::Server;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .merge(categories::router())
        .merge(files::router())
        .merge(items::router())
        .merge(search::router())
        .merge(suggestions::router())
        .merge(retrieval::router())
        .merge(scans::router())
}
