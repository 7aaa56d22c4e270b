//! What comes of a request: a report in the form that the database's verb takes.

use std::time::Duration;

use romashka_knowledge::document::Refusal;
use romashka_knowledge::pages::robots::{self, Robots};
use romashka_knowledge::pages::{self, Page, Source, address, sitemap};
use serde_json::{Value, json};
use url::Url;

use super::fetch::{Failure, Fetched, Fetcher, Wanted, unpacked};
use super::queue::Claimed;
use crate::knowledge::files::Reader;

/// Redirects of a robots.txt that are followed (RFC 9309, 2.3.1.2).
const MOST_REDIRECTS: usize = 5;
/// How deep sitemaps list further ones.
const DEEPEST_SITEMAP: i32 = 2;
/// Sitemaps of one list.
const MOST_SITEMAPS: usize = 50;
const PAGE: &str = "text/html,application/xhtml+xml;q=0.9";

/// What became of a request.
#[derive(Debug)]
pub(super) struct Report(Value);

impl Report {
    fn new(outcome: &str) -> Report {
        Report(json!({"outcome": outcome, "was_asked": true}))
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Report {
        self.0[name] = value.into();
        self
    }

    fn reason(self, code: &str, detail: impl Into<String>) -> Report {
        self.with("code", code).with("detail", detail.into())
    }

    fn answered(self, fetched: &Fetched) -> Report {
        self.with("http_status", fetched.status)
            .with("bytes", fetched.bytes)
    }

    /// The report as JSON.
    pub fn value(&self) -> &Value {
        &self.0
    }
}

impl Fetcher {
    /// Does what was claimed.
    pub async fn visit(&self, reader: &Reader, claimed: &Claimed) -> Report {
        let Ok(url) = Url::parse(&claimed.url) else {
            return Report::new("failed").reason("invalid_url", "is not an address");
        };
        match claimed.kind.as_str() {
            "robots" => self.robots(&url, claimed).await,
            "sitemap" => self.sitemap(&url, claimed).await,
            _ => self.page(&url, reader, claimed).await,
        }
    }

    async fn robots(&self, url: &Url, claimed: &Claimed) -> Report {
        let mut place = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let wanted = Wanted {
                url: &place,
                accept: "text/plain",
                etag: None,
                last_modified: None,
                limit: robots::LARGEST,
                is_cut: true,
            };
            let fetched = match self.fetch(wanted).await {
                Ok(fetched) => fetched,
                Err(failure) => return failed(&failure, claimed.attempt),
            };
            match fetched.status {
                200..=299 => {
                    let rules = Robots::parse(&String::from_utf8_lossy(&fetched.body));
                    return ruled(&rules, url, claimed).answered(&fetched);
                }
                429 | 500..=599 => return busy(&fetched, claimed.attempt),
                300..=399 => {
                    let next = fetched
                        .location
                        .as_deref()
                        .and_then(|location| address::resolve(&place, location));
                    match next {
                        Some(next) => place = next,
                        None => return unruled(url, claimed).answered(&fetched),
                    }
                }
                // What is not there forbids nothing.
                _ => return unruled(url, claimed).answered(&fetched),
            }
        }
        unruled(url, claimed)
    }

