//! `romashka import`: archives of other systems become conversations; an export becomes a workspace.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use clap::{Args as ClapArgs, Subcommand};
use romashka_db::import::{ImportError, Options, Reason, Report, import_mail};
use romashka_db::scope::Database;

use self::chatwoot::ChatwootArgs;
use self::workspace::WorkspaceArgs;
use crate::context::Context;
use crate::exit::{Exit, failure};
use crate::stop::Stop;

mod chatwoot;
mod workspace;

/// Bring a workspace, or archives of other systems, into the database
#[derive(ClapArgs)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  romashka import acme.romashka                         a workspace, as romashka export wrote it
  romashka import acme.romashka --slug acme-copy --new-ids
  romashka import acme.romashka --identity key.txt      with its credentials
  romashka import mbox support.mbox --our-address support@example.com
  romashka import chatwoot postgresql://…/chatwoot_production --workspace acme

The whole file is compared with its checksums before anything is written. A run that was stopped is gone on with by the same
command; until the last row is there, nobody sees any. Nothing of the history happens again: no mail, no webhook, no
assignment. People are known by their address; the new ones choose a password by themselves. docs/export-format.md tells more.

Exit code 0: imported. 1: it failed. 4: refused, as for a workspace that is there already."
)]
pub struct Args {
    #[command(subcommand)]
    source: Option<Source>,
    #[command(flatten)]
    workspace: WorkspaceArgs,
}

/// Where the messages come from.
#[derive(Subcommand)]
enum Source {
    Mbox(MboxArgs),
    Chatwoot(ChatwootArgs),
}

/// Import mails from mbox files, or from files with one mail each (.eml)
///
/// Mails become customers, conversations, messages and attachments through the same function that the
/// channels use. Importing a file again, or after a crash, adds only what is missing.
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka import mbox support.mbox --our-address support@example.com
  romashka import mbox *.mbox --channel Support --our-address support@example.com --our-address ann@example.com
  romashka import mbox takeout.mbox --our-address me@example.com --dry-run
  romashka import mbox old.mbox --json --report skipped.json

Mail from one of your addresses becomes an agent's message; without --our-address every mail is a
customer's. What was skipped, and why, is in the report. Exit code 1: mails were skipped because the
database refused them. docs/import-mail.md has the details.")]
struct MboxArgs {
    /// Files to import
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Name of the email channel the mails belong to; an inactive one is made when there is none
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// An address of yours; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    our_address: Vec<String>,
    /// Workspace that receives the mails, by its short name
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
    /// Skip mails larger than this many megabytes
    #[arg(long, value_name = "MEGABYTES", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1024))]
    limit_mb: u32,
    /// Close conversations whose latest mail is older than this many days; younger ones wait in the queue
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u32).range(0..=36500))]
    open_days: u32,
    /// Read and compare, but write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the whole report, as JSON, to this file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    match arguments.source {
        Some(Source::Mbox(arguments)) => import_mbox(arguments, context).await,
        Some(Source::Chatwoot(arguments)) => chatwoot::run(arguments, context).await,
        None => workspace::run(arguments.workspace, context).await,
    }
}

async fn import_mbox(arguments: MboxArgs, context: &Context) -> anyhow::Result<Exit> {
    for address in &arguments.our_address {
        if !address.contains('@') {
            return Err(
                failure(Exit::Usage, format!("`{address}` is no mail address"))
                    .next("write it as --our-address support@example.com")
                    .into(),
            );
        }
    }
    let mut total = 0;
    for path in &arguments.files {
        let found = std::fs::metadata(path).map_err(|error| {
            failure(Exit::Usage, format!("{} cannot be read", path.display()))
                .next("check the name and the permissions of the file")
                .because(error)
        })?;
        if found.is_dir() {
            return Err(
                failure(Exit::Usage, format!("{} is a folder", path.display()))
                    .next("name the files in it, for example FOLDER/*.mbox")
                    .into(),
            );
        }
        total += found.len();
    }
    if arguments.our_address.is_empty() {
        context.console.warn(
            "no address of yours is known: every mail counts as a customer's",
            "name them with --our-address, once for each address",
        );
    }
    let options = Options {
        files: arguments.files,
        workspace: arguments.workspace,
        channel: arguments.channel,
        our_addresses: arguments.our_address,
        size_limit: arguments.limit_mb as usize * 1024 * 1024,
        open_days: arguments.open_days,
        attachments: context.file_folder()?,
        dry_run: arguments.dry_run,
    };
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
    let bar = context.console.bar(total, "importing");
    bar.set_style(
        indicatif::ProgressStyle::with_template(
            "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        )
        .unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()),
    );
    let result = import_mail(&database, options, stop, |position| {
        bar.set_position(position)
    })
    .await;
    listener.abort();
    bar.finish_and_clear();
    database.close();
    let report = result.map_err(explain)?;
    if let Some(path) = &arguments.report {
        write_report(path, &report)?;
    }
    context.console.json(&report)?;
    print(context, &report);
    Ok(exit_code(&report))
}

