//! `romashka seed`: demo content, and loads for measuring.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use indicatif::ProgressBar;
use romashka_db::seed::{self, Added, LoadEvent, LoadOptions, LoadReport, SeedError};

use crate::console::Console;
use crate::context::Context;
use crate::exit::{Exit, Failure, failure};
use crate::stop::Stop;

/// Fill the database with demo content, or with a large load
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  romashka seed --demo                            a fictional shop with six weeks of history
  romashka seed --load                            100,000 conversations of 10 messages
  romashka seed --load 5000 --messages 6          a smaller load
  romashka seed --load --articles                 with 20,000 articles

The demo may be added as often as you like: what is there stays as it is. A load is added each time, to
the default workspace; Ctrl-C ends it after the current batch, and what is there by then is consistent.
One that is killed leaves slow searches: romashka verify --fix, or the next seed, makes their indexes again.
Nobody else can write while a load runs.")]
pub struct Args {
    /// Add the demo content
    #[arg(long, required_unless_present = "load", conflicts_with = "load")]
    demo: bool,
    /// Add N conversations
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "100000", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    load: Option<u64>,
    /// Messages of a conversation, on average
    #[arg(long, value_name = "M", default_value_t = 10, requires = "load", value_parser = clap::value_parser!(u32).range(1..=1000))]
    messages: u32,
    /// How many agents answer
    #[arg(long, value_name = "A", default_value_t = 20, requires = "load", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    agents: u32,
    /// Add K articles
    #[arg(long, value_name = "K", num_args = 0..=1, default_value_t = 0, default_missing_value = "20000", requires = "load", value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    articles: u32,
    /// Spread the conversations over so many days until now
    #[arg(long, value_name = "D", default_value_t = 90, requires = "load", value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
    /// The same seed makes the same content, at times relative to now
    #[arg(long, value_name = "S", default_value_t = 1, requires = "load")]
    seed: u64,
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    match arguments.load {
        None => {
            let mut client = context.connect().await?;
            add_demo(&mut client, &context.console).await?;
            Ok(Exit::Ok)
        }
        Some(conversations) => {
            let options = LoadOptions {
                conversations,
                messages: arguments.messages,
                agents: arguments.agents,
                articles: arguments.articles,
                days: arguments.days,
                seed: arguments.seed,
            };
            load(options, context).await
        }
    }
}

fn failed(error: SeedError) -> Failure {
    let next = error.next_step();
    let exit = match error {
        SeedError::NotOwner { .. } => Exit::Refused,
        _ => Exit::Failure,
    };
    failure(exit, &error).next(next).because(error)
}

/// Adds the demo content and says what was added.
pub(super) async fn add_demo(
    client: &mut tokio_postgres::Client,
    console: &Console,
) -> anyhow::Result<()> {
    let spinner = console.spinner("adding demo content");
    let outcome = seed::demo(client).await;
    spinner.finish_and_clear();
    let added = outcome.map_err(failed)?;
    console.json(&added)?;
    if added.is_empty() {
        console.passed("the demo content is there already; nothing was changed");
    } else {
        let rows: i64 = added.iter().map(|one| one.rows).sum();
        console.passed(format_args!("demo content was added ({rows} rows)"));
        console.table(
            ["  table", "rows"],
            added
                .iter()
                .map(|Added { table, rows }| [format!("  {table}"), rows.to_string()]),
        );
    }
    Ok(())
}

async fn load(options: LoadOptions, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let mut client = context.connect().await?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut asked = Stop::new()?;
    let listener = tokio::spawn({
        let (stop, console) = (Arc::clone(&stop), console.clone());
        async move {
            asked.asked().await;
            stop.store(true, Ordering::Relaxed);
            console.note("stopping after this batch; figures and indexes are finished first");
        }
    });
    let bar: Arc<Mutex<Option<ProgressBar>>> = Arc::default();
    let outcome = seed::load(
        &mut client,
        options,
        &stop,
        observer(console, Arc::clone(&bar)),
    )
    .await;
    listener.abort();
    if let Some(bar) = bar
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .take()
    {
        bar.finish_and_clear();
    }
    let report = outcome.map_err(failed)?;
    console.json(&report)?;
    show(console, &report);
    Ok(if report.stopped {
        Exit::Interrupted
    } else {
        Exit::Ok
    })
}

/// A bar for each stage whose extent is known, a spinner for the others.
fn observer(
    console: &Console,
    bar: Arc<Mutex<Option<ProgressBar>>>,
) -> impl FnMut(LoadEvent) + Send + use<> {
    let console = console.clone();
    move |event| {
        let mut bar = bar
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match event {
            LoadEvent::Stage { name, total } => {
                if let Some(bar) = bar.take() {
                    bar.finish_and_clear();
                }
                *bar = Some(if total == 0 {
                    console.spinner(name)
                } else {
                    console.bar(total, name)
                });
            }
            LoadEvent::Progress(done) => {
                if let Some(bar) = bar.as_ref() {
                    bar.set_position(done);
                }
            }
        }
    }
}

fn show(console: &Console, report: &LoadReport) {
    let rows = report.conversations + report.messages + report.events;
    let rate = rows as f64 / report.insert_seconds.max(0.001);
    let added = format!(
        "{} conversations, {} messages, {} events",
        report.conversations, report.messages, report.events
    );
    if report.stopped {
        console.doubtful(format_args!("stopped: {added} are there, and consistent"));
    } else {
        console.passed(&added);
    }
    console.line(format_args!(
        "  {} new customers, {} new agents, {} articles, {} rows of roll-ups",
        report.customers, report.agents, report.articles, report.roll_ups
    ));
    for name in &report.rebuilt_indexes {
        console.line(format_args!(
            "  the index {name} was taken away for the load and made again"
        ));
    }
    console.line(format_args!(
        "  {:.1} s, of which {:.1} s for these rows: {rate:.0} rows/s",
        report.seconds, report.insert_seconds
    ));
}
