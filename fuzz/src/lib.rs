//! What is fuzzed: one function for each parser that takes bytes from outside, and what must hold whatever they are.
//!
//! Invariants: a target does not panic, does not hang, believes no signature that nobody made, and gives back what the
//! parser promises (clean texts, harmless names, bounded sizes). The targets need no fuzzer: `fuzz_targets/` hands them
//! to libFuzzer, and the test `fuzz_corpus` runs them over the corpus with every `make test`.
//!
//! A target with several inputs takes them as the first lines of its bytes, so that a corpus can be read and written.

pub mod mail;
pub mod providers;
pub mod scans;
pub mod server;
pub mod sms;
pub mod webhooks;
pub mod website;
pub mod whatsapp;

/// What a target is given.
pub type Target = fn(&[u8]);

/// Every target by its name, which is that of its file and of its folder in the corpus.
pub const TARGETS: [(&str, Target); 19] = [
    ("mail_message", mail::message),
    ("mail_html", mail::html),
    ("mail_parts", mail::parts),
    ("mail_archive", mail::archive),
    ("mail_webhook", providers::mail_webhook),
    ("provider_signature", providers::signature),
    ("scan_page", scans::page),
    ("scan_robots", scans::robots),
    ("scan_sitemap", scans::sitemap),
    ("sms_form", sms::form),
    ("sms_text", sms::text),
    ("webhook_address", webhooks::address),
    ("webhook_signature", webhooks::signature),
    ("website_identity", website::identity),
    ("website_input", website::input),
    ("website_upload", website::upload),
    ("whatsapp_webhook", whatsapp::webhook),
    ("whatsapp_answer", whatsapp::answer),
    ("server_request", server::request),
];

/// The first lines, and what follows them; an input with fewer lines has empty ones. Lines are not longer than a header.
fn lines<const COUNT: usize>(mut data: &[u8]) -> ([&str; COUNT], &[u8]) {
    let mut lines = [""; COUNT];
    for line in &mut lines {
        let end = data.iter().position(|byte| *byte == b'\n');
        let (first, rest) = data.split_at(end.unwrap_or(data.len()));
        *line = std::str::from_utf8(first).unwrap_or_default();
        data = rest.get(1..).unwrap_or_default();
    }
    (lines, data)
}

/// A text as every parser must give it: without control characters but line breaks and tabs.
fn assert_clean(text: &str) {
    let wrong = text
        .chars()
        .find(|found| found.is_control() && !matches!(found, '\n' | '\r' | '\t'));
    assert_eq!(wrong, None, "in {text:?}");
}

/// A name that can be put into a folder and into a header.
fn assert_file_name(name: &str) {
    assert!(!name.is_empty() && name.len() <= 255, "{name:?}");
    let wrong = name
        .chars()
        .find(|found| matches!(found, '/' | '\\') || found.is_control());
    assert_eq!(wrong, None, "in {name:?}");
    assert!(!matches!(name, "." | ".."), "{name:?}");
}

/// A text without its blanks: what splitting must not lose.
fn squeezed(text: &str) -> String {
    text.chars()
        .filter(|found| !found.is_whitespace())
        .collect()
}
