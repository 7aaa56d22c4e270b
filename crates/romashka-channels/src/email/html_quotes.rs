//! What the sender wrote now, apart from quotes and signature. HTML.
//!
//! Invariant: the same as for plain text in [`super::quotes`]: in doubt everything stays, and the result is never
//! empty when the document is not.

use std::collections::HashSet;

use super::html_text;
use super::html_tree::{NodeId, ROOT, Tree};
use super::quotes::{self, Parts};

/// A document taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HtmlParts {
    /// Text of the parts.
    pub text: Parts,
    /// Source without the quotes and the signature.
    pub visible_html: String,
    /// Whether something was recognised by its element, which is more reliable than by its text.
    pub by_element: bool,
}

/// Takes an HTML document apart. `forwarded` is true when the subject says that the mail is a forward.
pub fn split(html: &str, forwarded: bool) -> HtmlParts {
    let tree = Tree::parse(html);
    let nothing = HashSet::new();
    let signature = signature_nodes(&tree);
    let quote = if forwarded || holds_forward(&tree) {
        None
    } else {
        quote_nodes(&tree, &signature)
    };
    let mut removed: HashSet<NodeId> = quote.clone().unwrap_or_default();
    // A signature inside of the quote is the other person's.
    let own_signature: Vec<NodeId> = signature
        .iter()
        .copied()
        .filter(|id| !inside_any(&tree, *id, &removed))
        .collect();
    removed.extend(&own_signature);
    let rest = html_text::render(&tree, &removed);
    if rest.is_empty() {
        let text = quotes::split(&html_text::render(&tree, &nothing), forwarded);
        return HtmlParts {
            text,
            visible_html: html.to_owned(),
            by_element: false,
        };
    }
    let mut text = quotes::split(&rest, forwarded);
    if let Some(quote) = &quote {
        let quoted = render_nodes(&tree, quote);
        text.quoted = Some(
            [text.quoted.unwrap_or_default(), quoted]
                .join("\n\n")
                .trim()
                .to_owned(),
        )
        .filter(|text| !text.is_empty());
    }
    if !own_signature.is_empty() {
        let own: HashSet<NodeId> = own_signature.iter().copied().collect();
        let found = render_nodes(&tree, &own);
        text.signature = Some(
            [text.signature.unwrap_or_default(), found]
                .join("\n")
                .trim()
                .to_owned(),
        )
        .filter(|text| !text.is_empty());
    }
    HtmlParts {
        text,
        visible_html: cut(html, &tree, &removed),
        by_element: quote.is_some(),
    }
}

/// Source without the ranges of the removed nodes.
fn cut(html: &str, tree: &Tree, removed: &HashSet<NodeId>) -> String {
    let mut ranges: Vec<_> = removed
        .iter()
        .map(|id| tree.node(*id).range.clone())
        .collect();
    ranges.sort_by_key(|range| range.start);
    let mut kept = String::with_capacity(html.len());
    let mut position = 0;
    for range in ranges {
        if range.start >= position {
            kept.push_str(&html[position..range.start]);
            position = range.end;
        } else {
            position = position.max(range.end);
        }
    }
    kept.push_str(&html[position.min(html.len())..]);
    kept
}

/// Text of some nodes in document order; one inside of another is not repeated.
fn render_nodes(tree: &Tree, nodes: &HashSet<NodeId>) -> String {
    let mut ordered: Vec<NodeId> = nodes
        .iter()
        .copied()
        .filter(|id| *id == ROOT || !inside_any(tree, tree.node(*id).parent, nodes))
        .collect();
    ordered.sort_unstable();
    let texts: Vec<String> = ordered
        .into_iter()
        .map(|id| html_text::render_from(tree, id))
        .filter(|text| !text.is_empty())
        .collect();
    texts.join("\n")
}

