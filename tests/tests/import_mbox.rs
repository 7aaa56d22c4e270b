//! `romashka import mbox`: the real program, real archives, a real database.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use romashka_tests::mail_archive::{ArchivedMail, SUPPORT, conversation, message_id, write_mbox};
use romashka_tests::{Api, Role, TestDatabase, api, romashka_binary, value};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

struct Import {
    database: TestDatabase,
    folder: TempDir,
}

impl Import {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        Self {
            database,
            folder: TempDir::new().expect("a folder"),
        }
    }

    fn write(&self, name: &str, mails: &[ArchivedMail]) -> std::path::PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, write_mbox(mails)).expect("the archive is written");
        path
    }

    fn command(&self, archive: &Path) -> Command {
        let mut command = Command::new(romashka_binary());
        command
            .args([
                "import",
                "mbox",
                "--json",
                "--our-address",
                SUPPORT,
                "--data-dir",
            ])
            .arg(self.folder.path().join("data"))
            .arg(archive)
            .env("DATABASE_URL", self.database.url())
            .current_dir(self.folder.path());
        command
    }

    fn run(&self, archive: &Path) -> Value {
        let output = self.command(archive).output().expect("romashka runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{errors}\n{}",
            String::from_utf8_lossy(&output.stdout)
        );
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"))
    }

    async fn count(&self, sql: &str) -> i64 {
        value(
            self.database.owner(),
            &format!("select count(*) from {sql}"),
        )
        .await
    }

    async fn text(&self, sql: &str) -> String {
        value(self.database.owner(), sql).await
    }

    /// Everything that must not depend on how the import went: contents, threads, files.
    async fn fingerprint(&self) -> Vec<String> {
        let rows = self
            .database
            .owner()
            .query(
                "select concat_ws('|', m.external_message_id, m.sender_type, m.is_quiet, m.delivery_status, m.created_at at time zone 'UTC',
                          md5(m.content), c.status, c.subject, c.message_count,
                          (select min(o.external_message_id) from public.messages as o where o.conversation_id = c.id),
                          (select string_agg(f.filename || f.file_hash, ',' order by f.filename) from public.file_attachments as f where f.message_id = m.id))
                   from public.messages as m join public.conversations as c on c.id = m.conversation_id
                  where m.channel_type = 'email' order by m.external_message_id",
                &[],
            )
            .await
            .expect("the messages");
        rows.iter().map(|row| row.get(0)).collect()
    }
}

fn mail(id: &str, from: &str, subject: &str, headers: &str, body: &str) -> ArchivedMail {
    ArchivedMail::plain(id, from, SUPPORT, subject, 600, headers, body)
}

