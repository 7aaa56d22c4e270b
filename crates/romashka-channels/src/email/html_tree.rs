//! HTML of mails as a tree of byte ranges.
//!
//! Invariant: time and memory grow linearly with the input, whatever it nests or leaves open: at most [`DEPTH_LIMIT`]
//! levels and [`NODE_LIMIT`] nodes, and no element is ever copied or re-opened. That is why this is not a browser's
//! parser, whose error recovery lets a small mail make millions of nodes. Nothing is rendered from this tree as HTML;
//! it serves to read text and to find quotes.

use std::ops::Range;

use mail_parser::decoders::html::add_html_token;

/// Levels of elements; deeper ones become siblings.
pub const DEPTH_LIMIT: usize = 200;
/// Nodes of one document; what follows is ignored.
pub const NODE_LIMIT: usize = 50_000;

/// Index of a node.
pub type NodeId = usize;
/// The document itself.
pub const ROOT: NodeId = 0;

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An element with its name in lower case.
    Element(String),
    /// Text with entities decoded.
    Text(String),
}

/// A node of the tree.
#[derive(Debug, Clone)]
pub struct Node {
    /// Element or text.
    pub kind: Kind,
    /// Attributes that matter for reading: names in lower case, values decoded.
    pub attributes: Vec<(String, String)>,
    /// Bytes of the source from the start tag to the end of the end tag.
    pub range: Range<usize>,
    /// Parent; the root is its own.
    pub parent: NodeId,
    /// Place among the parent's children.
    pub position: usize,
    /// Children in order.
    pub children: Vec<NodeId>,
}

impl Node {
    /// Name of an element, empty for text.
    pub fn name(&self) -> &str {
        match &self.kind {
            Kind::Element(name) => name,
            Kind::Text(_) => "",
        }
    }

    /// Value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the class attribute holds this class.
    pub fn has_class(&self, class: &str) -> bool {
        self.attribute("class")
            .is_some_and(|value| value.split_whitespace().any(|known| known == class))
    }
}

/// A document.
#[derive(Debug, Clone)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Reads a document.
    pub fn parse(source: &str) -> Self {
        let mut builder = Builder::new(source.len());
        builder.read(source);
        builder.close_to(0, source.len());
        Self {
            nodes: builder.nodes,
        }
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id]
    }

    /// All nodes in document order: a parent comes before its children.
    pub fn ids(&self) -> Range<NodeId> {
        0..self.nodes.len()
    }

    /// Whether `id` is `ancestor` or inside of it.
    pub fn is_inside(&self, mut id: NodeId, ancestor: NodeId) -> bool {
        while id != ancestor {
            if id == ROOT {
                return false;
            }
            id = self.nodes[id].parent;
        }
        true
    }

    /// The siblings behind a node.
    pub fn following_siblings(&self, id: NodeId) -> &[NodeId] {
        let siblings = &self.nodes[self.nodes[id].parent].children;
        siblings
            .get(self.nodes[id].position + 1..)
            .unwrap_or_default()
    }

    /// The siblings before a node.
    pub fn preceding_siblings(&self, id: NodeId) -> &[NodeId] {
        let siblings = &self.nodes[self.nodes[id].parent].children;
        siblings.get(..self.nodes[id].position).unwrap_or_default()
    }

    /// Text inside of a node, with single blanks, at most about `limit` bytes.
    pub fn flat_text(&self, id: NodeId, limit: usize) -> String {
        let mut text = String::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if text.len() >= limit {
                break;
            }
            match &self.nodes[id].kind {
                Kind::Text(part) => {
                    for word in part.split_whitespace() {
                        if !text.is_empty() {
                            text.push(' ');
                        }
                        text.push_str(word);
                    }
                }
                Kind::Element(_) => open.extend(self.nodes[id].children.iter().rev()),
            }
        }
        text
    }

    /// Whether a node holds neither text nor an image.
    pub fn is_blank(&self, id: NodeId) -> bool {
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            match &self.nodes[id].kind {
                Kind::Text(part)
                    if part.chars().any(|character| !is_blank_character(character)) =>
                {
                    return false;
                }
                Kind::Element(name) if name == "img" => return false,
                _ => open.extend(&self.nodes[id].children),
            }
        }
        true
    }
}

