//! The queue of conversations in which it is the assistant's turn.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;
use tokio_postgres::types::Json as Jsonb;
use uuid::Uuid;

use super::decision::{Turn, decide};
use crate::knowledge::items::KnowledgeAudience;
use crate::problem::{Answer, Problem};
use crate::providers::intake::worker_name;
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::workers::Queue;

/// How long a language model may take; well within the lease.
const PATIENCE: Duration = Duration::from_secs(40);

/// A turn that was claimed.
pub struct Claimed {
    conversation_id: Uuid,
    workspace_id: Uuid,
    lease_id: Uuid,
    message_id: Uuid,
    question: String,
    previous_question: Option<String>,
    previous_verdict: Option<String>,
    language: String,
    intent: Option<String>,
    audience: KnowledgeAudience,
    answers_given: i32,
    answer_limit: i32,
    forbidden_topics: Vec<String>,
    texts: Value,
    is_open: bool,
}

impl FromRow for Claimed {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        let Jsonb(texts) = row.try_get("texts")?;
        Ok(Claimed {
            conversation_id: row.try_get("conversation_id")?,
            workspace_id: row.try_get("workspace_id")?,
            lease_id: row.try_get("lease_id")?,
            message_id: row.try_get("message_id")?,
            question: row.try_get("question")?,
            previous_question: row.try_get("previous_question")?,
            previous_verdict: row.try_get("previous_verdict")?,
            language: row.try_get("language")?,
            intent: row.try_get("intent")?,
            audience: row.try_get("audience")?,
            answers_given: row.try_get("answers_given")?,
            answer_limit: row.try_get("answer_limit")?,
            forbidden_topics: row.try_get("forbidden_topics")?,
            texts,
            is_open: row.try_get("is_open")?,
        })
    }
}

impl Claimed {
    fn turn(&self) -> Turn<'_> {
        Turn {
            workspace: self.workspace_id,
            question: &self.question,
            previous_question: self.previous_question.as_deref(),
            previous_verdict: self.previous_verdict.as_deref(),
            language: &self.language,
            intent: self.intent.as_deref(),
            audience: self.audience,
            answers_given: self.answers_given,
            answer_limit: self.answer_limit,
            forbidden_topics: &self.forbidden_topics,
            texts: &self.texts,
            is_open: self.is_open,
            minds_anger: true,
            patience: PATIENCE,
            budget_share: 1.0,
        }
    }
}

/// The queue.
pub struct Turns {
    server: Server,
}

impl Turns {
    /// The queue of this server.
    pub fn new(server: Server) -> Turns {
        Turns { server }
    }

    async fn answer(&self, claimed: &Claimed) -> Answer<Option<String>> {
        let turn = claimed.turn();
        let decision = decide(&self.server, &turn).await?;
        let record = Jsonb(decision.record(&turn));
        let scope = self.server.service().await?;
        let verdict: Option<String> = Statement::new(include_str!("finish.sql"))
            .bind("conversation", &claimed.conversation_id)
            .bind("workspace", &claimed.workspace_id)
            .bind("lease", &claimed.lease_id)
            .bind("message", &claimed.message_id)
            .bind("decision", &record)
            .value(&scope)
            .await?;
        scope.commit().await?;
        Ok(verdict)
    }

    async fn fail(&self, claimed: &Claimed, problem: &Problem) -> Answer<()> {
        let scope = self.server.service().await?;
        let message = problem.chain();
        let _: Option<String> = Statement::new(include_str!("fail.sql"))
            .bind("conversation", &claimed.conversation_id)
            .bind("workspace", &claimed.workspace_id)
            .bind("lease", &claimed.lease_id)
            .bind("message", &message)
            .value(&scope)
            .await?;
        scope.commit().await?;
        Ok(())
    }
}

impl Queue for Turns {
    type Item = Claimed;
    const NAME: &'static str = "assistant";
    // More than one workspace may have at once: a slow language model is waited for.
    const SLOTS: usize = 12;

    async fn claim(&self, most: usize) -> Answer<Vec<Claimed>> {
        let scope = self.server.service().await?;
        let worker = worker_name(Self::NAME);
        let claimed: Vec<Claimed> = Statement::new(include_str!("claim.sql"))
            .bind("most", &(most as i32))
            .bind("worker", &worker)
            .all(&scope)
            .await?;
        scope.commit().await?;
        Ok(claimed)
    }

    async fn work(&self, claimed: Claimed) -> Answer<()> {
        match self.answer(&claimed).await {
            Ok(verdict) => {
                let verdict = verdict.unwrap_or_else(|| "outdated".to_owned());
                metrics::counter!("assistant_turns_total", "verdict" => verdict).increment(1);
                self.server.bells.ring_deliveries();
                self.server.bells.ledger.notify_one();
                Ok(())
            }
            Err(problem) => {
                metrics::counter!("assistant_turns_total", "verdict" => "failed").increment(1);
                self.fail(&claimed, &problem).await?;
                Err(problem)
            }
        }
    }

    fn bell(&self) -> &Notify {
        &self.server.bells.assistant
    }
}
