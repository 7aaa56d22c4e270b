//! What is seen live: the ledger as a stream of events, and who is there.
//!
//! Invariants: a stream is a reader of the ledger with its own place, so that an event is neither skipped nor sent twice over
//! any reconnect, to whichever process; memory holds copies for those who listen and never the only copy; what a reader is
//! sent was read from the database under row security in a scope of his workspace and role, and a reader whose session, key
//! or membership is over is ended within seconds; nobody waits for a slow reader.

mod connection;
mod events;
mod follow;
mod ledger;
mod live;
mod presence;
mod queue;
mod readers;
mod stream;
mod visitors;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::scoped::WORKSPACE_HEADER;
use crate::state::Server;

pub use connection::Connection;
pub use follow::follow;
pub use ledger::Place;
pub use readers::Readers;
pub use visitors::{VisitorStream, open_visitor_stream};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(events::stream_events))
        .routes(routes!(live::open_live))
        .layer(axum::middleware::from_fn(workspace_of_query))
        .routes(routes!(presence::list_conversation_presence))
}

/// A browser's `EventSource` and `WebSocket` send no headers of a page's choice: the workspace may be named in the query.
async fn workspace_of_query(mut request: Request, next: Next) -> Response {
    if !request.headers().contains_key(WORKSPACE_HEADER) {
        let named =
            url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
                .find(|(name, _)| name == "workspace_id")
                .and_then(|(_, value)| value.parse::<Uuid>().ok());
        if let Some(Ok(value)) = named.map(|id| HeaderValue::from_str(&id.to_string())) {
            request
                .headers_mut()
                .insert(HeaderName::from_static(WORKSPACE_HEADER), value);
        }
    }
    next.run(request).await
}
