//! `romashka backup`: makes backups, lists them, and proves that one restores.

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use indicatif::ProgressBar;
use jiff::Timestamp;
use romashka_db::backup::{
    self, Backup, BackupError, Contents, Created, Identities, Manifest, Options, Recipients, Step,
    Target,
};
use romashka_db::private::{self, DataFolder, PrivateServer, PrivateServerOptions};
use romashka_db::settings::Settings;
use serde::Serialize;

use super::private_server::{self, size};
use crate::console::{Console, Tone};
use crate::context::Context;
use crate::exit::{Exit, Failure, failure};
use crate::stop::Stop;

/// Make a backup that is known to restore
#[derive(ClapArgs)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  romashka backup                                   into the folder backups of the data folder
  romashka backup /srv/backups --keep-days 30       and remove older ones of this database
  romashka backup --recipient age1…                 encrypted (age-keygen makes the key, which stays elsewhere)
  romashka backup list /srv/backups
  romashka backup verify /srv/backups/romashka-20261128T090000Z-romashka
  romashka restore /srv/backups/romashka-20261128T090000Z-romashka

A backup is one moment of the whole database, with the attachments of this machine. The key of ROMASHKA's own encryption
(romashka keys) is not in it: keep it elsewhere, or the credentials of the channels cannot be read."
)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    create: Create,
}

#[derive(Subcommand)]
enum Action {
    List(List),
    Verify(Verify),
}

#[derive(ClapArgs)]
struct Create {
    /// The folder in which it gets a folder of its own; by default `backups` in the data folder
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Encrypt it for this recipient of age; can be given several times
    #[arg(long, value_name = "AGE1…")]
    recipient: Vec<String>,
    /// Remove backups of this database that are older than so many days; the newest always stays
    #[arg(long, value_name = "DAYS", conflicts_with = "prune")]
    keep_days: Option<u32>,
    /// The same with the setting backup_retention_days of the default workspace
    #[arg(long)]
    prune: bool,
    /// Read so many tables at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: u32,
    /// Leave out the attachments of this machine
    #[arg(long)]
    no_files: bool,
}

/// List the backups in a folder
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka backup list
  romashka backup list /srv/backups --json")]
