//! The queue of question sets that are to be run, after changes or because somebody asked.

use serde_json::Value;
use tokio::sync::Notify;
use tokio_postgres::types::Json as Jsonb;
use uuid::Uuid;

use super::running::{RunError, run_set};
use crate::knowledge::items::KnowledgeAudience;
use crate::problem::{Answer, Problem};
use crate::providers::intake::worker_name;
use crate::record;
use crate::state::Server;
use crate::statement::Statement;
use crate::workers::Queue;

record! {
    /// A set that was claimed.
    pub struct Claimed {
        /// The set.
        pub question_set_id: Uuid,
        /// Its workspace.
        pub workspace_id: Uuid,
        /// Proof of the claim.
        pub lease_id: Uuid,
        /// The language of its questions.
        pub language: String,
        /// For whom answers are looked for.
        pub audience: KnowledgeAudience,
    }
}

/// The queue.
pub struct Evaluations {
    server: Server,
}

impl Evaluations {
    /// The queue of this server; nothing without a model, for then nothing would be answered.
    pub fn new(server: Server) -> Option<Evaluations> {
        server.models.is_there().then_some(Evaluations { server })
    }

    async fn run(&self, claimed: &Claimed) -> Result<(), RunError> {
        let run = run_set(
            &self.server,
            claimed.workspace_id,
            claimed.question_set_id,
            &claimed.language,
            claimed.audience,
            |_, _| {},
        )
        .await?;
        Ok(self.finish(claimed, Some(run)).await?)
    }

    /// Ends the turn: with what was found, or, of a set without questions, with nothing.
    async fn finish(&self, claimed: &Claimed, run: Option<Value>) -> Answer<()> {
        let run = run.map(Jsonb);
        let scope = self.server.service().await?;
        let _: Option<Uuid> = Statement::new(include_str!("finish.sql"))
            .bind("id", &claimed.question_set_id)
            .bind("workspace", &claimed.workspace_id)
            .bind("lease", &claimed.lease_id)
            .bind("run", &run)
            .value(&scope)
            .await?;
        Ok(scope.commit().await?)
    }

    async fn fail(&self, claimed: &Claimed, problem: &Problem) -> Answer<()> {
        let scope = self.server.service().await?;
        let message = problem.chain();
        let _: Option<String> = Statement::new(include_str!("fail.sql"))
            .bind("id", &claimed.question_set_id)
            .bind("workspace", &claimed.workspace_id)
            .bind("lease", &claimed.lease_id)
            .bind("message", &message)
            .value(&scope)
            .await?;
        scope.commit().await?;
        Ok(())
    }
}

impl Queue for Evaluations {
    type Item = Claimed;
    const NAME: &'static str = "question_sets";
    /// One at a time: customers' questions need the same model.
    const SLOTS: usize = 1;

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
        match self.run(&claimed).await {
            Ok(()) => Ok(()),
            Err(RunError::Empty) => self.finish(&claimed, None).await,
            Err(error) => {
                let problem = match error {
                    RunError::Problem(problem) => problem,
                    other => Problem::internal(other),
                };
                self.fail(&claimed, &problem).await?;
                Err(problem)
            }
        }
    }

    fn bell(&self) -> &Notify {
        &self.server.bells.question_sets
    }
}
