//! What files become, and what damaged and hostile ones do not.

use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Article, Kind, Reading, Refusal, read};

const DELIVERY: &[u8] = include_bytes!("../../../../tests/fixtures/knowledge/delivery.pdf");
const LOCKED: &[u8] = include_bytes!("../../../../tests/fixtures/knowledge/locked.pdf");
const SCANNED: &[u8] = include_bytes!("../../../../tests/fixtures/knowledge/scanned.pdf");
const WARRANTY: &[u8] = include_bytes!("../../../../tests/fixtures/knowledge/warranty.docx");

fn only(name: &str, bytes: &[u8]) -> Article {
    let reading = read(name, bytes).expect("it is read");
    assert_eq!((reading.articles.len(), reading.refused.len()), (1, 0));
    reading.articles.into_iter().next().expect("one")
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

#[test]
fn a_pdf_becomes_a_title_headings_and_paragraphs() {
    let article = only("a/delivery.pdf", DELIVERY);
    assert_eq!(article.title, "Delivery by bicycle");
    let headings: Vec<&str> = article
        .content
        .lines()
        .filter(|line| line.starts_with('#'))
        .collect();
    assert_eq!(
        headings,
        ["## Where we deliver", "## When nobody is at home"]
    );
    // The lines of a paragraph are one again.
    assert!(
        article.content.contains("A delivery takes two hours at most, and costs four euros; above fifty euros it is free of charge."),
        "{}",
        article.content
    );
    assert!(
        article
            .content
            .contains("\n\nThe courier leaves the parcel with a neighbour"),
        "{}",
        article.content
    );
}

#[test]
fn a_document_of_word_keeps_headings_lists_and_tables() {
    let article = only("warranty.docx", WARRANTY);
    assert_eq!(article.title, "Warranty and repairs");
    for expected in [
        "Every lamp has a warranty of three years",
        "\n# How to claim it\n",
        "\n## Costs\n",
        "| Part | Price |\n| --- | --- |\n| Shade | 12 € \\| each |",
        "Naïve customers — “quoted” — pay \\<nothing> within",
    ] {
        assert!(
            article.content.contains(expected),
            "{expected}: {}",
            article.content
        );
    }
}

#[test]
fn a_page_loses_what_surrounds_it() {
    let html = b"<!doctype html><html><head><title>Shop</title><style>p{}</style></head><body><nav><a href=/>Home</a></nav>\
        <h1>Paying &amp; invoices</h1><p>You can pay by <b>card</b>.</p><h2>Invoices</h2><ul><li>By mail</li></ul>\
        <script>alert(1)</script><footer>Imprint</footer></body></html>";
    let article = only("pay.html", html);
    assert_eq!(article.title, "Paying & invoices");
    assert!(article.content.contains("You can pay by **card**."));
    assert!(article.content.contains("## Invoices"));
    for gone in ["Home", "alert", "Imprint", "p{}"] {
        assert!(
            !article.content.contains(gone),
            "{gone}: {}",
            article.content
        );
    }
    let named = only(
        "x.html",
        b"<title>The &lt;name&gt;</title><p>Some text here</p>",
    );
    assert_eq!(named.title, "The <name>");
    let old = only(
        "old.html",
        b"<meta charset=windows-1251><h1>\xcf\xf0\xe8\xe2\xe5\xf2</h1><p>\xec\xe8\xf0 \xe8 \xf2\xf0\xf3\xe4</p>",
    );
    assert_eq!(old.title, "Привет");
}

#[test]
fn titles_come_from_front_matter_headings_and_names() {
    let titled = |name: &str, text: &str| only(name, text.as_bytes());
    assert_eq!(
        titled("x.md", "---\ntitle: \"Front\"\n---\nSome text").title,
        "Front"
    );
    let headed = titled("x.md", "# The heading\n\nSome text");
    assert_eq!(
        (headed.title.as_str(), headed.content.as_str()),
        ("The heading", "Some text")
    );
    assert_eq!(
        titled("how-to_return.txt", "Some text").title,
        "how to return"
    );
    assert_eq!(
        titled("x.txt", "a <b> c\n# no heading").content,
        "a \\<b> c\n\\# no heading"
    );
}

#[test]
fn encodings_are_found_and_binary_is_refused() {
    assert_eq!(
        only("x.txt", b"caf\xe9 cr\xe8me br\xfbl\xe9e").content,
        "café crème brûlée"
    );
    assert_eq!(
        only("x.txt", b"\xff\xfeh\0i\0 \0y\0o\0u\0").content,
        "hi you"
    );
    assert_eq!(
        read("x.txt", b"\x7fELF\0\0\x01\xff\xfe\xfd"),
        Err(Refusal::Charset)
    );
    assert_eq!(read("x.txt", b" \n "), Err(Refusal::NoText));
    assert_eq!(read("x.exe", b"MZ"), Err(Refusal::UnknownKind));
}

#[test]
fn each_row_of_a_table_is_an_article() {
    let table = "Question;Answer;Category;Language\nWhere is it?;Near; Shops / Town ;de\n;Nothing asked;;\nWhere is it?;Far;;\nWhy?;;;\n";
    let reading = read("faq.csv", table.as_bytes()).expect("a table");
    let found: Vec<(&str, &str)> = reading
        .articles
        .iter()
        .map(|article| (article.part.as_str(), article.content.as_str()))
        .collect();
    assert_eq!(
        found,
        [("#Where is it?", "Near"), ("#Where is it? (2)", "Far")]
    );
    assert_eq!(reading.articles[0].category, ["Shops", "Town"]);
    assert_eq!(reading.articles[0].language.as_deref(), Some("de"));
    let refused: Vec<&str> = reading
        .refused
        .iter()
        .map(|one| one.part.as_str())
        .collect();
    assert_eq!(refused, ["#row 3", "#Why?"]);
    assert_eq!(read("faq.csv", b"a,b\n1,2\n"), Err(Refusal::Columns));
}

#[test]
fn an_archive_gives_its_files_and_says_what_it_keeps() {
    let inner = zipped(&[("a.txt", b"Some text")]);
    let archive = zipped(&[
        ("returns/parcel.md", b"# Parcels\n\nSend them back."),
        ("faq.csv", b"question,answer\nWhy?,Because of it\n"),
        ("../outside.md", b"# Outside\n\nNo text here"),
        ("nested.zip", &inner),
        ("photo.png", b"\x89PNG"),
        ("bad.pdf", b"no PDF"),
        ("__MACOSX/x.md", b"# x\n\nforks"),
        (".hidden.md", b"# x\n\nhidden"),
        ("delivery.pdf", DELIVERY),
    ]);
    let Reading { articles, refused } = read("all.zip", &archive).expect("an archive");
    let parts: Vec<&str> = articles
        .iter()
        .map(|article| article.part.as_str())
        .collect();
    assert_eq!(
        parts,
        ["/returns/parcel.md", "/faq.csv#Why?", "/delivery.pdf"]
    );
    assert_eq!(articles[0].category, ["returns"]);
    let codes: Vec<(&str, &str)> = refused
        .iter()
        .map(|one| (one.part.as_str(), one.reason.code()))
        .collect();
    assert_eq!(
        codes,
        [
            ("/../outside.md", "outside"),
            ("/nested.zip", "nested"),
            ("/photo.png", "unknown_kind"),
            ("/bad.pdf", "damaged"),
        ]
    );
}

#[test]
fn bombs_do_not_go_off() {
    let zeros = vec![b'a'; 80 * 1024 * 1024];
    let bomb = zipped(&[("bomb.txt", &zeros), ("fine.txt", b"Some text")]);
    let reading = read("bomb.zip", &bomb).expect("the rest of it");
    assert_eq!(reading.articles.len(), 1);
    assert_eq!(reading.refused[0].reason.code(), "too_large");
    let many: Vec<String> = (0..10_001).map(|number| format!("{number}.md")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    assert_eq!(
        read("many.zip", &zipped(&many))
            .expect_err("too many")
            .code(),
        "too_large"
    );
    let deep = format!("{}text", "<div>".repeat(100_000));
    assert_eq!(
        read("deep.html", deep.as_bytes())
            .expect_err("too deep")
            .code(),
        "damaged"
    );
}

#[test]
fn what_cannot_be_read_says_why() {
    assert_eq!(read("locked.pdf", LOCKED), Err(Refusal::Encrypted));
    assert_eq!(read("scanned.pdf", SCANNED), Err(Refusal::NoText));
    assert_eq!(
        read("old.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        Err(Refusal::Encrypted)
    );
    for (name, whole) in [("x.pdf", DELIVERY), ("x.docx", WARRANTY)] {
        let half = &whole[..whole.len() / 2];
        assert_eq!(read(name, half).expect_err("damaged").code(), "damaged");
    }
    assert_eq!(Kind::of("a.b/c"), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The readers that run beside everything else never fall.
    #[test]
    fn no_bytes_bring_the_own_readers_down(bytes in proptest::collection::vec(any::<u8>(), 0..600), kind in 0..4_usize) {
        let name = ["x.md", "x.txt", "x.csv", "x.tsv"][kind];
        prop_assert!(!Kind::of(name).expect("known").is_foreign());
        let _ = read(name, &bytes);
    }

    #[test]
    fn no_damage_of_an_archive_brings_its_reader_down(place in 0..37_000_usize, byte in any::<u8>()) {
        let mut bytes = WARRANTY.to_vec();
        let place = place % bytes.len();
        bytes[place] = byte;
        let _ = read("x.docx", &bytes);
    }
}
