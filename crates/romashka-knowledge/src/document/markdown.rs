//! Markdown: its title is that of its front matter, else its first heading where it begins with one.

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

use super::Draft;

pub(super) fn read(text: &str) -> Draft {
    let (front, body) = front_matter(text);
    let named = front.and_then(|front| {
        front.lines().find_map(|line| {
            let value = line.strip_prefix("title:")?.trim();
            Some(value.trim_matches(['"', '\'']).to_owned())
        })
    });
    let (heading, rest) = first_heading(body);
    match named {
        // A heading that says the same is not said twice.
        Some(title) if heading.as_deref().is_some_and(|heading| *heading == title) => Draft {
            title: Some(title),
            content: rest,
        },
        Some(title) => Draft {
            title: Some(title),
            content: body.to_owned(),
        },
        None => Draft {
            title: heading,
            content: rest,
        },
    }
}

/// What stands between two lines `---` at the beginning.
fn front_matter(text: &str) -> (Option<&str>, &str) {
    let Some(after) = text.strip_prefix("---\n") else {
        return (None, text);
    };
    match after.split_once("\n---\n") {
        Some((front, body)) => (Some(front), body),
        None => (None, text),
    }
}

/// The heading of the first level that the text begins with, and the text without it.
pub(crate) fn first_heading(text: &str) -> (Option<String>, String) {
    let mut heading = String::new();
    let mut is_within = false;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading {
                level: HeadingLevel::H1,
                ..
            }) => is_within = true,
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => {
                let rest = format!("{}{}", &text[..range.start], &text[range.end..]);
                return (Some(heading), rest);
            }
            Event::Text(part) | Event::Code(part) if is_within => heading.push_str(&part),
            Event::SoftBreak | Event::HardBreak if is_within => heading.push(' '),
            Event::Start(_) if !is_within => break,
            _ => {}
        }
    }
    (None, text.to_owned())
}

/// The words of Markdown, without its marks.
pub(crate) fn plain(text: &str) -> String {
    let mut words = String::new();
    for event in Parser::new(text) {
        match event {
            Event::Text(part) | Event::Code(part) => words.push_str(&part),
            Event::SoftBreak | Event::HardBreak => words.push(' '),
            _ => {}
        }
    }
    words
}
