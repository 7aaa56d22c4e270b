//! `romashka tune`: the settings that suit this machine, as statements, as a file, or carried out.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use romashka_db::doctor::{Applied, FIRST_LINE, Platform, Tuning};
use serde::Serialize;

use super::doctor::{failed, machine, mark, memory};
use crate::console::{Console, Tone};
use crate::context::Context;
use crate::exit::{Exit, failure};

/// Recommend settings for this machine, with the reason for each
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka tune                                statements, with the reason for each
  romashka tune --memory 8GiB --cores 4        a server elsewhere, whose machine cannot be seen
  romashka tune --file romashka.conf           a fragment for postgresql.conf
  romashka tune --apply                        carry out what this role may
  romashka tune --json                         for a script

The rules are those of `romashka doctor --group settings` (docs/doctor.md); a setting near the recommended value is left
alone. --apply needs a superuser for what counts for the whole server; others set what a database or a role may have of its
own, and are told where the rest is set. What needs a restart is said; nothing is restarted.
Exit code 0: done, or nothing to do. 1: --apply could not set everything.")]
pub struct Args {
    /// Memory of the server, where it cannot be seen from here (8GiB, 16GB, 4096MB)
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    memory: Option<u64>,
    /// Processors of the server, where they cannot be seen from here
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    cores: Option<u32>,
    /// Write a configuration file; one that this command wrote is replaced
    #[arg(long, value_name = "FILE", conflicts_with = "apply")]
    file: Option<PathBuf>,
    /// Carry the statements out
    #[arg(long)]
    apply: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    tuning: &'a Tuning,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<&'a [Applied]>,
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let settings = context.settings()?;
    let client = context.connect_to(&settings).await?;
    let tuning = Tuning::of(
        &client,
        settings.target(),
        settings.host.is_local(),
        (arguments.memory, arguments.cores),
    )
    .await
    .map_err(failed)?;
    if let Some(file) = &arguments.file {
        write(&tuning, file)?;
    }
    let applied = match arguments.apply {
        true => Some(tuning.apply(&client).await.map_err(failed)?),
        false => None,
    };
    console.json(&Report {
        tuning: &tuning,
        applied: applied.as_deref(),
    })?;
    print(&tuning, console);
    if let Some(file) = &arguments.file {
        console.passed(format_args!(
            "written to {}; include it at the end of postgresql.conf, then: select pg_reload_conf()",
            file.display()
        ));
    }
    let Some(applied) = applied else {
        return Ok(Exit::Ok);
    };
    print_applied(&applied, console);
    Ok(if applied.iter().all(|change| change.done) {
        Exit::Ok
    } else {
        Exit::Failure
    })
}

fn write(tuning: &Tuning, file: &Path) -> anyhow::Result<()> {
    if tuning.platform != Platform::Own {
        return Err(failure(
            Exit::Refused,
            format!("{} takes no configuration file", tuning.platform.name()),
        )
        .next("use the statements: romashka tune")
        .into());
    }
    if file.exists() && !is_ours(file) {
        return Err(failure(
            Exit::Refused,
            format!("{} is no file of this command", file.display()),
        )
        .next("name another: --file FILE")
        .into());
    }
    fs::write(file, tuning.file()).map_err(|error| {
        failure(Exit::Failure, format!("cannot write {}", file.display()))
            .next("name another: --file FILE")
            .because(error)
    })?;
    Ok(())
}

fn is_ours(file: &Path) -> bool {
    let mut first = String::new();
    fs::File::open(file)
        .and_then(|file| BufReader::new(file).read_line(&mut first))
        .is_ok_and(|_| first.starts_with(FIRST_LINE))
}

fn print(tuning: &Tuning, console: &Console) {
    console.line(format_args!(
        "{}  PostgreSQL {}{}",
        console.paint(Tone::Strong, &tuning.target),
        tuning.server_version,
        match tuning.platform {
            Platform::Own => String::new(),
            service => format!(" on {}", service.name()),
        }
    ));
    console.line(machine(&tuning.resources));
    if tuning.suggestions.is_empty() {
        console.passed("every setting is as recommended, or near it");
        return;
    }
    for suggestion in &tuning.suggestions {
        let (tone, sign) = mark(suggestion.severity);
        console.item(
            2,
            console.paint(tone, sign),
            format_args!(
                "{}: {} → {}{}",
                suggestion.setting,
                suggestion.current,
                suggestion.value.trim_matches('\''),
                if suggestion.needs_restart {
                    " (after a restart)"
                } else {
                    ""
                }
            ),
        );
        console.paragraph(4, Tone::Faint, suggestion.reason);
        if let Some(advice) = &suggestion.advice {
            console.paragraph(4, Tone::Faint, advice);
        }
        if let Some(statement) = &suggestion.statement {
            console.line(format_args!("    {statement}"));
        }
    }
    console.line(format_args!(
        "{} to change, {} as recommended",
        tuning.suggestions.len(),
        tuning.followed
    ));
}

fn print_applied(applied: &[Applied], console: &Console) {
    for change in applied {
        let remark = change
            .remark
            .as_ref()
            .map(|remark| format!(": {remark}"))
            .unwrap_or_default();
        if change.done {
            console.passed(format_args!("{} is set{remark}", change.setting));
        } else {
            console.doubtful(format_args!("{} is not set{remark}", change.setting));
        }
    }
}
