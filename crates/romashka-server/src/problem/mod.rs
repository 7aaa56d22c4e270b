//! Answers that are no success: problem documents (RFC 9457) with a stable code.
//!
//! Invariants: a document says nothing that its reader may not know (a foreign row is "not found"; a failure of ours has one
//! constant text and its cause goes to the log, once); its code never changes once it was released.

mod code;
mod database;

use std::borrow::Cow;
use std::error::Error;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio_postgres::error::DbError;
use utoipa::ToSchema;

pub use code::Code;

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What is wrong with one value of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where the value stands: a path in the body (`channel.name`, `tags[2]`), or the name of a parameter.
    pub field: String,
    /// What is wrong with it, for the reader.
    pub detail: String,
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Document {
    /// Where the kind of problem is explained: a path on this server.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in words; the same for every problem of a code.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The kind of problem, for programs.
    pub code: &'static str,
    /// What is wrong with this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The value that is wrong, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Every value that is wrong, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// A request that cannot be served, on its way to becoming an answer.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
    source: Option<Box<dyn Error + Send + Sync>>,
    is_transient: bool,
}

/// Result of a handler.
pub type Answer<T> = Result<T, Problem>;

/// Marks the answer to a request that another one was in the way of: trying again at once may succeed.
#[derive(Clone, Copy, Debug)]
pub struct Transient;

impl Problem {
    /// A problem of this kind.
    pub fn new(code: Code) -> Problem {
        Problem {
            code,
            detail: None,
            errors: Vec::new(),
            headers: Vec::new(),
            source: None,
            is_transient: false,
        }
    }

    /// What was asked for does not exist, or belongs to somebody else.
    pub fn not_found() -> Problem {
        Problem::new(Code::NotFound)
    }

    /// A failure of ours. The cause is logged, and not shown.
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Problem {
        Problem::new(Code::Internal).because(source)
    }

    /// A value of the request that is wrong.
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem::new(Code::InvalidValue).at(field, detail)
    }

    /// Says what is wrong with this request.
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Problem {
        self.detail = Some(detail.into());
        self
    }

    /// Names a value that is wrong.
    pub fn at(mut self, field: impl Into<String>, detail: impl Into<String>) -> Problem {
        self.errors.push(FieldError {
            field: field.into(),
            detail: detail.into(),
        });
        self
    }

    /// Adds a header to the answer.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Problem {
        self.headers.push((name, value));
        self
    }

    /// As a removal meets it: what a foreign key is against there is that something refers to the row.
    pub fn of_removal(self) -> Problem {
        if self.code != Code::UnknownReference {
            return self;
        }
        Problem {
            code: Code::StillReferenced,
            detail: None,
            errors: Vec::new(),
            ..self
        }
    }

    /// In one line, for who works on the command line: what is wrong, and what is behind it.
    pub fn line(&self) -> String {
        let said = self.detail.as_deref().unwrap_or(self.code.title());
        match &self.source {
            Some(source) => format!("{said} ({source})"),
            None => said.to_owned(),
        }
    }

    /// When to try again, in whole seconds (RFC 9110, section 10.2.3).
    pub fn retry_after(self, seconds: u64) -> Problem {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// The error behind it, for the log.
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Problem {
        self.source = Some(source.into());
        self
    }

    fn transient(mut self) -> Problem {
        self.is_transient = true;
        self
    }

    /// Its kind.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// What is wrong, in one sentence: of this request where that is said, else of its kind.
    pub fn words(&self) -> String {
        match (&self.detail, self.errors.first()) {
            (Some(detail), _) => detail.to_string(),
            (None, Some(wrong)) => format!("{} {}", wrong.field, wrong.detail),
            (None, None) => self.title().to_owned(),
        }
    }

    /// Its kind in words.
    pub fn title(&self) -> &'static str {
        self.code.title()
    }

    fn document(&self) -> Document {
        let is_ours = self.status().is_server_error();
        Document {
            kind: format!("/docs/problems#{}", self.code.name()),
            title: self.code.title(),
            status: self.status().as_u16(),
            code: self.code.name(),
            detail: match (&self.detail, self.errors.as_slice()) {
                (Some(detail), _) if !is_ours => Some(detail.clone().into_owned()),
                (None, [only]) => Some(only.detail.clone()),
                _ => None,
            },
            field: match self.errors.as_slice() {
                [only] => Some(only.field.clone()),
                _ => None,
            },
            errors: if self.errors.len() > 1 {
                self.errors.clone()
            } else {
                Vec::new()
            },
        }
    }

    /// The causes in one line, each once. Of what the database says, the detail is left out: it shows values of rows.
    pub(crate) fn chain(&self) -> String {
        let mut text = String::new();
        let mut cause: Option<&dyn Error> = match &self.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        };
        while let Some(error) = cause {
            let said = match error.downcast_ref::<DbError>() {
                Some(said) => format!("{} ({})", said.message(), said.code().code()),
                None => error.to_string(),
            };
            if !text.contains(&said) {
                if !text.is_empty() {
                    text.push_str(": ");
                }
                text.push_str(&said);
            }
            cause = error.source();
        }
        // A line that is made up within it would be taken for one of ours.
        text.replace(char::is_control, " ")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(code = self.code.name(), cause = %self.chain(), "the request failed");
        } else if self.source.is_some() {
            tracing::debug!(code = self.code.name(), cause = %self.chain(), "the request was refused");
        }
        let body = serde_json::to_vec(&self.document()).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED && !self.code.is_of_sign_in() {
            let challenge = if self.code == Code::InvalidToken {
                "Bearer error=\"invalid_token\""
            } else {
                "Bearer"
            };
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static(challenge),
            );
        }
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        if self.is_transient {
            response.extensions_mut().insert(Transient);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_ours_says_nothing_of_its_cause() {
        let problem = Problem::internal(std::io::Error::other("the password is hunter2"))
            .detail("table conversations is gone");
        let document = serde_json::to_string(&problem.document()).expect("a document");
        assert!(!document.contains("hunter2") && !document.contains("conversations"));
        assert_eq!(problem.chain(), "the password is hunter2");
    }

    #[test]
    fn one_wrong_value_is_named_and_several_are_listed() {
        let one = Problem::field("name", "is empty").document();
        assert_eq!(
            (
                one.field.as_deref(),
                one.detail.as_deref(),
                one.errors.len()
            ),
            (Some("name"), Some("is empty"), 0)
        );
        let two = Problem::field("name", "is empty")
            .at("slug", "is taken")
            .document();
        assert_eq!((two.field, two.errors.len()), (None, 2));
    }
}
