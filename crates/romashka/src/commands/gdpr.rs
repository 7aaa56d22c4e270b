//! `romashka gdpr`: what is kept about one person, taken out or erased, with a report.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args as ClapArgs, Subcommand};
use romashka_db::environment::Variable;
use romashka_db::privacy::{self, EraseError, Erased, ErasedFile, Mention, Person};
use romashka_server::ServerSettings;
use romashka_server::attachments::bucket::Bucket;
use romashka_server::attachments::storage::Storage;
use serde::Serialize;
use uuid::Uuid;

use super::channel::find_workspace;
use crate::console::Console;
use crate::context::Context;
use crate::exit::{Exit, Failure, failure};

/// Export or erase what is kept about one person
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka gdpr export vera@example.org
  romashka gdpr erase +49 30 1234567 --reason 'asked for it on 2 May'")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Export(Export),
    Erase(Erase),
}

/// Whom it is about.
#[derive(ClapArgs)]
struct Who {
    /// The customer: id, address or number
    #[arg(value_name = "CUSTOMER", required = true, num_args = 1.., allow_hyphen_values = false)]
    customer: Vec<String>,
    /// The workspace, by its short name; the default one if nothing is said
    #[arg(long, value_name = "SLUG")]
    workspace: Option<String>,
}

/// Write everything kept about a person as one JSON document
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka gdpr export vera@example.org                       on standard output
  romashka gdpr export vera@example.org --out vera.json       into a file that only you can read
  romashka gdpr export 0198c1f2-7c1e-7a52-9d0e-3f6a1c2b4d5e --workspace acme

That it was taken out is recorded in the audit. Never overwrites a file.")]
struct Export {
    #[command(flatten)]
    who: Who,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Take a person out of every table, the queues, the ledger, the audit, and the storage of files
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka gdpr erase vera@example.org                        shows who it is and asks
  romashka gdpr erase vera@example.org --yes --json           for a script
  romashka gdpr erase vera@example.org --reason 'her letter of 2 May'

Figures, times and counts stay, so that reports stay true. Afterwards every table is searched for the person's addresses,
numbers and names, and what others wrote about the person is named. Backups keep the person until they are removed
(backup_retention_days). A workspace on legal hold erases nothing.
Exit code 0: erased, and found nowhere. 1: erased, but something is left to look at. 4: not confirmed.")]
struct Erase {
    #[command(flatten)]
    who: Who,
    /// Why, for the ledger
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    match arguments.action {
        Action::Export(arguments) => export(arguments, context).await,
        Action::Erase(arguments) => erase(arguments, context).await,
    }
}

/// The one customer whom the words name.
async fn find(client: &tokio_postgres::Client, who: &Who) -> anyhow::Result<(Uuid, Person)> {
    let workspace = find_workspace(client, who.workspace.as_deref()).await?;
    // A number may be written in groups.
    let mut found = privacy::find(client, workspace, &who.customer.join(" ")).await?;
    match (found.pop(), found.len()) {
        (Some(person), 0) => Ok((workspace, person)),
        (Some(person), others) => Err(failure(
            Exit::Usage,
            format!("that names {} customers", others + 1),
        )
        .next(format!(
            "name one by its id: {}",
            found
                .iter()
                .chain([&person])
                .map(|person| person.id.to_string())
                .collect::<Vec<_>>()
                .join(", ")
        ))
        .into()),
        (None, _) => Err(failure(Exit::Failure, "there is no such customer")
            .next("name an id, an address or a number, and the workspace: --workspace SLUG")
            .into()),
    }
}

async fn export(arguments: Export, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let client = context.connect().await?;
    let (workspace, person) = find(&client, &arguments.who).await?;
    let document = privacy::export(&client, workspace, person.id)
        .await
        .map_err(refused)?;
    let Some(file) = arguments.out else {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, &document)?;
        writeln!(out)?;
        return Ok(Exit::Ok);
    };
    let unwritten = |error: std::io::Error| {
        failure(
            Exit::Failure,
            format!("cannot write the file {}", file.display()),
        )
        .next("name another: --out FILE")
        .because(error)
    };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = std::io::BufWriter::new(options.open(&file).map_err(unwritten)?);
    serde_json::to_writer_pretty(&mut out, &document)?;
    out.flush().map_err(unwritten)?;
    #[derive(Serialize)]
    struct Written {
        customer: Uuid,
        file: PathBuf,
    }
    console.passed(format_args!("written to {}", file.display()));
    console.json(&Written {
        customer: person.id,
        file,
    })?;
    Ok(Exit::Ok)
}

#[derive(Serialize)]
struct Report {
    customer: Uuid,
    workspace: Uuid,
    erased: Erased,
    files_removed: usize,
    files_left: Vec<FileLeft>,
    still_mentioned: Vec<Mention>,
}

#[derive(Serialize)]
struct FileLeft {
    storage_provider: String,
    file_path: String,
    why: String,
}

