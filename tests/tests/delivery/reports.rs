//! Reports by mail: made of the figures of `/reports`, in every form, when they are due and when somebody asks; once each,
//! whatever processes are killed.

use std::collections::BTreeMap;
use std::time::Duration;

use romashka_channels::email::header::Mailbox;
use romashka_db::envelope::Key;
use romashka_server::mail::settings::{MailServer, Security, SystemMail};
use romashka_tests::api::{self, Visitor};
use romashka_tests::{Api, Role, TestDatabase};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::lost_processes::Process;
use crate::mail_sink::MailSink;
use crate::provider::until;

async fn api_with(sink: &MailSink) -> Api {
    let mut settings = api::settings();
    settings.system_mail = Some(SystemMail {
        server: MailServer {
            host: "127.0.0.1".to_owned(),
            port: sink.port,
            security: Security::None,
        },
        login: None,
        from: Mailbox {
            name: "ROMASHKA".to_owned(),
            address: "romashka@example.test".to_owned(),
        },
    });
    Api::over(TestDatabase::new().await, settings).await
}

/// Conversations of yesterday in a workspace, rolled up.
async fn figures(database: &TestDatabase, workspace: Uuid) {
    let agent = database.create_person(workspace, Role::Agent).await;
    database
        .owner()
        .execute(
            "update public.profiles set full_name = 'Анна Вебер' where id = $1",
            &[&agent],
        )
        .await
        .expect("a name");
    database
        .owner()
        .execute(
            "insert into public.daily_metrics (workspace_id, date, agent_id, total_conversations, resolved_conversations, human_resolved_conversations, avg_first_response_time_seconds, total_ratings, avg_satisfaction_score)
             select $1, current_date - d, a, 10 + d, 5, 4, 90, 3, 4.5 from generate_series(1, 2) as d, unnest(array[null, $2]::uuid[]) as a",
            &[&workspace, &agent],
        )
        .await
        .expect("figures");
}

async fn make(admin: &Visitor<'_>, format: &str, filters: Value) -> Uuid {
    admin
        .post(
            "/scheduled_reports",
            &json!({"name": format!("Figures as {format}"), "report_type": "performance", "schedule_cron": "0 8 * * 1",
                    "recipients": ["head@example.test", "second@example.test"], "format": format, "filters": filters}),
        )
        .await
        .expect(201)
        .id()
}

