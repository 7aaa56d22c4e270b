//! Pages: their text as Markdown, without what surrounds it.

use encoding_rs::Encoding;
use htmd::HtmlToMarkdown;

use super::{Draft, Refusal, markdown, text};

/// What is no part of what a page has to say.
const SURROUNDINGS: &[&str] = &[
    "head", "script", "style", "noscript", "template", "nav", "footer", "aside", "form", "iframe",
    "object", "svg", "canvas", "img", "video", "audio", "button", "dialog",
];
/// How deep elements may be within each other; browsers stop at 512.
const DEEPEST: usize = 512;

pub(super) fn read(bytes: &[u8]) -> Result<Draft, Refusal> {
    let html = text::decode_as(bytes, named_encoding(bytes))?;
    if depth(&html) > DEEPEST {
        return Err(Refusal::damaged("its elements are nested too deep"));
    }
    let content = HtmlToMarkdown::builder()
        .skip_tags(SURROUNDINGS.to_vec())
        .build()
        .convert(&html)
        .map_err(Refusal::damaged)?;
    let (heading, rest) = markdown::first_heading(content.trim_start());
    Ok(match heading {
        Some(heading) => Draft {
            title: Some(heading),
            content: rest,
        },
        None => Draft {
            title: title_element(&html),
            content,
        },
    })
}

/// The encoding that a page names in its first kilobyte.
fn named_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(1024)].to_ascii_lowercase();
    let text = String::from_utf8_lossy(&head);
    let after = text
        .split_once("charset=")?
        .1
        .trim_start_matches(['"', '\'']);
    let end =
        after.find(|letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter))?;
    Encoding::for_label(&after.as_bytes()[..end])
}

/// How deep a page is at most: the reader goes down by itself for each level.
fn depth(html: &str) -> usize {
    const EMPTY: &[&str] = &[
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr", "p", "li", "td", "th", "tr", "dt", "dd", "option",
    ];
    let (mut deepest, mut now) = (0_usize, 0_usize);
    for part in html.split('<').skip(1) {
        if let Some(end) = part.strip_prefix('/') {
            let name: String = end
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            if !EMPTY.contains(&name.to_ascii_lowercase().as_str()) {
                now = now.saturating_sub(1);
            }
        } else if part.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            let name: String = part
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            if !EMPTY.contains(&name.to_ascii_lowercase().as_str()) {
                now += 1;
                deepest = deepest.max(now);
            }
        }
    }
    deepest
}

fn title_element(html: &str) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let marked = htmd::convert(&html[start..end]).ok()?;
    Some(markdown::plain(&marked))
}