async fn erase(arguments: Erase, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let client = context.connect().await?;
    let (workspace, person) = find(&client, &arguments.who).await?;
    if !arguments.yes && !confirmed(&person, console)? {
        return Err(failure(Exit::Refused, "nothing was erased")
            .next("say so: add --yes")
            .into());
    }
    // Whatever the storage needs is looked at first: better nothing erased than words without their files.
    let storage = storage(context)?;
    let words = privacy::words(&client, workspace, person.id)
        .await
        .map_err(refused)?;
    let spinner = console.spinner("erasing");
    let erased = privacy::erase(&client, workspace, person.id, arguments.reason.as_deref())
        .await
        .map_err(|error| match error {
            EraseError::Database(error) => refused(error),
            EraseError::Answer(_) => failure(Exit::Failure, &error)
                .next("bring the database to this version: romashka migrate"),
        })?;
    let (files_removed, files_left) =
        remove_files(&client, &storage, workspace, &erased.files).await?;
    spinner.set_message("searching every table");
    let still_mentioned = privacy::mentions(&client, &words).await?;
    spinner.finish_and_clear();
    let report = Report {
        customer: person.id,
        workspace,
        erased,
        files_removed,
        files_left,
        still_mentioned,
    };
    console.json(&report)?;
    print(&report, console);
    let is_clean = report.still_mentioned.is_empty()
        && report.files_left.is_empty()
        && report.erased.incoming_events_waiting == 0;
    Ok(if is_clean { Exit::Ok } else { Exit::Failure })
}

fn confirmed(person: &Person, console: &Console) -> anyhow::Result<bool> {
    let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    console.note(format_args!(
        "customer {}: {}, {}, {}; conversations: {}{}",
        person.id,
        said(&person.name),
        said(&person.email),
        said(&person.phone),
        person.conversations,
        if person.is_erased {
            "; was erased before"
        } else {
            ""
        }
    ));
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    let mut err = std::io::stderr().lock();
    write!(err, "Erase for ever? Type yes: ")?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

fn storage(context: &Context) -> anyhow::Result<Storage> {
    let settings = ServerSettings::resolve(&Variable::read).map_err(|error| {
        failure(Exit::Usage, &error).next("romashka environment lists the variables")
    })?;
    let bucket = settings
        .bucket
        .as_ref()
        .map(Bucket::new)
        .transpose()
        .map_err(|error| {
            failure(Exit::Usage, &error)
                .next("look at the variables ROMASHKA_S3_…: romashka environment lists them")
        })?;
    Ok(Storage::at(context.file_folder()?, bucket.map(Arc::new)))
}

/// Removes the bytes that are in the queue, rather than leaving that to a server; what cannot be removed now stays there.
async fn remove_files(
    client: &tokio_postgres::Client,
    storage: &Storage,
    workspace: Uuid,
    files: &[ErasedFile],
) -> anyhow::Result<(usize, Vec<FileLeft>)> {
    let mut removed = 0;
    let mut left = Vec::new();
    let ids: Vec<Uuid> = files.iter().map(|file| file.id).collect();
    let leases = privacy::claim_files(client, &ids).await?;
    for file in files {
        // A file that somebody else has too is his as well.
        let result = match file.is_shared {
            true => Ok(()),
            false => {
                storage
                    .remove_erased(&file.storage_provider, workspace, file.id, &file.file_path)
                    .await
            }
        };
        let failure = result.err().map(|problem| problem.line());
        if let Some(lease) = leases.get(&file.id) {
            let failure = failure.as_deref();
            privacy::finish_file(client, workspace, (file.id, *lease), failure).await?;
        }
        match failure {
            None if file.is_shared => {}
            None => removed += 1,
            Some(why) => left.push(FileLeft {
                storage_provider: file.storage_provider.clone(),
                file_path: file.file_path.clone(),
                why,
            }),
        }
    }
    Ok((removed, left))
}

/// What the database says, with its hint as the next step.
fn refused(error: tokio_postgres::Error) -> Failure {
    let (message, hint) = match error.as_db_error() {
        Some(said) => (
            said.message().to_owned(),
            said.hint().map(ToOwned::to_owned),
        ),
        None => (error.to_string(), None),
    };
    failure(Exit::Failure, message).next(hint.unwrap_or_else(|| {
        "connect as the owner of the database, and bring it to this version: romashka migrate"
            .to_owned()
    }))
}

fn print(report: &Report, console: &Console) {
    let erased = &report.erased;
    console.passed(format_args!("customer {} is erased", report.customer));
    for (amount, what) in [
        (erased.profiles, "profiles"),
        (erased.conversations, "conversations"),
        (erased.messages, "messages"),
        (erased.incoming_events, "incoming events, as they came"),
        (erased.outgoing_webhooks, "outgoing webhooks"),
        (erased.ledger_rows, "rows of the ledger"),
        (erased.audit_rows, "rows of the audit"),
        (report.files_removed as i64, "files"),
    ] {
        if amount > 0 {
            console.line(format_args!("  {amount:>8} {what}"));
        }
    }
    if erased.incoming_events_waiting > 0 {
        console.doubtful(format_args!(
            "{} incoming events that mention the person still wait to be taken in: erase again when they are",
            erased.incoming_events_waiting
        ));
    }
    for file in &report.files_left {
        console.doubtful(format_args!(
            "the file {} ({}) is still there: {}",
            file.file_path, file.storage_provider, file.why
        ));
    }
    if report.still_mentioned.is_empty() {
        console.passed("addresses, numbers and names are found in no table");
    } else {
        console.doubtful(
            "others may have written about the person; look at these, and change what is personal:",
        );
        console.table(
            ["   table", "column", "rows"],
            report.still_mentioned.iter().map(|mention| {
                [
                    format!("   {}", mention.table),
                    mention.column.clone(),
                    mention.rows.to_string(),
                ]
            }),
        );
    }
}
