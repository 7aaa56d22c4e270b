//! `romashka verify`: proves that the database holds what the migrations promise.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use romashka_db::migrations::MigrationSet;
use romashka_db::verify::{CheckResult, Group, Outcome, Repaired, Report, Verifier, VerifyError};
use serde::Serialize;

use crate::console::{Console, Tone};
use crate::context::Context;
use crate::exit::{Exit, Failure, failure};

/// Prove that the database is what the migrations promise, and that its figures are right
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka verify                                  everything
  romashka verify --group security --group schema  two groups
  romashka verify --fix                            recompute wrong counters, then verify again
  romashka verify --json                           for a script
  romashka verify --junit verify.xml               for a build server
  romashka verify --list                           what is checked, and why

Exit code 0: every check passed. 1: something was found, or a check could not be made. Nothing is changed without --fix.")]
pub struct Args {
    /// Only this group; can be given several times
    #[arg(long, value_name = "GROUP", value_parser = group)]
    group: Vec<Group>,
    /// Recompute what can be recomputed from other rows, in one transaction, then verify again
    #[arg(long)]
    fix: bool,
    /// Write a report in JUnit's XML to this file as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// List the checks and what each proves, without a database
    #[arg(long, conflicts_with_all = ["fix", "junit"])]
    list: bool,
}

fn group(name: &str) -> Result<Group, String> {
    Group::parse(name)
        .ok_or_else(|| format!("the groups are {}", Group::ALL.map(Group::name).join(", ")))
}

/// A report, and what was repaired before it.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a Report,
    repaired: &'a [Repaired],
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let groups = if arguments.group.is_empty() {
        Group::ALL.to_vec()
    } else {
        arguments.group
    };
    if arguments.list {
        return list(&groups, console);
    }
    let settings = context.settings()?;
    let client = context.connect_to(&settings).await?;
    let shadow = context.shadow(&settings)?;
    let set = MigrationSet::embedded();
    let bar = console.bar(0, "verify");
    let progress = bar.clone();
    let mut verifier = Verifier::new(&client, settings.target(), shadow, &set)
        .groups(&groups)
        .observer(move |number, total, check| {
            progress.set_length(total as u64);
            progress.set_position(number as u64);
            progress.set_message(check.id);
        });
    let mut report = verifier.run().await.map_err(failed)?;
    let mut repaired = Vec::new();
    if arguments.fix {
        repaired = verifier.repair(&report).await.map_err(failed)?;
        if !repaired.is_empty() {
            report = verifier.run().await.map_err(failed)?;
        }
    }
    bar.finish_and_clear();
    if let Some(file) = &arguments.junit {
        std::fs::write(file, report.junit()).map_err(|error| {
            failure(
                Exit::Usage,
                format!("the file {} cannot be written", file.display()),
            )
            .next("name a file in a folder that exists and may be written")
            .because(error)
        })?;
    }
    console.json(&Document {
        report: &report,
        repaired: &repaired,
    })?;
    print(&report, &repaired, &groups, arguments.fix, console);
    Ok(if report.passed {
        Exit::Ok
    } else {
        Exit::Failure
    })
}

fn failed(error: VerifyError) -> Failure {
    let exit = match &error {
        VerifyError::SeesTooLittle(_) => Exit::Refused,
        VerifyError::Lost(_) => Exit::Unreachable,
        VerifyError::Repair { .. } | VerifyError::Database(_) => Exit::Failure,
    };
    let failure = failure(exit, &error).next(error.next_step());
    match error {
        VerifyError::Repair { source, .. } | VerifyError::Database(source) => {
            failure.because(source)
        }
        VerifyError::SeesTooLittle(_) | VerifyError::Lost(_) => failure,
    }
}

fn list(groups: &[Group], console: &Console) -> anyhow::Result<Exit> {
    #[derive(Serialize)]
    struct Listed {
        id: &'static str,
        title: &'static str,
        severity: romashka_db::verify::Severity,
        proves: &'static str,
        next: &'static str,
        repairable: bool,
    }
    let checks: Vec<Listed> = groups
        .iter()
        .flat_map(|group| group.checks())
        .map(|check| Listed {
            id: check.id,
            title: check.title,
            severity: check.severity,
            proves: check.proves,
            next: check.next,
            repairable: check.repair.is_some(),
        })
        .collect();
    console.json(&checks)?;
    for group in groups {
        console.heading(group.title());
        for check in group.checks() {
            console.line(format_args!("  {}: {}", check.id, check.title));
            console.line(format_args!(
                "    {}",
                console.paint(Tone::Faint, check.proves)
            ));
        }
    }
    Ok(Exit::Ok)
}

fn print(report: &Report, repaired: &[Repaired], groups: &[Group], fix: bool, console: &Console) {
    console.line(format_args!(
        "{}  PostgreSQL {}",
        console.paint(Tone::Strong, &report.target),
        report.server_version
    ));
    for group in groups {
        console.line("");
        console.heading(group.title());
        for check in report.group(*group) {
            print_check(check, fix, console);
        }
    }
    console.line("");
    for check in repaired {
        console.line(format_args!(
            "repaired {}: {} found before",
            check.id, check.finding_count
        ));
    }
    let summary = report.summary;
    let mut parts = vec![format!("{} passed", summary.passed)];
    for (number, word) in [
        (summary.failed, "failed"),
        (summary.warned, "to look at"),
        (summary.noted, "noted"),
        (summary.skipped, "skipped"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    let text = format!("{} in {} ms", parts.join(", "), report.duration.as_millis());
    if report.passed {
        console.passed(text);
    } else {
        console.failed(text);
    }
}

fn print_check(check: &CheckResult, fix: bool, console: &Console) {
    let (tone, mark) = match check.outcome {
        Outcome::Passed => (Tone::Good, "✓"),
        Outcome::Failed => (Tone::Bad, "✗"),
        Outcome::Warned => (Tone::Doubtful, "!"),
        Outcome::Noted => (Tone::Faint, "i"),
        Outcome::Skipped => (Tone::Faint, "-"),
    };
    console.line(format_args!(
        "  {} {}  {}",
        console.paint(tone, mark),
        check.title,
        console.paint(
            Tone::Faint,
            format_args!("{} ms", check.duration.as_millis())
        )
    ));
    if check.outcome == Outcome::Passed {
        return;
    }
    for finding in &check.findings {
        console.line(format_args!("      {}", finding.replace('\n', "\n      ")));
    }
    let more = check
        .finding_count
        .saturating_sub(check.findings.len() as u64);
    if more > 0 {
        console.line(format_args!("      … and {more} more"));
    }
    if let Some(next) = &check.next {
        console.line(console.paint(Tone::Faint, format_args!("      {}: {next}", check.id)));
    }
    if check.outcome == Outcome::Failed && check.repairable && !fix {
        console.line(console.paint(Tone::Faint, "      --fix recomputes it"));
    }
}
