//! Sites and pages that mean no good, or know no better.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::site::{Site, html, reply};
use super::stage::{Stage, outcome};
use super::{prose, tagged};

#[tokio::test(flavor = "multi_thread")]
async fn traps_cost_themselves_only() {
    let stage = Stage::new().await;
    let site = &stage.site;
    let long = prose(1, 300);
    let links = [
        "/loop-a",
        "/calendar?month=1",
        "/redirect-private",
        "/redirect-host",
        "/redirect-loop",
        "/redirect",
        "/huge",
        "/bomb",
        "/charset",
        "/nothing",
        "/picture",
        "/noindex",
        "/nofollow",
        "/canonical",
        "/twin-a",
        "/twin-b",
        "/deep",
        "/empty",
        "/brotli",
        "/a/a/a/a/a/",
    ];
    let list: String = links
        .iter()
        .map(|link| format!("<a href='{link}'>x</a> "))
        .collect();
    site.put(
        "/",
        html(&format!("<h1>Traps</h1><p>{}</p>{list}", prose(0, 30))),
    );
    site.put("/sitemap.xml", reply(200, &[], format!("<sitemapindex><sitemap><loc>{}</loc></sitemap><sitemap><loc>{}</loc></sitemap></sitemapindex>", site.url("/sitemap.xml"), site.url("/s2.xml"))));
    site.put(
        "/s2.xml",
        reply(
            200,
            &[],
            format!(
                "<sitemapindex><sitemap><loc>{}</loc></sitemap></sitemapindex>",
                site.url("/sitemap.xml")
            ),
        ),
    );
    site.put(
        "/loop-a",
        html(&format!("<p>{}</p><a href=/loop-b>b</a>", prose(2, 80))),
    );
    site.put(
        "/loop-b",
        html(&format!("<p>{}</p><a href=/loop-a>a</a>", prose(3, 80))),
    );
    site.put(
        "/redirect-private",
        reply(
            302,
            &[("location", "http://169.254.169.254/latest/meta-data/")],
            "",
        ),
    );
    site.put(
        "/redirect-host",
        reply(301, &[("location", "https://other.example/")], ""),
    );
    site.put(
        "/redirect-loop",
        reply(302, &[("location", "/redirect-loop-2")], ""),
    );
    site.put(
        "/redirect-loop-2",
        reply(302, &[("location", "/redirect-loop")], ""),
    );
    site.put("/redirect", reply(308, &[("location", "target")], ""));
    site.put(
        "/target",
        html(&format!("<h1>Target</h1><p>{}</p>", prose(4, 80))),
    );
    site.put("/huge", html(&"<p>more and more</p>".repeat(600_000)));
    let mut packed = flate(&vec![b' '; 200 * 1024 * 1024]);
    site.put(
        "/bomb",
        reply(
            200,
            &[("content-type", "text/html"), ("content-encoding", "gzip")],
            std::mem::take(&mut packed),
        ),
    );
    site.put(
        "/charset",
        reply(
            200,
            &[("content-type", "text/html; charset=utf-8")],
            b"<h1>Gr\xf6\xdfe</h1><p>Die Gr\xf6\xdfe der Pakete \xe4ndert sich.</p>".to_vec(),
        ),
    );
    site.put(
        "/nothing",
        reply(
            200,
            &[("content-type", "text/html")],
            b"\0\x01\xff\xfe\0\x02\0\0".to_vec(),
        ),
    );
    site.put(
        "/picture",
        reply(200, &[("content-type", "image/png")], "PNG"),
    );
    site.put(
        "/noindex",
        html("<meta name=robots content=noindex><p>Keep it out of every list, please.</p>"),
    );
    site.put(
        "/nofollow",
        html(&format!(
            "<meta name=robots content=nofollow><p>{}</p><a href=/never>never</a>",
            prose(5, 80)
        )),
    );
    site.put(
        "/canonical",
        html("<link rel=canonical href=/target><p>The same in another dress.</p>"),
    );
    site.put("/twin-a", html(&format!("<h1>Twin</h1><p>{long}</p>")));
    site.put(
        "/twin-b",
        html(&format!("<h1>Twin</h1><p>{long} printed</p>")),
    );
    site.put("/deep", html(&"<div>".repeat(5_000)));
    site.put("/empty", html("<script>app()</script>"));
    site.put(
        "/brotli",
        reply(
            200,
            &[("content-type", "text/html"), ("content-encoding", "br")],
            "x",
        ),
    );

    let scan = stage.scan(json!({"maxDepth": 2, "maxPages": 200})).await;
    assert_eq!(scan["status"], "completed", "{scan:#}");
    for (path, status, code) in [
        ("/", "taken", ""),
        ("/loop-a", "taken", ""),
        ("/loop-b", "taken", ""),
        ("/redirect-private", "excluded", "other_host"),
        ("/redirect-host", "excluded", "other_host"),
        ("/redirect-loop", "excluded", "redirect"),
        ("/redirect-loop-2", "excluded", "redirect"),
        ("/redirect", "excluded", "redirect"),
        ("/target", "taken", ""),
        ("/huge", "failed", "too_large"),
        ("/bomb", "failed", "too_large"),
        ("/charset", "taken", ""),
        ("/nothing", "failed", "charset"),
        ("/picture", "excluded", "not_html"),
        ("/noindex", "excluded", "noindex"),
        ("/nofollow", "taken", ""),
        ("/canonical", "excluded", "canonical"),
        ("/twin-a", "taken", ""),
        ("/twin-b", "duplicate", ""),
        ("/deep", "failed", "damaged"),
        ("/empty", "excluded", "no_text"),
        ("/brotli", "failed", "encoding"),
        ("/calendar?month=1", "failed", "http_404"),
    ] {
        assert_eq!(
            outcome(&scan, &site.url(path)),
            (status.into(), code.into()),
            "{path}"
        );
    }
    assert_eq!(
        [
            site.count("/never"),
            site.count("/a/a/a/a/a/"),
            site.count("/sitemap.xml")
        ],
        [0, 0, 1]
    );
    assert_eq!(
        stage
            .text("select title from public.knowledge_items where source_url like '%/charset'")
            .await,
        "Größe"
    );
    let urls = |site: &Value| {
        site["error_details"]["pages"]
            .as_array()
            .map_or(0, Vec::len)
    };
    assert_eq!(urls(&scan), 6, "{:#}", scan["error_details"]);
    assert_eq!(scan["pages_found"], scan["pages_processed"]);
}

