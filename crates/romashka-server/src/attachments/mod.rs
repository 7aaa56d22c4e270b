//! Files of messages: taken in as a stream, judged by their bytes, and given out so that no browser runs them.

pub mod address;
pub mod bucket;
pub mod removal;
pub mod storage;
pub mod stored;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use jiff::Timestamp;
use romashka_channels::email::attachment::clean_name;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::storage::{Received, Storage};
use self::stored::StoredFile;
use crate::created::Created;
use crate::cursor::Place;
use crate::input::{Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Document, Problem};
use crate::record;
use crate::scoped::{Admin, Admitted, Agent, Rejection, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_attachments, upload_attachment))
        .routes(routes!(read_attachment, delete_attachment))
        .routes(routes!(download_attachment))
        .routes(routes!(retry_attachment))
}

record! {
    /// A file.
    pub struct Attachment {
        /// Its identity.
        pub id: Uuid,
        /// The conversation it is in.
        pub conversation_id: Option<Uuid>,
        /// The message it came with.
        pub message_id: Option<Uuid>,
        /// Its name, without a path.
        pub filename: String,
        /// Its size in bytes.
        pub file_size: Option<i64>,
        /// Its media type, as its bytes say.
        pub mime_type: Option<String>,
        /// SHA-256 of its content in hexadecimal digits.
        pub file_hash: Option<String>,
        /// The member who added it.
        pub uploaded_by: Option<Uuid>,
        /// When it was added.
        pub created_at: Timestamp,
    }
}

/// Which files are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAttachments {
    /// The conversation they are in.
    conversation_id: Option<Uuid>,
    /// The message they came with.
    message_id: Option<Uuid>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List files
///
/// Newest first.
#[utoipa::path(get, path = "/attachments", tag = "Attachments", security(("session" = ["viewer"])), params(ListAttachments),
    responses((status = OK, description = "A page.", body = Page<Attachment>)))]
async fn list_attachments(
    scope: Scoped<Viewer>,
    Query(wanted): Query<ListAttachments>,
) -> Answer<Json<Page<Attachment>>> {
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_id = place.as_ref().map(|place| place.id);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<Attachment> = Statement::new(include_str!("list.sql"))
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .filter("conversation_id", &wanted.conversation_id)
        .filter("message_id", &wanted.message_id)
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_time((), last.created_at, last.id)
    })))
}

/// What a file is called and belongs to.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadAttachment {
    /// Its name, whose extension must agree with its bytes.
    #[param(min_length = 1, max_length = 255, example = "invoice.pdf")]
    filename: String,
    /// The conversation it is for.
    conversation_id: Option<Uuid>,
    /// The message it is for.
    message_id: Option<Uuid>,
}

/// How large a file of a workspace may be: what its setting `max_file_size_mb` says, in bytes.
pub(crate) async fn most_bytes(server: &Server, workspace: Uuid) -> Answer<u64> {
    let scope = server.service().await?;
    let megabytes: i64 = Statement::new(include_str!("most_megabytes.sql"))
        .bind("workspace", &workspace)
        .value(&scope)
        .await?;
    scope.commit().await?;
    Ok(u64::try_from(megabytes)
        .unwrap_or_default()
        .saturating_mul(1024 * 1024)
        .min(romashka_channels::website::upload::SIZE_LIMIT))
}

/// Upload a file
///
/// The body is the file itself. Taken are pictures (JPEG, PNG, GIF, WebP, HEIC), PDF, MP4, M4A, MP3, Ogg, DOCX, XLSX, CSV and
/// plain text, when bytes, extension and media type agree; what a browser could run is refused. A file may be as large as the
/// workspace's setting `max_file_size_mb` says (10 MB unless it was changed), and 20 MB in any case.
#[utoipa::path(post, path = "/attachments", tag = "Attachments", security(("session" = ["agent"])), params(UploadAttachment),
    request_body(content = String, content_type = "application/octet-stream", description = "The bytes."),
    responses((status = CREATED, description = "It is kept.", body = Attachment, headers(("Location" = String))),
        (status = UNSUPPORTED_MEDIA_TYPE, description = "Files of this kind are not taken.", body = Document, content_type = "application/problem+json")))]
