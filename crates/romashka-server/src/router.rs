//! All routes, and the layers around them.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::from_fn_with_state;
use serde_json::Value;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

use crate::observe::{self, observe};
use crate::openapi::complete;
use crate::problem::{Code, Problem};
use crate::scoped::WORKSPACE_HEADER;
use crate::state::Server;
use crate::unit_of_work::{IDEMPOTENCY_KEY, REPLAYED, unit_of_work};
use crate::{
    accounts, api_keys, assistant, attachments, audit, availability, canned_responses, channels,
    conversations, custom_attributes, customers, evaluation, exports, health, intent_patterns,
    knowledge, me, members, providers, realtime, reference, reports, routing_rules, saved_views,
    scheduled_reports, search, sla_policies, subscribers, tags, teams, templates, webhooks,
    website, widgets, workers, workflows, workspace_settings, workspaces,
};

/// Where the API begins.
pub const PREFIX: &str = "/api/v1";

/// The resources of the API, below [`PREFIX`]. A new one is added here.
fn resources() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .merge(accounts::router())
        .merge(api_keys::router())
        .merge(assistant::router())
        .merge(attachments::router())
        .merge(audit::router())
        .merge(availability::router())
        .merge(canned_responses::router())
        .merge(channels::router())
        .merge(conversations::router())
        .merge(custom_attributes::router())
        .merge(customers::router())
        .merge(evaluation::router())
        .merge(exports::router())
        .merge(intent_patterns::router())
        .merge(knowledge::router())
        .merge(me::router())
        .merge(members::router())
        .merge(realtime::router())
        .merge(reports::router())
        .merge(routing_rules::router())
        .merge(saved_views::router())
        .merge(scheduled_reports::router())
        .merge(search::router())
        .merge(sla_policies::router())
        .merge(subscribers::router())
        .merge(tags::router())
        .merge(teams::router())
        .merge(templates::router())
        .merge(webhooks::router())
        .merge(website::router())
        .merge(widgets::router())
        .merge(workflows::router())
        .merge(workspace_settings::router())
        .merge(workspaces::router())
}

fn parts() -> (Router<Server>, Router<Server>, Value) {
    let (api, mut document) = OpenApiRouter::new()
        .nest(PREFIX, resources())
        .split_for_parts();
    let (operations, operations_document) = health::router().split_for_parts();
    document.merge(operations_document);
    (api, operations, complete(document))
}

/// The description of the API.
pub fn openapi() -> Value {
    parts().2
}

/// The whole server as a router.
pub fn router(server: Server) -> Router {
    let (api, operations, document) = parts();
    // Made before the first request, so that no figure is lost.
    observe::figures();
    let api = api
        .layer(from_fn_with_state(server.clone(), unit_of_work))
        .layer(from_fn_with_state(
            server.clone(),
            workers::ring_after_commit,
        ));
    let mut router = api
        .merge(operations)
        .merge(attachments::address::router())
        .merge(providers::hooks::router())
        .merge(providers::mail_hooks::router())
        .merge(reference::router(&document))
        .merge(accounts::setup_page())
        .merge(website::no_more_mail::router())
        .merge(website::pages::router())
        .fallback(async || Problem::new(Code::UnknownPath))
        .method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(server.settings.body_limit))
        .layer(CompressionLayer::new().compress_when(
            // A stream of events must not wait for a block to fill.
            DefaultPredicate::new().and(NotForContentType::const_new("text/event-stream")),
        ));
    if let Some(cors) = cors(&server) {
        router = router.layer(cors);
    }
    router
        .layer(from_fn_with_state(
            server.clone(),
            website::cors::visitors_pages,
        ))
        .layer(from_fn_with_state(server.clone(), observe))
        .with_state(server)
}

/// Pages of other sites: those that are named, with a key or token that they put in themselves, never with a cookie.
fn cors(server: &Server) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = server
        .settings
        .cors_origins
        .iter()
        .filter_map(|origin| origin.parse().ok())
        .collect();
    if origins.is_empty() {
        return None;
    }
    let exposed = [
        header::ETAG,
        header::LOCATION,
        header::RETRY_AFTER,
        observe::REQUEST_ID,
        HeaderName::from_static(REPLAYED),
        HeaderName::from_static("ratelimit-limit"),
        HeaderName::from_static("ratelimit-remaining"),
        HeaderName::from_static("ratelimit-reset"),
    ];
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([
                Method::GET,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_MATCH,
                HeaderName::from_static(IDEMPOTENCY_KEY),
                HeaderName::from_static(WORKSPACE_HEADER),
                HeaderName::from_static("x-api-key"),
            ])
            .expose_headers(exposed)
            .max_age(Duration::from_secs(600)),
    )
}
