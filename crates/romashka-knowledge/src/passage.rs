//! An article cut into passages: what is embedded, found and quoted.
//!
//! Invariant: passages are in the order of the text, none crosses a heading, and a passage's text is the article's own with its Markdown taken away:
//! nothing is rewritten, so that a sentence can be quoted. Position 0 is the title alone, which short questions are most like.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use unicode_segmentation::UnicodeSegmentation;

use crate::sentence::sentences;

/// Words of a passage at most: some 160 word pieces, of which the model reads 256.
const WORDS: usize = 120;
/// What is left of a section joins the passage before when it has fewer words.
const TOO_FEW: usize = 12;

/// A part of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Its place, from 0.
    pub position: u32,
    /// The headings above it, outermost first, without the article's title.
    pub path: Vec<String>,
    /// Its text: blocks on lines of their own.
    pub text: String,
}

impl Passage {
    /// What is embedded: title, headings and text.
    pub fn with_context(&self, title: &str) -> String {
        let mut whole = title.to_owned();
        for heading in &self.path {
            whole.push_str(" – ");
            whole.push_str(heading);
        }
        if self.position > 0 {
            whole.push('\n');
            whole.push_str(&self.text);
        }
        whole
    }
}

/// The passages of an article whose text is Markdown (or plain, which is Markdown too).
pub fn passages(title: &str, markdown: &str) -> Vec<Passage> {
    let mut cutter = Cutter {
        passages: vec![Passage {
            position: 0,
            path: Vec::new(),
            text: title.to_owned(),
        }],
        section: Vec::new(),
        path: Vec::new(),
    };
    let mut block = String::new();
    let mut heading = None;
    let mut ignored = 0_usize;
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                cutter.block(&mut block);
                heading = Some(level as usize);
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some(level) = heading.take() {
                    cutter.heading(level, &block);
                    block.clear();
                }
            }
            Event::Start(Tag::MetadataBlock(_) | Tag::HtmlBlock) => ignored += 1,
            Event::End(TagEnd::MetadataBlock(_) | TagEnd::HtmlBlock) => {
                ignored = ignored.saturating_sub(1);
            }
            Event::Start(Tag::Item | Tag::CodeBlock(_) | Tag::Paragraph | Tag::BlockQuote(_))
            | Event::End(
                TagEnd::Paragraph
                | TagEnd::Item
                | TagEnd::CodeBlock
                | TagEnd::TableRow
                | TagEnd::TableHead
                | TagEnd::BlockQuote(_),
            )
            | Event::Rule => cutter.block(&mut block),
            Event::End(TagEnd::TableCell) => block.push_str(" | "),
            Event::Text(text) | Event::Code(text) if ignored == 0 => block.push_str(&text),
            Event::SoftBreak => block.push(' '),
            Event::HardBreak => block.push('\n'),
            _ => {}
        }
    }
    cutter.block(&mut block);
    cutter.end_section();
    cutter.passages
}

struct Cutter {
    passages: Vec<Passage>,
    /// Blocks of the section, not yet in a passage.
    section: Vec<String>,
    /// Headings above, with their levels.
    path: Vec<(usize, String)>,
}

impl Cutter {
    fn block(&mut self, block: &mut String) {
        let text = block.trim().trim_end_matches('|').trim();
        if !text.is_empty() {
            self.section.push(text.to_owned());
        }
        block.clear();
    }

    fn heading(&mut self, level: usize, text: &str) {
        self.end_section();
        self.path.retain(|(above, _)| *above < level);
        let text = text.trim();
        if !text.is_empty() {
            self.path.push((level, text.to_owned()));
        }
    }

    fn end_section(&mut self) {
        let mut parts: Vec<String> = Vec::new();
        let mut part = String::new();
        let mut count = 0;
        for block in std::mem::take(&mut self.section) {
            for piece in pieces(&block) {
                let words = word_count(piece);
                if count > 0 && count + words > WORDS {
                    parts.push(std::mem::take(&mut part));
                    count = 0;
                }
                if !part.is_empty() {
                    part.push('\n');
                }
                part.push_str(piece);
                count += words;
            }
        }
        match parts.last_mut() {
            Some(last) if !part.is_empty() && count < TOO_FEW => {
                last.push('\n');
                last.push_str(&part);
            }
            _ if part.is_empty() => {}
            _ => parts.push(part),
        }
        for text in parts {
            self.passages.push(Passage {
                position: u32::try_from(self.passages.len()).unwrap_or(u32::MAX),
                path: self
                    .path
                    .iter()
                    .map(|(_, heading)| heading.clone())
                    .collect(),
                text,
            });
        }
    }
}

