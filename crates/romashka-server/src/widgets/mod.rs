//! Widgets: how the chat on a site is set up, and the secrets by which its owner proves his visitors.
//!
//! Invariants: a configuration is checked before it is kept; a secret is answered once, is kept encrypted for its row, and a
//! widget has two at most.

mod secrets;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use romashka_channels::website::configuration;
use romashka_channels::website::origin::{AllowedPages, ENTRY_LIMIT};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_postgres::types::Json as Jsonb;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::created::Created;
use crate::cursor::Place;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Document, Problem};
use crate::record;
use crate::scoped::{Admin, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_widgets, create_widget))
        .routes(routes!(read_own_widget, change_widget, delete_widget))
        .routes(routes!(read_widget_snippet, renew_widget_token))
        .routes(routes!(
            secrets::list_widget_secrets,
            secrets::create_widget_secret
        ))
        .routes(routes!(secrets::delete_widget_secret))
}

/// Longest style sheet of the owner's own, in bytes.
const LONGEST_STYLE: usize = 50_000;

record! {
    /// A widget, as the members of its workspace see it.
    pub struct OwnWidget {
        /// Its id.
        pub id: Uuid,
        /// What it is called.
        pub name: String,
        /// The website channel whose conversations it begins.
        pub channel_id: Option<Uuid>,
        /// The site it was made for.
        pub domain: Option<String>,
        /// Hosts it may be on, `*.example.com` for all below; empty for any.
        pub allowed_domains: Vec<String>,
        /// Colours, texts, form before the chat.
        #[schema(value_type = Object)]
        pub configuration: StoredJson,
        /// Styles of the owner's own.
        pub custom_css: Option<String>,
        /// Whether only proven visitors may write.
        pub requires_identity: bool,
        /// Whether its token finds it.
        pub is_active: bool,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// Which widgets are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListWidgets {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List widgets
///
/// Newest first.
#[utoipa::path(get, path = "/widgets", tag = "Widgets", security(("session" = ["viewer"])), params(ListWidgets),
    responses((status = OK, description = "A page.", body = Page<OwnWidget>)))]
async fn list_widgets(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListWidgets>,
) -> Answer<Json<Page<OwnWidget>>> {
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_id = place.as_ref().map(|place| place.id);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<OwnWidget> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_time((), last.created_at, last.id)
    })))
}

/// A widget to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Shop", "allowed_domains": ["shop.example"], "configuration": {"color": "#2f7d4f"}}))]
pub struct NewWidget {
    /// What it is called.
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    /// The website channel whose conversations it begins. It stays.
    channel_id: Option<Uuid>,
    /// The site it was made for.
    #[schema(min_length = 1, max_length = 255)]
    domain: Option<String>,
    /// Hosts it may be on.
    #[schema(max_items = 100)]
    allowed_domains: Option<Vec<String>>,
    /// Colours, texts, form before the chat.
    #[schema(value_type = Option<Object>)]
    configuration: Option<Map<String, Value>>,
    /// Styles of the owner's own.
    #[schema(max_length = 50000)]
    custom_css: Option<String>,
    /// Whether only proven visitors may write.
    requires_identity: Option<bool>,
    /// Whether its token finds it.
    is_active: Option<bool>,
}

/// What to change of a widget. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_active": false}))]
pub struct WidgetChange {
    /// What it is called.
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// Hosts it may be on.
    #[schema(max_items = 100)]
    allowed_domains: Option<Vec<String>>,
    /// Colours, texts, form before the chat: all of it.
    #[schema(value_type = Option<Object>)]
    configuration: Option<Map<String, Value>>,
    /// Styles of the owner's own; an empty text takes them away.
    #[schema(max_length = 50000)]
    custom_css: Option<String>,
    /// Whether only proven visitors may write.
    requires_identity: Option<bool>,
    /// Whether its token finds it.
    is_active: Option<bool>,
}

fn check(
    configuration: Option<&Map<String, Value>>,
    allowed_domains: Option<&[String]>,
    custom_css: Option<&str>,
) -> Answer<()> {
    if let Some(configuration) = configuration {
        configuration::check(configuration).map_err(|error| {
            Problem::field(format!("configuration.{}", error.key), error.problem)
        })?;
    }
    if let Some(domains) = allowed_domains {
        if domains.len() > ENTRY_LIMIT {
            return Err(Problem::field("allowed_domains", "has at most 100 entries"));
        }
        AllowedPages::parse(domains.iter().map(String::as_str))
            .map_err(|error| Problem::field("allowed_domains", error.to_string()))?;
    }
    if custom_css.is_some_and(|style| style.len() > LONGEST_STYLE) {
        return Err(Problem::field("custom_css", "has at most 50,000 bytes"));
    }
    Ok(())
}

