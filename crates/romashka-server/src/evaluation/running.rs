//! Runs of question sets: each question is answered as a customer's would be, and judged.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use romashka_db::scope::{Actor, Claims, OwnedScope};
use romashka_knowledge::Model;
use serde_json::{Value, json};
use tokio_postgres::types::Json as Jsonb;
use uuid::Uuid;

use super::judge::{Came, Expected, judge, missing_facts};
use super::runs::{self, QuestionSetResult, QuestionSetRun};
use super::table::TableRow;
use crate::assistant::{Decision, METHOD, Turn, Verdict, decide};
use crate::knowledge::items::KnowledgeAudience;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::state::Server;
use crate::statement::Statement;

/// Of a language model's budget of a day what runs may use: the rest is the customers'.
const BUDGET_SHARE: f64 = 0.5;
/// How long a language model may take for a question.
const PATIENCE: Duration = Duration::from_secs(20);

record! {
    /// A question of a set.
    pub struct Asked {
        /// Its row.
        pub id: Uuid,
        /// The question.
        pub question: String,
        /// The article that answers.
        pub expected_article_id: Option<Uuid>,
        /// What the answer has to hold.
        pub expected_facts: Vec<String>,
        /// Whether it must not be answered.
        pub must_refuse: bool,
        /// Whether the article may be found.
        pub article_is_there: bool,
    }
}

record! {
    /// A set, as far as a run needs.
    pub struct ImportedSet {
        /// Its identity.
        pub id: Uuid,
        /// Its name.
        pub name: String,
        /// The language of its questions.
        pub language: String,
        /// For whom answers are looked for.
        pub audience: KnowledgeAudience,
    }
}

/// Why a set cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is no model to tell how sure an answer is.
    #[error("there is no model on this machine")]
    NoModel,
    /// The set has no questions.
    #[error("the set has no questions")]
    Empty,
    /// The server's.
    #[error("{}", .0.title())]
    Problem(Problem),
}

impl From<Problem> for RunError {
    fn from(problem: Problem) -> RunError {
        RunError::Problem(problem)
    }
}

/// Asks every question of a set; what is recorded of it. `progress` is told how many are done, and of how many.
///
/// # Errors
/// No model, no questions, and as the database.
pub async fn run_set(
    server: &Server,
    workspace: Uuid,
    set: Uuid,
    language: &str,
    audience: KnowledgeAudience,
    progress: impl Fn(usize, usize),
) -> Result<Value, RunError> {
    if !server.models.is_there() {
        return Err(RunError::NoModel);
    }
    let started_at = Timestamp::now();
    let scope = server.service().await?;
    let questions: Vec<Asked> = Statement::new(include_str!("questions.sql"))
        .bind("id", &set)
        .bind("workspace", &workspace)
        .all(&scope)
        .await?;
    let forbidden_topics: Vec<String> = Statement::new(include_str!("forbidden.sql"))
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    scope.commit().await.map_err(Problem::from)?;
    if questions.is_empty() {
        return Err(RunError::Empty);
    }
    let mut results = Vec::with_capacity(questions.len());
    let mut configuration = json!({});
    for (number, asked) in questions.iter().enumerate() {
        let begun = Instant::now();
        let turn = Turn {
            workspace,
            question: &asked.question,
            previous_question: None,
            previous_verdict: None,
            language,
            intent: None,
            audience,
            answers_given: 0,
            answer_limit: i32::MAX,
            forbidden_topics: &forbidden_topics,
            texts: &Value::Null,
            is_open: true,
            minds_anger: true,
            patience: PATIENCE,
            budget_share: BUDGET_SHARE,
        };
        let decision = decide(server, &turn).await?;
        if let Some(known) = &decision.known {
            configuration = json!({
                "ai_confidence_threshold": known.thresholds.answer,
                "ai_handoff_threshold": known.thresholds.hand_off,
                "gate": known.gate,
            });
        }
        let took = i32::try_from(begun.elapsed().as_millis()).unwrap_or(i32::MAX);
        results.push(result(asked, &decision, took));
        progress(number + 1, questions.len());
    }
    Ok(json!({
        "model": Model::ID,
        "method": METHOD,
        "configuration": configuration,
        "started_at": started_at,
        "results": results,
    }))
}

