//! What the assistant does with a question, and why.

use std::time::{Duration, Instant};

use romashka_knowledge::{Wish, follows_on, is_angry, mentions, wish};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::METHOD;
use super::texts::{Text, text};
use super::writing::{self, Draft, Outcome, Writing};
use crate::choice;
use crate::knowledge::items::KnowledgeAudience;
use crate::knowledge::retrieval::consult::{AnswerTier, KnowledgeAnswer, Question};
use crate::problem::{Answer, Problem};
use crate::state::Server;

/// Articles that are suggested.
const SUGGESTED: usize = 3;
/// Characters of a question that are looked up.
const LONGEST: usize = 1000;

choice! {
    /// What the assistant did with a question.
    pub enum Verdict {
        /// It answered, with its source.
        Answered = "answered",
        /// It showed articles and offered a person.
        Suggested = "suggested",
        /// It greeted.
        Greeted = "greeted",
        /// It said nothing: there was nothing to say.
        Silent = "silent",
        /// It handed over to a person.
        HandedOff = "handed_off",
        /// A person was in the conversation before it could say anything.
        Overtaken = "overtaken",
    }
}

choice! {
    /// Why a person took over.
    pub enum HandoffReason {
        /// The customer asked for one.
        AskedForPerson = "asked_for_person",
        /// What was found is not sure enough, and articles were suggested before.
        LowConfidence = "low_confidence",
        /// No article is about it.
        NoArticle = "no_article",
        /// The customer is angry.
        Sentiment = "sentiment",
        /// A forbidden topic.
        Policy = "policy",
        /// A tool did not do its work.
        ToolFailed = "tool_failed",
        /// As many answers as one conversation may have.
        LimitReached = "limit_reached",
        /// There is no model to tell how sure an answer is.
        NoModel = "no_model",
    }
}

/// What it goes by.
pub struct Turn<'a> {
    /// The workspace.
    pub workspace: Uuid,
    /// What the customer wrote since he was last answered.
    pub question: &'a str,
    /// The question before.
    pub previous_question: Option<&'a str>,
    /// What was done with it.
    pub previous_verdict: Option<&'a str>,
    /// The conversation's language.
    pub language: &'a str,
    /// The customer's wish, as patterns tell it.
    pub intent: Option<&'a str>,
    /// For whom the answer is.
    pub audience: KnowledgeAudience,
    /// Answers it gave in this conversation.
    pub answers_given: i32,
    /// The channel's limit of them.
    pub answer_limit: i32,
    /// Words on which it hands over.
    pub forbidden_topics: &'a [String],
    /// The channel's own words.
    pub texts: &'a Value,
    /// Whether the workspace is open.
    pub is_open: bool,
    /// Whether an angry customer is left to people.
    pub minds_anger: bool,
    /// How long a language model may take.
    pub patience: Duration,
    /// Of its budget of a day what may be used, 0 to 1.
    pub budget_share: f64,
}

/// What it does.
pub struct Decision {
    /// What.
    pub verdict: Verdict,
    /// Why a person takes over.
    pub reason: Option<HandoffReason>,
    /// What is said to the customer.
    pub reply: Option<String>,
    /// What the knowledge said.
    pub known: Option<KnowledgeAnswer>,
    /// The question with what it follows on.
    pub rewritten: Option<String>,
    /// What a language model gave.
    pub writing: Option<Writing>,
    metadata: Value,
    durations: Map<String, Value>,
}

/// Decides.
pub async fn decide(server: &Server, turn: &Turn<'_>) -> Answer<Decision> {
    let begun = Instant::now();
    let mut decision = match at_once(turn) {
        Some(decision) => decision,
        None => after_looking(server, turn).await?,
    };
    decision
        .durations
        .insert("total".into(), json!(milliseconds(begun)));
    Ok(decision)
}

/// What needs no article.
fn at_once(turn: &Turn<'_>) -> Option<Decision> {
    let is_forbidden = turn
        .forbidden_topics
        .iter()
        .any(|topic| mentions(turn.question, topic));
    if turn.question.trim().is_empty() {
        Some(Decision::new(Verdict::Silent, None))
    } else if is_forbidden {
        Some(hand_off(turn, HandoffReason::Policy))
    } else {
        match wish(turn.question) {
            Wish::Person => Some(hand_off(turn, HandoffReason::AskedForPerson)),
            Wish::Greeting => Some(Decision::new(
                Verdict::Greeted,
                Some(text(turn.texts, turn.language, Text::Greeting)),
            )),
            Wish::Thanks => Some(Decision::new(Verdict::Silent, None)),
            Wish::Question if turn.minds_anger && is_angry(turn.question) => {
                Some(hand_off(turn, HandoffReason::Sentiment))
            }
            Wish::Question if turn.answers_given >= turn.answer_limit => {
                Some(hand_off(turn, HandoffReason::LimitReached))
            }
            Wish::Question => None,
        }
    }
}

