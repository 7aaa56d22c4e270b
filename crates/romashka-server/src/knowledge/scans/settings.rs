//! How a scan goes about its work: the column `scan_settings`, whoever wrote it.

use romashka_knowledge::pages::address;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;
use utoipa::ToSchema;

use romashka_channels::webhooks::endpoint::{Endpoint, UrlPolicy};

use super::super::items::KnowledgeAudience;
use crate::choice;

choice! {
    /// What becomes of the pages of a scan.
    pub enum ScanArticles {
        /// Their text is kept, and nothing is made of it.
        None = "none",
        /// New pages become drafts.
        Draft = "draft",
        /// New pages become articles that are found at once.
        Publish = "publish",
    }
}

/// How a scan goes about its work. What is absent has its usual value.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ScanSettings {
    /// How many links are followed one after the other.
    #[schema(minimum = 0, maximum = 20)]
    pub max_depth: i32,
    /// How many pages are asked for.
    #[schema(minimum = 1, maximum = 10000)]
    pub max_pages: i32,
    /// How long it takes at most.
    #[schema(minimum = 1, maximum = 86400)]
    pub max_seconds: f64,
    /// How much is received at most.
    #[schema(minimum = 1, maximum = 4096)]
    pub max_megabytes: i64,
    /// The least time between two requests. A robots.txt may ask for more.
    #[schema(minimum = 0, maximum = 60)]
    pub delay_seconds: f64,
    /// Whether robots.txt is obeyed.
    pub respect_robots: bool,
    /// Whether the pages of sitemaps are visited, too.
    pub use_sitemap: bool,
    /// What becomes of pages.
    pub articles: ScanArticles,
    /// Language of pages that name none.
    #[schema(min_length = 2, max_length = 35)]
    pub language: Option<String>,
    /// Who may be shown new articles.
    pub audience: KnowledgeAudience,
    /// Whether the article of a page that is gone is archived, where nobody edited it; else it is put up for review.
    pub archive_gone: bool,
}

impl Default for ScanSettings {
    fn default() -> ScanSettings {
        ScanSettings {
            max_depth: 2,
            max_pages: 50,
            max_seconds: 3600.0,
            max_megabytes: 200,
            delay_seconds: 1.0,
            respect_robots: true,
            use_sitemap: true,
            articles: ScanArticles::Draft,
            language: None,
            audience: KnowledgeAudience::Public,
            archive_gone: false,
        }
    }
}

/// The names that are understood.
const KNOWN: &[&str] = &[
    "maxDepth",
    "maxPages",
    "maxSeconds",
    "maxMegabytes",
    "delaySeconds",
    "respectRobots",
    "useSitemap",
    "articles",
    "language",
    "audience",
    "archiveGone",
];

impl ScanSettings {
    /// As somebody wrote them by SQL: names that say nothing here are passed by, numbers are brought within their bounds.
    ///
    /// # Errors
    /// When a value is not of its kind.
    pub fn of_row(stored: Value) -> Result<ScanSettings, serde_json::Error> {
        let known: Map<String, Value> = match stored {
            Value::Object(fields) => fields
                .into_iter()
                .filter(|(name, value)| KNOWN.contains(&name.as_str()) && !value.is_null())
                .collect(),
            _ => Map::new(),
        };
        let mut settings: ScanSettings = serde_json::from_value(Value::Object(known))?;
        settings.max_depth = settings.max_depth.clamp(0, 20);
        settings.max_pages = settings.max_pages.clamp(1, 10_000);
        settings.max_seconds = settings.max_seconds.clamp(1.0, 86_400.0);
        settings.max_megabytes = settings.max_megabytes.clamp(1, 4096);
        settings.delay_seconds = settings.delay_seconds.clamp(0.0, 60.0);
        settings.language = settings
            .language
            .filter(|language| (2..=35).contains(&language.chars().count()));
        Ok(settings)
    }

