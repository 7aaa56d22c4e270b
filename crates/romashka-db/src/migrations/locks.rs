//! What a statement does to others while it runs: the lock it takes, and whether it reads or rewrites the table.
//!
//! From the PostgreSQL manual, section "Explicit Locking" and the pages of the commands (14 to 18). Where a statement
//! can do anything (`do`, `select function()`) the answer is [`Effect::Unknown`]: a dry run then tells the truth.

use serde::Serialize;

use super::lock_mode::LockMode;
use super::statements::Statement;

/// What happens to the rows that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The catalog alone changes.
    Catalog,
    /// All rows may be read.
    Scan,
    /// Rows are inserted, changed or removed.
    Rows,
    /// The whole table is written anew.
    Rewrite,
    /// It runs code that says nothing from outside.
    Unknown,
}

/// One statement's doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Doing {
    /// The table, index or other relation, as written.
    pub target: Option<String>,
    /// The lock on it; none for what locks no existing table.
    pub lock: Option<LockMode>,
    /// A second table that is locked: the one a foreign key refers to, or a partition's parent.
    pub other: Option<(String, LockMode)>,
    /// What happens to its rows.
    pub effect: Effect,
}

fn doing(target: Option<String>, lock: Option<LockMode>, effect: Effect) -> Doing {
    Doing {
        target,
        lock,
        other: None,
        effect,
    }
}

/// Reads a possibly qualified name at the front of `words`.
fn name_at(words: &[String]) -> Option<String> {
    let mut rest = words;
    while let [first, tail @ ..] = rest {
        if matches!(
            first.as_str(),
            "if" | "not" | "exists" | "only" | "concurrently"
        ) {
            rest = tail;
        } else {
            break;
        }
    }
    let [first, tail @ ..] = rest else {
        return None;
    };
    if !first.starts_with(|character: char| {
        character.is_alphanumeric() || character == '_' || character == '"'
    }) {
        return None;
    }
    match tail {
        [dot, name, ..] if dot == "." => Some(format!("{first}.{name}")),
        _ => Some(first.clone()),
    }
}

fn after<'words>(words: &'words [String], wanted: &[&str]) -> Option<&'words [String]> {
    (0..words.len()).find_map(|at| {
        let tail = words.get(at..at + wanted.len())?;
        tail.iter()
            .zip(wanted)
            .all(|(found, wanted)| found == wanted)
            .then(|| &words[at + wanted.len()..])
    })
}

fn has(words: &[String], wanted: &[&str]) -> bool {
    after(words, wanted).is_some()
}

