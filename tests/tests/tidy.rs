//! The repository itself: links lead somewhere, assembled files are current, each source of the schema says what it is for.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use romashka_tests::repository_root;

/// The files that git knows and the disk has, with this ending.
fn files(ending: &str) -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(repository_root())
        .output()
        .expect("git does not run");
    assert!(
        listed.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let found: Vec<PathBuf> = String::from_utf8(listed.stdout)
        .expect("names of UTF-8")
        .split('\0')
        .filter(|name| name.ends_with(ending))
        .map(|name| repository_root().join(name))
        .filter(|path| path.is_file())
        .collect();
    assert!(!found.is_empty(), "no file ends with {ending}");
    found
}

/// The targets of Markdown links and pictures, outside of code.
fn link_targets(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        // Every other part between backticks is code.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        for (at, _) in prose.match_indices("](") {
            let rest = &prose[at + 2..];
            if let Some(end) = rest.find([')', ' ']) {
                targets.push(rest[..end].trim_matches(['<', '>']).to_owned());
            }
        }
    }
    targets
}

/// What a code host makes of a heading's text as its anchor.
fn anchor(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|character| match character {
            ' ' => Some('-'),
            _ if character.is_alphanumeric() || character == '-' || character == '_' => {
                Some(character)
            }
            _ => None,
        })
        .collect()
}

fn anchors(text: &str) -> Vec<String> {
    let mut in_code = false;
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        in_code ^= line.trim_start().starts_with("```");
        if !in_code && line.starts_with('#') {
            found.push(anchor(line.trim_start_matches('#')));
        }
        found.extend(
            line.split("<a id=\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
                .map(str::to_owned),
        );
    }
    found
}

fn broken_link(document: &Path, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, place) = target.split_once('#').unwrap_or((target, ""));
    let file = if path.is_empty() {
        document.to_owned()
    } else {
        document.parent().unwrap_or(document).join(path)
    };
    if !file.exists() {
        return Some(format!("{target} does not exist"));
    }
    if place.is_empty() || file.extension().is_none_or(|extension| extension != "md") {
        return None;
    }
    let text = std::fs::read_to_string(&file).expect("a document");
    (!anchors(&text).iter().any(|anchor| anchor == place))
        .then(|| format!("{target}: no heading #{place}"))
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for document in files(".md") {
        let text = std::fs::read_to_string(&document).expect("a document");
        for target in link_targets(&text) {
            broken.extend(
                broken_link(&document, &target)
                    .map(|what| format!("{}: {what}", document.display())),
            );
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_link_check_sees_a_broken_link() {
    let document = repository_root().join("CONTRIBUTING.md");
    let targets = link_targets(
        "See [a](gone.md), ![b](LICENSE \"title\"), `[c](code.md)`\n```\n[d](code.md)\n```\n[e](#no-such-heading)",
    );
    assert_eq!(targets, ["gone.md", "LICENSE", "#no-such-heading"]);
    let broken: Vec<String> = targets
        .iter()
        .filter_map(|target| broken_link(&document, target))
        .collect();
    assert_eq!(broken.len(), 2, "{broken:?}");
}

/// `psql -f master-schema.sql` must install what the sources in `database/` say.
#[test]
fn the_assembled_files_are_current() {
    let run = Command::new(repository_root().join("scripts/assemble.sh"))
        .arg("--check")
        .output()
        .expect("scripts/assemble.sh does not run");
    assert!(
        run.status.success(),
        "{}{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
}

/// Purpose, invariants, lock risk: a reader learns them from the first lines.
#[test]
fn every_source_of_the_schema_has_a_header() {
    let mut bare = Vec::new();
    for path in files(".sql")
        .iter()
        .filter(|path| path.starts_with(repository_root().join("database")))
    {
        let text = std::fs::read_to_string(path).expect("a source");
        if !text.starts_with("-- Purpose: ") {
            bare.push(path.display().to_string());
        }
    }
    assert!(
        bare.is_empty(),
        "no `-- Purpose: …` at the top of:\n{}",
        bare.join("\n")
    );
}

/// The sources of a test target: one file, or a folder of modules.
fn sources_of(target: &str) -> String {
    let folder = repository_root().join("tests/tests");
    let mut text = String::new();
    for path in files(".rs") {
        let belongs = path == folder.join(format!("{target}.rs"))
            || path.starts_with(folder.join(target)) && path.starts_with(&folder);
        if belongs {
            text += &std::fs::read_to_string(&path).expect("a source");
        }
    }
    text
}

/// The tests that a line of a page names, as `target::test`, all of which are there.
fn tests_named(line: &str) -> usize {
    let mut named = 0;
    for (target, test) in line
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once("::"))
    {
        named += 1;
        let text = sources_of(target);
        // The rules of the catalog are made by a macro, one a line.
        let written =
            text.contains(&format!("fn {test}()")) || text.contains(&format!("    {test}: &["));
        assert!(written, "there is no test {target}::{test}");
    }
    named
}

/// What earlier versions got wrong is held by tests: each that is named is there, and each line names one.
#[test]
fn the_tests_of_known_defects_are_there() {
    let page = std::fs::read_to_string(repository_root().join("docs/known-defects.md"))
        .expect("docs/known-defects.md");
    let mut points = 0;
    for line in page.lines() {
        let named = tests_named(line);
        if line
            .strip_prefix("| ")
            .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
        {
            points += 1;
            assert!(named > 0, "no test is named: {line}");
        }
    }
    assert_eq!(points, 18);
}

/// What stands in an attacker's way is held by tests that are there, or by a source that is linked.
#[test]
fn the_tests_of_the_security_model_are_there() {
    let page = std::fs::read_to_string(repository_root().join("docs/security-model.md"))
        .expect("docs/security-model.md");
    let threats = page
        .split("## Entry points")
        .nth(1)
        .expect("the table of threats");
    let mut lines = 0;
    for line in threats
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
    {
        lines += 1;
        let named = tests_named(line);
        assert!(named > 0 || line.contains("]("), "no test is named: {line}");
    }
    assert!(lines > 20, "{lines} threats");
}
