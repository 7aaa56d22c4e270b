//! A question, the articles that may answer it, and whether one of them does.

use axum::Json;
use axum::extract::State;
use romashka_knowledge::words::identifiers;
use romashka_knowledge::{
    Calibration, Evidence, Lexical, Model, Packed, Ranked, Sentence, Thresholds, Tier, extract,
    rank,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::items::KnowledgeAudience;
use super::models::NoVector;
use crate::input;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::scoped::{Admitted, Rejection, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;

/// Articles that the words contribute.
const BY_WORDS: i32 = 50;
/// Articles that are ranked; one more than is shown, for the gap.
const RANKED: usize = 11;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(ask_knowledge))
}

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskKnowledge {
    /// As the customer asked it.
    #[schema(
        min_length = 1,
        max_length = 1000,
        example = "How long does a refund take?"
    )]
    question: String,
    /// Only articles in this language.
    #[schema(max_length = 35, example = "en")]
    language: Option<String>,
    /// For whom the answer is; all for members.
    audience: Option<KnowledgeAudience>,
}

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
    text: String,
    /// The article they are of.
    article_id: Uuid,
    /// Its version.
    version: i32,
    /// The passage in it, from 1.
    position: i32,
}

/// An article that may answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankedArticle {
    /// The article.
    article_id: Uuid,
    /// Its heading.
    title: String,
    /// The version that was read.
    version: i32,
    /// Its language.
    language: String,
    /// Who may be shown it.
    audience: String,
    /// The headings above the passage, outermost first.
    headings: Vec<String>,
    /// The passage that is most like the question, from 1; 0 where the title is.
    position: i32,
    /// Its text.
    passage: String,
    /// By which the articles are ordered.
    score: f32,
    /// How like the passage is to the question, −1 to 1; nothing where there was no model to tell.
    cosine: Option<f32>,
    /// What the words found, as a share of the best, 0 to 1.
    words: f32,
}

/// What the knowledge has to say to a question.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnowledgeAnswer {
    /// What to do.
    tier: AnswerTier,
    /// The probability, 0 to 1, that the first article answers the question; nothing where there was no model to tell.
    probability: Option<f64>,
    /// The answer, where there is one.
    answer: Option<ExtractiveAnswer>,
    /// The articles, best first, at most ten.
    articles: Vec<RankedArticle>,
    /// The model that compared meanings; nothing where the words alone were compared.
    model: Option<&'static str>,
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

/// Ask the knowledge
///
/// Finds the articles that are most like the question in meaning and words, says how probable it is that the first one answers it, and where
/// that is probable enough for the workspace (`ai_confidence_threshold`) quotes the sentences that do. Nothing is sent or stored.
#[utoipa::path(post, path = "/knowledge/answers", tag = "Knowledge", security(("session" = ["viewer"])), request_body = AskKnowledge,
    responses((status = OK, description = "What the knowledge has to say.", body = KnowledgeAnswer)))]
async fn ask_knowledge(
    State(server): State<Server>,
    caller: Admitted<Viewer>,
    input::Json(asked): input::Json<AskKnowledge>,
) -> Result<Json<KnowledgeAnswer>, Rejection> {
    let question = asked.question.trim();
    if !(1..=1000).contains(&question.chars().count()) {
        return Err(Problem::field("question", "has 1 to 1000 characters").into());
    }
    let workspace = caller.workspace().ok_or_else(Problem::not_found)?;
    // The model takes its time, and the memory takes a connection: the request's own is taken afterwards.
    let vector = match server.models.embed_question(question).await {
        Ok(vector) => Some(vector),
        Err(NoVector::Absent) => None,
        Err(error) => {
            tracing::warn!(%error, "a question is answered by words alone");
            None
        }
    };
    let known = match vector {
        Some(_) => Some(server.memory.of(&server, workspace).await?),
        None => None,
    };
    let scope = caller.begin(&server).await?;
    let named: Vec<String> = identifiers(question).into_iter().collect();
    let found: Vec<Found> = Statement::new(include_str!("rank.sql"))
        .bind("question", &question)
        .bind("language", &asked.language)
        .bind("most", &BY_WORDS)
        .bind("audience", &asked.audience)
        .bind("identifiers", &named)
        .bind("workspace", &workspace)
        .all(&scope)
        .await?;
    let Some(state) = found.first() else {
        return Err(Problem::internal(NoVector::CutOff).into());
    };
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
    let ranked = match (&vector, &known) {
        (Some(vector), Some(known)) => {
            let audiences = audiences(asked.audience);
            rank(question, vector, &known.matrix, &lexical, RANKED, |key| {
                known.articles.get(&key.article).is_some_and(|about| {
                    about.is_active
                        && audiences.contains(&about.audience.as_str())
                        && asked
                            .language
                            .as_ref()
                            .is_none_or(|language| *language == about.language)
                })
            })
        }
        _ => by_words(&lexical),
    };
    let shown = show(&scope, &ranked, asked.audience, workspace).await?;
    let thresholds = Thresholds {
        answer: state.answer,
        hand_off: state.hand_off,
    };
    Ok(Json(decide(
        question,
        vector.as_ref(),
        &ranked,
        shown,
        thresholds,
    )?))
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
    scope: &Scoped<Viewer>,
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
    let probability = match (vector, visible.first()) {
        (Some(_), Some((first, _))) => {
            let next = visible[1..]
                .iter()
                .map(|(next, _)| next.cosine)
                .fold(0.0, f32::max);
            let evidence = Evidence {
                cosine: first.cosine,
                gap: first.cosine - next,
            };
            let gate = Calibration::MINILM;
            Some((gate.probability(evidence), gate.tier(evidence, thresholds)))
        }
        _ => None,
    };
    let mut tier = match probability {
        Some((_, tier)) => tier,
        None if visible.is_empty() => Tier::HandOff,
        None => Tier::Suggest,
    };
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
