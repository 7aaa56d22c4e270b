//! `romashka knowledge scan`: the pages of websites become articles, and stay in step with them.

use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use romashka_server::knowledge::scans::{
    KnowledgeScan, KnowledgeScanPage, OwnScan, ScanPageKind, ScanPageStatus, ScanSettings,
    ScanStatus,
};
use romashka_server::problem::{Code, Problem};
use serde::Serialize;
use serde_json::json;

use super::open;
use crate::context::Context;
use crate::exit::{Exit, failure};
use crate::stop::Stop;

/// Between two looks at the scan while another process works on it or its site is given a pause.
const LOOK: Duration = Duration::from_millis(200);
/// Addresses that a report lists.
const MOST_LISTED: i64 = 50_000;
/// Addresses that are shown without --json.
const SHOWN: usize = 40;

/// Make articles of the pages of a website, and bring them up to date when the pages change
///
/// Reads robots.txt and sitemaps, follows links on the same host, keeps the main text of each page and drops what says
/// the same as another. One request at a time, with a pause between two.
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka knowledge scan https://example.com/help
  romashka knowledge scan example.com --depth 3 --pages 500 --publish
  romashka knowledge scan https://example.com --archive-gone        again, whenever it changed
  romashka knowledge scan https://example.com --no-wait             leave it to the running servers

New articles are drafts without --publish. An article that somebody edited is never written over: when its page
changes it is put up for review. Ctrl-C ends the scan, and what was read stays; when the command is killed, the
running servers go on with it.
Exit codes: 0 done, 1 nothing could be read or the database failed, 2 an address or a number is refused.
docs/knowledge.md has the details.")]
pub struct Args {
    /// Where to begin
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
    /// Follow so many links one after the other
    #[arg(long, value_name = "LINKS", default_value_t = 2)]
    depth: i32,
    /// Ask for so many pages at most
    #[arg(long, value_name = "PAGES", default_value_t = 50)]
    pages: i32,
    /// End after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600.0)]
    seconds: f64,
    /// Receive so many megabytes at most
    #[arg(long, value_name = "MEGABYTES", default_value_t = 200)]
    megabytes: i64,
    /// Wait so many seconds between two requests
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    pause: f64,
    /// Do not ask robots.txt, for a site of your own
    #[arg(long)]
    ignore_robots: bool,
    /// Do not look at sitemaps
    #[arg(long)]
    no_sitemap: bool,
    /// Publish new articles, and drafts of an earlier scan
    #[arg(long, conflicts_with = "no_articles")]
    publish: bool,
    /// Keep the text of the pages, and make no articles of it
    #[arg(long)]
    no_articles: bool,
    /// Language of pages that name none, as de or pt-BR; English without it
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Who may be shown new articles
    #[arg(long, value_enum, value_name = "WHO", default_value = "public")]
    audience: Audience,
    /// Archive articles whose pages are gone, unless somebody edited them
    #[arg(long)]
    archive_gone: bool,
    /// Workspace that receives the articles, by its short name
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// Order the scan, and leave it to the running servers
    #[arg(long)]
    no_wait: bool,
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

/// What a scan came to.
#[derive(Serialize)]
struct Report<'a> {
    scan: &'a KnowledgeScan,
    pages: &'a [KnowledgeScanPage],
}

