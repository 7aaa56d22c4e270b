use super::*;

fn page(url: &str, html: &str) -> Page {
    let source = Source {
        url: url.to_owned(),
        ..Source::default()
    };
    read(&source, html.as_bytes()).expect("a page")
}

const SHOP: &str = r#"<!doctype html><html lang="en-GB"><head><title>Returns | Shop</title>
<meta name="description" content="How to send things back"><link rel="canonical" href="/returns?utm_source=x#top"><style>p{color:red}</style></head>
<body class="page has-sidebar"><header class="site"><a href="/">Shop</a><nav><a href="/a">A</a></nav></header>
<div id="cookie-banner"><p>We use cookies to make everything better for you and for us.</p></div>
<div class="breadcrumb"><a href="/">Home</a> / <a href="/help">Help</a></div>
<div class="wrapper"><div class="content">
<h1>Returning a parcel</h1>
<p>You may send a parcel back within 30 days. See <a href="label.html#how">how to print the label</a>.</p>
<h2>What it costs</h2>
<table><tr><th>Country</th><th>Price</th></tr><tr><td>Germany</td><td>free</td></tr></table>
<ol><li>Pack it</li><li>Stick the label on it</li></ol>
<pre><code>romashka returns --label</code></pre>
<script>evil()</script><p style="display: none">Hidden words</p><p><a href="javascript:evil()">Click here</a></p>
</div><div class="sidebar"><p>Buy more</p></div>
<ul><li><a href="/1">One more product</a></li><li><a href="/2">Two more products</a></li><li><a href="/3">Three more</a></li><li><a href="/4">Four</a></li></ul></div>
<footer><p>Imprint of the shop</p></footer></body></html>"#;

#[test]
fn the_text_is_kept_and_what_surrounds_it_is_not() {
    let page = page("https://shop.example/help/returns", SHOP);
    assert_eq!(page.title, "Returning a parcel");
    assert_eq!(page.language.as_deref(), Some("en-GB"));
    assert_eq!(page.description.as_deref(), Some("How to send things back"));
    assert_eq!(
        page.canonical.as_deref(),
        Some("https://shop.example/returns")
    );
    assert_eq!(page.headings, ["What it costs"]);
    for kept in [
        "within 30 days",
        "[how to print the label](https://shop.example/help/label.html)",
        "## What it costs",
        "| Germany | free",
        "Stick the label on it",
        "romashka returns --label",
        "Click here",
    ] {
        assert!(page.content.contains(kept), "{kept}\n{}", page.content);
    }
    for dropped in [
        "cookies",
        "Home",
        "Buy more",
        "Imprint",
        "One more",
        "evil",
        "Hidden",
        "javascript",
    ] {
        assert!(
            !page.content.contains(dropped),
            "{dropped}\n{}",
            page.content
        );
    }
    assert_eq!(
        page.links,
        [
            "/",
            "/a",
            "/help",
            "/help/label.html",
            "/1",
            "/2",
            "/3",
            "/4"
        ]
        .map(|path| format!("https://shop.example{path}"))
    );
    assert!(
        page.quality > 0.7 && page.word_count > 30,
        "{} {}",
        page.quality,
        page.word_count
    );
    assert!(!page.is_excluded && !page.is_dead_end);
}

#[test]
fn the_part_that_says_it_is_the_text_is_taken_at_its_word() {
    let text = "words that say something of it ".repeat(5);
    let found = page(
        "https://a.example/x",
        &format!(
            "<body><div><p>{text} around</p></div><main><header><h1>Title</h1></header><p>{text} within</p></main></body>"
        ),
    );
    assert_eq!(found.title, "Title");
    assert!(found.content.contains("within") && !found.content.contains("around"));
    // One that is nearly empty is not believed.
    let found = page(
        "https://a.example/some-page.html",
        &format!("<body><main></main><p>{text}</p></body>"),
    );
    assert!(found.content.contains("something"));
    assert_eq!(found.title, "some page");
    // A site within a form, as some programs make it.
    let found = page(
        "https://a.example/",
        &format!("<body><form class='menu'><p>{text}</p></form></body>"),
    );
    assert!(found.content.contains("something"));
}

