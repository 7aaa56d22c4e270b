//! Pages of the documentation that are made from the database, and compared with what is committed.

use std::fs;

use crate::programs::repository_root;

/// Set to anything, the tests write the pages instead of comparing them (`make generate` does).
const REGENERATE: &str = "ROMASHKA_REGENERATE";

/// Compares a page with the committed one, or writes it.
///
/// # Panics
/// When the committed page is another: the message names the first line that differs.
pub fn compare_page(path: &str, page: &str) {
    let file = repository_root().join(path);
    if std::env::var_os(REGENERATE).is_some_and(|value| !value.is_empty()) {
        fs::write(&file, page).unwrap_or_else(|error| panic!("{path}: {error}"));
        return;
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    if committed == page {
        return;
    }
    let line = committed
        .lines()
        .zip(page.lines())
        .position(|(old, new)| old != new)
        .unwrap_or_else(|| committed.lines().count().min(page.lines().count()));
    panic!(
        "{path} is stale from line {}: run make generate\n  committed: {}\n  now:       {}",
        line + 1,
        committed.lines().nth(line).unwrap_or_default(),
        page.lines().nth(line).unwrap_or_default()
    );
}
