//! The queue of articles whose passages are made.

use std::sync::atomic::{AtomicBool, Ordering};

use romashka_knowledge::sentence::sentences;
use romashka_knowledge::{Model, Packed, Passage, passages};
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use super::models::NoVector;
use crate::problem::Answer;
use crate::providers::intake::worker_name;
use crate::record;
use crate::state::Server;
use crate::statement::Statement;
use crate::workers::Queue;

/// Texts that are computed in one turn, so that a question waits for no whole book.
const TURN: usize = 16;

record! {
    /// An article that was claimed.
    pub struct Claimed {
        /// The article.
        pub knowledge_item_id: Uuid,
        /// Its workspace.
        pub workspace_id: Uuid,
        /// Proof of the claim.
        pub lease_id: Uuid,
        /// Which of its texts this is.
        pub version: i32,
        /// Its heading.
        pub title: String,
        /// Its text.
        pub content: String,
    }
}

/// The queue.
pub struct Indexing {
    server: Server,
    has_begun: AtomicBool,
}

/// What is stored of an article.
#[derive(Default)]
struct Index {
    headings: Vec<Vec<String>>,
    contents: Vec<String>,
    embeddings: Vec<Vec<u8>>,
    bounds: Vec<Vec<usize>>,
    sentences: Vec<Vec<String>>,
}

impl Indexing {
    /// The queue of this server; none where there is no model.
    pub fn new(server: Server) -> Option<Indexing> {
        server.models.is_there().then_some(Indexing {
            server,
            has_begun: AtomicBool::new(false),
        })
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Packed>, NoVector> {
        let mut vectors = Vec::with_capacity(texts.len());
        for turn in texts.chunks(TURN) {
            vectors.extend(self.server.models.embed(turn.to_vec()).await?);
        }
        Ok(vectors)
    }

    async fn index(&self, claimed: &Claimed) -> Result<Index, NoVector> {
        let parts = passages(&claimed.title, &claimed.content);
        let texts: Vec<String> = parts
            .iter()
            .map(|passage| passage.with_context(&claimed.title))
            .collect();
        let mut index = Index {
            embeddings: self
                .embed(&texts)
                .await?
                .iter()
                .map(Packed::to_bytes)
                .collect(),
            ..Index::default()
        };
        for Passage {
            position,
            path,
            text,
        } in parts
        {
            // The title is found by and never quoted.
            let ranges = if position == 0 {
                Vec::new()
            } else {
                sentences(&text)
            };
            let quoted: Vec<String> = ranges
                .iter()
                .map(|range| text[range.clone()].to_owned())
                .collect();
            let vectors = self.embed(&quoted).await?;
            index.sentences.push(
                vectors
                    .iter()
                    .map(|vector| data_encoding::HEXLOWER.encode(&vector.to_bytes()))
                    .collect(),
            );
            index.bounds.push(
                ranges
                    .iter()
                    .flat_map(|range| [range.start, range.end])
                    .collect(),
            );
            index.headings.push(path);
            index.contents.push(text);
        }
        Ok(index)
    }

    async fn finish(&self, claimed: &Claimed, index: &Index) -> Answer<bool> {
        let scope = self.server.service().await?;
        let (headings, bounds, sentences): (Value, Value, Value) = (
            json!(index.headings),
            json!(index.bounds),
            json!(index.sentences),
        );
        let is_ours: bool = Statement::new(include_str!("finish.sql"))
            .bind("item", &claimed.knowledge_item_id)
            .bind("workspace", &claimed.workspace_id)
            .bind("lease", &claimed.lease_id)
            .bind("version", &claimed.version)
            .bind("model", &Model::ID)
            .bind("headings", &headings)
            .bind("contents", &index.contents)
            .bind("embeddings", &index.embeddings)
            .bind("sentence_bounds", &bounds)
            .bind("sentence_embeddings", &sentences)
            .value(&scope)
            .await?;
        scope.commit().await?;
        Ok(is_ours)
    }

    async fn fail(&self, claimed: &Claimed, error: &NoVector) -> Answer<()> {
        let scope = self.server.service().await?;
        let message = error.to_string();
        let _: Option<String> = Statement::new(include_str!("fail.sql"))
            .bind("item", &claimed.knowledge_item_id)
            .bind("workspace", &claimed.workspace_id)
            .bind("lease", &claimed.lease_id)
            .bind("message", &message)
            .value(&scope)
            .await?;
        scope.commit().await?;
        Ok(())
    }
}

impl Queue for Indexing {
    type Item = Claimed;
    const NAME: &'static str = "knowledge";
    const SLOTS: usize = 2;

    async fn claim(&self, most: usize) -> Answer<Vec<Claimed>> {
        let scope = self.server.service().await?;
        if !self.has_begun.load(Ordering::Relaxed) {
            let _: i64 = Statement::new(include_str!("other_models.sql"))
                .bind("model", &Model::ID)
                .value(&scope)
                .await?;
        }
        let worker = worker_name(Self::NAME);
        let claimed: Vec<Claimed> = Statement::new(include_str!("claim.sql"))
            .bind("most", &(most as i32))
            .bind("worker", &worker)
            .all(&scope)
            .await?;
        scope.commit().await?;
        self.has_begun.store(true, Ordering::Relaxed);
        if claimed.is_empty() {
            self.server.models.rest();
        }
        Ok(claimed)
    }

    async fn work(&self, claimed: Claimed) -> Answer<()> {
        let outcome = match self.index(&claimed).await {
            Ok(index) if self.finish(&claimed, &index).await? => "indexed",
            Ok(_) => "outdated",
            Err(error) => {
                tracing::warn!(%error, article = %claimed.knowledge_item_id, "an article's passages could not be made");
                self.fail(&claimed, &error).await?;
                "failed"
            }
        };
        metrics::counter!("articles_indexed_total", "outcome" => outcome).increment(1);
        Ok(())
    }

    fn bell(&self) -> &Notify {
        &self.server.bells.knowledge
    }
}
