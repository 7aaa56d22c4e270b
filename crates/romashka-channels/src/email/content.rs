//! Body and files of a mail.
//!
//! Invariant: every leaf of the mail ends up as text, as HTML or as an attachment; nothing is dropped because its type
//! or place is unusual. Several inline texts are joined in their order.

use std::collections::HashSet;

use super::attachment::{Attachment, clean_name, content_type_for};
use super::calendar::{self, Invitation};
use super::charset;
use super::cms;
use super::html_text;
use super::message::{Notice, attachment_of};
use super::mime::{Part, decode_uuencode, unflow};
use super::tnef;

/// Longer texts (bytes) are shortened; the whole text is kept as an attachment.
pub const TEXT_LIMIT: usize = 256 * 1024;
/// Longer HTML (bytes) is shortened; the whole document is kept as an attachment.
pub const HTML_LIMIT: usize = 2 * 1024 * 1024;
/// Envelopes inside of envelopes that are opened.
const UNWRAP_LIMIT: usize = 2;

/// What a mail holds.
#[derive(Debug, Default)]
pub struct Content {
    /// Plain text; made from the HTML when the mail has none.
    pub text: String,
    /// HTML.
    pub html: Option<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Invitation.
    pub invitation: Option<Invitation>,
    /// Remarks.
    pub notices: Vec<Notice>,
}

/// Reads the content below `root`; `tld` helps to guess charsets.
pub fn read(root: &Part<'_>, tld: Option<&str>) -> Content {
    let mut collector = Collector {
        tld,
        depth: 0,
        ..Collector::default()
    };
    collector.read(root, Place::Body);
    collector.finish()
}

/// Where a part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Inline parts are content.
    Body,
    /// One of several forms of the same content.
    Alternative,
    /// Beside the root of a multipart/related: only referenced.
    Related,
}

#[derive(Default)]
struct Collector<'t> {
    tld: Option<&'t str>,
    depth: usize,
    texts: Vec<String>,
    /// HTML or, between HTML parts, text as HTML.
    htmls: Vec<String>,
    has_html: bool,
    attachments: Vec<Attachment>,
    invitation: Option<Invitation>,
    notices: Vec<Notice>,
}

