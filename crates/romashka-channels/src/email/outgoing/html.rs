//! The two forms of what an agent wrote: text and HTML.
//!
//! Invariant: HTML from a text shows that text and nothing else: every character that means something in HTML is
//! escaped, and only http and https addresses become links.

use std::sync::LazyLock;

use regex::Regex;

use super::super::display;

/// The text with its signature behind the usual mark (`-- `, RFC 3676, 4.3).
pub fn with_signature_text(text: &str, signature: Option<&str>) -> String {
    let mut whole = text.trim_end().to_owned();
    if let Some(signature) = signature
        .map(str::trim)
        .filter(|signature| !signature.is_empty())
    {
        whole.push_str("\n\n-- \n");
        whole.push_str(signature);
    }
    whole.push('\n');
    whole.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// A whole document from the agent's HTML, which is cleaned as that of a stranger, or from his text.
pub fn document(text: &str, html: Option<&str>, signature: Option<&str>) -> String {
    let mut body = match html {
        Some(html) => display::clean_outgoing(html),
        None => format!("<div>{}</div>", from_text(text.trim_end())),
    };
    if let Some(signature) = signature
        .map(str::trim)
        .filter(|signature| !signature.is_empty())
    {
        body.push_str("\r\n<div class=\"gmail_signature\"><br>-- <br>");
        body.push_str(&from_text(signature));
        body.push_str("</div>");
    }
    format!(
        "<!DOCTYPE html>\r\n<html><head><meta charset=\"utf-8\"></head><body dir=\"auto\">{body}</body></html>\r\n"
    )
}

/// A text as a piece of HTML.
pub fn from_text(text: &str) -> String {
    static LINK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?i)\bhttps?://[^\s<>"']*[^\s<>"'.,:;!?)\]}]"#)
            .expect("the pattern is a literal of this module and its tests use it")
    });
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    let mut end = 0;
    for link in LINK.find_iter(text) {
        escape(&text[end..link.start()], &mut html);
        html.push_str("<a href=\"");
        escape(link.as_str(), &mut html);
        html.push_str("\">");
        escape(link.as_str(), &mut html);
        html.push_str("</a>");
        end = link.end();
    }
    escape(&text[end..], &mut html);
    html
}

fn escape(text: &str, html: &mut String) {
    let mut previous = '\n';
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\n' => html.push_str("<br>\r\n"),
            // Indentation stays visible.
            ' ' if matches!(previous, '\n' | ' ') => html.push_str("&nbsp;"),
            '\r' => continue,
            _ if character.is_control() && character != '\t' => continue,
            _ => html.push(character),
        }
        previous = character;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_html() {
        for (text, html) in [
            ("a < b & c", "a &lt; b &amp; c"),
            ("one\r\n  two", "one<br>\r\n&nbsp;&nbsp;two"),
            (
                "see https://example.com/?a=1&b=2.",
                "see <a href=\"https://example.com/?a=1&amp;b=2\">https://example.com/?a=1&amp;b=2</a>.",
            ),
            (
                "(http://e.com/x)",
                "(<a href=\"http://e.com/x\">http://e.com/x</a>)",
            ),
            ("javascript:alert(1)", "javascript:alert(1)"),
            (
                "https://e.com/\"onclick=x",
                "<a href=\"https://e.com/\">https://e.com/</a>&quot;onclick=x",
            ),
            ("<script>", "&lt;script&gt;"),
        ] {
            assert_eq!(from_text(text), html);
        }
    }

    #[test]
    fn signatures_are_marked() {
        assert_eq!(
            with_signature_text("Hello\n\n", Some(" Anna\nCompany ")),
            "Hello\r\n\r\n-- \r\nAnna\r\nCompany\r\n"
        );
        assert_eq!(with_signature_text("Hello", Some(" ")), "Hello\r\n");
        assert!(!document("Hello", None, None).contains("gmail_signature"));
    }
}
