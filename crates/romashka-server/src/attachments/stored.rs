//! A file as its row describes it, and the way to its bytes.
//!
//! Invariant: members write rows themselves, so that a row's path is followed only where it is one that we make for this very
//! file ([`Storage::trusted`]): no row leads to another workspace's file, whoever gives the bytes out and by which channel.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use romashka_channels::website::upload::{FileKind, serving_headers};
use tokio_postgres::Row;
use uuid::Uuid;

use super::storage::{IN_BUCKET, LOCAL, Storage};
use crate::problem::{Answer, Code, Problem};
use crate::state::Server;
use crate::statement::FromRow;

/// A file. Every statement that gives one selects `id`, `workspace_id`, `filename`, `file_size`, `mime_type`, `file_path`,
/// `file_hash` and `storage_provider`.
#[derive(Clone, Debug)]
pub struct StoredFile {
    /// Its identity.
    pub id: Uuid,
    /// Its workspace.
    pub workspace: Uuid,
    /// Its name.
    pub name: String,
    /// Its size in bytes, as the row has it; 0 where that is not known.
    pub size: u64,
    /// Its media type.
    pub media_type: Option<String>,
    /// Where the bytes are.
    pub provider: String,
    path: String,
    hash: Option<String>,
}

impl FromRow for StoredFile {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(StoredFile {
            id: row.try_get("id")?,
            workspace: row.try_get("workspace_id")?,
            name: row.try_get("filename")?,
            size: row
                .try_get::<_, Option<i64>>("file_size")?
                .unwrap_or(0)
                .unsigned_abs(),
            media_type: row.try_get("mime_type")?,
            provider: row.try_get("storage_provider")?,
            path: row.try_get("file_path")?,
            hash: row.try_get("file_hash")?,
        })
    }
}

impl StoredFile {
    /// Its path in its storage; none where the row's is not one of ours.
    pub fn path(&self) -> Option<&str> {
        Storage::trusted(self.workspace, self.id, &self.path, self.hash.as_deref())
    }

    /// The bytes as a stream, and how many they are.
    ///
    /// # Errors
    /// [`Code::NotFound`] where they are not, or the row does not say where; [`Code::Conflict`] where they are in a storage that
    /// this server does not read.
    pub async fn open(&self, server: &Server) -> Answer<(Body, Option<u64>)> {
        let Some(path) = self.path() else {
            // Whoever wrote such a row learns nothing of what is there.
            return Err(match self.provider.as_str() {
                LOCAL | IN_BUCKET => Problem::not_found(),
                _ => Problem::new(Code::Conflict).detail(
                    "The bytes of this file are in a storage that this server does not read",
                ),
            });
        };
        Storage::of(server)?.open(&self.provider, path).await
    }

    /// The bytes, at most so many.
    ///
    /// # Errors
    /// As [`StoredFile::open`]; [`Code::BodyTooLarge`] where there are more.
    pub async fn read(&self, server: &Server, most: usize) -> Answer<Vec<u8>> {
        let (body, _) = self.open(server).await?;
        let bytes = axum::body::to_bytes(body, most).await.map_err(|_| {
            Problem::new(Code::BodyTooLarge).detail("The file is too large to be read at once")
        })?;
        Ok(bytes.into())
    }

    /// The answer that gives it out, so that no browser runs it: without a kind to be saved only.
    ///
    /// # Errors
    /// As [`StoredFile::open`].
    pub async fn give_out(&self, server: &Server, kind: Option<FileKind>) -> Answer<Response> {
        let (body, size) = self.open(server).await?;
        let mut response = body.into_response();
        let headers = response.headers_mut();
        for (name, value) in serving_headers(kind, &self.name) {
            headers.insert(
                HeaderName::try_from(name).map_err(Problem::internal)?,
                HeaderValue::try_from(value).map_err(Problem::internal)?,
            );
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
}
