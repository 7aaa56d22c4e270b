//! `migrate status` and `migrate plan`: they change nothing and take no lock.

use romashka_db::migrations::{
    Effect, Entry, MigrationSet, Migrator, PlannedStatement, State, Version,
};

use super::{PlanArgs, connect, failed};
use crate::console::{Console, Tone};
use crate::context::Context;
use crate::exit::Exit;

pub(super) async fn status(context: &Context) -> anyhow::Result<Exit> {
    let (settings, client) = connect(context).await?;
    let set = MigrationSet::embedded();
    let status = Migrator::new(&client, &set)
        .status()
        .await
        .map_err(failed)?;
    let console = &context.console;
    console.json(&status)?;
    console.heading(settings.target());
    console.table(
        ["", "version", "name", "applied", "took", "by"],
        status.entries.iter().map(|entry| row(console, entry)),
    );
    match status.functions {
        State::Applied => {
            console.passed("functions, triggers and policies are those of this version")
        }
        _ => console.failed("functions, triggers and policies are not those of this version"),
    }
    let pending = status.versions(State::Pending).count();
    if status.is_current() {
        console.passed("nothing to do");
        return Ok(Exit::Ok);
    }
    console.note(match pending {
        0 => "next: romashka migrate".to_owned(),
        1 => "1 migration waits; next: romashka migrate plan, then romashka migrate".to_owned(),
        pending => {
            format!("{pending} migrations wait; next: romashka migrate plan, then romashka migrate")
        }
    });
    Ok(Exit::Failure)
}

fn row(console: &Console, entry: &Entry) -> [String; 6] {
    let (tone, mark) = match entry.state {
        State::Applied => (Tone::Good, "✓ applied"),
        State::Unverified => (Tone::Doubtful, "! applied by psql"),
        State::Pending => (Tone::Doubtful, "· pending"),
        State::Changed => (Tone::Bad, "✗ file changed"),
        State::Unknown => (Tone::Bad, "✗ unknown here"),
    };
    [
        console.paint(tone, mark),
        entry.version.to_string(),
        entry.description.clone(),
        entry
            .applied_at
            .map(|at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
            .unwrap_or_default(),
        entry
            .duration_ms
            .map(|duration| format!("{duration} ms"))
            .unwrap_or_default(),
        entry.applied_by.clone().unwrap_or_default(),
    ]
}

pub(super) async fn plan(arguments: PlanArgs, context: &Context) -> anyhow::Result<Exit> {
    let (_, client) = connect(context).await?;
    let set = MigrationSet::embedded();
    let plan = Migrator::new(&client, &set)
        .plan(arguments.to)
        .await
        .map_err(failed)?;
    let console = &context.console;
    console.json(&plan)?;
    if plan.migrations.is_empty() {
        console.passed("nothing to do");
        return Ok(Exit::Ok);
    }
    for migration in &plan.migrations {
        let name = migration.version.map_or_else(
            || "db-functions.sql".to_owned(),
            |version: Version| version.to_string(),
        );
        let mut remarks = vec![format!("{} statements", migration.statements.len())];
        remarks.push(if migration.transactional {
            "one transaction".to_owned()
        } else {
            "no transaction".to_owned()
        });
        if migration.breaking {
            remarks.push(console.paint(Tone::Bad, "breaking: stop older programs first"));
        }
        if migration.reversible {
            remarks.push("reversible".to_owned());
        }
        console.heading(format_args!("{name} {}", migration.description));
        console.line(format_args!("  {}", remarks.join(", ")));
        if arguments.sql {
            for statement in &migration.statements {
                console.line(console.paint(
                    Tone::Faint,
                    format_args!("-- line {}: {}", statement.line, told(statement)),
                ));
                console.line(format_args!("{};\n", statement.sql));
            }
            continue;
        }
        let felt: Vec<&PlannedStatement> = migration
            .statements
            .iter()
            .filter(|statement| is_felt(statement))
            .collect();
        console.table(
            ["  line", "table", "lock", "others", "rows", "statement"],
            felt.iter().map(|statement| {
                [
                    format!("  {}", statement.line),
                    statement.doing.target.clone().unwrap_or_default(),
                    statement
                        .doing
                        .lock
                        .map(|lock| lock.name().to_owned())
                        .unwrap_or_default(),
                    statement
                        .doing
                        .lock
                        .map(|lock| lock.consequence().to_owned())
                        .unwrap_or_default(),
                    rows(statement),
                    statement
                        .sql
                        .lines()
                        .next()
                        .unwrap_or_default()
                        .chars()
                        .take(60)
                        .collect(),
                ]
            }),
        );
        let others = migration.statements.len() - felt.len();
        let unknown = migration
            .statements
            .iter()
            .filter(|s| s.doing.effect == Effect::Unknown)
            .count();
        console.line(format_args!(
            "  {others} statements touch no existing table{}",
            if unknown > 0 {
                format!(" by their text ({unknown} of them run code: romashka migrate --dry-run shows their locks)")
            } else {
                String::new()
            }
        ));
    }
    Ok(Exit::Ok)
}

/// Whether others on an existing table may notice the statement.
fn is_felt(statement: &PlannedStatement) -> bool {
    statement.target_exists && statement.doing.lock.is_some()
}

fn rows(statement: &PlannedStatement) -> String {
    let estimate = statement
        .estimated_rows
        .map_or_else(|| "not known".to_owned(), |rows| format!("~{rows}"));
    match statement.doing.effect {
        Effect::Catalog => "-".to_owned(),
        Effect::Scan => format!("reads {estimate}"),
        Effect::Rows => format!("changes up to {estimate}"),
        Effect::Rewrite => format!("rewrites {estimate}"),
        Effect::Unknown => "?".to_owned(),
    }
}

fn told(statement: &PlannedStatement) -> String {
    match (&statement.doing.target, statement.doing.lock) {
        (Some(target), Some(lock)) if statement.target_exists => {
            format!(
                "{} on {target} ({}), {}",
                lock.name(),
                lock.consequence(),
                rows(statement)
            )
        }
        (Some(target), Some(_)) => format!("{target} is new, nobody waits"),
        _ if statement.doing.effect == Effect::Unknown => "runs code".to_owned(),
        _ => "no table lock".to_owned(),
    }
}
