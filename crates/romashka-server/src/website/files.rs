//! Files of visitors.
//!
//! Invariant: who uploads is known before a byte is taken, and no connection of the database waits for his bytes.

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use romashka_channels::email::attachment::clean_name;
use romashka_channels::website::limits::{Action, UPLOAD_BYTES_PER_DAY};
use romashka_channels::website::upload::kind_of;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{Session, take};
use crate::attachments::most_bytes;
use crate::attachments::storage::Storage;
use crate::attachments::stored::StoredFile;
use crate::input::{Path, Query};
use crate::observe::Caller;
use crate::problem::{Answer, Code, Document, Problem};
use crate::scoped::Service;
use crate::state::Server;
use crate::statement::Statement;

/// What a file is called.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadVisitorAttachment {
    /// Its name, whose extension must agree with its bytes.
    #[param(min_length = 1, max_length = 255, example = "photo.jpg")]
    filename: String,
}

/// A file that was taken.
#[derive(Serialize, ToSchema)]
pub struct VisitorAttachment {
    /// Its id, for the message.
    id: Uuid,
    /// Its name.
    filename: String,
    /// Its media type, as its bytes say.
    mime_type: &'static str,
    /// Its size in bytes.
    file_size: i64,
}

/// Upload a file as a visitor
///
/// The body is the file itself, the type of its content is declared in the header. It is sent with a message afterwards.
#[utoipa::path(post, path = "/website/{widget}/attachments", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token."), UploadVisitorAttachment),
    request_body(content = String, content_type = "application/octet-stream", description = "The bytes."),
    responses((status = CREATED, description = "It is kept.", body = VisitorAttachment),
        (status = UNAUTHORIZED, description = "The visitor's token is missing or not valid.", body = Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The widget takes no files, or is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json"),
        (status = UNSUPPORTED_MEDIA_TYPE, description = "Files of this kind are not taken.", body = Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many files.", body = Document, content_type = "application/problem+json")))]
pub async fn upload_visitor_attachment(
    State(server): State<Server>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(widget): Path<String>,
    Query(wanted): Query<UploadVisitorAttachment>,
    body: Body,
) -> Answer<(StatusCode, Json<VisitorAttachment>)> {
    let scope = server.service().await?;
    let session = Session::of(&scope, &headers, &widget).await?;
    if !session.is_on("uploads", true) {
        return Err(Problem::new(Code::Forbidden).detail("This widget takes no files"));
    }
    let declared = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let filename = clean_name(Some(&wanted.filename), declared);
    if !(1..=255).contains(&filename.chars().count()) {
        return Err(Problem::field("filename", "has 1 to 255 characters"));
    }
    // Counted also when the file is refused then.
    take(&scope, Action::Upload, Some(session.id), &caller).await?;
    scope.commit().await?;
    let most = most_bytes(&server, session.workspace).await?;
    let storage = Storage::of(&server)?.up_to(most);
    let received = storage.receive(body, &filename, declared).await?;
    let scope = server.service().await?;
    let file_size = i64::try_from(received.size).map_err(Problem::internal)?;
    let uploaded: i64 = Statement::new(include_str!("uploaded.sql"))
        .bind("session", &session.id)
        .bind("workspace", &session.workspace)
        .value(&scope)
        .await?;
    if uploaded.saturating_add(file_size).unsigned_abs() > UPLOAD_BYTES_PER_DAY {
        return Err(Problem::new(Code::TooManyRequests)
            .detail("Too many bytes within a day")
            .retry_after(3600));
    }
    let id = Uuid::now_v7();
    let file_path = Storage::key(session.workspace, id);
    let mime_type = received.kind.content_type;
    Statement::new(include_str!("add_file.sql"))
        .bind("id", &id)
        .bind("workspace", &session.workspace)
        .bind("filename", &filename)
        .bind("file_path", &file_path)
        .bind("file_size", &file_size)
        .bind("mime_type", &mime_type)
        .bind("file_hash", &received.hash)
        .bind("session", &session.id)
        .bind("provider", &storage.provider())
        .execute(&scope)
        .await?;
    storage.keep(&received, session.workspace, id).await?;
    scope.commit().await?;
    Ok((
        StatusCode::CREATED,
        Json(VisitorAttachment {
            id,
            filename,
            mime_type,
            file_size,
        }),
    ))
}

/// Download a file as a visitor
///
/// Of his talk, or one that he has not sent yet. No browser runs what is in it.
#[utoipa::path(get, path = "/website/{widget}/attachments/{id}", tag = "Website visitors", security(()),
    params(("widget" = String, Path, description = "The widget's public token."), ("id" = Uuid, Path, description = "The file.")),
    responses((status = OK, description = "The bytes.", body = String, content_type = "application/octet-stream", headers(("Content-Disposition" = String))),
        (status = UNAUTHORIZED, description = "The visitor's token is missing or not valid.", body = Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such file for this visitor.", body = Document, content_type = "application/problem+json"),
        (status = CONFLICT, description = "The bytes are kept elsewhere.", body = Document, content_type = "application/problem+json")))]
pub async fn download_visitor_attachment(
    State(server): State<Server>,
    scope: Service,
    headers: HeaderMap,
    Path((widget, id)): Path<(String, Uuid)>,
) -> Answer<Response> {
    let session = Session::of(&scope, &headers, &widget).await?;
    let found: StoredFile = Statement::new(include_str!("file.sql"))
        .bind("session", &session.id)
        .bind("file", &id)
        .one(&scope)
        .await?;
    let kind = found.media_type.as_deref().and_then(kind_of);
    found.give_out(&server, kind).await
}
