//! What the knowledge has to say to a question: the articles that may answer it, and whether one of them does.

use romashka_db::scope::OwnedScope;
use romashka_knowledge::words::identifiers;
use romashka_knowledge::{
    Calibration, Evidence, Lexical, Model, Packed, Ranked, Sentence, Thresholds, Tier, extract,
    rank,
};
use serde::Serialize;
use std::sync::Arc;
use std::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::items::KnowledgeAudience;
use super::memory::Known;
use super::models::NoVector;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::state::Server;
use crate::statement::Statement;

/// Articles that the words contribute.
const BY_WORDS: i32 = 50;
/// Articles that are ranked; one more than is shown, for the gap.
const RANKED: usize = 11;

/// What is done with a question.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerTier {
    /// The answer is given, with its source.
    Answer,
    /// Articles are shown, and a person is offered.
    Suggest,
    /// A person takes over.
    HandOff,
}

impl From<Tier> for AnswerTier {
    fn from(tier: Tier) -> AnswerTier {
        match tier {
            Tier::Answer => AnswerTier::Answer,
            Tier::Suggest => AnswerTier::Suggest,
            Tier::HandOff => AnswerTier::HandOff,
        }
    }
}

/// Words of an article that answer the question, letter for letter.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExtractiveAnswer {
    /// One to three sentences that stand together.
    pub text: String,
    /// The article they are of.
    pub article_id: Uuid,
    /// Its version.
    pub version: i32,
    /// The passage in it, from 1.
    pub position: i32,
}

/// An article that may answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankedArticle {
    /// The article.
    pub article_id: Uuid,
    /// Its heading.
    pub title: String,
    /// The version that was read.
    pub version: i32,
    /// Its language.
    pub language: String,
    /// Who may be shown it.
    pub audience: String,
    /// The headings above the passage, outermost first.
    pub headings: Vec<String>,
    /// The passage that is most like the question, from 1; 0 where the title is.
    pub position: i32,
    /// Its text.
    pub passage: String,
    /// By which the articles are ordered.
    pub score: f32,
    /// How like the passage is to the question, −1 to 1; nothing where there was no model to tell.
    pub cosine: Option<f32>,
    /// What the words found, as a share of the best, 0 to 1.
    pub words: f32,
}

/// What the knowledge has to say to a question.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnowledgeAnswer {
    /// What to do.
    pub tier: AnswerTier,
    /// The probability, 0 to 1, that the first article answers the question; nothing where there was no model to tell.
    pub probability: Option<f64>,
    /// The answer, where there is one.
    pub answer: Option<ExtractiveAnswer>,
    /// The articles, best first, at most ten.
    pub articles: Vec<RankedArticle>,
    /// The model that compared meanings; nothing where the words alone were compared.
    pub model: Option<&'static str>,
    /// From what probabilities on the workspace answers and suggests.
    #[serde(skip)]
    pub(crate) thresholds: Thresholds,
    /// How the probability was computed.
    #[serde(skip)]
    pub(crate) gate: Calibration,
    /// What it was computed from; nothing where there was no model to tell, or nothing was found.
    #[serde(skip)]
    pub(crate) evidence: Option<Evidence>,
    /// Milliseconds of each step.
    #[serde(skip)]
    pub(crate) steps: Vec<(&'static str, f64)>,
}

record! {
    /// What the words found.
    pub struct Found {
        /// The article.
        pub article_id: Option<Uuid>,
        /// Its points.
        pub points: Option<f32>,
        /// Identifiers of the question that it holds.
        pub identifier_count: Option<i32>,
        /// The workspace's least probability of an answer.
        pub answer: f64,
        /// The workspace's least probability of a suggestion.
        pub hand_off: f64,
    }
}

record! {
    /// A passage as the asker may see it.
    pub struct Shown {
        /// The article.
        pub article_id: Uuid,
        /// The passage's place in it.
        pub place: i32,
        /// The article's heading.
        pub title: String,
        /// Which of its texts.
        pub version: i32,
        /// Its language.
        pub language: String,
        /// Who may be shown it.
        pub audience: String,
        /// The headings above.
        pub headings: Vec<String>,
        /// The text.
        pub content: String,
        /// Begin and end of each sentence, in bytes.
        pub sentence_bounds: Vec<i32>,
        /// Their vectors.
        pub sentence_embeddings: Vec<Vec<u8>>,
    }
}

