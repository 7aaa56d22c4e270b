//! The vectors of one workspace, side by side, for exact search.
//!
//! Invariant: every row is compared; nothing is approximated but the numbers themselves, which are packed ([`crate::vector`]): 10,000 rows take 4 MB.

use crate::vector::{Packed, product};

/// What a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The article.
    pub article: u128,
    /// The passage's place in it.
    pub position: u32,
}

/// Rows of vectors.
#[derive(Clone, Debug)]
pub struct Matrix {
    dimensions: usize,
    numbers: Vec<i8>,
    factors: Vec<f32>,
    keys: Vec<Key>,
}

impl Matrix {
    /// An empty one for vectors of so many numbers.
    pub fn new(dimensions: usize) -> Matrix {
        Matrix {
            dimensions,
            numbers: Vec::new(),
            factors: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When the vector is of another model, which is a mistake of the program.
    pub fn push(&mut self, key: Key, vector: &Packed) {
        assert_eq!(vector.as_slice().len(), self.dimensions, "one model");
        self.numbers.extend_from_slice(vector.as_slice());
        self.factors.push(vector.factor());
        self.keys.push(key);
    }

    /// Takes the rows away whose key is not to stay.
    pub fn retain(&mut self, stays: impl Fn(&Key) -> bool) {
        let mut kept = Matrix::new(self.dimensions);
        for (key, factor, row) in self.rows() {
            if stays(key) {
                kept.keys.push(*key);
                kept.factors.push(factor);
                kept.numbers.extend_from_slice(row);
            }
        }
        *self = kept;
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Bytes that it holds.
    pub fn size(&self) -> usize {
        self.numbers.capacity()
            + self.factors.capacity() * size_of::<f32>()
            + self.keys.capacity() * size_of::<Key>()
    }

    /// How like the query each row is that `wanted` lets through, in the order of the rows.
    pub fn cosines(&self, query: &Packed, wanted: impl Fn(&Key) -> bool) -> Vec<(Key, f32)> {
        self.rows()
            .filter(|(key, ..)| wanted(key))
            .map(|(key, factor, row)| {
                (
                    *key,
                    product(query.as_slice(), row) * query.factor() * factor,
                )
            })
            .collect()
    }

    fn rows(&self) -> impl Iterator<Item = (&Key, f32, &[i8])> {
        self.keys
            .iter()
            .zip(&self.factors)
            .zip(self.numbers.chunks_exact(self.dimensions))
            .map(|((key, factor), row)| (key, *factor, row))
    }

    /// The rows that are most like the query, best first, of those that `wanted` lets through; of equals the one with the lesser key.
    pub fn nearest(
        &self,
        query: &Packed,
        limit: usize,
        wanted: impl Fn(&Key) -> bool,
    ) -> Vec<(Key, f32)> {
        let mut found: Vec<(Key, f32)> = Vec::new();
        let mut least = f32::NEG_INFINITY;
        for (key, factor, row) in self.rows() {
            let cosine = product(query.as_slice(), row) * query.factor() * factor;
            if cosine < least || !wanted(key) {
                continue;
            }
            found.push((*key, cosine));
            if found.len() / 2 > limit {
                cut(&mut found, limit);
                least = found.last().map_or(least, |(_, cosine)| *cosine);
            }
        }
        cut(&mut found, limit);
        found
    }
}

fn cut(found: &mut Vec<(Key, f32)>, limit: usize) {
    found.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
    found.truncate(limit);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::Vector;

    /// Numbers without a pattern, the same in every run.
    fn noise(seed: u64) -> Vector {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let numbers = (0..384)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 40) as f32 / (1 << 24) as f32 - 0.5
            })
            .collect();
        Vector::new(numbers).expect("a direction")
    }

    fn key(number: usize) -> Key {
        Key {
            article: number as u128,
            position: 0,
        }
    }

    #[test]
    fn it_finds_what_comparing_all_finds() {
        let vectors: Vec<Vector> = (1..=500).map(noise).collect();
        let mut matrix = Matrix::new(384);
        for (number, vector) in vectors.iter().enumerate() {
            matrix.push(key(number), &vector.pack());
        }
        for asked in 501..520 {
            let query = noise(asked);
            let found = matrix.nearest(&query.pack(), 20, |_| true);
            let mut all: Vec<(usize, f32)> = vectors
                .iter()
                .map(|vector| vector.cosine(&query))
                .enumerate()
                .collect();
            all.sort_by(|(_, x), (_, y)| y.total_cmp(x));
            for ((_, told), (_, exact)) in found.iter().zip(&all) {
                assert!((told - exact).abs() < 0.005, "{told} for {exact}");
            }
            assert_eq!(found.len(), 20);
        }
        assert_eq!(matrix.nearest(&vectors[7].pack(), 1, |_| true)[0].0, key(7));
    }

    #[test]
    fn what_is_not_wanted_takes_no_place() {
        let mut matrix = Matrix::new(384);
        for number in 0..100 {
            matrix.push(key(number), &noise(1).pack());
        }
        let found = matrix.nearest(&noise(1).pack(), 3, |key| key.article % 2 == 1);
        let found: Vec<u128> = found.iter().map(|(key, _)| key.article).collect();
        assert_eq!(found, [1, 3, 5]);
        assert_eq!(matrix.nearest(&noise(2).pack(), 1000, |_| true).len(), 100);
        assert!(matrix.nearest(&noise(2).pack(), 0, |_| true).is_empty());
        assert!(matrix.size() >= 100 * 384);
        matrix.retain(|key| key.article >= 98);
        let left = matrix.nearest(&noise(2).pack(), 9, |_| true);
        assert_eq!(
            left.iter().map(|(key, _)| key.article).collect::<Vec<_>>(),
            [98, 99]
        );
    }
}
