//! Addresses of pages: the same page has the same address, however it is linked.

use url::Url;

/// Longest address that is visited.
pub const LONGEST: usize = 2048;
/// Parameters that say where a visitor comes from, and nothing of the page.
const MARKS: &[&str] = &[
    "gclid",
    "fbclid",
    "msclkid",
    "dclid",
    "yclid",
    "mc_cid",
    "mc_eid",
    "igshid",
    "phpsessid",
    "jsessionid",
    "sessionid",
];
/// Endings of what holds no page.
const NO_PAGES: &[&str] = &[
    "jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "ico", "bmp", "css", "js", "mjs", "json",
    "xml", "rss", "atom", "pdf", "zip", "gz", "tgz", "rar", "7z", "exe", "dmg", "apk", "iso",
    "mp3", "mp4", "webm", "avi", "mov", "woff", "woff2", "ttf", "eot", "doc", "docx", "xls",
    "xlsx", "ppt", "pptx", "csv",
];
/// How often one part may stand in a path: more of it is a link that leads into itself.
const MOST_REPEATS: usize = 3;

/// The address that a link of a page leads to, in the one form it is known by; nothing for what is no page.
pub fn resolve(base: &Url, link: &str) -> Option<Url> {
    let link = link.trim();
    if link.is_empty() || link.starts_with('#') {
        return None;
    }
    normal(base.join(link).ok()?)
}

/// An address in the one form it is known by; nothing for what cannot be visited.
pub fn normal(mut url: Url) -> Option<Url> {
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return None;
    }
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    url.set_fragment(None);
    if url.query().is_some() {
        let kept: Vec<&str> = url
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| {
                let name = pair.split('=').next().unwrap_or_default().to_lowercase();
                !name.is_empty() && !name.starts_with("utm_") && !MARKS.contains(&name.as_str())
            })
            .collect();
        let query = kept.join("&");
        url.set_query((!query.is_empty()).then_some(query.as_str()));
    }
    (url.as_str().len() <= LONGEST).then_some(url)
}

/// Whether an address looks like that of a page, and not of a picture, a program or a link that leads into itself.
pub fn is_page(url: &Url) -> bool {
    let path = url.path();
    let last = path.rsplit('/').next().unwrap_or_default();
    if last
        .rsplit_once('.')
        .is_some_and(|(_, ending)| NO_PAGES.contains(&ending.to_ascii_lowercase().as_str()))
    {
        return false;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    !parts
        .iter()
        .any(|part| parts.iter().filter(|other| other == &part).count() > MOST_REPEATS)
}

/// The site an address is of: its host, and the port where it is not the usual one. By http and https it is the same.
pub fn site(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(match url.port() {
        Some(80 | 443) | None => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    })
}
