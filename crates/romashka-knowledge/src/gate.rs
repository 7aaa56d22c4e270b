//! Whether to answer: how probable it is that the best article answers the question.
//!
//! Invariant: the cosine alone never decides. Of questions whose article was taken away, a threshold on the cosine still answered 74 to 92 %; this
//! probability, which also looks how far the next article is behind, 3 to 16 %.

/// What retrieval found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Of the best article's best passage.
    pub cosine: f32,
    /// That cosine minus the one of the next article.
    pub gap: f32,
}

/// How evidence becomes a probability: the logistic function of `cosine · c + gap · g + bias`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Calibration {
    /// Factor of the cosine.
    pub cosine: f64,
    /// Factor of the gap.
    pub gap: f64,
    /// What is added.
    pub bias: f64,
}

/// What a workspace asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Least probability of an automatic answer (`ai_confidence_threshold`).
    pub answer: f64,
    /// Least probability at which articles are shown although they are not like the question (`ai_handoff_threshold`).
    pub hand_off: f64,
}

/// What is done with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Answer, with the source.
    Answer,
    /// Show up to three articles and offer a person.
    Suggest,
    /// A person.
    HandOff,
}

/// From this cosine on an article is worth showing.
const SUGGEST: f32 = 0.45;
/// How strongly [`Calibration::fit`] holds to what it began with: a factor is believed to be known to its 12th part (1/√150).
const PRIOR: f64 = 150.0;

impl Calibration {
    /// Fitted for MiniLM on two sets of questions. At a probability of 0.6 it answered 33 to 65 % of the questions, 82 to 100 % of these rightly.
    pub const MINILM: Calibration = Calibration {
        cosine: 6.73,
        gap: 12.9,
        bias: -6.38,
    };

    /// The probability, 0 to 1, that the best article answers the question.
    pub fn probability(&self, evidence: Evidence) -> f64 {
        let [cosine, gap, one] = features(evidence);
        logistic(self.cosine * cosine + self.gap * gap + self.bias * one)
    }

    /// What to do with a question.
    pub fn tier(&self, evidence: Evidence, thresholds: Thresholds) -> Tier {
        let probability = self.probability(evidence);
        if probability >= thresholds.answer {
            Tier::Answer
        } else if probability >= thresholds.hand_off || evidence.cosine >= SUGGEST {
            Tier::Suggest
        } else {
            Tier::HandOff
        }
    }

    /// Fits to feedback: whether the article did answer. With little feedback it stays near to where it was. Logistic regression by Newton's method with a
    /// Gaussian prior around the present factors, each of the width that the factor is large.
    pub fn fit(self, feedback: &[(Evidence, bool)]) -> Calibration {
        let prior = [self.cosine, self.gap, self.bias];
        // A change by a tenth is as surprising in each of them.
        let strength = prior.map(|factor| PRIOR / (factor * factor).max(1.0));
        let mut factors = prior;
        for _ in 0..50 {
            let mut slope = [0.0; 3];
            let mut curve = [[0.0; 3]; 3];
            for row in 0..3 {
                slope[row] = strength[row] * (prior[row] - factors[row]);
                curve[row][row] = strength[row];
            }
            for (evidence, was_right) in feedback {
                let x = features(*evidence);
                let p = logistic((0..3).map(|row| factors[row] * x[row]).sum());
                for row in 0..3 {
                    slope[row] += (f64::from(u8::from(*was_right)) - p) * x[row];
                    for column in 0..3 {
                        curve[row][column] += p * (1.0 - p) * x[row] * x[column];
                    }
                }
            }
            let step = solve(curve, slope);
            for row in 0..3 {
                factors[row] += step[row];
            }
            if step.iter().all(|change| change.abs() < 1e-9) {
                break;
            }
        }
        let [cosine, gap, bias] = factors;
        Calibration { cosine, gap, bias }
    }
}

fn features(evidence: Evidence) -> [f64; 3] {
    [f64::from(evidence.cosine), f64::from(evidence.gap), 1.0]
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Solves a system with a positive definite matrix, which needs no pivots.
fn solve(mut matrix: [[f64; 3]; 3], mut right: [f64; 3]) -> [f64; 3] {
    for column in 0..3 {
        for row in column + 1..3 {
            let above = matrix[column];
            let factor = matrix[row][column] / above[column];
            for (value, above) in matrix[row].iter_mut().zip(above).skip(column) {
                *value -= factor * above;
            }
            right[row] -= factor * right[column];
        }
    }
    let mut found = [0.0; 3];
    for row in (0..3).rev() {
        let known: f64 = (row + 1..3)
            .map(|other| matrix[row][other] * found[other])
            .sum();
        found[row] = (right[row] - known) / matrix[row][row];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(cosine: f32, gap: f32) -> Evidence {
        Evidence { cosine, gap }
    }

    #[test]
    fn the_next_article_counts() {
        let gate = Calibration::MINILM;
        // 1 / (1 + exp(-(6.73 · 0.7 + 12.9 · 0.2 − 6.38)))
        assert!((gate.probability(evidence(0.7, 0.2)) - 0.7135).abs() < 1e-3);
        let asked = Thresholds {
            answer: 0.6,
            hand_off: 0.5,
        };
        assert_eq!(gate.tier(evidence(0.7, 0.2), asked), Tier::Answer);
        assert_eq!(gate.tier(evidence(0.7, 0.0), asked), Tier::Suggest);
        assert_eq!(gate.tier(evidence(0.4, 0.3), asked), Tier::Suggest);
        assert_eq!(gate.tier(evidence(0.3, 0.1), asked), Tier::HandOff);
    }

    #[test]
    fn feedback_moves_it_and_little_feedback_little() {
        let gate = Calibration::MINILM;
        assert_eq!(gate.fit(&[]), gate);
        let case = evidence(0.7, 0.2);
        let once = gate.fit(&[(case, false)]).probability(case);
        let often = gate.fit(&vec![(case, false); 200]).probability(case);
        let before = gate.probability(case);
        assert!(once < before && once > before - 0.1, "{once}");
        assert!(often < 0.2, "{often}");
    }

    #[test]
    fn much_feedback_is_followed() {
        let truth = Calibration {
            cosine: 12.0,
            gap: 4.0,
            bias: -7.0,
        };
        let mut feedback = Vec::new();
        for step in 0_u32..4000 {
            let case = evidence((step % 97) as f32 / 97.0, (step % 13) as f32 / 40.0);
            // Right as often as the truth says, spread evenly.
            let chance = f64::from(step * 7919 % 1000) / 1000.0;
            feedback.push((case, chance < truth.probability(case)));
        }
        let found = Calibration::MINILM.fit(&feedback);
        for case in [evidence(0.4, 0.1), evidence(0.6, 0.2), evidence(0.8, 0.05)] {
            let (found, truth) = (found.probability(case), truth.probability(case));
            assert!((found - truth).abs() < 0.05, "{found} for {truth}");
        }
    }
}
