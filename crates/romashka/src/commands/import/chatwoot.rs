//! `romashka import chatwoot`: an account of Chatwoot.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::Args as ClapArgs;
use romashka_db::client_program;
use romashka_db::environment::Variable;
use romashka_db::import::chatwoot::{
    ChatwootError, ChatwootOptions, ChatwootReport, Folders, TABLES, import_chatwoot,
};
use romashka_db::private::{self, Missing, PackageAdvice, PrivateServer, PrivateServerOptions};
use romashka_db::settings::{Origin, Settings};
use secrecy::{ExposeSecret, SecretString};

use super::super::private_server;
use crate::console::Tone;
use crate::context::Context;
use crate::exit::{Exit, Failure, failure};
use crate::stop::Stop;

/// Import an account of Chatwoot from its PostgreSQL database
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka import chatwoot postgresql://chatwoot@localhost/chatwoot_production --workspace acme
  romashka import chatwoot postgresql://… --workspace acme --account 3
  romashka import chatwoot postgresql://… --workspace acme --storage /home/chatwoot/chatwoot/storage
  romashka import chatwoot --dump chatwoot.dump --workspace acme

Agents, teams, inboxes, contacts, conversations, messages, notes, labels, ratings and canned responses come over, with the times at
which things happened. Chatwoot's database is only read. Running it again, or after it was stopped, adds only what is missing.
Channels come inactive: nothing is fetched or sent before you connect them. docs/import-chatwoot.md has the mapping; what could
not be carried over is in the report.

Exit code 0: imported.")]
pub struct ChatwootArgs {
    /// Chatwoot's database, as postgresql://user:password@host/name; PGPASSWORD keeps the password off the command line
    #[arg(value_name = "URL", required_unless_present = "dump")]
    source: Option<SecretString>,
    /// A dump of it instead, of any form of pg_dump: it is restored into a throw-away PostgreSQL
    #[arg(long, value_name = "FILE", conflicts_with = "source")]
    dump: Option<PathBuf>,
    /// The workspace that receives it, by its short name
    #[arg(long, value_name = "NAME", default_value = "default")]
    workspace: String,
    /// The number of the account
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    account: i64,
    /// Chatwoot's folder of files, on its disk; without, files are noted on their messages only
    #[arg(long, value_name = "FOLDER")]
    storage: Option<PathBuf>,
}

/// Does what was asked for.
pub async fn run(arguments: ChatwootArgs, context: &Context) -> anyhow::Result<Exit> {
    let folders = match arguments.storage {
        None => None,
        Some(from) if from.is_dir() => Some(Folders {
            from,
            to: context.file_folder()?,
        }),
        Some(from) => {
            return Err(
                failure(Exit::Usage, format!("{} is no folder", from.display()))
                    .next("name the folder storage of Chatwoot")
                    .into(),
            );
        }
    };
    let options = ChatwootOptions {
        account: arguments.account,
        workspace: arguments.workspace,
        folders,
    };
    match (&arguments.dump, &arguments.source) {
        (Some(file), _) => {
            let server = restored(file, context).await?;
            let report = bring(&server.settings(), &options, context).await;
            server.stop().await.map_err(private_server::failed)?;
            tell(&report?, &options, context)
        }
        (None, source) => {
            let text = source.as_ref().map_or("", |source| source.expose_secret());
            let theirs = Settings::parse(text, Origin::Option, &Variable::read)
                .map_err(|error| failure(Exit::Usage, &error).next(error.next_step()))?;
            let report = bring(&theirs, &options, context).await?;
            tell(&report, &options, context)
        }
    }
}

async fn bring(
    theirs: &Settings,
    options: &ChatwootOptions,
    context: &Context,
) -> anyhow::Result<ChatwootReport> {
    let settings = context.settings()?;
    let bar = context.console.spinner("import chatwoot");
    let observe = {
        let bar = bar.clone();
        move |table: &str, done: u64, total: u64| {
            bar.set_message(format!("{table} ({done} of {total})"));
            if total > 0 {
                bar.set_length(total);
                bar.set_position(done);
            }
        }
    };
    let mut stop = Stop::new()?;
    let report = tokio::select! {
        report = import_chatwoot(&settings, theirs, options, &observe) => report.map_err(failed)?,
        () = stop.asked() => {
            return Err(failure(Exit::Interrupted, "stopped before the end: the same command goes on from here").into());
        }
    };
    bar.finish_and_clear();
    Ok(report)
}

