//! `romashka bench`: measures the database and the server under a load.
//!
//! Invariant: it measures in databases of its own, on a PostgreSQL of its own unless a server is named and consented to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::ProgressBar;
use romashka_db::bench::{
    self, BenchError, BenchEvent, BenchOptions, Figure, Goal, HEAD, Job, Load, Report, Spread,
    Transaction,
};
use romashka_db::environment;
use romashka_db::private::{PrivateServer, PrivateServerOptions};
use romashka_db::seed::LoadEvent;
use romashka_db::settings::Settings;
use romashka_server::bench::{self as server_bench, Failure as ServerFailure, ServerReport};
use serde::Serialize;

use super::private_server;
use crate::console::Console;
use crate::context::Context;
use crate::exit::{Exit, Failure, failure};
use crate::open_files;
use crate::stop::Stop;

/// Measure the database and the server under a load, and write the page about it
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  romashka bench                              all, on a PostgreSQL of its own that is removed afterwards
  romashka bench --quick                      a minute: whether everything works, not how fast it is
  romashka bench --only insert,api            these jobs
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
    /// Only these jobs, with commas
    #[arg(long, alias = "jobs", value_name = "JOB", value_delimiter = ',', value_parser = job)]
    only: Vec<AnyJob>,
    /// Streams of events that the job `streams` holds open
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=100_000))]
    streams: Option<u32>,
    /// Mails of the outage that the job `mailbox` catches up
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    mails: Option<u32>,
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

/// A job of either part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AnyJob {
    Database(Job),
    Server(server_bench::Job),
}

fn job(name: &str) -> Result<AnyJob, String> {
    let of_database = Job::parse(name).map(AnyJob::Database);
    let of_server = server_bench::Job::parse(name).map(AnyJob::Server);
    of_database.or(of_server).ok_or_else(|| {
        let names: Vec<&str> = Job::ALL
            .into_iter()
            .map(Job::name)
            .chain(
                server_bench::Job::ALL
                    .into_iter()
                    .map(server_bench::Job::name),
            )
            .collect();
        format!("the jobs are {}", names.join(", "))
    })
}

/// Everything that was found; the parts stand side by side.
#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    database: Option<Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<ServerReport>,
}

impl Found {
    /// Every file of the page: name and content, `benchmarks.md` first.
    fn pages(&self) -> Vec<(&'static str, String)> {
        let mut files = match (&self.database, &self.server) {
            (Some(database), _) => database.pages(),
            (None, Some(server)) => {
                vec![(
                    "benchmarks.md",
                    format!("{HEAD}{}", server.machine.section()),
                )]
            }
            (None, None) => Vec::new(),
        };
        if let (Some(server), Some((_, page))) = (&self.server, files.first_mut()) {
            page.push_str(&server.section());
        }
        files.extend(self.server.iter().flat_map(ServerReport::plots));
        files
    }
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
                let of_database = |job: &AnyJob| match job {
                    AnyJob::Database(job) => Some(*job),
                    AnyJob::Server(_) => None,
                };
                self.only.iter().filter_map(of_database).collect()
            },
        }
    }

    fn server_options(&self, options: &BenchOptions) -> anyhow::Result<server_bench::Options> {
        let (streams, messages_per_second, mails, largest_mail) = if self.quick {
            (200, 50, 200, 3_000_000)
        } else {
            (10_000, 200, 50_000, 30_000_000)
        };
        let program = std::env::current_exe().map_err(|error| {
            failure(Exit::Failure, "this program does not find itself").because(error)
        })?;
        Ok(server_bench::Options {
            program,
            conversations: options.conversations,
            articles: options.articles,
            runs: options.runs,
            duration: options.duration,
            streams: self.streams.unwrap_or(streams),
            messages_per_second,
            mails: self.mails.unwrap_or(mails),
            largest_mail,
            jobs: if self.only.is_empty() {
                server_bench::Job::ALL.to_vec()
            } else {
                let of_server = |job: &AnyJob| match job {
                    AnyJob::Database(_) => None,
                    AnyJob::Server(job) => Some(*job),
                };
                self.only.iter().filter_map(of_server).collect()
            },
        })
    }
}

