//! When a subscription is switched off by itself.
//!
//! Invariant: a pure function of the deliveries' outcomes. One success forgives everything, and a few failures on one
//! day start nothing: the clock runs only while nothing but failures comes back.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Failures within [`START_WINDOW`] after which the clock starts, at the first of them.
pub const FAILURES_TO_START: u32 = 3;
/// Time within which those failures have to happen.
pub const START_WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// Nothing but failures for so long: the owner is warned.
pub const WARN_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Nothing but failures for so long: the subscription is switched off, as the schema's queue does.
pub const DISABLE_AFTER: SignedDuration = SignedDuration::from_hours(120);
/// Failures are forgotten when none was added for so long.
pub const FORGIVE_AFTER: SignedDuration = SignedDuration::from_hours(240);

/// What is remembered of a subscription's failures since its last success.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Failures within the window that has not started the clock yet, or all of them since.
    pub failures: u32,
    /// First of those failures.
    pub first_failure: Option<Timestamp>,
    /// Last of those failures.
    pub last_failure: Option<Timestamp>,
    /// Since when nothing but failures counts.
    pub failing_since: Option<Timestamp>,
    /// Whether the owner was warned.
    pub warned: bool,
}

/// What to do about a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Go on.
    Continue,
    /// Go on, and warn its owner, once.
    Warn,
    /// Switch it off and tell its owner.
    Disable,
}

impl Health {
    /// After a success.
    pub fn after_success(self) -> Self {
        Self::default()
    }

    /// After an attempt that failed at `at`.
    pub fn after_failure(self, at: Timestamp) -> (Self, Verdict) {
        let forgiven = self
            .last_failure
            .is_some_and(|last| at.duration_since(last) > FORGIVE_AFTER);
        let mut health = if forgiven { Self::default() } else { self };
        let first = match health.first_failure {
            Some(first)
                if health.failing_since.is_some() || at.duration_since(first) <= START_WINDOW =>
            {
                first
            }
            _ => {
                health.failures = 0;
                at
            }
        };
        health.first_failure = Some(first);
        health.last_failure = Some(health.last_failure.map_or(at, |last| last.max(at)));
        health.failures = health.failures.saturating_add(1);
        if health.failures >= FAILURES_TO_START {
            health.failing_since.get_or_insert(first);
        }
        let failing_for = health
            .failing_since
            .map_or(SignedDuration::ZERO, |since| at.duration_since(since));
        let verdict = if failing_for >= DISABLE_AFTER {
            Verdict::Disable
        } else if failing_for >= WARN_AFTER && !health.warned {
            health.warned = true;
            Verdict::Warn
        } else {
            Verdict::Continue
        };
        (health, verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Verdicts of failures at these hours, and what is remembered in the end.
    fn failures_at(hours: &[i64]) -> (Health, Vec<Verdict>) {
        let mut health = Health::default();
        let verdicts = hours
            .iter()
            .map(|hour| {
                let (next, verdict) =
                    health.after_failure(Timestamp::from_second(hour * 3600).unwrap());
                health = next;
                verdict
            })
            .collect();
        (health, verdicts)
    }

    use Verdict::{Continue, Disable, Warn};

    #[test]
    fn five_days_of_failures_switch_off_after_one_warning() {
        let (_, verdicts) = failures_at(&[0, 1, 2, 23, 24, 48, 119, 120, 121]);
        assert_eq!(
            verdicts,
            [
                Continue, Continue, Continue, Continue, Warn, Continue, Continue, Disable, Disable
            ]
        );
    }

    #[test]
    fn a_success_forgives_everything() {
        let (health, _) = failures_at(&[0, 1, 2, 119]);
        assert_eq!(health.after_success(), Health::default());
        assert_eq!(
            health
                .after_success()
                .after_failure(Timestamp::from_second(120 * 3600).unwrap())
                .1,
            Continue
        );
    }

    #[test]
    fn rare_failures_start_no_clock() {
        let (health, verdicts) = failures_at(&[0, 30, 60, 90, 120, 150]);
        assert_eq!(verdicts, [Continue; 6]);
        assert_eq!(health.failing_since, None);
        let (health, verdicts) = failures_at(&[0, 1, 2, 300]);
        assert_eq!(verdicts, [Continue; 4]);
        assert_eq!(health.failures, 1);
    }
}
