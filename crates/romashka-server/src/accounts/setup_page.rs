//! The page behind the address that the server prints: a form for the first owner.
//!
//! Invariant: the token stands behind `#`, so that only the page's own script reads it, and nothing comes from elsewhere.

use axum::Router;
use axum::http::header;
use axum::routing::get;

use crate::state::Server;

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The routes, outside of the API.
pub fn router() -> Router<Server> {
    let file = |kind: &'static str, content: &'static str| {
        get(async move || {
            (
                [
                    (header::CONTENT_TYPE, kind),
                    (header::CONTENT_SECURITY_POLICY, POLICY),
                    (header::REFERRER_POLICY, "no-referrer"),
                ],
                content,
            )
        })
    };
    Router::new()
        .route(
            "/setup",
            file("text/html; charset=utf-8", include_str!("setup.html")),
        )
        .route(
            "/setup/style.css",
            file("text/css; charset=utf-8", include_str!("setup.css")),
        )
        .route(
            "/setup/script.js",
            file("text/javascript; charset=utf-8", include_str!("setup.js")),
        )
}