impl Collector<'_> {
    fn read(&mut self, part: &Part<'_>, place: Place) {
        match part.content_type.value.as_str() {
            "multipart/alternative" => self.read_alternative(part),
            "multipart/related" => {
                let start = part
                    .content_type
                    .parameter("start")
                    .map(|id| id.trim_matches(['<', '>']).to_owned());
                let root = start
                    .and_then(|id| {
                        part.children.iter().position(|child| {
                            child
                                .headers
                                .text("Content-ID")
                                .is_some_and(|found| found.trim().trim_matches(['<', '>']) == id)
                        })
                    })
                    .unwrap_or(0);
                for (index, child) in part.children.iter().enumerate() {
                    self.read(child, if index == root { place } else { Place::Related });
                }
            }
            "multipart/signed" => {
                self.notices.push(Notice::Signed);
                for (index, child) in part.children.iter().enumerate() {
                    self.read(child, if index == 0 { place } else { Place::Related });
                }
            }
            "multipart/encrypted" => {
                self.notices.push(Notice::Encrypted);
                part.children.iter().for_each(|child| self.attach(child));
            }
            "multipart/report" => {
                // The first part is for people, the others for programs.
                for (index, child) in part.children.iter().enumerate() {
                    self.read(child, if index == 0 { place } else { Place::Related });
                }
            }
            kind if kind.starts_with("multipart/") => {
                for child in &part.children {
                    self.read(
                        child,
                        if place == Place::Alternative {
                            Place::Body
                        } else {
                            place
                        },
                    );
                }
            }
            _ => self.read_leaf(part, place),
        }
    }

    /// Takes the richest HTML and the plain text; other forms of the content are attachments.
    fn read_alternative(&mut self, part: &Part<'_>) {
        let (texts_before, htmls_before) = (self.texts.len(), self.htmls.len());
        for child in &part.children {
            self.read(child, Place::Alternative);
        }
        let text: Vec<String> = self.texts.split_off(texts_before);
        let html: Vec<String> = self.htmls.split_off(htmls_before);
        // A form may be missing; it is then made from the other one, here and not over the whole mail, so that
        // several blocks stay in order.
        let joined_html = html.join("\n");
        let joined_text = text.join("\n");
        if html.is_empty() {
            self.htmls.push(text_to_html(&joined_text));
        } else {
            self.has_html = true;
            self.htmls.push(joined_html.clone());
        }
        self.texts.push(if joined_text.trim().is_empty() {
            html_text::to_text(&joined_html)
        } else {
            joined_text
        });
    }

    fn read_leaf(&mut self, part: &Part<'_>, place: Place) {
        let kind = part.content_type.value.as_str();
        let attached = part.disposition_kind() == "attachment";
        let named = part.file_name().is_some();
        match kind {
            "text/plain" | "text/html" | "text/enriched"
                if !attached
                    && place != Place::Related
                    && !(named && place == Place::Body && self.has_content()) =>
            {
                self.read_text(part, place);
            }
            "text/calendar" | "application/ics" => self.read_calendar(part),
            "application/ms-tnef" | "application/vnd.ms-tnef" => self.read_tnef(part),
            _ if part
                .file_name()
                .is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat")) =>
            {
                self.read_tnef(part)
            }
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => self.read_smime(part, place),
            "message/partial" => {
                self.notices.push(Notice::Fragment);
                self.attach(part);
            }
            _ => self.attach(part),
        }
    }

    fn has_content(&self) -> bool {
        self.texts.iter().any(|text| !text.trim().is_empty())
    }

    fn read_text(&mut self, part: &Part<'_>, place: Place) {
        let bytes = part.decoded();
        let label = part.content_type.parameter("charset");
        let mut decoded = charset::decode(&bytes, label, self.tld);
        if decoded.guessed && !bytes.is_ascii() {
            self.notices.push(Notice::CharsetGuessed);
        }
        if part.is("text/html") {
            if label.is_none()
                && decoded.guessed
                && decoded.charset != "UTF-8"
                && let Some(label) = meta_charset(&bytes)
            {
                decoded = charset::decode(&bytes, Some(&label), self.tld);
            }
            let html = self.shorten(
                decoded.text,
                HTML_LIMIT,
                Notice::HtmlShortened,
                "message.html",
                "text/html",
            );
            if place != Place::Alternative {
                self.has_html = true;
                self.texts.push(html_text::to_text(&html));
            }
            self.htmls.push(html);
            return;
        }
        let mut text = decoded.text.replace("\r\n", "\n").replace('\r', "\n");
        if part
            .content_type
            .parameter("format")
            .is_some_and(|format| format.eq_ignore_ascii_case("flowed"))
        {
            let delete = part
                .content_type
                .parameter("delsp")
                .is_some_and(|value| value.eq_ignore_ascii_case("yes"));
            text = unflow(&text, delete);
        }
        while let Some(found) = decode_uuencode(text.as_bytes()) {
            let name = clean_name(Some(&found.name), "");
            self.attachments.push(Attachment {
                content_type: content_type_for(&name, ""),
                name,
                content_id: None,
                content_location: None,
                inline: false,
                data: found.data,
            });
            text.replace_range(found.range, "");
        }
        if text.contains("-----BEGIN PGP MESSAGE-----") {
            self.notices.push(Notice::Encrypted);
        } else if text.contains("-----BEGIN PGP SIGNED MESSAGE-----") {
            self.notices.push(Notice::Signed);
        }
        let text = self.shorten(
            text,
            TEXT_LIMIT,
            Notice::TextShortened,
            "message.txt",
            "text/plain",
        );
        if place != Place::Alternative {
            self.htmls.push(text_to_html(&text));
        }
        self.texts.push(text);
    }

    /// Cuts a text at the limit and keeps the whole one as an attachment.
    fn shorten(
        &mut self,
        text: String,
        limit: usize,
        notice: Notice,
        name: &str,
        content_type: &str,
    ) -> String {
        if text.len() <= limit {
            return text;
        }
        let mut end = limit;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let shortened = text[..end].to_owned();
        self.notices.push(notice);
        self.attachments.push(Attachment {
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            content_id: None,
            content_location: None,
            inline: false,
            data: text.into_bytes(),
        });
        shortened
    }

    fn attach(&mut self, part: &Part<'_>) {
        if part.is_multipart() {
            part.children.iter().for_each(|child| self.attach(child));
            return;
        }
        let mut attachment = attachment_of(part);
        if attachment.data.is_empty() && part.file_name().is_none() {
            return;
        }
        if part.is("message/rfc822") && part.file_name().is_none() {
            let body = part.decoded();
            let (headers, _) = super::header::Headers::parse(&body);
            if let Some(subject) = headers
                .text("Subject")
                .filter(|subject| !subject.trim().is_empty())
            {
                attachment.name = clean_name(
                    Some(&format!("{}.eml", subject.replace(['/', '\\'], "_"))),
                    "message/rfc822",
                );
            }
        }
        self.attachments.push(attachment);
    }

    fn read_calendar(&mut self, part: &Part<'_>) {
        let bytes = part.decoded();
        let text = charset::decode(
            &bytes,
            part.content_type.parameter("charset").or(Some("utf-8")),
            self.tld,
        )
        .text;
        let found = calendar::parse(&text, part.content_type.parameter("method"));
        // The same invitation often comes twice, as an alternative and as a file.
        let is_copy = match (&self.invitation, &found) {
            (Some(known), Some(found)) => known.uid == found.uid,
            _ => false,
        };
        if is_copy {
            return;
        }
        self.invitation = self.invitation.take().or(found);
        let mut attachment = attachment_of(part);
        if part.file_name().is_none() {
            attachment.name = "invite.ics".to_owned();
        }
        self.attachments.push(attachment);
    }

    fn read_tnef(&mut self, part: &Part<'_>) {
        let bytes = part.decoded();
        let Some(contents) = tnef::read(&bytes)
            .filter(|contents| contents.html.is_some() || !contents.files.is_empty())
        else {
            return self.attach(part);
        };
        self.notices.push(Notice::Tnef);
        if let Some(html) = contents.html.filter(|_| !self.has_html) {
            let label = meta_charset(&html);
            let html = charset::decode(&html, label.as_deref(), self.tld).text;
            if !self.has_content() {
                self.texts.push(html_text::to_text(&html));
                self.htmls.clear();
            }
            self.has_html = true;
            self.htmls = vec![html];
        }
        for file in contents.files {
            let declared = file.content_type.unwrap_or_default();
            let name = clean_name(Some(&file.name), &declared);
            self.attachments.push(Attachment {
                content_type: content_type_for(&name, &declared),
                name,
                content_id: file.content_id,
                content_location: None,
                inline: false,
                data: file.data,
            });
        }
    }

    fn read_smime(&mut self, part: &Part<'_>, place: Place) {
        let content = (self.depth < UNWRAP_LIMIT)
            .then(|| cms::signed_content(&part.decoded()))
            .flatten();
        match content {
            Some(content) => {
                self.notices.push(Notice::Signed);
                self.depth += 1;
                let (inner, cut) = Part::parse(&content);
                if cut {
                    self.notices.push(Notice::PartsLeftOut);
                }
                self.read(&inner, place);
                self.depth -= 1;
            }
            None => {
                let certificates = part
                    .content_type
                    .parameter("smime-type")
                    .is_some_and(|kind| kind.eq_ignore_ascii_case("certs-only"));
                if !certificates {
                    self.notices.push(Notice::Encrypted);
                }
                self.attach(part);
            }
        }
    }

    fn finish(mut self) -> Content {
        let html = self
            .has_html
            .then(|| self.htmls.join("\n"))
            .filter(|html| !html.trim().is_empty());
        if let Some(html) = &html {
            mark_inline(html, &mut self.attachments);
        }
        let joined: Vec<&str> = self
            .texts
            .iter()
            .map(|text| text.trim_end())
            .filter(|text| !text.trim().is_empty())
            .collect();
        Content {
            text: joined.join("\n\n"),
            html,
            attachments: self.attachments,
            invitation: self.invitation,
            notices: self.notices,
        }
    }
}

