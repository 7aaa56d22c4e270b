//! HTML to plain text for search, previews and channels without HTML.
//!
//! Invariant: what a reader does not see (styles, scripts, hidden preview lines, tracking pixels) is not in the text.

use std::collections::HashSet;

use super::html_tree::{DEPTH_LIMIT, Kind, NodeId, ROOT, Tree};

/// Longer links are left out of the text.
const LINK_LIMIT: usize = 300;

/// Text of an HTML document.
pub fn to_text(html: &str) -> String {
    render(&Tree::parse(html), &HashSet::new())
}

/// Text of a tree without the nodes in `removed`.
pub fn render(tree: &Tree, removed: &HashSet<NodeId>) -> String {
    write_out(tree, ROOT, removed)
}

/// Text of one node and what is in it.
pub(super) fn render_from(tree: &Tree, id: NodeId) -> String {
    write_out(tree, id, &HashSet::new())
}

fn write_out(tree: &Tree, id: NodeId, removed: &HashSet<NodeId>) -> String {
    let mut writer = Writer {
        out: String::new(),
        breaks: 0,
        space: false,
        quote: 0,
        last_quote: 0,
        pre: 0,
        item: 0,
        started: false,
    };
    write(tree, id, removed, &mut writer, 0);
    let text: Vec<&str> = writer.out.lines().map(str::trim_end).collect();
    text.join("\n").trim().to_owned()
}

struct Writer {
    out: String,
    /// Line breaks that are due before the next text.
    breaks: usize,
    space: bool,
    quote: usize,
    /// Depth of quotes that the last text stood in.
    last_quote: usize,
    pre: usize,
    started: bool,
    /// Number of the list item that comes next.
    item: usize,
}

impl Writer {
    fn require_breaks(&mut self, count: usize) {
        self.breaks = self.breaks.max(count);
        self.space = false;
    }

    fn flush_breaks(&mut self) {
        if !self.started {
            self.started = true;
            self.breaks = 0;
            self.start_line();
            return;
        }
        if self.breaks > 0 {
            for line in 0..self.breaks.min(2) {
                self.out.push('\n');
                // A blank line inside of a quote stays inside of it.
                if line + 1 < self.breaks.min(2) {
                    self.out
                        .push_str(&">".repeat(self.quote.min(self.last_quote)));
                }
            }
            self.breaks = 0;
            self.start_line();
        }
    }

    fn start_line(&mut self) {
        self.last_quote = self.quote;
        if self.quote > 0 {
            self.out.push_str(&">".repeat(self.quote));
            self.out.push(' ');
        }
    }

    fn text(&mut self, text: &str) {
        if self.pre > 0 {
            for (number, line) in text.split('\n').enumerate() {
                if number > 0 {
                    self.flush_breaks();
                    self.out.push('\n');
                    self.start_line();
                }
                if !line.trim_end_matches('\r').is_empty() {
                    self.flush_breaks();
                    self.out.push_str(line.trim_end_matches('\r'));
                }
            }
            return;
        }
        for character in text.chars() {
            match character {
                '\u{200b}' | '\u{feff}' | '\u{ad}' | '\u{34f}' | '\u{200c}' => {}
                character if character.is_whitespace() => self.space = true,
                character => {
                    let at_start = !self.started || self.breaks > 0;
                    self.flush_breaks();
                    if self.space && !at_start && !self.out.ends_with([' ', '\n']) {
                        self.out.push(' ');
                    }
                    self.space = false;
                    self.out.push(character);
                }
            }
        }
    }
}

fn write(tree: &Tree, id: NodeId, removed: &HashSet<NodeId>, writer: &mut Writer, depth: usize) {
    if removed.contains(&id) || depth > DEPTH_LIMIT + 1 {
        return;
    }
    let node = tree.node(id);
    let name = match &node.kind {
        Kind::Text(text) => return writer.text(text),
        Kind::Element(name) => name.as_str(),
    };
    if is_skipped(name) || is_hidden(node.attribute("style"), node.attribute("hidden")) {
        return;
    }
    match name {
        "br" => {
            // A break that ends a paragraph is not a blank line of its own.
            writer.breaks += 1;
            writer.space = false;
            return;
        }
        "hr" => {
            writer.require_breaks(1);
            writer.text("---");
            writer.require_breaks(1);
            return;
        }
        "img" => {
            let alternative = node.attribute("alt").unwrap_or_default().trim();
            if !alternative.is_empty()
                && !is_pixel(node.attribute("width"), node.attribute("height"))
            {
                writer.text(&format!("[{alternative}]"));
            }
            return;
        }
        _ => {}
    }
    let breaks = breaks_around(name);
    if breaks > 0 {
        writer.require_breaks(breaks);
    }
    match name {
        "blockquote" if !is_indentation(node.attribute("style")) => writer.quote += 1,
        "pre" => writer.pre += 1,
        "li" => {
            let numbered = tree.node(node.parent).name() == "ol";
            let bullet = if numbered {
                format!("{}.", writer.item)
            } else {
                "-".to_owned()
            };
            writer.text(&bullet);
            writer.space = true;
        }
        "td" | "th" => writer.space = true,
        _ => {}
    }
    let mut item = 0;
    for &child in &node.children {
        if tree.node(child).name() == "li" {
            item += 1;
            writer.item = item;
        }
        write(tree, child, removed, writer, depth + 1);
    }
    match name {
        "blockquote" if !is_indentation(node.attribute("style")) => writer.quote -= 1,
        "pre" => writer.pre -= 1,
        "a" => write_link(tree, id, writer),
        _ => {}
    }
    if breaks > 0 {
        writer.require_breaks(breaks);
    }
}

