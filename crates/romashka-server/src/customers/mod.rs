//! Customers: who writes to a workspace.

mod channel_preferences;
mod erasure;
mod timeline;

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_postgres::types::Json as Jsonb;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::created::Created;
use crate::cursor::AtTime;
use crate::input::{self, Limit, List, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::scoped::{Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_customers, create_customer))
        .routes(routes!(read_customer, change_customer))
        .routes(routes!(merge_customers))
        .merge(channel_preferences::router())
        .merge(erasure::router())
        .merge(timeline::router())
}

/// How a customer is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerStatus {
    /// As everybody.
    Active,
    /// What he writes is not answered.
    Blocked,
    /// Before others.
    Vip,
}

impl CustomerStatus {
    fn name(self) -> &'static str {
        match self {
            CustomerStatus::Active => "active",
            CustomerStatus::Blocked => "blocked",
            CustomerStatus::Vip => "vip",
        }
    }
}

record! {
    /// A customer of a workspace.
    pub struct Customer {
        /// Its identity.
        pub id: Uuid,
        /// The name.
        pub name: Option<String>,
        /// The address.
        pub email: Option<String>,
        /// The telephone number.
        pub phone: Option<String>,
        /// The company.
        pub company: Option<String>,
        /// Where the customer is.
        pub location: Option<String>,
        /// The time zone, an IANA name.
        pub time_zone: String,
        /// The language, a BCP 47 tag.
        pub language: String,
        /// Tags.
        pub tags: Vec<String>,
        /// The workspace's own attributes.
        #[schema(value_type = Object)]
        pub custom_fields: StoredJson,
        /// active, blocked or vip.
        pub status: String,
        /// What agents should know.
        pub notes: Option<String>,
        /// How many conversations there were.
        pub total_conversations: i32,
        /// The average of the customer's ratings; 0 while there is none.
        pub average_satisfaction: f64,
        /// When the customer last wrote or was written to.
        pub last_interaction: Option<Timestamp>,
        /// Since when the customer is not written to, but in the chat of the website; null for may be.
        pub do_not_contact_since: Option<Timestamp>,
        /// Why not.
        pub do_not_contact_reason: Option<String>,
        /// The customer that this record was merged into.
        pub merged_into_id: Option<Uuid>,
        /// When the record was made.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// Which customers are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCustomers {
    /// A part of the name, address, number or company, three characters or more.
    search: Option<String>,
    /// Exactly this address.
    email: Option<String>,
    /// Exactly this number.
    phone: Option<String>,
    /// A tag they have.
    tag: Option<String>,
    /// Statuses, with commas between them.
    #[param(value_type = Option<String>, example = "vip")]
    status: Option<List<CustomerStatus>>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// A pattern for what contains a text as it stands.
fn containing(text: &str) -> Answer<String> {
    let text = text.trim();
    if text.chars().count() < 3 {
        return Err(Problem::new(crate::problem::Code::InvalidRequest)
            .at("search", "has three characters or more"));
    }
    let escaped = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    Ok(format!("%{escaped}%"))
}

/// List customers
///
/// Newest first. Records that were merged into another are not shown.
#[utoipa::path(get, path = "/customers", tag = "Customers", security(("session" = ["viewer"])), params(ListCustomers),
    responses((status = OK, description = "A page.", body = Page<Customer>)))]
async fn list_customers(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListCustomers>,
) -> Answer<Json<Page<Customer>>> {
    let place = AtTime::of(wanted.cursor.as_deref(), &())?;
    let (after_time, after_id) = (
        place.and_then(|place| place.time),
        place.map(|place| place.id),
    );
    let pattern = wanted.search.as_deref().map(containing).transpose()?;
    let status: Option<Vec<&str>> = wanted
        .status
        .map(|List(statuses)| statuses.into_iter().map(CustomerStatus::name).collect());
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<Customer> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .filter("pattern", &pattern)
        .filter("email", &wanted.email)
        .filter("phone", &wanted.phone)
        .filter("tag", &wanted.tag)
        .filter("status", &status)
        .with("after", place.is_some())
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .bind("row_limit", &row_limit)
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| AtTime {
        order: (),
        time: Some(last.created_at),
        id: last.id,
    })))
}

/// A customer to make.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewCustomer {
    /// The name.
    name: Option<String>,
    /// The address; unique in the workspace.
    #[schema(max_length = 320)]
    email: Option<String>,
    /// The telephone number.
    phone: Option<String>,
    /// The company.
    company: Option<String>,
    /// Where the customer is.
    location: Option<String>,
    /// The time zone, an IANA name.
    time_zone: Option<String>,
    /// The language, a BCP 47 tag.
    language: Option<String>,
    /// Tags.
    tags: Vec<String>,
    /// The workspace's own attributes.
    #[schema(value_type = Object)]
    custom_fields: Map<String, Value>,
    /// What agents should know.
    notes: Option<String>,
}

