//! Whether a question went as expected.

use romashka_knowledge::mentions;
use uuid::Uuid;

use crate::assistant::Verdict;
use crate::choice;

choice! {
    /// Why a question did not go as expected.
    pub enum Failure {
        /// It was handed over, or articles were suggested where facts are expected.
        NotAnswered = "not_answered",
        /// Another article was quoted, or the expected one is not among those suggested.
        WrongArticle = "wrong_article",
        /// The answer does not hold every expected fact.
        MissingFacts = "missing_facts",
        /// It was answered, and must not be.
        MustRefuse = "must_refuse",
        /// The expected article is deleted, archived, or not for these readers.
        ArticleGone = "article_gone",
    }
}

/// What is expected of a question.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The article that answers.
    pub article: Option<Uuid>,
    /// Whether that article may be found at all.
    pub article_is_there: bool,
    /// What the answer has to hold.
    pub facts: Vec<String>,
    /// Whether it must not be answered.
    pub must_refuse: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Came<'a> {
    /// What the assistant would do.
    pub verdict: Verdict,
    /// What it would say.
    pub answer: Option<&'a str>,
    /// The articles it would quote or suggest.
    pub cited: Vec<Uuid>,
}

/// The expected facts that an answer does not hold: as words of their own, whatever their case and punctuation.
pub fn missing_facts(expected: &Expected, came: &Came<'_>) -> Vec<String> {
    let answer = match came.verdict {
        Verdict::Answered => came.answer.unwrap_or_default(),
        _ => "",
    };
    expected
        .facts
        .iter()
        .filter(|fact| !mentions(answer, fact))
        .cloned()
        .collect()
}

/// Why it did not go as expected; nothing where it did.
pub fn judge(expected: &Expected, came: &Came<'_>) -> Option<Failure> {
    if expected.must_refuse {
        return (came.verdict == Verdict::Answered).then_some(Failure::MustRefuse);
    }
    if expected.article.is_some() && !expected.article_is_there {
        return Some(Failure::ArticleGone);
    }
    let cites_it = expected
        .article
        .is_none_or(|article| came.cited.contains(&article));
    match came.verdict {
        Verdict::Answered if !cites_it => Some(Failure::WrongArticle),
        Verdict::Answered if !missing_facts(expected, came).is_empty() => {
            Some(Failure::MissingFacts)
        }
        Verdict::Answered => None,
        Verdict::Suggested if !expected.facts.is_empty() => Some(Failure::NotAnswered),
        Verdict::Suggested if !cites_it => Some(Failure::WrongArticle),
        Verdict::Suggested => None,
        _ => Some(Failure::NotAnswered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came<'a>(verdict: Verdict, answer: &'a str, cited: &[Uuid]) -> Came<'a> {
        Came {
            verdict,
            answer: Some(answer),
            cited: cited.to_vec(),
        }
    }

    #[test]
    fn facts_are_words_of_their_own() {
        let expected = Expected {
            facts: vec!["5 days".to_owned(), "Free".to_owned()],
            ..Expected::default()
        };
        let answered = came(Verdict::Answered, "It takes 5  days, and is FREE.", &[]);
        assert_eq!(judge(&expected, &answered), None);
        let other = came(Verdict::Answered, "It takes 15 days, and is free.", &[]);
        assert_eq!(missing_facts(&expected, &other), ["5 days"]);
        assert_eq!(judge(&expected, &other), Some(Failure::MissingFacts));
        let suggested = came(Verdict::Suggested, "5 days, free", &[]);
        assert_eq!(judge(&expected, &suggested), Some(Failure::NotAnswered));
    }

    #[test]
    fn the_article_has_to_be_the_one() {
        let (right, wrong) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let expected = Expected {
            article: Some(right),
            article_is_there: true,
            ..Expected::default()
        };
        let told = |verdict, cited: &[Uuid]| judge(&expected, &came(verdict, "", cited));
        assert_eq!(told(Verdict::Answered, &[right]), None);
        assert_eq!(
            told(Verdict::Answered, &[wrong]),
            Some(Failure::WrongArticle)
        );
        assert_eq!(told(Verdict::Suggested, &[wrong, right]), None);
        assert_eq!(
            told(Verdict::Suggested, &[wrong]),
            Some(Failure::WrongArticle)
        );
        assert_eq!(told(Verdict::HandedOff, &[]), Some(Failure::NotAnswered));
        let gone = Expected {
            article_is_there: false,
            ..expected
        };
        assert_eq!(
            judge(&gone, &came(Verdict::Answered, "", &[right])),
            Some(Failure::ArticleGone)
        );
    }

    #[test]
    fn what_must_be_refused_may_be_handed_over_or_suggested() {
        let expected = Expected {
            must_refuse: true,
            ..Expected::default()
        };
        let told = |verdict| judge(&expected, &came(verdict, "", &[]));
        assert_eq!(told(Verdict::HandedOff), None);
        assert_eq!(told(Verdict::Suggested), None);
        assert_eq!(told(Verdict::Answered), Some(Failure::MustRefuse));
    }
}