/// Blank on the screen: white space and characters without width.
pub fn is_blank_character(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}' | '\u{34f}'
        )
}

struct Builder {
    nodes: Vec<Node>,
    stack: Vec<NodeId>,
    /// Elements beyond the depth limit that are still open.
    beyond: usize,
}

impl Builder {
    fn new(length: usize) -> Self {
        let root = Node {
            kind: Kind::Element(String::new()),
            attributes: Vec::new(),
            range: 0..length,
            parent: ROOT,
            position: 0,
            children: Vec::new(),
        };
        Self {
            nodes: vec![root],
            stack: vec![ROOT],
            beyond: 0,
        }
    }

    fn read(&mut self, source: &str) {
        let bytes = source.as_bytes();
        let mut position = 0;
        while position < bytes.len() && self.nodes.len() < NODE_LIMIT {
            let tag = memchr::memchr(b'<', &bytes[position..])
                .map_or(bytes.len(), |found| position + found);
            self.add_text(source, position..tag);
            position = match bytes.get(tag + 1) {
                None if tag >= bytes.len() => return,
                Some(b'!') if bytes[tag..].starts_with(b"<!--") => end_of(bytes, tag + 4, b"-->"),
                Some(b'!' | b'?') => end_of(bytes, tag + 1, b">"),
                Some(b'/') => self.read_end_tag(source, tag),
                Some(byte) if byte.is_ascii_alphabetic() => self.read_start_tag(source, tag),
                _ => {
                    self.add_text(source, tag..tag + 1);
                    tag + 1
                }
            };
        }
    }

    fn add_text(&mut self, source: &str, range: Range<usize>) {
        if range.is_empty() || self.nodes.len() >= NODE_LIMIT {
            return;
        }
        let text = decode_entities(&source[range.clone()]);
        self.add(Kind::Text(text), Vec::new(), range);
    }

    fn add(
        &mut self,
        kind: Kind,
        attributes: Vec<(String, String)>,
        range: Range<usize>,
    ) -> NodeId {
        let parent = *self.stack.last().unwrap_or(&ROOT);
        let id = self.nodes.len();
        let position = self.nodes[parent].children.len();
        self.nodes.push(Node {
            kind,
            attributes,
            range,
            parent,
            position,
            children: Vec::new(),
        });
        self.nodes[parent].children.push(id);
        id
    }

    fn read_start_tag(&mut self, source: &str, start: usize) -> usize {
        let bytes = source.as_bytes();
        let (end, self_closing) = end_of_tag(bytes, start + 1);
        let name_end = name_end(bytes, start + 1, end);
        let name = source[start + 1..name_end].to_ascii_lowercase();
        self.close_implied(&name, start);
        let attributes = read_attributes(source, name_end..end);
        let raw = matches!(
            name.as_str(),
            "script"
                | "style"
                | "title"
                | "textarea"
                | "noscript"
                | "xmp"
                | "iframe"
                | "noembed"
                | "template"
                | "svg"
                | "math"
        );
        let id = self.add(Kind::Element(name.clone()), attributes, start..end);
        if raw && !self_closing {
            let close = end_of_raw(bytes, end, name.as_bytes());
            self.nodes[id].range.end = close;
            return close;
        }
        if !self_closing && !is_void(&name) {
            if self.stack.len() < DEPTH_LIMIT {
                self.stack.push(id);
            } else {
                self.beyond += 1;
            }
        }
        end
    }

    fn read_end_tag(&mut self, source: &str, start: usize) -> usize {
        let bytes = source.as_bytes();
        let (end, _) = end_of_tag(bytes, start + 2);
        let name = source[start + 2..name_end(bytes, start + 2, end)].to_ascii_lowercase();
        if self.beyond > 0 {
            self.beyond -= 1;
            return end;
        }
        let is_table = matches!(
            name.as_str(),
            "table" | "tr" | "td" | "th" | "tbody" | "body" | "html"
        );
        for level in (1..self.stack.len()).rev() {
            let open = self.nodes[self.stack[level]].name();
            if open == name {
                self.close_to(level, end);
                break;
            }
            // `</div>` inside of a cell does not close what is around the table.
            if !is_table && matches!(open, "td" | "th" | "table") {
                break;
            }
        }
        end
    }

