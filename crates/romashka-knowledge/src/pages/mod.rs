//! Pages of websites: what a page says, what it says of itself, and where it leads to.
//!
//! Invariants: nothing here asks a network; what is read is anybody's, so that [`read`] belongs into a process of its own with limits that the system
//! holds; an address has one form ([`address`]), so that a page is known again.

pub mod address;
pub mod likeness;
mod main_text;
pub mod robots;
pub mod sitemap;

use std::collections::BTreeSet;

use encoding_rs::Encoding;
use htmd::HtmlToMarkdown;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::document::{LONGEST_TEXT, Refusal, checksum, html, markdown, text};

/// Bytes of a page, unpacked.
pub const LARGEST: usize = 5 * 1024 * 1024;
/// Links of a page that are followed.
const MOST_LINKS: usize = 1_000;
/// Headings that are kept.
const MOST_HEADINGS: usize = 200;

/// What is known of a page before it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its address.
    pub url: String,
    /// What its site says it is, as the header `Content-Type`.
    pub content_type: Option<String>,
    /// What its site says to robots, as the header `X-Robots-Tag`.
    pub robots: Option<String>,
}

/// What a page says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Its heading.
    pub title: String,
    /// Its text, as Markdown; empty where it has none.
    pub content: String,
    /// Its language, a BCP 47 tag, where it says so.
    pub language: Option<String>,
    /// Its headings, in order.
    pub headings: Vec<String>,
    /// What it says it is about.
    pub description: Option<String>,
    /// The address it wants to be known by.
    pub canonical: Option<String>,
    /// Where it leads to: each address once, in order.
    pub links: Vec<String>,
    /// Whether it wants not to be kept.
    pub is_excluded: bool,
    /// Whether its links are not to be followed.
    pub is_dead_end: bool,
    /// SHA-256 of title and text.
    pub checksum: String,
    /// What near-duplicates are found by; see [`likeness`].
    pub sketch: Option<String>,
    /// Words of its text.
    pub word_count: usize,
    /// Share of its words that are text and not links, 0 to 1.
    pub quality: f64,
    /// What it is about, by the words of its address and title.
    pub content_type: String,
}

/// Reads a page.
///
/// # Errors
/// When its bytes are no text, or nested too deep.
pub fn read(source: &Source, bytes: &[u8]) -> Result<Page, Refusal> {
    let url = Url::parse(&source.url).map_err(Refusal::damaged)?;
    let markup = decode(source.content_type.as_deref(), bytes)?;
    if html::depth(&markup) > html::DEEPEST {
        return Err(Refusal::damaged("its elements are nested too deep"));
    }
    // Whole pages are within a form where the site is made so; others were taken out of the tree.
    let skipped = html::SURROUNDINGS.iter().filter(|tag| **tag != "form");
    let converter = HtmlToMarkdown::builder()
        .skip_tags(skipped.copied().collect())
        .build();
    let tree = html::tree(&converter, &markup)?;
    let facts = main_text::facts(&tree);
    let base = facts
        .base
        .as_deref()
        .and_then(|base| url.join(base).ok())
        .unwrap_or_else(|| url.clone());
    let directives = [source.robots.as_deref(), facts.robots.as_deref()];
    let says = |words: &[&str]| {
        directives
            .iter()
            .flatten()
            .flat_map(|text| said_to_us(text).split([',', ';', ' ']))
            .any(|word| words.contains(&word.trim().to_ascii_lowercase().as_str()))
    };
    let is_dead_end = says(&["nofollow", "none"]);
    let mut seen = BTreeSet::new();
    let links = facts
        .links
        .iter()
        .filter(|_| !is_dead_end)
        .filter_map(|link| address::resolve(&base, link))
        .filter(address::is_page)
        .map(String::from)
        .filter(|link| *link != source.url && seen.insert(link.clone()))
        .take(MOST_LINKS)
        .collect();
    let canonical = facts
        .canonical
        .as_deref()
        .and_then(|link| address::resolve(&base, link))
        .map(String::from);

    let (root, quality) = main_text::choose(&tree, &base);
    let whole = converter.tree_to_markdown(&root);
    let (heading, content) = markdown::first_heading(whole.trim_start());
    let content = text::storable(content.trim());
    let title = [heading, facts.heading, facts.title]
        .into_iter()
        .flatten()
        .find_map(|title| text::title(Some(&title)))
        .unwrap_or_else(|| name_of(&url));
    if content.len() > LONGEST_TEXT {
        return Err(Refusal::too_large(format!(
            "an article has {} MB of text at most",
            LONGEST_TEXT / 1024 / 1024
        )));
    }
    let words = markdown::plain(&content);
    let has_text = words
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .count()
        >= 3;
    Ok(Page {
        language: facts.language.as_deref().and_then(language),
        headings: headings(&content),
        description: facts.description.and_then(|text| text::title(Some(&text))),
        canonical,
        links,
        is_excluded: says(&["noindex", "none"]),
        is_dead_end,
        checksum: checksum(format!("{title}\n{content}").as_bytes()),
        sketch: likeness::sketch(&words),
        word_count: words.split_whitespace().count(),
        quality,
        content_type: subject(&url, &title).to_owned(),
        content: if has_text { content } else { String::new() },
        title,
    })
}

