//! Room for a migration that locks several tables, while people work on them.
//!
//! Who locks one table after the other meets somebody who holds the second and waits for the first: a deadlock, which the
//! server ends by failing one of them. So the locks are taken at once, before anything else.
//!
//! Invariants: a member's transaction begins with a look at the memberships, so that whoever waits there holds nothing, and
//! once that table is locked nobody is in the middle of one; the other tables are then waited for so shortly that no
//! transaction's own search for deadlocks begins meanwhile, so that the migrator gives way and nobody else does.

use std::time::Duration;

use super::apply::Migrator;
use super::error::MigrateError;
use super::locks::doing_of;
use super::{LockMode, Statement};

/// What every member's request reads first (`romashka.begin_request`).
const GATE: &str = "public.workspace_members";
/// Longest wait for all tables behind the gate; a deadlock is looked for after a second, where nobody changed that.
const WAY: Duration = Duration::from_millis(600);

impl Migrator<'_> {
    /// Takes the locks of statements that lock two tables or more against writers.
    pub(super) async fn make_way(&self, statements: &[Statement]) -> Result<(), MigrateError> {
        let mut wanted: Vec<String> = statements.iter().flat_map(tables_of).collect();
        wanted.sort_unstable();
        wanted.dedup();
        // Names as they are written: those that are no table of ours (yet) lead to none.
        let rows = self
            .client
            .query(
                "select distinct pg_catalog.format('%s', c.oid::regclass)
                   from pg_catalog.unnest($1::text[]) as wanted (name)
                   join pg_catalog.pg_class as c on c.oid = pg_catalog.to_regclass(wanted.name)
                  where c.relkind in ('r', 'p') and pg_catalog.pg_has_role(c.relowner, 'usage')
                  order by 1",
                &[&wanted],
            )
            .await?;
        if rows.len() < 2 {
            return Ok(());
        }
        let is_there: bool = self
            .client
            .query_one("select pg_catalog.to_regclass($1) is not null", &[&GATE])
            .await?
            .get(0);
        if is_there {
            let gate = format!("lock table {GATE} in access exclusive mode");
            self.client.batch_execute(&gate).await?;
        }
        let tables: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let limit = WAY.min(self.pace.lock_timeout).as_millis();
        let locks = format!(
            "do $way$
             declare
               until_when constant timestamptz := pg_catalog.clock_timestamp() + interval '{limit} ms';
               name text;
             begin
               foreach name in array '{{{}}}'::text[] loop
                 perform pg_catalog.set_config('lock_timeout',
                   greatest(1, (extract(epoch from until_when - pg_catalog.clock_timestamp()) * 1000)::int)::text, true);
                 execute pg_catalog.format('lock table %s in access exclusive mode', name);
               end loop;
             end $way$;
             set local lock_timeout = {}",
            array_of(&tables),
            self.pace.lock_timeout.as_millis()
        );
        Ok(self.client.batch_execute(&locks).await?)
    }
}

/// The tables that a statement locks so that writers wait.
fn tables_of(statement: &Statement) -> Vec<String> {
    let doing = doing_of(statement);
    let first = doing.target.zip(doing.lock);
    first
        .into_iter()
        .chain(doing.other)
        .filter(|(_, lock)| *lock > LockMode::ShareUpdateExclusive)
        .map(|(name, _)| name)
        .filter(|name| is_plain(name))
        .collect()
}

/// Whether the server reads it as a name; a quoted one is locked when its statement runs.
fn is_plain(name: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    name.split('.').count() <= 2 && name.split('.').all(is_word)
}

/// The items of an array's literal, within a literal's quotes.
fn array_of(names: &[String]) -> String {
    let quoted = |name: &String| {
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{}\"", name.replace('\'', "''"))
    };
    names.iter().map(quoted).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::split;

    fn tables(sql: &str) -> Vec<String> {
        split(sql).iter().flat_map(tables_of).collect()
    }

    #[test]
    fn what_lets_writers_work_needs_no_room() {
        assert_eq!(
            tables(
                "alter table public.messages add column note text; create trigger t after insert on public.events execute function f();"
            ),
            ["public.messages", "public.events"]
        );
        for sql in [
            "update public.messages set note = '' where note is null;",
            "create index concurrently i on public.messages (note);",
            "alter table public.messages validate constraint c;",
            "create or replace function f() returns int language sql return 1;",
            "drop table \"Odd name\";",
        ] {
            assert_eq!(tables(sql), Vec::<String>::new(), "{sql}");
        }
    }

    #[test]
    fn a_name_is_quoted_for_the_array() {
        assert_eq!(
            array_of(&["public.a".to_owned(), "x.\"it's\"".to_owned()]),
            "\"public.a\",\"x.\\\"it''s\\\"\""
        );
    }
}
