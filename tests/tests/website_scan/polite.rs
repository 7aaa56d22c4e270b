//! How a site is asked, and when it is asked again.

use std::process::Command;
use std::time::Duration;

use romashka_tests::romashka_binary;
use serde_json::json;

use super::prose;
use super::site::{html, reply};
use super::stage::{Stage, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_asked_politely() {
    let stage = Stage::new().await;
    let site = &stage.site;
    for number in 0..4 {
        let mut page = html(&format!(
            "<h1>Page {number}</h1><p>{}</p><a href=/p{}>next</a>",
            prose(number, 60),
            number + 1
        ));
        page.wait = Duration::from_millis(150);
        site.put(&format!("/p{number}"), page);
    }
    site.put(
        "/robots.txt",
        reply(200, &[], "User-agent: romashka\nCrawl-delay: 0.5\n"),
    );
    let mut busy = html(&format!("<h1>Busy</h1><p>{}</p>", prose(9, 60)));
    busy.before = vec![
        (503, vec![("retry-after", "2".to_owned())]),
        (429, Vec::new()),
    ];
    site.put("/busy", busy);
    // Two scans of one host, in one process with four places.
    let admin = stage.admin().await;
    let settings = json!({"delaySeconds": 0, "maxDepth": 4, "useSitemap": false});
    let first = admin
        .post(
            "/knowledge/scans",
            &json!({"urls": [site.url("/p0")], "scan_settings": settings}),
        )
        .await
        .expect(201)
        .id();
    let second = admin
        .post(
            "/knowledge/scans",
            &json!({"urls": [site.url("/p0"), site.url("/busy")], "scan_settings": settings}),
        )
        .await
        .expect(201)
        .id();
    let (first, second) = (stage.ended(first).await, stage.ended(second).await);
    assert_eq!(
        [&first["status"], &second["status"]],
        [&json!("completed"), &json!("completed")]
    );
    assert_eq!(site.most_at_work(), 1);
    assert_eq!(
        outcome(&second, &site.url("/busy")),
        ("taken".into(), String::new()),
        "{second:#}"
    );
    let seen = site.take_seen();
    let busy: Vec<_> = seen.iter().filter(|seen| seen.path == "/busy").collect();
    assert_eq!(busy.len(), 3);
    assert!(busy[1].at - busy[0].at >= Duration::from_secs(2));
    let pages: Vec<_> = seen
        .iter()
        .filter(|seen| seen.path.starts_with("/p"))
        .collect();
    for two in pages.windows(2) {
        assert!(
            two[1].at - two[0].at >= Duration::from_millis(450),
            "{:?}",
            two[1].at - two[0].at
        );
    }
    assert_eq!(stage.text("select count(*)::text || ' ' || count(distinct source_url) from public.knowledge_items").await, "5 5");

    // Who cannot be asked what is allowed allows nothing; who need not be asked is not.
    site.put("/robots.txt", reply(500, &[], ""));
    let scan = stage
        .scan_from(&[site.url("/p1")], json!({"maxSeconds": 5}))
        .await;
    assert_eq!(scan["status"], "failed");
    assert_eq!(
        outcome(&scan, &site.url("/p1")),
        ("failed".into(), "robots_unreachable".into())
    );
    site.put(
        "/robots.txt",
        reply(200, &[], "User-agent: *\nDisallow: /\n"),
    );
    let scan = stage.scan_from(&[site.url("/p1")], json!({})).await;
    assert_eq!(
        outcome(&scan, &site.url("/p1")),
        ("excluded".into(), "robots".into())
    );
    assert_eq!(
        scan["error_details"]["pages"][0]["code"], "robots",
        "{scan:#}"
    );
    let scan = stage
        .scan_from(
            &[site.url("/p1")],
            json!({"respectRobots": false, "maxDepth": 0}),
        )
        .await;
    assert_eq!(outcome(&scan, &site.url("/p1")).0, "unchanged");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pause_holds_between_scans_and_processes() {
    let stage = Stage::new().await;
    let site = &stage.site;
    site.put(
        "/robots.txt",
        reply(200, &[], "User-agent: *\nDisallow: /no\n"),
    );
    site.put(
        "/",
        html("<h1>Start</h1><p>There is no more than this.</p>"),
    );
    let settings = json!({"delaySeconds": 0.8, "maxDepth": 0, "useSitemap": false});
    for _ in 0..2 {
        let scan = stage.scan(settings.clone()).await;
        assert_eq!(scan["status"], "completed", "{scan:#}");
    }
    let folder = tempfile::TempDir::new().expect("a folder");
    let url = site.url("/");
    let output = Command::new(romashka_binary())
        .args(["knowledge", "scan", &url, "--pause", "0.8", "--no-sitemap"])
        .args(["--workspace", "acme", "--data-dir"])
        .arg(folder.path())
        .env("DATABASE_URL", stage.api.database.url())
        .env("ROMASHKA_SCAN_NETWORKS", "127.0.0.1/32")
        .env("ROMASHKA_SCAN_PORTS", site.address.port().to_string())
        .output()
        .expect("romashka runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let seen = site.take_seen();
    assert_eq!(seen.len(), 6);
    for two in seen.windows(2) {
        let pause = two[1].at - two[0].at;
        assert!(pause >= Duration::from_millis(780), "{pause:?}");
    }
}