/// A block, or its parts where it is longer than a passage: whole sentences, and of a sentence that is longer (a list without dots, a dump) as many
/// words as fit.
fn pieces(block: &str) -> Vec<&str> {
    if word_count(block) <= WORDS {
        return vec![block];
    }
    let mut found = Vec::new();
    let mut begin = None;
    let mut end = 0;
    let mut count = 0;
    for sentence in sentences(block) {
        let words = word_count(&block[sentence.clone()]);
        if let Some(start) = begin
            && count + words > WORDS
        {
            found.push(&block[start..end]);
            begin = None;
            count = 0;
        }
        if words > WORDS {
            found.extend(cut_by_words(&block[sentence.clone()]));
        } else {
            begin = begin.or(Some(sentence.start));
            count += words;
        }
        end = sentence.end;
    }
    if let Some(start) = begin {
        found.push(&block[start..end]);
    }
    found
}

fn cut_by_words(text: &str) -> Vec<&str> {
    let starts: Vec<usize> = text
        .unicode_word_indices()
        .map(|(start, _)| start)
        .step_by(WORDS)
        .collect();
    starts
        .iter()
        .enumerate()
        .map(|(number, start)| {
            let start = if number == 0 { 0 } else { *start };
            let end = starts.get(number + 1).copied().unwrap_or(text.len());
            text[start..end].trim()
        })
        .filter(|piece| !piece.is_empty())
        .collect()
}

/// Words, and where a script has none between spaces, its characters by twos, which are about as much.
fn word_count(text: &str) -> usize {
    text.unicode_words().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(passages: &[Passage]) -> Vec<(Vec<&str>, &str)> {
        passages
            .iter()
            .map(|passage| {
                let path = passage.path.iter().map(String::as_str).collect();
                (path, passage.text.as_str())
            })
            .collect()
    }

    #[test]
    fn headings_are_paths_and_markdown_is_taken_away() {
        let text = "Send it **back** within\n[14 days](https://example.org).\n\n## How\n\n1. Pack it.\n2. Print the `label`.\n\n### Abroad\n\nAsk us.\n\n## Costs\n\n| From | Price |\n|---|---|\n| EU | free |\n\n<script>alert(1)</script>\n";
        let found = passages("Returns", text);
        assert_eq!(
            told(&found),
            [
                (vec![], "Returns"),
                (vec![], "Send it back within 14 days."),
                (vec!["How"], "Pack it.\nPrint the label."),
                (vec!["How", "Abroad"], "Ask us."),
                (vec!["Costs"], "From | Price\nEU | free"),
            ]
        );
        assert_eq!(
            found[3].with_context("Returns"),
            "Returns – How – Abroad\nAsk us."
        );
        assert_eq!(found[0].with_context("Returns"), "Returns");
    }

    #[test]
    fn a_long_text_is_cut_between_sentences_and_a_short_rest_stays_with_it() {
        let sentence = "These are ten words that make up one whole sentence. ";
        let found = passages("Long", &sentence.repeat(30));
        assert_eq!(found.len(), 4);
        assert!(
            found[1..]
                .iter()
                .all(|passage| passage.text.ends_with("sentence."))
        );
        let found = passages("Rest", &format!("{}\n\nThe end.", sentence.repeat(12)));
        assert_eq!(found.len(), 2);
        assert!(found[1].text.ends_with("\nThe end."));
        let words = passages("Dump", &"word ".repeat(500));
        assert_eq!(words.len(), 6);
    }

    #[test]
    fn an_empty_article_is_its_title() {
        assert_eq!(passages("Only this", "  \n").len(), 1);
    }

    proptest! {
        #[test]
        fn every_word_is_in_one_passage(words in prop::collection::vec("[a-zа-я]{1,8}[.]?", 0..600), breaks in prop::collection::vec(0_usize..600, 0..20)) {
            let mut text = String::new();
            for (number, word) in words.iter().enumerate() {
                text.push_str(word);
                text.push_str(if breaks.contains(&number) { "\n\n" } else { " " });
            }
            let found = passages("Title", &text);
            let told: Vec<&str> = found[1..].iter().flat_map(|passage| passage.text.unicode_words()).collect();
            let given: Vec<&str> = text.unicode_words().collect();
            prop_assert_eq!(told, given);
            for passage in &found {
                prop_assert!(passage.text.unicode_words().count() <= WORDS + TOO_FEW);
            }
        }
    }
}
