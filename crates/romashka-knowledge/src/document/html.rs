//! Pages: their text as Markdown, without what surrounds it.

use std::rc::Rc;

use encoding_rs::Encoding;
use htmd::{HtmlToMarkdown, Node};

use super::{Draft, Refusal, markdown, text};

/// What is no part of what a page has to say.
pub(crate) const SURROUNDINGS: &[&str] = &[
    "head", "script", "style", "noscript", "template", "nav", "footer", "aside", "form", "iframe",
    "object", "svg", "canvas", "img", "video", "audio", "button", "dialog",
];
/// How deep elements may be within each other; browsers stop at 512.
pub(crate) const DEEPEST: usize = 512;

/// How deep a tree may be: elements that the tags leave out, as of tables and lists, come to those that are written.
const DEEPEST_TREE: usize = 2 * DEEPEST;

pub(super) fn read(bytes: &[u8]) -> Result<Draft, Refusal> {
    let html = text::decode_as(bytes, named_encoding(bytes))?;
    if depth(&html) > DEEPEST {
        return Err(Refusal::damaged("its elements are nested too deep"));
    }
    let converter = HtmlToMarkdown::builder()
        .skip_tags(SURROUNDINGS.to_vec())
        .build();
    let content = converter.tree_to_markdown(&tree(&converter, &html)?);
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

/// A page as a tree; not of one that is so deep that whoever goes down in it would be lost.
pub(crate) fn tree(converter: &HtmlToMarkdown, html: &str) -> Result<Rc<Node>, Refusal> {
    let tree = converter.html_to_tree(html).map_err(Refusal::damaged)?;
    // What its tags say beforehand is no bound: those that close nothing count there as well.
    let mut waiting = vec![(Rc::clone(&tree), 0)];
    while let Some((node, depth)) = waiting.pop() {
        if depth > DEEPEST_TREE {
            return Err(Refusal::damaged("its elements are nested too deep"));
        }
        let children = node.children.borrow();
        waiting.extend(children.iter().map(|child| (Rc::clone(child), depth + 1)));
    }
    Ok(tree)
}

/// The encoding that a page names in its first kilobyte.
pub(crate) fn named_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
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
pub(crate) fn depth(html: &str) -> usize {
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

pub(crate) fn title_element(html: &str) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let marked = htmd::convert(&html[start..end]).ok()?;
    Some(markdown::plain(&marked))
}