/// A question, and what of the workspace's knowledge is in memory.
pub struct Question {
    text: String,
    workspace: Uuid,
    vector: Option<(Packed, Arc<Known>)>,
    failed: Option<NoVector>,
}

impl Question {
    /// Computes its vector and brings the memory up to date. The model takes its time, and the memory a connection: whoever asks holds none.
    pub async fn prepare(server: &Server, workspace: Uuid, text: &str) -> Answer<Question> {
        let (vector, failed) = match server.models.embed_question(text).await {
            Ok(vector) => {
                let known = server.memory.of(server, workspace).await?;
                (Some((vector, known)), None)
            }
            Err(NoVector::Absent) => (None, None),
            Err(error) => {
                tracing::warn!(%error, "a question can be answered by words alone");
                (None, Some(error))
            }
        };
        Ok(Question {
            text: text.to_owned(),
            workspace,
            vector,
            failed,
        })
    }

    /// Why there is no vector although there is a model, which may be otherwise a moment later.
    pub fn failure(&mut self) -> Option<NoVector> {
        self.failed.take()
    }

    /// Asks what those of an audience may know. The scope decides whether the workspace may be asked at all.
    pub async fn ask(
        &self,
        scope: &OwnedScope,
        language: Option<&str>,
        audience: Option<KnowledgeAudience>,
    ) -> Answer<KnowledgeAnswer> {
        let mut steps = Steps::begin();
        let named: Vec<String> = identifiers(&self.text).into_iter().collect();
        let found: Vec<Found> = Statement::new(include_str!("rank.sql"))
            .bind("question", &self.text)
            .bind("language", &language)
            .bind("most", &BY_WORDS)
            .bind("audience", &audience)
            .bind("identifiers", &named)
            .bind("workspace", &self.workspace)
            .all(scope)
            .await?;
        let Some(state) = found.first() else {
            return Err(Problem::internal(NoVector::CutOff));
        };
        steps.end("words");
        let lexical: Vec<Lexical> = found
            .iter()
            .filter_map(|row| {
                Some(Lexical {
                    article: row.article_id?.as_u128(),
                    score: row.points?,
                    identifiers: row.identifier_count.unwrap_or(0).unsigned_abs() as usize,
                })
            })
            .collect();
        let ranked = match &self.vector {
            Some((vector, known)) => {
                let audiences = audiences(audience);
                rank(&self.text, vector, &known.matrix, &lexical, RANKED, |key| {
                    known.articles.get(&key.article).is_some_and(|about| {
                        about.is_active
                            && audiences.contains(&about.audience.as_str())
                            && language.is_none_or(|language| language == about.language)
                    })
                })
            }
            None => by_words(&lexical),
        };
        steps.end("ranking");
        let shown = show(scope, &ranked, audience, self.workspace).await?;
        steps.end("passages");
        let thresholds = Thresholds {
            answer: state.answer,
            hand_off: state.hand_off,
        };
        let mut decided = decide(
            &self.text,
            self.vector.as_ref().map(|(vector, _)| vector),
            &ranked,
            shown,
            thresholds,
        )?;
        steps.end("deciding");
        decided.steps = steps.taken;
        Ok(decided)
    }
}

/// How long each step takes.
struct Steps {
    begun: Instant,
    taken: Vec<(&'static str, f64)>,
}

impl Steps {
    fn begin() -> Steps {
        Steps {
            begun: Instant::now(),
            taken: Vec::new(),
        }
    }

    fn end(&mut self, step: &'static str) {
        // To a tenth: many of them are shorter than a millisecond.
        let tenths = (self.begun.elapsed().as_secs_f64() * 10_000.0).round();
        self.taken.push((step, tenths / 10.0));
        self.begun = Instant::now();
    }
}

fn audiences(audience: Option<KnowledgeAudience>) -> &'static [&'static str] {
    match audience {
        Some(KnowledgeAudience::Public) => &["public"],
        Some(KnowledgeAudience::SignedIn) => &["public", "signed_in"],
        Some(KnowledgeAudience::Internal) | None => &["public", "signed_in", "internal"],
    }
}

/// Where meanings cannot be compared. The first passage after the title is shown.
fn by_words(lexical: &[Lexical]) -> Vec<Ranked> {
    let best = lexical.first().map_or(1.0, |found| found.score);
    lexical
        .iter()
        .take(RANKED)
        .map(|found| Ranked {
            article: found.article,
            position: 1,
            cosine: 0.0,
            lexical: found.score / best,
            score: found.score / best,
        })
        .collect()
}

