//! The widget's files and pages: the loader, the page of the frame, its scripts and styles, and a page to try it on.
//!
//! Invariants: only files that were built into the program are given out; the frame may stand on the pages of its widget's
//! list and nowhere else, and runs this server's scripts alone; nothing in a page was written by a visitor.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use romashka_channels::website::origin::{PAGE_HEADERS, content_security_policy};
use romashka_db::scope::Claims;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::cors::pages_of;
use super::widget::Found;
use crate::problem::{Answer, Code, Problem};
use crate::state::Server;
use crate::statement::Statement;

/// Name and content.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/widget_files.rs"));
/// Languages that are written from right to left.
const RIGHT_TO_LEFT: [&str; 6] = ["ar", "fa", "he", "ur", "ps", "yi"];

/// The routes.
pub fn router() -> Router<Server> {
    Router::new()
        .route("/widget.js", get(loader))
        .route("/widget/{token}", get(page))
        .route("/widget/assets/{name}", get(asset))
        .route("/demo", get(demo))
        .route("/demo/style.css", get(demo_style))
}

fn file(name: &str) -> Option<&'static [u8]> {
    FILES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, content)| *content)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        _ => "application/octet-stream",
    }
}

/// The script that a site embeds. Anybody may embed it.
async fn loader(headers: HeaderMap) -> Answer<Response> {
    let content = file("loader.js").ok_or_else(missing)?;
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(content)[..12]));
    let is_known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        // A compressing layer or proxy weakens the tag.
        .is_some_and(|known| {
            known
                .split(',')
                .any(|known| known.trim().trim_start_matches("W/") == tag)
        });
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        content.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(
        header::ETAG,
        HeaderValue::try_from(tag).map_err(Problem::internal)?,
    );
    for (name, value) in [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (
            header::CACHE_CONTROL,
            "public, max-age=300, stale-while-revalidate=86400",
        ),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn missing() -> Problem {
    Problem::new(Code::Unavailable).detail("The widget's files were not built into this program")
}

/// A file whose name holds the hash of its content.
async fn asset(Path(name): Path<String>) -> Answer<Response> {
    let content = file(&name)
        .filter(|_| name != "loader.js" && name != "manifest.json")
        .ok_or_else(Problem::not_found)?;
    Ok((
        [
            (header::CONTENT_TYPE, media_type(&name)),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ],
        content,
    )
        .into_response())
}

/// The page of the frame.
async fn page(State(server): State<Server>, Path(token): Path<String>) -> Answer<Response> {
    let scope = server
        .database
        .begin(&Claims::anonymous(), &server.surroundings())
        .await?;
    let widget = Found::of(&scope, &token).await?;
    scope.commit().await?;
    let manifest: Value = file("manifest.json")
        .and_then(|content| serde_json::from_slice(content).ok())
        .ok_or_else(missing)?;
    let path_of = |name: &str| {
        manifest[name]
            .as_str()
            .filter(|name| file(name).is_some())
            .map(|name| format!("/widget/assets/{name}"))
            .ok_or_else(missing)
    };
    let (script, style) = (path_of("app.js")?, path_of("app.css")?);
    // A list that cannot be read keeps the frame from every page.
    let pages = pages_of(&widget)
        .ok_or_else(|| Problem::new(Code::CrossSite).detail("The widget is not for this page"))?;
    let language = widget.language();
    let base = language.split('-').next().unwrap_or_default();
    let direction = if RIGHT_TO_LEFT.contains(&base) {
        "rtl"
    } else {
        "ltr"
    };
    // The token was found, so it is letters, digits, - and _; a language that is more than that is left out.
    let language: String = language
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || *character == '-')
        .collect();
    let html = format!(
        "<!doctype html>\n<html lang=\"{language}\" dir=\"{direction}\" data-widget=\"{token}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Chat</title>\
         <link rel=\"stylesheet\" href=\"{style}\"><script type=\"module\" src=\"{script}\"></script></head><body><div id=\"app\"></div></body></html>\n"
    );
    let mut response = html.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    let mut policy = content_security_policy(&pages, &server.public_url, None);
    // The server's own pages may show it too: the console's preview, and the page to try it on.
    policy = policy.replace("frame-ancestors ", "frame-ancestors 'self' ");
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::try_from(policy).map_err(Problem::internal)?,
    );
    for (name, value) in PAGE_HEADERS {
        headers.insert(
            header::HeaderName::try_from(name).map_err(Problem::internal)?,
            HeaderValue::from_static(value),
        );
    }
    Ok(response)
}

/// A page to try the widget of the demo content on.
async fn demo(State(server): State<Server>) -> Answer<Response> {
    let scope = server.service().await?;
    let token: String = Statement::new(include_str!("demo.sql"))
        .value(&scope)
        .await?;
    scope.commit().await?;
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Romashka Garden</title><link rel=\"stylesheet\" href=\"/demo/style.css\"></head><body><main><h1>Romashka Garden</h1>\
         <p>Plants, seeds and tea, sent from our greenhouse. This page is part of the demo content: it stands for your site, and carries the chat \
         as your site would.</p><p>Write something: an agent sees it in the workspace of the demo.</p>\
         <script async src=\"/widget.js\" data-widget=\"{token}\"></script></main></body></html>\n"
    );
    Ok((
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self'; connect-src 'self'; \
                 frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
            ),
        ],
        html,
    )
        .into_response())
}

async fn demo_style() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        "body { margin: 0; font: 1.1rem/1.6 system-ui, sans-serif; color: #1d2b22; background: #f5faf3 }\nmain { max-width: 38rem; margin: 10vh auto; padding: 0 1.5rem }\n",
    )
}
