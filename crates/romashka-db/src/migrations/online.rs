//! Whether a migration can run while people work: the rules that each one after the first must keep.
//!
//! Invariant: a rule is broken by what stands in the file, never by how large a table happens to be; tables that the
//! migration makes itself are nobody's yet, and bind it to nothing.

use std::collections::BTreeSet;
use std::fmt;

use super::locks::{Effect, doing_of};
use super::{LockMode, Migration, Statement};

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// How long a statement waits for a lock is the migrator's to say.
    LockTimeout,
    /// An index is built, rebuilt and dropped concurrently.
    Concurrently,
    /// A constraint comes NOT VALID first.
    NotValid,
    /// It is validated when nobody waits for that: not in the transaction that added it.
    ValidateLater,
    /// A large table is not written anew, nor all of its rows in one statement.
    Rewrite,
    /// A column keeps its type: a new one takes over.
    TypeChange,
    /// What programs of the version before use is taken away by a migration that is called breaking.
    Breaking,
    /// What a statement does can be seen.
    Hidden,
}

impl Rule {
    /// All of them.
    pub const ALL: [Rule; 8] = [
        Rule::LockTimeout,
        Rule::Concurrently,
        Rule::NotValid,
        Rule::ValidateLater,
        Rule::Rewrite,
        Rule::TypeChange,
        Rule::Breaking,
        Rule::Hidden,
    ];

    /// What to write instead.
    pub fn advice(self) -> &'static str {
        match self {
            Rule::LockTimeout => {
                "leave lock_timeout alone: romashka migrate sets it, gives way and tries again"
            }
            Rule::Concurrently => {
                "create, drop and reindex concurrently, in a file with -- romashka: non-transactional"
            }
            Rule::NotValid => {
                "add the constraint not valid, and validate it in a later migration; for not null, validate a check (column is not null) first"
            }
            Rule::ValidateLater => {
                "validate in a migration of its own: the lock that adding takes lasts until the transaction ends"
            }
            Rule::Rewrite => {
                "add the column without a volatile default and fill it in batches; change rows with a condition"
            }
            Rule::TypeChange => "add a new column, fill it, and let it take over",
            Rule::Breaking => {
                "keep it until no released program uses it, then say -- romashka: breaking"
            }
            Rule::Hidden => "write the statements out instead of a block of code",
        }
    }
}

/// A statement that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The line in the file, from 1.
    pub line: usize,
    /// The rule.
    pub rule: Rule,
    /// The first words.
    pub statement: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "line {}: {}: {}",
            self.line,
            self.statement,
            self.rule.advice()
        )
    }
}

/// Every statement of a migration that people would feel.
pub fn breaches(migration: &Migration) -> Vec<Breach> {
    let statements = migration.statements();
    let mut own = BTreeSet::new();
    let mut added = BTreeSet::new();
    let mut found = Vec::new();
    for statement in &statements {
        let mut broken = rules_of(statement, &own);
        if migration.is_breaking() {
            broken.retain(|rule| *rule != Rule::Breaking);
        }
        let validates = has(statement, &["validate", "constraint"]);
        if validates && migration.is_transactional() && added.contains(&table_of(statement)) {
            broken.insert(Rule::ValidateLater);
        }
        if has(statement, &["not", "valid"]) {
            added.insert(table_of(statement));
        }
        if is_new_table(statement) {
            own.insert(table_of(statement));
        }
        found.extend(broken.into_iter().map(|rule| {
            Breach {
                line: statement.line,
                rule,
                statement: statement
                    .words
                    .iter()
                    .take(6)
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(" "),
            }
        }));
    }
    found
}

/// The name of the table a statement is about, without its schema where that is `public`.
fn table_of(statement: &Statement) -> String {
    let name = doing_of(statement).target.unwrap_or_default();
    name.strip_prefix("public.").unwrap_or(&name).to_owned()
}

fn is_new_table(statement: &Statement) -> bool {
    statement.starts_with(&["create", "table"]) || statement.starts_with(&["create", "unlogged"])
}

fn has(statement: &Statement, wanted: &[&str]) -> bool {
    statement.words.windows(wanted.len()).any(|words| {
        words
            .iter()
            .zip(wanted)
            .all(|(found, wanted)| found == wanted)
    })
}

