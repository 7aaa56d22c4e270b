//! The language model of a workspace: where it is asked, with which key, and what it may cost.
//!
//! Invariants: its key is kept sealed and never shown, and is never sent to another place than it was entered for; a check really asks the
//! model, and holds no connection of the database meanwhile.

pub mod address;
pub mod client;

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use romashka_db::envelope::Place;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::address::Address;
use self::client::{Call, Client};
use crate::input;
use crate::problem::{Answer, Document, Problem};
use crate::record;
use crate::scoped::{Admin, Scoped};
use crate::state::Server;
use crate::statement::Statement;
use crate::version::{IfMatch, Versioned};

/// Tokens of the answer to a check.
const CHECK_TOKENS: u32 = 16;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(
            read_ai_endpoint,
            set_ai_endpoint,
            delete_ai_endpoint
        ))
        .routes(routes!(check_ai_endpoint))
}

record! {
    /// The language model of a workspace.
    pub struct AiEndpoint {
        /// Its identity.
        pub id: Uuid,
        /// Whether it is asked at the moment.
        pub is_enabled: bool,
        /// Below which address `/chat/completions` is.
        pub base_url: String,
        /// The model's name there.
        pub model: String,
        /// Whether a key is kept for it. The key is not shown.
        pub has_key: bool,
        /// Whether it is asked for its answer word by word.
        pub is_streamed: bool,
        /// How long nothing may come from it.
        pub idle_timeout_seconds: i32,
        /// How long one answer may take.
        pub total_timeout_seconds: i32,
        /// Tokens that it may write for one answer.
        pub max_tokens: i32,
        /// Tokens a day, read and written, by UTC.
        pub daily_tokens: i64,
        /// What a day may cost by the prices; null for as much as the tokens allow.
        pub daily_cost: Option<f64>,
        /// Price of a million tokens that it reads.
        pub input_price: f64,
        /// Price of a million tokens that it writes.
        pub output_price: f64,
        /// Whether mail addresses and telephone, account and card numbers in what a customer wrote are left out of what it is sent.
        pub is_masked: bool,
        /// When it was set up.
        pub created_at: Timestamp,
        /// When it was last changed; its version.
        pub updated_at: Timestamp,
    }
}

/// A language model to be asked. What is absent is as it comes; a key that is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"base_url": "https://llm.example.com/v1", "model": "small-instruct", "api_key": "sk-…", "daily_tokens": 200000}))]
pub struct AiEndpointSetup {
    /// Whether it is asked.
    is_enabled: Option<bool>,
    /// Below which address `/chat/completions` is.
    #[schema(max_length = 2048)]
    base_url: String,
    /// The model's name there.
    #[schema(min_length = 1, max_length = 200)]
    model: String,
    /// The key it is asked with; null for none. Another place needs it entered anew.
    #[serde(default, deserialize_with = "input::present")]
    #[schema(value_type = Option<String>, max_length = 4096)]
    api_key: Option<Option<String>>,
    /// Whether it is asked for its answer word by word.
    is_streamed: Option<bool>,
    /// How long nothing may come from it.
    #[schema(minimum = 1, maximum = 40)]
    idle_timeout_seconds: Option<i32>,
    /// How long one answer may take.
    #[schema(minimum = 1, maximum = 40)]
    total_timeout_seconds: Option<i32>,
    /// Tokens that it may write for one answer.
    #[schema(minimum = 16, maximum = 4000)]
    max_tokens: Option<i32>,
    /// Tokens a day, read and written.
    #[schema(minimum = 0, maximum = 1000000000)]
    daily_tokens: Option<i64>,
    /// What a day may cost.
    #[schema(minimum = 0)]
    daily_cost: Option<f64>,
    /// Price of a million tokens that it reads.
    #[schema(minimum = 0)]
    input_price: Option<f64>,
    /// Price of a million tokens that it writes.
    #[schema(minimum = 0)]
    output_price: Option<f64>,
    /// Whether mail addresses and telephone, account and card numbers in what a customer wrote are left out of what it is sent.
    is_masked: Option<bool>,
}

