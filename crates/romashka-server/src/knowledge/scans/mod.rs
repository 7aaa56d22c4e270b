//! Websites into the knowledge: scans that are ordered by the API, by SQL or by the command, and worked from a queue.
//!
//! Invariants: a site is asked politely (its robots.txt, one request at a time, with pauses) and only at public addresses; a page has one article, found
//! by its address; an article that somebody edited is never written over; a process may be killed at any moment.

mod fetch;
mod queue;
mod settings;
mod visit;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use romashka_db::scope::{Actor, Claims, OwnedScope};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub use queue::Scans;
pub use settings::{ScanArticles, ScanSettings};

use crate::created::Created;
use crate::cursor::Place;
use crate::input::{self, Limit, List, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Code, Problem};
use crate::scoped::{Admin, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;
use crate::workers::Queue as _;
use crate::{choice, record};

/// Addresses that one scan begins at.
const MOST_ADDRESSES: usize = 100;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_knowledge_scans, create_knowledge_scan))
        .routes(routes!(read_knowledge_scan))
        .routes(routes!(cancel_knowledge_scan))
        .routes(routes!(list_knowledge_scan_pages))
}

choice! {
    /// How a scan stands.
    pub enum ScanStatus {
        /// It waits for a worker.
        Pending = "pending",
        /// It is at work.
        Scanning = "scanning",
        /// It is at work, by an earlier version.
        Processing = "processing",
        /// It is at its end.
        Completed = "completed",
        /// Nothing could be read.
        Failed = "failed",
        /// Somebody ended it.
        Cancelled = "cancelled",
    }
}

choice! {
    /// What became of an address that a scan visits.
    pub enum ScanPageStatus {
        /// It is to be visited.
        Pending = "pending",
        /// Its text is new or changed, and was taken.
        Taken = "taken",
        /// Its text is as it was.
        Unchanged = "unchanged",
        /// It says the same as another page.
        Duplicate = "duplicate",
        /// It is not wanted: the code says why.
        Excluded = "excluded",
        /// There is no such page any more.
        Gone = "gone",
        /// It could not be read.
        Failed = "failed",
        /// A robots.txt or sitemap that was read.
        Read = "read",
    }
}

choice! {
    /// What an address is.
    pub enum ScanPageKind {
        /// A robots.txt.
        Robots = "robots",
        /// A list of pages.
        Sitemap = "sitemap",
        /// A page.
        Page = "page",
    }
}

record! {
    /// A scan of websites.
    pub struct KnowledgeScan {
        /// Its identity.
        pub id: Uuid,
        /// Who ordered it.
        pub user_id: Option<Uuid>,
        /// Where it begins.
        pub urls: Vec<String>,
        /// How it stands.
        pub status: ScanStatus,
        /// How far it is, 0 to 100.
        pub progress_percentage: i32,
        /// How many pages were found.
        pub pages_found: i32,
        /// How many of them were visited, or left out for a reason of their own.
        pub pages_processed: i32,
        /// How it goes about its work, as it was ordered.
        #[schema(value_type = Object)]
        pub scan_settings: StoredJson,
        /// What went wrong: a code where it failed, and up to 100 pages.
        #[schema(value_type = Option<Object>)]
        pub error_details: Option<StoredJson>,
        /// When it began.
        pub started_at: Option<Timestamp>,
        /// When it ended.
        pub completed_at: Option<Timestamp>,
        /// When it was ordered.
        pub created_at: Timestamp,
    }
}

record! {
    /// An address that a scan visits.
    pub struct KnowledgeScanPage {
        /// Its identity.
        pub id: Uuid,
        /// What it is.
        pub kind: ScanPageKind,
        /// The address.
        pub url: String,
        /// How many links it is away from where the scan began.
        pub depth: i32,
        /// What became of it.
        pub status: ScanPageStatus,
        /// Why, by a word that stays.
        pub code: Option<String>,
        /// Why, for people.
        pub detail: Option<String>,
        /// The status that the site answered last.
        pub http_status: Option<i32>,
        /// Bytes that were received for it.
        pub byte_count: i64,
        /// The article that was made of it.
        pub knowledge_item_id: Option<Uuid>,
        /// When it was done with.
        pub finished_at: Option<Timestamp>,
        /// When it was found.
        pub created_at: Timestamp,
    }
}

