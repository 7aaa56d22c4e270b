//! What of a page is its text: navigation, headers, footers, notices of cookies and lists of links are taken out of its tree.

use std::rc::Rc;

use htmd::Node;
use markup5ever_rcdom::NodeData;
use url::Url;

use super::address;
use crate::document::html::SURROUNDINGS;

/// Roles of what is no part of the text.
const ROLES: &[&str] = &[
    "navigation",
    "banner",
    "contentinfo",
    "complementary",
    "search",
    "dialog",
    "alertdialog",
    "menu",
    "menubar",
];
/// Words of class names and ids of what is no part of the text.
const NAMES: &[&str] = &[
    "cookie",
    "cookies",
    "consent",
    "gdpr",
    "breadcrumb",
    "breadcrumbs",
    "sidebar",
    "navbar",
    "nav",
    "navigation",
    "menu",
    "footer",
    "share",
    "sharing",
    "social",
    "newsletter",
    "related",
    "skip",
    "pagination",
    "pager",
    "comments",
    "advertisement",
    "popup",
    "modal",
];
/// Words that a part which says that it is the text has at least.
const SHORTEST_MAIN: usize = 15;
/// Links of a list that is taken for one of links.
const MOST_LINKS: usize = 4;

/// What a page says of itself.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub title: Option<String>,
    /// Its heading of the first level, where there is one alone.
    pub heading: Option<String>,
    pub language: Option<String>,
    pub description: Option<String>,
    pub canonical: Option<String>,
    pub robots: Option<String>,
    pub base: Option<String>,
    pub links: Vec<String>,
}

fn tag(node: &Node) -> &str {
    match &node.data {
        NodeData::Element { name, .. } => &name.local,
        _ => "",
    }
}

fn attribute(node: &Node, name: &str) -> Option<String> {
    match &node.data {
        NodeData::Element { attrs, .. } => attrs
            .borrow()
            .iter()
            .find(|attribute| &*attribute.name.local == name)
            .map(|attribute| attribute.value.to_string()),
        _ => None,
    }
}

/// Every node below, in the order of the page; without going down by itself.
fn walk(root: &Rc<Node>, mut visit: impl FnMut(&Rc<Node>)) {
    let mut waiting = vec![Rc::clone(root)];
    while let Some(node) = waiting.pop() {
        visit(&node);
        waiting.extend(node.children.borrow().iter().rev().map(Rc::clone));
    }
}

fn text(node: &Rc<Node>) -> String {
    let mut words = String::new();
    walk(node, |node| {
        if let NodeData::Text { contents } = &node.data {
            words.push_str(&contents.borrow());
            words.push(' ');
        }
    });
    words
}

pub(super) fn facts(tree: &Rc<Node>) -> Facts {
    let mut facts = Facts::default();
    let mut headings = Vec::new();
    walk(tree, |node| match tag(node) {
        "html" => facts.language = attribute(node, "lang").or(attribute(node, "xml:lang")),
        "title" if facts.title.is_none() => facts.title = Some(text(node)),
        "base" if facts.base.is_none() => facts.base = attribute(node, "href"),
        "h1" => headings.push(text(node)),
        "meta" => {
            let name = attribute(node, "name")
                .unwrap_or_default()
                .to_ascii_lowercase();
            let content = attribute(node, "content");
            match name.as_str() {
                "description" => facts.description = content,
                "robots" | super::robots::NAME => {
                    if let Some(content) = content {
                        let before = facts.robots.take().unwrap_or_default();
                        facts.robots = Some(format!("{before},{content}"));
                    }
                }
                _ => {}
            }
        }
        "link" => {
            let relation = attribute(node, "rel").unwrap_or_default();
            if facts.canonical.is_none() && relation.eq_ignore_ascii_case("canonical") {
                facts.canonical = attribute(node, "href");
            }
        }
        "a" | "area" => {
            let relation = attribute(node, "rel")
                .unwrap_or_default()
                .to_ascii_lowercase();
            if !relation.split_whitespace().any(|word| word == "nofollow") {
                facts.links.extend(attribute(node, "href"));
            }
        }
        _ => {}
    });
    if headings.len() == 1 {
        facts.heading = headings.pop();
    }
    facts
}

/// The part of a page that is its text, with addresses in full and without what surrounds it; and the share of its words that are no links.
pub(super) fn choose(tree: &Rc<Node>, base: &Url) -> (Rc<Node>, f64) {
    let body = find(tree, |node| tag(node) == "body").unwrap_or_else(|| Rc::clone(tree));
    let all = weigh(&body).words;
    prune(&body, all, false);
    let mut root = root(&body);
    drop_lists_of_links(&root);
    let weight = weigh(&root);
    // A page of links alone is still one: better those than nothing.
    if weight.words == 0 {
        root = body;
    }
    complete_links(&root, base);
    let quality = if weight.words == 0 {
        0.0
    } else {
        1.0 - weight.linked as f64 / weight.words as f64
    };
    (root, (quality * 100.0).round() / 100.0)
}

fn find(root: &Rc<Node>, is_it: impl Fn(&Node) -> bool) -> Option<Rc<Node>> {
    let mut found = None;
    walk(root, |node| {
        if found.is_none() && is_it(node) {
            found = Some(Rc::clone(node));
        }
    });
    found
}