fn result(asked: &Asked, decision: &Decision, took: i32) -> Value {
    let citations = decision.citations();
    let cited = citations
        .iter()
        .filter_map(|citation| citation["article_id"].as_str()?.parse().ok())
        .collect();
    let expected = Expected {
        article: asked.expected_article_id,
        article_is_there: asked.article_is_there,
        facts: asked.expected_facts.clone(),
        must_refuse: asked.must_refuse,
    };
    let came = Came {
        verdict: decision.verdict,
        answer: decision.reply.as_deref(),
        cited,
    };
    let failure = judge(&expected, &came);
    let articles = decision
        .known
        .as_ref()
        .map_or(&[][..], |known| &known.articles);
    let rank = articles
        .iter()
        .position(|article| Some(article.article_id) == asked.expected_article_id)
        .map(|place| place + 1);
    let passages: Vec<Value> = articles
        .iter()
        .map(|article| {
            json!({
                "article_id": article.article_id,
                "version": article.version,
                "position": article.position,
                "title": article.title,
                "score": article.score,
                "cosine": article.cosine,
            })
        })
        .collect();
    json!({
        "item_id": asked.id,
        "question": asked.question,
        "verdict": decision.verdict,
        "handoff_reason": decision.reason,
        "probability": decision.known.as_ref().and_then(|known| known.probability),
        "expected_rank": rank,
        "has_article": asked.expected_article_id.is_some(),
        "must_refuse": asked.must_refuse,
        // What is said in the assistant's own words is no answer.
        "answer": match decision.verdict { Verdict::Answered => decision.reply.as_deref(), _ => None },
        "passages": passages,
        "citations": citations,
        "missing_facts": missing_facts(&expected, &came),
        "has_passed": failure.is_none(),
        "failure": failure,
        "duration_ms": took,
    })
}

async fn service(server: &Server, workspace: Uuid) -> Answer<OwnedScope> {
    let claims = Claims::service(workspace, Actor::System);
    Ok(server
        .database
        .begin(&claims, &server.surroundings())
        .await?)
}

/// Records a run that nobody claimed, as the command line's; the run and its results.
///
/// # Errors
/// Not found where the set is gone, and as the database.
pub async fn record(
    server: &Server,
    workspace: Uuid,
    set: Uuid,
    run: Value,
) -> Answer<(QuestionSetRun, Vec<QuestionSetResult>)> {
    let scope = service(server, workspace).await?;
    let run = Jsonb(run);
    let made: Option<Uuid> = Statement::new(include_str!("record.sql"))
        .bind("id", &set)
        .bind("workspace", &workspace)
        .bind("cause", &"command")
        .bind("member", &None::<Uuid>)
        .bind("run", &run)
        .value(&scope)
        .await?;
    scope.commit().await?;
    runs::whole(server, workspace, made.ok_or_else(Problem::not_found)?).await
}

/// The set of that id or name, made where there is none and `makes`.
///
/// # Errors
/// Not found, a name that is none, and as the database.
pub async fn find_or_make_set(
    server: &Server,
    workspace: Uuid,
    name: &str,
    makes: bool,
) -> Answer<ImportedSet> {
    let scope = service(server, workspace).await?;
    let find = async || -> Answer<Option<ImportedSet>> {
        Statement::new(include_str!("find_set.sql"))
            .bind("workspace", &workspace)
            .bind("name", &name)
            .optional(&scope)
            .await
    };
    let mut found = find().await?;
    if found.is_none() && makes {
        Statement::new(include_str!("set_create.sql"))
            .bind("workspace", &workspace)
            .bind("name", &name)
            .bind("description", &None::<String>)
            .bind("language", &None::<String>)
            .bind("audience", &None::<String>)
            .bind("is_automatic", &None::<bool>)
            .bind("created_by", &None::<Uuid>)
            .execute(&scope)
            .await?;
        found = find().await?;
    }
    scope.commit().await?;
    found.ok_or_else(Problem::not_found)
}

record! {
    /// What became of a row of a table.
    pub struct Imported {
        /// Whether its article is known.
        pub is_known: bool,
        /// Whether anything was written.
        pub is_written: bool,
    }
}

/// Puts the questions of a table into a set, all or none; how many are new or changed. The lines whose article is not known are the error.
///
/// # Errors
/// Articles that nobody knows (`expected_article`), and as the database.
pub async fn import_table(
    server: &Server,
    workspace: Uuid,
    set: Uuid,
    rows: &[TableRow],
) -> Answer<usize> {
    let scope = service(server, workspace).await?;
    let (mut written, mut unknown) = (0, Vec::new());
    for row in rows {
        let imported: Imported = Statement::new(include_str!("import.sql"))
            .bind("workspace", &workspace)
            .bind("id", &set)
            .bind("question", &row.question)
            .bind("article", &row.article)
            .bind("facts", &row.facts)
            .bind("must_refuse", &row.must_refuse)
            .bind("note", &row.note)
            .one(&scope)
            .await?;
        written += usize::from(imported.is_written);
        if !imported.is_known {
            unknown.push(format!(
                "line {}: no article “{}”",
                row.line,
                row.article.as_deref().unwrap_or_default()
            ));
        }
    }
    if !unknown.is_empty() {
        return Err(Problem::field("expected_article", unknown.join("; ")));
    }
    scope.commit().await?;
    Ok(written)
}

/// Puts questions of resolved conversations into a set; how many are new.
///
/// # Errors
/// As the database.
pub async fn add_from_conversations(
    server: &Server,
    workspace: Uuid,
    set: Uuid,
    most: i32,
) -> Answer<i32> {
    let scope = service(server, workspace).await?;
    let added = Statement::new(include_str!("from_conversations.sql"))
        .bind("id", &set)
        .bind("most", &most)
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    scope.commit().await?;
    Ok(added)
}
