//! What a website sends when it is scanned: its robots.txt, its sitemaps, its pages.

use romashka_knowledge::pages::robots::{self, Robots};
use romashka_knowledge::pages::{self, Source, address, sitemap};
use url::Url;

use super::{assert_clean, lines};

/// A path on the first line, and what a robots.txt says of it.
pub fn robots(data: &[u8]) {
    let ([path], text) = lines::<1>(data);
    let said = Robots::parse(&String::from_utf8_lossy(text));
    assert!(said.allows("/robots.txt"), "it may always be read");
    assert!(said.rules.len() <= 2_000 && said.sitemaps.len() <= 50);
    assert!(said.pause.is_none_or(|pause| (0.0..=30.0).contains(&pause)));
    let is_allowed = said.allows(path);
    assert!(is_allowed || said.rules.iter().any(|(allows, _)| !allows));
    // It is kept with the scan between two pages.
    let kept = serde_json::to_string(&said).expect("text and numbers");
    let read: Robots = serde_json::from_str(&kept).expect("what was just written");
    assert_eq!(read.allows(path), is_allowed);
    assert!(text.len() < robots::LARGEST || said.rules.len() <= text.len());
}

/// A sitemap, and the addresses it lists.
pub fn sitemap(data: &[u8]) {
    let found = sitemap::read(data);
    assert!(found.pages.len() + found.sitemaps.len() <= 50_000);
    let base = Url::parse("https://example.com/help/sitemap.xml").expect("an address");
    for link in found.pages.iter().chain(&found.sitemaps) {
        assert!(!link.trim().is_empty() && link.len() <= data.len());
        address_of(&base, link);
    }
    if let Ok(link) = std::str::from_utf8(data) {
        address_of(&base, link);
    }
}

/// A page has one address, whichever way it is linked.
fn address_of(base: &Url, link: &str) {
    let Some(url) = address::resolve(base, link) else {
        return;
    };
    assert!(matches!(url.scheme(), "http" | "https"), "{url}");
    assert!(url.as_str().len() <= address::LONGEST && url.fragment().is_none());
    assert!(url.username().is_empty() && url.password().is_none());
    assert!(address::site(&url).is_some_and(|site| !site.is_empty()));
    assert_eq!(address::resolve(&url, url.as_str()).as_ref(), Some(&url));
    address::is_page(&url);
}

/// What the headers `Content-Type` and `X-Robots-Tag` say on two lines, and a page.
pub fn page(data: &[u8]) {
    let ([content_type, directives], body) = lines::<2>(data);
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let source = Source {
        url: "https://example.com/help/page.html".to_owned(),
        content_type: given(content_type),
        robots: given(directives),
    };
    let read = pages::read(&source, body);
    assert_eq!(
        read,
        pages::read(&source, body),
        "the same page twice is one"
    );
    let Ok(page) = read else {
        return;
    };
    assert!(!page.title.is_empty() && page.title.chars().count() <= 500);
    for text in [&page.title, &page.content]
        .into_iter()
        .chain(&page.headings)
        .chain(&page.description)
        .chain(&page.language)
    {
        assert_clean(text);
    }
    assert!((0.0..=1.0).contains(&page.quality), "{}", page.quality);
    assert_eq!(page.checksum.len(), 64);
    assert!(page.sketch.is_none_or(
        |sketch| sketch.len() == 128 && sketch.bytes().all(|digit| digit.is_ascii_hexdigit())
    ));
    assert!(!page.is_dead_end || page.links.is_empty());
    let base = Url::parse(&source.url).expect("an address");
    for link in page.links.iter().chain(&page.canonical) {
        address_of(&base, link);
    }
    assert!(page.links.iter().all(|link| *link != source.url));
}
