//! `romashka knowledge ask`: what the knowledge has to say to a question, and of which articles.

use clap::{Args as ClapArgs, ValueEnum};
use romashka_server::knowledge::retrieval::{self, AnswerTier, AskKnowledge, KnowledgeAnswer};
use serde_json::json;

use super::{explain, open};
use crate::context::Context;
use crate::exit::{Exit, failure};

/// Articles that are shown without --json.
const SHOWN: usize = 5;

/// Ask the knowledge a question, as POST /knowledge/answers does
///
/// Says whether an answer would be given, the answer in the words of its article, and the articles that were found with
/// the figures behind their order. Nothing is sent or stored.
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka knowledge ask \"How long does a refund take?\"
  romashka knowledge ask --audience internal --json \"Who signs a refund?\"

Without the model (make model) articles are found by their words, and nothing is answered.")]
pub struct Args {
    /// The question, as a customer asks it
    #[arg(value_name = "QUESTION")]
    question: String,
    /// For whom the answer is
    #[arg(long, value_enum, value_name = "WHO", default_value = "public")]
    audience: Audience,
    /// Only articles in this language
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Workspace to ask, by its short name
    #[arg(long, value_name = "NAME")]
    workspace: Option<String>,
}

/// For whom an answer is.
#[derive(Clone, Copy, ValueEnum)]
enum Audience {
    /// Everybody
    Public,
    /// Customers who have proved who they are
    SignedIn,
    /// Members
    Internal,
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    if !(1..=1000).contains(&arguments.question.trim().chars().count()) {
        return Err(failure(Exit::Usage, "a question has 1 to 1000 characters")
            .next("ask a shorter one")
            .into());
    }
    let (server, workspace) = open(arguments.workspace.as_deref(), context).await?;
    let audience = match arguments.audience {
        Audience::Public => "public",
        Audience::SignedIn => "signed_in",
        Audience::Internal => "internal",
    };
    let asked: AskKnowledge = serde_json::from_value(json!({
        "question": arguments.question,
        "language": arguments.language,
        "audience": audience,
    }))?;
    let answer = retrieval::ask(&server, workspace, &asked)
        .await
        .map_err(explain)?;
    context.console.json(&answer)?;
    print(context, &answer);
    Ok(Exit::Ok)
}

fn print(context: &Context, answer: &KnowledgeAnswer) {
    let console = &context.console;
    let probability = answer
        .probability
        .map(|probability| format!(" (probability {probability:.2})"))
        .unwrap_or_default();
    match answer.tier {
        AnswerTier::Answer => console.passed(format_args!("answered{probability}")),
        AnswerTier::Suggest => {
            console.doubtful(format_args!("articles are suggested{probability}"));
        }
        AnswerTier::HandOff => console.doubtful(format_args!("a person takes over{probability}")),
    }
    if let Some(quoted) = &answer.answer {
        console.line(format_args!("\n  {}\n", quoted.text.replace('\n', "\n  ")));
    }
    for article in answer.articles.iter().take(SHOWN) {
        let cosine = article
            .cosine
            .map(|cosine| format!(", meaning {cosine:.2}"))
            .unwrap_or_default();
        console.line(format_args!(
            "  {} (version {}, score {:.2}{cosine}, words {:.2})",
            article.title, article.version, article.score, article.words
        ));
    }
    if answer.articles.is_empty() {
        console.line("  no article was found");
    }
    if answer.model.is_none() {
        console.line("  by words alone: there is no model on this machine (make model)");
    }
}