/// Which scans are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListKnowledgeScans {
    /// How they stand, with commas between them.
    #[param(value_type = Option<String>)]
    status: Option<List<ScanStatus>>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List scans of websites
///
/// Newest first.
#[utoipa::path(get, path = "/knowledge/scans", tag = "Knowledge", security(("session" = ["viewer"])), params(ListKnowledgeScans),
    responses((status = OK, description = "A page.", body = Page<KnowledgeScan>)))]
async fn list_knowledge_scans(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListKnowledgeScans>,
) -> Answer<Json<Page<KnowledgeScan>>> {
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let status = wanted.status.map(|List(values)| values);
    let rows: Vec<KnowledgeScan> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("status", &status)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_time((), last.created_at, last.id)
    })))
}

/// A scan to order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"urls": ["https://example.com/help"], "scan_settings": {"maxDepth": 2, "maxPages": 200, "articles": "draft"}}))]
pub struct NewKnowledgeScan {
    /// Where to begin: 1 to 100 addresses. A scan stays on their hosts.
    #[schema(min_items = 1, max_items = 100)]
    urls: Vec<String>,
    /// How to go about it.
    #[serde(default)]
    scan_settings: ScanSettings,
}

/// Scan websites
///
/// The server's workers read the pages in the background: their text becomes articles (drafts, unless the settings say otherwise), and is brought up to
/// date by the next scan. docs/knowledge.md says how.
#[utoipa::path(post, path = "/knowledge/scans", tag = "Knowledge", security(("session" = ["admin"])), request_body = NewKnowledgeScan,
    responses((status = CREATED, description = "It is ordered.", body = KnowledgeScan, headers(("Location" = String)))))]
async fn create_knowledge_scan(
    State(server): State<Server>,
    scope: Scoped<Admin>,
    input::Json(new): input::Json<NewKnowledgeScan>,
) -> Answer<Created<KnowledgeScan>> {
    let workspace = scope.workspace().ok_or_else(Problem::not_found)?;
    let made = order(&server, &scope, workspace, &new.urls, &new.scan_settings).await?;
    Ok(Created {
        path: format!("/knowledge/scans/{}", made.id),
        version: None,
        body: made,
    })
}

async fn order(
    server: &Server,
    scope: &OwnedScope,
    workspace: Uuid,
    urls: &[String],
    wanted: &ScanSettings,
) -> Answer<KnowledgeScan> {
    if !(1..=MOST_ADDRESSES).contains(&urls.len()) {
        return Err(Problem::field("urls", "has 1 to 100 addresses"));
    }
    let refused = urls.iter().enumerate().filter_map(|(number, url)| {
        let (_, words) = settings::start(url, &server.settings.scan_policy).err()?;
        Some((format!("urls[{number}]"), words))
    });
    let refused: Vec<_> = refused
        .chain(
            wanted
                .refused()
                .map(|(field, words)| (format!("scan_settings.{field}"), words)),
        )
        .collect();
    if !refused.is_empty() {
        return Err(refused.into_iter().fold(
            Problem::new(Code::InvalidRequest),
            |problem, (field, words)| problem.at(field, words),
        ));
    }
    let settings: Value = serde_json::to_value(wanted).map_err(Problem::internal)?;
    let urls = urls.to_vec();
    Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("urls", &urls)
        .bind("settings", &settings)
        .one(scope)
        .await
}

async fn scan(scope: &OwnedScope, workspace: Option<Uuid>, id: Uuid) -> Answer<KnowledgeScan> {
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a scan
#[utoipa::path(get, path = "/knowledge/scans/{id}", tag = "Knowledge", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The scan.")),
    responses((status = OK, description = "The scan.", body = KnowledgeScan)))]
async fn read_knowledge_scan(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Json<KnowledgeScan>> {
    Ok(Json(scan(&scope, scope.workspace(), id).await?))
}

/// Cancel a scan
///
/// What was read stays. One that has ended stays as it is.
#[utoipa::path(post, path = "/knowledge/scans/{id}/cancel", tag = "Knowledge", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The scan.")),
    responses((status = OK, description = "It has ended.", body = KnowledgeScan)))]
