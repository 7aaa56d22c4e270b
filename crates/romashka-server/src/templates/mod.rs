//! Message templates: what a provider has to approve before a customer is written to outside of the window for free text.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_postgres::types::Json as Jsonb;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::channels::ChannelKind;
use crate::choice;
use crate::created::Created;
use crate::cursor::Place;
use crate::input::{self, Limit, List, Path, Query};
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
        .routes(routes!(list_templates, create_template))
        .routes(routes!(read_template, change_template, delete_template))
}

choice! {
    /// What the provider charges and allows a template as.
    pub enum TemplateCategory {
        /// About something the customer did.
        Utility = "utility",
        /// To win the customer for something.
        Marketing = "marketing",
        /// A code to sign in with.
        Authentication = "authentication",
    }
}

choice! {
    /// The provider's verdict.
    pub enum TemplateStatus {
        /// None yet.
        Pending = "pending",
        /// It may be sent.
        Approved = "approved",
        /// It may not be sent.
        Rejected = "rejected",
    }
}

record! {
    /// A message that a provider approves beforehand.
    pub struct Template {
        /// Its identity.
        pub id: Uuid,
        /// Its name at the provider.
        pub name: String,
        /// Its language, a BCP 47 tag.
        pub language: String,
        /// What the provider charges and allows it as.
        pub category: TemplateCategory,
        /// The kind of channel it is for.
        pub channel_type: ChannelKind,
        /// Header, body, footer and buttons, as the provider takes them.
        #[schema(value_type = Object)]
        pub template_content: StoredJson,
        /// The provider's verdict.
        pub status: TemplateStatus,
        /// The provider's id of it.
        pub external_template_id: Option<String>,
        /// The provider's own word for its state, such as PAUSED; null while it has not said any.
        pub provider_status: Option<String>,
        /// Why it is in that state, in the provider's words.
        pub status_reason: Option<String>,
        /// How customers like it, by the provider: green, yellow, red or unknown.
        pub quality: Option<String>,
        /// How often it was sent.
        pub usage_count: i32,
        /// Who made it.
        pub created_by: Option<Uuid>,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplateOrder {
    /// By name.
    #[default]
    Name,
    /// Newest first.
    CreatedAt,
}

/// Which templates are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListTemplates {
    /// What its name holds.
    search: Option<String>,
    /// Kinds of channel, with commas between them.
    #[param(value_type = Option<String>)]
    channel_type: Option<List<ChannelKind>>,
    /// Verdicts, with commas between them.
    #[param(value_type = Option<String>)]
    status: Option<List<TemplateStatus>>,
    /// Its language.
    language: Option<String>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: TemplateOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List templates
#[utoipa::path(get, path = "/templates", tag = "Templates", security(("session" = ["viewer"])), params(ListTemplates),
    responses((status = OK, description = "A page.", body = Page<Template>)))]
async fn list_templates(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListTemplates>,
) -> Answer<Json<Page<Template>>> {
    let place = Place::of(wanted.cursor.as_deref(), &wanted.sort)?;
    let after_id = place.as_ref().map(|place| place.id);
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_text = place.as_ref().and_then(|place| place.text.as_deref());
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let channel_type = wanted.channel_type.map(|List(values)| values);
    let status = wanted.status.map(|List(values)| values);
    let by = |order| wanted.sort == order;
    let rows: Vec<Template> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("search", &wanted.search)
        .filter("channel_type", &channel_type)
        .filter("status", &status)
        .filter("language", &wanted.language)
        .bind("after_id", &after_id)
        .bind("after_time", &after_time)
        .bind("after_text", &after_text)
        .with("by_name", by(TemplateOrder::Name))
        .with("after_name", place.is_some() && by(TemplateOrder::Name))
        .with("by_created_at", by(TemplateOrder::CreatedAt))
        .with(
            "after_created_at",
            place.is_some() && by(TemplateOrder::CreatedAt),
        )
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        match wanted.sort {
            TemplateOrder::Name => Place::at_text(wanted.sort, last.name.clone(), last.id),
            TemplateOrder::CreatedAt => Place::at_time(wanted.sort, last.created_at, last.id),
        }
    })))
}

