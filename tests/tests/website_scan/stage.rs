//! A server whose scans may visit the site of a test.

use std::time::Duration;

use romashka_server::ServerSettings;
use romashka_tests::api::{Visitor, settings};
use romashka_tests::{Api, Role, value};
use serde_json::{Value, json};
use uuid::Uuid;

use super::site::Site;

/// What allows the site, and nothing else of this machine.
pub fn allowing(site: &Site) -> ServerSettings {
    let mut settings = settings();
    settings.scan_policy.guard.allowed = vec!["127.0.0.1/32".parse().expect("a network")];
    settings.scan_policy.ports = vec![site.address.port()];
    settings
}

pub struct Stage {
    pub api: Api,
    pub site: Site,
    pub workspace: Uuid,
}

impl Stage {
    pub async fn new() -> Stage {
        let site = Site::start().await;
        let api = Api::with(allowing(&site)).await;
        let workspace = api.database.create_workspace("acme").await;
        Stage {
            api,
            site,
            workspace,
        }
    }

    pub async fn admin(&self) -> Visitor<'_> {
        self.api.member(self.workspace, Role::Admin).await
    }

    /// Scans from the site's first page without pauses, and waits for the end.
    pub async fn scan(&self, settings: Value) -> Value {
        self.scan_from(&[self.site.url("/")], settings).await
    }

    pub async fn scan_from(&self, urls: &[String], settings: Value) -> Value {
        let admin = self.admin().await;
        let mut wanted = json!({"delaySeconds": 0, "maxSeconds": 60});
        for (name, value) in settings.as_object().expect("settings") {
            wanted[name] = value.clone();
        }
        let made = admin
            .post(
                "/knowledge/scans",
                &json!({"urls": urls, "scan_settings": wanted}),
            )
            .await
            .expect(201);
        self.ended(made.id()).await
    }

    /// How a scan stands at its end, with its pages.
    pub async fn ended(&self, id: Uuid) -> Value {
        let admin = self.admin().await;
        for _ in 0..600 {
            let mut scan = admin
                .get(&format!("/knowledge/scans/{id}"))
                .await
                .expect(200)
                .body;
            if !["pending", "scanning"].contains(&scan["status"].as_str().expect("a status")) {
                let pages = admin
                    .get(&format!("/knowledge/scans/{id}/pages?limit=100"))
                    .await
                    .expect(200);
                scan["pages"] = pages.body["data"].clone();
                return scan;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the scan does not end");
    }

    pub async fn text(&self, sql: &str) -> String {
        value(self.api.database.owner(), sql).await
    }

    pub async fn run(&self, sql: &str) {
        if let Err(error) = self.api.database.owner().batch_execute(sql).await {
            panic!("{sql}: {}", romashka_tests::explain(&error));
        }
    }
}

/// What became of a page of a scan: status and code.
#[track_caller]
pub fn outcome(scan: &Value, url: &str) -> (String, String) {
    let page = scan["pages"]
        .as_array()
        .expect("pages")
        .iter()
        .find(|page| page["url"] == url)
        .unwrap_or_else(|| panic!("no {url} in {scan:#}"));
    let word = |name: &str| page[name].as_str().unwrap_or_default().to_owned();
    (word("status"), word("code"))
}