    async fn sitemap(&self, url: &Url, claimed: &Claimed) -> Report {
        let wanted = Wanted {
            url,
            accept: "application/xml,text/xml,text/plain;q=0.5",
            etag: None,
            last_modified: None,
            limit: sitemap::LARGEST,
            is_cut: false,
        };
        let mut fetched = match self.fetch(wanted).await {
            Ok(fetched) => fetched,
            Err(failure) => return failed(&failure, claimed.attempt),
        };
        match fetched.status {
            200..=299 => {}
            429 | 500..=599 => return busy(&fetched, claimed.attempt),
            300..=399 => return self.redirected(url, &fetched, claimed),
            status => {
                return Report::new("excluded")
                    .reason(&format!("http_{status}"), "there is none")
                    .answered(&fetched);
            }
        }
        let body = match unpacked(std::mem::take(&mut fetched.body), sitemap::LARGEST) {
            Ok(body) => body,
            Err(_) => {
                return Report::new("failed")
                    .reason(
                        "too_large",
                        "it is damaged, or too large when it is unpacked",
                    )
                    .answered(&fetched);
            }
        };
        let found = sitemap::read(&body);
        let mut links = Vec::new();
        for link in &found.pages {
            if let Some(page) = address::resolve(url, link).filter(address::is_page) {
                links.extend(lead(&page, "page", 1, &claimed.site));
            }
        }
        if claimed.depth < DEEPEST_SITEMAP {
            for link in found.sitemaps.iter().take(MOST_SITEMAPS) {
                if let Some(list) = address::resolve(url, link) {
                    links.extend(lead(&list, "sitemap", claimed.depth + 1, &claimed.site));
                }
            }
        }
        Report::new("read").answered(&fetched).with("links", links)
    }

    async fn page(&self, url: &Url, reader: &Reader, claimed: &Claimed) -> Report {
        if let Some(rules) = &claimed.rules {
            let rules: Robots = serde_json::from_value(rules.clone()).unwrap_or_default();
            let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
            if !rules.allows(path) {
                return Report::new("excluded")
                    .reason("robots", "the site's robots.txt does not allow it")
                    .with("was_asked", false);
            }
        }
        let wanted = Wanted {
            url,
            accept: PAGE,
            etag: claimed.etag.as_deref(),
            last_modified: claimed.last_modified.as_deref(),
            limit: pages::LARGEST,
            is_cut: false,
        };
        let fetched = match self.fetch(wanted).await {
            Ok(fetched) => fetched,
            Err(failure) => return failed(&failure, claimed.attempt),
        };
        match fetched.status {
            200..=299 => {}
            304 => return Report::new("unchanged").answered(&fetched),
            404 | 410 => {
                return Report::new("gone")
                    .reason(&format!("http_{}", fetched.status), "there is no such page")
                    .answered(&fetched);
            }
            408 | 425 | 429 | 500..=599 => return busy(&fetched, claimed.attempt),
            300..=399 => return self.redirected(url, &fetched, claimed),
            status => {
                return Report::new("failed")
                    .reason(&format!("http_{status}"), "the site does not give it out")
                    .answered(&fetched);
            }
        }
        let kind = fetched.content_type.clone().unwrap_or_default();
        let essence = kind
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if !matches!(essence.as_str(), "" | "text/html" | "application/xhtml+xml") {
            let detail = format!("it is {}", essence.chars().take(80).collect::<String>());
            return Report::new("excluded")
                .reason("not_html", detail)
                .answered(&fetched);
        }
        let source = Source {
            url: url.to_string(),
            content_type: fetched.content_type.clone(),
            robots: fetched.robots.clone(),
        };
        match reader.read_page(&source, &fetched.body).await {
            Ok(page) => read(&page, url, &fetched, claimed),
            Err(refusal) => {
                let code = match &refusal {
                    Refusal::Stopped { .. } => "reader_stopped",
                    refusal => refusal.code(),
                };
                Report::new("failed")
                    .reason(code, refusal.to_string())
                    .answered(&fetched)
            }
        }
    }

    /// A redirect within the site is a page of its own; one that leads elsewhere is not followed.
    fn redirected(&self, url: &Url, fetched: &Fetched, claimed: &Claimed) -> Report {
        let target = fetched
            .location
            .as_deref()
            .and_then(|location| address::resolve(url, location));
        let report = Report::new("excluded").answered(fetched);
        match target {
            None => report.reason("redirect", "it leads nowhere"),
            Some(target) => match lead(&target, &claimed.kind, claimed.depth, &claimed.site) {
                Some(link) => report.reason("redirect", target).with("links", vec![link]),
                None => report.reason("other_host", target),
            },
        }
    }
}

