//! Each migration after the first keeps the online rules; what breaks one is found by its text
//! (`crates/romashka-db/src/migrations/online.rs` has a bad example of each).

use super::*;

#[test]
fn no_migration_breaks_an_online_rule() {
    let set = next();
    let mut found = Vec::new();
    // The first makes the schema; nobody works on it before.
    for migration in set.migrations().iter().skip(1) {
        for breach in breaches(migration) {
            found.push(format!("{}: {breach}", migration.version()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(
        set.migrations().len() > NEXT.len(),
        "the migrations of this version"
    );
}