/// Marks the files that the HTML shows by `cid:` or by location.
fn mark_inline(html: &str, attachments: &mut [Attachment]) {
    if attachments
        .iter()
        .all(|file| file.content_id.is_none() && file.content_location.is_none())
    {
        return;
    }
    let mut referenced: HashSet<String> = HashSet::new();
    for (position, _) in html.match_indices("cid:") {
        let rest = &html[position + 4..];
        let length = rest
            .find(|character: char| {
                character.is_whitespace() || matches!(character, '"' | '\'' | '>' | ')' | '<')
            })
            .unwrap_or(rest.len())
            .min(500);
        if let Some(id) = rest.get(..length) {
            referenced.insert(percent_decoded(id));
        }
    }
    for file in attachments {
        let by_id = file
            .content_id
            .as_ref()
            .is_some_and(|id| referenced.contains(id));
        let by_location = file
            .content_location
            .as_ref()
            .is_some_and(|location| location.len() > 4 && html.contains(location.as_str()));
        file.inline = by_id || by_location;
    }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut position = 0;
    while position < bytes.len() {
        match (
            bytes[position],
            super::mime::hex_pair(&bytes[position + 1..]),
        ) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                position += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                position += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).replace("&amp;", "&")
}

/// `<meta charset=…>` within the first bytes.
fn meta_charset(bytes: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(2_048)]).to_ascii_lowercase();
    let position = start.find("charset=")? + 8;
    let label: String = start[position..]
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|character| {
            character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | ':')
        })
        .collect();
    (!label.is_empty()).then_some(label)
}

/// Plain text as HTML that shows the same.
pub fn text_to_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 32);
    html.push_str("<div>");
    for character in text.trim_end().chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '\n' => html.push_str("<br>\n"),
            character => html.push(character),
        }
    }
    html.push_str("</div>");
    html
}