fn write_link(tree: &Tree, id: NodeId, writer: &mut Writer) {
    let Some(href) = tree.node(id).attribute("href").map(str::trim) else {
        return;
    };
    let web = ["http://", "https://"].iter().any(|scheme| {
        href.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !web || href.len() > LINK_LIMIT {
        return;
    }
    let text = tree.flat_text(id, 1_000);
    let bare = |link: &str| {
        let link = link.trim_end_matches('/');
        link.split_once("://")
            .map_or(link, |(_, rest)| rest)
            .trim_start_matches("www.")
            .to_lowercase()
    };
    if !text.is_empty() && bare(&text) != bare(href) {
        writer.text(&format!(" ({href})"));
    }
}

fn is_skipped(name: &str) -> bool {
    matches!(
        name,
        "head"
            | "script"
            | "style"
            | "title"
            | "template"
            | "noscript"
            | "iframe"
            | "object"
            | "embed"
            | "svg"
            | "math"
            | "textarea"
            | "select"
            | "meta"
            | "link"
            | "xml"
            | "noembed"
    )
}

fn is_hidden(style: Option<&str>, hidden: Option<&str>) -> bool {
    if hidden.is_some() {
        return true;
    }
    let Some(style) = style else { return false };
    let style: String = style
        .chars()
        .filter(|character| !character.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase();
    style.split(';').any(|rule| {
        matches!(
            rule.trim_end_matches("!important"),
            "display:none"
                | "visibility:hidden"
                | "mso-hide:all"
                | "font-size:0"
                | "font-size:0px"
                | "max-height:0"
                | "max-height:0px"
                | "opacity:0"
        )
    })
}

/// Editors indent paragraphs with a bare blockquote: `margin … 40px; border:none`.
pub(super) fn is_indentation(style: Option<&str>) -> bool {
    style.is_some_and(|style| {
        let style = style.to_ascii_lowercase();
        style.contains("border:none")
            || style.contains("border: none")
            || style.contains("border:medium none")
    })
}

fn is_pixel(width: Option<&str>, height: Option<&str>) -> bool {
    [width, height].into_iter().flatten().any(|size| {
        size.trim_end_matches("px")
            .trim()
            .parse::<u32>()
            .is_ok_and(|size| size <= 2)
    })
}

/// Line breaks before and after an element.
fn breaks_around(name: &str) -> usize {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "ol" | "pre"
        | "dl" => 2,
        "div" | "tr" | "table" | "li" | "dt" | "dd" | "section" | "article" | "header"
        | "footer" | "center" | "address" | "form" | "fieldset" | "body" | "main" | "caption"
        | "figure" => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_lists_links_and_quotes() {
        let html = "<html><head><title>no</title><style>p{}</style></head><body><p>Hello&nbsp;<b>Ann</b>,</p>\n<p>see <a href='https://example.com/a'>the page</a> or <a href=\"https://example.com/\">example.com</a>:</p><ul><li>one</li><li>two</li></ul><ol><li>x<li>y</ol><blockquote>old<br>text</blockquote><div>a</div><div>b</div></body></html>";
        assert_eq!(
            to_text(html),
            "Hello Ann,\n\nsee the page (https://example.com/a) or example.com:\n\n- one\n- two\n\n1. x\n2. y\n\n> old\n> text\n\na\nb"
        );
    }

    #[test]
    fn hidden_lines_and_pixels_are_not_text() {
        let html = "<div style='display: none'>preview</div><span style=\"font-size:0px\">x</span>Seen<img src=x width=1 height=1 alt=pixel><img src=y alt=Logo>";
        assert_eq!(to_text(html), "Seen[Logo]");
    }

    #[test]
    fn tables_and_preformatted_text() {
        assert_eq!(
            to_text("<table><tr><td>Name</td><td>Price</td></tr><tr><td>Tea<td>3</table>"),
            "Name Price\nTea 3"
        );
        assert_eq!(to_text("<pre>a\n  b\n\nc</pre>"), "a\n  b\n\nc");
    }

    #[test]
    fn empty_documents_have_no_text() {
        assert_eq!(to_text(""), "");
        assert_eq!(to_text("<div><br></div><img src=x>"), "");
    }

    #[test]
    fn breaks_between_paragraphs_are_at_most_one_blank_line() {
        assert_eq!(
            to_text("<div>a</div><div><br></div><div><br></div><div>b</div>"),
            "a\n\nb"
        );
    }
}