/// An address of the same site, as what is to be visited.
fn lead(url: &Url, kind: &str, depth: i32, site: &str) -> Option<Value> {
    (address::site(url).as_deref() == Some(site))
        .then(|| json!({"kind": kind, "url": url.as_str(), "site": site, "depth": depth}))
}

fn ruled(rules: &Robots, url: &Url, claimed: &Claimed) -> Report {
    let mut sitemaps = Vec::new();
    if claimed.uses_sitemap() {
        let named = rules
            .sitemaps
            .iter()
            .filter_map(|place| address::resolve(url, place))
            .filter_map(|place| lead(&place, "sitemap", 0, &claimed.site));
        sitemaps.extend(named);
        if sitemaps.is_empty() {
            let usual = address::resolve(url, "/sitemap.xml");
            sitemaps.extend(usual.and_then(|place| lead(&place, "sitemap", 0, &claimed.site)));
        }
    }
    Report::new("read")
        .with("rules", json!({"rules": rules.rules, "pause": rules.pause}))
        .with("pause", rules.pause)
        .with("links", sitemaps)
}

fn unruled(url: &Url, claimed: &Claimed) -> Report {
    ruled(&Robots::default(), url, claimed)
}

fn failed(failure: &Failure, attempt: i32) -> Report {
    let outcome = if failure.is_passing {
        "retry"
    } else {
        "failed"
    };
    Report::new(outcome)
        .reason(failure.code, failure.detail.clone())
        .with("bytes", failure.bytes)
        .with("wait", usual_wait(attempt).as_secs_f64())
}

/// The site is too busy, or broken for the moment.
fn busy(fetched: &Fetched, attempt: i32) -> Report {
    let wait = fetched.retry_after.unwrap_or_else(|| usual_wait(attempt));
    Report::new("retry")
        .reason(
            &format!("http_{}", fetched.status),
            "the site is busy or broken",
        )
        .answered(fetched)
        .with("wait", wait.as_secs_f64())
}

/// 2, 8, 32 seconds.
fn usual_wait(attempt: i32) -> Duration {
    let doublings = u32::try_from(attempt.clamp(1, 4) - 1).unwrap_or_default();
    Duration::from_secs(2 * 4_u64.pow(doublings))
}

fn read(page: &Page, url: &Url, fetched: &Fetched, claimed: &Claimed) -> Report {
    let mut links: Vec<Value> = page
        .links
        .iter()
        .filter_map(|link| Url::parse(link).ok())
        .filter_map(|link| lead(&link, "page", claimed.depth + 1, &claimed.site))
        .collect();
    let report = |outcome: &str, links: Vec<Value>| {
        Report::new(outcome).answered(fetched).with("links", links)
    };
    let canonical = page
        .canonical
        .as_deref()
        .and_then(|link| Url::parse(link).ok())
        .filter(|canonical| canonical != url);
    if page.is_excluded {
        return report("excluded", links).reason("noindex", "the page asks not to be kept");
    }
    if let Some(canonical) = canonical {
        links.extend(lead(&canonical, "page", claimed.depth, &claimed.site));
        return report("excluded", links).reason("canonical", canonical);
    }
    if page.content.is_empty() {
        return report("excluded", links).reason("no_text", "it holds no text of its own");
    }
    report("taken", links)
        .with("etag", fetched.etag.clone())
        .with("last_modified", fetched.last_modified.clone())
        .with(
            "text",
            json!({
                "title": page.title,
                "content": page.content,
                "language": page.language,
                "checksum": page.checksum,
                "sketch": page.sketch,
                "headings": page.headings,
                "content_type": page.content_type,
                "word_count": page.word_count,
                "quality": page.quality,
                "metadata": {
                    "language": page.language,
                    "description": page.description,
                    "etag": fetched.etag,
                    "last_modified": fetched.last_modified,
                },
            }),
        )
}