/// What this statement does to the tables that exist when it runs.
pub fn doing_of(statement: &Statement) -> Doing {
    use Effect::{Catalog, Rewrite, Rows, Scan, Unknown};
    use LockMode::{
        AccessExclusive, AccessShare, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive,
        ShareUpdateExclusive,
    };
    let mut words: &[String] = &statement.words;
    // A query in front of a writing statement does not change what is written.
    if words.first().is_some_and(|first| first == "with") {
        match (0..words.len()).find(|at| {
            matches!(
                words[*at].as_str(),
                "insert" | "update" | "delete" | "merge"
            )
        }) {
            Some(at) => words = &words[at..],
            None => return doing(None, Some(AccessShare), Unknown),
        }
    }
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let concurrently = has(words, &["concurrently"]);
    match (word(0), word(1)) {
        ("create", "table") | ("create", "unlogged") => create_table(words),
        ("create", "index") | ("create", "unique") if has(words, &["index"]) => doing(
            after(words, &["on"]).and_then(name_at),
            Some(if concurrently {
                ShareUpdateExclusive
            } else {
                Share
            }),
            Scan,
        ),
        ("drop", "index") => doing(
            name_at(&words[2..]),
            Some(if concurrently {
                ShareUpdateExclusive
            } else {
                AccessExclusive
            }),
            Catalog,
        ),
        ("reindex", _) => doing(
            name_at(&words[2..]),
            Some(if concurrently {
                ShareUpdateExclusive
            } else {
                Share
            }),
            Scan,
        ),
        ("alter", "table") => alter_table(words),
        ("alter", "index") => doing(name_at(&words[2..]), Some(ShareUpdateExclusive), Catalog),
        ("alter", "policy") | ("create", "policy") | ("drop", "policy") => doing(
            after(words, &["on"]).and_then(name_at),
            Some(AccessExclusive),
            Catalog,
        ),
        ("drop", "trigger") => doing(
            after(words, &["on"]).and_then(name_at),
            Some(AccessExclusive),
            Catalog,
        ),
        ("create", "trigger") | ("create", "constraint") => trigger(words),
        ("create", "or") if word(3) == "trigger" || word(3) == "constraint" => trigger(words),
        ("drop", "table") | ("drop", "view") | ("drop", "sequence") => {
            doing(name_at(&words[2..]), Some(AccessExclusive), Catalog)
        }
        ("create", "or") if word(3) == "view" => {
            doing(name_at(&words[4..]), Some(AccessExclusive), Catalog)
        }
        ("refresh", "materialized") => doing(
            after(words, &["view"]).and_then(name_at),
            Some(if concurrently {
                Exclusive
            } else {
                AccessExclusive
            }),
            Rewrite,
        ),
        ("truncate", _) => {
            let names = if word(1) == "table" {
                &words[2..]
            } else {
                &words[1..]
            };
            doing(name_at(names), Some(AccessExclusive), Rows)
        }
        ("cluster", _) => doing(name_at(&words[1..]), Some(AccessExclusive), Rewrite),
        ("vacuum", _) if has(words, &["full"]) => {
            doing(words.last().cloned(), Some(AccessExclusive), Rewrite)
        }
        ("vacuum" | "analyze", _) => doing(name_at(&words[1..]), Some(ShareUpdateExclusive), Scan),
        ("comment", _) if matches!(word(2), "table" | "column" | "view" | "index") => {
            let name = after(words, &["on"]).and_then(|rest| name_at(&rest[1..]));
            doing(name, Some(ShareUpdateExclusive), Catalog)
        }
        ("comment", _) => doing(None, None, Catalog),
        ("insert", _) => doing(
            after(words, &["into"]).and_then(name_at),
            Some(RowExclusive),
            Rows,
        ),
        ("update", _) => doing(name_at(&words[1..]), Some(RowExclusive), Rows),
        ("delete", _) => doing(
            after(words, &["from"]).and_then(name_at),
            Some(RowExclusive),
            Rows,
        ),
        ("merge", _) => doing(
            after(words, &["into"]).and_then(name_at),
            Some(RowExclusive),
            Rows,
        ),
        ("copy", _) => doing(name_at(&words[1..]), Some(RowExclusive), Rows),
        ("lock", _) => {
            let names = if word(1) == "table" {
                &words[2..]
            } else {
                &words[1..]
            };
            let mode = [
                (&["in", "access", "share", "mode"][..], AccessShare),
                (&["in", "row", "share", "mode"], RowShare),
                (&["in", "row", "exclusive", "mode"], RowExclusive),
                (
                    &["in", "share", "update", "exclusive", "mode"],
                    ShareUpdateExclusive,
                ),
                (
                    &["in", "share", "row", "exclusive", "mode"],
                    ShareRowExclusive,
                ),
                (&["in", "share", "mode"], Share),
                (&["in", "exclusive", "mode"], Exclusive),
            ];
            let mode = mode
                .iter()
                .find(|(text, _)| has(words, text))
                .map_or(AccessExclusive, |(_, mode)| *mode);
            doing(name_at(names), Some(mode), Catalog)
        }
        ("do" | "select" | "call" | "execute", _) => doing(None, None, Unknown),
        // Functions, types, schemas, roles, grants, settings: no lock on a table that others would feel.
        _ => doing(None, None, Catalog),
    }
}

fn create_table(words: &[String]) -> Doing {
    let mut doing = doing(
        after(words, &["table"]).and_then(name_at),
        None,
        Effect::Catalog,
    );
    doing.other = match (
        after(words, &["partition", "of"]),
        after(words, &["references"]),
    ) {
        (Some(parent), _) => name_at(parent).map(|name| (name, LockMode::AccessExclusive)),
        (None, Some(referred)) => name_at(referred).map(|name| (name, LockMode::ShareRowExclusive)),
        (None, None) => None,
    };
    doing
}