fn inside_any(tree: &Tree, mut id: NodeId, nodes: &HashSet<NodeId>) -> bool {
    loop {
        if nodes.contains(&id) {
            return true;
        }
        if id == ROOT {
            return false;
        }
        id = tree.node(id).parent;
    }
}

fn signature_nodes(tree: &Tree) -> HashSet<NodeId> {
    const CLASSES: [&str; 5] = [
        "gmail_signature",
        "gmail_signature_prefix",
        "moz-signature",
        "yahoo-signature",
        "protonmail_signature_block",
    ];
    const IDS: [&str; 4] = [
        "Signature",
        "ms-outlook-mobile-signature",
        "AppleMailSignature",
        "signature",
    ];
    tree.ids()
        .filter(|id| {
            let node = tree.node(*id);
            CLASSES.iter().any(|class| node.has_class(class))
                || node
                    .attribute("id")
                    .is_some_and(|value| IDS.contains(&value))
        })
        .collect()
}

fn holds_forward(tree: &Tree) -> bool {
    tree.ids().any(|id| {
        let node = tree.node(id);
        let block = node.has_class("gmail_attr")
            || node.has_class("moz-forward-container")
            || matches!(node.name(), "div" | "p" | "blockquote" | "span" | "");
        if node.has_class("moz-forward-container") {
            return true;
        }
        block
            && node.children.first().is_some_and(|first| {
                let text = tree.flat_text(*first, 120);
                !text.is_empty() && quotes::is_forward_marker(text.trim())
            })
    })
}

/// The nodes that are quotes, or nothing when there are none or when the sender answered between them.
fn quote_nodes(tree: &Tree, signature: &HashSet<NodeId>) -> Option<HashSet<NodeId>> {
    let mut quotes: HashSet<NodeId> = HashSet::new();
    let mut containers = Vec::new();
    for id in tree.ids() {
        if id == ROOT || inside_any(tree, id, &quotes) {
            continue;
        }
        if is_marker(tree, id) {
            take_to_the_end(tree, id, &mut quotes);
        } else if is_container(tree, id) {
            if is_answered_inside(tree, id) {
                return None;
            }
            quotes.insert(id);
            containers.push(id);
            take_attribution(tree, id, &mut quotes);
        }
    }
    if quotes.is_empty() {
        return None;
    }
    // Text of the sender behind the first container: the answers stand between the quotes.
    if let Some(first) = containers.first() {
        let own: Vec<NodeId> = tree
            .ids()
            .filter(|id| {
                id > first
                    && tree.node(*id).name().is_empty()
                    && !tree.is_blank(*id)
                    && !inside_any(tree, *id, &quotes)
                    && !inside_any(tree, *id, signature)
                    && !in_head(tree, *id)
            })
            .collect();
        // Some clients put the signature below the quote.
        let lines: Vec<String> = own
            .iter()
            .take(20)
            .map(|id| tree.flat_text(*id, 200))
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let behind_all = containers
            .last()
            .is_some_and(|last| own.first().is_none_or(|id| id > last));
        let only_signature = behind_all && quotes::is_trailing_signature(&lines);
        if !own.is_empty() && !only_signature {
            return None;
        }
    }
    Some(quotes)
}

fn in_head(tree: &Tree, mut id: NodeId) -> bool {
    while id != ROOT {
        if matches!(tree.node(id).name(), "head" | "style" | "script" | "title") {
            return true;
        }
        id = tree.node(id).parent;
    }
    false
}

fn is_container(tree: &Tree, id: NodeId) -> bool {
    const CLASSES: [&str; 6] = [
        "gmail_quote",
        "gmail_quote_container",
        "gmail_extra",
        "yahoo_quoted",
        "protonmail_quote",
        "zmail_extra",
    ];
    let node = tree.node(id);
    match node.name() {
        "" => false,
        "blockquote" => {
            !html_text::is_indentation(node.attribute("style"))
                || node.attribute("type") == Some("cite")
        }
        _ => CLASSES.iter().any(|class| node.has_class(class)),
    }
}