async fn after_looking(server: &Server, turn: &Turn<'_>) -> Answer<Decision> {
    let mut durations = Map::new();
    let mut known = look(server, turn, turn.question, "retrieval", &mut durations).await?;
    let mut rewritten = None;
    if let Some(before) = turn.previous_question
        && !matches!(known.tier, AnswerTier::Answer)
        && known.model.is_some()
        && follows_on(turn.question)
    {
        let room = LONGEST.saturating_sub(turn.question.chars().count() + 1);
        let before: String = before.chars().take(room).collect();
        let whole = format!("{before}\n{}", turn.question);
        let other = look(server, turn, &whole, "retrieval_rewritten", &mut durations).await?;
        if other.probability > known.probability {
            known = other;
            rewritten = Some(whole);
        }
    }
    let writing = match (known.tier, &known.answer) {
        (AnswerTier::Answer, Some(_)) => {
            let asked = rewritten.as_deref().unwrap_or(turn.question);
            write(server, turn, asked, &known, &mut durations).await?
        }
        _ => None,
    };
    let outcome = writing.as_ref().map(|writing| &writing.outcome);
    let mut decision = match (&known.model, known.tier, &known.answer) {
        (None, _, _) => hand_off(turn, HandoffReason::NoModel),
        // Where the model that reads the passages says that they do not answer, they are only shown.
        (_, AnswerTier::Answer, Some(answer)) if !matches!(outcome, Some(Outcome::Declined)) => {
            let said = match outcome {
                Some(Outcome::Written { text, .. }) => text.clone(),
                _ => answer.text.clone(),
            };
            Decision::new(Verdict::Answered, Some(said))
        }
        (_, AnswerTier::HandOff, _) => hand_off(turn, HandoffReason::NoArticle),
        // Articles once; whoever asks again has not found it there.
        _ if turn.previous_verdict == Some(Verdict::Suggested.name()) => {
            hand_off(turn, HandoffReason::LowConfidence)
        }
        _ => suggest(turn, &known),
    };
    decision.known = Some(known);
    decision.rewritten = rewritten;
    decision.writing = writing;
    decision.durations = durations;
    Ok(decision)
}

async fn write(
    server: &Server,
    turn: &Turn<'_>,
    asked: &str,
    known: &KnowledgeAnswer,
    durations: &mut Map<String, Value>,
) -> Answer<Option<Writing>> {
    let question: String = asked.trim().chars().take(LONGEST).collect();
    let begun = Instant::now();
    let draft = Draft {
        workspace: turn.workspace,
        question: &question,
        articles: &known.articles,
        patience: turn.patience,
        budget_share: turn.budget_share,
    };
    let writing = writing::write(server, &draft).await?;
    if writing.is_some() {
        durations.insert("writing".into(), json!(milliseconds(begun)));
    }
    Ok(writing)
}

async fn look(
    server: &Server,
    turn: &Turn<'_>,
    question: &str,
    step: &str,
    durations: &mut Map<String, Value>,
) -> Answer<KnowledgeAnswer> {
    // Of a long letter, how it begins: what follows is mostly what was said before, and the signature.
    let beginning: String = question.trim().chars().take(LONGEST).collect();
    let begun = Instant::now();
    let mut question = Question::prepare(server, turn.workspace, &beginning).await?;
    if let Some(failure) = question.failure() {
        // Words alone never suffice for an answer: the turn is tried again.
        return Err(Problem::internal(failure));
    }
    durations.insert(format!("{step}_model"), json!(milliseconds(begun)));
    let begun = Instant::now();
    let scope = server.service().await?;
    let known = question.ask(&scope, None, Some(turn.audience)).await?;
    scope.commit().await?;
    durations.insert(step.into(), json!(milliseconds(begun)));
    for (part, took) in &known.steps {
        durations.insert(format!("{step}_{part}"), json!(took));
    }
    Ok(known)
}

fn suggest(turn: &Turn<'_>, known: &KnowledgeAnswer) -> Decision {
    let mut said = text(turn.texts, turn.language, Text::Suggest);
    for article in known.articles.iter().take(SUGGESTED) {
        said.push_str("\n• ");
        said.push_str(&article.title);
    }
    let mut decision = Decision::new(Verdict::Suggested, Some(said));
    decision.metadata = json!({"quick_replies": [text(turn.texts, turn.language, Text::Person)]});
    decision
}

fn hand_off(turn: &Turn<'_>, reason: HandoffReason) -> Decision {
    let said = if turn.is_open {
        Text::HandOff
    } else {
        Text::HandOffClosed
    };
    let mut decision = Decision::new(
        Verdict::HandedOff,
        Some(text(turn.texts, turn.language, said)),
    );
    decision.reason = Some(reason);
    decision
}

fn milliseconds(begun: Instant) -> i64 {
    i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX)
}

impl Decision {
    fn new(verdict: Verdict, reply: Option<String>) -> Decision {
        Decision {
            verdict,
            reason: None,
            reply,
            known: None,
            rewritten: None,
            writing: None,
            metadata: json!({}),
            durations: Map::new(),
        }
    }

