//! Addresses by which a provider fetches a file that an agent sends: signed, for a short time, for one file.
//!
//! Invariants: the address names nothing that can be guessed or changed (its seal is bound to workspace and file, and holds
//! the end of its time); it opens that file alone, and only while the file is there.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use romashka_channels::website::upload::serving_headers;
use romashka_db::envelope::Place;
use secrecy::ExposeSecret;
use tokio_postgres::Row;
use url::Url;
use uuid::Uuid;

use super::storage::Storage;
use crate::input::Path;
use crate::problem::{Answer, Code, Problem};
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// How long a provider may fetch a file: it may try for hours when its own queue is full.
pub const LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// The routes. They are no part of the API: providers call what they were given.
pub fn router() -> Router<Server> {
    Router::new().route("/files/{workspace}/{file}/{seal}", get(give_out))
}

fn place(workspace: Uuid, row: Uuid) -> Place<'static> {
    Place {
        table: "file_attachments",
        column: "address",
        workspace,
        row,
    }
}

/// The address of a file, from now on for [`LIFETIME`].
pub fn address(server: &Server, workspace: Uuid, file: Uuid, now: Timestamp) -> Option<Url> {
    let until = now.as_second() + LIFETIME.as_secs().cast_signed();
    let seal = server
        .keys
        .seal_text(place(workspace, file), until.to_string().as_bytes());
    let base = server.public_url.as_str().trim_end_matches('/');
    Url::parse(&format!("{base}/files/{workspace}/{file}/{seal}")).ok()
}

struct Found {
    filename: String,
    path: String,
    hash: Option<String>,
    mime_type: Option<String>,
    storage_provider: String,
}

impl FromRow for Found {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Found {
            filename: row.try_get("filename")?,
            path: row.try_get("file_path")?,
            hash: row.try_get("file_hash")?,
            mime_type: row.try_get("mime_type")?,
            storage_provider: row.try_get("storage_provider")?,
        })
    }
}

async fn give_out(
    State(server): State<Server>,
    Path((workspace, file, seal)): Path<(Uuid, Uuid, String)>,
) -> Answer<Response> {
    // Whatever is wrong with an address, there is nothing behind it.
    let nothing = || Problem::new(Code::UnknownPath);
    let opened = server
        .keys
        .open_text(place(workspace, file), &seal)
        .map_err(|_| nothing())?;
    let until: i64 = std::str::from_utf8(opened.expose_secret())
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(nothing)?;
    if Timestamp::now().as_second() >= until {
        return Err(nothing());
    }
    let scope = server.service().await?;
    let found: Option<Found> = Statement::new(include_str!("by_address.sql"))
        .bind("id", &file)
        .bind("workspace", &workspace)
        .optional(&scope)
        .await?;
    scope.commit().await?;
    let found = found.ok_or_else(nothing)?;
    let path = Storage::trusted(workspace, file, &found.path, found.hash.as_deref())
        .ok_or_else(nothing)?;
    let (body, size) = Storage::of(&server)?
        .open(&found.storage_provider, path)
        .await?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    for (name, value) in serving_headers(None, &found.filename) {
        let name = HeaderName::try_from(name).map_err(Problem::internal)?;
        headers.insert(
            name,
            HeaderValue::try_from(value).map_err(Problem::internal)?,
        );
    }
    // The provider has to know what it is; a browser is told to save it all the same.
    if let Some(kind) = found
        .mime_type
        .and_then(|kind| HeaderValue::try_from(kind).ok())
    {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    if let Some(size) = size {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    }
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    Ok(response)
}
