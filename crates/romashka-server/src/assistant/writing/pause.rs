//! Language models that have failed again and again are left alone for a while, so that customers do not wait for them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

/// After so many failures in a row.
const FAILURES: u32 = 3;
/// For so long.
const PAUSE: Duration = Duration::from_secs(30);
/// Endpoints that are remembered; those that were not failing lately are forgotten first.
const REMEMBERED: usize = 10_000;

/// Which are left alone. What one process has learned of them is its own.
#[derive(Default)]
pub struct Pauses(Mutex<HashMap<Uuid, Failing>>);

struct Failing {
    /// Another address is another server.
    address: String,
    count: u32,
    since: Instant,
}

impl Pauses {
    /// Whether it is not to be asked.
    pub fn is_paused(&self, endpoint: Uuid, address: &str) -> bool {
        let failing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failing.get(&endpoint).is_some_and(|failing| {
            failing.address == address
                && failing.count >= FAILURES
                && failing.since.elapsed() < PAUSE
        })
    }

    /// Notes how a call went. After a pause one failure is enough for the next.
    pub fn note(&self, endpoint: Uuid, address: &str, is_good: bool) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_good {
            all.remove(&endpoint);
            return;
        }
        if all.len() >= REMEMBERED {
            all.retain(|_, failing| failing.since.elapsed() < PAUSE);
        }
        let before = all.get(&endpoint);
        let count = before
            .filter(|failing| failing.address == address)
            .map_or(0, |failing| failing.count);
        let failing = Failing {
            address: address.to_owned(),
            count: count.saturating_add(1),
            since: Instant::now(),
        };
        all.insert(endpoint, failing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_are_enough() {
        let pauses = Pauses::default();
        let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
        for is_good in [false, false, true, false, false] {
            pauses.note(one, "a", is_good);
        }
        assert!(!pauses.is_paused(one, "a"));
        pauses.note(one, "a", false);
        assert!(pauses.is_paused(one, "a"));
        assert!(!pauses.is_paused(one, "b") && !pauses.is_paused(other, "a"));
        pauses.note(one, "a", true);
        assert!(!pauses.is_paused(one, "a"));
    }
}
