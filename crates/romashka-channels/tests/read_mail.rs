//! Mails of many programs, languages and faults, and what is read from each: the snapshots are for people to review.

use std::fs;

use romashka_channels::email::threading::{OurSide, candidates};
use romashka_channels::email::{Mail, ParseOptions};
use serde_json::{Value, json};

/// What a reader cares about, without what follows from the rest.
fn summary(mail: &Mail) -> Value {
    let our_side = OurSide {
        addresses: vec!["support@example.com".to_owned()],
        message_id_hosts: Vec::new(),
    };
    let people = |list: &[romashka_channels::email::header::Mailbox]| -> Vec<String> {
        list.iter()
            .map(|person| format!("{} <{}>", person.name, person.address))
            .collect()
    };
    let mut found = json!({
        "id": mail.message_id,
        "from": people(&mail.from),
        "to": people(&mail.to),
        "cc": people(&mail.cc),
        "date": format!("{} ({:?})", mail.date, mail.date_source),
        "subject": mail.subject,
        "base_subject": mail.base_subject,
        "visible": mail.parts.visible,
        "quoted": mail.parts.quoted,
        "signature": mail.parts.signature,
        "html": mail.html.as_ref().map(String::len),
        "visible_html": mail.visible_html,
        "attachments": mail.attachments.iter().map(|file| format!("{file:?}")).collect::<Vec<_>>(),
        "invitation": mail.invitation,
        "automatic": mail.automatic,
        "quiet": mail.automatic.is_quiet(&our_side.addresses),
        "bounce": mail.bounce,
        "sender": mail.sender,
        "original_sender": mail.original_sender,
        "thread_keys": candidates(mail, &our_side),
        "notices": mail.notices,
    });
    if let Some(fields) = found.as_object_mut() {
        fields.retain(|_, value| {
            !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty())
        });
    }
    found
}

#[test]
fn every_mail_is_read_as_reviewed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail");
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("the folder of mails")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    names.sort();
    assert!(names.len() >= 20);
    let options = ParseOptions {
        now: "2026-01-01T00:00:00Z".parse().expect("a time"),
        envelope_date: None,
        our_servers: vec!["mx.example.com".to_owned()],
    };
    for path in names {
        let raw = fs::read(&path).expect("a mail");
        let mail = Mail::parse(&raw, &options);
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .expect("a plain name")
            .to_owned();
        let text = serde_json::to_string_pretty(&summary(&mail)).expect("plain values");
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn mails_made_to_exhaust_the_reader_are_read_soon() {
    let head = "From: a@example.org\nContent-Type: text/html\n\n";
    let hostile = [
        format!("{head}{}", "<blockquote></blockquote>x".repeat(60_000)),
        format!("{head}{}", "<div><b>".repeat(200_000)),
        format!("{head}{}", "<ol><li>".repeat(100_000)),
        format!("{head}{}", "<a x=1><p>".repeat(150_000)),
        format!(
            "Content-Type: multipart/mixed; boundary=b\n\n{}",
            "--b\nContent-Type: multipart/mixed; boundary=b\n\n".repeat(40_000)
        ),
        format!("From: {}\n\n", "<a@b>, (".repeat(100_000)),
        format!("Subject: {}\n\n", "=?utf-8?q?a?= ".repeat(70_000)),
        format!("References: {}\n\n", "<".repeat(300_000)),
        format!(
            "Content-Type: text/plain\n\n{}",
            "On Mon 1:00 a@b wrote\n".repeat(60_000)
        ),
        format!(
            "Content-Type: text/plain; {}\n\n",
            "x*0*=%41; ".repeat(50_000)
        ),
    ];
    for raw in hostile {
        let started = std::time::Instant::now();
        Mail::parse(raw.as_bytes(), &ParseOptions::default());
        let seconds = started.elapsed().as_secs();
        // A debug build on a busy machine; something quadratic would need minutes.
        assert!(seconds < 30, "{seconds} s for {:?}…", &raw[..60]);
    }
}
