//! `romashka bench`: measures the database under a load.
//!
//! Invariant: it measures in databases of its own, on a PostgreSQL of its own unless a server is named and consented to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::ProgressBar;
use romashka_db::bench::{
    self, BenchError, BenchEvent, BenchOptions, Figure, Job, Load, Report, Spread, Transaction,
};
use romashka_db::environment;
use romashka_db::private::{PrivateServer, PrivateServerOptions};
use romashka_db::seed::LoadEvent;
use romashka_db::settings::Settings;

use super::private_server;
use crate::console::Console;
use crate::context::Context;
use crate::exit::{Exit, Failure, failure};
use crate::stop::Stop;

/// Measure the database under a load, and write the page about it
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  romashka bench                              all, on a PostgreSQL of its own that is removed afterwards
  romashka bench --quick                      a minute: whether everything works, not how fast it is
  romashka bench --only insert                one job
  romashka bench --out docs                   write benchmarks.md and its plots there
  romashka bench --database-url postgresql://localhost/postgres --yes

With --database-url, databases are made on that server and dropped afterwards; what is there stays untouched, but the
server is under full load for the whole time, so --yes is asked for. The role needs the right to create databases.")]
pub struct Args {
    /// A small load and one short run of each side
    #[arg(long)]
    quick: bool,
    /// Conversations of the smaller load, with 10 messages each
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    conversations: Option<u64>,
    /// How many times as many the larger load has; 1 for none
    #[arg(long, value_name = "FACTOR", value_parser = clap::value_parser!(u64).range(1..=1_000))]
    scale_up: Option<u64>,
    /// Runs of each side; figures are medians
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    runs: Option<u32>,
    /// How long a run of a writing job takes; a reading one takes a quarter
    #[arg(long, value_name = "S")]
    seconds: Option<f64>,
    /// Only this job; can be given several times
    #[arg(long, value_name = "JOB", value_parser = job)]
    only: Vec<Job>,
    /// Write the results as JSON to this file
    #[arg(long = "json-file", value_name = "FILE")]
    json_file: Option<PathBuf>,
    /// Write benchmarks.md and its plots to this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Consent to load the server of --database-url
    #[arg(long)]
    yes: bool,
}

fn job(name: &str) -> Result<Job, String> {
    Job::parse(name).ok_or_else(|| format!("the jobs are {}", Job::ALL.map(Job::name).join(", ")))
}

impl Args {
    fn options(&self) -> BenchOptions {
        let (conversations, articles, scale_up, runs, seconds) = if self.quick {
            (5_000, 1_000, 2, 1, 0.3)
        } else {
            (100_000, 20_000, 3, 3, 5.0)
        };
        BenchOptions {
            conversations: self.conversations.unwrap_or(conversations),
            articles,
            scale_up: self.scale_up.unwrap_or(scale_up),
            runs: self.runs.unwrap_or(runs),
            duration: Duration::from_secs_f64(self.seconds.unwrap_or(seconds).clamp(0.1, 3_600.0)),
            jobs: if self.only.is_empty() {
                Job::ALL.to_vec()
            } else {
                self.only.clone()
            },
        }
    }
}

/// Measures.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let options = arguments.options();
    // Before the work, not after it: half an hour later nobody watches.
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
    }
    let mut stop = Stop::new()?;
    // The server goes with its value, on every way out.
    let (settings, _server) = server(&arguments, context).await?;
    let mut bar: Option<ProgressBar> = None;
    let mut observe = |event| show_progress(console, &mut bar, event);
    let measured = bench::run(&settings, &options, stop.asked(), &mut observe).await;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let report = match measured {
        Err(BenchError::Stopped) => {
            console.note("stopped before the end; its databases are gone, nothing was written");
            return Ok(Exit::Interrupted);
        }
        other => other.map_err(failed)?,
    };
    if let Some(file) = &arguments.json_file {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(file, text + "\n").map_err(|error| {
            failure(Exit::Usage, format!("{} cannot be written", file.display()))
                .next("name a file in a folder that exists and may be written")
                .because(error)
        })?;
    }
    if let Some(folder) = &arguments.out {
        write_pages(&report, folder, console)?;
    }
    console.json(&report)?;
    print(&report, console);
    Ok(Exit::Ok)
}

fn write_pages(report: &Report, folder: &Path, console: &Console) -> anyhow::Result<()> {
    for (name, content) in report.pages() {
        let path = folder.join(name);
        std::fs::write(&path, content).map_err(|error| unwritable(folder, error))?;
        console.note(format_args!("wrote {}", path.display()));
    }
    Ok(())
}

fn unwritable(folder: &Path, error: std::io::Error) -> Failure {
    failure(
        Exit::Usage,
        format!("{} cannot be written to", folder.display()),
    )
    .next("name a folder that may be written to: --out FOLDER")
    .because(error)
}