fn with_file(id: &str, from: &str, name: &str, bytes: usize) -> ArchivedMail {
    let encoded = "QUJD".repeat(19) + "\n";
    let body = encoded.repeat(bytes / 57 + 1);
    let raw = format!(
        "From: {from}\nTo: {SUPPORT}\nSubject: A file\nDate: 01 Mar 2024 10:00:00 +0000\nMessage-ID: <{id}>\nContent-Type: multipart/mixed; boundary=cut\n\n--cut\n\nSee the file.\n--cut\nContent-Type: application/octet-stream; name=\"{name}\"\nContent-Transfer-Encoding: base64\n\n{body}--cut--\n"
    );
    ArchivedMail {
        raw: raw.into_bytes(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_becomes_conversations_once() {
    let import = Import::new().await;
    let mut mails: Vec<ArchivedMail> = (0..80)
        .flat_map(|number| conversation(number, 1 + number % 8))
        .collect();
    let threads = 80;
    let regular = mails.len();
    assert!(regular > 300);

    // Without a Message-ID, twice in the same archive.
    let nameless = ArchivedMail {
        raw: format!("From: n@example.org\nTo: {SUPPORT}\nSubject: Nameless\nDate: 01 Mar 2024 10:00:00 +0000\n\nI have no id.\n").into_bytes(),
    };
    mails.extend([nameless.clone(), nameless]);
    // Windows-1251 that claims to be UTF-8.
    let mut broken = format!("From: b@example.ru\nTo: {SUPPORT}\nSubject: Broken\nDate: 01 Mar 2024 10:00:00 +0000\nMessage-ID: <broken@example.ru>\nContent-Type: text/plain; charset=utf-8\n\n").into_bytes();
    broken.extend(b"\xc7\xe4\xf0\xe0\xe2\xf1\xf2\xe2\xf3\xe9\xf2\xe5, \xef\xee\xf1\xfb\xeb\xea\xe0 \xef\xf0\xe8\xf8\xeb\xe0 \xef\xee\xe2\xf0\xe5\xe6\xe4\xe5\xed\xed\xee\xe9\n");
    mails.push(ArchivedMail { raw: broken });
    // Two different mails with one id.
    mails.push(mail(
        "same@example.org",
        "s@example.org",
        "First",
        "",
        "The first mail.",
    ));
    mails.push(mail(
        "same@example.org",
        "s@example.org",
        "Second",
        "",
        "Quite another mail.",
    ));
    // An answer before its question.
    mails.push(mail(
        "late2@example.org",
        "l@example.org",
        "Re: Late",
        "In-Reply-To: <late1@example.org>\n",
        "The answer.",
    ));
    mails.push(mail(
        "late1@example.org",
        "l@example.org",
        "Late",
        "",
        "The question.",
    ));
    // Thirty megabytes.
    mails.push(with_file(
        "huge@example.org",
        "h@example.org",
        "film.bin",
        22 * 1024 * 1024,
    ));
    // Between ourselves, and no mail at all.
    mails.push(ArchivedMail::plain(
        "self@example.com",
        SUPPORT,
        SUPPORT,
        "Note",
        1,
        "",
        "To myself.",
    ));
    mails.push(ArchivedMail {
        raw: b"X-Something: else\n\ntext\n".to_vec(),
    });

    let archive = import.write("archive.mbox", &mails);
    let report = import.run(&archive);
    assert_eq!(report["read"], mails.len(), "{report:#}");
    assert_eq!(report["imported"], regular + 7, "{report:#}");
    assert_eq!(report["duplicates"], 1);
    assert_eq!(report["without_message_id"], 1);
    assert_eq!(report["same_message_id"], 1);
    assert_eq!(report["skipped_by_reason"]["between our own addresses"], 1);
    assert_eq!(report["skipped_by_reason"]["not a mail"], 1);

    assert_eq!(
        import
            .count("public.messages where channel_type = 'email'")
            .await,
        (regular + 7) as i64
    );
    // The late pair is one conversation; the five others have one each.
    assert_eq!(
        import
            .count("public.conversations where channel_type = 'email'")
            .await,
        threads + 6
    );
    let split = import
        .count("(select split_part(external_message_id, '.', 1) from public.messages where external_message_id ~ '^c[0-9]+[.]t' group by 1 having count(distinct conversation_id) > 1) as split")
        .await;
    assert_eq!(split, 0, "a thread was torn");
    let mixed = import
        .count("(select conversation_id from public.messages where external_message_id ~ '^c[0-9]+[.]t' group by 1 having count(distinct split_part(external_message_id, '.', 1)) > 1) as mixed")
        .await;
    assert_eq!(mixed, 0, "two threads were joined");

    let turn = message_id(1, 1);
    assert_eq!(import.text(&format!("select sender_type || ': ' || content from public.messages where external_message_id = '{turn}'")).await, "agent: We are looking into it and come back to you soon.");
    assert_eq!(import.text("select content from public.messages where external_message_id = 'broken@example.ru'").await, "Здравствуйте, посылка пришла поврежденной");
    let first = message_id(1, 0);
    assert!(import.text(&format!("select metadata #>> '{{mail,signature}}' from public.messages where external_message_id = '{first}'")).await.starts_with("--\nАнна Соколова"));
    assert_eq!(import.text(&format!("select p.name from public.messages as m join public.conversations as c on c.id = m.conversation_id join public.customer_profiles as p on p.id = c.customer_id where m.external_message_id = '{first}'")).await, "Анна Соколова");
    assert_eq!(import.text(&format!("select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') from public.messages where external_message_id = '{first}'")).await, "2024-03-01 00:07");

    let path = import.text("select file_path from public.file_attachments where filename = 'film.bin' and storage_provider = 'local'").await;
    let stored = std::fs::metadata(import.folder.path().join("data/files").join(&path))
        .expect("the file is stored");
    assert_eq!(
        stored.len() as i64,
        value::<i64>(
            import.database.owner(),
            "select file_size from public.file_attachments where filename = 'film.bin'"
        )
        .await
    );

    let before = import.fingerprint().await;
    let again = import.run(&archive);
    assert_eq!(again["imported"], 0, "{again:#}");
    assert_eq!(again["duplicates"], regular + 8);
    assert_eq!(import.fingerprint().await, before);
}

#[tokio::test]
async fn a_file_of_an_imported_mail_is_given_out_by_the_server() {
    let import = Import::new().await;
    let archive = import.write(
        "archive.mbox",
        &[with_file(
            "one@example.org",
            "a@example.org",
            "plan.bin",
            70_000,
        )],
    );
    assert_eq!(import.run(&archive)["attachments"], 1);
    let Import { database, folder } = import;
    let hash: String = value(
        database.owner(),
        "select file_hash from public.file_attachments where filename = 'plan.bin'",
    )
    .await;
    let workspace = database.default_workspace().await;
    let mut settings = api::settings();
    // Where `romashka serve --data-dir data` has its own.
    settings.file_folder = Some(folder.path().join("data/files"));
    let server = Api::over(database, settings).await;
    let agent = server.member(workspace, Role::Agent).await;
    let listed = agent.get("/attachments").await.expect(200);
    let id = listed.body["data"][0]["id"].as_str().expect("a file");
    let answer = agent
        .request(Method::GET, &format!("/api/v1/attachments/{id}/content"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    let bytes = answer.bytes().await.expect("the bytes");
    assert!(bytes.len() >= 70_000, "{}", bytes.len());
    assert_eq!(hex::encode(Sha256::digest(&bytes)), hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_goes_on_and_ends_like_a_whole_one() {
    let mails: Vec<ArchivedMail> = (0..150)
        .flat_map(|number| {
            let mut mails = conversation(number, 1 + number % 7);
            mails.push(with_file(
                &format!("file{number}@example.org"),
                &format!("customer{number}@example.org"),
                &format!("scan{number}.png"),
                200,
            ));
            mails
        })
        .collect();
    let whole = Import::new().await;
    let archive = whole.write("archive.mbox", &mails);
    whole.run(&archive);
    let expected = whole.fingerprint().await;
    assert_eq!(expected.len(), mails.len());

    let killed = Import::new().await;
    let archive = killed.write("archive.mbox", &mails);
    let mut kills = 0;
    for threshold in [1, 150, 400] {
        let mut process = killed
            .command(&archive)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("romashka starts");
        let deadline = Instant::now() + Duration::from_secs(120);
        while killed
            .count("public.messages where channel_type = 'email'")
            .await
            < threshold
            && Instant::now() < deadline
        {
            if process.try_wait().expect("the process").is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // SIGKILL: nothing is tidied up.
        process.kill().expect("the process is killed");
        kills += usize::from(!process.wait().expect("the process ends").success());
    }
    assert!(kills >= 2, "the import was over before it could be killed");
    let partly = killed.fingerprint().await.len();
    assert!(
        partly > 0 && partly < mails.len(),
        "{partly} of {}",
        mails.len()
    );
    let report = killed.run(&archive);
    assert_eq!(report["duplicates"], partly);
    assert_eq!(killed.fingerprint().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_conversation() {
    let import = Import::new().await;
    let archive = import.write(
        "first.mbox",
        &[
            mail("a@example.org", "a@example.org", "Invoice", "", "About A."),
            mail("b@example.org", "b@example.org", "Invoice", "", "About B."),
            mail(
                "again@example.org",
                "a@example.org",
                "Invoice",
                "",
                "Same subject and sender, another matter.",
            ),
        ],
    );
    import.run(&archive);
    let conversation = |id: &str| {
        format!(
            "select conversation_id::text from public.messages where external_message_id = '{id}'"
        )
    };
    let a = import.text(&conversation("a@example.org")).await;
    let b = import.text(&conversation("b@example.org")).await;
    assert_ne!(a, b);
    assert_ne!(
        a,
        import.text(&conversation("again@example.org")).await,
        "subject and sender must not join mails"
    );

    let number: i64 = value(
        import.database.owner(),
        &format!("select number from public.conversations where id = '{a}'"),
    )
    .await;
    let archive = import.write(
        "second.mbox",
        &[
            // What is answered decides, not what is mentioned.
            mail(
                "both@example.org",
                "b@example.org",
                "Re: Invoice",
                "In-Reply-To: <b@example.org>\nReferences: <b@example.org> <a@example.org>\n",
                "For B.",
            ),
            mail(
                "numbered@example.org",
                "a@example.org",
                &format!("Again [#{number}]"),
                "",
                "I lost the thread.",
            ),
            mail(
                "guessed@example.org",
                "evil@example.net",
                &format!("Hello [#{number}]"),
                "",
                "I guessed the number.",
            ),
        ],
    );
    import.run(&archive);
    assert_eq!(import.text(&conversation("both@example.org")).await, b);
    assert_eq!(import.text(&conversation("numbered@example.org")).await, a);
    assert_ne!(import.text(&conversation("guessed@example.org")).await, a);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_mail_is_nobodys_work() {
    let import = Import::new().await;
    let workspace = import.database.default_workspace().await;
    let agent = import
        .database
        .create_person(workspace, romashka_tests::Role::Agent)
        .await;
    let owner = import.database.owner();
    owner
        .execute(
            "insert into public.agent_availability (agent_id, is_online, working_hours)
             select $1, true, jsonb_object_agg(d, '{\"start\": \"00:00\", \"end\": \"24:00\"}'::jsonb)
               from unnest(array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']) as d",
            &[&agent],
        )
        .await
        .expect("an agent who is free");
    let yesterday = value::<String>(
        owner,
        "select to_char(now() at time zone 'UTC' - interval '1 day', 'DD Mon YYYY HH24:MI:SS')",
    )
    .await;
    let mut recent = mail(
        "recent@example.org",
        "recent@example.org",
        "Today",
        "",
        "This is new.",
    );
    recent.raw = String::from_utf8_lossy(&recent.raw)
        .replace("01 Mar 2024 10:00:00", &yesterday)
        .into_bytes();
    let archive = import.write(
        "archive.mbox",
        &[
            mail(
                "old@example.org",
                "old@example.org",
                "Then",
                "",
                "This was long ago.",
            ),
            recent,
        ],
    );
    let state = |subject: &str| {
        format!(
            "select status || coalesce(' at ' || (closed_at = last_message_at and resolved_at = last_message_at)::text, '')
                    || case when assigned_agent_id is null then ', nobody''s' else ', somebody''s' end || ', reopened ' || reopen_count
               from public.conversations where subject = '{subject}'"
        )
    };
    let report = import.run(&archive);
    assert_eq!(report["closed"], 1, "{report:#}");
    assert_eq!(
        import.text(&state("Then")).await,
        "closed at true, nobody's, reopened 0"
    );
    assert_eq!(
        import.text(&state("Today")).await,
        "active, nobody's, reopened 0"
    );
    let again = import.run(&archive);
    assert_eq!(
        (&again["closed"], &again["imported"]),
        (&0.into(), &0.into())
    );

    // The customer writes again, by the channel itself: it is work, and stays so when the archive is read once more.
    owner
        .execute(
            "select public.ingest_message('email', 'old@example.org', 'Still broken', external_message_id => 'live@example.org', thread_keys => array['old@example.org'])",
            &[],
        )
        .await
        .expect("a mail arrives");
    import.run(&archive);
    assert!(
        import.text(&state("Then")).await.starts_with("active"),
        "{}",
        import.text(&state("Then")).await
    );
    assert_eq!(
        value::<i64>(owner, "select count(*) from public.recount(null, false)").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn automatic_mail_is_quiet_and_a_report_marks_its_mail() {
    let import = Import::new().await;
    let archive = import.write("first.mbox", &conversation(1, 2));
    import.run(&archive);
    let id = import
        .text(&format!(
            "select conversation_id::text from public.messages where external_message_id = '{}'",
            message_id(1, 0)
        ))
        .await;
    let owner = import.database.owner();
    owner
        .execute(
            &format!("update public.conversations set status = 'active' where id = '{id}'"),
            &[],
        )
        .await
        .expect("the conversation is open again");
    owner
        .execute(
            &format!("update public.conversations set status = 'resolved' where id = '{id}'"),
            &[],
        )
        .await
        .expect("the conversation is resolved");
    let ours = message_id(1, 1);
    let absent = mail(
        "ooo@example.org",
        "customer1@example.org",
        "Automatic reply: Order 1",
        &format!("In-Reply-To: <{ours}>\nAuto-Submitted: auto-replied\n"),
        "I am away.",
    );
    let report = ArchivedMail {
        raw: format!("From: MAILER-DAEMON@mx.example.org\nTo: {SUPPORT}\nSubject: Undelivered\nDate: 02 Mar 2024 10:00:00 +0000\nMessage-ID: <dsn@mx.example.org>\nContent-Type: multipart/report; report-type=delivery-status; boundary=cut\n\n--cut\n\nNot delivered.\n--cut\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; customer1@example.org\nAction: failed\nStatus: 5.1.1\n--cut\nContent-Type: message/rfc822\n\nMessage-ID: <{ours}>\n\n--cut--\n").into_bytes(),
    };
    let stray = ArchivedMail {
        raw: String::from_utf8_lossy(&report.raw)
            .replace(&ours, "unknown@example.com")
            .replace("dsn@mx", "dsn2@mx")
            .into_bytes(),
    };
    let archive = import.write("second.mbox", &[absent, report, stray]);
    let found = import.run(&archive);
    assert_eq!(found["delivery_reports"], 1, "{found:#}");
    assert_eq!(found["automatic"]["out_of_office"], 1);
    assert_eq!(found["skipped"][0]["reason"]["kind"], "report_without_mail");
    let status = format!("select status from public.conversations where id = '{id}'");
    assert_eq!(
        import.text(&status).await,
        "resolved",
        "automatic mail must not reopen"
    );
    assert_eq!(
        import
            .count(&format!(
                "public.messages where conversation_id = '{id}' and is_quiet"
            ))
            .await,
        2
    );
    assert_eq!(
        import
            .text(&format!(
                "select delivery_status from public.messages where external_message_id = '{ours}'"
            ))
            .await,
        "failed"
    );
    assert_eq!(
        import
            .count("public.customer_identities where external_id like '%mailer-daemon%'")
            .await,
        0
    );

    let answer = |id: &str| {
        let headers = format!("In-Reply-To: <{ours}>\n");
        mail(
            id,
            "customer1@example.org",
            "Re: Order 1",
            &headers,
            "It is broken again.",
        )
    };
    let archive = import.write("third.mbox", &[answer("old@example.org")]);
    import.run(&archive);
    assert_eq!(
        import.text(&status).await,
        "resolved",
        "history before the solution must not reopen"
    );
    // A date in the future counts as now, which is after the solution.
    let mut late = answer("new@example.org");
    late.raw = String::from_utf8_lossy(&late.raw)
        .replace(" 2024 ", " 2099 ")
        .into_bytes();
    let archive = import.write("fourth.mbox", &[late]);
    import.run(&archive);
    assert_eq!(
        import.text(&status).await,
        "active",
        "a person's answer reopens"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_writes_nothing_and_a_limit_is_reported() {
    let import = Import::new().await;
    let mut mails = conversation(3, 4);
    mails.push(with_file(
        "large@example.org",
        "l@example.org",
        "x.bin",
        2 * 1024 * 1024,
    ));
    let archive = import.write("archive.mbox", &mails);
    let output = import
        .command(&archive)
        .args(["--dry-run", "--limit-mb", "1"])
        .output()
        .expect("romashka runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(
        (&report["imported"], &report["dry_run"]),
        (&Value::from(4), &Value::from(true))
    );
    assert_eq!(report["skipped"][0]["message_id"], "large@example.org");
    assert_eq!(report["skipped"][0]["reason"]["kind"], "too_large");
    assert_eq!(
        import
            .count("public.messages where channel_type = 'email'")
            .await,
        0
    );
    assert!(!import.folder.path().join("data/files").exists());

    let missing = import
        .command(Path::new("nothing.mbox"))
        .output()
        .expect("romashka runs");
    assert_eq!(missing.status.code(), Some(2));
}
