//! `romashka maintain`: looks after a database in use, and says what each step did.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use romashka_db::maintenance::{Maintenance, MaintenanceError, Outcome, Report, Step, StepReport};

use crate::console::{Console, Tone};
use crate::context::Context;
use crate::exit::{Exit, Failure, failure};

/// Look after the database: retention, partitions, the audit's seal, dead rows, statistics
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka maintain                            every step
  romashka maintain --dry-run                  what would be done
  romashka maintain --step vacuum              one step; can be given several times
  romashka maintain --backups /var/backups/romashka   also remove old backups there
  romashka maintain --quiet                    from cron: prints what was done, and errors

Safe at any time: nothing waits longer than a second for a lock. What is in use is left to the next run, and the report
says so. Workspaces on legal hold keep everything. `romashka serve` takes all steps but vacuum and statistics by itself.

✓ done. - nothing to do. ! left to the next run. ✗ failed.
Exit code 0: no step failed. 1: one did. 4: another romashka maintain is at work.")]
pub struct Args {
    /// Only this step: shadows, partitions, seal, retention, expired, backups, vacuum, statistics
    #[arg(long, value_name = "STEP", value_parser = step)]
    step: Vec<Step>,
    /// Change nothing, and say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Remove backups in this folder that are older than the setting backup_retention_days
    #[arg(long, value_name = "FOLDER")]
    backups: Option<PathBuf>,
    /// Vacuum a table from this share of dead rows on, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=100))]
    dead_share: u8,
}

fn step(name: &str) -> Result<Step, String> {
    Step::parse(name)
        .ok_or_else(|| format!("the steps are {}", Step::ALL.map(Step::name).join(", ")))
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let steps = if arguments.step.is_empty() {
        Step::ALL.to_vec()
    } else {
        arguments.step
    };
    if steps == [Step::Backups] && arguments.backups.is_none() {
        return Err(failure(Exit::Usage, "the step backups needs a folder")
            .next("name it: --backups FOLDER")
            .into());
    }
    let settings = context.settings()?;
    let shadow = context.shadow(&settings)?;
    let client = context.connect_to(&settings).await?;
    let spinner = console.spinner("maintain");
    let progress = spinner.clone();
    let report = Maintenance::new(&client, settings.target(), shadow)
        .steps(&steps)
        .backups(arguments.backups)
        .dead_share(f64::from(arguments.dead_share) / 100.0)
        .dry_run(arguments.dry_run)
        .observer(move |step| progress.set_message(step.title()))
        .run()
        .await
        .map_err(failed)?;
    spinner.finish_and_clear();
    console.json(&report)?;
    print(&report, console);
    Ok(if report.succeeded {
        Exit::Ok
    } else {
        Exit::Failure
    })
}

fn failed(error: MaintenanceError) -> Failure {
    let exit = match &error {
        MaintenanceError::Busy | MaintenanceError::Standby => Exit::Refused,
        MaintenanceError::Lost(_) => Exit::Unreachable,
        MaintenanceError::Database(_) => Exit::Failure,
    };
    let failure = failure(exit, &error).next(error.next_step());
    match error {
        MaintenanceError::Database(source) => failure.because(source),
        _ => failure,
    }
}

fn print(report: &Report, console: &Console) {
    console.line(format_args!(
        "{}{}",
        console.paint(Tone::Strong, &report.target),
        if report.dry_run {
            ": nothing is changed, this would be done"
        } else {
            ""
        }
    ));
    for step in &report.steps {
        print_step(step, console);
    }
}

fn print_step(report: &StepReport, console: &Console) {
    let (tone, sign) = match report.outcome {
        Outcome::Done => (Tone::Good, "✓"),
        Outcome::Nothing => (Tone::Faint, "-"),
        Outcome::Left => (Tone::Doubtful, "!"),
        Outcome::Failed => (Tone::Bad, "✗"),
    };
    let took = match report.outcome {
        Outcome::Nothing => "nothing to do".to_owned(),
        _ => romashka_db::doctor::duration(report.duration.as_secs_f64()),
    };
    console.line(format_args!(
        "  {} {} ({}) {}",
        console.paint(tone, sign),
        report.step.title(),
        report.step.name(),
        console.paint(Tone::Faint, took)
    ));
    for line in &report.work.done {
        console.paragraph(6, Tone::Faint, line);
    }
    for left in &report.work.left {
        console.item(
            6,
            console.paint(Tone::Doubtful, "!"),
            format_args!("{}: {}", left.what, left.why),
        );
    }
    if let Some(why) = &report.failure {
        console.item(6, console.paint(Tone::Bad, "✗"), why);
    }
}
