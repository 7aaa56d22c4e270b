//! Articles: what is known, in one language each, and for whom. Each change of title or text makes a version.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{publishing, versions};
use crate::choice;
use crate::created::Created;
use crate::cursor::Place;
use crate::input::{self, Limit, List, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Document, Problem};
use crate::record;
use crate::scoped::{Admin, Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_knowledge_items, create_knowledge_item))
        .routes(routes!(
            read_knowledge_item,
            change_knowledge_item,
            delete_knowledge_item
        ))
        .routes(routes!(versions::list_knowledge_versions))
        .routes(routes!(versions::restore_knowledge_version))
        .routes(routes!(publishing::publish_knowledge_item))
        .routes(routes!(publishing::archive_knowledge_item))
}

choice! {
    /// How an article stands.
    pub enum KnowledgeStatus {
        /// It is found.
        Active = "active",
        /// It is not found yet.
        Draft = "draft",
        /// It is not found any more.
        Archived = "archived",
    }
}

choice! {
    /// Who may be shown an article.
    pub enum KnowledgeAudience {
        /// Everybody.
        Public = "public",
        /// Customers who have proved who they are.
        SignedIn = "signed_in",
        /// Members.
        Internal = "internal",
    }
}

choice! {
    /// Where an article's text came from.
    pub enum KnowledgeSource {
        /// A page.
        Url = "url",
        /// A file.
        File = "file",
        /// Somebody wrote it.
        Manual = "manual",
    }
}

record! {
    /// An article.
    pub struct KnowledgeItem {
        /// Its identity.
        pub id: Uuid,
        /// The heading.
        pub title: String,
        /// The text, Markdown or plain.
        pub content: String,
        /// Where it is filed.
        pub category_id: Option<Uuid>,
        /// Its language, a BCP 47 tag; decides how its words are searched.
        pub language: String,
        /// Words to file it by.
        pub tags: Vec<String>,
        /// How it stands.
        pub status: KnowledgeStatus,
        /// Who may be shown it.
        pub audience: KnowledgeAudience,
        /// Where the text came from.
        pub source_type: KnowledgeSource,
        /// The page it was read from.
        pub source_url: Option<String>,
        /// When somebody should look again.
        pub review_due_at: Option<Timestamp>,
        /// When somebody last found it still right.
        pub reviewed_at: Option<Timestamp>,
        /// What the last editor said of his change; kept with the version.
        pub change_note: Option<String>,
        /// Counts the changes of title and text, from 1.
        pub version: i32,
        /// How often it was used.
        pub usage_count: i32,
        /// How many said that it helped.
        pub helpful_count: i32,
        /// How many said that it did not.
        pub unhelpful_count: i32,
        /// Share of those it helped, smoothed: 0 to 1.
        pub effectiveness_score: f64,
        /// When it first became active.
        pub published_at: Option<Timestamp>,
        /// When it was last used.
        pub last_used_at: Option<Timestamp>,
        /// Who made it.
        pub created_by: Option<Uuid>,
        /// Who last changed title or text.
        pub updated_by: Option<Uuid>,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KnowledgeItemOrder {
    /// Newest first.
    #[default]
    CreatedAt,
    /// Last changed first.
    UpdatedAt,
    /// By title.
    Title,
}

/// Which articles are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListKnowledgeItems {
    /// How they stand, with commas between them.
    #[param(value_type = Option<String>)]
    status: Option<List<KnowledgeStatus>>,
    /// For whom, with commas between them.
    #[param(value_type = Option<String>)]
    audience: Option<List<KnowledgeAudience>>,
    /// Where they are filed.
    category_id: Option<Uuid>,
    /// Their language.
    language: Option<String>,
    /// A word they are filed by.
    tag: Option<String>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: KnowledgeItemOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List articles
#[utoipa::path(get, path = "/knowledge/items", tag = "Knowledge", security(("session" = ["viewer"])), params(ListKnowledgeItems),
    responses((status = OK, description = "A page.", body = Page<KnowledgeItem>)))]
