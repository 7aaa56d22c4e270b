//! A request to a provider, as a value: made by the channels, sent by whoever owns the network.
//!
//! Invariant: what is here can be sent as it stands. A header's name and value can hold no line break, and `Debug` shows
//! neither a credential, nor a query, nor a body: a request may be logged.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// Method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or sends.
    Post,
    /// Replaces.
    Put,
    /// Removes.
    Delete,
}

impl Method {
    /// The word of the protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// Where a request goes.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// Path and query below the base URL of the provider's API; begins with `/`.
    Path(String),
    /// A whole URL that the provider gave us or a user entered. The sender checks the resolved address.
    Url(String),
}

impl Target {
    /// Path or URL as it is sent.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Path(text) | Self::Url(text) => text,
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.as_str();
        let bare = text.split(['?', '#']).next().unwrap_or_default();
        let without_user = match bare.split_once("://") {
            Some((scheme, rest)) => {
                let authority = rest.split('/').next().unwrap_or_default();
                let user = authority.rfind('@').map_or(0, |at| at + 1);
                format!("{scheme}://{}", &rest[user..])
            }
            None => bare.to_owned(),
        };
        let hidden = if bare.len() < text.len() { "?…" } else { "" };
        write!(formatter, "{without_user}{hidden}")
    }
}

/// Value of a header.
#[derive(Clone)]
pub enum HeaderValue {
    /// May be logged.
    Plain(String),
    /// A credential: never in `Debug`, wiped when dropped.
    Secret(SecretString),
}

impl HeaderValue {
    /// The value as it is sent. Only the sender may ask.
    pub fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.expose_secret(),
        }
    }
}

impl fmt::Debug for HeaderValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => write!(formatter, "{text:?}"),
            Self::Secret(_) => formatter.write_str("[secret]"),
        }
    }
}

/// A header that was refused. The value is not repeated: it may be a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// A name is one or more letters, digits and `!#$%&'*+-.^_`|~` (RFC 9110, 5.6.2).
    #[error("a header's name cannot be written as {0:?}")]
    Name(String),
    /// A value has no control characters except tab (RFC 9110, 5.5).
    #[error("the value of the header {0} holds a control character")]
    Value(String),
}

/// The file of a multipart body. Its bytes are streamed by the sender from where the file lies: a hundred megabytes are
/// never held for a request that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePart {
    /// Name of the form's field.
    pub field: String,
    /// Name of the file.
    pub file_name: String,
    /// Media type of the file.
    pub content_type: String,
}

