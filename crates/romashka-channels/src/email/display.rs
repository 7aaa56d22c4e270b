//! HTML of a mail, made harmless for showing it.
//!
//! Invariant: what leaves this module holds no script, no form, no frame, no style that could reach beyond the mail, and
//! unless it was asked for, nothing that makes a browser load anything from elsewhere: a remote picture tells its owner
//! when, where and by whom the mail was read. Blocked pictures are counted and can be shown later from the same stored
//! mail. Pictures in the mail (`cid:`) are shown from our own copies.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use ammonia::{Builder, UrlRelative};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::html_tree::{DEPTH_LIMIT, NODE_LIMIT};

/// Longer HTML (bytes) is not shown; the text of the mail is shown instead.
pub const HTML_LIMIT: usize = 2 * 1024 * 1024;
/// Pictures of a document beyond this number are dropped.
const IMAGE_LIMIT: usize = 1_000;
const TAGS: [&str; 41] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "center",
    "code",
    "col",
    "colgroup",
    "div",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];
const DROPPED_WITH_CONTENT: [&str; 18] = [
    "script", "style", "iframe", "object", "embed", "form", "input", "svg", "math", "meta", "base",
    "link", "title", "template", "noscript", "select", "textarea", "button",
];
const ATTRIBUTES: [&str; 16] = [
    "alt",
    "title",
    "width",
    "height",
    "align",
    "valign",
    "bgcolor",
    "color",
    "colspan",
    "rowspan",
    "cellpadding",
    "cellspacing",
    "border",
    "dir",
    "lang",
    "style",
];
const STYLES: [&str; 38] = [
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-spacing",
    "border-style",
    "border-top",
    "border-width",
    "color",
    "direction",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "margin-bottom",
    "margin-top",
    "max-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "text-decoration",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
];

/// What to do with pictures from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RemoteImages {
    /// Not loaded.
    #[default]
    Blocked,
    /// Loaded through our proxy, after a reader asked for it.
    ThroughProxy,
}

/// Address at our proxy for the address of a picture.
pub type ImageProxy = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// How a mail is shown.
#[derive(Clone)]
pub struct DisplayOptions {
    /// Pictures from elsewhere.
    pub remote_images: RemoteImages,
    /// Addresses of our copies of the mail's own pictures, by Content-ID without brackets.
    pub inline_images: HashMap<String, String>,
    /// For pictures from elsewhere.
    pub image_proxy: ImageProxy,
}

/// A mail for showing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DisplayHtml {
    /// Harmless HTML, for a frame without rights (see [`FRAME_POLICY`]).
    pub html: String,
    /// Pictures that were not loaded.
    pub blocked_images: usize,
    /// Pictures of one or two points that only tell the sender that the mail was read: never shown.
    pub tracking_pixels: usize,
    /// Content-IDs of the pictures that are shown, so that they are not listed as attachments.
    pub shown_content_ids: Vec<String>,
}

/// Attribute `sandbox` of the frame in which a mail is shown.
pub const FRAME_SANDBOX: &str = "allow-popups allow-popups-to-escape-sandbox";
/// Content-Security-Policy in that frame, when pictures come from our own host and from nowhere else.
pub const FRAME_POLICY: &str =
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'";

#[derive(Default)]
struct Seen {
    pixels: HashSet<String>,
    blocked: usize,
    tracking: usize,
    images: usize,
    content_ids: Vec<String>,
}