async fn customer<N>(scope: &Scoped<N>, id: Uuid) -> Answer<Customer> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Make a customer
#[utoipa::path(post, path = "/customers", tag = "Customers", security(("session" = ["agent"])), request_body = NewCustomer,
    responses((status = CREATED, description = "It was made.", body = Customer, headers(("ETag" = String), ("Location" = String))),
        (status = CONFLICT, description = "There is a customer with this address.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn create_customer(
    scope: Scoped<Agent>,
    input::Json(new): input::Json<NewCustomer>,
) -> Answer<Created<Customer>> {
    let id: Uuid = Statement::new(include_str!("create.sql"))
        .bind("name", &new.name)
        .bind("email", &new.email)
        .bind("phone", &new.phone)
        .bind("company", &new.company)
        .bind("location", &new.location)
        .bind("time_zone", &new.time_zone)
        .bind("language", &new.language)
        .bind("tags", &new.tags)
        .bind("custom_fields", &Jsonb(&new.custom_fields))
        .bind("notes", &new.notes)
        .value(&scope)
        .await?;
    let made = customer(&scope, id).await?;
    Ok(Created {
        path: format!("/customers/{id}"),
        version: Some(made.updated_at),
        body: made,
    })
}

/// Read a customer
///
/// A record that was merged says into which.
#[utoipa::path(get, path = "/customers/{id}", tag = "Customers", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The customer.")),
    responses((status = OK, description = "The customer.", body = Customer, headers(("ETag" = String)))))]
async fn read_customer(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<Customer>>> {
    let found = customer(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// What to change of a customer. What is absent stays as it is; null empties.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerChange {
    /// The name.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// The address.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>, max_length = 320)]
    email: Option<Option<String>>,
    /// The telephone number.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// The company.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    company: Option<Option<String>>,
    /// Where the customer is.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    location: Option<Option<String>>,
    /// What agents should know.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>)]
    notes: Option<Option<String>>,
    /// The time zone, an IANA name.
    time_zone: Option<String>,
    /// The language, a BCP 47 tag.
    language: Option<String>,
    /// Tags, all of them.
    tags: Option<Vec<String>>,
    /// How the customer is treated.
    status: Option<CustomerStatus>,
    /// Whether the customer is not to be written to on any channel but the chat of the website.
    do_not_contact: Option<bool>,
    /// Why not; only where `do_not_contact` is or was set.
    #[schema(min_length = 1, max_length = 500)]
    do_not_contact_reason: Option<String>,
    /// The workspace's own attributes, all of them.
    #[schema(value_type = Option<Object>)]
    custom_fields: Option<Map<String, Value>>,
}

/// Change a customer
#[utoipa::path(patch, path = "/customers/{id}", tag = "Customers", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The customer."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    request_body = CustomerChange,
    responses((status = OK, description = "It was changed.", body = Customer, headers(("ETag" = String))),
        (status = CONFLICT, description = "There is another customer with this address.", body = crate::problem::Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn change_customer(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    version: IfMatch,
    input::Json(change): input::Json<CustomerChange>,
) -> Answer<Versioned<Json<Customer>>> {
    let workspace = scope.workspace();
    let split = |value: Option<Option<String>>| (value.is_some(), value.flatten());
    let ((changes_name, name), (changes_email, email)) = (split(change.name), split(change.email));
    let ((changes_phone, phone), (changes_company, company)) =
        (split(change.phone), split(change.company));
    let ((changes_location, location), (changes_notes, notes)) =
        (split(change.location), split(change.notes));
    let (status, custom_fields) = (
        change.status.map(CustomerStatus::name),
        change.custom_fields.map(Jsonb),
    );
    let changed = Statement::new(include_str!("change.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("changes_name", &changes_name)
        .bind("name", &name)
        .bind("changes_email", &changes_email)
        .bind("email", &email)
        .bind("changes_phone", &changes_phone)
        .bind("phone", &phone)
        .bind("changes_company", &changes_company)
        .bind("company", &company)
        .bind("changes_location", &changes_location)
        .bind("location", &location)
        .bind("changes_notes", &changes_notes)
        .bind("notes", &notes)
        .bind("time_zone", &change.time_zone)
        .bind("language", &change.language)
        .bind("tags", &change.tags)
        .bind("status", &status)
        .bind("do_not_contact", &change.do_not_contact)
        .bind("do_not_contact_reason", &change.do_not_contact_reason)
        .bind("custom_fields", &custom_fields)
        .filter("version", &version.0)
        .execute(&scope)
        .await?;
    if changed == 0 {
        return Err(version.explain(customer(&scope, id).await.is_ok()));
    }
    let found = customer(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// Into whom to merge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerMerge {
    /// The customer who stays.
    into_id: Uuid,
}

/// Merge a customer into another
///
/// Conversations and identities of both are then with the second; the first points to it. An opt-out of either stands.
#[utoipa::path(post, path = "/customers/{id}/merge", tag = "Customers", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The customer who goes.")), request_body = CustomerMerge,
    responses((status = OK, description = "The customer who stays.", body = Customer, headers(("ETag" = String)))))]
async fn merge_customers(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(merge): input::Json<CustomerMerge>,
) -> Answer<Versioned<Json<Customer>>> {
    let workspace = scope.workspace();
    Statement::new(include_str!("merge.sql"))
        .bind("source", &id)
        .bind("target", &merge.into_id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    let found = customer(&scope, merge.into_id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}
