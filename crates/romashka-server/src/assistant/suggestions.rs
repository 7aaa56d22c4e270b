//! What the assistant would answer, for the member who does.

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use tokio_postgres::types::Json as Jsonb;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::decision::{HandoffReason, Turn, Verdict, decide};
use crate::input::Path;
use crate::knowledge::items::KnowledgeAudience;
use crate::knowledge::retrieval::consult::RankedArticle;
use crate::problem::{Document, Problem};
use crate::record;
use crate::scoped::{Admitted, Agent, Rejection};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(suggest_answer))
}

record! {
    /// What the customer asked.
    pub struct Asked {
        /// What he wrote since he was last answered.
        pub question: Option<String>,
        /// The last message of it.
        pub message_id: Option<Uuid>,
        /// The question before.
        pub previous_question: Option<String>,
        /// The conversation's language.
        pub language: String,
        /// The customer's wish, as patterns tell it.
        pub intent: Option<String>,
        /// For whom the answer is.
        pub audience: KnowledgeAudience,
    }
}

/// What the assistant would do.
#[derive(serde::Serialize, ToSchema)]
pub struct Suggestion {
    /// Its record, to be rated.
    id: Uuid,
    /// What the customer asked.
    question: String,
    /// What it would do.
    verdict: Verdict,
    /// Why it would hand over.
    handoff_reason: Option<HandoffReason>,
    /// What it would say.
    answer: Option<String>,
    /// How probable it is that the first article answers, 0 to 1.
    probability: Option<f64>,
    /// The articles it found, best first.
    articles: Vec<RankedArticle>,
}

/// Suggest an answer
///
/// What the assistant would answer to what the customer wrote since he was last answered, with its sources. Nothing is sent; the suggestion is
/// recorded, so that it can be rated.
#[utoipa::path(post, path = "/conversations/{id}/suggestions", tag = "Assistant", security(("session" = ["agent"])), params(("id" = Uuid, Path, description = "The conversation.")),
    responses((status = OK, description = "What it would answer.", body = Suggestion),
        (status = UNPROCESSABLE_ENTITY, description = "The customer has asked nothing since he was last answered.", body = Document, content_type = "application/problem+json")))]
async fn suggest_answer(
    State(server): State<Server>,
    caller: Admitted<Agent>,
    Path(id): Path<Uuid>,
) -> Result<Json<Suggestion>, Rejection> {
    let workspace = caller.workspace().ok_or_else(Problem::not_found)?;
    // The model takes its time, and so no connection is held while it does: first what was asked, then the answer, then its record.
    let asked: Asked = {
        let scope = caller.look(&server).await?;
        let asked = Statement::new(include_str!("asked.sql"))
            .bind("conversation", &id)
            .bind("workspace", &workspace)
            .one(&scope)
            .await?;
        scope.commit().await.map_err(Problem::from)?;
        asked
    };
    let (Some(question), Some(message)) = (asked.question, asked.message_id) else {
        return Err(Problem::field(
            "id",
            "is a conversation in which the customer waits for an answer",
        )
        .into());
    };
    let turn = Turn {
        workspace,
        question: &question,
        previous_question: asked.previous_question.as_deref(),
        previous_verdict: None,
        language: &asked.language,
        intent: asked.intent.as_deref(),
        audience: asked.audience,
        answers_given: 0,
        answer_limit: i32::MAX,
        forbidden_topics: &[],
        texts: &Value::Null,
        is_open: true,
        minds_anger: false,
        patience: server.settings.request_timeout / 2,
        budget_share: 1.0,
    };
    let decision = decide(&server, &turn).await?;
    let record = Jsonb(decision.record(&turn));
    let mut scope = caller.begin(&server).await?;
    let member = scope.principal().person().ok();
    scope.as_service().await?;
    let made: Uuid = Statement::new(include_str!("keep_suggestion.sql"))
        .bind("conversation", &id)
        .bind("message", &message)
        .bind("decision", &record)
        .bind("member", &member)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    let (probability, articles) = decision.known.map_or((None, Vec::new()), |known| {
        (known.probability, known.articles)
    });
    Ok(Json(Suggestion {
        id: made,
        question,
        verdict: decision.verdict,
        handoff_reason: decision.reason,
        answer: decision.reply,
        probability,
        articles,
    }))
}
