//! Chance that is the same on each run and on each machine.
//!
//! Invariant: the sequence depends on the seed alone; it is SplitMix64 and never changes, so that a load can be repeated.

use uuid::Uuid;

/// A source of numbers that look random.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// The sequence of one thing (its kind and number) under a seed.
    pub(super) fn of(seed: u64, kind: u64, number: u64) -> Self {
        let mut chance = Chance(seed ^ kind.rotate_left(40));
        let mixed = chance.next() ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Chance(mixed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Evenly distributed in [0, 1).
    pub(super) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// A number below `bound`, which is above zero.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        (self.fraction() * bound as f64) as usize
    }

    pub(super) fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// Exponentially distributed with this mean: the pauses between things that happen by themselves.
    pub(super) fn pause(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.fraction()).ln()
    }

    /// A version 7 id that sorts by `milliseconds` since 1970.
    pub(super) fn id_at(&mut self, milliseconds: i64) -> Uuid {
        let time = (milliseconds.max(0) as u128) & 0xffff_ffff_ffff;
        let random = (u128::from(self.next()) << 64) | u128::from(self.next());
        let mut bits = (time << 80) | (random & 0xffff_ffff_ffff_ffff_ffff);
        bits = (bits & !(0xf << 76)) | (0x7 << 76);
        bits = (bits & !(0x3 << 62)) | (0x2 << 62);
        Uuid::from_u128(bits)
    }
}

/// Choices of which the first are the most frequent: the k-th is chosen in proportion to 1 / k^exponent.
#[derive(Clone, Debug)]
pub(super) struct Zipf(Vec<f64>);

impl Zipf {
    /// Over `choices` choices, at least one.
    pub(super) fn new(choices: usize, exponent: f64) -> Self {
        let mut sum = 0.0;
        Zipf(
            (1..=choices.max(1))
                .map(|rank| {
                    sum += (rank as f64).powf(-exponent);
                    sum
                })
                .collect(),
        )
    }

    /// The index of one choice.
    pub(super) fn pick(&self, chance: &mut Chance) -> usize {
        let last = self.0.len() - 1;
        let point = chance.fraction() * self.0[last];
        self.0.partition_point(|sum| *sum <= point).min(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let numbers = |seed| {
            let mut chance = Chance::of(seed, 1, 7);
            (0..4).map(|_| chance.next()).collect::<Vec<_>>()
        };
        assert_eq!(numbers(1), numbers(1));
        assert_ne!(numbers(1), numbers(2));
    }

    #[test]
    fn ids_are_of_version_7_and_sort_by_time() {
        let mut chance = Chance::of(1, 1, 1);
        let (earlier, later) = (
            chance.id_at(1_700_000_000_000),
            chance.id_at(1_700_000_000_001),
        );
        assert_eq!(earlier.get_version_num(), 7);
        assert_eq!(earlier.get_variant(), uuid::Variant::RFC4122);
        assert!(earlier < later);
    }

    #[test]
    fn the_first_choices_are_the_most_frequent_and_each_is_possible() {
        let zipf = Zipf::new(50, 1.0);
        let mut chance = Chance::of(3, 1, 1);
        let mut seen = [0u32; 50];
        for _ in 0..20_000 {
            seen[zipf.pick(&mut chance)] += 1;
        }
        assert!(seen[0] > 3_000 && seen[0] > 3 * seen[9], "{seen:?}");
        assert!(seen.iter().all(|times| *times > 0), "{seen:?}");
    }
}
