//! How many messages a text is for the carrier, what it costs, and how a longer one is split.
//!
//! Invariant: neither an escape pair of GSM nor a grapheme (a flag, a letter with its accents) is torn apart between two
//! segments, as long as it fits into one; joining the pieces of a split text gives its words in order.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::encoding::{self, Encoding};

/// Longest text of one request to Twilio, in UTF-16 units.
pub const TEXT_LIMIT: usize = 1600;

/// Counts of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segments {
    /// How it is sent.
    pub encoding: Encoding,
    /// Septets or UTF-16 units.
    pub units: usize,
    /// Messages that the carrier counts and charges for. An empty text is one.
    pub count: usize,
    /// Units that still fit into the last message.
    pub free: usize,
}

/// What a writer is told before he sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CostHint {
    /// Counts of the text.
    pub segments: Segments,
    /// Price in millionths of the currency, when that of one segment is known.
    pub price_millionths: Option<u64>,
    /// Characters that make the text more expensive, at most ten.
    pub expensive_characters: Vec<char>,
    /// Messages that it would be with look-alikes (plain quotes, plain dashes), when that is fewer.
    pub count_simplified: Option<usize>,
}

/// Counts a text. Toll-free numbers of the United States and Canada hold a little less in each of several messages.
pub fn count(text: &str, toll_free: bool) -> Segments {
    let encoding = encoding::encoding_of(text);
    let (single, several) = match (encoding, toll_free) {
        (Encoding::Gsm7, false) => (160, 153),
        (Encoding::Gsm7, true) => (160, 152),
        (Encoding::Ucs2, false) => (70, 67),
        (Encoding::Ucs2, true) => (70, 66),
    };
    let mut packed = Packed::new(several);
    match encoding {
        Encoding::Gsm7 => {
            for character in text.chars() {
                packed.add(encoding::septets(character).unwrap_or(1));
            }
        }
        Encoding::Ucs2 => {
            for grapheme in text.graphemes(true) {
                let units = grapheme.encode_utf16().count();
                if units <= several {
                    packed.add(units);
                } else {
                    for character in grapheme.chars() {
                        packed.add(character.len_utf16());
                    }
                }
            }
        }
    }
    let (count, free) = if packed.units <= single {
        (1, single - packed.units)
    } else {
        (packed.count, packed.free)
    };
    Segments {
        encoding,
        units: packed.units,
        count,
        free,
    }
}

struct Packed {
    capacity: usize,
    units: usize,
    count: usize,
    free: usize,
}

impl Packed {
    fn new(capacity: usize) -> Self {
        Self {
            capacity,
            units: 0,
            count: 0,
            free: 0,
        }
    }

    fn add(&mut self, units: usize) {
        self.units += units;
        if units > self.free {
            self.count += 1;
            self.free = self.capacity;
        }
        self.free -= units;
    }
}

/// Counts a text and tells what makes it expensive. `segment_price_millionths` is the price of one segment in
/// millionths of the account's currency (0.0083 USD is 8,300).
pub fn cost_hint(text: &str, toll_free: bool, segment_price_millionths: Option<u64>) -> CostHint {
    let segments = count(text, toll_free);
    let simplified = count(&encoding::simplified(text), toll_free).count;
    CostHint {
        price_millionths: segment_price_millionths
            .map(|price| price.saturating_mul(segments.count as u64)),
        expensive_characters: encoding::characters_outside(text, 10),
        count_simplified: (simplified < segments.count).then_some(simplified),
        segments,
    }
}

/// What a whole text is for the carrier, split as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Messages that Twilio is given; the customer sees as many.
    pub messages: usize,
    /// How they are sent; UCS-2 when one of them needs it.
    pub encoding: Encoding,
    /// Septets or UTF-16 units of all.
    pub units: usize,
    /// Segments that the carrier counts and charges for.
    pub segments: usize,
    /// Units that still fit into the last segment.
    pub free: usize,
    /// Characters that make it more expensive, at most ten.
    pub expensive_characters: Vec<char>,
    /// Segments with look-alikes in place of those, when that is fewer.
    pub segments_simplified: Option<usize>,
    /// Price in millionths of the currency, when that of one segment is known.
    pub price_millionths: Option<u64>,
}