async fn show(
    scope: &OwnedScope,
    ranked: &[Ranked],
    audience: Option<KnowledgeAudience>,
    workspace: Uuid,
) -> Answer<Vec<Shown>> {
    // Of an article that was found by its title, its first words are shown.
    let (mut items, mut positions) = (Vec::new(), Vec::new());
    for one in ranked {
        items.push(Uuid::from_u128(one.article));
        positions.push(one.position.cast_signed());
        if one.position == 0 {
            items.push(Uuid::from_u128(one.article));
            positions.push(1);
        }
    }
    Statement::new(include_str!("show.sql"))
        .bind("items", &items)
        .bind("positions", &positions)
        .bind("audience", &audience)
        .bind("workspace", &workspace)
        .all(scope)
        .await
}

fn decide(
    question: &str,
    vector: Option<&Packed>,
    ranked: &[Ranked],
    shown: Vec<Shown>,
    thresholds: Thresholds,
) -> Answer<KnowledgeAnswer> {
    // What was hidden or withdrawn since the memory was read is not shown and does not count.
    let visible: Vec<(&Ranked, &Shown)> = ranked
        .iter()
        .filter_map(|one| {
            let passages = || {
                shown
                    .iter()
                    .filter(|passage| passage.article_id.as_u128() == one.article)
            };
            let passage = passages()
                .find(|passage| passage.place > 0)
                .or_else(|| passages().next())?;
            Some((one, passage))
        })
        .collect();
    let evidence = match (vector, visible.first()) {
        (Some(_), Some((first, _))) => {
            let next = visible[1..]
                .iter()
                .map(|(next, _)| next.cosine)
                .fold(0.0, f32::max);
            Some(Evidence {
                cosine: first.cosine,
                gap: first.cosine - next,
            })
        }
        _ => None,
    };
    let gate = Calibration::MINILM;
    let probability =
        evidence.map(|evidence| (gate.probability(evidence), gate.tier(evidence, thresholds)));
    let mut tier = match probability {
        Some((_, tier)) => tier,
        None if visible.is_empty() => Tier::HandOff,
        None => Tier::Suggest,
    };
    // How sure it is was measured in English; what is written in another language is shown and not told.
    if let (Tier::Answer, Some((_, passage))) = (tier, visible.first())
        && !passage.language.starts_with("en")
    {
        tier = Tier::Suggest;
    }
    let mut answer = None;
    if let (Tier::Answer, Some(vector), Some((_, passage))) = (tier, vector, visible.first()) {
        answer = quote(question, vector, passage)?;
        if answer.is_none() {
            tier = Tier::Suggest;
        }
    }
    Ok(KnowledgeAnswer {
        tier: tier.into(),
        probability: probability.map(|(probability, _)| probability),
        answer,
        articles: visible
            .into_iter()
            .take(RANKED - 1)
            .map(|(one, passage)| RankedArticle {
                article_id: passage.article_id,
                title: passage.title.clone(),
                version: passage.version,
                language: passage.language.clone(),
                audience: passage.audience.clone(),
                headings: passage.headings.clone(),
                position: passage.place,
                passage: passage.content.clone(),
                score: one.score,
                cosine: vector.map(|_| one.cosine),
                words: one.lexical,
            })
            .collect(),
        model: vector.map(|_| Model::ID),
        thresholds,
        gate,
        evidence,
        steps: Vec::new(),
    })
}

/// The sentences of a passage that answer; nothing where it has none.
fn quote(question: &str, vector: &Packed, passage: &Shown) -> Answer<Option<ExtractiveAnswer>> {
    let mut sentences = Vec::with_capacity(passage.sentence_embeddings.len());
    for (bounds, bytes) in passage
        .sentence_bounds
        .chunks_exact(2)
        .zip(&passage.sentence_embeddings)
    {
        let range = bounds[0].unsigned_abs() as usize..bounds[1].unsigned_abs() as usize;
        let vector = Packed::from_bytes(bytes).map_err(Problem::internal)?;
        if passage.content.get(range.clone()).is_some()
            && vector.as_slice().len() == Model::DIMENSIONS
        {
            sentences.push(Sentence { range, vector });
        }
    }
    let found = extract(
        question,
        vector,
        &passage.language,
        &passage.content,
        &sentences,
    );
    Ok(found.map(|found| ExtractiveAnswer {
        text: passage.content[found.range].to_owned(),
        article_id: passage.article_id,
        version: passage.version,
        position: passage.place,
    }))
}