/// As the header says, else as the page says, else as its bytes look. What says something wrong is not believed.
fn decode(content_type: Option<&str>, bytes: &[u8]) -> Result<String, Refusal> {
    let declared = content_type.and_then(|kind| {
        let label = kind.split(';').skip(1).find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then_some(value)
        })?;
        Encoding::for_label(label.trim().trim_matches(['"', '\'']).as_bytes())
    });
    let named = declared.or_else(|| html::named_encoding(bytes));
    text::decode_as(bytes, named).or_else(|_| {
        // A few broken characters are left out; many mean that it is something else.
        let lossy = String::from_utf8_lossy(bytes);
        let broken = lossy.matches('\u{fffd}').count();
        if broken * 200 < lossy.len() && !lossy.contains('\0') {
            return Ok(lossy.replace('\u{fffd}', "").replace("\r\n", "\n"));
        }
        text::decode_as(bytes, None)
    })
}

/// What a header or element says to this program: before a colon stands for whom it is.
fn said_to_us(text: &str) -> &str {
    match text.split_once(':') {
        Some((name, rest)) if name.trim().eq_ignore_ascii_case(robots::NAME) => rest,
        Some((name, _)) if !name.contains(',') => "",
        _ => text,
    }
}

/// A language as a tag that is stored: `de`, `pt-BR`.
fn language(tag: &str) -> Option<String> {
    let tag = tag.trim().replace('_', "-");
    let is_tag = (2..=35).contains(&tag.len())
        && tag.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
        })
        && tag.split('-').next().is_some_and(|first| {
            (2..=3).contains(&first.len()) && first.chars().all(|c| c.is_ascii_alphabetic())
        });
    is_tag.then_some(tag)
}

fn headings(content: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Parser, Tag, TagEnd};
    let mut headings = Vec::new();
    let mut heading: Option<String> = None;
    for event in Parser::new(content) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => headings.extend(heading.take()),
            Event::Text(part) | Event::Code(part) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&part);
                }
            }
            _ => {}
        }
        if headings.len() >= MOST_HEADINGS {
            break;
        }
    }
    headings
}

/// A title for a page without one.
fn name_of(url: &Url) -> String {
    url.path_segments()
        .and_then(|mut parts| parts.rfind(|part| !part.is_empty()))
        .and_then(|part| {
            let stem = part.rsplit_once('.').map_or(part, |(stem, _)| stem);
            text::title(Some(&stem.replace(['-', '_'], " ")))
        })
        .unwrap_or_else(|| url.host_str().unwrap_or("Untitled").to_owned())
}

/// What a page is about, by the words of its address and title.
fn subject(url: &Url, title: &str) -> &'static str {
    let text = format!("{} {title}", url.path()).to_lowercase();
    let has = |words: &[&str]| {
        text.split(|letter: char| !letter.is_alphanumeric())
            .any(|word| words.contains(&word))
    };
    if has(&["pricing", "price", "prices", "preise", "tarifs", "plans"]) {
        "pricing"
    } else if has(&["faq", "faqs", "questions"]) {
        "faq"
    } else if has(&[
        "terms",
        "privacy",
        "policy",
        "policies",
        "agb",
        "datenschutz",
        "imprint",
        "impressum",
    ]) {
        "policy"
    } else if has(&["about", "company", "team", "jobs"]) {
        "about"
    } else if has(&["product", "products", "features"]) {
        "product"
    } else {
        "general"
    }
}

#[cfg(test)]
mod tests;
