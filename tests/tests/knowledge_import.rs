//! `romashka knowledge import`: the real program, real files, a real database.

use std::io::{Cursor, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use romashka_tests::{TestDatabase, model_folder, romashka_binary, value};
use serde_json::{Value, json};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/knowledge");

struct Import {
    database: TestDatabase,
    folder: TempDir,
}

impl Import {
    async fn new() -> Self {
        Self {
            database: TestDatabase::new().await,
            folder: TempDir::new().expect("a folder"),
        }
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.folder.path().join("handbook").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, bytes).expect("a file");
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.folder.path().join("handbook").join(name)).expect("it was there");
    }

    fn start(&self, arguments: &[&str]) -> Output {
        Command::new(romashka_binary())
            .args(["knowledge", "import", "--json", "--data-dir"])
            .arg(self.folder.path().join("data"))
            .args(arguments)
            .env("DATABASE_URL", self.database.url())
            .current_dir(self.folder.path())
            .output()
            .expect("romashka runs")
    }

    fn run(&self, arguments: &[&str]) -> Value {
        let output = self.start(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"))
    }

    async fn text(&self, sql: &str) -> String {
        value(self.database.owner(), sql).await
    }
}

fn counts(report: &Value) -> Value {
    let length = |key: &str| report[key].as_array().expect("a list").len();
    json!([
        report["created"],
        report["changed"],
        report["unchanged"],
        length("archived"),
        length("refused")
    ])
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .expect("an entry");
        archive.write_all(bytes).expect("its bytes");
    }
    archive.finish().expect("an archive").into_inner()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(FIXTURES).join(name)).expect("a fixture")
}