/// A mail that the database refused may be imported later; everything else that is skipped is as it should be.
fn exit_code(report: &Report) -> Exit {
    if report.interrupted {
        return Exit::Interrupted;
    }
    let refused = report
        .skipped
        .iter()
        .any(|skipped| matches!(skipped.reason, Reason::Refused { .. }));
    if refused { Exit::Failure } else { Exit::Ok }
}

fn explain(error: ImportError) -> anyhow::Error {
    let next = match &error {
        ImportError::Read { .. } => {
            "check the file and run the command again: what is imported stays and is not doubled"
        }
        ImportError::Store(_) => {
            "make room or choose another folder with --data-dir, and run the command again"
        }
        ImportError::Workspace(_) => "give the short name of an existing workspace",
        ImportError::Scope(_) | ImportError::Database(_) | ImportError::Reader => {
            "check the database (romashka migrate status) and run the command again: it goes on where it stopped"
        }
    };
    failure(Exit::Failure, &error)
        .next(next)
        .because(chain(&error))
        .into()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut causes = Vec::new();
    let mut current = error.source();
    while let Some(cause) = current {
        causes.push(cause.to_string());
        current = cause.source();
    }
    causes.join(": ")
}

fn write_report(path: &PathBuf, report: &Report) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    std::fs::File::create(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("the report cannot be written to {}", path.display()))
}

fn print(context: &Context, report: &Report) {
    let console = &context.console;
    let verb = if report.dry_run {
        "would be imported"
    } else {
        "imported"
    };
    console.passed(format_args!(
        "{} of {} mails {verb} in {:.1} s, {} conversations opened",
        report.imported, report.read, report.seconds, report.conversations
    ));
    let line = |count: u64, text: &str| {
        if count > 0 {
            console.line(format_args!("  {count} {text}"));
        }
    };
    line(
        report.closed,
        "conversations closed, because their latest mail is old",
    );
    line(report.duplicates, "were there already");
    line(report.from_us, "written by us");
    line(
        report.delivery_reports,
        "delivery reports, attached to the mail they are about",
    );
    for (kind, count) in report
        .automatic
        .iter()
        .filter(|(kind, _)| *kind != "bounce")
    {
        line(
            *count,
            &format!("automatic, kept quiet ({})", kind.replace('_', " ")),
        );
    }
    line(report.without_message_id, "without a Message-ID");
    line(
        report.same_message_id,
        "with the Message-ID of another mail",
    );
    line(
        report.attachments,
        &format!(
            "attachments, {:.1} MB",
            report.attachment_bytes as f64 / 1_048_576.0
        ),
    );
    for (reason, count) in &report.skipped_by_reason {
        console.doubtful(format_args!("{count} skipped: {reason}"));
    }
    for skipped in report.skipped.iter().take(10) {
        let said = match &skipped.reason {
            Reason::Refused { message } => format!(": {message}"),
            _ => String::new(),
        };
        console.line(format_args!(
            "  {} at byte {}, {}: {}{said}",
            skipped.file.display(),
            skipped.offset,
            skipped
                .message_id
                .as_deref()
                .unwrap_or("without a Message-ID"),
            skipped.reason.word(),
        ));
    }
    if report.skipped.len() > 10 {
        console.line("  … and more: romashka import mbox … --report FILE lists them all");
    }
    if report.interrupted {
        console.doubtful("stopped before the end: run the command again to go on");
    }
}
