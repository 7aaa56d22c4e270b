//! One module a family of jobs, and how their sides take turns.

use std::time::Duration;

use super::drive::{Client, Sample, drive};
use super::{BenchError, BenchEvent, Observer};

pub(super) mod insert;
pub(super) mod parts;
pub(super) mod reads;
pub(super) mod verbs;

/// Runs the sides in turn, each `runs` times: a short warm-up, then A B C A B C. The samples of each side, in order.
pub(super) async fn rotate<C: Client>(
    mut sides: Vec<Vec<C>>,
    runs: u32,
    duration: Duration,
    observe: Observer<'_>,
) -> Result<Vec<Vec<Sample>>, BenchError> {
    let warm_up = (duration / 5).max(Duration::from_millis(50));
    for clients in &mut sides {
        (*clients, _) = drive(std::mem::take(clients), warm_up).await?;
    }
    let mut samples = vec![Vec::new(); sides.len()];
    for _ in 0..runs {
        for (clients, samples) in sides.iter_mut().zip(&mut samples) {
            let (given_back, sample) = drive(std::mem::take(clients), duration).await?;
            *clients = given_back;
            samples.push(sample);
        }
        observe(BenchEvent::Run);
    }
    Ok(samples)
}