async fn cancel_knowledge_scan(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
) -> Answer<(StatusCode, Json<KnowledgeScan>)> {
    let workspace = scope.workspace();
    cancel(&scope, workspace, id).await?;
    Ok((StatusCode::OK, Json(scan(&scope, workspace, id).await?)))
}

async fn cancel(scope: &OwnedScope, workspace: Option<Uuid>, id: Uuid) -> Answer<String> {
    Statement::new(include_str!("cancel.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .value(scope)
        .await
}

/// Which addresses are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListKnowledgeScanPages {
    /// What became of them, with commas between them.
    #[param(value_type = Option<String>)]
    status: Option<List<ScanPageStatus>>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List what a scan visits
///
/// Its pages, and the robots.txt and sitemaps that it reads, in the order they were found, and what became of each.
#[utoipa::path(get, path = "/knowledge/scans/{id}/pages", tag = "Knowledge", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The scan."), ListKnowledgeScanPages),
    responses((status = OK, description = "A page.", body = Page<KnowledgeScanPage>)))]
async fn list_knowledge_scan_pages(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<ListKnowledgeScanPages>,
) -> Answer<Json<Page<KnowledgeScanPage>>> {
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let workspace = scope.workspace();
    scan(&scope, workspace, id).await?;
    let status = wanted.status.map(|List(values)| values);
    let rows = pages(
        &scope,
        workspace,
        id,
        &status,
        &place,
        wanted.limit.rows_to_read(),
    )
    .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_time((), last.created_at, last.id)
    })))
}

async fn pages(
    scope: &OwnedScope,
    workspace: Option<Uuid>,
    id: Uuid,
    status: &Option<Vec<ScanPageStatus>>,
    place: &Option<Place<()>>,
    row_limit: i64,
) -> Answer<Vec<KnowledgeScanPage>> {
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    Statement::new(include_str!("list_pages.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("status", status)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .with("after", place.is_some())
        .all(scope)
        .await
}

/// A scan of the installation itself, for its command.
pub struct OwnScan {
    server: Server,
    workspace: Uuid,
    id: Uuid,
    queue: Scans,
}

impl OwnScan {
    /// Orders one.
    ///
    /// # Errors
    /// When an address or a setting is refused, and as the database.
    pub async fn order(
        server: &Server,
        workspace: Uuid,
        urls: &[String],
        wanted: &ScanSettings,
    ) -> Answer<OwnScan> {
        let scope = service(server, workspace).await?;
        let made = order(server, &scope, workspace, urls, wanted).await?;
        scope.commit().await?;
        Ok(OwnScan {
            queue: Scans::new(server.clone())?,
            server: server.clone(),
            workspace,
            id: made.id,
        })
    }

    /// Makes its next request in this process; false when none is due.
    ///
    /// # Errors
    /// As the database.
    pub async fn go_on(&self) -> Answer<bool> {
        match self.queue.claim_one(Some(self.id)).await? {
            Some(claimed) => self.queue.work(claimed).await.map(|()| true),
            None => Ok(false),
        }
    }

    /// How it stands.
    ///
    /// # Errors
    /// As the database.
    pub async fn read(&self) -> Answer<KnowledgeScan> {
        let scope = service(&self.server, self.workspace).await?;
        let found = scan(&scope, Some(self.workspace), self.id).await?;
        scope.commit().await?;
        Ok(found)
    }

    /// Ends it before its end.
    ///
    /// # Errors
    /// As the database.
    pub async fn cancel(&self) -> Answer<()> {
        let scope = service(&self.server, self.workspace).await?;
        cancel(&scope, Some(self.workspace), self.id).await?;
        Ok(scope.commit().await?)
    }

    /// What it visited, up to so many addresses.
    ///
    /// # Errors
    /// As the database.
    pub async fn pages(&self, most: i64) -> Answer<Vec<KnowledgeScanPage>> {
        let scope = service(&self.server, self.workspace).await?;
        let found = pages(&scope, Some(self.workspace), self.id, &None, &None, most).await?;
        scope.commit().await?;
        Ok(found)
    }
}

async fn service(server: &Server, workspace: Uuid) -> Answer<OwnedScope> {
    let claims = Claims::service(workspace, Actor::System);
    Ok(server
        .database
        .begin(&claims, &server.surroundings())
        .await?)
}
