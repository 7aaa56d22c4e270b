//! `romashka restore`: makes a database of a backup.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use romashka_db::backup::{self, Contents, Identities, Target};
use serde::Serialize;

use super::backup::{failed, open, programs, progress, rows, told, until_stopped};
use crate::console::Tone;
use crate::context::Context;
use crate::exit::Exit;

/// Make a database of a backup, and prove that it is what was backed up
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka restore /srv/backups/romashka-20261128T090000Z-romashka
  romashka restore … --database romashka_monday     beside the one that is there
  romashka restore … --force                        in its place; the old one is kept under another name
  romashka restore … --identity key.txt             an encrypted one
  romashka restore s3://backups/romashka/romashka-20261128T090000Z-romashka

Into the database of the settings, or of --database, on the same server. It is filled under another name, every table is
compared with what was counted when the backup was made, romashka verify runs, and only then it takes the name: whatever
goes wrong before, nothing is changed. The key of ROMASHKA's own encryption is not in a backup (romashka keys).

Exit code 0: restored, and romashka verify finds nothing. 1: it failed, or verify found something. 4: refused, as for a
database that is not empty.")]
pub struct Args {
    /// The backup's folder, or its address in a bucket
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
    /// The database, when it is not that of the settings
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// Take the name of a database that is not empty; it is kept under another one
    #[arg(long)]
    force: bool,
    /// The file with the age key of an encrypted backup; can be given several times
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// Write so many tables at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: u32,
    /// Leave the attachments in the backup
    #[arg(long)]
    no_files: bool,
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let mut settings = context.settings()?;
    if let Some(name) = &arguments.database {
        settings = settings.with_database(name);
    }
    let identities =
        Identities::read(arguments.identity.iter().map(PathBuf::as_path)).map_err(failed)?;
    let (backup, _scratch) = open(&arguments.backup, console).await?;
    let target = Target {
        replace: arguments.force,
        files: match arguments.no_files {
            true => None,
            false => Some(context.file_folder()?),
        },
        jobs: arguments.jobs,
        programs: programs(context),
        identities,
        settings,
    };
    let bar = console.spinner("restore");
    let observer = progress(&bar);
    let restored = until_stopped(backup::restore(&backup, &target, &observer)).await?;
    bar.finish_and_clear();
    #[derive(Serialize)]
    struct Document<'a> {
        backup: &'a Path,
        database: &'a str,
        replaced: Option<&'a str>,
        roles_made: &'a [String],
        files: u64,
        contents: &'a Contents,
        report: &'a romashka_db::verify::Report,
    }
    console.json(&Document {
        backup: &arguments.backup,
        database: &target.settings.database,
        replaced: restored.replaced.as_deref(),
        roles_made: &restored.roles_made,
        files: restored.files,
        contents: &restored.contents,
        report: &restored.report,
    })?;
    console.passed(format_args!(
        "{}: {} rows of {} tables are what was counted on {}",
        target.settings.database,
        rows(&restored.contents),
        restored.contents.tables.len(),
        backup.manifest.created_at.strftime("%Y-%m-%d %H:%M UTC")
    ));
    if restored.files > 0 {
        console.line(format_args!("  {} attachments", restored.files));
    }
    if let Some(old) = &restored.replaced {
        console.line(format_args!("  what was there is kept as {old}"));
        console.paragraph(
            2,
            Tone::Faint,
            format_args!("When it is not needed any more: drop database \"{old}\""),
        );
    }
    if !restored.roles_made.is_empty() {
        console.warn(
            format_args!(
                "made the roles that it names: {}",
                restored.roles_made.join(", ")
            ),
            "give those that sign in a password: alter role … password '…'",
        );
    }
    Ok(told(&restored.report, console))
}
