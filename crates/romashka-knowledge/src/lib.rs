//! From articles to answers that can be checked: passages, vectors, retrieval, the decision whether to answer, and the answer's words.
//!
//! Invariant: no database and no network. What is said is said in the words of a passage, and every figure can be computed again from what
//! was kept of the question. The measurements behind the numbers are named where the numbers stand.

pub mod contact_details;
pub mod document;
pub mod extract;
pub mod figures;
pub mod fusion;
pub mod gate;
pub mod grounding;
pub mod matrix;
pub mod model;
pub mod mood;
pub mod pages;
pub mod passage;
pub mod sentence;
pub mod vector;
pub mod wish;
pub mod words;

pub use contact_details::masked;
pub use extract::{Extract, Sentence, extract};
pub use fusion::{Lexical, Ranked, rank};
pub use gate::{Calibration, Evidence, Thresholds, Tier};
pub use grounding::{Grounded, Source, Ungrounded, ground};
pub use matrix::{Key, Matrix};
pub use model::{Model, ModelError};
pub use mood::is_angry;
pub use passage::{Passage, passages};
pub use vector::{Packed, Vector};
pub use wish::{Wish, follows_on, mentions, wish};