async fn server(
    arguments: &Args,
    context: &Context,
) -> anyhow::Result<(Settings, Option<PrivateServer>)> {
    if context.global.database_url.is_some() {
        let settings = context.settings()?;
        if !arguments.yes {
            return Err(failure(
                Exit::Refused,
                format!(
                    "the server of {} would be under full load",
                    settings.target()
                ),
            )
            .next("add --yes, or leave --database-url out: then a PostgreSQL of its own is used")
            .into());
        }
        return Ok((settings, None));
    }
    let mut options = PrivateServerOptions::throw_away().map_err(private_server::failed)?;
    options.programs = environment::PG_BIN.read().map(Into::into);
    // What doctor advises for a machine of this kind: the defaults would measure checkpoints.
    options.settings = [
        ("shared_buffers", "1GB"),
        ("max_wal_size", "8GB"),
        ("checkpoint_timeout", "30min"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    let server = PrivateServer::start_and_remove(options)
        .await
        .map_err(private_server::failed)?;
    Ok((server.settings(), Some(server)))
}

fn failed(error: BenchError) -> Failure {
    let exit = match &error {
        BenchError::Connect(_) => Exit::Unreachable,
        _ => Exit::Failure,
    };
    failure(exit, &error).next(error.next_step()).because(error)
}

/// A bar for each stage whose extent is known, a spinner for the others; where neither is seen, a line.
fn show_progress(console: &Console, bar: &mut Option<ProgressBar>, event: BenchEvent) {
    match event {
        BenchEvent::Stage { name, total }
        | BenchEvent::Loading(LoadEvent::Stage { name, total }) => {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
            let next = if total == 0 {
                console.spinner(name.clone())
            } else {
                console.bar(total, name.clone())
            };
            if next.is_hidden() {
                console.note(name);
            }
            *bar = Some(next);
        }
        BenchEvent::Run => {
            if let Some(bar) = bar {
                bar.inc(1);
            }
        }
        BenchEvent::Loading(LoadEvent::Progress(done)) => {
            if let Some(bar) = bar {
                bar.set_position(done);
            }
        }
    }
}

fn print(report: &Report, console: &Console) {
    console.line(format_args!(
        "PostgreSQL {}, {} cores, {} conversations, {} messages",
        report.machine.postgresql,
        report.machine.cores,
        report.small.conversations,
        report.small.messages
    ));
    if let Some(insert) = &report.insert {
        console.line("");
        console.heading("Inserting a message, against a bare table");
        console.table(
            [
                "  sent as",
                "commit",
                "clients",
                "per second",
                "bare",
                "ratio",
                "CPU µs",
                "bare",
                "CPU ratio",
                "p50 ms",
                "p99 ms",
            ],
            insert.rows.iter().map(|row| {
                [
                    match row.transaction {
                        Transaction::Statement => "  statement",
                        Transaction::Scope => "  scope",
                    }
                    .to_owned(),
                    if row.durable { "durable" } else { "off" }.to_owned(),
                    row.clients.to_string(),
                    format!("{:.0}", row.full.per_second.median),
                    format!("{:.0}", row.bare.per_second.median),
                    with_spread(row.ratio),
                    cpu(&row.full),
                    cpu(&row.bare),
                    row.cpu_ratio.map_or_else(|| "–".to_owned(), with_spread),
                    format!("{:.2}", row.full.p50_ms.median),
                    format!("{:.2}", row.full.p99_ms.median),
                ]
            }),
        );
        for hot in &insert.hot {
            console.line(format_args!(
                "  {:.1} % of {} updates of {} stayed on their page",
                hot.share * 100.0,
                hot.updates,
                hot.table
            ));
        }
    }
    print_measurements(report, console);
    if let Some(parts) = &report.parts {
        console.line("");
        console.heading(format_args!(
            "Where the processor time goes, of {} µs",
            cpu(&parts.whole)
        ));
        console.table(
            ["  without", "", "µs less", "spread"],
            parts.parts.iter().map(|part| {
                let saved = part.saved_us;
                [
                    format!("  {}", part.name),
                    part.kind.to_owned(),
                    format!("{:.0}", saved.median),
                    format!("{:.0} to {:.0}", saved.least, saved.most),
                ]
            }),
        );
    }
    console.line("");
    console.heading("Goals");
    for goal in report.goals() {
        let text = format!("{}: {:.2} ({})", goal.what, goal.measured, goal.target);
        if goal.is_met {
            console.passed(text);
        } else {
            console.doubtful(text);
        }
    }
}

fn print_measurements(report: &Report, console: &Console) {
    if report.measurements.is_empty() {
        return;
    }
    console.line("");
    console.heading("Latency and throughput");
    let rows = report.measurements.iter().flat_map(|measurement| {
        measurement.sides.iter().map(|side| {
            [
                format!("  {}", measurement.id),
                match side.load {
                    Load::Small => "smaller",
                    Load::Large => "larger",
                }
                .to_owned(),
                match side.path {
                    bench::Path::Policies => "member",
                    bench::Path::Named => "member, naming",
                    bench::Path::Owner => "owner",
                    bench::Path::Durable => "durable",
                    bench::Path::Relaxed => "not waiting",
                }
                .to_owned(),
                measurement.clients.to_string(),
                format!("{:.3}", side.figure.p50_ms.median),
                format!("{:.3}", side.figure.p99_ms.median),
                format!("{:.0}", side.figure.per_second.median),
                cpu(&side.figure),
            ]
        })
    });
    console.table(
        [
            "  job",
            "load",
            "as",
            "clients",
            "p50 ms",
            "p99 ms",
            "per second",
            "CPU µs",
        ],
        rows,
    );
}

fn with_spread(spread: Spread) -> String {
    format!(
        "{:.2} ({:.2}–{:.2})",
        spread.median, spread.least, spread.most
    )
}

fn cpu(figure: &Figure) -> String {
    figure
        .cpu_us
        .map_or_else(|| "–".to_owned(), |spread| format!("{:.0}", spread.median))
}
