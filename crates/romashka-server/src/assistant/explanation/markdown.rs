//! An explanation as one page to read.
//!
//! Invariant: what customers and articles say stands in the page as text; it makes no heading and no table of its own.

use std::fmt::Write;

use serde_json::Value;

use super::{AnswerExplanation, ExplainedPassage};
use crate::assistant::answers::AnswerMode;
use crate::assistant::decision::{Verdict, shortened};

/// Characters of a passage that are shown.
const SHOWN: usize = 600;

pub(super) fn page(explained: &AnswerExplanation) -> String {
    let answer = &explained.answer;
    let mut page = String::new();
    let _ = writeln!(page, "# {}\n", heading(explained));
    let _ = writeln!(
        page,
        "- answer `{}` of {}, {}",
        answer.id,
        answer.created_at,
        match answer.mode {
            AnswerMode::Automatic => "given to the customer by itself",
            AnswerMode::Suggestion => "suggested to a member",
        }
    );
    let _ = writeln!(
        page,
        "- conversation `{}`, language {}, for readers who are {}",
        answer.conversation_id,
        text(&answer.language),
        if answer.audience == "signed_in" {
            "signed in"
        } else {
            "anybody"
        }
    );
    if let Some(intent) = &answer.intent {
        let _ = writeln!(page, "- intent {}", text(intent));
    }
    page.push_str("\n## Asked\n\n");
    quote(&mut page, &answer.question);
    if let Some(rewritten) = &answer.rewritten_question {
        page.push_str("\nLooked up together with what it follows on:\n\n");
        quote(&mut page, rewritten);
    }
    found(&mut page, &explained.found);
    gate(&mut page, explained);
    writing(&mut page, explained);
    outcome(&mut page, explained);
    feedback(&mut page, explained);
    steps(&mut page, explained);
    page
}

fn heading(explained: &AnswerExplanation) -> &'static str {
    match explained.answer.verdict {
        Verdict::Answered => "Answered from an article",
        Verdict::Suggested => "Articles were suggested",
        Verdict::Greeted => "A greeting was returned",
        Verdict::Silent => "Nothing was said",
        Verdict::HandedOff => "Handed over to a person",
        Verdict::Overtaken => "A person was there first",
    }
}

fn found(page: &mut String, found: &[ExplainedPassage]) {
    page.push_str("\n## Found\n\n");
    if found.is_empty() {
        page.push_str("Nothing, or nothing was looked up.\n");
        return;
    }
    page.push_str(
        "| | article | version | score | meaning | words | now |\n|--:|---|--:|--:|--:|--:|---|\n",
    );
    for one in found {
        let _ = writeln!(
            page,
            "| {}{} | {} | {} | {} | {} | {} | {} |",
            one.place,
            if one.is_cited { " ✓" } else { "" },
            text(one.title.as_deref().unwrap_or("")),
            one.version
                .map(|version| version.to_string())
                .unwrap_or_default(),
            figure(one.score),
            figure(one.cosine),
            figure(one.words),
            text(&now(one)),
        );
    }
    for one in found.iter().filter(|one| one.is_cited) {
        let _ = writeln!(
            page,
            "\nFrom {} (`{}`, version {}, passage {}), as it was then:\n",
            text(one.title.as_deref().unwrap_or("")),
            one.article_id,
            one.version.unwrap_or_default(),
            one.position.unwrap_or_default(),
        );
        quote(
            page,
            &shortened(one.passage.as_deref().unwrap_or(""), SHOWN),
        );
    }
}

fn now(one: &ExplainedPassage) -> String {
    match (one.current_version, one.current_status.as_deref()) {
        (None, _) => "deleted".to_owned(),
        (now, Some("active")) if now == one.version => "the same".to_owned(),
        (Some(now), Some("active")) => format!("changed: version {now}"),
        (Some(now), status) => format!("{}, version {now}", status.unwrap_or("")),
    }
}

fn gate(page: &mut String, explained: &AnswerExplanation) {
    let answer = &explained.answer;
    let settings = answer.configuration.value();
    page.push_str("\n## How sure it was\n\n");
    let Some(probability) = answer.probability else {
        page.push_str("No probability: nothing was looked up, or there was no model to tell.\n");
        return;
    };
    let _ = writeln!(
        page,
        "That the first article answers was {:.1} % probable. Answers are given from {}, articles suggested from {}.",
        probability * 100.0,
        percent(&settings["ai_confidence_threshold"]),
        percent(&settings["ai_handoff_threshold"]),
    );
    let (gate, evidence) = (&settings["gate"], &settings["evidence"]);
    if let (Some(cosine), Some(gap)) = (evidence["cosine"].as_f64(), evidence["gap"].as_f64()) {
        let _ = writeln!(
            page,
            "\n`1 / (1 + exp(−({:.3} · {cosine:.3} + {:.3} · {gap:.3} + {:.3})))`, of the likeness {cosine:.3} and the {gap:.3} by which the next article was behind.",
            gate["cosine"].as_f64().unwrap_or_default(),
            gate["gap"].as_f64().unwrap_or_default(),
            gate["bias"].as_f64().unwrap_or_default(),
        );
    }
    let _ = writeln!(
        page,
        "\nModel {}, method {}, {} tokens of a language model.",
        answer
            .model
            .as_deref()
            .map_or_else(|| "none".to_owned(), |model| format!("`{model}`")),
        format_args!("`{}`", answer.method),
        answer.tokens_used,
    );
}

