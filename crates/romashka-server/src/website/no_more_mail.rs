//! The page behind the link in a mail of unread answers: no more of these.
//!
//! Invariants: a look at the page changes nothing, because programs look at links; the address opens nothing and shows
//! nothing of whom it is about, whether there is such a mail or not.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use uuid::Uuid;

use crate::input::Path;
use crate::problem::Answer;
use crate::state::Server;
use crate::statement::Statement;

const POLICY: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// The routes, outside of the API.
pub fn router() -> Router<Server> {
    Router::new().route("/no-more-mail/{delivery}", get(ask).post(stop))
}

fn page(words: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        words,
    )
        .into_response()
}

async fn ask(Path(_): Path<Uuid>) -> Response {
    page(include_str!("no_more_mail.html"))
}

async fn stop(State(server): State<Server>, Path(delivery): Path<Uuid>) -> Answer<Response> {
    let scope = server.service().await?;
    let _: bool = Statement::new(include_str!("no_more_mail.sql"))
        .bind("delivery", &delivery)
        .value(&scope)
        .await?;
    scope.commit().await?;
    Ok(page(include_str!("no_more_mail_done.html")))
}