struct List {
    /// The folder; by default `backups` in the data folder
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Prove that a backup restores, in a throw-away PostgreSQL of its own
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka backup verify /srv/backups/romashka-20261128T090000Z-romashka
  romashka backup verify … --identity key.txt       an encrypted one
  romashka backup verify … --checksums              its files only: quick, and proves less

Exit code 0: it restores, holds what was counted when it was made, and romashka verify finds nothing. 1: it does not.")]
struct Verify {
    /// The backup's folder
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
    /// The file with the age key of an encrypted backup; can be given several times
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// Compare its files with their checksums and restore nothing
    #[arg(long)]
    checksums: bool,
    /// Write so many tables at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: u32,
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    match arguments.action {
        None => create(arguments.create, context).await,
        Some(Action::List(arguments)) => list(arguments, context),
        Some(Action::Verify(arguments)) => verify(arguments, context).await,
    }
}

/// An error of a backup with its exit code and next step.
pub(super) fn failed(error: BackupError) -> Failure {
    let exit = match &error {
        BackupError::Connect(_) => Exit::Unreachable,
        BackupError::Key(_) | BackupError::NoBackup { .. } => Exit::Usage,
        BackupError::SeesTooLittle(_)
        | BackupError::OfAService(_)
        | BackupError::NotEmpty(_)
        | BackupError::OlderServer { .. }
        | BackupError::MayNotCreate(_) => Exit::Refused,
        _ => Exit::Failure,
    };
    let failure = failure(exit, &error).next(error.next_step());
    match error {
        BackupError::File { source, .. } => failure.because(source),
        BackupError::Database(source) => failure.because(source),
        _ => failure,
    }
}

/// What shows how far it is.
pub(super) fn progress(bar: &ProgressBar) -> impl Fn(Step, u64, u64) + Send + Sync + use<> {
    let bar = bar.clone();
    move |step: Step, done: u64, total: u64| {
        bar.set_message(match (step.counts_bytes(), done) {
            (true, 1..) => format!("{} ({})", step.words(), size(done)),
            _ => step.words().to_owned(),
        });
        if total > 0 {
            bar.set_length(total);
            bar.set_position(done);
        }
    }
}

/// Ends the work when it is asked to, which undoes it.
pub(super) async fn until_stopped<T>(
    work: impl Future<Output = Result<T, BackupError>>,
) -> anyhow::Result<T> {
    let mut stop = Stop::new()?;
    tokio::select! {
        result = work => result.map_err(|error| failed(error).into()),
        () = stop.asked() => Err(failure(Exit::Interrupted, "stopped before it was done: nothing was changed").into()),
    }
}

fn default_folder(context: &Context) -> anyhow::Result<PathBuf> {
    Ok(context.data_folder()?.join("backups"))
}

/// Where the programs of the private server are, whose version its dump needs.
pub(super) fn programs(context: &Context) -> Option<PathBuf> {
    let folder = DataFolder::at(context.data_folder().ok()?).ok()?;
    Some(private::inspect(&folder).ok()?.running?.programs)
}

async fn create(arguments: Create, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let settings = context.settings()?;
    if settings.transaction_pooler().is_some() {
        return Err(failure(
            Exit::Refused,
            "this is a pooler that gives each transaction another connection; a backup is one snapshot seen by several",
        )
        .next("use the direct connection or the session pooler")
        .into());
    }
    let folder = match arguments.folder {
        Some(folder) => folder,
        None => default_folder(context)?,
    };
    let options = Options {
        folder: folder.clone(),
        jobs: arguments.jobs,
        recipients: Recipients::parse(arguments.recipient.iter().map(String::as_str))
            .map_err(failed)?,
        files: match arguments.no_files {
            true => None,
            false => Some(context.file_folder()?),
        },
        programs: programs(context),
    };
    let days = match (arguments.keep_days, arguments.prune) {
        (Some(days), _) => Some(days),
        (None, true) => Some(retention(&settings, context).await?),
        (None, false) => None,
    };
    let bar = console.spinner("backup");
    let observer = progress(&bar);
    let Created { backup, contents } =
        until_stopped(backup::create(&settings, &options, &observer)).await?;
    bar.finish_and_clear();
    let removed = match days {
        Some(days) => {
            backup::prune(&folder, &settings.database, days, Timestamp::now())
                .map_err(failed)?
                .removed
        }
        None => Vec::new(),
    };
    #[derive(Serialize)]
    struct Document<'a> {
        folder: &'a Path,
        bytes: u64,
        rows: i64,
        manifest: &'a Manifest,
        contents: &'a Contents,
        removed: &'a [PathBuf],
    }
    console.json(&Document {
        folder: &backup.folder,
        bytes: backup.bytes(),
        rows: rows(&contents),
        manifest: &backup.manifest,
        contents: &contents,
        removed: &removed,
    })?;
    console.passed(format_args!(
        "{} rows of {} tables in {}: {}",
        rows(&contents),
        contents.tables.len(),
        size(backup.bytes()),
        backup.folder.display()
    ));
    for folder in &removed {
        console.line(format_args!("  removed {}", folder.display()));
    }
    if backup.manifest.encryption.is_none() {
        console.paragraph(
            2,
            Tone::Faint,
            "Not encrypted: whoever can read it reads every conversation (--recipient).",
        );
    }
    console.paragraph(
        2,
        Tone::Faint,
        format_args!(
            "Prove that it restores: romashka backup verify {}",
            private_server::quote(&backup.folder.display().to_string())
        ),
    );
    Ok(Exit::Ok)
}

pub(super) fn rows(contents: &Contents) -> i64 {
    contents.tables.iter().map(|table| table.rows).sum()
}

async fn retention(settings: &Settings, context: &Context) -> anyhow::Result<u32> {
    let client = context.connect_to(settings).await?;
    let days: i64 = client
        .query_one(
            "select (romashka.setting(romashka.default_workspace_id(), 'backup_retention_days') #>> '{}')::bigint",
            &[],
        )
        .await?
        .get(0);
    Ok(u32::try_from(days).unwrap_or(u32::MAX))
}