async fn endpoint(scope: &Scoped<Admin>) -> Answer<AiEndpoint> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read.sql"))
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

fn address(text: &str, server: &Server) -> Answer<Address> {
    Address::parse(text, &server.settings.webhook_policy)
        .map_err(|error| Problem::field("base_url", error.to_string()))
}

fn place(workspace: Uuid, row: Uuid) -> Place<'static> {
    Place {
        table: "ai_endpoints",
        column: "api_key",
        workspace,
        row,
    }
}

/// Read the language model's set-up
#[utoipa::path(get, path = "/ai_endpoint", tag = "Assistant", security(("session" = ["admin"])),
    responses((status = OK, description = "How it is asked.", body = AiEndpoint, headers(("ETag" = String))),
        (status = NOT_FOUND, description = "There is none.", body = Document, content_type = "application/problem+json")))]
async fn read_ai_endpoint(scope: Scoped<Admin>) -> Answer<Versioned<Json<AiEndpoint>>> {
    let found = endpoint(&scope).await?;
    Ok(Versioned(found.updated_at, Json(found)))
}

/// Set a language model up
///
/// An OpenAI-compatible server. A model on the server's own machine or network has to be in a network that the operator allowed
/// (`ROMASHKA_WEBHOOK_NETWORKS`).
#[utoipa::path(put, path = "/ai_endpoint", tag = "Assistant", security(("session" = ["admin"])), request_body = AiEndpointSetup,
    responses((status = OK, description = "How it is asked from now on.", body = AiEndpoint, headers(("ETag" = String)))))]
async fn set_ai_endpoint(
    scope: Scoped<Admin>,
    State(server): State<Server>,
    input::Json(setup): input::Json<AiEndpointSetup>,
) -> Answer<Versioned<Json<AiEndpoint>>> {
    let workspace = scope.workspace().ok_or_else(Problem::not_found)?;
    let there = address(&setup.base_url, &server)?;
    for (field, number) in [
        ("daily_cost", setup.daily_cost),
        ("input_price", setup.input_price),
        ("output_price", setup.output_price),
    ] {
        if number.is_some_and(|number| !number.is_finite() || number < 0.0) {
            return Err(Problem::field(field, "is a number from 0 on"));
        }
    }
    if let Some(Some(key)) = &setup.api_key
        && (key.len() > 4096 || !key.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        return Err(Problem::field(
            "api_key",
            "is at most 4096 letters without blanks",
        ));
    }
    let before: Option<AiEndpoint> = Statement::new(include_str!("read.sql"))
        .bind("workspace", &workspace)
        .optional(&scope)
        .await?;
    if let (Some(before), None) = (&before, &setup.api_key)
        && before.has_key
        // One whose rules have changed since is another place as well.
        && !address(&before.base_url, &server).is_ok_and(|place| place.is_same_place(&there))
    {
        return Err(Problem::field(
            "api_key",
            "is entered anew for another address, or null: the key that is kept is not sent there",
        ));
    }
    let id: Uuid = Statement::new(include_str!("set.sql"))
        .bind("workspace", &workspace)
        .bind("is_enabled", &setup.is_enabled)
        .bind("base_url", &setup.base_url)
        .bind("model", &setup.model)
        .bind("is_streamed", &setup.is_streamed)
        .bind("idle_timeout_seconds", &setup.idle_timeout_seconds)
        .bind("total_timeout_seconds", &setup.total_timeout_seconds)
        .bind("max_tokens", &setup.max_tokens)
        .bind("daily_tokens", &setup.daily_tokens)
        .bind("daily_cost", &setup.daily_cost)
        .bind("input_price", &setup.input_price)
        .bind("output_price", &setup.output_price)
        .bind("is_masked", &setup.is_masked)
        .value(&scope)
        .await?;
    if let Some(key) = setup.api_key {
        let sealed = key.map(|key| server.keys.seal_text(place(workspace, id), key.as_bytes()));
        Statement::new(include_str!("seal.sql"))
            .bind("api_key", &sealed)
            .bind("workspace", &workspace)
            .execute(&scope)
            .await?;
    }
    let set = endpoint(&scope).await?;
    Ok(Versioned(set.updated_at, Json(set)))
}

