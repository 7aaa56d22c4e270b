//! Knowledge: articles, the topics they are filed under, the texts they have had, and the search in them.

mod categories;
mod items;
mod publishing;
mod search;
mod versions;

use utoipa_axum::router::OpenApiRouter;

use crate::state::Server;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .merge(categories::router())
        .merge(items::router())
        .merge(search::router())
}
