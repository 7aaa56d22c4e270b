//! From what PostgreSQL says to what the caller is told.
//!
//! Own errors (class RM) carry a message written for people, which is shown. Of everything else only the name of a
//! constraint is used, because a message of the server may quote another row.

use romashka_db::scope::ScopeError;
use tokio_postgres::error::{DbError, SqlState};

use super::{Code, Problem};

impl From<ScopeError> for Problem {
    fn from(error: ScopeError) -> Problem {
        match error {
            ScopeError::Database(error) => error.into(),
            other => Problem::new(Code::Unavailable)
                .retry_after(1)
                .because(other),
        }
    }
}

impl From<tokio_postgres::Error> for Problem {
    fn from(error: tokio_postgres::Error) -> Problem {
        let problem = match error.as_db_error() {
            Some(said) => of_server(said),
            None if error.is_closed() || is_io(&error) => {
                Problem::new(Code::Unavailable).retry_after(1)
            }
            None => Problem::new(Code::Internal),
        };
        problem.because(error)
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}

fn of_server(said: &DbError) -> Problem {
    let own = |code| {
        let text = match said.hint() {
            Some(hint) => format!("{}. {hint}", capitalised(said.message())),
            None => capitalised(said.message()),
        };
        Problem::new(code).detail(text)
    };
    match said.code().code() {
        "RM400" => own(Code::InvalidRequest),
        "RM401" => own(Code::Unauthenticated),
        "RM403" => own(Code::Forbidden),
        "RM404" => own(Code::NotFound),
        "RM409" => own(Code::Conflict),
        "RM422" => own(Code::Unprocessable),
        "RM429" => own(Code::TooManyRequests).retry_after(60),
        _ => of_state(said),
    }
}

fn of_state(said: &DbError) -> Problem {
    let code = said.code();
    let on_column = |code: Code, detail: &str| match said.column() {
        Some(column) => Problem::new(code).at(column, detail),
        None => Problem::new(code).detail(detail.to_owned()),
    };
    if *code == SqlState::UNIQUE_VIOLATION {
        on_constraint(Code::AlreadyExists, said, "this value is taken")
    } else if *code == SqlState::FOREIGN_KEY_VIOLATION {
        on_constraint(
            Code::UnknownReference,
            said,
            "refers to nothing in this workspace",
        )
    } else if *code == SqlState::CHECK_VIOLATION {
        on_constraint(Code::InvalidValue, said, "is not one of the allowed values")
    } else if *code == SqlState::EXCLUSION_VIOLATION {
        on_constraint(Code::Conflict, said, "overlaps with another")
    } else if *code == SqlState::NOT_NULL_VIOLATION {
        on_column(Code::InvalidValue, "is required")
    } else if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        Problem::new(Code::Forbidden)
    } else if *code == SqlState::T_R_SERIALIZATION_FAILURE
        || *code == SqlState::T_R_DEADLOCK_DETECTED
    {
        Problem::new(Code::TryAgain).retry_after(1).transient()
    } else if *code == SqlState::LOCK_NOT_AVAILABLE {
        Problem::new(Code::TryAgain).retry_after(1)
    } else if *code == SqlState::QUERY_CANCELED {
        Problem::new(Code::TimedOut)
    } else if code.code().starts_with("22") {
        // Data exceptions: a number beyond its type, a character PostgreSQL cannot hold, a date that is none.
        on_column(Code::InvalidValue, "cannot be stored")
    } else if code.code().starts_with("08")
        || code.code().starts_with("57P")
        || code.code().starts_with("53")
    {
        Problem::new(Code::Unavailable).retry_after(1)
    } else {
        Problem::new(Code::Internal)
    }
}

/// Domains that carry the name of the column they are made for.
const DOMAINS_OF_COLUMNS: &[&str] = &["max_concurrent_chats", "working_hours"];

/// The columns stand in the name: `<table>_<columns>_<key|check|fkey|excl>`. A domain's violation tells no table: it names the column
/// where the domain is made for one.
fn on_constraint(code: Code, said: &DbError, detail: &str) -> Problem {
    let column = match (said.constraint(), said.table(), said.datatype()) {
        (Some(constraint), Some(table), _) => column_of(constraint, table),
        (_, None, Some(domain)) => DOMAINS_OF_COLUMNS.contains(&domain).then_some(domain),
        _ => None,
    };
    match column {
        Some(column) => Problem::new(code).at(column, detail),
        None => Problem::new(code).detail(detail.to_owned()),
    }
}

fn column_of<'a>(constraint: &'a str, table: &str) -> Option<&'a str> {
    let rest = constraint
        .strip_prefix("idx_")
        .unwrap_or(constraint)
        .strip_prefix(table)?
        .strip_prefix('_')?;
    let column = ["_key", "_check", "_fkey", "_excl"]
        .iter()
        .find_map(|kind| rest.strip_suffix(kind))
        .unwrap_or(rest);
    (column != "pkey").then_some(column)
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::column_of;

    #[test]
    fn a_constraint_names_its_column() {
        assert_eq!(column_of("workspaces_slug_key", "workspaces"), Some("slug"));
        assert_eq!(
            column_of("idx_customer_profiles_email", "customer_profiles"),
            Some("email")
        );
        assert_eq!(
            column_of("conversations_customer_id_fkey", "conversations"),
            Some("customer_id")
        );
        assert_eq!(column_of("workspaces_pkey", "workspaces"), None);
        assert_eq!(column_of("other_name", "workspaces"), None);
    }
}
