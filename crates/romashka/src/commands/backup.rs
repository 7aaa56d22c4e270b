//! `romashka backup`: makes backups, lists them, and proves that one restores.

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use indicatif::ProgressBar;
use jiff::Timestamp;
use romashka_db::backup::{
    self, Backup, BackupError, Contents, Created, Identities, Manifest, Options, Owner, Recipients,
    Scratch, Step, Target,
};
use romashka_db::environment::Variable;
use romashka_db::private::{self, DataFolder, PrivateServer, PrivateServerOptions};
use romashka_db::settings::Settings;
use romashka_server::backups::{Store, StoreError, is_address, one_of, schedule};
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
  romashka backup --to s3://backups/romashka        into a bucket (variables ROMASHKA_BACKUP_S3_…)
  romashka backup list s3://backups/romashka
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
    /// The bucket it is sent to; with no FOLDER nothing of it stays on this machine
    #[arg(long, value_name = "S3://BUCKET/PREFIX", value_parser = bucket_address)]
    to: Option<String>,
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

/// List the backups in a folder or a bucket
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka backup list
  romashka backup list /srv/backups --json
  romashka backup list s3://backups/romashka")]
struct List {
    /// The folder, by default `backups` in the data folder; or s3://bucket/prefix
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Prove that a backup restores, in a throw-away PostgreSQL of its own
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka backup verify /srv/backups/romashka-20261128T090000Z-romashka
  romashka backup verify s3://backups/romashka/romashka-20261128T090000Z-romashka
  romashka backup verify … --identity key.txt       an encrypted one
  romashka backup verify … --checksums              its files only: quick, and proves less

Exit code 0: it restores, holds what was counted when it was made, and romashka verify finds nothing. 1: it does not.")]
struct Verify {
    /// The backup's folder, or its address in a bucket
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
        Some(Action::List(arguments)) => list(arguments, context).await,
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

/// An error of a bucket with its exit code and next step.
pub(super) fn store_failed(error: StoreError) -> Failure {
    let exit = match error {
        StoreError::Backup(error) => return failed(error),
        StoreError::Address(_) | StoreError::Setting(_) => Exit::Usage,
        _ => Exit::Failure,
    };
    let failure = failure(exit, &error).next(error.next_step());
    match error {
        StoreError::Bucket { source, .. } => failure.because(source),
        _ => failure,
    }
}

fn bucket_address(text: &str) -> Result<String, String> {
    match is_address(text) {
        true => Ok(text.to_owned()),
        false => Err("write s3://bucket/prefix; a folder is named without --to".to_owned()),
    }
}

/// The bucket of an address, where it is one.
pub(super) fn store(address: &str) -> anyhow::Result<Store> {
    Store::open(address, &Variable::read).map_err(|error| store_failed(error).into())
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
pub(super) async fn until_stopped<T, E: Into<StoreError>>(
    work: impl Future<Output = Result<T, E>>,
) -> anyhow::Result<T> {
    let mut stop = Stop::new()?;
    tokio::select! {
        result = work => result.map_err(|error| store_failed(error.into()).into()),
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
    let store = arguments.to.as_deref().map(store).transpose()?;
    // What is only to be in the bucket is made in a folder that is removed.
    let scratch = match (&store, &arguments.folder) {
        (Some(_), None) => Some(Scratch::new().map_err(failed)?),
        _ => None,
    };
    let folder = match (arguments.folder, &scratch) {
        (Some(folder), _) => folder,
        (None, Some(scratch)) => scratch.path().to_owned(),
        (None, None) => default_folder(context)?,
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
    let address = match &store {
        Some(store) => until_stopped(store.keep(&backup, &observer)).await?,
        None => backup.folder.display().to_string(),
    };
    bar.finish_and_clear();
    let mut removed = Vec::new();
    if let Some(days) = days {
        let client = context.connect_to(&settings).await?;
        let owner = Owner::of(&client).await.map_err(failed)?;
        let now = Timestamp::now();
        if scratch.is_none() {
            let kept = backup::prune(&folder, &owner, days, now).map_err(failed)?;
            removed.extend(kept.removed.iter().map(|path| path.display().to_string()));
        }
        if let Some(store) = &store {
            removed.extend(until_stopped(store.prune(&owner, days, now)).await?);
        }
    }
    #[derive(Serialize)]
    struct Document<'a> {
        folder: &'a str,
        bytes: u64,
        rows: i64,
        manifest: &'a Manifest,
        contents: &'a Contents,
        removed: &'a [String],
    }
    console.json(&Document {
        folder: &address,
        bytes: backup.bytes(),
        rows: rows(&contents),
        manifest: &backup.manifest,
        contents: &contents,
        removed: &removed,
    })?;
    console.passed(format_args!(
        "{} rows of {} tables in {}: {address}",
        rows(&contents),
        contents.tables.len(),
        size(backup.bytes()),
    ));
    for folder in &removed {
        console.line(format_args!("  removed {folder}"));
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
            private_server::quote(&address)
        ),
    );
    Ok(Exit::Ok)
}

pub(super) fn rows(contents: &Contents) -> i64 {
    contents.tables.iter().map(|table| table.rows).sum()
}

async fn retention(settings: &Settings, context: &Context) -> anyhow::Result<u32> {
    let client = context.connect_to(settings).await?;
    Ok(schedule::retention_days(&client).await?)
}

/// A backup in a list.
#[derive(Serialize)]
struct Listed {
    folder: String,
    bytes: u64,
    /// Whether every file is there in its size.
    whole: bool,
    #[serde(flatten)]
    manifest: Manifest,
}

async fn listed(place: &Path) -> anyhow::Result<Vec<Listed>> {
    let address = place.to_string_lossy();
    if is_address(&address) {
        let found = until_stopped(store(&address)?.list()).await?;
        return Ok(found
            .into_iter()
            .map(|backup| Listed {
                bytes: backup.bytes(),
                folder: backup.address,
                whole: backup.is_whole,
                manifest: backup.manifest,
            })
            .collect());
    }
    Ok(backup::list(place)
        .map_err(failed)?
        .into_iter()
        .map(|backup| Listed {
            bytes: backup.bytes(),
            folder: backup.folder.display().to_string(),
            whole: backup.is_whole(),
            manifest: backup.manifest,
        })
        .collect())
}

async fn list(arguments: List, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let folder = match arguments.folder {
        Some(folder) => folder,
        None => default_folder(context)?,
    };
    let found = listed(&folder).await?;
    console.json(&found)?;
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
                size(backup.bytes),
                manifest
                    .encryption
                    .clone()
                    .unwrap_or_else(|| "no".to_owned()),
                format!(
                    "{}{}",
                    backup.folder.rsplit('/').next().unwrap_or_default(),
                    if backup.whole {
                        ""
                    } else {
                        " (files are missing)"
                    }
                ),
            ]
        }),
    );
    Ok(Exit::Ok)
}

/// Opens a backup and compares its files with their checksums. One of a bucket is fetched first, into a folder that lasts as
/// long as what is given back beside it.
pub(super) async fn open(
    path: &Path,
    console: &Console,
) -> anyhow::Result<(Backup, Option<Scratch>)> {
    let address = path.to_string_lossy();
    let (backup, scratch) = if is_address(&address) {
        let (place, name) = one_of(&address).ok_or_else(|| {
            failure(Exit::Usage, format!("{address} is no backup's address"))
                .next("romashka backup list s3://… shows them")
        })?;
        let store = store(place)?;
        let scratch = Scratch::new().map_err(failed)?;
        let bar = console.spinner("fetch");
        let observer = progress(&bar);
        let backup = until_stopped(store.fetch(name, &scratch, &observer)).await?;
        bar.finish_and_clear();
        (backup, Some(scratch))
    } else {
        (Backup::open(path).map_err(failed)?, None)
    };
    let bar = console.bar(backup.bytes(), "checksums");
    backup.check(&progress(&bar)).map_err(failed)?;
    bar.finish_and_clear();
    Ok((backup, scratch))
}

async fn verify(arguments: Verify, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let (backup, _scratch) = open(&arguments.backup, console).await?;
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
