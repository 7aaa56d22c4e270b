//! What an import did.

use romashka_knowledge::document::{Article, Refusal};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What became of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is new.
    Created,
    /// Its text, language, readers or status changed.
    Changed,
    /// It was so already.
    Unchanged,
}

/// An article that was made or changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportedArticle {
    /// The article; nothing in a dry run for what would be new.
    pub article_id: Option<Uuid>,
    /// Where it was read.
    pub file: String,
    /// Its heading.
    pub title: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// An article whose file is gone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ArchivedFile {
    /// The article.
    pub article_id: Uuid,
    /// Where it had been read.
    pub file: String,
}

/// A file, or a part of one, that was not taken.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RefusedFile {
    /// Which.
    pub file: String,
    /// Why, as a code that stays the same.
    pub code: &'static str,
    /// Why, in words.
    pub reason: String,
}

/// What an import did.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ImportReport {
    /// Whether it only compared.
    pub dry_run: bool,
    /// Whether it was stopped before the end.
    pub interrupted: bool,
    /// Files that were looked at.
    pub files: u64,
    /// Articles that are new.
    pub created: u64,
    /// Articles that changed.
    pub changed: u64,
    /// Articles that were so already.
    pub unchanged: u64,
    /// The new and the changed ones.
    pub articles: Vec<ImportedArticle>,
    /// Articles that were archived, because their files are gone.
    pub archived: Vec<ArchivedFile>,
    /// What was not taken.
    pub refused: Vec<RefusedFile>,
    /// How long it took.
    pub seconds: f64,
}

impl ImportReport {
    pub(super) fn refuse(&mut self, file: &str, reason: Refusal) {
        self.refused.push(RefusedFile {
            file: file.to_owned(),
            code: reason.code(),
            reason: reason.to_string(),
        });
    }

    pub(super) fn took(&mut self, id: Uuid, outcome: Outcome, article: &Article) {
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::Changed => self.changed += 1,
            Outcome::Unchanged => {
                self.unchanged += 1;
                return;
            }
        }
        self.articles.push(ImportedArticle {
            // What a dry run made is gone again.
            article_id: (!(self.dry_run && outcome == Outcome::Created)).then_some(id),
            file: article.part.clone(),
            title: article.title.clone(),
            outcome,
        });
    }
}
