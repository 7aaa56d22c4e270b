//! `romashka doctor`: examines the server around the database, and says what mends each finding.

use std::time::Duration;

use clap::Args as ClapArgs;
use romashka_db::doctor::{
    self, CheckResult, Connections, Doctor, DoctorError, Finding, Group, IndexSize, Outcome,
    Platform, Report, Resources, Severity, SlowStatement, Source, Statements, TableSize,
};
use serde::Serialize;

use crate::console::{Console, Tone};
use crate::context::Context;
use crate::exit::{Exit, Failure, failure};

/// Examine the server: settings, storage, indexes, sessions, slow statements
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka doctor                                 everything
  romashka doctor --group settings                one group
  romashka doctor --memory 8GiB --cores 4         a server elsewhere, whose machine cannot be seen
  romashka doctor --group activity --long 30s     what runs or sleeps for more than 30 seconds
  romashka doctor --json                          for a script
  romashka doctor --list                          what is looked at

Each finding comes with the statement that mends it. Nothing is changed by this command.

✗ error: data or service are in danger. ! warning: it hurts, or will. → advice: it could be better.
i good to know. - could not be looked at. Exit code 0: nothing above advice. 1: something is wrong.")]
pub struct Args {
    /// Only this group; can be given several times
    #[arg(long, value_name = "GROUP", value_parser = group)]
    group: Vec<Group>,
    /// Memory of the server, where it cannot be seen from here (8GiB, 16GB, 4096MB)
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    memory: Option<u64>,
    /// Processors of the server, where they cannot be seen from here
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    cores: Option<u32>,
    /// How long a transaction may be open before it is a finding (30s, 5min, 1h)
    #[arg(long, value_name = "DURATION", default_value = "5min", value_parser = long)]
    long: Duration,
    /// List the checks, without a database
    #[arg(long)]
    list: bool,
}

fn group(name: &str) -> Result<Group, String> {
    Group::parse(name)
        .ok_or_else(|| format!("the groups are {}", Group::ALL.map(Group::name).join(", ")))
}

pub(super) fn memory(text: &str) -> Result<u64, String> {
    let bytes = doctor::parse_size(text)
        .ok_or_else(|| "write a size with its unit: 8GiB, 4096MB".to_owned())?;
    // A number without its unit is a slip, and a server with less does not exist.
    if bytes < 64 << 20 {
        return Err("that is less than 64MiB; write the unit: 8GiB".to_owned());
    }
    Ok(bytes)
}

fn long(text: &str) -> Result<Duration, String> {
    text.parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| "write a duration with its unit: 30s, 5min, 1h".to_owned())
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
    let bar = console.bar(0, "doctor");
    let progress = bar.clone();
    let report = Doctor::new(&client, settings.target(), settings.host.is_local())
        .groups(&groups)
        .memory(arguments.memory)
        .cores(arguments.cores)
        .long(arguments.long)
        .observer(move |number, total, check| {
            progress.set_length(total as u64);
            progress.set_position(number as u64);
            progress.set_message(check.id);
        })
        .run()
        .await
        .map_err(failed)?;
    bar.finish_and_clear();
    console.json(&report)?;
    print(&report, &groups, console);
    Ok(if report.healthy {
        Exit::Ok
    } else {
        Exit::Failure
    })
}

pub(super) fn failed(error: DoctorError) -> Failure {
    let exit = match &error {
        DoctorError::Lost(_) => Exit::Unreachable,
        DoctorError::Database(_) => Exit::Failure,
    };
    let failure = failure(exit, &error).next(error.next_step());
    match error {
        DoctorError::Database(source) => failure.because(source),
        DoctorError::Lost(_) => failure,
    }
}

fn list(groups: &[Group], console: &Console) -> anyhow::Result<Exit> {
    #[derive(Serialize)]
    struct Listed {
        id: &'static str,
        title: &'static str,
    }
    let checks: Vec<Listed> = groups
        .iter()
        .flat_map(|group| group.checks())
        .map(|check| Listed {
            id: check.id,
            title: check.title,
        })
        .collect();
    console.json(&checks)?;
    for group in groups {
        console.heading(group.title());
        for check in group.checks() {
            console.line(format_args!("  {}: {}", check.id, check.title));
        }
    }
    Ok(Exit::Ok)
}

fn print(report: &Report, groups: &[Group], console: &Console) {
    console.line(format_args!(
        "{}  PostgreSQL {}{}",
        console.paint(Tone::Strong, &report.target),
        report.server_version,
        match report.platform {
            Platform::Own => String::new(),
            service => format!(" on {}", service.name()),
        }
    ));
    console.line(machine(&report.resources));
    for group in groups {
        console.line("");
        console.heading(group.title());
        for check in report.group(*group) {
            print_check(check, console);
        }
        match group {
            Group::Storage => print_tables(&report.tables, console),
            Group::Indexes => print_indexes(&report.indexes, console),
            Group::Activity => {
                if let Some(connections) = &report.connections {
                    print_connections(connections, console);
                }
            }
            Group::Statements => {
                if let Some(statements) = &report.statements {
                    print_statements(statements, console);
                }
            }
            Group::Server | Group::Settings | Group::Extensions => {}
        }
    }
    console.line("");
    print_summary(report, console);
}