/// Counts what is sent for a text of any length. One without words is one message.
pub fn estimate(text: &str, toll_free: bool, segment_price_millionths: Option<u64>) -> Estimate {
    let mut pieces = split(text, TEXT_LIMIT);
    if pieces.is_empty() {
        pieces.push(String::new());
    }
    let hints: Vec<CostHint> = pieces
        .iter()
        .map(|piece| cost_hint(piece, toll_free, segment_price_millionths))
        .collect();
    let sum = |of: fn(&CostHint) -> usize| hints.iter().map(of).sum::<usize>();
    let segments = sum(|hint| hint.segments.count);
    let simplified = sum(|hint| hint.count_simplified.unwrap_or(hint.segments.count));
    let is_wide = hints
        .iter()
        .any(|hint| hint.segments.encoding == Encoding::Ucs2);
    Estimate {
        messages: hints.len(),
        encoding: if is_wide {
            Encoding::Ucs2
        } else {
            Encoding::Gsm7
        },
        units: sum(|hint| hint.segments.units),
        segments,
        free: hints.last().map_or(0, |hint| hint.segments.free),
        expensive_characters: encoding::characters_outside(text, 10),
        segments_simplified: (simplified < segments).then_some(simplified),
        price_millionths: segment_price_millionths
            .map(|price| price.saturating_mul(segments as u64)),
    }
}

/// Splits a text into pieces of at most `limit` UTF-16 units, [`TEXT_LIMIT`] for Twilio: at the end of a paragraph, a
/// line, a sentence or a word, whichever comes first in the last half of a piece; inside of a word only when there is
/// nothing else.
pub fn split(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(2);
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let fitting = fitting_length(rest, limit);
        let end = if fitting == rest.len() {
            fitting
        } else {
            break_before(rest, fitting)
        };
        let (piece, remaining) = rest.split_at(end);
        let piece = piece.trim_end();
        if !piece.is_empty() {
            pieces.push(piece.to_owned());
        }
        rest = remaining.trim_start();
    }
    pieces
}

/// Bytes of the longest beginning that fits, in whole graphemes; a grapheme that does not fit alone is cut.
fn fitting_length(text: &str, limit: usize) -> usize {
    let mut units = 0;
    let mut end = 0;
    for grapheme in text.graphemes(true) {
        units += grapheme.encode_utf16().count();
        if units > limit {
            break;
        }
        end += grapheme.len();
    }
    if end > 0 {
        return end;
    }
    let mut units = 0;
    text.chars()
        .take_while(|character| {
            units += character.len_utf16();
            units <= limit
        })
        .map(char::len_utf8)
        .sum()
}