/// Makes the HTML of a mail harmless; nothing when it is too large or nests too deep to be shown.
pub fn clean_for_display(html: &str, options: &DisplayOptions) -> Option<DisplayHtml> {
    if !is_bounded(html) {
        return None;
    }
    let seen = Arc::new(Mutex::new(Seen {
        pixels: tracking_sources(html),
        ..Seen::default()
    }));
    let mut builder = builder();
    builder.attribute_filter({
        // The cleaner keeps its filter for as long as it likes.
        let (seen, options) = (Arc::clone(&seen), options.clone());
        move |element, attribute, value| match (element, attribute) {
            ("img", "src") => {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                image_source(value, &options, &mut seen).map(Cow::Owned)
            }
            ("a", "href") => is_plain_link(value).then_some(Cow::Borrowed(value)),
            (_, "style") => plain_style(value).map(Cow::Owned),
            _ => Some(Cow::Borrowed(value)),
        }
    });
    let html = builder.clean(html).to_string();
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    Some(DisplayHtml {
        html,
        blocked_images: seen.blocked,
        tracking_pixels: seen.tracking,
        shown_content_ids: std::mem::take(&mut seen.content_ids),
    })
}

/// Makes the HTML that an agent's editor sent harmless for a mail: as for showing, but pictures by `cid:` and https stay.
pub fn clean_outgoing(html: &str) -> String {
    if !is_bounded(html) {
        return String::new();
    }
    let mut builder = builder();
    builder.attribute_filter(|element, attribute, value| match (element, attribute) {
        ("img", "src") => {
            let kept = ["cid:", "https:"]
                .iter()
                .any(|scheme| starts_without_case(value, scheme));
            kept.then_some(Cow::Borrowed(value))
        }
        ("a", "href") => is_plain_link(value).then_some(Cow::Borrowed(value)),
        (_, "style") => plain_style(value).map(Cow::Owned),
        _ => Some(Cow::Borrowed(value)),
    });
    builder.clean(html).to_string()
}

