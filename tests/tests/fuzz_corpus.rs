//! Every input of the fuzzing corpus, through the target it belongs to: what fuzzing once found stays found.
//!
//! The corpus is kept small by `scripts/fuzz --minimise`; the mails and payloads of the other tests take part as well.

use std::fs;
use std::path::{Path, PathBuf};

// In full, as the fuzzer uses it.
#[path = "../../fuzz/src/lib.rs"]
mod targets;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

#[test]
fn every_input_is_answered() {
    let vectors = root().join("crates/romashka-channels/tests");
    for (name, target) in targets::TARGETS {
        let mut inputs = files(&root().join("fuzz/corpus").join(name));
        assert!(inputs.len() >= 5, "{name} has {} inputs", inputs.len());
        match name {
            "mail_message" | "mail_archive" => inputs.extend(files(&vectors.join("mail"))),
            "whatsapp_webhook" => inputs.extend(files(&vectors.join("whatsapp"))),
            _ => {}
        }
        for input in inputs {
            let bytes = fs::read(&input).expect("a file");
            let begun = std::time::Instant::now();
            let answered = std::panic::catch_unwind(|| target(&bytes));
            assert!(answered.is_ok(), "{name} fails on {}", input.display());
            assert!(
                begun.elapsed().as_secs() < 10,
                "{name} is slow on {}",
                input.display()
            );
        }
    }
}

#[test]
fn every_target_can_be_run_by_the_fuzzer() {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).expect("the manifest");
    for (name, _) in targets::TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        let file = root().join(format!("fuzz/fuzz_targets/{name}.rs"));
        let text = fs::read_to_string(&file).expect("the target's file");
        assert!(text.contains("romashka_fuzz::"), "{name}");
    }
    let folders = files(&root().join("fuzz/corpus"));
    assert_eq!(folders.len(), targets::TARGETS.len(), "{folders:?}");
}