fn rules_of(statement: &Statement, own: &BTreeSet<String>) -> BTreeSet<Rule> {
    let mut broken = BTreeSet::new();
    let first = statement.words.first().map_or("", String::as_str);
    let second = statement.words.get(1).map_or("", String::as_str);
    let doing = doing_of(statement);
    if statement.words.iter().any(|word| word == "lock_timeout") {
        broken.insert(Rule::LockTimeout);
    }
    if first == "do" || first == "call" || first == "execute" {
        broken.insert(Rule::Hidden);
    }
    if is_new_table(statement) {
        return broken;
    }
    let on_own = own.contains(&table_of(statement));
    let concurrently = has(statement, &["concurrently"]);
    let about_index = matches!(
        (first, second),
        ("create" | "drop", "index") | ("reindex", _)
    ) || (first == "create" && second == "unique");
    if about_index {
        // The name of an index does not tell its table: one that is dropped is taken for somebody's.
        if !concurrently && !on_own {
            broken.insert(Rule::Concurrently);
        }
        return broken;
    }
    if on_own {
        return broken;
    }
    if has(statement, &["drop", "column"])
        || has(statement, &["rename"])
        || matches!(
            (first, second),
            ("drop", "table" | "view" | "function" | "type")
        )
        || first == "truncate"
    {
        broken.insert(Rule::Breaking);
    }
    if first == "alter" && second == "table" {
        let type_change = has(statement, &["set", "data", "type"])
            || statement
                .words
                .windows(3)
                .any(|words| words[0] == "alter" && words[2] == "type" && words[1] != "column")
            || statement
                .words
                .windows(4)
                .any(|words| words[0] == "alter" && words[1] == "column" && words[3] == "type");
        if type_change {
            broken.insert(Rule::TypeChange);
        } else if doing.effect == Effect::Rewrite {
            broken.insert(Rule::Rewrite);
        } else if doing.effect == Effect::Scan && doing.lock >= Some(LockMode::ShareRowExclusive) {
            broken.insert(Rule::NotValid);
        }
    } else if doing.effect == Effect::Rewrite
        || matches!(first, "update" | "delete") && !has(statement, &["where"])
    {
        broken.insert(Rule::Rewrite);
    }
    broken
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::MigrationSet;
    use super::*;

    fn broken(sql: &str) -> Vec<Rule> {
        let file = ("002_change.sql".to_owned(), Cow::Owned(sql.to_owned()));
        let set = MigrationSet::new([file], None).expect("a migration");
        breaches(&set.migrations()[0])
            .into_iter()
            .map(|breach| breach.rule)
            .collect()
    }

    const ALONE: &str = "-- romashka: non-transactional\n";

    #[test]
    fn a_bad_example_of_each_rule_is_found() {
        let examples: &[(Rule, &str)] = &[
            (Rule::LockTimeout, "set local lock_timeout = 0;"),
            (Rule::LockTimeout, "set lock_timeout to '1h';"),
            (
                Rule::Concurrently,
                "create index messages_note on public.messages (note);",
            ),
            (
                Rule::Concurrently,
                "create unique index if not exists m on public.messages (note);",
            ),
            (Rule::Concurrently, "drop index public.messages_note;"),
            (Rule::Concurrently, "reindex table public.messages;"),
            (
                Rule::NotValid,
                "alter table public.messages add constraint c check (length(note) < 9);",
            ),
            (
                Rule::NotValid,
                "alter table public.messages add constraint f foreign key (a, b) references public.conversations (id, workspace_id);",
            ),
            (
                Rule::NotValid,
                "alter table public.messages alter column note set not null;",
            ),
            (
                Rule::NotValid,
                "alter table public.messages add constraint u unique (workspace_id, note);",
            ),
            (
                Rule::Rewrite,
                "alter table public.messages add column drawn float8 not null default random();",
            ),
            (
                Rule::Rewrite,
                "alter table public.messages add column number bigint generated always as identity;",
            ),
            (Rule::Rewrite, "alter table public.messages set unlogged;"),
            (Rule::Rewrite, "update public.messages set note = '';"),
            (
                Rule::Rewrite,
                "cluster public.messages using messages_pkey;",
            ),
            (
                Rule::TypeChange,
                "alter table public.messages alter column note type varchar(9);",
            ),
            (
                Rule::TypeChange,
                "alter table public.messages alter note set data type text;",
            ),
            (
                Rule::Breaking,
                "alter table public.messages drop column note;",
            ),
            (
                Rule::Breaking,
                "alter table public.messages rename column note to remark;",
            ),
            (Rule::Breaking, "drop function public.f();"),
            (Rule::Hidden, "do $$ begin null; end $$;"),
        ];
        for (rule, sql) in examples {
            assert_eq!(broken(sql), [*rule], "{sql}");
        }
        assert_eq!(
            broken(
                "alter table public.messages add constraint c check (true) not valid;\nalter table public.messages validate constraint c;"
            ),
            [Rule::ValidateLater]
        );
        let shown: BTreeSet<Rule> = examples
            .iter()
            .map(|(rule, _)| *rule)
            .chain([Rule::ValidateLater])
            .collect();
        assert_eq!(shown.len(), Rule::ALL.len(), "an example of each");
    }

    #[test]
    fn what_nobody_feels_is_allowed() {
        for sql in [
            "alter table public.messages add column note text;",
            "alter table public.messages add column is_late boolean not null default false;",
            "alter table public.messages add constraint c check (length(note) < 9) not valid;",
            "alter table public.messages validate constraint c;",
            "create table public.notes (id uuid primary key, body text);\ncreate index notes_body on public.notes (body);\nalter table public.notes alter column body set not null;\ninsert into public.notes select id from public.messages;",
            "update public.messages set note = '' where id = any (array(select id from public.messages limit 100));",
            "-- romashka: breaking\nalter table public.messages drop column note;",
        ] {
            assert_eq!(broken(sql), [], "{sql}");
        }
        let alone = format!(
            "{ALONE}create index concurrently if not exists messages_note on public.messages (note);\nalter table public.messages validate constraint c;"
        );
        assert_eq!(broken(&alone), []);
    }
}
