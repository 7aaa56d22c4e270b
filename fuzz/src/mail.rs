//! Mails, their HTML, their parts, and archives of them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use regex::Regex;
use romashka_channels::email::display::{
    DisplayOptions, RemoteImages, clean_for_display, clean_outgoing,
};
use romashka_channels::email::mbox::{Content, MboxReader};
use romashka_channels::email::threading::{OurSide, base_subject, candidates};
use romashka_channels::email::{
    Mail, ParseOptions, calendar, charset, cms, date, header, html_quotes, html_text, parameter,
    quotes, tnef,
};

use super::{assert_clean, assert_file_name, lines, squeezed};

/// Where the pictures of a mail are taken from.
const FILES: &str = "https://files.example.com/";
/// Memory of one mail of an archive.
const ARCHIVE_LIMIT: usize = 4_096;

/// A whole mail, delivery reports, calendars and files of other formats in it among them.
pub fn message(data: &[u8]) {
    let options = ParseOptions {
        now: Timestamp::UNIX_EPOCH,
        envelope_date: None,
        our_servers: vec!["mx.example.com".to_owned()],
    };
    let mail = Mail::parse(data, &options);
    for text in [&mail.text, &mail.subject, &mail.base_subject.text] {
        assert_clean(text);
    }
    assert_clean(mail.visible_text());
    assert_eq!(mail.size, data.len());
    for person in mail.recipients().chain(&mail.from).chain(&mail.reply_to) {
        assert_clean(&person.name);
        assert_clean(&person.address);
    }
    for file in &mail.attachments {
        assert_file_name(&file.name);
    }
    assert!(mail.external_id().len() <= 2_000);
    assert!(!mail.external_id().contains(['\r', '\n', '\0']));
    candidates(
        &mail,
        &OurSide {
            addresses: vec!["support@example.com".to_owned()],
            message_id_hosts: vec!["example.com".to_owned()],
        },
    );
    if let Some(html) = &mail.html {
        shown(html);
    }
    assert_eq!(
        Mail::parse(data, &options).content_hash,
        mail.content_hash,
        "the same mail twice is one"
    );
}

/// HTML of a mail or of an agent's editor.
pub fn html(data: &[u8]) {
    let html = String::from_utf8_lossy(data);
    shown(&html);
    assert_harmless(&html, &clean_outgoing(&html), &["cid:", "https:"]);
    assert_clean(&html_text::to_text(&charset::clean(&html)));
    assert!(html_quotes::split(&html, false).visible_html.len() <= html.len());
    html_quotes::split(&html, true);
}

fn shown(html: &str) {
    let options = DisplayOptions {
        remote_images: RemoteImages::Blocked,
        inline_images: HashMap::from([("a".to_owned(), format!("{FILES}a"))]),
        image_proxy: Arc::new(|_| String::new()),
    };
    if let Some(shown) = clean_for_display(html, &options) {
        assert_harmless(html, &shown.html, &[FILES]);
    }
}

/// The cleaner writes every tag in one form, and in a text `<` does not occur: what does not fit the form is an escape.
fn assert_harmless(html: &str, shown: &str, pictures: &[&str]) {
    static TAG: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"<([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>"#).expect("a pattern")
    });
    static ATTRIBUTE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#" ([a-z-]+)="([^"]*)""#).expect("a pattern"));
    let closing = shown.matches("</").count();
    assert_eq!(
        TAG.find_iter(shown).count() + closing,
        shown.matches('<').count(),
        "{html:?} became {shown:?}"
    );
    for tag in TAG.captures_iter(shown) {
        let is_active = matches!(
            &tag[1],
            "script"
                | "style"
                | "svg"
                | "math"
                | "iframe"
                | "object"
                | "form"
                | "noscript"
                | "base"
                | "meta"
                | "link"
                | "template"
                | "textarea"
                | "title"
        );
        assert!(!is_active, "{html:?} became {shown:?}");
        for attribute in ATTRIBUTE.captures_iter(&tag[2]) {
            // A browser takes the blanks away that stand around an address.
            let value = attribute[2].trim().to_lowercase();
            let is_harmless = match &attribute[1] {
                "src" => {
                    is_picture(&value) || pictures.iter().any(|start| value.starts_with(start))
                }
                "href" => ["https:", "http:", "mailto:", "tel:"]
                    .iter()
                    .any(|start| value.starts_with(start)),
                "style" => !["url(", "expression", "@import", "\\"]
                    .iter()
                    .any(|word| value.contains(word)),
                name => {
                    !name.starts_with("on") && !matches!(name, "srcset" | "id" | "class" | "srcdoc")
                }
            };
            assert!(is_harmless, "{html:?} became {shown:?}");
        }
    }
}

/// A picture that stands in the mail itself and cannot hold a script.
fn is_picture(value: &str) -> bool {
    ["png", "jpeg", "jpg", "gif", "webp"]
        .iter()
        .any(|kind| value.starts_with(&format!("data:image/{kind};base64,")))
}

/// The layers of a mail, one by one. The first line names the charset and may hold a date.
pub fn parts(data: &[u8]) {
    let ([label], rest) = lines::<1>(data);
    assert_clean(&charset::decode(rest, Some(label), None).text);
    assert_clean(&charset::decode(rest, None, Some("ru")).text);
    date::parse(label);
    date::parse_separator_date(label);
    assert_clean(&header::decode_text(rest, Some("ru")));
    for person in header::parse_addresses(rest) {
        assert_clean(&person.address);
        assert!(person.address.len() <= rest.len().max(1) * 4);
    }
    for id in header::parse_ids(rest) {
        assert_clean(&id);
    }
    parameter::Parameterised::parse(rest);
    if let Some(content) = cms::signed_content(rest) {
        assert!(content.len() <= rest.len());
    }
    tnef::read(rest);
    let text = charset::decode(rest, None, None).text;
    base_subject(&text);
    if let Some(invitation) = calendar::parse(&text, None) {
        assert_clean(&invitation.summary);
        assert!(invitation.summary.chars().count() <= 500);
    }
    for is_forwarded in [false, true] {
        let parts = quotes::split(&text, is_forwarded);
        let all = [
            parts.visible,
            parts.signature.unwrap_or_default(),
            parts.quoted.unwrap_or_default(),
        ];
        assert_eq!(squeezed(&all.concat()), squeezed(&text));
    }
}

/// An archive in one of the forms of mbox, or a single mail.
pub fn archive(data: &[u8]) {
    let mut end = 0;
    for entry in MboxReader::new(data, 0, ARCHIVE_LIMIT) {
        let entry = entry.expect("bytes in memory can be read");
        assert!(entry.start >= end && entry.end > entry.start, "{entry:?}");
        end = entry.end;
        if let Content::Mail(mail) = &entry.content {
            assert!(mail.len() <= ARCHIVE_LIMIT);
        }
    }
    let end = usize::try_from(end).expect("an offset");
    // What is not blank is in a mail. A line may begin with a byte order mark and be blank behind it.
    let is_blank = |line: &[u8]| {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        line.trim_ascii().is_empty()
    };
    assert!(
        data[end..].split(|byte| *byte == b'\n').all(is_blank),
        "{end} of {}",
        data.len()
    );
}