async fn upload_attachment(
    caller: Admitted<Agent>,
    State(server): State<Server>,
    Query(wanted): Query<UploadAttachment>,
    headers: HeaderMap,
    body: Body,
) -> Result<Created<Attachment>, Rejection> {
    let workspace = caller.workspace().ok_or_else(Problem::not_found)?;
    let declared = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let filename = clean_name(Some(&wanted.filename), declared);
    if !(1..=255).contains(&filename.chars().count()) {
        return Err(Problem::field("filename", "has 1 to 255 characters").into());
    }
    let storage = Storage::of(&server)?.up_to(most_bytes(&server, workspace).await?);
    // However slowly it comes: no connection waits for it.
    let received = storage.receive(body, &filename, declared).await?;
    let id = Uuid::now_v7();
    if storage.is_away() {
        storage.keep(&received, workspace, id).await?;
    }
    let file_path = Storage::key(workspace, id);
    let made = match caller.begin(&server).await {
        Ok(scope) => create(
            &scope,
            &storage,
            &received,
            id,
            &filename,
            (wanted.conversation_id, wanted.message_id),
        )
        .await
        .map_err(Rejection::from),
        Err(rejection) => Err(rejection),
    };
    let made = match made {
        Ok(made) => made,
        Err(rejection) if storage.is_away() => {
            // What it refers to does not exist, most likely. When this fails too, bytes of nobody stay behind.
            let provider = storage.provider();
            if let Err(problem) = storage.remove(provider, workspace, id, &file_path).await {
                tracing::warn!(
                    code = problem.code().name(),
                    "a file of no row could not be removed"
                );
            }
            return Err(rejection);
        }
        Err(rejection) => return Err(rejection),
    };
    if !storage.is_away() {
        // The row first: what it refers to may not exist, and then no file stays behind.
        storage.keep(&received, workspace, id).await?;
    }
    Ok(Created {
        path: format!("/attachments/{id}"),
        version: None,
        body: made,
    })
}

async fn create<N>(
    scope: &Scoped<N>,
    storage: &Storage,
    received: &Received,
    id: Uuid,
    filename: &str,
    (conversation, message): (Option<Uuid>, Option<Uuid>),
) -> Answer<Attachment> {
    let workspace = scope.workspace().ok_or_else(Problem::not_found)?;
    let file_size = i64::try_from(received.size).map_err(Problem::internal)?;
    Statement::new(include_str!("create.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("conversation_id", &conversation)
        .bind("message_id", &message)
        .bind("filename", &filename)
        .bind("file_path", &Storage::key(workspace, id))
        .bind("file_size", &file_size)
        .bind("mime_type", &received.kind.content_type)
        .bind("file_hash", &received.hash)
        .bind("provider", &storage.provider())
        .one(scope)
        .await
}

/// Stores a file that came with a message, in the transaction that stores the message.
pub(crate) async fn store<N>(
    scope: &Scoped<N>,
    storage: &Storage,
    received: Received,
    filename: &str,
    (workspace, conversation, message): (Uuid, Uuid, Uuid),
) -> Answer<()> {
    let id = Uuid::now_v7();
    let place = (Some(conversation), Some(message));
    create(scope, storage, &received, id, filename, place).await?;
    storage.keep(&received, workspace, id).await
}

/// Read about a file
#[utoipa::path(get, path = "/attachments/{id}", tag = "Attachments", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The file.")),
    responses((status = OK, description = "About the file.", body = Attachment)))]
async fn read_attachment(scope: Scoped<Viewer>, Path(id): Path<Uuid>) -> Answer<Json<Attachment>> {
    let workspace = scope.workspace();
    let found = Statement::new(include_str!("read.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(&scope)
        .await?;
    Ok(Json(found))
}

async fn stored<N>(scope: &Scoped<N>, id: Uuid) -> Answer<StoredFile> {
    let workspace = scope.workspace();
    Statement::new(include_str!("stored.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Download a file
///
/// Always to be saved, never to be shown in the page.
#[utoipa::path(get, path = "/attachments/{id}/content", tag = "Attachments", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The file.")),
    responses((status = OK, description = "The bytes.", body = String, content_type = "application/octet-stream", headers(("Content-Disposition" = String))),
        (status = CONFLICT, description = "The bytes are kept elsewhere.", body = Document, content_type = "application/problem+json")))]
async fn download_attachment(
    scope: Scoped<Viewer>,
    State(server): State<Server>,
    Path(id): Path<Uuid>,
) -> Answer<Response> {
    let found = stored(&scope, id).await?;
    // However long it is read: no connection waits for it.
    drop(scope.release());
    // Without a kind it is given out as bytes to be saved.
    found.give_out(&server, None).await
}

/// Remove a file
///
/// Its bytes are removed as soon as this is done, unless another file has the same.
#[utoipa::path(delete, path = "/attachments/{id}", tag = "Attachments", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The file.")),
    responses((status = NO_CONTENT, description = "It is gone.")))]
async fn delete_attachment(scope: Scoped<Admin>, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    let workspace = scope.workspace().ok_or_else(Problem::not_found)?;
    stored(&scope, id).await?;
    Statement::new(include_str!("delete.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Fetch a file again
///
/// A medium of a customer's message that could not be fetched from the channel's provider, which keeps it for some days. Its
/// message names the file, with its state and the error. 404 when no such file has failed.
#[utoipa::path(post, path = "/attachments/{id}/retry", tag = "Attachments", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The file, as the message names it.")),
    responses((status = NO_CONTENT, description = "It is fetched again.")))]
async fn retry_attachment(scope: Scoped<Agent>, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    Statement::new(include_str!("retry.sql"))
        .bind("file", &id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
