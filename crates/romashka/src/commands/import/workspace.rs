//! `romashka import FILE`: a workspace as `romashka export` wrote it.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use romashka_db::backup::Identities;
use romashka_db::transfer::{self, ImportOptions, Imported};
use serde::Serialize;

use super::super::export::{failed, keys, progress, until_stopped};
use crate::console::Tone;
use crate::context::Context;
use crate::exit::{Exit, failure};

/// A workspace in a file.
#[derive(ClapArgs)]
pub struct WorkspaceArgs {
    /// The file that romashka export wrote
    #[arg(value_name = "FILE", required = true)]
    file: Option<PathBuf>,
    /// Its short name here, when it is not to be that of the export
    #[arg(long, value_name = "NAME")]
    slug: Option<String>,
    /// Give every row another id: a copy beside a workspace that is there
    #[arg(long)]
    new_ids: bool,
    /// The file with the age key that opens the credentials in it; can be given several times
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// Leave the credentials in the file
    #[arg(long, conflicts_with = "identity")]
    without_credentials: bool,
    /// Leave the attachments in the file
    #[arg(long)]
    no_files: bool,
}

/// Does what was asked for.
pub async fn run(arguments: WorkspaceArgs, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let settings = context.settings()?;
    if settings.transaction_pooler().is_some() {
        return Err(failure(
            Exit::Refused,
            "this is a pooler that gives each transaction another connection; an import holds a lock over several",
        )
        .next("use the direct connection or the session pooler")
        .into());
    }
    let identities = Identities::read(arguments.identity.iter().map(PathBuf::as_path))
        .map_err(|error| failed(error.into()))?;
    let credentials = match identities.is_empty() || arguments.without_credentials {
        true => None,
        false => Some((identities, keys(context)?)),
    };
    let options = ImportOptions {
        file: arguments.file.unwrap_or_default(),
        slug: arguments.slug,
        new_ids: arguments.new_ids,
        files: match arguments.no_files {
            true => None,
            false => Some(context.file_folder()?),
        },
        without_credentials: arguments.without_credentials,
        credentials,
    };
    let bar = console.spinner("import");
    let observer = progress(&bar);
    let imported = until_stopped(
        transfer::import(&settings, &options, &observer),
        "stopped before it was done: the same command goes on from here",
    )
    .await?;
    bar.finish_and_clear();
    report(&imported, context)?;
    Ok(Exit::Ok)
}

fn report(imported: &Imported, context: &Context) -> anyhow::Result<()> {
    let console = &context.console;
    #[derive(Serialize)]
    struct Document<'a> {
        workspace: uuid::Uuid,
        slug: &'a str,
        rows: u64,
        resumed: u64,
        files: u64,
        missing: &'a [(uuid::Uuid, String)],
        people_known: u64,
        people_new: u64,
        credentials: u64,
        unfinished: &'a [(String, u64)],
        switched_off: &'a [String],
        from: &'a transfer::Manifest,
    }
    console.json(&Document {
        workspace: imported.workspace,
        slug: &imported.slug,
        rows: imported.rows,
        resumed: imported.resumed,
        files: imported.files,
        missing: &imported.missing,
        people_known: imported.people_known,
        people_new: imported.people_new,
        credentials: imported.credentials,
        unfinished: &imported.unfinished,
        switched_off: &imported.switched_off,
        from: &imported.manifest,
    })?;
    console.passed(format_args!(
        "{} rows are the workspace {} ({})",
        imported.rows, imported.slug, imported.workspace
    ));
    console.line(format_args!(
        "  {} people were here already, {} are new",
        imported.people_known, imported.people_new
    ));
    if imported.resumed > 0 {
        console.line(format_args!(
            "  {} rows had been read in by an earlier run",
            imported.resumed
        ));
    }
    if imported.files > 0 {
        console.line(format_args!("  {} attachments", imported.files));
    }
    if !imported.missing.is_empty() {
        console.doubtful(format_args!(
            "{} attachments are not in the export: {}",
            imported.missing.len(),
            imported.missing[0].1
        ));
    }
    for (table, rows) in &imported.unfinished {
        console.doubtful(format_args!(
            "{rows} unfinished rows of {table} are not gone on with"
        ));
    }
    for channel in &imported.switched_off {
        console.doubtful(format_args!(
            "the channel {channel} is switched off: another workspace here takes the mail for its address"
        ));
    }
    if imported.credentials == 0 {
        console.paragraph(
            2,
            Tone::Faint,
            "Without credentials: connect its channels and integrations anew.",
        );
    }
    console.paragraph(2, Tone::Faint, "Prove that all is right: romashka verify");
    Ok(())
}
