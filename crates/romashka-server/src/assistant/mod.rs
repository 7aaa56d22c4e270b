//! The assistant: it takes up what customers write on the channels where it may, answers from the knowledge with its sources, or hands over to a
//! person with a reason.
//!
//! Invariants: it says something only in the commit that also ends its turn and records why; nothing is answered automatically without the
//! model's probability, and what a language model wrote only where it says nothing but what the passages say; once a person is in the conversation, it only suggests.

mod answers;
mod channels;
mod decision;
pub mod endpoint;
mod explanation;
mod suggestions;
mod texts;
mod turns;
pub mod writing;

use utoipa_axum::router::OpenApiRouter;

use crate::state::Server;

pub(crate) use decision::{Decision, HandoffReason, Turn, Verdict, decide};
pub use explanation::{AnswerExplanation, explain};
pub use turns::Turns;

/// How answers are made without a language model: sentences of an article, letter for letter. Its number changes when the same question could be answered otherwise.
pub const METHOD: &str = "extractive-1";

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .merge(answers::router())
        .merge(channels::router())
        .merge(endpoint::router())
        .merge(explanation::router())
        .merge(suggestions::router())
}
