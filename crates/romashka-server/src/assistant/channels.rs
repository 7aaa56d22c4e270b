//! Where the assistant answers: one set-up a channel.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio_postgres::types::Json as Jsonb;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::texts::Text;
use crate::choice;
use crate::input::{self, Path};
use crate::problem::{Answer, Document, Problem};
use crate::record;
use crate::scoped::{Admin, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::stored_json::StoredJson;
use crate::version::{IfMatch, Versioned};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(
        read_channel_assistant,
        set_channel_assistant,
        delete_channel_assistant
    ))
}

choice! {
    /// When the assistant answers.
    pub enum AssistantHours {
        /// At any time.
        Always = "always",
        /// While the workspace is open.
        BusinessHours = "business_hours",
        /// While it is closed.
        OutsideBusinessHours = "outside_business_hours",
    }
}

record! {
    /// How the assistant answers on a channel.
    pub struct ChannelAssistant {
        /// The channel.
        pub channel_id: Uuid,
        /// Whether it answers at the moment.
        pub is_enabled: bool,
        /// By what name it speaks.
        pub name: String,
        /// When it answers.
        pub hours: AssistantHours,
        /// In what share of conversations, 0 to 1.
        pub traffic_share: f64,
        /// After how many of its answers in one conversation a person takes over.
        pub answer_limit: i32,
        /// Words and phrases on which it hands over at once.
        pub forbidden_topics: Vec<String>,
        /// Its own words, by language.
        #[schema(value_type = Object)]
        pub texts: StoredJson,
        /// When it was set up.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// How the assistant is to answer on a channel. What is absent is as it comes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_enabled": true, "name": "Romy", "hours": "always", "traffic_share": 1.0, "answer_limit": 20, "forbidden_topics": ["lawyer"], "texts": {"en": {"greeting": "Hello! Ask me about plants."}}}))]
pub struct AssistantSetup {
    /// Whether it answers.
    is_enabled: Option<bool>,
    /// By what name it speaks.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// When it answers.
    hours: Option<AssistantHours>,
    /// In what share of conversations, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    traffic_share: Option<f64>,
    /// After how many of its answers in one conversation a person takes over.
    #[schema(minimum = 1, maximum = 1000)]
    answer_limit: Option<i32>,
    /// Words and phrases on which it hands over at once.
    forbidden_topics: Option<Vec<String>>,
    /// Its own words, by language: greeting, hand_off, hand_off_closed, suggest, person.
    #[schema(value_type = Option<Object>)]
    texts: Option<Value>,
}

async fn channel_assistant<N>(scope: &Scoped<N>, id: Uuid) -> Answer<ChannelAssistant> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read_channel.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Read a channel's assistant
#[utoipa::path(get, path = "/channels/{id}/assistant", tag = "Assistant", security(("session" = ["viewer"])), params(("id" = Uuid, Path, description = "The channel.")),
    responses((status = OK, description = "How it answers there.", body = ChannelAssistant, headers(("ETag" = String)))))]
async fn read_channel_assistant(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Versioned<Json<ChannelAssistant>>> {
    let found = channel_assistant(&scope, id).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// Set a channel's assistant up
///
/// From then on it takes up what customers write there, in conversations in which no person is.
#[utoipa::path(put, path = "/channels/{id}/assistant", tag = "Assistant", security(("session" = ["admin"])), params(("id" = Uuid, Path, description = "The channel.")),
    request_body = AssistantSetup,
    responses((status = OK, description = "How it answers there from now on.", body = ChannelAssistant, headers(("ETag" = String))),
        (status = NOT_FOUND, description = "There is no such channel.", body = Document, content_type = "application/problem+json")))]
async fn set_channel_assistant(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    input::Json(setup): input::Json<AssistantSetup>,
) -> Answer<Versioned<Json<ChannelAssistant>>> {
    if let Some(texts) = &setup.texts {
        check(texts)?;
    }
    let workspace = scope.workspace();
    let texts = setup.texts.map(Jsonb);
    let set: ChannelAssistant = Statement::new(include_str!("set_channel.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("is_enabled", &setup.is_enabled)
        .bind("name", &setup.name)
        .bind("hours", &setup.hours)
        .bind("traffic_share", &setup.traffic_share)
        .bind("answer_limit", &setup.answer_limit)
        .bind("forbidden_topics", &setup.forbidden_topics)
        .bind("texts", &texts)
        .one(&scope)
        .await?;
    Ok(Versioned(set.updated_at, Json(set)))
}

/// Take a channel's assistant away
#[utoipa::path(delete, path = "/channels/{id}/assistant", tag = "Assistant", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The channel."), ("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "People answer there from now on."),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_channel_assistant(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    version: IfMatch,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("delete_channel.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .filter("version", &version.0)
        .execute(&scope)
        .await?;
    if removed == 0 {
        return Err(version.explain(channel_assistant(&scope, id).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A text under a name that nobody reads would be lost without a word.
fn check(texts: &Value) -> Answer<()> {
    let wrong = || {
        Problem::field(
            "texts",
            "holds, by language, some of: greeting, hand_off, hand_off_closed, suggest, person",
        )
    };
    for said in texts.as_object().ok_or_else(wrong)?.values() {
        for (key, text) in said.as_object().ok_or_else(wrong)? {
            let fits = text
                .as_str()
                .is_some_and(|text| (1..=2000).contains(&text.chars().count()));
            if !Text::KEYS.contains(&key.as_str()) || !fits {
                return Err(wrong());
            }
        }
    }
    Ok(())
}