const ARTICLES: &str = "select coalesce(string_agg(concat_ws('|', i.file_path, i.title, i.status, i.audience, i.language, i.version, above.name, c.name), e'\\n' order by i.file_path), '')
  from public.knowledge_items as i left join public.knowledge_categories as c on c.id = i.category_id
  left join public.knowledge_categories as above on above.id = c.parent_id where i.source_type = 'file'";

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_becomes_articles_and_stays_in_step() {
    let import = Import::new().await;
    import.write(
        "returns/how-to_return.md",
        "# Returning a parcel\n\nSend it back within 30 days.",
    );
    import.write(
        "returns/abroad/customs.txt",
        "Customs are paid by the sender.",
    );
    import.write("faq.csv", "question,answer,category\nDo you ship abroad?,\"Yes, to all of Europe.\",Shipping\nIs there a shop?,In Riga.,\n");
    import.write("warranty.docx", fixture("warranty.docx"));
    import.write("delivery.pdf", fixture("delivery.pdf"));
    import.write(
        "pay.html",
        "<title>x</title><nav>Home</nav><h1>Paying</h1><p>By card.</p>",
    );
    import.write(
        "old.zip",
        zipped(&[("old/letters.md", b"# Letters\n\nBy post.")]),
    );

    let tried = import.run(&["handbook", "--dry-run"]);
    assert_eq!(counts(&tried), json!([8, 0, 0, 0, 0]), "{tried}");
    assert_eq!(import.text(ARTICLES).await, "");

    let first = import.run(&["handbook", "--audience", "signed-in"]);
    assert_eq!(counts(&first), json!([8, 0, 0, 0, 0]), "{first}");
    assert_eq!(
        import.text(ARTICLES).await,
        "handbook/delivery.pdf|Delivery by bicycle|draft|signed_in|en|1\n\
         handbook/faq.csv#Do you ship abroad?|Do you ship abroad?|draft|signed_in|en|1|Shipping\n\
         handbook/faq.csv#Is there a shop?|Is there a shop?|draft|signed_in|en|1\n\
         handbook/old.zip/old/letters.md|Letters|draft|signed_in|en|1|old\n\
         handbook/pay.html|Paying|draft|signed_in|en|1\n\
         handbook/returns/abroad/customs.txt|customs|draft|signed_in|en|1|returns|abroad\n\
         handbook/returns/how-to_return.md|Returning a parcel|draft|signed_in|en|1|returns\n\
         handbook/warranty.docx|Warranty and repairs|draft|signed_in|en|1"
    );

    // What did not change is not written, whatever it is: no row has another version of itself.
    let rows =
        "select string_agg(i.xmin::text, ',' order by i.id) from public.knowledge_items as i";
    let before = import.text(rows).await;
    let again = import.run(&["handbook"]);
    assert_eq!(counts(&again), json!([0, 0, 8, 0, 0]), "{again}");
    assert_eq!(import.text(rows).await, before);

    let published = import.run(&["handbook", "--publish"]);
    assert_eq!(counts(&published), json!([0, 8, 0, 0, 0]));
    assert_eq!(
        import.text("select string_agg(distinct status || version, ',') from public.knowledge_items where source_type = 'file'").await,
        "active1"
    );

    // A person's change of an article stays until its file changes, and is a version then.
    import.text("with changed as (update public.knowledge_items set content = 'By hand', tags = '{kept}' where file_path like '%how-to%' returning 1) select count(*)::text from changed").await;
    import.text("with changed as (update public.knowledge_items set status = 'archived' where file_path like '%pay.html' returning 1) select count(*)::text from changed").await;
    assert_eq!(counts(&import.run(&["handbook"])), json!([0, 0, 8, 0, 0]));
    import.write(
        "returns/how-to_return.md",
        "# Returning a parcel\n\nSend it back within 60 days.",
    );
    import.write("pay.html", "<h1>Paying</h1><p>By card or cash.</p>");
    import.write("faq.csv", "question,answer,category\nDo you ship abroad?,\"Yes, to all of Europe.\",Shipping\nIs there a shop?,In Riga and Cēsis.,\n");
    import.remove("delivery.pdf");
    let changed = import.run(&["handbook", "--archive-removed"]);
    assert_eq!(counts(&changed), json!([0, 3, 4, 1, 0]), "{changed}");
    assert_eq!(changed["archived"][0]["file"], "handbook/delivery.pdf");
    assert_eq!(
        import.text("select string_agg(concat_ws('|', version, status, content, array_to_string(tags, ',')), e'\\n' order by file_path) from public.knowledge_items where version > 1").await,
        "2|active|In Riga and Cēsis.|\n2|archived|By card or cash.|\n3|active|Send it back within 60 days.|kept"
    );
    assert_eq!(
        import.text("select string_agg(v.content, '|' order by v.version) from public.knowledge_versions as v join public.knowledge_items as i on i.id = v.knowledge_item_id where i.file_path like '%how-to%'").await,
        "Send it back within 30 days.|By hand|Send it back within 60 days."
    );

    // It comes back with its file, as a draft that somebody looks at, or published where that is asked for.
    import.write("delivery.pdf", fixture("delivery.pdf"));
    let returned = import.run(&["handbook", "--publish", "--archive-removed"]);
    assert_eq!(counts(&returned), json!([0, 1, 7, 0, 0]), "{returned}");
    assert_eq!(
        import.text("select status || version from public.knowledge_items where file_path like '%delivery.pdf'").await,
        "active1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_file_never_stops_the_run() {
    let import = Import::new().await;
    import.write("a-locked.pdf", fixture("locked.pdf"));
    import.write("b-scanned.pdf", fixture("scanned.pdf"));
    let delivery = fixture("delivery.pdf");
    import.write("c-half.pdf", &delivery[..delivery.len() / 2]);
    import.write("d-binary.txt", b"\x7fELF\0\0\0\x01");
    import.write("e-empty.md", "\n");
    import.write("f-photo.png", b"\x89PNG");
    import.write("g-columns.csv", "a,b\n1,2\n");
    import.write(
        "h-bomb.zip",
        zipped(&[
            ("bomb.md", &vec![b'a'; 80 << 20]),
            ("fine.md", b"# Fine\n\nIt is."),
        ]),
    );
    import.write("i-deep.html", format!("{}x", "<div>".repeat(200_000)));
    import.write("j-word.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    import.write("k-large.txt", vec![b'a'; 2 << 20]);
    import.write(".hidden.md", "# Hidden\n\nfile");
    std::os::unix::fs::symlink(
        "/etc/passwd",
        import.folder.path().join("handbook/l-link.txt"),
    )
    .expect("a link");
    import.write("z-good.md", "# Good\n\nIt is.");
    let report = import.run(&["handbook", "--limit-mb", "1"]);
    let refused: Vec<(String, String)> = report["refused"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let text = |key: &str| one[key].as_str().expect("a text").to_owned();
            assert!(!text("reason").is_empty());
            (text("file").replace("handbook/", ""), text("code"))
        })
        .collect();
    let mut refused: Vec<(&str, &str)> = refused
        .iter()
        .map(|(file, code)| (file.as_str(), code.as_str()))
        .collect();
    refused.sort_unstable();
    assert_eq!(
        refused,
        [
            ("a-locked.pdf", "encrypted"),
            ("b-scanned.pdf", "no_text"),
            ("c-half.pdf", "damaged"),
            ("d-binary.txt", "charset"),
            ("e-empty.md", "no_text"),
            ("f-photo.png", "unknown_kind"),
            ("g-columns.csv", "columns"),
            ("h-bomb.zip/bomb.md", "too_large"),
            ("i-deep.html", "damaged"),
            ("j-word.docx", "encrypted"),
            ("k-large.txt", "too_large"),
            ("l-link.txt", "unreadable"),
        ]
    );
    assert_eq!(counts(&report), json!([2, 0, 0, 0, 12]), "{report}");
    assert_eq!(import.text("select string_agg(title, ',' order by title) from public.knowledge_items where source_type = 'file'").await, "Fine,Good");

    // What cannot be read today is not gone.
    import.write("z-good.md", b"\0\0\0");
    let kept = import.run(&["handbook", "--archive-removed"]);
    assert_eq!(kept["archived"], json!([]), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_put_everything_away_is_refused() {
    let import = Import::new().await;
    import.write("a.md", "# One\n\nText here");
    import.run(&[
        "handbook",
        "--category",
        "Manuals / Old",
        "--source",
        "docs",
    ]);
    assert_eq!(
        import.text(ARTICLES).await,
        "docs/a.md|One|draft|public|en|1|Manuals|Old"
    );
    import.remove("a.md");
    let output = import.start(&["handbook", "--archive-removed", "--source", "docs"]);
    assert_eq!(output.status.code(), Some(4));
    let missing = import.start(&["nowhere"]);
    assert_eq!(missing.status.code(), Some(2));
    let workspace = import.start(&["handbook", "--workspace", "nobody"]);
    assert_eq!(workspace.status.code(), Some(2));
    assert_eq!(
        import
            .text("select status from public.knowledge_items where source_type = 'file'")
            .await,
        "draft"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_goes_on_where_it_was() {
    let import = Import::new().await;
    for number in 0..200 {
        import.write(
            &format!("{number:03}.md"),
            format!("# Article {number}\n\nText of it."),
        );
    }
    let mut child = Command::new(romashka_binary())
        .args([
            "knowledge",
            "import",
            "--json",
            "--data-dir",
            "data",
            "handbook",
        ])
        .env("DATABASE_URL", import.database.url())
        .current_dir(import.folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("romashka runs");
    let stored = "select count(*)::text from public.knowledge_items where source_type = 'file'";
    while import.text(stored).await.parse::<u32>().expect("a number") < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    let before: u64 = import.text(stored).await.parse().expect("a number");
    let report = import.run(&["handbook"]);
    assert_eq!(report["unchanged"], before);
    assert_eq!(report["created"], 200 - before);
    assert_eq!(import.text(stored).await, "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_imported_is_indexed_and_asked() {
    let import = Import::new().await;
    import.write("refunds.md", "# Refunds\n\nWe pay back as soon as your parcel is here. A refund takes five working days. It goes to the card that you paid with.");
    import.write(
        "hours.md",
        "# Opening hours\n\nOur shop is open from nine to six, on Saturdays until two.",
    );
    import.write(
        "staff.md",
        "# Refunds above 500 euros\n\nA manager has to sign it.",
    );
    import.run(&["handbook", "--publish"]);
    import.text("with changed as (update public.knowledge_items set audience = 'internal' where file_path like '%staff.md' returning 1) select count(*)::text from changed").await;
    let run = |arguments: &[&str], model: &Path| {
        let output = Command::new(romashka_binary())
            .args(["knowledge", "--json", "--data-dir"])
            .arg(import.folder.path().join("data"))
            .args(arguments)
            .env("DATABASE_URL", import.database.url())
            .env("ROMASHKA_MODEL_DIR", model)
            .output()
            .expect("romashka runs");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code(), said, errors)
    };
    let (model, nowhere) = (model_folder(), import.folder.path().join("nowhere"));
    let articles: i64 = import
        .text("select count(*)::text from public.knowledge_items")
        .await
        .parse()
        .expect("a number");

    // Without a model everything is said honestly.
    let (code, state, errors) = run(&["status"], &nowhere);
    assert_eq!(
        (code, &state["pending"], &state["model"]),
        (Some(0), &json!(articles), &Value::Null),
        "{errors}"
    );
    let (_, answer, errors) = run(&["ask", "How long does a refund take?"], &nowhere);
    assert_eq!(
        (&answer["tier"], &answer["answer"]),
        (&json!("suggest"), &Value::Null),
        "{errors}"
    );
    let (code, _, errors) = run(&["reindex", "--here"], &nowhere);
    assert_eq!(code, Some(2), "{errors}");

    let (code, state, errors) = run(&["reindex", "--here"], &model);
    assert_eq!(
        (code, &state["indexed"], &state["pending"], &state["failed"]),
        (Some(0), &json!(articles), &json!(0), &json!(0)),
        "{errors}"
    );
    let (_, answer, errors) = run(&["ask", "How long does a refund take?"], &model);
    assert_eq!(answer["tier"], "answer", "{answer} {errors}");
    assert_eq!(
        answer["answer"]["text"],
        "A refund takes five working days."
    );
    let titles = |answer: &Value| -> Vec<String> {
        let articles = answer["articles"].as_array().expect("a list");
        articles
            .iter()
            .map(|article| article["title"].as_str().expect("a title").to_owned())
            .collect()
    };
    let internal = "Refunds above 500 euros".to_owned();
    assert!(!titles(&answer).contains(&internal));
    let (_, answer, errors) = run(
        &[
            "ask",
            "--audience",
            "internal",
            "Who signs refunds above 500 euros?",
        ],
        &model,
    );
    assert!(titles(&answer).contains(&internal), "{answer} {errors}");

    // The queue is one for whoever works on it.
    let (code, state, _) = run(&["reindex", "--no-wait"], &model);
    assert_eq!((code, &state["pending"]), (Some(0), &json!(articles)));
}
