//! Sitemaps: lists of pages, or of further such lists, as XML or as lines of text.

use quick_xml::Reader;
use quick_xml::events::Event;

/// Bytes of one, unpacked.
pub const LARGEST: usize = 10 * 1024 * 1024;
/// Addresses of one, as the protocol has it.
const MOST: usize = 50_000;

/// What one lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sitemap {
    /// Pages.
    pub pages: Vec<String>,
    /// Further sitemaps.
    pub sitemaps: Vec<String>,
}

/// Reads one; of a damaged one what stands before the damage.
pub fn read(bytes: &[u8]) -> Sitemap {
    let mut found = Sitemap::default();
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('<') {
        found.pages = text
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("http"))
            .take(MOST)
            .map(str::to_owned)
            .collect();
        return found;
    }
    let mut reader = Reader::from_str(text);
    let (mut is_list_of_lists, mut is_within) = (false, false);
    let mut place = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => match tag.local_name().as_ref() {
                b"sitemap" => is_list_of_lists = true,
                b"url" => is_list_of_lists = false,
                b"loc" => {
                    is_within = true;
                    place.clear();
                }
                _ => {}
            },
            Ok(Event::Text(words)) if is_within => match words.unescape() {
                Ok(words) => place.push_str(&words),
                Err(_) => place.clear(),
            },
            Ok(Event::CData(words)) if is_within => {
                place.push_str(&String::from_utf8_lossy(&words));
            }
            Ok(Event::End(tag)) if tag.local_name().as_ref() == b"loc" => {
                is_within = false;
                let list = if is_list_of_lists {
                    &mut found.sitemaps
                } else {
                    &mut found.pages
                };
                if !place.trim().is_empty() {
                    list.push(place.trim().to_owned());
                }
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
        if found.pages.len() + found.sitemaps.len() >= MOST {
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_lists_are_told_apart() {
        let index = br#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "eeee">]><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
            <sitemap><loc> https://a.example/1.xml </loc></sitemap><sitemap><loc>https://a.example/2.xml?a=1&amp;b=2</loc></sitemap></sitemapindex>"#;
        assert_eq!(
            read(index).sitemaps,
            ["https://a.example/1.xml", "https://a.example/2.xml?a=1&b=2"]
        );
        let pages = b"<urlset><url><loc><![CDATA[https://a.example/x]]></loc><lastmod>2026-01-01</lastmod></url><url><loc>https://a.example/&e;</loc></url><url><loc>https://a.example/y</loc><";
        assert_eq!(
            read(pages).pages,
            ["https://a.example/x", "https://a.example/y"]
        );
        assert_eq!(
            read(b"\xef\xbb\xbfhttps://a.example/z\nftp://no\n").pages,
            ["https://a.example/z"]
        );
        assert_eq!(read(b"\xff\xfe\0"), Sitemap::default());
    }
}
