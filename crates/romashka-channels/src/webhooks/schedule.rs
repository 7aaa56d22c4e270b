//! When a delivery is tried again.
//!
//! Invariant: a pure function of how often it was tried, of what the receiver asked for, and of chance; it never asks
//! for a shorter wait than the schedule nor for an endless one.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Wait (seconds) before each attempt, the first one at once. The schedule that Standard Webhooks gives as its example:
/// ten attempts over three days, longer than a weekend on which nobody looks.
pub const WAITS: [u64; 10] = [
    0,
    5,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];

/// Largest share by which chance makes a wait shorter or longer, so that the deliveries of one outage do not return as
/// one crowd.
pub const JITTER: f64 = 0.2;

/// Wait before the next attempt, or nothing when `attempts` used up the schedule.
///
/// `chance` is a random number from 0 to 1. A receiver's Retry-After counts from the wait of the schedule up to twice
/// as long, so that he cannot make a delivery hang for ever.
pub fn wait_after(attempts: u32, retry_after: Option<Duration>, chance: f64) -> Option<Duration> {
    let base = *WAITS.get(usize::try_from(attempts).ok()?)?;
    let chance = if chance.is_finite() {
        chance.clamp(0.0, 1.0)
    } else {
        0.5
    };
    let base = Duration::from_secs(base);
    Some(match retry_after {
        // Chance may only add to what was asked for.
        Some(asked) => asked.clamp(base, base * 2).mul_f64(1.0 + JITTER * chance),
        None => base.mul_f64(1.0 - JITTER + 2.0 * JITTER * chance),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_over_three_days() {
        let waits: Vec<u64> = (0..)
            .map_while(|attempts| wait_after(attempts, None, 0.5))
            .map(|wait| wait.as_secs())
            .collect();
        assert_eq!(waits, WAITS);
        assert_eq!(waits.iter().sum::<u64>(), 272_105);
    }

    #[test]
    fn chance_moves_a_wait_by_a_fifth() {
        assert_eq!(wait_after(2, None, 0.0), Some(Duration::from_secs(240)));
        assert_eq!(wait_after(2, None, 1.0), Some(Duration::from_secs(360)));
        assert_eq!(
            wait_after(2, None, f64::NAN),
            Some(Duration::from_secs(300))
        );
        assert_eq!(wait_after(2, None, -9.0), wait_after(2, None, 0.0));
    }

    #[test]
    fn a_receiver_may_ask_for_up_to_twice_the_wait() {
        let asked = |seconds| {
            wait_after(2, Some(Duration::from_secs(seconds)), 0.0).map(|wait| wait.as_secs())
        };
        assert_eq!(asked(1), Some(300));
        assert_eq!(asked(450), Some(450));
        assert_eq!(asked(u64::MAX), Some(600));
        assert_eq!(wait_after(10, Some(Duration::from_secs(1)), 0.0), None);
        assert_eq!(wait_after(u32::MAX, None, 0.0), None);
    }
}
