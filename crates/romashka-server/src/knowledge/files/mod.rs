//! Files into the knowledge.
//!
//! Invariants: a file's article is one, found by its path, however often it is imported; what did not change is not written; a file that cannot be
//! read costs itself only and is in the report with its reason; the process may be killed at any moment and run again.

mod apart;
mod place;
mod report;
mod upload;
mod walk;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use romashka_db::scope::{Database, ScopeError};
use romashka_knowledge::document::{self, Article, Kind, Reading, Refusal};
use uuid::Uuid;

pub use apart::{Reader, read_for_parent, read_page_for_parent};
pub use place::{Known, Placer, Wish};
pub use report::{ArchivedFile, ImportReport, ImportedArticle, Outcome, RefusedFile};
pub(super) use upload::{reader, router};
pub use walk::{Found, find};

/// Articles of one transaction.
const BATCH: usize = 50;

/// What to import and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folders and files.
    pub paths: Vec<PathBuf>,
    /// The name that stands before the paths of what is found; that of the folder when there is none.
    pub source: Option<String>,
    /// The workspace's short name; the default one when there is none.
    pub workspace: Option<String>,
    /// What articles get.
    pub wish: Wish,
    /// Archive the articles of files that are gone.
    pub archives_removed: bool,
    /// Compare, but write nothing.
    pub dry_run: bool,
    /// Bytes above which a file is not read.
    pub size_limit: u64,
}

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A folder or file that was named cannot be opened.
    #[error("{path} cannot be read")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A folder has no file that is known, so that all of its articles would be archived.
    #[error("{0} holds no file that can be imported, so nothing is archived")]
    Empty(PathBuf),
    /// No such workspace.
    #[error("there is no workspace `{0}`")]
    Workspace(String),
    /// The connection failed.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The server refused a statement that does not depend on a file.
    #[error("the database refused the import")]
    Database(#[from] tokio_postgres::Error),
}

/// Imports folders and files. `progress` hears how many of how many files are done; `stop` ends the work after the file at hand.
pub async fn import_files(
    database: &Database,
    options: &Options,
    reader: &Reader,
    stop: &AtomicBool,
    mut progress: impl FnMut(usize, usize, &str),
) -> Result<ImportReport, ImportError> {
    let begun = Instant::now();
    let workspace = place::workspace(database, options.workspace.as_deref()).await?;
    let (files, mut report) = find(&options.paths, options.source.as_deref())?;
    report.dry_run = options.dry_run;
    let placer = Placer::new(
        database.clone(),
        workspace,
        options.wish.clone(),
        options.dry_run,
    );
    let known = placer.known().await?;
    let mut import = Import {
        placer,
        known,
        seen: HashSet::new(),
        report,
    };
    // What lies behind a folder that could not be listed is not gone.
    let unseen: Vec<String> = import
        .report
        .refused
        .iter()
        .map(|refused| refused.file.clone())
        .collect();
    for place in &unseen {
        import.keep(place);
    }
    for (number, file) in files.iter().enumerate() {
        if stop.load(Ordering::Relaxed) {
            import.report.interrupted = true;
            break;
        }
        progress(number, files.len(), &file.path);
        import.file(file, reader, options).await?;
    }
    progress(files.len(), files.len(), "");
    if options.archives_removed && !import.report.interrupted {
        for path in options.paths.iter().filter(|path| path.is_dir()) {
            let root = format!("{}/", walk::root_name(path, options.source.as_deref())?);
            if !import.seen.iter().any(|seen| seen.starts_with(&root)) {
                return Err(ImportError::Empty(path.clone()));
            }
            import.archive(&root).await?;
        }
    }
    import.report.seconds = begun.elapsed().as_secs_f64();
    Ok(import.report)
}

struct Import {
    placer: Placer,
    known: HashMap<String, Known>,
    seen: HashSet<String>,
    report: ImportReport,
}