fn builder<'a>() -> Builder<'a> {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(TAGS))
        .clean_content_tags(HashSet::from(DROPPED_WITH_CONTENT))
        .generic_attributes(HashSet::from(ATTRIBUTES))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("img", HashSet::from(["src"])),
        ]))
        .set_tag_attribute_value("a", "target", "_blank")
        .url_schemes(HashSet::from([
            "http", "https", "mailto", "tel", "cid", "data",
        ]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .filter_style_properties(HashSet::from(STYLES))
        .strip_comments(true);
    builder
}

/// A browser's parser copies open elements again and again, which makes a small mail huge: what opens too much is not
/// given to it.
fn is_bounded(html: &str) -> bool {
    let mut tags = 0_usize;
    let mut depth = 0_usize;
    let mut deepest = 0_usize;
    let bytes = html.as_bytes();
    for at in memchr::memchr_iter(b'<', bytes) {
        tags += 1;
        match bytes.get(at + 1) {
            Some(b'/') => depth = depth.saturating_sub(1),
            Some(byte) if byte.is_ascii_alphabetic() && !is_void(&bytes[at + 1..]) => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            _ => {}
        }
    }
    html.len() <= HTML_LIMIT && tags <= 2 * NODE_LIMIT && deepest <= DEPTH_LIMIT * 5
}

/// Elements that are never closed, or often are not.
fn is_void(name: &[u8]) -> bool {
    [
        "br", "img", "hr", "meta", "link", "input", "col", "p", "li", "td", "tr", "th", "o:p",
        "area", "wbr",
    ]
    .iter()
    .any(|void| {
        name.get(..void.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(void.as_bytes()))
            && name
                .get(void.len())
                .is_none_or(|next| !next.is_ascii_alphanumeric())
    })
}

fn image_source(value: &str, options: &DisplayOptions, seen: &mut Seen) -> Option<String> {
    let value = value.trim();
    seen.images += 1;
    if seen.images > IMAGE_LIMIT {
        return None;
    }
    if starts_without_case(value, "cid:") {
        // Bytes that are no UTF-8 are replaced.
        let id = percent_decode_str(&value[4..])
            .decode_utf8_lossy()
            .into_owned();
        let address = options.inline_images.get(&id)?.clone();
        if !seen.content_ids.contains(&id) {
            seen.content_ids.push(id);
        }
        return Some(address);
    }
    if starts_without_case(value, "data:") {
        let picture = ["png", "jpeg", "jpg", "gif", "webp"]
            .iter()
            .any(|kind| starts_without_case(value, &format!("data:image/{kind};base64,")));
        return picture.then(|| value.to_owned());
    }
    if seen.pixels.contains(value) {
        seen.tracking += 1;
        return None;
    }
    if !starts_without_case(value, "http:") && !starts_without_case(value, "https:") {
        return None;
    }
    match options.remote_images {
        RemoteImages::Blocked => {
            seen.blocked += 1;
            None
        }
        RemoteImages::ThroughProxy => Some((options.image_proxy)(value)),
    }
}

/// Addresses of pictures that are at most two points wide or high, or hidden.
fn tracking_sources(html: &str) -> HashSet<String> {
    let tree = super::html_tree::Tree::parse(html);
    tree.ids()
        .map(|id| tree.node(id))
        .filter(|node| node.name() == "img")
        .filter(|node| {
            let tiny = |name: &str| {
                node.attribute(name)
                    .and_then(|value| value.trim().trim_end_matches("px").parse::<f64>().ok())
                    .is_some_and(|points| points <= 2.0)
            };
            let style = node
                .attribute("style")
                .unwrap_or_default()
                .replace(char::is_whitespace, "")
                .to_ascii_lowercase();
            tiny("width")
                || tiny("height")
                || [
                    "display:none",
                    "visibility:hidden",
                    "width:0",
                    "height:0",
                    "width:1px",
                    "height:1px",
                ]
                .iter()
                .any(|hidden| {
                    style.split(';').any(|rule| {
                        rule.trim_end_matches("!important").trim_end_matches("px")
                            == hidden.trim_end_matches("px")
                    })
                })
        })
        .filter_map(|node| node.attribute("src"))
        .map(|source| source.trim().to_owned())
        .collect()
}

/// Pictures may come by `cid:` and `data:`, links may not lead there.
fn is_plain_link(value: &str) -> bool {
    ["http:", "https:", "mailto:", "tel:"]
        .iter()
        .any(|scheme| starts_without_case(value.trim_start(), scheme))
}

/// A style without anything that loads or computes. Names of properties are filtered by the cleaner itself.
fn plain_style(style: &str) -> Option<String> {
    let kept: Vec<&str> = style
        .split(';')
        .map(str::trim)
        .filter(|rule| {
            let lower = rule.to_ascii_lowercase();
            !rule.is_empty()
                && rule.len() <= 500
                && ![
                    "url",
                    "expression",
                    "@",
                    "\\",
                    "/*",
                    "<",
                    "image",
                    "var(",
                    "attr(",
                ]
                .iter()
                .any(|forbidden| lower.contains(forbidden))
        })
        .collect();
    (!kept.is_empty()).then(|| kept.join("; "))
}

fn starts_without_case(value: &str, prefix: &str) -> bool {
    value
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(html: &str, remote_images: RemoteImages) -> DisplayHtml {
        let options = DisplayOptions {
            remote_images,
            inline_images: HashMap::from([(
                "logo@1".to_owned(),
                "https://files.example.com/1".to_owned(),
            )]),
            image_proxy: Arc::new(|address| {
                format!("https://proxy.example.com/?{}", address.len())
            }),
        };
        clean_for_display(html, &options).unwrap()
    }

    #[test]
    fn nothing_runs_and_nothing_reaches_out() {
        for html in [
            "<script>alert(1)</script>ok",
            "<style>body{background:url(https://t.example/1)}</style>ok",
            "<iframe src=https://t.example></iframe>ok",
            "<svg><script>alert(1)</script></svg>ok",
            "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>ok",
            "<form action=https://t.example><input name=password></form>ok",
            "<a href=javascript:alert(1)>ok</a>",
            "<a href='data:text/html,<script>alert(1)</script>'>ok</a>",
            "<a href=' java\tscript:alert(1)'>ok</a>",
            "<a href=//t.example/x>ok</a>",
            "<p onclick=alert(1) style='background:url(https://t.example/1);position:fixed'>ok</p>",
            "<p style='width:expression(alert(1))'>ok</p>",
            "<p style='color:r\\65 d;background-image:u\\72l(https://t.example)'>ok</p>",
            "<table background=https://t.example/1><td background=https://t.example/2>ok</td></table>",
            "<video src=https://t.example/1 poster=https://t.example/2></video>ok",
            "<link rel=stylesheet href=https://t.example><base href=https://t.example>ok",
            "<meta http-equiv=refresh content='0;url=https://t.example'>ok",
            "<img srcset='https://t.example/1 2x'>ok",
            "<!--[if mso]><img src=https://t.example/1><![endif]-->ok",
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">ok</noscript>",
        ] {
            let shown = show(html, RemoteImages::Blocked).html;
            for forbidden in [
                "t.example",
                "alert",
                "script",
                "onerror",
                "position",
                "expression",
                "data:",
            ] {
                assert!(!shown.contains(forbidden), "{html} became {shown}");
            }
        }
    }

    #[test]
    fn remote_pictures_are_blocked_counted_and_restorable() {
        let html = "<img src=https://a.example/1.png width=300><img src='HTTP://a.example/2.png'><img src=https://a.example/open.gif width=1 height=1><img src=https://a.example/h.gif style='display: none !important'>";
        let blocked = show(html, RemoteImages::Blocked);
        assert_eq!((blocked.blocked_images, blocked.tracking_pixels), (2, 2));
        assert!(!blocked.html.contains("a.example"));
        let shown = show(html, RemoteImages::ThroughProxy);
        assert_eq!((shown.blocked_images, shown.tracking_pixels), (0, 2));
        assert_eq!(shown.html.matches("https://proxy.example.com/?").count(), 2);
        assert!(!shown.html.contains("a.example"));
    }

    #[test]
    fn pictures_in_the_mail_are_shown() {
        let shown = show(
            "<img src='cid:logo%401'><img src=cid:logo@1><img src=cid:other><img src='data:image/png;base64,AAAA'><img src='data:image/svg+xml;base64,AAAA'>",
            RemoteImages::Blocked,
        );
        assert_eq!(shown.shown_content_ids, ["logo@1"]);
        assert_eq!(shown.html.matches("https://files.example.com/1").count(), 2);
        assert_eq!(shown.html.matches("data:").count(), 1);
        assert!(!shown.html.contains("cid:"));
    }

    #[test]
    fn what_people_write_stays() {
        let shown = show(
            "<div style='color: red; position: absolute'><b>Hi</b> <a href='https://e.com/?a=1&amp;b=2'>there</a><table border=1><tr><td colspan=2>x</td></tr></table></div>",
            RemoteImages::Blocked,
        );
        insta::assert_snapshot!(shown.html);
    }

    #[test]
    fn what_would_exhaust_a_browser_is_not_shown() {
        let options = DisplayOptions {
            remote_images: RemoteImages::Blocked,
            inline_images: HashMap::new(),
            image_proxy: Arc::new(|_| String::new()),
        };
        for html in [
            "<div><b>".repeat(100_000),
            "<a x=1><i>".repeat(20_000),
            "a".repeat(HTML_LIMIT + 1),
        ] {
            assert_eq!(clean_for_display(&html, &options), None);
            assert_eq!(clean_outgoing(&html), "");
        }
        assert!(clean_for_display(&"<p>a<br>".repeat(10_000), &options).is_some());
    }

    #[test]
    fn an_agents_pictures_stay() {
        let html = clean_outgoing(
            "<p>Hi<img src=cid:a><img src=http://e.com/1><img src=https://e.com/2><script>x</script></p>",
        );
        assert!(
            html.contains("cid:a")
                && html.contains("https://e.com/2")
                && !html.contains("http://e.com/1")
                && !html.contains("script")
        );
    }
}