fn flate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_without_end_has_one_here() {
    let stage = Stage::new().await;
    let site = &stage.site;
    for month in 0..60 {
        let next = format!(
            "<p>{}</p><a href='/calendar?month={}'>next</a> <a href='/calendar?month={}'>after</a>",
            prose(month, 60),
            month + 1,
            month + 2
        );
        site.put(&format!("/calendar?month={month}"), html(&next));
    }
    site.put("/", html("<h1>Calendar</h1><p>What happens when in this town.</p><a href='/calendar?month=0'>Calendar</a>"));
    let scan = stage.scan(json!({"maxDepth": 20, "maxPages": 10})).await;
    assert_eq!(
        [&scan["status"], &scan["pages_processed"]],
        [&json!("completed"), &json!(10)],
        "{scan:#}"
    );
    assert_eq!(
        site.take_seen()
            .iter()
            .filter(|seen| !seen.path.contains('.'))
            .count(),
        10
    );
    assert_eq!(
        scan["pages"]
            .as_array()
            .expect("pages")
            .last()
            .expect("one")["code"],
        "limit_pages"
    );
    let scan = stage.scan(json!({"maxDepth": 3, "maxPages": 100})).await;
    // Known pages, at the depth they were found, and those of three links.
    assert_eq!(
        scan["pages"]
            .as_array()
            .expect("pages")
            .iter()
            .filter(|page| page["depth"].as_i64() > Some(3))
            .count(),
        0
    );
    let taken = stage
        .text("select count(*)::text from public.knowledge_items")
        .await;
    // By time and by bytes.
    site.put("/", tagged("<h1>Slow</h1><p>It takes its time for each of its pages.</p><a href=/s1>1</a> <a href=/s2>2</a>", "9"));
    let scan = stage
        .scan(json!({"maxSeconds": 1, "delaySeconds": 1.2}))
        .await;
    assert!(
        scan["pages"]
            .as_array()
            .expect("pages")
            .iter()
            .any(|page| page["code"] == "limit_time"),
        "{scan:#}"
    );
    assert!(taken.parse::<i32>().expect("a number") >= 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_within_the_network_are_never_asked() {
    let stage = Stage::new().await;
    let site = &stage.site;
    let admin = stage.admin().await;
    for url in [
        "http://127.0.0.2/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://2130706434/",
        "http://169.254.169.254/",
        "ftp://example.com/",
        "nonsense nonsense",
    ] {
        let refused = admin
            .post("/knowledge/scans", &json!({"urls": [url]}))
            .await;
        assert_eq!(refused.status.as_u16() / 100, 4, "{url} {}", refused.body);
        assert!(
            refused.body.to_string().contains("urls[0]"),
            "{}",
            refused.body
        );
    }
    // Another service of the same machine, at an address that is not allowed.
    let inner = Site::at(&format!("127.0.0.2:{}", site.address.port())).await;
    inner.put("/robots.txt", reply(200, &[], "User-agent: *\nDisallow:\n"));
    inner.put("/", html("<p>What nobody outside may read.</p>"));
    site.put(
        "/robots.txt",
        reply(302, &[("location", &inner.url("/robots.txt"))], ""),
    );
    site.put(
        "/",
        html("<h1>Front</h1><p>This one may be read by all.</p>"),
    );
    let scan = stage.scan(json!({})).await;
    assert_eq!(scan["status"], "failed", "{scan:#}");
    assert_eq!(
        outcome(&scan, &site.url("/")),
        ("failed".into(), "blocked".into())
    );
    // Ordered by SQL, past the check of the API; a page that leads there; a sitemap that names it.
    site.remove("/robots.txt");
    site.put("/", html(&format!("<h1>Front</h1><p>This one may be read by all.</p><a href='{}'>in</a><a href=/go>go</a>", inner.url("/"))));
    site.put("/go", reply(302, &[("location", &inner.url("/"))], ""));
    site.put(
        "/sitemap.xml",
        reply(
            200,
            &[],
            format!("<urlset><url><loc>{}</loc></url></urlset>", inner.url("/")),
        ),
    );
    let id: uuid::Uuid = stage
        .api
        .database
        .owner()
        .query_one(
            "insert into public.website_scan_jobs (workspace_id, urls, scan_settings) values ($1, $2, '{\"delaySeconds\": 0}') returning id",
            &[&stage.workspace, &vec![inner.url("/"), site.url("/"), "http://localhost:1/".to_owned(), "ftp://x".to_owned()]],
        )
        .await
        .expect("a scan")
        .get(0);
    let scan = stage.ended(id).await;
    assert_eq!(scan["status"], "completed", "{scan:#}");
    assert_eq!(
        outcome(&scan, &inner.url("/")),
        ("failed".into(), "blocked".into())
    );
    assert_eq!(
        outcome(&scan, "ftp://x"),
        ("failed".into(), "invalid_url".into())
    );
    assert_eq!(
        outcome(&scan, &site.url("/go")),
        ("excluded".into(), "other_host".into())
    );
    assert_eq!(inner.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_ends_is_given_up() {
    let stage = Stage::new().await;
    let site = &stage.site;
    let mut slow = html("<p>and so on</p>");
    slow.is_endless = true;
    site.put("/slow", slow);
    site.put(
        "/",
        html("<h1>Start</h1><p>From here on it goes slowly.</p><a href=/slow>slow</a>"),
    );
    let begun = std::time::Instant::now();
    let scan = stage.scan(json!({"maxSeconds": 10})).await;
    assert_eq!(
        outcome(&scan, &site.url("/slow")),
        ("failed".into(), "timeout".into()),
        "{scan:#}"
    );
    assert!(begun.elapsed() < Duration::from_secs(55));
    assert_eq!(
        stage
            .text("select count(*)::text from public.knowledge_items")
            .await,
        "1"
    );
}