    /// The value that is out of its bounds, and what they are.
    pub fn refused(&self) -> Option<(&'static str, &'static str)> {
        let within = |is_within: bool, field, bounds| (!is_within).then_some((field, bounds));
        within((0..=20).contains(&self.max_depth), "maxDepth", "is 0 to 20")
            .or(within(
                (1..=10_000).contains(&self.max_pages),
                "maxPages",
                "is 1 to 10000",
            ))
            .or(within(
                (1.0..=86_400.0).contains(&self.max_seconds),
                "maxSeconds",
                "is 1 to 86400",
            ))
            .or(within(
                (1..=4096).contains(&self.max_megabytes),
                "maxMegabytes",
                "is 1 to 4096",
            ))
            .or(within(
                (0.0..=60.0).contains(&self.delay_seconds),
                "delaySeconds",
                "is 0 to 60",
            ))
            .or(within(
                self.language
                    .as_ref()
                    .is_none_or(|language| (2..=35).contains(&language.chars().count())),
                "language",
                "has 2 to 35 characters",
            ))
    }

    /// What the queue keeps of them for what becomes of pages.
    pub(super) fn wishes(&self) -> Value {
        json!({
            "articles": self.articles,
            "language": self.language,
            "audience": self.audience,
            "archive_gone": self.archive_gone,
            "respect_robots": self.respect_robots,
            "use_sitemap": self.use_sitemap,
        })
    }
}

/// An address to begin at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Start {
    /// The address, in the form it is known by.
    pub url: Url,
    /// Its site.
    pub site: String,
}

/// Why an address is no beginning: a code, and words for people.
pub(super) type NoStart = (&'static str, &'static str);

/// Reads an address as people write them: `example.com` is one, too.
pub(super) fn start(text: &str, policy: &UrlPolicy) -> Result<Start, NoStart> {
    const INVALID: NoStart = ("invalid_url", "is not the address of a website");
    let text = text.trim();
    let whole = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let url = Url::parse(&whole)
        .ok()
        .and_then(address::normal)
        .ok_or(INVALID)?;
    let site = address::site(&url).ok_or(INVALID)?;
    check(&url, policy)?;
    Ok(Start { url, site })
}

/// Whether a request may go there, as far as the address itself tells; the addresses of a name are judged when it is resolved.
pub(super) fn check(url: &Url, policy: &UrlPolicy) -> Result<(), NoStart> {
    Endpoint::parse(url.as_str(), policy)
        .map(|_| ())
        .map_err(|_| ("blocked", "is an address that may not be asked"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_by_sql_is_read() {
        let settings = ScanSettings::of_row(
            json!({"maxDepth": 99, "maxPages": 0, "respectRobots": false, "language": null, "project": "x"}),
        )
        .expect("settings");
        assert_eq!((settings.max_depth, settings.max_pages), (20, 1));
        assert!(!settings.respect_robots && settings.refused().is_none());
        assert!(ScanSettings::of_row(json!({"maxPages": "many"})).is_err());
        assert_eq!(
            ScanSettings {
                max_pages: 0,
                ..ScanSettings::default()
            }
            .refused(),
            Some(("maxPages", "is 1 to 10000"))
        );
    }

    #[test]
    fn addresses_within_the_network_are_no_beginning() {
        let policy = crate::settings::scan_defaults();
        for text in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://[::1]/",
            "http://0x7f.1/",
            "http://10.0.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::ffff:10.0.0.1]/",
            "http://localhost/",
            "http://wiki.internal/",
            "http://example.com:22/",
        ] {
            assert_eq!(
                start(text, &policy).map_err(|(code, _)| code),
                Err("blocked"),
                "{text}"
            );
        }
        for text in [
            "ftp://example.com/",
            "",
            "http://",
            "https://user@example.com/",
        ] {
            assert_eq!(
                start(text, &policy).map_err(|(code, _)| code),
                Err("invalid_url"),
                "{text}"
            );
        }
        let found = start(" example.com/a#b ", &policy).expect("an address");
        assert_eq!(
            (found.url.as_str(), found.site.as_str()),
            ("https://example.com/a", "example.com")
        );
    }
}