/// Where to end a piece of at most `fitting` bytes.
fn break_before(text: &str, fitting: usize) -> usize {
    // A blank right behind the piece is as good a break as one inside of it.
    let next = text[fitting..].chars().next().map_or(0, char::len_utf8);
    let window = &text[..fitting + next];
    let after = |mark: &str| window.rfind(mark).map(|at| at + mark.len());
    let sentence = [". ", "! ", "? ", "… ", "。", "！", "？"]
        .into_iter()
        .filter_map(after)
        .max();
    let word = window.rfind(char::is_whitespace);
    [after("\n\n"), after("\n"), sentence]
        .into_iter()
        .flatten()
        .find(|end| *end > fitting / 2)
        .or(word)
        .map(|end| end.min(fitting))
        .filter(|end| *end > 0 && text.is_char_boundary(*end))
        .unwrap_or(fitting)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> usize {
        count(text, false).count
    }

    #[test]
    fn vectors() {
        let digits = |number: usize| "1".repeat(number);
        for (text, expected) in [
            (digits(160), 1),
            (digits(161), 2),
            (digits(306), 2),
            (digits(307), 3),
            (format!("€{}", digits(158)), 1),
            (format!("€{}", digits(159)), 2),
            ("Á".repeat(70), 1),
            ("Á".repeat(71), 2),
            (format!("😜{}", digits(68)), 1),
            (format!("😜{}", digits(69)), 2),
            ("я".repeat(134), 2),
            ("я".repeat(135), 3),
            (format!("🇮🇹{}", digits(66)), 1),
            (format!("🇮🇹{}", digits(67)), 2),
            ("\r\n".repeat(80), 1),
            ("\r\n".repeat(81), 2),
            (String::new(), 1),
        ] {
            assert_eq!(messages(&text), expected, "{text}");
        }
        assert_eq!(count("é\u{301}\u{301}", false).encoding, Encoding::Ucs2);
    }

    #[test]
    fn nothing_is_torn_apart() {
        // 152 septets and an escape pair: the pair goes into the second message.
        let text = format!("{}€{}", "1".repeat(152), "1".repeat(151));
        assert_eq!((count(&text, false).units, messages(&text)), (305, 2));
        assert_eq!(messages(&format!("{text}1")), 3);
        // 66 units and a surrogate pair.
        let text = format!("{}😜{}", "я".repeat(66), "я".repeat(65));
        assert_eq!(messages(&text), 2);
        assert_eq!(messages(&format!("{text}я")), 3);
    }

    #[test]
    fn toll_free_numbers_hold_less() {
        assert_eq!(count(&"1".repeat(304), true).count, 2);
        assert_eq!(count(&"1".repeat(305), true).count, 3);
        assert_eq!(count(&"1".repeat(305), false).count, 2);
        assert_eq!(count(&"я".repeat(133), true).count, 3);
    }

    #[test]
    fn a_hint_names_what_is_expensive() {
        let text = format!("“{}”", "a".repeat(100));
        let hint = cost_hint(&text, false, Some(8_300));
        assert_eq!(hint.segments.count, 2);
        assert_eq!(hint.price_millionths, Some(16_600));
        assert_eq!(hint.expensive_characters, ['“', '”']);
        assert_eq!(hint.count_simplified, Some(1));
        assert_eq!(cost_hint("ok", false, None).count_simplified, None);
        assert_eq!(cost_hint("ok", false, None).segments.free, 158);
    }

    #[test]
    fn an_estimate_is_of_what_is_sent() {
        let short = estimate("Hello", false, Some(8_300));
        assert_eq!((short.messages, short.segments, short.free), (1, 1, 155));
        assert_eq!(short.price_millionths, Some(8_300));
        // 1,600 and 400 septets: eleven segments of 153, and three.
        let long = estimate(&"word ".repeat(400), false, Some(8_300));
        assert_eq!((long.messages, long.encoding), (2, Encoding::Gsm7));
        assert_eq!((long.segments, long.price_millionths), (14, Some(116_200)));
        let mixed = estimate(&format!("{}“yes”", "word ".repeat(330)), false, None);
        assert_eq!((mixed.messages, mixed.encoding), (2, Encoding::Ucs2));
        assert_eq!(mixed.expensive_characters, ['“', '”']);
        assert_eq!(mixed.price_millionths, None);
        let quoted = estimate(&format!("“{}”", "a".repeat(100)), false, None);
        assert_eq!((quoted.segments, quoted.segments_simplified), (2, Some(1)));
        assert_eq!(estimate(" ", false, None).messages, 1);
    }

    #[test]
    fn long_texts_are_split_where_people_would() {
        assert_eq!(
            split("One two. Three four. Five", 15),
            ["One two.", "Three four.", "Five"]
        );
        assert_eq!(
            split("First line\nand second line", 16),
            ["First line", "and second line"]
        );
        assert_eq!(split("word word", 4), ["word", "word"]);
        assert_eq!(split("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(split("  ", 10), Vec::<String>::new());
        assert_eq!(split("😀😀😀", 3), ["😀", "😀", "😀"]);
        let long = "Слово ещё. ".repeat(500);
        let pieces = split(&long, TEXT_LIMIT);
        assert_eq!(pieces.join(" "), long.trim());
        assert!(
            pieces
                .iter()
                .all(|piece| piece.encode_utf16().count() <= TEXT_LIMIT && piece.ends_with('.'))
        );
    }
}