async fn list_knowledge_items(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListKnowledgeItems>,
) -> Answer<Json<Page<KnowledgeItem>>> {
    let place = Place::of(wanted.cursor.as_deref(), &wanted.sort)?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_text = place.as_ref().and_then(|place| place.text.as_deref());
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let status = wanted.status.map(|List(values)| values);
    let audience = wanted.audience.map(|List(values)| values);
    let by = |order| wanted.sort == order;
    let rows: Vec<KnowledgeItem> = Statement::new(include_str!("item_list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("status", &status)
        .filter("audience", &audience)
        .filter("category_id", &wanted.category_id)
        .filter("language", &wanted.language)
        .filter("tag", &wanted.tag)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .bind("after_text", &after_text)
        .with("by_created_at", by(KnowledgeItemOrder::CreatedAt))
        .with(
            "after_created_at",
            place.is_some() && by(KnowledgeItemOrder::CreatedAt),
        )
        .with("by_updated_at", by(KnowledgeItemOrder::UpdatedAt))
        .with(
            "after_updated_at",
            place.is_some() && by(KnowledgeItemOrder::UpdatedAt),
        )
        .with("by_title", by(KnowledgeItemOrder::Title))
        .with(
            "after_title",
            place.is_some() && by(KnowledgeItemOrder::Title),
        )
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        match wanted.sort {
            KnowledgeItemOrder::CreatedAt => Place::at_time(wanted.sort, last.created_at, last.id),
            KnowledgeItemOrder::UpdatedAt => Place::at_time(wanted.sort, last.updated_at, last.id),
            KnowledgeItemOrder::Title => Place::at_text(wanted.sort, last.title.clone(), last.id),
        }
    })))
}

/// An article to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "How to return a parcel", "content": "Print the label and …", "language": "en", "audience": "public", "tags": ["returns"]}))]
pub struct NewKnowledgeItem {
    /// The heading.
    #[schema(min_length = 1, max_length = 500)]
    title: String,
    /// The text, Markdown or plain.
    content: String,
    /// Where it is filed.
    category_id: Option<Uuid>,
    /// Its language, a BCP 47 tag; decides how its words are searched.
    #[schema(min_length = 2, max_length = 35)]
    language: Option<String>,
    /// Words to file it by.
    tags: Option<Vec<String>>,
    /// How it stands.
    status: Option<KnowledgeStatus>,
    /// Who may be shown it.
    audience: Option<KnowledgeAudience>,
    /// Where the text came from.
    source_type: Option<KnowledgeSource>,
    /// The page it was read from.
    source_url: Option<String>,
    /// When somebody should look again.
    review_due_at: Option<Timestamp>,
    /// What the last editor said of his change; kept with the version.
    change_note: Option<String>,
}

/// Make an article
///
/// Without a status it is a draft.
#[utoipa::path(post, path = "/knowledge/items", tag = "Knowledge", security(("session" = ["agent"])), request_body = NewKnowledgeItem,
    responses((status = CREATED, description = "It was made.", body = KnowledgeItem, headers(("ETag" = String), ("Location" = String)))))]
async fn create_knowledge_item(
    scope: Scoped<Agent>,
    input::Json(new): input::Json<NewKnowledgeItem>,
) -> Answer<Created<KnowledgeItem>> {
    let workspace = scope.workspace();
    let made: KnowledgeItem = Statement::new(include_str!("item_create.sql"))
        .bind("workspace", &workspace)
        .bind("title", &new.title)
        .bind("content", &new.content)
        .bind("category_id", &new.category_id)
        .bind("language", &new.language)
        .bind("tags", &new.tags)
        .bind("status", &new.status)
        .bind("audience", &new.audience)
        .bind("source_type", &new.source_type)
        .bind("source_url", &new.source_url)
        .bind("review_due_at", &new.review_due_at)
        .bind("change_note", &new.change_note)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/knowledge/items/{}", made.id),
        version: Some(made.updated_at),
        body: made,
    })
}