    /// `<p>`, `<li>`, `<td>` and their like end the open one of their kind.
    fn close_implied(&mut self, name: &str, position: usize) {
        let (closes, stops): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol"]),
            "tr" => (&["tr"], &["table"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "dt" | "dd" => (&["dt", "dd"], &["dl"]),
            "p" | "div" | "blockquote" | "table" | "ul" | "ol" | "h1" | "h2" | "h3" | "pre"
            | "hr" => (&["p"], &[]),
            _ => return,
        };
        // A paragraph is ended only while it is the innermost block.
        for level in (1..self.stack.len()).rev() {
            let open = self.nodes[self.stack[level]].name();
            if closes.contains(&open) {
                self.close_to(level, position);
                return;
            }
            let inline = matches!(
                open,
                "span" | "b" | "i" | "u" | "font" | "a" | "em" | "strong" | "o:p" | "small" | "big"
            );
            if stops.contains(&open) || (stops.is_empty() && !inline) {
                return;
            }
        }
    }

    fn close_to(&mut self, level: usize, position: usize) {
        while self.stack.len() > level.max(1) {
            if let Some(id) = self.stack.pop() {
                self.nodes[id].range.end = position;
            }
        }
    }
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "hr"
            | "img"
            | "input"
            | "meta"
            | "link"
            | "col"
            | "area"
            | "base"
            | "wbr"
            | "embed"
            | "param"
            | "source"
            | "track"
    )
}

fn end_of(bytes: &[u8], from: usize, mark: &[u8]) -> usize {
    let from = from.min(bytes.len());
    memchr::memmem::find(&bytes[from..], mark)
        .map_or(bytes.len(), |found| from + found + mark.len())
}

fn name_end(bytes: &[u8], from: usize, limit: usize) -> usize {
    let length = bytes[from.min(limit)..limit]
        .iter()
        .take(64)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_'))
        .count();
    from.min(limit) + length
}

/// Offset behind the `>` of a tag, which quotes may hide, and whether the tag closes itself.
fn end_of_tag(bytes: &[u8], from: usize) -> (usize, bool) {
    let mut quote = None;
    let mut after_equals = false;
    for (offset, &byte) in bytes[from.min(bytes.len())..].iter().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            // A quote opens a value only behind an equals sign.
            (None, b'"' | b'\'') if after_equals => quote = Some(byte),
            (None, b'>') => {
                let end = from + offset;
                return (end + 1, offset > 0 && bytes[end - 1] == b'/');
            }
            // The tag was never closed.
            (None, b'<') => return (from + offset, false),
            _ => {}
        }
        after_equals = byte == b'=' || (after_equals && byte.is_ascii_whitespace());
    }
    (bytes.len(), false)
}

fn end_of_raw(bytes: &[u8], from: usize, name: &[u8]) -> usize {
    let mut position = from;
    while let Some(found) = memchr::memmem::find(&bytes[position..], b"</") {
        let start = position + found + 2;
        if bytes.len() >= start + name.len()
            && bytes[start..start + name.len()].eq_ignore_ascii_case(name)
        {
            return end_of(bytes, start, b">");
        }
        position = start;
    }
    bytes.len()
}

