//! `romashka ai eval`: a set of questions is asked, graded, and compared with the run before.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use romashka_server::evaluation::{
    QuestionSetResult, QuestionSetRun, RunError, TableRow, add_from_conversations,
    find_or_make_set, import_table, junit, read_table, record, run_set, told,
};
use romashka_server::problem::{Code, Problem};
use serde::Serialize;

use crate::commands::knowledge::{explain, open};
use crate::console::Tone;
use crate::context::Context;
use crate::exit::{Exit, failure};

/// Ask the questions of a set, and grade what the assistant would answer
///
/// Each question is answered by the same code as a customer's; nothing is sent, and nothing lands in reports. The run is
/// recorded with its figures and compared with the one before. Exit code 1: a question did not go as expected.
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka ai eval \"Everyday questions\"
  romashka ai eval Billing --file billing.csv --junit billing.xml
  romashka ai eval Asked --from-conversations 200
  romashka ai eval Billing --only-regressions --json

The table has a column question, and of expected_article (id, title or file), expected_facts (divided by |), must_refuse
and note what applies. A set that is not there is made by --file and --from-conversations. docs/evaluation.md has the rest.")]
pub struct Args {
    /// The set, by its name or id
    #[arg(value_name = "SET")]
    set: String,
    /// Put the questions of this table of comma-separated values into the set first
    #[arg(long, value_name = "CSV")]
    file: Option<PathBuf>,
    /// Put up to so many questions of resolved conversations into the set first: what was answered and nobody objected to
    #[arg(long, value_name = "COUNT", num_args = 0..=1, default_missing_value = "200", value_parser = clap::value_parser!(i32).range(1..=1000))]
    from_conversations: Option<i32>,
    /// Write the result for a build server, in JUnit's form
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Fail only where a question passed in the run before and does not now
    #[arg(long)]
    only_regressions: bool,
    /// Workspace the set belongs to, by its short name
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
}

#[derive(Serialize)]
struct Report<'a> {
    set: &'a str,
    added: usize,
    run: &'a QuestionSetRun,
    results: &'a [QuestionSetResult],
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let rows = arguments.file.as_ref().map(read).transpose()?;
    let (server, workspace) = open(arguments.workspace.as_deref(), context).await?;
    let makes = rows.is_some() || arguments.from_conversations.is_some();
    let set = find_or_make_set(&server, workspace, &arguments.set, makes)
        .await
        .map_err(|problem| match problem.code() {
            Code::NotFound => failure(
                Exit::Failure,
                format!("there is no question set “{}”", arguments.set),
            )
            .next("list them: GET /api/v1/question_sets, or select name from question_sets; --file and --from-conversations make one")
            .into(),
            _ => explain(problem),
        })?;
    let mut added = 0;
    if let Some(rows) = &rows {
        added += import_table(&server, workspace, set.id, rows)
            .await
            .map_err(unknown_articles)?;
    }
    if let Some(most) = arguments.from_conversations {
        let found = add_from_conversations(&server, workspace, set.id, most)
            .await
            .map_err(explain)?;
        added += usize::try_from(found).unwrap_or_default();
    }
    let bar = context.console.bar(0, "asking");
    let asked = run_set(
        &server,
        workspace,
        set.id,
        &set.language,
        set.audience,
        |done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        },
    )
    .await;
    bar.finish_and_clear();
    let asked = asked.map_err(|error| match error {
        RunError::NoModel => failure(
            Exit::Failure,
            "the model that compares meanings is not installed, and without it nothing is answered",
        )
        .next("make model, or set ROMASHKA_MODEL_DIR")
        .into(),
        RunError::Empty => failure(Exit::Failure, format!("“{}” has no questions", set.name))
            .next("add some: --file questions.csv, or --from-conversations")
            .into(),
        RunError::Problem(problem) => explain(problem),
    })?;
    let (run, results) = record(&server, workspace, set.id, asked)
        .await
        .map_err(explain)?;
    if let Some(file) = &arguments.junit {
        std::fs::write(file, junit(&set.name, &run, &results)).map_err(|error| {
            failure(
                Exit::Failure,
                format!("{} cannot be written", file.display()),
            )
            .because(error)
            .next("choose another place for --junit")
        })?;
    }
    context.console.json(&Report {
        set: &set.name,
        added,
        run: &run,
        results: &results,
    })?;
    print(context, &set.name, added, &run, &results);
    let has_failed = match arguments.only_regressions {
        true => run.regressed_count > 0,
        false => run.passed_count < run.question_count,
    };
    Ok(if has_failed { Exit::Failure } else { Exit::Ok })
}

fn read(file: &PathBuf) -> anyhow::Result<Vec<TableRow>> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        failure(Exit::Usage, format!("{} cannot be read", file.display()))
            .because(error)
            .next("name a table of comma-separated values in UTF-8")
    })?;
    let rows = read_table(&text).map_err(|error| {
        failure(Exit::Usage, format!("{}: {error}", file.display()))
            .next("see romashka ai eval --help for its columns")
    })?;
    Ok(rows)
}

fn unknown_articles(problem: Problem) -> anyhow::Error {
    match problem.code() {
        Code::InvalidValue => failure(Exit::Failure, problem.words())
            .next("name articles by their id, title or file; nothing of the table was taken")
            .into(),
        _ => explain(problem),
    }
}

fn print(
    context: &Context,
    set: &str,
    added: usize,
    run: &QuestionSetRun,
    results: &[QuestionSetResult],
) {
    let console = &context.console;
    if added > 0 {
        console.line(format_args!("{added} questions new or changed"));
    }
    console.heading(set);
    for result in results {
        let change = match result.change.name() {
            change @ ("fixed" | "regressed") => format!("  ({change})"),
            _ => String::new(),
        };
        match result.failure {
            None => console.passed(format_args!("{}{change}", result.question)),
            Some(failure) => {
                console.failed(format_args!(
                    "{}  {}{change}",
                    result.question,
                    failure.name()
                ));
                console.paragraph(4, Tone::Faint, told(result));
            }
        }
    }
    let percent = |share: Option<f64>| match share {
        Some(share) => format!("{:.0} %", share * 100.0),
        None => "–".to_owned(),
    };
    let figure = |figure: Option<f64>| match figure {
        Some(figure) => format!("{figure:.2}"),
        None => "–".to_owned(),
    };
    console.line("");
    console.line(format_args!(
        "{} of {} as expected; {} fixed and {} regressed since the run before",
        run.passed_count, run.question_count, run.fixed_count, run.regressed_count
    ));
    console.line(format_args!(
        "answered {}, of these right {}; expected article first {}, among five {}, nDCG@10 {}",
        percent(run.answered_share),
        percent(run.precision_share),
        percent(run.hit_at_one),
        percent(run.recall_at_five),
        figure(run.ndcg_at_ten)
    ));
}
