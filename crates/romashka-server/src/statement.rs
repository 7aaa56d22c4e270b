//! Statements of the application: `.sql` files beside the code that runs them, prepared once a connection.
//!
//! A parameter is `$name`. A line that ends in `--? block` belongs to the statement only when the block is turned on, so
//! that a list with many filters stays one file and each combination of them is planned for what it asks. The tests prepare
//! every file against the real schema, without blocks and with each alone.

use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use tokio_postgres::types::{Format, IsNull, Kind, ToSql, Type};
use tokio_postgres::{Row, Statement as Prepared};

use romashka_db::scope::OwnedScope;

use crate::problem::{Answer, Problem};

const MARK: &str = "--?";

/// A value that is read from a row.
pub trait FromRow: Sized {
    /// Reads it, by the names of the columns.
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error>;
}

/// Defines a record: what a statement reads, and what the API shows, field by field under the same name.
#[macro_export]
macro_rules! record {
    ($(#[$attribute:meta])* pub struct $name:ident { $($(#[$field_attribute:meta])* pub $field:ident: $type:ty,)+ }) => {
        $(#[$attribute])*
        #[derive(serde::Serialize, utoipa::ToSchema)]
        pub struct $name { $($(#[$field_attribute])* pub $field: $type,)+ }

        impl $crate::statement::FromRow for $name {
            fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
                Ok($name { $($field: row.try_get(stringify!($field))?,)+ })
            }
        }
    };
}

type Value<'a> = &'a (dyn ToSql + Sync);

/// A value on its way to a parameter. The type of one that is written to a column of a domain is the domain, which has the
/// form of what it is made of; the driver's own types know only the latter.
#[derive(Debug)]
struct Bound<'a>(Value<'a>);

fn base_of(kind: &Type) -> &Type {
    match kind.kind() {
        Kind::Domain(base) => base_of(base),
        _ => kind,
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.0.to_sql_checked(base_of(kind), out)
    }

    fn accepts(_: &Type) -> bool {
        // Which type the value has is known to it alone: `to_sql_checked` of the value refuses what does not fit.
        true
    }

    fn to_sql_checked(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.0.to_sql_checked(base_of(kind), out)
    }

    fn encode_format(&self, kind: &Type) -> Format {
        self.0.encode_format(base_of(kind))
    }
}

fn parameters<'v>(values: &'v [Bound<'_>]) -> Vec<Value<'v>> {
    values.iter().map(|value| value as Value<'v>).collect()
}

/// A statement with its values, about to be run.
pub struct Statement<'a> {
    template: &'static str,
    values: Vec<(&'static str, Value<'a>)>,
    blocks: Vec<&'static str>,
}

impl fmt::Debug for Statement<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values are what people wrote.
        formatter
            .debug_struct("Statement")
            .field("blocks", &self.blocks)
            .finish_non_exhaustive()
    }
}

impl<'a> Statement<'a> {
    /// A statement of a file.
    pub fn new(template: &'static str) -> Statement<'a> {
        Statement {
            template,
            values: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// Gives a parameter its value.
    pub fn bind(mut self, name: &'static str, value: Value<'a>) -> Self {
        self.values.push((name, value));
        self
    }

    /// Turns a block on, or leaves it off.
    pub fn with(mut self, block: &'static str, is_on: bool) -> Self {
        if is_on {
            self.blocks.push(block);
        }
        self
    }

    /// A parameter with the block of the same name, which is on where there is a value.
    pub fn filter<T: ToSql + Sync>(self, name: &'static str, value: &'a Option<T>) -> Self {
        self.with(name, value.is_some()).bind(name, value)
    }

    async fn prepare(&self, scope: &OwnedScope) -> Answer<(Prepared, Vec<Bound<'a>>)> {
        let (text, names) = expand(self.template, |block| self.blocks.contains(&block));
        let values = names
            .iter()
            .map(|name| {
                self.values
                    .iter()
                    .find(|(bound, _)| bound == name)
                    .map(|(_, value)| Bound(*value))
                    .ok_or_else(|| Problem::internal(format!("the parameter ${name} has no value")))
            })
            .collect::<Answer<Vec<_>>>()?;
        Ok((scope.prepare_cached(&text).await?, values))
    }

    /// All rows.
    pub async fn all<T: FromRow>(self, scope: &OwnedScope) -> Answer<Vec<T>> {
        let (statement, values) = self.prepare(scope).await?;
        let rows = scope.query(&statement, &parameters(&values)).await?;
        Ok(rows.iter().map(T::from_row).collect::<Result<_, _>>()?)
    }

    /// The one row, or none.
    pub async fn optional<T: FromRow>(self, scope: &OwnedScope) -> Answer<Option<T>> {
        let (statement, values) = self.prepare(scope).await?;
        let row = scope.query_opt(&statement, &parameters(&values)).await?;
        Ok(row.as_ref().map(T::from_row).transpose()?)
    }

    /// The one row. Where there is none, there is no such thing for the caller.
    pub async fn one<T: FromRow>(self, scope: &OwnedScope) -> Answer<T> {
        self.optional(scope).await?.ok_or_else(Problem::not_found)
    }

    /// The one value of the one row.
    pub async fn value<T>(self, scope: &OwnedScope) -> Answer<T>
    where
        T: for<'row> tokio_postgres::types::FromSql<'row>,
    {
        let (statement, values) = self.prepare(scope).await?;
        let row = scope.query_opt(&statement, &parameters(&values)).await?;
        Ok(row.ok_or_else(Problem::not_found)?.try_get(0)?)
    }

    /// Runs it; how many rows it touched.
    pub async fn execute(self, scope: &OwnedScope) -> Answer<u64> {
        let (statement, values) = self.prepare(scope).await?;
        Ok(scope.execute(&statement, &parameters(&values)).await?)
    }
}

/// The statement's text with numbered parameters, and their names in order.
pub fn expand(template: &str, is_on: impl Fn(&str) -> bool) -> (String, Vec<String>) {
    let mut text = String::with_capacity(template.len());
    let mut names: Vec<String> = Vec::new();
    for line in template.lines() {
        let (line, is_wanted) = match line.rsplit_once(MARK) {
            Some((line, block)) => (line, is_on(block.trim())),
            None => (line, true),
        };
        let line = line.trim_end();
        if !is_wanted || line.is_empty() || line.trim_start().starts_with("--") {
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find('$') {
            let (before, after) = rest.split_at(at);
            let name_length = after[1..]
                .find(|character: char| !character.is_ascii_lowercase() && character != '_')
                .unwrap_or(after.len() - 1);
            let name = &after[1..=name_length];
            text.push_str(before);
            if name.is_empty() {
                text.push('$');
            } else {
                let number = match names.iter().position(|known| known == name) {
                    Some(position) => position + 1,
                    None => {
                        names.push(name.to_owned());
                        names.len()
                    }
                };
                text.push_str(&format!("${number}"));
            }
            rest = &after[1 + name_length..];
        }
        text.push_str(rest);
        text.push('\n');
    }
    (text, names)
}

/// The names of a file's blocks.
pub fn blocks(template: &str) -> Vec<&str> {
    let mut blocks: Vec<&str> = template
        .lines()
        .filter_map(|line| line.rsplit_once(MARK))
        .map(|(_, block)| block.trim())
        .collect();
    blocks.sort_unstable();
    blocks.dedup();
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_parameters_are_put_in() {
        let template = "-- what it is for\nselect $limit::int\n  where a = $status --? status\n  and b = any ($tags) --? tags\n  and c = $limit\n";
        assert_eq!(blocks(template), ["status", "tags"]);
        let (text, names) = expand(template, |_| false);
        assert_eq!(text, "select $1::int\n  and c = $1\n");
        assert_eq!(names, ["limit"]);
        let (text, names) = expand(template, |block| block == "tags");
        assert_eq!(text, "select $1::int\n  and b = any ($2)\n  and c = $1\n");
        assert_eq!(names, ["limit", "tags"]);
    }
}