#[derive(Clone, Copy, Default)]
struct Weight {
    words: usize,
    linked: usize,
    links: usize,
}

/// Words below a node, those in links, and links.
fn weigh(root: &Rc<Node>) -> Weight {
    let mut weight = Weight::default();
    let mut waiting = vec![(Rc::clone(root), false)];
    while let Some((node, is_linked)) = waiting.pop() {
        let name = tag(&node);
        if matches!(name, "script" | "style" | "noscript" | "template" | "head") {
            continue;
        }
        let is_link = name == "a";
        weight.links += usize::from(is_link);
        if let NodeData::Text { contents } = &node.data {
            let words = contents.borrow().split_whitespace().count();
            weight.words += words;
            if is_linked {
                weight.linked += words;
            }
        }
        waiting.extend(
            node.children
                .borrow()
                .iter()
                .map(|child| (Rc::clone(child), is_linked || is_link)),
        );
    }
    weight
}

/// Takes out what surrounds the text. Trees are not deep: [`crate::document::html::tree`].
fn prune(node: &Rc<Node>, all: usize, is_in_article: bool) {
    let is_in_article = is_in_article || matches!(tag(node), "main" | "article");
    node.children
        .borrow_mut()
        .retain(|child| !surrounds(child, all, is_in_article));
    for child in node.children.borrow().iter() {
        prune(child, all, is_in_article);
    }
}

fn surrounds(node: &Rc<Node>, all: usize, is_in_article: bool) -> bool {
    let name = tag(node);
    if name.is_empty() {
        return matches!(node.data, NodeData::Comment { .. });
    }
    if SURROUNDINGS.contains(&name) && name != "form" {
        return true;
    }
    let role = attribute(node, "role")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let style: String = attribute(node, "style")
        .unwrap_or_default()
        .to_ascii_lowercase()
        .split_whitespace()
        .collect();
    let is_hidden = attribute(node, "hidden").is_some()
        || attribute(node, "aria-hidden").is_some_and(|value| value == "true")
        || style.contains("display:none")
        || style.contains("visibility:hidden");
    if is_hidden || ROLES.contains(&role.as_str()) {
        return true;
    }
    if name == "header" {
        // The heading of an article is in one, too.
        return !is_in_article && !holds_text(node, all);
    }
    let names = format!(
        "{} {}",
        attribute(node, "class").unwrap_or_default(),
        attribute(node, "id").unwrap_or_default()
    )
    .to_ascii_lowercase();
    let is_named = names
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .any(|word| NAMES.contains(&word));
    (is_named || name == "form") && !holds_text(node, all)
}

/// Whether something that looks like surroundings holds the text itself, as a frame around the whole page does.
fn holds_text(node: &Rc<Node>, all: usize) -> bool {
    matches!(tag(node), "body" | "main" | "article" | "h1" | "h2" | "h3")
        || weigh(node).words * 2 > all
        || find(node, |node| {
            matches!(tag(node), "main" | "article")
                || attribute(node, "role").as_deref() == Some("main")
        })
        .is_some()
}

/// The part that says it is the text; else the smallest one that holds nearly all words that are no links.
fn root(body: &Rc<Node>) -> Rc<Node> {
    let mut named: Option<(usize, Rc<Node>)> = None;
    let mut articles = Vec::new();
    walk(body, |node| {
        if tag(node) == "main" || attribute(node, "role").as_deref() == Some("main") {
            let words = weigh(node).words;
            if named.as_ref().is_none_or(|(most, _)| words > *most) {
                named = Some((words, Rc::clone(node)));
            }
        }
        if tag(node) == "article" {
            articles.push(Rc::clone(node));
        }
    });
    let start = match named {
        Some((words, node)) if words >= SHORTEST_MAIN => node,
        _ => Rc::clone(body),
    };
    // One article is the text; several are a list, or one with what was said to it.
    if let [article] = articles.as_slice() {
        let (inner, outer) = (weigh(article), weigh(&start));
        let own = |weight: Weight| weight.words - weight.linked;
        if inner.words >= SHORTEST_MAIN && own(inner) * 2 > own(outer) {
            return Rc::clone(article);
        }
    }
    start
}

/// Lists and blocks that are links for the most part.
fn drop_lists_of_links(root: &Rc<Node>) {
    root.children.borrow_mut().retain(|child| {
        let is_block = matches!(tag(child), "ul" | "ol" | "div" | "section" | "table" | "dl");
        let weight = weigh(child);
        !(is_block && weight.links >= MOST_LINKS && weight.linked * 10 > weight.words * 7)
    });
    for child in root.children.borrow().iter() {
        drop_lists_of_links(child);
    }
}

/// Links in full; those that are no addresses lead nowhere.
fn complete_links(root: &Rc<Node>, base: &Url) {
    walk(root, |node| {
        let NodeData::Element { attrs, .. } = &node.data else {
            return;
        };
        attrs.borrow_mut().retain_mut(|attribute| {
            if &*attribute.name.local != "href" {
                return true;
            }
            if attribute.value.starts_with("mailto:") || attribute.value.starts_with("tel:") {
                return true;
            }
            match address::resolve(base, &attribute.value) {
                Some(full) => {
                    attribute.value = String::from(full).into();
                    true
                }
                None => false,
            }
        });
    });
}