/// What a request carries.
#[derive(Clone, PartialEq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// A JSON value.
    Json(Value),
    /// Fields as `application/x-www-form-urlencoded`, in this order; a name may come more than once.
    Form(Vec<(String, String)>),
    /// Fields and one file as `multipart/form-data`; the sender makes the boundary.
    Multipart {
        /// Fields before the file.
        fields: Vec<(String, String)>,
        /// The file.
        file: FilePart,
    },
    /// Bytes that must be sent unchanged, because a signature covers them.
    Bytes {
        /// Media type.
        content_type: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

impl Body {
    /// Media type and bytes; nothing for an empty body and for a multipart one, which is streamed.
    pub fn encode(&self) -> Option<(String, Vec<u8>)> {
        match self {
            Self::Empty | Self::Multipart { .. } => None,
            Self::Json(value) => Some((
                "application/json".to_owned(),
                value.to_string().into_bytes(),
            )),
            Self::Form(fields) => Some((
                "application/x-www-form-urlencoded".to_owned(),
                form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(fields)
                    .finish()
                    .into_bytes(),
            )),
            Self::Bytes {
                content_type,
                bytes,
            } => Some((content_type.clone(), bytes.clone())),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("empty"),
            Self::Json(_) => formatter.write_str("JSON"),
            Self::Form(fields) => write!(formatter, "form of {} fields", fields.len()),
            Self::Multipart { fields, .. } => {
                write!(formatter, "file and {} fields", fields.len())
            }
            Self::Bytes {
                content_type,
                bytes,
            } => write!(formatter, "{} bytes of {content_type}", bytes.len()),
        }
    }
}

/// A request that waits to be sent.
#[derive(Debug, Clone)]
pub struct OutboundRequest {
    /// Method.
    pub method: Method,
    /// Where it goes.
    pub target: Target,
    /// Headers besides Content-Type and Content-Length, which follow from the body.
    pub headers: Vec<(String, HeaderValue)>,
    /// What it carries.
    pub body: Body,
}

impl OutboundRequest {
    /// A request to a path of the provider's API, without headers.
    pub fn to_path(method: Method, path: impl Into<String>, body: Body) -> Self {
        Self {
            method,
            target: Target::Path(path.into()),
            headers: Vec::new(),
            body,
        }
    }

    /// A request to a whole URL, without headers.
    pub fn to_url(method: Method, url: impl Into<String>, body: Body) -> Self {
        Self {
            method,
            target: Target::Url(url.into()),
            headers: Vec::new(),
            body,
        }
    }

    /// Adds a header.
    pub fn with_header(self, name: &str, value: &str) -> Result<Self, HeaderError> {
        self.with_checked(name, value, || HeaderValue::Plain(value.to_owned()))
    }

    /// Adds a header whose value is a credential.
    pub fn with_secret_header(self, name: &str, value: &SecretString) -> Result<Self, HeaderError> {
        self.with_checked(name, value.expose_secret(), || {
            HeaderValue::Secret(value.clone())
        })
    }

    /// Adds `Authorization: Bearer …`.
    pub fn with_bearer(self, token: &SecretString) -> Result<Self, HeaderError> {
        let value = SecretString::from(format!("Bearer {}", token.expose_secret()));
        self.with_secret_header("Authorization", &value)
    }

    fn with_checked(
        mut self,
        name: &str,
        value: &str,
        make: impl FnOnce() -> HeaderValue,
    ) -> Result<Self, HeaderError> {
        let is_token = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
        if !is_token {
            return Err(HeaderError::Name(name.to_owned()));
        }
        if value
            .chars()
            .any(|found| found.is_control() && found != '\t')
        {
            return Err(HeaderError::Value(name.to_owned()));
        }
        self.headers.push((name.to_owned(), make()));
        Ok(self)
    }

    /// Value of a header as it is sent; names are compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_credential_query_or_text() {
        let request = OutboundRequest::to_url(
            Method::Post,
            "https://user:pass@example.com/a/b?access_token=tok1#x",
            Body::Json(serde_json::json!({"text": {"body": "private words"}})),
        )
        .with_bearer(&SecretString::from("tok2"))
        .and_then(|request| request.with_header("Idempotency-Key", "k1"))
        .expect("plain headers");
        let shown = format!("{request:?}");
        for hidden in ["user", "pass", "tok1", "tok2", "private"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
        assert!(
            shown.contains("https://example.com/a/b?…") && shown.contains("k1"),
            "{shown}"
        );
        assert_eq!(request.header("authorization"), Some("Bearer tok2"));
    }

    #[test]
    fn a_header_cannot_bring_another() {
        let request = || OutboundRequest::to_path(Method::Get, "/", Body::Empty);
        assert_eq!(
            request().with_header("X-A", "1\r\nX-B: 2").err(),
            Some(HeaderError::Value("X-A".to_owned()))
        );
        assert!(matches!(
            request().with_header("X A", "1"),
            Err(HeaderError::Name(_))
        ));
        let refused = request()
            .with_bearer(&SecretString::from("secret\n"))
            .expect_err("a line break");
        assert!(!format!("{refused:?} {refused}").contains("secret"));
    }

    #[test]
    fn a_form_is_encoded_in_its_order() {
        let body = Body::Form(vec![
            ("Body".to_owned(), "a b&c=й+".to_owned()),
            ("MediaUrl".to_owned(), "https://e.com/1".to_owned()),
            ("MediaUrl".to_owned(), "https://e.com/2".to_owned()),
        ]);
        let (content_type, bytes) = body.encode().expect("a body");
        assert_eq!(content_type, "application/x-www-form-urlencoded");
        assert_eq!(
            String::from_utf8_lossy(&bytes),
            "Body=a+b%26c%3D%D0%B9%2B&MediaUrl=https%3A%2F%2Fe.com%2F1&MediaUrl=https%3A%2F%2Fe.com%2F2"
        );
    }
}