    /// The passages that a language model took the reply from; none where it was not written by one.
    fn written(&self) -> &[Value] {
        match self.writing.as_ref().map(|writing| &writing.outcome) {
            Some(Outcome::Written { cited, .. }) => cited,
            _ => &[],
        }
    }

    fn method(&self) -> &'static str {
        match self.verdict {
            Verdict::Answered if !self.written().is_empty() => writing::METHOD,
            _ => METHOD,
        }
    }

    /// The passages that the reply is taken from.
    pub fn citations(&self) -> Vec<Value> {
        let Some(known) = &self.known else {
            return Vec::new();
        };
        match (self.verdict, &known.answer) {
            (Verdict::Answered, Some(_)) if !self.written().is_empty() => self.written().to_vec(),
            (Verdict::Answered, Some(answer)) => vec![
                json!({"article_id": answer.article_id, "version": answer.version, "position": answer.position}),
            ],
            (Verdict::Suggested, _) => known
                .articles
                .iter()
                .take(SUGGESTED)
                .map(|article| {
                    json!({"article_id": article.article_id, "version": article.version, "position": article.position})
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// All of it, as the database keeps it.
    pub fn record(&self, turn: &Turn<'_>) -> Value {
        let known = self.known.as_ref();
        let thresholds = known.map(|known| known.thresholds);
        json!({
            "verdict": self.verdict,
            "handoff_reason": self.reason,
            "reply": self.reply,
            "metadata": self.metadata,
            "question": turn.question,
            "rewritten_question": self.rewritten,
            "language": turn.language,
            "intent": turn.intent,
            "audience": turn.audience,
            "probability": known.and_then(|known| known.probability),
            "passages": known.map_or(&[][..], |known| &known.articles),
            "answer": match self.verdict { Verdict::Silent => None, _ => self.reply.as_ref() },
            "citations": self.citations(),
            "model": known.and_then(|known| known.model),
            "method": self.method(),
            "tokens_used": self.writing.as_ref().map_or(0, |writing| writing.tokens),
            "generation": self.writing.as_ref().map(|writing| &writing.record),
            "configuration": {
                "ai_confidence_threshold": thresholds.map(|thresholds| thresholds.answer),
                "ai_handoff_threshold": thresholds.map(|thresholds| thresholds.hand_off),
                "answer_limit": turn.answer_limit,
                "gate": known.filter(|known| known.model.is_some()).map(|known| &known.gate),
                "evidence": known.and_then(|known| known.evidence).map(|evidence| json!({
                    "cosine": evidence.cosine,
                    "gap": evidence.gap,
                })),
            },
            "durations": self.durations,
            "summary": self.summary(turn),
            "note": self.reason.map(|reason| self.note(turn, reason)),
        })
    }

    fn summary(&self, turn: &Turn<'_>) -> String {
        let did = match (
            self.verdict,
            self.known.as_ref().and_then(|known| known.articles.first()),
        ) {
            (Verdict::Answered, Some(article)) => {
                format!("The assistant answered from “{}”.", article.title)
            }
            (Verdict::Suggested, _) => "The assistant suggested articles.".to_owned(),
            (Verdict::HandedOff, _) => "The assistant handed over to a person.".to_owned(),
            _ => "The assistant had nothing to look up.".to_owned(),
        };
        format!(
            "The customer asked: {}\n{did}",
            shortened(turn.question, 500)
        )
    }

    /// What the person who takes over has to know.
    fn note(&self, turn: &Turn<'_>, reason: HandoffReason) -> String {
        let mut note = format!(
            "The assistant handed over: {}.\n\nAsked: {}",
            because(reason),
            shortened(turn.question, 1000)
        );
        if let Some(known) = &self.known {
            if known.articles.is_empty() {
                note.push_str("\n\nFound: nothing.");
            } else {
                note.push_str("\n\nFound:");
                for article in known.articles.iter().take(SUGGESTED) {
                    note.push_str(&format!("\n- {}", article.title));
                    if let Some(cosine) = article.cosine {
                        note.push_str(&format!(" (likeness {cosine:.2})"));
                    }
                }
            }
            if let Some(probability) = known.probability {
                note.push_str(&format!(
                    "\n\nThat the first one answers is {:.0} % probable; answers are given from {:.0} % on.",
                    probability * 100.0,
                    known.thresholds.answer * 100.0
                ));
            }
        }
        note
    }
}

/// A reason in words.
pub fn because(reason: HandoffReason) -> &'static str {
    match reason {
        HandoffReason::AskedForPerson => "the customer asked for a person",
        HandoffReason::LowConfidence => {
            "what was found is not sure enough, and articles were suggested before"
        }
        HandoffReason::NoArticle => "no article is about it",
        HandoffReason::Sentiment => "the customer is angry",
        HandoffReason::Policy => "it touches a topic that is left to people",
        HandoffReason::ToolFailed => "a tool did not do its work",
        HandoffReason::LimitReached => "it gave as many answers as one conversation may have",
        HandoffReason::NoModel => {
            "the embedding model is not installed, so nothing is answered automatically"
        }
    }
}

pub(super) fn shortened(text: &str, most: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.push('…');
    short
}