impl Import {
    async fn file(
        &mut self,
        file: &Found,
        reader: &Reader,
        options: &Options,
    ) -> Result<(), ImportError> {
        self.report.files += 1;
        if Kind::of(&file.path).is_none() {
            self.report.refuse(&file.path, Refusal::UnknownKind);
            return Ok(());
        }
        let too_large = || Refusal::TooLarge {
            message: format!("files have {} MB at most", options.size_limit / 1024 / 1024),
        };
        let unreadable = |error: std::io::Error| Refusal::Unreadable {
            message: error.to_string(),
        };
        let read = async {
            let opened = tokio::fs::File::open(&file.on_disk)
                .await
                .map_err(unreadable)?;
            let mut bytes = Vec::new();
            // A file may grow while it is read.
            tokio::io::AsyncReadExt::read_to_end(
                &mut tokio::io::AsyncReadExt::take(opened, options.size_limit + 1),
                &mut bytes,
            )
            .await
            .map_err(unreadable)?;
            if bytes.len() as u64 > options.size_limit {
                return Err(too_large());
            }
            Ok(bytes)
        };
        match read.await {
            Ok(bytes) => self.bytes(&file.path, &file.folders, bytes, reader).await,
            Err(reason) => {
                self.keep(&file.path);
                self.report.refuse(&file.path, reason);
                Ok(())
            }
        }
    }

    async fn bytes(
        &mut self,
        path: &str,
        folders: &[String],
        bytes: Vec<u8>,
        reader: &Reader,
    ) -> Result<(), ImportError> {
        let checksum = document::checksum(&bytes);
        // What did not change is not even read.
        if self
            .known
            .get(path)
            .is_some_and(|known| known.checksum == checksum && self.placer.leaves(known, None))
        {
            if self.seen.insert(path.to_owned()) {
                self.report.unchanged += 1;
            } else {
                self.report.refuse(path, Refusal::SameName);
            }
            return Ok(());
        }
        match reader.read(path, bytes).await {
            Ok(Reading { articles, refused }) => {
                for part in refused {
                    let whole = format!("{path}{}", part.part);
                    self.keep(&whole);
                    self.report.refuse(&whole, part.reason);
                }
                self.articles(path, folders, articles).await
            }
            Err(reason) => {
                self.keep(path);
                self.report.refuse(path, reason);
                Ok(())
            }
        }
    }

    async fn articles(
        &mut self,
        path: &str,
        folders: &[String],
        articles: Vec<Article>,
    ) -> Result<(), ImportError> {
        let mut changed = Vec::new();
        for mut article in articles {
            let whole = format!("{path}{}", article.part);
            if !self.seen.insert(whole.clone()) {
                self.report.refuse(&whole, Refusal::SameName);
                continue;
            }
            if self.known.get(&whole).is_some_and(|known| {
                known.checksum == article.checksum
                    && self.placer.leaves(known, article.language.as_deref())
            }) {
                self.report.unchanged += 1;
                continue;
            }
            article.part = whole;
            let mut category = folders.to_vec();
            category.append(&mut article.category);
            article.category = category;
            changed.push(article);
        }
        for batch in changed.chunks(BATCH) {
            for (article, outcome) in batch.iter().zip(self.placer.place(batch).await?) {
                match outcome {
                    Ok((id, outcome)) => self.report.took(id, outcome, article),
                    Err(reason) => self.report.refuse(&article.part, reason),
                }
            }
        }
        Ok(())
    }

    /// What cannot be read today is there all the same, with all of its parts.
    fn keep(&mut self, path: &str) {
        self.seen.insert(path.to_owned());
        let parts = self.known.keys().filter(|known| {
            known
                .strip_prefix(path)
                .is_some_and(|rest| rest.starts_with(['/', '#']))
        });
        self.seen.extend(parts.cloned());
    }

    async fn archive(&mut self, root: &str) -> Result<(), ImportError> {
        let present: Vec<String> = self
            .seen
            .iter()
            .filter(|path| path.starts_with(root))
            .cloned()
            .collect();
        self.report
            .archived
            .extend(self.placer.archive_missing(root, &present).await?);
        Ok(())
    }
}

/// The workspace of a short name, else the default one.
pub async fn workspace(database: &Database, slug: Option<&str>) -> Result<Uuid, ImportError> {
    place::workspace(database, slug).await
}