fn writing(page: &mut String, explained: &AnswerExplanation) {
    let Some(generation) = &explained.answer.generation else {
        return;
    };
    let generation = generation.value();
    let word = |name: &str| generation[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| generation[name].as_f64().unwrap_or_default();
    page.push_str("\n## What a language model wrote\n\n");
    let said = match word("outcome").as_str() {
        "written" => "It wrote the answer, and the passages say what it says.",
        "declined" => "It said that the passages do not answer.",
        "refused" => "What it wrote is not borne out by the passages, so the article was quoted.",
        "failed" => "It gave no answer, so the article was quoted.",
        "paused" => "It had failed again and again and was not asked, so the article was quoted.",
        "over_budget" => "The day's budget did not allow to ask it, so the article was quoted.",
        _ => "It is not known what came of it.",
    };
    let _ = writeln!(
        page,
        "{said} Model {}, prompt `{}`, {} tokens read and {} written{}, cost {}.",
        text(&word("model")),
        text(&word("prompt")),
        number("tokens_read"),
        number("tokens_written"),
        if generation["is_estimated"] == true {
            " (estimated)"
        } else {
            ""
        },
        number("cost"),
    );
    if !word("reason").is_empty() {
        let _ = writeln!(page, "\nWhy: {}.", text(&word("reason")));
    }
    if !word("draft").is_empty() {
        page.push_str("\nIts draft:\n\n");
        quote(page, &word("draft"));
    }
}

fn outcome(page: &mut String, explained: &AnswerExplanation) {
    let answer = &explained.answer;
    if let Some(reason) = explained.handed_over_because {
        let _ = writeln!(page, "\n## Why a person took over\n\n{reason}.");
    }
    match (&explained.sent, &answer.answer) {
        (Some(sent), _) => {
            let _ = writeln!(
                page,
                "\n## Sent\n\nMessage `{}` of {} by {}{}:\n",
                sent.message_id,
                sent.created_at,
                text(sent.channel_type.as_deref().unwrap_or("an unknown channel")),
                sent.delivery_status
                    .as_deref()
                    .map(|status| format!(", {}", text(status)))
                    .unwrap_or_default(),
            );
            quote(page, &sent.content);
        }
        (None, Some(answer)) => {
            page.push_str("\n## Not sent\n\nIt would have said:\n\n");
            quote(page, answer);
        }
        (None, None) => page.push_str("\n## Not sent\n\nNothing was said.\n"),
    }
    if let Some(note) = &explained.note {
        page.push_str("\n## What the person was told\n\n");
        quote(page, note);
    }
}

fn feedback(page: &mut String, explained: &AnswerExplanation) {
    let answer = &explained.answer;
    page.push_str("\n## What was thought of it\n\n");
    match answer.was_helpful {
        None => page.push_str("Nobody said.\n"),
        Some(was_helpful) => {
            let _ = writeln!(
                page,
                "It {}{}.",
                if was_helpful {
                    "helped"
                } else {
                    "did not help"
                },
                answer
                    .feedback_at
                    .map(|at| format!(", said on {at}"))
                    .unwrap_or_default(),
            );
            if let Some(words) = &answer.feedback_text {
                page.push('\n');
                quote(page, words);
            }
        }
    }
}

fn steps(page: &mut String, explained: &AnswerExplanation) {
    let durations = explained.answer.durations.value();
    let Some(durations) = durations.as_object().filter(|steps| !steps.is_empty()) else {
        return;
    };
    page.push_str("\n## Time\n\n| step | ms |\n|---|--:|\n");
    for (step, took) in durations {
        let _ = writeln!(page, "| {} | {took} |", text(&step.replace('_', " ")));
    }
}

fn percent(share: &Value) -> String {
    share.as_f64().map_or_else(
        || "an unknown value on".to_owned(),
        |share| format!("{:.0} % on", share * 100.0),
    )
}

fn figure(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.3}")).unwrap_or_default()
}

/// Words within a line.
fn text(words: &str) -> String {
    let mut safe = String::with_capacity(words.len());
    for character in words.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' => {
                safe.push('\\');
                safe.push(character);
            }
            '\n' | '\r' => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

/// Words in a block of their own.
fn quote(page: &mut String, words: &str) {
    for line in words.lines() {
        let _ = writeln!(page, "> {}", text(line));
    }
    if words.is_empty() {
        page.push_str("> (nothing)\n");
    }
}

#[cfg(test)]
mod tests {
    use super::{quote, text};

    #[test]
    fn what_people_wrote_stays_text() {
        assert_eq!(
            text("a | b\n# [x](y) <i>"),
            "a \\| b \\# \\[x\\](y) \\<i\\>"
        );
        let mut page = String::new();
        quote(&mut page, "## Sent\n| a |");
        assert_eq!(page, "> \\#\\# Sent\n> \\| a \\|\n");
    }
}
