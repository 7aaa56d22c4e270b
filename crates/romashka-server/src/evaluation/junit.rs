//! A run in JUnit's XML, which build servers read: a case for each question.

use std::fmt::Write as _;

use romashka_db::verify::xml_text;

use super::{QuestionSetResult, QuestionSetRun};

/// The report of a run.
pub fn junit(set: &str, run: &QuestionSetRun, results: &[QuestionSetResult]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let failed = run.question_count - run.passed_count;
    let seconds = |milliseconds: i64| milliseconds as f64 / 1000.0;
    let took = results
        .iter()
        .map(|result| i64::from(result.duration_ms))
        .sum();
    let (name, count, took) = (xml_text(set), run.question_count, seconds(took));
    let _ = writeln!(
        xml,
        "<testsuites name=\"romashka ai eval\" tests=\"{count}\" failures=\"{failed}\" time=\"{took:.3}\">"
    );
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\" timestamp=\"{}\" time=\"{took:.3}\">",
        run.started_at.strftime("%Y-%m-%dT%H:%M:%S")
    );
    for result in results {
        let _ = write!(
            xml,
            "    <testcase classname=\"romashka.ai.eval\" name=\"{}\" time=\"{:.3}\"",
            xml_text(&result.question),
            seconds(i64::from(result.duration_ms))
        );
        let _ = match result.failure {
            None => writeln!(xml, "/>"),
            Some(failure) => writeln!(
                xml,
                "><failure message=\"{}\">{}</failure></testcase>",
                failure.name(),
                xml_text(&told(result))
            ),
        };
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

/// What came of a question that did not go as expected.
pub fn told(result: &QuestionSetResult) -> String {
    let mut told = result.verdict.name().to_owned();
    if let Some(reason) = result.handoff_reason {
        told.push_str(&format!(" ({})", reason.name()));
    }
    match result.expected_rank {
        Some(rank) => told.push_str(&format!("; the expected article is number {rank}")),
        None => told.push_str("; the expected article is not among those found"),
    }
    if let Some(probability) = result.probability {
        told.push_str(&format!("; probability {probability:.2}"));
    }
    if !result.missing_facts.is_empty() {
        told.push_str(&format!("; missing: {}", result.missing_facts.join(", ")));
    }
    if let Some(answer) = &result.answer {
        told.push_str(&format!("\nIt would say: {answer}"));
    }
    told
}