fn trigger(words: &[String]) -> Doing {
    doing(
        after(words, &["on"]).and_then(name_at),
        Some(LockMode::ShareRowExclusive),
        Effect::Catalog,
    )
}

/// `alter table`: the strongest of its actions decides.
fn alter_table(words: &[String]) -> Doing {
    use LockMode::{AccessExclusive, ShareRowExclusive, ShareUpdateExclusive};
    let name = name_at(&words[2..]);
    let mut result = doing(name, None, Effect::Catalog);
    let mut depth = 0;
    let mut actions: Vec<&[String]> = Vec::new();
    let mut start = 2;
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "," if depth == 0 => {
                actions.push(&words[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    actions.push(&words[start..]);
    for action in actions {
        let has = |wanted: &[&str]| has(action, wanted);
        let (lock, effect) = if has(&["attach", "partition"]) {
            result.other = after(action, &["partition"])
                .and_then(name_at)
                .map(|name| (name, AccessExclusive));
            (ShareUpdateExclusive, Effect::Scan)
        } else if has(&["detach", "partition"]) && has(&["concurrently"]) {
            (ShareUpdateExclusive, Effect::Catalog)
        } else if has(&["validate", "constraint"]) {
            (ShareUpdateExclusive, Effect::Scan)
        } else if has(&["foreign", "key"]) || (has(&["add", "column"]) && has(&["references"])) {
            result.other = after(action, &["references"])
                .and_then(name_at)
                .map(|name| (name, ShareRowExclusive));
            let lock = if has(&["add", "column"]) {
                AccessExclusive
            } else {
                ShareRowExclusive
            };
            (
                lock,
                if has(&["not", "valid"]) {
                    Effect::Catalog
                } else {
                    Effect::Scan
                },
            )
        } else if has(&["using", "index"]) {
            (AccessExclusive, Effect::Catalog)
        } else if has(&["add", "column"]) {
            (
                AccessExclusive,
                if needs_rewrite(action) {
                    Effect::Rewrite
                } else {
                    Effect::Catalog
                },
            )
        } else if has(&["add", "constraint"])
            || has(&["add", "check"])
            || has(&["add", "primary"])
            || has(&["add", "unique"])
        {
            (
                AccessExclusive,
                if has(&["not", "valid"]) {
                    Effect::Catalog
                } else {
                    Effect::Scan
                },
            )
        } else if has(&["set", "not", "null"]) {
            (AccessExclusive, Effect::Scan)
        } else if has(&["type"])
            || has(&["set", "tablespace"])
            || has(&["set", "logged"])
            || has(&["set", "unlogged"])
        {
            (AccessExclusive, Effect::Rewrite)
        } else if has(&["set", "statistics"]) || has(&["cluster", "on"]) || storage_settings(action)
        {
            (ShareUpdateExclusive, Effect::Catalog)
        } else if (has(&["enable"]) || has(&["disable"])) && has(&["trigger"]) {
            (ShareRowExclusive, Effect::Catalog)
        } else {
            (AccessExclusive, Effect::Catalog)
        };
        result.lock = result.lock.max(Some(lock));
        result.effect = result.effect.max(effect);
    }
    result
}

/// `set (…)` of fillfactor and autovacuum settings.
fn storage_settings(action: &[String]) -> bool {
    has(action, &["set", "("]) || has(action, &["reset", "("])
}

/// Whether a new column makes PostgreSQL write every row: a default that differs from row to row, or a stored expression.
fn needs_rewrite(action: &[String]) -> bool {
    const DIFFERENT_PER_ROW: [&str; 8] = [
        "gen_random_uuid",
        "generate_uuid",
        "uuid_generate_v4",
        "uuidv7",
        "random",
        "clock_timestamp",
        "nextval",
        "stored",
    ];
    let serial = ["serial", "bigserial", "smallserial", "identity"];
    action
        .iter()
        .any(|word| DIFFERENT_PER_ROW.contains(&word.as_str()) || serial.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::statements::split;
    use super::*;

    fn check(sql: &str, target: &str, lock: LockMode, effect: Effect) -> Doing {
        let doing = doing_of(&split(sql)[0]);
        assert_eq!(
            (doing.target.as_deref(), doing.lock, doing.effect),
            (Some(target), Some(lock), effect),
            "{sql}"
        );
        doing
    }

    #[test]
    fn locks_are_those_of_the_manual() {
        use Effect::*;
        use LockMode::*;
        check(
            "create index if not exists i on public.t (a)",
            "public.t",
            Share,
            Scan,
        );
        check(
            "create unique index concurrently i on t (a)",
            "t",
            ShareUpdateExclusive,
            Scan,
        );
        check(
            "drop index concurrently if exists public.i",
            "public.i",
            ShareUpdateExclusive,
            Catalog,
        );
        check(
            "alter table only public.t add column a text not null default 'x'",
            "public.t",
            AccessExclusive,
            Catalog,
        );
        check(
            "alter table t add column a uuid default gen_random_uuid()",
            "t",
            AccessExclusive,
            Rewrite,
        );
        check(
            "alter table t alter column a type bigint",
            "t",
            AccessExclusive,
            Rewrite,
        );
        check(
            "alter table t add constraint c check (a > 0) not valid",
            "t",
            AccessExclusive,
            Catalog,
        );
        check(
            "alter table t validate constraint c",
            "t",
            ShareUpdateExclusive,
            Scan,
        );
        check(
            "alter table t set (fillfactor = 80)",
            "t",
            ShareUpdateExclusive,
            Catalog,
        );
        check(
            "alter table t disable trigger all",
            "t",
            ShareRowExclusive,
            Catalog,
        );
        check(
            "alter table t alter a set not null",
            "t",
            AccessExclusive,
            Scan,
        );
        check(
            "alter table t enable row level security",
            "t",
            AccessExclusive,
            Catalog,
        );
        check(
            "create policy p on public.t for select using (true)",
            "public.t",
            AccessExclusive,
            Catalog,
        );
        check(
            "create or replace trigger a before insert on t for each row execute function f()",
            "t",
            ShareRowExclusive,
            Catalog,
        );
        check(
            "comment on column public.t.a is 'x'",
            "public.t",
            ShareUpdateExclusive,
            Catalog,
        );
        check("update public.t set a = 1", "public.t", RowExclusive, Rows);
        check(
            "with x as (select 1) delete from t using x",
            "t",
            RowExclusive,
            Rows,
        );
        check("insert into t values (1)", "t", RowExclusive, Rows);
        check("truncate table t", "t", AccessExclusive, Rows);
        check(
            "lock table t in share row exclusive mode",
            "t",
            ShareRowExclusive,
            Catalog,
        );
        check(
            "refresh materialized view concurrently v",
            "v",
            Exclusive,
            Rewrite,
        );
    }

    #[test]
    fn the_other_table_is_named() {
        use LockMode::*;
        let doing = check(
            "alter table t add constraint f foreign key (a) references public.u (a)",
            "t",
            ShareRowExclusive,
            Effect::Scan,
        );
        assert_eq!(
            doing.other,
            Some(("public.u".to_owned(), ShareRowExclusive))
        );
        let doing = doing_of(&split("create table p1 partition of p for values in (1)")[0]);
        assert_eq!(doing.other, Some(("p".to_owned(), AccessExclusive)));
    }

    #[test]
    fn the_strongest_action_decides() {
        check(
            "alter table t validate constraint c, alter column a type text",
            "t",
            LockMode::AccessExclusive,
            Effect::Rewrite,
        );
    }

    #[test]
    fn what_runs_code_is_unknown() {
        for sql in ["do $$ begin end $$", "select romashka.protect_table('t')"] {
            assert_eq!(doing_of(&split(sql)[0]).effect, Effect::Unknown);
        }
        let harmless =
            doing_of(&split("create or replace function f() returns int language sql return 1")[0]);
        assert_eq!((harmless.lock, harmless.effect), (None, Effect::Catalog));
    }
}