/// Take the language model away
#[utoipa::path(delete, path = "/ai_endpoint", tag = "Assistant", security(("session" = ["admin"])),
    params(("If-Match" = Option<String>, Header, description = "The version the change is meant for.")),
    responses((status = NO_CONTENT, description = "Nothing is sent there any more."),
        (status = NOT_FOUND, description = "There is none.", body = Document, content_type = "application/problem+json"),
        (status = PRECONDITION_FAILED, description = "It was changed meanwhile.", body = Document, content_type = "application/problem+json")))]
async fn delete_ai_endpoint(scope: Scoped<Admin>, version: IfMatch) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("delete.sql"))
        .bind("workspace", &workspace)
        .filter("version", &version.0)
        .execute(&scope)
        .await?;
    if removed == 0 {
        return Err(version.explain(endpoint(&scope).await.is_ok()));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What a check found.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct AiEndpointCheck {
    /// Whether it answered.
    is_good: bool,
    /// What was found, and what to do.
    text: String,
    /// How long it took, milliseconds.
    milliseconds: i64,
}

/// Check the language model
///
/// Really asks it for one word. That counts for no budget.
#[utoipa::path(post, path = "/ai_endpoint/check", tag = "Assistant", security(("session" = ["admin"])),
    responses((status = OK, description = "What was found.", body = AiEndpointCheck),
        (status = NOT_FOUND, description = "There is none.", body = Document, content_type = "application/problem+json")))]
async fn check_ai_endpoint(
    scope: Scoped<Admin>,
    State(server): State<Server>,
) -> Answer<Json<AiEndpointCheck>> {
    let workspace = scope.workspace().ok_or_else(Problem::not_found)?;
    let found = endpoint(&scope).await?;
    let sealed: Option<String> = Statement::new(include_str!("key.sql"))
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    // The model may take long: no connection waits for it.
    scope.release();
    let begun = Instant::now();
    let outcome = ask_for_a_word(&server, workspace, &found, sealed.as_deref()).await;
    let milliseconds = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
    Ok(Json(match outcome {
        Ok(()) => AiEndpointCheck {
            is_good: true,
            text: format!("{} answers", found.model),
            milliseconds,
        },
        Err(text) => AiEndpointCheck {
            is_good: false,
            text,
            milliseconds,
        },
    }))
}

/// The key of a workspace's language model, opened.
pub(super) fn open_key(
    server: &Server,
    workspace: Uuid,
    endpoint: Uuid,
    sealed: Option<&str>,
) -> Result<Option<SecretString>, String> {
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    let opened = server
        .keys
        .open_text(place(workspace, endpoint), sealed)
        .map_err(|_| "the key cannot be opened: enter it anew".to_owned())?;
    let text = String::from_utf8_lossy(opened.expose_secret()).into_owned();
    Ok(Some(SecretString::from(text)))
}

async fn ask_for_a_word(
    server: &Server,
    workspace: Uuid,
    found: &AiEndpoint,
    sealed: Option<&str>,
) -> Result<(), String> {
    let policy = &server.settings.webhook_policy;
    let address =
        Address::parse(&found.base_url, policy).map_err(|error| format!("the address {error}"))?;
    let key = open_key(server, workspace, found.id, sealed)?;
    let client = Client::new(policy).map_err(|error| error.to_string())?;
    let seconds = |seconds: i32| Duration::from_secs(u64::from(seconds.unsigned_abs()));
    let call = Call {
        address: &address,
        key: key.as_ref(),
        model: &found.model,
        instructions: "Answer with the one word: ready.",
        question: "Are you ready?",
        max_tokens: CHECK_TOKENS,
        is_streamed: found.is_streamed,
        idle: seconds(found.idle_timeout_seconds),
        // Within the time of a request.
        total: seconds(found.total_timeout_seconds).min(server.settings.request_timeout / 2),
    };
    match client.complete(&call).await {
        // It talks more than it was asked for; that is no matter of the connection.
        Ok(_) | Err(client::Failure::Length) => Ok(()),
        Err(failure) => Err(failure.to_string()),
    }
}
