//! What a visitor sees live.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, Version};
use axum::response::Response;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Session;
use crate::input::Path;
use crate::observe::Caller;
use crate::problem::{Answer, Document};
use crate::realtime::{Connection, VisitorStream, open_visitor_stream};
use crate::scoped::Service;
use crate::state::Server;

/// See the talk live
///
/// Server-sent events, from the event that `Last-Event-ID` names on, else from now on: `ready` (the place is found: what is
/// read now and what comes from here on have no gap between them), `message`, `status`, `typing`, `conversation`, `reset`.
#[utoipa::path(get, path = "/website/{widget}/stream", tag = "Website visitors", security(()),
    params(("widget" = String, Path, description = "The widget's public token."), ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen.")),
    responses((status = OK, description = "The stream.", content_type = "text/event-stream", body = String),
        (status = UNAUTHORIZED, description = "The visitor's token is missing or not valid.", body = Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many streams are open.", body = Document, content_type = "application/problem+json")))]
pub async fn stream_visitor_events(
    scope: Service,
    State(server): State<Server>,
    Extension(caller): Extension<Caller>,
    connection: Option<Extension<Connection>>,
    version: Version,
    headers: HeaderMap,
    Path(widget): Path<String>,
) -> Answer<Response> {
    let session = Session::of(&scope, &headers, &widget).await?;
    let network = Sha256::digest(format!("visitors' streams of {}", caller.network()));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&network[..16]);
    // Over HTTP/2 the connection is other streams' too.
    let connection = connection
        .filter(|_| version <= Version::HTTP_11)
        .map(|Extension(connection)| connection);
    open_visitor_stream(
        &server,
        VisitorStream {
            session: session.id,
            workspace: session.workspace,
            visitor: session.visitor,
            network: Uuid::from_bytes(bytes),
            connection,
        },
        &headers,
    )
}
