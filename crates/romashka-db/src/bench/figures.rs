//! From single latencies to figures with a spread.

use serde::Serialize;

use super::drive::Sample;

/// The median of several runs, and how far they lay apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl Spread {
    /// Of these values; zero for none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Spread {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = match values.len() {
            0 => 0.0,
            length if length % 2 == 1 => values[middle],
            _ => (values[middle - 1] + values[middle]) / 2.0,
        };
        Spread {
            median,
            least: values.first().copied().unwrap_or(0.0),
            most: values.last().copied().unwrap_or(0.0),
        }
    }
}

/// What the runs of one side came to.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Operations per second, all clients together.
    pub per_second: Spread,
    /// Median latency in milliseconds.
    pub p50_ms: Spread,
    /// The latency in milliseconds that one in a hundred exceeds.
    pub p99_ms: Spread,
    /// Processor time of the server's backends per operation, in microseconds, where it can be seen.
    pub cpu_us: Option<Spread>,
}

impl Figure {
    /// Of these runs.
    pub fn of(samples: &[Sample]) -> Figure {
        Figure {
            per_second: Spread::of(samples.iter().map(Sample::per_second)),
            p50_ms: Spread::of(samples.iter().map(|sample| sample.percentile(0.50))),
            p99_ms: Spread::of(samples.iter().map(|sample| sample.percentile(0.99))),
            cpu_us: samples
                .iter()
                .map(Sample::cpu_us)
                .collect::<Option<Vec<f64>>>()
                .map(Spread::of),
        }
    }
}

/// The ratio of two sides: of each pair of runs that followed each other, then the median.
pub fn ratio(
    left: &[Sample],
    right: &[Sample],
    value: impl Fn(&Sample) -> Option<f64>,
) -> Option<Spread> {
    left.iter()
        .zip(right)
        .map(|(left, right)| Some(value(left)? / value(right)?))
        .collect::<Option<Vec<f64>>>()
        .map(Spread::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        let spread = Spread::of([4.0, 1.0, 3.0, 2.0]);
        assert_eq!((spread.median, spread.least, spread.most), (2.5, 1.0, 4.0));
        assert_eq!(Spread::of([7.0]).median, 7.0);
        assert_eq!(Spread::of([]).median, 0.0);
    }
}
