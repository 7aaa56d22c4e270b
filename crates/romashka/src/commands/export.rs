//! `romashka export`: a workspace as a file.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use indicatif::ProgressBar;
use romashka_db::backup::Recipients;
use romashka_db::envelope::Keyring;
use romashka_db::key_file;
use romashka_db::transfer::{self, ExportOptions, Exported, Step, TransferError};
use serde::Serialize;

use super::private_server::size;
use crate::console::Tone;
use crate::context::Context;
use crate::exit::{Exit, Failure, failure};
use crate::stop::Stop;

/// Write a workspace into a file that another installation imports
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka export acme -o acme.romashka
  romashka export acme -o acme.romashka --credentials-for age1…   with its credentials, for whoever has that key
  romashka import acme.romashka                                   on the other side

One moment of every table of the workspace with the files of its messages, as lines of JSON, compressed with zstd: the same
rows give the same bytes. Credentials are left out, or encrypted with age. docs/export-format.md describes the format; what is
left out is listed in the file's first line: zstd -dc acme.romashka | head -n 1

Exit code 0: written. 1: it failed. 4: refused, as for a role that does not see every row.")]
pub struct Args {
    /// The workspace, by its short name
    #[arg(value_name = "WORKSPACE")]
    workspace: String,
    /// The file to write; there must be none
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Put the credentials of channels and integrations in, encrypted for this recipient of age; can be given several times
    #[arg(long, value_name = "AGE1…")]
    credentials_for: Vec<String>,
    /// Leave out the files of messages
    #[arg(long)]
    no_files: bool,
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let settings = context.settings()?;
    let recipients = Recipients::parse(arguments.credentials_for.iter().map(String::as_str))
        .map_err(|error| failed(error.into()))?;
    let credentials = match recipients.is_empty() {
        true => None,
        false => Some((recipients, keys(context)?)),
    };
    let options = ExportOptions {
        workspace: arguments.workspace,
        to: arguments.output,
        credentials,
        files: match arguments.no_files {
            true => None,
            false => Some(context.file_folder()?),
        },
    };
    let bar = console.spinner("export");
    let observer = progress(&bar);
    let exported = until_stopped(
        transfer::export(&settings, &options, &observer),
        "stopped before it was done: there is no file",
    )
    .await?;
    bar.finish_and_clear();
    report(&exported, &options, context)?;
    Ok(Exit::Ok)
}

fn report(exported: &Exported, options: &ExportOptions, context: &Context) -> anyhow::Result<()> {
    let console = &context.console;
    #[derive(Serialize)]
    struct Document<'a> {
        file: &'a PathBuf,
        bytes: u64,
        rows: u64,
        files: u64,
        missing: &'a [(uuid::Uuid, String)],
        manifest: &'a transfer::Manifest,
    }
    console.json(&Document {
        file: &options.to,
        bytes: exported.bytes,
        rows: exported.manifest.rows(),
        files: exported.files,
        missing: &exported.missing,
        manifest: &exported.manifest,
    })?;
    console.passed(format_args!(
        "{} rows of {} tables in {}: {}",
        exported.manifest.rows(),
        exported.manifest.tables.len() - 1,
        size(exported.bytes),
        options.to.display()
    ));
    if exported.files > 0 {
        console.line(format_args!("  {} attachments", exported.files));
    }
    if let Some((_, why)) = exported.missing.first() {
        console.doubtful(format_args!(
            "{} attachments are not in it: {why}",
            exported.missing.len()
        ));
    }
    for (table, why) in &exported.manifest.left_out {
        console.line(format_args!("  without {table}: {why}"));
    }
    if !exported.manifest.credentials {
        console.paragraph(
            2,
            Tone::Faint,
            "Without the credentials of channels and integrations (--credentials-for).",
        );
    }
    console.paragraph(
        2,
        Tone::Faint,
        "Not encrypted: whoever can read it reads every conversation of the workspace.",
    );
    Ok(())
}

/// The installation's keys.
pub(super) fn keys(context: &Context) -> anyhow::Result<Keyring> {
    let (ring, _) = key_file::load(&context.data_folder()?).map_err(|error| {
        let next = error.next_step();
        failure(Exit::Usage, error.to_string())
            .next(next)
            .because(error)
    })?;
    Ok(ring)
}

/// An error of an export or import with its exit code and next step.
pub(super) fn failed(error: TransferError) -> Failure {
    let exit = match &error {
        TransferError::Connect(_) => Exit::Unreachable,
        TransferError::NoWorkspace(_)
        | TransferError::NoExport { .. }
        | TransferError::Slug(_)
        | TransferError::Sealed
        | TransferError::Key(_) => Exit::Usage,
        refused if refused.is_refusal() => Exit::Refused,
        _ => Exit::Failure,
    };
    let failure = failure(exit, &error).next(error.next_step());
    match error {
        TransferError::File { source, .. } => failure.because(source),
        TransferError::Database(source) => failure.because(source),
        _ => failure,
    }
}

/// What shows how far it is.
pub(super) fn progress(bar: &ProgressBar) -> impl Fn(Step, u64, u64) + Send + Sync + use<> {
    let bar = bar.clone();
    move |step: Step, done: u64, total: u64| {
        let words = step.words();
        bar.set_message(match (step.counts_bytes(), total) {
            (_, 0) => words.to_owned(),
            (true, _) => format!("{words} ({} of {})", size(done), size(total)),
            (false, _) => format!("{words} ({done} of {total})"),
        });
        if total > 0 {
            bar.set_length(total);
            bar.set_position(done);
        }
    }
}

/// Ends the work when it is asked to.
pub(super) async fn until_stopped<T>(
    work: impl Future<Output = Result<T, TransferError>>,
    words: &str,
) -> anyhow::Result<T> {
    let mut stop = Stop::new()?;
    tokio::select! {
        result = work => result.map_err(|error| failed(error).into()),
        () = stop.asked() => Err(failure(Exit::Interrupted, words).into()),
    }
}
