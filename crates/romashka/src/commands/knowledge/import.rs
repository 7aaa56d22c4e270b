//! `romashka knowledge import`: folders of files become articles, and stay in step with them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args as ClapArgs, ValueEnum};
use romashka_db::scope::Database;
use romashka_server::knowledge::files::{
    ImportError, ImportReport, Options, Outcome, Reader, Wish, import_files,
};

use crate::context::Context;
use crate::exit::{Exit, failure};
use crate::stop::Stop;

/// Make articles of files, and bring them up to date when the files change
///
/// Takes PDF, DOCX, HTML, Markdown, text, CSV (an article in each row: title or question, content or answer, category,
/// language) and ZIP archives of these. Folders become categories. A file that changed becomes a new version of its
/// article; one that did not costs nothing.
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka knowledge import handbook/ --dry-run
  romashka knowledge import handbook/ --publish --language de --category Handbook
  romashka knowledge import handbook/ --archive-removed
  romashka knowledge import faq.csv manual.pdf --audience internal --json

New articles are drafts without --publish. What a person changed stays: a category, tags, an archived article; a
text that was changed is one of the article's versions when its file changes, too. What was not taken is in the
report with its reason. Exit code 1: the database refused something. docs/knowledge.md has the details.")]
pub struct Args {
    /// Folders and files to import
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Publish new articles, and drafts of an earlier import
    #[arg(long, conflicts_with = "draft")]
    publish: bool,
    /// Make new articles drafts, which is also what happens without --publish
    #[arg(long)]
    draft: bool,
    /// Language of the articles, as de or pt-BR; new ones are English without it
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Who may be shown the articles; new ones are public without it
    #[arg(long, value_enum, value_name = "WHO")]
    audience: Option<Audience>,
    /// Category that the folders are put below, with / between it and those above
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
    /// Name by which the files are known from now on, instead of the folder's
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Archive articles of these folders whose files are gone
    #[arg(long)]
    archive_removed: bool,
    /// Workspace that receives the articles, by its short name
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// Do not read files larger than this many megabytes
    #[arg(long, value_name = "MEGABYTES", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=512))]
    limit_mb: u64,
    /// Read and compare, but write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Who may be shown an article.
#[derive(Clone, Copy, ValueEnum)]
enum Audience {
    /// Everybody
    Public,
    /// Customers who have proved who they are
    SignedIn,
    /// Members
    Internal,
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let names = |path: &str| -> Vec<String> {
        path.split('/')
            .map(|part| part.trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect()
    };
    let status = match (arguments.publish, arguments.draft) {
        (true, _) => Some("active"),
        (false, true) => Some("draft"),
        (false, false) => None,
    };
    let audience = arguments.audience.map(|audience| match audience {
        Audience::Public => "public",
        Audience::SignedIn => "signed_in",
        Audience::Internal => "internal",
    });
    let options = Options {
        paths: arguments.paths,
        source: arguments.source.map(|name| names(&name).join("/")),
        workspace: arguments.workspace,
        wish: Wish {
            status: status.map(str::to_owned),
            language: arguments.language,
            audience: audience.map(str::to_owned),
            category: arguments.category.as_deref().map(names).unwrap_or_default(),
        },
        archives_removed: arguments.archive_removed,
        dry_run: arguments.dry_run,
        size_limit: arguments.limit_mb * 1024 * 1024,
    };
    let reader = Reader::new(std::env::current_exe()?);
    let settings = context.settings()?;
    // Says in words why a database is out of reach, before any file is opened.
    drop(context.connect_to(&settings).await?);
    let database = Database::new(&settings)?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut asked = Stop::new()?;
    let listener = tokio::spawn({
        let stop = Arc::clone(&stop);
        async move {
            asked.asked().await;
            stop.store(true, Ordering::Relaxed);
        }
    });
    let bar = context.console.bar(0, "importing");
    let result = import_files(&database, &options, &reader, &stop, |done, all, _| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })
    .await;
    listener.abort();
    bar.finish_and_clear();
    database.close();
    let report = result.map_err(explain)?;
    context.console.json(&report)?;
    print(context, &report);
    Ok(if report.interrupted {
        Exit::Interrupted
    } else if report.refused.iter().any(|file| file.code == "refused") {
        Exit::Failure
    } else {
        Exit::Ok
    })
}

fn explain(error: ImportError) -> anyhow::Error {
    let (exit, next) = match &error {
        ImportError::Read { .. } => (
            Exit::Usage,
            "check the name and the permissions of the folder or file",
        ),
        ImportError::Empty(_) => (
            Exit::Refused,
            "check that the folder is the right one and is there; to put everything away, archive the articles themselves",
        ),
        ImportError::Workspace(_) => (Exit::Usage, "give the short name of an existing workspace"),
        ImportError::Scope(_) | ImportError::Database(_) => (
            Exit::Failure,
            "check the database (romashka migrate status) and run the command again: it goes on where it stopped",
        ),
    };
    let mut said = failure(exit, &error).next(next);
    if let Some(cause) = std::error::Error::source(&error) {
        said = said.because(cause.to_string());
    }
    said.into()
}

fn print(context: &Context, report: &ImportReport) {
    let console = &context.console;
    let conditional = if report.dry_run { "would be " } else { "" };
    console.passed(format_args!(
        "{} files in {:.1} s: {} articles {conditional}new, {} {conditional}changed, {} unchanged",
        report.files, report.seconds, report.created, report.changed, report.unchanged
    ));
    for article in report.articles.iter().take(20) {
        let sign = match article.outcome {
            Outcome::Created => '+',
            Outcome::Changed | Outcome::Unchanged => '~',
        };
        console.line(format_args!("  {sign} {}: {}", article.file, article.title));
    }
    if report.articles.len() > 20 {
        console.line("  … and more: --json lists them all");
    }
    if !report.archived.is_empty() {
        console.line(format_args!(
            "  {} articles {conditional}archived, whose files are gone",
            report.archived.len()
        ));
    }
    if !report.refused.is_empty() {
        console.doubtful(format_args!("{} not taken:", report.refused.len()));
    }
    for refused in &report.refused {
        console.line(format_args!("  {}: {}", refused.file, refused.reason));
    }
    if report.interrupted {
        console.doubtful("stopped before the end: run the command again to go on");
    }
}