fn list(arguments: List, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let folder = match arguments.folder {
        Some(folder) => folder,
        None => default_folder(context)?,
    };
    let found = backup::list(&folder).map_err(failed)?;
    #[derive(Serialize)]
    struct Listed<'a> {
        folder: &'a Path,
        bytes: u64,
        #[serde(flatten)]
        manifest: &'a Manifest,
    }
    console.json(
        &found
            .iter()
            .map(|backup| Listed {
                folder: &backup.folder,
                bytes: backup.bytes(),
                manifest: &backup.manifest,
            })
            .collect::<Vec<_>>(),
    )?;
    if found.is_empty() {
        console.line(format_args!("no backup in {}", folder.display()));
        return Ok(Exit::Ok);
    }
    console.table(
        [
            "made",
            "database",
            "PostgreSQL",
            "size",
            "encrypted",
            "folder",
        ],
        found.iter().map(|backup| {
            let manifest = &backup.manifest;
            [
                manifest
                    .created_at
                    .strftime("%Y-%m-%d %H:%M UTC")
                    .to_string(),
                manifest.database.clone(),
                manifest.server_version.clone(),
                size(backup.bytes()),
                manifest
                    .encryption
                    .clone()
                    .unwrap_or_else(|| "no".to_owned()),
                backup
                    .folder
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
            ]
        }),
    );
    Ok(Exit::Ok)
}

/// Opens a backup and compares its files with their checksums.
pub(super) fn open(path: &Path, console: &Console) -> anyhow::Result<Backup> {
    let backup = Backup::open(path).map_err(failed)?;
    let bar = console.bar(backup.bytes(), "checksums");
    backup.check(&progress(&bar)).map_err(failed)?;
    bar.finish_and_clear();
    Ok(backup)
}

async fn verify(arguments: Verify, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let backup = open(&arguments.backup, console)?;
    if arguments.checksums {
        console.json(&backup.manifest)?;
        console.passed(format_args!(
            "{} files are as they were written",
            backup.manifest.files.len()
        ));
        return Ok(Exit::Ok);
    }
    let identities =
        Identities::read(arguments.identity.iter().map(PathBuf::as_path)).map_err(failed)?;
    let bar = console.spinner("backup verify");
    bar.set_message("starting a PostgreSQL");
    let mut options = PrivateServerOptions::throw_away().map_err(private_server::failed)?;
    options.durable = false;
    let server = PrivateServer::start_and_remove(options)
        .await
        .map_err(private_server::failed)?;
    let target = Target {
        settings: server.settings(),
        replace: false,
        files: None,
        jobs: arguments.jobs,
        programs: Some(server.running().programs.clone()),
        identities,
    };
    let observer = progress(&bar);
    let restored = until_stopped(backup::restore(&backup, &target, &observer)).await;
    server.stop().await.map_err(private_server::failed)?;
    let restored = restored?;
    bar.finish_and_clear();
    #[derive(Serialize)]
    struct Document<'a> {
        manifest: &'a Manifest,
        contents: &'a Contents,
        report: &'a romashka_db::verify::Report,
    }
    console.json(&Document {
        manifest: &backup.manifest,
        contents: &restored.contents,
        report: &restored.report,
    })?;
    console.passed(format_args!(
        "it restores: {} rows of {} tables are what was counted on {}",
        rows(&restored.contents),
        restored.contents.tables.len(),
        backup.manifest.created_at.strftime("%Y-%m-%d %H:%M UTC")
    ));
    Ok(told(&restored.report, console))
}

/// Says what `romashka verify` found.
pub(super) fn told(report: &romashka_db::verify::Report, console: &Console) -> Exit {
    if report.passed {
        console.passed(format_args!(
            "romashka verify: {} checks passed",
            report.summary.passed
        ));
        return Exit::Ok;
    }
    console.failed(format_args!(
        "romashka verify: {}",
        report.failed().join(", ")
    ));
    console.paragraph(
        2,
        Tone::Faint,
        "The database was like that when the backup was made. romashka verify tells more.",
    );
    Exit::Failure
}