/// Measures.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let options = arguments.options();
    let server_options = arguments.server_options(&options)?;
    // Before the work, not after it: half an hour later nobody watches.
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
    }
    open_files::allow_as_many_as_possible();
    let mut stop = Stop::new()?;
    // The server goes with its value, on every way out.
    let (settings, _server) = server(&arguments, context).await?;
    let mut bar: Option<ProgressBar> = None;
    let mut observe = |event| show_progress(console, &mut bar, event);
    let mut found = Found {
        database: None,
        server: None,
    };
    let measured = async {
        if !options.jobs.is_empty() {
            found.database =
                Some(bench::run(&settings, &options, stop.asked(), &mut observe).await?);
        }
        // What took half an hour is kept, whatever becomes of the rest.
        keep(&found, &arguments)?;
        if !server_options.jobs.is_empty() {
            found.server = Some(
                server_bench::run(&settings, &server_options, stop.asked(), &mut observe).await?,
            );
        }
        Ok::<(), Unfinished>(())
    };
    let measured = measured.await;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let is_kept = found.database.is_some();
    match measured {
        Ok(()) => {}
        Err(Unfinished::Kept(error)) => return Err(error),
        Err(Unfinished::Measured(error)) => {
            let was_stopped = matches!(error, ServerFailure::Bench(BenchError::Stopped));
            if was_stopped {
                console.note("stopped before the end; its databases are gone");
            }
            if is_kept && (arguments.json_file.is_some() || arguments.out.is_some()) {
                console.note(
                    "the figures of the database are written, those of the server are missing",
                );
            }
            return match was_stopped {
                true => Ok(Exit::Interrupted),
                false => Err(failed(error).into()),
            };
        }
    }
    for path in keep(&found, &arguments)? {
        console.note(format_args!("wrote {}", path.display()));
    }
    console.json(&found)?;
    if let Some(report) = &found.database {
        print(report, console);
    }
    if let Some(report) = &found.server {
        // What the page says, which a terminal shows well enough.
        console.line(report.section());
        console.heading("Goals of the server");
        print_goals(report.goals(), console);
    }
    Ok(Exit::Ok)
}

/// Why not all was measured.
enum Unfinished {
    /// What was measured could not be written.
    Kept(anyhow::Error),
    /// It could not be measured.
    Measured(ServerFailure),
}

impl From<anyhow::Error> for Unfinished {
    fn from(error: anyhow::Error) -> Unfinished {
        Unfinished::Kept(error)
    }
}

impl From<ServerFailure> for Unfinished {
    fn from(error: ServerFailure) -> Unfinished {
        Unfinished::Measured(error)
    }
}

impl From<BenchError> for Unfinished {
    fn from(error: BenchError) -> Unfinished {
        Unfinished::Measured(error.into())
    }
}

/// Writes what was found until now to the places that were asked for; nothing before anything was found. Returns the files.
fn keep(found: &Found, arguments: &Args) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if found.database.is_none() && found.server.is_none() {
        return Ok(files);
    }
    if let Some(file) = &arguments.json_file {
        let text = serde_json::to_string_pretty(found)?;
        std::fs::write(file, text + "\n").map_err(|error| {
            failure(Exit::Usage, format!("{} cannot be written", file.display()))
                .next("name a file in a folder that exists and may be written")
                .because(error)
        })?;
        files.push(file.clone());
    }
    if let Some(folder) = &arguments.out {
        for (name, content) in found.pages() {
            let path = folder.join(name);
            std::fs::write(&path, content).map_err(|error| unwritable(folder, error))?;
            files.push(path);
        }
    }
    Ok(files)
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

fn failed(error: ServerFailure) -> Failure {
    let (exit, next) = match &error {
        ServerFailure::Bench(error @ BenchError::Connect(_)) => {
            (Exit::Unreachable, error.next_step())
        }
        ServerFailure::Bench(error) => (Exit::Failure, error.next_step()),
        ServerFailure::Slow(_) => (
            Exit::Failure,
            "use a smaller load (--quick, --streams, --mails), or a machine that does nothing else",
        ),
        _ => (
            Exit::Failure,
            "check that ports of this machine are free and that `ulimit -n` allows as many open files as --streams",
        ),
    };
    failure(exit, &error).next(next).because(error)
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
    print_goals(report.goals(), console);
}

fn print_goals(goals: Vec<Goal>, console: &Console) {
    for goal in goals {
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