fn read_attributes(source: &str, range: Range<usize>) -> Vec<(String, String)> {
    const KEPT: [&str; 11] = [
        "id", "class", "style", "type", "href", "src", "alt", "hidden", "width", "height", "name",
    ];
    let text = source[range].trim_end_matches('>');
    let mut attributes = Vec::new();
    let mut rest =
        text.trim_start_matches(|character: char| character.is_whitespace() || character == '/');
    while !rest.is_empty() && attributes.len() < 20 {
        let name_length = rest
            .find(|character: char| character.is_whitespace() || matches!(character, '=' | '/'))
            .unwrap_or(rest.len());
        let name = rest[..name_length].to_ascii_lowercase();
        rest = rest[name_length..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after
                .chars()
                .next()
                .filter(|character| matches!(character, '"' | '\''));
            match quote {
                Some(quote) => {
                    let inner = &after[1..];
                    let length = inner.find(quote).unwrap_or(inner.len());
                    value = &inner[..length];
                    rest = inner.get(length + 1..).unwrap_or_default();
                }
                None => {
                    let length = after.find(char::is_whitespace).unwrap_or(after.len());
                    value = &after[..length];
                    rest = &after[length..];
                }
            }
        }
        if KEPT.contains(&name.as_str()) {
            attributes.push((name, decode_entities(value)));
        }
        rest = rest.trim_start_matches(|character: char| {
            character.is_whitespace() || matches!(character, '/' | '=')
        });
    }
    attributes
}

/// Replaces `&amp;` and its like; what is no entity stays, and what stands for a control character is left out.
pub fn decode_entities(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut entity = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        decoded.push_str(&rest[..start]);
        rest = &rest[start..];
        let length = rest
            .bytes()
            .skip(1)
            .take(32)
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#')
            .count();
        let terminated = rest.as_bytes().get(length + 1) == Some(&b';');
        if length == 0 || !terminated {
            decoded.push('&');
            rest = &rest[1..];
            continue;
        }
        entity.clear();
        add_html_token(&mut entity, &rest.as_bytes()[..length + 2], false);
        decoded.extend(
            entity
                .chars()
                .filter(|found| !found.is_control() || matches!(found, '\t' | '\n' | '\r')),
        );
        rest = &rest[length + 2..];
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(tree: &Tree, id: NodeId) -> String {
        let node = tree.node(id);
        match &node.kind {
            Kind::Text(text) => text.trim().to_owned(),
            Kind::Element(name) => {
                let inner: Vec<String> = node
                    .children
                    .iter()
                    .map(|child| outline(tree, *child))
                    .collect();
                format!("{name}[{}]", inner.join(" "))
            }
        }
    }

    #[test]
    fn broken_html_becomes_a_tree() {
        let tree = Tree::parse(
            "<p>one<p>two <b>bold<i>both</b> rest<ul><li>a<li>b</ul><br/>5 < 6 &amp; &unknown; &#1071;",
        );
        assert_eq!(
            outline(&tree, ROOT),
            "[p[one] p[two b[bold i[both]] rest] ul[li[a] li[b]] br[] 5 < 6 & &unknown; Я]"
        );
    }

    #[test]
    fn raw_text_and_comments_hold_no_nodes() {
        let tree = Tree::parse(
            "<style>p > a { }</style><!-- <p>no</p> --><SCRIPT>if (a<b) {}</script>yes",
        );
        assert_eq!(outline(&tree, ROOT), "[style[] script[] yes]");
    }

    #[test]
    fn an_entity_brings_no_control_character_in() {
        assert_eq!(decode_entities("a&#0;b&#x1b;[31m&#10;c&amp;"), "ab[31m\nc&");
    }

    #[test]
    fn attributes_are_read() {
        let tree = Tree::parse("<div id=a class='x gmail_quote' style=\"a:b>c\" onclick=x>t</div>");
        let node = tree.node(1);
        assert_eq!(node.attribute("id"), Some("a"));
        assert!(node.has_class("gmail_quote"));
        assert_eq!(node.attribute("style"), Some("a:b>c"));
        assert_eq!(node.attribute("onclick"), None);
    }

    #[test]
    fn hostile_nesting_stays_small() {
        let deep = "<div><b>".repeat(300_000);
        let tree = Tree::parse(&deep);
        assert!(tree.ids().len() <= NODE_LIMIT);
        let open = "<a x=1>".repeat(1_000) + &"<p>x".repeat(100_000);
        assert!(Tree::parse(&open).ids().len() <= NODE_LIMIT);
    }
}