#[test]
fn what_a_page_says_to_robots_is_heard() {
    let html = "<meta name=ROBOTS content='noindex, follow'><a href=/a>A</a><a rel='nofollow' href=/b>B</a>";
    let found = page("https://a.example/", html);
    assert!(found.is_excluded && !found.is_dead_end);
    assert_eq!(found.links, ["https://a.example/a"]);
    let source = Source {
        url: "https://a.example/".to_owned(),
        robots: Some("none".to_owned()),
        ..Source::default()
    };
    let found = read(&source, b"<a href=/a>A</a>").expect("a page");
    assert!(found.is_excluded && found.is_dead_end && found.links.is_empty());
    for (said, is_excluded) in [
        ("googlebot: noindex", false),
        ("romashka: noindex", true),
        ("noarchive, noindex", true),
    ] {
        let source = Source {
            robots: Some(said.to_owned()),
            ..source.clone()
        };
        assert_eq!(
            read(&source, b"<p>Text</p>").expect("a page").is_excluded,
            is_excluded,
            "{said}"
        );
    }
}

#[test]
fn characters_are_read_as_they_are_meant() {
    let read = |kind: Option<&str>, bytes: &[u8]| {
        let source = Source {
            url: "https://a.example/".to_owned(),
            content_type: kind.map(str::to_owned),
            robots: None,
        };
        super::read(&source, bytes).map(|page| page.content)
    };
    let latin = b"<p>Gr\xf6\xdfe der Pakete</p>";
    assert_eq!(
        read(Some("text/html; charset=\"ISO-8859-1\""), latin).as_deref(),
        Ok("Größe der Pakete")
    );
    let meta = b"<meta charset=windows-1251><p>\xcf\xf0\xe8\xe2\xe5\xf2</p>";
    assert_eq!(read(None, meta).as_deref(), Ok("Привет"));
    // The header is wrong; the bytes are not.
    assert_eq!(
        read(
            Some("text/html; charset=iso-8859-1"),
            "<p>Größe</p>".as_bytes()
        )
        .as_deref(),
        Ok("Größe")
    );
    // It says UTF-8 and is cut in the middle of a letter.
    let mut cut = "<p>".to_owned() + &"Größe der Pakete ".repeat(40);
    cut.push_str("end");
    let mut cut = cut.into_bytes();
    cut.push(0xc3);
    assert!(
        read(Some("text/html; charset=utf-8"), &cut)
            .expect("text")
            .ends_with("end")
    );
    assert_eq!(read(None, b"\0\x01\x02\xff\xfe\0\0"), Err(Refusal::Charset));
    let deep = "<div>".repeat(5_000);
    assert!(matches!(
        read(None, deep.as_bytes()),
        Err(Refusal::Damaged { .. })
    ));
    // Tags that close nothing make it no less deep.
    let deep = "<div></x>".repeat(5_000);
    assert!(matches!(
        read(None, deep.as_bytes()),
        Err(Refusal::Damaged { .. })
    ));
    assert_eq!(read(None, b"<body></body>").as_deref(), Ok(""));
}

#[test]
fn a_page_has_one_address() {
    let base = Url::parse("https://Shop.example:443/help/index.html").expect("a base");
    for (link, address) in [
        (
            "a?utm_source=x&id=1&fbclid=2#part",
            Some("https://shop.example/help/a?id=1"),
        ),
        ("/b?", Some("https://shop.example/b")),
        ("//other.example/../c", Some("https://other.example/c")),
        ("#part", None),
        ("javascript:alert(1)", None),
        ("mailto:a@b.example", None),
        ("https://user:secret@shop.example/", None),
        ("http://", None),
    ] {
        let found = address::resolve(&base, link).map(String::from);
        assert_eq!(found.as_deref(), address, "{link}");
    }
    let is_page = |path: &str| address::is_page(&base.join(path).expect("a path"));
    assert!(is_page("/a/b/a/b.html") && is_page("/v1.2") && is_page("/a.php?x=y.jpg"));
    assert!(!is_page("/picture.JPG") && !is_page("/a/b/a/b/a/b/a/b/"));
    let site = |text: &str| address::site(&Url::parse(text).expect("an address"));
    assert_eq!(site("http://a.example/"), site("https://a.example:443/x"));
    assert_eq!(
        site("http://a.example:8080/").as_deref(),
        Some("a.example:8080")
    );
}