pub(super) fn machine(resources: &Resources) -> String {
    let memory = match (resources.memory, resources.memory_source) {
        (Some(bytes), source) => format!(
            "{} of memory{}",
            doctor::size(bytes),
            match source {
                Source::ControlGroup => " (limit of its control group)",
                Source::AssumedFromSharedBuffers | Source::AssumedFromCacheSize => " (assumed)",
                Source::Given => " (as given)",
                Source::Machine | Source::Unknown => "",
            }
        ),
        (None, _) => "memory unknown".to_owned(),
    };
    match resources.cores {
        Some(1) => format!("{memory}, 1 processor"),
        Some(cores) => format!("{memory}, {cores} processors"),
        None => format!("{memory}, processors unknown"),
    }
}

fn print_summary(report: &Report, console: &Console) {
    let summary = report.summary;
    let mut parts = Vec::new();
    for (number, one, many) in [
        (summary.errors, "error", "errors"),
        (summary.warnings, "warning", "warnings"),
        (summary.advice, "piece of advice", "pieces of advice"),
        (summary.info, "note", "notes"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {}", if number == 1 { one } else { many }));
        }
    }
    if parts.is_empty() {
        parts.push("nothing found".to_owned());
    }
    let checks = |number: usize| if number == 1 { "check" } else { "checks" };
    let mut text = format!(
        "{}; {} {} found nothing",
        parts.join(", "),
        summary.sound,
        checks(summary.sound)
    );
    if summary.skipped > 0 {
        text.push_str(&format!(", {} skipped", summary.skipped));
    }
    let text = format!("{text}, in {} ms", report.duration.as_millis());
    if summary.errors > 0 {
        console.failed(text);
    } else if summary.warnings > 0 {
        console.doubtful(text);
    } else {
        console.passed(text);
    }
}

pub(super) fn mark(severity: Severity) -> (Tone, &'static str) {
    match severity {
        Severity::Error => (Tone::Bad, "✗"),
        Severity::Warning => (Tone::Doubtful, "!"),
        Severity::Advice => (Tone::Strong, "→"),
        Severity::Info => (Tone::Faint, "i"),
    }
}

fn print_check(check: &CheckResult, console: &Console) {
    let (tone, sign) = match (check.outcome, check.severity()) {
        (Outcome::Skipped, _) => (Tone::Faint, "-"),
        (_, Some(severity)) => mark(severity),
        (_, None) => (Tone::Good, "✓"),
    };
    console.line(format_args!(
        "  {} {}",
        console.paint(tone, sign),
        check.title
    ));
    if let Some(reason) = &check.skipped {
        console.paragraph(6, Tone::Faint, reason);
    }
    for finding in &check.findings {
        print_finding(finding, console);
    }
}

fn print_finding(finding: &Finding, console: &Console) {
    let (tone, sign) = mark(finding.severity);
    console.item(6, console.paint(tone, sign), &finding.found);
    console.paragraph(
        8,
        Tone::Faint,
        format_args!("{} [{}]", finding.why, finding.id),
    );
    if let Some(advice) = &finding.mend.advice {
        console.paragraph(8, Tone::Faint, advice);
    }
    if let Some(statement) = &finding.mend.statement {
        // Never wrapped: it is there to be copied.
        console.line(format_args!("        {statement}"));
    }
}

/// How many rows a table of the text has; the JSON has more.
const SHOWN: usize = 10;

fn bytes(number: i64) -> String {
    doctor::size(number.unsigned_abs())
}

fn with_partitions(name: &str, partitions: i64) -> String {
    match partitions {
        0 => name.to_owned(),
        1 => format!("{name} (1 partition)"),
        many => format!("{name} ({many} partitions)"),
    }
}

fn print_tables(tables: &[TableSize], console: &Console) {
    console.table(
        ["   largest tables", "rows", "table", "indexes", "both"],
        tables.iter().take(SHOWN).map(|table| {
            [
                format!("   {}", with_partitions(&table.name, table.partitions)),
                doctor::count(table.rows),
                bytes(table.table_bytes),
                bytes(table.index_bytes),
                bytes(table.total_bytes),
            ]
        }),
    );
}

fn print_indexes(indexes: &[IndexSize], console: &Console) {
    console.table(
        ["   largest indexes", "read", "size"],
        indexes.iter().take(SHOWN).map(|index| {
            [
                format!("   {}", with_partitions(&index.name, index.partitions)),
                format!("{} times", doctor::count(index.scans)),
                bytes(index.bytes),
            ]
        }),
    );
}

fn print_connections(found: &Connections, console: &Console) {
    let hidden = if found.hidden > 0 {
        format!(", {} in a state that this role may not see", found.hidden)
    } else {
        String::new()
    };
    console.line(format_args!(
        "    {} of {} connections: {} active, {} idle, {} idle within a transaction{hidden}",
        found.total, found.most, found.active, found.idle, found.idle_in_transaction
    ));
}

fn print_statements(statements: &Statements, console: &Console) {
    let rows = |list: &[SlowStatement]| {
        list.iter()
            .map(|statement| {
                [
                    format!("   {}", doctor::duration(statement.total_ms / 1000.0)),
                    format!("{:.0} %", statement.share * 100.0),
                    doctor::count(statement.calls),
                    doctor::duration(statement.mean_ms / 1000.0),
                    statement.text.clone(),
                ]
            })
            .collect::<Vec<_>>()
    };
    if let Some(since) = &statements.since {
        console.line(console.paint(Tone::Faint, format_args!("    counted since {since} UTC")));
    }
    for (title, list) in [
        ("   most time", &statements.by_total),
        ("   slowest", &statements.by_mean),
    ] {
        console.table([title, "share", "calls", "mean", "statement"], rows(list));
    }
}
