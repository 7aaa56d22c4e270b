//! The answer to what made something: 201, where it is, and its version.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;

use crate::router::PREFIX;
use crate::version::entity_tag;

/// Something that was made.
#[derive(Debug)]
pub struct Created<T> {
    /// Its path below the API's prefix.
    pub path: String,
    /// Its version, where it has one.
    pub version: Option<Timestamp>,
    /// What it is.
    pub body: T,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, Json(self.body)).into_response();
        let headers = response.headers_mut();
        if let Ok(location) = HeaderValue::from_str(&format!("{PREFIX}{}", self.path)) {
            headers.insert(header::LOCATION, location);
        }
        if let Some(Ok(tag)) = self
            .version
            .map(|version| HeaderValue::from_str(&entity_tag(version)))
        {
            headers.insert(header::ETAG, tag);
        }
        response
    }
}
