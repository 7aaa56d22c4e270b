//! Articles of files into the database.
//!
//! Invariant: a batch is one transaction. When the server refuses it, each article of it is tried alone, so that one that cannot be stored costs
//! itself only.

use std::collections::HashMap;

use romashka_db::scope::{Actor, Claims, Database, OwnedScope, Surroundings};
use romashka_knowledge::document::{Article, Refusal};
use uuid::Uuid;

use super::{ArchivedFile, ImportError, Outcome};

const PLACE: &str = include_str!("place.sql");
const KNOWN: &str = include_str!("known.sql");
const ARCHIVE: &str = include_str!("archive.sql");

/// What articles get. What is absent is the database's own for new articles, and stays as it is for others.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// `active` or `draft`.
    pub status: Option<String>,
    /// The language, where the file names none.
    pub language: Option<String>,
    /// `public`, `signed_in` or `internal`.
    pub audience: Option<String>,
    /// The category that the folders are below, outermost first.
    pub category: Vec<String>,
}

/// What is known of a file.
#[derive(Clone, Debug)]
pub struct Known {
    /// The checksum of what was read last; empty when the file was gone.
    pub checksum: String,
    language: String,
    audience: String,
    status: String,
}

/// Where articles go, and for whom it is done.
pub struct Placer {
    database: Database,
    workspace: Uuid,
    claims: Claims,
    wish: Wish,
    dry_run: bool,
}

pub(super) async fn workspace(
    database: &Database,
    slug: Option<&str>,
) -> Result<Uuid, ImportError> {
    let scope = database
        .begin(&Claims::installation(), &Surroundings::default())
        .await?;
    let found = match slug {
        None => scope
            .query_one("select public.current_workspace_id()", &[])
            .await?
            .get(0),
        Some(slug) => scope
            .query_opt("select id from public.workspaces where slug = $1", &[&slug])
            .await?
            .map(|row| row.get(0))
            .ok_or_else(|| ImportError::Workspace(slug.to_owned()))?,
    };
    scope.commit().await?;
    Ok(found)
}

impl Placer {
    /// For the installation itself.
    pub fn new(database: Database, workspace: Uuid, wish: Wish, dry_run: bool) -> Placer {
        Placer {
            database,
            workspace,
            claims: Claims::service(workspace, Actor::System),
            wish,
            dry_run,
        }
    }

    async fn begin(&self) -> Result<OwnedScope, ImportError> {
        Ok(self
            .database
            .begin(&self.claims, &Surroundings::default())
            .await?)
    }

    /// What is known of the workspace's files.
    pub async fn known(&self) -> Result<HashMap<String, Known>, ImportError> {
        let scope = self.begin().await?;
        let rows = scope.query(KNOWN, &[&self.workspace]).await?;
        scope.commit().await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let known = Known {
                    checksum: row.get(1),
                    language: row.get(2),
                    audience: row.get(3),
                    status: row.get(4),
                };
                (row.get(0), known)
            })
            .collect())
    }

    /// Whether an article of the same checksum has what is wished already.
    pub fn leaves(&self, known: &Known, language: Option<&str>) -> bool {
        let is = |wished: Option<&str>, value: &str| wished.is_none_or(|wished| wished == value);
        is(language.or(self.wish.language.as_deref()), &known.language)
            && is(self.wish.audience.as_deref(), &known.audience)
            && !(known.status == "draft" && self.wish.status.as_deref() == Some("active"))
    }

    /// Makes or changes articles; of each what became of it, or why it was not taken.
    pub async fn place(
        &self,
        articles: &[Article],
    ) -> Result<Vec<Result<(Uuid, Outcome), Refusal>>, ImportError> {
        match self.together(articles).await {
            Ok(outcomes) => Ok(outcomes.into_iter().map(Ok).collect()),
            Err(error) if refusal(&error).is_some() => {
                let mut outcomes = Vec::with_capacity(articles.len());
                for article in articles {
                    let one = self.together(std::slice::from_ref(article)).await;
                    outcomes.push(match one {
                        Ok(mut one) => one.pop().ok_or_else(|| Refusal::Refused {
                            message: "no row".to_owned(),
                        }),
                        Err(error) => Err(refusal(&error).ok_or(error)?),
                    });
                }
                Ok(outcomes)
            }
            Err(error) => Err(error),
        }
    }

    async fn together(&self, articles: &[Article]) -> Result<Vec<(Uuid, Outcome)>, ImportError> {
        let scope = self.begin().await?;
        let mut outcomes = Vec::with_capacity(articles.len());
        for article in articles {
            outcomes.push(place_in(&scope, &self.wish, self.workspace, article).await?);
        }
        self.end(scope).await?;
        Ok(outcomes)
    }

    /// A dry run does everything, and takes it back.
    async fn end(&self, scope: OwnedScope) -> Result<(), ImportError> {
        if !self.dry_run {
            scope.commit().await?;
        }
        Ok(())
    }

    /// Archives the articles whose files are below `root` and not present.
    pub async fn archive_missing(
        &self,
        root: &str,
        present: &[String],
    ) -> Result<Vec<ArchivedFile>, ImportError> {
        let scope = self.begin().await?;
        let rows = scope
            .query(ARCHIVE, &[&root, &present, &self.workspace])
            .await?;
        self.end(scope).await?;
        Ok(rows
            .into_iter()
            .map(|row| ArchivedFile {
                article_id: row.get(0),
                file: row.get(1),
            })
            .collect())
    }
}

/// Makes or changes one article in a transaction.
pub(super) async fn place_in(
    scope: &OwnedScope,
    wish: &Wish,
    workspace: Uuid,
    article: &Article,
) -> Result<(Uuid, Outcome), tokio_postgres::Error> {
    let mut category = wish.category.clone();
    category.extend(article.category.iter().cloned());
    category.truncate(16);
    let language = article.language.as_ref().or(wish.language.as_ref());
    let statement = scope.prepare_cached(PLACE).await?;
    let row = scope
        .query_one(
            &statement,
            &[
                &article.part,
                &article.checksum,
                &article.title,
                &article.content,
                &category,
                &language,
                &wish.audience,
                &wish.status,
                &workspace,
            ],
        )
        .await?;
    let outcome = match row.get(1) {
        "created" => Outcome::Created,
        "changed" => Outcome::Changed,
        _ => Outcome::Unchanged,
    };
    Ok((row.get(0), outcome))
}

/// Why the server refused an article, where it is about the article: data, constraints, two at one row, limits, the verbs' own refusals.
fn refusal(error: &ImportError) -> Option<Refusal> {
    let (ImportError::Database(error)
    | ImportError::Scope(romashka_db::scope::ScopeError::Database(error))) = error
    else {
        return None;
    };
    let said = error.as_db_error()?;
    let is_about_it = matches!(
        &said.code().code()[..2],
        "22" | "23" | "40" | "54" | "RM" | "P0"
    );
    is_about_it.then(|| Refusal::Refused {
        message: said.message().to_owned(),
    })
}
