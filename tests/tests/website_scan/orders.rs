//! Who orders scans, and what becomes of one whose worker is lost.

use std::process::{Command, Stdio};
use std::time::Duration;

use romashka_tests::{Api, Role, romashka_binary};
use serde_json::{Value, json};

use super::prose;
use super::site::{Site, html};
use super::stage::{Stage, allowing, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_and_doubles_nothing() {
    let site = Site::start().await;
    let database = romashka_tests::TestDatabase::new().await;
    let links: String = (0..12)
        .map(|number| format!("<a href=/p{number}>{number}</a> "))
        .collect();
    site.put(
        "/",
        html(&format!(
            "<h1>Start</h1><p>All of them are listed on this page.</p>{links}"
        )),
    );
    for number in 0..12 {
        let mut page = html(&format!(
            "<h1>Page {number}</h1><p>{}</p>",
            prose(number, 60)
        ));
        page.wait = Duration::from_millis(150);
        site.put(&format!("/p{number}"), page);
    }
    let folder = tempfile::TempDir::new().expect("a folder");
    let mut child = Command::new(romashka_binary())
        .args([
            "knowledge",
            "scan",
            &site.url("/"),
            "--pause",
            "0",
            "--publish",
            "--json",
            "--data-dir",
        ])
        .arg(folder.path())
        .env("DATABASE_URL", database.url())
        .env("ROMASHKA_SCAN_NETWORKS", "127.0.0.1/32")
        .env("ROMASHKA_SCAN_PORTS", site.address.port().to_string())
        .stdout(Stdio::null())
        .spawn()
        .expect("romashka runs");
    while site.requests() < 8 {
        assert!(
            child.try_wait().expect("a child").is_none(),
            "it ended early"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // In the middle of a request.
    child.kill().expect("a child");
    child.wait().expect("a child");
    let before: i64 = romashka_tests::value(
        database.owner(),
        "select count(*) from public.knowledge_items",
    )
    .await;
    assert!((1..12).contains(&before), "{before}");
    // Its lease would end by itself; the test does not wait for that.
    database
        .owner()
        .batch_execute(
            "update romashka.website_scans set next_attempt_at = now() where lease_id is not null;
             update romashka.website_hosts set free_at = now() where lease_id is not null",
        )
        .await
        .expect("the lease");
    let api = Api::over(database, allowing(&site)).await;
    for _ in 0..300 {
        let state: String = romashka_tests::value(
            api.database.owner(),
            "select status from public.website_scan_jobs",
        )
        .await;
        if state == "completed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let figures = "select concat_ws(' ', (select concat_ws(' ', status, pages_found, pages_processed, progress_percentage) from public.website_scan_jobs),
        (select count(*) from public.knowledge_items where status = 'active'), (select count(distinct source_url) from public.knowledge_items),
        (select count(*) from public.extracted_content), (select max(version) from public.knowledge_items), (select count(*) from romashka.website_scans))";
    let found: String = romashka_tests::value(api.database.owner(), figures).await;
    assert_eq!(found, "completed 13 13 100 13 13 13 1 0");
    let asked: usize = (0..12)
        .map(|number| site.count(&format!("/p{number}")))
        .sum();
    assert!((12..=13).contains(&asked), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lost_worker_reports_too_late_is_not_taken() {
    let stage = Stage::new().await;
    let database = &stage.api.database;
    // No server may work on it: the site is one that is not due.
    let client = database.owner();
    stage.run(&format!("insert into public.website_scan_jobs (workspace_id, urls, status) values ('{}', array['https://a.example/'], 'completed')", stage.workspace)).await;
    stage.run("insert into romashka.website_scans (scan_job_id, workspace_id, sites, ends_at, wishes, next_attempt_at)
        select id, workspace_id, array['a.example'], now() + interval '1 hour', '{\"articles\": \"draft\"}', now() + interval '1 hour' from public.website_scan_jobs;
        insert into public.website_scan_pages (workspace_id, scan_job_id, url, site) select workspace_id, id, 'https://a.example/', 'a.example' from public.website_scan_jobs;
        update public.website_scan_jobs set status = 'scanning'").await;
    // A first worker is lost, a second one has the page: the report of the first changes nothing.
    stage.run("update romashka.website_scans set lease_id = '00000000-0000-7000-8000-000000000002', page_id = (select id from public.website_scan_pages)").await;
    let report = json!({"outcome": "taken", "was_asked": true, "bytes": 10, "text": {"title": "T", "content": "C and more", "checksum": "x", "quality": 1, "word_count": 3}});
    let finish = "select romashka.finish_scan_page(p.id, p.workspace_id, $1::text::uuid, $2) from public.website_scan_pages as p";
    for (lease, expected) in [
        ("00000000-0000-7000-8000-000000000001", None),
        ("00000000-0000-7000-8000-000000000002", Some("taken")),
        ("00000000-0000-7000-8000-000000000002", None),
    ] {
        let outcome: Option<String> = client
            .query_one(finish, &[&lease, &report])
            .await
            .expect("a report")
            .get(0);
        assert_eq!(outcome.as_deref(), expected);
    }
    assert_eq!(stage.text("select concat_ws(' ', (select count(*) from public.knowledge_items), (select count(*) from public.extracted_content), (select status from public.website_scan_jobs))").await, "1 1 completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_are_ordered_by_admins_seen_by_members_and_ended() {
    let stage = Stage::new().await;
    let site = &stage.site;
    let mut slow = html("<h1>Slow</h1><p>It takes a while until it is there.</p><a href=/b>b</a>");
    slow.wait = Duration::from_millis(700);
    site.put("/", slow);
    site.put("/b", html("<h1>B</h1><p>Nobody gets as far as this.</p>"));
    let admin = stage.admin().await;
    let agent = stage.api.member(stage.workspace, Role::Agent).await;
    let rival = stage.api.database.create_workspace("rival").await;
    let other = stage.api.member(rival, Role::Admin).await;
    let order = json!({"urls": [site.url("/")], "scan_settings": {"delaySeconds": 0}});
    agent.post("/knowledge/scans", &order).await.expect(403);
    for (wrong, field) in [
        (json!({"urls": []}), "urls"),
        (
            json!({"urls": [site.url("/")], "scan_settings": {"maxPages": 0}}),
            "scan_settings.maxPages",
        ),
        (
            json!({"urls": [site.url("/")], "scan_settings": {"depth": 1}}),
            "depth",
        ),
    ] {
        let refused = admin.post("/knowledge/scans", &wrong).await;
        assert_eq!(refused.status.as_u16() / 100, 4);
        assert!(refused.body.to_string().contains(field), "{}", refused.body);
    }
    let made = admin.post("/knowledge/scans", &order).await.expect(201);
    let path = format!("/knowledge/scans/{}", made.id());
    assert_eq!(made.header("location"), format!("/api/v1{path}"));
    assert_eq!(
        agent
            .get("/knowledge/scans?status=pending,scanning")
            .await
            .expect(200)
            .body["data"][0]["id"],
        made.body["id"]
    );
    other.get(&path).await.expect(404);
    other.get(&format!("{path}/pages")).await.expect(404);
    other
        .post(&format!("{path}/cancel"), &Value::Null)
        .await
        .expect(404);
    agent
        .post(&format!("{path}/cancel"), &Value::Null)
        .await
        .expect(403);
    while site.count("/") == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let ended = admin
        .post(&format!("{path}/cancel"), &Value::Null)
        .await
        .expect(200);
    assert_eq!(ended.body["status"], "cancelled");
    // What was at work then is not taken any more; one that has ended stays as it is.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(
        admin
            .post(&format!("{path}/cancel"), &Value::Null)
            .await
            .expect(200)
            .body["status"],
        "cancelled"
    );
    assert_eq!([site.count("/"), site.count("/b")], [1, 0]);
    assert_eq!(
        stage
            .text("select count(*)::text from public.knowledge_items")
            .await,
        "0"
    );
    // By SQL, with what the column has by default.
    stage.run(&format!("insert into public.website_scan_jobs (workspace_id, urls) values ('{rival}', array['{}'])", site.url("/b"))).await;
    stage.run(&format!("insert into public.website_scan_jobs (workspace_id, urls, scan_settings) values ('{rival}', array['{}'], '{{\"maxPages\": \"x\"}}')", site.url("/b"))).await;
    for _ in 0..200 {
        let open = stage.text(&format!("select count(*)::text from public.website_scan_jobs where workspace_id = '{rival}' and completed_at is null")).await;
        if open == "0" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let states = stage.text(&format!("select string_agg(concat_ws(' ', status, error_details ->> 'code'), ', ' order by created_at) from public.website_scan_jobs where workspace_id = '{rival}'")).await;
    assert_eq!(states, "completed, failed invalid_settings");
    assert_eq!(
        other.get("/knowledge/items").await.expect(200).body["data"][0]["status"],
        "draft"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_scans_and_says_what_became_of_each_page() {
    let site = Site::start().await;
    let database = romashka_tests::TestDatabase::new().await;
    site.put(
        "/",
        html("<h1>Start</h1><p>Here begins what there is to read.</p><a href=/gone>gone</a>"),
    );
    let run = |arguments: &[&str]| {
        let folder = tempfile::TempDir::new().expect("a folder");
        Command::new(romashka_binary())
            .args(["knowledge", "scan", "--data-dir"])
            .arg(folder.path())
            .args(arguments)
            .env("DATABASE_URL", database.url())
            .env("ROMASHKA_SCAN_NETWORKS", "127.0.0.1/32")
            .env("ROMASHKA_SCAN_PORTS", site.address.port().to_string())
            .output()
            .expect("romashka runs")
    };
    assert_eq!(run(&["http://10.0.0.1/"]).status.code(), Some(2));
    assert_eq!(
        run(&[&site.url("/nowhere"), "--pause", "0"]).status.code(),
        Some(1)
    );
    // What is without a scheme is taken for https, which this site has not.
    let bare = site.address.to_string();
    let output = run(&[&bare, "--pause", "0", "--ignore-robots", "--seconds", "5"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("write http:// before"));
    let output = run(&[&site.url("/"), "--pause", "0", "--json", "--language", "de"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["scan"]["status"], "completed");
    assert_eq!(
        outcome(&report, &site.url("/gone")),
        ("failed".into(), "http_404".into())
    );
    let output = run(&[&site.url("/"), "--pause", "0"]);
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        shown.contains("0 pages taken, 1 unchanged") && shown.contains("http_404"),
        "{shown}"
    );
}
