//! The answer in the article's own words: one to three sentences that stand together.
//!
//! Invariant: what is quoted is in the passage letter for letter. Sentences are chosen by their cosine with the question plus 0.15 of the share of the
//! question's words that they hold, a word counting the more the fewer sentences hold it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::vector::Packed;
use crate::words::words;

/// Of the words, beside the cosine.
const WORDS: f32 = 0.15;
/// A neighbour joins the best sentence when it reaches this share of its score.
const NEIGHBOUR: f32 = 0.7;
/// Sentences of an answer at most.
const LONGEST: usize = 3;

/// A sentence of a passage.
#[derive(Clone, Debug)]
pub struct Sentence {
    /// Where it is, in bytes of the passage's text.
    pub range: Range<usize>,
    /// Its vector.
    pub vector: Packed,
}

/// What is quoted.
#[derive(Clone, Debug, PartialEq)]
pub struct Extract {
    /// Where it is, in bytes of the passage's text.
    pub range: Range<usize>,
    /// Of its best sentence.
    pub score: f32,
}

/// What of a passage answers the question best; nothing when it has no sentence.
pub fn extract(
    question: &str,
    vector: &Packed,
    language: &str,
    text: &str,
    sentences: &[Sentence],
) -> Option<Extract> {
    let asked = words(question, language);
    let held: Vec<BTreeSet<String>> = sentences
        .iter()
        .map(|sentence| words(&text[sentence.range.clone()], language))
        .collect();
    let rarity = rarity(&asked, &held);
    let all: f32 = rarity.values().sum();
    let scores: Vec<f32> = sentences
        .iter()
        .zip(&held)
        .map(|(sentence, held)| {
            let common: f32 = rarity
                .iter()
                .filter(|(word, _)| held.contains(**word))
                .map(|(_, weight)| weight)
                .sum();
            let share = if all > 0.0 { common / all } else { 0.0 };
            sentence.vector.cosine(vector) + WORDS * share
        })
        .collect();
    let best = (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(b.cmp(a)))?;
    let (mut first, mut last) = (best, best);
    let enough = NEIGHBOUR * scores[best];
    while last - first + 1 < LONGEST {
        let before = first.checked_sub(1).map(|place| scores[place]);
        let after = scores.get(last + 1).copied();
        match (before, after) {
            (Some(before), after)
                if before >= enough && after.is_none_or(|after| before > after) =>
            {
                first -= 1;
            }
            (_, Some(after)) if after >= enough => last += 1,
            _ => break,
        }
    }
    Some(Extract {
        range: sentences[first].range.start..sentences[last].range.end,
        score: scores[best],
    })
}

/// How much each word of the question counts.
fn rarity<'a>(asked: &'a BTreeSet<String>, held: &[BTreeSet<String>]) -> BTreeMap<&'a str, f32> {
    asked
        .iter()
        .filter_map(|word| {
            let count = held.iter().filter(|words| words.contains(word)).count();
            let rare = (1.0 + held.len() as f32 / (count as f32)).ln();
            (count > 0).then_some((word.as_str(), rare))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence::sentences;
    use crate::vector::Vector;

    fn vector(angle: f32) -> Packed {
        Vector::new(vec![angle.cos(), angle.sin()])
            .expect("a direction")
            .pack()
    }

    fn quoted<'a>(question: &str, text: &'a str, angles: &[f32]) -> &'a str {
        let parts: Vec<Sentence> = sentences(text)
            .into_iter()
            .zip(angles)
            .map(|(range, angle)| Sentence {
                range,
                vector: vector(*angle),
            })
            .collect();
        assert_eq!(parts.len(), angles.len());
        let found = extract(question, &vector(0.0), "en", text, &parts).expect("an answer");
        &text[found.range]
    }

    #[test]
    fn it_quotes_the_best_sentences_that_stand_together() {
        let text = "We are here. Refunds take five days. They go to the card. Call us.";
        assert_eq!(
            quoted("when", text, &[1.5, 0.1, 0.3, 1.5]),
            "Refunds take five days. They go to the card."
        );
        assert_eq!(quoted("when", text, &[1.5, 0.1, 1.4, 0.05]), "Call us.");
        // The word decides between two that are equally like the question.
        assert_eq!(
            quoted("refund", text, &[1.5, 0.9, 1.5, 0.9]),
            "Refunds take five days."
        );
        assert_eq!(
            quoted("when", text, &[0.1, 0.1, 0.1, 0.1])
                .matches('.')
                .count(),
            3
        );
    }

    #[test]
    fn without_a_sentence_there_is_no_answer() {
        assert_eq!(extract("when", &vector(0.0), "en", "", &[]), None);
    }
}