impl Args {
    fn settings(&self) -> anyhow::Result<ScanSettings> {
        let articles = match (self.publish, self.no_articles) {
            (true, _) => "publish",
            (false, true) => "none",
            (false, false) => "draft",
        };
        let audience = match self.audience {
            Audience::Public => "public",
            Audience::SignedIn => "signed_in",
            Audience::Internal => "internal",
        };
        Ok(serde_json::from_value(json!({
            "maxDepth": self.depth,
            "maxPages": self.pages,
            "maxSeconds": self.seconds,
            "maxMegabytes": self.megabytes,
            "delaySeconds": self.pause,
            "respectRobots": !self.ignore_robots,
            "useSitemap": !self.no_sitemap,
            "articles": articles,
            "language": self.language,
            "audience": audience,
            "archiveGone": self.archive_gone,
        }))?)
    }
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let wanted = arguments.settings()?;
    let (server, workspace) = open(arguments.workspace.as_deref(), context).await?;
    let mut stop = Stop::new()?;
    let own = OwnScan::order(&server, workspace, &arguments.urls, &wanted)
        .await
        .map_err(explain)?;
    let mut state = own.read().await.map_err(explain)?;
    if arguments.no_wait {
        context.console.json(&Report {
            scan: &state,
            pages: &[],
        })?;
        context.console.passed(format_args!(
            "ordered; GET /api/v1/knowledge/scans/{} says how it stands",
            state.id
        ));
        return Ok(Exit::Ok);
    }
    let bar = context.console.bar(0, "scanning");
    let mut is_stopped = false;
    while is_open(&state) && !is_stopped {
        // A request is finished when a signal comes; what comes after it is left to whoever goes on.
        if !own.go_on().await.map_err(explain)? {
            tokio::select! {
                () = stop.asked() => is_stopped = true,
                () = tokio::time::sleep(LOOK) => {}
            }
        } else {
            tokio::select! {
                biased;
                () = stop.asked() => is_stopped = true,
                () = std::future::ready(()) => {}
            }
        }
        state = own.read().await.map_err(explain)?;
        bar.set_length(u64::try_from(state.pages_found).unwrap_or_default());
        bar.set_position(u64::try_from(state.pages_processed).unwrap_or_default());
    }
    bar.finish_and_clear();
    if is_stopped && is_open(&state) {
        own.cancel().await.map_err(explain)?;
        state = own.read().await.map_err(explain)?;
    }
    let pages = own.pages(MOST_LISTED).await.map_err(explain)?;
    context.console.json(&Report {
        scan: &state,
        pages: &pages,
    })?;
    print(context, &state, &pages);
    if state.status == ScanStatus::Failed && is_without_https(&arguments.urls, &pages) {
        context
            .console
            .line("  next: where the site has no https, write http:// before its address");
    }
    Ok(match state.status {
        ScanStatus::Completed => Exit::Ok,
        ScanStatus::Cancelled => Exit::Interrupted,
        _ => Exit::Failure,
    })
}

/// Whether an address that was written without a scheme could not be reached by the one that was taken for it.
fn is_without_https(urls: &[String], pages: &[KnowledgeScanPage]) -> bool {
    urls.iter().any(|url| !url.contains("://"))
        && pages.iter().any(|page| {
            let code = page.code.as_deref();
            page.url.starts_with("https://") && matches!(code, Some("connection" | "tls"))
        })
}

fn is_open(state: &KnowledgeScan) -> bool {
    matches!(
        state.status,
        ScanStatus::Pending | ScanStatus::Scanning | ScanStatus::Processing
    )
}

fn explain(problem: Problem) -> anyhow::Error {
    if problem.code() == Code::InvalidRequest {
        return failure(Exit::Usage, problem.words())
            .next("romashka knowledge scan --help says what is taken; ROMASHKA_SCAN_NETWORKS allows websites in-house")
            .into();
    }
    failure(Exit::Failure, problem.title())
        .next("check the database: romashka migrate status")
        .into()
}

fn print(context: &Context, state: &KnowledgeScan, pages: &[KnowledgeScanPage]) {
    let console = &context.console;
    let pages: Vec<&KnowledgeScanPage> = pages
        .iter()
        .filter(|page| page.kind == ScanPageKind::Page || page.status == ScanPageStatus::Failed)
        .collect();
    let count = |wanted: ScanPageStatus| pages.iter().filter(|page| page.status == wanted).count();
    let summary = format!(
        "{} pages taken, {} unchanged, {} duplicates, {} gone, {} left out, {} failed",
        count(ScanPageStatus::Taken),
        count(ScanPageStatus::Unchanged),
        count(ScanPageStatus::Duplicate),
        count(ScanPageStatus::Gone),
        count(ScanPageStatus::Excluded),
        count(ScanPageStatus::Failed)
    );
    match state.status {
        ScanStatus::Completed => console.passed(summary),
        ScanStatus::Cancelled => console.doubtful(format_args!("stopped: {summary}")),
        _ => console.failed(format_args!("nothing could be read: {summary}")),
    }
    for page in pages.iter().take(SHOWN) {
        let sign = match page.status {
            ScanPageStatus::Taken => '+',
            ScanPageStatus::Gone => '-',
            ScanPageStatus::Failed => '!',
            _ => ' ',
        };
        let reason = match (&page.code, &page.detail) {
            (Some(code), Some(detail)) => format!(" ({code}: {detail})"),
            (Some(code), None) => format!(" ({code})"),
            (None, Some(detail)) => format!(" (as {detail})"),
            (None, None) => String::new(),
        };
        console.line(format_args!("  {sign} {}{reason}", page.url));
    }
    if pages.len() > SHOWN {
        console.line("  … and more: --json lists them all");
    }
}
