//! Every statement of the server's `.sql` files fits the schema: with no block, and with each block alone.

use std::path::{Path, PathBuf};

use romashka_server::statement::{blocks, expand};
use romashka_tests::{TestDatabase, explain, repository_root};

fn statements(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            statements(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "sql") {
            found.push(path);
        }
    }
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let database = TestDatabase::new().await;
    let mut files = Vec::new();
    statements(
        &repository_root().join("crates/romashka-server/src"),
        &mut files,
    );
    assert!(files.len() > 5);
    let mut wrong = Vec::new();
    for file in files {
        let template: &'static str = Box::leak(
            std::fs::read_to_string(&file)
                .expect("a file")
                .into_boxed_str(),
        );
        let first = template.lines().next().unwrap_or_default();
        if !first.starts_with("-- ") {
            wrong.push(format!("{} does not say what it is for", file.display()));
        }
        let chosen = std::iter::once(None).chain(blocks(template).into_iter().map(Some));
        for one in chosen {
            let (text, _) = expand(template, |block| Some(block) == one);
            if let Err(error) = database.owner().prepare(&text).await {
                wrong.push(format!(
                    "{} with {one:?}: {}",
                    file.display(),
                    explain(&error)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
