//! What passages hold, and whether a sentence says nothing else.

use std::collections::BTreeSet;

use super::vocabulary::{
    CLAIM_STEMS, FUNCTION_WORDS, OPENING_WORDS, content, forms, is_negation, quantities, says_no,
    stem,
};
use super::{Source, Ungrounded, shortened};
use crate::contact_details::{references, telephones};
use crate::figures::{Figure, figures, is_in};
use crate::sentence::sentences;
use crate::words::words;

/// Of a sentence's words, those that the passages have to hold.
const SUPPORTED: f64 = 0.75;
/// Of a sentence's words, those that one place of a passage has to hold.
const SAID_TOGETHER: f64 = 0.5;

/// What the passages that are named for a sentence hold.
pub(super) struct Evidence {
    figures: Vec<Figure>,
    references: BTreeSet<String>,
    telephones: BTreeSet<String>,
    forms: BTreeSet<String>,
    stems: BTreeSet<String>,
    /// Sentences of one passage, and each with the one after it.
    places: Vec<Place>,
}

struct Place {
    stems: BTreeSet<String>,
    says_no: bool,
}

impl Evidence {
    pub(super) fn of<'a>(sources: impl Iterator<Item = &'a Source<'a>>) -> Evidence {
        let mut evidence = Evidence {
            figures: Vec::new(),
            references: BTreeSet::new(),
            telephones: BTreeSet::new(),
            forms: BTreeSet::new(),
            stems: BTreeSet::new(),
            places: Vec::new(),
        };
        for source in sources {
            for text in [source.title, source.text] {
                evidence.figures.extend(figures(&quantities(text)));
                evidence
                    .references
                    .extend(references(text).map(|(_, name)| name));
                evidence
                    .telephones
                    .extend(telephones(text).into_iter().map(|(_, number)| number));
                evidence.forms.extend(forms(text).map(|(_, form)| form));
                evidence.stems.extend(words(text, "en"));
            }
            let title = content(source.title);
            let said: Vec<Place> = sentences(source.text)
                .into_iter()
                .map(|range| Place {
                    stems: content(&source.text[range.clone()]),
                    // What a title denies is denied below it.
                    says_no: says_no(&source.text[range]) || says_no(source.title),
                })
                .collect();
            for (index, place) in said.iter().enumerate() {
                // What a passage is about stands in its title, and not in each sentence.
                let mut stems = &place.stems | &title;
                if let Some(next) = said
                    .get(index + 1)
                    .filter(|next| next.says_no == place.says_no)
                {
                    stems.extend(next.stems.iter().cloned());
                }
                let says_no = place.says_no;
                evidence.places.push(Place { stems, says_no });
            }
            let says_no = says_no(source.title);
            let stems = title;
            evidence.places.push(Place { stems, says_no });
        }
        evidence
    }

    /// Whether a sentence says nothing but what the passages say.
    pub(super) fn check(&self, sentence: &str) -> Result<(), Ungrounded> {
        if !sentence.chars().any(char::is_alphanumeric) {
            return Ok(());
        }
        for (_, reference) in references(sentence) {
            if !self.references.contains(&reference) {
                return Err(Ungrounded::Reference(reference));
            }
        }
        for (_, number) in telephones(sentence) {
            if !self.telephones.contains(&number) {
                return Err(Ungrounded::Reference(number));
            }
        }
        for figure in figures(&quantities(sentence)) {
            if !is_in(&figure, &self.figures) {
                return Err(Ungrounded::Figure(figure.shown()));
            }
        }
        for (place, (word, form)) in forms(sentence).enumerate() {
            let stem = stem(&form);
            let is_capital = word.chars().next().is_some_and(char::is_uppercase);
            let is_known = match place {
                // A sentence begins with a capital, whatever it begins with.
                0 => {
                    FUNCTION_WORDS.contains(&form.as_str())
                        || OPENING_WORDS.contains(&form.as_str())
                        || is_negation(&form)
                        || CLAIM_STEMS.contains(&stem)
                        || self.stems.contains(&stem)
                }
                _ => word == "I" || self.forms.contains(&form),
            };
            if is_capital && !is_known {
                return Err(Ungrounded::Name(word.to_owned()));
            }
            if CLAIM_STEMS.contains(&stem) && !self.stems.contains(&stem) {
                return Err(Ungrounded::Claim(word.to_owned()));
            }
        }
        let said = content(sentence);
        if said.is_empty() {
            return Err(Ungrounded::Unsupported(shortened(sentence)));
        }
        let share =
            |stems: &BTreeSet<String>| said.intersection(stems).count() as f64 / said.len() as f64;
        if share(&self.stems) < SUPPORTED {
            return Err(Ungrounded::Unsupported(shortened(sentence)));
        }
        let denies = says_no(sentence);
        let best = |says_no: bool| {
            self.places
                .iter()
                .filter(|place| place.says_no == says_no)
                .map(|place| share(&place.stems))
                .fold(0.0, f64::max)
        };
        let (same, other) = (best(denies), best(!denies));
        // Something is said the other way round of just that by which it differs from what is said this way.
        let nearest = self
            .places
            .iter()
            .filter(|place| place.says_no == denies)
            .max_by(|a, b| share(&a.stems).total_cmp(&share(&b.stems)));
        let is_of_another = |contrary: &Place| {
            share(&contrary.stems) >= SAID_TOGETHER
                && nearest.is_some_and(|nearest| {
                    said.intersection(&contrary.stems)
                        .any(|stem| !nearest.stems.contains(stem))
                })
        };
        if self
            .places
            .iter()
            .any(|place| place.says_no != denies && is_of_another(place))
        {
            return Err(Ungrounded::Negation(shortened(sentence)));
        }
        // Where the other way round is said with more of these words, that is what is meant.
        if other > same {
            return Err(Ungrounded::Negation(shortened(sentence)));
        }
        if same < SAID_TOGETHER {
            return Err(Ungrounded::Unsupported(shortened(sentence)));
        }
        Ok(())
    }
}
