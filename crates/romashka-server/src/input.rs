//! What a request says: path, query and body, each read into its type or refused as a problem that names the value.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};

use crate::problem::{Code, Problem};

/// The parameters in the path.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Path(value)),
            // An id that is none names nothing.
            Err(PathRejection::FailedToDeserializePathParams(_)) => Err(Problem::not_found()),
            Err(error) => Err(Problem::internal(error)),
        }
    }
}

/// The parameters behind the question mark.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let text = parts.uri.query().unwrap_or_default();
        let deserializer =
            serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(text.as_bytes()));
        serde_path_to_error::deserialize(deserializer)
            .map(Query)
            .map_err(|error| at(error.path(), error.inner(), "query"))
    }
}

/// A body of JSON.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(Code::UnsupportedMediaType).detail("Send application/json"));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| Problem::new(Code::BodyTooLarge).because(error))?;
        let deserializer = &mut serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut *deserializer)
            .map_err(|error| at(error.path(), error.inner(), "body"))?;
        deserializer
            .end()
            .map_err(|error| Problem::new(Code::InvalidRequest).detail(format!("Body: {error}")))?;
        Ok(Json(value))
    }
}

/// A body as it came, for what is signed or has a form of its own.
#[derive(Debug)]
pub struct Raw(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Raw(bytes)),
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::new(Code::BodyTooLarge).because(error))
            }
            // It broke off.
            Err(error) => Err(Problem::new(Code::InvalidRequest).because(error)),
        }
    }
}

/// Whether the body is declared as JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.split(';').next().unwrap_or_default().trim())
        .is_some_and(|kind| {
            kind.eq_ignore_ascii_case("application/json")
                || kind.to_ascii_lowercase().starts_with("application/") && kind.ends_with("+json")
        })
}

fn at(path: &serde_path_to_error::Path, error: &impl std::fmt::Display, whole: &str) -> Problem {
    let path = path.to_string();
    let field = if path == "." { whole.to_owned() } else { path };
    Problem::new(Code::InvalidRequest).at(field, error.to_string())
}

/// A page's size: 1 to 100, 20 when nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(i64);

impl Limit {
    /// The most rows that a page has.
    pub const MOST: i64 = 100;

    /// The rows of a page.
    pub fn rows(self) -> usize {
        self.0 as usize
    }

    /// One row more than the page has, which tells whether there is another page.
    pub fn rows_to_read(self) -> i64 {
        self.0 + 1
    }
}

impl Default for Limit {
    fn default() -> Limit {
        Limit(20)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Limit, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse() {
            Ok(rows @ 1..=Limit::MOST) => Ok(Limit(rows)),
            _ => Err(D::Error::custom("a whole number from 1 to 100")),
        }
    }
}

/// Several values in one parameter, with commas between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<List<T>, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.split(',')
            .filter(|part| !part.is_empty())
            .map(|part| T::deserialize(serde::de::value::StrDeserializer::<D::Error>::new(part)))
            .collect::<Result<_, _>>()
            .map(List)
    }
}

/// Tells a field that is absent (`None`, left as it is) from one that is null (`Some(None)`, emptied). Use with
/// `#[serde(default, deserialize_with = "input::present")]`.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Example {
        #[serde(default)]
        limit: Limit,
        status: Option<List<String>>,
    }

    fn read(text: &str) -> Result<Example, String> {
        let deserializer =
            serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(text.as_bytes()));
        serde_path_to_error::deserialize(deserializer).map_err(|error| error.to_string())
    }

    #[test]
    fn a_query_is_read_or_the_parameter_named() {
        let read_well = read("limit=5&status=active,resolved").expect("a query");
        assert_eq!(read_well.limit.rows(), 5);
        assert_eq!(read_well.status.expect("a list").0, ["active", "resolved"]);
        assert_eq!(read("").expect("an empty query").limit.rows(), 20);
        for wrong in ["limit=0", "limit=101", "limit=x", "limit=-1", "unknown=1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read("limit=101").unwrap_err().starts_with("limit: "));
    }
}