#[tokio::test]
async fn a_report_that_is_asked_for_comes_in_every_form_and_stays_in_the_history() {
    let sink = MailSink::start(Duration::ZERO).await;
    let api = api_with(&sink).await;
    let workspace = api.database.create_workspace("acme").await;
    figures(&api.database, workspace).await;
    let admin = api.member(workspace, Role::Admin).await;
    let beginnings: [(&str, &[u8]); 3] = [
        ("csv", b"date,agent_id,"),
        ("excel", b"PK\x03\x04"),
        ("pdf", b"%PDF-"),
    ];
    let mut sent = 0;
    for (format, beginning) in beginnings {
        let filters = json!({"period": "last_seven_days", "cut": "agent", "language": "de"});
        let id = make(&admin, format, filters).await;
        let path = format!("/scheduled_reports/{id}");
        let asked = admin
            .post(&format!("{path}/run"), &Value::Null)
            .await
            .expect(202);
        assert_eq!(asked.body["is_manual"], true);
        sent += 2;
        let mails = sink.wait_for(sent).await;
        for mail in &mails[sent - 2..] {
            assert!(
                mail.subject.starts_with(&format!("Figures as {format}: ")),
                "{}",
                mail.subject
            );
            assert!(mail.text.contains("Der Bericht"), "{}", mail.text);
            assert_eq!(mail.attachments.len(), 1);
            assert!(mail.attachments[0].data.starts_with(beginning), "{format}");
        }
        let history = admin.get(&format!("{path}/runs")).await.expect(200);
        let run = &history.body["data"][0];
        assert_eq!(
            (&run["status"], &run["row_count"]),
            (&json!("sent"), &json!(2))
        );
        assert_eq!(
            run["recipients"],
            json!(["head@example.test", "second@example.test"])
        );
        let file = format!(
            "/api/v1{path}/runs/{}/file",
            run["id"].as_str().expect("an id")
        );
        let answer = admin
            .request(reqwest::Method::GET, &file)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200);
        assert!(
            answer.headers()["content-disposition"]
                .to_str()
                .expect("text")
                .starts_with("attachment; filename=\"figures-as-")
        );
        let bytes = answer.bytes().await.expect("bytes");
        assert_eq!(
            bytes,
            mails[sent - 1].attachments[0].data,
            "what was sent is what is kept"
        );
        assert!(admin.get(&path).await.expect(200).body["last_sent_at"].is_string());
        if format == "csv" {
            let text = String::from_utf8(bytes.to_vec()).expect("text");
            assert!(text.contains(",Анна Вебер,11,5,0,0,90,,,0,,\r\n"), "{text}");
        }
    }
    // Each has one, to one alone.
    let recipients: Vec<String> = sink
        .mails()
        .iter()
        .flat_map(|mail| {
            mail.recipients()
                .map(|to| to.address.clone())
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(recipients.len(), 6);
}

#[tokio::test]
async fn what_is_no_report_is_refused_with_the_field_that_is_wrong() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let admin = api.member(workspace, Role::Admin).await;
    let good = json!({"name": "Figures", "report_type": "custom", "schedule_cron": "0 8 * * 1", "recipients": ["a@example.test"]});
    for (field, wrong) in [
        ("schedule_cron", json!("at eight")),
        ("schedule_cron", json!("* * * * *")),
        ("schedule_cron", json!("0 0 30 2 *")),
        ("recipients", json!([])),
        ("recipients", json!(vec!["a@example.test"; 21])),
        (
            "recipients[0]",
            json!(["a@example.test\r\nBcc: b@example.test"]),
        ),
        ("filters.columns[0]", json!({"columns": ["workspace_id"]})),
        ("filters.language", json!({"language": "tlh"})),
    ] {
        let mut body = good.clone();
        let name = field.split(['.', '[']).next().expect("a field");
        body[name] = wrong;
        let refused = admin.post("/scheduled_reports", &body).await.expect(422);
        assert_eq!(refused.body["field"], field, "{}", refused.body);
    }
    let made = admin.post("/scheduled_reports", &good).await.expect(201);
    let path = format!("/scheduled_reports/{}", made.id());
    let next = made.body["next_run_at"]
        .as_str()
        .expect("a moment")
        .parse::<jiff::Timestamp>()
        .expect("a moment");
    assert_eq!(
        next.to_zoned(jiff::tz::TimeZone::UTC).weekday(),
        jiff::civil::Weekday::Monday
    );
    // By the workspace's zone, as soon as it has one.
    api.database
        .owner()
        .execute(
            "update public.workspaces set time_zone = 'Asia/Tokyo' where id = $1",
            &[&workspace],
        )
        .await
        .expect("a zone");
    until(&api, "select coalesce(max(to_char(next_run_at at time zone 'Asia/Tokyo', 'Dy HH24:MI')), '') from public.scheduled_reports", "Mon 08:00".to_owned()).await;
    let changed = admin
        .patch(&path, &json!({"schedule_cron": "30 9 1 * *"}))
        .await
        .expect(200);
    assert!(
        changed.body["next_run_at"]
            .as_str()
            .expect("a moment")
            .contains("T00:30:00"),
        "{}",
        changed.body
    );
    let off = admin
        .patch(&path, &json!({"is_active": false}))
        .await
        .expect(200);
    assert_eq!(off.body["is_active"], false);
    // Past the API anything can be written: it is switched off, with the reason in its history.
    api.database
        .owner()
        .batch_execute(
            "update public.scheduled_reports set is_active = true, schedule_cron = '99 8 * * 1'",
        )
        .await
        .expect("written");
    until(&api, "select coalesce(max(r.is_active::text || ' ' || u.status), '') from public.scheduled_reports as r join public.report_runs as u on u.report_id = r.id", "false failed".to_owned()).await;
    let history = admin.get(&format!("{path}/runs")).await.expect(200);
    assert!(
        history.body["data"][0]["error_message"]
            .as_str()
            .expect("words")
            .contains("cron expression"),
        "{}",
        history.body
    );
    let agent = api.member(workspace, Role::Agent).await;
    agent.get(&format!("{path}/runs")).await.expect(403);
    admin.delete(&path).await.expect(204);
    assert_eq!(
        romashka_tests::value::<i64>(
            api.database.owner(),
            "select count(*) from public.report_runs"
        )
        .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_are_killed_make_each_report_once() {
    const REPORTS: i64 = 12;
    let sink = MailSink::start(Duration::from_millis(60)).await;
    let database = TestDatabase::new().await;
    let workspace = database.create_workspace("acme").await;
    figures(&database, workspace).await;
    database
        .owner()
        .execute(
            "insert into public.scheduled_reports (workspace_id, name, report_type, schedule_cron, recipients, format, filters, next_run_at)
             select $1, 'Report ' || n, 'performance', '0 0 1 1 *', array['head@example.test'], (array['pdf', 'excel', 'csv'])[1 + n % 3],
                    '{\"period\": \"last_seven_days\"}', now() - interval '3 days' from generate_series(1, $2::bigint) as n",
            &[&workspace, &REPORTS],
        )
        .await
        .expect("reports");
    let key = Key::generate().to_base64();
    let start = || {
        let port = sink.port.to_string();
        Process::start_with(
            &database,
            key.expose_secret(),
            &[
                ("ROMASHKA_SMTP_HOST", "127.0.0.1"),
                ("ROMASHKA_SMTP_PORT", &port),
                ("ROMASHKA_SMTP_SECURITY", "none"),
                ("ROMASHKA_MAIL_FROM", "romashka@example.test"),
            ],
        )
    };
    let mut processes = [start(), start()];
    let mut killed_at_work = 0_i64;
    for round in 0..6 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        let lost = round % 2;
        killed_at_work += processes[lost].lose(&database).await;
        processes[lost] = start();
    }
    let begun = std::time::Instant::now();
    loop {
        let sent: i64 = romashka_tests::value(
            database.owner(),
            "select count(*) from romashka.outgoing_mails where status = 'sent'",
        )
        .await;
        if sent == REPORTS {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{sent} mails are sent"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let runs: Vec<(i64, i64)> = database
        .owner()
        .query("select count(*), count(*) filter (where status = 'sent') from public.report_runs group by report_id", &[])
        .await
        .expect("runs")
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect();
    assert_eq!(runs, vec![(1, 1); REPORTS as usize], "each was made once");
    let mails: i64 = romashka_tests::value(
        database.owner(),
        "select count(*) from romashka.outgoing_mails",
    )
    .await;
    assert_eq!(mails, REPORTS, "each is one mail");
    // A process that was killed between the server's answer and its own note sends the same mail again, under the same id.
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for mail in sink.mails() {
        assert_eq!(mail.attachments.len(), 1);
        *copies.entry(mail.external_id()).or_default() += 1;
    }
    assert_eq!(copies.len() as i64, REPORTS);
    println!(
        "{killed_at_work} items were at work in a process when it was killed; {} mails came",
        sink.mails().len()
    );
}
