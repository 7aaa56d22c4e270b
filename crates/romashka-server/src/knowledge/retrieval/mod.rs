//! Articles found by meaning: their passages are made in the background, kept in memory a workspace at a time, and asked.
//!
//! Invariants: what is in memory only chooses; the text that is shown is read under the asker's rights at the moment it is shown. Without the
//! model everything goes on, by words alone, and nothing is answered automatically.

mod ask;
pub mod consult;
mod index;
mod indexing;
mod memory;
mod models;

use utoipa_axum::router::OpenApiRouter;

use crate::state::Server;

/// The name of the model, and of its folder.
pub const MODEL: &str = romashka_knowledge::Model::ID;

pub use ask::{AskKnowledge, ask};
pub use consult::{AnswerTier, KnowledgeAnswer};
pub use index::{KnowledgeIndex, index_some, read_index, rebuild_index};
pub use indexing::Indexing;
pub use memory::Memory;
pub use models::Models;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .merge(ask::router())
        .merge(index::router())
}
