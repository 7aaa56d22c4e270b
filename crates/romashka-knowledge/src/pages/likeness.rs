//! How alike two texts are, without having both: a sketch of 512 bits.
//!
//! A text is the set of its sequences of four words. For each of 512 hash functions the least hash of the set is found, and its last bit kept
//! (1-bit minwise hashing). Of two sets that share the part J of their union, the share (1 + J) / 2 of the bits is the same: 12 different bits of 512
//! are a J of 0.953.

use std::fmt::Write as _;

/// Words of a sequence.
const SEQUENCE: usize = 4;
/// Sequences below which a text has no sketch: too short to be told by it.
const SHORTEST: usize = 50;
/// Sequences that are looked at.
const MOST: usize = 20_000;
/// Bits of a sketch.
const BITS: usize = 512;

/// The sketch of a text as hexadecimal digits; nothing for a short text.
pub fn sketch(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(MOST + SEQUENCE)
        .map(str::to_lowercase)
        .collect();
    let mut sequences: Vec<u64> = words.windows(SEQUENCE).map(hash).collect();
    sequences.sort_unstable();
    sequences.dedup();
    if sequences.len() < SHORTEST {
        return None;
    }
    let mut least = [u64::MAX; BITS];
    for sequence in sequences {
        for (seed, least) in least.iter_mut().enumerate() {
            *least = (*least).min(mix(sequence ^ mix(seed as u64 + 1)));
        }
    }
    let mut digits = String::with_capacity(BITS / 4);
    for four in least.chunks(4) {
        let value = four
            .iter()
            .fold(0_u8, |value, least| (value << 1) | (least & 1) as u8);
        let _ = write!(digits, "{value:x}");
    }
    Some(digits)
}

/// FNV-1a over the words: the same on every machine and in every version.
fn hash(words: &[String]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for word in words {
        for byte in word.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// The end of SplitMix64.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn different(first: &str, second: &str) -> u32 {
        let digits = |text: &str| sketch(text).expect("a sketch").into_bytes();
        let value = |digit: u8| char::from(digit).to_digit(16).expect("a digit");
        digits(first)
            .into_iter()
            .zip(digits(second))
            .map(|(first, second)| (value(first) ^ value(second)).count_ones())
            .sum()
    }

    #[test]
    fn as_many_bits_differ_as_the_texts_do() {
        let words = |from: usize| -> String {
            (from..from + 1_000)
                .map(|word| format!("w{word} "))
                .collect()
        };
        assert_eq!(different(&words(0), &words(0).to_uppercase()), 0);
        // 5 sequences of 997 are others: J = 0.99.
        assert!(different(&words(0), &words(5)) <= 12);
        // J = 0.82: 46 bits are expected.
        assert!((25..75).contains(&different(&words(0), &words(100))));
        // Nothing in common: half of them.
        assert!((200..312).contains(&different(&words(0), &words(5_000))));
        assert_eq!(sketch("too short to be told"), None);
    }
}
