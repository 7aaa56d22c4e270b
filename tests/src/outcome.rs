//! What became of a statement that may be refused: the rows it touched, or the SQLSTATE.

use tokio_postgres::Client;

use crate::explain;

/// Rows that were read or changed, or why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// So many rows.
    Rows(u64),
    /// The SQLSTATE, and what the server said.
    Refused(String, String),
}

impl Outcome {
    /// The SQLSTATE, empty for a statement that was carried out.
    pub fn code(&self) -> &str {
        match self {
            Outcome::Rows(_) => "",
            Outcome::Refused(code, _) => code,
        }
    }

    /// Whether nothing was read or changed.
    pub fn is_nothing(&self) -> bool {
        !matches!(self, Outcome::Rows(1..))
    }
}

/// Runs a statement within a savepoint that is rolled back, in the transaction the client is in.
///
/// # Panics
/// When the client is in no transaction, or its connection is gone.
pub async fn try_statement(client: &Client, sql: &str) -> Outcome {
    client
        .batch_execute("savepoint tried")
        .await
        .unwrap_or_else(|error| panic!("savepoint: {}", explain(&error)));
    let outcome = match client.simple_query(sql).await {
        Ok(messages) => Outcome::Rows(
            messages
                .iter()
                .filter_map(|message| match message {
                    tokio_postgres::SimpleQueryMessage::CommandComplete(rows) => Some(*rows),
                    _ => None,
                })
                .sum(),
        ),
        Err(error) => Outcome::Refused(
            error
                .code()
                .map_or("connection", |code| code.code())
                .to_owned(),
            explain(&error),
        ),
    };
    client
        .batch_execute("rollback to tried; release tried")
        .await
        .unwrap_or_else(|error| panic!("rollback: {}", explain(&error)));
    outcome
}

/// The SQLSTATE by which a statement of its own transaction is refused, empty when it is not.
///
/// # Panics
/// When the connection is gone.
pub async fn code_of(client: &Client, sql: &str) -> String {
    match client.batch_execute(sql).await {
        Ok(()) => String::new(),
        Err(error) => error
            .code()
            .map_or("connection", |code| code.code())
            .to_owned(),
    }
}