fn tell(
    report: &ChatwootReport,
    options: &ChatwootOptions,
    context: &Context,
) -> anyhow::Result<Exit> {
    context.console.json(report)?;
    print(report, &options.workspace, context);
    Ok(Exit::Ok)
}

/// A throw-away PostgreSQL with the tables of a dump. Those that need extensions which are not there are not among them.
async fn restored(file: &Path, context: &Context) -> anyhow::Result<PrivateServer> {
    let unreadable = |error: std::io::Error| {
        failure(Exit::Usage, format!("{} cannot be read", file.display()))
            .next("name a dump that pg_dump wrote")
            .because(error)
    };
    let mut head = [0; 5];
    if !file.is_dir() {
        let mut opened = std::fs::File::open(file).map_err(unreadable)?;
        let count = opened.read(&mut head).map_err(unreadable)?;
        if count > 1 && head[..2] == [0x1f, 0x8b] {
            return Err(
                failure(Exit::Usage, format!("{} is compressed", file.display()))
                    .next("unpack it first: gunzip FILE")
                    .into(),
            );
        }
    }
    let bar = context.console.spinner("import chatwoot");
    bar.set_message("starting a PostgreSQL");
    let mut options = PrivateServerOptions::throw_away().map_err(private_server::failed)?;
    options.durable = false;
    let server = PrivateServer::start_and_remove(options)
        .await
        .map_err(private_server::failed)?;
    bar.set_message("restoring the dump");
    let settings = server.settings();
    let mut arguments: Vec<OsString> = Vec::new();
    let name = if file.is_dir() || &head == b"PGDMP" {
        arguments.extend(["--no-owner".into(), "--no-privileges".into()]);
        arguments.extend(["--dbname".into(), settings.database.clone().into()]);
        for table in TABLES {
            arguments.extend(["--table".into(), (*table).into()]);
        }
        arguments.push(file.into());
        "pg_restore"
    } else {
        arguments.extend(["--no-psqlrc".into(), "--quiet".into(), "--file".into()]);
        arguments.push(file.into());
        "psql"
    };
    let beside = server.running().programs.clone();
    let Some(program) = private::find_client_program(name, Some(&beside)) else {
        server.stop().await.map_err(private_server::failed)?;
        let advice = PackageAdvice::here(Missing::Client);
        return Err(
            failure(Exit::Failure, format!("{name} is not on this machine"))
                .next(advice.command(rustix::process::geteuid().is_root()))
                .into(),
        );
    };
    let mut command = tokio::process::Command::new(program);
    for variable in client_program::MISLEADING {
        command.env_remove(variable);
    }
    let output = command
        .envs(client_program::environment(&settings))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    bar.finish_and_clear();
    let said = String::from_utf8_lossy(&output.stderr);
    if let Some(line) = said
        .lines()
        .find(|line| line.to_lowercase().contains("error"))
    {
        // What is needed is looked for when it is read.
        context.console.warn(
            format_args!("not all of the dump could be restored: {line}"),
            "see the report: what an import needs is named there when it is missing",
        );
    }
    Ok(server)
}

fn failed(error: ChatwootError) -> Failure {
    let exit = match &error {
        ChatwootError::Connect(_) => Exit::Unreachable,
        ChatwootError::NoChatwoot(_)
        | ChatwootError::NoAccount { .. }
        | ChatwootError::NoWorkspace(_) => Exit::Usage,
        _ => Exit::Failure,
    };
    let failure = failure(exit, &error).next(error.next_step());
    match error {
        ChatwootError::Theirs(source) | ChatwootError::Ours { source, .. } => {
            failure.because(source)
        }
        ChatwootError::File { source, .. } => failure.because(source),
        _ => failure,
    }
}

fn print(report: &ChatwootReport, workspace: &str, context: &Context) {
    let console = &context.console;
    console.passed(format_args!("{} is in {workspace}", report.account));
    for one in report.brought.iter().filter(|one| one.read > 0) {
        console.line(format_args!("  {} {} added", one.added, one.to));
    }
    for left in &report.left {
        console.doubtful(format_args!("{} {}: {}", left.count, left.what, left.why));
    }
    console.paragraph(2, Tone::Faint, "Prove that all is right: romashka verify");
}
