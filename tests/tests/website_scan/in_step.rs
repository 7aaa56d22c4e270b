//! A site becomes articles, and they stay in step with its pages.

use serde_json::json;

use super::site::{html, reply};
use super::stage::{Stage, outcome};
use super::{ARTICLES, tagged};

#[tokio::test(flavor = "multi_thread")]
async fn a_site_becomes_articles_and_stays_in_step() {
    let stage = Stage::new().await;
    let site = &stage.site;
    let map = format!(
        "<urlset><url><loc>{}</loc></url><url><loc>https://other.example/x</loc></url></urlset>",
        site.url("/hidden")
    );
    site.put(
        "/robots.txt",
        reply(
            200,
            &[],
            format!(
                "User-agent: *\nDisallow: /private\nSitemap: {}\n",
                site.url("/map.xml")
            ),
        ),
    );
    site.put(
        "/map.xml",
        reply(200, &[("content-type", "application/xml")], map),
    );
    site.put("/", tagged("<nav><a href=/private>P</a></nav><h1>Welcome</h1><p>This is the shop of the town.</p><a href='/returns?utm_source=a#x'>Returns</a> <a href=/prices>Prices</a>", "1"));
    site.put(
        "/returns",
        tagged(
            "<h1>Returns</h1><p>Send it back within 30 days.</p><a href=/>Home</a>",
            "1",
        ),
    );
    site.put("/prices", html("<h1>Prices</h1><table><tr><th>Size</th><th>Price</th></tr><tr><td>small</td><td>5 euros</td></tr></table>"));
    site.put(
        "/hidden",
        html("<h1>Opening hours</h1><p>Open from nine to five on every day.</p>"),
    );
    site.put("/private", html("<p>Not for robots at all.</p>"));

    let scan = stage.scan(json!({})).await;
    assert_eq!(scan["status"], "completed", "{scan:#}");
    assert_eq!(
        [
            &scan["pages_found"],
            &scan["pages_processed"],
            &scan["progress_percentage"]
        ],
        [&json!(5), &json!(5), &json!(100)],
        "{scan:#}"
    );
    assert_eq!(
        stage.text(ARTICLES).await,
        "/|Welcome|draft|public|en|1\n/hidden|Opening hours|draft|public|en|1\n/prices|Prices|draft|public|en|1\n/returns|Returns|draft|public|en|1"
    );
    assert_eq!(
        outcome(&scan, &site.url("/private")),
        ("excluded".into(), "robots".into())
    );
    assert_eq!(site.count("/private"), 0);
    let seen = site.take_seen();
    let mut paths: Vec<&str> = seen.iter().map(|seen| seen.path.as_str()).collect();
    paths[4..].sort_unstable();
    assert_eq!(
        paths,
        [
            "/robots.txt",
            "/map.xml",
            "/",
            "/hidden",
            "/prices",
            "/returns"
        ]
    );
    let agent = seen[0].headers["user-agent"].to_str().expect("a name");
    assert!(
        agent.starts_with("Romashka/") && agent.contains("+http"),
        "{agent}"
    );
    let kept = stage.text("select string_agg(concat_ws('|', title, content, content_type, word_count, jsonb_array_length(headings)), e'\\n') from public.extracted_content where url like '%/prices'").await;
    assert!(
        kept.starts_with("Prices|") && kept.contains("5 euros") && kept.contains("|pricing|"),
        "{kept}"
    );

    // Somebody edits one article and archives another; a page changes, one is gone, one is new.
    stage.run("update public.knowledge_items set content = 'Edited by a person' where title = 'Returns'; update public.knowledge_items set status = 'archived' where title = 'Prices'").await;
    site.put(
        "/returns",
        tagged(
            "<h1>Returns</h1><p>Send it back within 60 days.</p><a href=/new>New</a>",
            "2",
        ),
    );
    site.put(
        "/prices",
        html("<h1>Prices</h1><p>All sizes are 6 euros from now on.</p>"),
    );
    site.put(
        "/new",
        html("<h1>New page</h1><p>It was not there before, and now it is.</p>"),
    );
    site.remove("/hidden");
    let scan = stage
        .scan(json!({"articles": "publish", "audience": "internal"}))
        .await;
    for (path, status, code) in [
        ("/", "unchanged", ""),
        ("/returns", "taken", "edited"),
        ("/prices", "taken", ""),
        ("/new", "taken", ""),
        ("/hidden", "gone", "http_404"),
    ] {
        assert_eq!(
            outcome(&scan, &site.url(path)),
            (status.into(), code.into()),
            "{path} {scan:#}"
        );
    }
    assert_eq!(
        stage.text(ARTICLES).await,
        "/|Welcome|active|public|en|1\n/hidden|Opening hours|draft|public|en|1\n/new|New page|active|internal|en|1\n/prices|Prices|archived|public|en|2\n/returns|Returns|draft|public|en|2"
    );
    assert_eq!(
        stage.text("select string_agg(title || ' ' || content, ',' order by title) from public.knowledge_items where review_due_at is not null and title in ('Returns', 'Welcome')").await,
        "Returns Edited by a person"
    );
    assert_eq!(stage.text("select (review_due_at is not null)::text from public.knowledge_items where title = 'Opening hours'").await, "true");
    let seen = site.take_seen();
    let asked = seen.iter().find(|seen| seen.path == "/").expect("asked");
    assert_eq!(asked.headers["if-none-match"], "\"1\"");

    // Once more: nothing is new, and what is gone comes back.
    site.put(
        "/hidden",
        html("<h1>Opening hours</h1><p>Open from nine to five on every day.</p>"),
    );
    let scan = stage.scan(json!({"archiveGone": true})).await;
    assert_eq!(outcome(&scan, &site.url("/returns")).0, "unchanged");
    assert_eq!(outcome(&scan, &site.url("/hidden")).0, "taken");
    site.remove("/hidden");
    site.remove("/returns");
    let scan = stage.scan(json!({"archiveGone": true})).await;
    assert_eq!(outcome(&scan, &site.url("/hidden")).0, "gone");
    assert_eq!(
        stage.text("select string_agg(title || ' ' || status, ', ' order by title) from public.knowledge_items where source_url ~ '(hidden|returns)$'").await,
        "Opening hours archived, Returns draft"
    );
    assert_eq!(stage.text("select (string_agg(distinct source_url, '' order by source_url) filter (where n > 1) is null)::text from (select source_url, count(*) as n from public.knowledge_items group by 1) as x").await, "true");
}