/// Make a widget
#[utoipa::path(post, path = "/widgets", tag = "Widgets", security(("session" = ["admin"])), request_body = NewWidget,
    responses((status = CREATED, description = "It was made.", body = OwnWidget, headers(("ETag" = String), ("Location" = String)))))]
async fn create_widget(
    scope: Scoped<Admin>,
    input::Json(new): input::Json<NewWidget>,
) -> Answer<Created<OwnWidget>> {
    check(
        new.configuration.as_ref(),
        new.allowed_domains.as_deref(),
        new.custom_css.as_deref(),
    )?;
    let (id, workspace) = (Uuid::now_v7(), scope.workspace());
    let configuration = new.configuration.map(Jsonb);
    let made: OwnWidget = Statement::new(include_str!("create.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("name", &new.name)
        .bind("channel_id", &new.channel_id)
        .bind("domain", &new.domain)
        .bind("allowed_domains", &new.allowed_domains)
        .bind("configuration", &configuration)
        .bind("custom_css", &new.custom_css)
        .bind("requires_identity", &new.requires_identity)
        .bind("is_active", &new.is_active)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/widgets/{id}"),
        version: Some(made.updated_at),
        body: made,
    })
}

async fn widget<N>(scope: &Scoped<N>, id: Uuid) -> Answer<OwnWidget> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a widget's set-up
#[utoipa::path(get, path = "/widgets/{id}", tag = "Widgets", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The widget.")),
    responses((status = OK, description = "The widget.", body = OwnWidget, headers(("ETag" = String)))))]
async fn read_own_widget(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<OwnWidget>>> {
    let found = widget(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// Change a widget
#[utoipa::path(patch, path = "/widgets/{id}", tag = "Widgets", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The widget."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    request_body = WidgetChange,
    responses((status = OK, description = "It was changed.", body = OwnWidget, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_widget(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<WidgetChange>,
) -> Answer<Versioned<Json<OwnWidget>>> {
    check(
        change.configuration.as_ref(),
        change.allowed_domains.as_deref(),
        change.custom_css.as_deref(),
    )?;
    let workspace = scope.workspace();
    let configuration = change.configuration.map(Jsonb);
    let changed: Option<OwnWidget> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("name", &change.name)
        .bind("allowed_domains", &change.allowed_domains)
        .bind("configuration", &configuration)
        .bind("custom_css", &change.custom_css)
        .bind("requires_identity", &change.requires_identity)
        .bind("is_active", &change.is_active)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(widget(&scope, id).await.is_ok())),
    }
}

/// Remove a widget
///
/// The sessions of its visitors end; their conversations stay.
#[utoipa::path(delete, path = "/widgets/{id}", tag = "Widgets", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The widget."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_widget(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("delete.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .filter("version", &version.0)
        .execute(&scope)
        .await?;
    if removed == 0 {
        return Err(version.explain(widget(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// How a widget is put on a site.
#[derive(Serialize, ToSchema)]
pub struct Snippet {
    /// The public token, which stands in the page's source.
    token: String,
    /// The line of HTML.
    html: String,
}

impl Snippet {
    fn of(server: &Server, token: String) -> Snippet {
        let html = snippet(server.public_url.as_str(), &token);
        Snippet { token, html }
    }
}

/// The line of HTML that puts a widget on a site.
pub fn snippet(address: &str, token: &str) -> String {
    let address = address.trim_end_matches('/');
    format!("<script async src=\"{address}/widget.js\" data-widget=\"{token}\"></script>")
}

/// See how a widget is put on a site
#[utoipa::path(get, path = "/widgets/{id}/token", tag = "Widgets", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The widget.")),
    responses((status = OK, description = "Its token and the line of HTML.", body = Snippet)))]
async fn read_widget_snippet(
    scope: Scoped<Viewer>,
    State(server): State<Server>,
    Path(id): Path<Uuid>,
) -> Answer<Json<Snippet>> {
    let workspace = scope.workspace();
    let token = Statement::new(include_str!("token.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    Ok(Json(Snippet::of(&server, token)))
}

/// Give a widget a new token
///
/// The one before finds nothing from then on: pages that carry it show no chat.
#[utoipa::path(post, path = "/widgets/{id}/token", tag = "Widgets", security(("session" = ["admin"])), params(("id" = Uuid, Path, description = "The widget.")),
    responses((status = OK, description = "Its token and the line of HTML.", body = Snippet)))]
async fn renew_widget_token(
    scope: Scoped<Admin>,
    State(server): State<Server>,
    Path(id): Path<Uuid>,
) -> Answer<Json<Snippet>> {
    let workspace = scope.workspace();
    let token = Statement::new(include_str!("renew_token.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    Ok(Json(Snippet::of(&server, token)))
}
