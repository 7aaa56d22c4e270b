//! Whether the assistant says what it should: sets of questions with what is expected, run by themselves after every change of what the answers
//! depend on, and compared with the run before.
//!
//! Invariants: a question is answered as a customer's would be, by the same code, and nothing of it is sent or counted; a run is recorded whole or
//! not at all; its figures are made by the database from its results.

mod items;
mod judge;
mod junit;
mod queue;
mod running;
mod runs;
mod sets;
mod table;

use utoipa_axum::router::OpenApiRouter;

use crate::state::Server;

pub use judge::Failure;
pub use junit::{junit, told};
pub use queue::Evaluations;
pub use running::{
    ImportedSet, RunError, add_from_conversations, find_or_make_set, import_table, record, run_set,
};
pub use runs::{QuestionSetResult, QuestionSetRun};
pub use table::{TableError, TableRow, read_table};

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .merge(sets::router())
        .merge(items::router())
        .merge(runs::router())
}