/// A template to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "order_shipped", "language": "en", "category": "utility", "channel_type": "whatsapp", "template_content": {"body": "Your order {{1}} was shipped."}}))]
pub struct NewTemplate {
    /// Its name at the provider.
    #[schema(min_length = 1, max_length = 512)]
    name: String,
    /// Its language, a BCP 47 tag.
    #[schema(min_length = 2, max_length = 35)]
    language: String,
    /// What the provider charges and allows it as.
    category: TemplateCategory,
    /// The kind of channel it is for.
    channel_type: ChannelKind,
    /// Header, body, footer and buttons, as the provider takes them.
    #[schema(value_type = Option<Object>)]
    template_content: Option<Map<String, Value>>,
    /// The provider's verdict.
    status: Option<TemplateStatus>,
    /// The provider's id of it.
    external_template_id: Option<String>,
}

/// Make a template
#[utoipa::path(post, path = "/templates", tag = "Templates", security(("session" = ["admin"])), request_body = NewTemplate,
    responses((status = CREATED, description = "It was made.", body = Template, headers(("ETag" = String), ("Location" = String)))))]
async fn create_template(
    scope: Scoped<Admin>,
    input::Json(new): input::Json<NewTemplate>,
) -> Answer<Created<Template>> {
    let workspace = scope.workspace();
    let template_content = new.template_content.map(Jsonb);
    let made: Template = Statement::new(include_str!("create.sql"))
        .bind("workspace", &workspace)
        .bind("name", &new.name)
        .bind("language", &new.language)
        .bind("category", &new.category)
        .bind("channel_type", &new.channel_type)
        .bind("template_content", &template_content)
        .bind("status", &new.status)
        .bind("external_template_id", &new.external_template_id)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/templates/{}", made.id),
        version: Some(made.updated_at),
        body: made,
    })
}

async fn template<N>(scope: &Scoped<N>, id: Uuid) -> Answer<Template> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a template
#[utoipa::path(get, path = "/templates/{id}", tag = "Templates", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The template.")),
    responses((status = OK, description = "The template.", body = Template, headers(("ETag" = String)))))]
async fn read_template(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<Template>>> {
    let found = template(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a template. What is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "approved", "external_template_id": "1234567890"}))]
pub struct TemplateChange {
    /// Its name at the provider.
    #[schema(min_length = 1, max_length = 512)]
    name: Option<String>,
    /// Its language, a BCP 47 tag.
    #[schema(min_length = 2, max_length = 35)]
    language: Option<String>,
    /// What the provider charges and allows it as.
    category: Option<TemplateCategory>,
    /// Header, body, footer and buttons, as the provider takes them.
    #[schema(value_type = Option<Object>)]
    template_content: Option<Map<String, Value>>,
    /// The provider's verdict.
    status: Option<TemplateStatus>,
    /// The provider's id of it.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    external_template_id: Option<Option<String>>,
}

/// Change a template
#[utoipa::path(patch, path = "/templates/{id}", tag = "Templates", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The template."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")), request_body = TemplateChange,
    responses((status = OK, description = "It was changed.", body = Template, headers(("ETag" = String))),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn change_template(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<TemplateChange>,
) -> Answer<Versioned<Json<Template>>> {
    let workspace = scope.workspace();
    let template_content = change.template_content.map(Jsonb);
    let (changes_external_template_id, external_template_id) = (
        change.external_template_id.is_some(),
        change.external_template_id.flatten(),
    );
    let changed: Option<Template> = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("name", &change.name)
        .bind("language", &change.language)
        .bind("category", &change.category)
        .bind("template_content", &template_content)
        .bind("status", &change.status)
        .bind(
            "changes_external_template_id",
            &changes_external_template_id,
        )
        .bind("external_template_id", &external_template_id)
        .filter("version", &version.0)
        .optional(&scope)
        .await?;
    match changed {
        Some(changed) => Ok(Versioned(changed.updated_at, Json(changed))),
        None => Err(version.explain(template(&scope, id).await.is_ok())),
    }
}

/// Remove a template
#[utoipa::path(delete, path = "/templates/{id}", tag = "Templates", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The template."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "It is gone."),
        (status = CONFLICT, description = "Something else refers to it.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_template(
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
        .await
        .map_err(Problem::of_removal)?;
    if removed == 0 {
        return Err(version.explain(template(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}
