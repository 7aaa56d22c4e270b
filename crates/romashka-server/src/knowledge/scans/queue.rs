//! The queue of scans: one request at a time for each site.
//!
//! Invariants: a request is made under the scan's lease, and what came of it is one commit; between two requests nobody holds anything, so that a process
//! that ends leaves a scan to the next where it was.

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_postgres::Row;
use uuid::Uuid;

use super::fetch::Fetcher;
use super::settings::{ScanSettings, Start, start};
use crate::knowledge::files::{Reader, reader};
use crate::problem::{Answer, Problem};
use crate::providers::intake::worker_name;
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::workers::Queue;

/// A request that was claimed.
#[derive(Debug)]
pub struct Claimed {
    pub(super) job: Uuid,
    pub(super) workspace: Uuid,
    pub(super) lease: Uuid,
    /// None for the beginning of a scan.
    pub(super) page: Option<Uuid>,
    pub(super) kind: String,
    pub(super) url: String,
    pub(super) site: String,
    pub(super) depth: i32,
    pub(super) attempt: i32,
    pub(super) urls: Vec<String>,
    pub(super) settings: Value,
    pub(super) wishes: Value,
    pub(super) rules: Option<Value>,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

impl FromRow for Claimed {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Claimed {
            job: row.try_get("scan_job_id")?,
            workspace: row.try_get("workspace_id")?,
            lease: row.try_get("lease_id")?,
            page: row.try_get("page_id")?,
            kind: row.try_get("kind")?,
            url: row.try_get("url")?,
            site: row.try_get("site")?,
            depth: row.try_get("depth")?,
            attempt: row.try_get("attempt")?,
            urls: row.try_get("urls")?,
            settings: row.try_get("settings")?,
            wishes: row.try_get("wishes")?,
            rules: row.try_get("rules")?,
            etag: row.try_get("etag")?,
            last_modified: row.try_get("last_modified")?,
        })
    }
}

impl Claimed {
    pub(super) fn uses_sitemap(&self) -> bool {
        self.wishes["use_sitemap"].as_bool().unwrap_or(true)
    }
}

/// The queue.
pub struct Scans {
    server: Server,
    fetcher: Fetcher,
    reader: Reader,
}

impl Scans {
    /// The queue of this server.
    pub fn new(server: Server) -> Answer<Scans> {
        let policy = server.settings.scan_policy.clone();
        let fetcher = Fetcher::new(policy, &server.public_url).map_err(Problem::internal)?;
        Ok(Scans {
            reader: reader(&server)?,
            fetcher,
            server,
        })
    }

    /// The next request that is due: of the scan that is named, or of any.
    pub(super) async fn claim_one(&self, job: Option<Uuid>) -> Answer<Option<Claimed>> {
        let scope = self.server.service().await?;
        let worker = worker_name(Self::NAME);
        let claimed = Statement::new(include_str!("claim.sql"))
            .bind("worker", &worker)
            .bind("job", &job)
            .optional(&scope)
            .await?;
        scope.commit().await?;
        Ok(claimed)
    }

    async fn begin(&self, claimed: &Claimed) -> Answer<bool> {
        let (settings, mut refusal) = match ScanSettings::of_row(claimed.settings.clone()) {
            Ok(settings) => (settings, None),
            Err(_) => (ScanSettings::default(), Some("invalid_settings")),
        };
        let mut sites: Vec<String> = Vec::new();
        let mut pages = Vec::new();
        for text in &claimed.urls {
            match start(text, self.fetcher.policy()) {
                Ok(Start { url, site }) => {
                    if settings.respect_robots && !sites.contains(&site) {
                        let mut place = url.clone();
                        place.set_path("/robots.txt");
                        place.set_query(None);
                        pages.push(json!({"kind": "robots", "url": place.as_str(), "site": site}));
                    } else if settings.use_sitemap && !sites.contains(&site) {
                        let mut place = url.clone();
                        place.set_path("/sitemap.xml");
                        place.set_query(None);
                        pages.push(json!({"kind": "sitemap", "url": place.as_str(), "site": site}));
                    }
                    pages.push(
                        json!({"kind": "page", "url": url.as_str(), "site": site, "depth": 0}),
                    );
                    if !sites.contains(&site) {
                        sites.push(site);
                    }
                }
                Err((code, words)) => {
                    let shown: String = text.chars().take(500).collect();
                    let shown = if shown.is_empty() {
                        "(empty)".to_owned()
                    } else {
                        shown
                    };
                    pages.push(json!({"kind": "page", "url": shown, "status": "failed", "code": code, "detail": format!("it {words}")}));
                }
            }
        }
        if sites.is_empty() && refusal.is_none() {
            refusal = Some("no_address");
        }
        let pages = Value::Array(pages);
        let bytes = settings.max_megabytes * 1024 * 1024;
        let wishes = settings.wishes();
        let scope = self.server.service().await?;
        let is_ours = Statement::new(include_str!("begin.sql"))
            .bind("job", &claimed.job)
            .bind("workspace", &claimed.workspace)
            .bind("lease", &claimed.lease)
            .bind("sites", &sites)
            .bind("pages", &pages)
            .bind("page_limit", &settings.max_pages)
            .bind("depth_limit", &settings.max_depth)
            .bind("byte_limit", &bytes)
            .bind("seconds", &settings.max_seconds)
            .bind("pause", &settings.delay_seconds)
            .bind("wishes", &wishes)
            .bind("refusal", &refusal)
            .value(&scope)
            .await?;
        scope.commit().await?;
        Ok(is_ours)
    }

    async fn finish(
        &self,
        claimed: &Claimed,
        page: Uuid,
        report: &Value,
    ) -> Answer<Option<String>> {
        let scope = self.server.service().await?;
        let outcome = Statement::new(include_str!("finish.sql"))
            .bind("page", &page)
            .bind("workspace", &claimed.workspace)
            .bind("lease", &claimed.lease)
            .bind("report", report)
            .value(&scope)
            .await?;
        scope.commit().await?;
        Ok(outcome)
    }
}

impl Queue for Scans {
    type Item = Claimed;
    const NAME: &'static str = "website_scans";
    const SLOTS: usize = 4;

    async fn claim(&self, most: usize) -> Answer<Vec<Claimed>> {
        let mut claimed = Vec::new();
        while claimed.len() < most {
            match self.claim_one(None).await? {
                Some(one) => claimed.push(one),
                None => break,
            }
        }
        Ok(claimed)
    }

    async fn work(&self, claimed: Claimed) -> Answer<()> {
        let Some(page) = claimed.page else {
            self.begin(&claimed).await?;
            self.server.bells.scans.notify_one();
            return Ok(());
        };
        let report = self.fetcher.visit(&self.reader, &claimed).await;
        let outcome = self.finish(&claimed, page, report.value()).await?;
        let outcome = outcome.unwrap_or_else(|| "lost".to_owned());
        if outcome == "taken" || outcome == "unchanged" {
            self.server.bells.knowledge.notify_one();
        }
        metrics::counter!("pages_scanned_total", "outcome" => outcome).increment(1);
        Ok(())
    }

    fn bell(&self) -> &Notify {
        &self.server.bells.scans
    }
}
