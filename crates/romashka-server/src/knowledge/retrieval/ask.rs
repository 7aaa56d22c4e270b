//! A question to the knowledge over the API.

use axum::Json;
use axum::extract::State;
use romashka_db::scope::{Actor, Claims};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::items::KnowledgeAudience;
use super::consult::{KnowledgeAnswer, Question};
use crate::input;
use crate::problem::{Answer, Problem};
use crate::scoped::{Admitted, Rejection, Viewer};
use crate::state::Server;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(ask_knowledge))
}

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskKnowledge {
    /// As the customer asked it.
    #[schema(
        min_length = 1,
        max_length = 1000,
        example = "How long does a refund take?"
    )]
    pub question: String,
    /// Only articles in this language.
    #[schema(max_length = 35, example = "en")]
    pub language: Option<String>,
    /// For whom the answer is; all for members.
    pub audience: Option<KnowledgeAudience>,
}

/// Ask the knowledge
///
/// Finds the articles that are most like the question in meaning and words, says how probable it is that the first one answers it, and where
/// that is probable enough for the workspace (`ai_confidence_threshold`) quotes the sentences that do. Nothing is sent or stored.
#[utoipa::path(post, path = "/knowledge/answers", tag = "Knowledge", security(("session" = ["viewer"])), request_body = AskKnowledge,
    responses((status = OK, description = "What the knowledge has to say.", body = KnowledgeAnswer)))]
async fn ask_knowledge(
    State(server): State<Server>,
    caller: Admitted<Viewer>,
    input::Json(asked): input::Json<AskKnowledge>,
) -> Result<Json<KnowledgeAnswer>, Rejection> {
    let workspace = caller.workspace().ok_or_else(Problem::not_found)?;
    let question = Question::prepare(&server, workspace, checked(&asked)?).await?;
    let scope = caller.begin(&server).await?;
    Ok(Json(
        question
            .ask(&scope, asked.language.as_deref(), asked.audience)
            .await?,
    ))
}

/// Asks for the installation itself, in a workspace: what the API answers to a member.
///
/// # Errors
/// As the API.
pub async fn ask(
    server: &Server,
    workspace: Uuid,
    asked: &AskKnowledge,
) -> Answer<KnowledgeAnswer> {
    let question = Question::prepare(server, workspace, checked(asked)?).await?;
    let claims = Claims::service(workspace, Actor::System);
    let scope = server
        .database
        .begin(&claims, &server.surroundings())
        .await?;
    question
        .ask(&scope, asked.language.as_deref(), asked.audience)
        .await
}

fn checked(asked: &AskKnowledge) -> Answer<&str> {
    let question = asked.question.trim();
    if (1..=1000).contains(&question.chars().count()) {
        Ok(question)
    } else {
        Err(Problem::field("question", "has 1 to 1000 characters"))
    }
}
