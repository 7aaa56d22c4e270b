//! Addresses by which a provider fetches a file that an agent sends: signed, for a short time, for one file.
//!
//! Invariants: the address names nothing that can be guessed or changed (its seal is bound to workspace and file, and holds
//! the end of its time); it opens that file alone, and only while the file is there.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use romashka_db::envelope::Place;
use secrecy::ExposeSecret;
use url::Url;
use uuid::Uuid;

use super::stored::StoredFile;
use crate::input::Path;
use crate::problem::{Answer, Code, Problem};
use crate::state::Server;
use crate::statement::Statement;

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
    let found: Option<StoredFile> = Statement::new(include_str!("stored.sql"))
        .bind("id", &file)
        .bind("workspace", &workspace)
        .optional(&scope)
        .await?;
    scope.commit().await?;
    let found = found.ok_or_else(nothing)?;
    let mut response = found.give_out(&server, None).await.map_err(|_| nothing())?;
    // The provider has to know what it is; a browser is told to save it all the same.
    if let Some(kind) = found
        .media_type
        .and_then(|kind| HeaderValue::try_from(kind).ok())
    {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    Ok(response)
}
