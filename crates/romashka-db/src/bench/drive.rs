//! Runs clients side by side for a while and takes the time of each operation.

use std::future::Future;
use std::time::{Duration, Instant};

use super::{BenchError, processor};

/// A client that repeats one operation.
pub trait Client: Send + 'static {
    /// The operation, once.
    fn step(&mut self) -> impl Future<Output = Result<(), BenchError>> + Send;

    /// The process of its backend, where it has one of its own.
    fn backend(&self) -> Option<i32> {
        None
    }

    /// Whether there is nothing left to do, so that the run ends before its time.
    fn is_done(&self) -> bool {
        false
    }
}

/// What one run showed.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Milliseconds of each operation, sorted.
    latencies: Vec<f64>,
    seconds: f64,
    cpu_seconds: Option<f64>,
}

impl Sample {
    /// Operations per second.
    pub fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds.max(1e-9)
    }

    /// The latency, in milliseconds, that the given share of operations does not exceed (nearest rank).
    pub fn percentile(&self, share: f64) -> f64 {
        let rank = (share * self.latencies.len() as f64).ceil() as usize;
        self.latencies
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or(0.0)
    }

    /// How many operations there were.
    pub fn count(&self) -> usize {
        self.latencies.len()
    }

    /// Microseconds of the backends' processor time per operation.
    pub fn cpu_us(&self) -> Option<f64> {
        let operations = self.latencies.len().max(1) as f64;
        self.cpu_seconds.map(|seconds| seconds * 1e6 / operations)
    }
}

/// Lets the clients work for `duration`, and gives them back.
///
/// # Errors
/// The first failure of a client.
pub async fn drive<C: Client>(
    clients: Vec<C>,
    duration: Duration,
) -> Result<(Vec<C>, Sample), BenchError> {
    let backends: Vec<i32> = clients.iter().filter_map(Client::backend).collect();
    let before = processor::used(&backends);
    let begun = Instant::now();
    let end = begun + duration;
    let tasks: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                let mut last = Instant::now();
                // At least once, however slow it is.
                loop {
                    client.step().await?;
                    let now = Instant::now();
                    latencies.push((now - last).as_secs_f64() * 1e3);
                    last = now;
                    if now >= end || client.is_done() {
                        return Ok::<_, BenchError>((client, latencies));
                    }
                }
            })
        })
        .collect();
    let (mut clients, mut latencies) = (Vec::new(), Vec::new());
    for task in tasks {
        let (client, times) = task.await??;
        clients.push(client);
        latencies.extend(times);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let cpu_seconds = processor::used(&backends)
        .zip(before)
        .filter(|_| !backends.is_empty())
        .map(|(after, before)| after - before);
    latencies.sort_by(f64::total_cmp);
    let sample = Sample {
        latencies,
        seconds,
        cpu_seconds,
    };
    Ok((clients, sample))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let sample = Sample {
            latencies: (1..=200).map(f64::from).collect(),
            seconds: 2.0,
            cpu_seconds: Some(0.02),
        };
        assert_eq!(sample.percentile(0.5), 100.0);
        assert_eq!(sample.percentile(0.99), 198.0);
        assert_eq!(sample.per_second(), 100.0);
        assert_eq!(sample.cpu_us(), Some(100.0));
    }
}