/// Some clients close the quote, let the sender answer, and quote again, all inside of one container.
fn is_answered_inside(tree: &Tree, id: NodeId) -> bool {
    if tree.node(id).name() == "blockquote" {
        return false;
    }
    let mut seen_quote = false;
    let mut open: Vec<NodeId> = tree.node(id).children.iter().rev().copied().collect();
    while let Some(id) = open.pop() {
        let node = tree.node(id);
        if node.name() == "blockquote" {
            seen_quote = true;
        } else if node.name().is_empty() {
            if seen_quote && !tree.is_blank(id) {
                return true;
            }
        } else if !node.has_class("gmail_signature") {
            open.extend(node.children.iter().rev());
        }
    }
    false
}

/// From these nodes on everything is the old mail.
fn is_marker(tree: &Tree, id: NodeId) -> bool {
    const IDS: [&str; 5] = [
        "divRplyFwdMsg",
        "appendonsend",
        "OLK_SRC_BODY_SECTION",
        "mail-editor-reference-message-container",
        "isForwardContent",
    ];
    let node = tree.node(id);
    if node.attribute("id").is_some_and(|value| {
        IDS.iter()
            .any(|known| value.eq_ignore_ascii_case(known) || value.ends_with(&format!("_{known}")))
    }) {
        return true;
    }
    if node.has_class("OutlookMessageHeader") {
        return true;
    }
    match node.name() {
        "div" => {
            let style = node.attribute("style").unwrap_or_default();
            let style: String = style
                .chars()
                .filter(|character| !character.is_whitespace())
                .collect::<String>()
                .to_ascii_lowercase();
            let bordered = style.contains("border-top:solid#e1e1e11.0pt")
                || style.contains("border-top:solid#b5c4df1.0pt");
            bordered && starts_with_head(tree, id)
        }
        "hr" => tree
            .following_siblings(id)
            .iter()
            .find(|sibling| !tree.is_blank(**sibling))
            .is_some_and(|next| starts_with_head(tree, *next)),
        _ => false,
    }
}

fn starts_with_head(tree: &Tree, id: NodeId) -> bool {
    let text = html_head_text(tree, id);
    let lower = text.to_lowercase();
    const LABELS: [&str; 13] = [
        "from:",
        "von:",
        "de:",
        "de :",
        "da:",
        "van:",
        "od:",
        "från:",
        "fra:",
        "от:",
        "від:",
        "发件人:",
        "差出人:",
    ];
    LABELS.iter().any(|label| lower.starts_with(label))
}

fn html_head_text(tree: &Tree, id: NodeId) -> String {
    tree.flat_text(id, 200)
}

/// Takes a node, what follows it, and, while nothing stands before it, what follows its parent.
fn take_to_the_end(tree: &Tree, id: NodeId, quotes: &mut HashSet<NodeId>) {
    let mut id = id;
    loop {
        quotes.insert(id);
        quotes.extend(tree.following_siblings(id));
        let parent = tree.node(id).parent;
        let first = tree
            .preceding_siblings(id)
            .iter()
            .all(|sibling| tree.is_blank(*sibling));
        if parent == ROOT || !first || matches!(tree.node(parent).name(), "body" | "html") {
            return;
        }
        id = parent;
    }
}

