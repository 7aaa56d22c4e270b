//! From which pages the visitor's API may be used in a browser.
//!
//! Invariants: a page that the widget must not be on is refused whatever it asks, before anything is done; the origin is
//! answered exactly, never as `*` and never with credentials; answers differ by origin and say so. The server's own pages,
//! of which the widget's frame is one, are always allowed.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use romashka_channels::website::origin::AllowedPages;
use romashka_db::scope::Claims;
use url::Url;

use super::widget::Found;
use crate::problem::{Answer, Code, Problem};
use crate::router::PREFIX;
use crate::state::Server;

/// The layer around everything: it looks at the visitor's API alone.
pub async fn visitors_pages(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Response {
    let widget = request
        .uri()
        .path()
        .strip_prefix(PREFIX)
        .and_then(|path| path.strip_prefix("/website/"))
        .and_then(|path| path.split('/').next())
        .map(str::to_owned);
    let (Some(widget), Some(origin)) = (widget, request.headers().get(header::ORIGIN).cloned())
    else {
        return next.run(request).await;
    };
    let is_preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let allowed = allow(&server, &widget, &origin, request.headers()).await;
    let (mut response, allowed) = match allowed {
        Err(problem) => (problem.into_response(), None),
        Ok(origin) if is_preflight => (StatusCode::NO_CONTENT.into_response(), Some(origin)),
        Ok(origin) => (next.run(request).await, Some(origin)),
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    headers.remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    let Some(Ok(origin)) = allowed.map(|origin| HeaderValue::from_str(&origin)) else {
        return response;
    };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let more = if is_preflight {
        [
            (
                header::ACCESS_CONTROL_ALLOW_METHODS,
                "GET, POST, PUT, DELETE",
            ),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "authorization, content-type, last-event-id",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ]
        .to_vec()
    } else {
        vec![(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "retry-after, content-disposition",
        )]
    };
    for (name, value) in more {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn allow(
    server: &Server,
    widget: &str,
    origin: &HeaderValue,
    headers: &HeaderMap,
) -> Answer<String> {
    let refused = || Problem::new(Code::CrossSite).detail("The widget is not for this page");
    let origin = origin.to_str().map_err(|_| refused())?;
    if is_own(server, origin, headers) {
        return Ok(origin.to_owned());
    }
    let scope = server
        .database
        .begin(&Claims::anonymous(), &server.surroundings())
        .await?;
    let found = Found::of(&scope, widget).await?;
    scope.commit().await?;
    pages_of(&found)
        .and_then(|pages| pages.allowed_origin(origin))
        .ok_or_else(refused)
}

/// The pages of a widget; none where the list has an entry that is no host: it was meant to keep pages out.
pub fn pages_of(widget: &Found) -> Option<AllowedPages> {
    AllowedPages::parse(widget.allowed_domains.iter().map(String::as_str)).ok()
}

/// Whether the page is this server's own, also where it is reached by another name than its public one.
fn is_own(server: &Server, origin: &str, headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    Url::parse(origin).is_ok_and(|url| url.origin() == server.public_url.origin())
        || host.is_some_and(|host| {
            ["http://", "https://"]
                .iter()
                .any(|scheme| origin.strip_prefix(scheme) == Some(host))
        })
}