pub(super) async fn knowledge_item<N>(scope: &Scoped<N>, id: Uuid) -> Answer<KnowledgeItem> {
    let workspace = scope.workspace();
    Statement::new(include_str!("item_read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read an article
#[utoipa::path(get, path = "/knowledge/items/{id}", tag = "Knowledge", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The article.")),
    responses((status = OK, description = "The article.", body = KnowledgeItem, headers(("ETag" = String)))))]
async fn read_knowledge_item(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<KnowledgeItem>>> {
    let found = knowledge_item(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of an article. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"content": "Print the new label and …", "change_note": "The label is new"}))]
pub struct KnowledgeItemChange {
    /// The heading.
    #[schema(min_length = 1, max_length = 500)]
    title: Option<String>,
    /// The text, Markdown or plain.
    content: Option<String>,
    /// Where it is filed.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<Uuid>)]
    category_id: Option<Option<Uuid>>,
    /// Its language, a BCP 47 tag; decides how its words are searched.
    #[schema(min_length = 2, max_length = 35)]
    language: Option<String>,
    /// Words to file it by.
    tags: Option<Vec<String>>,
    /// How it stands.
    status: Option<KnowledgeStatus>,
    /// Who may be shown it.
    audience: Option<KnowledgeAudience>,
    /// The page it was read from.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    source_url: Option<Option<String>>,
    /// When somebody should look again.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<Timestamp>)]
    review_due_at: Option<Option<Timestamp>>,
    /// When somebody last found it still right.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<Timestamp>)]
    reviewed_at: Option<Option<Timestamp>>,
    /// What the last editor said of his change; kept with the version.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    change_note: Option<Option<String>>,
}

/// Change an article
#[utoipa::path(patch, path = "/knowledge/items/{id}", tag = "Knowledge", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The article."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = KnowledgeItemChange,
    responses((status = OK, description = "It was changed.", body = KnowledgeItem, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_knowledge_item(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<KnowledgeItemChange>,
) -> Answer<Versioned<Json<KnowledgeItem>>> {
    let workspace = scope.workspace();
    let (changes_category_id, category_id) =
        (change.category_id.is_some(), change.category_id.flatten());
    let (changes_source_url, source_url) =
        (change.source_url.is_some(), change.source_url.flatten());
    let (changes_review_due_at, review_due_at) = (
        change.review_due_at.is_some(),
        change.review_due_at.flatten(),
    );
    let (changes_reviewed_at, reviewed_at) =
        (change.reviewed_at.is_some(), change.reviewed_at.flatten());
    let (changes_change_note, change_note) =
        (change.change_note.is_some(), change.change_note.flatten());
    let changed: Option<KnowledgeItem> = Statement::new(include_str!("item_change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("title", &change.title)
        .bind("content", &change.content)
        .bind("changes_category_id", &changes_category_id)
        .bind("category_id", &category_id)
        .bind("language", &change.language)
        .bind("tags", &change.tags)
        .bind("status", &change.status)
        .bind("audience", &change.audience)
        .bind("changes_source_url", &changes_source_url)
        .bind("source_url", &source_url)
        .bind("changes_review_due_at", &changes_review_due_at)
        .bind("review_due_at", &review_due_at)
        .bind("changes_reviewed_at", &changes_reviewed_at)
        .bind("reviewed_at", &reviewed_at)
        .bind("changes_change_note", &changes_change_note)
        .bind("change_note", &change_note)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(knowledge_item(&scope, id).await.is_ok())),
    }
}

/// Remove an article
#[utoipa::path(delete, path = "/knowledge/items/{id}", tag = "Knowledge", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The article."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = CONFLICT, description = "Something else refers to it.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_knowledge_item(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("item_delete.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .filter("version", &version.0)
        .execute(&scope)
        .await
        .map_err(Problem::of_removal)?;
    if removed == 0 {
        return Err(version.explain(knowledge_item(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}