/// "On … wrote:" right before a quote, in its own element or as text.
fn take_attribution(tree: &Tree, id: NodeId, quotes: &mut HashSet<NodeId>) {
    let mut collected = Vec::new();
    let mut joined = String::new();
    for sibling in tree.preceding_siblings(id).iter().rev().take(8) {
        if tree.is_blank(*sibling) {
            collected.push(*sibling);
            continue;
        }
        let text = tree.flat_text(*sibling, 600);
        if text.len() > 400 {
            return;
        }
        joined = format!("{text} {joined}").trim().to_owned();
        collected.push(*sibling);
        if tree.node(*sibling).has_class("moz-cite-prefix") || quotes::is_attribution(&joined) {
            quotes.extend(collected);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visible(html: &str) -> String {
        split(html, false).text.visible
    }

    #[test]
    fn quotes_of_well_known_clients() {
        for html in [
            "<div dir=ltr>It works.</div><br><div class=\"gmail_quote gmail_quote_container\"><div class=gmail_attr>On Mon, S &lt;s@example.com&gt; wrote:<br></div><blockquote class=gmail_quote style='border-left:1px solid'>old</blockquote></div>",
            "<html><body>It works.<br><br><div>On 5 May 2025, at 12:00, S &lt;s@example.com&gt; wrote:</div><blockquote type=cite><div>old</div></blockquote></body></html>",
            "<div>It works.</div><div id=appendonsend></div><hr style='width:98%'><div id=divRplyFwdMsg><b>From:</b> S</div><div>old</div>",
            "<div class=WordSection1><p>It works.</p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0 0 0'><p><b>From:</b> S<br><b>Sent:</b> Monday</p></div></div><p>old</p></div>",
            "<p>It works.</p><div class=moz-cite-prefix>Am 05.05.2025 um 12:00 schrieb S:<br></div><blockquote type=cite cite='mid:1'><p>old</p></blockquote>",
            "<div>It works.</div><div>05.05.2025, 12:00, \"S\" &lt;s@example.com&gt;:</div><blockquote><p>old</p></blockquote>",
            "<div>It works.</div><div class=yahoo_quoted id=yahoo_quoted_1><div>On Monday, S wrote:</div><div>old</div></div>",
            "<div>It works.</div><div class=protonmail_quote>------- Original Message -------<blockquote>old</blockquote></div>",
        ] {
            let parts = split(html, false);
            assert_eq!(parts.text.visible, "It works.", "{html}");
            assert!(parts.text.quoted.unwrap().contains("old"), "{html}");
            assert!(!parts.visible_html.contains("old"), "{html}");
            assert!(parts.by_element);
        }
    }

    #[test]
    fn answers_between_quotes_keep_everything() {
        let html = "<blockquote type=cite>First?</blockquote><p>Yes.</p><blockquote type=cite>Second?</blockquote><p>No.</p>";
        assert_eq!(visible(html), "> First?\n\nYes.\n\n> Second?\n\nNo.");
        let gmail = "<div>See below</div><div class=gmail_quote><div class=gmail_attr>On Mon S wrote:</div><blockquote class=gmail_quote>First?</blockquote><div>Yes.</div><blockquote class=gmail_quote>Second?</blockquote></div>";
        assert!(visible(gmail).contains("Yes.") && visible(gmail).contains("First?"));
    }

    #[test]
    fn forwards_are_kept() {
        let html = "<div>FYI</div><div class=gmail_quote><div class=gmail_attr>---------- Forwarded message ---------<br>From: B</div>Hello</div>";
        assert!(visible(html).contains("Hello"));
    }

    #[test]
    fn signatures_are_set_aside() {
        let parts = split(
            "<div>Help!</div><div class=gmail_signature>Ann<br>Director</div>",
            false,
        );
        assert_eq!(parts.text.visible, "Help!");
        assert_eq!(parts.text.signature.as_deref(), Some("Ann\nDirector"));
        let parts = split(
            "<div>Ok</div><div id='ms-outlook-mobile-signature'>Get Outlook for iOS</div>",
            false,
        );
        assert_eq!(parts.text.visible, "Ok");
    }

    #[test]
    fn an_indented_paragraph_is_no_quote() {
        let html = "<p>Steps:</p><blockquote style='margin:0 0 0 40px;border:none;padding:0'>press the button</blockquote>";
        assert!(visible(html).contains("press the button"));
    }

    #[test]
    fn the_visible_text_is_never_empty() {
        assert!(visible("<blockquote>only a quote</blockquote>").contains("only a quote"));
        assert_eq!(visible("<div class=gmail_signature>Ann</div>"), "Ann");
    }
}
