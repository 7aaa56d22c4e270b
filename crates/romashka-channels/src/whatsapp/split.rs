//! A long text as several messages.
//!
//! Invariant: nothing but white space at the seams is lost, each part fits, no part is empty, and no character as people
//! see it (a flag, a family, a letter with its accent) is cut in two unless it alone is longer than a message.

use unicode_segmentation::UnicodeSegmentation;

/// Most characters of a text message.
pub const TEXT_LIMIT: usize = 4_096;

/// Length as it is limited. The documentation says characters and not which: UTF-16 units are the larger count of those
/// in use, so that what fits by it fits by any.
pub fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Takes a text apart into parts of at most `limit` (see [`length`]). A seam is where the text has one: between
/// paragraphs, else lines, sentences, words. A seam that leaves a part less than half full is passed over for a lesser one.
pub fn split(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(2);
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = end_of_part(rest, limit);
        let part = rest[..end].trim_end();
        if !part.is_empty() {
            parts.push(part.to_owned());
        }
        rest = rest[end..].trim_start();
    }
    parts
}

/// Where the first part ends: always after at least one character.
fn end_of_part(text: &str, limit: usize) -> usize {
    let mut fits = 0;
    let mut used = 0;
    for (start, cluster) in text.grapheme_indices(true) {
        used += length(cluster);
        if used > limit {
            break;
        }
        fits = start + cluster.len();
    }
    if fits == text.len() {
        return fits;
    }
    if fits == 0 {
        return end_within_cluster(text, limit);
    }
    let head = &text[..fits];
    // The seam may lie right behind the part.
    let next_is_space = text[fits..].starts_with(char::is_whitespace);
    let half = fits / 2;
    let seams = [
        head.rfind("\n\n").map(|at| at + 2),
        head.rfind('\n').map(|at| at + 1),
        head.rmatch_indices(['.', '!', '?', '…', '。'])
            .map(|(at, mark)| at + mark.len())
            .find(|end| {
                text[*end..]
                    .chars()
                    .next()
                    .is_none_or(|next| next.is_whitespace() || text[..*end].ends_with('。'))
            }),
        if next_is_space {
            Some(fits)
        } else {
            head.rfind(char::is_whitespace)
                .map(|at| at + head[at..].chars().next().map_or(1, char::len_utf8))
        },
    ];
    seams
        .into_iter()
        .flatten()
        .find(|end| *end > half)
        .or_else(|| seams[3].filter(|end| *end > 0))
        .unwrap_or(fits)
}

fn end_within_cluster(text: &str, limit: usize) -> usize {
    let mut used = 0;
    text.char_indices()
        .find(|(_, found)| {
            used += found.len_utf16();
            used > limit
        })
        .map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_one_part() {
        assert_eq!(split(" Hello.\n\nBye. ", 4_096), ["Hello.\n\nBye."]);
        assert!(split(" \n ", 10).is_empty());
        assert_eq!(split(&"a".repeat(4_096), TEXT_LIMIT).len(), 1);
        assert_eq!(split(&"a".repeat(4_097), TEXT_LIMIT).len(), 2);
    }

    #[test]
    fn seams_are_where_the_text_has_them() {
        assert_eq!(
            split("First one.\n\nSecond one here.", 20),
            ["First one.", "Second one here."]
        );
        assert_eq!(
            split("line one\nline two x", 12),
            ["line one", "line two x"]
        );
        assert_eq!(
            split("It is here. It is not there", 20),
            ["It is here.", "It is not there"]
        );
        assert_eq!(split("version 1.2.3 of it", 12), ["version", "1.2.3 of it"]);
        assert_eq!(split("abcd efgh", 4), ["abcd", "efgh"]);
        assert_eq!(split("abcdefgh", 3), ["abc", "def", "gh"]);
        // A seam early in the part would make many small messages.
        assert_eq!(
            split("A.\n\nbbbb bbbb bbbb", 14),
            ["A.\n\nbbbb bbbb", "bbbb"]
        );
    }

    #[test]
    fn what_people_see_as_one_character_stays_whole() {
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(length(family), 11);
        assert_eq!(
            split(&family.repeat(3), 25),
            [family.repeat(2), family.to_owned()]
        );
        assert_eq!(split(family, 4).concat(), family);
    }
}
